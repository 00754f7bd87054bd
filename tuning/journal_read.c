/* Lines to entries. A line is checked as if an enemy had written it: whoever reads acts on it. */
#include "tuning/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/utf8.h"

const char *const journal_state_words[JOURNAL_STATE_COUNT] = {
    [JOURNAL_INTERRUPTED] = "interrupted", [JOURNAL_APPLIED] = "applied",
    [JOURNAL_PARTIAL] = "partial",         [JOURNAL_ROLLED_BACK] = "rolled_back",
    [JOURNAL_UNDONE] = "undone",
};
const char *const unit_state_words[UNIT_STATE_COUNT] =
    {[UNIT_OPEN] = "open", [UNIT_APPLIED] = "applied", [UNIT_ROLLED_BACK] = "rolled_back"};

enum { TEXT_BYTES = 512, MAX_SERVICES = 64, MAX_LINES = 1000000 };

struct parse {
    struct journal_list *list;
    size_t capacity, note_capacity, tree_capacity;
};

/* Text that is shown and not acted on; NULL when it is none. */
static const char *shown_text(struct parse *p, const cJSON *object, const char *key)
{
    char text[TEXT_BYTES];

    return json_copy_text(object, key, text, sizeof(text)) && text[0] != '\0'
               ? arena_strdup(&p->list->arena, text)
               : NULL;
}

/* A whole number of 0 to max; -1 else. */
static int64_t whole(const cJSON *object, const char *key, double max)
{
    double value;

    if (!json_number(object, key, &value) || value < 0 || value > max ||
        value != (double)(int64_t)value) {
        return -1;
    }
    return (int64_t)value;
}

static bool parse_content(const cJSON *object, const char *key, struct file_content *out)
{
    const cJSON *item = json_get(object, key);
    const char *hash = json_text(item, "sha256", "");

    *out = (struct file_content){.absent = true};
    if (cJSON_IsNull(item)) {
        return true;
    }
    int64_t size = whole(item, "size", FILE_MAX_BYTES);
    if (size < 0 || sha256_parse(hash, out->sha256) < 0) {
        return false;
    }
    out->absent = false;
    out->size = (uint64_t)size;
    return true;
}

/* An absolute path as file_target_open() makes them: no "//", "." or "..", no end in "/". */
static bool path_ok(const char *path)
{
    size_t size = strlen(path);

    if (path[0] != '/' || size < 2 || size >= FILE_PATH_BYTES) {
        return false;
    }
    for (const char *at = path; *at != '\0';) {
        size_t length = strcspn(++at, "/");
        if (length == 0 || length >= FILE_NAME_BYTES || (length == 1 && at[0] == '.') ||
            (length == 2 && at[0] == '.' && at[1] == '.')) {
            return false;
        }
        at += length;
    }
    return true;
}

static const char *parse_file(struct parse *p, const cJSON *item, const char *id, size_t index,
                              size_t units, struct journal_file *out)
{
    const char *real = json_text(item, "real", "");
    const char *path = json_text(item, "path", NULL);
    char temp[JOURNAL_NAME_BYTES];
    int64_t unit = whole(item, "unit", (double)units - 1);
    int64_t folders = whole(item, "folders", FILE_MAX_MISSING);
    int64_t mode = whole(item, "mode", 07777);
    int64_t uid = whole(item, "uid", UINT32_MAX), gid = whole(item, "gid", UINT32_MAX);

    journal_temp_name(id, index, temp);
    if (!path_ok(real)) {
        return "a path that is none";
    }
    if (strcmp(json_text(item, "temp", ""), temp) != 0) {
        return "a temporary file that is not its own";
    }
    if (unit < 0 || folders < 0 || mode < 0 || uid < 0 || gid < 0) {
        return "a number that is none";
    }
    *out = (struct journal_file){
        .path = path != NULL && path[0] == '/' ? arena_strdup(&p->list->arena, path) : NULL,
        .real = arena_strdup(&p->list->arena, real),
        .unit = (unsigned)unit,
        .folders = (unsigned)folders,
        .like = {.mode = (mode_t)mode, .uid = (uid_t)uid, .gid = (gid_t)gid},
    };
    if (!parse_content(item, "before", &out->before) ||
        !parse_content(item, "after", &out->after)) {
        return "a content that is none";
    }
    return NULL;
}

