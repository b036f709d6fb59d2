# SPDX-License-Identifier: MIT
"""GDB in batch mode, and the program as the kernel keeps it: the commands of tools/gdb/galette_gdb, stops at
system calls, and backtraces out of the kernel into the program."""

import re
import subprocess

import pytest

import machines

RINGS = ("3", "0")

PROGRAM = r"""
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static volatile int alarms;
static char text[16384];

static void on_alarm(int signal) { (void)signal; alarms = 1; }

__attribute__((noinline)) static void spin(void)
{
    alarms = 0;
    while (!alarms)
        ;
}

__attribute__((noinline)) static void touch(void)
{
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    page[5] = 1;
}

__attribute__((noinline)) static int wait_for_nothing(int fd) { return read(fd, text, 1) + alarms; }

int main(void)
{
    int fds[2], maps;
    signal(SIGALRM, on_alarm);
    signal(SIGPIPE, SIG_IGN);
    touch();
    setitimer(ITIMER_REAL, &(struct itimerval){{.tv_usec = 20000}, {.tv_usec = 20000}}, NULL);
    spin();
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    prctl(PR_SET_NAME, "slee\033per");
    pipe(fds);
    open("/etc/..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    maps = open("/proc/self/maps", O_RDONLY);
    write(1, text, read(maps, text, sizeof(text)));
    syscall(SYS_pivot_root, "a", "b");
    syscall(SYS_vfork);
    return wait_for_nothing(fds[0]);
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The program above."""
    folder = tmp_path_factory.mktemp("debug")
    (folder / "user.c").write_text(PROGRAM)
    subprocess.run(["gcc", "-w", "-g", "-O1", "-o", folder / "user", folder / "user.c"], check=True)
    return folder / "user"


