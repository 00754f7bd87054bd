#!/usr/bin/env bash
# tunetop.yaml: where it is looked for, and exactly what is said about a wrong one.
. "${abs_srcdir:?}/tests/lib.sh"

file="$XDG_CONFIG_HOME/tunetop/tunetop.yaml"

# wrong TEXT PLACE-AND-SENTENCE: status refuses it, before anything else is printed.
wrong() {
    printf '%b' "$1" >"$file"
    t_run "$TUNETOP" status
    t_expect_status 2
    t_is "$2" "$(cat "$t_dir/err")" "$file:$2"
    t_expect_out_is ''
}

wrong 'intervall: 2\n' "1:1: unknown key 'intervall', did you mean 'interval'?"
wrong '# mine\ninterval: 0.1\n' "2:11: 'interval': expected a number from 0.2 to 60, found '0.1'"
wrong 'interval: 2\ninterval: 3\n' "2:1: the key 'interval' is there twice, first in line 1"
wrong 'services:\n  - nme: ollama\n    kind: ollama\n' \
    "2:5: unknown key 'nme', did you mean 'name'?"
kinds='ollama, comfyui, lmstudio, llama_server, vllm, mlx_lm, diffusionapi, pipeline, openai'
wrong 'services:\n  - name: x\n    kind: olama\n' \
    "3:11: 'kind': expected one of $kinds; found 'olama', did you mean 'ollama'?"
wrong 'services:\n  - name: x\n' "2:5: the key 'kind' is missing"
wrong 'services:\n  - {name: a, kind: ollama}\n  - {name: a, kind: comfyui}\n' \
    "3:5: services: the name 'a' is given twice, first at $file:2:5"
wrong 'services:\n  - {name: a, kind: ollama}\n  - {name: system, kind: ollama}\n' \
    "3:5: services: no service can be called 'system', which is the machine itself ('-s system'); give it another name"

printf 'intervall: 2\n' >"$file"
for command in stream help; do
    t_run "$TUNETOP" "$command"
    if [ "$command" = help ]; then t_expect_status 0; else t_expect_status 2; fi
done
t_run "$TUNETOP"
t_expect_status 2
t_expect_err "^$file:1:1: "

# --config: instead of the usual one, and it must be there.
t_run "$TUNETOP" --config "$t_dir/none.yaml" status
t_ok 'a file that is named must exist' test "$t_status" -ne 0
t_expect_err "^tunetop: .*none.yaml"
printf 'interval: 3\n' >"$t_dir/good.yaml"
t_run "$TUNETOP" --config "$t_dir/good.yaml" status --format '{schema}'
t_expect_status 0
t_expect_out_is 1

# An unknown theme is told by the dashboard, which needs it.
if script -qec true /dev/null >/dev/null 2>&1; then
    printf 'interval: 3\ntheme: mno\n' >"$t_dir/theme.yaml"
    t_run script -qec "$TUNETOP --config $t_dir/theme.yaml; echo status \$?" /dev/null
    t_expect_out "^$t_dir/theme.yaml:2:8: 'theme': 'mno' is unknown, did you mean 'mono'\?"
    t_expect_out '^status 2'
fi

# A service that is named is shown, under that name, while it is down.
printf 'services:\n  - name: images\n    kind: comfyui\n    url: http://127.0.0.1:9\n' >"$file"
t_run "$TUNETOP" status --format \
    '{services.images.state} {services.images.kind} {services.images.url}'
t_expect_status 0
t_expect_out_is 'down comfyui http://127.0.0.1:9'

# HOME, when there is no XDG_CONFIG_HOME.
unset XDG_CONFIG_HOME
printf 'nonsense: 1\n' >"$HOME/.config/tunetop/tunetop.yaml"
t_run "$TUNETOP" status
t_expect_status 2
t_expect_err "^$HOME/.config/tunetop/tunetop.yaml:1:1: unknown key 'nonsense'"

t_done
