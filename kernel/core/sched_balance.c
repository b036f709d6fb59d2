/* SPDX-License-Identifier: MIT */
/*
 * Which processor runs a thread: the one it was on if that is idle or nobody is, else an idle one; and
 * who has nothing to do takes from the others' queues.
 *
 * `sleepers` has a bit for each processor that halts or is about to. It sets its bit, then looks at all
 * queues once more; whoever makes a thread ready puts it into a queue first and then looks at the bits.
 * So one of both notices, and nobody is interrupted who is awake anyway.
 */
#include "kernel/core/sched_internal.h"

#include "arch/smp.h"
#include "kernel/core/timer.h"

#define SLICE_NS (4UL * 1000 * 1000)

static u64 sleepers;

static u64 bit_of(u32 cpu)
{
    return 1UL << cpu;
}

u32 sched_choose_cpu(const struct thread *thread)
{
    u64 online = smp_online();
    if (online == 1)
        return 0;
    u64 allowed = thread->schedule.affinity & online;
    u64 idle = allowed & __atomic_load_n(&sleepers, __ATOMIC_RELAXED);
    u64 last = bit_of(thread->cpu);
    if (idle != 0)
        return idle & last ? thread->cpu : (u32)__builtin_ctzl(idle);
    return (allowed & last) || allowed == 0 ? thread->cpu : (u32)__builtin_ctzl(allowed);
}

/* Wake one of `cpus` that sleeps: only one waker kicks it. Whether there was one. */
static bool rouse(u64 cpus)
{
    for (; cpus != 0; cpus &= cpus - 1) {
        u32 cpu = __builtin_ctzl(cpus);
        if (__atomic_fetch_and(&sleepers, ~bit_of(cpu), __ATOMIC_SEQ_CST) & bit_of(cpu)) {
            smp_kick(cpu);
            return true;
        }
    }
    return false;
}

void sched_ask(u32 cpu, u32 work)
{
    __atomic_fetch_or(&percpus[cpu].work, work, __ATOMIC_SEQ_CST);
    if (cpu != cpu_index())
        smp_kick(cpu);
}

void sched_begin_slicing(struct run_queue *queue)
{
    if (queue->slicing)
        return;
    queue->slicing = true;
    timer_arm_slice(SLICE_NS);
}

/* An idle processor that may run the thread takes it out of the queue that it waits in. */
static bool rouse_another(const struct thread *thread)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return rouse(__atomic_load_n(&sleepers, __ATOMIC_RELAXED) & thread->schedule.affinity);
}

void sched_announce(struct run_queue *queue, const struct thread *thread)
{
    const struct thread *running = queue_running(queue);
    bool here = queue->cpu == cpu_index();
    if (running == &queue->idle) {
        if (!here)
            (void)rouse(bit_of(queue->cpu));
    } else if (queue_wants_switch(queue, running, false)) {
        sched_ask(queue->cpu, CPU_WORK_RESCHEDULE);
    } else if (smp_online() != 1 && rouse_another(thread)) {
        return;
    } else if (here) {
        sched_begin_slicing(queue);
    } else if (!queue->slicing) {
        smp_kick(queue->cpu);
    }
}

void sched_send(struct thread *thread)
{
    struct run_queue *queue = &run_queues[sched_choose_cpu(thread)];
    spin_lock(&queue->lock);
    thread->cpu = queue->cpu;
    queue_join(queue, thread);
    queue_insert_woken(queue, thread);
    sched_announce(queue, thread);
    spin_unlock(&queue->lock);
}

/* ---- Taking -----------------------------------------------------------------------------------*/

/* The first thread of a queue that may run on `cpu`. */
static struct thread *first_for(const struct run_queue *queue, u32 cpu)
{
    struct rb_node *node = rb_first(&queue->ready);
    while (node && !(rb_entry(node, struct thread, run_node)->schedule.affinity & bit_of(cpu)))
        node = rb_next(node);
    return node ? rb_entry(node, struct thread, run_node) : NULL;
}

