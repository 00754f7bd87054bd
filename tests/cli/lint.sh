#!/usr/bin/env bash
# settings --lint: exit statuses, text, JSON, files beside, versions, and files that are none.
. "${abs_srcdir:?}/tests/lib.sh"

fixtures="$abs_srcdir/tests/fixtures/lint"
esc=$(printf '\033')

# A machine with 4 CPUs and 8 GiB.
mkdir -p "$t_dir/root/proc" "$t_dir/root/sys/devices/system/cpu"
for cpu in 0 1 2 3; do
    printf 'processor\t: %d\nmodel name\t: Test CPU\n\n' "$cpu"
    mkdir -p "$t_dir/root/sys/devices/system/cpu/cpu$cpu"
done >"$t_dir/root/proc/cpuinfo"
printf 'MemTotal: 8388608 kB\nMemFree: 4194304 kB\nMemAvailable: 6291456 kB\n' >"$t_dir/root/proc/meminfo"
printf 'cpu 1 1 1 1 1 1 1 1 1 1\ncpu0 1 1 1 1 1 1 1 1 1 1\ncpu1 1 1 1 1 1 1 1 1 1 1\ncpu2 1 1 1 1 1 1 1 1 1 1\ncpu3 1 1 1 1 1 1 1 1 1 1\n' \
    >"$t_dir/root/proc/stat"

# lint ARGS...: for that machine
lint() {
    t_run "$TUNETOP" --sysroot "$t_dir/root" settings --lint "$@"
}

# --- clean, wrong, unreadable ---
cd "$fixtures" || exit 1
lint ollama-plain.compose.yaml
t_expect_status 0
t_expect_out_is 'ollama-plain.compose.yaml: nothing to change'
t_expect_err_is ''
lint ollama-new.compose.yaml
t_expect_status 5
t_expect_out '^ollama-new.compose.yaml:8: OLLAMA_NUM_THREADS 12: renamed$'
t_expect_out '^    instead: LLAMA_ARG_THREADS=12$'
t_expect_out '^    gone in 0\.30\.0, which serves .* \[O 1\.2\]$'
t_expect_out '^4 ignored, 3 renamed\.'
t_must_fail 'no line is wider than 100 columns' grep -E '^.{101}' "$t_dir/out"
lint ollama-typos.compose.yaml
t_expect_status 0
t_expect_out '^ollama-typos.compose.yaml:2: OLLAMA_NUM_PARALEL 4: unknown$'
t_expect_out '^    instead: OLLAMA_NUM_PARALLEL=4$'

lint ollama-plain.compose.yaml anchors.compose.yaml server.env
t_expect_status 5
t_expect_out '^ollama-plain.compose.yaml: nothing to change$'
t_expect_out '^anchors.compose.yaml:5: OLLAMA_CONTEXT_SIZE 8192: renamed$'
t_expect_out '^server.env: note: the version of ollama is not known here'
t_run "$TUNETOP" --sysroot "$t_dir/root" settings anchors.compose.yaml --lint
t_expect_status 5

lint "$t_dir/none.yaml"
t_expect_status 2
t_expect_out_is ''
t_expect_err "^tunetop: .*none\.yaml.*No such file"
lint ollama-plain.compose.yaml "$t_dir/none.yaml" anchors.compose.yaml
t_expect_status 2
t_expect_out '^.*none\.yaml: not judged: '
t_expect_out '^anchors.compose.yaml:5: '
t_is 'one line of error' "$(wc -l <"$t_dir/err" | tr -d ' ')" 1

# --- usage ---
t_run "$TUNETOP" settings --lint
t_expect_status 2
t_expect_err_is "tunetop: '--lint' needs a file: tunetop settings --lint FILE..."
t_run "$TUNETOP" settings --kind compose OLLAMA_HOST
t_expect_status 2
t_expect_err_is "tunetop: '--kind' is about files: it needs '--lint'"
lint --kind compos ollama-plain.compose.yaml
t_expect_status 2
t_expect_err "did you mean 'compose'"
lint --version-of olama=1 ollama-plain.compose.yaml
t_expect_status 2
t_expect_err "'--version-of' takes NAME=VERSION"
lint --version-of ollama=new ollama-plain.compose.yaml
t_expect_status 2
t_expect_err "'new' is no version"
t_run "$TUNETOP" status --lint
t_expect_status 2

