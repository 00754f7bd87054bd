#!/usr/bin/env bash
#
# The real sudo, as an ordinary user of a machine in namespaces of its own: he types commands and
# his password at a terminal, in a shell and from the dashboard. It needs root; what is missing is a
# skip, or a failure where TUNETOP_SYSTEMD=required (./dev systemd).
. "${abs_srcdir:?}/tests/lib.sh"

here=$abs_srcdir/tests/sudo
cannot() {
    if [ "${TUNETOP_SYSTEMD-}" = required ]; then
        printf 'not ok 1 - sudo: it did not run: %s\n1..1\n' "$1"
        exit 1
    fi
    t_skip_all "no sudo at a terminal: $1"
}

if [ "${CI-}" = true ] && [ "${TUNETOP_SYSTEMD-}" != required ]; then
    t_skip_all 'CI has a stage for it (./dev systemd)'
fi
[ "$(uname -s)" = Linux ] || cannot 'this is not Linux'
[ "$(id -u)" = 0 ] || cannot 'it takes root'
for program in sudo setpriv unshare mount stat tmux su; do
    command -v "$program" >/dev/null || cannot "there is no $program"
done
if [ -z "${TUNETOP_TEST_INSIDE-}" ]; then
    unshare --mount --pid --fork --mount-proc true 2>/dev/null || cannot 'no namespaces here'
    rm -rf "$t_dir" "$t_asleep"
    trap - EXIT
    # All that is started ends with it.
    TUNETOP_TEST_INSIDE=1 exec unshare --mount --propagation private --pid --fork --kill-child \
        --mount-proc bash "$0"
fi

# shellcheck source=tests/sudo/world.sh
. "$here/world.sh"
# shellcheck source=tests/sudo/shell.sh
. "$here/shell.sh"
# shellcheck source=tests/sudo/screen.sh
. "$here/screen.sh"
# shellcheck source=tests/sudo/plain.sh
. "$here/plain.sh"
cd / || exit 1
t_done
