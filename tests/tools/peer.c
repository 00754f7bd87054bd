/*
 * A real server's own word, and whether tunetop repeats it. For tests/peers/peers.sh.
 *
 *   peer kind URL                   "ollama 0.33.0" or "comfyui 0.33.0"; exit 1 and why not
 *   peer list                       status JSON on stdin: "KIND URL" of each service, a line each
 *   peer state URL                  lines of status JSON on stdin: "STATE PID REASON" in the last
 *                                   one (PID 0: not known)
 *   peer latency URL COUNT GAP_MS PID   asks the kind's polled path COUNT times while the watching
 *                                   process PID is stopped and COUNT times while it watches, in
 *                                   turns: "MEDIAN P95 LONGEST" in ms of the first and the second
 *   peer compare URL COMMAND...     runs COMMAND, which prints status JSON: "ok NAME: VALUE" or
 *                                   "not ok NAME: got, wanted" for everything the server tells too
 *   peer arguments URL COMMAND...   the same for argv[], of a COMMAND that prints services JSON
 *
 * A server goes on living while it is compared, so it is asked before and after COMMAND, and what
 * COMMAND says must be either. It is asked as carefully as tunetop does: /queue only when short.
 */
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"

/* The project's rule for "2 s" of an unload time; beyond 20 years Ollama's own client says
 * "Forever". */
#define UNLOAD_TOLERANCE_S 2.0
#define FOREVER_S (20 * 365.25 * 86400)
enum {
    ANSWER_MAX = 8 * 1024 * 1024,
    TIMEOUT_MS = 10000,
    LATENCIES_MAX = 10000,
    TURN = 10, /* questions */
    QUEUE_MAX_ENTRIES = 20,
};

static CURL *curl;
static char base_url[512], server_name[128];
static unsigned failures;

static size_t take(char *data, size_t one, size_t size, void *ctx)
{
    struct buf *b = ctx;
    if (one * size > b->max - b->size)
        return 0;
    buf_add(b, data, one * size);
    return one * size;
}

/* The HTTP status, or 0 with a sentence in out. */
/* Who answers, as it says itself. */
static size_t take_header(char *data, size_t one, size_t size, void *ctx)
{
    static const char name[] = "Server: ";
    size_t bytes = one * size, n = sizeof(name) - 1;
    (void)ctx;
    if (bytes > n + 2 && strncasecmp(data, name, n) == 0)
        snprintf(server_name, sizeof(server_name), "%.*s", (int)(bytes - n - 2), data + n);
    return bytes;
}

static long ask(const char *path, struct buf *out, double *seconds)
{
    char url[768];
    long status = 0;
    snprintf(url, sizeof(url), "%s%s", base_url, path);
    buf_clear(out);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK) {
        buf_clear(out);
        buf_puts(out, curl_easy_strerror(code));
        return 0;
    }
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (seconds != NULL) {
        curl_off_t us = 0;
        curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &us);
        *seconds = (double)us / 1e6;
    }
    return status;
}

/* NULL unless the path is answered with 200 and JSON; then *status says why. */
static cJSON *ask_json(const char *path, long *status, struct buf *text)
{
    *status = ask(path, text, NULL);
    return *status == 200 ? cJSON_Parse(text->data) : NULL;
}

static const char *text_at(const cJSON *object, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsString(v) ? v->valuestring : NULL;
}

static double number_at(const cJSON *object, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNumber(v) ? v->valuedouble : NAN;
}

static const cJSON *at(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* What the server says about itself at one time. */
struct word {
    bool ollama, comfyui;
    char version[64];
    cJSON *ps;              /* of Ollama */
    cJSON *stats;           /* of ComfyUI */
    double remaining, runs; /* NAN: it does not tell, or telling would cost too much */
    char why[256];
};

static void word_release(struct word *w)
{
    cJSON_Delete(w->ps);
    cJSON_Delete(w->stats);
}

static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text != NULL ? text : "");
}

