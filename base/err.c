#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const struct {
    const char *name;
    int status;
    const char *sentence;
} err_table[ERR_COUNT] = {[ERR_NONE] = {"none", 0, "nothing failed"},
#define ERR(id, name, status, sentence) [ERR_##id] = {name, status, sentence},
                          ERR_TABLE(ERR)
#undef ERR
};

/* Longer than msg, so that what utf8_sanitise() drops does not cost visible text. */
#define ERR_SCRATCH_BYTES 512

/* Messages quote names from files and services, and they end on a terminal: they go through the
 * sanitiser here, once, and are cut between characters. */
static void err_store(char *out, size_t out_size, const char *text)
{
    (void)utf8_sanitise(text, strlen(text), out, out_size, NULL);
}

static const char *err_text_of_errno(int sys, char *out, size_t out_size)
{
#if defined(__GLIBC__) && defined(_GNU_SOURCE)
    return strerror_r(sys, out, out_size);
#else
    if (strerror_r(sys, out, out_size) != 0) {
        (void)snprintf(out, out_size, "error %d", sys);
    }
    return out;
#endif
}

int(err_set)(struct err *err, enum err_code code, const char *fmt, ...)
{
    char text[ERR_SCRATCH_BYTES];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    err->code = (int)code;
    err->sys = 0;
    err->where[0] = '\0';
    err_store(err->msg, sizeof(err->msg), text);
    return -(int)code;
}

int(err_sys)(struct err *err, enum err_code code, int sys, const char *fmt, ...)
{
    char text[ERR_SCRATCH_BYTES];
    char reason[128];
    char whole[ERR_SCRATCH_BYTES + sizeof(reason) + 2];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    (void)snprintf(whole, sizeof(whole), "%s: %s", text,
                   err_text_of_errno(sys, reason, sizeof(reason)));
    err->code = (int)code;
    err->sys = sys;
    err->where[0] = '\0';
    err_store(err->msg, sizeof(err->msg), whole);
    return -(int)code;
}

enum err_code err_code_of_errno(int sys)
{
    switch (sys) {
    case 0:
        return ERR_NONE;
    case ENOENT:
    case ENOTDIR:
    case ENODEV:
    case ENXIO:
    case ESRCH:
        return ERR_NOENT;
    case EACCES:
    case EPERM:
    case EROFS:
        return ERR_DENIED;
    case ENOSYS:
    case EOPNOTSUPP:
#if ENOTSUP != EOPNOTSUPP
    case ENOTSUP:
#endif
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
        return ERR_UNSUPPORTED;
    case EFBIG:
    case E2BIG:
    case EOVERFLOW:
    case ENAMETOOLONG:
    case EMSGSIZE:
        return ERR_TOO_BIG;
    case ENOMEM:
        return ERR_NOMEM;
    case ETIMEDOUT:
        return ERR_TIMEOUT;
    case ECONNREFUSED:
        return ERR_REFUSED;
    case ECONNRESET:
    case ECONNABORTED:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENOTCONN:
    case EPIPE:
        return ERR_NET;
    case EBUSY:
    case EAGAIN:
    case EALREADY:
    case EINPROGRESS:
    case EEXIST:
        return ERR_STATE;
    default:
        return ERR_IO;
    }
}

int err_wrap(struct err *err, const char *fmt, ...)
{
    char context[ERR_SCRATCH_BYTES];
    char whole[ERR_SCRATCH_BYTES + sizeof(err->msg) + 2];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(context, sizeof(context), fmt, ap);
    va_end(ap);
    (void)snprintf(whole, sizeof(whole), "%s: %s", context, err->msg);
    err_store(err->msg, sizeof(err->msg), whole);
    return -err->code;
}

int err_at(struct err *err, const char *fmt, ...)
{
    char text[ERR_SCRATCH_BYTES];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    err_store(err->where, sizeof(err->where), text);
    return -err->code;
}

void err_clear(struct err *err)
{
    *err = (struct err)ERR_INIT;
}

static int err_index(int code)
{
    /* The lowest int has no positive counterpart; it is no code either. */
    if (code < 0 && code > -ERR_COUNT) {
        code = -code;
    }
    return code >= 0 && code < ERR_COUNT ? code : -1;
}

const char *err_name(int code)
{
    int i = err_index(code);
    return i < 0 ? "unknown" : err_table[i].name;
}

const char *err_sentence(int code)
{
    int i = err_index(code);
    return i < 0 ? "something failed" : err_table[i].sentence;
}

int err_exit_status(int code)
{
    int i = err_index(code);
    return i < 0 ? 1 : err_table[i].status;
}
