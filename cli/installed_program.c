#include "cli/installed_program.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/program.h"
#include "base/utf8.h"
#include "sampling/platform.h"
#include "sampling/process_scan.h"

/* A list takes 40 ms; Python from a slow disk some seconds. */
static const int64_t PATIENCE_NS = 4 * NS_PER_S;
enum { ARGUMENTS = 8 };

/* Enough to start, and that nothing is written: no cache beside the source, no folder at home. A
 * client of Ollama asks a server only for its version: there is none at that port. */
static const char *const environment[] = {"PATH=/usr/bin:/bin",
                                          "HOME=/nonexistent",
                                          "LC_ALL=C.UTF-8",
                                          "COLUMNS=80",
                                          "PYTHONNOUSERSITE=1",
                                          "PYTHONDONTWRITEBYTECODE=1",
                                          "OLLAMA_HOST=127.0.0.1:1",
                                          "OLLAMA_NO_CLOUD=1",
                                          NULL};

/* ---- which program ---- */

static void refuse(struct installed_program *p, const char *why)
{
    utf8_copy(p->reason, sizeof p->reason, why);
}

static struct installed_program *add(struct installed_programs *out, const char *service, int owner)
{
    if (out->count == INSTALLED_PROGRAMS_MAX) {
        return NULL;
    }
    struct installed_program *p = xcalloc(1, sizeof *p);
    utf8_copy(p->service, sizeof p->service, service);
    p->owner = owner;
    out->list[out->count++] = p;
    return p;
}

/* Executable and working folder of a process; "" where they are not readable. */
static void process_files(const struct service_facts *f, char executable[512], char folder[512])
{
    struct reader *reader = reader_new_kernel();
    const struct process_scan_ops *ops = platform_of(reader)->processes->full;
    const struct process_scan_input in = {.reader = reader};
    void *scan = ops->open(&in);
    struct process_more more;
    struct err err = ERR_INIT;
    executable[0] = folder[0] = '\0';
    process_more_init(&more);
    if (ops->more(scan, &in, f->pid, f->pid_start, false, clock_mono_ns(&clock_real), &more,
                  &err) == 0) {
        utf8_copy(executable, 512, more.executable.data);
        utf8_copy(folder, 512, more.cwd.data);
    }
    process_more_release(&more);
    ops->close(scan);
    reader_free(reader);
}

/* Argument `index` of a command line whose parts are separated; "" when there is none. */
static void argument(const char *words, size_t index, char *out, size_t out_size)
{
    const char separator[2] = {PROCESS_ARGV_SEPARATOR, '\0'};
    for (; index > 0 && *words; index--) {
        words += strcspn(words, separator);
        words += *words != '\0';
    }
    snprintf(out, out_size, "%.*s", (int)strcspn(words, separator), words);
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* `path` as seen from `folder`; false: it cannot be said. */
static bool absolute(const char *path, const char *folder, char *out, size_t out_size)
{
    const int n = path[0] == '/'     ? snprintf(out, out_size, "%s", path)
                  : folder[0] == '/' ? snprintf(out, out_size, "%s/%s", folder, path)
                                     : -1;
    return n > 0 && (size_t)n < out_size;
}

/* What of a found process may not be run whatever it is; NULL: nothing. */
static const char *obstacle(const struct service_facts *f)
{
    if (f->container[0]) {
        return "it runs in a container: its list is that of its image";
    }
    if (f->pid <= 0) {
        return "its process is not known";
    }
    if (geteuid() == 0 && f->uid != 0) {
        return "it runs as another user, whose programs are not run as root";
    }
    return NULL;
}

/* ---- running it ---- */

static int run(const char *path, const char *const *argv, struct buf *out, struct err *err)
{
    const struct program program = {.path = path,
                                    .argv = argv,
                                    .env = environment,
                                    .deadline_ns = clock_mono_ns(&clock_real) + PATIENCE_NS};
    int status = 0;
    int rc = program_check(path, err);
    if (rc == 0) {
        rc = program_read(&program, out, &status, err);
    }
    if (rc == 0 && status != 0) {
        rc = err_set(err, ERR_IO, "'%s' ended with status %d", argv[0], status);
    }
    return rc;
}

/* "Warning: client version is 0.33.0", or "ollama version is 0.33.0" when a server answered. */
static void find_version(const char *text, char *out, size_t out_size)
{
    static const char words[] = "version is ";
    const char *at = strstr(text, words);
    out[0] = '\0';
    if (at) {
        at += sizeof words - 1;
        utf8_sanitise(at, strcspn(at, " \r\n"), out, out_size, NULL);
    }
}

static void compare(struct installed_program *p, const struct setting_catalog *c,
                    const struct buf *text, int rc, struct err *err)
{
    if (rc == 0) {
        rc = p->owner == SETTING_OWNER_OLLAMA
                 ? installed_parse_ollama(text->data, text->size, &p->names, err)
                 : installed_parse_comfyui(text->data, text->size, &p->names, err);
    }
    if (rc < 0) {
        refuse(p, err->msg);
    } else {
        installed_compare(c, p->owner, p->version, &p->names, &p->found);
    }
}

static void ask_ollama(struct installed_program *p, const struct setting_catalog *c)
{
    static const char *const version[] = {"ollama", "--version", NULL};
    static const char *const list[] = {"ollama", "serve", "--help", NULL};
    struct err err = ERR_INIT;
    struct buf text;
    buf_init(&text, INSTALLED_TEXT_MAX);
    int rc = run(p->path, version, &text, &err);
    if (rc == 0) {
        find_version(text.data, p->version, sizeof p->version);
        rc = run(p->path, list, &text, &err);
    }
    compare(p, c, &text, rc, &err);
    buf_release(&text);
}

/* ---- Ollama ---- */

static bool is_asked_already(const struct installed_programs *all, const char *path)
{
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->list[i]->path, path) == 0) {
            return true;
        }
    }
    return false;
}

