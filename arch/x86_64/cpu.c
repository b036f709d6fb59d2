/* SPDX-License-Identifier: MIT */
/*
 * The first things a processor does in C: its features, its own data behind GS, its tables.
 */
#include "arch/cpu.h"

#include "arch/vdso_time.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/gdt.h"
#include "arch/x86_64/msr.h"

#define RANDOM_RETRIES 10 /* SDM 1, 7.3.17.1 */

#define HWCAP2_FSGSBASE (1u << 1) /* <asm/hwcap2.h> */

struct percpu percpus[CPUS_MAX];

void percpu_init(u32 index)
{
    percpus[index].self = &percpus[index];
    percpus[index].index = index;
    wrmsr(IA32_GS_BASE, (u64)&percpus[index]);
    if (cpu_features.rdtscp)
        wrmsr(IA32_TSC_AUX, index); /* what RDTSCP tells a program: arch/x86_64/vdso/ */
    vdso_page.time.tells_number = cpu_features.rdtscp;
}

void cpu_init_boot(void)
{
    cpu_features_detect();
    cpu_smap_patch(); /* before WP, through the boot mapping, which is writable */
    cpu_features_enable();
    percpu_init(0);
    idt_build();
    gdt_init(0, &boot_ist_stacks);
}

static bool rdseed(u64 *out)
{
    bool ok;
    __asm__ volatile("rdseed %0" : "=r"(*out), "=@ccc"(ok));
    return ok;
}

static bool rdrand(u64 *out)
{
    bool ok;
    __asm__ volatile("rdrand %0" : "=r"(*out), "=@ccc"(ok));
    return ok;
}

bool cpu_random64(u64 *out)
{
    for (int i = 0; i < RANDOM_RETRIES; i++) {
        if (cpu_features.rdseed && rdseed(out))
            return true;
        if (cpu_features.rdrand && rdrand(out))
            return true;
    }
    return false;
}

u64 cpu_hwcap(void)
{
    return cpu_features.hwcap;
}

u64 cpu_hwcap2(void)
{
    return cpu_features.fsgsbase ? HWCAP2_FSGSBASE : 0;
}
