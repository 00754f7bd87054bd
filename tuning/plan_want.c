#include "tuning/plan_edits.h"

#include <string.h>

#include "sampling/service/service.h"
#include "tuning/flag_sets.h"
#include "tuning/image.h"
#include "tuning/plan_layers.h"
#include "tuning/plan_value.h"

/* One setting of one service: where its files have it, and what is edited there. */

void planner_add_row(struct planner *p, const struct wanted *w, const struct plan_row *files)
{
    struct plan *out = p->out;
    struct plan_row row = *files;

    row.setting = row.setting ? row.setting : w->name;
    row.secret = row.secret || service_is_secret_name(row.setting, strlen(row.setting));
    row.service = w->place->service;
    row.wanted = w->value;
    row.of = w->setting;
    row.verdict = w->verdict;
    out->rows = planner_grow(&out->arena, out->rows, out->row_count, &p->row_capacity,
                             sizeof *out->rows);
    out->rows[out->row_count++] = row;
    out->already += row.same;
}

/* ---------------------------------------------------------------- where a setting stands */

bool planner_is_on(const struct wanted *w)
{
    const bool by_presence = plan_is_bare_flag(w->setting) || w->setting->type == SETTING_PRESENCE;

    return !by_presence || plan_is_on(w->value);
}

bool planner_can_hold(const struct setting *s, const struct plan_place *p,
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
        *why = p->no_flags ? p->no_flags
                           : "its file does not hold the command line, and this is a flag";
        return type == CONFIG_COMPOSE || type == CONFIG_LAUNCHD ||
               (type == CONFIG_SYSTEMD && !p->no_flags);
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

const char *planner_in_file(struct planner *p, const struct plan_place *place, const char *name)
{
    struct splice_interpolation i;
    const struct document_entry *e = plan_find(p->in, place, name).entry;

    if (!e || !e->interpolated || !e->value) {
        return e ? e->value : NULL;
    }
    if (place->dotenv < 0 || !splice_interpolation(e->value, &i)) {
        return NULL;
    }
    return plan_filled(p->in, place, &i, &p->out->arena);
}

/* ---------------------------------------------------------------- one value */

const char planner_not_there[] = "nobody is known to read it, and the file does not have it";

/* The value is filled in from .env: it is changed there. */
static void want_in_dotenv(struct planner *p, const struct document_entry *e, struct wanted *w)
{
    struct splice_interpolation i;
    struct arena *arena = &p->out->arena;

    if (w->place->dotenv < 0 || !splice_interpolation(e->value, &i)) {
        planner_refuse_edit(p, w,
                            arena_printf(arena,
                                         "its value %s is filled in by more than one plain name: "
                                         "change it where it comes from",
                                         e->value));
        return;
    }
    const struct plan_source *dotenv = &p->in->sources[w->place->dotenv];
    const char *name = arena_strndup(arena, i.name, i.name_size);
    if (dotenv->err.code) {
        planner_refuse_edit(p, w,
                            arena_printf(arena,
                                         "its value comes from %s, which cannot be changed: %s",
                                         dotenv->path, dotenv->err.msg));
        return;
    }
    const char *from = plan_filled(p->in, w->place, &i, arena);
    const char *readers = plan_readers(p->in, w->place, name, e, arena);
    const bool same = from && plan_same_value(w->setting, from, w->value);
    planner_add_row(p, w,
                    &(struct plan_row){.in_file = from,
                                       .same = same,
                                       .secret = service_is_secret_name(name, strlen(name))});
    if (same) {
        planner_keep_at(
            p, w->place->dotenv,
            &(struct splice_edit){.kind = ENTRY_VARIABLE, .group = "", .name = name, .value = from},
            w);
        return;
    }
    if (w->value && !*w->value && i.for_empty && i.fallback_size > 0) {
        planner_skip(p, w,
                     arena_printf(arena, "with %s empty '%s' counts, which the file has for it",
                                  name, arena_strndup(arena, i.fallback, i.fallback_size)),
                     NULL, true);
        return;
    }
    w->reason = arena_printf(
        arena, "%s%s%s fills it%s%s", w->reason && w->clamped_from ? w->reason : "",
        w->reason && w->clamped_from ? "; " : "", name, *readers ? "; also read by " : "", readers);
    (void)planner_want_at(
        p, w->place->dotenv,
        &(struct splice_edit){.kind = ENTRY_VARIABLE, .group = "", .name = name, .value = w->value},
        w, from);
}

/* Where an edit of a setting goes. */
struct spot {
    int source;
    const char *group;
    const struct document *d;  /* the text that it starts from */
    struct document *staged;   /* d, when it is to become that text; NULL: it is already */
    const char *line, *repeat; /* the command line in it that comes whole from there; NULL: none */
};

const struct document *planner_document(const struct planner *p, int source)
{
    return p->staged[source] ? p->staged[source] : &p->in->sources[source].document;
}

/* Whether the new flag and the going of those that it excludes can be made together: with one of
 * the two alone the service would not start. What cannot is skipped. */
static bool can_replace(struct planner *p, const struct wanted *w, const struct spot *spot,
                        const struct splice_edit *added)
{
    enum { EDITS = 10, BY_HAND = 4096 };
    const char *const *set = added->remove ? NULL : flag_set_of(added->name);
    struct splice_edit edits[EDITS] = {*added};
    size_t count = 1;
    struct err err = ERR_INIT;
    struct buf text, by_hand;

    for (; set && *set && count < EDITS; set++) {
        const struct document_entry *e = document_find(spot->d, spot->group, *set);

        if (e && e->kind == ENTRY_FLAG && strcmp(*set, added->name) != 0) {
            edits[count++] = (struct splice_edit){
                .kind = ENTRY_FLAG, .group = spot->group, .name = *set, .remove = true};
        }
    }
    if (count == 1 && !spot->staged) {
        return true;
    }
    buf_init(&text, 2 * (size_t)DOCUMENT_MAX_BYTES);
    buf_init(&by_hand, BY_HAND);
    const bool good = splice_apply(spot->d, edits, count, NULL, &text, &by_hand, &err) == 0;
    if (!good) {
        planner_skip(p, w,
                     count == 1 ? err.msg
                                : arena_printf(&p->out->arena,
                                               "it excludes %s, which cannot be taken out: %s",
                                               edits[1].name, err.msg),
                     by_hand.data, true);
    }
    buf_release(&text);
    buf_release(&by_hand);
    return good;
}

/* What the new flag excludes goes. */
static void drop_excluded(struct planner *p, const struct wanted *w, const struct spot *spot,
                          const char *flag)
{
    const char *const *set = flag_set_of(flag);

    for (; set && *set; set++) {
        const struct document_entry *e = document_find(spot->d, spot->group, *set);
        struct wanted gone = *w;

        if (!e || e->kind != ENTRY_FLAG || strcmp(*set, flag) == 0) {
            continue;
        }
        gone.name = *set;
        gone.value = "0";
        gone.clamped_from = NULL;
        gone.reason = arena_printf(&p->out->arena, "%s excludes it", flag);
        (void)planner_want_at(
            p, spot->source,
            &(struct splice_edit){
                .kind = ENTRY_FLAG, .group = spot->group, .name = *set, .remove = true},
            &gone, e->value ? arena_strdup(&p->out->arena, e->value) : "");
    }
}

/* A drop-in clears and repeats the ExecStart of its unit. */
static bool stage_exec(struct planner *p, const struct wanted *w, struct spot *spot)
{
    const struct document *exec = w->place->exec;
    const struct document_entry *line = exec ? document_find(exec, w->place->group, "ExecStart")
                                             : NULL;
    const struct document_entry *own = document_find(spot->d, spot->group, "ExecStart");
    struct err err = ERR_INIT;
    struct buf text;

    if (!line || (own && own->value)) {
        return true;
    }
    struct document *now = arena_calloc(&p->out->arena, 1, sizeof *now);
    buf_init(&text, 2 * (size_t)DOCUMENT_MAX_BYTES);
    int rc = splice_put_exec(spot->d, spot->group, line->value, &text, &err);
    rc = rc == 0 ? document_parse(spot->d->file, spot->d->kind, text.data, text.size, now, &err)
                 : rc;
    buf_release(&text);
    if (rc < 0) {
        planner_skip(p, w, err.msg, NULL, true);
        document_release(now);
        return false;
    }
    spot->d = spot->staged = now;
    spot->line = "ExecStart";
    spot->repeat = exec->file;
    return true;
}

/* A command line is replaced whole by a later file: where it stands in an earlier one it is
 * repeated first. false: that cannot be, and the wish is skipped. */
static bool stage_line(struct planner *p, const struct wanted *w, size_t target, struct spot *spot)
{
    const struct plan_place *place = w->place;
    const char *part;
    const size_t layer = plan_line_layer(p->in, place, &part);
    struct err err = ERR_INIT;
    struct buf text;

    if (place->exec) {
        return stage_exec(p, w, spot);
    }
    if (layer == place->layer_count || layer == target ||
        plan_has_line(spot->d, spot->group, part)) {
        return true;
    }
    const struct plan_layer *l = &place->layers[layer];
    struct document *now = arena_calloc(&p->out->arena, 1, sizeof *now);
    buf_init(&text, 2 * (size_t)DOCUMENT_MAX_BYTES);
    int rc = splice_copy_line(planner_document(p, l->source), l->group, spot->d, spot->group, part,
                              &text, &err);
    rc = rc == 0 ? document_parse(spot->d->file, spot->d->kind, text.data, text.size, now, &err)
                 : rc;
    buf_release(&text);
    if (rc < 0) {
        planner_skip(p, w,
                     arena_printf(&p->out->arena, "its command line stands in %s: %s",
                                  p->in->sources[l->source].path, err.msg),
                     NULL, true);
        document_release(now);
        return false;
    }
    spot->d = spot->staged = now;
    spot->line = part;
    spot->repeat = p->in->sources[l->source].path;
    return true;
}

void planner_add_reason(struct planner *p, struct wanted *w, const char *reason)
{
    w->reason = w->reason ? arena_printf(&p->out->arena, "%s; %s", w->reason, reason) : reason;
}

void planner_add_reasons(struct planner *p, struct wanted *w, const struct plan_found *stands,
                         size_t target, const char *line, const char *repeat)
{
    struct arena *arena = &p->out->arena;
    const char *sharers = "";

    if (w->place->layers[target].source == w->place->dotenv) { /* "env_file: .env": it is both */
        sharers = plan_readers(p->in, w->place, stands->name, stands->entry, arena);
    } else if (!stands->entry || stands->layer == target) {
        sharers = plan_sharers(p->in, w->place, target, stands->name, arena);
    }
    if (*sharers) {
        planner_add_reason(p, w,
                           arena_printf(arena, "%s read%s it there, too", sharers,
                                        strchr(sharers, ',') ? "" : "s"));
    }
    if (line) {
        planner_add_reason(p, w,
                           arena_printf(arena,
                                        "the whole %s of %s is repeated: a later one replaces it",
                                        line, repeat));
    } else if (stands->entry && stands->layer != target && !w->place->apart) {
        const char *group = w->place->layers[stands->layer].group;

        planner_add_reason(
            p, w,
            *group ? arena_printf(arena, "'%s', which it extends, stays as it is", group)
                   : "its env_file has format: raw and stays as it is");
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

    planner_add_row(p, w, &(struct plan_row){.in_file = there, .same = same});
    if (same) {
        planner_keep_at(p, w->place->source, &edit, w);
    } else {
        (void)planner_want_at(p, w->place->source, &edit, w, there);
    }
}

/* What cannot be written though another value is wished; NULL: it can. */
static const char *why_not(struct planner *p, const struct wanted *w,
                           const struct plan_found *stands, enum document_entry_kind kind,
                           size_t target, bool on)
{
    struct arena *arena = &p->out->arena;
    const char *twin = stands->entry && kind == ENTRY_KEY ? plan_synonym(stands->name) : NULL;

    if (twin && plan_find_exactly(p->in, w->place, twin).entry) {
        return arena_printf(arena,
                            "%s stands there as well, and compose takes no two values: take one of "
                            "them out",
                            twin);
    }
    if (!on && stands->layer != target && kind != ENTRY_FLAG) {
        return arena_printf(arena, "it stands in %s, and a later file cannot take it out",
                            p->in->sources[w->place->layers[stands->layer].source].path);
    }
    return NULL;
}

/* It is so. Where others write as well, it has to stay so: other services, or, into a line of
 * flags, other wishes of this one. */
static void keep(struct planner *p, const struct wanted *w, const struct plan_found *stands)
{
    const struct plan_layer *l = &w->place->layers[stands->layer];

    if (stands->entry && (l->kind != PLAN_LAYER_OWN || image_takes_flags(NULL, stands->name))) {
        planner_keep_at(p, l->source,
                        &(struct splice_edit){.kind = stands->entry->kind,
                                              .group = l->group,
                                              .name = stands->name,
                                              .value = stands->entry->value},
                        w);
    }
}

static void write_at(struct planner *p, struct wanted *w, const struct plan_found *stands,
                     enum document_entry_kind kind, bool bare, bool on)
{
    const struct document_entry *e = stands->entry;
    const char *part;
    const size_t layer = kind == ENTRY_FLAG && !e ? plan_line_layer(p->in, w->place, &part)
                                                  : stands->layer;
    const size_t target = plan_target(w->place, layer);
    const char *why = why_not(p, w, stands, kind, target, on);
    if (why) {
        planner_skip(p, w, why, NULL, true);
        return;
    }
    const struct plan_layer *l = &w->place->layers[target];
    struct spot spot = {
        .source = l->source, .group = l->group, .d = planner_document(p, l->source)};
    const struct splice_edit edit = {
        .kind = kind,
        .group = l->group,
        .name = stands->name,
        .value = bare || !on ? NULL : w->value,
        .remove = !on,
        .make_group = w->place->apart,
        .text = w->place->target->type == CONFIG_COMPOSE
                    ? plan_is_text_there(p->in, w->place, stands, kind)
                    : plan_is_text(w->setting),
    };
    if (kind == ENTRY_FLAG &&
        (!stage_line(p, w, target, &spot) || !can_replace(p, w, &spot, &edit))) {
        if (spot.staged) {
            document_release(spot.staged);
        }
        return;
    }
    planner_add_reasons(p, w, stands, target, spot.line, spot.repeat);
    if (spot.staged) {
        if (p->staged[spot.source]) {
            document_release(p->staged[spot.source]);
        }
        p->staged[spot.source] = spot.staged;
    }
    if (planner_want_at(p, spot.source, &edit, w, e ? (e->value ? e->value : "") : NULL) && on &&
        kind == ENTRY_FLAG) {
        drop_excluded(p, w, &spot, stands->name);
    }
}

/* In an env_file with format: raw nothing is filled in. */
static bool is_raw(const struct wanted *w, size_t layer)
{
    const struct plan_layer *l = &w->place->layers[layer];

    return l->kind == PLAN_LAYER_INHERITED && l->group[0] == '\0';
}

/* A tag of compose (!reset, !override) decides what counts there, or one of another program what it
 * makes of the value: it is told, with the lines. false: there is none. */
static bool is_tagged(struct planner *p, const struct wanted *w, const struct plan_found *stands,
                      enum document_entry_kind kind)
{
    enum { BY_HAND = 4096 };
    const struct document_entry *e = stands->entry;
    struct arena *arena = &p->out->arena;
    const struct plan_tagged tagged = plan_tagged(p->in, w->place, stands, e ? e->kind : kind,
                                                  arena);
    const bool bare = plan_is_bare_flag(w->setting), on = planner_is_on(w);
    const char *value = w->value ? plan_plain_value(w->setting, w->value, arena) : NULL;

    if (!tagged.document || (!e && !on)) {
        return false;
    }
    const struct document_tag *tag = tagged.tag;
    const struct splice_edit edit = {.kind = e ? e->kind : kind,
                                     .group = tagged.group,
                                     .name = stands->name,
                                     .value = bare || !on ? NULL : value,
                                     .remove = !on};
    struct err err = ERR_INIT;
    struct buf by_hand;

    planner_add_row(p, w,
                    &(struct plan_row){.setting = stands->name,
                                       .in_file = e ? (e->value ? e->value : "") : NULL,
                                       .unclear = true});
    buf_init(&by_hand, BY_HAND);
    splice_tagged(tagged.document, tag, &edit, &by_hand, &err);
    planner_skip(p, w, arena_printf(arena, "%s: %s", err.where, err.msg), by_hand.data, true);
    buf_release(&by_hand);
    return true;
}

void planner_want(struct planner *p, struct wanted w)
{
    enum document_entry_kind kind;
    const char *why;

    if (!planner_can_hold(w.setting, w.place, &kind, &why)) {
        planner_skip(p, &w, why, NULL, false);
        return;
    }
    if (kind == ENTRY_FLAG && planner_want_in_line(p, &w)) {
        return;
    }
    struct plan_found stands = plan_find(p->in, w.place, w.name);
    if (!stands.entry && kind == ENTRY_FLAG && w.place->exec) {
        stands.entry = document_find(w.place->exec, w.place->group, w.name);
        stands.layer = stands.entry ? w.place->home : stands.layer;
    }
    const struct document_entry *e = stands.entry;
    if (!e && w.only_if_there) {
        planner_skip(p, &w, planner_not_there, NULL, false);
        return;
    }
    if (is_tagged(p, &w, &stands, kind)) {
        return;
    }
    if (e && e->interpolated && e->value && !is_raw(&w, stands.layer)) {
        if (w.place->layers[stands.layer].kind == PLAN_LAYER_ENV_FILE) {
            planner_refuse_edit(p, &w, "its value in the env_file is put together from others");
        } else {
            want_in_dotenv(p, e, &w);
        }
        return;
    }
    if (planner_overridden(p, &w, e ? e->kind : kind, &stands)) {
        return;
    }
    if (kind == ENTRY_KEY && w.value && (w.value[0] == '[' || w.setting->type == SETTING_LIST)) {
        want_list(p, &w);
        return;
    }
    w.value = w.value ? plan_plain_value(w.setting, w.value, &p->out->arena) : NULL;
    const bool bare = plan_is_bare_flag(w.setting), on = planner_is_on(&w);
    const bool same = plan_is_wanted(w.setting, e ? (e->value ? e->value : "") : NULL, w.value);
    w.name = stands.name; /* a synonym stays: what was found is what is held against the process */
    planner_add_row(
        p, &w, &(struct plan_row){.in_file = e ? (e->value ? e->value : "") : NULL, .same = same});
    if (same) {
        keep(p, &w, &stands);
    } else {
        write_at(p, &w, &stands, e ? e->kind : kind, bare, on);
    }
}
