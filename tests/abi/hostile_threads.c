/* SPDX-License-Identifier: MIT */
/*
 * Random system calls from eight threads at once, as tests/abi/hostile_calls.c makes them from one; see
 * there for what it wants of the machine.
 *
 *     hostile_threads [SEED [COUNT [verbose|each]]]
 *
 * The threads begin with every round and end with it. They name each other in signals, wait and wake on the
 * same few words, map and unmap the same memory, and make threads that end at once. The first thread
 * watches: one that makes no progress gets a signal, which ends any call here; if that does not help, it
 * hangs, and the program fails. When the last of a round ends it wakes the first thread, which must not
 * learn of it from its clock.
 */
#include <linux/futex.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/abi/check.h"
#include "tests/abi/hostile/arguments.h"
#include "tests/abi/hostile/rounds.h"
#include "tests/abi/hostile/run.h"

#define PER_THREAD     (ROUND / HOSTILE_THREADS)
#define HANG_SECONDS   60
#define MANY           64 /* threads, of which the kernel keeps more stacks than it ever will later */
#define ROUNDS_TO_FILL 5 /* by then the kernel has what it keeps for later */

#define THREAD_FLAGS \
    (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)
#define MORE_FLAGS                                                                    \
    (CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | \
     CLONE_DETACHED | CLONE_PTRACE | CLONE_UNTRACED | CLONE_IO)

static struct hostile_run run;

static struct worker {
    unsigned progress; /* calls of this round, atomic */
    long last;         /* the number of the call made last */
} workers[HOSTILE_THREADS];

static int tids[HOSTILE_THREADS];
static uint32_t ended; /* threads of this round; a futex */

/* ---- Threads ----------------------------------------------------------------------------------*/

/* clone(2) with these arguments; the new thread calls `entry`, on the top of its stack, or ends at once. */
long clone_with(uint64_t flags, char *stack, void *parent_tid, void *child_tid, uint64_t tls,
                void (*entry)(void));
__asm__("clone_with: movq %rcx, %r10\n"
        "movl $56, %eax\n"
        "syscall\n"
        "testq %rax, %rax\n"
        "jnz 1f\n"
        "testq %r9, %r9\n"
        "jz 2f\n"
        "call *%r9\n"
        "2: movl $60, %eax\n"
        "xorl %edi, %edi\n"
        "syscall\n"
        "1: ret\n");

