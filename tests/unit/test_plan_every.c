/* Every name of the settings catalog, in every kind of file that can hold it: what is typed is
 * written under that very name and nothing else is, and it is there when it is looked for again. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/plan_place.h"
#include "tuning/flag_line.h"
#include "tuning/flag_sets.h"
#include "tuning/plan_value.h"

#define UNIT "tunetop-every.service"
#define LABEL "tunetop.every"

/* A kind of target: how tunetop.yaml has it, and its file as it is before. */
static const struct target {
    const char *word, *config, *file, *text;
} targets[] = {
    {"compose with a command", "{type: compose, file: compose.yaml}", "compose.yaml",
     "services:\n"
     "  other:\n"
     "    image: y\n"
     "  it:\n"
     "    image: x\n"
     "    command: python main.py --zebra 1 # mine\n"
     "    environment:\n"
     "      TZ: UTC\n"},
    {"compose with lists", "{type: compose, file: compose.yaml}", "compose.yaml",
     "services:\n"
     "  it:\n"
     "    image: x\n"
     "    command: [python, main.py, \"--zebra\", \"1\"]\n"
     "    environment:\n"
     "      - TZ=UTC\n"},
    {"compose without a command", "{type: compose, file: compose.yaml}", "compose.yaml",
     "services:\n"
     "  it:\n"
     "    image: yanwk/comfyui-boot\n"
     "    environment: {CLI_ARGS: \"--zebra\", TZ: UTC}\n"},
    {"env_file", "{type: env_file, file: a.env}", "a.env", "# mine\nTZ=UTC\n"},
    {"systemd", "{type: systemd, unit: " UNIT ", scope: user}",
     ".config/systemd/user/" UNIT ".d/50-tunetop.conf", NULL},
    {"launchd", "{type: launchd, label: " LABEL "}", "Library/LaunchAgents/" LABEL ".plist",
     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
     "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
     "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
     "<plist version=\"1.0\">\n"
     "<dict>\n"
     "    <key>Label</key>\n"
     "    <string>" LABEL "</string>\n"
     "    <key>ProgramArguments</key>\n"
     "    <array>\n"
     "        <string>/usr/bin/python3</string>\n"
     "        <string>main.py</string>\n"
     "        <string>--zebra</string>\n"
     "        <string>1</string>\n"
     "    </array>\n"
     "    <key>EnvironmentVariables</key>\n"
     "    <dict>\n"
     "        <key>TZ</key>\n"
     "        <string>UTC</string>\n"
     "    </dict>\n"
     "</dict>\n"
     "</plist>\n"},
    {"json", "{type: json, file: s.json}", "s.json",
     "{\n  \"zebra\": 1,\n  \"b\": {\"c\": 2}\n}\n"},
    {"yaml", "{type: yaml, file: b.yaml}", "b.yaml", "zebra: 1\nb:\n  c: 2 # mine\n"},
};
enum { TARGETS = sizeof targets / sizeof targets[0] };

static const char *const folders[] = {".config",
                                      ".config/systemd",
                                      ".config/systemd/user",
                                      ".config/systemd/user/tunetop-every.service.d",
                                      "Library",
                                      "Library/LaunchAgents"};
enum { FOLDERS = sizeof folders / sizeof folders[0] };
static const char unit_file[] = ".config/systemd/user/" UNIT;

/* Nothing of a profile: what is typed stands alone. */
static const char nothing[] =
    "profiles:\n  - name: nothing\n    best_for: a test\n    level: high\n";
static struct profile_set profiles;

/* Services that tunetop.yaml can name, and profiles have wishes for. */
static const char *const kinds[] = {"ollama", "comfyui", "diffusionapi", "lmstudio", "pipeline"};

static const struct target *target;
static const char *kind;

static int open_all(void **state)
{
    const struct profile_text text = {"nothing.yaml", nothing, strlen(nothing)};
    struct err err = ERR_INIT;

    if (plan_place_open(state) < 0 ||
        profile_set_parse(&known.settings, &text, 1, &profiles, &err) < 0) {
        fprintf(stderr, "%s: %s\n", err.where, err.msg);
        return -1;
    }
    for (size_t i = 0; i < FOLDERS; i++) {
        if (mkdir(path_of(folders[i]), 0700) != 0) {
            return -1;
        }
    }
    (void)setenv("HOME", folder, 1);
    (void)unsetenv("XDG_CONFIG_HOME");
    (void)unsetenv("XDG_RUNTIME_DIR");
    (void)unsetenv("XDG_DATA_HOME");
    on(&(struct test_machine){"AMD Ryzen 9", 64, .performance = 16, .card = CARD_NVIDIA,
                              .vram_gb = 24});
    put(unit_file, "[Service]\nExecStart=/usr/bin/python3 main.py --zebra 1\nEnvironment=TZ=UTC\n");
    return 0;
}

