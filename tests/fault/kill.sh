#!/usr/bin/env bash
#
# A real process that changes real files is killed in its Nth write, fsync, rename, open, unlink and
# mkdir, N upward until it comes through; after each the next start must bring it to an end.

# Kills, not power cuts: what was written is there, safe or not, so a disk in memory will do.
if [ -w /dev/shm ]; then
    export TMPDIR=/dev/shm
fi
. "${abs_srcdir:?}/tests/lib.sh"

engine=${abs_builddir:?}/tests/fault/engine
# A leak checker cannot work under a tracer, and a killed program has no end to check at.
export ASAN_OPTIONS=detect_leaks=0

if ! command -v strace >/dev/null; then
    echo "1..0 # SKIP strace is not installed"
    exit 0
fi
if ! strace -o /dev/null -e trace=none true 2>/dev/null; then
    echo "1..0 # SKIP strace may not trace here"
    exit 0
fi
mkdir "$t_dir/files"

# kill_each DEED STATE STEP SYSCALL...: DEED is killed in each STEPth of these calls; STATE is what
# the files are before it.
kill_each() {
    local deed=$1 step=$3 call n kills=0 bad='' end='' status
    shift 3
    t_what="engine $deed under strace"
    for call in "$@"; do
        for ((n = 1; n < 400; n += step)); do
            "$engine" "$t_dir/files" setup || bad="$bad setup"
            [ "$deed" = apply ] || "$engine" "$t_dir/files" apply >/dev/null || bad="$bad apply"
            status=0
            # In a shell of its own, which says that it was killed, to nobody.
            (
                strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$n" \
                    "$engine" "$t_dir/files" "$deed" >"$t_dir/deed" 2>&1
                exit $?
            ) 2>/dev/null || status=$?
            if ! end=$("$engine" "$t_dir/files" settle 2>&1); then
                bad="$bad $call:$n($end)"
            fi
            case $status in
            0) break ;;
            137) kills=$((kills + 1)) ;;
            *) bad="$bad $call:$n(status $status: $(cat "$t_dir/deed"))" && break ;;
            esac
        done
    done
    echo "# $deed: killed $kills times in: $*"
    echo "$bad" >"$t_dir/err"
    echo "$end" >"$t_dir/out"
    t_ok "$deed killed in $*: wholly old or wholly new, and nothing left over" \
        test -z "$bad" -a "$kills" -gt 0
}

kill_each apply old 1 write fsync renameat2 unlinkat mkdirat
kill_each apply old 5 openat
kill_each undo new 1 renameat2 unlinkat
kill_each undo new 3 write fsync

t_done
