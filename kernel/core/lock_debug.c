/* SPDX-License-Identifier: MIT */
/*
 * The checks of `make DEBUG=1`; lock_debug.h has the idea.
 *
 * Spinlocks are held by a processor: the kernel is never preempted, and the run queue's lock is handed on
 * from one thread to the next on the same processor. Mutexes are held by a thread. So neither list needs a
 * lock; the list of a processor is changed with interrupts off.
 * A boot, and a processor's idle thread, run with interrupts off and may take mutexes all the same, since
 * nobody is there to be waited for.
 */
#include "kernel/core/lock_debug.h"

#include "arch/cpu.h"
#include "arch/upcalls.h"
#include "kernel/core/mutex.h"
#include "kernel/core/panic.h"
#include "kernel/core/sched.h"
#include "kernel/core/spinlock.h"
#include "kernel/core/symbols.h"
#include "kernel/lib/fmt.h"

/* A spinlock that is waited for that long (of the TSC; 5 s or more) is lost. */
#define PATIENCE_TICKS (24UL << 30)

struct class_facts {
    const char *name;
    u32 rank;
    bool nests;
};

#define NESTS true
#define ALONE false
static const struct class_facts facts[LOCK_CLASS_COUNT] = {{"a lock without class", 0, false},
#define LOCK_CLASS_FACTS(name, rank, nests, text) {text, rank, nests},
                                                           LOCK_CLASSES(LOCK_CLASS_FACTS)
#undef LOCK_CLASS_FACTS
};

/* How a class of spinlocks was taken: both of the first two together are a deadlock to come. */
#define TAKEN_IN_INTERRUPT  (1u << 0)
#define TAKEN_INTERRUPTS_ON (1u << 1)
#define TAKEN_MASKED        (1u << 2)
static u32 taken[LOCK_CLASS_COUNT];
static vaddr_t taken_at[LOCK_CLASS_COUNT][2]; /* for the first two: an example */

static struct held_locks spinning[CPUS_MAX];
static u64 waiting_since[CPUS_MAX];

#define CALLER ((vaddr_t)__builtin_return_address(0))

/* A place in the code, for a message. */
struct place {
    char text[64];
};

static struct place place_of(vaddr_t address)
{
    struct place place;
    u64 offset = 0;
    const char *name = symbol_find(address, &offset);
    fmt_snprintf(place.text, sizeof(place.text), "%s+0x%lx", name ? name : "?", offset);
    return place;
}
#define PLACE(address) (place_of(address).text)

static bool is_off(void)
{
    return panic_in_progress();
}

static struct held_locks *held_here(void)
{
    return &spinning[cpu_index()];
}

/* ---- Lists ------------------------------------------------------------------------------------*/

static const struct held_lock *find(const struct held_locks *list, const void *lock)
{
    for (u32 i = 0; i < list->count; i++)
        if (list->held[i].lock == lock)
            return &list->held[i];
    return NULL;
}

static void push(struct held_locks *list, const void *lock, u32 class, vaddr_t place)
{
    if (list->count == LOCKS_HELD_MAX)
        panic("%s: too many locks held", facts[class].name);
    list->held[list->count++] = (struct held_lock){lock, class, place};
}

/* They need not be given back in the reverse order. */
static bool pop(struct held_locks *list, const void *lock)
{
    struct held_lock *held = (struct held_lock *)find(list, lock);
    if (!held)
        return false;
    struct held_lock *last = &list->held[--list->count];
    for (; held < last; held++)
        held[0] = held[1];
    return true;
}

static void expect_order(const struct held_locks *list, const void *lock, u32 class, vaddr_t at)
{
    for (u32 i = 0; i < list->count; i++) {
        const struct held_lock *held = &list->held[i];
        if (held->lock == lock)
            panic("%s at %p taken twice: at %s, and before at %s", facts[class].name, lock,
                  PLACE(at), PLACE(held->place));
        if (held->class == class && facts[class].nests)
            continue;
        if (facts[held->class].rank >= facts[class].rank)
            panic("%s (rank %u) wanted at %s with %s (rank %u) held since %s", facts[class].name,
                  facts[class].rank, PLACE(at), facts[held->class].name, facts[held->class].rank,
                  PLACE(held->place));
    }
}

/* ---- Spinlocks --------------------------------------------------------------------------------*/

static void note_use(u32 class, u32 use, vaddr_t place)
{
    if (taken[class] & use)
        return;
    if (use != TAKEN_MASKED)
        taken_at[class][use - 1] = place;
    u32 uses = __atomic_or_fetch(&taken[class], use, __ATOMIC_SEQ_CST);
    if ((uses & TAKEN_IN_INTERRUPT) && (uses & TAKEN_INTERRUPTS_ON))
        panic("%s is taken in an interrupt at %s, and with interrupts on at %s", facts[class].name,
              PLACE(taken_at[class][0]), PLACE(taken_at[class][1]));
}

