/* SPDX-License-Identifier: MIT */
/* What a thread costs: its structure, its kernel stack and, once it runs a program, an FPU area. */
#include "kernel/core/thread_memory.h"

#include "kernel/core/sched.h"
#include "mm/heap.h"
#include "mm/kmap.h"

struct thread *thread_memory_alloc(void)
{
    struct thread *thread = kzalloc(sizeof(*thread));
    if (!thread)
        return NULL;
    thread->stack_top = kstack_alloc();
    if (thread->stack_top == 0) {
        kfree(thread);
        return NULL;
    }
    return thread;
}

void thread_memory_free(struct thread *thread)
{
    kstack_free(thread->stack_top);
    kfree(thread->arch.fpu_area);
    kfree(thread);
}

void thread_memory_trim(void)
{
    kstack_trim();
}