static int close_all(void **state)
{
    forget();
    for (size_t i = 0; i < TARGETS; i++) {
        (void)unlink(path_of(targets[i].file));
    }
    (void)unlink(path_of(unit_file));
    for (size_t i = FOLDERS; i-- > 0;) {
        (void)rmdir(path_of(folders[i]));
    }
    profile_set_release(&profiles);
    return plan_place_close(state);
}

static void look_again(void)
{
    char services[256];

    snprintf(services, sizeof services, "  - {name: it, kind: %s, config: %s}\n", kind,
             target->config);
    look(services);
}

static void put_target(const struct target *t)
{
    target = t;
    if (t->text) {
        put(t->file, t->text);
    } else {
        (void)unlink(path_of(t->file));
    }
    look_again();
}

static int make_typed(const struct plan_typed *typed, size_t count)
{
    const struct plan_wish wish = {.profiles = &profiles,
                                   .query = &query,
                                   .profile = "nothing",
                                   .typed = typed,
                                   .typed_count = count};

    failure = (struct err)ERR_INIT;
    plan_release(&plan);
    return plan_make(&input, &wish, &plan, &failure);
}

/* A value that the setting takes, and that is not the one it has without. */
static const char *value_of(const struct setting *s)
{
    static const char *const values[] = {"3", "2", "1", "0.5", "true", "4G", "30s", "/x/y"};
    const char *const *choices = s->choices.items;
    struct err err = ERR_INIT;

    if (plan_is_bare_flag(s) || s->type == SETTING_PRESENCE) {
        return setting_check_value(s, "true", &err) == 0 ? "true" : NULL;
    }
    for (size_t i = s->choices.count; i-- > 0;) {
        if (!s->default_value || strcmp(choices[i], s->default_value) != 0) {
            return choices[i];
        }
    }
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (setting_check_value(s, values[i], &err) == 0 &&
            (!s->default_value || !plan_same_value(s, values[i], s->default_value))) {
            return values[i];
        }
    }
    return s->default_value;
}

/* All of what is wrong is told, not only the first. */
static size_t wrong;
#define FAIL(...) (wrong++, print_error("%s of %s: ", target->word, kind), tell(__VA_ARGS__))

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vprint_error(format, args);
    va_end(args);
    print_error("\n");
}

/* ---- what became of the file ---- */

static const struct document *before(void)
{
    return &input.sources[input.places[0].source].document;
}

static void parse_new(struct document *out)
{
    struct err err = ERR_INIT;

    assert_int_equal(plan.file_count, 1);
    if (document_parse(target->file, before()->kind, plan.files[0].text, plan.files[0].size, out,
                       &err) < 0) {
        FAIL("%s: %s\n%s", err.where, err.msg, plan.files[0].text);
    }
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool has_entry(const struct document *d, const struct document_entry *e)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct document_entry *o = &d->entries[i];

        if (o->kind == e->kind && strcmp(o->group, e->group) == 0 &&
            strcmp(o->name, e->name) == 0 && same_text(o->value, e->value)) {
            return true;
        }
    }
    return false;
}

/* Whether the entry is the setting, an item of its list, or what holds flags as a whole. */
static bool is_of(const struct document_entry *e, const char *name)
{
    const size_t size = strlen(name);

    return strcmp(e->name, name) == 0 ||
           (strncmp(e->name, name, size) == 0 && e->name[size] == '[');
}

static bool is_changed(const struct document_entry *e)
{
    for (size_t i = 0; i < plan.change_count; i++) {
        if (is_of(e, plan.changes[i].setting)) {
            return true;
        }
        if (plan.changes[i].setting[0] == '-' &&
            (strcmp(e->name, "CLI_ARGS") == 0 || strcmp(e->name, "ExecStart") == 0)) {
            return true;
        }
    }
    return false;
}

