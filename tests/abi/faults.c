/* SPDX-License-Identifier: MIT */
/*
 * What a program is told of its faults: number, code and address of the signal, for each way to deserve
 * one; the FPU area in the frame; and the signals that limits and broken pipes bring.
 */
#include "tests/abi/check.h"

#include <cpuid.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static sigjmp_buf back;
static siginfo_t told;
static volatile sig_atomic_t runs;
static long trap_told, instruction_told;
static char stack_memory[65536] __attribute__((aligned(16)));

static void on_fault(int number, siginfo_t *info, void *context)
{
    const greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

    (void)number;
    told = *info;
    trap_told = registers[REG_TRAPNO];
    instruction_told = registers[REG_RIP];
    siglongjmp(back, 1);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    told = *info;
    runs++;
}

static void handle(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

    runs = 0;
    sigaction(number, &action, NULL);
}

static bool in_ring_0(void)
{
    uint16_t selector;

    __asm__("mov %%cs, %0" : "=r"(selector));
    return (selector & 3) == 0;
}

/* ---- Faults -----------------------------------------------------------------------------------*/

static char *nothing, *read_only, *data, *behind_file, *reserved;

static void read_nothing(void)
{
    (void)*(volatile char *)(nothing + 5);
}

static void write_nothing(void)
{
    *(volatile char *)(nothing + 6) = 1;
}

static void write_read_only(void)
{
    *(volatile char *)(read_only + 7) = 1;
}

static void read_reserved(void)
{
    (void)*(volatile char *)(reserved + 8);
}

static void run_nothing(void)
{
    ((void (*)(void))(nothing + 9))();
}

static void run_data(void)
{
    ((void (*)(void))(data + 10))();
}

static void read_behind_file(void)
{
    (void)*(volatile char *)(behind_file + PAGE + 11);
}

static void read_non_canonical(void)
{
    (void)*(volatile char *)NON_CANONICAL;
}

static void run_non_canonical(void)
{
    ((void (*)(void))NON_CANONICAL)();
}

static void divide(void)
{
    __asm__ volatile("xor %%edx, %%edx\n\tmov $1, %%eax\n\tdivl %0" : : "r"(0) : "eax", "edx");
}

/* The quotient has no room. */
static void divide_too_large(void)
{
    __asm__ volatile("mov $0x80000000, %%eax\n\tcltd\n\tidivl %0" : : "r"(-1) : "eax", "edx");
}

static void undefined(void)
{
    __asm__ volatile("ud2");
}

static void breakpoint(void)
{
    __asm__ volatile("int3");
}

static void step(void)
{
    __asm__ volatile("pushfq\n\torq $0x100, (%rsp)\n\tpopfq\n\tnop\n\tnop");
}

static void halt(void)
{
    __asm__ volatile("hlt");
}

static void software_interrupt(void)
{
    __asm__ volatile("int $0x42");
}

static void load_segment(void)
{
    __asm__ volatile("mov %0, %%es" : : "r"(0x1238));
}

/* `address`: NULL where none is told; at_instruction: the instruction's own. */
static const struct fault {
    const char *name;
    void (*make)(void);
    int number, code, trap; /* SDM 3A, 6.3.1 */
    char **address;
    long offset;
    bool at_instruction, differs_in_ring_0;
} faults[] = {
    {"read where nothing is", read_nothing, SIGSEGV, SEGV_MAPERR, 14, &nothing, 5, false, false},
    {"write where nothing is", write_nothing, SIGSEGV, SEGV_MAPERR, 14, &nothing, 6, false, false},
    {"write of read-only memory", write_read_only, SIGSEGV, SEGV_ACCERR, 14, &read_only, 7, false,
     false},
    {"read of reserved memory", read_reserved, SIGSEGV, SEGV_ACCERR, 14, &reserved, 8, false,
     false},
    {"jump to nothing", run_nothing, SIGSEGV, SEGV_MAPERR, 14, &nothing, 9, false, false},
    {"jump into data", run_data, SIGSEGV, SEGV_ACCERR, 14, &data, 10, false, false},
    {"read behind a file", read_behind_file, SIGBUS, BUS_ADRERR, 14, &behind_file, PAGE + 11, false,
     false},
    {"read of a non-canonical address", read_non_canonical, SIGSEGV, SI_KERNEL, 13, NULL, 0, false,
     false},
    {"jump to a non-canonical address", run_non_canonical, SIGSEGV, SI_KERNEL, 13, NULL, 0, false,
     false},
    {"division by zero", divide, SIGFPE, FPE_INTDIV, 0, NULL, 0, true, false},
    {"division without room", divide_too_large, SIGFPE, FPE_INTDIV, 0, NULL, 0, true, false},
    {"undefined instruction", undefined, SIGILL, ILL_ILLOPN, 6, NULL, 0, true, false},
    {"breakpoint", breakpoint, SIGTRAP, SI_KERNEL, 3, NULL, 0, false, false},
    {"single step", step, SIGTRAP, TRAP_TRACE, 1, NULL, 0, true, false},
    {"privileged instruction", halt, SIGSEGV, SI_KERNEL, 13, NULL, 0, false, true},
    {"software interrupt", software_interrupt, SIGSEGV, SI_KERNEL, 13, NULL, 0, false, true},
    {"segment that is not there", load_segment, SIGSEGV, SI_KERNEL, 13, NULL, 0, false, true},
};

