#include "tests/manifest.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/manifest_lines.h"

static int fail(const char *what, const char *name)
{
    fprintf(stderr, "# %s '%s': %s\n", what, name, strerror(errno));
    return -1;
}

static int join(char out[PATH_MAX], const char *dir, const char *path)
{
    int len = snprintf(out, PATH_MAX, "%s%s", dir, path);
    if (len < 0 || len >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return fail("cannot use", path);
    }
    return 0;
}

/* Makes the folders above `path`, which is below a folder that is there. */
static int make_parents(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int rc = mkdir(path, 0755);
        if (rc != 0 && errno != EEXIST) {
            fail("cannot make the folder", path);
            *slash = '/';
            return -1;
        }
        *slash = '/';
    }
    return 0;
}

static int write_content(FILE *out, const char *line)
{
    for (const char *at = line; *at; at++) {
        if (*at != '\\') {
            fputc(*at, out);
            continue;
        }
        at++;
        if (*at == '0') {
            fputc('\0', out);
        } else if (*at == '\\') {
            fputc('\\', out);
        } else if (*at == 'x' && isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2])) {
            const char digits[3] = {at[1], at[2], '\0'};
            fputc((int)strtol(digits, NULL, 16), out);
            at += 2;
        } else if (*at == 'c' && at[1] == '\0') {
            return 0;
        } else {
            errno = EINVAL;
            return fail("unknown escape in", line);
        }
    }
    fputc('\n', out);
    return 0;
}

/* A line of a "b" entry: a kind of number and numbers. */
static int write_numbers(FILE *out, char *line)
{
    static const struct {
        const char *name;
        unsigned bytes;
        int base;
    } kinds[] = {{"u8", 1, 10}, {"u16", 2, 10}, {"u32", 4, 10}, {"u64", 8, 10}, {"x", 1, 16}};
    enum { KINDS = sizeof kinds / sizeof kinds[0] };
    char *comment = strchr(line, '#'), *rest = NULL;
    if (comment) {
        *comment = '\0';
    }
    const char *word = strtok_r(line, " ", &rest);
    size_t kind = 0;
    while (word && kind < KINDS && strcmp(word, kinds[kind].name) != 0) {
        kind++;
    }
    if (word && kind == KINDS) {
        errno = EINVAL;
        return fail("unknown kind of numbers", word);
    }
    while (word && (word = strtok_r(NULL, " ", &rest)) != NULL) {
        const unsigned bits = 8 * kinds[kind].bytes;
        char *end = NULL;
        errno = 0;
        const unsigned long long value = strtoull(word, &end, kinds[kind].base);
        /* a negative number in two's complement fits, too: u32 -1 */
        const bool fits = bits == 64 || value >> bits == 0 || -value <= 1ULL << (bits - 1);
        if (errno != 0 || end == word || *end != '\0' || !fits) {
            errno = EINVAL;
            return fail("not such a number", word);
        }
        for (unsigned i = 0; i < bits; i += 8) {
            fputc((int)(value >> i & 0xFF), out);
        }
    }
    return 0;
}

/* --- modes: set when all is written, the last first, so that no folder shuts before what is in it
 * --- */

struct unpack {
    const char *dir;
    int64_t time_s;
    char kind; /* of the entry whose content is being read; 0 none */
    char path[PATH_MAX];
    FILE *content; /* in memory */
    char *text;
    size_t size;
    bool moves;
    struct manifest_listener listener;
    struct mode {
        char *path;
        mode_t mode;
    } * modes;
    size_t mode_count;
};

static int note_mode(struct unpack *u, const char *path, const char *text)
{
    char *end = NULL;
    const unsigned long mode = strtoul(text, &end, 8);
    if (end == text || *end != '\0' || mode > 0777) {
        errno = EINVAL;
        return fail("not a mode", text);
    }
    struct mode *more = realloc(u->modes, (u->mode_count + 1) * sizeof *more);
    if (!more) {
        abort();
    }
    u->modes = more;
    u->modes[u->mode_count].path = strdup(path);
    u->modes[u->mode_count++].mode = (mode_t)((mode & 07) * 0111);
    return 0;
}

