#!/usr/bin/env bash
#
# ./dev bench [--quick] [ROW...]: what tunetop costs, beside htop and btop in the same run.
#
# Rows: idle (no service), services (an Ollama and a ComfyUI that answer), load (every core busy),
# hanging (both services accept and never answer), cores-2, cores-64 and cores-256 (a --sysroot of so
# many cores whose counters move; only tunetop can read one), noisy (a replay in which every number
# is another one each second; only tunetop has one), processes-100, processes-1000 and
# processes-10000 (so many idle processes more; tunetop with the Overview, and as "tunetop-tab" with
# its Processes tab). Without rows: all of them.
#
# The programs take turns on a pseudo terminal of 120x40, each with a HOME of its own; the figures
# are medians over the turns. Where it is allowed this runs in a network namespace of its own, so
# that the services' usual ports are free and nothing else is found. ptybench.c says how each figure
# is measured. Prints Markdown; the exit status is 1 when a budget is missed, 2 when nothing could
# be measured.
#
# Environment: TUNETOP, PTYBENCH, FAKE_SERVER, CORE_TREE, CROWD, NOISY_RECORDING are the programs;
# BENCH_REPEAT (3) turns, BENCH_SECONDS (10) of measuring after BENCH_SETTLE (4), BENCH_STARTS (15), BENCH_KEYS (200).

set -eu

die() {
    printf 'bench: %s\n' "$*" >&2
    exit 2
}

say() {
    printf 'bench: %s\n' "$*" >&2
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=${abs_srcdir:-$(cd "$here/../.." && pwd -P)}
build=${abs_builddir:-$root/build}
tunetop=${TUNETOP:-$build/tunetop}
ptybench=${PTYBENCH:-$build/tests/bench/ptybench}
fake_server=${FAKE_SERVER:-$build/tests/fake_server}
core_tree=${CORE_TREE:-$build/tests/tools/core_tree}
crowd=${CROWD:-$build/tests/tools/crowd}
noisy_recording=${NOISY_RECORDING:-$build/tests/tools/noisy_recording}

[ "$(uname -s)" = Linux ] || die "measures on Linux only so far"
[ -x "$ptybench" ] || die "there is no '$ptybench': build it first"

if [ -z "${BENCH_NETWORK:-}" ]; then
    exec "$ptybench" enter-network "${BASH:-bash}" "$here/bench.sh" "$@"
fi

repeat=${BENCH_REPEAT:-3}
seconds=${BENCH_SECONDS:-10}
settle=${BENCH_SETTLE:-4}
starts=${BENCH_STARTS:-15}
keys=${BENCH_KEYS:-200}
minute=60
all_rows="idle services load hanging cores-2 cores-64 cores-256 noisy processes-100 processes-1000 processes-10000"
rows=
for argument in "$@"; do
    case $argument in
    --quick) repeat=1 seconds=5 starts=5 keys=60 minute=10 ;;
    idle | services | load | hanging | cores-2 | cores-64 | cores-256 | noisy) rows="$rows $argument" ;;
    processes-100 | processes-1000 | processes-10000) rows="$rows $argument" ;;
    *) die "there is no row '$argument': $all_rows" ;;
    esac
done
rows=${rows:-$all_rows}

work=$(mktemp -d "${TMPDIR:-/tmp}/tunetop-bench.XXXXXX")
background=
tree=
replay=
stop_background() {
    local pid
    for pid in $background; do
        kill "$pid" 2>/dev/null || :
        wait "$pid" 2>/dev/null || :
    done
    background=
    # A tree lies in memory: it goes with its row.
    [ -z "$tree" ] || rm -rf "$tree"
    tree=
    replay=
}
mkfifo "$work/hold"
exec 9<>"$work/hold"
trap 'stop_background; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- the programs ------------------------------------------------------------------------------

programs=
have() {
    case " $programs " in *" $1 "*) return 0 ;; esac
    return 1
}
if [ -x "$tunetop" ]; then
    programs=tunetop
