#include "tuning/plan_layers.h"

#include <string.h>

enum { EXTENDS_MAX = 16 };

/* Two names of compose for one limit: whoever uses the one goes on using it. */
static const struct synonym {
    const char *name, *other;
} synonyms[] = {
    {"deploy.resources.limits.memory", "mem_limit"},
    {"deploy.resources.limits.cpus", "cpus"},
    {"deploy.resources.reservations.memory", "mem_reservation"},
};

const char *plan_synonym(const char *name)
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

const char *plan_extended(const struct document *d, const char *group)
{
    const struct document_entry *e = document_find(d, group, "extends");

    e = e ? e : document_find(d, group, "extends.service");
    return e && !document_find(d, group, "extends.file") ? e->value : NULL;
}

/* ---------------------------------------------------------------- what counts */

static const struct document *document_of(const struct plan_input *in, const struct plan_layer *l)
{
    return &in->sources[l->source].document;
}

bool plan_has_line(const struct document *d, const char *group, const char *part)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct document_entry *e = &d->entries[i];

        if (e->line_of && strcmp(e->line_of, part) == 0 && strcmp(e->group, group) == 0) {
            return true;
        }
    }
    return false;
}

/* The last layer that has the command line; layer_count: none. */
static size_t layer_of_line(const struct plan_input *in, const struct plan_place *p,
                            const char *part)
{
    for (size_t i = p->layer_count; i > 0; i--) {
        if (plan_has_line(document_of(in, &p->layers[i - 1]), p->layers[i - 1].group, part)) {
            return i - 1;
        }
    }
    return p->layer_count;
}

size_t plan_line_layer(const struct plan_input *in, const struct plan_place *p, const char **part)
{
    size_t layer = layer_of_line(in, p, "command");

    *part = "command";
    if (layer == p->layer_count) {
        *part = "entrypoint";
        layer = layer_of_line(in, p, "entrypoint");
    }
    return layer;
}

/* Whether what stands in the layer is not replaced as a whole by a later one. */
static bool counts(const struct plan_input *in, const struct plan_place *p, size_t layer,
                   const struct document_entry *e)
{
    const struct plan_layer *l = &p->layers[layer];

    if (document_of(in, l)->kind == DOCUMENT_ENV && p->layer_count > 1) {
        return e->kind == ENTRY_VARIABLE;
    }
    if (e->kind != ENTRY_FLAG || p->layer_count == 1) {
        return true;
    }
    return layer_of_line(in, p, e->line_of ? e->line_of : "command") == layer;
}

struct plan_found plan_find_exactly(const struct plan_input *in, const struct plan_place *p,
                                    const char *name)
{
    for (size_t i = p->layer_count; i > 0; i--) {
        const struct plan_layer *l = &p->layers[i - 1];
        const struct document_entry *e = document_find(document_of(in, l), l->group, name);

        if (e && counts(in, p, i - 1, e)) {
            return (struct plan_found){e, i - 1, name};
        }
    }
    return (struct plan_found){NULL, p->layer_count, name};
}

struct plan_found plan_find(const struct plan_input *in, const struct plan_place *p,
                            const char *name)
{
    const struct plan_found found = plan_find_exactly(in, p, name);
    const char *other = found.entry ? NULL : plan_synonym(name);

    if (other) {
        const struct plan_found second = plan_find_exactly(in, p, other);
        if (second.entry) {
            return second;
        }
    }
    return found;
}

static struct plan_tagged tagged_at(const struct plan_input *in, const struct plan_place *p,
                                    const char *path)
{
    const struct document_tag *tag;

    for (size_t i = 0; i < p->file_count; i++) {
        const struct document *d = &in->sources[p->files[i]].document;

        if ((tag = document_tagged(d, p->group, path)) != NULL) {
            return (struct plan_tagged){d, tag, p->group};
        }
    }
    for (size_t i = 0; i < p->layer_count; i++) {
        const struct document *d = document_of(in, &p->layers[i]);

        if ((tag = document_tagged(d, p->layers[i].group, path)) != NULL) {
            return (struct plan_tagged){d, tag, p->layers[i].group};
        }
    }
    return (struct plan_tagged){NULL, NULL, NULL};
}

