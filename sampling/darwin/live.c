/* The questions of live.h about the machine: sysctl, Mach, IOKit, notify(3). */
#include "sampling/darwin/live.h"

#include <errno.h>
#include <libkern/OSThermalNotification.h>
#include <mach/mach.h>
#include <notify.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysctl.h>
#include <sys/time.h>

#include <CoreFoundation/CoreFoundation.h>
#include <IOKit/IOKitLib.h>

#include "base/alloc.h"
#include "sampling/darwin/text.h"

static int sysctl_failed(const char *name, struct err *err)
{
    return err_sys(err, err_code_of_errno(errno), errno, "cannot read '%s'", name);
}

int darwin_live_number(void *name, struct buf *out, struct err *err)
{
    const struct darwin_name *n = name;
    union {
        int32_t small;
        int64_t large;
    } v;
    size_t size = sizeof v;
    if (sysctlbyname(n->name, &v, &size, NULL, 0) != 0) {
        return sysctl_failed(n->name, err);
    }
    if (size != sizeof v.small && size != sizeof v.large) {
        return err_set(err, ERR_PARSE, "'%s' is not a number", n->name);
    }
    darwin_put_number(size == sizeof v.small ? v.small : v.large, out);
    return 0;
}

int darwin_live_string(void *name, struct buf *out, struct err *err)
{
    const struct darwin_name *n = name;
    char value[1024]; /* names, of which the kernel's longest is a host's (MAXHOSTNAMELEN, 256) */
    size_t size = sizeof value;
    if (sysctlbyname(n->name, value, &size, NULL, 0) != 0) {
        return sysctl_failed(n->name, err);
    }
    buf_add(out, value, strnlen(value, size));
    return 0;
}

/* mach_host_self() makes a new right at each call. */
static mach_port_t the_host;
static pthread_once_t host_once = PTHREAD_ONCE_INIT;

static void host_init(void)
{
    the_host = mach_host_self();
}

int darwin_live_ticks(void *ctx, struct buf *out, struct err *err)
{
    (void)ctx;
    natural_t processors = 0;
    processor_info_array_t info = NULL;
    mach_msg_type_number_t size = 0;
    pthread_once(&host_once, host_init);
    kern_return_t kr = host_processor_info(the_host, PROCESSOR_CPU_LOAD_INFO, &processors, &info,
                                           &size);
    if (kr != KERN_SUCCESS) {
        return err_set(err, ERR_IO, "the kernel does not tell the processors' ticks (%d)", (int)kr);
    }
    struct darwin_ticks *ticks = xcalloc(1, sizeof *ticks);
    natural_t room = size / CPU_STATE_MAX < processors ? size / CPU_STATE_MAX : processors;
    for (natural_t i = 0; i < room && i < SAMPLE_CORES; i++) {
        const integer_t *t = info + (size_t)i * CPU_STATE_MAX;
        ticks->core[ticks->count++] = (struct darwin_core_ticks){
            .user = (uint32_t)t[CPU_STATE_USER],
            .system = (uint32_t)t[CPU_STATE_SYSTEM],
            .idle = (uint32_t)t[CPU_STATE_IDLE],
            .nice = (uint32_t)t[CPU_STATE_NICE],
        };
    }
    (void)vm_deallocate(mach_task_self(), (vm_address_t)info, size * sizeof *info);
    darwin_put_ticks(ticks, out);
    free(ticks);
    return 0;
}

/* --- device tree
 * --------------------------------------------------------------------------------------------- */

/* A property that is bytes, as all are in the device tree. Returns how many were copied, 0 when
 * there is none. */
static size_t property(io_registry_entry_t entry, const char *name, void *out, size_t out_size)
{
    size_t size = 0;
    CFStringRef key = CFStringCreateWithCString(kCFAllocatorDefault, name, kCFStringEncodingUTF8);
    if (!key) {
        return 0;
    }
    CFTypeRef value = IORegistryEntryCreateCFProperty(entry, key, kCFAllocatorDefault, 0);
    CFRelease(key);
    if (!value) {
        return 0;
    }
    if (CFGetTypeID(value) == CFDataGetTypeID()) {
        CFIndex length = CFDataGetLength(value);
        size = length < 0 ? 0 : (size_t)length;
        size = size > out_size ? out_size : size;
        memcpy(out, CFDataGetBytePtr(value), size);
    }
    CFRelease(value);
    return size;
}

int darwin_live_clusters(void *ctx, struct buf *out, struct err *err)
{
    (void)ctx;
    /* 0 is kIOMainPortDefault, whose name has changed. */
    io_registry_entry_t cpus = IORegistryEntryFromPath(0, kIODeviceTreePlane ":/cpus");
    io_iterator_t children = IO_OBJECT_NULL;
    if (cpus == IO_OBJECT_NULL) {
        return err_set(err, ERR_NOENT, "the device tree has no processors");
    }
    kern_return_t kr = IORegistryEntryGetChildIterator(cpus, kIODeviceTreePlane, &children);
    IOObjectRelease(cpus);
    if (kr != KERN_SUCCESS) {
        return err_set(err, ERR_IO, "the device tree's processors cannot be listed (%d)", (int)kr);
    }
    struct darwin_clusters *clusters = xcalloc(1, sizeof *clusters);
    io_registry_entry_t cpu;
    while ((cpu = IOIteratorNext(children)) != IO_OBJECT_NULL) {
        uint32_t core = 0;
        char type = 0;
        if (clusters->count < SAMPLE_CORES &&
            property(cpu, "logical-cpu-id", &core, sizeof core) == sizeof core &&
            property(cpu, "cluster-type", &type, sizeof type) == sizeof type && type >= 'A' &&
            type <= 'Z') {
            clusters->row[clusters->count].core = core;
            clusters->row[clusters->count++].type = type;
        }
        IOObjectRelease(cpu);
    }
    IOObjectRelease(children);
    darwin_put_clusters(clusters, out);
    free(clusters);
    return 0;
}

