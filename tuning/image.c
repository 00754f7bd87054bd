#include "tuning/image.h"

#include <stdbool.h>
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
