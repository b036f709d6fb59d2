/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: switching, blocking, waking. The order in a queue is sched_queue.c's, the choice of a
 * processor sched_balance.c's.
 *
 * `state` of the running thread may be changed by a waker at any time: sched_prepare_block makes it
 * BLOCKED while it still runs, and a wake-up in between makes it RUNNING again, so that sched_block
 * returns at once and no wake-up is lost.
 *
 * A queue's lock is held across the switch of stacks: whoever finds a thread not running, with its
 * queue's lock held, finds all its registers saved. The thread that comes next gives the lock back, in
 * switch_and_unlock or, when it is new, in thread_begin, and sees to what the last one left: a thread
 * that ended, or one that must go on elsewhere.
 */
#include "kernel/core/sched.h"

#include <linux/sched.h>

#include "arch/smp.h"
#include "kernel/core/sched_internal.h"
#include "kernel/core/thread_memory.h"
#include "kernel/core/time.h"
#include "kernel/core/wait.h"
#include "kernel/lib/muldiv.h"

struct run_queue run_queues[CPUS_MAX];
static void (*starter)(void);

#define START_NS NS_PER_SECOND /* enough for any processor to start */

static bool stopping; /* sched_stop_programs */

void sched_init_cpu(void)
{
    struct run_queue *queue = queue_this();
    spin_init(&queue->lock, LOCK_RUN_QUEUE);
    queue->cpu = cpu_index();
    queue->idle.state = THREAD_RUNNING;
    queue->idle.cpu = queue->cpu;
    queue->idle.schedule.affinity = ~0UL;
    queue->online_tick = queue->idle.since_tick = cpu_read_tsc();
    percpu_this()->current = &queue->idle;
}

u64 sched_online(void)
{
    u32 count = cpu_count();
    return count < 64 ? (1UL << count) - 1 : ~0UL;
}

bool sched_is_idle(u32 cpu)
{
    return queue_running(&run_queues[cpu]) == &run_queues[cpu].idle;
}

void sched_set_starter(void (*start)(void))
{
    starter = start;
}

void sched_start_others(void)
{
    void (*start)(void) = NULL;
    if (likely(!__atomic_load_n(&starter, __ATOMIC_RELAXED)))
        return;
    start = __atomic_exchange_n(&starter, NULL, __ATOMIC_ACQ_REL);
    if (start)
        start();
}

bool sched_wait_online(u64 cpus)
{
    if (cpus & smp_online())
        return true;
    sched_start_others();
    u64 deadline = time_now_ns() + START_NS;
    while (!(cpus & smp_online()) && time_now_ns() < deadline)
        (void)wait_sleep(time_now_ns() + START_NS / 1000);
    return cpus & smp_online();
}

struct run_queue *queue_lock_of(struct thread *thread)
{
    for (;;) {
        u32 cpu = __atomic_load_n(&thread->cpu, __ATOMIC_RELAXED);
        spin_lock(&run_queues[cpu].lock);
        if (likely(thread->cpu == cpu))
            return &run_queues[cpu];
        spin_unlock(&run_queues[cpu].lock);
    }
}

/* ---- Switching --------------------------------------------------------------------------------*/

/* The first thing that happens behind a switch. Interrupts are off. */
static void finish_switch(void)
{
    struct run_queue *queue = queue_this();
    struct thread *dead = queue->dead, *moved = queue->moved;
    queue->dead = queue->moved = NULL;
    spin_unlock(&queue->lock);
    if (unlikely(dead))
        thread_memory_free(dead);
    if (unlikely(moved)) {
        sched_send(moved);
        smp_flush_kicks(); /* the way may lead to a program, where nobody allows interrupts by a call */
    }
}

/* The thread that this processor turns to; it may have been told something while it did not run, and
 * behind its back its processor may have become another. */
static void make_current(struct percpu *cpu, struct thread *next, u64 now)
{
    if (next->arch.fpu_area && next->arch.fpu_cpu != cpu->index)
        __atomic_fetch_or(&next->work, THREAD_WORK_MOVED, __ATOMIC_RELAXED);
    next->state = THREAD_RUNNING;
    next->since_tick = now;
    __atomic_store_n(&cpu->current, next, __ATOMIC_RELAXED);
    cpu->work = next->work || unlikely(stopping) ? CPU_WORK_THREAD : 0;
}

