#include "tuning/setting.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "tuning/catalog.h"

/* ---- words ---- */

const char *const setting_verdict_words[] = {"honoured", "ignored", "renamed",
                                             "harmful",  "unknown", NULL};
const char *const setting_owner_words[] = {
#define OWNER(id, word) word,
    SETTING_OWNERS(OWNER)
#undef OWNER
        NULL};
const char *const setting_kind_words[] = {
    "variable", "flag",     "option",        "compose-key", "unit-key", "plist-key", "json-key",
    "yaml-key", "dict-key", "call",          "sysctl",      "pmset",    "command",   "endpoint",
    "log-line", "file",     "compiler-flag", "practice",    NULL};
_Static_assert(sizeof setting_kind_words / sizeof setting_kind_words[0] == SETTING_KIND_COUNT + 1,
               "a word for each kind");
const char *const setting_type_words[] = {"switch", "boolean", "word-true", "presence", "integer",
                                          "number", "bytes",   "size",      "duration", "text",
                                          "path",   "list",    "choice",    "none",     NULL};
const char *const setting_cost_words[] = {"restart", "reload", "recreate", "next-request",
                                          "now",     "none",   NULL};
const char *const setting_place_words[] = {"macos", "linux", "mac-container", "compose", NULL};
const char *const setting_device_words[] = {"mps", "cuda", "rocm", "cpu", NULL};
const char *const setting_formula_words[] = {
    "same",        "cores", "cpu-quota", "mib",       "bytes-to-mib", "fit-target", "load-mode",
    "debug-level", "flag",  "low-power", "metal-off", "gpu-offload",  NULL};

const char setting_never_listed[] = "never";

#define WORDS(list) (sizeof(list) / sizeof *(list)-1)
_Static_assert(WORDS(setting_verdict_words) == SETTING_VERDICT_COUNT, "a word a verdict");
_Static_assert(WORDS(setting_owner_words) == SETTING_OWNER_COUNT, "a word an owner");
_Static_assert(WORDS(setting_type_words) == SETTING_TYPE_COUNT, "a word a type");
_Static_assert(WORDS(setting_place_words) == SETTING_PLACE_COUNT, "a word a place");
_Static_assert(WORDS(setting_device_words) == SETTING_DEVICE_COUNT, "a word a device");
_Static_assert(WORDS(setting_formula_words) == SETTING_FORMULA_COUNT, "a word a formula");

/* ---- the file ---- */

enum { NAME_BYTES = 80, LINE_BYTES = 300, SOURCE_BYTES = 40, VERSION_BYTES = 20 };

/* What the file says; absent keys are told by the place of their value. */
struct raw_setting {
    const char *name;
    struct schema_list also, range, choices, cases;
    int owner, kind, type, costs, verdict, versions_of, formula;
    struct schema_place owner_at, kind_at, type_at, costs_at, verdict_at, versions_of_at;
    struct schema_place formula_at, range_at, default_at, source_at, use_at;
    const char *default_value, *memory, *since, *until, *use, *instead, *read_back, *reason;
    const char *source, *listed;
    struct schema_place listed_at;
    bool group_cases;
    struct schema_place group_cases_at, place;
};

struct raw_group {
    const char *title;
    struct raw_setting common; /* name "", its cases are those of the group */
    struct schema_list settings;
};

struct raw_catalog {
    struct schema_list sources, newest, groups;
};

struct raw_newest {
    int owner;
    const char *version;
    struct schema_place place;
};

#define PLAIN(type_)                                                                               \
    {                                                                                              \
        {.key = "", .type = (type_), .max = NAME_BYTES}, {.key = NULL},                            \
    }
static const struct schema_field text_item[] = PLAIN(SCHEMA_TEXT);
static const struct schema_field number_item[] = {{.key = "", .type = SCHEMA_DOUBLE},
                                                  {.key = NULL}};
static const struct schema_field place_item[] = {
    {.key = "", .type = SCHEMA_CHOICE, .choices = setting_place_words},
    {.key = NULL}};
static const struct schema_field device_item[] = {
    {.key = "", .type = SCHEMA_CHOICE, .choices = setting_device_words},
    {.key = NULL}};

#define TEXT_FIELD(in, name_, at, most)                                                            \
    {                                                                                              \
        .key = (name_), .type = SCHEMA_TEXT, .offset = offsetof(struct in, at), .min = 1,          \
        .max = (most)                                                                              \
    }
