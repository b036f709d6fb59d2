/* SPDX-License-Identifier: MIT */
/*
 * Feature names, register by register, in the order in which Linux prints them. The bits are those
 * of SDM 2A, CPUID, and of AMD's APM 3, appendix E. Left out is what programs cannot use here:
 * protection keys, AMX, five-level paging, shadow stacks and indirect branch tracking are not
 * switched on.
 */
#include "arch/x86_64/cpu_flags.h"

#include "arch/x86_64/cpuid.h"

enum cpuid_register { EAX, EBX, ECX, EDX };

struct flag_word {
    u32 leaf, subleaf;
    enum cpuid_register reg;
    const char *names[32];
};

#define AMD_FEATURES      0x80000001u
#define POWER_FEATURES    0x80000007u
#define INVARIANT_TSC     (1u << 8) /* 80000007:EDX */
#define EXTENDED_TOPOLOGY 0xbu

static const struct flag_word before_linux_own[] = {
    {1, 0, EDX, {"fpu",  "vme",   "de",   "pse",     "tsc",  "msr", "pae",  "mce",
                 "cx8",  "apic",  NULL,   "sep",     "mtrr", "pge", "mca",  "cmov",
                 "pat",  "pse36", "pn",   "clflush", NULL,   "dts", "acpi", "mmx",
                 "fxsr", "sse",   "sse2", "ss",      "ht",   "tm",  "ia64", "pbe"}},
    {AMD_FEATURES,
     0,
     EDX,
     {[11] = "syscall",
      [19] = "mp",
      [20] = "nx",
      [22] = "mmxext",
      [25] = "fxsr_opt",
      [26] = "pdpe1gb",
      [27] = "rdtscp",
      [29] = "lm",
      [30] = "3dnowext",
      [31] = "3dnow"}},
};

static const struct flag_word after_linux_own[] = {
    {1, 0, ECX, {"pni",    "pclmulqdq", "dtes64", "monitor", "ds_cpl",
                 "vmx",    "smx",       "est",    "tm2",     "ssse3",
                 "cid",    "sdbg",      "fma",    "cx16",    "xtpr",
                 "pdcm",   NULL,        "pcid",   "dca",     "sse4_1",
                 "sse4_2", "x2apic",    "movbe",  "popcnt",  "tsc_deadline_timer",
                 "aes",    "xsave",     NULL,     "avx",     "f16c",
                 "rdrand", "hypervisor"}},
    {AMD_FEATURES,
     0,
     ECX,
     {[0] = "lahf_lm",       [1] = "cmp_legacy",  [2] = "svm",    [3] = "extapic",
      [4] = "cr8_legacy",    [5] = "abm",         [6] = "sse4a",  [7] = "misalignsse",
      [8] = "3dnowprefetch", [9] = "osvw",        [10] = "ibs",   [11] = "xop",
      [12] = "skinit",       [13] = "wdt",        [15] = "lwp",   [16] = "fma4",
      [17] = "tce",          [19] = "nodeid_msr", [21] = "tbm",   [22] = "topoext",
      [23] = "perfctr_core", [24] = "perfctr_nb", [26] = "bpext", [27] = "ptsc",
      [28] = "perfctr_llc",  [29] = "mwaitx"}},
    {7, 0, EBX, {[0] = "fsgsbase",    [1] = "tsc_adjust", [2] = "sgx",       [3] = "bmi1",
                 [4] = "hle",         [5] = "avx2",       [7] = "smep",      [8] = "bmi2",
                 [9] = "erms",        [10] = "invpcid",   [11] = "rtm",      [12] = "cqm",
                 [14] = "mpx",        [15] = "rdt_a",     [16] = "avx512f",  [17] = "avx512dq",
                 [18] = "rdseed",     [19] = "adx",       [20] = "smap",     [21] = "avx512ifma",
                 [23] = "clflushopt", [24] = "clwb",      [25] = "intel_pt", [26] = "avx512pf",
                 [27] = "avx512er",   [28] = "avx512cd",  [29] = "sha_ni",   [30] = "avx512bw",
                 [31] = "avx512vl"}},
    {0xd, 1, EAX, {"xsaveopt", "xsavec", "xgetbv1", "xsaves"}},
    {7, 1, EAX, {[4] = "avx_vnni", [5] = "avx512_bf16", [23] = "avx_ifma"}},
    {0x80000008,
     0,
     EBX,
     {[0] = "clzero", [1] = "irperf", [2] = "xsaveerptr", [4] = "rdpru", [9] = "wbnoinvd"}},
    {6, 0, EAX, {[0] = "dtherm", [1] = "ida", [2] = "arat", [4] = "pln", [6] = "pts", [7] = "hwp"}},
    {7,
     0,
     ECX,
     {[1] = "avx512vbmi",
      [2] = "umip",
      [5] = "waitpkg",
      [6] = "avx512_vbmi2",
      [8] = "gfni",
      [9] = "vaes",
      [10] = "vpclmulqdq",
      [11] = "avx512_vnni",
      [12] = "avx512_bitalg",
      [13] = "tme",
      [14] = "avx512_vpopcntdq",
      [22] = "rdpid",
      [24] = "bus_lock_detect",
      [25] = "cldemote",
      [27] = "movdiri",
      [28] = "movdir64b",
      [29] = "enqcmd",
      [30] = "sgx_lc"}},
    {0x80000007, 0, EBX, {"overflow_recov", "succor", NULL, "smca"}},
    {7,
     0,
     EDX,
     {[2] = "avx512_4vnniw",
      [3] = "avx512_4fmaps",
      [4] = "fsrm",
      [8] = "avx512_vp2intersect",
      [10] = "md_clear",
      [14] = "serialize",
      [16] = "tsxldtrk",
      [18] = "pconfig",
      [19] = "arch_lbr",
      [23] = "avx512_fp16",
      [28] = "flush_l1d",
      [29] = "arch_capabilities"}},
};

