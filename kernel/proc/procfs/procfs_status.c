/* SPDX-License-Identifier: MIT */
/*
 * /proc/self/status, stat, statm and limits: a process in numbers (man 5 proc_pid_stat, _status,
 * _statm). What Linux 6.1 prints, in its order and its widths.
 *
 * What nobody counts here is 0: context switches, faults.
 */
#include <linux/capability.h>
#include <linux/elf.h>

#include "arch/cpuinfo.h"
#include "fs/devfs/devfs.h"
#include "kernel/core/time.h"
#include "kernel/lib/string.h"
#include "kernel/proc/memory_use.h"
#include "kernel/proc/procfs/procfs_internal.h"

#define KIB_PER_PAGE     (PAGE_SIZE / KIB)
#define DEFAULT_PRIORITY 20

struct signal_sets {
    u64 pending, shared, blocked, ignored, caught;
};

static struct signal_sets signal_sets(const struct task *task)
{
    const struct process_signals *signals = &task->process->signals;
    struct signal_sets sets = {.pending = task->signals.pending.set,
                               .shared = signals->pending.set,
                               .blocked = task->signals.blocked};
    for (int signal = 1; signal <= SIGNAL_COUNT; signal++) {
        u64 handler = signals->action[signal - 1].handler;
        if (handler == (u64)SIG_IGN)
            sets.ignored |= SIGNAL_BIT(signal);
        else if (handler != (u64)SIG_DFL)
            sets.caught |= SIGNAL_BIT(signal);
    }
    return sets;
}

static void show_kib(struct text_builder *text, const char *label, u64 pages)
{
    text_print(text, "%s\t%8lu kB\n", label, pages * KIB_PER_PAGE);
}

static u64 program_code_pages(const struct process_layout *layout)
{
    return (ALIGN_UP(layout->code_end, PAGE_SIZE) - ALIGN_DOWN(layout->code_start, PAGE_SIZE)) >>
           PAGE_SHIFT;
}

static void show_memory(struct text_builder *text, struct process *process)
{
    struct memory_use use;
    memory_use(process, &use);
    u64 own_code = program_code_pages(&process->layout);
    show_kib(text, "VmPeak:", use.mapped_peak);
    show_kib(text, "VmSize:", use.mapped);
    show_kib(text, "VmLck:", use.locked);
    show_kib(text, "VmPin:", 0);
    show_kib(text, "VmHWM:", use.resident_peak);
    show_kib(text, "VmRSS:", resident_sum(&use.resident));
    show_kib(text, "RssAnon:", use.resident.anonymous);
    show_kib(text, "RssFile:", use.resident.file);
    show_kib(text, "RssShmem:", use.resident.shared);
    show_kib(text, "VmData:", use.data);
    show_kib(text, "VmStk:", use.stack);
    show_kib(text, "VmExe:", own_code);
    show_kib(text, "VmLib:", use.code - MIN(use.code, own_code));
    show_kib(text, "VmPTE:", use.tables);
    show_kib(text, "VmSwap:", 0);
    show_kib(text, "HugetlbPages:", 0);
    text_print(text, "CoreDumping:\t0\nTHP_enabled:\t%d\n", !process->space.no_huge);
}

/* What a thread that has ended has left of the process's memory. */
static const struct process_layout no_layout;

static const struct process_layout *layout_of(const struct task *task)
{
    return task->thread ? &task->process->layout : &no_layout;
}

static void memory_use_of(const struct task *task, struct memory_use *use)
{
    if (task->thread)
        memory_use(task->process, use);
    else
        memset(use, 0, sizeof(*use));
}

/* A letter and a word. */
static const char *state_of(struct task *task)
{
    if (!task->thread)
        return "Z (zombie)";
    return task_is_asleep(task) ? "S (sleeping)" : "R (running)";
}

