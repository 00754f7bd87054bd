#!/usr/bin/env bash
#
# Functions that this project does not call: those that cannot be bounded (strcpy, sprintf, gets),
# hide an error (atoi), keep state (strtok), or start a shell (system, popen). Comments and strings
# are removed first, so that a sentence may name them. The checker is then run on a planted file,
# in which it must find each of them.

set -u
export LC_ALL=C

source_dir=${abs_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
names='strcpy|stpcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atoll|atof|gets|system|popen|init_color'

# calls ROOT: one line "FILE:LINE: NAME" for each call below ROOT.
calls() {
    (
        cd "$1" || exit 1
        find base sampling tuning tui cli tests -name '*.[ch]' 2>/dev/null | sort |
            while IFS= read -r file; do
                awk -v file="$file" -v names="$names" '
                    # Removes strings, character constants and comments from one line; "inside" is
                    # whether a block comment is open.
                    function code_of(line,    out, c, two, i) {
                        out = ""
                        for (i = 1; i <= length(line); i++) {
                            c = substr(line, i, 1)
                            two = substr(line, i, 2)
                            if (inside) {
                                if (two == "*/") { inside = 0; i++ }
                            } else if (two == "/*") {
                                inside = 1; i++
                            } else if (two == "//") {
                                break
                            } else if (c == "\"" || c == "\047") {
                                for (i++; i <= length(line) && substr(line, i, 1) != c; i++)
                                    if (substr(line, i, 1) == "\\") i++
                                out = out " "
                            } else {
                                out = out c
                            }
                        }
                        return out
                    }
                    {
                        code = " " code_of($0)
                        while (match(code, "[^A-Za-z0-9_](" names ")[ \t]*\\(")) {
                            name = substr(code, RSTART + 1, RLENGTH - 1)
                            sub(/[ \t]*\($/, "", name)
                            print file ":" NR ": " name
                            code = substr(code, RSTART + RLENGTH)
                        }
                    }
                ' "$file"
            done
    )
}

echo "1..2"

found=$(calls "$source_dir")
if [ -z "$found" ]; then
    echo "ok 1 - no banned function is called"
else
    echo "not ok 1 - no banned function is called"
    echo "$found" | sed 's/^/# /'
fi

tree=$(mktemp -d "${TMPDIR:-/tmp}/banned.XXXXXX") || exit 1
trap 'rm -rf "$tree"' EXIT
mkdir "$tree/base"
{
    echo "/* a comment may say strcpy(a, b) */ int strcpy_like(int);"
    echo "// and so may this: system(x)"
    echo '"a string: popen(\"x\")"; x = my_system(1); p->system_time(2);'
    echo "/* over"
    echo "   lines: gets(x) */"
    echo "$names" | tr '|' '\n' | while IFS= read -r name; do echo "    $name (a);"; done
    echo 'f("a", atoi(b), "\"", atoi(c));'
} >"$tree/base/a.c"
wanted=$(($(echo "$names" | tr '|' '\n' | grep -c .) + 2))
found=$(calls "$tree")
if [ "$(echo "$found" | grep -c .)" = "$wanted" ]; then
    echo "ok 2 - each of $wanted planted calls is found, and nothing else"
else
    echo "not ok 2 - each of $wanted planted calls is found, and nothing else"
    echo "$found" | sed 's/^/# /'
fi
