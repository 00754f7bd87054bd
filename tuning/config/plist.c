#include <expat.h>
#include <limits.h>
#include <string.h>

#include "tuning/config/shell.h"
#include "tuning/config/words.h"

/* Property lists as XML, with the place of each value. Expat reads; a document that declares
 * entities is refused, so that nothing is ever expanded but the five of XML itself, and nothing
 * outside of the file is asked for. */

struct level {
    bool dict;
    size_t path_size; /* of the path without what is inside */
    size_t index;     /* of the next item of an array */
    bool has_key;
    size_t key_at;  /* byte of the pending <key> */
    bool variables; /* EnvironmentVariables */
    bool arguments; /* ProgramArguments */
};

struct plist_reader {
    struct document_builder *b;
    XML_Parser parser;
    size_t shift; /* what expat was not given: the byte order mark */
    struct level levels[DOCUMENT_MAX_DEPTH + 1];
    size_t depth; /* open dicts and arrays; 0 outside of the topmost */
    bool in_plist, had_value;
    int rc;
    struct buf path;
    const char *label;
    struct words arguments;
    /* The element whose text is being read. */
    bool reading;
    char element[16];
    size_t element_at, text_at;
    bool empty_tag; /* "<string/>" */
    char *text;     /* of the element: there is room for all of the file */
    uint32_t *begin, *end;
    size_t size;
};

static void stop(struct plist_reader *r, int rc)
{
    r->rc = rc;
    (void)XML_StopParser(r->parser, XML_FALSE);
}

static size_t event_at(const struct plist_reader *r)
{
    return r->shift + (size_t)XML_GetCurrentByteIndex(r->parser);
}

static size_t event_end(const struct plist_reader *r)
{
    return event_at(r) + (size_t)XML_GetCurrentByteCount(r->parser);
}

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(name, *list) == 0) {
            return true;
        }
    }
    return false;
}

static struct level *top(struct plist_reader *r)
{
    return r->depth > 0 ? &r->levels[r->depth - 1] : NULL;
}

/* A value begins: it needs a key in a dict, and gets its number in an array. False: refused. */
static bool begin_value(struct plist_reader *r, const char *name)
{
    struct level *level = top(r);
    if (!r->in_plist) {
        stop(r, builder_fail(r->b, event_at(r), "expected <plist>, found <%.40s>", name));
        return false;
    }
    if (level == NULL) {
        if (r->had_value) {
            stop(r, builder_fail(r->b, event_at(r), "a second value stands beside the first"));
            return false;
        }
        r->had_value = true;
        return true;
    }
    if (level->dict && !level->has_key) {
        stop(r, builder_fail(r->b, event_at(r), "expected <key>, found <%.40s>", name));
        return false;
    }
    if (!level->dict) {
        buf_printf(&r->path, "[%zu]", level->index++);
    }
    return true;
}

static void end_value(struct plist_reader *r)
{
    struct level *level = top(r);
    if (level != NULL) {
        level->has_key = false;
        r->path.size = level->path_size;
        r->path.data[r->path.size] = '\0';
        r->path.truncated = false;
    }
}

static void begin_collection(struct plist_reader *r, const char *name)
{
    struct level *parent = top(r);
    if (!begin_value(r, name)) {
        return;
    }
    if (r->depth == DOCUMENT_MAX_DEPTH) {
        stop(r, builder_fail(r->b, event_at(r), "it is nested deeper than %d levels",
                             DOCUMENT_MAX_DEPTH));
        return;
    }
    struct level level = {.dict = strcmp(name, "dict") == 0, .path_size = r->path.size};
    if (parent != NULL && r->depth == 1 && parent->dict) {
        level.variables = level.dict && strcmp(r->path.data, "EnvironmentVariables") == 0;
        level.arguments = !level.dict && strcmp(r->path.data, "ProgramArguments") == 0;
    }
    r->levels[r->depth++] = level;
}

