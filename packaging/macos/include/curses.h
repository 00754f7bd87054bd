/*
 * Prototypes of the curses that comes with macOS, for ./dev macos only: what tui/term.c may use
 * there. Written from X/Open Curses Issue 7 and the manual pages of ncurses; versions and numbers
 * as the library of macOS documents them (ncurses 6.0 of 2015-08-08, wide characters, extended
 * colours, ABI 5.4). What came later (init_extended_pair of 6.1, the wheel's BUTTON5) is left out
 * on purpose, so that its use is an error.
 */
#ifndef PACKAGING_MACOS_CURSES_H
#define PACKAGING_MACOS_CURSES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <wchar.h>

#define NCURSES_VERSION_MAJOR 6
#define NCURSES_VERSION_MINOR 0
#define NCURSES_VERSION_PATCH 20150808
#define NCURSES_VERSION "6.0"
#define NCURSES_MOUSE_VERSION 1
#define NCURSES_EXT_COLORS 1
#define NCURSES_EXT_FUNCS 1
#define NCURSES_CONST const

#undef TRUE
#define TRUE 1
#undef FALSE
#define FALSE 0
#define ERR (-1)
#define OK 0

typedef unsigned chtype;
typedef chtype attr_t;
typedef struct screen SCREEN;
typedef struct _win_st WINDOW;
#define CCHARW_MAX 5
typedef struct {
    attr_t attr;
    wchar_t chars[CCHARW_MAX];
    int ext_color;
} cchar_t;

extern WINDOW *stdscr, *curscr, *newscr;
extern int LINES, COLS, COLORS, COLOR_PAIRS, TABSIZE, ESCDELAY;

#define A_NORMAL ((chtype)0)
#define A_ATTRIBUTES (~(chtype)0xff)
#define A_COLOR ((chtype)0xff << 8)
#define A_STANDOUT ((chtype)1 << 16)
#define A_UNDERLINE ((chtype)1 << 17)
#define A_REVERSE ((chtype)1 << 18)
#define A_BLINK ((chtype)1 << 19)
#define A_DIM ((chtype)1 << 20)
#define A_BOLD ((chtype)1 << 21)
#define A_INVIS ((chtype)1 << 23)
#define A_ITALIC ((chtype)1 << 31)

#define KEY_CODE_YES 0400
#define KEY_DOWN 0402
#define KEY_UP 0403
#define KEY_LEFT 0404
#define KEY_RIGHT 0405
#define KEY_HOME 0406
#define KEY_BACKSPACE 0407
#define KEY_F0 0410
#define KEY_F(n) (KEY_F0 + (n))
#define KEY_DC 0512
#define KEY_IC 0513
#define KEY_NPAGE 0522
#define KEY_PPAGE 0523
#define KEY_ENTER 0527
#define KEY_BTAB 0541
#define KEY_END 0550
#define KEY_MOUSE 0631
#define KEY_RESIZE 0632
#define KEY_MAX 0777

SCREEN *newterm(const char *type, FILE *out, FILE *in);
SCREEN *set_term(SCREEN *screen);
void delscreen(SCREEN *screen);
int endwin(void);
bool isendwin(void);
void use_env(bool use);
void use_tioctl(bool use);
int def_prog_mode(void);
int def_shell_mode(void);
int reset_prog_mode(void);
int reset_shell_mode(void);

WINDOW *newpad(int lines, int columns);
WINDOW *newwin(int lines, int columns, int y, int x);
int delwin(WINDOW *window);
int getmaxx(const WINDOW *window);
int getmaxy(const WINDOW *window);
int getcurx(const WINDOW *window);
int getcury(const WINDOW *window);
#define getmaxyx(window, y, x) ((y) = getmaxy(window), (x) = getmaxx(window))
#define getyx(window, y, x) ((y) = getcury(window), (x) = getcurx(window))
int move(int y, int x);
int wmove(WINDOW *window, int y, int x);
int refresh(void);
int wrefresh(WINDOW *window);
int wnoutrefresh(WINDOW *window);
int doupdate(void);
int clear(void);
int erase(void);
int werase(WINDOW *window);
int clearok(WINDOW *window, bool on);
int leaveok(WINDOW *window, bool on);
int scrollok(WINDOW *window, bool on);
int idlok(WINDOW *window, bool on);
int redrawwin(WINDOW *window);
const char *curses_version(void);
int resizeterm(int lines, int columns);
int resize_term(int lines, int columns);
bool is_term_resized(int lines, int columns);

int raw(void);
int noraw(void);
int cbreak(void);
int nocbreak(void);
int echo(void);
int noecho(void);
int nl(void);
int nonl(void);
int halfdelay(int tenths);
int keypad(WINDOW *window, bool on);
int meta(WINDOW *window, bool on);
int nodelay(WINDOW *window, bool on);
int notimeout(WINDOW *window, bool on);
int intrflush(WINDOW *window, bool on);
int typeahead(int fd);
int flushinp(void);
int set_escdelay(int milliseconds);
int define_key(const char *sequence, int code);
int key_defined(const char *sequence);
int keyok(int code, bool enable);
int ungetch(int code);
int curs_set(int visibility);
int beep(void);

int start_color(void);
bool has_colors(void);
bool can_change_color(void);
int use_default_colors(void);
int assume_default_colors(int foreground, int background);
int init_pair(short pair, short foreground, short background);

int attr_set(attr_t attributes, short pair, void *options);
int wattr_set(WINDOW *window, attr_t attributes, short pair, void *options);

/* X/Open's names for wide characters; the header of macOS shows them on this condition, too. */
#if defined(_XOPEN_SOURCE_EXTENDED) || (defined(NCURSES_WIDECHAR) && NCURSES_WIDECHAR)
int setcchar(cchar_t *cell, const wchar_t *text, attr_t attributes, short pair,
             const void *options);
int getcchar(const cchar_t *cell, wchar_t *text, attr_t *attributes, short *pair, void *options);
int add_wch(const cchar_t *cell);
int mvadd_wch(int y, int x, const cchar_t *cell);
int add_wchnstr(const cchar_t *cells, int count);
int mvadd_wchnstr(int y, int x, const cchar_t *cells, int count);
int get_wch(wint_t *character);
int wget_wch(WINDOW *window, wint_t *character);
int unget_wch(wchar_t character);
#endif

/* term.h's, which ncurses shows in curses.h as well. */
int tigetflag(const char *name);
int tigetnum(const char *name);
char *tigetstr(const char *name);
char *tparm(const char *format, ...);
int putp(const char *text);

#endif
