#include "tui/setting_list.h"

#include <string.h>

#include "base/utf8.h"

static bool word_in(const char *text, const char *word, size_t size)
{
    for (; *text != '\0'; text++)
        if (strncasecmp(text, word, size) == 0)
            return true;
    return false;
}

static bool word_matches(const struct setting *s, int verdict, const char *word, size_t size)
{
    return word_in(s->name, word, size) || word_in(s->group, word, size) ||
           word_in(setting_owner_words[s->owner], word, size) ||
           word_in(setting_kind_words[s->kind], word, size) ||
           word_in(setting_verdict_words[verdict], word, size);
}

bool setting_list_matches(const struct setting *s, int verdict, const char *filter)
{
    while (*filter != '\0') {
        size_t size = strcspn(filter, " ");
        if (size > 0 && !word_matches(s, verdict, filter, size))
            return false;
        filter += size;
        filter += *filter == ' ';
    }
    return true;
}

void setting_list_rows(const struct setting_list *list, const struct setting_catalog *c,
                       const struct setting_here *here, const char *filter,
                       struct setting_rows *out)
{
    const char *group = NULL;
    out->count = out->matching = out->all = 0;
    out->selected = -1;
    for (size_t i = 0; c != NULL && i < c->name_count; i++) {
        const struct setting *s = c->by_name[i];
        out->all++;
        if (filter[0] != '\0') {
            struct setting_query q;
            struct setting_judgement j;
            setting_here_query(here, s, &q);
            setting_judge(s, &q, &j);
            if (!setting_list_matches(s, j.verdict, filter))
                continue;
        }
        if (out->count + 2 > SETTING_LIST_MAX)
            continue;
        if (s->group != group) {
            group = s->group;
            out->index[out->count++] = ~(int)i;
        }
        if (list->selected[0] != '\0' && strcmp(s->name, list->selected) == 0)
            out->selected = out->count;
        out->index[out->count++] = (int)i;
        out->matching++;
    }
}

/* The setting that is the `wanted`-th of them without titles. */
static int index_of(const struct setting_rows *rows, int wanted)
{
    for (int i = 0; i < rows->count; i++)
        if (rows->index[i] >= 0 && wanted-- == 0)
            return rows->index[i];
    return -1;
}

static int place_of(const struct setting_rows *rows, int row)
{
    int place = 0;
    for (int i = 0; i < row; i++)
        place += rows->index[i] >= 0;
    return place;
}

/* Where a key leads: the index of that row, -1 nothing is there. */
static int move(struct setting_list *list, const struct setting_rows *rows, enum action action,
                int page)
{
    if (rows->matching == 0)
        return -1;
    bool moves = rows->selected >= 0;
    /* One that is hidden leaves its place to the next. */
    int row = list->selected[0] == '\0' ? 0 : moves ? place_of(rows, rows->selected) : list->row;
    switch (action) {
    case ACTION_UP:
        row -= moves;
        break;
    case ACTION_DOWN:
        row += moves;
        break;
    case ACTION_PAGE_UP:
        row -= page;
        break;
    case ACTION_PAGE_DOWN:
        row += moves ? page : 0;
        break;
    case ACTION_FIRST:
        row = 0;
        break;
    case ACTION_LAST:
        row = rows->matching - 1;
        break;
    default: /* takes what is there */
        break;
    }
    row = row < 0 ? 0 : row >= rows->matching ? rows->matching - 1 : row;
    list->row = row;
    return index_of(rows, row);
}

void setting_list_move(struct setting_list *list, const struct setting_catalog *c,
                       const struct setting_here *here, const char *filter, enum action action,
                       int page)
{
    struct setting_rows rows;
    setting_list_rows(list, c, here, filter, &rows);
    int index = move(list, &rows, action, page);
    if (index >= 0)
        utf8_copy(list->selected, sizeof list->selected, c->by_name[index]->name);
}

