/* SPDX-License-Identifier: MIT */
/* What is to be seen of threads; watch.h says what each function does. */
#include "tests/abi/threads/watch.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/abi/check.h"

long file_read(const char *path, char *text, unsigned long size)
{
    long file = call(__NR_openat, AT_FDCWD, path, O_RDONLY);

    text[0] = '\0';
    if (file < 0)
        return file;
    long length = call(__NR_read, file, text, size - 1);
    call(__NR_close, file);
    text[length > 0 ? length : 0] = '\0';
    return length;
}

long thread_file_read(int tid, const char *name, char *text, unsigned long size)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/task/%d/%s", tid, name);
    return file_read(path, text, size);
}

/* Field `number` of the thread's stat, from 3 on, in `text`; NULL: there is no such thread. */
static const char *stat_field(int tid, int number, char *text, size_t size)
{
    if (thread_file_read(tid, "stat", text, size) <= 0)
        return NULL;
    const char *at = strrchr(text, ')'); /* field 2 is a name, which may have anything in it */
    for (int field = 2; field < number && at; field++)
        at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL;
    return at;
}

char thread_state(int tid)
{
    char text[1024];
    const char *state = stat_field(tid, 3, text, sizeof(text));

    return state ? *state : 0;
}

/* Twice in a row: a page fault may let it sleep for a moment, too. */
void thread_wait_asleep(int tid)
{
    for (int seen = 0; seen < 2;) {
        char state = thread_state(tid);
        if (state == 0)
            return;
        seen = state == 'S' ? seen + 1 : 0;
        milliseconds_sleep(1);
    }
}

long thread_priority(int tid)
{
    char text[1024];
    const char *priority = stat_field(tid, 18, text, sizeof(text));

    return priority ? strtol(priority, NULL, 10) : 999;
}

void thread_set_fifo(int tid, int priority)
{
    struct sched_param parameter = {priority};

    if (call(__NR_sched_setscheduler, tid, priority ? SCHED_FIFO : SCHED_OTHER, &parameter) != 0)
        check("a real-time priority for the test", false);
}

bool thread_status(int tid, const char *label, char *value, unsigned long size)
{
    char text[4096];

    if (thread_file_read(tid, "status", text, sizeof(text)) <= 0)
        return false;
    char *line = strstr(text, label);
    if (!line)
        return false;
    line += strlen(label);
    line += strspn(line, " \t");
    snprintf(value, size, "%.*s", (int)strcspn(line, "\n"), line);
    return true;
}

long thread_count(void)
{
    return status_kib("Threads:");
}

void thread_wait_count(long count)
{
    while (thread_count() != count)
        milliseconds_sleep(1);
}

long futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout,
           uint32_t *word2, uint32_t value3)
{
    return call(__NR_futex, word, operation, value, timeout, word2, value3);
}

void milliseconds_sleep(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};

    while (call(__NR_nanosleep, &time, &time) == -EINTR)
        ;
}

int64_t nanoseconds_now(void)
{
    struct timespec now;

    call(__NR_clock_gettime, CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000L + now.tv_nsec;
}

struct timespec time_from_now(int clock, long ns)
{
    struct timespec now;

    call(__NR_clock_gettime, clock, &now);
    now.tv_nsec += ns % 1000000000;
    now.tv_sec += ns / 1000000000 + now.tv_nsec / 1000000000;
    now.tv_nsec %= 1000000000;
    return now;
}
