/* SPDX-License-Identifier: MIT */
/*
 * What syscall/syscalls.def says, in C: a prototype for every body, the dispatch table that the
 * system call entry indexes, and a description of every call for the trace.
 *
 * Everything here is constant; there are no locks. The bodies live in syscall/sys_*.c, the lines of
 * the table are explained in syscalls.def itself.
 */
#ifndef SYSCALL_TABLE_H
#define SYSCALL_TABLE_H

#include "kernel/lib/types.h"

/* One more than the highest number in syscalls.def: the entry compares with it. */
#define SYSCALL_COUNT 463

/* What an argument means, and so how the trace prints it. _IN: the call reads what the pointer
 * points to; _OUT: the call writes it, and it is printed afterwards. */
enum argument_kind {
    ARG_NONE,
    /* Numbers. */
    ARG_INT,
    ARG_UINT,
    ARG_SIZE,
    ARG_SIZE_WHOLE, /* shown as the whole register, whatever the type */
    ARG_HEX,
    ARG_OFFSET,
    ARG_OFFSET_HEX,
    ARG_POSITION_HIGH, /* the upper half of a position whose lower half has 64 bits: not shown */
    ARG_ADDRESS,       /* an address whose contents are not looked at */
    ARG_FD,
    ARG_DIRFD,
    ARG_PID,
    ARG_ID, /* of a user or group; -1: none */
    /* Bytes and text. */
    ARG_PATH,     /* a file's name, NUL-terminated */
    ARG_TARGET,   /* what a symbolic link leads to */
    ARG_TEXT,     /* any other text: an attribute's name */
    ARG_PATH_OUT, /* NUL-terminated, the result counts it with its NUL */
    ARG_BYTES_IN, /* the next argument is their number */
    ARG_VALUE_IN, /* of an attribute: a NUL at its end is not shown */
    ARG_VALUE_OUT,
    ARG_BYTES_OUT,       /* the result is their number */
    ARG_BYTES_OUT_SIZED, /* the same, unless the next argument is 0 */
    ARG_BYTES_OUT_HEX,   /* the same, printed as hexadecimal escapes */
    ARG_IOVEC_IN,        /* the next argument is the number of vectors */
    ARG_IOVEC_OUT,       /* and the result the number of bytes in them */
    /* Names and flags. */
    ARG_FLAGS_OPEN,
    ARG_FLAGS_OPEN_ONLY, /* O_* without an access mode: dup3 */
    ARG_FLAGS_AT,
    ARG_FLAGS_MMAP,
    ARG_FLAGS_MREMAP,
    ARG_FLAGS_MSYNC,
    ARG_FLAGS_MLOCKALL,
    ARG_FLAGS_TIMER,
    ARG_FLAGS_RANDOM,
    ARG_FLAGS_PIPE,
    ARG_FLAGS_EPOLL,
    ARG_FLAGS_EVENTFD,
    ARG_FLAGS_MEMFD,
    ARG_FLAGS_SPLICE,
    ARG_FLAGS_XATTR,
    ARG_FLAGS_INOTIFY,
    ARG_FLAGS_INOTIFY_INIT,
    ARG_FLAGS_FLOCK,
    ARG_FLAGS_FACCESS,
    ARG_FLAGS_STATX,
    ARG_MASK_STATX,
    ARG_FLAGS_FALLOCATE,
    ARG_FLAGS_SYNC_RANGE,
    ARG_FLAGS_RENAME,
    ARG_FLAGS_RWF,
    ARG_FLAGS_CLOSE_RANGE,
    ARG_FLAGS_MLOCK,
    ARG_FLAGS_MEMBARRIER,
    ARG_FLAGS_SIGNALFD,
    ARG_FLAGS_MESSAGE,
    ARG_SOCKET_TYPE,
    ARG_SOCKET_FAMILY,
    ARG_SHUTDOWN,
    ARG_FLAGS_TIMERFD,
    ARG_MODE,
    ARG_MODE_CREATE, /* a mode that counts only if the flags before it create a file */
    ARG_MODE_ACCESS,
    ARG_MODE_NODE, /* a mode with the type of the file */
    ARG_WHENCE,
    ARG_PROT,
    ARG_ADVICE,
    ARG_ADVICE_FILE,
    ARG_ADDRESS_MREMAP, /* an address that counts only with MREMAP_FIXED */
    ARG_CLOCKID,
    ARG_RESOURCE,
    ARG_RUSAGE_WHO,
    ARG_SIGNAL,
    ARG_SIGNAL_HOW,
    ARG_EPOLL_OP,
    ARG_INTERVAL_TIMER,
    ARG_PRIORITY_WHOSE,
    ARG_POLICY,
    ARG_IO_WHOSE,
    ARG_IO_PRIORITY,
    ARG_PERSONALITY,
    ARG_MEMBARRIER,
    ARG_MEMBARRIER_CPU, /* a processor that counts only with MEMBARRIER_CMD_FLAG_CPU */
    ARG_DEVICE,         /* a device that counts only if the mode before it is that of one */
    /* A code and what hangs on it: the _ARGUMENT follows its code. */
    ARG_ARCH_PRCTL,
    ARG_ARCH_PRCTL_ARGUMENT,
    ARG_PRCTL,
    ARG_PRCTL_ARGUMENT,
    ARG_FCNTL,
    ARG_FCNTL_ARGUMENT,
    ARG_IOCTL,
    ARG_IOCTL_ARGUMENT,
    ARG_FUTEX_OP,
    ARG_FUTEX_VALUE,
    ARG_FUTEX_TIMEOUT,
    ARG_FUTEX_WORD2,
    ARG_FUTEX_VALUE3,
    ARG_FUTEX_WAITERS, /* the next argument is their number */
    ARG_CLONE,         /* the flags, and with them all that follows */
    ARG_CLONE_MORE,    /* shown there */
    ARG_CLONE_ARGS,    /* clone3: the next argument is the size */
    /* Structures. */
    ARG_STAT_OUT,
    ARG_STATX_OUT,
    ARG_STATFS_OUT,
    ARG_DIRENTS_OUT, /* the result is their size */
    ARG_OPEN_HOW_IN, /* the next argument is its size */
    ARG_UTSNAME_OUT,
    ARG_SYSINFO_OUT,
    ARG_RLIMIT_IN,
    ARG_RLIMIT_OUT,
    ARG_RUSAGE_OUT,
    ARG_TMS_OUT,
    ARG_TIMESPEC_IN,
    ARG_TIMESPEC_KEPT, /* the same, shown even if the call failed */
    ARG_TIMESPEC_OUT,
    ARG_TIMESPEC_LEFT, /* written only when a sleep is interrupted */
    ARG_TIMEVAL_OUT,
    ARG_TIMEZONE_IN,
    ARG_TIMEZONE_OUT,
    ARG_TIMESPECS_IN, /* two: times of a file */
    ARG_TIMEVALS_IN,
    ARG_UTIMBUF_IN,
    ARG_INTERVAL_IN, /* struct itimerval */
    ARG_INTERVAL_OUT,
    ARG_TIMER_IN, /* struct itimerspec */
    ARG_TIMER_OUT,
    ARG_TIMEX,
    ARG_SIGEVENT_IN,
    ARG_TIME_OUT,
    ARG_SIGSET_IN, /* the next argument but perhaps another pointer is its size */
    ARG_SIGSET_OUT,
    ARG_SIGACTION_IN,
    ARG_SIGACTION_OUT,
    ARG_STACK_IN,
    ARG_STACK_OUT,
    ARG_SIGINFO_IN,
    ARG_SIGINFO_OUT,
    ARG_POLLFDS, /* the next argument is their number */
    ARG_FDSET,   /* a set of select: the first argument is the number of bits */
    ARG_FDS_OUT, /* the two that pipe made */
    ARG_EPOLL_EVENT_IN,
    ARG_EPOLL_EVENTS_OUT, /* the result is their number */
    ARG_OFFSET_POINTER,   /* a position that the call reads */
    ARG_OFFSET_MOVED,     /* and writes: both are shown */
    ARG_SIGSET_SIZED,     /* a pointer to a sigset's address and size: pselect6 */
    ARG_TIMEVAL_IN,
    ARG_CPUSET_IN,
    ARG_CPUSET_OUT,
    ARG_GROUPS_IN, /* the argument before is their number */
    ARG_GROUPS_OUT,
    ARG_CAP_HEADER_IN,
    ARG_CAP_DATA_IN,
    ARG_CAP_DATA_OUT,
    ARG_SCHEDULE_IN,
    ARG_SCHEDULE_OUT,
    ARG_SCHEDULE_ATTRIBUTES_IN,
    ARG_SCHEDULE_ATTRIBUTES_OUT, /* the next argument is its size */
    ARG_RESIDENCY_OUT,           /* one byte for each page of the argument before */
    ARG_ID_OUT,
    ARG_UINT_OUT,
    ARG_SIZE_OUT,
    ARG_ADDRESS_OUT,
    ARG_KIND_COUNT
};

