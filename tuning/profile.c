#include "tuning/profile.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/nearest.h"
#include "tuning/catalog.h"
#include "tuning/profile_form.h"
#include "tuning/profile_value.h"

const char *const profile_service_words[] = {
#define SERVICE(id, word) word,
    PROFILE_SERVICES(SERVICE)
#undef SERVICE
        NULL};

enum {
    FILES_MAX = 128, /* of the user's: far more than anyone has */
    BASES_MAX = 8,   /* profiles that build on each other */
};

/* ---- what a table cannot check ---- */

struct wishes {
    struct profile_wish *items;
    size_t count;
};

enum kind { KIND_PART, KIND_PROFILE, KIND_OVERLAY };
struct entry { /* a part, profile or overlay of a file */
    const struct raw_profile *raw;
    enum kind kind;
    size_t file;
    struct wishes own;                /* as they stand in it */
    struct wishes joined;             /* with those of its parts, its overlays and its base */
    struct profile_left_out *without; /* with those of its base */
    size_t without_count;
    int level;
    int rank;        /* of its own wishes: above all that it builds on */
    bool done, open; /* joined; being joined, for a base that leads back */
};

struct source { /* a file */
    const char *path, *name;
    struct raw_file raw;
    struct err err; /* code 0: it is right */
};

struct loader {
    const struct setting_catalog *catalog;
    struct arena *arena;
    struct source sources[2 + FILES_MAX]; /* the first is the shipped one */
    size_t source_count;
    size_t failed; /* the source that an error of join() is of */
    struct entry *entries;
    size_t count;
};

static int fail_at(const struct schema_place *at, struct err *err)
{
    err_at(err, "%s:%lu:%lu", at->file, at->line, at->column);
    return -err->code;
}

/* Words that can be typed, and joined with '+' and '.'. */
static int check_word(const struct schema_place *at, const char *key, const char *word,
                      struct err *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    if (word[strspn(word, allowed)] || word[0] == '-') {
        err_set(err, ERR_CONFIG, "'%s': expected small letters, digits and dashes, found '%s'", key,
                word);
        return fail_at(at, err);
    }
    if (strcmp(word, "recommended") == 0) {
        err_set(err, ERR_CONFIG, "'%s': '%s' is the one that fits the machine", key, word);
        return fail_at(at, err);
    }
    return 0;
}

static int check_setting(const struct loader *l, const struct raw_setting *raw,
                         struct profile_wish *out, struct err *err)
{
    const char *nearest = NULL;
    struct err inner = ERR_INIT;
    const struct setting *s = setting_find(l->catalog, raw->name, &nearest);
    if (!s || strcmp(s->name, raw->name) != 0) {
        nearest = s ? s->name : nearest;
        err_set(err, ERR_CONFIG,
                nearest ? "'name': no setting '%s' is known, did you mean '%s'?"
                        : "'name': no setting '%s' is known; 'tunetop settings' lists them",
                raw->name, nearest);
        return fail_at(&raw->name_at, err);
    }
    if (raw->value && raw->detected_at.file) {
        err_set(err, ERR_CONFIG, "'detected': there is a 'value' as well");
        return fail_at(&raw->detected_at, err);
    }
    if (raw->value && setting_check_value(s, raw->value, &inner) < 0) {
        err_set(err, ERR_CONFIG, "'value': %s", inner.msg);
        return fail_at(&raw->value_at, err);
    }
    if (raw->detected_at.file && !profile_detected_fits(raw->detected, s->type)) {
        err_set(err, ERR_CONFIG, "'detected': '%s' is nothing that '%s' takes",
                profile_detected_words[raw->detected], raw->name);
        return fail_at(&raw->detected_at, err);
    }
    if (!raw->value && !raw->detected_at.file && s->type != SETTING_NONE && !raw->look) {
        err_set(err, ERR_CONFIG, "'%s': expected a 'value', or 'detected'", raw->name);
        return fail_at(&raw->place, err);
    }
    out->setting = s;
    return 0;
}

