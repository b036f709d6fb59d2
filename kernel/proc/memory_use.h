/* SPDX-License-Identifier: MIT */
/*
 * How much memory a process uses, counted when somebody asks, from its mappings and page tables:
 * faults keep no statistics. The caller holds the lock of the address space.
 */
#ifndef KERNEL_PROC_MEMORY_USE_H
#define KERNEL_PROC_MEMORY_USE_H

#include "kernel/proc/process.h"

/* Pages of a mapping that are in memory. */
struct resident_pages {
    u64 anonymous;    /* private to the process */
    u64 file, shared; /* a file's; memory shared without a file */
    u64 dirty;        /* of file and shared: written through a mapping */
    u64 huge;         /* of anonymous: in 2 MiB pages */
};

static inline u64 resident_sum(const struct resident_pages *pages)
{
    return pages->anonymous + pages->file + pages->shared;
}

/* Pages of all mappings, and how many of them are in memory. Kinds as Linux tells them apart (man 5
 * proc_pid_status): `data` private and writable, `code` executable and not writable. */
struct memory_use {
    struct resident_pages resident;
    u64 mapped, data, stack, code, locked;
    u64 locked_resident;            /* of locked: in memory */
    u64 mapped_peak, resident_peak; /* the most that there ever was of both */
    u64 tables;                     /* of the page tables */
};

void memory_use_of_mapping(const struct vma *vma, struct resident_pages *out);
void memory_use_locked(const struct aspace *space, struct memory_use *out);

/* The same for a process; takes the lock. */
void memory_use(struct process *process, struct memory_use *out);

/* What memory without a file is there for: "[heap]", "[stack]" or NULL. */
const char *memory_use_name(const struct process *process, const struct vma *vma);

#endif