static int set_modes(struct unpack *u, int rc)
{
    while (u->mode_count > 0) {
        struct mode *m = &u->modes[--u->mode_count];
        if (rc == 0 && chmod(m->path, m->mode) != 0) {
            rc = fail("cannot set the mode of", m->path);
        }
        free(m->path);
    }
    free(u->modes);
    u->modes = NULL;
    return rc;
}

/* --- entries --- */

static int write_file(const char *path, const char *data, size_t size)
{
    struct stat st;
    if (stat(path, &st) == 0) { /* of an earlier time; what has it open sees the new text */
        (void)chmod(path, 0644);
    }
    FILE *out = fopen(path, "w");
    if (!out) {
        return fail("cannot write", path);
    }
    fwrite(data, 1, size, out);
    return fclose(out) == 0 ? 0 : fail("cannot write", path);
}

static int tell(const struct unpack *u)
{
    return u->listener.written ? u->listener.written(u->listener.ctx, u->path) : 0;
}

/* The content of an entry is whole. */
static int end_entry(struct unpack *u)
{
    int rc = 0;
    if (u->kind == 0) {
        return 0;
    }
    if (fclose(u->content) != 0) {
        abort(); /* no memory */
    }
    if (u->time_s == 0 || u->moves) {
        if (u->kind != 'c') {
            rc = write_file(u->path, u->text, u->size);
            rc = rc == 0 ? tell(u) : rc;
        } else if (u->listener.call) {
            rc = u->listener.call(u->listener.ctx, u->path, u->text, u->size);
        }
    }
    free(u->text);
    u->kind = 0;
    return rc;
}

static int begin_entry(struct unpack *u, char kind, const char *path, bool moves)
{
    u->kind = kind;
    u->moves = moves;
    if (path != u->path) {
        snprintf(u->path, sizeof u->path, "%s", path);
    }
    u->content = open_memstream(&u->text, &u->size);
    if (!u->content) {
        abort();
    }
    return 0;
}

static int make_link(const char *target, const char *path)
{
    if (unlink(path) != 0 && errno != ENOENT) {
        return fail("cannot replace", path);
    }
    return symlink(target, path) == 0 ? 0 : fail("cannot link", path);
}

static int add_entry(struct unpack *u, char *line, bool moves)
{
    const char kind = line[0];
    char *name = line + 2;
    if (kind == 'c' && line[1] == ' ' && *name) {
        return begin_entry(u, kind, name, moves);
    }
    if (line[0] == '\0' || line[1] != ' ' || *name != '/') {
        errno = EINVAL;
        return fail("not an entry", line);
    }
    char *more = strchr(name, ' ');
    if (more) {
        *more++ = '\0';
    }
    if ((kind == 'l' && !more) || strstr(name, "/..")) {
        errno = EINVAL;
        return fail("not an entry", name);
    }
    if (join(u->path, u->dir, name) != 0 || make_parents(u->path) != 0) {
        return -1;
    }
    if (kind != 'l' && more && note_mode(u, u->path, more) != 0) {
        return -1;
    }
    int rc = 0;
    switch (kind) {
    case 'b':
    case 'f':
        return begin_entry(u, kind, u->path, moves);
    case 'l':
        rc = u->time_s == 0 || moves ? make_link(more, u->path) : 0;
        break;
    case 'd':
        rc = mkdir(u->path, 0755) == 0 || errno == EEXIST ? 0
                                                          : fail("cannot make the folder", u->path);
        break;
    default:
        errno = EINVAL;
        return fail("unknown entry", name);
    }
    return rc == 0 && (u->time_s == 0 || moves) ? tell(u) : rc;
}

