#!/usr/bin/env bash
#
# `./dev lint [STAGE...]`: everything that reads the source without running it, one TAP line a
# stage. Not part of `make check`: the tools are many and their opinions change with their version;
# the tests of the source itself (layers, banned, readme) are also in `make check`.
#
# A missing tool is a skip for a person and a failure in CI, which must not go green for having
# looked at nothing.

set -u
export LC_ALL=C.UTF-8

root=${abs_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${abs_builddir:-$root/build}
cd "$root" || exit 1
export abs_srcdir=$root abs_builddir=$build

sources() { # NAME-PATTERN...
    local pattern
    for pattern in "$@"; do
        find base sampling tuning tui cli tests -name "$pattern" -type f
    done | sort
}

scripts() {
    # Whatever says so in its first line, so that no script is forgotten.
    find . -path ./build -prune -o -path './build-*' -prune -o -path ./.git -prune -o \
        -path ./tests/fixtures -prune -o -path ./tests/fuzz/corpus -prune -o \
        -name 'configure*' -prune -o -name autom4te.cache -prune -o -type f -print |
        while IFS= read -r file; do
            if head -n 1 "$file" | grep -qa '^#!.*sh$'; then
                echo "$file"
            elif [ "${file%.sh}" != "$file" ]; then
                echo "$file"
            fi
        done | sort
}

compile_flags() {
    # The flags of Makefile.am, less the warnings.
    echo "-std=gnu17 -D_GNU_SOURCE -D_XOPEN_SOURCE_EXTENDED=1 -I. -I$build -DHAVE_CONFIG_H=1" \
        "-DPKGDATADIR=\"/usr/share/tunetop\"" \
        "$(pkg-config --cflags ncursesw yaml-0.1 libcjson libcurl 2>/dev/null)" \
        "$(pkg-config --cflags libutf8proc 2>/dev/null)"
}

stage_format() {
    sources '*.c' '*.h' | xargs clang-format --dry-run -Werror 2>&1 | head -n 200
    [ "${PIPESTATUS[1]}" = 0 ]
}

# Lines that clang-format leaves alone (a long word, a table) still have to fit; a text that stands
# alone on its line may be longer, so that a message can be found by its words.
stage_width() {
    local found
    found=$(find base sampling tuning tui cli -name '*.[ch]' | sort | xargs awk '
        {
            text = $0
            gsub(/[\200-\277]/, "", text) # characters, not bytes
            if (length(text) > 100 && text !~ /^ *"/)
                print FILENAME ":" FNR ": " length(text) " columns"
        }')
    echo "$found"
    [ -z "$found" ]
}

# No file above 800 lines: one concept a file.
stage_size() {
    local found
    found=$(sources '*.c' '*.h' '*.sh' | xargs awk '
        FNR == 801 { print FILENAME ": more than 800 lines" }')
    echo "$found"
    [ -z "$found" ]
}

stage_tidy() {
    local files
    # Files of other systems do not compile here.
    files=$(sources '*.c')
    if [ "$(uname -s)" != Linux ]; then
        files=$(echo "$files" | grep -v -E '/linux/|_linux\.c$')
    fi
    if [ "$(uname -s)" != Darwin ]; then
        files=$(echo "$files" | grep -v -E '/darwin/live[a-z_]*\.c$|(process|file_ops|caller)_darwin\.c$')
    fi
    if ! pkg-config --exists cmocka; then
        files=$(echo "$files" | grep -v '^tests/unit/')
    fi
    # One file a process: with several, clang-tidy 14 takes every va_list for uninitialised.
    # Word splitting is wanted: these are flags.
    # shellcheck disable=SC2046
    echo "$files" | xargs -n 1 -P "$(getconf _NPROCESSORS_ONLN)" sh -c '
        flags=$1
        shift
        clang-tidy --quiet "$@" -- $flags 2>&1 |
            grep -v -E "^[0-9]+ warnings? generated|^Suppressed|^Use -header-filter" || :
    ' sh "$(compile_flags)" >"$log.tidy"
    cat "$log.tidy"
    ! grep -q -E '(warning|error):' "$log.tidy"
}

stage_cppcheck() {
    # It does not know the cleanup attribute (autofree, autofclose) and calls it a leak; leaks are
    # what the sanitizer stage looks for, at run time.
    sources '*.c' | grep -v '^tests/' |
        xargs cppcheck --enable=warning,performance,portability --inline-suppr --quiet \
            --std=c11 --error-exitcode=1 -I. -D_GNU_SOURCE -DHAVE_CONFIG_H=1 \
            -DPKGDATADIR='"/usr/share/tunetop"' --suppress=missingIncludeSystem --suppress=resourceLeak --suppress=memleak \
            -j "$(getconf _NPROCESSORS_ONLN)" 2>&1
}

stage_shell() {
    scripts | xargs shellcheck
}

# bash 3.2 is what a Mac has. It cannot be asked here, but what it lacks can be looked for.
stage_bash32() {
    local found
    found=$(scripts | xargs grep -n -E \
        '(^|[;&|(]|[[:space:]])(mapfile|readarray|coproc)([[:space:]]|$)|declare -[a-z]*[Ag]|local -[a-z]*[An]|\$\{[A-Za-z_][A-Za-z0-9_]*(,,?|\^\^?|@[A-Z])\}|\|&|&>>' /dev/null |
        grep -v '^\./tests/lint/lint\.sh:')
    echo "$found"
    [ -z "$found" ]
}

stage_man() {
    local found
    found=$(find man -name '*.[1-8]' | sort | xargs mandoc -T lint -W warning 2>&1)
    echo "$found"
    [ -z "$found" ]
}

stage_words() {
    # A word that promises work is not work. Assembled, so that this line is not found.
    local words found
    words="\\b(T""ODO|F""IXME|X""XX|H""ACK)\\b"
    found=$(git ls-files 2>/dev/null | grep -v -E '^tests/(fixtures|fuzz/corpus)/' |
        xargs grep -n -I -E "$words" /dev/null)
    echo "$found"
    [ -z "$found" ]
}

tap_script() {
    local out
    out=$(bash "$1" 2>&1)
    echo "$out"
    ! echo "$out" | grep -q '^not ok' && echo "$out" | grep -q '^ok'
}
stage_layers() { tap_script tests/lint/layers.sh; }
stage_banned() { tap_script tests/lint/banned.sh; }
stage_renames() { tap_script tests/lint/renames.sh; }
stage_readme() { tap_script tests/lint/readme.sh; }

# Stage and the command it needs ("-": none).
stages='format:clang-format width:- size:- tidy:clang-tidy cppcheck:cppcheck shell:shellcheck
bash32:- man:mandoc words:- layers:- banned:- renames:- readme:-'

wanted=${*:-$(echo "$stages" | tr '\n' ' ' | sed 's/:[a-z-]*//g')}
log=$(mktemp "${TMPDIR:-/tmp}/lint.XXXXXX") || exit 1
trap 'rm -f "$log" "$log.tidy"' EXIT

number=0 failed=0
for stage in $wanted; do
    tool=
    for pair in $stages; do
        [ "${pair%%:*}" != "$stage" ] || tool=${pair#*:}
    done
    if [ -z "$tool" ]; then
        echo "lint: there is no stage '$stage'; there are: $(echo "$stages" | sed 's/:[a-z-]*//g')" >&2
        exit 2
    fi
    number=$((number + 1))
    if [ "$tool" != - ] && ! command -v "$tool" >/dev/null; then
        if [ -n "${CI:-}" ] && [ "$CI" != false ]; then
            echo "not ok $number - $stage ($tool is not installed)"
            failed=$((failed + 1))
        else
            echo "ok $number - $stage # SKIP $tool is not installed"
        fi
    elif "stage_$stage" >"$log" 2>&1; then
        echo "ok $number - $stage"
    else
        echo "not ok $number - $stage"
        head -n 60 "$log" | sed 's/^/# /'
        failed=$((failed + 1))
    fi
done
echo "1..$number"
[ "$failed" = 0 ]
