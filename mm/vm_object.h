/* SPDX-License-Identifier: MIT */
/*
 * What a mapping shows: the source of its pages.
 *
 * mm asks an object for one page at a time, at the first touch. Anonymous memory has no object.
 */
#ifndef MM_VM_OBJECT_H
#define MM_VM_OBJECT_H

#include "kernel/lib/types.h"

struct vm_object;

/* One page of an object. */
struct vm_page {
    paddr_t physical;
    u32 run;       /* borrowed: this many pages follow each other in memory from here on */
    bool borrowed; /* the object keeps it: map it read-only and copy on write; otherwise it is a
                    * fresh copy with one reference, which now belongs to the caller */
};

struct vm_object_ops {
    /* The page at `index`. 0, -ENOMEM, or -EFAULT beyond the object's end (SIGBUS). */
    int (*page)(struct vm_object *object, u64 index, struct vm_page *out);
    void (*destroy)(struct vm_object *object);
};

struct vm_object {
    const struct vm_object_ops *ops;
    u32 refs;
};

void vm_object_get(struct vm_object *object);
/* Drop a reference (NULL allowed); the last one destroys the object. */
void vm_object_put(struct vm_object *object);

/* An object that shows `size` bytes of physical memory at `base` (a module, or a part of one), for
 * reading; bytes beyond the end of its last page read as zero. The memory stays for good. Pages
 * are shown in place when `base` is page-aligned. NULL: out of memory. */
struct vm_object *vm_memory_create(paddr_t base, u64 size);

#endif
