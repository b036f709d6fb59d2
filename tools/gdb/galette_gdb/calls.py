# SPDX-License-Identifier: MIT
"""Breakpoints on system calls by name."""

import gdb

from . import decode, kernel

# Where the entry has put the arguments for the body: C's registers.
REGISTERS = ("rdi", "rsi", "rdx", "rcx", "r8", "r9")


class CallBreakpoint(gdb.Breakpoint):
    """At the body's first instruction. Prints the call; a condition may leave it out."""

    def __init__(self, call, condition, temporary):
        super().__init__(f"*{call.function}", temporary=temporary)
        self.call, self.wish, self.silent = call, condition, False

    def stop(self):
        """Called by GDB when the breakpoint is hit."""
        frame = gdb.selected_frame()
        if not self.call.implemented and self._number() != self.call.number:
            return False  # another one that the kernel does not have
        values = [kernel.number(frame.read_register(register)) for register in REGISTERS]
        try:
            text, by_name = self.call.decode(values)
        except gdb.error as error:
            text, by_name = f"{self.call.name}: {error}", {}
        if self.wish:
            try:
                if not eval(self.wish, {"__builtins__": {}}, by_name):  # the user's own words
                    return False
            except Exception as error:  # pylint: disable=broad-except  (whatever they may raise)
                print(f"galette: the condition `{self.wish}`: {error}")
        print(text)
        return True


    @staticmethod
    def _number():
        cpu = gdb.selected_thread().ptid[1] - 1  # QEMU counts from 1
        return kernel.number(gdb.parse_and_eval(f"percpus[{cpu}]")["frame"]["error"]) & 0xFFFFFFFF


class BreakCommand(gdb.Command):
    """Stop when the program makes a system call: galette break NAME [if CONDITION]

    The condition is Python over the call's parameters by their names in the kernel; names of files are
    text: galette break openat if path == "/etc/passwd";  galette break write if fd == 2 and count > 10
    A call that the kernel does not have can be named, too, without a condition.
    """

    temporary = False
    name = "galette break"

    def __init__(self):
        super().__init__(self.name, gdb.COMMAND_BREAKPOINTS)

    def invoke(self, argument, from_tty):
        """Sets the breakpoint; the condition has to be one."""
        del from_tty
        name, _, condition = argument.strip().partition(" ")
        condition = condition.strip()
        if not name or (condition and not condition.startswith("if ")):
            raise gdb.GdbError("galette break NAME [if CONDITION]")
        condition = condition[3:].strip()
        try:
            compile(condition or "True", "condition", "eval")
        except SyntaxError as error:
            raise gdb.GdbError(f"{error.msg}: {condition}") from error
        CallBreakpoint(decode.Call(name), condition, self.temporary)

    def complete(self, text, word):
        """Names of system calls."""
        del text
        names = gdb.parse_and_eval("name_pool").type.fields()
        return [field.name[5:] for field in names if field.name.startswith("call_" + word)]


class TemporaryBreakCommand(BreakCommand):
    """The same, once: galette tbreak NAME [if CONDITION]"""

    temporary = True
    name = "galette tbreak"


def set_up():
    """Makes the commands."""
    BreakCommand()
    TemporaryBreakCommand()
