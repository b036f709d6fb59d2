/* SPDX-License-Identifier: MIT */
/*
 * What stress-ng does in processes, in threads: each stressor is one turn of work that knows what must come
 * out of it, and four threads make turns of it at the same time, for a while.
 *
 *     thread_stressors [HUNDREDTHS [NAME]]    how long each, in hundredths of a second (3); which (all)
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/threads.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4
#define BIT(n)  (1UL << ((n)-1))
#define RT(n)   (34 + (n)) /* beyond those of the C library */

struct worker {
    pthread_t thread;
    int index, tid;
    long turns, wrong;
    uint64_t random;
    int timer; /* of the stressor `timer`; -1: none yet */
};

static struct worker workers[THREADS];
static pthread_barrier_t barrier;
static volatile bool over;
static uint64_t all_processors;
static int pid;

static uint64_t next_random(struct worker *self)
{
    self->random ^= self->random << 13;
    self->random ^= self->random >> 7;
    self->random ^= self->random << 17;
    return self->random >> 11;
}

static struct worker *neighbour(const struct worker *self)
{
    return &workers[(self->index + 1) % THREADS];
}

/* ---- Processor --------------------------------------------------------------------------------*/

#define PRIMES_BELOW_5000 669

static bool cpu_sieve(struct worker *self)
{
    char composite[5000] = {0};
    int count = 0;

    (void)self;
    for (int i = 2; i < 5000; i++) {
        count += !composite[i];
        for (int k = 2 * i; k < 5000 && !composite[i]; k += i)
            composite[k] = 1;
    }
    return count == PRIMES_BELOW_5000;
}

/* The x87 and vector registers are each thread's own. */
static bool cpu_float(struct worker *self)
{
    double product[8][8], sum = 0;
    long double wide = 0;

    for (int i = 0; i < 8; i++)
        for (int k = 0; k < 8; k++) {
            product[i][k] = 0;
            for (int n = 0; n < 8; n++)
                product[i][k] += (double)(i + n) * (double)(n - k + self->index);
        }
    for (int i = 0; i < 64; i++)
        sum += product[i / 8][i % 8];
    for (int i = 1; i <= 300; i++)
        wide += (long double)i / 4 + self->index;
    /* The sums of (i + n) (n - k) and of i + n over 0 to 7 each. */
    return sum == 2688.0 + 3584.0 * self->index && wide == 300.0L * 301 / 8 + 300.0L * self->index;
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;

    return first < second ? -1 : first > second;
}

static bool cpu_sort(struct worker *self)
{
    uint64_t numbers[300], sum = 0;
    bool good = true;

    for (int i = 0; i < 300; i++)
        sum += numbers[i] = next_random(self);
    qsort(numbers, 300, sizeof(*numbers), compare_numbers);
    for (int i = 0; i < 300; i++) {
        sum -= numbers[i];
        good &= i == 0 || numbers[i - 1] <= numbers[i];
    }
    return good && sum == 0;
}

/* ---- Memory -----------------------------------------------------------------------------------*/

static char *map(size_t pages, int flags)
{
    char *area = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);

    return area == MAP_FAILED ? NULL : area;
}

static void fill(char *area, size_t pages, uint64_t tag)
{
    for (size_t i = 0; i < pages; i++)
        *(uint64_t *)(area + i * PAGE) = tag + i;
}

static bool is_filled(const char *area, size_t pages, uint64_t tag)
{
    for (size_t i = 0; i < pages; i++)
        if (*(const uint64_t *)(area + i * PAGE) != tag + i)
            return false;
    return true;
}

static bool is_zero(const char *area, size_t pages)
{
    for (size_t i = 0; i < pages; i++)
        if (*(const uint64_t *)(area + i * PAGE) != 0)
            return false;
    return true;
}

static bool memory_map(struct worker *self)
{
    size_t pages = 2 + next_random(self) % 60, part = 1 + next_random(self) % (pages - 1);
    char *area = map(pages, next_random(self) % 2 ? MAP_PRIVATE : MAP_SHARED);

    if (!area || !is_zero(area, pages))
        return false;
    fill(area, pages, self->random);
    bool good = munmap(area + part * PAGE, (pages - part) * PAGE) == 0;
    good &= is_filled(area, part, self->random);
    return munmap(area, part * PAGE) == 0 && good;
}

