# SPDX-License-Identifier: MIT
"""GDB's side of `tools/galette debug`: knows where the program and its libraries are.

Loaded by GDB itself (`gdb -x tools/gdb/galette.py build/galette.elf`). A breakpoint that nobody
sees stands on the kernel's debug_program_placed(bias, name, interpreter_bias), which runs when the
loader has mapped the program and before its first instruction; there the program's symbols are
added at the bias the kernel says. A pending `break main` resolves at that moment.

A dynamic program's interpreter is added there too. From then on it tells of libraries, as debuggers
and loaders have agreed (glibc: <link.h>, struct r_debug): whenever its list of what is loaded has
changed it calls a function that does nothing, on which a second breakpoint stands. The list hangs on
the program's DT_DEBUG. The files come out of the archive that the machine was started with.

    galette-program FILE           the ELF file of a program that is the whole initrd
    galette-files ARCHIVE FOLDER   the initrd otherwise; what is needed of it is put into FOLDER
    galette-bias                   where the program was placed
    galette-libraries              where its libraries are: what `info sharedlibrary` would show
    galette-attach :1234           attaches to a machine that was started otherwise

What GDB knows of the kernel beside that is in galette_gdb: `help galette` lists its commands.

The breakpoint is on the function's first instruction by address: to skip the prologue GDB would
read memory that is not mapped yet while the machine waits in front of the kernel's first page table.
"""

import os
import struct
import sys

import gdb

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
from galette_cli import elf, packing, roots, tree  # noqa: E402 (the path has to be set first)
from galette_gdb import calls, frames, show  # noqa: E402

DT_NULL, DT_DEBUG = 0, 21  # <elf.h>
RT_CONSISTENT = 0  # <link.h>: the list is complete
SCRIPTS_MAX = 5
LIBRARIES_MAX = 10000  # in a list that may be spoiled


class State:
    """What is known of the program."""

    path = None  # of the program's file, given by galette-program
    files = None  # a Tree: what the machine has
    folder = None  # where files of it are put
    bias = None
    dynamic = None  # address of the program's dynamic section
    interpreter_bias = None
    libraries = {}  # bias: path as the machine has it
    added = {}  # bias: the host's file, if its symbols were added


# ---- Files ---------------------------------------------------------------------------------------


def _node_of(name):
    """The file that a name leads to on the machine, and its name: through `#!` lines too."""
    for _ in range(SCRIPTS_MAX):
        node = State.files.find(name) if State.files else None
        words = packing.script_words(node.data()) if node else None
        if not words:
            break
        name = words[0]
    return node, name


def _extract(node, name):
    """The file's contents as a file of the host; its path."""
    path = os.path.join(State.folder, f"{len(os.listdir(State.folder))}-{os.path.basename(name)}")
    with node.reader() as read_at, open(path, "wb") as file:
        file.write(read_at(0, node.size))
    return path


def _add_symbols(path, bias):
    gdb.execute(f"add-symbol-file {_quoted(path)} -o {bias:#x}", to_string=True)


def _add_file(name, bias):
    """Adds the symbols of a file that the machine has. Returns its headers, None if it has none."""
    node, name = _node_of(name)
    headers = elf.read(node) if node else None
    if headers:
        State.added[bias] = _extract(node, name)
        _add_symbols(State.added[bias], bias)
    return headers


# ---- What the machine says -----------------------------------------------------------------------


def _word(address):
    return struct.unpack("<Q", gdb.selected_inferior().read_memory(address, 8))[0]


def _string(address):
    """A NUL-terminated string, read page by page: what is behind it need not be there."""
    data = b""
    while b"\0" not in data and len(data) < 4096:
        size = 4096 - (address + len(data)) % 4096
        data += bytes(gdb.selected_inferior().read_memory(address + len(data), size))
    return os.fsdecode(data.partition(b"\0")[0])


def _rendezvous():
    """The address of struct r_debug; 0 before the interpreter has said it."""
    for address in range(State.dynamic, State.dynamic + 16 * 200, 16):
        tag = _word(address)
        if tag == DT_DEBUG:
            return _word(address + 8)
        if tag == DT_NULL:
            return 0
    return 0


def _loaded():
    """{bias: name} of what is loaded beside the program, or None while the list changes."""
    debug = _rendezvous()
    if not debug or _word(debug + 24) & 0xFFFFFFFF != RT_CONSISTENT:
        return None
    found = {}
    link = _word(_word(debug + 8) + 24)  # the first is the program itself
    while link and len(found) < LIBRARIES_MAX:
        bias, name, link = _word(link), _string(_word(link + 8)), _word(link + 24)
        if name:
            found[bias] = name
    return found


def _follow_libraries():
    """Brings the symbols in line with the interpreter's list."""
    loaded = _loaded()
    if loaded is None:
        return
    for bias, name in loaded.items():
        if bias not in State.libraries:
            State.libraries[bias] = name
            if bias != State.interpreter_bias:
                _add_file(name, bias)
    for bias in [bias for bias in State.libraries if bias not in loaded]:
        del State.libraries[bias]
        if bias in State.added:
            gdb.execute(f"remove-symbol-file {_quoted(State.added.pop(bias))}", to_string=True)


