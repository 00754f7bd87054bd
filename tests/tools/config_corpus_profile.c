/*
 * The shipped profiles and the corpus: what each of them wishes of a service, on a machine with
 * much memory, written into the files that this service may have.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tools/config_corpus.h"
#include "tuning/catalog.h"
#include "tuning/chip.h"
#include "tuning/profile.h"

enum { OUT_MAX_BYTES = DOCUMENT_MAX_BYTES + 65536 };

static const char *const profiles[] = {"ultra", "high", "optimized", "balanced", "conservative"};

static struct {
    bool loaded;
    struct chip_catalog chips;
    struct setting_catalog settings;
    struct profile_set set;
} shipped;

static void load(void)
{
    struct err err = ERR_INIT;
    if (!shipped.loaded && (chip_catalog_load(&shipped.chips, catalog_folder(), &err) < 0 ||
                            setting_catalog_load(&shipped.settings, &err) < 0 ||
                            profile_set_load(&shipped.settings, NULL, &shipped.set, &err) < 0)) {
        printf("Bail out! %s: %s\n", err.where, err.msg);
        exit(1);
    }
    shipped.loaded = true;
}

static void resolve(const char *profile, bool macos, struct profile_rows *out)
{
    struct chip_machine machine;
    struct chip_answer answer;
    struct profile_query query;
    struct err err = ERR_INIT;

    chip_machine_init(&machine);
    snprintf(machine.chip, sizeof(machine.chip), "%s",
             macos ? "Apple M4 Max" : "AMD Ryzen 9 7950X 16-Core Processor");
    machine.macos = macos;
    machine.memory_bytes = 64 * 0x1p30;
    machine.performance = 16;
    machine.card = macos ? CARD_NONE : CARD_NVIDIA;
    machine.card_count = macos ? 0 : 1;
    machine.vram_bytes = macos ? NAN : 24 * 0x1p30;
    chip_decide(&shipped.chips, &machine, &answer);
    profile_query_init(&query, &answer, &machine, NAN);
    if (profile_resolve(&shipped.set, profile, &query, out, &err) < 0) {
        printf("Bail out! %s: %s\n", profile, err.msg);
        exit(1);
    }
}

/* Which entry of this kind of file a setting is; false: none. */
static bool entry_of(const struct document *d, const struct setting *s, const char *group,
                     enum document_entry_kind *out)
{
    const char *kind = setting_kind_words[s->kind];
    bool compose = d->kind == DOCUMENT_COMPOSE;

    if (strcmp(kind, "variable") == 0) {
        *out = ENTRY_VARIABLE;
        return d->kind != DOCUMENT_JSON && d->kind != DOCUMENT_YAML;
    }
    if (strcmp(kind, "flag") == 0) {
        bool command = false;
        for (size_t i = 0; i < d->count; i++) {
            command = command ||
                      (d->entries[i].kind == ENTRY_FLAG && strcmp(d->entries[i].group, group) == 0);
        }
        *out = ENTRY_FLAG;
        return command && (compose || d->kind == DOCUMENT_PLIST);
    }
    *out = ENTRY_KEY;
    return (compose && strcmp(kind, "compose-key") == 0) ||
           (d->kind == DOCUMENT_JSON && strcmp(kind, "json-key") == 0) ||
           (d->kind == DOCUMENT_YAML && strcmp(kind, "yaml-key") == 0);
}

static size_t edits_of(const struct document *d, const struct profile_rows *rows,
                       const struct corpus_row *row, struct splice_edit *edits)
{
    size_t count = 0;
    for (size_t i = 0; i < rows->count && count < CORPUS_EDITS_MAX; i++) {
        const struct profile_row *r = &rows->rows[i];
        struct splice_edit edit = {.group = row->group, .name = r->target_name};
        bool twice = false;
        if (r->target == NULL || strcmp(profile_service_words[r->target_service], row->what) != 0 ||
            !entry_of(d, r->target, row->group, &edit.kind)) {
            continue;
        }
        if (r->action == PROFILE_KEEP && document_find(d, row->group, edit.name) == NULL) {
            continue;
        }
        for (size_t k = 0; k < count; k++) {
            twice = twice || strcmp(edits[k].name, edit.name) == 0;
        }
        edit.value = r->target_value != NULL && r->target_value[0] != '\0' ? r->target_value : NULL;
        if (edit.kind == ENTRY_FLAG && r->target->type == SETTING_SWITCH && edit.value != NULL) {
            /* "--highvram 1" would be an argument too many: it is there, or it is not. */
            edit.remove = strcmp(edit.value, "0") == 0;
            edit.value = NULL;
        }
        if (!twice && (edit.value != NULL || edit.kind == ENTRY_FLAG)) {
            edits[count++] = edit;
        }
    }
    return count;
}

/* N-PROFILE.after with N-PROFILE.edits, which has the columns of the table. */
static void write_for_judges(const char *made, const struct corpus_row *row, const char *profile,
                             const struct splice_edit *edits, size_t count, const struct buf *out)
{
    static const char *const words[] = {"variable", "flag", "key", "command"};
    struct buf list;
    char name[64];

    buf_init(&list, 65536);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&list, "%s\t%s\t%s\t%s\t%s\t%s\tany\n", row->file,
                   edits[i].remove ? "remove" : "set", words[edits[i].kind],
                   row->group[0] != '\0' ? row->group : "-", edits[i].name,
                   edits[i].value != NULL ? edits[i].value : "(none)");
    }
    snprintf(name, sizeof(name), "%lu-%s.edits", row->line, profile);
    corpus_write(made, name, &list);
    snprintf(name, sizeof(name), "%lu-%s.after", row->line, profile);
    corpus_write(made, name, out);
    buf_release(&list);
}

static void check_profile(const struct document *d, const struct corpus_row *row,
                          const char *profile, const char *made, struct buf *out)
{
    struct splice_edit edits[CORPUS_EDITS_MAX];
    struct profile_rows rows = {0};
    struct err err = ERR_INIT;
    const char *rest;

    resolve(profile, d->kind == DOCUMENT_PLIST, &rows);
    size_t count = edits_of(d, &rows, row, edits);
    bool done = corpus_check_batch(d, edits, count, out, &err);
    if (count == 0) {
        corpus_say("it wishes nothing that this file could hold");
    } else if (corpus_expects(row, "refused", &rest)) {
        if (err.code == ERR_NONE || strstr(err.msg, rest) == NULL) {
            corpus_say("%s", err.code == ERR_NONE ? "it was written" : err.msg);
        }
    } else if (err.code != ERR_NONE) {
        corpus_say("refused: %s", err.msg);
    }
    if (done && made != NULL) {
        write_for_judges(made, row, profile, edits, count, out);
    }
    corpus_result("%s: %s of profile %s for %s, %zu edits", row->file, row->what, profile,
                  row->group, count);
    profile_rows_release(&rows);
}

void corpus_check_profiles(const struct corpus *c, const struct document *d,
                           const struct corpus_row *document, const char *made)
{
    struct buf out;

    load();
    buf_init(&out, OUT_MAX_BYTES);
    for (size_t i = 0; i < c->count; i++) {
        const struct corpus_row *row = &c->rows[i];
        if (row->act == CORPUS_PROFILE && strcmp(row->file, document->file) == 0) {
            for (size_t k = 0; k < sizeof(profiles) / sizeof(profiles[0]); k++) {
                check_profile(d, row, profiles[k], made, &out);
            }
        }
    }
    buf_release(&out);
}
