#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/doctor.h"
#include "sampling/service/discovery.h"

static void say_service(struct doctor *d, const struct service_model_state *s)
{
    const struct service_facts *f = s->facts;
    double seconds = 0;
    if (f->state == SERVICE_UP) {
        char took[48] = "";
        if (reading_get(&s->raw[METRIC_SERVICE_ANSWER], &seconds)) {
            snprintf(took, sizeof took, " in %.1f ms", seconds * 1e3);
        }
        doctor_say(d, DOCTOR_OK, f->name, NULL, "%s %s answered%s at %s",
                   service_kind_name(f->kind), *f->version ? f->version : "of unknown version",
                   took, f->url);
        return;
    }
    const bool normal = f->state == SERVICE_STARTING || f->state == SERVICE_BUSY;
    doctor_say(d, normal ? DOCTOR_INFO : DOCTOR_WARN, f->name, NULL, "%s%s%s at %s",
               service_state_name(f->state), *f->reason ? ": " : "", f->reason, f->url);
}

static bool is_taken(const struct model *m, uint16_t port)
{
    for (size_t i = 0; i < m->service_count; i++) {
        struct config_url u;
        struct err err = ERR_INIT;
        if (!m->services[i].facts->remote &&
            config_parse_url(m->services[i].facts->url, &u, &err) == 0 && u.port == port) {
            return true;
        }
    }
    return false;
}

static void say_listener(struct doctor *d, struct process_table *t, const struct service_ops *kind,
                         const struct listener *l)
{
    char subject[48];
    bool readable = false;
    snprintf(subject, sizeof subject, "port %u", l->port);
    const int32_t pid = listener_owner(t, l->inode, l->uid, &readable);
    const struct process *p = pid > 0 ? process_table_find(t, pid) : NULL;
    if (!p) {
        doctor_say(d, DOCTOR_WARN, subject, "sudo tunetop doctor",
                   "something listens on %s's port, its process cannot be seen from here, and it "
                   "did not answer as %s does",
                   kind->name, kind->name);
    } else if (discovery_is_proxy(p) || kind->matches(p->name, p->argv) != MATCH_NOT) {
        doctor_say(d, DOCTOR_WARN, subject, NULL,
                   "'%s' (process %d) was asked and did not answer as %s does", p->name, (int)pid,
                   kind->name);
    } else {
        doctor_say(d, DOCTOR_INFO, subject, NULL,
                   "'%s' (process %d) has %s's port and does not look like it, so it was not "
                   "asked; if it is one, name it in tunetop.yaml",
                   p->name, (int)pid, kind->name);
    }
}

static void say_ports(struct doctor *d, const struct model *m, struct process_table *t,
                      const struct listener *listeners, size_t count)
{
    for (int k = 0; k < SERVICE_KIND_COUNT; k++) {
        const struct service_ops *kind = service_kinds[k];
        for (size_t i = 0; i < sizeof kind->ports / sizeof *kind->ports && kind->ports[i]; i++) {
            const uint16_t port = kind->ports[i];
            size_t at = 0;
            while (at < count && listeners[at].port != port) {
                at++;
            }
            char subject[48];
            snprintf(subject, sizeof subject, "port %u", port);
            if (is_taken(m, port)) {
                continue;
            }
            if (at < count) {
                say_listener(d, t, kind, &listeners[at]);
            } else {
                doctor_say(d, DOCTOR_INFO, subject, NULL, "nothing listens on %s's port",
                           kind->name);
            }
        }
    }
}

void doctor_services(struct doctor *d, const struct model *m, struct reader *reader)
{
    struct err err = ERR_INIT;
    for (size_t i = 0; i < m->service_count; i++) {
        say_service(d, &m->services[i]);
    }
    if (!m->service_count) {
        const struct source_status *s = &m->sources[SOURCE_DISCOVERY];
        doctor_say(d, DOCTOR_INFO, "services", NULL, "none: %s",
                   s->state == READING_OK ? "neither Ollama nor ComfyUI runs or listens here"
                   : s->reason[0]         ? s->reason
                                          : reason_sentence(REASON_NOT_YET));
    }
    if (!reader_is_live(reader)) {
        return; /* the ports of this machine say nothing about a recorded one */
    }
    struct process_table *t = process_table_new(reader);
    struct listener *listeners = xcalloc(LISTENERS_MAX, sizeof *listeners);
    int count = process_table_scan(t, clock_mono_ns(&clock_real), 0, &err);
    if (count >= 0) {
        count = listeners_read(reader, listeners, LISTENERS_MAX, &err);
    }
    if (count < 0) {
        doctor_say(d, DOCTOR_WARN, "ports", NULL, "who listens cannot be told: %s", err.msg);
    } else {
        say_ports(d, m, t, listeners, (size_t)count);
    }
    free(listeners);
    process_table_free(t);
}
