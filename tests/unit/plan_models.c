#include "tests/unit/plan_models.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

struct fit_row rows[PLAN_MODELS_ROWS];
struct fit_list list;
struct plan_models models;

const struct test_machine card_24 = {"AMD Ryzen 9", 64, .performance = 16, .card = CARD_NVIDIA,
                                     .vram_gb = 24};
const char native[] = "  - {name: ollama, kind: ollama, config: {type: env_file, file: a.env}}\n";

int plan_models_set_up(void **state)
{
    (void)state;
    list = (struct fit_list){.rows = rows};
    models = (struct plan_models){.list = &list};
    return 0;
}

void fit_on(const struct test_machine *m)
{
    on(m);
    fit_place_of(&machine, &answer, NAN, NAN, &models.place);
}

void fit_look(const char *services)
{
    look(services);
    input.models = &models;
}

struct plan_server *serve(const char *name, const char *context, const char *parallel)
{
    struct plan_server *s = &models.servers[models.server_count++];
    *s = (struct plan_server){.readable = true};
    snprintf(s->service, sizeof s->service, "%s", name);
    snprintf(s->version, sizeof s->version, "0.33.0");
    snprintf(s->context, sizeof s->context, "%s", context);
    snprintf(s->parallel, sizeof s->parallel, "%s", parallel);
    return s;
}

struct fit_row *have(const char *name, double gib, int layers)
{
    struct ollama_shape shape = {.architecture = "llama",
                                 .layers = layers,
                                 .heads = 32,
                                 .kv_heads = 8,
                                 .embedding = 4096,
                                 .feed_forward = 14336,
                                 .context = 131072,
                                 .completes = true};
    struct fit_row *r = &rows[list.count++];
    *r = (struct fit_row){.loaded_context = NAN, .loaded_bytes = NAN, .loaded_gpu_bytes = NAN};
    snprintf(r->service, sizeof r->service, "ollama");
    snprintf(r->is.name, sizeof r->is.name, "%s", name);
    r->is.size_bytes = gib * 0x1p30;
    fit_model_of(&shape, r->is.size_bytes, &r->model);
    return r;
}

struct fit_row *have_8b(void)
{
    return have("llama3.1:8b", 4.5, 32);
}

int make_of(const char *profile, const char *service, const struct plan_typed *typed, size_t count)
{
    return make_with((struct plan_wish){.profile = profile,
                                        .services = &service,
                                        .service_count = service ? 1 : 0,
                                        .typed = typed,
                                        .typed_count = count});
}

void make(const char *profile)
{
    if (make_of(profile, NULL, NULL, 0) < 0) {
        fail_msg("%s: %s", failure.where, failure.msg);
    }
}

void make_set(const char *profile, const char *name, const char *value)
{
    if (make_of(profile, NULL, &(struct plan_typed){name, value, NULL}, 1) < 0) {
        fail_msg("%s: %s", failure.where, failure.msg);
    }
}
