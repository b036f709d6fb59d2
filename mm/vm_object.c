/* SPDX-License-Identifier: MIT */
/*
 * References of objects, the list of mappings that show them, and the object behind a boot module.
 *
 * Lock order: a space's lock, then mappings_lock. vm_object_unmap_pages goes the other way, so it
 * only tries the spaces' locks and starts again when one is taken: what it does twice does no harm.
 * A mapping seen under mappings_lock keeps its space alive: aspace_fini takes its mappings out of
 * the list before the space goes.
 */
#include "mm/vm_object.h"

#include <asm/errno.h>

#include "arch/mmu.h"
#include "kernel/lib/string.h"
#include "mm/aspace_internal.h"
#include "mm/heap.h"
#include "mm/page.h"

void vm_object_init(struct vm_object *object, const struct vm_object_ops *ops)
{
    object->ops = ops;
    object->refs = 1;
    spin_init(&object->mappings_lock);
    list_init(&object->mappings);
}

void vm_object_get(struct vm_object *object)
{
    __atomic_add_fetch(&object->refs, 1, __ATOMIC_RELAXED);
}

void vm_object_put(struct vm_object *object)
{
    if (object && __atomic_sub_fetch(&object->refs, 1, __ATOMIC_ACQ_REL) == 0)
        object->ops->destroy(object);
}

/* Lock the space of `vma` in place of *held. False, with none held, when it is taken. */
static bool switch_space(struct aspace **held, const struct vma *vma)
{
    if (*held == vma->space)
        return true;
    if (*held)
        mutex_unlock(&(*held)->lock);
    *held = mutex_try(&vma->space->lock) ? vma->space : NULL;
    return *held != NULL;
}

/* False when a space's lock was taken. */
static bool try_unmap(struct vm_object *object, u64 first, u64 last, bool copies)
{
    struct aspace *held = NULL;
    struct vma *vma;
    bool ok = true;
    spin_lock(&object->mappings_lock);
    list_for_each_entry(vma, &object->mappings, object_link)
    {
        ok = switch_space(&held, vma);
        if (!ok)
            break;
        /* With its space locked the mapping stays in the list. */
        spin_unlock(&object->mappings_lock);
        aspace_drop_object_pages_locked(vma, first, last, copies);
        spin_lock(&object->mappings_lock);
    }
    spin_unlock(&object->mappings_lock);
    if (held)
        mutex_unlock(&held->lock);
    return ok;
}

void vm_object_unmap_pages(struct vm_object *object, u64 first, u64 last, bool copies)
{
    while (!list_empty(&object->mappings) && !try_unmap(object, first, last, copies))
        sched_yield();
}

struct vm_memory {
    struct vm_object object;
    paddr_t base;
    u64 size; /* bytes */
};

/* A page that the memory does not hold whole or aligned: a copy, with zeros after the end. */
static int memory_copy_page(const struct vm_memory *memory, u64 offset, struct vm_page *out)
{
    struct page *page = page_alloc(0);
    if (!page)
        return -ENOMEM;
    u64 length = MIN(PAGE_SIZE, memory->size - offset);
    u8 *to = page_address(page);
    memcpy(to, phys_to_virt(memory->base + offset), length);
    memset(to + length, 0, PAGE_SIZE - length);
    *out = (struct vm_page){.physical = page_physical(page), .kind = VM_PAGE_FRESH};
    return 0;
}

/* There is no shared page of it: a shared mapping that may be written is nothing for this object. */
static int memory_page(struct vm_object *object, u64 index, bool write, struct vm_page *out)
{
    struct vm_memory *memory = container_of(object, struct vm_memory, object);
    u64 offset = index << PAGE_SHIFT;
    if (offset >= memory->size || write)
        return -EFAULT;
    u64 whole_pages = (memory->size - offset) >> PAGE_SHIFT;
    if (whole_pages == 0 || !IS_ALIGNED(memory->base, PAGE_SIZE))
        return memory_copy_page(memory, offset, out);
    *out = (struct vm_page){.physical = memory->base + offset,
                            .run = MIN(whole_pages, 0xffffffffUL),
                            .before = MIN(index, 0xffffffffUL),
                            .kind = VM_PAGE_BORROWED};
    return 0;
}

static void memory_destroy(struct vm_object *object)
{
    kfree(container_of(object, struct vm_memory, object));
}

static const struct vm_object_ops memory_ops = {.page = memory_page, .destroy = memory_destroy};

struct vm_object *vm_memory_create(paddr_t base, u64 size)
{
    struct vm_memory *memory = kmalloc(sizeof(*memory));
    if (!memory)
        return NULL;
    vm_object_init(&memory->object, &memory_ops);
    memory->base = base;
    memory->size = size;
    return &memory->object;
}
