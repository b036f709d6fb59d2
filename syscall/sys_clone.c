/* SPDX-License-Identifier: MIT */
/* clone(2) and clone3(2): the arguments. The entry completes the frame and comes here. */
#include <asm/errno.h>
#include <linux/sched.h>

#include "arch/upcalls.h"
#include "arch/usercopy.h"
#include "kernel/core/log.h"
#include "kernel/lib/string.h"
#include "kernel/proc/task.h"
#include "syscall/decode.h"
#include "syscall/table.h"

#define EXIT_SIGNAL 0xffUL /* CSIGNAL: the low byte of clone's flags */

/* What is no thread is not there yet, and the log says so once. */
static long do_clone(const struct clone_request *request)
{
    long result = task_clone(request);
    return result == -ENOSYS ? sys_nosys() : result;
}

long arch_upcall_clone(u64 flags, uptr stack, uptr parent_tid, uptr child_tid, u64 tls)
{
    struct clone_request request = {
        .flags = (u32)flags & ~EXIT_SIGNAL,
        .stack = stack.addr,
        .tls = tls,
        .parent_tid = parent_tid.addr,
        .child_tid = child_tid.addr,
    };
    /* CLONE_PIDFD would have the descriptor where the number goes. */
    if ((request.flags & CLONE_PIDFD) && (request.flags & CLONE_PARENT_SETTID))
        return -EINVAL;
    return do_clone(&request);
}

/* Linux kernel/fork.c: clone3_args_valid and copy_clone_args_from_user. */
static long check_arguments(const struct clone_args *arguments)
{
    u64 known = 0xffffffffUL | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP;
    if ((arguments->flags & ~known) || (arguments->flags & (CLONE_DETACHED | EXIT_SIGNAL)))
        return -EINVAL;
    if (arguments->set_tid_size > 32 || (arguments->set_tid == 0) != (arguments->set_tid_size == 0))
        return -EINVAL;
    if (arguments->exit_signal > 64)
        return -EINVAL;
    if ((arguments->flags & (CLONE_SIGHAND | CLONE_CLEAR_SIGHAND)) ==
        (CLONE_SIGHAND | CLONE_CLEAR_SIGHAND))
        return -EINVAL;
    if ((arguments->flags & (CLONE_THREAD | CLONE_PARENT)) && arguments->exit_signal != 0)
        return -EINVAL;
    if ((arguments->stack == 0) != (arguments->stack_size == 0))
        return -EINVAL;
    if (arguments->stack > USER_LIMIT || arguments->stack_size > USER_LIMIT - arguments->stack)
        return -EINVAL;
    return arguments->set_tid != 0 || (arguments->flags & CLONE_INTO_CGROUP) ? -ENOSYS : 0;
}

long arch_upcall_clone3(uptr user, size_t size)
{
    struct clone_args arguments;
    if (size < CLONE_ARGS_SIZE_VER0)
        return -EINVAL;
    long error = decode_versioned(user, size, &arguments, sizeof(arguments));
    if (error == 0)
        error = check_arguments(&arguments);
    if (error != 0)
        return error == -ENOSYS ? sys_nosys() : error;
    struct clone_request request = {
        .flags = arguments.flags,
        .stack = arguments.stack + arguments.stack_size,
        .tls = arguments.tls,
        .parent_tid = arguments.parent_tid,
        .child_tid = arguments.child_tid,
    };
    return do_clone(&request);
}
