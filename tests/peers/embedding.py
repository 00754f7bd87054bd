#!/usr/bin/env python3
"""embedding.py IN OUT: a GGUF model of llama's kind as one that only embeds (it has a pooling type)."""
import struct
import sys

U32, STRING, ARRAY = 4, 8, 9
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
ALIGNMENT = 32  # of the tensors' data, when the model names no other


def number(data, at, form):
    return struct.unpack_from("<" + form, data, at)[0]


def skip(data, at, kind):
    """Behind the value of that type."""
    if kind == STRING:
        return at + 8 + number(data, at, "Q")
    if kind == ARRAY:
        kind, count = number(data, at, "I"), number(data, at + 4, "Q")
        at += 12
        if kind in SIZES:
            return at + count * SIZES[kind]
        for _ in range(count):
            at = skip(data, at, kind)
        return at
    return at + SIZES[kind]


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    tensors, keys = number(data, 8, "Q"), number(data, 16, "Q")
    at = 24
    for _ in range(keys):
        at = skip(data, at, STRING)
        at = skip(data, at + 4, number(data, at, "I"))
    for _ in range(tensors):
        at = skip(data, at, STRING)
        at += 4 + 8 * number(data, at, "I") + 4 + 8
    name = b"llama.pooling_type"
    added = struct.pack("<Q", len(name)) + name + struct.pack("<II", U32, 1)
    head = data[:16] + struct.pack("<Q", keys + 1) + added + data[24:at]
    with open(sys.argv[2], "wb") as file:
        file.write(head + bytes(-len(head) % ALIGNMENT) + data[at + -at % ALIGNMENT:])


main()