else
    say "there is no '$tunetop': tunetop is not measured"
fi
for program in htop btop; do
    if command -v "$program" >/dev/null; then
        programs="$programs $program"
    else
        say "$program is not installed: its rows are left out"
    fi
done
[ -n "$programs" ] || die "nothing to measure"

fresh_home() {
    rm -rf "${work:?}/home"
    mkdir -p "$work/home/.config/btop"
    # btop's own interval is 2 s; the comparison is at 1 s for all.
    echo 'update_ms = 1000' >"$work/home/.config/btop/btop.conf"
}

# run_one PROGRAM PTYBENCH-OPTION...: one line of key=value pairs.
run_one() {
    local program=$1
    shift
    fresh_home
    local run
    case $program in
    tunetop | tunetop-tab) run="$tunetop" ;;
    *) run=$program ;;
    esac
    case $program in
    tunetop) set -- "$@" --key-list w,esc,\?,esc -- "$run" ${tree:+--sysroot "$tree"} ${replay:+--replay "$replay"} ;;
    tunetop-tab) set -- "$@" --key-list down,up -- "$run" --view processes ;;
    htop) set -- "$@" --key-list down,up -- "$run" -d 10 ;;
    btop) set -- "$@" --key-list csi-down,csi-up -- "$run" --utf-force ;;
    esac
    env -u XDG_CONFIG_HOME -u XDG_STATE_HOME -u XDG_CACHE_HOME -u HTOPRC -u NO_COLOR -u OLLAMA_HOST \
        HOME="$work/home" LC_ALL=C.UTF-8 "$ptybench" --size 120x40 "$@"
}

# --- the surroundings of a row -----------------------------------------------------------------

# The command lines are those that discovery looks for; other arguments mean nothing to the server.
# It ends with its standard input, so that none stays behind when this script is killed.
start_services() { # normal | never
    local mode=$1 pid
    if [ ! -x "$fake_server" ]; then
        say "there is no '$fake_server'"
        return 1
    fi
    (exec -a ollama "$fake_server" serve --kind ollama --port 11434 --mode "$mode") \
        <"$work/hold" >>"$work/background.log" 2>&1 &
    background="$background $!"
    (exec -a python3 "$fake_server" /opt/ComfyUI/main.py --kind comfyui --port 8188 --mode "$mode") \
        <"$work/hold" >>"$work/background.log" 2>&1 &
    background="$background $!"
    sleep 1
    for pid in $background; do
        if ! kill -0 "$pid" 2>/dev/null; then
            say "a fake server ended: $(cat "$work/background.log")"
            return 1
        fi
    done
}

# The writer must not hold the pipe open that it waits for the end of.
start_tree() { # CORES
    local parent=${TMPDIR:-/tmp} i
    if [ ! -x "$core_tree" ]; then
        say "there is no '$core_tree'"
        return 1
    fi
    [ ! -d /dev/shm ] || [ ! -w /dev/shm ] || parent=/dev/shm
    tree=$(mktemp -d "$parent/tunetop-bench.XXXXXX")
    "$core_tree" "$1" "$tree" <"$work/hold" >"$work/tree.log" 2>&1 9>&- &
    background="$background $!"
    for ((i = 0; i < 100; i++)); do
        grep -q '^ready$' "$work/tree.log" && return 0
        sleep 0.1
    done
    say "the tree of $1 cores was not written: $(cat "$work/tree.log")"
    return 1
}

