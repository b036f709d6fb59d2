# SPDX-License-Identifier: MIT
"""--trace: one line per system call, in strace's format, on standard error."""

import re

import pytest

CALL = re.compile(r"^\w+\(.*\) += (-?\d+|0x[0-9a-f]+|\?|-1 E\w+ \(.*\))( .*)?$")
EXITED = "+++ exited with 0 +++"


def _squeezed(line):
    """A call without the spaces in front of its result."""
    return re.sub(r"\) += ", ") = ", line)


def _calls(result):
    """All lines, squeezed."""
    return [_squeezed(line) for line in result.lines()]


@pytest.mark.parametrize("ring", ("3", "0"))
def test_trace_of_hello(boot, ring):
    result = boot("hello", options=["-b", "microvm", "-r", ring, "--trace"])
    assert result.status == 0 and result.out == b"Hello from C with glibc\n"
    lines = result.lines()
    assert lines.pop() == EXITED and all(CALL.match(line) for line in lines)
    assert all(line.find("= ") == 40 or re.search(r"\S = ", line[38:]) for line in lines)
    calls = _calls(result)[:-1]
    assert re.fullmatch(r'execve\("/hello", \["/hello"\], 0x[0-9a-f]+ /\* 2 vars \*/\) = 0', calls[0])
    assert 'write(1, "Hello from C with glibc\\n", 24) = 24' in calls
    assert re.match(r"exit_group\(0\) += \?", calls[-1])
    assert any(re.match(r"arch_prctl\(ARCH_SET_FS, 0x[0-9a-f]+\) += 0", line) for line in calls)
    assert any(re.match(r"mprotect\(0x[0-9a-f]+, \d+, PROT_READ\) += 0", line) for line in calls)


def test_trace_of_some_calls(boot):
    result = boot("hello", options=["-b", "microvm", "--trace=write,exit_group"])
    assert [line.partition("(")[0] for line in _calls(result)] == ["write", "exit_group", EXITED]


def test_trace_of_none(boot):
    assert boot("hello", options=["-b", "microvm", "--trace=none"]).lines() == [EXITED]


def test_trace_of_all_but_a_class(boot):
    names = [line.partition("(")[0] for line in
             _calls(boot("hello", options=["-b", "microvm", "--trace=!%file,%memory"]))]
    assert "write" in names and not {"execve", "openat", "mmap", "brk"} & set(names)


def test_times_and_lengths(boot):
    result = boot("hello", options=["-b", "microvm", "--trace=write", "--trace-times=unix,relative,spent",
                                    "--trace-strings=5"])
    assert re.fullmatch(r'1[789]\d{8}\.\d{6} \(\+     0\.000000\) write\(1, "Hello"\.\.\., 24\) = 24 '
                        r"<0\.\d{6}>", result.lines()[0])
    assert re.fullmatch(r"1[789]\d{8}\.\d{6} \(\+     0\.\d{6}\) \+\+\+ exited with 0 \+\+\+",
                        result.lines()[1])


def test_a_word_that_is_none(boot):
    result = boot("hello", options=["-b", "microvm", "--trace=write", "--trace-times=noon",
                                    "--append", "trace_strings=many"])
    text = "\n".join(result.lines())
    assert "trace_times: none of clock, clock-us, unix, relative, spent: noon" in text
    assert "trace_strings: no length from 0 to 65536: many" in text


def test_killed(boot):
    result = boot("segv", options=["-b", "microvm", "--trace", "--log", "0"])
    assert result.status == 139
    assert re.fullmatch(r"--- SIGSEGV \{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=\w+\} ---",
                        result.lines()[-2])
    assert result.lines()[-1] == "+++ killed by SIGSEGV +++"


def test_trace_through_grub(boot):
    result = boot("hello", options=["-b", "iso", "--trace"])
    assert 'write(1, "Hello from C with glibc\\n", 24) = 24' in _calls(result)


