#include "cli/options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/number.h"
#include "cli/options_table.h"

/* Where a second column of help begins, and the line length it keeps to. */
enum { HELP_INDENT = 2, HELP_COLUMN = 28, HELP_WIDTH = 79 };
/* More words than any sensible command line; argv beyond it is a mistake. */
enum { OPTIONS_GIVEN_MAX = 256 };

const struct command_row *command_rows(size_t *count)
{
    *count = COMMAND_COUNT;
    return options_commands;
}

const struct option_row *option_rows(size_t *count)
{
    *count = options_row_count;
    return options_rows;
}

/* ---- parsing ---- */

/* One option as it was given: which, under what spelling, with what value. */
struct given {
    const struct option_row *row;
    const char *value; /* NULL for flags */
    char label[48];    /* "--gap", "-n": as typed, for messages */
};

static const char *command_label(enum command c)
{
    return c == COMMAND_DASHBOARD ? "the dashboard" : options_commands[c].name;
}

static int find_command(const char *word, enum command *out, struct err *err)
{
    size_t count = 0;
    const char *const *names = options_command_names(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], word) == 0) {
            *out = (enum command)(COMMAND_DASHBOARD + 1 + i);
            return 0;
        }
    }
    const char *near = nearest_name(word, names, count);
    if (near) {
        return err_set(err, ERR_USAGE, "unknown command '%s'; did you mean '%s'?", word, near);
    }
    return err_set(err, ERR_USAGE, "unknown command '%s'; 'tunetop --help' lists them", word);
}

static int find_long(const char *name, size_t size, const struct option_row **out, struct err *err)
{
    const char *names[OPTIONS_ROWS_MAX];
    for (size_t i = 0; i < options_row_count; i++) {
        if (strlen(options_rows[i].name) == size && memcmp(options_rows[i].name, name, size) == 0) {
            *out = &options_rows[i];
            return 0;
        }
        names[i] = options_rows[i].name;
    }
    char typed[64];
    snprintf(typed, sizeof typed, "%.*s", (int)(size < 60 ? size : 60), name);
    const char *near = nearest_name(typed, names, options_row_count);
    if (near) {
        return err_set(err, ERR_USAGE, "unknown option '--%s'; did you mean '--%s'?", typed, near);
    }
    return err_set(err, ERR_USAGE, "unknown option '--%s'; 'tunetop --help' lists them", typed);
}

static int find_letter(char letter, const struct option_row **out, struct err *err)
{
    for (size_t i = 0; i < options_row_count; i++) {
        if (options_rows[i].letter == letter) {
            *out = &options_rows[i];
            return 0;
        }
    }
    return err_set(err, ERR_USAGE, "unknown option '-%c'; 'tunetop --help' lists them", letter);
}

static int set_whole(const struct given *g, char *at, struct err *err)
{
    const struct option_row *row = g->row;
    int64_t value = 0;
    if (number_i64(g->value, strlen(g->value), &value) < 0 || (double)value < row->min ||
        (double)value > row->max) {
        return err_set(err, ERR_USAGE, "'%s' takes a whole number from %.0f, not '%s'", g->label,
                       row->min, g->value);
    }
    memcpy(at, &value, sizeof value);
    return 0;
}

static int set_number(const struct given *g, char *at, struct err *err)
{
    const struct option_row *row = g->row;
    double value = 0;
    if (number_double(g->value, strlen(g->value), &value) < 0 || value < row->min ||
        value > row->max) {
        return err_set(err, ERR_USAGE, "'%s' takes a number from %g to %g, not '%s'", g->label,
                       row->min, row->max, g->value);
    }
    memcpy(at, &value, sizeof value);
    return 0;
}

