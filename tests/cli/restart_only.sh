#!/usr/bin/env bash
# A service whose file has all of it, while its process is older: plan and apply restart it, and
# nothing else; what fails, what is cut off and what is not to be guessed.
. "${abs_srcdir:?}/tests/lib.sh"

. "$abs_srcdir/tests/cli/served.sh"

wanted='OLLAMA_KEEP_ALIVE=6m
OLLAMA_MAX_QUEUE=512
OLLAMA_NUM_PARALLEL=3'
# older: the process has old values, then somebody writes what the profile wants
older() {
    fresh
    sleep_past_start
    printf '%s\n' "$wanted" >"$env"
    sum=$(sha256sum <"$env")
}
same_file() {
    t_is "$t_what: the file is untouched" "$(sha256sum <"$env")" "$sum"
}
entries() {
    "$TUNETOP" journal --json | tr -d '\n\t' | grep -o '"id":"[0-9-]*"' | wc -l
}

# --- what the plan says ---
older
t_run "$TUNETOP" plan mine --ascii
t_expect_status 0
t_expect_out "^  run +$HOME/stop\$"
t_expect_out "^  restart +$HOME/start\$"
t_expect_out '^ +its process is older than its file$'
t_expect_out '^ +interrupts ollama'
t_expect_out '^  verify +ollama: the running process has each value$'
t_expect_out '^plan [0-9a-f]{12} of mine: nothing to write, 1 service only restarted, 3 so already$'
t_must_fail 'nothing is called a change' grep -q '^Changes' "$t_dir/out"
t_is 'and nothing is done' "$(cat "$t_dir/calls")" ''
t_run "$TUNETOP" plan mine --json
t_expect_status 0
t_expect_out '"changes":	\[\]'
t_expect_out '"files":	\[\]'
t_expect_out '"reason":	"its process is older than its file"'
hash=$(sed -n 's/^\t"hash":\t"\([0-9a-f]*\)".*/\1/p' "$t_dir/out")
t_run "$TUNETOP" plan mine --no-restart --ascii
t_expect_status 0
t_expect_out '^mine: nothing to change, 3 so already$'
t_run "$TUNETOP" plan mine --without ollama
t_must_fail 'what is left out is not restarted' grep -q "$HOME/start" "$t_dir/out"

# --- applied: restarted, proven, journalled ---
t_run "$TUNETOP" apply mine </dev/null
t_expect_status 1
t_is 'without consent nothing is done' "$(cat "$t_dir/calls")" ''
t_run "$TUNETOP" apply mine --no-restart --yes
t_expect_status 0
t_is 'nor where nothing may be restarted' "$(cat "$t_dir/calls")" ''
t_is 'and no entry is made' "$(entries)" 0
t_run "$TUNETOP" apply mine --yes --plan-hash "$hash"
t_expect_status 0
calls 'stop start '
has OLLAMA_MAX_QUEUE=512
has OLLAMA_KEEP_ALIVE=6m
has OLLAMA_NUM_PARALLEL=3
same_file
t_expect_out '^  ollama +restarted$'
t_expect_out '^  ollama +OLLAMA_MAX_QUEUE +512 +ok +process environment'
t_expect_out '^No file was changed: there is nothing to undo\.$'
t_run "$TUNETOP" apply mine --yes
t_expect_status 0
t_is 'the second time nothing is restarted' "$(cat "$t_dir/calls")" ''

# --- the journal has it, and undo has nothing of it ---
t_run "$TUNETOP" journal
t_expect_status 0
t_expect_out 'applied'
t_expect_out 'ollama'
t_must_fail 'no undo is offered' grep -q "tunetop undo" "$t_dir/out"
t_run "$TUNETOP" journal --json
t_expect_out '"state":	"applied"'
t_expect_out '"stands":	false'
id=$(sed -n 's/^.*"id":\t"\([0-9-]*\)".*/\1/p' "$t_dir/out" | head -n 1)
t_run "$TUNETOP" journal "$id"
t_expect_status 0
t_expect_out '^ollama: applied'
t_expect_out 'only restarted'
t_run "$TUNETOP" undo "$id" --yes
t_expect_status 1
t_expect_err 'changed no file, it only restarted ollama: there is nothing to undo'
t_run "$TUNETOP" undo --yes
t_expect_status 1
t_is 'nothing is restarted for nothing' "$(cat "$t_dir/calls")" ''

