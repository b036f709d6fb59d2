/* SPDX-License-Identifier: MIT */
/*
 * Timers that end in a signal; process_timers.h has the idea.
 *
 * Locks: timers->lock (a mutex) for those who set, ask and delete; an expiry runs under timers_lock,
 * changes `fired` alone, and sends. clock_timer_stop waits until it is over.
 */
#include "kernel/proc/process_timers.h"

#include <asm/errno.h>
#include <asm/siginfo.h>
#include <linux/time.h>

#include "kernel/core/time.h"
#include "kernel/proc/process.h"
#include "kernel/proc/task.h"
#include "mm/heap.h"

/* How often a timer may interrupt a program that does not take its signals, or that it stands for
 * processor time: Linux's tick at 1000 Hz. */
#define PAUSE_NS (NS_PER_SECOND / 1000)

struct process_timer {
    struct signal_entry entry;
    struct clock_timer timer;
    struct process *process;
    int tid;           /* SIGEV_THREAD_ID; 0: the process */
    struct task *task; /* whose processor time it is on, with a reference; NULL: the process's */
    int id;
    int clock;
    u64 fired; /* since its signal was taken; atomic */
    int overrun;
};

static const struct radix_memory radix_memory = {kmalloc, kfree};

static struct process_timers *timers_current(void)
{
    return &process_current()->timers;
}

/* ---- setitimer --------------------------------------------------------------------------------*/

static void send_from_kernel(struct process *process, int signal)
{
    (void)signal_send_process(process, signal, &(struct signal_info){.code = SI_KERNEL});
}

static struct process_timers *timers_of(const struct clock_timer *timer, int which)
{
    return (struct process_timers *)container_of(timer - which, struct process_timers, itimers[0]);
}

static void real_expired(struct clock_timer *timer)
{
    send_from_kernel(timers_of(timer, ITIMER_REAL)->process, SIGALRM);
}

static void virtual_expired(struct clock_timer *timer)
{
    send_from_kernel(timers_of(timer, ITIMER_VIRTUAL)->process, SIGVTALRM);
    clock_timer_forward_expired(timer, PAUSE_NS);
}

static void prof_expired(struct clock_timer *timer)
{
    send_from_kernel(timers_of(timer, ITIMER_PROF)->process, SIGPROF);
    clock_timer_forward_expired(timer, PAUSE_NS);
}

void process_alarm_taken(struct process *process)
{
    struct process_timers *timers = &process->timers;
    struct clock_timer *real = &timers->itimers[ITIMER_REAL];
    if (real->interval == 0)
        return;
    mutex_lock(&timers->lock);
    if (!real->timer.armed)
        clock_timer_forward(real);
    mutex_unlock(&timers->lock);
}

static void read_setting(const struct clock_timer *timer, struct timer_setting *out)
{
    *out = (struct timer_setting){clock_timer_left(timer), timer->interval};
}

void process_itimer_get(int which, struct timer_setting *old)
{
    struct process_timers *timers = timers_current();
    mutex_lock(&timers->lock);
    read_setting(&timers->itimers[which], old);
    mutex_unlock(&timers->lock);
}

static u64 virtual_cpu_now(const struct clock_timer *timer)
{
    return process_cpu_ns(timers_of(timer, ITIMER_VIRTUAL)->process);
}

static u64 prof_cpu_now(const struct clock_timer *timer)
{
    return process_cpu_ns(timers_of(timer, ITIMER_PROF)->process);
}

void process_itimer_set(int which, const struct timer_setting *setting, struct timer_setting *old)
{
    struct process_timers *timers = timers_current();
    struct clock_timer *timer = &timers->itimers[which];
    mutex_lock(&timers->lock);
    read_setting(timer, old);
    clock_timer_stop(timer);
    if (setting->value != 0) {
        static const enum clock_base bases[ITIMERS] = {
            [ITIMER_REAL] = CLOCK_BASE_BOOT,
            [ITIMER_VIRTUAL] = CLOCK_BASE_USER,
            [ITIMER_PROF] = CLOCK_BASE_CPU,
        };
        timer->base = bases[which];
        timer->cpu_now = which == ITIMER_VIRTUAL ? virtual_cpu_now : prof_cpu_now;
        clock_timer_start(timer, timer->base, clock_timer_now(timer) + setting->value,
                          setting->interval);
    }
    mutex_unlock(&timers->lock);
}

