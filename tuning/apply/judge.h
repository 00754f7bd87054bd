/*
 * What is judged of a service that is restarted: before it what else the restart would bring, after
 * it whether it is still the same service, and whether its process has what it is to have. For
 * tuning/apply/services.c only.
 */
#ifndef TUNING_APPLY_JUDGE_H
#define TUNING_APPLY_JUDGE_H

#include "tuning/apply/services.h"

/* Into a->pending. Errors: those of the control. */
int judge_pending(struct services_apply *a, const struct control *control, struct service_job *job,
                  struct err *err);
/* facts: as it is now; NULL not known. Errors: STATE. */
int judge_service(struct services_apply *a, struct service_job *job,
                  const struct service_facts *facts, struct err *err);
/* Its rows, forward or back. Errors: STATE. */
int judge_rows(const struct services_apply *a, const struct service_job *job, bool back,
               struct err *err);

#endif
