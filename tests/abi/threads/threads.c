/* SPDX-License-Identifier: MIT */
/* Threads by clone; threads.h says more. */
#include "tests/abi/threads/threads.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

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

static long file_read(int tid, const char *name, char *text, size_t size)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/task/%d/%s", tid, name);
    long file = call(__NR_openat, AT_FDCWD, path, O_RDONLY);
    if (file < 0)
        return file;
    long length = call(__NR_read, file, text, size - 1);
    call(__NR_close, file);
    text[length > 0 ? length : 0] = '\0';
    return length;
}

char thread_state(int tid)
{
    char text[1024];

    if (file_read(tid, "stat", text, sizeof(text)) <= 0)
        return 0;
    char *end = strrchr(text, ')');
    return end ? end[2] : 0;
}

void thread_wait_asleep(int tid)
{
    char state;

    while ((state = thread_state(tid)) != 'S' && state != 0)
        milliseconds_sleep(1);
}

bool thread_status(int tid, const char *label, char *value, unsigned long size)
{
    char text[4096];

    if (file_read(tid, "status", text, sizeof(text)) <= 0)
        return false;
    char *line = strstr(text, label);
    if (!line)
        return false;
    line += strlen(label);
    line += strspn(line, " \t");
    snprintf(value, size, "%.*s", (int)strcspn(line, "\n"), line);
    return true;
}

long thread_count(void)
{
    return status_kib("Threads:");
}

void thread_wait_count(long count)
{
    while (thread_count() != count)
        milliseconds_sleep(1);
}

void milliseconds_sleep(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};

    while (call(__NR_nanosleep, &time, &time) == -EINTR)
        ;
}

int64_t nanoseconds_now(void)
{
    struct timespec now;

    call(__NR_clock_gettime, CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000L + now.tv_nsec;
}
