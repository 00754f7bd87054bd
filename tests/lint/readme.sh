#!/usr/bin/env bash
#
# The screenshot in README.md is a golden screen, so that it is true. The line
#     <!-- screen: tests/screen/golden/NAME -->
# stands before a code block, which must be that file's text. `readme.sh --update` copies the file
# into the README (./dev golden calls it). The comparison is proven on a copy with one wrong letter.

set -u
export LC_ALL=C

source_dir=${abs_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}

# Prints the README on stdin with each marked block replaced by its file.
with_screens() {
    awk -v root="$source_dir" '
        /^<!-- screen: [^ ]+ -->$/ {
            path = root "/" $3
            print
            waiting = 1
            next
        }
        waiting && /^```/ {
            print
            waiting = 0
            skipping = 1
            count = 0
            while ((status = (getline line < path)) > 0) {
                print line
                count++
            }
            close(path)
            if (count == 0) print "cannot read " path
            next
        }
        skipping && /^```$/ { skipping = 0 }
        !skipping
    '
}

if [ "${1:-}" = --update ]; then
    new=$(mktemp "${TMPDIR:-/tmp}/readme.XXXXXX") || exit 1
    with_screens <"$source_dir/README.md" >"$new" && cat "$new" >"$source_dir/README.md"
    rm -f "$new"
    exit 0
fi

echo "1..3"
readme=$(cat "$source_dir/README.md")
if echo "$readme" | grep -q '^<!-- screen: .* -->$'; then
    echo "ok 1 - the README has a screen"
else
    echo "not ok 1 - the README has a screen"
fi
if [ "$(echo "$readme" | with_screens)" = "$readme" ]; then
    echo "ok 2 - it is the golden screen"
else
    echo "not ok 2 - it is the golden screen"
    echo "# ./dev golden copies it; review the difference:"
    echo "$readme" | with_screens | diff "$source_dir/README.md" - | sed 's/^/# /'
fi
# "CPU" stands on every screen.
wrong=$(echo "$readme" | awk '/^```/ { inside = !inside } inside { gsub(/CPU/, "CPO") } { print }')
if [ "$(echo "$wrong" | with_screens)" = "$readme" ] && [ "$wrong" != "$readme" ]; then
    echo "ok 3 - a wrong letter is seen"
else
    echo "not ok 3 - a wrong letter is seen"
fi
