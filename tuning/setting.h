/*
 * The settings catalog: every name that stands in somebody's configuration or advice, and what the
 * software that is said to read it really does with it, by version, place and device.
 *
 * setting_catalog_load() reads settings.yaml of the shipped data (its head describes the form) into
 * a catalog that lives until setting_catalog_release(); everything that is found in it lives as
 * long. Checked at load: the form, ranges and defaults, that names are unique, that every `use` is
 * a name of the catalog, every source has its letter and every version is one. Looking up, judging
 * and translating are pure.
 */
#ifndef TUNING_SETTING_H
#define TUNING_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/schema.h"

enum setting_verdict {
    SETTING_HONOURED,
    SETTING_IGNORED,
    SETTING_RENAMED,
    SETTING_HARMFUL,
    SETTING_UNKNOWN,
    SETTING_VERDICT_COUNT,
};

/* Whose name it is; also whose versions are meant. OWNER(id, word). */
#define SETTING_OWNERS(OWNER)                                                                      \
    OWNER(OLLAMA, "ollama")                                                                        \
    OWNER(LLAMA_SERVER, "llama-server")                                                            \
    OWNER(GGML, "ggml")                                                                            \
    OWNER(COMFYUI, "comfyui")                                                                      \
    OWNER(COMFYUI_IMAGE, "comfyui-image")                                                          \
    OWNER(PYTORCH, "pytorch")                                                                      \
    OWNER(ACCELERATE, "accelerate")                                                                \
    OWNER(TRANSFORMERS, "transformers")                                                            \
    OWNER(COREMLTOOLS, "coremltools")                                                              \
    OWNER(COQUI_TTS, "coqui-tts")                                                                  \
    OWNER(MLX, "mlx")                                                                              \
    OWNER(MLX_LM, "mlx-lm")                                                                        \
    OWNER(LMSTUDIO, "lmstudio")                                                                    \
    OWNER(DIFFUSIONAPI, "diffusionapi")                                                            \
    OWNER(PIPELINE, "pipeline")                                                                    \
    OWNER(PROGRAM, "program")                                                                      \
    OWNER(STACK, "stack")                                                                          \
    OWNER(COMPOSE, "compose")                                                                      \
    OWNER(CONTAINER_ENGINE, "container-engine")                                                    \
    OWNER(SYSTEMD, "systemd")                                                                      \
    OWNER(LAUNCHD, "launchd")                                                                      \
    OWNER(HOMEBREW, "homebrew")                                                                    \
    OWNER(MACOS, "macos")                                                                          \
    OWNER(LINUX, "linux")                                                                          \
    OWNER(CLANG, "clang")                                                                          \
    OWNER(HTOP, "htop")                                                                            \
    OWNER(MUNKI, "munki")

enum setting_owner {
#define OWNER(id, word) SETTING_OWNER_##id,
    SETTING_OWNERS(OWNER)
#undef OWNER
        SETTING_OWNER_COUNT
};

enum setting_kind { /* what kind of name it is, in the order of setting_kind_words */
                    SETTING_VARIABLE,
                    SETTING_FLAG_NAME,
                    SETTING_OPTION,
                    SETTING_COMPOSE_KEY,
                    SETTING_UNIT_KEY,
                    SETTING_PLIST_KEY,
                    SETTING_JSON_KEY,
                    SETTING_YAML_KEY,
                    SETTING_DICT_KEY,
                    SETTING_CALL,
                    SETTING_SYSCTL,
                    SETTING_PMSET,
                    SETTING_COMMAND,
                    SETTING_ENDPOINT,
                    SETTING_LOG_LINE,
                    SETTING_FILE,
                    SETTING_COMPILER_FLAG,
                    SETTING_PRACTICE,
                    SETTING_KIND_COUNT,
};

enum setting_type {
    SETTING_SWITCH,    /* 0 or 1, off or on */
    SETTING_BOOLEAN,   /* true or false */
    SETTING_WORD_TRUE, /* only the word true is true */
    SETTING_PRESENCE,  /* it counts that the name is there */
    SETTING_INTEGER,
    SETTING_NUMBER,
    SETTING_BYTES,    /* a whole number of bytes */
    SETTING_SIZE,     /* 16G, 512 MiB: powers of 1024 */
    SETTING_DURATION, /* as its owner writes them */
    SETTING_TEXT,
    SETTING_PATH,
    SETTING_LIST,
    SETTING_WORD, /* one of its choices */
    SETTING_NONE, /* a command or call: no value of its own */
    SETTING_TYPE_COUNT,
};

enum setting_place {
    SETTING_MACOS,
    SETTING_LINUX,
    SETTING_MAC_CONTAINER, /* a Linux container on a Mac */
    SETTING_COMPOSE,       /* only fills ${NAME} of a compose file */
    SETTING_PLACE_COUNT,
    SETTING_PLACE_UNKNOWN = SETTING_PLACE_COUNT,
};

enum setting_device {
    SETTING_MPS,
    SETTING_CUDA,
    SETTING_ROCM,
    SETTING_CPU,
    SETTING_DEVICE_COUNT,
    SETTING_DEVICE_UNKNOWN = SETTING_DEVICE_COUNT,
};

enum setting_formula {
    SETTING_SAME,
    SETTING_CORES,
    SETTING_CPU_QUOTA,
    SETTING_MIB,
    SETTING_BYTES_TO_MIB,
    SETTING_FIT_TARGET,
    SETTING_LOAD_MODE,
    SETTING_DEBUG_LEVEL,
    SETTING_FLAG,
    SETTING_LOW_POWER,
    SETTING_METAL_OFF,
    SETTING_GPU_OFFLOAD,
    SETTING_FORMULA_COUNT,
    SETTING_NO_FORMULA = SETTING_FORMULA_COUNT,
};