/* The property "gpu-core-count" of Apple's graphics driver, a number; 0 when there is none. */
static int64_t gpu_core_count(io_registry_entry_t gpu)
{
    int64_t count = 0;
    CFStringRef key = CFStringCreateWithCString(kCFAllocatorDefault, "gpu-core-count",
                                                kCFStringEncodingUTF8);
    if (!key) {
        return 0;
    }
    CFTypeRef value = IORegistryEntryCreateCFProperty(gpu, key, kCFAllocatorDefault, 0);
    CFRelease(key);
    if (!value) {
        return 0;
    }
    if (CFGetTypeID(value) != CFNumberGetTypeID() ||
        !CFNumberGetValue(value, kCFNumberSInt64Type, &count)) {
        count = 0;
    }
    CFRelease(value);
    return count;
}

int darwin_live_gpu_cores(void *ctx, struct buf *out, struct err *err)
{
    (void)ctx;
    io_iterator_t all = IO_OBJECT_NULL;
    int64_t count = 0;
    /* The matching is used up by the call, also when it fails. */
    kern_return_t kr = IOServiceGetMatchingServices(0, IOServiceMatching("AGXAccelerator"), &all);
    if (kr != KERN_SUCCESS) {
        return err_set(err, ERR_IO, "the graphics driver cannot be found (%d)", (int)kr);
    }
    io_registry_entry_t gpu;
    while ((gpu = IOIteratorNext(all)) != IO_OBJECT_NULL) {
        const int64_t cores = gpu_core_count(gpu);
        count = cores > count ? cores : count;
        IOObjectRelease(gpu);
    }
    IOObjectRelease(all);
    if (count <= 0) {
        return err_set(err, ERR_NOENT, "the graphics driver tells no number of cores");
    }
    darwin_put_number(count, out);
    return 0;
}

/* --- the rest
 * --------------------------------------------------------------------------------------------- */

int darwin_live_load(void *ctx, struct buf *out, struct err *err)
{
    (void)ctx;
    double load[3];
    if (getloadavg(load, 3) != 3) {
        return err_set(err, ERR_IO, "the kernel does not tell its load");
    }
    darwin_put_load(load, out);
    return 0;
}

int darwin_live_memory(void *ctx, struct buf *out, struct err *err)
{
    (void)ctx;
    /* The structure grows from version to version, and a kernel may refuse a size that is not its
     * own and name the right one. */
    union {
        vm_statistics64_data_t v;
        integer_t room[256];
    } s;
    memset(&s, 0, sizeof s);
    mach_msg_type_number_t size = HOST_VM_INFO64_COUNT;
    vm_size_t page = 0;
    pthread_once(&host_once, host_init);
    kern_return_t kr = host_statistics64(the_host, HOST_VM_INFO64, s.room, &size);
    if (kr == MIG_ARRAY_TOO_LARGE && size <= sizeof s.room / sizeof *s.room) {
        kr = host_statistics64(the_host, HOST_VM_INFO64, s.room, &size);
    }
    if (kr == KERN_SUCCESS) {
        kr = host_page_size(the_host, &page);
    }
    if (kr != KERN_SUCCESS) {
        return err_set(err, ERR_IO, "the kernel does not tell its memory statistics (%d)", (int)kr);
    }
    const struct darwin_memory m = {
        .page_bytes = page,
        .free = s.v.free_count,
        .speculative = s.v.speculative_count,
        .wired = s.v.wire_count,
        .internal = s.v.internal_page_count,
        .external = s.v.external_page_count,
        .purgeable = s.v.purgeable_count,
        .compressor = s.v.compressor_page_count,
        .swapins = s.v.swapins,
        .swapouts = s.v.swapouts,
    };
    darwin_put_memory(&m, out);
    return 0;
}

int darwin_live_swap(void *ctx, struct buf *out, struct err *err)
{
    (void)ctx;
    struct xsw_usage v = {0};
    size_t size = sizeof v;
    if (sysctlbyname("vm.swapusage", &v, &size, NULL, 0) != 0) {
        return sysctl_failed("vm.swapusage", err);
    }
    const struct darwin_swap s = {.total = v.xsu_total, .used = v.xsu_used};
    darwin_put_swap(&s, out);
    return 0;
}

int darwin_live_boot(void *ctx, struct buf *out, struct err *err)
{
    (void)ctx;
    struct timeval v = {0};
    size_t size = sizeof v;
    if (sysctlbyname("kern.boottime", &v, &size, NULL, 0) != 0 || size != sizeof v) {
        return sysctl_failed("kern.boottime", err);
    }
    darwin_put_number((int64_t)v.tv_sec * 1000000 + v.tv_usec, out);
    return 0;
}

static int thermal_token = -1;
static pthread_once_t thermal_once = PTHREAD_ONCE_INIT;

static void thermal_init(void)
{
    int token;
    /* The name from Apple's library: registering a wrong one succeeds and reads 0 for ever. */
    if (notify_register_check(kOSThermalNotificationPressureLevelName, &token) ==
        NOTIFY_STATUS_OK) {
        thermal_token = token;
    }
}

int darwin_live_thermal(void *ctx, struct buf *out, struct err *err)
{
    (void)ctx;
    uint64_t level = 0;
    pthread_once(&thermal_once, thermal_init);
    if (thermal_token < 0 || notify_get_state(thermal_token, &level) != NOTIFY_STATUS_OK ||
        level > INT32_MAX) {
        return err_set(err, ERR_IO, "the system does not tell its thermal pressure");
    }
    darwin_put_number((int64_t)level, out);
    return 0;
}
