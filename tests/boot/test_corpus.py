# SPDX-License-Identifier: MIT
"""Broken programs and archives: one clear line each, and the status that the corpus says."""

import os
import subprocess
import sys

import pytest

import machines

GENERATOR = os.path.join(machines.ROOT, "tests", "corpus", "make_corpus.py")
FOLDER = os.path.join(machines.ROOT, "build", "corpus")

# QEMU passes a file without a byte as no file at all.
INSTEAD = {"empty": "127"}


def _cases():
    """Name, what is wrong with it, status. Made when the tests are collected, which is cheap."""
    if not os.path.exists(os.path.join(FOLDER, "index.tsv")) or (
            os.path.getmtime(os.path.join(FOLDER, "index.tsv")) < os.path.getmtime(GENERATOR)):
        os.makedirs(FOLDER, exist_ok=True)
        subprocess.run([sys.executable, GENERATOR, FOLDER], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(FOLDER, "index.tsv"), encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return [row for row in rows if row[-1].isdigit()]


@pytest.mark.parametrize("name,what,status", _cases(), ids=lambda value: str(value)[:30])
def test_broken_file(boot_qemu, tmp_path, name, what, status):
    from galette_cli import machine

    kernel = machines.KERNEL
    result = boot_qemu(tmp_path, machine.kernel_medium(kernel, os.path.join(FOLDER, name), ""))
    status = INSTEAD.get(name, status)
    assert result.status == int(status), what
    assert len(result.lines()) == (0 if status == "0" else 1), what


def test_there_are_enough():
    assert sum(row[-1] == "126" for row in _cases()) >= 40
