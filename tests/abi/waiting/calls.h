/* SPDX-License-Identifier: MIT */
/* Every call here that can wait for ever, and what it waits for: for the programs that interrupt it. */
#ifndef TESTS_ABI_WAITING_CALLS_H
#define TESTS_ABI_WAITING_CALLS_H

#include <stdbool.h>
#include <stddef.h>

struct waiting {
    const char *name;
    long (*make)(void);
    void (*complete)(void); /* brings what it waits for; NULL: nothing does */
    long plain;             /* its result when a handler interrupts it */
    long restarted;         /* with SA_RESTART: when it is complete, unless that is no help */
    bool stop_ends;         /* a stop that has no handler ends it */
};

extern const struct waiting waiting_calls[];
extern const size_t waiting_count;

/* Go to a folder of our own and open what they need; SIGUSR1 is blocked from then on. False: that failed. */
bool waiting_begin(void);
void waiting_end(void);

/* Everything waits again. */
void waiting_reset(void);

/* Two of them, which wait for a second at most. */
long waiting_nanosleep(void);
long waiting_futex_timed(void);

#endif
