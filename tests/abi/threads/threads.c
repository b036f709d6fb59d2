/* SPDX-License-Identifier: MIT */
/* Threads by clone; threads.h says more. */
#include "tests/abi/threads/threads.h"

#include <linux/futex.h>

#include "tests/abi/check.h"

/* The child finds function and argument on its stack, since it shares nothing else of its own. */
long clone_and_call(uint64_t flags, void *stack, void *parent_tid, void *child_tid, uint64_t tls);
__asm__("clone_and_call: movq %rcx, %r10\n"
        "movl $56, %eax\n"
        "syscall\n"
        "testq %rax, %rax\n"
        "jnz 1f\n"
        "xorl %ebp, %ebp\n"
        "popq %rax\n"
        "popq %rdi\n"
        "call *%rax\n"
        "movq %rax, %rdi\n"
        "movl $60, %eax\n"
        "syscall\n"
        "1: ret\n");

long thread_clone(uint64_t flags, void *stack_top, void *parent_tid, void *child_tid, uint64_t tls,
                  long (*function)(void *), void *argument)
{
    uint64_t *stack = (uint64_t *)((uintptr_t)stack_top & -16UL) - 2;

    stack[0] = (uint64_t)function;
    stack[1] = (uint64_t)argument;
    return clone_and_call(flags, stack, parent_tid, child_tid, tls);
}

static long thread_run(void *argument)
{
    struct thread *thread = argument;

    thread->result = thread->function(thread->argument);
    return 0;
}

bool thread_begin(struct thread *thread, long (*function)(void *), void *argument)
{
    *thread = (struct thread){.function = function, .argument = argument};
    thread->stack = pages_map(THREAD_STACK / PAGE);
    long tid = thread_clone(THREAD_FLAGS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
                            thread->stack + THREAD_STACK, &thread->tid, &thread->tid, 0, thread_run,
                            thread);
    thread->own_tid = (int)tid;
    return tid > 0;
}

long thread_join(struct thread *thread)
{
    int tid;

    while ((tid = __atomic_load_n(&thread->tid, __ATOMIC_ACQUIRE)) != 0)
        call(__NR_futex, &thread->tid, FUTEX_WAIT, tid, NULL);
    call(__NR_munmap, thread->stack, THREAD_STACK);
    return thread->result;
}