static void ask_queue(struct word *w, struct buf *b)
{
    long status;
    cJSON *jobs = ask_json("/api/jobs?status=in_progress", &status, b);
    if (jobs != NULL) {
        w->runs = number_at(at(jobs, "pagination"), "total");
    } else if (status == 404 && w->remaining == 0) {
        w->runs = 0;
    } else if (status == 404 && w->remaining <= (double)QUEUE_MAX_ENTRIES) {
        jobs = ask_json("/queue", &status, b);
        if (jobs != NULL)
            w->runs = cJSON_GetArraySize(at(jobs, "queue_running"));
    }
    cJSON_Delete(jobs);
}

static bool word_ask(struct word *w)
{
    struct buf b;
    long status;
    *w = (struct word){.remaining = NAN, .runs = NAN};
    buf_init(&b, ANSWER_MAX);
    cJSON *first = ask_json("/api/version", &status, &b);
    if (text_at(first, "version") != NULL) {
        copy(w->version, sizeof(w->version), text_at(first, "version"));
        w->ps = ask_json("/api/ps", &status, &b);
        w->ollama = w->ps != NULL;
    } else if (status == 0) {
        copy(w->why, sizeof(w->why), b.data);
    } else {
        cJSON *prompt = ask_json("/prompt", &status, &b);
        w->remaining = number_at(at(prompt, "exec_info"), "queue_remaining");
        cJSON_Delete(prompt);
        if (!isnan(w->remaining)) {
            w->stats = ask_json("/system_stats", &status, &b);
            copy(w->version, sizeof(w->version),
                 text_at(at(w->stats, "system"), "comfyui_version"));
            w->comfyui = w->stats != NULL;
            ask_queue(w, &b);
        }
    }
    if (!w->ollama && !w->comfyui && w->why[0] == '\0')
        snprintf(w->why, sizeof(w->why),
                 "it answers (HTTP %ld, %s), but as none of the known kinds", status,
                 server_name[0] != '\0' ? server_name : "no name");
    cJSON_Delete(first);
    buf_release(&b);
    return w->ollama || w->comfyui;
}

static void say(bool good, const char *name, const char *got, const char *wanted)
{
    if (good) {
        printf("ok %s: %s\n", name, got);
        return;
    }
    failures++;
    printf("not ok %s: got %s, the server says %s\n", name, got, wanted);
}

static void compare_text(const char *name, const char *got, const char *before, const char *after)
{
    const char *shown = got != NULL ? got : "null";
    bool good = (before != NULL && strcmp(shown, before) == 0) ||
                (after != NULL && strcmp(shown, after) == 0);
    say(good, name, shown, after != NULL ? after : "nothing");
}

static void number_text(double v, char *out, size_t size)
{
    if (isnan(v))
        snprintf(out, size, "null");
    else
        snprintf(out, size, "%.0f", v);
}

static bool same(double a, double b)
{
    return (isnan(a) && isnan(b)) || (!isnan(a) && !isnan(b) && fabs(a - b) < 0.5);
}

static void compare_number(const char *name, double got, double before, double after)
{
    char shown[40], wanted[40];
    number_text(got, shown, sizeof(shown));
    number_text(after, wanted, sizeof(wanted));
    say(same(got, before) || same(got, after), name, shown, wanted);
}

static const cJSON *find_model(const cJSON *models, const char *name)
{
    const cJSON *m;
    cJSON_ArrayForEach(m, models) {
        const char *its = text_at(m, "name");
        if (its != NULL && name != NULL && strcmp(its, name) == 0)
            return m;
    }
    return NULL;
}

/* An unload time as status tells it: "never", "none", or within 2 s of one of the server's. */
static bool unload_fits(const cJSON *got, const cJSON *server, int64_t now_ns)
{
    int64_t server_ns = 0, got_ns = 0;
    const char *text = text_at(server, "expires_at");
    bool keeps = cJSON_IsTrue(at(got, "keep_loaded"));
    if (text == NULL || clock_parse_rfc3339(text, &server_ns) < 0)
        return false;
    double ahead_s = ((double)server_ns - (double)now_ns) / 1e9;
    if (ahead_s > FOREVER_S)
        return keeps;
    const char *told = text_at(got, "unload_at");
    if (told == NULL || clock_parse_rfc3339(told, &got_ns) < 0)
        return !keeps && ahead_s < UNLOAD_TOLERANCE_S; /* past: in use, or on its way out */
    return !keeps && fabs((double)(got_ns - server_ns)) / 1e9 <= UNLOAD_TOLERANCE_S;
}

