#include "tui/drift.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/utf8.h"

enum { TOLD = 3, TEXT_BYTES = 128 };

static void put_value(struct buf *b, const cJSON *row, const char *key, const char *none)
{
    char text[TEXT_BYTES];
    buf_puts(b, json_copy_text(row, key, text, sizeof text) ? text : none);
}

static void put_row(struct buf *b, const cJSON *row)
{
    char service[TEXT_BYTES], setting[TEXT_BYTES];
    (void)json_copy_text(row, "service", service, sizeof service);
    (void)json_copy_text(row, "setting", setting, sizeof setting);
    buf_printf(b, "%s%s of %s is ", b->size > 0 ? "; " : "", setting, service);
    put_value(b, row, "in_file", "not");
    buf_puts(b, " in its file, ");
    put_value(b, row, "in_process", "not set");
    buf_puts(b, " in its process");
}

int drift_parse(const char *verify, size_t size, struct assess_drift *out, struct err *err)
{
    memset(out, 0, sizeof *out);
    cJSON *root = json_parse(verify, size, err);
    if (root == NULL)
        return -err->code;
    struct buf why;
    const cJSON *row;
    buf_init(&why, sizeof out->why - 1);
    cJSON_ArrayForEach(row, json_get(root, "rows")) {
        if (!cJSON_IsTrue(json_get(row, "drifted")))
            continue;
        if (out->count++ < TOLD)
            put_row(&why, row);
    }
    if (out->count > TOLD)
        buf_printf(&why, "; and %zu more", out->count - TOLD);
    if (out->count > 0)
        buf_puts(&why, ": what a file says holds from the next start on");
    utf8_copy(out->why, sizeof out->why, why.data);
    buf_release(&why);
    cJSON_Delete(root);
    return 0;
}
