# SPDX-License-Identifier: MIT
"""Reads what an ELF file says about its loader and its libraries.

Only the program headers, PT_INTERP and the dynamic section are looked at (gABI chapter 5); section
headers may be stripped. Nothing in the file is trusted: whatever does not hold together is
an ElfError.
"""

import struct

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SEGMENT = struct.Struct("<IIQQQQQQ")
DYNAMIC = struct.Struct("<qQ")
IDENT = b"\x7fELF\x02\x01\x01"  # 64 bits, little endian, version 1
MACHINE_X86_64 = 62
PT_LOAD, PT_DYNAMIC, PT_INTERP = 1, 2, 3
DT_NULL, DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_SONAME, DT_RPATH, DT_RUNPATH = 0, 1, 5, 10, 14, 15, 29
DT_FLAGS_1, DF_1_NODEFLIB = 0x6FFFFFFB, 0x800
UNWINDING = (b"pthread_exit", b"pthread_cancel", b"backtrace")
INTERP_MAX, DYNAMIC_MAX, STRINGS_MAX = 4096, 1 << 16, 1 << 26  # bytes


class ElfError(Exception):
    """No ELF file that this machine's kernel would run."""


class Elf:
    """interp: path of the loader or None.  needed: names of libraries.  soname: or None.
    dynamic: address of the dynamic section, or None.
    rpath, runpath: as in the file, or None.  nodeflib: default directories do not count.
    converts: uses iconv(3).  localizes: uses setlocale(3).  unwinds: uses what makes glibc unwind a stack."""

    def __init__(self, read_at):
        """`read_at(offset, size)` returns bytes, fewer at the end of the file."""
        self._read_at = read_at
        self._segments = self._read_segments()
        self.interp = self._interp()
        self.dynamic = next((segment[3] for segment in self._segments if segment[0] == PT_DYNAMIC), None)
        self.needed, self.soname, self.rpath, self.runpath, self.nodeflib = [], None, None, None, False
        self.converts = self.localizes = self.unwinds = False
        for kind, _flags, offset, _vaddr, _paddr, size, _memory, _align in self._segments:
            if kind == PT_DYNAMIC:
                self._read_dynamic(self._exactly(offset, min(size, DYNAMIC_MAX)))

    def _exactly(self, offset, size):
        data = self._read_at(offset, size) if offset < 1 << 62 else b""
        if len(data) != size:
            raise ElfError("cut short")
        return data

    def _read_segments(self):
        start = self._read_at(0, 1024)
        if start[: len(IDENT)] != IDENT or len(start) < HEADER.size:
            raise ElfError("not an ELF file of 64 bits")
        fields = HEADER.unpack_from(start)
        machine, offset, entry_size, count = fields[2], fields[5], fields[9], fields[10]
        if machine != MACHINE_X86_64 or (count and entry_size != SEGMENT.size):
            raise ElfError("not for x86-64")
        size = count * SEGMENT.size
        table = start[offset : offset + size] if offset + size <= len(start) else None
        return list(SEGMENT.iter_unpack(table if table is not None else self._exactly(offset, size)))

    def _interp(self):
        for kind, _flags, offset, _vaddr, _paddr, size, _memory, _align in self._segments:
            if kind == PT_INTERP:
                text = self._exactly(offset, min(size, INTERP_MAX))
                return _text(text.partition(b"\0")[0])
        return None

    def _file_offset(self, address):
        for kind, _flags, offset, vaddr, _paddr, size, _memory, _align in self._segments:
            if kind == PT_LOAD and vaddr <= address < vaddr + size:
                return offset + address - vaddr
        raise ElfError("an address outside of the file")

    def _read_dynamic(self, data):
        entries = []
        for tag, value in DYNAMIC.iter_unpack(data[: len(data) // DYNAMIC.size * DYNAMIC.size]):
            if tag == DT_NULL:
                break
            entries.append((tag, value))
        single = dict(entries)
        self.nodeflib = bool(single.get(DT_FLAGS_1, 0) & DF_1_NODEFLIB)
        wanted = (DT_NEEDED, DT_SONAME, DT_RPATH, DT_RUNPATH)
        if not any(tag in single for tag in wanted):
            return
        if DT_STRTAB not in single:
            raise ElfError("no table of strings")
        strings = self._exactly(self._file_offset(single[DT_STRTAB]),
                                min(single.get(DT_STRSZ, 0), STRINGS_MAX))

        self.converts = b"\0iconv_open\0" in strings
        self.localizes = b"\0setlocale\0" in strings
        self.unwinds = any(b"\0" + name + b"\0" in strings for name in UNWINDING)

        def string(tag):
            return _string(strings, single[tag]) if tag in single else None

        self.needed = [_string(strings, value) for tag, value in entries if tag == DT_NEEDED]
        self.soname, self.rpath, self.runpath = string(DT_SONAME), string(DT_RPATH), string(DT_RUNPATH)


def _text(data):
    return data.decode("utf-8", "surrogateescape")


def _string(strings, offset):
    end = strings.find(b"\0", offset)
    if end < 0:
        raise ElfError("a string without an end")
    return _text(strings[offset:end])


def read(node):
    """The Elf of a node (tree.py), or None if it is no ELF file that can run here."""
    try:
        with node.reader() as read_at:
            return Elf(read_at)
    except (ElfError, OSError):
        return None
