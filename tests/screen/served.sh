# shellcheck shell=bash
# Sourced first by the tests that press keys in a dashboard over a service that can be restarted: tests/lib.sh,
# dashboard.sh and cli/served.sh, in the folder of the test; both are ended with it.
. "${abs_srcdir:?}/tests/lib.sh"
. "$abs_srcdir/tests/screen/dashboard.sh"
. "$abs_srcdir/tests/cli/served.sh"

end_all() {
    dashboards_end
    end_server
}
trap end_all EXIT
cd "$t_dir" || exit 99
