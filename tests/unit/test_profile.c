/* Profiles: what is refused when files of them are loaded, how they build on each other, and that
 * the shipped ones hold every setting that the guides name. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tuning/profile.h"

static struct setting_catalog catalog;
static struct profile_set shipped;

static int load_shipped(void **state)
{
    struct err err = ERR_INIT;
    (void)state;
    if (setting_catalog_load(&catalog, &err) < 0 ||
        profile_set_load(&catalog, NULL, &shipped, &err) < 0) {
        fprintf(stderr, "%s: %s\n", err.where, err.msg);
        return -1;
    }
    return 0;
}

static int release_shipped(void **state)
{
    (void)state;
    profile_set_release(&shipped);
    setting_catalog_release(&catalog);
    return 0;
}

static const struct profile *need(const struct profile_set *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->profiles[i].name, name) == 0) {
            return &s->profiles[i];
        }
    }
    fail_msg("there is no profile '%s'", name);
    return NULL;
}

static const struct profile_wish *wish_of(const struct profile *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(p->wishes[i].name, name) == 0) {
            return &p->wishes[i];
        }
    }
    return NULL;
}

/* ---- what is refused ---- */

#define HEAD "profiles:\n  - name: mine\n    best_for: a test\n"
#define OLLAMA HEAD "    services:\n      - service: ollama\n        settings:\n"
#define BASE HEAD "    base: "
#define ROW(text) OLLAMA "          - {" text "}\n"

static const struct {
    const char *text, *where, *part;
} refused[] = {
    {"profile: []\n", "u.yaml:1:1", "unknown key 'profile', did you mean 'profiles'?"},
    {"- x\n", "u.yaml:1:1", "mapping"},
    {"profiles:\n  - name: mine\n", "u.yaml:2:5", "the key 'best_for' is missing"},
    {"profiles:\n  - best_for: a test\n", "u.yaml:2:5", "the key 'name' is missing"},
    {HEAD "    bas: high\n", "u.yaml:4:5", "unknown key 'bas', did you mean 'base'?"},
    {HEAD "    level: hihg\n", "u.yaml:4:12", "did you mean 'high'?"},
    {HEAD "    purpose: x\n", "u.yaml:4:5", "unknown key 'purpose'"},
    {"overlays:\n  - name: mine\n    best_for: a test\n", "u.yaml:2:5",
     "the key 'purpose' is missing"},
    {"profiles:\n  - name: My Own\n    best_for: x\n", "u.yaml:2:11",
     "expected small letters, digits and dashes, found 'My Own'"},
    {"profiles:\n  - name: -x\n    best_for: x\n", "u.yaml:2:11", "small letters"},
    {"profiles:\n  - name: recommended\n    best_for: x\n", "u.yaml:2:11", "that fits the machine"},
    {"profiles:\n  - name: ultra\n    best_for: x\n", "u.yaml:2:11", "there is a 'ultra' in "},
    {HEAD "  - name: mine\n    best_for: x\n", "u.yaml:4:11", "there is a 'mine' in u.yaml:2"},
    {"overlays:\n  - name: quality\n    purpose: pipeline\n    best_for: x\n", "u.yaml:2:11",
     "there is a 'quality' in "},
    {BASE "hihg\n", "u.yaml:4:11", "'base': there is no 'hihg', did you mean 'high'?"},
    {BASE "quality\n", "u.yaml:4:11", "'base': there is no 'quality'"},
    {BASE "mine\n", "u.yaml:4:11", "'base': 'mine' leads back to itself"},
    {BASE "b\n  - name: b\n    best_for: x\n    base: mine\n", "u.yaml:4:11", "leads back"},
    {HEAD "    parts: [ollama-evry]\n", "u.yaml:4:12", "did you mean 'ollama-every'?"},
    {HEAD "    parts: ollama-every\n", "u.yaml:4:12", "'parts': expected a list"},
    {OLLAMA, "u.yaml:6:18", "expected a list of 1 to 1000"},
    {HEAD "    services:\n      - service: olama\n        settings:\n          - {name: A}\n",
     "u.yaml:5:18", "did you mean 'ollama'?"},
    {ROW("name: OLLAMA_NUM_PARALEL, value: 2"), "u.yaml:7:20",
     "no setting 'OLLAMA_NUM_PARALEL' is known, did you mean 'OLLAMA_NUM_PARALLEL'?"},
    {ROW("name: ollama_num_parallel, value: 2"), "u.yaml:7:20", "'OLLAMA_NUM_PARALLEL'?"},
    {ROW("name: QQQQQQQQQQQ, value: 2"), "u.yaml:7:20", "'tunetop settings' lists them"},
    {ROW("name: OLLAMA_NUM_PARALLEL, vale: 2"), "u.yaml:7:41", "did you mean 'value'?"},
    {ROW("name: OLLAMA_NUM_PARALLEL, value: many"), "u.yaml:7:48", "not 'many'"},
    {ROW("name: server.port, value: 0"), "u.yaml:7:40", "from 1"},
    {ROW("name: OLLAMA_KV_CACHE_TYPE, value: q3"), "u.yaml:7:49", "does not take 'q3'"},
    {ROW("name: deploy.resources.limits.memory, value: lots"), "u.yaml:7:59",
     "a size such as 16G, not 'lots'"},
    {ROW("name: OLLAMA_NUM_PARALLEL, value: [2]"), "u.yaml:7:48", "expected a text"},
    {ROW("name: OLLAMA_NUM_PARALLEL"), "u.yaml:7:13", "expected a 'value', or 'detected'"},
    {ROW("name: OLLAMA_NUM_PARALLEL, value: 2, detected: users"), "u.yaml:7:61", "as well"},
    {ROW("name: OLLAMA_NUM_PARALLEL, detected: user"), "u.yaml:7:51", "did you mean 'users'?"},
    {ROW("name: OLLAMA_NUM_PARALLEL, detected: chip"), "u.yaml:7:51", "'chip' is nothing that"},
    {ROW("name: OLLAMA_NUM_PARALLEL, detected: pool-cache"), "u.yaml:7:51", "is nothing that"},
    {ROW("name: tmutil addexclusion, value: x"), "u.yaml:7:48", "takes no value"},
    {ROW("name: OLLAMA_NUM_PARALLEL, value: 2, places: [mars]"), "u.yaml:7:60", "macos"},
    {ROW("name: OLLAMA_NUM_PARALLEL, value: 2, keep: maybe"), "u.yaml:7:57", "'keep'"},
    {ROW("name: OLLAMA_NUM_PARALLEL, value: 2") "          - {name: OLLAMA_NUM_PARALLEL, value: 3}\n",
     "u.yaml:8:20", "'OLLAMA_NUM_PARALLEL' is wished in line 7 already"},
};

