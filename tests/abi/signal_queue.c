/* SPDX-License-Identifier: MIT */
/* Signals that wait: their order, what comes with them, and the calls that take them without a
 * handler: rt_sigpending, rt_sigtimedwait, rt_sigsuspend, rt_sigqueueinfo, signalfd; stopping. */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define SET_SIZE 8 /* of the kernel's sigset_t */

static int order[16], values[16];
static volatile sig_atomic_t caught;
static siginfo_t told;

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)context;
    if (caught < 16) {
        order[caught] = signal;
        values[caught] = info->si_value.sival_int;
    }
    told = *info;
    caught++;
}

static void handle(int signal, int flags)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO | flags};
    action.sa_sigaction = on_signal;
    sigfillset(&action.sa_mask);
    sigaction(signal, &action, NULL);
    caught = 0;
}

static uint64_t bit(int signal)
{
    return 1UL << (signal - 1);
}

static void block(uint64_t mask)
{
    call(__NR_rt_sigprocmask, SIG_SETMASK, &mask, NULL, SET_SIZE);
}

static long queue(int signal, int value)
{
    siginfo_t info;
    memset(&info, 0, sizeof(info));
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = 0;
    info.si_value.sival_int = value;
    return call(__NR_rt_sigqueueinfo, getpid(), signal, &info);
}

static void test_order(void)
{
    static const int signals[] = {SIGUSR1, SIGUSR2, 40, 41};
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
        handle(signals[i], 0);
    block(bit(SIGUSR1) | bit(SIGUSR2) | bit(40) | bit(41));
    queue(41, 1);
    queue(40, 2);
    queue(40, 3);
    queue(SIGUSR2, 4);
    queue(SIGUSR1, 5);
    queue(SIGUSR1, 6);
    queue(40, 7);
    check("nothing comes while they are blocked", caught == 0);
    uint64_t set = 0;
    check_result("which wait", call(__NR_rt_sigpending, &set, SET_SIZE), 0);
    check("those", set == (bit(SIGUSR1) | bit(SIGUSR2) | bit(40) | bit(41)));
    block(0);
    check("ordinary ones wait once, real-time ones queue up", caught == 6);
    /* Every handler is begun before the one under it goes on, so the last one runs first. With all
     * others blocked in a handler, they run one by one: lowest number first. */
    check("by number", order[0] == SIGUSR1 && order[1] == SIGUSR2 && order[2] == 40 &&
                           order[3] == 40 && order[4] == 40 && order[5] == 41);
    check("and the oldest first", values[0] == 5 && values[1] == 4 && values[2] == 2 &&
                                      values[3] == 3 && values[4] == 7 && values[5] == 1);
    check("with code and sender", told.si_code == SI_QUEUE && told.si_pid == getpid());
}

static void test_ignored(void)
{
    signal(SIGUSR1, SIG_IGN);
    block(bit(SIGUSR1));
    call(__NR_kill, getpid(), SIGUSR1);
    uint64_t set = 0;
    call(__NR_rt_sigpending, &set, SET_SIZE);
    check("a blocked one waits though it is ignored", set == bit(SIGUSR1));
    signal(SIGUSR1, SIG_IGN);
    call(__NR_rt_sigpending, &set, SET_SIZE);
    check("until somebody says so again", set == 0);
    handle(SIGUSR1, 0);
    block(0);
    check("nothing came", caught == 0);
}

static void test_timedwait(void)
{
    siginfo_t info;
    struct timespec none = {0, 0}, some = {0, 20000000}, odd = {0, 1000000000};
    uint64_t set = bit(40) | bit(SIGUSR1), kill_set = bit(SIGKILL);

    handle(SIGUSR1, 0);
    block(set);
    check_result("nothing there", call(__NR_rt_sigtimedwait, &set, &info, &none, SET_SIZE),
                 -EAGAIN);
    check_result("nor in 20 ms", call(__NR_rt_sigtimedwait, &set, &info, &some, SET_SIZE), -EAGAIN);
    queue(40, 77);
    queue(SIGUSR1, 78);
    check_result("the lower number", call(__NR_rt_sigtimedwait, &set, &info, NULL, SET_SIZE),
                 SIGUSR1);
    check("with what came with it",
          info.si_signo == SIGUSR1 && info.si_code == SI_QUEUE && info.si_value.sival_int == 78);
    check_result("the other", call(__NR_rt_sigtimedwait, &set, NULL, &none, SET_SIZE), 40);
    check("no handler ran", caught == 0);
    check_result("SIGKILL never comes", call(__NR_rt_sigtimedwait, &kill_set, 0, &none, SET_SIZE),
                 -EAGAIN);
    check_result("an odd time", call(__NR_rt_sigtimedwait, &set, 0, &odd, SET_SIZE), -EINVAL);
    check_result("an odd size", call(__NR_rt_sigtimedwait, &set, 0, &none, 4), -EINVAL);
    check_result("from nowhere", call(__NR_rt_sigtimedwait, 8, 0, &none, SET_SIZE), -EFAULT);
    alarm(1);
    handle(SIGALRM, SA_RESTART);
    check_result("another signal ends the wait",
                 call(__NR_rt_sigtimedwait, &set, &info, NULL, SET_SIZE), -EINTR);
    block(0);
}

