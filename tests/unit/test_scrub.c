/* What a recording must not hold is not in it, and the parsers see the same machine as before. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "sampling/linux/process_parse.h"
#include "sampling/process.h"
#include "sampling/recorded_read.h"
#include "sampling/scrub.h"
#include "sampling/service/service.h"

struct fixture {
    struct scrub *scrub;
    struct buf key, out;
};

static int set_up(void **state)
{
    static struct fixture f;
    const struct scrub_identity id = {
        .users = {"ann", "ollama"},
        .hosts = {"annas-mac.example.org", "annas-mac"},
        .homes = {"/data/people/ann", "/root"},
    };
    f.scrub = scrub_new(&id);
    buf_init(&f.key, 4096);
    buf_init(&f.out, 1 << 20);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    scrub_free(f->scrub);
    buf_release(&f->key);
    buf_release(&f->out);
    return 0;
}

static void test_texts(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"", ""},
        {"plain text, 12:34:56 and 1.5", "plain text, 12:34:56 and 1.5"},
        {"/home/bob/x /Users/bob", "/home/user/x /home/user"},
        {"/data/people/ann/models", "/home/user/models"},
        {"/data/people/anna", "/data/people/anna"},
        {"ann@annas-mac.example.org", "user@host"},
        {"annas-mac joann ann_ ann-box", "host joann ann_ user-box"},
        {"ollama serve", "ollama serve"},
        {"http://192.168.1.5:8188/prompt", "http://192.0.2.1:8188/prompt"},
        {"http://127.0.0.1:8188 0.0.0.0 [::1]:80 ::", "http://127.0.0.1:8188 0.0.0.0 [::1]:80 ::"},
        {"10.0.0.7 192.168.1.5 10.0.0.7", "192.0.2.2 192.0.2.1 192.0.2.2"},
        {"  enxa0b1c2d3e4f5: 1 2", "  enx020000000003: 1 2"},
        {"link/ether a0:b1:c2:d3:e4:f6 x", "link/ether 02:00:00:00:00:04 x"},
        {"enxa0b1c2d3e4f enxa0b1c2d3e4f5a a0:b1:c2:d3:e4", /* too short, too long */
         "enxa0b1c2d3e4f enxa0b1c2d3e4f5a a0:b1:c2:d3:e4"},
        {"[fe80::1]:80", "[2001:db8::5]:80"},
        {"/sys/bus/usb/1-1.2.3.4/x 300.1.1.1", "/sys/bus/usb/1-1.2.3.4/x 300.1.1.1"},
        {"https://ann:pw@x/y?api_key=abc&n=1", "https://***@host1.example/y?api_key=***&n=1"},
        {"http://gpu-box:11434/api/gpu-box http://localhost:1 http://annas-mac:1/",
         "http://host2.example:11434/api/gpu-box http://localhost:1 http://host:1/"},
        {"sk-abcdefghijkl hf_abcdefghijkl", "*** ***"},
        {"HF_TOKEN=abc --api-key=def x", "HF_TOKEN=*** --api-key=*** x"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf_clear(&f->out);
        scrub_text(f->scrub, rows[i].from, strlen(rows[i].from), &f->out);
        assert_string_equal(f->out.data, rows[i].to);
    }
}

#define BYTES(text) text, sizeof(text) - 1

