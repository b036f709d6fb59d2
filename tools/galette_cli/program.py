# SPDX-License-Identifier: MIT
"""What PROGRAM on the command line means, and where the things of a checkout are."""

import os

from .errors import STATUS_NOT_FOUND, ToolError

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILD = os.path.join(ROOT, "build")
EXAMPLES = os.path.join(ROOT, "tests", "programs")

CPIO_MAGICS = (b"070701", b"070702")


class Program:
    """What the machine gets as its initrd.

    path    the file on the host
    init    value of the kernel's init=, which is also argv[0]; None: the kernel's own default
    elf     whether the file itself is the program (and not an archive)
    name    what people call it
    file    keeps the descriptor open that `path` is about, if it is about one
    environment   variables that the program needs
    """

    def __init__(self, path, init, elf, name=None, file=None, environment=()):
        self.path, self.init, self.elf = path, init, elf
        self.name = name or os.path.basename(path)
        self.file, self.environment = file, environment


def make(*targets):
    """Runs make in the checkout; what it builds is told on standard error, and nothing if another has built
    it meanwhile. Raises ToolError."""
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(2, 1)
            os.execvp("make", ["make", "--no-print-directory", "-s", "-C", ROOT, *targets])
        finally:
            os._exit(127)
    _, status = os.waitpid(pid, 0)
    if status:
        raise ToolError(f"could not make {' '.join(targets)}")


def kernel_path(options, target="build/galette"):
    """The kernel to boot, built first if it is not there. $GALETTE_KERNEL stands for --kernel."""
    chosen = options.kernel or os.environ.get("GALETTE_KERNEL")
    if chosen:
        if not os.path.exists(chosen):
            raise ToolError(f"no kernel {chosen}")
        return chosen
    path = os.path.join(ROOT, target)
    if not os.path.exists(path):
        make(target)
    return path


def is_older(path, source):
    """Whether `path` has to be made again from `source`, or for the first time."""
    if not os.path.exists(path):
        return True
    return os.path.exists(source) and os.path.getmtime(path) < os.path.getmtime(source)


def _example_path(name):
    """The file of an example, built if need be; None if there is no such example."""
    if "/" in name or not os.path.isdir(EXAMPLES):
        return None
    path = os.path.join(BUILD, "programs", name)
    for entry in os.listdir(EXAMPLES):
        stem, suffix = os.path.splitext(entry)
        if stem == name and suffix != ".mk":
            if is_older(path, os.path.join(EXAMPLES, entry)):
                make(f"build/programs/{name}")
            return path
    return None


def _command_path(name):
    """The file of a command of the host; None if there is none."""
    for folder in os.environ.get("PATH", os.defpath).split(":") if "/" not in name else ():
        path = os.path.join(folder, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def find(text, init=None):
    """The Program that `text` names. Raises ToolError."""
    if text is None:
        raise ToolError("which program? Give its file, an example's name, or a command of this machine")
    path = text if os.path.isfile(text) else _example_path(text) or _command_path(text)
    if path is None:
        raise ToolError(f"{text}: no such file, example or command", STATUS_NOT_FOUND)
    with open(path, "rb") as file:
        magic = file.read(6)
    if magic in CPIO_MAGICS:
        return Program(path, init, False)
    return Program(path, init or _init_of(path), True)


def _init_of(path):
    """init= for a file that is the program itself: its name, if a command line can hold it."""
    name = os.path.basename(path)
    usable = all(" " < c != '"' for c in name) and name != "--"
    return "/" + (name if usable else "program")
