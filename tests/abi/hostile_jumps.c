/* SPDX-License-Identifier: MIT */
/*
 * Ways out of the program that lead nowhere: jumps and returns to addresses that are the kernel's or
 * no addresses at all, handlers that lie there, segments that are not the program's, other doors to
 * the kernel than SYSCALL. Each must end in a signal that a handler can survive, and the program
 * goes on behind it.
 *
 * In ring 0 the kernel's own addresses are within reach, so the rows that touch what is mapped there
 * are left out; the lines are printed all the same.
 */
#include "tests/abi/check.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define KERNEL_HOLE   0xffffa00000000000UL /* the kernel's half; nothing is mapped there here */
#define NEGATIVE_HOLE 0x8000000000000000UL /* not canonical, and negative as a number */

static sigjmp_buf back;
static siginfo_t told;
static volatile int signals_seen;
static char stack_memory[65536] __attribute__((aligned(16)));

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    told = *info;
    signals_seen++;
    siglongjmp(back, 1);
}

static void handlers_set(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
    stack_t stack = {.ss_sp = stack_memory, .ss_size = sizeof(stack_memory)};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(faults); i++)
        sigaction(faults[i], &action, NULL);
}

static bool in_ring_0(void)
{
    uint16_t selector;

    __asm__("mov %%cs, %0" : "=r"(selector));
    return (selector & 3) == 0;
}

/* Runs action(argument); the number of the signal that ended it, or 0. */
static int signal_of(void (*action)(uintptr_t), uintptr_t argument)
{
    memset(&told, 0, sizeof(told));
    if (sigsetjmp(back, 1) != 0)
        return told.si_signo;
    action(argument);
    return 0;
}

static void jump(uintptr_t address)
{
    __asm__ volatile("jmp *%0" : : "r"(address));
}

static void jump_by_return(uintptr_t address)
{
    __asm__ volatile("push %0\n\tret" : : "r"(address));
}

/* The trap flag makes a debug exception of the jump's own success. */
static void jump_stepping(uintptr_t address)
{
    __asm__ volatile("pushf\n\torl $0x100, (%%rsp)\n\tpopf\n\tjmp *%0" : : "r"(address) : "cc");
}

/* With a stack that cannot be used either. */
static void jump_without_stack(uintptr_t address)
{
    __asm__ volatile("xor %%esp, %%esp\n\tjmp *%0" : : "r"(address));
}

static const struct {
    const char *name;
    uintptr_t address;
    bool needs_ring_3;
} places[] = {
    {"the null page", 16, false},
    {"the end of user space", USER_END, false},
    {"a hole in the kernel's half", KERNEL_HOLE, false},
    {"the beginning of the kernel's half", 0xffff800000000000, true},
    {"the kernel's text", KERNEL_ADDRESS + 0x100000, true},
    {"the last page", 0xfffffffffffff000, true},
    {"a non-canonical address", NON_CANONICAL, false},
    {"a negative non-canonical address", NEGATIVE_HOLE, true},
};

static void test_jumps(void)
{
    static const struct {
        const char *name;
        void (*action)(uintptr_t);
        bool traps;
    } ways[] = {
        {"jump", jump, false},
        {"return", jump_by_return, false},
        {"single step", jump_stepping, true},
        {"jump without a stack", jump_without_stack, false},
    };
    char name[100];

    for (size_t p = 0; p < ARRAY_LENGTH(places); p++) {
        for (size_t w = 0; w < ARRAY_LENGTH(ways); w++) {
            int number = SIGSEGV;

            if (!places[p].needs_ring_3 || !in_ring_0())
                number = signal_of(ways[w].action, places[p].address);
            snprintf(name, sizeof(name), "%s to %s", ways[w].name, places[p].name);
            check(name, number == SIGSEGV || (ways[w].traps && number == SIGTRAP));
        }
    }
}

static void test_address_told(void)
{
    check_result("a jump into the kernel's half", signal_of(jump, KERNEL_HOLE), SIGSEGV);
    check("tells the address", told.si_code == SEGV_MAPERR && told.si_addr == (void *)KERNEL_HOLE);
}

static void raise_user(uintptr_t handler)
{
    struct sigaction action = {.sa_flags = SA_NODEFER};

    action.sa_handler = (void (*)(int))handler;
    sigaction(SIGUSR1, &action, NULL);
    call(__NR_kill, call(__NR_getpid), SIGUSR1);
}

static void test_handlers(void)
{
    char name[100];

    for (size_t p = 0; p < ARRAY_LENGTH(places); p++) {
        int number = SIGSEGV;

        if (!places[p].needs_ring_3 || !in_ring_0())
            number = signal_of(raise_user, places[p].address);
        snprintf(name, sizeof(name), "a handler at %s", places[p].name);
        check_result(name, number, SIGSEGV);
    }
    signal(SIGUSR1, SIG_DFL);
}

static uintptr_t return_rip, return_rsp;

static void on_user(int number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

    (void)number;
    (void)info;
    registers[REG_RIP] = (greg_t)return_rip;
    if (return_rsp)
        registers[REG_RSP] = (greg_t)return_rsp;
}

