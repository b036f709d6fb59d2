/* SPDX-License-Identifier: MIT */
/*
 * The delivery of signals to handlers: what a handler is told, which stack it runs on, what is
 * blocked meanwhile, and that the interrupted code finds everything as it was. The handlers are
 * set through the C library, which brings the code that returns from them.
 */
#include "tests/abi/check.h"

#include <cpuid.h>
#include <immintrin.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define SIGNAL(n) (1UL << ((n)-1))

static volatile int runs;
static siginfo_t told;
static uint64_t mask_inside;
static stack_t stack_inside;
static uintptr_t frame_inside;
static char stack_memory[65536] __attribute__((aligned(16)));

static uint64_t mask_now(void)
{
    uint64_t now = ~0UL;

    call(__NR_rt_sigprocmask, SIG_BLOCK, NULL, &now, 8);
    return now;
}

static void mask_set(uint64_t mask)
{
    call(__NR_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    runs += number == info->si_signo ? 1 : 100;
    told = *info;
    mask_inside = mask_now();
    frame_inside = (uintptr_t)__builtin_frame_address(0);
    call(__NR_sigaltstack, NULL, &stack_inside);
}

static void handler_set(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

    runs = 0;
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(number, &action, NULL);
}

static long raise_raw(int number)
{
    return call(__NR_kill, call(__NR_getpid), number);
}

static void test_delivery(void)
{
    handler_set(SIGUSR1, on_signal, 0);
    check_result("kill of oneself", raise_raw(SIGUSR1), 0);
    check_result("the handler ran before kill returned", runs, 1);
    check("who sent it is told", told.si_signo == SIGUSR1 && told.si_code == SI_USER &&
                                     told.si_pid == call(__NR_getpid) &&
                                     told.si_uid == call(__NR_getuid));
    check("the signal and the handler's mask are blocked inside",
          mask_inside == (SIGNAL(SIGUSR1) | SIGNAL(SIGUSR2)));
    check("nothing is blocked afterwards", mask_now() == 0);
    check("the handler's stack is aligned", (frame_inside & 15) == 0);
    check_result("tkill", call(__NR_tkill, call(__NR_gettid), SIGUSR1), 0);
    check("tkill says so", runs == 2 && told.si_code == SI_TKILL);
    check_result("tgkill", call(__NR_tgkill, call(__NR_getpid), call(__NR_gettid), SIGUSR1), 0);
    check("tgkill says so", runs == 3 && told.si_code == SI_TKILL);
    handler_set(SIGUSR1, on_signal, SA_NODEFER);
    raise_raw(SIGUSR1);
    check("SA_NODEFER leaves the signal itself open", mask_inside == SIGNAL(SIGUSR2));
    handler_set(SIGUSR1, on_signal, SA_RESETHAND);
    raise_raw(SIGUSR1);
    struct sigaction now;
    sigaction(SIGUSR1, NULL, &now);
    check("SA_RESETHAND leaves the default", runs == 1 && now.sa_handler == SIG_DFL);
}

static void test_errors(void)
{
    long pid = call(__NR_getpid);
    struct call_case cases[] = {
        {"kill with signal 0 asks", __NR_kill, {pid, 0}, 0},
        {"kill of nobody", __NR_kill, {0x3fffffff, 0}, -ESRCH},
        {"kill with signal 65", __NR_kill, {pid, 65}, -EINVAL},
        {"kill with signal -1", __NR_kill, {pid, -1}, -EINVAL},
        {"tkill of nobody", __NR_tkill, {0x3fffffff, 0}, -ESRCH},
        {"tkill of thread 0", __NR_tkill, {0, SIGUSR1}, -EINVAL},
        {"tgkill of another process's thread", __NR_tgkill, {0x3fffffff, pid, 0}, -ESRCH},
        {"tgkill of process 0", __NR_tgkill, {0, pid, SIGUSR1}, -EINVAL},
    };

    CHECK_CALLS(cases);
}

static void test_blocked(void)
{
    handler_set(SIGUSR1, on_signal, 0);
    handler_set(SIGUSR2, on_signal, 0);
    mask_set(SIGNAL(SIGUSR1) | SIGNAL(SIGUSR2));
    raise_raw(SIGUSR1);
    raise_raw(SIGUSR1);
    raise_raw(SIGUSR2);
    check_result("blocked signals wait", runs, 0);
    mask_set(SIGNAL(SIGUSR2));
    check("one that is let in comes once", runs == 1 && told.si_signo == SIGUSR1);
    mask_set(0);
    check("then the other", runs == 2 && told.si_signo == SIGUSR2);
    mask_set(SIGNAL(SIGUSR1));
    raise_raw(SIGUSR1);
    signal(SIGUSR1, SIG_IGN);
    mask_set(0);
    check_result("ignoring drops what waits", runs, 2);
}

static void test_ignored(void)
{
    static const int harmless[] = {SIGCHLD, SIGURG, SIGWINCH, SIGCONT};
    long result = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(harmless); i++)
        result |= raise_raw(harmless[i]);
    check_result("signals whose default is nothing", result, 0);
    signal(SIGTERM, SIG_IGN);
    check_result("SIGTERM, ignored", raise_raw(SIGTERM), 0);
    signal(SIGTERM, SIG_DFL);
}

