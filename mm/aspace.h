/* SPDX-License-Identifier: MIT */
/*
 * An address space: what is mapped where in the program's half, and the page tables that follow
 * from it at the first touch of each page.
 *
 * Lengths and addresses are in bytes. Functions that change the space take its lock themselves and
 * may sleep: threads only, and no spinlock held.
 */
#ifndef MM_ASPACE_H
#define MM_ASPACE_H

#include "arch/mmu.h"
#include "kernel/core/mutex.h"
#include "kernel/lib/list.h"
#include "kernel/lib/rbtree.h"
#include "kernel/lib/types.h"
#include "mm/vm_object.h"

/* Linux's default vm.mmap_min_addr: a null pointer with an offset stays a fault. */
#define ASPACE_LOWEST 0x10000UL

/* One mapping: pages of one object (or anonymous) with one protection. */
struct vma {
    struct rb_node node;
    vaddr_t start, end;       /* page-aligned */
    u64 gap;                  /* free bytes between the mapping below and this one */
    u64 gap_max;              /* largest gap in this node's subtree */
    u32 prot;                 /* PROT_READ | PROT_WRITE | PROT_EXEC */
    u32 flags;                /* VMA_* */
    struct vm_object *object; /* NULL: anonymous */
    u64 offset;               /* of `start` in the object, page-aligned */
    struct aspace *space;
    struct list_head object_link; /* in object->mappings, when there is an object */
};

#define VMA_SHARED     (1u << 0)
#define VMA_GROWS_DOWN (1u << 1) /* a stack: faults below it extend it */
#define VMA_STACK_LIKE (1u << 2) /* asked for by MAP_STACK or MAP_GROWSDOWN: no meaning */
#define VMA_READ_ONLY  (1u << 3) /* shared, of a file that may not be written: mprotect: -EACCES */

struct aspace {
    struct mutex lock; /* guards all below and the page tables */
    struct mmu mmu;
    bool user; /* pages are reachable from ring 3 */
    struct rb_root vmas;
    struct vma *last_hit; /* where the last fault was */
    vaddr_t mmap_top;     /* mappings without a wish go below this, from top to bottom */
    vaddr_t brk_start, brk_end;
    u64 stack_limit;    /* bytes the stack may grow to */
    u64 mapped_bytes;   /* sum of all mappings */
    u64 resident_pages; /* of the allocator's pages */
};

/* An empty space, which stays where it is (mappings know it). 0 or -ENOMEM. */
int aspace_init(struct aspace *space, bool user) MUST_CHECK;

/* Unmap everything and free the tables; the space must not be active on any processor. */
void aspace_fini(struct aspace *space);

/* How to place a mapping. */
enum aspace_place {
    PLACE_ANYWHERE,     /* at the hint if that is free, else where there is room */
    PLACE_LOW,          /* the same below 2 GiB */
    PLACE_FIXED,        /* at the address, over whatever is there */
    PLACE_FIXED_UNUSED, /* at the address, -EEXIST when something is there */
};

/* Map `length` bytes. `object` may be NULL (anonymous; with VMA_SHARED an object is made); the
 * mapping takes a reference of its own.
 * 0 with the address in *out; -ENOMEM, -EEXIST, -EINVAL (length 0, wrap, outside the program's
 * half or below the lowest address that Linux allows). */
int aspace_map(struct aspace *space, vaddr_t address, u64 length, u32 prot, u32 flags,
               enum aspace_place place, struct vm_object *object, u64 offset,
               vaddr_t *out) MUST_CHECK;

/* Unmap all that lies in the range; holes are fine. 0, -EINVAL, -ENOMEM. */
int aspace_unmap(struct aspace *space, vaddr_t address, u64 length) MUST_CHECK;

/* Change protection. 0, -EINVAL, -ENOMEM (a hole in the range, or no memory), -EACCES (writing to
 * VMA_READ_ONLY). What lies below the first failure has changed. */
int aspace_protect(struct aspace *space, vaddr_t address, u64 length, u32 prot) MUST_CHECK;

/* Linux's mremap with flags MREMAP_*: 0 with the new address, -EINVAL, -EFAULT, -ENOMEM. */
int aspace_remap(struct aspace *space, vaddr_t old, u64 old_length, u64 new_length, u32 flags,
                 vaddr_t new_address, vaddr_t *out) MUST_CHECK;

/* Drop the pages of a range: the next touch finds zeros or the object's bytes. 0, -EINVAL, -ENOMEM
 * (a hole, after dropping the rest, as Linux does). */
int aspace_discard(struct aspace *space, vaddr_t address, u64 length) MUST_CHECK;

/* 0 when all of the range is mapped; -EINVAL, or -ENOMEM for a hole. */
int aspace_check_mapped(struct aspace *space, vaddr_t address, u64 length) MUST_CHECK;

/* Move the break; returns where it is afterwards (unchanged when it cannot be). */
vaddr_t aspace_brk(struct aspace *space, vaddr_t wish);

/* The mapping that holds `address`, or the first one above it; NULL. Lock held. */
struct vma *aspace_find_locked(struct aspace *space, vaddr_t address);

/* Resolve a fault. 0; or the signal (SIGSEGV, SIGBUS, SIGKILL when memory is out) with its si_code
 * in *code. */
int aspace_fault(struct aspace *space, vaddr_t address, u32 fault, int *code) MUST_CHECK;

/* The kernel's own pointer to the page of `address`, private to the program and writable (made so
 * if needed, whatever the mapping's protection): for relocations. NULL: nothing is mapped there or
 * memory is out. Only before the program runs. */
u8 *aspace_writable_page(struct aspace *space, vaddr_t address);

#endif
