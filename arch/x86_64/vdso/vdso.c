/* SPDX-License-Identifier: MIT */
/*
 * What runs in the program instead of a system call (man 7 vdso). Its time is the kernel's
 * (kernel/core/time.c): the same numbers from the same page, which lies in front of this object.
 */
#include <asm/unistd.h>
#include <linux/time.h>

#include "arch/vdso_time.h"

#define EXPORT        __attribute__((visibility("default")))
#define NS_PER_SECOND 1000000000UL
#define COARSE_NS     4000000 /* as sys_clock_getres has it */

/* Placed by vdso.lds. */
extern const struct vdso_time vdso_time __attribute__((visibility("hidden")));

static long system_call(long number, long first, long second, long third)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(first), "S"(second), "d"(third)
                     : "rcx", "r11", "memory");
    return result;
}

static u64 ordered_tsc(void)
{
    u32 low, high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (u64)high << 32 | low;
}

/* The one that counts, or NULL: the kernel has to be asked. */
static const struct vdso_epoch *last_epoch(void)
{
    u32 epochs = __atomic_load_n(&vdso_time.epochs, __ATOMIC_ACQUIRE);
    return epochs != 0 ? &vdso_time.epoch[epochs - 1] : 0;
}

static u64 boot_ns(const struct vdso_epoch *epoch)
{
    s64 cycles = (s64)(ordered_tsc() - epoch->tsc);
    /* A processor whose TSC is a little behind the one that published. */
    u64 passed = cycles > 0 ? cycles : 0;
    return epoch->ns + (u64)((unsigned __int128)passed * epoch->ns_per_cycle >> VDSO_FRACTION_BITS);
}

/* The same for the date. */
static const struct vdso_epoch *last_epoch_with_date(void)
{
    return __atomic_load_n(&vdso_time.real_known, __ATOMIC_ACQUIRE) ? last_epoch() : 0;
}

static u64 real_ns(const struct vdso_epoch *epoch)
{
    return boot_ns(epoch) + (u64)__atomic_load_n(&vdso_time.real_offset, __ATOMIC_RELAXED);
}

EXPORT int __vdso_clock_gettime(int clock, struct __kernel_timespec *now)
{
    const struct vdso_epoch *epoch;
    u64 ns;
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
        epoch = last_epoch_with_date();
        if (!epoch)
            break;
        ns = real_ns(epoch);
        goto answer;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        epoch = last_epoch();
        if (!epoch)
            break;
        ns = boot_ns(epoch);
        goto answer;
    default:
        break;
    }
    return system_call(__NR_clock_gettime, clock, (long)now, 0);
answer:
    now->tv_sec = ns / NS_PER_SECOND;
    now->tv_nsec = ns % NS_PER_SECOND;
    return 0;
}

EXPORT int __vdso_gettimeofday(struct timeval *now, struct timezone *zone)
{
    const struct vdso_epoch *epoch = last_epoch_with_date();
    if (!epoch)
        return system_call(__NR_gettimeofday, (long)now, (long)zone, 0);
    if (now) {
        u64 ns = real_ns(epoch);
        now->tv_sec = ns / NS_PER_SECOND;
        now->tv_usec = ns % NS_PER_SECOND / 1000;
    }
    if (zone)
        *zone = (struct timezone){0, 0};
    return 0;
}

EXPORT long __vdso_time(long *now)
{
    const struct vdso_epoch *epoch = last_epoch_with_date();
    if (!epoch)
        return system_call(__NR_time, (long)now, 0, 0);
    long seconds = real_ns(epoch) / NS_PER_SECOND;
    if (now)
        *now = seconds;
    return seconds;
}

EXPORT int __vdso_clock_getres(int clock, struct __kernel_timespec *resolution)
{
    bool coarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
    if (clock < CLOCK_REALTIME || clock > CLOCK_BOOTTIME)
        return system_call(__NR_clock_getres, clock, (long)resolution, 0);
    if (resolution) {
        resolution->tv_sec = 0;
        resolution->tv_nsec = coarse ? COARSE_NS : 1;
    }
    return 0;
}

EXPORT long __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused)
{
    if (!vdso_time.tells_number)
        return system_call(__NR_getcpu, (long)cpu, (long)node, (long)unused);
    u32 low, high, number;
    __asm__ volatile("rdtscp" : "=a"(low), "=d"(high), "=c"(number));
    if (cpu)
        *cpu = number;
    if (node)
        *node = 0;
    return 0;
}

/* The names without the prefix, as Linux has them. */
#define ALIAS(name) \
    extern __typeof__(__vdso_##name) name __attribute__((weak, alias("__vdso_" #name)))
EXPORT ALIAS(clock_gettime);
EXPORT ALIAS(gettimeofday);
EXPORT ALIAS(time);
EXPORT ALIAS(clock_getres);
EXPORT ALIAS(getcpu);