static void compare_model(const cJSON *got, const struct word *before, const struct word *after)
{
    const char *name = text_at(got, "name");
    const cJSON *old = find_model(at(before->ps, "models"), name);
    const cJSON *new = find_model(at(after->ps, "models"), name);
    char label[320];
    snprintf(label, sizeof(label), "model %.200s", name != NULL ? name : "null");
    if (old == NULL && new == NULL) {
        say(false, label, "loaded", "it is not");
        return;
    }
    static const char *const pairs[][2] = {
        {"size_bytes", "size"}, {"gpu_bytes", "size_vram"}, {"context_length", "context_length"}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        snprintf(label, sizeof(label), "model %.200s %s", name, pairs[i][0]);
        compare_number(label, number_at(got, pairs[i][0]), number_at(old, pairs[i][1]),
                       number_at(new, pairs[i][1]));
    }
    snprintf(label, sizeof(label), "model %.200s quantization", name);
    compare_text(label, text_at(got, "quantization"),
                 text_at(at(old, "details"), "quantization_level"),
                 text_at(at(new, "details"), "quantization_level"));
    int64_t now_ns = clock_wall_ns(&clock_real);
    snprintf(label, sizeof(label), "model %.200s unload time", name);
    const char *told = text_at(got, "unload_at");
    if (told == NULL)
        told = cJSON_IsTrue(at(got, "keep_loaded")) ? "never" : "none";
    const char *wanted = text_at(new != NULL ? new : old, "expires_at");
    say(unload_fits(got, old, now_ns) || unload_fits(got, new, now_ns), label, told,
        wanted != NULL ? wanted : "nothing");
}

static void compare_ollama(const cJSON *s, const struct word *before, const struct word *after)
{
    const cJSON *models = at(s, "models"), *m;
    compare_number("number of models", cJSON_GetArraySize(models),
                   cJSON_GetArraySize(at(before->ps, "models")),
                   cJSON_GetArraySize(at(after->ps, "models")));
    cJSON_ArrayForEach(m, models)
        compare_model(m, before, after);
    /* It tells neither; anything but null would be made up. */
    compare_number("queue.running", number_at(at(s, "queue"), "running"), NAN, NAN);
    compare_number("queue.waiting", number_at(at(s, "queue"), "waiting"), NAN, NAN);
}

static void compare_comfyui(const cJSON *s, const struct word *before, const struct word *after)
{
    const cJSON *queue = at(s, "queue");
    bool estimate = cJSON_IsTrue(at(queue, "waiting_is_estimate"));
    char runtime[96];
    compare_text("device", text_at(s, "device"),
                 text_at(cJSON_GetArrayItem(at(before->stats, "devices"), 0), "name"),
                 text_at(cJSON_GetArrayItem(at(after->stats, "devices"), 0), "name"));
    const char *torch = text_at(at(after->stats, "system"), "pytorch_version");
    snprintf(runtime, sizeof(runtime), "PyTorch %s", torch != NULL ? torch : "unknown");
    compare_text("runtime", text_at(s, "runtime"), runtime, NULL);
    compare_number("queue.running", number_at(queue, "running"), before->runs, after->runs);
    double old = before->remaining - before->runs, new = after->remaining - after->runs;
    if (isnan(after->runs)) { /* only how many are left: one of them runs */
        old = before->remaining - 1;
        new = after->remaining - 1;
    }
    compare_number("queue.waiting", number_at(queue, "waiting"), old, new);
    say(estimate == isnan(after->runs) || estimate == isnan(before->runs), "waiting_is_estimate",
        estimate ? "true" : "false", isnan(after->runs) ? "true" : "false");
}

