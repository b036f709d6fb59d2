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

#define VMA_SHARED        (1u << 0)
#define VMA_GROWS_DOWN    (1u << 1) /* a stack: faults below it extend it */
#define VMA_READ_ONLY     (1u << 2) /* shared, of what may not be written: mprotect: -EACCES */
#define VMA_NO_RESERVE    (1u << 3) /* MAP_NORESERVE: may be larger than memory is */
#define VMA_LOCKED        (1u << 4) /* mlock */
#define VMA_LOCK_ON_FAULT (1u << 5) /* with VMA_LOCKED: pages come when they are touched */
/* What madvise was told; the first three matter to fork and to core dumps. */
#define VMA_DONT_FORK     (1u << 6)
#define VMA_WIPE_ON_FORK  (1u << 7)
#define VMA_DONT_DUMP     (1u << 8)
#define VMA_SEQUENTIAL    (1u << 9)
#define VMA_RANDOM        (1u << 10)
#define VMA_HUGE          (1u << 11)
#define VMA_NO_HUGE       (1u << 12)

/* Linux's default vm.max_map_count. */
#define VMA_COUNT_MAX 65530

/* RLIMIT_AS, _DATA, _STACK in bytes; ~0: no limit. */
struct aspace_limits {
    u64 address, data, stack;
};

struct aspace {
    struct mutex lock; /* guards all below and the page tables */
    struct mmu mmu;
    bool user; /* pages are reachable from ring 3 */
    struct rb_root vmas;
    struct vma *last_hit; /* where the last fault was */
    vaddr_t mmap_top;     /* mappings without a wish go below this, from top to bottom */
    vaddr_t brk_start, brk_end;
    struct aspace_limits limits;
    u32 vma_count;
    u32 future_flags;   /* VMA_LOCKED and _LOCK_ON_FAULT: what mlockall told of new mappings */
    u64 mapped_bytes;   /* sum of all mappings */
    u64 resident_pages; /* mapped, but for the page of zeros; a large page is 512 */
    u64 pages_to_flush; /* how many there are when the TLB is flushed next: fault.c */
    /* Largest values of both, before they last became less. */
    u64 mapped_peak, resident_peak;
    struct list_head huge_link; /* huge.c: once it has had a large page */
    bool no_huge;               /* atomic: PR_SET_THP_DISABLE */
    bool
        objects_left; /* atomic: the last mapping of some object went away: see mapped_files_trim */
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
 * 0 with the address in *out; -ENOMEM (no room, a limit, or more than there is memory: Linux's
 * heuristic), -EEXIST, -EINVAL (length 0, wrap, outside the program's half or below the lowest
 * address that Linux allows). */
int aspace_map(struct aspace *space, vaddr_t address, u64 length, u32 prot, u32 flags,
               enum aspace_place place, struct vm_object *object, u64 offset,
               vaddr_t *out) MUST_CHECK;

/* Unmap all that lies in the range; holes are fine. 0, -EINVAL, -ENOMEM. */
int aspace_unmap(struct aspace *space, vaddr_t address, u64 length) MUST_CHECK;

/* Change protection; with PROT_GROWSDOWN from the beginning of the stack that the range is in. 0,
 * -EINVAL, -ENOMEM (a hole in the range, or no memory), -EACCES (writing to
 * VMA_READ_ONLY). What lies below the first failure has changed. */
int aspace_protect(struct aspace *space, vaddr_t address, u64 length, u32 prot) MUST_CHECK;

/* Linux's mremap with flags MREMAP_*: 0 with the new address, -EINVAL, -EFAULT, -ENOMEM. */
int aspace_remap(struct aspace *space, vaddr_t old, u64 old_length, u64 new_length, u32 flags,
                 vaddr_t new_address, vaddr_t *out) MUST_CHECK;

/* Linux's madvise with MADV_*: 0, -EINVAL (also an advice nobody knows), -ENOMEM (a hole, after
 * advising the rest), -EACCES, -EFAULT. */
int aspace_advise(struct aspace *space, vaddr_t address, u64 length, int advice) MUST_CHECK;

/* msync as far as mappings have a say in it: files in memory need no writing back. `busy`: locked
 * mappings are -EBUSY. -ENOMEM for a hole. */
int aspace_sync(struct aspace *space, vaddr_t start, vaddr_t end, bool busy) MUST_CHECK;

/* For each of `pages` pages from `address` on: 1 in out[] if it is in memory, else 0. -ENOMEM for a
 * hole. */
int aspace_residency(struct aspace *space, vaddr_t address, u32 pages, u8 *out) MUST_CHECK;

/* remap_file_pages: show other pages of its object in a part of a shared mapping. */
int aspace_remap_object(struct aspace *space, vaddr_t start, u64 length, u64 first_page) MUST_CHECK;

/* Set VMA_LOCKED and VMA_LOCK_ON_FAULT as in `flags` for a range (page-aligned). 0, -EINVAL (wrap),
 * -ENOMEM: a hole; what lies below it has changed. Brings no pages. */
int aspace_lock(struct aspace *space, vaddr_t address, u64 length, u32 flags) MUST_CHECK;

/* The same for all mappings, and for those to come. */
void aspace_lock_all(struct aspace *space, u32 flags);
void aspace_lock_future(struct aspace *space, u32 flags);

enum populate {
    POPULATE_TOUCH, /* as the program may: written to where it is private and writable, else read */
    POPULATE_READ,
    POPULATE_WRITE,
};

/* Bring the pages of a range (page-aligned). 0; -ENOMEM (a hole, or memory is out), -EINVAL (the
 * protection forbids it), -EFAULT (beyond the end of a file). What was brought until then stays. */
int aspace_populate(struct aspace *space, vaddr_t start, vaddr_t end, enum populate how) MUST_CHECK;

/* Bring what VMA_LOCKED mappings of the range lack; stops silently when memory is out. */
void aspace_populate_locked_mappings(struct aspace *space, vaddr_t start, vaddr_t end);

/* Move the break; returns where it is afterwards (unchanged when it cannot be). */
vaddr_t aspace_brk(struct aspace *space, vaddr_t wish);

/* The mapping that holds `address`, or the first one above it; NULL. Lock held. */
struct vma *aspace_find_locked(struct aspace *space, vaddr_t address);

/* What memory is: the same for all mappings that share it, and never the same as other memory. */
struct memory_identity {
    u64 object; /* the object's number; 0: private memory of this space */
    u64 place;  /* bytes in the object, or the address */
};

/* Which memory the program reads or writes at `address`. 0; -EFAULT: none, or it is private and can never
 * change. */
int aspace_identify(struct aspace *space, vaddr_t address, bool write,
                    struct memory_identity *out) MUST_CHECK;

/* Resolve a fault. 0; or the signal (SIGSEGV, SIGBUS, SIGKILL when memory is out) with its si_code
 * in *code. */
int aspace_fault(struct aspace *space, vaddr_t address, u32 fault, int *code) MUST_CHECK;

/* Does this mapping get large pages: is one inside it, and does nothing forbid it? */
bool aspace_may_be_huge(const struct vma *vma);

/* The kernel's own pointer to the page of `address`, private to the program and writable (made so
 * if needed, whatever the mapping's protection): for relocations. NULL: nothing is mapped there or
 * memory is out. Only before the program runs. */
u8 *aspace_writable_page(struct aspace *space, vaddr_t address);

#endif
