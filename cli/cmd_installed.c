/*
 * settings --installed: what the installed servers list as their settings, against the catalog.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/installed_program.h"
#include "cli/measure.h"
#include "cli/print.h"
#include "cli/status_json.h"
#include "cli/text_page.h"

/* Between the two samples, as status has it; nothing here needs a rate. */
static const double GAP_S = 0.2;
/* A thousand names of some programs, with reasons. */
enum { OUTPUT_MAX = 4 * 1024 * 1024 };
/* Labels, then values; lines end where a terminal of 100 columns does. */
enum { INDENT = 2, VALUES = 13, WIDTH = 100, SENTENCE_BYTES = 640 };

/* ---- for a script ---- */

static const char *owner_word(const struct installed_program *p)
{
    return setting_owner_words[p->owner];
}

static void add_names(cJSON *o, const struct installed_program *p, enum installed_change change,
                      const char *key)
{
    cJSON *list = cJSON_AddArrayToObject(o, key);
    for (size_t i = 0; i < p->found.count; i++) {
        const struct installed_difference *d = &p->found.rows[i];
        if (d->change != change) {
            continue;
        }
        if (change == INSTALLED_NEW || change == INSTALLED_GONE) {
            cJSON_AddItemToArray(list, cJSON_CreateString(d->name));
            continue;
        }
        cJSON *row = cJSON_CreateObject();
        cJSON_AddItemToArray(list, row);
        cJSON_AddStringToObject(row, "name", d->name);
        if (change == INSTALLED_RENAMED) {
            cJSON_AddStringToObject(row, "to", d->other);
        } else {
            cJSON_AddStringToObject(row, "verdict", setting_verdict_words[d->verdict]);
            cJSON_AddStringToObject(row, "reason", d->reason);
        }
    }
}

static cJSON *program_json(const struct installed_program *p)
{
    cJSON *o = cJSON_CreateObject();
    json_add_text_or_null(o, "service", p->service);
    cJSON_AddStringToObject(o, "owner", owner_word(p));
    json_add_text_or_null(o, "version", p->version);
    json_add_text_or_null(o, "program", p->path);
    json_add_text_or_null(o, "reason", p->reason);
    cJSON_AddNumberToObject(o, "listed_count", (double)p->names.count);
    cJSON_AddNumberToObject(o, "known_count", (double)p->found.same);
    cJSON_AddNumberToObject(o, "unlisted_count", (double)p->found.unlisted);
    add_names(o, p, INSTALLED_NEW, "new");
    add_names(o, p, INSTALLED_GONE, "gone");
    add_names(o, p, INSTALLED_RENAMED, "renamed");
    add_names(o, p, INSTALLED_IDLE, "without_effect");
    return o;
}

static cJSON *installed_json(const struct installed_programs *all)
{
    cJSON *root = status_head_json(clock_wall_ns(&clock_real));
    cJSON *list = cJSON_AddArrayToObject(root, "installed");
    for (size_t i = 0; i < all->count; i++) {
        cJSON_AddItemToArray(list, program_json(all->list[i]));
    }
    return root;
}

/* ---- for a person ---- */

static void difference_line(struct text_page *p, const struct installed_difference *d)
{
    static const struct {
        const char *word;
        enum style style;
    } words[INSTALLED_CHANGES] = {[INSTALLED_NEW] = {"new", STYLE_WARN},
                                  [INSTALLED_GONE] = {"gone", STYLE_WARN},
                                  [INSTALLED_RENAMED] = {"renamed", STYLE_WARN},
                                  [INSTALLED_IDLE] = {"", STYLE_WARN}};
    char text[SENTENCE_BYTES];
    text_blanks(p, INDENT);
    text_put(p, words[d->change].style,
             d->change == INSTALLED_IDLE ? setting_verdict_words[d->verdict]
                                         : words[d->change].word);
    text_tab(p, VALUES);
    text_put(p, STYLE_TEXT, d->name);
    text[0] = '\0';
    if (d->change == INSTALLED_RENAMED) {
        snprintf(text, sizeof text, "%s, perhaps", d->other);
    } else if (d->change == INSTALLED_IDLE) {
        snprintf(text, sizeof text, "%s", d->reason);
    }
    if (text[0]) {
        text_blanks(p, 2);
        text_wrap(p, STYLE_DIM, VALUES, WIDTH, text);
    }
    text_end(p);
}

static void program_lines(struct text_page *p, const struct installed_program *one)
{
    text_put(p, STYLE_TITLE, one->service[0] ? one->service : owner_word(one));
    text_tab(p, VALUES);
    if (one->version[0]) {
        text_put(p, STYLE_TEXT, one->version);
        text_blanks(p, 2);
    }
    text_put(p, STYLE_DIM, one->path);
    if (!one->service[0]) {
        text_blanks(p, 2);
        text_put(p, STYLE_DIM, "in PATH");
    }
    text_end(p);
    if (one->reason[0]) {
        text_blanks(p, INDENT);
        text_put(p, STYLE_WARN, "not asked");
        text_tab(p, VALUES);
        text_wrap(p, STYLE_TEXT, VALUES, WIDTH, one->reason);
        text_end(p);
        return;
    }
    for (size_t i = 0; i < one->found.count; i++) {
        difference_line(p, &one->found.rows[i]);
    }
    text_blanks(p, INDENT);
    text_put(p, STYLE_OK, "known");
    text_tab(p, VALUES);
    text_putf(p, STYLE_TEXT, "%zu of the %zu names that it lists", one->found.same,
              one->names.count);
    if (one->found.unlisted > 0) {
        text_putf(p, STYLE_DIM, "; %zu more it reads and lists nowhere", one->found.unlisted);
    }
    if (one->names.left_out > 0) {
        text_putf(p, STYLE_DIM, "; %zu had no room", one->names.left_out);
    }
    text_end(p);
}

static void add_text(struct text_page *p, const struct installed_programs *all)
{
    for (size_t i = 0; i < all->count; i++) {
        if (i > 0) {
            text_end(p);
        }
        program_lines(p, all->list[i]);
    }
    if (all->count == 0) {
        text_put(p, STYLE_DIM,
                 "No server runs here whose program could be asked, and there is no "
                 "ollama in PATH.");
        text_end(p);
    }
}

/* ---- the command ---- */

static int print(const struct installed_programs *all, const struct options *o, bool utf8,
                 struct err *err)
{
    struct print p;
    print_begin(&p, o, utf8, OUTPUT_MAX);
    if (o->json) {
        print_json(&p, installed_json(all));
    } else {
        add_text(&p.page, all);
    }
    return print_end(&p, err);
}

int cmd_installed(const struct setting_catalog *c, const struct options *o, struct outcome *outcome,
                  struct err *err)
{
    struct measure s;
    const struct model *m = NULL;
    int rc = measure_open(&s, o, err);
    if (rc < 0) {
        return rc;
    }
    rc = measure_once(&s, o, GAP_S, &m, err);
    if (rc == 0) {
        struct installed_programs all;
        installed_programs_ask(m, c, &all);
        rc = print(&all, o, outcome->utf8, err);
        installed_programs_release(&all);
    }
    outcome->stuck = !measure_close(&s);
    return rc;
}
