/*
 * The program: options, one command, and the only place where an error becomes a message and an
 * exit status.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/caller.h"
#include "base/log.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/completion.h"
#include "cli/output.h"
#include "tui/term.h"

static int cmd_help(const struct options *o, struct err *err)
{
    struct buf text;
    buf_init(&text, 65536);
    options_help(o->help_about, &text);
    const int rc = output_write(text.data, text.size, err);
    buf_release(&text);
    return rc;
}

static int cmd_completion(const struct options *o, struct err *err)
{
    struct buf text;
    buf_init(&text, 65536);
    completion_script((enum completion_shell)o->shell, &text);
    const int rc = output_write(text.data, text.size, err);
    buf_release(&text);
    return rc;
}

/* Commands that have nothing to do as root: under sudo they are the caller's from here on. */
static bool is_callers(const struct options *o)
{
    switch (o->command) {
    case COMMAND_PROFILES:
    case COMMAND_PLAN:
    case COMMAND_SETTINGS: /* files to judge, which are printed */
    case COMMAND_DETECT:
    case COMMAND_COMPLETION:
    case COMMAND_HELP:
        return true;
    default:
        return o->replay || o->sysroot;
    }
}

static int run(const struct options *o, struct outcome *outcome, struct err *err)
{
    if (is_callers(o) && caller_begin(err) < 0) {
        return -err->code;
    }
    if (o->version) {
        return output_line("tunetop " PACKAGE_VERSION, err);
    }
    switch (o->command) {
    case COMMAND_DASHBOARD:
        return cmd_dashboard(o, outcome, err);
    case COMMAND_STATUS:
        return cmd_status(o, outcome, err);
    case COMMAND_STREAM:
        return cmd_stream(o, outcome, err);
    case COMMAND_RECORD:
        return cmd_record(o, outcome, err);
    case COMMAND_SERVICES:
        return cmd_services(o, outcome, err);
    case COMMAND_PROFILES:
        return cmd_profiles(o, outcome, err);
    case COMMAND_PLAN:
        return cmd_plan(o, outcome, err);
    case COMMAND_APPLY:
        return cmd_apply(o, outcome, err);
    case COMMAND_VERIFY:
        return cmd_verify(o, outcome, err);
    case COMMAND_UNDO:
        return cmd_undo(o, outcome, err);
    case COMMAND_JOURNAL:
        return cmd_journal(o, outcome, err);
    case COMMAND_RECOVER:
        return cmd_recover(o, outcome, err);
    case COMMAND_SETTINGS:
        return o->lint ? cmd_lint(o, outcome, err) : cmd_settings(o, outcome, err);
    case COMMAND_DETECT:
        return cmd_detect(o, outcome, err);
    case COMMAND_DOCTOR:
        return cmd_doctor(o, outcome, err);
    case COMMAND_COMPLETION:
        return cmd_completion(o, err);
    case COMMAND_HELP:
    case COMMAND_COUNT:
        break;
    }
    return cmd_help(o, err);
}

/* "tunetop: sentence"; an error that has a place in a file starts with the place, as compilers
 * do. */
static void report(const char *who, const struct err *err)
{
    char message[sizeof err->where + sizeof err->msg + 16];
    char clean[sizeof message * 3]; /* every byte may become U+FFFD */
    const bool placed = err->where[0] && (err->code == ERR_CONFIG || err->code == ERR_PARSE);
    snprintf(message, sizeof message, "%s: %s", placed ? err->where : who, err->msg);
    utf8_sanitise(message, strlen(message), clean, sizeof clean, NULL);
    fprintf(stderr, "%s\n", clean);
}

static void set_up_log(const struct options *o)
{
    log_set_level(o->verbose >= 2 ? LOG_DEBUG : o->verbose == 1 ? LOG_INFO : LOG_WARN);
    /* The dashboard owns the terminal: its log is kept and printed after the screen is gone. */
    log_set_stream(o->verbose && o->command != COMMAND_DASHBOARD ? stderr : NULL);
}

int main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    struct options o;
    struct outcome outcome = {.utf8 = false};

    output_guard();
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an answer of write(), not the end */
    int rc = options_parse(argc, argv, &o, &err);
    rc = rc == 0 ? caller_enter(&err) : rc;
    if (rc == 0) {
        set_up_log(&o);
        outcome.locale = term_set_locale(&outcome.utf8);
        log_write(LOG_INFO, "locale %s, %s", outcome.locale, outcome.utf8 ? "UTF-8" : "not UTF-8");
        rc = run(&o, &outcome, &err);
        if (o.command == COMMAND_DASHBOARD) {
            log_replay(stderr, o.verbose >= 2 ? LOG_DEBUG : o.verbose == 1 ? LOG_INFO : LOG_ERROR);
        }
    }
    if (outcome.warning.code) {
        report("tunetop: warning", &outcome.warning);
    }
    if (rc < 0) {
        report("tunetop", &err);
    }
    if (outcome.next) { /* whole, and a line of its own: to be copied */
        fprintf(stderr, "%s%s  %s\n", outcome.why ? outcome.why : "", outcome.why ? "\n" : "",
                outcome.next);
        free(outcome.next);
    }
    const int status = outcome.status ? outcome.status : rc < 0 ? err_exit_status(err.code) : 0;
    if (outcome.signal) { /* so that the parent sees what ended us: 128+N in a shell */
        signal(outcome.signal, SIG_DFL);
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, outcome.signal);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        raise(outcome.signal);
        _exit(
            128 +
            outcome.signal); /* not reached unless the signal is one that does not end a program */
    }
    if (outcome.stuck) {
        fflush(NULL);
        _exit(status);
    }
    return status;
}