static void return_to(uintptr_t address)
{
    struct sigaction action = {.sa_sigaction = on_user, .sa_flags = SA_SIGINFO};

    return_rip = address;
    sigaction(SIGUSR1, &action, NULL);
    call(__NR_kill, call(__NR_getpid), SIGUSR1);
}

static void test_returns(void)
{
    static const uintptr_t stacks[] = {0, 1, KERNEL_HOLE, NON_CANONICAL, NEGATIVE_HOLE};
    char name[100];

    for (size_t p = 0; p < ARRAY_LENGTH(places); p++) {
        for (size_t s = 0; s < ARRAY_LENGTH(stacks); s++) {
            int number = SIGSEGV;

            return_rsp = stacks[s];
            if (!in_ring_0() || (!places[p].needs_ring_3 && return_rsp < USER_END))
                number = signal_of(return_to, places[p].address);
            snprintf(name, sizeof(name), "a handler that returns to %s, stack %zu", places[p].name,
                     s);
            check_result(name, number, SIGSEGV);
        }
    }
    signal(SIGUSR1, SIG_DFL);
}

/* SIGRETURN without a frame: the stack pointer leads anywhere. */
static void sigreturn_at(uintptr_t stack)
{
    __asm__ volatile("mov %0, %%rsp\n\tmov %1, %%eax\n\tsyscall"
                     :
                     : "r"(stack), "i"(__NR_rt_sigreturn)
                     : "rax", "rcx", "r11", "memory");
}

static void test_sigreturn(void)
{
    uintptr_t hole = (uintptr_t)page_before_hole();
    static char nothing[PAGE] __attribute__((aligned(64)));
    const struct {
        const char *name;
        uintptr_t stack;
    } rows[] = {
        {"null", 0},
        {"1", 1},
        {"the kernel's half", KERNEL_ADDRESS},
        {"a non-canonical address", NON_CANONICAL},
        {"the last bytes", (uintptr_t)-8},
        {"the end of user space", USER_END},
        {"a frame that ends in a hole", hole - 200},
        {"a frame of zeros", (uintptr_t)nothing},
    };
    char name[100];

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        snprintf(name, sizeof(name), "rt_sigreturn at %s", rows[i].name);
        check_result(name, signal_of(sigreturn_at, rows[i].stack), SIGSEGV);
    }
}

static void load_selector(uintptr_t selector)
{
    uint16_t old;

    __asm__ volatile("mov %%es, %0\n\tmov %1, %%es\n\tmov %0, %%es"
                     : "=&r"(old)
                     : "r"((uint32_t)selector));
}

/* The program has no local descriptor table; its selectors must not lead into its own memory. */
static void test_selectors(void)
{
    static const uint16_t selectors[] = {0x07, 0x0f, 0x17, 0x7fff, 0xffff, 0x8003};
    char name[100];

    for (size_t i = 0; i < ARRAY_LENGTH(selectors); i++) {
        int number = signal_of(load_selector, selectors[i]);

        snprintf(name, sizeof(name), "loading selector 0x%x", selectors[i]);
        check_result(name, number, SIGSEGV);
        snprintf(name, sizeof(name), "loading selector 0x%x is a protection fault", selectors[i]);
        check(name, told.si_code == SI_KERNEL);
    }
}

/* A far return to 32-bit code that tries to call the kernel. What becomes of it depends on the
 * processor and on the kernel (Linux may well answer); that the program is still there counts. */
static void run_32_bit(uintptr_t code)
{
    __asm__ volatile("push $0x23\n\tpush %0\n\tmov $20, %%eax\n\tlretq" : : "r"(code) : "rax");
}

static void int_80(uintptr_t unused)
{
    (void)unused;
    __asm__ volatile("int $0x80" : : "a"(20) : "r8", "r9", "r10", "r11", "memory");
}

static void sysenter(uintptr_t unused)
{
    (void)unused;
    __asm__ volatile("sysenter" : : "a"(20));
}

static void test_other_doors(void)
{
    static const char syscall_32[] = "\x0f\x05\xcc", int_32[] = "\xcd\x80\xcc";
    char *code = (char *)call(__NR_mmap, 0x20000000, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    check_result("code below 4 GiB", (long)code, 0x20000000);
    if (in_ring_0()) {
        for (int i = 0; i < 4; i++)
            check("another door", true);
        return;
    }
    memcpy(code, syscall_32, sizeof(syscall_32));
    check("another door", signal_of(run_32_bit, (uintptr_t)code) != 0);
    memcpy(code, int_32, sizeof(int_32));
    check("another door", signal_of(run_32_bit, (uintptr_t)code) != 0);
    signal_of(int_80, 0);
    check("another door", true);
    signal_of(sysenter, 0);
    check("another door", true);
}

int main(void)
{
    handlers_set();
    test_jumps();
    test_address_told();
    test_handlers();
    test_returns();
    test_sigreturn();
    test_selectors();
    test_other_doors();
    return check_finish();
}
