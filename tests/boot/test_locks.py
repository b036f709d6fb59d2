# SPDX-License-Identifier: MIT
"""The kernel of `make DEBUG=1`: it notices what is wrong with locks, and nothing is.

A modest part of the programs here; `make test-boot DEBUG=1` boots that kernel for all others, too.
"""

import os
import subprocess

import pytest

import machines

# What a crashtest= makes, and words of the report.
MISTAKES = {
    "order": ("dcache_lock (rank ", "zone.lock (rank ", "wanted at wrong_order", "held since wrong_order"),
    "rank": ("zone.lock", "same_rank"),
    "twice": ("zone.lock", "taken twice", "taken_twice"),
    "class": ("has no class", "without_class"),
    "stranger": ("dcache_lock", "does not hold it", "not_held"),
    "interrupt": ("dcache_lock", "in an interrupt", "with interrupts on", "in_interrupt"),
    "lost": ("dcache_lock", "is not to be had", "never_given"),
    "mutexes": ("aspace.lock", "page_cache.lock", "mutex_order"),
    "mutex": ("a mutex is wanted", "dcache_lock", "mutex_under_spinlock"),
    "sleep": ("sleep", "dcache_lock", "sleep_under_spinlock"),
    "nobody": ("aspace.lock", "held by thread 0", "mutex_of_nobody"),
    "copy": ("aspace.lock", "page_cache.lock", "copy_under_mutex"),
    "others": ("waited for", "dcache_lock", "wait_for_others"),
    "up": ("a reference", "has 0", "up_from_zero"),
    "below": ("a reference", "has 0", "below_zero"),
}
PROGRAMS = ("thread_clone", "thread_signals", "futex_threads", "pthread_waits", "pthread_files", "membarrier",
            "epoll", "inotify", "signals", "tree", "self_files", "huge_pages")


@pytest.fixture(scope="session", autouse=True)
def debug_kernel():
    """Builds it; one worker after the other, and the second finds it done."""
    environment = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    subprocess.run(["flock", machines.ROOT, "make", "--no-print-directory", "-s", "-C", machines.ROOT,
                    "DEBUG=1", "all"], check=True, stdout=subprocess.DEVNULL, env=environment)


def _options(*more):
    return ["-b", "microvm", "--kernel", machines.DEBUG_KERNEL, *more]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_noticed(boot, mistake):
    result = boot("hello", options=_options("--append", f"crashtest={mistake}"))
    assert result.status == 101
    report = next(line for line in result.lines() if "kernel panic" in line)
    for words in MISTAKES[mistake]:
        assert words in report


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_on_four_processors(boot, name):
    path = os.path.join(machines.ROOT, "build", "abi", name)
    expected = machines.run_on_linux(path)
    result = boot(path, options=_options("-c", "4"), seconds=90)
    assert result.out == expected.out
    assert result.status == 0
