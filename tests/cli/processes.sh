#!/usr/bin/env bash
# Every process as ps sees it, under load, as whoever runs this and as an ordinary user.
. "${abs_srcdir:?}/tests/lib.sh"

tool="${abs_builddir:?}/tests/tools/ps_truth"
[ -x "$tool" ] || t_skip_all "there is no /proc on this system"

t_run "$tool"
t_expect_status 0
t_expect_out '^1\.\.' "the comparison was made to its end"

if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then
    t_note "not root, or no setpriv: as an ordinary user it was not tried"
else
    chmod 755 "$t_dir"
    cp "$tool" "$t_dir/ps_truth"
    t_run setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$t_dir/ps_truth"
    t_expect_status 0
    t_expect_out '^ok .* that of other users is missing' "an ordinary user is told why"
fi

t_done
