#include "tuning/plan_edits.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "sampling/service/service.h"
#include "tuning/flag_sets.h"
#include "tuning/plan_value.h"

/* ---------------------------------------------------------------- growing lists */

void *planner_grow(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) {
        return items;
    }
    *capacity = *capacity ? 2 * *capacity : 32;
    void *grown = arena_calloc(arena, *capacity, size);
    if (count) {
        memcpy(grown, items, count * size);
    }
    return grown;
}

static void add_edit(struct planner *p, struct edits *e, const struct edit *edit)
{
    e->of = planner_grow(&p->out->arena, e->of, e->count, &e->capacity, sizeof *e->of);
    e->of[e->count++] = *edit;
}

void planner_skip(struct planner *p, const struct wanted *w, const char *reason,
                  const char *by_hand, bool refused)
{
    struct plan *out = p->out;

    out->skipped = planner_grow(&out->arena, out->skipped, out->skipped_count, &p->skipped_capacity,
                                sizeof *out->skipped);
    out->skipped[out->skipped_count++] = (struct plan_skipped){
        .service = w->place->service,
        .setting = w->name,
        .value = w->value ? w->value : "",
        .reason = arena_strdup(&out->arena, reason),
        .by_hand = by_hand && *by_hand ? arena_strdup(&out->arena, by_hand) : NULL,
        .refused = refused,
    };
}

/* What the file has now (NULL: nothing) of what is wished. */
static void add_row(struct planner *p, const struct wanted *w, const char *name,
                    const char *in_file, bool same, bool secret)
{
    struct plan *out = p->out;

    out->rows = planner_grow(&out->arena, out->rows, out->row_count, &p->row_capacity,
                             sizeof *out->rows);
    out->rows[out->row_count++] = (struct plan_row){
        .service = w->place->service,
        .setting = name,
        .wanted = w->value,
        .in_file = in_file,
        .same = same,
        .of = w->setting,
        .verdict = w->verdict,
        .secret = secret || service_is_secret_name(name, strlen(name)),
    };
    out->already += same;
}

/* ---------------------------------------------------------------- where a setting stands */

/* How a file of this type holds a setting of this kind. false: it does not, and why. */
static bool entry_kind_of(const struct setting *s, const struct plan_place *p,
                          enum document_entry_kind *out, const char **why)
{
    const int type = p->target->type;

    switch ((enum setting_kind)s->kind) {
    case SETTING_VARIABLE:
        *out = ENTRY_VARIABLE;
        *why = "its file holds keys, and this is a variable of the environment";
        return type != CONFIG_JSON && type != CONFIG_YAML;
    case SETTING_FLAG_NAME:
    case SETTING_OPTION:
        *out = ENTRY_FLAG;
        *why = type == CONFIG_SYSTEMD
                   ? "a flag stands in ExecStart of the unit, which a drop-in would have to repeat"
                   : "its file does not hold the command line, and this is a flag";
        return type == CONFIG_COMPOSE || type == CONFIG_LAUNCHD;
    case SETTING_COMPOSE_KEY:
        *out = ENTRY_KEY;
        *why = "it is a key of compose files, and the service is not in one";
        return type == CONFIG_COMPOSE;
    case SETTING_UNIT_KEY:
        *out = ENTRY_KEY;
        *why = "it is a key of units, and the service is not one of systemd's";
        return type == CONFIG_SYSTEMD;
    case SETTING_PLIST_KEY:
        *out = ENTRY_KEY;
        *why = "it is a key of property lists, and the service has none";
        return type == CONFIG_LAUNCHD;
    case SETTING_JSON_KEY:
        *out = ENTRY_KEY;
        *why = "it is a key of a JSON file, and none is configured";
        return type == CONFIG_JSON;
    case SETTING_YAML_KEY:
        *out = ENTRY_KEY;
        *why = "it is a key of a YAML file, and none is configured";
        return type == CONFIG_YAML;
    case SETTING_DICT_KEY:
    case SETTING_CALL:
    case SETTING_SYSCTL:
    case SETTING_PMSET:
    case SETTING_COMMAND:
    case SETTING_ENDPOINT:
    case SETTING_LOG_LINE:
    case SETTING_FILE:
    case SETTING_COMPILER_FLAG:
    case SETTING_PRACTICE:
    case SETTING_KIND_COUNT:
        break;
    }
    *why = "no file of the service holds it";
    return false;
}

