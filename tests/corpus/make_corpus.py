#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes a corpus of broken and of odd but good programs and archives into a folder.

Each file is made from one small program, assembled here byte by byte, that checks in its few
instructions that it was loaded well and ends with status 0 if so. A broken file differs from it
in one thing. `index.tsv` in the same folder lists them: name, what is special about it, and the
status with which a machine given it as initrd must end: 126 not loadable, 127 nothing to load, 0
for the good ones.

    make_corpus.py FOLDER
"""

import gzip
import pathlib
import struct
import sys

ET_EXEC, ET_DYN = 2, 3
PT_NULL, PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_PHDR, PT_TLS = 0, 1, 2, 3, 4, 6, 7
PT_GNU_STACK, PT_GNU_RELRO = 0x6474E551, 0x6474E552
X, W, R = 1, 2, 4
DT_NULL, DT_RELA, DT_RELASZ, DT_RELAENT, DT_TEXTREL = 0, 7, 8, 9, 22
DT_RELRSZ, DT_RELR, DT_RELRENT, DT_RELACOUNT = 35, 36, 37, 0x6FFFFFF9
RELATIVE, IRELATIVE = 8, 37

CODE, RELA, TEXT_END = 0x500, 0x600, 0x800  # in the text segment, which starts the file
DATA_OFFSET, DATA_SIZE = 0x1000, 0x200      # the data segment in the file
POINTER, PLAIN, DYNAMIC = 0, 8, 0x40        # in the data segment
ALL_ONES = 0xFFFFFFFFFFFFFFFF

USER_LIMIT = 0x7FFFFFFFF000


class Program:
    """The good program; change its fields, then call build()."""

    def __init__(self, kind=ET_DYN, base=0, data=0x2000, align=0x1000):
        self.base, self.data = base, base + data
        self.ident = bytearray(b"\x7fELF\x02\x01\x01" + bytes(9))
        self.header = dict(type=kind, machine=62, version=1, entry=base + CODE, phoff=64, shoff=0,
                           flags=0, ehsize=64, phentsize=56, phnum=None, shentsize=64, shnum=0,
                           shstrndx=0)
        self.text = self.segment(PT_LOAD, R | X, 0, base, TEXT_END, TEXT_END, align)
        self.rw = self.segment(PT_LOAD, R | W, DATA_OFFSET, self.data, DATA_SIZE, 0x1200, align)
        self.stack = self.segment(PT_GNU_STACK, R | W, 0, 0, 0, 0, 16)
        self.segments = [self.text, self.rw, self.stack]
        self.relocations = []
        self.dynamic = []
        self.align = align
        self.size = None  # cut the file here
        self.patches = {}
        if kind == ET_DYN:
            self.add_relocations([(self.data + POINTER, RELATIVE, base + CODE)])

    @staticmethod
    def segment(kind, flags, offset, vaddr, filesz, memsz, align):
        return dict(type=kind, flags=flags, offset=offset, vaddr=vaddr, paddr=vaddr, filesz=filesz,
                    memsz=memsz, align=align)

    def add_relocations(self, relocations):
        self.relocations = relocations
        size = 24 * len(relocations)
        self.dynamic = [(DT_RELA, self.base + RELA), (DT_RELASZ, size), (DT_RELAENT, 24),
                        (DT_RELACOUNT, len(relocations))]
        self.dynamic_segment = self.segment(PT_DYNAMIC, R | W, DATA_OFFSET + DYNAMIC,
                                            self.data + DYNAMIC, 0x100, 0x100, 8)
        self.segments.append(self.dynamic_segment)

    def add(self, kind, flags, offset, vaddr, filesz, memsz, align=1):
        self.segments.append(self.segment(kind, flags, offset, vaddr, filesz, memsz, align))
        return self

    def set_dynamic(self, tag, value):
        """A value of None takes the entry away."""
        kept = [entry for entry in self.dynamic if entry[0] != tag]
        self.dynamic = kept + ([] if value is None else [(tag, value)])
        return self

    def code(self):
        """Status 0 if the base is aligned, the pointer is relocated and the plain word is not."""
        at = self.base + CODE
        code = b"\x48\x8d\x05" + struct.pack("<i", self.base - (at + 7))    # lea rax, [base]
        code += b"\x48\xa9" + struct.pack("<i", self.align - 1)             # test rax, align - 1
        code += b"\x75\x26"                                                 # jnz fail
        code += b"\x48\x8d\x05" + struct.pack("<i", at - (at + 22))         # lea rax, [CODE]
        code += b"\x48\x3b\x05" + struct.pack("<i", self.data + POINTER - (at + 29))
        code += b"\x75\x16"                                                 # cmp, jne fail
        code += b"\x48\x81\x3d" + struct.pack("<ii", self.data + PLAIN - (at + 42), 0x2000)
        code += b"\x75\x09"                                                 # cmp, jne fail
        code += b"\x31\xff\xb8\xe7\x00\x00\x00\x0f\x05"                     # exit_group(0)
        code += b"\xbf\x01\x00\x00\x00\xb8\xe7\x00\x00\x00\x0f\x05"         # fail: exit_group(1)
        assert code[15 + 0x26:].startswith(b"\xbf\x01")
        return code

    def build(self):
        image = bytearray(DATA_OFFSET + DATA_SIZE)
        header = dict(self.header)
        if header["phnum"] is None:
            header["phnum"] = len(self.segments)
        image[0:16] = self.ident
        image[16:64] = struct.pack("<HHIQQQIHHHHHH", *header.values())
        table = b"".join(struct.pack("<IIQQQQQQ", *segment.values()) for segment in self.segments)
        assert 64 + len(table) <= CODE or header["phoff"] != 64
        self.put(image, header["phoff"] if header["phoff"] < 0x100000 else 64, table)
        self.put(image, CODE, self.code())
        self.put(image, RELA, b"".join(struct.pack("<QQq", *entry) for entry in self.relocations))
        self.put(image, DATA_OFFSET + POINTER,
                 struct.pack("<QQ", 0 if self.relocations else self.base + CODE, 0x2000))
        self.put(image, DATA_OFFSET + DYNAMIC,
                 b"".join(struct.pack("<QQ", *entry) for entry in self.dynamic))
        for offset, content in self.patches.items():
            self.put(image, offset, content)
        return bytes(image if self.size is None else image[:self.size])

    @staticmethod
    def put(image, offset, content):
        if offset > len(image):
            image.extend(bytes(offset - len(image)))
        image[offset:offset + len(content)] = content


class Archive:
    """A newc archive, entry by entry."""

    def __init__(self, magic=b"070701"):
        self.bytes = bytearray()
        self.magic = magic
        self.ino = 1

    def add(self, name, data=b"", mode=0o100755, nlink=1, ino=None, checksum=0, **lies):
        name = name if isinstance(name, bytes) else name.encode() + b"\0"
        self.ino += 1
        fields = dict(ino=self.ino if ino is None else ino, mode=mode, uid=0, gid=0, nlink=nlink,
                      mtime=0, filesize=len(data), devmajor=0, devminor=0, rdevmajor=0, rdevminor=0,
                      namesize=len(name), check=checksum)
        fields.update(lies)
        self.bytes += self.magic + b"".join(value if isinstance(value, bytes) else b"%08x" % value
                                            for value in fields.values()) + name
        self.pad()
        self.bytes += data
        self.pad()
        return self

    def link(self, name, target):
        return self.add(name, target.encode(), mode=0o120777)

    def pad(self, align=4):
        self.bytes += bytes(-len(self.bytes) % align)
        return self

    def end(self):
        self.add("TRAILER!!!", mode=0)
        return self.pad(512)

    def build(self, size=None):
        return bytes(self.bytes if size is None else self.bytes[:size])


class Corpus:
    def __init__(self):
        self.files = []

    def add(self, name, content, what, status=126):
        if not isinstance(content, bytes):
            content = content.build()
        self.files.append((name, content, what, status))

    def changed(self, name, what, change, status=126, **options):
        program = Program(**options)
        change(program)
        self.add(name, program, what, status)

    def write(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        assert len({name for name, *_ in self.files}) == len(self.files)
        for name, content, _, _ in self.files:
            (folder / name).write_bytes(content)
        lines = (f"{name}\t{what}\t{status}\n" for name, _, what, status in self.files)
        (folder / "index.tsv").write_text("".join(lines))


def field(place, **changes):
    """A change of the header (place "header") or of one of the program's segments, by its name."""
    return lambda program: getattr(program, place).update(changes)


