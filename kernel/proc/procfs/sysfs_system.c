/* SPDX-License-Identifier: MIT */
/*
 * /sys as far as C libraries, Go, jemalloc, redis and Python look: processors, memory nodes, large
 * pages, the clock's source (Linux Documentation/ABI/testing/sysfs-devices-system-cpu and others).
 */
#include <asm/errno.h>
#include <linux/stat.h>

#include "arch/cpuinfo.h"
#include "kernel/lib/string.h"
#include "kernel/proc/memory_use.h"
#include "kernel/proc/procfs/procfs_internal.h"
#include "mm/huge.h"
#include "mm/page.h"

#define KIB_PER_PAGE (PAGE_SIZE / KIB)

/* ---- Processors -------------------------------------------------------------------------------*/

static s64 next_cpu(const struct node_place *parent, s64 from)
{
    (void)parent;
    return from < cpu_count() ? from : -1;
}

static const struct node_family cpu_family = {.next = next_cpu};

static int show_cpu_list(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, cpu_count() == 1 ? "0\n" : "0-%u\n", cpu_count() - 1);
    return 0;
}

static int show_cpu_mask(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, "%lx\n", cpu_count() < 64 ? (1UL << cpu_count()) - 1 : ~0UL);
    return 0;
}

static int show_own_number(struct text_builder *text, const struct node_place *place)
{
    text_print(text, "%u\n", place->numbers[place->depth - 1]);
    return 0;
}

static int show_own_mask(struct text_builder *text, const struct node_place *place)
{
    text_print(text, "%lx\n", 1UL << place->numbers[place->depth - 1]);
    return 0;
}

/* ---- Memory nodes: one ------------------------------------------------------------------------*/

static s64 next_memory_node(const struct node_place *parent, s64 from)
{
    (void)parent;
    return from == 0 ? 0 : -1;
}

static const struct node_family memory_node_family = {.next = next_memory_node};

static int show_node_meminfo(struct text_builder *text, const struct node_place *place)
{
    u32 node = place->numbers[place->depth - 1];
    u64 total = page_total_count(), free = page_free_count();
    text_print(text, "Node %u MemTotal:       %8lu kB\n", node, total * KIB_PER_PAGE);
    text_print(text, "Node %u MemFree:        %8lu kB\n", node, free * KIB_PER_PAGE);
    text_print(text, "Node %u MemUsed:        %8lu kB\n", node, (total - free) * KIB_PER_PAGE);
    return 0;
}

/* ---- Large pages ------------------------------------------------------------------------------*/

static const char *const policy_names[] = {
    [HUGE_ALWAYS] = "always", [HUGE_IF_ADVISED] = "madvise", [HUGE_NEVER] = "never"};

static int show_huge_policy(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    for (u32 i = 0; i < ARRAY_SIZE(policy_names); i++)
        text_print(text, i == huge_policy ? "[%s]%s" : "%s%s", policy_names[i],
                   i + 1 < ARRAY_SIZE(policy_names) ? " " : "\n");
    return 0;
}

/* One of the names, with a newline or without. */
static int store_huge_policy(const struct node_place *place, const char *bytes, size_t length)
{
    (void)place;
    length -= length != 0 && bytes[length - 1] == '\n';
    for (u32 i = 0; i < ARRAY_SIZE(policy_names); i++) {
        if (strlen(policy_names[i]) == length && memcmp(policy_names[i], bytes, length) == 0) {
            huge_policy = i;
            return 0;
        }
    }
    return -EINVAL;
}

#define CLOCK    "devices/system/clocksource/clocksource0/"
#define CPU      "devices/system/cpu/"
#define TOPOLOGY CPU "cpu#/topology/"
#define NODE     "devices/system/node/"
#define LARGE    "kernel/mm/transparent_hugepage/"

static const struct node nodes[] = {
    NODE_FIXED(CLOCK "available_clocksource", "tsc \n"),
    NODE_SETTING(CLOCK "current_clocksource", "tsc\n"),
    NODE_FIXED(CPU "isolated", "\n"),
    NODE_FIXED(CPU "kernel_max", "63\n"),
    NODE_FIXED(CPU "offline", "\n"),
    NODE_FILE(CPU "online", show_cpu_list),
    NODE_FILE(CPU "possible", show_cpu_list),
    NODE_FILE(CPU "present", show_cpu_list),
    {CPU "cpu#", S_IFDIR | 0755, .family = &cpu_family},
    NODE_FILE(TOPOLOGY "core_cpus", show_own_mask),
    NODE_FILE(TOPOLOGY "core_cpus_list", show_own_number),
    NODE_FILE(TOPOLOGY "core_id", show_own_number),
    NODE_FILE(TOPOLOGY "core_siblings", show_cpu_mask),
    NODE_FILE(TOPOLOGY "core_siblings_list", show_cpu_list),
    NODE_FIXED(TOPOLOGY "die_id", "0\n"),
    NODE_FILE(TOPOLOGY "package_cpus", show_cpu_mask),
    NODE_FILE(TOPOLOGY "package_cpus_list", show_cpu_list),
    NODE_FIXED(TOPOLOGY "physical_package_id", "0\n"),
    NODE_FILE(TOPOLOGY "thread_siblings", show_own_mask),
    NODE_FILE(TOPOLOGY "thread_siblings_list", show_own_number),
    NODE_FIXED(NODE "has_cpu", "0\n"),
    NODE_FIXED(NODE "has_memory", "0\n"),
    NODE_FIXED(NODE "has_normal_memory", "0\n"),
    NODE_FIXED(NODE "online", "0\n"),
    NODE_FIXED(NODE "possible", "0\n"),
    {NODE "node#", S_IFDIR | 0755, .family = &memory_node_family},
    NODE_FILE(NODE "node#/cpulist", show_cpu_list),
    NODE_FILE(NODE "node#/cpumap", show_cpu_mask),
    NODE_FIXED(NODE "node#/distance", "10\n"),
    NODE_FILE(NODE "node#/meminfo", show_node_meminfo),
    NODE_SETTING(LARGE "defrag", "always defer defer+madvise [madvise] never\n"),
    {LARGE "enabled", S_IFREG | 0644, .show = show_huge_policy, .store = store_huge_policy},
    NODE_FIXED(LARGE "hpage_pmd_size", "2097152\n"),
    NODE_SETTING(LARGE "shmem_enabled", "always within_size advise [never] deny force\n"),
    NODE_SETTING(LARGE "use_zero_page", "0\n"),
};

void sysfs_add_system(void)
{
    sysfs_add(nodes, ARRAY_SIZE(nodes));
}
