/* SPDX-License-Identifier: MIT */
/*
 * /proc/self/maps, smaps and smaps_rollup: the mappings one by one (man 5 proc_pid_maps, _smaps).
 *
 * A page counts as private: there is one process. The lock of the address space is held while the
 * text is written, so that the mappings are those of one moment.
 */
#include <asm/errno.h>
#include <asm/mman.h>

#include "kernel/proc/memory_use.h"
#include "kernel/proc/procfs/procfs_internal.h"
#include "kernel/proc/vdso.h"
#include "mm/vma.h"

#define NAME_COLUMN  73 /* where names begin: Linux pads to 25 + 6 * sizeof(void *), and a blank */
#define KIB_PER_PAGE (PAGE_SIZE / KIB)

static u32 major_of(u64 device)
{
    return device >> 8 & 0xfff;
}

static u32 minor_of(u64 device)
{
    return (device & 0xff) | (device >> 12 & 0xfff00);
}

static void show_range(struct text_builder *text, vaddr_t start, vaddr_t end, u32 prot, bool shared)
{
    text_print(text, "%08lx-%08lx %c%c%c%c ", start, end, prot & PROT_READ ? 'r' : '-',
               prot & PROT_WRITE ? 'w' : '-', prot & PROT_EXEC ? 'x' : '-', shared ? 's' : 'p');
}

static void show_file(struct text_builder *text, const struct vma *vma, const struct path *path,
                      size_t line)
{
    const struct inode *inode = path->dentry->inode;
    text_print(text, "%08lx %02x:%02x %lu ", vma->offset, major_of(inode->sb->device),
               minor_of(inode->sb->device), inode->number);
    text_pad(text, line, NAME_COLUMN);
    procfs_add_path(text, path, "\n");
}

/* The line of a mapping, its newline included. */
static void show_mapping(struct text_builder *text, struct process *process, const struct vma *vma)
{
    size_t line = text->length;
    struct path path;
    show_range(text, vma->start, vma->end, vma->prot, vma->flags & VMA_SHARED);
    if (vma->object && mapped_files_find(&process->mapped, vma->object, &path)) {
        show_file(text, vma, &path, line);
        path_put(&path);
    } else if (vdso_name(vma)) {
        text_add_string(text, "00000000 00:00 0 ");
        text_pad(text, line, NAME_COLUMN);
        text_add_string(text, vdso_name(vma));
    } else if (vma->object) {
        text_print(text, "%08lx 00:01 0 ", vma->offset);
        text_pad(text, line, NAME_COLUMN);
        text_add_string(text, "/dev/zero (deleted)");
    } else {
        const char *name = memory_use_name(process, vma);
        text_add_string(text, "00000000 00:00 0 ");
        if (name) {
            text_pad(text, line, NAME_COLUMN);
            text_add_string(text, name);
        }
    }
    text_add_string(text, "\n");
}

int procfs_show_maps(struct text_builder *text, const struct node_place *place)
{
    struct process *process = procfs_process(place);
    if (procfs_has_ended(place))
        return 0;
    mutex_lock(&process->space.lock);
    for (const struct vma *vma = vma_find(&process->space.vmas, 0); vma; vma = vma_next(vma))
        show_mapping(text, process, vma);
    mutex_unlock(&process->space.lock);
    return 0;
}

/* ---- smaps ------------------------------------------------------------------------------------*/

static void show_kib(struct text_builder *text, const char *label, u64 pages)
{
    text_print(text, "%-16s%8lu kB\n", label, pages * KIB_PER_PAGE);
}

static void show_resident(struct text_builder *text, const struct resident_pages *pages, u64 locked,
                          bool rollup)
{
    u64 sum = resident_sum(pages), dirty = pages->anonymous + pages->dirty;
    show_kib(text, "Rss:", sum);
    show_kib(text, "Pss:", sum);
    show_kib(text, "Pss_Dirty:", dirty);
    if (rollup) {
        show_kib(text, "Pss_Anon:", pages->anonymous);
        show_kib(text, "Pss_File:", pages->file);
        show_kib(text, "Pss_Shmem:", pages->shared);
    }
    show_kib(text, "Shared_Clean:", 0);
    show_kib(text, "Shared_Dirty:", 0);
    show_kib(text, "Private_Clean:", sum - dirty);
    show_kib(text, "Private_Dirty:", dirty);
    show_kib(text, "Referenced:", sum);
    show_kib(text, "Anonymous:", pages->anonymous);
    show_kib(text, "LazyFree:", 0);
    show_kib(text, "AnonHugePages:", pages->huge);
    show_kib(text, "ShmemPmdMapped:", 0);
    show_kib(text, "FilePmdMapped:", 0);
    show_kib(text, "Shared_Hugetlb:", 0);
    show_kib(text, "Private_Hugetlb:", 0);
    show_kib(text, "Swap:", 0);
    show_kib(text, "SwapPss:", 0);
    show_kib(text, "Locked:", locked);
}