static bool memory_advice(struct worker *self)
{
    size_t pages = 8 + next_random(self) % 24, first = next_random(self) % 4;
    char *area = map(pages, MAP_PRIVATE);
    bool good = area;

    if (!area)
        return false;
    fill(area, pages, self->random);
    good &= madvise(area + first * PAGE, 2 * PAGE, MADV_DONTNEED) == 0;
    good &= is_zero(area + first * PAGE, 2) && is_filled(area, first, self->random);
    good &= is_filled(area + 6 * PAGE, pages - 6, self->random + 6);
    good &= madvise(area + 6 * PAGE, 2 * PAGE, MADV_FREE) == 0;
    for (size_t i = 6; i < 8; i++) {
        uint64_t value = *(uint64_t *)(area + i * PAGE);
        good &= value == 0 || value == self->random + i;
    }
    good &= madvise(area, pages * PAGE, MADV_WILLNEED) == 0;
    good &=
        madvise(area, pages * PAGE, next_random(self) % 2 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) == 0;
    return munmap(area, pages * PAGE) == 0 && good;
}

static bool memory_remap(struct worker *self)
{
    size_t pages = 1 + next_random(self) % 16, more = pages + 1 + next_random(self) % 16;
    uint64_t tag = self->random;
    char *area = map(pages, MAP_PRIVATE), *moved;

    if (!area)
        return false;
    fill(area, pages, tag);
    moved = mremap(area, pages * PAGE, more * PAGE, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED || !is_filled(moved, pages, tag) ||
        !is_zero(moved + pages * PAGE, more - pages))
        return false;
    area = map(more, MAP_PRIVATE);
    if (!area ||
        mremap(moved, more * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, area) != area)
        return false;
    bool good = is_filled(area, pages, tag) && is_zero(area + pages * PAGE, more - pages);
    return munmap(area, more * PAGE) == 0 && good;
}

static pthread_mutex_t break_lock = PTHREAD_MUTEX_INITIALIZER;

static bool memory_break(struct worker *self)
{
    size_t pages = 1 + next_random(self) % 16;

    pthread_mutex_lock(&break_lock);
    char *end = (char *)call(__NR_brk, 0);
    char *start = (char *)(((uintptr_t)end + PAGE - 1) & -PAGE);
    bool good = call(__NR_brk, start + pages * PAGE) == (long)(start + pages * PAGE);
    if (good) {
        good = is_zero(start, pages);
        fill(start, pages, self->random);
        good &= is_filled(start, pages, self->random);
        good &= call(__NR_brk, end) == (long)end;
    }
    pthread_mutex_unlock(&break_lock);
    return good;
}

static bool memory_protect(struct worker *self)
{
    size_t pages = 4 + next_random(self) % 12, chosen = next_random(self) % pages;
    char *area = map(pages, MAP_PRIVATE), *page = area + chosen * PAGE;

    if (!area)
        return false;
    fill(area, pages, self->random);
    bool good = mprotect(page, PAGE, PROT_READ) == 0 && !byte_writable(page + 8);
    good &= mprotect(page, PAGE, PROT_NONE) == 0 && !byte_readable(page);
    good &= mprotect(area, pages * PAGE, PROT_READ | PROT_WRITE) == 0;
    page[8] = 1;
    good &= is_filled(area, pages, self->random);
    return munmap(area, pages * PAGE) == 0 && good;
}

static bool memory_heap(struct worker *self)
{
    char *blocks[40];
    size_t sizes[40];
    bool good = true;

    for (int i = 0; i < 40; i++) {
        sizes[i] = 1 + next_random(self) % (i % 8 == 0 ? 200000 : 3000);
        blocks[i] = malloc(sizes[i]);
        memset(blocks[i], i + self->index, sizes[i] < 4000 ? sizes[i] : 4000);
        blocks[i][sizes[i] - 1] = (char)(i + self->index);
    }
    for (int i = 0; i < 40; i += 3) {
        size_t kept = sizes[i];
        sizes[i] += 5000;
        blocks[i] = realloc(blocks[i], sizes[i]);
        good &= blocks[i][kept - 1] == (char)(i + self->index);
        blocks[i][sizes[i] - 1] = (char)(i + self->index);
    }
    for (int i = 0; i < 40; i++) {
        good &= blocks[i][0] == (char)(i + self->index) &&
                blocks[i][sizes[i] - 1] == (char)(i + self->index);
        free(blocks[i]);
    }
    return good;
}

