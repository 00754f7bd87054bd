#!/usr/bin/env bash
# The palette in the program itself: names that are read only while it is open, on whatever tab; what it leads to; keys
# of other tabs; the same on a real terminal, where Ctrl-P opens it.
. "${abs_srcdir:?}/tests/lib.sh"
. "$abs_srcdir/tests/screen/dashboard.sh"

trap 'dashboards_end; t_cleanup' EXIT
mac=$abs_srcdir/tests/fixtures/recordings/mac
cd "$t_dir" || exit 99


cat >keys <<'SCRIPT'
wait-screen fits
:
save-screen empty
type ollamanumpar
save-screen setting
Enter
wait-screen All settings
save-screen taken
1
:
type profile cons
save-screen profile
Enter
save-screen shown
1
A
save-screen elsewhere
:
type kill
save-screen kill
Enter
save-screen nobody
:
type theme war
save-screen theme
Enter
save-screen themed
:
type no such thing at all
Enter
save-screen unknown
Esc
:
Up
Up
save-screen earlier
Esc
q
SCRIPT
t_run env TUNETOP_SIZE=100x30 "$TUNETOP" --replay "$mac" --script keys
t_expect_status 0
t_on empty '^.*: +│' '[2-9][0-9][0-9] commands +upper-case keys ask' 'Enter run +Tab complete +Up earlier +Esc back'
t_not_on empty '▸'
t_on setting '▸ set OLLAMA_NUM_PARALLEL +ollama: ' '[0-9]+ of [0-9]+ commands'
t_on taken '\[3 Tuning\]' '^▸ +OLLAMA_NUM_PARALLEL '
t_on profile '▸ profile conservative '
t_on shown '\[3 Tuning\]' '\[conservative\]' 'Settings of conservative'
t_on elsewhere '\[1 Overview\]' 'A works on 3 Tuning \(apply\) *$'
t_on kill '▸ kill +signal the process +4 K'
t_on nobody '\[4 Processes\]'
t_not_on nobody 'Command ─'
t_on theme '▸ theme warm '
t_on themed 'theme warm'
t_on unknown "'no such thing at all' is unknown"
t_on earlier ': kill '

# ---------------------------------------------------------------- on a terminal
dashboard 80x24 --replay "$mac"
t_wait_for 'a page' shows '\[1 Overview\].*13:0'
t send-keys C-p
t_wait_for 'Ctrl-P opens it' shows '─ Command ─'
t send-keys -l 'sort'
t_wait_for 'the best one is selected' shows '▸ sort '
t send-keys Down Down
t_wait_for 'Down goes on' shows '▸ sort memory '
t send-keys C-p
t_wait_for 'Ctrl-P goes back in it' shows '▸ sort cpu '
t send-keys Enter
t_wait_for 'Enter does it' shows '\[4 Processes\].*|sorted by CPU'
t send-keys -l '?'
t_wait_for 'help begins with what works here' eval 'screen | sed -n 3p | grep -q "Here: 4 Processes"'
t send-keys Escape
t send-keys 2
t_wait_for 'another tab' shows '\[2 Services\]'
t send-keys s
t_wait_for 'a key of other tabs says where' shows 's works on 3 Tuning \(save-profile\), 4 Processes \(sort\)'
t send-keys q
t_wait_for 'q ends it' ended
t_done
