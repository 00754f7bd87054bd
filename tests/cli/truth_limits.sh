#!/usr/bin/env bash
# Use against limit of a service, against the files of a control group that is made for it: a small one, in which memory
# runs out for real and a quota holds back.
. "${abs_srcdir:?}/tests/lib.sh"

[ -x "${abs_builddir:?}/tests/tools/truth_rates" ] || t_skip_all "there is no /proc on this system"

# A name of its own, by which its processes are found among those of other tests.
cp "$TUNETOP" "$t_dir/tunetop"
TUNETOP=$t_dir/tunetop
config=$XDG_CONFIG_HOME/tunetop/tunetop.yaml
MIB=1048576

# value TEMPLATE: what `status` says; "-" where it does not
value() {
    "$TUNETOP" status --format "$1" 2>&1
}

limit=$((48 * MIB))
group=tunetop-test-$$
memory=/sys/fs/cgroup/memory/$group cpu=/sys/fs/cgroup/cpu/$group
usage=memory.usage_in_bytes peak=memory.max_usage_in_bytes most=memory.limit_in_bytes events=memory.oom_control
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    memory=/sys/fs/cgroup/$group cpu=$memory
    usage=memory.current peak=memory.peak most=memory.max events=memory.events
fi
in_group() { # in_group COMMAND...: in the group from its first instruction on
    (
        echo "$BASHPID" >"$memory/cgroup.procs" && echo "$BASHPID" >"$cpu/cgroup.procs" && exec "$@"
    )
}
end_group() {
    local dir pid
    for dir in "$memory" "$cpu"; do
        [ -d "$dir" ] || continue
        while read -r pid; do
            kill -9 "$pid" 2>/dev/null
        done <"$dir/cgroup.procs"
        for _ in $(seq 100); do
            rmdir "$dir" 2>/dev/null && break
            sleep 0.05 # until the kernel has let go of the last one
        done
    done
}
make_group() {
    [ "$(id -u)" -eq 0 ] && mkdir "$memory" && { [ "$cpu" = "$memory" ] || mkdir "$cpu"; } &&
        echo $limit >"$memory/$most" || return 1
    if [ "$cpu" = "$memory" ]; then
        echo '20000 100000' >"$cpu/cpu.max"
    else
        echo 100000 >"$cpu/cpu.cfs_period_us" && echo 20000 >"$cpu/cpu.cfs_quota_us"
    fi
}
count() {
    awk -v name="$2" '$1 == name { print $2 }' "$1"
}
if make_group 2>/dev/null; then
    trap 'end_group; t_cleanup' EXIT
    mkfifo "$t_dir/life"
    exec 9<>"$t_dir/life"
    in_group "$abs_builddir/tests/fake_server" --kind comfyui --mode normal \
        <"$t_dir/life" >"$t_dir/port" 9>&- &
    t_own $!
    t_wait_for 'a service in the group serves' test -s "$t_dir/port"
    read -r port _ <"$t_dir/port"
    printf 'services:\n  - {name: small, kind: comfyui, url: "http://127.0.0.1:%s"}\n' "$port" >"$config"
    printf '%s\n' 'size 120x40' wait-services 2 '/' 'type small' Enter Down \
        'wait-screen of 0.0 GiB' "save-screen $t_dir/before" \
        'wait-screen small ran out of memory: 1 process killed' "save-screen $t_dir/killed" q >"$t_dir/script"
    "$TUNETOP" --script "$t_dir/script" >"$t_dir/out" 2>"$t_dir/err" </dev/null &
    screen=$!
    t_own $screen
    t_wait_for 'the dashboard watches' test -s "$t_dir/before"
    t_ok 'nothing was killed so far' test "$(count "$memory/$events" oom_kill)" -eq 0
    t_ok 'and none is shown' grep -q 'limits   memory 0.0 of 0.0 GiB, peak 0.0 *$' "$t_dir/before"
    # tail keeps the last line, which never ends.
    in_group tail -n 1 /dev/zero 2>/dev/null &
    hungry=$!
    t_own $hungry
    wait $hungry 2>/dev/null
    t_is 'the kernel killed it' "$(count "$memory/$events" oom_kill)" 1
    in_group sh -c 'while :; do :; done' &
    t_own $!
    wait $screen
    t_is 'the dashboard saw it' "$?" 0
    t_ok 'its row' grep -q '1 OOM kill' "$t_dir/killed"
    before=$(cat "$memory/$usage")
    got=$(value '{services.small.memory_limit_bytes} {services.small.oom_kills} {services.small.cpu_limit_cores} {services.small.memory_group_bytes} {services.small.memory_peak_bytes}')
    read -r told kills cores used top <<<"$got"
    t_is 'its limit, as the kernel has it' "$told" "$(cat "$memory/$most")"
    t_is 'its kills' "$kills" 1
    t_is 'its CPU limit' "$cores" 0.2
    t_between 'its use' "$used" "$before" "$(cat "$memory/$usage")" $((2 * MIB))
    if [ -f "$memory/$peak" ]; then
        t_is 'its peak' "$top" "$(cat "$memory/$peak")"
    else
        t_is 'its peak is not told before Linux 5.19' "$top" -
    fi
    # Counters of the kernel before and after, over more than the five seconds t_between two looks.
    periods=$(count "$cpu/cpu.stat" nr_periods) throttled=$(count "$cpu/cpu.stat" nr_throttled)
    printf '%s\n' 'size 120x40' wait-services 2 '/' 'type small' Enter Down \
        'wait-screen the CPU limit of 0.2 cores holds small back in' "save-screen $t_dir/held" q >"$t_dir/script"
    "$TUNETOP" --script "$t_dir/script" >"$t_dir/out" 2>"$t_dir/err" </dev/null &
    screen=$!
    t_own $screen
    "$TUNETOP" stream -n 8 -i 1 2>/dev/null | tail -n 1 | tr -d '\n' >"$t_dir/stream"
    periods=$(($(count "$cpu/cpu.stat" nr_periods) - periods))
    throttled=$(($(count "$cpu/cpu.stat" nr_throttled) - throttled))
    share=$(awk -v a=$throttled -v b=$periods 'BEGIN { print a / b }')
    # Of the first one after its name: others of this machine may stand behind it.
    got=$(sed 's/.*"name":"small"//' "$t_dir/stream" | grep -o '"cpu_throttled_ratio":[0-9.]*' |
        sed -n '1s/.*://p')
    t_between 'its share of periods' "$got" "$share" "$share" 0.05
    wait $screen
    t_is 'the dashboard saw that, too' "$?" 0
    t_ok 'what holds it back' grep -Eq 'CPU 0.2 cores, held back in [0-9]+ % of periods' "$t_dir/held"
    t_run "$TUNETOP" services
    t_expect_out '^  limits     memory 0\.[01] of 0\.0 GiB   peak 0\.0 GiB   1 OOM kill$'
    t_expect_out '^             CPU 0\.2 cores'
    end_group
else
    t_skip 'a control group' "only root makes one, with the controllers of memory and CPU"
fi

t_done
