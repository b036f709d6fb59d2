/* SPDX-License-Identifier: MIT */
/*
 * What keeps the calls of tests/abi/hostile_calls.c from ending the program, stopping it for ever,
 * or taking away what it needs. Everything else is the kernel's business.
 */
#include "tests/abi/hostile/arguments.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "tests/abi/check.h"

#define SEND_MAX     (4ul << 20)
#define NUMBER_MSEAL 462 /* <asm/unistd.h> since Linux 6.10 */

/* What ends, stops, replaces or multiplies the program, waits without a limit, or takes away its
 * rights. */
static const short excluded[] = {
    __NR_exit,
    __NR_exit_group,
    __NR_rt_sigreturn,
    __NR_pause,
    __NR_rt_sigsuspend,
    __NR_clone,
    __NR_clone3,
    __NR_fork,
    __NR_vfork,
    __NR_execve,
    __NR_execveat,
    __NR_ptrace,
    __NR_seccomp,
    __NR_reboot,
    __NR_setuid,
    __NR_setgid,
    __NR_setreuid,
    __NR_setregid,
    __NR_setresuid,
    __NR_setresgid,
    __NR_setfsuid,
    __NR_setfsgid,
    __NR_capset,
    __NR_setgroups,
    __NR_mount,
    __NR_umount2,
    __NR_pivot_root,
    __NR_unshare,
    __NR_setns,
    __NR_syslog,
    __NR_modify_ldt,
    __NR_pkey_mprotect,
    __NR_shmat,
    __NR_iopl,
    __NR_ioperm,
    __NR_wait4,
    __NR_waitid,
    __NR_futex_waitv,
    __NR_vhangup,
    __NR_restart_syscall,
    NUMBER_MSEAL, /* what is sealed cannot be unmapped any more */
    /* Without a flag that says not to wait: creat of a fifo waits for a reader. */
    __NR_pipe,
    __NR_eventfd,
    __NR_inotify_init,
    __NR_signalfd,
    __NR_creat,
};

static bool number_excluded(long number)
{
    for (size_t i = 0; i < ARRAY_LENGTH(excluded); i++) {
        if (excluded[i] == number)
            return true;
    }
    return false;
}

/* The descriptors stay such that nothing waits on them. */
static bool tame_descriptors(long number, uint64_t *a)
{
    switch (number) {
    case __NR_open:
    case __NR_pipe2:
    case __NR_socketpair:
    case __NR_eventfd2:
    case __NR_timerfd_create:
        a[1] |= O_NONBLOCK;
        return true;
    case __NR_inotify_init1:
        a[0] |= O_NONBLOCK;
        return true;
    case __NR_openat:
        a[2] |= O_NONBLOCK;
        return true;
    case __NR_signalfd4:
        a[3] |= O_NONBLOCK;
        return true;
    case __NR_close_range:
        a[0] = FD_FIRST + random_below(FD_COUNT);
        a[1] = random_below(64) ? a[0] + random_below(3) : random_below(FD_COUNT);
        return true;
    case __NR_fcntl:
        if ((uint32_t)a[1] == F_SETFL)
            a[2] |= O_NONBLOCK;
        return (uint32_t)a[1] != F_SETLKW && (uint32_t)a[1] != F_OFD_SETLKW;
    case __NR_ioctl:
        return (uint32_t)a[1] != FIONBIO;
    case __NR_flock:
        a[1] |= LOCK_NB;
        return true;
    case __NR_tee:
    case __NR_vmsplice:
        a[3] |= SPLICE_F_NONBLOCK;
        return true;
    case __NR_splice:
        a[5] |= SPLICE_F_NONBLOCK;
        return true;
    case __NR_sendfile: /* two GiB of random numbers take their time, and a file can fill memory */
        a[3] %= SEND_MAX;
        return true;
    case __NR_copy_file_range:
        a[4] %= SEND_MAX;
        return true;
    case __NR_fallocate:
        a[3] = a[3] < 1ul << 40 ? a[3] % SEND_MAX : a[3];
        return true;
    default:
        return true;
    }
}

static bool tame_openat2(uint64_t *a)
{
    static struct open_how hows[HOSTILE_THREADS + 1];
    struct open_how how;

    how.flags = argument_make(ARG_FLAGS_OPEN, 2) | O_NONBLOCK;
    how.mode = how.flags & (O_CREAT | O_TMPFILE) ? random_below(01000) : random_below(2);
    how.resolve = random_below(2) ? 0 : random_below(64);
    hows[hostile_thread()] = how;
    if (random_below(4))
        a[2] = (uint64_t)&hows[hostile_thread()];
    else
        a[2] |= 1ul << 63;
    a[3] = random_below(16) ? sizeof(how) : random_number();
    return true;
}

/* The handler of a fault could not tell a made-up one from a real one. */
static bool ends_program(uint32_t signal)
{
    return signal == SIGKILL || signal == SIGSTOP || signal == SIGSEGV || signal == SIGBUS;
}

static bool futex_waits(uint64_t operation)
{
    uint32_t command = operation & 127;

    return command != FUTEX_WAKE && command != FUTEX_WAKE_BITSET && command != FUTEX_REQUEUE &&
           command != FUTEX_CMP_REQUEUE && command != FUTEX_WAKE_OP &&
           command != FUTEX_CMP_REQUEUE_PI;
}

