/* Any text judged as any kind of file: no crash, findings that say all they must, in the order of
 * the file, clean enough for a terminal, and without the value of a secret. The first byte is the
 * kind, the second what is known of the machine. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tuning/lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where the shipped catalog is not found. */
static const char small[] =
    "sources:\n  - {id: O, text: a test}\n"
    "groups:\n  - title: a group\n    owner: ollama\n    kind: variable\n    costs: restart\n"
    "    read_back: log\n    source: O 1\n    settings:\n"
    "      - {name: OLLAMA_A, type: integer, verdict: honoured, reason: why}\n"
    "      - {name: OLLAMA_B, type: size, verdict: renamed, use: OLLAMA_A, formula: mib,\n"
    "         reason: why}\n";

static const struct setting_catalog *catalog(void)
{
    static struct setting_catalog c;
    static int loaded;
    struct err err = ERR_INIT;
    if (!loaded && setting_catalog_load(&c, &err) < 0) {
        setting_catalog_release(&c);
        err = (struct err)ERR_INIT;
        if (setting_catalog_parse("small.yaml", small, sizeof small - 1, &c, &err) < 0) {
            abort();
        }
    }
    loaded = 1;
    return &c;
}

static int is_clean(const char *text)
{
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f) {
            return 0;
        }
    }
    return 1;
}

static void check(const struct lint_result *found, const char *judged)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct lint_finding *f = &found->findings[i];
        if (f->file != judged || !f->line || f->verdict == SETTING_HONOURED || f->verdict < 0 ||
            f->verdict >= SETTING_VERDICT_COUNT || !f->reason || !*f->reason || !f->source ||
            (f->secret && f->value) || (i && found->findings[i - 1].line > f->line)) {
            abort();
        }
        if (!is_clean(f->setting) || !is_clean(f->reason) || (f->value && !is_clean(f->value)) ||
            (f->instead && !is_clean(f->instead))) {
            abort();
        }
    }
    for (size_t i = 0; i < found->note_count; i++) {
        if (found->notes[i].file != judged || !is_clean(found->notes[i].text)) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char compose[] = "services:\n  ollama:\n    image: ollama/ollama\n"
                                  "    environment:\n      OLLAMA_DEBUG: ${A:-1}\n"
                                  "      OLLAMA_HOST:\n    cpus: ${B}\n";
    static const char *const names[] = {"x/ollama.service.d/a.conf", "x/.env", "x/.zshrc",
                                        "x/file"};
    struct lint_query q = {.system = SETTING_PLACE_UNKNOWN};
    struct document d, beside;
    struct err err = ERR_INIT;
    if (size < 2) {
        return 0;
    }
    const enum document_kind kind = (enum document_kind)(data[0] % (DOCUMENT_KIND_COUNT + 1));
    const char *name = names[data[0] / 16 % 4];
    if (data[1] & 1) {
        q.memory_bytes = 0x1p34;
        q.cpus = 8;
        q.gpu_memory_bytes = 0x1p33;
    }
    q.system = data[1] & 2 ? SETTING_MACOS : data[1] & 4 ? SETTING_LINUX : SETTING_PLACE_UNKNOWN;
    q.versions[SETTING_OWNER_OLLAMA] = data[1] & 8 ? "0.24.0" : NULL;
    q.versions[SETTING_OWNER_COMFYUI] = data[1] & 16 ? "0.3.64" : NULL;
    if (document_parse("x/compose.yaml", DOCUMENT_COMPOSE, compose, sizeof compose - 1, &beside,
                       &err) < 0) {
        abort();
    }
    if (document_parse(name, kind, (const char *)data + 2, size - 2, &d, &err) == 0) {
        const struct lint_file files[] = {{.document = &d}, {.document = &beside, .beside = true}};
        struct lint_result found, again;
        lint_run(catalog(), &q, files, 2, &found);
        lint_run(catalog(), &q, files, data[1] & 32 ? 1 : 2, &again);
        check(&found, d.file);
        check(&again, d.file);
        if (!(data[1] & 32) && found.count != again.count) {
            abort();
        }
        lint_release(&found);
        lint_release(&again);
    }
    document_release(&d);
    document_release(&beside);
    return 0;
}
