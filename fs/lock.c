/* SPDX-License-Identifier: MIT */
/*
 * The table of one file: granted locks only, in two lists. Who has to wait sleeps on the table's
 * queue and tries again whenever something was given up.
 *
 * Invariant: the ranges of one owner neither overlap nor touch with the same type, and stand
 * together in order of their start. Deadlocks between owners are not looked for: one process has
 * one owner of POSIX locks, and for the others Linux does not look either.
 * Lock: the table's spinlock guards both lists; the slot in the inode is set once.
 */
#include "fs/lock.h"

#include <asm/errno.h>
#include <linux/fs.h>

#include "kernel/core/spinlock.h"
#include "kernel/core/wait.h"
#include "mm/heap.h"

#define POSITION_MAX INT64_MAX

struct lock_table {
    struct spinlock lock;    /* guards both lists */
    struct list_head ranges; /* struct lock */
    struct list_head wholes; /* struct lock, without a range */
    struct wait_queue waiters;
};

struct lock {
    struct list_head link;
    struct record_lock is;
};

/* ---- Tables -----------------------------------------------------------------------------------*/

static struct lock_table *table_create(void)
{
    struct lock_table *table = kmalloc(sizeof(*table));
    if (!table)
        return NULL;
    spin_init(&table->lock, LOCK_RECORD_LOCKS);
    list_init(&table->ranges);
    list_init(&table->wholes);
    wait_queue_init(&table->waiters);
    return table;
}

static struct lock_table *table_of(const struct file *file)
{
    return __atomic_load_n(file_lock_slot(file), __ATOMIC_ACQUIRE);
}