struct plan_tagged plan_tagged(const struct plan_input *in, const struct plan_place *p,
                               const struct plan_found *stands, enum document_entry_kind kind,
                               struct arena *arena)
{
    const struct document_entry *e = stands->entry;
    const bool compose = p->file_count > 0;
    const char *path = stands->name;

    if (compose && kind == ENTRY_VARIABLE) {
        path = arena_printf(arena, "environment.%s", path);
    } else if (compose && kind == ENTRY_FLAG) {
        (void)plan_line_layer(in, p, &path);
        path = e && e->line_of ? e->line_of : path;
    }
    const struct plan_tagged found = tagged_at(in, p, path);
    if (!found.document && compose && e && p->layers[stands->layer].kind != PLAN_LAYER_OWN) {
        return tagged_at(in, p, p->layers[stands->layer].group[0] ? "extends" : "env_file");
    }
    return found;
}

size_t plan_target(const struct plan_place *p, size_t layer)
{
    if (p->apart || layer == p->layer_count) {
        return p->home;
    }
    if (p->layers[layer].kind != PLAN_LAYER_INHERITED) {
        return layer;
    }
    for (size_t i = layer + 1; i < p->layer_count; i++) {
        if (i >= p->home && p->layers[i].kind == PLAN_LAYER_OWN) {
            return i;
        }
    }
    return p->home;
}

bool plan_is_text_there(const struct plan_input *in, const struct plan_place *p,
                        const struct plan_found *stands, enum document_entry_kind kind)
{
    const struct document_entry *e = stands->entry;

    if (p->layer_count == 1) {
        return false;
    }
    if (!e || !e->value) {
        return kind == ENTRY_VARIABLE;
    }
    const struct document *d = document_of(in, &p->layers[stands->layer]);
    const size_t at = e->value_span.begin;
    const bool item = d->kind == DOCUMENT_ENV || (at > 0 && d->text[at - 1] == '='); /* NAME=1 */

    return e->quoted || item || e->value[strspn(e->value, "0123456789.")] != '\0';
}

/* ---------------------------------------------------------------- who else */

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

/* Whether the name is one of "a, b". */
static bool is_listed(const char *list, const char *name)
{
    const size_t size = strlen(name);

    for (const char *at = list; (at = strstr(at, name)) != NULL; at++) {
        if ((at == list || at[-1] == ' ') && (at[size] == '\0' || at[size] == ',')) {
            return true;
        }
    }
    return false;
}

/* A sentence and no more: of a file with thousands of services the rest is "...". */
static const char *listed(struct arena *arena, const char *list, const char *name)
{
    enum { LIST_MAX = 2048 };

    name = strlen(list) < LIST_MAX ? name : "...";
    return is_listed(list, name) ? list
                                 : arena_printf(arena, "%s%s%s", list, *list ? ", " : "", name);
}

static bool is_earlier(const struct plan_place *p, size_t layer)
{
    for (size_t i = 0; i < layer; i++) {
        if (p->layers[i].source == p->layers[layer].source) {
            return true;
        }
    }
    return false;
}

/* Whether services of the project stand in the file, and not only what they extend. */
static bool is_of_project(const struct plan_place *p, int source)
{
    for (size_t i = 0; i < p->layer_count; i++) {
        if (p->layers[i].source == source && p->layers[i].kind == PLAN_LAYER_OWN) {
            return true;
        }
    }
    return false;
}

const char *plan_filled(const struct plan_input *in, const struct plan_place *p,
                        const struct splice_interpolation *i, struct arena *arena)
{
    const char *name = arena_strndup(arena, i->name, i->name_size);
    const struct document_entry *there =
        p->dotenv < 0 ? NULL : document_find(&in->sources[p->dotenv].document, "", name);

    if (there && (!there->value || *there->value || !i->for_empty)) {
        return there->value;
    }
    return i->fallback ? arena_strndup(arena, i->fallback, i->fallback_size) : there ? "" : NULL;
}

/* Whether the service of the file has it itself, or from something that it extends there before it
 * comes to `base`; NULL: however far. */
