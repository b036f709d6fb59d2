/* SPDX-License-Identifier: MIT */
/*
 * The order of the threads in a run queue: one tree, whose leftmost thread runs next.
 *
 * The key of a real-time thread is 99 less its priority; among equals, who came first is first. The keys
 * of the others lie above: a base, which puts SCHED_IDLE behind all, and the time that the thread ran,
 * counted the slower the more weight its niceness gives it (as Linux's CFS has it, without its groups).
 * Those with the same weight so get the same time.
 * A queue's floor follows the thread that is furthest behind. A thread that wakes up starts no further
 * behind than a little below the floor, or it would run alone until it had made up for its sleep.
 */
#include <linux/sched.h>

#include "kernel/core/sched_internal.h"

#define PRIORITY_MAX 99
#define KEY_FAIR     (1UL << 62) /* the base of the first fair class; of the next, twice that */

/* Of the TSC, a millisecond or so on any machine that exists: nothing depends on the exact length. */
#define TICKS_MS         (2UL << 20)
/* How much one that wakes up may be behind the floor, and has to be behind the running one to take its
 * place at once. */
#define SLEEPER_TICKS    (3 * TICKS_MS)
#define PREEMPTION_TICKS (1 * TICKS_MS)

#define WEIGHT_UNIT 1024
#define WEIGHT_IDLE 3 /* of SCHED_IDLE (sched(7)) */

/* 1024 / 1.25^niceness: one step is a tenth of the processor, as on Linux (sched(7)). */
static const u32 weights[40] = {
    88818, 71054, 56843, 45475, 36380, 29104, 23283, 18626, 14901, 11921, /* from -20 on */
    9537,  7629,  6104,  4883,  3906,  3125,  2500,  2000,  1600,  1280,  1024, 819, 655, 524, 419,
    336,   268,   215,   172,   137,   110,   88,    70,    56,    45,    36,   29,  23,  18,  15,
};

static bool is_real_time(const struct thread *thread)
{
    return sched_priority(thread) != 0;
}

static enum fair_class class_of(const struct thread *thread)
{
    return thread->schedule.policy == SCHED_IDLE ? FAIR_IDLE : FAIR_NORMAL;
}

static u64 key_of(const struct thread *thread)
{
    if (is_real_time(thread))
        return PRIORITY_MAX - sched_priority(thread);
    return KEY_FAIR * (1 + class_of(thread)) + thread->fair_ticks;
}

static u64 weighted(const struct thread *thread, u64 ticks)
{
    u32 weight =
        class_of(thread) == FAIR_IDLE ? WEIGHT_IDLE : weights[thread->schedule.niceness + 20];
    return weight == WEIGHT_UNIT ? ticks : ticks * WEIGHT_UNIT / weight;
}

void queue_insert(struct run_queue *queue, struct thread *thread)
{
    struct rb_node **link = &queue->ready.node, *parent = NULL;
    thread->key = key_of(thread);
    while (*link) {
        parent = *link;
        bool before = thread->key < rb_entry(parent, struct thread, run_node)->key;
        link = before ? &parent->left : &parent->right;
    }
    rb_insert(&queue->ready, &thread->run_node, parent, link, NULL);
    if (!queue->first || thread->key < queue->first->key)
        queue->first = thread;
    thread->state = THREAD_READY;
    __atomic_store_n(&queue->ready_count, queue->ready_count + 1, __ATOMIC_RELAXED);
}

void queue_remove(struct run_queue *queue, struct thread *thread)
{
    if (queue->first == thread) {
        struct rb_node *next = queue->ready_count > 1 ? rb_next(&thread->run_node) : NULL;
        queue->first = next ? rb_entry(next, struct thread, run_node) : NULL;
    }
    rb_erase(&queue->ready, &thread->run_node, NULL);
    __atomic_store_n(&queue->ready_count, queue->ready_count - 1, __ATOMIC_RELAXED);
}

void queue_charge(struct thread *running, u64 now)
{
    u64 ticks = now > running->since_tick ? now - running->since_tick : 0;
    running->since_tick = now;
    running->ran_ticks += ticks;
    running->fair_ticks += weighted(running, ticks);
}

/* The floor rises to the smaller one of the running thread and the first that waits. */
static void raise_floor(struct run_queue *queue, enum fair_class class)
{
    struct thread *running = queue_running(queue);
    const struct thread *first = queue_first(queue);
    u64 least = ~0UL;
    if (running != &queue->idle && class_of(running) == class) {
        queue_charge(running, cpu_read_tsc());
        least = running->fair_ticks;
    }
    if (first && class_of(first) == class)
        least = MIN(least, first->fair_ticks);
    if (least != ~0UL)
        queue->floors[class] = MAX(queue->floors[class], least);
}

void queue_insert_woken(struct run_queue *queue, struct thread *thread)
{
    enum fair_class class = class_of(thread);
    raise_floor(queue, class);
    u64 floor = queue->floors[class];
    u64 lowest = floor > SLEEPER_TICKS ? floor - SLEEPER_TICKS : 0;
    thread->fair_ticks = MAX(thread->fair_ticks, lowest);
    queue_insert(queue, thread);
}

void queue_leave(const struct run_queue *queue, struct thread *thread)
{
    thread->fair_ticks -= queue->floors[class_of(thread)];
}

/* What was ahead stays ahead; what was behind may come below zero. */
void queue_join(const struct run_queue *queue, struct thread *thread)
{
    s64 ticks = (s64)(thread->fair_ticks + queue->floors[class_of(thread)]);
    thread->fair_ticks = ticks > 0 ? (u64)ticks : 0;
}

struct thread *queue_take_turns(struct run_queue *queue, struct thread *thread)
{
    struct thread *first = queue->first;
    if (queue->ready_count != 1) {
        queue_remove(queue, first);
        queue_insert(queue, thread);
        return first;
    }
    rb_exchange(&queue->ready, &first->run_node, &thread->run_node);
    thread->key = key_of(thread);
    thread->state = THREAD_READY;
    queue->first = thread;
    return first;
}

/* Do two keys belong to threads that share the processor by weight? */
static bool is_shared_by_weight(u64 a, u64 b)
{
    return a >= KEY_FAIR && b >= KEY_FAIR && (a ^ b) < KEY_FAIR;
}

bool queue_is_behind(const struct run_queue *queue, const struct thread *running)
{
    const struct thread *first = queue_first(queue);
    return first && first->key <= key_of(running);
}

bool queue_step_back(const struct run_queue *queue, struct thread *running)
{
    const struct thread *first = queue_first(queue);
    if (!first || !is_shared_by_weight(first->key, key_of(running)))
        return queue_is_behind(queue, running);
    running->fair_ticks = MAX(running->fair_ticks, first->fair_ticks + 1);
    return true;
}

bool queue_wants_switch(const struct run_queue *queue, const struct thread *running,
                        bool slice_over)
{
    const struct thread *first = queue_first(queue);
    if (running == &queue->idle || !first)
        return first != NULL;
    u64 own = key_of(running);
    if (first->key >= own) /* equals take turns only with SCHED_RR */
        return first->key == own && slice_over && running->schedule.policy == SCHED_RR;
    if (slice_over || !is_shared_by_weight(first->key, own))
        return true;
    /* SCHED_BATCH takes nobody's place (sched(7)). */
    return first->schedule.policy != SCHED_BATCH && first->key + PREEMPTION_TICKS < own;
}
