#include "cli/options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "base/number.h"
#include "tui/theme.h"
#include "tui/ui.h"
#include "tuning/config/document.h"

/* Where a second column of help begins, and the line length it keeps to. */
enum { HELP_INDENT = 2, HELP_COLUMN = 28, HELP_WIDTH = 79 };
/* More words than any sensible command line; argv beyond it is a mistake. */
enum { OPTIONS_GIVEN_MAX = 256 };

static const char *const shell_names[] = {"bash", "zsh", "fish"};

static const char *const *choices_shell(size_t *count)
{
    *count = sizeof shell_names / sizeof *shell_names;
    return shell_names;
}

static const char *const *choices_command(size_t *count);

/* For completion: the shipped ones. What the user has is known when the command runs. */
static const char *const profile_operands[] = {"recommended", "ultra",    "high",
                                               "optimized",   "balanced", "conservative"};

static const char *const *choices_profile(size_t *count)
{
    *count = sizeof profile_operands / sizeof *profile_operands;
    return profile_operands;
}

static const struct command_row commands[COMMAND_COUNT] = {
    [COMMAND_DASHBOARD] =
        {"", "the live dashboard of this machine",
         "Shows this machine and the AI services on it, live, until q is pressed. "
         "Press ? there for the keys.",
         NULL, NULL},
    [COMMAND_STATUS] =
        {"status", "one reading of the machine and its services",
         "Takes two samples a short gap apart, so that rates are known, prints them and ends. "
         "It returns within the gap and one second, whatever hangs: what has not answered is "
         "shown as - (null in JSON), and such a service as busy.",
         NULL, NULL},
    [COMMAND_STREAM] =
        {"stream", "one JSON object a line, again and again",
         "Prints what status --json prints, one object a line, until the reader of the pipe "
         "goes away or the wanted number of lines is reached.",
         NULL, NULL},
    [COMMAND_RECORD] =
        {"record", "record what is read, for a bug report or a test",
         "Writes everything that is read of this machine and its services into the new folder DIR, "
         "until Ctrl-C or N samples; --replay DIR plays it again, anywhere, --replay last here. "
         "Names of users and hosts, home folders, prompts, secrets and addresses are left out or "
         "replaced.",
         "DIR", NULL},
    [COMMAND_SERVICES] =
        {"services", "the AI services of this machine, in full",
         "Prints what is known of every service that was found or that tunetop.yaml names: its "
         "state and the reason of it, its address, version, process, how it was started, its "
         "command line with secrets masked, its queue and its models. Where there is none it says "
         "what was looked for.",
         NULL, NULL},
    [COMMAND_PROFILES] =
        {"profiles", "what would be set on this machine, and why",
         "Lists the profiles and overlays, shipped and the user's own, and says which profile fits "
         "this machine. With NAME it shows one in full, service by service: what would be written "
         "and as what in the installed version, what is clamped to what this machine can give, what "
         "is only kept in step where a file has it, and what is not written and why. NAME may be "
         "recommended, and may carry overlays: high+quality. Nothing is changed. With --chip and "
         "--memory it answers for another machine.",
         "[NAME]", choices_profile},
    [COMMAND_SETTINGS] =
        {"settings", "what every known setting really does",
         "Lists every setting of Ollama, ComfyUI, PyTorch, LM Studio, containers and the system that "
         "tunetop knows, real or not, by its verdict: honoured, ignored, renamed, harmful or "
         "unknown, on this system and with the newest versions. With NAME it explains one: why, what "
         "to use instead, which values it takes, what a change costs, how the running process shows "
         "it, and what holds elsewhere or in other versions. NAME=VALUE judges the value too. A name "
         "that begins with dashes is given without them. tunetop-settings(7) has all of it. With "
         "--installed it runs the programs of the Ollama and ComfyUI servers that it finds here to "
         "print their lists of settings, and says what the catalog does not know, what is gone, "
         "what may have been renamed, and what is listed without effect. With --lint it judges "
         "FILEs: compose files, environment files, shell profiles and scripts, systemd units and "
         "drop-ins, property lists, JSON and YAML. It names each setting that is ignored, renamed or "
         "harmful there, with its line, the reason and what to write instead; the status is 5 when "
         "there is one.",
         "[NAME] | --lint FILE...", NULL},
    [COMMAND_DETECT] =
        {"detect", "which machine this is, and which profile fits it",
         "Says which profile fits this machine, how much memory and CPU a container on it should "
         "be given, and why: by the row of a chip table where the chip has one, else by rule. Also "
         "the largest images, how to part the memory, how many threads to use, and which of the "
         "models that an Ollama here has installed fit at its settings. With --chip and --memory "
         "it answers for another machine.",
         NULL, NULL},
    [COMMAND_DOCTOR] =
        {"doctor", "what can be read here, what cannot, and what would change that",
         "Looks at the sources of measurements, the terminal, the libraries, the services, the "
         "permissions and the files of tunetop. A line each: ok, info, warn or fail, what it is "
         "about, a sentence, and the command that would change it. It changes nothing itself. "
         "The status is 0 whatever it finds, unless tunetop.yaml is wrong or it could not look.",
         NULL, NULL},
    [COMMAND_COMPLETION] =
        {"completion", "the completion script of a shell",
         "Prints the script that completes commands, options and their values. bash: source "
         "<(tunetop completion bash). zsh: tunetop completion zsh >~/.zfunc/_tunetop, in a folder "
         "of fpath. fish: tunetop completion fish | source. An installed tunetop has them in "
         "place.",
         "SHELL", choices_shell},
    [COMMAND_HELP] = {"help", "this help, or that of one command", "Prints the help of COMMAND.",
                      "COMMAND", choices_command},
};

