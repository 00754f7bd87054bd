# shellcheck shell=bash
# Sourced by every script test: a folder of its own, a fixed environment, and checks that print TAP.
#
#   . "$abs_srcdir/tests/lib.sh"
#   t_run "$TUNETOP" --version
#   t_expect_status 0
#   t_expect_out '^tunetop [0-9]'
#   t_done
#
# t_run leaves the standard output in $t_dir/out, standard error in $t_dir/err, the exit status in
# $t_status. Every check names what was run last, so most need no words of their own. Runs under
# bash 3.2.

set -u

t_dir=$(mktemp -d "${TMPDIR:-/tmp}/tunetop-test.XXXXXX") || exit 99
t_count=0
t_failed=0
t_status=0
t_last=0 # what the last check came to
t_what=
t_pids=

export HOME="$t_dir/home"
export XDG_CONFIG_HOME="$HOME/.config" XDG_STATE_HOME="$HOME/.local/state"
export LC_ALL=C.UTF-8 TZ=UTC TERM=xterm-256color
unset SUDO_UID SUDO_GID SUDO_USER # their configuration would count
unset NO_COLOR COLORTERM OLLAMA_HOST LANG LC_CTYPE TUNETOP_SIZE TUNETOP_FRAME_LOG
mkdir -p "$XDG_CONFIG_HOME/tunetop" "$XDG_STATE_HOME"

# The services that really run here are nobody's to change: what would tell where their settings are
# does not answer. $t_real_path has it.
# shellcheck disable=SC2034
t_real_path=$PATH
t_asleep=$t_dir.asleep # beside it: what lies in the folder is the test's
mkdir "$t_asleep"
for t_name in docker podman podman-compose docker-compose systemctl launchctl brew \
    sysctl cpupower pmset tmutil mdutil; do
    printf '#!/bin/sh\necho "not asked in tests" >&2\nexit 1\n' >"$t_asleep/$t_name"
done
chmod 0755 "$t_asleep/"*
export PATH="$t_asleep:$PATH"

# Ends the processes given to t_own, and the terminals: one keeps what a dashboard left on it. Removes
# the folder.
t_cleanup() {
    for t_name in "$t_dir"/tmux-*; do
        [ ! -S "$t_name" ] || tmux -S "$t_name" kill-server 2>/dev/null
    done
    for pid in $t_pids; do
        kill "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    rm -rf "$t_dir" "$t_asleep"
}
trap t_cleanup EXIT
trap 'exit 1' HUP INT TERM

# A process that this test started and that must not outlive it.
t_own() {
    t_pids="$t_pids $1"
}

