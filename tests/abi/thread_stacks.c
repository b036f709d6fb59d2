/* SPDX-License-Identifier: MIT */
/*
 * Alternate stacks of threads, and what runtimes do on them: each thread has its own and begins without
 * one, stacks grow page by page by a handler or by the kernel, and a collector's pages are opened by the
 * handler of the thread that touches them.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/threads.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#define THREADS 4
#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31) /* linux/signal.h */
#endif
#define OTHER_STACK (64UL << 10)

static int pid;
static char *other_stacks[THREADS + 1];

static long stack_set(const void *memory, unsigned long size, unsigned int flags)
{
    stack_t stack = {.ss_sp = (void *)memory, .ss_flags = (int)flags, .ss_size = size};

    return call(__NR_sigaltstack, &stack, NULL);
}

static stack_t stack_now(void)
{
    stack_t stack = {0};

    call(__NR_sigaltstack, NULL, &stack);
    return stack;
}

static void handle(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

    sigaction(number, &action, NULL);
}

static bool is_on(const void *stack, const void *address)
{
    return (const char *)address > (const char *)stack &&
           (const char *)address <= (const char *)stack + OTHER_STACK;
}

static volatile int arrived;

/* All threads, at once. */
static void meet(int count)
{
    __atomic_add_fetch(&arrived, 1, __ATOMIC_SEQ_CST);
    while (arrived < count)
        call(__NR_sched_yield);
}

/* ---- Each its own -----------------------------------------------------------------------------*/

static long begins_without(void *argument)
{
    stack_t stack = stack_now();

    (void)argument;
    return stack.ss_flags == SS_DISABLE && stack.ss_size == 0 && stack.ss_sp == NULL;
}

static volatile int inside_good;

/* Leaves only when all threads are in it. */
static void on_usr1(int number, siginfo_t *info, void *context)
{
    int local;
    stack_t stack = stack_now();
    ucontext_t *frame = context;

    (void)number, (void)info;
    meet(THREADS);
    if (is_on(stack.ss_sp, &local) && stack.ss_flags == SS_ONSTACK &&
        frame->uc_stack.ss_sp == stack.ss_sp && frame->uc_stack.ss_size == OTHER_STACK)
        __atomic_add_fetch(&inside_good, 1, __ATOMIC_SEQ_CST);
}

static long all_inside(void *index)
{
    long error = stack_set(other_stacks[(long)index], OTHER_STACK, 0);

    call(__NR_tkill, call(__NR_gettid), SIGUSR1);
    return error == 0 && stack_now().ss_sp == other_stacks[(long)index] &&
           stack_now().ss_flags == 0;
}

static void test_own(void)
{
    struct thread threads[THREADS];
    int good = 0;

    stack_set(other_stacks[THREADS], OTHER_STACK, 0);
    thread_begin(&threads[0], begins_without, NULL);
    check_result("a thread begins without an alternate stack", thread_join(&threads[0]), 1);
    check("its maker keeps its own", stack_now().ss_sp == other_stacks[THREADS]);
    handle(SIGUSR1, on_usr1, SA_ONSTACK);
    arrived = inside_good = 0;
    for (long i = 0; i < THREADS; i++)
        thread_begin(&threads[i], all_inside, (void *)i);
    for (int i = 0; i < THREADS; i++)
        good += (int)thread_join(&threads[i]);
    check_result("four threads set theirs", good, THREADS);
    check_result("and are on them at the same time", inside_good, THREADS);
    check("ours is still there", stack_now().ss_sp == other_stacks[THREADS]);
}

/* ---- While it is in use -----------------------------------------------------------------------*/

static long set_inside, took_inside, small_inside, flags_inside, nested_on;

static void on_nested(int number, siginfo_t *info, void *context)
{
    int local;

    (void)number, (void)info, (void)context;
    nested_on = is_on(other_stacks[0], &local);
}

static void on_busy(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info, (void)context;
    set_inside = stack_set(other_stacks[1], OTHER_STACK, 0);
    took_inside = stack_set(NULL, 0, SS_DISABLE);
    flags_inside = stack_now().ss_flags;
    call(__NR_tkill, call(__NR_gettid), SIGUSR2);
}