# --- kinds and versions ---
# A version that nobody has seen is judged by the last that was, and told so; that one is not.
lint --version-of ollama=99.1 server.env
t_expect_status 0
t_is 'a version never seen' "$(tr -s ' \n' ' ' <"$t_dir/out")" \
    'server.env: nothing to change server.env: note: the version of ollama is newer than 0.33.0, the last that is known: judged by that '
lint --version-of ollama=0.33.0 server.env
t_expect_out_is 'server.env: nothing to change'
printf 'OLLAMA_NEW_ENGINE=1\n' >"$t_dir/engine.txt"
lint --kind env "$t_dir/engine.txt"
t_expect_status 5
lint --kind env --version-of ollama=0.24.0,comfyui=0.3.64 "$t_dir/engine.txt"
t_expect_status 0
lint --kind shell ollama-plain.compose.yaml
t_expect_status 0
lint --kind plist server.env
t_expect_status 2

# --- the machine ---
lint limits.compose.yaml
t_expect_status 5
t_expect_out '^limits.compose.yaml:4: mem_limit 64g: ignored$'
t_expect_out '^    this machine has 8\.0 GiB: a limit of 64\.0 GiB limits nothing'
t_expect_out '^limits.compose.yaml:5: cpus 32: harmful$'
lint ollama-pairs.compose.yaml
t_expect_out '^ollama-pairs.compose.yaml:10: cpus 0\.85: harmful$'
t_expect_out '^    instead: cpus: 3\.4$'

# --- an .env and the compose file beside it, in either order and by other paths ---
lint guide-stack/.env
t_expect_status 5
t_expect_out '^guide-stack/\.env:3: COMFYUI_CPU_LIMIT 0\.85: harmful$'
t_expect_out '^    instead: COMFYUI_CPU_LIMIT=3\.4$'
t_expect_out '^guide-stack/\.env:9: OLLAMA_NUM_PARALLEL 4: ignored$'
t_must_fail 'the compose file was not asked about' grep -q '^guide-stack/docker-compose' "$t_dir/out"
findings() {
    sed -n 's/^.*guide-stack\/\(\.env:[0-9]*: .*\)$/\1/p' "$t_dir/out"
}
first=$(findings)
lint ./guide-stack/../guide-stack/.env
t_is 'the same by another path' "$(findings)" "$first"
cd guide-stack || exit 1
lint .env
t_expect_out '^\.env:9: OLLAMA_NUM_PARALLEL 4: ignored$'
lint docker-compose.yml
t_expect_out '^docker-compose\.yml:11: .*: harmful$'
t_expect_out 'the value is 0\.85 here'
cd "$fixtures" || exit 1
cp guide-stack/.env "$t_dir/.env"
lint "$t_dir/.env"
t_must_fail 'alone it fills nothing' grep -q 'takes from \.env only' "$t_dir/out"

# --- secrets are named and not shown ---
lint secrets.compose.yaml ollama.service.d/mistakes.conf
t_expect_status 5
t_expect_out '^secrets.compose.yaml:9: OPENAI_API_KEY \(hidden\): harmful$'
cat "$t_dir/out" >"$t_dir/shown"
lint --json secrets.compose.yaml ollama.service.d/mistakes.conf
cat "$t_dir/out" >>"$t_dir/shown"
for secret in AbCdEf0123456789 0123456789abcdef Zx81qLmN04 0a1b2c3d4e5f; do
    t_must_fail "no $secret" grep -q "$secret" "$t_dir/shown"
done

