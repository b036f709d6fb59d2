/* SPDX-License-Identifier: MIT */
/* getrandom: lengths, flags, and bytes that look random at all. */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <linux/random.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

static uint8_t first[1 << 16];
static uint8_t second[1 << 16];

static void test_calls(void)
{
    struct call_case cases[] = {
        {"16 bytes", __NR_getrandom, {(long)first, 16, 0}, 16},
        {"8 bytes without waiting", __NR_getrandom, {(long)first, 8, GRND_NONBLOCK}, 8},
        {"from the random source", __NR_getrandom, {(long)first, 8, GRND_RANDOM}, 8},
        {"insecure", __NR_getrandom, {(long)first, 8, GRND_INSECURE}, 8},
        {"nothing", __NR_getrandom, {(long)first, 0, 0}, 0},
        {"nothing into nowhere", __NR_getrandom, {0, 0, 0}, 0},
        {"64 KiB", __NR_getrandom, {(long)first, sizeof(first), 0}, sizeof(first)},
        {"64 KiB again", __NR_getrandom, {(long)second, sizeof(second), 0}, sizeof(second)},
        {"a bad flag", __NR_getrandom, {(long)first, 8, 0x100}, -EINVAL},
        {"random and insecure", __NR_getrandom, {(long)first, 8, 6}, -EINVAL},
        {"into nowhere", __NR_getrandom, {0, 8, 0}, -EFAULT},
        {"into the kernel", __NR_getrandom, {(long)KERNEL_ADDRESS, 8, 0}, -EFAULT},
    };

    CHECK_CALLS(cases);
}

/* 524,288 bits, half of them set: 10 standard deviations are 3,620. */
static void test_distribution(void)
{
    long bits = 0;
    bool seen[256] = {false};
    int values = 0;

    for (size_t i = 0; i < sizeof(first); i++) {
        bits += __builtin_popcount(first[i]);
        values += !seen[first[i]];
        seen[first[i]] = true;
    }
    check("half of the bits are set", bits > 262144 - 3620 && bits < 262144 + 3620);
    check("every byte value occurs", values == 256);
    check("the second time differs", memcmp(first, second, sizeof(first)) != 0);
    check("in every part", memcmp(first + 65000, second + 65000, 500) != 0);
}

static void test_end(void)
{
    static uint8_t guarded[64];

    memset(guarded, 0xee, sizeof(guarded));
    call(__NR_getrandom, guarded + 16, 33, 0);
    bool intact = true;
    for (int i = 0; i < 16; i++)
        intact &= guarded[i] == 0xee;
    for (int i = 49; i < 64; i++)
        intact &= guarded[i] == 0xee;
    check("nothing outside of the buffer changes", intact);
}

static void signal_ignore(int number)
{
    (void)number;
}

/* A signal ends a transfer on the boundary of a page alone, so that nobody has to ask for one page twice. */
static void test_signals(void)
{
    static const struct itimerval often = {{0, 100}, {0, 100}}, never;
    static uint8_t large[1 << 20];
    long urandom = call(__NR_openat, AT_FDCWD, "/dev/urandom", O_RDWR);
    unsigned short_calls = 0, short_reads = 0, short_writes = 0;
    bool whole_pages = true;

    signal(SIGALRM, signal_ignore);
    call(__NR_setitimer, ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 1000; i++) {
        short_calls += call(__NR_getrandom, large, PAGE, 0) != PAGE;
        short_reads += call(__NR_read, urandom, large, PAGE) != PAGE;
        short_writes += call(__NR_write, urandom, large, PAGE) != PAGE;
    }
    for (int i = 0; i < 10; i++) {
        long done = call(__NR_getrandom, large, sizeof(large), 0);
        whole_pages &= done > 0 && done % PAGE == 0;
    }
    call(__NR_setitimer, ITIMER_REAL, &never, NULL);
    call(__NR_close, urandom);
    check_result("a page is never short in getrandom", short_calls, 0);
    check_result("nor in read", short_reads, 0);
    check_result("nor in write", short_writes, 0);
    check("a megabyte may be, by whole pages", whole_pages);
}

int main(void)
{
    test_calls();
    test_distribution();
    test_end();
    test_signals();
    return check_finish();
}
