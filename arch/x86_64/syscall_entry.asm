; SPDX-License-Identifier: MIT
;
; The SYSCALL instruction's way in and out (SDM 2B, SYSCALL: RCX = return address, R11 = flags;
; FMASK has cleared IF, TF, DF, AC and NT; the stack is still the program's).
;
; Two rings, one shape: SWAPGS, switch to the frame at the top of the thread's kernel stack, store
; what the call may read or change, call the body through syscall_table, restore, leave. Callee-
; saved registers are not stored: the bodies are C and keep them. When percpu work is pending
; (a signal, a reschedule) the slow way out completes the frame first.
;
; From ring 3 the way back is SYSRET. From ring 0 it is: flags with IF off through POPFQ, stack
; pointer, STI, jump; interrupts can come only after the jump, because STI holds them back by one
; instruction. Nothing is ever pushed on the program's stack (its red zone is below RSP).

%include "arch/x86_64/frame.inc"

extern syscall_table, sys_nosys
extern arch_upcall_syscall_traced, arch_upcall_clone, arch_upcall_clone3
extern trap_return

%macro ENTER_KERNEL 0
    swapgs
    mov [gs:PERCPU_USER_RSP], rsp
    mov rsp, [gs:PERCPU_FRAME]
    mov [rsp + FRAME_RFLAGS], r11
    mov r11, [gs:PERCPU_USER_RSP]
    mov [rsp + FRAME_RIP], rcx
    mov [rsp + FRAME_RSP], r11
    mov [rsp + FRAME_ERROR], rax
    mov [rsp + FRAME_RDI], rdi
    mov [rsp + FRAME_RSI], rsi
    mov [rsp + FRAME_RDX], rdx
    mov [rsp + FRAME_R10], r10
    mov [rsp + FRAME_R8], r8
    mov [rsp + FRAME_R9], r9
    sti
%endmacro

SYSCALL_TABLE_ENTRIES equ 463         ; SYSCALL_COUNT of syscall/table.h; dispatch.c asserts it

%macro RESTORE_ARGUMENTS 0
    mov rdi, [rsp + FRAME_RDI]
    mov rsi, [rsp + FRAME_RSI]
    mov rdx, [rsp + FRAME_RDX]
    mov r10, [rsp + FRAME_R10]
    mov r8, [rsp + FRAME_R8]
    mov r9, [rsp + FRAME_R9]
    mov rcx, [rsp + FRAME_RIP]
    mov r11, [rsp + FRAME_RFLAGS]
%endmacro

; Complete the frame so that it describes the program's registers in full.
%macro COMPLETE_FRAME 2                 ; CS, SS
    mov [rsp + FRAME_RBX], rbx
    mov [rsp + FRAME_RBP], rbp
    mov [rsp + FRAME_R12], r12
    mov [rsp + FRAME_R13], r13
    mov [rsp + FRAME_R14], r14
    mov [rsp + FRAME_R15], r15
    mov rcx, [rsp + FRAME_RIP]
    mov [rsp + FRAME_RCX], rcx
    mov rcx, [rsp + FRAME_RFLAGS]
    mov [rsp + FRAME_R11], rcx
    mov qword [rsp + FRAME_VECTOR], VECTOR_SYSCALL
    mov qword [rsp + FRAME_CS], %1
    mov qword [rsp + FRAME_SS], %2
%endmacro

section .text.hot progbits alloc exec nowrite align=64

global syscall_entry_ring3
syscall_entry_ring3:
    ENTER_KERNEL
    mov rcx, r10
    mov eax, eax                        ; Linux looks at the lower half alone
    cmp eax, SYSCALL_TABLE_ENTRIES
    jae syscall_range_ring3
    call [rax * 8 + syscall_table]
syscall_done_ring3:
    cli
    cmp qword [gs:PERCPU_WORK], 0
    jne syscall_work_ring3
    RESTORE_ARGUMENTS
    mov rsp, [rsp + FRAME_RSP]
    swapgs
    o64 sysret

align 64
global syscall_entry_ring0
syscall_entry_ring0:
    ENTER_KERNEL
    mov rcx, r10
    mov eax, eax                        ; Linux looks at the lower half alone
    cmp eax, SYSCALL_TABLE_ENTRIES
    jae syscall_range_ring0
    call [rax * 8 + syscall_table]
syscall_done_ring0:
    cli
    cmp qword [gs:PERCPU_WORK], 0
    jne syscall_work_ring0
    RESTORE_ARGUMENTS
    test r11d, RFLAGS_TF                ; a trap flag restored here would trap in the kernel
    jnz syscall_work_ring0
    and r11, ~RFLAGS_IF
    push r11
    popfq
    mov rsp, [rsp + FRAME_RSP]
    swapgs
    sti
    jmp rcx

section .text progbits alloc exec nowrite align=16

syscall_range_ring3:
    call sys_nosys
    jmp syscall_done_ring3
syscall_range_ring0:
    call sys_nosys
    jmp syscall_done_ring0

syscall_work_ring3:
    COMPLETE_FRAME USER_CS, USER_SS
    jmp syscall_work
syscall_work_ring0:
    COMPLETE_FRAME KERNEL_CS, KERNEL_SS
syscall_work:
    mov [rsp + FRAME_RAX], rax
    jmp trap_return

; Bodies that copy the program's registers, which the fast way leaves where they are: complete the frame
; first. A traced call has a complete one, and comes from C, so that its frame is not next to the stack.
%macro BODY_WITH_FRAME 2                ; the body's name in the table, what it becomes
global %1
%1:
    lea rax, [rsp + 8]
    cmp rax, [gs:PERCPU_FRAME]
    jne %2
    mov [rax + FRAME_RBX], rbx
    mov [rax + FRAME_RBP], rbp
    mov [rax + FRAME_R12], r12
    mov [rax + FRAME_R13], r13
    mov [rax + FRAME_R14], r14
    mov [rax + FRAME_R15], r15
    jmp %2
%endmacro

BODY_WITH_FRAME sys_clone, arch_upcall_clone
BODY_WITH_FRAME sys_clone3, arch_upcall_clone3

; The entries of a traced run: the trace needs the whole frame before the call.
%macro TRACED_ENTRY 3
align 16
global syscall_traced_%1
syscall_traced_%1:
    ENTER_KERNEL
    mov [rsp + FRAME_RAX], rax
    COMPLETE_FRAME %2, %3
    mov rdi, rsp
    call arch_upcall_syscall_traced
    mov [rsp + FRAME_RAX], rax
    cli
    jmp trap_return
%endmacro

TRACED_ENTRY ring3, USER_CS, USER_SS
TRACED_ENTRY ring0, KERNEL_CS, KERNEL_SS