/* Two names of compose for one limit: whoever uses the one goes on using it. */
static const struct synonym {
    const char *name, *other;
} synonyms[] = {
    {"deploy.resources.limits.memory", "mem_limit"},
    {"deploy.resources.limits.cpus", "cpus"},
    {"deploy.resources.reservations.memory", "mem_reservation"},
};

const char *planner_synonym(const char *name)
{
    for (size_t i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++) {
        if (strcmp(synonyms[i].name, name) == 0) {
            return synonyms[i].other;
        }
        if (strcmp(synonyms[i].other, name) == 0) {
            return synonyms[i].name;
        }
    }
    return NULL;
}

/* The entry that holds the setting, and the name that it has there. */
static const struct document_entry *find_entry(const struct document *d, const char *group,
                                               const char **name)
{
    const struct document_entry *e = document_find(d, group, *name);

    const char *other = e ? NULL : planner_synonym(*name);

    if (other && (e = document_find(d, group, other)) != NULL) {
        *name = other;
    }
    return e;
}

const char *planner_in_file(struct planner *p, const struct plan_place *place, const char *name)
{
    struct splice_interpolation i;
    const struct document_entry *e = place->source < 0
                                         ? NULL
                                         : find_entry(&p->in->sources[place->source].document,
                                                      place->group, &name);

    if (!e || !e->interpolated || !e->value) {
        return e ? e->value : NULL;
    }
    if (place->dotenv < 0 || !splice_interpolation(e->value, &i)) {
        return NULL;
    }
    const char *filled = arena_strndup(&p->out->arena, i.name, i.name_size);
    const struct document_entry *there = document_find(&p->in->sources[place->dotenv].document, "",
                                                       filled);
    return there        ? there->value
           : i.fallback ? arena_strndup(&p->out->arena, i.fallback, i.fallback_size)
                        : NULL;
}

/* Whether the value refers to the variable: $NAME or ${NAME...}. */
static bool refers_to(const char *value, const char *name)
{
    const size_t size = strlen(name);

    for (const char *at = value; (at = strstr(at, name)) != NULL; at++) {
        const char after = at[size];

        if (at > value && (at[-1] == '$' || at[-1] == '{') && after != '_' &&
            !(after >= '0' && after <= '9') && !(after >= 'a' && after <= 'z') &&
            !(after >= 'A' && after <= 'Z')) {
            return true;
        }
    }
    return false;
}

/* Which other services of the compose file read the variable `name` of .env, as "a, b". */
static const char *other_readers(struct planner *p, const struct plan_place *place,
                                 const char *name)
{
    const struct document *d = &p->in->sources[place->source].document;
    const char *list = "", *last = place->group;

    for (size_t i = 0; i < d->count; i++) { /* a service's entries stand together */
        const struct document_entry *e = &d->entries[i];

        if (!e->interpolated || !e->value || strcmp(e->group, place->group) == 0 ||
            strcmp(e->group, last) == 0 || !refers_to(e->value, name)) {
            continue;
        }
        last = e->group;
        list = arena_printf(&p->out->arena, "%s%s%s", list, *list ? ", " : "",
                            e->group[0] ? e->group : "the file itself");
    }
    return list;
}

/* ---------------------------------------------------------------- one value */

