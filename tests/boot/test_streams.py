# SPDX-License-Identifier: MIT
"""Standard input, output and error between the host and the program: no byte lost or added."""

import hashlib
import os
import signal
import subprocess
import termios
import time

import pexpect
import pytest

import machines
import tiny_elf

ALL_BYTES = bytes(range(256))


@pytest.mark.parametrize("door", ("microvm", "iso"))
def test_three_megabytes_of_output(boot, door):
    """bigwrite's own CRC on standard error, and the bytes themselves beside Linux's."""
    expected = machines.run_on_linux(machines.program_path("bigwrite"))
    result = boot("bigwrite", options=["-b", door], seconds=90)
    assert result.status == 0 and result.err == expected.err
    assert hashlib.sha256(result.out).digest() == hashlib.sha256(expected.out).digest()


@pytest.mark.parametrize("data", (
    b"", b"x", b"one line\n", b"no newline at the end", ALL_BYTES * 4, b"\x01", b"\x01b", b"\x01x" * 9,
    b"\0" * 100, b"a" * 14 + b"\0", b"\0" * 15, b"\0" * 16, b"\0" * 17, b"\x03\x04\x1a\x1c" * 3,
    b"\r\n" * 5, b"\xff" * 40,
), ids=lambda data: f"{len(data)}-{data[:4].hex()}")  # fmt: skip
def test_input_is_echoed_unchanged(boot, data):
    result = boot("cat", options=["-b", "microvm"], stdin=data)
    assert (result.status, result.out, result.err) == (0, data, b"")


def test_much_input(boot):
    data = hashlib.shake_128(b"galette").digest(100_000)
    result = boot("cat", options=["-b", "microvm", "-r", "0"], stdin=data, seconds=90)
    assert result.status == 0 and result.out == data


def test_zeros_as_input(boot):
    """The end of the input is a BREAK, which a UART shows as a NUL among the data's."""
    for size in (500, 4096, 20_000):
        result = boot("cat", options=["-b", "microvm"], stdin=bytes(size))
        assert (result.status, len(result.out)) == (0, size)


@pytest.mark.parametrize("door", ("iso", "uefi"))
def test_input_through_firmware(boot, door):
    """Firmware that waits at the same console must not eat what is meant for the program."""
    data = b"the first line\nthe second\n"
    result = boot("cat", options=["-b", door], stdin=data)
    assert (result.status, result.out, result.err) == (0, data, b"")


