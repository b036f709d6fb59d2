# SPDX-License-Identifier: MIT
"""Measures Galette, and Debian's Linux as a guest beside it, and prints the tables.

Called by `make bench`, which builds what is needed. Instructions are counted by QEMU: under
-icount shift=0,sleep=off one tick of the TSC is one guest instruction, so the figures are exact
and the same on every host. Times are of this host and good for ratios only.

Options:
    --full        more repetitions, the long programs with a check of what they print, the search
                  for Linux's least memory
    --only NAME   only one of: micro threads parallel boot door echo memory size programs
"""

import argparse
import functools
import os
import re
import select
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

from workloads import PARALLEL, WORKLOADS

BUILD = "build/bench"
KERNEL = "build/galette"
LINUX = f"{BUILD}/vmlinuz"
MICRO = f"{BUILD}/micro"
THREADS = f"{BUILD}/threads"
LINUX_INIT = f"{BUILD}/linux_init"
SLEEPER = f"{BUILD}/sleeper"
STUB = f"{BUILD}/stub"
HELLO = "build/programs/hello"
HELLO_ASM = "build/programs/hello_asm"
BIG = "build/programs/big50"
ICOUNT = ["-icount", "shift=0,sleep=off", "-rtc", "base=2020-01-01T00:00:00,clock=vm"]
MACHINE = ["-accel", "tcg", "-cpu", "max", "-nodefaults", "-display", "none", "-no-reboot"]
EXIT = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
WORKLOAD_MEMORY = "512M"
QUICK_WORKLOADS = 2
LINUX_WORDS = "console=ttyS0 quiet panic=-1 rdinit=/init"


class Machine:
    """One QEMU with its serial line in a pipe. Always ended when the `with` block is left."""

    def __init__(self, arguments, memory="256M", machine="pc"):
        self.command = ["qemu-system-x86_64", "-M", machine, "-m", memory, *MACHINE,
                        "-serial", "stdio", *arguments]
        self.output = bytearray()

    def __enter__(self):
        self.started = time.monotonic()
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stdin.close()

    def read_until(self, text, seconds):
        """Reads until `text` has come: seconds from the start to it, or None."""
        descriptor = self.process.stdout.fileno()
        while True:
            left = self.started + seconds - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                return None
            piece = os.read(descriptor, 65536)
            if not piece:
                return None
            now = time.monotonic()
            self.output += piece
            if self.output.find(text, max(0, len(self.output) - len(piece) - len(text))) >= 0:
                return now - self.started

    def echo_time(self, key):
        """Seconds from a key typed to its echo; None if there is none within two."""
        descriptor, begun = self.process.stdout.fileno(), time.monotonic()
        os.write(self.process.stdin.fileno(), key)
        while select.select([descriptor], [], [], 2)[0]:
            if key in os.read(descriptor, 65536):
                return time.monotonic() - begun
        return None

    def wait(self, seconds):
        """Reads to the end; whether it came in time."""
        self.read_until(b"\0never\0", seconds)
        try:
            self.process.wait(max(0.1, self.started + seconds - time.monotonic()))
            return True
        except subprocess.TimeoutExpired:
            return False


def galette(program, ring=3, words=""):
    name = os.path.basename(program)
    return ["-kernel", KERNEL, "-initrd", program, "-append", f"init=/{name} ring={ring} {words}",
            *EXIT]


def linux(program, words=""):
    return ["-kernel", LINUX, "-initrd", archive_make(program), "-append", f"{LINUX_WORDS} {words}"]


def archive_make(program, name="init"):
    """A cpio archive (newc) with the program as `name`."""
    path = f"{BUILD}/{os.path.basename(program)}.cpio"
    with open(program, "rb") as file:
        contents = file.read()

    def member(name, mode, data):
        fields = [1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name + b"\0"
        return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)

    with open(path, "wb") as file:
        file.write(member(name.encode(), 0o100755, contents) + member(b"TRAILER!!!", 0, b""))
    return path


