/* SPDX-License-Identifier: MIT */
/*
 * Waiting for several files.
 *
 * All files are asked once without ado; only if none is ready do we enter their queues, which takes
 * memory for the entries, and ask again. The references keep the queues alive even when another
 * thread closes the descriptors meanwhile.
 */
#include "syscall/wait_for.h"

#include <asm/errno.h>
#include <asm/poll.h>

#include "arch/usercopy.h"
#include "fs/poll.h"
#include "kernel/core/time.h"
#include "kernel/proc/process.h"
#include "mm/heap.h"
#include "syscall/decode.h"

/* So many items wait without an allocation. */
#define FEW 4

/* Ask every file; enter the queues as long as none was ready. Returns how many are. */
static long ask_all(struct wait_item *items, size_t count, struct poller *poller)
{
    long ready = 0;
    for (size_t i = 0; i < count; i++) {
        struct file *file = items[i].file;
        if (file) {
            u32 events =
                file->ops->poll ? file->ops->poll(file, ready ? NULL : poller) : POLL_ALWAYS_READY;
            items[i].ready = events & items[i].wanted;
        }
        ready += items[i].ready != 0;
    }
    return ready;
}

static long wait_in_queues(struct wait_item *items, size_t count, u64 deadline,
                           struct poller *poller)
{
    struct timer timer;
    long result;
    timer_init_wake(&timer, thread_current());
    for (;;) {
        sched_prepare_block();
        result = ask_all(items, count, poller);
        if (result != 0 || timer_expired(&timer, deadline))
            break;
        if (thread_interrupted()) {
            result = -EINTR;
            break;
        }
        if (deadline != WAIT_FOREVER)
            timer_start(&timer, deadline);
        sched_block();
        timer_stop(&timer);
        poller_end(poller);
    }
    sched_cancel_block();
    poller_end(poller);
    return result;
}

long wait_for_items(struct wait_item *items, size_t count, u64 deadline)
{
    long ready = ask_all(items, count, NULL);
    if (ready != 0 || deadline == 0)
        return ready;
    struct poll_entry few[FEW * POLL_QUEUES_PER_FILE];
    struct poller poller = {.entries = few, .capacity = count * POLL_QUEUES_PER_FILE};
    if (count > FEW)
        poller.entries = kmalloc(poller.capacity * sizeof(*poller.entries));
    if (!poller.entries)
        return -ENOMEM;
    ready = wait_in_queues(items, count, deadline, &poller);
    if (poller.entries != few)
        kfree(poller.entries);
    return ready;
}

void wait_items_put(struct wait_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].file)
            file_put(items[i].file);
}

/* ---- Time -------------------------------------------------------------------------------------*/

long wait_deadline(uptr timeout, u64 *deadline)
{
    u64 wait;
    *deadline = WAIT_FOREVER;
    if (timeout.addr == 0)
        return 0;
    long error = decode_timespec(timeout, &wait);
    if (error == 0)
        *deadline = wait == 0 ? 0 : decode_deadline(wait);
    return error;
}

u64 wait_deadline_ms(int timeout)
{
    if (timeout < 0)
        return WAIT_FOREVER;
    return timeout == 0 ? 0 : decode_deadline((u64)timeout * (NS_PER_SECOND / 1000));
}

u64 wait_left(u64 deadline)
{
    u64 now = time_now_ns();
    return deadline > now ? deadline - now : 0;
}

bool wait_write_left(uptr timeout, u64 deadline)
{
    return timeout.addr == 0 || deadline == 0 || encode_timespec(timeout, wait_left(deadline)) == 0;
}

long wait_result(long result, bool left_written)
{
    return result == -EINTR && left_written ? -ERESTARTNOHAND : result;
}

/* ---- Signals ----------------------------------------------------------------------------------*/

long wait_mask_begin(uptr mask, size_t set_size)
{
    u64 set;
    if (mask.addr == 0)
        return 0;
    if (set_size != sizeof(set))
        return -EINVAL;
    if (usercopy_from(&set, mask, sizeof(set)) != 0)
        return -EFAULT;
    signal_borrow_mask(set);
    return 0;
}

void wait_mask_end(uptr mask, long result)
{
    struct signal_state *signals = &task_current()->signals;
    if (mask.addr == 0 || result == -EINTR)
        return;
    signals->restore_saved = false;
    signals->blocked = signals->saved_blocked;
    signal_mask_changed();
}
