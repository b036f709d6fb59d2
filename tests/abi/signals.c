/* SPDX-License-Identifier: MIT */
/*
 * rt_sigaction, rt_sigprocmask, sigaltstack: what is set is what is told, and what is refused.
 * The delivery of signals is tested elsewhere.
 */
#include "tests/abi/check.h"

#include <signal.h>
#include <string.h>

#define SET_SIZE   8 /* of the kernel's sigset_t */
#define SIGNAL(n)  (1UL << ((n)-1))
#define SA_RESTORE 0x04000000 /* SA_RESTORER of asm/signal.h */

/* struct sigaction as the kernel has it (asm/signal.h), which differs from the C library's. */
struct kernel_sigaction {
    uintptr_t handler;
    unsigned long flags;
    uintptr_t restorer;
    uint64_t mask;
};

struct kernel_stack {
    uintptr_t base;
    int flags;
    size_t size;
};

static struct kernel_sigaction action;
static struct kernel_sigaction old;
static uint64_t set;
static uint64_t old_set;
static char stack_memory[65536] __attribute__((aligned(16)));

static void test_action_errors(void)
{
    long new = (long)&action;
    struct call_case cases[] = {
        {"action of signal 0", __NR_rt_sigaction, {0, 0, (long)&old, SET_SIZE}, -EINVAL},
        {"action of signal 65", __NR_rt_sigaction, {65, 0, (long)&old, SET_SIZE}, -EINVAL},
        {"action of signal -1", __NR_rt_sigaction, {-1, 0, (long)&old, SET_SIZE}, -EINVAL},
        {"action with another set size", __NR_rt_sigaction, {SIGUSR1, 0, (long)&old, 4}, -EINVAL},
        {"SIGKILL cannot be caught", __NR_rt_sigaction, {SIGKILL, new, 0, SET_SIZE}, -EINVAL},
        {"nothing to restart", __NR_restart_syscall, {0}, -EINTR},
        {"SIGSTOP cannot be caught", __NR_rt_sigaction, {SIGSTOP, new, 0, SET_SIZE}, -EINVAL},
        {"SIGKILL can be asked", __NR_rt_sigaction, {SIGKILL, 0, (long)&old, SET_SIZE}, 0},
        {"signal 64 can be asked", __NR_rt_sigaction, {64, 0, (long)&old, SET_SIZE}, 0},
        {"neither new nor old", __NR_rt_sigaction, {SIGUSR1, 0, 0, SET_SIZE}, 0},
        {"action from nowhere",
         __NR_rt_sigaction,
         {SIGUSR1, (long)KERNEL_ADDRESS, 0, SET_SIZE},
         -EFAULT},
        {"action into nowhere",
         __NR_rt_sigaction,
         {SIGUSR1, 0, (long)KERNEL_ADDRESS, SET_SIZE},
         -EFAULT},
    };

    CHECK_CALLS(cases);
}

static void test_action(void)
{
    memset(&old, 0x55, sizeof(old));
    check_result("ask an action", call(__NR_rt_sigaction, SIGUSR1, NULL, &old, SET_SIZE), 0);
    check("it is the default", old.handler == 0 && old.flags == 0 && old.mask == 0);
    action = (struct kernel_sigaction){
        .handler = (uintptr_t)test_action,
        .flags = SA_RESTORE | SA_ONSTACK | SA_SIGINFO | SA_RESTART | SA_NODEFER,
        .restorer = (uintptr_t)test_action_errors,
        .mask = ~0UL,
    };
    check_result("set it", call(__NR_rt_sigaction, SIGUSR1, &action, &old, SET_SIZE), 0);
    check("what was there is told", old.handler == 0);
    check_result("set another",
                 call(__NR_rt_sigaction, SIGUSR1, &(struct kernel_sigaction){0}, &old, SET_SIZE),
                 0);
    check("handler and restorer are told",
          old.handler == action.handler && old.restorer == action.restorer);
    check("flags are told", old.flags == action.flags);
    check("SIGKILL and SIGSTOP left the mask", old.mask == ~(SIGNAL(SIGKILL) | SIGNAL(SIGSTOP)));
    action = (struct kernel_sigaction){.handler = 1 /* SIG_IGN */, .flags = SA_RESTORE};
    check_result("ignore SIGPIPE", call(__NR_rt_sigaction, SIGPIPE, &action, NULL, SET_SIZE), 0);
    call(__NR_rt_sigaction, SIGPIPE, NULL, &old, SET_SIZE);
    check("it is ignored", old.handler == 1);
    call(__NR_rt_sigaction, SIGUSR2, NULL, &old, SET_SIZE);
    check("other signals are as before", old.handler == 0);
}

static uint64_t mask_now(void)
{
    uint64_t now = ~0UL;

    call(__NR_rt_sigprocmask, SIG_BLOCK, NULL, &now, SET_SIZE);
    return now;
}

