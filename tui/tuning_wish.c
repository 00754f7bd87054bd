#include "tui/tuning_wish.h"

#include <string.h>

#include "base/utf8.h"

void tuning_wish_take(struct tuning_wish *w, const char *profile)
{
    if (strcmp(w->profile, profile) == 0)
        return;
    memset(w, 0, sizeof *w);
    utf8_copy(w->profile, sizeof w->profile, profile);
}

bool tuning_wish_has_overlay(const struct tuning_wish *w, const char *name)
{
    for (size_t i = 0; i < w->overlay_count; i++)
        if (strcmp(w->overlays[i], name) == 0)
            return true;
    return false;
}

bool tuning_wish_overlay(struct tuning_wish *w, const char *name)
{
    for (size_t i = 0; i < w->overlay_count; i++) {
        if (strcmp(w->overlays[i], name) != 0)
            continue;
        memmove(w->overlays[i], w->overlays[i + 1],
                (--w->overlay_count - i) * sizeof w->overlays[0]);
        return true;
    }
    if (w->overlay_count == WISH_OVERLAYS)
        return false;
    utf8_copy(w->overlays[w->overlay_count++], sizeof w->overlays[0], name);
    return true;
}

static size_t place_left_out(const struct tuning_wish *w, const char *service, const char *setting)
{
    size_t i = 0;
    while (i < w->left_out_count && (strcmp(w->left_out[i].service, service) != 0 ||
                                     strcmp(w->left_out[i].setting, setting) != 0))
        i++;
    return i;
}

bool tuning_wish_is_left_out(const struct tuning_wish *w, const char *service, const char *setting)
{
    return place_left_out(w, service, setting) < w->left_out_count;
}

bool tuning_wish_leave_out(struct tuning_wish *w, const char *service, const char *setting)
{
    size_t i = place_left_out(w, service, setting);
    if (i < w->left_out_count) {
        w->left_out[i] = w->left_out[--w->left_out_count];
        return true;
    }
    if (w->left_out_count == WISH_LEFT_OUT)
        return false;
    utf8_copy(w->left_out[i].service, WISH_NAME, service);
    utf8_copy(w->left_out[i].setting, WISH_NAME, setting);
    w->left_out_count++;
    return true;
}

static size_t place_value(const struct tuning_wish *w, const char *service, const char *setting)
{
    size_t i = 0;
    while (i < w->value_count && (strcmp(w->values[i].service, service) != 0 ||
                                  strcmp(w->values[i].setting, setting) != 0))
        i++;
    return i;
}

const char *tuning_wish_value(const struct tuning_wish *w, const char *service, const char *setting)
{
    size_t i = place_value(w, service, setting);
    return i < w->value_count ? w->values[i].value : NULL;
}

bool tuning_wish_set(struct tuning_wish *w, const char *service, const char *setting,
                     const char *value)
{
    size_t i = place_value(w, service, setting);
    if (value == NULL) {
        if (i < w->value_count)
            w->values[i] = w->values[--w->value_count];
        return true;
    }
    if (i == WISH_VALUES)
        return false;
    utf8_copy(w->values[i].service, WISH_NAME, service);
    utf8_copy(w->values[i].setting, WISH_NAME, setting);
    utf8_copy(w->values[i].value, WISH_VALUE, value);
    w->value_count += i == w->value_count;
    return true;
}

bool tuning_wish_is_own(const struct tuning_wish *w)
{
    return w->value_count > 0 || w->left_out_count > 0;
}

const char **tuning_wish_words(const struct tuning_wish *w, const char *fits, struct arena *arena)
{
    const char **out = arena_calloc(arena, 2 + 2 * (w->value_count + w->left_out_count),
                                    sizeof *out);
    size_t n = 0;
    const char *name = arena_strdup(arena, w->profile[0] != '\0' ? w->profile : fits);
    for (size_t i = 0; i < w->overlay_count; i++)
        name = arena_printf(arena, "%s+%s", name, w->overlays[i]);
    out[n++] = name;
    for (size_t i = 0; i < w->value_count; i++) {
        const struct wish_value *v = &w->values[i];
        out[n++] = "--set";
        out[n++] = v->service[0] != '\0'
                       ? arena_printf(arena, "%s.%s=%s", v->service, v->setting, v->value)
                       : arena_printf(arena, "%s=%s", v->setting, v->value);
    }
    for (size_t i = 0; i < w->left_out_count; i++) {
        const struct wish_left_out *l = &w->left_out[i];
        out[n++] = "--without";
        out[n++] = l->setting[0] != '\0' ? arena_printf(arena, "%s.%s", l->service, l->setting)
                                         : l->service;
    }
    return out;
}
