/*
 * The only file that includes curses. What surprises: curses' SIGTSTP, SIGINT and SIGTERM handlers
 * print from inside a handler, so ours are installed first (curses then leaves those signals
 * alone); only SIGWINCH stays with curses. Keys are read from a pad: reading from a window would
 * refresh stdscr behind our back.
 */
#include "tui/term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/utf8.h"
#include "tui/action.h"
#include "tui/rescue.h"

/* A probe's answers, as key codes of our own above curses' (KEY_MAX is 0777). */
enum { PROBE_NARROW = KEY_MAX + 1, PROBE_WIDE, PROBE_BYTES, MOUSE_REPORT, MOUSE_OLD_REPORT };
/* The column (from 1) at which the width of U+2500 is probed: no function key sends "ESC [ 1 ; 21
 * R". */
enum { PROBE_COLUMN = 20 };
enum { STYLE_TRUE, STYLE_256, STYLE_16, STYLE_8, STYLE_MONO };
static const char *const color_names[] = {"truecolor", "256", "16", "8", "mono"};

/* The longest is "127;32767;32767M". */
enum { REPORT_MAX = 24, REPORT_OLD_BYTES = 3 };
/* Presses and the wheel (1000), in the form that has no limit of columns and no bytes that are no
 * text (1006). While it is on, terminals select text with Shift held. */
static const char mouse_on[] = "\033[?1000h\033[?1006h", mouse_off[] = "\033[?1006l\033[?1000l";

struct term {
    SCREEN *screen;
    WINDOW *pad;
    struct surface shown; /* what the terminal shows */
    bool shown_valid;
    bool ascii, probe_pending;
    int colors; /* STYLE_* */
    const struct theme *theme;
    attr_t attr[ROLE_COUNT];
    short pair[ROLE_COUNT];
    cchar_t *cells; /* one run */
    int cell_count;
    unsigned empty_reads;        /* readable, but no key came */
    bool mouse;                  /* reports are on */
    char report[REPORT_MAX + 1]; /* of the mouse, as far as it came */
    int report_size, report_old; /* size -1: none begun; old: bytes that an old report still has */
    int stderr_saved, stderr_read;
    struct buf stderr_line;
};

