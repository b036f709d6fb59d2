/* SPDX-License-Identifier: MIT */
/*
 * What a system call and an interrupt must leave alone: the general registers except RAX, RCX and
 * R11, the flags, the rounding modes, and the 128 bytes below the stack pointer (System V ABI
 * 3.2.2), which matter most where the program runs in ring 0.
 */
#include "tests/abi/check.h"

#include <time.h>

/* Makes system call RDI with RSI as its first argument; all else holds patterns. Returns a mask
 * with one bit for each thing that changed. */
long registers_call(long number, const void *argument);
__asm__(".pushsection .text\n"
        ".globl registers_call\n"
        "registers_call:\n"
        "  push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "  mov %rdi, %rax\n"
        "  mov %rsi, %rdi\n"
        "  mov %rsi, wanted_rdi(%rip)\n"
        "  mov %rsp, wanted_rsp(%rip)\n"
        "  mov $0x1111111111111111, %rbx\n"
        "  mov $0, %esi\n"
        "  mov $0x3333333333333333, %rdx\n"
        "  mov $0x4444444444444444, %rbp\n"
        "  mov $0x5555555555555555, %r8\n"
        "  mov $0x6666666666666666, %r9\n"
        "  mov $0x7777777777777777, %r10\n"
        "  mov $0x8888888888888888, %r12\n"
        "  mov $0x9999999999999999, %r13\n"
        "  mov $0xaaaaaaaaaaaaaaaa, %r14\n"
        "  mov $0xbbbbbbbbbbbbbbbb, %r15\n"
        "  pushq $0xcd7\n" /* CF PF AF ZF SF DF OF, and the bit that is always 1 */
        "  popfq\n"
        "  syscall\n"
        "  pushfq\n"
        "  cld\n"
        "  pop %r11\n"
        "  mov %r11, got_flags(%rip)\n"
        "  xor %r11d, %r11d\n"
        "  xor %ecx, %ecx\n"
        ".macro differs register, value, bit\n"
        "  mov $\\value, %rax\n"
        "  cmp %rax, \\register\n"
        "  setne %cl\n"
        "  shl $\\bit, %ecx\n"
        "  or %ecx, %r11d\n"
        "  xor %ecx, %ecx\n"
        ".endm\n"
        "  differs %rbx, 0x1111111111111111, 0\n"
        "  differs %rsi, 0, 1\n"
        "  differs %rdx, 0x3333333333333333, 2\n"
        "  differs %rbp, 0x4444444444444444, 3\n"
        "  differs %r8, 0x5555555555555555, 4\n"
        "  differs %r9, 0x6666666666666666, 5\n"
        "  differs %r10, 0x7777777777777777, 6\n"
        "  differs %r12, 0x8888888888888888, 7\n"
        "  differs %r13, 0x9999999999999999, 8\n"
        "  differs %r14, 0xaaaaaaaaaaaaaaaa, 9\n"
        "  differs %r15, 0xbbbbbbbbbbbbbbbb, 10\n"
        "  cmp wanted_rdi(%rip), %rdi\n"
        "  setne %cl\n"
        "  shl $11, %ecx\n"
        "  or %ecx, %r11d\n"
        "  xor %ecx, %ecx\n"
        "  cmp wanted_rsp(%rip), %rsp\n"
        "  setne %cl\n"
        "  shl $12, %ecx\n"
        "  or %ecx, %r11d\n"
        "  mov %r11, %rax\n"
        "  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "  ret\n"
        ".popsection\n"
        ".local wanted_rdi, wanted_rsp\n"
        ".comm wanted_rdi, 8, 8\n"
        ".comm wanted_rsp, 8, 8\n"
        ".comm got_flags, 8, 8\n");
extern uint64_t got_flags;

/* Fills the red zone, makes system call RDI (none if negative) with argument RSI, spins RDX times,
 * and returns whether the red zone is as it was. */
long red_zone_survives(long number, const void *argument, long spins);
__asm__(".pushsection .text\n"
        ".globl red_zone_survives\n"
        "red_zone_survives:\n"
        "  mov %rdi, %r8\n"
        "  mov %rsi, %r9\n"
        "  mov $0x0123456789abcdef, %rax\n"
        "  lea -128(%rsp), %rdi\n"
        "  mov $16, %ecx\n"
        "  rep stosq\n"
        "  test %r8, %r8\n"
        "  js 1f\n"
        "  mov %r8, %rax\n"
        "  mov %r9, %rdi\n"
        "  xor %esi, %esi\n"
        "  syscall\n"
        "1:\n"
        "  dec %rdx\n"
        "  jg 1b\n"
        "  mov $0x0123456789abcdef, %rax\n"
        "  lea -128(%rsp), %rdi\n"
        "  mov $16, %ecx\n"
        "  repe scasq\n"
        "  sete %al\n"
        "  movzbl %al, %eax\n"
        "  ret\n"
        ".popsection\n");

#define ARITHMETIC_FLAGS 0xcd5UL /* CF PF AF ZF SF DF OF (SDM 1, 3.4.3) */

static struct timespec moment = {.tv_nsec = 2000000};

static void test_registers(void)
{
    check_result("registers after getppid", registers_call(__NR_getppid, NULL), 0);
    check("flags after getppid", (got_flags & ARITHMETIC_FLAGS) == ARITHMETIC_FLAGS);
    check_result("registers after an unknown call", registers_call(1001, NULL), 0);
    check("flags after an unknown call", (got_flags & ARITHMETIC_FLAGS) == ARITHMETIC_FLAGS);
    check_result("registers after a sleep", registers_call(__NR_nanosleep, &moment), 0);
    check("flags after a sleep", (got_flags & ARITHMETIC_FLAGS) == ARITHMETIC_FLAGS);
    check_result("registers after a bad pointer",
                 registers_call(__NR_uname, (void *)KERNEL_ADDRESS), 0);
}

static void test_red_zone(void)
{
    check("the red zone after getppid", red_zone_survives(__NR_getppid, NULL, 0));
    check("the red zone after a sleep", red_zone_survives(__NR_nanosleep, &moment, 0));
    check("the red zone after a bad pointer",
          red_zone_survives(__NR_uname, (void *)KERNEL_ADDRESS, 0));
    check("the red zone after a while", red_zone_survives(-1, NULL, 30000000));
}

/* Rounding towards zero in both units, through a call, a sleep and a while. */
static void test_rounding(void)
{
    const uint32_t sse_wanted = 0x7f80; /* all masked, round towards zero (SDM 1, 10.2.3) */
    const uint16_t x87_wanted = 0x0f7f; /* the same (SDM 1, 8.1.5) */
    uint32_t sse_before, sse = 0;
    uint16_t x87_before, x87 = 0;

    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(sse_before), "=m"(x87_before));
    __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(sse_wanted), "m"(x87_wanted));
    call(__NR_getppid);
    call(__NR_nanosleep, &moment, NULL);
    for (volatile int i = 0; i < 3000000; i++)
        ;
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(sse), "=m"(x87));
    __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(sse_before), "m"(x87_before));
    check_result("the program starts with default rounding, SSE", sse_before & ~0x3fu, 0x1f80);
    check_result("the program starts with default rounding, x87", x87_before, 0x037f);
    check_result("rounding survives, SSE", sse & ~0x3fu, 0x7f80);
    check_result("rounding survives, x87", x87, 0x0f7f);
}

int main(void)
{
    test_registers();
    test_red_zone();
    test_rounding();
    return check_finish();
}
