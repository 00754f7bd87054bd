/*
 * Command lines: looking things up in them, and making them fit to be shown.
 */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/utf8.h"
#include "sampling/service/service.h"

const struct service_ops *const service_kinds[SERVICE_KIND_COUNT] = {
    [SERVICE_OLLAMA] = &service_ollama,
    [SERVICE_COMFYUI] = &service_comfyui,
};

void service_answers_init(struct service_answers *a)
{
    memset(a, 0, sizeof(*a));
    a->remaining = a->running = a->waiting = NAN;
    a->queue_reason = REASON_NOT_YET;
}

/* The next argument of *at: its start and length; false at the end. */
static bool next_argument(const char **at, const char **word, size_t *size)
{
    if (*at == NULL)
        return false;
    const char *stop = strchr(*at, PROCESS_ARGV_SEPARATOR);
    *word = *at;
    *size = stop != NULL ? (size_t)(stop - *at) : strlen(*at);
    *at = stop != NULL ? stop + 1 : NULL;
    return true;
}

static void copy_cut(const char *text, size_t size, char *out, size_t out_size)
{
    if (size >= out_size)
        size = out_size - 1;
    memcpy(out, text, size);
    out[size] = '\0';
}

const char *service_argument(const char *argv, const char *flag, char *out, size_t out_size)
{
    const char *word;
    size_t size, flag_size = strlen(flag);
    for (const char *at = argv; next_argument(&at, &word, &size);) {
        if (size < flag_size || memcmp(word, flag, flag_size) != 0)
            continue;
        if (size == flag_size) {
            if (!next_argument(&at, &word, &size))
                size = 0;
            copy_cut(word, size, out, out_size);
            return out;
        }
        if (word[flag_size] == '=') {
            copy_cut(word + flag_size + 1, size - flag_size - 1, out, out_size);
            return out;
        }
    }
    return NULL;
}

const char *service_argument_base(const char *argv, size_t index, char *out, size_t out_size)
{
    const char *word = "";
    size_t size = 0, i = 0;
    out[0] = '\0';
    for (const char *at = argv; next_argument(&at, &word, &size); i++) {
        if (i < index)
            continue;
        for (size_t k = size; k > 0; k--) {
            if (word[k - 1] == '/') {
                word += k;
                size -= k;
                break;
            }
        }
        copy_cut(word, size, out, out_size);
        break;
    }
    return out;
}

/* Whether a flag's or variable's name promises a secret: one of its parts says so. "--max-tokens"
 * does not. */
bool service_is_secret_name(const char *name, size_t size)
{
    static const char *const words[] = {"token",       "password", "passwd", "passphrase",
                                        "secret",      "apikey",   "auth",   "credential",
                                        "credentials", "bearer",   "pass"};
    char part[24];
    bool api = false;
    for (size_t at = 0; at <= size;) {
        size_t n = 0;
        while (at < size && isalnum((unsigned char)name[at])) {
            if (n < sizeof(part) - 1)
                part[n++] = (char)tolower((unsigned char)name[at]);
            at++;
            /* accessToken: a capital behind a small letter begins a part. */
            if (at < size && islower((unsigned char)name[at - 1]) &&
                isupper((unsigned char)name[at]))
                break;
        }
        if (at >= size || !isalnum((unsigned char)name[at]))
            at++;
        part[n] = '\0';
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            if (strcmp(part, words[i]) == 0)
                return true;
        }
        if (strcmp(part, "pwd") == 0 && n < size) /* alone it is a folder */
            return true;
        if (api && strcmp(part, "key") == 0)
            return true;
        /* api-key, secret-key, access_key, hf_key ...: "key" behind any of these */
        api = strcmp(part, "api") == 0 || strcmp(part, "access") == 0 ||
              strcmp(part, "private") == 0 || strcmp(part, "hf") == 0 ||
              strcmp(part, "encryption") == 0 || strcmp(part, "openai") == 0 ||
              strcmp(part, "anthropic") == 0 || strcmp(part, "ssh") == 0;
    }
    return false;
}

/* An argument that is a secret by its own form, whatever stands before it. */
bool service_is_secret_value(const char *word, size_t size)
{
    static const char *const heads[] = {"sk-", "hf_", "ghp_", "github_pat_", "xoxb-", "Bearer "};
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        size_t head = strlen(heads[i]);
        if (size > head + 8 && memcmp(word, heads[i], head) == 0)
            return true;
    }
    return false;
}

struct line {
    char *out;
    size_t size, used;
};

static void put(struct line *l, const char *text, size_t size)
{
    size_t room = l->size - l->used - 1;
    if (size > room) {
        size = room;
        while (size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80)
            size--; /* never in the middle of a character */
    }
    memcpy(l->out + l->used, text, size);
    l->used += size;
    l->out[l->used] = '\0';
}

/* "scheme://user:password@host": what stands between is masked, in each URL of a list. */
static void put_urls(struct line *l, const char *word, size_t size)
{
    const char *end = word + size, *scheme;
    for (const char *start = word;
         (scheme = memmem(start, (size_t)(end - start), "://", 3)) != NULL;) {
        start = scheme + 3;
        const char *slash = memchr(start, '/', (size_t)(end - start));
        const char *at = slash != NULL ? slash : end;
        while (at > start && at[-1] != '@') /* the last one: a password may hold others */
            at--;
        if (at == start)
            continue;
        put(l, word, (size_t)(start - word));
        put(l, "***", 3);
        word = at - 1;
    }
    put(l, word, (size_t)(end - word));
}

static void mask(const char *argv, char separator, char *out, size_t out_size)
{
    static const char stars[] = "***";
    struct line l = {out, out_size, 0};
    const char *word;
    size_t size;
    bool hide_next = false, first = true;
    out[0] = '\0';
    if (argv[0] == '\0')
        return;
    for (const char *at = argv; next_argument(&at, &word, &size);) {
        if (!first)
            put(&l, &separator, 1);
        first = false;
        bool is_flag = size > 1 && word[0] == '-';
        const char *equals = memchr(word, '=', size);
        size_t name = equals != NULL ? (size_t)(equals - word) : size;
        bool secret_name = (is_flag || equals != NULL) && service_is_secret_name(word, name);
        if (hide_next && !(is_flag && secret_name)) {
            put(&l, stars, strlen(stars));
            hide_next = false;
            continue;
        }
        hide_next = secret_name && equals == NULL;
        if (secret_name && equals != NULL) {
            put(&l, word, name + 1);
            put(&l, stars, strlen(stars));
        } else if (service_is_secret_value(word, size)) {
            put(&l, stars, strlen(stars));
        } else {
            put_urls(&l, word, size);
        }
    }
}

void service_mask_argv(const char *argv, char *out, size_t out_size)
{
    mask(argv, ' ', out, out_size);
}

void service_mask_words(const char *argv, char *out, size_t out_size)
{
    mask(argv, PROCESS_ARGV_SEPARATOR, out, out_size);
}
