# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # what is set here is for who sources this; t_dir is of tests/lib.sh
# Sourced after tests/lib.sh by the tests whose Ollama ($fake) reads a file of variables ($env) that a tunetop.yaml
# ($yaml) names. Ends the test where environments of processes cannot be read. A server ends with $t_dir/life.

umask 022
yaml=$XDG_CONFIG_HOME/tunetop/tunetop.yaml
env=$HOME/ollama.env
fake=${abs_builddir:?}/tests/fake_server
if [ ! -r /proc/self/environ ]; then
    t_skip 'environments of processes are not readable here'
    t_done
    exit
fi

mkfifo "$t_dir/life" # a server ends with its stdin
exec 9<>"$t_dir/life"

port=
# start VARIABLE...: an Ollama ($server) with that environment, at $port, or at one that is free while that is empty.
start() {
    env -i "$@" "$fake" --kind ollama --models 0 ${port:+--port "$port"} \
        <"$t_dir/life" >"$t_dir/port" 9>&- &
    server=$!
    t_own "$server"
    t_wait_for 'it serves' test -s "$t_dir/port"
    read -r port _ <"$t_dir/port"
}
# stop: it has ended; the next one gets the same port.
stop() {
    kill "$server"
    wait "$server" 2>/dev/null
    : >"$t_dir/port"
}
