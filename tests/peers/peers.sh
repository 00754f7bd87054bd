#!/usr/bin/env bash
#
# The promises about services, checked against real servers: those given by URL, or those found
# running. Prints TAP, then a line for each server: "ran" with its version, or "skipped" with the
# reason. Needs nothing but the program and tests/tools/peer; asks the servers only what tunetop
# asks them, and stops, starts or freezes one only when told how.
#
#   ./dev peers                              # what tunetop finds, 11434, 8188 and OLLAMA_HOST
#   ./dev peers [URL [OPTION...]]...         # these; options belong to the URL before them
#     --log FILE       its own log: the questions in it are counted, too (Ollama's has them)
#     --stop COMMAND --start COMMAND         shell commands: what a stop and a start look like
#     --load COMMAND   makes it load a model for some seconds: the row says so meanwhile
#     --freeze         40 s of SIGSTOP for its process: busy, then stuck, then up again
#   PEERS_SECONDS=60   how long its questions are counted
#
# Not part of `./dev check`: it takes two minutes for each server, and nobody else has these servers.

real_ollama_host=${OLLAMA_HOST-}
. "${abs_srcdir:?}/tests/lib.sh"

peer=${abs_builddir:?}/tests/tools/peer
seconds=${PEERS_SECONDS:-60}
burst=4           # questions that a service gets at once when it is found (sampling/service/running_ask.c)
latency_count=200 # of which the median is taken
latency_gap_ms=50
urls=() logs=() stops=() starts=() loads=() freezes=() # one element a server
report=$t_dir/report
: >"$report"

# add URL: no address twice
add() {
    local url=${1%/} known
    url=${url/:\/\/localhost/://127.0.0.1}
    case $url in
    http://* | https://*) ;;
    *) url=http://$url ;;
    esac
    for known in ${urls[@]+"${urls[@]}"}; do
        [ "$known" != "$url" ] || return 0
    done
    urls+=("$url") logs+=('') stops+=('') starts+=('') loads+=('') freezes+=('')
}

usage() {
    echo "peers: $1; see the top of tests/peers/peers.sh" >&2
    exit 2
}

parse() {
    local last
    while [ $# -gt 0 ]; do
        last=$((${#urls[@]} - 1))
        case $1 in
        --*) [ "$last" -ge 0 ] || usage "'$1' belongs behind a URL" ;;
        esac
        case $1 in
        --freeze) freezes[last]=yes ;;
        --log | --load | --stop | --start)
            [ $# -gt 1 ] || usage "'$1' needs a value"
            case $1 in
            --log) logs[last]=$2 ;;
            --load) loads[last]=$2 ;;
            --stop) stops[last]=$2 ;;
            --start) starts[last]=$2 ;;
            esac
            shift
            ;;
        -*) usage "there is no '$1'" ;;
        *) add "$1" ;;
        esac
        shift
    done
}

# What tunetop finds by itself, and what should be there if it is there at all.
find_running() {
    local kind url
    while read -r kind url; do
        [ -z "$kind" ] || add "$url"
    done <"$t_dir/found"
    add http://127.0.0.1:11434
    add http://127.0.0.1:8188
    case $real_ollama_host in
    '') ;;
    *:*) add "${real_ollama_host/0.0.0.0/127.0.0.1}" ;;
    *) add "${real_ollama_host/0.0.0.0/127.0.0.1}:11434" ;;
    esac
}

# compare_lines URL: what `peer compare` prints, as TAP
compare_lines() {
    local line
    while IFS= read -r line; do
        case $line in
        'ok '*) t_report 0 "$1: ${line#ok }" ;;
        'not ok '*) t_report 1 "$1: ${line#not ok }" ;;
        esac
    done
}

# In the background it is called itself: a function there is a shell that outlives a kill's aim.
t_tunetop() {
    "$TUNETOP" --config "$t_dir/tunetop.yaml" "$@"
}

check_answers() { # URL
    t_what="tunetop status --json"
    "$peer" compare "$1" "$TUNETOP" --config "$t_dir/tunetop.yaml" status --json >"$t_dir/compared"
    compare_lines "$1" <"$t_dir/compared"
    if "$TUNETOP" help services >/dev/null 2>&1 && [ "$kind" = comfyui ]; then
        "$peer" arguments "$1" "$TUNETOP" --config "$t_dir/tunetop.yaml" services --json \
            >"$t_dir/compared"
        compare_lines "$1" <"$t_dir/compared"
    fi
}

