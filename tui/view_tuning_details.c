/*
 * One setting in full, as `tunetop settings NAME` explains it, for this machine; before that what a
 * profile wishes and what becomes of it.
 */
#include <stdio.h>
#include <string.h>

#include "tui/sheet.h"
#include "tui/tuning_tab.h"
#include "tuning/setting_here.h"
#include "tuning/setting_words.h"

enum { LABELS = 11, TEXT_COLUMNS = 100, SENTENCE_MAX = 2048 };

static void text(struct sheet *h, const char *label, const struct buf *b)
{
    if (b->size > 0)
        sheet_text(h, label, ROLE_TEXT, b->data, 0);
}

static void plain(struct sheet *h, const char *label, const char *value)
{
    if (value != NULL && value[0] != '\0')
        sheet_text(h, label, ROLE_TEXT, value, 0);
}

static void emit_verdict(struct sheet *h, const struct setting *s, const struct setting_here *here,
                         const struct setting_judgement *j, bool written)
{
    struct buf b;
    struct line l;
    buf_init(&b, SENTENCE_MAX);
    setting_here_add(&b, here, s);
    if (sheet_label(h, &l, "verdict")) {
        line_put(&l, tuning_verdict_role(j->verdict), "%s", setting_verdict_words[j->verdict]);
        line_group(&l);
        line_put(&l, ROLE_DIM, "  %s", b.data);
        line_group_end(&l);
    }
    plain(h, "because", j->reason);
    if (j->maybe != NULL) {
        buf_clear(&b);
        buf_printf(&b, "%s when %s: %s", setting_verdict_words[j->maybe->verdict], j->maybe->when,
                   j->maybe->reason);
        text(h, "or", &b);
    }
    buf_clear(&b);
    if (!written) {
        setting_add_use(&b, s, j->use, NULL);
        text(h, "use", &b);
        plain(h, "instead", s->instead);
    }
    buf_release(&b);
}

/* The exceptions in the order in which they are tried, then what holds otherwise. */
static void emit_cases(struct sheet *h, const struct setting *s)
{
    struct buf b;
    buf_init(&b, SENTENCE_MAX);
    for (size_t i = 0; i < s->case_count; i++) {
        const struct setting_case *c = &s->cases[i];
        buf_clear(&b);
        setting_add_condition(&b, s, c);
        buf_printf(&b, ": %s", c->reason);
        if (c->use != NULL)
            buf_printf(&b, " (use %s)", c->use);
        text(h, setting_verdict_words[c->verdict], &b);
    }
    if (s->case_count > 0) {
        buf_clear(&b);
        buf_printf(&b, "otherwise: %s", s->reason);
        text(h, setting_verdict_words[s->verdict], &b);
    }
    buf_release(&b);
}

static void emit_sources(struct sheet *h, const struct setting_catalog *c, const struct setting *s)
{
    const char *label = "source";
    struct buf b;
    buf_init(&b, SENTENCE_MAX);
    for (const char *at = s->source; *at != '\0';) {
        size_t word = strcspn(at, " ,"), part = strcspn(at, ",");
        const char *what = setting_source_text(c, at, word);
        buf_clear(&b);
        buf_add(&b, at, part);
        buf_printf(&b, ": %s", what != NULL ? what : "");
        text(h, label, &b);
        label = "";
        at += part;
        at += strspn(at, ", ");
    }
    buf_release(&b);
}

/* "OLLAMA_KEEP_ALIVE=5m", "TRIM" */
static void add_pair(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, "%s%s%s", name, value[0] != '\0' ? "=" : "", value);
}

