#include "tui/journal_rows.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "tuning/journal.h"

enum { TEXT_MAX = 1024 }; /* bytes of a name, a value, a reason */

const char *const journal_row_now_words[NOW_COUNT] = {
    "-", "as applied", "as before", "changed since", "gone", "unreadable"};
static const char *const now_names[NOW_COUNT] = {"",        "as_applied", "as_before",
                                                 "changed", "gone",       "unreadable"};
static const char *const state_names[ROW_STATES] = {"interrupted", "applied", "partial",
                                                    "rolled_back", "undone"};
static const char *const state_words[ROW_STATES] = {"interrupted", "applied", "applied in part",
                                                    "rolled back", "undone"};

/* ---------------------------------------------------------------- texts */

static const char *clean(struct arena *arena, const char *text)
{
    char out[TEXT_MAX];
    utf8_sanitise(text, strlen(text), out, sizeof out, NULL);
    return arena_strdup(arena, out);
}

/* NULL: it is no text. */
static const char *text_of(struct arena *arena, const cJSON *o, const char *key)
{
    const char *text = json_text(o, key, NULL);
    return text != NULL ? clean(arena, text) : NULL;
}

static const char *name_of(struct arena *arena, const cJSON *o, const char *key)
{
    const char *text = text_of(arena, o, key);
    return text != NULL ? text : "";
}

static bool flag_of(const cJSON *o, const char *key)
{
    return cJSON_IsTrue(json_get(o, key));
}

static int word_of(const cJSON *o, const char *key, const char *const *words, int count,
                   int otherwise)
{
    const char *text = json_text(o, key, "");
    for (int i = 0; i < count; i++)
        if (words[i][0] != '\0' && strcmp(text, words[i]) == 0)
            return i;
    return otherwise;
}

static int64_t time_of(const cJSON *o, const char *key)
{
    int64_t ns;
    return clock_parse_rfc3339(json_text(o, key, ""), &ns) == 0 ? ns : 0;
}

/* ---------------------------------------------------------------- parts of an entry */

/* Room for all objects of a list that count, zeroed. */
static void *room_of(struct arena *arena, const cJSON *list, size_t most, size_t size, size_t *room)
{
    const int n = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
    *room = (size_t)n > most ? most : (size_t)n;
    return arena_calloc(arena, *room + 1, size);
}

static void read_services(struct arena *arena, const cJSON *list, struct journal_row *r)
{
    const cJSON *o;
    size_t room;
    r->services = room_of(arena, list, JOURNAL_ROW_SERVICES, sizeof *r->services, &room);
    cJSON_ArrayForEach(o, list) {
        if (r->service_count == room)
            return;
        struct journal_row_service *s = &r->services[r->service_count++];
        s->back = strcmp(json_text(o, "state", ""), "rolled_back") == 0;
        s->name = name_of(arena, o, "name");
        s->state = s->back ? "rolled back" : name_of(arena, o, "state");
        s->reason = text_of(arena, o, "reason");
        s->restarted = cJSON_IsTrue(json_get(o, "restarted"));
        s->left = cJSON_IsFalse(json_get(o, "stands"));
    }
}

static bool is_back(const struct journal_row *r, const char *service)
{
    for (size_t i = 0; i < r->service_count; i++)
        if (strcmp(r->services[i].name, service) == 0)
            return r->services[i].back;
    return false;
}

static void read_changes(struct arena *arena, const cJSON *list, struct journal_row *r)
{
    const cJSON *o;
    size_t room;
    r->changes = room_of(arena, list, JOURNAL_ROW_CHANGES, sizeof *r->changes, &room);
    cJSON_ArrayForEach(o, list) {
        if (r->change_count == room)
            return;
        struct journal_row_change *c = &r->changes[r->change_count++];
        c->service = name_of(arena, o, "service");
        c->setting = name_of(arena, o, "setting");
        c->name = text_of(arena, o, "name");
        if (c->name != NULL && strcmp(c->name, c->setting) == 0)
            c->name = NULL;
        c->from = text_of(arena, o, "from");
        c->to = text_of(arena, o, "to");
        r->back_count += r->how == ROW_ROLLED_BACK || is_back(r, c->service);
    }
}

static struct journal_row_file *read_files(struct arena *arena, const cJSON *list, size_t *count)
{
    const cJSON *o;
    size_t room;
    struct journal_row_file *files = room_of(arena, list, JOURNAL_ROW_FILES, sizeof *files, &room);
    *count = 0;
    cJSON_ArrayForEach(o, list) {
        if (*count == room)
            break;
        struct journal_row_file *f = &files[(*count)++];
        f->path = name_of(arena, o, "path");
        f->stands = flag_of(o, "stands");
        f->now = (enum journal_row_now)word_of(o, "now", now_names, NOW_COUNT, NOW_NOT_KNOWN);
        f->now_why = text_of(arena, o, "now_why");
        f->diff_why = text_of(arena, o, "diff_why");
    }
    return files;
}

