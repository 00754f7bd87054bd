#include "sampling/http_count.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"

static struct http_count_row *row_of(struct http_count *c, const char *url)
{
    char cut[sizeof(c->rows[0].url)];
    utf8_copy(cut, sizeof(cut), url);
    for (unsigned i = 0; i < c->used; i++) {
        if (strcmp(c->rows[i].url, cut) == 0)
            return &c->rows[i];
    }
    if (c->used > HTTP_COUNT_URLS)
        return &c->rows[HTTP_COUNT_URLS];
    struct http_count_row *row = &c->rows[c->used];
    utf8_copy(row->url, sizeof(row->url), c->used == HTTP_COUNT_URLS ? "others" : cut);
    c->used++;
    return row;
}

void http_count_add(struct http_count *c, const char *url, const struct http_counted *one)
{
    struct http_count_row *row = row_of(c, url);
    row->asked++;
    row->sent_bytes += one->sent_bytes;
    row->received_bytes += one->received_bytes;
    if (one->failed || one->given_up) {
        row->failed += one->failed;
        row->given_up += one->given_up;
        return;
    }
    row->sum_s += one->seconds;
    if (one->seconds > row->max_s)
        row->max_s = one->seconds;
}

void http_count_log(const struct http_count *c)
{
    for (unsigned i = 0; i < c->used; i++) {
        const struct http_count_row *row = &c->rows[i];
        uint64_t good = row->asked - row->failed - row->given_up;
        log_write(LOG_DEBUG,
                  "%s: asked %" PRIu64 ", failed %" PRIu64 ", given up %" PRIu64 ", sent %" PRIu64
                  " bytes, received %" PRIu64 " bytes, mean %.2f ms, longest %.2f ms",
                  row->url, row->asked, row->failed, row->given_up, row->sent_bytes,
                  row->received_bytes, good > 0 ? row->sum_s * 1e3 / (double)good : 0.0,
                  row->max_s * 1e3);
    }
}
