/* SPDX-License-Identifier: MIT */
/* Rounds of random calls; rounds.h says more. */
#include "tests/abi/hostile/rounds.h"

#include <dirent.h>
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
#include <time.h>

#include "tests/abi/check.h"
#include "tests/abi/hostile/arguments.h"

#define ROOT_FD 200 /* the root directory; nothing closes it */

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

static void fault_tell(int signal, uint64_t address, uint64_t rip)
{
    char text[100];
    int length = snprintf(text, sizeof(text), "# signal %d at %#lx, from fault_tell%+ld\n", signal,
                          address, (long)(rip - (uint64_t)fault_tell));

    call(__NR_write, 1, text, length);
    call(__NR_exit_group, 100 + signal);
}

static void fault_handle(int signal, siginfo_t *info, void *context)
{
    greg_t *rip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

    if (*rip == (greg_t)touch_read)
        *rip = (greg_t)touch_read_end;
    else if (*rip == (greg_t)touch_write)
        *rip = (greg_t)touch_write_end;
    else if (info->si_code > 0) /* not sent by a call */
        fault_tell(signal, (uint64_t)info->si_addr, (uint64_t)*rip);
}

static void handler_set(int signal, void *handler, unsigned long flags)
{
    const uint64_t action[4] = {(uint64_t)handler, flags | 0x04000000ul, (uint64_t)signal_restorer,
                                0};

    call(__NR_rt_sigaction, signal, action, NULL, 8);
}

/* The calls may have changed what happens with the signals of a fault. */
void memory_touch(void)
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

void round_furnish(void)
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

void round_go_home(void)
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

/* The kernel counts on from round to round: a new timer tells how far. */
static void timers_stop(void)
{
    static const uint64_t zero[4];
    static int first, last;

    for (int which = 0; which < 3; which++)
        call(__NR_setitimer, which, zero, NULL);
    if (call(__NR_timer_create, CLOCK_MONOTONIC, NULL, &last) != 0)
        return;
    for (; first <= last; first++)
        call(__NR_timer_delete, first);
}

void round_clean_up(void)
{
    static const uint64_t none = 0;

    call(__NR_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
    round_go_home();
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

static uint64_t status_kib_of(const char *status, const char *label)
{
    const char *line = strstr(status, label);

    return line ? strtoul(line + strlen(label), NULL, 10) : 0;
}

/* The program touches more of its own pages from round to round, and mlockall all of them. */
static uint64_t memory_own(void)
{
    static char status[4096];
    long fd = call(__NR_open, "/proc/self/status", O_RDONLY);
    long size = call(__NR_read, fd, status, sizeof(status) - 1);

    call(__NR_close, fd);
    status[size > 0 ? size : 0] = '\0';
    return (status_kib_of(status, "\nVmRSS:") + status_kib_of(status, "\nVmPTE:")) << 10;
}

uint64_t memory_free(void)
{
    static struct sysinfo info;
    uint64_t own = memory_own();

    call(__NR_sysinfo, &info);
    return info.freeram * info.mem_unit + own;
}

bool machine_is_ours(void)
{
    return kernel_is("Galette") && call(__NR_getpid) == 1;
}

void rounds_begin(uint64_t seed)
{
    arguments_begin(seed);
    call(__NR_dup2, call(__NR_open, "/", O_RDONLY | O_DIRECTORY), ROOT_FD);
}
