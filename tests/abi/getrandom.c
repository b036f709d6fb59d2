/* SPDX-License-Identifier: MIT */
/* getrandom: lengths, flags, and bytes that look random at all. */
#include "tests/abi/check.h"

#include <linux/random.h>
#include <string.h>

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

int main(void)
{
    test_calls();
    test_distribution();
    test_end();
    return check_finish();
}