static void emit_wish(struct sheet *h, const struct profile_row *r)
{
    static const char *const words[PROFILE_ACTION_COUNT] = {
        [PROFILE_WRITE] = "writes",      [PROFILE_TRANSLATE] = "writes",
        [PROFILE_KEEP] = "keeps",        [PROFILE_LOOK] = "looks at",
        [PROFILE_NOTHING] = "wishes",    [PROFILE_COVERED] = "wishes",
        [PROFILE_ELSEWHERE] = "wishes",  [PROFILE_NEVER] = "wishes",
        [PROFILE_UNANSWERED] = "wishes", [PROFILE_LEFT_OUT] = "wishes",
    };
    bool written = want_part(r) < WANT_NOT;
    struct buf b;
    buf_init(&b, SENTENCE_MAX);
    add_pair(&b, want_name(r), written ? r->target_value : r->value);
    text(h, words[r->action], &b);
    if (r->action == PROFILE_TRANSLATE) {
        buf_clear(&b);
        add_pair(&b, r->name, r->value);
        buf_printf(&b, ": %s", r->why != NULL ? r->why : "");
        text(h, "for", &b);
    } else if (!written && r->why != NULL && strcmp(r->why, r->reason) != 0) {
        plain(h, r->action == PROFILE_KEEP || r->action == PROFILE_LOOK ? "because" : "not done",
              r->why);
    }
    if (r->clamped_from != NULL) {
        buf_clear(&b);
        buf_printf(&b, "from %s: %s", r->clamped_from, r->clamp != NULL ? r->clamp : "");
        text(h, "clamped", &b);
    }
    plain(h, "unless", r->maybe);
    buf_clear(&b);
    buf_printf(&b, "%s, %s", r->layer->name, r->wish->from);
    text(h, "from", &b);
    buf_release(&b);
}

static void emit_all(struct sheet *h, const struct ui_tuning *t, const struct tuning_current *k)
{
    const struct setting_here *here = &t->here;
    const struct setting *s = k->setting;
    const char *const *also = s->also.items;
    struct setting_query q;
    struct setting_judgement j;
    struct buf b;
    if (k->row != NULL)
        emit_wish(h, k->row);
    setting_here_query(here, s, &q);
    if (k->row != NULL)
        q.value = want_part(k->row) < WANT_NOT ? k->row->target_value : k->row->value;
    setting_judge(s, &q, &j);
    bool written = k->row != NULL && want_part(k->row) < WANT_NOT;
    if (k->row != NULL && !written) {
        j.verdict = k->row->verdict;
        j.reason = k->row->reason;
    }
    emit_verdict(h, s, here, &j, written);
    buf_init(&b, SENTENCE_MAX);
    setting_add_values(&b, s);
    text(h, "value", &b);
    plain(h, "needs", setting_cost_words[s->costs]);
    plain(h, "memory", s->memory);
    plain(h, "read back", s->read_back);
    buf_clear(&b);
    buf_printf(&b, "%s of %s", setting_kind_words[s->kind], setting_owner_words[s->owner]);
    text(h, "what", &b);
    buf_clear(&b);
    for (size_t i = 0; i < s->also.count; i++)
        buf_printf(&b, "%s%s", i > 0 ? ", " : "", also[i]);
    text(h, "also", &b);
    buf_clear(&b);
    setting_add_versions(&b, s);
    text(h, "versions", &b);
    buf_release(&b);
    emit_cases(h, s);
    emit_sources(h, t->settings, s);
}

void tuning_setting_emit(struct sheet *h, const struct ui_tuning *t, const struct setting *s)
{
    const struct tuning_current k = {s, NULL};
    emit_all(h, t, &k);
}

struct sheet tuning_sheet(struct page *p, int width, int y)
{
    int end = width - 1, most = 1 + LABELS + TEXT_COLUMNS;
    return (struct sheet){
        .p = p, .x = 1, .end = end < most ? end : most, .y = y, .label_columns = LABELS};
}

int tuning_details_most(struct page *p, const struct tuning_current *c, int rows, int width,
                        int *visible)
{
    struct sheet h = tuning_sheet(p, width, 0);
    *visible = rows - 1;
    emit_all(&h, &p->ui->tuning, c);
    return h.row > *visible ? h.row - *visible : 0;
}

void tuning_details_draw(struct page *p, const struct tuning_current *c, int y, int rows)
{
    int visible, most = tuning_details_most(p, c, rows, p->s->width, &visible);
    int first = p->ui->detail_scroll > most ? most : p->ui->detail_scroll;
    if (p->ui->in_details && !p->ui->open)
        surface_put_glyph(p->s, 0, y, ROLE_SELECTION, GLYPH_SELECTED);
    page_title(p, y, p->s->width - 1, c->row != NULL ? want_name(c->row) : c->setting->name);
    struct sheet h = tuning_sheet(p, p->s->width, y + 1);
    h.draw = true;
    h.first = first;
    h.last = first + visible;
    emit_all(&h, &p->ui->tuning, c);
    if (most > 0) {
        char range[48];
        snprintf(range, sizeof range, " %d-%d of %d ", first + 1, first + visible, most + visible);
        surface_text_right(p->s, p->s->width - 3, y, ROLE_DIM, range);
    }
}