# check_tree CORES: are all the cores read, do they move, and does the screen follow?
check_tree() {
    local busy=- cores bytes models i
    # On a loaded machine the writer may come too late for one gap.
    for ((i = 0; i < 3; i++)); do
        busy=$("$tunetop" --sysroot "$tree" status --gap 2.5 --format '{cpu.utilization_ratio}') || busy=-
        [ "$busy" = - ] || break
    done
    awk -v v="$busy" 'BEGIN { exit !(v > 0.02 && v < 0.98) }' ||
        { say "$1 cores: utilization $busy: the counters do not move"; return 1; }
    cores=$("$tunetop" --sysroot "$tree" status --json |
        awk '/"cores":/ { inside = 1 } /"gpus":/ { inside = 0 } inside && /"index":/ { n++ } END { print n + 0 }')
    [ "$cores" = "$1" ] || { say "$1 cores: $cores are read"; return 1; }
    run_one tunetop --settle 1 --seconds 4 --frame-log "$work/frames" >"$work/tree.screen" || :
    bytes=$(median "$work/tree.screen" bytes_per_s)
    models=$(awk '$1 == "frame" && $3 == "model" && !($4 in seen) { seen[$4] = 1; n++ } END { print n + 0 }' \
        "$work/frames")
    # Five seconds and one sample a second: three say that it moves, also beside other work.
    if ! awk -v b="$bytes" -v m="$models" 'BEGIN { exit !(b > 0 && m >= 3) }'; then
        say "$1 cores: the screen stands still: $bytes bytes/s, $models models drawn"
        return 1
    fi
    say "row cores-$1: all cores are read, utilization $busy, $models models drawn, $bytes bytes/s"
}

# Longer than a turn: a replay that is over stands still and costs nothing.
make_noise() {
    if [ ! -x "$noisy_recording" ]; then
        say "there is no '$noisy_recording'"
        return 1
    fi
    if [ ! -d "$work/noisy" ]; then
        "$noisy_recording" $((settle + minute + seconds + keys + 60)) "$work/noisy" || return 1
    fi
    replay=$work/noisy
}

start_crowd() { # COUNT
    local i
    if [ ! -x "$crowd" ]; then
        say "there is no '$crowd'"
        return 1
    fi
    "$crowd" "$1" <"$work/hold" >"$work/crowd.log" 2>&1 9>&- &
    background="$background $!"
    for ((i = 0; i < 300; i++)); do
        grep -q '^ready$' "$work/crowd.log" && return 0
        sleep 0.1
    done
    say "$1 processes were not made: $(cat "$work/crowd.log")"
    return 1
}

start_row() {
    local i cores
    case $1 in
    noisy) have tunetop && make_noise ;;
    services) start_services normal ;;
    hanging) start_services never ;;
    processes-*) start_crowd "${1#processes-}" ;;
    cores-*)
        have tunetop && start_tree "${1#cores-}" && check_tree "${1#cores-}"
        ;;
    load)
        cores=$(getconf _NPROCESSORS_ONLN)
        for ((i = 0; i < cores; i++)); do
            while :; do :; done &
            background="$background $!"
        done
        ;;
    esac
}

missed=0

# --- measuring ---------------------------------------------------------------------------------

measure_row() {
    local row=$1 turn program programs=$programs
    if ! start_row "$row"; then
        stop_background
        say "row $row is left out"
        # Nothing else can be wrong with a tree than tunetop or this script.
        case $row in cores-* | noisy) missed=1 ;; esac
        return 0
    fi
    case $row in
    cores-* | noisy) programs=tunetop ;;
    processes-*) have tunetop && programs="tunetop tunetop-tab${programs#tunetop}" ;;
    esac
    for ((turn = 1; turn <= starts; turn++)); do
        for program in $programs; do
            run_one "$program" --seconds 0 --quiet-ms 50 --frame-log "$work/frames" >>"$work/$row.$program.start" ||
                say "$program ended by itself"
        done
    done
    for ((turn = 1; turn <= repeat; turn++)); do
        for program in $programs; do
            say "row $row, turn $turn of $repeat, $program"
            run_one "$program" --settle "$settle" --seconds "$seconds" \
                --keys $(((keys + repeat - 1) / repeat)) --samples "$work/$row.$program.keys" \
                >>"$work/$row.$program.window" || say "$program ended by itself"
        done
    done
    case $row in
    idle | noisy)
        if have tunetop; then
            say "row $row, a whole minute of bytes"
            run_one tunetop --settle "$settle" --seconds "$minute" >"$work/minute.$row" || :
        fi
        ;;
    esac
    stop_background
}

