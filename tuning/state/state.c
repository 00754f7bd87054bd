#include "tuning/state/state.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "tuning/setting.h"

/* Each of them answers in milliseconds; mdutil and tmutil ask a daemon. */
static const int64_t PATIENCE_NS = 20 * NS_PER_S;
/* Where these programs are when PATH does not have it, as that of a Debian user. */
static const char *const folders[] = {"/usr/sbin", "/sbin", "/usr/bin", "/bin"};

enum match {
    MATCH_NAME,   /* this one */
    MATCH_PREFIX, /* what stands behind it is the key */
    MATCH_FOLDER, /* the same, and it is a path */
    MATCH_SYSCTL, /* any name of the form of a sysctl */
};

struct way {
    enum match match;
    const char *name;
    int place; /* enum setting_place */
    /* "%k" the key, "%v" the value, "%n" both as NAME=VALUE, "%1" and "%2" the words of a value of
     * two. */
    const char *read[STATE_WORDS], *set[STATE_WORDS];
    const char *unset[STATE_WORDS]; /* instead of set, for values[1] */
    bool needs_root;                /* to set; reading needs none */
    bool (*valid)(const char *value);
    const char *values[2]; /* of a switch: what is wished, and the other; NULL: any that is valid */
    int (*parse)(const struct way *w, const char *key, const char *text, size_t size,
                 char out[JOURNAL_VALUE_BYTES], struct err *err);
};

/* ---------------------------------------------------------------- values */

static bool is_number(const char *value)
{
    uint64_t number;

    return number_u64(value, strlen(value), 10, &number) == 0;
}

static bool is_word(const char *value)
{
    return *value && value[strspn(value, "abcdefghijklmnopqrstuvwxyz_")] == '\0';
}

static bool is_limit(const char *value, size_t size)
{
    uint64_t number;

    return (size == strlen("unlimited") && memcmp(value, "unlimited", size) == 0) ||
           number_u64(value, size, 10, &number) == 0;
}

static bool is_limits(const char *value) /* soft and hard */
{
    const char *blank = strchr(value, ' ');

    return blank && is_limit(value, (size_t)(blank - value)) &&
           is_limit(blank + 1, strlen(blank + 1));
}

/* ---------------------------------------------------------------- parsers */

static int put(const char *text, size_t size, char out[JOURNAL_VALUE_BYTES], struct err *err)
{
    if (size >= JOURNAL_VALUE_BYTES || memchr(text, '\0', size)) {
        return err_set(err, ERR_PARSE, "what it says is not understood");
    }
    memcpy(out, text, size);
    out[size] = '\0';
    return 0;
}

static int not_understood(const struct way *w, struct err *err)
{
    return err_set(err, ERR_PARSE, "what '%s' says is not understood", w->read[0]);
}

/* The next line of text; false: there is none. */
static bool next_line(const char **at, const char *end, const char **line, size_t *size)
{
    if (*at >= end) {
        return false;
    }
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    *line = *at;
    *size = (size_t)((stop ? stop : end) - *at);
    *at = stop ? stop + 1 : end;
    return true;
}

/* The n-th word of a line; its size is 0 when there is none. */
static const char *word_of(const char *line, size_t size, unsigned n, size_t *length)
{
    size_t at = 0;

    for (;; n--) {
        while (at < size && strchr(" \t\r", line[at])) {
            at++;
        }
        size_t end = at;
        while (end < size && !strchr(" \t\r", line[end])) {
            end++;
        }
        *length = end - at;
        if (n == 0 || end == at) {
            return line + at;
        }
        at = end;
    }
}

static bool is_text(const char *at, size_t size, const char *text)
{
    return size == strlen(text) && memcmp(at, text, size) == 0;
}

/* "122880\n" */
static int parse_line(const struct way *w, const char *key, const char *text, size_t size,
                      char out[JOURNAL_VALUE_BYTES], struct err *err)
{
    size_t length, more;
    const char *word = word_of(text, size, 0, &length);

    (void)key;
    if (length > 0 && word[length - 1] == '\n') {
        length--;
    }
    const char *rest = word + length;
    (void)word_of(rest, size - (size_t)(rest - text), 0, &more);
    if (length == 0 || memchr(word, '\n', length) || (more > 0 && *rest != '\n')) {
        return not_understood(w, err);
    }
    return put(word, length, out, err);
}

