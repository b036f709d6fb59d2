# SPDX-License-Identifier: MIT
"""`tools/galette doctor`: what this machine lacks, and the one command that mends it."""

import os
import subprocess

from . import accel, program

GROUPS = (
    ("build", "building the kernel"),
    ("run", "running it in QEMU"),
    ("iso", "making ISOs"),
    ("uefi", "running under UEFI"),
    ("efi", "the EFI application"),
    ("gdb", "debugging"),
    ("programs", "the examples in C++, Rust and for musl"),
    ("check", "make check"),
    ("host", "the unit tests"),
    ("fuzz", "the fuzzers"),
    ("boot-tests", "the boot tests"),
    ("bench", "make bench"),
)


def examine():
    """Prints a line per group. Returns 0 if nothing is missing, 1 otherwise."""
    setup = os.path.join(program.ROOT, "tools", "setup")
    lacking = []
    for group, purpose in GROUPS:
        done = subprocess.run([setup, "--check", group], capture_output=True, text=True, check=False)
        missing = done.stderr.partition("missing: ")[2].strip()
        print(f"{'missing' if missing else 'ok':8} {purpose}" + (f": {missing}" if missing else ""))
        lacking += [group] if missing else []
    print(f"{'kvm' if accel.choose('auto') == 'kvm' else 'no kvm':8} "
          "the machine's processor runs guests directly, or QEMU translates them")
    if lacking:
        print("type:    tools/setup " + " ".join(lacking))
    return 1 if lacking else 0