/* What the value means that comes back when it is not an error. */
enum result_kind {
    RESULT_INT, /* whatever: decimal */
    RESULT_ZERO,
    RESULT_COUNT,
    RESULT_OFFSET,
    RESULT_FD,
    RESULT_PID,
    RESULT_ID,
    RESULT_TICKS,
    RESULT_ADDRESS,
    RESULT_MODE,
    RESULT_TIME,
    RESULT_FCNTL,    /* as the command says */
    RESULT_READY,    /* how many of the pollfds are ready */
    RESULT_SELECTED, /* how many bits are set in the sets */
    RESULT_SIGNAL,
    RESULT_POLICY,
    RESULT_IO_PRIORITY,
    RESULT_PERSONALITY,
    RESULT_CLOCK_STATE,
    RESULT_MEMBARRIER,
    RESULT_PRCTL,     /* as the option says */
    RESULT_SIGRETURN, /* does not return, but ends a call as the frame on the stack says */
    RESULT_NEVER,     /* does not return */
    RESULT_KIND_COUNT
};

/* The part of the system that a call belongs to, and a class that `trace=%group` selects. A call that we
 * do not have is in none. The first have the names of classes of strace, which may have more calls than
 * the group (trace_filter.c): one that takes a file's name is in %file whatever its group. */
