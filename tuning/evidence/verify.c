#include "tuning/evidence/verify.h"

#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "sampling/process.h"
#include "tuning/locate/locate.h"

/* When what the file holds came there: its text, or the file under this name (an undo puts back one
 * that is older than the process). 0: it is not there. */
static int64_t changed_wall_ns(const char *path)
{
    struct stat st;

    if (!path || stat(path, &st) < 0) {
        return 0;
    }
#ifdef __APPLE__
    const struct timespec modified = st.st_mtimespec, changed = st.st_ctimespec;
#else
    const struct timespec modified = st.st_mtim, changed = st.st_ctim;
#endif
    const int64_t m = (int64_t)modified.tv_sec * NS_PER_S + modified.tv_nsec;
    const int64_t c = (int64_t)changed.tv_sec * NS_PER_S + changed.tv_nsec;
    /* Anybody may give a file a time to come: no process would ever be younger. */
    return c > m || m > clock_wall_ns(&clock_real) ? c : m;
}

static int64_t newer(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t later(const struct plan_input *in, int source, int64_t than)
{
    return newer(source >= 0 ? changed_wall_ns(in->sources[source].real_path) : 0, than);
}

static int64_t file_wall_ns(const struct plan_input *in, const struct plan_place *p)
{
    int64_t newest = later(in, p->dotenv, later(in, p->source, 0));

    for (size_t i = 0; i < p->layer_count; i++) {
        newest = later(in, p->layers[i].source, newest);
    }
    if (p->unit) { /* what counts more than ours */
        for (size_t i = p->unit->own + 1; i < p->unit->count; i++) {
            newest = newer(changed_wall_ns(p->unit->parts[i].path), newest);
        }
        for (size_t i = 0; i < p->unit->env_file_count; i++) {
            newest = newer(changed_wall_ns(p->unit->env_files[i].path), newest);
        }
    }
    return newest;
}

static const struct control_target *target_of(const struct plan_place *p)
{
    const struct control_target *t = p->location ? &p->location->control : NULL;

    return t && t->type != CONTROL_NONE ? t : NULL;
}

static bool is_wished(const struct plan *plan, const char *service)
{
    for (size_t i = 0; i < plan->row_count; i++) {
        if (strcmp(plan->rows[i].service, service) == 0) {
            return true;
        }
    }
    return false;
}

static struct evidence *gather(const struct verify_of *of, const struct plan_place *p,
                               const struct service_facts *f, struct process_table *processes)
{
    return evidence_gather(&(struct evidence_of){
        .facts = f,
        .catalog = of->catalog,
        .configured = config_service_find(of->config, p->service),
        .control = target_of(p),
        .world = of->world,
        .processes = processes,
        .not_before_wall_ns = of->not_before_wall_ns,
        .deadline_ns = of->deadline_ns,
        .only_process = of->only_process,
    });
}

/* ---------------------------------------------------------------- who waits for a restart alone */

static bool is_changed(const struct plan *plan, const char *service)
{
    for (size_t i = 0; i < plan->change_count; i++) {
        if (strcmp(plan->changes[i].service, service) == 0) {
            return true;
        }
    }
    return false;
}

/* Its process may be older than its files: surely not, when it is known to have begun after them.
 */
static bool may_be_older(const struct plan_input *in, const struct plan_place *p,
                         const struct service_facts *f)
{
    const int64_t started = f->pid > 0 ? f->started_wall_ns : 0, file = file_wall_ns(in, p);

    return file > 0 && (started <= 0 || file > started + EVIDENCE_SLACK_NS);
}

static bool waits_for_restart(const struct verify_of *of, const struct plan_input *in,
                              const struct plan_place *p, struct evidence *evidence)
{
    const struct verify_service service = {
        .name = p->service, .evidence = evidence, .file_wall_ns = file_wall_ns(in, p)};
    bool found = false;

    for (size_t i = 0; i < of->plan->row_count && !found; i++) {
        const struct plan_row *r = &of->plan->rows[i];
        struct verify_row row;

        if (strcmp(r->service, p->service) == 0) {
            verify_row_judge(r, &service, &row);
            found = row.verdict == VERIFY_RESTART_NEEDED;
        }
    }
    return found;
}

size_t verify_mark_older(const struct verify_of *of, struct plan_input *in)
{
    struct reader *reader = NULL;
    struct process_table *processes = NULL;
    size_t count = 0;

    for (size_t i = 0; i < in->place_count; i++) {
        struct plan_place *p = &in->places[i];
        const struct service_facts *f = model_facts_find(of->now, p->service);
        struct err err = ERR_INIT;

        p->older = false;
        if (!f || f->state == SERVICE_DOWN || !p->managed || p->err.code ||
            !is_wished(of->plan, p->service) || is_changed(of->plan, p->service) ||
            !may_be_older(in, p, f)) {
            continue;
        }
        if (!reader) {
            reader = reader_new_kernel();
            processes = process_table_new(reader);
            (void)process_table_scan(processes, clock_mono_ns(&clock_real), 0, &err);
        }
        struct evidence *evidence = gather(of, p, f, processes);
        p->older = waits_for_restart(of, in, p, evidence);
        count += p->older;
        evidence_free(evidence);
    }
    if (reader) {
        process_table_free(processes);
        reader_free(reader);
    }
    return count;
}

/* ---------------------------------------------------------------- all of it */

void verify_run(const struct verify_of *of, struct verify *out)
{
    struct reader *reader = reader_new_kernel();
    struct process_table *processes = process_table_new(reader);
    struct err err = ERR_INIT;

    memset(out, 0, sizeof *out);
    (void)process_table_scan(processes, clock_mono_ns(&clock_real), 0, &err);
    for (size_t i = 0; i < of->in->place_count; i++) {
        const struct plan_place *p = &of->in->places[i];
        const struct service_facts *f = model_facts_find(of->now, p->service);

        if (!is_wished(of->plan, p->service)) {
            continue;
        }
        struct verify_service *s = &out->services[out->count++];
        *s = (struct verify_service){.name = p->service,
                                     .file_wall_ns = file_wall_ns(of->in, p),
                                     .why_not = "it does not run"};
        if (!f || f->state == SERVICE_DOWN) {
            s->why_not = !of->now ? "nothing of it could be measured"
                         : !f     ? "tunetop does not know how to find its process"
                                  : s->why_not;
            continue;
        }
        s->evidence = gather(of, p, f, processes);
    }
    process_table_free(processes);
    reader_free(reader);
    verify_rows_make(of->plan, out->services, out->count, &out->rows);
}

void verify_release(struct verify *v)
{
    verify_rows_release(&v->rows);
    for (size_t i = 0; i < v->count; i++) {
        evidence_free(v->services[i].evidence);
    }
    memset(v, 0, sizeof *v);
}
