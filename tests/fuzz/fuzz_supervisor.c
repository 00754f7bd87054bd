/* What service managers print: the first byte chooses which. What comes out is clean text inside
 * of its lists, and reading it ends. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "tuning/control/formula.h"
#include "tuning/control/job.h"
#include "tuning/control/lm_studio.h"
#include "tuning/control/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Sanitising it again would change nothing. */
static void check_text(const char *text)
{
    if (text == NULL)
        return;
    const size_t size = strlen(text);
    char *again = malloc(size + 1);
    if (again == NULL || utf8_sanitise(text, size, again, size + 1, NULL) != size ||
        memcmp(text, again, size) != 0)
        abort();
    free(again);
}

static void check_path(const char *path)
{
    check_text(path);
    if (path != NULL && path[0] != '/')
        abort();
}

static void check_list(const char *const *of, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (of[i] == NULL)
            abort();
        check_text(of[i]);
    }
    if (count > 0 && of[count] != NULL)
        abort();
}

static int check_unit(const char *text, size_t size, struct arena *arena, struct err *err)
{
    struct unit u;
    const int rc = unit_read(text, size, arena, &u, err);

    const char *const texts[] = {u.id,  u.load_state, u.load_error, u.file_state, u.active,
                                 u.sub, u.result,     u.invocation, u.user,       u.group};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_text(texts[i]);
    check_path(u.fragment);
    check_path(u.folder);
    check_path(u.program);
    check_list(u.drop_ins, u.drop_in_count);
    check_list(u.environment, u.environment_count);
    check_list(u.argv, u.argc);
    check_list(u.dependants, u.dependant_count);
    for (size_t i = 0; i < u.environment_file_count; i++)
        check_path(u.environment_files[i].path);
    if (u.pid < 0 || u.restarts < -1 || u.exit_status < -1 || u.cpus < 0 ||
        u.memory_max_bytes < 0 || u.open_files_max < 0 || u.started_wall_ns < 0)
        abort();
    (void)unit_variable(&u, "A");
    return rc;
}

static int check_job(const char *text, size_t size, struct arena *arena, struct err *err)
{
    struct job j;
    const int rc = job_read(text, size, arena, &j, err);

    check_text(j.domain);
    check_text(j.label);
    check_text(j.state);
    check_path(j.path);
    check_path(j.program);
    check_list(j.argv, j.argc);
    check_list(j.inherited.of, j.inherited.count);
    check_list(j.defaults.of, j.defaults.count);
    check_list(j.environment.of, j.environment.count);
    if (j.pid < 0 || j.exit_code < -1 || j.runs < -1)
        abort();
    (void)job_variable(&j, "A");
    const enum job_failure f = job_failure(text, size, 1);
    if ((job_failure_sentence(f) == NULL) != (f == JOB_FAILURE_OTHER))
        abort();
    return rc;
}

static int check_formula(const char *text, size_t size, struct arena *arena, struct err *err)
{
    struct formula f;
    const int rc = formula_read(text, size, NULL, arena, &f, err);

    check_text(f.name);
    check_text(f.status);
    check_path(f.file);
    if (f.pid < 0 || f.exit_code < -1 || (rc == 0 && f.name == NULL))
        abort();
    return rc;
}

static int check_lm_studio(const char *text, size_t size, struct arena *arena, struct err *err)
{
    struct lm_studio_server server;
    struct lm_studio_options options;
    struct lm_studio_models models;
    struct err other = ERR_INIT, third = ERR_INIT;
    const int rc = lm_studio_read_models(text, size, arena, &models, err);

    for (size_t i = 0; i < models.count; i++)
        check_text(models.of[i].identifier);
    (void)lm_studio_read_server(text, size, &server, &other);
    (void)lm_studio_read_options(text, size, arena, &options, &third);
    check_text(options.bind);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int (*const readers[])(const char *, size_t, struct arena *, struct err *) = {
        check_unit, check_job, check_formula, check_lm_studio};
    struct err err = ERR_INIT;
    struct arena arena = {0};

    if (size == 0)
        return 0;
    const int rc = readers[data[0] % 4]((const char *)data + 1, size - 1, &arena, &err);
    if (rc != -err.code)
        abort();
    arena_release(&arena);
    return 0;
}
