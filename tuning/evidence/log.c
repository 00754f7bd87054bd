/*
 * The "server config" line that Ollama writes at each start: what it was asked to do, as it
 * understood it.
 *
 * env="map[NAME:value NAME:value ...]" is a map of Go as it prints itself: names sorted, values
 * unquoted, with blanks and colons in them. So it is split at known names only, and at what begins
 * as theirs do. Values are Ollama's own words for what it was told: durations as 5m0s, truths as
 * true and false, OLLAMA_DEBUG as a level.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/caller.h"
#include "base/utf8.h"
#include "tuning/evidence/evidence_part.h"

enum {
    LOG_BYTES = 4 * 1024 * 1024, /* the end of a file */
    MAP_BYTES = 32 * 1024,       /* 2 KiB seen */
    TIME_BYTES = 40,
    VALUE_BYTES = 2048,
    PAIRS_MAX = 128, /* 40 seen */
    ARGC_MAX = 12,
};
/* ---------------------------------------------------------------- the text */

/* The time that a line of slog begins with; 0: none. */
static int64_t time_of(const char *line, size_t size)
{
    static const char head[] = "time=";
    const char *at = memmem(line, size, head, sizeof head - 1);
    char text[TIME_BYTES];
    int64_t wall;

    if (!at) {
        return 0;
    }
    at += sizeof head - 1;
    const char *stop = memchr(at, ' ', (size_t)(line + size - at));
    const size_t length = stop ? (size_t)(stop - at) : (size_t)(line + size - at);
    if (length >= sizeof text) {
        return 0;
    }
    memcpy(text, at, length);
    text[length] = '\0';
    return clock_parse_rfc3339(text, &wall) == 0 ? wall : 0;
}

/* What stands in quotes behind `at`, as Go quotes: \" and \\ are themselves, the rest of what is
 * escaped is nothing that a setting holds. */
static bool unquote(const char *at, const char *end, struct buf *out)
{
    for (; at < end && *at != '"'; at++) {
        if (*at == '\\') {
            if (++at >= end || (*at != '"' && *at != '\\')) {
                return false;
            }
        }
        buf_putc(out, *at);
    }
    return at < end && !out->truncated;
}

static const char *known_name(const struct setting_catalog *c, const char *at, size_t size)
{
    for (size_t i = 0; i < c->name_count; i++) {
        if (strlen(c->names[i]) == size && memcmp(c->names[i], at, size) == 0) {
            return c->names[i];
        }
    }
    return NULL;
}

/* Whether a name with its colon begins here; its length without. */
static size_t name_at(const struct setting_catalog *c, const char *at, const char *end)
{
    static const char *const heads[] = {"OLLAMA_", "LLAMA_ARG_", "GGML_", NULL};
    size_t n = 0;

    while (at + n < end && ((at[n] >= 'A' && at[n] <= 'Z') || (at[n] >= 'a' && at[n] <= 'z') ||
                            (at[n] >= '0' && at[n] <= '9') || at[n] == '_')) {
        n++;
    }
    if (n == 0 || at + n >= end || at[n] != ':') {
        return 0;
    }
    for (size_t i = 0; heads[i]; i++) {
        if (n > strlen(heads[i]) && memcmp(at, heads[i], strlen(heads[i])) == 0) {
            return n;
        }
    }
    return known_name(c, at, n) ? n : 0;
}

/* The words in which Ollama tells a level, as the variable has it. */
static const char *in_words_of(const char *name, const char *value)
{
    if (strcmp(name, "OLLAMA_DEBUG") == 0) {
        return strcmp(value, "INFO") == 0      ? "0"
               : strcmp(value, "DEBUG") == 0   ? "1"
               : strcmp(value, "DEBUG-4") == 0 ? "2"
                                               : value;
    }
    return value;
}

static void split(const char *at, const char *end, const struct setting_catalog *c,
                  struct arena *arena, struct evidence_pairs *out)
{
    struct evidence_pair *pairs = arena_calloc(arena, PAIRS_MAX, sizeof *pairs);
    char clean[VALUE_BYTES];

