/*
 * The machines of tests/fixtures/machines as pages: each manifest becomes a recording, or a tree
 * that moves; the collector plays it, and what it says is drawn and compared with
 * golden/machine-NAME-*.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "sampling/collector.h"
#include "tests/manifest.h"
#include "tests/screen/golden.h"
#include "tests/tree_recording.h"
#include "tui/term.h"
#include "tui/view.h"

enum { SECONDS = 10 }; /* two columns of the strips */

struct player {
    char manifest[PATH_MAX], dir[PATH_MAX];
    struct config config;
    struct clock_manual time;
    struct clock_ops clock;
    struct reader *reader; /* of a recording, or of a tree that moves */
    struct collector *collector;
    const struct model *model; /* at the end */
};

static void begin(struct player *p, const char *name)
{
    int64_t wall_ns;
    const char *tmp = getenv("TMPDIR");
    snprintf(p->dir, sizeof p->dir, "%s/tunetop-machine-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(p->dir));
    assert_int_equal(manifest_path(name, p->manifest, sizeof p->manifest), 0);
    assert_int_equal(clock_parse_rfc3339(TREE_RECORDING_WALL, &wall_ns), 0);
    p->time = (struct clock_manual){TREE_RECORDING_START_S * NS_PER_S, wall_ns};
    p->clock = clock_manual_ops(&p->time);
    config_init(&p->config);
}

static void play(struct player *p)
{
    struct err err = ERR_INIT;
    assert_non_null(p->reader);
    const bool tree = reader_kind(p->reader) == READER_SYSROOT;
    const struct collector_options options = {.config = &p->config,
                                              .reader = p->reader,
                                              .clock = p->clock,
                                              .interval_ns = NS_PER_S,
                                              .exact = true,
                                              .services = !tree};
    p->collector = collector_new(&options, &err);
    assert_non_null(p->collector);
    const struct process_wish all = {.all = tree};
    collector_wish_processes(p->collector, &all);
    for (int second = 0; second <= SECONDS; second++) {
        if (second > 0) {
            clock_manual_advance(&p->time, NS_PER_S);
            if (tree)
                assert_int_equal(manifest_unpack_at(p->manifest, p->dir, second, NULL), 0);
        }
        /* A recording has said already what is denied. */
        assert_int_equal(manifest_as_user(tree), 0);
        collector_step(p->collector);
        assert_int_equal(manifest_as_user(false), 0);
        p->model = collector_take(p->collector);
        assert_non_null(p->model);
    }
}

static void end(struct player *p)
{
    assert_true(collector_free(p->collector));
    reader_free(p->reader);
    config_release(&p->config);
    assert_int_equal(manifest_remove(p->dir, ""), 0);
}

static void draw(const char *name, const struct player *p, enum action tab, bool small)
{
    struct ui ui;
    ui_init(&ui, NS_PER_S);
    view_update(&ui, p->model);
    view_act(&ui, tab, p->model, 120, 40);
    golden_page(name, p->model, &ui, 120, 40, false);
    if (small)
        golden_page(name, p->model, &ui, 80, 24, false);
    ui_release(&ui);
}

static void machine(void **state)
{
    static const char *const small[] = {"strix-halo", "container-v2"};
    char file[64];
    bool also_small = false;
    struct player p;
    struct err err = ERR_INIT;
    begin(&p, *state);
    assert_int_equal(tree_recording(p.manifest, p.dir, SECONDS), 0);
    p.reader = reader_new_recording(p.dir, &p.clock, &err);
    play(&p);
    for (size_t i = 0; i < sizeof small / sizeof small[0]; i++)
        also_small = also_small || strcmp(*state, small[i]) == 0;
    snprintf(file, sizeof file, "machine-%s", (const char *)*state);
    draw(file, &p, ACTION_OVERVIEW, also_small);
    end(&p);
}

/* A recording does not hold every process; a tree has no services. */
static void processes(void **state)
{
    char file[64];
    struct player p;
    struct err err = ERR_INIT;
    begin(&p, *state);
    assert_int_equal(chmod(p.dir, 0755), 0); /* for manifest_as_user */
    assert_int_equal(manifest_unpack(p.manifest, p.dir), 0);
    p.reader = reader_new_sysroot(p.dir, &err);
    play(&p);
    snprintf(file, sizeof file, "machine-%s-processes", (const char *)*state);
    draw(file, &p, ACTION_PROCESSES, false);
    end(&p);
}

static char names[][16] = {"intel-hybrid",   "amd-amdgpu", "strix-halo",   "big-little",
                           "asahi-mac-mini", "epyc-256",   "container-v1", "container-v2"};

int main(void)
{
    bool utf8;
    static const struct CMUnitTest tests[] = {
        {names[0], machine, NULL, NULL, names[0]},
        {names[1], machine, NULL, NULL, names[1]},
        {names[2], machine, NULL, NULL, names[2]},
        {names[3], machine, NULL, NULL, names[3]},
        {names[4], machine, NULL, NULL, names[4]},
        {names[5], machine, NULL, NULL, names[5]},
        {names[6], machine, NULL, NULL, names[6]},
        {names[7], machine, NULL, NULL, names[7]},
        {"processes-intel", processes, NULL, NULL, names[0]},
        {"processes-amd", processes, NULL, NULL, names[1]},
        {"processes-epyc", processes, NULL, NULL, names[5]},
    };
    term_set_locale(&utf8);
    return cmocka_run_group_tests_name("machines", tests, NULL, NULL);
}
