/* SPDX-License-Identifier: MIT */
/*
 * What a thread leaves behind when it ends: its robust list, walked by the kernel, with entries of all kinds,
 * a pending one, lists that are circles, too long, or lead nowhere.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/workers.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define OFFSET offsetof(struct entry, word)
#define PI     1UL

struct entry {
    struct robust_list link;
    uint32_t word;
    uint32_t pad;
};

static struct entry entries[4];
static struct robust_list_head head;
static struct worker worker, sleeper;

/* In the list from `first` on; the entries' words are `value`, with the thread's number if that has a bit for
 * it. */
static void prepare(uint32_t value, int count)
{
    memset(entries, 0, sizeof(entries));
    head.list.next = count ? &entries[0].link : &head.list;
    head.futex_offset = OFFSET;
    head.list_op_pending = NULL;
    for (int i = 0; i < 4; i++) {
        entries[i].link.next = i + 1 < count ? &entries[i + 1].link : &head.list;
        entries[i].word = value;
    }
}

static atomic_int go;

/* Every word that has no number gets ours; then we wait for somebody who sleeps, and end. */
static long leave(struct worker *self)
{
    for (int i = 0; i < 4; i++)
        if ((entries[i].word & FUTEX_TID_MASK) == 0)
            entries[i].word |= (uint32_t)self->tid;
    call(__NR_set_robust_list, self->argument ? self->argument : (long)&head, sizeof(head));
    while (!go)
        usleep(100);
    return 0;
}

static void run_leaver(long list)
{
    go = 1;
    worker_start(&worker, leave, list);
    worker_end(&worker);
}

static bool died(int i)
{
    return (entries[i].word & ~FUTEX_WAITERS) == FUTEX_OWNER_DIED;
}

static bool untouched(int i)
{
    return (entries[i].word & ~FUTEX_WAITERS) == (uint32_t)worker.tid;
}

static void test_list(void)
{
    prepare(0, 3);
    run_leaver(0);
    check("three entries tell of a death", died(0) && died(1) && died(2));
    check("the one that is not in the list does not", untouched(3));
    check_result("no bit for waiters", entries[0].word, FUTEX_OWNER_DIED);
    prepare(FUTEX_WAITERS, 1);
    run_leaver(0);
    check_result("the bit for waiters stays", entries[0].word, FUTEX_WAITERS | FUTEX_OWNER_DIED);
    prepare(0, 2);
    entries[0].word = 5 | FUTEX_WAITERS;
    run_leaver(0);
    check_result("a word of somebody else's", entries[0].word, 5 | FUTEX_WAITERS);
    check("the walk goes on behind it", died(1));
    prepare(0, 0);
    run_leaver(0);
    check("an empty list", untouched(0));
}

static long wait_word(struct worker *self)
{
    return futex(&entries[self->argument].word, FUTEX_WAIT, entries[self->argument].word, NULL,
                 NULL, 0);
}

/* One sleeps at the first word while the other ends; whether it was woken. */
static bool wakes(uint32_t bits, void (*change)(void))
{
    prepare(bits, 1);
    go = 0;
    worker_start(&worker, leave, 0);
    worker_asleep(&worker);
    change();
    worker_start(&sleeper, wait_word, 0);
    worker_asleep(&sleeper);
    go = 1;
    worker_end(&worker);
    bool woken = futex(&entries[0].word, FUTEX_WAKE, 9, NULL, NULL, 0) == 0;
    return worker_end(&sleeper) == 0 && woken;
}

static void change_nothing(void)
{
}

static void change_to_pi(void)
{
    head.list.next = (struct robust_list *)((long)&entries[0].link | PI);
}

static void change_to_pending(void)
{
    head.list.next = &head.list;
    head.list_op_pending = &entries[0].link;
    entries[0].word = 0;
}

static void change_to_pending_pi(void)
{
    change_to_pending();
    head.list_op_pending = (struct robust_list *)((long)&entries[0].link | PI);
}

static void test_waking(void)
{
    check("who waits is woken", wakes(FUTEX_WAITERS, change_nothing));
    check("not without the bit", !wakes(0, change_nothing));
    check("not at a lock with an owner", !wakes(FUTEX_WAITERS, change_to_pi));
    check("one that was about to wake somebody", wakes(0, change_to_pending));
    check("not at such a lock", !wakes(0, change_to_pending_pi));
}

static void test_pending(void)
{
    prepare(0, 0);
    head.list_op_pending = &entries[2].link;
    run_leaver(0);
    check("a pending entry", died(2) && untouched(0));
    prepare(0, 3);
    head.list_op_pending = &entries[1].link;
    run_leaver(0);
    check("one that is in the list, too", died(0) && died(1) && died(2));
}

/* ---- Lists that are wrong ---- */

static void test_wrong(void)
{
    struct entry *hole = (struct entry *)page_unmapped();

    prepare(0, 3);
    entries[2].link.next = &entries[0].link;
    run_leaver(0);
    check("a circle", died(0) && died(1) && died(2));
    prepare(0, 3);
    entries[1].link.next = &hole->link;
    run_leaver(0);
    check("an entry that is not there ends it", died(0) && died(1) && untouched(2));
    prepare(0, 3);
    entries[0].link.next = (struct robust_list *)KERNEL_ADDRESS;
    head.list_op_pending = &entries[2].link;
    run_leaver(0);
    check("one in the kernel", died(0) && untouched(1) && untouched(2));
    prepare(0, 2);
    head.futex_offset = OFFSET + 1;
    run_leaver(0);
    check("an odd word", untouched(0) && untouched(1));
    prepare(0, 2);
    run_leaver((long)hole);
    check("no list", untouched(0) && untouched(1));
    prepare(0, 2);
    run_leaver((long)KERNEL_ADDRESS);
    check("a list in the kernel", untouched(0) && untouched(1));
    char *reader = page_protected(PROT_READ);
    prepare(0, 2);
    head.futex_offset = (long)reader - (long)&entries[0];
    run_leaver(0);
    check("a word to read", reader[0] == '/' && untouched(1));
}

/* ROBUST_LIST_LIMIT of them are looked at. */
static void test_long(void)
{
    static struct entry many[ROBUST_LIST_LIMIT + 2];

    prepare(0, 0);
    for (int i = 0; i < ROBUST_LIST_LIMIT + 2; i++)
        many[i].link.next = i + 1 < ROBUST_LIST_LIMIT + 2 ? &many[i + 1].link : &head.list;
    head.list.next = &many[0].link;
    go = 0;
    worker_start(&worker, leave, 0);
    for (int i = 0; i < ROBUST_LIST_LIMIT + 2; i++)
        many[i].word = (uint32_t)worker.tid;
    go = 1;
    worker_end(&worker);
    check_result("a long list: the last that is looked at", many[ROBUST_LIST_LIMIT - 1].word,
                 FUTEX_OWNER_DIED);
    check_result("the one behind it", many[ROBUST_LIST_LIMIT].word, worker.tid);
}

int main(void)
{
    test_list();
    test_waking();
    test_pending();
    test_wrong();
    test_long();
    return check_finish();
}