#define WORD_FIELD(in, name_, at, words)                                                           \
    {                                                                                              \
        .key = (name_), .type = SCHEMA_CHOICE, .offset = offsetof(struct in, at),                  \
        .choices = (words)                                                                         \
    }
#define LIST_FIELD(in, name_, at, item, size)                                                      \
    {                                                                                              \
        .key = (name_), .type = SCHEMA_LIST, .offset = offsetof(struct in, at), .fields = (item),  \
        .item_size = (size), .min = 1, .max = 64                                                   \
    }
#define PLACE_FIELD(in, name_, at)                                                                 \
    {                                                                                              \
        .key = (name_), .type = SCHEMA_PLACE, .offset = offsetof(struct in, at)                    \
    }

static const struct schema_field case_fields[] = {
    PLACE_FIELD(setting_case, "", place),
    {.key = "verdict",
     .type = SCHEMA_CHOICE,
     .offset = offsetof(struct setting_case, verdict),
     .choices = setting_verdict_words,
     .required = true},
    WORD_FIELD(setting_case, "of", of, setting_owner_words),
    PLACE_FIELD(setting_case, "of", of_place),
    TEXT_FIELD(setting_case, "since", since, VERSION_BYTES),
    TEXT_FIELD(setting_case, "until", until, VERSION_BYTES),
    LIST_FIELD(setting_case, "places", places, place_item, sizeof(int)),
    LIST_FIELD(setting_case, "devices", devices, device_item, sizeof(int)),
    LIST_FIELD(setting_case, "values", values, text_item, sizeof(const char *)),
    {.key = "below", .type = SCHEMA_DOUBLE, .offset = offsetof(struct setting_case, below)},
    PLACE_FIELD(setting_case, "below", below_place),
    TEXT_FIELD(setting_case, "contains", contains, NAME_BYTES),
    TEXT_FIELD(setting_case, "use", use, NAME_BYTES),
    TEXT_FIELD(setting_case, "when", when, LINE_BYTES),
    {.key = "reason",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct setting_case, reason),
     .min = 1,
     .max = LINE_BYTES,
     .required = true},
    {.key = NULL},
};

/* What a group and a setting may both say, of the struct raw_setting at `in`.`base`. */
#define COMMON_FIELDS(in, base)                                                                    \
    WORD_FIELD(in, "owner", base owner, setting_owner_words),                                      \
        PLACE_FIELD(in, "owner", base owner_at),                                                   \
        WORD_FIELD(in, "kind", base kind, setting_kind_words),                                     \
        PLACE_FIELD(in, "kind", base kind_at),                                                     \
        WORD_FIELD(in, "type", base type, setting_type_words),                                     \
        PLACE_FIELD(in, "type", base type_at),                                                     \
        WORD_FIELD(in, "costs", base costs, setting_cost_words),                                   \
        PLACE_FIELD(in, "costs", base costs_at),                                                   \
        WORD_FIELD(in, "verdict", base verdict, setting_verdict_words),                            \
        PLACE_FIELD(in, "verdict", base verdict_at),                                               \
        WORD_FIELD(in, "versions_of", base versions_of, setting_owner_words),                      \
        PLACE_FIELD(in, "versions_of", base versions_of_at),                                       \
        TEXT_FIELD(in, "since", base since, VERSION_BYTES),                                        \
        TEXT_FIELD(in, "listed", base listed, VERSION_BYTES),                                      \
        PLACE_FIELD(in, "listed", base listed_at),                                                 \
        LIST_FIELD(in, "cases", base cases, case_fields, sizeof(struct setting_case)),             \
        TEXT_FIELD(in, "read_back", base read_back, LINE_BYTES),                                   \
        TEXT_FIELD(in, "source", base source, SOURCE_BYTES),                                       \
        PLACE_FIELD(in, "source", base source_at)