static long busy(void *argument)
{
    (void)argument;
    stack_set(other_stacks[0], OTHER_STACK, 0);
    call(__NR_tkill, call(__NR_gettid), SIGUSR1);
    return stack_set(NULL, 0, SS_DISABLE);
}

/* The stack is disarmed for the handler, which sets another one, and armed again behind it. */
static void on_disarmed(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info, (void)context;
    flags_inside = stack_now().ss_flags;
    set_inside = stack_set(other_stacks[1], OTHER_STACK, 0);
    call(__NR_tkill, call(__NR_gettid), SIGUSR2);
    took_inside = stack_now().ss_sp == other_stacks[1];
}

static long disarmed(void *argument)
{
    (void)argument;
    stack_set(other_stacks[0], OTHER_STACK, SS_AUTODISARM);
    call(__NR_tkill, call(__NR_gettid), SIGUSR1);
    stack_t stack = stack_now();
    small_inside = stack_set(other_stacks[0], 100, 0);
    return stack.ss_sp == other_stacks[0] && (unsigned int)stack.ss_flags == SS_AUTODISARM;
}

static void test_busy(void)
{
    struct thread thread;

    handle(SIGUSR1, on_busy, SA_ONSTACK);
    handle(SIGUSR2, on_nested, SA_ONSTACK);
    thread_begin(&thread, busy, NULL);
    check_result("afterwards it can be taken away", thread_join(&thread), 0);
    check_result("not while a handler is on it", took_inside, -EPERM);
    check_result("nor can another be set", set_inside, -EPERM);
    check_result("it is in use", flags_inside, SS_ONSTACK);
    check_result("a second handler goes on where the first is", nested_on, 1);
    handle(SIGUSR1, on_disarmed, SA_ONSTACK);
    thread_begin(&thread, disarmed, NULL);
    check_result("SS_AUTODISARM: it is back behind the handler", thread_join(&thread), 1);
    check_result("inside there is none", flags_inside, SS_DISABLE);
    check_result("so that one can be set", set_inside, 0);
    check_result("which is there until the handler returns", took_inside, 1);
    check_result("where a second handler goes", nested_on, 0);
    check_result("one that is too small", small_inside, -ENOMEM);
}

/* ---- A collector's pages ----------------------------------------------------------------------*/

#define HEAP_PAGES 64

static char *heap;
static volatile int faults, wrong_faults;

static void on_barrier(int number, siginfo_t *info, void *context)
{
    char *address = info->si_addr;
    int local;

    (void)number, (void)context;
    __atomic_add_fetch(&faults, 1, __ATOMIC_SEQ_CST);
    if (address < heap || address >= heap + HEAP_PAGES * PAGE || info->si_code != SEGV_ACCERR ||
        !is_on(stack_now().ss_sp, &local)) {
        __atomic_add_fetch(&wrong_faults, 1, __ATOMIC_SEQ_CST);
        call(__NR_exit_group, 3);
    }
    call(__NR_mprotect, (uintptr_t)address & -PAGE, PAGE, PROT_READ | PROT_WRITE);
}

/* Adds one to a word of each page of the heap, which the first thread to come opens. */
static long mutator(void *index)
{
    long count = 0;

    stack_set(other_stacks[(long)index], OTHER_STACK, 0);
    for (int round = 0; round < 10; round++) {
        meet(THREADS * (2 * round + 1));
        for (int page = 0; page < HEAP_PAGES; page++) {
            __atomic_add_fetch((int *)(heap + page * PAGE), 1, __ATOMIC_SEQ_CST);
            count++;
        }
        meet(THREADS * (2 * round + 2));
        if ((long)index == 0)
            call(__NR_mprotect, heap, HEAP_PAGES * PAGE, round % 2 ? PROT_READ : PROT_NONE);
    }
    return count;
}

static void test_collector(void)
{
    struct thread threads[THREADS];
    long count = 0, sum = 0;

    heap = pages_map_apart(HEAP_PAGES);
    handle(SIGSEGV, on_barrier, SA_ONSTACK);
    call(__NR_mprotect, heap, HEAP_PAGES * PAGE, PROT_NONE);
    arrived = faults = wrong_faults = 0;
    for (long i = 0; i < THREADS; i++)
        thread_begin(&threads[i], mutator, (void *)i);
    for (int i = 0; i < THREADS; i++)
        count += thread_join(&threads[i]);
    call(__NR_mprotect, heap, HEAP_PAGES * PAGE, PROT_READ);
    for (int page = 0; page < HEAP_PAGES; page++)
        sum += *(int *)(heap + page * PAGE);
    check_result("four threads write to closed pages", count, 10L * THREADS * HEAP_PAGES);
    check_result("nothing is lost", sum, count);
    check("each page was opened each time", faults >= 10 * HEAP_PAGES && wrong_faults == 0);
    call(__NR_munmap, heap, HEAP_PAGES * PAGE);
}

