/* SPDX-License-Identifier: MIT */
/* futex(2): which operation, and until when. */
#include <asm/errno.h>
#include <linux/futex.h>

#include "arch/usercopy.h"
#include "kernel/core/time.h"
#include "kernel/core/wait.h"
#include "kernel/proc/futex.h"
#include "kernel/proc/signal.h"
#include "syscall/decode.h"
#include "syscall/table.h"

/* FUTEX_WAIT's timeout is a length of time; FUTEX_WAIT_BITSET's is a point of time. */
static long decode_until(int operation, u64 timeout, u64 *deadline)
{
    u64 ns;
    *deadline = WAIT_FOREVER;
    if (timeout == 0)
        return 0;
    long error = decode_timespec(UPTR(timeout), &ns);
    if (error != 0)
        return error;
    if ((operation & FUTEX_CMD_MASK) == FUTEX_WAIT) {
        *deadline = decode_deadline(ns);
        return 0;
    }
    u64 now = operation & FUTEX_CLOCK_REALTIME ? time_real_ns() : time_now_ns();
    *deadline = decode_deadline(ns > now ? ns - now : 0);
    return 0;
}

long sys_futex(uptr word, int operation, u32 value, u64 timeout, uptr word2, u32 value3)
{
    u64 deadline;
    long error;
    u8 ignored;
    (void)word2;
    int command = operation & FUTEX_CMD_MASK;
    if ((operation & FUTEX_CLOCK_REALTIME) && command != FUTEX_WAIT_BITSET &&
        command != FUTEX_WAIT_REQUEUE_PI && command != FUTEX_LOCK_PI2)
        return -ENOSYS;
    switch (command) {
    case FUTEX_WAIT:
        value3 = FUTEX_BITSET_MATCH_ANY; /* fallthrough */
    case FUTEX_WAIT_BITSET:
        error = decode_until(operation, timeout, &deadline);
        if (error == 0)
            error = futex_wait(word, value, value3, signal_resume_deadline(deadline));
        if (error != -EINTR)
            return error;
        return timeout == 0 ? -ERESTARTSYS : -ERESTART_RESTARTBLOCK;
    case FUTEX_WAKE:
        value3 = FUTEX_BITSET_MATCH_ANY; /* fallthrough */
    case FUTEX_WAKE_BITSET:
        /* Linux looks for the page behind a word that processes may share. */
        if (!(operation & FUTEX_PRIVATE_FLAG) && usercopy_from(&ignored, word, 1) != 0)
            return -EFAULT;
        return futex_wake(word, value, value3);
    default:
        return -ENOSYS;
    }
}
