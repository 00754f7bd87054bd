#!/usr/bin/env bash
# Where settings are and who restarts a service: who is asked for it, and what is said of a server
# that nobody supervises.
. "${abs_srcdir:?}/tests/lib.sh"

mkfifo "$t_dir/life" # a server ends with its stdin
exec 9<>"$t_dir/life"
"${abs_builddir:?}/tests/fake_server" --kind ollama --mode normal <"$t_dir/life" \
    >"$t_dir/port" 9>&- &
t_own "$!"
t_wait_for 'it serves' test -s "$t_dir/port"
read -r port _ <"$t_dir/port"
cat >"$XDG_CONFIG_HOME/tunetop/tunetop.yaml" <<END
services:
  - {name: mine, kind: ollama, url: "http://127.0.0.1:$port"}
END
for name in docker podman systemctl launchctl ps brew; do
    printf '#!/bin/sh\necho "$0 $*" >>"%s/asked"\nexit 1\n' "$t_dir" >"$t_asleep/$name"
    chmod 0755 "$t_asleep/$name"
done
: >"$t_dir/asked"

# Looking at what runs asks no engine and no service manager.
t_run "$TUNETOP" status --json
t_expect_status 0
t_run "$TUNETOP" stream -n 1
t_expect_status 0
t_is 'status and stream ask nobody' "$(cat "$t_dir/asked")" ''

# block NAME: the lines of one service
block() {
    awk -v name="$1" '/^[^ ]/ { on = $1 == name } on' "$t_dir/out" | tr -s '\n ' '  ' >"$t_dir/block"
}
t_run "$TUNETOP" services
t_expect_status 0
block mine
t_ok 'who restarts it, or why nobody does' grep -q ' restart ' "$t_dir/block"
if grep -qs '\.service' "/proc/self/cgroup" || ! [ -d /proc/self ]; then
    echo '# this test runs in a unit, or without /proc: what supervises it is not looked at'
else
    t_ok 'nobody supervises it' grep -q 'restart not by tunetop: a plain process' "$t_dir/block"
    t_ok 'what to do is said' grep -q ' instead stop it and ' "$t_dir/block"
    t_run "$TUNETOP" services --json
    t_expect_out '"reason":	"a plain process that nobody supervises'
    t_run "$TUNETOP" doctor
    t_expect_out '^info +mine +its settings are not changed: a plain process'

    # Nothing is planned for it: as a whole when nothing else is there, else beside the others.
    t_run "$TUNETOP" plan high -s mine
    t_expect_status 1
    t_expect_err 'no file to change: .*(plain process|services)'
    printf 'OLLAMA_MAX_QUEUE=1\n' >"$HOME/other.env"
    cat >>"$XDG_CONFIG_HOME/tunetop/tunetop.yaml" <<END
  - name: other
    kind: ollama
    url: http://127.0.0.1:1
    config: {type: env_file, file: ~/other.env}
    control: {type: command, stop: ["true"], start: ["true"]}
END
    t_run "$TUNETOP" plan high
    t_expect_status 0
    t_expect_out '^\+OLLAMA_MAX_QUEUE=512$'
    t_expect_out '^  mine +all of it$'
    t_expect_out '^ +a plain process that nobody supervises'
    t_run "$TUNETOP" apply high -s other --no-restart --yes
    t_expect_status 0
    t_run "$TUNETOP" apply high -s mine --no-restart --yes
    t_expect_status 1
    t_expect_err 'nothing was changed'
fi
t_must_fail 'what is said has no control characters' grep -q '[[:cntrl:]]' "$t_dir/block"
t_done