def test_input_that_comes_slowly():
    process = subprocess.Popen([machines.TOOL, "run", "-b", "microvm", "--timeout", "30", "cat"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for word in (b"one\n", b"two\n"):
        process.stdin.write(word)
        process.stdin.flush()
        assert process.stdout.readline() == word
    process.stdin.close()
    assert process.stdout.read() == b"" and process.wait(30) == 0


def test_arguments_and_environment(boot):
    arguments = ["plain", "two words", "quo\"te", "it's", "back\\slash", "K=V", "a\\ b", "-x", "'q'"]
    for door in ("microvm", "iso"):
        result = boot("args", *arguments, options=["-b", door, "-e", "A=b c", "-e", "EMPTY="])
        lines = result.out.decode().splitlines()
        assert lines[:11] == ["argc 10", "argv[0] [/args]"] + [
            f"argv[{i}] [{argument}]" for i, argument in enumerate(arguments, 1)]
        assert {"[A=b c]", "[EMPTY=]"} <= {line.partition(" ")[2] for line in lines[11:]}


def test_empty_and_odd_arguments(boot):
    arguments = ["", "tab\there", "line\nfeed", "--", "é", ""]
    result = boot("args", *arguments, options=["-b", "microvm"])
    expected = "".join(f"argv[{i}] [{a}]\n" for i, a in enumerate(arguments, 1))
    assert expected in result.out.decode()


# ---- A terminal --------------------------------------------------------------------------------


@pytest.fixture
def terminal():
    """A process of the tool at a terminal of its own; checks that the terminal is left as it was."""
    children = []
    try:
        ends = os.openpty()
        fresh = termios.tcgetattr(ends[0])
        for end in ends:
            os.close(end)
    except OSError:
        pytest.skip("this machine has no pseudo terminals: mount devpts on /dev/pts")

    def spawn(*words, timeout=30):
        child = pexpect.spawn(machines.TOOL, ["run", "-b", "microvm", *words], timeout=timeout)
        child.saved = fresh
        children.append(child)
        return child

    yield spawn
    for child in children:
        child.close(force=True)


def _wait_for_raw(child):
    """Waits until the tool has switched the terminal, and so the machine is running."""
    for _ in range(500):
        if not termios.tcgetattr(child.child_fd)[3] & termios.ICANON:
            return
        time.sleep(0.01)
    pytest.fail("the terminal was not switched to raw")


def _status(child):
    child.wait()
    assert termios.tcgetattr(child.child_fd) == child.saved, "the terminal was not restored"
    return child.exitstatus if child.exitstatus is not None else 128 + child.signalstatus


def test_terminal_echo_editing_and_end_of_file(terminal):
    child = terminal("cat")
    _wait_for_raw(child)
    child.send("helloo\x7f there\r")
    child.expect_exact("hello")  # with the echo of the erased letter behind it
    child.expect_exact("\r\nhello there\r\n")
    child.send("\x01ctrl-a\r")
    child.expect_exact("\x01ctrl-a\r\n")
    child.send("\x04")
    child.expect(pexpect.EOF)
    assert _status(child) == 0


def test_terminal_interrupt_is_the_programs(terminal):
    child = terminal("cat")
    _wait_for_raw(child)
    child.send("x\r")
    child.expect_exact("x\r\nx\r\n")
    child.send("\x03")
    child.expect(pexpect.EOF)
    assert _status(child) == 128 + signal.SIGINT


def test_terminal_way_out(terminal, tmp_path):
    """Ctrl-] three times ends a machine that listens to nothing."""
    (tmp_path / "spin").write_bytes(tiny_elf.spin())
    child = terminal(str(tmp_path / "spin"))
    _wait_for_raw(child)
    child.send("\x1d\x1d\x1d")
    child.expect(pexpect.EOF)
    assert _status(child) == 130


def test_terminal_is_restored_after_a_panic(terminal):
    child = terminal("--append", "crashtest=panic", "hello")
    child.expect(pexpect.EOF)
    assert _status(child) == 101 and b"panic" in child.before.lower()


def test_terminal_is_restored_after_the_machine_dies(terminal, tmp_path):
    """QEMU itself is killed."""
    (tmp_path / "spin").write_bytes(tiny_elf.spin())
    child = terminal(str(tmp_path / "spin"))
    _wait_for_raw(child)
    with open(f"/proc/{child.pid}/task/{child.pid}/children", encoding="ascii") as file:
        (machine,) = file.read().split()
    os.kill(int(machine), signal.SIGKILL)
    child.expect(pexpect.EOF)
    assert _status(child) == 125


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT))
def test_terminal_is_restored_when_the_tool_is_killed(terminal, tmp_path, number):
    (tmp_path / "spin").write_bytes(tiny_elf.spin())
    child = terminal(str(tmp_path / "spin"))
    _wait_for_raw(child)
    os.kill(child.pid, number)
    child.expect(pexpect.EOF)
    assert _status(child) == 128 + number


@pytest.mark.parametrize("mode,left", (("iutf8", b"ab"), ("-iutf8", b"a\xc3b")))
def test_characters_of_several_bytes_are_erased_as_at_the_host(terminal, mode, left):
    command = f"stty {mode}; exec {machines.TOOL} run -b microvm --timeout 30 cat"
    child = pexpect.spawn("/bin/sh", ["-c", command], timeout=30)
    _wait_for_raw(child)
    child.send("aö\x7fb\r")
    child.expect_exact(b"\r\n" + left + b"\r\n")
    child.send("\x04")
    child.expect(pexpect.EOF)
    child.close()


def test_output_to_a_file_from_a_terminal(terminal, tmp_path):
    """Input is a terminal and output is not: what is typed must not turn up in the file."""
    target = tmp_path / "out"
    child = pexpect.spawn("/bin/sh", ["-c", f"exec {machines.TOOL} run -b microvm cat >{target}"],
                          timeout=30)
    time.sleep(0.5)
    child.send("typed\r")
    child.send("\x04")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert target.read_bytes() == b"typed\n"
