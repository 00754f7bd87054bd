/*
 * Formulas: what was wished under a name that nobody reads, as the value of the one that works.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/size.h"
#include "tuning/setting.h"

static const double MIB = 1024.0 * 1024.0;

/* 1 on, 0 off, -1 neither. */
static int truth_of(const char *value)
{
    static const char *const words[][4] = {{"0", "false", "off", "no"}, {"1", "true", "on", "yes"}};
    for (int truth = 0; truth < 2; truth++) {
        for (size_t i = 0; i < 4; i++) {
            const char *word = words[truth][i];
            size_t k = 0;
            while (word[k] && ((value[k] | 0x20) == word[k] || value[k] == word[k])) {
                k++;
            }
            if (!word[k] && !value[k]) {
                return truth;
            }
        }
    }
    return -1;
}

static int put(char *out, size_t size, const char *text)
{
    const int n = snprintf(out, size, "%s", text);
    return n >= 0 && (size_t)n < size ? 0 : -1;
}

static int size_of(const char *value, double *bytes)
{
    return size_parse(value, strlen(value), SIZE_SETTING, bytes);
}

/* Without zeros at the end, at most two decimals. */
static int put_number(char *out, size_t size, double number)
{
    char text[64];
    snprintf(text, sizeof text, "%.2f", number);
    char *end = text + strlen(text);
    while (end[-1] == '0') {
        *--end = '\0';
    }
    if (end[-1] == '.') {
        end[-1] = '\0';
    }
    return put(out, size, text);
}

static int put_mib(char *out, size_t size, double bytes)
{
    char text[64];
    snprintf(text, sizeof text, "%.0f", floor(bytes / MIB));
    return put(out, size, text);
}

/* A share of the machine; more than 1 was meant as a number of cores already. */
static int share_of(const char *value, double *out)
{
    return number_double(value, strlen(value), out) == 0 && *out > 0 && *out <= 1 ? 0 : -1;
}

/* The more is logged the higher. */
static int debug_level(const char *value, char *out, size_t size)
{
    static const char *const words[] = {"error", "warn", "info", "debug", "trace"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t k = 0;
        while (words[i][k] && (value[k] | 0x20) == words[i][k]) {
            k++;
        }
        if (!words[i][k] && !value[k]) {
            return put(out, size, i < 3 ? "0" : i == 3 ? "1" : "2");
        }
    }
    return -1;
}

static int by_truth(const char *value, const char *on, const char *off, char *out, size_t size)
{
    const int truth = truth_of(value);
    return truth < 0 ? -1 : put(out, size, truth ? on : off);
}

int setting_translate(int formula, const char *value, const struct setting_machine *m, char *out,
                      size_t size)
{
    double bytes = 0, number = 0;
    switch (formula) {
    case SETTING_SAME:
        return put(out, size, value);
    case SETTING_CORES:
        return share_of(value, &number) == 0 && m->cpus > 0
                   ? put_number(out, size, number * m->cpus)
                   : -1;
    case SETTING_CPU_QUOTA:
        if (share_of(value, &number) < 0 || m->cpus <= 0 || size < 2 ||
            put_number(out, size - 1, number * m->cpus * 100) < 0) {
            return -1;
        }
        memcpy(out + strlen(out), "%", 2);
        return 0;
    case SETTING_MIB:
    case SETTING_BYTES_TO_MIB:
        return size_of(value, &bytes) == 0 ? put_mib(out, size, bytes) : -1;
    case SETTING_FIT_TARGET:
        if (size_of(value, &bytes) < 0 || bytes > (double)m->gpu_memory_bytes) {
            return -1; /* more than there is: nothing would stay free */
        }
        return put_mib(out, size, (double)m->gpu_memory_bytes - bytes);
    case SETTING_LOAD_MODE:
        return by_truth(value, "mmap", "none", out, size);
    case SETTING_DEBUG_LEVEL:
        return debug_level(value, out, size);
    case SETTING_FLAG:
        return by_truth(value, "1", "", out, size);
    case SETTING_LOW_POWER:
        return by_truth(value, "1", "0", out, size);
    case SETTING_METAL_OFF:
        return by_truth(value, "", "0", out, size);
    case SETTING_GPU_OFFLOAD:
        return strcmp(value, "-1") == 0  ? put(out, size, "max")
               : strcmp(value, "0") == 0 ? put(out, size, "off")
                                         : -1;
    default:
        return -1;
    }
}