/* true: its program is not to be had, and the one in PATH stands for it. */
static bool add_ollama(const struct service_facts *f, const struct setting_catalog *c,
                       struct installed_programs *out)
{
    char executable[512] = "", folder[512];
    const char *why = obstacle(f);
    if (f->pid > 0) {
        process_files(f, executable, folder);
    }
    if (!f->container[0] && !executable[0]) {
        return true;
    }
    if (!why && is_asked_already(out, executable)) {
        return false;
    }
    struct installed_program *p = add(out, f->name, SETTING_OWNER_OLLAMA);
    if (!p) {
        return false;
    }
    utf8_copy(p->version, sizeof p->version, f->version);
    if (!why && strcmp(base_of(executable), "ollama") != 0) {
        why = "its program is not called ollama";
    }
    if (why) {
        refuse(p, why);
        return false;
    }
    utf8_copy(p->path, sizeof p->path, executable);
    ask_ollama(p, c);
    return false;
}

/* `standing_for`: a server whose program is not to be had; NULL none. */
static void add_ollama_of_path(const struct service_facts *standing_for,
                               const struct setting_catalog *c, struct installed_programs *out)
{
    char path[512], real[PATH_MAX];
    if (!program_find("ollama", path, sizeof path)) {
        struct installed_program *p = standing_for
                                          ? add(out, standing_for->name, SETTING_OWNER_OLLAMA)
                                          : NULL;
        if (p) {
            utf8_copy(p->version, sizeof p->version, standing_for->version);
            refuse(p, "its process is another user's, and there is no ollama in PATH");
        }
        return;
    }
    if (realpath(path, real) && is_asked_already(out, real)) {
        return;
    }
    struct installed_program *p = add(out, "", SETTING_OWNER_OLLAMA);
    if (p) {
        utf8_copy(p->path, sizeof p->path, path);
        ask_ollama(p, c);
    }
}

/* ---- ComfyUI ---- */

/* Where main.py is in the arguments of its interpreter; 0: nowhere. */
static size_t find_main(const char *words, char *out, size_t out_size)
{
    for (size_t i = 1; i < ARGUMENTS; i++) {
        argument(words, i, out, out_size);
        if (strcmp(base_of(out), "main.py") == 0) {
            return i;
        }
        if (out[0] != '-') {
            break; /* another script, whose arguments these are */
        }
    }
    return 0;
}

static void add_comfyui(const struct service_facts *f, const struct setting_catalog *c,
                        struct installed_programs *out)
{
    char executable[512], folder[512], script[512], name[512], named[1024];
    struct installed_program *p = add(out, f->name, SETTING_OWNER_COMFYUI);
    const char *why = obstacle(f);
    struct err err = ERR_INIT;
    struct buf text;
    if (!p) {
        return;
    }
    utf8_copy(p->version, sizeof p->version, f->version);
    process_files(f, executable, folder);
    if (!why && !executable[0]) {
        why = "its process is another user's, or it ended";
    }
    if (!why && strncmp(base_of(executable), "python", 6) != 0) {
        why = "its program is no python";
    }
    if (!why && (find_main(f->words, script, sizeof script) == 0 ||
                 !absolute(script, folder, p->path, sizeof p->path))) {
        why = "its command line does not name a main.py";
    }
    if (why) {
        refuse(p, why);
        return;
    }
    /* A python finds its environment (venv) by the name that it is called with. */
    argument(f->words, 0, name, sizeof name);
    if (!strchr(name, '/') || !absolute(name, folder, named, sizeof named)) {
        utf8_copy(named, sizeof named, executable);
    }
    const char *const argv[] = {named, p->path, "--help", NULL};
    buf_init(&text, INSTALLED_TEXT_MAX);
    int rc = program_check(p->path, &err);
    if (rc == 0) {
        rc = run(executable, argv, &text, &err);
    }
    compare(p, c, &text, rc, &err);
    buf_release(&text);
}

/* ---- all of them ---- */

void installed_programs_ask(const struct model *m, const struct setting_catalog *c,
                            struct installed_programs *out)
{
    const struct service_facts *standing_for = NULL;
    *out = (struct installed_programs){.count = 0};
    for (size_t i = 0; m && i < m->service_count; i++) {
        const struct service_facts *f = m->services[i].facts;
        if (f->remote || f->kind_unknown || f->state == SERVICE_DOWN) {
            continue;
        }
        if (f->kind == SERVICE_OLLAMA) {
            standing_for = add_ollama(f, c, out) ? f : standing_for;
        } else if (f->kind == SERVICE_COMFYUI) {
            add_comfyui(f, c, out);
        }
    }
    add_ollama_of_path(standing_for, c, out);
}

void installed_programs_release(struct installed_programs *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->list[i]);
    }
    *p = (struct installed_programs){.count = 0};
}
