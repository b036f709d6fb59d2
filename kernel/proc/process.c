/* SPDX-License-Identifier: MIT */
/*
 * Making a process and ending it; and what the processor reports about the program: its faults, and
 * the slow way back to it.
 */
#include "kernel/proc/process.h"

#include <asm/errno.h>

#include "arch/cpu.h"
#include "arch/upcalls.h"
#include "fs/tmpfs/tmpfs.h"
#include "kernel/core/log.h"
#include "kernel/core/panic.h"
#include "kernel/core/time.h"
#include "kernel/lib/string.h"
#include "kernel/proc/crash/crash.h"
#include "kernel/proc/observer.h"
#include "kernel/proc/rseq.h"
#include "mm/heap.h"
#include "mm/page.h"

#define OPEN_FILES_SOFT   1024
#define OPEN_FILES_HARD   1048576
#define STACK_SOFT        (8 * MIB)
#define LOCKED_MEMORY     (8 * MIB)
#define MESSAGE_QUEUES    819200
/* No call stays in the kernel for so long without sleeping, or almost none. */
#define STOP_NS           (NS_PER_SECOND / 2)
/* Linux lets threads take an eighth of memory (kernel/fork.c: set_max_threads). */
#define LINUX_THREAD_SIZE (16 * KIB)

static NORETURN void (*power_off)(u8 status);
const struct process_observer *process_observer;

void process_set_power_off(NORETURN void (*function)(u8 status))
{
    power_off = function;
}

/* Linux's limits of the first process (include/asm-generic/resource.h). */
static void limits_init(struct rlimit64 *limits)
{
    for (int i = 0; i < RLIM_NLIMITS; i++)
        limits[i] = (struct rlimit64){RLIM64_INFINITY, RLIM64_INFINITY};
    limits[RLIMIT_STACK].rlim_cur = STACK_SOFT;
    limits[RLIMIT_CORE].rlim_cur = 0;
    limits[RLIMIT_NOFILE] = (struct rlimit64){OPEN_FILES_SOFT, OPEN_FILES_HARD};
    limits[RLIMIT_MEMLOCK] = (struct rlimit64){LOCKED_MEMORY, LOCKED_MEMORY};
    limits[RLIMIT_MSGQUEUE] = (struct rlimit64){MESSAGE_QUEUES, MESSAGE_QUEUES};
    limits[RLIMIT_NPROC].rlim_cur = limits[RLIMIT_NPROC].rlim_max =
        page_total_count() * PAGE_SIZE / (LINUX_THREAD_SIZE * 8) / 2;
    limits[RLIMIT_SIGPENDING] = limits[RLIMIT_NPROC];
    limits[RLIMIT_NICE] = limits[RLIMIT_RTPRIO] = (struct rlimit64){0, 0};
}

/* RLIMIT_FSIZE, for the file system. */
static u64 growth_limit(u64 wanted)
{
    struct task *task = task_current();
    u64 limit = task ? process_limit(task->process, RLIMIT_FSIZE) : RLIM64_INFINITY;
    if (wanted > limit)
        signal_send_for_call(SIGXFSZ);
    return limit;
}

static const struct radix_memory task_memory = {kmalloc, kfree};

struct process *process_create(int ring)
{
    struct process *process = kzalloc(sizeof(*process));
    if (!process)
        return NULL;
    process->pid = 1;
    process->ring = ring;
    process->umask = 022;
    process->wishes.dumpable = true;
    limits_init(process->limits);
    tmpfs_growth_limit = growth_limit;
    fdtable_init(&process->files);
    spin_init_zeroed(&process->place.lock, LOCK_PLACE);
    spin_init_zeroed(&process->mapped.lock, LOCK_MAPPED_FILES);
    signals_init_process(&process->signals);
    radix_init(&process->tasks, &task_memory);
    process->next_tid = process->pid;
    process_timers_init(process);
    if (aspace_init(&process->space, ring == 3) != 0) {
        kfree(process);
        return NULL;
    }
    process_apply_limits(process);
    return process;
}

