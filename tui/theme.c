#include "tui/theme.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/caller.h"
#include "base/file.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "tui/theme_file.h"
#include "tuning/catalog.h"

enum { PATH_BYTES = 4096 };

/*
 * The colours of the design pictures, the same as themes/default.yaml. Text and titles keep the
 * terminal's own foreground; only titles are bold. 256: the nearest entry of the 6x6x6 cube or grey
 * ramp. 16: DIM and levels are bright black (blue vanishes on black in xterm); a terminal with 8
 * colours shows that as the own colour, dim
 * (term.c).
 */
#define OWN -1
const struct theme theme_default = {
    "default",
    {
        [ROLE_TEXT] = {OWN, OWN, OWN, OWN, OWN, OWN, ATTR_NONE, ATTR_NONE},
        [ROLE_DIM] = {0x747D8C, OWN, 244, OWN, 8, OWN, ATTR_NONE, ATTR_DIM},
        [ROLE_TITLE] = {OWN, OWN, OWN, OWN, OWN, OWN, ATTR_BOLD, ATTR_BOLD},
        [ROLE_OK] = {0x7FC8A0, OWN, 115, OWN, 2, OWN, ATTR_NONE, ATTR_NONE},
        [ROLE_WARN] = {0xE6B450, OWN, 179, OWN, 3, OWN, ATTR_NONE, ATTR_BOLD},
        [ROLE_CRIT] = {0xF0716F, OWN, 203, OWN, 1, OWN, ATTR_NONE, ATTR_BOLD},
        [ROLE_GRAPH_1] = {0x6FB3FF, OWN, 75, OWN, 12, OWN, ATTR_NONE, ATTR_NONE},
        [ROLE_GRAPH_2] = {0xB99BF0, OWN, 141, OWN, 13, OWN, ATTR_NONE, ATTR_NONE},
        [ROLE_GRAPH_3] = {0x3F9A94, OWN, 30, OWN, 6, OWN, ATTR_NONE, ATTR_DIM},
        [ROLE_GRAPH_4] = {0x66779A, OWN, 67, OWN, 8, OWN, ATTR_NONE, ATTR_DIM},
        [ROLE_SELECTION] = {0xFFFFFF, 0x2A3F5F, 231, 24, 15, 4, ATTR_NONE, ATTR_REVERSE},
        [ROLE_CHANGED] = {0xFFD580, OWN, 222, OWN, 11, OWN, ATTR_NONE, ATTR_UNDERLINE},
    },
};

/* In the order in which they are offered. */
static const char *const shipped[] = {"default",      "light", "high-contrast",
                                      "colour-blind", "mono",  "warm"};
enum { SHIPPED = sizeof shipped / sizeof shipped[0] };

const char *const *theme_names(size_t *count)
{
    *count = SHIPPED;
    return shipped;
}

const char *theme_folder(void)
{
    const char *folder = getenv("TUNETOP_THEMEDIR");
    return folder != NULL && *folder == '/' ? folder : PKGDATADIR "/themes";
}

/* The ending of a file that may be a theme, with its dot; NULL: it is none. */
static const char *ending_of(const char *file)
{
    const char *slash = strrchr(file, '/'), *name = slash != NULL ? slash + 1 : file;
    const char *dot = strrchr(name, '.');
    bool known = dot != NULL && dot != name &&
                 (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".theme") == 0);
    return known && name[0] != '.' ? dot : NULL;
}

/* A file of the user's is read as he reads it. */
static int read_text(const char *path, bool users, struct buf *text, struct err *err)
{
    if (users && caller_begin(err) < 0)
        return -err->code;
    int result = file_read(path, text, err);
    if (users)
        caller_end();
    return result;
}

