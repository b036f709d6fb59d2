/* SPDX-License-Identifier: MIT */
/*
 * Signal frames as programs may spoil or change them: FPU state in every bad form, flags that are
 * not the program's to set, the alternate stack in the frame, stacks without room, and a fault that
 * the handler repairs. A spoiled frame is a SIGSEGV, which can be handled again.
 */
#include "tests/abi/check.h"

#include <cpuid.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#define SIGNAL(n) (1UL << ((n)-1))

#define FLAG_TRAP      (1UL << 8)
#define FLAG_INTERRUPT (1UL << 9)
#define FLAG_DIRECTION (1UL << 10)
#define FLAG_IOPL      (3UL << 12)
#define FLAG_NESTED    (1UL << 14)
#define FLAG_VM        (1UL << 17)
#define FLAG_ALIGNMENT (1UL << 18)
#define FLAG_VIRTUAL   (3UL << 19)
#define FLAG_ID        (1UL << 21)

#define FXSAVE_SIZE  512
#define SOFTWARE     464 /* struct _fpx_sw_bytes in the FXSAVE area */
#define MXCSR        24
#define XSAVE_HEADER 512

static sigjmp_buf back;
static siginfo_t told;
static volatile int runs, number_seen;
static char stack_memory[65536] __attribute__((aligned(16)));
static char small_stack[8192] __attribute__((aligned(64)));

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    number_seen = number;
    told = *info;
    siglongjmp(back, 1);
}

static bool in_ring_0(void)
{
    uint16_t selector;

    __asm__("mov %%cs, %0" : "=r"(selector));
    return (selector & 3) == 0;
}

static void handler_set(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

    runs = 0;
    sigaction(number, &action, NULL);
}

static void stack_set(void *memory, size_t size)
{
    stack_t stack = {.ss_sp = memory, .ss_size = size, .ss_flags = memory ? 0 : SS_DISABLE};

    call(__NR_sigaltstack, &stack, NULL);
}

static long raise_raw(int number)
{
    return call(__NR_kill, call(__NR_getpid), number);
}

/* ---- FPU state --------------------------------------------------------------------------------*/

static void (*spoil)(ucontext_t *, uint8_t *);

static void on_user(int number, siginfo_t *info, void *context)
{
    ucontext_t *frame = context;

    (void)number;
    (void)info;
    runs++;
    spoil(frame, (uint8_t *)frame->uc_mcontext.fpregs);
}

/* The signal that taking back the spoiled frame raises, or 0. */
static int spoil_result(void (*how)(ucontext_t *, uint8_t *))
{
    number_seen = 0;
    spoil = how;
    handler_set(SIGUSR1, on_user, 0);
    if (sigsetjmp(back, 1) == 0)
        raise_raw(SIGUSR1);
    return number_seen;
}

static bool has_xsave(void)
{
    unsigned a, b, c, d;

    __cpuid(1, a, b, c, d);
    return c & bit_OSXSAVE;
}

static struct _fpx_sw_bytes *software(uint8_t *area)
{
    return (struct _fpx_sw_bytes *)(area + SOFTWARE);
}

static void keep(ucontext_t *frame, uint8_t *area)
{
    (void)frame;
    (void)area;
}

static void no_area(ucontext_t *frame, uint8_t *area)
{
    (void)area;
    frame->uc_mcontext.fpregs = NULL;
}

static void area_unmapped(ucontext_t *frame, uint8_t *area)
{
    (void)area;
    frame->uc_mcontext.fpregs = (void *)page_unmapped();
}

static void area_in_kernel(ucontext_t *frame, uint8_t *area)
{
    (void)area;
    frame->uc_mcontext.fpregs = (void *)KERNEL_ADDRESS;
}

static void area_non_canonical(ucontext_t *frame, uint8_t *area)
{
    (void)area;
    frame->uc_mcontext.fpregs = (void *)NON_CANONICAL;
}

static void area_wraps(ucontext_t *frame, uint8_t *area)
{
    (void)area;
    frame->uc_mcontext.fpregs = (void *)-64L;
}

/* An FXSAVE area alone, as a program that knows nothing of XSAVE makes it, at the end of memory. */
static void area_fxsave_before_hole(ucontext_t *frame, uint8_t *area)
{
    char *place = page_before_hole() - FXSAVE_SIZE;

    memcpy(place, area, FXSAVE_SIZE);
    memset(place + SOFTWARE, 0, sizeof(struct _fpx_sw_bytes));
    frame->uc_mcontext.fpregs = (void *)place;
}