t_run() {
    t_what=${*//"${TUNETOP-}"/tunetop}
    t_what=${t_what//[[:cntrl:]]/?}
    t_status=0
    "$@" </dev/null >"$t_dir/out" 2>"$t_dir/err" || t_status=$?
}

# t_profile NAME=VALUE...: "mine", a profile of the user's that wishes these of Ollama. A word without = goes on with
# the one before it: "NAME=VALUE" "keep: true".
t_profile() {
    local wish
    mkdir -p "$XDG_CONFIG_HOME/tunetop/profiles"
    {
        printf 'profiles:\n  - name: mine\n    best_for: a test\n    services:\n      - service: ollama\n        settings:\n'
        for wish; do
            printf '          - {name: %s, value: %s}\n' "${wish%%=*}" "${wish#*=}"
        done
    } >"$XDG_CONFIG_HOME/tunetop/profiles/mine.yaml"
}

# t_on FILE REGEX...: a screen that was saved has lines like each of these; t_not_on FILE REGEX: no line like that.
t_on() {
    local screen=$1 pattern
    shift
    for pattern; do
        t_ok "$screen shows $pattern" grep -Eq -- "$pattern" "$screen"
        [ "$t_last" = 0 ] || head -n 50 "$screen" | sed 's/^/# screen: /'
    done
}
t_not_on() {
    t_must_fail "$1 does not show $2" grep -Eq -- "$2" "$1"
}

# t_report STATUS NAME: one TAP line; after a failure what was run and what it said.
t_report() {
    t_last=$1
    t_count=$((t_count + 1))
    if [ "$1" -eq 0 ]; then
        printf 'ok %d - %s\n' "$t_count" "$2"
        return
    fi
    t_failed=$((t_failed + 1))
    printf 'not ok %d - %s\n' "$t_count" "$2"
    printf '# run: %s\n# status: %s\n' "$t_what" "$t_status"
    for stream in out err; do
        [ ! -f "$t_dir/$stream" ] || head -n 20 "$t_dir/$stream" | sed "s/^/# $stream: /"
    done
}

# t_ok NAME COMMAND...: COMMAND succeeds.
t_ok() {
    local name=$1
    shift
    if "$@" >/dev/null 2>&1; then t_report 0 "$name"; else t_report 1 "$name"; fi
}

t_must_fail() {
    local name=$1
    shift
    if "$@" >/dev/null 2>&1; then t_report 1 "$name"; else t_report 0 "$name"; fi
}

t_expect_status() {
    t_ok "$t_what: exit $1" test "$t_status" -eq "$1"
}

# t_cmp NAME ACTUAL EXPECTED: two files are the same.
t_cmp() {
    if cmp -s "$2" "$3"; then
        t_report 0 "$1"
    else
        t_report 1 "$1"
        diff "$3" "$2" | head -n 20 | sed 's/^/# /'
    fi
}

# t_is NAME ACTUAL EXPECTED: two texts are the same.
t_is() {
    if [ "$2" = "$3" ]; then
        t_report 0 "$1"
    else
        t_report 1 "$1"
        printf '# wanted: %s\n# got: %s\n' "$3" "$2"
    fi
}

# An extended regular expression that some line matches; t_expect_err_is wants the whole text.
t_expect_out() {
    t_ok "$t_what: prints $1" grep -Eq -- "$1" "$t_dir/out"
}
t_expect_err() {
    t_ok "$t_what: says $1" grep -Eq -- "$1" "$t_dir/err"
}
t_expect_out_is() {
    t_is "$t_what: prints exactly that" "$(cat "$t_dir/out")" "$1"
}
t_expect_err_is() {
    t_is "$t_what: says exactly that" "$(cat "$t_dir/err")" "$1"
}

# t_between NAME GOT A B SLACK: GOT is a number from A to B, either way round, give or take SLACK.
t_between() {
    t_is "$1: $2 is in $3 to $4, give or take $5" "$(awk -v x="$2" -v a="$3" -v b="$4" -v s="$5" 'BEGIN {
        if (a + 0 > b + 0) { t = a; a = b; b = t }
        print (x ~ /^[0-9.]+$/ && x + 0 >= a - s && x + 0 <= b + s) ? "yes" : "no" }')" yes
}

# t_expect_shape N [FILE]: what was printed are N JSON objects, each with the fields of status.shape,
# or of another file of shapes.
t_expect_shape() {
    local shape=${2-${abs_srcdir:?}/tests/cli/status.shape}
    "${abs_builddir:?}/tests/tools/json_shape" "$shape" <"$t_dir/out" >"$t_dir/shape"
    t_is "$t_what: its shape" "$(cat "$t_dir/shape")" "$1 whole, 0 differences"
}

# t_wait_for NAME COMMAND...: until COMMAND succeeds, at most 10 seconds.
t_wait_for() {
    local name=$1 tries=0
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -ge 200 ]; then
            t_report 1 "$name"
            return 1
        fi
        sleep 0.05
    done
    t_report 0 "$name"
}

t_skip() {
    t_count=$((t_count + 1))
    printf 'ok %d - %s # SKIP %s\n' "$t_count" "$1" "$2"
}

t_skip_all() {
    printf '1..0 # SKIP %s\n' "$1"
    exit 0
}

t_done() {
    printf '1..%d\n' "$t_count"
    [ "$t_failed" -eq 0 ]
}
