/* SPDX-License-Identifier: MIT */
/*
 * Changing an address space: map, unmap, protect, the break. Moving is in remap.c, faults are in
 * fault.c, the tree of mappings in vma.c.
 *
 * Each function first does what can fail (splits, allocation), then changes tree and page tables.
 * Lock: space->lock throughout.
 */
#include "mm/aspace.h"

#include <asm/errno.h>
#include <asm/mman.h>

#include "arch/mmu_visit.h"
#include "arch/usercopy.h"
#include "mm/aspace_internal.h"
#include "mm/fault_internal.h"
#include "mm/heap.h"
#include "mm/huge.h"
#include "mm/page.h"
#include "mm/vma.h"

/* Where MAP_32BIT puts mappings (Linux: find_start_end). */
#define LOW_START (1UL << 30)
#define LOW_END   (2UL << 30)

int aspace_init(struct aspace *space, bool user)
{
    *space = (struct aspace){
        .user = user, .mmap_top = USER_LIMIT, .limits = {.address = ~0UL, .data = ~0UL}};
    mutex_init(&space->lock, LOCK_ASPACE);
    return mmu_create(&space->mmu);
}

static void release_page(paddr_t physical, u32 flags, void *context)
{
    struct aspace *space = context;
    if (unlikely(flags & MMU_LARGE)) {
        huge_release(space, physical);
        return;
    }
    if (flags & MMU_BORROWED) {
        space->resident_pages -= physical != zero_page_physical();
        return;
    }
    space->resident_pages--;
    page_put(page_of(physical));
}

void aspace_drop_pages_locked(struct aspace *space, vaddr_t start, vaddr_t end)
{
    aspace_note_peaks(space);
    mmu_unmap_range(&space->mmu, start, end, release_page, space);
}

void aspace_drop_part_locked(struct aspace *space, vaddr_t start, vaddr_t end)
{
    huge_split_at(space, start);
    huge_split_at(space, end);
    aspace_drop_pages_locked(space, start, end);
}

void aspace_fini(struct aspace *space)
{
    mutex_lock(&space->lock); /* vm_object_unmap_pages may be looking at its mappings */
    aspace_note_peaks(space);
    mmu_unmap_between(&space->mmu, 0, USER_LIMIT, 0, MMU_PROGRAM_END, release_page, space);
    struct rb_node *node;
    while ((node = rb_first(&space->vmas)))
        vma_remove(&space->vmas, rb_entry(node, struct vma, node));
    space->last_hit = NULL;
    space->mapped_bytes = 0;
    huge_forget(space);
    mutex_unlock(&space->lock);
    mmu_destroy(&space->mmu);
}

/* A page of a private mapping: drop it if it lies in the object itself. */
static void drop_if_in_place(vaddr_t address, paddr_t physical, u32 flags, void *context)
{
    const struct vma *vma = context;
    if ((flags & MMU_BORROWED) || page_of(physical)->owner == vma->object)
        aspace_drop_pages_locked(vma->space, address, address + PAGE_SIZE);
}

void aspace_drop_object_pages_locked(struct vma *vma, u64 first, u64 last, bool copies)
{
    u64 vma_first = vma->offset >> PAGE_SHIFT;
    u64 vma_last = vma_first + ((vma->end - vma->start) >> PAGE_SHIFT) - 1;
    if (first > vma_last || last < vma_first)
        return;
    vaddr_t start = vma->start + ((MAX(first, vma_first) - vma_first) << PAGE_SHIFT);
    vaddr_t end = vma->start + ((MIN(last, vma_last) - vma_first + 1) << PAGE_SHIFT);
    if (copies || (vma->flags & VMA_SHARED)) {
        aspace_drop_pages_locked(vma->space, start, end);
        return;
    }
    mmu_visit(&vma->space->mmu, start, end, drop_if_in_place, vma);
}

struct vma *aspace_find_locked(struct aspace *space, vaddr_t address)
{
    struct vma *hit = space->last_hit;
    if (hit && address >= hit->start && address < hit->end)
        return hit;
    struct vma *found = vma_find(&space->vmas, address);
    if (found && found->start <= address)
        space->last_hit = found;
    return found;
}

/* Make `address` a border between mappings, if one spans it. */
static int split_at(struct aspace *space, vaddr_t address)
{
    struct vma *vma = vma_find(&space->vmas, address);
    if (!vma || vma->start >= address)
        return 0;
    if (!vma->object)
        huge_split_at(space, address);
    return vma_split(&space->vmas, vma, address);
}

static bool is_inside(const struct aspace *space, vaddr_t address)
{
    const struct vma *vma = vma_find(&space->vmas, address);
    return vma && vma->start < address;
}