static void begin_text(struct plist_reader *r, const char *name)
{
    size_t size = strlen(name);
    if (strcmp(name, "key") == 0) {
        struct level *level = top(r);
        if (level == NULL || !level->dict || level->has_key) {
            stop(r, builder_fail(r->b, event_at(r), "a <key> cannot stand here"));
            return;
        }
        level->key_at = event_at(r);
    } else if (!begin_value(r, name)) {
        return;
    }
    memcpy(r->element, name, size + 1); /* one of the names below */
    r->reading = true;
    r->element_at = event_at(r);
    r->text_at = event_end(r);
    r->empty_tag = r->text_at >= 2 && r->b->d->text[r->text_at - 2] == '/';
    r->size = 0;
}

static void on_start(void *data, const char *name, const char **attributes)
{
    static const char *const texts[] = {"key",   "string", "integer", "real", "true",
                                        "false", "date",   "data",    NULL};
    struct plist_reader *r = data;

    (void)attributes;
    if (r->rc < 0) {
        return;
    }
    if (r->reading) {
        stop(r, builder_fail(r->b, event_at(r), "<%.40s> cannot stand inside of <%s>", name,
                             r->element));
    } else if (strcmp(name, "plist") == 0 && !r->in_plist) {
        r->in_plist = true;
    } else if (strcmp(name, "dict") == 0 || strcmp(name, "array") == 0) {
        begin_collection(r, name);
    } else if (is_one_of(name, texts)) {
        begin_text(r, name);
    } else {
        stop(r,
             builder_fail(r->b, event_at(r), "<%.40s> does not belong in a property list", name));
    }
}

static void on_text(void *data, const char *text, int len)
{
    struct plist_reader *r = data;
    size_t count = (size_t)len;
    size_t at = event_at(r);
    bool as_written = event_end(r) - at == count;

    if (r->rc < 0 || !r->reading) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        r->text[r->size] = text[i];
        r->begin[r->size] = (uint32_t)(as_written ? at + i : at);
        r->end[r->size] = (uint32_t)(as_written ? at + i + 1 : event_end(r));
        r->size++;
    }
}

static int end_key(struct plist_reader *r)
{
    struct level *level = top(r);
    level->has_key = true;
    if (r->path.size > 0) {
        buf_putc(&r->path, '.');
    }
    buf_add(&r->path, r->text, r->size);
    return 0;
}

static int end_scalar(struct plist_reader *r, size_t text_end)
{
    struct level *level = top(r);
    bool flag = strcmp(r->element, "true") == 0 || strcmp(r->element, "false") == 0;
    size_t end = event_end(r) > r->element_at ? event_end(r) : r->text_at;
    struct document_entry e = {
        .kind = level != NULL && level->variables ? ENTRY_VARIABLE : ENTRY_KEY,
        .group = "",
        .value = flag ? arena_strdup(&r->b->d->arena, r->element)
                      : arena_strndup(&r->b->d->arena, r->text, r->size),
        .whole = {level != NULL && level->dict ? level->key_at : r->element_at, end},
        .value_span = {r->text_at, text_end}};
    if (flag || r->empty_tag) { /* there is no text that could be changed without its tags */
        e.value_span = (struct document_span){r->element_at, end};
    }
    if (level != NULL && level->arguments && strcmp(r->element, "string") == 0) {
        struct word word = {.begin = e.value_span.begin, .end = e.value_span.end};
        uint32_t *map = arena_calloc(&r->b->scratch, r->size * 2 + 1, sizeof(map[0]));
        if (r->size > 0) {
            memcpy(map, r->begin, r->size * sizeof(map[0]));
            memcpy(map + r->size, r->end, r->size * sizeof(map[0]));
        }
        word.text = (struct mapped){e.value, r->size, map, map + r->size, r->text_at};
        words_add(&r->arguments, &r->b->scratch, &word);
        return 0;
    }
    if (r->depth == 1 && strcmp(r->path.data, "Label") == 0) {
        r->label = e.value;
    }
    if (r->path.truncated) {
        return builder_fail(r->b, e.whole.begin, "a name is longer than %d bytes",
                            DOCUMENT_MAX_NAME);
    }
    const char *name = r->path.data;
    if (e.kind == ENTRY_VARIABLE) {
        name += level->path_size + 1; /* "EnvironmentVariables." */
    }
    return builder_add(r->b, &e, name, strlen(name), e.whole.begin);
}

