/* Plans with flags: in a command line, and in the variable from which an image of ComfyUI takes
 * them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/plan_place.h"

static const char place[] =
    "  - {name: comfyui, kind: comfyui, config: {type: compose, file: compose.yaml}}\n";

static int set_up(void **state)
{
    (void)state;
    on(&(struct test_machine){"AMD Ryzen 9", 64, .performance = 16, .card = CARD_NVIDIA,
                              .vram_gb = 24});
    return 0;
}

static void make_typed(const struct plan_typed *typed, size_t count)
{
    if (make_with((struct plan_wish){.typed = typed, .typed_count = count}) < 0) {
        fail_msg("%s: %s", failure.where, failure.msg);
    }
}

static void make_set(const char *name, const char *value)
{
    make_typed(&(struct plan_typed){name, value, NULL}, 1);
}

/* What the file becomes; NULL: it stays. */
static const char *text_of(const char *name)
{
    for (size_t i = 0; i < plan.file_count; i++) {
        if (strcmp(strrchr(plan.files[i].source->path, '/') + 1, name) == 0) {
            return plan.files[i].text;
        }
    }
    return NULL;
}

static void assert_has(const char *text, const char *part)
{
    if (!text || !strstr(text, part)) {
        fail_msg("'%s' is not in:\n%s", part, text ? text : "(unchanged)");
    }
}

static const struct plan_row *row_of(const char *setting)
{
    for (size_t i = 0; i < plan.row_count; i++) {
        if (strcmp(plan.rows[i].setting, setting) == 0) {
            return &plan.rows[i];
        }
    }
    fail_msg("no row for %s", setting);
    return NULL;
}

/* Applied, the same is wished again. */
static void assert_settled(const struct plan_typed *typed, size_t count)
{
    for (size_t i = 0; i < plan.file_count; i++) {
        put(strrchr(plan.files[i].source->path, '/') + 1, plan.files[i].text);
    }
    look(place);
    make_typed(typed, count);
    assert_int_equal(plan.change_count, 0);
    assert_int_equal(plan.file_count, 0);
}

/* ---- in a command line ---- */

static void test_exclusive_flags(void **state)
{
    (void)state;
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: x\n"
                        "    command: python main.py --listen --lowvram\n");
    look(place);
    make_set("--highvram", "1");
    const struct plan_change *gone = change_of("comfyui", "--lowvram");
    const struct plan_change *here = change_of("comfyui", "--highvram");
    assert_non_null(gone);
    assert_non_null(here);
    assert_null(gone->to);
    assert_non_null(strstr(gone->reason, "excludes"));
    assert_null(strstr(plan.files[0].text, "--lowvram"));
    assert_non_null(strstr(plan.files[0].text, "--highvram"));
    assert_null(strstr(plan.files[0].text, "--highvram 1")); /* it stands alone */
}

static void test_bare_flag_off(void **state)
{
    (void)state;
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: x\n"
                        "    command: [python, main.py, --lowvram, --listen]\n");
    look(place);
    make_set("--lowvram", "0");
    assert_null(strstr(plan.files[0].text, "--lowvram"));
    assert_non_null(strstr(plan.files[0].text, "--listen"));
    make_set("--lowvram", "1");
    assert_null(change_of("comfyui", "--lowvram"));
}

/* What the catalog tells of together is not one setting: each is written under its own name, and
 * several of them are. */
