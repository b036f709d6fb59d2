# SPDX-License-Identifier: MIT
"""The kernel's own faults: a reason, registers, a backtrace with names, and status 101."""

import re

import pytest


@pytest.mark.parametrize("door", ("microvm", "iso"))
@pytest.mark.parametrize("kind", ("panic", "null", "stack"))
def test_crash(boot, kind, door):
    result = boot("hello", options=["-b", door, "--append", f"crashtest={kind}"])
    text = result.err.decode()
    assert result.status == 101 and result.out == b""
    # The function that failed, and the one that everything begins with.
    assert "crashtest" in text or "crash_" in text
    assert "kernel_main" in text
    if kind == "null":
        assert re.search(r"\brip\b", text, re.IGNORECASE) and "0x" in text
    if kind == "stack":
        assert "stack overflow" in text.lower()


def test_crash_in_ring_0(boot):
    result = boot("hello", options=["-b", "microvm", "-r", "0", "--append", "crashtest=null"])
    assert result.status == 101