static void on_end(void *data, const char *name)
{
    struct plist_reader *r = data;
    if (r->rc < 0 || strcmp(name, "plist") == 0) {
        return;
    }
    int rc = 0;
    if (r->reading) {
        r->reading = false;
        r->text[r->size] = '\0';
        rc = strcmp(r->element, "key") == 0 ? end_key(r) : end_scalar(r, event_at(r));
        if (strcmp(r->element, "key") != 0) {
            end_value(r);
        }
    } else if (r->depth > 0) {
        r->depth--;
        end_value(r);
    }
    if (rc < 0) {
        stop(r, rc);
    }
}

static void on_entity(void *data, const XML_Char *name, int parameter, const XML_Char *value,
                      int size, const XML_Char *base, const XML_Char *system,
                      const XML_Char *public, const XML_Char *notation)
{
    struct plist_reader *r = data;
    (void)parameter, (void)value, (void)size, (void)base, (void)system, (void)public,
        (void)notation;
    if (r->rc == 0) {
        stop(r, builder_fail(r->b, event_at(r), "it declares an entity ('%.40s'): not read", name));
    }
}

static int fail_xml(const struct plist_reader *r)
{
    enum XML_Error code = XML_GetErrorCode(r->parser);
    if (code == XML_ERROR_NO_MEMORY) {
        return err_set(r->b->err, ERR_NOMEM, "out of memory while reading '%s'", r->b->d->file);
    }
    return builder_fail(r->b, event_at(r), "it is not XML: %s", XML_ErrorString(code));
}

/* The program's arguments, when all is known. */
static int add_arguments(struct plist_reader *r, const char *group)
{
    struct words_style style = {.group = group, .positional = "ProgramArguments"};
    const struct words *w = &r->arguments;
    size_t command;
    const char *program;

    (void)words_program(w, 0, &command, &program);
    const struct word *script = words_shell_script(w, command);
    int rc = words_add_entries(r->b, w, 0, &style);
    return rc < 0 || script == NULL ? rc : shell_read_part(r->b, &script->text, group, 0);
}

static int read_xml(struct plist_reader *r)
{
    const struct document *d = r->b->d;
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_start, on_end);
    XML_SetCharacterDataHandler(r->parser, on_text);
    XML_SetEntityDeclHandler(r->parser, on_entity);
    enum XML_Status status = XML_Parse(r->parser, d->text + r->shift, (int)(d->size - r->shift),
                                       XML_TRUE);
    if (r->rc < 0) {
        return r->rc;
    }
    if (status != XML_STATUS_OK) {
        return fail_xml(r);
    }
    if (!r->in_plist) {
        return builder_fail(r->b, 0, "it is XML, but no property list");
    }
    const char *label = r->label != NULL && strlen(r->label) <= DOCUMENT_MAX_NAME ? r->label : "";
    for (size_t i = 0; i < d->count; i++) {
        d->entries[i].group = label;
    }
    builder_note_twice(r->b, 0);
    return add_arguments(r, label);
}

int plist_read(struct document_builder *b)
{
    struct plist_reader r = {.b = b, .shift = b->places.bom};
    size_t size = b->d->size;

    /* The encoding is given, so that a declaration of another one does not count: that the bytes
     * are UTF-8 was seen already. */
    r.parser = XML_ParserCreate("UTF-8");
    if (r.parser == NULL) {
        return err_set(b->err, ERR_NOMEM, "out of memory while reading '%s'", b->d->file);
    }
    _Static_assert(DOCUMENT_MAX_BYTES < INT_MAX, "XML_Parse takes an int");
    buf_init(&r.path, DOCUMENT_MAX_NAME * 2);
    r.text = arena_alloc(&b->scratch, size + 1);
    r.begin = arena_calloc(&b->scratch, size + 1, sizeof(r.begin[0]));
    r.end = arena_calloc(&b->scratch, size + 1, sizeof(r.end[0]));
    int rc = read_xml(&r);
    buf_release(&r.path);
    XML_ParserFree(r.parser);
    return rc;
}
