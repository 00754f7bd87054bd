#!/usr/bin/env bash
# NVIDIA cards through the whole program, with a library of the tests' own (tests/fake_nvml.c), and with the real one
# where there is a card: what works, what is missing and why, and that a driver that hangs holds up nothing.
. "${abs_srcdir:?}/tests/lib.sh"

fakes=${abs_builddir:?}/tests/nvml
ptybench=${abs_builddir:?}/tests/bench/ptybench
[ -f "$fakes/new/libnvidia-ml.so.1" ] || t_skip_all 'the library is built on Linux only'

# A name of its own, by which its processes are found among those of other tests.
cp "$TUNETOP" "$t_dir/tunetop"
TUNETOP=$t_dir/tunetop

# value WRONG FORMAT: what `status` says with a library that is wrong in this way
value() {
    LD_LIBRARY_PATH=$fakes/${library-new} FAKE_NVML=$1 "$TUNETOP" status --format "$2" 2>&1
}
# why WRONG: state and reason of the source
why() {
    LD_LIBRARY_PATH=$fakes/new FAKE_NVML=$1 "$TUNETOP" status --json >"$t_dir/json"
    tr -d '\n\t' <"$t_dir/json" |
        sed -e 's/.*{"name":"nvidia","state":"\([a-z]*\)","reason":\(null\|"[^"]*"\).*/\1 \2/'
}

t_is 'two cards' "$(value noise,x '{gpus.0.name}, {gpus.1.name}')" \
    'NVIDIA GeForce RTX 4090, NVIDIA GeForce RTX 3060'
t_is 'what they do' "$(value x '{gpus.0.power_watts} {gpus.0.temperature_celsius} {gpus.1.power_limit_watts}')" \
    '318.25 71 170'
t_is 'the source is well' "$(why x)" 'ok null'
LD_LIBRARY_PATH=$fakes/new t_run "$TUNETOP" status --json
t_expect_status 0
t_expect_shape 1

# A driver from before the symbols of today.
library=old
t_is 'an old driver: memory, clock' \
    "$(value x '{gpus.0.memory_total_bytes} {gpus.0.memory_used_bytes} {gpus.0.frequency_hertz}')" \
    '25757220864 21462253568 2610000000'
t_is 'an old driver: what slows it down' "$(value throttle '{gpus.0.throttle_reasons.0}')" 'heat (hardware)'
unset library

t_is 'slowed down' "$(value throttle '{gpus.0.throttle_reasons.0}, {gpus.0.throttle_reasons.1}')" \
    'heat (hardware), power limit'
t_is 'a board with memory for both' \
    "$(value nomem '{gpus.0.memory_total_bytes} {gpus.0.memory_used_bytes} {gpus.0.memory_is_shared} {gpus.0.power_watts}')" \
    '- - true 318.25'
t_is 'values that cannot be' \
    "$(value absurd '{gpus.0.temperature_celsius} {gpus.1.temperature_celsius} {gpus.0.utilization_ratio} {gpus.0.power_watts} {gpus.0.memory_used_bytes}')" \
    '- - - - -'
t_is 'one off the bus: it says nothing, the other goes on' \
    "$(value lost=1 '{gpus.0.temperature_celsius} {gpus.1.temperature_celsius} {gpus.1.power_watts}')" '71 - -'
t_is 'a library of another version' "$(why mismatch)" \
    'failed "NVML does not match the driver: reboot, or reload nvidia"'
t_is 'no driver' "$(why unloaded)" "unsupported \"NVIDIA's driver is not loaded\""
t_is 'not for this user' "$(why denied)" "denied \"NVIDIA's driver may not be asked by this user\""
t_is 'a library that crashes' "$(why crash-init)" \
    'failed "its helper process has ended and is started again"'

# Nothing of it where there is no card.
if [ ! -e /proc/driver/nvidia ] && [ ! -e /dev/nvidiactl ]; then
    t_run "$TUNETOP" status --json
    t_ok 'without a driver: it says so' grep -q '"no NVIDIA driver is loaded"' "$t_dir/out"
    t_run "$TUNETOP" stream -n 2 -i 0.2
    t_is 'without a driver: no card' "$(grep -c '"gpus":\[\]' "$t_dir/out")" 2
fi

# A call that never returns, at the start or in the middle: the rest is there, in time.
for where in hang-init hang-power; do
    begin=$(date +%s)
    hung=$(value $where '{memory.total_bytes}')
    t_ok "$where: the rest is there ($hung)" test "${hung:--}" != -
    t_ok "$where: in time" test $(($(date +%s) - begin)) -le 3
done
t_must_fail 'and no process stays behind' pgrep -f "^$TUNETOP"

# A stream: the row turns stale and says for how long, and the end is at once.
LD_LIBRARY_PATH=$fakes/new FAKE_NVML=hang-power "$TUNETOP" stream -i 0.5 >"$t_dir/stream" 2>/dev/null &
pid=$!
t_own $pid
t_wait_for 'a driver that hangs: the row turns stale' \
    grep -Eq '"name":"nvidia","state":"stale","reason":"asked [0-9]+ s ago and has not answered"' "$t_dir/stream"
if command -v pgrep >/dev/null 2>&1; then
    # The spawner and its workers: the one that hangs is below it.
    spawner=$(pgrep -P $pid | head -n 1)
    pgrep -P "$spawner" >"$t_dir/workers"
    # The library is opened by one of them and by nobody else.
    has_library() {
        while read -r worker; do
            ! grep -q libnvidia-ml "/proc/$worker/maps" || return 0
        done <"$1"
        return 1
    }
    printf '%s\n' "$pid" "$spawner" >"$t_dir/others"
    t_ok 'the library is in a helper process' has_library "$t_dir/workers"
    t_must_fail 'and in no other' has_library "$t_dir/others"
    t_ok 'the disk and the card have a process each' test "$(grep -c . "$t_dir/workers")" -ge 2
    kill -s KILL $pid
    wait $pid 2>/dev/null
    gone() {
        while read -r worker; do
            ! kill -0 "$worker" 2>/dev/null || return 1
        done <"$t_dir/workers"
        ! kill -0 "$spawner" 2>/dev/null
    }
    t_wait_for 'SIGKILL: none of them stays behind' gone
fi

# The dashboard: q ends it at once while the call hangs, and nothing stays behind.
if [ -x "$ptybench" ]; then
    LD_LIBRARY_PATH=$fakes/new FAKE_NVML=hang-power FAKE_NVML_LOG=$t_dir/log \
        "$ptybench" --size 120x40 --settle 2 --seconds 1 --quit q -- "$TUNETOP" >"$t_dir/bench" 2>&1
    t_is 'the dashboard, hanging: it ended by itself' "$?" 0
    t_ok 'the dashboard, hanging: it did hang' grep -qx hang-power "$t_dir/log"
    ended=$(sed -n 's/.*end=quit end_ms=\([0-9]*\).*/\1/p' "$t_dir/bench")
    t_ok "the dashboard, hanging: q ends it in ${ended:-?} ms" test "${ended:-9999}" -le 1000
    t_must_fail 'the dashboard, hanging: no process stays behind' pgrep -f "^$TUNETOP"
fi

# A recording holds what was said, without what identifies a card, and plays the same.
LD_LIBRARY_PATH=$fakes/new FAKE_NVML=throttle t_run "$TUNETOP" record "$t_dir/rec" -n 2 -i 0.5
t_expect_status 0
t_ok 'a recording holds the cards' grep -q 'card 0000:01:00.0' "$t_dir/rec/reads.jsonl"
t_must_fail 'a recording holds no UUID' grep -q 'GPU-1111' "$t_dir/rec/reads.jsonl"
t_run "$TUNETOP" status --replay "$t_dir/rec" --format '{gpus.0.name} {gpus.0.throttle_reasons.1} {gpus.1.power_watts}'
t_expect_out_is 'NVIDIA GeForce RTX 4090 power limit 40'

# The real one.
if [ -e /dev/nvidiactl ] || [ -e /proc/driver/nvidia ]; then
    t_run "$TUNETOP" status --format '{gpus.0.name}'
    t_must_fail 'a real card: its name' grep -qx -e - "$t_dir/out"
    if command -v nvidia-smi >/dev/null 2>&1; then
        t_is 'a real card: as nvidia-smi names it' "$(cat "$t_dir/out")" \
            "$(nvidia-smi --query-gpu=name --format=csv,noheader | head -n 1)"
        t_run "$TUNETOP" status --format '{gpus.0.memory_total_bytes}'
        t_is 'a real card: its memory' "$(($(cat "$t_dir/out") / 1048576))" \
            "$(nvidia-smi --query-gpu=memory.total --format=csv,noheader,nounits | head -n 1)"
    fi
    echo '# real card: ran'
else
    t_skip 'a real card' 'there is none: skipped'
fi

t_done
