#include "tuning/config/shell.h"

#include <string.h>

/* A shell's language read as far as settings need it: simple commands with their assignments.
 * Nothing is expanded; what a substitution would give stays its text. The bodies of functions,
 * branches and loops are read as if they ran; here-documents and comments are skipped. */

struct heredoc {
    const char *word;
    bool strip; /* "<<-": tabs before the word do not count */
};

#define MAX_HEREDOCS 8 /* that begin in one line; more are read as text */

struct shell {
    struct document_builder *b;
    const struct mapped *script;
    const char *group;
    size_t depth;
    size_t at;
    size_t parens;      /* open subshells */
    size_t cases;       /* open cases */
    bool pattern;       /* of a case is being read */
    bool unclosed[128]; /* by what opens it: looked for to the end, and not found */
    struct words cmd;   /* the simple command that is being read */
    struct heredoc heredocs[MAX_HEREDOCS];
    size_t heredoc_count;
    char *text; /* of words: as the splitter has them */
    uint32_t *begin, *end;
};

static char peek(const struct shell *s, size_t ahead)
{
    return s->script->size - s->at > ahead ? s->script->text[s->at + ahead] : '\0';
}

static bool ends_word(char c)
{
    return c == '\0' || strchr(" \t\r\n;&|()<>", c) != NULL;
}

/* ---- words ---- */

struct pen { /* the word that is being written */
    char *text;
    uint32_t *begin, *end;
    size_t size;
};

static void take(struct shell *s, struct pen *p, size_t count)
{
    for (; count > 0 && s->at < s->script->size; count--, s->at++) {
        p->text[p->size] = s->script->text[s->at];
        p->begin[p->size] = (uint32_t)mapped_begin(s->script, s->at);
        p->end[p->size] = (uint32_t)mapped_end(s->script, s->at + 1);
        p->size++;
    }
}

/* "$(...)", "${...}", "`...`", "(...)" of an array: up to what closes it, as text. What is never
 * closed is a character like others, and is not looked for again. */
static void take_balanced(struct shell *s, struct pen *p, char open, char close)
{
    size_t begin = s->at;
    size_t size = p->size;
    size_t depth = 0;
    char quote = 0;

    if (s->unclosed[(unsigned char)open]) {
        take(s, p, 1);
        return;
    }
    while (s->at < s->script->size) {
        char c = peek(s, 0);
        if (c == '\\' && quote != '\'') {
            take(s, p, 2);
            continue;
        }
        if (quote != 0) {
            quote = c == quote ? 0 : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == open && (open != close || depth == 0)) {
            depth++;
        } else if (c == close) {
            depth--;
        }
        take(s, p, 1);
        if (depth == 0 && quote == 0) {
            return;
        }
    }
    s->unclosed[(unsigned char)open] = true;
    s->at = begin;
    p->size = size;
    take(s, p, 1);
}

/* A dollar or backquote and what belongs to it. */
static void take_substitution(struct shell *s, struct pen *p)
{
    if (peek(s, 0) == '`') {
        take_balanced(s, p, '`', '`');
        return;
    }
    take(s, p, 1);
    if (peek(s, 0) == '(') {
        take_balanced(s, p, '(', ')');
    } else if (peek(s, 0) == '{') {
        take_balanced(s, p, '{', '}');
    }
}

static void take_double_quoted(struct shell *s, struct pen *p)
{
    s->at++;
    while (s->at < s->script->size && peek(s, 0) != '"') {
        char c = peek(s, 0);
        if (c == '\\' && peek(s, 1) == '\n') {
            s->at += 2;
        } else if (c == '\\' && peek(s, 1) != '\0' && strchr("\"\\$`", peek(s, 1)) != NULL) {
            s->at++;
            take(s, p, 1);
            p->begin[p->size - 1] = (uint32_t)mapped_begin(s->script, s->at - 2);
        } else if (c == '$' || c == '`') {
            take_substitution(s, p);
        } else {
            take(s, p, 1);
        }
    }
    s->at += s->at < s->script->size;
}

