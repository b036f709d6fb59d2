/* SPDX-License-Identifier: MIT */
/*
 * What the processor raises beyond tests/abi/faults.c: exceptions of SSE and of the x87 unit, #SS, #AC, and debug
 * exceptions. QEMU without KVM lacks most of them; tests/boot/test_bochs.py has a processor that raises them.
 * Each line says which signal came, with what, and what the frame says of it.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#define MXCSR_DEFAULT 0x1f80u
#define X87_DEFAULT   0x37f
#define MXCSR_MASK    7 /* the bits that mask an exception lie so far above those that report it */

enum { INVALID = 1, DENORMAL = 2, DIVISION = 4, OVERFLOW = 8, UNDERFLOW = 16, INEXACT = 32 };

static sigjmp_buf out;
static char seen[200];
static char memory[64] __attribute__((aligned(64), used));

static void on_signal(int number, siginfo_t *info, void *context)
{
    /* A misaligned access may have brought us here, and the alignment check is still on. */
    __asm__ volatile("pushfq; andl $~0x40000, (%%rsp); popfq" : : : "memory");
    const ucontext_t *state = context;
    const greg_t *registers = state->uc_mcontext.gregs;
    const char *where = info->si_addr == NULL ? "nowhere" : "elsewhere";

    if ((greg_t)info->si_addr == registers[REG_RIP])
        where = "at rip";
    snprintf(seen, sizeof(seen), "signal %d, code %d, %s, trap %lld, error %llx, mxcsr %x, x87 %x",
             number, info->si_code, where, registers[REG_TRAPNO], registers[REG_ERR],
             state->uc_mcontext.fpregs->mxcsr, state->uc_mcontext.fpregs->swd & 0x3fu);
    siglongjmp(out, 1);
}

/* ---- SSE --------------------------------------------------------------------------------------*/

static void unmask_sse(unsigned exceptions)
{
    unsigned control = MXCSR_DEFAULT & ~(exceptions << MXCSR_MASK);
    __asm__ volatile("ldmxcsr %0" : : "m"(control));
}

static void sse_divide(double a, double b)
{
    __asm__ volatile("divsd %1, %0" : "+x"(a) : "x"(b));
}

static void sse_multiply(double a, double b)
{
    __asm__ volatile("mulsd %1, %0" : "+x"(a) : "x"(b));
}

static void sse_division(void)
{
    unmask_sse(DIVISION);
    sse_divide(1, 0);
}

static void sse_invalid(void)
{
    unmask_sse(INVALID);
    sse_divide(0, 0);
}

static void sse_overflow(void)
{
    unmask_sse(OVERFLOW);
    sse_multiply(1e308, 1e308);
}

static void sse_underflow(void)
{
    unmask_sse(UNDERFLOW);
    sse_multiply(1e-308, 1e-308);
}

static void sse_inexact(void)
{
    unmask_sse(INEXACT);
    sse_divide(1, 3);
}

static void sse_denormal(void)
{
    unmask_sse(DENORMAL);
    sse_multiply(4.9e-324, 3);
}

static void sse_any(void)
{
    unmask_sse(INVALID | DENORMAL | DIVISION | OVERFLOW | UNDERFLOW | INEXACT);
    sse_divide(1, 0);
}

/* ---- x87: told at the next instruction that waits -------------------------------------------- */

static void unmask_x87(unsigned exceptions)
{
    uint16_t control = (uint16_t)(X87_DEFAULT & ~exceptions);
    __asm__ volatile("fldcw %0" : : "m"(control));
}

static void x87_division(void)
{
    unmask_x87(DIVISION);
    __asm__ volatile("fld1; fldz; fdivrp; fwait");
}

static void x87_invalid(void)
{
    unmask_x87(INVALID);
    __asm__ volatile("fldz; fldz; fdivrp; fwait");
}

static void x87_empty_stack(void)
{
    unmask_x87(INVALID);
    __asm__ volatile("fstp %st(0); fwait");
}

