#!/usr/bin/env bash
# launchd, brew, lms and a pair of commands, against scripts that keep state and misbehave as those
# programs do.
. "${abs_srcdir:?}/tests/lib.sh"

control=${abs_builddir:?}/tests/tools/control
export FAKE="$t_dir/fake"
mkdir -p "$t_dir/bin" "$FAKE/launchd/jobs" "$FAKE/brew" "$FAKE/lms"
for name in launchctl brew lms sudo; do
    cp "$abs_srcdir/tests/control/$name.sh" "$t_dir/bin/$name"
    chmod +x "$t_dir/bin/$name"
done
PATH=$t_dir/bin:$PATH
: >"$FAKE/pids"
uid=$(id -u)
launchd=$FAKE/launchd

end_fakes() {
    while read -r pid; do
        kill "$pid" 2>/dev/null
    done <"$FAKE/pids"
    t_cleanup
}
trap end_fakes EXIT

fresh() {
    : >"$FAKE/log"
}

pid_of() {
    cat "$launchd/jobs/${1//\//,}/pid"
}

# Also one that nobody has waited for yet.
ended() {
    ! kill -0 "$1" 2>/dev/null || grep -q '^State:[[:space:]]*Z' "/proc/$1/status"
}

# What was asked of launchctl, without the looks.
asked() {
    grep -v -e ' print' "$FAKE/log"
}

# --- launchd ---
label=com.example.ollama
plist=$t_dir/$label.plist
job=gui/$uid/$label
printf '<plist><key>Label</key><string>%s</string><key>RunAtLoad</key></plist>\n' $label >"$plist"
printf 'gui/%s\nuser/%s\nsystem\n' "$uid" "$uid" >"$launchd/domains"
: >"$launchd/disabled"
: >"$launchd/refuse"
echo disabled >"$launchd/disabled-word"
echo 3 >"$launchd/slow"
launchctl bootstrap "gui/$uid" "$plist"
first=$(pid_of "$job")

t_run "$control" launchd label=$label resolve steps look
t_expect_status 0
t_expect_out "^target uid=-1 unit=- domain=gui/$uid plist=$plist\$"
t_expect_out "^step run: launchctl bootout $job\$"
t_expect_out "^step wait: launchctl print $job\$"
t_expect_out "^step run: launchctl bootstrap gui/$uid $plist\$"
t_expect_out "^step restart: launchctl kickstart $job\$"
t_expect_out "^state known=1 running=1 loaded=1 pid=$first id=$first@[1-9]"

fresh
printf '37\n5\n' >"$launchd/refuse"
t_run "$control" launchd label=$label resolve restart look
t_expect_status 0
t_ok 'launchd: the process is another one' test "$(pid_of "$job")" -ne "$first"
t_ok 'launchd: the first process has ended' ended "$first"
t_is 'launchd: ended, loaded when it was gone, again after 37 and 5, started' "$(asked)" \
    "launchctl bootout $job
launchctl bootstrap gui/$uid $plist
launchctl bootstrap gui/$uid $plist
launchctl bootstrap gui/$uid $plist
launchctl kickstart $job"
t_ok 'launchd: it was looked for until it had ended' \
    test "$(sed '/bootstrap/,$d' "$FAKE/log" | grep -c "print $job")" -ge 3

# A job that loading does not start is started.
printf '<plist><key>Label</key><string>%s</string></plist>\n' $label >"$plist"
t_run "$control" launchd label=$label resolve restart look
t_expect_status 0
t_expect_out '^state known=1 running=1'

# It stays in its domain.
other=com.example.user
printf '<plist><key>RunAtLoad</key></plist>\n' >"$t_dir/$other.plist"
launchctl bootstrap "user/$uid" "$t_dir/$other.plist"
t_run "$control" launchd label=$other resolve restart look
t_expect_status 0
t_expect_out "domain=user/$uid "
t_ok 'launchd: a job of user/UID is there again' test -d "$launchd/jobs/user,$uid,$other"
t_ok 'launchd: and not in gui/UID' test ! -d "$launchd/jobs/gui,$uid,$other"

