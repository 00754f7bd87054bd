#!/usr/bin/env bash
# A file is edited behind a service that runs: the Overview counts it beside the profile, `w` says which, and a restart
# ends it. Nobody presses a key for it.
. "${abs_srcdir:?}/tests/lib.sh"

command -v tmux >/dev/null 2>&1 || t_skip_all 'no tmux'
. "$abs_srcdir/tests/cli/served.sh"

socket=
end_all() {
    tmux -S "$socket" kill-server 2>/dev/null
    end_server
}
trap end_all EXIT
# A socket of its own for each start: a server that is about to end would take the next one with it.
dashboard() {
    socket=$t_dir/$1
    env -i PATH="$PATH" HOME="$HOME" TERM=xterm-256color TZ=UTC LC_ALL=C.UTF-8 NO_COLOR=1 \
        XDG_CONFIG_HOME="$XDG_CONFIG_HOME" XDG_STATE_HOME="$XDG_STATE_HOME" TUNETOP_DATADIR="$TUNETOP_DATADIR" \
        tmux -S "$socket" -f /dev/null new-session -d -x 80 -y 24 "$TUNETOP"
    t set-option -g status off
    t resize-window -x 80 -y 24
}
t() {
    tmux -S "$socket" "$@"
}
shows() {
    t capture-pane -p | grep -Eq -- "$1"
}
t_not() {
    ! "$@"
}

# What the process has makes "mine" the profile in effect; then its file says otherwise.
printf 'OLLAMA_KEEP_ALIVE=6m\nOLLAMA_MAX_QUEUE=512\nOLLAMA_NUM_PARALLEL=3\n' >"$env"
"$HOME/stop"
"$HOME/start"
t_wait_for 'it serves' test -s "$t_dir/port"
dashboard first
t_wait_for 'what is in effect is known' shows ' mine 3 of 3 .* fits [a-z]+ \(p\)$'
t_must_fail 'and nothing has drifted' shows 'drifted'
t kill-server
sed -i 's/=512/=100/' "$env"
dashboard second
t_wait_for 'the file says otherwise' shows ' mine 3 of 3, 1 drifted .*\(p\)$'
t send-keys w
t_wait_for 'w says what' shows '^ drift +drifted +OLLAMA_MAX_QUEUE of ollama is 100 in its'
t send-keys w
"$HOME/stop"
"$HOME/start"
t_wait_for 'a restart ends it' t_not shows drifted
t send-keys q
t_done