const char *term_set_locale(bool *utf8)
{
    const char *chosen = setlocale(LC_CTYPE, "");
    const char *names[] = {getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG")};
    const char *wanted = "";
    for (size_t i = 0; i < sizeof names / sizeof names[0] && wanted[0] == '\0'; i++)
        if (names[i] != NULL)
            wanted = names[i];
    bool is_utf8 = chosen != NULL && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    bool is_c = chosen == NULL || strcmp(chosen, "C") == 0 || strcmp(chosen, "POSIX") == 0;
    bool names_utf8 = strcasestr(wanted, "utf-8") != NULL || strcasestr(wanted, "utf8") != NULL;
    /* C although the environment names UTF-8 or nothing, or a locale that this machine lacks. */
    if (!is_utf8 && is_c && (chosen == NULL || wanted[0] == '\0' || names_utf8)) {
        static const char *const fallbacks[] = {"C.UTF-8", "en_US.UTF-8"};
        for (size_t i = 0; i < 2 && !is_utf8; i++) {
            const char *got = setlocale(LC_CTYPE, fallbacks[i]);
            if (got != NULL && strcmp(nl_langinfo(CODESET), "UTF-8") == 0) {
                chosen = got;
                is_utf8 = true;
            }
        }
        if (!is_utf8)
            chosen = setlocale(LC_CTYPE, "C");
    }
    *utf8 = is_utf8;
    return chosen != NULL ? chosen : "C";
}

/* Adds a capability without its padding ("$<5/>"): these bytes also go out from a signal handler.
 */
static void collect(NCURSES_CONST char *name)
{
    const char *text = tigetstr(name);
    if (text == NULL || text == (const char *)-1)
        return;
    while (*text != '\0' && rescue.size < sizeof rescue.bytes) {
        if (text[0] == '$' && text[1] == '<' && strchr(text, '>') != NULL)
            text = strchr(text, '>') + 1;
        else
            rescue.bytes[rescue.size++] = *text++;
    }
}

/*
 * Reports are asked for by us, not by curses: older ones cannot tell the wheel's second direction,
 * count to column 223 only, or connect to a daemon of the console. Only where terminfo knows that
 * the terminal has a mouse in that way.
 */
static bool knows_mouse(void)
{
    static char kmous[] = "kmous";
    const char *text = tigetstr(kmous);
    return text != NULL && text != (const char *)-1 &&
           (strcmp(text, "\033[M") == 0 || strcmp(text, "\033[<") == 0);
}

static void rescue_prepare(int fd, bool mouse)
{
    rescue.fd = fd;
    rescue.size = mouse ? sizeof mouse_off - 1 : 0; /* before the screen is left */
    memcpy(rescue.bytes, mouse_off, rescue.size);
    rescue.stderr_saved = rescue.stderr_read = -1;
    static char names[][8] = {"rmkx", "sgr0", "op", "cnorm", "rmcup"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        collect(names[i]);
}

/* Whatever a library prints to stderr goes to the log while the screen is up. When stderr is no
 * terminal it does not disturb the screen and stays where it is. */
static void stderr_capture(struct term *t)
{
    int ends[2];
    t->stderr_saved = t->stderr_read = -1;
    if (!isatty(STDERR_FILENO) || pipe(ends) != 0)
        return;
    int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (saved < 0 || dup2(ends[1], STDERR_FILENO) < 0) {
        if (saved >= 0)
            close(saved);
        close(ends[0]);
        close(ends[1]);
        return;
    }
    close(ends[1]);
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    fcntl(STDERR_FILENO, F_SETFL,
          O_NONBLOCK); /* a full pipe loses text, it never blocks who prints */
    t->stderr_saved = saved;
    t->stderr_read = ends[0];
    rescue.stderr_saved = saved;
    rescue.stderr_read = ends[0];
}

static void stderr_drain(struct term *t)
{
    if (t->stderr_read < 0)
        return;
    char bytes[512];
    ssize_t n;
    while ((n = read(t->stderr_read, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (bytes[i] != '\n' && t->stderr_line.size < t->stderr_line.max) {
                buf_putc(&t->stderr_line, bytes[i]);
                continue;
            }
            char clean[512];
            utf8_sanitise(t->stderr_line.data, t->stderr_line.size, clean, sizeof clean, NULL);
            log_write(LOG_WARN, "%s", clean);
            buf_clear(&t->stderr_line);
        }
    }
}

static void stderr_release(struct term *t)
{
    if (t->stderr_read < 0)
        return;
    stderr_drain(t);
    rescue.stderr_saved = rescue.stderr_read = -1;
    dup2(t->stderr_saved, STDERR_FILENO);
    close(t->stderr_saved);
    close(t->stderr_read);
    t->stderr_saved = t->stderr_read = -1;
}

/* Truecolor only where terminfo really says so. */
static bool says_truecolor(void)
{
    static char rgb[] = "RGB";
    const char *type = getenv("TERM");
    size_t size = type != NULL ? strlen(type) : 0;
    bool direct = size > 7 && strcmp(type + size - 7, "-direct") == 0;
    char *text = tigetstr(rgb);
    bool named = tigetflag(rgb) > 0 || tigetnum(rgb) > 0 || (text != NULL && text != (char *)-1);
    return (direct || named) && COLORS >= 0x1000000;
}

static int color_of(const struct theme_style *style, int kind, bool background)
{
    switch (kind) {
    case STYLE_TRUE:
        return background ? style->background_rgb : style->rgb;
    case STYLE_256:
        return background ? style->background_256 : style->c256;
    case STYLE_16:
        return background ? style->background_16 : style->c16;
    default: { /* 8: bright black would be black, so the own colour, dim; other bright ones lose the
                  brightness */
        int c = background ? style->background_16 : style->c16;
        return c == 8 ? -1 : c < 0 ? c : c & 7;
    }
    }
}

static attr_t attr_of(unsigned attr)
{
    return ((attr & ATTR_BOLD) != 0 ? A_BOLD : 0) | ((attr & ATTR_DIM) != 0 ? A_DIM : 0) |
           ((attr & ATTR_REVERSE) != 0 ? A_REVERSE : 0) |
           ((attr & ATTR_UNDERLINE) != 0 ? A_UNDERLINE : 0);
}

void term_set_theme(struct term *t, const struct theme *theme)
{
    t->theme = theme;
    t->shown_valid = false;
    for (int role = 0; role < ROLE_COUNT; role++) {
        const struct theme_style *style = &theme->style[role];
        t->pair[role] = 0;
        t->attr[role] = attr_of(t->colors == STYLE_MONO ? style->mono_attr : style->attr);
        if (t->colors == STYLE_MONO)
            continue;
        if (t->colors == STYLE_8 && style->c16 == 8)
            t->attr[role] |= A_DIM;
        int fg = color_of(style, t->colors, false), bg = color_of(style, t->colors, true);
        int text = color_of(&theme->style[ROLE_TEXT], STYLE_16, false);
        if (fg < 0 && bg >= 0 && t->colors == STYLE_8 && style->c16 == 8 && text >= 0)
            fg = text & 7; /* the own colour may be that of the page */
        if (fg < 0 && bg < 0)
            continue;
        short pair = (short)(role + 1);
        /* The library of macOS has extended colours but is older than this function (ncurses 6.1).
         */
#if defined(NCURSES_EXT_COLORS) && NCURSES_EXT_COLORS && NCURSES_VERSION_PATCH >= 20180127
        int done = init_extended_pair(pair, fg, bg);
#else
        int done = init_pair(pair, (short)fg, (short)bg);
#endif
        if (done == OK)
            t->pair[role] = pair;
    }
}

static int kind_of_colors(int count)
{
    return says_truecolor() ? STYLE_TRUE
           : count >= 256   ? STYLE_256
           : count >= 16    ? STYLE_16
                            : STYLE_8;
}

static void set_up_colors(struct term *t, const struct term_options *options)
{
    const char *no_color = getenv("NO_COLOR");
    t->colors = STYLE_MONO;
    if (options->color == TERM_COLOR_NEVER ||
        (options->color == TERM_COLOR_AUTO && no_color != NULL && no_color[0] != '\0'))
        return;
    if (!has_colors() || start_color() != OK || use_default_colors() != OK ||
        COLOR_PAIRS < ROLE_COUNT + 1)
        return;
    t->colors = kind_of_colors(COLORS);
}

void term_describe(struct term_facts *out)
{
    static char colors[] = "colors", cup[] = "cup";
    static char library[64];
    struct winsize size = {0};
    *out = (struct term_facts){.library = library, .library_built = NCURSES_VERSION};
    snprintf(library, sizeof library, "%s", curses_version());
    /* "ncurses 6.4.20221231": the name and the date of the patch are left out. */
    const char *number = strchr(library, ' ');
    out->library = number != NULL ? number + 1 : library;
    char *patch = strchr(library, '.');
    patch = patch != NULL ? strchr(patch + 1, '.') : NULL;
    if (patch != NULL)
        *patch = '\0';
    out->color_name = color_names[STYLE_MONO];
    /* Opened on /dev/null, so that nothing of it reaches the screen. */
    autofclose FILE *nowhere = fopen("/dev/null", "r+e");
    const char *type = getenv("TERM");
    SCREEN *screen = type != NULL && type[0] != '\0' && nowhere != NULL
                         ? newterm(NULL, nowhere, nowhere)
                         : NULL;
    if (screen != NULL) {
        const char *move = tigetstr(cup);
        const int count = tigetnum(colors);
        out->known = true;
        out->moves = move != NULL && move != (const char *)-1;
        if (count >= 8)
            out->color_name = color_names[kind_of_colors(count)];
        endwin();
        delscreen(screen);
    }
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        out->width = size.ws_col;
        out->height = size.ws_row;
    }
}

/* Keys, output control and echo as the program wants them. Called after every return to the screen.
 */
/* false: the cursor cannot be hidden. */
static bool set_modes(int fd, const struct termios *before)
{
    raw();
    noecho();
    nonl();
    /* raw() switches Ctrl-S and Ctrl-Q off; who uses them keeps them. */
    struct termios now;
    if ((before->c_iflag & IXON) != 0 && tcgetattr(fd, &now) == 0) {
        now.c_iflag |= IXON;
        tcsetattr(fd, TCSADRAIN, &now);
        def_prog_mode();
    }
    return curs_set(0) != ERR;
}

/*
 * Asks the terminal how wide it shows U+2500: print one, ask for the cursor's place. It goes out
 * right before the first frame, which erases it, and the answer comes as a key when it comes:
 * nothing waits. Written here: what putp() writes waits in stdio until the end of the program.
 */
static void probe_width(struct term *t)
{
    static char u7[] = "u7";
    const char *ask = tigetstr(u7);
    if (t->ascii || COLS < PROBE_COLUMN + 10 || ask == NULL || ask == (const char *)-1 ||
        strcmp(ask, "\033[6n") != 0)
        return;
    char sequence[32];
    static const struct {
        int columns, code;
    } answers[] = {{1, PROBE_NARROW}, {2, PROBE_WIDE}, {3, PROBE_BYTES}};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        snprintf(sequence, sizeof sequence, "\033[1;%dR", PROBE_COLUMN + answers[i].columns);
        define_key(sequence, answers[i].code);
    }
    snprintf(sequence, sizeof sequence, "\033[1;%dH\xE2\x94\x80\033[6n", PROBE_COLUMN);
    if (write(STDOUT_FILENO, sequence, strlen(sequence)) > 0)
        t->probe_pending = true;
    clearok(curscr, TRUE); /* curses knows nothing of it */
}

/* Not through curses: what putp() writes waits in stdio. Nothing waits for it either. */
static void tell_mouse(const struct term *t, const char *sequence)
{
    if (t->mouse && write(STDOUT_FILENO, sequence, strlen(sequence)) < 0)
        log_write(LOG_DEBUG, "the mouse was not told: %s", strerror(errno));
}

static void set_up_mouse(struct term *t)
{
    t->report_size = -1;
    if (!t->mouse)
        return;
    define_key("\033[<", MOUSE_REPORT);
    define_key("\033[M", MOUSE_OLD_REPORT);
    tell_mouse(t, mouse_on);
}

/* The size is what the terminal says now. Curses would take LINES and COLUMNS of the environment
 * for it, which stops resizing. */
static void sync_size(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0 &&
        (size.ws_row != LINES || size.ws_col != COLS))
        resize_term(size.ws_row, size.ws_col);
}

