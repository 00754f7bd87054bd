/*
 * What the rows of the silicon part share: how a row begins, how a value or its absence is written,
 * its strip, a bar of shares. For view_silicon.c, view_cpu.c, view_gpu.c, view_memory.c and
 * view_devices.c.
 */
#ifndef TUI_SILICON_H
#define TUI_SILICON_H

#include "tui/page.h"

bool silicon_has(const struct page *p, enum metric_host id, double *out, bool *stale);
/* Whether the page has a column of it. */
bool silicon_measured(const struct page *p, int series);
/* A row with its label, up to the strip and its ceiling. */
struct line silicon_row(struct page *p, int y, const char *label);
/* "-   a virtual machine does not show it": why there is no value. */
void silicon_missing(struct line *l, const char *why);
const char *silicon_source_reason(const struct page *p, enum source_id id);
/* Why this value is missing; its source's reason where it has none of its own. */
const char *silicon_value_reason(const struct page *p, const struct reading *r, enum source_id id);
void silicon_strip(struct page *p, const struct layout_block *b, int series, double ceiling,
                   enum role role, const char *label);
void silicon_ceiling(struct page *p, const struct layout_block *b, const char *text);
void silicon_percent(struct page *p, struct line *l, const struct reading *r);
void silicon_ghz(struct page *p, struct line *l, const struct reading *r, bool unit);

/* One share of a whole now. */
struct silicon_part {
    const char *name;
    double bytes;
    enum glyph glyph;
    enum role role;
    bool rest; /* takes the rounding of those before it, so that they sum to what is shown */
};
enum { SILICON_PARTS = 8 };
/* The largest first. */
void silicon_sort(struct silicon_part *parts, int count);
void silicon_bar(struct page *p, int y, double total, const struct silicon_part *parts, int count);
void silicon_legend(struct page *p, int y, const struct silicon_part *parts, int count);

void silicon_draw_gpu(struct page *p); /* view_gpu.c */
bool silicon_gpu_has_memory(const struct page *p, uint32_t card);
void silicon_draw_cpu(struct page *p);     /* view_cpu.c */
void silicon_draw_memory(struct page *p);  /* view_memory.c */
void silicon_draw_thermal(struct page *p); /* view_devices.c */
void silicon_draw_power(struct page *p);
void silicon_draw_disk(struct page *p);

#endif
