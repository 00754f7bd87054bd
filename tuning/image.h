/*
 * Names of container images: "docker.io/ollama/ollama:0.24.0-rocm@sha256:...". Pure; what they say
 * of the software inside, for lint and for plans.
 */
#ifndef TUNING_IMAGE_H
#define TUNING_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* The part before tag and digest. */
size_t image_repository_size(const char *image);
/* What stands behind the colon, with a digest that follows; "" none. */
const char *image_tag(const char *image);
/* "0.24.0" of "ollama/ollama:0.24.0-rocm", in the arena; NULL: it is no image of Ollama, or its tag
 * no version. */
const char *image_version(struct arena *a, const char *image);

/* The variable that a known image of ComfyUI takes its flags from, "CLI_ARGS"; NULL: not known. */
const char *image_flag_variable(const char *image);
/* Whether a container of the image (NULL: not known) may take flags from the variable: of one that
 * is not known any of them may. */
bool image_takes_flags(const char *image, const char *variable);
/* In mmartial's images the variable of what stands in front of those flags, some of its own too. */
extern const char image_flag_base[];
/* All of those that images of ComfyUI turn into flags; NULL after the last. */
extern const char *const image_flag_variables[];

#endif