static int check_terminal(struct err *err)
{
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return err_set(err, ERR_TERMINAL,
                       "%s is not a terminal: the dashboard needs one, 'tunetop status' does not",
                       isatty(STDIN_FILENO) ? "standard output" : "standard input");
    const char *type = getenv("TERM");
    if (type == NULL || type[0] == '\0')
        return err_set(err, ERR_TERMINAL, "TERM is not set: try TERM=xterm-256color tunetop");
    return 0;
}

/* The type of terminal for a message. */
static const char *type_name(char *out, size_t size)
{
    const char *type = getenv("TERM");
    utf8_sanitise(type != NULL ? type : "", type != NULL ? strlen(type) : 0, out, size, NULL);
    return out;
}

static SCREEN *open_screen(struct err *err)
{
    char type[64];
    static char cup[] = "cup";
    SCREEN *screen = newterm(NULL, stdout, stdin);
    if (screen == NULL) {
        err_set(err, ERR_TERMINAL,
                "terminal type '%s' is not known here: try TERM=xterm-256color tunetop",
                type_name(type, sizeof type));
        return NULL;
    }
    const char *move = tigetstr(cup);
    if (move != NULL && move != (const char *)-1)
        return screen;
    endwin();
    delscreen(screen);
    err_set(err, ERR_TERMINAL,
            "terminal type '%s' cannot move the cursor: try TERM=xterm-256color tunetop",
            type_name(type, sizeof type));
    return NULL;
}

