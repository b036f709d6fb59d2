/* SPDX-License-Identifier: MIT */
/*
 * Restartable sequences that end by their abort: a thread that spins inside one comes out when another thread
 * takes its processor, when a signal's handler runs, when it moves, or when membarrier asks for it. And the
 * number of the processor, which is always true.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/workers.h"

#include <linux/membarrier.h>
#include <linux/rseq.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/rseq.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

static struct rseq *area(void)
{
    return (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

extern char spin_begin[], spin_end[], spin_abort[];

static struct rseq_cs sequence __attribute__((aligned(32)));

/* Spins inside the sequence, also counting; comes back only by the abort. */
long spin(volatile uint64_t *descriptor, struct rseq_cs *value, atomic_int *inside);
__asm__(".text\n"
        "spin:\n"
        "    mov %rsi, (%rdi)\n"
        "spin_begin:\n"
        "    movl $1, (%rdx)\n"
        "    pause\n"
        "    jmp spin_begin\n"
        "spin_end:\n"
        "    .byte 0x0f, 0xb9, 0x3d\n" /* ud1, with the signature as its displacement */
        "    .long 0x53053053\n"
        "spin_abort:\n"
        "    mov $77, %eax\n"
        "    ret\n");

static atomic_int inside;

/* 77: it came out by the abort, and the descriptor is gone. */
static long spin_once(void)
{
    struct rseq *own = area();
    long result = spin((volatile uint64_t *)&own->rseq_cs, &sequence, &inside);
    return own->rseq_cs == 0 ? result : 1000;
}

static void pin(int tid, int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    sched_setaffinity(tid, sizeof(set), &set);
}

/* The processors that there are, as a program may have them. */
static int processors(void)
{
    return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

static long pinned_spin(struct worker *self)
{
    pin(0, (int)self->argument);
    return spin_once();
}

static void start_spinning(struct worker *worker, int cpu)
{
    inside = 0;
    worker_start(worker, pinned_spin, cpu);
    while (inside == 0)
        usleep(100);
}

/* We sleep and wake up on the processor that it has. */
static void test_preemption(void)
{
    struct worker worker;

    pin(0, 0);
    start_spinning(&worker, 0);
    usleep(1000);
    check_result("another thread takes the processor", worker_end(&worker), 77);
}

static long move_first(struct worker *self)
{
    while (inside == 0)
        usleep(100);
    pin((int)self->argument, processors() - 1);
    return 0;
}

static void test_move(void)
{
    struct worker worker;

    pin(0, 0);
    inside = 0;
    worker_start(&worker, move_first, call(__NR_gettid));
    check_result("it moves", spin_once(), 77);
    worker_end(&worker);
    check_result("and its number with it", area()->cpu_id, processors() - 1);
}

static uintptr_t interrupted_at;

static void on_alarm(int number, siginfo_t *info, void *context)
{
    ucontext_t *state = context;

    (void)number, (void)info;
    interrupted_at = (uintptr_t)state->uc_mcontext.gregs[REG_RIP];
}

/* The machine may be busy, and the sequence end before the signal comes: then once more. */
static bool seen_by_handler(void)
{
    struct itimerval soon = {{0, 0}, {0, 2000}};

    interrupted_at = 0;
    setitimer(ITIMER_REAL, &soon, NULL);
    if (spin_once() != 77)
        return false;
    while (interrupted_at == 0)
        usleep(100);
    return interrupted_at == (uintptr_t)spin_abort;
}

static void test_signal(void)
{
    struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};
    int tries = 0;

    sigaction(SIGALRM, &action, NULL);
    while (!seen_by_handler() && tries < 1000)
        tries++;
    check("a signal's handler sees where the sequence goes on", tries < 1000);
}

static atomic_int over, ended;

static long spin_until_over(struct worker *self)
{
    long result = 77;

    (void)self;
    while (!over && result == 77)
        result = spin_once();
    ended = 1;
    return result;
}

static long membarrier(int command, int flags, int cpu)
{
    return call(__NR_membarrier, command, flags, cpu);
}

/* On a processor of its own nothing else would let it end. */
static void end_by_membarrier(const char *name, int flags)
{
    struct worker worker;
    long result = 0;

    over = ended = inside = 0;
    worker_start(&worker, spin_until_over, 0);
    while (inside == 0)
        usleep(100);
    over = 1;
    for (int i = 0; !ended && result == 0; i++) {
        result = membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, flags, i % processors());
        usleep(100);
    }
    check(name, worker_end(&worker) == 77 && result == 0);
}

static void test_membarrier(void)
{
    membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0);
    end_by_membarrier("membarrier for all", 0);
    end_by_membarrier("and for each processor", MEMBARRIER_CMD_FLAG_CPU);
}

/* The number is the one that getcpu tells, wherever we are told to be. */
static void test_number(void)
{
    bool good = true;

    for (int i = 0; i < 20 * processors(); i++) {
        unsigned cpu = i % processors(), told = 1000;

        pin(0, (int)cpu);
        call(__NR_getcpu, &told, NULL, NULL);
        good = good && told == cpu && area()->cpu_id == cpu && area()->cpu_id_start == cpu;
    }
    check("the number is true", good);
}

/* A descriptor of another place is only taken away. */
static void test_outside(void)
{
    static struct rseq_cs other;

    other = sequence;
    other.start_ip += 1;
    other.post_commit_offset = 1;
    other.abort_ip = sequence.abort_ip;
    area()->rseq_cs = (uintptr_t)&other;
    while (area()->rseq_cs != 0)
        raise(SIGALRM);
    check("a descriptor of code that is not running goes", true);
    area()->flags = 0;
}

int main(void)
{
    sequence.start_ip = (uintptr_t)spin_begin;
    sequence.post_commit_offset = spin_end - spin_begin;
    sequence.abort_ip = (uintptr_t)spin_abort;
    if (!check("the C library has registered rseq", __rseq_size > 0))
        return check_finish();
    test_preemption();
    test_move();
    test_signal();
    test_membarrier();
    test_number();
    test_outside();
    return check_finish();
}
