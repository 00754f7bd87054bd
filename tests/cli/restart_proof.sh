#!/usr/bin/env bash
# recover believes no service that it has not proven: one that may run with what was put back from
# its file, one that may run without what its file has.
. "${abs_srcdir:?}/tests/lib.sh"

. "$abs_srcdir/tests/cli/served.sh"

# What the profile adds was not in the file before, so no old value of it is known.
old() {
    printf 'OLLAMA_KEEP_ALIVE=6m\n' >"$env"
}
as_before() {
    t_is "$t_what: the file is the old one" "$(cat "$env")" 'OLLAMA_KEEP_ALIVE=6m'
    t_must_fail "$t_what: the process has nothing new" grep -qzE '^OLLAMA_(MAX_QUEUE|NUM_PARALLEL)=' "/proc/$(cat "$HOME/pid")/environ"
}
# Between the put-back of the file and the restart: what stops it fails, or takes long, from now on.
mv "$HOME/stop" "$HOME/stop.real"
cat >"$HOME/stop" <<END
#!/usr/bin/env bash
how=\$(cat "$HOME/stop.how" 2>/dev/null)
if [ -n "\$how" ] && ! grep -q MAX_QUEUE "$env"; then
    echo stop >>"$t_dir/calls"
    [ "\$how" = fails ] && { echo 'cannot stop it' >&2; exit 1; }
    echo \$\$ >"$HOME/hanging"
    exec sleep 1000
fi
exec "$HOME/stop.real"
END
chmod +x "$HOME/stop"
# One value of it is not taken, so that all is put back.
sed -i 's/fixed=OLLAMA_MAX_QUEUE=99/fixed=OLLAMA_NUM_PARALLEL=99/' "$HOME/start"

# --- the stop fails when it is put back: recover tries the restart again ---
fresh
echo ignores >"$HOME/trick"
echo fails >"$HOME/stop.how"
t_run "$TUNETOP" apply mine --yes
t_expect_status 4
t_is 'the file is the old one already' "$(cat "$env")" 'OLLAMA_KEEP_ALIVE=6m'
has OLLAMA_MAX_QUEUE=512
rm "$HOME/stop.how"
: >"$t_dir/calls"
t_run "$TUNETOP" recover --yes
t_expect_status 0
t_expect_out 'as it was before'
calls 'stop start '
as_before

# --- killed between the two: the same ---
fresh
echo ignores >"$HOME/trick"
echo hangs >"$HOME/stop.how"
rm -f "$HOME/hanging"
"$TUNETOP" apply mine --yes >/dev/null 2>&1 &
apply=$!
t_wait_for 'it is in the middle' test -s "$HOME/hanging"
kill -9 "$apply" "$(cat "$HOME/hanging")"
wait "$apply" 2>/dev/null
has OLLAMA_MAX_QUEUE=512
rm "$HOME/stop.how"
: >"$t_dir/calls"
t_run "$TUNETOP" recover --yes
t_expect_status 0
t_expect_out 'as it was before'
calls 'stop start '
as_before
t_run "$TUNETOP" recover --yes
t_expect_out 'nothing was cut off'
t_is 'and once is enough' "$(cat "$t_dir/calls")" ''

# --- its process cannot be read: what was never restarted is not called applied ---
# An environment of more than 128 KiB is not read.
sed -i "s/^env -i /big=\$(printf '%0100000d' 0)\n&B1=\$big B2=\$big /" "$HOME/start"
past() {
    [ $(($(date +%s%N) - $1)) -gt 300000000 ]
}
# cut_off: an apply that was killed when its file was written
cut_off() {
    local began
    fresh
    began=$(date +%s%N)
    t_wait_for 'what begins now is younger than it' past "$began"
    echo slow-stop >"$HOME/trick"
    "$TUNETOP" apply mine --yes >/dev/null 2>&1 &
    apply=$!
    t_wait_for 'it is about to stop' grep -q stop "$t_dir/calls"
    kill -9 "$apply"
    wait "$apply" 2>/dev/null
    stopping=$(pgrep -f "$HOME/stop" | head -n 1)
    [ -z "$stopping" ] || kill -9 "$stopping"
    rm "$HOME/trick"
}
cut_off
t_is 'the file is the new one' "$(wc -l <"$env" | tr -d ' ')" 3
t_run "$TUNETOP" verify mine
t_expect_out ' OLLAMA_MAX_QUEUE +512 +- .*unknown'
t_run "$TUNETOP" recover --yes
t_expect_status 0
t_expect_out 'as it was before'
as_before

# --- and one that was restarted is, without another restart ---
fresh
killed_watching apply mine
t_run "$TUNETOP" recover --yes
t_expect_status 0
t_expect_out 'it counts as applied$'
t_is 'recover restarted nothing' "$(cat "$t_dir/calls")" ''
has OLLAMA_MAX_QUEUE=512

# --- an undo that was cut off behind its restart is no apply ---
killed_watching undo
t_run "$TUNETOP" recover --yes
t_expect_status 0
t_expect_out ': all of it was taken back, it counts as undone$'
t_is 'recover restarted nothing' "$(cat "$t_dir/calls")" ''
as_before

# --- what somebody wrote since stays, and is not called as before; nor what nobody looked at ---
cut_off
echo 'OLLAMA_HOST=127.0.0.1' >>"$env"
t_run "$TUNETOP" recover --yes
t_expect_status 0
t_expect_out ': what was changed since is kept, the rest is as it was before$'
t_ok 'it stays' grep -q '^OLLAMA_HOST=127.0.0.1$' "$env"
cut_off
t_run "$TUNETOP" recover --yes --no-restart
t_expect_status 0
t_expect_out ': what it changed is as it was before; the services were left alone$'

t_done
