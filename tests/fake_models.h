/*
 * What Ollama tells of installed models, for tests/fake_server: GET /api/tags and POST /api/show.
 * llama3.1:8b and gemma3:12b have the shape of the published ones, broken:latest has none, and
 * gpt-oss:120b-cloud runs elsewhere. A load by POST /api/generate or /api/embed is remembered (GET
 * /asked); broken:latest does not load, and a name with "embed" only by the second.
 */
#ifndef TESTS_FAKE_MODELS_H
#define TESTS_FAKE_MODELS_H

#include <stddef.h>

struct text;
typedef void (*fake_put_fn)(struct text *out, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The body of a request, which is there as a whole; NULL: more is to come. */
const char *fake_models_content(const char *request, size_t size);
/* The status of an answer to `path`, whose body is put. */
int fake_models_answer(const char *path, const char *content, struct text *out, fake_put_fn put);

#endif
