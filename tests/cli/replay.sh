#!/usr/bin/env bash
# --replay: a recording gives the same bytes every time, and its own times and rates.
. "${abs_srcdir:?}/tests/lib.sh"

# A machine of two cores. Each second 100 ticks a core pass; busy are 0, then 25, then 50 of them.
rec="$t_dir/rec"
mkdir "$rec"
cat >"$rec/meta.json" <<'JSON'
{"kind": "reads", "start_wall": "2026-11-21T14:00:00Z", "start_t_ns": 5000000000}
JSON
read_line() {
    printf '{"t_ns": %s, "source": "cpu", "key": "file %s", "state": "ok", "text": "%s"}\n' "$@"
}
busy=1000
idle=9000
for second in 0 1 2 3; do
    t_ns=$((5 + second))000000000
    busy=$((busy + second * 25))
    idle=$((idle + 100 - second * 25))
    core="$busy 0 0 $idle 0 0 0 0 0 0"
    stat="cpu  $((busy * 2)) 0 0 $((idle * 2)) 0 0 0 0 0 0\\n"
    read_line "$t_ns" /proc/stat "${stat}cpu0 $core\\ncpu1 $core\\nprocesses 7\\n"
    memory="MemTotal: 8000000 kB\\nMemFree: 900000 kB\\nBuffers: 0 kB\\nCached: 0 kB\\n"
    memory="${memory}Shmem: 0 kB\\nSReclaimable: 0 kB\\n"
    memory="${memory}MemAvailable: $((4000000 - second * 1000000)) kB\\n"
    read_line "$t_ns" /proc/meminfo "${memory}SwapTotal: 0 kB\\nSwapFree: 0 kB\\n"
    read_line "$t_ns" /proc/loadavg "0.$second 0.20 0.30 1/100 200\\n"
done >"$rec/reads.jsonl"
printf '{"t_ns": 9000000000, "sour' >>"$rec/reads.jsonl" # cut off while it was written

t_run "$TUNETOP" --replay "$rec" --at +2 status --json
t_expect_status 0
t_expect_err_is ''
cp "$t_dir/out" "$t_dir/first"
t_expect_shape 1
for turn in 1 2 3; do
    t_run "$TUNETOP" --replay "$rec" --at +2 status --json
    t_cmp "the same bytes every time ($turn)" "$t_dir/out" "$t_dir/first"
done
t_run "$TUNETOP" status --json --replay="$rec" --at 2026-11-21T15:00:02+01:00
t_cmp 'the same by wall time' "$t_dir/out" "$t_dir/first"

# at TIME EXPECTED
at() {
    t_run "$TUNETOP" --replay "$rec" --at "$1" status --format \
        '{time} {cpu.utilization_ratio:%} {memory.used_bytes} {cpu.load_average.0}'
    t_expect_out_is "$2"
}
at +0 '2026-11-21T14:00:00.000+00:00 - 4096000000 0'
at +1 '2026-11-21T14:00:01.000+00:00 25% 5120000000 0.1'
at +2 '2026-11-21T14:00:02.000+00:00 50% 6144000000 0.2'
at +3 '2026-11-21T14:00:03.000+00:00 75% 7168000000 0.3'
t_run "$TUNETOP" --replay "$rec" status --format '{time} {cpu.utilization_ratio:%}'
t_expect_out_is '2026-11-21T14:00:03.000+00:00 75%'

t_run "$TUNETOP" --replay "$rec" stream
t_expect_status 0
times() { # of what was printed, FROM-TO its columns
    grep -o '"time":"[^"]*"' "$t_dir/out" | cut -c "$1" | tr '\n' ' '
}
t_is 'a line a second' "$(times 20-27)" \
    '14:00:00 14:00:01 14:00:02 14:00:03 '
t_run "$TUNETOP" --replay "$rec" --at +1 stream -n 2 -i 0.5
t_is 'two lines' "$(times 20-31)" '14:00:01.000 14:00:01.500 '

# JSON is what was measured, without the smoothing of the screen, for cores and their kinds too.
ratios() {
    grep -o "$1" "$t_dir/out" | grep -o '[0-9.]*$' | tr '\n' ' '
}
t_run "$TUNETOP" --replay "$rec" stream
t_is 'each core as measured' "$(ratios '"online":true,"utilization_ratio":[0-9.]*')" \
    '0.25 0.25 0.5 0.5 0.75 0.75 '
t_is 'each kind as measured' "$(ratios '"core_count":2,"utilization_ratio":[0-9.]*')" \
    '0.25 0.5 0.75 '

# Nothing of this machine: what was not recorded is a dash.
t_run "$TUNETOP" --replay "$rec" status --format \
    '{host.name} {disks.0.total_bytes} {services.ollama.state}'
t_expect_out_is '- - -'

t_run "$TUNETOP" --replay "$rec" --at +4 status
t_expect_status 2
t_expect_err_is "tunetop: '--at +4' lies outside the recording: \
2026-11-21T14:00:00.000+00:00 to 2026-11-21T14:00:03.000+00:00, +0 to +3.000"
for time in -1 +x +-1 yesterday 2026-11-21 2099-01-01T00:00:00Z 0001-01-01T00:00:00Z; do
    t_run "$TUNETOP" --replay "$rec" --at "$time" status
    t_expect_status 2
done
t_run "$TUNETOP" --replay "$t_dir/none" status
t_expect_status 1
echo 'nonsense' >"$rec/reads.jsonl"
echo '{}' >>"$rec/reads.jsonl"
t_run "$TUNETOP" --replay "$rec" status
t_expect_status 2
t_expect_err 'reads.jsonl:1: '

t_done
