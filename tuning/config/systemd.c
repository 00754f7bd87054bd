#include "tuning/config/systemd.h"

#include <string.h>

#include "tuning/config/shell.h"
#include "tuning/config/words.h"

/* Units and drop-ins by systemd.syntax(7): sections, Key=value, a backslash at the end of a line
 * joins the next one, comments may stand between joined lines. */

struct unit_reader {
    struct document_builder *b;
    const char *text;
    size_t at, size;
    const char *section; /* NULL: none yet */
    char *line;          /* the joined one: never longer than the text */
    uint32_t *begin, *end;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static size_t line_end(const struct unit_reader *r, size_t at)
{
    const char *end = memchr(r->text + at, '\n', r->size - at);
    return end != NULL ? (size_t)(end - r->text) : r->size;
}

static size_t skip_blanks(const struct unit_reader *r, size_t at, size_t end)
{
    while (at < end && is_blank(r->text[at])) {
        at++;
    }
    return at;
}

size_t systemd_continues(const char *text, size_t begin, size_t end)
{
    bool escaped = false;

    end -= end > begin && text[end - 1] == '\r'; /* part of the line end */
    for (size_t i = begin; i < end; i++) {
        escaped = !escaped && text[i] == '\\';
    }
    return escaped ? end - 1 : SIZE_MAX;
}

static void put(struct unit_reader *r, struct mapped *line, char c, size_t from, size_t to)
{
    r->line[line->size] = c;
    r->begin[line->size] = (uint32_t)from;
    r->end[line->size] = (uint32_t)to;
    line->size++;
}

/* Joins what belongs to the line at r->at, which moves behind it. The backslash becomes a blank,
 * and comments between are skipped. */
static struct mapped join_line(struct unit_reader *r)
{
    struct mapped line = {r->line, 0, r->begin, r->end, r->at};
    size_t begin = r->at;
    bool more = true;

