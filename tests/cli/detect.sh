#!/usr/bin/env bash
# detect: which profile fits this machine, another one, and those of the fixtures.
. "${abs_srcdir:?}/tests/lib.sh"

shape="$t_dir/detect.shape"
cat >"$shape" <<'END'
schema number
version text
time time
chip text?
device text
model text?
gpu_core_count number?
gpu_memory_total_bytes number?
memory_total_bytes number?
memory_available_bytes number?
memory_level_now text?
bandwidth_peak_bytes_per_second number?
software object
software.os text?
software.ollama text?
software.comfyui text?
software.pytorch text?
listed bool
memory_limit text
memory_limit_bytes number
cpu_fraction number
profile text
recommended_memory_gb number
memory_level text
max_image_size list
max_image_size[] number
memory_pools object
memory_pools.llm_models_bytes number?
memory_pools.inference_cache_bytes number?
memory_pools.processing_buffer_bytes number?
memory_pools.system_reserve_bytes number?
threads object
threads.performance number?
threads.efficiency number?
threads.llm number?
threads.io number?
threads.background number?
fits object
fits.budget_bytes number?
fits.budget_is_estimate bool
fits.largest list
fits.largest[] object
fits.largest[].context_tokens number
fits.largest[].q4 text?
fits.largest[].q8 text?
fits.largest[].f16 text?
installed_models list?
installed_models[] object
installed_models[].service text
installed_models[].name text
installed_models[].digest text?
installed_models[].size_bytes number?
installed_models[].parameter_count text?
installed_models[].quantization text?
installed_models[].architecture text?
installed_models[].remote bool
installed_models[].context_max_tokens number?
installed_models[].context_tokens number?
installed_models[].parallel number?
installed_models[].cache_type text?
installed_models[].cache_bytes number?
installed_models[].needed_bytes number?
installed_models[].needed_is_upper_bound bool
installed_models[].budget_bytes number?
installed_models[].fits text?
installed_models[].cpu_bytes number?
installed_models[].layer_count number?
installed_models[].gpu_layer_count number?
installed_models[].context_largest_tokens number?
installed_models[].context_largest_alone_tokens number?
installed_models[].reason text?
installed_models_reason text?
reason text
END

# env LIMIT FRACTION PROFILE MEMORY OPTION...: the four lines, and nothing else.
env_is() {
    local wanted
    wanted=$(printf 'MEMORY_LIMIT=%s\nCPU_LIMIT=%s\nPERFORMANCE_PROFILE=%s\nRECOMMENDED_MEMORY=%s' \
        "$1" "$2" "$3" "$4")
    shift 4
    t_run "$TUNETOP" detect --env "$@"
    t_expect_status 0
    t_expect_out_is "$wanted"
    t_expect_err_is ''
}
env_is 24G 0.80 high 32 --chip 'Apple M4 Pro' --memory 48
env_is 24G 0.80 high 32 --chip 'M4 Pro' --memory 32
env_is 18G 0.80 high 32 --chip=m4-pro --memory=24
env_is 8G 0.65 conservative 16 --chip 'M1' --memory 16GB
env_is 128G 0.85 ultra 64 --chip 'M5 Ultra' --memory 512 --gpu-cores 80
env_is 24G 0.80 high 32 --chip 'Ryzen 9' --memory '62.7 GiB' --vram '24,564 MiB'
env_is 12G 0.80 high 32 --chip 'Ryzen 9' --memory 15.4 --vram 24
# Boards and processors whose GPU shares the memory: the level is that of the memory.
env_is 32G 0.85 ultra 64 --chip 'NVIDIA GB10' --memory 119.6
env_is 32G 0.85 ultra 64 --chip 'AMD RYZEN AI MAX+ 395 w/ Radeon 8060S' --memory 128
env_is 12G 0.75 optimized 24 --chip 'Jetson Orin NX' --memory 16
env_is 12G 0.70 balanced 16 --chip 'Ryzen 9' --memory 128
# What a chip's name holds is never in them: they are for eval.
# shellcheck disable=SC2016 # meant literally
env_is 12G 0.70 balanced 16 --chip '$(touch /tmp/x); M4 Pro' --memory 16
t_run "$TUNETOP" detect --env --chip "$(printf 'x\n\033]0;y\007PERFORMANCE_PROFILE=ultra')" --memory 16
t_is 'four lines whatever the name' "$(wc -l <"$t_dir/out" | tr -d ' ')" 4

# In sentences: the level and the limits in one.
t_run "$TUNETOP" detect --chip 'Apple M4 Pro' --memory 48 --gpu-cores 20
t_expect_status 0
t_expect_out '^Apple M4 Pro   14 cores   48\.0 GiB$'
t_is 'level and limits' "$(sed -n '2,3p' "$t_dir/out" | tr '\n' ' ')" \
    "With a very high memory level the profile is high: give a container at most 24G of memory and 0.80 of the machine's CPU. "
t_expect_out "^  because +row 'Apple M4 Pro with 32 GB or more' of the chip table$"
t_expect_out '^  images +up to 1536 x 1536 on mps$'
t_expect_out '^  pools +models 30\.0   inference cache 7\.5   processing 6\.0   system 4\.5 GiB$'
t_expect_out '^  threads +12 for the model \(10 performance, 2 efficiency\)'
t_expect_out '^  bandwidth +up to 273 GB/s$'
t_must_fail 'no line is longer than 100 columns' grep -Eq '.{101}' "$t_dir/out"
t_run "$TUNETOP" detect --chip 'Apple M9 Hyper' --memory 64
t_expect_out "no chip 'Apple M9 Hyper' is known"
t_run "$TUNETOP" detect --chip "$(printf 'a\033]0;x\007b')" --memory 64
t_must_fail 'control characters of a name are not printed' grep -q "$(printf '\033')" "$t_dir/out"

# What it holds: less with more context and wider weights.
t_run "$TUNETOP" detect --chip 'Ryzen 9' --memory 64 --vram '24,564 MiB'
t_expect_out '^  holds +context +4K +8K +16K +32K$'
t_expect_out '^ +Q4 +32B +32B +32B +14B$'
t_expect_out '^ +Q8 +14B +14B +14B +14B$'
t_expect_out '^ +F16 +8B +8B +8B +8B$'
t_expect_out "estimate: the largest class of models in 24\\.0 GiB, the card's memory"

# JSON, of another machine and of this one.
t_run "$TUNETOP" detect --json --chip 'Apple M4 Max' --memory 128
t_expect_status 0
t_expect_shape 1 "$shape"
t_expect_out '"memory_limit":	"32G"'
t_expect_out '"listed":	true'
t_expect_out '"memory_available_bytes":	null'
sed 's/"listed"/"found"/' "$t_dir/out" >"$t_dir/other"
t_must_fail 'a renamed field is a difference' \
    "${abs_builddir:?}/tests/tools/json_shape" "$shape" <"$t_dir/other"
t_run "$TUNETOP" detect --json
t_expect_status 0
t_expect_shape 1 "$shape"
# What this machine's own /proc says, worked out a second time.
if [ -r /proc/meminfo ]; then
    bytes=$(awk '$1 == "MemTotal:" { printf "%.0f", $2 * 1024 }' /proc/meminfo)
    t_expect_out "\"memory_total_bytes\":	$bytes,"
    said() { # said KEY: its value
        sed -n "s/^	*\"$1\":	\"*\([^\",]*\)\"*,*\$/\1/p" "$t_dir/json" | head -n 1
    }
    cp "$t_dir/out" "$t_dir/json"
    # The chip's words are those of cpuinfo, where that has a name.
    model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1 | sed 's/([A-Z]*)//gi')
    for word in ${model:+$(said chip)}; do
        t_ok "the chip is that of cpuinfo: $word" grep -qiF -e "$word" <(printf '%s' "$model")
    done
    limit=$("$TUNETOP" status --format '{memory.limit_bytes}{cpu.limit_cores}')
    if [ "$(said device)" = cpu ] && [ "$limit" = -- ]; then
        # Of what is sold the nearest within 8 %; at most balanced without a card.
        wanted=$(awk -v gib="$(awk "BEGIN { print $bytes / 1073741824 }")" 'BEGIN {
            n = split("2 4 6 8 10 11 12 16 18 20 24 32 36 40 48 64 80 96 128 141 192 256 512", sold)
            gb = gib
            off = 0.08
            for (i = 1; i <= n; i++) {
                d = gib / sold[i] - 1
                if (d < 0) d = -d
                if (d <= off) { off = d; gb = sold[i] }
            }
            cap = gb < 8 ? 8 : 12
            limit = int(gb * 0.75)
            printf "%dG %s %s", limit < cap ? limit : cap, gb < 8 ? 0.65 : 0.7,
                gb < 8 ? "conservative" : "balanced" }')
        t_is 'limit, share and profile by the rules' \
            "$(said memory_limit) $(said cpu_fraction) $(said profile)" "$wanted"
        cores=$(grep -c '^processor' /proc/cpuinfo)
        t_is 'two cores are left' "$(said llm)" "$((cores > 3 ? cores - 2 : 1))"
        t_is 'the pools are the memory' "$(sed -n 's/^	*"[a-z_]*_bytes":	\([0-9]*\).*/\1/p' <(
            sed -n '/"memory_pools"/,/}/p' "$t_dir/json") |
            awk -v b="$bytes" '{ s += $1 } END { print (b - s < 4 && s <= b) ? "yes" : s }')" yes
    else
        echo "# not compared with the rules: device $(said device), limits '$limit'"
    fi
    t_run "$TUNETOP" detect
    t_expect_out 'the profile is (ultra|high|optimized|balanced|conservative):'
