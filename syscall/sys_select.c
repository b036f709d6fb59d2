/* SPDX-License-Identifier: MIT */
/*
 * select and pselect6 (man 2 select): sets of descriptors as bits.
 *
 * A set is read and written in whole 64-bit words, as many as hold the bits below `count`. Each
 * descriptor in any set becomes one item to wait for; its events say in which sets it comes back.
 */
#include <asm/errno.h>
#include <asm/poll.h>
#include <linux/time.h>

#include "arch/usercopy.h"
#include "kernel/core/time.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"
#include "syscall/descriptor.h"
#include "syscall/decode.h"
#include "syscall/table.h"
#include "syscall/wait_for.h"

#define WORD_BITS 64

/* Linux never looks beyond its table of descriptors, which has at least so many. */
#define TABLE_MIN 64

enum { SET_READ, SET_WRITE, SET_EXCEPT, SETS };

/* What puts a descriptor in each set (Linux fs/select.c: POLLIN_SET, POLLOUT_SET, POLLEX_SET). */
static const u32 set_events[SETS] = {
    POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR,
    POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR,
    POLLPRI,
};

struct select {
    u32 count; /* descriptors below this */
    u32 words; /* of each set */
    uptr user[SETS];
    u64 *bits[SETS];
    struct wait_item *items; /* one for each bit that is set in any of them */
    u32 item_count;
    void *memory; /* all three sets */
};

static bool bit_is_set(const u64 *bits, u32 fd)
{
    return bits[fd / WORD_BITS] >> fd % WORD_BITS & 1;
}

/* The POLL* bits that the sets ask for a descriptor. */
static u32 wanted_events(const struct select *select, u32 fd)
{
    u32 wanted = 0;
    for (int set = 0; set < SETS; set++)
        wanted |= bit_is_set(select->bits[set], fd) ? set_events[set] : 0;
    return wanted;
}

static u32 count_wanted(const struct select *select)
{
    u32 count = 0;
    for (u32 fd = 0; fd < select->count; fd++)
        count += wanted_events(select, fd) != 0;
    return count;
}

static long sets_get(struct select *select)
{
    size_t size = select->words * sizeof(u64);
    select->memory = kzalloc(MAX(SETS * size, 1UL));
    if (!select->memory)
        return -ENOMEM;
    for (int set = 0; set < SETS; set++) {
        select->bits[set] = (u64 *)select->memory + set * select->words;
        if (select->user[set].addr != 0 &&
            usercopy_from(select->bits[set], select->user[set], size) != 0)
            return -EFAULT;
    }
    return 0;
}

/* 0, -EBADF when a descriptor is not open, -ENOMEM. */
static long items_get(struct select *select)
{
    select->items = kmalloc(MAX(count_wanted(select) * sizeof(*select->items), 1UL));
    if (!select->items)
        return -ENOMEM;
    for (u32 fd = 0; fd < select->count; fd++) {
        u32 wanted = wanted_events(select, fd);
        if (wanted == 0)
            continue;
        struct file *file = descriptor_get(fd);
        if (!file)
            return -EBADF;
        select->items[select->item_count++] = (struct wait_item){file, wanted, 0};
    }
    return 0;
}

/* Leave the bits of what is ready; returns how many those are. */
static long sets_answer(struct select *select)
{
    const struct wait_item *item = select->items;
    long bits = 0;
    for (u32 fd = 0; fd < select->count; fd++) {
        if (wanted_events(select, fd) == 0)
            continue;
        for (int set = 0; set < SETS; set++) {
            bool asked = bit_is_set(select->bits[set], fd);
            bool ready = asked && (item->ready & set_events[set]);
            if (asked && !ready)
                select->bits[set][fd / WORD_BITS] &= ~(1UL << fd % WORD_BITS);
            bits += ready;
        }
        item++;
    }
    return bits;
}

