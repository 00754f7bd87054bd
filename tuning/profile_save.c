#include "tuning/profile_save.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/caller.h"
#include "base/file_replace.h"
#include "base/sha256.h"
#include "tuning/plan_layers.h"
#include "tuning/profile_value.h"

/* The first line, with the hash of all that follows it. */
static const char head[] = "# Written by tunetop; edit it, and tunetop leaves it alone. ";
enum { NEW_MODE = 0644, NAME_BYTES = 32, LINE_BYTES = 160 /* of best_for */ };

/* ---------------------------------------------------------------- its name */

static const struct profile *find(const struct profile_set *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->profiles[i].name, name) == 0) {
            return &s->profiles[i];
        }
    }
    return NULL;
}

int profile_save_name(const struct profile_set *s, const char *name, struct err *err)
{
    const struct profile *there = find(s, name);

    if (!*name) {
        return err_set(err, ERR_USAGE, "it needs a name");
    }
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] || name[0] == '-') {
        return err_set(err, ERR_USAGE, "a name has small letters, digits and dashes");
    }
    if (strlen(name) > NAME_BYTES) {
        return err_set(err, ERR_USAGE, "a name has at most %d letters", NAME_BYTES);
    }
    if (strcmp(name, "recommended") == 0) {
        return err_set(err, ERR_USAGE, "'recommended' is the one that fits the machine");
    }
    if (there && !there->user) {
        return err_set(err, ERR_USAGE, "'%s' comes with tunetop: take another name", name);
    }
    if (there && there->overlay) {
        return err_set(err, ERR_USAGE, "'%s' is an overlay of yours: take another name", name);
    }
    return 0;
}

/* ---------------------------------------------------------------- its text */

static void put_quoted(struct buf *out, const char *text)
{
    buf_putc(out, '"');
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\') {
            buf_printf(out, "\\%c", c);
        } else if (c < ' ' || c == 0x7f) {
            buf_printf(out, "\\x%02x", c);
        } else {
            buf_putc(out, (char)c);
        }
    }
    buf_putc(out, '"');
}

/* Whose own wishes and overlays stay: the one that is replaced. */
static const struct profile *replaced(const struct profile_set *s, const struct profile_choice *c,
                                      const char *name)
{
    const struct profile *p = strcmp(c->profile, name) == 0 ? find(s, name) : NULL;

    return p && !p->overlay ? p : NULL;
}

/* Two names of one limit: profiles have the first. */
static const struct setting *as_profiles(const struct profile_set *s, const struct setting *of)
{
    const char *other = plan_synonym(of->name), *nearest;

    return other && strchr(other, '.') ? setting_find(s->catalog, other, &nearest) : of;
}

struct maker {
    const struct profile_set *s;
    const struct profile_choice *c;
    const struct profile *of; /* NULL: it is a new one */
    struct buf *out;
};

static bool is_chosen(const struct maker *m, int service, const struct setting *setting)
{
    for (size_t i = 0; i < m->c->value_count; i++) {
        const struct profile_choice_value *v = &m->c->values[i];

        if (v->service == service && as_profiles(m->s, v->setting) == setting) {
            return true;
        }
    }
    return false;
}

static bool is_left_out(const struct maker *m, int service, const struct setting *setting)
{
    for (size_t i = 0; i < m->c->left_out_count; i++) {
        const struct profile_left_out *l = &m->c->left_out[i];

        if (l->service == service && (!l->setting || as_profiles(m->s, l->setting) == setting)) {
            return true;
        }
    }
    return false;
}

/* An own wish of the one that is replaced, and still wished. */
static bool stays(const struct maker *m, const struct profile_wish *w)
{
    return w->user && strcmp(w->place.file, m->of->place.file) == 0 &&
           !is_chosen(m, w->service, w->setting) && !is_left_out(m, w->service, w->setting);
}

static void put_wish(const struct maker *m, const struct profile_wish *w)
{
    buf_puts(m->out, "          - {name: ");
    put_quoted(m->out, w->name);
    if (w->detected >= 0) {
        buf_printf(m->out, ", detected: %s", profile_detected_words[w->detected]);
    } else if (w->value[0]) {
        buf_puts(m->out, ", value: ");
        put_quoted(m->out, w->value);
    }
    buf_printf(m->out, "%s%s%s", w->keep ? ", keep: true" : "", w->look ? ", look: true" : "",
               w->literal ? ", literal: true" : "");
    const int *places = w->places.items;
    for (size_t i = 0; i < w->places.count; i++) {
        buf_printf(m->out, "%s%s", i ? ", " : ", places: [", setting_place_words[places[i]]);
    }
    buf_puts(m->out, w->places.count ? "]}\n" : "}\n");
}

