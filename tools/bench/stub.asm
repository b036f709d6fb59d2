; SPDX-License-Identifier: MIT
; The least kernel there can be behind the PVH door: it writes one byte to COM1 and leaves through
; isa-debug-exit. What it takes from QEMU's start to that byte is the floor for every kernel.

XEN_ELFNOTE_PHYS32_ENTRY equ 18 ; xen/include/public/elfnote.h
COM1       equ 0x3f8
DEBUG_EXIT equ 0xf4

global start

section .note.pvh note alloc noexec nowrite align=4
        dd 4, 8, XEN_ELFNOTE_PHYS32_ENTRY
        db "Xen", 0
        dq start

section .text
bits 32
start:
        mov dx, COM1
        mov al, '.'
        out dx, al
        mov edx, DEBUG_EXIT
        xor eax, eax
        out dx, eax
.halt:
        hlt
        jmp .halt
