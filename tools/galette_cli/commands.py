# SPDX-License-Identifier: MIT
"""The commands of tools/galette, one function each."""

import os
import sys

from . import cmdline, machine, options, packing, program
from .errors import ToolError

USAGE = """Boots a Linux program on bare metal, in QEMU or from a disk.

  tools/galette run   [OPTIONS] PROGRAM [ARGS...] [-- QEMU ARGS...]   boot it; its exit status is ours
  tools/galette pack  [-o FILE] [OPTIONS] PROGRAM   the initrd alone, a page-aligned cpio archive
  tools/galette iso   [-o FILE] [OPTIONS] PROGRAM [ARGS...]   an ISO for BIOS and UEFI machines
  tools/galette efi   [-o FILE] [OPTIONS] PROGRAM [ARGS...]   one EFI file with everything inside
  tools/galette debug [OPTIONS] PROGRAM [ARGS...]   the machine waits, GDB knows both symbol tables
  tools/galette doctor                       what this machine lacks, and the command that mends it

PROGRAM is a file, an example of tests/programs (hello) or a command of this machine; with --root a
path inside of that root. What a dynamic program or a script needs of this machine goes along.
Exit status: the program's own; 128+n for signal n; 101 kernel panic; 124 timeout; 125 the tool or
QEMU failed; 126 not loadable; 127 not found. `tools/galette COMMAND --help` lists the options.
"""


def _set_up(groups):
    """Has tools/setup install what is missing; it is silent and quick if nothing is."""
    pid = os.posix_spawn(os.path.join(program.ROOT, "tools", "setup"), ["setup", *groups],
                         os.environ)
    _, status = os.waitpid(pid, 0)
    if status:
        raise ToolError("tools are missing")


def _on_path(name):
    return any(os.access(os.path.join(folder, name), os.X_OK)
               for folder in os.environ.get("PATH", os.defpath).split(":"))


def _need(door):
    """Looks for the tools of a door. The usual case, only QEMU, is decided without a process."""
    groups = door.setup_groups()
    if groups != ["run"] or not _on_path(machine.QEMU):
        _set_up(groups)


def _door_medium(door, opts, guest, words, folder):
    """What the machine boots from; files that have to be made go into `folder`."""
    kernel = program.kernel_path(opts)
    if door.medium == "kernel":
        return machine.kernel_medium(kernel, guest.path, cmdline.quoted(words, opts.args))
    if door.medium == "iso":
        from . import iso

        path = os.path.join(folder, "galette.iso")
        iso.make_iso(kernel, guest, iso.direct(guest, words, opts.args, opts.screen), path)
        return machine.iso_medium(path)
    target = os.path.join(folder, "esp", "EFI", "BOOT", "BOOTX64.EFI")
    os.makedirs(os.path.dirname(target))
    _make_efi(guest, cmdline.quoted(words, opts.args), target)
    return machine.esp_medium(os.path.join(folder, "esp"))


def _make_efi(guest, line, output):
    from pathlib import Path

    try:
        from .efi_image import make_efi
    except ImportError:
        raise ToolError("this checkout has no EFI application") from None
    application = os.path.join(program.BUILD, "galette.efi")
    if program.is_older(application, os.path.join(program.BUILD, "galette")):
        program.make("build/galette.efi")  # which carries the kernel
    make_efi(Path(application), Path(guest.path), line, Path(output))


class _Folder:
    """A temporary folder, made only for doors that need files."""

    def __init__(self, door):
        self.path = None
        if door.medium != "kernel":
            import tempfile

            self.path = tempfile.mkdtemp(prefix="galette-")

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        if self.path:
            import shutil

            shutil.rmtree(self.path, ignore_errors=True)


def _print_command(words):
    import shlex

    print(shlex.join(words))


def _terminal_words(door, opts, cooked):
    """What the kernel has to be told about the program's terminal."""
    from . import relay

    if opts.screen:
        machine.check_screen(door)
        return ["console=tty0"]
    return [*door.kernel_words(relay.outputs_are_one()), *relay.terminal_words(cooked)]


