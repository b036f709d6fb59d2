# SPDX-License-Identifier: MIT
"""The report of a program that a signal ends: one block with reason, registers, code, mappings and the
functions that led there, whatever the program is made of."""

import re
import subprocess

import pytest

import machines

MIDDLE = ("innermost", "middle", "main")

# Kind of crash: status, reason, the innermost functions.
KINDS = {
    "null": (139, "SIGSEGV: write to 0x8: nothing is mapped there (a null pointer)", ("through_null",)),
    "write": (139, r"SIGSEGV: write to 0x\w+: what is mapped there is not writable", ("into_code",)),
    "jump": (139, "SIGSEGV: jump to 0x0: nothing is mapped there (a null pointer)", ()),
    "data": (139, r"SIGSEGV: jump to 0x\w+: what is mapped there is not executable", ()),
    "divide": (136, "SIGFPE: division by zero, or its result does not fit", ("divide",)),
    "sse": (139, "SIGSEGV: misaligned: its operand has to lie on a multiple of 16", ("misaligned",)),
    "bits": (139, "SIGSEGV: an address is not canonical", ("not_canonical",)),
    "ud2": (132, "SIGILL: no instruction that this processor has", ("no_instruction",)),
    "bus": (135, r"SIGBUS: read of 0x\w+: beyond the end of the file", ("behind_the_file",)),
    "abort": (134, r"SIGABRT: sent to this thread by process 1 \(tgkill\)", ("abort", "by_abort")),
    "fsize": (153, "SIGXFSZ: its limit of file sizes is reached", ("too_long",)),
    "vdso": (139, "SIGSEGV: write to 0x8: nothing is mapped there (a null pointer)",
             ("clock_gettime", "__clock_gettime", "in_the_vdso")),
    "memory": (132, "SIGILL", ("without_memory",)),
}
IN_RING_0 = ("null", "jump", "sse", "abort", "bus")


class Report:
    """A block, taken apart."""

    def __init__(self, result):
        lines = result.err.decode().splitlines()
        assert re.match(r"\[ *\d+\.\d{6}\] ", lines[0]), result.err
        assert all(line.startswith("  ") for line in lines[1:]), "one block, and nothing else"
        self.head, self.lines = lines[0], lines[1:]
        self.places = [line for line in self.lines if " lies in " in line]
        start = lines.index("  backtrace:")
        self.frames = lines[start + 1:]
        self.functions = [match.group(1) if match else None for match in
                          (re.match(r"  #\d+ +[0-9a-f]{16} (\w+)", line) for line in self.frames)]

    def register(self, name):
        """Its value."""
        return int(re.search(rf"\b{name} +([0-9a-f]+)", "\n".join(self.lines)).group(1), 16)

    def has_functions(self, *names):
        """In this order, without any between them but the innermost ones."""
        wanted = list(names)
        start = self.functions.index(wanted[0])
        return self.functions[start:start + len(wanted)] == wanted


def report(boot, program, kind, ring="3", status=None, options=()):
    """Lets the program crash, and reads what is said of it."""
    result = boot(str(program), kind, options=["-b", "microvm", "-r", ring, *options])
    assert result.status == status
    return Report(result)


@pytest.mark.parametrize("kind,ring", [(kind, "3") for kind in KINDS] + [(kind, "0") for kind in IN_RING_0])
def test_report(boot, kind, ring):
    status, reason, inner = KINDS[kind]
    options = ["-m", "48M"] if kind == "memory" else []
    block = report(boot, "crash", kind, ring, status, options)
    pattern = reason if "\\" in reason else re.escape(reason)
    assert re.search(r"\] crash: " + pattern, block.head)
    assert f"(pid 1, thread 1, ring {ring})" in block.head
    assert block.has_functions(*inner, *MIDDLE), block.frames
    assert "_start" in block.functions[-1]
    # RIP lies in the program, and its bytes are there.
    rip = block.register("rip")
    if kind == "jump":
        assert rip == 0 and "  code" + 8 * " ??" + " <??>" + 15 * " ??" in block.lines
        assert "  rip 0 lies in no mapping" in block.places
    else:
        assert re.search(rf"  rip {rip:x} lies in [0-9a-f]+-[0-9a-f]+ r[w-][x-]p [0-9a-f]{{8}} (/crash|\[vdso\])",
                         "\n".join(block.places))
        assert any(re.match(r"  code ([0-9a-f]{2} ){8}<[0-9a-f]{2}>( [0-9a-f]{2}){15}$", line)
                   for line in block.lines)
    assert block.register("fs base") != 0


