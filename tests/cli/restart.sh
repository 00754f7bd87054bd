#!/usr/bin/env bash
# apply with its restart, by a pair of commands: proven, put back, watched, cut off, undone.
. "${abs_srcdir:?}/tests/lib.sh"

. "$abs_srcdir/tests/cli/served.sh"

# --- the plan says what will be done ---
t_run "$TUNETOP" plan mine --ascii
t_expect_status 0
t_expect_out "^  run +$HOME/stop\$"
t_expect_out "^  restart +$HOME/start\$"
t_expect_out 'interrupts ollama'
t_expect_out '^  wait +ollama'
t_expect_out '^  verify +ollama'
t_run "$TUNETOP" plan mine --no-restart --ascii
t_must_fail 'no step restarts' grep -q "$HOME/start" "$t_dir/out"

# --- applied, proven ---
t_run "$TUNETOP" apply mine --yes
t_expect_status 0
t_expect_out 'applied'
t_expect_out '^  ollama +OLLAMA_MAX_QUEUE +512 +ok +process environment'
t_expect_out '^  ollama +OLLAMA_KEEP_ALIVE +6m +ok +process environment'
calls 'stop start '
has OLLAMA_MAX_QUEUE=512
has OLLAMA_KEEP_ALIVE=6m
has OLLAMA_NUM_PARALLEL=3
t_expect_out '^  ollama +OLLAMA_NUM_PARALLEL +3 +ok +process environment'
t_run "$TUNETOP" apply mine --yes
t_expect_status 0
t_is 'the second time nothing is restarted' "$(cat "$t_dir/calls")" ''

# --- undone: what was restarted is restarted ---
t_run "$TUNETOP" undo --yes
t_expect_status 0
calls 'stop start '
has OLLAMA_MAX_QUEUE=100
has OLLAMA_NUM_PARALLEL=1
t_expect_out '^  ollama +OLLAMA_NUM_PARALLEL +1 +ok +process environment'
t_is 'the file is the old one' "$(cat "$env")" "$(printf 'OLLAMA_KEEP_ALIVE=5m\nOLLAMA_MAX_QUEUE=100\nOLLAMA_NUM_PARALLEL=1')"

# --- a model that does not load any more: put back; one that only embeds is loaded ---
sed -i 's/^    health:/    preload: [broken:latest]\n&/' "$yaml"
t_run "$TUNETOP" apply mine --yes
t_expect_status 3
t_expect_out "^  ollama +rolled_back +model 'broken:latest' does not load: the runner ended$"
t_expect_out '^  ollama +OLLAMA_KEEP_ALIVE +5m +as before$'
calls 'stop start stop start '
has OLLAMA_MAX_QUEUE=100
t_run "$TUNETOP" apply mine --yes --no-warm
t_expect_status 0
t_run "$TUNETOP" undo --yes --no-warm
t_expect_status 0
sed -i 's/broken:latest/embed:latest/' "$yaml"
t_run "$TUNETOP" apply mine --yes
t_expect_status 0
t_run "$TUNETOP" undo --yes
t_expect_status 0
sed -i '/preload/d' "$yaml"
: >"$t_dir/calls"

# --- a person at a terminal sees what is done; nobody else does ---
if script -qec true /dev/null >/dev/null 2>&1; then
    sed -i 's/steady: 1/steady: 4/' "$yaml"
    t_run env NO_COLOR=1 script -qec "$TUNETOP apply mine --yes" /dev/null
    sed -i 's/steady: 4/steady: 1/' "$yaml"
    tr -d '\r' <"$t_dir/out" >"$t_dir/plain"
    mv "$t_dir/plain" "$t_dir/out"
    t_expect_out '^ollama: changing its files$'
    t_expect_out '^ollama: restarting it$'
    t_expect_out '^ollama: waiting until it is well$'
    t_expect_out '^ollama: proving that it has each value$'
    t_expect_out '^ollama: watching it for [1-4] s more, so that it stays so$'
    t_run "$TUNETOP" undo --yes
    t_expect_status 0
    t_is 'and no line where there is no terminal' "$(cat "$t_dir/err")" ''
    : >"$t_dir/calls"
