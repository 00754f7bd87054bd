#!/usr/bin/env bash
# A file is edited behind a service that runs: the Overview counts it beside the profile, `w` says which, and a restart
# ends it. A file that cannot be read is said as well: nothing is called in effect then. Nobody presses a key for it.
. "${abs_srcdir:?}/tests/screen/served.sh"

told() { # in lines of the screen, however they are broken
    screen | tr -s ' \n' ' ' | grep -qF -- "$1"
}

# What the process has makes "mine" the profile in effect; then its file says otherwise.
printf 'OLLAMA_KEEP_ALIVE=6m\nOLLAMA_MAX_QUEUE=512\nOLLAMA_NUM_PARALLEL=3\n' >"$env"
"$HOME/stop"
"$HOME/start"
d_wait 'it serves' test -s "$t_dir/port"
dashboard 80x24
d_wait 'what is in effect is known' shows ' mine 3 of 3 .*\(p\)$'
t_must_fail 'and nothing has drifted' shows 'drifted'
dashboards_end
sed -i 's/=512/=100/' "$env"
dashboard 80x24
d_wait 'the file says otherwise' shows ' mine 3 of 3, 1 drifted .*\(p\)$'
t send-keys w
d_wait 'w says what' shows '^ drift +drifted +OLLAMA_MAX_QUEUE of ollama is 100 in its'
t send-keys w
"$HOME/stop"
"$HOME/start"
d_wait 'a restart ends it' t_not shows drifted
dashboards_end

# --- nobody can look: the file is away ---
mv "$env" "$env.away"
dashboard 80x24
d_wait 'nothing is called in effect' shows ' mine 2 of 3, drift - .*\(p\)$'
t send-keys w
d_wait 'w says that nobody could look, and when' shows '^ drift +- +whether files and processes differ could not be'
t_ok 'and why' told '1 service cannot be verified: '
t_ok 'and what the cause is' told 'No such file'
t send-keys w
mv "$env.away" "$env"
"$HOME/stop"
"$HOME/start"
d_wait 'the next look ends it' shows ' mine 2 of 3 .*\(p\)$'
dashboards_end

# --- verify fails beside a plan that comes: the plan is shown, and why processes have dashes ---
real=$TUNETOP
cat >"$t_dir/tunetop" <<END
#!/usr/bin/env bash
if [ "\$1" = verify ]; then
    echo 'tunetop: first' >&2
    printf 'tunetop: no \033[31mrights\n' >&2
    exit 3
fi
exec "$real" "\$@"
END
printf '#!/usr/bin/env bash\nexec -a "%s" "%s" "$@"\n' "$t_dir/tunetop" "$real" >"$t_dir/begin"
chmod +x "$t_dir/tunetop" "$t_dir/begin"
TUNETOP=$t_dir/begin
dashboard 80x24
d_wait 'nothing is called in effect' shows ' mine 2 of 3, drift - .*\(p\)$'
t send-keys w
d_wait 'the last line is why, and it is clean' told ': no [31mrights; it is tried again'
t send-keys w
t send-keys p
d_wait 'the picker' shows '╭─ Profile ─'
t_what='verify fails'
d_choose mine
t send-keys Enter
d_wait 'the plan is there' shows '^ A will ─'
d_wait 'it says what is not known, and why' told 'what processes have is not known: first; no [31mrights'
t_ok 'and shows no value of a process' shows ' OLLAMA_MAX_QUEUE +100 +- +512 '
t send-keys q
d_wait 'q ends it' ended
t_done
