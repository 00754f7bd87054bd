#include "tui/plan_list.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "tuning/profile.h"

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

bool plan_list_is_left_out(const struct tuning_wish *wish, const char *service, const char *setting)
{
    return tuning_wish_is_left_out(wish, service, "") ||
           (setting[0] != '\0' && tuning_wish_is_left_out(wish, service, setting));
}

void plan_item_names(const struct plan_items *items, const struct tuning_plan *plan,
                     const struct tuning_wish *wish, int item, const char **service,
                     const char **name)
{
    *service = *name = "";
    if (item < 0 || item >= items->count)
        return;
    const size_t i = items->of[item].index;
    switch (items->of[item].kind) {
    case ITEM_SERVICE:
        *service = items->services[i];
        break;
    case ITEM_ROW:
        *service = plan->rows[i].service;
        *name = plan->rows[i].setting;
        break;
    case ITEM_LEFT_OUT:
        *service = wish->left_out[i].service;
        *name = wish->left_out[i].setting;
        break;
    case ITEM_PENDING:
        *name = plan->pending[i];
        break;
    case ITEM_WARNING:
        *service = or_empty(plan->warnings[i].service);
        *name = or_empty(plan->warnings[i].text);
        break;
    case ITEM_SKIPPED:
        *service = or_empty(plan->skipped[i].service);
        *name = or_empty(plan->skipped[i].setting);
        break;
    case ITEM_POSSIBLE:
        *service = profile_service_words[PROFILE_SYSTEM];
        *name = or_empty(plan->possible[i].setting);
        break;
    default:
        break;
    }
}

/* ---------------------------------------------------------------- filter */

static bool word_in(const char *text, const char *word, size_t size)
{
    for (; *text != '\0'; text++)
        if (strncasecmp(text, word, size) == 0)
            return true;
    return false;
}

/* Every word of the filter is in one of the texts. */
static bool matches(const char *filter, const char *const *texts, size_t count)
{
    while (*filter != '\0') {
        size_t size = strcspn(filter, " ");
        bool found = size == 0;
        for (size_t i = 0; !found && i < count; i++)
            found = word_in(or_empty(texts[i]), filter, size);
        if (!found)
            return false;
        filter += size;
        filter += *filter == ' ';
    }
    return true;
}

static bool row_matches(const struct shown_row *r, const struct tuning_wish *wish,
                        const char *filter)
{
    const bool out = plan_list_is_left_out(wish, r->service, r->setting);
    const char *const texts[] = {r->service, r->setting,
                                 out ? "left out" : shown_verdict_words[r->verdict]};
    return matches(filter, texts, sizeof texts / sizeof texts[0]);
}

/* ---------------------------------------------------------------- the items */

static void add(struct plan_items *out, enum plan_item_kind kind, size_t index)
{
    if (out->count < PLAN_LIST_MAX)
        out->of[out->count++] = (struct plan_item){(unsigned char)kind, (unsigned short)index};
}

static void add_service(struct plan_items *out, const char *name)
{
    for (int i = 0; i < out->service_count; i++)
        if (strcmp(out->services[i], name) == 0)
            return;
    if (out->service_count < PLAN_LIST_SERVICES)
        out->services[out->service_count++] = name;
}

static bool plan_has(const struct tuning_plan *plan, const char *service, const char *setting)
{
    for (size_t i = 0; i < plan->row_count; i++)
        if (strcmp(plan->rows[i].service, service) == 0 &&
            strcmp(plan->rows[i].setting, setting) == 0)
            return true;
    return false;
}

/* What the plan does not have any more stands where it stood: by name among what differs. Those
 * that come before `row` (NULL: the end) and are not there yet. */
