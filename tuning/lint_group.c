/*
 * What a document is expanded to: groups, what runs in each, where, on what, in which version.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "tuning/flag_sets.h"
#include "tuning/image.h"
#include "tuning/lint_part.h"

/* A compose file has some dozens of services, a script as many containers. */
enum { GROUPS_MAX = 2000 };

/* ---- growing ---- */

static size_t more_room(size_t room)
{
    return room ? room * 2 : 16;
}

struct lint_group *lint_add_group(struct lint_run *r, const struct lint_file *file,
                                  const char *name)
{
    if (r->group_count == r->group_room) {
        r->group_room = more_room(r->group_room);
        r->groups = xreallocarray(r->groups, r->group_room, sizeof *r->groups);
    }
    struct lint_group *g = &r->groups[r->group_count++];
    *g = (struct lint_group){.file = file,
                             .name = name,
                             .place = SETTING_PLACE_UNKNOWN,
                             .device = SETTING_DEVICE_UNKNOWN};
    for (int i = 0; i < SETTING_OWNER_COUNT; i++) {
        g->versions[i] = r->query->versions[i];
    }
    return g;
}

struct lint_item *lint_add_item(struct lint_run *r, struct lint_group *g, enum lint_item_kind kind,
                                const char *name, const char *value,
                                const struct document_entry *at)
{
    (void)r;
    if (g->count == g->room) {
        g->room = more_room(g->room);
        g->items = xreallocarray(g->items, g->room, sizeof *g->items);
    }
    struct lint_item *item = &g->items[g->count++];
    *item = (struct lint_item){.kind = kind,
                               .name = name,
                               .value = value,
                               .written = value,
                               .line = at->line,
                               .column = at->column};
    return item;
}

/* ---- what runs ---- */

/* `part` is in lower case. */
static bool holds(const char *text, const char *part)
{
    for (; *text; text++) {
        size_t n = 0;
        while (part[n] &&
               (text[n] >= 'A' && text[n] <= 'Z' ? text[n] + ('a' - 'A') : text[n]) == part[n]) {
            n++;
        }
        if (!part[n]) {
            return true;
        }
    }
    return false;
}

static bool has_word(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (holds(text, *words)) {
            return true;
        }
    }
    return false;
}

/* A name that somebody gave: of a service, of the last part of an image, of a unit. */
unsigned lint_software_of_name(const char *name)
{
    static const char *const clients[] = {"web",  "ui",   "export", "proxy",   "client",
                                          "chat", "bot",  "front",  "gateway", "mcp",
                                          "pull", "init", "bench",  "test",    NULL};
    static const char *const llama[] = {"llama.cpp",    "llama-cpp",    "llamacpp",
                                        "llama-server", "llama_server", NULL};
    static const char *const torch[] = {"torch",         "diffusers",        "vllm",     "a1111",
                                        "automatic1111", "stable-diffusion", "sd-webui", NULL};
    static const char *const comfy[] = {"comfyui", "comfy", NULL};
    static const char *const diffusion[] = {"diffusionapi", "diffusion-api", NULL};
    static const char *const mlx[] = {"mlx_lm", "mlx-lm", NULL};
    if (has_word(name, comfy)) {
        return RUNS_COMFYUI | RUNS_TORCH;
    }
    if (has_word(name, diffusion)) {
        return RUNS_DIFFUSIONAPI | RUNS_TORCH;
    }
    if (has_word(name, llama)) {
        return RUNS_LLAMA_SERVER;
    }
    if (has_word(name, mlx)) {
        return RUNS_MLX_LM;
    }
    if (holds(name, "ollama")) {
        return has_word(name, clients) ? RUNS_CLIENT : RUNS_OLLAMA;
    }
    return has_word(name, torch) ? RUNS_TORCH : 0;
}

unsigned lint_software_of_image(const char *image)
{
    char repository[256];
    snprintf(repository, sizeof repository, "%.*s", (int)image_repository_size(image), image);
    /* One image of Open WebUI has Ollama inside; the others are its clients. */
    if (holds(repository, "open-webui")) {
        return strncmp(image_tag(image), "ollama", 6) == 0 ? RUNS_OLLAMA | RUNS_CLIENT
                                                           : RUNS_CLIENT;
    }
    if (holds(repository, "comfy") || holds(repository, "llama.cpp")) {
        return lint_software_of_name(repository); /* the maker's name tells as well */
    }
    const char *last = strrchr(repository, '/');
    return lint_software_of_name(last ? last + 1 : repository);
}

