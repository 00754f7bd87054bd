#!/usr/bin/env bash
# settings --installed: the program in PATH that is run, what it may not do, and what it lists.
. "${abs_srcdir:?}/tests/lib.sh"

shape="$t_dir/installed.shape"
cat >"$shape" <<'END'
schema number
version text
time time
installed list
installed[] object
installed[].service text?
installed[].owner text
installed[].version text?
installed[].program text?
installed[].reason text?
installed[].listed_count number
installed[].known_count number
installed[].unlisted_count number
installed[].new list
installed[].new[] text
installed[].gone list
installed[].gone[] text
installed[].renamed list
installed[].renamed[] object
installed[].renamed[].name text
installed[].renamed[].to text
installed[].without_effect list
installed[].without_effect[] object
installed[].without_effect[].name text
installed[].without_effect[].verdict text
installed[].without_effect[].reason text
END

bin="$t_dir/bin"
mkdir -m 755 "$bin"
PATH="$bin:/usr/bin:/bin"
# ollama LINES...: a program of that name that does this for its list.
ollama() {
    {
        printf '#!/bin/sh\nhere="%s"\n' "$t_dir"
        # shellcheck disable=SC2016 # meant for the program
        printf '[ "$1" = --version ] && { echo "Warning: client version is 0.33.0"; exit 0; }\n'
        printf '%s\n' "$@"
    } >"$bin/ollama"
    chmod 755 "$bin/ollama"
}
# block: the lines about that program.
block() {
    awk -v path="$bin/ollama" '/^[^ ]/ { on = index($0, path) > 0 } on' "$t_dir/out" >"$t_dir/block"
}
has() {
    t_ok "$t_what: $1" grep -Eq -- "$1" "$t_dir/block"
}

# What it lists, as the newest Ollama does with three changes; asked by these two words.
# shellcheck disable=SC2016 # meant for the program
ollama '[ "$*" = "serve --help" ] || exit 9' \
    'env >"$here/env"; cat >"$here/stdin"; echo "not this" >&2' \
    "sed -e 's/OLLAMA_MAX_QUEUE /OLLAMA_MAX_QUEUES/' -e '/OLLAMA_ORIGINS/d' \\
        '$abs_srcdir/tests/fixtures/installed/ollama-0.33.0-rc2.txt'" \
    'echo "      OLLAMA_BRAND_NEW              text"'
t_run env TUNETOP_TEST_SECRET=sesame "$TUNETOP" settings --installed
t_expect_status 0
t_expect_err_is ''
block
has "^ollama +0\\.33\\.0  $bin/ollama  in PATH\$"
has '^  new +OLLAMA_MAX_QUEUES$'
has '^  new +OLLAMA_BRAND_NEW$'
has '^  gone +OLLAMA_ORIGINS$'
has '^  renamed +OLLAMA_MAX_QUEUE  OLLAMA_MAX_QUEUES, perhaps$'
has '^  ignored +OLLAMA_GPU_OVERHEAD  since 0\.30 '
has '^  known +19 of the 21 names that it lists; [0-9]+ more it reads and lists nowhere$'
t_must_fail 'no line is longer than 100 columns' grep -Eq '.{101}' "$t_dir/block"
t_is 'it is given no input' "$(wc -c <"$t_dir/stdin" | tr -d ' ')" 0
t_must_fail 'nothing of our environment' grep -Eq 'sesame|TUNETOP' "$t_dir/env"
t_ok 'no home to write to' grep -qx 'HOME=/nonexistent' "$t_dir/env"
t_run "$TUNETOP" settings --installed --json
t_expect_status 0
t_expect_shape 1 "$shape"
t_expect_out '"new":	\["OLLAMA_MAX_QUEUES", "OLLAMA_BRAND_NEW"\]'
t_expect_out '"gone":	\["OLLAMA_ORIGINS"\]'
t_expect_out '"to":	"OLLAMA_MAX_QUEUES"'

# refused REASON: it is told why, nothing is compared, and that is no error.
refused() {
    t_run "$TUNETOP" settings --installed
    t_expect_status 0
    block
    has "^  not asked  +.*$1"
    t_must_fail 'nothing is compared' grep -Eq '^  (known|new|gone)' "$t_dir/block"
}
ollama 'echo "Usage: nothing of the kind"'
refused 'it prints no list of its settings'
ollama 'exit 3'
refused 'ended with status 3'
ollama 'kill -9 $$'
refused 'a signal ended'
ollama 'while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done'
refused 'prints more than 262144 bytes'
ollama 'sleep 1000 & wait'
refused 'did not end in time'
# One that others could have written is not run.
# shellcheck disable=SC2016 # meant for the program
ollama 'touch "$here/ran"'
chmod 757 "$bin/ollama"
refused 'everybody may write to'
chmod 755 "$bin/ollama"
chmod 777 "$bin"
refused 'everybody may write to'
chmod 755 "$bin"
t_must_fail 'it was not run' test -e "$t_dir/ran"

# A server whose process is another program is not asked.
mkfifo "$t_dir/life" # it ends with its stdin
exec 9<>"$t_dir/life"
"${abs_builddir:?}/tests/fake_server" --kind ollama <"$t_dir/life" >"$t_dir/port" 9>&- &
t_own "$!"
t_wait_for 'the server serves' test -s "$t_dir/port"
read -r port _ <"$t_dir/port"
printf 'services:\n  - {name: mine, kind: ollama, url: "http://127.0.0.1:%s"}\n' "$port" \
    >"$XDG_CONFIG_HOME/tunetop/tunetop.yaml"
rm "$bin/ollama"
t_run "$TUNETOP" settings --installed
t_expect_status 0
if [ -d /proc/self ]; then
    t_expect_out '^mine +0\.32\.3'
    t_expect_out "^  not asked  +its program is not called ollama\$"
fi
t_run "$TUNETOP" settings --installed --json
t_expect_shape 1 "$shape"

# refuse SENTENCE ARGUMENT...: exit 2, and exactly this sentence.
refuse() {
    local sentence=$1
    shift
    t_run "$TUNETOP" settings "$@"
    t_expect_status 2
    t_expect_err_is "tunetop: $sentence"
}
refuse "'--installed' runs programs of this machine: it and '--replay' exclude each other" \
    --installed --replay "$abs_srcdir/tests/fixtures/recordings/mac"
refuse "'--installed' runs programs of this machine: it and '--sysroot' exclude each other" \
    --installed --sysroot /
refuse "'--installed' and a name exclude each other" --installed OLLAMA_HOST

t_done
