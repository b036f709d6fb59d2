/* SPDX-License-Identifier: MIT */
/* Reads the TSC's rate from CPUID; see tsc.h. Under a hypervisor every CPUID costs a microsecond or
 * more, so that no leaf is asked for nothing. */
#include "arch/x86_64/cpuid.h"
#include "arch/x86_64/features.h"
#include "drivers/clock/tsc.h"

#define LEAF_TSC        0x15 /* SDM 2A, CPUID, and 3B 18.7.3 */
#define LEAF_FREQUENCY  0x16
#define LEAF_HYPERVISOR 0x40000000 /* highest hypervisor leaf in EAX */
#define LEAF_TSC_KHZ    0x40000010 /* EAX: kHz; VMware's, taken over by KVM, QEMU and others */

static u32 highest_leaf(u32 base)
{
    struct cpuid_regs regs;
    cpuid(base, 0, &regs);
    return regs.eax;
}

/* Rate = crystal (ECX) * EBX / EAX; a processor that leaves one out does not tell. */
static u64 hz_from_crystal(void)
{
    struct cpuid_regs regs;
    if (highest_leaf(0) < LEAF_TSC)
        return 0;
    cpuid(LEAF_TSC, 0, &regs);
    if (regs.eax == 0 || regs.ebx == 0)
        return 0;
    return (u64)regs.ecx * regs.ebx / regs.eax;
}

static u64 hz_from_hypervisor(void)
{
    struct cpuid_regs regs;
    if (cpu_features.hypervisor[0] == 0 || highest_leaf(LEAF_HYPERVISOR) < LEAF_TSC_KHZ)
        return 0;
    cpuid(LEAF_TSC_KHZ, 0, &regs);
    return (u64)regs.eax * 1000;
}

u64 tsc_hz_told(void)
{
    u64 hz = hz_from_crystal();
    return hz != 0 ? hz : hz_from_hypervisor();
}

u64 tsc_hz_guess(void)
{
    struct cpuid_regs regs;
    if (highest_leaf(0) < LEAF_FREQUENCY)
        return 0;
    cpuid(LEAF_FREQUENCY, 0, &regs);
    return (u64)(regs.eax & 0xffff) * 1000000;
}