static void put_service(const struct maker *m, int service, bool *first)
{
    bool begun = false;

    for (int pass = 0; pass < 2; pass++) {
        const size_t count = pass ? m->c->value_count : m->of ? m->of->count : 0;

        for (size_t i = 0; i < count; i++) {
            const struct profile_choice_value *v = pass ? &m->c->values[i] : NULL;
            struct profile_wish w = {.detected = -1, .literal = true};

            if (pass ? v->service != service
                     : m->of->wishes[i].service != service || !stays(m, &m->of->wishes[i])) {
                continue;
            }
            if (pass) {
                w.name = as_profiles(m->s, v->setting)->name;
                w.value = v->value;
            } else {
                w = m->of->wishes[i];
            }
            if (!begun) {
                buf_printf(m->out, "%s      - service: %s\n        settings:\n",
                           *first ? "    services:\n" : "", profile_service_words[service]);
                begun = true;
                *first = false;
            }
            put_wish(m, &w);
        }
    }
}

static void put_without(const struct maker *m)
{
    bool first = true;

    for (int pass = 0; pass < 2; pass++) {
        const size_t count = pass ? m->c->left_out_count : m->of ? m->of->without_count : 0;

        for (size_t i = 0; i < count; i++) {
            struct profile_left_out l = pass ? m->c->left_out[i] : m->of->without[i];

            l.setting = l.setting ? as_profiles(m->s, l.setting) : NULL;
            if (!pass && ((l.setting && is_chosen(m, l.service, l.setting)) ||
                          is_left_out(m, l.service, l.setting))) {
                continue;
            }
            buf_printf(m->out, "%s%s", first ? "    without: [" : ", ", "");
            char name[256];
            snprintf(name, sizeof name, "%s%s%s", profile_service_words[l.service],
                     l.setting ? "." : "", l.setting ? l.setting->name : "");
            put_quoted(m->out, name);
            first = false;
        }
    }
    buf_puts(m->out, first ? "" : "]\n");
}

static void put_overlays(const struct maker *m)
{
    const size_t before = m->of ? m->of->overlay_count : 0;

    for (size_t i = 0; i < before + m->c->overlay_count; i++) {
        buf_printf(m->out, "%s%s", i ? ", " : "    overlays: [",
                   i < before ? m->of->overlays[i] : m->c->overlays[i - before]);
    }
    buf_puts(m->out, before + m->c->overlay_count ? "]\n" : "");
}

/* "high+quality, with 2 values and 1 left out of one's own" */
static void put_best_for(const struct maker *m)
{
    const struct profile_choice *c = m->c;
    char text[LINE_BYTES + 1];
    size_t used;

    if (m->of) {
        buf_puts(m->out, "    best_for: ");
        put_quoted(m->out, m->of->best_for);
        buf_putc(m->out, '\n');
        return;
    }
    used = (size_t)snprintf(text, sizeof text, "%s", c->profile);
    for (size_t i = 0; i < c->overlay_count && used < sizeof text; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "+%s", c->overlays[i]);
    }
    if (c->value_count && used < sizeof text) {
        used += (size_t)snprintf(text + used, sizeof text - used, ", %zu value%s changed",
                                 c->value_count, c->value_count == 1 ? "" : "s");
    }
    if (c->left_out_count && used < sizeof text) {
        snprintf(text + used, sizeof text - used, ", %zu left out", c->left_out_count);
    }
    buf_puts(m->out, "    best_for: ");
    put_quoted(m->out, text);
    buf_putc(m->out, '\n');
}

/* What a list of wishes cannot say. */
static int check(const struct profile_choice *c, struct err *err)
{
    enum { VALUE_BYTES = 200 }; /* of profile_form.c */

    for (size_t i = 0; i < c->value_count; i++) {
        const struct profile_choice_value *v = &c->values[i];

        if (strlen(v->value) > VALUE_BYTES) {
            return err_set(err, ERR_USAGE, "'%s': the value is too long for a profile",
                           v->setting->name);
        }
        if (v->setting->type == SETTING_NONE) {
            return err_set(err, ERR_USAGE, "'%s' is of a folder, and no profile has one",
                           v->setting->name);
        }
        for (size_t k = 0; k < i; k++) {
            if (c->values[k].service == v->service && c->values[k].setting == v->setting &&
                strcmp(c->values[k].value, v->value) != 0) {
                return err_set(err, ERR_USAGE,
                               "'%s' is '%s' and '%s': a profile has one value for every %s",
                               v->setting->name, c->values[k].value, v->value,
                               profile_service_words[v->service]);
            }
        }
    }
    return 0;
}