/* The last part of a path that ends at `end`. */
static bool word_ends(const char *line, const char *at, size_t size)
{
    const char before = at > line ? at[-1] : ' ', after = at[size];
    return strchr(" \t/\"'", before) && (!after || strchr(" \t\"';&|", after));
}

static bool calls(const char *line, const char *program)
{
    const size_t size = strlen(program);
    for (const char *p = line; (p = strstr(p, program)) != NULL; p += size) {
        if (word_ends(line, p, size)) {
            return true;
        }
    }
    return false;
}

/* A flag of ComfyUI's own sets; "--cpu" many a program has. */
static bool has_set_flag(const char *line)
{
    for (const char *p = line; (p = strstr(p, "--")) != NULL;) {
        char flag[32];
        const size_t size = strcspn(p, " \t=\"';&|");
        if (size < sizeof flag) {
            memcpy(flag, p, size);
            flag[size] = '\0';
            if (flag_set_of(flag) && strcmp(flag, "--cpu") != 0) {
                return true;
            }
        }
        p += size;
    }
    return false;
}

unsigned lint_software_of_command(const char *line)
{
    if (calls(line, "ollama serve") || (calls(line, "ollama") && calls(line, "serve"))) {
        return RUNS_OLLAMA;
    }
    if (calls(line, "llama-server")) {
        return RUNS_LLAMA_SERVER;
    }
    if (calls(line, "mlx_lm.server") || calls(line, "mlx_lm")) {
        return RUNS_MLX_LM;
    }
    if (strstr(line, "diffusionapi")) {
        return RUNS_DIFFUSIONAPI | RUNS_TORCH;
    }
    if ((calls(line, "comfy") && calls(line, "launch")) ||
        (calls(line, "main.py") &&
         (holds(line, "comfy") || calls(line, "--listen") || strstr(line, "vram") ||
          strstr(line, "--port") || has_set_flag(line)))) {
        return RUNS_COMFYUI | RUNS_TORCH;
    }
    return 0;
}

/* ---- where ---- */

static int device_of_tag(const char *image)
{
    const char *tag = image_tag(image);
    if (holds(tag, "rocm")) {
        return SETTING_ROCM;
    }
    if (holds(tag, "cuda") || strstr(tag, "cu11") || strstr(tag, "cu12") || strstr(tag, "cu13")) {
        return SETTING_CUDA;
    }
    return holds(tag, "cpu") ? SETTING_CPU : SETTING_DEVICE_UNKNOWN;
}

static int device_of_items(const struct lint_group *g)
{
    for (size_t i = 0; i < g->count; i++) {
        const struct lint_item *item = &g->items[i];
        const char *value = item->value ? item->value : "";
        if (item->kind == ITEM_FLAG && strcmp(item->name, "--cpu") == 0 &&
            (g->runs & RUNS_COMFYUI)) {
            return SETTING_CPU;
        }
        if (item->kind != ITEM_KEY) {
            continue;
        }
        if (strcmp(value, "nvidia") == 0 || strncmp(item->name, "gpus", 4) == 0) {
            return SETTING_CUDA;
        }
        if (strncmp(item->name, "devices", 7) == 0 && strncmp(value, "/dev/kfd", 8) == 0) {
            return SETTING_ROCM;
        }
    }
    return SETTING_DEVICE_UNKNOWN;
}

void lint_place_group(struct lint_run *r, struct lint_group *g, bool macos)
{
    const bool mac = macos || r->query->system == SETTING_MACOS;
    g->place = g->container ? (mac ? SETTING_MAC_CONTAINER : SETTING_LINUX)
               : mac        ? SETTING_MACOS
                            : r->query->system;
    g->device = device_of_items(g);
    if (g->device == SETTING_DEVICE_UNKNOWN && g->image) {
        g->device = device_of_tag(g->image);
    }
    if (g->place == SETTING_MAC_CONTAINER) {
        g->device = SETTING_CPU; /* no GPU gets into a Linux container on a Mac */
    } else if (g->place == SETTING_MACOS && g->device != SETTING_CPU) {
        g->device = SETTING_MPS;
    }
    if (g->image && (g->runs & RUNS_OLLAMA)) {
        const char *version = image_version(&r->out->arena, g->image);
        /* Another tag than one of a version: what runs outside of it says nothing of it. */
        g->versions[SETTING_OWNER_OLLAMA] = version;
    }
}

