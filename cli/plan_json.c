/* The plan of the contract, as JSON. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "cli/machine_states.h"
#include "cli/plan_text.h"
#include "tuning/fit_memory.h"
#include "tuning/plan_memory_words.h"
#include "tuning/secret.h"

enum { TEXT_MAX = 8 * 1024 * 1024, LINE_MAX_BYTES = 8192 };

static void add_value(cJSON *o, const char *key, const char *value, bool secret)
{
    if (value) {
        cJSON_AddStringToObject(o, key, secret ? "***" : value);
    } else {
        cJSON_AddNullToObject(o, key);
    }
}

static cJSON *change_json(const struct plan *p, const struct plan_change *c)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "service", c->service);
    cJSON_AddStringToObject(o, "setting", c->setting);
    cJSON_AddStringToObject(o, "intent", c->intent);
    cJSON_AddStringToObject(o, "file", p->files[c->file].source->path);
    json_add_number(o, "line", (double)c->line);
    add_value(o, "from", c->from, c->secret);
    add_value(o, "to", c->to, c->secret);
    add_value(o, "clamped_from", c->clamped_from, c->secret);
    cJSON_AddStringToObject(o, "verdict", setting_verdict_words[c->verdict]);
    json_add_text_or_null(o, "reason", c->reason);
    json_add_number(o, "cost_bytes", c->cost_bytes);
    json_add_text_or_null(o, "cost_reason", c->cost_why);
    return o;
}

static cJSON *pool_json(const struct plan_memory *m)
{
    cJSON *o = cJSON_CreateObject();
    char words[256];

    cJSON_AddStringToObject(o, "pool", fit_pool_name(m->pool));
    cJSON_AddStringToObject(o, "label", fit_pool_label(m->pool));
    json_add_number(o, "total_bytes", m->total_bytes);
    cJSON_AddBoolToObject(o, "total_estimated", m->total_estimated);
    json_add_number(o, "now_bytes", m->now_bytes);
    json_add_text_or_null(o, "now_reason", m->now_why);
    json_add_text_or_null(o, "model", m->model);
    cJSON_AddBoolToObject(o, "model_loaded", m->loaded);
    json_add_number(o, "before_bytes", m->before_bytes);
    json_add_number(o, "after_bytes", m->after_bytes);
    json_add_number(o, "then_bytes", m->then_bytes);
    cJSON_AddBoolToObject(o, "estimated", true);
    cJSON_AddBoolToObject(o, "upper_bound", m->at_most);
    json_add_text_or_null(o, "basis", m->basis);
    json_add_text_or_null(o, "reason", m->why);
    plan_memory_words(m, words, sizeof words);
    json_add_text_or_null(o, "words", words);
    cJSON_AddBoolToObject(o, "over", plan_memory_over(m));
    return o;
}

void plan_add_memory(cJSON *root, const struct plan *p)
{
    cJSON *list = cJSON_AddArrayToObject(root, "memory");

    for (size_t i = 0; i < p->memory_count; i++) {
        cJSON_AddItemToArray(list, pool_json(&p->memory[i]));
    }
    json_add_text_or_null(root, "memory_reason", p->memory_why);
}

/* The unified diff, without secrets and with what is no character replaced: for showing. */
static void add_line(struct buf *out, struct secret_state *state, const struct diff_line *l)
{
    static const char signs[] = {[DIFF_SAME] = ' ', [DIFF_REMOVED] = '-', [DIFF_ADDED] = '+'};
    char clean[LINE_MAX_BYTES];
    struct buf line;

    buf_init(&line, LINE_MAX_BYTES);
    secret_mask_line(state, l->text, l->size, &line);
    utf8_sanitise(line.data, line.size, clean, sizeof clean, NULL);
    buf_printf(out, "%c%s\n%s", signs[l->kind], clean,
               l->unended ? "\\ No newline at end of file\n" : "");
    buf_release(&line);
}

void plan_add_diff(cJSON *o, const struct diff *d, const char *old_name, const char *new_name)
{
    struct secret_state before = {false}, after = {false};
    struct secret_reader old_text = {.text = d->old_text, .size = d->old_size};
    struct secret_reader new_text = {.text = d->new_text, .size = d->new_size};
    struct buf shown;
    char head[128], name[LINE_MAX_BYTES];

    buf_init(&shown, TEXT_MAX);
    utf8_sanitise(old_name, strlen(old_name), name, sizeof name, NULL);
    buf_printf(&shown, "--- %s\n", name);
    utf8_sanitise(new_name, strlen(new_name), name, sizeof name, NULL);
    buf_printf(&shown, "+++ %s\n", name);
    for (size_t i = 0; i < d->count; i++) {
        const struct diff_line *l = &d->lines[i];

        if (l->kind == DIFF_HUNK) {
            before = secret_reader_at(&old_text, l->old_line);
            after = secret_reader_at(&new_text, l->new_line);
            diff_hunk_head(l, head, sizeof head);
            buf_printf(&shown, "%s\n", head);
            continue;
        }
        add_line(&shown, l->kind == DIFF_REMOVED ? &before : &after, l);
        before = l->kind == DIFF_SAME ? after : before;
    }
    cJSON_AddStringToObject(o, "diff", shown.data);
    buf_release(&shown);
}

