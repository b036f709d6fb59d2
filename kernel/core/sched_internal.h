/* SPDX-License-Identifier: MIT */
/* Between sched.c (who runs, switching), sched_queue.c (the order in a queue) and sched_balance.c (which
 * processor): the queue's lock is held, unless a comment says otherwise. */
#ifndef KERNEL_CORE_SCHED_INTERNAL_H
#define KERNEL_CORE_SCHED_INTERNAL_H

#include "kernel/core/sched.h"
#include "kernel/core/spinlock.h"

/* Threads that share a processor by weight, and those that only get what these leave. */
enum fair_class { FAIR_NORMAL, FAIR_IDLE, FAIR_CLASSES };

struct run_queue {
    struct spinlock lock; /* guards all below and the fields of the queue's threads */
    u32 cpu;
    u32 ready_count;          /* read without the lock, too */
    struct rb_root ready;     /* by key */
    struct thread *first;     /* its leftmost; NULL: it is empty */
    u64 floors[FAIR_CLASSES]; /* how far the one that is furthest behind has come; fair_ticks */
    bool slicing;             /* the timer will end the running thread's slice */
    struct thread idle;
    u64 online_tick;      /* of the TSC, when the processor came */
    struct thread *dead;  /* ended here; to be freed on another stack */
    struct thread *moved; /* may not run here any more; to be sent on once its stack is free */
} ALIGNED(64);

extern struct run_queue run_queues[CPUS_MAX];

static inline struct run_queue *queue_this(void)
{
    return &run_queues[cpu_index()];
}

static inline struct thread *queue_running(const struct run_queue *queue)
{
    return __atomic_load_n(&percpus[queue->cpu].current, __ATOMIC_RELAXED);
}

/* Who is next; NULL: nobody waits. */
static inline struct thread *queue_first(const struct run_queue *queue)
{
    return queue->first;
}

/* The queue that a thread belongs to, locked; interrupts are off. */
struct run_queue *queue_lock_of(struct thread *thread);

/* ---- sched_queue.c ---- */

/* Put a thread where its policy and what it ran place it; a thread that comes from a sleep or from another
 * queue does not have to make up for all that it missed. */
void queue_insert(struct run_queue *queue, struct thread *thread);
void queue_insert_woken(struct run_queue *queue, struct thread *thread);
void queue_remove(struct run_queue *queue, struct thread *thread);

/* Put `thread` into the queue for the first one that waits, which is returned; there is one. */
struct thread *queue_take_turns(struct run_queue *queue, struct thread *thread);

/* Count what a running thread ran until `now` (of the TSC). */
void queue_charge(struct thread *running, u64 now);

/* Keep what a thread has run apart from the queue that it leaves, or add it to the one it comes to. */
void queue_leave(const struct run_queue *queue, struct thread *thread);
void queue_join(const struct run_queue *queue, struct thread *thread);

/* Let the running thread come behind the first one that waits, if both share the processor; whether it
 * does then, which it may by its policy, too. */
bool queue_step_back(const struct run_queue *queue, struct thread *running);

/* Would the running thread, put into the queue, not be the first? */
bool queue_is_behind(const struct run_queue *queue, const struct thread *running);

/* Should the first thread that waits take the place of the running one? `slice_over`: it ran for a whole
 * slice. */
bool queue_wants_switch(const struct run_queue *queue, const struct thread *running,
                        bool slice_over);

/* ---- sched_balance.c ---- */

/* Where a thread that becomes ready should run. */
u32 sched_choose_cpu(const struct thread *thread);

/* `thread` has entered `queue`: let whoever should know of it know. */
void sched_announce(struct run_queue *queue, const struct thread *thread);

/* Give a processor, this one or another, work before it goes back to the program (CPU_WORK_*). */
void sched_ask(u32 cpu, u32 work);

/* Take a thread from another queue that has `more` ready ones than this one; whether there was one. */
bool sched_steal(struct run_queue *queue, u32 more);

/* Send a thread that is in no queue to one. No lock held, interrupts off. */
void sched_send(struct thread *thread);

/* The processor goes to sleep: halts until an interrupt, unless there is something to do. No lock held,
 * interrupts off. */
void sched_sleep(struct run_queue *queue);

/* Somebody waits behind the running thread of this processor, so that its time is limited. */
void sched_begin_slicing(struct run_queue *queue);

/* ---- from timer.c ---- */

/* The slice that timer_arm_slice armed is over; interrupt context, no lock held. */
void sched_slice_over(void);

#endif
