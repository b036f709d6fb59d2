/* SPDX-License-Identifier: MIT */
/* Crashes as its argument says, three calls deep, for the report that the kernel makes of it. */
#define _GNU_SOURCE
#include <emmintrin.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define NOT_INLINED __attribute__((noinline, noclone))

static volatile uintptr_t zero;
static const char read_only[] = "read only";

static void through_null(void)
{
    *(volatile int *)(zero + 8) = 1;
}

static void into_code(void)
{
    *(volatile char *)(uintptr_t)read_only = 1;
}

static void to_nowhere(void)
{
    ((void (*)(void))zero)();
}

static void into_data(void)
{
    static unsigned char code[16] = {0xc3};
    ((void (*)(void))(uintptr_t)code)();
}

static void divide(void)
{
    volatile int one = 1, result = one / (int)zero;
    (void)result;
}

static void misaligned(void)
{
    static char bytes[64] __attribute__((aligned(16)));
    __m128i value = _mm_setzero_si128();
    __asm__ volatile("movdqa %0, (%1)" : : "x"(value), "r"(bytes + 4 + zero) : "memory");
}

static void not_canonical(void)
{
    *(volatile int *)(zero + 0x8000000000001000UL) = 1;
}

static void no_instruction(void)
{
    __asm__ volatile("ud2");
}

static void behind_the_file(void)
{
    int fd = memfd_create("short", 0);
    char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    zero = (uintptr_t) * (volatile char *)page;
}

static void handler(int signal)
{
    (void)signal;
    abort();
}

static void abort_in_handler(void)
{
    signal(SIGUSR1, handler);
    raise(SIGUSR1);
}

static void bad_name(void)
{
    prctl(PR_SET_NAME, "a\033[31m\nb");
    raise(SIGSEGV);
}

static void by_abort(void)
{
    abort();
}

/* Takes all memory there is, to the last page. */
static void without_memory(void)
{
    size_t piece = 1 << 20;
    char *at = mmap(NULL, 1UL << 36, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    for (; piece >= 4096; piece /= 2)
        while (madvise(at, piece, MADV_POPULATE_WRITE) == 0)
            at += piece;
    __asm__ volatile("ud2");
}

/* Until the clock's rate is known the vDSO makes the system call, which says EFAULT. */
static void in_the_vdso(void)
{
    while (clock_gettime(CLOCK_MONOTONIC, (void *)(zero + 8)) != 0)
        ;
}

/* At the very end of a page that no file stands behind. */
static void at_the_edge(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(page + 4094, "\x0f\x0b", 2); /* ud2 */
    munmap(page + 4096, 4096);
    mprotect(page, 4096, PROT_READ | PROT_EXEC);
    ((void (*)(void))(uintptr_t)(page + 4094))();
    zero = 0;
}

static int deeper(volatile int *above)
{
    volatile int here[64];
    here[0] = *above + 1;
    return here[0] != 0 ? deeper(here) + here[0] : 0;
}

static void stack_overflow(void)
{
    volatile int start = 0;
    deeper(&start);
}

NOT_INLINED static int second(volatile int *above);

NOT_INLINED static int first(volatile int *above)
{
    volatile int here[64];
    here[0] = *above + 1;
    return here[0] != 0 ? second(here) + here[0] : 0;
}

static int second(volatile int *above)
{
    volatile int here[64];
    here[0] = *above + 2;
    return here[0] != 0 ? first(here) + here[0] : 0;
}

static void pair_overflow(void)
{
    volatile int start = 0;
    first(&start);
}

static void too_long(void)
{
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0});
    int fd = memfd_create("file", 0);
    (void)!write(fd, "x", 1);
}

static const struct {
    const char *name;
    void (*crash)(void);
} kinds[] = {
    {"null", through_null},  {"write", into_code},       {"jump", to_nowhere},
    {"data", into_data},     {"divide", divide},         {"sse", misaligned},
    {"bits", not_canonical}, {"ud2", no_instruction},    {"bus", behind_the_file},
    {"abort", by_abort},     {"memory", without_memory}, {"handler", abort_in_handler},
    {"name", bad_name},      {"stack", stack_overflow},  {"fsize", too_long},
    {"edge", at_the_edge},   {"vdso", in_the_vdso},      {"pair", pair_overflow},
};

NOT_INLINED static void innermost(const char *kind)
{
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(kinds[i].name, kind) == 0)
            kinds[i].crash();
    zero = 0; /* no tail call */
}

NOT_INLINED static void middle(const char *kind)
{
    innermost(kind);
    zero = 0;
}

int main(int argc, char **argv)
{
    if (argc == 2)
        middle(argv[1]);
    return 1;
}
