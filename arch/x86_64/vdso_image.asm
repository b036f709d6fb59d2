; SPDX-License-Identifier: MIT
; The vDSO's file, in pages of its own: programs see all of them.

global vdso_image_start, vdso_image_end

section .rodata.vdso progbits alloc noexec nowrite align=4096
vdso_image_start:
    incbin "build/vdso/vdso.so"
    align 4096, db 0
vdso_image_end:
