#include "tuning/config/words.h"

#include <string.h>

void words_add(struct words *w, struct arena *arena, const struct word *word)
{
    if (w->count == w->capacity) {
        size_t capacity = w->capacity > 0 ? w->capacity * 2 : 16;
        struct word *items = arena_calloc(arena, capacity, sizeof(items[0]));
        if (w->count > 0) {
            memcpy(items, w->items, w->count * sizeof(items[0]));
        }
        w->items = items;
        w->capacity = capacity;
    }
    w->items[w->count++] = *word;
}

/* ---- splitting ---- */

struct splitter {
    const struct mapped *line;
    enum words_rules rules;
    size_t i;
    char *text; /* of the word: never longer than the rest of the line */
    uint32_t *begin, *end;
    size_t size;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void take(struct splitter *s, char c, size_t from, size_t to)
{
    s->text[s->size] = c;
    s->begin[s->size] = (uint32_t)mapped_begin(s->line, from);
    s->end[s->size] = (uint32_t)mapped_end(s->line, to);
    s->size++;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* systemd.syntax(7): \a \b \f \n \r \t \v \\ \" \' \s \xxx \nnn. Bytes of the escape, 0: none. */
static size_t read_c_escape(const char *text, size_t size, char *out)
{
    static const char letters[] = "abfnrtv\\\"'s";
    static const char values[] = "\a\b\f\n\r\t\v\\\"' ";
    if (size < 2 || text[1] == '\0') {
        return 0;
    }
    const char *known = strchr(letters, text[1]);
    if (known != NULL) {
        *out = values[known - letters];
        return 2;
    }
    if (text[1] == 'x' && size >= 4 && hex_digit(text[2]) >= 0 && hex_digit(text[3]) >= 0) {
        *out = (char)(hex_digit(text[2]) * 16 + hex_digit(text[3]));
        return *out != '\0' ? 4 : 0;
    }
    if (size >= 4 && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' && text[2] <= '7' &&
        text[3] >= '0' && text[3] <= '7') {
        *out = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0'));
        return *out != '\0' ? 4 : 0;
    }
    return 0;
}

/* A backslash, in quotes or (quote 0) outside. */
static void take_backslash(struct splitter *s, char quote)
{
    const char *at = s->line->text + s->i;
    size_t left = s->line->size - s->i;
    char c;

    if (s->rules == WORDS_SYSTEMD) {
        size_t size = read_c_escape(at, left, &c);
        if (size > 0) {
            take(s, c, s->i, s->i + size);
            s->i += size;
            return;
        }
    } else if (left > 1) {
        bool counts = quote == 0 || strchr("\"\\$`\n", at[1]) != NULL;
        if (counts && at[1] == '\n') {
            s->i += 2;
            return;
        }
        if (counts) {
            take(s, at[1], s->i, s->i + 2);
            s->i += 2;
            return;
        }
    }
    take(s, '\\', s->i, s->i + 1);
    s->i++;
}

/* One word from s->i on, which is not blank. */
static void split_word(struct splitter *s, struct word *word, bool *open)
{
    const struct mapped *line = s->line;
    size_t from = s->i;
    char quote = 0;

    word->quoted = line->text[s->i] == '"' || line->text[s->i] == '\'';
    word->literal = line->text[s->i] == '\'';
    for (; s->i < line->size;) {
        char c = line->text[s->i];
        if (quote == 0 && is_blank(c)) {
            break;
        }
        if (c == '\\' && (quote != '\'' || s->rules == WORDS_SYSTEMD)) {
            take_backslash(s, quote);
        } else if (quote != 0 ? c == quote : c == '"' || c == '\'') {
            quote = quote != 0 ? 0 : c;
            s->i++;
        } else {
            take(s, c, s->i, s->i + 1);
            s->i++;
        }
    }
    *open = *open || quote != 0;
    s->text[s->size] = '\0';
    word->begin = mapped_begin(line, from);
    word->end = mapped_end(line, s->i);
    word->text = (struct mapped){s->text, s->size, s->begin, s->end, word->begin};
}

void words_split(const struct mapped *line, enum words_rules rules, struct arena *arena,
                 struct words *out, bool *open)
{
    /* All words together are not longer than the line; each gets a NUL, of which there are at most
     * as many as blanks, and one. */
    struct splitter s = {.line = line, .rules = rules};
    s.text = arena_alloc(arena, line->size * 2 + 1);
    s.begin = arena_calloc(arena, line->size + 1, sizeof(s.begin[0]));
    s.end = arena_calloc(arena, line->size + 1, sizeof(s.end[0]));
    *out = (struct words){0};
    while (s.i < line->size) {
        if (is_blank(line->text[s.i])) {
            s.i++;
            continue;
        }
        struct word word = {0};
        split_word(&s, &word, open);
        words_add(out, arena, &word);
        s.text += s.size + 1;
        s.begin += s.size;
        s.end += s.size;
        s.size = 0;
    }
}

/* ---- words as entries ---- */

bool word_is(const struct word *word, const char *text)
{
    return strcmp(word->text.text, text) == 0;
}

const char *word_base(const struct word *word)
{
    const char *slash = strrchr(word->text.text, '/');
    return slash != NULL && slash[1] != '\0' ? slash + 1 : word->text.text;
}

static bool is_number(const char *text)
{
    return text[0] != '\0' && strspn(text, "0123456789.") == strlen(text);
}

static bool is_flag(const struct word *word)
{
    const char *text = word->text.text;
    return text[0] == '-' && text[1] != '\0' && strcmp(text, "--") != 0 && !is_number(text + 1);
}

/* Lives longer than the tree that it comes from. */
static const char *line_of(const struct words_style *style)
{
    return style->positional == NULL                      ? NULL
           : strcmp(style->positional, "entrypoint") == 0 ? "entrypoint"
                                                          : "command";
}

static int add_flag(struct document_builder *b, const struct word *word, const struct word *next,
                    const struct words_style *style, bool *used)
{
    struct document_entry e = {.kind = ENTRY_FLAG,
                               .group = style->group,
                               .line_of = line_of(style),
                               .shared = style->shared};
    const struct mapped *text = &word->text;
    const char *equals = memchr(text->text, '=', text->size);
    size_t name_size = equals != NULL ? (size_t)(equals - text->text) : text->size;

    *used = false;
    e.whole = (struct document_span){word->begin, word->end};
    e.value_span = (struct document_span){word->end, word->end};
    if (equals != NULL) {
        e.value = arena_strdup(&b->d->arena, equals + 1);
        e.quoted = word->quoted;
        e.interpolated = !word->literal &&
                         text_interpolates(equals + 1, strlen(equals + 1), style->doubled_dollar);
        e.value_span.begin = mapped_end(text, name_size + 1);
        /* A quote that opened before the name closes behind the value, else it is the value's. */
        e.value_span.end = word->quoted ? mapped_end(text, text->size) : word->end;
        if (e.value_span.begin < word->begin || e.value_span.begin > word->end) {
            /* An alias stands here, the text where its anchor is: changed there, changed twice. */
            e.whole = (struct document_span){mapped_begin(text, 0), mapped_end(text, text->size)};
            e.value_span.end = e.whole.end;
            e.shared = true;
        }
    } else if (next != NULL && !is_flag(next) && !word_is(next, "--")) {
        *used = true;
        e.value = arena_strdup(&b->d->arena, next->text.text);
        e.quoted = next->quoted;
        e.interpolated = !next->literal &&
                         text_interpolates(next->text.text, next->text.size, style->doubled_dollar);
        e.value_span = (struct document_span){next->begin, next->end};
        e.whole.end = next->end;
    }
    return builder_add(b, &e, text->text, name_size, word->begin);
}

int words_add_entries(struct document_builder *b, const struct words *w, size_t from,
                      const struct words_style *style)
{
    bool flags = true;
    for (size_t i = from; i < w->count; i++) {
        const struct word *word = &w->items[i];
        int rc = 0;
        if (word_is(word, "--")) {
            flags = false;
        }
        if (flags && is_flag(word)) {
            bool used;
            rc = add_flag(b, word, i + 1 < w->count ? &w->items[i + 1] : NULL, style, &used);
            i += used;
        } else if (style->positional != NULL) {
            struct document_entry e = {.kind = ENTRY_KEY,
                                       .group = style->group,
                                       .line_of = line_of(style),
                                       .shared = style->shared,
                                       .value = arena_strdup(&b->d->arena, word->text.text),
                                       .quoted = word->quoted,
                                       .interpolated = !word->literal &&
                                                       text_interpolates(word->text.text,
                                                                         word->text.size,
                                                                         style->doubled_dollar),
                                       .whole = {word->begin, word->end},
                                       .value_span = {word->begin, word->end}};
            const char *name = arena_printf(&b->scratch, "%s[%zu]", style->positional, i);
            rc = builder_add(b, &e, name, strlen(name), word->begin);
        }
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

/* ---- which program it is ---- */

/* Programs that run another one, with those of their options that take a word. */
static const struct {
    const char *name, *options;
} wrappers[] = {
    {"sudo", "-u -g -h -p -C -T -U --user --group"},
    {"doas", "-u -C"},
    {"env", "-u -C -S --unset --chdir"},
    {"nohup", ""},
    {"exec", "-a"},
    {"command", ""},
    {"builtin", ""},
    {"time", "-f -o"},
    {"nice", "-n --adjustment"},
    {"ionice", "-c -n"},
    {"taskset", ""},
    {"caffeinate", "-t -w"},
    {"setsid", ""},
    {"stdbuf", "-i -o -e"},
    {"tini", "-e -p"},
    {"dumb-init", ""},
    {"gosu", ""},
};

static bool has_option(const char *options, const char *option)
{
    size_t size = strlen(option);
    for (const char *at = options; size > 0 && (at = strstr(at, option)) != NULL; at += size) {
        if ((at == options || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0')) {
            return true;
        }
    }
    return false;
}

static const char *wrapper_options(const struct word *word)
{
    for (size_t i = 0; i < sizeof(wrappers) / sizeof(wrappers[0]); i++) {
        if (strcmp(word_base(word), wrappers[i].name) == 0) {
            return wrappers[i].options;
        }
    }
    return NULL;
}

static bool is_assignment(const struct word *word)
{
    const char *equals = strchr(word->text.text, '=');
    return equals != NULL && text_is_variable(word->text.text, (size_t)(equals - word->text.text));
}

static bool is_python(const char *base)
{
    return strncmp(base, "python", 6) == 0 && strspn(base + 6, "0123456789.") == strlen(base + 6);
}

size_t words_program(const struct words *w, size_t from, size_t *command, const char **name)
{
    size_t i = from;
    const char *options;

    while (i < w->count && (options = wrapper_options(&w->items[i])) != NULL) {
        const char *wrapper = word_base(&w->items[i]);
        bool words_before = strcmp(wrapper, "taskset") == 0 || strcmp(wrapper, "gosu") == 0;
        for (i++; i < w->count && (is_flag(&w->items[i]) || is_assignment(&w->items[i])); i++) {
            i += has_option(options, w->items[i].text.text);
        }
        i += words_before; /* a mask, a user */
        if (i < w->count && word_is(&w->items[i], "--")) {
            i++;
        }
    }
    *command = i < w->count ? i : w->count;
    *name = "";
    if (i >= w->count) {
        return w->count;
    }
    *name = word_base(&w->items[i]);
    if (is_python(*name)) {
        for (size_t k = i + 1; k < w->count; k++) {
            if (word_is(&w->items[k], "-m") && k + 1 < w->count) {
                *name = w->items[k + 1].text.text;
                return k + 2;
            }
            if (word_is(&w->items[k], "-c")) {
                return i + 1;
            }
            if (word_is(&w->items[k], "-W") || word_is(&w->items[k], "-X")) {
                k++;
            } else if (!is_flag(&w->items[k])) {
                *name = word_base(&w->items[k]);
                return k + 1;
            }
        }
    }
    return i + 1;
}
