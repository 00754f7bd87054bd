# shellcheck shell=bash
# The control of units by itself: of the machine as root, of a user as that user, and of a user as
# root by sudo. Sourced by inside.sh.

# --- a bus, by which ordinary users ask about units of the machine ---
cat >/etc/systemd/system/dbus.socket <<'END'
[Unit]
DefaultDependencies=no
[Socket]
ListenStream=/run/dbus/system_bus_socket
END
cat >/etc/systemd/system/dbus.service <<'END'
[Unit]
DefaultDependencies=no
[Service]
ExecStart=/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation
END
systemctl daemon-reload
t_ok 'a bus of the machine runs' systemctl start dbus.socket dbus.service

# --- a user with a manager of its own ---
user=4242
runtime=/run/user/$user
user_home=/run/tuner
mkdir -p "$user_home/.config/systemd/user" "$runtime"
chown -R $user:$user "$user_home" "$runtime"
chmod 700 "$runtime"
cat >"/etc/systemd/system/user@$user.service" <<END
[Unit]
DefaultDependencies=no
[Service]
Type=notify
User=$user
Slice=user-$user.slice
Delegate=yes
Environment=XDG_RUNTIME_DIR=$runtime HOME=$user_home
ExecStart=$(command -v /usr/lib/systemd/systemd || command -v /lib/systemd/systemd) --user
TimeoutStartSec=20
END
systemctl daemon-reload
if ! systemctl start "user@$user"; then
    systemctl status --no-pager -l "user@$user" | sed 's/^/# /'
    t_report 1 'a service manager of a user runs'
    t_done
    exit 1
fi
t_report 0 'a service manager of a user runs'

as_user() {
    setpriv --reuid $user --regid $user --clear-groups env HOME="$user_home" \
        XDG_RUNTIME_DIR="$runtime" "$@"
}
as_sudo() {
    env SUDO_UID=$user SUDO_GID=$user SUDO_USER=tuner "$@"
}
as_root() {
    "$@"
}

# --- one set of checks, in each of the three ways ---
# Sets: run (how to call the control), words (of it), ctl (systemctl), units (folder).
way_of() {
    case $1 in
    root) run=as_root words='' ctl='systemctl' units=/etc/systemd/system root=' as root' ;;
    user) run=as_user words='user=1' ctl='as_user systemctl --user' ;;
    sudo) run=as_sudo words='user=1' ctl='as_user systemctl --user' ;;
    esac
    [ "$1" = root ] || units=$user_home/.config/systemd/user root=''
    files=$(dirname "$units")
    scope=${ctl#as_user }
}

call() { # UNIT ARGUMENTS...
    local unit=$1
    shift
    # shellcheck disable=SC2086
    t_run $run "${control:?}" systemd unit="$unit" $words resolve "$@"
}
prop() { # UNIT PROPERTY
    $ctl show "$1" --property="$2" --value
}
variable() { # UNIT NAME: what the process has
    tr '\0' '\n' <"/proc/$(prop "$1" MainPID)/environ" | sed -n "s/^$2=//p"
}
unit() { # NAME: from standard input
    {
        printf '[Unit]\nDefaultDependencies=no\n'
        cat
    } >"$units/$1"
}
drop_in() { # UNIT FILE: from standard input
    mkdir -p "$units/$1.d"
    cat >"$units/$1.d/$2"
}

