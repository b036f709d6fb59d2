/* SPDX-License-Identifier: MIT */
/* Timers that end in a signal or in a file: alarm, setitimer, timer_create, timerfd. */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000L

static volatile sig_atomic_t caught;
static siginfo_t told;
static char room[1 << 20];

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    told = *info;
    caught++;
}

static void handle(int signal, int flags)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO | flags};
    action.sa_sigaction = on_signal;
    sigaction(signal, &action, NULL);
    caught = 0;
}

static void nap(long ns)
{
    struct timespec time = {ns / 1000000000, ns % 1000000000}, rest;
    while (nanosleep(&time, &rest) != 0)
        time = rest;
}

static long since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start->tv_sec) * 1000000000 + now.tv_nsec - start->tv_nsec;
}

static void work(long ns)
{
    struct timespec start, now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    do
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    while ((now.tv_sec - start.tv_sec) * 1000000000 + now.tv_nsec - start.tv_nsec < ns);
}

static void test_alarm(void)
{
    check_result("no alarm was set", call(__NR_alarm, 10), 0);
    long left = call(__NR_alarm, 0);
    check("ten seconds were left", left == 10 || left == 9);
    check_result("none is left", call(__NR_alarm, 0), 0);
}

static void test_itimer(void)
{
    struct itimerval value = {{0, 20000}, {0, 20000}}, old; /* one may come before pause begins */
    struct timespec start;

    handle(SIGALRM, 0);
    clock_gettime(CLOCK_MONOTONIC, &start);
    check_result("set for 20 ms", call(__NR_setitimer, ITIMER_REAL, &value, &old), 0);
    check("nothing was set", old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);
    check_result("ask", call(__NR_getitimer, ITIMER_REAL, &old), 0);
    check("less is left", old.it_value.tv_sec == 0 && old.it_value.tv_usec <= 20000 &&
                              old.it_interval.tv_usec == 20000);
    check_result("pause ends", call(__NR_pause), -EINTR);
    check("after that time", since(&start) >= 20 * MS);
    check("with a signal of the kernel's", caught >= 1 && told.si_code == SI_KERNEL);
    value.it_interval.tv_usec = 0;
    call(__NR_setitimer, ITIMER_REAL, &value, NULL);
    nap(40 * MS);
    call(__NR_getitimer, ITIMER_REAL, &old);
    check("it has run out", old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);

    value = (struct itimerval){{0, 5000}, {0, 5000}};
    caught = 0;
    call(__NR_setitimer, ITIMER_REAL, &value, NULL);
    while (caught < 4)
        call(__NR_pause);
    check("it comes again and again", true);
    call(__NR_getitimer, ITIMER_REAL, &old);
    check("with its interval", old.it_interval.tv_usec == 5000 && old.it_value.tv_usec <= 5000);
    check_result("NULL disarms", call(__NR_setitimer, ITIMER_REAL, NULL, &old), 0);
    check("the old one is told", old.it_interval.tv_usec == 5000);
    caught = 0;
    nap(20 * MS);
    check("silence", caught == 0);
}

static void test_processor_timers(void)
{
    struct itimerval value = {{0, 0}, {0, 20000}};

    handle(SIGPROF, 0);
    call(__NR_setitimer, ITIMER_PROF, &value, NULL);
    nap(60 * MS);
    check("sleep does not count", caught == 0);
    work(60 * MS);
    check("work does", caught == 1);
    handle(SIGVTALRM, 0);
    call(__NR_setitimer, ITIMER_VIRTUAL, &value, NULL);
    for (unsigned long i = 0; i < 10000000000 && !caught; i++)
        ; /* in the program alone */
    check("for the virtual one, too", caught == 1);
}

/* Time in the kernel is none of the program's own: reading much takes place there. */
static void test_virtual_in_kernel(void)
{
    struct itimerval both = {{0, 0}, {0, 120000}}, own = {{0, 0}, {0, 60000}};
    int zeros = open("/dev/zero", O_RDONLY);

    handle(SIGVTALRM, 0);
    handle(SIGPROF, 0);
    call(__NR_setitimer, ITIMER_VIRTUAL, &own, NULL);
    call(__NR_setitimer, ITIMER_PROF, &both, NULL);
    while (caught == 0)
        call(__NR_read, zeros, room, sizeof(room));
    check("time in the kernel is no virtual time", told.si_signo == SIGPROF);
    own = (struct itimerval){0};
    call(__NR_setitimer, ITIMER_VIRTUAL, &own, &both);
    check("of which there is something left", both.it_value.tv_usec > 0);
    close(zeros);
}