static const char *const *choices_command(size_t *count)
{
    static const char *names[COMMAND_COUNT - 1];
    for (int c = COMMAND_DASHBOARD + 1; c < COMMAND_COUNT; c++) {
        names[c - 1] = commands[c].name;
    }
    *count = COMMAND_COUNT - 1;
    return names;
}

static const char *const color_names[] = {"auto", "always", "never"};

static const char *const *choices_color(size_t *count)
{
    *count = sizeof color_names / sizeof *color_names;
    return color_names;
}

static const char *const *choices_kind(size_t *count)
{
    *count = DOCUMENT_KIND_COUNT;
    return document_kind_words;
}

static const char *const *choices_view(size_t *count)
{
    *count = UI_TABS;
    return ui_tab_names;
}

#define AT(field) offsetof(struct options, field)
#define DASHBOARD COMMAND_BIT(COMMAND_DASHBOARD)
#define STATUS COMMAND_BIT(COMMAND_STATUS)
#define STREAM COMMAND_BIT(COMMAND_STREAM)
#define RECORD COMMAND_BIT(COMMAND_RECORD)
#define SERVICES COMMAND_BIT(COMMAND_SERVICES)
#define PROFILES COMMAND_BIT(COMMAND_PROFILES)
#define SETTINGS COMMAND_BIT(COMMAND_SETTINGS)
#define DETECT COMMAND_BIT(COMMAND_DETECT)
#define DOCTOR COMMAND_BIT(COMMAND_DOCTOR)
static const struct option_row rows[] = {
    {"json", 0, STATUS | SERVICES | PROFILES | SETTINGS | DETECT | DOCTOR, OPTION_FLAG, NULL,
     AT(json), 0, 0, NULL, "print one JSON object"},
    {"format", 0, STATUS, OPTION_TEXT, "TEMPLATE", AT(format), 0, 0, NULL,
     "print TEMPLATE with its {fields} filled in, for status lines"},
    {"gap", 0, STATUS, OPTION_NUMBER, "S", AT(gap_s), 0.05, 60, NULL,
     "seconds between the two samples that rates come from (0.2)"},
    {"installed", 0, SETTINGS, OPTION_FLAG, NULL, AT(installed), 0, 0, NULL,
     "compare what the installed servers list with what is known"},
    {"lint", 0, SETTINGS, OPTION_FLAG, NULL, AT(lint), 0, 0, NULL,
     "judge the settings in FILEs; status 5 when one is ignored, renamed or harmful"},
    {"kind", 0, SETTINGS, OPTION_CHOICE, "KIND", AT(kind), 0, 0, choices_kind,
     "with --lint: what the files are, where name and content do not tell"},
    {"version-of", 0, SETTINGS, OPTION_TEXT, "LIST", AT(version_of), 0, 0, NULL,
     "with --lint: versions to judge by, as ollama=0.24.0,comfyui=0.3.64"},
    {"env", 0, DETECT, OPTION_FLAG, NULL, AT(env), 0, 0, NULL,
     "print four lines for a shell's eval"},
    {"chip", 0, DETECT | PROFILES, OPTION_TEXT, "NAME", AT(chip), 0, 0, NULL,
     "answer for a machine with this chip, as \"M4 Pro\"; needs --memory"},
    {"memory", 0, DETECT | PROFILES, OPTION_TEXT, "GB", AT(memory), 0, 0, NULL,
     "its memory, with --chip"},
    {"gpu-cores", 0, DETECT | PROFILES, OPTION_WHOLE, "N", AT(gpu_cores), 1, 1024, NULL,
     "how many cores its GPU has, with --chip"},
    {"vram", 0, DETECT | PROFILES, OPTION_TEXT, "GB", AT(vram), 0, 0, NULL,
     "the memory of its graphics card, with --chip"},
    {"count", 'n', STREAM | RECORD, OPTION_WHOLE, "N", AT(count), 1, 1e15, NULL,
     "end after N lines or samples"},
    {"interval", 'i', DASHBOARD | STREAM | RECORD, OPTION_NUMBER, "S", AT(interval_s), 0.2, 60,
     NULL, "seconds between samples, 0.2 to 60 (1, or as in tunetop.yaml)"},
    {"theme", 0, DASHBOARD, OPTION_CHOICE, "THEME", AT(theme), 0, 0, theme_names,
     "colours of the dashboard"},
    {"view", 0, DASHBOARD, OPTION_CHOICE, "VIEW", AT(view), 0, 0, choices_view,
     "what to show first"},
    {"script", 0, DASHBOARD, OPTION_TEXT, "FILE", AT(script), 0, 0, NULL,
     "take keys and save-screen lines from FILE instead of a terminal"},
    {"config", 0, COMMAND_ALL, OPTION_TEXT, "FILE", AT(config), 0, 0, NULL,
     "read FILE instead of ~/.config/tunetop/tunetop.yaml"},
    {"sysroot", 0, COMMAND_ALL, OPTION_TEXT, "DIR", AT(sysroot), 0, 0, NULL,
     "read /proc and /sys below DIR; services are asked only when --config names them"},
    {"replay", 0, COMMAND_ALL, OPTION_TEXT, "DIR|last", AT(replay), 0, 0, NULL,
     "read the recording in DIR (or its meta.json), or the last one that was made, instead of this "
     "machine"},
    {"at", 0, COMMAND_ALL, OPTION_TEXT, "TIME", AT(at), 0, 0, NULL,
     "with --replay: the time to show, or to begin at; RFC 3339 or +SECONDS"},
    {"speed", 0, COMMAND_ALL, OPTION_NUMBER, "N", AT(speed), 0.1, 100000, NULL,
     "with --replay: play N times as fast as it was recorded (1; stream: as fast as it can)"},
    {"color", 0, COMMAND_ALL, OPTION_CHOICE, "WHEN", AT(color), 0, 0, choices_color, "use colours"},
    {"ascii", 0, COMMAND_ALL, OPTION_FLAG, NULL, AT(ascii), 0, 0, NULL,
     "draw with ASCII characters only"},
    {"verbose", 'v', COMMAND_ALL, OPTION_COUNT_, NULL, AT(verbose), 0, 0, NULL,
     "say on standard error what is done; twice: in detail"},
    {"help", 'h', COMMAND_ALL, OPTION_FLAG, NULL, AT(help), 0, 0, NULL, "print this help and end"},
    {"version", 0, COMMAND_ALL, OPTION_FLAG, NULL, AT(version), 0, 0, NULL,
     "print the version and end"},
};
enum { ROWS = sizeof rows / sizeof *rows };

