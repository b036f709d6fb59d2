/* SPDX-License-Identifier: MIT */
/* A frame as text, for the reports of a crash: of the kernel's own, and of the program's. */
#include "arch/cpu.h"
#include "arch/context.h"
#include "arch/fault_text.h"
#include "arch/x86_64/msr.h"
#include "kernel/lib/fmt.h"

#define LINE_SIZE 128

#define VECTOR_STACK_FAULT 12
#define VECTOR_PROTECTION  13

#define PRINT(...)                                     \
    do {                                               \
        fmt_snprintf(line, sizeof(line), __VA_ARGS__); \
        print(line);                                   \
    } while (0)

static void describe_registers(const struct trap_frame *f, void (*print)(const char *line))
{
    char line[LINE_SIZE];
    PRINT("rip %016lx rsp %016lx rflags %lx cs %lx vector %lu error %lx", f->rip, f->rsp, f->rflags,
          f->cs, f->vector, f->error);
    PRINT("rax %016lx rbx %016lx rcx %016lx rdx %016lx", f->rax, f->rbx, f->rcx, f->rdx);
    PRINT("rsi %016lx rdi %016lx rbp %016lx r8  %016lx", f->rsi, f->rdi, f->rbp, f->r8);
    PRINT("r9  %016lx r10 %016lx r11 %016lx r12 %016lx", f->r9, f->r10, f->r11, f->r12);
}

void frame_describe(const struct trap_frame *f, void (*print)(const char *line))
{
    char line[LINE_SIZE];
    describe_registers(f, print);
    PRINT("r13 %016lx r14 %016lx r15 %016lx cr2 %016lx", f->r13, f->r14, f->r15, read_cr2());
    PRINT("cr0 %lx cr3 %lx cr4 %lx cpu %u", read_cr0(), read_cr3(), read_cr4(), cpu_index());
}

void frame_describe_program(const struct trap_frame *f, void (*print)(const char *line))
{
    char line[LINE_SIZE];
    describe_registers(f, print);
    PRINT("r13 %016lx r14 %016lx r15 %016lx", f->r13, f->r14, f->r15);
    PRINT("fs base %lx, gs base %lx", context_fs_base(), context_gs_base());
}

void frame_registers(const struct trap_frame *f, u64 out[FRAME_REGISTERS])
{
    const u64 registers[FRAME_REGISTERS] = {
        f->rax, f->rdx, f->rcx, f->rbx, f->rsi, f->rdi, f->rbp, f->rsp, f->r8,
        f->r9,  f->r10, f->r11, f->r12, f->r13, f->r14, f->r15, f->rip,
    };
    for (u32 i = 0; i < FRAME_REGISTERS; i++)
        out[i] = registers[i];
}

bool frame_is_page_fault(const struct trap_frame *frame, u32 *fault)
{
    *fault =
        (frame->error & PF_WRITE ? FAULT_WRITE : 0) | (frame->error & PF_FETCH ? FAULT_EXECUTE : 0);
    return frame->vector == VECTOR_PAGE_FAULT;
}

/* An SSE instruction whose operand in memory has to lie on a multiple of 16 (SDM 1, 10.4.1.1): the moves
 * of aligned data, and arithmetic. */
static bool wants_alignment(const u8 *code)
{
    while (*code == 0x66 || (*code & 0xf0) == 0x40)
        code++; /* prefixes: operand size, REX */
    u8 opcode = code[1];
    return code[0] == 0x0f &&
           (opcode == 0x28 || opcode == 0x29 || opcode == 0x2b || (opcode & 0xe0) == 0x40 ||
            (opcode >= 0x54 && opcode <= 0x7f) || opcode >= 0xd0);
}

const char *frame_fault_reason(const struct trap_frame *frame, const u8 code[FRAME_CODE_SIZE])
{
    if (frame->vector == VECTOR_STACK_FAULT)
        return "an address on the stack is not canonical";
    if (frame->vector != VECTOR_PROTECTION)
        return "the processor refused it";
    if (code[0] == 0xf4 || (code[0] & 0xfe) == 0xfa)
        return "a privileged instruction"; /* HLT, CLI, STI */
    return wants_alignment(code) ? "misaligned: its operand has to lie on a multiple of 16"
                                 : "an address is not canonical, or the instruction is privileged";
}
