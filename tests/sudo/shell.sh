# shellcheck shell=bash
# shellcheck disable=SC2154 # of tests/lib.sh and world.sh
# At a shell: what takes root is refused with a command; that command is pasted and asks for the
# password. Sourced by sudo.sh.

# refused COMMAND...: it is; $command is what it says to type
refused() {
    type_line "$program $*"
    d_wait "$t_what: it is refused, with a command" all_shows "^  sudo $program "
    command=$(all | sed -n 's/^  \(sudo .*\)/\1/p' | tail -n 1)
}
paste() {
    t set-buffer "$1"
    t paste-buffer
    t send-keys Enter
    asks_password
}
stands() {
    as "$program" journal | grep -E '^20' | sed 's/^[-0-9]* *//' | tr -s ' '
}

# --- his own first, without anybody ---
owners >"$t_dir/owners"
terminal 80x24
t_what='his own file'
t_run as "$program" apply mine -s own --no-restart --yes
t_expect_status 0
t_is "$t_what: the journal is his" "$(stat -c '%U %a' "$home/.local/state/tunetop")" "$user 700"

t_what='an apply at the shell'
refused apply mine -s server
t_ok "$t_what: with the plan's number" grep -Eq -- "--config $yaml --plan-hash [0-9a-f]{12}\$" <<<"$command"
is_old
paste "$command"
type_line 'wrong word'
d_wait "$t_what: a wrong password asks again" all_shows '^Sorry, try again'
asks_password
type_line "$password"
d_wait "$t_what: then the question" shows 'Change 1 file and restart server\? \[y/N\]'
is_old
type_line y
d_wait "$t_what: it is told step by step" all_shows '^server: restarting it$'
d_wait "$t_what: and its result" all_shows '^  server +applied$'
at_shell
t_ok "$t_what: what takes it back is the command for him" \
    all_shows "^'sudo $program undo' puts everything back"
is_new
t_is "$t_what: his server is still his" "$(stat -c %U "/proc/$(cat "$home/ai/pid")")" "$user"
t_is "$t_what: the journal is root's, for all to read" \
    "$(stat -c '%U %a' /var/lib/tunetop /var/lib/tunetop/journal.jsonl /var/lib/tunetop/backups | tr '\n' ' ')" \
    'root 755 root 644 root 700 '
t_is "$t_what: he sees both" "$(stands | tr '\n' ';')" \
    "applied mine 1 file, root's;applied mine 1 file, yours;"

t_what='an undo at the shell'
cleared
refused undo
t_ok "$t_what: that of root's" grep -Eq "^sudo $program undo 20[-0-9]+\$" <<<"$command"
is_new
paste "$command"
type_line "$password"
d_wait "$t_what: the question" shows '^Take back 20.*\[y/N\]'
type_line y
d_wait "$t_what: its result" all_shows '^20[-0-9]+ +undone$'
at_shell
is_old

t_what='cut off'
cleared
touch "$home/ai/hold"
: >"$home/ai/calls"
refused apply mine -s server --yes
paste "$command"
type_line "$password"
d_wait "$t_what: it is in the middle" grep -q start "$home/ai/calls"
cut_off
t_cmp "$t_what: its file is whole" "$env" "$t_dir/after"
cleared
refused recover
t_is "$t_what: that of root's" "$command" "sudo $program recover"
paste "$command"
type_line "$password"
d_wait "$t_what: the question" shows '^End 20.*, which was cut off\? \[y/N\]'
type_line y
d_wait "$t_what: its result" all_shows '^20[-0-9]+: everything is as it was before'
at_shell
is_old
t_run as "$program" recover
t_expect_out_is 'nothing was cut off'

t_what='his folders'
t_run as "$program" undo --yes
t_expect_status 0
owners | grep -v "^$home/\.local" >"$t_dir/owners.now"
t_cmp "$t_what: everything is whose it was" "$t_dir/owners.now" "$t_dir/owners"
t_is "$t_what: and what is new is his" "$(find "$home" ! -user "$user")" ''
