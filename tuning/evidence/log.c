/*
 * The "server config" line that Ollama writes at each start: what it was asked to do, as it
 * understood it.
 *
 * env="map[NAME:value NAME:value ...]" is a map of Go as it prints itself: names sorted, values
 * unquoted, with blanks and colons in them. So it is split at known names only, and at what begins
 * as theirs do. Values are Ollama's own words for what it was told: durations as 5m0s, truths as
 * true and false, OLLAMA_DEBUG as a level.
 */
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "tuning/control/service_log.h"
#include "tuning/evidence/evidence_part.h"

enum {
    LOG_BYTES = 8 * 1024 * 1024, /* the end of a file, or twice what a program may print */
    MAP_BYTES = 32 * 1024,       /* 2 KiB seen */
    TIME_BYTES = 40,
    VALUE_BYTES = 2048,
    PAIRS_MAX = 128, /* 40 seen */
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

static int read_log(const struct evidence_of *of, int64_t since_ns, struct arena *arena,
                    struct buf *out, struct err *err)
{
    struct control_target none;
    const struct service_log_of log = {.world = of->only_process ? NULL : of->world,
                                       .configured = of->configured,
                                       .control = evidence_target(of, &none),
                                       .name = of->facts->name,
                                       .unit = of->facts->unit,
                                       .container = of->facts->container,
                                       .kind = of->facts->kind};
    struct service_log_place place;

    service_log_find(&log, arena, &place);
    return service_log_whole(&log, &place, since_ns, of->deadline_ns, arena, out, err);
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
    buf_init(&text, LOG_BYTES);
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
