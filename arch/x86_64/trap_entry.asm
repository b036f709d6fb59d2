; SPDX-License-Identifier: MIT
;
; Exceptions and interrupts: 256 stubs, one common path in, one way out.
;
; Who was interrupted? In ring 3 the privilege bits of CS tell. In ring 0 it is the program when RIP
; or RSP lies in the lower half: the kernel never runs there, nor with such a stack. RIP alone does
; not do, in either ring: a wild jump has the kernel's half in RIP, and is still the program's. From
; then on a frame is the program's if it lies at PERCPU_FRAME, whatever it contains.
;
; When the program runs in ring 0 the processor does not change stacks by itself and the program owns
; the 128 bytes below its RSP, so every vector then enters on an IST stack, and the common path moves
; the frame to the kernel stack at once (with interrupts off all the while), so that the IST stack is
; empty again before the next event. #DB moves its frame in both rings. NMI, double fault and machine
; check stay on stacks of their own.

%include "arch/x86_64/frame.inc"
%include "arch/x86_64/cfi.inc"

extern trap_handle, trap_fatal_on_ist, arch_upcall_return_work
extern program_in_ring0

VECTOR_DEBUG         equ 1
VECTOR_NMI           equ 2
VECTOR_DOUBLE_FAULT  equ 8
VECTOR_MACHINE_CHECK equ 18

; What lies on the stack when a stub has pushed its two words.
IN_VECTOR  equ 0
IN_ERROR   equ 8
IN_RIP     equ 16
IN_CS      equ 24
IN_RFLAGS  equ 32
IN_RSP     equ 40
IN_SS      equ 48

section .text progbits alloc exec nowrite align=16

%macro STORE_REGISTERS 0
    mov [rsp + FRAME_RDI], rdi
    mov [rsp + FRAME_RSI], rsi
    mov [rsp + FRAME_RDX], rdx
    mov [rsp + FRAME_RCX], rcx
    mov [rsp + FRAME_RAX], rax
    mov [rsp + FRAME_R8], r8
    mov [rsp + FRAME_R9], r9
    mov [rsp + FRAME_R10], r10
    mov [rsp + FRAME_R11], r11
    mov [rsp + FRAME_RBX], rbx
    mov [rsp + FRAME_RBP], rbp
    mov [rsp + FRAME_R12], r12
    mov [rsp + FRAME_R13], r13
    mov [rsp + FRAME_R14], r14
    mov [rsp + FRAME_R15], r15
%endmacro

; Copy the seven words the processor and the stub left at [rsp + 16] (two registers are saved
; below them) into the frame at %1; clobbers RCX.
%macro MOVE_FRAME 1
%assign word 0
%rep 7
    mov rcx, [rsp + 16 + word * 8]
    mov [%1 + FRAME_VECTOR + word * 8], rcx
%assign word word + 1
%endrep
%endmacro

; Stub table: 16 bytes each, so that stub n is at trap_stubs + 16 * n.
align 16
global trap_stubs
trap_stubs:
%assign vector 0
%rep 256
    align 16
%if vector = 8 || (vector >= 10 && vector <= 14) || vector = 17 || vector = 21 || vector = 29 || vector = 30
    nop                                 ; the processor pushed an error code
    nop
%else
    push byte 0
%endif
    push strict dword vector
%if vector = VECTOR_NMI || vector = VECTOR_DOUBLE_FAULT || vector = VECTOR_MACHINE_CHECK
    jmp trap_on_own_stack
%elif vector = VECTOR_DEBUG
    jmp trap_move
%else
    jmp trap_enter
%endif
%assign vector vector + 1
%endrep
trap_stubs_end:

align 16
trap_enter:
    cmp byte [rel program_in_ring0], 0
    jne trap_move
    test byte [rsp + IN_CS], CS_RING
    jz .no_ring
.from_program:
    swapgs
.from_kernel:
    sub rsp, FRAME_VECTOR
.has_frame:
    STORE_REGISTERS
trap_dispatch:
    FORBID_USER_ACCESS
    cld
    mov rbp, rsp                        ; so that a backtrace can step over the frame
    mov rdi, rsp
    call trap_handle
    ; trap_handle returns with interrupts off

; RSP at a complete frame, interrupts off.
global trap_return
trap_return:
    cmp rsp, [gs:PERCPU_FRAME]
    jne .restore                        ; back into the kernel
    cmp qword [gs:PERCPU_WORK], 0
    jne .work
    swapgs
.restore:
    mov rdi, [rsp + FRAME_RDI]
    mov rsi, [rsp + FRAME_RSI]
    mov rdx, [rsp + FRAME_RDX]
    mov rcx, [rsp + FRAME_RCX]
    mov rax, [rsp + FRAME_RAX]
    mov r8, [rsp + FRAME_R8]
    mov r9, [rsp + FRAME_R9]
    mov r10, [rsp + FRAME_R10]
    mov r11, [rsp + FRAME_R11]
    mov rbx, [rsp + FRAME_RBX]
    mov rbp, [rsp + FRAME_RBP]
    mov r12, [rsp + FRAME_R12]
    mov r13, [rsp + FRAME_R13]
    mov r14, [rsp + FRAME_R14]
    mov r15, [rsp + FRAME_R15]
    add rsp, FRAME_RIP
.leaving:
    iretq
.work:
    mov rdi, rsp
    call arch_upcall_return_work        ; returns with interrupts off and work done
    jmp trap_return
trap_return_end:

; In virtual-8086 mode, which does not exist in long mode but which QEMU's emulation lets a program
; enter by a 32-bit IRET, CS is no selector.
trap_enter.no_ring:
    test dword [rsp + IN_RFLAGS], RFLAGS_VM
    jz trap_enter.from_kernel
    jmp trap_enter.from_program