/* A list of names, which may be missing; false: something else. */
static bool parse_names(struct parse *p, const cJSON *list, const char *const **out, size_t *count)
{
    const cJSON *item;
    char text[TEXT_BYTES];

    *count = 0;
    if (cJSON_GetArraySize(list) > MAX_SERVICES) {
        return false;
    }
    const size_t room = (size_t)cJSON_GetArraySize(list);
    const char **names = arena_calloc(&p->list->arena, room + 1, sizeof(*names));
    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsString(item) || *count >= room) {
            return false;
        }
        (void)utf8_sanitise(item->valuestring, strlen(item->valuestring), text, sizeof(text), NULL);
        names[(*count)++] = arena_strdup(&p->list->arena, text);
    }
    *out = names;
    return true;
}

/* Texts as long as `restarts`; anything else counts as none. They are checked by control_recall().
 */
static const char *const *parse_controls(struct parse *p, const cJSON *list, size_t count)
{
    const cJSON *item;
    size_t n = 0;

    if (!cJSON_IsArray(list) || (size_t)cJSON_GetArraySize(list) != count) {
        return NULL;
    }
    const char **out = arena_calloc(&p->list->arena, count + 1, sizeof(*out));
    cJSON_ArrayForEach(item, list) {
        if (!cJSON_IsString(item) || n == count) {
            return NULL;
        }
        out[n++] = arena_strdup(&p->list->arena, item->valuestring);
    }
    return out;
}

static const char *parse_unit(struct parse *p, const cJSON *item, struct journal_unit *out)
{
    char text[TEXT_BYTES];

    if (!json_copy_text(item, "name", text, sizeof(text)) || text[0] == '\0') {
        return "a unit that is none";
    }
    *out = (struct journal_unit){.name = arena_strdup(&p->list->arena, text)};
    if (!parse_names(p, json_get(item, "services"), &out->services, &out->service_count) ||
        !parse_names(p, json_get(item, "restarts"), &out->restarts, &out->restart_count)) {
        return "a unit that is none";
    }
    out->controls = parse_controls(p, json_get(item, "controls"), out->restart_count);
    return NULL;
}

bool journal_value_ok(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_.:/+- ";
    const size_t size = strlen(text);

    return size > 0 && size < JOURNAL_VALUE_BYTES && text[0] != '-' && text[0] != ' ' &&
           text[size - 1] != ' ' && strspn(text, plain) == size;
}

static const char *parse_value(struct parse *p, const cJSON *item, size_t units,
                               struct journal_value *out)
{
    const char *name = json_text(item, "name", ""), *before = json_text(item, "before", "");
    const char *after = json_text(item, "after", "");
    int64_t unit = whole(item, "unit", (double)units - 1);

    if (unit < 0 || !journal_value_ok(name) || !journal_value_ok(before) ||
        !journal_value_ok(after)) {
        return "a value that is none";
    }
    *out = (struct journal_value){arena_strdup(&p->list->arena, name),
                                  arena_strdup(&p->list->arena, before),
                                  arena_strdup(&p->list->arena, after), (unsigned)unit};
    return NULL;
}

/* Of an entry of an older version there are none. */
static const char *parse_values(struct parse *p, const cJSON *values, struct journal_entry *e)
{
    int count = cJSON_IsArray(values) ? cJSON_GetArraySize(values) : 0;
    const cJSON *item;
    const char *bad;

    if (count > JOURNAL_MAX_VALUES) {
        return "too many values";
    }
    struct journal_value *v = arena_calloc(&p->list->arena, (size_t)count + 1, sizeof(*v));
    e->values = v;
    if (count > 0) {
        cJSON_ArrayForEach(item, values) {
            if ((bad = parse_value(p, item, e->unit_count, &v[e->value_count])) != NULL) {
                return bad;
            }
            e->value_count++;
        }
    }
    return NULL;
}

