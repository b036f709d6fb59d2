/* SPDX-License-Identifier: MIT */
/*
 * Threads for the programs of tests/abi, made by clone itself, so that the C library is not in between:
 * these threads share its thread-local storage with whoever made them, and call nothing that needs it
 * (`call`, check). Those that need it are workers (workers.h).
 */
#ifndef TESTS_ABI_THREADS_H
#define TESTS_ABI_THREADS_H

#include <linux/sched.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/abi/threads/watch.h"

#define THREAD_FLAGS \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
#define THREAD_STACK (64UL << 10)

struct thread {
    long (*function)(void *);
    void *argument;
    int tid;     /* set before the thread is made; 0 as soon as it has ended: a futex */
    int own_tid; /* what it is or was */
    long result; /* what the function returned */
    char *stack;
};

/* Begin a thread that runs function(argument). False: it could not be made. */
bool thread_begin(struct thread *thread, long (*function)(void *), void *argument);

/* Wait until it has ended, with its memory returned; what its function returned. */
long thread_join(struct thread *thread);

/* clone(2) with any flags and a stack on which the child calls function(argument), and ends. */
long thread_clone(uint64_t flags, void *stack_top, void *parent_tid, void *child_tid, uint64_t tls,
                  long (*function)(void *), void *argument);

#endif
