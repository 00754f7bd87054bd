/*
 * profiles: which there are and which fits this machine; one in full, setting by setting: what
 * would be written, what it becomes in the installed version, and what is not written and why.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"
#include "base/width.h"
#include "cli/chips.h"
#include "cli/command.h"
#include "cli/measure.h"
#include "cli/other_machine.h"
#include "cli/place.h"
#include "cli/print.h"
#include "cli/profiles_json.h"
#include "cli/status_json.h"
#include "cli/text_page.h"
#include "sampling/service/service.h"
#include "tuning/effect.h"
#include "tuning/profile.h"

/* Between the two samples, as detect has it; no rate is needed. */
static const double GAP_S = 0.2;
/* 20,000 values of each of 128 files make less than this of JSON. */
enum { OUTPUT_MAX = 128 * 1024 * 1024 };
/* Names, then values; a line ends where a terminal of 80 columns does. */
enum { INDENT = 2, NAMES = 17, NOTES = 6, WIDTH = 80, SENTENCE_MAX = 2048 };

struct view {
    const struct setting_catalog *settings;
    const struct profile_set *set;
    struct chip_machine machine;
    struct chip_answer answer;
    struct profile_query query;
    int8_t on_battery;           /* -1 not told */
    const struct effect *effect; /* NULL: of another machine */
};

/* Text of a file of the user's, or of a machine: nothing of it reaches a terminal as it is. */
static void put_clean(struct text_page *p, enum style style, int indent, const char *text)
{
    char clean[SENTENCE_MAX];
    utf8_sanitise(text, strlen(text), clean, sizeof clean, NULL);
    text_wrap(p, style, indent, WIDTH, clean);
}

/* ---- all of them ---- */

static const char *machine_name(const struct view *v)
{
    return v->answer.name.text[0] ? v->answer.name.text : "an unknown chip";
}

static void list_one(struct text_page *p, const struct profile *f, const struct view *v)
{
    const bool fits = !f->overlay && !f->user && f->level == (int)v->answer.profile;
    text_put(p, fits ? STYLE_OK : STYLE_TEXT, fits ? "*" : "");
    text_tab(p, INDENT);
    put_clean(p, fits ? STYLE_OK : STYLE_TEXT, NAMES, f->name);
    text_tab(p, NAMES);
    put_clean(p, STYLE_TEXT, NAMES, f->best_for);
    text_end(p);
    if (f->user) {
        text_blanks(p, NAMES);
        put_clean(p, STYLE_DIM, NAMES, f->place.file);
        text_end(p);
    }
}

static void list_overlays(struct text_page *p, const struct view *v)
{
    const char *purpose = "";
    for (size_t i = 0; i < v->set->count; i++) {
        const struct profile *f = &v->set->profiles[i];
        if (!f->overlay) {
            continue;
        }
        if (strcmp(f->purpose, purpose) != 0) {
            char title[64];
            purpose = f->purpose;
            snprintf(title, sizeof title, "Overlays: %s", purpose);
            text_end(p);
            text_put(p, STYLE_TITLE, title);
            text_end(p);
        }
        list_one(p, f, v);
    }
}

static void list_broken(struct text_page *p, const struct profile_set *s)
{
    for (size_t i = 0; i < s->broken_count; i++) {
        const struct err *e = &s->broken[i].err;
        char text[SENTENCE_MAX];
        if (i == 0) {
            text_end(p);
            text_put(p, STYLE_CRIT, "Wrong, so that nothing in them counts");
            text_end(p);
        }
        snprintf(text, sizeof text, "%s: %s", e->where, e->msg);
        text_blanks(p, INDENT);
        put_clean(p, STYLE_TEXT, INDENT + 2, text);
        text_end(p);
    }
}

static void sentence(struct text_page *p, const char *text)
{
    put_clean(p, STYLE_TEXT, 0, text);
    text_end(p);
}

/* Why, without what the sentence says already. */
static const char *clause_of(const struct chip_answer *a)
{
    static const char head[] = "by rule: ";
    return strncmp(a->reason, head, sizeof head - 1) == 0 ? a->reason + sizeof head - 1 : a->reason;
}