static const char *target_word(const struct plan_input *in, const struct plan_source *s)
{
    for (size_t i = 0; i < in->place_count; i++) {
        const struct plan_place *place = &in->places[i];

        for (size_t k = 0; k < place->layer_count; k++) {
            const struct plan_layer *l = &place->layers[k];

            if (&in->sources[l->source] == s && l->group[0] != '\0') {
                return config_target_words[place->target->type];
            }
        }
        if (place->source >= 0 && &in->sources[place->source] == s) {
            return config_target_words[place->target->type];
        }
    }
    return config_target_words[CONFIG_ENV_FILE]; /* the .env beside a compose file */
}

static cJSON *file_json(const struct plan_input *in, const struct plan_file *f)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "path", f->source->path);
    cJSON_AddStringToObject(o, "real_path", f->source->real_path);
    cJSON_AddStringToObject(o, "target", target_word(in, f->source));
    json_add_text_or_null(o, "sha256", f->source->sha256);
    json_add_text_or_null(o, "note", f->source->note);
    plan_add_diff(o, &f->diff, f->source->exists ? f->source->path : "/dev/null", f->source->path);
    return o;
}

static cJSON *step_json(const struct plan_step *s)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "action", s->action);
    json_add_text_or_null(o, "service", s->service);
    json_add_text_or_null(o, "file", s->file);
    cJSON *list = s->argv ? cJSON_AddArrayToObject(o, "argv") : cJSON_AddNullToObject(o, "argv");
    for (size_t i = 0; s->argv && s->argv[i]; i++) {
        cJSON_AddItemToArray(list, cJSON_CreateString(s->argv[i]));
    }
    json_add_text_or_null(o, "folder", s->folder);
    json_add_text_or_null(o, "reason", s->reason);
    cJSON_AddBoolToObject(o, "needs_root", s->needs_root);
    list = cJSON_AddArrayToObject(o, "interrupts");
    for (size_t i = 0; i < s->interrupt_count; i++) {
        cJSON_AddItemToArray(list, cJSON_CreateString(s->interrupts[i]));
    }
    return o;
}

static cJSON *skipped_json(const struct plan_skipped *s)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "service", s->service);
    json_add_text_or_null(o, "setting", s->setting);
    json_add_text_or_null(o, "value", s->value);
    cJSON_AddStringToObject(o, "reason", s->reason);
    json_add_text_or_null(o, "by_hand", s->by_hand);
    cJSON_AddBoolToObject(o, "refused", s->refused);
    cJSON_AddBoolToObject(o, "left_out", s->left_out);
    return o;
}

static cJSON *warning_json(const struct plan_warning *w)
{
    cJSON *o = cJSON_CreateObject();

    cJSON_AddStringToObject(o, "service", w->service);
    json_add_text_or_null(o, "setting", w->setting);
    cJSON_AddStringToObject(o, "text", w->text);
    return o;
}

cJSON *plan_rows_json(const struct plan *p)
{
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < p->row_count; i++) {
        const struct plan_row *r = &p->rows[i];
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "service", r->service);
        cJSON_AddStringToObject(o, "setting", r->setting);
        add_value(o, "wanted", r->wanted, r->secret);
        add_value(o, "in_file", r->in_file, r->secret);
        cJSON_AddNullToObject(o, "in_process");
        cJSON_AddStringToObject(o, "verdict", r->same ? "ok" : r->unclear ? "unknown" : "differs");
        cJSON_AddStringToObject(o, "via", "file");
        cJSON_AddItemToArray(list, o);
    }
    return list;
}

cJSON *plan_json(const struct plan *p, const struct plan_input *in)
{
    cJSON *root = cJSON_CreateObject();
    char id[16];

    cJSON_AddNumberToObject(root, "schema", 1);
    memcpy(id, p->hash, 12);
    id[12] = '\0';
    cJSON_AddStringToObject(root, "id", id);
    cJSON_AddStringToObject(root, "hash", p->hash);
    cJSON_AddStringToObject(root, "profile", p->profile);
    cJSON *list = cJSON_AddArrayToObject(root, "changes");
    for (size_t i = 0; i < p->change_count; i++) {
        cJSON_AddItemToArray(list, change_json(p, &p->changes[i]));
    }
    machine_states_add_changes(list, p);
    list = cJSON_AddArrayToObject(root, "files");
    for (size_t i = 0; i < p->file_count; i++) {
        cJSON_AddItemToArray(list, file_json(in, &p->files[i]));
    }
    list = cJSON_AddArrayToObject(root, "steps");
    for (size_t i = 0; i < p->step_count; i++) {
        cJSON_AddItemToArray(list, step_json(&p->steps[i]));
    }
    list = cJSON_AddArrayToObject(root, "skipped");
    for (size_t i = 0; i < p->skipped_count; i++) {
        cJSON_AddItemToArray(list, skipped_json(&p->skipped[i]));
    }
    list = cJSON_AddArrayToObject(root, "warnings");
    for (size_t i = 0; i < p->warning_count; i++) {
        cJSON_AddItemToArray(list, warning_json(&p->warnings[i]));
    }
    plan_add_memory(root, p);
    cJSON_AddItemToObject(root, "also_possible", machine_states_possible_json(p));
    return root;
}
