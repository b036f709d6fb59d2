; SPDX-License-Identifier: MIT
;
; From a door to C: 32-bit protected mode, then long mode on a borrowed identity mapping, then the
; kernel's first own page tables, which map the image at its link address with 4 KiB pages.
;
; The doors meet twice. enter_long_mode takes the two 32-bit doors into 64-bit mode; entry64 is
; where the UEFI application joins (it is in long mode already). From entry64 on, the code is
; position-independent: RBP holds the physical address of kernel_start, wherever that is.
; mm and arch replace these tables by final ones, with a protection for each section, in mmu_init.

%include "boot/boot.inc"

extern kernel_start, kernel_end, kernel_main

PTE_PRESENT     equ 1
PTE_WRITABLE    equ 2
PTE_LARGE       equ 0x80

CR0_PE          equ 1 << 0
CR0_PG          equ 1 << 31
CR4_PAE         equ 1 << 5
IA32_EFER       equ 0xc0000080
EFER_LME        equ 1 << 8

BOOT_STACK_SIZE equ 16384
PAGE_SIZE       equ 4096

; Physical address of a symbol for a door that honours p_paddr.
%define PHYSICAL(symbol) ((symbol) - KERNEL_VMA)

section .boot.text progbits alloc exec nowrite align=16

; In: ESI door, EBX hand-over structure (physical), EDX:EAX time stamp. The image is at its link
; address: both 32-bit doors load by p_paddr.
bits 32
global enter_long_mode
enter_long_mode:
    mov edi, eax                        ; the time stamp travels in EDX:EDI

    ; Identity-map the first 2 MiB: the image lies below (linker.ld asserts it).
    mov dword [PHYSICAL(boot_pml4)], PHYSICAL(boot_identity_pdpt) + PTE_PRESENT + PTE_WRITABLE
    mov dword [PHYSICAL(boot_identity_pdpt)], PHYSICAL(boot_identity_pd) + PTE_PRESENT + PTE_WRITABLE
    mov dword [PHYSICAL(boot_identity_pd)], PTE_PRESENT + PTE_WRITABLE + PTE_LARGE
    mov eax, PHYSICAL(boot_pml4)
    mov cr3, eax
    mov eax, cr4
    or eax, CR4_PAE
    mov cr4, eax
    mov ebp, edx                        ; RDMSR wants EDX
    mov ecx, IA32_EFER
    rdmsr
    or eax, EFER_LME
    wrmsr
    mov eax, cr0
    or eax, CR0_PG | CR0_PE
    mov cr0, eax
    lgdt [PHYSICAL(boot_gdt.pointer32)]
    jmp 0x10:PHYSICAL(long_mode_entry)

bits 64
long_mode_entry:
    shl rbp, 32
    mov edi, edi
    lea r9, [rbp + rdi]                 ; r9: the time stamp, whole
    mov edi, ebx                        ; rdi: hand-over structure
    mov ebp, KERNEL_LOAD
    jmp build_tables

; In: RDI physical address of a struct boot_info, RSI BOOT_ENTRY64_MAGIC, long mode with an identity
; mapping of low memory, interrupts off. The image may lie at any 2 MiB-aligned base.
global entry64
entry64:
    mov rax, 0x00455454454c4147         ; BOOT_ENTRY64_MAGIC
    cmp rsi, rax
    jne .halt
    rdtsc
    shl rdx, 32
    lea r9, [rdx + rax]
    mov esi, BOOT_DOOR_EFI
    lea rbp, [rel entry64]
    mov rax, entry64
    mov rcx, kernel_start
    sub rax, rcx
    sub rbp, rax                        ; physical address of kernel_start
    jmp build_tables
.halt:
    cli
    hlt
    jmp .halt

