#include "cli/text_page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/number.h"
#include "base/utf8.h"
#include "base/width.h"
#include "cli/options.h"
#include "cli/units.h"

/* Longer than any line of ours; what is longer is cut. */
enum { LINE_BYTES = 512, LEAST_WIDTH = 40, USUAL_WIDTH = 80, MOST_WIDTH = 4096 };

/* Attributes and the terminal's own 16 colours, which every theme makes readable. */
static const char *const style_code[STYLE_COUNT] = {
    [STYLE_TITLE] = "1", [STYLE_DIM] = "2",     [STYLE_OK] = "32",
    [STYLE_WARN] = "33", [STYLE_CRIT] = "1;31",
};

bool text_wants_color(int choice)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (choice != COLOR_AUTO) {
        return choice == COLOR_ALWAYS;
    }
    return isatty(STDOUT_FILENO) && !(no_color && *no_color) && term && *term &&
           strcmp(term, "dumb") != 0;
}

void text_put(struct text_page *p, enum style style, const char *text)
{
    if (!*text) {
        return;
    }
    buf_printf(p->out, "%*s", p->gap, "");
    p->column += p->gap + width_of_text(text);
    p->gap = 0;
    if (p->color && style_code[style]) {
        buf_printf(p->out, "\033[%sm%s\033[0m", style_code[style], text);
    } else {
        buf_puts(p->out, text);
    }
}

void text_putf(struct text_page *p, enum style style, const char *fmt, ...)
{
    char text[LINE_BYTES];
    char clean[LINE_BYTES];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    text_put(p, style,
             utf8_copy(clean, sizeof clean, text)); /* a cut text ends with a whole character */
}

static char *clean_of(const char *text)
{
    /* A byte that is none of UTF-8 becomes a replacement character: 3 bytes. */
    const size_t size = strlen(text), room = 3 * size + 1;
    char *clean = xmalloc(room);

    utf8_sanitise(text, size, clean, room, NULL);
    return clean;
}

void text_put_clean(struct text_page *p, enum style style, const char *text)
{
    autofree char *clean = clean_of(text);

    text_put(p, style, clean);
}

int text_clean_width(const char *text)
{
    autofree char *clean = clean_of(text);

    return width_of_text(clean);
}

void text_blanks(struct text_page *p, int n)
{
    p->gap += n;
}

/* Up to `column`, at least two blanks. */
void text_tab(struct text_page *p, int column)
{
    const int here = p->column + p->gap;
    p->gap += column > here + 1 ? column - here : 2;
    /* The first columns are short: a label, a service. Below a far one there would be no room. */
    if (p->column + p->gap <= p->width / 3) {
        p->hang = p->column + p->gap;
    }
}

int text_limit(const struct text_page *p, int width)
{
    return p->width > 0 && p->width < width ? p->width : width;
}

void text_tab_for(struct text_page *p, int column, int columns, int indent)
{
    const int here = p->column + p->gap;

    if (p->width == 0 || (column > here + 1 ? column : here + 2) + columns <= p->width) {
        text_tab(p, column);
    } else if (here + 2 + columns <= p->width) {
        text_blanks(p, 2);
    } else {
        text_end(p);
        text_blanks(p, indent);
    }
}

/* The bytes at `at` that are not to be parted, or blanks, or what sets a style. */
static size_t piece_size(const char *at)
{
    if (*at == '\033') {
        const size_t size = strcspn(at, "m");
        return size + (at[size] == 'm');
    }
    return *at == ' ' ? strspn(at, " ") : strcspn(at, " \033");
}

/* The columns of the word that begins at `at`, and its bytes: styles within it take none. */
static int word_columns(const char *at, size_t *size)
{
    int columns = 0;

    for (*size = 0; at[*size] && at[*size] != ' ';) {
        const size_t n = piece_size(at + *size);

        if (at[*size] != '\033') {
            char text[LINE_BYTES];

            snprintf(text, sizeof text, "%.*s", (int)(n < sizeof text ? n : sizeof text - 1),
                     at + *size);
            columns += width_of_text(text);
        }
        *size += n;
    }
    return columns;
}

/* The columns of the words from `at` on that one blank parts: "0.0 MiB/s". */
static int phrase_columns(const char *at)
{
    int columns = 0;

    for (;;) {
        size_t bytes;

        columns += word_columns(at, &bytes);
        at += bytes;
        if (at[0] != ' ' || at[1] == ' ' || at[1] == '\0') {
            return columns;
        }
        at++;
        columns++;
    }
}

/* Writes the line that ends here once more, no longer than the terminal is wide: broken where its
 * columns are parted, or else between words. */
static void break_line(struct text_page *p)
{
    const size_t size = p->out->size - p->start;
    autofree char *line = xmalloc(size + 1);
    const int first = (int)strspn(p->out->data + p->start, " ");
    int hang = p->hang > first ? p->hang : first + 2, column = 0;

    memcpy(line, p->out->data + p->start, size + 1);
    p->out->size = p->start;
    hang = hang > p->width / 2 ? 2 : hang;
    for (const char *at = line; *at;) {
        const int gap = (int)strspn(at, " ");
        size_t bytes;
        const int columns = word_columns(at + gap, &bytes);
        int wanted = columns;

        if (gap > 1) {
            const int phrase = phrase_columns(at + gap);
            wanted = hang + phrase <= p->width ? phrase : columns;
        }
        if (columns > 0 && column > hang && column + gap + wanted > p->width) {
            buf_printf(p->out, "\n%*s", hang, "");
            column = hang;
        } else {
            buf_printf(p->out, "%*s", gap, "");
            column += gap;
        }
        buf_add(p->out, at + gap, bytes);
        column += columns;
        at += (size_t)gap + bytes;
    }
}

