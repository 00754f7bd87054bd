#!/usr/bin/env bash
# A walk over the Processes tab with processes of its own: found, sorted, as a tree, looked at, asked
# about, signalled; then a number that is given to another process while the question stands there.
. "${abs_srcdir:?}/tests/lib.sh"

[ -r /proc/self/stat ] || t_skip_all 'no /proc'

# A parent with two children. What it is called is nobody else's.
tag=tt$$
cat >"$t_dir/parent.sh" <<'BASH'
(exec -a "$1-one" sleep 1000) &
echo "$!"
(exec -a "$1-two"$'\e[2Jlines\nof\tit' sleep 1000) &
echo "$!"
wait
BASH
HF_TOKEN=hunter2 COLOUR=blue bash "$t_dir/parent.sh" "$tag-parent" >"$t_dir/children" &
parent=$!
t_own "$parent"
t_wait_for 'the family is there' eval '[ "$(wc -l <"$t_dir/children")" -eq 2 ]'
one=$(sed -n 1p "$t_dir/children")
two=$(sed -n 2p "$t_dir/children")
t_own "$one"
t_own "$two"
# Each is the program that it stays: a shell becomes sleep.
named() {
    tr '\0' ' ' <"/proc/$1/cmdline" | grep -q "$tag-parent-$2"
}
t_wait_for 'both are sleep' eval 'named "$one" one && named "$two" two'

cd "$t_dir" || exit 99
cat >keys <<SCRIPT
wait-model
4
wait-screen processes belong
/
type $tag
wait-screen 3 of
save-screen typing
Enter
wait-model
save-screen list
e
save-screen tree
e
:
type sort name
Enter
save-screen by-name
s
save-screen by-cpu
:
type sort colour
Enter
save-screen no-sort
Esc
Esc
/
type $parent $tag
wait-screen 1 of
Enter
Down
wait-screen files
wait-model
Enter
wait-screen folder
wait-screen 0.0 % of a core
save-screen open
v
wait-screen COLOUR
save-screen environment
v
save-screen hidden
w
G
save-screen why
Esc
Esc
K
save-screen question
Right
Right
Right
save-screen question-kill
Enter
save-screen left
1
save-screen overview
K
save-screen nothing
4
wait-screen 1 of
save-screen again
q
SCRIPT
t_run env TUNETOP_SIZE=150x40 "$TUNETOP" --script keys
t_expect_status 0

t_on typing "^ / $tag .*Enter keep" "^ 3 of [0-9]+ processes match $tag"
t_on list '\[4 Processes\]' "^ +$parent .* [0-9]+s  +bash /.*/parent\\.sh $tag-parent" \
    "^ +$one .* $tag-parent-one 1000" "^ +$two .* $tag-parent-two\[2Jlines of it 1000" ' 3 processes'
t_must_fail 'no escape reaches the screen' grep -q "$(printf '\033')" list
t_on tree "^ +$parent .* bash /" "^ +$one .* ├─$tag-parent-one" "^ +$two .* └─$tag-parent-two"
t_on by-name 'command▾' 'sorted by name'
t_on by-cpu 'CPU %▾' 'sorted by CPU'
t_on no-sort "'sort colour' is unknown"
t_on open "^ $parent  bash ─" "^ command +bash $t_dir/parent\\.sh $tag-parent" \
    "^ started .*s ago, by (bash|sh) [0-9]+ .*user [^ ]" '^ memory +0\.0[0-9]+ GiB its own; 0\.0[0-9]+ GiB resident' \
    '^ cpu +[0-9.]+ % of a core; .* since it began; 1 thread; sleeping' '^ files +[0-9]+ open, limit [0-9]+' \
    "^ folder +/" '^ variables +v shows'
t_not_on open 'COLOUR'
t_on environment '^ Environment ─' '^ COLOUR=blue' '^ HF_TOKEN='
t_not_on environment 'hunter2'
t_not_on hidden 'COLOUR'
t_on why '^ Why ─' '^ source processes +ok'
t_on question "─ Signal ─" "End $parent bash of user" 'Its 2 children are not signalled' '\[TERM\]' \
    'y end it   n leave it'
t_on question-kill "Kill $parent bash" '\[KILL\]' 'y kill it'
t_not_on left '─ Signal ─'
t_on nothing 'K works on 4 Processes'
t_on again "^▸ +$parent "
t_ok 'it was left' kill -0 "$parent"

# It is signalled: STOP, CONT, TERM, each seen in what the kernel says of it.
cat >keys <<SCRIPT
wait-model
4
/
type $one $tag
wait-screen 1 of
Enter
Down
K
Left
Left
y
save-screen stopped
wait-screen stopped $tag
save-screen stands
K
Left
y
wait-screen sleeping
K
y
save-screen sent
wait-screen It is gone
save-screen gone
K
save-screen too-late
Esc
wait-screen None of
q
SCRIPT
t_run env TUNETOP_SIZE=150x40 "$TUNETOP" --script keys
t_expect_status 0
t_on stopped "sent STOP to $one $tag-parent-one"
t_on stands "^▸ +$one .* stopped $tag-parent-one 1000" '^ cpu .*stopped'
t_on sent "sent TERM to $one $tag-parent-one"
t_on gone "^ $one  $tag-parent-one ─" 'It is gone\. '
t_not_on gone "^▸"
t_on too-late "$one $tag-parent-one is gone"
t_wait_for 'the one is gone' eval '! kill -0 "$one"'
t_ok 'the other one is left' kill -0 "$two"

