/* SPDX-License-Identifier: MIT */
/*
 * /proc's files about the whole system: memory, time, processors, and what lies under /proc/sys
 * (man 5 proc_meminfo, proc_stat, proc_sys_kernel, ...).
 *
 * Every number is taken when it is asked for. What is not counted anywhere is 0.
 */
#include <asm/statfs.h>
#include <linux/capability.h>
#include <linux/limits.h>
#include <linux/stat.h>

#include "arch/cpuinfo.h"
#include "arch/mmu.h"
#include "fs/anon/inotify.h"
#include "kernel/core/random.h"
#include "kernel/core/system_names.h"
#include "kernel/core/time.h"
#include "kernel/core/wait.h"
#include "kernel/lib/string.h"
#include "kernel/proc/memory_use.h"
#include "kernel/proc/procfs/procfs_internal.h"
#include "mm/page.h"

#define KIB_PER_PAGE     (PAGE_SIZE / KIB)
#define NS_PER_HUNDREDTH (NS_PER_SECOND / 100)
#define FILE_MAX_LOW     8192 /* Linux's fs.file-max: a tenth of memory at 1 KiB each, or this */

/* ---- Memory -----------------------------------------------------------------------------------*/

/* Pages that files in memory take. */
static void add_files(const struct mount *mount, void *context)
{
    struct statfs status = {0};
    if (!mount->sb->statfs)
        return;
    mount->sb->statfs(mount->sb, &status);
    *(u64 *)context += status.f_blocks - status.f_bfree;
}

static void show_kib(struct text_builder *text, const char *label, u64 pages)
{
    text_print(text, "%-16s%8lu kB\n", label, pages * KIB_PER_PAGE);
}

/* Files in memory count as Cached and as Shmem, as those of a tmpfs do on Linux. What is neither
 * free nor a program's nor a file's is the kernel's own: Slab. */
static void show_use(struct text_builder *text, const struct memory_use *use)
{
    u64 total = page_total_count(), free = page_free_count(), files = 0;
    u64 anonymous = use->resident.anonymous;
    mount_for_each(add_files, &files);
    u64 known = free + files + anonymous + use->resident.shared + use->tables;
    u64 kernel = total - MIN(total, known), shared = files + use->resident.shared;
    show_kib(text, "MemTotal:", total);
    show_kib(text, "MemFree:", free);
    show_kib(text, "MemAvailable:", free);
    show_kib(text, "Buffers:", 0);
    show_kib(text, "Cached:", shared);
    show_kib(text, "SwapCached:", 0);
    u64 locked = MIN(use->locked_resident, anonymous + shared);
    show_kib(text, "Active:", anonymous + shared - locked);
    show_kib(text, "Inactive:", 0);
    show_kib(text, "Active(anon):", anonymous + shared - locked);
    show_kib(text, "Inactive(anon):", 0);
    show_kib(text, "Active(file):", 0);
    show_kib(text, "Inactive(file):", 0);
    show_kib(text, "Unevictable:", use->locked_resident);
    show_kib(text, "Mlocked:", use->locked_resident);
    show_kib(text, "SwapTotal:", 0);
    show_kib(text, "SwapFree:", 0);
    show_kib(text, "Dirty:", 0);
    show_kib(text, "Writeback:", 0);
    show_kib(text, "AnonPages:", anonymous);
    show_kib(text, "Mapped:", use->resident.file + use->resident.shared);
    show_kib(text, "Shmem:", shared);
    show_kib(text, "KReclaimable:", 0);
    show_kib(text, "Slab:", kernel);
    show_kib(text, "SReclaimable:", 0);
    show_kib(text, "SUnreclaim:", kernel);
}

