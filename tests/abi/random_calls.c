/* SPDX-License-Identifier: MIT */
/*
 * Many system calls with random numbers and random or half-valid arguments: none may hurt the
 * kernel, and the program must come to its end. For ring 3, where the processor keeps the program
 * away from everything but system calls.
 *
 *     random_calls [SEED [COUNT [all]]]
 *
 * Without `all` only the calls of the table below are made, each with arguments that can neither
 * end nor stop the program nor touch what it does not own, so that it is safe on any machine. With
 * it also every other number up to 600, which is meant for a machine of one's own and refused
 * unless the program is process 1. The same seed makes the same calls.
 *
 * The loop uses nothing of the C library, since the calls change what that depends on.
 */
#include "tests/abi/check.h"

#include <asm/prctl.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "tests/abi/hostile/chance.h"

#define ARENA_PAGES   256UL /* mappings with a given address stay in here */
#define SCRATCH_PAGES 4UL
#define NUMBERS_ALL   600

/* What an argument is made to be. Any number comes with ANY; the others keep the call harmless. */
enum kind {
    ANY,
    ZERO,
    POINTER,    /* good, bad or half-good, to memory that the call may overwrite */
    FD,         /* a descriptor that is not open */
    FD_OUT,     /* the same, or standard output */
    TIMEOUT,    /* of poll: 0 or 1 ms */
    TIME,       /* a bad pointer but never null, or a timespec of at most 2 microseconds */
    ARENA,      /* an address in the arena, or beyond user space, or odd */
    ARENA_SIZE, /* a size with which the last ARENA address stays in the arena */
    OFFSET,     /* of mmap: mostly 0 */
    BREAK,      /* an address from the break up, or nonsense */
    FUTEX,      /* an operation that waits for a TIME at most */
    CODE,       /* of arch_prctl: none that moves FS */
    REQUEST,    /* of ioctl: none that changes the terminal */
    MAP_FLAGS,  /* always with MAP_FIXED */
    SMALL,      /* 0 to 15, mostly */
    SIZE,       /* 8, 24, 32, 128 or any */
    PROTECTION, /* a valid one, mostly */
    CLOCK,      /* of clock_nanosleep: not processor time, which stands still in a sleep */
    ADVICE,     /* of madvise: not the kinds that harm the machine */
    RESOURCE,   /* of prlimit64: only the size of core dumps */
    PATH_FLAG,  /* AT_EMPTY_PATH, mostly */
    BAD_FLAGS,  /* never valid */
};

static const struct {
    short number;
    unsigned char kinds[6];
} calls[] = {
    {__NR_read, {FD, POINTER, ANY}},
    {__NR_read, {FD_OUT, POINTER, ZERO}},
    {__NR_write, {FD, POINTER, ANY}},
    {__NR_write, {FD_OUT, POINTER, ZERO}},
    {__NR_readv, {FD, POINTER, ANY}},
    {__NR_writev, {FD, POINTER, SMALL}},
    {__NR_writev, {FD_OUT, POINTER, ZERO}},
    {__NR_close, {FD}},
    {__NR_fstat, {FD_OUT, POINTER}},
    {__NR_newfstatat, {FD_OUT, POINTER, POINTER, ANY}},
    {__NR_newfstatat, {FD_OUT, POINTER, POINTER, PATH_FLAG}},
    {__NR_lseek, {FD, ANY, ANY}},
    {__NR_ioctl, {FD_OUT, REQUEST, POINTER}},
    {__NR_poll, {POINTER, ANY, TIMEOUT}},
    {__NR_poll, {POINTER, SMALL, TIMEOUT}},
    {__NR_ppoll, {POINTER, SMALL, TIME, POINTER, SIZE}},
    {__NR_mmap, {ARENA, ARENA_SIZE, PROTECTION, MAP_FLAGS, FD, OFFSET}},
    {__NR_mmap, {ARENA, ARENA_SIZE, PROTECTION, MAP_FLAGS, FD, OFFSET}},
    {__NR_mprotect, {ARENA, ARENA_SIZE, PROTECTION}},
    {__NR_munmap, {ARENA, ARENA_SIZE}},
    {__NR_madvise, {ARENA, ARENA_SIZE, ADVICE}},
    {__NR_mremap, {ARENA, ARENA_SIZE, ARENA_SIZE, ZERO}},
    {__NR_mremap, {ARENA, ARENA_SIZE, ANY, BAD_FLAGS}},
    {__NR_brk, {BREAK}},
    {__NR_rt_sigaction, {SMALL, POINTER, POINTER, SIZE}},
    {__NR_rt_sigprocmask, {SMALL, POINTER, POINTER, SIZE}},
    {__NR_sigaltstack, {POINTER, POINTER}},
    {__NR_sched_yield, {ANY}},
    {__NR_nanosleep, {TIME, POINTER}},
    {__NR_clock_nanosleep, {CLOCK, ZERO, TIME, POINTER}},
    {__NR_clock_gettime, {SMALL, POINTER}},
    {__NR_clock_getres, {SMALL, POINTER}},
    {__NR_gettimeofday, {POINTER, POINTER}},
    {__NR_time, {POINTER}},
    {__NR_getpid, {ANY}},
    {__NR_getppid, {ANY}},
    {__NR_gettid, {ANY}},
    {__NR_getuid, {ANY}},
    {__NR_getresuid, {POINTER, POINTER, POINTER}},
    {__NR_getgroups, {ANY, POINTER}},
    {__NR_uname, {POINTER}},
    {__NR_sysinfo, {POINTER}},
    {__NR_readlink, {POINTER, POINTER, ANY}},
    {__NR_readlinkat, {FD, POINTER, POINTER, ANY}},
    {__NR_access, {POINTER, ANY}},
    {__NR_getcwd, {POINTER, ANY}},
    {__NR_arch_prctl, {CODE, POINTER}},
    {__NR_set_tid_address, {POINTER}},
    {__NR_set_robust_list, {POINTER, SIZE}},
    {__NR_get_robust_list, {SMALL, POINTER, POINTER}},
    {__NR_rseq, {POINTER, ANY, BAD_FLAGS, ANY}},
    {__NR_futex, {POINTER, FUTEX, ANY, TIME, POINTER, ANY}},
    {__NR_sched_getaffinity, {SMALL, SIZE, POINTER}},
    {__NR_getcpu, {POINTER, POINTER, POINTER}},
    {__NR_prlimit64, {ZERO, RESOURCE, POINTER, POINTER}},
    {__NR_getrandom, {POINTER, ANY, ANY}},
    {__NR_getrusage, {ANY, POINTER}},
    {__NR_times, {POINTER}},
    {1000, {ANY, ANY, ANY, ANY, ANY, ANY}},
    {-1, {ANY, ANY, ANY, ANY, ANY, ANY}},
};

