#include "tests/screen/golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "tui/command.h"
#include "tui/view.h"
#include "tuning/assess.h"

enum { GOLDEN_MAX = 1 << 20 };

const struct golden_size golden_sizes[GOLDEN_SIZES] = {{60, 15}, {80, 24}, {120, 40}, {200, 60}};

void golden_press(struct ui *ui, const struct model *m, int width, int height, const char *keys,
                  void (*after)(struct ui *ui, const struct model *m))
{
    char word[96];
    while (*keys != '\0') {
        size_t n = strcspn(keys, " ");
        snprintf(word, sizeof word, "%.*s", (int)n, keys);
        keys += n;
        keys += *keys == ' ';
        uint32_t key = key_of_name(word);
        size_t length = key == 0 ? strlen(word) : 1; /* no key: text */
        for (size_t i = 0; i < length; i++) {
            uint32_t one = key != 0 ? key : word[i] == '~' ? ' ' : (unsigned char)word[i];
            if (ui->input == UI_INPUT_NONE || !command_key(ui, one, m, width, height))
                view_act(ui, action_of_key(one, ui->tab), m, width, height);
            if (after != NULL)
                after(ui, m);
        }
    }
}

static const char *golden_dir(void)
{
    static char path[1024];
    const char *root = getenv("abs_srcdir");
    snprintf(path, sizeof path, "%s/tests/screen/golden", root != NULL ? root : ".");
    return path;
}

static bool read_file(const char *path, struct buf *out)
{
    FILE *f = fopen(path, "r");
    buf_clear(out);
    if (f == NULL)
        return false;
    for (;;) {
        size_t room;
        char *at = buf_reserve(out, 65536, &room);
        size_t n = fread(at, 1, room, f);
        if (n == 0)
            break;
        buf_commit(out, n);
    }
    fclose(f);
    return true;
}

static void compare(const char *name, const char *ending, const struct buf *is)
{
    char path[1200];
    struct buf want;
    const char *update = getenv("TUNETOP_GOLDEN");
    snprintf(path, sizeof path, "%s/%s.%s", golden_dir(), name, ending);
    if (update != NULL && strcmp(update, "update") == 0) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(fwrite(is->data, 1, is->size, f), is->size);
        fclose(f);
        return;
    }
    buf_init(&want, GOLDEN_MAX);
    bool there = read_file(path, &want);
    bool same = there && want.size == is->size && memcmp(want.data, is->data, is->size) == 0;
    buf_release(&want);
    if (!same) {
        fprintf(stderr, "# %s.%s %s; it is now:\n%s", name, ending,
                there ? "differs" : "is missing", is->data);
        fail();
    }
}

void golden_page(const char *name, const struct model *model, struct ui *ui, int width, int height,
                 bool ascii)
{
    struct assessment a;
    assess_run(model, &a);
    golden_assessed(name, model, &a, ui, width, height, ascii);
}

void golden_assessed(const char *name, const struct model *model, const struct assessment *a,
                     struct ui *ui, int width, int height, bool ascii)
{
    struct surface s;
    struct buf text;
    char file[128];
    /* As tunetop does: without utf8proc only a locale of UTF-8 knows how wide a character is. */
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL && setlocale(LC_CTYPE, "en_US.UTF-8") == NULL)
        fail_msg("neither the locale C.UTF-8 nor en_US.UTF-8 is here: install one");
    surface_init(&s, width, height);
    s.ascii = ascii;
    view_draw(&s, model, a, ui);
    snprintf(file, sizeof file, "%s%s-%dx%d", name, ascii ? "-ascii" : "", width, height);
    buf_init(&text, GOLDEN_MAX);
    surface_dump_text(&s, &text);
    compare(file, "txt", &text);
    if (ascii)
        for (size_t i = 0; i < text.size; i++)
            assert_true((unsigned char)text.data[i] < 0x80);
    buf_clear(&text);
    surface_dump_roles(&s, &text);
    compare(file, "roles", &text);
    buf_release(&text);
    surface_release(&s);
}