else
    t_skip 'progress at a terminal' 'no script(1) that runs a command'
fi

# --- files only ---
t_run "$TUNETOP" apply mine --yes --no-restart
t_expect_status 0
t_is 'nothing is restarted' "$(cat "$t_dir/calls")" ''
t_run "$TUNETOP" undo --yes
t_expect_status 0
t_is 'and its undo restarts nothing' "$(cat "$t_dir/calls")" ''

# --- the process has another value: put back ---
fresh
echo ignores >"$HOME/trick"
t_run "$TUNETOP" apply mine --yes
t_expect_status 3
t_expect_out 'rolled_back|rolled back'
t_expect_out 'OLLAMA_MAX_QUEUE=99, not 512'
t_expect_out 'Nobody knows where its log is:'
t_expect_out '^  ollama +OLLAMA_MAX_QUEUE +100 +as before$'
t_is 'the file is the old one' "$(cat "$env")" "$(printf 'OLLAMA_KEEP_ALIVE=5m\nOLLAMA_MAX_QUEUE=100\nOLLAMA_NUM_PARALLEL=1')"

# --- it does not start with the new file: put back, and running ---
fresh
echo fails-new >"$HOME/trick"
t_run "$TUNETOP" apply mine --yes --json
t_expect_status 3
t_expect_out 'refuses 512'
has OLLAMA_MAX_QUEUE=100
t_run "$TUNETOP" journal
t_expect_out 'rolled'

# --- healthy, and then it dies ---
fresh
sed -i 's/steady: 1/steady: 6/' "$yaml"
echo dies >"$HOME/trick"
t_run "$TUNETOP" apply mine --yes
t_ok "$t_what: it is not called applied" test "$t_status" -ne 0
t_is 'the file is the old one' "$(cat "$env")" "$(printf 'OLLAMA_KEEP_ALIVE=5m\nOLLAMA_MAX_QUEUE=100\nOLLAMA_NUM_PARALLEL=1')"
sed -i 's/steady: 6/steady: 1/' "$yaml"
t_run "$TUNETOP" recover --yes

# --- it never starts again: a person is asked, with the commands ---
fresh
echo fails >"$HOME/trick"
t_run "$TUNETOP" apply mine --yes
t_expect_status 4
t_expect_err 'tunetop recover'
t_expect_out "^ +$HOME/start\$"
t_is 'the file is the old one' "$(cat "$env")" "$(printf 'OLLAMA_KEEP_ALIVE=5m\nOLLAMA_MAX_QUEUE=100\nOLLAMA_NUM_PARALLEL=1')"
rm "$HOME/trick"
t_run "$TUNETOP" recover --yes
t_expect_status 0
t_wait_for 'recover started it' test -s "$t_dir/port"
has OLLAMA_MAX_QUEUE=100

# --- it was down: its file changes, nothing is started ---
fresh
"$HOME/stop"
: >"$t_dir/calls"
t_run "$TUNETOP" apply mine --yes --json
t_expect_status 0
t_is 'nothing is started' "$(cat "$t_dir/calls")" ''
t_expect_out 'down'

# --- killed in the middle of a restart: recover puts back, and it runs as before ---
fresh
echo hangs >"$HOME/trick"
"$TUNETOP" apply mine --yes >/dev/null 2>&1 &
apply=$!
t_wait_for 'it is in the middle' test -s "$HOME/hanging"
kill -9 "$apply" "$(cat "$HOME/hanging")"
wait "$apply" 2>/dev/null
rm "$HOME/trick"
t_run "$TUNETOP" apply mine --yes
t_expect_status 4
t_expect_err 'recover'
t_run "$TUNETOP" recover --yes
t_expect_status 0
t_expect_out 'as it was before'
t_is 'the file is the old one' "$(cat "$env")" "$(printf 'OLLAMA_KEEP_ALIVE=5m\nOLLAMA_MAX_QUEUE=100\nOLLAMA_NUM_PARALLEL=1')"
has OLLAMA_MAX_QUEUE=100

