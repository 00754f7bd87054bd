#!/usr/bin/env bash
#
# The whole way from the screen with a real container, by a script and by keys alone at 80x24: pick, diff, apply, verify,
# undo; and a kill -9 of the dashboard and of what it started, while a command of the engine is held. Asserted are the
# file's bytes and what the process in the container really has.
#
#   screen.sh all    (./dev containers)

. "${abs_srcdir:?}/tests/containers/begin.sh"
. "$abs_srcdir/tests/screen/dashboard.sh"

end_all() {
    rm -f "$t_dir"/hold/at-*
    dashboards_end
    c_cleanup
}
trap end_all EXIT
d_environment=("CONTAINERS_CONF=$CONTAINERS_CONF" "CONTAINERS_STORAGE_CONF=$CONTAINERS_STORAGE_CONF" "DOCKER_HOST=$DOCKER_HOST")
cd "$t_dir" || exit 99

c_begin s$$ podman-compose
c_until 'the container answers' c_answers
first=$(c_running ollama) db=$(c_running db)

# runs NAME PARALLEL: the container that runs now has that, and its neighbour is the same
runs() {
    t_is "$1: the process has OLLAMA_NUM_PARALLEL=$2" "$(c_env ollama OLLAMA_NUM_PARALLEL)" "$2"
    t_is "$1: the neighbour is the same" "$(c_running db)" "$db"
}

# --- by a script ---
cat >keys <<SCRIPT
size 80x24
wait-screen (p)
p
wait-screen mine
$(d_downs)
wait-screen 1 differs
Enter
wait-screen A apply
save-screen plan
d
wait-screen OLLAMA_NUM_PARALLEL: "4"
save-screen diff
Esc
A
wait-screen y apply
save-screen question
y
wait-screen Applied
save-screen result
SCRIPT
t_run "$TUNETOP" --script keys
t_expect_status 0
t_on plan 'OLLAMA_NUM_PARALLEL +2 +2 +4 +differs'
t_on diff '-.*OLLAMA_NUM_PARALLEL: "2"   # at once' '\+.*OLLAMA_NUM_PARALLEL: "4"   # at once'
t_on question 'Apply mine\?'
t_on result 'OLLAMA_NUM_PARALLEL .*4 +ok'
t_ok 'the file has it' grep -q 'OLLAMA_NUM_PARALLEL: "4"   # at once' "$file"
runs 'applied' 4
t_ok 'another container' test "$(c_running ollama)" != "$first"
printf 'size 80x24\nwait-screen (p)\n5\nwait-screen U undo\nU\nsave-screen asked\nwait-screen y undo\ny\nwait-screen Undone\nsave-screen undone\n' >keys
t_run "$TUNETOP" --script keys
t_expect_status 0
t_on undone 'OLLAMA_NUM_PARALLEL'
t_cmp 'undone: the file is as before' "$file" before
runs 'undone' 2

# --- by keys alone, and cut off in the middle ---
d_tries=1200
keys_to_apply() { # the word of the command that is held
    dashboard 80x24
    d_wait "$t_what: the page" shows 'q quit$'
    t send-keys p
    d_wait "$t_what: the picker" shows '╭─ Profile ─'
    d_choose mine
    t send-keys Enter
    d_wait "$t_what: its plan" shows 'A apply'
    t send-keys A
    d_wait "$t_what: the question" shows 'Apply mine\?'
    hold "$1" # not before: the plan tries commands, too
    t send-keys y
}
hold() {
    rm -f "$t_dir/hold/held"
    : >"$t_dir/hold/at-$1"
}
is_held() {
    test -e "$t_dir/hold/held"
}

t_what='dashboard killed at rm'
keys_to_apply rm
d_wait "$t_what: it is there" is_held
kill -9 "$(d_pid)"
dashboard 80x24
d_wait "$t_what: the next one shows it" shows 'a change is at work|Applying mine'
t send-keys 3
d_wait "$t_what: and what it does" shows 'Applying mine'
rm -f "$t_dir"/hold/at-*
d_wait "$t_what: it is applied" shows 'Applied mine'
runs "$t_what" 4
t send-keys U
d_wait "$t_what: U asks" shows 'y undo'
printf '1\n2\n' >"$t_dir/hold/busy-rm" # podman cannot remove the container at first
t send-keys y
d_wait "$t_what: undone" shows 'Undone'
t_is "$t_what: although its folder was held, twice" "$(cat "$t_dir/hold/busy-rm")" ''
t_cmp "$t_what: the file is as before" "$file" before
runs "$t_what, undone" 2
dashboards_end

for victim in child both; do
    t_what="$victim killed at run"
    keys_to_apply run
    d_wait "$t_what: it is there" is_held
    if [ $victim = both ]; then
        kill -9 "$(d_pid)" "$(d_change)"
    else
        kill -9 "$(d_change)"
    fi
    rm -f "$t_dir"/hold/at-*
    d_wait "$t_what: what it had started ends" c_no_child "$file"
    [ $victim = child ] || dashboard 80x24
    d_wait "$t_what: the screen says so" shows 'was cut off|R recover'
    shows 'R recover' || t send-keys 5
    d_wait "$t_what: R has a place" shows 'R recover'
    t send-keys R
    d_wait "$t_what: R asks" shows 'y recover'
    t send-keys y
    d_wait "$t_what: ended" shows '^ What was cut off (is put back|counts|could not)'
    # An engine that was killed in "run" holds its folder for a moment. When that is longer than recover
    # asks again, whoever reads why presses R again.
    if shows '^ What was cut off could not'; then
        t_ok "$t_what: that is why, and nothing else" shows 'Error: removing container'
        t send-keys R
        d_wait "$t_what: R asks again" shows 'y recover'
        t send-keys y
        d_wait "$t_what: ended then" shows '^ What was cut off (is put back|counts)'
    fi
    t_run "$TUNETOP" recover --yes
    t_expect_out 'nothing was cut off'
    if cmp -s "$file" before; then
        runs "$t_what, put back" 2
    else
        runs "$t_what, finished" 4
        t_run "$TUNETOP" undo --yes
        t_expect_status 0
    fi
    t_cmp "$t_what: the file is as before" "$file" before
    dashboards_end
done
t_done
