# SPDX-License-Identifier: MIT
"""Every way into the kernel, every size of machine, and odd hand-overs."""

import os
import subprocess

import pytest

import machines
import tiny_elf
from galette_cli import iso, machine, program

HELLO = b"Hello from C with glibc\n"
KERNEL = machines.KERNEL
DOORS = ("iso", "uefi", "pvh", "q35", "microvm", "efi")


@pytest.mark.parametrize("door", DOORS)
def test_hello(boot, door):
    result = boot("hello", options=["-b", door])
    assert (result.status, result.out, result.err) == (0, HELLO, b"")


@pytest.mark.parametrize("door", ("iso", "pvh", "q35"))
def test_hello_in_ring_0(boot, door):
    result = boot("hello", options=["-b", door, "-r", "0"])
    assert (result.status, result.out, result.err) == (0, HELLO, b"")


@pytest.mark.parametrize("door", ("iso", "efi"))
def test_status_and_errors_through_a_door(boot, door):
    """The other channels than standard output, through the doors that wire them differently."""
    result = boot("segv", options=["-b", door, "--append", "crash=line"])
    assert (result.status, result.out) == (139, b"before the fault\n")
    assert len(result.lines()) == 1


@pytest.mark.parametrize("cpu", ("qemu64", "max", "max,-xsave", "max,-smep,-smap,-umip,-nx",
                                 "max,-invtsc,-tsc-deadline,-fsgsbase", "Nehalem", "EPYC"))
@pytest.mark.parametrize("ring", ("3", "0"))
def test_processors(boot, cpu, ring):
    for name in ("hello", "avx"):
        result = boot(name, options=["-b", "pvh", "--cpu", cpu, "-r", ring])
        assert result.status == 0
    assert b"SSE used" in result.err if cpu in ("qemu64", "Nehalem", "max,-xsave") else True


@pytest.mark.parametrize("size", ("4M", "5M", "8M", "15M", "16M", "17M", "64M", "1G", "2G", "3G",
                                  "3584M", "4G", "5G", "6G"))
def test_memory_sizes(boot, size):
    result = boot("hello", options=["-b", "microvm", "-m", size])
    assert (result.status, result.out, result.err) == (0, HELLO, b"")


@pytest.mark.parametrize("door,size", (("pvh", "4M"), ("pvh", "6G"), ("q35", "6G"), ("iso", "64M"),
                                       ("iso", "6G"), ("uefi", "6G")))
def test_memory_sizes_through_firmware(boot, door, size):
    result = boot("hello", options=["-b", door, "-m", size])
    assert (result.status, result.out, result.err) == (0, HELLO, b"")


def test_several_processors(boot):
    result = boot("hello", options=["-b", "pvh", "-c", "4"])
    assert (result.status, result.out, result.err) == (0, HELLO, b"")


@pytest.mark.parametrize("parts", ("pit=off,pic=off,rtc=off", "acpi=off"))
def test_microvm_without(boot, parts):
    """microvm can go without the old PC's parts, and without ACPI."""
    result = boot("hello", options=["-b", "microvm"], qemu=["-M", f"microvm,{parts}"])
    assert (result.status, result.out, result.err) == (0, HELLO, b"")


# ---- Odd hand-overs ----------------------------------------------------------------------------


@pytest.mark.parametrize("door", ("microvm", "pvh"))
def test_no_initrd(boot_qemu, tmp_path, door):
    result = boot_qemu(tmp_path, machine.kernel_medium(KERNEL, None, ""), door=door)
    assert result.status == 127 and len(result.lines()) == 1


def _grub(tmp_path, body, files=()):
    """An ISO whose only entry is `body`, with more files in /boot; returns QEMU's arguments."""
    for name, data in files:
        (tmp_path / name).write_bytes(data)
    config = "set timeout=0\nmenuentry x {\n" + body + "\n}\n"
    path = str(tmp_path / "odd.iso")
    guest = program.find(machines.program_path("hello"))
    extra = [(str(tmp_path / name), name) for name, _ in files]
    iso.make_iso(KERNEL, guest, config, path, extra)
    return machine.iso_medium(path)


def test_no_module_from_grub(boot_qemu, tmp_path):
    medium = _grub(tmp_path, "multiboot2 /boot/galette")
    result = boot_qemu(tmp_path, medium, door="iso")
    assert result.status == 127 and len(result.lines()) == 1


def test_empty_module(boot_qemu, tmp_path):
    medium = _grub(tmp_path, "multiboot2 /boot/galette\nmodule2 /boot/empty hello",
                   [("empty", b"")])
    result = boot_qemu(tmp_path, medium, door="iso")
    assert result.status in (126, 127) and len(result.lines()) == 1