static void test_other_names(void **state)
{
    static const struct plan_typed typed[] = {{"--use-pytorch-cross-attention", "1", NULL},
                                              {"--fp32-vae", "1", NULL},
                                              {"--bf16-text-enc", "1", NULL},
                                              {"--disable-cuda-malloc", "1", NULL},
                                              {"--input-directory", "/in", NULL},
                                              {"--output-directory", "/out", NULL}};
    static const struct plan_left_out left_out = {NULL, "--fp32-unet"};

    (void)state;
    put("compose.yaml", "services:\n  comfyui:\n    image: x\n    command: python main.py\n");
    look(place);
    assert_int_equal(
        make_with((struct plan_wish){
            .typed = typed, .typed_count = 6, .left_out = &left_out, .left_out_count = 1}),
        0);
    for (size_t i = 0; i < 6; i++) {
        const struct plan_change *c = change_of("comfyui", typed[i].name);
        if (!c) {
            fail_msg("%s", typed[i].name);
        }
        assert_non_null(strstr(plan.files[0].text, typed[i].name));
    }
    assert_null(strstr(plan.files[0].text, "--use-split"));
    assert_null(strstr(plan.files[0].text, "--force-fp32"));
    assert_null(strstr(plan.files[0].text, " --cuda-malloc"));
    assert_null(strstr(plan.files[0].text, "--base-directory"));
    /* Two that exclude each other: what was given first stays. */
    assert_int_equal(make_with((struct plan_wish){
                         .typed = (const struct plan_typed[]){{"--fp32-vae", "1", NULL},
                                                              {"--bf16-vae", "1", NULL}},
                         .typed_count = 2}),
                     -ERR_USAGE);
    assert_non_null(strstr(failure.msg, "exclude"));
}

/* ---- where the variable stands ---- */

static void test_two_flags(void **state)
{
    static const struct plan_typed typed[] = {{"--highvram", "1", NULL},
                                              {"--reserve-vram", "2", NULL}};

    (void)state;
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: docker.io/yanwk/comfyui-boot:cu124\n"
                        "    environment:\n"
                        "      CLI_ARGS: \"--listen  --lowvram --reserve-vram 0.5\" # mine\n");
    look(place);
    make_typed(typed, 2);
    assert_has(text_of("compose.yaml"),
               "      CLI_ARGS: \"--listen --reserve-vram 2 --highvram\" # mine\n");
    const struct plan_change *c = change_of("comfyui", "--reserve-vram");
    assert_non_null(c);
    assert_string_equal(c->name, "--reserve-vram");
    assert_string_equal(c->from, "0.5");
    assert_string_equal(c->to, "2");
    assert_has(c->reason, "its image takes flags from CLI_ARGS");
    c = change_of("comfyui", "--highvram");
    assert_non_null(c);
    assert_null(c->from);
    assert_string_equal(c->to, "");
    c = change_of("comfyui", "--lowvram");
    assert_non_null(c);
    assert_string_equal(c->from, "");
    assert_null(c->to);
    assert_has(c->reason, "--highvram excludes it");
    assert_null(change_of("comfyui", "CLI_ARGS"));
    assert_string_equal(row_of("--reserve-vram")->in_file, "0.5");
    assert_settled(typed, 2);
    assert_true(row_of("--highvram")->same);
}

/* A known image whose variable nobody has set. */
static void test_new(void **state)
{
    static const struct plan_typed typed[] = {{"--highvram", "1", NULL}};

    (void)state;
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: ghcr.io/ai-dock/comfyui:v2\n"
                        "    environment:\n"
                        "      - TZ=UTC\n");
    look(place);
    make_typed(typed, 1);
    assert_has(text_of("compose.yaml"), "      - TZ=UTC\n");
    assert_has(text_of("compose.yaml"), "COMFYUI_ARGS=--highvram");
    assert_settled(typed, 1);
}

/* Of an image that nobody knows the variable tells. */
static void test_unknown_image(void **state)
{
    (void)state;
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    build: .\n"
                        "    environment: [TZ=UTC, 'CLI_ARGS=--lowvram']\n");
    look(place);
    make_set("--lowvram", "0");
    assert_has(text_of("compose.yaml"), "[TZ=UTC, 'CLI_ARGS=']");
    make_set("--lowvram", "1");
    assert_null(change_of("comfyui", "--lowvram"));
    /* Its value is no flag: it is something else. */
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    build: .\n"
                        "    environment: [EXTRA_ARGS=fast]\n");
    look(place);
    make_set("--lowvram", "1");
    assert_null(change_of("comfyui", "--lowvram"));
    assert_has(skipped_of("comfyui", "--lowvram")->reason, "no command of its own");
}

