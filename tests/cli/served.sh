# shellcheck shell=bash
# shellcheck disable=SC2154 # t_dir, t_status, ... are of tests/lib.sh
# shellcheck disable=SC2034 # what is set here is for who sources this
# Sourced after tests/lib.sh by the tests that restart a service: an Ollama ($fake) with a file of
# variables ($env), started and stopped by a pair of commands that tunetop.yaml ($yaml) names, and a
# profile of its own, "mine". $HOME/trick says what goes wrong with the next start.

. "$abs_srcdir/tests/cli/server.sh"

# A port of its own that stays the same over restarts.
"$fake" --kind ollama <"$t_dir/life" >"$t_dir/port" 9>&- &
t_own $!
t_wait_for 'a port is found' test -s "$t_dir/port"
read -r port _ <"$t_dir/port"
kill $!
wait $! 2>/dev/null

# What starts it: with what its file says, and with $HOME/trick, which a test may write.
cat >"$HOME/start" <<END
#!/usr/bin/env bash
echo start >>"$t_dir/calls"
trick=\$(cat "$HOME/trick" 2>/dev/null)
case \$trick in
fails) echo 'no such thing' >&2; exit 7 ;;
fails-new) grep -q 'OLLAMA_MAX_QUEUE=512' "$env" && { echo 'refuses 512' >&2; exit 7; } ;;
hangs) echo \$\$ >"$HOME/hanging"; exec sleep 1000 ;;
slow) while [ ! -e "$HOME/go" ]; do sleep 0.05; done ;;
esac
fixed= mode=normal
[ "\$trick" != slow-load ] || mode=slow:600000@/api/generate
[ "\$trick" != ignores ] || ! grep -q =512 "$env" || fixed=OLLAMA_MAX_QUEUE=99
words=()
while IFS= read -r word; do words+=("\$word"); done <"$env"
env -i "\${words[@]}" \$fixed "$fake" --kind ollama --models 0 --mode "\$mode" --port $port \\
    <"$t_dir/life" >"$t_dir/port" 2>/dev/null &
echo \$! >"$HOME/pid"
pid=\$!
if [ "\$trick" = dies ]; then (sleep 2; kill \$pid) >/dev/null 2>&1 & fi
exit 0
END
cat >"$HOME/stop" <<END
#!/usr/bin/env bash
echo stop >>"$t_dir/calls"
if [ "\$(cat "$HOME/trick" 2>/dev/null)" = slow-stop ]; then
    while [ ! -e "$HOME/go" ]; do sleep 0.05; done
fi
pid=\$(cat "$HOME/pid")
kill "\$pid" 2>/dev/null
# One that ended and that nobody has waited for yet does not serve any more.
while grep -qs '^State:.[^ZX]' "/proc/\$pid/status"; do sleep 0.02; done
exit 0
END
chmod +x "$HOME/start" "$HOME/stop"

t_profile OLLAMA_KEEP_ALIVE=6m OLLAMA_MAX_QUEUE=512 OLLAMA_PARALLEL_REQUESTS=3
cat >"$yaml" <<END
services:
  - name: ollama
    kind: ollama
    url: http://127.0.0.1:$port
    config: {type: env_file, file: ~/ollama.env}
    control: {type: command, stop: [$HOME/stop], start: [$HOME/start]}
    health: {interval: 1, timeout: 1, retries: 4, steady: 1}
END
old() {
    printf 'OLLAMA_KEEP_ALIVE=5m\nOLLAMA_MAX_QUEUE=100\nOLLAMA_NUM_PARALLEL=1\n' >"$env"
}
# has NAME=VALUE: the process that serves has it
has() {
    t_ok "$t_what: the process has $1" grep -qzxF -- "$1" "/proc/$(cat "$HOME/pid")/environ"
}
calls() {
    t_is "$t_what: $1" "$(tr '\n' ' ' <"$t_dir/calls")" "$1"
    : >"$t_dir/calls"
}
fresh() {
    rm -f "$HOME/trick" "$HOME/go"
    "$HOME/stop"
    old
    "$HOME/start"
    t_wait_for 'it serves' test -s "$t_dir/port"
    : >"$t_dir/calls"
}
end_server() {
    kill "$(cat "$HOME/pid")" 2>/dev/null
    t_cleanup
}
trap end_server EXIT
echo 0 >"$HOME/pid"
old
"$HOME/start"
: >"$t_dir/calls"

# A file counts as younger only when it is so by more than a tenth of a second.
sleep_past_start() {
    local began
    began=$(date +%s%N)
    t_wait_for 'the file can be younger' past "$began"
}
past() {
    [ $(($(date +%s%N) - $1)) -gt 300000000 ]
}

# killed_watching COMMAND...: tunetop's, killed -9 while it watches what it has restarted. What it said is in
# $t_dir/progress, which is empty before: a shell in the background empties it later than somebody looks.
killed_watching() {
    local pid
    sed -i 's/steady: 1/steady: 600/' "$yaml"
    : >"$t_dir/progress"
    "$TUNETOP" "$@" --yes --progress-fd 3 3>>"$t_dir/progress" >/dev/null 2>&1 &
    pid=$!
    t_wait_for "$1: it is watched" grep -q watch "$t_dir/progress"
    kill -9 "$pid"
    wait "$pid" 2>/dev/null
    sed -i 's/steady: 600/steady: 1/' "$yaml"
    : >"$t_dir/calls"
}
