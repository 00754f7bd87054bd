#!/usr/bin/env bash
# The dashboard on a real terminal, in a tmux of its own: keys, sizes, job control, stopped output, signals, the end of
# the terminal. What it does is told by TUNETOP_FRAME_LOG and by what the terminal shows; every wait has a limit.
. "${abs_srcdir:?}/tests/lib.sh"

command -v tmux >/dev/null 2>&1 || t_skip_all 'no tmux'

# A socket of its own for each start: a server that is about to end would take the next one with it.
starts=0
socket=$t_dir/tmux-0
frames=$t_dir/frames
echo "PS1='ready> '; unset HISTFILE" >"$t_dir/rc"
end_tmux() {
    tmux -S "$socket" kill-server 2>/dev/null
    t_cleanup
}
trap end_tmux EXIT

# t WORDS...: this test's own tmux
t() {
    tmux -S "$socket" "$@"
}

# start WxH ENVIRONMENT...: an interactive shell without settings in a new terminal
start() {
    local size=$1
    shift
    t kill-server 2>/dev/null
    starts=$((starts + 1))
    socket=$t_dir/tmux-$starts
    rm -f "$frames"
    env -i PATH="$PATH" HOME="$HOME" TERM=xterm-256color TZ=UTC TUNETOP="$TUNETOP" \
        TUNETOP_FRAME_LOG="$frames" \
        ASAN_OPTIONS=handle_segv=0 TSAN_OPTIONS=handle_segv=0 "$@" tmux -S "$socket" -f /dev/null \
        new-session -d -x "${size%x*}" -y "${size#*x}" "${BASH:-bash} --noprofile --rcfile $t_dir/rc -i"
    t set-option -g status off
    # Without the status line the window is one row higher than the session was made.
    t resize-window -x "${size%x*}" -y "${size#*x}"
    t_wait_for "$size: a shell" shows '^ready>'
}

t_not() {
    ! "$@"
}
screen() {
    t capture-pane -p
}
shows() {
    screen | grep -Eq -- "$1"
}
last_line() {
    screen | grep -v '^ *$' | tail -n 1
}
at_prompt() {
    last_line | grep -Eq '^ready> ?$'
}

# frame_count: how many frames were sent; drawn N: more than N were
frame_count() {
    grep -c '^frame' "$frames" 2>/dev/null || true
}
drawn() {
    [ "$(frame_count)" -gt "$1" ]
}
logged() {
    grep -Eq -- "$1" "$frames"
}

run_tunetop() {
    t send-keys -l "clear; $TUNETOP $*"
    t send-keys Enter
    t_wait_for "a frame ($*)" drawn 0
    t_wait_for 'the page' shows 'q quit$'
}
# ends_with STATUS NAME: the shell is back and tells STATUS. (A list would end with SIGINT.)
ends_with() {
    t_wait_for "$2: the shell is back" at_prompt
    t send-keys -l 'echo rc=$?'
    t send-keys Enter
    t_wait_for "$2: status $1" shows "^rc=$1\$"
}
tunetop_pid() {
    local shell
    shell=$(t display-message -p '#{pane_pid}')
    pgrep -P "$shell" | head -n 1
}
# The shell's terminal as it was: echo, lines, signals; the cursor shown; the first screen back.
usable() {
    t send-keys -l 'stty -a | tr ";" "\n" | grep -Eq "(^| )icanon" && stty -a | grep -Eq "(^| )echo( |$)" && echo sane'
    t send-keys Enter
    t_wait_for "$1: the terminal is usable" shows '^sane$'
    t_is "$1: the cursor is shown" "$(t display-message -p '#{cursor_flag}')" 1
    t_is "$1: the first screen is back" "$(t display-message -p '#{alternate_on}')" 0
    t_is "$1: clicks are the terminal's" "$(t display-message -p '#{mouse_any_flag}')" 0
}

# ---------------------------------------------------------------- keys
start 80x24 LC_ALL=C.UTF-8
run_tunetop
t_ok 'lines are drawn with rules' shows 'Services ─'
t send-keys w
t_wait_for 'w opens why' shows '^ Why ─'
t send-keys w
t_wait_for 'w closes it' t_not shows '^ Why ─'
t send-keys '?'
t_wait_for '? opens help' shows '^ tunetop keys'
t send-keys Escape
t_wait_for 'Esc closes it' shows '^ Silicon ─'
t send-keys Space
t_wait_for 'Space pauses' shows 'paused [0-9:]{8}$'
count=$(frame_count)
t send-keys ']'
t_wait_for 'a paused page answers keys' shows 'a column is 20 s$'
t_is 'paused, only the key made a frame' "$(frame_count)" $((count + 1))
t send-keys Space
t_wait_for 'Space goes on' t_not shows 'paused'
t send-keys +
t_wait_for '+ measures less often' shows ' measured every 2 s *$'
t send-keys -
t_wait_for '- measures more often' shows ' measured every 1 s *$'
t send-keys Z
t_wait_for 'a key without a meaning is taken' logged '^key 90 '
# A key that is not in the terminal's description: its bytes are no keys of their own.
t send-keys -H 1b 5b 39 3b 35 41 # ESC [ 9 ; 5 A
t send-keys -H 1b 5b 34 34 7e    # ESC [ 4 4 ~
t send-keys -H 1b 4f 7a          # ESC O z
t send-keys Y
t_wait_for 'the key behind unknown ones is taken' logged '^key 89 '
t_must_fail 'and nothing of them' logged '^key (27|52|57|59|53|65|79|91|122|126) '
count=$(frame_count)
t send-keys C-l
t_wait_for 'Ctrl-L paints again' drawn "$count"

