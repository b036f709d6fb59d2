/* SPDX-License-Identifier: MIT */
/* References of objects, and the object behind a boot module. */
#include "mm/vm_object.h"

#include <asm/errno.h>

#include "arch/mmu.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"
#include "mm/page.h"

void vm_object_get(struct vm_object *object)
{
    __atomic_add_fetch(&object->refs, 1, __ATOMIC_RELAXED);
}

void vm_object_put(struct vm_object *object)
{
    if (object && __atomic_sub_fetch(&object->refs, 1, __ATOMIC_ACQ_REL) == 0)
        object->ops->destroy(object);
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
    *out = (struct vm_page){.physical = page_physical(page), .run = 1};
    return 0;
}

static int memory_page(struct vm_object *object, u64 index, struct vm_page *out)
{
    struct vm_memory *memory = container_of(object, struct vm_memory, object);
    u64 offset = index << PAGE_SHIFT;
    if (offset >= memory->size)
        return -EFAULT;
    u64 whole_pages = (memory->size - offset) >> PAGE_SHIFT;
    if (whole_pages == 0 || !IS_ALIGNED(memory->base, PAGE_SIZE))
        return memory_copy_page(memory, offset, out);
    *out = (struct vm_page){
        .physical = memory->base + offset, .run = MIN(whole_pages, 0xffffffffUL), .borrowed = true};
    return 0;
}

static void memory_destroy(struct vm_object *object)
{
    kfree(container_of(object, struct vm_memory, object));
}

static const struct vm_object_ops memory_ops = {memory_page, memory_destroy};

struct vm_object *vm_memory_create(paddr_t base, u64 size)
{
    struct vm_memory *memory = kmalloc(sizeof(*memory));
    if (!memory)
        return NULL;
    *memory = (struct vm_memory){{&memory_ops, 1}, base, size};
    return &memory->object;
}
