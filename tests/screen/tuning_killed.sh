#!/usr/bin/env bash
# kill -9 of the dashboard, of the change that it started, of both, and a line that drops, in each step of an apply:
# the file is wholly old or wholly new, what it says is what the service runs with in the end, the next dashboard
# either shows the change at work or offers to recover it, and nothing is left over.
#
#   tuning_killed.sh        each of them once, where no step need be held
#   tuning_killed.sh STEP   each of them in this step
#   tuning_killed.sh all    each of them in all steps, several at a time: they wait, and compute little (./dev kills)
#
# A step that lasts a millisecond is held by tests/hold.c, which stops the change at one place.
steps=(stop restart load watch write written verify back backed two) lanes=5
if [ "${1-}" = all ]; then
    out=$(mktemp -d) || exit 99
    printf '%s\n' "${steps[@]}" |
        xargs -P "$lanes" -I STEP sh -c 'bash "$0" STEP >"$1/STEP"; echo $? >>"$1/STEP"' "$0" "$out"
    # One list of all: each has its plan, and its exit status in the last line.
    (cd "$out" && awk '
        FNR == 1 { if (NR > 1 && last != 0) failed = 1 }
        { last = $0 }
        /^(not )?ok / { sub(/ok [0-9]+/, "ok " ++n) }
        /^[0-9]+$/ || /^1\.\./ { next }
        { print }
        END { if (last != 0) failed = 1; print "1.." n; exit failed }' "${steps[@]}")
    status=$?
    rm -rf "$out"
    exit $status
fi
. "${abs_srcdir:?}/tests/screen/served.sh"

hold=${abs_builddir:?}/tests/hold.so
end_all() {
    let_go 2>/dev/null
    dashboards_end
    end_server
}
wanted=$(printf 'OLLAMA_KEEP_ALIVE=6m\nOLLAMA_MAX_QUEUE=512\nOLLAMA_NUM_PARALLEL=3')
before=$(cat "$env")
t_step=

changing() {
    [ -n "$(d_pids apply undo recover)" ]
}
stopped() {
    grep -q '^State:.[Tt]' "/proc/$(d_change)/status"
}
# steered PATH: the way that steers the server, its answer
steered() {
    local control
    read -r _ control <"$t_dir/port" || return 1
    exec 8<>"/dev/tcp/127.0.0.1/$control" || return 1
    printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&8
    cat <&8
    exec 8>&-
}
loading() {
    steered /log | grep -q 'POST /api/generate'
}
let_go() {
    touch "$HOME/go"
    d_change | xargs -r kill -CONT
    case $t_step in load) steered '/mode?normal' >/dev/null ;; esac
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
    local event='said:"event":"begin","action"'
    t_step=$1
    fresh
    sed -i -e 's/steady: [0-9]*/steady: 1/' -e /preload/d "$yaml"
    d_environment=()
    case $1 in
    stop) echo slow-stop >"$HOME/trick" ;;
    restart) echo slow >"$HOME/trick" ;;
    load)
        echo slow-load >"$HOME/trick"
        sed -i 's/^    health:/    preload: [some:latest]\n&/' "$yaml"
        ;;
    watch) sed -i 's/steady: 1/steady: 600/' "$yaml" ;;
    back | backed) echo fails-new >"$HOME/trick" ;;
    esac
    case $1 in
    write) d_environment=("TUNETOP_HOLD=sync:1:$HOME/.tunetop-*") ;; # the temporary file is there
    written) d_environment=("TUNETOP_HOLD=sync:1:$HOME") ;;          # exchanged, and nobody was told
    verify) d_environment=("TUNETOP_HOLD=$event:\"verify\"") ;;
    back) d_environment=("TUNETOP_HOLD=$event:\"put_back\"") ;;
    backed) d_environment=("TUNETOP_HOLD=sync:2:$HOME") ;; # exchanged again
    esac
    [ ${#d_environment[@]} = 0 ] || d_environment+=("LD_PRELOAD=$hold" "TUNETOP_HOLD_UNTIL=$HOME/go")
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
    load) d_wait "$t_what: it is there" loading ;;
    watch) d_wait "$t_what: it is there" shows 'wait +now|watch' ;;
    *) d_wait "$t_what: it is there" stopped ;;
    esac
    case $1 in
    write | backed) t_is "$t_what: the file is the old one" "$(cat "$env")" "$before" ;;
    *) t_is "$t_what: the file is the new one" "$(cat "$env")" "$wanted" ;;
    esac
}
# What another dashboard says of it, and what becomes of it.
goes_on() {
    t_ok "$t_what: it goes on" changing
    dashboard 80x24
    d_wait "$t_what: the next dashboard shows it" shows 'a change is at work|Applying mine'
    t send-keys 3
    d_wait "$t_what: and what it does" shows 'Applying mine|Putting back mine'
    let_go
    case $1 in
    watch | back | backed)
        [ "$1" != watch ] || kill -TERM "$(d_change)"
        d_wait "$t_what: it is put back" shows 'was put back|as it was before'
        t_is "$t_what: the file is the old one in the end" "$(cat "$env")" "$before"
        ;;
    *)
        d_wait "$t_what: it is applied" shows 'Applied mine'
        t_is "$t_what: the file is the new one in the end" "$(cat "$env")" "$wanted"
        ;;
    esac
}
recovered() { # from where the screen is
    t_ok "$t_what: the file is whole" is_whole
    let_go
    d_wait "$t_what: the screen says that it was cut off" shows 'was cut off|R recover'
    t send-keys 5
    d_wait "$t_what: the journal has it on top" shows '^▸ .* interrupted +ollama$'
    d_wait "$t_what: R has a place" shows 'R recover'
    t send-keys R
    d_wait "$t_what: R asks" shows 'y recover'
    t send-keys y
    d_wait "$t_what: it is ended" shows '^ What was cut off (is put back|counts)'
    if shows 'is put back'; then
        t_is "$t_what: and the file is the old one" "$(cat "$env")" "$before"
    else
        t_is "$t_what: and the file is the new one" "$(cat "$env")" "$wanted"
    fi
}
# What is left beside the file, and who serves.
left_over() {
    find "$HOME" -name '.tunetop-*'
    pgrep -f -- "--port $port\$" | sed 1d | sed 's/^/a second server: /'
    d_pids apply undo recover
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
    t_is "$t_what: nothing is left over" "$(left_over)" ''
    t_run "$TUNETOP" recover --yes
    t_expect_out 'nothing was cut off'
    dashboards_end
}

# Both show it; one of them began it.
two() {
    local first
    t_what='two dashboards'
    held restart
    first=$d_socket
    dashboard 80x24
    d_wait "$t_what: the second shows it" shows 'a change is at work|Applying mine'
    t send-keys 3
    d_wait "$t_what: and what it does" shows 'Applying mine'
    t send-keys X
    d_wait "$t_what: it cannot stop it" shows 'another tunetop'
    let_go
    d_wait "$t_what: both see its end" shows 'Applied mine'
    d_socket=$first
    d_wait "$t_what: the first, too" shows 'Applied mine'
}

case ${1-} in
'')
    try dashboard restart
    try child stop
    try both watch
    try line stop
    two
    ;;
two) two ;;
*) for victim in dashboard child both line; do try "$victim" "$1"; done ;;
esac
t_done
