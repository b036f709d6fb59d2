# SPDX-License-Identifier: MIT
"""Runs machines for the tests: through tools/galette as people do, or with QEMU alone."""

import os
import shlex
import signal
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
TOOL = os.path.join(ROOT, "tools", "galette")
# `make test-boot DEBUG=1` names another one, which tools/galette boots, too.
KERNEL = os.environ.get("GALETTE_KERNEL", os.path.join(ROOT, "build", "galette"))
# `make test-boot CPUS=4`: where a test asks for no number of processors of its own.
CPUS = os.environ.get("GALETTE_CPUS", "1")
DEBUG_KERNEL = os.path.join(ROOT, "build-debug", "galette")
PROGRAMS = os.path.join(ROOT, "build", "programs")
TARGETS = ["all", "programs", "abi", "terminal"]
if os.path.exists(os.path.join(ROOT, "boot", "efi", "efi.mk")):
    TARGETS.append("build/galette.efi")
# Per boot. Generous: the processors may be shared, and a hang is rare.
SECONDS = 30
UEFI_SECONDS = 90

sys.path.insert(0, os.path.join(ROOT, "tools"))
from galette_cli import machine, options  # noqa: E402 (the path has to be set first)


def begin_as_in_a_shell():
    """A shell's `&`, nohup and some CI runners start us with these ignored, and the programs under test would
    inherit that; a caught signal is a default one again in a child."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.default_int_handler)


class Result:
    """How a run ended: status, stdout (out) and stderr (err) as bytes."""

    def __init__(self, title, status, out, err):
        self.title, self.status, self.out, self.err = title, status, out, err

    def describe(self):
        """Everything, for a failed test's report."""
        return (f"status {self.status}\n--- standard output\n{_text(self.out)}\n"
                f"--- standard error and log\n{_text(self.err)}")

    def lines(self):
        """Standard error as lines of text."""
        return self.err.decode(errors="replace").splitlines()


def _text(data):
    shown = data if len(data) < 8000 else data[:4000] + b"\n[...]\n" + data[-4000:]
    return shown.decode(errors="backslashreplace")


def program_path(name):
    """The file of an example."""
    return os.path.join(PROGRAMS, name)


def run(program, *args, options=(), qemu=(), stdin=b"", seconds=None, remember=None):
    """`tools/galette run OPTIONS PROGRAM ARGS`. The tool's own --timeout ends a hang, so that its
    log is seen; the one here is for a tool that hangs."""
    if seconds is None:
        seconds = UEFI_SECONDS if {"uefi", "efi"} & set(options) else SECONDS
    if not {"-c", "--cpus"} & set(options):
        options = ["-c", CPUS, *options]
    words = ["--timeout", str(seconds), *options, program, *args, "--", *qemu]
    done = subprocess.run([TOOL, "run", *words], input=stdin, capture_output=True, check=False,
                          timeout=seconds + 15)
    result = Result("run " + shlex.join(words), done.returncode, done.stdout, done.stderr)
    if remember:
        remember(result)
    return result


def run_on_linux(path, *args, stdin=b"", env=None):
    """The same program on this host. A death by signal has the status a shell shows."""
    done = subprocess.run([path, *args], input=stdin, capture_output=True, check=False, timeout=60,
                          env=env)
    status = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return Result("linux " + path, status, done.stdout, done.stderr)


def run_qemu(folder, medium, door="microvm", flags=(), extra=(), seconds=SECONDS, remember=None):
    """QEMU with the usual devices, their channels in files of `folder` (a pathlib.Path).

    `medium` are the arguments that name what to boot; `flags` are options of tools/galette run.
    The log and standard error come back together; status is None if the kernel told none.
    """
    paths = {name: folder / name for name in ("console", "error", "log", "status")}
    channels = machine.Channels(*(f"file,path={path}" for path in paths.values()))
    opts = options.parse("run", [*flags, "none", "--", *extra])
    command = machine.command(machine.DOORS[door], opts, "tcg", medium, channels)
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                       timeout=seconds)
        ending = b""
    except subprocess.TimeoutExpired:
        ending = b"[the machine did not end]\n"
    out, error, log, status = (path.read_bytes() if path.exists() else b""
                               for path in paths.values())
    if status.startswith(b"S"):
        status = status[1:]
    result = Result(shlex.join(command), status[-1] if status else None, out, error + log + ending)
    if remember:
        remember(result)
    return result