# --- JSON ---
cat >"$t_dir/lint.shape" <<'SHAPE'
schema number
version text
time time
files list
files[] object
files[].file text
files[].kind text?
files[].error text?
findings list
findings[] object
findings[].file text
findings[].line number
findings[].column number
findings[].setting text
findings[].value text?
findings[].secret bool
findings[].verdict text
findings[].since text?
findings[].until text?
findings[].instead text?
findings[].reason text
findings[].source text
findings[].rule text?
notes list
notes[] object
notes[].file text
notes[].line number?
notes[].setting text?
notes[].text text
truncated bool
SHAPE
lint --json ollama-new.compose.yaml secrets.compose.yaml bom.env "$t_dir/none.yaml"
t_expect_status 2
t_expect_shape 1 "$t_dir/lint.shape"
t_expect_out '"error":.*No such file'
lint --json ollama-plain.compose.yaml
t_expect_status 0
t_expect_shape 1 "$t_dir/lint.shape"
t_expect_out '"findings":	*\[\]'
lint --json ollama-new.compose.yaml
t_expect_status 5

# --- files that are none, and hostile ones: one clear line, at once ---
refused() {
    lint "$1"
    t_expect_status 2
    t_expect_out_is ''
    t_is "one line: $2" "$(wc -l <"$t_dir/err" | tr -d ' ')" 1
    t_expect_err "$2"
}
mkfifo "$t_dir/fifo.yaml"
refused "$t_dir/fifo.yaml" 'fifo\.yaml'
refused "$t_dir" 'not a regular file|directory'
refused /dev/null 'not a regular file'
head -c 3000 "$TUNETOP" >"$t_dir/program.yaml"
refused "$t_dir/program.yaml" 'program\.yaml'
dd if=/dev/zero of="$t_dir/large.env" bs=1 count=0 seek=104857600 2>/dev/null
refused "$t_dir/large.env" 'large'
awk 'BEGIN { for (i = 0; i < 3000; i++) printf "["; print "" }' >"$t_dir/deep.yaml"
refused "$t_dir/deep.yaml" 'deep\.yaml'
awk 'BEGIN { for (i = 0; i < 3000; i++) printf "{\"a\":"; print "1" }' >"$t_dir/deep.json"
refused "$t_dir/deep.json" 'deep\.json'
{
    echo 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
    for i in 1 2 3 4 5 6 7 8 9; do
        b=$((i - 1))
        echo "a$i: &a$i [*a$b, *a$b, *a$b, *a$b, *a$b, *a$b, *a$b, *a$b, *a$b, *a$b]"
    done
    echo 'services: {a: {image: ollama/ollama, x: *a9}}'
} >"$t_dir/laughs.compose.yaml"
refused "$t_dir/laughs.compose.yaml" 'laughs'
printf '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><plist>&d;</plist>' \
    >"$t_dir/entities.plist"
refused "$t_dir/entities.plist" 'entities\.plist'
printf 'bplist00\001\002' >"$t_dir/binary.plist"
refused "$t_dir/binary.plist" 'binary property list'
printf 'just words\nand more of them\n' >"$t_dir/letter"
refused "$t_dir/letter" 'letter:1:1: what it is cannot be told from its name and text: compose, env'
: >"$t_dir/empty.env"
lint "$t_dir/empty.env"
t_expect_status 0

# A name that would draw on the terminal is drawn by nobody.
bad="$t_dir/a${esc}]0;x.env"
printf 'OLLAMA_USE_METAL=%s]0;owned\007\n' "$esc" >"$bad"
lint "$bad" "$t_dir/b${esc}.env"
t_expect_status 2
t_must_fail 'nothing of it reaches the terminal' grep -q "$esc" "$t_dir/out" "$t_dir/err"
lint --json "$bad"
t_must_fail 'nor JSON' grep -q "$esc" "$t_dir/out"

# A file with more findings than are told says so.
awk 'BEGIN { for (i = 0; i < 3000; i++) print "OLLAMA_USE_METAL=1" }' >"$t_dir/many.env"
lint "$t_dir/many.env"
t_expect_status 5
t_expect_out 'there are more'

# --- colours ---
t_run "$TUNETOP" --sysroot "$t_dir/root" settings --lint --color always ollama-new.compose.yaml
t_ok 'colours when asked for' grep -q "$esc\[" "$t_dir/out"
t_run env LC_ALL=C "$TUNETOP" --sysroot "$t_dir/root" settings --lint --ascii ollama-new.compose.yaml
t_must_fail 'ASCII only' grep -q "[^ -~]" "$t_dir/out"

t_done
