# SPDX-License-Identifier: MIT
"""A person at a program's prompt: the same keys on Linux and here, and the same seen.

The session is held on Linux first. What comes after each key press tells how much has to come here
before the next one: so neither the speed of a machine nor how bytes gather on their way is seen."""

import os
import select
import time

import pexpect
import pytest

import machines

QUIET = 0.6  # seconds until a program that is busy, or has nothing to say, gets the next key
SECONDS = 60
RINGS = ("3", "0")
ENVIRONMENT = {"TERM": "linux", "LANG": "C.UTF-8", "HOME": "/tmp", "PATH": "/usr/bin:/bin", "PS1": "$ "}
UP, DOWN, LEFT, RIGHT, HOME, END, DELETE = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C", "\x1b[1~", "\x1b[4~", "\x1b[3~"
POEM_FILE = f"/tmp/galette-poem-{os.getpid()}"
POEM = "".join(f"line {i} of a poem\n" for i in range(1, 101))


class Session:
    """A program, and what is typed: each string at once, after the one before has been answered."""

    def __init__(self, command, *keys, files=(), packed=(), status=0):
        """files: made before, with a poem in them.  packed: what else it needs of this machine."""
        self.command, self.keys, self.status = command, keys, status
        self.files, self.packed = files, packed


# What is typed within a line is typed key by key: programs show several at once otherwise, if they come so.
SESSIONS = {
    "sqlite3": Session(
        ["/usr/bin/sqlite3"],
        "create table birds(name text, wings int);\r",
        "insert into birds values('robin', 2), ('kiwi', 0);\r", UP, LEFT, LEFT, "\x7f", "7", "\r",
        "select name, wings * 2\r", "  from birds\r", "order by 1;\r", ".mode box\r",
        "select count(*) as birds from birds;\r", "select nothing;\r", "\x12", *"box", "\r",
        ".quit\r", status=1),  # of the error in it
    "python3": Session(
        ["/usr/bin/python3", "-q"],
        "6 * 7\r", "def twice(x):\r", "    return 2 * x\r", "\r", "twice(", "21)", LEFT, "\x7f", "3", END, "\r",
        UP, "\x01", *"a = ", "\x05", "\r", "print('ö', \"one\")", LEFT, LEFT, LEFT, DELETE, "n", "\r",
        "a.bit_le\t", ")\r", "import time\r", "while a: a += 1\r", "\r", "\x03", "time.sleep(100)\r", "\x03",
        "input('? ')\r", "wo", "\x7f", "hy\r", "half a line", "\x03", "1 /", "\x17", "/ 1", "\x15",
        "[i for i in range(3)]\r", "\x12", *"twice", "\x05", "\r", "1/0\r", "\x04"),
    "bc": Session(
        ["/usr/bin/bc", "-q"],
        "1 + 2\r", "scale = 20; 2 / 3\r", UP, "\x7f", "7\r", "define f(n) { if (n < 2) return 1\r",
        "return n * f(n - 1) }\r", "f(30)\r", "1 +\r", "while (1) x += 1\r", "\x03", "obase = 16; 255\r", "\x04"),
    "lua": Session(
        ["/usr/bin/lua5.4"],
        "1 + 1\r", "function f(x)\r", "return x * x end\r", "f(12)\r", UP, LEFT, "\x7f", "3", "\r", "x =\r", "1\r",
        "nothing.x\r", "while true do end\r", "\x03", "io.read()\r", "typed\r", "\x04"),
    "bash": Session(
        ["/bin/bash-static", "--norc", "--noprofile"],
        "echo hello\r", "for i in 1 2 3; do\r", "echo $i; done\r", UP, "\x01", *"x=4 ", "\x05", "\x17", "\x17",
        "\r", "\x03", "echo one two three", "\x1bb", "\x1bd", "four\r", "echo '\x16\x01'\r", "\x12", *"one", "\x05",
        "\r", "cd /t\t", "\r", "pwd\r", "echo $((1 << 40)) ${#PWD}\r", "half", "\x15", "\x19", "\x01", "\x0b",
        "read -n 3 x; echo =$x\r", *"abc", "read y\r", "\x03", "echo $?\r", "while :; do :; done\r", "\x03",
        "kill -s WINCH $$\r", "exit 3\r", packed=["/lib/terminfo", "/usr/lib/locale/C.utf8"], status=3),
    "vi": Session(
        ["/bin/busybox", "vi", POEM_FILE],
        *"Goone more line\rand another with a tab\t|", "\x1b", *"ggddp/99\rnxu3J:w\rggdG", *f":e! {POEM_FILE}\r",
        "\x06", "\x06", *"Gkyypr#", *":set nu\r:%s/poem/song/g\r:wq\r", files=[POEM_FILE]),
    "less": Session(
        ["/usr/bin/less", POEM_FILE],
        " ", "\r", "j", "k", "b", "G", "g", *"/42\r", "n", *"?line 3\r", "N", *"50g", *"-N\r", "=", "F", "\x03", "h", "q",
        "q", files=[POEM_FILE]),
}


def _read(child, enough, seconds):
    """What is seen until `enough(bytes so far, seconds of quiet)`, the end, or until `seconds` are over."""
    seen, last, end = bytearray(), time.monotonic(), time.monotonic() + seconds
    while time.monotonic() < end and not enough(len(seen), time.monotonic() - last):
        if not select.select([child.child_fd], [], [], 0.005)[0]:
            continue
        try:
            piece = os.read(child.child_fd, 65536)
        except OSError:
            break
        seen += piece
        last = time.monotonic()
    return bytes(seen)


def _times_asleep(child):
    """How often a program on Linux went to sleep, or None when it does not sleep now."""
    try:
        with open(f"/proc/{child.pid}/status", encoding="ascii", errors="replace") as file:
            fields = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    except OSError:
        return None
    return int(fields["voluntary_ctxt_switches"]) if fields["State"].startswith("S") else None


def _spawn(words, environment):
    child = pexpect.spawn(words[0], words[1:], env=environment, cwd="/", dimensions=(24, 80))
    child.delaybeforesend = None
    return child


def _finish(child):
    child.close(force=True)
    return child.exitstatus


def _on_linux(session):
    """What is seen at the beginning, after each key press and at the end; and the status."""
    child = _spawn(session.command, ENVIRONMENT)
    steps = [_read(child, lambda count, quiet: count > 0 and quiet > QUIET, SECONDS)]
    for keys in session.keys:
        before = _times_asleep(child)

        def answered(count, quiet, before=before):
            # Without output it may still wait for the rest of what begins like a special key.
            return quiet > (0.01 if count else 0.15) and _times_asleep(child) not in (None, before)

        child.send(keys)
        steps.append(_read(child, answered, QUIET))
    return [*steps, _read(child, lambda *_: False, SECONDS)], _finish(child)


def _here(session, ring, expected):
    """The same here, as far as it is the same."""
    options = ["-b", "microvm", "-r", ring, "--timeout", str(SECONDS)]
    for name, value in ENVIRONMENT.items():
        options += ["-e", f"{name}={value}"]
    for path in (*session.files, *session.packed):
        options += ["--with", path]
    child = _spawn([machines.TOOL, "run", *options, *session.command], {**os.environ, "TERM": "linux"})
    seen, wanted = b"", 0
    for step, keys in zip(expected, ["", *session.keys]):
        if keys == "\x03":
            time.sleep(QUIET)  # the program has answered, but may not have gone to what is interrupted yet
        child.send(keys)
        wanted += len(step)
        missing = wanted - len(seen)
        seen += _read(child, lambda count, _, missing=missing: count >= missing, 20)
        if len(seen) < wanted:
            break
    return seen + _read(child, lambda *_: False, SECONDS), _finish(child)


def _text(seen):
    return seen.decode(errors="backslashreplace").replace("\r\n", "\n").split("\n")


def _write_files(session):
    for path in session.files:
        with open(path, "w", encoding="utf-8") as file:
            file.write(POEM)


@pytest.mark.parametrize("name", SESSIONS)
def test_session(name):
    session = SESSIONS[name]
    _write_files(session)
    try:
        steps, status = _on_linux(session)
        expected = _text(b"".join(steps))
        assert status == session.status, expected[-20:]
        _write_files(session)
        for ring in RINGS:
            seen, ended = _here(session, ring, steps)
            assert _text(seen) == expected
            assert ended == status
    finally:
        for path in session.files:
            os.unlink(path)
