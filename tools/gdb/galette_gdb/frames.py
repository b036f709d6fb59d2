# SPDX-License-Identifier: MIT
"""Backtraces: through the kernel's entries, and of threads that do not run.

How to get from the entries in assembler to the program is in .debug_frame (arch/x86_64/cfi.inc). To GDB
such frames are a signal's, which it would name so; here they get their own name.
"""

import contextlib

import gdb
from gdb.FrameDecorator import FrameDecorator

from . import kernel

FRAMES_MAX = 100
NAMES = {"syscall_done_ring3": "syscall_entry_ring3", "syscall_done_ring0": "syscall_entry_ring0",
         "syscall_work": "syscall_entry", "trap_return": "trap_dispatch"}
VECTORS = {0: "divide error", 1: "debug", 3: "breakpoint", 6: "invalid opcode", 13: "general protection",
           14: "page fault"}


class EntryDecorator(FrameDecorator):
    """An entry of the kernel under its own name."""

    def __init__(self, frame, inner):
        super().__init__(frame)
        self.inner = inner

    def function(self):
        """The function's name, without its local labels."""
        name = (self.inner.name() or "?").partition(".")[0]
        name = NAMES.get(name, name)
        return f"{name} <{self._event()}>" if name.startswith("trap") else name

    def _event(self):
        try:
            at = kernel.number(self.inner.read_register("rsp"))
            vector = kernel.number(kernel.pointer(at, "trap_frame")["vector"])
        except gdb.error:
            return "event"
        return VECTORS.get(vector, f"exception {vector}" if vector < 32 else f"interrupt {vector}")

    def frame_args(self):
        """None are known."""
        return None

    def frame_locals(self):
        """Likewise."""
        return None


class EntryFilter:
    """Renames what GDB takes for a signal's frame in the kernel's half."""

    def __init__(self):
        self.name, self.priority, self.enabled = "galette-entries", 100, True
        gdb.frame_filters[self.name] = self

    def filter(self, frames):
        """Called by GDB for each backtrace."""
        for frame in frames:
            inner = frame.inferior_frame()
            if inner.level() and inner.pc() == 0:
                return  # what the boot left below kernel_main
            entry = inner.type() == gdb.SIGTRAMP_FRAME and inner.pc() >= kernel.KERNEL_HALF
            yield EntryDecorator(frame, inner) if entry else frame


# ---- Threads -------------------------------------------------------------------------------------


@contextlib.contextmanager
def _selection_kept():
    thread, frame = gdb.selected_thread(), None
    with contextlib.suppress(gdb.error):
        frame = gdb.selected_frame()
    level = frame.level() if frame else 0
    try:
        yield
    finally:
        if thread and thread.is_valid():
            thread.switch()
        with contextlib.suppress(gdb.error):
            gdb.execute(f"frame {level}", to_string=True)


@contextlib.contextmanager
def _registers(values):
    """The stopped processor with other registers, as long as it does not run."""
    gdb.newest_frame().select()
    frame = gdb.selected_frame()
    before = {name: kernel.number(frame.read_register(name)) for name in values}
    try:
        for name, value in values.items():
            gdb.execute(f"set var ${name} = {value:#x}", to_string=True)
        yield
    finally:
        for name, value in before.items():
            gdb.execute(f"set var ${name} = {value:#x}", to_string=True)


@contextlib.contextmanager
def as_thread(thread):
    """GDB looks at the program's thread: at the processor that runs it, or at what it left behind."""
    with _selection_kept():
        if thread.cpu is None:
            with _registers(thread.saved_registers()):
                yield
            return
        for candidate in gdb.selected_inferior().threads():
            if candidate.ptid[1] == thread.cpu + 1:  # QEMU counts from 1
                candidate.switch()
        gdb.newest_frame().select()
        yield


def backtrace(thread, words=""):
    """A thread's backtrace as text."""
    with as_thread(thread):
        return gdb.execute(f"backtrace {words}", to_string=True)


def _is_dull(frame):
    """Is it only about waiting itself: the scheduler, the switch of stacks, the way back to the program?"""
    if frame.pc() < kernel.KERNEL_HALF:
        return False
    table = frame.find_sal().symtab
    file = table.filename if table else ""
    return "kernel/core/" in file or "arch/" in file or frame.name() == "arch_upcall_return_work"


def look(thread):
    """(is it in a system call, the innermost function that says what it does)."""
    place, frame = None, None
    with as_thread(thread):
        frame = gdb.newest_frame()
        for _ in range(FRAMES_MAX):
            if frame is None:
                break
            name = frame.name() or f"{frame.pc():#x}"
            if place is None and not _is_dull(frame):
                place = name
            if name.startswith("syscall_"):
                return True, place
            if frame.pc() < kernel.KERNEL_HALF:
                break
            frame = frame.older()
    return False, place or "?"


def set_up():
    """Installs the filter."""
    EntryFilter()