int aspace_split_locked(struct aspace *space, vaddr_t start, vaddr_t end)
{
    bool full = space->vma_count >= VMA_COUNT_MAX;
    if (full && (is_inside(space, start) || is_inside(space, end)))
        return -ENOMEM;
    int error = split_at(space, start);
    return error != 0 ? error : split_at(space, end);
}

/* To unmap one end of a mapping makes no new one in the end: only a hole in it counts. */
static int split_to_unmap(struct aspace *space, vaddr_t start, vaddr_t end)
{
    if (unlikely(space->vma_count >= VMA_COUNT_MAX)) {
        const struct vma *vma = vma_find(&space->vmas, start);
        if (vma && vma->start < start && vma->end > end)
            return -ENOMEM;
    }
    int error = split_at(space, start);
    return error != 0 ? error : split_at(space, end);
}

/* Drop the pages, and the tables that served nothing else: `first` is the mapping at or above
 * `start`, all up to `end` goes. */
static void drop_mappings(struct aspace *space, struct vma *first, vaddr_t start, vaddr_t end)
{
    const struct vma *below = vma_prev(first), *above = first;
    while (above && above->start < end)
        above = vma_next(above);
    mmu_unmap_between(&space->mmu, start, end, below ? below->end : 0,
                      above ? above->start : MMU_PROGRAM_END, release_page, space);
}

int aspace_unmap_locked(struct aspace *space, vaddr_t start, vaddr_t end)
{
    struct vma *vma = vma_find(&space->vmas, start);
    if (vma && (vma->start < start || vma->end != end)) {
        int error = split_to_unmap(space, start, end);
        if (error != 0)
            return error;
        vma = vma_find(&space->vmas, start);
    }
    /* From here on nothing can fail. */
    aspace_note_peaks(space);
    space->last_hit = NULL;
    if (vma && vma->start < end)
        drop_mappings(space, vma, start, end);
    while (vma && vma->start < end) {
        struct vma *next = vma_next(vma);
        space->mapped_bytes -= vma->end - vma->start;
        vma_remove(&space->vmas, vma);
        vma = next;
    }
    return 0;
}

bool aspace_range_free(const struct aspace *space, vaddr_t start, vaddr_t end)
{
    const struct vma *vma = vma_find(&space->vmas, start);
    return !vma || vma->start >= end;
}

vaddr_t aspace_first_hole(const struct aspace *space, vaddr_t start, vaddr_t end)
{
    const struct vma *vma = vma_find(&space->vmas, start);
    for (; vma && vma->start <= start && start < end; vma = vma_next(vma))
        start = vma->end;
    return MIN(start, end);
}

/* The same, and no stack above is nearer than its guard gap. */
static bool room_at(const struct aspace *space, vaddr_t start, vaddr_t end)
{
    const struct vma *vma = vma_find(&space->vmas, start);
    return !vma || vma_gap_end(vma) >= end;
}

static bool placeable(vaddr_t address, u64 length)
{
    return address >= ASPACE_LOWEST && user_range_ok(UPTR(address), length);
}

/* The highest room for a mapping, one that suits large pages if that is wanted. 0: none. */
static vaddr_t find_room(const struct aspace *space, vaddr_t low, vaddr_t high, u64 length,
                         u64 large_offset)
{
    const u64 slack = MMU_LARGE_SIZE - PAGE_SIZE;
    vaddr_t found = 0;
    if (large_offset != WHEREVER && length >= MMU_LARGE_SIZE)
        found = vma_find_room(&space->vmas, low, high, length + slack);
    if (found == 0)
        return vma_find_room(&space->vmas, low, high, length);
    return ALIGN_DOWN(found + slack - large_offset, MMU_LARGE_SIZE) + large_offset;
}

/* Choose the address of a new mapping; -ENOMEM when there is no room. */
static int choose_address(struct aspace *space, vaddr_t hint, u64 length, enum aspace_place place,
                          u64 large_offset, vaddr_t *out)
{
    vaddr_t limit = place == PLACE_LOW ? LOW_END : USER_LIMIT;
    hint = ALIGN_DOWN(hint, PAGE_SIZE);
    if (placeable(hint, length) && hint + length <= limit && room_at(space, hint, hint + length)) {
        *out = hint;
        return 0;
    }
    if (place == PLACE_LOW) {
        *out = find_room(space, LOW_START, LOW_END, length, large_offset);
    } else {
        *out = find_room(space, ASPACE_LOWEST, space->mmap_top, length, large_offset);
        if (*out == 0)
            *out = find_room(space, ASPACE_LOWEST, USER_LIMIT, length, large_offset);
    }
    return *out ? 0 : -ENOMEM;
}

