#include "tuning/control/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/utf8.h"
#include "tuning/control/texts.h"

struct unit_reader {
    struct arena *arena;
    struct unit *u;
    struct texts environment, drop_ins, dependants;
    struct unit_file *files; /* of environment; one line each */
    size_t files_room;
};

/* ---- words as systemctl quotes them ---- */

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* What stands behind a backslash; returns how many bytes of it were read. */
static size_t unescape(const char *at, size_t size, char *out)
{
    static const char letters[] = "abfnrtv", meant[] = "\a\b\f\n\r\t\v";
    const char *letter = at[0] == '\0' ? NULL : strchr(letters, at[0]);
    uint64_t code;

    if (letter != NULL) {
        *out = meant[letter - letters];
        return 1;
    }
    if (size >= 3 && at[0] == 'x' && number_u64(at + 1, 2, 16, &code) == 0) {
        *out = (char)code;
        return 3;
    }
    if (size >= 3 && at[0] <= '3' && is_octal(at[0]) && is_octal(at[1]) && is_octal(at[2])) {
        *out = (char)((at[0] - '0') * 64 + (at[1] - '0') * 8 + (at[2] - '0'));
        return 3;
    }
    *out = at[0];
    return 1;
}

/* Where the word at `from` ends. */
static size_t word_end(struct span text, size_t from)
{
    bool quoted = false;

    while (from < text.size && (quoted || text.at[from] != ' ')) {
        if (text.at[from] == '"') {
            quoted = !quoted;
        } else if (text.at[from] == '\\' && from + 1 < text.size) {
            from++;
        }
        from++;
    }
    return from;
}

/* The next word of a list: in double quotes where it has blanks or signs. false at the end. */
static bool next_word(struct span *rest, struct arena *arena, struct span *out)
{
    size_t i = 0, size = 0;

    while (i < rest->size && rest->at[i] == ' ') {
        i++;
    }
    if (i == rest->size) {
        rest->size = 0;
        return false;
    }
    const size_t end = word_end(*rest, i);
    char *word = arena_alloc(arena, end - i + 1);
    for (; i < end; i++) {
        if (rest->at[i] == '\\' && i + 1 < end) {
            i += unescape(rest->at + i + 1, end - i - 1, word + size);
            size++;
        } else if (rest->at[i] != '"') {
            word[size++] = rest->at[i];
        }
    }
    *out = span_of(word, size);
    *rest = span_of(rest->at + end, rest->size - end);
    return true;
}

static void add_words(struct unit_reader *r, struct span value, struct texts *out, bool paths)
{
    struct span word;

    while (next_word(&value, r->arena, &word)) {
        const char *text = paths ? text_path(r->arena, word) : text_clean(r->arena, word);

        if (text != NULL && text[0] != '\0') {
            texts_add(out, text);
        }
    }
}

/* ---- values ---- */

/* "infinity", or a number; 2^64 - 1 is how older versions say that there is no limit. */
static double limit_of(struct span value)
{
    uint64_t number;

    if (span_is(value, "infinity")) {
        return INFINITY;
    }
    if (number_u64(value.at, value.size, 10, &number) < 0) {
        return NAN;
    }
    return number == UINT64_MAX ? INFINITY : (double)number;
}

/* Processor time in a second as systemd prints times: "1.500000s", "850ms", "1min 4s". */
static double quota_of(struct span value)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}};
    struct span word;
    double sum = 0;
    bool any = false;

    if (span_is(value, "infinity")) {
        return INFINITY;
    }
    while (scan_word(&value, &word)) {
        size_t digits = 0, i = 0;
        double number;

        while (digits < word.size &&
               (word.at[digits] == '.' || (word.at[digits] >= '0' && word.at[digits] <= '9'))) {
            digits++;
        }
        struct span name = span_of(word.at + digits, word.size - digits);
        while (i < sizeof units / sizeof units[0] && !span_is(name, units[i].unit)) {
            i++;
        }
        if (i == sizeof units / sizeof units[0] || number_double(word.at, digits, &number) < 0) {
            return NAN;
        }
        sum += number * units[i].seconds;
        any = true;
    }
    return any ? sum : NAN;
}

/* "Sat 2026-11-21 21:36:51 UTC", with up to six digits behind the seconds, or "@1795297011". Any
 * other time zone is an abbreviation that cannot be told apart. */
