#include "cli/text_page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "base/width.h"
#include "cli/options.h"
#include "cli/units.h"

/* Longer than any line of ours; what is longer is cut. */
enum { LINE_BYTES = 512, LEAST_WIDTH = 60 };

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

void text_blanks(struct text_page *p, int n)
{
    p->gap += n;
}

/* Up to `column`, at least two blanks. */
void text_tab(struct text_page *p, int column)
{
    const int here = p->column + p->gap;
    p->gap += column > here + 1 ? column - here : 2;
}

void text_end(struct text_page *p)
{
    buf_putc(p->out, '\n');
    p->column = 0;
    p->gap = 0;
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

    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0) {
        return 0;
    }
    return size.ws_col < LEAST_WIDTH ? LEAST_WIDTH : size.ws_col;
}

void text_wrap(struct text_page *p, enum style style, int indent, int width, const char *text)
{
    char word[LINE_BYTES];
    bool first = true;

    width = p->width > 0 && p->width < width ? p->width : width;
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