def ident(index, value):
    return lambda program: program.ident.__setitem__(index, value)


def not_elf(corpus):
    corpus.add("empty", b"", "a file without a byte, which counts as none", 127)
    corpus.add("text", b"Hello, this is no program.\n" * 8, "a text file")
    corpus.add("script", b"#!/bin/sh\necho hello\n", "a script without its interpreter", 127)
    corpus.add("one-byte", b"\x7f", "one byte")
    corpus.add("zeros", bytes(8192), "zero bytes alone")
    corpus.add("gzip", gzip.compress(Program().build(), mtime=0), "a program compressed by gzip")
    corpus.add("windows", b"MZ" + bytes(62) + b"PE\0\0" + bytes(400), "a Windows program")
    corpus.add("noise", bytes((i * 167 + 13) % 251 | 0x80 for i in range(1000)), "arbitrary bytes")
    corpus.add("wrong-magic", b"\x7fELG" + Program().build()[4:], "a wrong letter in the magic")
    header32 = struct.pack("<16sHHIIIIIHHHHHH", b"\x7fELF\x01\x01\x01", 2, 3, 1, 0x8048054, 52,
                           0, 0, 52, 32, 1, 40, 0, 0)
    segment32 = struct.pack("<IIIIIIII", PT_LOAD, 0, 0x8048000, 0x8048000, 100, 100, 5, 0x1000)
    corpus.add("program-32-bit", header32 + segment32 + bytes(16), "a 32-bit i386 program")


