# SPDX-License-Identifier: MIT
"""Machines whose memory a program takes all of: what Linux refuses is refused, else the program is
ended, with one line that says why; the kernel lives."""

import re

import pytest

RINGS = ("3", "0")


def exhaust(boot, way, ring, memory="24M"):
    return boot("exhaust", way, options=["-b", "microvm", "-r", ring, "-m", memory])


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.parametrize("way", ("touch", "shared", "read", "pipes"))
def test_program_is_ended(boot, way, ring):
    result = exhaust(boot, way, ring)
    lines = [line for line in result.err.decode().splitlines() if "out of memory" in line]
    assert result.status == 137 and result.out == b""
    assert len(lines) == 1
    assert re.search(r"exhaust: SIGKILL: out of memory: 4 KiB wanted at 0x[0-9a-f]+, "
                     r"\d+ of \d+ KiB free", lines[0])


@pytest.mark.parametrize("ring", RINGS)
def test_what_can_never_be_filled_is_refused(boot, ring):
    result = exhaust(boot, "at-once", ring)
    assert (result.status, result.out) == (0, b"Cannot allocate memory\n")


@pytest.mark.parametrize("ring", RINGS)
def test_files_take_half_at_most(boot, ring):
    result = exhaust(boot, "files", ring)
    assert (result.status, result.out) == (0, b"some, No space left on device\n")


@pytest.mark.parametrize("ring", RINGS)
def test_large_pages_need_no_more_memory(boot, ring):
    """512 pages in 512 different large pages, and a file besides."""
    result = exhaust(boot, "sparse", ring)
    assert (result.status, result.out) == (0, b"some, No space left on device\nall there\n")


def test_smallest_machine(boot):
    result = exhaust(boot, "touch", "3", "6M")
    assert result.status == 137


@pytest.mark.parametrize("policy, told, plain, advised", (
    ("always", "[always] madvise never", 2048, 4096),
    ("madvise\n", "always [madvise] never", 0, 2048),
    ("never", "always madvise [never]", 0, 0),
    ("perhaps", "Invalid argument\n[always] madvise never", 2048, 4096),
))
def test_policy_for_large_pages(boot, policy, told, plain, advised):
    result = boot("exhaust", "large", policy, options=["-b", "microvm"])
    figures = [int(figure) for figure in re.findall(r"AnonHugePages: +(\d+) kB", result.out.decode())]
    assert result.out.decode().startswith(told + "\n")
    assert figures == [plain, advised]