static void say_in_effect(struct text_page *p, const struct effect *e)
{
    char text[SENTENCE_MAX];

    if (!e) {
        sentence(p, "In effect: -, for the services of another machine are not known.");
        return;
    }
    if (e->match == EFFECT_UNKNOWN) {
        snprintf(text, sizeof text, "In effect: not known, because %s.", e->why);
    } else if (e->match == EFFECT_WHOLE) {
        snprintf(text, sizeof text,
                 "In effect: %s. The running services have all %zu of its settings that can be "
                 "read.",
                 e->in_effect, e->wanted);
    } else if (e->match == EFFECT_PART) {
        snprintf(text, sizeof text,
                 "In effect: %s in part. The running services have %zu of its %zu settings that "
                 "can be read; 'tunetop verify %s' shows them.",
                 e->in_effect, e->matched, e->wanted, e->in_effect);
    } else {
        snprintf(text, sizeof text,
                 "In effect: none. The nearest has %zu of its %zu settings that can be read in the "
                 "running services.",
                 e->matched, e->wanted);
    }
    sentence(p, text);
}

static void list_all(struct text_page *p, const struct view *v)
{
    const struct chip_answer *a = &v->answer;
    char text[SENTENCE_MAX];
    text_put(p, STYLE_TITLE, "Profiles");
    text_end(p);
    for (size_t i = 0; i < v->set->count; i++) {
        if (!v->set->profiles[i].overlay) {
            list_one(p, &v->set->profiles[i], v);
        }
    }
    list_overlays(p, v);
    list_broken(p, v->set);
    text_end(p);
    snprintf(text, sizeof text, "* Recommended on %s: %s, because of %s%s.", machine_name(v),
             chip_profile_name((int)a->profile), a->listed ? "the " : "a rule: ", clause_of(a));
    sentence(p, text);
    if (v->on_battery == 1 && a->profile != PROFILE_CONSERVATIVE) {
        sentence(p, "It runs on battery now: conservative is gentler on it.");
    }
    say_in_effect(p, v->effect);
    sentence(p, "'tunetop profiles NAME' shows one in full, 'NAME+OVERLAY' with an overlay.");
}

/* ---- one of them ---- */

/* The groups in which the rows of a service are shown. */
enum group { GROUP_WRITTEN, GROUP_KEPT, GROUP_LOOKED, GROUP_LEFT, GROUP_COUNT };
static const enum group group_of[PROFILE_ACTION_COUNT] = {
    [PROFILE_WRITE] = GROUP_WRITTEN,   [PROFILE_TRANSLATE] = GROUP_WRITTEN,
    [PROFILE_KEEP] = GROUP_KEPT,       [PROFILE_LOOK] = GROUP_LOOKED,
    [PROFILE_NOTHING] = GROUP_LEFT,    [PROFILE_COVERED] = GROUP_LEFT,
    [PROFILE_ELSEWHERE] = GROUP_LEFT,  [PROFILE_NEVER] = GROUP_LEFT,
    [PROFILE_UNANSWERED] = GROUP_LEFT, [PROFILE_LEFT_OUT] = GROUP_LEFT,
};
static const char *const group_titles[GROUP_COUNT] = {
    [GROUP_WRITTEN] = "would be written",
    [GROUP_KEPT] = "only kept in step where a file has it already",
    [GROUP_LOOKED] = "only looked at",
    [GROUP_LEFT] = "not written, because",
};

static void add_pair(struct buf *out, const char *name, const char *value)
{
    buf_puts(out, name);
    if (*value) {
        buf_printf(out, " = %s", value);
    }
}