static struct journal_row_value *read_values(struct arena *arena, const cJSON *list, size_t *count)
{
    const cJSON *o;
    size_t room;
    struct journal_row_value *values = room_of(arena, list, JOURNAL_ROW_FILES, sizeof *values,
                                               &room);
    *count = 0;
    cJSON_ArrayForEach(o, list) {
        if (*count == room)
            break;
        struct journal_row_value *v = &values[(*count)++];
        v->name = name_of(arena, o, "name");
        v->before = name_of(arena, o, "before");
        v->after = name_of(arena, o, "after");
        v->is = text_of(arena, o, "is");
        v->stands = flag_of(o, "stands");
        v->now = (enum journal_row_now)word_of(o, "now", now_names, NOW_COUNT, NOW_NOT_KNOWN);
        v->now_why = text_of(arena, o, "now_why");
    }
    return values;
}

/* false: it is none. Its id becomes a word of a command, so it is one of the journal's or none. */
static bool read_entry(struct arena *arena, const cJSON *o, struct journal_row *r)
{
    const char *id = json_text(o, "id", ""), *of = json_text(o, "of", "");
    *r = (struct journal_row){.id = NULL};
    if (!cJSON_IsObject(o) || !journal_id_ok(id))
        return false;
    r->id = arena_strdup(arena, id);
    r->of = journal_id_ok(of) ? arena_strdup(arena, of) : NULL;
    r->profile = text_of(arena, o, "profile");
    r->reason = text_of(arena, o, "reason");
    r->version = text_of(arena, o, "version");
    r->from_screen = strcmp(json_text(o, "from", ""), "screen") == 0;
    r->how = (enum journal_row_state)word_of(o, "state", state_names, ROW_STATES, ROW_INTERRUPTED);
    r->began_ns = time_of(o, "time");
    r->ended_ns = time_of(o, "end_time");
    r->time = name_of(arena, o, "time");
    r->undo = strcmp(json_text(o, "kind", ""), "undo") == 0;
    r->kind = r->undo ? "undo" : "apply";
    r->root = strcmp(json_text(o, "journal", ""), "root") == 0;
    r->journal = r->root ? "root" : "own";
    r->at_work = r->how == ROW_INTERRUPTED && flag_of(o, "at_work");
    r->state = r->at_work ? "at work" : state_words[r->how];
    r->cut_off = r->how == ROW_INTERRUPTED && !r->at_work;
    r->stands = flag_of(o, "stands") && r->how != ROW_INTERRUPTED;
    r->may_do = flag_of(o, "allowed");
    r->command = text_of(arena, o, "command");
    read_services(arena, json_get(o, "services"), r);
    read_changes(arena, json_get(o, "changes"), r);
    r->files = read_files(arena, json_get(o, "files"), &r->file_count);
    r->values = read_values(arena, json_get(o, "values"), &r->value_count);
    return true;
}

/* ---------------------------------------------------------------- the whole text */

/* A journal may be longer than one tree of values, and its text be cut: so entries are found in the
 * text and read one by one. */
struct scan {
    const char *text;
    size_t size, at;
};

static void skip_blanks(struct scan *s)
{
    while (s->at < s->size && strchr(" \t\r\n", s->text[s->at]) != NULL && s->text[s->at] != '\0')
        s->at++;
}

static bool take(struct scan *s, char c)
{
    skip_blanks(s);
    if (s->at == s->size || s->text[s->at] != c)
        return false;
    s->at++;
    return true;
}

/* Behind the string that begins here; false: it has no end. */
static bool skip_string(struct scan *s)
{
    for (s->at++; s->at < s->size; s->at++) {
        if (s->text[s->at] == '\\')
            s->at++;
        else if (s->text[s->at] == '"') {
            s->at++;
            return true;
        }
    }
    s->at = s->size;
    return false;
}

/* Behind the value that begins here: by its brackets; what is between them is looked at later. */
static bool skip_value(struct scan *s)
{
    size_t depth = 0;
    skip_blanks(s);
    const size_t begin = s->at;
    while (s->at < s->size) {
        const char c = s->text[s->at];
        if (c == '"') {
            if (!skip_string(s))
                return false;
            if (depth == 0)
                return true;
            continue;
        }
        if (depth == 0 && s->at > begin && strchr(",}] \t\r\n", c) != NULL)
            return true;
        if (c == '{' || c == '[')
            depth++;
        if (c == '}' || c == ']') {
            if (depth == 0)
                return false;
            depth--;
        }
        s->at++;
        if (depth == 0 && (c == '}' || c == ']'))
            return true;
    }
    return false;
}

