# SPDX-License-Identifier: MIT
"""Whether KVM works here.

/dev/kvm alone proves nothing (a container may show one that its processor cannot serve), so the
processor's flags have to name vmx or svm, and a machine has to start. The answer of that probe
is kept for ten minutes in build/.
"""

import os
import time

from . import program
from .machine import QEMU

CACHE_SECONDS = 600
PROBE_SECONDS = 5


def has_flags(cpuinfo):
    """Whether the text of /proc/cpuinfo says that the processor can virtualise."""
    for line in cpuinfo.splitlines():
        if line.startswith("flags"):
            flags = line.partition(":")[2].split()
            return "vmx" in flags or "svm" in flags
    return False


def choose(wanted):
    """'tcg' or 'kvm', from --accel."""
    if wanted != "auto":
        return wanted
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        if not has_flags(file.read(65536)) or not os.access("/dev/kvm", os.R_OK | os.W_OK):
            return "tcg"
    return "kvm" if _probe_cached() else "tcg"


def _probe_cached():
    path = os.path.join(program.BUILD, "kvm-works")
    try:
        if time.time() - os.stat(path).st_mtime < CACHE_SECONDS:
            with open(path, encoding="ascii") as file:
                return file.read() == "yes"
    except OSError:
        pass
    works = _probe()
    try:
        os.makedirs(program.BUILD, exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write("yes" if works else "no")
    except OSError:
        pass
    return works


def _probe():
    """Starts a machine that does nothing, and asks it to stop."""
    import subprocess

    command = [QEMU, "-M", "microvm", "-accel", "kvm", "-cpu", "max", "-m", "16M", "-nodefaults",
               "-display", "none", "-monitor", "stdio"]
    try:
        done = subprocess.run(command, input=b"quit\n", capture_output=True,
                              timeout=PROBE_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
