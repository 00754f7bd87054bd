# shellcheck shell=bash
# shellcheck disable=SC2154 # t_dir is of tests/lib.sh
# Sourced after tests/lib.sh by the tests that press keys in a dashboard on a real terminal, in a tmux of their own.
#
#   dashboard 80x24 [OPTION...]     starts it; d_frames is its log of keys and frames
#   t send-keys p                   keys
#   d_wait NAME shows REGEX         what stands on the screen now, or soon
#
# Whoever traps EXIT calls dashboards_end.

command -v tmux >/dev/null 2>&1 || t_skip_all 'no tmux'

d_starts=0
d_tries=${d_tries:-400} # of 50 ms
d_socket=$t_dir/tmux-0
d_environment=() # what it has besides
d_frames=$t_dir/frames-0

# All of them: one whose dashboard was killed shows that for ever.
dashboards_end() {
    local i
    for ((i = 0; i <= d_starts; i++)); do
        tmux -S "$t_dir/tmux-$i" kill-server 2>/dev/null
    done
}
t() {
    tmux -S "$d_socket" "$@"
}
# A socket of its own for each start: a server that is about to end would take the next one with it.
dashboard() {
    local size=$1
    shift
    d_starts=$((d_starts + 1))
    d_socket=$t_dir/tmux-$d_starts
    d_frames=$t_dir/frames-$d_starts
    env -i PATH="$PATH" HOME="$HOME" TERM=xterm-256color TZ=UTC LC_ALL=C.UTF-8 NO_COLOR=1 \
        XDG_CONFIG_HOME="$XDG_CONFIG_HOME" XDG_STATE_HOME="$XDG_STATE_HOME" \
        TUNETOP_DATADIR="$TUNETOP_DATADIR" TUNETOP_THEMEDIR="${abs_srcdir:?}/themes" TUNETOP_FRAME_LOG="$d_frames" \
        ${d_environment[@]+"${d_environment[@]}"} tmux -S "$d_socket" -f /dev/null new-session -d -x "${size%x*}" -y "${size#*x}" "$TUNETOP $*"
    t set-option -g status off
    t set-option -g remain-on-exit on
    # Without the status line the window is one row higher than the session was made.
    t resize-window -x "${size%x*}" -y "${size#*x}"
}
screen() {
    t capture-pane -p
}
shows() {
    screen | grep -Eq -- "$1"
}
# d_wait NAME COMMAND...: as t_wait_for, for what takes longer (an apply with its checks); the screen is
# told after a failure.
d_wait() {
    local name=$1 tries=0
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -ge "$d_tries" ]; then
            screen >"$t_dir/out" 2>/dev/null
            : >"$t_dir/err"
            t_report 1 "$name"
            return 1
        fi
        sleep 0.05
    done
    t_report 0 "$name"
}
t_not() {
    ! "$@"
}
ended() {
    [ "$(t display-message -p '#{pane_dead}' 2>/dev/null || echo 1)" = 1 ]
}

# d_pids WORDS: of the processes of tunetop of this test (their HOME is), those whose first argument
# is one of WORDS; "" the dashboards.
d_pids() {
    local pid first
    for pid in $(pgrep -x tunetop); do
        [ -r "/proc/$pid/environ" ] || continue
        { tr '\0' '\n' <"/proc/$pid/environ"; } 2>/dev/null | grep -qxF "HOME=$HOME" || continue
        first=$({ tr '\0' '\n' <"/proc/$pid/cmdline"; } 2>/dev/null | sed -n 2p)
        case $first in -*) first= ;; esac
        case " $* " in *" $first "*) echo "$pid" ;; esac
    done
}
# The change that is at work: it leads a session of its own, what it forked does not.
d_change() {
    local pid
    for pid in $(d_pids apply undo recover); do
        [ "$(ps -o sid= -p "$pid" | tr -d ' ')" != "$pid" ] || echo "$pid"
    done
}
# The dashboard forks helpers, which are called the same: it is the one whose parent is the terminal's.
d_pid() {
    t display-message -p '#{pane_pid}'
}

# d_choose NAME: in the picker, which is open
d_choose() {
    local tries marked downs=0
    until shows "▸ +$1 " || [ "$downs" -ge 30 ]; do
        downs=$((downs + 1))
        marked=$(d_marked)
        t send-keys Down
        tries=0
        while [ "$(d_marked)" = "$marked" ]; do
            tries=$((tries + 1))
            [ "$tries" -lt 100 ] || break 2 # it was the last one
            sleep 0.05
        done
    done
    d_wait "$t_what: the picker has $1" shows "▸ +$1 "
}
# The name in the picker's row alone: what is told beside it comes when it is known.
d_marked() {
    screen | sed -En 's/.*│ +▸ +(\[[x ]\] +)?([^ ]+) .*/\2/p'
}
# d_downs: how many times Down in the picker leads to the first profile of the user's: it opens at
# the one that fits, and shipped ones stand in this order.
d_downs() {
    "$TUNETOP" detect --env | sed -n 's/^PERFORMANCE_PROFILE=//p' | sed '
        s/ultra/Down\nDown\nDown\nDown\nDown/
        s/high/Down\nDown\nDown\nDown/
        s/optimized/Down\nDown\nDown/
        s/balanced/Down\nDown/
        s/conservative/Down/'
}

# d_latency: milliseconds from a key to the next frame, from the log: "median p99 keys".
d_latency() {
    awk '
        $1 == "key" && !since { since = $3 }
        $1 == "frame" && since { printf "%.2f\n", ($NF - since) / 1e6; since = 0 }
    ' "$d_frames" | sort -n | awk '
        { of[NR] = $1 }
        END {
            if (NR == 0) { print "none"; exit }
            m = of[int((NR + 1) / 2)]; p = of[int(NR * 0.99 + 0.999)]
            print m, p, NR
        }'
}