static int64_t time_of(struct span value)
{
    struct span day, clock, zone, weekday;
    char text[64];
    int64_t wall_ns, seconds;

    if (value.size > 1 && value.at[0] == '@') {
        if (number_i64(value.at + 1, value.size - 1, &seconds) < 0 || seconds < 0 ||
            seconds > INT64_MAX / NS_PER_S) {
            return 0;
        }
        return seconds * NS_PER_S;
    }
    if (!scan_word(&value, &weekday) || !scan_word(&value, &day) || !scan_word(&value, &clock) ||
        !scan_word(&value, &zone) || !span_is(zone, "UTC") || day.size != 10 || clock.size > 20) {
        return 0;
    }
    snprintf(text, sizeof text, "%.*sT%.*sZ", (int)day.size, day.at, (int)clock.size, clock.at);
    return clock_parse_rfc3339(text, &wall_ns) == 0 && wall_ns > 0 ? wall_ns : 0;
}

static int64_t whole(struct span value, int64_t max, int64_t otherwise)
{
    int64_t number;

    return number_i64(value.at, value.size, &number) == 0 && number >= 0 && number <= max
               ? number
               : otherwise;
}

/* org.freedesktop.systemd1.NoSuchUnit "Unit nope.service not found." */
static const char *sentence_of(struct unit_reader *r, struct span value)
{
    struct span name, sentence;

    if (!scan_word(&value, &name) || !next_word(&value, r->arena, &sentence)) {
        return NULL;
    }
    while (sentence.size > 0 && sentence.at[sentence.size - 1] == '.') {
        sentence.size--; /* ours end without one */
    }
    return text_or_null(r->arena, sentence);
}

/* "/etc/default/ollama (ignore_errors=yes)", one line each */
static void add_environment_file(struct unit_reader *r, struct span value)
{
    static const char yes[] = " (ignore_errors=yes)", no[] = " (ignore_errors=no)";
    struct unit_file file = {NULL, false};

    if (value.size > sizeof yes - 1 &&
        memcmp(value.at + value.size - (sizeof yes - 1), yes, sizeof yes - 1) == 0) {
        file.optional = true;
        value.size -= sizeof yes - 1;
    } else if (value.size > sizeof no - 1 &&
               memcmp(value.at + value.size - (sizeof no - 1), no, sizeof no - 1) == 0) {
        value.size -= sizeof no - 1;
    }
    file.path = text_path(r->arena, value);
    if (file.path == NULL) {
        return;
    }
    struct unit *u = r->u;
    if (u->environment_file_count == r->files_room) {
        size_t room = r->files_room == 0 ? 4 : r->files_room * 2;
        struct unit_file *larger = arena_calloc(r->arena, room, sizeof(*larger));

        if (r->files != NULL) {
            memcpy(larger, r->files, r->files_room * sizeof(*larger));
        }
        r->files = larger;
        r->files_room = room;
        u->environment_files = larger;
    }
    r->files[u->environment_file_count++] = file;
}

/* { path=/bin/sh ; argv[]=/bin/sh -c x ; ignore_errors=no ; start_time=[n/a] ; ... }. An argument
 * may hold " ; " itself: the argv ends where what systemd writes next begins, seen from behind. */
static void add_exec(struct unit_reader *r, struct span value)
{
    static const char path_key[] = "{ path=", argv_key[] = " ; argv[]=";
    static const char *const ends[] = {" ; ignore_errors=", " ; flags="};
    struct texts argv = {.arena = r->arena};
    const char *begin = NULL, *end = NULL;
    struct span word;

    if (r->u->start_count++ > 0 || !span_starts(value, path_key)) {
        return;
    }
    struct span rest = span_of(value.at + sizeof path_key - 1, value.size - (sizeof path_key - 1));
    begin = memmem(rest.at, rest.size, argv_key, sizeof argv_key - 1);
    if (begin == NULL) {
        return;
    }
    r->u->program = text_path(r->arena, span_of(rest.at, (size_t)(begin - rest.at)));
    begin += sizeof argv_key - 1;
    rest = span_of(begin, (size_t)(rest.at + rest.size - begin));
    for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++) {
        size_t length = strlen(ends[k]);

        for (size_t i = 0; i + length <= rest.size; i++) {
            if (memcmp(rest.at + i, ends[k], length) == 0) {
                end = rest.at + i; /* the last one */
            }
        }
        if (end != NULL) {
            break;
        }
    }
    if (end == NULL) {
        return;
    }
    rest.size = (size_t)(end - rest.at);
    while (scan_word(&rest, &word)) {
        texts_add(&argv, text_clean(r->arena, word));
    }
    r->u->argv = argv.of;
    r->u->argc = argv.count;
}

/* ---- the properties ---- */

static bool set_text(struct unit_reader *r, struct span name, struct span value)
{
    struct unit *u = r->u;
    const struct {
        const char *name;
        const char **field;
    } texts[] = {
        {"Id", &u->id},
        {"LoadState", &u->load_state},
        {"UnitFileState", &u->file_state},
        {"ActiveState", &u->active},
        {"SubState", &u->sub},
        {"Result", &u->result},
        {"InvocationID", &u->invocation},
        {"User", &u->user},
        {"ControlGroup", &u->group},
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (span_is(name, texts[i].name)) {
            *texts[i].field = text_or_null(r->arena, value);
            return true;
        }
    }
    return false;
}

static bool set_number(struct unit_reader *r, struct span name, struct span value)
{
    struct unit *u = r->u;

    if (span_is(name, "MainPID")) {
        u->pid = (int32_t)whole(value, INT32_MAX, 0);
    } else if (span_is(name, "NRestarts")) {
        u->restarts = whole(value, INT64_MAX, -1);
    } else if (span_is(name, "ExecMainStatus")) {
        u->exit_status = (int)whole(value, INT32_MAX, -1);
    } else if (span_is(name, "ExecMainStartTimestamp")) {
        u->started_wall_ns = time_of(value);
    } else if (span_is(name, "ExecMainStartTimestampMonotonic")) {
        u->started_monotonic_us = whole(value, INT64_MAX, 0);
    } else if (span_is(name, "CPUQuotaPerSecUSec")) {
        u->cpus = quota_of(value);
    } else if (span_is(name, "MemoryMax")) {
        u->memory_max_bytes = limit_of(value);
    } else if (span_is(name, "LimitNOFILE")) {
        u->open_files_max = limit_of(value);
    } else if (span_is(name, "NeedDaemonReload")) {
        u->needs_reload = span_is(value, "yes");
    } else {
        return false;
    }
    return true;
}

static void set(struct unit_reader *r, struct span name, struct span value)
{
    struct unit *u = r->u;

    if (set_text(r, name, value) || set_number(r, name, value)) {
        return;
    }
    if (span_is(name, "FragmentPath")) {
        u->fragment = text_path(r->arena, value);
    } else if (span_is(name, "WorkingDirectory")) {
        /* "!" and "-": it need not exist */
        while (value.size > 0 && (value.at[0] == '!' || value.at[0] == '-')) {
            value = span_of(value.at + 1, value.size - 1);
        }
        u->folder = text_path(r->arena, value);
    } else if (span_is(name, "LoadError")) {
        u->load_error = sentence_of(r, value);
    } else if (span_is(name, "Environment")) {
        add_words(r, value, &r->environment, false);
    } else if (span_is(name, "EnvironmentFiles")) {
        add_environment_file(r, value);
    } else if (span_is(name, "DropInPaths")) {
        add_words(r, value, &r->drop_ins, true);
    } else if (span_is(name, "RequiredBy") || span_is(name, "BoundBy") ||
               span_is(name, "ConsistsOf")) {
        add_words(r, value, &r->dependants, false);
    } else if (span_is(name, "ExecStart")) {
        add_exec(r, value);
    }
}

int unit_read(const char *text, size_t size, struct arena *arena, struct unit *out, struct err *err)
{
    struct unit_reader r = {.arena = arena,
                            .u = out,
                            .environment = {.arena = arena},
                            .drop_ins = {.arena = arena},
                            .dependants = {.arena = arena}};
    struct span rest = span_of(text, size), line;

    *out = (struct unit){.restarts = -1,
                         .exit_status = -1,
                         .cpus = NAN,
                         .memory_max_bytes = NAN,
                         .open_files_max = NAN};
    while (scan_line(&rest, &line) && line.size > 0) {
        const char *equals = memchr(line.at, '=', line.size);

        if (equals != NULL) {
            size_t name = (size_t)(equals - line.at);

            set(&r, span_of(line.at, name), span_of(equals + 1, line.size - name - 1));
        }
    }
    out->environment = r.environment.of;
    out->environment_count = r.environment.count;
    out->drop_ins = r.drop_ins.of;
    out->drop_in_count = r.drop_ins.count;
    out->dependants = r.dependants.of;
    out->dependant_count = r.dependants.count;
    if (out->id == NULL || out->load_state == NULL) {
        return err_set(err, ERR_PARSE, "what systemctl printed names no unit and its state");
    }
    return 0;
}

const char *unit_variable(const struct unit *u, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = u->environment_count; i > 0; i--) {
        const char *entry = u->environment[i - 1];

        if (strncmp(entry, name, length) == 0 && entry[length] == '=') {
            return entry + length + 1;
        }
    }
    return NULL;
}
