/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: first come, first served on each processor.
 *
 * `state` of the running thread may be changed by a waker at any time: sched_prepare_block makes it
 * BLOCKED while it still runs, and a wake-up in between makes it READY-to-go-on again, so that
 * sched_block returns at once and no wake-up is lost.
 */
#include "kernel/core/sched.h"

#include "kernel/core/spinlock.h"
#include "kernel/core/thread_memory.h"
#include "kernel/core/time.h"
#include "kernel/lib/muldiv.h"

struct run_queue {
    struct spinlock lock; /* guards all below and the state of the queue's threads */
    struct list_head ready;
    struct thread idle;
    struct thread *dead; /* ended on this processor; to be freed on another stack */
};

static struct run_queue queues[CPUS_MAX];
static int next_tid = 1;

static struct run_queue *queue_this(void)
{
    return &queues[cpu_index()];
}

void sched_init_cpu(void)
{
    struct run_queue *queue = queue_this();
    spin_init(&queue->lock);
    list_init(&queue->ready);
    queue->idle.state = THREAD_RUNNING;
    queue->idle.cpu = cpu_index();
    list_init(&queue->idle.run_link);
    percpu_this()->current = &queue->idle;
}

static void reap(struct run_queue *queue)
{
    struct thread *dead = queue->dead;
    queue->dead = NULL;
    if (dead)
        thread_memory_free(dead);
}

/* Where a new thread first runs: it ends the switch that another thread began. */
static void thread_begin(void *argument)
{
    struct thread *thread = argument;
    struct run_queue *queue = queue_this();
    spin_unlock(&queue->lock);
    reap(queue);
    irq_enable();
    thread->entry(thread->argument);
}

struct thread *thread_create(void (*entry)(void *), void *argument)
{
    struct thread *thread = thread_memory_alloc();
    if (!thread)
        return NULL;
    thread->state = THREAD_BLOCKED;
    thread->cpu = cpu_index();
    thread->tid = __atomic_fetch_add(&next_tid, 1, __ATOMIC_RELAXED);
    list_init(&thread->run_link);
    thread->entry = entry;
    thread->argument = argument;
    context_prepare(&thread->arch, thread->stack_top, thread_begin, thread);
    return thread;
}

void thread_wake(struct thread *thread)
{
    struct run_queue *queue = &queues[thread->cpu];
    u64 flags = spin_lock_irqsave(&queue->lock);
    if (thread->state == THREAD_BLOCKED) {
        bool still_running = percpus[thread->cpu].current == thread;
        thread->state = still_running ? THREAD_RUNNING : THREAD_READY;
        if (!still_running)
            list_add_tail(&thread->run_link, &queue->ready);
    }
    spin_unlock_irqrestore(&queue->lock, flags);
}

/* Switch to the next ready thread, or to idle. The queue is locked, interrupts are off; both are
 * given back by the thread that comes next, here or, when it is new, in thread_begin. */
static void switch_locked(struct run_queue *queue)
{
    struct percpu *cpu = percpu_this();
    struct thread *previous = cpu->current;
    struct thread *next = list_first(&queue->ready, struct thread, run_link);
    if (next)
        list_del(&next->run_link);
    else
        next = &queue->idle;
    if (next == previous)
        return;
    next->state = THREAD_RUNNING;
    next->since_tick = cpu_read_tsc();
    previous->ran_ticks += next->since_tick - previous->since_tick;
    cpu->current = next;
    context_switch(&previous->arch, &next->arch);
    reap(queue_this());
}

void sched_prepare_block(void)
{
    __atomic_store_n(&thread_current()->state, THREAD_BLOCKED, __ATOMIC_SEQ_CST);
}

void sched_cancel_block(void)
{
    __atomic_store_n(&thread_current()->state, THREAD_RUNNING, __ATOMIC_SEQ_CST);
}

void sched_block(void)
{
    struct run_queue *queue = queue_this();
    u64 flags = spin_lock_irqsave(&queue->lock);
    if (thread_current()->state != THREAD_RUNNING)
        switch_locked(queue);
    spin_unlock_irqrestore(&queue->lock, flags);
}

void sched_yield(void)
{
    struct run_queue *queue = queue_this();
    if (list_empty(&queue->ready))
        return;
    u64 flags = spin_lock_irqsave(&queue->lock);
    struct thread *thread = thread_current();
    if (thread != &queue->idle) {
        thread->state = THREAD_READY;
        list_add_tail(&thread->run_link, &queue->ready);
    }
    switch_locked(queue);
    spin_unlock_irqrestore(&queue->lock, flags);
}

u64 sched_thread_ns(const struct thread *thread)
{
    u64 ticks = thread->ran_ticks;
    if (thread == thread_current())
        ticks += cpu_read_tsc() - thread->since_tick;
    /* As long as nobody knows the rate: less than it was, so that it does not go back later. */
    u64 hz = time_tsc_hz();
    return muldiv_u64(ticks, NS_PER_SECOND, hz ? hz : TSC_HZ_MAX);
}

void thread_exit(void)
{
    struct run_queue *queue = queue_this();
    spin_lock_irqsave(&queue->lock);
    struct thread *thread = thread_current();
    thread->state = THREAD_DEAD;
    context_forget(&thread->arch);
    queue->dead = thread;
    switch_locked(queue);
    __builtin_unreachable();
}

void sched_idle(void)
{
    for (;;) {
        sched_yield();
        irq_disable();
        if (list_empty(&queue_this()->ready))
            cpu_idle();
        irq_enable();
    }
}
