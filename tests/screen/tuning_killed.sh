#!/usr/bin/env bash
# kill -9 of the dashboard, of the change that it started, of both, and a line that drops, in each step that can be held:
# the file is wholly old or wholly new, what it says is what the service runs with in the end, and the next dashboard
# either shows the change at work or offers to recover it.
#
#   tuning_killed.sh        each of them once
#   tuning_killed.sh all    in each step
. "${abs_srcdir:?}/tests/lib.sh"
. "$abs_srcdir/tests/screen/dashboard.sh"
. "$abs_srcdir/tests/cli/served.sh"

end_all() {
    touch "$HOME/go"
    dashboards_end
    end_server
}
trap end_all EXIT
cd "$t_dir" || exit 99
wanted=$(printf 'OLLAMA_KEEP_ALIVE=6m\nOLLAMA_MAX_QUEUE=512\nOLLAMA_NUM_PARALLEL=3')
before=$(cat "$env")

changing() {
    [ -n "$(d_pids apply undo recover)" ]
}
is_whole() {
    [ "$(cat "$env")" = "$before" ] || [ "$(cat "$env")" = "$wanted" ]
}
# The process that serves has what the file says.
agrees() {
    grep -qzxF -- "$(grep MAX_QUEUE "$env")" "/proc/$(cat "$HOME/pid")/environ"
}

# held STEP: a dashboard whose apply is held in that step
held() {
    fresh
    sed -i 's/steady: [0-9]*/steady: 1/' "$yaml"
    case $1 in
    stop) echo slow-stop >"$HOME/trick" ;;
    restart) echo slow >"$HOME/trick" ;;
    watch) sed -i 's/steady: 1/steady: 600/' "$yaml" ;;
    esac
    dashboard 80x24
    d_wait "$t_what: the page" shows 'q quit$'
    t send-keys p
    d_wait "$t_what: the picker" shows '╭─ Profile ─'
    d_choose mine
    t send-keys Enter
    d_wait "$t_what: its plan" shows 'A apply'
    t send-keys A
    d_wait "$t_what: the question" shows 'Apply mine\?'
    t send-keys y
    case $1 in
    stop) d_wait "$t_what: it is there" grep -q stop "$t_dir/calls" ;;
    restart) d_wait "$t_what: it is there" grep -q start "$t_dir/calls" ;;
    watch) d_wait "$t_what: it is there" shows 'wait +now|watch' ;;
    esac
}
# What another dashboard says of it, and what becomes of it.
goes_on() {
    t_ok "$t_what: it goes on" changing
    dashboard 80x24
    d_wait "$t_what: the next dashboard shows it" shows 'a change is at work|Applying mine'
    t send-keys 3
    d_wait "$t_what: and what it does" shows 'Applying mine'
    touch "$HOME/go"
    if [ "$1" = watch ]; then
        kill -TERM "$(d_change)"
        d_wait "$t_what: ended, it is put back" shows 'was put back|as it was before'
    else
        d_wait "$t_what: it is applied" shows 'Applied mine'
        t_is "$t_what: the file is the new one" "$(cat "$env")" "$wanted"
    fi
}
recovered() { # from where the screen is
    t_ok "$t_what: the file is whole" is_whole
    touch "$HOME/go"
    d_wait "$t_what: the screen says that it was cut off" shows 'was cut off|R recover'
    shows 'R recover' || t send-keys 5
    d_wait "$t_what: R has a place" shows 'R recover'
    t send-keys R
    d_wait "$t_what: R asks" shows 'y recover'
    t send-keys y
    d_wait "$t_what: it is ended" shows '^ What was cut off (is put back|counts)'
}

try() { # VICTIM STEP
    t_what="$1 killed at $2"
    held "$2"
    case $1 in
    dashboard)
        kill -9 "$(d_pid)"
        d_wait "$t_what: it is gone" ended
        goes_on "$2"
        ;;
    child)
        kill -9 "$(d_change)"
        d_wait "$t_what: it is gone" t_not changing
        recovered
        ;;
    both)
        kill -9 "$(d_pid)" "$(d_change)"
        d_wait "$t_what: they are gone" t_not changing
        dashboard 80x24
        recovered
        ;;
    line)
        dashboards_end
        goes_on "$2"
        ;;
    esac
    d_wait "$t_what: nothing is at work" t_not changing
    t_ok "$t_what: the file is whole" is_whole
    d_wait "$t_what: the service runs with what it says" agrees
    t_run "$TUNETOP" recover --yes
    t_expect_out 'nothing was cut off'
    dashboards_end
}

if [ "${1-}" = all ]; then
    for step in stop restart watch; do
        for victim in dashboard child both line; do
            try "$victim" "$step"
        done
    done
else
    try dashboard restart
    try child stop
    try both watch
    try line stop
fi

# --- two dashboards: both show it; one of them began it ---
t_what='two dashboards'
held restart
first=$d_socket
dashboard 80x24
d_wait "$t_what: the second shows it" shows 'a change is at work|Applying mine'
t send-keys 3
d_wait "$t_what: and what it does" shows 'Applying mine'
t send-keys X
d_wait "$t_what: it cannot stop it" shows 'another tunetop'
touch "$HOME/go"
d_wait "$t_what: both see its end" shows 'Applied mine'
d_socket=$first
d_wait "$t_what: the first, too" shows 'Applied mine'
t_done
