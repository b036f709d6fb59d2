/* SPDX-License-Identifier: MIT */
/*
 * The order of threads in a run queue: policies, weights, sleepers. The test is the processor: it says what
 * time it is and who runs, and lets the first in the queue run for a while.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/fake_kernel.h"

#include "arch/x86_64/percpu.h"

static u64 now;

static inline u64 cpu_read_tsc(void)
{
    return now;
}

static inline u32 cpu_index(void)
{
    return 0;
}

#include "kernel/core/sched_queue.c"

#define THREADS 8
#define SECOND  2000000000UL /* of a TSC at 2 GHz */

struct percpu percpus[CPUS_MAX];
static struct run_queue queue;
static struct thread threads[THREADS];

static void run(struct thread *thread)
{
    percpus[0].current = thread;
    thread->state = THREAD_RUNNING;
    thread->since_tick = now;
}

static int set_up(void **state)
{
    (void)state;
    memset(&queue, 0, sizeof(queue));
    memset(threads, 0, sizeof(threads));
    now = SECOND;
    run(&queue.idle);
    return 0;
}

static struct thread *make(int index, int policy, int priority, int niceness)
{
    threads[index].schedule = (struct thread_schedule){
        .policy = policy, .priority = priority, .niceness = niceness, .affinity = 1};
    queue_insert_woken(&queue, &threads[index]);
    return &threads[index];
}

static struct thread *take_first(void)
{
    struct thread *first = queue_first(&queue);
    queue_remove(&queue, first);
    return first;
}

static void test_policies(void **state)
{
    (void)state;
    struct thread *idle = make(0, SCHED_IDLE, 0, 0), *normal = make(1, SCHED_NORMAL, 0, 0);
    struct thread *low = make(2, SCHED_FIFO, 1, 0), *high = make(3, SCHED_RR, 99, 0);
    struct thread *second = make(4, SCHED_FIFO, 1, 0);
    struct thread *const order[] = {high, low, second, normal, idle};

    for (size_t i = 0; i < ARRAY_SIZE(order); i++)
        assert_ptr_equal(take_first(), order[i]);
    assert_null(queue_first(&queue));
    assert_int_equal(queue.ready_count, 0);
}

/* For so long in steps: the first runs, then comes behind. How much each ran goes into ran_ticks. */
static void share(u64 time, u64 step)
{
    for (u64 end = now + time; now < end;) {
        struct thread *thread = take_first();
        run(thread);
        now += step;
        queue_charge(thread, now);
        queue_insert(&queue, thread);
    }
}

static void test_equal_shares(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        make(i, i == 2 ? SCHED_BATCH : SCHED_NORMAL, 0, 0);
    share(3 * SECOND, SECOND / 250);
    for (int i = 0; i < 3; i++)
        assert_in_range(threads[i].ran_ticks, SECOND - SECOND / 100, SECOND + SECOND / 100);
}

/* One step of niceness is a quarter more time; SCHED_IDLE gets what is left. */
static void test_weights(void **state)
{
    (void)state;
    make(0, SCHED_NORMAL, 0, 0);
    make(1, SCHED_NORMAL, 0, 1);
    make(2, SCHED_NORMAL, 0, -20);
    make(3, SCHED_IDLE, 0, 0);
    share(100 * SECOND, SECOND / 1000);
    assert_in_range(threads[0].ran_ticks * 100 / threads[1].ran_ticks, 120, 130);
    assert_in_range(threads[2].ran_ticks / threads[0].ran_ticks, 84, 89);
    assert_int_equal(threads[3].ran_ticks, 0);
}

/* Who slept for long comes soon, but does not keep the processor for as long as it slept. */
static void test_sleeper(void **state)
{
    (void)state;
    struct thread *busy = make(0, SCHED_NORMAL, 0, 0), *sleeper = &threads[1];
    share(10 * SECOND, SECOND / 100);
    make(1, SCHED_NORMAL, 0, 0);
    assert_ptr_equal(queue_first(&queue), sleeper);
    share(SECOND / 10, SECOND / 1000);
    assert_true(sleeper->ran_ticks < SECOND / 10 * 6 / 10);
    assert_true(sleeper->ran_ticks > SECOND / 10 * 4 / 10);
    (void)busy;
}