static void area_cut_by_hole(ucontext_t *frame, uint8_t *area)
{
    char *place = page_before_hole() - FXSAVE_SIZE - 64;

    memcpy(place, area, FXSAVE_SIZE + 64);
    frame->uc_mcontext.fpregs = (void *)place;
}

static void mxcsr_bad(ucontext_t *frame, uint8_t *area)
{
    (void)frame;
    *(uint32_t *)(area + MXCSR) = 0xffffffff;
}

static void mxcsr_mask_zero(ucontext_t *frame, uint8_t *area)
{
    (void)frame;
    memset(area + MXCSR + 4, 0, 4);
}

static void magic1_bad(ucontext_t *frame, uint8_t *area)
{
    (void)frame;
    software(area)->magic1 ^= 1;
}

static void magic2_bad(ucontext_t *frame, uint8_t *area)
{
    (void)frame;
    area[software(area)->xstate_size] ^= 1;
}

static void size_zero(ucontext_t *frame, uint8_t *area)
{
    (void)frame;
    software(area)->xstate_size = 0;
}

static void size_huge(ucontext_t *frame, uint8_t *area)
{
    (void)frame;
    software(area)->xstate_size = software(area)->extended_size = 0xffffffff;
}

static void features_all(ucontext_t *frame, uint8_t *area)
{
    (void)frame;
    software(area)->xstate_bv = ~0UL;
}

static void header_all_components(ucontext_t *frame, uint8_t *area)
{
    (void)frame;
    *(uint64_t *)(area + XSAVE_HEADER) = ~0UL;
}

static void header_compacted(ucontext_t *frame, uint8_t *area)
{
    (void)frame;
    ((uint64_t *)(area + XSAVE_HEADER))[1] = 1UL << 63;
}

static void header_reserved(ucontext_t *frame, uint8_t *area)
{
    (void)frame;
    ((uint64_t *)(area + XSAVE_HEADER))[2] = 1;
}

static void header_initial(ucontext_t *frame, uint8_t *area)
{
    (void)frame;
    *(uint64_t *)(area + XSAVE_HEADER) = 0;
}

static void registers_random(ucontext_t *frame, uint8_t *area)
{
    (void)frame;
    memset(area + 32, 0xa5, 416 - 32);
}

static void test_fpu(void)
{
    static const struct {
        const char *name;
        void (*how)(ucontext_t *, uint8_t *);
        int expected;
        bool needs_xsave;
    } rows[] = {
        {"nothing changed", keep, 0, false},
        {"no FPU state", no_area, 0, false},
        {"FPU state unmapped", area_unmapped, SIGSEGV, false},
        {"FPU state in the kernel", area_in_kernel, SIGSEGV, false},
        {"FPU state at a non-canonical address", area_non_canonical, SIGSEGV, false},
        {"FPU state that wraps", area_wraps, SIGSEGV, false},
        {"a bare FXSAVE area before a hole", area_fxsave_before_hole, 0, false},
        {"an XSAVE area cut by a hole", area_cut_by_hole, SIGSEGV, true},
        {"reserved bits in MXCSR", mxcsr_bad, SIGSEGV, false},
        {"MXCSR_MASK 0", mxcsr_mask_zero, 0, false},
        {"no first magic word", magic1_bad, 0, true},
        {"no second magic word", magic2_bad, 0, true},
        {"size 0", size_zero, 0, true},
        {"a huge size", size_huge, 0, true},
        {"all features asked for", features_all, 0, true},
        {"components that do not exist", header_all_components, SIGSEGV, true},
        {"the compacted format", header_compacted, SIGSEGV, true},
        {"reserved words in the header", header_reserved, SIGSEGV, true},
        {"all components initial", header_initial, 0, true},
        {"registers at random", registers_random, 0, false},
    };
    char name[100];

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        int expected = rows[i].expected;
        int result = rows[i].needs_xsave && !has_xsave() ? expected : spoil_result(rows[i].how);

        snprintf(name, sizeof(name), "FPU frame: %s", rows[i].name);
        check_result(name, result, expected);
    }
}

/* What the handler writes into the saved vector registers is what the program has afterwards. */
static void xmm7_edit(ucontext_t *frame, uint8_t *area)
{
    (void)frame;
    memset(area + 160 + 7 * 16, 0x3c, 16);
    if (has_xsave())
        *(uint64_t *)(area + XSAVE_HEADER) |= 2;
}

