# SPDX-License-Identifier: MIT
"""strace's lines and ours, made comparable.

Every line is compared as it is, but for what the rules here take away; each says why it has to.
Both lists of lines keep their order, and no line is left out but for those of the program that enters
the chroot on Linux.
"""

import os
import re
import subprocess
import tempfile

import worlds

# A rule: lines that match the first pattern get the second replaced. With the reason.
RULES = [
    # Two kernels have two clocks, and two speeds.
    (r"^(clock_gettime|gettimeofday|adjtimex|clock_adjtime|getrusage)\(", r"(tv_\w+)=\d+", r"\1=N"),
    (r"^time\(", r"\d{9,}( /\* | \()[-\dT:+]+", r"N\1DATE"),
    (r"^times\(", r"(tms_\w+|\)) *= ?\d+", r"\1=N"),
    (r"", r"left \{tv_sec=\d+, tv_\wsec=\d+\}", "left {N}"),
    (r"^(clock_)?nanosleep\(.*RESTARTBLOCK", r"\}, \{tv_sec=\d+, tv_nsec=\d+\}", "}, {N}"),
    (r"^clock_nanosleep\(.*TIMER_ABSTIME", r"\{tv_sec=\d+, tv_nsec=\d+\}", "{N}"),
    # Random bytes.
    (r"^getrandom\(\"", r'"[^"]*"', '"RANDOM"'),
    # The program's number and those of its group and session: it is the only process here.
    (r"^(getppid|getpgrp|getpgid|getsid)\(", r"= \d+$", "= N"),
    # The machine's name, its load and its memory; what file systems call their devices.
    (r"^uname\(", r'nodename="[^"]*"', 'nodename="NAME"'),
    (r"^sysinfo\(", r"(uptime|totalram|freeram|sharedram|bufferram|totalswap|freeswap|procs)=\d+", r"\1=N"),
    (r"^sysinfo\(", r"loads=\[[^]]*\]", "loads=[N]"),
    (r"^f?statfs\(", r"f_fsid=\{[^}]*\}", "f_fsid={N}"),
    (r"^f?statfs\(", r"(f_blocks|f_bfree|f_bavail|f_files|f_ffree)=\d+", r"\1=N"),
    # The file systems that the kernel has (libselinux looks for one).
    (r"^read\(\d+, \"nodev\\tsysfs", r"\"\.\.\., 1024\) += \d+$", '"..., 1024) = N'),
    # Capabilities that a container may have taken away from the tests.
    (r"^capget\(", r"(effective|permitted)=[^,]*", r"\1=CAPS"),
    # Since Linux 6.6 statx leaves out times that nobody asked for.
    (r"^statx\(", r"STATX_TYPE\|STATX_MODE\|STATX_NLINK\|STATX_UID\|STATX_GID\|STATX_ATIME\|STATX_INO"
     r"\|STATX_SIZE\|STATX_BLOCKS", "STATX_BASIC_STATS"),
    # Commands that Linux 6.1, whose calls this kernel has, does not know yet, and those of rseq that
    # this kernel does not have.
    (r"^membarrier\(MEMBARRIER_CMD_QUERY", r"= 0x.*", "= COMMANDS"),
]  # fmt: skip

# Addresses lie elsewhere in every run. Both sides must have one in the same place, in the program's half
# and above the first 64 KiB, and as far from a multiple of 8 (the environment's in execve is on the
# stack of whoever called it).
ADDRESS = re.compile(r"0x([0-9a-f]{5,12})\b")


def run_strace(world, command):
    """strace on Linux, in the world's chroot. Returns (status, lines)."""
    world.renew()
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "trace")
        words = ["strace", "-o", output, "unshare", "--root", world.root, "--wd", "/work",
                 world.find(command), *command.words[1:]]
        process = subprocess.Popen(words, env=world.environment(), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_calmly)
        errors = worlds.finish(process, world.stdin(command))[1]
        with open(output, encoding="utf-8") as file:
            lines = file.read().splitlines()
    starts = [i for i, line in enumerate(lines) if line.startswith("execve(") and line.endswith("= 0")]
    if len(starts) < 2:
        raise OSError(errors.decode(errors="replace"))
    status = process.returncode
    return status if status >= 0 else 128 - status, lines[starts[1] :]


def _calmly():
    """In the child: as the machine has it."""
    os.umask(0o022)
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.RLIM_INFINITY))


def run_here(world, command, remember):
    """`--trace` in a machine with the same root. Returns (status, lines)."""
    result = world.run_here(command, "3", "1", remember, ["--trace", "--log", "0", "--append", "stderr=ttyS0"])
    return result.status, result.lines()


def _own_number(lines):
    """The program's process number, as the C library's first call tells it."""
    for line in lines:
        if match := re.fullmatch(r"set_tid_address\(0x\w+\) += (\d+)", line):
            return match[1]
    return None


def comparable(lines):
    """The lines with all rules applied. The program is process 1 here, and so it is made there."""
    number = _own_number(lines)
    lines = [re.sub(rf"\b{number}\b", "1", line) if number else line for line in lines]
    return list(_without_noise([_simplified(line) for line in lines]))


# In its first 20 ms a machine does not know the rate of its cycle counter yet, and the vDSO asks the kernel,
# which strace on a Linux that has run for long never sees. How many such calls there are depends on how
# fast the host is.
EARLY_CLOCK = re.compile(r"(clock_gettime|gettimeofday|time|clock_getres)\(.*\) += [\dN]")


def without_early_clock(theirs, ours):
    """Our comparable lines without those calls for the time that theirs do not have at the same place."""
    kept = []
    for line in ours:
        at = len(kept)
        if EARLY_CLOCK.match(line) and not (at < len(theirs) and same(theirs[at], line)):
            continue
        kept.append(line)
    return kept


# Files whose contents are no other program's: random bytes, and the places of mappings.
NOISE = re.compile(r'openat\(AT_FDCWD, "(/dev/urandom|/proc/self/maps)", .*\) += (\d+)')


def _without_noise(lines):
    """What comes out of such a file is not compared, nor is how much it is where that is told."""
    noisy = None
    for line in lines:
        if match := NOISE.fullmatch(line):
            noisy = match[2]
        elif noisy and line.startswith(f"close({noisy})"):
            noisy = None
        elif noisy:
            line = re.sub(rf'^read\({noisy}, ".+"(\.\.\., \d+\) += \d+)?', f'read({noisy}, "NOISE"', line)
            line = re.sub(rf'^read\({noisy}, "", \d+', f'read({noisy}, "", N', line)
        yield line


def _simplified(line):
    for which, what, instead in RULES:
        if re.match(which, line):
            line = re.sub(what, instead, line)
    return line


def aligned(line):
    """Whether the result stands where strace puts it: in column 40, or behind one blank."""
    ends = list(re.finditer(r"\)( +)= ", line)) if re.match(r"\w+\(", line) else []
    return not ends or any(len(end[1]) == 1 or end.end(1) == 40 for end in ends)


def same(theirs, ours):
    """Whether two comparable lines are the same but for addresses and the blanks these move."""
    shapes = [re.sub(r"\) += ", ") = ", ADDRESS.sub("ADDRESS", line)) for line in (theirs, ours)]
    if shapes[0] != shapes[1]:
        return False
    pairs = zip(ADDRESS.findall(theirs), ADDRESS.findall(ours))
    return all(a == b or _both_are_places(int(a, 16), int(b, 16)) for a, b in pairs)


def _both_are_places(one, other):
    return min(one, other) >= 0x10000 and one % 8 == other % 8