static void add_left_out(const struct tuning_wish *wish, const char *filter, const char *service,
                         const struct shown_row *row, struct plan_items *out)
{
    const char *before = row != NULL && shown_row_class(row) == 0 ? row->setting : NULL;
    for (;;) {
        size_t next = wish->left_out_count;
        for (size_t i = 0; i < wish->left_out_count; i++) {
            const struct wish_left_out *l = &wish->left_out[i];
            if (out->left_out[i] || strcmp(l->service, service) != 0 ||
                (before != NULL && strcmp(l->setting, before) > 0))
                continue;
            if (next == wish->left_out_count ||
                strcmp(l->setting, wish->left_out[next].setting) < 0)
                next = i;
        }
        if (next == wish->left_out_count)
            return;
        const char *const texts[] = {service, wish->left_out[next].setting, "left out"};
        out->left_out[next] = true;
        out->all++;
        if (matches(filter, texts, sizeof texts / sizeof texts[0])) {
            add(out, ITEM_LEFT_OUT, next);
            out->matching++;
        }
    }
}

static int compare_services(const void *a, const void *b)
{
    return shown_service_order(*(const char *const *)a, *(const char *const *)b);
}

/* A service's title stands where one of its settings does. */
static void add_settings(const struct tuning_plan *plan, const struct tuning_wish *wish,
                         const char *filter, struct plan_items *out)
{
    for (size_t i = 0; i < plan->row_count; i++)
        add_service(out, plan->rows[i].service);
    for (size_t i = 0; i < wish->left_out_count; i++) {
        const struct wish_left_out *l = &wish->left_out[i];
        add_service(out, l->service);
        out->left_out[i] = l->setting[0] == '\0' || plan_has(plan, l->service, l->setting);
    }
    qsort(out->services, (size_t)out->service_count, sizeof out->services[0], compare_services);
    for (int s = 0; s < out->service_count; s++) {
        const char *service = out->services[s];
        const int title = out->count;
        add(out, ITEM_SERVICE, (size_t)s);
        for (size_t i = 0; i < plan->row_count; i++) {
            const struct shown_row *r = &plan->rows[i];
            if (strcmp(r->service, service) != 0)
                continue;
            add_left_out(wish, filter, service, r, out);
            out->all++;
            if (row_matches(r, wish, filter)) {
                add(out, ITEM_ROW, i);
                out->matching++;
            }
        }
        add_left_out(wish, filter, service, NULL, out);
        const bool whole = tuning_wish_is_left_out(wish, service, "") && filter[0] == '\0';
        if (out->count == title + 1 && !whole)
            out->count = title;
    }
}

static void add_part(struct plan_items *out, enum plan_item_kind kind, size_t index)
{
    const int last = out->count - 1;
    if (last < 0 || out->of[last].kind != kind)
        add(out, ITEM_PART, kind);
    add(out, kind, index);
}

/* What the wish leaves out stands among its settings; what the profile does, here. */
static bool is_wishes(const struct shown_skipped *k, const struct tuning_wish *wish)
{
    return k->left_out && plan_list_is_left_out(wish, or_empty(k->service), or_empty(k->setting));
}

static void add_others(const struct tuning_plan *plan, const struct tuning_wish *wish,
                       const char *filter, struct plan_items *out)
{
    for (size_t i = 0; i < plan->pending_count; i++)
        if (matches(filter, &plan->pending[i], 1))
            add_part(out, ITEM_PENDING, i);
    for (size_t i = 0; i < plan->warning_count; i++) {
        const struct shown_warning *w = &plan->warnings[i];
        const char *const texts[] = {w->service, w->setting, w->text, "warning"};
        if (matches(filter, texts, sizeof texts / sizeof texts[0]))
            add_part(out, ITEM_WARNING, i);
    }
    for (int refused = 1; refused >= 0; refused--)
        for (size_t i = 0; i < plan->skipped_count; i++) {
            const struct shown_skipped *k = &plan->skipped[i];
            const char *const texts[] = {k->service, k->setting, "not written"};
            if (k->refused == (refused != 0) && !is_wishes(k, wish) &&
                matches(filter, texts, sizeof texts / sizeof texts[0]))
                add_part(out, ITEM_SKIPPED, i);
        }
    for (int same = 0; same <= 1; same++)
        for (size_t i = 0; i < plan->possible_count; i++) {
            const char *const texts[] = {"system", plan->possible[i].setting, "also possible"};
            if (plan->possible[i].same == (same != 0) &&
                matches(filter, texts, sizeof texts / sizeof texts[0]))
                add_part(out, ITEM_POSSIBLE, i);
        }
}