fi
# The same profile everywhere.
t_run "$TUNETOP" detect --env
profile=$(sed -n 's/^PERFORMANCE_PROFILE=//p' "$t_dir/out")
t_run "$TUNETOP" status --format '{profile.recommended}'
t_expect_out_is "$profile"
t_run "$TUNETOP" status
t_expect_out "fits $profile\$"

# The machines of the fixtures: unpacked, not this one.
# machine NAME LIMIT FRACTION PROFILE LISTED
machine() {
    local root="$t_dir/$1"
    mkdir "$root"
    "$abs_builddir/tests/tools/unpack" "$abs_srcdir/tests/fixtures/machines/$1.manifest" "$root" ||
        exit 99
    t_run "$TUNETOP" --sysroot "$root" detect --env
    t_is "$1" "$(sed 's/^[^=]*=//' "$t_dir/out" | head -n 3 | tr '\n' ' ')" "$2 $3 $4 "
    t_run "$TUNETOP" --sysroot "$root" status --format '{profile.recommended} {chip.listed}'
    t_expect_out_is "$4 $5"
}
machine asahi-mac-mini 12G 0.70 balanced true
machine strix-halo 32G 0.85 ultra false
machine amd-amdgpu 24G 0.80 high false
machine big-little 12G 0.70 balanced false
machine intel-hybrid 12G 0.70 balanced false
machine epyc-256 12G 0.70 balanced false
machine container-v2 9G 0.70 balanced false
# What its memory can do at most, where the chip is listed; else nothing is said.
for row in asahi-mac-mini:100000000000 strix-halo:null; do
    t_run "$TUNETOP" --sysroot "$t_dir/${row%:*}" status --json
    t_expect_out "\"bandwidth_peak_bytes_per_second\":	${row#*:}\$"
done
t_run "$TUNETOP" --replay "$abs_srcdir/tests/fixtures/recordings/mac" detect
t_expect_status 0
t_expect_out '^Apple M4 Pro   Mac mini \(M4 Pro, 2024\)'
t_expect_out "row 'Apple M4 Pro with 24 GB or more'"

# Which of the models that are installed fit: asked of a server that runs here, and only there.
t_run "$TUNETOP" --replay "$abs_srcdir/tests/fixtures/recordings/mac" detect --json
t_expect_shape 1 "$shape"
t_expect_out '"installed_models":	null'
t_expect_out '"installed_models_reason":	"no server is asked in a replay"'
mkfifo "$t_dir/life" # the server ends with its stdin
exec 9<>"$t_dir/life"
"$abs_builddir/tests/fake_server" --kind ollama <"$t_dir/life" >"$t_dir/port" 9>&- &
t_own "$!"
t_wait_for 'the server serves' test -s "$t_dir/port"
read -r port control <"$t_dir/port"
mode() {
    exec 8<>"/dev/tcp/127.0.0.1/$control"
    printf 'GET /mode?%s HTTP/1.0\r\n\r\n' "$1" >&8
    read -r _ <&8
    exec 8>&-
}
config="$XDG_CONFIG_HOME/tunetop/tunetop.yaml"
printf 'services:\n  - {name: mine, kind: ollama, url: "http://127.0.0.1:%s"}\n' "$port" >"$config"
t_run "$TUNETOP" detect
t_expect_status 0
t_expect_out '^( +|  models +)llama3\.1:8b +4\.6 GiB  .*at 4,096 x 1'
t_expect_out '^( +|  models +)gemma3:12b +7\.6 GiB  .*at most '
t_expect_out '^ +broken:latest .*- answered with status 404'
t_expect_out '^ +gpt-oss:120b-cloud +-  runs elsewhere'
t_must_fail 'no line is longer than 100 columns' grep -Eq '.{101}' "$t_dir/out"
t_run "$TUNETOP" detect --json
t_expect_status 0
t_expect_shape 1 "$shape"
t_expect_out '"cache_bytes":	536870912,'
t_expect_out '"reason":	"at most: some layers look back over a window only"'
t_run "$TUNETOP" detect --env
t_is 'four lines and no question' "$(wc -l <"$t_dir/out" | tr -d ' ')" 4
mode never@/api/tags
t_run "$TUNETOP" detect
t_expect_status 0
t_expect_out '^( +|  models +)mine does not tell its models: did not answer in time$'
t_run "$TUNETOP" detect --json
t_expect_shape 1 "$shape"
t_expect_out '"installed_models_reason":	"mine does not tell its models: did not answer in time"'
rm "$config"

