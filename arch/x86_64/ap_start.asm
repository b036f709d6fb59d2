; SPDX-License-Identifier: MIT
;
; Where a further processor begins: in real mode, in a copy of the trampoline in a page below 64 KiB
; (CS is that page, IP 0), interrupts off. Straight to long mode on the boot page tables, which map low
; memory and the image, then to the kernel's half, where it takes a stack.

PAGE_SIZE  equ 4096
CR0_PE     equ 1 << 0
CR0_PG     equ 1 << 31
CR4_PAE    equ 1 << 5
IA32_EFER  equ 0xc0000080
EFER_LME   equ 1 << 8

extern ap_main, ap_stacks
extern mmu_kernel                        ; struct mmu: its root comes first

; Addresses inside the copy, from its beginning.
%define HERE(symbol) ((symbol) - ap_trampoline)

section .rodata

align 16
global ap_trampoline, ap_trampoline_end, ap_trampoline_parameters
bits 16
ap_trampoline:
    cli
    mov ax, cs
    mov ds, ax
    movzx ebx, ax
    shl ebx, 4                          ; the copy's linear address
    lea eax, [ebx + HERE(.gdt)]
    mov [HERE(.gdt_pointer) + 2], eax
    lea eax, [ebx + HERE(.protected)]
    mov [HERE(.far_protected)], eax
    o32 lgdt [HERE(.gdt_pointer)]
    mov eax, cr0
    or eax, CR0_PE
    mov cr0, eax
    jmp dword far [HERE(.far_protected)]

bits 32
.protected:
    mov ax, 0x18
    mov ds, ax
    mov ss, ax
    mov eax, cr4
    or eax, CR4_PAE
    mov cr4, eax
    mov eax, [ebx + HERE(ap_trampoline_parameters)]
    mov cr3, eax
    mov eax, [ebx + HERE(ap_trampoline_parameters) + 4]
    or eax, EFER_LME
    xor edx, edx
    mov ecx, IA32_EFER
    wrmsr
    mov eax, cr0
    or eax, CR0_PG
    mov cr0, eax
    lea eax, [ebx + HERE(.long)]
    mov [ebx + HERE(.far_long)], eax
    jmp far [ebx + HERE(.far_long)]

bits 64
.long:
    mov rax, ap_high_half
    jmp rax

align 8
.gdt:
    dq 0
    dq 0x00cf9b000000ffff               ; 0x08: 32-bit code
    dq 0x00af9b000000ffff               ; 0x10: 64-bit code, as KERNEL_CS
    dq 0x00cf93000000ffff               ; 0x18: data, as KERNEL_SS
.gdt_end:
.gdt_pointer:
    dw .gdt_end - .gdt - 1
    dd 0
align 4
.far_protected:                         ; filled above, with the same by each that comes
    dd 0
    dw 0x08
align 4
.far_long:
    dd 0
    dw 0x10
align 4
ap_trampoline_parameters:               ; struct ap_parameters
    dd 0
    dd 0
ap_trampoline_end:

section .text progbits alloc exec nowrite align=16

; Several may come here at once: each takes the next stack.
ap_high_half:
    mov rax, [rel mmu_kernel]
    mov cr3, rax                        ; the kernel's stacks are in its own tables alone
    mov eax, 1
    lock xadd [rel ap_next], eax
    mov rsp, [rax * 8 + ap_stacks]
    xor eax, eax
    mov ds, eax
    mov es, eax
    mov fs, eax
    mov gs, eax
    lldt ax
    xor ebp, ebp                        ; the backtrace ends here
    push rbp
    jmp ap_main

section .data
align 4
ap_next: dd 0
