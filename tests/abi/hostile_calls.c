/* SPDX-License-Identifier: MIT */
/*
 * A million system calls with random and half-valid arguments do not hurt the kernel.
 *
 *     hostile_calls [SEED [COUNT [verbose|each]]]
 *
 * Every call that syscall/syscalls.def has a body for is made, with arguments for the kinds that
 * stand there, so that a new call is tried from its first day; hostile/arguments.c makes them and
 * hostile/tame.c keeps the program alive. Between the calls it touches memory that they mapped, and
 * signals come to handlers. In rounds: each begins with descriptors of all kinds and a few files, and
 * ends with everything closed, removed and unmapped; then as much memory must be free as after the
 * rounds before. The same seed makes the same calls. `verbose` tells of every round and of calls that
 * took long, `each` of every call before it is made; with a COUNT of 0 it goes on for ever.
 *
 * It wants a machine of its own: files are removed all over the root. Where it is not process 1, or
 * the kernel is Linux, it does nothing. For ring 3: in ring 0 the memory that it touches could be
 * the kernel's.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/ucontext.h>
#include <sys/utsname.h>
#include <dirent.h>

#include "tests/abi/check.h"
#include "tests/abi/hostile/arguments.h"

#define ROUND      4000      /* calls between two cleanings */
#define ROOT_FD    200       /* the root directory; nothing closes it */
#define SLACK      (1 << 20) /* how much free memory may differ between rounds */
#define TIMERS     500       /* more than a round makes */
#define SLOW_TICKS (1ul << 30)

struct call_line {
    short number;
    const char *name;
    unsigned char kinds[SYSCALL_ARGUMENTS];
};