static void test_reads(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *key, *data;
        size_t size;
        const char *want; /* NULL: left out */
        size_t want_size;
    } rows[] = {
        {"file /proc/sys/kernel/hostname", BYTES("annas-mac\n"), BYTES("host\n")},
        {"file /proc/stat", BYTES("cpu0 1 2\nintr 1 2 3\nctxt 4\nsoftirq 1\nprocesses 7\n"),
         BYTES("cpu0 1 2\nctxt 4\nprocesses 7\n")},
        {"file /proc/vmstat", BYTES("nr_free 1\npswpin 2\npswpout 3\n"),
         BYTES("pswpin 2\npswpout 3\n")},
        {"file /proc/cpuinfo", BYTES("model name : X\nSerial : 100000001234\n"),
         BYTES("model name : X\n")},
        {"file /proc/7/environ", BYTES("A=b"), NULL, 0},
        {"env SECRET", BYTES("x"), NULL, 0},
        {"env OLLAMA_HOST", BYTES("10.1.1.1:1234"), BYTES("192.0.2.1:1234")},
        {"sysctl kern.hostname", BYTES("annas-mac.local"), BYTES("host\n")},
        {"sysctl hw.model", BYTES("Mac16,11"), BYTES("Mac16,11")},
        {"sysctl kern.osrelease", BYTES("25.1.0.0"), BYTES("25.1.0.0")},
        {"arguments 7", BYTES("/Users/ann/bin/curl\0-H\0Authorization: x\0"), BYTES("curl\0")},
        {"arguments 8", BYTES("/Applications/Ollama.app/Contents/Resources/ollama\0serve\0"),
         BYTES("/Applications/Ollama.app/Contents/Resources/ollama\0serve\0")},
        {"processes", BYTES("7 1 501 1763728000123456 R ann\n"),
         BYTES("7 1 501 1763728000123456 R user\n")},
        {"listening sockets", BYTES("80 501 1 11434 6 ::\n81 501 2 80 4 10.1.1.1\n"),
         BYTES("80 501 1 11434 6 ::\n81 501 2 80 4 192.0.2.1\n")},
        {"file /sys/class/dmi/id/product_serial", BYTES("C02XYZ"), NULL, 0},
        {"file /sys/class/dmi/id/board_asset_tag", BYTES("C02XYZ"), NULL, 0},
        {"file /sys/class/drm/card0/device/unique_id", BYTES("18d5a1"), NULL, 0},
        {"file /sys/class/power_supply/BAT0/serial_number", BYTES("12345"), NULL, 0},
        {"file /sys/class/drm/card0/device/gpu_metrics", BYTES("\x78\x00\x01\x03"),
         BYTES("\x78\x00\x01\x03")},
        {"drm clients", BYTES("scope own 1000\nprocess 4 renderD128\ndrm-driver: xe\n"),
         BYTES("scope own 1000\nprocess 4 renderD128\ndrm-driver: xe\n")},
        {"pci.ids 1002:744c:c8", BYTES("AMD Radeon RX 7900 XTX"), BYTES("AMD Radeon RX 7900 XTX")},
        {"file /run/.containerenv", BYTES("name=\"ann\""), BYTES("")},
        {"file /proc/7/status", BYTES("Name:\tann\nUid:\t1000\t1000\t1000\t1000\nGid:\t5\n"),
         BYTES("Uid:\t1000\t1000\t1000\t1000\n")},
        {"link /proc/7/fd/3", BYTES("socket:[5]"), BYTES("socket:[5]")},
        {"link /proc/7/fd/4", BYTES("/home/ann/letter.txt"), NULL, 0},
        {"link /proc/7/ns/net", BYTES("net:[40]"), BYTES("net:[40]")},
        /* another program: its name */
        {"file /proc/7/cmdline", BYTES("/home/ann/bin/curl\0-H\0Authorization: x\0"),
         BYTES("curl\0")},
        {"file /proc/7/cmdline", BYTES("sshd: ann@pts/0\0"), BYTES("sshd\0")},
        {"file /proc/7/cmdline", BYTES("ollama\0run\0llama\0a secret prompt\0"), BYTES("ollama\0")},
        {"file /proc/7/cmdline", BYTES(""), BYTES("")},
        /* a service: what it was told, without secrets */
        {"file /proc/7/cmdline",
         BYTES("/home/ann/v/bin/python\0main.py\0--port\0"
               "8188\0--listen\0"
               "192.168.7.7\0--lowvram\0--api-key\0abc\0"),
         BYTES("/home/user/v/bin/python\0main.py\0--port\0"
               "8188\0--listen\0"
               "192.0.2.2\0--lowvram\0--api-key\0***\0")},
        {"probe disk /",
         BYTES("100 50 nas.home:/export/ann /mnt/ann\n100 50 /dev/sda1 /home/ann\n"),
         BYTES("100 50 host:/export/user /mnt/user\n100 50 /dev/sda1 /home/user\n")},
        {"probe disk list", BYTES("/dev/mapper/annas--mac-root /\n/dev/sda1 /home/ann\n"),
         BYTES("/dev/mapper/host-root /\n/dev/sda1 /home/user\n")},
        {"something new", BYTES("ann lives in /home/ann"), BYTES("user lives in /home/user")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool kept = scrub_read(f->scrub, rows[i].key, 0, rows[i].data, rows[i].size, &f->key,
                               &f->out);
        assert_int_equal(kept, rows[i].want != NULL);
        if (kept) {
            assert_int_equal(f->out.size, rows[i].want_size);
            assert_memory_equal(f->out.data, rows[i].want, rows[i].want_size);
            assert_string_equal(f->key.data, rows[i].key);
        }
    }
    /* of a read that failed the key is kept */
    assert_true(scrub_read(f->scrub, "file /home/ann/x", 5, "", 0, &f->key, &f->out));
    assert_string_equal(f->key.data, "file /home/user/x");
    assert_int_equal(f->out.size, 0);
}

