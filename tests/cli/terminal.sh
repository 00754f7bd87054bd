#!/usr/bin/env bash
# Where there is nothing to draw on: a sentence and exit 1, before anything starts.
. "${abs_srcdir:?}/tests/lib.sh"

t_run "$TUNETOP"
t_expect_status 1
t_expect_err_is "tunetop: the dashboard needs a terminal, and standard output is none; \
'tunetop status' prints one reading"
t_expect_out_is ''

# The rest needs a terminal of some kind; util-linux and BSD script(1) differ.
if ! script -qec true /dev/null >/dev/null 2>&1; then
    t_skip 'TERM' 'no script(1) of util-linux'
    t_done
    exit
fi

# on_tty TERM-ASSIGNMENT: the dashboard on a terminal, what it says in $t_dir/out
on_tty() {
    t_run env "$@" script -qec "$TUNETOP; echo status \$?" /dev/null
}
on_tty TERM=dumb
t_expect_out "^tunetop: TERM is 'dumb', a terminal that cannot place a cursor; use 'tunetop status'"
t_expect_out '^status 1'
on_tty TERM=
t_expect_out '^tunetop: TERM is not set, so the terminal is unknown'
t_expect_out '^status 1'
on_tty TERM=nothing-knows-this
t_expect_out '^tunetop: .*nothing-knows-this'
t_expect_out '^status 1'
t_must_fail 'nothing was drawn' grep -q "$(printf '\033')" "$t_dir/out"

# Its input is no terminal.
t_run script -qec "$TUNETOP </dev/null; echo status \$?" /dev/null
t_expect_out '^tunetop: the dashboard needs a terminal, and standard input is none'
t_expect_out '^status 1'

t_done
