#!/usr/bin/env bash
# verify: what the file has against what the running process has, each verdict with its proof.
. "${abs_srcdir:?}/tests/lib.sh"

. "$abs_srcdir/tests/cli/server.sh"
# row SETTING PATTERN: of the line of that setting
row() {
    t_ok "$t_what: $1 $2" grep -Eq -- "^ +ollama +$1 +$2\$" "$t_dir/out"
}

# Wishes that do not depend on the memory of this machine or on what is installed.
t_profile OLLAMA_KEEP_ALIVE=5m OLLAMA_MAX_QUEUE=512 OLLAMA_LOAD_TIMEOUT=6m \
    OLLAMA_SCHED_SPREAD=1 'OLLAMA_NUMA=0, keep: true'

# The file is there before the process: who differs then has not read it.
cat >"$env" <<'END'
OLLAMA_KEEP_ALIVE=300s
OLLAMA_MAX_QUEUE=512
OLLAMA_SCHED_SPREAD=1
OLLAMA_NUMA=0
OLLAMA_AUTH_TOKEN=hunter2
END
start OLLAMA_SCHED_SPREAD=true OLLAMA_KEEP_ALIVE=5m OLLAMA_MAX_QUEUE=9 OLLAMA_AUTH_TOKEN=hunter2
cat >"$yaml" <<END
services:
  - {name: ollama, kind: ollama, url: "http://127.0.0.1:$port",
     config: {type: env_file, file: "$env"}}
  - {name: painter, kind: comfyui, url: "http://127.0.0.1:1",
     config: {type: env_file, file: "$HOME/painter.env"}}
END
echo 'HF_HOME=/x' >"$HOME/painter.env"

t_run "$TUNETOP" verify mine -s ollama
t_expect_status 5
t_expect_err_is ''
t_expect_out '^Settings of mine +file has +process has +wants +verdict +via$'
row OLLAMA_SCHED_SPREAD '1 +true +1 +ok +process environment'
row OLLAMA_KEEP_ALIVE '300s +5m +5m +ok +process environment'
row OLLAMA_MAX_QUEUE '512 +9 +512 +differs +process environment'
t_expect_out '^ +its process is younger than the file and has another value$'
row OLLAMA_LOAD_TIMEOUT '- +not set +6m +differs +process environment'
row OLLAMA_NUMA '0 +not set +0 +ignored +process environment'
t_expect_out '^2 as wanted, 2 not as wanted, 1 read by nobody\.$'
t_must_fail 'no secret' grep -q hunter2 "$t_dir/out"

# An edit that nobody has read yet.
t_run "$TUNETOP" apply mine -s ollama --no-restart --yes
t_expect_status 0
t_run "$TUNETOP" verify mine -s ollama
t_expect_status 5
row OLLAMA_SCHED_SPREAD '1 +true +1 +ok +process environment'
row OLLAMA_LOAD_TIMEOUT '6m +not set +6m +restart_needed +process environment'
t_expect_out '^ +its process is older than the file$'
t_expect_out ' wait for a restart'
t_must_fail 'nothing of it differs for another reason' grep -q ' differs ' "$t_dir/out"
t_run "$TUNETOP" verify mine -s ollama --json
t_expect_status 5
t_expect_out '"in_process":	"5m"'
t_expect_out '"verdict":	"restart_needed"'
t_expect_out '"via":	"process environment"'
t_expect_out '"why":	"its process is older than the file"'
t_expect_out '"drifted":	true'

t_run "$TUNETOP" verify mine -s ollama --drift
t_expect_status 5
row OLLAMA_LOAD_TIMEOUT '6m +not set +6m +restart_needed +process environment'
t_must_fail 'only what has drifted' grep -q OLLAMA_SCHED_SPREAD "$t_dir/out"
t_expect_out '^2 drifted: '

