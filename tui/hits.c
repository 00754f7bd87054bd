#include "tui/hits.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Beyond any page: rows of the largest window, each with a name. */
enum { HITS_MOST = 8192, IDS_MOST = 1 << 20 };

void hits_init(struct hits *h)
{
    memset(h, 0, sizeof *h);
    buf_init(&h->ids, IDS_MOST);
}

void hits_release(struct hits *h)
{
    free(h->items);
    buf_release(&h->ids);
    memset(h, 0, sizeof *h);
}

void hits_clear(struct hits *h)
{
    h->count = 0;
    buf_clear(&h->ids);
}

static struct hit *add(struct surface *s, struct rect at, enum hit_kind kind)
{
    const struct rect whole = {0, 0, s->width, s->height};
    struct hits *h = s->hits;
    if (h == NULL || h->count == HITS_MOST)
        return NULL;
    at = rect_intersect(at, whole);
    if (at.w <= 0 || at.h <= 0)
        return NULL;
    if (h->count == h->room) {
        h->room = h->room > 0 ? 2 * h->room : 32;
        h->items = xreallocarray(h->items, h->room, sizeof *h->items);
    }
    struct hit *hit = &h->items[h->count++];
    *hit = (struct hit){.at = {at.x + s->hit_x, at.y + s->hit_y, at.w, at.h}, .kind = kind};
    return hit;
}

void hit_action(struct surface *s, struct rect at, enum action action)
{
    struct hit *hit = add(s, at, HIT_ACTION);
    if (hit != NULL)
        hit->value = action;
}

void hit_key(struct surface *s, struct rect at, uint32_t key)
{
    struct hit *hit = add(s, at, HIT_KEY);
    if (hit != NULL)
        hit->value = key;
}

void hit_row(struct surface *s, struct rect at, enum hit_list list, const char *id, int64_t a,
             int64_t b)
{
    struct hit *hit = add(s, at, HIT_ROW);
    if (hit == NULL)
        return;
    hit->list = list;
    hit->a = a;
    hit->b = b;
    hit->id = s->hits->ids.size;
    buf_puts(&s->hits->ids, id);
    buf_putc(&s->hits->ids, '\0');
}

void hit_selected(struct surface *s)
{
    if (s->hits != NULL && s->hits->count > 0)
        s->hits->items[s->hits->count - 1].selected = true;
}

void hit_details(struct surface *s, struct rect at)
{
    add(s, at, HIT_DETAILS);
}

void hit_nothing(struct surface *s, struct rect at)
{
    add(s, at, HIT_NOTHING);
}

void hit_cover(struct surface *s)
{
    hit_nothing(s, (struct rect){0, 0, s->width, s->height});
}

const struct hit *hits_at(const struct hits *h, int x, int y)
{
    for (size_t i = h->count; i > 0; i--) {
        const struct hit *hit = &h->items[i - 1];
        if (x >= hit->at.x && x - hit->at.x < hit->at.w && y >= hit->at.y &&
            y - hit->at.y < hit->at.h)
            return hit;
    }
    return NULL;
}

const char *hits_id(const struct hits *h, const struct hit *hit)
{
    return hit->kind == HIT_ROW && hit->id < h->ids.size ? h->ids.data + hit->id : "";
}
