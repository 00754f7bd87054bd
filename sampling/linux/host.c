#include "sampling/linux/host.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/utf8.h"
#include "sampling/scan.h"

enum {
    SMALL_FILE_BYTES = 4096,
    /* /proc/cpuinfo takes about 1.5 KiB a core on x86; only its start and end matter, but it is
       read whole. */
    CPUINFO_BYTES = 4 * 1024 * 1024,
};

/* --- os-release --- */

/* The value of KEY=value without its quotes and backslashes (os-release(5) allows shell quoting of
 * one word). */
static void unquote(struct span value, char *out, size_t out_size)
{
    char raw[256];
    size_t n = 0;
    value = scan_trim(value);
    char quote = value.size >= 2 && (value.at[0] == '"' || value.at[0] == '\'') ? value.at[0]
                                                                                : '\0';
    size_t i = quote ? 1 : 0;
    for (; i < value.size && n < sizeof raw; i++) {
        char c = value.at[i];
        if (quote && c == quote) {
            break;
        }
        if (c == '\\' && quote != '\'' && i + 1 < value.size) {
            c = value.at[++i];
        }
        raw[n++] = c;
    }
    utf8_sanitise(raw, n, out, out_size, NULL);
}

/* "Debian GNU/Linux" -> "Debian": with a version behind it the rest says nothing. */
static void shorten_os_name(char *name)
{
    static const char *const tails[] = {" GNU/Linux", " Linux"};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        size_t len = strlen(name), tail = strlen(tails[i]);
        if (len > tail && strcmp(name + len - tail, tails[i]) == 0) {
            name[len - tail] = '\0';
            return;
        }
    }
}

bool parse_os_release(const char *text, size_t size, char *out, size_t out_size)
{
    char name[SAMPLE_NAME] = "", version[SAMPLE_NAME] = "", pretty[SAMPLE_NAME] = "";
    struct span rest = span_of(text, size), line;
    while (scan_line(&rest, &line)) {
        line = scan_trim(line);
        struct span value = line;
        struct span key = scan_until(&value, '=');
        if (span_is(key, "NAME")) {
            unquote(value, name, sizeof name);
        } else if (span_is(key, "VERSION_ID")) {
            unquote(value, version, sizeof version);
        } else if (span_is(key, "PRETTY_NAME")) {
            unquote(value, pretty, sizeof pretty);
        }
    }
    if (name[0] && version[0]) {
        char whole[2 * SAMPLE_NAME];
        shorten_os_name(name);
        snprintf(whole, sizeof whole, "%s %s", name, version);
        utf8_copy(out, out_size, whole);
    } else {
        utf8_copy(out, out_size, pretty[0] ? pretty : name);
    }
    return out[0] != '\0';
}

/* --- chip names --- */

/* Cuts the first `gone` out of text. */
static bool cut(char *text, const char *gone)
{
    char *at = strstr(text, gone);
    if (!at) {
        return false;
    }
    size_t len = strlen(gone);
    memmove(at, at + len, strlen(at + len) + 1);
    return true;
}

static void squeeze_blanks(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (*from != ' ' || (to > text && to[-1] != ' ')) {
            *to++ = *from;
        }
    }
    while (to > text && to[-1] == ' ') {
        to--;
    }
    *to = '\0';
}

/* Cuts "16-Core Processor", "Eight-Core Processor" and what is between the number and the end of
 * "Processor". */
static void cut_core_count(char *text)
{
    char *at = strstr(text, "-Core Processor");
    if (!at) {
        return;
    }
    char *start = at;
    while (start > text && start[-1] != ' ') {
        start--;
    }
    const char *end = at + strlen("-Core Processor");
    memmove(start, end, strlen(end) + 1);
}