/* The file's table, made if need be. NULL: out of memory. */
static struct lock_table *table_make(struct file *file)
{
    struct lock_table *found = table_of(file);
    if (found)
        return found;
    struct lock_table *table = table_create();
    if (!table || __atomic_compare_exchange_n(file_lock_slot(file), &found, table, false,
                                              __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return table;
    kfree(table); /* another thread was faster */
    return found;
}

static void lock_end(struct lock *lock)
{
    list_del(&lock->link);
    kfree(lock);
}

static bool release_from(struct list_head *locks, const void *owner)
{
    struct lock *lock, *next;
    bool any = false;
    list_for_each_entry_safe(lock, next, locks, link)
    {
        if (lock->is.owner == owner || !owner) {
            lock_end(lock);
            any = true;
        }
    }
    return any;
}

void lock_table_release(struct lock_table *table, const void *owner)
{
    u64 flags = spin_lock_irqsave(&table->lock);
    bool ranges = release_from(&table->ranges, owner);
    bool wholes = release_from(&table->wholes, owner);
    spin_unlock_irqrestore(&table->lock, flags);
    if (ranges || wholes)
        wait_wake_any(&table->waiters, 0);
}

void lock_table_free(struct lock_table *table)
{
    if (table)
        lock_table_release(table, NULL);
    kfree(table);
}

/* ---- Record locks: what is asked for ----------------------------------------------------------*/

static int decode_base(const struct file *file, int whence, s64 *base)
{
    switch (whence) {
    case SEEK_SET:
        *base = 0;
        return 0;
    case SEEK_CUR:
        *base = file->position;
        return 0;
    case SEEK_END:
        *base = file->inode ? file->inode->size : 0;
        return 0;
    default:
        return -EINVAL;
    }
}

/* A negative length lies before the start; 0 reaches to the end. */
static int decode_range(s64 base, const struct flock *from, struct record_lock *out)
{
    s64 start;
    if (__builtin_add_overflow(base, from->l_start, &start))
        return -EOVERFLOW;
    if (start < 0)
        return -EINVAL;
    out->start = start;
    out->last = POSITION_MAX;
    if (from->l_len > 0) {
        if (__builtin_add_overflow(start, from->l_len - 1, &out->last))
            return -EOVERFLOW;
    } else if (from->l_len < 0) {
        if (start + from->l_len < 0)
            return -EINVAL;
        out->start = start + from->l_len;
        out->last = start - 1;
    }
    return 0;
}

int record_lock_decode(const struct file *file, const struct flock *from, struct record_lock *out)
{
    s64 base;
    int error = decode_base(file, from->l_whence, &base);
    if (error == 0)
        error = decode_range(base, from, out);
    if (error != 0)
        return error;
    out->type = from->l_type;
    return out->type == F_RDLCK || out->type == F_WRLCK || out->type == F_UNLCK ? 0 : -EINVAL;
}

int record_lock_check(const struct file *file, const struct record_lock *lock)
{
    bool allowed = lock->type == F_RDLCK   ? file_readable(file)
                   : lock->type == F_WRLCK ? file_writable(file)
                                           : true;
    return allowed ? 0 : -EBADF;
}

void record_lock_encode(const struct record_lock *lock, struct flock *out)
{
    out->l_type = lock->type;
    if (lock->type == F_UNLCK)
        return;
    out->l_pid = lock->pid;
    out->l_whence = SEEK_SET;
    out->l_start = lock->start;
    out->l_len = lock->last == POSITION_MAX ? 0 : lock->last - lock->start + 1;
}

/* ---- Record locks: what is held ---------------------------------------------------------------*/

static bool overlap(const struct record_lock *left, const struct record_lock *right)
{
    return left->last >= right->start && right->last >= left->start;
}

static bool conflict(const struct record_lock *left, const struct record_lock *right)
{
    return left->owner != right->owner && (left->type == F_WRLCK || right->type == F_WRLCK) &&
           overlap(left, right);
}

/* Of the same type, and together one range. */
static bool joins(const struct record_lock *held, const struct record_lock *lock)
{
    if (held->owner != lock->owner || held->type != lock->type)
        return false;
    return overlap(held, lock) || (held->last < lock->start && held->last + 1 == lock->start) ||
           (lock->last < held->start && lock->last + 1 == held->start);
}

static struct lock *find_conflict(struct list_head *locks, const struct record_lock *wanted)
{
    struct lock *lock;
    list_for_each_entry(lock, locks, link)
    {
        if (conflict(&lock->is, wanted))
            return lock;
    }
    return NULL;
}

/* Does the new lock leave something of a held one on both of its sides? */
static bool splits(struct lock_table *table, const struct record_lock *wanted)
{
    struct lock *lock;
    list_for_each_entry(lock, &table->ranges, link)
    {
        if (lock->is.owner == wanted->owner && lock->is.type != wanted->type &&
            lock->is.start < wanted->start && lock->is.last > wanted->last)
            return true;
    }
    return false;
}

/* Where a range of this owner belongs: before what is returned. */
static struct list_head *place_for(struct lock_table *table, const struct record_lock *wanted)
{
    struct lock *lock;
    bool seen = false;
    list_for_each_entry(lock, &table->ranges, link)
    {
        bool own = lock->is.owner == wanted->owner;
        if ((own && lock->is.start > wanted->start) || (seen && !own))
            return &lock->link;
        seen |= own;
    }
    return &table->ranges;
}

static void insert(struct lock_table *table, struct lock *lock, const struct record_lock *is)
{
    lock->is = *is;
    list_add_tail(&lock->link, place_for(table, is));
}

/* Take [wanted->start, wanted->last] out of a held lock of another type. */
static void cut(struct lock_table *table, struct lock *lock, const struct record_lock *wanted,
                struct lock **spare)
{
    struct record_lock tail = lock->is;
    bool head_stays = lock->is.start<wanted->start, tail_stays = lock->is.last> wanted->last;
    tail.start = tail_stays ? wanted->last + 1 : tail.start;
    if (head_stays)
        lock->is.last = wanted->start - 1;
    if (head_stays && tail_stays) {
        insert(table, *spare, &tail);
        *spare = NULL;
    } else if (tail_stays) {
        lock->is = tail;
    } else if (!head_stays) {
        lock_end(lock);
    }
}

/* The owner's ranges afterwards hold `wanted` and no other type within it. Cannot fail. */
static void put_range(struct lock_table *table, struct record_lock wanted, struct lock *fresh,
                      struct lock *spare)
{
    struct lock *lock, *next;
    list_for_each_entry_safe(lock, next, &table->ranges, link)
    {
        if (joins(&lock->is, &wanted)) {
            wanted.start = MIN(wanted.start, lock->is.start);
            wanted.last = MAX(wanted.last, lock->is.last);
            lock_end(lock);
        } else if (lock->is.owner == wanted.owner && overlap(&lock->is, &wanted)) {
            cut(table, lock, &wanted, &spare);
        }
    }
    if (wanted.type != F_UNLCK)
        insert(table, fresh, &wanted);
}

/* 0, -EAGAIN, -ENOLCK. */
static int record_try_locked(struct lock_table *table, const struct record_lock *wanted)
{
    if (wanted->type != F_UNLCK && find_conflict(&table->ranges, wanted))
        return -EAGAIN;
    bool needs_fresh = wanted->type != F_UNLCK, needs_spare = splits(table, wanted);
    struct lock *fresh = needs_fresh ? kmalloc(sizeof(*fresh)) : NULL;
    struct lock *spare = needs_spare ? kmalloc(sizeof(*spare)) : NULL;
    if ((needs_fresh && !fresh) || (needs_spare && !spare)) {
        kfree(fresh);
        kfree(spare);
        return -ENOLCK;
    }
    put_range(table, *wanted, fresh, spare);
    return 0;
}

static int record_try(struct lock_table *table, const struct record_lock *wanted)
{
    u64 flags = spin_lock_irqsave(&table->lock);
    int error = record_try_locked(table, wanted);
    spin_unlock_irqrestore(&table->lock, flags);
    if (error == 0 && wanted->type != F_WRLCK)
        wait_wake_any(&table->waiters, 0); /* a conversion may have freed something, too */
    return error;
}

int record_lock_set(struct file *file, const struct record_lock *lock, bool wait)
{
    struct lock_table *table = lock->type == F_UNLCK ? table_of(file) : table_make(file);
    if (!table)
        return lock->type == F_UNLCK ? 0 : -ENOLCK;
    int error = record_try(table, lock);
    if (error != -EAGAIN || !wait)
        return error;
    int interrupted = wait_event(&table->waiters,
                                 error != -EAGAIN || (error = record_try(table, lock)) != -EAGAIN);
    return interrupted != 0 ? interrupted : error;
}

static bool in_question(const struct record_lock *held, const struct record_lock *asked)
{
    if (asked->type == F_UNLCK)
        return held->owner == asked->owner && overlap(held, asked);
    return conflict(held, asked);
}

void record_lock_test(const struct file *file, struct record_lock *asked)
{
    struct record_lock found = {.type = F_UNLCK};
    struct lock_table *table = table_of(file);
    struct lock *lock;
    if (table) {
        u64 flags = spin_lock_irqsave(&table->lock);
        list_for_each_entry(lock, &table->ranges, link)
        {
            if (!in_question(&lock->is, asked))
                continue;
            found = lock->is;
            break;
        }
        spin_unlock_irqrestore(&table->lock, flags);
    }
    *asked = found;
}

/* ---- Whole-file locks -------------------------------------------------------------------------*/

static struct lock *find_own(struct lock_table *table, const void *owner)
{
    struct lock *lock;
    list_for_each_entry(lock, &table->wholes, link)
    {
        if (lock->is.owner == owner)
            return lock;
    }
    return NULL;
}

/* 0, -EAGAIN, -ENOMEM; *freed: others may find their way clear now. */
static int whole_try_locked(struct lock_table *table, const struct record_lock *wanted, bool *freed)
{
    struct lock *lock = find_own(table, wanted->owner);
    if (lock && lock->is.type == wanted->type)
        return 0;
    if (lock) {
        list_del(&lock->link);
        *freed = true;
    }
    if (wanted->type == F_UNLCK || find_conflict(&table->wholes, wanted)) {
        kfree(lock);
        return wanted->type == F_UNLCK ? 0 : -EAGAIN;
    }
    if (!lock)
        lock = kmalloc(sizeof(*lock));
    if (!lock)
        return -ENOMEM;
    lock->is = *wanted;
    list_add_tail(&lock->link, &table->wholes);
    return 0;
}

static int whole_try(struct lock_table *table, const struct record_lock *wanted)
{
    bool freed = false;
    u64 flags = spin_lock_irqsave(&table->lock);
    int error = whole_try_locked(table, wanted, &freed);
    spin_unlock_irqrestore(&table->lock, flags);
    if (freed)
        wait_wake_any(&table->waiters, 0);
    return error;
}

int whole_lock_set(struct file *file, int type, bool wait)
{
    struct record_lock wanted = {.owner = file, .type = type, .last = POSITION_MAX};
    struct lock_table *table = type == F_UNLCK ? table_of(file) : table_make(file);
    if (!table)
        return type == F_UNLCK ? 0 : -ENOMEM;
    int error = whole_try(table, &wanted);
    if (error != -EAGAIN || !wait)
        return error;
    int interrupted = wait_event(
        &table->waiters, error != -EAGAIN || (error = whole_try(table, &wanted)) != -EAGAIN);
    return interrupted != 0 ? interrupted : error;
}
