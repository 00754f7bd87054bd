#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include "base/utf8.h"

#define LOG_RING_LINES 200
#define LOG_LINE_BYTES 640 /* holds a whole struct err with its place */

struct log_line {
    enum log_level level;
    FILE *stream; /* where it went already, NULL nowhere; only compared */
    char text[LOG_LINE_BYTES];
};

static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER;
/* All guarded by log_mutex. */
static struct log_line ring[LOG_RING_LINES];
static size_t ring_first;
static size_t ring_count;
static unsigned long ring_lost;
static enum log_level stream_level = LOG_WARN;
static FILE *log_stream;

static const char *const level_names[] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warning",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

void log_set_level(enum log_level level)
{
    (void)pthread_mutex_lock(&log_mutex);
    stream_level = level;
    (void)pthread_mutex_unlock(&log_mutex);
}

void log_set_stream(FILE *stream)
{
    (void)pthread_mutex_lock(&log_mutex);
    log_stream = stream;
    (void)pthread_mutex_unlock(&log_mutex);
}

static void ring_put(enum log_level level, FILE *stream, const char *text)
{
    if (ring_count == LOG_RING_LINES) {
        ring_first = (ring_first + 1) % LOG_RING_LINES;
        ring_count--;
        ring_lost++;
    }
    struct log_line *line = &ring[(ring_first + ring_count) % LOG_RING_LINES];
    line->level = level;
    line->stream = stream;
    (void)utf8_copy(line->text, sizeof(line->text), text);
    ring_count++;
}

void log_write(enum log_level level, const char *fmt, ...)
{
    char raw[LOG_LINE_BYTES];
    char text[LOG_LINE_BYTES];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(raw, sizeof(raw), fmt, ap);
    va_end(ap);
    /* A log line may quote anything, and it ends on a terminal. */
    (void)utf8_sanitise(raw, strlen(raw), text, sizeof(text), NULL);

    (void)pthread_mutex_lock(&log_mutex);
    FILE *written_to = NULL;
    if (log_stream != NULL && level <= stream_level) {
        (void)fprintf(log_stream, "%s: %s\n", level_names[level], text);
        (void)fflush(log_stream);
        written_to = log_stream;
    }
    if (level <= LOG_WARN || level <= stream_level) {
        ring_put(level, written_to, text);
    }
    (void)pthread_mutex_unlock(&log_mutex);
}

void log_replay(FILE *stream, enum log_level level)
{
    (void)pthread_mutex_lock(&log_mutex);
    if (ring_lost > 0) {
        (void)fprintf(stream, "(%lu earlier lines were dropped)\n", ring_lost);
    }
    for (size_t i = 0; i < ring_count; i++) {
        const struct log_line *line = &ring[(ring_first + i) % LOG_RING_LINES];
        if (line->level <= level && line->stream != stream) {
            (void)fprintf(stream, "%s: %s\n", level_names[line->level], line->text);
        }
    }
    (void)fflush(stream);
    ring_first = 0;
    ring_count = 0;
    ring_lost = 0;
    (void)pthread_mutex_unlock(&log_mutex);
}