static void test_vector_edit(void)
{
    uint64_t got;

    spoil = xmm7_edit;
    handler_set(SIGUSR1, on_user, 0);
    __asm__ volatile("pxor %%xmm7, %%xmm7\n\tsyscall\n\tmovq %%xmm7, %0"
                     : "=r"(got)
                     : "a"(__NR_kill), "D"(call(__NR_getpid)), "S"(SIGUSR1)
                     : "rcx", "r11", "memory", "xmm7");
    check("a handler can change a vector register", got == 0x3c3c3c3c3c3c3c3c);
}

/* ---- Flags ------------------------------------------------------------------------------------*/

static uint64_t flags_wanted;

static void set_flags(ucontext_t *frame, uint8_t *area)
{
    (void)area;
    frame->uc_mcontext.gregs[REG_EFL] |= (greg_t)flags_wanted;
}

static uint64_t flags_after(uint64_t wanted)
{
    uint64_t flags;

    spoil = set_flags;
    flags_wanted = wanted;
    handler_set(SIGUSR1, on_user, 0);
    __asm__ volatile("syscall\n\t"
                     "lea -128(%%rsp), %%rsp\n\t" /* the red zone may be in use */
                     "pushf\n\t"
                     "popq %0\n\t"
                     "pushq $2\n\t"
                     "popf\n\t"
                     "lea 128(%%rsp), %%rsp"
                     : "=r"(flags)
                     : "a"(__NR_kill), "D"(call(__NR_getpid)), "S"(SIGUSR1)
                     : "rcx", "r11", "memory", "cc");
    return flags;
}

static void test_flags(void)
{
    static const struct {
        const char *name;
        uint64_t flag;
        bool stays;
    } rows[] = {
        {"IOPL", FLAG_IOPL, false},   {"NT", FLAG_NESTED, false},
        {"VM", FLAG_VM, false},       {"VIF and VIP", FLAG_VIRTUAL, false},
        {"DF", FLAG_DIRECTION, true}, {"AC", FLAG_ALIGNMENT, true},
        {"the carry flag", 1, true},  {"bits that do not exist", 0xffffffffffc00000, false},
    };
    char name[100];

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        uint64_t flags = flags_after(rows[i].flag) & rows[i].flag;

        snprintf(name, sizeof(name), "a handler %s %s", rows[i].stays ? "sets" : "cannot set",
                 rows[i].name);
        check(name, flags == (rows[i].stays ? rows[i].flag : 0));
    }
}

static volatile int steps;

/* Sent after each instruction; the third one ends it. */
static void on_step(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    if (++steps == 3)
        ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)FLAG_TRAP;
}

static void test_single_step(void)
{
    handler_set(SIGTRAP, on_step, 0);
    spoil = set_flags;
    flags_wanted = FLAG_TRAP;
    handler_set(SIGUSR1, on_user, 0);
    raise_raw(SIGUSR1);
    __asm__ volatile("nop\n\tnop\n\tnop\n\tnop" : : : "memory");
    check_result("single steps, until a handler ends them", steps, 3);
    handler_set(SIGTRAP, on_fault, SA_ONSTACK);
}

/* ---- Stacks -----------------------------------------------------------------------------------*/

static void on_count(int number, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
    runs++;
    number_seen = number;
}

static int raise_on(void *stack, size_t size)
{
    number_seen = 0;
    stack_set(stack, size);
    handler_set(SIGUSR1, on_count, SA_ONSTACK);
    if (sigsetjmp(back, 1) == 0)
        raise_raw(SIGUSR1);
    stack_set(NULL, 0);
    return number_seen;
}

static void test_bad_stacks(void)
{
    char *read_only = page_protected(PROT_READ), *hole = page_before_hole();
    const struct {
        const char *name;
        void *stack;
        size_t size;
        int expected;
    } rows[] = {
        {"ordinary", stack_memory, sizeof(stack_memory), SIGUSR1},
        {"unmapped", hole, 65536, SIGSEGV},
        {"read-only", read_only, PAGE, SIGSEGV},
        {"in the kernel", (void *)KERNEL_ADDRESS, 65536, SIGSEGV},
        {"non-canonical", (void *)NON_CANONICAL, 65536, SIGSEGV},
        {"null", NULL + 64, 65536, SIGSEGV},
    };
    char name[100];

    handler_set(SIGSEGV, on_fault, 0);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        snprintf(name, sizeof(name), "an alternate stack: %s", rows[i].name);
        check_result(name, raise_on(rows[i].stack, rows[i].size), rows[i].expected);
    }
}

