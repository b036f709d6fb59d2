# SPDX-License-Identifier: MIT
"""The screen and the keyboard of a machine without a serial line: what is shown, what keys do."""

import subprocess

import pytest

import machines
import screens
from galette_cli import iso, machine, program

KERNEL = machines.KERNEL
RED, GREEN, YELLOW, BLUE, GREY = 1, 2, 3, 4, 7


def _pack(tmp_path, words, root=None):
    """An archive with a program of this machine: its path."""
    archive = tmp_path / "initrd.cpio"
    more = ["--root", str(root)] if root else []
    subprocess.run([machines.TOOL, "pack", "-o", str(archive), *more, *words], check=True,
                   stdout=subprocess.DEVNULL)
    return str(archive)


def _iso(tmp_path, archive, words, arguments, menu=False):
    """A CD that boots it in a graphics mode."""
    guest = program.Program(archive, "/init", True)
    path = str(tmp_path / "screen.iso")
    text = (iso.menu(guest, words, arguments) if menu
            else iso.direct(guest, words, arguments, screen=True))
    iso.make_iso(KERNEL, guest, text, path)
    return machine.iso_medium(path)


def test_shell(tmp_path):
    """bash on a framebuffer, started as a person would start it: with a menu and nothing said about consoles."""
    archive = _pack(tmp_path, ["--with", "/usr/lib/locale/C.utf8", "/usr/bin/bash-static"])
    medium = _iso(tmp_path, archive, ["ring=3", "PS1=@ ", "LC_ALL=C.UTF-8"], ["--norc", "-i"],
                  menu=True)
    with screens.Machine(tmp_path, medium, "iso", wired=False) as box:
        box.wait("^@", 60)
        box.type("echo $TERM $COLUMNS $LINES $(( 6 * 7 ))\n")
        box.wait(r"^linux 128 48 42\n@")
        # Readline: to the beginning of the line, one to the right, history, completion of nothing.
        box.type("cho one")
        box.key("ctrl", "a")
        box.type("e\n")
        box.wait(r"^one\n@")
        box.key("up")
        box.key("left")
        box.key("backspace")
        box.type("w\n")
        box.wait(r"^owe\n@")
        box.type("read x")
        box.key("ret")
        box.key("ctrl", "c")
        box.wait(r"^@ read x\n\^C\n@")

        box.key("caps_lock")
        box.type(": letters 1\n")
        box.key("caps_lock")
        box.wait(r"^@ : LETTERS 1\n@")

        box.type(r"printf '\e[31mred\e[42mon green\e[m \e[1;33mbold\e[m \e[7mback\e[m \e[4mul\e[m\n'")
        box.key("ret")
        picture = box.wait("^red")
        assert [c.colours for c in picture.find("^redon green")[:4]] == [(RED, 0)] * 3 + [(RED, GREEN)]
        assert picture.find("^redon green bold")[-1].colours == (YELLOW | 8, 0)
        assert picture.find("^redon green bold back")[-1].colours == (0, GREY)
        assert [c.underlined for c in picture.find("^red.* ul")[-3:]] == [False, True, True]
        box.type(r"printf '\u00e4\u20ac\u0416\u03b1\u2588\xff \e(0lqk\e(B\n'")
        box.key("ret")
        picture = box.wait("^ä€Жα .+ ┌─┐\n@")
        block, unknown = picture.find("^ä€Жα .")[-2:]
        assert block.colours == (GREY, GREY)
        assert unknown.text == "\u25c8"  # which looks the same in this font as what is shown for no character
        box.type(r"printf '\e[6n\e[c'; IFS= read -rsd c a; printf '%q\n' $a")
        box.key("ret")
        box.wait(r"\$'\\E\[\d+;1R\\E\[\?6'\n@")
        box.type("[ -t 0 ] && echo /dev/tty* > /dev/tty1; echo last > /dev/tty0\n")
        box.wait(r"^/dev/tty /dev/tty0 /dev/tty1\nlast\n")
        box.type("read -ra a < /proc/self/stat; echo ${a[6]}; read < /dev/tty2\n")
        box.wait(r"^1025\n.*No such file")  # tty1; and there is no other
        # More than the screen holds.
        box.type("for ((i = 0; i < 2000; i++)); do echo line $i; done\n")
        picture = box.wait("^line 1999\n@")
        assert picture.lines[0] == "line 1953"
        box.type("exit 3\n")
        box.wait(r"^exit\n\n\[The end, with status 3: press a key.\]")
        box.last_key("spc")
        box.process.wait(20)
    assert b"line" not in (tmp_path / "console").read_bytes()


