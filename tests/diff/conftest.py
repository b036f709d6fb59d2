# SPDX-License-Identifier: MIT
"""Options of the differential test, and how a failure is shown."""

import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "boot"))

import machines  # noqa: E402 (the path has to be set first)


def pytest_addoption(parser):
    """--full: every line in both rings and with every number of processors; otherwise
    every line once, rings and processors by turns."""
    parser.addoption("--full", action="store_true", help="everything in both rings, and what is large")


def pytest_configure(config):
    """Builds the kernel once."""
    if not hasattr(config, "workerinput") and not os.environ.get("GALETTE_NO_BUILD"):
        subprocess.run(["make", "--no-print-directory", "-s", "-C", machines.ROOT, "all",
                        "diff-programs", "abi", "programs"], check=True,
                       stdout=subprocess.DEVNULL)


RUNS = pytest.StashKey()


@pytest.fixture
def remember(request):
    """Takes a machine's Result, to be shown if the test fails."""
    return request.node.stash.setdefault(RUNS, []).append


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Puts the runs of a failed test into its report."""
    outcome = yield
    report = outcome.get_result()
    if call.when == "call" and report.failed:
        for result in item.stash.get(RUNS, []):
            report.sections.append((f"boot: {result.title}", result.describe()))