static u32 highest_leaf(u32 range)
{
    struct cpuid_regs regs;
    cpuid(range, 0, &regs);
    return regs.eax;
}

/* A register of a leaf; 0 when there is no such leaf. */
static u32 read_word(u32 leaf, u32 subleaf, enum cpuid_register reg)
{
    struct cpuid_regs regs;
    if (leaf > highest_leaf(leaf & 0x80000000))
        return 0;
    cpuid(leaf, subleaf, &regs);
    return reg == EAX ? regs.eax : reg == EBX ? regs.ebx : reg == ECX ? regs.ecx : regs.edx;
}

static void show_words(struct text_builder *text, const struct flag_word *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        u32 bits = read_word(words[i].leaf, words[i].subleaf, words[i].reg);
        for (u32 bit = 0; bit < 32; bit++)
            if ((bits & 1u << bit) && words[i].names[bit])
                text_print(text, " %s", words[i].names[bit]);
    }
}

/* Linux's own flags, which no single bit of CPUID stands for. All 64-bit processors have nopl
 * and fast string moves. */
static void show_linux_own(struct text_builder *text)
{
    bool invariant = read_word(POWER_FEATURES, 0, EDX) & INVARIANT_TSC;
    if (invariant)
        text_add_string(text, " constant_tsc");
    text_add_string(text, " rep_good nopl");
    if (read_word(EXTENDED_TOPOLOGY, 0, EBX) != 0)
        text_add_string(text, " xtopology");
    if (invariant)
        text_add_string(text, " nonstop_tsc");
    text_add_string(text, " cpuid");
}

void cpu_flags_show(struct text_builder *text)
{
    show_words(text, before_linux_own, ARRAY_SIZE(before_linux_own));
    show_linux_own(text);
    show_words(text, after_linux_own, ARRAY_SIZE(after_linux_own));
}
