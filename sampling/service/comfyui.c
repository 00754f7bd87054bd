/*
 * ComfyUI, asked at constant cost: /prompt tells how much is left in 40 bytes whatever the queue
 * holds. The queue itself carries every workflow in full (100 MB and 4 s of a blocked server have
 * been seen), so it is read only from versions that cannot tell otherwise what runs, and only while
 * it is short.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/utf8.h"
#include "sampling/service/service.h"

enum {
    PROMPT_MS = 2000,
    /* Its answer is larger than that of /prompt: more often, and a queue would cost over 1.2 times
     * the bytes of an empty one. It tells something new when a job has ended. */
    JOBS_MS = 12000,
    JOBS_HURRY_MS = 9000,
    QUEUE_MS = 5000,
    STATS_MS = 60000, /* version, device and arguments: they change with a restart, and then it is
                         asked at once */
    QUEUE_MAX_ENTRIES = 20,
    QUEUE_MAX_BYTES = 2 * 1024 * 1024, /* 20 entries of 100 KB */
    CAPABILITY_NO_JOBS = 1,
};

/* Fits running and waiting to what /prompt and the other question said; both may be a few seconds
 * apart. */
static void settle_queue(struct service_answers *a)
{
    a->waiting_is_estimate = false;
    a->queue_reason = REASON_NOT_YET;
    if (isnan(a->remaining)) {
        a->waiting = NAN;
        return;
    }
    if (a->remaining == 0)
        a->running = 0;
    if (!isnan(a->running)) {
        if (a->running > a->remaining)
            a->running = a->remaining;
        a->waiting = a->remaining - a->running;
        return;
    }
    /* One prompt runs at a time, and one that waits for an idle worker is taken at once. */
    a->waiting = a->remaining - 1;
    a->waiting_is_estimate = true;
    if ((a->capabilities & CAPABILITY_NO_JOBS) && a->remaining > (double)QUEUE_MAX_ENTRIES)
        a->queue_reason = REASON_COSTLY;
}

static int parse_prompt(long status, const char *body, size_t size, int64_t wall_ns,
                        struct service_answers *out, struct err *err)
{
    (void)status;
    (void)wall_ns;
    cJSON *root = json_parse(body, size, err);
    if (root == NULL)
        return -ERR_PARSE;
    double remaining;
    bool told = json_number(json_get(root, "exec_info"), "queue_remaining", &remaining) &&
                remaining >= 0;
    cJSON_Delete(root);
    if (!told)
        return err_set(err, ERR_PARSE, "there is no exec_info.queue_remaining in the answer");
    bool was_idle = !(out->remaining > 0);
    if (floor(remaining) < out->remaining)
        out->job_ended = true;
    out->remaining = floor(remaining);
    if (was_idle && out->remaining > 0) {
        out->running = NAN; /* that nothing ran is no longer true */
        out->job_id[0] = '\0';
    }
    if ((out->capabilities & CAPABILITY_NO_JOBS) && out->remaining > (double)QUEUE_MAX_ENTRIES) {
        out->running = NAN;
        out->job_id[0] = '\0';
    }
    if (out->remaining == 0)
        out->job_id[0] = '\0';
    settle_queue(out);
    return 0;
}

static bool wants_jobs(const struct service_answers *a)
{
    return a->remaining > 0 && !(a->capabilities & CAPABILITY_NO_JOBS);
}

static bool hurries_jobs(const struct service_answers *a)
{
    return a->job_ended;
}

static int parse_jobs(long status, const char *body, size_t size, int64_t wall_ns,
                      struct service_answers *out, struct err *err)
{
    (void)wall_ns;
    if (status == 404) {
        out->capabilities |= CAPABILITY_NO_JOBS;
        settle_queue(out);
        return err_set(err, ERR_UNSUPPORTED, "this version does not list its jobs");
    }
    cJSON *root = json_parse(body, size, err);
    if (root == NULL)
        return -ERR_PARSE;
    const cJSON *jobs = json_get(root, "jobs");
    if (!cJSON_IsArray(jobs)) {
        cJSON_Delete(root);
        return err_set(err, ERR_PARSE, "there is no list of jobs in the answer");
    }
    int running = 0;
    const cJSON *item;
    out->job_id[0] = '\0';
    cJSON_ArrayForEach(item, jobs) {
        if (strcmp(json_text(item, "status", "in_progress"), "in_progress") != 0)
            continue;
        if (running++ == 0)
            (void)json_copy_text(item, "id", out->job_id, sizeof(out->job_id));
    }
    cJSON_Delete(root);
    out->running = running;
    out->job_ended = false;
    settle_queue(out);
    return 0;
}