static void test_answers_of_services(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *key, *data, *want;
    } rows[] = {
        {"http GET http://127.0.0.1:8188/api/jobs?status=in_progress",
         "200 0.01\n{\"jobs\":[{\"id\":\"a-1\",\"status\":\"in_progress\",\"prompt\":\"a cat\",\"outputs\":{\"x\":1}}],\"pagination\":{\"who\":\"ann\"}}",
         "200 0.01\n{\"jobs\":[{\"id\":\"a-1\",\"status\":\"in_progress\"}]}"},
        {"http GET http://127.0.0.1:8188/system_stats",
         "200 0.01\n{\"system\":{\"argv\":[\"main.py\",\"--token\",\"abc\",\"/home/ann/x\"],\"comfyui_version\":\"0.33.0\"},\"devices\":[{\"name\":\"cpu\"}]}",
         "200 0.01\n{\"system\":{\"argv\":[\"main.py\",\"--token\",\"***\",\"/home/user/x\"],\"comfyui_version\":\"0.33.0\"},\"devices\":[{\"name\":\"cpu\"}]}"},
        {"http GET http://127.0.0.1:11434/api/ps",
         "200 0.01\n{\"models\":[{\"name\":\"qwen3:8b\",\"size\":5000000000,\"details\":{\"family\":\"qwen\"},\"template\":\"You are\"}]}",
         "200 0.01\n{\"models\":[{\"name\":\"qwen3:8b\",\"size\":5000000000,\"details\":{\"family\":\"qwen\"}}]}"},
        {"http GET http://127.0.0.1:1/api/ps", "200 0.01\n<html>ann</html>",
         "200 0.01\n(it was not JSON and was left out)"},
        {"http GET http://127.0.0.1:1/api/ps", "200 0.01\n{\"ann\":{\"a ann\":[1]}}",
         "200 0.01\n{\"user\":{\"a user\":[1]}}"},
        {"http GET http://127.0.0.1:1/system_stats",
         "200 0.01\n{\"argv\":[[\"ann\"],\"x\",{\"a\":\"ann\"},7],\"b\":{\"argv\":\"a ann\"}}",
         "200 0.01\n{\"argv\":[\"x\"],\"b\":{\"argv\":\"a user\"}}"},
        {"http GET http://127.0.0.1:1/api/ps", "500 0.01\n{\"error\":\"ann\"}", "500 0.01\n"},
        {"http GET http://127.0.0.1:1/api/ps", "200 0.01\n", "200 0.01\n"},
        {"http GET http://127.0.0.1:1/api/ps", "200 0.01\n\"ann\"", "200 0.01\n\"\""},
        {"http GET http://127.0.0.1:1/api/ps", "no line", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(scrub_read(f->scrub, rows[i].key, 0, rows[i].data, strlen(rows[i].data),
                               &f->key, &f->out));
        assert_string_equal(f->out.data, rows[i].want);
    }
    assert_true(
        scrub_read(f->scrub, "ask GET http://10.1.2.3:8188/prompt", 0, "", 0, &f->key, &f->out));
    assert_string_equal(f->key.data, "ask GET http://192.0.2.1:8188/prompt");
}

/* The same sockets come out, those on other addresses than loopback moved. */
static void test_sockets(void **state)
{
    struct fixture *f = *state;
    static const char v4[] =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
        "   0: 0100007F:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1 x\n"
        "   1: 0501A8C0:1FFC 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 12 1 x\n"
        "   2: 0100007F:9999 0701A8C0:01BB 01 00000000:00000000 00:00000000 00000000  1000        0 13 1 x\n";
    static const char v6[] =
        "  sl\n"
        "   0: 00000000000000000000000001000000:2CAA 0:0 0A 0:0 0:0 0 5 0 14\n"
        "   1: 0000000000000000FFFF00000501A8C0:1F90 0:0 0A 0:0 0:0 0 5 0 15\n"
        "   2: 0000000000000000FFFF00000100007F:1F91 0:0 0A 0:0 0:0 0 5 0 16\n";
    struct listener rows[8];
    size_t count = 0;
    assert_true(scrub_read(f->scrub, "head /proc/net/tcp", 0, v4, sizeof v4 - 1, &f->key, &f->out));
    assert_null(strstr(f->out.data, "A8C0"));
    listener_parse(f->out.data, f->out.size, false, rows, 8, &count);
    assert_int_equal(count, 2);
    assert_true(rows[0].loopback && rows[0].port == 0x2CAA && rows[0].inode == 11);
    assert_string_equal(rows[1].address, "192.0.2.1");
    assert_true(!rows[1].loopback && rows[1].port == 0x1FFC && rows[1].uid == 1001);
    count = 0;
    assert_true(
        scrub_read(f->scrub, "head /proc/net/tcp6", 0, v6, sizeof v6 - 1, &f->key, &f->out));
    listener_parse(f->out.data, f->out.size, true, rows, 8, &count);
    assert_int_equal(count, 3);
    assert_true(rows[0].loopback && rows[0].ipv6 && rows[0].inode == 14);
    assert_string_equal(rows[1].address, "192.0.2.1"); /* the same as in the other table */
    assert_false(rows[1].ipv6);
    assert_string_equal(rows[2].address, "127.0.0.1");
}

