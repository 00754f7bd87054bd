#!/usr/bin/env bash
#
# Units of a real systemd: of the machine and of a user. A systemd of our own runs as the first
# process of its own namespaces (what a container is, with the files of this machine), so that
# nothing of it touches the machine's units, mounts or processes, and nothing of it is left: when
# its first process ends, all do. It needs root and a cgroup that can be written to; what is missing
# is a skip, or a failure where TUNETOP_SYSTEMD=required (./dev systemd).
. "${abs_srcdir:?}/tests/lib.sh"

export PATH="${t_real_path:?}"
folder=$abs_srcdir/tests/systemd
init=
cgroups=

# Ours are killed before their cgroups go.
end_machine() {
    local path tries=0
    [ -z "$init" ] || kill -KILL "$init" 2>/dev/null
    for path in $cgroups; do
        until [ ! -d "$path" ] || find "$path" -depth -type d -exec rmdir {} + 2>/dev/null; do
            tries=$((tries + 1))
            [ "$tries" -lt 100 ] || break
            sleep 0.05
        done
    done
    t_cleanup
}
trap end_machine EXIT

cannot() {
    if [ "${TUNETOP_SYSTEMD-}" = required ]; then
        printf 'not ok 1 - systemd: it did not run: %s\n1..1\n' "$1"
        [ ! -s "$t_dir/log" ] || sed 's/^/# /' "$t_dir/log"
        exit 1
    fi
    t_skip_all "no systemd of our own: $1"
}

if [ "${CI-}" = true ] && [ "${TUNETOP_SYSTEMD-}" != required ]; then
    t_skip_all 'CI has a stage for it (./dev systemd)'
fi
[ "$(uname -s)" = Linux ] || cannot 'this is not Linux'
[ "$(id -u)" = 0 ] || cannot 'it takes root'
for program in systemctl unshare nsenter setpriv sudo; do
    command -v "$program" >/dev/null || cannot "there is no $program"
done
manager=
for path in /usr/lib/systemd/systemd /lib/systemd/systemd; do
    [ ! -x "$path" ] || manager=$path
done
[ -n "$manager" ] || cannot 'systemd is not installed'

# A cgroup of our own in each hierarchy: systemd limits only where it finds itself.
for path in /sys/fs/cgroup /sys/fs/cgroup/*; do
    if [ -f "$path/cgroup.procs" ] && [ ! -L "$path" ] &&
        mkdir "$path/tunetop-test-$$" 2>/dev/null; then
        cgroups="$cgroups $path/tunetop-test-$$"
    fi
done
[ -n "$cgroups" ] || cannot 'no cgroup can be made here'

mkdir "$t_dir/dev" "$t_dir/package"
chmod 755 "$t_dir" "$t_dir/package"
# For a user who may not enter the folder of the source.
cp "${abs_builddir:?}/tests/tools/control" "$abs_builddir/tests/fake_server" \
    "${TUNETOP:?}" "$t_dir/package"
cp -R "$abs_srcdir/tuning/catalog" "$t_dir/package/catalog"
chmod -R a+rX "$t_dir/package"
export TUNETOP="$t_dir/package/tunetop" TUNETOP_DATADIR="$t_dir/package/catalog"
export T_CONTROL="$t_dir/package/control" T_SERVER="$t_dir/package/fake_server"

(
    for path in $cgroups; do
        # One of cpusets takes nobody as long as it has no processors: it stays empty.
        echo 0 2>/dev/null >"$path/cgroup.procs" || :
    done
    exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc --uts --ipc --net \
        bash "$folder/boot.sh" "$t_dir" "$manager" </dev/null >"$t_dir/log" 2>&1
) &
t_own $!
tries=0
until init=$(cat "/proc/$!/task/$!/children" 2>/dev/null) && init=${init%% *} && [ -n "$init" ] &&
    [ "$(cat "/proc/$init/comm" 2>/dev/null)" = systemd ] &&
    nsenter -t "$init" -m -p test -S /run/systemd/private; do
    tries=$((tries + 1))
    if [ "$tries" -ge 200 ] || ! kill -0 $! 2>/dev/null; then
        cannot 'it did not start'
    fi
    sleep 0.05
done

nsenter -t "$init" --mount --pid --uts --ipc --net --wd="$PWD" bash "$folder/inside.sh" "$t_dir"