static bool is_as_told(const struct fault *f)
{
    const void *address = f->at_instruction ? (void *)instruction_told
                          : f->address      ? *f->address + f->offset
                                            : NULL;

    return told.si_signo == f->number && told.si_code == f->code && trap_told == f->trap &&
           told.si_addr == address && told.si_errno == 0;
}

/* What QEMU without KVM does not raise is in tests/programs/exceptions.c.
 * A function of its own, since what lies in registers is lost by the jump. */
static __attribute__((noinline)) bool happens(void (*make)(void))
{
    memset(&told, 0, sizeof(told));
    if (sigsetjmp(back, 1) != 0)
        return true;
    make();
    return false;
}

static void test_fault(const struct fault *f)
{
    bool good = happens(f->make);

    if (!check(f->name, good && is_as_told(f)))
        fprintf(stderr, "%s: signal %d code %d trap %ld address %p at 0x%lx\n", f->name,
                told.si_signo, told.si_code, trap_told, told.si_addr, instruction_told);
}

static void test_faults(void)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    stack_t stack = {.ss_sp = stack_memory, .ss_size = sizeof(stack_memory)};

    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        handle(numbers[i], on_fault, SA_ONSTACK);
    for (size_t i = 0; i < ARRAY_LENGTH(faults); i++)
        if (faults[i].differs_in_ring_0 && in_ring_0())
            check(faults[i].name, true);
        else
            test_fault(&faults[i]);
}

static void make_memory(void)
{
    int file = open("/tmp/faults.file", O_RDWR | O_CREAT | O_TRUNC, 0600);

    nothing = page_unmapped();
    read_only = page_protected(PROT_READ);
    reserved = page_protected(PROT_NONE);
    data = pages_map(1);
    memset(data, 0xc3, PAGE); /* ret */
    (void)!write(file, "x", 1);
    behind_file = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    unlink("/tmp/faults.file");
}

/* ---- The FPU area in the frame ----------------------------------------------------------------*/

static bool magic_good, size_good, features_good;

static void on_look(int number, siginfo_t *info, void *context)
{
    const char *area = (char *)((ucontext_t *)context)->uc_mcontext.fpregs;
    struct _fpx_sw_bytes software;
    unsigned magic2, a, b = 0, c, d;

    (void)number;
    (void)info;
    memcpy(&software, area + 464, sizeof(software));
    memcpy(&magic2, area + software.xstate_size, sizeof(magic2));
    __cpuid_count(0xd, 0, a, b, c, d);
    magic_good = software.magic1 == FP_XSTATE_MAGIC1 && magic2 == FP_XSTATE_MAGIC2 &&
                 ((uintptr_t)area & 63) == 0;
    size_good = software.extended_size == software.xstate_size + FP_XSTATE_MAGIC2_SIZE &&
                software.xstate_size >= 576 && software.xstate_size <= c;
    features_good = (software.xstate_bv & 3) == 3 &&
                    (((ucontext_t *)context)->uc_flags & 7) == 7 /* UC_FP_XSTATE, both of SS */;
    runs++;
}

static void test_area(void)
{
    unsigned a, b, c, d;

    __cpuid(1, a, b, c, d);
    handle(SIGUSR1, on_look, 0);
    if (c & bit_OSXSAVE)
        kill(getpid(), SIGUSR1);
    else
        magic_good = size_good = features_good = true;
    check("the magic words", magic_good);
    check("the sizes", size_good);
    check("the components", features_good);
}

/* ---- Segment registers ------------------------------------------------------------------------*/

/* In a frame they stand side by side: CS, GS, FS, SS. Added to what is there. */
static uint64_t segments_set, segments_clear;

static void on_spoil(int number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

    (void)number;
    (void)info;
    registers[REG_CSGSFS] = (registers[REG_CSGSFS] & ~segments_clear) | segments_set;
}