/* "    maxfiles    256            unlimited" */
static int parse_limits(const struct way *w, const char *key, const char *text, size_t size,
                        char out[JOURNAL_VALUE_BYTES], struct err *err)
{
    const char *at = text, *line;
    size_t length, soft_size, hard_size, name_size;

    (void)key;
    while (next_line(&at, text + size, &line, &length)) {
        const char *name = word_of(line, length, 0, &name_size);
        const char *soft = word_of(line, length, 1, &soft_size);
        const char *hard = word_of(line, length, 2, &hard_size);

        if (is_text(name, name_size, "maxfiles") && soft_size && hard_size &&
            soft_size + hard_size + 1 < JOURNAL_VALUE_BYTES) {
            snprintf(out, JOURNAL_VALUE_BYTES, "%.*s %.*s", (int)soft_size, soft, (int)hard_size,
                     hard);
            return 0;
        }
    }
    return not_understood(w, err);
}

/* Lines of "  key   value", in the part below the heading `part` (NULL: anywhere). */
static int parse_keys(const char *part, const char *key, const char *text, size_t size,
                      char out[JOURNAL_VALUE_BYTES], struct err *err)
{
    const char *at = text, *line;
    size_t length, key_size, value_size;
    bool inside = !part, any = inside;

    while (next_line(&at, text + size, &line, &length)) {
        if (part && length > 0 && line[0] != ' ' && line[0] != '\t') {
            inside = length >= strlen(part) && memcmp(line, part, strlen(part)) == 0;
            any = any || inside;
            continue;
        }
        const char *word = word_of(line, length, 0, &key_size);
        const char *value = word_of(line, length, 1, &value_size);

        if (inside && is_text(word, key_size, key) && value_size > 0) {
            return put(value, value_size, out, err);
        }
    }
    return any ? err_set(err, ERR_NOENT, "this machine has no '%s'", key)
               : err_set(err, ERR_PARSE, "what 'pmset' says has no part '%s'", part);
}

/* A Mac without a battery has this part alone. */
static int parse_pmset(const struct way *w, const char *key, const char *text, size_t size,
                       char out[JOURNAL_VALUE_BYTES], struct err *err)
{
    (void)w;
    return parse_keys("AC Power:", key, text, size, out, err);
}

static int parse_sleep_disabled(const struct way *w, const char *key, const char *text, size_t size,
                                char out[JOURNAL_VALUE_BYTES], struct err *err)
{
    (void)w;
    (void)key;
    return parse_keys(NULL, "SleepDisabled", text, size, out, err);
}

/* One sentence a CPU, in the user's language, with its governor in quotes. */
static int parse_governor(const struct way *w, const char *key, const char *text, size_t size,
                          char out[JOURNAL_VALUE_BYTES], struct err *err)
{
    const char *at = text, *line;
    size_t length, first_size = 0;
    const char *first = NULL;

    (void)w;
    (void)key;
    while (next_line(&at, text + size, &line, &length)) {
        const char *open = memchr(line, '"', length);
        const char *close = open ? memchr(open + 1, '"', length - (size_t)(open + 1 - line)) : NULL;

        if (!close) {
            continue;
        }
        const size_t word = (size_t)(close - open - 1);
        if (first && (word != first_size || memcmp(first, open + 1, word) != 0)) {
            return err_set(err, ERR_PARSE, "the CPUs do not all have the same");
        }
        first = open + 1;
        first_size = word;
    }
    return first
               ? put(first, first_size, out, err)
               : err_set(err, ERR_NOENT, "this machine does not tell how its clocks are governed");
}

