/* SPDX-License-Identifier: MIT */
/* futex of a single thread: wakes that find nobody, waits that must not wait, or not for long, words that
 * are changed. */
#include "tests/abi/check.h"

#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
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

/* ---- FUTEX_WAKE_OP ---- */

static void check_op(const char *name, int operation, int operand, uint32_t before, uint32_t after)
{
    word[1] = before;
    uint32_t encoded = FUTEX_OP(operation, operand, FUTEX_OP_CMP_EQ, 0);
    long result = call(__NR_futex, word, FUTEX_WAKE_OP_PRIVATE, 1, 1, &word[1], encoded);
    if (result != 0)
        check_result(name, result, 0);
    else
        check_result(name, word[1], after);
}

static void test_operations(void)
{
    check_op("set", FUTEX_OP_SET, 7, 100, 7);
    check_op("set a negative number", FUTEX_OP_SET, -1, 100, 0xffffffff);
    check_op("add", FUTEX_OP_ADD, 2047, 100, 2147);
    check_op("add a negative number", FUTEX_OP_ADD, -2048, 100, 100 - 2048);
    check_op("add past the end", FUTEX_OP_ADD, 2, 0xffffffff, 1);
    check_op("or", FUTEX_OP_OR, 0x18, 0x11, 0x19);
    check_op("and not", FUTEX_OP_ANDN, 0x18, 0x11, 0x01);
    check_op("and not of a negative number", FUTEX_OP_ANDN, -8, 0xff, 7);
    check_op("xor", FUTEX_OP_XOR, 0x18, 0x11, 0x09);
    check_op("or a bit", FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT, 31, 1, 0x80000001);
    check_op("add a bit", FUTEX_OP_ADD | FUTEX_OP_OPARG_SHIFT, 4, 1, 17);
    check_op("a bit too far", FUTEX_OP_SET | FUTEX_OP_OPARG_SHIFT, 33, 1, 2);
}

/* Nobody sleeps, so that what compares shows only in what is no comparison. */
static void test_no_operations(void)
{
    char *hole = page_unmapped(), *reader = page_protected(PROT_READ);
    uint32_t set = FUTEX_OP(FUTEX_OP_SET, 1, FUTEX_OP_CMP_GE, 0);
    uint32_t compare = FUTEX_OP(FUTEX_OP_SET, 9, 6, 0), none = FUTEX_OP(5, 1, 0, 0);
    long at = (long)word, second = (long)&word[1], operation = FUTEX_WAKE_OP_PRIVATE;
    struct call_case cases[] = {
        {"no such operation", __NR_futex, {at, operation, 1, 1, second, none}, -ENOSYS},
        {"no such comparison", __NR_futex, {at, operation, 1, 1, second, compare}, -ENOSYS},
        {"nothing to change", __NR_futex, {at, operation, 1, 1, (long)hole, set}, -EFAULT},
        {"nothing may be changed", __NR_futex, {at, operation, 1, 1, (long)reader, set}, -EFAULT},
        {"nothing may be changed, shared",
         __NR_futex,
         {at, FUTEX_WAKE_OP, 1, 1, (long)reader, set},
         -EFAULT},
        {"change the kernel",
         __NR_futex,
         {at, operation, 1, 1, (long)KERNEL_ADDRESS, set},
         -EFAULT},
        {"change an odd word", __NR_futex, {at, operation, 1, 1, second + 1, set}, -EINVAL},
        {"wake at an odd word", __NR_futex, {at + 1, operation, 1, 1, second, set}, -EINVAL},
        {"wake in a hole, private", __NR_futex, {(long)hole, operation, 1, 1, second, set}, 0},
        {"wake in a hole, shared",
         __NR_futex,
         {(long)hole, FUTEX_WAKE_OP, 1, 1, second, set},
         -EFAULT},
    };

    word[1] = 3;
    CHECK_CALLS(cases);
    check("what may not be changed was not", *reader == '/');
}

/* The page is brought only for the change. */
static void test_fresh_page(void)
{
    uint32_t *fresh = pages_map(1);
    uint32_t add = FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 0);

    check_result("change a page that is not there yet",
                 call(__NR_futex, word, FUTEX_WAKE_OP_PRIVATE, 1, 1, fresh, add), 0);
    check_result("it was changed once", *fresh, 5);
    fresh = pages_map(1);
    check_result("wait at one", call(__NR_futex, fresh, WAIT, 1), -EAGAIN);
    check_result("change a page that was read",
                 call(__NR_futex, word, FUTEX_WAKE_OP_PRIVATE, 1, 1, fresh, add), 0);
    check_result("it was changed once, too", *fresh, 5);
}