static const struct schema_field setting_fields[] = {
    PLACE_FIELD(raw_setting, "", place),
    {.key = "name",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct raw_setting, name),
     .min = 1,
     .max = NAME_BYTES,
     .required = true},
    LIST_FIELD(raw_setting, "also", also, text_item, sizeof(const char *)),
    COMMON_FIELDS(raw_setting, ),
    {.key = "range",
     .type = SCHEMA_LIST,
     .offset = offsetof(struct raw_setting, range),
     .fields = number_item,
     .item_size = sizeof(double),
     .min = 1,
     .max = 2},
    PLACE_FIELD(raw_setting, "range", range_at),
    LIST_FIELD(raw_setting, "choices", choices, text_item, sizeof(const char *)),
    TEXT_FIELD(raw_setting, "default", default_value, NAME_BYTES),
    PLACE_FIELD(raw_setting, "default", default_at),
    TEXT_FIELD(raw_setting, "memory", memory, LINE_BYTES),
    TEXT_FIELD(raw_setting, "until", until, VERSION_BYTES),
    {.key = "group_cases",
     .type = SCHEMA_BOOL,
     .offset = offsetof(struct raw_setting, group_cases)},
    PLACE_FIELD(raw_setting, "group_cases", group_cases_at),
    TEXT_FIELD(raw_setting, "use", use, NAME_BYTES),
    PLACE_FIELD(raw_setting, "use", use_at),
    WORD_FIELD(raw_setting, "formula", formula, setting_formula_words),
    PLACE_FIELD(raw_setting, "formula", formula_at),
    TEXT_FIELD(raw_setting, "instead", instead, LINE_BYTES),
    {.key = "reason",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct raw_setting, reason),
     .min = 1,
     .max = LINE_BYTES,
     .required = true},
    {.key = NULL},
};

static const struct schema_field group_fields[] = {
    {.key = "title",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct raw_group, title),
     .min = 1,
     .max = NAME_BYTES,
     .required = true},
    COMMON_FIELDS(raw_group, common.),
    {.key = "settings",
     .type = SCHEMA_LIST,
     .offset = offsetof(struct raw_group, settings),
     .fields = setting_fields,
     .item_size = sizeof(struct raw_setting),
     .required = true},
    {.key = NULL},
};

static const struct schema_field source_fields[] = {
    PLACE_FIELD(setting_source, "", place),
    {.key = "id",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct setting_source, id),
     .min = 1,
     .max = 4,
     .required = true},
    {.key = "text",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct setting_source, text),
     .min = 1,
     .max = LINE_BYTES,
     .required = true},
    {.key = NULL},
};

static const struct schema_field newest_fields[] = {
    PLACE_FIELD(raw_newest, "", place),
    {.key = "owner",
     .type = SCHEMA_CHOICE,
     .offset = offsetof(struct raw_newest, owner),
     .choices = setting_owner_words,
     .required = true},
    {.key = "version",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct raw_newest, version),
     .min = 1,
     .max = VERSION_BYTES,
     .required = true},
    {.key = NULL},
};

static const struct schema_field catalog_fields[] = {
    {.key = "sources",
     .type = SCHEMA_LIST,
     .offset = offsetof(struct raw_catalog, sources),
     .fields = source_fields,
     .item_size = sizeof(struct setting_source),
     .required = true},
    {.key = "newest",
     .type = SCHEMA_LIST,
     .offset = offsetof(struct raw_catalog, newest),
     .fields = newest_fields,
     .item_size = sizeof(struct raw_newest)},
    {.key = "groups",
     .type = SCHEMA_LIST,
     .offset = offsetof(struct raw_catalog, groups),
     .fields = group_fields,
     .item_size = sizeof(struct raw_group),
     .required = true},
    {.key = NULL},
};

/* ---- what a table cannot check ---- */

static int fail_at(const struct schema_place *at, struct err *err)
{
    err_at(err, "%s:%lu:%lu", at->file, at->line, at->column);
    return -err->code;
}

static int check_version(const struct schema_place *at, const char *key, const char *version,
                         struct err *err)
{
    if (!version || setting_version_valid(version)) {
        return 0;
    }
    err_set(err, ERR_CONFIG, "'%s': expected a version such as 0.30.0, found '%s'", key, version);
    return fail_at(at, err);
}

static int check_listed(const struct raw_setting *raw, struct err *err)
{
    if (!raw->listed || strcmp(raw->listed, setting_never_listed) == 0) {
        return 0;
    }
    return check_version(&raw->listed_at, "listed", raw->listed, err);
}

static int check_versions(const struct schema_place *at, const char *since, const char *until,
                          struct err *err)
{
    int rc = check_version(at, "since", since, err);
    if (rc == 0) {
        rc = check_version(at, "until", until, err);
    }
    if (rc == 0 && since && until && setting_version_compare(since, until) >= 0) {
        err_set(err, ERR_CONFIG, "'until': expected a version after %s, found '%s'", since, until);
        return fail_at(at, err);
    }
    return rc;
}