/* Before the same wish of another layer, and nothing beside it. */
static void put_wish(struct wishes *w, const struct profile_wish *wish)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->items[i].service == wish->service && strcmp(w->items[i].name, wish->name) == 0) {
            w->items[i] = *wish;
            return;
        }
    }
    w->items[w->count++] = *wish;
}

static int check_twice(const struct wishes *w, const struct profile_wish *wish,
                       const struct raw_setting *raw, struct err *err)
{
    for (size_t i = 0; i < w->count; i++) {
        const struct profile_wish *other = &w->items[i];
        if (other->service == wish->service && strcmp(other->name, wish->name) == 0) {
            err_set(err, ERR_CONFIG, "'name': '%s' is wished in line %lu already", wish->name,
                    other->place.line);
            return fail_at(&raw->name_at, err);
        }
    }
    return 0;
}

static int read_wishes(struct loader *l, struct entry *e, struct err *err)
{
    const struct raw_service *services = e->raw->services.items;
    size_t count = 0;
    for (size_t i = 0; i < e->raw->services.count; i++) {
        count += services[i].settings.count;
    }
    e->own.items = arena_calloc(l->arena, count ? count : 1, sizeof *e->own.items);
    for (size_t i = 0; i < e->raw->services.count; i++) {
        const struct raw_setting *settings = services[i].settings.items;
        for (size_t k = 0; k < services[i].settings.count; k++) {
            const struct raw_setting *raw = &settings[k];
            const char *from = raw->from ? raw->from : services[i].from;
            struct profile_wish w = {.service = services[i].service,
                                     .name = raw->name,
                                     .value = raw->value ? raw->value : "",
                                     .detected = raw->detected_at.file ? raw->detected : -1,
                                     .keep = raw->keep,
                                     .look = raw->look,
                                     .literal = raw->literal,
                                     .user = e->file > 0,
                                     .places = raw->places,
                                     .from = from,
                                     .place = raw->place};
            int rc = check_setting(l, raw, &w, err);
            rc = rc < 0 ? rc : check_twice(&e->own, &w, raw, err);
            if (rc == 0 && !from && e->file == 0) {
                err_set(err, ERR_CONFIG, "'%s': the key 'from' is missing", raw->name);
                rc = fail_at(&raw->place, err);
            }
            if (rc < 0) {
                return rc;
            }
            w.from = from ? from : l->sources[e->file].name;
            e->own.items[e->own.count++] = w;
        }
    }
    return 0;
}

static bool counts(const struct loader *l, const struct entry *e)
{
    return l->sources[e->file].err.code == 0;
}

/* An entry by name: of `file` or a shipped one for parts; of any for the others. */
static struct entry *find(const struct loader *l, enum kind kind, const char *name, size_t file)
{
    for (size_t i = 0; i < l->count; i++) {
        struct entry *e = &l->entries[i];
        if (e->kind == kind && counts(l, e) && strcmp(e->raw->name, name) == 0 &&
            (kind != KIND_PART || e->file == 0 || e->file == file)) {
            return e;
        }
    }
    return NULL;
}

static int fail_unknown(const struct loader *l, enum kind kind, const char *key, const char *name,
                        const struct schema_place *at, size_t file, struct err *err)
{
    const char **names = xcalloc(l->count + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < l->count; i++) {
        const struct entry *e = &l->entries[i];
        if (e->kind == kind && counts(l, e) &&
            (kind != KIND_PART || e->file == 0 || e->file == file)) {
            names[count++] = e->raw->name;
        }
    }
    const char *near = nearest_name(name, names, count);
    err_set(err, ERR_CONFIG,
            near ? "'%s': there is no '%s', did you mean '%s'?" : "'%s': there is no '%s'", key,
            name, near);
    free((void *)names);
    return fail_at(at, err);
}

