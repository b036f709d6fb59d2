/* SPDX-License-Identifier: MIT */
/*
 * The clock; see time.h.
 *
 * What the clock goes by is an epoch: a rate of the TSC, and what time it was when that began. An epoch is
 * written once and then published: readers need no lock and no sequence count. Before the first everything
 * goes through learn_now under `learning.lock`, inside which no other lock is taken. Nothing here may write
 * to the log, which asks for the time.
 *
 * A narrow reference counter (the ACPI timer's 24 bits wrap every 4.7 s) may have wrapped since it
 * was last read, if nobody asked for the time. The TSC tells how often, once its rate is known
 * roughly. The rate lies between 500 MHz and 6 GHz, which decides the case of a short time (0.8 s
 * on a 3 GHz processor). After a longer one, the rate is measured on the spot to a percent or so,
 * over a tenth of a millisecond: that is the one place where anything waits, and no program comes
 * through it that asks for the time early or has a better reference. A percent decides up to a
 * hundred seconds; beyond that the clock may miss some wraps, but its rate does not suffer, since
 * learning then begins anew.
 *
 * Where the reference is a counter that each processor has for itself (the local APIC's), each compares its
 * own with its TSC, and the first one for which enough time has passed publishes.
 */
#include "kernel/core/time.h"

#include "arch/cpu.h"
#include "arch/vdso_time.h"
#include "kernel/core/spinlock.h"

#define TSC_HZ_MIN 500000000UL

#define LEARN_NS        (20UL * 1000 * 1000)
/* The two samples' uncertainty must be below 1/2000 of the time between them. */
#define LEARN_PRECISION 2000

#define CRUDE_NS        (100UL * 1000)
#define CRUDE_ROUNDS    1000000
#define SAMPLE_ATTEMPTS 3

/* A fraction of 2^32. */
#define FRACTION_BITS VDSO_FRACTION_BITS

/* The clock once its rate is known; programs read the same page (arch/vdso_time.h). */
union vdso_page vdso_page ALIGNED(PAGE_SIZE);
static struct vdso_time *const scale = &vdso_page.time;

/* A rate that was measured anew is off by less than one part in so many, or something else is wrong. */
#define REFINED_PART    1000
#define REFINE_ATTEMPTS 5

/* The TSC and the reference, read together. */
struct sample {
    u64 tsc;
    u64 ticks;
    u64 width; /* cycles within which both were read */
};

static struct {
    struct spinlock lock;                /* guards all here */
    const struct clocksource *reference; /* NULL: the clock stands at 0 */
    u64 ns_per_tick;                     /* times 2^32 */
    struct start {
        bool known;
        struct sample first; /* learning counts from here ... */
        u64 first_ns;        /* ... when it was this time */
    } starts[CPUS_MAX];      /* all use the first one, unless each has its own counter */
    u64 last_ns;             /* the last time given out ... */
    u64 last_tsc;            /* ... and the TSC then */
    u64 crude_hz;            /* the TSC's rate to a percent; 0: not measured */
} learning = {.lock = SPINLOCK_INIT(LOCK_LEARNING)};

static struct {
    struct spinlock lock; /* guards read_ns, and writing of the date */
    u64 (*read_ns)(void);
} wall = {.lock = SPINLOCK_INIT(LOCK_WALL)};

static u64 scaled(u64 count, u64 factor)
{
    return (u64)(((unsigned __int128)count * factor) >> FRACTION_BITS);
}

/* a / b times 2^32, for results below 2^64. */
static u64 fraction(u64 a, u64 b)
{
    while (a >> (64 - FRACTION_BITS)) {
        a >>= 1;
        b >>= 1;
    }
    return b == 0 ? 0 : (a << FRACTION_BITS) / b;
}

/* ---- Learning ---------------------------------------------------------------------------------*/

static struct start *start_here(void)
{
    return &learning.starts[learning.reference->per_cpu ? cpu_index() : 0];
}

static struct sample take_sample(u32 attempts)
{
    struct sample best = {.width = ~0UL};
    while (attempts--) {
        u64 before = cpu_read_tsc();
        u64 ticks = learning.reference->read();
        u64 width = cpu_read_tsc() - before;
        if (width < best.width)
            best = (struct sample){before + width / 2, ticks, width};
    }
    return best;
}

static u64 tick_mask(void)
{
    u32 bits = learning.reference->bits;
    return bits >= 64 ? ~0UL : (1UL << bits) - 1;
}

