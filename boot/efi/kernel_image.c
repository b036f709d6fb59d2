/* SPDX-License-Identifier: MIT */
/*
 * The kernel's ELF file, which kernel.asm puts inside of this application, laid out in memory.
 *
 * The segments keep their places relative to each other as p_paddr gives them. The link base is
 * taken if it is free; otherwise any 2 MiB-aligned base below 4 GiB, from which the kernel's first
 * code finds its way (boot/start.asm). The file comes from our own build, so the checks are few.
 * The memory is of the type EfiLoaderCode, because strict firmware executes nothing else.
 */
#include <elf.h>

#include "boot/efi/application.h"

#define LARGE_PAGE (2 * MIB)

/* kernel.asm */
extern const u8 kernel_file[];

struct extent {
    paddr_t start; /* the lowest p_paddr */
    paddr_t end;
};

static const Elf64_Ehdr *kernel_header(void)
{
    return (const Elf64_Ehdr *)kernel_file;
}

static const Elf64_Phdr *kernel_segment(u32 index)
{
    return (const Elf64_Phdr *)(kernel_file + kernel_header()->e_phoff) + index;
}

static struct extent kernel_extent(void)
{
    struct extent extent = {UINT64_MAX, 0};
    for (u32 i = 0; i < kernel_header()->e_phnum; i++) {
        const Elf64_Phdr *segment = kernel_segment(i);
        if (segment->p_type != PT_LOAD)
            continue;
        extent.start = MIN(extent.start, segment->p_paddr);
        extent.end = MAX(extent.end, segment->p_paddr + segment->p_memsz);
    }
    return extent;
}

static EFI_STATUS place(struct application *app, struct extent extent, paddr_t *base)
{
    UINTN pages = ALIGN_UP(extent.end - extent.start, PAGE_SIZE) / PAGE_SIZE;
    *base = extent.start;
    if (!EFI_ERROR(app->services->AllocatePages(AllocateAddress, EfiLoaderCode, pages, base)))
        return EFI_SUCCESS;
    /* With room to align; what stays unused is of a loader's type, so the kernel gets it as RAM. */
    *base = UINT32_MAX;
    EFI_STATUS status = app->services->AllocatePages(AllocateMaxAddress, EfiLoaderCode,
                                                     pages + LARGE_PAGE / PAGE_SIZE - 1, base);
    *base = ALIGN_UP(*base, LARGE_PAGE);
    return status;
}

static void copy_segment(struct application *app, const Elf64_Phdr *segment, paddr_t to)
{
    app->services->CopyMem((void *)to, (void *)(kernel_file + segment->p_offset),
                           segment->p_filesz);
    app->services->SetMem((void *)(to + segment->p_filesz), segment->p_memsz - segment->p_filesz,
                          0);
}

/* The entry as a physical address. The ELF header gives it in the same terms as p_vaddr; one that
 * lies in no segment by that measure is taken as physical already. */
static paddr_t kernel_entry_physical(void)
{
    u64 entry = kernel_header()->e_entry;
    for (u32 i = 0; i < kernel_header()->e_phnum; i++) {
        const Elf64_Phdr *segment = kernel_segment(i);
        if (segment->p_type == PT_LOAD && entry - segment->p_vaddr < segment->p_memsz)
            return entry - segment->p_vaddr + segment->p_paddr;
    }
    return entry;
}

EFI_STATUS kernel_image_load(struct application *app, paddr_t *entry)
{
    struct extent extent = kernel_extent();
    paddr_t base, entry_physical = kernel_entry_physical();
    if (entry_physical < extent.start || entry_physical >= extent.end)
        return application_fail(app, EFI_LOAD_ERROR, L"the kernel inside this file is damaged");
    EFI_STATUS status = place(app, extent, &base);
    if (EFI_ERROR(status))
        return application_fail(app, status, L"no room for the kernel below 4 GiB");
    for (u32 i = 0; i < kernel_header()->e_phnum; i++)
        if (kernel_segment(i)->p_type == PT_LOAD)
            copy_segment(app, kernel_segment(i), base + kernel_segment(i)->p_paddr - extent.start);
    *entry = base + entry_physical - extent.start;
    return EFI_SUCCESS;
}