/* Nothing is different that no change tells of. */
static void assert_only_changes(const struct document *now, const char *name)
{
    const struct document *exec = input.places[0].exec;

    for (size_t i = 0; i < now->count; i++) {
        const struct document_entry *e = &now->entries[i];

        if (!has_entry(before(), e) && !is_changed(e) && !(exec && has_entry(exec, e))) {
            FAIL("%s: '%s' came with it\n%s", name, e->name, plan.files[0].text);
        }
    }
    for (size_t i = 0; i < before()->count; i++) {
        const struct document_entry *e = &before()->entries[i];

        if (!has_entry(now, e) && !is_changed(e)) {
            FAIL("%s: '%s' went with it\n%s", name, e->name, plan.files[0].text);
        }
    }
}

/* What the new text has of it: "" it stands there without a value, NULL it is not there. */
static const char *value_in(const struct document *d, const struct setting *s, struct arena *arena)
{
    const struct plan_place *place = &input.places[0];
    const struct document_entry *e = document_find(d, place->group, s->name);
    const struct document_entry *line = document_find(d, place->group, "CLI_ARGS");
    const char *list = NULL;

    if (e) {
        return e->value ? e->value : "";
    }
    for (size_t i = 0; i < d->count; i++) {
        if (d->entries[i].kind == ENTRY_KEY && is_of(&d->entries[i], s->name)) {
            list = arena_printf(arena, "%s%s%s", list ? list : "", list ? "," : "",
                                d->entries[i].value);
        }
    }
    return line && s->name[0] == '-' ? flag_line_get(line->value, s->name, arena) : list;
}

/* ---- one name ---- */

static size_t written;

static void assert_value(const struct setting *s, const char *value)
{
    struct document now;
    struct arena arena;

    arena_init(&arena);
    parse_new(&now);
    const char *there = value_in(&now, s, &arena);
    if (!plan_is_wanted(s, there, value)) {
        FAIL("%s=%s is '%s' there\n%s", s->name, value, there ? there : "(nothing)",
             plan.files[0].text);
    }
    assert_only_changes(&now, s->name);
    document_release(&now);
    arena_release(&arena);
}

/* The one change of the plan is of that name. */
static bool is_written(const struct setting *s, const char *value)
{
    if (plan.change_count == 0) {
        if (plan.file_count != 0 || plan.skipped_count != 1 || !plan.skipped[0].reason[0]) {
            FAIL("%s=%s: no change, and no reason", s->name, value);
        }
        assert_string_equal(plan.skipped[0].setting, s->name);
        return false;
    }
    const struct plan_change *c = &plan.changes[0];
    if (plan.change_count != 1 || strcmp(c->setting, s->name) != 0 ||
        strcmp(c->name, s->name) != 0 || strcmp(c->intent, "typed") != 0) {
        FAIL("%s=%s: %zu changes, the first of %s", s->name, value, plan.change_count, c->setting);
    }
    if (plan.row_count != 1 || strcmp(plan.rows[0].setting, s->name) != 0 || plan.rows[0].of != s ||
        plan.rows[0].same) {
        FAIL("%s=%s: its row is of %s", s->name, value,
             plan.row_count ? plan.rows[0].setting : "none");
    }
    return true;
}

/* The new text becomes the file. */
static void apply(void)
{
    char *text = strdup(plan.files[0].text);

    assert_non_null(text);
    put(target->file, text);
    free(text);
    look_again();
}

static void check_name(const struct setting *s)
{
    const char *value = value_of(s);
    const struct plan_typed typed = {s->name, value ? value : "1", NULL};
    const struct plan_typed off = {s->name, "false", NULL};

    if (make_typed(&typed, 1) < 0) {
        if (failure.code != ERR_USAGE || !strstr(failure.msg, s->name)) {
            FAIL("%s=%s: %s", s->name, typed.value, failure.msg);
        }
        return;
    }
    if (!is_written(s, typed.value)) {
        return;
    }
    written++;
    assert_value(s, typed.value);
    apply();
    assert_int_equal(make_typed(&typed, 1), 0);
    if (plan.change_count != 0 || plan.file_count != 0 || plan.row_count != 1 ||
        !plan.rows[0].same) {
        FAIL("%s=%s again: %s is changed to %s", s->name, typed.value, plan.changes[0].setting,
             plan.changes[0].to);
    }
    if (plan_is_bare_flag(s) || s->type == SETTING_PRESENCE) {
        assert_int_equal(make_typed(&off, 1), 0);
        if (is_written(s, off.value) && !plan.changes[0].to) {
            assert_value(s, off.value);
        } else {
            FAIL("%s: it does not go", s->name);
        }
    }
    put_target(target);
}

