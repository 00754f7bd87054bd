#include "tests/manifest_lines.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOOPS_MAX = 4,       /* one in another, and the time */
    NAME_BYTES = 16,     /* of a loop's number */
    TIMES_MAX = 100000,  /* a loop that is longer is a slip */
    EXPANDED_MAX = 8192, /* bytes of one line */
};

struct loop {
    char name[NAME_BYTES];
    int64_t value;
};

struct walk {
    const char *manifest;
    char **lines;
    size_t count;
    struct loop loops[LOOPS_MAX];
    size_t depth; /* at least 1: the first is the time */
    size_t at;    /* the line that is worked on, for messages */
    manifest_line_fn each;
    void *ctx;
};

static int fail(const struct walk *w, const char *what, const char *where)
{
    fprintf(stderr, "# %s:%zu: %s '%s'\n", w->manifest, w->at + 1, what, where);
    return -1;
}

/* --- expressions --- */

struct parse {
    const struct walk *walk;
    const char *at;
    bool bad;
    bool moves; /* the time was asked for */
};

static int64_t parse_sum(struct parse *p);

static void skip_blanks(struct parse *p)
{
    while (*p->at == ' ') {
        p->at++;
    }
}

static int64_t parse_name(struct parse *p)
{
    size_t size = 0;
    while (isalpha((unsigned char)p->at[size])) {
        size++;
    }
    for (size_t i = 0; i < p->walk->depth; i++) {
        const struct loop *l = &p->walk->loops[i];
        if (size > 0 && strlen(l->name) == size && memcmp(l->name, p->at, size) == 0) {
            p->at += size;
            p->moves = p->moves || i == 0;
            return l->value;
        }
    }
    p->bad = true;
    return 0;
}

static int64_t parse_value(struct parse *p)
{
    skip_blanks(p);
    if (*p->at == '(') {
        p->at++;
        const int64_t value = parse_sum(p);
        skip_blanks(p);
        p->bad = p->bad || *p->at != ')';
        p->at += *p->at == ')';
        return value;
    }
    if (!isdigit((unsigned char)*p->at)) {
        return parse_name(p);
    }
    char *end = NULL;
    errno = 0;
    const int64_t value = strtoll(p->at, &end, 10);
    p->bad = p->bad || errno != 0;
    p->at = end;
    return value;
}

static int64_t parse_product(struct parse *p)
{
    int64_t value = parse_value(p);
    for (skip_blanks(p); !p->bad && *p->at && strchr("*/%", *p->at); skip_blanks(p)) {
        const char operation = *p->at++;
        const int64_t right = parse_value(p);
        if (operation == '*') {
            p->bad = p->bad || __builtin_mul_overflow(value, right, &value);
        } else if (right <= 0) {
            p->bad = true;
        } else {
            value = operation == '/' ? value / right : value % right;
        }
    }
    return value;
}

static int64_t parse_sum(struct parse *p)
{
    int64_t value = parse_product(p);
    for (skip_blanks(p); !p->bad && (*p->at == '+' || *p->at == '-'); skip_blanks(p)) {
        const char operation = *p->at++;
        const int64_t right = parse_product(p);
        p->bad = p->bad || (operation == '+' ? __builtin_add_overflow(value, right, &value)
                                             : __builtin_sub_overflow(value, right, &value));
    }
    return value;
}

/* The line with each $(EXPRESSION) worked out. */
static int substitute(const struct walk *w, const char *line, char out[EXPANDED_MAX], bool *moves)
{
    size_t size = 0;
    *moves = false;
    for (const char *at = line; *at;) {
        if (size + 32 > EXPANDED_MAX) { /* 20 digits and a sign */
            return fail(w, "the line is too long:", line);
        }
        if (at[0] != '$' || at[1] != '(') {
            out[size++] = *at++;
            continue;
        }
        struct parse p = {.walk = w, .at = at + 2};
        const int64_t value = parse_sum(&p);
        if (p.bad || *p.at != ')') {
            return fail(w, "cannot work out", at);
        }
        size += (size_t)snprintf(out + size, EXPANDED_MAX - size, "%lld", (long long)value);
        at = p.at + 1;
        *moves = *moves || p.moves;
    }
    out[size] = '\0';
    return 0;
}

/* --- loops --- */

static bool is_word(const char *line, const char *word)
{
    const size_t size = strlen(word);
    return strncmp(line, word, size) == 0 && (line[size] == '\0' || line[size] == ' ');
}

/* The "end" of the loop that begins at `start`; the count when there is none. */
static size_t find_end(const struct walk *w, size_t start, size_t limit)
{
    size_t open = 0;
    for (size_t i = start; i < limit; i++) {
        open += is_word(w->lines[i], "for");
        if (is_word(w->lines[i], "end") && --open == 0) {
            return i;
        }
    }
    return limit;
}

static int walk_range(struct walk *w, size_t from, size_t to);

static int run_loop(struct walk *w, size_t from, size_t to)
{
    char head[EXPANDED_MAX];
    long long first, last;
    int end = 0;
    bool moves;
    if (substitute(w, w->lines[from], head, &moves) != 0) {
        return -1;
    }
    struct loop *l = &w->loops[w->depth];
    if (w->depth == LOOPS_MAX ||
        sscanf(head, "for %15[a-z] %lld %lld%n", l->name, &first, &last, &end) != 3 ||
        head[end] != '\0' || last < first || last - first >= TIMES_MAX) {
        return fail(w, "not a loop", head);
    }
    w->depth++;
    int rc = 0;
    for (long long i = first; i <= last && rc == 0; i++) {
        w->loops[w->depth - 1].value = i;
        rc = walk_range(w, from + 1, to);
    }
    w->depth--;
    return rc;
}

static int walk_range(struct walk *w, size_t from, size_t to)
{
    char expanded[EXPANDED_MAX];
    bool moves;
    int rc = 0;
    for (size_t i = from; i < to && rc == 0; i++) {
        const char *line = w->lines[i];
        w->at = i;
        if (is_word(line, "for")) {
            const size_t end = find_end(w, i, to);
            rc = end < to ? run_loop(w, i, end) : fail(w, "no end of the loop", line);
            i = end;
        } else if (is_word(line, "end")) {
            rc = fail(w, "no loop to end:", line);
        } else {
            rc = substitute(w, line, expanded, &moves);
            rc = rc == 0 ? w->each(w->ctx, expanded, moves) : rc;
        }
    }
    return rc;
}

int manifest_lines(const char *manifest, int64_t time_s, manifest_line_fn each, void *ctx)
{
    struct walk w = {.manifest = manifest, .each = each, .ctx = ctx, .depth = 1};
    w.loops[0] = (struct loop){"t", time_s};
    FILE *in = fopen(manifest, "r");
    if (!in) {
        fprintf(stderr, "# cannot read '%s': %s\n", manifest, strerror(errno));
        return -1;
    }
    char *line = NULL;
    size_t capacity = 0, room = 0;
    ssize_t len;
    while ((len = getline(&line, &capacity, in)) >= 0) {
        if (len > 0 && line[len - 1] == '\n') {
            line[len - 1] = '\0';
        }
        if (w.count == room) {
            room = room ? 2 * room : 256;
            char **more = realloc(w.lines, room * sizeof *more);
            if (!more) {
                abort();
            }
            w.lines = more;
        }
        w.lines[w.count++] = line;
        line = NULL;
        capacity = 0;
    }
    free(line);
    fclose(in);
    const int rc = walk_range(&w, 0, w.count);
    for (size_t i = 0; i < w.count; i++) {
        free(w.lines[i]);
    }
    free(w.lines);
    return rc;
}