/* ---- Stacks that grow -------------------------------------------------------------------------*/

#define DEEP_PAGES 96

static char *deep[THREADS];
static volatile int grown;

/* The page of the stack that is missing. */
static void on_overflow(int number, siginfo_t *info, void *context)
{
    char *address = info->si_addr;
    ucontext_t *frame = context;
    int local, index;

    (void)number;
    for (index = 0; index < THREADS; index++)
        if (address >= deep[index] && address < deep[index] + DEEP_PAGES * PAGE)
            break;
    if (index == THREADS || !is_on(other_stacks[index], &local) ||
        labs(frame->uc_mcontext.gregs[REG_RSP] - (long)address) > 2 * (long)PAGE)
        call(__NR_exit_group, 4);
    call(__NR_mprotect, (uintptr_t)address & -PAGE, PAGE, PROT_READ | PROT_WRITE);
    __atomic_add_fetch(&grown, 1, __ATOMIC_SEQ_CST);
}

/* A call for each half page. */
static __attribute__((noinline)) long descend(long depth)
{
    volatile char room[PAGE / 2];

    room[0] = (char)depth;
    room[sizeof(room) - 1] = 1;
    return depth == 0 ? 0 : descend(depth - 1) + room[sizeof(room) - 1];
}

/* On a stack of its own, of which `open` pages are there, on the thread that is to run on it. */
static long on_deep_stack(void *index)
{
    long result;

    stack_set(other_stacks[(long)index], OTHER_STACK, 0);
    __asm__ volatile("movq %%rsp, %%rbx\n"
                     "movq %1, %%rsp\n"
                     "movq %2, %%rdi\n"
                     "call *%3\n"
                     "movq %%rbx, %%rsp\n"
                     : "=a"(result)
                     : "r"(deep[(long)index] + DEEP_PAGES * PAGE), "r"(2L * DEEP_PAGES - 40),
                       "r"(descend)
                     : "rbx", "rdi", "rsi", "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
    return result;
}

static long descend_all(void)
{
    struct thread threads[THREADS];
    long sum = 0;

    for (long i = 0; i < THREADS; i++)
        thread_begin(&threads[i], on_deep_stack, (void *)i);
    for (int i = 0; i < THREADS; i++)
        sum += thread_join(&threads[i]);
    return sum;
}

static void test_growth(void)
{
    const long expected = THREADS * (2L * DEEP_PAGES - 40);

    handle(SIGSEGV, on_overflow, SA_ONSTACK);
    grown = 0;
    for (int i = 0; i < THREADS; i++) {
        deep[i] = pages_map_apart(DEEP_PAGES);
        call(__NR_mprotect, deep[i], (DEEP_PAGES - 1) * PAGE, PROT_NONE);
    }
    check_result("stacks that their threads' handlers open", descend_all(), expected);
    check("page by page", grown >= THREADS * (DEEP_PAGES - 24) && grown < THREADS * DEEP_PAGES);
    grown = 0;
    for (int i = 0; i < THREADS; i++) {
        call(__NR_munmap, deep[i], DEEP_PAGES * PAGE);
        call(__NR_mmap, deep[i] + (DEEP_PAGES - 1) * PAGE, PAGE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1, 0);
    }
    check_result("stacks that the kernel lets grow", descend_all(), expected);
    check_result("without a handler", grown, 0);
    for (int i = 0; i < THREADS; i++)
        call(__NR_munmap, deep[i], DEEP_PAGES * PAGE);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    pid = (int)call(__NR_getpid);
    for (int i = 0; i <= THREADS; i++)
        other_stacks[i] = pages_map(OTHER_STACK / PAGE);
    test_own();
    test_busy();
    test_collector();
    test_growth();
    stack_set(NULL, 0, SS_DISABLE);
    return check_finish();
}
