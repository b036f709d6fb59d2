; SPDX-License-Identifier: MIT
;
; The PVH door: an ELF note of the Xen kind names a 32-bit entry point (Xen public headers,
; elfnote.h, XEN_ELFNOTE_PHYS32_ENTRY; docs/misc/pvh.pandoc). QEMU's -kernel, Cloud Hypervisor and
; Firecracker enter there with EBX holding the physical address of a hvm_start_info.

%include "boot/boot.inc"

extern enter_long_mode

XEN_ELFNOTE_PHYS32_ENTRY equ 18

section .note.pvh note alloc noexec nowrite align=4
    dd note_name.end - note_name
    dd 4
    dd XEN_ELFNOTE_PHYS32_ENTRY
note_name:
    db "Xen", 0
.end:
    dd pvh_entry - KERNEL_VMA

section .boot.text progbits alloc exec nowrite align=16
bits 32
pvh_entry:
    rdtsc
    mov esi, BOOT_DOOR_PVH
    jmp enter_long_mode