/* Another service wants the same place of the same file. */
static const struct edit *taken(const struct edits *e, const struct splice_edit *s)
{
    for (size_t i = 0; i < e->count; i++) {
        const struct splice_edit *o = &e->of[i].splice;

        if (o->kind == s->kind && strcmp(o->group, s->group) == 0 &&
            strcmp(o->name, s->name) == 0) {
            return &e->of[i];
        }
    }
    return NULL;
}

/* Whether the place gets another value for another wish; then this one is refused. */
static bool refused_by(struct planner *p, const struct edit *other,
                       const struct splice_edit *splice, const struct wanted *w)
{
    const char *theirs = other && other->splice.value ? other->splice.value : "";

    if (!other || strcmp(theirs, splice->value ? splice->value : "") == 0) {
        return false;
    }
    planner_skip(p, w,
                 arena_printf(&p->out->arena, "%s is '%s' for %s of %s, and it holds one value",
                              splice->name, theirs, other->wanted.name,
                              other->wanted.place->service),
                 NULL, true);
    return true;
}

/* false: it is refused. */
static bool want_at(struct planner *p, int source, const struct splice_edit *splice,
                    const struct wanted *w, const char *from)
{
    const struct edit *other = taken(&p->edits[source], splice);

    if (refused_by(p, other ? other : taken(&p->kept[source], splice), splice, w)) {
        return false;
    }
    if (other) {
        return true;
    }
    if (p->edits[source].count >= EDITS_MAX) {
        planner_skip(p, w, "there are too many changes to one file", NULL, true);
        return false;
    }
    add_edit(p, &p->edits[source], &(struct edit){.splice = *splice, .wanted = *w, .from = from});
    return true;
}

/* It has the value that is wished: no other wish may change that. */
static void keep_at(struct planner *p, int source, const struct splice_edit *splice,
                    const struct wanted *w)
{
    if (!refused_by(p, taken(&p->edits[source], splice), splice, w) &&
        !taken(&p->kept[source], splice)) {
        add_edit(p, &p->kept[source], &(struct edit){.splice = *splice, .wanted = *w});
    }
}

/* The value is filled in from .env: it is changed there. */
static void want_in_dotenv(struct planner *p, const struct document_entry *e, struct wanted *w)
{
    struct splice_interpolation i;
    struct arena *arena = &p->out->arena;

    if (w->place->dotenv < 0 || !splice_interpolation(e->value, &i)) {
        planner_skip(
            p, w,
            arena_printf(arena,
                         "its value %s is filled in by more than one plain name: change it "
                         "where it comes from",
                         e->value),
            NULL, true);
        return;
    }
    const struct plan_source *dotenv = &p->in->sources[w->place->dotenv];
    const char *name = arena_strndup(arena, i.name, i.name_size);
    if (dotenv->err.code) {
        planner_skip(p, w,
                     arena_printf(arena, "its value comes from %s, which cannot be changed: %s",
                                  dotenv->path, dotenv->err.msg),
                     NULL, true);
        return;
    }
    const struct document_entry *there = document_find(&dotenv->document, "", name);
    const char *from = there        ? there->value
                       : i.fallback ? arena_strndup(arena, i.fallback, i.fallback_size)
                                    : NULL;
    const char *readers = other_readers(p, w->place, name);
    const bool same = from && plan_same_value(w->setting, from, w->value);
    add_row(p, w, w->name, from, same, service_is_secret_name(name, strlen(name)));
    if (same) {
        keep_at(
            p, w->place->dotenv,
            &(struct splice_edit){.kind = ENTRY_VARIABLE, .group = "", .name = name, .value = from},
            w);
        return;
    }
    w->reason = arena_printf(
        arena, "%s%s%s fills it%s%s", w->reason && w->clamped_from ? w->reason : "",
        w->reason && w->clamped_from ? "; " : "", name, *readers ? "; also read by " : "", readers);
    (void)want_at(
        p, w->place->dotenv,
        &(struct splice_edit){.kind = ENTRY_VARIABLE, .group = "", .name = name, .value = w->value},
        w, from);
}

