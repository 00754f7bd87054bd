#!/usr/bin/env bash
# A choice of one's own, by keys alone: another value, a setting and a service left out, the plan of it applied, and the
# choice kept as a profile. What is asserted is outside of the screen, too: the file, what serves, and that the commands
# that the screen stands for say the same.
. "${abs_srcdir:?}/tests/screen/served.sh"

profiles=$XDG_CONFIG_HOME/tunetop/profiles
mine=$(cat "$profiles/mine.yaml")

hash_of() {
    "$TUNETOP" plan "$@" --json | sed -n 's/.*"hash":[[:space:]]*"\([0-9a-f]*\)".*/\1/p'
}
changes_of() {
    "$TUNETOP" plan "$@" --json | grep -E '"(setting|to|from|left_out)":' | sort
}

cat >keys <<SCRIPT
size 80x24
wait-screen (p)
p
wait-screen mine
$(d_downs)
wait-screen Enter shows mine
Enter
wait-screen Settings of mine
wait-screen A apply
/
type KEEP_ALIVE
Enter
Down
e
wait-screen Another value
save-screen editor
type soon
wait-screen takes a duration
Enter
wait-screen Another value
save-screen wrong
C-u
type 9m
Enter
wait-screen 9m*
Esc
Esc
/
type MAX_QUEUE
Enter
Down
x
wait-screen 1 left out
Esc
Esc
save-screen own
s
wait-screen Own profile
type mine
wait-screen it is replaced
Enter
wait-screen y replace
y
wait-screen not saved
save-screen not-saved
s
wait-screen Own profile
type own
Enter
wait-screen saved as own
save-screen saved
wait-screen Settings of own
wait-screen A apply
A
wait-screen y apply
y
wait-screen Applied
save-screen result
q
SCRIPT
t_run "$TUNETOP" --script keys
t_expect_status 0
t_on editor 'OLLAMA_KEEP_ALIVE  ollama' 'the file has .*' 'profile +6m  mine' 'Enter take it'
t_on wrong "takes a duration such as 30s"
t_on own '9m' 'MAX_QUEUE .*left out'
t_on not-saved "not saved: .*mine\\.yaml' was written or edited by hand"
t_on saved 'saved as own: ~/'
t_on result 'Applied own'
t_is 'what a hand wrote stays' "$(cat "$profiles/mine.yaml")" "$mine"
t_ok 'the profile says what was chosen' grep -q '{name: "OLLAMA_KEEP_ALIVE", value: "9m", literal: true}' "$profiles/own.yaml"
t_ok 'and what is left out' grep -q 'without: \["ollama.OLLAMA_MAX_QUEUE"\]' "$profiles/own.yaml"
t_is 'the file has the value, and what was left out as it was' "$(sort "$env")" \
    "$(printf 'OLLAMA_KEEP_ALIVE=9m\nOLLAMA_MAX_QUEUE=100\nOLLAMA_NUM_PARALLEL=3')"
has OLLAMA_KEEP_ALIVE=9m
has OLLAMA_MAX_QUEUE=100
t_run "$TUNETOP" undo --yes
t_expect_status 0
t_is 'the profile and the words for it plan the same' "$(changes_of own)" \
    "$(changes_of mine --set ollama.OLLAMA_KEEP_ALIVE=9m --without ollama.OLLAMA_MAX_QUEUE)"
t_ok 'each has a hash of its own' test "$(hash_of own)" != "$(hash_of mine)"
t_run "$TUNETOP" plan own --set OLLAMA_MAX_QUEUE=7 --ascii
t_expect_out '^  ollama +OLLAMA_MAX_QUEUE +100 -> 7'
t_must_fail 'a value that is typed is not left out' grep -q 'left out' "$t_dir/out"
t_run "$TUNETOP" profiles own
t_expect_out 'OLLAMA_KEEP_ALIVE = 9m'
t_expect_out 'left out'

# --- chosen again, and saved over itself ---
cat >keys <<SCRIPT
size 120x40
wait-model
p
wait-screen own
$(d_downs)
Down
wait-screen Enter shows own
Enter
wait-screen Settings of own
wait-screen A apply
/
type NUM_PARALLEL
Enter
Down
e
wait-screen Another value
type 5
Enter
wait-screen 5*
s
wait-screen Own profile
save-screen again
Enter
wait-screen y replace
y
wait-screen saved as own
q
SCRIPT
t_run "$TUNETOP" --script keys
t_expect_status 0
t_on again 'own is a profile of yours'
t_ok 'the new value is there' grep -q '{name: "OLLAMA_NUM_PARALLEL", value: "5", literal: true}' "$profiles/own.yaml"
t_ok 'the old one, too' grep -q '{name: "OLLAMA_KEEP_ALIVE", value: "9m", literal: true}' "$profiles/own.yaml"
t_ok 'and what it builds on' grep -q 'base: "mine"' "$profiles/own.yaml"

# --- two of a kind: a profile cannot tell them apart, and says so ---
mkdir "$HOME/ai"
cat >"$HOME/ai/compose.yaml" <<'END'
services:
  one:
    image: ollama/ollama:0.33.0
  two:
    image: ollama/ollama:0.33.0
END
cat >"$yaml" <<END
services:
  - {name: one, kind: ollama, url: "http://127.0.0.1:1", config: {type: compose, file: $HOME/ai/compose.yaml, service: one}}
  - {name: two, kind: ollama, url: "http://127.0.0.1:2", config: {type: compose, file: $HOME/ai/compose.yaml, service: two}}
END
cat >keys <<'SCRIPT'
size 120x40
wait-model
3
wait-screen A apply
/
type KEEP_ALIVE
Enter
e
wait-screen Another value
type 9m
Enter
wait-screen 9m*
s
wait-screen Own profile
type both
Enter
wait-screen not saved
save-screen one
Down
Down
e
wait-screen Another value
save-screen second
type 9m
Enter
wait-screen 2 values
s
wait-screen Own profile
type both
Enter
wait-screen saved as both
q
SCRIPT
t_run "$TUNETOP" --script keys
t_expect_status 0
t_on one 'not saved: a profile is for every ollama: choose the same of OLLAMA_KEEP_ALIVE for two, too'
t_on second 'OLLAMA_KEEP_ALIVE  two'
t_is 'once for both' "$(grep -c OLLAMA_KEEP_ALIVE "$profiles/both.yaml")" 1
t_done