static bool wants_queue(const struct service_answers *a)
{
    return (a->capabilities & CAPABILITY_NO_JOBS) && a->remaining > 0 &&
           a->remaining <= (double)QUEUE_MAX_ENTRIES;
}

static void skip_blanks(const char **at, const char *end)
{
    while (*at < end && isspace((unsigned char)**at))
        ++*at;
}

/* Behind the string that begins at *at (a quote); false when it does not end. */
static bool skip_string(const char **at, const char *end)
{
    for (++*at; *at < end; ++*at) {
        if (**at == '\\')
            ++*at;
        else if (**at == '"') {
            ++*at;
            return true;
        }
    }
    return false;
}

/* Behind the value at *at, without building anything: strings are skipped, brackets are counted. */
static bool skip_value(const char **at, const char *end)
{
    size_t depth = 0;
    while (*at < end) {
        char c = **at;
        if (c == '"') {
            if (!skip_string(at, end))
                return false;
        } else if (c == '[' || c == '{') {
            depth++;
            ++*at;
        } else if (c == ']' || c == '}') {
            if (depth == 0)
                return true;
            depth--;
            ++*at;
        } else if (c == ',' && depth == 0) {
            return true;
        } else {
            ++*at;
        }
        if (depth == 0 && (c == '"' || c == ']' || c == '}'))
            return true;
    }
    return depth == 0;
}

/* The running entry's second element, its id, when *at stands behind the bracket of an entry. */
static void entry_id(const char *at, const char *end, char *out, size_t out_size)
{
    out[0] = '\0';
    if (!skip_value(&at, end)) /* the number */
        return;
    skip_blanks(&at, end);
    if (at >= end || *at != ',')
        return;
    at++;
    skip_blanks(&at, end);
    const char *start = at;
    if (at >= end || *at != '"' || !skip_string(&at, end))
        return;
    size_t size = (size_t)(at - start) - 2;
    if (size >= out_size)
        return;
    for (size_t i = 0; i < size; i++) {
        char c = start[1 + i];
        if (!isalnum((unsigned char)c) && c != '-' && c != '_')
            return;
    }
    memcpy(out, start + 1, size);
    out[size] = '\0';
}

/* Counts the entries of the array at *at; stores the first entry's id. */
static bool count_entries(const char **at, const char *end, size_t *count, char *id, size_t id_size)
{
    size_t n = 0;
    skip_blanks(at, end);
    if (*at >= end || **at != '[')
        return false;
    ++*at;
    for (;;) {
        skip_blanks(at, end);
        if (*at >= end)
            return false;
        if (**at == ']') {
            ++*at;
            *count = n;
            return true;
        }
        if (**at == ',') {
            ++*at;
            continue;
        }
        if (n == 0 && **at == '[')
            entry_id(*at + 1, end, id, id_size);
        const char *before = *at;
        if (!skip_value(at, end) || *at == before)
            return false;
        n++;
    }
}

/* What is kept of /queue: how many run, the id of the first, how many wait. The rest holds whole
 * workflows and, in 0.3.64, other people's API keys. Anything of an unexpected form becomes an
 * empty text. */
static void reduce_queue(const char *body, size_t size, struct buf *out)
{
    const char *at = body, *end = body + size;
    size_t running = 0, pending = 0;
    bool running_told = false;
    char id[64] = "", ignored[64];
    skip_blanks(&at, end);
    if (at >= end || *at++ != '{')
        return;
    for (;;) {
        while (at < end && (isspace((unsigned char)*at) || *at == ','))
            at++;
        if (at >= end || *at == '}')
            break;
        const char *key = at;
        if (*at != '"' || !skip_string(&at, end))
            return;
        size_t key_size = (size_t)(at - key);
        skip_blanks(&at, end);
        if (at >= end || *at++ != ':')
            return;
        skip_blanks(&at, end);
        const char *before = at;
        if (key_size == strlen("\"queue_running\"") &&
            memcmp(key, "\"queue_running\"", key_size) == 0) {
            if (!count_entries(&at, end, &running, id, sizeof(id)))
                return;
            running_told = true;
        } else if (key_size == strlen("\"queue_pending\"") &&
                   memcmp(key, "\"queue_pending\"", key_size) == 0) {
            if (!count_entries(&at, end, &pending, ignored, sizeof(ignored)))
                return;
        } else if (!skip_value(&at, end) || at == before) {
            return;
        }
    }
    if (running_told)
        buf_printf(out, "{\"running\":%zu,\"id\":\"%s\",\"pending\":%zu}", running, id, pending);
}

