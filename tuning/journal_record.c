/* Entries to lines. The begin record is made with cJSON; the records after it are written while
 * files are changed, and nothing may be allocated then: they are put together by hand, of ids,
 * numbers and words of our own, and one text that is escaped here. */
#include "tuning/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"

enum { LINE_BYTES = 2048, REASON_BYTES = 320, TIME_BYTES = 40 };

static cJSON *content_json(const struct file_content *c)
{
    char hash[SHA256_TEXT_BYTES];

    if (c->absent) {
        return cJSON_CreateNull();
    }
    cJSON *o = cJSON_CreateObject();
    sha256_format(c->sha256, hash);
    if (cJSON_AddNumberToObject(o, "size", (double)c->size) == NULL ||
        cJSON_AddStringToObject(o, "sha256", hash) == NULL) {
        cJSON_Delete(o);
        return NULL;
    }
    return o;
}

/* Takes ownership of item also when it fails. */
static bool add(cJSON *object, const char *key, cJSON *item)
{
    if (item != NULL && cJSON_AddItemToObject(object, key, item)) {
        return true;
    }
    cJSON_Delete(item);
    return false;
}

static bool add_text(cJSON *object, const char *key, const char *text)
{
    return text == NULL || cJSON_AddStringToObject(object, key, text) != NULL;
}

static bool add_number(cJSON *object, const char *key, double value)
{
    return cJSON_AddNumberToObject(object, key, value) != NULL;
}

static bool fill_file(cJSON *o, const struct journal_entry *e, size_t i)
{
    const struct journal_file *f = &e->files[i];
    char temp[JOURNAL_NAME_BYTES];

    journal_temp_name(e->id, i, temp);
    return add_text(o, "path", f->path) && add_text(o, "real", f->real) &&
           add_number(o, "unit", f->unit) && add_number(o, "folders", f->folders) &&
           add_text(o, "temp", temp) && add_number(o, "mode", f->like.mode & 07777) &&
           add_number(o, "uid", f->like.uid) && add_number(o, "gid", f->like.gid) &&
           add(o, "before", content_json(&f->before)) && add(o, "after", content_json(&f->after));
}

static bool add_names(cJSON *o, const char *key, const char *const *names, size_t count)
{
    cJSON *list = cJSON_AddArrayToObject(o, key);

    for (size_t i = 0; list != NULL && i < count; i++) {
        cJSON *name = cJSON_CreateString(names[i]);
        if (name == NULL || !cJSON_AddItemToArray(list, name)) {
            cJSON_Delete(name);
            return false;
        }
    }
    return list != NULL;
}

static bool fill_unit(cJSON *o, const struct journal_unit *u)
{
    return add_names(o, "services", u->services, u->service_count) &&
           add_text(o, "name", u->name) &&
           add_names(o, "restarts", u->restarts, u->restart_count) &&
           (!u->controls || add_names(o, "controls", u->controls, u->restart_count));
}

/* The array's new object, which it owns; NULL without memory. */
static cJSON *add_object(cJSON *array)
{
    cJSON *o = cJSON_CreateObject();

    if (o != NULL && !cJSON_AddItemToArray(array, o)) {
        cJSON_Delete(o);
        return NULL;
    }
    return o;
}