/* "[Excluded]    /Users/me/models" */
static int parse_excluded(const struct way *w, const char *key, const char *text, size_t size,
                          char out[JOURNAL_VALUE_BYTES], struct err *err)
{
    size_t length;
    const char *word = word_of(text, size, 0, &length);

    (void)key;
    if (is_text(word, length, "[Excluded]")) {
        return put(w->values[0], strlen(w->values[0]), out, err);
    }
    return is_text(word, length, "[Included]") ? put(w->values[1], strlen(w->values[1]), out, err)
                                               : not_understood(w, err);
}

/* "/Volumes/X:\n\tIndexing enabled. " */
static int parse_indexing(const struct way *w, const char *key, const char *text, size_t size,
                          char out[JOURNAL_VALUE_BYTES], struct err *err)
{
    const char *at = text, *line;
    size_t length, a, b;

    (void)key;
    while (next_line(&at, text + size, &line, &length)) {
        const char *first = word_of(line, length, 0, &a), *second = word_of(line, length, 1, &b);

        if (is_text(first, a, "Indexing") && is_text(second, b, "disabled.")) {
            return put(w->values[0], strlen(w->values[0]), out, err);
        }
        if (is_text(first, a, "Indexing") && is_text(second, b, "enabled.")) {
            return put(w->values[1], strlen(w->values[1]), out, err);
        }
    }
    return not_understood(w, err);
}

/* ---------------------------------------------------------------- the table */

static const struct way ways[] = {
    {.match = MATCH_NAME,
     .name = "vm.swappiness",
     .place = SETTING_LINUX,
     .read = {"sysctl", "-n", "%k"},
     .set = {"sysctl", "-w", "%n"}, /* that of busybox only reads without -w */
     .needs_root = true,
     .valid = is_number,
     .parse = parse_line},
    {.match = MATCH_NAME,
     .name = "scaling_governor",
     .place = SETTING_LINUX,
     .read = {"cpupower", "-c", "all", "frequency-info", "-p"},
     .set = {"cpupower", "-c", "all", "frequency-set", "-g", "%v"},
     .needs_root = true,
     .valid = is_word,
     .parse = parse_governor},
    {.match = MATCH_NAME,
     .name = "launchctl limit maxfiles",
     .place = SETTING_MACOS,
     .read = {"launchctl", "limit", "maxfiles"},
     .set = {"launchctl", "limit", "maxfiles", "%1", "%2"},
     .needs_root = true,
     .valid = is_limits,
     .parse = parse_limits},
    {.match = MATCH_NAME, /* it is of no power source */
     .name = "pmset disablesleep",
     .place = SETTING_MACOS,
     .read = {"pmset", "-g"},
     .set = {"pmset", "-a", "disablesleep", "%v"},
     .needs_root = true,
     .valid = is_number,
     .parse = parse_sleep_disabled},
    {.match = MATCH_PREFIX, /* on mains: a server is, and a desktop has nothing else */
     .name = "pmset ",
     .place = SETTING_MACOS,
     .read = {"pmset", "-g", "custom"},
     .set = {"pmset", "-c", "%k", "%v"},
     .needs_root = true,
     .valid = is_number,
     .parse = parse_pmset},
    {.match = MATCH_FOLDER,
     .name = "tmutil addexclusion",
     .place = SETTING_MACOS,
     .read = {"tmutil", "isexcluded", "%k"},
     .set = {"tmutil", "addexclusion", "%k"},
     .unset = {"tmutil", "removeexclusion", "%k"},
     .values = {"excluded", "included"},
     .parse = parse_excluded},
    {.match = MATCH_FOLDER,
     .name = "mdutil -i off",
     .place = SETTING_MACOS,
     .read = {"mdutil", "-s", "%k"},
     .set = {"mdutil", "-i", "off", "%k"},
     .unset = {"mdutil", "-i", "on", "%k"},
     .needs_root = true,
     .values = {"off", "on"},
     .parse = parse_indexing},
    {.match = MATCH_SYSCTL,
     .name = "",
     .place = SETTING_MACOS,
     .read = {"sysctl", "-n", "%k"},
     .set = {"sysctl", "%n"},
     .needs_root = true,
     .valid = is_number,
     .parse = parse_line},
};

