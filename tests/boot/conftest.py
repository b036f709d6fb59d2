# SPDX-License-Identifier: MIT
"""What the boot tests share: building first, and booting with the log attached to a failure."""

import functools
import os
import subprocess

import pytest

import machines
from reports import pytest_runtest_makereport, remember  # noqa: F401 (pytest finds them here)


def pytest_configure(config):
    """Builds what the tests boot, once; the workers of pytest-xdist find it done."""
    machines.begin_as_in_a_shell()
    if not hasattr(config, "workerinput") and not os.environ.get("GALETTE_NO_BUILD"):
        subprocess.run(["make", "--no-print-directory", "-s", "-C", machines.ROOT, *machines.TARGETS],
                       check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def boot(remember):
    """boot(program, *args, options=[...], ...): `tools/galette run`, with what it said attached to
    the report if the test fails."""
    return functools.partial(machines.run, remember=remember)


@pytest.fixture
def boot_qemu(remember):
    """boot_qemu(...): QEMU itself, without the tool; see machines.run_qemu."""
    return functools.partial(machines.run_qemu, remember=remember)
