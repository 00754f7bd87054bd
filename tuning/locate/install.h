/*
 * The ways in which a server is installed that no service manager knows of: apps that start it
 * themselves, installers, a clone of its repository, images. Pure: command line and folder in, a
 * judgement out; texts live in the arena that is given.
 *
 * Settings of such apps are not written (they own their files and rewrite them): `advice` says what
 * to click or type instead.
 */
#ifndef TUNING_LOCATE_INSTALL_H
#define TUNING_LOCATE_INSTALL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* INSTALL(id, what it is called) */
#define INSTALLS(INSTALL)                                                                          \
    INSTALL(UNKNOWN, "process")                                                                    \
    INSTALL(DESKTOP, "ComfyUI Desktop")                                                            \
    INSTALL(DESKTOP_2, "Comfy Desktop")                                                            \
    INSTALL(PINOKIO, "Pinokio")                                                                    \
    INSTALL(STABILITY_MATRIX, "StabilityMatrix")                                                   \
    INSTALL(COMFY_CLI, "comfy-cli")                                                                \
    INSTALL(CLONE, "ComfyUI")                                                                      \
    INSTALL(OLLAMA_APP, "Ollama.app")                                                              \
    INSTALL(OLLAMA, "process")
enum install_kind {
#define INSTALL(id, name) INSTALL_##id,
    INSTALLS(INSTALL)
#undef INSTALL
        INSTALL_KIND_COUNT
};

struct install_process {
    int kind;                /* enum service_kind */
    const char *const *argv; /* ends with NULL */
    const char *folder;      /* working folder; "" unknown */
    const char *home;        /* of its user; NULL unknown */
    bool macos;
};
struct install {
    enum install_kind kind;
    const char *root;   /* the folder of main.py, absolute; NULL unknown */
    const char *what;   /* "git clone in ~/ComfyUI" */
    const char *advice; /* what to click or type */
    const char *file;   /* where its app or tool keeps its flags; NULL: nowhere that is known */
};
void install_of(const struct install_process *p, struct arena *arena, struct install *out);

#endif
