/* SPDX-License-Identifier: MIT */
/*
 * Reference counts. Whoever has a reference may take another one; who drops the last one destroys the
 * object. A count that reached zero stays there.
 */
#ifndef KERNEL_CORE_REFCOUNT_H
#define KERNEL_CORE_REFCOUNT_H

#include "kernel/core/lock_debug.h"
#include "kernel/lib/types.h"

static inline void ref_take(u32 *refs)
{
    u32 count = __atomic_add_fetch(refs, 1, __ATOMIC_RELAXED);
    lock_debug_reference(count - 1);
}

/* True: it was the last one, and what the others did before is seen. */
static inline bool ref_drop(u32 *refs)
{
    u32 left = __atomic_sub_fetch(refs, 1, __ATOMIC_ACQ_REL);
    lock_debug_reference(left + 1);
    return left == 0;
}

#endif