check_dashboard() { # URL KIND VERSION
    local size wanted
    for size in 80x24 120x40; do
        wanted=$2 # a small window has no room for the version
        [ "$size" = 80x24 ] || wanted=${3:0:5} # a second one of its kind has a longer name
        printf 'size %s\nwait-services\nwait-screen %s\nsave-screen %s\n' "$size" "$wanted" \
            "$t_dir/screen" >"$t_dir/script"
        t_run t_tunetop --script "$t_dir/script"
        t_expect_status 0
        case $size in
        80x24) t_ok "$1: the dashboard has its row at $size" grep -q -E "^ [^ ]+ $2" "$t_dir/screen" ;;
        *) t_ok "$1: the dashboard has its row and version at $size" \
            grep -q -E "^ [^ ]+ ${2}[^ ]* +${3:0:5}" "$t_dir/screen" ;;
        esac
    done
}

questions_in() { # LOG: lines of Ollama's log with what tunetop asks
    grep -c -E 'GET +"/api/(ps|version)"' "$1" || true
}

# sum_of WORD URL: that number in the lines that -vv ends with, all paths of the server together
sum_of() {
    awk -v url="$2/" -v word="$1" 'index($0, "debug: " url) == 1 {
        for (i = 1; i < NF; i++) if ($i == word) sum += $(i + 1)
    } END { print sum + 0 }' "$t_dir/err"
}

check_questions() { # URL LOG
    local before=0 asked allowed received logged
    [ -z "$2" ] || before=$(questions_in "$2")
    t_run t_tunetop -vv stream --count "$seconds"
    t_expect_status 0
    asked=$(sum_of asked "$1")
    received=$(sum_of received "$1")
    allowed=$((seconds / 2 + burst))
    t_ok "$1: $asked questions in $seconds s, at most $allowed" \
        test "$asked" -gt 0 -a "$asked" -le "$allowed"
    t_is "$1: none of them failed" "$(sum_of failed "$1")" 0
    echo "# $1: received $received bytes, sent $(sum_of sent "$1")"
    sed -n "s|^debug: \($1/\)|# \1|p" "$t_dir/err"
    rm -f "$t_dir/out" "$t_dir/err" # thousands of characters that say nothing about the rest
    if [ -z "$2" ]; then
        t_skip "$1: its own log has as many" 'no --log given'
        return
    fi
    logged=$(($(questions_in "$2") - before))
    t_ok "$1: its own log has $logged questions, $asked of them counted here" \
        test "$logged" -ge "$asked"
    [ "$logged" -le "$asked" ] || echo "# $((logged - asked)) are somebody else's"
}

# Its median time to answer, while tunetop watches and while it is stopped.
check_latency() { # URL
    local times pid
    "$TUNETOP" --config "$t_dir/tunetop.yaml" stream >/dev/null 2>&1 &
    pid=$!
    t_own "$pid"
    times=$("$peer" latency "$1" "$latency_count" "$latency_gap_ms" "$pid")
    kill "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    t_what="peer latency: median, 95 %, longest ms alone and watched: $times"
    echo "# $1: $t_what"
    # Half a millisecond is what a scheduler does to anybody.
    t_ok "$1: watching it does not slow its answers" awk -v t="$times" 'BEGIN {
        n = split(t, ms, " ")
        exit !(n == 6 && (ms[4] <= 1.2 * ms[1] || ms[4] - ms[1] < 0.5))
    }'
}

# A stream in the background; state_now prints "STATE PID REASON" of its last line.
stream_start() {
    : >"$t_dir/stream"
    "$TUNETOP" --config "$t_dir/tunetop.yaml" stream >"$t_dir/stream" 2>/dev/null &
    stream_pid=$!
    t_own "$stream_pid"
}
stream_end() {
    kill "$stream_pid" 2>/dev/null
    wait "$stream_pid" 2>/dev/null
}
state_now() { # URL
    tail -n 2 "$t_dir/stream" | "$peer" state "$1"
}
state_is() { # URL STATES
    local now rest
    read -r now rest <<<"$(state_now "$1")"
    case " $2 " in
    *" $now "*) return 0 ;;
    esac
    return 1
}

# within SECONDS NAME COMMAND...: COMMAND succeeds in that time; says how long it took
within() {
    local limit=$1 name=$2 start=$SECONDS
    shift 2
    until "$@" >/dev/null 2>&1; do
        if [ $((SECONDS - start)) -gt "$limit" ]; then
            t_report 1 "$name within $limit s"
            return 1
        fi
        sleep 0.1
    done
    t_report 0 "$name within $limit s ($((SECONDS - start)) s)"
}
silent() { # URL: it no longer answers
    ! "$peer" kind "$1"
}

check_stop() { # URL STOP START
    if [ -z "$2" ] || [ -z "$3" ]; then
        t_skip "$1: stop and start" 'no --stop and --start given'
        return
    fi
    stream_start
    t_what='tunetop stream'
    within 10 "$1: up before the stop" state_is "$1" up
    bash -c "$2" >/dev/null 2>&1
    within 30 "$1: stopped" silent "$1"
    within 10 "$1: the row says so" state_is "$1" 'down starting'
    echo "# $1: $(state_now "$1")"
    bash -c "$3" >/dev/null 2>&1 &
    within 120 "$1: started" "$peer" kind "$1"
    within 5 "$1: the row is back" state_is "$1" up
    stream_end
}

