/* What docker and podman print, from anything: no crash, ids that are ids, paths and texts without
 * control characters; and the same bytes as a compose project's configuration, as podman-compose's
 * rehearsal, and as a remembered control target. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tuning/control/compose_part.h"
#include "tuning/control/remember.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(int condition)
{
    if (!condition) {
        abort();
    }
}

static void check_text(const char *text)
{
    for (; text && *text; text++) {
        need((unsigned char)*text >= 0x20 && *text != 0x7f);
    }
}

static void check_container(const struct container_facts *c, struct arena *arena)
{
    need(strlen(c->id) >= 12 && strlen(c->id) <= 64);
    need(strspn(c->id, "0123456789abcdef") == strlen(c->id));
    check_text(c->name);
    check_text(c->image);
    check_text(c->project);
    check_text(c->folder);
    check_text(c->health_output);
    check_text(c->error);
    for (size_t i = 0; i < c->file_count; i++) {
        const char *path = container_path(c, c->files[i], arena);

        check_text(path);
        need(!path || path[0] == '/');
    }
    for (size_t i = 0; i < c->env_count; i++) {
        check_text(c->env[i]);
    }
    need(c->pid >= 0 && c->exit_code >= -1 && c->exit_code <= 255);
    need(c->port_count == 0 || (c->ports[0].inside && c->ports[0].host_port));
}

static bool never_set(void *ctx, const char *name, size_t size)
{
    (void)ctx;
    need(size > 0 && name);
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = ERR_INIT;
    struct arena arena;
    struct containers all;
    struct compose_rehearsed said;
    struct compose_version version;
    struct control_target target;
    struct buf names;
    char *text;

    if (size > 65536) {
        return 0;
    }
    arena_init(&arena);
    buf_init(&names, 200);
    text = arena_strndup(&arena, (const char *)data, size);
    struct compose_says says = {.arena = &arena};
    compose_rehearsed_read(text, strlen(text), "podman", &arena, &said);
    if (containers_read((const char *)data, size, &arena, &all, &err) == 0) {
        for (size_t i = 0; i < all.count; i++) {
            check_container(&all.of[i], &arena);
            (void)compose_words_differ(&all.of[i], "run --name=x -e A=b --label c image sleep",
                                       &says);
            (void)compose_compare(text, strlen(text), "x", &all.of[i], text, strlen(text), &says,
                                  &err);
        }
    } else {
        static const char *const env[] = {"A=b", "NONE"};
        static const char *const made[] = {"podman", "run", "--name=x", "-e", "A=b", "image"};
        static const struct container_facts c = {.id = "aaaaaaaaaaaaaaaa",
                                                 .name = "x",
                                                 .image = "image",
                                                 .env = env,
                                                 .env_count = 2,
                                                 .created_by = made,
                                                 .created_by_count = 6};

        (void)compose_compare(text, strlen(text), "x", &c, NULL, 0, &says, &err);
        for (size_t i = 0; i < said.make_count; i++) {
            need(said.makes[i].line && said.makes[i].name);
            (void)compose_words_differ(&c, said.makes[i].line, &says);
        }
    }
    for (size_t i = 0; i < says.count; i++) {
        check_text(says.words[i]);
    }
    compose_version_read((const char *)data, size, &version);
    check_text(version.text);
    (void)compose_unset_names((const char *)data, size, never_set, NULL, &names);
    char unset[200];
    (void)compose_unset(text, unset, sizeof unset);
    if (control_recall(text, &arena, &target)) {
        struct control_target again;

        need(target.service && target.type != CONTROL_NONE && target.type != CONTROL_COMMAND);
        need(!target.folder || target.folder[0] == '/');
        const char *line = control_remember(&target, &arena);
        need(!line[0] || control_recall(line, &arena, &again));
    }
    buf_release(&names);
    arena_release(&arena);
    return 0;
}
