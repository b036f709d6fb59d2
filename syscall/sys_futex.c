/* SPDX-License-Identifier: MIT */
/* futex(2) and futex_waitv(2): which operation, and until when. */
#include <asm/errno.h>
#include <linux/futex.h>
#include <linux/time.h>

#include "arch/usercopy.h"
#include "kernel/core/wait.h"
#include "kernel/proc/futex/futex.h"
#include "kernel/proc/signal/signal.h"
#include "mm/heap.h"
#include "syscall/decode.h"
#include "syscall/table.h"

static bool has_timeout(int command)
{
    return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI ||
           command == FUTEX_LOCK_PI2 || command == FUTEX_WAIT_REQUEUE_PI;
}

/* FUTEX_WAIT's timeout is a length of time, the others' are points of time: FUTEX_LOCK_PI's on the date. */
static NOINLINE long decode_until(int command, u64 timeout, struct futex_until *until)
{
    u64 ns;
    if (!has_timeout(command))
        return 0;
    long error = decode_timespec(UPTR(timeout), &ns);
    if (error == 0)
        until->ns = command == FUTEX_WAIT ? decode_deadline(ns) : ns;
    return error;
}

/* A wait that is made again still ends when it should have ended. */
static long wait(struct futex_word word, u32 expected, u32 bits, struct futex_until until)
{
    bool forever = until.ns == WAIT_FOREVER;
    until.ns = signal_resume_deadline(until.ns);
    long result = futex_wait(word, expected, bits, until);
    if (result != -EINTR)
        return result;
    return forever ? -ERESTARTSYS : -ERESTART_RESTARTBLOCK;
}

static long restarted(long result)
{
    return result == -EINTR ? -ERESTARTNOINTR : result;
}

long sys_futex(uptr address, int operation, u32 value, u64 timeout, uptr address2, u32 value3)
{
    int command = operation & FUTEX_CMD_MASK, value2 = (int)timeout;
    bool real = operation & FUTEX_CLOCK_REALTIME, shared = !(operation & FUTEX_PRIVATE_FLAG);
    struct futex_word word = {address, shared}, word2 = {address2, shared};
    struct futex_until until = {WAIT_FOREVER, real || command == FUTEX_LOCK_PI};
    long error = timeout == 0 ? 0 : decode_until(command, timeout, &until);
    if (unlikely(error != 0))
        return error;
    if (unlikely(real) && command != FUTEX_WAIT_BITSET && command != FUTEX_WAIT_REQUEUE_PI &&
        command != FUTEX_LOCK_PI2)
        return -ENOSYS;
    switch (command) {
    case FUTEX_WAIT:
        return wait(word, value, FUTEX_BITSET_MATCH_ANY, until);
    case FUTEX_WAIT_BITSET:
        return wait(word, value, value3, until);
    case FUTEX_WAKE:
        return futex_wake(word, value, FUTEX_BITSET_MATCH_ANY);
    case FUTEX_WAKE_BITSET:
        return futex_wake(word, value, value3);
    case FUTEX_REQUEUE:
        return futex_requeue(word, word2, value, value2, NULL);
    case FUTEX_CMP_REQUEUE:
        return futex_requeue(word, word2, value, value2, &value3);
    case FUTEX_WAKE_OP:
        return futex_wake_op(word, word2, value, value2, value3);
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
        return restarted(futex_lock_pi(word, until));
    case FUTEX_TRYLOCK_PI:
        return restarted(futex_trylock_pi(word));
    case FUTEX_UNLOCK_PI:
        return futex_unlock_pi(word);
    case FUTEX_WAIT_REQUEUE_PI:
        return restarted(futex_wait_requeue_pi(word, word2, value, until));
    case FUTEX_CMP_REQUEUE_PI:
        return restarted(futex_requeue_pi(word, word2, value, value2, value3));
    default:
        return -ENOSYS;
    }
}

/* ---- futex_waitv ------------------------------------------------------------------------------*/

static long decode_wanted(uptr user, struct futex_wanted *wanted)
{
    struct futex_waitv waiter;
    if (usercopy_from(&waiter, user, sizeof(waiter)) != 0)
        return -EFAULT;
    /* Only words of 32 bits exist so far (FUTEX_32). */
    if ((waiter.flags & ~(u32)FUTEX_PRIVATE_FLAG) != FUTEX_32 || waiter.__reserved != 0 ||
        waiter.val >> 32 != 0)
        return -EINVAL;
    *wanted = (struct futex_wanted){
        .word = {UPTR(waiter.uaddr), !(waiter.flags & FUTEX_PRIVATE_FLAG)},
        .expected = waiter.val,
    };
    return 0;
}

static long decode_all(uptr user, u32 count, struct futex_wanted *wanted)
{
    long error = 0;
    for (u32 i = 0; i < count && error == 0; i++)
        error = decode_wanted(UPTR_ADD(user, i * sizeof(struct futex_waitv)), &wanted[i]);
    return error;
}

static long wait_any(uptr user, u32 count, struct futex_until until)
{
    struct futex_wanted *wanted = kmalloc(count * sizeof(*wanted));
    if (!wanted)
        return -ENOMEM;
    long result = decode_all(user, count, wanted);
    if (result == 0)
        result = futex_wait_any(wanted, count, until);
    kfree(wanted);
    return result == -EINTR ? -ERESTARTSYS : result;
}

long sys_futex_waitv(uptr waiters, u32 count, u32 flags, uptr timeout, int clock)
{
    struct futex_until until = {WAIT_FOREVER, clock == CLOCK_REALTIME};
    if (flags != 0 || count == 0 || count > FUTEX_WAITV_MAX || waiters.addr == 0)
        return -EINVAL;
    if (timeout.addr != 0) {
        if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
            return -EINVAL;
        long error = decode_timespec(timeout, &until.ns);
        if (error != 0)
            return error;
    }
    return wait_any(waiters, count, until);
}
