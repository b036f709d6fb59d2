/* SPDX-License-Identifier: MIT */
/*
 * clone(2), as far as it makes threads. What can fail comes first; the new thread is known to its process
 * and complete before it is woken.
 */
#include <asm/errno.h>
#include <linux/sched.h>

#include "arch/usercopy.h"
#include "kernel/core/log.h"
#include "kernel/lib/string.h"
#include "kernel/proc/task.h"
#include "mm/page.h"

/* What makes a thread: it shares all that processes could have of their own. */
#define SHARED_BY_THREADS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
/* What threads may have on top; CLONE_DETACHED means nothing, CLONE_PTRACE only with a tracer, and
 * CLONE_SYSVSEM shares what no semaphore undoes yet. */
#define KNOWN_OF_THREADS                                                                          \
    (SHARED_BY_THREADS | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |                     \
     CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | CLONE_DETACHED | CLONE_PTRACE | CLONE_UNTRACED | \
     CLONE_IO)

/* Combinations that make no sense (Linux kernel/fork.c: copy_process). */
static long check_flags(u64 flags)
{
    if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
        return -EINVAL;
    if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
        return -EINVAL;
    if ((flags & CLONE_FS) && (flags & (CLONE_NEWNS | CLONE_NEWUSER)))
        return -EINVAL;
    if ((flags & CLONE_THREAD) && (flags & (CLONE_NEWUSER | CLONE_NEWPID | CLONE_PIDFD)))
        return -EINVAL;
    if ((flags & SHARED_BY_THREADS) != SHARED_BY_THREADS || (flags & ~(u64)KNOWN_OF_THREADS))
        return -ENOSYS;
    return 0;
}

/* The kernel's part of a thread may take a third of memory or so (Linux: an eighth). */
#define MEMORY_PER_THREAD (64 * KIB)

static bool too_many(struct process *process)
{
    return task_count(process) >= page_total_count() * PAGE_SIZE / MEMORY_PER_THREAD;
}

static void begin(void *argument)
{
    (void)argument;
    context_begin_copy();
}

/* What a new thread has from the one that made it. */
static void inherit(struct task *child, const struct clone_request *request)
{
    const struct task *parent = task_current();
    char name[PROCESS_NAME_MAX];
    task_name(parent, name);
    task_set_name(child, name);
    child->capabilities = parent->capabilities;
    child->wishes = parent->wishes;
    child->wishes.death_signal = 0;
    child->signals.blocked = parent->signals.blocked;
    child->io_priority = __atomic_load_n(&parent->io_priority, __ATOMIC_RELAXED);
    if (parent->resets_on_fork)
        task_reset_schedule(child);
    if (request->flags & CLONE_CHILD_CLEARTID)
        child->clear_child_tid = request->child_tid;
    context_copy_program(&child->thread->arch, request->stack);
    if (request->flags & CLONE_SETTLS)
        child->thread->arch.fs_base = request->tls;
}

/* The thread's number, where the program wants it; who gave a bad address does not get it. */
static void tell_number(const struct clone_request *request, int tid)
{
    if (request->flags & CLONE_PARENT_SETTID)
        (void)!usercopy_to(UPTR(request->parent_tid), &tid, sizeof(tid));
    if (request->flags & CLONE_CHILD_SETTID)
        (void)!usercopy_to(UPTR(request->child_tid), &tid, sizeof(tid));
}

long task_clone(const struct clone_request *request)
{
    struct process *process = process_current();
    long error = check_flags(request->flags);
    if (error != 0)
        return error;
    if ((request->flags & CLONE_SETTLS) && request->tls >= USER_LIMIT)
        return -EPERM;
    if (too_many(process))
        return -EAGAIN;
    sched_start_others();
    struct task *child = task_create(process, begin, NULL);
    if (!child)
        return -EAGAIN; /* as Linux says of a kernel stack that it cannot have */
    inherit(child, request);
    error = task_enter(child);
    if (error != 0) {
        task_discard(child);
        return error == -ENOMEM ? -EAGAIN : error;
    }
    /* From here on nothing can fail. */
    int tid = child->tid; /* the child may end before we look again */
    tell_number(request, tid);
    thread_wake(child->thread);
    return tid;
}