static int make_room(struct aspace *space, vaddr_t address, u64 length, enum aspace_place place,
                     u64 large_offset, vaddr_t *out)
{
    if (place == PLACE_ANYWHERE || place == PLACE_LOW)
        return choose_address(space, address, length, place, large_offset, out);
    if (!IS_ALIGNED(address, PAGE_SIZE))
        return -EINVAL;
    if (!user_range_ok(UPTR(address), length))
        return -ENOMEM;
    if (address < ASPACE_LOWEST)
        return -EPERM;
    *out = address;
    if (aspace_range_free(space, address, address + length))
        return 0;
    return place == PLACE_FIXED_UNUSED ? -EEXIST
                                       : aspace_unmap_locked(space, address, address + length);
}

int aspace_map_locked(struct aspace *space, vaddr_t address, u64 length,
                      const struct mapping *mapping, enum aspace_place place, vaddr_t *out)
{
    struct vma *vma = kmalloc(sizeof(*vma));
    if (!vma)
        return -ENOMEM;
    int error = make_room(space, address, length, place, mapping->large_offset, out);
    if (error != 0) {
        kfree(vma);
        return error;
    }
    vma->start = *out;
    vma->end = *out + length;
    vma->prot = mapping->prot;
    vma->flags = mapping->flags;
    vma->object = mapping->object;
    vma->offset = mapping->offset;
    vma->space = space;
    space->mapped_bytes += length;
    space->last_hit = NULL;
    vma_insert(&space->vmas, vma);
    return 0;
}

/* Is there leave for a mapping of this size, over what may be there already? */
static bool allowed(const struct aspace *space, vaddr_t address, u64 length,
                    const struct mapping *mapping, enum aspace_place place)
{
    u64 more = length;
    if (space->vma_count > VMA_COUNT_MAX)
        return false;
    if (aspace_may_grow(space, mapping->prot, mapping->flags, more))
        return true;
    if (place == PLACE_FIXED)
        more -= aspace_mapped_in(space, address, address + length);
    return aspace_may_grow(space, mapping->prot, mapping->flags, more);
}

int aspace_map(struct aspace *space, vaddr_t address, u64 length, u32 prot, u32 flags,
               enum aspace_place place, struct vm_object *object, u64 offset, vaddr_t *out)
{
    if (length == 0)
        return -EINVAL;
    length = ALIGN_UP(length, PAGE_SIZE);
    if (length == 0 || length > USER_LIMIT || !aspace_could_fill(prot, flags, object, length))
        return -ENOMEM;
    bool shared_memory = !object && (flags & VMA_SHARED);
    if (shared_memory && !(object = vm_shared_create(length)))
        return -ENOMEM;
    int error = -ENOMEM;
    mutex_lock(&space->lock);
    bool whole_large = !object && IS_ALIGNED(length, MMU_LARGE_SIZE);
    struct mapping mapping = {prot, flags | space->future_flags, object, offset,
                              whole_large ? 0 : WHEREVER};
    if (allowed(space, address, length, &mapping, place))
        error = aspace_map_locked(space, address, length, &mapping, place, out);
    mutex_unlock(&space->lock);
    if (shared_memory)
        vm_object_put(object); /* the mapping has its own reference */
    return error;
}

/* The checks that munmap, mprotect and madvise share. */
static int check_range(vaddr_t address, u64 *length)
{
    if (!IS_ALIGNED(address, PAGE_SIZE))
        return -EINVAL;
    u64 rounded = ALIGN_UP(*length, PAGE_SIZE);
    if (rounded < *length)
        return -ENOMEM;
    *length = rounded;
    return user_range_ok(UPTR(address), rounded) ? 0 : -ENOMEM;
}

int aspace_unmap(struct aspace *space, vaddr_t address, u64 length)
{
    if (length == 0 || check_range(address, &length) != 0)
        return -EINVAL;
    mutex_lock(&space->lock);
    int error = aspace_unmap_locked(space, address, address + length);
    mutex_unlock(&space->lock);
    return error;
}

u32 aspace_page_flags(const struct aspace *space, u32 prot)
{
    if (!(prot & (PROT_READ | PROT_WRITE | PROT_EXEC)))
        return MMU_HIDDEN;
    return (space->user ? MMU_USER : 0) | (prot & PROT_WRITE ? MMU_WRITE : 0) |
           (prot & PROT_EXEC ? MMU_EXECUTE : 0);
}

