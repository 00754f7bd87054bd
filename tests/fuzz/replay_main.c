/*
 * The main of a fuzz target where libFuzzer is not linked: runs every file of its corpus, and
 * simple changes of each, through LLVMFuzzerTestOneInput().
 *
 * Without arguments the corpus is $srcdir/tests/fuzz/corpus/<name> for a program called
 * fuzz_<name>; arguments name files and folders instead. The changes are the same in every run: the
 * file cut short at up to 256 places, and 256 times with a few bytes changed. Each input lies in
 * memory of exactly its size, so that a sanitizer sees a read beyond its end. Output is TAP, one
 * line for each file.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REPLAY_MAX_BYTES (4u << 20)
#define REPLAY_CUTS 256
#define REPLAY_CHANGES 256
#define REPLAY_CHANGED_MAX_BYTES 16384 /* larger files are run as they are: time */

static int files_run;
static bool failed;

static void run_copy(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL) {
        abort();
    }
    if (size > 0) {
        memcpy(copy, data, size);
    }
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

/* xorshift64 (Marsaglia 2003): the same changes everywhere. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void run_changed(uint8_t *data, size_t size)
{
    static const uint8_t nasty[] = {0x00, 0x09, 0x0A, 0x1B, '"',  '{',  '[',
                                    ':',  '-',  '&',  '*',  0x80, 0xED, 0xFF};
    uint64_t state = 0x9E3779B97F4A7C15u ^ size;

    for (int i = 0; i < REPLAY_CHANGES; i++) {
        uint8_t old[4];
        size_t at[4];
        size_t count = 1 + next_random(&state) % 4;
        for (size_t k = 0; k < count; k++) {
            uint64_t r = next_random(&state);
            at[k] = (size_t)(next_random(&state) % size);
            old[k] = data[at[k]];
            data[at[k]] = r & 1 ? nasty[(r >> 8) % sizeof(nasty)] : (uint8_t)(r >> 8);
        }
        run_copy(data, size);
        while (count-- > 0) { /* backwards: one place may have been changed twice */
            data[at[count]] = old[count];
        }
    }
}

static void run_file(const char *path)
{
    size_t size = 0;
    uint8_t *data = malloc(REPLAY_MAX_BYTES);
    FILE *file = fopen(path, "rb");

    files_run++;
    if (data != NULL && file != NULL) {
        size = fread(data, 1, REPLAY_MAX_BYTES, file);
    }
    if (data == NULL || file == NULL || ferror(file)) {
        printf("not ok %d - %s: %s\n", files_run, path, strerror(errno));
        failed = true;
    } else {
        run_copy(data, size);
        if (size > 0 && size <= REPLAY_CHANGED_MAX_BYTES) {
            size_t step = (size + REPLAY_CUTS - 1) / REPLAY_CUTS;
            for (size_t cut = 0; cut < size; cut += step) {
                run_copy(data, cut);
            }
            run_changed(data, size);
        }
        printf("ok %d - %s\n", files_run, path);
    }
    (void)fflush(stdout); /* a crash in the next one must not swallow this line */
    if (file != NULL) {
        (void)fclose(file);
    }
    free(data);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void run_path(const char *path)
{
    struct stat st;
    struct dirent **entries = NULL;

    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
        run_file(path);
        return;
    }
    int count = scandir(path, &entries, is_visible, alphasort);
    for (int i = 0; i < count; i++) {
        char name[4096];
        (void)snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
        run_file(name);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        run_path(argv[i]);
    }
    if (argc < 2) {
        char corpus[4096];
        const char *srcdir = getenv("srcdir");
        const char *name = strstr(argv[0], "fuzz_");
        for (const char *more = name; more != NULL; more = strstr(more + 1, "fuzz_")) {
            name = more;
        }
        if (name == NULL) {
            (void)fputs("Bail out! a fuzz target is called fuzz_<name>\n", stdout);
            return 1;
        }
        (void)snprintf(corpus, sizeof(corpus), "%s/tests/fuzz/corpus/%s",
                       srcdir != NULL && srcdir[0] != '\0' ? srcdir : ".", name + strlen("fuzz_"));
        run_path(corpus);
        run_copy((const uint8_t *)"", 0);
    }
    printf("1..%d\n", files_run);
    if (files_run == 0) {
        (void)fputs("Bail out! the corpus is empty\n", stdout);
        return 1;
    }
    return failed;
}