static int check_case(const struct setting_case *c, struct err *err)
{
    int rc = check_versions(&c->place, c->since, c->until, err);
    if (rc == 0 && c->of_place.file && !c->since && !c->until) {
        err_set(err, ERR_CONFIG, "'of': there is neither since nor until");
        rc = fail_at(&c->of_place, err);
    }
    return rc;
}

static bool is_numeric(int type)
{
    return type == SETTING_INTEGER || type == SETTING_NUMBER || type == SETTING_BYTES;
}

static int check_range(struct setting *s, const struct raw_setting *raw, struct err *err)
{
    const double *range = raw->range.items;
    if (!raw->range.count) {
        return 0;
    }
    if (!is_numeric(s->type)) {
        err_set(err, ERR_CONFIG, "'range': a %s has none", setting_type_words[s->type]);
        return fail_at(&raw->range_at, err);
    }
    const double max = raw->range.count > 1 ? range[1] : INFINITY;
    if (range[0] > max) {
        err_set(err, ERR_CONFIG, "'range': %g is more than %g", range[0], max);
        return fail_at(&raw->range_at, err);
    }
    s->ranged = true;
    s->min = range[0];
    s->max = max;
    return 0;
}

static int check_default(const struct setting *s, const struct raw_setting *raw, struct err *err)
{
    struct err inner = ERR_INIT;
    if (!s->default_value || setting_check_value(s, s->default_value, &inner) == 0) {
        return 0;
    }
    err_set(err, ERR_CONFIG, "'default': %s", inner.msg);
    return fail_at(&raw->default_at, err);
}

/* "O 1.2, S3": every part starts with the letter of a source. */
static int check_source(const struct setting_catalog *c, const struct setting *s,
                        const struct schema_place *at, struct err *err)
{
    const char *p = s->source;
    while (*p) {
        const size_t size = strcspn(p, " ,");
        if (!setting_source_text(c, p, size)) {
            err_set(err, ERR_CONFIG, "'source': there is no source '%.*s'", (int)size, p);
            return fail_at(at, err);
        }
        p += strcspn(p, ",");
        p += strspn(p, ", ");
    }
    return 0;
}

const char *setting_source_text(const struct setting_catalog *c, const char *source, size_t size)
{
    const struct setting_source *items = c->sources.items;
    for (size_t i = 0; i < c->sources.count; i++) {
        if (strlen(items[i].id) == size && memcmp(items[i].id, source, size) == 0) {
            return items[i].text;
        }
    }
    return NULL;
}

static int fail_missing(const struct raw_setting *raw, const char *key, struct err *err)
{
    err_set(err, ERR_CONFIG, "the key '%s' is missing, here and in its group", key);
    return fail_at(&raw->place, err);
}

/* The cases of its group, then those of the setting; an `of` that is not there is its software. */
static int join_cases(struct setting_catalog *c, struct setting *s, const struct raw_setting *raw,
                      const struct raw_setting *group, struct err *err)
{
    const bool with_group = !raw->group_cases_at.file || raw->group_cases;
    const size_t own = raw->cases.count, shared = with_group ? group->cases.count : 0;
    if (own + shared == 0) {
        return 0;
    }
    struct setting_case *cases = arena_calloc(&c->arena, own + shared, sizeof *cases);
    if (shared) {
        memcpy(cases, group->cases.items, shared * sizeof *cases);
    }
    if (own) {
        memcpy(cases + shared, raw->cases.items, own * sizeof *cases);
    }
    for (size_t i = 0; i < own + shared; i++) {
        const int rc = check_case(&cases[i], err);
        if (rc < 0) {
            return rc;
        }
        if (!cases[i].of_place.file) {
            cases[i].of = s->versions_of;
        }
    }
    s->cases = cases;
    s->case_count = own + shared;
    return 0;
}

