#include "tuning/setting_installed.h"

#include <stdbool.h>
#include <string.h>

#include "base/nearest.h"

/* ---- the texts ---- */

struct line {
    const char *text; /* not terminated */
    size_t size;
};

/* The next line of text[*at..size), without its end. */
static bool next_line(const char *text, size_t size, size_t *at, struct line *out)
{
    if (*at >= size) {
        return false;
    }
    const char *start = text + *at, *end = memchr(start, '\n', size - *at);
    out->text = start;
    out->size = end ? (size_t)(end - start) : size - *at;
    *at += out->size + 1;
    if (out->size > 0 && out->text[out->size - 1] == '\r') {
        out->size--;
    }
    return true;
}

static bool is_line(const struct line *l, const char *text)
{
    return l->size == strlen(text) && memcmp(l->text, text, l->size) == 0;
}

static size_t span(const struct line *l, size_t at, const char *set)
{
    size_t n = 0;
    while (at + n < l->size && l->text[at + n] != '\0' && strchr(set, l->text[at + n])) {
        n++;
    }
    return n;
}

static void add_name(struct installed_names *out, const char *name, size_t size)
{
    if (size >= INSTALLED_NAME_BYTES || out->count == INSTALLED_NAMES_MAX) {
        out->left_out++;
        return;
    }
    for (size_t i = 0; i < out->count; i++) {
        if (strlen(out->names[i]) == size && memcmp(out->names[i], name, size) == 0) {
            return;
        }
    }
    memcpy(out->names[out->count], name, size);
    out->names[out->count++][size] = '\0';
}

#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
#define LOWER "abcdefghijklmnopqrstuvwxyz"

/* "      OLLAMA_HOST                   IP Address ...": a name in capitals behind blanks. */
static void take_variable(const struct line *l, struct installed_names *out)
{
    const size_t blanks = span(l, 0, " \t"), size = span(l, blanks, UPPER);
    const size_t end = blanks + size;
    if (blanks > 0 && size > 1 && (end == l->size || l->text[end] == ' ' || l->text[end] == '\t')) {
        add_name(out, l->text + blanks, size);
    }
}

/* "  -h, --help            show ...", "  --listen [IP]", "  --old X, --new X": an option begins
 * behind exactly two blanks; what stands further right is its text. */
static void take_flags(const struct line *l, struct installed_names *out)
{
    if (span(l, 0, " ") != 2) {
        return;
    }
    for (size_t at = 2; at < l->size && l->text[at] == '-';) {
        const size_t dashes = span(l, at, "-"), size = span(l, at + dashes, UPPER LOWER "-");
        if (dashes == 2 && size > 0) {
            add_name(out, l->text + at, dashes + size);
        }
        /* Behind its value, if it has one, a comma leads to another name of the same option. */
        at += dashes + size;
        while (at < l->size && l->text[at] != ',' &&
               !(l->text[at] == ' ' && at + 1 < l->size && l->text[at + 1] == ' ')) {
            at++;
        }
        at += at < l->size && l->text[at] == ',' ? 1 + span(l, at + 1, " ") : l->size;
    }
}

/* Each line below a heading, up to a line that is not indented, goes to `take`. */
static int parse_below(const char *text, size_t size, const char *const *headings,
                       void (*take)(const struct line *l, struct installed_names *out),
                       struct installed_names *out, struct err *err)
{
    struct line l;
    size_t at = 0;
    bool inside = false, found = false;
    *out = (struct installed_names){.count = 0};
    while (next_line(text, size, &at, &l)) {
        if (l.size > 0 && l.text[0] != ' ' && l.text[0] != '\t') {
            inside = false;
            for (const char *const *h = headings; *h; h++) {
                inside = inside || is_line(&l, *h);
            }
            found = found || inside;
        } else if (inside) {
            take(&l, out);
        }
    }
    return found && out->count > 0 ? 0
                                   : err_set(err, ERR_PARSE, "it prints no list of its settings");
}

int installed_parse_ollama(const char *text, size_t size, struct installed_names *out,
                           struct err *err)
{
    static const char *const headings[] = {"Environment Variables:", NULL};
    return parse_below(text, size, headings, take_variable, out, err);
}

int installed_parse_comfyui(const char *text, size_t size, struct installed_names *out,
                            struct err *err)
{
    static const char *const headings[] = {"options:", "optional arguments:", NULL};
    const int rc = parse_below(text, size, headings, take_flags, out, err);
    for (size_t i = 0; rc == 0 && i < out->count; i++) {
        if (strcmp(out->names[i], "--help") == 0) {
            memmove(out->names[i], out->names[i + 1], (out->count - i - 1) * sizeof *out->names);
            out->count--;
            break;
        }
    }
    return rc;
}