def test_code_and_offset_are_the_files(boot):
    """What is printed is what the file has there, and addr2line takes the place."""
    block = report(boot, "crash", "ud2", status=132)
    path = machines.program_path("crash")
    offset = int(re.search(r"no_instruction\+0x0 \(crash\+0x([0-9a-f]+)\)", block.frames[0]).group(1), 16)
    named = subprocess.run(["addr2line", "-f", "-e", path, hex(offset)], capture_output=True, text=True,
                           check=True).stdout
    assert named.startswith("no_instruction\n")
    code = next(line for line in block.lines if line.startswith("  code"))
    assert "<0f> 0b" in code


def test_code_without_a_file(boot):
    """At the end of its page, and without a table: what called it is at the top of the stack."""
    block = report(boot, "crash", "edge", status=132)
    assert re.search(r"rip [0-9a-f]+ffe lies in [0-9a-f]+-[0-9a-f]+ r-xp 00000000 \(no file\)$", block.places[0])
    assert "  code" + 8 * " 00" + " <0f> 0b" + 14 * " ??" in block.lines
    assert block.functions[0] is None and block.has_functions("at_the_edge", *MIDDLE)
    assert block.frames[1].endswith(" by the top of the stack")


def test_null_pointer_has_neighbours(boot):
    block = report(boot, "crash", "null", status=139)
    at = block.lines.index("  address 8 lies in no mapping")
    assert re.match(r"    above it: [0-9a-f]+-[0-9a-f]+ r--p 00000000 /crash$", block.lines[at + 1])


def test_through_a_signal_handler(boot):
    """Out of the handler, over the signal's frame, to what was interrupted."""
    for ring in ("3", "0"):
        block = report(boot, "crash", "handler", ring, status=134)
        text = "\n".join(block.frames)
        assert re.search(r"abort\+.*\n.* handler\+.*\n.* <signal handler called> .*\n.*\n"
                         r"(.*raise.*\n)?.* innermost\+.*\n.* middle\+.*\n.* main\+", text), text


def test_names_cannot_speak_to_the_terminal(boot):
    result = boot("crash", "name", options=["-b", "microvm"])
    assert result.status == 139 and b"\033" not in result.err
    assert rb"] a\033[31m\012b: SIGSEGV: " in result.err


@pytest.mark.parametrize("ring", ("3", "0"))
def test_stack_overflow(boot, ring):
    """Thousands of frames are one line, and main is still found behind them."""
    block = report(boot, "crash", "stack", ring, status=139)
    assert "(a full stack?)" in block.head
    text = "\n".join(block.frames)
    assert re.search(r"deeper\S* \(crash\+0x\w+\), (\d{4,}) more of it\n.* stack_overflow\+.*\n"
                     r".* innermost\+.*\n.* middle\+.*\n.* main\+", text), text
    assert re.search(r"    above it: .* \[stack\]", "\n".join(block.lines))


def test_too_many_frames(boot, tmp_path):
    """Of a recursion of two functions the innermost and the outermost frames are shown; and a block has an
    end, however long the names are."""
    block = report(boot, "crash", "pair", status=139)
    text = "\n".join(block.frames)
    # Where the stack ends, and so which of the two is the innermost, is random.
    turns = r" (first|second)\+\S* .*\n.* (?!\1)(first|second)\+\S* .*\n.* \1\+\S* .*\n  \.\.\. \d{4,} lines left out\n"
    assert re.search(turns, text), text
    assert re.search(r"left out\n[^$]* innermost\+.*\n.* middle\+.*\n.* main\+", text), text
    assert len(block.frames) == 41
    path = tmp_path / ("crash" + "-" * 200)
    path.write_bytes(open(machines.program_path("crash"), "rb").read())
    result = boot(str(path), "pair", options=["-b", "microvm"])
    assert result.status == 139 and 8000 < len(result.err) < 8300 and result.err.endswith(b"...\n")