static bool steal_from(struct run_queue *queue, struct run_queue *other)
{
    if (!spin_try_lock(&other->lock)) /* ours is held: waiting could be for ever */
        return false;
    struct thread *thread = first_for(other, queue->cpu);
    if (thread) {
        queue_remove(other, thread);
        queue_leave(other, thread);
        thread->cpu = queue->cpu;
    }
    spin_unlock(&other->lock);
    if (!thread)
        return false;
    queue_join(queue, thread);
    queue_insert_woken(queue, thread);
    return true;
}

static u32 ready_count(u32 cpu)
{
    return __atomic_load_n(&run_queues[cpu].ready_count, __ATOMIC_RELAXED);
}

/* Threads that wait there and will not run at once. */
static u32 waiting_count(u32 cpu)
{
    const struct run_queue *queue = &run_queues[cpu];
    return queue_running(queue) == &queue->idle ? 0 : ready_count(cpu);
}

bool sched_steal(struct run_queue *queue, u32 more)
{
    u64 others = smp_online() & ~bit_of(queue->cpu);
    for (; others != 0; others &= others - 1) {
        u32 cpu = __builtin_ctzl(others);
        if (waiting_count(cpu) >= queue->ready_count + more && steal_from(queue, &run_queues[cpu]))
            return true;
    }
    return false;
}

/* ---- Sleeping ---------------------------------------------------------------------------------*/

/* Does a thread wait there that may run on `cpu`? Those that may not are no reason to stay awake. */
static bool has_one_for(struct run_queue *queue, u32 cpu)
{
    if (waiting_count(queue->cpu) == 0)
        return false;
    spin_lock(&queue->lock);
    bool found = first_for(queue, cpu);
    spin_unlock(&queue->lock);
    return found;
}

static bool anything_ready(u32 cpu)
{
    if (ready_count(cpu) != 0)
        return true;
    for (u64 others = smp_online() & ~bit_of(cpu); others != 0; others &= others - 1)
        if (has_one_for(&run_queues[__builtin_ctzl(others)], cpu))
            return true;
    return false;
}

void sched_sleep(struct run_queue *queue)
{
    __atomic_fetch_or(&sleepers, bit_of(queue->cpu), __ATOMIC_SEQ_CST);
    if (!anything_ready(queue->cpu)) {
        smp_flush_kicks();
        cpu_idle();
    } else {
        irq_enable(); /* whoever waits for an answer gets it */
        cpu_relax();
        irq_disable();
    }
    __atomic_fetch_and(&sleepers, ~bit_of(queue->cpu), __ATOMIC_SEQ_CST);
}

/* ---- Slices -----------------------------------------------------------------------------------*/

/* Three threads on two processors: so that each gets its third, one moves on at the end of a slice, to a
 * processor where fewer wait. */
static void offer(const struct run_queue *queue)
{
    for (u64 others = smp_online() & ~bit_of(queue->cpu); others != 0; others &= others - 1) {
        u32 cpu = __builtin_ctzl(others);
        if (ready_count(cpu) < queue->ready_count) {
            smp_kick(cpu);
            return;
        }
    }
}

void sched_slice_over(void)
{
    struct run_queue *queue = queue_this();
    spin_lock(&queue->lock);
    queue->slicing = false;
    struct thread *running = queue_running(queue);
    queue_charge(running, cpu_read_tsc());
    if (queue->ready_count != 0 && running != &queue->idle) {
        if (queue_wants_switch(queue, running, true))
            sched_ask(queue->cpu, CPU_WORK_RESCHEDULE);
        offer(queue);
        sched_begin_slicing(queue);
    }
    spin_unlock(&queue->lock);
}

/* The idle thread looks for work by itself. */
void arch_upcall_kicked(void)
{
    struct run_queue *queue = queue_this();
    if (queue_running(queue) == &queue->idle)
        return;
    spin_lock(&queue->lock);
    if (queue->ready_count != 0 || sched_steal(queue, 1))
        sched_begin_slicing(queue);
    spin_unlock(&queue->lock);
}
