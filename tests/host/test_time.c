/* SPDX-License-Identifier: MIT */
/*
 * The clock, on a machine whose true time the test decides: a TSC of some rate and a reference
 * counter of some width, either of which may be read late.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/host/fake_kernel.h"

#define CPUS_MAX 4

static u64 cpu_read_tsc(void);
static u32 cpu_index(void);

#include "kernel/core/time.c"

#define US 1000UL
#define MS (1000UL * US)
#define S  (1000UL * MS)

/* ---- The machine ------------------------------------------------------------------------------*/

static u64 true_ns; /* since the machine was switched on */
static u64 tsc_hz;
static u64 ns_per_read; /* what reading the reference takes */
static u64 delay_next;  /* once, between the two halves of a sample */
static u64 reference_offset;
static bool reference_stands;
static struct clocksource reference;
static u32 cpu;                  /* who asks */
static u64 started_ns[CPUS_MAX]; /* when each began to count, if each has a counter of its own */

static u32 cpu_index(void)
{
    return cpu;
}

static u64 times(u64 ns, u64 hz)
{
    return (u64)((unsigned __int128)ns * hz / S);
}

static u64 cpu_read_tsc(void)
{
    return times(true_ns, tsc_hz);
}

static u64 read_reference(void)
{
    true_ns += ns_per_read + delay_next;
    delay_next = 0;
    u64 since = reference.per_cpu ? started_ns[cpu] : 0;
    u64 ticks = reference_stands ? 0 : times(true_ns - since, reference.hz) + reference_offset;
    return reference.bits < 64 ? ticks & ((1UL << reference.bits) - 1) : ticks;
}

static u64 start_ns; /* true time when the clock was 0 */

static void start(u64 hz, u64 reference_hz, u32 bits)
{
    memset(&vdso_page, 0, sizeof(vdso_page));
    memset(&learning, 0, sizeof(learning));
    memset(&wall, 0, sizeof(wall));
    tsc_hz = hz;
    true_ns = 123 * S;
    ns_per_read = 1 * US;
    delay_next = 0;
    reference_stands = false;
    reference_offset = 0xfff000;
    cpu = 0;
    reference = (struct clocksource){"fake", read_reference, reference_hz, bits, false};
}

static void learn(void)
{
    time_learn(&reference);
    start_ns = true_ns;
}

#define PM_TIMER 3579545, 24
#define HPET     100000000, 64

/* The clock shows the true time to a part in `part`, and a few microseconds. */
static void is_right(u64 part)
{
    u64 now = time_now_ns(), truth = true_ns - start_ns;
    u64 error = now > truth ? now - truth : truth - now;
    if (error > truth / part + 5 * US)
        fail_msg("the clock shows %lu ns after %lu ns", now, truth);
}

/* Ask every `step` for a `total` time: never back, always right. */
static void runs(u64 step, u64 total, u64 part)
{
    u64 end = true_ns + total, last = time_now_ns();
    while (true_ns < end) {
        true_ns += step;
        is_right(part);
        u64 now = time_now_ns();
        assert_true(now >= last);
        last = now;
    }
}

/* ---- Tests ------------------------------------------------------------------------------------*/

static void stands_before_it_is_set_up(void **state)
{
    (void)state;
    start(3 * S, HPET);
    assert_int_equal(time_now_ns(), 0);
    assert_int_equal(time_tsc_hz(), 0);
}

static void takes_a_rate_that_is_told(void **state)
{
    (void)state;
    static const u64 rates[] = {500000000, 999999999, 1000000000, 2345678901, 5999000000};
    for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
        start(rates[i], HPET);
        start_ns = true_ns;
        time_set_tsc_hz(rates[i], cpu_read_tsc());
        true_ns += 1 * MS;
        is_right(1000000);
        true_ns += 1000000 * S; /* eleven days */
        is_right(100000000);
        assert_in_range(time_tsc_hz(), rates[i] - 2, rates[i] + 2);
    }
}

