/*
 * Holds JSON against a list of paths and types, with a walk of its own.
 *
 *   json_shape SHAPE <one-or-more-objects
 *
 * SHAPE has one `path type` a line: "services[].pid number?". Types are number, text, bool, time,
 * object and list; a question mark allows null. Every object must have all keys that SHAPE gives it
 * and no others; the values of names that end in _ratio, _bytes and the like must lie in their
 * range. Objects are read a line each when the input holds several. Prints every difference; exit 1
 * when there is one.
 */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 512, PATH_BYTES = 256, INPUT_MAX = 64 * 1024 * 1024 };

struct row {
    char path[PATH_BYTES];
    char type[16];
    bool null_allowed;
};

static struct row rows[ROWS_MAX];
static size_t row_count;
static int differences;

static void differ(const char *path, const char *what)
{
    printf("%s: %s\n", path, what);
    differences++;
}

static bool load_shape(const char *file)
{
    char line[512], type[32];
    FILE *f = fopen(file, "r");
    if (!f) {
        return false;
    }
    while (fgets(line, sizeof line, f) && row_count < ROWS_MAX) {
        struct row *r = &rows[row_count];
        if (line[0] == '#' || sscanf(line, "%255s %31s", r->path, type) != 2) {
            continue;
        }
        const size_t size = strlen(type);
        r->null_allowed = type[size - 1] == '?';
        snprintf(r->type, sizeof r->type, "%.*s", (int)(size - (r->null_allowed ? 1 : 0)), type);
        row_count++;
    }
    fclose(f);
    return row_count > 0;
}

static const struct row *find(const char *path)
{
    for (size_t i = 0; i < row_count; i++) {
        if (strcmp(rows[i].path, path) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

/* 2026-11-21T14:02:11.250+01:00, by its separators and digits. */
static bool is_time(const char *text)
{
    const char *form = "dddd-dd-ddTdd:dd:dd";
    for (; *form; form++, text++) {
        if (*form == 'd' ? !(*text >= '0' && *text <= '9') : *text != *form) {
            return false;
        }
    }
    return strchr(text, 'Z') || strchr(text, '+') || strchr(text, '-');
}

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static void check_number(const char *path, double v)
{
    if (!isfinite(v)) {
        differ(path, "is not finite");
    } else if (ends_with(path, "_ratio") &&
               (v < 0 || (v > 1 && strncmp(path, "services[]", 10) != 0))) {
        differ(path, "is no ratio of 0 to 1");
    } else if ((ends_with(path, "_bytes") || ends_with(path, "_per_second") ||
                ends_with(path, "_seconds") || ends_with(path, "_hertz") ||
                ends_with(path, "count")) &&
               v < 0) {
        differ(path, "is negative");
    } else if (ends_with(path, "_celsius") && (v < -40 || v > 150)) {
        differ(path, "is no temperature of a machine");
    }
}

static void check(const char *path, const cJSON *value);

static void check_object(const char *path, const cJSON *object)
{
    char child[PATH_BYTES];
    const cJSON *item = NULL;
    cJSON_ArrayForEach(item, object) {
        snprintf(child, sizeof child, "%s%s%s", path, *path ? "." : "", item->string);
        check(child, item);
        for (const cJSON *other = item->next; other; other = other->next) {
            if (strcmp(other->string, item->string) == 0) {
                differ(child, "is there twice");
            }
        }
    }
    const size_t size = strlen(path);
    for (size_t i = 0; i < row_count; i++) {
        const char *p = rows[i].path;
        if (size && (strncmp(p, path, size) != 0 || p[size] != '.')) {
            continue;
        }
        p += size ? size + 1 : 0;
        if (*p && !strpbrk(p, ".[") && !cJSON_GetObjectItemCaseSensitive(object, p)) {
            differ(rows[i].path, "is missing");
        }
    }
}

static void check(const char *path, const cJSON *value)
{
    const struct row *row = find(path);
    if (!row) {
        differ(path, "is not in the shape");
        return;
    }
    if (cJSON_IsNull(value)) {
        if (!row->null_allowed) {
            differ(path, "is null");
        }
        return;
    }
    const bool text = cJSON_IsString(value);
    const bool fits = strcmp(row->type, "number") == 0   ? cJSON_IsNumber(value)
                      : strcmp(row->type, "text") == 0   ? text && value->valuestring[0]
                      : strcmp(row->type, "time") == 0   ? text && is_time(value->valuestring)
                      : strcmp(row->type, "bool") == 0   ? cJSON_IsBool(value)
                      : strcmp(row->type, "object") == 0 ? cJSON_IsObject(value)
                      : strcmp(row->type, "list") == 0   ? cJSON_IsArray(value)
                                                         : false;
    if (!fits) {
        differ(path, "has another type");
        return;
    }
    if (cJSON_IsNumber(value)) {
        check_number(path, value->valuedouble);
    } else if (cJSON_IsObject(value)) {
        check_object(path, value);
    } else if (cJSON_IsArray(value)) {
        char child[PATH_BYTES];
        const cJSON *item = NULL;
        snprintf(child, sizeof child, "%s[]", path);
        cJSON_ArrayForEach(item, value) {
            check(child, item);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 2 || !load_shape(argv[1])) {
        fputs("usage: json_shape SHAPE <JSON\n", stderr);
        return 2;
    }
    char *input = calloc(1, INPUT_MAX + 1);
    const size_t size = input ? fread(input, 1, INPUT_MAX, stdin) : 0;
    const char *p = input;
    size_t objects = 0;
    while (input && p < input + size) {
        const char *end = NULL;
        cJSON *json = cJSON_ParseWithLengthOpts(p, (size_t)(input + size - p), &end, 0);
        if (!json || !cJSON_IsObject(json)) {
            differ("", "is no JSON object");
            cJSON_Delete(json);
            break;
        }
        check_object("", json);
        cJSON_Delete(json);
        objects++;
        p = end;
        while (p < input + size && (*p == '\n' || *p == ' ')) {
            p++;
        }
    }
    free(input);
    printf("%zu whole, %d differences\n", objects, differences);
    return differences || !objects;
}
