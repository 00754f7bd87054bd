#include "tui/script.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include "base/utf8.h"
#include "tui/action.h"

/* A script that waits for what never comes must end: twice the longest interval. */
#define WAIT_LIMIT_NS (120 * NS_PER_S)
enum { SCRIPT_MAX_BYTES = 1 << 20, SCREEN_LOOK_MS = 100 };

/* Until a model came, a child said something, or the time is over. */
static int wait_ms(struct session *s, int ms, struct err *err)
{
    struct pollfd p[SESSION_FDS + 1] = {{collector_wake_fd(s->collector), POLLIN, 0}};
    int fds[SESSION_FDS], soon_ms;
    size_t count = session_fds(s, fds, &soon_ms);
    for (size_t i = 0; i < count; i++)
        p[i + 1] = (struct pollfd){fds[i], POLLIN, 0};
    if (poll(p, (nfds_t)(count + 1), soon_ms >= 0 && soon_ms < ms ? soon_ms : ms) < 0 &&
        errno != EINTR)
        return err_sys(err, ERR_IO, errno, "cannot wait for a model");
    session_take_children(s);
    return 0;
}

static int wait_for_model(struct session *s, bool services, struct err *err)
{
    int64_t end = clock_mono_ns(&clock_real) + WAIT_LIMIT_NS;
    bool came = false;
    while (!came || (services && !s->model->services_settled)) {
        int64_t left_ms = (end - clock_mono_ns(&clock_real)) / NS_PER_MS;
        if (left_ms <= 0)
            return err_set(err, ERR_TIMEOUT, "no %s came",
                           services ? "answer of the services" : "model");
        int result = wait_ms(s, (int)left_ms, err);
        if (result != 0)
            return result;
        came = session_take_model(s) || came;
    }
    return 0;
}

static int save(struct session *s, const char *path, bool roles, struct err *err)
{
    struct buf out;
    buf_init(&out, (size_t)1 << 26); /* 4096 x 4096 cells at 4 bytes */
    session_draw(s);
    session_log_frame(s);
    if (roles)
        surface_dump_roles(&s->surface, &out);
    else
        surface_dump_text(&s->surface, &out);
    int result = 0;
    FILE *f = fopen(path, "we");
    bool written = f != NULL && fwrite(out.data, 1, out.size, f) == out.size;
    if ((f != NULL && fclose(f) != 0) || !written)
        result = err_sys(err, ERR_IO, errno, "cannot write '%s'", path);
    buf_release(&out);
    return result;
}

static bool screen_shows(struct session *s, const char *text)
{
    struct buf out;
    buf_init(&out, (size_t)1 << 26); /* as in save() */
    session_draw(s);
    surface_dump_text(&s->surface, &out);
    bool shows = strstr(out.data, text) != NULL;
    buf_release(&out);
    return shows;
}

static int wait_for_screen(struct session *s, const char *text, struct err *err)
{
    int64_t end = clock_mono_ns(&clock_real) + WAIT_LIMIT_NS;
    while (!screen_shows(s, text)) {
        if (clock_mono_ns(&clock_real) > end)
            return err_set(err, ERR_TIMEOUT, "the screen never shows '%s'", text);
        int result = wait_ms(s, SCREEN_LOOK_MS, err);
        if (result != 0)
            return result;
        session_take_model(s);
    }
    return 0;
}

static int set_size(struct session *s, const char *text, struct err *err)
{
    const char *x = strchr(text, 'x');
    uint64_t width = 0, height = 0;
    if (x == NULL || number_u64(text, (size_t)(x - text), 10, &width) != 0 ||
        number_u64(x + 1, strlen(x + 1), 10, &height) != 0 || width < 1 || height < 1 ||
        width > 1000 || height > 1000)
        return err_set(err, ERR_PARSE, "'%s' is no size: write 80x24, at most 1000x1000", text);
    surface_resize(&s->surface, (int)width, (int)height);
    return 0;
}

/* "X Y", columns and rows counted from 1, on the page as it is now. */
static int point(struct session *s, enum mouse_kind kind, const char *text, struct err *err)
{
    const char *y = strchr(text, ' ');
    uint64_t column = 0, row = 0;
    if (y == NULL || number_u64(text, (size_t)(y - text), 10, &column) != 0 ||
        number_u64(y + 1, strlen(y + 1), 10, &row) != 0 || column < 1 || row < 1 || column > 1000 ||
        row > 1000)
        return err_set(err, ERR_PARSE, "'%s' is no place: write COLUMN ROW, from 1 to 1000", text);
    session_draw(s);
    session_mouse(s, &(struct mouse){kind, (int)column - 1, (int)row - 1});
    return 0;
}

static void type_text(struct session *s, const char *text)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size;) {
        size_t len;
        bool valid;
        session_key(s, utf8_decode(text + i, size - i, &len, &valid));
        i += len;
    }
}

static int run_line(struct session *s, const char *line, struct err *err)
{
    const char *rest = strchr(line, ' ');
    size_t word = rest != NULL ? (size_t)(rest - line) : strlen(line);
    rest = rest != NULL ? rest + 1 : "";
    if (word == 0 || (line[0] == '#' && word < strlen(line)))
        return 0;
#define IS(name) (word == sizeof name - 1 && memcmp(line, name, word) == 0)
    if (IS("wait-model"))
        return wait_for_model(s, false, err);
    if (IS("wait-services"))
        return wait_for_model(s, true, err);
    if (IS("wait-screen"))
        return wait_for_screen(s, rest, err);
    if (IS("size"))
        return set_size(s, rest, err);
    if (IS("save-screen"))
        return save(s, rest, false, err);
    if (IS("save-roles"))
        return save(s, rest, true, err);
    if (IS("click"))
        return point(s, MOUSE_CLICK, rest, err);
    if (IS("wheel-up"))
        return point(s, MOUSE_WHEEL_UP, rest, err);
    if (IS("wheel-down"))
        return point(s, MOUSE_WHEEL_DOWN, rest, err);
    if (IS("type")) {
        type_text(s, rest);
        return 0;
    }
#undef IS
    uint32_t key = key_of_name(line);
    if (key == 0)
        return err_set(
            err, ERR_PARSE,
            "'%s' is neither a key nor wait-model, wait-services, wait-screen, size, type, click, wheel-up, wheel-down, save-screen, save-roles",
            line);
    session_key(s, key);
    return 0;
}

int script_run(struct session *s, const char *path, struct err *err)
{
    struct buf text;
    buf_init(&text, SCRIPT_MAX_BYTES);
    int result = file_read(path, &text, err);
    char *line = text.data;
    for (unsigned number = 1; result == 0 && line != NULL && !s->ui.quit; number++) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end = '\0';
        result = run_line(s, line, err);
        if (result != 0)
            err_at(err, "%s:%u", path, number);
        line = end != NULL ? end + 1 : NULL;
    }
    buf_release(&text);
    return result;
}