int setting_list_first(const struct setting_rows *rows, int visible)
{
    int first = rows->selected - visible / 2;
    first = first > rows->count - visible ? rows->count - visible : first;
    return first < 0 ? 0 : first;
}

/* ---------------------------------------------------------------- what a profile wants */

int want_part(const struct profile_row *r)
{
    switch (r->action) {
    case PROFILE_WRITE:
    case PROFILE_TRANSLATE:
        return WANT_SERVICE + r->target_service;
    case PROFILE_KEEP:
        return WANT_KEPT;
    case PROFILE_LOOK:
        return WANT_LOOKED;
    default:
        return WANT_NOT;
    }
}

const char *want_name(const struct profile_row *r)
{
    return want_part(r) < WANT_NOT ? r->target_name : r->name;
}

int want_verdict(const struct profile_row *r)
{
    return want_part(r) < WANT_NOT ? SETTING_HONOURED : r->verdict;
}

static bool want_word(const struct profile_row *r, const char *word, size_t size)
{
    return word_in(r->name, word, size) || word_in(want_name(r), word, size) ||
           word_in(profile_service_words[r->service], word, size) ||
           word_in(profile_action_words[r->action], word, size) ||
           word_in(setting_verdict_words[want_verdict(r)], word, size);
}

bool want_matches(const struct profile_row *r, const char *filter)
{
    while (*filter != '\0') {
        size_t size = strcspn(filter, " ");
        if (size > 0 && !want_word(r, filter, size))
            return false;
        filter += size;
        filter += *filter == ' ';
    }
    return true;
}

static bool is_selected(const struct setting_list *list, const struct profile_row *r)
{
    return list->selected[0] != '\0' && list->service == r->service &&
           strcmp(list->selected, r->name) == 0;
}

/* `harmful`: of WANT_NOT those that are, or those that are not. */
static void add_part(const struct setting_list *list, const struct profile_rows *wants, int part,
                     bool harmful, const char *filter, struct setting_rows *out)
{
    for (size_t i = 0; i < wants->count; i++) {
        const struct profile_row *r = &wants->rows[i];
        if (want_part(r) != part || (part == WANT_NOT && (r->action == PROFILE_NEVER) != harmful))
            continue;
        out->all++;
        if (!want_matches(r, filter) || out->count + 2 > SETTING_LIST_MAX)
            continue;
        int last = out->count > 0 ? out->index[out->count - 1] : -1;
        if (last < 0 || want_part(&wants->rows[last]) != part)
            out->index[out->count++] = ~part;
        if (is_selected(list, r))
            out->selected = out->count;
        out->index[out->count++] = (int)i;
        out->matching++;
    }
}

static bool is_found(const struct setting_here *here, int service)
{
    return service == PROFILE_OLLAMA    ? here->ollama.found
           : service == PROFILE_COMFYUI ? here->comfyui.found
                                        : false;
}

void want_list_rows(const struct setting_list *list, const struct profile_rows *wants,
                    const struct setting_here *here, const char *filter, struct setting_rows *out)
{
    out->count = out->matching = out->all = 0;
    out->selected = -1;
    if (wants == NULL)
        return;
    for (int found = 1; found >= 0; found--)
        for (int service = 0; service < PROFILE_SERVICE_COUNT; service++)
            if (is_found(here, service) == (found != 0))
                add_part(list, wants, WANT_SERVICE + service, false, filter, out);
    for (int part = WANT_NOT; part < WANT_PARTS; part++) {
        if (part == WANT_NOT)
            add_part(list, wants, part, true, filter, out);
        add_part(list, wants, part, false, filter, out);
    }
}

void want_list_move(struct setting_list *list, const struct profile_rows *wants,
                    const struct setting_here *here, const char *filter, enum action action,
                    int page)
{
    struct setting_rows rows;
    want_list_rows(list, wants, here, filter, &rows);
    int index = move(list, &rows, action, page);
    if (index < 0)
        return;
    list->service = wants->rows[index].service;
    utf8_copy(list->selected, sizeof list->selected, wants->rows[index].name);
}