/* May a mapping get `prot`? What was not writable before may need memory now. */
static int check_new_protection(const struct aspace *space, const struct vma *vma, u32 prot)
{
    u64 length = vma->end - vma->start;
    if (!(prot & PROT_WRITE) || (vma->prot & PROT_WRITE))
        return 0;
    if (vma->flags & VMA_READ_ONLY)
        return -EACCES;
    if (vma->flags & VMA_SHARED)
        return 0;
    bool too_much = !aspace_may_grow(space, prot, vma->flags, length) &&
                    aspace_may_grow(space, vma->prot, vma->flags, length);
    return too_much || !aspace_could_fill(prot, vma->flags, true, length) ? -ENOMEM : 0;
}

static int protect_locked(struct aspace *space, vaddr_t start, vaddr_t end, u32 prot)
{
    int error = aspace_split_locked(space, start, end);
    if (error != 0)
        return error;
    vaddr_t reached = start;
    struct vma *vma = vma_find(&space->vmas, start);
    while (vma && vma->start <= reached && reached < end) {
        error = check_new_protection(space, vma, prot);
        if (error != 0)
            return error;
        reached = vma->end;
        if (vma->prot != prot) {
            vma->prot = prot;
            mmu_protect_range(&space->mmu, vma->start, vma->end, aspace_page_flags(space, prot));
        }
        space->last_hit = NULL;
        vma = vma_join(&space->vmas, vma);
        reached = MAX(reached, vma->end); /* it may have joined one that was like it already */
        vma = vma_next(vma);
    }
    /* As on Linux, what lies below the first hole has changed. */
    return reached >= end ? 0 : -ENOMEM;
}

/* PROT_GROWSDOWN: the change begins where the stack does. PROT_GROWSUP: nothing grows upwards. */
static int find_stack_start(const struct aspace *space, vaddr_t end, u32 prot, vaddr_t *start)
{
    const struct vma *vma = vma_find(&space->vmas, *start);
    if (!vma || vma->start >= (prot & PROT_GROWSUP ? *start + 1 : end))
        return -ENOMEM;
    *start = vma->start;
    return (prot & PROT_GROWSDOWN) && (vma->flags & VMA_GROWS_DOWN) ? 0 : -EINVAL;
}

int aspace_protect(struct aspace *space, vaddr_t address, u64 length, u32 prot)
{
    int error = check_range(address, &length);
    if (error != 0 || length == 0)
        return error;
    vaddr_t end = address + length;
    mutex_lock(&space->lock);
    if (prot & (PROT_GROWSDOWN | PROT_GROWSUP))
        error = find_stack_start(space, end, prot, &address);
    if (error == 0)
        error = protect_locked(space, address, end, prot & ~(PROT_GROWSDOWN | PROT_GROWSUP));
    mutex_unlock(&space->lock);
    return error;
}

int aspace_change_flags_locked(struct aspace *space, vaddr_t start, vaddr_t end, u32 clear, u32 set)
{
    int error = aspace_split_locked(space, start, end);
    if (error != 0)
        return error;
    struct vma *vma = vma_find(&space->vmas, start);
    space->last_hit = NULL;
    for (; vma && vma->start < end; vma = vma_next(vma)) {
        vma->flags = (vma->flags & ~clear) | set;
        vma = vma_join(&space->vmas, vma);
    }
    /* What comes after the range may continue it now. */
    if (vma)
        vma_join(&space->vmas, vma);
    return 0;
}

static bool brk_move_locked(struct aspace *space, vaddr_t wish)
{
    vaddr_t old_page = ALIGN_UP(space->brk_end, PAGE_SIZE), new_page = ALIGN_UP(wish, PAGE_SIZE);
    if (wish < space->brk_start || !user_range_ok(UPTR(wish), 0))
        return false;
    if (new_page < old_page)
        return aspace_unmap_locked(space, new_page, old_page) == 0;
    if (new_page == old_page)
        return true;
    struct mapping mapping = {.prot = PROT_READ | PROT_WRITE, .flags = space->future_flags};
    u64 length = new_page - old_page;
    vaddr_t ignored;
    return room_at(space, old_page, new_page + PAGE_SIZE) && /* as Linux */
           aspace_could_fill(mapping.prot, mapping.flags, false, length) &&
           allowed(space, old_page, length, &mapping, PLACE_FIXED_UNUSED) &&
           aspace_map_locked(space, old_page, length, &mapping, PLACE_FIXED_UNUSED, &ignored) == 0;
}

vaddr_t aspace_brk(struct aspace *space, vaddr_t wish)
{
    mutex_lock(&space->lock);
    if (wish != 0 && brk_move_locked(space, wish))
        space->brk_end = wish;
    vaddr_t end = space->brk_end;
    mutex_unlock(&space->lock);
    return end;
}