trap_enter_end:

; On an IST stack that must not stay in use: build the frame on the kernel stack instead.
align 16
trap_move:
    push rax
.has_rax:
    push rcx
.has_rcx:
    test byte [rsp + 16 + IN_CS], CS_RING
    jnz .from_program
    mov rax, [rsp + 16 + IN_RIP]
    mov rcx, rax
    and rcx, [rsp + 16 + IN_RSP]
    js .from_kernel
.from_program:
    swapgs
    mov rax, [gs:PERCPU_FRAME]
    jmp .move
.from_kernel:
    ; A fault while moving a frame means that there is no stack to move it to.
    mov rcx, trap_move
    sub rax, rcx
    cmp rax, trap_moved - trap_move
    jb trap_no_stack
    mov rax, [rsp + 16 + IN_RSP]
    and rax, -16
    sub rax, FRAME_SIZE
.move:
    MOVE_FRAME rax
    pop rcx
.rcx_popped:
    mov [rax + FRAME_RCX], rcx
    pop rcx                             ; the interrupted RAX
.rax_popped:
    mov rsp, rax
.has_frame:
    mov rax, rcx
.has_rax_again:
    mov rcx, [rsp + FRAME_RCX]
.has_all_again:
    STORE_REGISTERS
trap_moved:
    jmp trap_dispatch

trap_no_stack:
    pop rcx
    pop rax
    sub rsp, FRAME_VECTOR
    STORE_REGISTERS
.stored:
    mov rbp, rsp
    mov rdi, rsp
    call trap_fatal_on_ist
    ud2
trap_no_stack_end:

; NMI, double fault, machine check: anything may be half done, GS included.
align 16
trap_on_own_stack:
    sub rsp, FRAME_VECTOR
.has_frame:
    STORE_REGISTERS
.stored:
    FORBID_USER_ACCESS
    cld
    mov ecx, IA32_GS_BASE
    rdmsr
    xor ebx, ebx
    test edx, edx
    js .kernel_gs
    swapgs
    inc ebx
.kernel_gs:
    mov rbp, rsp
    mov rdi, rsp
    call trap_fatal_on_ist              ; returns for an NMI alone
    test ebx, ebx
    jz .restore
    swapgs
.restore:
    jmp trap_return.restore
trap_on_own_stack_end:

; Where the interrupted registers are.

CFI_SECTION
CFI_INTERRUPTED cfi_trap
CFI_ENTRY cfi_trap, trap_stubs, trap_stubs_end
%assign vector 0
%rep 256
    CFI_AT trap_stubs + 16 * vector
%if vector = 8 || (vector >= 10 && vector <= 14) || vector = 17 || vector = 21 || vector = 29 || vector = 30
    CFI_STACK 8
%else
    CFI_STACK 0
    CFI_AT trap_stubs + 16 * vector + 2 ; behind `push byte 0`
    CFI_STACK 8
%endif
    CFI_AT trap_stubs + 16 * vector + 7 ; behind `push vector`
    CFI_STACK IN_RIP
%assign vector vector + 1
%endrep
CFI_END
CFI_ENTRY cfi_trap, trap_enter, trap_dispatch
    CFI_STACK IN_RIP
    CFI_AT trap_enter.has_frame
    CFI_STACK FRAME_RIP
CFI_END
CFI_ENTRY cfi_trap, trap_dispatch, trap_return.leaving
    CFI_STACK FRAME_RIP
    CFI_IN_FRAME_ALL
CFI_END
CFI_ENTRY cfi_trap, trap_return.leaving, trap_return.work
    CFI_STACK 0
CFI_END
CFI_ENTRY cfi_trap, trap_return.work, trap_return_end
    CFI_STACK FRAME_RIP
    CFI_IN_FRAME_ALL
CFI_END
CFI_ENTRY cfi_trap, trap_enter.no_ring, trap_enter_end
    CFI_STACK IN_RIP
CFI_END
CFI_ENTRY cfi_trap, trap_move, trap_no_stack
    CFI_STACK IN_RIP
    CFI_AT trap_move.has_rax
    CFI_STACK IN_RIP + 8
    CFI_SAVED CFI_RAX, -(IN_RIP + 8)
    CFI_AT trap_move.has_rcx
    CFI_STACK IN_RIP + 16
    CFI_SAVED CFI_RCX, -(IN_RIP + 16)
    CFI_AT trap_move.rcx_popped
    CFI_STACK IN_RIP + 8
    CFI_LIVE CFI_RCX
    CFI_AT trap_move.rax_popped
    CFI_STACK IN_RIP
    CFI_IN_REGISTER CFI_RAX, CFI_RCX
    CFI_SAVED_AT_REGISTER CFI_RCX, CFI_RAX, FRAME_RCX
    CFI_AT trap_move.has_frame
    CFI_STACK FRAME_RIP
    CFI_IN_FRAME CFI_RCX, FRAME_RCX
    CFI_AT trap_move.has_rax_again
    CFI_LIVE CFI_RAX
    CFI_AT trap_move.has_all_again
    CFI_LIVE CFI_RCX
CFI_END
CFI_ENTRY cfi_trap, trap_no_stack.stored, trap_no_stack_end
    CFI_STACK FRAME_RIP
    CFI_IN_FRAME_ALL
CFI_END
CFI_ENTRY cfi_trap, trap_on_own_stack, trap_on_own_stack_end
    CFI_STACK IN_RIP
    CFI_AT trap_on_own_stack.has_frame
    CFI_STACK FRAME_RIP
    CFI_AT trap_on_own_stack.stored
    CFI_IN_FRAME_ALL
CFI_END