/* The stack pointer is no good, and only the alternate stack can help. */
static void fault_without_stack(uint64_t stack)
{
    number_seen = 0;
    if (sigsetjmp(back, 1) == 0)
        __asm__ volatile("mov %0, %%rsp\n\tpush %%rax" : : "r"(stack) : "memory");
}

static void test_stack_pointer(void)
{
    static const uint64_t stacks[] = {0, 1, 64, KERNEL_ADDRESS, NON_CANONICAL, ~0UL, USER_END};
    char name[100];

    stack_set(stack_memory, sizeof(stack_memory));
    handler_set(SIGSEGV, on_fault, SA_ONSTACK);
    handler_set(SIGBUS, on_fault, SA_ONSTACK);
    for (size_t i = 0; i < ARRAY_LENGTH(stacks); i++) {
        if (stacks[i] >= USER_END && in_ring_0() && stacks[i] != NON_CANONICAL)
            number_seen = SIGSEGV; /* it could be a good stack there */
        else
            fault_without_stack(stacks[i]);
        snprintf(name, sizeof(name), "a push at a bad stack pointer, %zu", i);
        check(name, number_seen == SIGSEGV || number_seen == SIGBUS);
    }
    stack_set(NULL, 0);
}

static long recurse(volatile char *above)
{
    volatile char here[1024];

    here[0] = *above;
    return here[0] == 77 ? 0 : recurse(here) + here[0]; /* it never is */
}

static void test_stack_overflow(void)
{
    char first = 0;

    stack_set(stack_memory, sizeof(stack_memory));
    handler_set(SIGSEGV, on_fault, SA_ONSTACK);
    number_seen = 0;
    if (sigsetjmp(back, 1) == 0)
        recurse(&first);
    check_result("endless recursion", number_seen, SIGSEGV);
    number_seen = 0;
    if (sigsetjmp(back, 1) == 0)
        recurse(&first);
    check_result("and once more", number_seen, SIGSEGV);
    stack_set(NULL, 0);
}

static void change_stack(ucontext_t *frame, uint8_t *area)
{
    (void)area;
    frame->uc_stack = (stack_t){.ss_sp = small_stack, .ss_size = sizeof(small_stack)};
}

static void spoil_stack(ucontext_t *frame, uint8_t *area)
{
    (void)area;
    frame->uc_stack = (stack_t){.ss_sp = (void *)KERNEL_ADDRESS, .ss_size = 1, .ss_flags = 0x77};
}

static void test_stack_in_frame(void)
{
    stack_t now;

    stack_set(stack_memory, sizeof(stack_memory));
    check_result("a frame with another alternate stack", spoil_result(change_stack), 0);
    call(__NR_sigaltstack, NULL, &now);
    check("sets it", now.ss_sp == small_stack && now.ss_size == sizeof(small_stack));
    check_result("a frame with an alternate stack that is refused", spoil_result(spoil_stack), 0);
    call(__NR_sigaltstack, NULL, &now);
    check("keeps the old one", now.ss_sp == small_stack && now.ss_size == sizeof(small_stack));
    stack_set(NULL, 0);
}

static stack_t stack_inside;

static void on_look(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)info;
    (void)context;
    call(__NR_sigaltstack, NULL, &stack_inside);
}

static void test_autodisarm(void)
{
    stack_t stack = {.ss_sp = stack_memory,
                     .ss_size = sizeof(stack_memory),
                     .ss_flags = (int)(1U << 31)}; /* SS_AUTODISARM */
    stack_t now;

    call(__NR_sigaltstack, &stack, NULL);
    handler_set(SIGUSR1, on_look, SA_ONSTACK);
    raise_raw(SIGUSR1);
    call(__NR_sigaltstack, NULL, &now);
    check("SS_AUTODISARM takes the stack away meanwhile", stack_inside.ss_flags == SS_DISABLE);
    check("and gives it back", now.ss_sp == stack_memory && now.ss_flags == stack.ss_flags);
    stack_set(NULL, 0);
}

/* ---- What is told, what is dropped ------------------------------------------------------------*/

struct raw_action {
    uintptr_t handler;
    unsigned long flags;
    uintptr_t restorer;
    uint64_t mask;
};

