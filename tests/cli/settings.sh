#!/usr/bin/env bash
# settings: all of them, one of them, and every name that the guides use.
. "${abs_srcdir:?}/tests/lib.sh"

names="$abs_srcdir/tests/fixtures/guide-names.txt"
tab=$(printf '\t')

# --- all of them ---
t_run "$TUNETOP" settings
t_expect_status 0
t_expect_out '^  honoured   OLLAMA_NUM_PARALLEL$'
t_expect_out '^  renamed    OLLAMA_CONTEXT_SIZE  use OLLAMA_CONTEXT_LENGTH$'
t_expect_out '^  unknown    MEMORY_POOLS.llm_models'
t_expect_out '^  harmful    \./detect-apple-silicon\.sh$'
t_expect_out '^[0-9]+ names; verdicts on (Linux|macOS), with the newest versions\.'
awk '/^  / { sub(/^ +[a-z]+ +/, ""); sub(/  use .*/, ""); print }' "$t_dir/out" | sort >"$t_dir/listed"
t_is 'no name is listed twice' "$(uniq -d <"$t_dir/listed")" ''
t_ok 'there are some hundreds' test "$(wc -l <"$t_dir/listed")" -gt 400

# --- one of them ---
t_run "$TUNETOP" settings OLLAMA_NUM_THREADS=16
t_expect_status 0
t_expect_out '^OLLAMA_NUM_THREADS=16  renamed  on '
t_expect_out '^  reason     it never existed'
t_expect_out '^  use        LLAMA_ARG_THREADS = 16$'
t_expect_out '^  renamed    before ollama 0\.30\.0: '
t_expect_out '^  source     O 1\.5: Ollama'
t_run "$TUNETOP" settings deploy.resources.limits.cpus=0.85
t_expect_out '^deploy.resources.limits.cpus=0.85  harmful  '
t_expect_out '85 % of one core'
t_run "$TUNETOP" settings lowvram --ascii
t_expect_status 0
t_expect_out '^--lowvram  '
t_run "$TUNETOP" settings -- --lowvram
t_expect_out '^--lowvram  '
# Of several names of a row the one that was asked for.
t_run "$TUNETOP" settings mirostat=2
t_expect_out '^mirostat=2  ignored  '
t_expect_out '^  also       low_vram, .*mirostat_tau'
t_must_fail 'its own name is no other name' grep -Eq '^  also .*mirostat(,|$)' "$t_dir/out"
t_run "$TUNETOP" settings OLLAMA_NUM_PARALLEL=1000
t_expect_out "^  wrong      'OLLAMA_NUM_PARALLEL' takes a whole number from 0 to 256, not '1000'"
t_run "$TUNETOP" settings 'torch.compile(backend="aot_eager")'
t_expect_out '^torch.compile\(backend="aot_eager"\)  harmful'

t_run "$TUNETOP" settings OLLAMA_NUM_PARALEL
t_expect_status 2
t_expect_err_is "tunetop: no setting 'OLLAMA_NUM_PARALEL' is known; did you mean 'OLLAMA_NUM_PARALLEL'?"
t_run "$TUNETOP" settings QQQQQQQQQQ=1
t_expect_status 2
t_expect_err_is "tunetop: no setting 'QQQQQQQQQQ=1' is known; 'tunetop settings' lists them"
t_run "$TUNETOP" settings "$(printf 'a\033]0;x\007b')"
t_expect_status 2
t_must_fail 'a hostile name does not reach the terminal' grep -q "$(printf '\033')" "$t_dir/err"
t_run "$TUNETOP" settings ''
t_expect_status 2
t_run "$TUNETOP" settings A B
t_expect_status 2
t_expect_err_is "tunetop: 'settings' does not take 'B'"

# Below --sysroot it is Linux; a recording may be of any system.
mkdir "$t_dir/root"
t_run "$TUNETOP" --sysroot "$t_dir/root" settings vm.swappiness
t_expect_out '^vm.swappiness  honoured  on Linux'