/* ---- RLIMIT_CPU -------------------------------------------------------------------------------*/

/* SIGXCPU at the soft limit and each second from there on, SIGKILL at the hard one. */
static void cpu_limit_reached(struct clock_timer *timer)
{
    struct process_timers *timers = container_of(timer, struct process_timers, cpu_limit);
    const struct rlimit64 *limit = &timers->process->limits[RLIMIT_CPU];
    bool hard = clock_timer_now(timer) / NS_PER_SECOND >= limit->rlim_max;
    send_from_kernel(timers->process, hard ? SIGKILL : SIGXCPU);
    clock_timer_forward_expired(timer, 0);
}

static u64 limit_cpu_now(const struct clock_timer *timer)
{
    return process_cpu_ns(container_of(timer, struct process_timers, cpu_limit)->process);
}

void process_cpu_limit_changed(struct process *process)
{
    struct process_timers *timers = &process->timers;
    u64 seconds = process_limit(process, RLIMIT_CPU);
    mutex_lock(&timers->lock);
    clock_timer_stop(&timers->cpu_limit);
    timers->cpu_limit.cpu_now = limit_cpu_now;
    if (seconds < WAIT_FOREVER / NS_PER_SECOND)
        clock_timer_start(&timers->cpu_limit, CLOCK_BASE_CPU, MAX(seconds, 1UL) * NS_PER_SECOND,
                          NS_PER_SECOND);
    mutex_unlock(&timers->lock);
}

/* ---- timer_create -----------------------------------------------------------------------------*/

void process_timers_init(struct process *process)
{
    struct process_timers *timers = &process->timers;
    timers->process = process;
    mutex_init(&timers->lock, LOCK_PROCESS_TIMERS);
    radix_init(&timers->by_id, &radix_memory);
    clock_timer_init(&timers->itimers[ITIMER_REAL], real_expired);
    clock_timer_init(&timers->itimers[ITIMER_VIRTUAL], virtual_expired);
    clock_timer_init(&timers->itimers[ITIMER_PROF], prof_expired);
    clock_timer_init(&timers->cpu_limit, cpu_limit_reached);
}

/* Without anybody to take the signal the timer moves on by itself. */
static void timer_expired_signal(struct clock_timer *inner)
{
    struct process_timer *timer = container_of(inner, struct process_timer, timer);
    __atomic_add_fetch(&timer->fired, 1, __ATOMIC_RELAXED);
    if (signal_send_entry(timer->process, timer->tid, &timer->entry))
        return;
    u64 passed = clock_timer_forward_expired(inner, PAUSE_NS);
    if (passed != 0)
        __atomic_add_fetch(&timer->fired, passed - 1, __ATOMIC_RELAXED);
}

static void timer_expired_quietly(struct clock_timer *inner)
{
    (void)inner;
}

static u64 timer_cpu_now(const struct clock_timer *inner)
{
    const struct process_timer *timer = container_of(inner, struct process_timer, timer);
    return timer->task ? task_cpu_ns(timer->task) : process_cpu_ns(timer->process);
}

static struct process_timer *timer_alloc(const struct timer_wish *wish)
{
    struct process *process = process_current();
    struct process_timer *timer = kzalloc(sizeof(*timer));
    if (!timer || !signal_count_timer(process)) {
        kfree(timer);
        return NULL;
    }
    clock_timer_init(&timer->timer, wish->signal ? timer_expired_signal : timer_expired_quietly);
    timer->timer.cpu_now = timer_cpu_now;
    timer->process = process;
    timer->tid = wish->tid;
    timer->task = wish->clock == CLOCK_THREAD_CPUTIME_ID
                      ? task_get(timer->process, thread_current()->tid)
                      : NULL;
    timer->clock = wish->clock;
    timer->entry.signal = wish->signal;
    timer->entry.of_timer = true;
    list_init(&timer->entry.link);
    return timer;
}

