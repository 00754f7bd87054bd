#!/usr/bin/env bash
#
# What only root may change, by sudo for real: an ordinary user who may use it, his own home, root's
# journal. All of it in a mount namespace of its own, so that nothing of this machine is touched.
. "${abs_srcdir:?}/tests/lib.sh"

for tool in sudo setpriv unshare mount stat; do
    command -v $tool >/dev/null || t_skip_all "$tool is not installed"
done
[ "$(uname)" = Linux ] || t_skip_all 'it takes a mount namespace'
[ "$(id -u)" = 0 ] || t_skip_all 'only root can make a user for it'
if [ -z "${TUNETOP_TEST_INSIDE-}" ]; then
    unshare -m true 2>/dev/null || t_skip_all 'no mount namespace here'
    rm -rf "$t_dir"
    trap - EXIT
    TUNETOP_TEST_INSIDE=1 exec unshare -m --propagation private bash "$0"
fi

# --- a user, his home below a folder that may be entered only, files of root's ---
world=/mnt
if ! mount -t tmpfs -o mode=0755,suid tmpfs "$world" ||
    ! mount -t tmpfs -o mode=0755 tmpfs /var/lib; then
    t_skip_all 'no file system can be mounted here'
fi
user=tunetop-tester
uid=54321
for file in passwd group shadow sudoers; do
    cp -p "/etc/$file" "$world/$file" 2>/dev/null || : >"$world/$file"
done
echo "$user:x:$uid:$uid::$world/home/$user:/bin/sh" >>"$world/passwd"
echo "$user:x:$uid:" >>"$world/group"
echo "$user:*:19000:0:99999:7:::" >>"$world/shadow"
cat >"$world/sudoers" <<END
Defaults env_reset, !lecture
Defaults env_keep += "TUNETOP_DATADIR ASAN_OPTIONS"
root ALL=(ALL:ALL) ALL
$user ALL=(root) NOPASSWD:SETENV: ALL
END
chmod 0440 "$world/sudoers"
for file in passwd group shadow sudoers; do
    if [ ! -e "/etc/$file" ] || ! mount --bind "$world/$file" "/etc/$file"; then
        t_skip_all "/etc/$file is not there or cannot be covered"
    fi
done
home=$world/home/$user
mkdir -m 0711 "$world/home"
mkdir -p "$home/.config/tunetop/profiles" "$home/ai" "$world/etc" "$world/bin"
cp "$TUNETOP" "$world/bin/tunetop"
cp -r "$abs_srcdir/tuning/catalog" "$world/data"
chmod -R go+rX "$world/data" "$world/bin"
export TUNETOP_DATADIR="$world/data" ASAN_OPTIONS=detect_leaks=0
program=$world/bin/tunetop
yaml=$home/.config/tunetop/tunetop.yaml
printf '# ollama\nexport OLLAMA_HOST="127.0.0.1"\n' | tee "$world/etc/ollama.env" >"$home/ai/ollama.env"
cat >"$yaml" <<END
services:
  - {name: central, kind: ollama, url: "http://127.0.0.1:1", config: {type: env_file, file: $world/etc/ollama.env}}
END
chown -R "$uid:$uid" "$home"
mkdir -m 0700 "$world/secret"
echo 'OLLAMA_SECRET_OF_ROOT=hidden-word' | tee "$world/secret/root.env" >"$world/secret/root.yaml"
cp "$world/etc/ollama.env" "$t_dir/before"

# as COMMAND...: as the user, with what a login gives him.
as() {
    (cd "$home" && exec setpriv --reuid $uid --regid $uid --clear-groups \
        env -u XDG_CONFIG_HOME -u XDG_STATE_HOME HOME="$home" USER=$user LOGNAME=$user "$@")
}
as sudo -n true 2>/dev/null || t_skip_all 'sudo does not work here'
command_line() {
    sed -n 's/^  \(sudo .*\)/\1/p' "$t_dir/err"
}
owner() {
    stat -c '%U %a' "$1"
}

