#include "tuning/locate/install.h"

#include <string.h>

#include "sampling/sample.h"

static const char *const names[] = {
#define INSTALL(id, name) [INSTALL_##id] = name,
    INSTALLS(INSTALL)
#undef INSTALL
};

/* ---------------------------------------------------------------- words and paths */

static bool ends_with(const char *text, const char *end)
{
    const size_t size = strlen(text), n = strlen(end);

    return size >= n && strcmp(text + size - n, end) == 0;
}

static const char *shorten(const struct install_process *p, const char *path, struct arena *arena)
{
    const size_t n = p->home ? strlen(p->home) : 0;

    if (n > 1 && strncmp(path, p->home, n) == 0 && (path[n] == '/' || path[n] == '\0')) {
        return arena_printf(arena, "~%s", path + n);
    }
    return path;
}

/* The folder of a path, "" of a name alone. */
static const char *parent_of(const char *path, struct arena *arena)
{
    const char *slash = strrchr(path, '/');

    return slash ? arena_strndup(arena, path, slash == path ? 1 : (size_t)(slash - path)) : "";
}

/* Where main.py of ComfyUI stands: as the command line has it, below the working folder. */
static const char *root_of(const struct install_process *p, struct arena *arena)
{
    for (size_t i = 0; p->argv[i]; i++) {
        const char *word = p->argv[i];
        const bool is = strcmp(word, "main.py") == 0 || ends_with(word, "/main.py");

        if (is && word[0] == '/') {
            return parent_of(word, arena);
        }
        if (is && p->folder[0] == '/') {
            while (strncmp(word, "./", 2) == 0) {
                word += 2;
            }
            const char *below = parent_of(word, arena);
            return *below ? arena_printf(arena, "%s/%s", p->folder, below)
                          : arena_strdup(arena, p->folder);
        }
    }
    return NULL;
}

static bool has_flag(const struct install_process *p, const char *flag)
{
    const size_t n = strlen(flag);

    for (size_t i = 0; p->argv[i]; i++) {
        if (strncmp(p->argv[i], flag, n) == 0 && (p->argv[i][n] == '\0' || p->argv[i][n] == '=')) {
            return true;
        }
    }
    return false;
}

/* A word of the command line that holds `part`; NULL: none. */
static const char *word_with(const struct install_process *p, const char *part)
{
    for (size_t i = 0; p->argv[i]; i++) {
        if (strstr(p->argv[i], part)) {
            return p->argv[i];
        }
    }
    return NULL;
}

/* What follows a flag, in its own word or behind "=". */
static const char *value_of(const struct install_process *p, const char *flag)
{
    const size_t n = strlen(flag);

    for (size_t i = 0; p->argv[i]; i++) {
        if (strcmp(p->argv[i], flag) == 0 && p->argv[i + 1]) {
            return p->argv[i + 1];
        }
        if (strncmp(p->argv[i], flag, n) == 0 && p->argv[i][n] == '=') {
            return p->argv[i] + n + 1;
        }
    }
    return NULL;
}

/* ---------------------------------------------------------------- ComfyUI */

/* The Electron app starts its server with these, and with paths of its own. */
static bool is_desktop(const struct install_process *p)
{
    return word_with(p, "/ComfyUI.app/") ||
           (has_flag(p, "--front-end-root") && has_flag(p, "--database-url") &&
            has_flag(p, "--base-directory"));
}

static bool is_comfy_cli(const struct install_process *p, const char *root)
{
    const size_t n = p->home ? strlen(p->home) : 0;

    return root && n > 1 && strncmp(root, p->home, n) == 0 &&
           (strcmp(root + n, "/comfy/ComfyUI") == 0 ||
            strcmp(root + n, "/Documents/comfy/ComfyUI") == 0);
}

static enum install_kind comfyui_kind(const struct install_process *p, const char *root)
{
    static const struct {
        const char *part;
        enum install_kind kind;
    } parts[] = {
        {"/ComfyUI-Installs/", INSTALL_DESKTOP_2},
        {"/Comfy-Desktop/", INSTALL_DESKTOP_2},
        {"/Comfy Desktop", INSTALL_DESKTOP_2},
        {"/pinokio/api/", INSTALL_PINOKIO},
        {"/StabilityMatrix/", INSTALL_STABILITY_MATRIX},
        {"/StabilityMatrix-", INSTALL_STABILITY_MATRIX},
        {"/Data/Packages/", INSTALL_STABILITY_MATRIX},
    };

    if (is_desktop(p)) {
        return INSTALL_DESKTOP;
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (word_with(p, parts[i].part) || (root && strstr(root, parts[i].part))) {
            return parts[i].kind;
        }
    }
    if (is_comfy_cli(p, root)) {
        return INSTALL_COMFY_CLI;
    }
    return root ? INSTALL_CLONE : INSTALL_UNKNOWN;
}

static const char *const by_yourself =
    "whoever started it has its flags: stop it and start it with the new ones, or let somebody "
    "supervise it (a unit of systemd --user, a compose file, a command pair under control in "
    "tunetop.yaml)";
static const char *const by_yourself_macos =
    "whoever started it has its flags: stop it and start it with the new ones, or let launchd run "
    "it, or name a command pair under control in tunetop.yaml";

static void describe_comfyui(const struct install_process *p, struct arena *arena,
                             struct install *out)
{
    const char *base = value_of(p, "--base-directory");

    switch (out->kind) {
    case INSTALL_DESKTOP:
        out->advice = "in ComfyUI Desktop: Settings, Server-Config; then quit and open it again";
        if (base && base[0] == '/') {
            out->file = arena_printf(arena, "%s/user/default/comfy.settings.json", base);
        }
        break;
    case INSTALL_DESKTOP_2:
        out->advice = "in Comfy Desktop: the settings of this instance, launch arguments; then "
                      "restart the instance there";
        break;
    case INSTALL_PINOKIO:
        out->advice = "in Pinokio: ENVIRONMENT and start.js of this app (an update overwrites "
                      "start.js); then stop and start it there";
        if (out->root) {
            out->file = arena_printf(arena, "%s/start.js", parent_of(out->root, arena));
        }
        break;
    case INSTALL_STABILITY_MATRIX:
        out->advice = "in StabilityMatrix: Packages, the gear of ComfyUI, Launch Options; then "
                      "stop and launch it there";
        break;
    case INSTALL_COMFY_CLI:
        out->advice = "comfy stop, then comfy launch --background -- FLAGS; default_launch_extras "
                      "in its config.ini keeps them";
        if (p->home) {
            out->file = arena_printf(arena,
                                     p->macos
                                         ? "%s/Library/Application Support/comfy-cli/config.ini"
                                         : "%s/.config/comfy-cli/config.ini",
                                     p->home);
        }
        break;
    default:
        out->advice = p->macos ? by_yourself_macos : by_yourself;
        break;
    }
}

/* ---------------------------------------------------------------- all */

void install_of(const struct install_process *p, struct arena *arena, struct install *out)
{
    *out = (struct install){INSTALL_UNKNOWN, NULL, NULL, NULL, NULL};
    if (p->kind == SERVICE_COMFYUI) {
        out->root = root_of(p, arena);
        out->kind = comfyui_kind(p, out->root);
        describe_comfyui(p, arena, out);
    } else if (p->kind == SERVICE_OLLAMA && word_with(p, "/Ollama.app/")) {
        out->kind = INSTALL_OLLAMA_APP;
        out->advice = "launchctl setenv NAME VALUE in a terminal on its screen, then quit Ollama "
                      "and open it again; context length and the models' folder in its settings";
    } else if (p->kind == SERVICE_OLLAMA) {
        out->kind = INSTALL_OLLAMA;
        out->advice = p->macos ? "stop it, set its variables where it is started, or let brew "
                                 "services or launchd run it"
                               : "stop it and set its variables where it is started, or let "
                                 "systemd run it (ollama.service of its installer, or systemd "
                                 "--user)";
    } else {
        out->advice = p->macos ? by_yourself_macos : by_yourself;
    }
    const char *name = names[out->kind];
    out->what = out->root ? arena_printf(arena, "%s in %s", name, shorten(p, out->root, arena))
                          : name;
}
