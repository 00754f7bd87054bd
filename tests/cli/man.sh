#!/usr/bin/env bash
# The manual pages: their generated parts are what the tables say now.
. "${abs_srcdir:?}/tests/lib.sh"

for page in tunetop.1 tunetop.yaml.5 tunetop-metrics.7 tunetop-settings.7; do
    t_run "${abs_builddir:?}/tests/tools/gen_man" "$abs_srcdir/man/$page"
    t_expect_status 0
    t_cmp "$page is current (make update-man)" "$t_dir/out" "$abs_srcdir/man/$page"
done

# The comparison can fail: a page that lost an option is noticed.
grep -v -e '--gap' -e 'Fl -gap' "$abs_srcdir/man/tunetop.1" >"$t_dir/page"
t_run "$abs_builddir/tests/tools/gen_man" "$t_dir/page"
t_must_fail 'a page without an option is not current' cmp -s "$t_dir/out" "$t_dir/page"

# What is not generated names every option of help, too.
t_run "$TUNETOP" --help
grep -Eo -e '--[a-z]+' "$t_dir/out" | sort -u >"$t_dir/options"
while read -r option; do
    t_ok "tunetop.1 has $option" grep -q -- "Fl -${option#--}" "$abs_srcdir/man/tunetop.1"
done <"$t_dir/options"

t_done
