/* SPDX-License-Identifier: MIT */
/*
 * Every clock there is, what it shows beside the others, and setting the date, which tells those who wait for
 * a change. The date is set to what it is, so that the machine under the test on Linux is none the worse.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000L
#define MS     1000000L

/* Of processor time (Linux include/linux/posix-timers.h): of a process, or with 4 of a thread. */
#define CPU_CLOCK(id, which) ((int)(~(unsigned)(id) << 3 | (which)))
#define PROF                 0
#define VIRT                 1
#define SCHED                2
#define OF_THREAD            4

static long read_clock(int clock)
{
    struct timespec now = {-1, -1};

    return call(__NR_clock_gettime, clock, &now) == 0 ? now.tv_sec * SECOND + now.tv_nsec : -1;
}

static void test_wall_clocks(void)
{
    long real = read_clock(CLOCK_REALTIME), tai = read_clock(CLOCK_TAI);
    long offset = (tai - real + SECOND / 2) / SECOND;

    check("TAI is whole seconds away", tai - real - offset * SECOND < SECOND / 4 && offset < 100);
    long coarse = read_clock(CLOCK_REALTIME_COARSE), fine = read_clock(CLOCK_REALTIME);
    check("the coarse date is not ahead", coarse > 0 && coarse <= fine && fine - coarse < SECOND);
    coarse = read_clock(CLOCK_MONOTONIC_COARSE), fine = read_clock(CLOCK_MONOTONIC);
    check("nor the coarse time", coarse > 0 && coarse <= fine && fine - coarse < SECOND);
    fine = read_clock(CLOCK_MONOTONIC);
    check("time since boot goes on in sleep", read_clock(CLOCK_BOOTTIME) >= fine);
    check("the raw one is a time, too", read_clock(CLOCK_MONOTONIC_RAW) > 0);
}

static void spend(long ns)
{
    long until = read_clock(CLOCK_PROCESS_CPUTIME_ID) + ns;

    while (read_clock(CLOCK_PROCESS_CPUTIME_ID) < until)
        ;
}

static void test_processor_clocks(void)
{
    int pid = getpid();
    const int ids[] = {CPU_CLOCK(0, SCHED), CPU_CLOCK(pid, SCHED), CPU_CLOCK(0, SCHED | OF_THREAD),
                       CPU_CLOCK(call(__NR_gettid), SCHED | OF_THREAD)};
    clockid_t told;

    spend(30 * MS);
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        long before = read_clock(CLOCK_PROCESS_CPUTIME_ID), dynamic = read_clock(ids[i]),
             after = read_clock(CLOCK_PROCESS_CPUTIME_ID);
        check("a clock by number of process or thread", dynamic >= before && dynamic <= after);
        struct timespec step = {-1, -1};
        check("its resolution",
              call(__NR_clock_getres, ids[i], &step) == 0 && step.tv_sec == 0 && step.tv_nsec == 1);
    }
    check("clock_getcpuclockid", clock_getcpuclockid(pid, &told) == 0 && told == ids[1]);
    long virt = read_clock(CPU_CLOCK(0, VIRT)), prof = read_clock(CPU_CLOCK(0, PROF));
    check("all of it, and what was outside the kernel", virt >= 0 && prof >= virt);
    struct timespec step = {-1, -1};
    check("are counted by ticks", call(__NR_clock_getres, CPU_CLOCK(0, PROF), &step) == 0 &&
                                      step.tv_nsec >= MS && step.tv_nsec <= 10 * MS);
    check("the thread's own", read_clock(CLOCK_THREAD_CPUTIME_ID) >= 30 * MS);
}

static void test_errors(void)
{
    static struct timespec time = {0, 1};
    static struct timex timex;
    int nobody = CPU_CLOCK(0x1fffff0, SCHED), none = CPU_CLOCK(0, 3);
    int oneself = CPU_CLOCK(call(__NR_gettid), SCHED | OF_THREAD);
    struct call_case cases[] = {
        {"SGI's clock is none of ours", __NR_clock_gettime, {10, (long)&time}, -EINVAL},
        {"clock 12", __NR_clock_gettime, {12, (long)&time}, -EINVAL},
        {"clock 16", __NR_clock_gettime, {16, (long)&time}, -EINVAL},
        {"nobody's processor time", __NR_clock_gettime, {nobody, (long)&time}, -EINVAL},
        {"a descriptor's clock", __NR_clock_gettime, {none, (long)&time}, -EINVAL},
        {"nobody's resolution", __NR_clock_getres, {nobody, 0}, -EINVAL},
        {"set the monotonic clock", __NR_clock_settime, {CLOCK_MONOTONIC, (long)&time}, -EINVAL},
        {"set the time since boot", __NR_clock_settime, {CLOCK_BOOTTIME, (long)&time}, -EINVAL},
        {"set a coarse clock", __NR_clock_settime, {CLOCK_REALTIME_COARSE, (long)&time}, -EINVAL},
        {"set TAI", __NR_clock_settime, {CLOCK_TAI, (long)&time}, -EINVAL},
        {"set processor time", __NR_clock_settime, {oneself, (long)&time}, -EPERM},
        {"set the date from nowhere", __NR_clock_settime, {CLOCK_REALTIME, 8}, -EFAULT},
        {"sleep on the thread's own time",
         __NR_clock_nanosleep,
         {oneself, 0, (long)&time, 0},
         -EINVAL},
        {"sleep on nobody's time", __NR_clock_nanosleep, {nobody, 0, (long)&time, 0}, -EINVAL},
        {"sleep on the raw clock",
         __NR_clock_nanosleep,
         {CLOCK_MONOTONIC_RAW, 0, (long)&time, 0},
         -EOPNOTSUPP},
        {"sleep on TAI", __NR_clock_nanosleep, {CLOCK_TAI, 0, (long)&time, 0}, 0},
        {"sleep on the date", __NR_clock_nanosleep, {CLOCK_REALTIME, 0, (long)&time, 0}, 0},
        {"adjust the monotonic clock",
         __NR_clock_adjtime,
         {CLOCK_MONOTONIC, (long)&timex},
         -EOPNOTSUPP},
        {"adjust clock 12", __NR_clock_adjtime, {12, (long)&timex}, -EINVAL},
        {"adjust from nowhere", __NR_adjtimex, {8}, -EFAULT},
        {"times into nowhere", __NR_times, {8}, -EFAULT},
        {"usage into nowhere", __NR_getrusage, {RUSAGE_SELF, 8}, -EFAULT},
        {"usage of others", __NR_getrusage, {5, (long)&timex}, -EINVAL},
    };

    CHECK_CALLS(cases);
}

