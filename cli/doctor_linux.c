/* What the kernel of Linux lets this user see. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "base/utf8.h"
#include "cli/doctor.h"

/* /proc/mounts of a machine with many containers has some hundred lines of 200 bytes. */
enum { FILE_BYTES = 1 << 20 };

/* The options of the mount of /proc in a table of mounts; "" when it is not there. */
static void find_proc_options(const char *text, char *out, size_t out_size)
{
    out[0] = '\0';
    while (*text) {
        const size_t size = strcspn(text, "\n");
        char device[64], mount[64], type[32], options[256];
        if (size < 512 && sscanf(text, "%63s %63s %31s %255s", device, mount, type, options) == 4 &&
            strcmp(mount, "/proc") == 0 && strcmp(type, "proc") == 0) {
            utf8_sanitise(options, strlen(options), out, out_size, NULL);
        }
        text += size + (text[size] == '\n');
    }
}

static void say_hidepid(struct doctor *d, struct reader *reader)
{
    struct buf text;
    struct err err = ERR_INIT;
    char options[256];
    buf_init(&text, FILE_BYTES);
    if (reader_once(reader, "/proc/self/mounts", &text, &err) == 0) {
        find_proc_options(text.data, options, sizeof options);
        const char *hide = strstr(options, "hidepid=");
        hide = hide ? hide + strlen("hidepid=") : "0";
        const bool open = *hide == '0' || strncmp(hide, "off", 3) == 0;
        if (open) {
            doctor_say(d, DOCTOR_OK, "processes", NULL, "those of all users can be seen");
        } else if (geteuid() == 0) {
            doctor_say(d, DOCTOR_OK, "processes", NULL, "/proc hides them, but not from root");
        } else {
            doctor_say(d, DOCTOR_WARN, "processes", "sudo mount -o remount,hidepid=0 /proc",
                       "/proc is mounted with hidepid: services of other users cannot be told "
                       "apart and have no process values");
        }
    }
    buf_release(&text);
}

static void say_energy(struct doctor *d, struct reader *reader)
{
    static const char path[] = "/sys/class/powercap/intel-rapl:0/energy_uj";
    struct buf text;
    struct err err = ERR_INIT;
    buf_init(&text, 4096);
    const int code = reader_once(reader, path, &text, &err);
    if (code == 0) {
        doctor_say(d, DOCTOR_OK, "RAPL", NULL, "the energy of the CPU can be read");
    } else if (code == -ERR_DENIED) {
        doctor_say(
            d, DOCTOR_INFO, "RAPL", "sudo chmod a+r /sys/class/powercap/intel-rapl:0/energy_uj",
            "the energy of the CPU, from which its power comes, can be read by root only, as "
            "it can betray secrets to other users");
    } else {
        doctor_say(d, DOCTOR_INFO, "RAPL", NULL,
                   "this machine does not tell the energy of its CPU");
    }
    buf_release(&text);
}

static void say_perf(struct doctor *d, struct reader *reader)
{
    struct buf text;
    struct err err = ERR_INIT;
    int64_t level = 0;
    buf_init(&text, 64);
    const int code = reader_once(reader, "/proc/sys/kernel/perf_event_paranoid", &text, &err);
    if (code != 0 || number_i64(text.data, strcspn(text.data, "\n"), &level) < 0) {
        doctor_say(d, DOCTOR_INFO, "perf", NULL, "this kernel has no performance counters");
    } else if (level <= 0 || geteuid() == 0) {
        doctor_say(d, DOCTOR_OK, "perf", NULL, "counters of the whole machine are allowed");
    } else {
        doctor_say(d, DOCTOR_INFO, "perf", "sudo sysctl kernel.perf_event_paranoid=0",
                   "counters of the whole machine are not allowed (perf_event_paranoid is %lld); "
                   "this version does not use them",
                   (long long)level);
    }
    buf_release(&text);
}

void doctor_kernel(struct doctor *d, struct reader *reader)
{
    say_hidepid(d, reader);
    say_energy(d, reader);
    say_perf(d, reader);
}
