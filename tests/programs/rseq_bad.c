/* SPDX-License-Identifier: MIT */
/*
 * A restartable sequence with something wrong about it: SIGSEGV, also past a handler, as soon as the thread
 * is interrupted. The argument says what is wrong.
 */
#define _GNU_SOURCE
#include <linux/rseq.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/rseq.h>
#include <sys/time.h>
#include <unistd.h>

static struct rseq_cs sequence __attribute__((aligned(32)));
static const uint32_t signature[] = {RSEQ_SIG, 0};
static volatile int going = 1;

static void on_signal(int number)
{
    (void)number;
}

static uintptr_t spoil(const char *what)
{
    uintptr_t at = (uintptr_t)&sequence;

    sequence.start_ip = 0x10000;
    sequence.post_commit_offset = 0x10;
    sequence.abort_ip = (uintptr_t)&signature[1];
    if (strcmp(what, "signature") == 0)
        sequence.abort_ip--;
    else if (strcmp(what, "version") == 0)
        sequence.version = 1;
    else if (strcmp(what, "inside") == 0)
        sequence.start_ip = sequence.abort_ip - 4;
    else if (strcmp(what, "wraps") == 0)
        sequence.post_commit_offset = ~0UL - 0xf000;
    else if (strcmp(what, "kernel") == 0)
        sequence.abort_ip = 0xffffffff80000000;
    else if (strcmp(what, "nowhere") == 0)
        at = 0x20000;
    else
        sequence.start_ip = 0, sequence.post_commit_offset = 0; /* nothing: never inside */
    return at;
}

int main(int argc, char **argv)
{
    struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
    struct itimerval often = {{0, 1000}, {0, 1000}};
    struct sigaction action = {.sa_handler = on_signal};

    puts("before the fault");
    fflush(stdout);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
    area->rseq_cs = spoil(argc > 1 ? argv[1] : "");
    setitimer(ITIMER_REAL, &often, NULL);
    while (going && area->rseq_cs != 0)
        pause();
    puts("no fault");
    return 0;
}
