# shellcheck shell=bash
# tunetop apply, verify, undo, recover on a server that is a unit: of the machine as root, of a user
# as that user and as root by sudo. Sourced by inside.sh after units.sh.

# --- a server that takes its new settings as $behave says; with its first ones it is always well ---
server=$(dirname "${T_SERVER:?}")/ollama
ln -s "$T_SERVER" "$server"
mkfifo /run/held # what it reads from: never ends
behave=/run/behave
echo well >$behave
cat >/run/start-ollama <<END
#!/bin/sh
mode=\$(cat $behave)
[ "\$OLLAMA_NUM_PARALLEL" != 1 ] || mode=well
set -- $server serve --kind ollama --models 0 --port 11434
case \$mode in
crashes)
    echo "its model is gone" >&2
    exit 3
    ;;
hangs) exec sleep 1000 ;;
dies) set -- timeout 2 "\$@" ;;
forgets) unset OLLAMA_KEEP_ALIVE ;;
esac
exec "\$@" <>/run/held
END
chmod 666 /run/held
chmod 755 /run/start-ollama

write_yaml() { # HOME STEADY
    mkdir -p "$1/.config/tunetop/profiles"
    cat >"$1/.config/tunetop/profiles/small.yaml" <<'END'
profiles:
  - name: small
    best_for: a unit of a user, whose manager may not limit anything on each machine
    services:
      - service: ollama
        settings:
          - {name: OLLAMA_NUM_PARALLEL, value: 3}
          - {name: OLLAMA_KEEP_ALIVE, value: 5m}
END
    cat >"$1/.config/tunetop/tunetop.yaml" <<END
services:
  - name: ollama
    kind: ollama
    url: http://127.0.0.1:11434
    health: {interval: 0.5, timeout: 2, retries: 4, steady: $2}
END
}
write_yaml "$HOME" 3
write_yaml "${user_home:?}" 3
chown -R "${user:?}:$user" "$user_home"

# Sets, besides what way_of does: tunetop (how to call it), drop (our drop-in).
apply_as() {
    way_of "$1"
    wish=(small)
    case $1 in
    root)
        units=/run/systemd/system tunetop=${TUNETOP:?} # where mask can hide it
        wish=(high --set OLLAMA_NUM_PARALLEL=3 --set OLLAMA_KEEP_ALIVE=5m)
        ;;
    user) tunetop="as_user env XDG_CONFIG_HOME=$user_home/.config XDG_STATE_HOME=$user_home/.local/state $TUNETOP" ;;
    sudo) tunetop="as_sudo $TUNETOP" ;;
    esac
    drop=$units/ollama.service.d/50-tunetop.conf
    [ "$1" != root ] || drop=/etc/systemd/system/ollama.service.d/50-tunetop.conf
}
tune() {
    # shellcheck disable=SC2086
    t_run $tunetop "$@"
}
begin_server() {
    {
        echo '[Service]'
        echo 'ExecStart=/run/start-ollama'
        echo 'Environment=OLLAMA_NUM_PARALLEL=1'
        [ "$1" != root ] || echo 'User=tuner'
        echo 'Restart=always'
        echo 'RestartSec=0.2'
        echo 'TimeoutStopSec=5'
    } | unit ollama.service
    [ "$1" = root ] || chown -R "$user:$user" "$units"
    ${ctl:?} daemon-reload
    $ctl start ollama
    t_wait_for "$1: the server answers" answers
}
answers() {
    (exec 3<>/dev/tcp/127.0.0.1/11434) 2>/dev/null
}

is_old() { # NAME
    t_is "$1: no file of ours" "$(ls "$(dirname "$drop")" 2>/dev/null)" ''
    t_wait_for "$1: the server answers" answers
    t_is "$1: the process has what it had" \
        "$(variable ollama OLLAMA_NUM_PARALLEL)/$(variable ollama OLLAMA_KEEP_ALIVE)" 1/
    t_is "$1: systemd has read it" "$(prop ollama NeedDaemonReload)" no
}
is_new() { # NAME
    t_ok "$1: the drop-in is there" grep -q 'OLLAMA_KEEP_ALIVE=5m' "$drop"
    t_is "$1: the process has the new ones" \
        "$(variable ollama OLLAMA_NUM_PARALLEL)/$(variable ollama OLLAMA_KEEP_ALIVE)" 3/5m
    t_is "$1: systemd has read it" "$(prop ollama NeedDaemonReload)" no
}

check_apply() {
    local way=$1 id
    apply_as "$way"
    begin_server "$way"
    id=$(prop ollama InvocationID)
    tune plan "${wish[@]}"
    t_expect_status 0
    t_expect_out "restart +(sudo )?systemctl( --user)? restart ollama\.service"
    tune apply "${wish[@]}" --yes --no-warm
    t_expect_status 0
    is_new "$way: apply"
    t_ok "$way: apply: another run" test "$(prop ollama InvocationID)" != "$id"
    tune verify "${wish[@]}"
    t_expect_status 0
    t_expect_out 'OLLAMA_KEEP_ALIVE .* 5m .*ok .*process environment'
    tune journal
    t_expect_out " applied +${wish[0]}"
    tune undo --yes --no-warm
    t_expect_status 0
    is_old "$way: undo"
}