static void test_itimer_errors(void)
{
    static struct itimerval good, odd = {{0, 0}, {0, 1000000}}, negative = {{-1, 0}, {0, 0}};
    struct call_case cases[] = {
        {"a timer nobody knows", __NR_setitimer, {3, (long)&good, 0}, -EINVAL},
        {"a negative one", __NR_getitimer, {-1, (long)&good}, -EINVAL},
        {"too many microseconds", __NR_setitimer, {ITIMER_REAL, (long)&odd, 0}, -EINVAL},
        {"a negative time", __NR_setitimer, {ITIMER_REAL, (long)&negative, 0}, -EINVAL},
        {"from nowhere", __NR_setitimer, {ITIMER_REAL, 8, 0}, -EFAULT},
        {"into nowhere", __NR_getitimer, {ITIMER_REAL, 8}, -EFAULT},
    };
    CHECK_CALLS(cases);
}

static struct sigevent event_of(int notify, int signal, long value)
{
    struct sigevent event;
    memset(&event, 0, sizeof(event));
    event.sigev_notify = notify;
    event.sigev_signo = signal;
    event.sigev_value.sival_ptr = (void *)value;
    return event;
}

static struct itimerspec spec(long value_ns, long interval_ns)
{
    return (struct itimerspec){{interval_ns / 1000000000, interval_ns % 1000000000},
                               {value_ns / 1000000000, value_ns % 1000000000}};
}

static void test_timer(int clock, const char *name)
{
    struct sigevent event = event_of(SIGEV_SIGNAL, SIGRTMIN + 1, 0x1234567890);
    struct itimerspec setting = spec(10 * MS, 0), left;
    int id = -1;

    handle(SIGRTMIN + 1, 0);
    check_result(name, call(__NR_timer_create, clock, &event, &id), 0);
    check("it has a number", id >= 0);
    check_result("set", call(__NR_timer_settime, id, 0, &setting, NULL), 0);
    check_result("ask", call(__NR_timer_gettime, id, &left), 0);
    check("not more is left", left.it_value.tv_sec == 0 && left.it_value.tv_nsec <= 10 * MS);
    if (clock == CLOCK_PROCESS_CPUTIME_ID)
        work(30 * MS);
    else
        nap(30 * MS);
    check("one signal", caught == 1);
    check("of the timer, with its value", told.si_code == SI_TIMER && told.si_timerid == id &&
                                              told.si_overrun == 0 &&
                                              told.si_value.sival_ptr == (void *)0x1234567890);
    check_result("ask again", call(__NR_timer_gettime, id, &left), 0);
    check("nothing is left", left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0);
    check_result("delete", call(__NR_timer_delete, id), 0);
    check_result("it is gone", call(__NR_timer_delete, id), -EINVAL);
}

/* Blocked for 50 ms at an interval of 5: one signal, which says how many there would have been. */
static void test_overrun(void)
{
    struct sigevent event = event_of(SIGEV_SIGNAL, SIGUSR1, 0);
    struct itimerspec setting = spec(5 * MS, 5 * MS), left;
    sigset_t set, old;
    int id;

    handle(SIGUSR1, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &old);
    call(__NR_timer_create, CLOCK_MONOTONIC, &event, &id);
    call(__NR_timer_settime, id, 0, &setting, NULL);
    nap(52 * MS);
    call(__NR_timer_gettime, id, &left);
    check("the next one is ahead", left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 5 * MS);
    sigprocmask(SIG_SETMASK, &old, NULL);
    check("one signal", caught == 1);
    check("for many", told.si_overrun >= 8);
    check_result("the same when asked", call(__NR_timer_getoverrun, id) >= 8, 1);
    caught = 0;
    while (caught == 0)
        call(__NR_pause);
    check("and it goes on", true);
    call(__NR_timer_delete, id);
}

static void test_absolute(void)
{
    struct sigevent event = event_of(SIGEV_SIGNAL, SIGUSR1, 0);
    struct itimerspec setting = {.it_value = {1, 0}};
    int id;

    handle(SIGUSR1, 0);
    call(__NR_timer_create, CLOCK_REALTIME, &event, &id);
    check_result("a time long past", call(__NR_timer_settime, id, TIMER_ABSTIME, &setting, NULL),
                 0);
    nap(5 * MS);
    check("comes at once", caught == 1);
    clock_gettime(CLOCK_REALTIME, &setting.it_value);
    setting.it_value.tv_sec += 60;
    call(__NR_timer_settime, id, TIMER_ABSTIME, &setting, NULL);
    call(__NR_timer_gettime, id, &setting);
    check("a time to come", setting.it_value.tv_sec < 60 && setting.it_value.tv_sec > 0);
    call(__NR_timer_delete, id);
}