static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";

/* The key in name; NULL: it is none of this way. */
static const char *key_of(const struct way *w, const char *name)
{
    const size_t size = strlen(w->name);

    switch (w->match) {
    case MATCH_NAME:
        return strcmp(name, w->name) == 0 ? name : NULL;
    case MATCH_PREFIX:
        name += strncmp(name, w->name, size) == 0 ? size : strlen(name);
        return is_word(name) ? name : NULL;
    case MATCH_FOLDER:
        return strncmp(name, w->name, size) == 0 && name[size] == ' ' && name[size + 1] == '/'
                   ? name + size + 1
                   : NULL;
    case MATCH_SYSCTL:
        return strchr(name, '.') && name[0] >= 'a' && name[0] <= 'z' &&
                       name[strspn(name, lower)] == '\0'
                   ? name
                   : NULL;
    }
    return NULL;
}

static const struct way *way_of(const char *name, const char **key)
{
    for (size_t i = 0; i < sizeof ways / sizeof ways[0] && journal_value_ok(name); i++) {
        if ((*key = key_of(&ways[i], name))) {
            return &ways[i];
        }
    }
    return NULL;
}

static bool is_value(const struct way *w, const char *value)
{
    return journal_value_ok(value) &&
           (w->valid ? w->valid(value)
                     : strcmp(value, w->values[0]) == 0 || strcmp(value, w->values[1]) == 0);
}

bool state_known(const char *name)
{
    const char *key;

    return way_of(name, &key) != NULL;
}

bool state_here(const char *name, int place)
{
    const char *key;
    const struct way *w = way_of(name, &key);

    return w && w->place == place;
}

/* A soft limit alone: the hard one stays where it is high enough. */
static bool wish_limits(const char *wished, const char *now, char value[JOURNAL_VALUE_BYTES])
{
    const char *blank = now ? strchr(now, ' ') : NULL;
    uint64_t soft, hard;

    if (strchr(wished, ' ') || number_u64(wished, strlen(wished), 10, &soft) < 0) {
        return snprintf(value, JOURNAL_VALUE_BYTES, "%s", wished) < JOURNAL_VALUE_BYTES;
    }
    const char *most = blank ? blank + 1 : "unlimited";
    if (number_u64(most, strlen(most), 10, &hard) == 0 && hard < soft) {
        most = wished;
    }
    return snprintf(value, JOURNAL_VALUE_BYTES, "%s %s", wished, most) < JOURNAL_VALUE_BYTES;
}

bool state_wish(const char *setting, const char *wished, const char *now,
                char name[JOURNAL_VALUE_BYTES], char value[JOURNAL_VALUE_BYTES])
{
    const char *key;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (ways[i].match == MATCH_FOLDER && strcmp(ways[i].name, setting) == 0) {
            snprintf(value, JOURNAL_VALUE_BYTES, "%s", ways[i].values[0]);
            return snprintf(name, JOURNAL_VALUE_BYTES, "%s %s", setting, wished) <
                       JOURNAL_VALUE_BYTES &&
                   state_known(name);
        }
    }
    const struct way *w = way_of(setting, &key);
    if (!w || snprintf(name, JOURNAL_VALUE_BYTES, "%s", setting) >= JOURNAL_VALUE_BYTES) {
        return false;
    }
    const bool fits = w->valid == is_limits ? wish_limits(wished, now, value)
                                            : snprintf(value, JOURNAL_VALUE_BYTES, "%s", wished) <
                                                  JOURNAL_VALUE_BYTES;
    return fits && is_value(w, value);
}

/* ---------------------------------------------------------------- commands */

static void fill(const char *const *words, const char *key, const char *value,
                 struct state_command *out)
{
    const char *blank = strchr(value, ' ');
    size_t n = 0, texts = 0;