; In: RDI hand-over, ESI door, R9 time stamp, RBP physical address of kernel_start.
build_tables:
    cli
    cld
    mov rbx, kernel_start
    sub rbx, rbp                        ; rbx: what to subtract from a symbol to make it physical

    ; Here and below LEA through RIP gives physical addresses: that is where the code still runs.
    lea rax, [rel boot_pml4]
    lea rcx, [rel boot_high_pdpt]
    lea rdx, [rcx + PTE_PRESENT + PTE_WRITABLE]
    mov [rax + 511 * 8], rdx
    lea rdx, [rel boot_high_pd]
    lea r8, [rdx + PTE_PRESENT + PTE_WRITABLE]
    mov [rcx + 510 * 8], r8
    lea rcx, [rel boot_image_pt]
    lea r8, [rcx + PTE_PRESENT + PTE_WRITABLE]
    mov [rdx], r8
    lea r8, [rel boot_window_pt]
    add r8, PTE_PRESENT + PTE_WRITABLE
    mov [rdx + 8], r8

    ; The image, page by page, at KERNEL_VMA + KERNEL_LOAD.
    lea rcx, [rcx + (KERNEL_LOAD / PAGE_SIZE) * 8]
    lea rdx, [rbp + PTE_PRESENT + PTE_WRITABLE]
    mov r10, kernel_end
    sub r10, rbx
.map_image:
    mov [rcx], rdx
    add rcx, 8
    add rdx, PAGE_SIZE
    cmp rdx, r10
    jb .map_image

    ; Identity-map the 2 MiB around this code, for the instructions between here and the jump.
    lea rcx, [rel boot_identity_pdpt]
    lea rdx, [rcx + PTE_PRESENT + PTE_WRITABLE]
    mov [rax], rdx
    lea r8, [rel boot_identity_pd]
    lea rdx, [r8 + PTE_PRESENT + PTE_WRITABLE]
    mov r10, rbp
    shr r10, 30
    mov [rcx + r10 * 8], rdx
    mov r10, rbp
    shr r10, 21
    mov rdx, r10
    and r10, 511
    shl rdx, 21
    or rdx, PTE_PRESENT + PTE_WRITABLE + PTE_LARGE
    mov [r8 + r10 * 8], rdx

    mov cr3, rax
    mov rax, high_half
    jmp rax

high_half:
    mov rsp, boot_stack_top
    lgdt [rel boot_gdt.pointer64]
    mov eax, 0x18
    mov ss, eax
    mov ds, eax
    mov es, eax
    xor eax, eax
    mov fs, eax
    mov gs, eax
    lldt ax
    push 0x10
    lea rax, [rel .on_own_gdt]
    push rax
    retfq
.on_own_gdt:
    mov rdx, rbp
    mov rcx, r9
    xor ebp, ebp                        ; the backtrace ends here
    push rbp
    jmp kernel_main                     ; kernel_main(hand-over, door, image base, time stamp)

section .rodata
align 8
; Selectors as in arch/x86_64/gdt.h, so that nothing needs reloading when the real GDT comes.
boot_gdt:
    dq 0, 0
    dq 0x00209b0000000000               ; 0x10: 64-bit code
    dq 0x0000930000000000               ; 0x18: data
.end:
.pointer32:
    dw .end - boot_gdt - 1
    dd PHYSICAL(boot_gdt)
.pointer64:
    dw .end - boot_gdt - 1
    dq boot_gdt

section .bss
alignb PAGE_SIZE
global boot_pml4, boot_identity_pdpt, boot_identity_pd, boot_high_pdpt, boot_high_pd, boot_image_pt, boot_window_pt
boot_pml4:          resb PAGE_SIZE
boot_identity_pdpt: resb PAGE_SIZE
boot_identity_pd:   resb PAGE_SIZE
boot_high_pdpt:     resb PAGE_SIZE
boot_high_pd:       resb PAGE_SIZE
boot_image_pt:      resb PAGE_SIZE
boot_window_pt:     resb PAGE_SIZE

; The stack of the first thread. Its lowest page is the guard: mmu_init leaves it unmapped.
section .bss.stack nobits alloc noexec write align=PAGE_SIZE
global boot_stack_guard, boot_stack_top
boot_stack_guard:   resb PAGE_SIZE
                    resb BOOT_STACK_SIZE
boot_stack_top:
