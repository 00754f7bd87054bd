/* The parsers of what macOS answers: the first byte chooses one, the rest is its text. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sampling/darwin/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is parsed and put again must be parsed to the same; text that means nothing is refused. */
static void check(bool same)
{
    if (!same) {
        abort();
    }
}

static void memory_both_ways(const char *text, size_t size, struct buf *out)
{
    struct darwin_memory a, b;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    if (darwin_parse_memory(text, size, &a)) {
        darwin_put_memory(&a, out);
        check(darwin_parse_memory(out->data, out->size, &b) && memcmp(&a, &b, sizeof a) == 0);
    }
}

static void socket_both_ways(const char *text, size_t size, struct buf *out)
{
    struct darwin_socket a, b;
    struct listener l;
    if (darwin_parse_socket(text, size, &a)) {
        darwin_put_socket(&a, out);
        check(darwin_parse_socket(out->data, out->size - 1, &b) &&
              memcmp(a.address, b.address, sizeof a.address) == 0 && a.id == b.id);
        darwin_listener_of(&a, &l);
        check(memchr(l.address, '\0', sizeof l.address) && l.address[0]);
    }
}

static void process_both_ways(const char *text, size_t size, struct buf *out)
{
    struct darwin_process a, b;
    if (darwin_parse_process(text, size, &a)) {
        darwin_put_process(&a, out);
        check(darwin_parse_process(out->data, out->size - 1, &b) && a.start_us == b.start_us &&
              strcmp(a.name, b.name) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    /* A copy of its exact size: whoever reads one byte too many is caught. */
    char *text = xmalloc(size);
    memcpy(text, data + 1, size - 1);
    size--;
    struct buf out;
    buf_init(&out, 4 * 1024 * 1024);
    union {
        struct darwin_ticks ticks;
        struct darwin_clusters clusters;
        struct darwin_swap swap;
        struct darwin_usage usage;
        double load[3];
    } *u = xcalloc(1, sizeof *u);
    switch (data[0] % 9) {
    case 0:
        if (darwin_parse_ticks(text, size, &u->ticks)) {
            darwin_put_ticks(&u->ticks, &out);
            check(darwin_parse_ticks(out.data, out.size, &u->ticks));
        }
        break;
    case 1:
        if (darwin_parse_clusters(text, size, &u->clusters)) {
            darwin_put_clusters(&u->clusters, &out);
            check(darwin_parse_clusters(out.data, out.size, &u->clusters));
        }
        break;
    case 2:
        memory_both_ways(text, size, &out);
        break;
    case 3:
        process_both_ways(text, size, &out);
        break;
    case 4:
        socket_both_ways(text, size, &out);
        break;
    case 5:
        (void)darwin_put_arguments(text, size, &out);
        check(out.size <= size + 1);
        break;
    case 6:
        (void)darwin_parse_swap(text, size, &u->swap);
        break;
    case 7:
        (void)darwin_parse_usage(text, size, &u->usage);
        break;
    default:
        (void)darwin_parse_load(text, size, u->load);
        break;
    }
    free(u);
    buf_release(&out);
    free(text);
    return 0;
}
