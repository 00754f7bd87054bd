#include "tuning/control/remember.h"

#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

enum { LIST_MAX = 64, NAME_MAX_BYTES = 512 };

static const struct field {
    const char *key;
    size_t offset;
    bool path;
} fields[] = {
    {"service", offsetof(struct control_target, service), false},
    {"project", offsetof(struct control_target, project), false},
    {"folder", offsetof(struct control_target, folder), true},
    {"compose_service", offsetof(struct control_target, compose_service), false},
    {"unit", offsetof(struct control_target, unit), false},
    {"label", offsetof(struct control_target, label), false},
    {"domain", offsetof(struct control_target, domain), false},
    {"plist", offsetof(struct control_target, plist), true},
    {"formula", offsetof(struct control_target, formula), false},
};

static const struct list {
    const char *key;
    size_t offset, count;
    bool paths;
} lists[] = {
    {"files", offsetof(struct control_target, files), offsetof(struct control_target, file_count),
     true},
    {"env_files", offsetof(struct control_target, env_files),
     offsetof(struct control_target, env_file_count), true},
    {"profiles", offsetof(struct control_target, profiles),
     offsetof(struct control_target, profile_count), false},
};

static const void *at(const struct control_target *t, size_t offset)
{
    return (const char *)t + offset;
}

const char *control_remember(const struct control_target *t, struct arena *arena)
{
    const char *out = "";

    if (t->type == CONTROL_NONE || t->type == CONTROL_COMMAND) {
        return out;
    }
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "type", control_type_words[t->type]);
    cJSON_AddNumberToObject(root, "uid", (double)t->uid);
    cJSON_AddStringToObject(root, "engine", control_engine_words[t->engine]);
    cJSON_AddBoolToObject(root, "user_scope", t->user_scope);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const char *text = *(const char *const *)at(t, fields[i].offset);

        if (text) {
            cJSON_AddStringToObject(root, fields[i].key, text);
        }
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const char *const *texts = *(const char *const *const *)at(t, lists[i].offset);
        const size_t count = *(const size_t *)at(t, lists[i].count);
        cJSON *list = count > 0 ? cJSON_AddArrayToObject(root, lists[i].key) : NULL;

        for (size_t k = 0; list && k < count; k++) {
            cJSON_AddItemToArray(list, cJSON_CreateString(texts[k]));
        }
    }
    char *line = json_print_line(root);
    if (strlen(line) < CONTROL_TEXT_BYTES) {
        out = arena_strdup(arena, line);
    }
    free(line);
    cJSON_Delete(root);
    return out;
}

/* Nothing that a program would take for an option, or a terminal for more than text. */
static bool is_good(const char *text, bool path)
{
    const size_t size = strlen(text);

    if (path ? text[0] != '/' || size >= PATH_MAX
             : size == 0 || size > NAME_MAX_BYTES || text[0] == '-') {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool word_of(const cJSON *root, const char *key, const char *const *words, int *out)
{
    const char *word = json_text(root, key, "");

    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], word) == 0) {
            *out = i;
            return true;
        }
    }
    return false;
}

static bool read_list(const cJSON *root, const struct list *l, struct arena *arena,
                      struct control_target *out)
{
    const cJSON *list = json_get(root, l->key), *item;
    const int size = cJSON_GetArraySize(list);
    size_t n = 0;

    if (!list) {
        return true;
    }
    if (!cJSON_IsArray(list) || size > LIST_MAX) {
        return false;
    }
    const char **texts = arena_calloc(arena, (size_t)size + 1, sizeof *texts);
    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsString(item) || !is_good(item->valuestring, l->paths)) {
            return false;
        }
        texts[n++] = arena_strdup(arena, item->valuestring);
    }
    char *base = (char *)out;
    *(const char *const **)(void *)(base + l->offset) = texts;
    *(size_t *)(void *)(base + l->count) = n;
    return true;
}

static bool read_fields(const cJSON *root, struct arena *arena, struct control_target *out)
{
    char *base = (char *)out;

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const cJSON *item = json_get(root, fields[i].key);

        if (!item) {
            continue;
        }
        if (!cJSON_IsString(item) || !is_good(item->valuestring, fields[i].path)) {
            return false;
        }
        *(const char **)(void *)(base + fields[i].offset) = arena_strdup(arena, item->valuestring);
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (!read_list(root, &lists[i], arena, out)) {
            return false;
        }
    }
    return true;
}

bool control_recall(const char *text, struct arena *arena, struct control_target *out)
{
    struct err ignored = ERR_INIT;
    const size_t size = strlen(text);
    int type = CONTROL_NONE, engine = CONTROL_ENGINE_AUTO;
    double uid = NAN;

    memset(out, 0, sizeof *out);
    out->uid = -1;
    if (size == 0 || size >= CONTROL_TEXT_BYTES) {
        return false;
    }
    cJSON *root = json_parse(text, size, &ignored);
    const bool good = cJSON_IsObject(root) && word_of(root, "type", control_type_words, &type) &&
                      word_of(root, "engine", control_engine_words, &engine) &&
                      json_number(root, "uid", &uid) && uid >= -1 && uid <= UINT32_MAX &&
                      uid == floor(uid) && type != CONTROL_NONE && type != CONTROL_COMMAND &&
                      read_fields(root, arena, out) && out->service;
    if (good) {
        out->type = (enum control_type)type;
        out->engine = (enum control_engine)engine;
        out->uid = (int64_t)uid;
        out->user_scope = cJSON_IsTrue(json_get(root, "user_scope"));
    }
    cJSON_Delete(root);
    return good;
}