# --- JSON ---
cat >"$t_dir/settings.shape" <<'SHAPE'
schema number
version text
time time
place text?
settings list
settings[] object
settings[].name text
settings[].also list
settings[].also[] text
settings[].group text
settings[].owner text
settings[].kind text
settings[].type text
settings[].minimum number?
settings[].maximum number?
settings[].choices list
settings[].choices[] text
settings[].default text?
settings[].costs text
settings[].memory text?
settings[].value text?
settings[].verdict text
settings[].versions_of text
settings[].since text?
settings[].until text?
settings[].reason text
settings[].use text?
settings[].formula text?
settings[].instead text?
settings[].read_back text
settings[].source text
settings[].cases list
settings[].cases[] object
settings[].cases[].verdict text
settings[].cases[].versions_of text
settings[].cases[].since text?
settings[].cases[].until text?
settings[].cases[].places list
settings[].cases[].places[] text
settings[].cases[].devices list
settings[].cases[].devices[] text
settings[].cases[].values list
settings[].cases[].values[] text
settings[].cases[].below number?
settings[].cases[].contains text?
settings[].cases[].when text?
settings[].cases[].use text?
settings[].cases[].reason text
sources list
sources[] object
sources[].id text
sources[].text text
SHAPE
t_run "$TUNETOP" settings --json
t_expect_status 0
t_expect_shape 1 "$t_dir/settings.shape"
sed 's/"formula"/"formulas"/' "$t_dir/out" >"$t_dir/other"
t_must_fail 'a renamed field is a difference' \
    "${abs_builddir:?}/tests/tools/json_shape" "$t_dir/settings.shape" <"$t_dir/other"
t_run "$TUNETOP" settings --json OLLAMA_MMAP=0
t_expect_status 0
t_is 'one name is one object' "$(grep -c '"group":' "$t_dir/out")" 1
t_expect_out '"value":.*"0"'
t_run "$TUNETOP" settings --json use-pytorch-cross-attention
t_is 'one of several names is told under that name' \
    "$(grep -cE '"name":.*"--use-pytorch-cross-attention"' "$t_dir/out")" 1
t_expect_out '"also":.*"--use-split-cross-attention"'

# --- a catalog that is wrong or missing ---
mkdir "$t_dir/data"
t_run env TUNETOP_DATADIR="$t_dir/data" "$TUNETOP" settings
t_expect_status 1
t_expect_err 'settings.yaml'
sed 's/^    verdict: honoured$/    verdict: honored/' "$TUNETOP_DATADIR/settings.yaml" \
    >"$t_dir/data/settings.yaml"
t_run env TUNETOP_DATADIR="$t_dir/data" "$TUNETOP" settings
t_expect_status 2
t_expect_err "settings.yaml:[0-9]+:[0-9]+: 'verdict': .*did you mean 'honoured'"

# --- every name that a guide uses has a row, and so a verdict ---
missing() {
    awk -F'\t' '/^#/ { next } $3 != "-" { print $3 }' "$1" | sort -u | comm -23 - "$t_dir/listed"
}
t_is 'every name of the guides is in the catalog' "$(missing "$names")" ''
printf '0\tx\tNOT_IN_THE_CATALOG\n' >"$t_dir/planted"
t_is 'a name without a row would be noticed' "$(missing "$t_dir/planted")" NOT_IN_THE_CATALOG

