# SPDX-License-Identifier: MIT
"""The kernel's command line.

Words in front of ` -- ` are the kernel's and the program's environment; double quotes group there,
as in Linux, and nothing escapes a quote. Words behind it are the program's arguments; there a
backslash also escapes the character behind it, inside and outside of quotes.

GRUB puts quotes and backslashes into the words of a `multiboot2` line by itself, which is why the
kernel understands that form: grub_script() hands GRUB the bare words. quoted() makes the same
line for a loader that passes a string on unchanged.
"""

from .errors import ToolError

# Words that mean something to the kernel, and so cannot be variables of the environment.
# The table in kernel/core/cmdline.c: what the kernel, or a Linux kernel, takes for itself.
KERNEL_WORDS = ("init", "rdinit", "ring", "trace", "trace_times", "trace_strings", "quiet", "debug", "loglevel", "nokaslr",
                "tty", "winsize", "stderr", "console", "debugwait", "boottime", "crashtest", "acpi",
                "clocksource", "earlycon", "earlyprintk", "ip", "maxcpus", "mem", "mitigations",
                "no_timer_check", "noapic", "nolapic", "nomodeset", "nomodules", "noreplace_smp",
                "nosmp", "nr_cpus", "panic", "pci", "reboot", "ro", "root", "rootdelay",
                "rootflags", "rootfstype", "rootwait", "rw", "tsc", "vga", "cwd", "crash", "hold")


def environment_words(pairs):
    """Checks the K=V words given with --env."""
    for pair in pairs:
        key = pair.partition("=")[0]
        if key.replace("-", "_") in KERNEL_WORDS:  # the two are one to the kernel
            raise ToolError(f"--env: {key}= is a word of the kernel's own")
        if '"' in pair:
            raise ToolError(f"--env: a double quote cannot be passed in {key}")
        if any(c in " \t\n." for c in key):  # a dot would make it a module's parameter
            raise ToolError(f"--env: {key!r} is no name of a variable")
    return list(pairs)


def kernel_words(options, init, extra=()):
    """The words in front of ` -- `: what the options ask for, then `extra`, then --append."""
    words = [f"init={init}"] if init else []
    words.append(f"ring={options.ring}")
    if options.trace:
        words.append("trace" if options.trace is True else f"trace={options.trace}")
    if options.trace_times:
        words.append(f"trace_times={options.trace_times}")
    if options.trace_strings is not None:
        words.append(f"trace_strings={options.trace_strings}")
    if options.log is not None:
        words.append(f"loglevel={options.log}")
    if options.workdir:
        words.append(f"cwd={options.workdir}")
    return words + list(extra) + list(options.append) + environment_words(options.env)


def _quote_word(word):
    """A kernel word: quoted as a whole if it has blanks."""
    return f'"{word}"' if any(blank in word for blank in " \t\n") else word


def _quote_argument(word):
    """A program's argument, quoted and escaped."""
    escaped = "".join("\\" + c if c in "\\\"'" else c for c in word)
    return f'"{escaped}"' if word == "" or any(b in word for b in " \t\n\r\v\f") else escaped


def quoted(words, arguments):
    """The command line as one string."""
    line = " ".join(_quote_word(word) for word in words)
    if arguments:
        line += " -- " + " ".join(_quote_argument(word) for word in arguments)
    return line


def _grub_word(word):
    """A word for GRUB's script, in single quotes."""
    return "'" + word.replace("'", "'\\''") + "'"


def grub_script(words, arguments):
    """The command line as words of GRUB's script language.

    GRUB quotes a word only when it contains a space, and drops empty words.
    """
    for word in arguments:
        if word == "" or (" " not in word and any(blank in word for blank in "\t\n\r\v\f")):
            raise ToolError(f"GRUB cannot pass the argument {word!r} on; use --boot pvh")
    if arguments:
        words = [*words, "--", *arguments]
    return " ".join(_grub_word(word) for word in words)
