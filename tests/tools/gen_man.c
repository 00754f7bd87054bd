/*
 * Prints a manual page with its generated parts brought up to date from the tables of the program.
 *
 *   gen_man man/tunetop.1
 *
 * A generated part stands between the comment lines `.\" begin NAME` and `.\" end NAME`. `make
 * update-man` writes the pages, tests/cli/man.sh compares them.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/file.h"
#include "cli/options.h"
#include "cli/status_shape.h"
#include "sampling/config.h"
#include "sampling/reading.h"
#include "tui/action.h"
#include "tuning/setting.h"
#include "tuning/setting_words.h"

/* The longest page has some 150 KB. */
enum { PAGE_MAX = 1024 * 1024 };

/* Where lines of running text are broken: mandoc -Tlint wants at most 80 columns. */
enum { LINE_COLUMNS = 78 };

static void put_escaped(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\\') {
            fputs("\\e", stdout);
        } else {
            putchar(text[i]);
        }
    }
}

/* Running text for mdoc, in lines of its own: none may begin with a dot or a quote, a sentence ends
 * a line. */
static void put_text(const char *text)
{
    size_t column = 0;
    bool sentence_ended = false;
    while (*text) {
        const size_t word = strcspn(text, " ");
        if (column && (sentence_ended || column + 1 + word > LINE_COLUMNS)) {
            putchar('\n');
            column = 0;
        } else if (column) {
            putchar(' ');
            column++;
        }
        if (!column && (*text == '.' || *text == '\'')) {
            fputs("\\&", stdout);
        }
        put_escaped(text, word);
        column += word;
        sentence_ended = word && text[word - 1] == '.';
        text += word;
        text += strspn(text, " ");
    }
    putchar('\n');
}

/* A sentence of our tables (lower case, no full stop) as one of prose. */
static void put_sentence(const char *text)
{
    struct buf b;
    buf_init(&b, 4096);
    buf_printf(&b, "%c%s.", toupper((unsigned char)*text), text + 1);
    put_text(b.data);
    buf_release(&b);
}

/* A word that is the name of a macro would be one: a character without width in front prevents
 * it. */
static void put_argument(const char *word)
{
    printf("\\&%s", word);
}

/* ---- options and commands ---- */

static void part_options(const char *of)
{
    size_t command_count = 0, count = 0;
    const struct command_row *commands = command_rows(&command_count);
    const struct option_row *rows = option_rows(&count);
    unsigned mask = 0;
    const bool global = strcmp(of, "global") == 0;
    for (size_t c = 0; c < command_count; c++) {
        if (strcmp(of, commands[c].name) == 0 || (c == 0 && strcmp(of, "dashboard") == 0)) {
            mask = COMMAND_BIT(c);
        }
    }
    puts(".Bl -tag -width Ds");
    for (size_t i = 0; i < count; i++) {
        const struct option_row *o = &rows[i];
        if (global ? o->commands != COMMAND_ALL
                   : o->commands == COMMAND_ALL || !(o->commands & mask)) {
            continue;
        }
        fputs(".It ", stdout);
        if (o->letter) {
            printf("Fl %c", o->letter);
            fputs(" , ", stdout);
        }
        printf("Fl -%s", o->name);
        if (o->argument) {
            fputs(" Ar ", stdout);
            put_argument(o->argument);
        }
        putchar('\n');
        put_sentence(o->help);
        if (o->choices) {
            size_t n = 0;
            const char *const *names = o->choices(&n);
            const bool others = o->type != OPTION_CHOICE;
            puts("One of");
            for (size_t j = 0; j < n; j++) {
                printf(".Cm %s%s\n", names[j], j + 1 < n || others ? " ," : " .");
            }
            fputs(others ? "or one of your own.\n" : "", stdout);
        }
    }
    puts(".El");
}

static void part_detail(const char *of)
{
    size_t count = 0;
    const struct command_row *commands = command_rows(&count);
    for (size_t c = 0; c < count; c++) {
        if (strcmp(commands[c].name, strcmp(of, "dashboard") == 0 ? "" : of) == 0) {
            put_text(commands[c].detail);
        }
    }
}