/* "for OLLAMA_CONTEXT_SIZE; 24G clamped to 18G: ...; guide 002, ..." */
static void add_note(struct buf *out, const struct profile_row *r, const struct profile_rows *all)
{
    if (r->action == PROFILE_TRANSLATE && strcmp(r->name, r->target_name) == 0) {
        buf_printf(out, "for a share of %s; ", r->value);
    } else if (r->action == PROFILE_TRANSLATE) {
        buf_puts(out, "for ");
        add_pair(out, r->name, r->value);
        buf_puts(out, "; ");
    }
    if (r->clamped_from) {
        buf_printf(out, "not %s, because %s; ", r->clamped_from, r->clamp);
    }
    if (r->target_service != r->service) {
        buf_printf(out, "for %s; ", profile_service_words[r->service]);
    }
    if (r->maybe) {
        buf_printf(out, "%s; ", r->maybe);
    }
    buf_puts(out, r->wish->from);
    if (all->layer_count > 1 && r->layer->overlay) {
        buf_printf(out, " (%s)", r->layer->name);
    }
}

/* On the same line when there is room, else below. */
static void note(struct text_page *p, const char *text)
{
    char clean[SENTENCE_MAX];
    utf8_sanitise(text, strlen(text), clean, sizeof clean, NULL);
    if (p->column + 2 + width_of_text(clean) <= text_limit(p, WIDTH)) {
        text_blanks(p, 2);
    } else {
        text_end(p);
        text_blanks(p, NOTES);
    }
    text_wrap(p, STYLE_DIM, NOTES, WIDTH, clean);
    text_end(p);
}

static void written_row(struct text_page *p, const struct profile_row *r,
                        const struct profile_rows *all)
{
    struct buf b;
    buf_init(&b, SENTENCE_MAX);
    add_pair(&b, r->target_name, r->target_value);
    text_blanks(p, INDENT + 2);
    put_clean(p, r->action == PROFILE_WRITE ? STYLE_TEXT : STYLE_OK, NOTES, b.data);
    buf_clear(&b);
    add_note(&b, r, all);
    note(p, b.data);
    buf_release(&b);
}

static bool same_reason(const struct profile_row *a, const struct profile_row *b)
{
    return a->action == b->action && strcmp(a->why, b->why) == 0;
}

static bool shares(const struct profile_row *a, const struct profile_row *b, enum group group)
{
    return a->service == b->service && group_of[b->action] == group && same_reason(a, b);
}

/* Rows that are left out for one reason share the lines of names; a name is not broken. */
static void left_rows(struct text_page *p, const struct profile_rows *all, size_t i,
                      enum group group)
{
    const struct profile_row *r = &all->rows[i];
    const enum style style = r->action == PROFILE_NEVER ? STYLE_CRIT : STYLE_TEXT;
    struct buf b;
    for (size_t k = 0; k < i; k++) {
        if (shares(r, &all->rows[k], group)) {
            return;
        }
    }
    buf_init(&b, SENTENCE_MAX);
    text_blanks(p, INDENT + 2);
    for (size_t k = i; k < all->count; k++) {
        char clean[SENTENCE_MAX];
        if (!shares(r, &all->rows[k], group)) {
            continue;
        }
        buf_clear(&b);
        add_pair(&b, all->rows[k].name, all->rows[k].value);
        utf8_sanitise(b.data, b.size, clean, sizeof clean, NULL);
        if (k > i && p->column + 2 + width_of_text(clean) >= text_limit(p, WIDTH)) {
            text_put(p, style, ",");
            text_end(p);
            text_blanks(p, INDENT + 2);
        } else if (k > i) {
            text_put(p, style, ", ");
        }
        text_wrap(p, style, NOTES, WIDTH, clean);
    }
    text_end(p);
    buf_clear(&b);
    buf_printf(&b, "%s%s",
               r->verdict == SETTING_HARMFUL && r->action == PROFILE_NEVER ? "harmful: " : "",
               r->why);
    text_blanks(p, NOTES);
    put_clean(p, STYLE_DIM, NOTES, b.data);
    text_end(p);
    buf_release(&b);
}

static void show_service(struct text_page *p, const struct profile_rows *all, int service)
{
    bool any = false;
    for (int group = 0; group < GROUP_COUNT; group++) {
        bool titled = false;
        for (size_t i = 0; i < all->count; i++) {
            const struct profile_row *r = &all->rows[i];
            if (r->service != service || (int)group_of[r->action] != group) {
                continue;
            }
            if (!any) {
                text_end(p);
                text_put(p, STYLE_TITLE, profile_service_words[service]);
                text_put(p, STYLE_DIM,
                         service == PROFILE_SYSTEM ? "   only when it is asked for" : "");
                text_end(p);
                any = true;
            }
            if (!titled) {
                text_blanks(p, INDENT);
                text_put(p, STYLE_DIM, group_titles[group]);
                text_end(p);
                titled = true;
            }
            if (group == GROUP_WRITTEN) {
                written_row(p, r, all);
            } else {
                left_rows(p, all, i, (enum group)group);
            }
        }
    }
}

