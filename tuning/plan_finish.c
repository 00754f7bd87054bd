#include <string.h>

#include "sampling/service/service.h"
#include "tuning/plan_edits.h"
#include "tuning/plan_states.h"
#include "tuning/plan_steps.h"

enum { BY_HAND_MAX = 4096 };

/* ---------------------------------------------------------------- files */

/* The first of those that want the same place. */
static size_t first_there(const struct edits *e, size_t i)
{
    size_t first = 0;

    while (!planner_same_place(&e->of[first].splice, &e->of[i].splice)) {
        first++; /* i itself, at the latest */
    }
    return first;
}

static int apply_edits(struct planner *p, size_t source, struct buf *text, struct err *err)
{
    struct edits *e = &p->edits[source];
    struct arena *arena = &p->out->arena;
    struct splice_edit *splices = arena_calloc(arena, e->count + 1, sizeof *splices);
    struct splice_result *results = arena_calloc(arena, e->count + 1, sizeof *results);
    size_t *result = arena_calloc(arena, e->count + 1, sizeof *result);
    size_t count = 0;

    for (size_t i = 0; i < e->count; i++) {
        const size_t first = first_there(e, i);

        result[i] = first == i ? count : result[first];
        if (first == i) {
            splices[count++] = e->of[i].splice;
        }
    }
    buf_clear(text);
    int rc = splice_apply(planner_document(p, (int)source), splices, count, results, text, NULL,
                          err);
    for (size_t i = 0; rc == 0 && i < e->count; i++) {
        e->of[i].result = results[result[i]];
    }
    return rc;
}

/* Together they cannot be made: which of them cannot by itself? Those go, with their reason. */
static void drop_refused(struct planner *p, size_t source, struct buf *text)
{
    struct edits *e = &p->edits[source];
    struct buf by_hand;
    size_t kept = 0;

    buf_init(&by_hand, BY_HAND_MAX);
    for (size_t i = 0; i < e->count; i++) {
        struct err err = ERR_INIT;

        buf_clear(text);
        buf_clear(&by_hand);
        if (splice_apply(planner_document(p, (int)source), &e->of[i].splice, 1, NULL, text,
                         &by_hand, &err) == 0) {
            e->of[kept++] = e->of[i];
            continue;
        }
        planner_skip(
            p, &e->of[i].wanted,
            arena_printf(&p->out->arena, "%s%s%s", err.where, err.where[0] ? ": " : "", err.msg),
            by_hand.data, true);
    }
    e->count = kept;
    buf_release(&by_hand);
}

static void add_changes(struct planner *p, size_t source, size_t file)
{
    const struct edits *e = &p->edits[source];

    for (size_t i = 0; i < e->count; i++) {
        const struct edit *d = &e->of[i];
        const char *name = d->in_line ? d->wanted.name : d->splice.name;

        if (!d->result.changed) {
            continue;
        }
        p->out->changes[p->out->change_count++] = (struct plan_change){
            .service = d->wanted.place->service,
            .setting = name,
            .name = d->wanted.name,
            .intent = d->wanted.intent,
            .file = file,
            .line = d->result.line,
            .from = d->from,
            .to = d->in_line         ? d->to
                  : d->splice.remove ? NULL
                  : d->splice.value  ? d->splice.value
                                     : "",
            .clamped_from = d->wanted.clamped_from,
            .verdict = d->wanted.verdict,
            .reason = d->wanted.reason,
            .secret = service_is_secret_name(name, strlen(name)),
        };
    }
}

static void finish_file(struct planner *p, size_t source, const struct buf *text)
{
    const struct plan_source *s = &p->in->sources[source];
    struct plan_file *f = &p->out->files[p->out->file_count];
    uint8_t hash[SHA256_BYTES];
    const bool same = s->exists && text->size == s->document.size &&
                      memcmp(text->data, s->document.text, text->size) == 0;

    add_changes(p, source, p->out->file_count);
    if (same) {
        return;
    }
    f->source = s;
    char *copy = arena_alloc(&p->out->arena, text->size + 1);
    memcpy(copy, text->data, text->size); /* with NULs, if it has any */
    f->text = copy;
    f->size = text->size;
    sha256_of(f->text, f->size, hash);
    sha256_format(hash, f->sha256);
    diff_make(s->document.text, s->exists ? s->document.size : 0, f->text, f->size, &p->out->arena,
              &f->diff);
    p->out->file_count++;
}

