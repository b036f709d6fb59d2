# SPDX-License-Identifier: MIT
"""What a terminal does, beside a pseudo terminal of Linux: tests/terminal's programs at both, the same seen."""

import os
import select
import time

import pexpect
import pytest

import machines

FOLDER = os.path.join(machines.ROOT, "build", "terminal")
SECONDS = 60
MIB = 1 << 20


def _spawn(words):
    child = pexpect.spawn(words[0], words[1:], timeout=SECONDS)
    child.delaybeforesend = None
    return child


def _here(ring, *words):
    return [machines.TOOL, "run", "-b", "microvm", "-r", ring, "--timeout", str(SECONDS), *words]


def _sit_at(words):
    """Does what the program asks for, and returns all that is seen."""
    child, seen = _spawn(words), b""
    asked = [rb"type ([0-9a-f]*)\.\r?\n", rb"size (\d+)x(\d+)\.\r?\n", pexpect.EOF, pexpect.TIMEOUT]
    while True:
        which = child.expect(asked)
        seen += child.before
        if which >= 2:
            child.close(force=True)
            return seen if which == 2 else seen + b"[nothing more came]"
        seen += child.after
        if which == 0:
            child.send(bytes.fromhex(child.match[1].decode()))
        else:
            child.setwinsize(int(child.match[1]), int(child.match[2]))


@pytest.fixture(scope="module")
def steps_on_linux():
    seen = _sit_at([os.path.join(FOLDER, "steps")])
    assert seen.endswith(b"== done\r\n"), seen[-2000:]
    return seen


@pytest.mark.parametrize("ring", ("3", "0"))
def test_steps(steps_on_linux, ring):
    seen = _sit_at(_here(ring, os.path.join(FOLDER, "steps")))
    assert seen.decode(errors="backslashreplace").splitlines() == \
        steps_on_linux.decode(errors="backslashreplace").splitlines()


def _pasted(kind, size):
    """Numbered lines, or for a raw terminal all bytes there are."""
    if kind != "raw":
        return b"".join(b"%015d\n" % i for i in range(size // 16))
    return bytes(i * i >> 8 & 0xFF for i in range(size))


def _sum(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & (1 << 64) - 1
    return value


def _paste(child, data):
    """Types as fast as it is taken, and reads meanwhile; returns what was seen."""
    seen, descriptor = bytearray(), child.child_fd
    os.set_blocking(descriptor, False)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        readable, writable, _ = select.select([descriptor], [descriptor] if data else [], [], 1)
        if readable:
            try:
                piece = os.read(descriptor, 65536)
            except OSError:
                break
            seen += piece
        if writable:
            data = data[os.write(descriptor, data[:4096]) :]
    return bytes(seen)


@pytest.mark.parametrize("kind,ring,size", (("raw", "3", MIB), ("lines", "0", MIB), ("echo", "3", MIB // 16)))
def test_what_is_pasted_arrives(kind, ring, size):
    data = _pasted(kind, size)
    child = _spawn(_here(ring, os.path.join(FOLDER, "paste"), kind, str(size)))
    child.expect_exact("paste")
    seen = _paste(child, data)
    child.close(force=True)
    assert seen.endswith(b"left 0, sum %016x\r\n" % _sum(data)), seen[-200:]


def test_a_megabyte_comes_through_a_pipe(boot):
    data = _pasted("raw", MIB)
    result = boot("cat", options=["-b", "microvm"], stdin=data, seconds=60)
    assert result.status == 0 and result.out == data
