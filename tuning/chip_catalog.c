#include "tuning/chip_catalog.h"

#include <string.h>
#include <strings.h>

#include "tuning/catalog.h"

static const char FILE_NAME[] = "chips.yaml";

static const char *const profile_names[PROFILE_COUNT + 1] = {
    [PROFILE_CONSERVATIVE] = "conservative",
    [PROFILE_BALANCED] = "balanced",
    [PROFILE_OPTIMIZED] = "optimized",
    [PROFILE_HIGH] = "high",
    [PROFILE_ULTRA] = "ultra",
};

const char *chip_profile_name(int profile)
{
    return profile >= 0 && profile < PROFILE_COUNT ? profile_names[profile] : "";
}

/* Bounds that no machine reaches: what is beyond them is a slip of the pen, and what is within them
 * cannot overflow. */
#define CORES_MAX 1024
#define MEMORY_MAX_GB 65536
#define NAME_MAX_BYTES 63

#define TEXT(word, row, field, must)                                                               \
    {                                                                                              \
        .key = (word), .type = SCHEMA_TEXT, .offset = offsetof(row, field), .min = 1,              \
        .max = NAME_MAX_BYTES, .required = (must)                                                  \
    }
#define WHOLE(word, row, field, low, high, must)                                                   \
    {                                                                                              \
        .key = (word), .type = SCHEMA_INT, .offset = offsetof(row, field), .min = (low),           \
        .max = (high), .required = (must)                                                          \
    }
#define REAL(word, row, field, low, high, must)                                                    \
    {                                                                                              \
        .key = (word), .type = SCHEMA_DOUBLE, .offset = offsetof(row, field), .min = (low),        \
        .max = (high), .required = (must)                                                          \
    }
#define PLACE(row)                                                                                 \
    {                                                                                              \
        .key = "", .type = SCHEMA_PLACE, .offset = offsetof(row, place)                            \
    }
#define LIST(word, section, row, table)                                                            \
    {                                                                                              \
        .key = (word), .type = SCHEMA_LIST, .offset = offsetof(struct chip_layer, section),        \
        .fields = (table), .item_size = sizeof(row)                                                \
    }

static const struct schema_field gb_fields[] = {
    {.key = "", .type = SCHEMA_INT, .min = 1, .max = MEMORY_MAX_GB},
    {.key = NULL},
};
static const struct schema_field bin_fields[] = {
    PLACE(struct chip_bin),
    TEXT("name", struct chip_bin, name, true),
    WHOLE("year", struct chip_bin, year, 2000, 2100, false),
    WHOLE("super", struct chip_bin, super_cores, 0, CORES_MAX, false),
    WHOLE("performance", struct chip_bin, performance_cores, 0, CORES_MAX, false),
    WHOLE("efficiency", struct chip_bin, efficiency_cores, 0, CORES_MAX, false),
    WHOLE("gpu", struct chip_bin, gpu_cores, 0, CORES_MAX, false),
    {.key = "memory_gb",
     .type = SCHEMA_LIST,
     .offset = offsetof(struct chip_bin, memory_gb),
     .min = 1,
     .max = 16,
     .fields = gb_fields,
     .item_size = sizeof(int64_t),
     .required = true},
    REAL("bandwidth_gb_s", struct chip_bin, bandwidth_gb_s, 1, 100000, false),
    REAL("neural_tops", struct chip_bin, neural_tops, 0.1, 100000, false),
    {.key = "inferred", .type = SCHEMA_BOOL, .offset = offsetof(struct chip_bin, inferred)},
    {.key = "note",
     .type = SCHEMA_TEXT,
     .offset = offsetof(struct chip_bin, note),
     .min = 1,
     .max = 200},
    {.key = NULL},
};
static const struct schema_field limit_fields[] = {
    PLACE(struct chip_limit),
    TEXT("chip", struct chip_limit, chip, true),
    WHOLE("memory_gb", struct chip_limit, memory_gb, 1, MEMORY_MAX_GB, true),
    WHOLE("limit_gb", struct chip_limit, limit_gb, 1, MEMORY_MAX_GB, true),
    REAL("cpu_fraction", struct chip_limit, cpu_fraction, 0.05, 1, true),
    {.key = "profile",
     .type = SCHEMA_CHOICE,
     .offset = offsetof(struct chip_limit, profile),
     .choices = profile_names,
     .required = true},
    {.key = NULL},
};
static const struct schema_field model_fields[] = {
    PLACE(struct chip_model),
    TEXT("id", struct chip_model, id, true),
    TEXT("name", struct chip_model, name, true),
    TEXT("chip", struct chip_model, chip, true),
    WHOLE("year", struct chip_model, year, 2000, 2100, false),
    {.key = NULL},
};
static const struct schema_field file_fields[] = {
    LIST("chips", chips, struct chip_bin, bin_fields),
    LIST("limits", limits, struct chip_limit, limit_fields),
    LIST("models", models, struct chip_model, model_fields),
    {.key = NULL},
};

