# SPDX-License-Identifier: MIT
"""Options of the differential test, and how a failure is shown."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "boot"))

import machines  # noqa: E402 (the path has to be set first)
from reports import pytest_runtest_makereport, remember  # noqa: E402, F401 (pytest finds them here)


def pytest_addoption(parser):
    """--full: every line in both rings and with every number of processors; otherwise
    every line once, rings and processors by turns."""
    parser.addoption("--full", action="store_true", help="everything in both rings, and what is large")


def pytest_configure(config):
    """Builds the kernel once."""
    machines.begin_as_in_a_shell()
    if not hasattr(config, "workerinput") and not os.environ.get("GALETTE_NO_BUILD"):
        subprocess.run(["make", "--no-print-directory", "-s", "-C", machines.ROOT, "all",
                        "diff-programs", "abi", "programs"], check=True,
                       stdout=subprocess.DEVNULL)
