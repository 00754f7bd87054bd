/*
 * A recording of a Mac plays on any system: one of a Mac that is not here, made by the recorder
 * from the sources of macOS, gives sample by sample what was measured. With the name of a folder
 * that is not there yet as its argument, this program keeps the recording in it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "cli/status_json.h"
#include "sampling/collector.h"
#include "sampling/platform.h"
#include "sampling/reader_recording.h"
#include "sampling/record.h"
#include "tests/darwin_fake.h"
#include "tests/unit/world.h"

/* What is recorded here is a Mac, wherever this runs. */
const struct platform *const platform_here = &platform_darwin;

enum { SAMPLES = 8, CORES = 4, ANSWERS = 32, TEXT_BYTES = 512, UNUSED_PORT = 9 };

static const char *keep_in;

struct mac {
    char ticks[TEXT_BYTES], memory[TEXT_BYTES], usage[TEXT_BYTES], sockets[TEXT_BYTES];
    struct fake_answer answers[ANSWERS];
};

/* The Mac at second `at`: of each 100 ticks of a core 10, 20, 30 and 40 are busy, the server uses
 * half a core and 64 MiB more each second. */
static void mac_at(struct mac *mac, int at, int port)
{
    size_t used = 0;
    for (int core = 0; core < CORES; core++) {
        int busy = (core + 1) * 10 * at;
        used += (size_t)snprintf(mac->ticks + used, sizeof mac->ticks - used, "%d %d 0 %d 0\n",
                                 core, 1000 + busy, 90000 + 100 * at - busy);
    }
    /* In pages of 16 KiB: 65536 are 1 GiB. */
    snprintf(mac->memory, sizeof mac->memory,
             "page_bytes 16384\nfree %d\nspeculative 65536\nwired 196608\ninternal %d\n"
             "external 262144\npurgeable 65536\ncompressor 131072\nswapins 12\nswapouts 34\n",
             131072 - 4096 * at, 720896 + 4096 * at);
    snprintf(mac->usage, sizeof mac->usage, "1763728000123456 %lld %lld %lld\n",
             (long long)at * NS_PER_S / 2, 1000LL, (1024LL + 64 * at) << 20);
    snprintf(mac->sockets, sizeof mac->sockets, "80 501 111 %d 4 127.0.0.1\n", port);
    const struct fake_answer answers[] = {
        {"kern.hostname", "annas-studio.local", 0, 0},
        {"kern.osproductversion", "26.1", 0, 0},
        {"kern.osrelease", "25.1.0", 0, 0},
        {"machdep.cpu.brand_string", "Apple M4 Pro", 0, 0},
        {"hw.model", "Mac16,11", 0, 0},
        {"kern.hv_vmm_present", "0", 0, 0},
        {"boot", "1763720800500000\n", 0, 0},
        {"ticks", mac->ticks, 0, 0},
        {"hw.nperflevels", "2", 0, 0},
        {"hw.perflevel0.logicalcpu", "2", 0, 0},
        {"hw.perflevel0.name", "Performance", 0, 0},
        {"hw.perflevel1.logicalcpu", "2", 0, 0},
        {"hw.perflevel1.name", "Efficiency", 0, 0},
        {"clusters", "0 E\n1 E\n2 P\n3 P\n", 0, 0},
        {"load", "1.5 2 3.25\n", 0, 0},
        {"hw.memsize", "25769803776", 0, 0},
        {"memory", mac->memory, 0, 0},
        {"swap", "2147483648 1073741824\n", 0, 0},
        {"kern.memorystatus_vm_pressure_level", "1", 0, 0},
        {"iogpu.wired_limit_mb", "20480", 0, 0},
        {"thermal", "1", 0, 0},
        {"processes",
         "1 0 0 1763720800500000 R launchd\n"
         "70 1 501 1763728000000001 R Safari\n"
         "80 1 501 1763728000123456 R ollama\n",
         0, 0},
        {"arguments 70", "/Applications/Safari.app/Contents/MacOS/Safari\0--secret-page", 61, 0},
        {"arguments 80", "/Applications/Ollama.app/Contents/Resources/ollama\0serve", 56, 0},
        {"usage 80", mac->usage, 0, 0},
        {"sockets 0", mac->sockets, 0, 0},
        {"disk", "494384795648 200000000000 /dev/disk3s1s1 /\n", 0, 0},
        {NULL, NULL, 0, 0}};
    memcpy(mac->answers, answers, sizeof answers);
    fake_mac(mac->answers);
}

/* A model as JSON without what a recording leaves out (the name of the host) and what belongs to
 * the asking, not to the machine: what it cost, and at which step a server's answer came. */
static char *text_of(const struct model *m)
{
    cJSON *root = status_json(m, 0);
    cJSON_DeleteItemFromObjectCaseSensitive(root, "sources");
    cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(root, "host"), "name");
    for (cJSON *row = cJSON_GetObjectItemCaseSensitive(root, "services")->child; row;
         row = row->next) {
        cJSON_DeleteItemFromObjectCaseSensitive(row, "answer_seconds");
        cJSON_DeleteItemFromObjectCaseSensitive(row, "age_seconds");
        cJSON_DeleteItemFromObjectCaseSensitive(row, "models_age_seconds");
        cJSON_DeleteItemFromObjectCaseSensitive(row, "health");
        for (cJSON *model = cJSON_GetObjectItemCaseSensitive(row, "models")->child; model;
             model = model->next) {
            cJSON_DeleteItemFromObjectCaseSensitive(model, "unload_at");
        }
    }
    char *text = json_print_pretty(root);
    cJSON_Delete(root);
    return text;
}

