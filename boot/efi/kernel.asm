; SPDX-License-Identifier: MIT
;
; The stripped kernel as bytes of the application. KERNEL is its path, given by efi.mk.

section .rodata
align 16
global kernel_file:data hidden
kernel_file:
    incbin KERNEL