# ---------------------------------------------------------------- sizes
t resize-window -x 120 -y 40
t_wait_for 'a frame of the new size' logged '^frame [0-9]+ model [0-9]+ 120 40 '
t_wait_for 'the keys are in the last row' eval '[ "$(screen | wc -l)" -eq 40 ] && last_line | grep -q "q quit"'
t resize-window -x 50 -y 10
t_wait_for 'too small: one line says so' shows 'tunetop needs 60x15, this is 50x10'
t resize-window -x 60 -y 15
t_wait_for 'and it comes back' shows '^ Silicon ─'
t send-keys q
ends_with 0 'q ends it'
t_must_fail 'nothing of ours is left on the screen' shows 'R|─'
usable 'after q'

# ---------------------------------------------------------------- stop and go on
start 80x24 LC_ALL=C.UTF-8
run_tunetop
t send-keys C-z
t_wait_for 'Ctrl-Z gives the shell back' at_prompt
t_ok 'the shell tells that it is stopped' shows 'Stopped'
t_is 'stopped: the mouse is the terminal'"'"'s' "$(t display-message -p '#{mouse_any_flag}')" 0
usable 'stopped'
count=$(frame_count)
t send-keys -l 'clear; fg'
t send-keys Enter
t_wait_for 'fg draws again' drawn "$count"
t_is 'fg: the mouse is ours again' "$(t display-message -p '#{mouse_any_flag}#{mouse_sgr_flag}')" 11
t_wait_for 'fg shows the whole page' eval "shows '^ Services ─' && shows '^ Silicon ─' && shows 'q quit\$'"
pid=$(tunetop_pid)
kill -TSTP "$pid"
t_wait_for 'SIGTSTP from outside stops it too' at_prompt
usable 'stopped from outside'
t send-keys -l 'clear; fg'
t send-keys Enter
t_wait_for 'and fg shows the page' shows '^ Silicon ─'
count=$(frame_count)
kill -STOP "$pid"
t_wait_for 'SIGSTOP stops it' shows 'Stopped'
t send-keys -l 'fg'
t send-keys Enter
t_wait_for 'and fg draws' drawn $((count + 1))
t_wait_for 'the whole page' eval "shows '^ Services ─' && ! shows Stopped"
kill -STOP "$pid"
t_wait_for 'stopped again' shows 'Stopped'
t send-keys -l 'clear; kill %1'
t send-keys Enter
t_wait_for 'a stopped one can be killed' t_not kill -0 "$pid"

# ---------------------------------------------------------------- output stopped by Ctrl-S
start 80x24 LC_ALL=C.UTF-8
run_tunetop
t send-keys C-s
t send-keys w
t_wait_for 'a key is taken while the output is stopped' logged '^key 119 '
count=$(frame_count)
t send-keys Z
t_wait_for 'the next one too' logged '^key 90 '
t_is 'no frame is sent meanwhile' "$(frame_count)" "$count"
t_must_fail 'and nothing is shown' shows '^ Why ─'
t send-keys C-q
t_wait_for 'Ctrl-Q shows what was waiting' shows '^ Why ─'
t send-keys C-s
t send-keys Z
pid=$(tunetop_pid)
kill -TERM "$pid"
t_wait_for 'SIGTERM ends it under Ctrl-S' t_not kill -0 "$pid"
ends_with 143 'SIGTERM under Ctrl-S'

# ---------------------------------------------------------------- signals
for pair in TERM:143 INT:130 HUP:129 SEGV:139 ABRT:134; do
    start 80x24 LC_ALL=C.UTF-8
    run_tunetop
    kill -"${pair%:*}" "$(tunetop_pid)"
    ends_with "${pair#*:}" "SIG${pair%:*}"
    usable "after SIG${pair%:*}"
done

# ---------------------------------------------------------------- the terminal goes away
start 80x24 LC_ALL=C.UTF-8
run_tunetop
pid=$(tunetop_pid)
children=$(pgrep -P "$pid" | tr '\n' ' ')
t kill-server
t_wait_for 'it ends with its terminal' t_not kill -0 "$pid"
for child in $children; do
    t_wait_for 'its helper ends as well' t_not kill -0 "$child"
done
# A shell that ignores SIGHUP hands that on; the end of the terminal is seen all the same.
start 80x24 LC_ALL=C.UTF-8
t send-keys -l "trap '' HUP"
t send-keys Enter
run_tunetop
pid=$(tunetop_pid)
t kill-server
t_wait_for 'also where SIGHUP was ignored' t_not kill -0 "$pid"

# ---------------------------------------------------------------- locales and colours
start 80x24 LC_CTYPE=UTF-8
run_tunetop
t_ok "a Mac's LC_CTYPE=UTF-8 is UTF-8" shows 'Services ─'
start 80x24 LC_ALL=C
run_tunetop
t_ok 'LC_ALL=C is ASCII' shows 'Services -'
t_must_fail 'and nothing else' eval "screen | LC_ALL=C grep -q '[^ -~]'"
start 80x24 LC_ALL=C.UTF-8
run_tunetop --ascii
t_ok '--ascii is ASCII' shows 'Services -'
colors() {
    t capture-pane -p -e | grep -c "$(printf '\033')"'\[[0-9;]*[34]8;'
}
start 80x24 LC_ALL=C.UTF-8
run_tunetop
t_wait_for 'there are colours' eval '[ "$(colors)" -gt 0 ]'
start 80x24 LC_ALL=C.UTF-8 NO_COLOR=1
run_tunetop
t_is 'NO_COLOR: there are none' "$(colors)" 0
start 80x24 LC_ALL=C.UTF-8 NO_COLOR=
run_tunetop
t_wait_for 'an empty NO_COLOR does not count' eval '[ "$(colors)" -gt 0 ]'

t_done
