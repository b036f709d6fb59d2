/* SPDX-License-Identifier: MIT */
/*
 * clone and clone3 as far as they make threads: what the flags do, and which of them are refused.
 *
 * Here only flags are tried that make no process on Linux: those that neither clone nor fork would accept,
 * and those of threads.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/threads.h"

#include <asm/prctl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static char stack[THREAD_STACK] __attribute__((aligned(16)));
static char *const stack_top = stack + sizeof(stack);

/* ---- What is refused --------------------------------------------------------------------------*/

#define CLEAR_SIGHAND 0x100000000UL

static void test_flags(void)
{
    struct call_case cases[] = {
        {"a thread without handlers of the process",
         __NR_clone,
         {CLONE_THREAD | CLONE_VM},
         -EINVAL},
        {"a thread without memory of the process",
         __NR_clone,
         {CLONE_THREAD | CLONE_SIGHAND},
         -EINVAL},
        {"handlers without memory", __NR_clone, {CLONE_SIGHAND | SIGCHLD}, -EINVAL},
        {"a folder shared in another tree", __NR_clone, {CLONE_FS | CLONE_NEWNS}, -EINVAL},
        {"a folder shared by another user", __NR_clone, {CLONE_FS | CLONE_NEWUSER}, -EINVAL},
        {"a thread of another user", __NR_clone, {THREAD_FLAGS | CLONE_NEWUSER}, -EINVAL},
        {"a thread in another name space", __NR_clone, {THREAD_FLAGS | CLONE_NEWPID}, -EINVAL},
        {"a thread with a pidfd where its number goes",
         __NR_clone,
         {THREAD_FLAGS | CLONE_PIDFD | CLONE_PARENT_SETTID},
         -EINVAL},
    };

    CHECK_CALLS(cases);
    check_result("a thread whose storage is the kernel's",
                 call(__NR_clone, THREAD_FLAGS | CLONE_SETTLS, stack_top, 0, 0, KERNEL_ADDRESS),
                 -EPERM);
}

static long clone3_with(struct clone_args arguments, size_t size)
{
    return call(__NR_clone3, &arguments, size);
}

static void check_clone3(const char *name, struct clone_args arguments, long expected)
{
    check_result(name, clone3_with(arguments, sizeof(arguments)), expected);
}

static void test_clone3_arguments(void)
{
    static char longer[4200];
    struct clone_args thread = {
        .flags = THREAD_FLAGS, .stack = (uint64_t)stack, .stack_size = 4096};
    struct clone_args a = thread;

    check_result("clone3 of too little", clone3_with(thread, 56), -EINVAL);
    check_result("clone3 of nothing", clone3_with(thread, 0), -EINVAL);
    check_result("clone3 of too much", call(__NR_clone3, longer, 4097), -E2BIG);
    longer[sizeof(thread)] = 1;
    check_result("clone3 of what comes later", call(__NR_clone3, longer, sizeof(thread) + 8),
                 -E2BIG);
    check_result("clone3 from nowhere", call(__NR_clone3, 0, sizeof(thread)), -EFAULT);
    a.exit_signal = SIGCHLD;
    check_clone3("a thread with an exit signal", a, -EINVAL);
    a = thread;
    a.flags |= SIGCHLD;
    check_clone3("an exit signal among the flags", a, -EINVAL);
    a = thread;
    a.flags |= CLONE_DETACHED;
    check_clone3("CLONE_DETACHED", a, -EINVAL);
    a = thread;
    a.flags |= 1UL << 40;
    check_clone3("a flag that nobody knows", a, -EINVAL);
    a = thread;
    a.flags |= CLEAR_SIGHAND;
    check_clone3("handlers shared and cleared", a, -EINVAL);
    a = thread;
    a.stack_size = 0;
    check_clone3("a stack without a size", a, -EINVAL);
    a = thread;
    a.stack = 0;
    check_clone3("a size without a stack", a, -EINVAL);
    a = thread;
    a.stack = KERNEL_ADDRESS;
    check_clone3("a stack in the kernel", a, -EINVAL);
    a = thread;
    a.stack_size = -a.stack;
    check_clone3("a stack to the end of all addresses", a, -EINVAL);
    a = thread;
    a.set_tid_size = 1;
    check_clone3("no numbers but a count of them", a, -EINVAL);
    a = thread;
    a.set_tid_size = 33;
    a.set_tid = (uint64_t)longer;
    check_clone3("too many numbers", a, -EINVAL);
    a = (struct clone_args){.flags = CLONE_VM, .exit_signal = 65};
    check_clone3("an exit signal that is none", a, -EINVAL);
}

/* ---- What they do -----------------------------------------------------------------------------*/

static volatile int child_tid, parent_tid, seen_tid, seen_pid, release;
static volatile uint64_t seen_fs;

static long child(void *argument)
{
    (void)argument;
    uint64_t base = 0;
    seen_tid = (int)call(__NR_gettid);
    seen_pid = (int)call(__NR_getpid);
    call(__NR_arch_prctl, ARCH_GET_FS, &base);
    seen_fs = base;
    while (!release)
        call(__NR_sched_yield);
    return 0;
}

/* Wait for the end of one without CLONE_CHILD_CLEARTID. */
static void wait_gone(int tid)
{
    while (call(__NR_tgkill, call(__NR_getpid), tid, 0) == 0)
        call(__NR_sched_yield);
}

static long begin(uint64_t flags, uint64_t tls)
{
    child_tid = parent_tid = seen_tid = seen_pid = release = 0;
    seen_fs = 0;
    return thread_clone(flags, stack_top, (void *)&parent_tid, (void *)&child_tid, tls, child,
                        NULL);
}

