#include "tui/fuzzy.h"

#include <string.h>
#include <strings.h>

/* A letter counts LETTER; one at the start of a word more, the first one there twice as much; one
 * right behind its neighbour more; a hole costs, and a longer one a little more. Below WEAK a
 * letter the match is chance: "un" in "suspend". */
enum {
    LETTER = 16,
    WORD_START = 8,
    BESIDE = 5,
    HOLE = 3,
    HOLE_LONGER = 1,
    BEFORE_MOST = 3, /* what a late begin costs at most */
    WEAK = 16,
    NOWHERE = -1000000, /* below every sum */
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool in_word(char c)
{
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || (c & 0x80) != 0;
}

static bool starts_word(const char *name, size_t at)
{
    return in_word(name[at]) && (at == 0 || !in_word(name[at - 1]));
}

/* Without blanks, in lower case. */
static size_t letters_of(const char *typed, char out[FUZZY_NAME])
{
    size_t n = 0;
    for (; *typed != '\0' && n < FUZZY_NAME; typed++)
        if (*typed != ' ')
            out[n++] = lower(*typed);
    return n;
}

static bool holds_all(const char *name, size_t size, const char *letters, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < size && found < count; i++)
        found += lower(name[i]) == letters[found];
    return found == count;
}

/* The best sum over all ways to place the letters: best[j] is that with the newest letter at j. */
static int best_sum(const char *name, size_t size, const char *letters, size_t count)
{
    int best[FUZZY_NAME] = {0}, before[FUZZY_NAME], sum = NOWHERE;
    for (size_t i = 0; i < count; i++) {
        int far = NOWHERE; /* of the letter before, at least one place between, less the hole */
        memcpy(before, best, size * sizeof before[0]);
        for (size_t j = 0; j < size; j++) {
            const int start = starts_word(name, j) ? WORD_START : 0;
            int here = NOWHERE;
            if (i == 0)
                here = 2 * start - (j < BEFORE_MOST ? (int)j : BEFORE_MOST);
            if (i > 0 && j > 0 && before[j - 1] > NOWHERE)
                here = before[j - 1] + BESIDE;
            if (i > 0 && far > NOWHERE && far + start > here)
                here = far + start;
            if (far > NOWHERE)
                far -= HOLE_LONGER;
            if (i > 0 && j > 0 && before[j - 1] > NOWHERE && before[j - 1] - HOLE > far)
                far = before[j - 1] - HOLE;
            best[j] = here > NOWHERE && lower(name[j]) == letters[i] ? here + LETTER : NOWHERE;
            if (i + 1 == count && best[j] > sum)
                sum = best[j];
        }
    }
    return sum;
}

int fuzzy_score(const char *name, const char *typed)
{
    char letters[FUZZY_NAME];
    const size_t count = letters_of(typed, letters), length = strlen(name);
    const size_t size = length < FUZZY_NAME ? length : FUZZY_NAME;
    if (count == 0)
        return 1;
    if (count > size || !holds_all(name, size, letters, count))
        return 0;
    const int sum = best_sum(name, size, letters, count);
    if (sum < WEAK * (int)count)
        return 0;
    return strcasecmp(name, typed) == 0 ? FUZZY_WHOLE + sum : sum;
}

static bool begins_a_word(const char *text, const char *word, size_t size)
{
    for (size_t i = 0; text[i] != '\0'; i++)
        if (starts_word(text, i) && strncasecmp(text + i, word, size) == 0)
            return true;
    return false;
}

bool fuzzy_words(const char *text, const char *typed)
{
    bool any = false;
    while (*typed != '\0') {
        const size_t size = strcspn(typed, " ");
        if (size > 0 && !begins_a_word(text, typed, size))
            return false;
        any = any || size > 0;
        typed += size;
        typed += *typed == ' ';
    }
    return any;
}
