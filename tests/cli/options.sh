#!/usr/bin/env bash
# The command line: what it takes, what it refuses, and what it says then.
. "${abs_srcdir:?}/tests/lib.sh"

# refuse SENTENCE ARGUMENT...: exit 2, nothing on standard output, exactly this sentence.
refuse() {
    local sentence=$1
    shift
    t_run "$TUNETOP" "$@"
    t_expect_status 2
    t_expect_err_is "tunetop: $sentence"
    t_expect_out_is ''
}

refuse "unknown command 'statsu'; did you mean 'status'?" statsu
refuse "unknown command 'zzz'; 'tunetop --help' lists them" zzz
refuse "unknown command ''; 'tunetop --help' lists them" ''
refuse "unknown command 'strem'; did you mean 'stream'?" help strem
refuse "unknown option '--jsn'; did you mean '--json'?" status --jsn
refuse "unknown option '--jso'; did you mean '--json'?" status --jso
refuse "unknown option '--zzzzzzzz'; 'tunetop --help' lists them" --zzzzzzzz
refuse "unknown option '-x'; 'tunetop --help' lists them" -x
refuse "unknown option '-x'; 'tunetop --help' lists them" -vx
refuse "'--json' is no option of the dashboard; it belongs to 'status'" --json
refuse "'--theme' is no option of 'status'; it belongs to the dashboard" status --theme mono
refuse "'-n' is no option of 'status'; it belongs to 'stream'" -n 3 status
refuse "'status' does not take 'now'" status now
refuse "'status' does not take '--json'" status -- --json
refuse "'--json' takes no value" status --json=yes
refuse "'--gap' needs a value: S" status --gap
refuse "'-n' needs a value: N" stream -n
refuse "'--config' needs a FILE, not an empty word" --config= status
refuse "'--gap' takes a number from 0.05 to 60, not '0'" status --gap 0
refuse "'--gap' takes a number from 0.05 to 60, not '1s'" status --gap 1s
refuse "'--gap' takes a number from 0.05 to 60, not 'nan'" status --gap nan
refuse "'--gap' takes a number from 0.05 to 60, not '0,5'" status --gap 0,5
refuse "'-n' takes a whole number from 1, not '0'" stream -n0
refuse "'--count' takes a whole number from 1, not '1.5'" stream --count=1.5
refuse "'-i' takes a number from 0.2 to 60, not '61'" stream -i 61
refuse "--theme: 'mno' is unknown, did you mean 'mono'?" --theme mno
refuse "'--theme' needs a THEME, not an empty word" --theme=
refuse "'--color' does not know 'sometimes'; it takes auto, always, never" --color sometimes status
refuse "'--view' does not know 'overvew'; did you mean 'overview'?" --view overvew
refuse "'--json' and '--format' exclude each other" status --json --format x
refuse "'--replay' and '--sysroot' exclude each other" status --replay a --sysroot b
refuse "'--at' names a time of a recording: it needs '--replay'" status --at +1
refuse "'--speed' is that of a recording: it needs '--replay'" --speed 2
refuse "'--speed' takes a number from 0.1 to 100000, not '0'" --replay x --speed 0 stream
refuse "'record' needs a folder to record into: tunetop record DIR" record
refuse "'record' and '--replay' exclude each other" record x --replay y
refuse "'record' does not take 'y'" record x y
refuse "'record' needs a folder, not an empty word" record ''

# What a hostile word holds does not reach the terminal.
t_run "$TUNETOP" "$(printf 'a\033]0;x\007b')"
t_expect_status 2
t_must_fail 'control characters of the command line are not printed' \
    grep -q "$(printf '\033')" "$t_dir/err"

t_run "$TUNETOP" --version
t_expect_status 0
t_expect_out '^tunetop [0-9]+\.[0-9]+\.[0-9]+$'
t_run "$TUNETOP" status --version
t_expect_out '^tunetop [0-9]'

# Help: the same by three ways, and every option of a command is in it.
t_run "$TUNETOP" --help
t_expect_status 0
t_expect_out '^  status '
t_expect_out '^  -i, --interval S '
cp "$t_dir/out" "$t_dir/help"
t_run "$TUNETOP" -h
t_cmp '-h is --help' "$t_dir/out" "$t_dir/help"
t_run "$TUNETOP" help
t_cmp 'help is --help' "$t_dir/out" "$t_dir/help"
for command in status stream record help; do
    t_run "$TUNETOP" help "$command"
    t_expect_status 0
    cp "$t_dir/out" "$t_dir/help"
    t_expect_out "^Usage: tunetop $command"
    t_run "$TUNETOP" "$command" --help
    t_cmp "$command --help is help $command" "$t_dir/out" "$t_dir/help"
    t_run "$TUNETOP" --help "$command"
    t_cmp "--help $command is help $command" "$t_dir/out" "$t_dir/help"
    t_must_fail "help $command keeps to 80 columns" grep -Eq '.{81}' "$t_dir/out"
done

# Options before and after, attached and apart, the last one counting.
for words in 'status --format {schema}' '--format {schema} status' \
    '--format={schema} status --ascii' '--ascii status --format no --format {schema}' \
    '--format {schema} -- status' '-v status --format {schema} -v'; do
    # shellcheck disable=SC2086 # the words are the arguments
    t_run "$TUNETOP" $words
    t_expect_status 0
    t_expect_out_is 1
done
t_run "$TUNETOP" stream -n1 -i0.2
t_expect_status 0
t_is 'stream -n1 -i0.2: one line' "$(wc -l <"$t_dir/out" | tr -d ' ')" 1

t_done