static void show_identity(struct text_builder *text, struct task *task)
{
    const struct process *process = task->process;
    int pid = process->pid, tid = task->tid;
    text_add_string(text, "Name:\t");
    char name[PROCESS_NAME_MAX];
    task_name(task, name);
    text_add_escaped(text, name, "\n\\");
    if (task->thread)
        text_print(text, "\nUmask:\t%04o", __atomic_load_n(&process->umask, __ATOMIC_RELAXED));
    text_print(text, "\nState:\t%s\n", state_of(task));
    text_print(text, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", pid, tid,
               process->parent_pid);
    text_print(text, "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t%u\nGroups:\t \n",
               task->thread ? process->files.capacity : 0);
    text_print(text, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\n", pid, tid, pid, pid);
}

static void show_signals(struct text_builder *text, const struct task *task)
{
    struct signal_sets sets = signal_sets(task);
    text_print(text, "Threads:\t%u\nSigQ:\t%u/%lu\n", task_count(task->process),
               __atomic_load_n(&task->process->signals.counted, __ATOMIC_RELAXED),
               process_limit(task->process, RLIMIT_SIGPENDING));
    text_print(text, "SigPnd:\t%016lx\nShdPnd:\t%016lx\n", sets.pending, sets.shared);
    text_print(text, "SigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n", sets.blocked,
               sets.ignored, sets.caught);
}

static void show_capabilities(struct text_builder *text, const struct task *task)
{
    const struct capabilities *own = &task->capabilities;
    text_print(text, "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\n", own->inheritable,
               own->permitted, own->effective);
    text_print(text, "CapBnd:\t%016lx\nCapAmb:\t%016lx\nNoNewPrivs:\t%d\n", own->bounding,
               own->ambient, task->wishes.no_new_privileges);
}

/* Ranges of numbers, as "0-2,5". */
static void add_set(struct text_builder *text, u64 set)
{
    const char *comma = "";
    for (u32 first = 0; first < 64; first++) {
        if (!(set >> first & 1))
            continue;
        u32 last = first;
        while (last < 63 && (set >> (last + 1) & 1))
            last++;
        text_print(text, first == last ? "%s%u" : "%s%u-%u", comma, first, last);
        comma = ",";
        first = last;
    }
}

static void show_affinity(struct text_builder *text, struct task *task)
{
    u64 set = task_schedule(task).affinity & sched_online();
    text_print(text, "Cpus_allowed:\t%lx\nCpus_allowed_list:\t", set);
    add_set(text, set);
    text_add_string(text, "\n");
}

int procfs_show_status(struct text_builder *text, const struct node_place *place)
{
    struct task *task = procfs_task(place);
    if (!task)
        return -ESRCH;
    show_identity(text, task);
    if (task->thread)
        show_memory(text, task->process);
    show_signals(text, task);
    show_capabilities(text, task);
    text_add_string(text, "Seccomp:\t0\nSeccomp_filters:\t0\n"
                          "Speculation_Store_Bypass:\tvulnerable\n"
                          "SpeculationIndirectBranch:\talways enabled\n");
    show_affinity(text, task);
    text_add_string(text, "Mems_allowed:\t1\nMems_allowed_list:\t0\n"
                          "voluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n");
    task_put(task);
    return 0;
}

/* Fields 1 to 28. */
static void show_stat_first(struct text_builder *text, struct task *task, bool of_thread,
                            const struct memory_use *use)
{
    struct process *process = task->process;
    int niceness = task_schedule(task).niceness, priority = task_priority(task);
    u64 ns = of_thread ? task_cpu_ns(task) : process_cpu_ns(process);
    const struct process_layout *layout = layout_of(task);
    int pid = process->pid;
    text_print(text, "%d (", task->tid);
    char name[PROCESS_NAME_MAX];
    task_name(task, name);
    text_add_escaped(text, name, "\n\\");
    text_print(text, ") %c %d %d %d %d %d 0 0 0 0 0 ", state_of(task)[0], process->parent_pid, pid,
               pid, (int)devfs_console_number(), pid);
    text_print(text, "%lu 0 0 0 %d %d %u 0 %lu %lu %lu %lu %lu %lu %lu ", ns / NS_PER_TICK,
               priority ? -1 - priority : DEFAULT_PRIORITY + niceness, niceness,
               task_count(process), process->start_ns / NS_PER_TICK, use->mapped * PAGE_SIZE,
               resident_sum(&use->resident), process_limit(process, RLIMIT_RSS), layout->code_start,
               layout->code_end, layout->stack_start);
}

int procfs_show_stat(struct text_builder *text, const struct node_place *place)
{
    struct task *task = procfs_task(place);
    if (!task)
        return -ESRCH;
    struct process *process = task->process;
    const struct process_layout *layout = layout_of(task);
    struct signal_sets sets = signal_sets(task);
    struct memory_use use;
    memory_use_of(task, &use);
    show_stat_first(text, task, place->depth >= 2, &use);
    /* The masks hold the first 31 signals only. */
    struct thread_schedule schedule = task_schedule(task);
    text_print(text, "0 0 %lu %lu %lu %lu 0 0 0 %d %u %d %d 0 0 0 ",
               (sets.pending | sets.shared) & INT32_MAX, sets.blocked & INT32_MAX,
               sets.ignored & INT32_MAX, sets.caught & INT32_MAX, SIGCHLD, task_cpu(task),
               schedule.priority, schedule.policy);
    text_print(text, "%lu %lu %lu %lu %lu %lu %lu 0\n", layout->data_start, layout->data_end,
               task->thread ? process->space.brk_start : 0, layout->arguments,
               layout->arguments_end, layout->environment, layout->environment_end);
    task_put(task);
    return 0;
}

int procfs_show_statm(struct text_builder *text, const struct node_place *place)
{
    struct task *task = procfs_task(place);
    struct memory_use use;
    if (!task)
        return -ESRCH;
    memory_use_of(task, &use);
    text_print(text, "%lu %lu %lu %lu 0 %lu 0\n", use.mapped, resident_sum(&use.resident),
               use.resident.file + use.resident.shared, program_code_pages(layout_of(task)),
               use.data + use.stack);
    task_put(task);
    return 0;
}
