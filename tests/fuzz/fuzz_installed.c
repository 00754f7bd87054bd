/* What a program prints as its settings: the first byte chooses whose list it is. Names that come
 * out are names, none twice, and comparing them with a catalog ends. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tuning/setting_installed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char catalog_text[] =
    "sources: [{id: O, text: x}]\n"
    "groups:\n"
    "  - {title: a, owner: ollama, kind: variable, type: text, costs: restart, verdict: honoured,\n"
    "     read_back: x, source: O, settings: [{name: OLLAMA_HOST, reason: x},\n"
    "     {name: OLLAMA_MODELS, listed: never, reason: x}]}\n"
    "  - {title: b, owner: comfyui, kind: flag, type: text, costs: restart, verdict: honoured,\n"
    "     read_back: x, source: O, settings: [{name: \"--listen\", also: [\"--port\"], reason: x},\n"
    "     {name: \"--old\", until: \"0.1\", reason: x}]}\n";

static void check_names(const struct installed_names *n)
{
    if (n->count > INSTALLED_NAMES_MAX)
        abort();
    for (size_t i = 0; i < n->count; i++) {
        const char *name = n->names[i];
        if (memchr(name, '\0', INSTALLED_NAME_BYTES) == NULL || name[0] == '\0' ||
            name[strspn(name, "-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")])
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct setting_catalog catalog;
    static struct installed_names names;
    static struct installed_comparison found;
    struct err err = ERR_INIT;
    if (catalog.count == 0 &&
        setting_catalog_parse("x", catalog_text, sizeof(catalog_text) - 1, &catalog, &err) < 0)
        abort();
    if (size == 0)
        return 0;
    const char *text = (const char *)data + 1;
    const bool ollama = (data[0] & 1) == 0;
    int rc = ollama ? installed_parse_ollama(text, size - 1, &names, &err)
                    : installed_parse_comfyui(text, size - 1, &names, &err);
    if ((rc == 0) != (err.code == 0))
        abort();
    if (rc < 0)
        return 0;
    check_names(&names);
    installed_compare(&catalog, ollama ? SETTING_OWNER_OLLAMA : SETTING_OWNER_COMFYUI,
                      (data[0] & 2) ? "0.33.0" : "", &names, &found);
    if (found.same > names.count || found.count > names.count + 4)
        abort();
    return 0;
}