/* Whether the new flag and the going of those that it excludes can be made together: with one of
 * the two alone the service would not start. What cannot is skipped. */
static bool can_replace(struct planner *p, const struct wanted *w, const struct splice_edit *added)
{
    enum { EDITS = 10, BY_HAND = 4096 };
    const struct document *d = &p->in->sources[w->place->source].document;
    const char *const *set = flag_set_of(added->name);
    struct splice_edit edits[EDITS] = {*added};
    size_t count = 1;
    struct err err = ERR_INIT;
    struct buf text, by_hand;

    for (; set && *set && count < EDITS; set++) {
        const struct document_entry *e = document_find(d, w->place->group, *set);

        if (e && e->kind == ENTRY_FLAG && strcmp(*set, added->name) != 0) {
            edits[count++] = (struct splice_edit){
                .kind = ENTRY_FLAG, .group = w->place->group, .name = *set, .remove = true};
        }
    }
    if (count == 1) {
        return true;
    }
    buf_init(&text, 2 * (size_t)DOCUMENT_MAX_BYTES);
    buf_init(&by_hand, BY_HAND);
    const bool good = splice_apply(d, edits, count, NULL, &text, &by_hand, &err) == 0;
    if (!good) {
        planner_skip(p, w,
                     arena_printf(&p->out->arena, "it excludes %s, which cannot be taken out: %s",
                                  edits[1].name, err.msg),
                     by_hand.data, true);
    }
    buf_release(&text);
    buf_release(&by_hand);
    return good;
}

/* What the new flag excludes goes. */
static void drop_excluded(struct planner *p, const struct wanted *w, const char *flag)
{
    const struct document *d = &p->in->sources[w->place->source].document;
    const char *const *set = flag_set_of(flag);

    for (; set && *set; set++) {
        const struct document_entry *e = document_find(d, w->place->group, *set);
        struct wanted gone = *w;

        if (!e || e->kind != ENTRY_FLAG || strcmp(*set, flag) == 0) {
            continue;
        }
        gone.name = *set;
        gone.value = "0";
        gone.clamped_from = NULL;
        gone.reason = arena_printf(&p->out->arena, "%s excludes it", flag);
        (void)want_at(
            p, w->place->source,
            &(struct splice_edit){
                .kind = ENTRY_FLAG, .group = w->place->group, .name = *set, .remove = true},
            &gone, e->value ? e->value : "");
    }
}

/* A list, "[512, 512]". */
static void want_list(struct planner *p, struct wanted *w)
{
    struct arena *arena = &p->out->arena;
    bool same;

    if (w->value[0] != '[') { /* --set NAME=512,512 */
        w->value = arena_printf(arena, "[%s]", w->value);
    }
    const struct splice_edit edit = {.kind = ENTRY_KEY,
                                     .group = w->place->group,
                                     .name = w->name,
                                     .value = w->value,
                                     .list = true};
    const char *there = splice_list_there(&p->in->sources[w->place->source].document, &edit, arena,
                                          &same);

    add_row(p, w, w->name, there, same, false);
    if (same) {
        keep_at(p, w->place->source, &edit, w);
    } else {
        (void)want_at(p, w->place->source, &edit, w, there);
    }
}

