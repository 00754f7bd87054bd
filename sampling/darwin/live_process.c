/* The questions of live.h about processes: sysctl and libproc. */
#include "sampling/darwin/live.h"

#include <errno.h>
#include <libproc.h>
#include <mach/mach_time.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/proc.h>
#include <sys/proc_info.h>
#include <sys/sysctl.h>

#include "base/alloc.h"
#include "sampling/darwin/text.h"

enum {
    PROCESSES_MAX = 32768, /* above kern.maxproc of the largest Mac */
    DESCRIPTORS_MAX = 65536,
    ARGUMENTS_MAX = 16 * 1024 * 1024, /* kern.argmax is 1 MiB */
};

/* All processes, to be freed; NULL with *err set. The list may grow between the two calls. */
static struct kinfo_proc *list_processes(size_t *count, struct err *err)
{
    int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_ALL};
    for (int attempt = 0; attempt < 4; attempt++) {
        size_t size = 0;
        if (sysctl(name, 3, NULL, &size, NULL, 0) != 0) {
            break;
        }
        size += size / 8 + 16 * sizeof(struct kinfo_proc);
        if (size > PROCESSES_MAX * sizeof(struct kinfo_proc)) {
            errno = E2BIG;
            break;
        }
        struct kinfo_proc *list = xmalloc(size);
        if (sysctl(name, 3, list, &size, NULL, 0) == 0) {
            *count = size / sizeof *list;
            return list;
        }
        int sys = errno;
        free(list);
        errno = sys;
        if (sys != ENOMEM) {
            break;
        }
    }
    (void)err_sys(err, err_code_of_errno(errno), errno, "cannot list the processes");
    return NULL;
}

int darwin_live_processes(void *ctx, struct buf *out, struct err *err)
{
    (void)ctx;
    size_t count = 0;
    struct kinfo_proc *list = list_processes(&count, err);
    if (!list) {
        return -err->code;
    }
    for (size_t i = 0; i < count; i++) {
        const struct kinfo_proc *k = &list[i];
        struct darwin_process p = {
            .pid = k->kp_proc.p_pid,
            .ppid = k->kp_eproc.e_ppid,
            .uid = k->kp_eproc.e_ucred.cr_uid,
            .start_us = (int64_t)k->kp_proc.p_starttime.tv_sec * 1000000 +
                        k->kp_proc.p_starttime.tv_usec,
            .zombie = k->kp_proc.p_stat == SZOMB,
        };
        memcpy(p.name, k->kp_proc.p_comm, strnlen(k->kp_proc.p_comm, MAXCOMLEN));
        if (p.pid > 0) { /* 0 is the kernel */
            darwin_put_process(&p, out);
        }
    }
    free(list);
    return out->truncated ? err_set(err, ERR_TOO_BIG, "there are too many processes") : 0;
}

/* What the kernel has of the arguments and the environment of a process, put by one of the two. */
static int ask_arguments(int32_t pid, bool (*put)(const char *raw, size_t size, struct buf *out),
                         struct buf *out, struct err *err)
{
    int name[] = {CTL_KERN, KERN_PROCARGS2, pid};
    int limit[] = {CTL_KERN, KERN_ARGMAX};
    int most = 0;
    size_t size = sizeof most;
    /* With less room than that the kernel gives the end and not the beginning. */
    if (sysctl(limit, 2, &most, &size, NULL, 0) != 0 || most <= 0 || most > ARGUMENTS_MAX) {
        return err_sys(err, ERR_IO, errno, "cannot read 'kern.argmax'");
    }
    char *raw = xmalloc((size_t)most);
    size = (size_t)most;
    int rc = 0;
    if (sysctl(name, 3, raw, &size, NULL, 0) != 0) {
        /* EINVAL: somebody else's process, or one that has just ended. */
        int sys = errno;
        rc = err_sys(err, sys == EINVAL ? ERR_DENIED : err_code_of_errno(sys), sys,
                     "cannot read the arguments of process %d", pid);
    } else if (!put(raw, size, out)) {
        rc = err_set(err, ERR_PARSE, "the arguments of process %d are not in the expected form",
                     pid);
    }
    memset(raw, 0, (size_t)most);
    free(raw);
    return rc;
}

int darwin_live_arguments(void *pid, struct buf *out, struct err *err)
{
    return ask_arguments(*(int32_t *)pid, darwin_put_arguments, out, err);
}

