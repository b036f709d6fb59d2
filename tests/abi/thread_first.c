/* SPDX-License-Identifier: MIT */
/*
 * The first thread ends before the others: the process goes on, under the first one's number, and what asks
 * about that number is answered as of a thread that has ended and that nobody has waited for.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/threads.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(n) (1UL << ((n)-1))

static int pid;
static long count; /* of threads, with the first one */
static char name[20];
static volatile int handled_by;

static void on_signal(int number)
{
    (void)number;
    handled_by = (int)call(__NR_gettid);
}

static void handle(int number)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(number, &action, NULL);
}

static bool file_has(const char *path, const char *wanted)
{
    static char text[8192];

    return file_read(path, text, sizeof(text)) > 0 && strstr(text, wanted);
}

/* What getdents64(2) gives. */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

/* How many names a directory has, but for . and .., and whether `number` is one of them. */
static int names_count(const char *path, int number, bool *found)
{
    static char buffer[4096] __attribute__((aligned(8)));
    long file = call(__NR_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY), length;
    int count = 0;

    *found = false;
    while ((length = call(__NR_getdents64, file, buffer, sizeof(buffer))) > 0)
        for (long at = 0; at < length; at += ((struct entry *)(buffer + at))->length) {
            const char *name = ((struct entry *)(buffer + at))->name;
            *found |= atoi(name) == number;
            count += name[0] != '.';
        }
    call(__NR_close, file);
    return file < 0 ? (int)file : count;
}

/* ---- What is told of it -----------------------------------------------------------------------*/

static void test_proc(void)
{
    char path[64], line[64], link[200] = "";
    bool found;

    check_result("the state of the first thread", thread_state(pid), 'Z');
    check("/proc/self is its own", file_has("/proc/self/status", "State:\tZ (zombie)\n"));
    check("which has no memory", !file_has("/proc/self/status", "VmSize:"));
    snprintf(line, sizeof(line), "Threads:\t%ld\n", count);
    check("it counts as a thread", file_has("/proc/self/status", line));
    check("/proc/thread-self is another's", file_has("/proc/thread-self/status", "State:\tR"));
    check("which has the memory", file_has("/proc/thread-self/status", "VmSize:"));
    check_result("all are listed", names_count("/proc/self/task", pid, &found) - count, 0);
    check("the first with them", found);
    snprintf(path, sizeof(path), "/proc/self/task/%d/comm", pid);
    check("it keeps its name", file_has(path, name));
    check_result("exe is not to be read", call(__NR_readlink, "/proc/self/exe", link, 199),
                 -ENOENT);
    check("that of another thread is", call(__NR_readlink, "/proc/thread-self/exe", link, 199) > 0);
    check_result("nor is maps", file_read("/proc/self/maps", link, sizeof(link)), 0);
    check("maps of another thread are", file_has("/proc/thread-self/maps", "[heap]") ||
                                            file_has("/proc/thread-self/maps", "r-xp"));
    check_result("cmdline is empty", file_read("/proc/self/cmdline", link, sizeof(link)), 0);
    check("cmdline of another thread is not",
          file_read("/proc/thread-self/cmdline", link, sizeof(link)) > 0);
    check_result("no descriptors", names_count("/proc/self/fd", 0, &found), 0);
    check_result("statm is nothing", file_has("/proc/self/statm", "0 0 0 0 0 0 0\n"), 1);
    check("another thread has them", names_count("/proc/thread-self/fd", 1, &found) > 1 && found);
    check("stat says so", file_has("/proc/self/stat", ") Z "));
}

/* ---- What can be done to it -------------------------------------------------------------------*/

static void test_calls(void)
{
    struct sched_param parameter = {0};
    struct rlimit limit;
    uint64_t set = 0;
    void *list;
    size_t length;
    struct call_case cases[] = {
        {"getpid is the first one's number", __NR_getpid, {0}, pid},
        {"kill that asks", __NR_kill, {pid, 0}, 0},
        {"tgkill that asks", __NR_tgkill, {pid, pid, 0}, 0},
        {"tkill that asks", __NR_tkill, {pid, 0}, 0},
        {"getpgid", __NR_getpgid, {pid}, call(__NR_getpgid, 0)},
        {"getsid", __NR_getsid, {pid}, call(__NR_getsid, 0)},
        {"prlimit", __NR_prlimit64, {pid, RLIMIT_NOFILE, 0, (long)&limit}, 0},
        {"sched_getscheduler", __NR_sched_getscheduler, {pid}, SCHED_OTHER},
        {"sched_getparam", __NR_sched_getparam, {pid, (long)&parameter}, 0},
        {"getpriority", __NR_getpriority, {PRIO_PROCESS, pid}, 20},
        {"its robust list", __NR_get_robust_list, {pid, (long)&list, (long)&length}, 0},
    };

    CHECK_CALLS(cases);
    check("its processors", call(__NR_sched_getaffinity, pid, sizeof(set), &set) == sizeof(set));
}

static void test_signals(void)
{
    uint64_t set = BIT(SIGUSR2), pending = 0;
    int tid = (int)call(__NR_gettid);

    handle(SIGUSR1);
    check_result("kill", call(__NR_kill, pid, SIGUSR1), 0);
    check_result("is handled by one that is there", handled_by - tid, 0);
    handled_by = 0;
    check_result("tgkill of the first", call(__NR_tgkill, pid, pid, SIGUSR1), 0);
    milliseconds_sleep(2);
    check_result("is handled by nobody", handled_by, 0);
    handle(SIGUSR2);
    call(__NR_rt_sigprocmask, SIG_BLOCK, &set, NULL, 8);
    call(__NR_kill, pid, SIGUSR2);
    call(__NR_rt_sigpending, &pending, 8);
    check("one that is blocked waits", pending == BIT(SIGUSR2) && handled_by == 0);
    call(__NR_rt_sigprocmask, SIG_UNBLOCK, &set, NULL, 8);
    check_result("until it is let in", handled_by - tid, 0);
}

static void test_lock(void)
{
    static uint32_t word;

    word = (uint32_t)pid;
    check_result("a lock of the first one's", call(__NR_futex, &word, FUTEX_LOCK_PI_PRIVATE),
                 -ESRCH);
}

static long idler(void *argument)
{
    (void)argument;
    return 0;
}

static void test_threads(void)
{
    struct thread thread;

    check("it can make another thread", thread_begin(&thread, idler, NULL));
    thread_join(&thread);
    thread_wait_count(count);
    check("which comes and goes", thread.own_tid != pid);
}

static long survivor(void *argument)
{
    (void)argument;
    while (thread_state(pid) != 'Z' && thread_state(pid) != 0)
        milliseconds_sleep(1);
    test_proc();
    test_calls();
    test_signals();
    test_lock();
    test_threads();
    call(__NR_exit_group, check_finish());
    return 0;
}

int main(int argc, char **argv)
{
    static struct thread thread;

    (void)argc;
    (void)argv;
    pid = (int)call(__NR_getpid);
    while (thread_count() >
           2) /* ourselves and perhaps the C library's, but none that is about to end */
        milliseconds_sleep(1);
    count = thread_count() + 1;
    call(__NR_prctl, PR_GET_NAME, name);
    thread_begin(&thread, survivor, NULL);
    call(__NR_exit, 5);
    return 1;
}