static void learns_while_it_runs(void **state)
{
    (void)state;
    static const u64 rates[] = {500 * 1000001, 1 * S, 2593906000, 5 * S};
    for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
        start(rates[i], PM_TIMER);
        learn();
        runs(300 * US, 15 * MS, 1000);
        assert_int_equal(time_tsc_hz(), 0);
        runs(300 * US, 30 * MS, 1000);
        assert_in_range(time_tsc_hz(), rates[i] - rates[i] / 5000, rates[i] + rates[i] / 5000);
        runs(17 * MS, 5 * S, 5000);
        start(rates[i], HPET);
        learn();
        runs(5 * MS, 100 * MS, 1000);
        assert_in_range(time_tsc_hz(), rates[i] - rates[i] / 5000, rates[i] + rates[i] / 5000);
    }
}

static void differs_within_a_tick(void **state)
{
    (void)state;
    start(3 * S, PM_TIMER);
    ns_per_read = 1;
    learn();
    u64 last = time_now_ns();
    for (int i = 0; i < 1000; i++) {
        u64 now = time_now_ns();
        assert_true(now > last);
        last = now;
    }
}

/* The narrow counter has wrapped before anybody asked. */
static void counts_wraps(void **state)
{
    (void)state;
    static const u64 gaps[] = {100 * MS, 700 * MS, 4500 * MS, 5 * S, 9 * S,
                               14 * S,   33 * S,   60 * S,    90 * S};
    static const u64 rates[] = {600000000, 1 * S, 2900000000, 5500000000};
    for (size_t r = 0; r < ARRAY_SIZE(rates); r++) {
        for (size_t i = 0; i < ARRAY_SIZE(gaps); i++) {
            start(rates[r], PM_TIMER);
            learn();
            true_ns += gaps[i];
            is_right(100000);
            runs(1 * MS, 30 * MS, 1000);
            assert_in_range(time_tsc_hz(), rates[r] - rates[r] / 5000, rates[r] + rates[r] / 5000);
        }
    }
}

/* Twice, a long silence: the second must not spoil the rate. */
static void survives_an_hour_of_silence(void **state)
{
    (void)state;
    start(2900000000, PM_TIMER);
    learn();
    true_ns += 5 * MS;
    u64 last = time_now_ns();
    true_ns += 3600 * S;
    u64 now = time_now_ns();
    assert_in_range(now, 3500 * S, 3700 * S); /* some wraps may be missed, few */
    assert_true(now > last);
    for (int i = 0; i < 100; i++) {
        true_ns += 1 * MS;
        (void)time_now_ns();
    }
    assert_in_range(time_tsc_hz(), 2900000000 / 103 * 100, 2900000000 / 97 * 100);
}

/* The processor is taken away in the middle of a sample. */
static void distrusts_a_torn_sample(void **state)
{
    (void)state;
    start(3 * S, HPET);
    delay_next = 10 * MS;
    time_learn(&reference);
    for (int i = 0; i < 200; i++) {
        true_ns += 1 * MS;
        if (i % 7 == 0)
            delay_next = 3 * MS;
        (void)time_now_ns();
    }
    assert_in_range(time_tsc_hz(), 2999000000, 3001000000);
}

/* A slow machine: every reading of the reference takes long. Wait longer, but conclude. */
static void concludes_on_a_slow_machine(void **state)
{
    (void)state;
    start(3 * S, HPET);
    ns_per_read = 50 * US;
    learn();
    for (int i = 0; i < 200; i++) {
        true_ns += 1 * MS;
        (void)time_now_ns();
    }
    assert_in_range(time_tsc_hz(), 2997000000, 3003000000);
}

static void goes_on_without_its_reference(void **state)
{
    (void)state;
    start(3 * S, HPET);
    reference_stands = true;
    learn();
    true_ns += 1 * S;
    u64 first = time_now_ns();
    true_ns += 1 * S;
    assert_true(time_now_ns() >= first + 1 * S); /* whatever its rate, it moves */
}

/* Each processor counts for itself, from when it was started. Whoever asks gets a time that is right and not
 * before the last one; and any of them may be the one that learns the rate. */
