/*
 * What a plan costs, and an apply of it: of a compose file of 2,400 lines with 60 services, of
 * which a profile changes two, and as many as can be configured.
 *
 *   plan_cost COMPOSE_FILE FOLDER     prints Markdown; 1 when a budget is missed
 *
 * Budgets: the plan in 20 ms, from reading the file to the hash; the apply without restart in 100
 * ms besides the time that the disk takes to sync, which is measured at each sync and printed. The
 * median of several rounds counts; each round writes the file of a fresh folder below FOLDER, which
 * should lie on the disk that is meant.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "tuning/apply/transaction.h"
#include "tuning/plan.h"

enum { ROUNDS = 21, PLAN_MS = 20, APPLY_MS = 100 };

struct knowledge {
    struct setting_catalog settings;
    struct profile_set profiles;
    struct chip_catalog chips;
    struct chip_machine machine;
    struct chip_answer answer;
    struct profile_query query;
    struct config config;
};

static struct file_ops timed;
static int64_t sync_ns;

static void die(const char *what, const struct err *err)
{
    fprintf(stderr, "plan_cost: %s: %s%s%s\n", what, err->where, err->where[0] ? ": " : "",
            err->msg);
    exit(2);
}

static int timed_sync(void *ctx, int fd)
{
    const int64_t begin = clock_mono_ns(&clock_real);
    const int rc = file_ops_real.sync(ctx, fd);

    sync_ns += clock_mono_ns(&clock_real) - begin;
    return rc;
}

/* `count` services of the file, by the names that they have there. */
static void configure(struct config *config, const char *folder, int count)
{
    static const char *const names[] = {"ollama", "comfyui", "webui", "cache", "llama", "worker"};
    const int kinds = sizeof names / sizeof names[0];
    static char path[4096];
    struct err err = ERR_INIT;
    struct buf text;

    buf_init(&text, (size_t)count * 200 + 100);
    buf_puts(&text, "services:\n");
    for (int i = 0; i < count; i++) {
        const char *name = names[i % kinds], *kind = i % kinds == 1 ? "comfyui" : "ollama";

        buf_printf(&text,
                   "  - {name: %s-%02d, kind: %s, url: \"http://127.0.0.1:%d\", "
                   "config: {type: compose, file: compose.yml, service: %s-%02d}}\n",
                   name, i / kinds + 1, kind, 20001 + i, name, i / kinds + 1);
    }
    snprintf(path, sizeof path, "%s/tunetop.yaml", folder);
    config_init(config);
    if (config_parse(config, path, text.data, text.size, &err) < 0) {
        die("configuration", &err);
    }
    config->path = path;
    buf_release(&text);
}

static void know(struct knowledge *k)
{
    struct err err = ERR_INIT;

    if (setting_catalog_load(&k->settings, &err) < 0 ||
        profile_set_load(&k->settings, NULL, &k->profiles, &err) < 0) {
        die("catalogs", &err);
    }
    chip_catalog_init(&k->chips);
    chip_machine_init(&k->machine);
    k->machine.memory_bytes = 64.0 * 1024 * 1024 * 1024;
    k->machine.performance = 16;
    chip_decide(&k->chips, &k->machine, &k->answer);
    profile_query_init(&k->query, &k->answer, &k->machine, 0);
}

static double plan_once(struct knowledge *k, struct plan_input *input, struct plan *plan)
{
    const struct plan_wish wish = {.profiles = &k->profiles, .profile = "high", .query = &k->query};
    const int64_t begin = clock_mono_ns(&clock_real);
    struct err err = ERR_INIT;

    plan_input_load(&k->config, k->query.hosts, NULL, NULL, input);
    if (plan_make(input, &wish, plan, &err) < 0) {
        die("plan", &err);
    }
    return (double)(clock_mono_ns(&clock_real) - begin) / 1e6;
}

static double apply_once(const struct plan *plan, const char *folder)
{
    static struct transaction_result result;
    const struct unit unit = {.name = "all"};
    const struct plan_file *f = &plan->files[0];
    const struct change change = {
        .path = f->source->path,
        .before = {f->source->document.text, f->source->document.size},
        .after = {f->text, f->size},
    };
    const struct journal_place place = {.folder = folder};
    struct journal j = {.dir = -1};
    struct err err = ERR_INIT;

    sync_ns = 0;
    const int64_t begin = clock_mono_ns(&clock_real);
    if (journal_open(&j, &timed, &place, true, &err) < 0) {
        die("journal", &err);
    }
    const struct transaction t = {
        .files = &timed,
        .journal = &j,
        .user = geteuid(),
        .kind = JOURNAL_APPLY,
        .units = &unit,
        .unit_count = 1,
        .changes = &change,
        .change_count = 1,
    };
    if (transaction_run(&t, &result, &err) < 0 || result.state != JOURNAL_APPLIED) {
        die("apply", err.code ? &err : &result.units[0].err);
    }
    journal_close(&j);
    return (double)(clock_mono_ns(&clock_real) - begin) / 1e6;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, by_size);
    return values[ROUNDS / 2];
}

/* Prints a table; false: a budget is missed. */
static bool measure(struct knowledge *k, const char *folder, const struct buf *text, int services)
{
    static struct plan_input input;
    double plans[ROUNDS], applies[ROUNDS], syncs[ROUNDS];
    char path[4096], journal[4096];
    struct err err = ERR_INIT;
    size_t changes = 0;

    configure(&k->config, folder, services);
    snprintf(path, sizeof path, "%s/compose.yml", folder);
    snprintf(journal, sizeof journal, "%s/journal", folder);
    for (int i = 0; i < ROUNDS; i++) {
        struct plan plan;

        unlink(path);
        if (file_put(path, text->data, text->size, &err) < 0) {
            die(path, &err);
        }
        plans[i] = plan_once(k, &input, &plan);
        changes = plan.change_count;
        if (plan.file_count != 1) {
            fprintf(stderr, "plan_cost: %zu files instead of one\n", plan.file_count);
            exit(2);
        }
        applies[i] = apply_once(&plan, journal);
        syncs[i] = (double)sync_ns / 1e6;
        applies[i] -= syncs[i];
        plan_release(&plan);
        plan_input_release(&input);
    }
    config_release(&k->config);
    const double plan = median(plans), apply = median(applies), sync = median(syncs);
    printf("| a compose file with 60 services, %zu changes for %d of them | ms | budget |\n"
           "| --- | --- | --- |\n",
           changes, services);
    printf("| plan | %.1f | %d |\n", plan, PLAN_MS);
    printf("| apply without restart, without syncing | %.1f | %d |\n", apply, APPLY_MS);
    printf("| syncing of it | %.1f | the disk's |\n\n", sync);
    return plan <= PLAN_MS && apply <= APPLY_MS;
}

int main(int argc, char **argv)
{
    static struct knowledge k;
    struct err err = ERR_INIT;
    struct buf text;

    if (argc != 3) {
        fprintf(stderr, "usage: plan_cost COMPOSE_FILE FOLDER\n");
        return 2;
    }
    buf_init(&text, DOCUMENT_MAX_BYTES);
    if (file_read(argv[1], &text, &err) < 0) {
        die(argv[1], &err);
    }
    timed = file_ops_real;
    timed.sync = timed_sync;
    know(&k);
    const bool few = measure(&k, argv[2], &text, 2);
    const bool many = measure(&k, argv[2], &text, CONFIG_SERVICES);
    buf_release(&text);
    chip_catalog_release(&k.chips);
    profile_set_release(&k.profiles);
    setting_catalog_release(&k.settings);
    return !few || !many;
}
