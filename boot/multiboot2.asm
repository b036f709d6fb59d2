; SPDX-License-Identifier: MIT
;
; The Multiboot2 door: the header that GRUB looks for in the first 32 KiB of the file, and the
; 32-bit entry it jumps to (Multiboot2 specification 3.1 and 3.3: EAX holds the magic, EBX the
; physical address of the information structure, paging off, interrupts off, no stack).
; There is no Multiboot 1 header on purpose: QEMU would prefer it to the PVH note.

%include "boot/boot.inc"

extern enter_long_mode

MULTIBOOT2_HEADER_MAGIC equ 0xe85250d6
MULTIBOOT2_LOADER_MAGIC equ 0x36d76289
ARCHITECTURE_I386       equ 0

TAG_END                 equ 0
TAG_ENTRY_ADDRESS       equ 3
TAG_FRAMEBUFFER         equ 5
TAG_MODULE_ALIGN        equ 6
TAG_OPTIONAL            equ 1

section .multiboot2 progbits alloc noexec nowrite align=8
header:
    dd MULTIBOOT2_HEADER_MAGIC
    dd ARCHITECTURE_I386
    dd header.end - header
    dd 0x100000000 - (MULTIBOOT2_HEADER_MAGIC + ARCHITECTURE_I386 + (header.end - header))
align 8
    dw TAG_ENTRY_ADDRESS, 0
    dd 12
    dd multiboot2_entry - KERNEL_VMA
align 8
    dw TAG_MODULE_ALIGN, 0
    dd 8
align 8
    dw TAG_FRAMEBUFFER, TAG_OPTIONAL    ; any mode will do: the kernel takes what it is given
    dd 20
    dd 0, 0, 0
align 8
    dw TAG_END, 0
    dd 8
.end:

section .boot.text progbits alloc exec nowrite align=16
bits 32
multiboot2_entry:
    mov ecx, eax
    rdtsc
    cmp ecx, MULTIBOOT2_LOADER_MAGIC
    jne .halt
    mov esi, BOOT_DOOR_MULTIBOOT2
    jmp enter_long_mode
.halt:                                  ; not a Multiboot2 loader: nobody to tell
    cli
    hlt
    jmp .halt
