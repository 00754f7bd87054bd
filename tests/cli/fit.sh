#!/usr/bin/env bash
# plan: whether the installed models fit, contexts that get shorter, limits below what is needed;
# asked of a server that runs here.
. "${abs_srcdir:?}/tests/lib.sh"

umask 022
yaml=$XDG_CONFIG_HOME/tunetop/tunetop.yaml
env=$HOME/mine.env
printf 'A=b\n' >"$env"
mkfifo "$t_dir/life" # the server ends with its stdin
exec 9<>"$t_dir/life"
OLLAMA_CONTEXT_LENGTH=32768 OLLAMA_NUM_PARALLEL=1 \
    "${abs_builddir:?}/tests/fake_server" --kind ollama <"$t_dir/life" >"$t_dir/port" 9>&- &
t_own "$!"
t_wait_for 'the server serves' test -s "$t_dir/port"
read -r port control <"$t_dir/port"
mode() {
    exec 8<>"/dev/tcp/127.0.0.1/$control"
    printf 'GET /mode?%s HTTP/1.0\r\n\r\n' "$1" >&8
    read -r _ <&8
    exec 8>&-
}
printf 'services:\n  - {name: mine, kind: ollama, url: "http://127.0.0.1:%s", config: {type: env_file, file: %s}}\n' \
    "$port" "$env" >"$yaml"

# Its process has 32768, the profile wishes 12288.
t_run "$TUNETOP" plan high
t_expect_status 0
t_expect_out '^Warnings$'
t_expect_out '^  mine +context gets shorter: 32768 -> 12288 for llama3\.1:8b, gemma3:12b'
t_expect_out '^  mine +what the model takes is not told, .*: broken:latest$'
t_must_fail 'what runs elsewhere takes nothing' grep -q cloud "$t_dir/out"
t_must_fail 'no warning is longer than 100 columns' \
    sh -c 'sed -n "/^Warnings$/,/^$/p" "$1" | grep -Eq ".{101}"' sh "$t_dir/out"
t_run "$TUNETOP" plan high --json --set OLLAMA_NUM_PARALLEL=1
t_expect_status 0
t_expect_out '"warnings":	\['
t_expect_out '"setting":	"OLLAMA_CONTEXT_LENGTH",'
t_expect_out '"text":	"context gets shorter: 32768 -> 12288 for '
t_expect_out '"reason":	".*context gets shorter: 32768 -> 12288 for '
hash=$(sed -n 's/^\t"hash":\t"\(.*\)",$/\1/p' "$t_dir/out")

# What is typed is written as it is, with a warning: a terabyte of keys and values.
t_run "$TUNETOP" plan high --set OLLAMA_NUM_PARALLEL=64 --set OLLAMA_CONTEXT_LENGTH=131072
t_expect_status 0
t_expect_out '^\+OLLAMA_NUM_PARALLEL=64$'
t_expect_out '^  mine +llama3\.1:8b does not fit with a context of 131072 at 64 at once: 1029\.3 GiB, of'
t_must_fail 'it is longer' grep -q shorter "$t_dir/out"

# Twice is a mistake.
t_run "$TUNETOP" plan high --set OLLAMA_NUM_PARALLEL=2 --set OLLAMA_KEEP_ALIVE=1h --set OLLAMA_NUM_PARALLEL=3
t_expect_status 2
t_expect_err "'OLLAMA_NUM_PARALLEL' is given twice, as '2' and as '3': give it once$"

# A server that does not tell: that is said, and no observation is in the hash.
mode never@/api/tags
t_run "$TUNETOP" plan high
t_expect_status 0
t_expect_out '^  mine +which models are installed is not known \(mine does not tell its models: did not'
t_must_fail 'nothing is guessed' grep -q shorter "$t_dir/out"
t_run "$TUNETOP" plan high --json --set OLLAMA_NUM_PARALLEL=1
t_is 'the same would be done' "$(sed -n 's/^\t"hash":\t"\(.*\)",$/\1/p' "$t_dir/out")" "$hash"
t_done
