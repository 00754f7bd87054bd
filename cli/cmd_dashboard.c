#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/program.h"
#include "cli/change_place.h"
#include "cli/chips.h"
#include "cli/command.h"
#include "cli/measure.h"
#include "cli/place.h"
#include "tui/loop.h"
#include "tuning/control/process.h"

enum { PATH_BYTES = 4096, NOTE_BYTES = 360 };

/* Without a terminal there is nothing to show it on; said before anything is started. */
static int check_terminal(struct err *err)
{
    if (!isatty(STDOUT_FILENO) || !isatty(STDIN_FILENO)) {
        return err_set(err, ERR_TERMINAL,
                       "the dashboard needs a terminal, and standard %s is none; "
                       "'tunetop status' prints one reading",
                       isatty(STDOUT_FILENO) ? "input" : "output");
    }
    const char *term = getenv("TERM");
    if (!term || !*term) {
        return err_set(
            err, ERR_TERMINAL,
            "TERM is not set, so the terminal is unknown; set it, or use 'tunetop status'");
    }
    if (strcmp(term, "dumb") == 0) {
        return err_set(
            err, ERR_TERMINAL,
            "TERM is 'dumb', a terminal that cannot place a cursor; use 'tunetop status'");
    }
    return 0;
}

/* TUNETOP_SIZE is "WIDTHxHEIGHT", for --script only. */
static int script_size(int *width, int *height, struct err *err)
{
    const char *size = getenv("TUNETOP_SIZE");
    *width = 80;
    *height = 24;
    if (!size) {
        return 0;
    }
    char *end = NULL;
    const long w = strtol(size, &end, 10);
    if (w < 1 || w > 1000 || *end != 'x') {
        return err_set(err, ERR_USAGE, "TUNETOP_SIZE is WIDTHxHEIGHT, such as 80x24, not '%s'",
                       size);
    }
    const long h = strtol(end + 1, &end, 10);
    if (h < 1 || h > 1000 || *end) {
        return err_set(err, ERR_USAGE, "TUNETOP_SIZE is WIDTHxHEIGHT, such as 80x24, not '%s'",
                       size);
    }
    *width = (int)w;
    *height = (int)h;
    return 0;
}

/* What the dashboard begins with beside what it measures. Texts of other places. */
struct look {
    struct buf themes, file, note; /* folder of the user's themes; what is remembered; about it */
    struct session_screen screen;
    struct theme theme;
};

static void look_init(struct look *k)
{
    memset(k, 0, sizeof *k);
    buf_init(&k->themes, PATH_BYTES);
    buf_init(&k->file, PATH_BYTES);
    buf_init(&k->note, NOTE_BYTES);
    screen_state_init(&k->screen.start);
    k->theme = theme_default;
}

static void look_release(struct look *k)
{
    buf_release(&k->themes);
    buf_release(&k->file);
    buf_release(&k->note);
}

/* A script shows the same whatever was looked at before. Of a machine that is not this one only the
 * theme counts: where one was and how it was sorted is of another. */
static void look_back(struct look *k, const struct options *o)
{
    struct err err = ERR_INIT;
    if (place_config("tunetop/themes", &k->themes) && !k->themes.truncated) {
        k->screen.theme_folder = k->themes.data;
    }
    if (o->script || !place_state("tunetop/screen.json", &k->file) || k->file.truncated) {
        return;
    }
    k->screen.file = k->file.data;
    k->screen.page = !o->replay && !o->sysroot;
    if (screen_state_load(k->screen.file, &k->screen.start, &err) < 0) {
        log_write(LOG_WARN, "%s: %s", k->screen.file, err.msg);
        buf_puts(&k->note, "screen.json cannot be read and counts as none");
    }
}

/* --theme, then tunetop.yaml, then the one that was kept last; only a named one has to be there. */
static int find_theme(struct look *k, const struct options *o, const struct config *c,
                      struct err *err)
{
    const char *folder = k->screen.theme_folder;
    struct err inner = ERR_INIT;
    k->screen.theme_named = c->theme_place.file ? "tunetop.yaml" : NULL;
    if (o->theme) {
        if (theme_load(o->theme, folder, &k->theme, &inner) == 0) {
            return 0;
        }
        *err = inner;
        if (inner.code == ERR_NOENT) {
            return err_set(err, ERR_USAGE, "--theme: %s", inner.msg);
        }
        return -err->code;
    }
    if (c->theme_place.file) {
        if (theme_load(c->theme, folder, &k->theme, &inner) == 0) {
            return 0;
        }
        *err = inner;
        if (inner.code == ERR_NOENT) {
            err_set(err, ERR_CONFIG, "'theme': %s", inner.msg);
            return err_at(err, "%s:%lu:%lu", c->theme_place.file, c->theme_place.line,
                          c->theme_place.column);
        }
        return -err->code;
    }
    const char *kept = k->screen.start.theme;
    if (*kept && theme_load(kept, folder, &k->theme, &inner) < 0) {
        log_write(LOG_WARN, "theme: %s%s%s", inner.where, *inner.where ? ": " : "", inner.msg);
        buf_clear(&k->note);
        buf_printf(&k->note, "theme %s cannot be shown: %s%s%s", kept, inner.where,
                   *inner.where ? ": " : "", inner.msg);
    }
    return 0;
}