static void is_one_clock_on_all_processors(void **state)
{
    (void)state;
    static const u64 rates[] = {600000000, 2900000000, 5500000000};
    for (size_t r = 0; r < ARRAY_SIZE(rates); r++) {
        for (u32 learner = 0; learner < CPUS_MAX; learner++) {
            start(rates[r], HPET);
            reference.per_cpu = true;
            reference_offset = 0;
            learn();
            runs(300 * US, 3 * MS, 1000);
            for (cpu = 0; cpu < CPUS_MAX; cpu++) {
                started_ns[cpu] = cpu == 0 ? 0 : true_ns;
                true_ns += 100 * US;
                is_right(1000);
            }
            for (int i = 0; i < 40; i++) {
                cpu = i % CPUS_MAX;
                runs(50 * US, 200 * US, 1000);
            }
            assert_int_equal(time_tsc_hz(), 0);
            cpu = learner;
            runs(1 * MS, 50 * MS, 1000);
            assert_in_range(time_tsc_hz(), rates[r] - rates[r] / 5000, rates[r] + rates[r] / 5000);
            cpu = 3 - learner;
            runs(17 * MS, 1 * S, 5000);
        }
    }
}

static int wall_reads;

static u64 read_wall(void)
{
    wall_reads++;
    return 1700000000 * S;
}

static s64 error_now(void)
{
    return (s64)(time_now_ns() - (true_ns - start_ns));
}

/* How much the clock goes wrong in ten minutes, in nanoseconds. */
static u64 drift(void)
{
    s64 before = error_now();
    true_ns += 600 * S;
    s64 change = error_now() - before;
    true_ns -= 600 * S;
    return (u64)(change < 0 ? -change : change);
}

/* No jump, neither back nor far ahead. */
static void refines_at(u64 ns)
{
    true_ns = start_ns + ns;
    u64 before = time_now_ns();
    time_refine();
    u64 after = time_now_ns();
    assert_true(after >= before && after - before < 100 * US);
}

/* A first look that was fast and a second that was slow: the rate is wrong by a part in thousands. */
static void learns_better_with_time(void **state)
{
    (void)state;
    start(2596142000, PM_TIMER);
    time_refine(); /* too early for anything */
    learn();
    ns_per_read = 8 * US;
    while (time_tsc_hz() == 0) {
        true_ns += 1 * MS;
        (void)time_now_ns();
    }
    assert_true(time_tsc_hz() != 0 && drift() > 10 * MS);
    u64 first_hz = time_tsc_hz();
    refines_at(1 * S);
    assert_true(drift() < 4 * MS);
    refines_at(15 * S);
    assert_true(drift() < 1 * MS);
    assert_int_equal(time_tsc_hz(), first_hz);
    for (u64 more = 60; more < 100; more++)
        refines_at(more * S); /* more often than there are epochs */
    assert_true(drift() < 1 * MS);
}

static void does_not_believe_a_wild_rate(void **state)
{
    (void)state;
    start(2596142000, HPET);
    learn();
    runs(1 * MS, 30 * MS, 2000);
    reference_stands = true;
    refines_at(1 * S);
    assert_true(drift() < 600 * MS);
}

static void knows_the_date(void **state)
{
    (void)state;
    start(3 * S, HPET);
    learn();
    time_set_wall_clock(read_wall);
    wall_reads = 0;
    true_ns += 1 * MS;
    u64 date = time_real_ns();
    assert_in_range(date, 1700000000 * S, 1700000000 * S + 100 * US);
    true_ns += 2 * S;
    assert_in_range(time_real_ns(), date + 2 * S, date + 2 * S + 100 * US);
    assert_int_equal(wall_reads, 1);
    time_set_real_ns(5 * S); /* before the boot, even */
    true_ns += 1 * S;
    assert_in_range(time_real_ns(), 6 * S, 6 * S + 100 * US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stands_before_it_is_set_up),
        cmocka_unit_test(takes_a_rate_that_is_told),
        cmocka_unit_test(learns_while_it_runs),
        cmocka_unit_test(differs_within_a_tick),
        cmocka_unit_test(counts_wraps),
        cmocka_unit_test(survives_an_hour_of_silence),
        cmocka_unit_test(distrusts_a_torn_sample),
        cmocka_unit_test(concludes_on_a_slow_machine),
        cmocka_unit_test(goes_on_without_its_reference),
        cmocka_unit_test(learns_better_with_time),
        cmocka_unit_test(does_not_believe_a_wild_rate),
        cmocka_unit_test(is_one_clock_on_all_processors),
        cmocka_unit_test(knows_the_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
