/*
 * settings --lint FILE...: what is wrong in the configuration files of other programs. Every file
 * is judged, also when one cannot be read; files that belong to them (the compose file beside an
 * .env, the .env beside a compose file) are read as well.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/measure.h"
#include "cli/print.h"
#include "cli/status_json.h"
#include "cli/text_page.h"
#include "sampling/platform.h"
#include "tuning/chip.h"
#include "tuning/lint.h"

/* A thousand findings with a sentence each. */
enum { OUTPUT_MAX = 8 * 1024 * 1024 };
enum { INDENT = 4, WIDTH = 100 };
/* CONTRACTS, section 2. */
enum { STATUS_FOUND = 5 };
/* Between the two samples of the machine; nothing of it is a rate. */
static const double GAP_S = 0.05;

struct named_file {
    const char *path; /* as given, or made for a file beside */
    struct document document;
    struct err err;
    bool beside;
};

struct lint_job {
    const struct options *o;
    struct arena arena;
    struct named_file *files;
    size_t count, room;
    struct lint_query query;
    char versions[SETTING_OWNER_COUNT][32];
};

/* ---- the files ---- */

static struct named_file *add_file(struct lint_job *job, const char *path, bool beside)
{
    if (job->count == job->room) {
        job->room = job->room ? job->room * 2 : 16;
        job->files = xreallocarray(job->files, job->room, sizeof *job->files);
    }
    struct named_file *f = &job->files[job->count++];
    *f = (struct named_file){.path = path, .beside = beside};
    return f;
}

