#include "tuning/flag_line.h"

#include <string.h>

static const char blanks[] = " \t";

struct place {          /* of a flag, in bytes of the line */
    size_t begin, name; /* the flag, and where its name ends */
    size_t value, end;  /* its values; the same: it stands alone */
    bool joined;        /* "--flag=value": of one word */
};

static bool is_plain(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:=,+@% \t";
    const size_t size = strspn(text, plain);

    return size <= FLAG_LINE_MAX && text[size] == '\0';
}

static size_t word_end(const char *line, size_t at)
{
    return at + strcspn(line + at, blanks);
}

static size_t skip_blanks(const char *line, size_t at)
{
    return at + strspn(line + at, blanks);
}

/* A flag, and neither a number below zero nor "-" alone, which argparse takes for values. */
static bool is_flag(const char *line, size_t at)
{
    const char next = line[at] == '-' ? line[at + 1] : '\0';

    return next != '\0' && !strchr("0123456789. \t", next);
}

/* "--" by itself: no flag is one behind it. */
static bool ends_flags(const char *line, size_t at)
{
    return word_end(line, at) == at + 2 && line[at] == '-' && line[at + 1] == '-';
}

bool flag_line_is_plain(const char *line)
{
    bool takes = false; /* the word before is a flag without "=", or a value of one */

    for (size_t at = skip_blanks(line, 0); line[at]; at = skip_blanks(line, word_end(line, at))) {
        const size_t size = word_end(line, at) - at;

        if (ends_flags(line, at)) {
            return false;
        }
        if (is_flag(line, at)) {
            takes = !memchr(line + at, '=', size);
        } else if (!takes) {
            return false;
        }
    }
    return is_plain(line);
}

bool flag_line_can_hold(const char *value)
{
    const size_t size = strlen(value);

    if (size > 0 && (strchr(blanks, value[0]) || strchr(blanks, value[size - 1]))) {
        return false;
    }
    for (size_t at = 0; value[at]; at = skip_blanks(value, word_end(value, at))) {
        if (is_flag(value, at)) {
            return false;
        }
    }
    return is_plain(value);
}

/* The first that stands at `from` or behind it. */
static bool find(const char *line, const char *flag, size_t from, struct place *out)
{
    const size_t size = strlen(flag);

    for (size_t at = skip_blanks(line, from); line[at];
         at = skip_blanks(line, word_end(line, at))) {
        const size_t end = word_end(line, at);

        if (strncmp(line + at, flag, size) != 0 || (at + size != end && line[at + size] != '=')) {
            continue;
        }
        *out = (struct place){.begin = at, .name = at + size, .value = end, .end = end};
        out->joined = line[at + size] == '=';
        if (out->joined) {
            out->value = at + size + 1;
            return true;
        }
        for (size_t next = skip_blanks(line, end); line[next] && !is_flag(line, next);
             next = skip_blanks(line, out->end)) {
            out->value = out->value == end ? next : out->value;
            out->end = word_end(line, next);
        }
        return true;
    }
    return false;
}

static bool find_last(const char *line, const char *flag, struct place *out)
{
    struct place p;
    bool found = false;

    for (size_t from = 0; find(line, flag, from, &p); from = p.end) {
        *out = p;
        found = true;
    }
    return found;
}

const char *flag_line_get(const char *line, const char *flag, struct arena *arena)
{
    struct place p;

    return find_last(line, flag, &p) ? arena_strndup(arena, line + p.value, p.end - p.value) : NULL;
}

/* [begin, end) is replaced. */
static const char *patch(const char *line, size_t begin, size_t end, const char *by,
                         struct arena *arena)
{
    return arena_printf(arena, "%.*s%s%s", (int)begin, line, by, line + end);
}

static const char *without(const char *line, const char *flag, struct arena *arena)
{
    struct place p;

    while (find(line, flag, 0, &p)) {
        size_t begin = p.begin;

        while (begin > 0 && strchr(blanks, line[begin - 1])) {
            begin--;
        }
        /* At the beginning the blanks behind it go. */
        line = patch(line, begin, begin > 0 ? p.end : skip_blanks(line, p.end), "", arena);
    }
    return line;
}

const char *flag_line_put(const char *line, const char *flag, const char *value,
                          struct arena *arena)
{
    struct place p;

    if (!value) {
        return without(line, flag, arena);
    }
    if (!find_last(line, flag, &p)) {
        size_t end = strlen(line);

        while (end > 0 && strchr(blanks, line[end - 1])) {
            end--;
        }
        return patch(
            line, end, end,
            arena_printf(arena, "%s%s%s%s", end > 0 ? " " : "", flag, *value ? " " : "", value),
            arena);
    }
    if (!*value) {
        return patch(line, p.name, p.end, "", arena);
    }
    if (p.joined ? !strpbrk(value, blanks) : p.value < p.end) {
        return patch(line, p.value, p.end, value, arena);
    }
    return patch(line, p.name, p.end, arena_printf(arena, " %s", value), arena);
}