# median FILE KEY: over the lines of FILE, "-" when none has it (or only -1, which is "did not happen").
median() {
    [ -f "$1" ] || { echo -; return; }
    tr ' ' '\n' <"$1" | sed -n "s/^$2=//p" | awk '$1 >= 0' | sort -n |
        awk '{ v[NR] = $1 } END { if (NR == 0) print "-"; else if (NR % 2) print v[(NR + 1) / 2]; else print (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# key_ms FILE PERMILLE: nearest rank over all turns, in milliseconds.
key_ms() {
    [ -s "$1" ] || { echo -; return; }
    sort -n "$1" | awk -v p="$2" '{ v[NR] = $1 } END { r = int((NR * p + 999) / 1000); printf "%.2f\n", v[r] / 1000 }'
}

# calc / A B [FORMAT] or calc \* A B [FORMAT]; "-" when one of them is "-".
calc() {
    awk -v f="$1" -v a="${2:--}" -v b="${3:-1}" -v form="${4:-%.2f}" 'BEGIN {
        if (a == "-" || b == "-" || (f == "/" && b == 0)) { print "-"; exit }
        printf form "\n", f == "/" ? a / b : a * b }'
}

round() { # VALUE FORMAT
    calc '*' "$1" 1 "$2"
}

figures_line() {
    local row=$1 program=$2
    local window="$work/$row.$program.window" start="$work/$row.$program.start" samples="$work/$row.$program.keys"
    local cpu htop_cpu
    cpu=$(median "$window" cpu_us_per_s)
    htop_cpu=$(median "$work/$row.htop.window" cpu_us_per_s)
    printf '| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n' "$row" "$program" \
        "$(round "$cpu" %.0f)" "$(calc / "$cpu" "$htop_cpu")" \
        "$(round "$(median "$window" bytes_per_s)" %.0f)" "$(round "$(median "$window" bytes_per_burst)" %.0f)" \
        "$(round "$(median "$start" logged_ms)" %.1f)" "$(round "$(median "$start" first_ms)" %.1f)" \
        "$(calc / "$(median "$window" once_kib)" 1024 %.1f)" "$(calc / "$(median "$window" rss_kib)" 1024 %.1f)" \
        "$(calc / "$(median "$window" anon_kib)" 1024 %.1f)" "$(round "$(median "$window" wakeups_per_s)" %.1f)" \
        "$(key_ms "$samples" 500)" "$(key_ms "$samples" 990)"
}

print_figures() {
    local row program
    echo '| row | program | CPU µs/s | ÷ htop | bytes/s | bytes a frame | first frame ms (own log) | first frame ms (seen) | resident MiB | sum of RSS MiB | anonymous MiB | wakeups/s | key p50 ms | key p99 ms |'
    echo '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |'
    for row in $rows; do
        for program in tunetop tunetop-tab htop btop; do
            if [ -f "$work/$row.$program.window" ]; then
                figures_line "$row" "$program"
            fi
        done
    done
}

# judge NAME VALUE LIMIT UNIT AIM: one line of the verdicts; "-" for no aim.
judge() {
    local name=$1 value=$2 limit=$3 unit=$4 aim=$5 verdict
    if [ "$value" = - ]; then
        verdict='not measured'
    elif awk -v v="$value" -v l="$limit" 'BEGIN { exit !(v <= l) }'; then
        verdict=PASS
        if [ "$aim" != - ] && awk -v v="$value" -v l="$aim" 'BEGIN { exit !(v > l) }'; then
            verdict='PASS, aim missed'
        fi
    else
        verdict=FAIL
        missed=1
    fi
    [ "$aim" = - ] && aim= || aim=" (aim $aim)"
    printf '| %s | %s%s%s | %s%s | %s |\n' "$name" "$limit" "$unit" "$aim" "$value" "$unit" "$verdict"
}