static void test_dotenv(void **state)
{
    static const struct plan_typed typed[] = {{"--highvram", "1", NULL}};

    (void)state;
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: yanwk/comfyui-boot\n"
                        "    labels: {flags: \"${COMFY_FLAGS}\"}\n"
                        "    environment: {CLI_ARGS: \"${COMFY_FLAGS:---lowvram}\"}\n"
                        "  other:\n"
                        "    image: x\n"
                        "    environment: {A: \"${COMFY_FLAGS}\"}\n");
    put(".env", "TAG=1\nCOMFY_FLAGS=--listen --lowvram\n");
    look(place);
    make_typed(typed, 1);
    assert_has(text_of("compose.yaml"), "\"${COMFY_FLAGS:---lowvram}\"");
    assert_string_equal(text_of(".env"), "TAG=1\nCOMFY_FLAGS=--listen --highvram\n");
    const struct plan_change *c = change_of("comfyui", "--highvram");
    assert_has(c->reason, "COMFY_FLAGS fills it; also read by its own labels.flags, other");
    assert_settled(typed, 1);
    put(".env", "TAG=1\n"); /* what holds then is the other text */
    look(place);
    make_typed(typed, 1);
    assert_has(text_of(".env"), "COMFY_FLAGS=--highvram\n");
    assert_string_equal(row_of("--highvram")->of->name, "--highvram");
    assert_non_null(change_of("comfyui", "--lowvram"));
}

/* What stands behind ":-" holds of an empty name as well. */
static void test_dotenv_empty(void **state)
{
    static const char file[] = "services:\n"
                               "  comfyui:\n"
                               "    image: yanwk/comfyui-boot\n"
                               "    environment: {CLI_ARGS: \"${F%s---listen --lowvram}\"}\n";
    char text[256];

    (void)state;
    snprintf(text, sizeof text, file, ":");
    put("compose.yaml", text);
    put(".env", "F=\n");
    look(place);
    make_set("--highvram", "1");
    assert_string_equal(text_of(".env"), "F=--listen --highvram\n");
    snprintf(text, sizeof text, file, "");
    put("compose.yaml", text);
    look(place);
    make_set("--highvram", "1");
    assert_string_equal(text_of(".env"), "F=--highvram\n");
    put(".env", "F\n");
    look(place);
    make_set("--highvram", "1");
    assert_has(skipped_of("comfyui", "--highvram")->reason, "F comes from the environment");
    /* With the last flag out of it the other text would be back. */
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: yanwk/comfyui-boot\n"
                        "    environment: {CLI_ARGS: \"${F:---lowvram}\"}\n");
    put(".env", "A=1\n");
    look(place);
    make_set("--lowvram", "0");
    assert_null(text_of(".env"));
    assert_has(skipped_of("comfyui", "--lowvram")->reason, "F would be empty");
    assert_has(skipped_of("comfyui", "--lowvram")->by_hand, "take --lowvram out of CLI_ARGS");
    assert_string_equal(row_of("--lowvram")->in_file, "");
    assert_false(row_of("--lowvram")->same);
}

/* The same of a variable by itself. */
static void test_variable_empty(void **state)
{
    (void)state;
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: x\n"
                        "    environment: {PYTORCH_CUDA_ALLOC_CONF: \"${F:-a:1}\"}\n");
    put(".env", "F=\n");
    look(place);
    make_set("PYTORCH_CUDA_ALLOC_CONF", "a:1");
    assert_null(text_of(".env"));
    assert_string_equal(row_of("PYTORCH_CUDA_ALLOC_CONF")->in_file, "a:1");
    make_set("PYTORCH_CUDA_ALLOC_CONF", "");
    assert_null(text_of(".env"));
    assert_has(skipped_of("comfyui", "PYTORCH_CUDA_ALLOC_CONF")->reason, "with F empty 'a:1'");
}