/* Makes a set of signals one without HOSTILE_NUDGE. */
static bool never_blocks(uint64_t *a)
{
    static uint64_t sets[HOSTILE_THREADS + 1];
    uint64_t *set = &sets[hostile_thread()];

    *set = random_number() & ~(1UL << (HOSTILE_NUDGE - 1));
    a[1] = (uint64_t)set;
    return true;
}

/* Waits end after a moment; signals do not end the program. */
static bool tame_waits(long number, uint64_t *a)
{
    switch (number) {
    case __NR_poll:
        a[2] = random_below(64) == 0;
        return true;
    case __NR_epoll_wait:
    case __NR_epoll_pwait:
        a[3] = random_below(64) == 0;
        return true;
    case __NR_clock_nanosleep: /* processor time stands still in a sleep */
        if ((int32_t)a[0] == CLOCK_PROCESS_CPUTIME_ID || (int32_t)a[0] == CLOCK_THREAD_CPUTIME_ID ||
            (int32_t)a[0] < 0)
            a[0] = CLOCK_MONOTONIC;
        return true;
    case __NR_kill:
    case __NR_tkill:
        return (uint32_t)a[1] != SIGKILL && (uint32_t)a[1] != SIGSTOP;
    case __NR_tgkill:
        return (uint32_t)a[2] != SIGKILL && (uint32_t)a[2] != SIGSTOP;
    case __NR_rt_sigqueueinfo:
        return !ends_program((uint32_t)a[1]);
    case __NR_rt_tgsigqueueinfo:
        return !ends_program((uint32_t)a[2]);
    case __NR_pidfd_send_signal:
        return false;
    case __NR_futex: /* what says how long to wait, elsewhere a number */
        if (futex_waits(a[1]))
            a[3] = argument_make(ARG_FUTEX_TIMEOUT, 3);
        return true;
    case __NR_rt_sigaction: /* another thread may be touching memory */
        return hostile_thread() == 0 || !ends_program((uint32_t)a[0]);
    case __NR_rt_sigprocmask: /* whoever waits too long can be told */
        return hostile_thread() == 0 || a[1] == 0 || never_blocks(a);
    default:
        return true;
    }
}

/* Mappings with a given address stay in the arena. */
static bool tame_memory(long number, uint64_t *a)
{
    switch (number) {
    case __NR_mmap:
        a[0] = arena_address();
        a[1] = arena_length(a[0]);
        a[3] |= random_below(8) ? MAP_FIXED : MAP_FIXED_NOREPLACE;
        if (random_below(16) == 0)
            a[3] &= ~(uint64_t)(MAP_FIXED | MAP_FIXED_NOREPLACE);
        if (a[1] > (1 << 20))
            a[3] &= ~(uint64_t)(MAP_POPULATE | MAP_LOCKED);
        if (random_below(4) && a[5] < (1 << 24))
            a[5] &= -PAGE;
        return true;
    case __NR_mremap:
        a[0] = arena_address();
        a[1] = arena_length(a[0]);
        a[4] = arena_address();
        a[2] = a[3] & MREMAP_FIXED ? arena_length(a[4]) : arena_length(arena_byte());
        return true;
    case __NR_munmap:
    case __NR_mprotect:
    case __NR_madvise:
    case __NR_msync:
    case __NR_mincore:
    case __NR_mlock:
    case __NR_mlock2:
    case __NR_munlock:
    case __NR_remap_file_pages:
        a[0] = arena_address();
        a[1] = arena_length(a[0]);
        return true;
    case __NR_mlockall:
        a[0] &= MCL_CURRENT;
        return true;
    case __NR_brk:
        a[0] = random_below(4) ? (uint64_t)call(__NR_brk, 0) + random_below(3 << 16) - (3 << 15)
                               : a[0] | 1ul << 63;
        return true;
    default:
        return true;
    }
}

static bool tame_process(long number, uint64_t *a)
{
    switch (number) {
    case __NR_prctl:
        return a[0] != PR_SET_SECCOMP && a[0] != PR_SET_MM && a[0] != PR_SET_TSC && a[0] != 59;
    case __NR_arch_prctl:
        return (uint32_t)a[0] != 0x1002 && (uint32_t)a[0] != 0x1012; /* FS; CPUID faults */
    case __NR_prlimit64:
        return (uint32_t)a[1] != RLIMIT_CPU && (uint32_t)a[1] != RLIMIT_RTTIME;
    case __NR_setrlimit:
        return (uint32_t)a[0] != RLIMIT_CPU && (uint32_t)a[0] != RLIMIT_RTTIME;
    case __NR_rseq:
        a[2] |= 0x40; /* a registered area would be written to on every return from a signal */
        return true;
    case __NR_mknod:
    case __NR_mknodat:
        a[number == __NR_mknod ? 2 : 3] = 0x100 | random_below(16); /* no terminal */
        return true;
    default:
        return true;
    }
}

bool arguments_tame(long number, uint64_t arguments[SYSCALL_ARGUMENTS])
{
    if (number_excluded(number))
        return false;
    if (number == __NR_openat2)
        return tame_openat2(arguments);
    return tame_descriptors(number, arguments) && tame_waits(number, arguments) &&
           tame_memory(number, arguments) && tame_process(number, arguments);
}