# --- it can never be started again: recover says so, and with --no-restart leaves it at the files ---
fresh
echo fails >"$HOME/trick"
t_run "$TUNETOP" apply mine --yes
t_expect_status 4
t_run "$TUNETOP" recover --yes
t_expect_status 4
t_expect_err 'no-restart'
: >"$t_dir/calls"
t_run "$TUNETOP" recover --yes --no-restart
t_expect_status 0
t_expect_out 'as it was before'
t_is 'nothing is started' "$(cat "$t_dir/calls")" ''
t_is 'the file is the old one' "$(cat "$env")" "$(printf 'OLLAMA_KEEP_ALIVE=5m\nOLLAMA_MAX_QUEUE=100\nOLLAMA_NUM_PARALLEL=1')"
t_run "$TUNETOP" recover --yes
t_expect_out 'nothing was cut off'

# --- two at once, and the line drops: the first goes on to its end, the second changes nothing ---
fresh
rm -f "$HOME/go"
echo slow >"$HOME/trick"
setsid "$TUNETOP" apply mine --yes >"$t_dir/first" 2>&1 &
apply=$!
t_wait_for 'it is in the middle' grep -q start "$t_dir/calls"
t_run "$TUNETOP" undo --yes
t_ok "$t_what: refused" test "$t_status" -ne 0
t_run "$TUNETOP" apply mine --yes --set OLLAMA_KEEP_ALIVE=7m
t_ok "$t_what: refused" test "$t_status" -ne 0
t_is 'the file is that of the first' "$(cat "$env")" "$(printf 'OLLAMA_KEEP_ALIVE=6m\nOLLAMA_MAX_QUEUE=512\nOLLAMA_NUM_PARALLEL=3')"
kill -HUP "$apply"
touch "$HOME/go"
t_status=0
wait "$apply" || t_status=$?
t_is 'a dropped line ends nothing' "$t_status" 0
has OLLAMA_MAX_QUEUE=512
t_run "$TUNETOP" undo --yes
t_expect_status 0

# --- asked to end while it is waited for: the step is finished, then all is put back ---
fresh
sed -i 's/steady: 1/steady: 600/' "$yaml"
"$TUNETOP" apply mine --yes --progress-fd 3 3>"$t_dir/progress" >/dev/null 2>&1 &
apply=$!
t_wait_for 'it is watched' grep -q watch "$t_dir/progress"
t_what='what a step is about'
t_ok "$t_what: which service, until when" grep -Eq '"event":"begin","action":"wait".*"at":"[-0-9T:.+]+","service":"ollama","deadline":"[-0-9T:.+]+"' "$t_dir/progress"
t_ok "$t_what: what is restarted" grep -q '"event":"note","action":"restart".*"service":"ollama"' "$t_dir/progress"
t_is "$t_what: which command runs" "$(grep -o '"command":.' "$t_dir/progress" | tr '\n' ' ')" '"command":1 "command":2 '
t_ok "$t_what: what came of it" grep -Eq '"event":"done","action":"wait".*"result":"ok"' "$t_dir/progress"
t_ok "$t_what: what is proven" grep -Eq '"event":"note","action":"verify".*"detail":"[0-9] of [0-9] ok in pid [0-9]+"' "$t_dir/progress"
t_ok "$t_what: what was written" grep -q '"event":"done","action":"write".*"detail":"1 file, +[0-9]* -[0-9]* lines, old copy kept"' "$t_dir/progress"
t_is "$t_what: no line is too long for a pipe" "$(awk 'length($0) > 511' "$t_dir/progress")" ''
kill -TERM "$apply" # a job in the background ignores SIGINT
t_status=0
wait "$apply" || t_status=$?
t_ok 'it ended by the signal, or says that it was put back' test "$t_status" -ne 0
has OLLAMA_MAX_QUEUE=100
t_ok "$t_what: why it is put back" grep -q '"event":"begin","action":"put_back".*"detail":"stopped by signal 15"' "$t_dir/progress"
t_is 'the file is the old one' "$(cat "$env")" "$(printf 'OLLAMA_KEEP_ALIVE=5m\nOLLAMA_MAX_QUEUE=100\nOLLAMA_NUM_PARALLEL=1')"
t_done