static void put_key_row(const struct action_row *row)
{
    const char *p = row->keys;
    fputs(".It ", stdout);
    for (const char *sep = ""; *p; sep = " , ") {
        const size_t size = strcspn(p, " ");
        const bool control = strncmp(p, "C-", 2) == 0 && size > 2;
        printf("%sCm \\&%s%.*s", sep, control ? "Ctrl-" : "", (int)(control ? size - 2 : size),
               control ? p + 2 : p);
        p += size;
        p += strspn(p, " ");
    }
    putchar('\n');
    put_sentence(row->help);
}

/* Keys of one tab, or (UI_TABS) those that work on each. */
static void put_keys_of(int tab, const char *title)
{
    bool any = false;
    for (int a = ACTION_NONE + 1; a < ACTION_COUNT; a++) {
        const bool everywhere = action_is_everywhere((enum action)a);
        if (tab == UI_TABS ? !everywhere
                           : everywhere || !action_is_on((enum action)a, (enum ui_tab)tab)) {
            continue;
        }
        if (!any) {
            printf("%s\n.Bl -tag -width \"PgUp\"\n", title);
        }
        any = true;
        put_key_row(action_row((enum action)a));
    }
    if (any) {
        puts(".El");
    }
}

static void part_keys(void)
{
    static const char *const titles[] = {
        ".Pp\nOn 1 Overview:", ".Pp\nOn 2 Services:", ".Pp\nOn 3 Tuning:", ".Pp\nOn 4 Processes:",
        ".Pp\nOn 5 Journal:"};
    put_keys_of(UI_TABS, "On each tab:");
    for (int tab = 0; tab < UI_TABS; tab++) {
        put_keys_of(tab, titles[tab]);
    }
}

/* ---- tunetop.yaml ---- */

/* A list of plain values has one field without a name. */
static bool has_keys(const struct schema_field *f)
{
    return f->fields && (f->fields[0].key[0] || f->fields[0].type == SCHEMA_PLACE);
}

static void put_choices(const char *const *words)
{
    puts("One of");
    for (; *words; words++) {
        printf(".Cm %s%s\n", *words, words[1] ? " ," : " .");
    }
}

static void put_fields(const struct schema_field *fields)
{
    puts(".Bl -tag -width Ds");
    for (const struct schema_field *f = fields; f->key; f++) {
        if (!f->key[0] || f->type == SCHEMA_PLACE || f->type == SCHEMA_RESERVED) {
            continue;
        }
        printf(".It Ic %s\n", f->key);
        put_sentence(f->help);
        if (f->type == SCHEMA_DOUBLE || f->type == SCHEMA_INT) {
            printf("A number from %g to %g.\n", f->min, f->max);
        } else if (f->type == SCHEMA_TEXT) {
            printf("At most %g bytes.\n", f->max);
        }
        if (f->required) {
            puts("Required.");
        }
        if (f->fallback) {
            struct buf b;
            buf_init(&b, 256);
            buf_printf(&b, "Without it: %s.", f->fallback);
            put_text(b.data);
            buf_release(&b);
        }
        if (f->choices) {
            put_choices(f->choices);
        }
        if (has_keys(f)) {
            puts(f->type == SCHEMA_LIST ? "Each has these keys:" : "It has these keys:");
            put_fields(f->fields);
        } else if (f->type == SCHEMA_LIST) {
            printf("A list of at most %g texts.\n", f->max);
        }
    }
    puts(".El");
}

static void put_reserved(const struct schema_field *fields)
{
    for (const struct schema_field *f = fields; f->key; f++) {
        if (f->type == SCHEMA_RESERVED) {
            printf(".It\n.Ic %s\n", f->key);
        }
        if (f->fields) {
            put_reserved(f->fields);
        }
    }
}

/* ---- fields of status --json ---- */

static size_t group_size(const char *path)
{
    return strcspn(path, ".[");
}

static bool same_group(const char *a, const char *b)
{
    return group_size(a) == group_size(b) && strncmp(a, b, group_size(a)) == 0;
}

