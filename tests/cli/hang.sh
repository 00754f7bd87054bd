#!/usr/bin/env bash
# status returns within gap + 1 s whatever its services do, and says which of them did not answer.
. "${abs_srcdir:?}/tests/lib.sh"

fake="${abs_builddir:?}/tests/fake_server"
config="$XDG_CONFIG_HOME/tunetop/tunetop.yaml"

# serve NAME KIND MODE: a server of that kind in tunetop.yaml. It ends with its stdin, which is
# descriptor 9's pipe.
mkfifo "$t_dir/life"
exec 9<>"$t_dir/life"
echo 'services:' >"$config"
serve() {
    "$fake" --kind "$2" --mode "$3" <"$t_dir/life" >"$t_dir/$1.port" 9>&- &
    t_own "$!"
    t_wait_for "$1 serves" test -s "$t_dir/$1.port"
    read -r port _ <"$t_dir/$1.port"
    printf '  - {name: %s, kind: %s, url: "http://127.0.0.1:%s"}\n' "$1" "$2" "$port" >>"$config"
}

# Milliseconds, as well as this shell and date can tell them.
now_ms() {
    local ns
    ns=$(date +%s%N)
    case $ns in
    *N) echo "$(date +%s)000" ;;
    *) echo "$((ns / 1000000))" ;;
    esac
}

# within MS COMMAND...: t_run, and how long it took
within() {
    local limit=$1 begin
    shift
    begin=$(now_ms)
    t_run "$@"
    took=$(($(now_ms) - begin))
    t_ok "$t_what: took $took ms of $limit" test "$took" -le "$limit"
}

serve well ollama normal
serve mute ollama never
serve deaf comfyui noaccept
serve slow comfyui slow:30000
serve drip ollama dribble
serve flood comfyui endless

within 1200 "$TUNETOP" status --json
t_expect_status 0
t_expect_shape 1

states='{services.well.state} {services.mute.state} {services.deaf.state}'
within 1200 "$TUNETOP" status --format "$states {services.slow.state} {services.drip.state}"
t_expect_out_is 'up busy busy busy busy'
within 1200 "$TUNETOP" status --format \
    '{services.deaf.queue.waiting} {services.slow.version} {services.mute.models.0.name}'
t_expect_out_is '- - -'
within 3000 "$TUNETOP" status --gap 2 --format '{services.well.state} {services.mute.state}'
t_expect_out_is 'up busy'
within 1200 "$TUNETOP" status
t_expect_status 0
t_expect_out '^  well +up '
t_expect_out '^  mute +busy '
t_expect_out '^ +.*answer'
within 1500 "$TUNETOP" stream -n 1
t_expect_status 0

# Where all answer nothing is waited for: well below the limit.
sed -n -e 1p -e '/well/p' "$config" >"$t_dir/one.yaml"
within 800 "$TUNETOP" --config "$t_dir/one.yaml" status --format '{services.well.state}'
t_expect_out_is up

exec 9>&-
t_done
