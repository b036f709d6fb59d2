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
%include "arch/x86_64/cfi.inc"

extern syscall_table, sys_nosys
%ifdef DEBUG_KERNEL
extern lock_debug_nothing_held
%endif
extern arch_upcall_syscall_traced, arch_upcall_clone, arch_upcall_clone3
extern trap_return

%macro ENTER_KERNEL 0
    swapgs
    mov [gs:PERCPU_USER_RSP], rsp
    mov rsp, [gs:PERCPU_FRAME]
.on_kernel_stack:
    mov [rsp + FRAME_RFLAGS], r11
    mov r11, [gs:PERCPU_USER_RSP]
.has_program_stack:
    mov [rsp + FRAME_RIP], rcx
    mov [rsp + FRAME_RSP], r11
    mov [rsp + FRAME_ERROR], rax
    mov [rsp + FRAME_RDI], rdi
    mov [rsp + FRAME_RSI], rsi
    mov [rsp + FRAME_RDX], rdx
    mov [rsp + FRAME_R10], r10
    mov [rsp + FRAME_R8], r8
    mov [rsp + FRAME_R9], r9
.entered:
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

; A debug kernel looks whether the call left a lock behind. RAX holds the result.
%macro EXPECT_NOTHING_HELD 0
%ifdef DEBUG_KERNEL
    mov [rsp + FRAME_RAX], rax
    call lock_debug_nothing_held
    mov rax, [rsp + FRAME_RAX]
%endif
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
    EXPECT_NOTHING_HELD
    cli
    cmp qword [gs:PERCPU_WORK], 0
    jne syscall_work_ring3
    RESTORE_ARGUMENTS
    mov rsp, [rsp + FRAME_RSP]
.leaving:
    swapgs
    o64 sysret
syscall_end_ring3:

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
    EXPECT_NOTHING_HELD
    cli
    cmp qword [gs:PERCPU_WORK], 0
    jne syscall_work_ring0
    RESTORE_ARGUMENTS
    test r11d, RFLAGS_TF                ; a trap flag restored here would trap in the kernel
    jnz syscall_work_ring0
    and r11, ~RFLAGS_IF
    push r11
.flags_pushed:
    popfq
.flags_popped:
    mov rsp, [rsp + FRAME_RSP]
.leaving:
    swapgs
    sti
    jmp rcx
syscall_end_ring0:

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
syscall_end_slow:

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
syscall_bodies_end:

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
syscall_end_traced_%1:
%endmacro

TRACED_ENTRY ring3, USER_CS, USER_SS
TRACED_ENTRY ring0, KERNEL_CS, KERNEL_SS

; Where the program's registers are, all the way in and out.

%macro CFI_INSIDE 0
    CFI_STACK FRAME_RIP
    CFI_SAVED CFI_RIP, 0
    CFI_SAVED CFI_RSP, FRAME_RSP - FRAME_RIP
    CFI_IN_FRAME_CALL
%endmacro

%macro CFI_WAY_IN 1
    CFI_STACK 0                         ; on the program's stack
    CFI_IN_REGISTER CFI_RIP, CFI_RCX
    CFI_IS_CFA CFI_RSP
    CFI_REMEMBER
    CFI_AT %1.on_kernel_stack
    CFI_STACK FRAME_RIP
    CFI_UNKNOWN CFI_RIP                 ; for two instructions: RSP is behind GS, which DWARF cannot say
    CFI_AT %1.has_program_stack
    CFI_IN_REGISTER CFI_RIP, CFI_RCX
    CFI_IN_REGISTER CFI_RSP, 11
    CFI_AT %1.entered
    CFI_INSIDE
%endmacro

CFI_SECTION
CFI_CALLED cfi_body
CFI_ENTRY cfi_body, sys_clone, syscall_bodies_end
CFI_END
CFI_INTERRUPTED cfi_system_call
CFI_ENTRY cfi_system_call, syscall_entry_ring3, syscall_end_ring3
    CFI_WAY_IN syscall_entry_ring3
    CFI_AT syscall_done_ring3.leaving
    CFI_RECALL
CFI_END
CFI_ENTRY cfi_system_call, syscall_entry_ring0, syscall_end_ring0
    CFI_WAY_IN syscall_entry_ring0
    CFI_AT syscall_done_ring0.flags_pushed
    CFI_STACK FRAME_RIP + 8
    CFI_AT syscall_done_ring0.flags_popped
    CFI_STACK FRAME_RIP
    CFI_AT syscall_done_ring0.leaving
    CFI_RECALL
CFI_END
CFI_ENTRY cfi_system_call, syscall_range_ring3, syscall_end_slow
    CFI_INSIDE
CFI_END
CFI_ENTRY cfi_system_call, syscall_traced_ring3, syscall_end_traced_ring3
    CFI_WAY_IN syscall_traced_ring3
CFI_END
CFI_ENTRY cfi_system_call, syscall_traced_ring0, syscall_end_traced_ring0
    CFI_WAY_IN syscall_traced_ring0
CFI_END