static void x87_overflow(void)
{
    static const double large = 1e308;
    float small;

    unmask_x87(OVERFLOW);
    __asm__ volatile("fldl %1; fmull %1; fstps %0; fwait" : "=m"(small) : "m"(large));
}

static void x87_inexact(void)
{
    unmask_x87(INEXACT);
    __asm__ volatile("fld1; fldpi; fdivrp; fwait");
}

/* ---- Addresses --------------------------------------------------------------------------------*/

static void frame_not_canonical(void)
{
    __asm__ volatile(
        "pushq %%rbp; movabsq $0x8000000000000000, %%rbp; movq (%%rbp), %%rax; popq %%rbp"
        :
        :
        : "rax", "memory");
}

static void push_not_canonical(void)
{
    __asm__ volatile(
        "movq %%rsp, %%rbx; movabsq $0x8000000000000000, %%rsp; pushq %%rax; movq %%rbx, %%rsp"
        :
        :
        : "rax", "rbx", "memory");
}

static void jump_not_canonical(void)
{
    __asm__ volatile("movabsq $0x8000000000000000, %%rax; jmp *%%rax" : : : "rax");
}

static void misaligned(void)
{
    __asm__ volatile("pushfq; orl $0x40000, (%%rsp); popfq; movq 1(%0), %%rbx;"
                     "pushfq; andl $~0x40000, (%%rsp); popfq"
                     :
                     : "r"(memory)
                     : "rbx", "memory");
}

static void misaligned_vector(void)
{
    __asm__ volatile("movaps 1(%0), %%xmm0" : : "r"(memory) : "xmm0");
}

/* ---- Instructions -----------------------------------------------------------------------------*/

static void breakpoint(void)
{
    __asm__ volatile("int3");
}

static void int1(void)
{
    __asm__ volatile(".byte 0xf1");
}

static void step(void)
{
    __asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop" : : : "memory");
}

static void interrupt_of_a_device(void)
{
    __asm__ volatile("int $0x81");
}

static void port(void)
{
    __asm__ volatile("inb $0x60, %%al" : : : "rax");
}

static void selector(void)
{
    __asm__ volatile("movw $0x1234, %%ax; movw %%ax, %%fs" : : : "rax");
}

static const struct {
    const char *name;
    void (*cause)(void);
} causes[] = {
    {"SSE: division by zero", sse_division},
    {"SSE: invalid", sse_invalid},
    {"SSE: overflow", sse_overflow},
    {"SSE: underflow", sse_underflow},
    {"SSE: inexact", sse_inexact},
    {"SSE: denormal", sse_denormal},
    {"SSE: several", sse_any},
    {"x87: division by zero", x87_division},
    {"x87: invalid", x87_invalid},
    {"x87: empty stack", x87_empty_stack},
    {"x87: overflow", x87_overflow},
    {"x87: inexact", x87_inexact},
    {"a frame that is not canonical", frame_not_canonical},
    {"a push that is not canonical", push_not_canonical},
    {"a jump that is not canonical", jump_not_canonical},
    {"alignment check", misaligned},
    {"a misaligned vector", misaligned_vector},
    {"INT3", breakpoint},
    {"INT1", int1},
    {"a step", step},
    {"INT of a device", interrupt_of_a_device},
    {"IN", port},
    {"a selector of nothing", selector},
};

int main(void)
{
    stack_t stack = {.ss_sp = malloc(1 << 16), .ss_size = 1 << 16};
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    static const int signals[] = {SIGFPE, SIGBUS, SIGSEGV, SIGTRAP, SIGILL};

    sigaltstack(&stack, NULL);
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
    for (unsigned i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        snprintf(seen, sizeof(seen), "nothing");
        if (sigsetjmp(out, 1) == 0)
            causes[i].cause();
        __asm__ volatile("fninit");
        unmask_sse(0);
        printf("%s: %s\n", causes[i].name, seen);
    }
    return 0;
}
