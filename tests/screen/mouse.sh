#!/usr/bin/env bash
# The mouse on a real terminal: reports as xterm and tmux send them, in the form of today and of long ago; off again
# after suspend, quit and a crash; never on where nobody wants it. The script language clicks, too.
. "${abs_srcdir:?}/tests/lib.sh"
. "$abs_srcdir/tests/screen/dashboard.sh"

trap 'dashboards_end; t_cleanup' EXIT
mac=$abs_srcdir/tests/fixtures/recordings/mac

# report "BUTTON;COLUMN;ROW" [m]: as a terminal sends it
report() {
    t send-keys -l "$(printf '\033[<%s%s' "$1" "${2:-M}")"
}
press() {
    report "0;$1"
    report "0;$1" m
}
# What the terminal was told: any, in the form of 1006.
told() {
    t_wait_for "$1" eval '[ "$(t display-message -p "#{mouse_standard_flag}#{mouse_sgr_flag}")" = '"$2"' ]'
}

# ---------------------------------------------------------------- clicks
dashboard 80x24 --replay "$mac"
t_wait_for 'a page' shows '\[1 Overview\].*13:0'
told 'reports are on' 11
press '24;1'
t_wait_for 'a tab is clicked' shows '\[2 Services\]'
press '3;4'
t_wait_for 'a row is selected' shows '^▸○ away'
press '3;4'
t_wait_for 'and opened by the second click' t_not shows 'Services ─.* run'
press '42;1'
t_wait_for 'another tab' shows '\[3 Tuning\].*13:0'
t_wait_for 'its list' shows ' honoured '
report '65;30;10'
t_wait_for 'the wheel moves the list' shows '^▸ +[A-Za-z]'
report '64;30;10'
# What means nothing: letting go, Shift, another button, moving, and reports that are none.
for odd in '4;24;1' '2;24;1' '35;24;1' '0;0;0' '0;24' ';;;'; do
    report "$odd"
done
press '70;2'
t send-keys -l ':'
t_wait_for 'the palette' shows 'Command ─'
press '3;1'
t send-keys -l 'sort mem'
t_wait_for 'a click beside it does nothing' shows '▸ sort memory .*│'
press '30;7'
t_wait_for 'a click on its selected row does it' shows '\[4 Processes\]'
t send-keys -l ':'
t_wait_for 'the palette again' shows 'Command ─'
# Ten clicks at once, faster than a frame.
for _ in 1 2 3 4 5; do
    press '24;1'
done
t send-keys -l 'so'
t_wait_for 'clicks beside an overlay leave it' shows '  : so '
t send-keys Escape
t_wait_for 'closed' t_not shows 'Command ─'

# ---------------------------------------------------------------- an old form, which is no key either
t send-keys -l ' '
t_wait_for 'paused' shows 'paused '
t send-keys -H 1b 5b 4d 20 71 4b
t send-keys -l ' '
t_wait_for 'its three bytes press nothing, the next key counts' t_not shows 'paused '
t_ok 'and no question stands there' shows '\[4 Proc.*q quit|q quit$'

# ---------------------------------------------------------------- it is off again
t send-keys q
t_wait_for 'q ends it' ended
told 'quit: off' 00
dashboard 80x24 --replay "$mac"
t_wait_for 'a page' shows '\[1 Overview\].*13:0'
told 'on' 11
kill -SEGV "$(d_pid)"
t_wait_for 'a crash ends it' ended
told 'crash: off' 00
t kill-server
dashboard 80x24 --replay "$mac"
t_wait_for 'a page' shows '\[1 Overview\].*13:0'
told 'on' 11
kill -CONT "$(d_pid)" # what was done to the terminal meanwhile is unknown
told 'goes on: on' 11
t send-keys q
t_wait_for 'q ends it' ended

# ---------------------------------------------------------------- nobody wants it
printf 'mouse: false\n' >"$XDG_CONFIG_HOME/tunetop/tunetop.yaml"
dashboard 80x24
t_wait_for 'a page' shows '\[1 Overview\].*q quit|q quit$'
told 'mouse: false' 00
t send-keys q
t_wait_for 'q ends it' ended
told 'and after it' 00
rm "$XDG_CONFIG_HOME/tunetop/tunetop.yaml"

# ---------------------------------------------------------------- by a script
cat >"$t_dir/keys" <<'SCRIPT'
wait-screen fits
click 24 1
wait-screen [2 Services]
click 3 4
save-screen selected
wheel-down 3 4
wheel-up 3 4
click 3 4
save-screen opened
q
SCRIPT
cd "$t_dir" || exit 99
t_run env TUNETOP_SIZE=80x24 "$TUNETOP" --replay "$mac" --script keys
t_expect_status 0
t_ok 'selected' grep -q '^▸○ away' selected
t_must_fail 'opened' grep -q '^ Services ─' opened
printf 'click 3\n' >keys
t_run "$TUNETOP" --replay "$mac" --script keys
t_expect_status 2
t_expect_err "keys:1: '3' is no place: write COLUMN ROW, from 1 to 1000"
t_done