/* "quality" is every overlay of that name, "processing.quality" one. */
static bool is_overlay_called(const struct loader *l, const struct entry *e, const char *name)
{
    const char *dot = strchr(name, '.');
    if (e->kind != KIND_OVERLAY || !counts(l, e)) {
        return false;
    }
    return dot ? strncmp(e->raw->purpose, name, (size_t)(dot - name)) == 0 &&
                     e->raw->purpose[dot - name] == '\0' && strcmp(e->raw->name, dot + 1) == 0
               : strcmp(e->raw->name, name) == 0;
}

static int join(struct loader *l, struct entry *e, int depth, struct err *err);

/* The overlays that it names, joined themselves; out has room for all entries. */
static int find_overlays(struct loader *l, const struct entry *e, const struct entry **out,
                         size_t *count, int depth, struct err *err)
{
    const char *const *names = e->raw->overlays.items;
    for (size_t i = 0; i < e->raw->overlays.count; i++) {
        const size_t before = *count;
        for (size_t k = 0; k < l->count && *count < l->count; k++) {
            if (is_overlay_called(l, &l->entries[k], names[i])) {
                const int rc = join(l, &l->entries[k], depth + 1, err);
                if (rc < 0) {
                    return rc;
                }
                out[(*count)++] = &l->entries[k];
            }
        }
        l->failed = e->file;
        if (*count == before) {
            return fail_unknown(l, KIND_OVERLAY, "overlays", names[i], &e->raw->overlays_at,
                                e->file, err);
        }
    }
    return 0;
}

static int service_called(const char *name, size_t size)
{
    int service = 0;
    while (profile_service_words[service] &&
           (strlen(profile_service_words[service]) != size ||
            memcmp(profile_service_words[service], name, size) != 0)) {
        service++;
    }
    return profile_service_words[service] ? service : -1;
}

static bool has_own(const struct entry *e, const struct profile_left_out *left)
{
    for (size_t i = 0; i < e->own.count; i++) {
        const struct profile_wish *w = &e->own.items[i];
        if (w->service == left->service && (!left->setting || w->setting == left->setting)) {
            return true;
        }
    }
    return false;
}

/* "comfyui", "ollama.OLLAMA_KEEP_ALIVE"; what its base leaves out, too, but for what it wishes
 * itself. */
static int read_without(struct loader *l, struct entry *e, const struct entry *base,
                        struct err *err)
{
    const char *const *names = e->raw->without.items;
    const size_t inherited = base ? base->without_count : 0;
    e->without = arena_calloc(l->arena, e->raw->without.count + inherited + 1, sizeof *e->without);
    for (size_t i = 0; i < inherited; i++) {
        if (!has_own(e, &base->without[i])) {
            e->without[e->without_count++] = base->without[i];
        }
    }
    for (size_t i = 0; i < e->raw->without.count; i++) {
        const size_t size = strcspn(names[i], ".");
        const char *setting = names[i][size] ? names[i] + size + 1 : NULL, *nearest = NULL;
        const struct profile_left_out left = {
            .service = service_called(names[i], size),
            .setting = setting ? setting_find(l->catalog, setting, &nearest) : NULL};
        if (left.service < 0) {
            err_set(err, ERR_CONFIG,
                    "'without': '%s': expected a service, or SERVICE.SETTING; services are ollama, "
                    "comfyui, diffusionapi, lmstudio, pipeline, program and system",
                    names[i]);
            return fail_at(&e->raw->without_at, err);
        }
        if (setting && !left.setting) {
            err_set(err, ERR_CONFIG,
                    nearest ? "'without': no setting '%s' is known, did you mean '%s'?"
                            : "'without': no setting '%s' is known; 'tunetop settings' lists them",
                    setting, nearest);
            return fail_at(&e->raw->without_at, err);
        }
        if (has_own(e, &left)) {
            err_set(err, ERR_CONFIG, "'without': '%s' is wished by the profile itself", names[i]);
            return fail_at(&e->raw->without_at, err);
        }
        e->without[e->without_count++] = left;
    }
    return 0;
}