static bool fill_begin(cJSON *o, const struct journal_entry *e)
{
    cJSON *units, *files, *values, *part;

    if (!add_text(o, "record", "begin") || !add_text(o, "id", e->id) ||
        !add_text(o, "kind", e->kind == JOURNAL_UNDO ? "undo" : "apply") ||
        !add_text(o, "of", e->of) || !add_text(o, "time", e->time) ||
        !add_number(o, "pid", (double)e->pid) || !add_number(o, "user", (double)e->user) ||
        !add_text(o, "profile", e->profile) || !add_text(o, "plan", e->plan) ||
        !add_text(o, "version", e->version) || !add_text(o, "from", e->from) ||
        cJSON_AddBoolToObject(o, "all_or_nothing", e->all_or_nothing) == NULL ||
        (units = cJSON_AddArrayToObject(o, "units")) == NULL ||
        (files = cJSON_AddArrayToObject(o, "files")) == NULL ||
        (values = cJSON_AddArrayToObject(o, "values")) == NULL) {
        return false;
    }
    for (size_t i = 0; i < e->unit_count; i++) {
        if ((part = add_object(units)) == NULL || !fill_unit(part, &e->units[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < e->file_count; i++) {
        if ((part = add_object(files)) == NULL || !fill_file(part, e, i)) {
            return false;
        }
    }
    for (size_t i = 0; i < e->value_count; i++) {
        const struct journal_value *v = &e->values[i];
        if ((part = add_object(values)) == NULL || !add_text(part, "name", v->name) ||
            !add_number(part, "unit", v->unit) || !add_text(part, "before", v->before) ||
            !add_text(part, "after", v->after)) {
            return false;
        }
    }
    return e->changes == NULL || add(o, "changes", cJSON_Duplicate(e->changes, true));
}

int journal_begin_line(const struct journal_entry *e, struct buf *out, struct err *err)
{
    cJSON *o = cJSON_CreateObject();
    char *line = NULL;

    if (o != NULL && fill_begin(o, e)) {
        line = cJSON_PrintUnformatted(o);
    }
    cJSON_Delete(o);
    if (line == NULL) {
        return err_set(err, ERR_NOMEM, "there is no memory for the journal");
    }
    buf_clear(out);
    buf_puts(out, line);
    buf_putc(out, '\n');
    cJSON_free(line);
    if (out->truncated || out->size > JOURNAL_MAX_LINE_BYTES) {
        return err_set(err, ERR_TOO_BIG, "that is too much to change at once");
    }
    return 0;
}

/* Escapes what JSON wants escaped; the text was made harmless first, so quotes and backslashes are
 * all. Cut between characters. */
static void escape(const char *text, char out[2 * REASON_BYTES])
{
    char clean[REASON_BYTES];
    size_t used = 0;

    (void)utf8_sanitise(text, strlen(text), clean, sizeof(clean), NULL);
    for (const char *at = clean; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            out[used++] = '\\';
        }
        out[used++] = *at;
    }
    out[used] = '\0';
}

/* `middle`: more members, each with a comma in front. */
static int append(struct journal *j, const char *record, const char *id, const char *middle,
                  const char *reason, struct err *err)
{
    char line[LINE_BYTES], time[TIME_BYTES], text[2 * REASON_BYTES] = "";

    clock_format_rfc3339(clock_wall_ns(&clock_real), time, sizeof(time));
    if (reason != NULL) {
        escape(reason, text);
    }
    int size = snprintf(line, sizeof(line),
                        "{\"record\":\"%s\",\"id\":\"%.31s\",\"time\":\"%s\"%s%s%s%s}\n", record,
                        id, time, middle, reason != NULL ? ",\"reason\":\"" : "", text,
                        reason != NULL ? "\"" : "");
    return journal_append(j, line, (size_t)size, err);
}

int journal_file_done(struct journal *j, const char *id, size_t file, bool after, struct err *err)
{
    char middle[64];

    (void)snprintf(middle, sizeof(middle), ",\"file\":%zu,\"now\":\"%s\"", file,
                   after ? "after" : "before");
    return append(j, "file", id, middle, NULL, err);
}

int journal_value_done(struct journal *j, const char *id, size_t value, bool after, struct err *err)
{
    char middle[64];

    (void)snprintf(middle, sizeof(middle), ",\"value\":%zu,\"now\":\"%s\"", value,
                   after ? "after" : "before");
    return append(j, "value", id, middle, NULL, err);
}

int journal_unit_done(struct journal *j, const char *id, size_t unit, enum unit_state state,
                      const char *reason, struct err *err)
{
    char middle[64];

    (void)snprintf(middle, sizeof(middle), ",\"unit\":%zu,\"state\":\"%s\"", unit,
                   unit_state_words[state]);
    return append(j, "unit", id, middle, reason, err);
}

int journal_through(struct journal *j, const char *id, struct err *err)
{
    return append(j, "through", id, "", NULL, err);
}

int journal_end(struct journal *j, const char *id, enum journal_state state, const char *reason,
                struct err *err)
{
    char middle[64] = "";

    if (state == JOURNAL_ROLLED_BACK) {
        return append(j, "rolled_back", id, middle, reason, err);
    }
    (void)snprintf(middle, sizeof(middle), ",\"state\":\"%s\"", journal_state_words[state]);
    return append(j, "commit", id, middle, reason, err);
}

int journal_undone(struct journal *j, const char *id, const char *of, struct err *err)
{
    char middle[64];

    (void)snprintf(middle, sizeof(middle), ",\"of\":\"%.31s\"", of);
    return append(j, "undone", id, middle, NULL, err);
}
