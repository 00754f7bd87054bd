#include "cli/machine_states.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/utf8.h"
#include "tuning/setting.h"
#include "tuning/state/state.h"

/* Columns as in a plan. */
enum { INDENT = 2, SETTINGS = 12, VALUES = 50, REASONS = 14 };
enum { ARROW = 4, WIDTH = 100, LINE_BYTES = 1024 };

size_t machine_states_chosen(const struct plan *plan)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->state_count; i++) {
        n += plan->states[i].chosen;
    }
    return n;
}

/* ---------------------------------------------------------------- text */

static void reason_line(struct text_page *p, enum style style, const char *text)
{
    char clean[LINE_BYTES];

    utf8_sanitise(text, strlen(text), clean, sizeof clean, NULL);
    text_blanks(p, REASONS);
    text_wrap(p, style, REASONS, WIDTH, clean);
    text_end(p);
}

static void state_line(struct text_page *p, const struct plan_state *s)
{
    text_blanks(p, INDENT);
    text_put(p, STYLE_TEXT, profile_service_words[PROFILE_SYSTEM]);
    text_tab(p, SETTINGS);
    text_put_clean(p, STYLE_TEXT, s->setting);
    const char *now = s->now ? s->now : "not known", *wanted = *s->wanted ? s->wanted : "on";
    text_tab_for(p, VALUES, text_clean_width(now) + ARROW + text_clean_width(wanted), REASONS);
    text_put_clean(p, STYLE_DIM, now);
    text_put(p, STYLE_DIM, " -> ");
    text_put_clean(p, STYLE_OK, wanted);
    text_end(p);
}

void machine_states_changes(struct text_page *p, const struct plan *plan)
{
    for (size_t i = 0; i < plan->state_count; i++) {
        const struct plan_state *s = &plan->states[i];

        if (s->chosen) {
            state_line(p, s);
            reason_line(p, STYLE_DIM, s->reason);
        }
    }
}

static void command_line(const struct plan_state *s, const char *const *argv, struct buf *line)
{
    const struct control_step step = {.argv = argv};

    control_line(&step, s->needs_root, line);
}

void machine_states_possible(struct text_page *p, const struct plan *plan)
{
    bool first = true;

    for (size_t i = 0; i < plan->state_count; i++) {
        const struct plan_state *s = &plan->states[i];
        struct buf line;

        if (s->same || s->asked) {
            continue;
        }
        if (first) {
            text_end(p);
            text_put(p, STYLE_TITLE, "Also possible, with -s system: the machine itself");
            text_end(p);
            first = false;
        }
        state_line(p, s);
        if (s->argv) {
            buf_init(&line, LINE_BYTES);
            command_line(s, s->argv, &line);
            reason_line(p, STYLE_TEXT, line.data);
            buf_release(&line);
        }
        reason_line(p, s->why_not ? STYLE_WARN : STYLE_DIM, s->why_not ? s->why_not : s->reason);
    }
}

/* ---------------------------------------------------------------- JSON */

static cJSON *change_json(const struct plan_state *s)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "service", profile_service_words[PROFILE_SYSTEM]);
    cJSON_AddStringToObject(o, "setting", s->setting);
    cJSON_AddStringToObject(o, "intent", s->intent);
    cJSON_AddNullToObject(o, "file");
    return o;
}

void machine_states_add_changes(cJSON *list, const struct plan *plan)
{
    for (size_t i = 0; i < plan->state_count; i++) {
        const struct plan_state *s = &plan->states[i];

        if (s->chosen) {
            cJSON *o = change_json(s);

            cJSON_AddNullToObject(o, "line");
            cJSON_AddStringToObject(o, "from", s->now);
            cJSON_AddStringToObject(o, "to", s->wanted);
            json_add_text_or_null(o, "clamped_from", s->clamped_from);
            cJSON_AddStringToObject(o, "verdict", setting_verdict_words[s->verdict]);
            json_add_text_or_null(o, "reason", s->reason);
            cJSON_AddItemToArray(list, o);
        }
    }
}

void machine_states_add_journal(cJSON *list, const struct plan *plan)
{
    for (size_t i = 0; i < plan->state_count; i++) {
        const struct plan_state *s = &plan->states[i];

        if (s->chosen) {
            cJSON *o = change_json(s);

            cJSON_AddStringToObject(o, "from", s->now);
            cJSON_AddStringToObject(o, "to", s->wanted);
            cJSON_AddItemToArray(list, o);
        }
    }
}

cJSON *machine_states_possible_json(const struct plan *plan)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < plan->state_count; i++) {
        const struct plan_state *s = &plan->states[i];

        if (s->asked) {
            continue;
        }
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "service", profile_service_words[PROFILE_SYSTEM]);
        cJSON_AddStringToObject(o, "setting", s->setting);
        cJSON_AddStringToObject(o, "intent", s->intent);
        json_add_text_or_null(o, "now", s->now);
        json_add_text_or_null(o, "wanted", s->wanted);
        cJSON_AddBoolToObject(o, "same", s->same);
        cJSON *words = s->argv ? cJSON_AddArrayToObject(o, "argv")
                               : cJSON_AddNullToObject(o, "argv");
        for (size_t k = 0; s->argv && s->argv[k]; k++) {
            cJSON_AddItemToArray(words, cJSON_CreateString(s->argv[k]));
        }
        cJSON_AddBoolToObject(o, "needs_root", s->needs_root);
        json_add_text_or_null(o, "clamped_from", s->clamped_from);
        cJSON_AddStringToObject(o, "verdict", setting_verdict_words[s->verdict]);
        json_add_text_or_null(o, "reason", s->reason);
        json_add_text_or_null(o, "why_not", s->why_not);
        cJSON_AddItemToArray(list, o);
    }
    return list;
}

/* ---------------------------------------------------------------- carrying it out */

struct value_change *machine_states_values(const struct plan *plan, size_t *count)
{
    struct value_change *values = xcalloc(plan->state_count + 1, sizeof *values);

    *count = 0;
    for (size_t i = 0; i < plan->state_count; i++) {
        const struct plan_state *s = &plan->states[i];

        if (s->chosen) {
            values[(*count)++] = (struct value_change){s->setting, s->now, s->wanted,
                                                       (unsigned)plan->unit_count - 1};
        }
    }
    return values;
}

const struct value_ops *machine_states_ops(void)
{
    static struct control_world world;
    static struct value_ops ops;

    world = control_world_real;
    ops = state_ops(&world);
    return &ops;
}

void machine_states_by_hand(const struct plan *plan, struct buf *out)
{
    for (size_t i = 0; i < plan->state_count; i++) {
        const struct plan_state *s = &plan->states[i];
        struct state_command back;
        struct err ignored = ERR_INIT;

        if (s->chosen && state_command(s->setting, s->now, &back, &ignored) == 0) {
            command_line(s, back.argv, out);
            buf_putc(out, '\n');
        }
    }
}

void machine_states_words(size_t files, size_t count, char *out, size_t size)
{
    char machine[64] = "";

    snprintf(machine, sizeof machine, "%zu setting%s of the machine", count, count == 1 ? "" : "s");
    if (count > 0 && files == 0) {
        snprintf(out, size, "%s", machine);
    } else {
        snprintf(out, size, "%zu file%s%s%s", files, files == 1 ? "" : "s",
                 count > 0 ? " and " : "", count > 0 ? machine : "");
    }
}
