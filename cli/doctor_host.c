#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <curl/curl.h>
#include <yaml.h>
#ifdef HAVE_UTF8PROC
#include <utf8proc.h>
#endif

#include "base/json.h"
#include "base/utf8.h"
#include "cli/doctor.h"
#include "cli/place.h"
#include "tui/term.h"

enum { GROUPS_MAX_ = 256 };

/* ---- terminal ---- */

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static void say_locale(struct doctor *d, const struct options *o, const struct outcome *outcome)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *name = NULL, *wanted = NULL;
    char clean[128] = "";
    for (size_t i = 0; i < 3 && !wanted; i++) {
        name = names[i];
        wanted = environment(name);
    }
    if (wanted) {
        utf8_sanitise(wanted, strlen(wanted), clean, sizeof clean, NULL);
    }
    const bool same = wanted && strcmp(wanted, outcome->locale) == 0;
    if (!wanted) {
        doctor_say(d, DOCTOR_INFO, "locale", NULL, "the environment names none; %s was taken",
                   outcome->locale);
    } else if (same || strcmp(outcome->locale, "C") != 0) {
        doctor_say(d, same ? DOCTOR_OK : DOCTOR_INFO, "locale", NULL, "%s=%s, %s%s", name, clean,
                   same ? "which is there" : "which is not there or not UTF-8; taken was ",
                   same ? "" : outcome->locale);
    } else {
        doctor_say(d, DOCTOR_WARN, "locale", "export LC_ALL=C.UTF-8",
                   "%s=%s, and no UTF-8 locale is there", name, clean);
    }
    if (o->ascii) {
        doctor_say(d, DOCTOR_INFO, "characters", NULL, "ASCII, as --ascii says");
    } else if (outcome->utf8) {
        doctor_say(d, DOCTOR_OK, "characters", NULL,
                   "UTF-8; the dashboard changes to ASCII where lines are two columns wide");
    } else {
        doctor_say(d, DOCTOR_WARN, "characters", "export LC_ALL=C.UTF-8",
                   "ASCII, because the locale is not UTF-8");
    }
}

void doctor_terminal(struct doctor *d, const struct options *o, const struct outcome *outcome)
{
    const char *type = environment("TERM");
    struct term_facts t;
    char clean[64] = "";
    if (type) {
        utf8_sanitise(type, strlen(type), clean, sizeof clean, NULL);
    }
    term_describe(&t);
    if (!type) {
        doctor_say(d, DOCTOR_WARN, "TERM", "export TERM=xterm-256color",
                   "not set: the dashboard needs it");
    } else if (!t.known) {
        doctor_say(d, DOCTOR_FAIL, "TERM", "export TERM=xterm-256color",
                   "'%s' is not in the terminal database of this machine", clean);
    } else if (!t.moves) {
        doctor_say(d, DOCTOR_FAIL, "TERM", "export TERM=xterm-256color",
                   "'%s' cannot move the cursor: the dashboard cannot be drawn", clean);
    } else {
        doctor_say(d, DOCTOR_OK, "TERM", NULL, "'%s'", clean);
    }
    if (t.known) {
        const char *no_color = environment("NO_COLOR");
        doctor_say(d, DOCTOR_OK, "colours", NULL, "%s%s", t.color_name,
                   no_color ? ", not used as NO_COLOR is set" : "");
    }
    if (t.width > 0) {
        doctor_say(d, DOCTOR_OK, "size", NULL, "%d columns, %d lines", t.width, t.height);
    } else {
        doctor_say(d, DOCTOR_INFO, "size", NULL,
                   "standard output is no terminal, so its size is not known");
    }
    say_locale(d, o, outcome);
}

/* ---- libraries ---- */

static void say_library(struct doctor *d, const char *name, const char *built, const char *runs)
{
    if (strcmp(built, runs) == 0) {
        doctor_say(d, DOCTOR_OK, name, NULL, "%s", runs);
    } else {
        doctor_say(d, DOCTOR_INFO, name, NULL, "%s runs, built with %s", runs, built);
    }
}