/* A version that the catalog has not seen is judged by the last that it has. */
static void show_unseen(struct text_page *p, const struct view *v, int owner,
                        enum profile_service service)
{
    const char *version = v->query.hosts[service].query.versions[owner];
    const char *last = setting_last_known(v->settings, owner, version);
    char text[SENTENCE_MAX];
    if (last) {
        snprintf(text, sizeof text,
                 "%s %s is newer than %s, the last that is known: judged by that.",
                 setting_owner_words[owner], version, last);
        text_blanks(p, INDENT);
        put_clean(p, STYLE_WARN, INDENT, text);
        text_end(p);
    }
}

static void show(struct text_page *p, const struct profile_rows *r, const struct view *v)
{
    char text[SENTENCE_MAX];
    size_t written = 0, asked = 0;
    bool assumed = false;
    text_put(p, STYLE_TITLE, r->name);
    text_end(p);
    for (size_t i = 0; i < r->layer_count; i++) {
        const struct profile *f = r->layers[i];
        text_blanks(p, INDENT);
        snprintf(text, sizeof text, "%s: %s", f->name, f->best_for);
        put_clean(p, STYLE_TEXT, INDENT + 2, text);
        text_end(p);
    }
    for (size_t i = 0; i < r->count; i++) {
        const struct profile_row *row = &r->rows[i];
        written += group_of[row->action] == GROUP_WRITTEN;
        asked += group_of[row->action] == GROUP_WRITTEN && row->target_service == PROFILE_SYSTEM;
        assumed = assumed || r->rows[i].assumed_newest;
    }
    char more[80] = "";
    if (asked) {
        snprintf(more, sizeof more, ", and %zu of the system itself when it is asked for", asked);
    }
    snprintf(text, sizeof text, "On %s with %.4g GB, %zu of its %zu settings would be written%s%s.",
             machine_name(v), v->answer.memory_gb, written - asked, r->count, more,
             assumed ? "; the newest version is assumed where none is known" : "");
    text_blanks(p, INDENT);
    put_clean(p, STYLE_DIM, INDENT, text);
    text_end(p);
    show_unseen(p, v, SETTING_OWNER_OLLAMA, PROFILE_OLLAMA);
    show_unseen(p, v, SETTING_OWNER_COMFYUI, PROFILE_COMFYUI);
    for (int service = 0; service < PROFILE_SERVICE_COUNT; service++) {
        show_service(p, r, service);
    }
    for (size_t i = 0; i < r->count; i++) {
        const struct profile_row *row = &r->rows[i];
        if (group_of[row->action] == GROUP_WRITTEN &&
            strncmp(row->target_name, "deploy.", 7) == 0) {
            text_end(p);
            sentence(p, "deploy... are keys of a compose file: a service without one has no such "
                        "limits.");
            break;
        }
    }
}

/* ---- the command ---- */

static void head_json(cJSON *root, const struct view *v)
{
    json_add_text_or_null(root, "chip", v->answer.name.text);
    cJSON_AddStringToObject(root, "recommended", chip_profile_name((int)v->answer.profile));
    cJSON_AddStringToObject(root, "reason", v->answer.reason);
    if (v->on_battery < 0) {
        cJSON_AddNullToObject(root, "on_battery");
    } else {
        cJSON_AddBoolToObject(root, "on_battery", v->on_battery == 1);
    }
    json_add_text_or_null(root, "in_effect",
                          v->effect && v->effect->match == EFFECT_WHOLE ? v->effect->in_effect
                                                                        : NULL);
}