@pytest.mark.parametrize("modules", (2, 12))
def test_more_than_one_module(boot_qemu, tmp_path, modules):
    """The first module is the program; the others do it no harm."""
    lines = ["module2 /boot/initrd hello"] + ["module2 /boot/other other"] * (modules - 1)
    medium = _grub(tmp_path, "multiboot2 /boot/galette\n" + "\n".join(lines),
                   [("other", tiny_elf.exit_with(9))])
    result = boot_qemu(tmp_path, medium, door="iso")
    assert (result.status, result.out) == (0, HELLO)


def test_name_of_the_module_is_the_name_of_the_program(boot_qemu, tmp_path):
    args = (tmp_path / "args.elf").write_bytes
    with open(machines.program_path("args"), "rb") as file:
        args(file.read())
    medium = _grub(tmp_path, "multiboot2 /boot/galette\nmodule2 /boot/args.elf first second",
                   [("args.elf", (tmp_path / "args.elf").read_bytes())])
    result = boot_qemu(tmp_path, medium, door="iso")
    assert b"argv[0] [first]" in result.out.replace(b"[/first]", b"[first]")


def test_module_without_a_name(boot_qemu, tmp_path):
    medium = _grub(tmp_path, "multiboot2 /boot/galette\nmodule2 /boot/initrd")
    result = boot_qemu(tmp_path, medium, door="iso")
    assert (result.status, result.out) == (0, HELLO)


def test_long_command_line(boot_qemu, tmp_path):
    """Longer than the kernel keeps: a program that got half of its arguments would do harm."""
    line = " ".join(f"V{i}=x" for i in range(4000))
    medium = machine.kernel_medium(KERNEL, machines.program_path("hello"), line)
    result = boot_qemu(tmp_path, medium)
    assert (result.status, result.out) == (126, b"")
    assert b"the command line is too long" in result.err


def test_kernel_takes_no_multiboot_1():
    """QEMU would prefer that door to PVH, and enter with half of what the kernel needs."""
    with open(KERNEL, "rb") as file:
        assert b"\x02\xb0\xad\x1b" not in file.read()[:8192]


# ---- The images people boot elsewhere ----------------------------------------------------------


@pytest.mark.parametrize("door", ("iso", "uefi"))
def test_iso_with_a_menu(tmp_path, door):
    """What `make iso` writes starts by itself, with its output on COM1."""
    path = str(tmp_path / "menu.iso")
    subprocess.run([machines.TOOL, "iso", "-o", path, "hello"], check=True,
                   stdout=subprocess.DEVNULL)
    words = [machine.QEMU, "-M", machine.DOORS[door].machine, "-accel", "tcg", "-m", "256M",
             "-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio", "-cdrom", path]
    if door == "uefi":
        words += ["-bios", machine.firmware_path()]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=True,
                          timeout=machines.UEFI_SECONDS)
    assert HELLO in done.stdout
    if door == "iso":
        assert done.stdout == HELLO


def test_iso_menu_entries():
    """The four entries, each with what makes it different."""
    guest = program.Program("/x/hello", "/hello", True)
    text = iso.menu(guest, ["init=/hello", "ring=3", "A=b"], ["x y"])
    assert text.count("menuentry") == 4 and "set default=0" in text
    for words in ("'ring=3' '--' 'x y'", "'ring=0' '--'", "'ring=3' 'trace' '--'",
                  "'ring=3' 'debugwait' '--'"):
        assert text.count(words) == 1
    assert "set default=1" in iso.menu(guest, ["ring=0"], [])


def test_efi_file(tmp_path):
    """What `make efi` writes, started by the firmware as the machine's boot loader."""
    target = tmp_path / "esp" / "EFI" / "BOOT" / "BOOTX64.EFI"
    target.parent.mkdir(parents=True)
    subprocess.run([machines.TOOL, "efi", "-o", str(target), "hello"], check=True,
                   stdout=subprocess.DEVNULL)
    words = [machine.QEMU, "-M", "q35", "-accel", "tcg", "-m", "256M", "-nodefaults", "-no-reboot",
             "-display", "none", "-serial", "stdio", "-bios", machine.firmware_path(),
             *machine.esp_medium(str(tmp_path / "esp"))]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, check=True,
                          timeout=machines.UEFI_SECONDS)
    assert HELLO in done.stdout


def test_size_of_the_kernel():
    assert os.path.getsize(os.path.join(machines.ROOT, "build", "galette")) < 540_000
