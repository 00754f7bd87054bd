#!/usr/bin/env bash
# Two services that read one file: what both wish is written once, and both are restarted with it,
# proven, taken back and put back.
. "${abs_srcdir:?}/tests/lib.sh"

. "$abs_srcdir/tests/cli/served.sh"

before=$(cat "$env")

# --- the second one, beside served.sh's: its own port, its own pair of commands, the same file ---
"$fake" --kind ollama <"$t_dir/life" >"$t_dir/port2" 9>&- &
t_own $!
t_wait_for 'a second port is found' test -s "$t_dir/port2"
read -r port2 _ <"$t_dir/port2"
kill $!
wait $! 2>/dev/null
for script in start stop; do
    sed -e "s|$HOME/pid|$HOME/pid2|g; s|$HOME/trick|$HOME/trick2|g; s,$t_dir/port,&2,g" \
        -e "s|--port $port |--port $port2 |; s,^echo $script,&2," "$HOME/$script" >"$HOME/${script}2"
    chmod +x "$HOME/${script}2"
done
cat >>"$yaml" <<END
  - name: two
    kind: ollama
    url: http://127.0.0.1:$port2
    config: {type: env_file, file: ~/ollama.env}
    control: {type: command, stop: [$HOME/stop2], start: [$HOME/start2]}
    health: {interval: 1, timeout: 1, retries: 4, steady: 1}
END
"$HOME/start2" # there is always one for stop2 to end
end_servers() {
    kill "$(cat "$HOME/pid2")" 2>/dev/null
    end_server
}
trap end_servers EXIT

has2() {
    t_ok "$t_what: the process of two has $1" grep -qzxF -- "$1" "/proc/$(cat "$HOME/pid2")/environ"
}
both_have() {
    has "$1"
    has2 "$1"
}
both() {
    rm -f "$HOME/trick2"
    "$HOME/stop2"
    fresh
    start2
}
start2() {
    "$HOME/start2"
    t_wait_for 'two serves' test -s "$t_dir/port2"
    : >"$t_dir/calls"
}
both_old() {
    both_have OLLAMA_KEEP_ALIVE=5m
    both_have OLLAMA_MAX_QUEUE=100
    both_have OLLAMA_NUM_PARALLEL=1
    t_is "$t_what: the file is as it was" "$(cat "$env")" "$before"
}

# --- the plan: a change of both, one edit of the file, both are restarted ---
both
t_run "$TUNETOP" plan mine --ascii
t_expect_status 0
for name in ollama two; do
    t_expect_out "^  $name +OLLAMA_MAX_QUEUE +100 +-> 512"
    t_expect_out "^  verify +$name: the running process has each value"
done
t_is 'the file is edited once' "$(grep -c '^+OLLAMA_' "$t_dir/out")" 3
t_expect_out "^  restart +$HOME/start\$"
t_expect_out "^  restart +$HOME/start2\$"
t_expect_out '^plan [0-9a-f]{12} of mine: 6 changes in 1 file, 0 so already$'

# --- applied: both restarted, both proven; a second time there is nothing to do ---
t_run "$TUNETOP" apply mine --yes
t_expect_status 0
calls 'stop start stop2 start2 '
both_have OLLAMA_KEEP_ALIVE=6m
both_have OLLAMA_MAX_QUEUE=512
both_have OLLAMA_NUM_PARALLEL=3
for name in ollama two; do
    t_expect_out "^  $name +OLLAMA_MAX_QUEUE +512 +ok +process environment"
done
t_run "$TUNETOP" verify mine
t_expect_status 0
t_run "$TUNETOP" apply mine --yes
t_expect_status 0
t_is 'the second time nothing is restarted' "$(cat "$t_dir/calls")" ''
t_run "$TUNETOP" journal --json
t_is 'the journal has the changes of both' "$(grep -c '"service":	"two"' "$t_dir/out")" 3

# --- undo restarts both ---
t_run "$TUNETOP" undo --yes
t_expect_status 0
calls 'stop start stop2 start2 '
both_old

# --- with the second left out, its values are its own ---
both
t_run "$TUNETOP" apply mine --without two --yes
t_expect_status 0
calls 'stop start '
has OLLAMA_MAX_QUEUE=512
has2 OLLAMA_MAX_QUEUE=100

# --- the second fails: both go back ---
both
echo ignores >"$HOME/trick2"
t_run "$TUNETOP" apply mine --yes
t_expect_status 3
t_expect_out 'its process has OLLAMA_MAX_QUEUE=99, not 512'
calls 'stop start stop2 start2 stop start stop2 start2 '
both_old

# --- the second waits for a restart, and the file goes back under it: it gets what the file has ---
both
printf 'OLLAMA_KEEP_ALIVE=6m\nOLLAMA_MAX_QUEUE=100\nOLLAMA_NUM_PARALLEL=3\n' >"$HOME/now"
sleep_past_start
cat "$HOME/now" >"$env"
"$HOME/stop"
"$HOME/start"
t_wait_for 'it serves' test -s "$t_dir/port"
: >"$t_dir/calls"
echo ignores >"$HOME/trick"
t_run "$TUNETOP" apply mine --without two.OLLAMA_MAX_QUEUE --yes
t_expect_status 3
t_expect_out '^  ollama\+two +rolled_back +ollama: its process has OLLAMA_MAX_QUEUE=99, not 512'
t_expect_out '^  two +OLLAMA_KEEP_ALIVE +6m +as in its file$'
t_must_fail 'no false note' grep -q 'its files were not changed' "$t_dir/out"
calls 'stop start stop2 start2 stop start stop2 start2 '
t_cmp 'the file is as it was' "$env" "$HOME/now"
both_have OLLAMA_MAX_QUEUE=100
both_have OLLAMA_KEEP_ALIVE=6m

t_done