def build(folder, name, *flags):
    """The same program, made otherwise."""
    path = folder / name
    subprocess.run(["gcc", "-w", *flags, "-o", path, f"{machines.ROOT}/tests/programs/crash.c"], check=True)
    return path


def test_dynamic_program_and_libc(boot, tmp_path):
    """Two files, abort() in the C library; the program stripped of its own names."""
    path = build(tmp_path, "dynamic", "-O2")
    block = report(boot, path, "abort", status=134)
    assert block.has_functions("gsignal", "abort", "by_abort", *MIDDLE), block.frames
    assert re.search(r" abort\+0x\w+ \(libc\.so\.6\+0x\w+\)", "\n".join(block.frames))
    subprocess.run(["strip", path], check=True)
    block = report(boot, path, "abort", status=134)
    at = block.functions.index("abort")
    assert block.functions[at + 1:at + 5] == [None] * 4 and "_start" not in block.functions
    assert all(re.search(r" \(dynamic\+0x[0-9a-f]+\)$", line) for line in block.frames[at + 1:at + 5])


def test_without_a_sorted_table(boot, tmp_path):
    """`gcc -static` makes no .eh_frame_hdr: the entries are looked at one by one."""
    path = build(tmp_path, "static", "-O2", "-static", "-no-pie")
    headers = subprocess.run(["readelf", "-lW", path], capture_output=True, text=True, check=True).stdout
    assert "GNU_EH_FRAME" not in headers
    block = report(boot, path, "null", status=139)
    assert block.has_functions("through_null", *MIDDLE)
    assert "by frame pointer" not in "\n".join(block.frames)


def test_by_frame_pointers(boot, tmp_path):
    """Without any tables for the program's own functions; the report says how it went on."""
    path = build(tmp_path, "pointers", "-O0", "-static-pie", "-fPIE", "-fno-asynchronous-unwind-tables",
                 "-fno-unwind-tables")
    block = report(boot, path, "null", status=139)
    assert block.has_functions("through_null", *MIDDLE), block.frames
    assert block.frames[1].endswith(" by frame pointer")


def test_one_line_if_asked(boot):
    result = boot("crash", "null", options=["-b", "microvm", "--append", "crash=line"])
    assert result.status == 139 and len(result.lines()) == 1
    result = boot("crash", "null", options=["-b", "microvm", "--log", "0"])
    assert result.status == 139 and result.err == b""


TWO = r"""
#include <pthread.h>

static volatile int there;

__attribute__((noinline)) static void crash(void) { *(volatile int *)8 = 1; }

static void *meet(void *unused)
{
    __atomic_add_fetch(&there, 1, __ATOMIC_SEQ_CST);
    while (there < 2)
        ;
    crash();
    return unused;
}

int main(void)
{
    pthread_t thread;
    pthread_create(&thread, 0, meet, 0);
    meet(0);
}
"""


@pytest.mark.parametrize("processors", ("1", "2"))
def test_two_crash_at_once(boot, tmp_path, processors):
    """One block all the same, whole, about one of them."""
    (tmp_path / "two.c").write_text(TWO)
    subprocess.run(["gcc", "-w", "-O1", "-pthread", "-o", tmp_path / "two", tmp_path / "two.c"], check=True)
    result = boot(str(tmp_path / "two"), options=["-b", "microvm", "-c", processors])
    assert result.status == 139
    block = Report(result)
    assert re.search(r"\] two: SIGSEGV: .*\(pid 1, thread [12], ring 3\)$", block.head)
    assert block.functions[:2] == ["crash", "meet"] and len(block.frames) >= 4