/* ---- Scheduler --------------------------------------------------------------------------------*/

static bool schedule_yield(struct worker *self)
{
    (void)self;
    for (int i = 0; i < 50; i++)
        if (sched_yield() != 0)
            return false;
    return true;
}

static bool schedule_policy(struct worker *self)
{
    static const int policies[] = {SCHED_BATCH, SCHED_IDLE, SCHED_FIFO, SCHED_RR, SCHED_OTHER};
    bool good = true;

    for (size_t i = 0; i < ARRAY_LENGTH(policies); i++) {
        int policy = policies[i];
        bool is_real = policy == SCHED_FIFO || policy == SCHED_RR;
        struct sched_param want = {is_real ? 1 + (int)(next_random(self) % 50) : 0}, have = {-1};
        good &= sched_setscheduler(self->tid, policy, &want) == 0;
        good &= sched_getscheduler(self->tid) == policy;
        good &= sched_getparam(self->tid, &have) == 0 && have.sched_priority == want.sched_priority;
        sched_yield();
    }
    return good;
}

static bool schedule_affinity(struct worker *self)
{
    uint64_t set = next_random(self) & all_processors, seen = 0;
    unsigned int processor = 0;

    set = set ? set : all_processors;
    bool good = call(__NR_sched_setaffinity, self->tid, sizeof(set), &set) == 0;
    for (int i = 0; i < 10; i++) {
        call(__NR_getcpu, &processor, NULL, NULL);
        good &= set >> processor & 1;
        sched_yield();
    }
    good &= call(__NR_sched_getaffinity, self->tid, sizeof(seen), &seen) == sizeof(seen);
    return call(__NR_sched_setaffinity, self->tid, sizeof(set), &all_processors) == 0 && good &&
           seen == set;
}

static bool schedule_nice(struct worker *self)
{
    int niceness = (int)(next_random(self) % 40) - 20;
    bool good = call(__NR_setpriority, PRIO_PROCESS, self->tid, niceness) == 0;

    good &= call(__NR_getpriority, PRIO_PROCESS, self->tid) == 20 - niceness;
    sched_yield();
    return call(__NR_setpriority, PRIO_PROCESS, self->tid, 0) == 0 && good;
}

/* ---- Futexes ----------------------------------------------------------------------------------*/

static uint32_t words[THREADS];

/* The neighbour's word is counted up and it is woken; ours is waited for, not too long. */
static bool futex_turns(struct worker *self)
{
    static const struct timespec wait = {0, 200000};
    uint32_t *own = &words[self->index], value = __atomic_load_n(own, __ATOMIC_ACQUIRE);
    uint32_t *other = &words[neighbour(self)->index];

    __atomic_add_fetch(other, 1, __ATOMIC_RELEASE);
    long woken = call(__NR_futex, other, FUTEX_WAKE_PRIVATE, 1);
    long waited = call(__NR_futex, own, FUTEX_WAIT_PRIVATE, value, &wait);
    return (woken == 0 || woken == 1) && (waited == 0 || waited == -EAGAIN || waited == -ETIMEDOUT);
}

static struct {
    pthread_mutex_t mutex;
    long first, second;
} guarded[3];