/* Turn from the running thread to `next`, which is in no queue. The queue is locked; interrupts are off
 * before and after. */
static void switch_and_unlock(struct run_queue *queue, struct thread *next)
{
    struct percpu *cpu = percpu_this();
    struct thread *previous = cpu->current;
    if (next == previous) {
        previous->state = THREAD_RUNNING;
        spin_unlock(&queue->lock);
        return;
    }
    if (unlikely(queue->ready_count != 0 && !queue->slicing) && next != &queue->idle)
        sched_begin_slicing(queue);
    make_current(cpu, next, previous->since_tick);
    context_switch(&previous->arch, &next->arch);
    finish_switch();
}

/* The first thread that is ready, taken out of the queue; or idle. */
static struct thread *take_next(struct run_queue *queue)
{
    struct thread *next = queue_first(queue);
    if (!next)
        return &queue->idle;
    queue_remove(queue, next);
    return next;
}

/* Where a new thread first runs: it ends the switch that another thread began. */
static void thread_begin(void *argument)
{
    struct thread *thread = argument;
    finish_switch();
    irq_enable();
    thread->entry(thread->argument);
}

/* ---- A thread's life --------------------------------------------------------------------------*/

static int next_tid = 1;

struct thread *thread_create(void (*entry)(void *), void *argument)
{
    struct thread *thread = thread_memory_alloc();
    if (!thread)
        return NULL;
    u64 flags = irq_save();
    const struct thread *creator = thread_current();
    thread->state = THREAD_BLOCKED;
    thread->cpu = creator->cpu;
    thread->schedule = creator->schedule;
    thread->fair_ticks = creator->fair_ticks;
    irq_restore(flags);
    thread->tid = __atomic_fetch_add(&next_tid, 1, __ATOMIC_RELAXED);
    thread->entry = entry;
    thread->argument = argument;
    context_prepare(&thread->arch, thread->stack_top, thread_begin, thread);
    return thread;
}

void thread_discard(struct thread *thread)
{
    thread_memory_free(thread);
}

/* Whoever pinned the running thread runs on another processor, and is about to be done. */
static void await_wakers(const struct thread *thread)
{
    while (unlikely(__atomic_load_n(&thread->pins, __ATOMIC_ACQUIRE) != 0))
        cpu_relax();
}

void thread_exit(void)
{
    lock_debug_nothing_held();
    await_wakers(thread_current());
    irq_disable();
    struct run_queue *queue = queue_this();
    struct thread *thread = thread_current();
    spin_lock(&queue->lock);
    queue_charge(thread, cpu_read_tsc());
    thread->state = THREAD_DEAD;
    context_forget(&thread->arch);
    queue->dead = thread;
    switch_and_unlock(queue, take_next(queue));
    __builtin_unreachable();
}

/* ---- Waking -----------------------------------------------------------------------------------*/

/* The thread is blocked, and its queue locked, which it is no longer afterwards. Interrupts are off. */
static void wake_and_unlock(struct run_queue *queue, struct thread *thread)
{
    if (queue_running(queue) == thread) { /* on its way to sleep */
        thread->state = THREAD_RUNNING;
        spin_unlock(&queue->lock);
        return;
    }
    if (sched_choose_cpu(thread) != queue->cpu) {
        thread->state = THREAD_WAKING;
        queue_leave(queue, thread);
        spin_unlock(&queue->lock);
        sched_send(thread);
        return;
    }
    queue_insert_woken(queue, thread);
    sched_announce(queue, thread);
    spin_unlock(&queue->lock);
}

void thread_wake(struct thread *thread)
{
    u64 flags = irq_save();
    struct run_queue *queue = queue_lock_of(thread);
    if (thread->state == THREAD_BLOCKED)
        wake_and_unlock(queue, thread);
    else
        spin_unlock(&queue->lock);
    irq_restore(flags);
}

static void unpin(struct thread *thread)
{
    __atomic_sub_fetch(&thread->pins, 1, __ATOMIC_RELEASE);
}