/* The last whole line of JSON, or the whole text. */
static cJSON *parse_last(struct buf *b)
{
    struct err err = ERR_INIT;
    cJSON *whole = json_parse(b->data, b->size, &err);
    while (whole == NULL && b->size > 0) {
        while (b->size > 0 && b->data[b->size - 1] == '\n')
            b->data[--b->size] = '\0';
        char *line = strrchr(b->data, '\n');
        const char *last = line != NULL ? line + 1 : b->data;
        whole = json_parse(last, strlen(last), &err);
        if (line == NULL)
            break;
        if (whole == NULL) { /* the last line may be half written */
            b->size = (size_t)(line - b->data);
            b->data[b->size] = '\0';
        }
    }
    return whole;
}

static cJSON *read_json(FILE *f)
{
    struct buf b;
    char part[65536];
    size_t n;
    buf_init(&b, (size_t)64 * 1024 * 1024);
    while ((n = fread(part, 1, sizeof(part), f)) > 0)
        buf_add(&b, part, n);
    cJSON *root = b.size > 0 ? parse_last(&b) : NULL;
    buf_release(&b);
    return root;
}

static const cJSON *find_service(const cJSON *root, const char *url)
{
    const cJSON *s;
    cJSON_ArrayForEach(s, at(root, "services")) {
        const char *its = text_at(s, "url");
        if (its != NULL && strcmp(its, url) == 0)
            return s;
    }
    return NULL;
}

/* Runs a program without a shell; its standard output as JSON, NULL when it fails. */
static cJSON *run(char **argv)
{
    int ends[2], status = 0;
    if (pipe(ends) < 0)
        return NULL;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(ends[1]);
    FILE *f = fdopen(ends[0], "r");
    cJSON *root = pid > 0 && f != NULL ? read_json(f) : NULL;
    if (f != NULL)
        fclose(f);
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (status != 0) {
        cJSON_Delete(root);
        return NULL;
    }
    return root;
}

static void compare_arguments(const cJSON *s, const struct word *after)
{
    const cJSON *server = at(at(after->stats, "system"), "argv"), *got = at(s, "argv");
    int wanted = cJSON_GetArraySize(server), has = cJSON_GetArraySize(got);
    bool good = wanted > 0 && has >= wanted;
    /* The server's list begins with its own program; the process's with the interpreter. */
    for (int i = 0; good && i < wanted; i++) {
        const cJSON *x = cJSON_GetArrayItem(server, i);
        const cJSON *y = cJSON_GetArrayItem(got, has - wanted + i);
        good = cJSON_IsString(x) && cJSON_IsString(y) &&
               strcmp(x->valuestring, y->valuestring) == 0;
    }
    char *shown = cJSON_PrintUnformatted(got), *told = cJSON_PrintUnformatted(server);
    say(good, "argv", shown != NULL ? shown : "null", told != NULL ? told : "null");
    cJSON_free(shown);
    cJSON_free(told);
}

