#include "sampling/scan.h"

#include <string.h>

#include "base/number.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_white(char c)
{
    return is_blank(c) || c == '\n' || c == '\r' || c == '\v' || c == '\f' || c == '\0';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

struct span scan_until(struct span *rest, char stop)
{
    const char *at = rest->size > 0 ? memchr(rest->at, stop, rest->size) : NULL;
    size_t size = at ? (size_t)(at - rest->at) : rest->size;
    struct span out = {rest->at, size};
    size_t taken = at ? size + 1 : size;
    rest->at += taken;
    rest->size -= taken;
    return out;
}

bool scan_line(struct span *rest, struct span *out)
{
    if (rest->size == 0) {
        return false;
    }
    *out = scan_until(rest, '\n');
    return true;
}

bool scan_word(struct span *rest, struct span *out)
{
    size_t i = 0;
    while (i < rest->size && is_blank(rest->at[i])) {
        i++;
    }
    size_t start = i;
    while (i < rest->size && !is_blank(rest->at[i])) {
        i++;
    }
    if (i == start) {
        return false;
    }
    *out = (struct span){rest->at + start, i - start};
    rest->at += i;
    rest->size -= i;
    return true;
}

struct span scan_trim(struct span text)
{
    while (text.size > 0 && is_white(text.at[0])) {
        text.at++;
        text.size--;
    }
    while (text.size > 0 && is_white(text.at[text.size - 1])) {
        text.size--;
    }
    return text;
}

bool span_is(struct span a, const char *text)
{
    return strlen(text) == a.size && memcmp(a.at, text, a.size) == 0;
}

bool span_starts(struct span a, const char *prefix)
{
    size_t len = strlen(prefix);
    return a.size >= len && memcmp(a.at, prefix, len) == 0;
}

bool span_has(struct span a, const char *needle)
{
    size_t len = strlen(needle);
    for (size_t i = 0; i + len <= a.size; i++) {
        size_t k = 0;
        while (k < len && lower(a.at[i + k]) == lower(needle[k])) {
            k++;
        }
        if (k == len) {
            return true;
        }
    }
    return false;
}

bool scan_u64(struct span *rest, uint64_t *out)
{
    struct span after = *rest, word;
    if (!scan_word(&after, &word) || number_u64(word.at, word.size, 10, out) != 0) {
        return false;
    }
    *rest = after;
    return true;
}

bool scan_only_i64(const char *text, size_t size, int64_t *out)
{
    struct span word = scan_trim(span_of(text, size));
    return number_i64(word.at, word.size, out) == 0;
}

static bool scan_cpu_range(struct span item, bool *in_list, size_t count)
{
    struct span high_text = item;
    struct span low_text = scan_until(&high_text, '-');
    uint64_t low, high;
    if (number_u64(low_text.at, low_text.size, 10, &low) != 0) {
        return false;
    }
    high = low;
    if (low_text.size < item.size && number_u64(high_text.at, high_text.size, 10, &high) != 0) {
        return false;
    }
    if (high < low) {
        return false;
    }
    for (uint64_t cpu = low; cpu <= high && cpu < count; cpu++) {
        in_list[cpu] = true;
    }
    return true;
}

bool scan_cpu_list(const char *text, size_t size, bool *in_list, size_t count)
{
    struct span rest = scan_trim(span_of(text, size));
    struct span part;
    while (scan_word(&rest, &part)) {
        while (part.size > 0) {
            if (!scan_cpu_range(scan_until(&part, ','), in_list, count)) {
                return false;
            }
        }
    }
    return true;
}
