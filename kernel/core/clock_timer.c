/* SPDX-License-Identifier: MIT */
/*
 * Lock order: real_lock, which guards the list of timers on the date, then timers_lock. The expiry runs
 * under the latter, so it leaves the list alone.
 */
#include "kernel/core/clock_timer.h"

#include "arch/irq.h"
#include "arch/smp.h"
#include "kernel/core/spinlock.h"
#include "kernel/core/time.h"

/* Between two samples of where a thread is: Linux's tick at 250 Hz. */
#define SAMPLE_NS (NS_PER_SECOND / 250)

static struct spinlock real_lock = SPINLOCK_INIT(LOCK_REAL_TIMERS);
static struct list_head real_timers = LIST_HEAD_INIT(real_timers);

u32 clock_set_count;
struct wait_queue clock_set_waiters = WAIT_QUEUE_INIT(clock_set_waiters);

u64 clock_timer_now(const struct clock_timer *timer)
{
    switch (timer->base) {
    case CLOCK_BASE_REAL:
        return time_real_ns();
    case CLOCK_BASE_CPU:
        return timer->cpu_now(timer);
    case CLOCK_BASE_USER:
        return timer->user_ns;
    default:
        return time_now_ns();
    }
}

/* What was run since the last sample was where this processor is now. */
static void take_sample(struct clock_timer *timer)
{
    u64 now = timer->cpu_now(timer);
    if (irq_from_program())
        timer->user_ns += now - timer->sampled_ns;
    timer->sampled_ns = now;
}

/* When the target will be reached at the earliest, in time since boot. Threads on several processors add
 * up. */
static u64 deadline_of(const struct clock_timer *timer)
{
    u64 now = clock_timer_now(timer);
    u64 wait = timer->target > now ? timer->target - now : 0;
    if (timer->base == CLOCK_BASE_USER)
        wait = MIN(wait, SAMPLE_NS);
    else if (timer->base == CLOCK_BASE_CPU)
        wait /= smp_online() == 1 ? 1 : cpu_count();
    return MIN(time_now_ns() + wait, WAIT_FOREVER - 1);
}

/* Threads may have slept since: then their clock has not got that far. */
static void on_expiry(struct timer *inner)
{
    struct clock_timer *timer = list_entry(inner, struct clock_timer, timer);
    if (timer->base == CLOCK_BASE_USER)
        take_sample(timer);
    if (timer->base != CLOCK_BASE_BOOT && clock_timer_now(timer) < timer->target)
        timer_restart(inner, deadline_of(timer));
    else
        timer->expire(timer);
}

void clock_timer_init(struct clock_timer *timer, void (*expire)(struct clock_timer *timer))
{
    *timer = (struct clock_timer){.expire = expire};
    timer_init_call(&timer->timer, on_expiry);
    list_init(&timer->real_link);
}

static void leave_list_locked(struct clock_timer *timer)
{
    if (!list_empty(&timer->real_link))
        list_del(&timer->real_link);
    list_init(&timer->real_link);
}

void clock_timer_start(struct clock_timer *timer, enum clock_base base, u64 target, u64 interval)
{
    clock_timer_stop(timer);
    timer->base = base;
    timer->target = target;
    timer->interval = interval;
    if (base == CLOCK_BASE_USER)
        timer->sampled_ns = timer->cpu_now(timer);
    u64 flags = spin_lock_irqsave(&real_lock);
    if (base == CLOCK_BASE_REAL)
        list_add(&timer->real_link, &real_timers);
    timer_start(&timer->timer, deadline_of(timer));
    spin_unlock_irqrestore(&real_lock, flags);
}

void clock_timer_stop(struct clock_timer *timer)
{
    if (timer->target == 0)
        return;
    u64 flags = spin_lock_irqsave(&real_lock);
    leave_list_locked(timer);
    timer_stop(&timer->timer);
    timer->target = timer->interval = 0;
    spin_unlock_irqrestore(&real_lock, flags);
}

/* How many intervals after `target` the first one lies that is still ahead of `now`; 0: the target
 * itself is. */
static u64 intervals_missed(const struct clock_timer *timer, u64 now)
{
    return timer->target > now ? 0 : (now - timer->target) / timer->interval + 1;
}

u64 clock_timer_left(const struct clock_timer *timer)
{
    u64 now = clock_timer_now(timer);
    if (timer->target == 0 || (timer->target <= now && timer->interval == 0))
        return 0;
    u64 next = timer->target;
    if (next <= now)
        next += intervals_missed(timer, now) * timer->interval;
    return next - now;
}

/* Move the target past `now`. */
static u64 advance(struct clock_timer *timer, u64 now)
{
    u64 missed = intervals_missed(timer, now);
    if (__builtin_mul_overflow(missed, timer->interval, &now) ||
        __builtin_add_overflow(timer->target, now, &timer->target))
        timer->target = WAIT_FOREVER - 1;
    return missed;
}

u64 clock_timer_forward(struct clock_timer *timer)
{
    if (timer->interval == 0)
        return 0;
    u64 passed = advance(timer, clock_timer_now(timer));
    timer_start(&timer->timer, deadline_of(timer));
    return MAX(passed, 1UL);
}

u64 clock_timer_forward_expired(struct clock_timer *timer, u64 pause)
{
    if (timer->interval == 0)
        return 0;
    u64 passed = advance(timer, clock_timer_now(timer) + pause);
    timer_restart(&timer->timer, deadline_of(timer));
    return MAX(passed, 1UL);
}

void clock_set_real_ns(u64 ns)
{
    struct clock_timer *timer;
    time_set_real_ns(ns);
    u64 flags = spin_lock_irqsave(&real_lock);
    __atomic_add_fetch(&clock_set_count, 1, __ATOMIC_SEQ_CST);
    list_for_each_entry(timer, &real_timers, real_link)
    {
        if (timer->timer.armed)
            timer_start(&timer->timer, deadline_of(timer));
        if (timer->clock_set)
            timer->clock_set(timer);
    }
    spin_unlock_irqrestore(&real_lock, flags);
    wait_wake_all(&clock_set_waiters);
}