    while (at < end && out->count < PAIRS_MAX) {
        const size_t size = name_at(c, at, end);

        if (size == 0) { /* of nobody that we know */
            at = memchr(at, ' ', (size_t)(end - at));
            at = at ? at + 1 : end;
            continue;
        }
        const char *value = at + size + 1, *stop = value;
        while (stop < end && !(*stop == ' ' && name_at(c, stop + 1, end) > 0)) {
            stop++;
        }
        const char *name = known_name(c, at, size);
        if (name) {
            utf8_sanitise(value, (size_t)(stop - value), clean, sizeof clean, NULL);
            pairs[out->count++] = (struct evidence_pair){
                name, *clean ? arena_strdup(arena, in_words_of(name, clean)) : NULL};
        }
        at = stop < end ? stop + 1 : end;
    }
    out->of = pairs;
}

static bool read_map(const char *line, size_t size, const struct setting_catalog *c,
                     struct arena *arena, struct evidence_pairs *out)
{
    static const char head[] = " env=\"map[";
    const char *at = memmem(line, size, head, sizeof head - 1);
    struct buf map;

    if (!at) {
        return false;
    }
    buf_init(&map, MAP_BYTES);
    const bool good = unquote(at + sizeof head - 1, line + size, &map) && map.size > 0 &&
                      map.data[map.size - 1] == ']';
    if (good) {
        *out = (struct evidence_pairs){.known = true};
        split(map.data, map.data + map.size - 1, c, arena, out);
    }
    buf_release(&map);
    return good;
}

bool evidence_read_config_line(const char *text, size_t size, int64_t since_wall_ns,
                               const struct setting_catalog *catalog, struct arena *arena,
                               struct evidence_pairs *out)
{
    static const char mark[] = "msg=\"server config\"";
    const char *end = text + size;
    bool found = false;

    for (const char *at = text; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const size_t length = (size_t)((stop ? stop : end) - at);

        /* Without its time nobody knows which start it is of. */
        if (memmem(at, length, mark, sizeof mark - 1)) {
            const int64_t wall = time_of(at, length);

            found = (wall > 0 && wall >= since_wall_ns &&
                     read_map(at, length, catalog, arena, out)) ||
                    found;
        }
        at = stop ? stop + 1 : end;
    }
    return found;
}

/* ---------------------------------------------------------------- where it comes from */

/* The end of a regular file. */
static int read_end(const char *path, struct buf *out, struct err *err)
{
    struct stat st;
    char block[16384];

    if (caller_begin(err) < 0) { /* the configuration names it */
        return -err->code;
    }
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    caller_end();

    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        const int rc = fd < 0 ? err_set(err, ERR_NOENT, "'%s' cannot be opened", path)
                              : err_set(err, ERR_IO, "'%s' is no regular file", path);
        if (fd >= 0) {
            close(fd);
        }
        return rc;
    }
    off_t at = st.st_size > LOG_BYTES ? st.st_size - LOG_BYTES : 0;
    for (ssize_t n; !out->truncated && (n = pread(fd, block, sizeof block, at)) > 0; at += n) {
        buf_add(out, block, (size_t)n);
    }
    close(fd);
    return 0;
}

static int ask(const struct evidence_of *of, const char *const *argv, struct buf *out,
               struct err *err)
{
    struct control_target none;
    struct control_output o;

    control_output_init(&o);
    const int rc = control_run(of->world, evidence_target(of, &none), argv, of->deadline_ns, &o,
                               err);
    if (rc == 0) {
        buf_add(out, o.out.data, o.out.size);
        buf_putc(out, '\n');
        buf_add(out, o.errors.data, o.errors.size); /* containers: slog goes to stderr */
    }
    control_output_release(&o);
    return rc;
}

static int ask_journal(const struct evidence_of *of, const char *unit, bool user, int64_t since_ns,
                       struct arena *arena, struct buf *out, struct err *err)
{
    const char *argv[ARGC_MAX];
    size_t n = 0;

    argv[n++] = "journalctl";
    if (user) {
        argv[n++] = "--user";
    }
    argv[n++] = "--quiet";
    argv[n++] = "--no-pager";
    argv[n++] = "--output=cat";
    argv[n++] = arena_printf(arena, "--since=@%lld", (long long)(since_ns / NS_PER_S));
    argv[n++] = arena_printf(arena, "--unit=%s", unit);
    argv[n] = NULL;
    return ask(of, argv, out, err);
}