# --- undo without an entry's name takes back what changed a file, not what only restarted ---
fresh
t_run "$TUNETOP" apply mine --yes --no-restart
t_expect_status 0
changed=$("$TUNETOP" journal --json | sed -n 's/^.*"id":\t"\([0-9-]*\)".*/\1/p' | head -n 1)
t_run "$TUNETOP" apply mine --yes --include-pending
t_expect_status 0
calls 'stop start '
t_run "$TUNETOP" undo --yes --json
t_expect_status 0
t_is 'the old file' "$(cat "$env")" "$(printf 'OLLAMA_KEEP_ALIVE=5m\nOLLAMA_MAX_QUEUE=100\nOLLAMA_NUM_PARALLEL=1')"
t_run "$TUNETOP" journal "$changed"
t_expect_out 'undone'

# --- a process that was started with the file and has another value is no reason to restart ---
fresh
"$HOME/stop"
printf '%s\n' "$wanted" >"$env"
echo ignores >"$HOME/trick"
"$HOME/start"
t_wait_for 'it serves' test -s "$t_dir/port"
: >"$t_dir/calls"
t_run "$TUNETOP" verify mine
t_expect_out ' OLLAMA_MAX_QUEUE +512 +99 +512 +differs '
t_run "$TUNETOP" apply mine --yes
t_expect_status 0
t_is 'it is not restarted again and again' "$(cat "$t_dir/calls")" ''
touch -d 'next year' "$env"
t_run "$TUNETOP" apply mine --yes
t_expect_status 3
calls 'stop start '
t_run "$TUNETOP" apply mine --yes
t_expect_status 0
t_is 'nor for ever for a time to come' "$(cat "$t_dir/calls")" ''

# --- it comes up with another value: said, not restarted again, the file stays ---
older
echo ignores >"$HOME/trick"
t_run "$TUNETOP" apply mine --yes
t_expect_status 3
t_expect_out '^  ollama +failed +its process has OLLAMA_MAX_QUEUE=99, not 512'
t_expect_out '^  ollama +its files were not changed: it runs with what they have$'
t_run "$TUNETOP" journal
t_expect_out 'rolled_back'
t_must_fail 'it is not called a failure to put back' grep -q 'recover' "$t_dir/out"
calls 'stop start '
same_file
t_run "$TUNETOP" apply mine --yes
t_expect_status 0
t_is 'and not tried again' "$(cat "$t_dir/calls")" ''

# --- it does not start: tried once more, then a person is told, each command whole ---
older
cp "$yaml" "$yaml.kept"
long=$(printf 'x%.0s' {1..3000})
sed -i "s|start: \[$HOME/start\]|start: [$HOME/start, $long, $long]|" "$yaml"
echo fails >"$HOME/trick"
t_run "$TUNETOP" apply mine --yes
t_expect_status 4
t_expect_out '^Its files were not changed, but it is not well'
t_expect_out '^Or by hand:$'
t_expect_out "^ +$HOME/start x{3000} x{3000}\$"
mv "$yaml.kept" "$yaml"
same_file
rm "$HOME/trick"
t_run "$TUNETOP" recover --yes
t_expect_status 0
t_expect_out 'no file was changed; what did not run was started again$'
t_wait_for 'recover started it' test -s "$t_dir/port"
has OLLAMA_MAX_QUEUE=512
same_file
t_run "$TUNETOP" recover --yes
t_expect_out 'nothing was cut off'

# --- well, and then it dies: started again, and said ---
older
sed -i 's/steady: 1/steady: 6/' "$yaml"
echo dies >"$HOME/trick"
t_run "$TUNETOP" apply mine --yes --json
t_ok "$t_what: it is not called applied" test "$t_status" -ne 0
t_expect_out '"files_changed":	false'
t_ok 'it was started again' test "$(grep -c start "$t_dir/calls")" -ge 2
same_file
sed -i 's/steady: 6/steady: 1/' "$yaml"
rm -f "$HOME/trick"
t_run "$TUNETOP" recover --yes

# --- nobody supervises it: said, and nothing is refused ---
older
sed -i.kept '/control:/d' "$yaml"
t_run "$TUNETOP" apply mine --yes
t_expect_status 0
t_expect_out 'its process is older than its file, and it is not restarted: '
t_is 'nothing is restarted' "$(cat "$t_dir/calls")" ''
mv "$yaml.kept" "$yaml"