/* One that ends at once, with flags of all kinds. Its stack may be anywhere, so that it takes no signal. */
static void thread_try(void)
{
    static const uint64_t all = ~0UL, none;
    uint64_t flags = THREAD_FLAGS | (random_number() & MORE_FLAGS);
    char *stack = (char *)argument_make(ARG_BYTES_OUT, 1);

    if (random_below(8) == 0)
        flags ^= 1UL << (8 + random_below(24));
    if (!(flags & CLONE_THREAD)) /* a program that goes on here */
        return;
    call(__NR_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
    clone_with(flags, stack, (void *)argument_make(ARG_BYTES_OUT, 2),
               (void *)argument_make(ARG_BYTES_OUT, 3), random_number(), NULL);
    call(__NR_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
}

static void work(void)
{
    struct worker *worker = &workers[hostile_thread() - 1];

    for (unsigned made = 0; made < PER_THREAD; made++) {
        long number = call_make(run.each, run.verbose);
        if (number >= 0)
            worker->last = number;
        if (random_below(16) == 0)
            memory_touch();
        if (random_below(32) == 0)
            thread_try();
        if (random_below(64) == 0)
            round_go_home();
        __atomic_store_n(&worker->progress, made + 1, __ATOMIC_RELAXED);
    }
    if (__atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST) == HOSTILE_THREADS)
        call(__NR_futex, &ended, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
}

/* ---- The one that watches ---------------------------------------------------------------------*/

static bool all_ended(void)
{
    return __atomic_load_n(&ended, __ATOMIC_SEQ_CST) == HOSTILE_THREADS;
}

static void tell(const char *what, unsigned thread)
{
    char text[100];
    int length = snprintf(text, sizeof(text), "# thread %u %s: %u calls, the last was number %ld\n",
                          thread + 1, what, workers[thread].progress, workers[thread].last);

    call(__NR_write, 1, text, length);
}

/* Gives a signal to those that stand where they stood. */
static void nudge(unsigned *before)
{
    for (unsigned i = 0; i < HOSTILE_THREADS; i++) {
        unsigned progress = __atomic_load_n(&workers[i].progress, __ATOMIC_RELAXED);
        if (progress == before[i] && progress < PER_THREAD) {
            if (run.verbose)
                tell("waits", i);
            call(__NR_tgkill, 1, tids[i], HOSTILE_NUDGE);
        }
        before[i] = progress;
    }
}

/* Until all have ended, or for HANG_SECONDS after the last progress. */
static void watch(void)
{
    static const struct timespec second = {1, 0};
    unsigned before[HOSTILE_THREADS] = {0}, sum = 0, idle = 0;

    while (!all_ended()) {
        uint32_t seen = __atomic_load_n(&ended, __ATOMIC_SEQ_CST);
        if (seen == HOSTILE_THREADS)
            return;
        long result = call(__NR_futex, &ended, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, seen, &second);
        if (result == -ETIMEDOUT && all_ended() &&
            call(__NR_futex, &ended, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1) != 0)
            check("the last one wakes the first", false);
        nudge(before);
        unsigned now = 0;
        for (unsigned i = 0; i < HOSTILE_THREADS; i++)
            now += before[i];
        idle = now == sum ? idle + 1 : 0;
        sum = now;
        if (idle < HANG_SECONDS)
            continue;
        for (unsigned i = 0; i < HOSTILE_THREADS; i++)
            tell(before[i] < PER_THREAD ? "HANGS" : "has ended", i);
        call(__NR_exit_group, 3);
    }
}

static bool wait_for_end(int tid)
{
    static const struct timespec moment = {0, 1000000};

    for (unsigned tries = 0; call(__NR_tgkill, 1, tid, 0) != -ESRCH; tries++) {
        call(__NR_nanosleep, &moment, NULL);
        if (tries > 1000 * HANG_SECONDS)
            return false;
    }
    return true;
}

/* Until none of them is there any more, and no signal that came meanwhile. */
static void wait_for_ends(void)
{
    static const struct timespec none;
    static const uint64_t all = ~0UL;

    for (unsigned i = 0; i < HOSTILE_THREADS; i++)
        if (!wait_for_end(tids[i])) {
            tell("does not end", i);
            call(__NR_exit_group, 3);
        }
    while (call(__NR_rt_sigtimedwait, &all, NULL, &none, 8) > 0)
        ;
}

static void round_run(void)
{
    static const uint64_t all = ~0UL;

    round_furnish();
    call(__NR_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8);
    memset(workers, 0, sizeof(workers));
    ended = 0;
    for (unsigned i = 0; i < HOSTILE_THREADS; i++)
        if (clone_with(THREAD_FLAGS | CLONE_PARENT_SETTID, hostile_stack_top(i + 1), &tids[i], NULL,
                       0, work) < 0)
            call(__NR_exit_group, 4);
    watch();
    wait_for_ends();
    round_clean_up();
}

/* ---- Before the first round -------------------------------------------------------------------*/

static uint32_t may_end; /* a futex */

static void stay(void)
{
    while (__atomic_load_n(&may_end, __ATOMIC_SEQ_CST) == 0)
        call(__NR_futex, &may_end, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, NULL);
}

/* More threads at once than later, so that the kernel has what it keeps. */
static void many_come_and_go(void)
{
    static char stacks[MANY][1024] __attribute__((aligned(16)));
    static int many[MANY];

    for (unsigned i = 0; i < MANY; i++)
        if (clone_with(THREAD_FLAGS | CLONE_PARENT_SETTID, stacks[i] + sizeof(stacks[i]), &many[i],
                       NULL, 0, stay) < 0)
            call(__NR_exit_group, 4);
    __atomic_store_n(&may_end, 1, __ATOMIC_SEQ_CST);
    call(__NR_futex, &may_end, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, MANY);
    for (unsigned i = 0; i < MANY; i++)
        if (!wait_for_end(many[i]))
            call(__NR_exit_group, 3);
}

int main(int argc, char **argv)
{
    run = run_begin(argc, argv, 40000);
    if (machine_is_ours()) {
        rounds_begin(run.seed);
        threads_remember(tids, HOSTILE_THREADS);
        many_come_and_go();
        while (run_goes_on(&run)) {
            round_run();
            run_round_made(&run, ROUNDS_TO_FILL);
        }
    }
    run_end(&run, "hostile_threads");
}
