#!/usr/bin/env bash
# What tunetop says of this machine, against the tools that everybody has: df, free, ps, du; as an ordinary user, too.
# Rates: tests/tools/truth_rates.c.
. "${abs_srcdir:?}/tests/lib.sh"

tools=${abs_builddir:?}/tests/tools
[ -x "$tools/truth_rates" ] || t_skip_all "there is no /proc on this system"

# A name of its own, by which its processes are found among those of other tests.
cp "$TUNETOP" "$t_dir/tunetop"
TUNETOP=$t_dir/tunetop
config=$XDG_CONFIG_HOME/tunetop/tunetop.yaml
MIB=1048576

# value TEMPLATE: what `status` says; "-" where it does not
value() {
    "$TUNETOP" status --format "$1" 2>&1
}

# Disks: size and free space of those that are shown.
disks_match() {
    local i mount size before after
    for i in 0 1 2 3; do
        mount=$(value "{disks.$i.mount}")
        [ "$mount" != - ] || break
        before=$(df --output=avail -B1 "$mount" | tail -n 1)
        size=$(value "{disks.$i.total_bytes}")
        t_between "free on $mount" "$(value "{disks.$i.free_bytes}")" "$before" \
            "$(df --output=avail -B1 "$mount" | tail -n 1)" $((64 * MIB))
        after=$(df --output=size -B1 "$mount" | tail -n 1)
        t_is "size of $mount" "$size" "${after// /}"
    done
    t_ok 'there is a disk' test "$i" -gt 0
}
disks_match

# Memory. What is used is what procps calls that since version 4: total less available.
free_of() {
    free -b | awk -v what="$1" '/^Mem:/ { print what == "total" ? $2 : $7 } /^Swap:/ && what == "swap" { print $2 }' |
        tail -n 1
}
if command -v free >/dev/null; then
    before=$(free_of available)
    got=$(value '{memory.total_bytes} {memory.available_bytes} {memory.swap_total_bytes}')
    after=$(free_of available)
    read -r total available swap <<<"$got"
    t_is 'memory, as free has it' "$total" "$(free_of total)"
    t_is 'swap, as free has it' "$swap" "$(free_of swap)"
    t_between 'available, as free has it' "$available" "$before" "$after" $((128 * MIB))
else
    t_skip 'memory, as free has it' 'there is no free'
fi

# A service: its memory as ps has it, its folder as du has it.
mkfifo "$t_dir/life" # the server ends with its stdin
exec 9<>"$t_dir/life"
models=$HOME/.ollama/models
mkdir -p "$models/blobs"
head -c 3000000 /dev/urandom >"$models/blobs/one"
head -c 777 /dev/urandom >"$models/two"
truncate -s 1G "$models/blobs/sparse"
ln "$models/two" "$models/blobs/two"
ln -s / "$models/root"
"$abs_builddir/tests/fake_server" --kind ollama --mode normal <"$t_dir/life" >"$t_dir/port" 9>&- &
server=$!
t_own $server
t_wait_for 'the server serves' test -s "$t_dir/port"
read -r port _ <"$t_dir/port"
printf 'services:\n  - {name: truth, kind: ollama, url: "http://127.0.0.1:%s"}\n' "$port" >"$config"
rss() {
    echo $(($(ps -o rss= -p $server) * 1024))
}
own() { # what is not of a file: RssAnon
    echo $(($(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' /proc/$server/status) * 1024))
}
before="$(rss) $(own)"
got=$(value '{services.truth.pid} {services.truth.memory_used_bytes} {services.truth.memory_own_bytes}')
read -r pid used owned <<<"$got"
t_is 'the process of the service' "$pid" $server
t_between 'memory of the service, as ps has it' "$used" "${before% *}" "$(rss)" $((MIB / 4))
t_between 'what it owns' "$owned" "${before#* }" "$(own)" $((MIB / 4))

"$TUNETOP" stream -i 0.5 >"$t_dir/stream" 2>/dev/null &
stream=$!
t_own $stream
printf '%s\n' 'size 120x40' wait-services 2 / 'type truth' Enter Down "wait-screen models 0.0 GiB in" \
    "save-screen $t_dir/folders" q >"$t_dir/script"
t_run "$TUNETOP" --script "$t_dir/script"
t_ok 'the folder on the Services tab' grep -q 'folders  models 0.0 GiB in 4 files' "$t_dir/folders"
t_wait_for 'the folder is added up' grep -q '"file_count":' "$t_dir/stream"
kill "$stream"
wait "$stream" 2>/dev/null
t_is 'its size, as du has it' \
    "$(sed -n 's|.*"path":"'"$models"'"[^}]*"size_bytes":\([0-9]*\).*|\1|p' "$t_dir/stream" | tail -n 1)" \
    "$(du -sx --block-size=1 "$models" | cut -f 1)"

# As an ordinary user: what belongs to others is a dash with a reason, never 0; the rest is the same.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    someone=(setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent XDG_CONFIG_HOME=/nonexistent)
    chmod 755 "$t_dir" # it runs the program in there
    cp "$config" "$t_dir/config.yaml"
    chmod 644 "$t_dir/config.yaml"
    t_run "${someone[@]}" "$TUNETOP" --config "$t_dir/config.yaml" status --format \
        '{services.truth.state} {services.truth.memory_used_bytes} {services.truth.oom_kills} {services.truth.memory_limit_bytes}'
    t_expect_out_is 'up - - -'
    t_run "${someone[@]}" "$TUNETOP" --config "$t_dir/config.yaml" services
    t_expect_out '^  process    .*(other users|not visible|unknown|permission)'
    t_is 'an ordinary user sees the same disk' \
        "$("${someone[@]}" "$TUNETOP" status --format '{disks.0.mount} {disks.0.total_bytes} {memory.total_bytes}')" \
        "$(value '{disks.0.mount} {disks.0.total_bytes} {memory.total_bytes}')"
    mkdir "$t_dir/theirs"
    chown 65534 "$t_dir/theirs"
    t_run "${someone[@]}" "$tools/truth_rates" "$TUNETOP" "$t_dir/theirs" # and the same rates
    t_expect_status 0
else
    t_skip 'an ordinary user' 'only root can be somebody else'
fi

# Rates under a load of their own.
t_run "$tools/truth_rates" "$TUNETOP" "$t_dir"
t_expect_status 0
t_done
