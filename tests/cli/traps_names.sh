#!/usr/bin/env bash
# A name server that takes questions and never answers, and two services that are named by it: their
# rows say so, nothing waits for them, `q` ends at once. It runs in namespaces of its own.
mute="${abs_builddir:?}/tests/tools/mute_names"
ptybench="$abs_builddir/tests/bench/ptybench"
if [ -z "${MUTE_NAMES:-}" ]; then
    if ! [ -x "$mute" ] || ! "$mute" true 2>/dev/null; then
        printf '1..0 # SKIP no mount and network namespaces of our own here\n'
        exit 0
    fi
    MUTE_NAMES=1 exec "$mute" "${BASH:-bash}" "$0" "$@"
fi
. "${abs_srcdir:?}/tests/lib.sh"

mkfifo "$t_dir/life"
exec 9<>"$t_dir/life"
"$abs_builddir/tests/fake_server" --kind ollama <"$t_dir/life" >"$t_dir/port" 9>&- &
t_own "$!"
t_wait_for 'a server runs' test -s "$t_dir/port"
read -r port _ <"$t_dir/port"
cat >"$XDG_CONFIG_HOME/tunetop/tunetop.yaml" <<YAML
services:
  - {name: well, kind: ollama, url: "http://127.0.0.1:$port"}
  - {name: lost, kind: ollama, url: "http://some-name.example:11434"}
  - {name: away, kind: comfyui, url: "https://another-name.example:8188/behind"}
YAML

now_ms() {
    echo $(($(date +%s%N) / 1000000))
}
# A checker of memory or races slows everything down; the limits are those of the program alone.
slow=1
grep -q -a -e __asan_init -e __tsan_init "$TUNETOP" && slow=4
# within MS COMMAND...: t_run, and how long it took
within() {
    local limit=$(($1 * slow)) begin
    shift
    begin=$(now_ms)
    t_run "$@"
    took=$(($(now_ms) - begin))
    t_ok "$t_what: took $took ms of $limit" test "$took" -le "$limit"
}

if [ -x "$ptybench" ]; then
    TUNETOP_FRAME_LOG=$t_dir/frames "$ptybench" --size 120x40 --settle 3 --seconds 4 --keys 40 \
        --key-list 'w,esc,2,down,?,esc,1,]' -- "$TUNETOP" </dev/null >"$t_dir/bench" 2>&1 9>&- &
    bench=$!
    t_own "$bench"
fi

within 1200 "$TUNETOP" status --json
t_expect_status 0
t_expect_shape 1
within 1200 "$TUNETOP" status --format '{services.well.state} {services.lost.state}'
t_expect_out_is 'up busy'

# After two seconds it is given up, asked again after a while, and given up again: the row stays.
"$TUNETOP" stream -n 1000 </dev/null >"$t_dir/stream" 2>&1 9>&- &
watched=$!
t_own "$watched"
told() { # TIMES: so often each of them was said to be down
    [ "$(grep -c '"name":"lost"[^}]*"state":"down","reason":"its host name was not found in time"' \
        "$t_dir/stream")" -ge "$1" ] &&
        [ "$(grep -c '"name":"away"[^}]*"state":"down","reason":"its host name was not found in time"' \
            "$t_dir/stream")" -ge "$1" ]
}
t_wait_for 'the rows say what is wrong' told 1
t_must_fail 'the other one is not held up' grep -q '"name":"well"[^}]*"state":"busy","reason":"no' "$t_dir/stream"
begin=$(now_ms)
kill "$watched"
wait "$watched" 2>/dev/null
took=$(($(now_ms) - begin))
t_ok "it ends at once: $took ms" test "$took" -le $((500 * slow))

printf '%s\n' 'size 80x24' 'wait-screen not found' "save-screen $t_dir/screen" q >"$t_dir/script"
within 4000 "$TUNETOP" --script "$t_dir/script"
t_expect_status 0
t_ok 'the row is on the screen' grep -q 'lost.*its host name was not found in time' "$t_dir/screen"

if [ -x "$ptybench" ]; then
    t_run wait "$bench"
    t_ok 'the dashboard ended well' grep -q 'end=quit .*status=0' "$t_dir/bench"
    t_ok 'each key has its frame' grep -q 'keys=40 keys_missed=0' "$t_dir/bench"
    ended=$(sed -n 's/.*end_ms=\([0-9]*\).*/\1/p' "$t_dir/bench")
    # Who waited for the look-up would wait for minutes. The tool is in the way of a busy machine, too.
    t_ok "q ends it: ${ended:-?} ms" test "${ended:-9999}" -le $((2000 * slow))
    p99=$(awk '
        /^key/ { key = $3 }
        /^frame/ && key { d[++n] = ($7 - key) / 1e6; key = 0 }
        END {
            for (i = 1; i <= n; i++) for (k = i; k > 1 && d[k] < d[k - 1]; k--) { t = d[k]; d[k] = d[k - 1]; d[k - 1] = t }
            i = int(n * 0.99); printf "%d", d[i < 1 ? 1 : i]
        }' "$t_dir/frames")
    t_ok "key to frame: p99 of $p99 ms" test "${p99:-999}" -le $((30 * slow))
else
    t_skip 'the dashboard' 'ptybench is for Linux'
fi

exec 9>&-
t_done
