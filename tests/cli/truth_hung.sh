#!/usr/bin/env bash
# A file system that never answers, as a file server that is gone: df of it would hang. Its own row says so, the others go
# on, and the end is at once.
. "${abs_srcdir:?}/tests/lib.sh"

tools=${abs_builddir:?}/tests/tools
[ -x "$tools/hung_mount" ] || t_skip_all "there is no /proc on this system"

# A name of its own, by which its processes are found among those of other tests.
cp "$TUNETOP" "$t_dir/tunetop"
TUNETOP=$t_dir/tunetop

mkdir "$t_dir/hung"
"$tools/hung_mount" "$t_dir/hung" true 2>"$t_dir/err"
case $? in
0)
    t_is 'the kernel waits for it' \
        "$("$tools/hung_mount" "$t_dir/hung" timeout 1 stat -f "$t_dir/hung" >/dev/null 2>&1; echo $?)" 124
    printf '%s\n' 'size 160x60' 'wait-screen GiB free' w 'wait-screen hangs' "save-screen $t_dir/why" q >"$t_dir/script"
    cat >"$t_dir/inside" <<-END
	"$TUNETOP" stream -n 9 -i 1 >"$t_dir/stream" &
	begin=\$(date +%s%N)
	"$TUNETOP" status --format '{disks.0.mount} {disks.0.free_bytes}' >"$t_dir/status"
	echo \$(((\$(date +%s%N) - begin) / 1000000)) >"$t_dir/took"
	"$TUNETOP" --script "$t_dir/script" || exit
	date +%s.%N >"$t_dir/ended"
	wait
	END
    t_run "$tools/hung_mount" "$t_dir/hung" bash "$t_dir/inside"
    t_expect_status 0
    t_ok 'its row says why' grep -Eq "disk .*$t_dir/hung: its probe hangs" "$t_dir/why"
    # While the helper sleeps in the kernel: what was saved last is the time at which q was pressed.
    took=$(awk -v a="$(stat -c %.9Y "$t_dir/why")" -v b="$(cat "$t_dir/ended")" 'BEGIN { printf "%.0f", (b - a) * 1000 }')
    t_ok "q ends it at once: $took ms" test "$took" -le 1000
    t_ok "status ends in time: $(cat "$t_dir/took") ms" test "$(cat "$t_dir/took")" -le 3000
    t_ok 'and has the root' grep -Eq '^/ [0-9]+' "$t_dir/status"
    tail -n 1 "$t_dir/stream" >"$t_dir/last"
    t_ok 'its numbers are null' \
        grep -q "\"mount\":\"$t_dir/hung\",\"total_bytes\":null,\"free_bytes\":null" "$t_dir/last"
    t_ok 'the source says which' grep -q "\"name\":\"disk\",\"state\":\"ok\",\"reason\":\"$t_dir/hung: " "$t_dir/last"
    # It is left alone after that: one that is asked over and over would cost a core.
    t_ok 'it is not asked without end' awk -F'"name":"disk",' '{ split($2, a, "\"age_seconds\":"); exit !(a[2] + 0 >= 1) }' \
        "$t_dir/last"
    t_must_fail 'and no process stays behind' pgrep -f "^$TUNETOP"
    ;;
77) t_skip 'a mount that never answers' "$(head -n 1 "$t_dir/err")" ;;
*) t_report 1 'a mount that never answers' ;;
esac

t_done
