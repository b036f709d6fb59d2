bits 64
section .text
global start
%macro twice 1
    %1
    %1
%endmacro
start:
    mov rax, [rel number]
    twice inc rax
    lea rdi, [rax + rax*4 + 0x10]
    vaddpd ymm0, ymm1, [rsi]
    ret
section .data
number: dq 41, $ - start
