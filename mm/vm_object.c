/* SPDX-License-Identifier: MIT */
/*
 * References of objects, and the list of mappings that show them.
 *
 * Lock order: a space's lock, then mappings_lock. vm_object_unmap_pages goes the other way, so it
 * only tries the spaces' locks and starts again when one is taken: what it does twice does no harm.
 * A mapping seen under mappings_lock keeps its space alive: aspace_fini takes its mappings out of
 * the list before the space goes.
 */
#include "mm/vm_object.h"

#include "kernel/core/refcount.h"
#include "mm/aspace_internal.h"

void vm_object_init(struct vm_object *object, const struct vm_object_ops *ops)
{
    object->ops = ops;
    object->refs = 1;
    object->number = 0;
    spin_init(&object->mappings_lock, LOCK_MAPPINGS);
    list_init(&object->mappings);
}

void vm_object_get(struct vm_object *object)
{
    ref_take(&object->refs);
}

void vm_object_put(struct vm_object *object)
{
    if (object && ref_drop(&object->refs))
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
    while (__atomic_load_n(&object->mappings.next, __ATOMIC_ACQUIRE) != &object->mappings &&
           !try_unmap(object, first, last, copies))
        sched_yield();
}
