/* SPDX-License-Identifier: MIT */
/*
 * A paragraph of /proc/cpuinfo from CPUID (SDM 2A, CPUID; APM 3, appendix E), line by line as
 * Linux prints it (arch/x86/kernel/cpu/proc.c). All processors of a machine are alike.
 */
#include "arch/cpuinfo.h"

#include "arch/x86_64/cpu_flags.h"
#include "arch/x86_64/cpuid.h"
#include "arch/x86_64/smp_internal.h"
#include "kernel/lib/string.h"

#define EXTENDED       0x80000000u
#define BRAND_FIRST    0x80000002u
#define BRAND_LAST     0x80000004u
#define L2_CACHE       0x80000006u
#define POWER          0x80000007u
#define ADDRESS_SIZES  0x80000008u
#define CACHES         4u /* Intel's deterministic cache parameters */
#define CACHES_MAX     16
#define FAMILY_EXTENDS 0xf
#define MHZ            1000000UL
#define KHZ            1000UL

struct identity {
    char vendor[13];
    char name[49];
    u32 highest, highest_extended;
    u32 family, model, stepping;
    u32 flush_size;
    u32 cache_kib, tlb_pages; /* 0: not told */
    u32 physical_bits, virtual_bits;
};

static void identify_leaf1(struct identity *id)
{
    struct cpuid_regs regs;
    cpuid(1, 0, &regs);
    id->family = regs.eax >> 8 & 0xf;
    id->model = regs.eax >> 4 & 0xf;
    id->stepping = regs.eax & 0xf;
    if (id->family >= 6)
        id->model += (regs.eax >> 16 & 0xf) << 4;
    if (id->family == FAMILY_EXTENDS)
        id->family += regs.eax >> 20 & 0xff;
    id->flush_size = (regs.ebx >> 8 & 0xff) * 8;
}

/* Leading blanks go, and so do those at the end. */
static void identify_name(struct identity *id)
{
    struct cpuid_regs regs;
    char raw[sizeof(id->name)] = "";
    for (u32 leaf = BRAND_FIRST; leaf <= BRAND_LAST && leaf <= id->highest_extended; leaf++) {
        cpuid(leaf, 0, &regs);
        memcpy(raw + (leaf - BRAND_FIRST) * sizeof(regs), &regs, sizeof(regs));
    }
    const char *start = raw;
    while (*start == ' ')
        start++;
    size_t length = strlen(start);
    while (length != 0 && start[length - 1] == ' ')
        length--;
    memcpy(id->name, start, length);
}

/* The last of the caches that Intel's leaf lists is the largest. */
static u32 last_cache_kib(void)
{
    u64 bytes = 0;
    struct cpuid_regs regs;
    for (u32 i = 0; i < CACHES_MAX; i++) {
        cpuid(CACHES, i, &regs);
        if ((regs.eax & 0x1f) == 0)
            break;
        bytes = (u64)((regs.ebx >> 22) + 1) * ((regs.ebx >> 12 & 0x3ff) + 1) *
                ((regs.ebx & 0xfff) + 1) * (regs.ecx + 1);
    }
    return bytes / KIB;
}

static void identify_caches(struct identity *id)
{
    struct cpuid_regs regs;
    if (strcmp(id->vendor, "GenuineIntel") == 0) {
        id->cache_kib = id->highest >= CACHES ? last_cache_kib() : 0;
        return;
    }
    if (id->highest_extended < L2_CACHE)
        return;
    cpuid(L2_CACHE, 0, &regs);
    id->cache_kib = regs.ecx >> 16;
    id->tlb_pages = (regs.ebx >> 16 & 0xfff) + (regs.ebx & 0xfff);
}