static void parse_user(const char *text, struct profile_set *out)
{
    static const char base[] =
        "parts:\n  - name: ollama-every\n    services:\n      - service: ollama\n"
        "        settings:\n          - {name: OLLAMA_FLASH_ATTENTION, value: 1, from: a}\n"
        "profiles:\n  - {name: high, best_for: x, level: high}\n"
        "  - {name: ultra, best_for: x, level: ultra, parts: [ollama-every]}\n"
        "overlays:\n  - {name: quality, purpose: pipeline, best_for: x}\n";
    const struct profile_text texts[] = {{"shipped.yaml", base, sizeof base - 1},
                                         {"u.yaml", text, strlen(text)}};
    struct err err = ERR_INIT;
    if (profile_set_parse(&catalog, texts, 2, out, &err) < 0) {
        fail_msg("%s: %s", err.where, err.msg);
    }
}

static void test_refused(void **state)
{
    size_t wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct profile_set s;
        parse_user(refused[i].text, &s);
        const struct err *e = s.broken_count ? &s.broken[0].err : NULL;
        if (!e || e->code != ERR_CONFIG || strcmp(e->where, refused[i].where) != 0 ||
            !strstr(e->msg, refused[i].part) || s.count != 3) {
            print_message("# row %zu, %s: %s: %s\n", i, refused[i].part, e ? e->where : "taken",
                          e ? e->msg : "");
            wrong++;
        }
        profile_set_release(&s);
    }
    assert_int_equal(wrong, 0);
}

/* In the shipped file the same is an error of the whole, and `from` must be told. */
static void test_shipped_is_strict(void **state)
{
    static const char *const texts[] = {ROW("name: OLLAMA_NUM_PARALLEL, value: 2"), "x: [",
                                        BASE "none\n"};
    static const char *const parts[] = {"the key 'from' is missing", "", "there is no 'none'"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct profile_text text = {"s.yaml", texts[i], strlen(texts[i])};
        struct profile_set s;
        struct err err = ERR_INIT;
        assert_int_equal(profile_set_parse(&catalog, &text, 1, &s, &err), -ERR_CONFIG);
        assert_non_null(strstr(err.msg, parts[i]));
        assert_memory_equal(err.where, "s.yaml:", 7);
        profile_set_release(&s);
    }
}

