/* podman-compose says with --dry-run which `podman run` it would do; podman keeps the one that made
 * a container. Two of its lines are compared here: a hash of the configuration it has not (1.0.3
 * writes "123"), or only one of the whole file. */
#include "tuning/control/compose_part.h"

#include <ctype.h>
#include <string.h>

#include "base/utf8.h"

enum { UNITS_MAX = 2048, CONTAINERS_MAX = 256 };

/* ---------------------------------------------------------------- the rehearsal */

/* "INFO:podman_compose:" stands before each line since 1.1. */
static const char *without_level(const char *line)
{
    const char *at = line;

    if (strncmp(line, "INFO:", 5) != 0 && strncmp(line, "DEBUG:", 6) != 0) {
        return line;
    }
    at = strchr(line, ':') + 1;
    at += strspn(at, "abcdefghijklmnopqrstuvwxyz_.0123456789");
    return *at == ':' ? at + 1 : line;
}

static const char *last_word(char *line)
{
    char *space;

    while (*line && line[strlen(line) - 1] == ' ') {
        line[strlen(line) - 1] = '\0';
    }
    space = strrchr(line, ' ');
    return space ? space + 1 : line;
}

static void rehearsed_line(char *line, struct arena *arena, struct compose_rehearsed *out)
{
    static const char option[] = "--name=";
    const size_t verb = strcspn(line, " ");
    char *at;

    if (verb == 4 && memcmp(line, "stop", 4) == 0 && out->stop_count < CONTAINERS_MAX) {
        out->stops[out->stop_count++] = last_word(line);
        return;
    }
    if (!((verb == 3 && memcmp(line, "run", 3) == 0) ||
          (verb == 6 && memcmp(line, "create", 6) == 0))) {
        return;
    }
    at = strstr(line, option);
    if (!at || out->make_count == CONTAINERS_MAX) {
        return;
    }
    at += sizeof option - 1;
    out->makes[out->make_count++] = (struct compose_made){
        .name = arena_strndup(arena, at, strcspn(at, " ")),
        .line = line,
    };
}

const char *compose_rehearsed_line(const struct compose_rehearsed *r, const char *name)
{
    for (size_t i = 0; i < r->make_count; i++) {
        if (strcmp(r->makes[i].name, name) == 0) {
            return r->makes[i].line;
        }
    }
    return NULL;
}

void compose_rehearsed_read(const char *text, size_t size, const char *program, struct arena *arena,
                            struct compose_rehearsed *out)
{
    const size_t length = strlen(program);
    char *copy = arena_strndup(arena, text, size), *next;

    memset(out, 0, sizeof(*out));
    out->stops = arena_calloc(arena, CONTAINERS_MAX, sizeof(*out->stops));
    out->makes = arena_calloc(arena, CONTAINERS_MAX, sizeof(*out->makes));
    /* A value with a line's end in it cuts its line short: the rest is no call of podman, and the
     * line then differs, which is said. */
    for (; copy; copy = next) {
        next = strchr(copy, '\n');
        if (next) {
            *next++ = '\0';
        }
        char *line = copy + (without_level(copy) - copy);
        if (strncmp(line, program, length) == 0 && line[length] == ' ') {
            rehearsed_line(line + length + 1, arena, out);
        }
    }
}

int compose_rehearse(const struct control_world *w, const struct control_target *t,
                     struct arena *arena, struct compose_rehearsed *out, struct err *err)
{
    struct compose_argv a;
    struct control_output said;
    struct buf both;
    int rc;

    compose_argv_init(&a, arena);
    compose_rehearsal(t, &a);
    control_output_init(&said);
    rc = compose_ask(w, t, a.of, &said, err);
    if (rc == 0) {
        buf_init(&both, 2 * (size_t)CONTROL_OUTPUT_BYTES + 1);
        buf_add(&both, said.out.data, said.out.size);
        buf_putc(&both, '\n');
        buf_add(&both, said.errors.data, said.errors.size);
        compose_rehearsed_read(both.data, both.size, compose_rehearsal_podman(t), arena, out);
        buf_release(&both);
    }
    control_output_release(&said);
    return rc;
}

/* ---------------------------------------------------------------- two lines */

/* An option with its value, or one word. */
struct unit {
    const char *option; /* "-e"; "" a word that belongs to none */
    const char *text;   /* its value */
    bool met;           /* the other line has it */
};
struct units {
    struct unit *of;
    size_t count;
};

/* What is not part of the service: how it was started, how it is called, hashes of the whole file,
 * where the file was when podman-compose was called. */
