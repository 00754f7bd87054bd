/*
 * Holds tuning/config/ against the files of tests/fixtures/config, one by one. Prints TAP.
 *
 *   config_corpus [FOLDER [MADE]]   MADE: where to put what the files become, for the judges
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "tests/tools/config_corpus.h"

enum { COLUMNS = 7, TABLE_MAX_BYTES = 1024 * 1024, ROWS_MAX = 4000 };

static const char *const act_words[] = {"document", "has", "has-not", "set", "remove", "profile"};
static const char *const entry_words[] = {"variable", "flag", "key", "command"};

/* ---- TAP ---- */

static int results, failures;
static struct buf said;

void corpus_say(const char *fmt, ...)
{
    va_list ap;
    buf_puts(&said, "# ");
    va_start(ap, fmt);
    buf_vprintf(&said, fmt, ap);
    va_end(ap);
    buf_putc(&said, '\n');
}

void corpus_result(const char *fmt, ...)
{
    struct buf title;
    va_list ap;

    buf_init(&title, 4096);
    va_start(ap, fmt);
    buf_vprintf(&title, fmt, ap);
    va_end(ap);
    printf("%sok %d - ", said.size == 0 ? "" : "not ", ++results);
    for (const char *at = title.data; *at != '\0'; at++) {
        if (*at == '#') { /* begins a directive */
            printf("(hash)");
        } else {
            putchar(*at);
        }
    }
    printf("\n%s", said.data);
    buf_release(&title);
    failures += said.size > 0;
    buf_clear(&said);
}

static void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void die(const char *fmt, ...)
{
    va_list ap;
    printf("Bail out! ");
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\n");
    exit(1);
}

/* ---- the table ---- */

static int word_index(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], word) == 0) {
            return (int)i;
        }
    }
    return -1;
}

enum document_kind corpus_document_kind(const char *word)
{
    return (enum document_kind)word_index(document_kind_words, DOCUMENT_KIND_COUNT, word);
}

enum document_entry_kind corpus_entry_kind(const char *word)
{
    return (enum document_entry_kind)word_index(entry_words,
                                                sizeof(entry_words) / sizeof(entry_words[0]), word);
}

static void read_row(struct corpus *c, unsigned long number, char *line)
{
    const char *columns[COLUMNS];
    size_t count = 0;

    for (char *at = line; at != NULL; count++) {
        char *tab = strchr(at, '\t');
        if (tab != NULL) {
            *tab++ = '\0';
        }
        if (count < COLUMNS) {
            columns[count] = at;
        }
        at = tab;
    }
    if (count != COLUMNS) {
        die("corpus.tsv:%lu: %zu columns, not %d", number, count, COLUMNS);
    }
    int act = word_index(act_words, sizeof(act_words) / sizeof(act_words[0]), columns[1]);
    if (act < 0) {
        die("corpus.tsv:%lu: '%s' is no act", number, columns[1]);
    }
    int kind = act == CORPUS_DOCUMENT  ? (int)corpus_document_kind(columns[2])
               : act == CORPUS_PROFILE ? 0
                                       : (int)corpus_entry_kind(columns[2]);
    if (kind < 0) {
        die("corpus.tsv:%lu: '%s' is no kind", number, columns[2]);
    }
    if (act != CORPUS_DOCUMENT && corpus_document(c, columns[0]) == NULL) {
        die("corpus.tsv:%lu: '%s' has no line of its own before", number, columns[0]);
    }
    if (c->count == ROWS_MAX) {
        die("corpus.tsv: more than %d lines", ROWS_MAX);
    }
    c->rows[c->count++] = (struct corpus_row){
        .line = number,
        .act = (enum corpus_act)act,
        .file = columns[0],
        .what = columns[2],
        .group = strcmp(columns[3], "-") == 0 ? "" : columns[3],
        .name = columns[4],
        .value = strcmp(columns[5], "(none)") == 0 ? NULL : columns[5],
        .expected = columns[6],
    };
}