static cJSON *parse_span(const struct scan *s, size_t from)
{
    struct err err = ERR_INIT;
    return json_parse(s->text + from, s->at - from, &err);
}

static void add_note(struct journal_rows *out, const char *text)
{
    if (out->notes == NULL)
        out->notes = arena_calloc(&out->arena, JOURNAL_ROW_NOTES, sizeof *out->notes);
    if (out->note_count < JOURNAL_ROW_NOTES)
        out->notes[out->note_count++] = text;
}

static void read_notes(const cJSON *list, struct journal_rows *out)
{
    const cJSON *o;
    cJSON_ArrayForEach(o, list) {
        const char *whose = strcmp(json_text(o, "journal", ""), "root") == 0 ? "root's" : "your";
        const char *text = name_of(&out->arena, o, "text");
        double line;
        if (json_number(o, "line", &line) && line >= 1 && line < 1e9)
            add_note(out, arena_printf(&out->arena, "line %.0f of %s journal does not count: %s",
                                       line, whose, text));
        else
            add_note(out, arena_printf(&out->arena, "%s journal: %s", whose, text));
    }
}

/* The entries of the list that begins here; false: it has no end. */
static bool read_entries(struct scan *s, struct journal_rows *out)
{
    size_t beyond = 0;
    bool whole = take(s, '[');
    size_t room = 0;
    while (whole && !take(s, ']')) {
        skip_blanks(s);
        const size_t from = s->at;
        whole = skip_value(s);
        if (!whole)
            break;
        if (out->count == JOURNAL_ROWS) {
            beyond++;
        } else {
            cJSON *o = parse_span(s, from);
            if (out->count == room) { /* given back when they are in order */
                room = room == 0 ? 16 : 2 * room;
                out->rows = xreallocarray(out->rows, room, sizeof *out->rows);
            }
            out->count += o != NULL && read_entry(&out->arena, o, &out->rows[out->count]);
            cJSON_Delete(o);
        }
        (void)take(s, ',');
    }
    if (beyond > 0)
        add_note(out, arena_printf(&out->arena,
                                   "%zu older changes are not shown: 'tunetop journal' lists them",
                                   beyond));
    return whole;
}

/* What an undo took back is told by the entry that it undid. */
static void count_undone(struct journal_rows *out)
{
    for (size_t i = 0; i < out->count; i++) {
        struct journal_row *r = &out->rows[i];
        for (size_t k = 0; r->undo && r->of != NULL && k < out->count; k++)
            if (out->rows[k].root == r->root && strcmp(out->rows[k].id, r->of) == 0)
                r->undone_count = out->rows[k].change_count - out->rows[k].back_count;
    }
}

/* What is open first, else as they are. */
static void put_open_first(struct journal_rows *out)
{
    struct journal_row *sorted = arena_calloc(&out->arena, out->count + 1, sizeof *sorted);
    size_t n = 0;
    for (int open = 1; open >= 0; open--)
        for (size_t i = 0; i < out->count; i++)
            if ((out->rows[i].how == ROW_INTERRUPTED) == open)
                sorted[n++] = out->rows[i];
    free(out->rows);
    out->rows = sorted;
}

int journal_rows_parse(const char *json, size_t size, struct journal_rows *out, struct err *err)
{
    struct scan s = {json, size, 0};
    bool whole, found = false;
    memset(out, 0, sizeof *out);
    whole = take(&s, '{');
    while (whole && !take(&s, '}')) {
        skip_blanks(&s);
        const size_t key = s.at;
        whole = s.at < s.size && s.text[s.at] == '"' && skip_string(&s);
        const size_t key_size = s.at - key;
        if (!whole || !take(&s, ':')) {
            whole = false;
            break;
        }
        skip_blanks(&s);
        const size_t from = s.at;
        if (!found && key_size == 9 && memcmp(json + key, "\"entries\"", 9) == 0) {
            found = true;
            whole = read_entries(&s, out);
        } else {
            whole = skip_value(&s);
            if (whole && key_size == 7 && memcmp(json + key, "\"notes\"", 7) == 0) {
                cJSON *notes = parse_span(&s, from);
                read_notes(notes, out);
                cJSON_Delete(notes);
            }
        }
        (void)take(&s, ',');
    }
    if (!found) {
        journal_rows_release(out);
        return err_set(err, ERR_PARSE, "what the journal said cannot be read");
    }
    if (!whole)
        add_note(out, "what the journal said was cut: older changes are not shown");
    count_undone(out);
    put_open_first(out);
    return 0;
}