static bool counts(const struct unit *u)
{
    static const char *const labels[] = {
        "io.podman.compose.config-hash=",
        "io.podman.compose.version=",
        "com.docker.compose.project.config_files=",
        "com.docker.compose.project.working_dir=",
    };

    /* --requires: with --no-deps nothing is required. */
    if (strcmp(u->option, "-d") == 0 || strcmp(u->option, "--pull") == 0 ||
        strcmp(u->option, "--requires") == 0) {
        return false;
    }
    for (size_t i = 0; strcmp(u->option, "--label") == 0 && i < sizeof labels / sizeof labels[0];
         i++) {
        if (strncmp(u->text, labels[i], strlen(labels[i])) == 0) {
            return false;
        }
    }
    return true;
}

static void add_unit(struct units *us, const char *option, const char *text)
{
    struct unit u = {option, text, false};

    if (us->count < UNITS_MAX && counts(&u)) {
        us->of[us->count++] = u;
    }
}

/* Words separated by single blanks, without "run" or "create" in front. Options with a value of
 * their own are told by what follows: a word that is no option. That takes "-d IMAGE" for one, on
 * both sides alike. */
static void split_units(char *line, struct arena *arena, struct units *us)
{
    const char *option = NULL;
    char *word, *next;

    us->of = arena_calloc(arena, UNITS_MAX, sizeof(*us->of));
    us->count = 0;
    next = strchr(line, ' ');
    for (word = next ? next + 1 : NULL; word; word = next) {
        next = strchr(word, ' ');
        if (next) {
            *next++ = '\0';
        }
        if (word[0] == '-') {
            char *equals = strchr(word, '=');

            if (option) {
                add_unit(us, option, "");
            }
            option = word;
            if (equals && word[1] == '-') {
                *equals = '\0';
                add_unit(us, option, equals + 1);
                option = NULL;
            }
        } else {
            add_unit(us, option ? option : "", word);
            option = NULL;
        }
    }
    if (option) {
        add_unit(us, option, "");
    }
}

static void strike_common(struct units *a, struct units *b)
{
    for (size_t i = 0; i < a->count; i++) {
        for (size_t k = 0; k < b->count; k++) {
            if (!b->of[k].met && strcmp(a->of[i].option, b->of[k].option) == 0 &&
                strcmp(a->of[i].text, b->of[k].text) == 0) {
                a->of[i].met = b->of[k].met = true;
                break;
            }
        }
    }
}

static bool is_env(const struct unit *u)
{
    return strcmp(u->option, "-e") == 0 || strcmp(u->option, "--env") == 0;
}

/* Both change one thing: the same variable, label, or option. */
static bool same_thing(const struct unit *a, const struct unit *b)
{
    const size_t name = strcspn(a->text, "=");

    if (strcmp(a->option, b->option) != 0) {
        return false;
    }
    if (is_env(a) || strcmp(a->option, "--label") == 0) {
        return name == strcspn(b->text, "=") && memcmp(a->text, b->text, name) == 0;
    }
    return a->option[0] != '\0' && strcmp(a->option, "-v") != 0 && strcmp(a->option, "-p") != 0;
}

static const char *option_noun(const struct unit *u)
{
    static const char *const nouns[][2] = {
        {"-m", "memory limit"},
        {"--cpus", "processor limit"},
        {"-v", "mount"},
        {"--mount", "mount"},
        {"-p", "port"},
        {"--restart", "restart policy"},
        {"--memory-reservation", "memory reservation"},
        {"--pids-limit", "process limit"},
        {"--pod", "pod"},
        {"--net", "network"},
        {"--network", "network"},
    };

    for (size_t i = 0; i < sizeof nouns / sizeof nouns[0]; i++) {
        if (strcmp(u->option, nouns[i][0]) == 0) {
            return nouns[i][1];
        }
    }
    return NULL;
}

/* Values of the environment and labels may be secrets: only their names are said. */
static void say_unit(struct compose_says *out, const struct unit *was, const struct unit *is)
{
    const struct unit *u = is ? is : was;
    const char *noun = option_noun(u);
    const char *verb = was && is ? "would change" : is ? "would be added" : "would go";

    if (is_env(u)) {
        compose_say(out, "variable %.*s %s", (int)strcspn(u->text, "="), u->text, verb);
    } else if (strcmp(u->option, "--label") == 0) {
        compose_say(out, "label %.*s %s", (int)strcspn(u->text, "="), u->text, verb);
    } else if (noun && was && is) {
        compose_say(out, "%s would become %s instead of %s", noun, is->text, was->text);
    } else if (noun) {
        compose_say(out, "%s %s %s", noun, u->text, verb);
    } else {
        compose_say(out, "option %s %s", u->option, verb);
    }
    if (is_env(u)) {
        const size_t name = strcspn(u->text, "=");

        compose_about(out, arena_strndup(out->arena, u->text, name),
                      is && u->text[name] ? u->text + name + 1 : NULL);
    } else if (strcmp(u->option, "-m") == 0 || strcmp(u->option, "--cpus") == 0) {
        compose_about(out, u->option[1] == 'm' ? "mem_limit" : "cpus", is ? u->text : NULL);
    }
}

