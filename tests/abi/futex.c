/* SPDX-License-Identifier: MIT */
/* futex of a single thread: wakes that find nobody, waits that must not wait, or not for long. */
#include "tests/abi/check.h"

#include <linux/futex.h>
#include <time.h>

#define WAIT        FUTEX_WAIT_PRIVATE
#define WAKE        FUTEX_WAKE_PRIVATE
#define WAIT_BITSET FUTEX_WAIT_BITSET_PRIVATE

static uint32_t word[2] = {5, 0};

static void test_wake(void)
{
    long odd = (long)word + 2;
    struct call_case cases[] = {
        {"wake nobody", __NR_futex, {(long)word, WAKE, 1}, 0},
        {"wake all of nobody", __NR_futex, {(long)word, WAKE, 0x7fffffff}, 0},
        {"wake nobody, shared", __NR_futex, {(long)word, FUTEX_WAKE, 1}, 0},
        {"wake at an odd address", __NR_futex, {odd, WAKE, 1}, -EINVAL},
        {"wake in the kernel", __NR_futex, {(long)KERNEL_ADDRESS, WAKE, 1}, -EFAULT},
        {"wake by bits", __NR_futex, {(long)word, FUTEX_WAKE_BITSET, 1, 0, 0, 1}, 0},
        {"wake by no bits", __NR_futex, {(long)word, FUTEX_WAKE_BITSET, 1, 0, 0, 0}, -EINVAL},
        {"an operation nobody knows", __NR_futex, {(long)word, 77, 1}, -ENOSYS},
    };

    CHECK_CALLS(cases);
}

static void test_wait_errors(void)
{
    static struct timespec bad = {0, 1000000000};
    long odd = (long)word + 2;
    char *hole = page_unmapped();
    struct call_case cases[] = {
        {"wait for another value", __NR_futex, {(long)word, WAIT, 4}, -EAGAIN},
        {"wait for another value, shared", __NR_futex, {(long)word, FUTEX_WAIT, 4}, -EAGAIN},
        {"wait by bits for another value",
         __NR_futex,
         {(long)word, WAIT_BITSET, 4, 0, 0, -1},
         -EAGAIN},
        {"wait by no bits", __NR_futex, {(long)word, WAIT_BITSET, 4, 0, 0, 0}, -EINVAL},
        {"wait at an odd address", __NR_futex, {odd, WAIT, 4}, -EINVAL},
        {"wait in the kernel", __NR_futex, {(long)KERNEL_ADDRESS, WAIT, 4}, -EFAULT},
        {"wait at a null pointer", __NR_futex, {0, WAIT, 4}, -EFAULT},
        {"wait where nothing is", __NR_futex, {(long)hole, WAIT, 4}, -EFAULT},
        {"wait with a bad time", __NR_futex, {(long)word, WAIT, 5, (long)&bad}, -EINVAL},
        {"wait with a time from the kernel",
         __NR_futex,
         {(long)word, WAIT, 5, (long)KERNEL_ADDRESS},
         -EFAULT},
    };

    CHECK_CALLS(cases);
}

static void test_timeout(void)
{
    struct timespec wait = {0, 20000000}, before, after, past = {0, 1};

    call(__NR_clock_gettime, CLOCK_MONOTONIC, &before);
    check_result("wait 20 ms", call(__NR_futex, word, WAIT, 5, &wait), -ETIMEDOUT);
    call(__NR_clock_gettime, CLOCK_MONOTONIC, &after);
    long took = (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
    check("it took that long", took >= 20000000 && took < 5000000000);
    check_result("wait by bits until a time gone by",
                 call(__NR_futex, word, WAIT_BITSET, 5, &past, NULL, -1), -ETIMEDOUT);
    check_result("the same by the real time",
                 call(__NR_futex, word, WAIT_BITSET | FUTEX_CLOCK_REALTIME, 5, &past, NULL, -1),
                 -ETIMEDOUT);
}

int main(void)
{
    test_wake();
    test_wait_errors();
    test_timeout();
    return check_finish();
}
