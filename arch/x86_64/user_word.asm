; SPDX-License-Identifier: MIT
;
; Single words of the program, read and exchanged in one step, with a fault table. A word does not cross
; a page: its address is a multiple of its size.

%include "arch/x86_64/frame.inc"

LAST_WORD equ 0x00007ffffffff000 - 4    ; usercopy.h: USER_LIMIT
EFAULT equ 14

section .text progbits alloc exec nowrite align=16

; int user_word_read(uptr word, u32 *value)
align 16
global user_word_read
user_word_read:
    mov rax, LAST_WORD
    cmp rdi, rax
    ja user_word_refused
    ALLOW_USER_ACCESS
.access:
    mov eax, [rdi]
    FORBID_USER_ACCESS
    mov [rsi], eax
    xor eax, eax
    ret
    ON_FAULT .access, user_word_fault

; int user_word_exchange(uptr word, u32 expected, u32 desired, u32 *found)
align 16
global user_word_exchange
user_word_exchange:
    mov rax, LAST_WORD
    cmp rdi, rax
    ja user_word_refused
    mov eax, esi
    ALLOW_USER_ACCESS
.access:
    lock cmpxchg [rdi], edx
    FORBID_USER_ACCESS
    mov [rcx], eax
    xor eax, eax
    ret
    ON_FAULT .access, user_word_fault

user_word_fault:
    FORBID_USER_ACCESS
user_word_refused:
    mov eax, -EFAULT
    ret
