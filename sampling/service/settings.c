/*
 * Which of some variables the process of a service has. Who wants them names them; they are read
 * once in the life of a process, and told to a recording by their names, never the environment.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "sampling/scan.h"
#include "sampling/service/running.h"

enum { TEXT_MAX_BYTES = 64 * 1024, KEY_BYTES = 48 };

void services_wish_settings(struct services *s, const char *const *names, size_t count)
{
    const unsigned number = s->wish ? s->wish->number + 1 : 1;

    if (!s->wish) {
        s->wish = xcalloc(1, sizeof *s->wish);
    }
    s->wish->count = 0;
    s->wish->number = number;
    for (size_t i = 0; i < count && s->wish->count < SERVICE_SETTINGS; i++) {
        const size_t size = strlen(names[i]);

        /* A secret is not asked for. */
        if (size < SERVICE_SETTING_NAME && !strpbrk(names[i], "=\n") &&
            !service_is_secret_name(names[i], size)) {
            memcpy(s->wish->names[s->wish->count++], names[i], size + 1);
        }
    }
}

static void key_of(const struct running *r, char key[KEY_BYTES])
{
    snprintf(key, KEY_BYTES, "settings %d %lld", (int)r->pid, (long long)r->pid_start);
}

static void read_now(struct running *r)
{
    struct services *s = r->owner;
    struct arena arena = {0};
    struct err err = ERR_INIT;
    const char **names = arena_calloc(&arena, s->wish->count + 1, sizeof *names);
    const char **values = arena_calloc(&arena, s->wish->count + 1, sizeof *values);
    char key[KEY_BYTES];

    for (size_t i = 0; i < s->wish->count; i++) {
        names[i] = s->wish->names[i];
    }
    r->settings.code = process_table_settings(s->processes, r->pid, r->pid_start, names,
                                              s->wish->count, &arena, values, &err);
    for (size_t i = 0; r->settings.code == 0 && i < s->wish->count; i++) {
        if (values[i] && !service_is_secret_value(values[i], strlen(values[i]))) {
            buf_printf(&r->settings.text, "%s=%s\n", names[i], values[i]);
        }
    }
    key_of(r, key);
    reader_note(s->reader, key, r->settings.text.data, r->settings.text.size, r->settings.code);
    arena_release(&arena);
}

void running_read_settings(struct running *r)
{
    struct services *s = r->owner;
    const bool recorded = reader_kind(s->reader) == READER_RECORDING;
    const unsigned wish = s->wish ? s->wish->number : 0;
    struct err err = ERR_INIT;
    char key[KEY_BYTES];

    if (!r->settings.text.data) {
        buf_init(&r->settings.text, TEXT_MAX_BYTES);
    }
    if (r->pid <= 0 || r->remote || (!recorded && wish == 0)) {
        r->settings.pid = 0;
        return;
    }
    if (recorded) {
        key_of(r, key);
        r->settings.code = reader_recorded(s->reader, key, &r->settings.text, &err);
        r->settings.pid = r->settings.code == -ERR_UNSUPPORTED ? 0 : r->pid;
    } else if (r->settings.pid != r->pid || r->settings.start != r->pid_start ||
               r->settings.wish != wish) {
        buf_clear(&r->settings.text);
        read_now(r);
        r->settings.pid = r->pid;
        r->settings.wish = wish;
    }
    r->settings.start = r->pid_start;
}

/* The text of the lines lives in the arena; sanitised, for a recording may hold anything. */
void running_fill_settings(const struct running *r, int64_t now_ns, struct arena *arena,
                           struct service_facts *out)
{
    struct span rest = span_of(r->settings.text.data, r->settings.text.size), line;
    size_t count = 0;

    out->settings_state = reading_missing(READING_NONE, REASON_NOT_YET, SOURCE_SERVICES);
    if (r->settings.pid == 0) {
        return;
    }
    if (r->settings.code < 0) {
        out->settings_state = reader_missing(r->owner->reader, r->settings.code, SOURCE_SERVICES);
        return;
    }
    for (size_t i = 0; i < rest.size; i++) {
        count += rest.at[i] == '\n';
    }
    struct service_setting *list = arena_calloc(arena, count + 1, sizeof *list);
    while (out->setting_count < count && scan_line(&rest, &line)) {
        const struct span name = scan_until(&line, '=');
        char clean[4096];

        utf8_sanitise(line.at, line.size, clean, sizeof clean, NULL);
        list[out->setting_count].name = arena_strndup(arena, name.at, name.size);
        list[out->setting_count++].value = arena_strdup(arena, clean);
    }
    out->settings = list;
    out->settings_state = reading_ok((double)out->setting_count, now_ns, SOURCE_SERVICES);
}
