# SPDX-License-Identifier: MIT
"""System calls in words: names from the kernel's table, arguments by their kinds (syscall/table.h)."""

import functools
import mmap
import os
import signal

import gdb

from . import kernel

TEXT_SHOWN = 32
VECTORS_SHOWN = 4

OPEN = {getattr(os, name): name for name in (
    "O_CREAT", "O_EXCL", "O_NOCTTY", "O_TRUNC", "O_APPEND", "O_NONBLOCK", "O_DIRECT", "O_DIRECTORY",
    "O_NOFOLLOW", "O_CLOEXEC", "O_NOATIME", "O_PATH")}
ACCESS = ("O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE")
PROT = {mmap.PROT_READ: "PROT_READ", mmap.PROT_WRITE: "PROT_WRITE", mmap.PROT_EXEC: "PROT_EXEC"}
MAP = {1: "MAP_SHARED", 2: "MAP_PRIVATE", 0x10: "MAP_FIXED", 0x20: "MAP_ANONYMOUS", 0x100: "MAP_GROWSDOWN",
       0x2000: "MAP_LOCKED", 0x4000: "MAP_NORESERVE", 0x8000: "MAP_POPULATE", 0x20000: "MAP_STACK"}
WHENCE = ("SEEK_SET", "SEEK_CUR", "SEEK_END", "SEEK_DATA", "SEEK_HOLE")
AT_FDCWD = -100
CREATES = os.O_CREAT | os.O_TMPFILE & ~os.O_DIRECTORY
NUMBERS = 460  # of system calls, at least: the table's length is not in all of its declarations


def flags(value, names, none="0"):
    """Names joined by `|`, and what is left as a number."""
    found = [name for bit, name in sorted(names.items()) if value & bit == bit]
    rest = value & ~sum(bit for bit in names if value & bit == bit)
    return "|".join(found + ([f"{rest:#x}"] if rest else [])) or none


def open_flags(value):
    """O_* of open."""
    rest = flags(value & ~3 & ~0o100000, OPEN, "")  # O_LARGEFILE means nothing here
    return ACCESS[value & 3] + ("|" + rest if rest else "")


def signal_name(value):
    """SIG* or a number."""
    try:
        return signal.Signals(value).name
    except ValueError:
        return f"SIGRT_{value - 32}" if 32 <= value <= 64 else str(value)


def quoted(data, more=False, limit=TEXT_SHOWN):
    """Bytes as a C string, cut to `limit`."""
    text = "".join(chr(c) if 32 <= c < 127 and c not in b'"\\' else
                   {10: "\\n", 9: "\\t", 13: "\\r", 34: '\\"', 92: "\\\\"}.get(c, f"\\{c:o}")
                   for c in data[:limit])
    return f'"{text}"' + ("..." if more or len(data) > limit else "")


def _text(value):
    if not value:
        return "NULL"
    try:
        return quoted(kernel.program_string(value))
    except kernel.Unreadable:
        return f"{value:#x}"


def _bytes(value, size):
    try:
        return quoted(kernel.read_program(value, min(size, TEXT_SHOWN)), size > TEXT_SHOWN)
    except kernel.Unreadable:
        return f"{value:#x}"


def _low(value):
    return kernel.signed(value)


KINDS = {
    "ARG_INT": lambda value: str(_low(value)),
    "ARG_UINT": lambda value: str(value & 0xFFFFFFFF),
    "ARG_SIZE": str,
    "ARG_OFFSET": lambda value: str(kernel.signed(value, 64)),
    "ARG_FD": lambda value: str(_low(value)),
    "ARG_DIRFD": lambda value: "AT_FDCWD" if _low(value) == AT_FDCWD else str(_low(value)),
    "ARG_PID": lambda value: str(_low(value)),
    "ARG_PATH": _text,
    "ARG_TARGET": _text,
    "ARG_TEXT": _text,
    "ARG_FLAGS_OPEN": lambda value: open_flags(value & 0xFFFFFFFF),
    "ARG_FLAGS_MMAP": lambda value: flags(value, MAP),
    "ARG_PROT": lambda value: flags(value, PROT, "PROT_NONE"),
    "ARG_SIGNAL": lambda value: signal_name(_low(value)),
    "ARG_MODE": lambda value: f"0{value & 0xFFFFFFFF:o}",
    "ARG_MODE_CREATE": lambda value: f"0{value & 0xFFFFFFFF:o}",
    "ARG_WHENCE": lambda value: WHENCE[value] if value < len(WHENCE) else str(value),
}


@functools.lru_cache(None)
def number_of(name):
    """The number of a system call by its name, whether the kernel has it or not; None: no such call."""
    pool = gdb.parse_and_eval("name_pool").type
    offset = next((field.bitpos // 8 for field in pool.fields() if field.name == f"call_{name}"), None)
    infos = gdb.parse_and_eval("syscall_infos")
    return next((n for n in range(NUMBERS) if offset and int(infos[n]["name"]) == offset), None)


class Call:
    """A system call of the table, with the names of its parameters."""

    def __init__(self, name):
        self.name = name
        self.function = f"sys_{name}"
        self.number = number_of(name)
        if self.number is None:
            raise gdb.GdbError(f"there is no system call {name}")
        symbol = gdb.lookup_global_symbol(self.function)
        self.implemented = symbol is not None
        if not self.implemented:
            self.function, symbol = "sys_nosys", gdb.lookup_global_symbol("sys_nosys")
        block = gdb.block_for_pc(kernel.number(symbol.value().address.cast(gdb.lookup_type("long"))))
        self.parameters = [s.name for s in block or () if s.is_argument]

    def info(self):
        """Its struct syscall_info."""
        return gdb.parse_and_eval("syscall_infos")[self.number]

    def decode(self, values):
        """The call with its arguments, as strace begins a line; and the values by name, for conditions:
        numbers, or bytes where they are text."""
        info = self.info()
        kinds = {field.enumval: field.name for field in gdb.lookup_type("enum argument_kind").fields()}
        texts, by_name = [], {}
        wide = 1 << 8 * info["arguments"][0].type.sizeof - 1  # ARGUMENT_WIDE
        for i in range(int(info["count"])):
            kind = int(info["arguments"][i])
            name, value = kinds.get(kind & ~wide, "?"), values[i]
            if name != "ARG_MODE_CREATE" or values[i - 1] & CREATES:
                texts.append(self._one(name, value, values[i + 1] if i < 5 else 0))
            if i < len(self.parameters):
                by_name[self.parameters[i]] = self._value(name, value, kind & wide)
        return f"{self.name}({', '.join(texts)})", by_name

    @staticmethod
    def _one(kind, value, following):
        if kind == "ARG_BYTES_IN":
            return _bytes(value, following)
        if kind in KINDS:
            return KINDS[kind](value)
        return f"{value:#x}" if value else "NULL" if kind.endswith(("_IN", "_OUT")) else "0"

    @staticmethod
    def _value(kind, value, wide):
        if kind in ("ARG_PATH", "ARG_TARGET", "ARG_TEXT"):
            try:
                return kernel.program_string(value).decode(errors="replace")
            except kernel.Unreadable:
                return None
        return kernel.signed(value, 64 if wide else 32)


@functools.lru_cache(None)
def _name_of(number):
    infos = gdb.parse_and_eval("syscall_infos")
    offset = int(infos[number]["name"]) if number < NUMBERS else 0
    pool = gdb.parse_and_eval("name_pool").type
    return next((field.name[5:] for field in pool.fields() if offset and field.bitpos // 8 == offset), "")


def call_of_frame(frame):
    """The system call that a complete or half complete struct trap_frame is of, in words."""
    index = kernel.number(frame["error"]) & 0xFFFFFFFF
    values = [kernel.number(frame[r]) for r in ("rdi", "rsi", "rdx", "r10", "r8", "r9")]
    try:
        return Call(_name_of(index)).decode(values)[0]
    except (gdb.error, gdb.GdbError):
        return f"system call {index}"
