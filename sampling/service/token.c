#include "sampling/service/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"

enum { PATH_BYTES = 4096 };

/* A plain memset() before free() may be left out by the compiler. */
static void wipe(char *text, size_t size)
{
    volatile char *at = text;
    while (size-- > 0)
        *at++ = '\0';
}

void token_init(struct service_token *t, const struct config_service *config)
{
    *t = (struct service_token){.file = config->token_file, .env = config->token_env};
}

void token_release(struct service_token *t)
{
    if (t->text != NULL)
        wipe(t->text, strlen(t->text));
    free(t->text);
    t->text = NULL;
}

bool token_is_wanted(const struct service_token *t)
{
    return t->file != NULL || t->env != NULL;
}

const char *token_origin(const struct service_token *t)
{
    return t->file != NULL ? "token_file" : "token_env";
}

/* "~/key" below the home folder; false when there is none or it does not fit. */
static bool expand(const char *path, char *out, size_t size)
{
    const char *home = "", *rest = path;
    if (path[0] == '~' && path[1] == '/') {
        home = getenv("HOME");
        rest = path + 1;
        if (home == NULL || home[0] != '/')
            return false;
    }
    int n = snprintf(out, size, "%s%s", home, rest);
    return n > 0 && (size_t)n < size;
}

/* What a header can hold: visible ASCII. Blanks and newlines around it are the editor's. */
static int check(const char *origin, char **text, size_t *size, struct err *err)
{
    while (*size > 0 && strchr(" \t\r\n", **text) != NULL) {
        ++*text;
        --*size;
    }
    while (*size > 0 && strchr(" \t\r\n", (*text)[*size - 1]) != NULL)
        --*size;
    if (*size == 0)
        return err_set(err, ERR_CONFIG, "its %s holds no token", origin);
    for (size_t i = 0; i < *size; i++) {
        if ((*text)[i] <= ' ' || (*text)[i] > '~')
            return err_set(err, ERR_CONFIG, "its %s holds more than one token, or no text", origin);
    }
    return 0;
}

static int read_file(struct service_token *t, struct buf *out, struct err *err)
{
    char path[PATH_BYTES];
    struct stat st;
    t->warning[0] = '\0';
    if (!expand(t->file, path, sizeof(path)))
        return err_set(err, ERR_CONFIG, "its token_file is below a home folder that is not known");
    if (file_read_own(path, out, err) < 0)
        return err_wrap(err, "its token_file");
    if (stat(path, &st) == 0 && (st.st_mode & (S_IRGRP | S_IROTH)) != 0)
        snprintf(t->warning, sizeof(t->warning),
                 "its token_file is readable by others (mode %04o): chmod 600",
                 (unsigned)(st.st_mode & 07777));
    return 0;
}

int token_load(struct service_token *t, struct err *err)
{
    struct buf raw;
    buf_init(&raw, TOKEN_MAX_BYTES);
    int code = 0;
    if (t->file != NULL) {
        code = read_file(t, &raw, err);
    } else {
        const char *value = getenv(t->env);
        if (value == NULL)
            code = err_set(err, ERR_CONFIG, "its token_env %s is not set", t->env);
        else
            buf_puts(&raw, value);
        if (raw.truncated)
            code = err_set(err, ERR_TOO_BIG, "its token_env %s is larger than %d bytes", t->env,
                           TOKEN_MAX_BYTES);
    }
    char *text = raw.data;
    size_t size = raw.size;
    if (code >= 0)
        code = check(token_origin(t), &text, &size, err);
    if (code < 0) {
        token_release(t);
    } else {
        code = t->text == NULL || strlen(t->text) != size || memcmp(t->text, text, size) != 0;
        if (code == 1) {
            token_release(t);
            t->text = xmalloc(size + 1);
            memcpy(t->text, text, size);
            t->text[size] = '\0';
        }
    }
    if (raw.capacity > 0)
        wipe(raw.data, raw.size);
    buf_release(&raw);
    return code;
}