loading_is() { # URL VALUE
    [ "$(tail -n 2 "$t_dir/stream" | "$peer" loading "$1")" = "$2" ]
}

check_load() { # URL COMMAND
    local load
    if [ -z "$2" ]; then
        t_skip "$1: loads a model" 'no --load given'
        return
    fi
    stream_start
    t_what='tunetop stream'
    within 10 "$1: it loads nothing before" loading_is "$1" false
    bash -c "$2" >/dev/null 2>&1 &
    load=$!
    t_own "$load"
    within 10 "$1: the row says that it loads" loading_is "$1" true
    wait "$load"
    within 5 "$1: and that it has loaded" loading_is "$1" false
    stream_end
}

# What a server runs beside itself, to hold its models say, is no service of its own.
check_children() { # URL
    local pid child children=0 rows
    rows=" $("$TUNETOP" --config "$t_dir/tunetop.yaml" status --json |
        sed -n 's/^.*"pid":[^0-9]*\([0-9][0-9]*\).*/\1/p' | tr '\n' ' ')"
    for pid in $rows; do
        for child in $(pgrep -P "$pid"); do
            children=$((children + 1))
            t_must_fail "$1: child $child of $pid is no row" test "${rows#* "$child" }" != "$rows"
        done
    done
    echo "# $1: $children children of services"
}

# Something else that answers: it is no row, and it is left alone.
check_stranger() { # URL SAID
    case $2 in
    'it answers'*) ;;
    *) return ;;
    esac
    t_what='tunetop -vv stream'
    t_run "$TUNETOP" -vv stream --count 10
    t_must_fail "$1: it is no row" grep -q -F "\"$1\"" "$t_dir/out"
    # On a kind's own port its answer has to tell.
    t_ok "$1: asked once at most" test "$(sum_of asked "$1")" -le 1
}

check_freeze() { # URL WANTED
    local pid
    if [ -z "$2" ]; then
        t_skip "$1: a frozen process" 'no --freeze given'
        return
    fi
    stream_start
    t_what='tunetop stream'
    within 10 "$1: up before it freezes" state_is "$1" up
    read -r _ pid _ <<<"$(state_now "$1")"
    if [ "$pid" -le 1 ]; then
        t_skip "$1: a frozen process" 'its process is not visible here'
        stream_end
        return
    fi
    kill -STOP "$pid"
    frozen=$pid
    within 10 "$1: frozen, it is busy" state_is "$1" busy
    echo "# $1: $(state_now "$1")"
    within 40 "$1: frozen, it is stuck" state_is "$1" stuck
    echo "# $1: $(state_now "$1")"
    kill -CONT "$pid"
    frozen=
    within 5 "$1: goes on, it is up" state_is "$1" up
    stream_end
}

# Whatever happens, no server is left frozen.
frozen=
end_peers() {
    [ -z "$frozen" ] || kill -CONT "$frozen"
    t_cleanup
}
trap end_peers EXIT

check_server() { # INDEX
    local url=${urls[$1]} said checks failed
    if ! said=$("$peer" kind "$url"); then
        check_stranger "$url" "$said"
        t_skip "$url" "$said"
        echo "skipped $url: $said" >>"$report"
        return
    fi
    kind=${said%% *}
    checks=$t_count failed=$t_failed
    : >"$t_dir/tunetop.yaml"
    if ! grep -q -F -x "$kind $url" "$t_dir/found"; then
        echo "# $url: not found by itself, so it is named in tunetop.yaml"
        printf 'services:\n  - {name: %s, kind: %s, url: "%s"}\n' "$kind" "$kind" "$url" \
            >"$t_dir/tunetop.yaml"
    fi
    check_answers "$url"
    check_dashboard "$url" "$kind" "${said#* }"
    check_questions "$url" "${logs[$1]}"
    check_latency "$url"
    check_children "$url"
    check_load "$url" "${loads[$1]}"
    check_stop "$url" "${stops[$1]}" "${starts[$1]}"
    check_freeze "$url" "${freezes[$1]}"
    echo "ran $said at $url: $((t_count - checks)) checks," \
        "$((t_failed - failed)) failed" >>"$report"
}

"$TUNETOP" status --json 2>/dev/null | "$peer" list >"$t_dir/found"
parse "$@"
[ "${#urls[@]}" -gt 0 ] || find_running
for ((i = 0; i < ${#urls[@]}; i++)); do
    check_server "$i"
done
t_done
status=$?
cat "$report"
exit "$status"
