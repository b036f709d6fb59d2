/* SPDX-License-Identifier: MIT */
/*
 * A thread's memory comes from above: the scheduler needs no mm. mm/thread_memory.c defines these.
 */
#ifndef KERNEL_CORE_THREAD_MEMORY_H
#define KERNEL_CORE_THREAD_MEMORY_H

struct thread;

/* A zeroed thread with its kernel stack (stack_top set), or NULL. */
struct thread *thread_memory_alloc(void);
void thread_memory_free(struct thread *thread);

/* Give back what was freed and kept, once it is much. Threads, no spinlock held. */
void thread_memory_trim(void);

#endif
