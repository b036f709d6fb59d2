# SPDX-License-Identifier: MIT
"""The parts of tools/galette, the command that boots programs.

    commands.py    the commands people type: run, pack, iso, efi, debug, doctor
    options.py     their options
    program.py     what PROGRAM means: an example, a file, a command
    packing.py     the root file system that a program needs
    roots.py       folders and archives, read into a tree
    tree.py        a file system being put together
    elf.py         what an ELF file says about its loader and libraries
    libraries.py   where a loader will find them
    ldcache.py     glibc's ld.so.cache
    defaults.py    what every root file system has
    cmdline.py     the kernel's command line, and how each door wants it quoted
    machine.py     the doors, and QEMU's command line for each
    accel.py       whether KVM works here
    relay.py       carries bytes between the host and the machine while it runs
    iso.py         the bootable ISO
    efi_image.py   the single EFI file
    archive.py     writing page-aligned cpio archives
    debugger.py    QEMU and GDB
    doctor.py      what this machine lacks

The tool stands between a person and `hello`, so it starts quickly: only the standard library, no
argparse, pathlib or subprocess on the way of `run`, and what a command alone needs is imported
by that command.
"""
