/* SPDX-License-Identifier: MIT */
/*
 * The program as the kernel keeps it: a process, and what each of its threads has of its own.
 */
#ifndef KERNEL_PROC_PROCESS_H
#define KERNEL_PROC_PROCESS_H

#include <asm/resource.h>
#include <linux/capability.h>
#include <linux/resource.h>

#include "kernel/core/sched.h"
#include "kernel/lib/radix.h"
#include "kernel/proc/fdtable.h"
#include "kernel/proc/futex/futex.h"
#include "kernel/proc/mapped_file.h"
#include "kernel/proc/place.h"
#include "kernel/proc/process_timers.h"
#include "kernel/proc/signal/signal.h"
#include "mm/aspace.h"

#define PROCESS_PATH_MAX 256
#define PROCESS_NAME_MAX 16 /* TASK_COMM_LEN */

/* Where the parts of the program lie in its memory: what exec put there, for those who ask
 * (/proc/self/stat, cmdline, environ, auxv). Addresses; 0 when there is no such part. */
struct process_layout {
    vaddr_t code_start, code_end; /* lowest and highest address of executable segments */
    vaddr_t data_start, data_end; /* of the last segment, as far as the file fills it */
    vaddr_t stack_start;          /* the first stack pointer */
    vaddr_t arguments, arguments_end;
    vaddr_t environment, environment_end;
    vaddr_t auxv;
    u32 auxv_size; /* bytes, AT_NULL included */
};

/* What a thread may do (man 7 capabilities): bit n is capability n. */
struct capabilities {
    u64 effective, permitted, inheritable, bounding, ambient;
};
#define CAPABILITIES_ALL ((1UL << (CAP_LAST_CAP + 1)) - 1)

/* What was asked for by prctl and nothing depends on yet but what it is told: for the process ... */
struct process_wishes {
    bool dumpable, subreaper;
};
/* ... and for a thread. */
struct task_wishes {
    bool no_new_privileges, keep_capabilities;
    int death_signal;
    u64 timer_slack; /* nanoseconds; 0: the default */
};

/* What a thread moved by read, write and their kin (/proc/self/io). */
struct task_io {
    u64 read_bytes, written_bytes;
    u64 read_calls, write_calls;
};

struct process {
    int pid, parent_pid;
    int ring; /* 0 or 3 */
    struct aspace space;
    struct fdtable files;
    struct process_signals signals;
    struct radix tasks; /* its threads by number; guarded by signals.lock, as all to `ended_io` */
    bool first_ended;   /* before others, and is still in `tasks` */
    int next_tid;
    u64 ended_ns;            /* processor time of threads that have ended */
    struct task_io ended_io; /* what they moved */
    bool exiting;            /* atomic: one thread ends them all */
    struct process_timers timers;
    struct rlimit64 limits[RLIM_NLIMITS]; /* each word atomic: process_limit */
    u32 umask;                            /* atomic */
    struct path executable;               /* what /proc/self/exe leads to, with references */
    struct process_place place;
    u64 image_bias;  /* where the program lies, for messages */
    bool randomized; /* its parts were placed at random (not with nokaslr) */
    struct process_layout layout;
    struct mapped_files mapped; /* names of what is mapped, for /proc/self/maps */
    u32 membarriers;            /* MEMBARRIER_CMD_REGISTER_* that were given */
    u64 start_ns;               /* since boot */
    struct process_wishes wishes;
    int group_count;             /* supplementary groups, each of them number 0 */
    u32 personality;             /* PER_* and flags */
    int oom_score_adj;           /* as the program set it; nothing depends on it yet */
    char path[PROCESS_PATH_MAX]; /* /proc/self/exe, and AT_EXECFN */
};

/* One thread of a process: hangs on struct thread, and belongs to that thread alone but for what says
 * otherwise. kernel/proc/task.h */
struct task {
    struct thread *thread; /* NULL: it has ended; guarded by process->signals.lock for others */
    struct process *process;
    int tid;
    u32 refs;            /* atomic */
    u64 ended_ns;        /* processor time of one that has ended */
    bool resets_on_fork; /* SCHED_RESET_ON_FORK */
    struct thread_schedule ended_schedule;
    int io_priority; /* IOPRIO_PRIO_VALUE of class and level, 0: none set; atomic */
    struct signal_state signals;
    u64 clear_child_tid; /* address in the program to clear and wake at the end; 0: none */
    u64 robust_list;     /* address; 0: none */
    struct task_futexes futexes;
    u64 rseq; /* address of the registered struct rseq; 0: none */
    u32 rseq_length, rseq_signature;
    struct capabilities capabilities; /* others read them, too, word by word */
    struct task_wishes wishes;
    struct task_io io;                      /* likewise */
    char name[PROCESS_NAME_MAX] ALIGNED(8); /* read and set by task_name and its sister */
};

/* The name of a thread, which others may read and set: `name` and `out` have PROCESS_NAME_MAX bytes, and end
 * in 0. */
void task_name(const struct task *task, char *out);
void task_set_name(struct task *task, const char *name);

/* What all threads of a process moved. */
struct task_io process_io(struct process *process);

static inline struct process *process_current(void)
{
    return thread_current()->process;
}

static inline struct task *task_current(void)
{
    return thread_current()->task;
}

/* The limit that counts now (RLIMIT_*). */
static inline u64 process_limit(const struct process *process, u32 resource)
{
    return __atomic_load_n(&process->limits[resource].rlim_cur, __ATOMIC_RELAXED);
}

/* An empty process with Linux's default limits. NULL: out of memory. */
struct process *process_create(int ring);

/* Tell mm of process->limits after a change. */
void process_apply_limits(struct process *process);

/* End the process of the running thread with all its threads: the machine goes off with this status (0
 * to 255). */
NORETURN void process_exit(u8 status);

/* The same, because of a signal: status 128 + signal. `frame` is complete, and what the program had when
 * the signal came. */
NORETURN void process_exit_by_signal(const struct trap_frame *frame, int signal,
                                     const struct signal_info *info);

/* What ends the machine; given by main. */
void process_set_power_off(NORETURN void (*power_off)(u8 status));

/* Exit statuses of a program that never ran, as a shell has them. */
#define EXIT_STATUS_NOT_LOADABLE 126
#define EXIT_STATUS_NOT_FOUND    127

#endif
