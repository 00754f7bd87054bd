#!/usr/bin/env bash
# What status --json says, against /proc read independently, under load: tests/tools/truth.c.
. "${abs_srcdir:?}/tests/lib.sh"

[ -x "${abs_builddir:?}/tests/tools/truth" ] || t_skip_all "there is no /proc on this system"
"$abs_builddir/tests/tools/truth" "$TUNETOP"
