# SPDX-License-Identifier: MIT
"""tools/: the command line itself, archives, set-up, the layering check, the symbol table."""

import importlib.machinery
import importlib.util
import io
import os
import re
import shlex
import signal
import subprocess
import sys
import time

import pytest

import machines
import tiny_elf
from galette_cli import accel, archive, cmdline, errors, options


def _tool(*words, **kwargs):
    return subprocess.run([machines.TOOL, *words], capture_output=True, text=True, check=False,
                          timeout=60, **kwargs)


def _load(name):
    """A script of tools/ as a module."""
    path = os.path.join(machines.ROOT, "tools", name)
    loader = importlib.machinery.SourceFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


# ---- Options and statuses ----------------------------------------------------------------------


@pytest.mark.parametrize("words,status,said", (
    (["run"], 125, "which program"),
    (["run", "no-such-program"], 127, "no-such-program"),
    (["run", "--ring", "2", "hello"], 125, "none of 0, 3"),
    (["run", "--frobnicate", "hello"], 125, "--frobnicate"),
    (["run", "-m", "lots", "hello"], 125, "lots"),
    (["run", "-e", "novalue", "hello"], 125, "K=V"),
    (["run", "-e", "ring=0", "hello"], 125, "ring="),
    (["run", "--kernel", "/nowhere", "hello"], 125, "/nowhere"),
    (["dance"], 125, "dance"),
))  # fmt: skip
def test_mistakes_are_one_line(words, status, said):
    done = _tool(*words)
    assert done.returncode == status and said in done.stderr
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr


def test_help():
    assert "tools/galette run" in _tool("help").stdout
    for command in options.COMMANDS:
        assert _tool(command, "--help").returncode == 0


def test_program_arguments_are_left_alone():
    opts = options.parse("run", ["-r0", "--memory=1G", "-e", "A=1", "prog", "-r", "3", "--", "-smp",
                                 "2"])
    assert (opts.ring, opts.memory, opts.env, opts.program) == ("0", "1G", ["A=1"], "prog")
    assert (opts.args, opts.qemu) == (["-r", "3"], ["-smp", "2"])
    assert options.parse("run", ["prog", "a", "--", "b", "--"]).args == ["a", "--", "b"]


def test_dry_run_can_be_pasted():
    done = _tool("run", "-b", "microvm", "--dry-run", "hello")
    words = shlex.split(done.stdout)
    assert words[0] == "qemu-system-x86_64" and "microvm" in words
    run = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
    assert run.stdout == b"Hello from C with glibc\n"


def test_screen():
    """A window instead of the terminal, and no word of the terminal's; else the serial line is named, so that a screen
    of QEMU's does not take the program away."""
    words = shlex.split(_tool("run", "--screen", "--dry-run", "hello").stdout)
    assert "-vga" in words and "-display" not in words
    line = words[words.index("-append") + 1]
    assert "console=tty0" in line and "ttyS" not in line and "TERM=" not in line
    words = shlex.split(_tool("run", "--dry-run", "hello").stdout)
    assert words[words.index("-display") + 1] == "none"
    assert "console=ttyS0" in words[words.index("-append") + 1]
    done = _tool("run", "--screen", "-b", "microvm", "hello")
    assert done.returncode == 125 and "microvm has no screen" in done.stderr


def test_timeout(tmp_path):
    (tmp_path / "spin").write_bytes(tiny_elf.spin())
    started = time.monotonic()
    done = _tool("run", "-b", "microvm", "--timeout", "1.5", str(tmp_path / "spin"))
    assert done.returncode == 124 and time.monotonic() - started < 10


def test_qemu_that_fails():
    done = _tool("run", "hello", "--", "-no-such-option")
    assert done.returncode == 125 and "no-such-option" in done.stderr


def _children(pid):
    """The processes whose parent is `pid`."""
    children = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                parent = file.read().rpartition(")")[2].split()[1]
        except OSError:  # it has ended meanwhile
            continue
        if int(parent) == pid:
            children.append(int(name))
    return children


