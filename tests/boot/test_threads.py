# SPDX-License-Identifier: MIT
"""Threads and processors: the tests of threads on one, two and four processors, the ways in which a program
with threads ends, and machines with odd numbers of processors."""

import functools
import os
import resource

import pytest

import machines

RINGS = ("3", "0")
ABI = os.path.join(machines.ROOT, "build", "abi")
# The programs may take turns with others on the host's processors, which each wait on all of the guest's.
SECONDS = 240
ROUNDS = "3"

WAYS = ("group", "exit", "first", "last", "abort", "kill", "term", "segv", "return")


@functools.cache
def _on_linux(path, *args):
    return machines.run_on_linux(path, *args)


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.parametrize("cpus", ("1", "2", "4"))
def test_same_as_on_linux(boot, cpus, ring):
    """All tests of threads, in one program; tests/abi/threads/all.c."""
    path = os.path.join(ABI, "all_threads")
    expected = _on_linux(path, ROUNDS)
    assert expected.status == 0, expected.describe()
    result = boot(path, ROUNDS, options=["-b", "microvm", "-c", cpus, "-r", ring], seconds=SECONDS)
    assert result.out.decode().splitlines() == expected.out.decode().splitlines()
    assert result.status == 0


def test_ten_thousand_threads(boot):
    """They sleep, with stacks of 64 KiB each, in 1 GiB; and what they had comes back."""
    result = boot(os.path.join(ABI, "thread_many"), "10000", options=["-b", "microvm", "-m", "1G"],
                  seconds=SECONDS)
    assert result.status == 0 and b"FAILED" not in result.out and result.out.count(b"ok ") == 8


@pytest.mark.parametrize("ring", RINGS)
def test_random_calls(boot, ring):
    """From eight threads at once; more of them: docs/hacking.md."""
    result = boot(os.path.join(ABI, "hostile_threads"), "3", "12000",
                  options=["-b", "microvm", "-c", "4", "-r", ring], seconds=SECONDS)
    assert (result.status, result.out) == (0, b"ok hostile_threads\nok memory is free again\n")


@pytest.mark.parametrize("way", WAYS)
def test_ends_as_on_linux(boot, way):
    """The status tells which thread ended the program, and how."""
    expected = machines.run_on_linux(machines.program_path("thread_status"), way)
    result = boot("thread_status", way,
                  options=["-b", "microvm", "-c", "4", "--append", "crash=line"])
    assert (result.status, result.out) == (expected.status, expected.out)


@pytest.mark.parametrize("way", ("group", "segv"))
def test_ends_with_a_thousand_threads(boot, way):
    result = boot("thread_status", way, "1000",
                  options=["-b", "microvm", "-c", "4", "-r", "0", "--append", "crash=line"])
    assert (result.status, result.out) == ({"group": 7, "segv": 139}[way], b"they run\n")


@pytest.mark.parametrize("door,cpus", [("microvm", 4), ("pvh", 3), ("iso", 4), ("uefi", 4)])
def test_processors_by_door(boot, door, cpus):
    result = boot("cpus", options=["-b", door, "-c", str(cpus)])
    assert result.out.decode() == f"{cpus} online, {cpus} in cpuinfo\n{cpus} visited\n"


@pytest.mark.parametrize("topology,cpus", [
    ("7", 7),
    ("8,sockets=2,cores=2,threads=2", 8),
    ("6,sockets=3,cores=1,threads=2", 6),
    ("2,maxcpus=6", 2),
    ("70", 64),  # the others stay off
])
def test_processors_by_topology(boot, topology, cpus):
    result = boot("cpus", options=["-b", "pvh"], qemu=["-smp", topology], seconds=SECONDS)
    assert result.out.decode() == f"{cpus} online, {cpus} in cpuinfo\n{cpus} visited\n"


def test_idle_processors_halt(boot):
    """Four that spin for ten seconds would take twenty on a host with two, and no less than ten on any."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = boot("cpus", "10", options=["-b", "microvm", "-c", "4"], seconds=SECONDS)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert result.out == b"4 online, 4 in cpuinfo\n4 visited\n"
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5