THREADS = """import os, threading
def work(n):
    for i in range(200):
        os.getppid()
    os.write(1, b"x" * n)
threads = [threading.Thread(target=work, args=(n,)) for n in (10, 20, 30)]
[one.start() for one in threads]
[one.join() for one in threads]
"""


def test_threads(boot):
    """Lines of several threads name them, and do not mix."""
    result = boot("/usr/bin/python3", "-S", "-c", THREADS,
                  options=["-b", "microvm", "-c", "2", "--trace=getppid,write,clone3,exit,exit_group"])
    assert result.status == 0
    lines = result.lines()
    assert lines[-1] == EXITED and lines[-2] == "exit_group(0)                           = ?"
    assert all(CALL.match(line) or "+++" in line for line in (re.sub(r"^\[pid +\d+\] ", "", line) for line in lines))
    for thread, size in (2, 10), (3, 20), (4, 30):
        own = [_squeezed(line[12:]) for line in lines if line.startswith(f"[pid {thread:5}] ")]
        assert own[:200] == ["getppid() = 0"] * 200
        assert own[200:] == [f'write(1, "{"x" * size}", {size}) = {size}', "exit(0) = ?", EXITED]
    assert sum("=> {parent_tid=[" in line for line in lines) == 3


SUMMARY = """import ctypes, os
c = ctypes.CDLL(None)
for number in (155, 155, 4000):
    c.syscall(number)
folder = os.open("/usr", os.O_RDONLY)
for name, where in (("/missing/one", None), ("/missing/one", None), ("two\\n", folder)):
    try:
        os.stat(name, dir_fd=where)
    except FileNotFoundError:
        pass
for i in range(300):
    os.path.exists(f"/many/{i}")
os._exit(3)
"""


def _tables(lines):
    """The rows of the summary: of calls (name: calls, errors), of calls not here, of files."""
    calls, lacking, missing = {}, {}, {}
    kinds = {"System calls that this kernel does not have:": lacking, "Files that were not there:": missing}
    table = None
    for line in lines:
        table = kinds.get(line, table)
        if row := re.fullmatch(r" *(\d+) +(\d+) +\d+\.\d{6} +\d+  (.*)", line):
            calls[row[3]] = (int(row[1]), int(row[2]))
        elif table is not None and (row := re.fullmatch(r" *(\d+)  (.*)", line)):
            table[row[2]] = int(row[1])
    return calls, lacking, missing


@pytest.mark.parametrize("ring", ("3", "0"))
def test_summary(boot, ring):
    result = boot("/usr/bin/python3", "-S", "-c", SUMMARY,
                  options=["-b", "microvm", "-r", ring, "--trace=summary"])
    assert (result.status, result.out) == (3, b"")
    calls, lacking, missing = _tables(result.lines())
    assert lacking == {"pivot_root": 2, "(numbers without a name)": 1}
    assert calls["pivot_root"] == (2, 2) and calls["exit_group"] == (1, 0)
    assert calls["newfstatat"][1] >= 300 < calls["newfstatat"][0]
    rows = [value for name, value in calls.items() if name != "total"]
    assert rows == sorted(rows, key=lambda row: -row[0]), "the most frequent first"
    assert calls["total"] == tuple(map(sum, zip(*rows)))
    assert missing['"/missing/one"'] == 2 and missing['"/usr/two\\n"'] == 1
    assert len(missing) == 200 and '"/many/0"' in missing and '"/many/299"' not in missing
    more = int(re.search(r" and (\d+) more", result.lines()[-1])[1])
    assert sum(missing.values()) + more >= 303


def test_summary_and_lines(boot):
    result = boot("hello", options=["-b", "microvm", "--trace=summary,write"])
    assert result.lines()[0].startswith("write(1, ")
    assert not any(line.startswith("brk(") for line in result.lines())
    assert _tables(result.lines())[0]["write"] == (1, 0)


def test_summary_of_a_program_that_is_killed(boot):
    result = boot("segv", options=["-b", "microvm", "--trace=summary"])
    assert result.status == 139 and "total" in _tables(result.lines())[0]
