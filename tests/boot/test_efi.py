# SPDX-License-Identifier: MIT
"""The UEFI application: where it finds the program and the command line."""

import os
import struct
from pathlib import Path

import pytest

import machines
from galette_cli import efi_image, machine
from galette_cli.errors import ToolError

HELLO = b"Hello from C with glibc\n"
APPLICATION = Path(machines.ROOT, "build", "galette.efi")
WIRING = " ".join(machine.DOORS["efi"].kernel_words())
ARGS = Path(machines.program_path("args"))


@pytest.fixture
def boot_esp(boot_qemu, tmp_path):
    """boot_esp(): boots the folder `esp` as an EFI system partition."""

    def boot(esp):
        return boot_qemu(tmp_path, machine.esp_medium(str(esp)), door="efi",
                         seconds=machines.UEFI_SECONDS)

    return boot


def _single_file(esp, initrd, line):
    target = esp / efi_image.BOOT_NAME
    target.parent.mkdir(parents=True)
    efi_image.make_efi(APPLICATION, initrd, line, target)
    return target


def test_files_beside_the_application(boot_esp, tmp_path):
    efi_image.make_esp(tmp_path / "esp", APPLICATION, ARGS, WIRING + " K=beside -- one 'two'")
    result = boot_esp(tmp_path / "esp")
    assert result.status == 0
    assert b"K=beside" in result.out and b"one" in result.out


def test_sections_go_before_files(boot_esp, tmp_path):
    efi_image.make_esp(tmp_path / "esp", APPLICATION, ARGS, WIRING + " -- beside")
    os.unlink(tmp_path / "esp" / efi_image.BOOT_NAME)
    hello = Path(machines.program_path("hello"))
    efi_image.make_efi(APPLICATION, hello, WIRING, tmp_path / "esp" / efi_image.BOOT_NAME)
    result = boot_esp(tmp_path / "esp")
    assert (result.status, result.out, result.err) == (0, HELLO, b"")


def test_large_program(boot_esp, tmp_path):
    _single_file(tmp_path / "esp", Path(machines.program_path("big50")), WIRING)
    assert boot_esp(tmp_path / "esp").status == 0


@pytest.mark.parametrize("inside", (True, False))
def test_no_program(boot_esp, tmp_path, inside):
    if inside:
        _single_file(tmp_path / "esp", None, WIRING)
    else:
        efi_image.make_esp(tmp_path / "esp", APPLICATION, None, WIRING)
    result = boot_esp(tmp_path / "esp")
    assert result.status == 127 and len(result.lines()) == 1


@pytest.mark.parametrize("inside", (True, False))
def test_empty_program(boot_esp, tmp_path, inside):
    (tmp_path / "empty").write_bytes(b"")
    if inside:
        _single_file(tmp_path / "esp", tmp_path / "empty", WIRING)
    else:
        efi_image.make_esp(tmp_path / "esp", APPLICATION, tmp_path / "empty", WIRING)
    result = boot_esp(tmp_path / "esp")
    assert result.status in (126, 127) and len(result.lines()) == 1


def test_load_options_replace_the_command_line(boot_qemu, tmp_path):
    """OVMF passes QEMU's -append as load options, as a boot entry would."""
    path = _single_file(tmp_path / "esp", ARGS, WIRING + " -- inside")
    medium = ["-kernel", str(path), "-append", WIRING + " -- appended"]
    result = boot_qemu(tmp_path, medium, door="efi", seconds=machines.UEFI_SECONDS)
    assert result.status == 0
    assert b"appended" in result.out and b"inside" not in result.out


# ---- The tool ----------------------------------------------------------------------------------


def _sections(data):
    """name: (size, offset in memory, size in the file, offset in the file)"""
    pe = struct.unpack_from("<I", data, 0x3C)[0]
    count, optional_size = struct.unpack_from("<H12xH", data, pe + 6)
    at = pe + 24 + optional_size
    found = {}
    for name, *numbers in struct.iter_unpack("<8sIIII16x", data[at : at + 40 * count]):
        found[name.rstrip(b"\0").decode()] = tuple(numbers)
    return found


@pytest.mark.parametrize("size", (0, 1, 511, 512, 4096, 4097, 70000))
def test_sections_of_the_single_file(tmp_path, size):
    program = bytes(range(251)) * (size // 251 + 1)
    (tmp_path / "program").write_bytes(program[:size])
    line = 'A="b c" -- é \udcff'
    efi_image.make_efi(APPLICATION, tmp_path / "program", line, tmp_path / "out.efi")
    data, base = (tmp_path / "out.efi").read_bytes(), APPLICATION.read_bytes()
    sections = _sections(data)
    for name, wanted in ((".cmdline", b'A="b c" -- \xc3\xa9 \xff'), (".initrd", program[:size])):
        length, address, in_file, position = sections.pop(name)
        assert length == len(wanted) and address % 4096 == 0 and position % 512 == 0
        assert data[position : position + length] == wanted
        assert length <= in_file and position + in_file <= len(data)
    assert sections == _sections(base)
    ends = sorted((address, address + max(length, 1)) for length, address, _, _ in
                  _sections(data).values())
    assert all(end <= start for (_, end), (start, _) in zip(ends, ends[1:]))


@pytest.mark.parametrize("data", (b"", b"MZ", b"\x7fELF" + bytes(200), b"MZ" + bytes(70),
                                  b"MZ" + b"\xff" * 200))
def test_not_an_application(tmp_path, data):
    (tmp_path / "odd").write_bytes(data)
    with pytest.raises(ToolError):
        efi_image.make_efi(tmp_path / "odd", None, "x", tmp_path / "out")
