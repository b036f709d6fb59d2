/* SPDX-License-Identifier: MIT */
/*
 * Timers as files. An interval's later expiries are counted when somebody looks, not by interrupts:
 * clock_timer.h says why.
 * Locks: timerfd->setting_lock keeps those apart who arm or look; timerfd->lock guards what the
 * expiry changes, and is taken under timers_lock.
 */
#include "fs/anon/timerfd.h"

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/poll.h>

#include "arch/usercopy.h"
#include "fs/anon/anon_file.h"
#include "fs/poll.h"
#include "kernel/core/clock_timer.h"
#include "kernel/core/mutex.h"
#include "kernel/core/spinlock.h"
#include "mm/heap.h"

struct timerfd {
    struct mutex setting_lock; /* guards the timer's setting, on_date, watches_date, date_seen */
    struct clock_timer timer;
    bool on_date;
    bool watches_date; /* TFD_TIMER_CANCEL_ON_SET */
    u32 date_seen;     /* clock_set_count when it was last looked at */
    struct wait_queue changed;
    struct spinlock lock; /* guards the rest */
    u64 ticks;            /* expiries that nobody has read */
    bool expired;         /* and not moved on by its interval */
};

static void on_expiry(struct clock_timer *timer)
{
    struct timerfd *timerfd = list_entry(timer, struct timerfd, timer);
    u64 flags = spin_lock_irqsave(&timerfd->lock);
    timerfd->expired = true;
    timerfd->ticks++;
    spin_unlock_irqrestore(&timerfd->lock, flags);
    wait_wake_any(&timerfd->changed, POLLIN);
}

static void on_date_set(struct clock_timer *timer)
{
    wait_wake_any(&((struct timerfd *)list_entry(timer, struct timerfd, timer))->changed, POLLIN);
}

static bool date_was_set(const struct timerfd *timerfd)
{
    return timerfd->watches_date &&
           timerfd->date_seen != __atomic_load_n(&clock_set_count, __ATOMIC_ACQUIRE);
}

/* Whether an interval has to go on; whoever learns of it calls clock_timer_forward. */
static bool take_due_locked(struct timerfd *timerfd)
{
    bool due = timerfd->expired && timerfd->timer.interval != 0;
    if (due)
        timerfd->expired = false;
    return due;
}

/* Both at once: a timer that goes on may expire at once, and its expiry belongs to the next read. */
static u64 take_ticks(struct timerfd *timerfd)
{
    u64 flags = spin_lock_irqsave(&timerfd->lock);
    u64 ticks = timerfd->ticks;
    timerfd->ticks = 0;
    bool due = take_due_locked(timerfd);
    spin_unlock_irqrestore(&timerfd->lock, flags);
    if (due)
        ticks += clock_timer_forward(&timerfd->timer) - 1; /* the first one is counted already */
    return ticks;
}

/* Count what an interval has brought since the expiry, and arm it again. */
static void catch_up(struct timerfd *timerfd)
{
    u64 flags = spin_lock_irqsave(&timerfd->lock);
    bool due = take_due_locked(timerfd);
    spin_unlock_irqrestore(&timerfd->lock, flags);
    if (!due)
        return;
    u64 passed = clock_timer_forward(&timerfd->timer); /* the first one is counted already */
    flags = spin_lock_irqsave(&timerfd->lock);
    timerfd->ticks += passed - 1;
    spin_unlock_irqrestore(&timerfd->lock, flags);
}

/* What a read takes: the number of expiries, 0 when there were none. */
static long take(struct timerfd *timerfd, u64 *ticks)
{
    long error = 0;
    mutex_lock(&timerfd->setting_lock);
    if (date_was_set(timerfd)) {
        timerfd->date_seen = __atomic_load_n(&clock_set_count, __ATOMIC_ACQUIRE);
        error = -ECANCELED;
    }
    *ticks = take_ticks(timerfd);
    mutex_unlock(&timerfd->setting_lock);
    return error;
}

static bool is_readable(const struct timerfd *timerfd)
{
    return __atomic_load_n(&timerfd->ticks, __ATOMIC_RELAXED) != 0 || date_was_set(timerfd);
}