static void test_env_file(void **state)
{
    (void)state;
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: yanwk/comfyui-boot\n"
                        "    env_file: a.env\n"
                        "  second:\n"
                        "    image: yanwk/comfyui-boot\n"
                        "    env_file: a.env\n");
    put("a.env", "CLI_ARGS=--listen --lowvram\n");
    look(place);
    make_set("--highvram", "1");
    assert_string_equal(text_of("a.env"), "CLI_ARGS=--listen --highvram\n");
    assert_has(change_of("comfyui", "--highvram")->reason, "second reads it there, too");
}

/* Two that share the line: both wishes, one text, and no two values. */
static void test_shared(void **state)
{
    static const char both[] =
        "  - {name: one, kind: comfyui, config: {type: compose, file: compose.yaml}}\n"
        "  - {name: two, kind: comfyui, url: \"http://127.0.0.1:2\", config: {type: compose, file: "
        "compose.yaml}}\n";
    static const struct plan_typed good[] = {{"--highvram", "1", "one"},
                                             {"--reserve-vram", "2", "two"}};
    static const struct plan_typed bad[] = {{"--reserve-vram", "1", "one"},
                                            {"--reserve-vram", "2", "two"}};
    static const struct plan_typed sets[] = {{"--highvram", "1", "one"}, {"--lowvram", "1", "two"}};

    (void)state;
    put("compose.yaml", "services:\n"
                        "  one: {image: yanwk/comfyui-boot, env_file: a.env}\n"
                        "  two: {image: yanwk/comfyui-boot, env_file: a.env}\n");
    put("a.env", "CLI_ARGS=--listen\n");
    look(both);
    make_typed(good, 2);
    assert_has(text_of("a.env"), "--highvram");
    assert_has(text_of("a.env"), "--reserve-vram 2");
    assert_non_null(change_of("one", "--highvram"));
    assert_non_null(change_of("two", "--reserve-vram"));
    make_typed(bad, 2);
    assert_has(text_of("a.env"), "--reserve-vram 1");
    assert_has(skipped_of("two", "--reserve-vram")->reason, "is '1' for --reserve-vram of one");
    make_typed(sets, 2);
    assert_has(text_of("a.env"), "--highvram");
    assert_null(strstr(text_of("a.env"), "--lowvram"));
    assert_non_null(skipped_of("two", "--lowvram"));
}

/* Whoever has his flag already keeps it. */
static void test_shared_whole(void **state)
{
    static const char both[] =
        "  - {name: one, kind: comfyui, config: {type: compose, file: compose.yaml}}\n"
        "  - {name: two, kind: comfyui, url: \"http://127.0.0.1:2\", config: {type: compose, file: "
        "compose.yaml}}\n";
    static const struct plan_typed typed[] = {{"--highvram", "1", "one"},
                                              {"CLI_ARGS", "--cpu", "two"}};
    static const struct plan_typed flags[] = {{"--fast", "autotune", "one"},
                                              {"--reserve-vram", "2", "two"}};

    (void)state;
    put("compose.yaml", "services:\n"
                        "  one: {image: yanwk/comfyui-boot, env_file: a.env}\n"
                        "  two: {image: yanwk/comfyui-boot, env_file: a.env}\n");
    put("a.env", "CLI_ARGS=--listen\n");
    for (size_t i = 0; i < 2; i++) {
        look(both);
        make_typed(typed, 2);
        assert_has(skipped_of("two", "CLI_ARGS")->reason, "for --highvram of one");
        assert_null(change_of("two", "CLI_ARGS"));
        if (i == 0) {
            assert_string_equal(text_of("a.env"), "CLI_ARGS=--listen --highvram\n");
            put("a.env", "CLI_ARGS=--listen --highvram\n");
        } else {
            assert_null(text_of("a.env"));
        }
    }
    /* One name, for which each of them has other flags: those of the second would be lost. */
    put("compose.yaml",
        "services:\n"
        "  one: {image: yanwk/comfyui-boot, environment: {CLI_ARGS: \"${F:---lowvram}\"}}\n"
        "  two: {image: yanwk/comfyui-boot, environment: {CLI_ARGS: \"${F:---cpu}\"}}\n");
    put(".env", "A=1\n");
    look(both);
    make_typed(flags, 2);
    assert_has(text_of(".env"), "F=--lowvram --fast autotune\n");
    assert_null(change_of("two", "--reserve-vram"));
    assert_has(skipped_of("two", "--reserve-vram")->reason, "one has other flags there");
    assert_non_null(skipped_of("two", "--reserve-vram")->by_hand);
}

