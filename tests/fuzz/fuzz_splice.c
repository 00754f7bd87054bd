/* splice_apply() on anything: the first byte is the kind, the second chooses the edits. No crash;
 * what was changed is so afterwards and needs no second change; what stands beside it is as it was;
 * an edit of what was there can be taken back. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tuning/config/splice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const struct splice_edit *edit, const char *what)
{
    fprintf(stderr, "%s: '%s' of '%s' to '%s'\n", what, edit->name, edit->group,
            edit->value != NULL ? edit->value : "(none)");
    abort();
}

/* A list, where one is or where something else stands. */
static struct splice_edit choose_list(const struct document *d, uint8_t choice)
{
    static char names[2][DOCUMENT_MAX_BYTES];
    static const char *const values[] = {"[512, 512]", "[a]", "[1, \"x, y\", 'z']", "[true, 2.50]",
                                         "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]"};
    const struct document_entry *e = d->count > 0 ? &d->entries[choice % d->count] : NULL;
    char *name = names[choice % 2];

    snprintf(name, sizeof(names[0]), "%s", e != NULL ? e->name : "new.list");
    char *bracket = strrchr(name, '[');
    if (bracket != NULL && choice % 5 != 0) {
        *bracket = '\0';
    } else if (choice % 5 == 1) {
        snprintf(name, sizeof(names[0]), "new.list");
    }
    return (struct splice_edit){.kind = ENTRY_KEY,
                                .group = "",
                                .name = name,
                                .value = values[choice % (sizeof(values) / sizeof(values[0]))],
                                .list = true};
}

/* One that is there, or one that could be. */
static struct splice_edit choose_edit(const struct document *d, uint8_t choice)
{
    if ((d->kind == DOCUMENT_JSON || d->kind == DOCUMENT_YAML) && choice % 3 == 1) {
        return choose_list(d, choice);
    }
    static const char *const values[] = {
        "6",     "true", "a b",       "x\"y'z\\", "#c: d",
        "1:30",  "-1",   "[::1]:1",   "",         "\xF0\x9F\x99\x82",
        "a=b,c", "0.50", "<&>\"%h\"", "~",        "012"};
    static const struct {
        enum document_entry_kind kind;
        const char *name;
    } missing[] = {{ENTRY_VARIABLE, "NEW_NAME"},
                   {ENTRY_KEY, "mem_limit"},
                   {ENTRY_KEY, "deploy.resources.limits.cpus"},
                   {ENTRY_FLAG, "--new"}};
    const char *value = values[choice % (sizeof(values) / sizeof(values[0]))];
    const struct document_entry *e = d->count > 0 ? &d->entries[choice % d->count] : NULL;
    if (e != NULL && choice < 192 && e->kind != ENTRY_COMMAND) {
        return (struct splice_edit){.kind = e->kind,
                                    .group = e->group,
                                    .name = e->name,
                                    .value = choice % 7 != 3 ? value : NULL,
                                    .remove = choice % 5 == 4};
    }
    return (struct splice_edit){.kind = missing[choice % 4].kind,
                                .group = e != NULL ? e->group : "",
                                .name = missing[choice % 4].name,
                                .value = value};
}

static const struct document_entry *find(const struct document *d, const struct splice_edit *edit)
{
    const struct document_entry *found = NULL;
    for (size_t i = 0; i < d->count; i++) {
        const struct document_entry *e = &d->entries[i];
        if (e->kind == edit->kind && strcmp(e->group, edit->group) == 0 &&
            strcmp(e->name, edit->name) == 0) {
            found = e;
        }
    }
    return found;
}