void process_apply_limits(struct process *process)
{
    struct aspace *space = &process->space;
    mutex_lock(&space->lock);
    space->limits.address = process_limit(process, RLIMIT_AS);
    space->limits.stack = process_limit(process, RLIMIT_STACK);
    __atomic_store_n(&space->limits.data, process_limit(process, RLIMIT_DATA), __ATOMIC_RELAXED);
    mutex_unlock(&space->lock);
}

static void wait_for_the_end(void)
{
    sched_prepare_block();
    sched_block();
}

/* There is one process: its end is the machine's, and its memory goes with it. Threads on other
 * processors finish what they do in the kernel and then stop, so that nothing follows the end. */
static void begin_exit(void)
{
    struct process *process = process_current();
    if (__atomic_exchange_n(&process->exiting, true, __ATOMIC_ACQ_REL))
        for (;;)
            wait_for_the_end(); /* another thread was faster */
    sched_stop_programs(STOP_NS);
}

void process_exit(u8 status)
{
    begin_exit();
    power_off(status);
}

void process_exit_by_signal(const struct trap_frame *frame, int signal,
                            const struct signal_info *info)
{
    begin_exit();
    crash_report(frame, signal, info, task_current()->signals.why);
    if (process_observer)
        process_observer->killed(signal);
    power_off(128 + signal);
}

void arch_upcall_program_exception(struct trap_frame *frame, int signal, int code, u64 address)
{
    (void)frame; /* signal_deliver gets it, too */
    signal_force(signal, &(struct signal_info){.code = code, .address = address});
}

void arch_upcall_return_work(struct trap_frame *frame)
{
    lock_debug_nothing_held();
    sched_stop_here();
    if (percpu_this()->work & CPU_WORK_RESCHEDULE)
        sched_make_room();
    /* Whoever adds work from here on sets the processor's bit again. */
    __atomic_fetch_and(&percpu_this()->work, ~(u64)CPU_WORK_THREAD, __ATOMIC_SEQ_CST);
    u32 work = __atomic_exchange_n(&thread_current()->work, 0, __ATOMIC_SEQ_CST);
    if (work == 0)
        return;
    irq_enable();
    if (work & THREAD_WORK_MOVED)
        rseq_moved(frame);
    if (work & THREAD_WORK_SIGNAL)
        signal_deliver(frame);
    irq_disable();
}

/* The program, or a system call on its behalf, touched memory that cannot be had. Nobody else could
 * be ended instead. */
static NOINLINE void out_of_memory(const struct process *process, vaddr_t address)
{
    if (signal_pending_set() & SIGNAL_BIT(SIGKILL) || crash_in_progress())
        return; /* a system call may try more than once, and a report does without */
    char name[PROCESS_NAME_MAX];
    task_name(task_current(), name);
    log_print(LOG_ERR,
              "%s: SIGKILL: out of memory: %lu KiB wanted at 0x%lx, %lu of %lu KiB free, "
              "%lu KiB in use by the program",
              name, PAGE_SIZE / KIB, address, page_free_count() * PAGE_SIZE / KIB,
              page_total_count() * PAGE_SIZE / KIB,
              process->space.resident_pages * PAGE_SIZE / KIB);
    signal_force(SIGKILL, &(struct signal_info){.code = SI_KERNEL});
}

int arch_upcall_user_fault(vaddr_t address, u32 fault, int *code)
{
    struct process *process = process_current();
    if (!process) /* a user copy without a program: the kernel's mistake, and the copy fails */
        return SIGSEGV;
    u64 since = thread_current()->since_tick;
    int signal = aspace_fault(&process->space, address, fault, code);
    if (unlikely(thread_current()->since_tick != since)) /* it may have slept, and others ran */
        thread_notify(thread_current(), THREAD_WORK_MOVED);
    if (unlikely(signal == SIGKILL))
        out_of_memory(process, address);
    return signal;
}