/* As they stand in the files: what is read from top to bottom beside the diff. */
static void sort_changes(struct plan *p)
{
    for (size_t i = 1; i < p->change_count; i++) {
        const struct plan_change c = p->changes[i];
        size_t at = i;

        for (; at > 0 && (p->changes[at - 1].file > c.file ||
                          (p->changes[at - 1].file == c.file && p->changes[at - 1].line > c.line));
             at--) {
            p->changes[at] = p->changes[at - 1];
        }
        p->changes[at] = c;
    }
}

static int make_files(struct planner *p, struct err *err)
{
    struct buf text;
    size_t edits = 0;
    int rc = 0;

    for (size_t i = 0; i < p->in->source_count; i++) {
        edits += p->edits[i].count;
    }
    p->out->changes = arena_calloc(&p->out->arena, edits + 1, sizeof *p->out->changes);
    p->out->files = arena_calloc(&p->out->arena, p->in->source_count + 1, sizeof *p->out->files);
    buf_init(&text, 2 * (size_t)DOCUMENT_MAX_BYTES);
    for (size_t i = 0; rc == 0 && i < p->in->source_count; i++) {
        struct err refused = ERR_INIT;

        if (p->edits[i].count == 0) {
            continue;
        }
        if (apply_edits(p, i, &text, &refused) < 0) {
            drop_refused(p, i, &text);
            if (p->edits[i].count == 0) {
                continue;
            }
            rc = apply_edits(p, i, &text, err);
        }
        if (rc == 0) {
            finish_file(p, i, &text);
        }
    }
    buf_release(&text);
    return rc;
}

/* ---------------------------------------------------------------- units */

static bool has_service(const struct plan_unit *u, const char *service)
{
    for (size_t i = 0; i < u->service_count; i++) {
        if (strcmp(u->services[i], service) == 0) {
            return true;
        }
    }
    return false;
}

/* Files that one service changes belong together, and so do the services that change one file, and
 * who is only restarted with the files that he reads. */
static size_t root_of(const size_t *parent, size_t i)
{
    while (parent[i] != i) {
        i = parent[i];
    }
    return i;
}

static void join(size_t *parent, size_t i, size_t k)
{
    const size_t a = root_of(parent, i), b = root_of(parent, k);

    parent[a > b ? a : b] = a > b ? b : a;
}

static bool reads(const struct planner *p, const struct plan_place *place,
                  const struct plan_file *f)
{
    const int source = (int)(f->source - p->in->sources);
    bool found = place->source == source || place->dotenv == source;

    for (size_t i = 0; i < place->layer_count; i++) {
        found = found || place->layers[i].source == source;
    }
    return found;
}

/* The file whose unit a service belongs to that is only restarted; file_count: it reads none that
 * changes. All that it reads come and go together. */
static size_t first_read(const struct planner *p, const struct plan_place *place, size_t *parent)
{
    const size_t count = p->out->file_count;
    size_t first = count;

    for (size_t i = 0; i < count; i++) {
        if (reads(p, place, &p->out->files[i])) {
            first = first == count ? i : first;
            join(parent, first, i);
        }
    }
    return first;
}

static void add_service(struct plan *p, struct plan_unit *u, const char *service)
{
    if (!u->services) {
        u->services = arena_calloc(&p->arena, PLAN_PLACES, sizeof *u->services);
        u->name = "";
    }
    if (!has_service(u, service)) {
        u->name = arena_printf(&p->arena, "%s%s%s", u->name, *u->name ? "+" : "", service);
        u->services[u->service_count++] = service;
    }
}