static void timer_free(struct process_timer *timer)
{
    if (timer->task)
        task_put(timer->task);
    signal_uncount_timer(timer->process);
    kfree(timer);
}

static int enter_locked(struct process_timers *timers, struct process_timer *timer,
                        const struct timer_wish *wish)
{
    int error;
    do {
        timer->id = timers->next_id;
        timers->next_id = timers->next_id == INT32_MAX ? 0 : timers->next_id + 1;
        error = radix_insert(&timers->by_id, timer->id, timer);
    } while (error == -EEXIST);
    if (error != 0)
        return error;
    timer->entry.info = (struct signal_info){.code = SI_TIMER};
    timer->entry.info.timer = timer->id;
    timer->entry.info.timer_value = wish->value_is_id ? (u64)timer->id : wish->value;
    return 0;
}

int process_timer_create(const struct timer_wish *wish)
{
    struct process_timers *timers = timers_current();
    struct process_timer *timer = timer_alloc(wish);
    if (!timer)
        return -EAGAIN;
    mutex_lock(&timers->lock);
    int error = enter_locked(timers, timer, wish);
    mutex_unlock(&timers->lock);
    if (error == 0)
        return timer->id;
    timer_free(timer);
    return error == -ENOMEM ? -EAGAIN : error;
}

/* With the lock held, or NULL without it. */
static struct process_timer *lock_timer(int id)
{
    struct process_timers *timers = timers_current();
    mutex_lock(&timers->lock);
    struct process_timer *timer = id < 0 ? NULL : radix_find(&timers->by_id, id);
    if (!timer)
        mutex_unlock(&timers->lock);
    return timer;
}

static void unlock_timer(const struct process_timer *timer)
{
    mutex_unlock(&timer->process->timers.lock);
}

static enum clock_base base_of(const struct process_timer *timer, bool absolute)
{
    switch (timer->clock) {
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        return CLOCK_BASE_BOOT;
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
        return absolute ? CLOCK_BASE_REAL : CLOCK_BASE_BOOT;
    default:
        return CLOCK_BASE_CPU;
    }
}

int process_timer_set(int id, const struct timer_setting *setting, bool absolute,
                      struct timer_setting *old)
{
    struct process_timer *timer = lock_timer(id);
    if (!timer)
        return -EINVAL;
    struct clock_timer *inner = &timer->timer;
    read_setting(inner, old);
    clock_timer_stop(inner);
    timer->overrun = 0;
    if (setting->value != 0) {
        inner->base = base_of(timer, absolute);
        u64 from = absolute ? 0 : clock_timer_now(inner);
        clock_timer_start(inner, inner->base, from + setting->value, setting->interval);
    }
    unlock_timer(timer);
    return 0;
}

int process_timer_get(int id, struct timer_setting *out)
{
    const struct process_timer *timer = lock_timer(id);
    if (!timer)
        return -EINVAL;
    read_setting(&timer->timer, out);
    unlock_timer(timer);
    return 0;
}

int process_timer_overrun(int id)
{
    const struct process_timer *timer = lock_timer(id);
    if (!timer)
        return -EINVAL;
    int overrun = timer->overrun;
    unlock_timer(timer);
    return overrun;
}

int process_timer_delete(int id)
{
    struct process_timer *timer = lock_timer(id);
    if (!timer)
        return -EINVAL;
    struct process_timers *timers = &timer->process->timers;
    clock_timer_stop(&timer->timer);
    signal_recall_entry(timer->process, timer->tid, &timer->entry);
    radix_remove(&timers->by_id, id);
    mutex_unlock(&timers->lock);
    timer_free(timer);
    return 0;
}

void process_timer_taken(struct signal_info *info)
{
    struct process_timer *timer = lock_timer(info->timer);
    if (!timer)
        return; /* deleted since */
    u64 passed = timer->timer.timer.armed ? 0 : clock_timer_forward(&timer->timer);
    u64 fired = __atomic_exchange_n(&timer->fired, 0, __ATOMIC_RELAXED);
    u64 more = (fired ? fired - 1 : 0) + (passed ? passed - 1 : 0);
    timer->overrun = info->overrun = MIN(more, (u64)INT32_MAX);
    unlock_timer(timer);
}
