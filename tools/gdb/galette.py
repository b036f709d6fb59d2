# SPDX-License-Identifier: MIT
"""GDB's side of `tools/galette debug`: knows where the program is.

Loaded by GDB itself (`gdb -x tools/gdb/galette.py build/galette.elf`). A breakpoint that nobody
sees stands on the kernel's debug_program_placed(bias, name), which runs when the loader has mapped
the program and before its first instruction; there the program's symbols are added at the bias the
kernel says. A pending `break main` resolves at that moment.

    galette-program FILE    the ELF file of the program (tools/galette gives it)
    galette-bias            where the program was placed
    galette-attach :1234    attaches to a machine that was started otherwise

The breakpoint is on the function's first instruction by address: to skip the prologue GDB would
read memory that is not mapped yet while the machine waits in front of the kernel's first page table.
"""

import gdb


class State:
    """What is known of the program."""

    path = None
    bias = None


class ProgramPlaced(gdb.Breakpoint):
    """Stops nowhere; adds the program's symbols in passing."""

    def __init__(self):
        super().__init__("*debug_program_placed", internal=True)
        self.silent = True

    def stop(self):
        """Called by GDB when the breakpoint is hit; the arguments are still in their registers."""
        frame = gdb.selected_frame()
        State.bias = int(frame.read_register("rdi")) & (1 << 64) - 1
        if State.path is not None:
            gdb.execute(f"add-symbol-file {_quoted(State.path)} -o {State.bias:#x}", to_string=True)
        return False


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
        gdb.execute("kill", to_string=True)


def _quoted(path):
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _set_up():
    for setting in ("confirm off", "pagination off", "breakpoint pending on",
                    # Code is read from the files: the machine's page tables may not map it yet.
                    "trust-readonly-sections on"):
        gdb.execute(f"set {setting}")
    gdb.events.gdb_exiting.connect(_end_machine)
    ProgramCommand()
    BiasCommand()
    AttachCommand()
    if gdb.lookup_global_symbol("debug_program_placed") is None:
        print("galette.py: this kernel has no debug_program_placed; load build/galette.elf first")
        return
    ProgramPlaced()


_set_up()
