/* SPDX-License-Identifier: MIT */
/*
 * What this processor can do, read once from CPUID, and switched on in the control registers.
 * Read-only after cpu_features_init.
 */
#ifndef ARCH_X86_64_FEATURES_H
#define ARCH_X86_64_FEATURES_H

#include "kernel/lib/types.h"

struct cpu_features {
    bool nx, smep, smap, umip, fsgsbase, xsave, pge, gigabyte_pages, x2apic, rdrand, rdseed, rdtscp;
    u32 hwcap;           /* AT_HWCAP: CPUID.1:EDX, as Linux gives it */
    u64 xcr0;            /* state components switched on; 0 without XSAVE */
    u32 xsave_size;      /* bytes of the save area for xcr0; 512 without XSAVE */
    char hypervisor[13]; /* CPUID 0x40000000 signature, "" on bare metal */
};

extern struct cpu_features cpu_features;

/* Read CPUID and fill cpu_features. Once, on the boot processor. */
void cpu_features_detect(void);

/* Write STAC and CLAC into the kernel's text where the processor has SMAP. Once, while the text can be
 * written to. */
void cpu_smap_patch(void);

/* Switch the features on in this processor's control registers. On every processor. */
void cpu_features_enable(void);

#endif