void planner_want(struct planner *p, struct wanted w)
{
    const struct plan_source *source = &p->in->sources[w.place->source];
    enum document_entry_kind kind;
    const char *why, *name = w.name;

    if (!entry_kind_of(w.setting, w.place, &kind, &why)) {
        planner_skip(p, &w, why, NULL, false);
        return;
    }
    const struct document_entry *e = find_entry(&source->document, w.place->group, &name);
    if (!e && w.only_if_there) {
        planner_skip(p, &w, "nobody is known to read it, and the file does not have it", NULL,
                     false);
        return;
    }
    if (e && e->interpolated && e->value) {
        want_in_dotenv(p, e, &w);
        return;
    }
    if (kind == ENTRY_KEY && w.value && (w.value[0] == '[' || w.setting->type == SETTING_LIST)) {
        want_list(p, &w);
        return;
    }
    w.value = w.value ? plan_plain_number(w.setting, w.value, &p->out->arena) : NULL;
    const bool bare = plan_is_bare_flag(w.setting);
    const bool by_presence = bare || w.setting->type == SETTING_PRESENCE;
    const bool on = !by_presence || plan_is_on(w.value);
    const bool same = plan_is_wanted(w.setting, e ? (e->value ? e->value : "") : NULL, w.value);
    add_row(p, &w, name, e ? (e->value ? e->value : "") : NULL, same, false);
    if (same) {
        return;
    }
    const char *twin = e && kind == ENTRY_KEY ? planner_synonym(name) : NULL;
    if (twin && document_find(&source->document, w.place->group, twin)) {
        planner_skip(p, &w,
                     arena_printf(&p->out->arena,
                                  "%s stands there as well, and compose takes no two values: take "
                                  "one of them out",
                                  twin),
                     NULL, true);
        return;
    }
    const struct splice_edit edit = {
        .kind = e ? e->kind : kind,
        .group = w.place->group,
        .name = name,
        .value = bare || !on ? NULL : w.value,
        .remove = !on,
        .text = plan_is_text(w.setting),
    };
    const bool flag = on && kind == ENTRY_FLAG;
    if (flag && !can_replace(p, &w, &edit)) {
        return;
    }
    if (want_at(p, w.place->source, &edit, &w, e ? (e->value ? e->value : "") : NULL) && flag) {
        drop_excluded(p, &w, name);
    }
}

/* ---------------------------------------------------------------- the wishes of one service */

static void want_row(struct planner *p, const struct plan_place *place,
                     const struct profile_row *row)
{
    struct arena *arena = &p->out->arena;
    const bool literal = p->wish->guide_names && row->verdict != SETTING_HARMFUL &&
                         (row->action == PROFILE_TRANSLATE || row->action == PROFILE_KEEP);
    struct wanted w = {
        .place = place,
        .setting = literal || !row->target ? row->wish->setting : row->target,
        .name = literal || !row->target_name ? row->name : row->target_name,
        .value = literal || !row->target_value ? row->value : row->target_value,
        .intent = arena_printf(arena, "%s.%s", profile_service_words[row->service], row->name),
        .clamped_from = row->clamped_from,
        .reason = row->clamped_from ? row->clamp
                  : row->why        ? row->why
                                    : row->reason,
        .verdict = literal || row->action != PROFILE_TRANSLATE ? row->verdict : SETTING_HONOURED,
        .only_if_there = row->action == PROFILE_KEEP && !literal,
    };

    /* The arena of the rows ends with them. */
    w.name = arena_strdup(arena, w.name);
    w.value = arena_strdup(arena, w.value ? w.value : "");
    w.clamped_from = w.clamped_from ? arena_strdup(arena, w.clamped_from) : NULL;
    w.reason = w.reason ? arena_strdup(arena, w.reason) : NULL;
    switch ((enum profile_action)row->action) {
    case PROFILE_WRITE:
    case PROFILE_TRANSLATE:
    case PROFILE_KEEP:
        if (row->target_service == row->service && !planner_typed(p->wish, w.setting) &&
            !planner_keep_limit(p, &w)) {
            p->wishes = planner_grow(arena, p->wishes, p->wish_count, &p->wish_capacity, sizeof w);
            p->wishes[p->wish_count++] = w;
        }
        break;
    case PROFILE_LOOK:
    case PROFILE_COVERED:
        break;
    case PROFILE_NOTHING:
    case PROFILE_ELSEWHERE:
    case PROFILE_NEVER:
    case PROFILE_UNANSWERED:
    case PROFILE_ACTION_COUNT:
        planner_skip(p, &w, w.reason ? w.reason : row->reason, NULL, false);
        break;
    }
}

