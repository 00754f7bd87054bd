#!/usr/bin/env bash
# A service that does not come back says why in its own log: its last line is told with the reason,
# as text, as JSON and in the progress, however it looks and however much it writes.
. "${abs_srcdir:?}/tests/lib.sh"

. "$abs_srcdir/tests/cli/served.sh"

log=$HOME/ollama.log
sed -i -e 's/interval: 1, timeout: 1, retries: 4/interval: 0.5, timeout: 1, retries: 2/' -e "s|^    health:|    log: {type: file, path: ~/ollama.log}\n&|" "$yaml"

# What is started with the new file: writes as $HOME/says has it, and does not serve.
mv "$HOME/start" "$HOME/serve"
cat >"$HOME/start" <<END
#!/usr/bin/env bash
if [ -e "$HOME/says" ] && grep -q OLLAMA_MAX_QUEUE=512 "$env"; then
    echo start >>"$t_dir/calls"
    (exec >>"$log" 2>&1; . "$HOME/says") # nothing that stays behind holds what is tunetop's
    exit 0
fi
[ ! -e "$HOME/never" ] || { echo "never again" >>"$log"; exit 7; }
exec "$HOME/serve"
END
chmod +x "$HOME/start"
lines() { # of the log, in the result
    tr -d '\n' <"$t_dir/out" | sed 's/.*"lines":[[:space:]]*\[\([^]]*\)\].*/\1/' | grep -o '"[^"]*"' | wc -l |
        tr -d ' '
}

# --- it dies: its last line is told; what it wrote before the restart, and frames, are not ---
echo 'an old line of yesterday' >"$log"
cat >"$HOME/says" <<'END'
echo 'time=1 level=INFO msg=starting'
echo 'Error: listen tcp 127.0.0.1: bind: address already in use'
echo '}'
echo
END
t_run "$TUNETOP" apply mine --yes
t_expect_status 3
t_expect_out '^  ollama +rolled_back +it is not well after 1 s'
t_expect_out '^ {34}The last line of its log: Error: listen tcp 127\.0\.0\.1: bind:'
has OLLAMA_MAX_QUEUE=100
t_run "$TUNETOP" journal "$("$TUNETOP" journal --json | sed -n 's/^.*"id":\t"\([0-9-]*\)".*/\1/p' | head -n 1)"
t_expect_out '^no diff: all of it went back: its copies are not kept$'
t_run "$TUNETOP" apply mine --yes --json --progress-fd 3 3>"$t_dir/progress"
t_expect_status 3
t_expect_out '"last":[[:space:]]?"Error: listen tcp 127.0.0.1: bind: address already in use"'
t_is 'all that is of this start' "$(lines)" 3
t_expect_out "\"from\":[[:space:]]?\"$log\""
t_expect_out '"why":[[:space:]]?null'
t_ok 'the progress has its lines' grep -q \
    '"event":"log","action":"wait",.*"service":"ollama","detail":"Error: listen tcp' "$t_dir/progress"
t_ok 'and how it is' grep -Eq \
    '"event":"health","action":"wait",.*"part":"port","state":"wait","service":"ollama","detail":"127.0.0.1:[0-9]+: ' \
    "$t_dir/progress"
t_must_fail 'nothing of yesterday' grep -rq 'yesterday' "$t_dir/progress" "$t_dir/out"

# --- one that comes back is told as well, and nothing failed ---
: >"$log"
mv "$HOME/says" "$HOME/says.not"
t_run "$TUNETOP" apply mine --yes --json --progress-fd 3 3>"$t_dir/progress"
t_expect_status 0
t_expect_out '"log":[[:space:]]?null'
t_ok 'its port is open' grep -Eq '"part":"port","state":"ok"' "$t_dir/progress"
t_ok 'it answers' grep -Eq '"part":"answer","state":"ok","service":"ollama","detail":"GET /api/version"' \
    "$t_dir/progress"
fresh

# --- hostile: a title for the terminal, colours, a bar that paints over itself, a secret ---
cat >"$HOME/says" <<'END'
printf '\033]0;owned\007\033[31mfatal\033[0m: \033[2Jbad\302\233 \342\200\256thing\n'
printf 'loading  1%%\rloading 50%%\rloading 99%%: HF_TOKEN=hf_abcdefghijklmnopqrstuvwxyz0123456789\r\n'
END
t_run "$TUNETOP" apply mine --yes --json --progress-fd 3 3>"$t_dir/progress"
t_expect_status 3
t_expect_out '"last":[[:space:]]?"loading 99%: HF_TOKEN=\*\*\*"'
t_expect_out '"fatal: bad thing"'
t_must_fail 'the secret is nowhere' grep -rq 'hf_abc' "$t_dir/out" "$t_dir/err" "$t_dir/progress" \
    "$XDG_STATE_HOME/tunetop"
t_must_fail 'nor an escape' grep -q "$(printf '\033')" "$t_dir/out" "$t_dir/progress"

# --- one that writes without an end: nothing waits for it, and what is told stays small ---
cat >"$HOME/says" <<'END'
(trap 'exit 0' TERM; i=0
 while [ -e "$HOME/says" ] && [ $i -lt 400 ]; do
     i=$((i + 1))
     head -c 20000 /dev/zero | tr '\0' x; echo
     seq -f "line $i of %g" 2000
     sleep 0.02
 done) &
END
: >"$log"
t_run "$TUNETOP" apply mine --yes --json --progress-fd 3 3>"$t_dir/progress"
rm "$HOME/says"
t_expect_status 3
t_ok 'its newest lines are told' grep -q '"event":"log".*"detail":"line [0-9]* of [0-9]*"' "$t_dir/progress"
t_ok 'and not all of them' test "$(grep -c '"event":"log"' "$t_dir/progress")" -lt 100
t_is 'no line is too long for a pipe' "$(awk 'length($0) > 511' "$t_dir/progress")" ''
t_is 'ten lines stay' "$(lines)" 10

# --- it comes back neither way: what it says then, from recover as well ---
: >"$HOME/never"
t_run "$TUNETOP" apply mine --yes
t_expect_status 4
t_expect_out 'The last line of its log: never again$'
t_run "$TUNETOP" recover --yes
t_expect_status 4
t_expect_err 'the last line of the log of ollama: never again$'
rm "$HOME/never"
t_run "$TUNETOP" recover --yes
t_expect_status 0

# --- a log that cannot be read is no error of the change, and is said ---
cat >"$HOME/says" <<'END'
:
END
rm -f "$log"
mkfifo "$log.fifo"
sed -i 's|~/ollama.log|~/ollama.log.fifo|' "$yaml"
t_run "$TUNETOP" apply mine --yes
t_expect_status 3
t_expect_out 'No line of its log says more:'
t_expect_out 'is no +regular|is no$'
sed -i 's|~/ollama.log.fifo|~/gone.log|' "$yaml"
t_run "$TUNETOP" apply mine --yes --json
t_expect_status 3
t_expect_out "'$HOME/gone.log' cannot be opened: No such file or directory"
has OLLAMA_MAX_QUEUE=100
t_done
