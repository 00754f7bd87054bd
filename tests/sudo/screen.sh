# shellcheck shell=bash
# shellcheck disable=SC2154 # of tests/lib.sh and world.sh
# From the dashboard: the screen is left for sudo, and is there again however sudo ended. Sourced by
# sudo.sh.

# on_tuning SIZE [VARIABLE=VALUE]: a dashboard in a shell of its own, with the plan
on_tuning() {
    terminal "$1"
    type_line "${2-} tunetop --view tuning"
    d_wait "$t_what: the page" shows 'A apply'
    t send-keys p
    d_wait "$t_what: the picker" shows '─ Profile ─'
    d_choose mine
    t send-keys Enter
    d_wait "$t_what: its plan" shows ' OLLAMA_MAX_QUEUE +100 +100 +512 +differs'
    d_wait "$t_what: whole" shows 'A apply'
}
# left: A, y, and sudo has the terminal
left() {
    t send-keys A
    d_wait "$t_what: it says that it takes root" shows 'the screen is left for sudo'
    t_ok "$t_what: by this command" shows "sudo $program apply mine"
    t send-keys y
    asks_password
    t_is "$t_what: the screen is left" "$(t display-message -p '#{alternate_on} #{mouse_any_flag}')" '0 0'
}
# back NOTE: Enter, and the screen is there
back() {
    d_wait "$t_what: what was said can be read" last '^Enter goes back to tunetop'
    t send-keys Enter
    d_wait "$t_what: the screen is there again" shows '\[3 Tuning\]'
    d_wait "$t_what: it says $1" shows "$1"
    t_is "$t_what: as it was" "$(t display-message -p '#{alternate_on} #{mouse_any_flag} #{cursor_flag}')" '1 1 0'
}
# sudo_ends N: it goes on, after a Ctrl-Z, below N prompts. Whether it asks again is sudo's: one of
# Debian 12 gives up.
sudo_ends() {
    d_wait "$t_what: sudo has it again" asks_or_gave_up "$1"
    last '^Enter goes back' || t send-keys C-c
}
asks_or_gave_up() {
    last '^Enter goes back' || { more "$1" "password for $user:" && reads sudo "password for $user: ?$"; }
}
# The dashboard and the sudo that it started are stopped.
asleep() {
    local dashboard
    dashboard=$(pgrep -P "$(d_pid)" -x tunetop) &&
        [ "$(ps -o stat= -p "$dashboard" -p "$(pgrep -P "$dashboard" -x sudo)" | cut -c1 | tr -d '\n')" = TT ]
}

# A change of his own file, which his dashboard would show as well, is not part of this.
sed -i '/name: own/,$d' "$yaml"

t_what='Ctrl-C at the password'
on_tuning 80x24
left
t send-keys C-c
back 'nothing was changed; A asks again'
is_old

t_what='three wrong passwords'
left
for try in 1 2 3; do
    [ "$try" = 1 ] || asks_password
    refusals=$(count_of '^Sorry, try again|3 incorrect password attempts')
    type_line "wrong $try"
    d_wait "$t_what: that was wrong, $try" more "$refusals" '^Sorry, try again|3 incorrect password attempts'
done
d_wait "$t_what: sudo says so" shows '3 incorrect password attempts'
back 'nothing was changed; A asks again'
is_old

t_what='a user who may not'
cp "$world/sudoers" "$t_dir/sudoers"
grep -v "^$user" "$t_dir/sudoers" >"$world/sudoers" # it is mounted: written, not replaced
left
type_line "$password"
d_wait "$t_what: sudo says so" shows "$user is not in the sudoers file"
back 'nothing was changed; A asks again'
cat "$t_dir/sudoers" >"$world/sudoers"
is_old

t_what='Ctrl-Z at the password'
left
t send-keys C-z
d_wait "$t_what: the shell has the terminal" shows 'Stopped .*tunetop'
at_shell
t_ok "$t_what: all of it is stopped" asleep
cleared
type_line fg
sudo_ends 0
back 'nothing was changed; A asks again'
is_old

t_what='Ctrl-Z in the middle, and another size'
touch "$home/ai/hold"
: >"$home/ai/calls"
left
type_line "$password"
d_wait "$t_what: it is told" shows '^server: restarting it'
d_wait "$t_what: it is in the middle" grep -q start "$home/ai/calls"
t send-keys C-z
d_wait "$t_what: the shell has the terminal" shows 'Stopped .*tunetop'
at_shell
t_ok "$t_what: all of it is stopped" asleep
t resize-window -x 100 -y 30
type_line fg
rm "$home/ai/hold"
d_wait "$t_what: its result" shows '^  server +applied$'
t resize-window -x 120 -y 40
back 'done: 5 shows it'
d_wait "$t_what: as wide as the window" shows '^.{115}'
is_new

t_what='undo'
t send-keys 5
d_wait "$t_what: the journal" shows 'U undo'
t_ok "$t_what: it is root's" shows '05:.* root .* applied|[0-9] root .* applied'
t send-keys U
d_wait "$t_what: it asks" shows "sudo $program undo 20[-0-9]+ --from screen --yes"
t send-keys y
asks_password
type_line "$password"
d_wait "$t_what: its result" shows '^20[-0-9]+ +undone'
d_wait "$t_what: what was said can be read" last '^Enter goes back to tunetop'
t send-keys Enter
d_wait "$t_what: the screen is there again" shows '\[5 Journal\]'
d_wait "$t_what: it is done" shows 'root .* undone'
is_old
t send-keys q
at_shell

t_what='no sudo'
mkdir "$world/without"
for name in tmux bash tunetop; do
    ln -s "$(PATH=$world/bin:$PATH command -v $name)" "$world/without/$name"
done
on_tuning 80x24 "PATH=$world/without"
t send-keys A
d_wait "$t_what: it says that it takes root" shows 'It takes root'
t send-keys y
d_wait "$t_what: it says that there is none" shows 'no sudo here'
is_old
t send-keys q
at_shell

# Nobody would let it go on: nothing stops.
t_what='Ctrl-Z where no shell is'
on_tuning 80x24 'exec env'
left
prompts=$(count_of "password for $user:")
t send-keys C-z
sudo_ends "$prompts"
back 'nothing was changed; A asks again'
is_old
t send-keys q
d_wait "$t_what: q ends it" ended
