; SPDX-License-Identifier: MIT
;
; Copies between the kernel and the program's memory, with a fault table.
;
; Words go first, eight bytes a step; when a word faults, the rest is tried byte by byte, so that
; the count of bytes not copied is exact, as Linux's is. The range check makes a kernel address
; fail like an unmapped one; SMAP, where present, is lifted for these instructions only.

%include "arch/x86_64/frame.inc"
%include "arch/x86_64/cfi.inc"

USER_LIMIT equ 0x00007ffffffff000
PAGE_SIZE equ 4096
EFAULT equ 14
ENAMETOOLONG equ 36
XSAVE_HEADER equ 512                    ; SDM 1, 13.4.2
XSAVE_HEADER_SIZE equ 64

section .text progbits alloc exec nowrite align=16

; In: %1 the register with the user address, RDX size. To %2 unless [%1, %1 + size) is the
; program's. Clobbers RAX.
%macro CHECK_RANGE 2
    mov rax, USER_LIMIT
    sub rax, rdx
    jb %2
    cmp %1, rax
    ja %2
%endmacro

%macro COPY_BODY 0
    mov rcx, rdx
    shr rcx, 3
    and edx, 7
    ALLOW_USER_ACCESS
%%words:
    rep movsq
    mov ecx, edx
%%bytes:
    rep movsb
%%done:
    FORBID_USER_ACCESS
    mov rax, rcx
    ret
%%word_fault:
    lea rcx, [rdx + rcx * 8]
    jmp %%bytes
    ON_FAULT %%words, %%word_fault
    ON_FAULT %%bytes, %%done
%endmacro

refuse:
    mov rax, rdx
    ret

; size_t usercopy_from(void *to, uptr from, size_t size)
align 16
global usercopy_from
usercopy_from:
    CHECK_RANGE rsi, refuse
    COPY_BODY

; size_t usercopy_to(uptr to, const void *from, size_t size)
align 16
global usercopy_to
usercopy_to:
    CHECK_RANGE rdi, refuse
    COPY_BODY

; size_t usercopy_zero(uptr to, size_t size)
align 16
global usercopy_zero
usercopy_zero:
    mov rdx, rsi
    CHECK_RANGE rdi, refuse
    mov rcx, rdx
    shr rcx, 3
    and edx, 7
    xor eax, eax
    ALLOW_USER_ACCESS
.words:
    rep stosq
    mov ecx, edx
.bytes:
    rep stosb
.done:
    FORBID_USER_ACCESS
    mov rax, rcx
    ret
.word_fault:
    lea rcx, [rdx + rcx * 8]
    jmp .bytes
    ON_FAULT .words, .word_fault
    ON_FAULT .bytes, .done

; bool fpu_save_to_user(uptr to, size_t size, u64 components); fpu.h
; XSAVE leaves all of the header alone but the components' bits: it is cleared before.
align 16
global fpu_save_to_user
fpu_save_to_user:
    mov r8, rdx
    mov rdx, rsi
    CHECK_RANGE rdi, .refused
    mov r9, rdi
    add rdi, XSAVE_HEADER
    xor eax, eax
    mov ecx, XSAVE_HEADER_SIZE / 8
    ALLOW_USER_ACCESS
.header:
    rep stosq
    mov eax, r8d
    mov rdx, r8
    shr rdx, 32
.save:
    xsave64 [r9]
    FORBID_USER_ACCESS
    mov eax, 1
    ret
.fault:
    FORBID_USER_ACCESS
.refused:
    xor eax, eax
    ret
    ON_FAULT .header, .fault
    ON_FAULT .save, .fault

; bool fpu_restore_from_user(uptr from, size_t size, u64 components); fpu.h
; What is no state that the processor would take is a fault of this instruction, too.
align 16
global fpu_restore_from_user
fpu_restore_from_user:
    mov r8, rdx
    mov rdx, rsi
    CHECK_RANGE rdi, .refused
    mov eax, r8d
    mov rdx, r8
    shr rdx, 32
    ALLOW_USER_ACCESS
.restore:
    xrstor64 [rdi]
    FORBID_USER_ACCESS
    mov eax, 1
    ret
.fault:
    FORBID_USER_ACCESS
.refused:
    xor eax, eax
    ret
    ON_FAULT .restore, .fault

; long usercopy_string(char *to, uptr from, size_t size); bytes behind the NUL may change
align 16
global usercopy_string
usercopy_string:
    mov r8, USER_LIMIT
    cmp rsi, r8
    jae .fault
    sub r8, rsi                         ; bytes that are the program's at all
    cmp rdx, r8
    mov r9, rdx
    cmova r9, r8                        ; bytes that may be read
    mov r10, 0x0101010101010101
    xor eax, eax
    ALLOW_USER_ACCESS
.next:                                  ; a word, if it lies in the page of its first byte
    lea rcx, [rax + 8]
    cmp rcx, r9
    ja .byte
    lea ecx, [rsi + rax]
    and ecx, PAGE_SIZE - 1
    cmp ecx, PAGE_SIZE - 8
    ja .byte
.load_word:
    mov rcx, [rsi + rax]
    mov [rdi + rax], rcx
    mov r11, rcx
    not r11
    sub rcx, r10
    and rcx, r11
    shr rcx, 7
    and rcx, r10                        ; the lowest bit that is set is that of the first NUL
    jnz .word_ends
    add rax, 8
    jmp .next
.word_ends:
    bsf rcx, rcx
    shr ecx, 3
    add rax, rcx
    jmp .done
.byte:
    cmp rax, rdx
    jae .too_long
    cmp rax, r8
    jae .fault
.load:
    mov cl, [rsi + rax]
    mov [rdi + rax], cl
    test cl, cl
    jz .done
    inc rax
    jmp .next
.done:
    FORBID_USER_ACCESS
    ret
.too_long:
    FORBID_USER_ACCESS
    mov rax, -ENAMETOOLONG
    ret
.fault:
    FORBID_USER_ACCESS
    mov rax, -EFAULT
    ret
    ON_FAULT .load, .fault
    ON_FAULT .load_word, .fault         ; no byte of its page can be read
usercopy_end:

CFI_SECTION
CFI_CALLED cfi_usercopy
CFI_ENTRY cfi_usercopy, refuse, usercopy_end
CFI_END
