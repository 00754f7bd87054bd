#!/usr/bin/env bash
# A wish that is refused because the file puts its value together from others: plan counts it, verify has its row.
. "${abs_srcdir:?}/tests/lib.sh"

. "$abs_srcdir/tests/cli/server.sh"

compose=$HOME/compose.yaml
file() { # WHAT OLLAMA_NUM_PARALLEL has, and the rest as it is wanted
    printf 'services:\n  ollama:\n    image: ollama/ollama:0.33.0\n    environment:\n' >"$compose"
    printf '      OLLAMA_NUM_PARALLEL: "%s"\n      OLLAMA_MAX_QUEUE: 7\n' "$1" >>"$compose"
}
t_profile OLLAMA_NUM_PARALLEL=3 OLLAMA_MAX_QUEUE=7

# shellcheck disable=SC2016 # of compose
file '1${X}'
start OLLAMA_NUM_PARALLEL=1 OLLAMA_MAX_QUEUE=7
cat >"$yaml" <<END
services:
  - {name: ollama, kind: ollama, url: "http://127.0.0.1:$port", config: {type: compose, file: "$compose"}}
END

# shellcheck disable=SC2016 # of compose
for value in '1${X}' '${Q:?msg}' '${FA:+1}' '${NP:-${NP2:-1}}'; do
    file "$value"
    t_run "$TUNETOP" plan mine -s ollama
    t_expect_status 0
    t_expect_out '^Refused, to be done by hand$'
    t_expect_out '^mine: nothing that can be changed here, 1 so already, 1 refused$'
    t_run "$TUNETOP" verify mine -s ollama
    t_expect_status 5
    t_ok "$value: the row" grep -Eq "^ +ollama +OLLAMA_NUM_PARALLEL +[1\$].* +1 +3 +differs +process environment$" \
        "$t_dir/out"
    t_expect_out '^ +its process has another value; what the file makes of it is not known$'
done

# The process has it, from the file as it is.
stop
start OLLAMA_NUM_PARALLEL=3 OLLAMA_MAX_QUEUE=7
t_run "$TUNETOP" verify mine -s ollama
t_expect_status 0
t_expect_out '^2 as wanted\.$'

# In an env_file, too: the name may be one of the file itself.
# shellcheck disable=SC2016 # of compose
printf 'X=1\nOLLAMA_NUM_PARALLEL=${X}\nOLLAMA_MAX_QUEUE=7\n' >"$HOME/of.env"
printf 'X=3\n' >"$HOME/.env"
cp "$compose" "$t_dir/compose"
printf 'services:\n  ollama:\n    image: ollama/ollama:0.33.0\n    env_file: of.env\n' >"$compose"
stop
t_run "$TUNETOP" verify mine -s ollama
t_expect_status 0
t_expect_out '^ +ollama +OLLAMA_NUM_PARALLEL +\$\{X\} +- +3 +unknown$'
cp "$t_dir/compose" "$compose"
start OLLAMA_NUM_PARALLEL=3

# Nobody knows what it would have: no difference, and not left out.
stop
t_run "$TUNETOP" verify mine -s ollama
t_expect_status 0
t_expect_out '^ +ollama +OLLAMA_NUM_PARALLEL .*NP2.* +- +3 +unknown$'
t_expect_out '^ +what the file makes of its value is not known$'
t_expect_out '^2 not proven\.$'
t_run "$TUNETOP" verify mine -s ollama --json
t_expect_out '"wanted":	"3"'
t_done