/* ---- how they build on each other ---- */

static void test_layers(void **state)
{
    static const char text[] =
        "parts:\n"
        "  - name: one\n    services:\n      - service: ollama\n        settings:\n"
        "          - {name: OLLAMA_NUM_PARALLEL, value: 2}\n"
        "          - {name: OLLAMA_MAX_QUEUE, value: 20}\n"
        "  - name: two\n    services:\n      - service: ollama\n        from: the second\n"
        "        settings:\n          - {name: OLLAMA_MAX_QUEUE, value: 30}\n"
        "profiles:\n"
        "  - name: child\n    best_for: x\n    base: parent\n    services:\n"
        "      - service: ollama\n        settings:\n"
        "          - {name: OLLAMA_KEEP_ALIVE, value: 1h}\n"
        "      - service: lmstudio\n        settings:\n"
        "          - {name: server.port, value: 4321}\n"
        "  - name: parent\n    best_for: x\n    base: ultra\n    parts: [one, two]\n"
        "    services:\n      - service: ollama\n        settings:\n"
        "          - {name: OLLAMA_KEEP_ALIVE, value: 5m}\n";
    struct profile_set s;
    (void)state;
    parse_user(text, &s);
    assert_int_equal(s.broken_count, 0);
    const struct profile *child = need(&s, "child"), *parent = need(&s, "parent");
    assert_true(child->user);
    assert_false(need(&s, "ultra")->user);
    assert_int_equal(child->level, PROFILE_ULTRA); /* of its base's base */
    assert_int_equal(child->count, 5);
    assert_string_equal(wish_of(child, "OLLAMA_FLASH_ATTENTION")->value, "1");
    assert_false(wish_of(child, "OLLAMA_FLASH_ATTENTION")->user);
    assert_string_equal(wish_of(child, "OLLAMA_NUM_PARALLEL")->value, "2");
    assert_string_equal(wish_of(child, "OLLAMA_MAX_QUEUE")->value, "30");
    assert_string_equal(wish_of(child, "OLLAMA_MAX_QUEUE")->from, "the second");
    assert_string_equal(wish_of(child, "OLLAMA_KEEP_ALIVE")->value, "1h");
    assert_string_equal(wish_of(child, "OLLAMA_KEEP_ALIVE")->from, "u"); /* its file */
    assert_string_equal(wish_of(child, "server.port")->value, "4321");
    assert_string_equal(wish_of(parent, "OLLAMA_KEEP_ALIVE")->value, "5m");
    assert_null(wish_of(parent, "server.port"));
    profile_set_release(&s);
}

/* ---- a folder of the user's ---- */

