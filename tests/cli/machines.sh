#!/usr/bin/env bash
# The machines of tests/fixtures/machines: what status says of each is in its .json. Played from a
# recording made of the manifest, so that rates and services are in it and the bytes are the same
# every time; and the tree below --sysroot says the same of what stands still.
# TUNETOP_GOLDEN=update writes the .json; look at the difference as at code.
. "${abs_srcdir:?}/tests/lib.sh"

# The permissions of a tree say nothing to root; what runs as somebody else must be where that one
# may go.
chmod 755 "$t_dir"
cp "$TUNETOP" "$t_dir/tunetop"
as_user() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    else
        "$@"
    fi
}

unpack=${abs_builddir:?}/tests/tools/unpack
still='{host.name} {host.os} {host.virtual} {chip.name} {chip.model} {cpu.load_average.0}
{cpu.limit_cores} {memory.total_bytes} {memory.used_bytes} {memory.limit_bytes} {memory.pressure}
{thermal.cpu_temperature_celsius} {thermal.fan_rotations_per_minute}
{cpu.tiers.P.core_count} {cpu.tiers.E.frequency_hertz} {cpu.tiers.all.frequency_hertz}
{gpus.0.name} {gpus.0.memory_total_bytes} {gpus.0.memory_used_bytes} {gpus.1.memory_used_bytes}'

for manifest in "$abs_srcdir"/tests/fixtures/machines/*.manifest; do
    name=$(basename "$manifest" .manifest)
    want=${manifest%.manifest}.json
    case $name in
    asahi | hybrid) continue ;; # of the unit tests: they stand still
    esac
    mkdir "$t_dir/$name" "$t_dir/$name.tree"
    "$unpack" --record "$manifest" "$t_dir/$name" 5 || exit 99
    "$unpack" "$manifest" "$t_dir/$name.tree" || exit 99
    t_run "$TUNETOP" --replay "$t_dir/$name" status --json
    t_expect_status 0
    t_expect_shape 1
    # The version is this program's and not the machine's; the last digits are the processor's.
    sed '1,5s/"version":	"[^"]*"/"version":	"VERSION"/' "$t_dir/out" |
        awk '{
            while (match($0, /[0-9]+\.[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]+/)) {
                short = sprintf("%.9f", substr($0, RSTART, RLENGTH))
                sub(/0+$/, "", short)
                sub(/\.$/, "", short)
                $0 = substr($0, 1, RSTART - 1) short substr($0, RSTART + RLENGTH)
            }
            print
        }' >"$t_dir/json"
    if [ "${TUNETOP_GOLDEN:-}" = update ]; then
        cp "$t_dir/json" "$want"
    fi
    t_cmp "$name: status --json" "$t_dir/json" "$want"

    t_run "$TUNETOP" --replay "$t_dir/$name" status --format "$still"
    t_expect_status 0
    played=$(cat "$t_dir/out")
    t_run as_user "$t_dir/tunetop" --sysroot "$t_dir/$name.tree" status --format "$still"
    t_is "$name: the tree says the same" "$(cat "$t_dir/out")" "$played"
done

# A tree whose counters move, for as long as somebody holds its standard input open.
mkfifo "$t_dir/life"
exec 9<>"$t_dir/life"
mkdir "$t_dir/moving"
"$unpack" --move "$abs_srcdir/tests/fixtures/machines/big-little.manifest" "$t_dir/moving" \
    <&9 >"$t_dir/ready" &
t_own "$!"
t_wait_for 'a tree is there' grep -qx ready "$t_dir/ready"
moves() {
    ! cmp -s "$t_dir/moving/proc/stat" "$t_dir/big-little.tree/proc/stat"
}
t_wait_for 'and it moves' moves
t_ok 'what stands still is left alone' \
    cmp "$t_dir/moving/proc/cpuinfo" "$t_dir/big-little.tree/proc/cpuinfo"

t_done