void parse_chip_name(const char *text, size_t size, char *out, size_t out_size)
{
    static const char *const noise[] = {"(R)", "(r)", "(TM)", "(tm)", "(C)"};
    char name[256];
    struct span trimmed = scan_trim(span_of(text, size));
    utf8_sanitise(trimmed.at, trimmed.size, name, sizeof name, NULL);
    for (size_t i = 0; i < sizeof noise / sizeof *noise; i++) {
        while (cut(name, noise[i])) {
        }
    }
    char *at = strchr(name, '@'); /* "@ 3.00GHz" */
    if (at) {
        *at = '\0';
    }
    /* "11th Gen Intel Core ...": the number of the model says it again. */
    char *generation = strstr(name, " Gen Intel");
    if (generation && generation - name <= 4) {
        memmove(name, generation + strlen(" Gen "), strlen(generation + strlen(" Gen ")) + 1);
    }
    at = strstr(name, " with Radeon");
    if (!at) {
        at = strstr(name, " w/ Radeon");
    }
    if (at) {
        *at = '\0';
    }
    cut_core_count(name);
    squeeze_blanks(name);
    /* "CPU" is a word of its own here ("Xeon CPU E5-2680", "Core i7 CPU"), never a part of one. */
    char padded[sizeof name + 2];
    snprintf(padded, sizeof padded, " %s ", name);
    while ((at = strstr(padded, " CPU "))) {
        memmove(at, at + strlen(" CPU"), strlen(at + strlen(" CPU")) + 1);
    }
    squeeze_blanks(padded);
    utf8_copy(out, out_size, padded);
}

void parse_cpuinfo(const char *text, size_t size, struct cpuinfo_names *out)
{
    memset(out, 0, sizeof *out);
    struct span rest = span_of(text, size), line;
    bool by_model_name = false;
    while (scan_line(&rest, &line)) {
        struct span value = line;
        struct span key = scan_trim(scan_until(&value, ':'));
        value = scan_trim(value);
        if (value.size == 0) {
            continue;
        }
        if (!by_model_name && span_is(key, "model name")) {
            parse_chip_name(value.at, value.size, out->chip, sizeof out->chip);
            by_model_name = true;
        } else if (!out->chip[0] && (span_is(key, "Hardware") || span_is(key, "cpu model") ||
                                     span_is(key, "uarch"))) {
            parse_chip_name(value.at, value.size, out->chip, sizeof out->chip);
        } else if (!out->machine[0] && span_is(key, "Model")) {
            utf8_sanitise(value.at, value.size, out->machine, sizeof out->machine, NULL);
        } else if (!out->hypervisor && span_is(key, "flags")) {
            struct span word;
            while (scan_word(&value, &word)) {
                out->hypervisor = out->hypervisor || span_is(word, "hypervisor");
            }
        }
    }
}

bool parse_dt_compatible(const char *text, size_t size, char *out, size_t out_size)
{
    /* The numbers of Apple's chips as Asahi Linux names them
     * (Documentation/devicetree/bindings/arm/apple.yaml). */
    static const struct {
        const char *id, *name;
    } chips[] = {
        {"apple,t8103", "Apple M1"},     {"apple,t6000", "Apple M1 Pro"},
        {"apple,t6001", "Apple M1 Max"}, {"apple,t6002", "Apple M1 Ultra"},
        {"apple,t8112", "Apple M2"},     {"apple,t6020", "Apple M2 Pro"},
        {"apple,t6021", "Apple M2 Max"}, {"apple,t6022", "Apple M2 Ultra"},
        {"apple,t8122", "Apple M3"},     {"apple,t6030", "Apple M3 Pro"},
        {"apple,t6031", "Apple M3 Max"}, {"apple,t6034", "Apple M3 Max"},
    };
    struct span rest = span_of(text, size);
    out[0] = '\0';
    while (rest.size > 0) {
        struct span id = scan_until(&rest, '\0');
        for (size_t i = 0; i < sizeof chips / sizeof *chips; i++) {
            if (span_is(scan_trim(id), chips[i].id)) {
                utf8_copy(out, out_size, chips[i].name);
                return true;
            }
        }
    }
    return false;
}

/* --- machine and hypervisor --- */

void parse_dmi(const char *text, size_t size, char *out, size_t out_size)
{
    static const char *const fillers[] = {
        "To Be Filled By O.E.M.",
        "To be filled by O.E.M.",
        "System Product Name",
        "System Name",
        "Default string",
        "Not Specified",
        "Not Applicable",
        "OEM",
        "O.E.M.",
        "None",
        "Unknown",
        "All Series",
        "INVALID",
        "System manufacturer",
        "System Version",
        "Product Name",
    };
    struct span value = scan_trim(span_of(text, size));
    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++) {
        if (span_is(value, fillers[i])) {
            value.size = 0;
        }
    }
    utf8_sanitise(value.at, value.size, out, out_size, NULL);
}

