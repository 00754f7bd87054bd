/*
 * engine DIR setup|apply|undo|settle: changes real files below DIR, for a script that kills it from
 * outside. DIR must exist and belong to the user.
 *
 *   setup   the files as they are before, and no journal
 *   apply   changes all of them; undo: takes it back
 *   settle  what the next start does: recover until nothing is open; then every file must be wholly
 *           old or wholly new, each unit one of them, nothing left over, and the journal's last
 *           entry must say the same. Prints "old" or "new" and its state, exits 1 when something is
 *           wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tuning/apply/recover.h"
#include "tuning/apply/transaction.h"
#include "tuning/apply/undo.h"

enum { FILES = 4, UNITS = 2, PATH_BYTES = 1024, TEXT_BYTES = 20000 };

static const struct {
    const char *name, *real;
    char fill_old, fill_new; /* '\0': no file */
    unsigned unit;
} files[FILES] = {
    {"a/compose.yml", "a/compose.yml", 'a', 'b', 0},
    {"link.env", "b/real.env", 'c', 'd', 0},
    {"b/units/x.d/own.conf", "b/units/x.d/own.conf", '\0', 'e', 1},
    {"a/gone.yml", "a/gone.yml", 'f', '\0', 1},
};

static char texts[2][FILES][TEXT_BYTES]; /* old, new */
static char paths[FILES][PATH_BYTES], reals[FILES][PATH_BYTES], state_folder[PATH_BYTES];
static char folders[4][PATH_BYTES];
static struct err err;

static struct file_text text_of(int new, size_t i)
{
    char fill = new ? files[i].fill_new : files[i].fill_old;

    return fill == '\0' ? (struct file_text){NULL, 0}
                        : (struct file_text){texts[new][i], TEXT_BYTES};
}

static _Noreturn void die(const char *what)
{
    (void)printf("%s: %s %s\n", what, err.msg, errno != 0 ? strerror(errno) : "");
    exit(1);
}

static void name_all(const char *dir)
{
    static const char *const parts[] = {"a", "b", "b/units", "b/units/x.d"};

    for (size_t i = 0; i < FILES; i++) {
        (void)snprintf(paths[i], PATH_BYTES, "%s/%s", dir, files[i].name);
        (void)snprintf(reals[i], PATH_BYTES, "%s/%s", dir, files[i].real);
        (void)snprintf(folders[i], PATH_BYTES, "%s/%s", dir, parts[i]);
        for (size_t k = 0; k < TEXT_BYTES; k++) {
            bool line = k % 60 == 59;
            texts[0][i][k] = line ? '\n' : files[i].fill_old;
            texts[1][i][k] = line ? '\n' : files[i].fill_new;
        }
    }
    (void)snprintf(state_folder, PATH_BYTES, "%s/tunetop", dir);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    return at->level == 0 ? 0 : remove(path);
}

static void put(const char *path, struct file_text text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);

    if (fd < 0 || write(fd, text.data, text.size) != (ssize_t)text.size || close(fd) < 0) {
        die(path);
    }
}

static void setup(const char *dir)
{
    if (nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 || mkdir(folders[0], 0755) < 0 ||
        mkdir(folders[1], 0755) < 0 || symlink("b/real.env", paths[1]) < 0) {
        die("setup");
    }
    for (size_t i = 0; i < FILES; i++) {
        if (files[i].fill_old != '\0') {
            put(reals[i], text_of(0, i));
        }
    }
}

static void open_journal(struct journal *j)
{
    struct journal_place place = {.folder = state_folder};

    if (journal_open(j, &file_ops_real, &place, true, &err) < 0) {
        die("journal");
    }
}