# --- cut off between the stop and the start: recover starts what it stopped, and does not call it
# --- applied ---
older
echo hangs >"$HOME/trick"
rm -f "$HOME/hanging"
"$TUNETOP" apply mine --yes >/dev/null 2>&1 &
apply=$!
t_wait_for 'it is in the middle' test -s "$HOME/hanging"
kill -9 "$apply" "$(cat "$HOME/hanging")"
wait "$apply" 2>/dev/null
rm "$HOME/trick"
t_run "$TUNETOP" apply mine --yes
t_expect_status 4
t_expect_err 'recover'
: >"$t_dir/calls"
t_run "$TUNETOP" recover --yes
t_expect_status 0
t_expect_out 'no file was changed; what did not run was started again$'
t_ok 'it was started' grep -q start "$t_dir/calls"
has OLLAMA_MAX_QUEUE=512
same_file
t_run "$TUNETOP" journal
t_expect_out 'rolled_back'

# --- cut off before anything was stopped: recover restarts nothing ---
older
echo slow-stop >"$HOME/trick"
rm -f "$HOME/go"
"$TUNETOP" apply mine --yes >/dev/null 2>&1 &
apply=$!
t_wait_for 'it is about to stop' grep -q stop "$t_dir/calls"
kill -9 "$apply"
wait "$apply" 2>/dev/null
stopping=$(pgrep -f "$HOME/stop" | head -n 1)
[ -z "$stopping" ] || kill -9 "$stopping"
rm "$HOME/trick"
: >"$t_dir/calls"
before=$(cat "$HOME/pid")
t_run "$TUNETOP" recover --yes
t_expect_status 0
t_expect_out 'no file was changed, and nothing was restarted$'
t_is 'recover restarted nothing' "$(cat "$t_dir/calls")" ''
t_is 'the same process runs' "$(cat "$HOME/pid")" "$before"
t_ok 'with what it had' grep -qzxF OLLAMA_MAX_QUEUE=100 "/proc/$before/environ"
t_run "$TUNETOP" apply mine --yes
t_expect_status 0
has OLLAMA_MAX_QUEUE=512

# --- cut off behind the restart: it counts ---
older
killed_watching apply mine
t_must_fail 'nothing is written, so nothing says it' grep -q '"action":"write"' "$t_dir/progress"
t_run "$TUNETOP" recover --yes
t_expect_status 0
t_expect_out 'it was restarted already, it counts as applied$'
t_is 'recover restarted nothing' "$(cat "$t_dir/calls")" ''
has OLLAMA_MAX_QUEUE=512
same_file

# --- with another one that fails, and all are to go back: it runs with its files, and did not fail ---
fresh
other_runs() {
    "$fake" --kind ollama "$@" <"$t_dir/life" >"$t_dir/second" 9>&- &
    second=$!
    t_own $second
    t_wait_for 'the other one serves' test -s "$t_dir/second"
    read -r other _ <"$t_dir/second"
    cat >"$HOME/stop-second" <<END
#!/usr/bin/env bash
kill $second 2>/dev/null
while grep -qs '^State:.[^ZX]' /proc/$second/status; do sleep 0.02; done
exit 0
END
    chmod +x "$HOME/stop-second"
}
other_runs
sleep_past_start
printf '%s\n' "$wanted" | tee "$env" >"$HOME/second.env"
sum=$(sha256sum <"$env")
cp "$yaml" "$yaml.kept"
cat >>"$yaml" <<END
  - name: second
    kind: ollama
    url: http://127.0.0.1:$other
    config: {type: env_file, file: ~/second.env}
    control: {type: command, stop: [$HOME/stop-second], start: ["false"]}
    health: {interval: 1, timeout: 1, retries: 1, steady: 1}
END
t_run "$TUNETOP" apply mine --yes --all-or-nothing
t_expect_status 4
t_expect_out '^  ollama +restarted$'
t_expect_out '^  second +failed +second could not be restarted'
calls 'stop start '
has OLLAMA_MAX_QUEUE=512
same_file

# --- and when the other one comes first, nothing of it is touched ---
rm "$t_dir/second"
other_runs --port "$other"
t_run "$TUNETOP" recover --yes
t_expect_status 0
older
printf 'OLLAMA_KEEP_ALIVE=1m\n' >"$HOME/second.env"
t_run "$TUNETOP" apply mine --yes --all-or-nothing --json
t_expect_status 4
t_ok 'it is called skipped' grep -Eq '"name":"ollama","state":"skipped"' <<<"$(tr -d '\n\t' <"$t_dir/out")"
t_is 'nothing is restarted' "$(cat "$t_dir/calls")" ''
has OLLAMA_MAX_QUEUE=100
same_file
mv "$yaml.kept" "$yaml"

t_done
