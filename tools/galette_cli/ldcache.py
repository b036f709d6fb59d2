# SPDX-License-Identifier: MIT
"""glibc's /etc/ld.so.cache: reading the host's or a root's, writing one for a machine.

The format is "glibc-ld.so.cache1.1" of glibc's sysdeps/generic/dl-cache.h (since 2.2, the only
one since 2.32): a header, entries sorted for a binary search from the highest name to the lowest,
strings. An older cache in front of it is skipped.
"""

import struct

MAGIC = b"glibc-ld.so.cache1.1"
OLD_MAGIC = b"ld.so-1.7.0\0"
HEADER = struct.Struct("<20sIIB3xI12x")  # magic, entries, bytes of strings, flags, extensions
ENTRY = struct.Struct("<iIIIQ")  # flags, name, path, OS version, hardware capabilities
OLD_ENTRY_SIZE = 12
FLAGS_X86_64 = 0x0303  # a library for glibc (3) on x86-64 (0x0300)
LITTLE_ENDIAN = 2


def _string(data, offset):
    return data[offset : data.find(b"\0", offset)].decode("utf-8", "surrogateescape")


def parse(data):
    """{name: [paths]} of the libraries for x86-64. A damaged cache is an empty one."""
    if data.startswith(OLD_MAGIC) and len(data) >= 16:
        old = 16 + OLD_ENTRY_SIZE * struct.unpack_from("<I", data, 12)[0]
        data = data[(old + 7) // 8 * 8 :]
    libraries = {}
    if not data.startswith(MAGIC) or len(data) < HEADER.size:
        return libraries
    count = HEADER.unpack_from(data)[1]
    if HEADER.size + count * ENTRY.size > len(data):
        return libraries
    for flags, name, path, _version, capabilities in ENTRY.iter_unpack(
            data[HEADER.size : HEADER.size + count * ENTRY.size]):
        if flags == FLAGS_X86_64 and capabilities == 0:
            libraries.setdefault(_string(data, name), []).append(_string(data, path))
    return libraries


def _order(name):
    """The order of _dl_cache_libcmp: runs of digits compare as numbers, digits after letters."""
    order, digits = [], ""
    for character in name + "\0":
        if character.isascii() and character.isdigit():
            digits += character
            continue
        if digits:
            order.append((1, int(digits)))
            digits = ""
        order.append((0, ord(character)))
    return order[:-1]


def build(libraries):
    """The file for {name: path}."""
    entries, strings = b"", b""
    start = HEADER.size + len(libraries) * ENTRY.size
    for name in sorted(libraries, key=_order, reverse=True):
        places = []
        for text in (name, libraries[name]):
            places.append(start + len(strings))
            strings += text.encode("utf-8", "surrogateescape") + b"\0"
        entries += ENTRY.pack(FLAGS_X86_64, *places, 0, 0)
    return HEADER.pack(MAGIC, len(libraries), len(strings), LITTLE_ENDIAN, 0) + entries + strings