static int parse_queue(long status, const char *body, size_t size, int64_t wall_ns,
                       struct service_answers *out, struct err *err)
{
    (void)status;
    (void)wall_ns;
    cJSON *root = size > 0 ? json_parse(body, size, err) : NULL;
    if (root == NULL)
        return err->code != 0 ? -ERR_PARSE : err_set(err, ERR_PARSE, "the answer is not a queue");
    double running, pending;
    /* Of a recording that was edited, say. */
    bool odd = !json_number(root, "running", &running) || !json_number(root, "pending", &pending) ||
               running < 0 || pending < 0 || !isfinite(running + pending);
    if (!odd)
        (void)json_copy_text(root, "id", out->job_id, sizeof(out->job_id));
    cJSON_Delete(root);
    if (odd)
        return err_set(err, ERR_PARSE, "the answer is not a queue");
    out->running = running;
    out->remaining = running + pending;
    settle_queue(out);
    return 0;
}

/* The arguments as one text, in the form that processes have theirs. */
static void copy_argv(const cJSON *list, char *out, size_t out_size)
{
    size_t used = 0;
    const cJSON *item;
    out[0] = '\0';
    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsString(item) || used + 2 >= out_size)
            continue;
        if (used > 0)
            out[used++] = PROCESS_ARGV_SEPARATOR;
        used += utf8_sanitise(item->valuestring, strlen(item->valuestring), out + used,
                              out_size - used, NULL);
    }
}

static int parse_stats(long status, const char *body, size_t size, int64_t wall_ns,
                       struct service_answers *out, struct err *err)
{
    (void)status;
    (void)wall_ns;
    cJSON *root = json_parse(body, size, err);
    if (root == NULL)
        return -ERR_PARSE;
    const cJSON *system = json_get(root, "system");
    const cJSON *devices = json_get(root, "devices");
    if (!cJSON_IsObject(system) || !cJSON_IsArray(devices)) {
        cJSON_Delete(root);
        return err_set(err, ERR_PARSE, "there is no system and no list of devices in the answer");
    }
    (void)json_copy_text(system, "comfyui_version", out->version, sizeof(out->version));
    char torch[48];
    out->runtime[0] = '\0';
    if (json_copy_text(system, "pytorch_version", torch, sizeof(torch)) && torch[0] != '\0')
        snprintf(out->runtime, sizeof(out->runtime), "PyTorch %s", torch);
    (void)json_copy_text(cJSON_GetArrayItem(devices, 0), "name", out->device, sizeof(out->device));
    copy_argv(json_get(system, "argv"), out->argv, sizeof(out->argv));
    cJSON_Delete(root);
    return 0;
}

static bool contains_nocase(const char *text, const char *lower_case)
{
    size_t size = strlen(lower_case);
    for (; *text != '\0'; text++) {
        size_t i = 0;
        while (i < size && tolower((unsigned char)text[i]) == lower_case[i])
            i++;
        if (i == size)
            return true;
    }
    return false;
}

/* A program called main.py is ComfyUI's beyond doubt when a path says so or it was given flags that
 * only ComfyUI has; otherwise its answer must tell. */
static enum service_match matches(const char *name, const char *argv)
{
    static const char *const flags[] = {
        "--front-end-root",
        "--front-end-version",
        "--preview-method",
        "--disable-api-nodes",
        "--disable-all-custom-nodes",
        "--extra-model-paths-config",
        "--output-directory",
        "--reserve-vram",
        "--lowvram",
        "--normalvram",
        "--highvram",
        "--novram",
        "--gpu-only",
        "--use-pytorch-cross-attention",
        "--use-split-cross-attention",
        "--enable-cors-header",
        "--base-directory",
        "--force-fp16",
        "--disable-smart-memory",
        "--cuda-device",
    };
    char base[64], value[8];
    (void)name;
    service_argument_base(argv, 0, base, sizeof(base));
    if (strcmp(base, "comfyui") == 0 || strcmp(base, "ComfyUI") == 0)
        return MATCH_SURE;
    if (strncmp(base, "python", 6) != 0 && strncmp(base, "Python", 6) != 0)
        return MATCH_NOT;
    bool main_py = false;
    for (size_t i = 1; i < 8 && !main_py;
         i++) { /* -s, -u, -W error and the like may stand in front */
        service_argument_base(argv, i, base, sizeof(base));
        main_py = strcmp(base, "main.py") == 0;
    }
    if (!main_py)
        return MATCH_NOT;
    char front[512]; /* the interpreter's path and the program's own */
    snprintf(front, sizeof(front), "%.*s", (int)(strstr(argv, "main.py") - argv), argv);
    if (contains_nocase(front, "comfyui"))
        return MATCH_SURE;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (service_argument(argv, flags[i], value, sizeof(value)) != NULL)
            return MATCH_SURE;
    }
    return MATCH_PERHAPS;
}