static int read_theme(const char *path, bool users, struct theme_item *out, struct err *err)
{
    struct buf text;
    struct err inner = ERR_INIT;
    const char *ending = ending_of(path), *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    out->btop = ending != NULL && strcmp(ending, ".theme") == 0;
    out->from = users ? THEME_USERS : THEME_SHIPPED;
    utf8_sanitise(name, ending != NULL ? (size_t)(ending - name) : strlen(name), out->theme.name,
                  sizeof out->theme.name, NULL);
    buf_init(&text, THEME_MAX_BYTES);
    int result = read_text(path, users, &text, &inner);
    if (result == 0) {
        result = out->btop ? theme_parse_btop(path, text.data, text.size, out, err)
                           : theme_parse_yaml(path, text.data, text.size, out, err);
    } else if (result == -ERR_NOENT) {
        *err = inner;
    } else { /* what cannot be read is as wrong as what says nothing */
        result = err_set(err, ERR_CONFIG, "%s", inner.msg);
        err_at(err, "%s", path);
    }
    buf_release(&text);
    return result;
}

/* ---------------------------------------------------------------- one by its name */

/* 1: there is no such file. */
static int try_file(const char *folder, const char *name, const char *ending, bool users,
                    struct theme *out, struct err *err)
{
    char path[PATH_BYTES];
    struct theme_item item;
    int n = snprintf(path, sizeof path, "%s/%s%s", folder, name, ending);
    if (n < 0 || (size_t)n >= sizeof path)
        return 1;
    int result = read_theme(path, users, &item, err);
    if (result == -ERR_NOENT) {
        err_clear(err);
        return 1;
    }
    if (result == 0)
        *out = item.theme;
    return result;
}

static int is_theme_file(const struct dirent *d)
{
    return ending_of(d->d_name) != NULL;
}

/* scandir(), as the caller; entries are freed by the caller of this. */
static int list_folder(const char *folder, struct dirent ***names)
{
    struct err err = ERR_INIT;
    if (caller_begin(&err) < 0) {
        errno = EACCES;
        return -1;
    }
    int count = scandir(folder, names, is_theme_file, alphasort), sys = errno;
    caller_end();
    errno = sys;
    return count;
}

static int unknown(const char *name, const char *users, struct err *err)
{
    const char *near[SHIPPED + THEME_FILES];
    struct dirent **files = NULL;
    size_t count = 0;
    for (; count < SHIPPED; count++)
        near[count] = shipped[count];
    int found = users != NULL ? list_folder(users, &files) : 0;
    for (int i = 0; i < found; i++) {
        char *ending = strrchr(files[i]->d_name, '.');
        if (ending != NULL)
            *ending = '\0';
        if (count < sizeof near / sizeof near[0])
            near[count++] = files[i]->d_name;
    }
    const char *other = nearest_name(name, near, count);
    if (other != NULL)
        err_set(err, ERR_NOENT, "'%.80s' is unknown, did you mean '%.80s'?", name, other);
    else
        err_set(err, ERR_NOENT, "'%.80s' is unknown, t in the dashboard lists them", name);
    for (int i = 0; i < found; i++)
        free(files[i]);
    free(files);
    return -err->code;
}

int theme_load(const char *name, const char *users, struct theme *out, struct err *err)
{
    int result = 1;
    if (strchr(name, '/') != NULL) {
        struct theme_item item;
        if (ending_of(name) == NULL)
            return err_set(err, ERR_NOENT,
                           "'%.200s' is no theme: such a file ends in .yaml or "
                           ".theme",
                           name);
        result = read_theme(name, true, &item, err);
        if (result == 0)
            *out = item.theme;
        return result;
    }
    if (name[0] == '\0' || name[0] == '.' || strlen(name) >= THEME_NAME)
        return unknown(name, users, err);
    if (users != NULL) {
        result = try_file(users, name, ".yaml", true, out, err);
        result = result == 1 ? try_file(users, name, ".theme", true, out, err) : result;
    }
    result = result == 1 ? try_file(theme_folder(), name, ".yaml", false, out, err) : result;
    if (result == 1 && strcmp(name, theme_default.name) == 0) {
        *out = theme_default;
        result = 0;
    }
    return result == 1 ? unknown(name, users, err) : result;
}

