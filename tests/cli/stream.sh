#!/usr/bin/env bash
# stream: a line a sample, and how it ends.
. "${abs_srcdir:?}/tests/lib.sh"

t_run "$TUNETOP" stream -n 3 -i 0.2
t_expect_status 0
t_expect_err_is ''
t_is 'three lines' "$(wc -l <"$t_dir/out" | tr -d ' ')" 3
t_expect_shape 3
t_must_fail 'rates are there from the first line on' grep -q '"steal_ratio":null' "$t_dir/out"
t_is 'three times' "$(grep -o '"time":"[^"]*"' "$t_dir/out" | sort -u | wc -l | tr -d ' ')" 3

# The reader goes away between two lines: noticed at once, not with the next line a minute later.
{ "$TUNETOP" stream -i 60 2>"$t_dir/err"; echo $? >"$t_dir/status"; } | head -n 1 >"$t_dir/line"
t_wait_for 'a closed pipe ends it' test -s "$t_dir/status"
t_is 'a closed pipe: exit 0' "$(cat "$t_dir/status")" 0
t_is 'a closed pipe: nothing is said' "$(cat "$t_dir/err")" ''
t_is 'a closed pipe: its line was whole' "$(grep -c '^{.*}$' "$t_dir/line")" 1

if [ -w /dev/full ]; then
    t_status=0
    "$TUNETOP" stream >/dev/full 2>"$t_dir/err" || t_status=$?
    t_is 'a full disk: exit 1' "$t_status" 1
else
    t_skip 'a full disk' 'no /dev/full'
fi

# A signal: 128+N, and no process stays behind.
ended() {
    ! jobs -rp | grep -qx "$1"
}
for signal in TERM HUP; do
    # Under nohup a hang-up is ignored from the start, and tunetop leaves it so.
    if [ "$("${BASH:-bash}" -c "kill -s $signal \$\$; echo ignored" 2>/dev/null)" = ignored ]; then
        t_skip "SIG$signal" 'it is ignored here'
        continue
    fi
    "$TUNETOP" stream -i 60 >"$t_dir/out" 2>"$t_dir/err" &
    pid=$!
    t_own "$pid"
    t_wait_for "$signal: it runs" test -s "$t_dir/out"
    if command -v pgrep >/dev/null 2>&1; then
        pgrep -P "$pid" >"$t_dir/children"
    else
        : >"$t_dir/children"
    fi
    kill -s "$signal" "$pid"
    t_wait_for "SIG$signal ends it" ended "$pid"
    kill -s KILL "$pid" 2>/dev/null
    t_status=0
    wait "$pid" 2>/dev/null || t_status=$?
    t_is "SIG$signal ends it with 128+N" "$t_status" "$((128 + $(kill -l "$signal")))"
    gone() {
        while read -r child; do
            ! kill -0 "$child" 2>/dev/null || return 1
        done <"$t_dir/children"
    }
    t_wait_for "SIG$signal: its helper process is gone" gone
done

t_done