/* A normal mutex, one with inheritance, one that is robust. */
static bool futex_mutex(struct worker *self)
{
    bool good = true;

    for (int i = 0; i < 30; i++) {
        int kind = (int)(next_random(self) % 3);
        good &= pthread_mutex_lock(&guarded[kind].mutex) == 0;
        good &= guarded[kind].first == guarded[kind].second;
        guarded[kind].first++;
        if (i % 8 == 0)
            sched_yield();
        guarded[kind].second++;
        good &= pthread_mutex_unlock(&guarded[kind].mutex) == 0;
    }
    return good;
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static volatile long shared_first, shared_second;

static bool futex_rwlock(struct worker *self)
{
    bool good, writes = next_random(self) % 4 == 0;

    if (writes) {
        pthread_rwlock_wrlock(&rwlock);
        good = ++shared_first == shared_second + 1;
        sched_yield();
        shared_second++;
    } else {
        pthread_rwlock_rdlock(&rwlock);
        good = shared_first == shared_second;
    }
    return pthread_rwlock_unlock(&rwlock) == 0 && good;
}

/* ---- Signals ----------------------------------------------------------------------------------*/

static bool blocked_take(uint64_t set, siginfo_t *info, int number)
{
    struct timespec wait = {5, 0};

    return call(__NR_rt_sigtimedwait, &set, info, &wait, 8) == number;
}

static long queue_to(int tid, int number, int value)
{
    siginfo_t info = {.si_code = SI_QUEUE, .si_value.sival_int = value};

    return call(__NR_rt_tgsigqueueinfo, pid, tid, number, &info);
}

/* Three to ourselves, in order; meanwhile the neighbour gets one that it handles. */
static bool signal_queue(struct worker *self)
{
    siginfo_t info;
    bool good = true;

    for (int i = 0; i < 3; i++)
        good &= queue_to(self->tid, RT(0), i) == 0;
    good &= call(__NR_tgkill, pid, neighbour(self)->tid, SIGUSR1) == 0;
    for (int i = 0; i < 3; i++)
        good &= blocked_take(BIT(RT(0)), &info, RT(0)) && info.si_value.sival_int == i &&
                info.si_code == SI_QUEUE;
    return good;
}

static __thread sigjmp_buf back;
static __thread siginfo_t fault;

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    fault = *info;
    siglongjmp(back, 1);
}

static bool signal_segv(struct worker *self)
{
    volatile char *volatile nothing = (char *)(0x1000 + next_random(self) % 0xf000);

    if (sigsetjmp(back, 1) == 0) {
        *nothing = 1;
        return false;
    }
    return fault.si_signo == SIGSEGV && fault.si_addr == nothing && fault.si_code == SEGV_MAPERR;
}

static bool signal_fpe(struct worker *self)
{
    volatile int zero = 0, number = (int)(next_random(self) & 0xffff);

    if (sigsetjmp(back, 1) == 0) {
        number /= zero;
        return false;
    }
    return fault.si_signo == SIGFPE && fault.si_code == FPE_INTDIV;
}

static bool signal_timer(struct worker *self)
{
    struct itimerspec soon = {{0, 0}, {0, 1 + (long)(next_random(self) % 500000)}}, left;
    siginfo_t info;

    if (self->timer < 0) {
        struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = RT(1)};
        event._sigev_un._tid = self->tid;
        event.sigev_value.sival_int = self->index;
        if (call(__NR_timer_create, CLOCK_MONOTONIC, &event, &self->timer) != 0)
            return false;
    }
    bool good = call(__NR_timer_settime, self->timer, 0, &soon, NULL) == 0;
    good &= blocked_take(BIT(RT(1)), &info, RT(1)) && info.si_code == SI_TIMER &&
            info.si_value.sival_int == self->index;
    good &= call(__NR_timer_gettime, self->timer, &left) == 0 && left.it_value.tv_nsec == 0;
    return good;
}

static volatile long alarms;

static void on_alarm(int number)
{
    (void)number;
    __atomic_add_fetch(&alarms, 1, __ATOMIC_RELAXED);
}

/* Of the process: whoever is not busy handles it. */
static bool signal_itimer(struct worker *self)
{
    struct itimerval soon = {{0, 300}, {0, 300}};
    long before = alarms;
    int64_t end = nanoseconds_now() + 5000000000;

    if (self->index == 0)
        setitimer(ITIMER_REAL, &soon, NULL);
    while (self->index == 0 && alarms == before && nanoseconds_now() < end)
        sched_yield();
    return self->index != 0 || alarms != before;
}

/* All of them, from the last to the first; they come from the first to the last. */
static bool signal_realtime(struct worker *self)
{
    uint64_t set = 0;
    siginfo_t info;
    bool good = true;

    for (int i = 20; i >= 2; i--) {
        good &= queue_to(self->tid, RT(i), i) == 0;
        set |= BIT(RT(i));
    }
    for (int i = 2; i <= 20; i++)
        good &= blocked_take(set, &info, RT(i)) && info.si_value.sival_int == i;
    return good;
}

