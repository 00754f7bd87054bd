#!/usr/bin/env bash
# The whole way at 80x24, by keys alone: pick a profile, read its diff, apply it, see that the process has it, undo. What
# is asserted is outside of the screen, too: the bytes of the file and the environment of the process that serves.
. "${abs_srcdir:?}/tests/screen/served.sh"

wanted=$(printf 'OLLAMA_KEEP_ALIVE=6m\nOLLAMA_MAX_QUEUE=512\nOLLAMA_NUM_PARALLEL=3')
before=$(cat "$env")
# Its state is on another disk, as people have it.
mkdir "$t_dir/disk"
ln -s "$t_dir/disk" "$XDG_STATE_HOME/tunetop"

# --- by a script: each page as it stands ---
cat >keys <<SCRIPT
size 80x24
wait-screen (p)
p
wait-screen mine
$(d_downs)
wait-screen Enter shows mine
wait-screen 3 differ
save-screen picker
Enter
wait-screen Settings of mine
wait-screen A apply
save-screen plan
d
wait-screen +OLLAMA_MAX_QUEUE=512
save-screen diff
Esc
A
wait-screen y apply
save-screen question
y
wait-screen restart   now
save-screen progress
wait-screen Applied
save-screen result
U
wait-screen y undo
save-screen undo-question
y
wait-screen Undone
save-screen undone
5
wait-screen undone
save-screen journal
q
SCRIPT
echo slow >"$HOME/trick"
"$TUNETOP" --script keys >"$t_dir/script" 2>&1 &
script=$!
t_own "$script"
d_wait 'it restarts' grep -q start "$t_dir/calls"
t_is 'the file is the new one' "$(cat "$env")" "$wanted"
d_wait 'the screen shows the work' test -s progress
touch "$HOME/go"
t_status=0
wait "$script" || t_status=$?
t_is 'the script has come to its end' "$t_status $(cat "$t_dir/script")" '0 '
calls 'stop start stop start '
has OLLAMA_MAX_QUEUE=100
t_is 'the file is the old one' "$(cat "$env")" "$before"
t_on picker '▸ mine +yours: a test +3 differ' 'Enter shows mine, changes nothing'
t_on plan '\[3 Tuning\]' 'OLLAMA_MAX_QUEUE +100 +100 +512 +differs'
t_on diff '-OLLAMA_MAX_QUEUE=100' '\+OLLAMA_MAX_QUEUE=512'
t_on question 'Apply mine\? It changes 3 settings in 1 file and restarts ollama' 'y apply   n leave it'
t_on progress 'run +done' 'restart +now' 'Applying mine'
t_is 'one step is now' "$(grep -c ' now ' progress)" 1
t_on result 'Applied mine: ollama has it' 'OLLAMA_MAX_QUEUE +100 +512 +512 +ok' 'OLLAMA_NUM_PARALLEL +1 +3 +3 +ok'
t_on undo-question 'Take back mine\?'
t_on undone '^ Undone: mine is taken back' 'OLLAMA_MAX_QUEUE +512 +100 +100 +ok'
t_on journal '\[5 Journal\]' 'mine +undone'
t_is 'the journal knows who asked' "$("$TUNETOP" journal --json | grep -c '"from":	"screen"')" 2

# --- on a terminal: resized in the middle, and keys are answered all the while ---
fresh
rm -f "$HOME/go"
echo slow >"$HOME/trick"
dashboard 80x24
d_wait 'the page' shows '\(p\)$'
t send-keys p
d_wait 'p opens the picker' shows '╭─ Profile ─'
t_what='the whole way by keys'
d_choose mine
t send-keys Enter
d_wait 'Enter opens its plan' shows '^ A apply|A apply'
t send-keys d
d_wait 'd is the diff' shows '\+OLLAMA_MAX_QUEUE=512'
t send-keys Escape
d_wait 'Esc closes it' shows 'OLLAMA_MAX_QUEUE +100 +100 +512 +differs'
t send-keys A
d_wait 'A asks' shows 'Apply mine\?'
t_is 'and nothing has been changed' "$(cat "$env")" "$before"
t send-keys n
d_wait 'n leaves it' t_not shows 'Apply mine\?'
t send-keys A
d_wait 'A asks again' shows 'Apply mine\?'
t send-keys Enter
d_wait 'Enter is no yes' t_not shows 'Apply mine\?'
t_is 'nothing has been changed still' "$(cat "$env")" "$before"
t send-keys A
d_wait 'and again' shows 'Apply mine\?'
t resize-window -x 60 -y 15
d_wait 'in the smallest window' shows 'Apply mine\?'
t send-keys y
d_wait 'y begins' shows 'Applying mine'
d_wait 'it restarts' grep -q start "$t_dir/calls"
d_wait 'what it does now stands in the smallest window, too' shows 'restart +now'
t resize-window -x 80 -y 24
d_wait 'and in this' shows 'restart +now'
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
    for key in 1 2 3 Down Up; do
        t send-keys "$key"
    done
done
t send-keys 3
d_wait 'it is still at work' shows 'restart +now'
latency=$(d_latency)
echo "# key to frame during an apply: median and p99 in ms, keys: $latency"
# A checker of memory or races slows everything down, and a frame may answer several keys at once.
slow=1
grep -q -a -e __asan_init -e __tsan_init "$TUNETOP" && slow=4
t_ok 'keys are answered during an apply: a median under 30 ms, p99 under 300' \
    awk -v l="$latency" -v slow=$slow 'BEGIN {
    split(l, of, " ")
    exit !(of[1] != "none" && of[1] < 30 * slow && of[2] < 300 * slow && of[3] >= 10) }'
touch "$HOME/go"
d_wait 'applied' shows 'Applied mine'
has OLLAMA_MAX_QUEUE=512
t_is 'the file is the new one' "$(cat "$env")" "$wanted"
t send-keys U
d_wait 'U asks' shows 'Take back mine\?'
t send-keys y
d_wait 'undone' shows 'Undone'
has OLLAMA_MAX_QUEUE=100
t_is 'the file is the old one' "$(cat "$env")" "$before"
t send-keys 1
d_wait 'the Overview' shows '^ Silicon ─'
t send-keys q
d_wait 'q ends it' ended
t_ok 'the journal is where the link leads' test -s "$t_dir/disk/journal.jsonl"
t_ok 'and so is what was followed' test -e "$t_dir/disk/change/progress"
t_ok 'the link is one still' test -L "$XDG_STATE_HOME/tunetop"
t_done
