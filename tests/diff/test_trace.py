# SPDX-License-Identifier: MIT
"""The trace of every program in traced/: the same lines as those of strace on Linux, but for what
tracing.py says."""

import os
import subprocess

import pytest

import table
import tracing
import worlds

PROGRAMS = table.Table(os.path.join(table.HERE, "traced", "programs.txt"))


@pytest.fixture(scope="module", name="world")
def fixture_world():
    """The root of all programs, here and there."""
    try:
        subprocess.run(["strace", "-o", "/dev/null", "true"], check=True, capture_output=True)
        place = worlds.own_namespace()
    except FileNotFoundError:
        pytest.skip("no strace here: tools/setup diff-tests")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no ptrace or no chroot here: {error}")
    world = worlds.World(PROGRAMS, place)
    yield world
    world.close()
    worlds.leave(place)


def _first_difference(theirs, ours):
    """A report of where the lists part, or None."""
    for number, (one, other) in enumerate(zip(theirs, ours)):
        if not tracing.same(one, other):
            before = "".join(f"  {line}\n" for line in theirs[max(0, number - 3) : number])
            return f"line {number + 1}:\n{before}- {one}\n+ {other}"
    if len(theirs) != len(ours):
        longer = theirs if len(theirs) > len(ours) else ours
        return f"{len(theirs)} lines on Linux, {len(ours)} here; the next is {longer[min(len(theirs), len(ours))]}"
    return None


@pytest.mark.parametrize("command", PROGRAMS.commands, ids=[c.text.split("\n")[0] for c in PROGRAMS.commands])
def test_same_as_strace(world, remember, command):
    """Every line, and the status."""
    status, theirs = tracing.run_strace(world, command)
    our_status, ours = tracing.run_here(world, command, remember)
    expected = tracing.comparable(theirs)
    got = tracing.without_early_clock(expected, tracing.comparable(ours))
    difference = _first_difference(expected, got)
    assert difference is None, difference
    assert our_status == status
    assert [line for line in ours if not tracing.aligned(line)] == []
