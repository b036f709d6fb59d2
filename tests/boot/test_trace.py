# SPDX-License-Identifier: MIT
"""--trace: one line per system call, in strace's format, on standard error."""

import re

import pytest

LINE = re.compile(r"^(\[ *\d+\.\d+\] )?\w+\(.*\) += (-?\d+|0x[0-9a-f]+|\?|-1 E\w+ \(.*\)|-E\w+).*$")


def _calls(result):
    return [re.sub(r"^\[ *\d+\.\d+\] ", "", line) for line in result.lines()]


@pytest.mark.parametrize("ring", ("3", "0"))
def test_trace_of_hello(boot, ring):
    result = boot("hello", options=["-b", "microvm", "-r", ring, "--trace"])
    assert result.status == 0 and result.out == b"Hello from C with glibc\n"
    assert all(LINE.match(line) for line in result.lines())
    calls = _calls(result)
    assert 'write(1, "Hello from C with glibc\\n", 24) = 24' in calls
    assert re.match(r"exit_group\(0\) += \?", calls[-1])
    assert any(re.match(r"arch_prctl\(ARCH_SET_FS, 0x[0-9a-f]+\) += 0", line) for line in calls)
    assert any(re.match(r"mprotect\(0x[0-9a-f]+, \d+, PROT_READ\) += 0", line) for line in calls)


def test_trace_of_some_calls(boot):
    result = boot("hello", options=["-b", "microvm", "--trace=write,exit_group"])
    assert [line.partition("(")[0] for line in _calls(result)] == ["write", "exit_group"]


def test_trace_through_grub(boot):
    result = boot("hello", options=["-b", "iso", "--trace"])
    assert 'write(1, "Hello from C with glibc\\n", 24) = 24' in _calls(result)
