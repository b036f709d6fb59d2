# SPDX-License-Identifier: MIT
"""Every command line of tables/: the same standard output and exit status as on Linux."""

import os

import pytest

import machines
import table
import tiny_elf
import worlds

TABLES = table.all_tables()


def pytest_generate_tests(metafunc):
    """One test per command line and ring. They stay in the order of the tables, so that a worker
    makes each root once."""
    full, cases, names = metafunc.config.getoption("--full"), [], []
    for one in TABLES:
        for index, command in enumerate(one.commands):
            for ring in ("3", "0") if full else ("3" if index % 2 == 0 else "0",):
                cases.append((one, command, ring))
                names.append(f"{one.name}:{command.line}-ring{ring}")
    metafunc.parametrize("one,command,ring", cases, ids=names)


@pytest.fixture(scope="session", name="world_of")
def fixture_world_of():
    """world_of(table): its World. Only the last one is kept: they are large."""
    if os.geteuid() != 0:
        pytest.fail("the differential test needs to be root, for chroot")
    kept = []

    def world_of(one):
        if not kept or kept[0].table is not one:
            while kept:
                kept.pop().close()
            kept.append(worlds.World(one))
        return kept[0]

    yield world_of
    while kept:
        kept.pop().close()


@pytest.fixture(scope="session", name="terminal")
def fixture_terminal(tmp_path_factory):
    """Whether a program's standard output looks like a terminal on the machine. Programs write
    something else then, so Linux has to show them the same.

    sub rsp, 128; mov eax, 16; mov edi, 1; mov esi, TCGETS; mov rdx, rsp; syscall;
    xor edi, edi; test rax, rax; sete dil; mov eax, 231; syscall.
    """
    program = tmp_path_factory.mktemp("terminal") / "terminal"
    program.write_bytes(tiny_elf.build(bytes.fromhex(
        "4881ec80000000 b810000000 bf01000000 be01540000 4889e2 0f05"
        "31ff 4885c0 400f94c7 b8e7000000 0f05")))
    result = machines.run(str(program), options=["-b", "microvm"])
    assert result.status in (0, 1), result.describe()
    return result.status == 1


def _compare(world, command, ring, terminal, remember):
    status, output = world.run_on_linux(command, terminal)
    result = world.run_here(command, ring, remember)
    assert command.judge(result.out) == command.judge(output)
    assert result.status == status


def test_same_as_on_linux(world_of, remember, terminal, one, command, ring):
    """The bytes on standard output, and the status."""
    world = world_of(one)
    if command.expected_failure is None:
        _compare(world, command, ring, terminal, remember)
        return
    try:
        _compare(world, command, ring, terminal, remember)
    except AssertionError:
        pytest.xfail(command.expected_failure)
    pytest.fail(f"works, although marked expected-failure({command.expected_failure})")