static int print(const struct view *v, int64_t wall_ns, const struct options *o,
                 struct outcome *outcome, struct err *err)
{
    struct profile_rows rows = {.count = 0};
    struct print p;
    int rc = o->profile ? profile_resolve(v->set, o->profile, &v->query, &rows, err) : 0;
    if (rc < 0) {
        profile_rows_release(&rows);
        return rc;
    }
    print_begin(&p, o, outcome->utf8, OUTPUT_MAX);
    if (o->json) {
        cJSON *root = status_head_json(wall_ns);
        head_json(root, v);
        if (o->profile) {
            profiles_rows_json(root, &rows);
        } else {
            profiles_list_json(root, v->set, &v->answer, v->effect);
        }
        print_json(&p, root);
    } else if (o->profile) {
        show(&p.page, &rows, v);
    } else {
        list_all(&p.page, v);
    }
    rc = print_end(&p, err);
    if (rc >= 0 && o->profile && v->set->broken_count && !outcome->warning.code) {
        outcome->warning = v->set->broken[0].err; /* the list shows all of them */
    }
    profile_rows_release(&rows);
    return rc;
}

static int show_here(struct view *v, const struct chip_catalog *chips, const struct options *o,
                     struct outcome *outcome, struct err *err)
{
    struct measure s;
    const struct model *m = NULL;
    int rc = measure_open(&s, o, err);
    if (rc < 0) {
        return rc;
    }
    const char *names[SERVICE_SETTINGS];
    struct effect effect = {.match = EFFECT_UNKNOWN};
    s.settings = names;
    s.setting_count = effect_names(v->settings, names, SERVICE_SETTINGS);
    rc = measure_once(&s, o, GAP_S, &m, err);
    if (rc == 0) {
        struct model *nothing = m ? NULL : model_new();
        const struct model *seen = m ? m : nothing;
        chip_machine_of(seen, &v->machine);
        chip_decide(chips, &v->machine, &v->answer);
        profile_query_of(&v->query, &v->answer, &v->machine, seen);
        v->on_battery = seen->battery.present ? seen->battery.on_battery : -1;
        effect_of(v->set, &v->query, chip_profile_name((int)v->answer.profile), seen, &effect);
        v->effect = &effect;
        rc = print(v, m && m->sequence ? m->wall_ns : clock_wall_ns(&clock_real), o, outcome, err);
        v->effect = NULL;
        effect_release(&effect);
        model_free(nothing);
    }
    outcome->stuck = !measure_close(&s);
    return rc;
}

static int show_other(struct view *v, const struct chip_catalog *chips, const struct options *o,
                      struct outcome *outcome, struct err *err)
{
    const int rc = other_machine(o, &v->machine, err);
    if (rc < 0) {
        return rc;
    }
    chip_decide(chips, &v->machine, &v->answer);
    profile_query_init(&v->query, &v->answer, &v->machine, NAN);
    v->on_battery = -1;
    return print(v, clock_wall_ns(&clock_real), o, outcome, err);
}

/* A recording or another system below --sysroot is not of this user. */
static int load(const struct setting_catalog *settings, const struct options *o,
                struct profile_set *out, struct err *err)
{
    struct buf folder;
    buf_init(&folder, 4096);
    const bool own = !o->replay && !o->sysroot && place_config("tunetop/profiles", &folder) &&
                     !folder.truncated;
    const int rc = profile_set_load(settings, own ? folder.data : NULL, out, err);
    buf_release(&folder);
    return rc;
}

int cmd_profiles(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct setting_catalog settings;
    struct profile_set set = {.count = 0};
    struct chip_catalog chips;
    struct view v = {.settings = &settings, .set = &set};
    chip_catalog_init(&chips);
    int rc = setting_catalog_load(&settings, err);
    rc = rc == 0 ? load(&settings, o, &set, err) : rc;
    if (rc == 0) {
        chip_catalog_release(&chips);
        rc = chips_open(&chips, o, &outcome->warning, err);
    }
    if (rc == 0) {
        rc = o->chip ? show_other(&v, &chips, o, outcome, err)
                     : show_here(&v, &chips, o, outcome, err);
    }
    chip_catalog_release(&chips);
    profile_set_release(&set);
    setting_catalog_release(&settings);
    return rc < 0 ? rc : 0;
}