/* A setting that is left out is the same as before; the title of a service has no name. */
static int kind_of(int kind)
{
    return kind == ITEM_LEFT_OUT || kind == ITEM_SERVICE ? ITEM_ROW : kind;
}

static bool is_selected(const struct setting_list *list, const struct plan_items *items,
                        const struct tuning_plan *plan, const struct tuning_wish *wish, int item)
{
    const char *service, *name;
    char cut[sizeof list->name];
    const int kind = items->of[item].kind;
    plan_item_names(items, plan, wish, item, &service, &name);
    return kind_of(kind) == kind_of(list->kind) &&
           strcmp(utf8_copy(cut, sizeof cut, service), list->group) == 0 &&
           strcmp(utf8_copy(cut, sizeof cut, name), list->name) == 0;
}

void plan_list_items(const struct setting_list *list, const struct tuning_plan *plan,
                     const struct tuning_wish *wish, const char *filter, struct plan_items *out)
{
    int first = -1;
    memset(out->left_out, 0, sizeof out->left_out);
    out->service_count = out->count = out->matching = out->all = 0;
    out->selected = -1;
    if (plan == NULL)
        return;
    add_settings(plan, wish, filter, out);
    add_others(plan, wish, filter, out);
    for (int i = 0; i < out->count; i++) {
        const int kind = out->of[i].kind;
        if (kind == ITEM_PART)
            continue;
        if (list->selected[0] != '\0' && is_selected(list, out, plan, wish, i)) {
            out->selected = i;
            return;
        }
        if (first < 0 || (out->of[first].kind == ITEM_SERVICE && kind == ITEM_ROW))
            first = i;
    }
    out->selected = first;
}

static int step(const struct plan_items *items, int from, int by)
{
    for (int i = from + by; i >= 0 && i < items->count; i += by)
        if (items->of[i].kind != ITEM_PART)
            return i;
    return from;
}

bool plan_list_select(struct setting_list *list, int kind, const char *service, const char *name)
{
    kind = kind_of(kind);
    const bool same = list->selected[0] != '\0' && kind_of(list->kind) == kind &&
                      strcmp(list->group, service) == 0 && strcmp(list->name, name) == 0;
    list->kind = kind;
    utf8_copy(list->group, sizeof list->group, service);
    utf8_copy(list->name, sizeof list->name, name);
    utf8_copy(list->selected, sizeof list->selected, name[0] != '\0' ? name : service);
    return same;
}

void plan_list_move(struct setting_list *list, const struct tuning_plan *plan,
                    const struct tuning_wish *wish, const char *filter, enum action action,
                    int page)
{
    struct plan_items items;
    const char *service, *name;
    plan_list_items(list, plan, wish, filter, &items);
    int at = items.selected;
    if (at < 0)
        return;
    switch (action) {
    case ACTION_UP:
        at = step(&items, at, -1);
        break;
    case ACTION_DOWN:
        at = step(&items, at, 1);
        break;
    case ACTION_PAGE_UP:
        at = step(&items, at - page > 0 ? at - page + 1 : 1, -1);
        break;
    case ACTION_PAGE_DOWN:
        at = step(&items, at + page < items.count ? at + page - 1 : items.count - 2, 1);
        break;
    case ACTION_FIRST:
        at = step(&items, -1, 1);
        break;
    case ACTION_LAST:
        at = step(&items, items.count, -1);
        break;
    default: /* takes what is there */
        break;
    }
    at = at < 0 ? 0 : at >= items.count ? items.count - 1 : at;
    plan_item_names(&items, plan, wish, at, &service, &name);
    plan_list_select(list, items.of[at].kind, service, name);
}

int plan_list_first(const struct plan_items *items, int visible)
{
    int first = items->selected - visible / 2;
    first = first > items->count - visible ? items->count - visible : first;
    return first < 0 ? 0 : first;
}
