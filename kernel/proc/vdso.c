/* SPDX-License-Identifier: MIT */
/*
 * An object of the image's own pages: the clock first, then the vDSO. They are lent like pages of a boot
 * module, so a program that writes to them gets copies of its own.
 */
#include "kernel/proc/vdso.h"

#include <asm/errno.h>
#include <asm/mman.h>

#include "arch/vdso.h"
#include "arch/vdso_time.h"
#include "kernel/lib/string.h"

static u64 code_size(void)
{
    return vdso_image_end - vdso_image_start;
}

static int vdso_page_at(struct vm_object *object, u64 index, bool write, struct vm_page *out)
{
    (void)object;
    (void)write; /* never mapped shared */
    if (index > code_size() / PAGE_SIZE)
        return -EFAULT;
    const u8 *page = index == 0 ? vdso_page.bytes : vdso_image_start + (index - 1) * PAGE_SIZE;
    *out =
        (struct vm_page){.physical = mmu_image_physical(page), .run = 1, .kind = VM_PAGE_BORROWED};
    return 0;
}

static bool vdso_present(struct vm_object *object, u64 index)
{
    (void)object;
    return index <= code_size() / PAGE_SIZE;
}

static const struct vm_object_ops vdso_ops = {.page = vdso_page_at, .present = vdso_present};

/* One reference of its own: it is there for good. */
static struct vm_object vdso_object = {
    .ops = &vdso_ops,
    .refs = 1,
    .mappings_lock = SPINLOCK_INIT(LOCK_MAPPINGS),
    .mappings = LIST_HEAD_INIT(vdso_object.mappings),
};

vaddr_t vdso_map(struct aspace *space)
{
    vaddr_t code = space->mmap_top - code_size(), clock = code - PAGE_SIZE, ignored;
    if (aspace_map(space, clock, PAGE_SIZE, PROT_READ, 0, PLACE_FIXED_UNUSED, &vdso_object, 0,
                   &ignored) != 0 ||
        aspace_map(space, code, code_size(), PROT_READ | PROT_EXEC, 0, PLACE_FIXED_UNUSED,
                   &vdso_object, PAGE_SIZE, &ignored) != 0)
        return 0;
    space->mmap_top = clock;
    return code;
}

const char *vdso_name(const struct vma *vma)
{
    if (vma->object != &vdso_object)
        return NULL;
    return vma->offset == 0 ? "[vvar]" : "[vdso]";
}

static int read_image(const struct image_source *source, u64 offset, void *buffer, size_t length)
{
    if (offset > source->size || length > source->size - offset)
        return -EIO;
    memcpy(buffer, vdso_image_start + offset, length);
    return 0;
}

bool vdso_source(const struct vm_object *object, struct image_source *out)
{
    *out = (struct image_source){.read = read_image, .size = code_size()};
    return object == &vdso_object;
}
