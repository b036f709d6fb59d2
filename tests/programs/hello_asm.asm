; SPDX-License-Identifier: MIT
; No libc and no start-up code: two system calls. Position independent by itself, so it needs no
; relocation either.
SYS_write equ 1 ; asm/unistd_64.h
SYS_exit_group equ 231

default rel
global _start

section .text
_start:
    mov eax, SYS_write
    mov edi, 1
    lea rsi, [message]
    mov edx, message.end - message
    syscall
    xor edi, edi
    mov eax, SYS_exit_group
    syscall

section .rodata
message: db "Hello from assembler", 10
.end:
