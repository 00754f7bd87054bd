#include <ctype.h>
#include <string.h>

#include "tuning/config/document.h"

/* Which kind a file is: by its name where programs look for that name, else by its first lines. */

struct lines {
    const char *at, *end;
};

static bool ends_with(const char *text, const char *suffix)
{
    size_t size = strlen(text);
    size_t suffix_size = strlen(suffix);
    return size >= suffix_size && strcmp(text + size - suffix_size, suffix) == 0;
}

static bool is_one_of(const char *text, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(text, *list) == 0) {
            return true;
        }
    }
    return false;
}

static bool ends_with_one_of(const char *text, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (ends_with(text, *list)) {
            return true;
        }
    }
    return false;
}

/* The next line that is neither blank nor a comment, without the blanks before and behind it. */
static bool next_line(struct lines *l, const char **line, size_t *size)
{
    while (l->at < l->end) {
        const char *begin = l->at;
        const char *end = memchr(begin, '\n', (size_t)(l->end - begin));
        end = end != NULL ? end : l->end;
        l->at = end < l->end ? end + 1 : end;
        while (end > begin && isspace((unsigned char)end[-1])) {
            end--;
        }
        while (begin < end && isspace((unsigned char)*begin)) {
            begin++;
        }
        if (begin < end && *begin != '#' && *begin != ';') {
            *line = begin;
            *size = (size_t)(end - begin);
            return true;
        }
    }
    return false;
}

/* "services:" at the margin, and below something that only services have. */
static bool is_compose(const char *text, size_t size)
{
    static const char *const keys[] = {
        "image:",  "build:",   "container_name:", "command:",   "environment:",
        "deploy:", "extends:", "env_file:",       "entrypoint:"};
    struct lines l = {text, text + size};
    const char *line;
    size_t line_size;
    bool services = false;

    while (next_line(&l, &line, &line_size)) {
        bool margin = line == text || line[-1] == '\n';
        if (margin) {
            services = line_size >= 9 && memcmp(line, "services:", 9) == 0;
        }
        for (size_t i = 0; services && i < sizeof(keys) / sizeof(keys[0]); i++) {
            size_t key_size = strlen(keys[i]);
            if (!margin && line_size >= key_size && memcmp(line, keys[i], key_size) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool is_section(const char *line, size_t size)
{
    if (size < 3 || line[0] != '[' || line[size - 1] != ']' || !isalpha((unsigned char)line[1])) {
        return false;
    }
    for (size_t i = 1; i < size - 1; i++) {
        if (!isalnum((unsigned char)line[i]) && line[i] != '-') {
            return false;
        }
    }
    return true;
}

static bool is_assignment(const char *line, size_t size)
{
    size_t i = 0;
    while (i < size && (isalnum((unsigned char)line[i]) || strchr("_.-", line[i]) != NULL)) {
        i++;
    }
    return i > 0 && i < size && line[i] == '=';
}

static bool is_key_line(const char *line, size_t size)
{
    const char *colon = memchr(line, ':', size);
    return (size >= 3 && memcmp(line, "---", 3) == 0) ||
           (line[0] == '-' && size > 1 && line[1] == ' ') ||
           (colon != NULL && colon > line && (colon + 1 == line + size || colon[1] == ' ') &&
            memchr(line, '=', (size_t)(colon - line)) == NULL &&
            memchr(line, ' ', (size_t)(colon - line)) == NULL);
}

static enum document_kind recognise_text(const char *text, size_t size)
{
    struct lines l = {text, text + size};
    const char *line;
    size_t line_size;
    size_t assignments = 0;
    size_t keys = 0;
    size_t others = 0;
    size_t exports = 0; /* of the others */

    if (size >= 6 && memcmp(text, "bplist", 6) == 0) {
        return DOCUMENT_PLIST;
    }
    if (size >= 2 && memcmp(text, "#!", 2) == 0) {
        return DOCUMENT_SHELL;
    }
    if (!next_line(&l, &line, &line_size)) {
        return DOCUMENT_KIND_UNKNOWN;
    }
    if (is_section(line, line_size)) {
        return DOCUMENT_SYSTEMD;
    }
    if (line[0] == '<') {
        return DOCUMENT_PLIST;
    }
    if (line[0] == '{' || line[0] == '[') {
        return DOCUMENT_JSON;
    }
    do {
        if (is_assignment(line, line_size)) {
            assignments++;
        } else if (is_key_line(line, line_size)) {
            keys++;
        } else {
            exports += line_size > 7 && memcmp(line, "export ", 7) == 0;
            others++;
        }
    } while (assignments + keys + others < 100 && next_line(&l, &line, &line_size));
    if (keys > 0 && keys >= others + assignments) {
        return is_compose(text, size) ? DOCUMENT_COMPOSE : DOCUMENT_YAML;
    }
    if (assignments > 0 && others == 0 && keys == 0) {
        return DOCUMENT_ENV;
    }
    return assignments + exports > 0 ? DOCUMENT_SHELL : DOCUMENT_KIND_UNKNOWN;
}

enum document_kind document_recognise(const char *file, const char *text, size_t size)
{
    static const char *const units[] = {".service", ".socket", ".timer", ".slice",     ".scope",
                                        ".target",  ".mount",  ".path",  ".container", NULL};
    static const char *const shells[] = {".sh", ".bash", ".zsh", ".ksh", ".fish", NULL};
    static const char *const profiles[] = {
        ".profile",  ".bashrc", ".bash_profile", ".bash_login", ".bash_aliases", ".zshrc",
        ".zprofile", ".zshenv", ".zlogin",       ".envrc",      ".xprofile",     "profile",
        NULL};
    const char *slash = strrchr(file, '/');
    const char *base = slash != NULL ? slash + 1 : file;
    const char *rest = text;
    size_t rest_size = size;

    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        rest += 3;
        rest_size -= 3;
    }
    if (ends_with(base, ".yml") || ends_with(base, ".yaml")) {
        bool named = strncmp(base, "docker-compose", 14) == 0 || strncmp(base, "compose", 7) == 0 ||
                     strncmp(base, "container-compose", 17) == 0 ||
                     strncmp(base, "podman-compose", 14) == 0;
        return named || is_compose(rest, rest_size) ? DOCUMENT_COMPOSE : DOCUMENT_YAML;
    }
    if (ends_with_one_of(base, units)) {
        return DOCUMENT_SYSTEMD;
    }
    if (ends_with(base, ".plist")) {
        return DOCUMENT_PLIST;
    }
    if (ends_with(base, ".json")) {
        return DOCUMENT_JSON;
    }
    if (ends_with_one_of(base, shells) || is_one_of(base, profiles)) {
        return DOCUMENT_SHELL;
    }
    if (strncmp(base, ".env", 4) == 0 || ends_with(base, ".env") ||
        strcmp(base, "environment") == 0 || strstr(file, "/environment.d/") != NULL ||
        strncmp(file, "/etc/default/", 13) == 0 || strncmp(file, "/etc/sysconfig/", 15) == 0) {
        return DOCUMENT_ENV;
    }
    return recognise_text(rest, rest_size);
}