void lock_debug_spin_wanted(struct spinlock *lock)
{
    if (is_off())
        return;
    bool enabled = irq_enabled();
    u64 flags = irq_save();
    if (lock->class == LOCK_NONE || lock->class >= LOCK_CLASS_COUNT)
        panic("the spinlock at %p, taken at %s, has no class", (void *)lock, PLACE(CALLER));
    expect_order(held_here(), lock, lock->class, CALLER);
    if (percpu_this()->in_interrupt)
        note_use(lock->class, TAKEN_IN_INTERRUPT, CALLER);
    else
        note_use(lock->class, enabled ? TAKEN_INTERRUPTS_ON : TAKEN_MASKED, CALLER);
    waiting_since[cpu_index()] = cpu_read_tsc();
    irq_restore(flags);
}

void lock_debug_spin_waiting(struct spinlock *lock)
{
    if (is_off())
        return;
    if (cpu_read_tsc() - waiting_since[cpu_index()] < PATIENCE_TICKS)
        return;
    u32 holder = __atomic_load_n(&lock->holder, __ATOMIC_RELAXED);
    const struct held_lock *held = holder ? find(&spinning[holder - 1], lock) : NULL;
    panic("%s at %p is not to be had at %s: processor %d holds it since %s",
          facts[lock->class].name, (void *)lock, PLACE(CALLER), (int)holder - 1,
          PLACE(held ? held->place : 0));
}

void lock_debug_spin_taken(struct spinlock *lock)
{
    if (is_off())
        return;
    u64 flags = irq_save();
    push(held_here(), lock, lock->class, CALLER);
    __atomic_store_n(&lock->holder, cpu_index() + 1, __ATOMIC_RELAXED);
    irq_restore(flags);
}

void lock_debug_spin_given(struct spinlock *lock)
{
    if (is_off())
        return;
    u64 flags = irq_save();
    if (!pop(held_here(), lock))
        panic("%s at %p is given back at %s by processor %u, which does not hold it",
              facts[lock->class].name, (void *)lock, PLACE(CALLER), cpu_index());
    __atomic_store_n(&lock->holder, 0, __ATOMIC_RELAXED);
    irq_restore(flags);
}

/* ---- Mutexes ----------------------------------------------------------------------------------*/

static bool is_idle(const struct thread *thread)
{
    return thread->stack_top == 0;
}

static void expect_sleep_allowed(const char *what, vaddr_t place)
{
    const struct held_locks *list = held_here();
    if (list->count != 0)
        panic("%s at %s with %s held since %s", what, PLACE(place),
              facts[list->held[list->count - 1].class].name,
              PLACE(list->held[list->count - 1].place));
    if (percpu_this()->in_interrupt)
        panic("%s at %s in an interrupt", what, PLACE(place));
    if (!irq_enabled() && !is_idle(thread_current()))
        panic("%s at %s with interrupts off", what, PLACE(place));
}

void might_sleep(void)
{
    if (!is_off())
        expect_sleep_allowed("sleep", CALLER);
}

void lock_debug_mutex_wanted(struct mutex *mutex)
{
    if (is_off())
        return;
    expect_sleep_allowed("a mutex is wanted", CALLER);
    if (mutex->class == LOCK_NONE || mutex->class >= LOCK_CLASS_COUNT)
        panic("the mutex at %p, taken at %s, has no class", (void *)mutex, PLACE(CALLER));
    expect_order(&thread_current()->mutexes, mutex, mutex->class, CALLER);
}

void lock_debug_mutex_taken(struct mutex *mutex)
{
    if (is_off())
        return;
    mutex->owner = thread_current();
    push(&thread_current()->mutexes, mutex, mutex->class, CALLER);
}

void lock_debug_mutex_given(struct mutex *mutex)
{
    if (is_off())
        return;
    if (!pop(&thread_current()->mutexes, mutex))
        panic("%s at %p is given back at %s by thread %d, but held by thread %d",
              facts[mutex->class].name, (void *)mutex, PLACE(CALLER), thread_current()->tid,
              mutex->owner ? mutex->owner->tid : 0);
    mutex->owner = NULL;
}

void lock_debug_nothing_held(void)
{
    if (is_off())
        return;
    const struct held_locks *lists[] = {held_here(), &thread_current()->mutexes};
    for (u32 i = 0; i < ARRAY_SIZE(lists); i++)
        if (lists[i]->count != 0)
            panic("%s is still held, since %s", facts[lists[i]->held[0].class].name,
                  PLACE(lists[i]->held[0].place));
}

/* ---- Others -----------------------------------------------------------------------------------*/

void arch_upcall_may_fault(void)
{
    if (is_off())
        return;
    expect_sleep_allowed("a copy of the program's memory", CALLER);
    expect_order(&thread_current()->mutexes, NULL, LOCK_ASPACE, CALLER);
}

/* A processor that waits for such a lock with interrupts off cannot answer. */
void arch_upcall_waits_for_others(void)
{
    if (is_off())
        return;
    const struct held_locks *list = held_here();
    for (u32 i = 0; i < list->count; i++)
        if (taken[list->held[i].class] & (TAKEN_MASKED | TAKEN_IN_INTERRUPT))
            panic("other processors are waited for with %s held since %s",
                  facts[list->held[i].class].name, PLACE(list->held[i].place));
}

void lock_debug_reference(u32 count_before)
{
    if (!is_off() && (count_before == 0 || count_before > 1u << 31))
        panic("a reference at %s of what has %u", PLACE(CALLER), count_before);
}
