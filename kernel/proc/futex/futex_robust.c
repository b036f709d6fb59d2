/* SPDX-License-Identifier: MIT */
/*
 * What a thread leaves behind: the futexes in its robust list (set_robust_list(2), Linux's
 * Documentation/locking/robust-futex-ABI) say that their owner died, and locks that others wait for go on
 * to them. The list is the program's and may hold anything; whatever is wrong with it ends the walk.
 */
#include <asm/errno.h>
#include <linux/futex.h>

#include "kernel/proc/futex/futex_internal.h"

/* Entries are addresses of struct robust_list, with a bit for locks with an owner in the kernel. */
#define ENTRY_PI 1UL

struct entry {
    u64 address;
    bool pi;
};

static bool fetch(uptr where, struct entry *entry)
{
    u64 value;
    if (usercopy_from(&value, where, sizeof(value)) != 0)
        return false;
    *entry = (struct entry){value & ~ENTRY_PI, value & ENTRY_PI};
    return true;
}

static void wake_one(uptr word)
{
    (void)!futex_wake((struct futex_word){word, true}, 1, FUTEX_BITSET_MATCH_ANY);
}

/* The word's owner is dead, if that is us. `pending`: we were about to take it, or had just given it back
 * and not yet woken anybody. False: the word is bad. */
static bool mark(uptr word, const struct task *task, bool pi, bool pending)
{
    u32 value, found;
    if (!IS_ALIGNED(word.addr, sizeof(value)))
        return false;
    do {
        if (user_word_read(word, &value) != 0)
            return false;
        u32 owner = value & FUTEX_TID_MASK;
        if (pending && !pi && owner == 0)
            wake_one(word);
        if (owner != (u32)task->tid)
            return true;
        u32 died = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
        if (user_word_exchange(word, value, died, &found) != 0)
            return false;
    } while (found != value);
    /* Who waits for a lock with an owner gets it by pi_thread_ended. */
    if (!pi && (value & FUTEX_WAITERS))
        wake_one(word);
    return true;
}

/* Linux walks no more than ROBUST_LIST_LIMIT entries, of a list that may be a circle. */
static void walk(const struct task *task, uptr head)
{
    struct entry entry, next, pending;
    u64 offset;
    if (!fetch(head, &entry) ||
        usercopy_from(&offset, UPTR_ADD(head, offsetof(struct robust_list_head, futex_offset)),
                      sizeof(offset)) != 0 ||
        !fetch(UPTR_ADD(head, offsetof(struct robust_list_head, list_op_pending)), &pending))
        return;
    for (int left = ROBUST_LIST_LIMIT; entry.address != head.addr && left > 0; left--) {
        bool more =
            fetch(UPTR(entry.address), &next); /* before the word may go to another thread */
        if (entry.address != pending.address &&
            !mark(UPTR(entry.address + offset), task, entry.pi, false))
            return;
        if (!more)
            return;
        entry = next;
    }
    if (pending.address != 0)
        (void)mark(UPTR(pending.address + offset), task, pending.pi, true);
}

void futex_thread_ends(struct task *task)
{
    pi_thread_ending(task);
    if (task->robust_list != 0)
        walk(task, UPTR(task->robust_list));
    task->robust_list = 0;
    pi_thread_ended(task);
}