/* ---- items ---- */

static bool holds_flags(const struct lint_group *g, const char *name)
{
    const bool base = strcmp(name, image_flag_base) == 0; /* beside another one only */

    return (g->runs & RUNS_COMFYUI) != 0 &&
           image_takes_flags(g->image, base ? "COMFY_CMDLINE_EXTRA" : name);
}

void lint_add_flags(struct lint_run *r, struct lint_group *g, const char *line,
                    const struct document_entry *at)
{
    struct arena *a = &r->out->arena;
    const char *word = lint_shell_word(a, &line);
    while (word) {
        const char *next = lint_shell_word(a, &line);
        if (strncmp(word, "--", 2) == 0 && word[2]) {
            const char *equals = strchr(word, '=');
            const char *name = equals ? arena_strndup(a, word, (size_t)(equals - word)) : word;
            const char *value = equals ? equals + 1 : next && next[0] != '-' ? next : NULL;
            lint_add_item(r, g, ITEM_FLAG, name, value, at);
        }
        word = next;
    }
}

static const char *key_value(const struct lint_group *g, const char *name)
{
    const struct lint_item *item = lint_find(g, ITEM_KEY, name);
    return item ? item->value : NULL;
}

const char *lint_joined(struct arena *a, const struct lint_group *g, const char *name)
{
    char text[2048];
    size_t n = 0;
    const size_t size = strlen(name);
    for (size_t i = 0; i < g->count; i++) {
        const struct lint_item *item = &g->items[i];
        if (item->kind != ITEM_KEY || !item->value || strncmp(item->name, name, size) != 0 ||
            (item->name[size] && item->name[size] != '[')) {
            continue;
        }
        const int added = snprintf(text + n, sizeof text - n, "%s%s", n ? " " : "", item->value);
        n = added < 0 || (size_t)added >= sizeof text - n ? sizeof text - 1 : n + (size_t)added;
    }
    return arena_strndup(a, text, n);
}

static bool mentions(const struct lint_item *item, const char *name)
{
    return item->kind != ITEM_VARIABLE && ((item->value && strstr(item->value, name)) ||
                                           (item->written && strstr(item->written, name)));
}

/* Whether a service has a command line of its own that does not take the variable: the script of
 * its image, which would, does not run then. */
static bool has_other_command(const struct lint_group *g, const char *name)
{
    bool own = false;

    for (size_t i = 0; i < g->count; i++) {
        const struct lint_item *item = &g->items[i];

        if (mentions(item, name)) {
            return false;
        }
        own = own || (item->kind == ITEM_KEY && (strncmp(item->name, "command[", 8) == 0 ||
                                                 strncmp(item->name, "entrypoint[", 11) == 0));
    }
    return own;
}

static void expand_flags(struct lint_run *r, struct lint_group *g)
{
    enum { NAMES_MAX = 8, NOT_LOOKED = -1 };
    const size_t count = g->count; /* what is added is at the end */
    const bool compose = g->file->document->kind == DOCUMENT_COMPOSE;
    int unread[NAMES_MAX]; /* by the place in image_flag_variables; behind those image_flag_base */

    for (size_t i = 0; i < NAMES_MAX; i++) {
        unread[i] = NOT_LOOKED;
    }
    for (size_t i = 0; i < count; i++) {
        const struct lint_item item = g->items[i];
        size_t k = 0;

        if (item.kind != ITEM_VARIABLE || !item.value || !holds_flags(g, item.name)) {
            continue;
        }
        while (k + 1 < NAMES_MAX && image_flag_variables[k] &&
               strcmp(image_flag_variables[k], item.name) != 0) {
            k++;
        }
        if (unread[k] == NOT_LOOKED) { /* once: a file may have it any number of times */
            unread[k] = compose && has_other_command(g, item.name);
        }
        if (!unread[k]) {
            lint_add_flags(r, g, item.value,
                           &(struct document_entry){.line = item.line, .column = item.column});
        }
    }
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ---- compose ---- */

/* Whether flags of ComfyUI stand there: "python main.py" alone is many a program. */
static bool has_flag_of(const struct lint_run *r, const struct lint_group *g, int owner)
{
    for (size_t i = 0; i < g->count; i++) {
        const struct setting *s = g->items[i].kind == ITEM_FLAG
                                      ? lint_setting(r, "flag", g->items[i].name)
                                      : NULL;
        if (s && s->owner == owner) {
            return true;
        }
    }
    return false;
}

/* An override file leaves out what the file says that it belongs to. */
static const char *image_elsewhere(const struct lint_run *r, const struct lint_group *g)
{
    for (size_t i = 0; i < r->file_count; i++) {
        const struct document *d = r->files[i].document;
        if (d->kind == DOCUMENT_COMPOSE && d != g->file->document &&
            lint_same_folder(d->file, g->file->document->file)) {
            const struct document_entry *e = document_find(d, g->name, "image");
            if (e && e->value) {
                return e->value;
            }
        }
    }
    return NULL;
}

static void tell_service(struct lint_run *r, struct lint_group *g)
{
    struct arena *a = &r->out->arena;
    g->image = key_value(g, "image");
    g->image = g->image ? g->image : image_elsewhere(r, g);
    g->runs = g->image ? lint_software_of_image(g->image) : 0;
    if (!g->runs) {
        const char *entrypoint = lint_joined(a, g, "entrypoint"),
                   *command = lint_joined(a, g, "command");
        const char *line = arena_printf(a, "%s %s", entrypoint, command);
        g->runs = lint_software_of_command(line);
        if (!g->runs && calls(line, "main.py") && has_flag_of(r, g, SETTING_OWNER_COMFYUI)) {
            g->runs = RUNS_COMFYUI | RUNS_TORCH;
        }
    }
    if (!g->runs) {
        g->runs = lint_software_of_name(g->name);
    }
    static const char *const names[] = {"container_name", "build", "build.context"};
    for (size_t i = 0; !g->runs && i < sizeof names / sizeof *names; i++) {
        const char *name = key_value(g, names[i]);
        g->runs = name ? lint_software_of_name(base_of(name)) : 0;
    }
    g->container = true;
    lint_place_group(r, g, false);
}

/* ---- environment files and scripts ---- */

static bool sets(const struct lint_group *g, const char *prefix)
{
    for (size_t i = 0; i < g->count; i++) {
        if (g->items[i].kind == ITEM_VARIABLE &&
            strncmp(g->items[i].name, prefix, strlen(prefix)) == 0) {
            return true;
        }
    }
    return false;
}

/* Folders that only a Mac has. */
static bool has_mac_folder(const char *text)
{
    return strstr(text, "/opt/homebrew/") || strstr(text, "/Users/") ||
           strstr(text, "/Library/Application Support/");
}

static bool mentions_macos(const struct document *d)
{
    static const char *const names[] = {"launchctl", "pmset",          "powermetrics", "sw_vers",
                                        "tmutil",    "mdutil",         "vm_stat",      "osascript",
                                        "defaults",  "memory_pressure"};
    for (size_t i = 0; i < d->count; i++) {
        const struct document_entry *e = &d->entries[i];
        const char *value = e->value ? e->value : "";
        if (d->kind == DOCUMENT_SHELL && (has_mac_folder(e->name) || has_mac_folder(value))) {
            return true;
        }
        if (e->kind != ENTRY_COMMAND) {
            continue;
        }
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            if (strcmp(e->name, names[k]) == 0 ||
                (strcmp(e->name, "sudo") == 0 && strncmp(value, names[k], strlen(names[k])) == 0)) {
                return true;
            }
        }
        if (strstr(value, "iogpu.") || strstr(value, "hw.memsize")) {
            return true;
        }
    }
    return false;
}

/* A script that asks on which system it runs is for several. */
static bool asks_for_system(const struct document *d)
{
    for (size_t i = 0; d->kind == DOCUMENT_SHELL && i < d->count; i++) {
        const char *value = d->entries[i].value ? d->entries[i].value : "";
        if (strcmp(d->entries[i].name, "uname") == 0 || strstr(value, "uname") ||
            strstr(value, "OSTYPE")) {
            return true;
        }
    }
    return false;
}

static bool starts_something(const struct document *d)
{
    for (size_t i = 0; i < d->count; i++) {
        if (d->entries[i].kind == ENTRY_KEY && strncmp(d->entries[i].name, "ExecStart", 9) == 0) {
            return true;
        }
    }
    return false;
}