/* What our own commands are run with, and where a change is written down. */
struct own_commands {
    char path[PATH_MAX];
    const char *options[3];
    struct subcommand_self self;
    struct change_place place;
};

static void set_change(struct loop_options *l, const struct options *o, struct own_commands *own)
{
    struct err err = ERR_INIT;
    char found[PATH_BYTES];

    l->change_refused = o->replay    ? "nothing is changed in a replay: it is another machine"
                        : o->sysroot ? "nothing is changed with --sysroot: it is another machine"
                                     : NULL;
    if (l->change_refused) {
        return;
    }
    if (!program_find(o->argv[0], found, sizeof found) || !realpath(found, own->path)) {
        l->change_refused = "nothing is changed from here: tunetop does not find itself in PATH";
        return;
    }
    if (o->config) {
        own->options[0] = "--config";
        own->options[1] = o->config;
    }
    own->self = (struct subcommand_self){.path = own->path, .options = own->options};
    l->self = &own->self;
    if (change_place_own(&own->place, false, &err) == 0) {
        l->state = own->place.folder;
    }
}

int cmd_dashboard(const struct options *o, struct outcome *outcome, struct err *err)
{
    struct measure s;
    struct loop_options l = {.script = o->script};
    struct look look;
    struct chip_catalog catalog;
    struct buf profiles;
    int rc = measure_open(&s, o, err);
    if (rc < 0) {
        return rc;
    }
    struct own_commands *own = xcalloc(1, sizeof *own);
    chip_catalog_init(&catalog);
    buf_init(&profiles, PATH_BYTES);
    look_init(&look);
    look_back(&look, o);
    rc = find_theme(&look, o, &s.config, err);
    if (rc == 0) {
        rc = o->script ? script_size(&l.script_width, &l.script_height, err) : check_terminal(err);
    }
    if (rc == 0) {
        const int tab = o->view >= 0 ? o->view : look.screen.page ? look.screen.start.tab : -1;
        l.tab = tab >= 0 ? (enum ui_tab)tab : UI_OVERVIEW;
        look.screen.note = look.note.size > 0 ? look.note.data : NULL;
        l.screen = look.screen;
        l.term.theme = &look.theme;
        l.signal_process = process_signal;
        l.kill_refused = o->replay    ? "nothing is signalled in a replay: it is another machine"
                         : o->sysroot ? "nothing is signalled with --sysroot: it is another machine"
                                      : NULL;
        set_change(&l, o, own);
        l.interval_ns = measure_interval_ns(&s, o);
        l.term.ascii = o->ascii;
        l.term.mouse = s.config.mouse;
        l.term.color = o->color == COLOR_ALWAYS  ? TERM_COLOR_ALWAYS
                       : o->color == COLOR_NEVER ? TERM_COLOR_NEVER
                                                 : TERM_COLOR_AUTO;
        /* The services are asked once the first frame is out; the time is only for a loop that
         * draws none. */
        /* A recording holds a read an interval: an early second sample would find no new one. */
        const struct measure_start how = {.interval_ns = l.interval_ns,
                                          .exact = o->replay != NULL,
                                          .hold_services_ns = NS_PER_S / 2};
        if (o->at) {
            int64_t at_ns = s.manual.mono_ns;
            rc = measure_at(&s, o, &at_ns, err);
            clock_manual_advance(&s.manual, at_ns - s.manual.mono_ns);
        }
        rc = rc < 0 ? rc : measure_start(&s, o, &how, err);
    }
    if (rc == 0) {
        chips_open_anyway(&catalog, o, &outcome->warning);
        /* The user's profiles are for his machine, not for the one of a replay. */
        if (!o->replay && !o->sysroot && place_config("tunetop/profiles", &profiles) &&
            !profiles.truncated) {
            l.profile_folder = profiles.data;
        }
        l.collector = s.collector;
        l.chips = &catalog;
        rc = loop_run(&l, &outcome->signal, err);
    }
    chip_catalog_release(&catalog);
    buf_release(&profiles);
    free(own);
    look_release(&look);
    outcome->stuck = !measure_close(&s);
    return rc;
}
