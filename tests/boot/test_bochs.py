# SPDX-License-Identifier: MIT
"""Another machine than QEMU's: bochs.py says what it has more."""

import pytest

import bochs
import machines


@pytest.mark.parametrize("model,cpus", [("corei7_haswell_4770", 4), ("athlon64_clawhammer", 2)])
def test_processors(tmp_path, model, cpus):
    """By x2APIC, which the first of them has, and by the old registers."""
    out = bochs.run(tmp_path, "cpus", model=model, cpus=cpus)
    assert out.decode() == f"{cpus} online, {cpus} in cpuinfo\n{cpus} visited\n"


def test_exceptions(tmp_path):
    """All that a processor raises is told as Linux tells it."""
    expected = machines.run_on_linux(machines.program_path("exceptions"))
    out = bochs.run(tmp_path, "exceptions", model="corei7_haswell_4770")
    assert out.decode().splitlines() == expected.out.decode().splitlines()
