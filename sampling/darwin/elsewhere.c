/*
 * In the place of live.c and its like on systems other than macOS. There the sources of macOS play
 * recordings, which ask nobody; whoever asks all the same gets no answer.
 */
#include "sampling/darwin/live.h"

#define NOT_HERE(function, about)                                                                  \
    int function(void *about, struct buf *out, struct err *err)                                    \
    {                                                                                              \
        (void)about;                                                                               \
        (void)out;                                                                                 \
        return err_set(err, ERR_UNSUPPORTED, "this is not macOS");                                 \
    }
NOT_HERE(darwin_live_number, name)
NOT_HERE(darwin_live_string, name)
NOT_HERE(darwin_live_ticks, ctx)
NOT_HERE(darwin_live_clusters, ctx)
NOT_HERE(darwin_live_gpu_cores, ctx)
NOT_HERE(darwin_live_load, ctx)
NOT_HERE(darwin_live_memory, ctx)
NOT_HERE(darwin_live_swap, ctx)
NOT_HERE(darwin_live_boot, ctx)
NOT_HERE(darwin_live_thermal, ctx)
NOT_HERE(darwin_live_processes, ctx)
NOT_HERE(darwin_live_arguments, pid)
NOT_HERE(darwin_live_environment, pid)
NOT_HERE(darwin_live_usage, pid)
NOT_HERE(darwin_live_sockets, pid)

void darwin_live_disk(const char *request, size_t size, struct buf *reply)
{
    (void)request;
    (void)size;
    (void)reply;
}