/* A section that is extended is a service as well. */
static void test_extended_reads(void **state)
{
    (void)state;
    put("compose.yaml", "services:\n"
                        "  base:\n"
                        "    image: yanwk/comfyui-boot\n"
                        "    environment: [\"CLI_ARGS=${F:---lowvram}\"]\n"
                        "  comfyui:\n"
                        "    extends: base\n");
    put(".env", "F=--listen\n");
    look(place);
    make_set("--highvram", "1");
    assert_string_equal(text_of(".env"), "F=--listen --highvram\n");
    assert_has(change_of("comfyui", "--highvram")->reason, "F fills it; also read by base");
}

/* "env_file: .env": what fills the file in is in the containers as well. */
static void test_dotenv_is_env_file(void **state)
{
    static const char file[] = "services:\n"
                               "  comfyui:\n"
                               "    image: yanwk/comfyui-boot\n"
                               "    env_file: .env\n"
                               "%s"
                               "  two: {image: x, env_file: .env}\n"
                               "  three: {image: x, environment: {A: \"${CLI_ARGS}\"}}\n";
    char text[512];

    (void)state;
    put(".env", "CLI_ARGS=--listen\n");
    snprintf(text, sizeof text, file, "");
    put("compose.yaml", text);
    look(place);
    make_set("--highvram", "1");
    assert_has(change_of("comfyui", "--highvram")->reason, "three, two read it there, too");
    snprintf(text, sizeof text, file, "    environment: {CLI_ARGS: \"${CLI_ARGS}\"}\n");
    put("compose.yaml", text);
    look(place);
    make_set("--highvram", "1");
    assert_has(change_of("comfyui", "--highvram")->reason, "also read by three, two");
}

/* The names of thousands of services are not put into a sentence, nor looked for for minutes. */
static void test_thousands(void **state)
{
    enum { SERVICES = 3000, ROOM = SERVICES * 64 };
    char *text = calloc(1, ROOM);
    size_t n;

    (void)state;
    assert_non_null(text);
    n = (size_t)snprintf(text, ROOM,
                         "services:\n  comfyui: {image: yanwk/comfyui-boot, environment: "
                         "{CLI_ARGS: \"${F}\"}}\n");
    for (int i = 0; i < SERVICES; i++) {
        n += (size_t)snprintf(text + n, ROOM - n, "  s%d: {environment: {A: \"${F}\"}}\n", i);
    }
    put("compose.yaml", text);
    put(".env", "F=--listen\n");
    look(place);
    make_set("--highvram", "1");
    const struct plan_change *c = change_of("comfyui", "--highvram");
    assert_non_null(c);
    assert_has(c->reason, "also read by s0, s1, ");
    assert_has(c->reason, ", ...");
    assert_true(strlen(c->reason) < 4096);
    n = (size_t)snprintf(text, ROOM,
                         "services:\n  comfyui: {image: yanwk/comfyui-boot, environment: "
                         "{CLI_ARGS: \"--listen\"}}\n  other: {image: x}\n");
    for (int i = 0; i < SERVICES; i++) {
        n += (size_t)snprintf(text + n, ROOM - n, "  s%d: {extends: other, tty: true}\n", i);
    }
    put("compose.yaml", text);
    look(place);
    make_set("--highvram", "1");
    c = change_of("comfyui", "--highvram");
    assert_non_null(c);
    assert_has(c->reason, "perhaps another reads it there, too");
    free(text);
}

/* ---- what is not touched ---- */

