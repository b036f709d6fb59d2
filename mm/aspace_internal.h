/* SPDX-License-Identifier: MIT */
/* Between aspace.c, remap.c and vm_object.c: the lock is held, addresses and lengths are whole
 * pages. */
#ifndef MM_ASPACE_INTERNAL_H
#define MM_ASPACE_INTERNAL_H

#include "mm/aspace.h"

/* What a new mapping is, but for its place: see struct vma. */
struct mapping {
    u32 prot, flags;
    struct vm_object *object; /* the mapping gets a reference of its own */
    u64 offset;
};

int aspace_map_locked(struct aspace *space, vaddr_t address, u64 length,
                      const struct mapping *mapping, enum aspace_place place,
                      vaddr_t *out) MUST_CHECK;
int aspace_unmap_locked(struct aspace *space, vaddr_t start, vaddr_t end) MUST_CHECK;
/* Make both addresses borders between mappings. 0 or -ENOMEM. */
int aspace_split_locked(struct aspace *space, vaddr_t start, vaddr_t end) MUST_CHECK;
bool aspace_range_free(const struct aspace *space, vaddr_t start, vaddr_t end);

/* Take pages [first, last] of its object out of a mapping; private copies only if `copies`. */
void aspace_drop_object_pages_locked(const struct vma *vma, u64 first, u64 last, bool copies);

#endif