static void test_mask(void)
{
    check("nothing is blocked at the start", mask_now() == 0);
    set = SIGNAL(SIGUSR1) | SIGNAL(SIGKILL) | SIGNAL(SIGSTOP) | SIGNAL(64);
    check_result("SIG_BLOCK", call(__NR_rt_sigprocmask, SIG_BLOCK, &set, &old_set, SET_SIZE), 0);
    check("the old mask is told", old_set == 0);
    check("SIGKILL and SIGSTOP are not blocked", mask_now() == (SIGNAL(SIGUSR1) | SIGNAL(64)));
    set = SIGNAL(SIGUSR2) | SIGNAL(SIGUSR1);
    check_result("SIG_BLOCK adds", call(__NR_rt_sigprocmask, SIG_BLOCK, &set, NULL, SET_SIZE), 0);
    check("to what was there", mask_now() == (SIGNAL(SIGUSR1) | SIGNAL(SIGUSR2) | SIGNAL(64)));
    set = SIGNAL(SIGUSR1) | SIGNAL(SIGHUP);
    check_result("SIG_UNBLOCK", call(__NR_rt_sigprocmask, SIG_UNBLOCK, &set, NULL, SET_SIZE), 0);
    check("takes away", mask_now() == (SIGNAL(SIGUSR2) | SIGNAL(64)));
    set = SIGNAL(SIGTERM);
    check_result("SIG_SETMASK", call(__NR_rt_sigprocmask, SIG_SETMASK, &set, &set, SET_SIZE), 0);
    check("new and old may be one place", set == (SIGNAL(SIGUSR2) | SIGNAL(64)));
    check("sets all", mask_now() == SIGNAL(SIGTERM));
    set = 0;
    call(__NR_rt_sigprocmask, SIG_SETMASK, &set, NULL, SET_SIZE);
}

static void test_mask_errors(void)
{
    long kernel = (long)KERNEL_ADDRESS;
    struct call_case cases[] = {
        {"mask with a bad how", __NR_rt_sigprocmask, {99, (long)&set, 0, SET_SIZE}, -EINVAL},
        {"bad how without a set", __NR_rt_sigprocmask, {99, 0, (long)&old_set, SET_SIZE}, 0},
        {"mask of another size", __NR_rt_sigprocmask, {SIG_BLOCK, (long)&set, 0, 4}, -EINVAL},
        {"mask from nowhere", __NR_rt_sigprocmask, {SIG_BLOCK, kernel, 0, SET_SIZE}, -EFAULT},
        {"mask into nowhere", __NR_rt_sigprocmask, {SIG_BLOCK, 0, kernel, SET_SIZE}, -EFAULT},
    };

    CHECK_CALLS(cases);
}

static void test_stack_calls(void)
{
    uintptr_t base = (uintptr_t)stack_memory;
    struct kernel_stack good = {base, 0, sizeof(stack_memory)};
    struct kernel_stack small = {base, 0, 2047};
    struct kernel_stack bad = {base, 0x40, sizeof(stack_memory)};
    struct kernel_stack off = {base, SS_DISABLE, 5};
    struct kernel_stack now = {1, 1, 1};
    struct call_case cases[] = {
        {"ask the stack", __NR_sigaltstack, {0, (long)&now}, 0},
        {"neither new nor old", __NR_sigaltstack, {0, 0}, 0},
        {"a stack that is too small", __NR_sigaltstack, {(long)&small, 0}, -ENOMEM},
        {"a bad flag", __NR_sigaltstack, {(long)&bad, 0}, -EINVAL},
        {"stack from nowhere", __NR_sigaltstack, {(long)KERNEL_ADDRESS, 0}, -EFAULT},
        {"stack into nowhere", __NR_sigaltstack, {0, (long)KERNEL_ADDRESS}, -EFAULT},
        {"set the stack", __NR_sigaltstack, {(long)&good, 0}, 0},
    };

    CHECK_CALLS(cases);
    check("there was none", now.base == 0 && now.flags == SS_DISABLE && now.size == 0);
    check_result("turn it off", call(__NR_sigaltstack, &off, &now), 0);
    check("it was what was set", now.base == base && now.flags == 0 && now.size == good.size);
    call(__NR_sigaltstack, NULL, &now);
    check("off means none", now.base == 0 && now.flags == SS_DISABLE && now.size == 0);
}

/* sigaltstack(new, old) made while the stack pointer lies in the middle of stack_memory. */
static long sigaltstack_on_it(const void *new, void *previous)
{
    char *middle = stack_memory + sizeof(stack_memory) / 2;
    long result = __NR_sigaltstack;

    __asm__ volatile("mov %%rsp, %%rbx\n\t"
                     "mov %[middle], %%rsp\n\t"
                     "syscall\n\t"
                     "mov %%rbx, %%rsp"
                     : "+a"(result)
                     : [middle] "r"(middle), "D"(new), "S"(previous)
                     : "rbx", "rcx", "r11", "memory");
    return result;
}

static void test_on_stack(void)
{
    struct kernel_stack good = {(uintptr_t)stack_memory, 0, sizeof(stack_memory)};
    struct kernel_stack off = {0, SS_DISABLE, 0};
    struct kernel_stack now = {1, 77, 1};

    check_result("set the stack again", call(__NR_sigaltstack, &good, NULL), 0);
    check_result("ask it from upon it", sigaltstack_on_it(NULL, &now), 0);
    check("it knows", now.flags == SS_ONSTACK && now.base == good.base);
    check_result("no change from upon it", sigaltstack_on_it(&off, NULL), -EPERM);
    check_result("turn it off at last", call(__NR_sigaltstack, &off, NULL), 0);
}

int main(void)
{
    test_action_errors();
    test_action();
    test_mask();
    test_mask_errors();
    test_stack_calls();
    test_on_stack();
    return check_finish();
}