static int apply(struct journal *j, struct transaction_result *out)
{
    static const char *const service[] = {"ollama"};
    static const struct unit units[UNITS] = {
        {.name = "one", .services = service, .service_count = 1},
        {.name = "two", .services = service, .service_count = 1}};
    struct change changes[FILES];
    struct transaction t = {.files = &file_ops_real,
                            .journal = j,
                            .user = geteuid(),
                            .units = units,
                            .unit_count = UNITS,
                            .changes = changes,
                            .change_count = FILES};

    for (size_t i = 0; i < FILES; i++) {
        changes[i] = (struct change){.path = paths[i],
                                     .before = text_of(0, i),
                                     .after = text_of(1, i),
                                     .make_folders = true,
                                     .unit = files[i].unit};
    }
    return transaction_run(&t, out, &err);
}

static int undo(struct journal *j, struct transaction_result *out)
{
    struct undo u = {.files = &file_ops_real, .journal = j, .user = geteuid()};
    struct edited_list edited;
    int rc = undo_run(&u, out, &edited, &err);

    edited_release(&edited);
    return rc;
}

static bool same(const char *path, struct file_text text)
{
    static char now[TEXT_BYTES + 1];
    int fd = open(path, O_RDONLY);

    if (fd < 0) {
        return text.data == NULL && errno == ENOENT;
    }
    ssize_t n = read(fd, now, sizeof(now));
    (void)close(fd);
    return text.data != NULL && n == (ssize_t)text.size && memcmp(now, text.data, text.size) == 0;
}

static size_t strays;
static int count_stray(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    if (strncmp(path + at->base, ".tunetop", 8) == 0) {
        (void)printf("left over: %s\n", path);
        strays++;
    }
    return 0;
}

static void recover_all(struct journal *j)
{
    struct recover r = {.files = &file_ops_real, .journal = j, .user = geteuid()};
    struct recover_result result = {.outcome = RECOVER_REVERTED};

    while (result.outcome != RECOVER_NOTHING) {
        if (recover_run(&r, &result, &err) < 0 || result.outcome == RECOVER_PERSON) {
            die("recover");
        }
        recover_result_release(&result);
    }
}

static int settle(struct journal *j, const char *dir)
{
    struct journal_list list;
    bool all[2] = {true, true}; /* old, new */

    recover_all(j);
    for (size_t i = 0; i < FILES; i++) {
        bool old = same(reals[i], text_of(0, i)), new = same(reals[i], text_of(1, i));
        if (!old && !new) {
            (void)printf("neither old nor new: %s\n", reals[i]);
        }
        all[0] = all[0] && old;
        all[1] = all[1] && new;
    }
    (void)nftw(dir, count_stray, 16, FTW_PHYS);
    if (all[0] && access(folders[2], F_OK) == 0) {
        (void)printf("left over: %s\n", folders[2]);
        strays++;
    }
    if (journal_read(j, &list, &err) < 0) {
        die("journal");
    }
    const struct journal_entry *e = list.count > 0 ? &list.entries[list.count - 1] : NULL;
    bool applied = e != NULL && (e->state == JOURNAL_APPLIED) == (e->kind == JOURNAL_APPLY) &&
                   e->ended;
    bool good = all[0] != all[1] && all[1] == applied && strays == 0 && list.note_count == 0;
    (void)printf("%s, %s\n",
                 all[0]   ? "old"
                 : all[1] ? "new"
                          : "mixed",
                 e != NULL ? journal_state_words[e->state] : "no entry");
    journal_list_release(&list);
    return good ? 0 : 1;
}

int main(int argc, char **argv)
{
    static struct transaction_result result;
    struct journal journal;
    char *dir = argc == 3 ? realpath(argv[1], NULL) : NULL;
    int rc;

    if (dir == NULL) {
        (void)fprintf(stderr, "usage: engine DIR setup|apply|undo|settle\n");
        return 2;
    }
    name_all(dir);
    if (strcmp(argv[2], "setup") == 0) {
        setup(dir);
        free(dir);
        return 0;
    }
    open_journal(&journal);
    if (strcmp(argv[2], "settle") == 0) {
        rc = settle(&journal, dir);
    } else {
        rc = argv[2][0] == 'a' ? apply(&journal, &result) : undo(&journal, &result);
        if (rc < 0 || result.state != JOURNAL_APPLIED) {
            die(argv[2]);
        }
    }
    journal_close(&journal);
    free(dir);
    return rc;
}