#define SYSCALL_GROUPS(GROUP)                                              \
    GROUP(file)    /* takes the name of a file */                          \
    GROUP(desc)    /* works on a descriptor */                             \
    GROUP(memory)  /* the address space */                                 \
    GROUP(process) /* beginning and end of processes and threads */        \
    GROUP(signal)                                                          \
    GROUP(network)                                                         \
    GROUP(clock) /* what time it is */                                     \
    GROUP(creds) /* user and group ids */                                  \
    GROUP(timer) /* sleep, timers and alarms */                            \
    GROUP(task)  /* ids, limits, processors and scheduling of processes */ \
    GROUP(system)

#define GROUP(name) GROUP_##name,
enum syscall_group { GROUP_none, SYSCALL_GROUPS(GROUP) GROUP_COUNT };
#undef GROUP

#define SYSCALL_ARGUMENTS 6

struct syscall_info {
    u16 name;                         /* where it starts in the pool: use syscall_name() */
    u8 group;                         /* enum syscall_group */
    u8 result;                        /* enum result_kind */
    u8 count;                         /* of arguments */
    u16 arguments[SYSCALL_ARGUMENTS]; /* enum argument_kind, with ARGUMENT_WIDE; 0 after the last */
};

/* The argument has 64 bits; of any other only the low half of the register counts. */
#define ARGUMENT_WIDE 0x8000
_Static_assert(ARG_KIND_COUNT <= ARGUMENT_WIDE, "a kind looks like ARGUMENT_WIDE");

static inline enum argument_kind syscall_argument_kind(const struct syscall_info *info,
                                                       size_t index)
{
    return (enum argument_kind)(info->arguments[index] & ~ARGUMENT_WIDE);
}

/* One per number below SYSCALL_COUNT. */
extern const struct syscall_info syscall_infos[];

/* The name of a call, or NULL when Linux has none for this number. */
const char *syscall_name(u64 number);

/* A body as the entry calls it: every argument in its own register. table.c says why that holds. */
typedef long (*syscall_function)(u64, u64, u64, u64, u64, u64);

/* The bodies by number, SYSCALL_COUNT of them, none NULL. */
extern const syscall_function syscall_table[];

/* For every number without a body, those beyond the table too: -ENOSYS. The log names a call the
 * first time it is asked for. */
long sys_nosys(void);

/* The number of the system call that this processor is in, as the program gave it. Supplied by the
 * layer that saved it on entry. */
u64 syscall_current_number(void);

/* The prototypes of the bodies. */
#define ARG(kind, type, name) type name
#define NOARG                 void
#define SYSCALL(number, name, status, group, result, remark, count, ...) \
    long sys_##name(__VA_ARGS__);
#define NOSYS(number, name)
#define GAP(first, last)
#include "syscall/syscalls.def"
#undef ARG
#undef NOARG
#undef SYSCALL
#undef NOSYS
#undef GAP

#endif