/* Whose settings a service has besides its own. */
static bool owner_fits(const struct setting *s, int kind)
{
    static const int owners[][2] = {
        {SETTING_OWNER_OLLAMA, PROFILE_OLLAMA},
        {SETTING_OWNER_LLAMA_SERVER, PROFILE_OLLAMA},
        {SETTING_OWNER_GGML, PROFILE_OLLAMA},
        {SETTING_OWNER_COMFYUI, PROFILE_COMFYUI},
        {SETTING_OWNER_COMFYUI_IMAGE, PROFILE_COMFYUI},
        {SETTING_OWNER_PYTORCH, PROFILE_COMFYUI},
        {SETTING_OWNER_ACCELERATE, PROFILE_COMFYUI},
        {SETTING_OWNER_DIFFUSIONAPI, PROFILE_DIFFUSIONAPI},
        {SETTING_OWNER_LMSTUDIO, PROFILE_LMSTUDIO},
        {SETTING_OWNER_PIPELINE, PROFILE_PIPELINE},
        {SETTING_OWNER_PROGRAM, PROFILE_PROGRAM},
    };

    for (size_t i = 0; i < sizeof owners / sizeof owners[0]; i++) {
        if (owners[i][0] == s->owner) {
            return owners[i][1] == kind;
        }
    }
    return true; /* limits of compose and systemd, ...: of any service */
}

static bool selected(const struct plan_wish *wish, const struct plan_place *p)
{
    for (size_t i = 0; i < wish->service_count; i++) {
        const char *name = wish->services[i];

        if (strcmp(name, p->service) == 0 ||
            (p->kind >= 0 && strcmp(name, profile_service_words[p->kind]) == 0)) {
            return true;
        }
    }
    return wish->service_count == 0;
}

bool planner_takes(const struct plan_wish *wish, const struct plan_place *p)
{
    return selected(wish, p) && p->managed && p->err.code == 0;
}

/* One that compose takes for a fault: neither "$$" nor the start of a name. */
static bool has_stray_dollar(const char *value)
{
    for (const char *at = value; (at = strchr(at, '$')) != NULL; at += at[1] == '$' ? 2 : 1) {
        const bool name = (at[1] >= 'A' && at[1] <= 'Z') || (at[1] >= 'a' && at[1] <= 'z') ||
                          at[1] == '_' || at[1] == '{';

        if (at[1] != '$' && !name) {
            return true;
        }
    }
    return false;
}

static int want_typed(struct planner *p, const struct plan_typed *t, struct err *err)
{
    const struct setting_catalog *c = p->wish->profiles->catalog;
    const struct plan_place *found = NULL;
    const char *nearest;
    const struct setting *s = setting_find(c, t->name, &nearest);

    if (!s) {
        return err_set(err, ERR_USAGE, "no setting is called '%s'%s%s%s", t->name,
                       nearest ? ", did you mean '" : "", nearest ? nearest : "",
                       nearest ? "'?" : "");
    }
    for (size_t i = 0; i < p->in->place_count; i++) {
        const struct plan_place *place = &p->in->places[i];
        enum document_entry_kind kind;
        const char *why;

        if (!planner_takes(p->wish, place) || !owner_fits(s, place->kind) ||
            !entry_kind_of(s, place, &kind, &why)) {
            continue;
        }
        if (found) {
            return err_set(err, ERR_USAGE,
                           "'%s' could be set for %s and for %s: choose one with -s", t->name,
                           found->service, place->service);
        }
        found = place;
    }
    if (!found) {
        return err_set(err, ERR_USAGE, "no service here has a file that '%s' belongs into",
                       t->name);
    }
    if (profile_check_typed(s, s->name, t->value, &found->host, err) < 0) {
        err->code = ERR_USAGE;
        return -ERR_USAGE;
    }
    if (found->target->type == CONFIG_COMPOSE && has_stray_dollar(t->value)) {
        return err_set(err, ERR_USAGE,
                       "'%s': compose takes what follows a '$' for the name of a variable: write "
                       "'$$' for a '$'",
                       s->name);
    }
    struct wanted w = {.place = found,
                       .setting = s,
                       .name = s->name,
                       .value = t->value,
                       .intent = "typed",
                       .typed = true};
    planner_judge_typed(p, &w);
    planner_want(p, w);
    return 0;
}

