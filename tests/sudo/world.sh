# shellcheck shell=bash
# shellcheck disable=SC2154 # t_dir, ... are of tests/lib.sh
# shellcheck disable=SC2034 # what is set here is for who sources this
# The machine of tests/sudo: users with a password, a sudo that asks for it each time, terminals, and
# a server whose file is root's and whose commands are the user's. Sourced by sudo.sh.

world=/mnt
for folder in "$world 0755" "/run 0755" "/var/lib 0755"; do
    mount -t tmpfs -o "mode=${folder#* }" tmpfs "${folder% *}" || cannot 'nothing can be mounted'
done
# Terminals that an ordinary user can open, whatever those of this machine are.
if ! mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts /dev/pts ||
    ! mount --bind /dev/pts/ptmx /dev/ptmx; then
    cannot 'no terminals can be mounted'
fi

# --- who is there: a user and root, with one password ---
user=tunetop-tester uid=54321
password='right word'
# of crypt(3), with few rounds: it is quick
# shellcheck disable=SC2016
hash='$6$rounds=1000$tunetop$.Fxu87QqfT2Byp.XPXbv2riag7EdL.Xkjn6mM7DDDWwTs3S.lVY7SamYKjnuSqCs9suAbYdlriEVgzvS5bTnZ.'
for file in passwd group; do
    cp "/etc/$file" "$world/$file"
done
sed -i "s,^\(root:[^:]*:0:0:[^:]*\):.*,\1:$world/home/root:/bin/bash," "$world/passwd"
echo "root:$hash:19000:0:99999:7:::" >"$world/shadow"
echo "$user:x:$uid:$uid::$world/home/$user:/bin/bash" >>"$world/passwd"
echo "$user:x:$uid:" >>"$world/group"
echo "$user:$hash:19000:0:99999:7:::" >>"$world/shadow"
chmod 0600 "$world/shadow"
cat >"$world/sudoers" <<END
Defaults env_reset, use_pty, !lecture, !fqdn, !mail_badpass, !insults, !syslog
Defaults timestamp_timeout=0, passwd_tries=3, secure_path="$t_asleep:/usr/sbin:/usr/bin:/sbin:/bin"
Defaults env_keep += "TUNETOP_DATADIR ASAN_OPTIONS LSAN_OPTIONS"
root ALL=(ALL:ALL) ALL
$user ALL=(ALL:ALL) ALL
END
chmod 0440 "$world/sudoers"
# No pause after a wrong password: that is all that differs from what systems bring.
mkdir "$world/pam.d"
for name in sudo su other; do
    cat >"$world/pam.d/$name" <<'END'
auth required pam_unix.so nodelay
account required pam_unix.so
session required pam_unix.so
END
done
for file in passwd group shadow sudoers pam.d; do
    if [ ! -e "/etc/$file" ] || ! mount --bind "$world/$file" "/etc/$file"; then
        cannot "/etc/$file is not there or cannot be covered"
    fi
done

# --- his home, and what root owns ---
home=$world/home/$user
mkdir -m 0711 "$world/home"
mkdir -m 0700 "$world/home/root"
mkdir -p "$home/.config/tunetop/profiles" "$home/ai" "$world/etc" "$world/bin"
cp "${TUNETOP:?}" "$world/bin/tunetop"
cp "${abs_builddir:?}/tests/fake_server" "$world/bin/"
cp -r "${abs_srcdir:?}/tuning/catalog" "$world/data"
cp -r "$abs_srcdir/themes" "$world/themes"
chmod -R go+rX "$world/data" "$world/themes" "$world/bin"
program=$world/bin/tunetop
yaml=$home/.config/tunetop/tunetop.yaml
env=$world/etc/ollama.env
printf 'OLLAMA_KEEP_ALIVE=5m\nOLLAMA_MAX_QUEUE=100\nOLLAMA_NUM_PARALLEL=1\n' |
    tee "$env" "$t_dir/before" >"$home/ai/own.env"
cat >"$home/.config/tunetop/profiles/mine.yaml" <<'END'
profiles:
  - name: mine
    best_for: a test
    services:
      - service: ollama
        settings:
          - {name: OLLAMA_KEEP_ALIVE, value: 6m}
          - {name: OLLAMA_MAX_QUEUE, value: 512}
          - {name: OLLAMA_PARALLEL_REQUESTS, value: 3}
END
printf 'OLLAMA_KEEP_ALIVE=6m\nOLLAMA_MAX_QUEUE=512\nOLLAMA_NUM_PARALLEL=3\n' >"$t_dir/after"

# as COMMAND...: as the user, with what a login gives him.
as() {
    (cd "$home" && exec setpriv --reuid $uid --regid $uid --clear-groups env -i PATH="$t_asleep:$world/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
        HOME="$home" USER=$user LOGNAME=$user SHELL=/bin/bash LC_ALL=C.UTF-8 TZ=UTC NO_COLOR=1 \
        TERM=xterm-256color TUNETOP_DATADIR="$world/data" TUNETOP_THEMEDIR="$world/themes" \
        ASAN_OPTIONS=detect_leaks=0 ${as_more[@]+"${as_more[@]}"} "$@")
}
as_more=()

# The server is his: what root starts for him is started as he. `hold` there holds it in its start.
cat >"$home/ai/start" <<END
#!/bin/bash
echo "start by \$(id -u)" >>$home/ai/calls
while [ -e $home/ai/hold ]; do sleep 0.05; done
words=()
while IFS= read -r word; do words+=("\$word"); done <$env
env -i "\${words[@]}" $world/bin/fake_server --kind ollama --models 0 \\
    --port \$(cat $home/ai/port) <>$home/ai/life >$home/ai/said 2>/dev/null &