/* Texts of services are as long and as odd as they like: each byte is looked at a few times. */
/* What it costs to scrub so many bytes of what looks like an address again and again. */
static int64_t cost_ns(struct fixture *f, char *text, size_t bytes)
{
    static const char *const parts[] = {"@",       "://",    "://a@", "a.",    "a=",  "token=a&",
                                        "/home/a", "ann@",   "1.2.",  "::",    "x-",  "10.0.0.7 ",
                                        "x:y@",    "sk-abc", "/",     "enx0/", "a0:", "-"};
    const int64_t begun = clock_thread_cpu_ns();
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const size_t size = strlen(parts[i]);
        for (size_t at = 0; at < bytes; at++) {
            text[at] = parts[i][at % size];
        }
        buf_clear(&f->out);
        scrub_text(f->scrub, text, bytes, &f->out);
        assert_true(f->out.size > 0);
    }
    return clock_thread_cpu_ns() - begun;
}

/* Eight times the text takes eight times as long; it was 64 times. Of the short one the quickest of
 * three counts, so that a machine that hesitates there hides nothing. */
static void test_long_texts_take_no_time(void **state)
{
    enum { LONG = 1 << 19, SHORT = LONG / 8, ROUNDS = 3 };
    static char text[LONG];
    int64_t short_ns = INT64_MAX;
    for (int i = 0; i < ROUNDS; i++) {
        const int64_t ns = cost_ns(*state, text, SHORT);
        short_ns = ns < short_ns ? ns : short_ns;
    }
    const int64_t long_ns = cost_ns(*state, text, LONG);
    if (long_ns > 32 * short_ns) {
        fail_msg("%.3f s for %d KiB, %.3f s for %d KiB", (double)long_ns / 1e9, LONG >> 10,
                 (double)short_ns / 1e9, SHORT >> 10);
    }
}

static void test_lines_come_back(void **state)
{
    (void)state;
    struct buf line;
    struct recorded_read r;
    struct err err = ERR_INIT;
    buf_init(&line, RECORDED_LINE_MAX);
    recorded_read_init(&r);
    char all[256];
    for (int i = 0; i < 256; i++) {
        all[i] = (char)i;
    }
    const struct {
        const char *data;
        size_t size;
    } rows[] = {{"", 0},
                {"a", 1},
                {"\"\\/\b\f\n\r\t\x1f", 9},
                {"\xf0\x9f\x98\x80\xc3\xa9", 6},
                {all, 256},
                {all, 255},
                {all, 254},
                {"a\0b", 3},
                {"\xed\xa0\x80", 3}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf_clear(&line);
        recorded_read_write(&line, 12345, "cpu", "file /a \"b\"", 0, rows[i].data, rows[i].size);
        assert_int_equal(line.data[line.size - 1], '\n');
        assert_int_equal(recorded_read_parse(line.data, line.size - 1, &r, &err), 0);
        assert_int_equal(r.t_ns, 12345);
        assert_string_equal(r.source, "cpu");
        assert_string_equal(r.key.data, "file /a \"b\"");
        assert_int_equal(r.code, 0);
        assert_int_equal(r.data.size, rows[i].size);
        assert_memory_equal(r.data.data, rows[i].data, rows[i].size);
        /* no line that is cut is a read */
        for (size_t size = 0; size < line.size - 1; size++) {
            assert_int_equal(recorded_read_parse(line.data, size, &r, &err), -ERR_PARSE);
        }
    }
    for (int code = 1; code < ERR_COUNT; code++) {
        buf_clear(&line);
        recorded_read_write(&line, 0, "s", "k", code, "left out", 8);
        assert_int_equal(recorded_read_parse(line.data, line.size - 1, &r, &err), 0);
        assert_int_equal(r.code, code);
        assert_int_equal(r.data.size, 0);
    }
    recorded_read_release(&r);
    buf_release(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_answers_of_services, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sockets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_texts_take_no_time, set_up, tear_down),
        cmocka_unit_test(test_lines_come_back),
    };
    return cmocka_run_group_tests_name("scrub", tests, NULL, NULL);
}
