#!/usr/bin/env bash
# plan: what the loaded models hold of memory before and after, what a setting costs; or why that is
# not known. Asked of a server that runs here.
. "${abs_srcdir:?}/tests/lib.sh"

umask 022
yaml=$XDG_CONFIG_HOME/tunetop/tunetop.yaml
env=$HOME/mine.env
printf 'A=b\n' >"$env"
mkfifo "$t_dir/life" # the server ends with its stdin
exec 9<>"$t_dir/life"
OLLAMA_CONTEXT_LENGTH=8192 OLLAMA_NUM_PARALLEL=1 \
    "${abs_builddir:?}/tests/fake_server" --kind ollama --mode held <"$t_dir/life" >"$t_dir/port" 9>&- &
t_own "$!"
t_wait_for 'the server serves' test -s "$t_dir/port"
read -r port control <"$t_dir/port"
tell() {
    exec 8<>"/dev/tcp/127.0.0.1/$control"
    printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&8
    read -r _ <&8
    exec 8>&-
}
printf 'services:\n  - {name: mine, kind: ollama, url: "http://127.0.0.1:%s", config: {type: env_file, file: %s}}\n' \
    "$port" "$env" >"$yaml"
plan() {
    t_run "$TUNETOP" "$@" high --set OLLAMA_CONTEXT_LENGTH=16384 --set OLLAMA_NUM_PARALLEL=1
}

# 8,192 tokens more of 128 KiB, and two bytes of mask for each and for 1,024 at once.
plan plan --json
t_expect_status 0
t_expect_out '^	"memory":	\[\{$'
t_expect_out '"model":	"llama3\.1:8b",'
t_expect_out '"model_loaded":	true,'
t_expect_out '"estimated":	true,'
t_expect_out '"cost_bytes":	1090519040,'
t_expect_out '"cost_reason":	"computed only for the context, '
t_expect_out '"memory_reason":	null,'
number() { sed -n "s/^\t\t\t\"$1\":\t\([0-9]*\),\$/\1/p" "$t_dir/out"; }
t_is 'then is now with the difference' "$(($(number now_bytes) + $(number after_bytes) - $(number before_bytes)))" \
    "$(number then_bytes)"
hash=$(sed -n 's/^\t"hash":\t"\(.*\)",$/\1/p' "$t_dir/out")
LC_ALL=C.UTF-8 plan plan
t_expect_status 0
t_expect_out '^  mine +OLLAMA_CONTEXT_LENGTH +not set -> 16384 +mine\.env:[0-9]+  ≈\+1\.0 GiB$'
t_expect_out '^Memory$'
t_expect_out '^  memory +[0-9.]+ -> ≈[0-9.]+ of [0-9.]+ GiB$'
t_expect_out 'what is in use now is measured; computed is what llama3\.1:8b will'
LC_ALL=C plan plan
t_expect_out '^  memory +[0-9.]+ -> ~[0-9.]+ of [0-9.]+ GiB$'
t_run "$TUNETOP" verify high --json --set OLLAMA_CONTEXT_LENGTH=16384 --set OLLAMA_NUM_PARALLEL=1
t_expect_out '"model_loaded":	true,'

# Its server says that it holds less than what is computed: then nothing is computed.
tell '/mode?normal'
plan plan --json
t_expect_status 0
t_expect_out '"after_bytes":	null,'
t_expect_out '"reason":	"what is computed for llama3\.1:8b, 5\.8 GiB, is too far off what its server says, 5\.0 GiB",'
t_expect_out '"cost_reason":	"what is computed for llama3\.1:8b, '
t_must_fail 'no cost is told' grep -q '"cost_bytes":	[0-9]' "$t_dir/out"
t_is 'it is not in the hash' "$(sed -n 's/^\t"hash":\t"\(.*\)",$/\1/p' "$t_dir/out")" "$hash"
plan plan
t_expect_out '^  memory +[0-9.]+ of [0-9.]+ GiB now; with the plan not known$'

# None is loaded: the largest that is installed, of which only a bound is known.
tell '/set?models=0'
plan plan
t_expect_status 0
t_expect_out '^  memory +at most [0-9.]+ -> at most [0-9.]+ of [0-9.]+ GiB for gemma3:12b$'
t_expect_out 'no model is loaded: computed is what gemma3:12b would hold'

# A server that does not tell.
tell '/mode?never@/api/tags'
plan plan --json
t_expect_status 0
t_expect_out '"reason":	"which models are installed is not known: mine does not tell its models: '
t_done