static void test_requeue(void)
{
    char *hole = page_unmapped();
    long at = (long)word, second = (long)&word[1];
    struct call_case cases[] = {
        {"requeue nobody", __NR_futex, {at, FUTEX_REQUEUE_PRIVATE, 1, 1, second}, 0},
        {"requeue less than one", __NR_futex, {at, FUTEX_REQUEUE_PRIVATE, -1, 1, second}, -EINVAL},
        {"requeue less than none", __NR_futex, {at, FUTEX_REQUEUE_PRIVATE, 1, -1, second}, -EINVAL},
        {"requeue at the value", __NR_futex, {at, FUTEX_CMP_REQUEUE_PRIVATE, 1, 1, second, 5}, 0},
        {"requeue at another value",
         __NR_futex,
         {at, FUTEX_CMP_REQUEUE_PRIVATE, 1, 1, second, 6},
         -EAGAIN},
        {"requeue to an odd word",
         __NR_futex,
         {at, FUTEX_REQUEUE_PRIVATE, 1, 1, second + 1},
         -EINVAL},
        {"requeue from a hole",
         __NR_futex,
         {(long)hole, FUTEX_CMP_REQUEUE_PRIVATE, 1, 1, second, 5},
         -EFAULT},
        {"requeue to a hole", __NR_futex, {at, FUTEX_REQUEUE_PRIVATE, 1, 1, (long)hole}, 0},
        {"requeue to a hole, shared", __NR_futex, {at, FUTEX_REQUEUE, 1, 1, (long)hole}, -EFAULT},
    };

    CHECK_CALLS(cases);
}

/* Private words are not looked at to wake; shared ones are, and those that can never change are none. */
static void test_shared_words(void)
{
    char *reader = page_protected(PROT_READ), *none = page_protected(PROT_NONE);
    char *hole = page_unmapped();
    char *zeros = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct call_case cases[] = {
        {"wake in a hole", __NR_futex, {(long)hole, WAKE, 1}, 0},
        {"wake in a hole, shared", __NR_futex, {(long)hole, FUTEX_WAKE, 1}, -EFAULT},
        {"wake where nothing may be read", __NR_futex, {(long)none, FUTEX_WAKE, 1}, -EFAULT},
        {"wake in a copy to read", __NR_futex, {(long)reader, FUTEX_WAKE, 1}, -EFAULT},
        {"wake in zeros to read", __NR_futex, {(long)zeros, FUTEX_WAKE, 1}, -EFAULT},
        {"wake in code", __NR_futex, {(long)test_shared_words & ~3L, FUTEX_WAKE, 1}, 0},
        {"wait in zeros to read", __NR_futex, {(long)zeros, WAIT, 1}, -EAGAIN},
        {"wait where nothing may be read", __NR_futex, {(long)none, WAIT, 1}, -EFAULT},
    };

    CHECK_CALLS(cases);
}

static void test_clocks(void)
{
    static struct timespec bad = {0, -1}, past = {0, 1}, below = {-1, 0};
    long at = (long)word, real = FUTEX_CLOCK_REALTIME;
    struct call_case cases[] = {
        {"wait by the date", __NR_futex, {at, WAIT | real, 5, (long)&past}, -ENOSYS},
        {"wake by the date", __NR_futex, {at, WAKE | real, 1}, -ENOSYS},
        {"a bad time comes first", __NR_futex, {at, WAIT | real, 5, (long)&bad}, -EINVAL},
        {"no time before all", __NR_futex, {at, WAIT_BITSET, 5, (long)&below, 0, -1}, -EINVAL},
        {"a wake has no time", __NR_futex, {at, WAKE, 1, (long)&bad}, 0},
        {"FUTEX_FD", __NR_futex, {at, FUTEX_FD, 1}, -ENOSYS},
        {"an operation with more bits", __NR_futex, {at, FUTEX_WAKE | 0x400, 1}, -ENOSYS},
    };

    CHECK_CALLS(cases);
}

int main(void)
{
    test_wake();
    test_wait_errors();
    test_timeout();
    test_operations();
    test_no_operations();
    test_fresh_page();
    test_requeue();
    test_shared_words();
    test_clocks();
    return check_finish();
}
