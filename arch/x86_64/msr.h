/* SPDX-License-Identifier: MIT */
/* Model-specific registers and control registers, named as in the SDM (volume 4; 3A 2.5). */
#ifndef ARCH_X86_64_MSR_H
#define ARCH_X86_64_MSR_H

#include "kernel/lib/types.h"

#define IA32_APIC_BASE      0x1b
#define IA32_PAT            0x277
#define IA32_TSC_DEADLINE   0x6e0
#define IA32_X2APIC_FIRST   0x800
#define IA32_SYSENTER_CS    0x174
#define IA32_EFER           0xc0000080
#define IA32_STAR           0xc0000081
#define IA32_LSTAR          0xc0000082
#define IA32_FMASK          0xc0000084
#define IA32_FS_BASE        0xc0000100
#define IA32_GS_BASE        0xc0000101
#define IA32_KERNEL_GS_BASE 0xc0000102
#define IA32_TSC_AUX        0xc0000103

#define IA32_APIC_BASE_ENABLE (1UL << 11)
#define IA32_APIC_BASE_X2APIC (1UL << 10)

#define EFER_SCE (1UL << 0)
#define EFER_LMA (1UL << 10)
#define EFER_NXE (1UL << 11)

/* SDM 3A 12.12: what it is after reset, but for entry 1 (a page's PWT bit alone), which becomes write
 * combining instead of write-through. */
#define PAT_SETUP 0x0007040600070106UL

#define CR0_MP (1UL << 1)
#define CR0_EM (1UL << 2)
#define CR0_TS (1UL << 3)
#define CR0_NE (1UL << 5)
#define CR0_WP (1UL << 16)
#define CR0_AM (1UL << 18)
#define CR0_NW (1UL << 29)
#define CR0_CD (1UL << 30)

#define CR4_PGE        (1UL << 7)
#define CR4_OSFXSR     (1UL << 9)
#define CR4_OSXMMEXCPT (1UL << 10)
#define CR4_UMIP       (1UL << 11)
#define CR4_FSGSBASE   (1UL << 16)
#define CR4_OSXSAVE    (1UL << 18)
#define CR4_SMEP       (1UL << 20)
#define CR4_SMAP       (1UL << 21)

#define RFLAGS_TF (1UL << 8)
#define RFLAGS_IF (1UL << 9)
#define RFLAGS_DF (1UL << 10)
#define RFLAGS_NT (1UL << 14)
#define RFLAGS_VM (1UL << 17)
#define RFLAGS_AC (1UL << 18)

static inline u64 rdmsr(u32 msr)
{
    u32 low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return ((u64)high << 32) | low;
}

static inline void wrmsr(u32 msr, u64 value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

#define DEFINE_CONTROL_REGISTER(name)                                   \
    static inline u64 read_##name(void)                                 \
    {                                                                   \
        u64 value;                                                      \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(value));          \
        return value;                                                   \
    }                                                                   \
    static inline void write_##name(u64 value)                          \
    {                                                                   \
        __asm__ volatile("mov %0, %%" #name : : "r"(value) : "memory"); \
    }

DEFINE_CONTROL_REGISTER(cr0)
DEFINE_CONTROL_REGISTER(cr2)
DEFINE_CONTROL_REGISTER(cr3)
DEFINE_CONTROL_REGISTER(cr4)

#endif
