	.file	"small.source"
	.text
	.globl	sum
	.type	sum, @function
sum:
.LFB0:
	.cfi_startproc
	testq	%rdi, %rdi
	je	.L2
	movq	total(%rip), %rdx
.L3:
	movq	8(%rdi), %rax
	leaq	(%rax,%rax,2), %rax
	addq	%rax, %rdx
	movq	(%rdi), %rdi
	testq	%rdi, %rdi
	jne	.L3
	movq	%rdx, total(%rip)
.L2:
	movq	total(%rip), %rax
	ret
	.cfi_endproc
.LFE0:
	.size	sum, .-sum
	.globl	__popcountdi2
	.globl	classify
	.type	classify, @function
classify:
.LFB1:
	.cfi_startproc
	cmpl	$1, %edi
	je	.L6
	cmpl	$2, %edi
	je	.L7
	subq	$8, %rsp
	.cfi_def_cfa_offset 16
	movslq	%edi, %rdi
	call	__popcountdi2@PLT
	addl	$15, %eax
	addq	$8, %rsp
	.cfi_def_cfa_offset 8
	ret
.L6:
	comisd	.LC0(%rip), %xmm0
	seta	%al
	movzbl	%al, %eax
	ret
.L7:
	addsd	%xmm0, %xmm0
	cvttsd2sil	%xmm0, %eax
	ret
	.cfi_endproc
.LFE1:
	.size	classify, .-classify
	.local	total
	.comm	total,8,8
	.section	.rodata.cst8,"aM",@progbits,8
	.align 8
.LC0:
	.long	0
	.long	1073217536
	.section	.note.GNU-stack,"",@progbits
