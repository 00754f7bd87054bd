#!/usr/bin/env bash
#
# Does the measuring harness measure? Programs of known behaviour under ptybench: their CPU time must be what wait4
# says about their whole life, helpers included; their bytes and keys what they were written to send and answer.

set -u

ptybench=${PTYBENCH:-$abs_builddir/tests/bench/ptybench}
if [ "$(uname -s)" != Linux ]; then
    echo "1..0 # SKIP ptybench reads /proc"
    exit 0
fi
echo 1..7
number=0
check() { # WHAT CONDITION-OF-AWK
    number=$((number + 1))
    # shellcheck disable=SC2086 # the line is split into key=value on purpose
    if printf '%s\n' $line | awk -F= "{ v[\$1] = \$2 } END { exit !($2) }"; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        echo "# $line"
    fi
}

paint='printf "%0300d" 0;'

# Two processes that only compute, from the first byte to the end: nothing of their life lies outside the window but
# the start. The comparison does not depend on how much of the machine they get.
line=$("$ptybench" --settle 0 --seconds 1 --quiet-ms 10 -- bash -c \
    "$paint (while :; do :; done) & trap 'kill \$!; wait; exit' TERM; read -r -n 1 -s -t 20; kill \$!; wait") || :
check "CPU time is that of the whole tree" \
    'v["processes"] >= 2 && v["cpu_us_per_s"] > 50000 && v["cpu_us_per_s"] * v["span_s"] > 0.7 * v["life_cpu_us"] && v["cpu_us_per_s"] * v["span_s"] < 1.02 * v["life_cpu_us"]'
check "memory and threads of both are counted" 'v["rss_kib"] > 2000 && v["threads"] == v["processes"]'

# 50 bytes ten times a second, and an answer of 60 bytes to every key.
line=$("$ptybench" --settle 0.2 --seconds 2 --keys 20 --key-list 'a,down' --quit q -- bash -c \
    "$paint while :; do if IFS= read -rsn 1 -t 0.1 k; then [ \"\$k\" = q ] && exit 7; printf %060d 0; else printf %050d 0; fi; done") || :
check "bytes are counted where a terminal reads them" 'v["bytes_per_s"] > 350 && v["bytes_per_s"] <= 510'
check "a burst is one frame" 'v["bytes_per_burst"] >= 50 && v["bytes_per_burst"] < 60'
check "every key has its answer" 'v["keys"] == 20 && v["keys_missed"] == 0 && v["key_p50_us"] < 50000'
check "the key that ends it, and its exit status" 'v["end"] == "quit" && v["status"] == 7'

line=$("$ptybench" --seconds 0 --quiet-ms 30 -- bash -c "sleep 0.2; $paint sleep 5") || :
check "first frame: from exec to the last byte" 'v["first_ms"] > 200 && v["first_ms"] < 2000'
