#include "cli/status_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/number.h"
#include "cli/status_shape.h"
#include "cli/units.h"

/* The longest path of the shape has some 50 bytes; a service's name adds at most 48. */
enum { PATH_MAX_ = 256, ELEMENTS_MAX = 4, DECIMALS_MAX = 9 };

enum unit { UNIT_PLAIN, UNIT_PERCENT, UNIT_GIB, UNIT_MIB, UNIT_GHZ, UNIT_DURATION, UNIT_CELSIUS_ };
static const struct {
    const char *name;
    double divisor;
    int decimals; /* unless the template says */
    const char *suffix;
} units[] = {
    [UNIT_PLAIN] = {"", 1, -1, ""},
    [UNIT_PERCENT] = {"%", 0.01, 0, "%"},
    [UNIT_GIB] = {"GiB", UNITS_GIB, 1, " GiB"},
    [UNIT_MIB] = {"MiB", UNITS_MIB, 1, " MiB"},
    [UNIT_GHZ] = {"GHz", UNITS_GHZ, 2, " GHz"},
    [UNIT_DURATION] = {"s", 1, -1, "s"},
    [UNIT_CELSIUS_] = {"C", 1, 0, ""}, /* the sign depends on the character set */
};
enum { UNITS = sizeof units / sizeof *units };

struct format {
    const struct shape_row *rows;
    size_t row_count;
    const cJSON *json;
    bool ascii;
    struct buf *out;
};

/* A path of the template, followed through the shape and, where there is one, the JSON. */
struct followed {
    char shape[PATH_MAX_];             /* "services[].queue.waiting" */
    const char *element[ELEMENTS_MAX]; /* what stood for each [] */
    size_t element_size[ELEMENTS_MAX];
    size_t element_count;
    const cJSON *node; /* NULL: not there */
};

/* Whether a row is `path` itself, or lies below it ("." or "[]" follows). */
static const struct shape_row *find_row(const struct format *f, const char *path)
{
    for (size_t i = 0; i < f->row_count; i++) {
        if (strcmp(f->rows[i].path, path) == 0) {
            return &f->rows[i];
        }
    }
    return NULL;
}

static bool has_below(const struct format *f, const char *path, const char *next)
{
    const size_t size = strlen(path), next_size = strlen(next);
    for (size_t i = 0; i < f->row_count; i++) {
        if (strncmp(f->rows[i].path, path, size) == 0 &&
            strncmp(f->rows[i].path + size, next, next_size) == 0) {
            return true;
        }
    }
    return false;
}

static const cJSON *member(const cJSON *node, const char *name, size_t size)
{
    char key[PATH_MAX_];
    snprintf(key, sizeof key, "%.*s", (int)size, name);
    if (cJSON_IsArray(node)) {
        uint64_t index = 0;
        return number_u64(key, strlen(key), 10, &index) == 0 && index < 100000
                   ? cJSON_GetArrayItem(node, (int)index)
                   : NULL;
    }
    return cJSON_IsObject(node) ? cJSON_GetObjectItemCaseSensitive(node, key) : NULL;
}

/* Whether what is left of a path, `rest`, may stand below the shape `path`. */
static bool may_follow(const struct format *f, const char *path, const char *rest)
{
    struct buf b;
    buf_init(&b, PATH_MAX_);
    buf_printf(&b, "%s[].%.*s", path, (int)strcspn(rest, "."), rest);
    const bool may = find_row(f, b.data) || has_below(f, b.data, ".") || has_below(f, b.data, "[]");
    buf_release(&b);
    return may;
}

/* The element of `list` that `rest` begins with: the longest name, else a place. *size is how much
 * of rest it takes. Names may hold dots (qwen2.5:7b), so for one that is not there the shape tells
 * where it ends. */
static const cJSON *element(const struct format *f, const char *path, const cJSON *list,
                            const char *rest, size_t *size)
{
    const cJSON *found = NULL, *item = NULL;
    size_t longest = 0;
    cJSON_ArrayForEach(item, list) {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "name"));
        const size_t n = name ? strlen(name) : 0;
        if (n > longest && strncmp(rest, name, n) == 0 && (rest[n] == '.' || rest[n] == '\0')) {
            longest = n;
            found = item;
        }
    }
    *size = strcspn(rest, ".");
    if (found) {
        *size = longest;
        return found;
    }
    for (size_t n = *size; rest[n]; n += 1 + strcspn(rest + n + 1, ".")) {
        if (may_follow(f, path, rest + n + 1)) {
            *size = n;
            break;
        }
    }
    return cJSON_IsArray(list) ? member(list, rest, *size) : NULL;
}

