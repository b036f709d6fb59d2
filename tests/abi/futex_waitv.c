/* SPDX-License-Identifier: MIT */
/* futex_waitv: which index comes back, times, and every argument that is refused. */
#include "tests/abi/check.h"
#include "tests/abi/threads/workers.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX            128
#define NR_FUTEX_WAITV 449
#define SIZE_32        2 /* FUTEX_32 */

static uint32_t words[MAX];
static struct futex_waitv list[MAX + 1];
static struct worker worker;

static void prepare(uint32_t flags)
{
    for (int i = 0; i <= MAX; i++)
        list[i] = (struct futex_waitv){.uaddr = (long)&words[i % MAX], .flags = SIZE_32 | flags};
}

static long waitv(unsigned count, const struct timespec *until, int clock)
{
    return call(NR_FUTEX_WAITV, list, count, 0, until, clock);
}

static void test_arguments(void)
{
    struct timespec past = {0, 1}, bad = {0, 1000000000}, below = {-1, 0};
    char *hole = page_unmapped();
    struct call_case cases[] = {
        {"flags", NR_FUTEX_WAITV, {(long)list, 1, 1}, -EINVAL},
        {"none", NR_FUTEX_WAITV, {(long)list, 0, 0}, -EINVAL},
        {"too many", NR_FUTEX_WAITV, {(long)list, MAX + 1, 0}, -EINVAL},
        {"no list", NR_FUTEX_WAITV, {0, 1, 0}, -EINVAL},
        {"a list where nothing is", NR_FUTEX_WAITV, {(long)hole, 1, 0}, -EFAULT},
        {"a list in the kernel", NR_FUTEX_WAITV, {(long)KERNEL_ADDRESS, 1, 0}, -EFAULT},
        {"another clock", NR_FUTEX_WAITV, {(long)list, 1, 0, (long)&past, 7}, -EINVAL},
        {"a time where nothing is", NR_FUTEX_WAITV, {(long)list, 1, 0, (long)hole, 1}, -EFAULT},
        {"a bad time", NR_FUTEX_WAITV, {(long)list, 1, 0, (long)&bad, 1}, -EINVAL},
        {"a time before all", NR_FUTEX_WAITV, {(long)list, 1, 0, (long)&below, 1}, -EINVAL},
        {"a time gone by", NR_FUTEX_WAITV, {(long)list, 2, 0, (long)&past, 1}, -ETIMEDOUT},
        {"a date gone by", NR_FUTEX_WAITV, {(long)list, MAX, 0, (long)&past, 0}, -ETIMEDOUT},
    };

    prepare(FUTEX_PRIVATE_FLAG);
    CHECK_CALLS(cases);
}

static long with(int index, struct futex_waitv other)
{
    struct timespec past = {0, 1};

    prepare(FUTEX_PRIVATE_FLAG);
    list[index] = other;
    return waitv(3, &past, CLOCK_MONOTONIC);
}

static void test_entries(void)
{
    uint64_t at = (long)&words[1];
    uint64_t hole = (long)page_unmapped();

    check_result("another value", with(1, (struct futex_waitv){1, at, SIZE_32, 0}), -EAGAIN);
    check_result("a value of 64 bits", with(1, (struct futex_waitv){1UL << 32, at, SIZE_32, 0}),
                 -EINVAL);
    check_result("an odd address", with(1, (struct futex_waitv){0, at + 2, SIZE_32, 0}), -EINVAL);
    check_result("nothing there", with(1, (struct futex_waitv){0, hole, SIZE_32, 0}), -EFAULT);
    check_result("nothing there, private", with(1, (struct futex_waitv){0, hole, SIZE_32 | 128, 0}),
                 -EFAULT);
    check_result("in the kernel", with(1, (struct futex_waitv){0, KERNEL_ADDRESS, SIZE_32, 0}),
                 -EFAULT);
    check_result("no size", with(1, (struct futex_waitv){0, at, 0, 0}), -EINVAL);
    check_result("a size there is not", with(2, (struct futex_waitv){0, at, 3, 0}), -EINVAL);
    check_result("flags nobody knows", with(2, (struct futex_waitv){0, at, SIZE_32 | 0x10, 0}),
                 -EINVAL);
    check_result("something reserved", with(2, (struct futex_waitv){0, at, SIZE_32, 1}), -EINVAL);
    check_result("the first one counts", with(0, (struct futex_waitv){1, hole, SIZE_32, 0}),
                 -EFAULT);
}

static long wait_all(struct worker *self)
{
    return waitv((unsigned)self->argument, NULL, 0);
}

static void start(uint32_t flags, int count)
{
    prepare(flags);
    worker_start(&worker, wait_all, count);
    worker_asleep(&worker);
}

static void test_waking(void)
{
    start(FUTEX_PRIVATE_FLAG, MAX);
    check_result("wake the last", futex(&words[MAX - 1], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 1);
    check_result("its index", worker_end(&worker), MAX - 1);
    check_result("nobody at the others", futex(&words[3], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 0);
    start(0, 3);
    check_result("not by a private call", futex(&words[0], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0),
                 0);
    check_result("by a shared one", futex(&words[0], FUTEX_WAKE, 1, NULL, NULL, 0), 1);
    check_result("the first index", worker_end(&worker), 0);
    prepare(FUTEX_PRIVATE_FLAG);
    list[2].uaddr = list[1].uaddr;
    worker_start(&worker, wait_all, 4);
    worker_asleep(&worker);
    check_result("the same word twice", futex(&words[1], FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 2);
    check_result("the later index", worker_end(&worker), 2);
    start(FUTEX_PRIVATE_FLAG, 4);
    check_result("one is moved",
                 call(__NR_futex, &words[1], FUTEX_REQUEUE_PRIVATE, 0, 1, &words[9], 0), 1);
    check_result("and woken there", futex(&words[9], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0), 1);
    check_result("by its index", worker_end(&worker), 1);
}

static void on_signal(int number)
{
    (void)number;
}

static void test_ends(void)
{
    struct timespec until = time_from_now(CLOCK_MONOTONIC, 20 * MS);
    struct sigaction action = {.sa_handler = on_signal};

    prepare(FUTEX_PRIVATE_FLAG);
    check_result("until a time", waitv(3, &until, CLOCK_MONOTONIC), -ETIMEDOUT);
    until = time_from_now(CLOCK_REALTIME, 20 * MS);
    check_result("until a date", waitv(3, &until, CLOCK_REALTIME), -ETIMEDOUT);
    sigaction(SIGUSR1, &action, NULL);
    start(FUTEX_PRIVATE_FLAG, 3);
    pthread_kill(worker.thread, SIGUSR1);
    check_result("a signal", worker_end(&worker), -EINTR);
}

int main(void)
{
    test_arguments();
    test_entries();
    test_waking();
    test_ends();
    return check_finish();
}
