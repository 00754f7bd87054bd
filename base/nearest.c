#include "base/nearest.h"

#include <stdbool.h>
#include <string.h>

/* Names in our tables are shorter; what is longer is no typing mistake. */
#define NEAREST_MAX_LETTERS 64

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insertions, deletions, changes, and swaps of two neighbours. */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][NEAREST_MAX_LETTERS + 1];
    size_t *before = rows[0];
    size_t *last = rows[1];
    size_t *row = rows[2];

    memset(rows, 0, sizeof(rows));
    for (size_t j = 0; j <= b_len; j++) {
        last[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            size_t cost = min_size(last[j] + 1, row[j - 1] + 1);
            cost = min_size(cost, last[j - 1] + !same);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1])) {
                cost = min_size(cost, before[j - 2] + 1);
            }
            row[j] = cost;
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[b_len];
}

static bool starts_with(const char *name, const char *typed, size_t typed_len)
{
    for (size_t i = 0; i < typed_len; i++) {
        if (name[i] == '\0' || lower(name[i]) != lower(typed[i])) {
            return false;
        }
    }
    return true;
}

const char *nearest_name(const char *typed, const char *const *names, size_t count)
{
    const char *best = NULL;
    const char *prefixed = NULL;
    size_t best_distance = 0;
    size_t prefix_count = 0;
    size_t typed_len = strnlen(typed, NEAREST_MAX_LETTERS + 1);

    if (typed_len == 0 || typed_len > NEAREST_MAX_LETTERS) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (names[i] == NULL) {
            continue;
        }
        size_t len = strnlen(names[i], NEAREST_MAX_LETTERS + 1);
        if (len > NEAREST_MAX_LETTERS) {
            continue;
        }
        if (starts_with(names[i], typed, typed_len)) {
            prefixed = names[i];
            prefix_count++;
        }
        size_t distance = edit_distance(typed, typed_len, names[i], len);
        size_t letters = typed_len > len ? typed_len : len;
        if (distance * 3 <= letters && (best == NULL || distance < best_distance)) {
            best = names[i];
            best_distance = distance;
        }
    }
    if (best != NULL && best_distance == 0) {
        return best;
    }
    return prefix_count == 1 ? prefixed : best;
}