static int show_meminfo(struct text_builder *text, const struct node_place *place)
{
    struct memory_use use;
    (void)place;
    memory_use(process_current(), &use);
    show_use(text, &use);
    show_kib(text, "PageTables:", use.tables);
    show_kib(text, "Bounce:", 0);
    show_kib(text, "WritebackTmp:", 0);
    show_kib(text, "CommitLimit:", page_total_count() / 2); /* vm.overcommit_ratio */
    show_kib(text, "Committed_AS:", use.data + use.stack);
    show_kib(text, "VmallocTotal:", KMAP_SIZE / PAGE_SIZE);
    show_kib(text, "VmallocUsed:", 0);
    show_kib(text, "VmallocChunk:", 0);
    show_kib(text, "AnonHugePages:", use.resident.huge);
    show_kib(text, "ShmemHugePages:", 0);
    show_kib(text, "ShmemPmdMapped:", 0);
    show_kib(text, "FileHugePages:", 0);
    show_kib(text, "FilePmdMapped:", 0);
    text_print(text, "%-16s%8u\n%-16s%8u\n%-16s%8u\n%-16s%8u\n", "HugePages_Total:", 0,
               "HugePages_Free:", 0, "HugePages_Rsvd:", 0, "HugePages_Surp:", 0);
    show_kib(text, "Hugepagesize:", MMU_LARGE_SIZE / PAGE_SIZE);
    show_kib(text, "Hugetlb:", 0);
    return 0;
}

/* ---- Time and processors ----------------------------------------------------------------------*/

/* Of each processor, and the sum. */
static u64 processors_busy_ns(u64 busy[CPUS_MAX])
{
    u64 sum = 0;
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        sum += busy[cpu] = sched_busy_ns(cpu);
    return sum;
}

static u64 idle_ns(u64 up_ns, u64 busy_ns)
{
    return up_ns - MIN(up_ns, busy_ns);
}

static int show_uptime(struct text_builder *text, const struct node_place *place)
{
    u64 now = time_now_ns(), up = now / NS_PER_HUNDREDTH, busy[CPUS_MAX];
    u64 idle = idle_ns(now * cpu_count(), processors_busy_ns(busy)) / NS_PER_HUNDREDTH;
    (void)place;
    text_print(text, "%lu.%02lu %lu.%02lu\n", up / 100, up % 100, idle / 100, idle % 100);
    return 0;
}

/* Linux's averages fade by these 2048ths every five seconds (kernel/sched/loadavg.c). */
#define LOAD_BITS      11
#define LOAD_ONE       (1UL << LOAD_BITS)
#define LOAD_STEP      5
#define LOAD_STEPS_MAX 2000 /* after so many the longest average no longer moves */
static const u64 load_fading[] = {1884, 2014, 2037};

/* The average as if the program had been as busy all the time as it was on the whole. */
static u64 load_average(u64 fading)
{
    u64 up = time_now_ns(), load = 0;
    u64 active = up ? process_cpu_ns(process_current()) / (up / LOAD_ONE + 1) : 0;
    u64 steps = MIN(up / NS_PER_SECOND / LOAD_STEP, (u64)LOAD_STEPS_MAX);
    for (u64 i = 0; i < steps; i++)
        load = (load * fading + active * (LOAD_ONE - fading) + LOAD_ONE / 2) >> LOAD_BITS;
    return load;
}

static int show_loadavg(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    for (size_t i = 0; i < ARRAY_SIZE(load_fading); i++) {
        u64 load = load_average(load_fading[i]) + LOAD_ONE / 200;
        text_print(text, "%lu.%02lu ", load >> LOAD_BITS,
                   ((load & (LOAD_ONE - 1)) * 100) >> LOAD_BITS);
    }
    struct process *process = process_current();
    text_print(text, "%u/%u %d\n", task_count_awake(process), task_count(process),
               task_last_tid(process));
    return 0;
}

static void add_processor_times(struct text_builder *text, u64 busy_ns, u64 all_ns)
{
    text_print(text, " %lu 0 0 %lu 0 0 0 0 0 0\n", busy_ns / NS_PER_TICK,
               idle_ns(all_ns, busy_ns) / NS_PER_TICK);
}

