/*
 * In the place of live.c and its like on systems other than macOS. There the sources of macOS play
 * recordings, which ask nobody; whoever asks all the same gets no answer.
 */
#include "sampling/darwin/live.h"

#define NOT_HERE(function)                                                                         \
    int function(void *ctx, struct buf *out, struct err *err)                                      \
    {                                                                                              \
        (void)ctx;                                                                                 \
        (void)out;                                                                                 \
        return err_set(err, ERR_UNSUPPORTED, "this is not macOS");                                 \
    }
NOT_HERE(darwin_live_number)
NOT_HERE(darwin_live_string)
NOT_HERE(darwin_live_ticks)
NOT_HERE(darwin_live_clusters)
NOT_HERE(darwin_live_load)
NOT_HERE(darwin_live_memory)
NOT_HERE(darwin_live_swap)
NOT_HERE(darwin_live_boot)
NOT_HERE(darwin_live_thermal)
NOT_HERE(darwin_live_processes)
NOT_HERE(darwin_live_arguments)
NOT_HERE(darwin_live_usage)
NOT_HERE(darwin_live_sockets)

void darwin_live_disk(const char *request, size_t size, struct buf *reply)
{
    (void)request;
    (void)size;
    (void)reply;
}
