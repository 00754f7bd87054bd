/*
 * Reading for a plan: the files themselves (plan_input.c), and which of them make up a service of a
 * compose project (plan_project.c). For those two files only.
 */
#ifndef TUNING_PLAN_SOURCE_H
#define TUNING_PLAN_SOURCE_H

#include "tuning/plan.h"

/* The index of the file, which is read the first time; two services that share one share it.
 * may_make: one that is not there yet is an empty one. -1: there are too many. */
int plan_source_of(struct plan_input *in, const char *path, enum document_kind kind, bool may_make);

/* `name` in the folder of the file `path`, as it is named: compose does not follow links to find
 * the folder of a project. */
const char *plan_beside(struct plan_input *in, const char *path, const char *name);

/* The layers of a service of a compose project: p->group of the files `paths`, in the order of -f.
 * discovered: the one file is found by the engine itself when its name is one of those that it
 * looks for, and then an override beside it is read as well. */
int plan_project_load(struct plan_input *in, const char *const *paths, size_t count,
                      bool discovered, struct plan_place *p, struct err *err);

/* What a compose file of our own begins with, and is known by. */
extern const char plan_own_mark[];

#endif
