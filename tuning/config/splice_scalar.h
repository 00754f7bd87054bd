/* Values as YAML writes them. Internal to tuning/config. */
#ifndef TUNING_CONFIG_SPLICE_SCALAR_H
#define TUNING_CONFIG_SPLICE_SCALAR_H

#include "base/arena.h"
#include "base/yaml_span.h"
#include "tuning/config/document.h"

enum scalar_type {
    SCALAR_VARIABLE, /* of an environment: a text; whole numbers may stand without quotes */
    SCALAR_KEY,      /* numbers and true, false are what they look like */
    SCALAR_TEXT,     /* a text, whatever it looks like: a word of a command line */
};

/* The value in the style, or in double quotes where that cannot hold it. */
const char *scalar_format(struct arena *arena, const char *value, enum yaml_node_style style,
                          enum scalar_type type, bool flow);
enum scalar_class { SCALAR_IS_NOTHING, SCALAR_IS_TEXT, SCALAR_IS_NUMBER, SCALAR_IS_TRUTH };
/* What a reader of the file takes it for. */
enum scalar_class scalar_class_of(enum document_kind kind, const char *value, bool quoted);
/* A decimal number that is printed as it is written by whoever reads it as a number. */
bool scalar_is_plain_number(const char *value);
/* As true, false or a decimal number. */
bool scalar_is_typed(const char *value);

#endif