/* Left out with `all`: what ends, stops, replaces or multiplies the program, takes its descriptors
 * or its memory away, or waits. Numbers of the table above are left to the table. */
static const short excluded[] = {
    __NR_exit,
    __NR_exit_group,
    __NR_kill,
    __NR_tkill,
    __NR_tgkill,
    __NR_rt_sigqueueinfo,
    __NR_pause,
    __NR_rt_tgsigqueueinfo,
    __NR_pidfd_send_signal,
    __NR_fork,
    __NR_rt_sigsuspend,
    __NR_rt_sigtimedwait,
    __NR_vfork,
    __NR_rt_sigreturn,
    __NR_restart_syscall,
    __NR_clone,
    __NR_clone3,
    __NR_execve,
    __NR_execveat,
    __NR_wait4,
    __NR_waitid,
    __NR_dup2,
    __NR_dup3,
    __NR_close_range,
    __NR_fcntl,
    __NR_alarm,
    __NR_setitimer,
    __NR_timer_create,
    __NR_timer_settime,
    __NR_select,
    __NR_pselect6,
    __NR_epoll_wait,
    __NR_epoll_pwait,
    __NR_epoll_pwait2,
    __NR_reboot,
    __NR_prctl,
    __NR_seccomp,
    __NR_ptrace,
    __NR_setrlimit,
    __NR_pread64,
    __NR_preadv,
    __NR_preadv2,
    __NR_pwritev2,
    __NR_sendfile,
    __NR_splice,
    __NR_tee,
    __NR_vmsplice,
    __NR_remap_file_pages,
    __NR_shmat,
    __NR_shmdt,
    __NR_personality,
    __NR_iopl,
    __NR_ioperm,
    __NR_modify_ldt,
    __NR_vhangup,
    __NR_syslog,
    __NR_futex_waitv,
    __NR_mlockall,
    __NR_pkey_mprotect,
    __NR_process_madvise,
    __NR_uselib,
    __NR_kexec_load,
    __NR_kexec_file_load,
};

static struct timespec short_time;
static uint64_t arena_last;
static char *arena, *hole, *scratch, *read_only, *break_start;

static uint64_t pointer_any(void)
{
    switch (random_below(8)) {
    case 0:
        return 0;
    case 1:
    case 2:
        return pointer_bad();
    case 3:
        return (uint64_t)hole - random_below(300);
    case 4:
        return (uint64_t)read_only + random_below(PAGE);
    default:
        return (uint64_t)scratch + random_below(SCRATCH_PAGES * PAGE / 8) * 8;
    }
}

static uint64_t time_pointer(void)
{
    if (random_below(4) != 0) {
        uint64_t bad = pointer_bad();
        return bad ? bad : PAGE / 2; /* null would mean for ever */
    }
    short_time.tv_sec = 0;
    short_time.tv_nsec = random_below(16) == 0 ? -1 : (long)random_below(2000);
    return (uint64_t)&short_time;
}

static uint64_t arena_address(void)
{
    switch (random_below(16)) {
    case 0:
        return KERNEL_ADDRESS + random_below(1024) * PAGE;
    case 1:
        return -random_below(64) * PAGE - PAGE;
    case 2:
        return (uint64_t)arena + random_below(ARENA_PAGES * PAGE);
    default:
        return (uint64_t)arena + random_below(ARENA_PAGES) * PAGE;
    }
}

