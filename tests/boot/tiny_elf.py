# SPDX-License-Identifier: MIT
"""Programs of a few bytes, for tests that need one nobody has written down."""

import struct

BASE = 0x400000
HEADERS = 64 + 56


def build(code):
    """An ET_EXEC file with one segment that holds `code`."""
    size = HEADERS + len(code)
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = ident + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, BASE + HEADERS, 64, 0, 0, 64, 56, 1,
                                 64, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, BASE, BASE, size, size, 0x1000)
    return header + segment + code


def exit_with(status):
    """exit_group(status): mov edi, status; mov eax, 231; syscall."""
    return build(b"\xbf" + struct.pack("<i", status) + b"\xb8\xe7\x00\x00\x00\x0f\x05")


def spin():
    """A program that never ends: jmp to itself."""
    return build(b"\xeb\xfe")


def call(number):
    """The system call `number` with zeroes, then exit_group(result == -38).

    xor edi,edi; xor esi,esi; xor edx,edx; xor r10d,r10d; mov eax,number; syscall;
    xor edi,edi; cmp rax,-38; sete dil; mov eax,231; syscall.
    """
    return build(b"\x31\xff\x31\xf6\x31\xd2\x45\x31\xd2\xb8" + struct.pack("<I", number)
                 + b"\x0f\x05\x31\xff\x48\x83\xf8\xda\x40\x0f\x94\xc7\xb8\xe7\x00\x00\x00\x0f\x05")