static const char *parse_parts(struct parse *p, const cJSON *root, struct journal_entry *e)
{
    const cJSON *units = json_get(root, "units"), *files = json_get(root, "files"), *item;
    int unit_count = cJSON_IsArray(units) ? cJSON_GetArraySize(units) : 0;
    int file_count = cJSON_IsArray(files) ? cJSON_GetArraySize(files) : 0;
    size_t restarts = 0;
    const char *bad;

    if (unit_count < 1 || unit_count > JOURNAL_MAX_UNITS || file_count > JOURNAL_MAX_FILES) {
        return "no files or no units, or too many";
    }
    struct journal_unit *u = arena_calloc(&p->list->arena, (size_t)unit_count, sizeof(*u));
    struct journal_file *f = arena_calloc(&p->list->arena, (size_t)file_count + 1, sizeof(*f));
    e->units = u;
    e->files = f;
    cJSON_ArrayForEach(item, units) {
        if ((bad = parse_unit(p, item, &u[e->unit_count++])) != NULL) {
            return bad;
        }
    }
    if (file_count > 0) { /* else it may be something else that has parts */
        cJSON_ArrayForEach(item, files) {
            if ((bad = parse_file(p, item, e->id, e->file_count, e->unit_count,
                                  &f[e->file_count])) != NULL) {
                return bad;
            }
            e->file_count++;
        }
    }
    if ((bad = parse_values(p, json_get(root, "values"), e)) != NULL) {
        return bad;
    }
    for (size_t i = 0; i < e->unit_count; i++) { /* services may only have been restarted */
        restarts += e->units[i].restart_count;
    }
    return e->file_count + e->value_count + restarts == 0 ? "no files or no units, or too many"
                                                          : NULL;
}

static struct journal_entry *find(struct journal_list *list, const char *id)
{
    for (size_t i = list->count; i > 0; i--) { /* nearly always the last */
        if (strcmp(list->entries[i - 1].id, id) == 0) {
            return &list->entries[i - 1];
        }
    }
    return NULL;
}

/* Keeps the tree for what points into it. */
static void keep_tree(struct parse *p, cJSON *root)
{
    struct journal_list *list = p->list;

    if (list->tree_count == p->tree_capacity) {
        p->tree_capacity = p->tree_capacity == 0 ? 16 : 2 * p->tree_capacity;
        list->trees = xreallocarray(list->trees, p->tree_capacity, sizeof(*list->trees));
    }
    list->trees[list->tree_count++] = root;
}

/* *kept: the list owns the tree. */
static const char *parse_begin(struct parse *p, cJSON *root, const char *id, bool *kept)
{
    struct journal_list *list = p->list;
    const char *kind = json_text(root, "kind", "");
    struct journal_entry e = {.state = JOURNAL_INTERRUPTED,
                              .pid = whole(root, "pid", INT32_MAX),
                              .user = whole(root, "user", UINT32_MAX - 1.0)};
    const char *bad;

    if (find(list, id) != NULL) {
        return "an entry that was there before";
    }
    if (strcmp(kind, "undo") == 0) {
        const char *of = json_text(root, "of", "");
        if (!journal_id_ok(of)) {
            return "the undo of nothing";
        }
        e.kind = JOURNAL_UNDO;
        e.of = arena_strdup(&list->arena, of);
    } else if (strcmp(kind, "apply") != 0) {
        return "an entry of no known kind";
    }
    e.id = arena_strdup(&list->arena, id);
    e.time = shown_text(p, root, "time");
    e.profile = shown_text(p, root, "profile");
    e.plan = shown_text(p, root, "plan");
    e.version = shown_text(p, root, "version");
    e.from = shown_text(p, root, "from");
    e.all_or_nothing = cJSON_IsTrue(json_get(root, "all_or_nothing"));
    if ((bad = parse_parts(p, root, &e)) != NULL) {
        return bad;
    }
    if (cJSON_IsArray(json_get(root, "changes"))) {
        e.changes = json_get(root, "changes");
        keep_tree(p, root);
        *kept = true;
    }
    if (list->count == p->capacity) {
        p->capacity = p->capacity == 0 ? 16 : 2 * p->capacity;
        list->entries = xreallocarray(list->entries, p->capacity, sizeof(*list->entries));
    }
    list->entries[list->count++] = e;
    return NULL;
}

static const char *parse_unit_done(struct parse *p, const cJSON *root, struct journal_entry *e)
{
    int64_t at = whole(root, "unit", (double)e->unit_count - 1);
    const char *word = json_text(root, "state", "");

    if (at < 0) {
        return "a unit that the entry does not have";
    }
    for (unsigned s = UNIT_APPLIED; s < UNIT_STATE_COUNT; s++) {
        if (strcmp(word, unit_state_words[s]) == 0) {
            /* The arena's own memory, made for this entry. */
            struct journal_unit *units = arena_calloc(&p->list->arena, e->unit_count,
                                                      sizeof(*units));
            memcpy(units, e->units, e->unit_count * sizeof(*units));
            units[at].state = (enum unit_state)s;
            units[at].reason = shown_text(p, root, "reason");
            e->units = units;
            return NULL;
        }
    }
    return "a unit in no known state";
}