static void read_word(struct shell *s, struct word *word)
{
    struct pen p = {s->text, s->begin, s->end, 0};
    size_t from = s->at;
    char first = peek(s, 0);

    *word = (struct word){.quoted = first == '"' || first == '\'', .literal = first == '\''};
    for (;;) {
        char c = peek(s, 0);
        if (c == '(' && p.size > 1 && p.text[p.size - 1] == '=') {
            take_balanced(s, &p, '(', ')'); /* an array */
        } else if (ends_word(c)) {
            break;
        } else if (c == '\'') {
            for (s->at++; s->at < s->script->size && peek(s, 0) != '\'';) {
                take(s, &p, 1);
            }
            s->at += s->at < s->script->size;
        } else if (c == '"') {
            take_double_quoted(s, &p);
        } else if (c == '\\') {
            s->at++;
            if (peek(s, 0) == '\n') {
                s->at++;
            } else if (s->at < s->script->size) {
                take(s, &p, 1);
                p.begin[p.size - 1] = (uint32_t)mapped_begin(s->script, s->at - 2);
            }
        } else if (c == '$' || c == '`') {
            take_substitution(s, &p);
        } else {
            take(s, &p, 1);
        }
    }
    p.text[p.size] = '\0';
    word->begin = mapped_begin(s->script, from);
    word->end = mapped_end(s->script, s->at);
    word->text = (struct mapped){p.text, p.size, p.begin, p.end, word->begin};
    s->text += p.size + 1;
    s->begin += p.size;
    s->end += p.size;
}

/* ---- commands ---- */

static const char *assigned_value(const struct word *word, size_t *name_size)
{
    const char *equals = strchr(word->text.text, '=');
    if (equals == NULL) {
        return NULL;
    }
    *name_size = (size_t)(equals - word->text.text);
    if (*name_size > 0 && equals[-1] == '+') {
        (*name_size)--;
    }
    return text_is_variable(word->text.text, *name_size) ? equals + 1 : NULL;
}

static int add_assignment(struct shell *s, const struct word *word, const char *group)
{
    size_t name_size = 0;
    const char *value = assigned_value(word, &name_size);
    size_t value_at = (size_t)(value - word->text.text);
    struct document_entry e = {.kind = ENTRY_VARIABLE,
                               .group = group,
                               .value = arena_strdup(&s->b->d->arena, value),
                               .whole = {word->begin, word->end}};
    e.value_span.begin = mapped_end(&word->text, value_at);
    e.value_span.end = word->quoted ? mapped_end(&word->text, word->text.size) : word->end;
    char first = s->b->d->text[e.value_span.begin];
    e.quoted = word->quoted || first == '"' || first == '\'';
    e.interpolated = !word->literal && first != '\'' &&
                     (text_interpolates(value, strlen(value), false) ||
                      strstr(value, "$(") != NULL || strchr(value, '`') != NULL);
    return builder_add(s->b, &e, word->text.text, name_size, word->begin);
}

/* NAME and value as two words; the value may be missing. */
static int add_pair(struct shell *s, const struct word *name, const struct word *value,
                    const char *group)
{
    struct document_entry e = {.kind = ENTRY_VARIABLE,
                               .group = group,
                               .whole = {name->begin, name->end},
                               .value_span = {name->end, name->end}};
    if (value != NULL) {
        e.value = arena_strdup(&s->b->d->arena, value->text.text);
        e.quoted = value->quoted;
        e.interpolated = !value->literal &&
                         text_interpolates(value->text.text, value->text.size, false);
        e.whole.end = value->end;
        e.value_span = (struct document_span){value->begin, value->end};
    }
    return builder_add(s->b, &e, name->text.text, name->text.size, name->begin);
}

static bool is_any(const struct word *word, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (word_is(word, *list)) {
            return true;
        }
    }
    return false;
}

static void drop_first(struct words *w)
{
    w->items++;
    w->count--;
}

/* Takes away what is grammar and not command: "if", "do", "{". */
static void drop_keywords(struct shell *s, struct words *w)
{
    static const char *const keywords[] = {"if",    "then",  "elif", "else", "fi",
                                           "while", "until", "do",   "done", "esac",
                                           "!",     "{",     "}",    "time", NULL};
    static const char *const headers[] = {"for", "select", "case", "[[", "]]", NULL};
    while (w->count > 0 && !w->items[0].quoted) {
        if (is_any(&w->items[0], keywords)) {
            s->cases -= s->cases > 0 && word_is(&w->items[0], "esac");
            drop_first(w);
        } else if (word_is(&w->items[0], "function") && w->count > 1) {
            drop_first(w);
            drop_first(w);
        } else if (is_any(&w->items[0], headers)) {
            bool begins = word_is(&w->items[0], "case");
            s->cases += begins;
            s->pattern = s->pattern || begins;
            w->count = 0;
        } else {
            return;
        }
    }
}