static void put_all(struct entry *e, const struct wishes *w, int rank)
{
    for (size_t i = 0; i < w->count; i++) {
        struct profile_wish wish = w->items[i];
        wish.rank += rank;
        put_wish(&e->joined, &wish);
    }
}

static int join(struct loader *l, struct entry *e, int depth, struct err *err)
{
    const char *const *parts = e->raw->parts.items;
    const struct entry *layers[1 + 1000]; /* as many as the table of the schema allows */
    size_t layer_count = 0, count = e->own.count;
    struct entry *base = NULL;
    if (e->done) {
        return 0;
    }
    l->failed = e->file;
    if (e->open || depth > BASES_MAX) {
        err_set(err, ERR_CONFIG,
                e->open ? "'base': '%s' leads back to itself"
                        : "'base': too many profiles build on each other below '%s'",
                e->raw->base ? e->raw->base : e->raw->name);
        return fail_at(&e->raw->base_at, err);
    }
    e->open = true;
    if (e->raw->base) {
        base = find(l, KIND_PROFILE, e->raw->base, e->file);
        if (!base) {
            return fail_unknown(l, KIND_PROFILE, "base", e->raw->base, &e->raw->base_at, e->file,
                                err);
        }
        const int rc = join(l, base, depth + 1, err);
        if (rc < 0) {
            return rc;
        }
        count += base->joined.count;
        l->failed = e->file;
    }
    const struct entry **overlays = arena_calloc(l->arena, l->count + 1, sizeof *overlays);
    size_t overlay_count = 0;
    int rc = find_overlays(l, e, overlays, &overlay_count, depth, err);
    rc = rc < 0 ? rc : read_without(l, e, base, err);
    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; i < overlay_count; i++) {
        count += overlays[i]->joined.count;
    }
    for (size_t i = 0; i < e->raw->parts.count; i++) {
        const struct entry *part = find(l, KIND_PART, parts[i], e->file);
        if (!part) {
            return fail_unknown(l, KIND_PART, "parts", parts[i], &e->raw->parts_at, e->file, err);
        }
        layers[layer_count++] = part;
        count += part->own.count;
    }
    e->joined.items = arena_calloc(l->arena, count ? count : 1, sizeof *e->joined.items);
    if (base) {
        put_all(e, &base->joined, 0);
        e->rank = base->rank + (e->file > 0); /* of the shipped ones the real name stands */
    }
    for (size_t i = 0; i < overlay_count; i++) {
        put_all(e, &overlays[i]->joined, e->rank);
        e->rank += overlays[i]->rank + 1;
    }
    for (size_t i = 0; i < layer_count; i++) {
        put_all(e, &layers[i]->own, e->rank);
    }
    put_all(e, &e->own, e->rank);
    e->level = e->raw->level_at.file ? e->raw->level : base ? base->level : -1;
    e->open = false;
    e->done = true;
    return 0;
}

/* Profiles have names of their own; overlays may share one when their purposes differ. */
static int check_name(const struct loader *l, const struct entry *e, struct err *err)
{
    int rc = check_word(&e->raw->name_at, "name", e->raw->name, err);
    if (rc == 0 && e->kind == KIND_OVERLAY) {
        rc = check_word(&e->raw->purpose_at, "purpose", e->raw->purpose, err);
    }
    for (size_t i = 0; rc == 0 && &l->entries[i] != e; i++) {
        const struct entry *other = &l->entries[i];
        const bool mine = other->file == e->file || other->file == 0;
        if (other->kind == e->kind && counts(l, other) && (e->kind != KIND_PART || mine) &&
            strcmp(other->raw->name, e->raw->name) == 0 &&
            (e->kind != KIND_OVERLAY || strcmp(other->raw->purpose, e->raw->purpose) == 0)) {
            err_set(err, ERR_CONFIG, "'name': there is a '%s' in %s:%lu already", e->raw->name,
                    other->raw->place.file, other->raw->place.line);
            rc = fail_at(&e->raw->name_at, err);
        }
    }
    return rc;
}

/* ---- all files together ---- */

