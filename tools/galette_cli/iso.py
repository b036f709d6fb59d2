# SPDX-License-Identifier: MIT
"""The bootable ISO: GRUB for BIOS and UEFI, the kernel, the program.

GRUB gets only the modules it needs (4 MB instead of 20), and writes to the screen alone: the serial
ports belong to the kernel and the program. Where there is a screen it sets a graphics mode, which the
kernel's text console goes on with.
"""

import os
import shutil
import subprocess
import tempfile

from . import cmdline
from .errors import ToolError

MODULES = "normal multiboot2 all_video halt test"
MENU_SECONDS = 3
GRAPHICS = "insmod all_video\n"
# Behind the line that loads the kernel, which sets this itself. UEFI has a mode that fits the screen; a BIOS
# would get GRUB's first choice, small and of 24 bits.
MODE = "    if [ $grub_platform = pc ]; then set gfxpayload=1024x768x32,1024x768,auto; fi\n"

# Title, the words that make the difference.
ENTRIES = (
    ("ring 3", ("ring=3",)),
    ("ring 0", ("ring=0",)),
    ("ring 3, with a trace of its system calls", ("ring=3", "trace")),
    ("ring 3, wait for a debugger", ("ring=3", "debugwait")),
)


def _entry(title, words, arguments, name):
    line = cmdline.grub_script(words, arguments)
    return (f"menuentry {cmdline.grub_script([title], [])} {{\n"
            f"    multiboot2 /boot/galette {line}\n"
            f"    module2 /boot/initrd {cmdline.grub_script([name], [])}\n{MODE}}}\n")


def menu(program, words, arguments):
    """grub.cfg with all entries. `words` without ring= and trace; default is the ring in them."""
    default = "1" if "ring=0" in words else "0"
    common = [w for w in words if not w.startswith(("ring=", "trace"))]
    trace = [w for w in words if w.startswith("trace")]
    entries = [
        _entry(f"{program.name} in {title}", [*common, *extra, *(trace if i < 2 else [])],
               arguments, program.name)
        for i, (title, extra) in enumerate(ENTRIES)
    ]
    head = f"{GRAPHICS}set timeout={MENU_SECONDS}\nset default={default}\n"
    return head + "".join(entries)


def direct(program, words, arguments, screen=False):
    """grub.cfg that starts the one thing without showing anything. Nobody looks at the screen: a
    kernel that GRUB refuses must end the machine instead of waiting for a key."""
    line = cmdline.grub_script(words, arguments)
    name = cmdline.grub_script([program.name], [])
    graphics, mode = (GRAPHICS, MODE) if screen else ("", "")
    return (f"{graphics}if multiboot2 /boot/galette {line}; then\n"
            f"    module2 /boot/initrd {name}\n{mode}    boot\nfi\nhalt\n")


def make_iso(kernel, program, config, output, extra=()):
    """Writes the ISO; `extra` are more files for /boot: (path, name). Raises ToolError."""
    with tempfile.TemporaryDirectory(prefix="galette-") as tree:
        boot = os.path.join(tree, "boot")
        os.makedirs(os.path.join(boot, "grub"))
        with open(os.path.join(boot, "grub", "grub.cfg"), "w", encoding="utf-8") as file:
            file.write(config)
        for path, name in ((kernel, "galette"), (program.path, "initrd"), *extra):
            shutil.copyfile(path, os.path.join(boot, name))
        done = subprocess.run(
            ["grub-mkrescue", f"--install-modules={MODULES}", "--fonts=", "--locales=", "--themes=",
             "-o", output, tree],
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # fmt: skip
    if done.returncode:
        raise ToolError(f"grub-mkrescue failed:\n{done.stderr.strip()}")