def truncated(corpus):
    last = 64 + 56 * 4
    for size, where in ((3, "in the magic"), (4, "behind the magic"), (6, "in e_ident"),
                        (16, "behind e_ident"), (33, "in the ELF header"),
                        (63, "in the ELF header's last byte"), (64, "behind the ELF header"),
                        (70, "in the first program header"),
                        (last - 1, "in the last program header"),
                        (last, "behind the program headers"), (TEXT_END - 1, "in the text segment"),
                        (DATA_OFFSET, "before the data segment"),
                        (DATA_OFFSET + DATA_SIZE - 1, "in the last byte of the data segment")):
        corpus.changed(f"truncated-{size}", f"truncated {where}",
                       lambda program, size=size: setattr(program, "size", size))


def header_lies(corpus):
    corpus.changed("class-none", "ELF class 0", ident(4, 0))
    corpus.changed("class-32", "ELF class 32 bit", ident(4, 1))
    corpus.changed("class-3", "ELF class 3", ident(4, 3))
    corpus.changed("big-endian", "big-endian", ident(5, 2))
    corpus.changed("data-none", "data encoding 0", ident(5, 0))
    corpus.changed("ident-version", "version 0 in e_ident", ident(6, 0))
    for name, what, changes in (
            ("version", "e_version 2", dict(version=2)),
            ("type-none", "e_type ET_NONE", dict(type=0)),
            ("type-object", "an object file, ET_REL", dict(type=1)),
            ("type-core", "a core dump, ET_CORE", dict(type=4)),
            ("type-unknown", "e_type 0xff00", dict(type=0xFF00)),
            ("machine-386", "machine i386", dict(machine=3)),
            ("machine-arm", "machine AArch64", dict(machine=183)),
            ("machine-none", "machine 0", dict(machine=0)),
            ("phentsize-0", "program headers of 0 bytes", dict(phentsize=0)),
            ("phentsize-32", "program headers of 32 bytes", dict(phentsize=32)),
            ("phentsize-57", "program headers of 57 bytes", dict(phentsize=57)),
            ("phnum-0", "no program headers", dict(phnum=0)),
            ("phnum-xnum", "extended count of program headers", dict(phnum=0xFFFF)),
            ("phnum-huge", "65534 program headers", dict(phnum=0xFFFE)),
            ("phnum-beyond", "more program headers than the file has room for", dict(phnum=1000)),
            ("phoff-beyond", "program headers behind the file's end", dict(phoff=0x100000000)),
            ("phoff-wraps", "program header offset wraps around", dict(phoff=ALL_ONES - 15)),
            ("entry-0", "no entry point", dict(entry=0)),
            ("entry-data", "entry point in the data", dict(entry=0x2000)),
            ("entry-gap", "entry point between the segments", dict(entry=0x1800)),
            ("entry-bss", "entry point in zeros", dict(entry=0x3100)),
            ("entry-end", "entry point right behind the code", dict(entry=TEXT_END)),
            ("entry-beyond", "entry point behind all segments", dict(entry=0x7FFF00000000)),
            ("entry-kernel", "entry point in the kernel's half", dict(entry=0xFFFFFFFF80000000))):
        corpus.changed(name, what, field("header", **changes))
    edge = Program()
    edge.size = DATA_OFFSET + DATA_SIZE
    edge.header["phoff"] = edge.size - 4 * 56 + 1
    corpus.add("phoff-edge", edge, "program headers end one byte behind the file")