/* ---- against the catalog ---- */

static bool is_listed(const struct installed_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static const struct setting *find_exact(const struct setting_catalog *c, const char *name)
{
    const char *nearest = NULL;
    const struct setting *s = setting_find(c, name, &nearest);
    return s && strcmp(s->name, name) == 0 ? s : NULL; /* a list is not as lenient */
}

static void add(struct installed_comparison *out, const struct installed_difference *d)
{
    if (out->count < sizeof out->rows / sizeof *out->rows) {
        out->rows[out->count++] = *d;
    }
}

static bool names_it(const struct setting *s, const char *version)
{
    if (!s->listed) {
        return true;
    }
    return strcmp(s->listed, setting_never_listed) != 0 &&
           (!setting_version_valid(version) || setting_version_compare(version, s->listed) >= 0);
}

static void compare_listed(const struct setting_catalog *c, const struct setting_query *q,
                           const struct installed_names *names, bool known,
                           struct installed_comparison *out)
{
    for (size_t i = 0; i < names->count; i++) {
        const struct setting *s = find_exact(c, names->names[i]);
        struct setting_judgement j;
        if (!s) {
            if (!known) {
                add(out, &(struct installed_difference){.change = INSTALLED_NEW,
                                                        .name = names->names[i]});
            }
            continue;
        }
        setting_judge(s, q, &j);
        if (!known) {
            out->same++;
        } else if (j.verdict != SETTING_HONOURED && j.verdict != SETTING_UNKNOWN) {
            add(out, &(struct installed_difference){.change = INSTALLED_IDLE,
                                                    .name = names->names[i],
                                                    .verdict = j.verdict,
                                                    .reason = j.reason});
        }
    }
}

/* What a name that is gone may be called now: what the catalog says, if that is listed, else the
 * new name that looks most like it. */
static const char *successor(const char *name, const char *use, const struct installed_names *names,
                             const struct installed_comparison *so_far)
{
    const char *fresh[INSTALLED_NAMES_MAX];
    size_t count = 0;
    if (use && is_listed(names, use)) {
        return use;
    }
    for (size_t i = 0; i < so_far->count; i++) {
        if (so_far->rows[i].change == INSTALLED_NEW) {
            fresh[count++] = so_far->rows[i].name;
        }
    }
    return count > 0 ? nearest_name(name, fresh, count) : NULL;
}

static void compare_name(const char *name, const struct setting *s, const struct setting_query *q,
                         const char *version, const struct installed_names *names, bool renamed,
                         struct installed_comparison *out)
{
    struct setting_judgement j;
    setting_judge(s, q, &j);
    if (j.verdict != SETTING_HONOURED || is_listed(names, name)) {
        return;
    }
    if (!names_it(s, version)) {
        out->unlisted += !renamed;
        return;
    }
    const char *other = successor(name, j.use, names, out);
    if ((other != NULL) == renamed) {
        add(out,
            &(struct installed_difference){.change = renamed ? INSTALLED_RENAMED : INSTALLED_GONE,
                                           .name = name,
                                           .other = other});
    }
}

static void compare_known(const struct setting_catalog *c, int owner, const struct setting_query *q,
                          const char *version, const struct installed_names *names, bool renamed,
                          struct installed_comparison *out)
{
    const char *kind = owner == SETTING_OWNER_OLLAMA ? "variable" : "flag";
    for (size_t i = 0; i < c->count; i++) {
        const struct setting *s = &c->settings[i];
        const char *const *also = s->also.items;
        if (s->owner != owner || strcmp(setting_kind_words[s->kind], kind) != 0) {
            continue;
        }
        compare_name(s->name, s, q, version, names, renamed, out);
        for (size_t k = 0; k < s->also.count; k++) {
            compare_name(also[k], s, q, version, names, renamed, out);
        }
    }
}

void installed_compare(const struct setting_catalog *c, int owner, const char *version,
                       const struct installed_names *names, struct installed_comparison *out)
{
    /* A list is that of a program: it has no place and no device. */
    struct setting_query q = {.place = SETTING_PLACE_UNKNOWN, .device = SETTING_DEVICE_UNKNOWN};
    q.versions[owner] = *version ? version : NULL;
    out->count = out->same = out->unlisted = 0;
    compare_listed(c, &q, names, false, out);
    compare_known(c, owner, &q, version, names, false, out);
    compare_known(c, owner, &q, version, names, true, out);
    compare_listed(c, &q, names, true, out);
}