static uint16_t port_of(const char *argv)
{
    char value[16];
    uint64_t port = 0;
    if (service_argument(argv, "--port", value, sizeof(value)) == NULL ||
        number_u64(value, strlen(value), 10, &port) < 0 || port > 65535)
        return 0;
    return (uint16_t)port;
}

static const struct service_question questions[] = {
    {.path = "/prompt", .period_ms = PROMPT_MS, .body_max = 64 * 1024, .parse = parse_prompt},
    {.path = "/system_stats", .period_ms = STATS_MS, .optional = true, .parse = parse_stats},
    {.path = "/api/jobs?status=in_progress",
     .period_ms = JOBS_MS,
     .optional = true,
     .wanted = wants_jobs,
     .hurried = hurries_jobs,
     .hurry_ms = JOBS_HURRY_MS,
     .parse = parse_jobs},
    {.path = "/queue",
     .period_ms = QUEUE_MS,
     .body_max = QUEUE_MAX_BYTES,
     .optional = true,
     .reduce = reduce_queue,
     .wanted = wants_queue,
     .parse = parse_queue},
    {.path = NULL},
};

static bool join(const char *base, const char *name, char *out, size_t out_size)
{
    int n = name[0] == '/'   ? snprintf(out, out_size, "%s", name)
            : base[0] == '/' ? snprintf(out, out_size, "%s/%s", base, name)
                             : -1;

    return n > 0 && (size_t)n < out_size;
}

/* The folder of main.py: where everything lies unless it is told otherwise. */
static bool script_folder(const struct service_paths *paths, char *out, size_t out_size)
{
    const char *at = paths->argv;

    while (*at) {
        size_t size = strcspn(at, (const char[]){PROCESS_ARGV_SEPARATOR, 0});

        if (size >= 7 && memcmp(at + size - 7, "main.py", 7) == 0 &&
            (size == 7 || at[size - 8] == '/')) {
            char name[512];

            if (size == 7) {
                return join(paths->cwd, ".", out, out_size);
            }
            if (size - 8 >= sizeof name) {
                return false;
            }
            memcpy(name, at, size - 8);
            name[size - 8] = '\0';
            return join(paths->cwd, name[0] ? name : "/", out, out_size);
        }
        at += size + (at[size] != '\0');
    }
    return false;
}

/* folder_paths.py and main.py: --base-directory moves all; --output-directory is the folder itself,
 * --temp-directory the one above it. */
static bool folder_of(const struct service_paths *paths, int kind, char *out, size_t out_size)
{
    static const char *const names[FOLDER_KIND_COUNT] = {"models", "output", "temp"};
    static const char *const flags[FOLDER_KIND_COUNT] = {NULL, "--output-directory",
                                                         "--temp-directory"};
    char told[512], base[512];

    if (flags[kind] && service_argument(paths->argv, flags[kind], told, sizeof told)) {
        if (kind == FOLDER_TEMP) {
            return join(paths->cwd, told, base, sizeof base) && join(base, "temp", out, out_size);
        }
        return join(paths->cwd, told, out, out_size);
    }
    if (service_argument(paths->argv, "--base-directory", told, sizeof told)) {
        return join(paths->cwd, told, base, sizeof base) && join(base, names[kind], out, out_size);
    }
    return script_folder(paths, base, sizeof base) && join(base, names[kind], out, out_size);
}

const struct service_ops service_comfyui = {
    .kind = SERVICE_COMFYUI,
    .name = "comfyui",
    .ports = {8188},
    .questions = questions,
    .matches = matches,
    .folder_of = folder_of,
    .port_of = port_of,
};