# What cannot be loaded again is not ended.
refused() { # NAME SENTENCE ARGUMENTS...
    local name=$1 sentence=$2
    shift 2
    fresh
    t_run "$control" "$@" resolve restart
    t_expect_status 1
    t_expect_err "$sentence"
    t_is "$name: nothing was asked of it" "$(asked)" ''
}
echo $label >"$launchd/disabled"
refused 'launchd: a disabled label' 'state: the label is disabled.*launchctl enable' \
    launchd label=$label
echo true >"$launchd/disabled-word"
refused 'launchd: as macOS 12 prints it' 'label is disabled' launchd label=$label
: >"$launchd/disabled"
mv "$plist" "$plist.away"
refused 'launchd: no property list' 'property list .* cannot be read' launchd label=$label
mv "$plist.away" "$plist"
refused 'launchd: no such job' "has no job 'com.example.none'" launchd label=com.example.none
refused 'launchd: an option for a label' 'no label' launchd label=-k
refused 'launchd: another domain' 'nobody is logged in' launchd label=$label domain=gui/4711

# Errors that stay: said in a sentence, when their time is over.
printf '125\n' >"$launchd/refuse"
t_run "$control" launchd label=$label resolve restart
t_expect_status 1
t_expect_err 'state: launchd did not load the job again: the domain is not there.*status 125'
t_run "$control" launchd label=$label plist="$plist" domain="gui/$uid" resolve restart look
t_expect_status 0
t_expect_out '^state known=1 running=1'
yes 5 | head -n 500 >"$launchd/refuse"
t_run "$control" launchd label=$label deadline=2 resolve restart
t_expect_status 1
t_expect_err 'it is loaded already, or its property list is damaged.*status 5'
: >"$launchd/refuse"
t_run "$control" launchd label=$label plist="$plist" domain="gui/$uid" resolve restart look
t_expect_status 0
echo 1000000 >"$launchd/slow"
t_run "$control" launchd label=$label deadline=1 resolve restart
t_expect_status 1
t_expect_err 'timeout: launchd did not end the job'
echo 1 >"$launchd/jobs/gui,$uid,$label/leaving"
echo 3 >"$launchd/slow"
: >"$launchd/never-starts"
t_run "$control" launchd label=$label plist="$plist" domain="gui/$uid" deadline=2 resolve restart
t_expect_status 1
t_expect_err 'does not run after the restart: it ended with status 78'
rm "$launchd/never-starts"

# --- a daemon: root's ---
printf '<plist><key>RunAtLoad</key></plist>\n' >"$t_dir/com.example.daemon.plist"
launchctl bootstrap system "$t_dir/com.example.daemon.plist"
t_run "$control" launchd label=com.example.daemon resolve steps
t_expect_status 0
t_expect_out '^target uid=0 .*domain=system '
t_expect_out '^step run as root: launchctl bootout system/com.example.daemon$'
t_expect_out '^step wait: launchctl print system/'

# --- brew ---
brew_uid=$uid
if [ "$uid" = 0 ]; then
    t_run "$control" brew formula=ollama resolve
    t_expect_status 1
    t_expect_err 'denied: brew is not run as root'
    brew_uid=1234 # as whom root would run it
fi
echo "$brew_uid" >"$FAKE/brew/uid"
echo u >"$FAKE/brew/owner"
printf 'gui/%s\nuser/%s\nsystem\n' "$brew_uid" "$brew_uid" >"$launchd/domains"
brew_job=homebrew.mxcl.ollama
printf '<plist><key>RunAtLoad</key></plist>\n' >"$FAKE/$brew_job.plist"
brew_control() {
    t_run "$control" brew "uid=$brew_uid" "$@"
}

launchctl bootstrap "gui/$brew_uid" "$FAKE/$brew_job.plist"
first=$(pid_of "gui/$brew_uid/$brew_job")
brew_control formula=ollama resolve steps look restart look
t_expect_status 0
t_expect_out "^target .* domain=gui/$brew_uid "
t_expect_out '^step restart: env -u SSH_TTY -u SUDO_USER brew services restart ollama$'
t_expect_out "^state known=1 running=1 loaded=1 pid=$first "
t_ok 'brew: another process' test "$(pid_of "gui/$brew_uid/$brew_job")" -ne "$first"

# By ssh, to a screen of somebody else: brew would start a second one.
: >"$FAKE/brew/other-screen"
SSH_TTY=/dev/ttys001 brew_control formula=ollama domain="gui/$brew_uid" resolve restart
t_expect_status 0
t_ok 'brew: none was started outside of its domain' \
    test ! -d "$launchd/jobs/user,$brew_uid,$brew_job"
