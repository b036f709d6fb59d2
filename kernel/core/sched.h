/* SPDX-License-Identifier: MIT */
/*
 * Threads and who runs: one run queue for each processor.
 *
 * A thread that blocks gives the processor to the next one that is ready, or to the processor's
 * idle thread, which halts until an interrupt. Locks: a queue's lock is taken with interrupts off,
 * and inside it only those of memory, when a thread that has ended is freed.
 */
#ifndef KERNEL_CORE_SCHED_H
#define KERNEL_CORE_SCHED_H

#include "arch/context.h"
#include "arch/cpu.h"
#include "kernel/lib/list.h"
#include "kernel/lib/types.h"

struct process;
struct task;

enum thread_state { THREAD_READY, THREAD_RUNNING, THREAD_BLOCKED, THREAD_DEAD };

struct thread {
    struct arch_thread arch;
    struct list_head run_link; /* in a run queue while READY; guarded by the queue's lock */
    u32 state;                 /* enum thread_state */
    u32 cpu;                   /* whose queue it belongs to */
    vaddr_t stack_top;         /* 0: the boot stack */
    struct process *process;   /* NULL: a thread of the kernel */
    struct task *task;         /* the program's side of the thread; NULL likewise */
    int tid;
    void (*entry)(void *); /* where it begins */
    void *argument;
    u64 ran_ticks;    /* of the TSC, before it was last switched to */
    u64 since_tick;   /* when it was last switched to */
    bool interrupted; /* a signal waits: interruptible sleeps end with -EINTR */
};

static inline struct thread *thread_current(void)
{
    return percpu_current();
}

/* Make the code that runs now this processor's idle thread. Once for each processor. */
void sched_init_cpu(void);

/* A new thread that will run entry(argument), which must not return; not ready yet. It gets its
 * kernel stack here; NULL: out of memory. */
struct thread *thread_create(void (*entry)(void *), void *argument);

/* Let a new or blocked thread run. Any context. Nothing happens to one that is not blocked. */
void thread_wake(struct thread *thread);

/* The running thread's next sched_block sleeps unless thread_wake comes first. */
void sched_prepare_block(void);
/* Undo sched_prepare_block. */
void sched_cancel_block(void);
/* Give up the processor until woken. No spinlock held. */
void sched_block(void);
/* Give up the processor if another thread is ready. */
void sched_yield(void);

/* How long the thread has run, in nanoseconds. */
u64 sched_thread_ns(const struct thread *thread);

/* End the running thread; its stack is freed by the next one that runs. */
NORETURN void thread_exit(void);

/* The idle loop; for the processor's idle thread alone. */
NORETURN void sched_idle(void);

#endif
