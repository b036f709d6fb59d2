# SPDX-License-Identifier: MIT
"""The machines that a test ran, shown in its report if it fails: for the conftest.py of folders of tests."""

import pytest

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