static void check_done(const struct document *d, const struct splice_edit *edits, size_t count,
                       const struct buf *out)
{
    struct document again;
    struct err err = ERR_INIT;
    struct buf twice;

    buf_init(&twice, DOCUMENT_MAX_BYTES);
    if (document_parse("again", d->kind, out->data, out->size, &again, &err) < 0) {
        fail(edits, "the result cannot be read");
    }
    for (size_t i = 0; i < count; i++) {
        const struct document_entry *e = find(&again, &edits[i]);
        if (edits[i].list) {
            struct arena arena = {0};
            bool same;
            if (splice_list_there(&again, &edits[i], &arena, &same) == NULL || !same) {
                fail(&edits[i], "the list is not there");
            }
            arena_release(&arena);
            continue;
        }
        if (edits[i].remove ? e != NULL && !e->shared
                            : e == NULL || (e->value == NULL) != (edits[i].value == NULL) ||
                                  (e->value != NULL && strcmp(e->value, edits[i].value) != 0)) {
            fail(&edits[i], "it is not done");
        }
    }
    if (!edits[0].remove && splice_apply(&again, edits, count, NULL, &twice, NULL, &err) == 0 &&
        (twice.size != out->size || memcmp(twice.data, out->data, out->size) != 0)) {
        fail(edits, "the same again makes another change");
    }
    document_release(&again);
    buf_release(&twice);
}

static void run(const struct document *d, const struct splice_edit *edits, size_t count)
{
    struct splice_result results[2];
    struct err err = ERR_INIT;
    struct buf out;
    struct buf by_hand;

    buf_init(&out, DOCUMENT_MAX_BYTES);
    buf_init(&by_hand, 10000);
    int rc = splice_apply(d, edits, count, results, &out, &by_hand, &err);
    if (rc != -err.code || (rc < 0 && (err.msg[0] == '\0' || by_hand.size == 0))) {
        fail(edits, "it is refused without a word");
    }
    if (rc == 0) {
        check_done(d, edits, count, &out);
    }
    buf_release(&out);
    buf_release(&by_hand);
}

/* A drop-in repeats an ExecStart, and a flag of it is changed: the rest of the line stays. */
static void run_exec(const struct document *d, uint8_t choice)
{
    static const char *const lines[] = {"/bin/a %i \"b c\" --port ${P} --low",
                                        "-/bin/python3 main.py --port 8188 $X",
                                        "/bin/a 'x' \\x20 --new"};
    const char *exec = lines[choice % (sizeof(lines) / sizeof(lines[0]))];
    const struct splice_edit key = {.kind = ENTRY_KEY, .group = "Service", .name = "ExecStart"};
    const struct splice_edit edit = {
        .kind = ENTRY_FLAG, .group = "Service", .name = "--flag", .value = "1"};
    struct err err = ERR_INIT;
    struct document staged = {0};
    struct document changed = {0};
    struct buf out;

    buf_init(&out, DOCUMENT_MAX_BYTES);
    if (find(d, &key) != NULL || splice_put_exec(d, "Service", exec, &out, &err) < 0) {
        buf_release(&out);
        return;
    }
    if (document_parse("staged", DOCUMENT_SYSTEMD, out.data, out.size, &staged, &err) < 0 ||
        find(&staged, &key) == NULL || strcmp(find(&staged, &key)->value, exec) != 0) {
        fail(&key, "the line is not repeated as it is");
    }
    if (find(&staged, &edit) == NULL &&
        splice_apply(&staged, &edit, 1, NULL, &out, NULL, &err) == 0) {
        const struct document_entry *e;
        if (document_parse("changed", DOCUMENT_SYSTEMD, out.data, out.size, &changed, &err) < 0 ||
            (e = find(&changed, &key)) == NULL || strncmp(e->value, exec, strlen(exec)) != 0 ||
            strcmp(e->value + strlen(exec), " --flag 1") != 0) {
            fail(&edit, "the line has changed otherwise");
        }
    }
    document_release(&changed);
    document_release(&staged);
    buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct document d;
    struct err err = ERR_INIT;

    if (size < 3 || data[0] < '0' || size > 20000) {
        return 0;
    }
    enum document_kind kind = (enum document_kind)((data[0] - '0') % DOCUMENT_KIND_COUNT);
    if (document_parse("fuzz", kind, (const char *)data + 2, size - 2, &d, &err) == 0) {
        struct splice_edit edits[2] = {choose_edit(&d, data[1]),
                                       choose_edit(&d, (uint8_t)(data[1] * 37 + 11))};
        run(&d, edits, 1);
        if (strcmp(edits[0].name, edits[1].name) != 0) {
            run(&d, edits, 2);
        }
        if (kind == DOCUMENT_SYSTEMD) {
            run_exec(&d, data[1]);
        }
    }
    document_release(&d);
    return 0;
}