static const char *parse_end(struct parse *p, const cJSON *root, const char *record,
                             struct journal_entry *e)
{
    if (strcmp(record, "rolled_back") == 0) {
        e->state = JOURNAL_ROLLED_BACK;
    } else if (strcmp(record, "commit") == 0) {
        const char *word = json_text(root, "state", "");
        if (strcmp(word, "applied") != 0 && strcmp(word, "partial") != 0) {
            return "an end in no known state";
        }
        e->state = word[0] == 'a' ? JOURNAL_APPLIED : JOURNAL_PARTIAL;
    } else { /* undone */
        struct journal_entry *of = e->of != NULL ? find(p->list, e->of) : NULL;
        if (e->kind != JOURNAL_UNDO || e->of == NULL ||
            strcmp(json_text(root, "of", ""), e->of) != 0) {
            return "the undo of something else";
        }
        e->state = JOURNAL_APPLIED;
        /* An old entry may be in the part that was not read. */
        if (of != NULL && of->ended && of->kind == JOURNAL_APPLY) {
            of->state = JOURNAL_UNDONE;
        }
    }
    e->ended = true;
    e->end_time = shown_text(p, root, "time");
    e->reason = shown_text(p, root, "reason");
    return NULL;
}

static const char *parse_record(struct parse *p, cJSON *root, bool *kept)
{
    const char *record = json_text(root, "record", "");
    const char *id = json_text(root, "id", "");

    if (!cJSON_IsObject(root) || record[0] == '\0' || !journal_id_ok(id)) {
        return "no record";
    }
    if (strcmp(record, "begin") == 0) {
        return parse_begin(p, root, id, kept);
    }
    bool end = strcmp(record, "commit") == 0 || strcmp(record, "rolled_back") == 0 ||
               strcmp(record, "undone") == 0;
    bool unit = strcmp(record, "unit") == 0;
    bool through = strcmp(record, "through") == 0;
    bool value = strcmp(record, "value") == 0;
    if (!end && !unit && !through && !value && strcmp(record, "file") != 0) {
        return "a record of no known kind";
    }
    struct journal_entry *e = find(p->list, id);
    if (e == NULL) {
        return p->list->cut ? NULL : "a record of an entry that is not there";
    }
    if (e->ended) {
        return "a record behind the end of its entry";
    }
    if (unit) {
        return parse_unit_done(p, root, e);
    }
    if (through) { /* for people, as the next */
        return NULL;
    }
    if (value) {
        return whole(root, "value", (double)e->value_count - 1) < 0
                   ? "a value that the entry does not have"
                   : NULL;
    }
    if (!end) { /* for people: what the files are is looked at, not believed */
        return whole(root, "file", (double)e->file_count - 1) < 0
                   ? "a file that the entry does not have"
                   : NULL;
    }
    return parse_end(p, root, record, e);
}

static void note(struct parse *p, unsigned long line, const char *text)
{
    struct journal_list *list = p->list;

    if (list->note_count >= JOURNAL_MAX_NOTES) {
        return;
    }
    if (list->note_count == p->note_capacity) {
        p->note_capacity = p->note_capacity == 0 ? 8 : 2 * p->note_capacity;
        list->notes = xreallocarray(list->notes, p->note_capacity, sizeof(*list->notes));
    }
    list->notes[list->note_count++] = (struct journal_note){line, text};
}

static void parse_line(struct parse *p, unsigned long number, const char *line, size_t size)
{
    struct err err = ERR_INIT;
    bool kept = false;

    if (size > JOURNAL_MAX_LINE_BYTES) {
        note(p, number, "longer than any record");
        return;
    }
    cJSON *root = json_parse(line, size, &err);
    if (root == NULL) {
        note(p, number, "not JSON");
        return;
    }
    const char *bad = parse_record(p, root, &kept);
    if (bad != NULL) {
        note(p, number, bad);
    }
    if (!kept) {
        cJSON_Delete(root);
    }
}

