# SPDX-License-Identifier: MIT
"""Options of the command line, in the habit of `docker run`: options first, then PROGRAM, then
the program's own arguments untouched.

    run [OPTIONS] PROGRAM [ARGS...] [-- [QEMU ARGS...]]

The last lone `--` behind PROGRAM separates arguments for QEMU. A program that takes `--` itself
gets it if another one ends the line.

Written by hand because argparse alone would take as long as the rest of the tool.
"""

from .errors import ToolError


class Option:
    """One option: its names, and how its text becomes a value.

    kind: 'flag' (no value), 'value', 'list' (repeatable), 'optional' (--name or --name=value).
    """

    def __init__(self, names, kind, key, default, text, metavar="", check=None):
        self.names, self.kind, self.key, self.default = names, kind, key, default
        self.text, self.metavar, self.check = text, metavar, check

    def label(self):
        """The option as the help prints it."""
        names = ", ".join(self.names)
        if self.kind == "optional":
            return f"{names}[={self.metavar}]"
        return f"{names} {self.metavar}".rstrip()


def _choice(*allowed):
    def check(text):
        if text not in allowed:
            raise ToolError(f"{text!r} is none of {', '.join(allowed)}")
        return text

    return check


def _number(least, most):
    def check(text):
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise ToolError(f"{text!r} is no number from {least} to {most}")
        return int(text)

    return check


def _seconds(text):
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise ToolError(f"{text!r} is no time in seconds")
    return value


def _memory(text):
    """Memory as QEMU writes it; a bare number is MiB."""
    digits, unit = (text, "") if text[-1:].isdigit() else (text[:-1], text[-1:])
    if not digits.isascii() or not digits.isdigit() or unit.upper() not in ("", "K", "M", "G"):
        raise ToolError(f"{text!r} is no amount of memory: write 256M or 4G")
    return digits + (unit.upper() or "M")


def _log_level(text):
    """A level of Linux: 0 to 7 or its name."""
    names = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")
    if text in names:
        return names.index(text)
    return _number(0, 8)(text)


def _absolute(text):
    if not text.startswith("/") or '"' in text:
        raise ToolError(f"{text!r} is no absolute path that can be passed to the kernel")
    return text


def _env(text):
    if "=" not in text or text.startswith("="):
        raise ToolError(f"{text!r} is not of the form K=V")
    return text


DOORS = ("iso", "uefi", "pvh", "q35", "microvm", "efi")

RING = Option(("-r", "--ring"), "value", "ring", "3", "where the program runs (3)", "0|3",
              _choice("0", "3"))
BOOT = Option(("-b", "--boot"), "value", "boot", "pvh", "the door: " + ", ".join(DOORS) + " (pvh)",
              "DOOR", _choice(*DOORS))