static int follow(const struct format *f, const char *path, struct followed *out, struct err *err)
{
    struct buf shape;
    const char *p = path;
    memset(out, 0, sizeof *out);
    buf_init(&shape, sizeof out->shape - 1);
    out->node = f->json;
    while (*p) {
        const size_t size = strcspn(p, ".");
        if (shape.size) {
            buf_putc(&shape, '.');
        }
        buf_add(&shape, p, size);
        out->node = member(out->node, p, size);
        p += size;
        p += *p == '.';
        if (has_below(f, shape.data, "[]") && *p && out->element_count < ELEMENTS_MAX) {
            size_t taken = 0;
            out->node = element(f, shape.data, out->node, p, &taken);
            out->element[out->element_count] = p;
            out->element_size[out->element_count++] = taken;
            buf_puts(&shape, "[]");
            p += taken;
            p += *p == '.';
        }
    }
    snprintf(out->shape, sizeof out->shape, "%s", shape.data);
    const bool cut = shape.truncated;
    buf_release(&shape);
    return cut ? err_set(err, ERR_USAGE, "--format: '%.60s...' is longer than any field", path) : 0;
}

/* The nearest field, with the elements of the mistyped path put back in. */
static int unknown_path(const struct format *f, const char *path, const struct followed *where,
                        struct err *err)
{
    const char **names = calloc(f->row_count, sizeof *names);
    const char *near = NULL;
    if (names) {
        for (size_t i = 0; i < f->row_count; i++) {
            names[i] = f->rows[i].path;
        }
        near = nearest_name(where->shape, names, f->row_count);
        free(names);
    }
    if (!near) {
        return err_set(err, ERR_USAGE, "--format: no field '%s'; tunetop-metrics(7) lists them",
                       path);
    }
    struct buf b;
    buf_init(&b, PATH_MAX_);
    size_t used = 0;
    while (*near) {
        const size_t plain = strcspn(near, "[");
        buf_add(&b, near, plain);
        near += plain;
        if (*near) {
            buf_putc(&b, '.');
            if (used < where->element_count) {
                buf_add(&b, where->element[used], where->element_size[used]);
            } else {
                buf_putc(&b, '0');
            }
            used++;
            near += 2;
        }
    }
    const int rc = err_set(err, ERR_USAGE, "--format: no field '%s'; did you mean '%s'?", path,
                           b.data);
    buf_release(&b);
    return rc;
}

static int parse_spec(const char *spec, size_t size, enum unit *unit, int *decimals,
                      struct err *err)
{
    const char *dot = memchr(spec, '.', size);
    const size_t unit_size = dot ? (size_t)(dot - spec) : size;
    bool known = false;
    for (size_t i = 0; i < UNITS; i++) {
        if (strlen(units[i].name) == unit_size && memcmp(units[i].name, spec, unit_size) == 0 &&
            size) {
            *unit = (enum unit)i;
            known = true;
        }
    }
    *decimals = units[*unit].decimals;
    if (known && dot) {
        uint64_t n = 0;
        known = number_u64(dot + 1, size - unit_size - 1, 10, &n) == 0 && n <= DECIMALS_MAX;
        *decimals = (int)n;
    }
    return known
               ? 0
               : err_set(err, ERR_USAGE,
                         "--format: no format ':%.*s'; there are :%% :GiB :MiB :GHz :s :C and :.N",
                         (int)(size < 40 ? size : 40), spec);
}

static void add_number(const struct format *f, const char *path, double value, enum unit unit,
                       int decimals)
{
    if (unit == UNIT_PLAIN && decimals < 0) {
        units_add_number(f->out, value);
        return;
    }
    if (unit == UNIT_DURATION && decimals < 0) {
        units_add_duration(f->out, value);
        return;
    }
    buf_printf(f->out, "%.*f%s", decimals, value / units[unit].divisor, units[unit].suffix);
    if (unit == UNIT_CELSIUS_) {
        buf_puts(f->out, units_degree(f->ascii));
    }
    const char *per = "_per_second";
    const size_t size = strlen(path), per_size = strlen(per);
    if ((unit == UNIT_GIB || unit == UNIT_MIB) && size > per_size &&
        strcmp(path + size - per_size, per) == 0) {
        buf_puts(f->out, "/s");
    }
}