class LibrariesChanged(gdb.Breakpoint):
    """On the function that the interpreter calls; stops nowhere."""

    def __init__(self, address):
        super().__init__(f"*{address:#x}", internal=True)
        self.silent = True

    def stop(self):
        """Called by GDB when the breakpoint is hit."""
        try:
            _follow_libraries()
        except gdb.MemoryError as error:
            print(f"galette.py: the list of libraries: {error}")
        return False


class ProgramPlaced(gdb.Breakpoint):
    """Stops nowhere; adds the program's symbols in passing, and its interpreter's."""

    def __init__(self):
        super().__init__("*debug_program_placed", internal=True)
        self.silent = True

    def stop(self):
        """Called by GDB when the breakpoint is hit; the arguments are still in their registers."""
        frame = gdb.selected_frame()
        bias, name, interpreter = (int(frame.read_register(register)) & (1 << 64) - 1
                                   for register in ("rdi", "rsi", "rdx"))
        State.bias = bias
        if State.path is not None:
            headers = elf.read(tree.Host.find(State.path))
            _add_symbols(State.path, bias)
        else:
            headers = _add_file(_string(name), bias)
        if headers and headers.interp and headers.dynamic is not None:
            State.dynamic = bias + headers.dynamic
            self.add_interpreter(headers.interp, interpreter)
        return False

    @staticmethod
    def add_interpreter(name, bias):
        """Adds its symbols, and waits for its news: glibc and musl have the same name for it."""
        State.interpreter_bias = bias
        if _add_file(name, bias) is None:
            return
        try:
            LibrariesChanged(int(gdb.parse_and_eval("(unsigned long) &_dl_debug_state")))
        except gdb.error:
            print(f"galette.py: {name} has no _dl_debug_state: no symbols of libraries")


# ---- Commands ------------------------------------------------------------------------------------


class AttachCommand(gdb.Command):
    """galette-attach HOST:PORT: attaches to a running machine, and releases one that waits.

    With `debugwait` on its command line (GRUB's fourth entry) the kernel holds the program back
    until debugger_attached is set; `continue` then lets it go.
    """

    def __init__(self):
        super().__init__("galette-attach", gdb.COMMAND_RUNNING)

    def invoke(self, argument, from_tty):
        """Connects, and tells the kernel."""
        del from_tty
        gdb.execute(f"target remote {argument or ':1234'}")
        gdb.execute("set var debugger_attached = 1")


class ProgramCommand(gdb.Command):
    """galette-program FILE: names the ELF file that the machine is going to run."""

    def __init__(self):
        super().__init__("galette-program", gdb.COMMAND_FILES, gdb.COMPLETE_FILENAME)

    def invoke(self, argument, from_tty):
        """Remembers the path; without one there are no symbols to add."""
        del from_tty
        State.path = argument or None


class FilesCommand(gdb.Command):
    """galette-files ARCHIVE FOLDER: the files of the machine, and where to put those that GDB reads."""

    def __init__(self):
        super().__init__("galette-files", gdb.COMMAND_FILES, gdb.COMPLETE_FILENAME)

    def invoke(self, argument, from_tty):
        """Reads the names in the archive."""
        del from_tty
        archive, folder = gdb.string_to_argv(argument)
        State.files, State.folder = tree.Tree(), os.path.join(folder, "symbols")
        os.makedirs(State.folder, exist_ok=True)
        roots.add_archive(State.files, archive)


class LibrariesCommand(gdb.Command):
    """galette-libraries: lists the shared libraries of the program and where they were placed."""

    def __init__(self):
        super().__init__("galette-libraries", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        """One line each: the bias, and the name as the machine has it."""
        del argument, from_tty
        for bias, name in sorted(State.libraries.items()):
            print(f"{bias:#018x}  {name}")
        if not State.libraries:
            print("no shared libraries loaded yet")


class BiasCommand(gdb.Command):
    """galette-bias: prints where the program was placed."""

    def __init__(self):
        super().__init__("galette-bias", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        """Prints the number that was added to every address in the program's file."""
        del argument, from_tty
        print("not placed yet" if State.bias is None else f"{State.bias:#x}")


def _end_machine(_event):
    """GDB would let the machine run on when it leaves."""
    if gdb.selected_inferior().pid:
        try:
            gdb.execute("kill", to_string=True)
        except gdb.error:  # it ended before it could answer
            pass


def _quoted(path):
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _set_up():
    for setting in ("confirm off", "pagination off", "breakpoint pending on",
                    # Code is read from the files: the machine's page tables may not map it yet.
                    "trust-readonly-sections on"):
        gdb.execute(f"set {setting}")
    gdb.events.gdb_exiting.connect(_end_machine)
    ProgramCommand()
    FilesCommand()
    LibrariesCommand()
    BiasCommand()
    AttachCommand()
    show.set_up()
    calls.set_up()
    frames.set_up()
    if gdb.lookup_global_symbol("debug_program_placed") is None:
        print("galette.py: this kernel has no debug_program_placed; load build/galette.elf first")
        return
    ProgramPlaced()


_set_up()
