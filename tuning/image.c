#include "tuning/image.h"

#include <string.h>

size_t image_repository_size(const char *image)
{
    const char *digest = strchr(image, '@');
    const size_t size = digest ? (size_t)(digest - image) : strlen(image);
    size_t colon = size;
    for (size_t i = size; i > 0 && image[i - 1] != '/'; i--) {
        if (image[i - 1] == ':') {
            colon = i - 1;
        }
    }
    return colon;
}

const char *image_tag(const char *image)
{
    const size_t size = image_repository_size(image);
    return image[size] == ':' ? image + size + 1 : "";
}

const char *image_version(struct arena *a, const char *image)
{
    static const char *const owners[] = {"ollama/ollama", "docker.io/ollama/ollama",
                                         "index.docker.io/ollama/ollama"};
    const size_t size = image_repository_size(image);
    bool known = false;
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        known = known || (strlen(owners[i]) == size && memcmp(owners[i], image, size) == 0);
    }
    const char *tag = image_tag(image);
    tag += *tag == 'v';
    size_t n = strspn(tag, "0123456789.");
    if (!known || !n || !memchr(tag, '.', n)) {
        return NULL;
    }
    if (strncmp(tag + n, "-rc", 3) == 0) { /* other suffixes name a device */
        n += 3 + strspn(tag + n + 3, "0123456789");
    }
    return arena_strndup(a, tag, n);
}

const char *const image_flag_variables[] = {
    "CLI_ARGS", "COMFYUI_ARGS", "COMFY_CMDLINE_EXTRA", "COMFY_CMDLINE_XTRA", "EXTRA_ARGS", NULL};

const char image_flag_base[] = "COMFY_CMDLINE_BASE";

static const struct image_flags {
    const char *repository, *variable, *older;
} known_flags[] = {
    {"yanwk/comfyui-boot", "CLI_ARGS", NULL},
    {"ai-dock/comfyui", "COMFYUI_ARGS", NULL},
    {"mmartial/comfyui-nvidia-docker", "COMFY_CMDLINE_EXTRA", "COMFY_CMDLINE_XTRA"},
};

static const struct image_flags *flags_of(const char *image)
{
    const size_t size = image ? image_repository_size(image) : 0;

    for (size_t i = 0; image && i < sizeof known_flags / sizeof known_flags[0]; i++) {
        const char *repository = known_flags[i].repository;
        const size_t n = strlen(repository);

        /* With its registry in front of it, or not. */
        if (size >= n && strncmp(image + size - n, repository, n) == 0 &&
            (size == n || image[size - n - 1] == '/')) {
            return &known_flags[i];
        }
    }
    return NULL;
}

const char *image_flag_variable(const char *image)
{
    const struct image_flags *f = flags_of(image);

    return f ? f->variable : NULL;
}

bool image_takes_flags(const char *image, const char *variable)
{
    const struct image_flags *f = flags_of(image);

    if (f) {
        return strcmp(f->variable, variable) == 0 || (f->older && strcmp(f->older, variable) == 0);
    }
    for (const char *const *at = image_flag_variables; *at; at++) {
        if (strcmp(*at, variable) == 0) {
            return true;
        }
    }
    return false;
}
