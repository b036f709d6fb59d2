# SPDX-License-Identifier: MIT
"""Boots the ISO in Bochs: a second machine, with another idea of a processor than QEMU without KVM has.

It has x2APIC, raises every exception, and knows processors from the Athlon 64 on. There is SeaBIOS in it
too, which learns the number of processors and the memory's size from the CMOS.
"""

import os
import shutil
import subprocess

import machines

BOCHS = shutil.which("bochs") or "/usr/bin/bochs"
MEBIBYTES = 256
SECONDS = 240
CONFIG = """\
config_interface: textconfig
display_library: rfb, options="timeout=0"
megs: {mebibytes}
romimage: file=/usr/share/seabios/bios.bin
vgaromimage: file=/usr/share/vgabios/vgabios.bin
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path={folder}/iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev={folder}/serial
cmosimage: file={folder}/cmos, rtc_init=time0
cpu: model={model}, count={cpus}, ips=50000000, reset_on_triple_fault=0
clock: sync=none
speaker: enabled=0
log: {folder}/log
panic: action=fatal
"""


def _cmos(cpus):
    """As PCs keep it, and SeaBIOS (src/hw/rtc.h) reads it."""
    contents = bytearray(128)
    words = {0x15: 640, 0x17: 0xfc00, 0x30: 0xfc00, 0x34: (MEBIBYTES - 16) * 16}
    for place, value in words.items():
        contents[place : place + 2] = value.to_bytes(2, "little")
    for place, value in {0x0a: 0x26, 0x0b: 0x02, 0x0d: 0x80, 0x12: 0xf0, 0x32: 0x20, 0x3d: 0x32,
                         0x5f: cpus - 1}.items():
        contents[place] = value
    return contents


def run(folder, program, *args, model, cpus=1, ring="3"):
    """What the program printed. It ends when the kernel turns the machine off, which Bochs calls a panic."""
    words = ["--kernel", machines.KERNEL, "-r", ring, "--append", "console=ttyS0", "--append", "hold=no"]
    subprocess.run([machines.TOOL, "iso", "-o", folder / "iso", *words, program, *args], check=True,
                   capture_output=True)
    (folder / "cmos").write_bytes(_cmos(cpus))
    (folder / "config").write_text(CONFIG.format(folder=folder, model=model, cpus=cpus, mebibytes=MEBIBYTES))
    (folder / "commands").write_text("continue\n")
    subprocess.run([BOCHS, "-q", "-f", folder / "config", "-rc", folder / "commands"], check=False,
                   stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS,
                   env={**os.environ, "TERM": "dumb"})
    serial = folder / "serial"
    return serial.read_bytes().replace(b"\r\n", b"\n") if serial.exists() else b""
