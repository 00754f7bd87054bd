#!/usr/bin/env bash
# doctor: one line a finding, in both forms, and an exit status that says whether it could look.
. "${abs_srcdir:?}/tests/lib.sh"

fake="${abs_builddir:?}/tests/fake_server"
config="$XDG_CONFIG_HOME/tunetop/tunetop.yaml"
shape="$t_dir/doctor.shape"
printf '%s\n' 'schema number' 'version text' 'time time' 'findings list' 'findings[] object' \
    'findings[].level text' 'findings[].part text' 'findings[].subject text' \
    'findings[].text text' 'findings[].command text?' >"$shape"

t_run "$TUNETOP" doctor --json
t_expect_status 0
t_expect_err_is ''
t_expect_shape 1 "$shape"
t_run "$TUNETOP" doctor
t_expect_status 0
for part in sources terminal libraries services permissions files; do
    t_expect_out "^$part\$"
done
grep -v '^$' "$t_dir/out" | grep ' ' |
    grep -Ev '^(ok  |info|warn|fail)  [^ ]' >"$t_dir/odd"
t_is 'every line is a level, a subject, a sentence' "$(cat "$t_dir/odd")" ''
t_must_fail 'no line ends with a blank' grep -q ' $' "$t_dir/out"
t_expect_out '^ok +libcurl +[0-9]+\.[0-9]+'
t_expect_out '^ok +ncurses +[0-9]+\.[0-9]+'
t_expect_out '^info +config +there is no .*/tunetop/tunetop\.yaml, and none is needed$'
t_expect_out "^ok +TERM +'xterm-256color'\$"
t_expect_out '^ok +colours +256$'

# --- the terminal ---
t_run env TERM=nonsense "$TUNETOP" doctor
t_expect_status 0
t_expect_out "^fail +TERM +'nonsense' .*  -> export TERM=xterm-256color\$"
t_run env -u TERM "$TUNETOP" doctor
t_expect_out '^warn +TERM +not set.*  -> export TERM=xterm-256color$'
t_run env NO_COLOR=1 "$TUNETOP" doctor
t_expect_out '^ok +colours +256, not used as NO_COLOR is set$'
t_run env LC_ALL=POSIX "$TUNETOP" doctor
t_expect_out '^warn +characters +ASCII, .*  -> export LC_ALL=C\.UTF-8$'
t_must_fail 'and then it prints ASCII only' grep -q '[^ -~]' "$t_dir/out"
t_run "$TUNETOP" doctor --ascii
t_expect_out '^info +characters +ASCII, as --ascii says$'

# --- services: one that answers, one that does not, one that is not there ---
mkfifo "$t_dir/life"
exec 9<>"$t_dir/life"
echo 'services:' >"$config"
for mode in normal never; do
    "$fake" --kind ollama --mode "$mode" <"$t_dir/life" >"$t_dir/$mode.port" 9>&- &
    t_own "$!"
    t_wait_for "$mode serves" test -s "$t_dir/$mode.port"
    read -r port _ <"$t_dir/$mode.port"
    printf '  - {name: %s, kind: ollama, url: "http://127.0.0.1:%s"}\n' "$mode" "$port" >>"$config"
done
echo '  - {name: gone, kind: comfyui, url: "http://127.0.0.1:1"}' >>"$config"
t_run "$TUNETOP" doctor
t_expect_status 0
t_expect_out '^ok +normal +ollama [^ ]+ answered in [0-9.]+ ms at http:'
t_expect_out '^info +never +busy: .* at http:'
t_expect_out '^warn +gone +down: .* at http://127\.0\.0\.1:1$'
t_expect_out "^ok +config +$config\$"

# A known port that somebody else has, where it is free to be taken here.
"$fake" --kind ollama --mode html --port 8188 <"$t_dir/life" >"$t_dir/other.port" 2>&1 9>&- &
t_own "$!"
sleep 0.3
if grep -q '^8188 ' "$t_dir/other.port" && [ -d /proc/self ]; then
    t_run "$TUNETOP" doctor
    t_expect_out "^info +port 8188 +'fake_server' \(process [0-9]+\) has comfyui's port"
else
    t_skip 'a port that somebody else has' 'port 8188 is taken here'
fi

# --- a wrong tunetop.yaml is a finding, and the status says it, too ---
echo 'intervall: 1' >"$config"
t_run "$TUNETOP" doctor
t_expect_status 2
t_expect_out '^fail +config +.*tunetop\.yaml:1:1: '
t_expect_out '^ok +libcurl '
t_expect_err 'tunetop\.yaml:1:1: '
rm "$config"

# --- another machine: nothing of this one but the terminal, the libraries, the files ---
root="$t_dir/root"
mkdir "$root"
"$abs_builddir/tests/tools/unpack" "$abs_srcdir/tests/fixtures/machines/hybrid.manifest" "$root" ||
    exit 99
t_run "$TUNETOP" --sysroot "$root" doctor
t_expect_status 0
t_expect_out '^info +discovery +unsupported: .*--sysroot'
t_expect_out '^info +kernel +not looked at: what is read here is not this machine$'
t_must_fail 'no ports of this machine' grep -q '^[a-z]* *port ' "$t_dir/out"
t_run "$TUNETOP" --replay "$t_dir/none" doctor
t_expect_status 1

exec 9>&-
t_done
