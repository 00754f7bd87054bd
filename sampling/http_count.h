/*
 * What asking cost: requests, bytes and times of each URL, for the log.
 *
 * http.h counts every request that ended, and at its end writes one line a URL when -vv asks for
 * it. This is how anybody can check what tunetop does to a service. Not thread-safe.
 */
#ifndef SAMPLING_HTTP_COUNT_H
#define SAMPLING_HTTP_COUNT_H

#include <stdbool.h>
#include <stdint.h>

enum { HTTP_COUNT_URLS = 64 }; /* what comes beyond them is counted together, as "others" */

struct http_count_row {
    char url[256]; /* cut */
    uint64_t asked, failed, given_up;
    uint64_t sent_bytes, received_bytes; /* with headers */
    double sum_s, max_s;                 /* of those that did not fail */
};
struct http_count {
    struct http_count_row rows[HTTP_COUNT_URLS + 1];
    unsigned used;
};

struct http_counted {
    bool failed, given_up; /* given up: nobody waited for its answer any more */
    uint64_t sent_bytes, received_bytes;
    double seconds;
};

void http_count_add(struct http_count *c, const char *url, const struct http_counted *one);
/* "URL: asked N, failed N, given up N, sent N bytes, received N bytes, mean N ms, longest N ms", at
 * DEBUG. */
void http_count_log(const struct http_count *c);

#endif