static int add_setting(struct setting_catalog *c, const char *title,
                       const struct raw_setting *group, const struct raw_setting *raw,
                       struct err *err)
{
    struct setting *s = &c->settings[c->count++];
    *s = (struct setting){
        .name = raw->name,
        .group = title,
        .also = raw->also,
        .owner = raw->owner_at.file ? raw->owner : group->owner,
        .kind = raw->kind_at.file ? raw->kind : group->kind,
        .type = raw->type_at.file ? raw->type : group->type,
        .costs = raw->costs_at.file ? raw->costs : group->costs,
        .verdict = raw->verdict_at.file ? raw->verdict : group->verdict,
        .choices = raw->choices,
        .default_value = raw->default_value,
        .memory = raw->memory,
        .since = raw->since ? raw->since : group->since,
        .until = raw->until,
        .use = raw->use,
        .instead = raw->instead,
        .read_back = raw->read_back ? raw->read_back : group->read_back,
        .formula = raw->formula_at.file ? raw->formula : SETTING_NO_FORMULA,
        .listed = raw->listed ? raw->listed : group->listed,
        .reason = raw->reason,
        .source = raw->source ? raw->source : group->source,
        .place = raw->place,
    };
    s->versions_of = raw->versions_of_at.file     ? raw->versions_of
                     : raw->owner_at.file         ? raw->owner
                     : group->versions_of_at.file ? group->versions_of
                                                  : group->owner;
    const struct {
        const struct schema_place *own, *shared;
        const char *key;
    } needed[] = {
        {&raw->owner_at, &group->owner_at, "owner"},
        {&raw->kind_at, &group->kind_at, "kind"},
        {&raw->type_at, &group->type_at, "type"},
        {&raw->costs_at, &group->costs_at, "costs"},
        {&raw->verdict_at, &group->verdict_at, "verdict"},
        {&raw->source_at, &group->source_at, "source"},
    };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!needed[i].own->file && !needed[i].shared->file) {
            return fail_missing(raw, needed[i].key, err);
        }
    }
    if (!s->read_back) {
        return fail_missing(raw, "read_back", err);
    }
    if ((s->type == SETTING_WORD) != (s->choices.count > 0)) {
        err_set(err, ERR_CONFIG, "'%s': a choice has choices, and nothing else has", s->name);
        return fail_at(&raw->place, err);
    }
    if (s->formula != SETTING_NO_FORMULA && !s->use) {
        err_set(err, ERR_CONFIG, "'formula': there is no 'use' that it leads to");
        return fail_at(&raw->formula_at, err);
    }
    int rc = check_range(s, raw, err);
    rc = rc < 0 ? rc : check_default(s, raw, err);
    rc = rc < 0 ? rc : check_listed(raw->listed ? raw : group, err);
    rc = rc < 0 ? rc : check_versions(&raw->place, s->since, s->until, err);
    rc = rc < 0
             ? rc
             : check_source(c, s, raw->source_at.file ? &raw->source_at : &group->source_at, err);
    return rc < 0 ? rc : join_cases(c, s, raw, group, err);
}

static const struct setting *find_exact(const struct setting_catalog *c, const char *name)
{
    for (size_t i = 0; i < c->name_count; i++) {
        if (strcmp(c->names[i], name) == 0) {
            return c->by_name[i];
        }
    }
    return NULL;
}

static int add_name(struct setting_catalog *c, const struct setting *s, struct err *err)
{
    const struct setting *other = find_exact(c, s->name);

    if (other) {
        err_set(err, ERR_CONFIG, "'%s': there is one of that name in line %lu", s->name,
                other->place.line);
        return fail_at(&s->place, err);
    }
    c->names[c->name_count] = s->name;
    c->by_name[c->name_count++] = s;
    return 0;
}

/* The same setting as it is called with other name `k`: the first name is among the others then. */
static const struct setting *under_name(struct setting_catalog *c, const struct setting *s,
                                        size_t k)
{
    const char *const *also = s->also.items;
    struct setting *out = arena_alloc(&c->arena, sizeof *out);
    const char **others = arena_calloc(&c->arena, s->also.count, sizeof *others);

    *out = *s;
    out->name = also[k];
    memcpy(others, also, s->also.count * sizeof *others);
    memmove(others + 1, others, k * sizeof *others);
    others[0] = s->name;
    out->also.items = others;
    return out;
}