/* The TSC's rate from a tenth of a millisecond; 0 when the reference stands still. */
static u64 measure_crude_hz(void)
{
    u64 hz = learning.reference->hz;
    u64 wanted = MAX(hz / (NS_PER_SECOND / CRUDE_NS), 16UL);
    struct sample start = take_sample(SAMPLE_ATTEMPTS);
    for (u32 i = 0; i < CRUDE_ROUNDS; i++) {
        struct sample now = take_sample(SAMPLE_ATTEMPTS);
        u64 ticks = (now.ticks - start.ticks) & tick_mask();
        if (ticks >= wanted)
            return scaled(now.tsc - start.tsc, fraction(hz, ticks));
    }
    return 0;
}

/* Reference ticks since `first`, wraps included. */
static u64 ticks_since(const struct sample *first, const struct sample *now)
{
    u64 mask = tick_mask();
    u64 ticks = (now->ticks - first->ticks) & mask;
    u64 hz = learning.reference->hz;
    u64 cycles = now->tsc - first->tsc;
    if (mask == ~0UL || scaled(cycles, fraction(hz, TSC_HZ_MIN)) <= mask)
        return ticks;
    if (learning.crude_hz == 0)
        learning.crude_hz = measure_crude_hz();
    if (learning.crude_hz == 0)
        return ticks;
    u64 expected = scaled(cycles, fraction(hz, learning.crude_hz));
    u64 period = mask + 1;
    if (expected > ticks)
        ticks += (expected - ticks + period / 2) / period * period;
    return ticks;
}

static u64 time_of(const struct start *start, const struct sample *now)
{
    return start->first_ns + scaled(ticks_since(&start->first, now), learning.ns_per_tick);
}

static void begin_at(struct start *start, const struct sample *sample, u64 ns)
{
    *start = (struct start){true, *sample, ns};
}

/* The first question on a processor with a counter of its own. What time it is there follows from the last
 * answer elsewhere, which was a moment ago (the processor has just been started): to a percent of that. */
static NOINLINE void begin_here(struct start *start)
{
    struct sample now = take_sample(SAMPLE_ATTEMPTS);
    u64 cycles = now.tsc > learning.last_tsc ? now.tsc - learning.last_tsc : 0;
    if (learning.crude_hz == 0)
        learning.crude_hz = measure_crude_hz();
    u64 rate = learning.crude_hz != 0 ? fraction(NS_PER_SECOND, learning.crude_hz) : 0;
    begin_at(start, &now, learning.last_ns + scaled(cycles, rate));
}

/* NULL: nobody knows the rate yet. */
static inline const struct vdso_epoch *last_epoch(void)
{
    u32 epochs = __atomic_load_n(&scale->epochs, __ATOMIC_ACQUIRE);
    return likely(epochs != 0) ? &scale->epoch[epochs - 1] : NULL;
}

static u64 epoch_ns(const struct vdso_epoch *epoch, u64 tsc)
{
    s64 cycles = (s64)(tsc - epoch->tsc);
    /* A processor whose TSC is a little behind the one that published. */
    return epoch->ns + (cycles > 0 ? scaled((u64)cycles, epoch->ns_per_cycle) : 0);
}

static void publish(u64 tsc, u64 ns, u64 ns_per_cycle)
{
    u32 count = scale->epochs;
    if (count == VDSO_EPOCHS)
        return;
    scale->epoch[count] = (struct vdso_epoch){tsc, ns, ns_per_cycle};
    __atomic_store_n(&scale->epochs, count + 1, __ATOMIC_RELEASE);
}

/* Enough time has passed: publish; or begin anew where the first sample was no good; or let more
 * time pass, where every sample takes long. */
static void conclude(struct start *start, const struct sample *now, u64 ns)
{
    u64 cycles = now->tsc - start->first.tsc;
    u64 rate = fraction(ns - start->first_ns, cycles);
    bool precise = (now->width + start->first.width) / 2 < cycles / LEARN_PRECISION;
    bool believable =
        rate >= fraction(NS_PER_SECOND, TSC_HZ_MAX) && rate <= fraction(NS_PER_SECOND, TSC_HZ_MIN);
    if (precise && believable)
        publish(now->tsc, MAX(ns, learning.last_ns), rate);
    else if (!believable || start->first.width > 2 * now->width)
        begin_at(start, now, ns);
}

/* A reference that stands still would stop the clock for ever. Not even a 6 GHz processor makes so
 * many cycles in the time that the reference shows, twice over: go on at an assumed rate. */
static bool reference_is_dead(const struct start *start, const struct sample *now, u64 ns)
{
    u64 cycles = now->tsc - start->first.tsc;
    return cycles > TSC_HZ_MIN && ns - start->first_ns < cycles / (2 * TSC_HZ_MAX / NS_PER_SECOND);
}

