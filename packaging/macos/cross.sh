#!/usr/bin/env bash
#
# ./dev macos, the part that is about Zig: sourced by dev.
#
# Zig brings the headers and the list of symbols of macOS's own library (libSystem); what it lacks
# is in include/ and stubs/ here. Neither is copied into the repository, and nothing here is derived
# from object files.

: "${root:?set by dev}" "${build:?set by dev}"
zig_version=0.17.1
macos_version=13.0

# find_zig: prints the path of zig; makes the environment that holds it the first time.
find_zig() {
    local place=${XDG_CACHE_HOME:-$HOME/.cache}/tunetop/zig-$zig_version
    if [ ! -e "$place/ready" ]; then
        say "installing zig $zig_version into $place (400 MB)"
        rm -rf "$place"
        mkdir -p "$(dirname "$place")"
        python3 -m venv "$place" >&2 || return 1
        "$place/bin/python" -m pip install --quiet --disable-pip-version-check \
            "ziglang==$zig_version" >&2 || return 1
        touch "$place/ready"
    fi
    "$place/bin/python" -c \
        'import os, ziglang; print(os.path.join(os.path.dirname(ziglang.__file__), "zig"))'
}

# wrap NAME ARGUMENTS: a command NAME in the build folder that runs zig with ARGUMENTS, because a
# path with a blank in CC would be two words.
wrap() {
    printf '#!/bin/sh\nexec "%s" %s "$@"\n' "$zig" "$2" >"$build/bin/$1.new"
    chmod +x "$build/bin/$1.new"
    mv "$build/bin/$1.new" "$build/bin/$1"
}

# plant NAME CODE: a program that no Mac can build; true when it was refused.
plant() {
    printf '%s\n' "$2" >"$build/plant.c"
    if macos-cc -Werror -std=gnu17 -D_GNU_SOURCE "$build/plant.c" -o "$build/plant" \
        >"$build/plant.out" 2>&1; then
        say "a program that uses $1 was built, though macOS $macos_version has no such thing"
        return 1
    fi
    # It must have failed for that reason, not for a missing bracket.
    grep -q -e "undefined symbol: _$1" -e "$1" "$build/plant.out"
}

planted() {
    local bad=0
    plant close_range 'int close_range(unsigned, unsigned, int);
int main(void) { return close_range(3, 4, 0); }' || bad=1
    plant ppoll 'int ppoll(void *, int, const void *, const void *);
int main(void) { return ppoll(0, 0, 0, 0); }' || bad=1
    plant epoll_create1 'int epoll_create1(int);
int main(void) { return epoll_create1(0); }' || bad=1
    plant pthread_setname_np '#include <pthread.h>
int main(void) { return pthread_setname_np(pthread_self(), "two arguments"); }' || bad=1
    plant pipe2 '#include <unistd.h>
int main(void) { int ends[2]; return pipe2(ends, 0); }' || bad=1
    plant CLOCK_BOOTTIME '#include <time.h>
int main(void) { struct timespec t; return clock_gettime(CLOCK_BOOTTIME, &t); }' || bad=1
    plant init_extended_pair '#include <curses.h>
int main(void) { return init_extended_pair(1, 2, 3); }' || bad=1
    plant strchrnul '#include <string.h>
int main(void) { return *strchrnul("since macOS 15.4", 0); }' || bad=1
    return "$bad"
}

cross_build() {
    local zig list cc_options
    zig=$(find_zig) || die "zig could not be installed; see above"
    mkdir -p "$build/bin"
    cc_options="cc -target aarch64-macos.$macos_version"
    cc_options="$cc_options -I'$root/packaging/macos/include'"
    wrap macos-cc "$cc_options -L'$root/packaging/macos/stubs' -F'$root/packaging/macos/stubs'"
    wrap macos-ar ar
    wrap macos-ranlib ranlib
    export PATH=$build/bin:$PATH
    export CC=macos-cc AR=macos-ar RANLIB=macos-ranlib
    export PKG_CONFIG_LIBDIR=$root/packaging/macos/pkgconfig
    export ZIG_GLOBAL_CACHE_DIR=$build/zig-cache ZIG_LOCAL_CACHE_DIR=$build/zig-cache
    unset PKG_CONFIG_PATH CFLAGS CPPFLAGS LDFLAGS

    # make does not know of the lists of symbols.
    if [ -e "$build/tunetop" ] &&
        [ -n "$(find "$root/packaging/macos" -newer "$build/tunetop" -type f)" ]; then
        rm -f "$build/tunetop"
    fi
    configure_tree --host=aarch64-apple-darwin --enable-werror
    # The programs that tests use, too; nothing can be run here.
    { make_tree all >&2 && make_tree check TESTS= >"$build/check.out"; } ||
        die "it does not build for macOS; see above"

    list=$(dirname "$zig")/lib/libc/darwin/libSystem.tbd
    python3 "$root/packaging/macos/macho.py" "$build/tunetop" "$list" \
        "$root"/packaging/macos/stubs/*.tbd "$root"/packaging/macos/stubs/*/*.tbd ||
        die "build-macos/tunetop would not start on a Mac; see above"
    # Nothing calls them by name but the table of platforms.
    grep -q -a _platform_linux "$build/tunetop" ||
        die "the sources of Linux are not in it: it could not play their recordings"
    say "the sources of Linux are in it, for their recordings"
    planted || die "the cross-build lets pass what macOS lacks"
    say "and each of 8 planted programs that use what macOS lacks was refused"
}