static int index_names(struct setting_catalog *c, struct err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < c->count; i++) {
        count += 1 + c->settings[i].also.count;
    }
    c->names = arena_calloc(&c->arena, count ? count : 1, sizeof *c->names);
    c->by_name = arena_calloc(&c->arena, count ? count : 1, sizeof *c->by_name);
    for (size_t i = 0; i < c->count; i++) {
        struct setting *s = &c->settings[i];
        s->entry = s;
        int rc = add_name(c, s, err);
        for (size_t k = 0; rc == 0 && k < s->also.count; k++) {
            rc = add_name(c, under_name(c, s, k), err);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static int check_use(const struct setting_catalog *c, const char *use,
                     const struct schema_place *at, struct err *err)
{
    if (!use || find_exact(c, use)) {
        return 0;
    }
    const char *near = nearest_name(use, c->names, c->name_count);
    err_set(err, ERR_CONFIG,
            near ? "'use': there is no setting '%s', did you mean '%s'?"
                 : "'use': there is no setting '%s'",
            use, near);
    return fail_at(at, err);
}

static int check_uses(const struct setting_catalog *c, struct err *err)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct setting *s = &c->settings[i];
        int rc = check_use(c, s->use, &s->place, err);
        for (size_t k = 0; rc == 0 && k < s->case_count; k++) {
            rc = check_use(c, s->cases[k].use, &s->cases[k].place, err);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static int build(struct setting_catalog *c, const struct raw_catalog *raw, struct err *err)
{
    const struct raw_group *groups = raw->groups.items;
    size_t count = 0;
    c->sources = raw->sources;
    const struct raw_newest *newest = raw->newest.items;
    for (size_t i = 0; i < raw->newest.count; i++) {
        const int rc = check_version(&newest[i].place, "version", newest[i].version, err);
        if (rc < 0) {
            return rc;
        }
        c->newest[newest[i].owner] = newest[i].version;
    }
    for (size_t i = 0; i < raw->groups.count; i++) {
        count += groups[i].settings.count;
    }
    c->settings = arena_calloc(&c->arena, count ? count : 1, sizeof *c->settings);
    for (size_t i = 0; i < raw->groups.count; i++) {
        const struct raw_setting *settings = groups[i].settings.items;
        for (size_t k = 0; k < groups[i].settings.count; k++) {
            const int rc = add_setting(c, groups[i].title, &groups[i].common, &settings[k], err);
            if (rc < 0) {
                return rc;
            }
        }
    }
    const int rc = index_names(c, err);
    return rc < 0 ? rc : check_uses(c, err);
}

int setting_catalog_parse(const char *file, const char *text, size_t size,
                          struct setting_catalog *out, struct err *err)
{
    struct raw_catalog raw = {.groups = {NULL, 0}};
    *out = (struct setting_catalog){.count = 0};
    arena_init(&out->arena);
    const int rc = schema_load_yaml(file, text, size, catalog_fields, &raw, &out->arena, err);
    return rc < 0 ? rc : build(out, &raw, err);
}

int setting_catalog_load(struct setting_catalog *out, struct err *err)
{
    struct raw_catalog raw = {.groups = {NULL, 0}};
    *out = (struct setting_catalog){.count = 0};
    arena_init(&out->arena);
    const int rc = catalog_load(catalog_folder(), "settings.yaml", catalog_fields, &raw,
                                &out->arena, err);
    return rc < 0 ? rc : build(out, &raw, err);
}

void setting_catalog_release(struct setting_catalog *c)
{
    arena_release(&c->arena);
    *c = (struct setting_catalog){.count = 0};
}

/* ---- looking up ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_nocase(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return !*a && !*b;
}

static const char *without_dashes(const char *name)
{
    return name + strspn(name, "-");
}

static const char *last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

/* The names that are called so when `part` of them is looked at; only one may be. */
static const char *find_only(const struct setting_catalog *c, const char *name,
                             const char *(*part)(const char *name))
{
    const char *found = NULL;
    for (size_t i = 0; i < c->name_count; i++) {
        if (same_nocase(part(c->names[i]), part(name))) {
            if (found) {
                return NULL;
            }
            found = c->names[i];
        }
    }
    return found;
}

const struct setting *setting_find(const struct setting_catalog *c, const char *name,
                                   const char **nearest)
{
    *nearest = NULL;
    const struct setting *s = find_exact(c, name);
    if (s || !*without_dashes(name)) {
        return s;
    }
    const char *called = find_only(c, name, without_dashes);
    if (!called && !strchr(name, '.')) {
        called = find_only(c, name, last_part);
    }
    if (called) {
        return find_exact(c, called);
    }
    *nearest = nearest_name(name, c->names, c->name_count);
    return NULL;
}

const char *setting_last_known(const struct setting_catalog *c, int owner, const char *version)
{
    const char *last = owner >= 0 && owner < SETTING_OWNER_COUNT ? c->newest[owner] : NULL;
    return last && version && setting_version_valid(version) &&
                   setting_version_compare(version, last) > 0
               ? last
               : NULL;
}
