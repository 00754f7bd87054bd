#include "tuning/apply/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool earlier(const struct file_target *a, const struct file_target *b)
{
    return a->device != b->device ? a->device < b->device : a->inode < b->inode;
}

int files_lock(struct apply_file *files, size_t count, struct err *err)
{
    const struct file_target *last = NULL;

    /* Each round takes the next folder above the last; there are few. */
    for (;;) {
        struct file_target *next = NULL;
        for (size_t i = 0; i < count; i++) {
            struct file_target *t = &files[i].target;
            if (files[i].open && (last == NULL || earlier(last, t)) &&
                (next == NULL || earlier(t, next))) {
                next = t;
            }
        }
        if (next == NULL) {
            return 0;
        }
        int rc = file_target_lock(next, err);
        if (rc < 0) {
            return rc;
        }
        last = next;
    }
}

void files_close(struct apply_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (files[i].open) {
            file_target_close(&files[i].target);
            files[i].open = false;
        }
    }
}

int files_change(struct apply_file *f, struct err *err)
{
    int rc = 0;

    f->touched = true;
    if (!f->texts.after.absent && f->target.missing > 0) {
        rc = file_target_make_folders(&f->target, err);
    }
    if (rc == 0) {
        rc = file_replace(&f->target, f->temp, &f->texts.before, f->texts.after_text, &f->like,
                          true, err);
    }
    f->changed = rc == 0;
    return rc;
}

int files_keep(struct apply_file *f, struct err *err)
{
    enum file_state now = FILE_OTHER;
    int rc = file_settle(&f->target, f->temp, &f->texts, &now, err);

    if (rc == 0 && now == FILE_SAVED) {
        f->changed = false; /* what is there now was never ours */
        rc = err_set(err, ERR_STATE, "'%.200s' was changed by somebody else meanwhile",
                     f->target.real);
    }
    if (rc == 0 && now == FILE_AFTER && f->texts.after.absent && f->folders > 0) {
        rc = file_target_remove_folders(&f->target, f->folders, err);
    }
    return rc;
}

static int put_back_once(struct apply_file *f, bool *other, struct err *err)
{
    enum file_state now = FILE_OTHER;
    int rc = 0;

    if (!f->texts.before.absent && f->target.missing > 0) {
        rc = file_target_make_folders(&f->target, err);
    }
    if (rc == 0) {
        rc = file_put_back(&f->target, f->temp, &f->texts, &f->like, &now, err);
    }
    if (rc < 0) {
        return rc;
    }
    *other = now != FILE_BEFORE;
    if (*other) {
        return f->changed ? err_set(err, ERR_STATE, "'%.200s' was changed by somebody else since",
                                    f->target.real)
                          : 0;
    }
    /* Folders that were made for a file that is not there any more, or did not come about. */
    return f->texts.before.absent && f->folders > 0
               ? file_target_remove_folders(&f->target, f->folders, err)
               : 0;
}

int files_put_back(struct apply_file *f, bool *other, struct err *err)
{
    struct err first = ERR_INIT, second = ERR_INIT;

    *other = false;
    if (put_back_once(f, other, &first) == 0 ||
        (!*other && put_back_once(f, other, &second) == 0)) {
        f->touched = false;
        return 0;
    }
    *err = first;
    return -first.code;
}

/* A copy that is gone or damaged is none; what that means is seen when it is needed. */
static int load_copy(struct journal *j, const char *id, size_t i, bool after,
                     const struct file_content *content, struct file_text *out, struct err *err)
{
    char name[JOURNAL_NAME_BYTES];
    struct err inner = ERR_INIT;

    journal_copy_name(id, i, after, name);
    int rc = journal_copy_get(j, name, content, out, &inner);
    if (rc == -ERR_NOENT || rc == -ERR_PARSE) {
        return 0;
    }
    if (rc < 0) {
        *err = inner;
    }
    return rc;
}

/* No copy, but the old file itself is still there, under the temporary name: it is the copy from
 * now on, for that name may be given back to the file or go. */
static int rescue_copy(struct journal *j, const char *id, size_t i, struct apply_file *f,
                       struct err *err)
{
    struct file_text *text = &f->texts.before_text;
    struct file_content beside;
    struct file_target old = f->target; /* of the other name; borrows the descriptor */
    char name[JOURNAL_NAME_BYTES];
    ssize_t got = -1;