/* From the image on a line is the command: one sentence for all of it. */
static bool command_differs(struct units *was, struct units *is)
{
    bool out = false;

    for (int side = 0; side < 2; side++) {
        struct units *us = side == 0 ? was : is;

        for (size_t i = 0; i < us->count; i++) {
            if (!us->of[i].met && us->of[i].option[0] == '\0') {
                us->of[i].met = out = true;
            }
        }
    }
    return out;
}

bool compose_words_differ(const struct container_facts *c, const char *line,
                          struct compose_says *out)
{
    struct arena *arena = out->arena;
    struct units was, is;
    struct buf made;

    if (c->created_by_count < 2) {
        return false;
    }
    /* The rehearsal has no quotes, so its words are compared with the others cut at blanks. */
    buf_init(&made, CONTROL_OUTPUT_BYTES);
    for (size_t i = 1; i < c->created_by_count; i++) {
        buf_printf(&made, "%s%s", i > 1 ? " " : "", c->created_by[i]);
    }
    split_units(arena_strndup(arena, made.data, made.size), arena, &was);
    buf_clear(&made);
    /* What podman recorded came through utf8_sanitise(). */
    size_t room;
    char *clean = buf_reserve(&made, 3 * strlen(line) + 1, &room);
    buf_commit(&made, utf8_sanitise(line, strlen(line), clean, room, NULL));
    split_units(arena_strndup(arena, made.data, made.size), arena, &is);
    buf_release(&made);

    strike_common(&was, &is);
    if (command_differs(&was, &is)) {
        compose_say(out, "image or command would change from what made '%s'", c->name);
    }
    for (size_t i = 0; i < is.count; i++) {
        const struct unit *before = NULL;

        if (is.of[i].met) {
            continue;
        }
        for (size_t k = 0; k < was.count && !before; k++) {
            if (!was.of[k].met && same_thing(&was.of[k], &is.of[i])) {
                was.of[k].met = true;
                before = &was.of[k];
            }
        }
        say_unit(out, before, &is.of[i]);
    }
    for (size_t k = 0; k < was.count; k++) {
        if (!was.of[k].met) {
            say_unit(out, &was.of[k], NULL);
        }
    }
    return true;
}

/* ---------------------------------------------------------------- variables of a file */

static bool name_byte(char c, bool first)
{
    return c == '_' || isalpha((unsigned char)c) || (!first && isdigit((unsigned char)c));
}

static bool has_name(const struct buf *list, const char *name, size_t size)
{
    for (const char *at = list->data; *at; at += strcspn(at, ",")) {
        at += strspn(at, ", ");
        if (strcspn(at, ",") == size && memcmp(at, name, size) == 0) {
            return true;
        }
    }
    return false;
}

bool compose_unset_names(const char *text, size_t size,
                         bool (*is_set)(void *ctx, const char *name, size_t size), void *ctx,
                         struct buf *out)
{
    bool any = false;

    for (size_t i = 0; i + 1 < size; i++) {
        size_t begin, end;
        bool braces;

        if (text[i] == '#' && (i == 0 || strchr(" \t\n", text[i - 1]))) {
            while (i < size && text[i] != '\n') {
                i++;
            }
            continue;
        }
        if (text[i] != '$') {
            continue;
        }
        if (text[i + 1] == '$') {
            i++;
            continue;
        }
        braces = text[i + 1] == '{';
        begin = end = i + 1 + braces;
        while (end < size && name_byte(text[end], end == begin)) {
            end++;
        }
        /* ":-", "-", ":+", "+" have an answer of their own; ":?" and "?" fail by themselves. */
        if (end == begin || (braces && (end == size || text[end] != '}'))) {
            continue;
        }
        if (!is_set(ctx, text + begin, end - begin) && !has_name(out, text + begin, end - begin)) {
            buf_printf(out, "%s%.*s", any ? ", " : "", (int)(end - begin), text + begin);
            any = true;
        }
        i = end - 1;
    }
    return any;
}
