/* SPDX-License-Identifier: MIT */
/*
 * Memory that one thread maps, unmaps, protects, moves and replaces while others use it: as soon as the call
 * is over, each of them sees what it did, on whichever processor: a fault or the new data, never the old.
 *
 *     thread_memory [ROUNDS]
 *
 * A counter says what state the memory is in. Whoever finds it the same before and behind an access, and not
 * in between two states, knows what the access must have found.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define USERS     3
#define RW        (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define LARGE     (2UL << 20)
#define FAULT     (-77L) /* what an access that faults finds */
#define ANY       (-78L)

static unsigned rounds = 40;
static char *place, *other_place; /* where it happens; each of some pages */

/* ---- Accesses ---------------------------------------------------------------------------------*/

long access_read(const void *address);
long access_write(void *address, long value);
extern char access_read_at[], access_read_end[], access_write_at[], access_write_end[];
__asm__("access_read:\n"
        "access_read_at: movq (%rdi), %rax\n"
        "access_read_end: ret\n"
        "access_write: movq %rsi, %rax\n"
        "access_write_at: movq %rsi, (%rdi)\n"
        "access_write_end: ret\n");

static void on_fault(int number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    greg_t at = registers[REG_RIP];

    (void)info;
    if (at != (greg_t)access_read_at && at != (greg_t)access_write_at)
        call(__NR_exit_group, 100 + number);
    registers[REG_RIP] =
        at == (greg_t)access_read_at ? (greg_t)access_read_end : (greg_t)access_write_end;
    registers[REG_RAX] = FAULT;
}

/* ---- The race ---------------------------------------------------------------------------------*/

struct race {
    const char *name;
    void (*to_second)(long value); /* `place` comes into its second state */
    void (*to_first)(long value);  /* and back into the first */
    long second, first;            /* what is found there: FAULT, a value, or `value` (ANY) */
    bool writes;                   /* the users write, instead of reading */
};

static volatile unsigned long generation; /* of four each: first, changing, second, changing */
static volatile long value_now;
static volatile unsigned seen;
static volatile int over, wrong;
static const struct race *race;

static long expected_in(unsigned long at)
{
    long expected = at % 4 == 0 ? race->first : race->second;

    return expected == ANY ? value_now : expected;
}

static void *user(void *argument)
{
    (void)argument;
    for (unsigned i = 0; !over; i++) {
        unsigned long before = generation;
        long expected = expected_in(before);
        long found = race->writes ? access_write(place, 5) : access_read(place);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (before == generation && before % 2 == 0) {
            wrong += found != expected;
            seen++;
        }
        if (i % 16 == 0)
            sched_yield();
    }
    return NULL;
}

static void wait_until_seen(void)
{
    seen = 0;
    while (seen == 0)
        sched_yield();
}

static void step(void (*change)(long value), long value)
{
    generation++;
    value_now = value;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    change(value);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    generation++;
    wait_until_seen();
}

static void race_run(const struct race *which)
{
    pthread_t users[USERS];

    race = which;
    over = wrong = 0;
    generation = 0;
    value_now = 1;
    race->to_first(1);
    for (int i = 0; i < USERS; i++)
        pthread_create(&users[i], NULL, user, NULL);
    for (unsigned i = 1; i <= rounds; i++) {
        step(race->to_second, 2 * i);
        step(race->to_first, 2 * i + 1);
    }
    over = 1;
    for (int i = 0; i < USERS; i++)
        pthread_join(users[i], NULL);
    check_result(race->name, wrong, 0);
}

/* ---- Changes ----------------------------------------------------------------------------------*/

static void map_fresh(long value)
{
    call(__NR_mmap, place, 4 * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0);
    *(volatile long *)place = value;
}

static void unmap(long value)
{
    (void)value;
    call(__NR_munmap, place, 4 * PAGE);
}

static void protect_none(long value)
{
    (void)value;
    call(__NR_mprotect, place, PAGE, PROT_NONE);
}

static void protect_read(long value)
{
    (void)value;
    call(__NR_mprotect, place, PAGE, PROT_READ);
}

static void protect_write(long value)
{
    (void)value;
    call(__NR_mprotect, place, PAGE, RW);
}

/* A page that is complete before anybody sees it there. */
static void replace(long value)
{
    char *page = pages_map(1);

    *(volatile long *)page = value;
    call(__NR_mremap, page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, place);
}

static void drop(long value)
{
    (void)value;
    call(__NR_madvise, place, PAGE, MADV_DONTNEED);
}

static void write_value(long value)
{
    *(volatile long *)place = value;
}

static void move_away(long value)
{
    (void)value;
    call(__NR_mremap, place, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, other_place);
}

/* Nothing but zeros, until the first write. */
static void map_untouched(long value)
{
    (void)value;
    call(__NR_mmap, place, PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0);
}

static int file = -1;

/* The file's page, until the first write. */
static void map_file(long value)
{
    (void)value;
    call(__NR_mmap, place, PAGE, RW, MAP_PRIVATE | MAP_FIXED, file, 0);
}

static void truncate_file(long value)
{
    (void)value;
    call(__NR_ftruncate, file, 0);
}

static void fill_file(long value)
{
    call(__NR_pwrite64, file, &value, sizeof(value), 0);
    call(__NR_mmap, place, PAGE, RW, MAP_SHARED | MAP_FIXED, file, 0);
}