    while (more && r->at < r->size) {
        size_t end = line_end(r, r->at);
        size_t first = skip_blanks(r, r->at, end);
        size_t next = end < r->size ? end + 1 : end;
        bool comment = r->at > begin && first < end && strchr("#;", r->text[first]) != NULL;
        if (!comment) {
            size_t backslash = systemd_continues(r->text, r->at, end);
            more = backslash != SIZE_MAX;
            for (size_t i = r->at; i < (more ? backslash : end); i++) {
                put(r, &line, r->text[i], i, i + 1);
            }
            if (more) {
                put(r, &line, ' ', backslash, next);
            }
        }
        r->at = next;
    }
    while (line.size > 0 && is_blank(line.text[line.size - 1])) {
        line.size--;
    }
    r->line[line.size] = '\0';
    return line;
}

/* Takes back what stood before an assignment of nothing: systemd forgets it. */
static void forget(struct unit_reader *r, const char *key, enum document_entry_kind kind)
{
    struct document *d = r->b->d;
    size_t kept = 0;
    for (size_t i = 0; i < d->count; i++) {
        const struct document_entry *e = &d->entries[i];
        bool gone = strcmp(e->group, r->section) == 0 &&
                    (e->kind == kind || (e->kind == ENTRY_KEY && strcmp(e->name, key) == 0));
        if (!gone) {
            d->entries[kept++] = *e;
        }
    }
    d->count = kept;
}

static int add_environment(struct unit_reader *r, const struct mapped *value)
{
    struct words words;
    bool open = false;
    int rc = 0;

    words_split(value, WORDS_SYSTEMD, &r->b->scratch, &words, &open);
    if (open) {
        builder_note(r->b, mapped_begin(value, 0), "a quote in 'Environment' is not closed");
    }
    for (size_t i = 0; i < words.count && rc == 0; i++) {
        const struct word *word = &words.items[i];
        const char *equals = strchr(word->text.text, '=');
        struct document_entry e = {
            .kind = ENTRY_VARIABLE, .group = r->section, .whole = {word->begin, word->end}};
        if (equals == NULL || equals == word->text.text) {
            builder_note(r->b, word->begin, "'%.80s' in 'Environment' is not NAME=value",
                         word->text.text);
            continue;
        }
        size_t name_size = (size_t)(equals - word->text.text);
        e.value = arena_strdup(&r->b->d->arena, equals + 1);
        e.value_span.begin = mapped_end(&word->text, name_size + 1);
        e.value_span.end = word->quoted ? mapped_end(&word->text, word->text.size) : word->end;
        e.quoted = word->quoted || r->text[e.value_span.begin] == '"' ||
                   r->text[e.value_span.begin] == '\'';
        rc = builder_add(r->b, &e, word->text.text, name_size, word->begin);
    }
    return rc;
}

static int add_exec(struct unit_reader *r, const char *key, const struct mapped *value)
{
    struct words words;
    struct words_style style = {.group = r->section, .doubled_dollar = true};
    bool open = false;
    size_t from = 0;
    size_t command;
    const char *name;

    while (from < value->size && strchr("@-:+!|", value->text[from]) != NULL) {
        from++; /* how it is run, not what */
    }
    struct mapped line = mapped_part(value, from, value->size);
    words_split(&line, WORDS_SYSTEMD, &r->b->scratch, &words, &open);
    if (open) {
        builder_note(r->b, mapped_begin(value, 0), "a quote in '%.40s' is not closed", key);
    }
    size_t first = words_program(&words, 0, &command, &name);
    const struct word *script = words_shell_script(&words, command);
    if (script != NULL) {
        return shell_read_part(r->b, &script->text, r->section, 0);
    }
    return words_add_entries(r->b, &words, first, &style);
}

static int add_assignment(struct unit_reader *r, const struct mapped *line, size_t equals)
{
    size_t name_end = equals;
    size_t value_begin = equals + 1;
    struct document_builder *b = r->b;
    int rc = 0;

    while (name_end > 0 && is_blank(line->text[name_end - 1])) {
        name_end--;
    }
    while (value_begin < line->size && is_blank(line->text[value_begin])) {
        value_begin++;
    }
    struct mapped value = mapped_part(line, value_begin, line->size);
    const char *key = arena_strndup(&b->d->arena, line->text, name_end);
    struct document_entry e = {
        .kind = ENTRY_KEY,
        .group = r->section,
        .whole = {mapped_begin(line, 0), mapped_end(line, line->size)},
        .value_span = {mapped_begin(&value, 0), mapped_end(line, line->size)}};
    if (value.size == 0) {
        e.value_span.begin = e.value_span.end;
    }
    bool environment = strcmp(key, "Environment") == 0;
    bool exec = strcmp(key, "ExecStart") == 0 || strcmp(key, "Exec") == 0;
    if (value.size == 0 && environment) {
        forget(r, key, ENTRY_VARIABLE);
    } else if (value.size == 0 && exec) {
        forget(r, key, ENTRY_FLAG);
    } else if (environment) {
        return add_environment(r, &value);
    }
    if (value.size > 0) {
        e.value = arena_strndup(&b->d->arena, value.text, value.size);
        e.interpolated = strncmp(key, "Exec", 4) == 0 &&
                         text_interpolates(value.text, value.size, true);
    }
    rc = builder_add(b, &e, line->text, name_end, mapped_begin(line, 0));
    if (rc == 0 && exec && value.size > 0) {
        rc = add_exec(r, key, &value);
    }
    return rc;
}

static int read_line(struct unit_reader *r)
{
    struct mapped line = join_line(r);
    const char *equals = memchr(line.text, '=', line.size);

    if (line.size >= 2 && line.text[0] == '[' && line.text[line.size - 1] == ']') {
        if (line.size - 2 > DOCUMENT_MAX_NAME) {
            return builder_fail(r->b, line.base, "a name is longer than %d bytes",
                                DOCUMENT_MAX_NAME);
        }
        r->section = arena_strndup(&r->b->d->arena, line.text + 1, line.size - 2);
        return 0;
    }
    if (equals == NULL || equals == line.text) {
        builder_note(r->b, line.base, "this line is neither [Section] nor Key=value");
        return 0;
    }
    if (r->section == NULL) {
        builder_note(r->b, line.base, "this line stands before any [Section]: systemd ignores it");
        return 0;
    }
    return add_assignment(r, &line, (size_t)(equals - line.text));
}

int systemd_read(struct document_builder *b)
{
    struct unit_reader r = {.b = b, .text = b->d->text, .at = b->places.bom, .size = b->d->size};
    int rc = 0;

    r.line = arena_alloc(&b->scratch, r.size + 1);
    r.begin = arena_calloc(&b->scratch, r.size + 1, sizeof(r.begin[0]));
    r.end = arena_calloc(&b->scratch, r.size + 1, sizeof(r.end[0]));
    while (r.at < r.size && rc == 0) {
        char c = r.text[r.at];
        if (is_blank(c) || c == '\n') {
            r.at++;
        } else if (c == '#' || c == ';') {
            r.at = line_end(&r, r.at);
        } else {
            rc = read_line(&r);
        }
    }
    if (rc == 0) {
        builder_note_twice(b, 0);
    }
    return rc;
}
