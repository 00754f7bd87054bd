#include "tuning/control/texts.h"

#include <string.h>

#include "base/utf8.h"

void texts_add(struct texts *t, const char *text)
{
    if (t->count + 1 >= t->room) {
        size_t room = t->room == 0 ? 8 : t->room * 2;
        const char **larger = arena_calloc(t->arena, room, sizeof(*larger));

        if (t->count > 0) {
            memcpy(larger, t->of, t->count * sizeof(*larger));
        }
        t->of = larger;
        t->room = room;
    }
    t->of[t->count++] = text;
    t->of[t->count] = NULL;
}

const char *text_clean(struct arena *arena, struct span text)
{
    /* An invalid byte becomes U+FFFD, three bytes. */
    size_t room = text.size * 3 + 1;
    char *clean = arena_alloc(arena, room);

    utf8_sanitise(text.at, text.size, clean, room, NULL);
    return clean;
}

const char *text_or_null(struct arena *arena, struct span text)
{
    const char *clean = text.size == 0 ? "" : text_clean(arena, text);

    return clean[0] == '\0' ? NULL : clean;
}

const char *text_path(struct arena *arena, struct span text)
{
    const char *clean = text_or_null(arena, text);

    return clean != NULL && clean[0] == '/' && span_is(text, clean) ? clean : NULL;
}
