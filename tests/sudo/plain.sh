# shellcheck shell=bash
# shellcheck disable=SC2154 # of tests/lib.sh and world.sh
# Root without sudo, by su: he ends and takes back what a user began by sudo, by the commands that he
# is shown, and what is the user's stays the user's. Sourced by sudo.sh.

t_what='plain root'
terminal 80x24
touch "$home/ai/hold"
: >"$home/ai/calls"
type_line "sudo $program apply mine --yes"
asks_password
type_line "$password"
d_wait "$t_what: it is in the middle" grep -q start "$home/ai/calls"
cut_off
cleared
type_line su
su_asks
type_line "$password"
d_wait "$t_what: he is root" shows '^root@'
type_line "PS1='root''> '; id -u; $program journal"
d_wait "$t_what: he is shown how to go on" all_shows "'$program recover' brings it to an end"
: >"$home/ai/calls"
type_line "$program recover"
d_wait "$t_what: the question" shows '^End 20.*, which was cut off\? \[y/N\]'
type_line y
d_wait "$t_what: its result" all_shows '^20[-0-9]+: everything is as it was before'
d_wait "$t_what: the shell has the terminal" shows '^root> ?$'
is_old
t_is "$t_what: what is the user's is done as the user" "$(tr '\n' ' ' <"$home/ai/calls")" \
    "stop by $uid start by $uid "

t_what='plain root takes back'
type_line exit
cleared
type_line "sudo $program apply mine --yes"
asks_password
type_line "$password"
d_wait "$t_what: applied" all_shows '^  server +applied$'
at_shell
is_new
type_line su
su_asks
type_line "$password"
d_wait "$t_what: he is root" shows '^root@'
: >"$home/ai/calls"
type_line "$program undo --yes"
d_wait "$t_what: its result" all_shows '^20[-0-9]+ +undone$'
is_old
t_is "$t_what: what is the user's is done as the user" "$(tr '\n' ' ' <"$home/ai/calls")" \
    "stop by $uid start by $uid "
type_line exit
