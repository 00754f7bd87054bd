#!/usr/bin/env python3
"""Says what a Mach-O program is and what it wants of libraries; fails when they do not have it.

usage: macho.py PROGRAM LIST.tbd...

The linker has looked already; this looks again, at the program that came out. A symbol is unknown
when no library is named for it (it would be searched when the program runs), or when its library is
one of the lists (matched by install name) and the list does not hold it.
"""

import re
import struct
import sys

MH_MAGIC_64 = 0xFEEDFACF
CPU_ARM64 = 0x0100000C
MH_EXECUTE, MH_PIE = 2, 0x200000
LC_SYMTAB, LC_LOAD_DYLIB, LC_LOAD_WEAK_DYLIB = 0x2, 0xC, 0x80000018
LC_CODE_SIGNATURE, LC_BUILD_VERSION = 0x1D, 0x32
N_STAB, N_TYPE, N_UNDF, N_EXT = 0xE0, 0x0E, 0x0, 0x1


def fail(text):
    sys.exit("macho: " + text)


def read_list(path):
    """Install names and symbols of a .tbd: the first document is the library itself, the others are
    parts that it exports again."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    name = re.search(r"^install-name:\s*'?([^'\n]+)'?", text, re.M)
    if not name:
        fail(f"{path} has no install name")
    return name.group(1), set(re.findall(r"(?<![\w$.])(?:_[\w$.]+|dyld_\w+)", text))


def text_at(data, offset):
    return data[offset : data.index(b"\0", offset)].decode()


def main():
    path, lists = sys.argv[1], dict(read_list(p) for p in sys.argv[2:])
    with open(path, "rb") as file:
        data = file.read()
    magic, cpu, _, kind, count, _, flags, _ = struct.unpack_from("<8I", data)
    if magic != MH_MAGIC_64 or cpu != CPU_ARM64 or kind != MH_EXECUTE:
        fail(f"{path} is not a Mach-O program for arm64")
    if not flags & MH_PIE:
        fail(f"{path} is not position-independent, which arm64 demands")

    libraries, symtab, signed, version = [], None, False, None
    at = 32
    for _ in range(count):
        command, size = struct.unpack_from("<2I", data, at)
        if command in (LC_LOAD_DYLIB, LC_LOAD_WEAK_DYLIB):
            libraries.append(text_at(data, at + struct.unpack_from("<I", data, at + 8)[0]))
        elif command == LC_SYMTAB:
            symtab = struct.unpack_from("<4I", data, at + 8)
        elif command == LC_CODE_SIGNATURE:
            signed = True
        elif command == LC_BUILD_VERSION:
            version = struct.unpack_from("<I", data, at + 12)[0]
        at += size
    if symtab is None or version is None:
        fail(f"{path} has no symbol table or no version")

    wanted, unknown = 0, []
    for i in range(symtab[1]):
        name, n_type, _, desc, _ = struct.unpack_from("<IBBHQ", data, symtab[0] + 16 * i)
        if n_type & N_STAB or n_type & N_TYPE != N_UNDF or not n_type & N_EXT:
            continue
        wanted += 1
        symbol, ordinal = text_at(data, symtab[2] + name), desc >> 8
        if not 1 <= ordinal <= len(libraries):
            unknown.append(f"{symbol} (of no library)")
        elif libraries[ordinal - 1] in lists and symbol not in lists[libraries[ordinal - 1]]:
            unknown.append(f"{symbol} (not in {libraries[ordinal - 1]})")

    print(f"Mach-O arm64, for macOS {version >> 16}.{version >> 8 & 255} and later,", end=" ")
    print("signed ad hoc" if signed else "not signed")
    print(f"{wanted} symbols of libraries, {len(unknown)} unknown symbols")
    print("linked libraries:")
    for library in libraries:
        print("  " + library + ("" if library in lists else " (no list of its symbols)"))
    for symbol in unknown:
        print("unknown: " + symbol)
    if unknown or not signed:
        sys.exit(1)


main()
