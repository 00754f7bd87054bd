#!/usr/bin/env bash
# --sysroot: another machine's /proc and /sys, and nothing of this one.
. "${abs_srcdir:?}/tests/lib.sh"

root="$t_dir/root"
mkfifo "$t_dir/life" # the stdin of a server that is started below: it ends with it
exec 8<>"$t_dir/life"
mkdir "$root"
machine="$abs_srcdir/tests/fixtures/machines/hybrid.manifest"
"${abs_builddir:?}/tests/tools/unpack" "$machine" "$root" || exit 99
grep -q . "$root/proc/meminfo" || exit 99

kib() {
    awk -v key="$1:" '$1 == key { printf "%.0f\n", $2 * 1024 }' "$root/proc/meminfo" | head -n 1
}

t_run "$TUNETOP" --sysroot "$root" status --json
t_expect_status 0
t_expect_shape 1

# field FORMAT EXPECTED
field() {
    t_run "$TUNETOP" status --sysroot "$root" --format "$1"
    t_expect_out_is "$2"
}
field '{memory.total_bytes} {memory.available_bytes}' "$(kib MemTotal) $(kib MemAvailable)"
field '{memory.used_bytes}' "$(($(kib MemTotal) - $(kib MemAvailable)))"
field '{memory.swap_used_bytes}' "$(($(kib SwapTotal) - $(kib SwapFree)))"
field '{cpu.load_average.0} {cpu.load_average.2}' \
    "$(awk '{ print $1 + 0, $3 + 0 }' "$root/proc/loadavg")"
field '{host.name} {host.os}' 'atelier Debian 12'
field '{chip.name}' 'Intel Core i9-13900K'
field '{cpu.tiers.P.core_count} {cpu.tiers.E.core_count} {cpu.tiers.X.core_count}' '16 16 -'
# Counters that stand still give no rate, not a 0.
field '{cpu.utilization_ratio:%}' '-'
# This machine's services, disk and processes are none of it.
field '{services.ollama.state} {disks.0.total_bytes}' '- -'
t_run "$TUNETOP" --sysroot "$root" status
t_expect_out '^  not asked with --sysroot$'
t_expect_out '^atelier   Debian 12   Linux 6\.12\.48-amd64   up 3d16h$'

# Only services that --config names are asked; the user's own tunetop.yaml is not such a wish.
"$abs_builddir/tests/fake_server" --kind ollama <&8 >"$t_dir/port" &
t_own "$!"
t_wait_for 'a service runs' test -s "$t_dir/port"
read -r port _ <"$t_dir/port"
printf 'services:\n  - {name: mine, kind: ollama, url: "http://127.0.0.1:%s"}\n' "$port" \
    >"$XDG_CONFIG_HOME/tunetop/tunetop.yaml"
field '{services.mine.state}' '-'
t_run "$TUNETOP" --sysroot "$root" --config "$XDG_CONFIG_HOME/tunetop/tunetop.yaml" status \
    --format '{services.mine.state} {services.ollama.state} {host.name}'
t_expect_out_is 'up - atelier'
rm "$XDG_CONFIG_HOME/tunetop/tunetop.yaml"

# What cannot be a tree.
t_run "$TUNETOP" --sysroot "$t_dir/none" status
t_expect_status 1
t_expect_err "^tunetop: cannot open the folder '$t_dir/none': No such file or directory$"
t_run "$TUNETOP" --sysroot "$root/proc/stat" status
t_expect_status 1

# An empty tree: nothing is measured, everything is said.
mkdir "$t_dir/empty"
t_run "$TUNETOP" --sysroot "$t_dir/empty" status --format \
    '{cpu.utilization_ratio:%} {memory.used_bytes} {host.name}'
t_expect_status 0
t_expect_out_is '- - -'
t_run "$TUNETOP" --sysroot "$t_dir/empty" status --json
t_expect_shape 1
t_run "$TUNETOP" --sysroot "$t_dir/empty" status --format \
    '{sources.cpu.state} {sources.memory.state} {sources.gpu.reason}'
t_expect_out_is 'unsupported unsupported no GPU was found that the kernel tells about'

t_done