static int take_line(void *ctx, char *line, bool moves)
{
    struct unpack *u = ctx;
    if (line[0] == '\t' && u->kind != 0) {
        u->moves = u->moves || moves;
        return u->kind == 'b' ? write_numbers(u->content, line + 1)
                              : write_content(u->content, line + 1);
    }
    if (end_entry(u) != 0) {
        return -1;
    }
    return line[0] == '\0' || line[0] == '#' ? 0 : add_entry(u, line, moves);
}

int manifest_unpack_at(const char *manifest, const char *dir, int64_t time_s,
                       const struct manifest_listener *listener)
{
    struct unpack u = {.dir = dir, .time_s = time_s};
    if (listener) {
        u.listener = *listener;
    }
    int rc = manifest_lines(manifest, time_s, take_line, &u);
    if (end_entry(&u) != 0) {
        rc = -1;
    }
    return set_modes(&u, rc);
}

int manifest_unpack(const char *manifest, const char *dir)
{
    return manifest_unpack_at(manifest, dir, 0, NULL);
}

int manifest_path(const char *name, char *out, size_t out_size)
{
    const char *source = getenv("abs_srcdir");
    const int len = snprintf(out, out_size, "%s/tests/fixtures/machines/%s.manifest",
                             source ? source : ".", name);
    if (len < 0 || (size_t)len >= out_size) {
        errno = ENAMETOOLONG;
        return fail("cannot use", name);
    }
    return 0;
}

int manifest_machine(const char *name, char *dir, size_t dir_size)
{
    char manifest[PATH_MAX];
    const char *tmp = getenv("TMPDIR");
    const int len = snprintf(dir, dir_size, "%s/tunetop-machine-XXXXXX",
                             tmp && *tmp ? tmp : "/tmp");
    if (len < 0 || (size_t)len >= dir_size) {
        errno = ENAMETOOLONG;
        return fail("cannot use", name);
    }
    if (manifest_path(name, manifest, sizeof manifest) != 0) {
        return -1;
    }
    if (!mkdtemp(dir) || chmod(dir, 0755) != 0) { /* for manifest_as_user */
        return fail("cannot make the folder", dir);
    }
    return manifest_unpack(manifest, dir);
}

int manifest_write(const char *dir, const char *path, const char *text)
{
    char whole[PATH_MAX];
    if (join(whole, dir, path) != 0 || make_parents(whole) != 0) {
        return -1;
    }
    FILE *out = fopen(whole, "w");
    if (!out) {
        return fail("cannot write", whole);
    }
    fputs(text, out);
    return fclose(out) == 0 ? 0 : fail("cannot write", whole);
}

static int remove_tree(const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0) {
        return fail("cannot look at", path);
    }
    if (!S_ISDIR(st.st_mode)) {
        return unlink(path) == 0 ? 0 : fail("cannot remove", path);
    }
    DIR *d = opendir(path);
    if (!d && errno == EACCES && chmod(path, 0700) == 0) { /* one that its mode shuts */
        d = opendir(path);
    }
    if (!d) {
        return fail("cannot list", path);
    }
    int rc = 0;
    const struct dirent *e;
    while (rc == 0 && (e = readdir(d)) != NULL) {
        char child[PATH_MAX];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
            continue;
        }
        int len = snprintf(child, sizeof child, "%s/%s", path, e->d_name);
        rc = len > 0 && (size_t)len < sizeof child ? remove_tree(child) : -1;
    }
    closedir(d);
    if (rc == 0 && rmdir(path) != 0) {
        rc = fail("cannot remove", path);
    }
    return rc;
}

int manifest_remove(const char *dir, const char *path)
{
    char whole[PATH_MAX];
    return join(whole, dir, path) == 0 ? remove_tree(whole) : -1;
}

int manifest_as_user(bool ordinary)
{
    enum { NOBODY = 65534 };
    if (getuid() != 0) {
        return 0;
    }
    if (seteuid(ordinary ? NOBODY : 0) != 0) {
        return fail("cannot become", ordinary ? "an ordinary user" : "root again");
    }
    return 0;
}