static bool has_itself(const struct document *d, const char *group, const char *name,
                       const char *base, bool *reached)
{
    *reached = false;
    for (size_t depth = 0; group && depth < EXTENDS_MAX; depth++) {
        if (base && strcmp(group, base) == 0) {
            *reached = true;
            return false;
        }
        if (name[0] == '-' ? plan_has_line(d, group, "command")
                           : document_find(d, group, name) != NULL) {
            return true;
        }
        group = plan_extended(d, group);
    }
    return false;
}

/* The other services that name the env_file and do not say it themselves. */
static const char *users(const struct plan_input *in, const struct plan_place *p,
                         const struct plan_layer *l, const char *name, struct arena *arena,
                         const char *list)
{
    /* An override file of somebody else's may say more; that is not looked into. */
    for (size_t i = 0; i < l->user_count; i++) {
        bool own = false, reached;

        for (size_t k = 0; k < p->layer_count && !own; k++) {
            const struct document *d = document_of(in, &p->layers[k]);
            own = d->kind == DOCUMENT_COMPOSE && has_itself(d, l->users[i], name, NULL, &reached);
        }
        list = own ? list : listed(arena, list, l->users[i]);
    }
    return list;
}

const char *plan_readers(const struct plan_input *in, const struct plan_place *p, const char *name,
                         const struct document_entry *but, struct arena *arena)
{
    const char *list = "", *last = "";

    for (size_t k = 0; k < p->layer_count; k++) {
        const int source = p->layers[k].source;
        const struct document *d = &in->sources[source].document;

        if (d->kind != DOCUMENT_COMPOSE || is_earlier(p, k) || !is_of_project(p, source)) {
            continue;
        }
        for (size_t i = 0; i < d->count; i++) { /* a service's entries stand together */
            const struct document_entry *e = &d->entries[i];

            if (!e->interpolated || !e->value || strcmp(e->group, last) == 0 ||
                !refers_to(e->value, name)) {
                continue;
            }
            if (strcmp(e->group, p->group) == 0) {
                if (e == but) {
                    continue;
                }
                list = listed(arena, list, arena_printf(arena, "its own %s", e->name));
                continue;
            }
            last = e->group[0] ? e->group : last;
            list = listed(arena, list, e->group[0] ? e->group : "the file itself");
        }
    }
    for (size_t k = 0; k < p->layer_count; k++) { /* "env_file: .env": it is both */
        if (p->layers[k].source == p->dotenv) {
            list = users(in, p, &p->layers[k], name, arena, list);
        }
    }
    return list;
}

/* Those of the same file that have it from the section. Each is looked for in the whole file: where
 * a file has thousands that extend something, nobody waits for the names of all. */
static const char *extenders(const struct document *d, const char *group, const char *name,
                             struct arena *arena, const char *list)
{
    enum { WORK_MAX = 4000000 }; /* entries: 1,000 such services in 4,000 lines */
    size_t work = 0;

    for (size_t i = 0; i < d->count; i++) {
        const struct document_entry *e = &d->entries[i];
        bool reached;

        if (e->kind != ENTRY_KEY || strncmp(e->name, "extends", strlen("extends")) != 0 ||
            strcmp(e->group, group) == 0) {
            continue;
        }
        work += d->count;
        if (work > WORK_MAX) {
            return listed(arena, list, "perhaps another");
        }
        if (!has_itself(d, e->group, name, group, &reached) && reached) {
            list = listed(arena, list, e->group);
        }
    }
    return list;
}

const char *plan_sharers(const struct plan_input *in, const struct plan_place *p, size_t layer,
                         const char *name, struct arena *arena)
{
    const struct plan_layer *l = &p->layers[layer];
    const char *list = "";

    list = users(in, p, l, name, arena, list);
    if (document_of(in, l)->kind == DOCUMENT_COMPOSE) {
        list = extenders(document_of(in, l), l->group, name, arena, list);
    }
    for (size_t i = 0; i < in->place_count; i++) { /* services of other projects */
        const struct plan_place *other = &in->places[i];

        for (size_t k = 0; other != p && other->layer_count > 1 && k < other->layer_count; k++) {
            const struct plan_layer *o = &other->layers[k];

            if (o->source == l->source && strcmp(o->group, l->group) == 0 &&
                !is_listed(list, other->group) && plan_find_exactly(in, other, name).layer == k) {
                list = listed(arena, list, other->service);
            }
        }
    }
    return list;
}