#define ARG(kind, type, name) ARG_##kind
#define NOARG                 ARG_NONE
#define SYSCALL(number, name, status, group, result, remark, count, ...) \
    {number, #name, {__VA_ARGS__}},
#define NOSYS(number, name)
#define GAP(first, last)
static const struct call_line calls[] = {
#include "syscall/syscalls.def"
};

static bool verbose, each;
static unsigned made_of[ARRAY_LENGTH(calls)], good_of[ARRAY_LENGTH(calls)];

/* --- Touching memory --- */

/* A read or a write of one byte at rdi; the handler of the fault goes on behind it. */
extern void touch_read(uint64_t address), touch_write(uint64_t address);
extern char touch_read_end[], touch_write_end[];
__asm__(".globl signal_restorer, signal_nothing\n"
        "touch_read: movb (%rdi), %al\n"
        "touch_read_end: ret\n"
        "touch_write: movb $0x55, (%rdi)\n"
        "touch_write_end: ret\n"
        "signal_restorer: movl $15, %eax\n"
        "syscall\n"
        "signal_nothing: ret\n");

static void fault_handle(int signal, siginfo_t *info, void *context)
{
    greg_t *rip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

    if (*rip == (greg_t)touch_read)
        *rip = (greg_t)touch_read_end;
    else if (*rip == (greg_t)touch_write)
        *rip = (greg_t)touch_write_end;
    else if (info->si_code > 0) /* not sent by a call */
        call(__NR_exit_group, 100 + signal);
}

static void handler_set(int signal, void *handler, unsigned long flags)
{
    const uint64_t action[4] = {(uint64_t)handler, flags | 0x04000000ul, (uint64_t)signal_restorer,
                                0};

    call(__NR_rt_sigaction, signal, action, NULL, 8);
}

/* The calls may have changed what happens with the signals of a fault. */
static void memory_touch(void)
{
    static const uint64_t none = 0;

    call(__NR_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
    handler_set(SIGSEGV, fault_handle, SA_SIGINFO);
    handler_set(SIGBUS, fault_handle, SA_SIGINFO);
    for (int i = 0; i < 8; i++) {
        if (random_below(2))
            touch_read(arena_byte());
        else
            touch_write(arena_byte());
    }
}

/* --- A round --- */

static void furnish_files(void)
{
    static const char *const files[] = {"a", "b", "c", "dir/in", "dir/a"};
    static const char *const kinds[] = {"a",
                                        "b",
                                        "/dev/null",
                                        "/dev/zero",
                                        "/proc/self/maps",
                                        "/proc/self/status",
                                        "c",
                                        "/dev/full",
                                        "/dev/urandom",
                                        "/proc/self/comm",
                                        "/sys/devices/system/cpu/online"};

    call(__NR_mkdir, "/tmp", 0777);
    call(__NR_chdir, "/tmp");
    call(__NR_mkdir, "dir", 0777);
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        long fd = call(__NR_open, files[i], O_CREAT | O_RDWR, 0666);
        call(__NR_pwrite64, fd, files, 5000, i * 3000);
        if (i % 2)
            call(__NR_close, fd);
    }
    call(__NR_symlink, "a", "link");
    call(__NR_symlink, "loop", "loop");
    call(__NR_mknod, "pipe", S_IFIFO | 0666, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        fd_remember(FD_FILE, call(__NR_open, kinds[i], i % 3 ? O_RDWR : O_RDONLY));
    fd_remember(FD_DIRECTORY, call(__NR_open, "dir", O_RDONLY | O_DIRECTORY));
    fd_remember(FD_DIRECTORY, call(__NR_open, "/tmp", O_RDONLY));
    fd_remember(FD_DIRECTORY, call(__NR_open, "/proc/self/fd", O_RDONLY | O_DIRECTORY));
    call(__NR_open, "/", O_RDONLY);
    call(__NR_open, "a", O_PATH);
    call(__NR_open, "link", O_PATH | O_NOFOLLOW);
    call(__NR_open, "dir", O_PATH);
    call(__NR_open, "pipe", O_RDWR | O_NONBLOCK);
    call(__NR_open, "/tmp", O_RDWR | O_TMPFILE, 0600);
}

static void furnish(void)
{
    static int fds[2];

    fds_forget();
    furnish_files();
    for (int i = 0; i < 2; i++) {
        call(__NR_pipe2, fds, O_NONBLOCK);
        fd_remember(FD_PIPE, fds[0]);
        fd_remember(FD_PIPE, fds[1]);
        call(__NR_write, fds[1], "some bytes", 10);
        call(__NR_eventfd2, i, O_NONBLOCK);
        fd_remember(FD_EPOLL, call(__NR_epoll_create1, 0));
        fd_remember(FD_INOTIFY, call(__NR_inotify_init1, O_NONBLOCK));
        fd_remember(FD_FILE, call(__NR_memfd_create, "memory", 2 * i));
    }
    for (int signal = 1; signal < 65; signal++)
        handler_set(signal, signal_nothing, 0);
}

static void limits_restore(void)
{
    static const struct rlimit64 everything = {RLIM_INFINITY, RLIM_INFINITY};
    static const struct rlimit64 open_files = {FD_COUNT, 4096};

    for (int resource = 0; resource < RLIM_NLIMITS; resource++)
        call(__NR_prlimit64, 0, resource, resource == RLIMIT_NOFILE ? &open_files : &everything,
             NULL);
}

/* Where the names lead somewhere, and nothing is forbidden. */
static void go_home(void)
{
    limits_restore();
    call(__NR_fchdir, ROOT_FD);
    call(__NR_chroot, ".");
    call(__NR_chdir, "/tmp");
}

/* The first entry of the directory that the program is in, after those that cannot be removed. */
static bool entry_remove_any(void)
{
    static char entries[4096];
    bool removed = false, entered = false;
    long fd = call(__NR_open, ".", O_RDONLY | O_DIRECTORY);
    long size;

    while (!removed && !entered &&
           (size = call(__NR_getdents64, fd, entries, sizeof(entries))) > 0) {
        for (long at = 0; at < size && !entered;) {
            struct dirent64 *entry = (struct dirent64 *)(entries + at);

            at += entry->d_reclen;
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                continue;
            if (call(__NR_unlink, entry->d_name) == 0 || call(__NR_rmdir, entry->d_name) == 0)
                removed = true;
            else if (call(__NR_rmdir, entry->d_name) == -ENOTEMPTY)
                entered = call(__NR_chdir, entry->d_name) == 0;
        }
    }
    call(__NR_close, fd);
    return removed || entered;
}

/* Empties the directory; goes in and out instead of recursing, since it may be deep. */
static void tree_remove(const char *path)
{
    static struct stat top, here;

    call(__NR_chdir, path);
    call(__NR_stat, ".", &top);
    for (int steps = 0; steps < 100000; steps++) {
        if (entry_remove_any())
            continue;
        call(__NR_stat, ".", &here);
        if ((here.st_ino == top.st_ino && here.st_dev == top.st_dev) || call(__NR_chdir, ".."))
            return;
    }
}

static void timers_stop(void)
{
    static const uint64_t zero[4];

    for (int which = 0; which < 3; which++)
        call(__NR_setitimer, which, zero, NULL);
    for (int id = 0; id < TIMERS; id++)
        call(__NR_timer_delete, id);
}

static void clean_up(void)
{
    static const uint64_t none = 0;

    call(__NR_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
    go_home();
    timers_stop();
    call(__NR_umask, 022);
    call(__NR_close_range, FD_FIRST, ROOT_FD - 1, 0);
    call(__NR_close_range, ROOT_FD + 1, ~0u, 0);
    call(__NR_munlockall);
    break_restore();
    call(__NR_mmap, arena_start(), ARENA_SIZE, PROT_READ | PROT_WRITE,
         MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    tree_remove("/dev/shm");
    tree_remove("/");
}

static uint64_t memory_free(void)
{
    static struct sysinfo info;

    call(__NR_sysinfo, &info);
    return info.freeram * info.mem_unit;
}

/* --- The calls --- */

static uint64_t ticks(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

static void call_tell(const struct call_line *line, const uint64_t *a, long result, uint64_t time)
{
    static char text[300];
    int length = snprintf(text, sizeof(text),
                          "# %lu M ticks: %s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx) = %ld\n",
                          time >> 20, line->name, a[0], a[1], a[2], a[3], a[4], a[5], result);

    call(__NR_write, 1, text, length);
}

/* A mapping that the kernel has placed would stay for ever. */
static void mapping_forget(long number, long result, uint64_t length)
{
    if ((number == __NR_mmap || number == __NR_mremap) && result > 0 &&
        !arena_contains((uint64_t)result))
        call(__NR_munmap, result, length);
}

static void call_make(void)
{
    const struct call_line *line = &calls[random_below(ARRAY_LENGTH(calls))];
    uint64_t a[SYSCALL_ARGUMENTS], before;
    long result;

    for (int i = 0; i < SYSCALL_ARGUMENTS; i++)
        a[i] = argument_make((enum argument_kind)line->kinds[i], i);
    if (random_below(8))
        arguments_guide(line->number, a);
    if (!arguments_tame(line->number, a))
        return;
    if (each)
        call_tell(line, a, 0, 0);
    before = verbose ? ticks() : 0;
    result = call(line->number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (verbose && ticks() - before > SLOW_TICKS)
        call_tell(line, a, result, ticks() - before);
    made_of[line - calls]++;
    good_of[line - calls] += result >= 0 || result < -4095;
    mapping_forget(line->number, result, line->number == __NR_mmap ? a[1] : a[2]);
}

static void round_tell(unsigned long made, uint64_t free)
{
    static char text[100];
    int length = snprintf(text, sizeof(text), "# %lu calls, %lu KiB free\n", made, free >> 10);

    if (verbose)
        call(__NR_write, 1, text, length);
}

/* How often each call was made and succeeded: one that never does is tried badly. */
static void calls_tell(void)
{
    static char text[100];

    for (size_t i = 0; verbose && i < ARRAY_LENGTH(calls); i++) {
        int length =
            snprintf(text, sizeof(text), "# %s: %u of %u\n", calls[i].name, good_of[i], made_of[i]);
        call(__NR_write, 1, text, length);
    }
}

static bool machine_is_ours(void)
{
    struct utsname name;

    return call(__NR_uname, &name) == 0 && strstr(name.version, "Galette") &&
           call(__NR_getpid) == 1;
}

int main(int argc, char **argv)
{
    unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 0) : 200000;
    uint64_t usual = 0, free = 0;

    verbose = argc > 3;
    each = verbose && strcmp(argv[3], "each") == 0;
    if (machine_is_ours()) {
        arguments_begin(argc > 1 ? strtoul(argv[1], NULL, 0) : 1);
        call(__NR_dup2, call(__NR_open, "/", O_RDONLY | O_DIRECTORY), ROOT_FD);
        for (unsigned long made = 0; count == 0 || made < count; made++) {
            if (made % ROUND == 0)
                furnish();
            call_make();
            if (random_below(16) == 0)
                memory_touch();
            if (made % 64 == 0)
                go_home();
            if (made % ROUND == ROUND - 1) {
                clean_up();
                free = memory_free();
                round_tell(made + 1, free);
                usual = usual ? usual : free;
            }
        }
    }
    calls_tell();
    check("hostile_calls", true);
    check("memory is free again", free + SLACK >= usual);
    /* Not by way of the C library's exit: the calls may have changed what it depends on. */
    return (int)call(__NR_exit_group, check_finish());
}
