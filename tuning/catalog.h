/*
 * The data that tunetop ships: YAML files in $datadir/tunetop (chips.yaml, ...), each with a schema
 * of its own. A user's file of the same name and schema in $XDG_CONFIG_HOME/tunetop adds to it;
 * what wins is said by the header of each catalog.
 *
 * A program that was not installed finds its data through the environment: TUNETOP_DATADIR names
 * the folder instead of the configured one. The tests and `./dev run` set it to tuning/catalog of
 * the source.
 */
#ifndef TUNING_CATALOG_H
#define TUNING_CATALOG_H

#include "base/arena.h"
#include "base/err.h"
#include "base/schema.h"

/* Of one file; what base/schema.h takes at most. */
enum { CATALOG_MAX_BYTES = 1024 * 1024 };

/* The folder of the shipped data, borrowed: $TUNETOP_DATADIR when that is an absolute path, else
 * the one that was configured. */
const char *catalog_folder(void);

/* Reads the file `name` in `folder` by the table `fields` into *out; texts, lists and the name that
 * places carry live in the arena. Never waits: a fifo or a device is refused, a file is bounded.
 * Errors: NOENT and DENIED as they are; CONFIG for all that is wrong with the file, with
 * file:line:column or the file in err->where; *out may then be filled in part. */
int catalog_load(const char *folder, const char *name, const struct schema_field *fields, void *out,
                 struct arena *arena, struct err *err);

#endif
