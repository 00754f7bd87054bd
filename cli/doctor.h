/*
 * What doctor finds: a list of findings, each a level, what it is about, one sentence, and the
 * command that would change it. The parts fill it, cmd_doctor.c prints it.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/command.h"
#include "cli/measure.h"

enum doctor_level {
    DOCTOR_OK,
    DOCTOR_INFO, /* worth knowing; nothing that this machine or version could do better */
    DOCTOR_WARN, /* something is missing that could be had */
    DOCTOR_FAIL, /* something that tunetop needs */
};

struct doctor_finding {
    enum doctor_level level;
    const char *part; /* "sources", "terminal", ...; static */
    char subject[48], text[320], command[200];
};

/* Sources, two dozens of own checks, and at most 32 services with their ports. */
enum { DOCTOR_FINDINGS = 160 };
struct doctor {
    const char *part; /* of the findings that come */
    struct doctor_finding list[DOCTOR_FINDINGS];
    size_t count;
};

/* Adds a finding of d->part; command "" or NULL: none. Text is cut to fit. Returns it, or NULL when
 * the list is full. */
struct doctor_finding *doctor_say(struct doctor *d, enum doctor_level level, const char *subject,
                                  const char *command, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* doctor_services.c: who answered, and who holds the ports of a kind without being taken for it. */
void doctor_services(struct doctor *d, const struct model *m, struct reader *reader);
/* doctor_host.c: this terminal, this build, this user. */
void doctor_terminal(struct doctor *d, const struct options *o, const struct outcome *outcome);
void doctor_libraries(struct doctor *d);
void doctor_permissions(struct doctor *d, struct reader *reader);
/* doctor_linux.c, doctor_darwin.c: what the kernel lets this user see. */
void doctor_kernel(struct doctor *d, struct reader *reader);
void doctor_files(struct doctor *d, const struct options *o, const struct err *config_err);

#endif
