/* SPDX-License-Identifier: MIT */
/*
 * membarrier: all threads of the program pass a barrier. Those that do not run have passed the one that a
 * change of threads is; processors that run the program are interrupted.
 */
#include <asm/errno.h>
#include <linux/membarrier.h>

#include "arch/cpu.h"
#include "arch/smp.h"
#include "kernel/proc/process.h"
#include "syscall/table.h"

#define REGISTRATIONS                                                                       \
    (MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | \
     MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE |                                  \
     MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ)
#define PRIVATE                                                                      \
    (MEMBARRIER_CMD_PRIVATE_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE | \
     MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ)
#define BARRIERS (MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED | PRIVATE)

/* The interrupt itself, and the way back from it, make the processor fetch its instructions anew. */
static void pass_barrier(void *context)
{
    (void)context;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void restart_sequence(void *context)
{
    (void)context;
    thread_notify(thread_current(), THREAD_WORK_MOVED);
}

static u64 cpus_with_program(bool one, int cpu)
{
    u64 cpus = mmu_running_cpus(&process_current()->space.mmu);
    if (one && cpu >= 0)
        cpus &= cpu < 64 ? 1UL << cpu : 0;
    return cpus;
}

static void cross_all(int command, bool one, int cpu)
{
    bool restart = command == MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ;
    u64 cpus = cpus_with_program(one, cpu), own = 1UL << cpu_index();
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    smp_call(cpus & ~own, restart ? restart_sequence : pass_barrier, NULL);
    if (restart && (cpus & own))
        restart_sequence(NULL);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

long sys_membarrier(int command, unsigned flags, int cpu)
{
    u32 *registered = &process_current()->membarriers;
    bool single = command > 0 && (command & (command - 1)) == 0;
    bool one = command == MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ && flags == MEMBARRIER_CMD_FLAG_CPU;
    if ((flags != 0 && !one) || (command != MEMBARRIER_CMD_QUERY && !single))
        return -EINVAL;
    if (command == MEMBARRIER_CMD_QUERY)
        return REGISTRATIONS | BARRIERS;
    if (command & REGISTRATIONS)
        __atomic_or_fetch(registered, command, __ATOMIC_RELAXED);
    else if (!(command & BARRIERS))
        return -EINVAL;
    else if ((command & PRIVATE) && !(*registered & (u32)command << 1))
        return -EPERM; /* each has its registration beside it */
    else
        cross_all(command, one, cpu);
    return 0;
}
