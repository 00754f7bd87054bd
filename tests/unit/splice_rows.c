#include "tests/unit/splice_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static size_t count_edits(const struct splice_row *row)
{
    size_t count = 0;
    while (count < sizeof(row->edits) / sizeof(row->edits[0]) && row->edits[count].name != NULL) {
        count++;
    }
    return count;
}

static void check_row(const struct splice_row *row, size_t number)
{
    struct document d;
    struct err err = ERR_INIT;
    struct buf out;
    struct buf by_hand;
    struct splice_result results[4];

    buf_init(&out, 100000);
    buf_init(&by_hand, 10000);
    assert_int_equal(0, document_parse("f", row->kind, row->text, strlen(row->text), &d, &err));
    int rc = splice_apply(&d, row->edits, count_edits(row), results, &out, &by_hand, &err);
    if (rc < 0) {
        buf_clear(&out);
        buf_printf(&out, "%s: %s\n%s", err.where, err.msg, by_hand.data);
    }
    if (strcmp(out.data, row->expected) != 0) {
        fail_msg("row %zu:\n%s\nexpected:\n%s\ngot:\n%s", number, row->text, row->expected,
                 out.data);
    }
    buf_release(&out);
    buf_release(&by_hand);
    document_release(&d);
}

void check_rows(const struct splice_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_row(&rows[i], i);
    }
}
