#include "tests/unit/locate_outside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

static void read_fixture(const struct outside *o, const char *name, struct buf *out)
{
    char path[512];
    struct buf raw;
    struct err err = ERR_INIT;
    const char *at, *mark;

    snprintf(path, sizeof path, "%s/tests/fixtures/locate/%s", getenv("abs_srcdir"), name);
    buf_init(&raw, 1024 * 1024);
    if (file_read(path, &raw, &err) < 0)
        fail_msg("%s: %s", path, err.msg);
    for (at = raw.data; (mark = strstr(at, "@ROOT@")) != NULL; at = mark + 6) {
        buf_add(out, at, (size_t)(mark - at));
        buf_puts(out, o->root);
    }
    buf_puts(out, at);
    buf_release(&raw);
}

static int fake_run(void *ctx, const char *const *argv, int64_t uid, const char *folder,
                    int64_t deadline_ns, struct control_output *out, struct err *err)
{
    struct outside *o = ctx;
    struct buf line;
    int rc = 0;

    (void)folder;
    assert_true(deadline_ns <= o->env.deadline_ns);
    buf_init(&line, 64 * 1024);
    for (size_t i = 0; argv[i]; i++)
        buf_printf(&line, "%s%s", i ? " " : "", argv[i]);
    const size_t used = strlen(o->asked);
    snprintf(o->asked + used, sizeof o->asked - used, "%lld %.300s\n", (long long)uid, line.data);
    buf_clear(&out->out);
    buf_clear(&out->errors);
    out->status = 127;
    for (size_t i = 0; i < o->rule_count; i++) {
        const struct rule *r = &o->rules[i];

        if (!strstr(line.data, r->line))
            continue;
        out->status = r->status;
        if (r->fixture)
            read_fixture(o, r->fixture, &out->out);
        else
            buf_puts(&out->out, r->text ? r->text : "");
        buf_puts(&out->errors, r->errors ? r->errors : "");
        rc = r->error ? err_set(err, (enum err_code)r->error, "'%s' cannot be run", argv[0]) : 0;
        buf_release(&line);
        return rc;
    }
    rc = err_set(err, ERR_NOENT, "there is no program '%s'", argv[0]);
    buf_release(&line);
    return rc;
}

static int64_t fake_now(void *ctx)
{
    return ((struct outside *)ctx)->now_ns;
}

void outside_make(const struct outside *o, const char *name, const char *text)
{
    char path[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", o->root, name);
    for (char *slash = path + strlen(o->root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
    f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

void outside_add_process(const struct outside *o, int pid, int parent, const char *group,
                         const char *folder)
{
    char name[64], text[600], path[512];

    snprintf(name, sizeof name, "proc/%d/stat", pid);
    snprintf(text, sizeof text, "%d (a) b) S %d 1 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 77 0\n", pid,
             parent);
    outside_make(o, name, text);
    snprintf(name, sizeof name, "proc/%d/cgroup", pid);
    snprintf(text, sizeof text, "0::%s\n", group);
    outside_make(o, name, text);
    snprintf(path, sizeof path, "%s/proc/%d/cwd", o->root, pid);
    if (folder)
        assert_int_equal(symlink(folder, path), 0);
}

struct service_facts *outside_add_service(struct outside *o, const char *name, int kind, int pid)
{
    const size_t i = o->model->service_count++;
    struct service_facts *f = &o->facts[i];

    assert_true(i < SERVICES);
    *f = (struct service_facts){.name = name,
                                .kind = kind,
                                .state = SERVICE_UP,
                                .reason = "",
                                .version = "",
                                .url = "http://127.0.0.1:11434",
                                .install = "",
                                .device = "",
                                .runtime = "",
                                .argv = "",
                                .words = "",
                                .unit = "",
                                .container = "",
                                .pid = pid,
                                .pid_start = 77,
                                .uid = SELF};
    o->states[i].facts = f;
    return f;
}

void outside_add_rule(struct outside *o, const char *line, const char *fixture)
{
    o->rules[o->rule_count++] = (struct rule){.line = line, .fixture = fixture};
}

int outside_setup(void **state)
{
    struct outside *o = calloc(1, sizeof *o);

    assert_non_null(o);
    snprintf(o->root, sizeof o->root, "/tmp/tunetop-locate.XXXXXX");
    assert_non_null(mkdtemp(o->root));
    config_init(&o->config);
    o->model = model_new();
    o->model->services = o->states;
    o->now_ns = 50 * NS_PER_S;
    o->world = (struct control_world){.ctx = o, .run = fake_run, .now_ns = fake_now};
    o->env = (struct locate_env){.world = &o->world,
                                 .home = o->root,
                                 .user = SELF,
                                 .self = SELF,
                                 .root = o->root,
                                 .deadline_ns = o->now_ns + 3 * NS_PER_S};
    *state = o;
    return 0;
}

int outside_teardown(void **state)
{
    struct outside *o = *state;
    char line[128];
    const char *const argv[] = {"rm", "-rf", o->root, NULL};
    struct control_output out;
    struct err err = ERR_INIT;

    locations_release(&o->found);
    model_free(o->model);
    config_release(&o->config);
    snprintf(line, sizeof line, "%s", o->root);
    control_output_init(&out);
    control_world_real.run(NULL, argv, -1, NULL, clock_mono_ns(&clock_real) + 10 * NS_PER_S, &out,
                           &err);
    control_output_release(&out);
    free(o);
    return 0;
}

const struct location *outside_look(struct outside *o, const char *name)
{
    locations_release(&o->found);
    locate(&o->config, o->model, &o->env, &o->found);
    const struct location *l = locations_find(&o->found, name);
    assert_non_null(l);
    return l;
}

void outside_configure(struct outside *o, const char *text)
{
    char path[128];
    struct err err = ERR_INIT;

    snprintf(path, sizeof path, "%s/tunetop.yaml", o->root);
    o->config.path = arena_strdup(&o->config.arena, path);
    if (config_parse(&o->config, path, text, strlen(text), &err) < 0)
        fail_msg("%s: %s", err.where, err.msg);
}

void outside_is_below(const struct outside *o, const char *path, const char *name)
{
    assert_non_null(path);
    assert_memory_equal(path, o->root, strlen(o->root));
    assert_string_equal(path + strlen(o->root), name);
}

const char *outside_file_of(const struct location *l, size_t i)
{
    assert_true(i < l->config.files.count);
    return ((const char *const *)l->config.files.items)[i];
}