def segment_lies(corpus):
    for name, what, place, changes in (
            ("offset-beyond", "segment's bytes behind the file's end", "rw", dict(offset=0x200000)),
            ("offset-wraps", "segment's offset wraps around", "rw", dict(offset=ALL_ONES - 0xFFF)),
            ("filesz-huge", "segment of 2^64 - 1 bytes in the file", "rw",
             dict(filesz=ALL_ONES, memsz=ALL_ONES)),
            ("filesz-beyond", "segment ends one byte behind the file", "rw",
             dict(filesz=DATA_SIZE + 1)),
            ("filesz-above-memsz", "more bytes in the file than in memory", "rw",
             dict(memsz=0x100)),
            ("memsz-0", "bytes in the file but none in memory", "rw", dict(memsz=0)),
            ("memsz-wraps", "segment wraps around the address space", "rw", dict(memsz=ALL_ONES)),
            ("memsz-huge", "segment larger than the user address space", "rw",
             dict(memsz=USER_LIMIT)),
            ("vaddr-kernel", "segment in the kernel's half", "rw", dict(vaddr=0xFFFFFFFF80000000)),
            ("vaddr-not-canonical", "segment in the non-canonical hole", "rw",
             dict(vaddr=0x800000000000)),
            ("vaddr-limit", "segment ends one byte too high", "rw",
             dict(vaddr=USER_LIMIT - 0x1000, memsz=0x1001)),
            ("vaddr-last-page", "segment in the page above the last user page", "rw",
             dict(vaddr=USER_LIMIT)),
            ("vaddr-top", "segment ends at 2^64", "rw", dict(vaddr=ALL_ONES - 0xFFF, memsz=0x1000)),
            ("overlap", "segments at the same address", "rw", dict(vaddr=0)),
            ("overlap-byte", "segments that overlap by a byte", "text", dict(memsz=0x2001)),
            ("overlap-bss", "bss reaches into the next segment", "text", dict(memsz=0x100000)),
            ("misaligned", "address and offset differ within the page", "rw", dict(vaddr=0x2010)),
            ("misaligned-offset", "offset not congruent", "rw", dict(offset=0xFF0)),
            ("align-3", "p_align 3", "rw", dict(align=3)),
            ("align-not-power", "p_align 0x1800", "text", dict(align=0x1800)),
            ("align-ones", "p_align 2^64 - 1", "text", dict(align=ALL_ONES)),
            ("align-huge", "p_align 2^63", "text", dict(align=1 << 63)),
            ("no-code", "no executable segment", "text", dict(flags=R))):
        corpus.changed(name, what, field(place, **changes))
    corpus.changed("overlap-page", "segments that share a page", lambda program: program.add(
        PT_LOAD, R, 0x900, 0x900, 0x100, 0x100, 0x1000))
    corpus.changed("no-load", "no PT_LOAD", lambda program: [
        segment.update(type=PT_NULL) for segment in (program.text, program.rw)])
    corpus.changed("load-nothing", "PT_LOADs of no bytes", lambda program: [
        segment.update(filesz=0, memsz=0) for segment in (program.text, program.rw)])
    corpus.changed("fixed-at-0", "fixed program at address 0", lambda program: None, kind=ET_EXEC)
    corpus.changed("fixed-too-low", "fixed program below 64 KiB", lambda program: None,
                   kind=ET_EXEC, base=0xF000)
    corpus.changed("fixed-wraps", "fixed program wraps around",
                   field("rw", memsz=ALL_ONES - 0x402000), kind=ET_EXEC, base=0x400000)
    program = Program()
    program.header["phoff"] = DATA_OFFSET + DATA_SIZE
    for i in range(80):
        program.add(PT_LOAD, R, 0, 0x100000 + i * 0x1000, 0x100, 0x100, 0x1000)
    corpus.add("segments-82", program, "82 segments to load")


