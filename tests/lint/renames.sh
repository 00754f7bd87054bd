#!/usr/bin/env bash
#
# Who may rename, and so take a file's name away from it. A rename over a file of the user's is
# file_replace()'s alone (docs/design.md, "Changing files"); base/file.c renames over tunetop's own
# files, and base/file_ops*.c hold the calls themselves. Everything else, and every other way to
# change a file of somebody else's in place, is a breach. Comments and strings do not count. The
# checker is then run on a planted tree, in which it must find each breach.

set -u
export LC_ALL=C

source_dir=${abs_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
# The system's calls, and the table's entry.
calls='rename|renameat|renameat2|renamex_np|renameatx_np|linkat|link|exchangedata|file_here_rename'

# breaches ROOT: one line "FILE:LINE: what" for each breach below ROOT.
breaches() {
    (
        cd "$1" || exit 1
        find base sampling tuning tui cli -name '*.[ch]' 2>/dev/null | sort |
            while IFS= read -r file; do
                awk -v file="$file" -v calls="$calls" '
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
                        if (file != "base/file.c" && file !~ /^base\/file_ops[a-z_]*\.[ch]$/ &&
                            match(code, "[^A-Za-z0-9_>.](" calls ")[ \t]*\\("))
                            print file ":" NR ": only base/file.c and base/file_ops*.c may rename"
                        if (file != "base/file_replace.c" && code ~ /(->|\.)rename[ \t]*\(/)
                            print file ":" NR ": only base/file_replace.c may use the ops to rename"
                    }
                ' "$file"
            done
    )
}

echo "1..2"

found=$(breaches "$source_dir")
if [ -z "$found" ]; then
    echo "ok 1 - only base/file_replace.c renames over files of the user's"
else
    echo "not ok 1 - only base/file_replace.c renames over files of the user's"
    echo "$found" | sed 's/^/# /'
fi

tree=$(mktemp -d "${TMPDIR:-/tmp}/renames.XXXXXX") || exit 1
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/base" "$tree/sampling" "$tree/tuning/apply" "$tree/cli"
echo '    return rename(from, to);' >"$tree/tuning/a.c"
echo '    if (renameat2 (1, a, 1, b, 0) < 0)' >"$tree/tuning/apply/b.c"
echo '    rc = ops->rename(ops->ctx, dir, a, b, 0);' >"$tree/tuning/apply/c.c"
echo '    rc = t.ops.rename(ctx, dir, a, b, 0);' >"$tree/base/d.c"
echo '    (void)linkat(1, a, 1, b, 0);' >"$tree/cli/e.c"
echo '    (void)rename(a, b);' >"$tree/base/file_replace.c"
wanted=6
# None of these is a breach.
echo '    (void)rename(a, b);' >"$tree/base/file.c"
echo '    return renameat(dir, a, dir, b);' >"$tree/base/file_ops.c"
echo '    rc = ops->rename(ops->ctx, dir, a, b, 0);' >>"$tree/base/file_replace.c"
{
    echo '/* rename(2) says so */ int renamed(void);'
    echo '    puts("rename(a, b)"); unlink(a); follow_link(b); p->renames = 1;'
} >"$tree/sampling/f.c"
found=$(breaches "$tree")
if [ "$(echo "$found" | grep -c .)" = "$wanted" ]; then
    echo "ok 2 - each of $wanted planted breaches is found, and nothing else"
else
    echo "not ok 2 - each of $wanted planted breaches is found, and nothing else"
    echo "$found" | sed 's/^/# /'
fi
