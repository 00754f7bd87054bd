/*
 * Names of container images: "docker.io/ollama/ollama:0.24.0-rocm@sha256:...". Pure; what they say
 * of the software inside, for lint and for plans.
 */
#ifndef TUNING_IMAGE_H
#define TUNING_IMAGE_H

#include <stddef.h>

#include "base/arena.h"

/* The part before tag and digest. */
size_t image_repository_size(const char *image);
/* What stands behind the colon, with a digest that follows; "" none. */
const char *image_tag(const char *image);
/* "0.24.0" of "ollama/ollama:0.24.0-rocm", in the arena; NULL: it is no image of Ollama, or its tag
 * no version. */
const char *image_version(struct arena *a, const char *image);

#endif
