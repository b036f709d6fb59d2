# SPDX-License-Identifier: MIT
"""The parts of tools/galette, the command that boots programs.

    commands.py    the commands people type: run, pack, iso, efi, debug, doctor
    options.py     their options
    program.py     what PROGRAM means: an example, an ELF file, an archive
    cmdline.py     the kernel's command line, and how each door wants it quoted
    machine.py     the doors, and QEMU's command line for each
    accel.py       whether KVM works here
    relay.py       carries bytes between the host and the machine while it runs
    iso.py         the bootable ISO
    efi_image.py   the single EFI file
    archive.py     page-aligned cpio archives
    debugger.py    QEMU and GDB
    doctor.py      what this machine lacks

The tool stands between a person and `hello`, so it starts quickly: only the standard library, no
argparse, pathlib or subprocess on the way of `run`, and what a command alone needs is imported
by that command.
"""