const struct word *words_shell_script(const struct words *w, size_t command)
{
    static const char *const shells[] = {"sh", "bash", "zsh", "dash", "ash", "ksh", NULL};
    if (command >= w->count) {
        return NULL;
    }
    const char *base = word_base(&w->items[command]);
    bool shell = false;
    for (size_t i = 0; shells[i] != NULL; i++) {
        shell = shell || strcmp(base, shells[i]) == 0;
    }
    for (size_t i = command + 1; shell && i + 1 < w->count; i++) {
        const char *text = w->items[i].text.text;
        if (text[0] != '-') {
            return NULL;
        }
        if (text[1] != '-' && text[1] != '\0' && text[strlen(text) - 1] == 'c') {
            return &w->items[i + 1];
        }
    }
    return NULL;
}

static int read_inner(struct shell *s, const struct mapped *script)
{
    if (s->depth >= SHELL_MAX_DEPTH) {
        return 0;
    }
    int rc = builder_work(s->b, script->size, script->base);
    return rc < 0 ? rc : shell_read_part(s->b, script, s->group, s->depth + 1);
}

/* export A=b, declare -x A=b, alias a='...', setenv A b, set -gx A b: what sets something.
 * *done: it was one of these. */
static int read_builtin(struct shell *s, const struct words *w, size_t from, bool *done)
{
    static const char *const exports[] = {"export",   "declare", "typeset",
                                          "readonly", "local",   NULL};
    const struct word *first = &w->items[from];
    const char *group = s->group != NULL ? s->group : "";
    int rc = 0;

    *done = true;
    if (is_any(first, exports)) {
        for (size_t i = from + 1; i < w->count && rc == 0; i++) {
            size_t name_size;
            if (assigned_value(&w->items[i], &name_size) != NULL) {
                rc = add_assignment(s, &w->items[i], group);
            }
        }
        return rc;
    }
    if (word_is(first, "alias")) {
        for (size_t i = from + 1; i < w->count && rc == 0; i++) {
            const struct mapped *text = &w->items[i].text;
            const char *equals = strchr(text->text, '=');
            if (equals != NULL) {
                struct mapped inner = mapped_part(text, (size_t)(equals - text->text) + 1,
                                                  text->size);
                rc = read_inner(s, &inner);
            }
        }
        return rc;
    }
    if (word_is(first, "setenv") && w->count - from >= 2) {
        return add_pair(s, &w->items[from + 1], w->count - from > 2 ? &w->items[from + 2] : NULL,
                        group);
    }
    if (word_is(first, "set") && w->count - from >= 3 && w->items[from + 1].text.text[0] == '-' &&
        strchr(w->items[from + 1].text.text, 'x') != NULL &&
        text_is_variable(w->items[from + 2].text.text, w->items[from + 2].text.size)) {
        return add_pair(s, &w->items[from + 2], w->count - from > 3 ? &w->items[from + 3] : NULL,
                        group);
    }
    *done = false;
    return 0;
}

/* launchctl setenv NAME value, docker run -e NAME=value: variables of somebody else. */
static int read_arguments(struct shell *s, const struct words *w, size_t command, const char *group)
{
    const char *base = word_base(&w->items[command]);
    size_t count = w->count - command;
    int rc = 0;

    if (strcmp(base, "launchctl") == 0 && count >= 4 && word_is(&w->items[command + 1], "setenv")) {
        return add_pair(s, &w->items[command + 2], &w->items[command + 3], group);
    }
    if (strcmp(base, "docker") != 0 && strcmp(base, "podman") != 0) {
        return 0;
    }
    for (size_t i = command + 1; i < w->count && rc == 0; i++) {
        struct word word = w->items[i];
        size_t name_size;
        bool option = word_is(&word, "-e") || word_is(&word, "--env");
        if (option && i + 1 < w->count) {
            word = w->items[++i];
        } else if (strncmp(word.text.text, "--env=", 6) == 0) {
            word.text = mapped_part(&word.text, 6, word.text.size);
            word.begin = mapped_begin(&word.text, 0);
        } else {
            continue;
        }
        if (assigned_value(&word, &name_size) != NULL) {
            rc = add_assignment(s, &word, group);
        }
    }
    return rc;
}

