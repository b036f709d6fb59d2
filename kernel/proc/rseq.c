/* SPDX-License-Identifier: MIT */
/*
 * Restartable sequences. The area is the program's memory and may hold anything: what Linux refuses
 * (kernel/rseq.c) is a SIGSEGV here as well.
 */
#include "kernel/proc/rseq.h"

#include <asm/errno.h>
#include <asm/siginfo.h>
#include <linux/rseq.h>

#include "arch/usercopy.h"
#include "kernel/proc/process.h"

#define RSEQ_SIZE        32 /* the first version, the one that glibc registers */
#define RSEQ_CS_FLAGS_OK 0  /* no flag is supported any more (Linux 6.1) */

static int tell_processor(const struct task *task)
{
    u32 cpu = cpu_index();
    u32 numbers[2] = {cpu, cpu}; /* cpu_id_start, cpu_id */
    return usercopy_to(UPTR(task->rseq), numbers, sizeof(numbers)) ? -EFAULT : 0;
}

static long check(const struct task *task, uptr area, u32 size, u32 signature)
{
    if (task->rseq != area.addr || task->rseq_length != size)
        return -EINVAL;
    return task->rseq_signature != signature ? -EPERM : 0;
}

long rseq_unregister(uptr area, u32 size, u32 signature)
{
    struct task *task = task_current();
    long error = task->rseq == 0 ? -EINVAL : check(task, area, size, signature);
    if (error != 0)
        return error;
    struct rseq reset = {.cpu_id_start = 0, .cpu_id = (u32)RSEQ_CPU_ID_UNINITIALIZED};
    if (usercopy_to(area, &reset, offsetof(struct rseq, rseq_cs)) != 0)
        return -EFAULT;
    task->rseq = 0;
    return 0;
}

long rseq_register(uptr area, u32 size, u32 signature)
{
    struct task *task = task_current();
    if (task->rseq != 0) {
        long error = check(task, area, size, signature);
        return error != 0 ? error : -EBUSY;
    }
    if (!IS_ALIGNED(area.addr, RSEQ_SIZE) || size != RSEQ_SIZE)
        return -EINVAL;
    task->rseq = area.addr;
    if (tell_processor(task) != 0) {
        task->rseq = 0;
        return -EFAULT;
    }
    task->rseq_length = size;
    task->rseq_signature = signature;
    return 0;
}

/* ---- Sequences --------------------------------------------------------------------------------*/

static uptr field(const struct task *task, size_t offset)
{
    return UPTR(task->rseq + offset);
}

/* The descriptor that the thread left in its area; *present: there is one. */
static int read_sequence(const struct task *task, struct rseq_cs *sequence, bool *present)
{
    u64 address;
    u32 signature;
    *present = false;
    if (usercopy_from(&address, field(task, offsetof(struct rseq, rseq_cs)), sizeof(address)) != 0)
        return -EFAULT;
    if (address == 0)
        return 0;
    if (usercopy_from(sequence, UPTR(address), sizeof(*sequence)) != 0)
        return -EFAULT;
    u64 end = sequence->start_ip + sequence->post_commit_offset;
    if (sequence->version != 0 || sequence->abort_ip >= USER_LIMIT ||
        sequence->start_ip >= USER_LIMIT || end >= USER_LIMIT || end < sequence->start_ip ||
        sequence->abort_ip - sequence->start_ip < sequence->post_commit_offset)
        return -EINVAL;
    if (usercopy_from(&signature, UPTR(sequence->abort_ip - sizeof(signature)),
                      sizeof(signature)) != 0)
        return -EFAULT;
    *present = true;
    return signature != task->rseq_signature ? -EINVAL : 0;
}

/* If the thread is inside a sequence, it goes on where that begins anew; if not, the descriptor is out of
 * date. */
static int end_sequence(const struct task *task, struct trap_frame *frame)
{
    struct rseq_cs sequence;
    u32 flags;
    bool present;
    int error = read_sequence(task, &sequence, &present);
    if (error != 0 || !present)
        return error;
    u64 none = 0;
    bool inside = frame->rip - sequence.start_ip < sequence.post_commit_offset;
    if (inside) {
        if (usercopy_from(&flags, field(task, offsetof(struct rseq, flags)), sizeof(flags)) != 0)
            return -EFAULT;
        if ((flags | sequence.flags) != RSEQ_CS_FLAGS_OK)
            return -EINVAL;
    }
    if (usercopy_to(field(task, offsetof(struct rseq, rseq_cs)), &none, sizeof(none)) != 0)
        return -EFAULT;
    if (inside)
        frame->rip = sequence.abort_ip;
    return 0;
}

int rseq_signal(struct trap_frame *frame)
{
    const struct task *task = task_current();
    if (task->rseq == 0)
        return 0;
    int error = end_sequence(task, frame);
    return error != 0 ? error : tell_processor(task);
}

void rseq_moved(struct trap_frame *frame)
{
    if (task_current() && rseq_signal(frame) != 0)
        signal_force_segv(0, SI_KERNEL, RSEQ_WHY);
}
