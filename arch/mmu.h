/* SPDX-License-Identifier: MIT */
/*
 * Page tables, without a word about their format.
 *
 * A `struct mmu` is one address space: a root table whose upper half is the kernel's, shared by
 * all. The caller holds the lock of the address space; the kernel's own tables are changed only
 * under mm/kmap.c's lock, and by arch itself at boot, for the interrupt controllers. Pages are
 * PAGE_SIZE or, with MMU_LARGE, MMU_LARGE_SIZE bytes.
 *
 * What changes or takes away a mapping of a program makes other processors forget it, and so waits for
 * them: the rules of smp_call (arch/smp.h) hold. Kernel mappings are only ever added,
 * but for kernel stacks (mmu_unmap_kernel).
 */
#ifndef ARCH_MMU_H
#define ARCH_MMU_H

#include "kernel/lib/types.h"

struct boot_info;

#define MMU_WRITE    (1u << 0)
#define MMU_EXECUTE  (1u << 1)
#define MMU_USER     (1u << 2) /* reachable from ring 3 */
#define MMU_DEVICE   (1u << 3) /* not cached */
#define MMU_BORROWED (1u << 4) /* the frame is not the allocator's: never freed on unmap */
#define MMU_LARGE    (1u << 5)
#define MMU_DIRTY    (1u << 6) /* only reported by mmu_query */
#define MMU_GLOBAL   (1u << 7) /* the same in every address space */
#define MMU_HIDDEN   (1u << 8) /* kept, but no access of any kind (PROT_NONE) */
#define MMU_COMBINE  (1u << 9) /* not cached, but writes may be gathered: framebuffers */

#define MMU_LARGE_SIZE (2UL << 20)

/* Where the programs' half of an address space ends, as far as page tables reach. */
#define MMU_PROGRAM_END (1UL << 47)

/* All RAM appears here, at DIRECT_MAP_BASE + physical address. */
#define DIRECT_MAP_BASE  0xffff800000000000UL
#define DIRECT_MAP_SIZE  0x0000400000000000UL /* 64 TiB */
/* Device registers and tables outside RAM. */
#define KMAP_BASE        0xffffc00000000000UL
#define KMAP_SIZE        0x0000008000000000UL /* 512 GiB: one root entry */
/* Kernel stacks with their guard pages. */
#define KSTACK_AREA_BASE 0xffffc08000000000UL
#define KSTACK_AREA_SIZE 0x0000008000000000UL

struct mmu {
    paddr_t root;
    u64 cpus; /* processors that have it loaded; atomic */
};

static inline void *phys_to_virt(paddr_t physical)
{
    return (void *)(DIRECT_MAP_BASE + physical);
}

static inline paddr_t virt_to_phys(const void *direct)
{
    return (paddr_t)direct - DIRECT_MAP_BASE;
}

/* Readable pointer to physical memory before the direct map exists: valid until the next call.
 * NULL when `size` is above MMU_EARLY_MAP_MAX bytes or no processor has the range. Boot only. */
#define MMU_EARLY_MAP_MAX (1UL << 20)
const void *mmu_early_map(paddr_t base, size_t size);

/* Zero a physical page before the direct map exists. Boot only. */
void mmu_early_zero(paddr_t page);

/* Where the image lies in physical memory: told once by main, asked by mm. Bytes. */
void mmu_set_image_base(paddr_t image_base);
paddr_t mmu_image_start(void);
paddr_t mmu_image_end(void);
/* Of an object in the image. */
paddr_t mmu_image_physical(const void *object);

/* Build the kernel's final tables: image by section, direct map of all RAM, roots of the kernel
 * areas; then switch to them. Uses arch_upcall_table_page, which must not need the direct map
 * yet. Boot only. */
void mmu_init(const struct boot_info *boot);

/* For a kernel address that faulted: true when it lies in the guard below a kernel stack. */
bool mmu_is_stack_guard(vaddr_t address);

extern struct mmu mmu_kernel;

/* A new address space with an empty lower half. 0 or -ENOMEM. */
int mmu_create(struct mmu *mmu) MUST_CHECK;

/* Free the tables of the lower half and the root; every page must have been unmapped. */
void mmu_destroy(struct mmu *mmu);

/* Make this the address space of the running thread's processor: for a thread whose arch.space has just
 * become this one. */
void mmu_activate(struct mmu *mmu);

/* The processors that run a program of this space now. */
u64 mmu_running_cpus(const struct mmu *mmu);

/* Forget all of this processor's cached translations of the active space. */
void mmu_flush(void);

/* Map one page (an existing entry is replaced, and no processor uses it any more afterwards). 0 or
 * -ENOMEM for a table page. */
int mmu_map(struct mmu *mmu, vaddr_t address, paddr_t physical, u32 flags) MUST_CHECK;

/* Map `count` pages of contiguous memory where nothing is mapped yet; pages that are there stay.
 * Stops at the end of the lowest table. 0 with the number of new ones in *mapped, or -ENOMEM. */
int mmu_map_run(struct mmu *mmu, vaddr_t address, paddr_t physical, u32 count, u32 flags,
                u32 *mapped) MUST_CHECK;

/* The same for `count` (at most 32) single frames: *mapped gets bit i when frames[i] was mapped. */
int mmu_map_frames(struct mmu *mmu, vaddr_t address, const paddr_t *frames, u32 count, u32 flags,
                   u32 *mapped) MUST_CHECK;

/* What is mapped at `address`: true with the frame (of the page that holds it) and flags. */
bool mmu_query(const struct mmu *mmu, vaddr_t address, paddr_t *physical, u32 *flags);

/* Hand the pages of one range to another of the same length, where nothing is mapped. 0, or -ENOMEM
 * with a part of them moved (the way back cannot fail). Large pages need a distance of whole large
 * pages. */
int mmu_move_range(struct mmu *mmu, vaddr_t from, vaddr_t to, u64 length) MUST_CHECK;

/* Take out the page that the kernel's own tables map at `address`, and return its frame. Processors may go
 * on using it until mmu_forget_kernel has made all forget `count` ranges of `size` bytes, given by their
 * ends; that waits for them: the rules of smp_call. */
paddr_t mmu_unmap_kernel(vaddr_t address);
void mmu_forget_kernel(const vaddr_t *ends, u32 count, u64 size);

/* Could a large page be mapped at `address`: is there neither a page nor a table for small ones? */
bool mmu_is_large_free(const struct mmu *mmu, vaddr_t address);

/* Replace the large page at `address` by its small pages, in `table`: a page of memory that becomes
 * a page table. */
void mmu_split_large(struct mmu *mmu, vaddr_t address, paddr_t table);

/* Called for every page that leaves a range, when no other processor can use it any more. */
typedef void (*mmu_release)(paddr_t physical, u32 flags, void *context);

/* Unmap all pages in [start, end) (page-aligned). A large page that sticks out must have been
 * split before. */
void mmu_unmap_range(struct mmu *mmu, vaddr_t start, vaddr_t end, mmu_release release,
                     void *context);

/* The same, where the caller knows that nothing else is mapped in all of [floor, ceiling), which
 * holds the range: a table that serves only that stretch is given back as well. */
void mmu_unmap_between(struct mmu *mmu, vaddr_t start, vaddr_t end, vaddr_t floor, vaddr_t ceiling,
                       mmu_release release, void *context);

/* Change the protection of the mapped pages in [start, end): they get `flags`, but a page that is
 * not writable now stays so (it may be shared: the fault decides). */
void mmu_protect_range(struct mmu *mmu, vaddr_t start, vaddr_t end, u32 flags);

#endif
