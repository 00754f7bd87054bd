#include "cli/result_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "cli/output.h"
#include "cli/text_page.h"

enum { OUTPUT_MAX = 1024 * 1024, INDENT = 2, STATES = 20, REASONS = 34, WIDTH = 100 };

int result_status(const struct transaction_result *r)
{
    if (r->needs_person || r->state == JOURNAL_INTERRUPTED) {
        return RESULT_NEEDS_PERSON;
    }
    for (size_t i = 0; i < r->unit_count; i++) {
        if (r->units[i].state != UNIT_APPLIED) {
            return RESULT_PUT_BACK;
        }
    }
    return 0;
}

static void put_clean(struct text_page *p, enum style style, const char *text)
{
    char clean[1024];

    utf8_sanitise(text, strlen(text), clean, sizeof clean, NULL);
    text_wrap(p, style, REASONS, WIDTH, clean);
}

static const char *unit_word(const struct unit_result *u, bool undo)
{
    return undo && u->state == UNIT_APPLIED ? "as it was" : unit_state_words[u->state];
}

static const char *state_word(const struct transaction_result *r, bool undo)
{
    return journal_state_words[undo && r->state == JOURNAL_APPLIED ? JOURNAL_UNDONE : r->state];
}

static void unit_line(struct text_page *p, const struct unit_result *u, const char *name, bool undo)
{
    const bool good = u->state == UNIT_APPLIED;

    text_blanks(p, INDENT);
    put_clean(p, STYLE_TEXT, name);
    text_tab(p, STATES);
    text_put(p, good ? STYLE_OK : u->needs_person ? STYLE_CRIT : STYLE_WARN, unit_word(u, undo));
    if (u->err.code) {
        text_tab(p, REASONS);
        if (u->err.where[0]) {
            put_clean(p, STYLE_TEXT, u->err.where);
            text_put(p, STYLE_TEXT, ": ");
        }
        put_clean(p, STYLE_TEXT, u->err.msg);
    }
    text_end(p);
}

static void print_text(struct text_page *p, const struct transaction_result *r,
                       const struct result_services *names)
{
    text_end(p);
    text_putf(p, STYLE_TITLE, "%s  %s", r->id, state_word(r, names->undo));
    text_end(p);
    for (size_t i = 0; i < r->unit_count; i++) {
        unit_line(p, &r->units[i], i < names->count ? names->of[i] : "", names->undo);
    }
    if (r->state == JOURNAL_APPLIED || r->state == JOURNAL_PARTIAL) {
        text_putf(p, STYLE_DIM, "The services read their files when they start: restart them.%s",
                  names->undo ? "" : " 'tunetop undo' puts the files back.");
        text_end(p);
    } else if (r->needs_person || r->state == JOURNAL_INTERRUPTED) {
        text_put(p, STYLE_CRIT, "A file could not be put back; 'tunetop recover' tries again.");
        text_end(p);
    }
}

static void print_json(struct buf *out, const struct transaction_result *r,
                       const struct result_services *names)
{
    cJSON *root = cJSON_CreateObject();

    cJSON_AddNumberToObject(root, "schema", 1);
    json_add_text_or_null(root, "id", r ? r->id : NULL);
    json_add_text_or_null(root, "state", r ? state_word(r, names->undo) : NULL);
    cJSON *list = cJSON_AddArrayToObject(root, "services");
    for (size_t i = 0; r && i < r->unit_count; i++) {
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "name", i < names->count ? names->of[i] : "");
        cJSON_AddStringToObject(o, "state", unit_state_words[r->units[i].state]);
        json_add_text_or_null(o, "reason", r->units[i].err.code ? r->units[i].err.msg : NULL);
        cJSON_AddItemToArray(list, o);
    }
    char *text = json_print_pretty(root);
    buf_puts(out, text);
    buf_puts(out, "\n");
    free(text);
    cJSON_Delete(root);
}

int result_print(const struct transaction_result *r, const struct result_services *names,
                 const struct options *o, bool utf8, struct err *err)
{
    const bool ascii = o->ascii || !utf8;
    struct buf out;

    buf_init(&out, OUTPUT_MAX);
    if (o->json) {
        print_json(&out, r, names);
    } else {
        struct text_page p = {.out = &out, .color = text_wants_color(o->color), .ascii = ascii};

        print_text(&p, r, names);
        if (ascii) {
            output_to_ascii(out.data);
            out.size = strlen(out.data);
        }
    }
    const int rc = output_write(out.data, out.size, err);
    buf_release(&out);
    return rc < 0 ? rc : 0;
}

int result_print_nothing(const struct options *o, struct err *err)
{
    const struct result_services none = {.count = 0};
    struct buf out;

    (void)o;
    buf_init(&out, OUTPUT_MAX);
    print_json(&out, NULL, &none);
    const int rc = output_write(out.data, out.size, err);
    buf_release(&out);
    return rc < 0 ? rc : 0;
}
