; SPDX-License-Identifier: MIT
;
; Switching kernel stacks, starting a thread, and the first entry into the program.

%include "arch/x86_64/frame.inc"
%include "arch/x86_64/cfi.inc"

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
.pushed:
    mov [rdi], rsp
    mov rsp, rsi
.switched:
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
context_start_end:

; void context_return_to_program(struct trap_frame *frame): the frame is complete and lies at the
; top of the kernel stack.
global context_return_to_program
context_return_to_program:
    cli
    mov rsp, rdi
    jmp trap_return
context_return_to_program_end:

CFI_SECTION
CFI_CALLED cfi_context
CFI_ENTRY cfi_context, context_switch_stacks, context_start
%assign pushed 0                        ; of six: the first two by one byte each, the others by two
%rep 6
%assign pushed pushed + 1
    CFI_AT context_switch_stacks + (pushed <= 2 ? pushed : 2 * pushed - 2)
    CFI_STACK 8 + 8 * pushed
%endrep
    CFI_SAVED CFI_RBP, -16
    CFI_SAVED CFI_RBX, -24
    CFI_SAVED 12, -32
    CFI_SAVED 13, -40
    CFI_SAVED 14, -48
    CFI_SAVED 15, -56
%assign popped 0
%rep 6
%assign popped popped + 1
    CFI_AT context_switch_stacks.switched + (popped <= 4 ? 2 * popped : popped + 4)
    CFI_STACK 8 + 8 * (6 - popped)
    CFI_LIVE popped <= 4 ? 16 - popped : popped == 5 ? CFI_RBX : CFI_RBP
%endrep
CFI_END
CFI_ENTRY cfi_context, context_start, context_start_end
    CFI_UNKNOWN CFI_RIP                 ; nobody called a thread
CFI_END
CFI_ENTRY cfi_context, context_return_to_program, context_return_to_program_end
    CFI_UNKNOWN CFI_RIP
CFI_END