static void part_fields(bool filled)
{
    static const char *const type[] = {[SHAPE_NUMBER] = "number",
                                       [SHAPE_TEXT] = "text",
                                       [SHAPE_BOOL] = "true or false",
                                       [SHAPE_TIME] = "time"};
    struct arena arena;
    arena_init(&arena);
    size_t count = 0;
    const struct shape_row *rows = status_shape(&arena, &count);
    bool *done = arena_calloc(&arena, count, sizeof *done);
    if (!filled) {
        puts(".Bl -item -compact");
    }
    for (size_t i = 0; i < count; i++) {
        bool open = false;
        for (size_t j = i; j < count; j++) {
            if (done[j] || !same_group(rows[i].path, rows[j].path) ||
                filled != (rows[j].help != NULL)) {
                continue;
            }
            done[j] = true;
            if (!filled) {
                printf(".It\n.Va %s\n", rows[j].path);
                continue;
            }
            if (!open && (strchr(rows[j].path, '.') || strchr(rows[j].path, '['))) {
                printf(".Ss %.*s\n", (int)group_size(rows[j].path), rows[j].path);
            }
            if (!open) {
                puts(".Bl -tag -width Ds");
                open = true;
            }
            printf(".It Va %s\n(%s)\n", rows[j].path, type[rows[j].type]);
            put_sentence(rows[j].help);
        }
        if (open) {
            puts(".El");
        }
    }
    if (!filled) {
        puts(".El");
    }
    arena_release(&arena);
}

static void part_reasons(void)
{
    puts(".Bl -dash -compact");
    for (int r = REASON_NONE + 1; r < REASON_COUNT; r++) {
        struct buf b;
        buf_init(&b, 512);
        buf_puts(&b, reason_sentence(r));
        if (*reason_next_step(r)) {
            buf_printf(&b, ": %s", reason_next_step(r));
        }
        puts(".It");
        put_text(b.data);
        buf_release(&b);
    }
    puts(".El");
}

/* ---- the settings catalog ---- */

static struct setting_catalog settings;

static void put_labelled(const char *label, const char *text)
{
    struct buf b;
    if (text && *text) {
        buf_init(&b, 4096);
        buf_printf(&b, "%s: %s.", label, text);
        put_text(b.data);
        buf_release(&b);
    }
}

static void put_value(const struct setting *s)
{
    const char *const *choices = s->choices.items;
    char range[SETTING_RANGE_BYTES];
    struct buf b;
    if (s->type == SETTING_NONE) {
        return;
    }
    buf_init(&b, 1024);
    for (size_t i = 0; i < s->choices.count; i++) {
        buf_printf(&b, "%s%s", i ? ", " : "", choices[i]);
    }
    if (!s->choices.count) {
        buf_puts(&b, setting_type_words[s->type]);
    }
    setting_range_words(s, range);
    buf_puts(&b, range);
    if (s->default_value) {
        buf_printf(&b, "; %s unless set", s->default_value);
    }
    put_labelled("Value", b.data);
    buf_release(&b);
}

static void put_cases(const struct setting *s)
{
    for (size_t i = 0; i < s->case_count; i++) {
        struct buf b;
        buf_init(&b, 2048);
        buf_printf(&b, "Exception: %s ", setting_verdict_words[s->cases[i].verdict]);
        setting_add_condition(&b, s, &s->cases[i]);
        buf_printf(&b, ": %s", s->cases[i].reason);
        if (s->cases[i].use) {
            buf_printf(&b, "; use %s", s->cases[i].use);
        }
        buf_putc(&b, '.');
        put_text(b.data);
        buf_release(&b);
    }
}

