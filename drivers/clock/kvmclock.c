/* SPDX-License-Identifier: MIT */
/*
 * Asks KVM for the time; see kvmclock.h. The interface is documented in Linux's
 * Documentation/virt/kvm/x86/{cpuid,msr}.rst.
 */
#include "arch/cpu.h"
#include "arch/mmu.h"
#include "arch/x86_64/cpuid.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/msr.h"
#include "drivers/clock/kvmclock.h"
#include "kernel/lib/string.h"

#define LEAF_FEATURES        0x40000001
#define FEATURE_CLOCKSOURCE2 (1u << 3)

#define MSR_KVM_WALL_CLOCK_NEW  0x4b564d00
#define MSR_KVM_SYSTEM_TIME_NEW 0x4b564d01
#define SYSTEM_TIME_ENABLE      1

/* An odd version means that the hypervisor is writing. */
struct PACKED time_info {
    u32 version;
    u32 pad0;
    u64 tsc_timestamp;
    u64 system_time; /* ns at tsc_timestamp */
    u32 tsc_to_system_mul;
    s8 tsc_shift;
    u8 flags;
    u8 pad1[2];
};
_Static_assert(sizeof(struct time_info) == 32, "KVM msr.rst, MSR_KVM_SYSTEM_TIME_NEW");

struct PACKED wall_clock {
    u32 version;
    u32 seconds; /* date of system time 0 */
    u32 nanoseconds;
};
_Static_assert(sizeof(struct wall_clock) == 12, "KVM msr.rst, MSR_KVM_WALL_CLOCK_NEW");

/* Shared with the hypervisor, which wants them within one page each. */
static ALIGNED(32) volatile struct time_info time_info;
static ALIGNED(16) volatile struct wall_clock wall_clock;
static bool enabled;

static paddr_t physical_of(const volatile void *object)
{
    paddr_t physical = 0;
    u32 flags;
    vaddr_t address = (vaddr_t)object;
    if (!mmu_query(&mmu_kernel, ALIGN_DOWN(address, PAGE_SIZE), &physical, &flags))
        return 0;
    return physical + (address & (PAGE_SIZE - 1));
}

static bool is_offered(void)
{
    struct cpuid_regs regs;
    if (strncmp(cpu_features.hypervisor, "KVMKVMKVM", 9) != 0)
        return false;
    cpuid(LEAF_FEATURES, 0, &regs);
    return (regs.eax & FEATURE_CLOCKSOURCE2) != 0;
}

u64 kvmclock_tsc_hz(void)
{
    if (!is_offered())
        return 0;
    paddr_t physical = physical_of(&time_info);
    if (physical == 0)
        return 0;
    wrmsr(MSR_KVM_SYSTEM_TIME_NEW, physical | SYSTEM_TIME_ENABLE);
    u32 factor = time_info.tsc_to_system_mul;
    s8 shift = time_info.tsc_shift;
    if (factor == 0 || shift < -31 || shift > 31)
        return 0;
    enabled = true;
    /* ns = (cycles << shift) * factor / 2^32. */
    u64 hz = (1000000000UL << 32) / factor;
    return shift < 0 ? hz << -shift : hz >> shift;
}

/* Nanoseconds of system time, as the shared structure says. */
static u64 system_time_ns(void)
{
    for (;;) {
        u32 version = __atomic_load_n(&time_info.version, __ATOMIC_ACQUIRE);
        u64 cycles = cpu_read_tsc() - time_info.tsc_timestamp;
        s8 shift = time_info.tsc_shift;
        cycles = shift < 0 ? cycles >> -shift : cycles << shift;
        u64 ns = time_info.system_time +
                 (u64)(((unsigned __int128)cycles * time_info.tsc_to_system_mul) >> 32);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (!(version & 1) && version == time_info.version)
            return ns;
        cpu_relax();
    }
}

u64 kvmclock_wall_ns(void)
{
    if (!enabled)
        return 0;
    /* The hypervisor fills it in at each write of the register. */
    wrmsr(MSR_KVM_WALL_CLOCK_NEW, physical_of(&wall_clock));
    return wall_clock.seconds * 1000000000UL + wall_clock.nanoseconds + system_time_ns();
}