# What does not go well is put back, and the server runs as before.
check_rolled_back() { # WAY BEHAVIOUR SENTENCE
    apply_as "$1"
    echo "$2" >$behave
    tune apply "${wish[@]}" --yes --no-warm
    t_expect_status 3
    t_expect_out "$3"
    echo well >$behave
    is_old "$1: a server that $2"
    tune journal
    t_expect_out " rolled_back +${wish[0]}"
}

# --- as root, with a journal where one can be had ---
journal=no
if systemctl start systemd-journald.socket systemd-journald.service 2>/dev/null &&
    [ -S /run/systemd/journal/stdout ]; then
    journal=yes
fi
check_apply root
check_rolled_back root crashes 'status 3|again and again'
[ "$journal" = no ] || check_rolled_back root crashes 'The last line of its log: its model is gone'
check_rolled_back root hangs 'ollama: '
check_rolled_back root dies 'ollama: '
check_rolled_back root forgets 'OLLAMA_KEEP_ALIVE=[a-z0-9]+,'

# What somebody else edited is not applied with ours.
mkdir -p /etc/systemd/system/ollama.service.d
printf '[Service]\nEnvironment=OLLAMA_ORIGINS=x\n' >/etc/systemd/system/ollama.service.d/90-other.conf
tune apply "${wish[@]}" --yes --no-warm
t_expect_status 1
t_expect_err '90-other\.conf is new'
t_ok 'an edit of somebody else: nothing was written' test ! -e "$drop"
rm /etc/systemd/system/ollama.service.d/90-other.conf

$ctl mask ollama >/dev/null 2>&1
$ctl daemon-reload
tune apply "${wish[@]}" --yes --no-warm
t_expect_status 1
t_expect_err 'masked'
$ctl unmask ollama >/dev/null 2>&1
$ctl daemon-reload
is_old 'a masked unit'

# A service that is down stays down.
$ctl stop ollama
tune apply "${wish[@]}" --yes --no-warm
t_is 'a unit that is down is not started' "$(prop ollama ActiveState)" inactive
tune undo --yes --no-warm
t_is 'nor by undo' "$(prop ollama ActiveState)" inactive
$ctl start ollama
t_wait_for 'it answers again' answers

# --- killed after each of its steps ---
write_yaml "$HOME" 1
kill_after() { # LINES: 1 when it ended before
    local n=0 status=0
    rm -f "${t_dir:?}/progress"
    mkfifo "$t_dir/progress"
    # shellcheck disable=SC2086
    $tunetop apply "${wish[@]}" --yes --no-warm --progress-fd 7 7>"$t_dir/progress" \
        >"$t_dir/out" 2>"$t_dir/err" </dev/null &
    local pid=$!
    while read -r _; do
        n=$((n + 1))
        [ "$n" -lt "$1" ] || { kill -KILL "$pid" 2>/dev/null && break; }
    done <"$t_dir/progress"
    wait "$pid" 2>/dev/null || status=$?
    [ "$status" = 137 ]
}
kills=0
for ((at = 1; at < 40; at++)); do
    if ! kill_after $at; then
        break
    fi
    kills=$((kills + 1))
    tune recover --yes
    case ${t_status:?} in
    0 | 3) ;;
    *) t_report 1 "killed after $at lines: recover" ;;
    esac
    if [ -e "$drop" ]; then
        is_new "killed after $at lines, recovered"
        tune undo --yes --no-warm
    fi
    is_old "killed after $at lines, recovered"
    tune recover --yes
    t_expect_status 0
done
t_ok "it was killed in each of its steps ($kills times)" test "$kills" -ge 6
[ ! -e "$drop" ] || tune undo --yes --no-warm
is_old 'after all kills'

# --- an ordinary user: what to type is said ---
t_run as_user env XDG_CONFIG_HOME="$user_home/.config" XDG_STATE_HOME="$user_home/.local/state" \
    "$TUNETOP" apply "${wish[@]}" --yes --no-warm
t_expect_status 1
t_ok 'the command with sudo is said' grep -q "sudo .*tunetop.* apply .*--plan-hash" \
    "$t_dir/out" "$t_dir/err"
t_ok 'nothing was written' test ! -e "$drop"
$ctl stop ollama
rm -rf /run/systemd/system/ollama.service /etc/systemd/system/ollama.service.d
$ctl daemon-reload

# --- a unit of a user ---
check_apply user
check_rolled_back user crashes 'status 3|again and again'
check_rolled_back user forgets 'OLLAMA_KEEP_ALIVE=[a-z0-9]+,'
$ctl stop ollama
check_apply sudo
$ctl stop ollama
