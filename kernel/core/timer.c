/* SPDX-License-Identifier: MIT */
/*
 * Armed timers in a tree by deadline; the leftmost one arms the hardware.
 *
 * `expire` runs under timers_lock with interrupts off, so that timer_stop, which takes the lock,
 * returns only when it is over. Lock order: timers_lock, then the run queues.
 */
#include "kernel/core/timer.h"

#include "arch/timer.h"
#include "kernel/core/sched.h"
#include "kernel/core/spinlock.h"
#include "kernel/core/time.h"
#include "kernel/core/wait.h"

static struct spinlock timers_lock = SPINLOCK_INIT; /* guards the tree and all timers' fields */
static struct rb_root timers;

static struct timer *earliest(void)
{
    struct rb_node *first = rb_first(&timers);
    return first ? rb_entry(first, struct timer, node) : NULL;
}

static void arm_hardware_locked(void)
{
    struct timer *first = earliest();
    if (!first) {
        timer_disarm();
        return;
    }
    u64 now = time_now_ns();
    if (timer_wants_rate())
        timer_set_rate(time_tsc_hz());
    timer_arm(first->deadline > now ? first->deadline - now : 1);
}

static void insert_locked(struct timer *timer)
{
    struct rb_node **link = &timers.node, *parent = NULL;
    while (*link) {
        parent = *link;
        bool before = timer->deadline < rb_entry(parent, struct timer, node)->deadline;
        link = before ? &parent->left : &parent->right;
    }
    rb_insert(&timers, &timer->node, parent, link, NULL);
    timer->armed = true;
}

static void remove_locked(struct timer *timer)
{
    rb_erase(&timers, &timer->node, NULL);
    timer->armed = false;
}

static void on_expiry(void)
{
    spin_lock(&timers_lock);
    u64 now = time_now_ns();
    for (struct timer *timer = earliest(); timer && timer->deadline <= now; timer = earliest()) {
        remove_locked(timer);
        timer->expire(timer);
    }
    if (earliest())
        arm_hardware_locked();
    spin_unlock(&timers_lock);
}

static void wake_thread(struct timer *timer)
{
    thread_wake(timer->thread);
}

void timer_init_call(struct timer *timer, void (*expire)(struct timer *timer))
{
    *timer = (struct timer){.expire = expire};
}

void timer_init_wake(struct timer *timer, struct thread *thread)
{
    timer_init_call(timer, wake_thread);
    timer->thread = thread;
}

void timer_start(struct timer *timer, u64 deadline)
{
    u64 flags = spin_lock_irqsave(&timers_lock);
    if (timer->armed)
        remove_locked(timer);
    timer->deadline = deadline;
    insert_locked(timer);
    if (earliest() == timer)
        arm_hardware_locked();
    spin_unlock_irqrestore(&timers_lock, flags);
}

/* on_expiry holds the lock, and arms the hardware when it is done. */
void timer_restart(struct timer *timer, u64 deadline)
{
    timer->deadline = deadline;
    insert_locked(timer);
}

void timer_stop(struct timer *timer)
{
    u64 flags = spin_lock_irqsave(&timers_lock);
    if (timer->armed) {
        bool was_first = earliest() == timer;
        remove_locked(timer);
        if (was_first)
            arm_hardware_locked();
    }
    spin_unlock_irqrestore(&timers_lock, flags);
}

bool timer_expired(const struct timer *timer, u64 deadline)
{
    (void)timer;
    return deadline != WAIT_FOREVER && time_now_ns() >= deadline;
}

void timers_init(void)
{
    timer_init(on_expiry);
}