const struct command_row *command_rows(size_t *count)
{
    *count = COMMAND_COUNT;
    return commands;
}

const struct option_row *option_rows(size_t *count)
{
    *count = ROWS;
    return rows;
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
    return c == COMMAND_DASHBOARD ? "the dashboard" : commands[c].name;
}

static int find_command(const char *word, enum command *out, struct err *err)
{
    size_t count = 0;
    const char *const *names = choices_command(&count);
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
    const char *names[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        if (strlen(rows[i].name) == size && memcmp(rows[i].name, name, size) == 0) {
            *out = &rows[i];
            return 0;
        }
        names[i] = rows[i].name;
    }
    char typed[64];
    snprintf(typed, sizeof typed, "%.*s", (int)(size < 60 ? size : 60), name);
    const char *near = nearest_name(typed, names, ROWS);
    if (near) {
        return err_set(err, ERR_USAGE, "unknown option '--%s'; did you mean '--%s'?", typed, near);
    }
    return err_set(err, ERR_USAGE, "unknown option '--%s'; 'tunetop --help' lists them", typed);
}

static int find_letter(char letter, const struct option_row **out, struct err *err)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].letter == letter) {
            *out = &rows[i];
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
    if (*operands == 1 && out->command == COMMAND_PROFILES) {
        ++*operands;
        if (!*word) {
            return err_set(err, ERR_USAGE, "'profiles' needs a name, not an empty word");
        }
        out->profile = word;
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
        return find_choice("completion", word, choices_shell, &out->shell, err);
    }
    return err_set(err, ERR_USAGE, "'%s' does not take '%s'", commands[out->command].name, word);
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
    struct options o = {.theme = -1, .shell = -1, .kind = -1, .gap_s = 0.2};
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
    }
    add_pair(out, label.data, help.data);
    buf_release(&label);
    buf_release(&help);
}

static void add_options_of(struct buf *out, unsigned commands_mask, bool global)
{
    for (size_t i = 0; i < ROWS; i++) {
        if ((rows[i].commands == COMMAND_ALL) == global && (rows[i].commands & commands_mask)) {
            add_option(out, &rows[i]);
        }
    }
}

static bool has_options(enum command c)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].commands != COMMAND_ALL && (rows[i].commands & COMMAND_BIT(c))) {
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
            add_pair(out, commands[c].name, commands[c].title);
        }
        buf_puts(out, "\nOptions of the dashboard:\n");
    } else {
        const bool own = has_options(about);
        buf_printf(out, "Usage: tunetop %s", commands[about].name);
        if (commands[about].operand) {
            buf_printf(out, about == COMMAND_HELP ? " [%s]" : " %s", commands[about].operand);
        }
        buf_puts(out, own ? " [OPTION]...\n\n" : "\n\n");
        add_wrapped(out, 0, 0, commands[about].detail);
        if (own) {
            buf_printf(out, "\nOptions of %s:\n", commands[about].name);
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