static bool signal_pending(struct worker *self)
{
    uint64_t pending = 0;
    siginfo_t info;

    call(__NR_tkill, self->tid, SIGUSR2);
    bool good = call(__NR_rt_sigpending, &pending, 8) == 0 && (pending & BIT(SIGUSR2));
    good &= blocked_take(BIT(SIGUSR2), &info, SIGUSR2) && info.si_pid == pid;
    return call(__NR_rt_sigpending, &pending, 8) == 0 && !(pending & BIT(SIGUSR2)) && good;
}

/* ---- All of them ------------------------------------------------------------------------------*/

static const struct stressor {
    const char *name;
    bool (*turn)(struct worker *self);
} stressors[] = {
    {"cpu: sieve", cpu_sieve},
    {"cpu: floating point", cpu_float},
    {"cpu: sort", cpu_sort},
    {"memory: mmap", memory_map},
    {"memory: madvise", memory_advice},
    {"memory: mremap", memory_remap},
    {"memory: brk", memory_break},
    {"memory: mprotect", memory_protect},
    {"memory: malloc", memory_heap},
    {"scheduler: yield", schedule_yield},
    {"scheduler: policies", schedule_policy},
    {"scheduler: affinity", schedule_affinity},
    {"scheduler: nice", schedule_nice},
    {"futex: turns", futex_turns},
    {"futex: mutexes", futex_mutex},
    {"futex: rwlock", futex_rwlock},
    {"signal: queue", signal_queue},
    {"signal: SIGSEGV", signal_segv},
    {"signal: SIGFPE", signal_fpe},
    {"signal: timer", signal_timer},
    {"signal: itimer", signal_itimer},
    {"signal: real time", signal_realtime},
    {"signal: pending", signal_pending},
};

static const struct stressor *chosen;

static void *work(void *argument)
{
    struct worker *self = argument;

    self->tid = gettid();
    pthread_barrier_wait(&barrier);
    do {
        self->wrong += !chosen->turn(self);
        self->turns++;
    } while (!over);
    pthread_barrier_wait(&barrier); /* nobody sends to one that has ended */
    if (self->timer >= 0)
        call(__NR_timer_delete, self->timer);
    return NULL;
}

static void run(const struct stressor *stressor, long ms)
{
    long turns = 0, wrong = 0;

    chosen = stressor;
    over = false;
    for (int i = 0; i < THREADS; i++) {
        workers[i] =
            (struct worker){.index = i, .timer = -1, .random = 88172645463325252UL + (unsigned)i};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            exit(2);
    }
    milliseconds_sleep(ms);
    over = true;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        turns += workers[i].turns;
        wrong += workers[i].wrong;
    }
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    check_result(stressor->name, wrong, 0);
    if (ms >= 1000)
        fprintf(stderr, "%s: %ld turns\n", stressor->name, turns);
}

static void mutexes_begin(void)
{
    pthread_mutexattr_t attributes;

    for (int kind = 0; kind < 3; kind++) {
        pthread_mutexattr_init(&attributes);
        if (kind == 1)
            pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
        if (kind == 2)
            pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        pthread_mutex_init(&guarded[kind].mutex, &attributes);
    }
}

static void signals_begin(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    uint64_t blocked = BIT(SIGUSR2);

    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGFPE, &action, NULL);
    action = (struct sigaction){.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i <= 20; i++)
        blocked |= BIT(RT(i));
    call(__NR_rt_sigprocmask, SIG_BLOCK, &blocked, NULL, 8);
}

int main(int argc, char **argv)
{
    long hundredths = argc > 1 ? atol(argv[1]) : 3;

    pid = (int)call(__NR_getpid);
    call(__NR_sched_getaffinity, 0, sizeof(all_processors), &all_processors);
    pthread_barrier_init(&barrier, NULL, THREADS);
    mutexes_begin();
    signals_begin();
    for (size_t i = 0; i < ARRAY_LENGTH(stressors); i++)
        if (argc <= 2 || strstr(stressors[i].name, argv[2]))
            run(&stressors[i], hundredths * 10);
    return check_finish();
}