static void put(const char *folder, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void test_folder(void **state)
{
    char folder[] = "/tmp/tunetop-test-profiles-XXXXXX", path[512];
    static const char *const names[] = {"a.yaml",    "b.yaml",       "c.yaml",   "d.yaml",
                                        "pipe.yaml", ".hidden.yaml", "notes.txt"};
    struct profile_set s;
    struct err err = ERR_INIT;
    (void)state;
    assert_non_null(mkdtemp(folder));
    put(folder, "a.yaml", HEAD "    base: other\n");
    put(folder, "b.yaml", "profiles:\n  - {name: other, best_for: x, base: high}\n");
    put(folder, "c.yaml", "profiles:\n  - {name: other, best_for: twice}\n");
    put(folder, "d.yaml", "profiles:\n  - {name: third, best_for: x, base: fourth}\n");
    put(folder, ".hidden.yaml", "no: profile\n");
    put(folder, "notes.txt", "no: profile\n");
    snprintf(path, sizeof path, "%s/pipe.yaml", folder);
    assert_int_equal(mkfifo(path, 0600), 0);

    assert_int_equal(profile_set_load(&catalog, folder, &s, &err), 0);
    assert_int_equal(s.count, shipped.count + 2);
    assert_int_equal(need(&s, "mine")->level, PROFILE_HIGH);
    assert_int_equal(need(&s, "mine")->count, need(&shipped, "high")->count);
    assert_int_equal(s.broken_count, 3);
    assert_string_equal(s.broken[0].name, "c");
    assert_non_null(strstr(s.broken[0].err.msg, "there is a 'other' in "));
    assert_int_equal(s.broken[0].name_count, 1);
    assert_string_equal(s.broken[0].names[0], "other");
    assert_string_equal(s.broken[1].name, "d");
    assert_string_equal(s.broken[2].name, "pipe");
    assert_non_null(strstr(s.broken[2].err.msg, "not a regular file"));
    assert_string_equal(s.broken[2].err.where, path);
    profile_set_release(&s);

    /* What a file builds on is gone with the file that has it. */
    put(folder, "b.yaml", "profiles:\n  - {name: other, best_for: x, base: nothing}\n");
    unlink(path);
    assert_int_equal(profile_set_load(&catalog, folder, &s, &err), 0);
    assert_int_equal(s.broken_count, 4);
    assert_non_null(strstr(s.broken[0].err.msg, "'base': there is no 'other'"));
    assert_string_equal(s.broken[1].name, "b");
    assert_non_null(strstr(s.broken[1].err.msg, "'base': there is no 'nothing'"));
    profile_set_release(&s);

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(profile_set_load(&catalog, folder, &s, &err), 0); /* none is none */
    assert_int_equal(s.count, shipped.count);
    profile_set_release(&s);
}

/* ---- the shipped ones ---- */

static void test_shipped(void **state)
{
    static const char *const names[] = {"ultra", "high", "optimized", "balanced", "conservative"};
    size_t overlays = 0;
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(shipped.profiles[i].name, names[i]);
        assert_string_equal(chip_profile_name(shipped.profiles[i].level), names[i]);
        assert_false(shipped.profiles[i].overlay);
    }
    for (size_t i = 0; i < shipped.count; i++) {
        const struct profile *p = &shipped.profiles[i];
        overlays += p->overlay;
        assert_null(strchr(p->best_for, '\n'));
        for (size_t k = 0; k < p->count; k++) {
            const char *from = p->wishes[k].from;
            if (strncmp(from, "guide 00", 8) != 0 && strncmp(from, "by rule: ", 9) != 0) {
                fail_msg("%s, %s: from '%s'", p->name, p->wishes[k].name, from);
            }
        }
    }
    assert_int_equal(overlays, 9);
    assert_int_equal(shipped.broken_count, 0);
}

static bool wished(const char *name)
{
    for (size_t i = 0; i < shipped.count; i++) {
        if (wish_of(&shipped.profiles[i], name)) {
            return true;
        }
    }
    return false;
}

/* Kinds of names that a file, an environment or the system can hold. */
static bool is_setting(const struct setting *s)
{
    static const char *const kinds[] = {"variable", "compose-key", "json-key", "yaml-key",
                                        "dict-key", "sysctl",      "pmset"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(setting_kind_words[s->kind], kinds[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Names of guides that are the frame of others, or of the code that a guide shows. */
static bool is_no_wish(const char *name)
{
    static const char *const names[] = {
        "environment",                     /* holds the others */
        "healthcheck",                     /* holds the others */
        "max_image_sizes.mps",             /* its levels are there */
        "{\"server\": .., \"model\": ..}", /* the form of a file */
        "PYTORCH_MPS_LOG_NEURAL_ENGINE",   /* set by a program for itself */
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void test_every_name_of_the_guides(void **state)
{
    char path[1024], line[512];
    const char *source = getenv("abs_srcdir");
    size_t missing = 0, found = 0;
    (void)state;
    snprintf(path, sizeof path, "%s/tests/fixtures/guide-names.txt", source ? source : ".");
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        const char *nearest = NULL;
        char *name = strrchr(line, '\t');
        if (line[0] == '#' || !name) {
            continue;
        }
        name++;
        name[strcspn(name, "\n")] = '\0';
        const struct setting *s = strcmp(name, "-") == 0 ? NULL
                                                         : setting_find(&catalog, name, &nearest);
        if (!s || !is_setting(s) || is_no_wish(name)) {
            continue;
        }
        found++;
        if (!wished(name)) {
            print_message("# no profile wishes %s\n", name);
            missing++;
        }
    }
    fclose(f);
    assert_int_equal(missing, 0);
    assert_true(found > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused), cmocka_unit_test(test_shipped_is_strict),
        cmocka_unit_test(test_layers),  cmocka_unit_test(test_folder),
        cmocka_unit_test(test_shipped), cmocka_unit_test(test_every_name_of_the_guides),
    };
    return cmocka_run_group_tests(tests, load_shipped, release_shipped);
}