/* One field: text[0..size) is what stands between the braces. */
static int add_field(const struct format *f, const char *text, size_t size, struct err *err)
{
    char path[PATH_MAX_];
    const char *colon = memchr(text, ':', size);
    /* A colon may be part of a model's or service's name (models.qwen3:8b.size_bytes): the last one
     * is ours, unless what follows it goes on with the path. */
    for (const char *c = colon; c; c = memchr(c + 1, ':', size - (size_t)(c + 1 - text))) {
        colon = c;
    }
    if (colon) {
        const char *dot = memchr(colon, '.', size - (size_t)(colon - text));
        if (dot && strspn(dot + 1, "0123456789") < size - (size_t)(dot + 1 - text)) {
            colon = NULL;
        }
    }
    const size_t path_size = colon ? (size_t)(colon - text) : size;
    if (path_size == 0 || path_size >= sizeof path) {
        return err_set(err, ERR_USAGE, "--format: {%.*s} names no field",
                       (int)(size < 40 ? size : 40), text);
    }
    memcpy(path, text, path_size);
    path[path_size] = '\0';

    struct followed where;
    enum unit unit = UNIT_PLAIN;
    int decimals = -1;
    int rc = follow(f, path, &where, err);
    if (rc == 0 && colon) {
        rc = parse_spec(colon + 1, size - path_size - 1, &unit, &decimals, err);
    }
    if (rc < 0) {
        return rc;
    }
    const struct shape_row *row = find_row(f, where.shape);
    if (!row) {
        return has_below(f, where.shape, ".") || has_below(f, where.shape, "[]")
                   ? err_set(err, ERR_USAGE,
                             "--format: '%s' is a group of fields; name one of them", path)
                   : unknown_path(f, path, &where, err);
    }
    if (colon && row->type != SHAPE_NUMBER) {
        return err_set(err, ERR_USAGE,
                       "--format: '%s' is no number, so ':%.*s' means nothing for it", path,
                       (int)(size - path_size - 1), colon + 1);
    }
    if (cJSON_IsNumber(where.node)) {
        add_number(f, path, where.node->valuedouble, unit, decimals);
    } else if (cJSON_IsBool(where.node)) {
        buf_puts(f->out, cJSON_IsTrue(where.node) ? "true" : "false");
    } else if (cJSON_IsString(where.node)) {
        buf_puts(f->out, where.node->valuestring);
    } else {
        buf_putc(f->out, '-');
    }
    return 0;
}

static int fill(const struct format *f, const char *template, struct err *err)
{
    const char *p = template;
    while (*p) {
        const size_t plain = strcspn(p, "{}");
        buf_add(f->out, p, plain);
        p += plain;
        if (!*p) {
            break;
        }
        if (p[0] == p[1]) { /* {{ or }} */
            buf_putc(f->out, *p);
            p += 2;
            continue;
        }
        const size_t column = (size_t)(p - template) + 1;
        if (*p == '}') {
            return err_set(err, ERR_USAGE,
                           "--format: '}' at column %zu closes nothing; a brace is '}}'", column);
        }
        const size_t size = strcspn(p + 1, "{}");
        if (p[1 + size] != '}') {
            return err_set(err, ERR_USAGE,
                           "--format: '{' at column %zu is never closed; a brace is '{{'", column);
        }
        const int rc = add_field(f, p + 1, size, err);
        if (rc < 0) {
            return rc;
        }
        p += size + 2;
    }
    return 0;
}

int status_format(const char *template, const cJSON *json, bool ascii, struct buf *out,
                  struct err *err)
{
    struct arena arena;
    arena_init(&arena);
    struct format f = {.json = json, .ascii = ascii, .out = out};
    f.rows = status_shape(&arena, &f.row_count);
    const int rc = fill(&f, template, err);
    arena_release(&arena);
    return rc;
}