# --- refused, with the whole command; that command does it ---
long=(--set "central.OLLAMA_NUM_PARALLEL=2" --without ollama.OLLAMA_MAX_QUEUE)
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    long+=(--service central)
done
t_run as "$program" apply high --no-restart --yes "${long[@]}"
t_expect_status 1
t_expect_err '^tunetop: only root may write there'
t_expect_err '--set central\.OLLAMA_NUM_PARALLEL=2 --without ollama\.OLLAMA_MAX_QUEUE '
t_expect_err "^  sudo $program apply high .* --config $yaml --plan-hash [0-9a-f]{12}\$"
line=$(command_line)
t_ok 'the command is whole, however long' test "${#line}" -gt 400
t_cmp 'nothing was changed' "$world/etc/ollama.env" "$t_dir/before"
t_run as sh -c "$line"
t_expect_status 0
t_ok 'the file is changed' grep -q 'OLLAMA_NUM_PARALLEL="\{0,1\}2' "$world/etc/ollama.env"
t_is 'and is root'\''s as before' "$(owner "$world/etc/ollama.env")" 'root 644'
t_is 'the journal is for all' "$(owner /var/lib/tunetop/journal.jsonl)" 'root 644'
t_is 'so is its folder' "$(owner /var/lib/tunetop)" 'root 755'
t_is 'the copies are not' "$(owner /var/lib/tunetop/backups)" 'root 700'
t_must_fail 'nothing is written into the home' test -e "$home/.local/state/tunetop/journal.jsonl"

# --- the user sees it, and is told how to take it back ---
t_run as "$program" journal
t_expect_status 0
t_expect_out "^20[-0-9]+ +applied +high +1 file, root's\$"
t_expect_out "'sudo $program undo 20[-0-9]+' takes back"
t_run as "$program" journal --json
t_expect_out '"journal":	"root"'
t_expect_out "\"command\":	\"sudo $program undo 20[-0-9]+\""
t_expect_out '"allowed":	false'
id=$(sed -n 's/.*"id":	"\([-0-9]*\)",/\1/p' "$t_dir/out" | head -n 1)
t_run as "$program" journal "$id"
t_expect_status 0
t_expect_out "in root's journal, by tunetop "
t_expect_out '^  OLLAMA_NUM_PARALLEL +.* -> 2'
t_expect_out '/ollama\.env  +as applied$'
t_expect_out "^no diff: only root may read the copies of root's journal\$"
t_expect_out "^'sudo $program journal $id' shows it\.\$"
t_run as sudo "$program" journal "$id"
t_expect_out '^\+.*OLLAMA_NUM_PARALLEL=.*2'
t_run as "$program" undo --yes
t_expect_status 1
t_expect_err "in root's journal"
line=$(command_line)
t_ok 'the command for it' grep -Eq "^  sudo $program undo 20[-0-9]+\$" "$t_dir/err"
t_run as sh -c "$line --yes"
t_expect_status 0
t_cmp 'byte for byte' "$world/etc/ollama.env" "$t_dir/before"