# Nothing is signalled on a machine that is not this one.
mkdir -p root/proc/77
printf '77 (there) S 1 77 77 0 -1 0 0 0 0 0 5 5 0 0 20 0 1 0 100 1000000 100\n' >root/proc/77/stat
for option in "--sysroot root" "--replay ${abs_srcdir:?}/tests/fixtures/recordings/$(
    find "${abs_srcdir:?}/tests/fixtures/recordings" -name meta.json | head -n 1 | xargs dirname | xargs basename
)"; do
    printf 'wait-model\n4\nwait-model\nDown\nK\nsave-screen refused\nq\n' >keys
    # shellcheck disable=SC2086 # an option and its argument
    t_run env TUNETOP_SIZE=150x40 "$TUNETOP" $option --script keys
    t_expect_status 0
    t_on refused 'nothing is signalled (in a replay|with --sysroot)'
done

# The tab is the first one where that is wanted.
printf 'wait-screen processes belong\nsave-screen first\nq\n' >keys
t_run "$TUNETOP" --view processes --script keys
t_expect_status 0
t_on first '\[4 Processes\]'

# Its number is given to another process while the screen stands still and asks. Only where a
# namespace of one's own may say which number comes next.
cat >reuse.sh <<'BASH'
cd "$1" || exit 99
sleep 424242 &
first=$!
start() {
    sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20
}
began=$(start "$first")
mkfifo go
# Writing into a pipe waits until somebody reads it: until then the screen keeps what it knew.
printf '%s\n' wait-model 4 / 'type sleep 424242' 'wait-screen 1 of' Enter Down K 'save-screen asked' \
    'save-screen go' y 'save-screen answered' q >keys
TUNETOP_SIZE=150x40 "$TUNETOP" --script keys &
screen=$!
until [ -s asked ]; do sleep 0.05; done
kill "$first"
wait "$first"
# A start time is told in hundredths of a second: another one must begin in another of them.
while :; do
    echo "$((first - 1))" >/proc/sys/kernel/ns_last_pid || exit 98
    sleep 424242 &
    second=$!
    [ "$second" -eq "$first" ] || exit 97
    [ "$(start "$second")" != "$began" ] && break
    kill "$second"
    wait "$second"
done
# Nobody else is to get a number that the shell still waits for.
echo 1000 >/proc/sys/kernel/ns_last_pid
cat go >still
grep -q "End $first sleep" still || exit 95
wait "$screen" || exit 96
kill -0 "$second" && echo lives >lives
kill "$second"
BASH
if unshare -r -p -f --mount-proc true 2>/dev/null; then
    mkdir reuse
    t_run env TUNETOP="$TUNETOP" unshare -r -p -f --mount-proc bash "$t_dir/reuse.sh" "$t_dir/reuse"
    t_expect_status 0
    t_on reuse/asked 'End [0-9]+ sleep of user'
    t_on reuse/answered 'process [0-9]+ has ended and its number is another.s now; nothing was sent'
    t_ok 'the other process lives' test -s reuse/lives
else
    t_skip 'a number that is used again' 'no namespaces'
fi

# Through a real terminal.
if command -v tmux >/dev/null 2>&1; then
    socket=$t_dir/tmux
    t() {
        tmux -S "$socket" "$@"
    }
    shows() {
        t capture-pane -p | grep -Eq -- "$1"
    }
    end_tmux() {
        t kill-server 2>/dev/null
        t_cleanup
    }
    trap end_tmux EXIT
    env -u TMUX tmux -S "$socket" -f /dev/null new-session -d -x 100 -y 31 "$TUNETOP --view processes"
    t_wait_for 'the tab on a terminal' shows '[0-9]+ of [0-9]+ processes|None of [0-9]+ processes'
    t send-keys /
    t send-keys -l "$two $tag"
    t_wait_for 'one is left by the filter' shows '^ 1 of [0-9]+ processes'
    t send-keys Enter
    t send-keys Down
    t_wait_for 'it is selected' shows "^▸ +$two "
    t send-keys K
    t_wait_for 'it is asked' shows "End $two $tag-parent-two"
    t send-keys Enter
    t_wait_for 'Enter leaves it' eval '! shows "End $two"'
    t_ok 'it lives' kill -0 "$two"
    t send-keys F9
    t_wait_for 'F9 asks as well' shows "End $two $tag-parent-two"
    t send-keys Right Right Right
    t_wait_for 'another signal' shows "Kill $two"
    t send-keys y
    t_wait_for 'the answer is told' shows "sent KILL to $two"
    t_wait_for 'it is gone' eval '! kill -0 "$two"'
    t_wait_for 'the screen says so' shows 'It is gone'
    t send-keys q
    t_wait_for 'q ends it' eval '! t has-session'
else
    t_skip 'the tab on a terminal' 'no tmux'
fi
t_done