void corpus_read(const struct corpus *c, const char *file, struct buf *out)
{
    struct buf path;
    struct err err;

    buf_init(&path, 4096);
    buf_printf(&path, "%s/%s", c->folder, file);
    if (file_read(path.data, out, &err) < 0) {
        die("%s: %s", path.data, err.msg);
    }
    buf_release(&path);
}

void corpus_load(struct corpus *c, const char *folder)
{
    struct buf text;
    unsigned long number = 0;

    *c = (struct corpus){.folder = folder};
    c->rows = arena_calloc(&c->arena, ROWS_MAX, sizeof(c->rows[0]));
    buf_init(&text, TABLE_MAX_BYTES);
    corpus_read(c, "corpus.tsv", &text);
    for (char *at = arena_strdup(&c->arena, text.data); at != NULL;) {
        char *end = strchr(at, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        number++;
        if (at[0] != '#' && at[0] != '\0') {
            read_row(c, number, at);
        }
        at = end;
    }
    buf_release(&text);
}

const struct corpus_row *corpus_document(const struct corpus *c, const char *file)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->rows[i].act == CORPUS_DOCUMENT && strcmp(c->rows[i].file, file) == 0) {
            return &c->rows[i];
        }
    }
    return NULL;
}

bool corpus_expects(const struct corpus_row *row, const char *word, const char **rest)
{
    size_t size = strlen(word);
    if (strncmp(row->expected, word, size) != 0 ||
        (row->expected[size] != ' ' && row->expected[size] != '\0')) {
        return false;
    }
    *rest = row->expected + size + (row->expected[size] == ' ');
    return true;
}

/* ---- reading ---- */

static size_t memcspn(const char *text, size_t size, const char *reject)
{
    size_t at = 0;
    while (at < size && strchr(reject, text[at]) == NULL) {
        at++;
    }
    return at;
}

/* The spans lie in each other and in the text, and a value that is written as it is stands there.
 */
static void check_spans(const struct document *d)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct document_entry *e = &d->entries[i];
        const struct document_span *v = &e->value_span;
        if (e->whole.begin > e->whole.end || e->whole.end > d->size || v->begin > v->end ||
            v->end > d->size) {
            corpus_say("%lu:%lu: '%s' stands at no place of the text", e->line, e->column, e->name);
        } else if (e->value != NULL && !e->quoted && strlen(e->value) == v->end - v->begin &&
                   memcmp(d->text + v->begin, e->value, v->end - v->begin) != 0 &&
                   memcspn(d->text + v->begin, v->end - v->begin, "\\*\n") == v->end - v->begin) {
            corpus_say("%lu:%lu: '%s' is '%s', at its place stands '%.*s'", e->line, e->column,
                       e->name, e->value, (int)(v->end - v->begin), d->text + v->begin);
        }
        if (e->line == 0 || e->column == 0) {
            corpus_say("'%s' has no line", e->name);
        }
    }
}

static void check_document(const struct corpus_row *row, const struct buf *text)
{
    struct document d;
    struct err err = {0};
    const char *rest;
    enum document_kind kind = corpus_document_kind(row->what);
    int rc = document_parse(row->file, kind, text->data, text->size, &d, &err);

    if (corpus_expects(row, "refused", &rest)) {
        if (rc == 0) {
            corpus_say("it was read, with %zu entries", d.count);
        } else if (strstr(err.msg, rest) == NULL) {
            corpus_say("refused with: %s", err.msg);
        } else if (err.where[0] == '\0') {
            corpus_say("nobody is told where: %s", err.msg);
        }
    } else if (rc < 0) {
        corpus_say("%s: %s", err.where, err.msg);
    } else {
        check_spans(&d);
        if (corpus_expects(row, "noted", &rest)) {
            bool found = false;
            for (size_t i = 0; i < d.note_count; i++) {
                found = found || strstr(d.notes[i].text, rest) != NULL;
            }
            if (!found) {
                corpus_say("no note says '%s'", rest);
            }
        } else if (!corpus_expects(row, "ok", &rest)) {
            corpus_say("'%s' is nothing to expect", row->expected);
        } else if (d.note_count > 0) {
            corpus_say("%lu:%lu: %s", d.notes[0].line, d.notes[0].column, d.notes[0].text);
        }
        enum document_kind taken = document_recognise(row->file, text->data, text->size);
        const char *word = taken < DOCUMENT_KIND_COUNT ? document_kind_words[taken] : "unknown";
        if (strcmp(word, strcmp(row->name, "-") == 0 ? row->what : row->name) != 0) {
            corpus_say("it is taken for %s", word);
        }
    }
    document_release(&d);
    corpus_result("%s", row->file);
}

