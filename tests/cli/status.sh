#!/usr/bin/env bash
# status: the three forms, where they go, and what is said when they cannot be given.
. "${abs_srcdir:?}/tests/lib.sh"

# --- JSON ---
t_run "$TUNETOP" status --json
t_expect_status 0
t_expect_err_is ''
t_expect_shape 1
t_run "$TUNETOP" --json status --gap 0.05
t_expect_status 0
t_expect_shape 1
t_run env LC_ALL=C "$TUNETOP" status --json
t_expect_shape 1

# The check of the shape can fail.
sed 's/"schema"/"shema"/' "$t_dir/out" >"$t_dir/other"
t_must_fail 'a renamed field is a difference' \
    "$abs_builddir/tests/tools/json_shape" "$abs_srcdir/tests/cli/status.shape" <"$t_dir/other"

# --- a person ---
t_run "$TUNETOP" status
t_expect_status 0
t_expect_out '^CPU  +[0-9]+ %'
t_expect_out '^Memory  +[0-9]+ %.* of [0-9.]+ GiB'
t_expect_out '^Services$'
t_expect_out '^Not measured$'
t_expect_out ' unsupported: '
t_must_fail 'no colours where there is no terminal' grep -q "$(printf '\033')" "$t_dir/out"
t_must_fail 'no line ends with a blank' grep -q ' $' "$t_dir/out"
t_run "$TUNETOP" status --color always
t_ok 'colours when asked for' grep -q "$(printf '\033')\[1mCPU$(printf '\033')\[0m" "$t_dir/out"
t_run "$TUNETOP" status --ascii
t_must_fail '--ascii prints ASCII only' grep -q '[^ -~]' "$t_dir/out"
t_run env LC_ALL=POSIX LANG= "$TUNETOP" status
t_expect_status 0

# --- templates ---
t_run "$TUNETOP" status --format \
    '{{{schema}}} {memory.total_bytes:GiB.3} {services.nothing.queue.waiting}'
t_expect_status 0
t_expect_out '^\{1\} [0-9]+\.[0-9]{3} GiB -$'
t_run "$TUNETOP" status --format \
    '{cpu.utilization_ratio:%} {host.uptime_seconds:s} {cpu.load_average.0:.1}'
t_expect_out '^[0-9]+% ([0-9.]+s|[0-9]+m[0-9]{2}s|[0-9]+h[0-9]{2}m|[0-9]+d[0-9]{2}h) [0-9]+\.[0-9]$'
t_run "$TUNETOP" status --format '{gpus.0.power_watts:.1} {power.battery.charge_ratio:%}'
t_expect_out_is '- -'
t_run "$TUNETOP" status --format '{alerts.0.value} {services.x.models.qwen2.5:7b.size_bytes:GiB}'
t_expect_out_is '- -'
t_run "$TUNETOP" status --format ''
t_expect_status 2

refuse() {
    t_run "$TUNETOP" status --format "$1"
    t_expect_status 2
    t_expect_err_is "tunetop: --format: $2"
    t_expect_out_is ''
}
refuse '{cpu.utilisation_ratio}' \
    "no field 'cpu.utilisation_ratio'; did you mean 'cpu.utilization_ratio'?"
refuse '{services.ollama.queue.waitin}' \
    "no field 'services.ollama.queue.waitin'; did you mean 'services.ollama.queue.waiting'?"
refuse '{services.a.models.0.nam}' \
    "no field 'services.a.models.0.nam'; did you mean 'services.a.models.0.name'?"
refuse '{zzzzzzzzzzz}' "no field 'zzzzzzzzzzz'; tunetop-metrics(7) lists them"
refuse '{cpu}' "'cpu' is a group of fields; name one of them"
refuse '{cpu.tiers}' "'cpu.tiers' is a group of fields; name one of them"
refuse '{cpu.tiers.0}' "'cpu.tiers.0' is a group of fields; name one of them"
refuse '{host.name:%}' "'host.name' is no number, so ':%' means nothing for it"
refuse '{cpu.steal_ratio:TiB}' "no format ':TiB'; there are :% :GiB :MiB :GHz :s :C and :.N"
refuse '{cpu.steal_ratio:%.10}' "no format ':%.10'; there are :% :GiB :MiB :GHz :s :C and :.N"
refuse 'a {' "'{' at column 3 is never closed; a brace is '{{'"
refuse '{cpu.steal_ratio' "'{' at column 1 is never closed; a brace is '{{'"
refuse '}' "'}' at column 1 closes nothing; a brace is '}}'"
refuse '{}' '{} names no field'
refuse '{.}' "no field '.'; tunetop-metrics(7) lists them"

# --- where it goes ---
if [ -w /dev/full ]; then
    t_status=0
    "$TUNETOP" status >/dev/full 2>"$t_dir/err" || t_status=$?
    t_is 'a full disk: exit 1' "$t_status" 1
    t_is 'a full disk: a sentence' "$(cat "$t_dir/err")" \
        'tunetop: cannot write to standard output: No space left on device'
else
    t_skip 'a full disk' 'no /dev/full'
fi
t_status=0
"$TUNETOP" status --json >&- 2>"$t_dir/err" || t_status=$?
t_is 'a closed output: exit 1' "$t_status" 1
t_ok 'a closed output: a sentence' grep -q '^tunetop: cannot write to standard output' "$t_dir/err"
{ "$TUNETOP" status --json 2>"$t_dir/err"; echo $? >"$t_dir/status"; } | true
t_wait_for 'it ended' test -s "$t_dir/status"
t_is 'the reader went away: exit 0' "$(cat "$t_dir/status")" 0
t_is 'the reader went away: nothing is said' "$(cat "$t_dir/err")" ''

t_done
