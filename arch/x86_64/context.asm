; SPDX-License-Identifier: MIT
;
; Switching kernel stacks, starting a thread, and the first entry into the program.

%include "arch/x86_64/frame.inc"

extern trap_return

section .text progbits alloc exec nowrite align=16

; void context_switch_stacks(u64 *save_stack_pointer, u64 stack_pointer)
; Interrupts off. Only what the C ABI asks a callee to keep has to be kept.
global context_switch_stacks
context_switch_stacks:
    push rbp
    push rbx
    push r12
    push r13
    push r14
    push r15
    mov [rdi], rsp
    mov rsp, rsi
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret

; Where a new thread's stack, made by context_prepare, returns to: entry in R12, argument in R13.
global context_start
context_start:
    xor ebp, ebp
    mov rdi, r13
    call r12
    ud2                                 ; a thread's entry does not return

; void context_return_to_program(struct trap_frame *frame): the frame is complete and lies at the
; top of the kernel stack.
global context_return_to_program
context_return_to_program:
    cli
    mov rsp, rdi
    jmp trap_return