/* The place of `value` in a list of choices; `label` is what it was given to. */
static int find_choice(const char *label, const char *value,
                       const char *const *(*choices)(size_t *count), int *out, struct err *err)
{
    size_t count = 0;
    const char *const *names = choices(&count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], value) == 0) {
            *out = (int)i;
            return 0;
        }
    }
    struct buf list;
    buf_init(&list, 160);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&list, "%s%s", i ? ", " : "", names[i]);
    }
    const char *near = nearest_name(value, names, count);
    const int rc = near ? err_set(err, ERR_USAGE, "'%s' does not know '%s'; did you mean '%s'?",
                                  label, value, near)
                        : err_set(err, ERR_USAGE, "'%s' does not know '%s'; it takes %s", label,
                                  value, list.data);
    buf_release(&list);
    return rc;
}

static int set_choice(const struct given *g, char *at, struct err *err)
{
    int index = 0;
    const int rc = find_choice(g->label, g->value, g->row->choices, &index, err);
    if (rc == 0) {
        memcpy(at, &index, sizeof index);
    }
    return rc;
}

static int add_to_list(const struct given *g, void *at, struct err *err)
{
    struct option_list *list = at;
    if (!*g->value) {
        return err_set(err, ERR_USAGE, "'%s' needs a word, not an empty one", g->label);
    }
    if (list->count == OPTIONS_LIST_MAX) {
        return err_set(err, ERR_USAGE, "'%s' is given more than %d times", g->label,
                       OPTIONS_LIST_MAX);
    }
    list->of[list->count++] = g->value;
    return 0;
}

static int set_option(const struct given *g, struct options *out, struct err *err)
{
    char *at = (char *)out + g->row->offset;
    switch (g->row->type) {
    case OPTION_FLAG:
        *(bool *)(void *)at = true;
        return 0;
    case OPTION_COUNT_:
        ++*(int *)(void *)at;
        return 0;
    case OPTION_LIST:
        return add_to_list(g, at, err);
    case OPTION_TEXT:
        if (!*g->value) {
            return err_set(err, ERR_USAGE, "'%s' needs a %s, not an empty word", g->label,
                           g->row->argument);
        }
        memcpy(at, &g->value, sizeof g->value);
        return 0;
    case OPTION_NUMBER:
        return set_number(g, at, err);
    case OPTION_WHOLE:
        return set_whole(g, at, err);
    case OPTION_CHOICE:
        return set_choice(g, at, err);
    }
    return 0;
}

struct parse {
    int argc;
    char *const *argv;
    int next;
    struct given given[OPTIONS_GIVEN_MAX];
    size_t given_count;
};

static int take_value(struct parse *p, struct given *g, struct err *err)
{
    if (p->next >= p->argc) {
        return err_set(err, ERR_USAGE, "'%s' needs a value: %s", g->label, g->row->argument);
    }
    g->value = p->argv[p->next++];
    return 0;
}

static int new_given(struct parse *p, struct given **out, struct err *err)
{
    if (p->given_count == OPTIONS_GIVEN_MAX) {
        return err_set(err, ERR_USAGE, "more than %d options", OPTIONS_GIVEN_MAX);
    }
    *out = &p->given[p->given_count];
    memset(*out, 0, sizeof **out);
    return 0;
}

static int take_long(struct parse *p, const char *word, struct err *err)
{
    struct given *g = NULL;
    int rc = new_given(p, &g, err);
    if (rc < 0) {
        return rc;
    }
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    const size_t size = equals ? (size_t)(equals - name) : strlen(name);
    rc = find_long(name, size, &g->row, err);
    if (rc < 0) {
        return rc;
    }
    snprintf(g->label, sizeof g->label, "--%s", g->row->name);
    if (!g->row->argument) {
        if (equals) {
            return err_set(err, ERR_USAGE, "'%s' takes no value", g->label);
        }
    } else if (equals) {
        g->value = equals + 1;
    } else {
        rc = take_value(p, g, err);
        if (rc < 0) {
            return rc;
        }
    }
    p->given_count++;
    return 0;
}

static int take_letters(struct parse *p, const char *word, struct err *err)
{
    for (const char *c = word + 1; *c; c++) {
        struct given *g = NULL;
        int rc = new_given(p, &g, err);
        if (rc < 0) {
            return rc;
        }
        rc = find_letter(*c, &g->row, err);
        if (rc < 0) {
            return rc;
        }
        snprintf(g->label, sizeof g->label, "-%c", *c);
        p->given_count++;
        if (g->row->argument) {
            if (c[1]) {
                g->value = c + 1;
                return 0;
            }
            return take_value(p, g, err);
        }
    }
    return 0;
}