const char *virtual_from_dmi(const char *vendor, const char *product)
{
    /* Names as systemd-detect-virt(1) prints them, where it has one. */
    static const struct {
        const char *vendor, *product, *name; /* "": anything */
    } rows[] = {
        {"QEMU", "", "kvm"},
        {"", "KVM", "kvm"},
        {"VMware", "", "vmware"},
        {"innotek GmbH", "", "oracle"},
        {"", "VirtualBox", "oracle"},
        {"Microsoft Corporation", "Virtual Machine", "microsoft"},
        {"Amazon EC2", ".metal", ""},
        {"Amazon EC2", "", "amazon"},
        {"Google", "Google Compute Engine", "google"},
        {"Xen", "", "xen"},
        {"Parallels", "", "parallels"},
        {"BHYVE", "", "bhyve"},
        {"Apple Inc.", "Apple Virtualization", "apple"},
        {"DigitalOcean", "", "kvm"},
        {"Hetzner", "vServer", "kvm"},
        {"OpenStack", "", "kvm"},
    };
    struct span v = span_of(vendor, strlen(vendor)), p = span_of(product, strlen(product));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if ((rows[i].vendor[0] == '\0' || span_has(v, rows[i].vendor)) &&
            (rows[i].product[0] == '\0' || span_has(p, rows[i].product))) {
            return rows[i].name;
        }
    }
    return "";
}

bool parse_uptime(const char *text, size_t size, double *out_s)
{
    struct span rest = scan_trim(span_of(text, size)), word;
    double value;
    if (!scan_word(&rest, &word) || number_double(word.at, word.size, &value) != 0 || value < 0) {
        return false;
    }
    *out_s = value;
    return true;
}

static bool exists(struct reader *r, const char *path, struct buf *text)
{
    struct err err = ERR_INIT;
    return reader_once(r, path, text, &err) == 0;
}

static void read_dmi(struct reader *r, const char *name, struct buf *text, char *out,
                     size_t out_size)
{
    char path[128];
    snprintf(path, sizeof path, "/sys/class/dmi/id/%s", name);
    out[0] = '\0';
    if (exists(r, path, text)) {
        parse_dmi(text->data, text->size, out, out_size);
    }
}

static bool read_container(struct reader *r, struct buf *text, char *out, size_t out_size)
{
    if (exists(r, "/run/systemd/container",
               text)) { /* systemd's own note: "lxc", "systemd-nspawn", "podman" */
        struct span name = scan_trim(span_of(text->data, text->size));
        utf8_sanitise(name.at, name.size, out, out_size, NULL);
        if (out[0]) {
            return true;
        }
    }
    const char *name = exists(r, "/run/.containerenv", text) ? "podman"
                       : exists(r, "/.dockerenv", text)      ? "docker"
                                                             : "";
    utf8_copy(out, out_size, name);
    return out[0] != '\0';
}

static bool has_hypervisor_flag(struct reader *r)
{
    struct buf text;
    buf_init(&text, CPUINFO_BYTES);
    struct cpuinfo_names names = {.hypervisor = false};
    if (exists(r, "/proc/cpuinfo", &text)) {
        parse_cpuinfo(text.data, text.size, &names);
    }
    buf_release(&text);
    return names.hypervisor;
}

static void read_virtual(struct reader *r, struct buf *text, bool hypervisor, char *out,
                         size_t out_size)
{
    if (read_container(r, text, out, out_size)) {
        return;
    }
    if (exists(r, "/sys/hypervisor/type", text)) { /* "xen" */
        struct span type = scan_trim(span_of(text->data, text->size));
        utf8_sanitise(type.at, type.size, out, out_size, NULL);
        if (out[0]) {
            return;
        }
    }
    char vendor[SAMPLE_NAME], product[SAMPLE_NAME];
    read_dmi(r, "sys_vendor", text, vendor, sizeof vendor);
    read_dmi(r, "product_name", text, product, sizeof product);
    const char *name = virtual_from_dmi(vendor, product);
    utf8_copy(out, out_size, name[0] ? name : hypervisor ? "vm" : "");
}

void host_read_virtual(struct reader *r, char *out, size_t out_size)
{
    struct buf text;
    buf_init(&text, SMALL_FILE_BYTES);
    read_virtual(r, &text, has_hypervisor_flag(r), out, out_size);
    buf_release(&text);
}

/* --- the source --- */

struct host_state {
    struct buf text;
    bool names_known; /* names are read once: none changes while the system runs, but the host's own
                       */
};