static void test_suspend(void)
{
    uint64_t none = 0, now = 0;

    handle(SIGUSR2, SA_RESTART);
    block(bit(SIGUSR2));
    queue(SIGUSR2, 9);
    check_result("suspend", call(__NR_rt_sigsuspend, &none, SET_SIZE), -EINTR);
    check("the handler ran", caught == 1 && values[0] == 9);
    call(__NR_rt_sigprocmask, SIG_BLOCK, NULL, &now, SET_SIZE);
    check("the mask is back", now == bit(SIGUSR2));
    check_result("from nowhere", call(__NR_rt_sigsuspend, 8, SET_SIZE), -EFAULT);
    check_result("an odd size", call(__NR_rt_sigsuspend, &none, 16), -EINVAL);
    block(0);
}

static void test_queue_errors(void)
{
    static siginfo_t info;
    info.si_code = SI_QUEUE;
    struct call_case cases[] = {
        {"nobody", __NR_rt_sigqueueinfo, {999999, SIGUSR1, (long)&info}, -ESRCH},
        {"signal 65", __NR_rt_sigqueueinfo, {getpid(), 65, (long)&info}, -EINVAL},
        {"signal 0", __NR_rt_sigqueueinfo, {getpid(), 0, (long)&info}, 0},
        {"from nowhere", __NR_rt_sigqueueinfo, {getpid(), SIGUSR1, 8}, -EFAULT},
        {"no thread", __NR_rt_tgsigqueueinfo, {getpid(), 0, SIGUSR1, (long)&info}, -EINVAL},
        {"another thread",
         __NR_rt_tgsigqueueinfo,
         {getpid(), 999999, SIGUSR1, (long)&info},
         -ESRCH},
        {"kill nobody", __NR_kill, {999999, SIGUSR1}, -ESRCH},
        {"kill by 65", __NR_kill, {getpid(), 65}, -EINVAL},
        {"pending, an odd size", __NR_rt_sigpending, {(long)&info, 16}, -EINVAL},
        {"pending into nowhere", __NR_rt_sigpending, {8, SET_SIZE}, -EFAULT},
    };
    CHECK_CALLS(cases);
}

static void test_limit(void)
{
    struct rlimit few = {4, 4};
    int sent = 0;

    handle(42, 0);
    block(bit(42));
    setrlimit(RLIMIT_SIGPENDING, &few);
    while (sent < 100 && queue(42, sent) == 0)
        sent++;
    check("no more than the limit", sent <= 4);
    check_result("the next one", queue(42, 0), -EAGAIN);
    block(0);
    check("all came", caught == sent);
}

static void test_signalfd(void)
{
    uint64_t set = bit(40) | bit(SIGUSR1), other = bit(41);
    struct signalfd_siginfo info[3];

    block(set | other);
    long fd = call(__NR_signalfd4, -1, &set, SET_SIZE, SFD_NONBLOCK | SFD_CLOEXEC);
    struct pollfd ready = {(int)fd, POLLIN, 0};
    check("a file of signals", fd >= 0);
    check_result("nothing there", call(__NR_read, fd, info, sizeof(info)), -EAGAIN);
    check_result("not ready", call(__NR_poll, &ready, 1, 0), 0);
    queue(40, 5);
    call(__NR_kill, getpid(), SIGUSR1);
    queue(41, 6);
    check_result("ready", call(__NR_poll, &ready, 1, 0), 1);
    check_result("too small", call(__NR_read, fd, info, sizeof(info[0]) - 1), -EINVAL);
    check_result("two of them", call(__NR_read, fd, info, sizeof(info)), 2 * sizeof(info[0]));
    check("the first", info[0].ssi_signo == SIGUSR1 && info[0].ssi_code == SI_USER &&
                           info[0].ssi_pid == (uint32_t)getpid());
    check("the second",
          info[1].ssi_signo == 40 && info[1].ssi_code == SI_QUEUE && info[1].ssi_int == 5);
    check_result("another mask", call(__NR_signalfd4, fd, &other, SET_SIZE, 0), fd);
    check_result("the third", call(__NR_read, fd, info, sizeof(info)), sizeof(info[0]));
    check("it is", info[0].ssi_signo == 41 && info[0].ssi_int == 6);

    int epoll = epoll_create1(0);
    struct epoll_event event = {EPOLLIN, {.u64 = 3}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, (int)fd, &event);
    queue(41, 7);
    check_result("epoll tells", epoll_wait(epoll, &event, 1, 1000), 1);
    call(__NR_read, fd, info, sizeof(info));
    close(epoll);

    struct call_case cases[] = {
        {"an odd size", __NR_signalfd4, {-1, (long)&set, 4, 0}, -EINVAL},
        {"odd flags", __NR_signalfd4, {-1, (long)&set, SET_SIZE, 1}, -EINVAL},
        {"from nowhere", __NR_signalfd4, {-1, 8, SET_SIZE, 0}, -EFAULT},
        {"no descriptor", __NR_signalfd4, {99, (long)&set, SET_SIZE, 0}, -EBADF},
        {"no file of signals", __NR_signalfd4, {1, (long)&set, SET_SIZE, 0}, -EINVAL},
        {"no writing", __NR_write, {fd, (long)info, 8}, -EINVAL},
    };
    CHECK_CALLS(cases);
    close((int)fd);
    block(0);
}

/* SIGCONT comes from a timer, nobody else could send it, and again and again, since the first one may come
 * before the stop. */
static void test_stopping(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGCONT};
    struct itimerspec setting = {{0, 50000000}, {0, 50000000}};
    timer_t timer;

    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &setting, NULL);
    raise(SIGSTOP);
    check("stopped until it is continued", true);
    timer_delete(timer);
}

int main(void)
{
    test_order();
    test_ignored();
    test_timedwait();
    test_suspend();
    test_queue_errors();
    test_signalfd();
    test_stopping();
    test_limit();
    return check_finish();
}