/* A command with its arguments. */
static int add_command(struct shell *s, const struct words *w, size_t from)
{
    size_t command;
    const char *program;
    size_t args = words_program(w, from, &command, &program);
    int rc = 0;

    for (size_t i = from; i < command && i < w->count && rc == 0; i++) {
        size_t name_size; /* "sudo A=b cmd", "env A=b cmd" */
        if (assigned_value(&w->items[i], &name_size) != NULL) {
            rc = add_assignment(s, &w->items[i], s->group != NULL ? s->group : "");
        }
    }
    if (rc < 0 || command >= w->count || strchr("-[]$", w->items[command].text.text[0]) != NULL) {
        return rc;
    }
    const struct word *first = &w->items[command];
    size_t last = w->items[w->count - 1].end;
    struct document_entry e = {.kind = ENTRY_COMMAND,
                               .whole = {first->begin, last},
                               .value_span = {first->end, first->end}};
    const char *group = arena_strndup(&s->b->d->arena, program,
                                      strnlen(program, DOCUMENT_MAX_NAME));
    e.group = s->group != NULL ? s->group : group;
    if (command + 1 < w->count) {
        e.value_span = (struct document_span){w->items[command + 1].begin, last};
        e.value = arena_strndup(&s->b->d->arena, s->b->d->text + e.value_span.begin,
                                last - e.value_span.begin);
        e.interpolated = text_interpolates(e.value, strlen(e.value), false);
    }
    rc = builder_add(s->b, &e, first->text.text, first->text.size, first->begin);
    const struct word *script = words_shell_script(w, command);
    if (rc == 0 && script != NULL) {
        return read_inner(s, &script->text);
    }
    struct words_style style = {.group = e.group};
    if (rc == 0) {
        rc = words_add_entries(s->b, w, args, &style);
    }
    return rc < 0 ? rc : read_arguments(s, w, command, e.group);
}

static int end_command(struct shell *s)
{
    struct words cmd = s->cmd; /* its array is used again for the next one */
    size_t from = 0;
    size_t name_size;
    bool done = false;
    int rc = 0;

    s->cmd.count = 0;
    drop_keywords(s, &cmd);
    s->pattern = s->pattern && s->cases > 0;
    while (from < cmd.count && !cmd.items[from].quoted &&
           assigned_value(&cmd.items[from], &name_size) != NULL && rc == 0) {
        rc = add_assignment(s, &cmd.items[from++], s->group != NULL ? s->group : "");
    }
    if (rc == 0 && from < cmd.count) {
        rc = read_builtin(s, &cmd, from, &done);
        if (rc == 0 && !done) {
            rc = add_command(s, &cmd, from);
        }
    }
    return rc;
}

/* ---- lines ---- */

static size_t line_end(const struct shell *s, size_t at)
{
    const char *end = memchr(s->script->text + at, '\n', s->script->size - at);
    return end != NULL ? (size_t)(end - s->script->text) : s->script->size;
}

/* At the begin of a line: steps over the here-documents that the line before began. */
static void skip_heredocs(struct shell *s)
{
    for (size_t i = 0; i < s->heredoc_count; i++) {
        bool found = false;
        while (!found && s->at < s->script->size) {
            size_t end = line_end(s, s->at);
            size_t begin = s->at;
            size_t stop = end > begin && s->script->text[end - 1] == '\r' ? end - 1 : end;
            while (s->heredocs[i].strip && begin < stop && s->script->text[begin] == '\t') {
                begin++;
            }
            found = strlen(s->heredocs[i].word) == stop - begin &&
                    memcmp(s->heredocs[i].word, s->script->text + begin, stop - begin) == 0;
            s->at = end < s->script->size ? end + 1 : end;
        }
    }
    s->heredoc_count = 0;
}

