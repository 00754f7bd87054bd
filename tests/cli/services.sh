#!/usr/bin/env bash
# services: what is known of each, in both forms; below --sysroot, from a recording, and with none.
. "${abs_srcdir:?}/tests/lib.sh"

fake="${abs_builddir:?}/tests/fake_server"
config="$XDG_CONFIG_HOME/tunetop/tunetop.yaml"
shape="$t_dir/services.shape"
{
    printf '%s\n' 'schema number' 'version text' 'time time' 'services[].configured bool' \
        'services[].config_files list' 'services[].config_files[] text' \
        'services[].config object?' 'services[].config.type text?' 'services[].config.from text?' \
        'services[].config.reason text?' 'services[].control object?' \
        'services[].control.type text' 'services[].control.from text?' \
        'services[].control.reason text?' 'services[].control.needs_root bool' \
        'services[].control.project text?' 'services[].control.service text?' \
        'services[].control.unit text?' 'services[].control.scope text?' \
        'services[].control.label text?' 'services[].control.domain text?' \
        'services[].control.formula text?' 'services[].candidates list' \
        'services[].candidates[] text' 'services[].advice text?' 'services[].unit text?' 'services[].container text?' \
        'services[].argv list?' 'services[].argv[] text'
    grep -E '^(services|sources)' "$abs_srcdir/tests/cli/status.shape"
} >"$shape"

mkfifo "$t_dir/life" # a server ends with its stdin
exec 9<>"$t_dir/life"
# serve NAME KIND OPTIONS...: adds it to tunetop.yaml
serve() {
    local name=$1 kind=$2
    shift 2
    "$fake" --kind "$kind" "$@" <"$t_dir/life" >"$t_dir/$name.port" 9>&- &
    t_own "$!"
    t_wait_for "$name serves" test -s "$t_dir/$name.port"
    read -r port _ <"$t_dir/$name.port"
    printf '  - {name: %s, kind: %s, url: "http://127.0.0.1:%s"}\n' "$name" "$kind" "$port" \
        >>"$config"
}
# block NAME: the lines of one service
block() {
    awk -v name="$1" '/^[^ ]/ { on = $1 == name } on' "$t_dir/out" >"$t_dir/block"
}
has() {
    t_ok "$t_what: $1" grep -Eq -- "$1" "$t_dir/block"
}

echo 'services:' >"$config"
serve well ollama --mode normal
well_port=$port
serve paint comfyui --mode normal
serve mute ollama --mode never
printf '  - {name: gone, kind: comfyui, url: "http://127.0.0.1:1"}\n' >>"$config"

t_run "$TUNETOP" services --json
t_expect_status 0
t_expect_err_is ''
t_expect_shape 1 "$shape"
sed 's/"argv"/"arguments"/' "$t_dir/out" >"$t_dir/other"
t_must_fail 'a renamed field is a difference' \
    "$abs_builddir/tests/tools/json_shape" "$shape" <"$t_dir/other"

t_run "$TUNETOP" services
t_expect_status 0
block well
has '^well  +up .*ollama .*named in tunetop\.yaml$'
has "^  address  +http://127\.0\.0\.1:$well_port +answers in [0-9.]+ ms$"
has '^  version  +[0-9]'
has '^  models  '
if [ -d /proc/self ]; then
    has '^  process  +[0-9]+ '
    has '^  command  +/'
    # A long path puts the words on a second line.
    tr -s '\n ' '  ' <"$t_dir/block" >"$t_dir/joined"
    t_ok 'the whole command line' grep -q -- '--kind ollama --mode normal queue' "$t_dir/joined"
    has '^  install  +(process|systemd +unit .*|container.*)$'
fi
block paint
has '^  queue  +run +[0-9]+ +wait +[0-9]+$'
block mute
has '^mute  +busy'
has '^  reason  +.*answer'
block gone
has '^gone  +down'
has '^  reason  +'
t_must_fail 'no line ends with a blank' grep -q ' $' "$t_dir/out"
t_run "$TUNETOP" services --ascii
t_must_fail '--ascii prints ASCII only' grep -q '[^ -~]' "$t_dir/out"

# Secrets of a command line stay where they are.
printf 'services:\n' >"$config"
serve keyed ollama --mode normal
"$fake" --kind comfyui --mode 'normal' --host 127.0.0.1 <"$t_dir/life" >"$t_dir/more" 9>&- &
t_own "$!"
t_run "$TUNETOP" --config "$config" services
t_expect_out '^keyed  +up'

# Below --sysroot only what --config names, from a recording only what was recorded.
root="$t_dir/root"
mkdir "$root"
"$abs_builddir/tests/tools/unpack" "$abs_srcdir/tests/fixtures/machines/hybrid.manifest" "$root" ||
    exit 99
t_run "$TUNETOP" --sysroot "$root" services
t_expect_status 0
t_expect_out '^no service found$'
t_expect_out '^  reason  +.*--sysroot$'
t_run "$TUNETOP" --sysroot "$root" --config "$config" services --json
t_expect_shape 1 "$shape"
t_ok 'the one that --config names' grep -q '"name":.*"keyed"' "$t_dir/out"
rec="$t_dir/rec"
mkdir "$rec"
echo '{"kind": "reads", "start_wall": "2026-11-21T14:00:00Z", "start_t_ns": 0}' >"$rec/meta.json"
echo '{"t_ns": 1, "source": "cpu", "key": "file /proc/loadavg", "state": "ok", "text": "0 0 0 1/1 1"}' \
    >"$rec/reads.jsonl"
t_run "$TUNETOP" --replay "$rec" services --json
t_expect_status 0
t_expect_shape 1 "$shape"
cp "$t_dir/out" "$t_dir/first"
t_must_fail 'none of this machine' grep -q keyed "$t_dir/out"
t_run "$TUNETOP" --replay "$rec" services --json
t_cmp 'the same bytes every time' "$t_dir/out" "$t_dir/first"

t_run "$TUNETOP" services --gap 1
t_expect_status 2
exec 9>&-
t_done