static const unsigned takes_profile = COMMAND_BIT(COMMAND_PROFILES) | COMMAND_BIT(COMMAND_PLAN) |
                                      COMMAND_BIT(COMMAND_APPLY) | COMMAND_BIT(COMMAND_VERIFY);

static int take_operand(const char *word, int *operands, struct options *out, struct err *err)
{
    if (*operands == 0) {
        ++*operands;
        return find_command(word, &out->command, err);
    }
    if (*operands == 1 && out->command == COMMAND_RECORD) {
        ++*operands;
        if (!*word) {
            return err_set(err, ERR_USAGE, "'record' needs a folder, not an empty word");
        }
        out->directory = word;
        return 0;
    }
    if (*operands == 1 && (COMMAND_BIT(out->command) & takes_profile)) {
        ++*operands;
        if (!*word) {
            return err_set(err, ERR_USAGE, "'%s' needs the name of a profile, not an empty word",
                           options_commands[out->command].name);
        }
        out->profile = word;
        return 0;
    }
    if (*operands == 1 && (out->command == COMMAND_UNDO || out->command == COMMAND_JOURNAL)) {
        ++*operands;
        out->id = word;
        return 0;
    }
    if (out->command == COMMAND_SETTINGS) { /* a name or files: --lint may come behind them */
        ++*operands;
        if (!*word) {
            return err_set(err, ERR_USAGE, "'settings' needs a name, not an empty word");
        }
        if (out->file_count == OPTIONS_FILES_MAX) {
            return err_set(err, ERR_USAGE, "more than %d files", OPTIONS_FILES_MAX);
        }
        out->files[out->file_count++] = word;
        return 0;
    }
    if (*operands == 1 && out->command == COMMAND_HELP) {
        ++*operands;
        return find_command(word, &out->help_about, err);
    }
    if (*operands == 1 && out->command == COMMAND_COMPLETION) {
        ++*operands;
        return find_choice("completion", word, options_shells, &out->shell, err);
    }
    return err_set(err, ERR_USAGE, "'%s' does not take '%s'", options_commands[out->command].name,
                   word);
}

static int check_belongs(const struct given *g, enum command command, struct err *err)
{
    if (g->row->commands & COMMAND_BIT(command)) {
        return 0;
    }
    for (int c = 0; c < COMMAND_COUNT; c++) {
        if (g->row->commands & COMMAND_BIT(c)) {
            return err_set(err, ERR_USAGE, "'%s' is no option of %s%s%s; it belongs to %s%s%s",
                           g->label, command ? "'" : "", command_label(command), command ? "'" : "",
                           c ? "'" : "", command_label((enum command)c), c ? "'" : "");
        }
    }
    return err_set(err, ERR_USAGE, "'%s' belongs to no command", g->label);
}

static int check_settings(struct options *o, struct err *err)
{
    if (o->command != COMMAND_SETTINGS || o->version) {
        return 0;
    }
    if (o->installed && o->lint) {
        return err_set(err, ERR_USAGE, "'--installed' and '--lint' exclude each other");
    }
    if (o->installed && (o->replay || o->sysroot)) {
        return err_set(
            err, ERR_USAGE,
            "'--installed' runs programs of this machine: it and '%s' exclude each other",
            o->replay ? "--replay" : "--sysroot");
    }
    if (o->installed && o->file_count) {
        return err_set(err, ERR_USAGE, "'--installed' and a name exclude each other");
    }
    if (o->lint) {
        return o->file_count ? 0
                             : err_set(err, ERR_USAGE,
                                       "'--lint' needs a file: tunetop settings --lint FILE...");
    }
    if (o->kind >= 0 || o->version_of) {
        return err_set(err, ERR_USAGE, "'%s' is about files: it needs '--lint'",
                       o->kind >= 0 ? "--kind" : "--version-of");
    }
    if (o->file_count > 1) {
        return err_set(err, ERR_USAGE, "'settings' does not take '%s'", o->files[1]);
    }
    o->setting = o->file_count ? o->files[0] : NULL;
    return 0;
}