static void identify(struct identity *id)
{
    struct cpuid_regs regs;
    *id = (struct identity){.physical_bits = 36, .virtual_bits = 48};
    cpuid(0, 0, &regs);
    id->highest = regs.eax;
    memcpy(id->vendor, &regs.ebx, 4);
    memcpy(id->vendor + 4, &regs.edx, 4);
    memcpy(id->vendor + 8, &regs.ecx, 4);
    cpuid(EXTENDED, 0, &regs);
    id->highest_extended = regs.eax;
    identify_leaf1(id);
    identify_name(id);
    identify_caches(id);
    if (id->highest_extended >= ADDRESS_SIZES) {
        cpuid(ADDRESS_SIZES, 0, &regs);
        id->physical_bits = regs.eax & 0xff;
        id->virtual_bits = regs.eax >> 8 & 0xff;
    }
}

/* What AMD's leaf says of saving power; without a name: the bit's number. Bit 8 is the invariant
 * TSC, which is a flag. */
static void show_power(struct text_builder *text, const struct identity *id)
{
    static const char *const names[] = {"ts",          "fid",           "vid",      "ttp", "tm",
                                        "stc",         "100mhzsteps",   "hwpstate", "",    "cpb",
                                        "eff_freq_ro", "proc_feedback", "acc_power"};
    struct cpuid_regs regs = {0};
    if (id->highest_extended >= POWER)
        cpuid(POWER, 0, &regs);
    text_add_string(text, "power management:");
    for (u32 bit = 0; bit < 32; bit++) {
        if (!(regs.edx & 1u << bit))
            continue;
        if (bit >= ARRAY_SIZE(names))
            text_print(text, " [%u]", bit);
        else if (names[bit][0] != '\0')
            text_print(text, " %s", names[bit]);
    }
    text_add_string(text, "\n\n");
}

static void show_identity(struct text_builder *text, const struct identity *id, u32 cpu, u64 tsc_hz)
{
    text_print(text, "processor\t: %u\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n", cpu,
               id->vendor, id->family, id->model);
    text_print(text, "model name\t: %s\n", id->name[0] ? id->name : "unknown");
    if (id->stepping != 0 || id->highest > 0)
        text_print(text, "stepping\t: %u\n", id->stepping);
    else
        text_add_string(text, "stepping\t: unknown\n");
    if (tsc_hz != 0)
        text_print(text, "cpu MHz\t\t: %lu.%03lu\n", tsc_hz / MHZ, tsc_hz / KHZ % 1000);
    if (id->cache_kib != 0)
        text_print(text, "cache size\t: %u KB\n", id->cache_kib);
}

void cpuinfo_show(struct text_builder *text, u32 cpu, u64 tsc_hz)
{
    struct identity id;
    identify(&id);
    show_identity(text, &id, cpu, tsc_hz);
    text_print(text, "physical id\t: 0\nsiblings\t: %u\ncore id\t\t: %u\ncpu cores\t: %u\n",
               cpu_count(), cpu, cpu_count());
    text_print(text, "apicid\t\t: %u\ninitial apicid\t: %u\n", smp_apic_id(cpu), smp_apic_id(cpu));
    text_print(text, "fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: %u\nwp\t\t: yes\n",
               id.highest);
    text_add_string(text, "flags\t\t:");
    cpu_flags_show(text);
    text_add_string(text, "\nbugs\t\t:\n");
    /* Two additions of a loop that Linux used to time: twice the counter's rate. */
    if (tsc_hz != 0)
        text_print(text, "bogomips\t: %lu.%02lu\n", tsc_hz * 2 / MHZ, tsc_hz * 2 / KHZ % 1000 / 10);
    if (id.tlb_pages != 0)
        text_print(text, "TLB size\t: %u 4K pages\n", id.tlb_pages);
    text_print(text, "clflush size\t: %u\ncache_alignment\t: %u\n", id.flush_size, id.flush_size);
    text_print(text, "address sizes\t: %u bits physical, %u bits virtual\n", id.physical_bits,
               id.virtual_bits);
    show_power(text, &id);
}
