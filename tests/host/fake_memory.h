/* SPDX-License-Identifier: MIT */
/*
 * Stand-ins for memory: the heap is the C library's, a page is a block of its own (so that the
 * address sanitizer sees what goes beyond it), physical addresses are pointers, and the program's
 * memory is a buffer of which a part can be made to fault. For tests that include the kernel's .c
 * files themselves; includes fake_kernel.h.
 */
#ifndef TESTS_HOST_FAKE_MEMORY_H
#define TESTS_HOST_FAKE_MEMORY_H

#include <stdlib.h>
#include <string.h>

#include "tests/host/fake_kernel.h"

#define ARCH_MMU_H
#define ARCH_USERCOPY_H
#define KERNEL_CORE_MUTEX_H
#define MM_HEAP_H
#define MM_PAGE_MAP_H

struct boot_info;

/* ---- Locks ------------------------------------------------------------------------------------*/

struct mutex {
    bool held;
};
#define MUTEX_INIT(name, class) \
    {                           \
        false                   \
    }

static int fake_mutexes_held;

static inline void mutex_init(struct mutex *mutex, enum lock_class class)
{
    (void)class;
    mutex->held = false;
}

static inline void mutex_lock(struct mutex *mutex)
{
    if (mutex->held || fake_locks_held != 0)
        __builtin_trap();
    mutex->held = true;
    fake_mutexes_held++;
}

static inline void mutex_unlock(struct mutex *mutex)
{
    if (!mutex->held)
        __builtin_trap();
    mutex->held = false;
    fake_mutexes_held--;
}

static inline void spin_lock(struct spinlock *lock)
{
    (void)spin_lock_irqsave(lock);
}

static inline void spin_unlock(struct spinlock *lock)
{
    spin_unlock_irqrestore(lock, 0);
}

/* ---- The heap ---------------------------------------------------------------------------------*/

/* Allocations that still succeed; negative: all. */
static long fake_allocations_left = -1;

static inline bool fake_allocation_fails(void)
{
    if (fake_allocations_left == 0)
        return true;
    if (fake_allocations_left > 0)
        fake_allocations_left--;
    return false;
}

static inline void *kmalloc(size_t size)
{
    void *block = fake_allocation_fails() ? NULL : malloc(size);
    if (block)
        memset(block, 0xa5, size);
    return block;
}

static inline void *kzalloc(size_t size)
{
    return fake_allocation_fails() ? NULL : calloc(1, size);
}

static inline void kfree(void *block)
{
    free(block);
}

/* ---- Pages ------------------------------------------------------------------------------------*/

#include "mm/page.h"

struct fake_page {
    struct page page;
    u8 *bytes;
};

static long fake_pages; /* allocated now */

static inline void *phys_to_virt(paddr_t physical)
{
    return (void *)physical;
}

static inline paddr_t virt_to_phys(const void *pointer)
{
    return (paddr_t)pointer;
}

struct page *page_alloc(unsigned order)
{
    struct fake_page *fake =
        order != 0 || fake_allocation_fails() ? NULL : calloc(1, sizeof(*fake));
    if (!fake)
        return NULL;
    fake->bytes = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    memset(fake->bytes, 0xa5, PAGE_SIZE);
    fake->page.refs = 1;
    fake_pages++;
    return &fake->page;
}

static inline void *page_address(const struct page *page)
{
    return container_of(page, struct fake_page, page)->bytes;
}

static inline paddr_t page_physical(const struct page *page)
{
    return (paddr_t)page_address(page);
}

static inline void page_get(struct page *page)
{
    page->refs++;
}

static inline void page_put(struct page *page)
{
    struct fake_page *fake = container_of(page, struct fake_page, page);
    if (page->refs == 0)
        __builtin_trap();
    if (--page->refs != 0)
        return;
    free(fake->bytes);
    free(fake);
    fake_pages--;
}

u64 page_free_count(void)
{
    return 1000;
}

u64 page_total_count(void)
{
    return 4000;
}

/* ---- The program's memory ---------------------------------------------------------------------*/

#define FAKE_USER_SIZE (1UL << 20)
static u8 fake_user[FAKE_USER_SIZE];
static u64 fake_user_end = FAKE_USER_SIZE; /* from here on everything faults */

static inline size_t fake_user_reach(uptr address, size_t size)
{
    if (fake_mutexes_held > 1 || fake_locks_held != 0) /* the inode's at most */
        __builtin_trap();
    return address.addr >= fake_user_end ? 0 : MIN(size, fake_user_end - address.addr);
}

static inline size_t usercopy_from(void *to, uptr from, size_t size)
{
    size_t reach = fake_user_reach(from, size);
    memcpy(to, fake_user + (reach ? from.addr : 0), reach);
    return size - reach;
}

static inline size_t usercopy_to(uptr to, const void *from, size_t size)
{
    size_t reach = fake_user_reach(to, size);
    memcpy(fake_user + (reach ? to.addr : 0), from, reach);
    return size - reach;
}

static inline size_t usercopy_zero(uptr to, size_t size)
{
    size_t reach = fake_user_reach(to, size);
    memset(fake_user + (reach ? to.addr : 0), 0, reach);
    return size - reach;
}

#endif