static bool is_named(const struct lint_job *job, const char *path)
{
    for (size_t i = 0; i < job->count; i++) {
        if (strcmp(job->files[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

static const char *beside_of(struct lint_job *job, const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    return slash ? arena_printf(&job->arena, "%.*s/%s", (int)(slash - path), path, name) : name;
}

/* One that is not there, or that cannot be read, says nothing about the file it belongs to. */
static bool add_beside(struct lint_job *job, const char *path, const char *name,
                       enum document_kind kind)
{
    const char *beside = beside_of(job, path, name);
    struct err ignored = ERR_INIT;
    struct document d;
    if (is_named(job, beside)) {
        return true;
    }
    if (document_load(beside, kind, &d, &ignored) < 0 || d.kind != kind) {
        document_release(&d);
        return false;
    }
    add_file(job, beside, true)->document = d;
    return true;
}

/* The first of each that compose takes by itself. */
static void add_compose_beside(struct lint_job *job, const char *path)
{
    static const char *const names[] = {"compose.yaml", "compose.yml", "docker-compose.yml",
                                        "docker-compose.yaml", NULL};
    static const char *const overrides[] = {"compose.override.yml", "compose.override.yaml",
                                            "docker-compose.override.yml",
                                            "docker-compose.override.yaml", NULL};
    for (size_t k = 0; names[k] && !add_beside(job, path, names[k], DOCUMENT_COMPOSE);) {
        k++;
    }
    for (size_t k = 0; overrides[k] && !add_beside(job, path, overrides[k], DOCUMENT_COMPOSE);) {
        k++;
    }
}

static void add_files_beside(struct lint_job *job)
{
    const size_t named = job->count;
    for (size_t i = 0; i < named; i++) {
        const char *path = job->files[i].path;
        const enum document_kind kind = job->files[i].document.kind;
        if (job->files[i].err.code) {
            continue;
        }
        if (kind == DOCUMENT_COMPOSE) {
            add_beside(job, path, ".env", DOCUMENT_ENV);
        }
        if (kind == DOCUMENT_ENV || (kind == DOCUMENT_COMPOSE && strstr(path, "override"))) {
            add_compose_beside(job, path);
        }
    }
}

/* How many could be read; *err is the first failure. */
static size_t load_files(struct lint_job *job, struct err *err)
{
    const struct options *o = job->o;
    size_t read = 0;
    for (size_t i = 0; i < o->file_count; i++) {
        if (is_named(job, o->files[i])) {
            continue;
        }
        struct named_file *f = add_file(job, o->files[i], false);
        const enum document_kind kind = o->kind >= 0 ? (enum document_kind)o->kind
                                                     : DOCUMENT_KIND_UNKNOWN;
        if (document_load(f->path, kind, &f->document, &f->err) == 0) {
            read++;
        } else if (!err->code) {
            *err = f->err;
        }
    }
    if (read) {
        add_files_beside(job);
    }
    return read;
}

/* ---- the machine and the versions ---- */

static int parse_versions(struct lint_job *job, struct err *err)
{
    const char *at = job->o->version_of;
    while (at && *at) {
        const size_t size = strcspn(at, ",");
        const char *equals = memchr(at, '=', size);
        char name[32];
        int owner = 0;
        const size_t name_size = equals ? (size_t)(equals - at) : size;
        snprintf(name, sizeof name, "%.*s", (int)(name_size < 31 ? name_size : 31), at);
        while (setting_owner_words[owner] && strcmp(setting_owner_words[owner], name) != 0) {
            owner++;
        }
        if (!setting_owner_words[owner] || !equals) {
            return err_set(err, ERR_USAGE,
                           "'--version-of' takes NAME=VERSION, as ollama=0.24.0, not '%.*s'",
                           (int)(size < 60 ? size : 60), at);
        }
        const size_t version_size = size - name_size - 1;
        snprintf(job->versions[owner], sizeof job->versions[owner], "%.*s",
                 (int)(version_size < 31 ? version_size : 31), equals + 1);
        if (!setting_version_valid(job->versions[owner])) {
            return err_set(err, ERR_USAGE, "'--version-of': '%s' is no version",
                           job->versions[owner]);
        }
        job->query.versions[owner] = job->versions[owner];
        at += size;
        at += *at == ',';
    }
    return 0;
}

static void take_version(struct lint_job *job, int owner, const char *version)
{
    if (!job->query.versions[owner] && setting_version_valid(version)) {
        utf8_copy(job->versions[owner], sizeof job->versions[owner], version);
        job->query.versions[owner] = job->versions[owner];
    }
}

/* What runs here tells its version, and its runtime's: "PyTorch 2.11.0". */
static void take_versions_of(struct lint_job *job, const struct model *m)
{
    static const char torch[] = "PyTorch ";
    for (size_t i = 0; i < m->service_count; i++) {
        const struct service_facts *f = m->services[i].facts;
        if (f->remote) {
            continue;
        }
        if (f->kind == SERVICE_OLLAMA) {
            take_version(job, SETTING_OWNER_OLLAMA, f->version);
        } else if (f->kind == SERVICE_COMFYUI) {
            take_version(job, SETTING_OWNER_COMFYUI, f->version);
        }
        if (strncmp(f->runtime, torch, sizeof torch - 1) == 0) {
            take_version(job, SETTING_OWNER_PYTORCH, f->runtime + sizeof torch - 1);
        }
    }
}

static void take_machine(struct lint_job *job, const struct model *m)
{
    struct chip_machine machine;
    chip_machine_of(m, &machine);
    job->query.memory_bytes = machine.memory_bytes > 0 ? machine.memory_bytes : 0;
    job->query.cpus = machine.performance + machine.efficiency;
    job->query.gpu_memory_bytes = machine.vram_bytes > 0 ? machine.vram_bytes : 0;
    const char *digits = strncmp(m->host.os, "macOS", 5) == 0 ? strpbrk(m->host.os, "0123456789")
                                                              : NULL;
    if (digits) {
        take_version(job, SETTING_OWNER_MACOS, digits);
    }
    take_versions_of(job, m);
}

/* Findings without the machine are better than none: what goes wrong here is only told. */
static void ask_machine(struct lint_job *job, struct outcome *outcome)
{
    struct measure s;
    struct err err = ERR_INIT, config = ERR_INIT;
    const struct model *m = NULL;
    if (measure_open_anyway(&s, job->o, &config, &err) < 0) {
        outcome->warning = err;
        return;
    }
    const struct platform *platform = s.reader          ? platform_of(s.reader)
                                      : job->o->sysroot ? &platform_linux
                                                        : platform_here;
    job->query.system = strcmp(platform->name, "darwin") == 0 ? SETTING_MACOS : SETTING_LINUX;
    if (measure_once(&s, job->o, GAP_S, &m, &err) < 0) {
        outcome->warning = err;
    } else if (m) {
        take_machine(job, m);
    }
    if (config.code) {
        outcome->warning = config;
    }
    outcome->stuck = !measure_close(&s);
}

/* ---- as text ---- */

static enum style verdict_style(int verdict)
{
    return verdict == SETTING_HARMFUL   ? STYLE_CRIT
           : verdict == SETTING_UNKNOWN ? STYLE_DIM
                                        : STYLE_WARN;
}

static const char *clean_path(struct lint_job *job, const char *path)
{
    char out[1024];
    utf8_sanitise(path, strlen(path), out, sizeof out, NULL);
    return arena_strdup(&job->arena, out);
}

static void put_finding(struct lint_job *job, struct text_page *p, const struct lint_finding *f)
{
    text_putf(p, STYLE_TEXT, "%s:%lu: ", clean_path(job, f->file), f->line);
    text_put(p, STYLE_TITLE, f->setting);
    if (f->secret) {
        text_put(p, STYLE_TEXT, " (hidden)");
    } else if (f->value && *f->value) {
        text_putf(p, STYLE_TEXT, " %s", f->value);
    }
    text_put(p, STYLE_TEXT, ": ");
    text_put(p, verdict_style(f->verdict), setting_verdict_words[f->verdict]);
    text_end(p);
    text_blanks(p, INDENT);
    text_wrap(p, STYLE_TEXT, INDENT, WIDTH,
              arena_printf(&job->arena, "%s [%s]", f->reason, f->source));
    text_end(p);
    if (f->instead) {
        text_blanks(p, INDENT);
        text_put(p, STYLE_OK, "instead:");
        text_blanks(p, 1);
        text_wrap(p, STYLE_TEXT, INDENT, WIDTH, f->instead);
        text_end(p);
    }
}

static void put_note(struct lint_job *job, struct text_page *p, const struct lint_note *n)
{
    struct arena *a = &job->arena;
    const char *place = n->line ? arena_printf(a, "%s:%lu", clean_path(job, n->file), n->line)
                                : clean_path(job, n->file);
    const char *name = n->setting && *n->setting ? arena_printf(a, "%s: ", n->setting) : "";
    text_wrap(p, STYLE_DIM, INDENT, WIDTH, arena_printf(a, "%s: note: %s%s", place, name, n->text));
    text_end(p);
}

static void put_file(struct lint_job *job, struct text_page *p, const struct named_file *f,
                     const struct lint_result *found)
{
    size_t count = 0;
    if (f->err.code) {
        char clean[sizeof f->err.msg * 3];
        utf8_sanitise(f->err.msg, strlen(f->err.msg), clean, sizeof clean, NULL);
        text_putf(p, STYLE_TEXT, "%s: ", clean_path(job, *f->err.where ? f->err.where : f->path));
        text_put(p, STYLE_CRIT, "not judged: ");
        text_wrap(p, STYLE_TEXT, INDENT, WIDTH, clean);
        text_end(p);
        return;
    }
    for (size_t i = 0; i < found->count; i++) {
        if (found->findings[i].file == f->document.file) {
            put_finding(job, p, &found->findings[i]);
            count++;
        }
    }
    if (!count) {
        text_putf(p, STYLE_TEXT, "%s: ", clean_path(job, f->path));
        text_put(p, STYLE_OK, f->document.count ? "nothing to change" : "no setting stands in it");
        text_end(p);
    }
    for (size_t i = 0; i < found->note_count; i++) {
        if (found->notes[i].file == f->document.file) {
            put_note(job, p, &found->notes[i]);
        }
    }
}

static void put_summary(struct text_page *p, const struct lint_result *found)
{
    static const int order[] = {SETTING_HARMFUL, SETTING_IGNORED, SETTING_RENAMED, SETTING_UNKNOWN};
    bool first = true;
    if (!found->count) {
        return;
    }
    text_end(p);
    for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
        size_t count = 0;
        for (size_t i = 0; i < found->count; i++) {
            count += found->findings[i].verdict == order[k];
        }
        if (count) {
            text_putf(p, verdict_style(order[k]), "%s%zu %s", first ? "" : ", ", count,
                      setting_verdict_words[order[k]]);
            first = false;
        }
    }
    text_put(p, STYLE_DIM, found->truncated ? "; there are more" : "");
    text_put(p, STYLE_DIM, ". 'tunetop settings NAME' explains one.");
    text_end(p);
}

static void put_text(struct lint_job *job, struct text_page *p, const struct lint_result *found)
{
    bool first = true;
    for (size_t i = 0; i < job->count; i++) {
        if (job->files[i].beside) {
            continue;
        }
        if (!first) {
            text_end(p);
        }
        first = false;
        put_file(job, p, &job->files[i], found);
    }
    put_summary(p, found);
}

/* ---- as JSON ---- */

static void add_clean_path(cJSON *object, const char *key, const char *path)
{
    char out[1024];
    utf8_sanitise(path, strlen(path), out, sizeof out, NULL);
    cJSON_AddStringToObject(object, key, out);
}

static cJSON *finding_json(const struct lint_finding *f)
{
    cJSON *o = cJSON_CreateObject();
    add_clean_path(o, "file", f->file);
    cJSON_AddNumberToObject(o, "line", (double)f->line);
    cJSON_AddNumberToObject(o, "column", (double)f->column);
    cJSON_AddStringToObject(o, "setting", f->setting);
    if (f->value) { /* an empty one is a value */
        cJSON_AddStringToObject(o, "value", f->value);
    } else {
        cJSON_AddNullToObject(o, "value");
    }
    cJSON_AddBoolToObject(o, "secret", f->secret);
    cJSON_AddStringToObject(o, "verdict", setting_verdict_words[f->verdict]);
    json_add_text_or_null(o, "since", f->since);
    json_add_text_or_null(o, "until", f->until);
    json_add_text_or_null(o, "instead", f->instead);
    cJSON_AddStringToObject(o, "reason", f->reason);
    cJSON_AddStringToObject(o, "source", f->source);
    json_add_text_or_null(o, "rule", f->rule);
    return o;
}

static cJSON *lint_json(const struct lint_job *job, const struct lint_result *found)
{
    cJSON *root = status_head_json(clock_wall_ns(&clock_real));
    cJSON *files = cJSON_AddArrayToObject(root, "files");
    for (size_t i = 0; i < job->count; i++) {
        const struct named_file *f = &job->files[i];
        if (f->beside) {
            continue;
        }
        cJSON *o = cJSON_CreateObject();
        cJSON_AddItemToArray(files, o);
        add_clean_path(o, "file", f->path);
        json_add_text_or_null(o, "kind",
                              f->err.code ? NULL : document_kind_words[f->document.kind]);
        char error[sizeof f->err.where + sizeof f->err.msg + 4];
        char clean[sizeof error * 3];
        snprintf(error, sizeof error, "%s%s%s", f->err.where, *f->err.where ? ": " : "",
                 f->err.msg);
        utf8_sanitise(error, strlen(error), clean, sizeof clean, NULL);
        json_add_text_or_null(o, "error", f->err.code ? clean : NULL);
    }
    cJSON *findings = cJSON_AddArrayToObject(root, "findings");
    for (size_t i = 0; i < found->count; i++) {
        cJSON_AddItemToArray(findings, finding_json(&found->findings[i]));
    }
    cJSON *notes = cJSON_AddArrayToObject(root, "notes");
    for (size_t i = 0; i < found->note_count; i++) {
        const struct lint_note *n = &found->notes[i];
        cJSON *o = cJSON_CreateObject();
        cJSON_AddItemToArray(notes, o);
        add_clean_path(o, "file", n->file);
        json_add_number(o, "line", n->line ? (double)n->line : NAN);
        json_add_text_or_null(o, "setting", n->setting);
        cJSON_AddStringToObject(o, "text", n->text);
    }
    cJSON_AddBoolToObject(root, "truncated", found->truncated);
    return root;
}

/* ---- the command ---- */

static int print(struct lint_job *job, const struct lint_result *found, bool utf8, struct err *err)
{
    struct print p;
    print_begin(&p, job->o, utf8, OUTPUT_MAX);
    if (job->o->json) {
        print_json(&p, lint_json(job, found));
    } else {
        put_text(job, &p.page, found);
    }
    return print_end(&p, err);
}

static int judge(struct lint_job *job, const struct setting_catalog *c, struct outcome *outcome,
                 struct err *err)
{
    struct lint_file *files = xcalloc(job->count ? job->count : 1, sizeof *files);
    struct lint_result found;
    size_t count = 0;
    for (size_t i = 0; i < job->count; i++) {
        if (!job->files[i].err.code) {
            files[count++] = (struct lint_file){&job->files[i].document, job->files[i].beside};
        }
    }
    lint_run(c, &job->query, files, count, &found);
    for (size_t i = 0; i < found.count; i++) {
        if (lint_is_wrong(found.findings[i].verdict)) {
            outcome->status = STATUS_FOUND;
        }
    }
    const int rc = print(job, &found, outcome->utf8, err);
    lint_release(&found);
    free(files);
    return rc;
}

static int lint(struct lint_job *job, const struct setting_catalog *c, struct outcome *outcome,
                struct err *err)
{
    struct err unread = ERR_INIT;
    int rc = parse_versions(job, err);
    if (rc < 0) {
        return rc;
    }
    const size_t read = load_files(job, &unread);
    if (read) {
        ask_machine(job, outcome);
    }
    if (read || job->o->json || job->o->file_count > 1) {
        rc = judge(job, c, outcome, err);
    }
    if (rc < 0 || !unread.code) {
        return rc;
    }
    outcome->status = 0; /* that of the error is worse */
    *err = unread;
    if (err_exit_status(err->code) != err_exit_status(ERR_USAGE)) {
        err->code = ERR_USAGE; /* whatever kept it from being read, the file is not judged */
    }
    return -err->code;
}

int cmd_lint(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct setting_catalog c;
    struct lint_job job = {.o = o, .query = {.system = SETTING_PLACE_UNKNOWN}};
    arena_init(&job.arena);
    int rc = setting_catalog_load(&c, err);
    if (rc == 0) {
        rc = lint(&job, &c, outcome, err);
    }
    for (size_t i = 0; i < job.count; i++) {
        document_release(&job.files[i].document);
    }
    free(job.files);
    arena_release(&job.arena);
    setting_catalog_release(&c);
    return rc < 0 ? rc : 0;
}
