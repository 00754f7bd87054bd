#include "tuning/plan_flag_line.h"

#include <string.h>

#include "tuning/config/splice.h"
#include "tuning/flag_line.h"
#include "tuning/image.h"

/* What holds where others fill it in; NULL: that is not known. */
static const char *value_of(const struct plan_input *in, const struct plan_place *p,
                            const struct document_entry *e, struct arena *arena)
{
    struct splice_interpolation i;

    if (!e || !e->value || !e->interpolated) {
        return e ? e->value : NULL;
    }
    return splice_interpolation(e->value, &i) ? plan_filled(in, p, &i, arena) : NULL;
}

/* Of an image that is not known the variable has to be there, and hold flags: others give the same
 * name to something else. */
static bool has_flags(const struct plan_input *in, const struct plan_place *p,
                      const struct document_entry *e, struct arena *arena)
{
    if (!e || e->kind != ENTRY_VARIABLE || !e->value) {
        return false;
    }
    const char *value = e->value[0] == '$' ? value_of(in, p, e, arena) : e->value;

    return value && value[strspn(value, " \t")] == '-';
}

static const char *variable_of(const struct plan_input *in, const struct plan_place *p,
                               struct arena *arena)
{
    const struct document_entry *e = plan_find_exactly(in, p, "image").entry;
    const char *image = e && e->kind == ENTRY_KEY ? value_of(in, p, e, arena) : NULL;
    const char *known = image_flag_variable(image);
    const char *there = NULL;

    if (known && plan_find_exactly(in, p, known).entry) {
        return known;
    }
    for (const char *const *name = image_flag_variables; *name; name++) {
        if (!image_takes_flags(image, *name) ||
            !has_flags(in, p, plan_find_exactly(in, p, *name).entry, arena)) {
            continue;
        }
        if (there) { /* which of the two is not to be told */
            return known;
        }
        there = *name;
    }
    return there ? there : known;
}

/* ${NAME} is answered from .env. */
static void filled_from_dotenv(const struct plan_input *in, const struct plan_place *p,
                               struct arena *arena, struct plan_flag_line *out)
{
    struct splice_interpolation i;

    if (p->dotenv < 0 || !splice_interpolation(out->stands.entry->value, &i)) {
        out->why = arena_printf(arena,
                                "%s is filled in by more than one plain name: change it where it "
                                "comes from",
                                out->variable);
        return;
    }
    const struct plan_source *dotenv = &in->sources[p->dotenv];

    out->source = p->dotenv;
    out->group = "";
    out->name = arena_strndup(arena, i.name, i.name_size);
    out->target = p->layer_count;
    out->never_empty = i.for_empty && i.fallback_size > 0;
    if (dotenv->err.code) {
        out->why = arena_printf(arena, "%s comes from %s, which cannot be changed: %s",
                                out->variable, dotenv->path, dotenv->err.msg);
        return;
    }
    const struct document_entry *there = document_find(&dotenv->document, "", out->name);

    out->value = plan_filled(in, p, &i, arena);
    if (!out->value && there) {
        out->why = arena_printf(arena, "%s comes from the environment of whoever starts it",
                                out->name);
    } else if (!out->value) {
        out->value = "";
    }
}

/* What its command line has in front of the variable. */
static void find_before(const struct plan_input *in, const struct plan_place *p,
                        struct arena *arena, struct plan_flag_line *out)
{
    const struct document_entry *e = plan_find_exactly(in, p, image_flag_base).entry;

    if (!e || strncmp(out->variable, "COMFY_CMDLINE_", strlen("COMFY_CMDLINE_")) != 0) {
        return;
    }
    const char *value = value_of(in, p, e, arena);
    const char *first = value ? strstr(value, " -") : NULL;

    out->before_name = image_flag_base;
    out->before = first ? first + 1 : value ? "" : NULL;
    if (!out->why && (!out->before || !flag_line_is_plain(out->before))) {
        out->why = arena_printf(arena, "%s has flags as well, and which is not for us to say",
                                image_flag_base);
        out->value = NULL;
    }
}

static void find_value(const struct plan_input *in, const struct plan_place *p, struct arena *arena,
                       struct plan_flag_line *out)
{
    const struct plan_found *f = &out->stands;
    const struct plan_tagged tagged = plan_tagged(in, p, f, ENTRY_VARIABLE, arena);
    const struct plan_layer *l = f->entry ? &p->layers[f->layer] : NULL;

    if (tagged.document) {
        out->why = arena_printf(arena, "%s stands where %s decides what counts", out->variable,
                                tagged.tag->tag);
    } else if (!f->entry) {
        out->value = "";
    } else if (!f->entry->value) {
        out->why = arena_printf(arena, "%s comes from the environment of whoever starts it",
                                out->variable);
    } else if (!f->entry->interpolated ||
               (l->kind == PLAN_LAYER_INHERITED && l->group[0] == '\0')) { /* format: raw */
        out->value = f->entry->value;
    } else if (l->kind == PLAN_LAYER_ENV_FILE) {
        out->why = arena_printf(arena, "%s in its env_file is put together from others",
                                out->variable);
    } else {
        filled_from_dotenv(in, p, arena, out);
    }
}

bool plan_flag_line(const struct plan_input *in, const struct plan_place *p, struct arena *arena,
                    struct plan_flag_line *out)
{
    const char *part;

    if (p->kind != PROFILE_COMFYUI || p->target->type != CONFIG_COMPOSE ||
        plan_line_layer(in, p, &part) != p->layer_count) {
        return false;
    }
    *out = (struct plan_flag_line){.variable = variable_of(in, p, arena)};
    if (!out->variable) {
        return false;
    }
    out->stands = plan_find_exactly(in, p, out->variable);
    out->target = plan_target(p, out->stands.layer);
    out->source = p->layers[out->target].source;
    out->group = p->layers[out->target].group;
    out->name = out->variable;
    find_value(in, p, arena, out);
    if (!out->why && (!out->value || !flag_line_is_plain(out->value))) {
        out->why = arena_printf(arena,
                                "%s holds more than plain flags: what a shell of its image makes "
                                "of it is not for us to say",
                                out->variable);
        out->value = NULL;
    }
    find_before(in, p, arena, out);
    return true;
}
