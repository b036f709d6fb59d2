# SPDX-License-Identifier: MIT
"""GDB in batch mode: it stops in the program's main by name, wherever the program was placed."""

import subprocess

import pytest

import machines


def _debug(*words, seconds=60):
    done = subprocess.run([machines.TOOL, "debug", "--batch", "--timeout", str(seconds), *words],
                          capture_output=True, text=True, check=False, timeout=seconds + 15,
                          stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


@pytest.mark.parametrize("ring", ("3", "0"))
@pytest.mark.parametrize("name", ("hello", "static_exec"))
def test_stops_in_main(name, ring):
    text = _debug("-r", ring, "--ex", "break main", "--ex", "continue",
                  "--ex", "set backtrace past-main on", "--ex", "backtrace", name)
    assert f"{name}.c" in text, text
    assert "#0" in text and "main (" in text, text
    assert "#1" in text and "libc_start" in text, text
    assert machines.run_on_linux(machines.program_path(name)).out.decode() not in text


def test_commands_from_a_file(tmp_path):
    script = tmp_path / "script"
    script.write_text("break main\ncontinue\ngalette-bias\nnext\ninfo registers rip\nkill\n")
    text = _debug("-x", str(script), "hello")
    assert "Breakpoint 1, main" in text and "rip" in text, text


def test_kernel_symbols():
    text = _debug("--ex", "break debug_program_placed", "--ex", "continue", "--ex", "backtrace", "hello")
    assert "#0  debug_program_placed (bias=" in text and "run_program" in text, text


@pytest.mark.parametrize("door", ("iso", "microvm"))
def test_through_another_door(door):
    text = _debug("-b", door, "--ex", "break main", "--ex", "continue", "--ex", "backtrace", "hello")
    assert "hello.c" in text and "main (" in text, text


LIBRARY_USER = """
#include <dlfcn.h>
#include <unistd.h>
int main(void)
{
    void *library = dlopen("libz.so.1", RTLD_NOW);
    write(1, "opened\\n", 7);
    dlclose(library);
    write(1, "closed\\n", 7);
    return 0;
}
"""


@pytest.mark.parametrize("ring", ("3", "0"))
def test_symbols_of_libraries(tmp_path, ring):
    """By name into the C library, back out of it, and a library that comes and goes."""
    source, program = tmp_path / "user.c", tmp_path / "user"
    source.write_text(LIBRARY_USER)
    subprocess.run(["gcc", "-g", "-o", program, source, "-ldl"], check=True)
    library = subprocess.run(["gcc", "-print-file-name=libz.so.1"], capture_output=True, text=True,
                             check=True).stdout.strip()
    known = ["--ex", "galette-libraries", "--ex", "info symbol zlibVersion"]
    text = _debug("-r", ring, "--with", library, "--ex", "break write", "--ex", "continue", *known,
                  "--ex", "backtrace", "--ex", "delete", "--ex", "tbreak user.c:9", "--ex", "continue",
                  *known, str(program))
    assert "Breakpoint 1, " in text and "write (" in text, text
    before, _, after = text.partition("Temporary breakpoint 2, main ()")
    assert "/libc.so.6\n" in before and "/libz.so.1\n" in before, text
    assert "zlibVersion in section .text" in before and "main () at" in before, text
    assert "/libc.so.6\n" in after and "/libz.so.1" not in after, text
    assert 'No symbol "zlibVersion"' in after, text


def test_machine_that_waits_for_a_debugger(tmp_path):
    """GRUB's fourth entry: the program is held back until GDB has come."""
    socket = tmp_path / "gdb"
    tool = subprocess.Popen([machines.TOOL, "run", "-b", "microvm", "--timeout", "60", "--append",
                             "debugwait", "hello", "--", "-gdb", f"unix:{socket},server=on,wait=off"],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert b"waiting for a debugger" in tool.stderr.readline()
    done = subprocess.run(["gdb", "-q", "-nx", "-batch", "-x", f"{machines.ROOT}/tools/gdb/galette.py",
                           "-ex", f"galette-program {machines.program_path('hello')}",
                           "-ex", f"galette-attach {socket}", "-ex", "break main", "-ex", "continue",
                           "-ex", "backtrace", machines.KERNEL + ".elf"],
                          capture_output=True, text=True, check=False, timeout=60,
                          stdin=subprocess.DEVNULL)
    assert "#0  main () at tests/programs/hello.c" in done.stdout, done.stdout + done.stderr
    # GDB has ended the machine with itself.
    assert tool.stdout.read() == b"" and tool.wait(30) == 125
