/*
 * Judging: versions, and the first case that holds.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/number.h"
#include "base/size.h"
#include "tuning/setting.h"

/* ---- versions ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes one number of a version; leading zeros are dropped, so that its length tells its size. */
static const char *take_number(const char **at, size_t *size)
{
    const char *p = *at;
    while (*p == '0' && is_digit(p[1])) {
        p++;
    }
    const char *first = p;
    while (is_digit(*p)) {
        p++;
    }
    *size = (size_t)(p - first);
    *at = p;
    return first;
}

bool setting_version_valid(const char *version)
{
    version += *version == 'v';
    return is_digit(*version);
}

static int compare_numbers(const char *a, size_t a_size, const char *b, size_t b_size)
{
    if (a_size != b_size) {
        return a_size < b_size ? -1 : 1;
    }
    return memcmp(a, b, a_size);
}

/* "0.33.0-rc2" leaves "-rc2"; "" of a release. What follows + is the build. */
static const char *suffix_of(const char *rest, size_t *size)
{
    *size = strcspn(rest, "+");
    return rest;
}

/* Suffixes in pieces of digits and of others, so that rc10 comes after rc2. */
static int compare_suffixes(const char *a, size_t a_size, const char *b, size_t b_size)
{
    const char *a_end = a + a_size, *b_end = b + b_size;
    if (!a_size || !b_size) { /* a release comes after its candidates */
        return a_size == b_size ? 0 : a_size ? -1 : 1;
    }
    while (a < a_end && b < b_end) {
        if (is_digit(*a) && is_digit(*b)) {
            size_t m = 0, n = 0; /* a number ends before + and before the end of the text */
            const char *x = take_number(&a, &m), *y = take_number(&b, &n);
            const int rc = compare_numbers(x, m, y, n);
            if (rc != 0) {
                return rc;
            }
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return (a < a_end) - (b < b_end);
}

int setting_version_compare(const char *a, const char *b)
{
    a += *a == 'v';
    b += *b == 'v';
    while (is_digit(*a) || is_digit(*b)) {
        size_t m = 1, n = 1;
        const char *x = "0", *y = "0"; /* 0.30 is 0.30.0 */
        if (is_digit(*a)) {
            x = take_number(&a, &m);
        }
        if (is_digit(*b)) {
            y = take_number(&b, &n);
        }
        const int rc = compare_numbers(x, m, y, n);
        if (rc != 0) {
            return rc;
        }
        a += *a == '.' && is_digit(a[1]);
        b += *b == '.' && is_digit(b[1]);
    }
    size_t m = 0, n = 0;
    const char *x = suffix_of(a, &m), *y = suffix_of(b, &n);
    return compare_suffixes(x, m, y, n);
}

/* ---- verdicts ---- */

static bool in_versions(const char *since, const char *until, const char *version, bool *assumed)
{
    if (!since && !until) {
        return true;
    }
    if (!version ||
        !setting_version_valid(version)) { /* the newest: after since, and after until */
        *assumed = true;
        return !until;
    }
    return (!since || setting_version_compare(version, since) >= 0) &&
           (!until || setting_version_compare(version, until) < 0);
}

static bool has_int(const struct schema_list *list, int wanted)
{
    const int *items = list->items;
    for (size_t i = 0; i < list->count; i++) {
        if (items[i] == wanted) {
            return true;
        }
    }
    return list->count == 0;
}

static bool equal_nocase(const char *a, const char *b)
{
    for (;; a++, b++) {
        const char x = *a >= 'A' && *a <= 'Z' ? (char)(*a - 'A' + 'a') : *a;
        const char y = *b >= 'A' && *b <= 'Z' ? (char)(*b - 'A' + 'a') : *b;
        if (x != y) {
            return false;
        }
        if (!x) {
            return true;
        }
    }
}

/* The same text, or the same number written in another way: 0.0 is 0. */
static bool same_value(const char *a, const char *b)
{
    double x = 0, y = 0;
    if (number_double(a, strlen(a), &x) == 0 && number_double(b, strlen(b), &y) == 0) {
        return !(x < y) && !(x > y);
    }
    return equal_nocase(a, b);
}

static bool has_value(const struct setting_case *c, const char *value)
{
    const char *const *items = c->values.items;
    for (size_t i = 0; value && i < c->values.count; i++) {
        if (same_value(items[i], value)) {
            return true;
        }
    }
    return c->values.count == 0;
}

static bool is_below(const struct setting_case *c, const char *value)
{
    double number = 0;
    if (!c->below_place.file) {
        return true;
    }
    return value && number_double(value, strlen(value), &number) == 0 && number < c->below;
}

/* Whether everything but `when` holds. The version comes last: it is only assumed where it
 * matters. */
static bool holds(const struct setting_case *c, const struct setting_query *q, bool *assumed)
{
    return has_int(&c->places, q->place) && has_int(&c->devices, q->device) &&
           has_value(c, q->value) && is_below(c, q->value) &&
           (!c->contains || (q->value && strstr(q->value, c->contains))) &&
           in_versions(c->since, c->until, q->versions[c->of], assumed);
}

void setting_judge(const struct setting *s, const struct setting_query *q,
                   struct setting_judgement *out)
{
    *out = (struct setting_judgement){
        .verdict = s->verdict, .reason = s->reason, .use = s->use, .by = NULL};
    for (size_t i = 0; i < s->case_count; i++) {
        const struct setting_case *c = &s->cases[i];
        if (!holds(c, q, &out->assumed_newest)) {
            continue;
        }
        if (c->when) {
            out->maybe = out->maybe ? out->maybe : c;
            continue;
        }
        out->verdict = c->verdict;
        out->reason = c->reason;
        out->use = c->use ? c->use : s->use;
        out->by = c;
        return;
    }
    if (!in_versions(s->since, s->until, q->versions[s->versions_of], &out->assumed_newest)) {
        out->verdict = SETTING_IGNORED;
    }
}

/* ---- values ---- */

static bool is_word(const char *value, const char *const *words)
{
    for (; *words; words++) {
        if (equal_nocase(value, *words)) {
            return true;
        }
    }
    return false;
}

void setting_range_words(const struct setting *s, char out[SETTING_RANGE_BYTES])
{
    if (!s->ranged) {
        out[0] = '\0';
    } else if (isinf(s->max)) {
        snprintf(out, SETTING_RANGE_BYTES, " from %.15g", s->min);
    } else {
        snprintf(out, SETTING_RANGE_BYTES, " from %.15g to %.15g", s->min, s->max);
    }
}

static int check_number(const struct setting *s, const char *value, struct err *err)
{
    double number = 0;
    int64_t whole = 0;
    const bool is_whole = s->type == SETTING_INTEGER || s->type == SETTING_BYTES;
    bool ok = is_whole ? number_i64(value, strlen(value), &whole) == 0
                       : number_double(value, strlen(value), &number) == 0;
    number = is_whole ? (double)whole : number;
    ok = ok && (!s->ranged || (number >= s->min && number <= s->max));
    if (ok) {
        return 0;
    }
    const char *kind = is_whole ? "a whole number" : "a number";
    char range[SETTING_RANGE_BYTES];
    setting_range_words(s, range);
    return err_set(err, ERR_USAGE, "'%s' takes %s%s, not '%s'", s->name, kind, range, value);
}

int setting_check_value(const struct setting *s, const char *value, struct err *err)
{
    static const char *const switches[] = {"0", "1", "off", "on", "false", "true", NULL};
    static const char *const booleans[] = {"true", "false", NULL};
    double size = 0, seconds = 0;
    switch (s->type) {
    case SETTING_INTEGER:
    case SETTING_NUMBER:
    case SETTING_BYTES:
        return check_number(s, value, err);
    case SETTING_SWITCH:
        if (!is_word(value, switches)) {
            return err_set(err, ERR_USAGE, "'%s' takes 0 or 1, not '%s'", s->name, value);
        }
        return 0;
    case SETTING_BOOLEAN:
    case SETTING_WORD_TRUE:
        if (!is_word(value, booleans)) {
            return err_set(err, ERR_USAGE, "'%s' takes true or false, not '%s'", s->name, value);
        }
        return 0;
    case SETTING_SIZE:
        if (size_parse(value, strlen(value), SIZE_SETTING, &size) < 0) {
            return err_set(err, ERR_USAGE, "'%s' takes a size such as 16G, not '%s'", s->name,
                           value);
        }
        return 0;
    case SETTING_DURATION:
        if (duration_parse(value, strlen(value),
                           s->owner == SETTING_OWNER_COMPOSE ? DURATION_UNITS : DURATION_SECONDS,
                           &seconds) < 0) {
            return err_set(err, ERR_USAGE, "'%s' takes a duration such as 30s or 1h30m, not '%s'",
                           s->name, value);
        }
        return 0;
    case SETTING_WORD: {
        const char *const *words = s->choices.items;
        for (size_t i = 0; i < s->choices.count; i++) {
            if (equal_nocase(value, words[i])) {
                return 0;
            }
        }
        return err_set(err, ERR_USAGE, "'%s' does not take '%s'", s->name, value);
    }
    case SETTING_NONE:
        return err_set(err, ERR_USAGE, "'%s' takes no value", s->name);
    default:
        return 0; /* texts, paths, lists: their owner says */
    }
}
