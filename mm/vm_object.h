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
    /* VM_PAGE_BORROWED: how many pages follow each other in memory from here on, this one counted,
     * and how many lie before it in the same way (fewer than there are is fine). */
    u32 run, before;
    u8 kind; /* enum vm_page_kind */
    /* The page was lent until now and has just been replaced by its copy: mappings may still show
     * the old one. mm takes it out of them and asks again. */
    bool replaced;
};

struct vm_object_ops {
    /* The page at `index`. `write`: a shared mapping is about to store to it, so it must be
     * VM_PAGE_SHARED. 0, -ENOMEM, or -EFAULT beyond the object's end (SIGBUS). Called with the lock
     * of a space held: takes no inode's lock. */
    int (*page)(struct vm_object *object, u64 index, bool write, struct vm_page *out);
    /* The SHARED pages that are there from `index` on, without a gap, at most `count`: their number,
     * each with a reference, their addresses in `out`. Makes none. NULL: no neighbours are mapped. */
    u32 (*neighbours)(struct vm_object *object, u64 index, u32 count, paddr_t *out);
    /* Is the page at `index` in memory? */
    bool (*present)(struct vm_object *object, u64 index);
    /* Make a hole of `count` pages from `first` on, also in all mappings (MADV_REMOVE). No space's
     * lock is held. 0 or -errno. */
    int (*punch)(struct vm_object *object, u64 first, u64 count);
    void (*destroy)(struct vm_object *object);
};

struct vm_object {
    const struct vm_object_ops *ops;
    u32 refs;
    u64 number; /* 0: nobody asked for one yet; identity.c */
    struct spinlock mappings_lock;
    struct list_head mappings; /* struct vma, by object_link; guarded by mappings_lock */
};

void vm_object_init(struct vm_object *object, const struct vm_object_ops *ops);
void vm_object_get(struct vm_object *object);
/* Drop a reference (NULL allowed); the last one destroys the object. */
void vm_object_put(struct vm_object *object);

/* Take pages [first, last] of the object (indices) out of every mapping that shows them in place:
 * the next touch asks the object again. `copies`: private mappings lose the copies that they made of
 * those pages, too, as when the file ends before them now. No space's lock held, nor one that the
 * object's `page` takes. VM_PAGE_SHARED pages must have `owner` set to the object, by which they
 * are told from private copies. */
void vm_object_unmap_pages(struct vm_object *object, u64 first, u64 last, bool copies);

/* Memory that several mappings share and no file backs (MAP_SHARED | MAP_ANONYMOUS): `size` bytes of
 * zeros, with pages made at the first touch. NULL: out of memory. */
struct vm_object *vm_shared_create(u64 size);
bool vm_object_is_shared_memory(const struct vm_object *object);

#endif