static const struct document_entry *find(const struct document *d, const struct corpus_row *row)
{
    const struct document_entry *found = NULL;
    for (size_t i = 0; i < d->count; i++) {
        const struct document_entry *e = &d->entries[i];
        if (e->kind == corpus_entry_kind(row->what) && strcmp(e->group, row->group) == 0 &&
            strcmp(e->name, row->name) == 0) {
            found = e;
        }
    }
    return found;
}

static void check_entry(const struct corpus_row *row, const struct document *d)
{
    const struct document_entry *e = find(d, row);
    const char *rest;

    if (row->act == CORPUS_HAS_NOT) {
        if (e != NULL) {
            corpus_say("it has, in line %lu", e->line);
        }
    } else if (e == NULL) {
        corpus_say("it has none");
    } else if (e->value == NULL || row->value == NULL ? e->value != row->value
                                                      : strcmp(e->value, row->value) != 0) {
        corpus_say("it is %s", e->value != NULL ? e->value : "without a value");
    } else if (corpus_expects(row, "shared", &rest) ? !e->shared : e->shared) {
        corpus_say(e->shared ? "it is shared" : "it is not shared");
    } else if (corpus_expects(row, "filled", &rest) ? !e->interpolated : e->interpolated) {
        corpus_say(e->interpolated ? "it is filled by others" : "it is not filled by others");
    }
    corpus_result("%s: %s %s: %s %s", row->file, act_words[row->act], row->group, row->name,
                  row->value != NULL ? row->value : "");
}

static void check_file(const struct corpus *c, const struct corpus_row *row, const char *made)
{
    struct buf text;
    struct document d;
    struct err err;

    buf_init(&text, DOCUMENT_MAX_BYTES);
    corpus_read(c, row->file, &text);
    check_document(row, &text);
    if (document_parse(row->file, corpus_document_kind(row->what), text.data, text.size, &d,
                       &err) == 0) {
        for (size_t i = 0; i < c->count; i++) {
            const struct corpus_row *entry = &c->rows[i];
            bool asks = entry->act == CORPUS_HAS || entry->act == CORPUS_HAS_NOT;
            if (asks && strcmp(entry->file, row->file) == 0) {
                check_entry(entry, &d);
            }
        }
        corpus_check_edits(c, &d, row, made);
        corpus_check_profiles(c, &d, row, made);
    }
    document_release(&d);
    buf_release(&text);
}

int main(int argc, char **argv)
{
    struct corpus c;
    char folder[4096];
    const char *source = getenv("abs_srcdir");

    if (argc > 1) {
        snprintf(folder, sizeof(folder), "%s", argv[1]);
    } else {
        snprintf(folder, sizeof(folder), "%s/tests/fixtures/config", source != NULL ? source : ".");
    }
    buf_init(&said, 16384);
    corpus_load(&c, folder);
    for (size_t i = 0; i < c.count; i++) {
        if (c.rows[i].act == CORPUS_DOCUMENT) {
            check_file(&c, &c.rows[i], argc > 2 ? argv[2] : NULL);
        }
    }
    printf("1..%d\n", results);
    buf_release(&said);
    arena_release(&c.arena);
    return failures > 0;
}
