#include "tuning/plan_choice.h"

#include <string.h>

#include "base/nearest.h"
#include "tuning/plan_layers.h"

static const char *machine_word(void)
{
    return profile_service_words[PROFILE_SYSTEM];
}

/* ---------------------------------------------------------------- names */

static bool is_place(const struct plan_input *in, const char *name, size_t size)
{
    for (size_t i = 0; i < in->place_count; i++) {
        if (strlen(in->places[i].service) == size &&
            memcmp(in->places[i].service, name, size) == 0) {
            return true;
        }
    }
    return false;
}

bool planner_is_machine(const struct plan_input *in, const char *service)
{
    return strcmp(service, machine_word()) == 0 && !is_place(in, service, strlen(service));
}

static bool is_machine_word(const char *name, size_t size)
{
    return strlen(machine_word()) == size && memcmp(machine_word(), name, size) == 0;
}

static bool is_kind(const struct plan_input *in, const char *name, size_t size)
{
    for (size_t i = 0; i < in->place_count; i++) {
        const char *word = in->places[i].kind >= 0 ? profile_service_words[in->places[i].kind] : "";

        if (strlen(word) == size && memcmp(word, name, size) == 0) {
            return true;
        }
    }
    return false;
}

static const struct setting *setting_of(const struct setting_catalog *c, const char *name)
{
    const char *nearest;

    return setting_find(c, name, &nearest);
}

/* Parts "SERVICE.SETTING" behind a service that is here: names of both may hold dots, and where
 * more than one dot could part them it is the one behind which a setting stands. NULL: there is no
 * such service before a dot. */
static const char *behind_service(const struct plan_input *in, const struct setting_catalog *c,
                                  const char *text, bool kinds)
{
    const char *found = NULL;

    for (const char *dot = strchr(text, '.'); dot; dot = strchr(dot + 1, '.')) {
        const size_t size = (size_t)(dot - text);

        if (dot[1] && (is_place(in, text, size) || is_machine_word(text, size) ||
                       (kinds && is_kind(in, text, size)))) {
            if (setting_of(c, dot + 1)) {
                return dot + 1;
            }
            found = found ? found : dot + 1;
        }
    }
    return found && !setting_of(c, text) ? found : NULL;
}

/* ---------------------------------------------------------------- as they are typed */

int plan_choice_typed(const struct plan_input *in, const struct setting_catalog *c,
                      const char *text, struct arena *arena, struct plan_typed *out,
                      struct err *err)
{
    const char *equals = strchr(text, '=');

    if (!equals || equals == text) {
        return err_set(err, ERR_USAGE, "'--set' takes SETTING=VALUE, not '%s'", text);
    }
    const char *name = arena_strndup(arena, text, (size_t)(equals - text));
    const char *rest = behind_service(in, c, name, false);
    const struct setting *of = setting_of(c, rest ? rest : name);

    /* However it is typed: settings of the machine are known by their own spelling alone. */
    *out = (struct plan_typed){
        .name = of     ? of->name
                : rest ? rest
                       : name,
        .value = equals + 1,
        .service = rest ? arena_strndup(arena, name, (size_t)(rest - name) - 1) : NULL};
    return 0;
}

static int refuse_name(const struct plan_input *in, const char *text, const char *setting,
                       const char *nearest, struct err *err)
{
    const char *names[PLAN_PLACES + PROFILE_SERVICE_COUNT] = {NULL};
    size_t count = 0;

    for (size_t i = 0; setting == text && i < in->place_count; i++) {
        names[count++] = in->places[i].service;
    }
    for (size_t i = 0; setting == text && i < PROFILE_SERVICE_COUNT; i++) {
        names[count++] = profile_service_words[i];
    }
    const char *near = nearest_name(setting, names, count);
    near = near ? near : nearest;
    return err_set(err, ERR_USAGE, "%s is called '%s'%s%s%s",
                   setting == text ? "neither a service nor a setting" : "no setting", setting,
                   near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int plan_choice_left_out(const struct plan_input *in, const struct setting_catalog *c,
                         const char *text, struct arena *arena, struct plan_left_out *out,
                         struct err *err)
{
    const size_t size = strlen(text);
    const char *rest = NULL, *nearest = NULL;

    if (is_place(in, text, size) || is_kind(in, text, size) || is_machine_word(text, size)) {
        *out = (struct plan_left_out){.service = arena_strdup(arena, text)};
        return 0;
    }
    rest = behind_service(in, c, text, true);
    const struct setting *s = setting_find(c, rest ? rest : text, &nearest);
    if (!s) {
        return refuse_name(in, text, rest ? rest : text, nearest, err);
    }
    *out = (struct plan_left_out){
        .service = rest ? arena_strndup(arena, text, (size_t)(rest - text) - 1) : NULL,
        .setting = s->name};
    return 0;
}

/* ---------------------------------------------------------------- what is left out */

static bool is_of(const struct plan_left_out *l, const struct plan_place *p)
{
    return !l->service || strcmp(l->service, p->service) == 0 ||
           (p->kind >= 0 && strcmp(l->service, profile_service_words[p->kind]) == 0);
}

bool planner_leaves_out(const struct plan_wish *wish, const struct plan_place *p)
{
    for (size_t i = 0; i < wish->left_out_count; i++) {
        if (!wish->left_out[i].setting && is_of(&wish->left_out[i], p)) {
            return true;
        }
    }
    return false;
}

bool planner_leaves_out_setting(const struct plan_wish *wish, const struct plan_place *p,
                                const struct setting *s)
{
    const char *other = s ? plan_synonym(s->name) : NULL;

    for (size_t i = 0; s && i < wish->left_out_count; i++) {
        const struct plan_left_out *l = &wish->left_out[i];

        if (l->setting && is_of(l, p) &&
            (strcmp(l->setting, s->name) == 0 || (other && strcmp(l->setting, other) == 0))) {
            return true;
        }
    }
    return false;
}

void planner_skip_left_out(struct planner *p, const struct wanted *w)
{
    planner_skip(p, w, "left out", NULL, false);
    p->out->skipped[p->out->skipped_count - 1].left_out = true;
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

int planner_check_left_out(const struct plan_wish *wish, struct err *err)
{
    for (size_t i = 0; i < wish->left_out_count; i++) {
        const struct plan_left_out *l = &wish->left_out[i];

        for (size_t k = 0; !l->setting && k < wish->service_count; k++) {
            if (strcmp(wish->services[k], l->service) == 0) {
                return err_set(err, ERR_USAGE,
                               "'%s' is chosen with -s and left out with --without: it is one or "
                               "the other",
                               l->service);
            }
        }
        for (size_t k = 0; k < wish->typed_count; k++) {
            const struct plan_typed *t = &wish->typed[k];
            const struct setting *s = setting_of(wish->profiles->catalog, t->name);

            if (l->setting ? s && strcmp(s->name, l->setting) == 0 &&
                                 (same(l->service, t->service) || !l->service || !t->service)
                           : same(l->service, t->service)) {
                return err_set(err, ERR_USAGE,
                               "'%s' is set and left out with --without '%s%s%s': it is one or "
                               "the other",
                               t->name, l->service ? l->service : "",
                               l->service && l->setting ? "." : "", l->setting ? l->setting : "");
            }
        }
    }
    return 0;
}
