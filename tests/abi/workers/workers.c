/* SPDX-License-Identifier: MIT */
/* Workers for tests; workers.h says what each function does. */
#include "tests/abi/workers/workers.h"
#include "tests/abi/check.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *run(void *argument)
{
    struct worker *worker = argument;

    worker->tid = (int)call(__NR_gettid);
    worker->result = worker->body(worker);
    return NULL;
}

void worker_start(struct worker *worker, long (*body)(struct worker *self), long argument)
{
    worker->tid = 0;
    worker->body = body;
    worker->argument = argument;
    if (pthread_create(&worker->thread, NULL, run, worker) != 0) {
        check("a thread for the test", false);
        call(__NR_exit_group, 2);
    }
    while (worker->tid == 0)
        usleep(100);
}

/* What follows the name in /proc/self/task/TID/stat; "": there is no such thread. */
static const char *stat_of(int tid, char *text, size_t size)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
    int file = open(path, O_RDONLY);
    ssize_t length = read(file, text, size - 1);
    close(file);
    text[length > 0 ? length : 0] = '\0';
    const char *end = strrchr(text, ')');
    return end ? end + 2 : "";
}

/* Twice in a row: a page fault may let it sleep for a moment, too. */
void thread_asleep(int tid)
{
    char text[512];

    for (int seen = 0; seen < 2;) {
        seen = *stat_of(tid, text, sizeof(text)) == 'S' ? seen + 1 : 0;
        usleep(1000);
    }
}

void worker_asleep(const struct worker *worker)
{
    thread_asleep(worker->tid);
}

long worker_end(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
    return worker->result;
}

long thread_priority(int tid)
{
    char text[512];
    const char *at = stat_of(tid, text, sizeof(text));

    for (int field = 3; field < 18 && at; field++)
        at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL;
    return at ? strtol(at, NULL, 10) : 999;
}

void thread_set_fifo(int tid, int priority)
{
    struct sched_param parameter = {priority};

    if (call(__NR_sched_setscheduler, tid, priority ? SCHED_FIFO : SCHED_OTHER, &parameter) != 0)
        check("a real-time priority for the test", false);
}

long futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout,
           uint32_t *word2, uint32_t value3)
{
    return call(__NR_futex, word, operation, value, timeout, word2, value3);
}

struct timespec time_from_now(int clock, long ns)
{
    struct timespec now;

    clock_gettime(clock, &now);
    now.tv_nsec += ns % 1000000000;
    now.tv_sec += ns / 1000000000 + now.tv_nsec / 1000000000;
    now.tv_nsec %= 1000000000;
    return now;
}