static void add_entries(struct loader *l, size_t file, enum kind kind,
                        const struct schema_list *list)
{
    const struct raw_profile *raws = list->items;
    for (size_t i = 0; i < list->count; i++) {
        l->entries[l->count++] = (struct entry){
            .raw = &raws[i], .kind = kind, .file = file, .level = -1};
    }
}

static void collect(struct loader *l)
{
    size_t count = 0;
    for (size_t i = 0; i < l->source_count; i++) {
        const struct raw_file *raw = &l->sources[i].raw;
        count += l->sources[i].err.code == 0
                     ? raw->parts.count + raw->profiles.count + raw->overlays.count
                     : 0;
    }
    l->count = 0;
    l->entries = arena_calloc(l->arena, count ? count : 1, sizeof *l->entries);
    for (size_t i = 0; i < l->source_count; i++) {
        const struct raw_file *raw = &l->sources[i].raw;
        if (l->sources[i].err.code == 0) {
            add_entries(l, i, KIND_PART, &raw->parts);
            add_entries(l, i, KIND_PROFILE, &raw->profiles);
            add_entries(l, i, KIND_OVERLAY, &raw->overlays);
        }
    }
}

/* A file that turns out to be wrong takes its entries with it, and the rest is looked at anew:
 * a base of another file may be among them. */
static bool link_once(struct loader *l)
{
    for (int step = 0; step < 2; step++) {
        for (size_t i = 0; i < l->count; i++) {
            struct entry *e = &l->entries[i];
            struct err err = ERR_INIT;
            int rc = 0;
            l->failed = e->file;
            if (step == 0) {
                rc = check_name(l, e, &err);
                rc = rc < 0 ? rc : read_wishes(l, e, &err);
            } else if (e->kind != KIND_PART) {
                rc = join(l, e, 0, &err);
            }
            if (rc < 0) {
                l->sources[l->failed].err = err;
                return false;
            }
        }
    }
    return true;
}

/* What a wrong file would have had: a table may have been filled in part. */
static void name_broken(const struct loader *l, const struct source *s, struct profile_broken *b)
{
    const struct schema_list *lists[] = {&s->raw.profiles, &s->raw.overlays};
    const char **names = arena_calloc(l->arena, lists[0]->count + lists[1]->count + 1,
                                      sizeof *names);
    for (size_t i = 0; i < 2; i++) {
        const struct raw_profile *raws = lists[i]->items;
        for (size_t k = 0; raws && k < lists[i]->count; k++) {
            if (raws[k].name) {
                names[b->name_count++] = raws[k].name;
            }
        }
    }
    b->names = names;
}

static void publish(const struct loader *l, struct profile_set *out)
{
    out->profiles = arena_calloc(l->arena, l->count + 1, sizeof *out->profiles);
    for (int pass = 0; pass < 2; pass++) { /* profiles, then overlays */
        for (size_t i = 0; i < l->count; i++) {
            const struct entry *e = &l->entries[i];
            if (e->kind == (pass ? KIND_OVERLAY : KIND_PROFILE)) {
                out->profiles[out->count++] = (struct profile){
                    .name = e->raw->name,
                    .best_for = e->raw->best_for,
                    .purpose = e->raw->purpose,
                    .base = e->raw->base,
                    .level = e->level,
                    .overlay = pass == 1,
                    .user = e->file > 0,
                    .wishes = e->joined.items,
                    .count = e->joined.count,
                    .overlays = e->raw->overlays.items,
                    .overlay_count = e->raw->overlays.count,
                    .without = e->without,
                    .without_count = e->without_count,
                    .place = e->raw->place};
            }
        }
    }
    out->broken = arena_calloc(l->arena, l->source_count, sizeof *out->broken);
    for (size_t i = 1; i < l->source_count; i++) {
        const struct source *s = &l->sources[i];
        if (s->err.code) {
            struct profile_broken *b = &out->broken[out->broken_count++];
            *b = (struct profile_broken){.file = s->path, .name = s->name, .err = s->err};
            name_broken(l, s, b);
        }
    }
}

