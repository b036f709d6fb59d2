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
    /* Where in a large page it should begin, if mm chooses; WHEREVER: all the same. */
    u64 large_offset;
};
#define WHEREVER (~0UL)

int aspace_map_locked(struct aspace *space, vaddr_t address, u64 length,
                      const struct mapping *mapping, enum aspace_place place,
                      vaddr_t *out) MUST_CHECK;
int aspace_unmap_locked(struct aspace *space, vaddr_t start, vaddr_t end) MUST_CHECK;
/* Make both addresses borders between mappings. 0 or -ENOMEM. */
int aspace_split_locked(struct aspace *space, vaddr_t start, vaddr_t end) MUST_CHECK;
/* The first address in [start, end) that is not mapped, or `end`. */
vaddr_t aspace_first_hole(const struct aspace *space, vaddr_t start, vaddr_t end);
/* The mappings in [start, end), holes or not, lose the flags in `clear` and get those in `set`. 0 or
 * -ENOMEM. */
int aspace_change_flags_locked(struct aspace *space, vaddr_t start, vaddr_t end, u32 clear,
                               u32 set) MUST_CHECK;
/* Drop the pages of whole mappings, or of a part where no large page sticks out. */
void aspace_drop_pages_locked(struct aspace *space, vaddr_t start, vaddr_t end);
/* The same for any part of a mapping. */
void aspace_drop_part_locked(struct aspace *space, vaddr_t start, vaddr_t end);

/* account.c: may `bytes` more be mapped like this? RLIMIT_AS and RLIMIT_DATA, and Linux's heuristic
 * for what could never be filled (vm.overcommit_memory 0). */
bool aspace_may_grow(const struct aspace *space, u32 prot, u32 flags, u64 bytes);
bool aspace_could_fill(u32 prot, u32 flags, bool has_object, u64 bytes);
/* Bytes of [start, end) that are mapped. */
u64 aspace_mapped_in(const struct aspace *space, vaddr_t start, vaddr_t end);
/* Call before mapped_bytes or resident_pages become less. */
static inline void aspace_note_peaks(struct aspace *space)
{
    space->mapped_peak = MAX(space->mapped_peak, space->mapped_bytes);
    space->resident_peak = MAX(space->resident_peak, space->resident_pages);
}

bool aspace_range_free(const struct aspace *space, vaddr_t start, vaddr_t end);

/* Take pages [first, last] of its object out of a mapping; private copies only if `copies`. */
void aspace_drop_object_pages_locked(struct vma *vma, u64 first, u64 last, bool copies);

#endif