static void test_quiet(void)
{
    struct sigevent event = event_of(SIGEV_NONE, 0, 0);
    struct itimerspec setting = spec(5 * MS, 0), left;
    int id;

    check_result("without a signal", call(__NR_timer_create, CLOCK_MONOTONIC, &event, &id), 0);
    call(__NR_timer_settime, id, 0, &setting, NULL);
    nap(10 * MS);
    check_result("ask", call(__NR_timer_gettime, id, &left), 0);
    check("it has run out", left.it_value.tv_nsec == 0 && left.it_value.tv_sec == 0);
    call(__NR_timer_delete, id);
}

static void test_timer_errors(void)
{
    static struct sigevent good, odd_signal, odd_notify;
    static struct itimerspec setting, odd_time = {{0, 0}, {0, 1000000000}};
    static int id;
    good = event_of(SIGEV_SIGNAL, SIGUSR1, 0);
    odd_signal = event_of(SIGEV_SIGNAL, 65, 0);
    odd_notify = event_of(77, SIGUSR1, 0);
    struct call_case cases[] = {
        {"a clock nobody knows", __NR_timer_create, {99, (long)&good, (long)&id}, -EINVAL},
        {"a coarse clock",
         __NR_timer_create,
         {CLOCK_MONOTONIC_COARSE, (long)&good, (long)&id},
         -EOPNOTSUPP},
        {"the raw clock",
         __NR_timer_create,
         {CLOCK_MONOTONIC_RAW, (long)&good, (long)&id},
         -EOPNOTSUPP},
        {"signal 65", __NR_timer_create, {CLOCK_MONOTONIC, (long)&odd_signal, (long)&id}, -EINVAL},
        {"a way nobody knows",
         __NR_timer_create,
         {CLOCK_MONOTONIC, (long)&odd_notify, (long)&id},
         -EINVAL},
        {"its number into nowhere", __NR_timer_create, {CLOCK_MONOTONIC, (long)&good, 8}, -EFAULT},
        {"an event from nowhere", __NR_timer_create, {CLOCK_MONOTONIC, 8, (long)&id}, -EFAULT},
        {"no such timer", __NR_timer_settime, {12345, 0, (long)&setting, 0}, -EINVAL},
        {"no setting", __NR_timer_settime, {0, 0, 0, 0}, -EINVAL},
        {"a setting from nowhere", __NR_timer_settime, {0, 0, 8, 0}, -EFAULT},
        {"too many nanoseconds", __NR_timer_settime, {12345, 0, (long)&odd_time, 0}, -EINVAL},
        {"ask nobody", __NR_timer_gettime, {12345, (long)&setting}, -EINVAL},
        {"overruns of nobody", __NR_timer_getoverrun, {-1}, -EINVAL},
    };
    CHECK_CALLS(cases);
}