static void test_refused(void **state)
{
    static const char *const values[][2] = {
        {"\"--listen --x 'a b'\"", "holds more than plain flags"},
        {"\"${A} --listen\"", "more than one plain name"},
        {"\"main.py --listen\"", "holds more than plain flags"},
        {"!reset \"--listen\"", "!reset"},
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        snprintf(text, sizeof text,
                 "services:\n  comfyui:\n    image: yanwk/comfyui-boot\n"
                 "    environment:\n      CLI_ARGS: %s\n",
                 values[i][0]);
        put("compose.yaml", text);
        look(place);
        make_set("--highvram", "1");
        assert_null(change_of("comfyui", "--highvram"));
        const struct plan_skipped *s = skipped_of("comfyui", "--highvram");
        assert_non_null(s);
        assert_true(s->refused);
        assert_has(s->reason, values[i][1]);
        assert_true(row_of("--highvram")->unclear);
        assert_null(text_of("compose.yaml") ? strstr(text_of("compose.yaml"), "--highvram") : NULL);
    }
    /* The file does not say it: whoever starts it does. */
    put("compose.yaml", "services:\n  comfyui:\n    image: yanwk/comfyui-boot\n"
                        "    environment: [CLI_ARGS]\n");
    look(place);
    make_set("--highvram", "1");
    assert_has(skipped_of("comfyui", "--highvram")->reason, "whoever starts it");
    /* A value that the image's shell would split elsewhere. */
    put("compose.yaml", "services:\n  comfyui:\n    image: yanwk/comfyui-boot\n");
    look(place);
    make_set("--base-directory", "/a b'c.yaml");
    assert_has(skipped_of("comfyui", "--base-directory")->reason, "would need quotes");
}

/* Each refusal says what a person would write. */
static void test_by_hand(void **state)
{
    static const char *const rows[][4] = {
        /* value, flag, wished, by hand */
        {"\"--x 'a b'\"", "--highvram", "1", "CLI_ARGS: \"... --highvram\""},
        {"\"${A} --listen\"", "--reserve-vram", "2", "CLI_ARGS: \"... --reserve-vram 2\""},
        {"", "--highvram", "1", "CLI_ARGS: \"... --highvram\""},
        {"\"--listen -- --lowvram\"", "--lowvram", "0", "take --lowvram out of CLI_ARGS"},
        {">-\n        --listen --lowvram", "--highvram", "1", "CLI_ARGS: \"--listen --highvram\""},
        {">-\n        --token=a1 --listen", "--highvram", "1", "CLI_ARGS: \"--token=***"},
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text,
                 "services:\n  comfyui:\n    image: yanwk/comfyui-boot\n"
                 "    environment:\n      CLI_ARGS: %s\n",
                 rows[i][0]);
        put("compose.yaml", text);
        look(place);
        make_set(rows[i][1], rows[i][2]);
        assert_null(change_of("comfyui", rows[i][1]));
        assert_has(skipped_of("comfyui", rows[i][1])->by_hand, rows[i][3]);
    }
}

static void test_variable_by_hand(void **state)
{
    static const char name[] = "PYTORCH_CUDA_ALLOC_CONF";

    (void)state;
    put("compose.yaml", "services:\n  comfyui:\n    image: x\n    environment:\n"
                        "      PYTORCH_CUDA_ALLOC_CONF: \"${A},${B}\"\n");
    look(place);
    make_set(name, "a:1");
    assert_null(change_of("comfyui", name));
    assert_has(skipped_of("comfyui", name)->by_hand, "      PYTORCH_CUDA_ALLOC_CONF: \"a:1\"\n");
}