/*
 * Until its first endwin(), ncurses takes the program for one that only moves the cursor and
 * flushes at every move: a frame of 30 runs is 30 writes, over ssh as many packets. So the first
 * endwin() happens here, unseen: its bytes, and those of the start before it, go to /dev/null;
 * refresh() then sends the start again, as after a Ctrl-Z.
 */
static void leave_initial_state(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int tty = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (null >= 0 && tty >= 0 && dup2(null, STDOUT_FILENO) >= 0) {
        endwin();
        dup2(tty, STDOUT_FILENO);
        refresh();
    }
    if (null >= 0)
        close(null);
    if (tty >= 0)
        close(tty);
}

struct term *term_open(const struct term_options *options, struct err *err)
{
    if (check_terminal(err) != 0)
        return NULL;
    if (tcgetattr(STDIN_FILENO, &rescue.modes) != 0) {
        err_sys(err, ERR_TERMINAL, errno, "cannot read the terminal's modes");
        return NULL;
    }
    struct term *t = xcalloc(1, sizeof *t);
    t->stderr_saved = t->stderr_read = -1;
    buf_init(&t->stderr_line, 400);
    t->ascii = options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    t->screen = open_screen(err);
    if (t->screen == NULL) {
        buf_release(&t->stderr_line);
        free(t);
        return NULL;
    }
    t->mouse = options->mouse && knows_mouse();
    rescue_prepare(STDOUT_FILENO, t->mouse);
    rescue_catch();
    stderr_capture(t);
    sync_size();
    /* The default of 1 s makes a lone Escape hang. 15 ms leaves room below the 30 ms from key to
     * frame, and is more than tmux waits (10 ms since 3.5). */
    set_escdelay(15);
    typeahead(-1); /* a frame is drawn whole: no looking for keys in the middle of it */
    leave_initial_state();
    bool hidden = set_modes(STDIN_FILENO, &rescue.modes);
    t->pad = newpad(1, 1);
    if (t->pad == NULL)
        alloc_panic("out of memory");
    keypad(t->pad, TRUE);
    nodelay(t->pad, TRUE);
    leaveok(stdscr, TRUE);
    scrollok(stdscr, FALSE);
    set_up_colors(t, options);
    term_set_theme(t, options->theme);
    surface_init(&t->shown, COLS, LINES);
    set_up_mouse(t);
    if (hidden)
        probe_width(t);
    return t;
}