/* A daemon that runs sysctl at boot sets what stands in its arguments. */
static void expand_sysctl(struct lint_run *r, struct lint_group *g)
{
    bool is_sysctl = false;
    const size_t count = g->count;
    for (size_t i = 0; i < count; i++) {
        const struct lint_item item = g->items[i];
        const char *equals = item.value ? strchr(item.value, '=') : NULL;
        if (item.kind != ITEM_KEY || !item.value ||
            strncmp(item.name, "ProgramArguments", 16) != 0) {
            continue;
        }
        if (is_sysctl && equals && *item.value != '-') {
            lint_add_item(r, g, ITEM_SYSCTL,
                          arena_strndup(&r->out->arena, item.value, (size_t)(equals - item.value)),
                          equals + 1,
                          &(struct document_entry){.line = item.line, .column = item.column});
        }
        is_sysctl = is_sysctl || strcmp(base_of(item.value), "sysctl") == 0;
    }
}

/* Of a program without a container: by its command, its label, the name of its file. */
static void tell_program(struct lint_run *r, struct lint_group *g)
{
    const struct document *d = g->file->document;
    bool macos = d->kind == DOCUMENT_PLIST || mentions_macos(d);
    for (size_t i = 0; i < g->count; i++) { /* a script may start several */
        const struct lint_item *item = &g->items[i];
        if (item->kind == ITEM_KEY && item->value && strncmp(item->name, "ExecStart", 9) == 0) {
            g->runs |= lint_software_of_command(item->value);
        } else if (item->kind == ITEM_COMMAND) {
            g->runs |= lint_software_of_command(item->name);
        }
    }
    if (d->kind == DOCUMENT_PLIST) {
        expand_sysctl(r, g);
    }
    if (!g->runs && d->kind == DOCUMENT_PLIST) {
        g->runs = lint_software_of_command(lint_joined(&r->out->arena, g, "ProgramArguments"));
        g->runs = g->runs ? g->runs : lint_software_of_name(g->name);
    }
    if (!g->runs && d->kind != DOCUMENT_JSON && d->kind != DOCUMENT_YAML) {
        /* ".../ollama.service.d/override.conf" is told by its folder. */
        const char *base = base_of(d->file);
        size_t folder = (size_t)(base - d->file);
        folder -= folder > 0;
        size_t begin = folder;
        while (begin > 0 && d->file[begin - 1] != '/') {
            begin--;
        }
        const char *name = arena_strndup(&r->out->arena, d->file + begin, folder - begin);
        g->runs = lint_software_of_name(base);
        if (!g->runs && strstr(name, ".service.d")) {
            g->runs = lint_software_of_name(name);
        }
        macos = macos || (strcmp(name, "services") == 0 && strstr(d->file, "homebrew"));
    }
    if (!g->runs && d->kind != DOCUMENT_PLIST && sets(g, "OLLAMA_") && !sets(g, "COMFYUI_") &&
        !sets(g, "PYTORCH_") && d->kind == DOCUMENT_SYSTEMD && !starts_something(d)) {
        g->runs = RUNS_OLLAMA; /* a drop-in that somebody copied */
    }
    if (d->kind == DOCUMENT_SYSTEMD) {
        const char *image = key_value(g, "Image"); /* of a .container of podman's */
        g->image = image;
        g->container = strcmp(g->name, "Container") == 0;
        if (image && lint_software_of_image(image)) {
            g->runs = lint_software_of_image(image);
        }
        lint_place_group(r, g, false);
        if (g->place != SETTING_MAC_CONTAINER) {
            g->place = SETTING_LINUX; /* whatever machine the file lies on */
            g->device = g->device == SETTING_MPS ? SETTING_DEVICE_UNKNOWN : g->device;
        }
        return;
    }
    lint_place_group(r, g, macos);
    if (asks_for_system(d)) {
        g->place = SETTING_PLACE_UNKNOWN;
        g->device = SETTING_DEVICE_UNKNOWN;
    }
}

/* ---- a part of a compose file by itself, as advice shows them ---- */

static bool is_variable_name(const char *name, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const bool letter = (name[i] >= 'A' && name[i] <= 'Z') || name[i] == '_' ||
                            (name[i] >= 'a' && name[i] <= 'z');
        if (!letter && !(i > 0 && name[i] >= '0' && name[i] <= '9')) {
            return false;
        }
    }
    return size > 0;
}