void doctor_libraries(struct doctor *d)
{
    struct term_facts t;
    char built[64];
    term_describe(&t);
    say_library(d, "ncurses", t.library_built, t.library);
    say_library(d, "libcurl", LIBCURL_VERSION, curl_version_info(CURLVERSION_NOW)->version);
    doctor_say(d, DOCTOR_OK, "libyaml", NULL, "%s", yaml_get_version_string());
    snprintf(built, sizeof built, "%d.%d.%d", CJSON_VERSION_MAJOR, CJSON_VERSION_MINOR,
             CJSON_VERSION_PATCH);
    say_library(d, "cJSON", built, cJSON_Version());
#ifdef HAVE_UTF8PROC
    snprintf(built, sizeof built, "%d.%d.%d", UTF8PROC_VERSION_MAJOR, UTF8PROC_VERSION_MINOR,
             UTF8PROC_VERSION_PATCH);
    say_library(d, "utf8proc", built, utf8proc_version());
#else
    doctor_say(d, DOCTOR_INFO, "utf8proc", NULL,
               "built without it: the C library tells how wide characters are");
#endif
}

/* ---- permissions ---- */

static bool is_member(gid_t group)
{
    gid_t list[GROUPS_MAX_];
    const int count = getgroups(GROUPS_MAX_, list);
    for (int i = 0; i < count; i++) {
        if (list[i] == group) {
            return true;
        }
    }
    return getegid() == group;
}

static void say_groups(struct doctor *d, const char *user)
{
    static const struct {
        const char *name, *what;
    } groups[] = {
        {"systemd-journal",
         "which reading logs of system services may need; this version does not read them"},
        {"video", "which some drivers ask for before they tell about the GPU"},
        {"render", "which some drivers ask for before they tell about the GPU"},
    };
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        const struct group *g = getgrnam(groups[i].name);
        char command[200];
        if (!g) {
            continue;
        }
        if (is_member(g->gr_gid)) {
            doctor_say(d, DOCTOR_OK, groups[i].name, NULL, "%s is a member", user);
            continue;
        }
        snprintf(command, sizeof command, "sudo usermod -aG %s %s", groups[i].name, user);
        doctor_say(d, DOCTOR_INFO, groups[i].name, command, "%s is no member, %s", user,
                   groups[i].what);
    }
}

void doctor_permissions(struct doctor *d, struct reader *reader)
{
    const struct passwd *p = getpwuid(geteuid());
    char user[40], number[24];
    snprintf(number, sizeof number, "%u", (unsigned)geteuid());
    utf8_copy(user, sizeof user, p ? p->pw_name : number);
    doctor_say(d, DOCTOR_OK, "user", NULL, "%s%s", user,
               geteuid() == 0 ? ", who may read everything" : "");
    if (!reader_is_live(reader)) {
        doctor_say(d, DOCTOR_INFO, "kernel", NULL,
                   "not looked at: what is read here is not this machine");
        return;
    }
    if (geteuid() != 0) {
        say_groups(d, user);
    }
    doctor_kernel(d, reader);
}

/* ---- files ---- */

static void say_config(struct doctor *d, const struct options *o, const struct err *config_err)
{
    struct buf path;
    char clean[256];
    buf_init(&path, 4096);
    if (o->config) {
        buf_puts(&path, o->config);
    } else {
        (void)place_config("tunetop/tunetop.yaml", &path);
    }
    utf8_sanitise(path.data, path.size, clean, sizeof clean, NULL);
    if (config_err->code) {
        doctor_say(d, DOCTOR_FAIL, "config", NULL, "%s%s%s", config_err->where,
                   config_err->where[0] ? ": " : "", config_err->msg);
    } else if (access(path.data, F_OK) == 0) {
        doctor_say(d, DOCTOR_OK, "config", NULL, "%s", clean);
    } else {
        doctor_say(d, DOCTOR_INFO, "config", NULL, "there is no %s, and none is needed", clean);
    }
    buf_release(&path);
}

void doctor_files(struct doctor *d, const struct options *o, const struct err *config_err)
{
    struct buf path;
    struct stat st;
    char clean[256], command[200];
    say_config(d, o, config_err);
    buf_init(&path, 4096);
    (void)place_state("tunetop", &path);
    utf8_sanitise(path.data, path.size, clean, sizeof clean, NULL);
    snprintf(command, sizeof command, "chmod 0700 '%.180s'", clean);
    if (stat(path.data, &st) != 0) {
        doctor_say(d, DOCTOR_INFO, "state", NULL, "%s is not there; the first recording makes it",
                   clean);
    } else if (!S_ISDIR(st.st_mode) || access(path.data, W_OK | X_OK) != 0) {
        doctor_say(d, DOCTOR_WARN, "state", S_ISDIR(st.st_mode) ? command : NULL, "%s %s", clean,
                   S_ISDIR(st.st_mode) ? "cannot be written to" : "is no folder");
    } else {
        doctor_say(d, DOCTOR_OK, "state", NULL, "%s", clean);
    }
    buf_release(&path);
}