static int want_place(struct planner *p, const struct plan_place *place, struct err *err)
{
    struct profile_query q = *p->wish->query;
    struct profile_rows rows;

    if (!planner_takes(p->wish, place)) {
        if (selected(p->wish, place)) {
            const struct wanted w = {.place = place, .name = "", .value = ""};

            planner_skip(p, &w,
                         place->managed
                             ? arena_printf(&p->out->arena, "%s%s%s", place->err.where,
                                            place->err.where[0] ? ": " : "", place->err.msg)
                             : "tunetop.yaml says managed: false",
                         NULL, true);
            if (place->managed) {
                p->out->skipped[p->out->skipped_count - 1].whole = true;
                p->out->broken++;
            }
        }
        return 0;
    }
    q.hosts[place->kind] = place->host;
    int rc = profile_resolve(p->wish->profiles, p->wish->profile, &q, &rows, err);
    for (size_t i = 0; rc == 0 && i < rows.count; i++) {
        if (rows.rows[i].service == place->kind) {
            want_row(p, place, &rows.rows[i]);
        }
    }
    if (rc == 0) {
        p->out->profile = arena_strdup(&p->out->arena, rows.name);
    }
    profile_rows_release(&rows);
    return rc;
}

/* ---------------------------------------------------------------- all of it */

static int check_services(const struct plan_input *in, const struct plan_wish *wish,
                          struct err *err)
{
    const char *names[PLAN_PLACES];

    for (size_t i = 0; i < in->place_count; i++) {
        names[i] = in->places[i].service;
    }
    for (size_t i = 0; i < wish->service_count; i++) {
        const struct plan_wish one = {.services = &wish->services[i], .service_count = 1};
        bool found = false;

        for (size_t k = 0; k < in->place_count; k++) {
            found = found || selected(&one, &in->places[k]);
        }
        if (!found) {
            const char *nearest = nearest_name(wish->services[i], names, in->place_count);

            return err_set(err, ERR_USAGE, "no service with a file of its own is called '%s'%s%s%s",
                           wish->services[i], nearest ? ", did you mean '" : "",
                           nearest ? nearest : "", nearest ? "'?" : "");
        }
    }
    return 0;
}

int plan_make(const struct plan_input *in, const struct plan_wish *wish, struct plan *out,
              struct err *err)
{
    struct planner p = {.in = in, .wish = wish, .out = out};

    memset(out, 0, sizeof *out);
    out->profile = wish->profile;
    int rc = check_services(in, wish, err);
    rc = rc == 0 ? planner_check_twice(wish, err) : rc;
    /* What a person typed comes first: where two wishes want one place, it is what stands. */
    for (size_t i = 0; rc == 0 && i < wish->typed_count; i++) {
        rc = want_typed(&p, &wish->typed[i], err);
    }
    for (size_t i = 0; rc == 0 && i < in->place_count; i++) {
        rc = want_place(&p, &in->places[i], err);
    }
    if (rc == 0) {
        planner_limits(&p);
        planner_fit(&p);
        for (size_t i = 0; i < p.wish_count; i++) {
            planner_want(&p, p.wishes[i]);
        }
        rc = planner_finish(&p, err);
    }
    return rc;
}

void plan_release(struct plan *p)
{
    arena_release(&p->arena);
    memset(p, 0, sizeof *p);
}