int options_parse(int argc, char *const *argv, struct options *out, struct err *err)
{
    struct options o = {.argv = argv, .view = -1, .shell = -1, .kind = -1, .gap_s = 0.2};
    struct parse p = {.argc = argc, .argv = argv, .next = 1};
    int operands = 0;
    bool only_operands = false;
    while (p.next < p.argc) {
        const char *word = p.argv[p.next++];
        int rc = 0;
        if (only_operands || word[0] != '-' || !word[1]) {
            rc = take_operand(word, &operands, &o, err);
        } else if (strcmp(word, "--") == 0) {
            only_operands = true;
        } else if (word[1] == '-') {
            rc = take_long(&p, word, err);
        } else {
            rc = take_letters(&p, word, err);
        }
        if (rc < 0) {
            return rc;
        }
    }
    for (size_t i = 0; i < p.given_count; i++) {
        int rc = check_belongs(&p.given[i], o.command, err);
        if (rc == 0) {
            rc = set_option(&p.given[i], &o, err);
        }
        if (rc < 0) {
            return rc;
        }
    }
    if (o.help &&
        (o.command != COMMAND_HELP || operands < 2)) { /* "help X --help" is about X already */
        o.help_about = o.command;
        o.command = COMMAND_HELP;
    }
    if ((o.command == COMMAND_PLAN || o.command == COMMAND_APPLY) && !o.profile && !o.version) {
        return err_set(err, ERR_USAGE,
                       "'%s' needs a profile: recommended, or one of 'tunetop profiles'",
                       o.command == COMMAND_PLAN ? "plan" : "apply");
    }
    if (o.command == COMMAND_COMPLETION && o.shell < 0 && !o.version) {
        return err_set(err, ERR_USAGE, "'completion' needs a shell: bash, zsh or fish");
    }
    if (check_settings(&o, err) < 0) {
        return -err->code;
    }
    if (o.json && o.format) {
        return err_set(err, ERR_USAGE, "'--json' and '--format' exclude each other");
    }
    if (o.json && o.env) {
        return err_set(err, ERR_USAGE, "'--json' and '--env' exclude each other");
    }
    if ((o.chip != NULL) != (o.memory != NULL)) {
        return err_set(err, ERR_USAGE, "'--chip' and '--memory' describe a machine together");
    }
    if ((o.vram || o.gpu_cores) && !o.chip) {
        return err_set(err, ERR_USAGE, "'%s' describes another machine: it needs '--chip'",
                       o.vram ? "--vram" : "--gpu-cores");
    }
    if (o.chip && (o.replay || o.sysroot)) {
        return err_set(err, ERR_USAGE, "'--chip' and '%s' exclude each other",
                       o.replay ? "--replay" : "--sysroot");
    }
    if (o.replay && o.sysroot) {
        return err_set(err, ERR_USAGE, "'--replay' and '--sysroot' exclude each other");
    }
    if (o.at && !o.replay) {
        return err_set(err, ERR_USAGE, "'--at' names a time of a recording: it needs '--replay'");
    }
    if (o.speed > 0 && !o.replay) {
        return err_set(err, ERR_USAGE, "'--speed' is that of a recording: it needs '--replay'");
    }
    if (o.command == COMMAND_RECORD && o.replay) {
        return err_set(err, ERR_USAGE, "'record' and '--replay' exclude each other");
    }
    if (o.command == COMMAND_RECORD && !o.directory && !o.version) {
        return err_set(err, ERR_USAGE,
                       "'record' needs a folder to record into: tunetop record DIR");
    }
    *out = o;
    return 0;
}

/* ---- help ---- */

void option_label(const struct option_row *o, struct buf *out)
{
    if (o->letter) {
        buf_printf(out, "-%c, ", o->letter);
    }
    buf_printf(out, "--%s", o->name);
    if (o->argument) {
        buf_printf(out, " %s", o->argument);
    }
}