# On a terminal nothing is wider than it; below a narrow one's row stands what had a column.
if script -qec true /dev/null >/dev/null 2>&1; then
    id=$("$TUNETOP" journal --json | sed -n 's/.*"id":[^"]*"\([^"]*\)".*/\1/p' | head -n 1)
    for command in 'verify mine -s ollama' 'plan mine -s ollama --set OLLAMA_NUM_PARALLEL=2' journal \
        "journal $id" services profiles 'settings OLLAMA_KEEP_ALIVE'; do
        # A path or a line of a diff is not parted: only the terminal breaks it.
        for columns in 60 80; do
            t_run env NO_COLOR=1 script -qec "stty cols $columns; $TUNETOP $command" /dev/null
            tr -d '\r' <"$t_dir/out" | grep -v -F -e "$HOME" -e "$abs_builddir" >"$t_dir/lines"
            t_is "$command: at most $columns columns" \
                "$(awk -v most=$columns 'length($0) > most' "$t_dir/lines")" ''
        done
    done
    t_run env NO_COLOR=1 script -qec "stty cols 80; $TUNETOP verify mine -s ollama" /dev/null
    t_expect_out '^ +ollama +OLLAMA_LOAD_TIMEOUT +6m +not set +6m +restart_needed'
    t_expect_out '^ +via process environment: its process is older than the file'
    t_run env NO_COLOR=1 COLUMNS=60 script -qec "stty cols 0; $TUNETOP verify mine -s ollama" /dev/null
    t_expect_out '^ +file has 6m, process has not set, wants 6m'
else
    t_skip 'the width of a terminal' 'no script(1) of util-linux'
fi

# The drift is told by status as well, in time, and in the profile that is in effect.
t_run "$TUNETOP" status --json
t_expect_status 0
t_expect_shape 1
tr -d '\n\t' <"$t_dir/out" >"$t_dir/line"
t_ok 'status tells the drift' grep -q \
    '"service":"ollama","setting":"OLLAMA_MAX_QUEUE","file":"512","process":"9","reason"' "$t_dir/line"
t_must_fail 'no secret in it' grep -q hunter2 "$t_dir/out"
t_run "$TUNETOP" profiles
t_expect_status 0
t_expect_out '^In effect: '
t_run "$TUNETOP" record "$t_dir/recording" -n 2
t_expect_status 0
t_ok 'the wanted variables are recorded' grep -q 'OLLAMA_MAX_QUEUE=9' "$t_dir/recording/reads.jsonl"
t_must_fail 'and no others' grep -q 'hunter2\|AUTH_TOKEN' "$t_dir/recording/reads.jsonl"
t_run "$TUNETOP" --replay "$t_dir/recording" status --format '{profile.match}'
t_expect_status 0
t_must_fail 'a replay knows it' grep -q unknown "$t_dir/out"

# The same process anew, with what the file has: each value is proven.
stop
set --
while IFS= read -r line; do
    case $line in *=*) set -- "$@" "$line" ;; esac
done <"$env"
start "$@"
t_run "$TUNETOP" verify mine -s ollama
t_expect_status 0
t_expect_out '^4 as wanted, 1 read by nobody\.$'
t_run "$TUNETOP" verify mine -s ollama --drift
t_expect_status 0
t_expect_out_is 'No process is known to have another value than its file.'
t_run "$TUNETOP" verify mine -s ollama
row OLLAMA_LOAD_TIMEOUT '6m +6m +6m +ok +process environment'

# Stopped: not proven, which is no difference.
stop
t_run "$TUNETOP" verify mine -s ollama
t_expect_status 0
row OLLAMA_MAX_QUEUE '512 +- +512 +unknown'
t_expect_out '^ +it does not run$'
t_expect_out '^1 read by nobody, 4 not proven\.$'
t_run "$TUNETOP" verify mine -s ollama --json
t_expect_status 0
t_expect_out '"via":	null'

# A file that has another value differs, whether or not anything runs.
sed 's/^OLLAMA_MAX_QUEUE=512/OLLAMA_MAX_QUEUE=1/' "$env" >"$t_dir/edited"
cat "$t_dir/edited" >"$env"
t_run "$TUNETOP" verify mine -s ollama
t_expect_status 5
row OLLAMA_MAX_QUEUE '1 +- +512 +differs +file'
t_done