static int show_stat(struct text_builder *text, const struct node_place *place)
{
    u64 up = time_now_ns(), busy[CPUS_MAX];
    (void)place;
    text_add_string(text, "cpu ");
    add_processor_times(text, processors_busy_ns(busy), up * cpu_count());
    for (u32 cpu = 0; cpu < cpu_count(); cpu++) {
        text_print(text, "cpu%u", cpu);
        add_processor_times(text, busy[cpu], up);
    }
    text_print(text, "intr 0\nctxt 0\nbtime %lu\n",
               (time_real_ns() - time_now_ns()) / NS_PER_SECOND);
    text_print(text, "processes %d\nprocs_running %u\nprocs_blocked 0\n",
               task_last_tid(process_current()), task_count_awake(process_current()));
    text_add_string(text, "softirq 0 0 0 0 0 0 0 0 0 0 0\n");
    return 0;
}

/* Where the counter's rate must be learned first, that takes this long at most. */
#define LEARN_TRIES 4
#define LEARN_NS    20000000

static u64 counter_hz(void)
{
    for (int i = 0; i < LEARN_TRIES && time_tsc_hz() == 0; i++)
        (void)wait_sleep(time_now_ns() + LEARN_NS);
    return time_tsc_hz();
}

static int show_cpuinfo(struct text_builder *text, const struct node_place *place)
{
    u64 hz = counter_hz();
    (void)place;
    for (u32 cpu = 0; cpu < cpu_count(); cpu++)
        cpuinfo_show(text, cpu, hz);
    return 0;
}

/* ---- Names and numbers ------------------------------------------------------------------------*/

static int show_version(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, "%s version %s (galette@galette) (gcc %d.%d.%d) %s\n", system_names.sysname,
               system_names.release, __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__,
               system_names.version);
    return 0;
}

static int show_ostype(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, "%s\n", system_names.sysname);
    return 0;
}

static int show_osrelease(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, "%s\n", system_names.release);
    return 0;
}

static int show_osversion(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, "%s\n", system_names.version);
    return 0;
}

static int show_hostname(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, "%s\n", system_names.nodename);
    return 0;
}

static int show_domainname(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, "%s\n", system_names.domainname);
    return 0;
}

static void store_name(char *to, size_t size, const char *bytes)
{
    strscpy(to, bytes, size);
    char *newline = strchr(to, '\n');
    if (newline)
        *newline = '\0';
}

static int store_hostname(const struct node_place *place, const char *bytes, size_t length)
{
    (void)place, (void)length;
    store_name(system_names.nodename, sizeof(system_names.nodename), bytes);
    return 0;
}

static int store_domainname(const struct node_place *place, const char *bytes, size_t length)
{
    (void)place, (void)length;
    store_name(system_names.domainname, sizeof(system_names.domainname), bytes);
    return 0;
}

static int show_cap_last_cap(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, "%d\n", CAP_LAST_CAP);
    return 0;
}

static int show_ngroups_max(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, "%d\n", NGROUPS_MAX);
    return 0;
}

/* RFC 4122, version 4. */
static void make_uuid(u8 *uuid)
{
    random_bytes(uuid, 16);
    uuid[6] = (uuid[6] & 0x0f) | 0x40;
    uuid[8] = (uuid[8] & 0x3f) | 0x80;
}

static void add_uuid(struct text_builder *text, const u8 *uuid)
{
    for (int i = 0; i < 16; i++)
        text_print(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", uuid[i]);
    text_add_string(text, "\n");
}

static int show_uuid(struct text_builder *text, const struct node_place *place)
{
    u8 uuid[16];
    (void)place;
    make_uuid(uuid);
    add_uuid(text, uuid);
    return 0;
}

static int show_boot_id(struct text_builder *text, const struct node_place *place)
{
    static struct mutex lock = MUTEX_INIT(lock, LOCK_UUID); /* guards uuid */
    static u8 uuid[16];
    (void)place;
    mutex_lock(&lock);
    if (mem_is_zero(uuid, sizeof(uuid)))
        make_uuid(uuid);
    mutex_unlock(&lock);
    add_uuid(text, uuid);
    return 0;
}

static u64 file_max(void)
{
    return MAX(page_total_count() * KIB_PER_PAGE / 10, (u64)FILE_MAX_LOW);
}

static int show_file_max(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, "%lu\n", file_max());
    return 0;
}

