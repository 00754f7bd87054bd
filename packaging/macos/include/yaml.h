/*
 * Prototypes of libyaml, for ./dev macos only: what base/schema.c and base/yaml_span.c use. Written
 * from libyaml's documentation. The order of the fields in the structures is not libyaml's: good
 * for compiling and linking, not for running.
 */
#ifndef PACKAGING_MACOS_YAML_H
#define PACKAGING_MACOS_YAML_H

#include <stddef.h>

typedef unsigned char yaml_char_t;
typedef enum { YAML_ANY_ENCODING, YAML_UTF8_ENCODING } yaml_encoding_t;
typedef enum {
    YAML_NO_ERROR,
    YAML_MEMORY_ERROR,
    YAML_READER_ERROR,
    YAML_SCANNER_ERROR,
    YAML_PARSER_ERROR
} yaml_error_type_t;
typedef enum {
    YAML_ANY_SCALAR_STYLE,
    YAML_PLAIN_SCALAR_STYLE,
    YAML_SINGLE_QUOTED_SCALAR_STYLE,
    YAML_DOUBLE_QUOTED_SCALAR_STYLE,
    YAML_LITERAL_SCALAR_STYLE,
    YAML_FOLDED_SCALAR_STYLE
} yaml_scalar_style_t;
typedef enum {
    YAML_NO_EVENT,
    YAML_STREAM_START_EVENT,
    YAML_STREAM_END_EVENT,
    YAML_DOCUMENT_START_EVENT,
    YAML_DOCUMENT_END_EVENT,
    YAML_ALIAS_EVENT,
    YAML_SCALAR_EVENT,
    YAML_SEQUENCE_START_EVENT,
    YAML_SEQUENCE_END_EVENT,
    YAML_MAPPING_START_EVENT,
    YAML_MAPPING_END_EVENT
} yaml_event_type_t;
typedef struct {
    size_t index, line, column;
} yaml_mark_t;
typedef struct {
    yaml_event_type_t type;
    union {
        struct {
            yaml_char_t *anchor;
        } alias;
        struct {
            yaml_char_t *anchor, *tag, *value;
            size_t length;
            int plain_implicit, quoted_implicit;
            yaml_scalar_style_t style;
        } scalar;
        struct {
            yaml_char_t *anchor, *tag;
            int implicit;
        } sequence_start, mapping_start;
    } data;
    yaml_mark_t start_mark, end_mark;
} yaml_event_t;
typedef struct {
    yaml_error_type_t error;
    const char *problem;
    size_t problem_offset;
    int problem_value;
    yaml_mark_t problem_mark;
    const char *context;
    yaml_mark_t context_mark;
    unsigned char rest[1024]; /* at least as large as libyaml's */
} yaml_parser_t;

int yaml_parser_initialize(yaml_parser_t *parser);
void yaml_parser_delete(yaml_parser_t *parser);
void yaml_parser_set_input_string(yaml_parser_t *parser, const unsigned char *input, size_t size);
void yaml_parser_set_encoding(yaml_parser_t *parser, yaml_encoding_t encoding);
int yaml_parser_parse(yaml_parser_t *parser, yaml_event_t *event);
void yaml_event_delete(yaml_event_t *event);
const char *yaml_get_version_string(void);

#endif
