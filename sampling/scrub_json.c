#include "sampling/scrub_json.h"

#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "sampling/service/service.h"

/* Members that hold what people wrote, or whole files of the server, in the answers of any of the
 * services; no parser reads them. */
static const char *const private_members[] = {
    "prompt",         "prompts",     "messages",   "message",  "content",       "text",
    "system_prompt",  "template",    "modelfile",  "license",  "input",         "inputs",
    "output",         "outputs",     "extra_data", "workflow", "extra_pnginfo", "history",
    "preview_output", "remote_host", "user",       "username",
};

/* Makes *field, a text that cJSON frees, another one. */
static void replace(char **field, const char *text)
{
    cJSON *made = cJSON_CreateString(text);
    if (made) {
        char *old = *field;
        *field = made->valuestring;
        made->valuestring = old;
        cJSON_Delete(made);
    } else {
        alloc_panic("out of memory");
    }
}

void scrub_json_set(cJSON *item, const char *text)
{
    replace(&item->valuestring, text);
}

static bool is_private(const char *name)
{
    for (size_t i = 0; i < sizeof private_members / sizeof *private_members; i++) {
        if (strcmp(private_members[i], name) == 0) {
            return true;
        }
    }
    return service_is_secret_name(name, strlen(name));
}

/* Any text may be a name: of a node, of a file. */
static void scrub_name(struct scrub *s, cJSON *item)
{
    struct buf text;
    buf_init(&text, SCRUB_STRING_MAX);
    scrub_text(s, item->string, strlen(item->string), &text);
    if (strcmp(text.data, item->string) != 0) {
        replace(&item->string, text.data);
    }
    buf_release(&text);
}

/* Depth is bounded by json_parse(). */
static void scrub_value(struct scrub *s, cJSON *value)
{
    for (cJSON *item = value->child, *next; item; item = next) {
        next = item->next;
        if (item->string && is_private(item->string)) {
            cJSON_Delete(cJSON_DetachItemViaPointer(value, item));
            continue;
        }
        if (item->string && strcmp(item->string, "argv") == 0 && cJSON_IsArray(item)) {
            scrub_arguments(s, item);
        } else if (cJSON_IsString(item)) {
            struct buf text;
            buf_init(&text, SCRUB_STRING_MAX);
            scrub_text(s, item->valuestring, strlen(item->valuestring), &text);
            scrub_json_set(item, text.data);
            buf_release(&text);
        } else {
            scrub_value(s, item);
        }
        if (item->string) {
            scrub_name(s, item);
        }
    }
}

/* Leaves the named members of an object and no other. */
static void keep_members(cJSON *object, const char *const *names)
{
    for (cJSON *item = cJSON_IsObject(object) ? object->child : NULL, *next; item; item = next) {
        bool kept = false;
        next = item->next;
        for (size_t i = 0; names[i]; i++) {
            kept = kept || (item->string && strcmp(item->string, names[i]) == 0);
        }
        if (!kept) {
            cJSON_Delete(cJSON_DetachItemViaPointer(object, item));
        }
    }
}

/* ComfyUI's jobs carry the workflow's outputs, and who asked. */
static void keep_jobs(cJSON *root)
{
    static const char *const outer[] = {"jobs", NULL}, *const inner[] = {"id", "status", NULL};
    keep_members(root, outer);
    cJSON *jobs = cJSON_GetObjectItemCaseSensitive(root, "jobs");
    for (cJSON *job = jobs ? jobs->child : NULL; job; job = job->next) {
        keep_members(job, inner);
    }
}

static bool url_has(const char *key, const char *path)
{
    return strstr(key, path) != NULL;
}

static void scrub_body(struct scrub *s, const char *key, const char *body, size_t size,
                       struct buf *out)
{
    struct err err = ERR_INIT;
    cJSON *root = size > 0 ? json_parse(body, size, &err) : NULL;
    if (!root) {
        if (size > 0) { /* a page of whom? A parser that gets this says the same of it. */
            buf_puts(out, "(it was not JSON and was left out)");
        }
        return;
    }
    if (url_has(key, "/api/jobs")) {
        keep_jobs(root);
    }
    if (cJSON_IsString(root)) {
        scrub_json_set(root, "");
    }
    scrub_value(s, root);
    char *text = json_print_line(root);
    buf_puts(out, text);
    cJSON_free(text);
    cJSON_Delete(root);
}

void scrub_http(struct scrub *s, const char *key, const char *data, size_t size, struct buf *out)
{
    const char *newline = memchr(data, '\n', size);
    if (!newline || newline - data > 64) {
        return; /* not what http.c notes */
    }
    const char *body = newline + 1;
    buf_add(out, data, (size_t)(body - data));
    /* Only whole answers are parsed; pages that say what is wrong may name anything. */
    if (data[0] == '2') {
        scrub_body(s, key, body, size - (size_t)(body - data), out);
    }
}