# ---- Measurements: each gives a number, or None where there is none --------------------------


def micro_run(arguments, extra, memory):
    """The `bench` lines of one run: {name: (ticks, ns)}, and `boot`: (ticks, None)."""
    with Machine([*arguments, *extra], memory) as machine:
        machine.read_until(b"bench done", 600)
        text = machine.output.decode(errors="replace")
    figures = {name: (float(ticks), float(ns)) for name, ticks, ns in
               re.findall(r"^bench (\w+) (-?[\d.]+) (-?[\d.]+)\r?$", text, re.M)}
    boot = re.search(r"boot (\d+)\r?$", text, re.M)
    if boot:
        figures["boot"] = (float(boot[1]), None)
    return figures


def boot_times(arguments, memory, extra, seconds=600):
    """What the kernel tells with `boottime`, {name: number}, `ms` from QEMU's start to its end
    among them, and what the program printed. Without an end in time: {}."""
    with tempfile.NamedTemporaryFile() as log:
        channel = ["-device", "isa-debugcon,iobase=0xe9,chardev=log", "-chardev",
                   f"file,id=log,path={log.name}"]
        with Machine([*arguments, *channel, *extra], memory) as machine:
            ended = machine.wait(seconds)
            taken = (time.monotonic() - machine.started) * 1000
        line = re.search(rb"boottime: .*", log.read())
        if not ended or not line:
            return {}, machine.output
        figures = {name.decode(): int(value)
                   for name, value in re.findall(rb"(\w+)=(\d+)", line[0])}
        figures["user_ms"] = figures.get("user_ns", 0) / 1e6
        return {**figures, "ms": taken}, machine.output


def entry_to_user(program, ring, memory):
    """Instructions from the kernel's first to the program's first."""
    return boot_times(galette(program, ring, "boottime"), memory, ICOUNT)[0].get("entry_to_user")


def quoted(words):
    return " ".join(f'"{word}"' if " " in word else word for word in words)


def workload_run(workload, words, ring, extra, memory=WORKLOAD_MEMORY, seconds=600):
    """A whole program here: boot_times and its output."""
    line = f"init={words[0]} ring={ring} boottime -- {quoted(words[1:])}"
    arguments = ["-kernel", KERNEL, "-initrd", workload.archive(BUILD), "-append", line, *EXIT]
    return boot_times(arguments, memory, extra, seconds)


def workload_run_linux(workload, extra):
    """The same on Linux, with the times under the same names."""
    root = f"{BUILD}/{workload.name}.linux"
    with open(root, "wb") as file:
        for part in (workload.archive(BUILD), archive_make(LINUX_INIT, "linux_init")):
            with open(part, "rb") as source:
                shutil.copyfileobj(source, file)
    words = f"{LINUX_WORDS.replace('/init', '/linux_init')} -- {quoted(workload.command)}"
    arguments = ["-kernel", LINUX, "-initrd", root, "-append", words, *extra]
    with Machine(arguments, WORKLOAD_MEMORY) as machine:
        ended = machine.wait(600)
        taken = (time.monotonic() - machine.started) * 1000
    os.unlink(root)
    line = re.search(rb"linux_init (\d+) (\d+) (\d+) 0\r?\n", machine.output)
    if not ended or not line:
        return {}
    start, end, user_ns = (int(field) for field in line.groups())
    return {"user_to_end": end - start, "power_on_to_end": end, "ms": taken,
            "user_ms": user_ns / 1e6}


def first_byte(arguments, machine_type, memory="256M", text=b""):
    with Machine(arguments, memory, machine_type) as machine:
        taken = machine.read_until(text, 60)
    return taken * 1000 if taken else None


def door_times(pairs):
    """Medians in ms of the empty stub, of hello, and of a hello without a C library. They run in
    turn, so that what disturbs the host disturbs all alike."""
    commands = [(["-kernel", STUB, *EXIT], b"."), (galette(HELLO), b"Hello"),
                (galette(HELLO_ASM), b"Hello")]
    times = [[] for _ in commands]
    for _ in range(pairs):
        for (arguments, text), taken in zip(commands, times):
            taken.append(first_byte(arguments, "microvm", text=text))
    return [None if None in taken else statistics.median(taken) for taken in times]


