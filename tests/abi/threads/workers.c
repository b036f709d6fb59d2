/* SPDX-License-Identifier: MIT */
/* Workers for tests; workers.h says what each function does. */
#include "tests/abi/threads/workers.h"
#include "tests/abi/check.h"

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

void worker_asleep(const struct worker *worker)
{
    thread_wait_asleep(worker->tid);
}

long worker_end(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
    return worker->result;
}