void wake_list_add(struct wake_list *list, struct thread *thread)
{
    struct thread *none = NULL;
    if (!__atomic_compare_exchange_n(&thread->wake_next, &none, WAKE_LIST_END, false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
        unpin(thread); /* the other list's wake-up is still to come, and sees what we did */
        return;
    }
    if (list->first == WAKE_LIST_END)
        list->first = thread;
    else
        list->last->wake_next = thread;
    list->last = thread;
}

void wake_list_run(struct wake_list *list)
{
    while (list->first != WAKE_LIST_END) {
        struct thread *thread = list->first;
        list->first = thread->wake_next;
        __atomic_store_n(&thread->wake_next, NULL, __ATOMIC_SEQ_CST);
        thread_wake(thread);
        unpin(thread);
    }
}

void thread_notify(struct thread *thread, u32 work)
{
    u64 flags = irq_save();
    /* To itself, most often. Only it declares itself blocked, and before it sleeps it looks for work. */
    if (thread == thread_current() && thread->state == THREAD_RUNNING) {
        __atomic_fetch_or(&thread->work, work, __ATOMIC_SEQ_CST);
        __atomic_fetch_or(&percpu_this()->work, CPU_WORK_THREAD, __ATOMIC_SEQ_CST);
        irq_restore(flags);
        return;
    }
    struct run_queue *queue = queue_lock_of(thread);
    __atomic_fetch_or(&thread->work, work, __ATOMIC_SEQ_CST);
    if (queue_running(queue) == thread)
        sched_ask(queue->cpu, CPU_WORK_THREAD);
    if (thread->state == THREAD_BLOCKED)
        wake_and_unlock(queue, thread);
    else
        spin_unlock(&queue->lock);
    irq_restore(flags);
}

/* ---- Blocking ---------------------------------------------------------------------------------*/

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
    might_sleep();
    u64 flags = irq_save();
    struct run_queue *queue = queue_this();
    spin_lock(&queue->lock);
    if (thread_current()->state == THREAD_RUNNING) {
        spin_unlock(&queue->lock);
    } else {
        queue_charge(thread_current(), cpu_read_tsc());
        switch_and_unlock(queue, take_next(queue));
    }
    irq_restore(flags);
}

/* The running thread waits behind the first one that is ready; or, where it may not run any more, is sent
 * on by the thread that comes next. */
static void give_way_and_unlock(struct run_queue *queue, struct thread *thread, bool may_stay)
{
    struct thread *next;
    if (may_stay) {
        next = queue_take_turns(queue, thread);
    } else {
        next = take_next(queue);
        thread->state = THREAD_WAKING;
        queue_leave(queue, thread);
        queue->moved = thread;
    }
    switch_and_unlock(queue, next);
}

void sched_yield(void)
{
    might_sleep();
    u64 flags = irq_save();
    struct run_queue *queue = queue_this();
    struct thread *thread = thread_current();
    if (queue->ready_count != 0) {
        spin_lock(&queue->lock);
        queue_charge(thread, cpu_read_tsc());
        if (queue_step_back(queue, thread))
            give_way_and_unlock(queue, thread, true);
        else
            spin_unlock(&queue->lock);
    }
    irq_restore(flags);
}

void sched_make_room(void)
{
    struct run_queue *queue = queue_this();
    struct thread *thread = thread_current();
    __atomic_fetch_and(&percpu_this()->work, ~(u64)CPU_WORK_RESCHEDULE, __ATOMIC_RELAXED);
    spin_lock(&queue->lock);
    queue_charge(thread, cpu_read_tsc());
    bool may_stay = thread->schedule.affinity & 1UL << queue->cpu;
    if (may_stay && !queue_is_behind(queue, thread)) {
        spin_unlock(&queue->lock);
        return;
    }
    __atomic_fetch_or(&thread->work, THREAD_WORK_MOVED, __ATOMIC_RELAXED);
    give_way_and_unlock(queue, thread, may_stay);
}

/* ---- What is asked and set --------------------------------------------------------------------*/

/* Take the thread out of the order that is about to change; whether it was in it. The queue is locked. */
static bool change_begin(struct run_queue *queue, struct thread *thread)
{
    bool ready = thread->state == THREAD_READY;
    if (ready)
        queue_remove(queue, thread);
    return ready;
}

/* Put it back, or send it away when it may not stay, and let the processor look at its queue. Gives the
 * lock back. */
static void change_end(struct run_queue *queue, struct thread *thread, bool ready)
{
    bool away = ready && !(thread->schedule.affinity & 1UL << queue->cpu);
    if (away) {
        thread->state = THREAD_WAKING;
        queue_leave(queue, thread);
    } else if (ready) {
        queue_insert(queue, thread);
    }
    if (queue_running(queue) == thread || ready)
        sched_ask(queue->cpu, CPU_WORK_RESCHEDULE);
    spin_unlock(&queue->lock);
    if (away)
        sched_send(thread);
}