def run(opts):
    """Boots a program and returns its exit status."""
    from . import relay
    from .accel import choose

    guest = packing.find(opts)
    door = machine.DOORS[opts.boot]
    _need(door)
    cooked = relay.wants_cooked() and not opts.screen
    extra = [*_terminal_words(door, opts, cooked), *guest.environment]
    words = cmdline.kernel_words(opts, guest.init, extra)
    if opts.dry_run:
        return _dry_run(door, opts, guest, words)
    with _Folder(door) as folder:
        medium = _door_medium(door, opts, guest, words, folder)
        carrier = relay.Relay(cooked, opts.timeout)
        channels = machine.Channels.for_relay(
            *(carrier.descriptor(name) for name in ("error", "log", "status")))
        carrier.start(machine.command(door, opts, choose(opts.accel), medium, channels, guest.path))
        if opts.gdb:
            from .debugger import symbols_command

            print("galette: waiting for GDB:  gdb -x tools/gdb/galette.py build/galette.elf "
                  f"-ex '{symbols_command(guest, '/tmp')}' -ex 'target remote :1234'", file=sys.stderr)
        return carrier.run()


def _dry_run(door, opts, guest, words):
    """Prints the command. What has to be made for it stays in build/."""
    from .accel import choose

    folder = os.path.join(program.BUILD, "dry-run")
    if door.medium != "kernel":
        import shutil

        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
    words = [word for word in words if not word.startswith("tty=")]
    medium = _door_medium(door, opts, guest, words, folder)
    _print_command(machine.command(door, opts, choose(opts.accel), medium,
                                   machine.Channels.for_people(), guest.path))
    return 0


def pack(opts):
    """Writes a page-aligned archive in which /init is PROGRAM, or a link to it."""
    if not opts.program and not opts.root:
        raise ToolError("which program? Or a file system with --root")
    name = os.path.basename(os.path.abspath(opts.program or opts.root[-1]))
    output = opts.output or os.path.join(program.BUILD, f"{name}.cpio")
    packing.pack(opts, output)
    print(output)
    return 0


def iso(opts):
    """Writes an ISO to boot elsewhere."""
    from . import iso as images

    guest = packing.find(opts)
    _set_up(["run", "iso"])
    words = cmdline.kernel_words(opts, guest.init, guest.environment)
    output = opts.output or os.path.join(program.BUILD, f"{guest.name}.iso")
    images.make_iso(program.kernel_path(opts), guest, images.menu(guest, words, opts.args), output)
    print(output)
    return 0


def efi(opts):
    """Writes one EFI file with kernel, program and command line."""
    guest = packing.find(opts)
    _set_up(["build", "efi"])
    words = cmdline.kernel_words(opts, guest.init, guest.environment)
    output = opts.output or os.path.join(program.BUILD, f"{guest.name}.efi")
    _make_efi(guest, cmdline.quoted(words, opts.args), output)
    print(output)
    return 0


def debug(opts):
    """Starts a machine that waits, and GDB."""
    from . import debugger

    guest = packing.find(opts)
    door = machine.DOORS[opts.boot]
    _need(door)
    _set_up(["gdb"])
    wiring = _terminal_words(door, opts, True) if opts.screen else door.kernel_words()
    words = cmdline.kernel_words(opts, guest.init, [*wiring, *guest.environment])
    if opts.dry_run:
        return _dry_run(door, opts, guest, words)
    with _Folder(door) as folder:
        medium = _door_medium(door, opts, guest, words, folder)
        return debugger.debug(door, opts, guest, medium)


def doctor(_):
    """Says what is missing."""
    from . import doctor as checks

    return checks.examine()


COMMANDS = {"run": run, "pack": pack, "iso": iso, "efi": efi, "debug": debug, "doctor": doctor}


def _help(command):
    if command is None:
        print(USAGE, end="")
    else:
        print(f"tools/galette {command}: {COMMANDS[command].__doc__}\n\n{options.describe(command)}",
              end="")
    return 0


def main(words):
    """Runs one command line and returns the exit status."""
    if not words or words[0] in ("help", "-h", "--help"):
        return _help(None)
    name = words[0]
    try:
        if name not in COMMANDS:
            raise ToolError(f"no command {name!r}; there are {', '.join(COMMANDS)}")
        opts = options.parse(name, words[1:])
        return _help(name) if opts.help else COMMANDS[name](opts)
    except ToolError as error:
        print(f"galette: {error}", file=sys.stderr)
        return error.status
    except OSError as error:
        print(f"galette: {error}", file=sys.stderr)
        return 125
    except KeyboardInterrupt:
        return 130