static void skip_blanks(struct shell *s)
{
    for (;;) {
        char c = peek(s, 0);
        if (c == ' ' || c == '\t' || c == '\r') {
            s->at++;
        } else if (c == '\\' && peek(s, 1) == '\n') {
            s->at += 2;
        } else if (c == '\\' && peek(s, 1) == '\r' && peek(s, 2) == '\n') {
            s->at += 3;
        } else {
            return;
        }
    }
}

/* "<", ">>", "2>&1", "<<EOF", "<<<word", ">(...)": with the word that belongs to it. */
static void skip_redirection(struct shell *s)
{
    bool heredoc = peek(s, 0) == '<' && peek(s, 1) == '<' && peek(s, 2) != '<';
    bool strip = heredoc && peek(s, 2) == '-';
    struct word word;

    while (peek(s, 0) == '<' || peek(s, 0) == '>' || peek(s, 0) == '&' || peek(s, 0) == '|') {
        s->at++;
    }
    s->at += strip;
    skip_blanks(s);
    if (peek(s, 0) == '(') {
        return; /* a process: its commands are read like others */
    }
    read_word(s, &word);
    if (heredoc && s->heredoc_count < MAX_HEREDOCS && word.text.size > 0) {
        s->heredocs[s->heredoc_count++] = (struct heredoc){word.text.text, strip};
    }
}

static int read_paren(struct shell *s)
{
    int rc = 0;
    if (peek(s, 0) == '(') {
        s->at++;
        skip_blanks(s);
        if (peek(s, 0) == ')' && s->cmd.count > 0) { /* name() */
            s->at++;
            s->cmd.count = 0;
            return 0;
        }
        s->parens++;
        return end_command(s);
    }
    s->at++;
    if (s->parens > 0) {
        s->parens--;
        rc = end_command(s);
    } else {
        s->cmd.count = 0; /* the pattern of a case */
        s->pattern = false;
    }
    return rc;
}

static int read_token(struct shell *s)
{
    char c = peek(s, 0);
    struct word word;

    if (c == '#') {
        s->at = line_end(s, s->at);
        return 0;
    }
    if (c == '\n') {
        s->at++;
        int rc = end_command(s);
        skip_heredocs(s);
        return rc;
    }
    if (c == '(' || c == ')') {
        return read_paren(s);
    }
    if (c == '<' || c == '>' || (c == '&' && peek(s, 1) == '>')) {
        skip_redirection(s);
        return 0;
    }
    if (c == '|' && s->pattern) {
        s->at++;
        s->cmd.count = 0;
        return 0;
    }
    if (c == ';' || c == '&' || c == '|') {
        bool branch = c == ';' && peek(s, 1) == ';';
        s->at++;
        int rc = end_command(s);
        s->pattern = s->pattern || (branch && s->cases > 0);
        return rc;
    }
    read_word(s, &word);
    if ((peek(s, 0) == '<' || peek(s, 0) == '>') && word.text.size > 0 &&
        strspn(word.text.text, "0123456789") == word.text.size) {
        return 0; /* the descriptor of a redirection */
    }
    words_add(&s->cmd, &s->b->scratch, &word);
    /* "case x in a) ..." may stand in one line. */
    return s->cmd.count == 3 && word_is(&word, "in") && word_is(&s->cmd.items[0], "case")
               ? end_command(s)
               : 0;
}

int shell_read_part(struct document_builder *b, const struct mapped *script, const char *group,
                    size_t depth)
{
    struct shell s = {.b = b, .script = script, .group = group, .depth = depth};
    int rc = 0;

    s.text = arena_alloc(&b->scratch, script->size * 2 + 1);
    s.begin = arena_calloc(&b->scratch, script->size + 1, sizeof(s.begin[0]));
    s.end = arena_calloc(&b->scratch, script->size + 1, sizeof(s.end[0]));
    skip_blanks(&s);
    while (s.at < script->size && rc == 0) {
        rc = read_token(&s);
        skip_blanks(&s);
    }
    return rc < 0 ? rc : end_command(&s);
}

int shell_read(struct document_builder *b)
{
    struct mapped script = {b->d->text + b->places.bom, b->d->size - b->places.bom, NULL, NULL,
                            b->places.bom};
    return shell_read_part(b, &script, NULL, 0);
}
