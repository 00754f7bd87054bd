#include "tui/subcommand.h"

#include <string.h>

#include "base/utf8.h"

const char **subcommand_argv(const struct subcommand_self *self, const char *command,
                             const char *const *words, const char *out[SUBCOMMAND_WORDS])
{
    size_t n = 0;
    out[n++] = self->path;
    out[n++] = command;
    for (; words != NULL && *words != NULL && n + 2 < SUBCOMMAND_WORDS; words++)
        out[n++] = *words;
    for (const char *const *o = self->options; o != NULL && *o != NULL; o++)
        if (n + 2 < SUBCOMMAND_WORDS)
            out[n++] = *o;
    out[n++] = "--json";
    out[n] = NULL;
    return out;
}

static size_t count(const char *const *words)
{
    size_t n = 0;
    while (words != NULL && words[n] != NULL)
        n++;
    return n;
}

int subcommand_begin(struct subcommand *s, const struct subcommand_self *self, const char *command,
                     const char *const *words, struct err *err)
{
    const char *argv[SUBCOMMAND_WORDS];
    subcommand_release(s);
    if (count(words) + count(self->options) + 4 > SUBCOMMAND_WORDS)
        return err_set(err, ERR_TOO_BIG, "too much was chosen for one plan");
    const struct child_start how = {
        .path = self->path,
        .argv = subcommand_argv(self, command, words, argv),
        .output_max = SUBCOMMAND_OUTPUT,
        .errors_max = SUBCOMMAND_ERRORS,
        .output_fd = -1,
        .errors_fd = -1,
        .passed_fd = -1,
    };
    int result = child_begin(&s->child, &how, err);
    if (result == 0)
        s->state = SUBCOMMAND_RUNS;
    return result;
}

bool subcommand_take(struct subcommand *s)
{
    if (s->state != SUBCOMMAND_RUNS || !child_take(&s->child))
        return false;
    s->state = SUBCOMMAND_ENDED;
    return true;
}

void subcommand_release(struct subcommand *s)
{
    if (s->state != SUBCOMMAND_NONE)
        child_release(&s->child, true);
    s->state = SUBCOMMAND_NONE;
}

void subcommand_trouble(const struct subcommand *s, char *out, size_t size)
{
    static const char prefix[] = "tunetop: ";
    const char *text = s->state == SUBCOMMAND_ENDED ? s->child.errors.data : "";
    size_t used = 0;
    out[0] = '\0';
    while (text != NULL && *text != '\0' && used + 3 < size) {
        size_t line = strcspn(text, "\n");
        const char *from = text;
        size_t n = line;
        if (strncmp(from, prefix, sizeof prefix - 1) == 0) {
            from += sizeof prefix - 1;
            n -= sizeof prefix - 1;
        }
        if (used > 0 && n > 0) {
            out[used++] = ';';
            out[used++] = ' ';
        }
        used += utf8_sanitise(from, n, out + used, size - used, NULL);
        text += line + (text[line] == '\n');
    }
}