/* Two letters for each property (man 5 proc_pid_smaps). */
static void show_flags(struct text_builder *text, const struct vma *vma)
{
    bool shared = vma->flags & VMA_SHARED, writable = !(vma->flags & VMA_READ_ONLY);
    bool accounted = (vma->prot & PROT_WRITE) && !shared && !(vma->flags & VMA_NO_RESERVE);
    const struct {
        const char *letters;
        bool has;
    } flags[] = {
        {"rd", vma->prot & PROT_READ},
        {"wr", vma->prot & PROT_WRITE},
        {"ex", vma->prot & PROT_EXEC},
        {"sh", shared && writable},
        {"mr", true},
        {"mw", writable},
        {"me", true},
        {"ms", shared},
        {"gd", vma->flags & VMA_GROWS_DOWN},
        {"lo", vma->flags & VMA_LOCKED},
        {"sr", vma->flags & VMA_SEQUENTIAL},
        {"rr", vma->flags & VMA_RANDOM},
        {"dc", vma->flags & VMA_DONT_FORK},
        {"lf", vma->flags & VMA_LOCK_ON_FAULT},
        {"ac", accounted},
        {"nr", vma->flags & VMA_NO_RESERVE},
        {"wf", vma->flags & VMA_WIPE_ON_FORK},
        {"dd", vma->flags & VMA_DONT_DUMP},
        {"hg", vma->flags & VMA_HUGE},
        {"nh", vma->flags & VMA_NO_HUGE},
    };
    text_add_string(text, "VmFlags: ");
    for (u32 i = 0; i < ARRAY_SIZE(flags); i++)
        if (flags[i].has)
            text_print(text, "%s ", flags[i].letters);
    text_add_string(text, "\n");
}

static void show_details(struct text_builder *text, const struct vma *vma)
{
    struct resident_pages pages;
    memory_use_of_mapping(vma, &pages);
    show_kib(text, "Size:", (vma->end - vma->start) >> PAGE_SHIFT);
    show_kib(text, "KernelPageSize:", 1);
    show_kib(text, "MMUPageSize:", 1);
    show_resident(text, &pages, vma->flags & VMA_LOCKED ? resident_sum(&pages) : 0, false);
    text_print(text, "%-16s%8u\n", "THPeligible:", aspace_may_be_huge(vma));
    show_flags(text, vma);
}

int procfs_show_smaps(struct text_builder *text, const struct node_place *place)
{
    struct process *process = procfs_process(place);
    if (procfs_has_ended(place))
        return 0;
    mutex_lock(&process->space.lock);
    for (const struct vma *vma = vma_find(&process->space.vmas, 0); vma; vma = vma_next(vma)) {
        show_mapping(text, process, vma);
        show_details(text, vma);
    }
    mutex_unlock(&process->space.lock);
    return 0;
}

int procfs_show_smaps_rollup(struct text_builder *text, const struct node_place *place)
{
    struct aspace *space = &procfs_process(place)->space;
    struct memory_use use;
    vaddr_t start = 0, end = 0;
    if (procfs_has_ended(place))
        return -ESRCH;
    mutex_lock(&space->lock);
    memory_use_locked(space, &use);
    for (const struct vma *vma = vma_find(&space->vmas, 0); vma; vma = vma_next(vma)) {
        start = start ? start : vma->start;
        end = vma->end;
    }
    mutex_unlock(&space->lock);
    size_t line = text->length;
    show_range(text, start, end, PROT_NONE, false);
    text_add_string(text, "00000000 00:00 0 ");
    text_pad(text, line, NAME_COLUMN);
    text_add_string(text, "[rollup]\n");
    show_resident(text, &use.resident, use.locked, true);
    return 0;
}