check_way() {
    local way=$1 id
    way_of "$way"
    unit ollama.service <<'END'
[Service]
ExecStart=/bin/sleep 1000
Environment=OLLAMA_NUM_PARALLEL=1 "OLLAMA_ORIGINS=a b"
Restart=always
RestartSec=0
END
    ln -sf ollama.service "$units/llm.service"
    unit front.service <<'END'
Requires=ollama.service
[Service]
ExecStart=/bin/sleep 1000
END
    $ctl daemon-reload
    $ctl start ollama front
    call ollama steps pending look
    t_expect_status 0
    t_expect_out '^target uid=.* unit=ollama\.service '
    t_expect_out "^step run$root: $scope daemon-reload\$"
    t_expect_out "^step run$root: $scope reset-failed ollama\.service\$"
    t_expect_out "^step restart$root: $scope restart ollama\.service\$"
    t_expect_out '^interrupts front\.service$'
    t_expect_out '^pending in all: 0$'
    id=$(prop ollama InvocationID)
    t_expect_out "^state known=1 running=1 loaded=1 pid=$(prop ollama MainPID) id=$id "
    t_is "$way: when it started, to the second" \
        "$(($(date +%s) - $(sed -n 's/.* started=\([0-9]*\) .*/\1/p' "${t_dir:?}/out") < 20))" 1

    # Our own drop-in is no edit of somebody else; the restart reads it.
    drop_in ollama.service 50-tunetop.conf <<'END'
[Service]
Environment=OLLAMA_NUM_PARALLEL=4
MemoryMax=512M
END
    call llm pending restart look
    t_expect_status 0
    t_expect_out '^pending in all: 0$'
    t_expect_out 'unit=ollama\.service '
    t_is "$way: the process has the new value" "$(variable ollama OLLAMA_NUM_PARALLEL)" 4
    t_is "$way: and the old ones" "$(variable ollama OLLAMA_ORIGINS)" 'a b'
    t_ok "$way: it is another run" test "$(prop ollama InvocationID)" != "$id"
    t_expect_out "^state known=1 running=1 .* id=$(prop ollama InvocationID) "
    t_is "$way: what needs it runs again" "$(prop front ActiveState)" active

    # Somebody else's would take effect too.
    drop_in ollama.service 90-other.conf <<'END'
[Service]
Environment=OLLAMA_DEBUG=1
END
    call ollama pending
    t_expect_status 0
    t_expect_out "^pending $units/ollama\.service\.d/90-other\.conf is new"
    t_expect_out '^pending in all: 1$'
    call ollama restart pending
    t_expect_status 0
    t_expect_out '^pending in all: 0$'
    touch "$units/ollama.service.d/90-other.conf"
    call ollama pending
    t_expect_out '^pending .*90-other\.conf was changed after the service started$'
    $ctl daemon-reload
    call ollama pending
    t_expect_out '^pending in all: 1$' # read, but the process is older
    rm "$units/ollama.service.d/90-other.conf"
    call ollama pending
    t_expect_out '^pending .*90-other\.conf is gone since systemd read it$'
    call ollama restart pending
    t_expect_out '^pending in all: 0$'
    printf 'A=1\n' >"$files/env"
    drop_in ollama.service 50-tunetop.conf <<END
[Service]
EnvironmentFile=$files/env
END
    call ollama restart pending
    t_expect_out '^pending in all: 0$'
    printf 'A=2\n' >"$files/env"
    call ollama pending
    t_expect_out '^pending .*/env was changed after the service started$'
    rm "$units/ollama.service.d/50-tunetop.conf"

    # It is ended by a signal, and is down.
    $ctl kill --signal=KILL ollama
    $ctl stop ollama
    call ollama look
    t_expect_out '^state known=1 running=0 loaded=1 pid=0 '

    # What cannot be controlled is said before anything is done.
    $ctl mask masked.service >/dev/null 2>&1
    call masked
    t_expect_status 1
    t_expect_err "^state: the unit 'masked.service' is masked.*$scope unmask"
    call nothing
    t_expect_status 1
    t_expect_err "^missing: systemd.* has no unit 'nothing.service'"
    call --
    t_expect_status 1
    t_expect_err '^config: .*is no name of a unit'
    printf '[Service]\nType=oneshot\nRestart=always\nExecStart=\n' >"$units/bad.service"
    call bad
    t_expect_status 1
    t_expect_err "^state: systemd could not load the unit 'bad.service': "
    rm -f "$units/bad.service" "$units/masked.service"
}

