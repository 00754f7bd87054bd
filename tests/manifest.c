#include "tests/manifest.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static int add_entry(char *line, const char *dir, FILE **file)
{
    char path[PATH_MAX];
    char kind = line[0];
    char *name = line + 2;
    if (line[1] != ' ' || *name != '/') {
        errno = EINVAL;
        return fail("not an entry", line);
    }
    char *target = strchr(name, ' ');
    if (target) {
        *target++ = '\0';
    }
    if ((kind == 'l') != (target != NULL) || strstr(name, "/..")) {
        errno = EINVAL;
        return fail("not an entry", name);
    }
    if (join(path, dir, name) != 0 || make_parents(path) != 0) {
        return -1;
    }
    switch (kind) {
    case 'f':
        *file = fopen(path, "w");
        return *file ? 0 : fail("cannot write", path);
    case 'l':
        return symlink(target, path) == 0 ? 0 : fail("cannot link", path);
    case 'd':
        return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : fail("cannot make the folder", path);
    default:
        errno = EINVAL;
        return fail("unknown entry", name);
    }
}

int manifest_unpack(const char *manifest, const char *dir)
{
    FILE *in = fopen(manifest, "r");
    if (!in) {
        return fail("cannot read", manifest);
    }
    char *line = NULL;
    size_t capacity = 0;
    ssize_t len;
    FILE *file = NULL;
    int rc = 0;
    while (rc == 0 && (len = getline(&line, &capacity, in)) >= 0) {
        if (len > 0 && line[len - 1] == '\n') {
            line[len - 1] = '\0';
        }
        if (line[0] == '\t' && file) {
            rc = write_content(file, line + 1);
            continue;
        }
        if (file && fclose(file) != 0) {
            rc = fail("cannot write a file of", manifest);
        }
        file = NULL;
        if (rc == 0 && line[0] != '\0' && line[0] != '#') {
            rc = add_entry(line, dir, &file);
        }
    }
    if (file && fclose(file) != 0) {
        rc = fail("cannot write a file of", manifest);
    }
    free(line);
    fclose(in);
    return rc;
}

int manifest_machine(const char *name, char *dir, size_t dir_size)
{
    char manifest[PATH_MAX];
    const char *source = getenv("abs_srcdir");
    const char *tmp = getenv("TMPDIR");
    int len = snprintf(manifest, sizeof manifest, "%s/tests/fixtures/machines/%s.manifest",
                       source ? source : ".", name);
    int dir_len = snprintf(dir, dir_size, "%s/tunetop-machine-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (len < 0 || (size_t)len >= sizeof manifest || dir_len < 0 || (size_t)dir_len >= dir_size) {
        errno = ENAMETOOLONG;
        return fail("cannot use", name);
    }
    if (!mkdtemp(dir)) {
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