OUTPUT = Option(("-o", "--output"), "value", "output", None, "the file to write", "FILE")
FILES = [
    Option(("--root",), "list", "root", (), "a folder, cpio or tar archive: the root file system",
           "PATH"),
    Option(("--with",), "list", "with_", (), "add a file or folder of this machine", "PATH"),
    Option(("--libs",), "flag", "libs", False, "add missing libraries to a --root with a loader"),
    Option(("--no-libs",), "flag", "no_libs", False, "add nothing that the program does not carry itself"),
]
KERNEL = [
    RING,
    *FILES,
    Option(("-w", "--workdir"), "value", "workdir", None, "the program's directory (/)", "PATH",
           _absolute),
    Option(("-e", "--env"), "list", "env", (), "a variable of its environment", "K=V", _env),
    Option(("--init",), "value", "init", None, "the program's path (in an archive: /init)", "PATH"),
    Option(("--trace",), "optional", "trace", None, "one line per system call on standard error;"
           " summary: tables at the end", "CALLS"),
    Option(("--trace-times",), "value", "trace_times", None, "what its lines say of time: clock, clock-us, unix,"
           " relative, spent", "WORDS"),
    Option(("--trace-strings",), "value", "trace_strings", None, "how much of a string or array they show (32)",
           "N", _number(0, 65536)),
    Option(("--log",), "value", "log", None, "the kernel's log level, 0 to 7 or a name", "LEVEL",
           _log_level),
    Option(("--append",), "list", "append", (), "one more word for the kernel", "WORD"),
    Option(("--kernel",), "value", "kernel", None, "another kernel than build/galette", "FILE"),
]
MACHINE = [
    BOOT,
    Option(("-m", "--memory"), "value", "memory", None, "memory (256M, and room for a large initrd)",
           "SIZE", _memory),
    Option(("-c", "--cpus"), "value", "cpus", 1, "processors (1)", "N", _number(1, 255)),
    Option(("--cpu",), "value", "cpu", "max", "QEMU's processor model (max)", "MODEL"),
    Option(("--accel",), "value", "accel", "auto", "auto, tcg or kvm (auto)", "NAME",
           _choice("auto", "tcg", "kvm")),
    Option(("--screen",), "flag", "screen", False,
           "a window with a keyboard is the program's terminal"),
    Option(("--timeout",), "value", "timeout", None, "give up with status 124", "SECONDS",
           _seconds),
    Option(("--dry-run",), "flag", "dry_run", False, "print QEMU's command line and stop"),
]
GDB = Option(("--gdb",), "flag", "gdb", False, "wait for a debugger on TCP port 1234")
BATCH = [
    Option(("--batch",), "flag", "batch", False, "GDB asks nothing and leaves at the end"),
    Option(("-x", "--commands"), "list", "commands", (), "a file of GDB commands", "FILE"),
    Option(("--ex",), "list", "ex", (), "one GDB command", "COMMAND"),
]
HELP = Option(("-h", "--help"), "flag", "help", False, "this text")

COMMANDS = {
    "run": [*MACHINE, *KERNEL, GDB],
    "pack": [OUTPUT, *FILES],
    "iso": [OUTPUT, *KERNEL],
    "efi": [OUTPUT, *KERNEL],
    "debug": [*MACHINE, *KERNEL, *BATCH],
    "doctor": [],
}


class Arguments:
    """The values of one command line: an attribute per option, and
    program (or None), args (the program's), qemu (more arguments for QEMU)."""

    def __init__(self, options):
        self.program, self.args, self.qemu = None, [], []
        for option in options:
            setattr(self, option.key, [] if option.kind == "list" else option.default)


def _split_qemu(words):
    """The words behind PROGRAM: (the program's, QEMU's)."""
    for position in range(len(words) - 1, -1, -1):
        if words[position] == "--":
            return words[:position], words[position + 1 :]
    return words, []


def _take(option, name, attached, rest):
    """The value of an option, from its own word (--name=value, -nvalue) or the next one."""
    if option.kind == "flag":
        if attached is not None:
            raise ToolError(f"{name} takes no value")
        return True
    if attached is None:
        if option.kind == "optional":
            return True
        if not rest:
            raise ToolError(f"{name} needs a value: {option.metavar}")
        attached = rest.pop(0)
    try:
        return option.check(attached) if option.check else attached
    except ToolError as error:
        raise ToolError(f"{name}: {error}") from None


def _split_name(word):
    """An option's word as (name, attached value or None)."""
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    return word[:2], word[2:] or None


def parse(command, words):
    """Reads the words behind a command's name. Raises ToolError."""
    options = COMMANDS[command] + [HELP]
    by_name = {name: option for option in options for name in option.names}
    arguments = Arguments(options)
    rest = list(words)
    while rest and rest[0].startswith("-") and rest[0] not in ("-", "--"):
        name, attached = _split_name(rest.pop(0))
        option = by_name.get(name)
        if option is None:
            raise ToolError(f"{command} has no option {name}; see tools/galette {command} --help")
        value = _take(option, name, attached, rest)
        if option.kind == "list":
            getattr(arguments, option.key).append(value)
        else:
            setattr(arguments, option.key, value)
    if rest and rest[0] != "--":
        arguments.program = rest.pop(0)
    arguments.args, arguments.qemu = _split_qemu(rest)
    return arguments


def describe(command):
    """The options of a command as lines of help."""
    return "".join(f"  {option.label():24} {option.text}\n" for option in COMMANDS[command])