def echo_time(arguments, machine_type):
    """Median in microseconds, while the program sleeps."""
    with Machine(arguments, machine=machine_type) as machine:
        if machine.read_until(b"Hello", 60) is None:
            return None
        time.sleep(1)
        times = [machine.echo_time(b"abcdefghij"[i % 10 :][:1]) for i in range(200)]
    return None if None in times else statistics.median(times) * 1e6


def works(arguments, machine_type, memory, seconds, text):
    with Machine(arguments, f"{memory}M", machine_type) as machine:
        return machine.read_until(text, seconds) is not None


def least_memory(machine_type, ring):
    """The least MiB that hello prints its line with, going down from 16 until it fails."""
    best = None
    for memory in range(16, 0, -1):
        if not works(galette(HELLO, ring), machine_type, memory, 10, b"Hello from C"):
            break
        best = memory
    return best


def least_memory_linux():
    """The same by halving, as each boot takes seconds."""
    arguments = linux(HELLO)
    fails, good = 32, 192
    while good - fails > 1:
        middle = (fails + good) // 2
        if works(arguments, "pc", middle, 30, b"Hello from C"):
            good = middle
        else:
            fails = middle
    return good


def host_memory(arguments, machine_type):
    """Resident KiB of the QEMU process half a second after the program's line."""
    with Machine(arguments, "256M", machine_type) as machine:
        if machine.read_until(b"Hello", 60) is None:
            return None
        time.sleep(0.5)
        with open(f"/proc/{machine.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


def file_size(path):
    return os.path.getsize(path) if os.path.exists(path) else None


# ---- Tables -----------------------------------------------------------------------------------


class Report:
    """Prints tables and keeps them for the file."""

    def __init__(self):
        self.lines = []

    def line(self, text=""):
        print(text, flush=True)
        self.lines.append(text)

    def table(self, title, rows, columns):
        self.line()
        self.line(f"{title:<52}" + "".join(f"{column:>16}" for column in columns))
        self.line("-" * (52 + 16 * len(columns)))
        for name, *values in rows:
            self.line(f"{name:<52}" + "".join(f"{self.text(value):>16}" for value in values))

    @staticmethod
    def text(value):
        if value is None:
            return "-"
        if isinstance(value, str):
            return value
        return f"{value:,.1f}" if isinstance(value, float) and value < 1000 else f"{value:,.0f}"

    def save(self):
        with open(f"{BUILD}/results.txt", "w", encoding="utf-8") as file:
            file.write("\n".join(self.lines) + "\n")


HALF = "Linux / 2"
OPERATIONS = [
    ("null system call (getppid)", "getppid", "< 90 / < 50"),
    ("write of 1 byte to the console", "write", ""),
    ("write of 1 byte to /dev/null", "write_null", HALF),
    ("read of 4 KiB from /dev/zero", "read_zero_4k", HALF),
    ("write of 4 KiB to the console", "write_4k", "as Linux"),
    ("a key typed and echoed (TIOCSTI)", "key_echo", "as Linux"),
    ("clock_gettime, by the C library", "clock_gettime", ""),
    ("clock_gettime, by system call", "clock_gettime_call", ""),
    ("sched_yield", "sched_yield", ""),
    ("signal to oneself, with a handler", "signal_self", "< 1,500"),
    ("nanosleep of 1 us", "nanosleep_1us", "as Linux"),
    ("timerfd, armed for now and read", "timerfd_read", "as Linux"),
    ("epoll_wait, one ready of 1,000", "epoll_1_of_1000", "as Linux"),
    ("open + close, three components deep", "open_close", "< 3,500"),
    ("stat, three components deep", "stat", "< 2,500"),
    ("create + write 4 KiB + close + unlink", "create_write_unlink", HALF),
    ("getdents of 1,000 entries", "getdents_1000", HALF),
    ("pipe of 1 byte, there and back", "pipe_1", HALF),
    ("pipe of 64 KiB, there and back", "pipe_64k", HALF),
    ("mmap + munmap of 4 KiB", "mmap_munmap_4k", "< 3,000"),
    ("mmap + touch + munmap of 1 MiB", "mmap_touch_munmap_1m", HALF),
    ("page fault, anonymous", "fault_anonymous", "< 1,500"),
    ("page of a file in memory, by mapping", "fault_file", HALF),
    ("page fault, copy on write", "fault_copy", HALF),
    ("brk up and down", "brk", HALF),
    ("brk up, touch, brk down", "brk_touch", HALF),
    ("memcpy of 1 MiB", "memcpy_1m", "as Linux"),
]


def bench_micro(report, have_linux):
    for title, extra, index in (("Operations, instructions", ICOUNT, 0), ("Operations, ns", [], 1)):
        runs = [micro_run(galette(MICRO, ring), extra, "512M") for ring in (3, 0)]
        runs.append(micro_run(linux(MICRO), extra, "512M") if have_linux else {})
        rows = [(name, *(run.get(key, (None, None))[index] for run in runs), goal if not index else "")
                for name, key, goal in OPERATIONS]
        report.table(title, rows, ["ring 3", "ring 0", "Linux", "goal"])


THREAD_OPERATIONS = [
    ("pthread_create + join", "create_join", "< 10,000"),
    ("mutex, uncontended", "mutex", "as Linux"),
    ("futex, two threads, there and back", "ping_pong", "< 2,000"),
    ("pipe, two threads, there and back", "pipe_ping_pong", "as Linux"),
    ("sched_yield between two threads", "yield_two", "< 400"),
    ("signal to another thread, and its handler", "signal_thread", "as Linux"),
    ("condition broadcast to 64 waiters", "broadcast_64", "as Linux"),
    ("mutex, four threads", "mutex_contended", "as Linux"),
    ("page faults of four threads, per page", "fault_storm", "as Linux"),
    ("malloc + free of four threads", "malloc_storm", "as Linux"),
    ("matrix product, four threads", "matrix", "as Linux"),
]


def bench_threads(report, have_linux):
    """On one processor in instructions; in time on one and on two."""
    kernels = [galette(THREADS, 3), galette(THREADS, 0)] + [linux(THREADS)] * have_linux
    columns = ["ring 3", "ring 0", "Linux", "goal"]

    def rows(runs, index, goals):
        runs = [*runs, *[{}] * (3 - len(runs))]
        return [(name, *(run.get(key, (None, None))[index] for run in runs), goal if goals else "")
                for name, key, goal in THREAD_OPERATIONS]

    report.table("Threads on one processor, instructions",
                 rows([micro_run(kernel, ICOUNT, "512M") for kernel in kernels], 0, True), columns)
    one = [micro_run(kernel, ["-smp", "1"], "512M") for kernel in kernels]
    two = [micro_run(kernel, ["-smp", "2"], "512M") for kernel in kernels]
    report.table("Threads on one processor, ns", rows(one, 1, False), columns)
    report.table("Threads on two processors, ns", rows(two, 1, False), columns)


def bench_boot(report, have_linux):
    rows = []
    for memory, goal in (("256M", "< 120,000"), ("4G", "< 200,000")):
        for name, program in (("1 MB", HELLO), ("50 MB", BIG)):
            guest = None
            if have_linux and program == HELLO:
                guest = micro_run(linux(MICRO), ICOUNT, memory).get("boot", (None,))[0]
            rows.append((f"entry to user, {memory}, program of {name}",
                         *(entry_to_user(program, ring, memory) for ring in (3, 0)), guest, goal))
    report.table("Boot, instructions (Linux: power-on to main)", rows,
                 ["ring 3", "ring 0", "Linux", "goal"])


def bench_door(report, have_linux, full):
    stub, hello, bare = door_times(25 if full else 5)
    guest = first_byte(linux(HELLO), "pc", text=b"Hello") if have_linux else None

    def ratio(taken):
        return f"{taken / stub:.3f}" if stub and taken else None

    report.table("QEMU's start to the first byte of hello, ms (median)",
                 [("empty stub, PVH on microvm", stub, "1.000", ""),
                  ("hello in C with glibc, PVH on microvm", hello, ratio(hello), "<= 1.150"),
                  ("hello in assembler, PVH on microvm", bare, ratio(bare), ""),
                  ("Linux with hello in C, on pc", guest, ratio(guest), "")],
                 ["ms", "ratio to stub", "goal"])


def bench_echo(report, have_linux):
    """QEMU's own way from its standard input to the serial port and back is most of it."""
    rows = [(f"on {machine}", *(echo_time(galette(SLEEPER, ring), machine) for ring in (3, 0)),
             echo_time(linux(SLEEPER), machine) if have_linux and machine == "pc" else None, "as Linux")
            for machine in ("microvm", "pc")]
    report.table("A key typed at the host to its echo there, us (median)", rows,
                 ["ring 3", "ring 0", "Linux", "goal"])


def least_memory_workload(workload, ring):
    """The least MiB in which its output is right, by halving."""
    fails, good = 2, 128
    while good - fails > 1:
        middle = (fails + good) // 2
        if workload.right(workload_run(workload, workload.show, ring, [], f"{middle}M", 60)[1]):
            good = middle
        else:
            fails = middle
    return good


def own_memory(ring, mebibytes):
    """KiB that are not free when the smallest program begins, without the program's file."""
    figures, _ = boot_times(galette(HELLO_ASM, ring, "boottime"), f"{mebibytes}M", [])
    if "free_kib" not in figures:
        return None
    return mebibytes * 1024 - figures["free_kib"] - file_size(HELLO_ASM) // 1024


def bench_memory(report, have_linux, full):
    guest = least_memory_linux() if have_linux and full else None
    rows = [(f"least memory for hello by PVH on {machine}, MiB",
             *(least_memory(machine, ring) for ring in (3, 0)), guest, "4")
            for machine in ("microvm", "pc")]
    rows += [(f"least memory for {workload.title}, MiB",
              *(least_memory_workload(workload, ring) for ring in (3, 0)), None, goal)
             for workload, goal in zip(WORKLOADS, ("40", "16"))]
    rows += [(f"the kernel's own use of {mebibytes:,} MiB, KiB",
              *(own_memory(ring, mebibytes) for ring in (3, 0)), None,
              f"< {2048 + mebibytes * 1024 * 15 // 1000:,}") for mebibytes in (64, 256, 1024, 4096)]
    guest = host_memory(linux(SLEEPER), "pc") if have_linux else None
    rows += [(f"host memory while hello sleeps, {machine}, KiB",
              *(host_memory(galette(SLEEPER, ring), machine) for ring in (3, 0)), guest, "")
             for machine in ("microvm", "pc")]
    report.table("Memory (Linux: on pc)", rows, ["ring 3", "ring 0", "Linux", "goal"])


def matrix_ms(kernel, processors):
    """The row of that name of THREADS, in ms."""
    words = "-- matrix"
    arguments = linux(THREADS, words) if kernel == "Linux" else galette(THREADS, 3, words)
    figures = micro_run(arguments, ["-smp", str(processors)], "512M")
    return figures["matrix"][1] / 1e6 if "matrix" in figures else None


def workload_ms(workload, kernel, processors):
    """From the program's first instruction to its end."""
    extra = ["-smp", str(processors)]
    if kernel == "Linux":
        return workload_run_linux(workload, extra).get("user_ms")
    return workload_run(workload, workload.command, 3, extra)[0].get("user_ms")


def parallel_rows(title, measure, kernels, times):
    """In turn, so that what disturbs the host disturbs all alike; of each the best."""
    cells = [(kernel, processors) for kernel in kernels for processors in (1, 2)]
    runs = [[measure(*cell) for cell in cells] for _ in range(times)]
    figures = [None if None in taken else min(taken) for taken in zip(*runs)] + [None, None]
    gains = [first / second if first and second else None
             for first, second in (figures[:2], figures[2:4])]
    return (title, *figures[:2], gains[0], *figures[2:4], gains[1])


def bench_parallel(report, have_linux, full):
    """How much faster two processors are than one."""
    kernels = ["Galette"] + ["Linux"] * have_linux
    times = 5 if full else 3
    rows = [parallel_rows("matrix product, four threads", matrix_ms, kernels, 2 * times)]
    rows += [parallel_rows(workload.title, functools.partial(workload_ms, workload), kernels, times)
             for workload in PARALLEL]
    report.table("Parallel work in ring 3, ms on one processor and on two", rows,
                 ["one", "two", "speed-up", "Linux: one", "two", "speed-up"])


WORKLOAD_ROWS = [
    (ICOUNT, "power_on_to_end", "{}, instructions"),
    (ICOUNT, "user_to_end", "    from the program's first to its end"),
    ([], "ms", "    ms"),
    ([], "user_ms", "    from the program's first to its end"),
]


def best(runs):
    """The least of each figure, as what disturbs the host only ever makes them larger."""
    return {key: min(figures[key] for figures in runs) for key in runs[0]} if all(runs) else {}


def workload_rows(workload, have_linux, times):
    """Instructions and time, in all and from the program's first instruction. The kernels run in
    turn, so that what disturbs the host disturbs all alike."""
    rows = []
    for extra, count in ((ICOUNT, 1), ([], times)):
        runs = [(workload_run(workload, workload.command, 3, extra)[0],
                 workload_run(workload, workload.command, 0, extra)[0],
                 workload_run_linux(workload, extra) if have_linux else {})
                for _ in range(count)]
        kernels = [best(figures) for figures in zip(*runs)]
        rows += [(title.format(workload.title), *(kernel.get(key) for kernel in kernels))
                 for mode, key, title in WORKLOAD_ROWS if mode == extra]
    return rows


def bench_programs(report, have_linux, full):
    rows, wrong = [], []
    for workload in WORKLOADS if full else WORKLOADS[:QUICK_WORKLOADS]:
        rows += workload_rows(workload, have_linux, 3 if full else 2)
        for ring in (3, 0):
            if full and not workload.right(workload_run(workload, workload.show, ring, [])[1]):
                wrong.append(f"{workload.title} in ring {ring}")
    report.table("Programs, from power-on to the end", rows, ["ring 3", "ring 0", "Linux"])
    if full:
        report.line(f"wrong output: {', '.join(wrong) or 'none'}")


def bench_size(report):
    report.table("Size", [("kernel image, stripped, bytes", file_size(KERNEL), file_size(LINUX),
                           "< 204,800")], ["ours", "Linux", "goal"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true")
    names = ["micro", "threads", "parallel", "boot", "door", "echo", "memory", "size", "programs"]
    parser.add_argument("--only", choices=names)
    options = parser.parse_args()
    have_linux = os.path.exists(LINUX)
    report = Report()
    parts = {
        "size": lambda: bench_size(report),
        "boot": lambda: bench_boot(report, have_linux),
        "door": lambda: bench_door(report, have_linux, options.full),
        "echo": lambda: bench_echo(report, have_linux),
        "memory": lambda: bench_memory(report, have_linux, options.full),
        "micro": lambda: bench_micro(report, have_linux),
        "threads": lambda: bench_threads(report, have_linux),
        "parallel": lambda: bench_parallel(report, have_linux, options.full),
        "programs": lambda: bench_programs(report, have_linux, options.full),
    }
    for name, part in parts.items():
        if options.only in (None, name):
            part()
    if options.only is None:
        report.save()
    return 0


if __name__ == "__main__":
    sys.exit(main())
