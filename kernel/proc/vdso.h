/* SPDX-License-Identifier: MIT */
/* The vDSO in a process's memory (man 7 vdso): [vvar], the page of the clock, and [vdso], the code. */
#ifndef KERNEL_PROC_VDSO_H
#define KERNEL_PROC_VDSO_H

#include "loader/elf64.h"
#include "mm/aspace.h"

/* Map both at the top of the space's mappings, and let the rest begin below. The address of the code
 * (AT_SYSINFO_EHDR), or 0: out of memory. */
vaddr_t vdso_map(struct aspace *space);

/* "[vvar]" or "[vdso]" when `vma` is one of them, else NULL. */
const char *vdso_name(const struct vma *vma);

/* Its file, if `object` is the vDSO's: what lies in the object behind the first page. */
bool vdso_source(const struct vm_object *object, struct image_source *out);

#endif