void term_close(struct term *t)
{
    if (t == NULL || t->screen == NULL)
        return;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGTTOU, &ignore,
              &before); /* in the background the modes stay the shell's, and nothing stops us */
    if (!isendwin()) {
        rescue_resume_output(
            STDOUT_FILENO); /* under Ctrl-S the restoring bytes would wait for ever */
        tell_mouse(t, mouse_off);
        if (t->probe_pending)
            tcflush(STDIN_FILENO, TCIFLUSH); /* its answer is not for the shell */
        endwin();
    }
    tcsetattr(STDIN_FILENO, TCSANOW, &rescue.modes);
    rescue_release();
    sigaction(SIGTTOU, &before, NULL);
    stderr_release(t);
    delwin(t->pad);
    delscreen(t->screen);
    surface_release(&t->shown);
    buf_release(&t->stderr_line);
    free(t->cells);
    free(t);
}

void term_suspend(struct term *t)
{
    rescue.active = 0;
    rescue_resume_output(STDOUT_FILENO);
    tell_mouse(t, mouse_off);
    endwin();
    stderr_release(t);
    t->shown_valid = false;
}

void term_resume(struct term *t)
{
    /* The shell's modes of now are what the next end restores (stty while we were away). */
    tcgetattr(STDIN_FILENO, &rescue.modes);
    def_shell_mode();
    stderr_capture(t);
    refresh();
    set_modes(STDIN_FILENO, &rescue.modes);
    tell_mouse(t, mouse_on);
    sync_size();
    rescue.active = 1;
    t->shown_valid = false;
}

int term_input_fd(const struct term *t)
{
    (void)t;
    return STDIN_FILENO;
}

void term_size(const struct term *t, int *width, int *height)
{
    (void)t;
    getmaxyx(stdscr, *height, *width);
}

bool term_is_ascii(const struct term *t)
{
    return t->ascii;
}

const char *term_color_name(const struct term *t)
{
    return color_names[t->colors];
}