static void every(void (*check)(const struct setting *s))
{
    for (size_t t = 0; t < TARGETS; t++) {
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            kind = kinds[k];
            put_target(&targets[t]);
            for (size_t i = 0; i < known.settings.name_count; i++) {
                const struct setting *s = known.settings.by_name[i];

                assert_string_equal(s->name, known.settings.names[i]);
                check(s);
            }
        }
    }
}

static void test_every_name(void **state)
{
    (void)state;
    wrong = written = 0;
    every(check_name);
    assert_int_equal(wrong, 0);
    assert_true(written > 1000); /* the files do hold what can be held */
}

/* ---- as a person may type it ---- */

static const char *upper(const char *name, struct arena *arena)
{
    char *out = arena_strdup(arena, name);

    for (char *at = out; *at; at++) {
        *at = (char)(*at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
    }
    return out;
}

/* However it is typed, its own name is written: or another one's that is called so, or nothing. */
static void check_typed(const struct setting *s)
{
    const char *nearest, *dot = strrchr(s->name, '.');
    struct arena arena;

    arena_init(&arena);
    const char *const typed[] = {s->name + strspn(s->name, "-"), upper(s->name, &arena),
                                 upper(s->name + strspn(s->name, "-"), &arena),
                                 dot ? dot + 1 : s->name};
    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++) {
        const struct setting *found = setting_find(&known.settings, typed[i], &nearest);
        const char *value = found ? value_of(found) : NULL;
        const bool word = value && (found->type == SETTING_WORD || found->type == SETTING_BOOLEAN);
        const struct plan_typed wish = {typed[i],
                                        word    ? upper(value, &arena)
                                        : value ? value
                                                : "1",
                                        NULL};

        /* The dashes of a flag are looked at before the last part of a dotted name. */
        if (found && found != s &&
            strcasecmp(found->name + strspn(found->name, "-"), typed[i]) != 0) {
            FAIL("%s is looked up as %s, and is %s", s->name, typed[i], found->name);
        }
        if (found && make_typed(&wish, 1) == 0 && is_written(found, wish.value)) {
            assert_value(found, value);
            if (word && !plan_is_bare_flag(found) && strcmp(plan.changes[0].to, value) != 0) {
                FAIL("%s=%s becomes %s", s->name, wish.value, plan.changes[0].to);
            }
            written++;
        }
    }
    arena_release(&arena);
}

static void test_typed_otherwise(void **state)
{
    (void)state;
    wrong = written = 0;
    every(check_typed);
    assert_int_equal(wrong, 0);
    assert_true(written > 1000);
}

/* ---- two that the catalog tells of together ---- */

static bool has_change(const char *name)
{
    return change_of("it", name) != NULL;
}

static void check_two(const struct setting *s)
{
    const char *const *also = s->also.items, *nearest;

    for (size_t i = 0; i < s->also.count; i++) {
        const struct setting *o = setting_find(&known.settings, also[i], &nearest);
        const char *value = value_of(s);
        const struct plan_typed typed[] = {{s->name, value, NULL}, {o->name, value, NULL}};
        const char *const *set = flag_set_of(s->name);

        if (!value || make_typed(typed, 1) < 0 || plan.change_count == 0) {
            continue;
        }
        if (make_typed(typed, 2) < 0) {
            if (!set || flag_set_of(o->name) != set) {
                FAIL("%s and %s: %s", s->name, o->name, failure.msg);
            }
            continue;
        }
        if (plan.change_count != 2 || !has_change(s->name) || !has_change(o->name)) {
            FAIL("%s and %s: %zu changes", s->name, o->name, plan.change_count);
            continue;
        }
        assert_value(s, value);
        assert_value(o, value);
        written++;
        /* One that is there already stays when the other comes. */
        assert_int_equal(make_typed(typed, 1), 0);
        apply();
        assert_int_equal(make_typed(typed + 1, 1), 0);
        if (is_written(o, value)) {
            assert_value(s, value);
            assert_value(o, value);
        }
        put_target(target);
    }
}

static void test_two_of_an_entry(void **state)
{
    (void)state;
    wrong = written = 0;
    every(check_two);
    assert_int_equal(wrong, 0);
    assert_true(written > 100);
}

