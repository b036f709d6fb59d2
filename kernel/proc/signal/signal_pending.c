/* SPDX-License-Identifier: MIT */
/* Signals that wait; signal_pending.h has the rules. */
#include "kernel/proc/signal/signal_pending.h"

#include <asm/errno.h>
#include <asm/siginfo.h>

#include "kernel/lib/string.h"
#include "mm/heap.h"

/* These come before all others (Linux: SYNCHRONOUS_MASK), and first of all those that the thread's own
 * instructions caused: their handlers want to find the registers as the instruction left them. */
#define FAULTS                                                                             \
    (SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGTRAP) | \
     SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSYS))

void signal_pending_init(struct signal_pending *pending, u32 *counted)
{
    pending->set = pending->plain = 0;
    pending->counted = counted;
    list_init(&pending->entries);
}

static bool add_queued(struct signal_pending *pending, int signal, const struct signal_info *info)
{
    struct signal_entry *entry = kmalloc(sizeof(*entry));
    if (!entry)
        return false;
    *entry = (struct signal_entry){.signal = signal, .info = *info};
    list_add_tail(&entry->link, &pending->entries);
    ++*pending->counted;
    return true;
}

static void add_plain(struct signal_pending *pending, int signal, const struct signal_info *info,
                      u64 limit)
{
    u64 bit = SIGNAL_BIT(signal);
    if ((pending->set & bit) || (*pending->counted >= limit && info->code < 0))
        return;
    pending->info[signal - 1] = *info;
    pending->plain |= bit;
    ++*pending->counted;
}

int signal_pending_add(struct signal_pending *pending, int signal, const struct signal_info *info,
                       u64 limit)
{
    if (signal < SIGNAL_QUEUED_MIN) {
        add_plain(pending, signal, info, limit);
    } else {
        bool queued = *pending->counted < limit && add_queued(pending, signal, info);
        if (!queued && info->code < 0)
            return -EAGAIN;
    }
    pending->set |= SIGNAL_BIT(signal);
    return 0;
}

void signal_pending_add_entry(struct signal_pending *pending, struct signal_entry *entry)
{
    list_add_tail(&entry->link, &pending->entries);
    pending->set |= SIGNAL_BIT(entry->signal);
}

static struct signal_entry *first_entry(const struct signal_pending *pending, int signal)
{
    struct signal_entry *entry;
    list_for_each_entry(entry, &pending->entries, link)
    {
        if (entry->signal == signal)
            return entry;
    }
    return NULL;
}

/* The entry is out of the list from here on; one that was allocated is gone. */
static void remove_entry(struct signal_pending *pending, struct signal_entry *entry)
{
    list_del(&entry->link);
    list_init(&entry->link);
    if (entry->of_timer)
        return;
    --*pending->counted;
    kfree(entry);
}

static void remove_plain(struct signal_pending *pending, u64 bit)
{
    if (pending->plain & bit)
        --*pending->counted;
    pending->plain &= ~bit;
}

static void take_entry(struct signal_pending *pending, struct signal_entry *entry,
                       struct signal_info *info, bool *of_timer)
{
    *info = entry->info;
    *of_timer = entry->of_timer;
    remove_entry(pending, entry);
}

/* Those of `signals` that no program sent. */
static u64 caused(const struct signal_pending *pending, u64 signals)
{
    u64 found = 0;
    for (signals &= pending->plain; signals != 0; signals &= signals - 1)
        if (pending->info[__builtin_ctzl(signals)].code > SI_USER)
            found |= signals & -signals;
    return found;
}

static int choose(const struct signal_pending *pending, u64 waiting)
{
    u64 faults = waiting & FAULTS, own = likely(faults == 0) ? 0 : caused(pending, faults);
    u64 chosen = own != 0 ? own : faults != 0 ? faults : waiting;
    return chosen ? __builtin_ctzl(chosen) + 1 : 0;
}

static NOINLINE void take_among_entries(struct signal_pending *pending, int signal,
                                        struct signal_info *info, bool *of_timer)
{
    u64 bit = SIGNAL_BIT(signal);
    struct signal_entry *entry = first_entry(pending, signal);
    if (pending->plain & bit) {
        *info = pending->info[signal - 1];
        remove_plain(pending, bit);
    } else if (entry) {
        take_entry(pending, entry, info, of_timer);
        entry = first_entry(pending, signal);
    } else {
        *info = (struct signal_info){.code = SI_USER}; /* of one that found no room */
    }
    if (!entry)
        pending->set &= ~bit;
}

int signal_pending_take(struct signal_pending *pending, u64 allowed, struct signal_info *info,
                        bool *of_timer)
{
    int signal = choose(pending, pending->set & allowed);
    *of_timer = false;
    if (signal == 0)
        return 0;
    u64 bit = SIGNAL_BIT(signal);
    if (likely((pending->plain & bit) && list_empty(&pending->entries))) {
        remove_plain(pending, bit);
        pending->set &= ~bit;
        *info = pending->info[signal - 1];
    } else {
        take_among_entries(pending, signal, info, of_timer);
    }
    return signal;
}

void signal_pending_drop(struct signal_pending *pending, int signal)
{
    struct signal_entry *entry;
    while ((entry = first_entry(pending, signal)))
        remove_entry(pending, entry);
    pending->set &= ~SIGNAL_BIT(signal);
    remove_plain(pending, SIGNAL_BIT(signal));
}

void signal_pending_remove_entry(struct signal_pending *pending, struct signal_entry *entry)
{
    if (list_empty(&entry->link))
        return;
    remove_entry(pending, entry);
    u64 bit = SIGNAL_BIT(entry->signal);
    if (!(pending->plain & bit) && !first_entry(pending, entry->signal))
        pending->set &= ~bit;
}