static long timerfd_read(struct file *file, uptr buffer, size_t size, u64 *position)
{
    struct timerfd *timerfd = file->object;
    u64 ticks;
    (void)position;
    if (size < sizeof(ticks))
        return -EINVAL;
    for (;;) {
        long error = take(timerfd, &ticks);
        if (error != 0)
            return error;
        if (ticks != 0)
            return usercopy_to(buffer, &ticks, sizeof(ticks)) ? -EFAULT : (long)sizeof(ticks);
        if (file->flags & O_NONBLOCK)
            return -EAGAIN;
        error = wait_event(&timerfd->changed, is_readable(timerfd));
        if (error != 0)
            return error;
    }
}

static u32 timerfd_poll(struct file *file, struct poller *poller)
{
    struct timerfd *timerfd = file->object;
    poller_add(poller, &timerfd->changed);
    return is_readable(timerfd) ? POLLIN : 0;
}

static void timerfd_release(struct file *file)
{
    struct timerfd *timerfd = file->object;
    clock_timer_stop(&timerfd->timer);
    kfree(timerfd);
}

static const struct file_ops timerfd_file_ops = {
    .read = timerfd_read,
    .poll = timerfd_poll,
    .stat = anon_file_stat,
    .release = timerfd_release,
};

struct file *timerfd_create(bool on_date, u32 flags)
{
    struct timerfd *timerfd = kzalloc(sizeof(*timerfd));
    if (!timerfd)
        return NULL;
    mutex_init(&timerfd->setting_lock, LOCK_TIMERFD_SETTING);
    spin_init_zeroed(&timerfd->lock, LOCK_TIMERFD);
    wait_queue_init(&timerfd->changed);
    clock_timer_init(&timerfd->timer, on_expiry);
    timerfd->timer.clock_set = on_date_set;
    timerfd->on_date = on_date;
    struct file *file = anon_file_create(&timerfd_file_ops, O_RDWR | (flags & O_NONBLOCK), timerfd,
                                         "anon_inode:[timerfd]");
    if (!file)
        kfree(timerfd);
    return file;
}

bool file_is_timerfd(const struct file *file)
{
    return file->ops == &timerfd_file_ops;
}

static void read_setting(struct timerfd *timerfd, u64 *left, u64 *interval)
{
    *left = clock_timer_left(&timerfd->timer);
    *interval = timerfd->timer.interval;
}

/* Only an absolute time on the date follows the date. */
static void arm(struct timerfd *timerfd, const struct timerfd_setting *setting)
{
    bool real = timerfd->on_date && setting->absolute;
    enum clock_base base = real ? CLOCK_BASE_REAL : CLOCK_BASE_BOOT;
    u64 target = setting->value;
    if (!setting->absolute) {
        timerfd->timer.base = CLOCK_BASE_BOOT;
        target += clock_timer_now(&timerfd->timer);
    }
    clock_timer_start(&timerfd->timer, base, target, setting->interval);
}

int timerfd_set(struct file *file, const struct timerfd_setting *setting, u64 *left, u64 *interval)
{
    struct timerfd *timerfd = file->object;
    mutex_lock(&timerfd->setting_lock);
    int error = setting->cancel_on_set && date_was_set(timerfd) ? -ECANCELED : 0;
    read_setting(timerfd, left, interval);
    clock_timer_stop(&timerfd->timer);
    u64 flags = spin_lock_irqsave(&timerfd->lock);
    timerfd->ticks = 0;
    timerfd->expired = false;
    spin_unlock_irqrestore(&timerfd->lock, flags);
    timerfd->watches_date = setting->cancel_on_set && setting->absolute && timerfd->on_date;
    timerfd->date_seen = __atomic_load_n(&clock_set_count, __ATOMIC_ACQUIRE);
    if (setting->value != 0)
        arm(timerfd, setting);
    mutex_unlock(&timerfd->setting_lock);
    return error;
}

void timerfd_get(struct file *file, u64 *left, u64 *interval)
{
    struct timerfd *timerfd = file->object;
    mutex_lock(&timerfd->setting_lock);
    catch_up(timerfd);
    read_setting(timerfd, left, interval);
    mutex_unlock(&timerfd->setting_lock);
}
