#!/usr/bin/env bash
# A choice of services and settings: --without, --set SERVICE.SETTING=VALUE, one setting of the
# machine beside the services; and that plan, verify, apply, the hash and the shown commands agree.
. "${abs_srcdir:?}/tests/lib.sh"

umask 022
yaml=$XDG_CONFIG_HOME/tunetop/tunetop.yaml
ai=$HOME/ai
mkdir -p "$ai"
compose() {
    cat >"$ai/compose.yaml" <<'END'
services:
  one:
    image: ollama/ollama:0.33.0
    environment:
      - OLLAMA_NUM_PARALLEL=${PARALLEL:-1}
      - OLLAMA_KEEP_ALIVE=300s
  two:
    image: ollama/ollama:0.33.0
    environment:
      - OLLAMA_NUM_PARALLEL=${PARALLEL:-1}
END
    printf 'PARALLEL=1\n' >"$ai/.env"
    rm -rf "${XDG_STATE_HOME:?}/tunetop"
}
cat >"$yaml" <<END
services:
  - {name: one, kind: ollama, url: "http://127.0.0.1:1", config: {type: compose, file: $ai/compose.yaml, service: one}}
  - {name: two, kind: ollama, url: "http://127.0.0.1:2", config: {type: compose, file: $ai/compose.yaml, service: two}}
END
hash_of() {
    "$TUNETOP" plan high --json "$@" | sed -n 's/.*"hash":[[:space:]]*"\([0-9a-f]*\)".*/\1/p'
}

# --- a service ---
compose
t_run "$TUNETOP" plan high --without two --ascii
t_expect_status 0
t_expect_out '^  two +all of it$'
t_expect_out '^ +left out$'
t_must_fail 'nothing of it is written' grep -Eq '^  two .* -> ' "$t_dir/out"
t_expect_out 'also read by two'
t_run "$TUNETOP" plan high --without two --json
t_expect_out '"left_out":	true'
t_run "$TUNETOP" verify high --without two --json
t_must_fail 'it is not compared' grep -q '"in_file"' <(grep -A3 '"service":	"two"' "$t_dir/out")
t_expect_out '"reason":	"left out"'
t_run "$TUNETOP" verify high --without two --ascii
t_expect_out '^  two +left out$'
t_run "$TUNETOP" plan high --without ollama --ascii
t_expect_status 0
t_expect_out '^high: nothing to change, 0 so already$'

# --- a setting of one, and of all ---
t_run "$TUNETOP" plan high --without one.OLLAMA_KEEP_ALIVE --ascii
t_expect_out '^  one +OLLAMA_KEEP_ALIVE$'
t_expect_out '^\+ +- OLLAMA_KEEP_ALIVE='
t_run "$TUNETOP" plan high --without OLLAMA_KEEP_ALIVE --ascii
t_must_fail 'of none' grep -q '^+.*OLLAMA_KEEP_ALIVE=' "$t_dir/out"
t_run "$TUNETOP" verify high --without OLLAMA_KEEP_ALIVE --ascii
t_expect_out '^  one +OLLAMA_KEEP_ALIVE: left out$'

# --- a value for one of two ---
t_run "$TUNETOP" plan high --set OLLAMA_KEEP_ALIVE=9m
t_expect_status 2
t_expect_err "'one.OLLAMA_KEEP_ALIVE'"
t_run "$TUNETOP" plan high --set two.OLLAMA_KEEP_ALIVE=9m --ascii
t_expect_status 0
t_expect_out '^\+ +- OLLAMA_KEEP_ALIVE=9m$'
t_is 'once' "$(grep -c '^+.*OLLAMA_KEEP_ALIVE=9m' "$t_dir/out")" 1
t_run "$TUNETOP" plan high --set one.deploy.resources.limits.memory=100000G
t_expect_status 2
t_expect_err 'the most here'

# --- names that are none ---
for wrong in towo=two OLLAMA_NUM_PARALEL=OLLAMA_NUM_PARALLEL two.OLLAMA_NUM_PARALEL=OLLAMA_NUM_PARALLEL; do
    t_run "$TUNETOP" plan high --without "${wrong%%=*}"
    t_expect_status 2
    t_expect_err "did you mean '${wrong#*=}'"
done
t_run "$TUNETOP" apply high --yes --no-restart --without two --set two.OLLAMA_KEEP_ALIVE=9m
t_expect_status 2
t_expect_err 'one or the other'
t_run "$TUNETOP" plan high -s two --without two
t_expect_status 2

# --- the hash, and apply ---
all=$(hash_of)
some=$(hash_of --without two)
t_ok 'what is left out is another plan' test "$all" != "$some"
t_run "$TUNETOP" apply high --yes --no-restart --without two --plan-hash "$all"
t_expect_status 1
t_expect_err 'the plan is another one now'
t_run "$TUNETOP" apply high --yes --no-restart --without two --plan-hash "$some"
t_expect_status 0
t_is 'only the one was changed' "$(sed -n '/^  two/,$p' "$ai/compose.yaml")" \
    "$(printf '  two:\n    image: ollama/ollama:0.33.0\n    environment:\n      - OLLAMA_NUM_PARALLEL=${PARALLEL:-1}')"
t_run "$TUNETOP" plan high --without two --ascii
t_expect_out '^high: nothing '

# --- one setting of the machine, beside the services ---
if [ "$(uname)" = Linux ] && sysctl -n vm.swappiness >/dev/null 2>&1; then
    compose
    value=$(($(sysctl -n vm.swappiness) == 11 ? 12 : 11))
    t_run "$TUNETOP" plan high --set "system.vm.swappiness=$value" --without two --ascii
    t_expect_status 0
    t_expect_out "^  system +vm\\.swappiness +[0-9]+ -> $value\$"
    t_expect_out "^  run .*sysctl -w vm\\.swappiness=$value\$"
    t_expect_out '^  one +OLLAMA_KEEP_ALIVE'
    sed -n '/^Also possible/,$p' "$t_dir/out" >"$t_dir/possible"
    t_must_fail 'it is not only possible' grep -q '^  system .*vm\.swappiness' "$t_dir/possible"
    t_run "$TUNETOP" plan high --set system.OLLAMA_KEEP_ALIVE=1h
    t_expect_status 2
    t_expect_err 'no setting of the machine'
fi
t_done