void journal_rows_release(struct journal_rows *r)
{
    arena_release(&r->arena);
    memset(r, 0, sizeof *r);
}

/* ---------------------------------------------------------------- one of them */

/* The lines of all files, one below the other; of one without a diff its name and the reason. */
static void read_lines(const cJSON *files, struct journal_diff *out)
{
    struct shown_line **parts = arena_calloc(&out->arena, out->file_count + 1, sizeof *parts);
    size_t *counts = arena_calloc(&out->arena, out->file_count + 1, sizeof *counts);
    size_t i = 0, all = 0;
    const cJSON *o;
    cJSON_ArrayForEach(o, files) {
        if (i == out->file_count)
            break;
        const struct journal_row_file *f = &out->files[i];
        const char *diff = json_text(o, "diff", NULL);
        if (diff != NULL) {
            counts[i] = shown_lines_parse(diff, &out->arena, JOURNAL_DIFF_LINES - all, &parts[i]);
        } else if (all + 2 <= JOURNAL_DIFF_LINES) {
            counts[i] = 2;
            parts[i] = arena_calloc(&out->arena, 2, sizeof **parts);
            parts[i][0] = (struct shown_line){'f', f->path};
            parts[i][1] = (struct shown_line){
                ' ', arena_printf(&out->arena, "no diff: %s",
                                  f->diff_why != NULL ? f->diff_why : "nobody says why")};
        }
        all += counts[i++];
    }
    out->lines = arena_calloc(&out->arena, all + 1, sizeof *out->lines);
    for (i = 0; i < out->file_count; i++) {
        for (size_t k = 0; k < counts[i]; k++)
            out->lines[out->line_count++] = parts[i][k];
    }
}

int journal_diff_parse(const char *json, size_t size, struct journal_diff *out, struct err *err)
{
    memset(out, 0, sizeof *out);
    cJSON *root = json_parse(json, size, err);
    if (root == NULL)
        return -err->code;
    const char *id = json_text(root, "id", "");
    if (!journal_id_ok(id)) {
        cJSON_Delete(root);
        return err_set(err, ERR_PARSE, "what the journal said cannot be read");
    }
    out->id = arena_strdup(&out->arena, id);
    out->files = read_files(&out->arena, json_get(root, "files"), &out->file_count);
    out->values = read_values(&out->arena, json_get(root, "values"), &out->value_count);
    out->command = text_of(&out->arena, root, "diff_command");
    read_lines(json_get(root, "files"), out);
    size_t without = 0;
    for (size_t i = 0; i < out->file_count; i++)
        without += out->files[i].diff_why != NULL;
    if (without > 0 && without == out->file_count)
        out->trouble = out->files[0].diff_why;
    cJSON_Delete(root);
    return 0;
}

void journal_diff_release(struct journal_diff *d)
{
    arena_release(&d->arena);
    memset(d, 0, sizeof *d);
}

/* ---------------------------------------------------------------- what is asked of a row */

static bool word_in(const char *text, const char *word, size_t size)
{
    for (; text != NULL && *text != '\0'; text++)
        if (strncasecmp(text, word, size) == 0)
            return true;
    return false;
}

static bool has_word(const struct journal_row *r, const char *word, size_t size)
{
    if (size == 0 || word_in(r->id, word, size) || word_in(r->profile, word, size) ||
        word_in(r->state, word, size) || word_in(r->of, word, size) ||
        word_in(r->kind, word, size) || (r->root && word_in("root", word, size)))
        return true;
    for (size_t i = 0; i < r->service_count; i++)
        if (word_in(r->services[i].name, word, size))
            return true;
    for (size_t i = 0; i < r->change_count; i++)
        if (word_in(r->changes[i].setting, word, size) || word_in(r->changes[i].name, word, size))
            return true;
    for (size_t i = 0; i < r->file_count; i++)
        if (word_in(r->files[i].path, word, size))
            return true;
    for (size_t i = 0; i < r->value_count; i++)
        if (word_in(r->values[i].name, word, size))
            return true;
    return false;
}

bool journal_row_matches(const struct journal_row *r, const char *filter)
{
    while (*filter != '\0') {
        const size_t size = strcspn(filter, " ");
        if (!has_word(r, filter, size))
            return false;
        filter += size;
        filter += *filter == ' ';
    }
    return true;
}