/* ---------------------------------------------------------------- all of them */

static struct theme_item *find(struct theme_set *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->items[i].theme.name, name) == 0)
            return &s->items[i];
    return NULL;
}

const struct theme_item *theme_set_find(const struct theme_set *s, const char *name)
{
    for (size_t i = 0; s != NULL && i < s->count; i++)
        if (strcmp(s->items[i].theme.name, name) == 0)
            return &s->items[i];
    return NULL;
}

static void add_broken(struct theme_set *s, const char *name, const struct err *err)
{
    if (s->broken_count < THEME_FILES)
        s->broken[s->broken_count++] = (struct theme_broken){.name = arena_strdup(&s->arena, name),
                                                             .err = *err};
}

/* The user's takes the place of a shipped one; of two of the user's the first counts. */
static void add_item(struct theme_set *s, const struct theme_item *item, const char *path)
{
    struct theme_item *same = find(s, item->theme.name);
    struct err err = ERR_INIT;
    if (same != NULL && same->from == THEME_USERS) {
        err_set(&err, ERR_CONFIG, "another file is a theme '%s', too: this one is left out",
                item->theme.name);
        err_at(&err, "%s", path);
        add_broken(s, item->theme.name, &err);
    } else if (same != NULL) {
        *same = *item;
    } else if (s->count < SHIPPED + THEME_FILES) {
        s->items[s->count++] = *item;
    }
}

static void add_file(struct theme_set *s, const char *folder, const char *file, bool users)
{
    char path[PATH_BYTES];
    struct theme_item item;
    struct err err = ERR_INIT;
    int n = snprintf(path, sizeof path, "%s/%s", folder, file);
    if (n < 0 || (size_t)n >= sizeof path)
        return;
    int result = read_theme(path, users, &item, &err);
    if (result == 0)
        add_item(s, &item, path);
    else if (result != -ERR_NOENT)
        add_broken(s, item.theme.name, &err);
}

static void add_users(struct theme_set *s, const char *folder)
{
    struct dirent **files = NULL;
    struct err err = ERR_INIT;
    int count = list_folder(folder, &files);
    if (count < 0 && errno != ENOENT && errno != ENOTDIR) {
        err_sys(&err, ERR_CONFIG, errno, "cannot read the folder");
        err_at(&err, "%s", folder);
        add_broken(s, "themes", &err);
    }
    for (int i = 0; i < count; i++) {
        if (i < THEME_FILES) {
            add_file(s, folder, files[i]->d_name, true);
        } else if (i == THEME_FILES) {
            err_set(&err, ERR_CONFIG, "only the first %d files are read", THEME_FILES);
            err_at(&err, "%s", folder);
            add_broken(s, "themes", &err);
        }
        free(files[i]);
    }
    free(files);
}

void theme_set_load(const char *users, struct theme_set *out)
{
    char file[THEME_NAME + 8];
    *out = (struct theme_set){.count = 0};
    arena_init(&out->arena);
    out->items = arena_calloc(&out->arena, SHIPPED + THEME_FILES, sizeof *out->items);
    out->broken = arena_calloc(&out->arena, THEME_FILES, sizeof *out->broken);
    out->items[out->count++] = (struct theme_item){
        .theme = theme_default, .about = "as tunetop is drawn", .from = THEME_BUILT_IN};
    for (size_t i = 0; i < SHIPPED; i++) {
        snprintf(file, sizeof file, "%s.yaml", shipped[i]);
        add_file(out, theme_folder(), file, false);
    }
    if (users != NULL)
        add_users(out, users);
}

void theme_set_release(struct theme_set *s)
{
    arena_release(&s->arena);
    *s = (struct theme_set){.count = 0};
}
