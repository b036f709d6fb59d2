/* SPDX-License-Identifier: MIT */
/*
 * Threads and who runs: one run queue for each processor.
 *
 * A thread that blocks gives the processor to the next one that is ready, or to the processor's idle
 * thread, which takes work from others or halts until an interrupt. Threads of the real-time policies
 * come first, by priority; the others share the processor by their weights, which follow from their
 * niceness. The kernel itself is never preempted: a thread that should make room does so on its way back
 * to the program.
 * Locks: a queue's lock is taken with interrupts off, and inside it only those of memory, when a thread
 * that has ended is freed.
 */
#ifndef KERNEL_CORE_SCHED_H
#define KERNEL_CORE_SCHED_H

#include "arch/context.h"
#include "arch/cpu.h"
#include "kernel/core/lock_debug.h"
#include "kernel/lib/list.h"
#include "kernel/lib/rbtree.h"
#include "kernel/lib/types.h"

struct process;
struct task;

enum thread_state {
    THREAD_READY, /* in its queue */
    THREAD_RUNNING,
    THREAD_BLOCKED,
    THREAD_WAKING, /* on its way from one queue to another */
    THREAD_DEAD,
};

/* What a thread has to do before it goes back to the program (thread.work). */
#define THREAD_WORK_SIGNAL (1u << 0) /* a signal waits: interruptible sleeps end with -EINTR */
#define THREAD_WORK_MOVED  (1u << 1) /* it lost the processor: kernel/proc/rseq.c */

/* How a thread is scheduled: Linux's policies (SCHED_*, <linux/sched.h>) without flags. */
struct thread_schedule {
    u8 policy;
    u8 priority;  /* 1 to 99 with SCHED_FIFO and SCHED_RR, otherwise 0 */
    s8 niceness;  /* -20 to 19 */
    u64 affinity; /* the processors it may run on */
};

struct thread {
    struct arch_thread arch;
    struct rb_node
        run_node; /* in a run queue while READY; guarded by the queue's lock, as all to `key` */
    u32 state;    /* enum thread_state; BLOCKED and RUNNING also set by the thread itself */
    u32 cpu;      /* whose queue it belongs to; changes only with that queue's lock held */
    struct thread_schedule schedule;
    u8 inherited;   /* sched_inherit */
    u64 fair_ticks; /* of the TSC that it ran, by its weight */
    u64 key;        /* the smallest in a queue runs next: sched_queue.c */
    u64 ran_ticks;  /* of the TSC, before it was last switched to */
    u64 since_tick; /* when it was last switched to */
    u32 work;       /* THREAD_WORK_*; atomic */
    int tid;
    vaddr_t stack_top;       /* 0: the boot stack */
    struct process *process; /* NULL: a thread of the kernel */
    struct task *task;       /* the program's side of the thread; NULL likewise */
    void (*entry)(void *);   /* where it begins */
    struct thread
        *wake_next; /* in a wake_list, whose end is WAKE_LIST_END; NULL: in none; atomic */
    u32 pins;       /* those who will wake it; it does not end before they have; atomic */
    void *argument;
#ifdef DEBUG_KERNEL
    struct held_locks mutexes; /* that it holds */
#endif
};

static inline struct thread *thread_current(void)
{
    return percpu_current();
}

/* Does a signal wait for the running thread? Then it should not sleep on. */
static inline bool thread_interrupted(void)
{
    return __atomic_load_n(&thread_current()->work, __ATOMIC_RELAXED) & THREAD_WORK_SIGNAL;
}

/* Make the code that runs now this processor's idle thread. Once for each processor. */
void sched_init_cpu(void);

/* A new thread that will run entry(argument), which must not return; not ready yet. It gets its
 * kernel stack here, and is scheduled as the running thread is; NULL: out of memory. */
struct thread *thread_create(void (*entry)(void *), void *argument);

/* Give back a thread that was never woken. */
void thread_discard(struct thread *thread);

/* Let a new or blocked thread run, on an idle processor if there is one. Any context. Nothing happens to
 * one that is not blocked. */
void thread_wake(struct thread *thread);

/*
 * Threads to wake once a lock is given back: thread_pin each with a lock held that keeps it from leaving,
 * make its condition true, wake_list_add it; and wake_list_run without the lock. From the pin to its wake-up
 * a thread may go its way, but does not end. One that is in another list already is woken by that.
 */
struct wake_list {
    struct thread *first, *last;
};
#define WAKE_LIST_END ((struct thread *)1)
#define WAKE_LIST_INIT               \
    {                                \
        WAKE_LIST_END, WAKE_LIST_END \
    }
static inline void thread_pin(struct thread *thread)
{
    __atomic_add_fetch(&thread->pins, 1, __ATOMIC_RELAXED);
}
void wake_list_add(struct wake_list *list, struct thread *thread);
void wake_list_run(struct wake_list *list);

/* Give a thread work (THREAD_WORK_*) that it does before it goes back to the program: soon, if it runs
 * there now. Wakes it. Any context. */
void thread_notify(struct thread *thread, u32 work);

/* The running thread's next sched_block sleeps unless thread_wake comes first. */
void sched_prepare_block(void);
/* Undo sched_prepare_block. */
void sched_cancel_block(void);
/* Give up the processor until woken. No spinlock held. */
void sched_block(void);
/* Give up the processor if another thread is ready. */
void sched_yield(void);
/* On the way back to the program, interrupts off: make room if another thread should run. */
void sched_make_room(void);

/* How a thread is scheduled from now on. `affinity` has a processor that runs (sched_wait_online). */
void sched_set(struct thread *thread, const struct thread_schedule *schedule);
struct thread_schedule sched_get(struct thread *thread);

/* From now on the thread is scheduled as if it had at least this real-time priority; 0: as its schedule
 * says. For one that others with that priority wait for. */
void sched_inherit(struct thread *thread, u8 priority);

/* The real-time priority that counts, 0 of a thread without. */
static inline u8 sched_priority(const struct thread *thread)
{
    return MAX(thread->schedule.priority, thread->inherited);
}

/* Does a processor run no thread at the moment? */
bool sched_is_idle(u32 cpu);

/* Processors that take threads, now or as soon as they have started. */
u64 sched_online(void);

/* Start the other processors, if that has not been done: before there is a second thread, or when one
 * wants to run elsewhere. The function that does it is given by main. Threads. */
void sched_start_others(void);
void sched_set_starter(void (*start)(void));

/* Start them and wait until one of `cpus` runs. False: none does. */
bool sched_wait_online(u64 cpus);

/* How long a thread has run, in nanoseconds. Any context. */
u64 sched_thread_ns(struct thread *thread);

/* How long a processor has had something to do since boot, in nanoseconds. Any context. */
u64 sched_busy_ns(u32 cpu);

/* End the running thread; its stack is freed by the next one that runs. */
NORETURN void thread_exit(void);

/* The idle loop; for the processor's idle thread alone. */
NORETURN void sched_idle(void);

/* From now on no other thread gets back to its program: it sleeps for good instead. Waits until none runs
 * on another processor, but no longer than `ns` nanoseconds. For the end of the machine. */
void sched_stop_programs(u64 ns);

/* On the way back to the program, no lock held: sleep for good if programs are stopped. */
void sched_stop_here(void);

#endif