/* "environment[2]" with "NAME=value", or "environment.NAME". */
static void expand_environment(struct lint_run *r, struct lint_group *g)
{
    static const char list[] = "environment[", map[] = "environment.";
    struct arena *a = &r->out->arena;
    const size_t count = g->count;
    for (size_t i = 0; i < count; i++) {
        const struct lint_item item = g->items[i];
        const struct document_entry at = {.line = item.line, .column = item.column};
        const char *name = NULL, *value = NULL;
        if (item.kind != ITEM_KEY || !item.written) {
            continue;
        }
        const char *equals = strchr(item.written, '=');
        if (strncmp(item.name, list, sizeof list - 1) == 0 && equals) {
            name = arena_strndup(a, item.written, (size_t)(equals - item.written));
            value = equals + 1;
        } else if (strncmp(item.name, map, sizeof map - 1) == 0) {
            name = item.name + sizeof map - 1;
            value = item.written;
        }
        if (name && is_variable_name(name, strlen(name))) {
            struct lint_item *added = lint_add_item(r, g, ITEM_VARIABLE, name, value, &at);
            added->filled = strchr(value, '$') != NULL;
            added->value = added->filled ? lint_fill(r, g->file, value) : value;
        }
    }
}

/* Whether the keys at the margin are those of a service. What runs there is told by the names of
 * its variables only, or by the port that is asked. */
static bool tell_fragment(struct lint_run *r, struct lint_group *g)
{
    static const char *const keys[] = {"environment", "deploy.resources", "healthcheck.test"};
    bool is_one = false;
    for (size_t i = 0; i < g->count; i++) {
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            is_one = is_one || (g->items[i].kind == ITEM_KEY &&
                                strncmp(g->items[i].name, keys[k], strlen(keys[k])) == 0);
        }
    }
    if (!is_one) {
        return false;
    }
    expand_environment(r, g);
    g->container = true;
    g->image = key_value(g, "image");
    g->runs = g->image ? lint_software_of_image(g->image) : 0;
    if (!g->runs) {
        const bool asks_ollama = strstr(lint_joined(&r->out->arena, g, "healthcheck.test"),
                                        ":11434") != NULL;
        g->runs = (sets(g, "OLLAMA_") || asks_ollama ? RUNS_OLLAMA : 0u) |
                  (sets(g, "COMFYUI_") || sets(g, "PYTORCH_") ? RUNS_COMFYUI | RUNS_TORCH : 0u);
    }
    lint_place_group(r, g, false);
    return true;
}

/* ---- JSON and YAML ---- */

static size_t count_kind(const struct lint_run *r, const struct lint_group *g, const char *kind,
                         int owner)
{
    size_t n = 0;
    for (size_t i = 0; i < g->count; i++) {
        const struct setting *s = g->items[i].kind == ITEM_KEY
                                      ? lint_setting(r, kind, g->items[i].name)
                                      : NULL;
        n += s && s->owner == owner;
    }
    return n;
}

/* Single keys such as "server.port" stand in many files: only several of one owner tell whose the
 * file is. */
static void tell_keys(struct lint_run *r, struct lint_group *g)
{
    enum { ENOUGH = 3 };
    if (g->file->document->kind == DOCUMENT_YAML && tell_fragment(r, g)) {
        return;
    }
    if (g->file->document->kind == DOCUMENT_JSON) {
        g->runs = count_kind(r, g, "json-key", SETTING_OWNER_DIFFUSIONAPI) >= ENOUGH
                      ? RUNS_DIFFUSIONAPI
                  : count_kind(r, g, "json-key", SETTING_OWNER_LMSTUDIO) >= ENOUGH ? READS_LMSTUDIO
                                                                                   : 0;
    } else {
        g->runs = count_kind(r, g, "yaml-key", SETTING_OWNER_PIPELINE) >= ENOUGH  ? READS_PIPELINE
                  : count_kind(r, g, "yaml-key", SETTING_OWNER_PROGRAM) >= ENOUGH ? READS_PLAN
                                                                                  : 0;
    }
    g->place = r->query->system;
    g->device = r->query->system == SETTING_MACOS ? SETTING_MPS : SETTING_DEVICE_UNKNOWN;
}