def gdb(tmp_path, script, *words, seconds=100):
    """What GDB and the program say when GDB works through a script."""
    file = tmp_path / "script.gdb"
    file.write_text(script)
    done = subprocess.run([machines.TOOL, "debug", "--batch", "-b", "microvm", "--timeout", str(seconds), "-x",
                           str(file), *map(str, words)], capture_output=True, text=True, check=False,
                          timeout=seconds + 15, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


def part(text, name):
    """What a script has printed between two `echo`es."""
    return text.partition(f"<{name}>\n")[2].partition(f"</{name}>")[0]


def section(*commands, name):
    """GDB commands whose output can be found."""
    return "\n".join([f"echo <{name}>\\n", *commands, f"echo </{name}>\\n", ""])


STOPS = f"""
break main
continue
tbreak arch_upcall_user_fault if address % 4096 == 5
continue
{section("backtrace", name="fault")}
tbreak spin
continue
tbreak irq_dispatch
continue
{section("backtrace", name="interrupt")}
galette break openat if path == "/proc/self/maps"
galette break vfork
galette tbreak read if fd == 3 and count == 1
continue
{section("backtrace", name="call")}
continue
continue
delete
break cpu_idle
continue
{section("info threads", name="brief")}
{section("galette bt 1", name="thread")}
{section("galette status", name="status")}
{section("galette files", name="files")}
{section("galette signals", name="signals")}
{section("galette mappings", name="mappings")}
{section("galette mappings &alarms", name="mapping")}
{section("galette page-tables &alarms", name="tables")}
{section("info galette", name="all")}
{section("backtrace", name="idle")}
set var $process = (struct process *)'kernel/proc/exec.c'::first_process
set var $process->space.vmas.node->left = $process->space.vmas.node
set var $process->files.chunks[0].files[1] = 16
python import galette_gdb.kernel
python thread = int(galette_gdb.kernel.threads()[0].thread.address)
python gdb.execute("set var ((struct thread *)%d)->arch.stack_pointer = 8" % thread)
{section("info galette", name="spoiled")}
"""


@pytest.mark.parametrize("ring", RINGS)
def test_program_as_the_kernel_keeps_it(tmp_path, program, ring):
    text = gdb(tmp_path, STOPS, "-r", ring, program, "one", "two words")
    # From a page fault and an interrupt, out of the kernel, into the program.
    assert re.search(r"arch_upcall_user_fault[^$]*trap_dispatch <page fault>.*\n.* touch \(.*\n.* main \(",
                     part(text, "fault")), text
    assert re.search(r"irq_dispatch[^$]*trap_dispatch <interrupt \d+>.*\n.* spin \(.*\n.* main \(",
                     part(text, "interrupt")), text
    # From a system call that was chosen by name and arguments.
    assert '\nopenat(AT_FDCWD, "/proc/self/maps", O_RDONLY)\n' in text
    assert '"/etc/.."' not in text.partition("<call>")[0]
    assert re.search(rf"#0  sys_openat .*\n.* syscall_entry_ring{ring} \(.*\n(.*open.*\n)+.* main \(",
                     part(text, "call")), text
    assert re.search(r"\nread\(3, 0x[0-9a-f]+, 1\)\n", text), text
    # One that the kernel does not have.
    assert re.search(r"\nvfork\([^)]*\)\n\n.* hit Breakpoint|\nvfork\([^)]*\)\n\nBreakpoint", text), text
    # A thread that sleeps.
    brief = part(text, "brief")
    assert re.search(r"^\* 1 .*CPU#0", brief, re.M), text
    assert re.search(r"^ +1  slee\\033per +sleeps +read\(3, 0x[0-9a-f]+, 1\) in pipe_", brief, re.M), text
    assert re.search(rf" context_switch_stacks[^$]*pipe_read[^$]*syscall_entry_ring{ring} [^$]* wait_for_nothing \(.*\n"
                     r".* main \(", part(text, "thread")), text
    # Process, files, signals.
    status = part(text, "status")
    assert "process    1, ring " + ring in status and '" "one" "two words"' in status, text
    assert re.search(r"^program +/.*/user$", status, re.M) and "directory  /\n" in status
    files = part(text, "files")
    for line in (r"   1 +0  O_RDWR +/dev/console", r"   3 +0  O_RDONLY +pipe", r"   4 +0  O_WRONLY +pipe",
                 r"   5 +0  O_RDONLY\|O_DIRECTORY\|O_CLOEXEC +/", r"   6 +[1-9]\d+  O_RDONLY +/proc/1/maps"):
        assert re.search(f"^{line}$", files, re.M), text
    signals = part(text, "signals")
    assert "wait: USR1;  blocked: USR1" in signals
    assert re.search(r"^SIGALRM +handler 0x[0-9a-f]+ on_alarm, ", signals, re.M), text
    assert re.search(r"^ignored +PIPE$", signals, re.M)
    # The mappings are those that the program saw, to the byte, and the one asked for is one of them.
    mappings = part(text, "mappings")
    assert mappings.count("\n") > 10 and mappings in text.partition("<brief>")[0], text
    assert part(text, "mapping") in mappings and part(text, "mapping").count("\n") == 1
    assert part(text, "tables").count("present, writable") == 4 and "level 1  0x" in part(text, "tables")
    # All at once; and the processor has its own registers again.
    for name in ("status", "files", "signals", "mappings"):
        assert part(text, name) in part(text, "all")
    assert "#0  cpu_idle" in part(text, "idle") and "kernel_main" in part(text, "idle")
    # Spoiled structures end no walk but their own.
    spoiled = part(text, "spoiled")
    assert "galette mappings: a tree is spoiled at 0x" in spoiled, text
    assert re.search(r"^   1 +\?  \? +Cannot access memory at address 0x", spoiled, re.M), text
    assert "its saved stack pointer 0x8 is not on its stack" in spoiled, text
    assert "/proc/1/maps" in spoiled and "wait: USR1" in spoiled


THREADS = r"""
#define _GNU_SOURCE
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile int stop, there;

__attribute__((noinline)) static void spin(void) { while (!stop) ; }
__attribute__((noinline)) static void wait_for_mutex(void) { pthread_mutex_lock(&mutex); }
__attribute__((noinline)) static void all_are_there(void) { __asm__ volatile(""); }

static void *waiter(void *name)
{
    pthread_setname_np(pthread_self(), name);
    __atomic_or_fetch(&there, 1, __ATOMIC_SEQ_CST);
    wait_for_mutex();
    return NULL;
}

static void *spinner(void *name)
{
    pthread_setname_np(pthread_self(), name);
    __atomic_or_fetch(&there, 2, __ATOMIC_SEQ_CST);
    spin();
    return NULL;
}

int main(void)
{
    pthread_t thread;
    pthread_mutex_lock(&mutex);
    pthread_create(&thread, NULL, waiter, "who waits");
    pthread_create(&thread, NULL, spinner, "who spins");
    do
        usleep(200000);
    while (there != 3);
    for (volatile int i = 0; i < 3000000; i++) ; /* what woke us interrupts nobody any more */
    all_are_there();
    return 0;
}
"""


@pytest.mark.parametrize("ring,processors", (("3", "2"), ("0", "2"), ("3", "1")))
def test_threads_by_name(tmp_path, ring, processors):
    """`info threads` shows them all, and each has its backtrace, whether it runs, sleeps or waits its turn."""
    (tmp_path / "threads.c").write_text(THREADS)
    subprocess.run(["gcc", "-w", "-g", "-O1", "-pthread", "-o", tmp_path / "threads", tmp_path / "threads.c"],
                   check=True)
    script = ("break main\ncontinue\nbreak all_are_there\ncontinue\n" + section("info threads", name="brief")
              + section("galette threads", name="full") + section("backtrace", name="main")
              + section("galette bt 2", name="two"))
    text = gdb(tmp_path, script, "-r", ring, "-c", processors, tmp_path / "threads")
    brief = part(text, "brief")
    assert len(re.findall(r"^[* ] \d +CPU#", brief, re.M)) == int(processors), text
    assert re.search(r"^ +1  threads +runs on \d +all_are_there$", brief, re.M), text
    assert re.search(r"^ +2  who waits +sleeps +futex\(.*\) in \w*futex", brief, re.M), text
    where = r"runs on \d +spin" if processors == "2" else "ready +spin"
    assert re.search(rf"^ +3  who spins +{where}$", brief, re.M), text
    full = part(text, "full")
    assert re.search(r" who waits [^$]*futex[^$]* syscall_entry[^$]* wait_for_mutex \(.*\n.* waiter \([^$]*start_thread[^$]*"
                     r" who spins [^$]*spin \(.*\n.* spinner \([^$]*start_thread", full), text
    assert "who spins" not in part(text, "two") and " wait_for_mutex (" in part(text, "two")
    assert re.match(r"#0  all_are_there .*\n#1 .* main \(", part(text, "main")), text


STEPS = """
break main
continue
delete
break write
continue
delete
python
def functions():
    frame, found = gdb.newest_frame(), []
    while frame and len(found) < 60:
        found.append(frame.name() or hex(frame.pc()))
        frame = frame.older()
    return found
steps, lost = 0, []
for steps in range(5000):
    gdb.execute("stepi", to_string=True)
    found = functions()
    if "main" not in found:
        lost.append(found)
    if found[0] == "write" and steps > 10:
        break
print("steps", steps, "lost", lost)
end
kill
"""


@pytest.mark.parametrize("ring", RINGS)
@pytest.mark.parametrize("trace", ((), ("--trace=%memory",)))
def test_backtrace_from_every_instruction_of_a_call(tmp_path, ring, trace):
    """All the way in and out, the program's main is at the end; but for two instructions of the entry."""
    text = gdb(tmp_path, STEPS, "-r", ring, *trace, "hello")
    steps, lost = re.search(r"^steps (\d+) lost (.*)$", text, re.M).groups()
    entry = f"syscall_{'traced' if trace else 'entry'}_ring{ring}.on_kernel_stack"
    assert int(steps) > 100 and eval(lost) == [[entry]] * 2, text


def test_commands_say_what_is_wrong(tmp_path):
    text = gdb(tmp_path, "\n".join((
        "galette status", "python", "for words in ('break nosuch', 'break', 'break read if fd ==', 'bt 9'):",
        "    try:", "        gdb.execute('galette ' + words)", "    except gdb.error as error:",
        "        print(error)", "end", "")), "hello")
    for line in ("galette status: there is no program yet", "there is no system call nosuch",
                 "galette break NAME [if CONDITION]", "invalid syntax: fd ==",
                 "galette bt: there is no program yet"):
        assert line in text, text