static int ask_container(const struct evidence_of *of, const char *name, int64_t since_ns,
                         struct arena *arena, struct buf *out, struct err *err)
{
    const struct control_target *t = of->control;
    const bool podman = t && (t->engine == CONTROL_ENGINE_PODMAN ||
                              t->engine == CONTROL_ENGINE_PODMAN_COMPOSE);
    const char *const argv[] = {
        podman ? "podman" : "docker",
        "logs",
        "--since",
        arena_printf(arena, "%lld", (long long)(since_ns / NS_PER_S)),
        name,
        NULL,
    };

    return *name == '-' ? err_set(err, ERR_USAGE, "'%s' is no container", name)
                        : ask(of, argv, out, err);
}

/* As tunetop.yaml has it: absolute, below ~/, or relative to the folder that tunetop.yaml is in. */
static const char *path_of(const struct config_log *log, struct arena *arena)
{
    const char *home = getenv("HOME"), *slash = strrchr(log->place.file, '/');

    if (strncmp(log->path, "~/", 2) == 0 && home) {
        return arena_printf(arena, "%s%s", home, log->path + 1);
    }
    return log->path[0] == '/' || !slash
               ? log->path
               : arena_printf(arena, "%.*s/%s", (int)(slash - log->place.file), log->place.file,
                              log->path);
}

static int read_log(const struct evidence_of *of, int64_t since_ns, struct arena *arena,
                    struct buf *out, struct err *err)
{
    const struct config_log *log = of->configured && of->configured->log.place.file
                                       ? &of->configured->log
                                       : NULL;
    const struct control_target *t = of->control;
    const char *unit = t && t->type == CONTROL_SYSTEMD ? t->unit : of->facts->unit;

    if (log && log->type == CONFIG_LOG_FILE && log->path) {
        return read_end(path_of(log, arena), out, err);
    }
    if (!of->world || of->only_process) {
        return err_set(err, ERR_STATE, "its log was not asked for");
    }
    if (log && log->type == CONFIG_LOG_JOURNAL && log->unit) {
        return ask_journal(of, log->unit, log->scope == CONFIG_USER, since_ns, arena, out, err);
    }
    if (log && log->type == CONFIG_LOG_CONTAINER && log->name) {
        return ask_container(of, log->name, since_ns, arena, out, err);
    }
    if (*of->facts->container) {
        return ask_container(of, of->facts->container, since_ns, arena, out, err);
    }
    if (unit && *unit) {
        return ask_journal(of, unit, t && t->user_scope, since_ns, arena, out, err);
    }
    return err_set(err, ERR_NOENT, "nobody knows where it logs");
}

void evidence_gather_log(const struct evidence_of *of, struct evidence *e)
{
    struct err err = ERR_INIT;
    struct buf text;
    const int64_t started = e->started_wall_ns - EVIDENCE_SLACK_NS;
    const int64_t since = started > of->not_before_wall_ns ? started : of->not_before_wall_ns;

    if (since <= 0) {
        e->config_line.why = "nobody knows when it was started";
        return;
    }
    buf_init(&text, 2 * (size_t)LOG_BYTES);
    if (read_log(of, since, &e->arena, &text, &err) < 0) {
        e->config_line.why = arena_printf(&e->arena, "its log cannot be read: %s", err.msg);
    } else if (!evidence_read_config_line(text.data, text.size, since, of->catalog, &e->arena,
                                          &e->config_line)) {
        e->config_line = (struct evidence_pairs){
            .why = "its log has no \"server config\" line of this start"};
    }
    buf_release(&text);
}

bool evidence_log_value(struct evidence *e, const char *name, struct evidence_value *out)
{
    for (size_t i = 0; e->config_line.known && i < e->config_line.count; i++) {
        const struct evidence_pair *p = &e->config_line.of[i];

        if (strcmp(p->name, name) != 0) {
            continue;
        }
        *out = (struct evidence_value){.known = true, .value = p->value, .via = EVIDENCE_LOG};
        /* false is printed for 0 and for "not set", which is automatic; and the address as a URL
         * with everything that was left out. */
        if (strcmp(name, "OLLAMA_HOST") == 0 || (strcmp(name, "OLLAMA_FLASH_ATTENTION") == 0 &&
                                                 p->value && strcmp(p->value, "true") != 0)) {
            out->known = false;
        }
        return out->known;
    }
    return false;
}
