/* SPDX-License-Identifier: MIT */
/*
 * membarrier: all threads of the program pass a barrier. There is one processor: whoever runs again
 * has passed the barrier that a change of threads is, so that a fence of the caller's is all.
 */
#include <asm/errno.h>
#include <linux/membarrier.h>

#include "kernel/proc/process.h"
#include "syscall/table.h"

#define REGISTRATIONS                                                                       \
    (MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED | \
     MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE)
#define BARRIERS                                                                                  \
    (MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED | \
     MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE)
#define PRIVATE (MEMBARRIER_CMD_PRIVATE_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE)

long sys_membarrier(int command, unsigned flags, int cpu)
{
    (void)cpu; /* only with MEMBARRIER_CMD_FLAG_CPU */
    u32 *registered = &process_current()->membarriers;
    bool single = command > 0 && (command & (command - 1)) == 0;
    if (flags != 0 || (command != MEMBARRIER_CMD_QUERY && !single))
        return -EINVAL;
    if (command == MEMBARRIER_CMD_QUERY)
        return REGISTRATIONS | BARRIERS;
    if (command & REGISTRATIONS)
        __atomic_or_fetch(registered, command, __ATOMIC_RELAXED);
    else if (!(command & BARRIERS))
        return -EINVAL;
    else if ((command & PRIVATE) && !(*registered & (u32)command << 1))
        return -EPERM; /* each has its registration beside it */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return 0;
}