static void parse_all(const char *text, size_t size, bool cut, struct journal_list *out)
{
    struct parse p = {.list = out};
    unsigned long line = 1;

    *out = (struct journal_list){.cut = cut};
    arena_init(&out->arena);
    for (size_t at = 0; at < size && line < MAX_LINES; line++) {
        const char *end = memchr(text + at, '\n', size - at);
        if (end == NULL) {
            out->torn = true;
            break;
        }
        size_t length = (size_t)(end - (text + at));
        parse_line(&p, line, text + at, length);
        at += length + 1;
    }
}

void journal_parse(const char *text, size_t size, struct journal_list *out)
{
    parse_all(text, size, false, out);
}

int journal_read(struct journal *j, struct journal_list *out, struct err *err)
{
    const struct file_ops *ops = j->ops;
    struct stat st;
    ssize_t n = 1;
    int rc = ops->stat(ops->ctx, j->fd, &st);

    if (rc < 0) {
        return err_sys(err, err_code_of_errno(-rc), -rc, "cannot read the journal in '%.200s'",
                       j->folder);
    }
    size_t size = st.st_size > JOURNAL_MAX_BYTES ? JOURNAL_MAX_BYTES : (size_t)st.st_size;
    int64_t from = (int64_t)st.st_size - (int64_t)size;
    autofree char *text = xmalloc(size + 1);
    size_t used = 0;
    while (used < size && n > 0) {
        n = ops->read(ops->ctx, j->fd, text + used, size - used, from + (int64_t)used);
        used += n > 0 ? (size_t)n : 0;
    }
    if (n < 0) {
        return err_sys(err, err_code_of_errno((int)-n), (int)-n,
                       "cannot read the journal in '%.200s'", j->folder);
    }
    size_t skip = 0;
    if (from > 0) { /* into the middle of a line */
        const char *line = memchr(text, '\n', used);
        skip = line == NULL ? used : (size_t)(line - text) + 1;
    }
    parse_all(text + skip, used - skip, from > 0, out);
    return 0;
}

int journal_read_at_work(struct journal *j, struct journal_list *out, bool *at_work,
                         struct err *err)
{
    int rc = journal_read(j, out, err);

    *at_work = false;
    if (rc < 0 || journal_interrupted(out) == NULL) {
        return rc;
    }
    int locked = j->ops->lock_shared(j->ops->ctx, j->fd);
    if (locked < 0) { /* a file system without locks: it may be either */
        *at_work = locked == -EWOULDBLOCK;
        return 0;
    }
    /* It may have come to its end since. */
    journal_list_release(out);
    return journal_read(j, out, err);
}

void journal_list_release(struct journal_list *list)
{
    for (size_t i = 0; i < list->tree_count; i++) {
        cJSON_Delete(list->trees[i]);
    }
    free(list->trees);
    free(list->entries);
    free(list->notes);
    arena_release(&list->arena);
    *list = (struct journal_list){0};
}

const struct journal_entry *journal_find(const struct journal_list *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->entries[i].id, id) == 0) {
            return &list->entries[i];
        }
    }
    return NULL;
}

bool journal_stands(const struct journal_entry *e)
{
    bool any = false;

    if (e->kind != JOURNAL_APPLY || (e->state != JOURNAL_APPLIED && e->state != JOURNAL_PARTIAL)) {
        return false;
    }
    /* An entry that is wholly applied says so at its end; its units need not. */
    for (size_t i = 0; i < e->file_count; i++) {
        any = any || e->state == JOURNAL_APPLIED ||
              e->units[e->files[i].unit].state == UNIT_APPLIED;
    }
    for (size_t i = 0; i < e->value_count; i++) {
        any = any || e->state == JOURNAL_APPLIED ||
              e->units[e->values[i].unit].state == UNIT_APPLIED;
    }
    return any;
}

const struct journal_entry *journal_newest_applied(const struct journal_list *list)
{
    for (size_t i = list->count; i > 0; i--) {
        const struct journal_entry *e = &list->entries[i - 1];
        if (journal_stands(e)) {
            return e;
        }
    }
    return NULL;
}

const struct journal_entry *journal_interrupted(const struct journal_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!list->entries[i].ended) {
            return &list->entries[i];
        }
    }
    return NULL;
}