void chip_catalog_init(struct chip_catalog *c)
{
    memset(c, 0, sizeof *c);
    arena_init(&c->arena);
}

void chip_catalog_release(struct chip_catalog *c)
{
    arena_release(&c->arena);
    memset(c, 0, sizeof *c);
}

/* A row that gives more than the machine has would be believed. */
static int check_limits(const struct chip_layer *layer, struct err *err)
{
    const struct chip_limit *rows = layer->limits.items;
    for (size_t i = 0; i < layer->limits.count; i++) {
        const struct chip_limit *r = &rows[i];
        if (r->limit_gb > r->memory_gb) {
            err_set(err, ERR_CONFIG, "'limit_gb' of %s is more than its 'memory_gb'", r->chip);
            return err_at(err, "%s:%lu:%lu", r->place.file, r->place.line, r->place.column);
        }
    }
    return 0;
}

static int check(struct chip_layer *layer, int rc, struct err *err)
{
    if (rc == 0) {
        rc = check_limits(layer, err);
    }
    if (rc < 0) {
        memset(layer, 0, sizeof *layer);
    }
    return rc;
}

int chip_catalog_load(struct chip_catalog *c, const char *folder, struct err *err)
{
    const int rc = catalog_load(folder, FILE_NAME, file_fields, &c->shipped, &c->arena, err);
    return check(&c->shipped, rc, err);
}

int chip_catalog_load_user(struct chip_catalog *c, const char *folder, struct err *err)
{
    struct err inner = ERR_INIT;
    int rc = catalog_load(folder, FILE_NAME, file_fields, &c->user, &c->arena, &inner);
    rc = check(&c->user, rc, &inner);
    if (rc == -ERR_NOENT) {
        return 0;
    }
    if (rc < 0) {
        *err = inner;
    }
    return rc;
}

int chip_catalog_parse(struct chip_catalog *c, struct chip_layer *layer, const char *file,
                       const char *text, size_t size, struct err *err)
{
    const int rc = schema_load_yaml(file, text, size, file_fields, layer, &c->arena, err);
    return check(layer, rc, err);
}

/* The two layers of a section, the user's first: it stands alone where it knows the name. */
#define EACH_LAYER(c)                                                                              \
    {                                                                                              \
        &(c)->user, &(c)->shipped                                                                  \
    }

size_t chip_catalog_bins(const struct chip_catalog *c, const char *name,
                         const struct chip_bin *out[CHIP_BINS])
{
    const struct chip_layer *layers[] = EACH_LAYER(c);
    size_t count = 0;
    for (size_t l = 0; l < 2 && count == 0; l++) {
        const struct chip_bin *rows = layers[l]->chips.items;
        for (size_t i = 0; i < layers[l]->chips.count && count < CHIP_BINS; i++) {
            if (strcasecmp(rows[i].name, name) == 0) {
                out[count++] = &rows[i];
            }
        }
    }
    return count;
}

size_t chip_catalog_limits(const struct chip_catalog *c, const char *name,
                           const struct chip_limit *out[CHIP_LIMITS])
{
    const struct chip_layer *layers[] = EACH_LAYER(c);
    size_t count = 0;
    for (size_t l = 0; l < 2 && count == 0; l++) {
        const struct chip_limit *rows = layers[l]->limits.items;
        for (size_t i = 0; i < layers[l]->limits.count && count < CHIP_LIMITS; i++) {
            if (strcasecmp(rows[i].chip, name) == 0) {
                out[count++] = &rows[i];
            }
        }
    }
    return count;
}

const struct chip_model *chip_catalog_model(const struct chip_catalog *c, const char *id)
{
    const struct chip_layer *layers[] = EACH_LAYER(c);
    for (size_t l = 0; l < 2; l++) {
        const struct chip_model *rows = layers[l]->models.items;
        for (size_t i = 0; i < layers[l]->models.count; i++) {
            if (strcasecmp(rows[i].id, id) == 0) {
                return &rows[i];
            }
        }
    }
    return NULL;
}