static void make_units(struct planner *planner)
{
    struct plan *p = planner->out;
    const struct plan_input *in = planner->in;
    size_t *parent = arena_calloc(&p->arena, p->file_count + 1, sizeof *parent);

    /* One a file, one a service that is only restarted, and the machine. */
    p->units = arena_calloc(&p->arena, p->file_count + in->place_count + 1, sizeof *p->units);
    for (size_t i = 0; i < p->file_count; i++) {
        parent[i] = i;
    }
    for (size_t i = 0; i < p->change_count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (strcmp(p->changes[i].service, p->changes[k].service) == 0) {
                join(parent, p->changes[i].file, p->changes[k].file);
            }
        }
    }
    for (size_t i = 0; i < in->place_count; i++) {
        if (planner_restarts_only(planner, &in->places[i])) {
            (void)first_read(planner, &in->places[i], parent);
        }
    }
    for (size_t i = 0; i < p->file_count; i++) {
        struct plan_file *f = &p->files[i];

        f->unit = root_of(parent, i) == i ? p->unit_count++ : p->files[root_of(parent, i)].unit;
    }
    for (size_t i = 0; i < p->change_count; i++) {
        add_service(p, &p->units[p->files[p->changes[i].file].unit], p->changes[i].service);
    }
    for (size_t i = 0; i < in->place_count; i++) {
        const struct plan_place *place = &in->places[i];

        if (planner_restarts_only(planner, place)) {
            const size_t file = first_read(planner, place, parent);

            add_service(p, &p->units[file < p->file_count ? p->files[file].unit : p->unit_count++],
                        place->service);
            p->restart_only++;
        }
    }
}

/* ---------------------------------------------------------------- its hash */

static void add_text(struct sha256 *s, const char *text)
{
    sha256_add(s, text ? text : "", text ? strlen(text) : 0);
    sha256_add(s, text ? "\n" : "\t", 1);
}

static void make_hash(struct plan *p, const struct plan_wish *wish)
{
    struct sha256 s;
    uint8_t hash[SHA256_BYTES];

    sha256_init(&s);
    add_text(&s, "tunetop plan 1");
    add_text(&s, p->profile);
    add_text(&s, wish->guide_names ? "guide" : NULL);
    for (size_t i = 0; i < p->skipped_count; i++) {
        if (p->skipped[i].left_out) {
            add_text(&s, "without");
            add_text(&s, p->skipped[i].service);
            add_text(&s, p->skipped[i].setting);
        }
    }
    for (size_t i = 0; i < p->file_count; i++) {
        const struct plan_file *f = &p->files[i];

        add_text(&s, f->source->real_path);
        add_text(&s, f->source->sha256);
        add_text(&s, f->sha256);
    }
    for (size_t i = 0; i < p->change_count; i++) {
        const struct plan_change *c = &p->changes[i];

        add_text(&s, c->service);
        add_text(&s, c->setting);
        add_text(&s, c->to);
    }
    for (size_t i = 0; i < p->state_count; i++) {
        if (p->states[i].chosen) { /* what it is now, as of a file: that is what undo brings back */
            add_text(&s, p->states[i].setting);
            add_text(&s, p->states[i].now);
        }
    }
    for (size_t i = 0; i < p->step_count; i++) {
        const struct plan_step *step = &p->steps[i];

        add_text(&s, step->action);
        add_text(&s, step->folder);
        if (step->reason) {
            add_text(&s, step->service);
        }
        for (size_t k = 0; step->argv && step->argv[k]; k++) {
            add_text(&s, step->argv[k]);
        }
    }
    sha256_end(&s, hash);
    sha256_format(hash, p->hash);
}

int planner_finish(struct planner *p, struct err *err)
{
    const int rc = make_files(p, err);

    if (rc == 0) {
        sort_changes(p->out);
        make_units(p);
        planner_states_unit(p);
        planner_steps(p);
        make_hash(p->out, p->wish);
    }
    return rc;
}
