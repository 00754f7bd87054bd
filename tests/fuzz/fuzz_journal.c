/* The journal from anything: no crash, and whatever comes out of it can be acted on: absolute paths
 * without "..", ids that are ids, numbers in their ranges. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tuning/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(int condition)
{
    if (!condition) {
        abort();
    }
}

static void check_file(const struct journal_file *f, size_t units)
{
    need(f->real[0] == '/' && strlen(f->real) < FILE_PATH_BYTES && f->real[1] != '\0');
    need(strstr(f->real, "/../") == NULL && strstr(f->real, "//") == NULL);
    need(f->unit < units && f->folders <= FILE_MAX_MISSING && f->like.mode <= 07777);
    need(f->before.size <= FILE_MAX_BYTES && f->after.size <= FILE_MAX_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct journal_list list;
    size_t open = 0;

    if (size > JOURNAL_MAX_LINE_BYTES / 4) {
        return 0;
    }
    journal_parse((const char *)data, size, &list);
    need(list.note_count <= JOURNAL_MAX_NOTES);
    for (size_t i = 0; i < list.count; i++) {
        const struct journal_entry *e = &list.entries[i];
        need(journal_id_ok(e->id) && journal_find(&list, e->id) == e);
        need(e->kind == JOURNAL_APPLY || journal_id_ok(e->of));
        need(e->unit_count >= 1 && e->unit_count <= JOURNAL_MAX_UNITS);
        need(e->file_count >= 1 && e->file_count <= JOURNAL_MAX_FILES);
        need(e->ended || e->state == JOURNAL_INTERRUPTED);
        open += !e->ended;
        for (size_t k = 0; k < e->file_count; k++) {
            check_file(&e->files[k], e->unit_count);
        }
    }
    need((journal_interrupted(&list) != NULL) == (open > 0));
    const struct journal_entry *newest = journal_newest_applied(&list);
    need(newest == NULL || (newest->ended && newest->kind == JOURNAL_APPLY));
    journal_list_release(&list);
    return 0;
}