static void test_preemption(void **state)
{
    (void)state;
    struct thread *running = make(0, SCHED_NORMAL, 0, 0);
    run(take_first());
    now += SECOND;
    make(1, SCHED_NORMAL, 0, 0); /* charges the running one */
    assert_true(queue_wants_switch(&queue, running, false));
    take_first();
    make(1, SCHED_BATCH, 0, 0);
    assert_false(queue_wants_switch(&queue, running, false));
    assert_true(queue_wants_switch(&queue, running, true));
    make(2, SCHED_FIFO, 1, 0);
    assert_true(queue_wants_switch(&queue, running, false));
}

/* Equal priorities take turns only when a slice is over, and only with SCHED_RR. */
static void test_turns_in_real_time(void **state)
{
    (void)state;
    struct thread *running = make(0, SCHED_RR, 10, 0);
    run(take_first());
    make(1, SCHED_RR, 10, 0);
    assert_false(queue_wants_switch(&queue, running, false));
    assert_true(queue_wants_switch(&queue, running, true));
    running->schedule.policy = SCHED_FIFO;
    assert_false(queue_wants_switch(&queue, running, true));
    make(2, SCHED_NORMAL, 0, -20);
    take_first();
    assert_false(queue_wants_switch(&queue, running, true));
    assert_false(queue_step_back(&queue, running));
}

static void test_yield(void **state)
{
    (void)state;
    struct thread *running = make(0, SCHED_NORMAL, 0, 0);
    run(take_first());
    assert_false(queue_step_back(&queue, running));
    struct thread *other = make(1, SCHED_NORMAL, 0, 0);
    now += 1000;
    queue_charge(other, now);
    other->fair_ticks += SECOND; /* far ahead: yet it comes next */
    queue_remove(&queue, other);
    queue_insert(&queue, other);
    assert_true(queue_step_back(&queue, running));
    assert_true(running->fair_ticks > other->fair_ticks);
    assert_ptr_equal(queue_take_turns(&queue, running), other);
    assert_ptr_equal(queue_first(&queue), running);
    assert_int_equal(queue.ready_count, 1);
    struct thread *third = make(2, SCHED_FIFO, 5, 0);
    assert_ptr_equal(queue_take_turns(&queue, other), third);
    assert_int_equal(queue.ready_count, 2);
}

/* Another processor's queue has another floor. */
static void test_moving(void **state)
{
    static struct run_queue other;
    (void)state;
    make(0, SCHED_NORMAL, 0, 0);
    share(10 * SECOND, SECOND / 100);
    struct thread *thread = take_first();
    u64 ahead = thread->fair_ticks - queue.floors[FAIR_NORMAL];
    queue_leave(&queue, thread);
    queue_join(&other, thread);
    assert_int_equal(thread->fair_ticks, ahead);
    thread->fair_ticks = 0;
    queue.floors[FAIR_NORMAL] = 5;
    queue_leave(&queue, thread); /* behind: below zero */
    queue_join(&other, thread);
    assert_int_equal(thread->fair_ticks, 0);
}

static void test_random(void **state)
{
    bool inside[THREADS] = {false};
    (void)state;
    srand(1);
    for (int step = 0; step < 20000; step++) {
        int index = rand() % THREADS;
        struct thread *thread = &threads[index];
        if (inside[index]) {
            queue_remove(&queue, thread);
        } else {
            int real_time = rand() % 4 == 0;
            thread->schedule = (struct thread_schedule){
                .policy = real_time    ? SCHED_FIFO
                          : rand() % 5 ? SCHED_NORMAL
                                       : SCHED_IDLE,
                .priority = real_time ? 1 + rand() % 99 : 0,
                .niceness = rand() % 40 - 20,
            };
            thread->fair_ticks = rand() % 1000000;
            queue_insert(&queue, thread);
        }
        inside[index] = !inside[index];
        u64 least = ~0UL, count = 0;
        for (int i = 0; i < THREADS; i++) {
            count += inside[i];
            least = inside[i] ? MIN(least, threads[i].key) : least;
        }
        assert_int_equal(queue.ready_count, count);
        assert_int_equal(queue_first(&queue) ? queue_first(&queue)->key : ~0UL, least);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_policies, set_up),
        cmocka_unit_test_setup(test_equal_shares, set_up),
        cmocka_unit_test_setup(test_weights, set_up),
        cmocka_unit_test_setup(test_sleeper, set_up),
        cmocka_unit_test_setup(test_preemption, set_up),
        cmocka_unit_test_setup(test_turns_in_real_time, set_up),
        cmocka_unit_test_setup(test_yield, set_up),
        cmocka_unit_test_setup(test_moving, set_up),
        cmocka_unit_test_setup(test_random, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
