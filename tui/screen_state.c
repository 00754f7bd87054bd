#include "tui/screen_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/caller.h"
#include "base/file.h"
#include "base/json.h"
#include "tui/ui.h"

enum { PATH_BYTES = 4096 };

void screen_state_init(struct screen_state *s)
{
    *s = (struct screen_state){.tab = -1, .sort = -1};
}

static int index_of(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

int screen_state_parse(const char *text, size_t size, struct screen_state *out, struct err *err)
{
    screen_state_init(out);
    cJSON *root = json_parse(text, size, err);
    if (root == NULL)
        return -err->code;
    if (!cJSON_IsObject(root)) {
        cJSON_Delete(root);
        return err_set(err, ERR_PARSE, "it is no JSON object");
    }
    out->tab = index_of(ui_tab_names, UI_TABS, json_text(root, "tab", ""));
    out->sort = index_of(process_sort_names, PROCESS_SORT_COUNT, json_text(root, "sort", ""));
    out->tree = cJSON_IsTrue(json_get(root, "tree"));
    json_copy_text(root, "theme", out->theme, sizeof out->theme);
    cJSON_Delete(root);
    return 0;
}

void screen_state_print(const struct screen_state *s, struct buf *out)
{
    cJSON *root = cJSON_CreateObject();
    json_add_number(root, "schema", 1);
    json_add_text_or_null(root, "tab", s->tab >= 0 ? ui_tab_names[s->tab] : NULL);
    json_add_text_or_null(root, "sort", s->sort >= 0 ? process_sort_names[s->sort] : NULL);
    cJSON_AddBoolToObject(root, "tree", s->tree);
    json_add_text_or_null(root, "theme", s->theme);
    char *text = json_print_line(root);
    buf_printf(out, "%s\n", text);
    free(text);
    cJSON_Delete(root);
}

static int load(const char *path, struct screen_state *out, struct err *err)
{
    struct buf text;
    buf_init(&text, SCREEN_STATE_MAX_BYTES);
    int result = file_read(path, &text, err);
    if (result == 0) {
        result = screen_state_parse(text.data, text.size, out, err);
        if (result < 0)
            err_at(err, "%s", path);
    } else if (result == -ERR_NOENT) {
        err_clear(err);
        result = 0;
    }
    buf_release(&text);
    return result;
}

int screen_state_load(const char *path, struct screen_state *out, struct err *err)
{
    screen_state_init(out);
    if (caller_begin(err) < 0)
        return -err->code;
    int result = load(path, out, err);
    caller_end();
    if (result < 0)
        screen_state_init(out);
    return result;
}

/* The folders above a file of the user's own. */
static int make_folders(const char *path, struct err *err)
{
    char folder[PATH_BYTES];
    size_t size = strlen(path);
    if (size >= sizeof folder)
        return err_set(err, ERR_TOO_BIG, "the path '%.100s...' is too long", path);
    memcpy(folder, path, size + 1);
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return err_sys(err, err_code_of_errno(errno), errno, "cannot make the folder '%s'",
                           folder);
        *slash = '/';
    }
    return 0;
}

static int save(const char *path, const struct screen_state *before, const struct screen_state *now,
                struct err *err)
{
    struct screen_state next;
    struct err broken = ERR_INIT;
    struct buf text;
    screen_state_init(&next);
    if (load(path, &next, &broken) < 0)
        screen_state_init(&next);
    if (now->tab != before->tab)
        next.tab = now->tab;
    if (now->sort != before->sort)
        next.sort = now->sort;
    if (now->tree != before->tree)
        next.tree = now->tree;
    if (strcmp(now->theme, before->theme) != 0)
        memcpy(next.theme, now->theme, sizeof next.theme);
    buf_init(&text, SCREEN_STATE_MAX_BYTES);
    screen_state_print(&next, &text);
    int result = make_folders(path, err);
    result = result < 0 ? result : file_put(path, text.data, text.size, err);
    buf_release(&text);
    return result;
}

int screen_state_save(const char *path, const struct screen_state *before,
                      const struct screen_state *now, struct err *err)
{
    if (before->tab == now->tab && before->sort == now->sort && before->tree == now->tree &&
        strcmp(before->theme, now->theme) == 0)
        return 0;
    if (caller_begin(err) < 0)
        return -err->code;
    int result = save(path, before, now, err);
    caller_end();
    return result;
}
