#include "sampling/darwin/live.h"

#include <stdio.h>

#include "base/utf8.h"
#include "sampling/darwin/text.h"
#include "sampling/reader.h"
#include "sampling/scan.h"

static int ask(struct reader *r, const char *name, reader_live_fn live, struct buf *text,
               struct err *err)
{
    char key[96];
    struct darwin_name wanted = {name};
    snprintf(key, sizeof key, "sysctl %s", name);
    return reader_call(r, key, live, &wanted, text, err);
}

int darwin_number(struct reader *r, const char *name, struct buf *text, int64_t *out,
                  struct err *err)
{
    int rc = ask(r, name, darwin_live_number, text, err);
    if (rc == 0 && !darwin_parse_number(text->data, text->size, out)) {
        rc = err_set(err, ERR_PARSE, "'%s' is not a number", name);
    }
    return rc;
}

int darwin_string(struct reader *r, const char *name, struct buf *text, char *out, size_t out_size,
                  struct err *err)
{
    int rc = ask(r, name, darwin_live_string, text, err);
    struct span value = scan_trim(span_of(text->data, rc == 0 ? text->size : 0));
    utf8_sanitise(value.at, value.size, out, out_size, NULL);
    return rc;
}