static int compare(char **argv, bool arguments)
{
    struct word before, after;
    if (!word_ask(&before)) {
        printf("not ok the server answers: %s\n", before.why);
        return 1;
    }
    cJSON *root = run(argv);
    const cJSON *s = find_service(root, base_url);
    bool answers = word_ask(&after);
    if (s == NULL || !answers) {
        printf("not ok it is in services[] with this url: %s\n", !answers       ? after.why
                                                                 : root == NULL ? "no JSON came"
                                                                                : "it is not");
        failures++;
    } else if (arguments) {
        compare_arguments(s, &after);
    } else {
        compare_text("kind", text_at(s, "kind"), after.ollama ? "ollama" : "comfyui", NULL);
        compare_text("state", text_at(s, "state"), "up", NULL);
        compare_text("version", text_at(s, "version"), before.version, after.version);
        if (after.ollama && before.ollama)
            compare_ollama(s, &before, &after);
        else if (after.comfyui && before.comfyui)
            compare_comfyui(s, &before, &after);
    }
    cJSON_Delete(root);
    word_release(&before);
    word_release(&after);
    return failures > 0;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Whatever else the machine does changes slowly, so alone and watched take turns. */
static int latency(long count, long gap_ms, pid_t watcher)
{
    static double seconds[2][LATENCIES_MAX];
    struct word w;
    struct buf b;
    if (count < 2 * TURN || count > LATENCIES_MAX || gap_ms < 0 || watcher <= 1 || !word_ask(&w))
        return 1;
    const char *path = w.ollama ? "/api/ps" : "/prompt";
    const struct timespec gap = {gap_ms / 1000, gap_ms % 1000 * 1000000};
    bool good = true;
    size_t used[2] = {0, 0};
    word_release(&w);
    buf_init(&b, ANSWER_MAX);
    for (long i = 0; i < 2 * count && good; i++) {
        bool watched = i / TURN % 2 == 1;
        if (i % TURN == 0)
            good = kill(watcher, watched ? SIGCONT : SIGSTOP) == 0;
        nanosleep(&gap, NULL);
        good = good && ask(path, &b, &seconds[watched][used[watched]++]) == 200;
    }
    kill(watcher, SIGCONT);
    if (!good)
        fprintf(stderr, "peer: %s: %s\n", path, b.data);
    buf_release(&b);
    for (int i = 0; i < 2 && good; i++) {
        size_t n = used[i];
        qsort(seconds[i], n, sizeof(seconds[i][0]), by_size);
        printf("%.3f %.3f %.3f%s", seconds[i][n / 2] * 1e3, seconds[i][n * 95 / 100] * 1e3,
               seconds[i][n - 1] * 1e3, i == 0 ? " " : "\n");
    }
    return !good;
}

static int print_kind(void)
{
    struct word w;
    bool good = word_ask(&w);
    if (good)
        printf("%s %s\n", w.ollama ? "ollama" : "comfyui", w.version);
    else
        printf("%s\n", w.why);
    word_release(&w);
    return !good;
}

static int print_list(void)
{
    cJSON *root = read_json(stdin);
    const cJSON *s;
    cJSON_ArrayForEach(s, at(root, "services")) {
        const char *kind = text_at(s, "kind"), *url = text_at(s, "url");
        if (kind != NULL && url != NULL)
            printf("%s %s\n", kind, url);
    }
    cJSON_Delete(root);
    return root == NULL;
}

/* "true", "false" or "null". */
static int print_loading(void)
{
    cJSON *root = read_json(stdin);
    const cJSON *loading = at(find_service(root, base_url), "loading");
    puts(cJSON_IsTrue(loading) ? "true" : cJSON_IsFalse(loading) ? "false" : "null");
    cJSON_Delete(root);
    return 0;
}

static int print_state(void)
{
    cJSON *root = read_json(stdin);
    const cJSON *s = find_service(root, base_url);
    const char *state = text_at(s, "state"), *reason = text_at(s, "reason");
    double pid = number_at(s, "pid");
    printf("%s %.0f %s\n", state != NULL ? state : "missing", isnan(pid) ? 0 : pid,
           reason != NULL ? reason : "");
    cJSON_Delete(root);
    return s == NULL;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    int status = 2;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    curl = curl_easy_init();
    if (argc > 2)
        copy(base_url, sizeof(base_url), argv[2]);
    if (curl == NULL)
        status = 1;
    else if (strcmp(what, "list") == 0)
        status = print_list();
    else if (strcmp(what, "kind") == 0 && argc == 3)
        status = print_kind();
    else if (strcmp(what, "state") == 0 && argc == 3)
        status = print_state();
    else if (strcmp(what, "loading") == 0 && argc == 3)
        status = print_loading();
    else if (strcmp(what, "latency") == 0 && argc == 6)
        status = latency(strtol(argv[3], NULL, 10), strtol(argv[4], NULL, 10),
                         (pid_t)strtol(argv[5], NULL, 10));
    else if (strcmp(what, "compare") == 0 && argc > 3)
        status = compare(argv + 3, false);
    else if (strcmp(what, "arguments") == 0 && argc > 3)
        status = compare(argv + 3, true);
    else
        fprintf(stderr, "usage: peer kind|list|state|loading|latency|compare|arguments ...\n");
    if (curl != NULL)
        curl_easy_cleanup(curl);
    curl_global_cleanup();
    return status;
}