static void test_no_restorer(void)
{
    struct raw_action action = {(uintptr_t)on_count, SA_SIGINFO, 0, 0};

    handler_set(SIGSEGV, on_fault, 0);
    number_seen = 0;
    call(__NR_rt_sigaction, SIGUSR1, &action, NULL, 8);
    if (sigsetjmp(back, 1) == 0)
        raise_raw(SIGUSR1);
    check_result("a handler without a restorer", number_seen, SIGSEGV);
}

static void mask_set(uint64_t mask)
{
    call(__NR_rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
}

/* A signal that waits is dropped when it is ignored, even if a handler comes later. */
static void test_dropped(void)
{
    handler_set(SIGUSR1, on_count, 0);
    mask_set(SIGNAL(SIGUSR1));
    raise_raw(SIGUSR1);
    signal(SIGUSR1, SIG_IGN);
    handler_set(SIGUSR1, on_count, 0);
    mask_set(0);
    check_result("a signal that was ignored while it waited", runs, 0);
    handler_set(SIGURG, on_count, 0);
    mask_set(SIGNAL(SIGURG));
    raise_raw(SIGURG);
    signal(SIGURG, SIG_DFL);
    handler_set(SIGURG, on_count, 0);
    mask_set(0);
    check_result("and one whose default is nothing", runs, 0);
    signal(SIGURG, SIG_DFL);
}

static void change_result(ucontext_t *frame, uint8_t *area)
{
    (void)area;
    frame->uc_mcontext.gregs[REG_RAX] = -512; /* the kernel's own mark for `make the call again` */
    raise_raw(SIGUSR2);
}

static void test_result_not_restarted(void)
{
    struct sigaction action = {.sa_sigaction = on_user, .sa_flags = SA_SIGINFO};

    runs = 0;
    spoil = change_result;
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(SIGUSR1, &action, NULL);
    handler_set(SIGUSR2, on_count, 0);
    check_result("a restored RAX is not a call to be made again", raise_raw(SIGUSR1), -512);
    check_result("with both handlers run", runs, 2);
    check_result("nor without another signal", (mask_set(SIGNAL(SIGUSR2)), raise_raw(SIGUSR1)),
                 -512);
    mask_set(0);
}

static char *protected_page;

static void on_repair(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    runs++;
    told = *info;
    call(__NR_mprotect, protected_page, PAGE, PROT_READ | PROT_WRITE);
}

static void test_repair(void)
{
    protected_page = page_protected(PROT_NONE);
    handler_set(SIGSEGV, on_repair, 0);
    *(volatile char *)protected_page = 1;
    check("a handler repairs a fault", runs == 1 && told.si_code == SEGV_ACCERR);
    check("and the access is made again", *protected_page == 1 && protected_page[1] == '/');
    handler_set(SIGSEGV, on_fault, 0);
}

static int fpe_code(void (*action)(void))
{
    memset(&told, 0, sizeof(told));
    handler_set(SIGFPE, on_fault, 0);
    if (sigsetjmp(back, 1) == 0)
        action();
    __asm__ volatile("fninit");
    return told.si_signo == SIGFPE ? told.si_code : 0;
}

/* QEMU's TCG raises no exceptions of SSE; those of the x87 do as well. */
static void x87_divide(void)
{
    uint16_t control = 0x37f & ~4;

    __asm__ volatile("fldcw %0\n\tfldz\n\tfld1\n\tfdivp\n\tfwait" : : "m"(control));
}

static void x87_invalid(void)
{
    uint16_t control = 0x37f & ~1;

    __asm__ volatile("fldcw %0\n\tfld1\n\tfchs\n\tfsqrt\n\tfwait" : : "m"(control));
}

static void x87_inexact(void)
{
    uint16_t control = 0x37f & ~0x20;

    __asm__ volatile("fldcw %0\n\tfldpi\n\tfsqrt\n\tfwait" : : "m"(control));
}

static void test_fpe(void)
{
    check_result("x87: division by zero", fpe_code(x87_divide), FPE_FLTDIV);
    check_result("x87: invalid operation", fpe_code(x87_invalid), FPE_FLTINV);
    check_result("x87: inexact result", fpe_code(x87_inexact), FPE_FLTRES);
}

int main(void)
{
    handler_set(SIGSEGV, on_fault, SA_ONSTACK);
    test_fpu();
    test_vector_edit();
    test_flags();
    test_single_step();
    test_bad_stacks();
    test_stack_pointer();
    test_stack_overflow();
    test_stack_in_frame();
    test_autodisarm();
    test_no_restorer();
    test_dropped();
    test_result_not_restarted();
    test_repair();
    test_fpe();
    return check_finish();
}
