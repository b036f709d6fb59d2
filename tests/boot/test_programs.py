# SPDX-License-Identifier: MIT
"""The examples and the system call tests, in both rings, beside the host's Linux."""

import os
import re

import pytest

import machines
import tiny_elf

RINGS = ("3", "0")

# Same output and status as on Linux.
ORDINARY = ("hello", "hello_musl", "threads_musl", "hello_cpp", "hello_rust", "hello_asm", "static_exec", "tls",
            "relr", "big50", "exit42", "avx")

# The status each ends with, on Linux too, and the reason that the report gives.
FAULTS = {
    "segv": (139, "SIGSEGV: write to 0x0: nothing is mapped there (a null pointer)"),
    "fault_divide": (136, "SIGFPE: division by zero, or its result does not fit"),
    "fault_exec_data": (139, "what is mapped there is not executable"),
    "fault_int3": (133, "SIGTRAP: breakpoint"),
    "fault_kernel_read": (139, "SIGSEGV: read of 0xffffffff80000000: that is the kernel's half"),
    "fault_noncanonical": (139, "SIGSEGV: an address is not canonical"),
    "fault_privileged": (139, "SIGSEGV: a privileged instruction"),
    "fault_stack": (139, "nothing is mapped there (a full stack?)"),
    "fault_ud2": (132, "SIGILL: no instruction that this processor has"),
    "fault_vm86": (139, "SIGSEGV"),
    "fault_write_code": (139, "what is mapped there is not writable"),
    "fault_write_rodata": (139, "what is mapped there is not writable"),
}
# In ring 0 the program is as privileged as the kernel: it may read there, and may use `hlt`.
ONLY_IN_RING_3 = ("fault_kernel_read", "fault_privileged", "fault_vm86")

ABI_FOLDER = os.path.join(machines.ROOT, "tests", "abi")
# Those of threads that test_threads.py runs, in one program.
IN_ALL_THREADS = {"thread_" + name for name in ("clone", "names", "schedule", "memory", "many", "restart",
                                                "storm", "signals")}
ABI = sorted(name[:-2] for name in os.listdir(ABI_FOLDER)
             if name.endswith(".c") and name != "check.c" and name[:-2] not in IN_ALL_THREADS)


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.parametrize("name", ORDINARY)
def test_same_as_on_linux(boot, name, ring):
    expected = machines.run_on_linux(machines.program_path(name))
    result = boot(name, options=["-b", "microvm", "-r", ring])
    assert (result.status, result.out, result.err) == (expected.status, expected.out, expected.err)


@pytest.mark.parametrize("ring", RINGS)
def test_what_linux_leaves_to_the_program(boot, ring):
    """The kernel relocates a program that has no start-up code of its own."""
    result = boot("pointer_table", options=["-b", "microvm", "-r", ring])
    assert (result.status, result.out) == (0, b"Hello from a table of pointers\n")


@pytest.mark.parametrize("ring", RINGS)
def test_alignment_of_two_megabytes(boot, ring):
    result = boot("align2m", options=["-b", "microvm", "-r", ring])
    assert result.status == 0
    assert result.out == b"p_align 0x200000, aligned, data 1 2 3, bss 0\n"


@pytest.mark.parametrize("ring", RINGS)
def test_initial_stack(boot, ring):
    result = boot("auxv", options=["-b", "microvm", "-r", ring])
    assert result.status == 0 and b"FAILED" not in result.out
    assert result.out.count(b"ok ") >= 15


def test_random_bytes_differ_from_boot_to_boot(boot):
    first, second = (boot("auxv", "random", options=["-b", "microvm"]).out for _ in range(2))
    assert first and first != second


@pytest.mark.parametrize("cpu", ("max", "qemu64"))
def test_virtual_8086_mode(boot, cpu):
    """With SMAP (max) QEMU stumbles before it grants the mode; without (qemu64) it grants it."""
    result = boot("fault_vm86", options=["-b", "microvm", "--cpu", cpu])
    assert (result.status, result.out) == (139, b"before the fault\n")


def _placement(boot, *words):
    """Where the log says that the program, and its stack, were put."""
    options = ["-b", "microvm", "--log", "debug", *(f"--append={word}" for word in words)]
    text = boot("hello", options=options).err.decode()
    match = re.search(r"/hello at (0x[0-9a-f]+), entry 0x[0-9a-f]+, stack (0x[0-9a-f]+)", text)
    return match.groups()


def test_placement_is_random(boot):
    bases, stacks = zip(*(_placement(boot) for _ in range(3)))
    assert len(set(bases)) == 3 and len(set(stacks)) == 3
    assert len({stack[-3:-1] for stack in stacks}) > 1, "not only whole pages"


def test_placement_without_randomness(boot):
    bases, stacks = zip(*(_placement(boot, "nokaslr") for _ in range(3)))
    assert len(set(bases)) == 1 and len(set(stacks)) == 1


@pytest.mark.parametrize(
    "name,ring", [(n, r) for n in FAULTS for r in RINGS if r == "3" or n not in ONLY_IN_RING_3])
def test_faults_end_as_on_linux(boot, name, ring):
    """The status of the signal, what was written before, and the report's first line."""
    status, reason = FAULTS[name]
    result = boot(name, options=["-b", "microvm", "-r", ring, "--append", "crash=line"])
    assert result.status == status
    assert result.out == b"before the fault\n"
    assert len(result.lines()) == 1
    assert f"{name[:15]}: SIG" in result.lines()[0] and reason in result.lines()[0]


@pytest.mark.parametrize("kind,ring", [("signature", "3"), ("inside", "0"), ("kernel", "3"), ("nowhere", "0"),
                                       ("version", "3"), ("wraps", "0")])
def test_bad_restartable_sequences(boot, kind, ring):
    """The end by SIGSEGV, whatever its handler."""
    expected = machines.run_on_linux(machines.program_path("rseq_bad"), kind)
    result = boot("rseq_bad", kind, options=["-b", "microvm", "-r", ring, "--append", "crash=line"])
    assert (result.status, result.out) == (expected.status, expected.out) == (139, b"before the fault\n")
    assert "restartable sequence" in result.lines()[0]


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.parametrize("name", ABI)
def test_system_calls(boot, name, ring):
    """The tests of tests/abi print the same as on Linux."""
    path = os.path.join(machines.ROOT, "build", "abi", name)
    expected = machines.run_on_linux(path)
    assert expected.status == 0, expected.describe()
    result = boot(path, options=["-b", "microvm", "-r", ring])
    assert result.out.decode().splitlines() == expected.out.decode().splitlines()
    assert result.status == 0


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.parametrize("status", [0, 1, 2, 83, 101, 124, 125, 126, 127, 128, 200, 255])
def test_all_eight_bits_of_the_status(boot, tmp_path, status, ring):
    program = tmp_path / "status"
    program.write_bytes(tiny_elf.exit_with(status))
    result = boot(str(program), options=["-b", "microvm", "-r", ring])
    assert (result.status, result.out, result.err) == (status, b"", b"")


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.parametrize("number", [155, 334 + 100, 5000])
def test_unknown_calls_answer_enosys(boot, tmp_path, number, ring):
    """155 is pivot_root: a call with a name. One line of log names it, the program goes on."""
    program = tmp_path / "call"
    program.write_bytes(tiny_elf.call(number))
    result = boot(str(program), options=["-b", "microvm", "-r", ring, "--log", "info"])
    assert result.status == 1
    wanted = "pivot_root" if number == 155 else str(number)
    assert sum(wanted in line for line in result.lines()) == 1