echo \$! >$home/ai/pid
exit 0
END
cat >"$home/ai/stop" <<END
#!/bin/bash
echo "stop by \$(id -u)" >>$home/ai/calls
kill \$(cat $home/ai/pid) 2>/dev/null
while kill -0 \$(cat $home/ai/pid) 2>/dev/null; do sleep 0.05; done
exit 0
END
chmod +x "$home/ai/start" "$home/ai/stop"
mkfifo "$home/ai/life"
echo 0 >"$home/ai/port"
: >"$home/ai/calls"
chown -R "$uid:$uid" "$home"
as "$home/ai/start"
t_wait_for 'the server of the user runs' grep -q . "$home/ai/said"
read -r port _ <"$home/ai/said"
echo "$port" >"$home/ai/port"
cat >"$yaml" <<END
services:
  - name: server
    kind: ollama
    url: http://127.0.0.1:$port
    config: {type: env_file, file: $env}
    control: {type: command, stop: [$home/ai/stop], start: [$home/ai/start]}
    health: {interval: 1, timeout: 1, retries: 4, steady: 1}
  - name: own
    kind: ollama
    url: http://127.0.0.1:1
    config: {type: env_file, file: ~/ai/own.env}
END
chown $uid:$uid "$yaml"

# has NAME=VALUE: the process that serves has it
has() {
    t_ok "$t_what: the process has $1" grep -qzxF -- "$1" "/proc/$(cat "$home/ai/pid")/environ"
}
is_new() {
    t_cmp "$t_what: the file is the new one" "$env" "$t_dir/after"
    has OLLAMA_MAX_QUEUE=512
    t_is "$t_what: it is root's as before" "$(stat -c '%U %a' "$env")" 'root 644'
}
is_old() {
    t_cmp "$t_what: the file is the old one, byte for byte" "$env" "$t_dir/before"
    has OLLAMA_MAX_QUEUE=100
}
# Whose everything of his is.
owners() {
    find "$home" -printf '%p %u:%g %m\n' | grep -v -e "^$home/ai/" -e '/change/' | sort
}

# --- a terminal of his, with a shell: tests/screen/dashboard.sh has the rest ---
# shellcheck source=tests/screen/dashboard.sh
. "$abs_srcdir/tests/screen/dashboard.sh"
trap 'dashboards_end; t_cleanup' EXIT
chmod 0711 "$t_dir"
mkdir -m 0777 "$t_dir/terminals"
d_what=0
# terminal SIZE [COMMAND]: a new one; d_tty is its device
terminal() {
    dashboards_end
    d_what=$((d_what + 1))
    d_socket=$t_dir/terminals/tmux-$d_what
    as tmux -S "$d_socket" -f /dev/null new-session -d -x "${1%x*}" -y "${1#*x}" \
        "PS1='ready> ' exec bash --norc --noprofile"
    t set-option -g status off
    t set-option -g remain-on-exit on
    t set-option -g history-limit 2000
    t resize-window -x "${1%x*}" -y "${1#*x}"
    d_tty=$(t display-message -p '#{pane_tty}')
    d_wait "$t_what: a shell" shows '^ready>'
    stty -a -F "$d_tty" | sed '1s/rows.*//' >"$t_dir/modes"
}
dashboards_end() {
    local socket
    for socket in "$t_dir"/terminals/*; do
        [ ! -S "$socket" ] || tmux -S "$socket" kill-server 2>/dev/null
    done
}
# type TEXT: a line and Enter
type_line() {
    t send-keys -l -- "$1"
    t send-keys Enter
}
# The screen and what went off it above.
all() {
    t capture-pane -p -J -S -2000 | grep -v '^$'
}
all_shows() {
    all | grep -Eq -- "$1"
}
count_of() {
    all | grep -Ec -- "$1"
}
# more N REGEX: it stands there more often
more() {
    [ "$(count_of "$2")" -gt "$1" ]
}
cleared() {
    t send-keys -R
    t clear-history
    t send-keys C-l
    d_wait "$t_what: the shell goes on" shows '^ready>'
}
# at_shell: whether the shell has the terminal, as it was given to it
at_shell() {
    local modes now
    d_wait "$t_what: the shell has the terminal" shows "^ready> ?$"
    now=$(stty -a -F "$d_tty" | sed '1s/rows.*//')
    modes=$(cat "$t_dir/modes")
    t_is "$t_what: cursor, screen, mouse and modes are as they were" \
        "$(t display-message -p '#{cursor_flag} #{alternate_on} #{mouse_any_flag} #{mouse_sgr_flag} #{keypad_flag}') $now" \
        "1 0 0 0 0 $modes"
}
# last REGEX: the last line has it; those above may be of an earlier round
last() {
    screen | grep -v '^$' | tail -n 1 | grep -Eq -- "$1"
}
# reads PROGRAM PROMPT: it asks for a password now. What is typed before it reads is thrown away
# (TCSAFLUSH of termios(3)), and a Ctrl-Z between its prompt and its read is one that it never sees.
reads() {
    last "$2" && stty -a -F "$d_tty" | grep -q -- ' -echo ' &&
        [ "$(ps -o stat= -p "$(pgrep -n -x "$1")" | cut -c1)" = S ]
}
asks_password() {
    d_wait "$t_what: sudo asks" reads sudo "password for $user: ?$"
}
su_asks() {
    d_wait "$t_what: su asks" reads su '^Password: ?$'
}
# What is held in the start of the server is killed, and that start; processes are numbered here by a
# namespace of their own.
cut_off() {
    local pid
    for pid in $(pgrep -x tunetop) $(pgrep -f "$home/ai/start"); do
        kill -KILL "$pid" 2>/dev/null
    done
    d_wait "$t_what: gone" all_shows '^Killed'
    rm "$home/ai/hold"
}
