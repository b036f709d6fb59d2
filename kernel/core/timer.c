/* SPDX-License-Identifier: MIT */
/*
 * Armed timers in a tree by deadline, one tree for each processor: a timer expires on the one that
 * started it. The earliest deadline, or the end of the running thread's slice, arms the hardware.
 *
 * `expire` runs under the tree's lock with interrupts off, so that timer_stop, which takes the lock,
 * returns only when it is over. Lock order: a tree's lock, then the run queues; of two trees never
 * both. The slice belongs to its processor, with interrupts off, and needs no lock.
 */
#include "kernel/core/timer.h"

#include "arch/timer.h"
#include "kernel/core/sched.h"
#include "kernel/core/sched_internal.h"
#include "kernel/core/spinlock.h"
#include "kernel/core/time.h"
#include "kernel/core/wait.h"

static struct timer_tree {
    struct spinlock lock; /* guards the tree and all fields of its timers */
    struct rb_root timers;
    u64 first;     /* the earliest deadline, 0: none; others look at it without the lock */
    u64 slice_end; /* 0: no slice is running out */
} ALIGNED(64) trees[CPUS_MAX] = {[0 ... CPUS_MAX - 1] = {.lock = SPINLOCK_INIT(LOCK_TIMER_TREE)}};

static struct timer_tree *tree_this(void)
{
    return &trees[cpu_index()];
}

static struct timer *earliest(const struct timer_tree *tree)
{
    struct rb_node *first = rb_first(&tree->timers);
    return first ? rb_entry(first, struct timer, node) : NULL;
}

static void note_first_locked(struct timer_tree *tree)
{
    const struct timer *first = earliest(tree);
    __atomic_store_n(&tree->first, first ? MAX(first->deadline, 1UL) : 0, __ATOMIC_RELAXED);
}

static u64 first_deadline(const struct timer_tree *tree)
{
    u64 first = __atomic_load_n(&tree->first, __ATOMIC_RELAXED);
    return first != 0 ? first : WAIT_FOREVER;
}

/* For this processor's own tree, to which nobody else adds: what the others take away meanwhile is armed for
 * and expires for nothing. Without the lock, since writing to the hardware takes long in a virtual machine. */
static void arm_hardware(const struct timer_tree *tree)
{
    u64 next = first_deadline(tree);
    if (tree->slice_end != 0)
        next = MIN(next, tree->slice_end);
    if (next == WAIT_FOREVER) {
        timer_disarm();
        return;
    }
    u64 now = time_now_ns();
    if (timer_wants_rate())
        timer_set_rate(time_tsc_hz());
    timer_arm(next > now ? next - now : 1);
}

static void insert_locked(struct timer_tree *tree, struct timer *timer)
{
    struct rb_node **link = &tree->timers.node, *parent = NULL;
    while (*link) {
        parent = *link;
        bool before = timer->deadline < rb_entry(parent, struct timer, node)->deadline;
        link = before ? &parent->left : &parent->right;
    }
    rb_insert(&tree->timers, &timer->node, parent, link, NULL);
    timer->armed = true;
    if (timer->deadline < first_deadline(tree))
        note_first_locked(tree);
}

/* True if it was the first to expire. */
static bool remove_locked(struct timer_tree *tree, struct timer *timer)
{
    bool was_first = earliest(tree) == timer;
    rb_erase(&tree->timers, &timer->node, NULL);
    timer->armed = false;
    if (was_first)
        note_first_locked(tree);
    return was_first;
}

static void expire_locked(struct timer_tree *tree, u64 now)
{
    for (struct timer *timer = earliest(tree); timer && timer->deadline <= now;
         timer = earliest(tree)) {
        remove_locked(tree, timer);
        timer->expire(timer);
    }
}

static void on_expiry(void)
{
    struct timer_tree *tree = tree_this();
    u64 now = time_now_ns();
    spin_lock(&tree->lock);
    expire_locked(tree, now);
    spin_unlock(&tree->lock);
    if (tree->slice_end != 0 && tree->slice_end <= now) {
        tree->slice_end = 0;
        sched_slice_over();
    }
    arm_hardware(tree);
}

void timer_arm_slice(u64 ns)
{
    struct timer_tree *tree = tree_this();
    tree->slice_end = time_now_ns() + ns;
    if (first_deadline(tree) > tree->slice_end)
        arm_hardware(tree);
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

/* The tree that a timer hangs in or last hung in, locked; interrupts are off. */
static struct timer_tree *lock_tree_of(const struct timer *timer)
{
    for (;;) {
        u32 cpu = __atomic_load_n(&timer->cpu, __ATOMIC_RELAXED);
        spin_lock(&trees[cpu].lock);
        if (likely(timer->cpu == cpu))
            return &trees[cpu];
        spin_unlock(&trees[cpu].lock);
    }
}

void timer_stop(struct timer *timer)
{
    u64 flags = irq_save();
    struct timer_tree *tree = lock_tree_of(timer);
    bool was_first = timer->armed && remove_locked(tree, timer);
    spin_unlock(&tree->lock);
    if (was_first && tree == tree_this()) /* elsewhere it expires once for nothing */
        arm_hardware(tree);
    irq_restore(flags);
}

void timer_start(struct timer *timer, u64 deadline)
{
    u64 flags = irq_save();
    struct timer_tree *tree = tree_this();
    if (timer->armed || timer->cpu != cpu_index()) {
        struct timer_tree *old = lock_tree_of(timer);
        if (timer->armed)
            remove_locked(old, timer);
        timer->cpu = cpu_index();
        spin_unlock(&old->lock);
    }
    spin_lock(&tree->lock);
    timer->deadline = deadline;
    insert_locked(tree, timer);
    bool is_first = earliest(tree) == timer;
    spin_unlock(&tree->lock);
    if (is_first)
        arm_hardware(tree);
    irq_restore(flags);
}

/* on_expiry holds the lock, and arms the hardware when it is done. */
void timer_restart(struct timer *timer, u64 deadline)
{
    timer->deadline = deadline;
    insert_locked(&trees[timer->cpu], timer);
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