static void put_setting(const struct setting *s)
{
    const char *const *also = s->also.items;
    struct buf b;
    buf_init(&b, 4096);
    fputs(".It Xo\n", stdout);
    for (size_t i = 0; i <= s->also.count; i++) {
        fputs(".Li \"\\&", stdout);
        for (const char *p = i ? also[i - 1] : s->name; *p; p++) {
            fputs(*p == '"' ? "\\(dq" : *p == '\\' ? "\\e" : (char[2]){*p, '\0'}, stdout);
        }
        puts(i < s->also.count ? "\" ," : "\"");
    }
    puts(".Xc");
    buf_printf(&b, "%s: %s.", setting_verdict_words[s->verdict], s->reason);
    *b.data = (char)toupper((unsigned char)*b.data);
    put_text(b.data);
    buf_clear(&b);
    setting_add_versions(&b, s);
    put_labelled("Versions", b.data);
    put_cases(s);
    buf_clear(&b);
    if (s->use) {
        buf_puts(&b, s->use);
        if (*setting_formula_sentence(s->formula)) {
            buf_printf(&b, " (%s)", setting_formula_sentence(s->formula));
        }
    }
    put_labelled("Use", b.data);
    put_labelled("Instead", s->instead);
    put_value(s);
    put_labelled("A change costs", setting_cost_words[s->costs]);
    put_labelled("Memory", s->memory);
    put_labelled("Read back", s->read_back);
    put_labelled("Source", s->source);
    buf_release(&b);
}

static void part_settings(void)
{
    const char *group = NULL;
    for (size_t i = 0; i < settings.count; i++) {
        const struct setting *s = &settings.settings[i];
        if (s->group != group) {
            if (group) {
                puts(".El");
            }
            group = s->group;
            printf(".Ss %s\n.Bl -tag -width Ds\n", group);
        }
        put_setting(s);
    }
    puts(".El");
}

static void part_sources(void)
{
    const struct setting_source *items = settings.sources.items;
    puts(".Bl -tag -width S22 -compact");
    for (size_t i = 0; i < settings.sources.count; i++) {
        printf(".It %s\n", items[i].id);
        put_sentence(items[i].text);
    }
    puts(".El");
}

/* ---- the page ---- */

static bool put_part(const char *name)
{
    if (strncmp(name, "options ", 8) == 0) {
        part_options(name + 8);
    } else if (strncmp(name, "detail ", 7) == 0) {
        part_detail(name + 7);
    } else if (strcmp(name, "keys") == 0) {
        part_keys();
    } else if (strcmp(name, "config") == 0) {
        put_fields(config_fields);
    } else if (strcmp(name, "config reserved") == 0) {
        puts(".Bl -item -compact");
        put_reserved(config_fields);
        puts(".El");
    } else if (strcmp(name, "fields") == 0) {
        part_fields(true);
    } else if (strcmp(name, "fields empty") == 0) {
        part_fields(false);
    } else if (strcmp(name, "reasons") == 0) {
        part_reasons();
    } else if (strcmp(name, "settings") == 0) {
        part_settings();
    } else if (strcmp(name, "settings sources") == 0) {
        part_sources();
    } else {
        return false;
    }
    return true;
}

static int put_page(const char *page)
{
    static const char begin[] = ".\\\" begin ", end[] = ".\\\" end ";
    bool inside = false;
    while (*page) {
        const size_t size = strcspn(page, "\n");
        char *line = xstrndup(page, size);
        const bool ends = strncmp(line, end, sizeof end - 1) == 0;
        inside = inside && !ends;
        if (!inside) {
            puts(line);
        }
        if (strncmp(line, begin, sizeof begin - 1) == 0) {
            inside = true;
            if (!put_part(line + sizeof begin - 1)) {
                fprintf(stderr, "gen_man: there is no part '%s'\n", line + sizeof begin - 1);
                free(line);
                return 1;
            }
        }
        free(line);
        page += size;
        page += *page == '\n';
    }
    return inside;
}

int main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    struct buf page;
    if (argc != 2) {
        fputs("usage: gen_man PAGE\n", stderr);
        return 2;
    }
    buf_init(&page, PAGE_MAX);
    if (file_read(argv[1], &page, &err) < 0) {
        fprintf(stderr, "gen_man: %s\n", err.msg);
        return 1;
    }
    if (setting_catalog_load(&settings, &err) < 0) {
        fprintf(stderr, "gen_man: %s: %s\n", err.where, err.msg);
        return 1;
    }
    const int status = put_page(page.data);
    setting_catalog_release(&settings);
    buf_release(&page);
    return fflush(stdout) == 0 ? status : 1;
}