void text_end_whole(struct text_page *p)
{
    buf_putc(p->out, '\n');
    p->start = p->out->size;
    p->column = 0;
    p->gap = 0;
    p->hang = 0;
}

void text_end(struct text_page *p)
{
    if (p->width > 0 && p->column > p->width && !p->out->truncated) {
        break_line(p);
    }
    text_end_whole(p);
}

/* Right-aligned in `columns`. */
void text_right(struct text_page *p, enum style style, int columns, const char *text)
{
    const int width = width_of_text(text);
    text_blanks(p, width < columns ? columns - width : 0);
    text_put(p, style, text);
}

int text_terminal_width(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    uint64_t width = 0;

    if (!isatty(STDOUT_FILENO)) {
        return 0;
    }
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        width = size.ws_col;
    } else if (!columns || number_u64(columns, strlen(columns), 10, &width) < 0 || width == 0) {
        width = USUAL_WIDTH;
    }
    return width < LEAST_WIDTH ? LEAST_WIDTH : width > MOST_WIDTH ? MOST_WIDTH : (int)width;
}

void text_wrap(struct text_page *p, enum style style, int indent, int width, const char *text)
{
    char word[LINE_BYTES];
    bool first = true;

    width = text_limit(p, width);
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        const size_t size = strcspn(text, " ");
        snprintf(word, sizeof word, "%.*s", (int)(size < sizeof word ? size : sizeof word - 1),
                 text);
        if (!first && p->column + 1 + width_of_text(word) > width) {
            text_end(p);
            text_blanks(p, indent);
        } else if (!first) {
            text_blanks(p, 1);
        }
        p->hang = indent;
        text_put(p, style, word);
        first = false;
        text += size;
    }
}

/* value / divisor with a unit, or a dash. A stale one stands in brackets. */
void text_value(const struct reading *r, double divisor, int decimals, char *out, size_t size)
{
    double v = 0;
    if (!reading_get(r, &v)) {
        snprintf(out, size, "-");
    } else {
        snprintf(out, size, reading_is_stale(r) ? "(%.*f)" : "%.*f", decimals, v / divisor);
    }
}

/* "load 3.10": a word and a number, left out when there is none. Returns whether it was there. */
bool text_reading(struct text_page *p, const char *word, const struct reading *r, double divisor,
                  int decimals, const char *unit)
{
    char text[64];
    double v = 0;
    if (!reading_get(r, &v)) {
        return false;
    }
    text_value(r, divisor, decimals, text, sizeof text);
    if (*word) {
        text_put(p, STYLE_DIM, word);
        text_blanks(p, 1);
    }
    text_put(p, STYLE_TEXT, text);
    if (*unit) {
        text_blanks(p, 1);
        text_put(p, STYLE_DIM, unit);
    }
    text_blanks(p, 3);
    return true;
}

enum style text_state_style(int state)
{
    switch (state) {
    case SERVICE_UP:
        return STYLE_OK;
    case SERVICE_STUCK:
    case SERVICE_ERROR:
        return STYLE_CRIT;
    case SERVICE_BUSY:
    case SERVICE_STARTING:
        return STYLE_WARN;
    default:
        return STYLE_DIM;
    }
}

void text_count(struct text_page *p, const char *word, const struct reading *r, bool estimate)
{
    char text[64], cell[72];
    double v = 0;
    text_value(r, 1, 0, text, sizeof text);
    snprintf(cell, sizeof cell, "%s%s",
             estimate && reading_get(r, &v) ? (p->ascii ? "~" : "\u2248") : "", text);
    text_put(p, STYLE_DIM, word);
    text_right(p, STYLE_TEXT, 4, cell);
    text_blanks(p, 3);
}

void text_model(struct text_page *p, int64_t now_wall_ns, const struct service_model_facts *l,
                int indent, int name_columns)
{
    double size = 0, gpu = 0;
    text_blanks(p, indent);
    text_put(p, STYLE_TEXT, l->name);
    text_tab(p, indent + name_columns + 3);
    text_reading(p, "", &l->v[METRIC_MODEL_SIZE], UNITS_GIB, 1, "GiB");
    if (reading_get(&l->v[METRIC_MODEL_SIZE], &size) &&
        reading_get(&l->v[METRIC_MODEL_GPU], &gpu) && size > 0) {
        text_putf(p, STYLE_TEXT, "%.0f", gpu / size * 100);
        text_put(p, STYLE_DIM, " % GPU");
        text_blanks(p, 3);
    }
    if (*l->quantization) {
        text_put(p, STYLE_TEXT, l->quantization);
        text_blanks(p, 3);
    }
    text_reading(p, "context", &l->v[METRIC_MODEL_CONTEXT], 1, 0, "");
    if (l->keep_loaded) {
        text_put(p, STYLE_DIM, "stays loaded");
    } else if (l->unload_wall_ns) {
        struct buf b;
        buf_init(&b, 64);
        units_add_duration(&b, (double)(l->unload_wall_ns - now_wall_ns) / (double)NS_PER_S);
        text_put(p, STYLE_DIM, "unloads in ");
        text_put(p, STYLE_TEXT, b.data);
        buf_release(&b);
    }
    text_end(p);
}

int text_model_columns(const struct service_facts *f)
{
    int longest = 0;
    for (size_t i = 0; i < f->model_count; i++) {
        const int width = width_of_text(f->models[i].name);
        longest = width > longest ? width : longest;
    }
    return longest;
}
