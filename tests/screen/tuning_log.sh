#!/usr/bin/env bash
# A service that does not come back, on the screen: how it is and what it writes while it is waited for, its last line
# with the reason at the end, and o for all of it.
. "${abs_srcdir:?}/tests/lib.sh"
. "$abs_srcdir/tests/screen/dashboard.sh"
. "$abs_srcdir/tests/cli/served.sh"

end_all() {
    touch "$HOME/go"
    dashboards_end
    end_server
}
trap end_all EXIT
cd "$t_dir" || exit 99
sed -i "s|^    health:|    log: {type: file, path: ~/ollama.log}\n&|" "$yaml"

# With the new file it writes, and does not serve.
mv "$HOME/start" "$HOME/serve"
cat >"$HOME/start" <<END
#!/usr/bin/env bash
grep -q OLLAMA_MAX_QUEUE=512 "$env" || exec "$HOME/serve"
echo start >>"$t_dir/calls"
{
    printf 'time=1 level=INFO msg="Listening soon"\n'
    printf '\033[31mError\033[0m: OLLAMA_API_KEY=sk-abcdefghijklmnopqrstuvwx is refused\n}\n'
} >>"$HOME/ollama.log"
END
chmod +x "$HOME/start"

cat >keys <<SCRIPT
size 120x40
wait-screen (p)
p
wait-screen mine
$(d_downs)
wait-screen Enter shows mine
wait-screen 3 differ
Enter
wait-screen Settings of mine
wait-screen A apply
A
wait-screen y apply
y
wait-screen Log of ollama
wait-screen Error: OLLAMA_API_KEY
save-screen work
wait-screen was put back
save-screen result
o
wait-screen Listening soon
save-screen log
q
SCRIPT
t_status=0
timeout 60 "$TUNETOP" --script keys >"$t_dir/script" 2>&1 || t_status=$?
t_is 'the script has come to its end' "$t_status $(cat "$t_dir/script")" '0 '
on() { # FILE REGEX...
    local file=$1 regex
    shift
    for regex; do
        cp "$file" "$t_dir/out" 2>/dev/null || : >"$t_dir/out"
        t_ok "$file has $regex" grep -Eq -- "$regex" "$t_dir/out"
    done
}
on work '^ Health of ollama ' '^ port +wait +127\.0\.0\.1:[0-9]+: ' '^ answer +- +GET /api/version' '^ Log of ollama ' \
    'level=INFO msg="Listening soon"' 'Error: OLLAMA_API_KEY=\*\*\*'
on result '^ Why ollama was put back' '^   The last line of its log: Error: OLLAMA_API_KEY=\*\*\*' ' o log '
on log '^ Log of ollama ' 'Listening soon' 'Error: OLLAMA_API_KEY=\*\*\*'
t_must_fail 'the secret is nowhere' grep -rq 'sk-abc' work result log "$XDG_STATE_HOME/tunetop"
has OLLAMA_MAX_QUEUE=100
t_done