/* Bits at `count` and above are not looked at, and come back as 0. */
static void sets_trim(struct select *select)
{
    u32 odd = select->count % WORD_BITS;
    for (int set = 0; set < SETS && odd != 0; set++)
        select->bits[set][select->words - 1] &= (1UL << odd) - 1;
}

static long sets_put(const struct select *select)
{
    for (int set = 0; set < SETS; set++)
        if (select->user[set].addr != 0 &&
            usercopy_to(select->user[set], select->bits[set], select->words * sizeof(u64)) != 0)
            return -EFAULT;
    return 0;
}

static long select_wait(struct select *select, u64 deadline)
{
    long result = sets_get(select);
    if (result != 0)
        return result;
    sets_trim(select);
    result = items_get(select);
    if (result == 0)
        result = wait_for_items(select->items, select->item_count, deadline);
    if (result < 0)
        return result;
    result = sets_answer(select);
    long error = sets_put(select);
    return error != 0 ? error : result;
}

static long select_user(int count, uptr read, uptr write, uptr except, u64 deadline)
{
    if (count < 0)
        return -EINVAL;
    u32 table = MAX(process_current()->files.capacity, (u32)TABLE_MIN);
    struct select select = {.count = MIN((u32)count, table), .user = {read, write, except}};
    select.words = (select.count + WORD_BITS - 1) / WORD_BITS;
    long result = select_wait(&select, deadline);
    wait_items_put(select.items, select.item_count);
    kfree(select.items);
    kfree(select.memory);
    return result;
}

/* ---- The calls --------------------------------------------------------------------------------*/

/* Microseconds may be a second and more. 0, -EFAULT, -EINVAL. */
static long timeval_deadline(uptr timeout, u64 *deadline)
{
    struct timeval time;
    *deadline = WAIT_FOREVER;
    if (timeout.addr == 0)
        return 0;
    if (usercopy_from(&time, timeout, sizeof(time)) != 0)
        return -EFAULT;
    if (time.tv_sec < 0 || time.tv_usec < 0)
        return -EINVAL;
    u64 seconds = MIN((u64)time.tv_sec, WAIT_FOREVER / NS_PER_SECOND / 4) +
                  MIN((u64)time.tv_usec / 1000000, WAIT_FOREVER / NS_PER_SECOND / 4);
    u64 wait = seconds * NS_PER_SECOND + time.tv_usec % 1000000 * 1000;
    *deadline = wait == 0 ? 0 : decode_deadline(wait);
    return 0;
}

/* As wait_write_left. */
static bool timeval_write_left(uptr timeout, u64 deadline)
{
    if (timeout.addr == 0 || deadline == 0)
        return true;
    u64 left = wait_left(deadline);
    struct timeval time = {left / NS_PER_SECOND, left % NS_PER_SECOND / 1000};
    return usercopy_to(timeout, &time, sizeof(time)) == 0;
}

long sys_select(int count, uptr read, uptr write, uptr except, uptr timeout)
{
    u64 deadline;
    long error = timeval_deadline(timeout, &deadline);
    if (error != 0)
        return error;
    long result = select_user(count, read, write, except, deadline);
    return wait_result(result, timeval_write_left(timeout, deadline));
}

/* The sixth argument: an address and a size (man 2 select, "C library/kernel differences"). */
struct mask_argument {
    u64 mask;
    u64 size;
};

long sys_pselect6(int count, uptr read, uptr write, uptr except, uptr timeout, uptr user)
{
    struct mask_argument argument = {0};
    u64 deadline;
    if (user.addr != 0 && usercopy_from(&argument, user, sizeof(argument)) != 0)
        return -EFAULT;
    uptr mask = UPTR(argument.mask);
    long error = wait_deadline(timeout, &deadline);
    if (error == 0)
        error = wait_mask_begin(mask, argument.size);
    if (error != 0)
        return error;
    long result = select_user(count, read, write, except, deadline);
    wait_mask_end(mask, result);
    return wait_result(result, wait_write_left(timeout, deadline));
}
