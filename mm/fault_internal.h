/* SPDX-License-Identifier: MIT */
/* Between aspace.c and fault.c. */
#ifndef MM_FAULT_INTERNAL_H
#define MM_FAULT_INTERNAL_H

#include "mm/aspace.h"

/* The page that shows anonymous memory until it is written: nobody's, and counted nowhere. */
extern u8 zero_page[PAGE_SIZE];
static inline paddr_t zero_page_physical(void)
{
    extern u8 kernel_start[];
    return (paddr_t)(zero_page - kernel_start) + mmu_image_start();
}

/* To be called when resident_pages has reached pages_to_flush; fault.c says why. */
void fault_flush_for_size(struct aspace *space);

/* MMU_* flags for pages of a mapping with this protection. */
u32 aspace_page_flags(const struct aspace *space, u32 prot);

#endif
