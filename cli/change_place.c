#include "cli/change_place.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/caller.h"
#include "cli/place.h"

/* Makes the folders above the last component: state of the user's own, so 0700. */
static int make_above(const char *path, struct err *err)
{
    char folder[FILE_PATH_BYTES];

    memcpy(folder, path, strlen(path) + 1);
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
            return err_sys(err, ERR_IO, errno, "cannot make the folder '%s'", folder);
        }
        *slash = '/';
    }
    return 0;
}

int change_place(struct change_place *out, bool make, struct err *err)
{
    if (!caller_get()->sudo) {
        return change_place_own(out, make, err);
    }
    return change_place_root(out);
}

int change_place_root(struct change_place *out)
{
    memset(out, 0, sizeof *out);
    out->user = caller_get()->uid;
    memcpy(out->folder, CHANGE_ROOT_FOLDER, sizeof CHANGE_ROOT_FOLDER);
    out->journal = (struct journal_place){.folder = out->folder, .readable = true};
    return 0;
}

int change_place_own(struct change_place *out, bool make, struct err *err)
{
    struct buf folder;

    memset(out, 0, sizeof *out);
    out->user = caller_get()->uid;
    buf_init(&folder, sizeof out->folder - 1);
    const bool known = place_state("tunetop", &folder) && !folder.truncated;
    memcpy(out->folder, folder.data, folder.size + 1);
    buf_release(&folder);
    if (!known) {
        return err_set(err, ERR_STATE,
                       "no folder for the journal: neither XDG_STATE_HOME nor HOME names one");
    }
    out->journal = (struct journal_place){.folder = out->folder};
    return make ? make_above(out->folder, err) : 0;
}

/* ---------------------------------------------------------------- the line with sudo */

/* What a terminal would take for something else than letters. */
static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

static void put_word(struct buf *out, const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "-_./=+:,@%";
    bool control = false;

    if (*word && strspn(word, plain) == strlen(word)) {
        buf_puts(out, word);
        return;
    }
    for (const char *c = word; *c; c++) {
        control = control || is_control(*c);
    }
    if (control) { /* as bash, zsh and ksh have it */
        buf_puts(out, "$'");
        for (; *word; word++) {
            if (is_control(*word)) {
                buf_printf(out, "\\%03o", (unsigned)*word);
            } else {
                buf_puts(out, *word == '\'' || *word == '\\' ? "\\" : "");
                buf_putc(out, *word);
            }
        }
        buf_putc(out, '\'');
        return;
    }
    buf_putc(out, '\'');
    for (; *word; word++) {
        buf_puts(out, *word == '\'' ? "'\\''" : (char[]){*word, '\0'});
    }
    buf_putc(out, '\'');
}

/* The program's own file: a name without a slash was looked up in PATH. */
static const char *own_path(const char *name, char real[PATH_MAX])
{
    const char *path = getenv("PATH");

    if (strchr(name, '/')) {
        return realpath(name, real) ? real : name;
    }
    while (path && *path) {
        char file[PATH_MAX];
        const size_t size = strcspn(path, ":");
        const int n = snprintf(file, sizeof file, "%.*s/%s", (int)size, path, name);

        if (size > 0 && n > 0 && (size_t)n < sizeof file && access(file, X_OK) == 0 &&
            realpath(file, real)) {
            return real;
        }
        path += size + (path[size] == ':');
    }
    return name;
}

void change_sudo_line(char *const *argv, struct buf *out)
{
    change_own_line(argv[0], true, out);
    for (size_t i = 1; argv[i]; i++) {
        buf_putc(out, ' ');
        put_word(out, argv[i]);
    }
}

void change_own_line(const char *name, bool sudo, struct buf *out)
{
    char real[PATH_MAX];

    buf_puts(out, sudo ? "sudo " : "");
    put_word(out, own_path(name, real));
}

char *change_line(const char *name, bool sudo, const char *words, const char *id)
{
    struct buf line;

    buf_init(&line, CHANGE_LINE_BYTES);
    change_own_line(name, sudo, &line);
    buf_printf(&line, " %s%s%s", words, id ? " " : "", id ? id : "");
    char *out = xstrdup(line.data);
    buf_release(&line);
    return out;
}

void change_sudo_option(const char *name, const char *value, struct buf *out)
{
    buf_printf(out, " %s ", name);
    put_word(out, value);
}