# --- starts that fail ---
check_failures() {
    local way=$1
    way_of "$way"

    # Crashes in a loop until systemd gives up; a restart into a good one works all the same.
    unit crash.service <<'END'
StartLimitIntervalSec=100
StartLimitBurst=3
[Service]
ExecStart=/bin/sh -c "exit 3"
Restart=always
RestartSec=0
END
    $ctl daemon-reload
    $ctl start crash
    gives_up() { [ "$(prop crash ActiveState)" = failed ]; }
    t_wait_for "$way: systemd gives up a crashing unit" gives_up
    call crash look
    t_expect_status 0
    t_expect_out '^state known=1 running=0 .* exit=3 restarts=3 .*words=it ended with status 3'
    drop_in crash.service 50-tunetop.conf <<'END'
[Service]
ExecStart=
ExecStart=/bin/sleep 1000
END
    call crash restart look
    t_expect_status 0
    t_expect_out '^state known=1 running=1 '

    # And back into the bad one: said, when its start is waited for.
    drop_in crash.service 50-tunetop.conf <<'END'
[Service]
Type=notify
END
    call crash restart
    t_expect_status 1
    t_expect_err "^state: the unit 'crash.service' did not start: it ended with status 3"
    rm "$units/crash.service.d/50-tunetop.conf"

    # Loops for ever.
    drop_in crash.service 50-tunetop.conf <<'END'
[Unit]
StartLimitIntervalSec=0
[Service]
RestartSec=100
END
    call crash restart look
    again() { [ "$(prop crash SubState)" = auto-restart ]; }
    t_wait_for "$way: it waits for its next crash" again
    call crash look
    t_expect_out '^state known=1 running=0 .*words=it ended with status 3, again and again$'
    $ctl stop crash

    # Hangs at start: our deadline, and the one of the unit.
    unit hang.service <<'END'
[Service]
ExecStart=/bin/sleep 1000
END
    $ctl daemon-reload
    $ctl start hang
    drop_in hang.service 50-tunetop.conf <<'END'
[Service]
Type=notify
TimeoutStartSec=100
END
    call hang deadline=2 restart
    t_expect_status 1
    t_expect_err "^timeout: systemd did not finish the restart of 'hang.service' in time"
    rm "$units/hang.service.d/50-tunetop.conf" # what a roll-back does
    call hang restart look
    t_expect_status 0
    t_expect_out '^state known=1 running=1 '
    drop_in hang.service 50-tunetop.conf <<'END'
[Service]
Type=notify
TimeoutStartSec=1
END
    call hang restart
    t_expect_status 1
    t_expect_err "^state: the unit 'hang.service' did not start: it did not start or stop within"
    rm "$units/hang.service.d/50-tunetop.conf"

    # Healthy, and then dead.
    unit dies.service <<'END'
[Service]
ExecStart=/bin/sleep 1000
END
    $ctl daemon-reload
    $ctl start dies
    call dies restart look
    t_expect_out '^state known=1 running=1 '
    $ctl kill --signal=KILL dies
    t_wait_for "$way: it has died" test "$(prop dies ActiveState)" = failed
    call dies look
    t_expect_out '^state known=1 running=0 .*words=signal 9 ended it$'

    # Not a program.
    drop_in dies.service 50-tunetop.conf <<'END'
[Service]
Type=exec
ExecStart=
ExecStart=/nonexistent/program
END
    call dies restart
    t_expect_status 1
    t_expect_err "did not start: it ended with status 203"
}

for way in root user sudo; do
    check_way $way
    # shellcheck disable=SC2086
    $ctl stop ollama front 2>/dev/null
    rm -rf "$units/ollama.service" "$units/ollama.service.d" "$units/front.service" \
        "$units/llm.service" "$files/env"
done
for way in root user; do
    check_failures $way
done

# --- who may ---
way_of user
t_run setpriv --reuid 65534 --regid 65534 --clear-groups env -u XDG_RUNTIME_DIR "$control" \
    systemd unit=dies user=1 resolve
t_expect_status 1
t_expect_err 'service manager of the user: '
t_run setpriv --reuid 65534 --regid 65534 --clear-groups "$control" \
    systemd unit=dies user=1 uid=$user resolve
t_expect_status 1
t_expect_err '^denied: it is a service of the user with number 4242'
t_run as_user "$control" systemd unit=crash resolve steps restart
t_expect_status 1
t_expect_out '^step restart as root: systemctl restart crash\.service$'
t_expect_err "^denied: 'systemctl' has to be run as root"
