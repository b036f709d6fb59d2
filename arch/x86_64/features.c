/* SPDX-License-Identifier: MIT */
/*
 * Processor features: detection by CPUID and the control-register bits that follow from them.
 *
 * Protections (NX, SMEP, SMAP, UMIP, WP) are switched on wherever they exist; none is required.
 * SMAP needs STAC and CLAC around user copies, which do not exist on older processors: the
 * assembly leaves three-byte no-ops there, and cpu_smap_patch writes the real instructions while the
 * kernel text is still writable.
 */
#include "arch/x86_64/features.h"

#include "arch/x86_64/cpuid.h"
#include "arch/x86_64/msr.h"
#include "kernel/lib/string.h"

/* State components that a program may use without asking (SDM 1, 13.1): x87, SSE, AVX, AVX-512.
 * AMX is left off: Linux makes a program ask for it by arch_prctl. */
#define XCR0_PROGRAM_STATE 0xe7UL
#define XCR0_AVX512        0xe0UL
#define XCR0_X87_SSE       0x3UL

struct cpu_features cpu_features;

struct smap_patch {
    u64 address;
    u64 opcode; /* three bytes, little-endian */
};
extern const struct smap_patch smap_patch_start[], smap_patch_end[];

static void detect_hypervisor(u32 leaf1_ecx)
{
    if (!(leaf1_ecx & (1u << 31)))
        return;
    struct cpuid_regs regs;
    cpuid(0x40000000, 0, &regs);
    memcpy(cpu_features.hypervisor, &regs.ebx, 4);
    memcpy(cpu_features.hypervisor + 4, &regs.ecx, 4);
    memcpy(cpu_features.hypervisor + 8, &regs.edx, 4);
}

static void detect_xsave(void)
{
    struct cpuid_regs regs;
    cpuid(0xd, 0, &regs);
    u64 supported = (((u64)regs.edx << 32) | regs.eax) & XCR0_PROGRAM_STATE;
    if ((supported & XCR0_AVX512) != XCR0_AVX512)
        supported &= ~XCR0_AVX512;
    cpu_features.xcr0 = supported | XCR0_X87_SSE;
}

void cpu_features_detect(void)
{
    struct cpu_features *f = &cpu_features;
    struct cpuid_regs regs;
    cpuid(0, 0, &regs);
    u32 highest = regs.eax;
    cpuid(1, 0, &regs);
    f->hwcap = regs.edx;
    f->pge = regs.edx & (1u << 13);
    f->x2apic = regs.ecx & (1u << 21);
    f->xsave = regs.ecx & (1u << 26);
    f->rdrand = regs.ecx & (1u << 30);
    detect_hypervisor(regs.ecx);
    if (highest >= 7) {
        cpuid(7, 0, &regs);
        f->fsgsbase = regs.ebx & (1u << 0);
        f->smep = regs.ebx & (1u << 7);
        f->rdseed = regs.ebx & (1u << 18);
        f->smap = regs.ebx & (1u << 20);
        f->umip = regs.ecx & (1u << 2);
    }
    cpuid(0x80000001, 0, &regs);
    f->nx = regs.edx & (1u << 20);
    f->gigabyte_pages = regs.edx & (1u << 26);
    f->rdtscp = regs.edx & (1u << 27);
    f->xsave_size = 512;
    if (f->xsave)
        detect_xsave();
}

static void write_xcr0(u64 value)
{
    __asm__ volatile("xsetbv" : : "c"(0), "a"((u32)value), "d"((u32)(value >> 32)));
}

void cpu_smap_patch(void)
{
    if (!cpu_features.smap)
        return;
    for (const struct smap_patch *patch = smap_patch_start; patch < smap_patch_end; patch++)
        memcpy((void *)patch->address, &patch->opcode, 3);
}

void cpu_features_enable(void)
{
    struct cpu_features *f = &cpu_features;
    wrmsr(IA32_EFER, rdmsr(IA32_EFER) | EFER_SCE | (f->nx ? EFER_NXE : 0));
    wrmsr(IA32_PAT, PAT_SETUP); /* every processor with long mode has it */
    u64 cr0 = read_cr0() & ~(CR0_EM | CR0_TS | CR0_CD | CR0_NW);
    write_cr0(cr0 | CR0_MP | CR0_NE | CR0_WP | CR0_AM);
    u64 cr4 = read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT;
    cr4 |= (f->pge ? CR4_PGE : 0) | (f->umip ? CR4_UMIP : 0) | (f->fsgsbase ? CR4_FSGSBASE : 0) |
           (f->smep ? CR4_SMEP : 0) | (f->smap ? CR4_SMAP : 0) | (f->xsave ? CR4_OSXSAVE : 0);
    write_cr4(cr4);
    if (f->xsave) {
        write_xcr0(f->xcr0);
        struct cpuid_regs regs;
        cpuid(0xd, 0, &regs); /* EBX: size for the components now on */
        f->xsave_size = regs.ebx;
    }
}