static uint64_t arena_size(void)
{
    uint64_t end = (uint64_t)arena + ARENA_PAGES * PAGE;

    if (arena_last >= end)
        return random_below(64) * PAGE;
    return random_below(end - arena_last + 1) >> random_below(12);
}

static uint64_t flags_make(enum kind kind)
{
    static const int operations[] = {FUTEX_WAKE, FUTEX_WAKE, FUTEX_WAIT, FUTEX_WAKE_BITSET, 77};
    static const int codes[] = {ARCH_GET_FS, ARCH_GET_GS, ARCH_SET_GS, 0x3001, 0x7777};
    static const int requests[] = {TCGETS, TIOCGWINSZ, FIONREAD, 0, 0x12345678};
    static const int advice[] = {MADV_NORMAL,   MADV_RANDOM,   MADV_SEQUENTIAL, MADV_WILLNEED,
                                 MADV_DONTNEED, MADV_DONTNEED, MADV_FREE,       9999};
    static const int sizes[] = {8, 8, 24, 32, 128};
    static const int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, 99, -99};

    switch (kind) {
    case SIZE:
        return random_below(8) ? ONE_OF(sizes) : random_number();
    case PATH_FLAG:
        return random_below(8) ? AT_EMPTY_PATH : random_number();
    case PROTECTION:
        return random_below(16) ? random_below(8) : random_number();
    case CLOCK:
        return ONE_OF(clocks);
    case FUTEX:
        return ONE_OF(operations) | (random_below(2) ? FUTEX_PRIVATE_FLAG : 0);
    case CODE:
        return ONE_OF(codes);
    case REQUEST:
        return ONE_OF(requests);
    case ADVICE:
        return ONE_OF(advice);
    case MAP_FLAGS:
        return MAP_FIXED | (random_next() & (MAP_NORESERVE | MAP_STACK | MAP_POPULATE)) |
               (random_below(8) ? MAP_PRIVATE : random_below(16)) |
               (random_below(8) ? MAP_ANONYMOUS : 0);
    case RESOURCE:
        return random_below(2) ? RLIMIT_CORE : RLIM_NLIMITS + random_below(1000);
    default:
        return 0x40 + random_below(64); /* BAD_FLAGS */
    }
}

static uint64_t argument_make(enum kind kind)
{
    switch (kind) {
    case ANY:
        return random_below(4) == 0 ? pointer_any() : random_number();
    case ZERO:
        return 0;
    case POINTER:
        return pointer_any();
    case FD:
        return random_below(4) == 0 ? -1 - random_below(3) : 700 + random_below(5000);
    case FD_OUT:
        return random_below(2) ? 1 : 700 + random_below(5000);
    case SMALL:
        return random_below(8) ? random_below(16) : random_number();
    case TIMEOUT:
        return random_below(64) == 0;
    case TIME:
        return time_pointer();
    case ARENA:
        return arena_last = arena_address();
    case ARENA_SIZE:
        return arena_size();
    case OFFSET:
        return random_below(4) ? 0 : random_number();
    case BREAK:
        return random_below(4) == 0 ? pointer_bad() : (uint64_t)break_start + random_below(1 << 20);
    default:
        return flags_make(kind);
    }
}

static bool number_excluded(long number)
{
    for (size_t i = 0; i < ARRAY_LENGTH(excluded); i++) {
        if (excluded[i] == number)
            return true;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(calls); i++) {
        if (calls[i].number == number)
            return true;
    }
    return false;
}

static void call_any_number(void)
{
    long number = (long)random_below(NUMBERS_ALL);
    uint64_t a[6];

    if (number_excluded(number))
        return;
    for (int i = 0; i < 6; i++)
        a[i] = argument_make(ANY);
    call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void call_from_table(void)
{
    size_t row = random_below(ARRAY_LENGTH(calls));
    uint64_t a[6];

    for (int i = 0; i < 6; i++)
        a[i] = argument_make((enum kind)calls[row].kinds[i]);
    call(calls[row].number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int main(int argc, char **argv)
{
    unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 0) : 1000000;
    bool all = argc > 3 && strcmp(argv[3], "all") == 0;

    chance_begin(argc > 1 ? strtoul(argv[1], NULL, 0) : 1);
    if (all && call(__NR_getpid) != 1) {
        check("`all` is for process 1 of a machine of its own", false);
        return check_finish();
    }
    arena = pages_map_apart(ARENA_PAGES);
    scratch = pages_map_apart(SCRATCH_PAGES);
    hole = scratch + SCRATCH_PAGES * PAGE;
    read_only = page_protected(PROT_READ);
    break_start = (char *)call(__NR_brk, 0);
    for (unsigned long i = 0; i < count; i++) {
        if (all && random_below(2) == 0)
            call_any_number();
        else
            call_from_table();
    }
    check("random_calls", true);
    return check_finish();
}
