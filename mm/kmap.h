/* SPDX-License-Identifier: MIT */
/*
 * Kernel mappings outside the direct map: device registers, firmware tables, kernel stacks.
 * Mappings of devices and tables are for good; may be called from any thread, not in interrupts.
 */
#ifndef MM_KMAP_H
#define MM_KMAP_H

#include "boot/boot_info.h"
#include "kernel/lib/types.h"

#define KSTACK_SIZE (4 * PAGE_SIZE)

/* Remember which memory the direct map shows. */
void kmap_init(const struct boot_info *boot);

/* A readable pointer to [base, base + size), cached, any alignment; NULL when it cannot be. */
const void *kmap_physical(paddr_t base, size_t size);

/* Device registers, not cached, writable; NULL when it cannot be. */
volatile void *kmap_mmio(paddr_t base, size_t size);

/* The same for a framebuffer: writes may be gathered and come late, reads are slow. */
volatile void *kmap_framebuffer(paddr_t base, size_t size);

/* A kernel stack of KSTACK_SIZE bytes with a guard below: the address of its top, or 0. */
vaddr_t kstack_alloc(void);
void kstack_free(vaddr_t top);

/* Give back the memory of stacks that were freed, once there are many. Waits for other processors:
 * threads, no spinlock held. */
void kstack_trim(void);

#endif