print_verdicts() {
    local row worst value
    echo '| budget | limit | measured | |'
    echo '| --- | ---: | ---: | --- |'
    judge 'CPU with 2 services, as a part of htop -d 10' \
        "$(calc / "$(median "$work/services.tunetop.window" cpu_us_per_s)" "$(median "$work/services.htop.window" cpu_us_per_s)")" \
        0.50 '' 0.25
    judge 'bytes to the terminal, idle, over a minute' "$(round "$(median "$work/minute.idle" bytes_per_s)" %.0f)" 700 ' B/s' -
    judge 'bytes to the terminal, everything moves, over a minute' \
        "$(round "$(median "$work/minute.noisy" bytes_per_s)" %.0f)" 1500 ' B/s' -
    judge 'bytes a frame, as a part of btop' \
        "$(calc / "$(median "$work/idle.tunetop.window" bytes_per_burst)" "$(median "$work/idle.btop.window" bytes_per_burst)" %.3f)" \
        0.1 '' -
    for row in $rows; do
        # Under load the scheduler decides when a new process runs at all.
        case $row in load | cores-* | noisy) continue ;; esac
        judge "exec to first full frame, row $row" "$(round "$(median "$work/$row.tunetop.start" logged_ms)" %.1f)" \
            50 ' ms' 20
    done
    for row in $rows; do
        judge "key to frame p99, row $row" "$(key_ms "$work/$row.tunetop.keys" 990)" 30 ' ms' -
    done
    for row in $rows; do
        case $row in processes-*) ;; *) continue ;; esac
        judge "CPU with the Processes tab, as a part of htop -d 10, row $row" \
            "$(calc / "$(median "$work/$row.tunetop-tab.window" cpu_us_per_s)" "$(median "$work/$row.htop.window" cpu_us_per_s)")" \
            0.50 '' 0.25
        judge "key to frame p99 in the Processes tab, row $row" "$(key_ms "$work/$row.tunetop-tab.keys" 990)" 30 ' ms' -
    done
    worst=-
    for row in $rows; do
        value=$(calc / "$(median "$work/$row.tunetop.window" once_kib)" 1024 %.1f)
        [ "$value" = - ] && continue
        worst=$(printf '%s\n%s\n' "$worst" "$value" | grep -v '^-$' | sort -n | tail -1)
    done
    for row in $rows; do
        case $row in cores-*) ;; *) continue ;; esac
        judge "resident memory, row $row" \
            "$(calc / "$(median "$work/$row.tunetop.window" once_kib)" 1024 %.1f)" 16 ' MiB' -
    done
    judge 'resident memory with the helper process, each page once, highest row' "$worst" 16 ' MiB' -
}

machine_line() {
    local model entries
    model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -1)
    entries=(/proc/[0-9]*)
    printf '%s, %s cores, Linux %s, %s processes, %s, load %s\n' "${model:-$(uname -m)}" \
        "$(getconf _NPROCESSORS_ONLN)" "$(uname -r)" "${#entries[@]}" "$(date +%F)" "$(cut -d' ' -f1 /proc/loadavg)"
}

programs_line() {
    local line=
    have tunetop && line="$("$tunetop" --version 2>/dev/null | head -1)"
    have htop && line="$line${line:+, }$(htop --version | head -1) -d 10"
    have btop && line="$line${line:+, }$(btop --version | head -1 | sed 's/ version://') at 1000 ms"
    printf '%s; %s turns of %s s after %s s, %s starts, %s keys, network %s\n' "$line" "$repeat" "$seconds" \
        "$settle" "$starts" "$keys" "$BENCH_NETWORK"
}

machine=$(machine_line)
for row in $rows; do
    measure_row "$row"
done
printf '%s before, %s after  \n' "$machine" "$(cut -d' ' -f1 /proc/loadavg)"
programs_line
echo
print_figures
if have tunetop; then
    echo
    print_verdicts
fi
# First frame and key to frame are times on the wall: other work falls on them, unlike on CPU and bytes.
[ "$missed" = 0 ] || say "a budget is missed; with a load above the number of cores, measure again when it is quiet"
exit "$missed"