def special_lies(corpus):
    for name, what, arguments in (
            ("interp-short", "interpreter name of one byte", (PT_INTERP, R, CODE, CODE, 1, 1)),
            ("interp-long", "interpreter name of 5000 bytes", (PT_INTERP, R, 0, 0, 5000, 5000)),
            ("interp-beyond", "interpreter name behind the file's end",
             (PT_INTERP, R, 0x5000, 0x5000, 20, 20)),
            ("interp-no-nul", "interpreter name without NUL", (PT_INTERP, R, 0, 0, 4, 4)),
            ("tls-beyond", "PT_TLS behind the file's end", (PT_TLS, R, 0x9000, 0x2000, 16, 16)),
            ("tls-filesz", "PT_TLS with more bytes in the file than in memory",
             (PT_TLS, R, 0x1000, 0x2000, 32, 16)),
            ("tls-outside", "PT_TLS in no segment", (PT_TLS, R, 0x1000, 0x9000, 16, 16)),
            ("tls-align", "PT_TLS with p_align 24", (PT_TLS, R, 0x1000, 0x2000, 16, 16, 24)),
            ("relro-outside", "PT_GNU_RELRO in no segment",
             (PT_GNU_RELRO, R, 0x1000, 0x9000, 0x100, 0x100)),
            ("relro-wraps", "PT_GNU_RELRO wraps around",
             (PT_GNU_RELRO, R, 0x1000, 0x2000, 0x100, ALL_ONES)),
            ("dynamic-twice", "two PT_DYNAMIC", (PT_DYNAMIC, R, 0x1040, 0x2040, 0x40, 0x40))):
        corpus.changed(name, what, lambda program, arguments=arguments: program.add(*arguments))
    corpus.changed("tls-twice", "two PT_TLS", lambda program: program.add(
        PT_TLS, R, 0x1000, 0x2000, 16, 16).add(PT_TLS, R, 0x1000, 0x2000, 16, 16))
    corpus.changed("dynamic-beyond", "PT_DYNAMIC behind the file's end",
                   field("dynamic_segment", offset=0x5000))
    corpus.changed("dynamic-wraps", "PT_DYNAMIC wraps around",
                   field("dynamic_segment", filesz=ALL_ONES, memsz=ALL_ONES))


def dynamic_lies(corpus):
    for name, what, tag, value in (
            ("rela-no-size", "DT_RELA without DT_RELASZ", DT_RELASZ, None),
            ("rela-no-table", "DT_RELASZ without DT_RELA", DT_RELA, None),
            ("rela-no-entry-size", "DT_RELA without DT_RELAENT", DT_RELAENT, None),
            ("rela-entry-16", "relocations of 16 bytes", DT_RELAENT, 16),
            ("rela-odd-size", "DT_RELASZ no multiple of 24", DT_RELASZ, 25),
            ("rela-huge", "DT_RELASZ of 2^64 - 16", DT_RELASZ, ALL_ONES - 15),
            ("rela-long", "relocation table longer than its segment", DT_RELASZ, 24 * 100),
            ("rela-outside", "relocation table in no segment", DT_RELA, 0x900000),
            ("rela-in-bss", "relocation table in zeros", DT_RELA, 0x3000),
            ("rela-kernel", "relocation table in the kernel's half", DT_RELA, ALL_ONES - 0xFFF),
            ("rela-count", "DT_RELACOUNT larger than the table", DT_RELACOUNT, 1000)):
        corpus.changed(name, what, lambda program, tag=tag, value=value:
                       program.set_dynamic(tag, value))
    for name, what, where in (
            ("reloc-gap", "relocation between the segments", 0x1800),
            ("reloc-beyond", "relocation behind all segments", 0x10000000),
            ("reloc-edge", "relocation whose last byte is outside", 0x2000 + 0x1200 - 7),
            ("reloc-kernel", "relocation in the kernel's half", 0xFFFFFFFF80000000),
            ("reloc-wraps", "relocation at -4", ALL_ONES - 3),
            ("reloc-read-only", "relocation in the code, without DT_TEXTREL", CODE + 64)):
        corpus.changed(name, what, lambda program, where=where: program.relocations.__setitem__(
            0, (where, RELATIVE, CODE)))
    program = Program()
    program.segments.remove(program.dynamic_segment)
    program.add_relocations([(0x2000, RELATIVE, CODE)] * 17 + [(0x1FFC, RELATIVE, 0)])
    corpus.add("reloc-last", program, "the last of many relocations is outside")


def bad_archives(corpus):
    good = Program().build()
    dynamic = dict(mode=0o40755, nlink=2)
    first = lambda: Archive().add("dev", **dynamic)
    for name, what, archive, status in (
            ("cpio-no-init", "an archive without /init", first().add("bin/other", good).end(), 127),
            ("cpio-only-trailer", "an archive without entries", Archive().end(), 127),
            ("cpio-dangling", "/init is a link to nothing", first().link("init", "/bin/gone").end(),
             127),
            ("cpio-loop", "/init is a link to itself", first().link("init", "init").end(), 126),
            ("cpio-loop-2", "two links that point at each other",
             first().link("init", "/b/x").link("b", "./c").link("c", "b").end(), 126),
            ("cpio-link-empty", "/init is a link without target", first().link("init", "").end(),
             127),
            ("cpio-directory", "/init is a folder", first().add("init", **dynamic).end(), 126),
            ("cpio-init-empty", "/init has no bytes", first().add("init").end(), 126),
            ("cpio-init-text", "/init is a text file",
             first().add("init", b"hello, hello, hello\n").end(), 126),
            ("cpio-init-cut", "/init is a truncated program",
             first().add("init", good[:100]).end(), 126),
            ("cpio-filesize", "a file larger than the archive",
             first().add("init", good, filesize=0x7FFFFFFF).end(), 126),
            ("cpio-filesize-max", "a file of 2^32 - 1 bytes",
             first().add("init", good, filesize=0xFFFFFFFF).end(), 126),
            ("cpio-filesize-less", "a file that goes on behind its size",
             first().add("init", good, filesize=len(good) - 100).end(), 126),
            ("cpio-namesize-0", "an empty name", first().add("init", good, namesize=0).end(), 126),
            ("cpio-namesize-huge", "a name of 2^32 - 1 bytes",
             first().add("init", good, namesize=0xFFFFFFFF).end(), 126),
            ("cpio-namesize-long", "a name of 5000 bytes",
             first().add(b"i" * 4999 + b"\0", good).end(), 126),
            ("cpio-name-no-nul", "a name without NUL", first().add(b"init", good).end(), 126),
            ("cpio-name-nul", "a name with a NUL in its middle",
             first().add(b"in\0t\0", good).end(), 126),
            ("cpio-digits", "a size that is no number",
             first().add("init", good, filesize=b"0000zz00").end(), 126),
            ("cpio-digits-sign", "a size with a sign",
             first().add("init", good, filesize=b"-0001200").end(), 126),
            ("cpio-digits-blank", "a mode with blanks",
             first().add("init", good, mode=b"   81a4 ").end(), 126),
            ("cpio-second-magic", "another magic in the second entry",
             Archive(b"070701").add("dev", **dynamic).build() +
             Archive(b"070707").add("init", good).end().build(), 126),
            ("cpio-tail", "text behind the archive",
             first().add("init", good).end().build() + b"text", 126),
            ("cpio-unaligned", "a second archive at an odd offset",
             first().add("init", good).end().build() + bytes(2) + first().end().build(), 126),
            ("cpio-checksum", "a wrong checksum",
             Archive(b"070702").add("init", good, checksum=1).end(), 126)):
        corpus.add(name, archive, what, status)
    whole = first().add("init", good).build()
    start = len(first().build())
    for size, where in ((50, "in the first header"), (start + 50, "in a header"),
                        (start + 112, "in a name"), (start + 1000, "in a file")):
        corpus.add(f"cpio-truncated-{size}", whole[:size], f"an archive truncated {where}")


