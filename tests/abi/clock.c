/* SPDX-License-Identifier: MIT */
/* Clocks and sleeping: clock_gettime, clock_getres, gettimeofday, nanosleep, clock_nanosleep. */
#include "tests/abi/check.h"

#include <sys/time.h>
#include <time.h>

#define SECOND      1000000000L
#define MILLISECOND 1000000L

static const struct {
    const char *name;
    int clock;
} clocks[] = {
    {"CLOCK_REALTIME", CLOCK_REALTIME},
    {"CLOCK_MONOTONIC", CLOCK_MONOTONIC},
    {"CLOCK_MONOTONIC_RAW", CLOCK_MONOTONIC_RAW},
    {"CLOCK_REALTIME_COARSE", CLOCK_REALTIME_COARSE},
    {"CLOCK_MONOTONIC_COARSE", CLOCK_MONOTONIC_COARSE},
    {"CLOCK_BOOTTIME", CLOCK_BOOTTIME},
    {"CLOCK_PROCESS_CPUTIME_ID", CLOCK_PROCESS_CPUTIME_ID},
    {"CLOCK_THREAD_CPUTIME_ID", CLOCK_THREAD_CPUTIME_ID},
};

static long nanoseconds(int clock)
{
    struct timespec now = {0, -1};
    long result = call(__NR_clock_gettime, clock, &now);

    if (result != 0 || now.tv_nsec < 0 || now.tv_nsec >= SECOND)
        return -1;
    return now.tv_sec * SECOND + now.tv_nsec;
}

static void test_clocks(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(clocks); i++) {
        struct timespec step = {-1, -1};
        long first = nanoseconds(clocks[i].clock);
        long resolution = call(__NR_clock_getres, clocks[i].clock, &step);

        check(clocks[i].name, first >= 0 && nanoseconds(clocks[i].clock) >= first &&
                                  resolution == 0 && step.tv_sec == 0 && step.tv_nsec > 0);
    }
}

static void test_monotonic(void)
{
    long last = nanoseconds(CLOCK_MONOTONIC);
    bool never_back = true;
    int moved = 0;

    for (int i = 0; i < 20000; i++) {
        long now = nanoseconds(CLOCK_MONOTONIC);

        never_back &= now >= last;
        moved += now != last;
        last = now;
    }
    check("the monotonic clock never goes back", never_back);
    check("it goes on", moved > 100);
}

/* How long `call` took by `clock` must be what was asked for, with room for a busy machine. */
static void test_sleep(void)
{
    struct timespec wait = {0, 25 * MILLISECOND};
    struct timespec rest = {77, 77};
    long before = nanoseconds(CLOCK_MONOTONIC), real = nanoseconds(CLOCK_REALTIME);

    check_result("nanosleep of 25 ms", call(__NR_nanosleep, &wait, &rest), 0);
    long after = nanoseconds(CLOCK_MONOTONIC), real_after = nanoseconds(CLOCK_REALTIME);
    check("it took at least that", after - before >= 25 * MILLISECOND);
    check("and not for ever", after - before < 5 * SECOND);
    check("the real time moved as much",
          real_after - real >= 24 * MILLISECOND && real_after - real < 5 * SECOND);
    check("no rest is told", rest.tv_sec == 77 && rest.tv_nsec == 77);
    before = nanoseconds(CLOCK_MONOTONIC);
    check_result("clock_nanosleep of 25 ms",
                 call(__NR_clock_nanosleep, CLOCK_MONOTONIC, 0, &wait, NULL), 0);
    after = nanoseconds(CLOCK_MONOTONIC);
    check("it took at least that too", after - before >= 25 * MILLISECOND);
    long until = after + 20 * MILLISECOND;
    wait = (struct timespec){until / SECOND, until % SECOND};
    check_result("clock_nanosleep until a time",
                 call(__NR_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &wait, NULL), 0);
    check("it woke after that time", nanoseconds(CLOCK_MONOTONIC) >= until);
    check_result("until a time gone by",
                 call(__NR_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &wait, NULL), 0);
}

static void test_processor_time(void)
{
    struct timespec wait = {0, 50 * MILLISECOND};
    long before = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);

    call(__NR_nanosleep, &wait, NULL);
    long asleep = nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - before;
    check("sleep is no processor time", asleep >= 0 && asleep < 40 * MILLISECOND);
    long start = nanoseconds(CLOCK_MONOTONIC);
    while (nanoseconds(CLOCK_MONOTONIC) - start < 50 * MILLISECOND)
        ;
    check("work is", nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - before - asleep > MILLISECOND);
}

static void test_errors(void)
{
    static struct timespec zero = {0, 0}, too_many = {0, SECOND}, negative = {-1, 0};
    static struct timespec below = {0, -1};
    struct call_case cases[] = {
        {"a clock nobody knows", __NR_clock_gettime, {99, (long)&zero}, -EINVAL},
        {"a clock into nowhere", __NR_clock_gettime, {CLOCK_MONOTONIC, 0}, -EFAULT},
        {"resolution of a clock nobody knows", __NR_clock_getres, {99, (long)&zero}, -EINVAL},
        {"resolution for nobody", __NR_clock_getres, {CLOCK_MONOTONIC, 0}, 0},
        {"sleep of nothing", __NR_nanosleep, {(long)&zero, 0}, 0},
        {"sleep of too many nanoseconds", __NR_nanosleep, {(long)&too_many, 0}, -EINVAL},
        {"sleep of negative seconds", __NR_nanosleep, {(long)&negative, 0}, -EINVAL},
        {"sleep of negative nanoseconds", __NR_nanosleep, {(long)&below, 0}, -EINVAL},
        {"sleep from nowhere", __NR_nanosleep, {0, 0}, -EFAULT},
        {"sleep by a clock nobody knows", __NR_clock_nanosleep, {99, 0, (long)&zero}, -EINVAL},
        {"sleep by the thread's time",
         __NR_clock_nanosleep,
         {CLOCK_THREAD_CPUTIME_ID, 0, (long)&zero},
         -EOPNOTSUPP},
        {"sleep by a clock from nowhere", __NR_clock_nanosleep, {CLOCK_MONOTONIC}, -EFAULT},
    };

    CHECK_CALLS(cases);
}

static void test_old_calls(void)
{
    struct timeval now = {-1, -1};
    long seconds = nanoseconds(CLOCK_REALTIME) / SECOND;
    long told = -1;

    check_result("gettimeofday", call(__NR_gettimeofday, &now, NULL), 0);
    check("it agrees with the clock", now.tv_sec >= seconds && now.tv_sec <= seconds + 2 &&
                                          now.tv_usec >= 0 && now.tv_usec < 1000000);
    check_result("gettimeofday of nothing", call(__NR_gettimeofday, NULL, NULL), 0);
    check_result("gettimeofday into the kernel", call(__NR_gettimeofday, KERNEL_ADDRESS, NULL),
                 -EFAULT);
    long result = call(__NR_time, &told);
    check("time", result == told && told >= seconds - 1 && told <= seconds + 2);
    check_result("time into the kernel", call(__NR_time, KERNEL_ADDRESS), -EFAULT);
}

int main(void)
{
    test_clocks();
    test_monotonic();
    test_sleep();
    test_processor_time();
    test_errors();
    test_old_calls();
    return check_finish();
}
