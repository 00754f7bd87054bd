#!/usr/bin/env bash
# inside.sh FOLDER: the checks, inside of the machine that systemd.sh started.
. "${abs_srcdir:?}/tests/lib.sh"

exec 2>&1
export PATH="${t_real_path:?}"
control=${T_CONTROL:?}
chmod 755 "$t_dir"
here=$abs_srcdir/tests/systemd

# shellcheck source=tests/systemd/units.sh
. "$here/units.sh"
# A minute, most of which is waiting: not for each run of the suite.
if [ "${TUNETOP_SYSTEMD-}" = required ]; then
    # shellcheck source=tests/systemd/apply.sh
    . "$here/apply.sh"
fi
t_done