def tar_member(name, data=b"", size=None, kind=b"0", link=b""):
    """A ustar header with its data; `size` may lie."""
    fields = [(name, 100), (b"0000755\0", 8), (b"0000000\0", 8), (b"0000000\0", 8),
              (b"%011o\0" % len(data) if size is None else size, 12), (b"00000000000\0", 12),
              (b" " * 8, 8), (kind, 1), (link, 100), (b"ustar\00000", 8)]
    header = b"".join(text.ljust(width, b"\0") for text, width in fields).ljust(512, b"\0")
    header = header[:148] + b"%06o\0 " % sum(header) + header[156:]
    return header + data + bytes(-len(data) % 512)


def tar_archives(corpus):
    good = Program().build()
    first = tar_member(b"dev/", kind=b"5")
    whole = first + tar_member(b"init", good) + bytes(1024)
    corpus.add("good-tar", whole, "a tar archive", 0)
    corpus.add("tar-names", first + tar_member(b"../../init/x", b"x") +
               tar_member(b"init", good) + tar_member(b"init/x", b"x") +
               tar_member(b"/etc", b"x") + tar_member(b"/etc/../etc", b"y") +
               tar_member(b"z", kind=b"1", link=b"nowhere"),
               "names and links that cannot be", 126)
    corpus.add("tar-size", first + tar_member(b"init", good, b"77777777777\0"),
               "a file larger than the archive", 126)
    corpus.add("tar-size-max", first + tar_member(b"init", good, b"\x80\0\0\0\x7f" + b"\xff" * 7),
               "a file of 2^63 - 1 bytes", 126)
    corpus.add("tar-size-negative", first + tar_member(b"init", good, b"\xff" * 12),
               "a file of -1 bytes", 126)
    corpus.add("tar-checksum", first + tar_member(b"init", good).replace(b"init", b"inix", 1),
               "a wrong checksum", 126)
    corpus.add("tar-no-init", first + tar_member(b"bin/other", good) + bytes(1024),
               "a tar archive without /init", 127)
    for size, where in ((700, "in a header"), (1024 + 100, "in a file")):
        corpus.add(f"tar-truncated-{size}", whole[:size], f"a tar archive truncated {where}", 126)


def good_programs(corpus):
    def good(name, what, change=lambda program: None, **options):
        corpus.changed(name, what, change, 0, **options)

    good("good", "the program that all others are made from")
    good("good-fixed", "fixed address", kind=ET_EXEC, base=0x400000)
    good("good-fixed-lowest", "fixed at the lowest address", kind=ET_EXEC, base=0x10000)
    good("good-align-2m", "p_align of 2 MiB", data=0x401000, align=0x200000)
    good("good-base", "position-independent with a first address above 0", base=0x10000)
    for align in (0, 1, 16):
        good(f"good-align-{align}", f"p_align {align}", lambda program, align=align: [
            segment.update(align=align) for segment in (program.text, program.rw)])
    good("good-bss-only", "a segment without bytes in the file", lambda program: program.add(
        PT_LOAD, R | W, 0x123, 0x10000, 0, 0x3000, 0x1000))
    good("good-bss-offset", "a segment of zeros whose offset is behind the file's end",
         lambda program: program.add(PT_LOAD, R | W, 0x7000000, 0x10000, 0, 0x3000, 0x1000))
    good("good-nulls", "PT_NULLs, full of nonsense", lambda program: program.add(
        PT_NULL, 0, ALL_ONES, ALL_ONES, ALL_ONES, 1, 3).add(PT_NULL, 0, 0, 0, 0, 0, 0))
    good("good-empty-load", "a PT_LOAD of no bytes", lambda program: program.add(
        PT_LOAD, R, 0, 0x9000, 0, 0, 0x1000))
    good("good-unsorted", "PT_LOADs in descending order",
         lambda program: program.segments.reverse())
    good("good-osabi", "OS/ABI and ABI version set", lambda program: [
        ident(7, 3)(program), ident(8, 9)(program)])
    good("good-ehsize", "wrong e_ehsize, e_flags and section headers, which no loader reads", field(
        "header", ehsize=1, flags=ALL_ONES >> 32, shoff=ALL_ONES, shnum=9, shstrndx=77))
    good("good-no-stack", "no PT_GNU_STACK", lambda program: program.segments.remove(program.stack))
    good("good-tbss", "PT_TLS without bytes in the file", lambda program: program.add(
        PT_TLS, R, 0x1000, 0x9000, 0, 0x40, 8))
    good("good-tls-relro", "PT_TLS and PT_GNU_RELRO", lambda program: program.add(
        PT_TLS, R, 0x1000, 0x2000, 16, 64, 16).add(PT_GNU_RELRO, R, 0x1000, 0x2000, 0x100, 0x1000))
    good("good-phdr-at-end", "program headers at the file's end, in no segment", field(
        "header", phoff=DATA_OFFSET + DATA_SIZE))
    good("good-textrel", "relocation in the code, with DT_TEXTREL", lambda program: [
        program.set_dynamic(DT_TEXTREL, 0),
        program.relocations.append((CODE + 0x80, RELATIVE, 0x2000)),
        program.set_dynamic(DT_RELASZ, 48)])
    good("good-no-relacount", "no DT_RELACOUNT",
         lambda program: program.set_dynamic(DT_RELACOUNT, None))
    good("good-rela-mixed", "relocations of other types between", lambda program: [
        program.relocations.insert(0, (0x1800, 6, 0)), program.relocations.append((0x2080, 0, 0)),
        program.set_dynamic(DT_RELASZ, 72), program.set_dynamic(DT_RELACOUNT, None)])
    good("good-dynamic-full", "dynamic table without DT_NULL",
         lambda program: program.dynamic_segment.update(filesz=0x40, memsz=0x40))
    # The pointer is in DT_RELA; the plain word is in DT_RELR, which the kernel must not apply.
    good("good-relr", "DT_RELA and DT_RELR", lambda program: [
        program.patches.update({RELA + 0x100: struct.pack("<Q", 0x2000 + PLAIN)}),
        program.dynamic.extend([(DT_RELR, RELA + 0x100), (DT_RELRSZ, 8), (DT_RELRENT, 8)])])