static void test_numbers(void)
{
    long tid = begin(THREAD_FLAGS | CLONE_PARENT_SETTID, 0);

    check("clone gives a new number", tid > 1 && tid != call(__NR_getpid));
    check_result("which is where the parent wants it", parent_tid, tid);
    check_result("and not where it was not asked", child_tid, 0);
    release = 1;
    wait_gone((int)tid);
    check_result("the thread knows it, too", seen_tid, tid);
    check_result("its process is ours", seen_pid, call(__NR_getpid));
    tid = begin(THREAD_FLAGS | CLONE_CHILD_SETTID, 0);
    while (seen_tid == 0)
        call(__NR_sched_yield);
    check_result("CLONE_CHILD_SETTID", child_tid, tid);
    check_result("without CLONE_PARENT_SETTID", parent_tid, 0);
    release = 1;
    wait_gone((int)tid);
    check_result("its number is not cleared", child_tid, tid);
}

static void test_clear(void)
{
    long tid = begin(THREAD_FLAGS | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, 0);

    while (seen_tid == 0)
        call(__NR_sched_yield);
    release = 1;
    while (child_tid != 0)
        call(__NR_futex, &child_tid, FUTEX_WAIT, tid, NULL);
    check("CLONE_CHILD_CLEARTID clears and wakes", true);
    wait_gone((int)tid);
}

static void test_bad_addresses(void)
{
    char *bad = page_protected(0);

    release = 1;
    seen_tid = 0;
    long tid = thread_clone(THREAD_FLAGS | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, stack_top,
                            bad, bad, 0, child, NULL);
    check("numbers for nowhere are lost", tid > 0);
    wait_gone((int)tid);
    check_result("the thread ran", seen_tid, tid);
}

static void test_storage(void)
{
    static uint64_t area[64] __attribute__((aligned(64)));
    uint64_t own = 0;

    call(__NR_arch_prctl, ARCH_GET_FS, &own);
    long tid = begin(THREAD_FLAGS | CLONE_SETTLS, (uint64_t)area);
    release = 1;
    wait_gone((int)tid);
    check("CLONE_SETTLS", seen_fs == (uint64_t)area);
    uint64_t now = 0;
    call(__NR_arch_prctl, ARCH_GET_FS, &now);
    check("ours is as it was", now == own);
    tid = begin(THREAD_FLAGS, (uint64_t)area);
    release = 1;
    wait_gone((int)tid);
    check("without it the storage is shared", seen_fs == own);
}

/* What others use: musl and Go. */
static void test_flags_of_others(void)
{
    static const struct {
        const char *name;
        uint64_t flags;
    } known[] = {
        {"the flags of glibc",
         THREAD_FLAGS | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID},
        {"the flags of musl",
         THREAD_FLAGS | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_DETACHED},
        {"the flags of Go", THREAD_FLAGS},
        {"the flags of old ones", THREAD_FLAGS & ~(uint64_t)CLONE_SYSVSEM},
        {"untraced, with IO", THREAD_FLAGS | CLONE_UNTRACED | CLONE_IO | CLONE_PTRACE},
        {"a signal that is not sent", THREAD_FLAGS | SIGCHLD},
    };
    static uint64_t area[64] __attribute__((aligned(64)));

    for (size_t i = 0; i < ARRAY_LENGTH(known); i++) {
        long tid = begin(known[i].flags, (uint64_t)area);
        check(known[i].name, tid > 0);
        release = 1;
        wait_gone((int)tid);
    }
}

/* The new thread runs on stack + stack_size, from where its function and argument are popped. */
static void test_clone3(void)
{
    struct clone_args arguments = {
        .flags = THREAD_FLAGS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID,
        .stack = (uint64_t)stack,
        .stack_size = sizeof(stack) - 256,
        .parent_tid = (uint64_t)&parent_tid,
        .child_tid = (uint64_t)&child_tid,
    };
    long result;

    release = 1;
    seen_tid = 0;
    child_tid = 0;
    parent_tid = 0;
    /* The child ends at once: it must not come back on our frame. */
    __asm__ volatile("syscall\n"
                     "testq %%rax, %%rax\n"
                     "jnz 1f\n"
                     "xorl %%edi, %%edi\n"
                     "call *%%rbx\n"
                     "movl $60, %%eax\n"
                     "xorl %%edi, %%edi\n"
                     "syscall\n"
                     "1:\n"
                     : "=a"(result)
                     : "a"(__NR_clone3), "D"(&arguments), "S"(sizeof(arguments)), "b"(child)
                     : "rcx", "r11", "memory");
    check("clone3", result > 0);
    wait_gone((int)result);
    check_result("its number", parent_tid, result);
    check_result("the thread ran", seen_tid, result);
    check_result("and ended", child_tid, 0);
}

static long give_address(void *argument)
{
    return call(__NR_set_tid_address, argument);
}

static void test_set_tid_address(void)
{
    static volatile int word = 5;
    struct thread thread;

    thread_begin(&thread, give_address, (void *)&word);
    int tid = thread.own_tid;
    while (word != 0)
        call(__NR_futex, &word, FUTEX_WAIT, 5, NULL);
    check_result("set_tid_address", thread.result, tid);
    check_result("the address before is left alone", thread.tid, tid);
    wait_gone(tid);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    test_flags();
    test_clone3_arguments();
    test_numbers();
    test_clear();
    test_bad_addresses();
    test_storage();
    test_flags_of_others();
    test_clone3();
    test_set_tid_address();
    return check_finish();
}