static void make_folder(char dir[64])
{
    if (keep_in) {
        snprintf(dir, 64, "%s", keep_in);
        return;
    }
    snprintf(dir, 64, "/tmp/tunetop-test.XXXXXX");
    assert_non_null(mkdtemp(dir));
}

static void remove_folder(const char *dir)
{
    static const char *const names[] = {"meta.json", "reads.jsonl"};
    for (size_t i = 0; i < 2 && !keep_in; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    assert_true(keep_in || rmdir(dir) == 0);
}

/* Records SAMPLES samples, a second apart; the texts of their models are malloc'ed into `texts`. */
static void record_mac(const char *dir, int port, char *texts[SAMPLES])
{
    struct err err = ERR_INIT;
    struct mac mac;
    struct clock_manual time = {.mono_ns = 1000 * NS_PER_S,
                                .wall_ns = INT64_C(1763730000) * NS_PER_S};
    const struct clock_ops clock = clock_manual_ops(&time);
    static const struct scrub_identity nobody = {.users = {NULL}};
    struct record *record = record_new(dir, scrub_new(&nobody), &clock, &err);
    struct reader *reader = reader_new_kernel();
    struct config config;
    char yaml[256];
    assert_non_null(record);
    config_init(&config);
    snprintf(yaml, sizeof yaml,
             "services: [{name: away, kind: comfyui, version: '0.33.0', "
             "url: 'http://127.0.0.1:%d'}]\n",
             UNUSED_PORT);
    assert_int_equal(config_parse(&config, "t.yaml", yaml, strlen(yaml), &err), 0);
    reader_set_tee(reader, record_tee, record);
    mac_at(&mac, 0, port);
    const struct collector_options options = {.config = &config,
                                              .reader = reader,
                                              .clock = clock,
                                              .interval_ns = NS_PER_S,
                                              .exact = true,
                                              .services = true};
    struct collector *c = collector_new(&options, &err);
    assert_non_null(c);
    for (int i = 0; i < SAMPLES; i++) {
        mac_at(&mac, i, port);
        collector_step(c);
        const struct model *m = collector_take(c);
        assert_non_null(m);
        texts[i] = text_of(m);
        if (i == SAMPLES - 1) {
            assert_int_equal(record_write_meta(record, m, platform_of(reader)->name, "1.0.0", &err),
                             0);
        }
        usleep(50000); /* a pace, not a promise: real servers answer while it goes on */
        clock_manual_advance(&time, NS_PER_S);
    }
    assert_true(collector_free(c));
    assert_int_equal(record_close(record, &err), 0);
    reader_free(reader);
    config_release(&config);
}

static void replay_mac(const char *dir, char *texts[SAMPLES])
{
    struct err err = ERR_INIT;
    static const struct fake_answer nothing[] = {{NULL, NULL, 0, 0}};
    struct clock_manual time = {.mono_ns = 0};
    const struct clock_ops clock = clock_manual_ops(&time);
    struct reader *reader = reader_new_recording(dir, &clock, &err);
    struct config config;
    fake_mac(nothing); /* whoever asks it all the same learns nothing */
    assert_non_null(reader);
    assert_ptr_equal(platform_of(reader), &platform_darwin);
    config_init(&config);
    time = (struct clock_manual){.mono_ns = reader_first_ns(reader),
                                 .wall_ns = reader_wall_start_ns(reader)};
    const struct collector_options options = {.config = &config,
                                              .reader = reader,
                                              .clock = clock,
                                              .interval_ns = NS_PER_S,
                                              .exact = true,
                                              .services = true};
    struct collector *c = collector_new(&options, &err);
    assert_non_null(c);
    for (int i = 0; i < SAMPLES; i++) {
        collector_step(c);
        const struct model *m = collector_take(c);
        assert_non_null(m);
        texts[i] = text_of(m);
        int64_t next_ns = reader_sample_after(reader, time.mono_ns);
        assert_true(next_ns > 0 || i == SAMPLES - 1);
        clock_manual_advance(&time, next_ns > 0 ? next_ns - time.mono_ns : 0);
    }
    assert_true(collector_free(c));
    reader_free(reader);
    config_release(&config);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part)) {
        print_error("%s\n", text);
        fail_msg("'%s' is not in it", part);
    }
}

static void test_plays(void **state)
{
    /* A recording that is kept is a fixture: its server is where Ollama is. */
    const char *const argv[] = {"ollama", "--kind", "ollama", "--port", keep_in ? "11434" : "0",
                                NULL};
    struct fake fake;
    char dir[64], *live[SAMPLES], *played[SAMPLES];
    (void)state;
    world_own_network();
    make_folder(dir);
    assert_true(fake_start(&fake, argv));
    record_mac(dir, fake.port, live);
    fake_stop(&fake);
    replay_mac(dir, played);
    const char *last = played[SAMPLES - 1];
    static const char *const parts[] = {"\"macOS 26.1\"",   "\"Apple M4 Pro\"", "\"Mac16,11\"",
                                        "\"name\":\t\"P\"", "\"pid\":\t80",     "\"away\"",
                                        "\"down\"",         "\"fair\"",         "494384795648"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        assert_has(last, parts[i]);
    }
    /* From when the server has answered everything. */
    for (int i = SAMPLES / 2; i < SAMPLES; i++) {
        assert_string_equal(played[i], live[i]);
    }
    for (int i = 0; i < SAMPLES; i++) {
        cJSON_free(live[i]);
        cJSON_free(played[i]);
    }
    remove_folder(dir);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plays)};
    keep_in = argc > 1 ? argv[1] : NULL;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
