/*
 * Flags of ComfyUI of which only one may be given: with two of a set it ends at its start with
 * status 2 (argparse's mutually exclusive groups in comfy/cli_args.py, 0.3.64 to 0.38).
 */
#ifndef TUNING_FLAG_SETS_H
#define TUNING_FLAG_SETS_H

/* The set that the flag is of, itself included; ends with NULL. NULL: it is of none. */
const char *const *flag_set_of(const char *flag);

#endif
