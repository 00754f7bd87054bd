#include "tuning/fit_list.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/number.h"
#include "base/utf8.h"

/* No request has a longer context, no server more at once: beyond that a value is a mistake. */
enum { CONTEXT_LIMIT = 100 * 1000 * 1000, PARALLEL_LIMIT = 1024 };

/* A whole number as envconfig.Var() and Uint() read it: blanks around it, then quotes, do not
 * count. -1: not set, or not one. */
static int64_t whole(const char *text, int64_t most)
{
    static const char blanks[] = " \t\r\n\v\f", quotes[] = "\"'";
    size_t size;
    uint64_t n = 0;
    text += strspn(text, blanks);
    size = strlen(text);
    while (size > 0 && strchr(blanks, text[size - 1])) {
        size--;
    }
    while (size > 0 && strchr(quotes, *text)) {
        text++;
        size--;
    }
    while (size > 0 && strchr(quotes, text[size - 1])) {
        size--;
    }
    if (number_u64(text, size, 10, &n) < 0 || n > (uint64_t)most) {
        return -1;
    }
    return (int64_t)n;
}

/* server/sched.go: these get one request at a time whatever is set, and so does what only reads. */
static bool is_alone(const struct ollama_shape *shape)
{
    static const char *const families[] = {
        "mllama", "qwen3vl", "qwen3vlmoe", "qwen35",         "qwen35moe",       "qwen3next",
        "lfm2",   "lfm2moe", "nemotron_h", "nemotron_h_moe", "nemotron_h_omni",
    };
    if (!shape) {
        return false;
    }
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (strcmp(shape->architecture, families[i]) == 0) {
            return true;
        }
    }
    return !shape->completes;
}

static void find_wish(const struct fit_server *server, int64_t own_context, bool alone,
                      const struct fit_place *place, struct fit_wish *out)
{
    const int64_t set = whole(server->context, CONTEXT_LIMIT);
    const int64_t parallel = whole(server->parallel, PARALLEL_LIMIT);
    const int64_t context = own_context > 0 ? own_context : set;
    out->context_tokens = context > 0 ? context
                                      : fit_ollama_context(server->version,
                                                           place->gpu ? place->budget.bytes : 0);
    out->parallel = parallel > 0 && !alone ? (int)parallel : 1;
    out->cache = fit_cache_of(server->cache);
}

void fit_wish_of(const struct fit_server *server, const struct ollama_shape *shape,
                 const struct fit_place *place, struct fit_wish *out)
{
    find_wish(server, shape ? shape->own_context : 0, is_alone(shape), place, out);
}

void fit_wish_again(const struct fit_server *server, const struct fit_row *row,
                    const struct fit_place *place, struct fit_wish *out)
{
    find_wish(server, row->own_context, row->alone, place, out);
}

static void add_row(struct fit_row *row, const struct fit_server *server,
                    const struct ollama_asked *m, const struct fit_place *place)
{
    *row = (struct fit_row){.is = m->is,
                            .own_context = m->shape ? m->shape->own_context : 0,
                            .alone = is_alone(m->shape),
                            .loaded_context = NAN,
                            .loaded_bytes = NAN,
                            .loaded_gpu_bytes = NAN};
    utf8_copy(row->service, sizeof row->service, server->name);
    utf8_copy(row->why, sizeof row->why, m->why);
    if (m->shape) {
        utf8_copy(row->architecture, sizeof row->architecture, m->shape->architecture);
    }
    fit_model_of(m->shape, m->is.size_bytes, &row->model);
    if (row->model.context == 0) {
        row->model.context = m->is.context;
    }
    fit_wish_of(server, m->shape, place, &row->wish);
    fit_model_judge(&row->model, &row->wish, place, &row->result);
}

void fit_list_add(struct fit_list *list, const struct fit_server *server,
                  const struct ollama_models *models, const struct fit_place *place)
{
    list->left_out += models->left_out;
    if (models->count == 0) {
        return;
    }
    list->rows = xreallocarray(list->rows, list->count + models->count, sizeof *list->rows);
    for (size_t i = 0; i < models->count; i++) {
        add_row(&list->rows[list->count++], server, &models->list[i], place);
    }
}

void fit_list_release(struct fit_list *list)
{
    free(list->rows);
    *list = (struct fit_list){.count = 0};
}