static int show_watches(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, "%u\n", INOTIFY_WATCHES_MAX);
    return 0;
}

static int show_instances(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, "%u\n", INOTIFY_INSTANCES_MAX);
    return 0;
}

static int show_queued_events(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, "%u\n", INOTIFY_EVENTS_MAX);
    return 0;
}

/* 2: everything, the break included. */
static int show_randomized(struct text_builder *text, const struct node_place *place)
{
    (void)place;
    text_print(text, "%d\n", process_current()->randomized ? 2 : 0);
    return 0;
}

static const struct node nodes[] = {
    NODE_FILE("cpuinfo", show_cpuinfo),
    NODE_FIXED("filesystems", "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\n"
                              "nodev\tpipefs\nnodev\tsockfs\n"),
    NODE_FILE("loadavg", show_loadavg),
    NODE_FILE("meminfo", show_meminfo),
    {"mounts", S_IFLNK | 0777, .text = "self/mounts"},
    NODE_FILE("stat", show_stat),
    NODE_FIXED("swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"),
    NODE_FILE("uptime", show_uptime),
    NODE_FILE("version", show_version),
    NODE_FILE("sys/fs/file-max", show_file_max),
    NODE_FILE("sys/fs/inotify/max_queued_events", show_queued_events),
    NODE_FILE("sys/fs/inotify/max_user_instances", show_instances),
    NODE_FILE("sys/fs/inotify/max_user_watches", show_watches),
    NODE_SETTING("sys/fs/nr_open", "1048576\n"),
    NODE_SETTING("sys/fs/pipe-max-size", "1048576\n"),
    NODE_FILE("sys/kernel/cap_last_cap", show_cap_last_cap),
    NODE_SETTING("sys/kernel/core_pattern", "core\n"),
    {"sys/kernel/domainname", S_IFREG | 0644, .show = show_domainname, .store = store_domainname},
    {"sys/kernel/hostname", S_IFREG | 0644, .show = show_hostname, .store = store_hostname},
    NODE_FILE("sys/kernel/ngroups_max", show_ngroups_max),
    NODE_FILE("sys/kernel/osrelease", show_osrelease),
    NODE_FILE("sys/kernel/ostype", show_ostype),
    NODE_SETTING("sys/kernel/overflowgid", "65534\n"),
    NODE_SETTING("sys/kernel/overflowuid", "65534\n"),
    NODE_SETTING("sys/kernel/pid_max", "32768\n"),
    NODE_FILE("sys/kernel/random/boot_id", show_boot_id),
    NODE_FIXED("sys/kernel/random/entropy_avail", "256\n"),
    NODE_FIXED("sys/kernel/random/poolsize", "256\n"),
    NODE_FILE("sys/kernel/random/uuid", show_uuid),
    {"sys/kernel/randomize_va_space", S_IFREG | 0644, .show = show_randomized},
    NODE_FIXED("sys/kernel/tainted", "0\n"),
    NODE_FILE("sys/kernel/version", show_osversion),
    NODE_SETTING("sys/net/core/somaxconn", "4096\n"),
    NODE_SETTING("sys/vm/max_map_count", "65530\n"),
    NODE_SETTING("sys/vm/mmap_min_addr", "65536\n"),
    NODE_SETTING("sys/vm/nr_hugepages", "0\n"),
    NODE_SETTING("sys/vm/overcommit_kbytes", "0\n"),
    NODE_SETTING("sys/vm/overcommit_memory", "0\n"),
    NODE_SETTING("sys/vm/overcommit_ratio", "50\n"),
};

void procfs_add_system(void)
{
    procfs_add(nodes, ARRAY_SIZE(nodes));
}