def _start_spinning(tmp_path):
    """The tool with a program that never ends, and the process of its machine."""
    (tmp_path / "spin").write_bytes(tiny_elf.spin())
    tool = subprocess.Popen([machines.TOOL, "run", "-b", "microvm", str(tmp_path / "spin")],
                            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    for _ in range(300):
        if _children(tool.pid):
            break
        time.sleep(0.01)
    (qemu,) = _children(tool.pid)
    time.sleep(0.3)
    return tool, qemu


def test_machine_that_dies(tmp_path):
    """Without a status there was no orderly end."""
    tool, qemu = _start_spinning(tmp_path)
    os.kill(qemu, signal.SIGKILL)
    assert tool.wait(10) == 125 and b"without an exit status" in tool.stderr.read()


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT, signal.SIGKILL))
def test_no_machine_is_left_behind(tmp_path, number):
    tool, qemu = _start_spinning(tmp_path)
    tool.send_signal(number)
    assert tool.wait(10) in (128 + number, -number)
    for _ in range(300):
        if not os.path.exists(f"/proc/{qemu}"):
            return
        time.sleep(0.01)
    with open(f"/proc/{qemu}/stat", encoding="ascii") as file:
        assert file.read().rpartition(")")[2].split()[0] == "Z"


def test_reader_that_leaves():
    command = f"{machines.TOOL} run -b microvm bigwrite | head -c 10 >/dev/null; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60,
                          check=False)
    assert done.stdout == "141\n"


# ---- The command line's quoting ----------------------------------------------------------------


def test_quoting():
    words, arguments = ["ring=3", "A=b c"], ["x y", 'q"', "b\\", "", "p"]
    assert cmdline.quoted(words, arguments) == 'ring=3 "A=b c" -- "x y" q\\" b\\\\ "" p'
    assert cmdline.grub_script(["a b", "it's"], ["x"]) == "'a b' 'it'\\''s' '--' 'x'"
    with pytest.raises(errors.ToolError):
        cmdline.grub_script([], [""])
    with pytest.raises(errors.ToolError):
        cmdline.environment_words(["stderr=x"])


def test_words_of_the_kernel():
    """A variable whose name the kernel takes for itself would vanish without a word."""
    with open(os.path.join(machines.ROOT, "kernel/core/cmdline.c"), encoding="utf-8") as file:
        table = file.read().partition("parameters[] = {")[2].partition("};")[0]
    assert set(re.findall(r'\{"([^"]+)"', table)) == set(cmdline.KERNEL_WORDS)
    for word in ("mem=5", "nr-cpus=1"):
        with pytest.raises(errors.ToolError):
            cmdline.environment_words([word])


# ---- Archives ----------------------------------------------------------------------------------


def _entries(data):
    """Name, mode, offset and size of the data of each entry of a newc archive."""
    offset, found = 0, []
    while True:
        fields = [int(data[offset + 6 + 8 * i : offset + 14 + 8 * i], 16) for i in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = data[offset + 110 : offset + 110 + name_size]
        assert name_size <= 4096 and name[-1] == 0
        start = (offset + 110 + name_size + 3) // 4 * 4
        if name.startswith(b"TRAILER!!!"):
            return found
        found.append((name.rstrip(b"\0"), mode, start, size))
        offset = (start + size + 3) // 4 * 4


@pytest.mark.parametrize("gap", range(0, 4200, 97))
def test_files_lie_on_pages(gap):
    output = io.BytesIO()
    writer = archive.Writer(output)
    writer.entry(b"gap", 0o100644, bytes(gap))
    for index in range(3):
        writer.entry(b"n" * (1 + index * 700), 0o100644, bytes([index]) * 5000, page_aligned=True)
    writer.finish()
    data = output.getvalue()
    files = [entry for entry in _entries(data) if entry[0].startswith(b"n")]
    assert [start % 4096 for _, _, start, _ in files] == [0, 0, 0]
    assert [data[start] for _, _, start, _ in files] == [0, 1, 2]


def test_packed_program_runs(boot, tmp_path):
    target = str(tmp_path / "hello.cpio")
    assert _tool("pack", "-o", target, "hello").returncode == 0
    result = boot(target, options=["-b", "microvm"])
    assert (result.status, result.out, result.err) == (0, b"Hello from C with glibc\n", b"")


def test_program_inside_of_an_archive(boot, tmp_path):
    tree = tmp_path / "tree"
    (tree / "bin").mkdir(parents=True)
    for name in ("hello", "args"):
        os.link(machines.program_path(name), tree / "bin" / name)
    (tree / "init").symlink_to("bin/args")
    target = str(tmp_path / "tree.cpio")
    assert _tool("pack", "-o", target, "--root", str(tree)).returncode == 0
    result = boot(target, options=["-b", "microvm"])
    assert b"argv[0] [/init]" in result.out
    result = boot(target, options=["-b", "microvm", "--init", "/bin/hello"])
    assert result.out == b"Hello from C with glibc\n"
    result = boot(target, options=["-b", "microvm", "--init", "/bin/nothing"])
    assert result.status == 127 and len(result.lines()) == 1


# ---- KVM ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text,works", (
    ("flags\t\t: fpu vme vmx sse\n", True),
    ("flags\t\t: fpu svm\n", True),
    ("flags\t\t: fpu sse\nbugs: vmx\n", False),
    ("vmx flags\t: vnmi\nflags\t\t: fpu\n", False),
    ("", False),
))  # fmt: skip
def test_flags_that_allow_kvm(text, works):
    assert accel.has_flags(text) is works