/* ---- all of a document ---- */

/* Sections of a unit are one service; everything else is by its group. */
static size_t group_for(struct lint_run *r, size_t first, const struct lint_file *file,
                        const char *name)
{
    /* Entries of one service stand together: looked for from the end. */
    for (size_t i = r->group_count; i > first; i--) {
        if (strcmp(r->groups[i - 1].name, name) == 0) {
            return i - 1;
        }
    }
    if (r->group_count - first >= GROUPS_MAX) {
        r->out->truncated = true;
        return r->group_count - 1;
    }
    lint_add_group(r, file, name);
    return r->group_count - 1;
}

/* Of a script its commands tell all: flags and variables that stand in them are found there, with
 * what they belong to. */
static bool is_told_by_command(const struct document *d, const struct document_entry *e)
{
    return d->kind == DOCUMENT_SHELL &&
           (e->kind == ENTRY_FLAG || (e->kind == ENTRY_VARIABLE && *e->group));
}

/* Lines NAME=value may stand there twice; of mappings a second key is an error or nobody knows. */
static bool last_counts(const struct document *d, const struct document_entry *e)
{
    if (d->kind == DOCUMENT_ENV || d->kind == DOCUMENT_SYSTEMD) {
        return true;
    }
    const size_t name = strlen(e->name), begin = e->whole.begin;
    const size_t at = begin + (begin < d->size && strchr("\"'", d->text[begin]) ? 1 : 0);
    return d->kind == DOCUMENT_COMPOSE && at + name < d->size &&
           memcmp(d->text + at, e->name, name) == 0 && d->text[at + name] == '=';
}

/* A unit that starts a container: its variables are those behind -e. */
static bool starts_container(const struct document *d, const struct document_entry *e)
{
    return d->kind == DOCUMENT_SYSTEMD && e->kind == ENTRY_KEY && e->value &&
           strcmp(e->name, "ExecStart") == 0 &&
           (calls(e->value, "docker") || calls(e->value, "podman"));
}

static void add_entry(struct lint_run *r, size_t group, const struct document_entry *e)
{
    static const enum lint_item_kind kinds[] = {
        [ENTRY_VARIABLE] = ITEM_VARIABLE, [ENTRY_FLAG] = ITEM_FLAG, [ENTRY_KEY] = ITEM_KEY};
    struct lint_group *g = &r->groups[group];
    if (e->kind == ENTRY_COMMAND) {
        lint_add_command(r, group, e, e->name, e->value);
        return;
    }
    if (starts_container(g->file->document, e)) {
        const char *rest = e->value + strspn(e->value, "@-:+! \t");
        const char *name = lint_shell_word(&r->out->arena, &rest);
        lint_add_command(r, group, e, name ? name : "", rest);
        g = &r->groups[group];
    }
    struct lint_item *item = lint_add_item(r, g, kinds[e->kind], e->name, e->value, e);
    item->filled = e->interpolated;
    item->last_counts = last_counts(g->file->document, e);
    if (e->interpolated && e->value) {
        item->value = lint_fill(r, g->file, e->value);
    }
}

static void make_groups_of(struct lint_run *r, const struct lint_file *file)
{
    const struct document *d = file->document;
    const size_t first = r->group_count;
    for (size_t i = 0; i < d->count; i++) {
        const struct document_entry *e = &d->entries[i];
        const char *name = d->kind == DOCUMENT_SHELL ? "" : e->group; /* one environment for all */
        if (!is_told_by_command(d, e)) {
            add_entry(r, group_for(r, first, file, name), e);
        }
    }
    for (size_t i = first; i < r->group_count; i++) {
        struct lint_group *g = &r->groups[i];
        if (g->image && g->container) { /* a "docker run" is told already */
            continue;
        }
        switch (d->kind) {
        case DOCUMENT_COMPOSE:
            if (*g->name) { /* "" is the file itself: volumes, networks */
                tell_service(r, g);
            }
            break;
        case DOCUMENT_JSON:
        case DOCUMENT_YAML:
            tell_keys(r, g);
            break;
        default:
            tell_program(r, g);
        }
        expand_flags(r, g);
    }
}

void lint_make_groups(struct lint_run *r)
{
    for (size_t i = 0; i < r->file_count; i++) {
        make_groups_of(r, &r->files[i]);
    }
}