int profile_save_text(const struct profile_set *s, const struct profile_choice *c, const char *name,
                      struct buf *out, struct err *err)
{
    struct buf body;
    struct maker m = {s, c, replaced(s, c, name), &body};
    uint8_t hash[SHA256_BYTES];
    char text[SHA256_TEXT_BYTES];
    struct sha256 sum;
    bool first = true;
    int rc = profile_save_name(s, name, err);

    rc = rc == 0 ? check(c, err) : rc;
    if (rc < 0) {
        return rc;
    }
    buf_init(&body, PROFILE_SAVE_MAX_BYTES);
    buf_puts(&body, "# What was chosen on its Tuning tab; the form is told by "
                    "tunetop-profiles(5).\nprofiles:\n");
    buf_printf(&body, "  - name: \"%s\"\n", name);
    put_best_for(&m);
    const char *base = m.of ? m.of->base : c->profile;
    if (base) {
        buf_printf(&body, "    base: \"%s\"\n", base);
    } else if (m.of && m.of->level >= 0) {
        buf_printf(&body, "    level: %s\n", chip_profile_name(m.of->level));
    }
    put_overlays(&m);
    put_without(&m);
    for (int service = 0; service < PROFILE_SERVICE_COUNT; service++) {
        put_service(&m, service, &first);
    }
    sha256_init(&sum);
    sha256_add(&sum, body.data, body.size);
    sha256_end(&sum, hash);
    sha256_format(hash, text);
    buf_printf(out, "%s%s\n%s", head, text, body.data);
    if (body.truncated || out->truncated) {
        rc = err_set(err, ERR_TOO_BIG, "it is too much for one profile");
    }
    buf_release(&body);
    return rc;
}

bool profile_save_is_ours(const char *text, size_t size)
{
    const size_t begin = sizeof head - 1, line = begin + SHA256_TEXT_BYTES; /* the NUL's: newline */
    uint8_t hash[SHA256_BYTES];
    char now[SHA256_TEXT_BYTES];
    struct sha256 sum;

    if (size < line || memcmp(text, head, begin) != 0 || text[line - 1] != '\n') {
        return false;
    }
    sha256_init(&sum);
    sha256_add(&sum, text + line, size - line);
    sha256_end(&sum, hash);
    sha256_format(hash, now);
    return memcmp(text + begin, now, SHA256_TEXT_BYTES - 1) == 0;
}

/* ---------------------------------------------------------------- its file */

static int replace(struct file_target *t, const struct buf *text, struct err *err)
{
    char *there = xmalloc(PROFILE_SAVE_MAX_BYTES);
    const struct file_like like = {NEW_MODE, FILE_UID_AS_MADE, FILE_GID_AS_MADE};
    struct file_content before;
    char temp[64];
    ssize_t size = -1;
    int rc = file_target_lock(t, err);

    rc = rc == 0 ? file_target_content(t, &before, err) : rc;
    rc = rc == 0 ? file_target_read(t, there, PROFILE_SAVE_MAX_BYTES, &size, err) : rc;
    const bool other = rc == -ERR_TOO_BIG ||
                       (rc == 0 && size >= 0 && !profile_save_is_ours(there, (size_t)size));
    free(there);
    if (other) {
        err_clear(err);
        return err_set(err, ERR_STATE,
                       "'%s' was written or edited by hand: it stays as it is; take another name",
                       t->base);
    }
    if (rc == 0) {
        snprintf(temp, sizeof temp, ".tunetop-profile-%ld", (long)getpid());
        rc = file_replace(t, temp, &before, (struct file_text){text->data, text->size}, &like,
                          false, err);
    }
    return rc;
}

static int write_as_caller(const char *path, const struct buf *text, struct err *err)
{
    struct file_target t;
    int rc = file_target_open(&file_ops_real, geteuid(), path, FILE_MAY_MAKE, &t, err);

    if (rc < 0) {
        return rc;
    }
    rc = t.missing > 0 ? file_target_make_folders(&t, err) : 0;
    rc = rc == 0 ? replace(&t, text, err) : rc;
    file_target_close(&t);
    return rc;
}

int profile_save_write(const char *folder, const char *name, const struct buf *text,
                       char path[PROFILE_SAVE_PATH_BYTES], struct err *err)
{
    const int size = snprintf(path, PROFILE_SAVE_PATH_BYTES, "%s/%s.yaml", folder, name);
    int rc = size < PROFILE_SAVE_PATH_BYTES
                 ? caller_begin(err)
                 : err_set(err, ERR_TOO_BIG, "the path of the folder is too long");

    if (rc < 0) {
        return rc;
    }
    rc = write_as_caller(path, text, err);
    caller_end();
    return rc;
}