static void test_timerfd(void)
{
    struct itimerspec setting = spec(10 * MS, 0), left;
    uint64_t ticks = 0;

    long fd = call(__NR_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct pollfd ready = {(int)fd, POLLIN, 0};
    check("a timer's file", fd >= 0);
    check_result("nothing to read", call(__NR_read, fd, &ticks, 8), -EAGAIN);
    check_result("too small a buffer", call(__NR_read, fd, &ticks, 7), -EINVAL);
    check_result("no writing", call(__NR_write, fd, &ticks, 8), -EINVAL);
    check_result("set", call(__NR_timerfd_settime, fd, 0, &setting, &left), 0);
    check("nothing was set", left.it_value.tv_nsec == 0);
    check_result("poll waits for it", call(__NR_poll, &ready, 1, 5000), 1);
    check_result("read", call(__NR_read, fd, &ticks, 8), 8);
    check("one expiry", ticks == 1);
    check_result("that was all", call(__NR_read, fd, &ticks, 8), -EAGAIN);
    setting = spec(5 * MS, 5 * MS);
    call(__NR_timerfd_settime, fd, 0, &setting, NULL);
    nap(52 * MS);
    check_result("an interval", call(__NR_read, fd, &ticks, 8), 8);
    check("has come many times", ticks >= 9);
    check_result("ask", call(__NR_timerfd_gettime, fd, &left), 0);
    check("it goes on", left.it_interval.tv_nsec == 5 * MS && left.it_value.tv_nsec > 0 &&
                            left.it_value.tv_nsec <= 5 * MS);
    call(__NR_fcntl, fd, F_SETFL, 0);
    check_result("reading waits", call(__NR_read, fd, &ticks, 8), 8);
    setting = spec(0, 0);
    check_result("disarm", call(__NR_timerfd_settime, fd, 0, &setting, &left), 0);
    call(__NR_timerfd_gettime, fd, &left);
    check("it stands", left.it_value.tv_nsec == 0 && left.it_value.tv_sec == 0);
    call(__NR_close, fd);
}

/* An interval so short that it is over again while the call that reads arms the timer. */
static void test_timerfd_quick(void)
{
    struct itimerspec setting = {.it_value = {.tv_nsec = 1000}};
    long fd = call(__NR_timerfd_create, CLOCK_MONOTONIC, TFD_CLOEXEC);
    int good = 0;

    for (long interval = 500; interval <= 64000; interval *= 2) {
        setting.it_interval.tv_nsec = interval;
        call(__NR_timerfd_settime, fd, 0, &setting, NULL);
        for (int i = 0; i < 500; i++) {
            uint64_t ticks = 0;
            good += call(__NR_read, fd, &ticks, sizeof(ticks)) == sizeof(ticks) && ticks != 0;
        }
    }
    check_result("each read ends, with ticks", good, 8 * 500);
    call(__NR_close, fd);
}

static void test_timerfd_errors(void)
{
    static struct itimerspec setting, odd = {{0, -1}, {0, 0}};
    long fd = call(__NR_timerfd_create, CLOCK_REALTIME, 0);
    struct call_case cases[] = {
        {"processor time", __NR_timerfd_create, {CLOCK_PROCESS_CPUTIME_ID, 0}, -EINVAL},
        {"unknown flags", __NR_timerfd_create, {CLOCK_MONOTONIC, 1}, -EINVAL},
        {"no descriptor", __NR_timerfd_settime, {99, 0, (long)&setting, 0}, -EBADF},
        {"no timer", __NR_timerfd_settime, {1, 0, (long)&setting, 0}, -EINVAL},
        {"unknown flags", __NR_timerfd_settime, {fd, 4, (long)&setting, 0}, -EINVAL},
        {"a negative time", __NR_timerfd_settime, {fd, 0, (long)&odd, 0}, -EINVAL},
        {"from nowhere", __NR_timerfd_settime, {fd, 0, 8, 0}, -EFAULT},
        {"into nowhere", __NR_timerfd_gettime, {fd, 8}, -EFAULT},
        {"ask no timer", __NR_timerfd_gettime, {1, (long)&setting}, -EINVAL},
    };
    CHECK_CALLS(cases);
    call(__NR_close, fd);
}

static void test_rest_of_sleep(void)
{
    struct itimerval value = {{0, 20000}, {0, 20000}}; /* one may come before the sleep begins */
    struct timespec wait = {5, 0}, rest = {0, 0};

    handle(SIGALRM, SA_RESTART);
    call(__NR_setitimer, ITIMER_REAL, &value, NULL);
    check_result("a sleep is never made again", call(__NR_nanosleep, &wait, &rest), -EINTR);
    long left = rest.tv_sec * 1000000000 + rest.tv_nsec;
    check("the rest is told", left > 0 && left < 5000 * MS);
    handle(SIGALRM, 0);
    call(__NR_setitimer, ITIMER_REAL, &value, NULL);
    check_result("by a clock", call(__NR_clock_nanosleep, CLOCK_MONOTONIC, 0, &wait, &rest),
                 -EINTR);
    left = rest.tv_sec * 1000000000 + rest.tv_nsec;
    check("the rest is told, too", left > 0 && left < 5000 * MS);
    call(__NR_setitimer, ITIMER_REAL, &value, NULL);
    check_result("by the process's own time",
                 call(__NR_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &wait, NULL), -EINTR);
    call(__NR_setitimer, ITIMER_REAL, NULL, NULL);
}

int main(void)
{
    test_alarm();
    test_itimer();
    test_processor_timers();
    test_virtual_in_kernel();
    test_itimer_errors();
    test_timer(CLOCK_MONOTONIC, "on the monotonic clock");
    test_timer(CLOCK_REALTIME, "on the date");
    test_timer(CLOCK_BOOTTIME, "since boot");
    test_timer(CLOCK_PROCESS_CPUTIME_ID, "on processor time");
    test_overrun();
    test_absolute();
    test_quiet();
    test_timer_errors();
    test_timerfd();
    test_timerfd_quick();
    test_timerfd_errors();
    test_rest_of_sleep();
    return check_finish();
}