static void test_alternate_stack(void)
{
    stack_t stack = {.ss_sp = stack_memory, .ss_size = sizeof(stack_memory)};
    stack_t off = {.ss_flags = SS_DISABLE};
    uintptr_t low = (uintptr_t)stack_memory;

    call(__NR_sigaltstack, &stack, NULL);
    handler_set(SIGUSR1, on_signal, 0);
    raise_raw(SIGUSR1);
    check("without SA_ONSTACK the handler stays on the stack",
          frame_inside < low || frame_inside >= low + sizeof(stack_memory));
    handler_set(SIGUSR1, on_signal, SA_ONSTACK);
    raise_raw(SIGUSR1);
    check("with it, it goes to the other one",
          frame_inside > low && frame_inside <= low + sizeof(stack_memory));
    check("and is told so",
          stack_inside.ss_flags == SS_ONSTACK && stack_inside.ss_sp == stack_memory);
    check("the stack is aligned there too", (frame_inside & 15) == 0);
    call(__NR_sigaltstack, NULL, &stack_inside);
    check("afterwards it is free", stack_inside.ss_flags == 0);
    call(__NR_sigaltstack, &off, NULL);
}

static int depth, deepest;

static void on_nested(int number, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
    deepest = ++depth > deepest ? depth : deepest;
    runs++;
    if (number == SIGUSR1)
        raise_raw(SIGURG);
    depth--;
}

static void test_nested(void)
{
    handler_set(SIGURG, on_nested, 0);
    handler_set(SIGUSR1, on_nested, 0);
    raise_raw(SIGUSR1);
    check("a handler is interrupted by another signal", runs == 2 && deepest == 2 && depth == 0);
    signal(SIGURG, SIG_DFL);
}

static long fault_error, fault_trap, fault_address;

/* Continues at the address in RCX, where fault_at() put the one behind the fault. */
static void on_fault(int number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

    on_signal(number, info, context);
    fault_error = registers[REG_ERR];
    fault_trap = registers[REG_TRAPNO];
    fault_address = registers[REG_CR2];
    registers[REG_RIP] = registers[REG_RCX];
}

#define FAULT(instruction, ...)                                    \
    __asm__ volatile("lea 1f(%%rip), %%rcx\n\t" instruction "\n1:" \
                     :                                             \
                     : __VA_ARGS__                                 \
                     : "rax", "rcx", "rdx", "memory", "cc")

static void check_fault(const char *name, int number, int code, const void *address, long trap)
{
    check(name, runs == 1 && told.si_signo == number && told.si_code == code &&
                    told.si_addr == address && fault_trap == trap);
    runs = 0;
}

/* Exception numbers: SDM 3A 6.3.1. */
static void test_faults(void)
{
    char *read_only = page_protected(PROT_READ), *nothing = page_unmapped();

    handler_set(SIGSEGV, on_fault, 0);
    FAULT("mov (%0), %%al", "r"(nothing + 5));
    check("a read is told", (fault_error & 7) == 4);
    check("the context holds the address too", fault_address == (long)(nothing + 5));
    check_fault("SIGSEGV where nothing is", SIGSEGV, SEGV_MAPERR, nothing + 5, 14);
    FAULT("movb $1, (%0)", "r"(read_only + 7));
    check("a write to what is there is told", (fault_error & 3) == 3);
    check_fault("SIGSEGV where writing is not allowed", SIGSEGV, SEGV_ACCERR, read_only + 7, 14);
    FAULT("mov (%0), %%al", "r"(NON_CANONICAL));
    check_fault("SIGSEGV at a non-canonical address", SIGSEGV, SI_KERNEL, NULL, 13);
    handler_set(SIGFPE, on_fault, 0);
    FAULT("xor %%edx, %%edx\n\txor %%eax, %%eax\n\tdivl %0", "r"(0));
    check("SIGFPE by division", runs == 1 && told.si_code == FPE_INTDIV && fault_trap == 0);
    handler_set(SIGILL, on_fault, 0);
    FAULT("ud2", "r"(0));
    check("SIGILL by ud2", runs == 1 && told.si_code == ILL_ILLOPN && fault_trap == 6);
    handler_set(SIGTRAP, on_fault, 0);
    FAULT("int3", "r"(0));
    check_fault("SIGTRAP by int3", SIGTRAP, SI_KERNEL, NULL, 3);
    check("nothing is blocked after faults", mask_now() == 0);
}

