#!/usr/bin/env bash
#
# The screens in README.md and docs/tour.md are golden screens, so that they are true. The line
#     <!-- screen: tests/screen/golden/NAME -->
# stands before a code block, which must be that file's text. `readme.sh --update` copies the file
# into the document (./dev golden calls it). The comparison is proven on a copy with one wrong letter.

set -u
export LC_ALL=C

source_dir=${abs_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}

documents='README.md docs/tour.md'

# Prints the document on stdin with each marked block replaced by its file.
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
    for document in $documents; do
        with_screens <"$source_dir/$document" >"$new" && cat "$new" >"$source_dir/$document"
    done
    rm -f "$new"
    exit 0
fi

count=0
# report STATUS NAME
report() {
    count=$((count + 1))
    if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

for document in $documents; do
    text=$(cat "$source_dir/$document")
    echo "$text" | grep -q '^<!-- screen: .* -->$'
    report $? "$document has screens"
    [ "$(echo "$text" | with_screens)" = "$text" ]
    same=$?
    report $same "$document: they are the golden screens"
    if [ $same != 0 ]; then
        echo "# ./dev golden copies them; review the difference:"
        echo "$text" | with_screens | diff "$source_dir/$document" - | sed 's/^/# /'
    fi
    # "Overview" stands on every screen.
    wrong=$(echo "$text" | awk '/^```/ { inside = !inside } inside { gsub(/Overview/, "Overvlew") } { print }')
    [ "$(echo "$wrong" | with_screens)" = "$text" ] && [ "$wrong" != "$text" ]
    report $? "$document: a wrong letter is seen"
done
echo "1..$count"
