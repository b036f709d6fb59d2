# SPDX-License-Identifier: MIT
"""The doors into the kernel, and QEMU's command line for each.

Wiring that all doors share (the kernel's side of it is described in docs/):

    console   a 16550: standard input and output. COM1; under UEFI it is COM3, because the firmware
              uses COM1 and COM2 as terminals of its own: it writes there, and eats what is typed.
    error     a second 16550, COM2 or COM4: standard error
    log       isa-debugcon at port 0xe9: the kernel's log
    status    isa-debugcon at port 0xea: one byte when the console is ready for input, and one
              with the exit status at the end
    0xf4      isa-debug-exit, which ends QEMU

With a screen (--screen) the program's console is a window with a keyboard, and both serial lines are idle.
"""

import os

from .errors import ToolError

# The multiplexer is there for its BREAK, the end of a file on standard input.
CONSOLE = "stdio,mux=on,signal=off"
QEMU = "qemu-system-x86_64"
FIRMWARE = ("/usr/share/ovmf/OVMF.fd", "/usr/share/OVMF/OVMF.fd", "/usr/share/qemu/OVMF.fd")


class Door:
    """machine: QEMU's -M.  medium: what the machine boots, 'kernel', 'iso' or 'esp'.
    serial: the number of the program's console, 0 for COM1."""

    def __init__(self, machine, medium, serial=0, firmware=False):
        self.machine, self.medium = machine, medium
        self.serial, self.firmware = serial, firmware

    def kernel_words(self, joined=False):
        """What the kernel has to be told about the wiring. `joined`: standard error goes where
        standard output goes, and in the same order."""
        words = [f"console=ttyS{self.serial}"]
        return words + ([] if joined else [f"stderr=ttyS{self.serial + 1}"])

    def setup_groups(self):
        """What tools/setup has to look for."""
        groups = ["run"]
        groups += ["iso"] if self.medium == "iso" else []
        groups += ["efi"] if self.medium == "esp" else []
        return groups + (["uefi"] if self.firmware else [])


DOORS = {
    "iso": Door("pc", "iso"),
    "uefi": Door("q35", "iso", serial=2, firmware=True),
    "pvh": Door("pc", "kernel"),
    "q35": Door("q35", "kernel"),
    "microvm": Door("microvm", "kernel"),
    "efi": Door("q35", "esp", serial=2, firmware=True),
}


class Channels:
    """Where QEMU's character devices lead: the text behind `-chardev`, by id."""

    def __init__(self, console, error, log, status, descriptors=()):
        self.backends = {"console": console, "error": error, "log": log, "status": status}
        self.descriptors = descriptors

    @classmethod
    def for_people(cls):
        """For --dry-run: a line that can be pasted into a shell."""
        return cls(CONSOLE, "file,path=/dev/stderr", "file,path=/dev/stderr",
                   "null")

    @classmethod
    def for_relay(cls, error, log, status):
        """For the relay: the console on standard input and output, the others on pipes."""

        def backend(descriptor):
            # append: QEMU would truncate the file otherwise, which fails on a pipe.
            return f"file,path=/dev/fdset/{descriptor},append=on"

        return cls(CONSOLE, backend(error), backend(log), backend(status),
                   (error, log, status))

    def arguments(self):
        """QEMU's arguments that make the character devices."""
        words = []
        for descriptor in self.descriptors:
            words += ["-add-fd", f"fd={descriptor},set={descriptor}"]
        for name, backend in self.backends.items():
            kind, comma, rest = backend.partition(",")
            words += ["-chardev", f"{kind},id={name}{comma}{rest}"]
        return words


def _device_arguments(door):
    return [
        "-device", f"isa-serial,index={door.serial},chardev=console",
        "-device", f"isa-serial,index={door.serial + 1},chardev=error",
        "-device", "isa-debugcon,iobase=0xe9,readback=0xe9,chardev=log",
        "-device", "isa-debugcon,iobase=0xea,readback=0xea,chardev=status",
        "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
    ]  # fmt: skip


def _escaped(path):
    """A path inside of an option of QEMU: a comma is doubled."""
    return path.replace(",", ",,")


def firmware_path():
    """OVMF as one file. Its variables live in RAM then, which also starts 1.5 s sooner than
    with the pair of flash images under emulation."""
    for path in FIRMWARE:
        if os.path.exists(path):
            return path
    raise ToolError("no UEFI firmware (OVMF.fd); type:  tools/setup uefi")


def kernel_medium(kernel, initrd, line):
    """The kernel loaded by QEMU itself, through the PVH entry."""
    words = ["-kernel", kernel, "-append", line]
    return words + (["-initrd", initrd] if initrd else [])


def iso_medium(path):
    """A CD."""
    return ["-cdrom", path]


def esp_medium(folder):
    """A folder shown to the firmware as an EFI system partition."""
    return ["-drive", f"if=none,id=esp,format=raw,file=fat:rw:{_escaped(folder)}",
            "-device", "ide-hd,drive=esp"]


def _usual_memory(initrd):
    """In MiB: 256, and what the initrd takes beyond a quarter of that. Under GRUB and UEFI it lies in
    memory twice for a moment."""
    size = os.path.getsize(initrd) >> 20 if initrd else 0
    return f"{256 + 2 * max(0, size - 64)}M"


def check_screen(door):
    """Whether the machine of a door can have a screen at all."""
    if door.machine == "microvm":
        raise ToolError("a microvm has no screen; --screen needs another door, as --boot iso")


def _display(options):
    """A window of whatever kind this QEMU has, or none."""
    return ["-vga", "std"] if getattr(options, "screen", False) else ["-display", "none"]


def command(door, options, accel, medium, channels, initrd=None):
    """The whole command line of QEMU as a list. `initrd`: the file that the medium carries."""
    words = [QEMU, "-M", door.machine, "-accel", accel, "-cpu", options.cpu,
             "-m", options.memory or _usual_memory(initrd), "-smp", str(options.cpus),
             "-nodefaults", "-no-user-config", "-no-reboot", *_display(options)]
    if door.firmware:
        words += ["-bios", firmware_path()]
    if getattr(options, "gdb", False):
        words += ["-S", "-gdb", "tcp:127.0.0.1:1234"]
    return words + channels.arguments() + _device_arguments(door) + medium + options.qemu