/* Appends text, broken at blanks, with every line after the first indented; `column` is where the
 * first begins. */
static void add_wrapped(struct buf *out, size_t column, size_t indent, const char *text)
{
    size_t at = column;
    while (*text) {
        const size_t word = strcspn(text, " ");
        if (at > indent && at + 1 + word > HELP_WIDTH) {
            buf_printf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            buf_putc(out, ' ');
            at++;
        }
        buf_add(out, text, word);
        at += word;
        text += word;
        text += strspn(text, " ");
    }
    buf_putc(out, '\n');
}

static void add_pair(struct buf *out, const char *left, const char *right)
{
    const size_t size = HELP_INDENT + strlen(left);
    buf_printf(out, "%*s%s", HELP_INDENT, "", left);
    if (size + 2 > HELP_COLUMN) {
        buf_printf(out, "\n%*s", HELP_COLUMN, "");
    } else {
        buf_printf(out, "%*s", (int)(HELP_COLUMN - size), "");
    }
    add_wrapped(out, HELP_COLUMN, HELP_COLUMN, right);
}

static void add_option(struct buf *out, const struct option_row *o)
{
    struct buf label, help;
    buf_init(&label, 64);
    buf_init(&help, 256);
    option_label(o, &label);
    buf_puts(&help, o->help);
    if (o->choices) {
        size_t count = 0;
        const char *const *names = o->choices(&count);
        for (size_t i = 0; i < count; i++) {
            buf_printf(&help, "%s%s", i ? ", " : ": ", names[i]);
        }
        buf_puts(&help, o->type == OPTION_CHOICE ? "" : ", or one of your own");
    }
    add_pair(out, label.data, help.data);
    buf_release(&label);
    buf_release(&help);
}

static void add_options_of(struct buf *out, unsigned commands_mask, bool global)
{
    for (size_t i = 0; i < options_row_count; i++) {
        if ((options_rows[i].commands == COMMAND_ALL) == global &&
            (options_rows[i].commands & commands_mask)) {
            add_option(out, &options_rows[i]);
        }
    }
}

static bool has_options(enum command c)
{
    for (size_t i = 0; i < options_row_count; i++) {
        if (options_rows[i].commands != COMMAND_ALL &&
            (options_rows[i].commands & COMMAND_BIT(c))) {
            return true;
        }
    }
    return false;
}

void options_help(enum command about, struct buf *out)
{
    if (about == COMMAND_DASHBOARD) {
        buf_puts(out, "tunetop: watch the machine that runs local AI, and the AI on it\n\n"
                      "Usage: tunetop [OPTION]...            the live dashboard\n"
                      "       tunetop COMMAND [OPTION]...\n\n"
                      "Commands:\n");
        for (int c = COMMAND_DASHBOARD + 1; c < COMMAND_COUNT; c++) {
            add_pair(out, options_commands[c].name, options_commands[c].title);
        }
        buf_puts(out, "\nOptions of the dashboard:\n");
    } else {
        const bool own = has_options(about);
        buf_printf(out, "Usage: tunetop %s", options_commands[about].name);
        if (options_commands[about].operand) {
            buf_printf(out, about == COMMAND_HELP ? " [%s]" : " %s",
                       options_commands[about].operand);
        }
        buf_puts(out, own ? " [OPTION]...\n\n" : "\n\n");
        add_wrapped(out, 0, 0, options_commands[about].detail);
        if (own) {
            buf_printf(out, "\nOptions of %s:\n", options_commands[about].name);
        }
    }
    add_options_of(out, COMMAND_BIT(about), false);
    buf_puts(out, "\nOptions of every command, before or after it:\n");
    add_options_of(out, COMMAND_ALL, true);
    buf_puts(out,
             about == COMMAND_DASHBOARD
                 ? "\n'tunetop help COMMAND' tells more; so do tunetop(1) and tunetop.yaml(5).\n"
                 : "\nMore in tunetop(1).\n");
}
