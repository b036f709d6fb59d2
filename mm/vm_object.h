/* SPDX-License-Identifier: MIT */
/*
 * What a mapping shows: the source of its pages.
 *
 * mm asks an object for one page at a time, at the first touch. Anonymous memory has no object.
 */
#ifndef MM_VM_OBJECT_H
#define MM_VM_OBJECT_H

#include "kernel/core/spinlock.h"
#include "kernel/lib/list.h"
#include "kernel/lib/types.h"

struct vm_object;
struct vma;

enum vm_page_kind {
    VM_PAGE_BORROWED, /* the object's for good, without a count: mapped read-only, copied on write */
    VM_PAGE_SHARED,   /* the object's, with a reference for the mapping */
    VM_PAGE_FRESH,    /* a copy made for this mapping, with one reference */
};

/* One page of an object. */
struct vm_page {
    paddr_t physical;
    u32 run; /* VM_PAGE_BORROWED: how many pages follow each other in memory from here on */
    u8 kind; /* enum vm_page_kind */
};

struct vm_object_ops {
    /* The page at `index`. `write`: a shared mapping is about to store to it, so it must be
     * VM_PAGE_SHARED. 0, -ENOMEM, or -EFAULT beyond the object's end (SIGBUS). */
    int (*page)(struct vm_object *object, u64 index, bool write, struct vm_page *out);
    void (*destroy)(struct vm_object *object);
};

struct vm_object {
    const struct vm_object_ops *ops;
    u32 refs;
    struct spinlock mappings_lock;
    struct list_head mappings; /* struct vma, by object_link; guarded by mappings_lock */
};

void vm_object_init(struct vm_object *object, const struct vm_object_ops *ops);
void vm_object_get(struct vm_object *object);
/* Drop a reference (NULL allowed); the last one destroys the object. */
void vm_object_put(struct vm_object *object);

/* Take pages [first, last] of the object (indices) out of every mapping that shows them in place
 * (private copies stay): the next touch asks the object again. No space's lock held. */
void vm_object_unmap_pages(struct vm_object *object, u64 first, u64 last);

/* An object that shows `size` bytes of physical memory at `base` (a module, or a part of one), for
 * reading; bytes beyond the end of its last page read as zero. The memory stays for good. Pages
 * are shown in place when `base` is page-aligned. NULL: out of memory. */
struct vm_object *vm_memory_create(paddr_t base, u64 size);

#endif