static void test_adjustment(void)
{
    struct timex timex;

    memset(&timex, 0, sizeof(timex));
    long state = call(__NR_adjtimex, &timex);
    check("how the clock is steered", state >= TIME_OK && state <= TIME_ERROR);
    check("by ticks of a hundredth of a second", timex.tick >= 9000 && timex.tick <= 11000);
    check("at a rate in bounds", timex.freq <= timex.tolerance && timex.tolerance > 0);
    memset(&timex, 0, sizeof(timex));
    check_result("the same by its number", call(__NR_clock_adjtime, CLOCK_REALTIME, &timex), state);
    long seconds = read_clock(CLOCK_REALTIME) / SECOND;
    check("with the time", timex.time.tv_sec >= seconds - 1 && timex.time.tv_sec <= seconds + 1);
}

static void test_use(void)
{
    struct rusage before, after, children, thread;
    struct tms start, end;

    getrusage(RUSAGE_SELF, &before);
    long ticks = call(__NR_times, &start);
    spend(60 * MS);
    getrusage(RUSAGE_SELF, &after);
    long ticks_after = call(__NR_times, &end);
    long used = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000000 +
                after.ru_utime.tv_usec - before.ru_utime.tv_usec +
                (after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1000000 +
                after.ru_stime.tv_usec - before.ru_stime.tv_usec;
    check("getrusage counts it", used >= 50000 && used < 5000000);
    check("and memory", after.ru_maxrss > 0);
    long used_ticks = end.tms_utime + end.tms_stime - start.tms_utime - start.tms_stime;
    check("times counts it in hundredths", used_ticks >= 4 && used_ticks < 500);
    check("as time goes by", ticks_after - ticks >= 5);
    check("there are no children", end.tms_cutime == 0 && end.tms_cstime == 0 &&
                                       getrusage(RUSAGE_CHILDREN, &children) == 0 &&
                                       children.ru_utime.tv_sec == 0);
    check("of the thread",
          getrusage(RUSAGE_THREAD, &thread) == 0 &&
              thread.ru_utime.tv_usec + thread.ru_stime.tv_usec + thread.ru_utime.tv_sec > 0);
    check("times without a place for it", call(__NR_times, NULL) >= ticks_after);
}

/* Whoever may not set the date has nothing to check. */
static void test_set_date(void)
{
    struct itimerspec far = {{0, 0}, {0, 0}};
    struct timespec now;
    uint64_t expiries;
    int watching = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK),
        blind = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    struct pollfd ready = {watching, POLLIN, 0};

    clock_gettime(CLOCK_REALTIME, &far.it_value);
    far.it_value.tv_sec += 1000;
    timerfd_settime(watching, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL);
    timerfd_settime(blind, TFD_TIMER_ABSTIME, &far, NULL);
    check_result("nobody has set the date", call(__NR_read, watching, &expiries, 8), -EAGAIN);
    clock_gettime(CLOCK_REALTIME, &now);
    bool may = call(__NR_clock_settime, CLOCK_REALTIME, &now) == 0;
    check("one that watches is told", poll(&ready, 1, 0) == 1 || !may);
    long result = call(__NR_read, watching, &expiries, 8);
    check("by an error", result == -ECANCELED || !may);
    check_result("once", call(__NR_read, watching, &expiries, 8), -EAGAIN);
    check_result("one that does not is not told", call(__NR_read, blind, &expiries, 8), -EAGAIN);
    struct itimerspec left;
    timerfd_gettime(blind, &left);
    check("and goes on", left.it_value.tv_sec >= 990 && left.it_value.tv_sec <= 1000);
    struct timeval day = {now.tv_sec, 1000001};
    check_result("microseconds without end", call(__NR_settimeofday, &day, NULL), -EINVAL);
    day.tv_usec = -1;
    check_result("or below 0", call(__NR_settimeofday, &day, NULL), -EINVAL);
    close(watching);
    close(blind);
}

int main(void)
{
    test_wall_clocks();
    test_processor_clocks();
    test_errors();
    test_adjustment();
    test_use();
    test_set_date();
    return check_finish();
}