# --- a profile that is kept on a screen of root's is the user's ---
cat >"$t_dir/keys" <<'END'
size 80x24
wait-model
3
wait-screen OLLAMA_MAX_QUEUE
wait-screen A apply
/
type OLLAMA_MAX_QUEUE
Enter
Down
x
wait-screen 1 left out
s
wait-screen Own profile
type kept
Enter
wait-screen saved as kept
q
END
t_run as sudo "$program" --script "$t_dir/keys"
t_expect_status 0
kept=$home/.config/tunetop/profiles/kept.yaml
t_is 'it is his' "$(owner "$kept")" "$user 644"
t_ok 'and says what is left out' grep -q 'without: \["ollama.OLLAMA_MAX_QUEUE"\]' "$kept"
t_is 'so is its folder' "$(owner "${kept%/*}")" "$user 755"
rm "$kept"

# --- words that a shell would take for something else ---
odd="$home/it's \$(touch odd) "$'\t'"&.yaml"
cp "$yaml" "$odd"
t_run as "$program" apply high --no-restart --yes --config "$odd"
t_expect_status 1
t_must_fail 'no control character on the terminal' grep -q $'\t' "$t_dir/err"
line=$(command_line)
t_run as bash -c "$line"
t_expect_status 0
t_run as sudo "$program" undo --yes
t_expect_status 0
t_must_fail 'nothing of it was run' test -e "$home/odd"
rm "$odd"
rm -r /var/lib/tunetop

# --- his own, beside root's ---
t_run as sudo "$program" apply high --no-restart --yes
t_run as sudo "$program" undo --yes
sed -i "s,$world/etc/ollama.env,~/ai/ollama.env," "$yaml"
t_run as "$program" apply high --no-restart --yes
t_expect_status 0
t_run as "$program" journal
t_is 'newest first, each with its owner' \
    "$(sed -n 's/.*[0-9] files\{0,1\}, //p' "$t_dir/out" | tr '\n' ' ')" "yours root's root's "
t_expect_out "'tunetop undo' takes back"
t_run as sudo "$program" journal
t_is 'root sees both as well' \
    "$(sed -n 's/.*[0-9] files\{0,1\}, //p' "$t_dir/out" | tr '\n' ' ')" "yours root's root's "
own=$(as "$program" journal | sed -n 's/^\(20[-0-9]*\) .*yours$/\1/p')
t_run as sudo "$program" undo "$own" --yes
t_expect_status 1
t_expect_err 'in your own journal'
t_expect_err "^  $program undo $own\$"
t_run as "$program" undo --yes
t_expect_status 0
t_cmp 'his file is as it was' "$home/ai/ollama.env" "$t_dir/before"

# --- what root makes in his home is his, and as his umask has it ---
cat >"$yaml" <<END
services:
  - {name: unit, kind: ollama, url: "http://127.0.0.1:1", config: {type: systemd, unit: ollama.service, scope: user}}
END
t_run as sh -c "umask 077; sudo $program apply high --no-restart --yes"
t_expect_status 0
made=$home/.config/systemd/user/ollama.service.d
t_is 'the file is his' "$(owner "$made/50-tunetop.conf")" "$user 600"
t_is 'its folder too' "$(owner "$made")" "$user 700"
t_is 'and the one above' "$(owner "${made%/*}")" "$user 700"
t_run as sudo "$program" undo --yes
t_expect_status 0
t_must_fail 'gone with its folders' test -e "$home/.config/systemd"

# --- the same plan, whoever makes it; XDG folders that are not his do not count ---
t_run as "$program" plan high --json
sed -n 's/.*"hash":	"\([0-9a-f]*\)".*/\1/p' "$t_dir/out" >"$t_dir/hash"
t_ok 'there is a plan' test -s "$t_dir/hash"
mkdir -p "$world/other/tunetop"
echo 'nonsense: 1' >"$world/other/tunetop/tunetop.yaml"
for how in "sudo" "sudo -E" "sudo XDG_CONFIG_HOME=$world/other" "sudo HOME=/root"; do
    # shellcheck disable=SC2086
    t_run as $how "$program" plan high --json
    t_expect_status 0
    sed -n 's/.*"hash":	"\([0-9a-f]*\)".*/\1/p' "$t_dir/out" >"$t_dir/hash.sudo"
    t_cmp "$how: the same plan" "$t_dir/hash.sudo" "$t_dir/hash"
done

# --- root reads nothing for him that he cannot read ---
says_nothing() {
    t_must_fail "$t_what: says nothing of it" grep -Eq 'hidden-word|OF_ROOT' "$t_dir/out" "$t_dir/err"
}
for command in "status" "plan high" "apply high --yes --no-restart" "services" "doctor"; do
    # shellcheck disable=SC2086
    t_run as sudo "$program" $command --config "$world/secret/root.yaml"
    says_nothing
    t_ok "$t_what: it is refused" grep -q 'cannot be read' "$t_dir/err" "$t_dir/out"
done
t_run as sudo "$program" settings --lint "$world/secret/root.env"
says_nothing
t_expect_err 'cannot read'
mv "$yaml" "$yaml.kept"
as ln -s "$world/secret/root.yaml" "$yaml"
t_run as sudo "$program" verify high
says_nothing
t_expect_status 2
rm "$yaml"
cat >"$yaml" <<END
services:
  - {name: secret, kind: ollama, url: "http://127.0.0.1:1", config: {type: env_file, file: $world/secret/root.env}}
END
for command in "plan high" "apply high --yes --no-restart" "verify high"; do
    # shellcheck disable=SC2086
    t_run as sudo "$program" $command
    says_nothing
    t_ok "$t_what: the file cannot be read" grep -Eq 'cannot (read|be read|be verified)' \
        "$t_dir/out" "$t_dir/err"
done
mv "$yaml.kept" "$yaml"
as ln -s "$world/secret/root.yaml" "$home/.config/tunetop/profiles/mine.yaml"
t_run as sudo "$program" plan mine
says_nothing
rm "$home/.config/tunetop/profiles/mine.yaml"

# --- SUDO_UID that is nobody's ---
t_run env SUDO_UID=54399 "$program" status
t_expect_status 1
t_expect_err 'no user of this machine'

cd / || exit 1
t_done
