# SPDX-License-Identifier: MIT
"""The single EFI file: the UEFI application with the program and the command line inside.

They become two more sections of the PE file, `.initrd` and `.cmdline`, behind the linked ones. The
firmware loads sections to whole pages, so the kernel uses the program where it then lies. The
application (boot/efi/inputs.c) finds them by name. The file is written here instead of by objcopy,
which needs the whole program several times in memory and does not keep PE headers consistent.

Sources: PE format, "COFF File Header", "Optional Header", "Section Table".
"""

import os
import shutil
import struct
from pathlib import Path

from .errors import ToolError

BOOT_NAME = Path("EFI", "BOOT", "BOOTX64.EFI")  # UEFI 2.10, 3.5.1.1
PROGRAM_FILE, COMMAND_LINE_FILE = "initrd", "galette.cmd"  # boot/efi/inputs.c

PE_OFFSET_AT = 0x3C
MACHINE_AT, SECTION_COUNT_AT, OPTIONAL_SIZE_AT, OPTIONAL_AT = 4, 6, 20, 24  # from "PE\0\0"
# From the start of the optional header.
INITIALIZED_SIZE_AT, SECTION_ALIGNMENT_AT, FILE_ALIGNMENT_AT = 8, 32, 36
IMAGE_SIZE_AT, HEADERS_SIZE_AT, CHECKSUM_AT = 56, 60, 64
SECTION = struct.Struct("<8sIIIIIIHHI")
MACHINE_X86_64, MAGIC_PE32_PLUS = 0x8664, 0x20B
INITIALIZED_DATA, READABLE = 0x40, 0x40000000
IMAGE_SIZE_MAX = 1 << 31  # what firmware is known to load, and the sizes are 32 bits


def _up(value, alignment):
    return (value + alignment - 1) // alignment * alignment


class Image:
    """The headers of a PE32+ file, and the file's size."""

    def __init__(self, path):
        self.path = path
        self.data = bytearray(path.read_bytes())
        try:
            known = self._find_headers()
        except struct.error:  # beyond the end of the file
            known = False
        if not known:
            raise ToolError(f"{path} is not an EFI application for x86-64")
        self.file_alignment = self._field(FILE_ALIGNMENT_AT)
        self.section_alignment = max(4096, self._field(SECTION_ALIGNMENT_AT))
        self.size = _up(len(self.data), self.file_alignment)

    def _find_headers(self):
        self.pe = self._read("<I", PE_OFFSET_AT)
        self.optional = self.pe + OPTIONAL_AT
        return (
            self.data[:2] == b"MZ"
            and self.data[self.pe : self.pe + 4] == b"PE\0\0"
            and self._read("<H", self.pe + MACHINE_AT) == MACHINE_X86_64
            and self._read("<H", self.optional) == MAGIC_PE32_PLUS
            and self._field(FILE_ALIGNMENT_AT) > 0
        )

    def _read(self, form, at):
        return struct.unpack_from(form, self.data, at)[0]

    def _field(self, at):
        return self._read("<I", self.optional + at)

    def _set_field(self, at, value):
        struct.pack_into("<I", self.data, self.optional + at, value)

    def add_section(self, name, size):
        """Adds the header of a section of `size` bytes. Returns where in the file it belongs."""
        count = self._read("<H", self.pe + SECTION_COUNT_AT)
        header = self.optional + self._read("<H", self.pe + OPTIONAL_SIZE_AT) + count * SECTION.size
        offset, position = _up(self._field(IMAGE_SIZE_AT), self.section_alignment), self.size
        file_size = _up(size, self.file_alignment)
        if header + SECTION.size > self._field(HEADERS_SIZE_AT):
            raise ToolError(f"{self.path} has no room for another section")
        if offset + size > IMAGE_SIZE_MAX:
            raise ToolError("the program is too large for an EFI file")
        SECTION.pack_into(self.data, header, name.encode(), size, offset, file_size, position,
                          0, 0, 0, 0, INITIALIZED_DATA | READABLE)  # fmt: skip
        struct.pack_into("<H", self.data, self.pe + SECTION_COUNT_AT, count + 1)
        self._set_field(IMAGE_SIZE_AT, _up(offset + size, self.section_alignment))
        self._set_field(INITIALIZED_SIZE_AT, self._field(INITIALIZED_SIZE_AT) + file_size)
        self._set_field(CHECKSUM_AT, 0)  # UEFI does not look at it
        self.size = position + file_size
        return position


def _copy_file(source, file, position):
    """Copies a file into another at a position, piece by piece."""
    file.seek(position)
    with open(source, "rb") as program:
        shutil.copyfileobj(program, file, 1 << 20)


def _command_line_bytes(line):
    """The text as it was typed: bytes that are no UTF-8 came here as surrogates."""
    return line.encode("utf-8", "surrogateescape")


def make_efi(base_efi, initrd, cmdline, output):
    """Writes `output`: the application `base_efi` with `initrd` (a Path, or None for no program)
    and the kernel's command line inside. An empty line is left out as well, so that the one beside
    the file or from the boot entry counts."""
    image, line = Image(base_efi), _command_line_bytes(cmdline)
    line_at = image.add_section(".cmdline", len(line)) if line else None
    initrd_at = image.add_section(".initrd", os.path.getsize(initrd)) if initrd else None
    with open(output, "wb") as file:
        file.write(image.data)
        if line_at is not None:
            file.seek(line_at)
            file.write(line)
        if initrd_at is not None:
            _copy_file(initrd, file, initrd_at)
        file.truncate(image.size)


def make_esp(directory, base_efi, initrd=None, cmdline=""):
    """Lays out `directory` as an EFI system partition: the application where firmware looks for
    it, and beside it the program and the command line as files."""
    application = Path(directory) / BOOT_NAME
    application.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(base_efi, application)
    if initrd:
        shutil.copyfile(initrd, application.with_name(PROGRAM_FILE))
    if cmdline:
        application.with_name(COMMAND_LINE_FILE).write_bytes(_command_line_bytes(cmdline) + b"\n")