    for (; n + 1 < STATE_WORDS && words[n]; n++) {
        const char *word = words[n];

        if (word[0] == '%') {
            char *text = out->text[texts++];
            const int soft = blank ? (int)(blank - value) : 0;

            switch (word[1]) {
            case 'k':
                snprintf(text, STATE_WORD_BYTES, "%s", key);
                break;
            case 'n':
                snprintf(text, STATE_WORD_BYTES, "%s=%s", key, value);
                break;
            case '1':
                snprintf(text, STATE_WORD_BYTES, "%.*s", soft, value);
                break;
            case '2':
                snprintf(text, STATE_WORD_BYTES, "%s", blank ? blank + 1 : "");
                break;
            default:
                snprintf(text, STATE_WORD_BYTES, "%s", value);
                break;
            }
            word = text;
        }
        out->argv[n] = word;
    }
    out->argv[n] = NULL;
}

int state_command(const char *name, const char *value, struct state_command *out, struct err *err)
{
    const char *key;
    const struct way *w = way_of(name, &key);

    if (!w || !is_value(w, value)) {
        return err_set(err, ERR_USAGE, "'%.100s' cannot be set to '%.100s'", name, value);
    }
    const bool other = w->unset[0] && strcmp(value, w->values[1]) == 0;
    fill(other ? w->unset : w->set, key, value, out);
    out->needs_root = w->needs_root;
    return 0;
}

int state_parse(const char *name, const char *text, size_t size, char out[JOURNAL_VALUE_BYTES],
                struct err *err)
{
    const char *key;
    const struct way *w = way_of(name, &key);

    if (!w) {
        return err_set(err, ERR_USAGE, "'%.100s' is no setting of the machine", name);
    }
    const int rc = w->parse(w, key, text, size, out, err);
    /* Nothing that could not be set again. */
    return rc == 0 && !is_value(w, out) ? not_understood(w, err) : rc;
}

/* In PATH, else where such programs are. */
static int run(const struct control_world *w, struct state_command *c, int64_t uid,
               struct control_output *out, struct err *err)
{
    const struct control_target t = {.uid = uid};
    const int64_t deadline = w->now_ns(w->ctx) + PATIENCE_NS;
    const char *program = c->argv[0];
    char path[STATE_WORD_BYTES];
    int rc = control_run(w, &t, c->argv, deadline, out, err);

    for (size_t i = 0; rc == -ERR_NOENT && i < sizeof folders / sizeof folders[0]; i++) {
        struct err inner = ERR_INIT;

        snprintf(path, sizeof path, "%s/%s", folders[i], program);
        c->argv[0] = path;
        rc = control_run(w, &t, c->argv, deadline, out, &inner);
        if (rc != -ERR_NOENT) {
            *err = inner;
        }
    }
    c->argv[0] = program;
    return rc;
}

int state_read(const struct control_world *w, const char *name, char out[JOURNAL_VALUE_BYTES],
               struct err *err)
{
    const char *key;
    const struct way *way = way_of(name, &key);
    struct state_command c;
    struct control_output output;

    if (!way) {
        return err_set(err, ERR_USAGE, "'%.100s' is no setting of the machine", name);
    }
    fill(way->read, key, "", &c);
    control_output_init(&output);
    int rc = run(w, &c, -1, &output, err);
    if (rc == 0) {
        rc = state_parse(name, output.out.data ? output.out.data : "", output.out.size, out, err);
    }
    control_output_release(&output);
    return rc;
}

int state_set(const struct control_world *w, const char *name, const char *value, struct err *err)
{
    struct state_command c;
    struct control_output output;
    int rc = state_command(name, value, &c, err);

    if (rc == 0) {
        control_output_init(&output);
        rc = run(w, &c, c.needs_root ? 0 : -1, &output, err);
        control_output_release(&output);
    }
    return rc;
}

static int op_read(void *ctx, const char *name, char out[JOURNAL_VALUE_BYTES], struct err *err)
{
    const struct control_world *w = ctx;

    return state_read(w, name, out, err);
}

static int op_set(void *ctx, const char *name, const char *value, struct err *err)
{
    const struct control_world *w = ctx;

    return state_set(w, name, value, err);
}

struct value_ops state_ops(struct control_world *w)
{
    return (struct value_ops){w, op_read, op_set};
}