static u64 learn_locked(void)
{
    if (!learning.reference)
        return 0;
    struct start *start = start_here();
    if (unlikely(!start->known))
        begin_here(start);
    struct sample now = take_sample(1);
    u64 ns = time_of(start, &now);
    if (reference_is_dead(start, &now, ns)) {
        publish(now.tsc, MAX(ns, learning.last_ns), fraction(1, 1));
    } else if (ns - start->first_ns >= LEARN_NS) {
        now = take_sample(SAMPLE_ATTEMPTS);
        ns = time_of(start, &now);
        conclude(start, &now, ns);
    }
    /* Two questions within one tick of the reference still get different answers. */
    if (ns <= learning.last_ns)
        ns = learning.last_ns + 1;
    learning.last_ns = ns;
    learning.last_tsc = now.tsc;
    return ns;
}

static NOINLINE u64 learn_now(void)
{
    u64 flags = spin_lock_irqsave(&learning.lock);
    const struct vdso_epoch *epoch = last_epoch(); /* another processor may just have published */
    u64 ns = epoch ? 0 : learn_locked();
    spin_unlock_irqrestore(&learning.lock, flags);
    return epoch ? epoch_ns(epoch, cpu_read_tsc()) : ns;
}

/* The longer ago the first sample was, the less it matters how long it took. The clock goes on from the time
 * that it shows: what it went wrong until now, a part in thousands at the most, stays. */
static void refine_locked(const struct vdso_epoch *epoch)
{
    struct start *start = start_here();
    learning.crude_hz = (NS_PER_SECOND << FRACTION_BITS) / epoch->ns_per_cycle;
    struct sample now = take_sample(REFINE_ATTEMPTS);
    if (!start->known) { /* this processor has counted for nobody yet */
        begin_at(start, &now, epoch_ns(epoch, now.tsc));
        return;
    }
    u64 ns = scaled(ticks_since(&start->first, &now), learning.ns_per_tick);
    u64 rate = fraction(ns, now.tsc - start->first.tsc);
    u64 known = epoch->ns_per_cycle;
    u64 change = rate > known ? rate - known : known - rate;
    if (change < known / REFINED_PART)
        publish(now.tsc, epoch_ns(epoch, now.tsc), rate);
}

void time_refine(void)
{
    u64 flags = spin_lock_irqsave(&learning.lock);
    const struct vdso_epoch *epoch = last_epoch();
    if (epoch && learning.reference)
        refine_locked(epoch);
    spin_unlock_irqrestore(&learning.lock, flags);
}

/* ---- The time ---------------------------------------------------------------------------------*/

u64 time_now_ns(void)
{
    const struct vdso_epoch *epoch = last_epoch();
    return likely(epoch != NULL) ? epoch_ns(epoch, cpu_read_tsc()) : learn_now();
}

u64 time_tsc_hz(void)
{
    if (!last_epoch())
        return 0;
    /* By the first epoch: what is reckoned with it, the time that threads have run, never goes back. */
    return (NS_PER_SECOND << FRACTION_BITS) / scale->epoch[0].ns_per_cycle;
}

void time_set_tsc_hz(u64 hz, u64 boot_tsc)
{
    publish(boot_tsc, 0, fraction(NS_PER_SECOND, hz));
}

void time_learn(const struct clocksource *reference)
{
    learning.reference = reference;
    learning.ns_per_tick = fraction(NS_PER_SECOND, reference->hz);
    struct sample first = take_sample(1);
    begin_at(start_here(), &first, 0);
    learning.last_tsc = first.tsc;
}

void time_set_wall_clock(u64 (*read_ns)(void))
{
    wall.read_ns = read_ns;
}

static void set_wall_locked(u64 real_ns)
{
    __atomic_store_n(&scale->real_offset, (s64)(real_ns - time_now_ns()), __ATOMIC_RELAXED);
    __atomic_store_n(&scale->real_known, true, __ATOMIC_RELEASE);
}

static NOINLINE void read_wall_clock(void)
{
    u64 flags = spin_lock_irqsave(&wall.lock);
    if (!scale->real_known)
        set_wall_locked(wall.read_ns ? wall.read_ns() : time_now_ns());
    spin_unlock_irqrestore(&wall.lock, flags);
}

u64 time_real_ns(void)
{
    if (unlikely(!__atomic_load_n(&scale->real_known, __ATOMIC_ACQUIRE)))
        read_wall_clock();
    return time_now_ns() + (u64)__atomic_load_n(&scale->real_offset, __ATOMIC_RELAXED);
}

void time_set_real_ns(u64 ns)
{
    u64 flags = spin_lock_irqsave(&wall.lock);
    set_wall_locked(ns);
    spin_unlock_irqrestore(&wall.lock, flags);
}