/* Changes every vector register and much of the stack. */
static void on_clobber(int number, siginfo_t *info, void *context)
{
    volatile char wide[4096];

    (void)number;
    (void)info;
    (void)context;
    memset((char *)wide, 0xff, sizeof(wide));
    __asm__ volatile("pcmpeqb %%xmm0, %%xmm0\n\tmovdqa %%xmm0, %%xmm7\n\tmovdqa %%xmm0, %%xmm15"
                     :
                     :
                     : "xmm0", "xmm7", "xmm15");
    runs++;
}

/* Sets registers and the red zone, makes kill(RDI, RSI), and compares. Returns 1 if all is there.
 * RAX must be kill's result, and not what the handler had in it. */
long everything_survives(long pid, long number);
__asm__(".pushsection .text\n"
        "everything_survives:\n"
        "  push %rbx; push %rbp; push %r12; push %r15\n"
        "  mov $0x1111111111111111, %rbx\n"
        "  mov $0x2222222222222222, %rbp\n"
        "  mov $0x3333333333333333, %r12\n"
        "  mov $0x4444444444444444, %r15\n"
        "  movq %rbx, %xmm0\n"
        "  movq %rbp, %xmm7\n"
        "  movq %r12, %xmm15\n"
        "  mov %r15, -8(%rsp)\n"
        "  mov %rbx, -128(%rsp)\n"
        "  mov $62, %eax\n" /* __NR_kill */
        "  syscall\n"
        "  mov %rax, %rcx\n"
        "  movq %xmm0, %rax; xor %rbx, %rax; or %rax, %rcx\n"
        "  movq %xmm7, %rax; xor %rbp, %rax; or %rax, %rcx\n"
        "  movq %xmm15, %rax; xor %r12, %rax; or %rax, %rcx\n"
        "  mov -8(%rsp), %rax; xor %r15, %rax; or %rax, %rcx\n"
        "  mov -128(%rsp), %rax; xor %rbx, %rax; or %rax, %rcx\n"
        "  mov $0x1111111111111111, %rax; xor %rbx, %rax; or %rax, %rcx\n"
        "  mov $0x2222222222222222, %rax; xor %rbp, %rax; or %rax, %rcx\n"
        "  mov $0x3333333333333333, %rax; xor %r12, %rax; or %rax, %rcx\n"
        "  mov $0x4444444444444444, %rax; xor %r15, %rax; or %rax, %rcx\n"
        "  xor %eax, %eax\n"
        "  test %rcx, %rcx\n"
        "  sete %al\n"
        "  pop %r15; pop %r12; pop %rbp; pop %rbx\n"
        "  ret\n"
        ".popsection\n");

/* Without AVX there is nothing to lose. */
__attribute__((target("avx"))) static bool upper_halves_survive(void)
{
    static uint8_t before[32] __attribute__((aligned(32))), after[32] __attribute__((aligned(32)));

    memset(before, 0x5a, sizeof(before));
    __asm__ volatile("vmovdqa %1, %%ymm7\n\t"
                     "syscall\n\t"
                     "vmovdqa %%ymm7, %0\n\t"
                     "vzeroupper"
                     : "=m"(after)
                     : "m"(before), "a"(__NR_kill), "D"(call(__NR_getpid)), "S"(SIGUSR1)
                     : "rcx", "r11", "memory", "xmm7");
    return memcmp(before, after, sizeof(before)) == 0;
}

static bool avx_usable(void)
{
    unsigned a, b, c, d, low, high;

    __cpuid(1, a, b, c, d);
    if ((c & bit_OSXSAVE) == 0 || (c & bit_AVX) == 0)
        return false;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & 6) == 6;
}

static void test_survival(void)
{
    handler_set(SIGUSR1, on_clobber, 0);
    check("registers and red zone survive a handler",
          everything_survives(call(__NR_getpid), SIGUSR1));
    check_result("which did run", runs, 1);
    check("the wide vector registers survive it", !avx_usable() || upper_halves_survive());
}

/* What a handler writes into its context is what the program goes on with. */
static void on_edit(int number, siginfo_t *info, void *context)
{
    ucontext_t *frame = context;

    (void)number;
    (void)info;
    frame->uc_mcontext.gregs[REG_RAX] = 12345;
    sigaddset(&frame->uc_sigmask, SIGHUP);
}

static void test_edit(void)
{
    handler_set(SIGUSR1, on_edit, 0);
    check_result("a handler can change a register", raise_raw(SIGUSR1), 12345);
    check("and the mask", mask_now() == SIGNAL(SIGHUP));
    mask_set(0);
}

int main(void)
{
    test_delivery();
    test_errors();
    test_blocked();
    test_ignored();
    test_alternate_stack();
    test_nested();
    test_faults();
    test_survival();
    test_edit();
    return check_finish();
}