/* ---- left out ---- */

/* A profile that wishes all names of the entry as they stand: a plan of it without one of them has
 * the others, and that one is told as left out. */
static void check_without(const struct setting *s)
{
    const char *const *also = s->also.items, *value = value_of(s);
    const struct profile_set none = profiles;
    struct plan_wish wish = {.profiles = &profiles, .query = &query, .profile = "nothing"};
    const struct plan_left_out left_out = {NULL, s->name};
    struct err err = ERR_INIT;
    struct buf text;

    if (s->also.count == 0 || !value || flag_set_of(s->name) ||
        make_typed(&(struct plan_typed){s->name, value, NULL}, 1) < 0 || plan.change_count == 0) {
        return;
    }
    buf_init(&text, 65536);
    buf_printf(&text, "%s    services:\n      - service: %s\n        from: x\n        settings:\n",
               nothing, kind);
    for (size_t i = 0; i <= s->also.count; i++) {
        buf_printf(&text, "          - {name: \"%s\", value: \"%s\", literal: true}\n",
                   i ? also[i - 1] : s->name, value);
    }
    const struct profile_text file = {"all.yaml", text.data, text.size};
    if (profile_set_parse(&known.settings, &file, 1, &profiles, &err) < 0) {
        fail_msg("%s: %s\n%s", err.where, err.msg, text.data);
    }
    plan_release(&plan);
    assert_int_equal(plan_make(&input, &wish, &plan, &err), 0);
    const size_t all = plan.change_count;
    const bool had = change_of("it", s->name) != NULL;
    wish.left_out = &left_out;
    wish.left_out_count = 1;
    plan_release(&plan);
    assert_int_equal(plan_make(&input, &wish, &plan, &err), 0);
    if (!had || plan.change_count != all - 1 || change_of("it", s->name)) {
        FAIL("without %s there are %zu changes of %zu", s->name, plan.change_count, all);
    }
    const struct plan_skipped *skipped = skipped_of("it", s->name);
    if (!skipped || !skipped->left_out) {
        FAIL("%s is not told as left out", s->name);
    }
    written++;
    plan_release(&plan);
    profile_set_release(&profiles);
    profiles = none;
    buf_release(&text);
}

static void test_without(void **state)
{
    (void)state;
    wrong = written = 0;
    every(check_without);
    assert_int_equal(wrong, 0);
    assert_true(written > 100);
}

/* ---- flags that take no value ---- */

/* ComfyUI ends at start when one of them is followed by a value, or one that takes a value is not
 * (comfy/cli_args.py): what the catalog tells of together has to be of one kind. */
static void test_bare_flags(void **state)
{
    static const char *const bare[] = {"--disable-all-custom-nodes",
                                       "--dont-print-server",
                                       "--quick-test-for-ci",
                                       "--multi-user",
                                       "--auto-launch",
                                       "--disable-auto-launch",
                                       "--disable-metadata",
                                       "--windows-standalone-build",
                                       "--list-feature-flags",
                                       "--disable-mmap",
                                       "--enable-manager-legacy-ui",
                                       "--fp8_e5m2-text-enc"};
    static const char *const valued[] = {
        "--whitelist-custom-nodes",   "--database-url",
        "--front-end-version",        "--comfy-api-base",
        "--default-hashing-function", "--feature-flag",
        "--default-device",           "--extra-model-paths-config"};
    const char *nearest;

    (void)state;
    for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++) {
        if (!plan_is_bare_flag(setting_find(&known.settings, bare[i], &nearest))) {
            fail_msg("%s takes a value", bare[i]);
        }
    }
    for (size_t i = 0; i < sizeof valued / sizeof valued[0]; i++) {
        if (plan_is_bare_flag(setting_find(&known.settings, valued[i], &nearest))) {
            fail_msg("%s takes no value", valued[i]);
        }
    }
    kind = "comfyui";
    put_target(&targets[0]);
    assert_int_equal(make_typed(&(struct plan_typed){"--disable-auto-launch", "1", NULL}, 1), 0);
    assert_non_null(strstr(plan.files[0].text, " --disable-auto-launch # mine\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_name),      cmocka_unit_test(test_typed_otherwise),
        cmocka_unit_test(test_two_of_an_entry), cmocka_unit_test(test_without),
        cmocka_unit_test(test_bare_flags),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