    if (f->texts.before.absent || text->data != NULL ||
        file_name_content(&f->target, f->temp, &beside) < 0 ||
        !file_content_equal(&beside, &f->texts.before)) {
        return 0;
    }
    (void)snprintf(old.base, sizeof(old.base), "%s", f->temp);
    char *data = malloc((size_t)beside.size + 1);
    if (data == NULL) {
        return err_set(err, ERR_NOMEM, "there is no memory for '%.200s'", f->target.real);
    }
    int rc = file_target_read(&old, data, (size_t)beside.size, &got, err);
    *text = (struct file_text){data, got < 0 ? 0 : (size_t)got}; /* freed with the others */
    journal_copy_name(id, i, false, name);
    if (rc == 0) {
        rc = journal_copy_put_again(j, name, *text, err);
    }
    return rc < 0 ? rc : journal_copies_sync(j, err);
}

int files_of_entry(struct journal *j, const struct file_ops *ops, uid_t user,
                   const struct journal_entry *e, struct apply_file *files, struct err *err)
{
    for (size_t i = 0; i < e->file_count; i++) {
        const struct journal_file *from = &e->files[i];
        struct apply_file *f = &files[i];
        int rc = file_target_open(ops, user, from->real, FILE_MAY_MAKE | FILE_MAY_LINK, &f->target,
                                  err);
        if (rc < 0) {
            return rc;
        }
        f->open = true;
        if (strcmp(f->target.real, from->real) != 0) {
            return err_set(err, ERR_STATE, "'%.130s' is a link to '%.130s' now", from->real,
                           f->target.real);
        }
        journal_temp_name(e->id, i, f->temp);
        f->texts.before = from->before;
        f->texts.after = from->after;
        f->like = from->like;
        f->folders = from->folders;
        if ((rc = load_copy(j, e->id, i, false, &from->before, &f->texts.before_text, err)) < 0 ||
            (rc = load_copy(j, e->id, i, true, &from->after, &f->texts.after_text, err)) < 0 ||
            (rc = rescue_copy(j, e->id, i, f, err)) < 0) {
            return rc;
        }
    }
    return 0;
}

static void free_text(struct file_text *text)
{
    union {
        const void *borrowed;
        void *owned;
    } data = {.borrowed = text->data};

    free(data.owned);
    *text = (struct file_text){NULL, 0};
}

void files_of_entry_free(struct apply_file *files, size_t count)
{
    files_close(files, count);
    for (size_t i = 0; i < count; i++) {
        free_text(&files[i].texts.before_text);
        free_text(&files[i].texts.after_text);
    }
}

static int copy_text(struct file_text from, struct file_text *out, struct err *err)
{
    *out = (struct file_text){NULL, 0};
    if (from.data == NULL) {
        return 0;
    }
    char *data = malloc(from.size + 1);
    if (data == NULL) {
        return err_set(err, ERR_NOMEM, "there is no memory for a text");
    }
    memcpy(data, from.data, from.size);
    *out = (struct file_text){data, from.size};
    return 0;
}

static int read_now(struct apply_file *f, struct edited *item, struct err *err)
{
    struct file_text *out = &item->now;
    struct file_content now;
    ssize_t got = -1;

    *out = (struct file_text){NULL, 0};
    item->foreign = file_name_is_foreign(file_name_content(&f->target, f->target.base, &now));
    int rc = item->foreign ? 0 : file_target_content(&f->target, &now, err);
    if (rc < 0 || item->foreign || now.absent) {
        return rc;
    }
    char *data = malloc((size_t)now.size + 1);
    if (data == NULL) {
        return err_set(err, ERR_NOMEM, "there is no memory for '%.200s'", f->target.real);
    }
    rc = file_target_read(&f->target, data, (size_t)now.size, &got, err);
    if (rc < 0 || got < 0) {
        free(data);
        return rc;
    }
    *out = (struct file_text){data, (size_t)got};
    return 0;
}

int edited_add(struct edited_list *list, struct apply_file *f, struct err *err)
{
    struct edited *items = realloc(list->items, (list->count + 1) * sizeof(*items));

    if (items == NULL) {
        return err_set(err, ERR_NOMEM, "there is no memory for '%.200s'", f->target.real);
    }
    list->items = items;
    struct edited *item = &items[list->count];
    *item = (struct edited){.path = strdup(f->target.real)};
    if (item->path == NULL) {
        return err_set(err, ERR_NOMEM, "there is no memory for '%.200s'", f->target.real);
    }
    list->count++;
    int rc = copy_text(f->texts.after_text, &item->left, err);
    return rc < 0 ? rc : read_now(f, item, err);
}

void edited_release(struct edited_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].path);
        free_text(&list->items[i].left);
        free_text(&list->items[i].now);
    }
    free(list->items);
    *list = (struct edited_list){NULL, 0};
}
