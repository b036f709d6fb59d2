/* SPDX-License-Identifier: MIT */
/*
 * What the kernel of `make DEBUG=1` must notice: each function is a mistake with locks or references, and
 * returns when nobody noticed.
 */
#include "arch/cpu.h"
#include "arch/usercopy.h"
#include "kernel/core/mutex.h"
#include "kernel/core/refcount.h"
#include "kernel/core/spinlock.h"
#include "kernel/crashtest.h"
#include "kernel/lib/string.h"

static struct spinlock zone = SPINLOCK_INIT(LOCK_ZONE), other_zone = SPINLOCK_INIT(LOCK_ZONE);
static struct spinlock dentries = SPINLOCK_INIT(LOCK_DCACHE), nameless;
static struct mutex cache = MUTEX_INIT(cache, LOCK_PAGE_CACHE);
static struct mutex space = MUTEX_INIT(space, LOCK_ASPACE);

static void wrong_order(void)
{
    spin_lock(&zone);
    spin_lock(&dentries);
}

static void same_rank(void)
{
    spin_lock(&zone);
    spin_lock(&other_zone);
}

static void taken_twice(void)
{
    spin_lock(&zone);
    spin_lock(&zone);
}

static void without_class(void)
{
    spin_lock(&nameless);
}

static void not_held(void)
{
    spin_unlock(&dentries);
}

static void in_interrupt(void)
{
    percpu_in_interrupt(true);
    spin_lock(&dentries);
    spin_unlock(&dentries);
    percpu_in_interrupt(false);
    irq_enable();
    spin_lock(&dentries);
}

/* Somebody has it and does not give it back. */
static void never_given(void)
{
    dentries.held = 1;
    spin_lock(&dentries);
}

static void mutex_order(void)
{
    mutex_lock(&cache);
    mutex_lock(&space);
}

static void mutex_under_spinlock(void)
{
    spin_lock(&dentries);
    mutex_lock(&space);
}

static void sleep_under_spinlock(void)
{
    spin_lock(&dentries);
    sched_block();
}

static void mutex_of_nobody(void)
{
    mutex_unlock(&space);
}

static void copy_under_mutex(void)
{
    u64 word;
    mutex_lock(&cache);
    (void)!usercopy_from(&word, UPTR(PAGE_SIZE), sizeof(word));
}

static void wait_for_others(void)
{
    u64 flags = spin_lock_irqsave(&dentries);
    arch_upcall_waits_for_others();
    spin_unlock_irqrestore(&dentries, flags);
}

static void up_from_zero(void)
{
    u32 refs = 0;
    ref_take(&refs);
}

static void below_zero(void)
{
    u32 refs = 0;
    (void)ref_drop(&refs);
}

static const struct {
    const char *kind;
    void (*function)(void);
} mistakes[] = {
    {"order", wrong_order},          {"rank", same_rank},         {"twice", taken_twice},
    {"class", without_class},        {"stranger", not_held},      {"interrupt", in_interrupt},
    {"lost", never_given},           {"mutexes", mutex_order},    {"mutex", mutex_under_spinlock},
    {"sleep", sleep_under_spinlock}, {"nobody", mutex_of_nobody}, {"copy", copy_under_mutex},
    {"others", wait_for_others},     {"up", up_from_zero},        {"below", below_zero},
};

void crashtest_locks(const char *kind)
{
    for (u32 i = 0; i < ARRAY_SIZE(mistakes); i++)
        if (strcmp(kind, mistakes[i].kind) == 0)
            mistakes[i].function();
}