static uint32_t key_of_curses(wint_t code)
{
    static const struct {
        wint_t code;
        uint32_t key;
    } keys[] = {
        {KEY_UP, KEYCODE_UP},
        {KEY_DOWN, KEYCODE_DOWN},
        {KEY_LEFT, KEYCODE_LEFT},
        {KEY_RIGHT, KEYCODE_RIGHT},
        {KEY_PPAGE, KEYCODE_PAGE_UP},
        {KEY_NPAGE, KEYCODE_PAGE_DOWN},
        {KEY_HOME, KEYCODE_HOME},
        {KEY_END, KEYCODE_END},
        {KEY_ENTER, KEYCODE_ENTER},
        {KEY_BTAB, KEYCODE_BACKTAB},
        {KEY_BACKSPACE, KEYCODE_BACKSPACE},
        {KEY_DC, KEYCODE_DELETE},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i].code == code)
            return keys[i].key;
    if (code >= KEY_F(1) && code <= KEY_F(12))
        return KEYCODE_F1 + (uint32_t)(code - KEY_F(1));
    return 0;
}

static uint32_t key_of_char(wint_t c)
{
    switch (c) {
    case 033:
        return KEYCODE_ESC;
    case '\t':
        return KEYCODE_TAB;
    case '\r':
    case '\n':
        return KEYCODE_ENTER;
    case 0x08:
    case 0x7F:
        return KEYCODE_BACKSPACE;
    default:
        break;
    }
    if (c >= 1 && c <= 26)
        return KEYCODE_CTRL_BASE + 'a' + (uint32_t)c - 1;
    return c < ' ' ? 0 : (uint32_t)c;
}

/* Behind an ESC: the rest of a key that this terminal's description does not have ("ESC [ 4 ~",
 * "ESC [ 1 ; 5 A") is taken away, for as keys of their own its bytes would mean something: 4 is a
 * tab, A applies. Esc by itself, or before another key, is Esc. */
static bool took_sequence(struct term *t)
{
    enum { MOST = 32 }; /* as long as any key or reply; a paste begins with six */
    wint_t first = 0, c = 0;
    int result = wget_wch(t->pad, &first), rest = ERR;
    const bool begun = result == OK && (first == '[' || first == 'O');
    for (int i = 0; begun && i < MOST; i++)
        if ((rest = wget_wch(t->pad, &c)) != OK || c < 0x20 || c >= 0x40)
            break;
    if (rest == KEY_CODE_YES)
        ungetch((int)c);
    if (begun && c != 0)
        return true;
    if (result == OK)
        unget_wch((wchar_t)first);
    else if (result != ERR)
        ungetch((int)first);
    return false;
}

/* Whether the terminal ended: hung up, or readable without a byte again and again (end of file,
 * EIO). */