extern const char setting_never_listed[]; /* "never" */
/* Words of the enums, as in settings.yaml; NULL after the last. */
extern const char *const setting_verdict_words[];
extern const char *const setting_owner_words[];
extern const char *const setting_kind_words[];
extern const char *const setting_type_words[];
extern const char *const setting_cost_words[];
extern const char *const setting_place_words[];
extern const char *const setting_device_words[];
extern const char *const setting_formula_words[];

/* An exception. Texts that are not there are NULL, lists empty. */
struct setting_case {
    int verdict;
    int of; /* enum setting_owner: whose versions since and until are */
    const char *since, *until;
    struct schema_list places;  /* int */
    struct schema_list devices; /* int */
    struct schema_list values;  /* const char * */
    double below;
    const char *contains, *use, *when, *reason;
    struct schema_place place, of_place, below_place; /* file NULL: the key is not there */
};

struct setting {
    const char *name, *group;
    struct schema_list also; /* const char *: what else is as this one, all but the name */
    /* The one of setting_catalog.settings; itself, but for one of those other names. */
    const struct setting *entry;
    int owner, kind, type, costs, verdict; /* kind: enum setting_kind, and so on */
    int versions_of;                       /* enum setting_owner */
    bool ranged;
    double min, max;            /* max INFINITY: nothing limits it */
    struct schema_list choices; /* const char * */
    const char *default_value, *memory, *since, *until, *use, *instead, *read_back;
    int formula; /* enum setting_formula */
    /* The first version whose own list of settings has it; setting_never_listed: none has; NULL:
     * each that has it. */
    const char *listed;
    const char *reason, *source; /* never NULL */
    const struct setting_case *cases;
    size_t case_count;
    struct schema_place place;
};

struct setting_source {
    const char *id, *text;
    struct schema_place place;
};

struct setting_catalog {
    struct arena arena;
    struct setting *settings;
    size_t count;
    struct schema_list sources;              /* struct setting_source */
    const char *newest[SETTING_OWNER_COUNT]; /* the last version that was read; NULL: not told */
    const char **names;                      /* every name and other name */
    const struct setting **by_name;          /* of names[i], under that name */
    size_t name_count;
};

/* The shipped catalog; see tuning/catalog.h for where it is and for errors. Release it in any
 * case. */
int setting_catalog_load(struct setting_catalog *out, struct err *err);
/* The same of text[0..size) named `file`, which must live as long as the catalog. */
int setting_catalog_parse(const char *file, const char *text, size_t size,
                          struct setting_catalog *out, struct err *err);
void setting_catalog_release(struct setting_catalog *c);

/* By name, other name, without the dashes of a flag, whatever the case; or by the last part of a
 * dotted name when only one has it. It is called as the catalog has it: other names are other
 * settings. NULL: *nearest is what may have been meant, or NULL. */
const struct setting *setting_find(const struct setting_catalog *c, const char *name,
                                   const char **nearest);
/* The text behind the first word of `source` ("O 1.2": of O), size characters of it named by
 * `source[0..size)`; NULL when there is none. */
const char *setting_source_text(const struct setting_catalog *c, const char *source, size_t size);

/* ---- versions: numbers with dots, perhaps a v before, a suffix of a version to come behind ----
 */

bool setting_version_valid(const char *version);
/* <0, 0, >0 as strcmp. 0.30 is 0.30.0; 0.33.0-rc2 and 2.11.0.dev1 come before 0.33.0 and 2.11.0;
 * what follows + does not count. */
int setting_version_compare(const char *a, const char *b);
/* The last version of that software that the catalog knows when `version` is newer, else NULL. */
const char *setting_last_known(const struct setting_catalog *c, int owner, const char *version);

/* ---- verdicts ---- */

/* What is known of the machine that a setting stands on. A version that is NULL is taken for the
 * newest. */
struct setting_query {
    int place;  /* enum setting_place or SETTING_PLACE_UNKNOWN */
    int device; /* enum setting_device or SETTING_DEVICE_UNKNOWN */
    const char *versions[SETTING_OWNER_COUNT];
    const char *value; /* NULL: not known */
};

struct setting_judgement {
    int verdict;
    const char *reason, *use;         /* use may be NULL */
    const struct setting_case *by;    /* the case that decided, NULL none */
    const struct setting_case *maybe; /* one that holds if its `when` does, NULL none */
    bool assumed_newest;              /* a version was asked for that is not known */
};

void setting_judge(const struct setting *s, const struct setting_query *q,
                   struct setting_judgement *out);

/* " from 1 to 64", " from 0", or "" when there is no range. */
enum { SETTING_RANGE_BYTES = 64 };
void setting_range_words(const struct setting *s, char out[SETTING_RANGE_BYTES]);
/* Whether `value` is one that the setting takes; err says what it takes. */
int setting_check_value(const struct setting *s, const char *value, struct err *err);

/* ---- a wish under a false name, as the value of the real one ---- */

struct setting_machine {
    double cpus;               /* of the machine or of the engine; 0 not known */
    uint64_t gpu_memory_bytes; /* 0 not known */
};

/* 0 with the value in out ("" : nothing is to be written); -1: there is no answer (the value is not
 * understood, a number of the machine is not known, or it does not fit into out). */
int setting_translate(int formula, const char *value, const struct setting_machine *m, char *out,
                      size_t size);

#endif