static void read_text(struct reader *r, const char *path, struct buf *text, char *out,
                      size_t out_size)
{
    out[0] = '\0';
    if (exists(r, path, text)) {
        struct span value = scan_trim(span_of(text->data, text->size));
        utf8_sanitise(value.at, value.size, out, out_size, NULL);
    }
}

static void read_os(struct reader *r, struct buf *text, struct host_part *part)
{
    part->os[0] = '\0';
    if (exists(r, "/etc/os-release", text) || exists(r, "/usr/lib/os-release", text)) {
        parse_os_release(text->data, text->size, part->os, sizeof part->os);
    }
    char release[SAMPLE_NAME], whole[SAMPLE_NAME + 8];
    read_text(r, "/proc/sys/kernel/osrelease", text, release, sizeof release);
    snprintf(whole, sizeof whole, "Linux%s%s", release[0] ? " " : "", release);
    utf8_copy(part->kernel, sizeof part->kernel, whole);
}

static void read_chip(struct reader *r, struct buf *text, struct host_part *part)
{
    struct cpuinfo_names names = {.hypervisor = false};
    struct buf cpuinfo;
    buf_init(&cpuinfo, CPUINFO_BYTES);
    if (exists(r, "/proc/cpuinfo", &cpuinfo)) {
        parse_cpuinfo(cpuinfo.data, cpuinfo.size, &names);
    }
    buf_release(&cpuinfo);

    part->chip_name[0] = '\0';
    if (exists(r, "/sys/firmware/devicetree/base/compatible", text)) {
        parse_dt_compatible(text->data, text->size, part->chip_name, sizeof part->chip_name);
    }
    if (!part->chip_name[0]) {
        utf8_copy(part->chip_name, sizeof part->chip_name, names.chip);
    }
    read_dmi(r, "product_name", text, part->machine_model, sizeof part->machine_model);
    if (!part->machine_model[0]) {
        read_text(r, "/sys/firmware/devicetree/base/model", text, part->machine_model,
                  sizeof part->machine_model);
    }
    if (!part->machine_model[0]) {
        utf8_copy(part->machine_model, sizeof part->machine_model, names.machine);
    }
    read_virtual(r, text, names.hypervisor, part->virtual_name, sizeof part->virtual_name);
}

static int host_open(void **state, const struct source_context *c, struct err *err)
{
    (void)c;
    (void)err;
    struct host_state *s = xcalloc(1, sizeof *s);
    buf_init(&s->text, SMALL_FILE_BYTES);
    *state = s;
    return 0;
}

static int host_poll(void *state, const struct source_context *c, void *part_out, struct err *err)
{
    struct host_state *s = state;
    struct host_part *part = part_out;
    int64_t now_ns = clock_mono_ns(&c->clock);

    read_text(c->reader, "/proc/sys/kernel/hostname", &s->text, part->name, sizeof part->name);
    if (!s->names_known) {
        read_os(c->reader, &s->text, part);
        read_chip(c->reader, &s->text, part);
        s->names_known = true;
    }
    double uptime_s;
    part->boot_wall_ns = 0;
    int rc = reader_once(c->reader, "/proc/uptime", &s->text, err);
    if (rc == 0 && !parse_uptime(s->text.data, s->text.size, &uptime_s)) {
        rc = err_set(err, ERR_PARSE, "'/proc/uptime' holds no time");
    }
    if (rc != 0) {
        part->uptime_s = reader_missing(c->reader, rc, SOURCE_HOST);
        return rc;
    }
    part->uptime_s = metric_reading(SCOPE_HOST, METRIC_HOST_UPTIME, uptime_s, now_ns, SOURCE_HOST);
    /* Beyond 100 years of uptime the product would not fit; no machine gets there. */
    if (uptime_s < 3.2e9) {
        part->boot_wall_ns = clock_wall_ns(&c->clock) - (int64_t)(uptime_s * (double)NS_PER_S);
    }
    return 0;
}

static void host_close(void *state, const struct source_context *c)
{
    (void)c;
    struct host_state *s = state;
    if (s) {
        buf_release(&s->text);
        free(s);
    }
}

const struct source_ops source_linux_host = {
    .name = "host",
    .id = SOURCE_HOST,
    .part_offset = offsetof(struct sample, host),
    .part_size = sizeof(struct host_part),
    .period_ms = 60000,
    .deadline_ms = 1000,
    .flags = SOURCE_INLINE,
    .open = host_open,
    .poll = host_poll,
    .close = host_close,
};
