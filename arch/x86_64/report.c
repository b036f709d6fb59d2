/* SPDX-License-Identifier: MIT */
/* The registers of a frame as lines of text, for the report of a crash. */
#include "arch/cpu.h"
#include "arch/x86_64/msr.h"
#include "kernel/lib/fmt.h"

#define LINE_SIZE 128

#define PRINT(...)                                     \
    do {                                               \
        fmt_snprintf(line, sizeof(line), __VA_ARGS__); \
        print(line);                                   \
    } while (0)

void frame_describe(const struct trap_frame *f, void (*print)(const char *line))
{
    char line[LINE_SIZE];
    PRINT("rip %016lx rsp %016lx rflags %lx cs %lx vector %lu error %lx", f->rip, f->rsp, f->rflags,
          f->cs, f->vector, f->error);
    PRINT("rax %016lx rbx %016lx rcx %016lx rdx %016lx", f->rax, f->rbx, f->rcx, f->rdx);
    PRINT("rsi %016lx rdi %016lx rbp %016lx r8  %016lx", f->rsi, f->rdi, f->rbp, f->r8);
    PRINT("r9  %016lx r10 %016lx r11 %016lx r12 %016lx", f->r9, f->r10, f->r11, f->r12);
    PRINT("r13 %016lx r14 %016lx r15 %016lx cr2 %016lx", f->r13, f->r14, f->r15, read_cr2());
    PRINT("cr0 %lx cr3 %lx cr4 %lx cpu %u", read_cr0(), read_cr3(), read_cr4(), cpu_index());
}