# The screen says it, at the right of the machine's row, as long as there is room.
printf 'wait-screen fits\nsave-screen %s\n' "$t_dir/screen" >"$t_dir/script"
for size in 120x40 80x24; do
    rm -f "$t_dir/screen"
    TUNETOP_SIZE=$size t_run "$TUNETOP" --sysroot "$t_dir/asahi-mac-mini" --script "$t_dir/script"
    t_ok "$size: fits balanced" grep -Eq 'Apple M2 .*fits balanced.* \(p\) *$' "$t_dir/screen"
done

# The user's own rows.
mine="$XDG_CONFIG_HOME/tunetop/chips.yaml"
printf 'limits:\n  - {chip: Apple M4 Pro, memory_gb: 24, limit_gb: 10, cpu_fraction: 0.5, profile: balanced}\n' >"$mine"
env_is 10G 0.50 balanced 24 --chip 'M4 Pro' --memory 48
t_run "$TUNETOP" --replay "$abs_srcdir/tests/fixtures/recordings/mac" detect --env
t_expect_out '^MEMORY_LIMIT=18G$'
# Wrong: one warning with its place, and the shipped ones work.
printf 'limits:\n  - {chip: Apple M4 Pro, memory: 24}\n' >"$mine"
t_run "$TUNETOP" detect --env --chip 'M4 Pro' --memory 48
t_expect_status 0
t_expect_out '^MEMORY_LIMIT=24G$'
t_expect_err "^$mine:2:26: .*'memory'.*'memory_gb'"
t_run "$TUNETOP" status --format '{profile.recommended}'
t_expect_out_is "$profile"
t_expect_err "^$mine:2:26: "
rm "$mine"
mkfifo "$mine"
t_run "$TUNETOP" detect --env --chip 'M4 Pro' --memory 48
t_expect_status 0
t_expect_err 'is not a regular file$'
rm "$mine"
ln -s /dev/zero "$mine"
t_run "$TUNETOP" detect --env --chip 'M4 Pro' --memory 48
t_expect_out '^MEMORY_LIMIT=24G$'
rm "$mine"

# Without the shipped ones nothing is promised, and everything else works.
TUNETOP_DATADIR=$t_dir/none t_run "$TUNETOP" detect
t_expect_status 1
t_expect_err "^tunetop: cannot read '$t_dir/none/chips.yaml': No such file or directory$"
TUNETOP_DATADIR=$t_dir/none t_run "$TUNETOP" status --format '{profile.recommended} {chip.listed}'
t_expect_status 0
t_expect_out_is '- -'

# refuse SENTENCE ARGUMENT...: exit 2, and exactly this sentence.
refuse() {
    local sentence=$1
    shift
    t_run "$TUNETOP" detect "$@"
    t_expect_status 2
    t_expect_err_is "tunetop: $sentence"
}
refuse "'--json' and '--env' exclude each other" --json --env
refuse "'--chip' and '--memory' describe a machine together" --chip M4
refuse "'--chip' and '--memory' describe a machine together" --memory 16
refuse "'--vram' describes another machine: it needs '--chip'" --vram 16
refuse "'--gpu-cores' describes another machine: it needs '--chip'" --gpu-cores 16
refuse "'--chip' and '--replay' exclude each other" --chip M4 --memory 16 --replay x
refuse "'--memory' takes a size as 48, 48G or 24,564 MiB, not 'much'" --chip M4 --memory much
refuse "'--memory' takes 0.25 to 65536 GB, not '0'" --chip M4 --memory 0
refuse "'--gpu-cores' takes a whole number from 1, not '0'" --chip M4 --memory 16 --gpu-cores 0
refuse "'--vram' is the memory of a card; 'Apple M4' shares the memory of the machine" \
    --chip M4 --memory 16 --vram 16

t_done