/* What an image makes of a variable of another one is nothing. */
static void test_other_variable(void **state)
{
    (void)state;
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: ${IMAGE}\n"
                        "    environment: [EXTRA_ARGS=--no-cache-dir]\n");
    put(".env", "IMAGE=yanwk/comfyui-boot:cu124\nPIP=fast\n");
    look(place);
    make_set("--highvram", "1");
    assert_has(text_of("compose.yaml"), "[EXTRA_ARGS=--no-cache-dir, CLI_ARGS=--highvram]");
    /* Of an image that is not known, what fills it has to be flags. */
    for (size_t i = 0; i < 2; i++) {
        put("compose.yaml", i == 0 ? "services:\n  comfyui:\n    build: .\n"
                                     "    environment: [\"EXTRA_ARGS=${PIP}\"]\n"
                                   : "services:\n  comfyui:\n    build: .\n"
                                     "    environment: [\"EXTRA_ARGS=${NOT_THERE}\"]\n");
        look(place);
        make_set("--highvram", "1");
        assert_null(text_of(".env"));
        assert_has(skipped_of("comfyui", "--highvram")->reason, "no command of its own");
    }
    /* Nor is a variable with the name of a key that key. */
    put("compose.yaml", "services:\n  comfyui:\n    build: .\n"
                        "    environment: [image=yanwk/comfyui-boot]\n");
    look(place);
    make_set("--highvram", "1");
    assert_has(skipped_of("comfyui", "--highvram")->reason, "no command of its own");
    /* The name of 2024 is one of the same image. */
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: mmartial/comfyui-nvidia-docker:x\n"
                        "    environment: [COMFY_CMDLINE_XTRA=--listen]\n");
    look(place);
    make_set("--highvram", "1");
    assert_has(text_of("compose.yaml"), "[COMFY_CMDLINE_XTRA=--listen --highvram]");
}

/* In those images flags stand in front of the line as well. */
static void test_base(void **state)
{
    (void)state;
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: mmartial/comfyui-nvidia-docker:x\n"
                        "    environment:\n"
                        "      COMFY_CMDLINE_BASE: \"python3 ./main.py --lowvram\"\n");
    look(place);
    make_set("--highvram", "1"); /* both together it would not start with */
    assert_null(change_of("comfyui", "--highvram"));
    assert_has(skipped_of("comfyui", "--highvram")->reason, "COMFY_CMDLINE_BASE has --lowvram");
    assert_has(skipped_of("comfyui", "--highvram")->by_hand, "take --lowvram out of COMFY_CMD");
    make_set("--lowvram", "0");
    assert_non_null(skipped_of("comfyui", "--lowvram"));
    assert_string_equal(row_of("--lowvram")->in_file, "");
    make_set("--lowvram", "1");
    assert_true(row_of("--lowvram")->same);
    assert_null(change_of("comfyui", "--lowvram"));
    make_set("--reserve-vram", "2");
    assert_has(text_of("compose.yaml"), "COMFY_CMDLINE_EXTRA: \"--reserve-vram 2\"");
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: mmartial/comfyui-nvidia-docker:x\n"
                        "    environment:\n"
                        "      COMFY_CMDLINE_BASE: \"python3 ./main.py ${MORE} x\"\n");
    look(place);
    make_set("--highvram", "1");
    assert_null(change_of("comfyui", "--highvram"));
    assert_true(row_of("--highvram")->unclear);
}

/* Values of several words: not behind "=", and not where one is meant. */
static void test_words(void **state)
{
    static const struct plan_typed typed[] = {{"--fast", "fp16_accumulation cublas_ops", NULL}};

    (void)state;
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: yanwk/comfyui-boot\n"
                        "    environment: {CLI_ARGS: \"--fast=autotune --listen\"}\n");
    look(place);
    make_typed(typed, 1);
    assert_has(text_of("compose.yaml"), "\"--fast fp16_accumulation cublas_ops --listen\"");
    assert_settled(typed, 1);
    make_set("--output-directory", "/a b");
    assert_null(change_of("comfyui", "--output-directory"));
    assert_has(skipped_of("comfyui", "--output-directory")->reason, "would need quotes");
    make_set("--fast", " ");
    assert_null(change_of("comfyui", "--fast"));
}

/* No line is made that could not be read again. */
static void test_too_long(void **state)
{
    char text[4200];
    int n = snprintf(text, sizeof text,
                     "services:\n  comfyui:\n    image: yanwk/comfyui-boot\n"
                     "    environment:\n      CLI_ARGS: ");
    const int end = n + 4090;

    (void)state;
    memset(text + n, '-', (size_t)(end - n));
    memcpy(text + n, "--a b", 5);
    text[end] = '\0';
    put("compose.yaml", text);
    look(place);
    make_set("--highvram", "1");
    assert_null(change_of("comfyui", "--highvram"));
    assert_has(skipped_of("comfyui", "--highvram")->reason, "CLI_ARGS gets too long");
}