void sched_set(struct thread *thread, const struct thread_schedule *schedule)
{
    u64 flags = irq_save();
    struct run_queue *queue = queue_lock_of(thread);
    bool ready = change_begin(queue, thread);
    thread->schedule = *schedule;
    change_end(queue, thread, ready);
    irq_restore(flags);
}

void sched_inherit(struct thread *thread, u8 priority)
{
    u64 flags = irq_save();
    struct run_queue *queue = queue_lock_of(thread);
    bool ready = change_begin(queue, thread);
    thread->inherited = priority;
    change_end(queue, thread, ready);
    irq_restore(flags);
}

struct thread_schedule sched_get(struct thread *thread)
{
    u64 flags = irq_save();
    struct run_queue *queue = queue_lock_of(thread);
    struct thread_schedule schedule = thread->schedule;
    spin_unlock(&queue->lock);
    irq_restore(flags);
    return schedule;
}

/* As long as nobody knows the rate: less than it was, so that it does not go back later. */
static u64 ns_of(u64 ticks)
{
    u64 hz = time_tsc_hz();
    return muldiv_u64(ticks, NS_PER_SECOND, hz ? hz : TSC_HZ_MAX);
}

/* What the thread ran until `now` (of the TSC). Its queue is locked. */
static u64 ticks_until(const struct run_queue *queue, const struct thread *thread, u64 now)
{
    bool running = queue_running(queue) == thread && now > thread->since_tick;
    return thread->ran_ticks + (running ? now - thread->since_tick : 0);
}

u64 sched_thread_ns(struct thread *thread)
{
    u64 flags = irq_save();
    struct run_queue *queue = queue_lock_of(thread);
    u64 ticks = ticks_until(queue, thread, cpu_read_tsc());
    spin_unlock(&queue->lock);
    irq_restore(flags);
    return ns_of(ticks);
}

u64 sched_busy_ns(u32 cpu)
{
    struct run_queue *queue = &run_queues[cpu];
    if (!(smp_online() & 1UL << cpu))
        return 0;
    u64 flags = spin_lock_irqsave(&queue->lock);
    u64 now = cpu_read_tsc(), idle = ticks_until(queue, &queue->idle, now);
    u64 online = now > queue->online_tick ? now - queue->online_tick : 0;
    spin_unlock_irqrestore(&queue->lock, flags);
    return online > idle ? ns_of(online - idle) : 0;
}

/* ---- Idle, and the end ------------------------------------------------------------------------*/

void sched_idle(void)
{
    irq_disable();
    struct run_queue *queue = queue_this(); /* the idle thread stays where it is */
    for (;;) {
        spin_lock(&queue->lock);
        if (queue->ready_count != 0 || sched_steal(queue, 1)) {
            queue_charge(&queue->idle, cpu_read_tsc());
            switch_and_unlock(queue, take_next(queue));
        } else {
            spin_unlock(&queue->lock);
            sched_sleep(queue);
        }
    }
}

void sched_stop_here(void)
{
    while (unlikely(__atomic_load_n(&stopping, __ATOMIC_RELAXED))) {
        irq_enable(); /* they were off, and this sleep has no end */
        sched_prepare_block();
        sched_block();
        irq_disable();
    }
}

static void ask_to_stop(u64 cpus)
{
    u64 flags = irq_save();
    for (; cpus != 0; cpus &= cpus - 1)
        sched_ask(__builtin_ctzl(cpus), CPU_WORK_THREAD);
    irq_restore(flags);
}

/* A processor that changes threads at this moment may miss the first request. */
void sched_stop_programs(u64 ns)
{
    u64 others = smp_online() & ~(1UL << cpu_index()), now = time_now_ns();
    u64 deadline = now + ns, next_request = 0;
    __atomic_store_n(&stopping, true, __ATOMIC_SEQ_CST);
    for (; others != 0 && now < deadline; now = time_now_ns()) {
        if (now >= next_request) {
            ask_to_stop(others);
            next_request = now + ns / 100;
        }
        if (sched_is_idle(__builtin_ctzl(others)))
            others &= others - 1;
        cpu_relax();
    }
}