# Every name of one guide's text, one a line.
extract() {
    local word='[A-Za-z_][A-Za-z0-9_]*'
    local before='(^|[^A-Za-z0-9_./-])' # no part of a longer name
    # shellcheck disable=SC2016 # the back quotes are those of the text
    awk '/^```/ { code = !code; next } code { print; next }
        { while (match($0, /`[^`]+`/)) { print substr($0, RSTART + 1, RLENGTH - 2)
            $0 = substr($0, RSTART + RLENGTH) } }' "$1" >"$t_dir/code"
    grep -v '^ *#' "$t_dir/code" | sed 's/  *# .*//' >"$t_dir/plain"
    {
        # anywhere: variables and sysctls
        grep -Eo '[A-Z][A-Z0-9]*(_[A-Z0-9]+)+' "$1"
        grep -Eo '(kern|vm|iogpu|hw)\.[a-z_]+' "$1"
        # in code: keys, paths of an interface, names with a _ or a dot in them
        grep -Eo "^ *(- )?[\"']?[a-zA-Z_]+[\"']?:( |\$)" "$t_dir/code" | sed "s/[-\"': ]//g"
        grep -Eo "[\"'][a-z_]+[\"']: ?" "$t_dir/code" | sed "s/[\"': ]//g"
        grep -Eo '/(api/[a-z]+|metrics)' "$t_dir/code"
        grep -Eo "${before}[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)+" "$t_dir/plain"
        grep -Eo "${before}$word(\.$word)+" "$t_dir/plain"
        # flags, calls, their arguments, what is assigned and imported
        grep -Eo '(^| )--?[A-Za-z][A-Za-z0-9=-]*' "$t_dir/plain"
        grep -Eo "(${before}|\)\.)$word\(" "$t_dir/plain" | sed 's/^)\.//; s/($//'
        grep -Eo '(^ +|[(,] *)[a-z_]+=[^ ]' "$t_dir/plain" | sed 's/^[(, ]*//; s/=.*/=/'
        grep -Eo '^ *[a-z_]+ = ' "$t_dir/plain" | tr -d ' ='
        grep -Eo '^import [A-Za-z_.]+' "$t_dir/plain"
        # commands: the first word of a line of a shell, and lists of words
        awk '/^```bash/ { shell = 1; next } /^```/ { shell = 0 } shell' "$1" |
            grep -Ev '^(#|export |  )' | sed -E 's/^(sudo|time) //; s/ .*//' | grep .
        grep -Eo '\["[a-z]+"(, "[-a-z]+")+\]' "$t_dir/plain" | tr -d '[]",'
    } | sed 's/^[^A-Za-z0-9_./-]*//' | sort -u
}
# It finds each kind of name; what is a comment, a heading or a sentence is none.
cat >"$t_dir/sample" <<'TEXT'
# A_HEADING of_words
1. Set `SOME_VARIABLE=1`, run `sudo tool --flag -x` and see vm.some_key; not_code here.
```bash
# a_comment --with-flag
sudo first-command -n 1 | second_command
export OTHER_VARIABLE="x"
time third http://localhost:11434/api/some /metrics
```
```yaml
plain:
  - key_in_list: 3  # a_trailing comment
  "quoted": value_word
```
```python
import some.module
call(argument=1, "text")
value = object.method(NAMED['dict_key'])
).chained("x")
run(["word", "-g", "other"])
{'dict_two': 4}
```
TEXT
extract "$t_dir/sample" >"$t_dir/found"
cat >"$t_dir/wanted" <<'NAMES'
--flag
-n
-x
/api/some
/metrics
A_HEADING
OTHER_VARIABLE
SOME_VARIABLE
argument=
call
chained
dict_key
dict_two
first-command
import some.module
key_in_list
object.method
plain
quoted
run
second_command
some.module
third
value
value_word
vm.some_key
word -g other
NAMES
t_is 'each kind of name is found' "$(LC_ALL=C sort "$t_dir/found")" "$(LC_ALL=C sort "$t_dir/wanted")"

guides=${TUNETOP_GUIDES:-$abs_srcdir/../shared/guides}
if [ -d "$guides" ]; then
    for guide in 0 1 2 3 4; do
        extract "$guides/00${guide}_"*.txt >"$t_dir/found"
        grep "^$guide$tab" "$names" | cut -f2 | grep -vx '+' | sort -u >"$t_dir/known"
        t_ok "guide $guide has names" test -s "$t_dir/found"
        t_is "guide $guide: the list has every name of its text, and no other" \
            "$(comm -3 "$t_dir/found" "$t_dir/known")" ''
    done
else
    echo '# the guides are not here: their names are those of the list'
fi

t_done
