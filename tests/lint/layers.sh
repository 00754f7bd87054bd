#!/usr/bin/env bash
#
# The layer test: reads the #include lines of every source file and fails when a lower layer
# reaches for a higher one (docs/design.md). It is then run on a small tree with one breach of each
# kind in it, and must find every one: a checker that finds nothing proves nothing.

set -u
export LC_ALL=C

source_dir=${abs_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}

# breaches ROOT: one line "FILE:LINE: what" for each breach below ROOT.
breaches() {
    (
        cd "$1" || exit 1
        find base sampling tuning tui cli -name '*.[ch]' -o -name '*.def' 2>/dev/null | sort |
            while IFS= read -r file; do
                awk -v file="$file" '
                    function layer_of(path) {
                        sub(/\/.*/, "", path)
                        return path
                    }
                    BEGIN {
                        split("base sampling tuning tui cli", names, " ")
                        for (i in names)
                            rank[names[i]] = i + 0
                        own = rank[layer_of(file)]
                    }
                    /^[ \t]*#[ \t]*include/ {
                        target = $0
                        sub(/^[ \t]*#[ \t]*include[ \t]*/, "", target)
                        kind = substr(target, 1, 1)
                        sub(/^["<]/, "", target)
                        sub(/[">].*/, "", target)
                        layer = layer_of(target)
                        if (layer in rank && target ~ /\//) {
                            if (rank[layer] > own)
                                print file ":" NR ": " names[own] " includes " target
                        } else if (kind == "\"" && target ~ /\.\./) {
                            print file ":" NR ": a path with .. hides its layer: " target
                        }
                        if (target ~ /(^|\/)(n?curses|term)\.h$/ && kind == "<" &&
                            file != "tui/term.c")
                            print file ":" NR ": only tui/term.c may include " target
                    }
                ' "$file"
            done
    )
}

echo "1..2"

found=$(breaches "$source_dir")
if [ -z "$found" ]; then
    echo "ok 1 - no layer includes one above it, and only tui/term.c includes curses"
else
    echo "not ok 1 - no layer includes one above it, and only tui/term.c includes curses"
    echo "$found" | sed 's/^/# /'
fi

tree=$(mktemp -d "${TMPDIR:-/tmp}/layers.XXXXXX") || exit 1
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/base" "$tree/sampling/linux" "$tree/tuning" "$tree/tui" "$tree/cli"
echo '#include "sampling/sample.h"' >"$tree/base/a.c"
echo '#include "tuning/assess.h"' >"$tree/sampling/linux/b.c"
echo '  #  include <tui/view.h>' >"$tree/sampling/c.h"
echo '#include "cli/options.h"' >"$tree/sampling/d.def"
echo '#include "tui/view.h"' >"$tree/tuning/e.c"
echo '#include "cli/options.h"' >"$tree/tui/f.c"
echo '#include <curses.h>' >"$tree/tui/g.c"
echo '#include <ncursesw/curses.h>' >"$tree/tui/h.c"
echo '#include "../tui/view.h"' >"$tree/base/i.c"
wanted=9
# None of these is a breach.
echo '#include <curses.h>' >"$tree/tui/term.c"
echo '#include "base/buf.h"' >"$tree/sampling/j.c"
echo '#include "sampling/model.h"' >"$tree/tuning/k.c"
echo '#include "tuning/assess.h"' >"$tree/tui/l.c"
echo '#include "tui/loop.h"' >"$tree/cli/m.c"
echo '// "tui/loop.h"' >"$tree/base/n.c"

found=$(breaches "$tree")
files=$(echo "$found" | sed 's/:.*//; s/.*\///; s/\..*//' | sort | tr -d '\n')
if [ "$(echo "$found" | grep -c .)" = "$wanted" ] && [ "$files" = abcdefghi ]; then
    echo "ok 2 - each of $wanted planted breaches is found, and nothing else"
else
    echo "not ok 2 - each of $wanted planted breaches is found, and nothing else"
    echo "$found" | sed 's/^/# /'
fi
