#!/usr/bin/env bash
#
# The corpus of configuration files (tests/fixtures/config), before and after each change of its
# table, read by programs that are not ours.
#
#   judges.sh        other libraries for YAML, JSON, property lists and .env files, and systemd's own
#                    reading where it is there; part of `make check`, a few seconds
#   judges.sh all    docker-compose and podman-compose besides: a minute or two (./dev judges)
#
# The judges are installed by `./dev setup judges`. Without them this is skipped, except with "all"
# in CI, which must not go green for having asked nobody.

set -u
root=${abs_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${abs_builddir:-$root/build}
# shellcheck source=tests/judges/tools.sh
. "$root/tests/judges/tools.sh"

if ! have_judges; then
    if [ "${1:-}" = all ] && [ -n "${CI:-}" ] && [ "$CI" != false ]; then
        echo "1..1"
        echo "not ok 1 - the judges are installed"
        exit 1
    fi
    echo "1..0 # SKIP the judges are not installed here: ./dev setup judges"
    exit 0
fi

made=$(mktemp -d "${TMPDIR:-/tmp}/judges.XXXXXX") || exit 1
trap 'rm -rf "$made"' EXIT
corpus=$root/tests/fixtures/config
export PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8
export TUNETOP_DATADIR=${TUNETOP_DATADIR:-$root/tuning/catalog}
if ! "$build/tests/tools/config_corpus" "$corpus" "$made" >"$made/out"; then
    echo "Bail out! config_corpus failed, so there is nothing to judge:"
    grep -A 4 '^not ok' "$made/out" | sed 's/^/# /'
    exit 1
fi
status=0
"$judges_python" "$root/tests/judges/trees.py" "$corpus" "$made" || status=1
if [ "${1:-}" = all ]; then
    "$judges_python" "$root/tests/judges/compose.py" "$corpus" "$made" "$docker_compose" \
        "$podman_compose" || status=1
    "$judges_python" "$root/tests/judges/layers.py" "$corpus" "$build/tunetop" "$docker_compose" \
        "$podman_compose" || status=1
fi
exit "$status"