# ---- Set-up ------------------------------------------------------------------------------------


def test_setup_names_what_is_missing(tmp_path):
    """With an empty PATH no command is found; --check names the packages and installs nothing."""
    done = subprocess.run(["/bin/sh", os.path.join(machines.ROOT, "tools", "setup"), "--check", "build",
                           "check"], env={"PATH": str(tmp_path)}, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 1 and "gcc nasm clang-format sparse" in done.stderr


def test_setup_gives_the_command_when_it_cannot_install(tmp_path):
    """apt-get that fails: one line says what to type."""
    for name in ("apt-get", "sudo"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 100\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "id").write_text("#!/bin/sh\necho 0\n")
    (tmp_path / "id").chmod(0o755)
    done = subprocess.run(["/bin/sh", os.path.join(machines.ROOT, "tools", "setup"), "check"],
                          env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "type:  apt-get install --no-install-recommends clang-format sparse" in done.stderr


# ---- Layers ------------------------------------------------------------------------------------


def test_layers_are_checked():
    layers = ["kernel/lib", "arch", "boot", "kernel/core", "drivers", "syscall", "kernel"]
    judge = _load("check_layers").judge
    header = "kernel/lib/types.h"
    assert judge("syscall/x.c", '"', header, layers) is None
    assert judge("kernel/main.c", '"', header, layers) is None
    assert judge("kernel/lib/x.c", "<", "elf.h", layers) is None
    assert "above" in judge("kernel/lib/x.c", '"', "boot/boot_info.h", layers)
    assert "path from the root" in judge("kernel/lib/x.c", '"', "types.h", layers)
    assert "none of the headers" in judge("kernel/lib/x.c", "<", "stdio.h", layers)


# ---- Symbols -----------------------------------------------------------------------------------

NM = """0000000000001000 T boot_low
ffffffff80100000 T kernel_start
ffffffff80100010 T alpha
ffffffff80100020 t beta.constprop.0
ffffffff80100028 t beta.loop
ffffffff80100030 t gamma
ffffffff80200000 D data
                 U nothing
"""


def test_symbol_table(tmp_path):
    symbols = _load("symbols")
    functions = symbols.unique_offsets(symbols.read_functions(NM.splitlines()))
    assert functions == [(0x10, "alpha"), (0x20, "beta.constprop.0"), (0x30, "gamma")]
    table = tmp_path / "table.asm"
    with open(table, "w", encoding="ascii") as file:
        symbols.write_table(functions, file)
    assert symbols.read_table(table) == functions
    moved = NM.replace("ffffffff80100030 t gamma", "ffffffff80100040 t gamma")
    done = subprocess.run([sys.executable, os.path.join(machines.ROOT, "tools", "symbols"), "--verify",
                           str(table)], input=moved, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "gamma" in done.stderr


def test_symbol_table_of_the_kernel():
    """Every function of the image is in its table, at its address."""
    symbols = _load("symbols")
    kernel = os.path.join(machines.ROOT, "build", "galette.elf")
    listing = subprocess.run(["nm", "-n", kernel], capture_output=True, text=True, check=True).stdout
    table = symbols.read_table(os.path.join(machines.ROOT, "build", "symbols.asm"))
    assert table == symbols.unique_offsets(symbols.read_functions(listing.splitlines()))


# ---- Counting ----------------------------------------------------------------------------------


@pytest.mark.parametrize("lines,status,counted", (
    (["12 passed, 1 failed"], 1, (12, 1, 0)),
    (["== 3 failed, 40 passed, 2 errors in 12.34s =="], 1, (40, 5, 0)),
    (["7 passed in 1.02s"], 0, (7, 0, 0)),
    (["=== 7 passed, 2 skipped in 1.02s ==="], 0, (7, 0, 2)),
    (["[  PASSED  ] 5 test(s).", "[  PASSED  ] suite: 3 test(s).", "[  FAILED  ] suite: 2 test(s)"],
     1, (8, 2, 0)),
    ([], 2, (0, 1, 0)),
    ([], 0, (1, 0, 0)),
    (["3 passed, 0 failed"], 2, (3, 1, 0)),
))  # fmt: skip
def test_counting_of_suites(lines, status, counted):
    count = _load("run_suites").Count()
    for line in lines:
        count.take(line)
    assert count.result(status) == counted
