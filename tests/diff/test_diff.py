# SPDX-License-Identifier: MIT
"""Every command line of tables/: the same standard output and exit status as on Linux."""

import pytest

import table
import worlds

TABLES = table.all_tables()


def pytest_generate_tests(metafunc):
    """One test per command line, ring and number of processors. They stay in the order of the tables,
    so that a worker makes each root once."""
    full, cases, names = metafunc.config.getoption("--full"), [], []
    for one in TABLES:
        if one.only_full and not full:
            continue
        for index, command in enumerate(one.commands):
            for ring, cpus in one.machines(index, full):
                cases.append((one, command, ring, cpus))
                names.append(f"{one.name}:{command.line}-ring{ring}" + (f"-cpus{cpus}" if len(one.cpus) > 1 else ""))
    metafunc.parametrize("one,command,ring,cpus", cases, ids=names)


@pytest.fixture(scope="session", name="world_of")
def fixture_world_of():
    """world_of(table): its World. Only the last one is kept: they are large."""
    try:
        place = worlds.own_namespace()
    except OSError as error:
        pytest.skip(f"no chroot here: {error}")
    kept = []

    def world_of(one):
        if not kept or kept[0].table is not one:
            while kept:
                kept.pop().close()
            kept.append(worlds.World(one, place))
        return kept[0]

    yield world_of
    while kept:
        kept.pop().close()
    worlds.leave(place)


def _compare(world, command, ring, cpus, remember):
    status, output = world.run_on_linux(command)
    result = world.run_here(command, ring, cpus, remember)
    assert command.judge(result.out) == command.judge(output)
    assert result.status == status


def test_same_as_on_linux(world_of, remember, one, command, ring, cpus):
    """The bytes on standard output, and the status."""
    world = world_of(one)
    if command.expected_failure is None:
        _compare(world, command, ring, cpus, remember)
        return
    try:
        _compare(world, command, ring, cpus, remember)
    except AssertionError:
        pytest.xfail(command.expected_failure)
    pytest.fail(f"works, although marked expected-failure({command.expected_failure})")