static bool is_gone(struct term *t)
{
    struct pollfd p = {STDIN_FILENO, POLLIN, 0};
    if (poll(&p, 1, 0) <= 0) {
        t->empty_reads = 0;
        return false;
    }
    if ((p.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
        return true;
    int bytes = 0;
    if (ioctl(STDIN_FILENO, FIONREAD, &bytes) != 0)
        return true;
    if (bytes > 0) {
        t->empty_reads = 0;
        return false;
    }
    return ++t->empty_reads >= 3;
}

/* What follows the beginning of a report is no key. true: an event of ours is complete. */
static bool take_report(struct term *t, int result, wint_t c, struct mouse *mouse)
{
    if (t->report_old > 0) { /* a terminal that knows only the old form: not understood, not keys */
        t->report_old--;
        return false;
    }
    if (result != OK || c > 0x7F || t->report_size == REPORT_MAX) {
        t->report_size = -1;
        return false;
    }
    t->report[t->report_size++] = (char)c;
    t->report[t->report_size] = '\0';
    if ((c >= '0' && c <= '9') || c == ';')
        return false;
    t->report_size = -1;
    return mouse_parse(t->report, mouse) > 0;
}

enum term_event term_next(struct term *t, uint32_t *key, struct mouse *mouse)
{
    stderr_drain(t);
    for (;;) {
        wint_t c = 0;
        int result = wget_wch(t->pad, &c);
        if (result == ERR && t->report_old > 0) { /* a byte of an old report that is no text */
            t->report_old = 0;
            flushinp();
        }
        if (result == ERR)
            return is_gone(t) ? TERM_GONE : TERM_NOTHING;
        t->empty_reads = 0;
        if ((result == OK || c != KEY_RESIZE) && (t->report_size >= 0 || t->report_old > 0)) {
            if (take_report(t, result, c, mouse))
                return TERM_MOUSE;
            continue;
        }
        *key = 0;
        if (result == OK && c == 033 && took_sequence(t)) {
            continue;
        } else if (result == OK) {
            *key = key_of_char(c);
        } else if (c == MOUSE_REPORT) {
            t->report_size = 0;
        } else if (c == MOUSE_OLD_REPORT || c == KEY_MOUSE) {
            t->report_old = REPORT_OLD_BYTES;
        } else if (c == KEY_RESIZE) {
            sync_size();
            t->shown_valid = false;
            return TERM_RESIZE;
        } else if (c == PROBE_NARROW || c == PROBE_WIDE || c == PROBE_BYTES) {
            t->probe_pending = false;
            if (c == PROBE_NARROW)
                continue;
            t->ascii = true;
            t->shown_valid = false;
            return TERM_RESIZE;
        } else {
            *key = key_of_curses(c);
        }
        if (*key != 0)
            return TERM_KEY;
    }
}

bool term_writable(const struct term *t)
{
    (void)t;
    struct pollfd p = {STDOUT_FILENO, POLLOUT, 0};
    return poll(&p, 1, 0) > 0 && (p.revents & POLLOUT) != 0;
}

/* One cell for curses. What the C library measures otherwise than we did is replaced: the row must
 * not shift. */
static int set_cell(const struct term *t, cchar_t *out, const struct cell *c)
{
    wchar_t text[2] = {(wchar_t)c->rune, L'\0'};
    int made = 0;
    if (c->rune >= 0x80 && wcwidth(text[0]) != c->width)
        text[0] = L'?';
    setcchar(&out[made++], text, t->attr[c->role], t->pair[c->role], NULL);
    if (c->width == 2 && text[0] == L'?')
        setcchar(&out[made++], text, t->attr[c->role], t->pair[c->role], NULL);
    return made;
}

static bool same_cell(const struct cell *a, const struct cell *b)
{
    return a->rune == b->rune && a->role == b->role && a->width == b->width;
}

static void show_row(struct term *t, const struct surface *s, int y)
{
    const struct cell *now = s->cells + (size_t)y * (size_t)s->width;
    struct cell *before = t->shown.cells + (size_t)y * (size_t)s->width;
    for (int x = 0; x < s->width;) {
        if (t->shown_valid && same_cell(&now[x], &before[x])) {
            x++;
            continue;
        }
        int start = x, made = 0;
        while (start > 0 && now[start].width == 0)
            start--; /* the right half of a wide one goes with its left */
        for (x = start; x < s->width; x++) {
            if (x > start && now[x].width != 0 && t->shown_valid && same_cell(&now[x], &before[x]))
                break;
            if (now[x].width != 0)
                made += set_cell(t, t->cells + made, &now[x]);
        }
        mvadd_wchnstr(y, start, t->cells, made);
    }
    memcpy(before, now, (size_t)s->width * sizeof *now);
}

void term_show(struct term *t, const struct surface *s, bool whole)
{
    if (t->shown.width != s->width || t->shown.height != s->height) {
        surface_resize(&t->shown, s->width, s->height);
        t->shown_valid = false;
    }
    if (t->cell_count < s->width) {
        t->cells = xreallocarray(t->cells, (size_t)s->width, sizeof *t->cells);
        t->cell_count = s->width;
    }
    if (whole) {
        t->shown_valid = false;
        clearok(curscr, TRUE);
    }
    int width, height;
    term_size(t, &width, &height);
    for (int y = 0; y < s->height && y < height; y++)
        show_row(t, s, y);
    t->shown_valid = true;
    wnoutrefresh(stdscr);
    doupdate();
}