/* A large page that is whole, and one that has a hole where the users look. */
static void map_large(long value)
{
    call(__NR_mmap, place, LARGE, RW, ANONYMOUS | MAP_FIXED, -1, 0);
    *(volatile long *)(place + 5 * PAGE) = 1;
    *(volatile long *)place = value;
}

static void unmap_first(long value)
{
    (void)value;
    call(__NR_munmap, place, PAGE);
}

static void unmap_large(long value)
{
    (void)value;
    call(__NR_munmap, place, LARGE);
}

static const struct race races[] = {
    {"unmapped, or mapped anew", unmap, map_untouched, FAULT, 0, false},
    {"PROT_NONE, or readable", protect_none, protect_write, FAULT, 1, false},
    {"read-only, or writable", protect_read, protect_write, FAULT, 5, true},
    {"replaced by another page", replace, replace, ANY, ANY, false},
    {"dropped, or written", drop, write_value, 0, ANY, false},
    {"moved away, or back", move_away, replace, FAULT, ANY, false},
    {"zeros, or what was written to them", map_untouched, write_value, 0, ANY, false},
    {"a file's page, or what was written to it", map_file, write_value, 123456, ANY, false},
    {"a file that is cut off, or filled", truncate_file, fill_file, FAULT, ANY, false},
    {"a hole in a large page", unmap_first, map_large, FAULT, ANY, false},
    {"a large page", unmap_large, map_large, FAULT, ANY, false},
};

/* The first state must hold before the first round. */
static void races_run(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(races); i++) {
        call(__NR_munmap, place, LARGE);
        map_fresh(1);
        race_run(&races[i]);
    }
    call(__NR_munmap, place, LARGE);
}

/* ---- Faults of all at once --------------------------------------------------------------------*/

#define STORM_PAGES 512UL
#define STORMERS    4

static char *storm;
static pthread_barrier_t together;

/* Every thread touches every page, each in an order of its own. */
static void *storm_touch(void *argument)
{
    long number = (long)argument;

    for (unsigned round = 0; round < 1 + rounds / 50; round++) {
        pthread_barrier_wait(&together);
        for (unsigned long i = 0; i < STORM_PAGES; i++) {
            unsigned long page = (i * 167 + (unsigned long)number * 31) % STORM_PAGES;
            __atomic_add_fetch((long *)(storm + page * PAGE), 1, __ATOMIC_RELAXED);
        }
        pthread_barrier_wait(&together);
        if (number != 0)
            continue;
        for (unsigned long i = 0; i < STORM_PAGES; i++)
            wrong += *(long *)(storm + i * PAGE) != STORMERS;
        call(__NR_munmap, storm, STORM_PAGES * PAGE);
        call(__NR_mmap, storm, STORM_PAGES * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0);
    }
    return NULL;
}

/* Each maps, fills, checks and unmaps memory of its own. */
static void *storm_map(void *argument)
{
    for (unsigned i = 0; i < rounds; i++) {
        long *pages = (long *)call(__NR_mmap, 0, 16 * PAGE, RW, ANONYMOUS, -1, 0);
        for (int j = 0; j < 16; j++) {
            wrong += pages[j * 512] != 0;
            pages[j * 512] = (long)argument;
        }
        for (int j = 0; j < 16; j++)
            wrong += pages[j * 512] != (long)argument;
        call(__NR_munmap, pages, 16 * PAGE);
    }
    return NULL;
}

/* Counts in a large page of which another thread makes small ones and holes elsewhere. */
static void *storm_count(void *argument)
{
    volatile long *word = (volatile long *)(storm + (1 + (unsigned long)argument) * 16);

    for (long i = 1; !over; i++) {
        *word = i;
        wrong += *word != i;
        if (i % 64 == 0)
            sched_yield();
    }
    return NULL;
}

static void storm_all(void *(*function)(void *))
{
    pthread_t threads[STORMERS];

    wrong = 0;
    for (long i = 0; i < STORMERS; i++)
        pthread_create(&threads[i], NULL, function, (void *)i);
    if (function == storm_count) {
        for (unsigned i = 0; i < rounds; i++) {
            call(__NR_mprotect, storm + (16 + i % 400) * PAGE, PAGE, i % 2 ? PROT_READ : RW);
            call(__NR_madvise, storm + (16 + i * 7 % 400) * PAGE, PAGE, MADV_DONTNEED);
        }
        over = 1;
    }
    for (int i = 0; i < STORMERS; i++)
        pthread_join(threads[i], NULL);
}

static void storms_run(void)
{
    pthread_barrier_init(&together, NULL, STORMERS);
    storm = other_place + LARGE;
    call(__NR_mmap, storm, STORM_PAGES * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0);
    storm_all(storm_touch);
    check_result("four threads fault on the same pages", wrong, 0);
    storm_all(storm_map);
    check_result("and on their own", wrong, 0);
    over = 0;
    memset(storm, 0, LARGE);
    storm_all(storm_count);
    check_result("a large page is split while it is used", wrong, 0);
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    long content = 123456;

    if (argc > 1)
        rounds = (unsigned)strtoul(argv[1], NULL, 10);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    file = (int)call(__NR_memfd_create, "file", 0);
    call(__NR_pwrite64, file, &content, sizeof(content), 0);
    place = (char *)(((uintptr_t)pages_map_apart(4 * LARGE / PAGE) + LARGE - 1) & -LARGE);
    other_place = place + LARGE;
    races_run();
    storms_run();
    return check_finish();
}