def test_vi_under_uefi(tmp_path):
    """busybox vi on the firmware's framebuffer: keys make a text, and it is written."""
    target = tmp_path / "esp" / "EFI" / "BOOT" / "BOOTX64.EFI"
    target.parent.mkdir(parents=True)
    root = tmp_path / "root"
    root.mkdir()
    (root / "text").write_text("".join(f"line {i}\n" for i in range(1, 101)))
    archive = _pack(tmp_path, ["--with", "/bin/busybox"], root)
    subprocess.run([machines.TOOL, "efi", "-o", str(target), "--append", "console=tty0",
                    "--init", "/bin/busybox", archive, "vi", "/text"], check=True,
                   stdout=subprocess.DEVNULL)
    with screens.Machine(tmp_path, machine.esp_medium(str(tmp_path / "esp")), "efi") as box:
        box.wait(r"^line 1$", machines.UEFI_SECONDS)
        box.type("Ofirst line")
        box.key("esc")
        box.wait("^- /text")  # vi takes what comes at once for one key's sequence
        box.key("down")
        box.key("down")
        box.type("dd")
        box.key("end")
        box.type("a!")
        box.key("esc")
        box.wait("^- /text")
        box.wait(r"\Afirst line\nline 1\nline 3!\nline 4$")
        box.type("G")
        box.wait(r"^line 100$")
        for _ in range(4):
            box.key("pgup")
        box.wait(r"\Afirst line\nline 1$")
        box.type(":w\n")
        box.wait(r"'/text' 100L, \d+C")
        box.type(":e! /text\n")
        box.wait(r"\Afirst line\nline 1\nline 3!\nline 4$")
        box.type(":q\n")
        box.wait(r"The end, with status 0")
        box.last_key("ret")
        assert box.end() == 0


def test_less_in_text_mode(tmp_path):
    """less on a VGA's text mode, which QEMU's loader does not tell of."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "text").write_text("".join(f"line {i}\n" for i in range(1, 101)) + "ä─€ end\n")
    archive = _pack(tmp_path, ["--with", "/usr/bin/less"], root)
    line = "ring=0 console=tty0 init=/usr/bin/less LC_ALL=C.UTF-8 LESSCHARSET=utf-8 hold=no -- /text"
    medium = machine.kernel_medium(KERNEL, archive, line)
    with screens.Machine(tmp_path, medium, cpus=2) as box:
        picture = box.wait(r"^line 24$", vga=True)
        assert picture.lines[24].startswith("/text")
        assert {c.colours for c in picture.find("^/text")} == {(0, GREY)}
        box.type(" ")
        picture = box.wait(r"^line 48$", vga=True)
        assert picture.lines[0] == "line 25"
        box.type("b")
        box.wait(r"\Aline 1$", vga=True)
        box.type("/77\n")
        picture = box.wait(r"\Aline 77$", vga=True)
        assert picture.find("77")[0].colours == (0, GREY)
        box.type("G")
        box.wait(r"^ä─\? end$", vga=True)
        box.key("pgup")
        box.key("home")
        box.wait(r"\Aline 1$", vga=True)
        box.last_key("ctrl", "alt", "delete")
        assert box.end() == 137


def test_consoles_and_panic(tmp_path):
    """Two consoles: the log goes to both. And a panic waits for somebody who reads it."""
    line = "console=ttyS0 console=tty0 loglevel=7 crashtest=panic"
    medium = machine.kernel_medium(KERNEL, machines.program_path("hello"), line)
    with screens.Machine(tmp_path, medium, wired=False) as box:
        picture = box.wait("The end, with status 101", vga=True)
        box.last_key("ret")
        box.process.wait(20)
    serial = (tmp_path / "console").read_text(errors="replace")
    for words in ("80x25 characters, with a keyboard", "kernel panic: ", "backtrace:", "kernel_main"):
        assert words in picture.text() and words in serial
    assert "The end" not in serial


@pytest.mark.parametrize("line", ("console=tty0 console=ttyS0", "console=tty0 -vga none"))
def test_serial_console_beside_a_screen(tmp_path, line):
    """The last console is the program's; one that is not there is none."""
    words, _, vga = line.partition(" -vga ")
    medium = machine.kernel_medium(KERNEL, machines.program_path("hello"), words)
    with screens.Machine(tmp_path, medium + (["-vga", vga] if vga else [])) as box:
        assert box.end() == 0
    assert (tmp_path / "console").read_bytes() == b"Hello from C with glibc\n"
