# SPDX-License-Identifier: MIT
"""What the boot tests share: building first, and booting with the log attached to a failure."""

import os
import signal
import subprocess

import pytest

import machines


def pytest_configure(config):
    """Builds what the tests boot, once; the workers of pytest-xdist find it done."""
    # A shell's `&`, nohup and some CI runners start us with these ignored, and the tools under test
    # would inherit that; a caught signal is a default one again in a child.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    if not hasattr(config, "workerinput") and not os.environ.get("GALETTE_NO_BUILD"):
        subprocess.run(["make", "--no-print-directory", "-s", "-C", machines.ROOT, *machines.TARGETS],
                       check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def boot(request):
    """boot(program, *args, options=[...], ...): `tools/galette run`, with what it said attached to
    the report if the test fails."""
    runs = request.node.stash.setdefault(RUNS, [])

    def boot_and_remember(*args, **kwargs):
        return machines.run(*args, remember=runs.append, **kwargs)

    return boot_and_remember


@pytest.fixture
def boot_qemu(request):
    """boot_qemu(...): QEMU itself, without the tool; see machines.run_qemu."""
    runs = request.node.stash.setdefault(RUNS, [])

    def boot_and_remember(*args, **kwargs):
        return machines.run_qemu(*args, remember=runs.append, **kwargs)

    return boot_and_remember


RUNS = pytest.StashKey()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Puts the runs of a failed test into its report."""
    outcome = yield
    report = outcome.get_result()
    if call.when == "call" and report.failed:
        for result in item.stash.get(RUNS, []):
            report.sections.append((f"boot: {result.title}", result.describe()))