rm "$FAKE/brew/other-screen"

echo root >"$FAKE/brew/owner"
brew_control formula=ollama resolve
t_expect_status 1
t_expect_err 'denied: .* started as root.*sudo brew services restart ollama'
echo u >"$FAKE/brew/owner"
brew_control formula=nothing resolve
t_expect_status 1
t_expect_err 'No available formula'
brew_control formula=--force resolve
t_expect_status 1
t_expect_err 'no name of a formula'

# --- lms ---
mkdir -p "$HOME/.lmstudio/.internal"
echo 1240 >"$FAKE/lms/running"
printf '{"port": 1240, "cors": true, "networkInterface": "0.0.0.0"}\n' \
    >"$HOME/.lmstudio/.internal/http-server-config.json"
fresh
: >"$FAKE/lms/old"
t_run "$control" lms resolve steps look restart look
t_expect_status 0
t_expect_out '^step run: lms server stop$'
t_expect_out '^step restart: lms server start --port 1240 --cors --bind 0.0.0.0$'
t_expect_out '^state known=1 running=1'
t_is 'lms: what it was started with is as it was' \
    "$(cat "$HOME/.lmstudio/.internal/http-server-config.json")" \
    '{"port": 1240, "cors": true, "networkInterface": "0.0.0.0"}'
t_is 'lms: stopped, seen stopped, started' \
    "$(sed -n '/server stop/,$p' "$FAKE/log" | uniq | head -n 3)" 'lms server stop
lms server status --json
lms server start --port 1240 --cors --bind 0.0.0.0'
rm "$FAKE/lms/running"
t_run "$control" lms resolve look restart look # stop says that nothing runs
t_expect_status 0
t_expect_out '^state known=1 running=0'
t_expect_out '^state known=1 running=1'
: >"$FAKE/lms/never-starts"
t_run "$control" lms deadline=3 resolve restart
t_expect_status 1
t_expect_err 'state: .*try to use another port'

# --- a pair of commands ---
server=$t_dir/server
cat >"$server" <<'END'
#!/bin/sh
case $1 in
start) sleep 1000 >/dev/null 2>&1 & echo $! >"$FAKE/server.pid"; echo $! >>"$FAKE/pids" ;;
loud) sleep 1000 & echo $! >>"$FAKE/pids" ;;
stop) kill "$(cat "$FAKE/server.pid")" ;;
stay) : ;;
front) exec sleep 1000 ;;
esac
END
chmod +x "$server"
"$server" start
first=$(cat "$FAKE/server.pid")
t_run "$control" command "pid=$first" stop="$server stop" start="$server start" \
    resolve steps look restart look
t_expect_status 0
t_expect_out "^step run: $server stop\$"
t_expect_out "^step restart: $server start\$"
t_expect_out "^state known=1 running=1 loaded=1 pid=$first id=$first@"
t_expect_out '^state known=0 running=0'
t_ok 'command: the first process has ended' ended "$first"
t_ok 'command: another one runs' kill -0 "$(cat "$FAKE/server.pid")"
first=$(cat "$FAKE/server.pid")
t_run "$control" command "pid=$first" deadline=1 stop="$server stay" start="$server start" \
    resolve restart
t_expect_status 1
t_expect_err "timeout: stop command of 'it': .*process $first still runs"
t_is 'command: what was not stopped is not started again' "$(cat "$FAKE/server.pid")" "$first"
t_run "$control" command "pid=$first" deadline=1 stop="$server stop" start="$server front" \
    resolve restart
t_expect_status 1
t_expect_err "timeout: start command of 'it': it has to end by itself"
t_run "$control" command pid=-1 stop="$server stop" start="$server loud" resolve restart
t_expect_status 1
t_expect_err 'state: .*let it print to a file'
t_run "$control" command pid=-1 stop=false start="$server start" resolve restart
t_expect_status 0
t_run "$control" command stop=false start="$server start" resolve restart
t_expect_status 1
t_expect_err 'stop command'
t_run "$control" command stop="$server stop" resolve
t_expect_status 1
t_expect_err 'config: commands to stop and to start'
t_run "$control" command stop="$t_dir/none" start="$server start" resolve restart
t_expect_status 1
t_expect_err 'missing: '

t_done
