# SPDX-License-Identifier: MIT
"""`tools/galette debug`: QEMU waits in front of the first instruction, GDB attaches over a socket.

GDB owns the terminal. What the program prints appears between; it has no input. With --batch GDB
asks nothing, and everything ends with GDB's last command.
"""

import os
import subprocess
import sys
import tempfile

from . import machine, program
from .accel import choose
from .errors import STATUS_TIMEOUT, ToolError

SCRIPT = os.path.join(program.ROOT, "tools", "gdb", "galette.py")


def _kernel_symbols(opts):
    """The kernel with its symbols: what --kernel names, or beside the kernel that is booted."""
    booted = os.environ.get("GALETTE_KERNEL") or os.path.join(program.BUILD, "galette")
    path = opts.kernel or booted + ".elf"
    if not os.path.exists(path):
        raise ToolError(f"no kernel with symbols: {path}")
    return path


def symbols_command(guest, folder):
    """What tells GDB of the program. Of an archive it reads what it needs, libraries too, out of
    the very file that the machine gets, and puts it into `folder`."""
    if guest.elf:
        return f"galette-program {guest.path}"
    path = f"/proc/{os.getpid()}/fd/{guest.file.fileno()}" if guest.file else guest.path
    return f"galette-files {path} {folder}"


def _gdb_command(opts, guest, socket):
    words = ["gdb", "-q", "-nx"] + (["-batch"] if opts.batch else [])
    words += ["-x", SCRIPT]
    words += ["-ex", symbols_command(guest, os.path.dirname(socket))]
    words += ["-ex", f"target remote {socket}"]
    for file in opts.commands:
        words += ["-x", file]
    for command in opts.ex:
        words += ["-ex", command]
    # The kernel's symbols have to be there before the script looks for its breakpoints.
    return words + [_kernel_symbols(opts)]


def _start_qemu(door, opts, guest, medium, socket):
    channels = machine.Channels("file,path=/dev/stdout,append=on", "file,path=/dev/stderr,append=on",
                                "file,path=/dev/stderr,append=on", "null")
    command = machine.command(door, opts, choose(opts.accel), medium, channels, guest.path)
    # The socket may appear after GDB has started: QEMU makes it, GDB waits for nobody.
    command += ["-S", "-gdb", f"unix:{socket},server=on,wait=off"]
    return subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *command],
                            stdin=subprocess.DEVNULL, start_new_session=True,
                            pass_fds=[guest.file.fileno()] if guest.file else [])


def _wait_for(path, process):
    import time

    for _ in range(1000):
        if os.path.exists(path):
            return
        if process.poll() is not None:
            break
        time.sleep(0.01)
    raise ToolError("QEMU did not start")


def debug(door, opts, guest, medium):
    """Runs QEMU and GDB; returns GDB's exit status."""
    import signal

    with tempfile.TemporaryDirectory(prefix="galette-") as folder:
        socket = os.path.join(folder, "gdb")
        qemu = _start_qemu(door, opts, guest, medium, socket)
        try:
            _wait_for(socket, qemu)
            # Ctrl-C stops the machine, by way of GDB; it must not end this process.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            restore = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731
            return subprocess.run(_gdb_command(opts, guest, socket), check=False,
                                  timeout=opts.timeout, preexec_fn=restore).returncode
        except subprocess.TimeoutExpired:
            print(f"galette: no end after {opts.timeout:g} s", file=sys.stderr)
            return STATUS_TIMEOUT
        finally:
            qemu.kill()
            qemu.wait()