def good_archives(corpus):
    good = Program().build()
    dev = dict(mode=0o40755, nlink=2)
    checksum = sum(good)
    aligned = Archive()
    pad = -(110 + 5) % 4096
    for name, what, archive in (
            ("good-cpio", "an archive", Archive().add("dev", **dev).add("init", good).end()),
            ("good-cpio-dot", "names that start with ./",
             Archive().add(".", **dev).add("./init", good).end()),
            ("good-cpio-slash", "names that start with /", Archive().add("/init", good).end()),
            ("good-cpio-no-trailer", "no trailer", Archive().add("init", good)),
            ("good-cpio-checksum", "format 070702",
             Archive(b"070702").add("init", good, checksum=checksum).end()),
            ("good-cpio-twice", "the second /init counts",
             Archive().add("init", b"text").add("init", good).end()),
            ("good-cpio-two", "the second archive counts",
             Archive().add("init", b"text").end().build() + bytes(1024) +
             Archive().add("init", good).end().build()),
            ("good-cpio-zeros", "zeros before the archive",
             bytes(512) + Archive().add("init", good).end().build()),
            ("good-cpio-link", "/init is a link over a linked folder",
             Archive().link("init", "sbin/x").link("sbin", "/usr/./sbin").add("usr", **dev)
             .add("usr/sbin", **dev).link("usr/sbin/x", "../bin/../bin/prog")
             .add("usr/bin/prog", good).end()),
            ("good-cpio-hard-link", "the data stand with the last link",
             Archive().add("init", nlink=2, ino=7).add("bin/x", good, nlink=2, ino=7).end()),
            ("good-cpio-capitals", "capital hexadecimal digits",
             Archive().add("init", good, mtime=b"ABCDEF09").end()),
            ("good-cpio-page", "a name padded with NULs, so that the data start at a page",
             aligned.add(b"init" + bytes(1 + pad), good).end())):
        corpus.add(name, archive, what, 0)


def make_corpus():
    corpus = Corpus()
    for part in (not_elf, truncated, header_lies, segment_lies, special_lies, dynamic_lies,
                 bad_archives, tar_archives, good_programs, good_archives):
        part(corpus)
    return corpus


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    corpus = make_corpus()
    corpus.write(pathlib.Path(sys.argv[1]))
    bad = sum(1 for *_, status in corpus.files if status != 0)
    print(f"{bad} broken and {len(corpus.files) - bad} good files in {sys.argv[1]}")


if __name__ == "__main__":
    main()
