#include "tui/prompt.h"

#include <string.h>

#include "base/utf8.h"
#include "base/width.h"
#include "tui/action.h"

void prompt_set(struct prompt *p, const char *text)
{
    utf8_copy(p->text, sizeof p->text, text);
    p->size = p->cursor = strlen(p->text);
}

static size_t after(const struct prompt *p, size_t at)
{
    size_t len = 0;
    bool valid;
    if (at < p->size)
        utf8_decode(p->text + at, p->size - at, &len, &valid);
    return at + len;
}

static size_t before(const struct prompt *p, size_t at)
{
    while (at > 0 && ((unsigned char)p->text[--at] & 0xC0) == 0x80) {
    }
    return at;
}

static void cut(struct prompt *p, size_t from, size_t to)
{
    memmove(p->text + from, p->text + to, p->size - to + 1);
    p->size -= to - from;
    p->cursor = from;
    p->history_at = p->history_count;
}

static void insert(struct prompt *p, uint32_t rune)
{
    char raw[4], clean[8];
    size_t n = utf8_sanitise(raw, utf8_encode(rune, raw), clean, sizeof clean, NULL);
    if (n == 0 || p->size + n >= sizeof p->text)
        return;
    memmove(p->text + p->cursor + n, p->text + p->cursor, p->size - p->cursor + 1);
    memcpy(p->text + p->cursor, clean, n);
    p->size += n;
    p->cursor += n;
    p->history_at = p->history_count;
}

static void recall(struct prompt *p, int by)
{
    int at = p->history_at + by;
    if (at < 0 || at > p->history_count)
        return;
    if (p->history_at == p->history_count)
        utf8_copy(p->draft, sizeof p->draft, p->text);
    prompt_set(p, at == p->history_count ? p->draft : p->history[at]);
    p->history_at = at;
}

bool prompt_key(struct prompt *p, uint32_t key)
{
    switch (key) {
    case KEYCODE_LEFT:
        p->cursor = before(p, p->cursor);
        return true;
    case KEYCODE_RIGHT:
        p->cursor = after(p, p->cursor);
        return true;
    case KEYCODE_HOME:
    case KEYCODE_CTRL_BASE + 'a':
        p->cursor = 0;
        return true;
    case KEYCODE_END:
    case KEYCODE_CTRL_BASE + 'e':
        p->cursor = p->size;
        return true;
    case KEYCODE_BACKSPACE:
        cut(p, before(p, p->cursor), p->cursor);
        return true;
    case KEYCODE_DELETE:
        cut(p, p->cursor, after(p, p->cursor));
        return true;
    case KEYCODE_CTRL_BASE + 'u':
        cut(p, 0, p->cursor);
        return true;
    case KEYCODE_UP:
        recall(p, -1);
        return true;
    case KEYCODE_DOWN:
        recall(p, 1);
        return true;
    default:
        if (key < ' ' || key >= KEYCODE_BASE)
            return false;
        insert(p, key);
        return true;
    }
}

void prompt_remember(struct prompt *p)
{
    bool known = p->history_count > 0 && strcmp(p->history[p->history_count - 1], p->text) == 0;
    if (p->size > 0 && !known) {
        if (p->history_count == PROMPT_HISTORY) {
            memmove(p->history[0], p->history[1], sizeof p->history - sizeof p->history[0]);
            p->history_count--;
        }
        utf8_copy(p->history[p->history_count++], PROMPT_BYTES, p->text);
    }
    p->history_at = p->history_count;
}

void prompt_draw(const struct prompt *p, struct line *l)
{
    char part[PROMPT_BYTES];
    size_t from = 0;
    int room = l->end - l->x - 1; /* one column is the cursor's at the end of the text */
    for (;; from = after(p, from)) {
        memcpy(part, p->text + from, p->cursor - from);
        part[p->cursor - from] = '\0';
        if (from >= p->cursor || width_of_text(part) <= room)
            break;
    }
    line_put(l, ROLE_TEXT, "%s", part);
    size_t next = after(p, p->cursor);
    memcpy(part, p->text + p->cursor, next - p->cursor);
    part[next - p->cursor] = '\0';
    line_put(l, ROLE_SELECTION, "%s", part[0] != '\0' ? part : " ");
    line_put(l, ROLE_TEXT, "%s", p->text + next);
}