static void raise_spoiled(void)
{
    kill(getpid(), SIGUSR1);
}

static void test_segments(void)
{
    static const struct {
        const char *name;
        uint64_t clear, set;
        bool good;
    } rows[] = {
        {"segments as they are", 0, 0, true},
        {"without privilege bits", 3, 0, true},
        {"FS and GS are not looked at", 0xffffffff0000, 0x123456780000, true},
        {"no code segment", 0xffff, 0, false},
        {"a code segment that is none", 0xffff, 0x1237, false},
        {"a code segment for data", 0xffff, 0x2b, false},
        {"no stack segment", 0xffff000000000000, 0, false},
        {"a stack segment that is none", 0xffff000000000000, 0x1237000000000000, false},
        {"a stack segment beyond the table", 0xffff000000000000, 0xfffb000000000000, false},
    };
    handle(SIGUSR1, on_spoil, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        segments_clear = rows[i].clear;
        segments_set = rows[i].set;
        bool ended = happens(raise_spoiled);
        check(rows[i].name,
              ended == !rows[i].good && (!ended || (told.si_signo == SIGSEGV &&
                                                    told.si_code == SI_KERNEL && !told.si_addr)));
    }
}

/* ---- Limits and pipes -------------------------------------------------------------------------*/

static void test_pipe(void)
{
    int ends[2];

    (void)!pipe(ends);
    close(ends[0]);
    handle(SIGPIPE, on_signal, 0);
    check_result("a pipe that nobody reads", call(__NR_write, ends[1], "x", 1), -EPIPE);
    check("SIGPIPE", runs == 1 && told.si_signo == SIGPIPE && told.si_code == SI_USER &&
                         told.si_pid == getpid());
    signal(SIGPIPE, SIG_IGN);
    check_result("without it", call(__NR_write, ends[1], "x", 1), -EPIPE);
    close(ends[1]);
}

static void test_file_size(void)
{
    struct rlimit limit = {100, RLIM_INFINITY}, none = {RLIM_INFINITY, RLIM_INFINITY};
    static char bytes[200];
    int file = open("/tmp/faults.file", O_RDWR | O_CREAT | O_TRUNC, 0600);

    handle(SIGXFSZ, on_signal, 0);
    setrlimit(RLIMIT_FSIZE, &limit);
    check_result("a file up to its limit", call(__NR_write, file, bytes, 200), 100);
    check("no signal yet", runs == 0);
    check_result("and no further", call(__NR_write, file, bytes, 1), -EFBIG);
    check("SIGXFSZ", runs == 1 && told.si_signo == SIGXFSZ && told.si_code == SI_USER &&
                         told.si_pid == getpid());
    check_result("nor by ftruncate", call(__NR_ftruncate, file, 200), -EFBIG);
    check("SIGXFSZ again", runs == 2);
    setrlimit(RLIMIT_FSIZE, &none);
    close(file);
    unlink("/tmp/faults.file");
}

static void test_processor_time(void)
{
    struct rlimit limit = {1, RLIM_INFINITY}, none = {RLIM_INFINITY, RLIM_INFINITY};
    struct timespec now = {0, 0};

    handle(SIGXCPU, on_signal, 0);
    setrlimit(RLIMIT_CPU, &limit);
    while (runs == 0 && now.tv_sec < 4)
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID,
                  &now); /* the signal may have come behind the last one */
    long ms = now.tv_sec * 1000 + now.tv_nsec / 1000000;
    check("SIGXCPU after a second", /* which Linux counts by ticks, unlike the clock */
          runs == 1 && ms >= 500 && told.si_signo == SIGXCPU && told.si_code == SI_KERNEL);
    setrlimit(RLIMIT_CPU, &none);
}

/* To the group, which the test makes its own on Linux. */
static void test_group(void)
{
    setpgid(0, 0);
    handle(SIGUSR1, on_signal, 0);
    check_result("kill of one's group", call(__NR_kill, 0, SIGUSR1), 0);
    check("is a signal to oneself", runs == 1 && told.si_code == SI_USER);
    check_result("by its number", call(__NR_kill, -getpgrp(), SIGUSR1), 0);
    check("too", runs == 2);
    check_result("of no group", call(__NR_kill, -0x3fffffff, SIGUSR1), -ESRCH);
}

int main(void)
{
    mkdir("/tmp", 01777);
    make_memory();
    test_faults();
    test_area();
    test_segments();
    test_pipe();
    test_file_size();
    test_processor_time();
    test_group();
    return check_finish();
}