static int finish(struct loader *l, struct profile_set *out, struct err *err)
{
    do {
        if (l->sources[0].err.code) {
            *err = l->sources[0].err;
            return -err->code;
        }
        collect(l);
    } while (!link_once(l));
    publish(l, out);
    return 0;
}

/* "…/profiles/mine.yaml" is "mine". */
static const char *stem(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return arena_strndup(arena, name, dot ? (size_t)(dot - name) : strlen(name));
}

static struct source *add_source(struct loader *l, const char *path)
{
    struct source *s = &l->sources[l->source_count++];
    *s = (struct source){.path = path, .name = stem(l->arena, path)};
    return s;
}

static struct loader *loader_new(const struct setting_catalog *c, struct profile_set *out)
{
    struct loader *l = xcalloc(1, sizeof *l);
    *out = (struct profile_set){.catalog = c};
    arena_init(&out->arena);
    l->catalog = c;
    l->arena = &out->arena;
    return l;
}

int profile_set_parse(const struct setting_catalog *c, const struct profile_text *texts,
                      size_t count, struct profile_set *out, struct err *err)
{
    struct loader *l = loader_new(c, out);
    for (size_t i = 0; i < count && i <= FILES_MAX; i++) {
        struct source *s = add_source(l, texts[i].file);
        (void)schema_load_yaml(s->path, texts[i].text, texts[i].size, profile_file_fields, &s->raw,
                               l->arena, &s->err);
    }
    const int rc = finish(l, out, err);
    free(l);
    return rc;
}

/* ---- the user's folder ---- */

static int is_profile_file(const struct dirent *d)
{
    const size_t size = strlen(d->d_name);
    return d->d_name[0] != '.' && size > 5 && strcmp(d->d_name + size - 5, ".yaml") == 0;
}

static void load_file(struct loader *l, const char *folder, const char *name)
{
    struct source *s = add_source(l, arena_printf(l->arena, "%s/%s", folder, name));
    (void)catalog_load(folder, name, profile_file_fields, &s->raw, l->arena, &s->err);
    if (s->err.code &&
        !s->err.where[0]) { /* what cannot be read is as wrong as what says nothing */
        err_at(&s->err, "%s", s->path);
        s->err.code = ERR_CONFIG;
    }
}

static void load_folder(struct loader *l, const char *folder)
{
    struct dirent **names = NULL;
    const int count = scandir(folder, &names, is_profile_file, alphasort);
    if (count < 0) {
        if (errno != ENOENT && errno != ENOTDIR) {
            const int sys = errno;
            struct source *s = add_source(l, arena_strdup(l->arena, folder));
            err_sys(&s->err, ERR_CONFIG, sys, "cannot read the folder");
            err_at(&s->err, "%s", folder);
        }
        return;
    }
    for (int i = 0; i < count; i++) {
        if (i < FILES_MAX) {
            load_file(l, folder, names[i]->d_name);
        } else if (i == FILES_MAX) {
            struct source *s = add_source(l, arena_strdup(l->arena, folder));
            err_set(&s->err, ERR_CONFIG, "only the first %d files are read", FILES_MAX);
            err_at(&s->err, "%s", folder);
        }
        free(names[i]);
    }
    free(names);
}

int profile_set_load(const struct setting_catalog *c, const char *user_folder,
                     struct profile_set *out, struct err *err)
{
    struct loader *l = loader_new(c, out);
    struct source *s = add_source(l, "profiles.yaml");
    int rc = catalog_load(catalog_folder(), "profiles.yaml", profile_file_fields, &s->raw, l->arena,
                          err);
    if (rc == 0) {
        if (user_folder) {
            load_folder(l, user_folder);
        }
        rc = finish(l, out, err);
    }
    free(l);
    return rc;
}

void profile_set_release(struct profile_set *s)
{
    arena_release(&s->arena);
    *s = (struct profile_set){.count = 0};
}