/* Gone for two reasons it is gone once. */
static void test_gone_once(void **state)
{
    static const struct plan_typed typed[] = {{"--lowvram", "0", NULL}, {"--highvram", "1", NULL}};
    size_t count = 0;

    (void)state;
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: yanwk/comfyui-boot\n"
                        "    environment: {CLI_ARGS: \"--listen --lowvram\"}\n");
    look(place);
    make_typed(typed, 2);
    assert_has(text_of("compose.yaml"), "\"--listen --highvram\"");
    for (size_t i = 0; i < plan.change_count; i++) {
        count += strcmp(plan.changes[i].setting, "--lowvram") == 0;
    }
    assert_int_equal(count, 1);
}

/* With a command of its own the image's script does not run. */
static void test_command(void **state)
{
    (void)state;
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: yanwk/comfyui-boot\n"
                        "    command: python main.py --listen\n"
                        "    environment: {CLI_ARGS: \"--lowvram\"}\n");
    look(place);
    make_set("--highvram", "1");
    assert_has(text_of("compose.yaml"), "command: python main.py --listen --highvram\n");
    assert_has(text_of("compose.yaml"), "{CLI_ARGS: \"--lowvram\"}");
}

/* Somebody sets all of it: no flag is put into that. */
static void test_whole(void **state)
{
    static const struct plan_typed typed[] = {{"CLI_ARGS", "--listen", NULL},
                                              {"--highvram", "1", NULL}};

    (void)state;
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: yanwk/comfyui-boot\n"
                        "    environment: {CLI_ARGS: \"--lowvram\"}\n");
    look(place);
    make_typed(typed, 2);
    assert_has(text_of("compose.yaml"), "{CLI_ARGS: \"--listen\"}");
    assert_has(skipped_of("comfyui", "--highvram")->reason, "CLI_ARGS is set as a whole");
    put("compose.yaml", text_of("compose.yaml")); /* nor when it is so already */
    look(place);
    make_typed(typed, 2);
    assert_null(text_of("compose.yaml") ? strstr(text_of("compose.yaml"), "--highvram") : NULL);
    assert_has(skipped_of("comfyui", "--highvram")->reason, "CLI_ARGS is set as a whole");
}

/* The same value comes from a flag first. */
static void test_whole_second(void **state)
{
    static const struct plan_typed typed[] = {
        {"--highvram", "1", NULL}, {"CLI_ARGS", "--highvram", NULL}, {"--fast", "autotune", NULL}};

    (void)state;
    put("compose.yaml", "services:\n"
                        "  comfyui:\n"
                        "    image: yanwk/comfyui-boot\n"
                        "    environment: {CLI_ARGS: \"\"}\n");
    look(place);
    make_typed(typed, 3);
    assert_has(text_of("compose.yaml"), "{CLI_ARGS: \"--highvram\"}");
    assert_has(skipped_of("comfyui", "--fast")->reason, "CLI_ARGS is set as a whole");
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, plan_place_tear_down)
    const struct CMUnitTest tests[] = {
        ROW(test_exclusive_flags),
        ROW(test_bare_flag_off),
        ROW(test_other_names),
        ROW(test_two_flags),
        ROW(test_new),
        ROW(test_unknown_image),
        ROW(test_dotenv),
        ROW(test_env_file),
        ROW(test_shared),
        ROW(test_refused),
        ROW(test_command),
        ROW(test_whole),
        ROW(test_dotenv_empty),
        ROW(test_variable_empty),
        ROW(test_by_hand),
        ROW(test_variable_by_hand),
        ROW(test_other_variable),
        ROW(test_base),
        ROW(test_words),
        ROW(test_too_long),
        ROW(test_gone_once),
        ROW(test_whole_second),
        ROW(test_shared_whole),
        ROW(test_extended_reads),
        ROW(test_thousands),
        ROW(test_dotenv_is_env_file),
    };
#undef ROW
    return cmocka_run_group_tests(tests, plan_place_open, plan_place_close);
}