int darwin_live_environment(void *pid, struct buf *out, struct err *err)
{
    return ask_arguments(*(int32_t *)pid, darwin_put_environment, out, err);
}

static uint64_t ns_of_ticks(uint64_t ticks)
{
    mach_timebase_info_data_t base = {0, 0};
    if (mach_timebase_info(&base) != KERN_SUCCESS || base.denom == 0) {
        return 0;
    }
    /* In two parts, so that no product overflows. */
    return ticks / base.denom * base.numer + ticks % base.denom * base.numer / base.denom;
}

int darwin_live_usage(void *pid, struct buf *out, struct err *err)
{
    int32_t of = *(int32_t *)pid;
    struct proc_bsdinfo info;
    struct rusage_info_v2 usage;
    union { /* the prototype wants a pointer to a pointer, whatever the structure */
        struct rusage_info_v2 *v2;
        rusage_info_t *any;
    } to = {.v2 = &usage};
    if (proc_pidinfo(of, PROC_PIDTBSDINFO, 0, &info, sizeof info) != (int)sizeof info ||
        proc_pid_rusage(of, RUSAGE_INFO_V2, to.any) != 0) {
        return err_sys(err, err_code_of_errno(errno), errno, "cannot read the usage of process %d",
                       of);
    }
    const struct darwin_usage u = {
        .start_us = (int64_t)info.pbi_start_tvsec * 1000000 + (int64_t)info.pbi_start_tvusec,
        .cpu_ns = ns_of_ticks(usage.ri_user_time + usage.ri_system_time + usage.ri_child_user_time +
                              usage.ri_child_system_time),
        .resident_bytes = usage.ri_resident_size,
        .footprint_bytes = usage.ri_phys_footprint,
    };
    darwin_put_usage(&u, out);
    return 0;
}

/* --- sockets
 * --------------------------------------------------------------------------------------------- */

static void put_if_listening(int32_t pid, int64_t uid, int fd, struct buf *out)
{
    struct socket_fdinfo info;
    if (proc_pidfdinfo(pid, fd, PROC_PIDFDSOCKETINFO, &info, sizeof info) != (int)sizeof info ||
        info.psi.soi_kind != SOCKINFO_TCP ||
        info.psi.soi_proto.pri_tcp.tcpsi_state != TSI_S_LISTEN) {
        return;
    }
    const struct in_sockinfo *in = &info.psi.soi_proto.pri_tcp.tcpsi_ini;
    struct darwin_socket s = {
        .pid = pid,
        .uid = uid,
        .id = info.psi.soi_so,
        .port = ntohs((uint16_t)in->insi_lport),
        .ipv6 = (in->insi_vflag & INI_IPV6) != 0,
    };
    if (s.ipv6) {
        memcpy(s.address, &in->insi_laddr.ina_6, sizeof s.address);
    } else {
        memcpy(s.address, &in->insi_laddr.ina_46.i46a_addr4, 4);
    }
    darwin_put_socket(&s, out);
}

static void put_sockets_of(int32_t pid, int64_t uid, struct buf *out)
{
    int size = proc_pidinfo(pid, PROC_PIDLISTFDS, 0, NULL, 0);
    if (size <= 0 || (size_t)size > DESCRIPTORS_MAX * sizeof(struct proc_fdinfo)) {
        return; /* gone, or somebody else's */
    }
    struct proc_fdinfo *list = xmalloc((size_t)size);
    size = proc_pidinfo(pid, PROC_PIDLISTFDS, 0, list, size);
    for (size_t i = 0; size > 0 && i < (size_t)size / sizeof *list; i++) {
        if (list[i].proc_fdtype == PROX_FDTYPE_SOCKET) {
            put_if_listening(pid, uid, list[i].proc_fd, out);
        }
    }
    free(list);
}

int darwin_live_sockets(void *pid, struct buf *out, struct err *err)
{
    int32_t only = *(int32_t *)pid;
    size_t count = 0;
    struct kinfo_proc *list = list_processes(&count, err);
    if (!list) {
        return -err->code;
    }
    for (size_t i = 0; i < count; i++) {
        int32_t of = list[i].kp_proc.p_pid;
        if (of > 0 && (only == 0 || of == only) && list[i].kp_proc.p_stat != SZOMB) {
            put_sockets_of(of, list[i].kp_eproc.e_ucred.cr_uid, out);
        }
    }
    free(list);
    return 0;
}
