/* SPDX-License-Identifier: MIT */
/*
 * Signal frames. From the top of the chosen stack downwards: the FPU area (64-byte aligned, with
 * Linux's magic words), then the frame: return address, ucontext, siginfo.
 *
 * What comes back is the program's to edit, so nothing of it is trusted: selectors are forced,
 * flags masked, and FPU state that FXRSTOR or XRSTOR would refuse makes the frame a spoiled one, as
 * on Linux. The instruction pointer is checked by the caller.
 */
#include "arch/signal_frame.h"

#include <asm/errno.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <linux/signal.h>

#include "arch/context.h"
#include "arch/fault_text.h"
#include "arch/usercopy.h"
#include "arch/x86_64/features.h"
#include "arch/x86_64/fpu.h"
#include "arch/x86_64/gdt.h"
#include "arch/x86_64/msr.h"
#include "kernel/lib/string.h"

#define RED_ZONE     128
#define SELECTOR_RPL 3

/* Flags that a program may set through its frame (Linux: FIX_EFLAGS). */
#define RFLAGS_PROGRAM 0x50dd5UL

#define FXSAVE_MXCSR       24
#define FXSAVE_MXCSR_MASK  28
#define FXSAVE_SOFTWARE    464 /* struct _fpx_sw_bytes */
#define FXSAVE_SIZE        512
#define XSAVE_HEADER       512
#define XSAVE_HEADER_SIZE  64
#define MXCSR_MASK_DEFAULT 0xffbfu /* when the processor tells none (SDM 1, 11.6.6) */
#define XSTATE_X87_SSE     3UL

struct rt_frame {
    u64 return_address;
    struct ucontext context;
    siginfo_t info;
};
_Static_assert(sizeof(struct rt_frame) == 440, "Linux arch/x86/include/asm/sigframe.h");
_Static_assert(offsetof(struct rt_frame, info) ==
                   8 + 2 * sizeof(u64) + sizeof(stack_t) + sizeof(struct sigcontext_64) + 8,
               "nothing but what signal_frame_push writes");

extern bool program_in_ring0;

bool signal_on_stack(const struct signal_stack *stack, u64 stack_pointer)
{
    return stack->size != 0 && stack_pointer > stack->base &&
           stack_pointer - stack->base <= stack->size;
}

static u64 choose_stack(const struct trap_frame *frame, const struct signal_call *call)
{
    bool on_stack = signal_on_stack(call->stack, frame->rsp);
    if ((call->flags & SA_ONSTACK) && call->stack->size != 0 && !on_stack)
        return call->stack->base + call->stack->size;
    return frame->rsp - RED_ZONE;
}

/* The frame must not reach below an alternate stack: what lies there is somebody else's. */
static bool fits(const struct trap_frame *frame, const struct signal_call *call, u64 address)
{
    bool alternate = signal_on_stack(call->stack, frame->rsp) ||
                     ((call->flags & SA_ONSTACK) && call->stack->size != 0);
    return !alternate || signal_on_stack(call->stack, address);
}

static size_t fpu_frame_size(void)
{
    return cpu_features.xsave_size + (cpu_features.xsave ? FP_XSTATE_MAGIC2_SIZE : 0);
}

static int push_fxsave(u64 address, void *area)
{
    fpu_save(area);
    return usercopy_to(UPTR(address), area, cpu_features.xsave_size) ? -EFAULT : 0;
}

static int push_fpu(u64 address, void *area)
{
    if (!cpu_features.xsave)
        return push_fxsave(address, area);
    struct _fpx_sw_bytes software = {
        .magic1 = FP_XSTATE_MAGIC1,
        .extended_size = fpu_frame_size(),
        .xfeatures = cpu_features.xcr0,
        .xstate_size = cpu_features.xsave_size,
    };
    u32 magic2 = FP_XSTATE_MAGIC2;
    bool good = fpu_save_to_user(UPTR(address), cpu_features.xsave_size, cpu_features.xcr0) &&
                !usercopy_to(UPTR(address + FXSAVE_SOFTWARE), &software, sizeof(software)) &&
                !usercopy_to(UPTR(address + cpu_features.xsave_size), &magic2, sizeof(magic2));
    return good ? 0 : -EFAULT;
}

static void fill_registers(struct sigcontext_64 *out, const struct trap_frame *f,
                           const struct signal_call *call)
{
    bool exception = f->vector < VECTOR_EXCEPTION_END;
    out->r8 = f->r8, out->r9 = f->r9, out->r10 = f->r10, out->r11 = f->r11;
    out->r12 = f->r12, out->r13 = f->r13, out->r14 = f->r14, out->r15 = f->r15;
    out->di = f->rdi, out->si = f->rsi, out->bp = f->rbp, out->bx = f->rbx;
    out->dx = f->rdx, out->ax = f->rax, out->cx = f->rcx, out->sp = f->rsp;
    out->ip = f->rip, out->flags = f->rflags;
    out->cs = f->cs, out->gs = 0, out->fs = 0;
    /* In ring 0 a program may run with no SS at all: an interrupt that enters on an IST stack may leave none,
     * and a system call goes back without loading it. */
    out->ss = program_in_ring0 ? KERNEL_SS : f->ss;
    out->err = exception ? f->error : 0;
    out->trapno = exception ? f->vector : 0;
    out->oldmask = call->saved_mask;
    out->cr2 = f->vector == VECTOR_PAGE_FAULT ? call->info->address : 0;
    memset(out->reserved1, 0, sizeof(out->reserved1));
}

void signal_info_encode(int signal, const struct signal_info *info, siginfo_t *out)
{
    const size_t used = offsetof(siginfo_t, _sifields) + sizeof(info->words);
    out->si_signo = signal;
    out->si_errno = info->error;
    out->si_code = info->code;
    memset((u8 *)out + offsetof(siginfo_t, si_code) + sizeof(out->si_code), 0, 4); /* padding */
    memcpy(&out->_sifields, info->words, sizeof(info->words));
    memset((u8 *)out + used, 0, sizeof(*out) - used);
}

int signal_frame_push(struct trap_frame *frame, void *fpu_area, const struct signal_call *call)
{
    u64 stack = choose_stack(frame, call);
    u64 fpu = ALIGN_DOWN(stack - fpu_frame_size(), 64);
    /* At the handler's first instruction the stack is as after a call: 8 below a multiple of 16. */
    u64 address = ALIGN_DOWN(fpu - sizeof(struct rt_frame), 16) - 8;
    if (!(call->flags & SA_RESTORER) || !fits(frame, call, address))
        return -EFAULT;
    struct rt_frame rt;
    /* Every byte is written, the stack's padding too: none of the kernel's may go out. */
    memset(&rt.context.uc_stack, 0, sizeof(rt.context.uc_stack));
    rt.return_address = call->restorer;
    rt.context.uc_link = NULL;
    rt.context.uc_flags =
        UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS | (cpu_features.xsave ? UC_FP_XSTATE : 0);
    rt.context.uc_stack.ss_sp = (void *)call->stack->base;
    rt.context.uc_stack.ss_size = call->stack->size;
    rt.context.uc_stack.ss_flags =
        call->stack->flags | (call->stack->size == 0                     ? SS_DISABLE
                              : signal_on_stack(call->stack, frame->rsp) ? SS_ONSTACK
                                                                         : 0);
    fill_registers((struct sigcontext_64 *)&rt.context.uc_mcontext, frame, call);
    rt.context.uc_mcontext.fpstate = (void *)fpu;
    memcpy(&rt.context.uc_sigmask, &call->saved_mask, sizeof(call->saved_mask));
    signal_info_encode(call->signal, call->info, &rt.info);
    if (push_fpu(fpu, fpu_area) != 0 || usercopy_to(UPTR(address), &rt, sizeof(rt)) != 0)
        return -EFAULT;
    if (call->stack->flags & SS_AUTODISARM)
        *call->stack = (struct signal_stack){0};
    frame->rip = call->handler;
    frame->rsp = address;
    frame->rdi = call->signal;
    frame->rsi = address + offsetof(struct rt_frame, info);
    frame->rdx = address + offsetof(struct rt_frame, context);
    frame->rax = 0;
    frame->rflags &= ~(RFLAGS_DF | RFLAGS_TF);
    return 0;
}

static void take_registers(struct trap_frame *f, const struct sigcontext_64 *from)
{
    f->r8 = from->r8, f->r9 = from->r9, f->r10 = from->r10, f->r11 = from->r11;
    f->r12 = from->r12, f->r13 = from->r13, f->r14 = from->r14, f->r15 = from->r15;
    f->rdi = from->di, f->rsi = from->si, f->rbp = from->bp, f->rbx = from->bx;
    f->rdx = from->dx, f->rax = from->ax, f->rcx = from->cx, f->rsp = from->sp;
    f->rip = from->ip;
    f->rflags = (from->flags & RFLAGS_PROGRAM) | RFLAGS_IF;
    f->cs = program_in_ring0 ? KERNEL_CS : USER_CS;
    f->ss = program_in_ring0 ? KERNEL_SS : USER_SS;
    f->vector = VECTOR_SYSCALL;
    f->error = ~0UL; /* no system call: nothing to restart */
}

/* The bits that a program may set in MXCSR; the processor shows them when it saves. */
static u32 mxcsr_mask(void *area)
{
    static u32 mask;
    if (mask == 0) {
        fpu_save(area);
        memcpy(&mask, (u8 *)area + FXSAVE_MXCSR_MASK, sizeof(mask));
        mask = mask ? mask : MXCSR_MASK_DEFAULT;
    }
    return mask;
}

/* How much of the area at `address` counts, and which components (Linux: check_xstate_in_sigframe).
 * Without both magic words it is an FXSAVE area, which a program may have made itself. */
static int look_at_fpu(u64 address, size_t *size, u64 *components)
{
    struct _fpx_sw_bytes software;
    u32 magic2 = 0;
    *size = FXSAVE_SIZE;
    *components = XSTATE_X87_SSE;
    if (!cpu_features.xsave)
        return 0;
    /* Without the padding. */
    const size_t used = ALIGN_UP(offsetof(struct _fpx_sw_bytes, padding), 8);
    if (usercopy_from(&software, UPTR(address + FXSAVE_SOFTWARE), used) != 0)
        return -EFAULT;
    if (software.magic1 != FP_XSTATE_MAGIC1 ||
        software.xstate_size < FXSAVE_SIZE + XSAVE_HEADER_SIZE ||
        software.xstate_size > cpu_features.xsave_size ||
        software.xstate_size > software.extended_size)
        return 0;
    if (usercopy_from(&magic2, UPTR(address + software.xstate_size), sizeof(magic2)) != 0)
        return -EFAULT;
    if (magic2 == FP_XSTATE_MAGIC2) {
        *size = software.xstate_size;
        *components = software.xfeatures & cpu_features.xcr0;
    }
    return 0;
}

/* XRSTOR's conditions (SDM 1, 13.8.1), checked before it would fault. */
static int check_header(u64 *header, bool has_header, u64 components)
{
    if (!has_header) {
        header[0] = XSTATE_X87_SSE;
        return 0;
    }
    if ((header[0] & ~cpu_features.xcr0) != 0 || header[1] != 0 || header[2] != 0)
        return -EFAULT;
    header[0] &= components;
    return 0;
}

/* Into `area`, checked. */
static int take_fpu(u64 address, size_t size, u64 components, u8 *area)
{
    u32 mxcsr, allowed = mxcsr_mask(area);
    memset(area, 0, cpu_features.xsave_size);
    if (usercopy_from(area, UPTR(address), size) != 0)
        return -EFAULT;
    memcpy(&mxcsr, area + FXSAVE_MXCSR, sizeof(mxcsr));
    if (mxcsr & ~allowed)
        return -EFAULT;
    return cpu_features.xsave
               ? check_header((u64 *)(area + XSAVE_HEADER), size > FXSAVE_SIZE, components)
               : 0;
}

/* QEMU without KVM takes bits in MXCSR that no processor does. */
static bool has_good_mxcsr(u64 address, void *area)
{
    u32 mxcsr;
    return usercopy_from(&mxcsr, UPTR(address + FXSAVE_MXCSR), sizeof(mxcsr)) == 0 &&
           (!(mxcsr & ~MXCSR_MASK_DEFAULT) || !(mxcsr & ~mxcsr_mask(area)));
}

/* A whole area as push_fpu made it, and then where the processor would take it, needs no copy. */
static bool pop_whole(u64 address, size_t size, u64 components, void *area)
{
    return size == cpu_features.xsave_size && size > FXSAVE_SIZE &&
           components == cpu_features.xcr0 && IS_ALIGNED(address, 64) &&
           has_good_mxcsr(address, area) && fpu_restore_from_user(UPTR(address), size, components);
}

static int pop_fpu(u64 address, void *area)
{
    size_t size;
    u64 components;
    int error = address == 0 ? 0 : look_at_fpu(address, &size, &components);
    if (address != 0 && error == 0) {
        if (pop_whole(address, size, components, area))
            return 0;
        error = take_fpu(address, size, components, area);
    }
    if (address == 0 || error != 0)
        fpu_area_init(area);
    fpu_restore(area);
    return error;
}

/* There is one code and one stack segment, so that IRET would refuse any other; Linux sets the privilege bits,
 * and an old program that does not know of SS gets the right one. */
static bool has_good_segments(const struct ucontext *context)
{
    const struct sigcontext_64 *registers = (const struct sigcontext_64 *)&context->uc_mcontext;
    u16 code = program_in_ring0 ? KERNEL_CS : USER_CS,
        stack = program_in_ring0 ? KERNEL_SS : USER_SS;
    bool strict = context->uc_flags & UC_STRICT_RESTORE_SS;
    return (registers->cs | SELECTOR_RPL) == (code | SELECTOR_RPL) &&
           (!strict || (registers->ss | SELECTOR_RPL) == (stack | SELECTOR_RPL));
}

int signal_frame_pop(struct trap_frame *frame, void *fpu_area, stack_t *stack, u64 *mask)
{
    struct rt_frame rt;
    /* The handler's RET took the return address off. What a frame says of the signal is of no use now. */
    if (usercopy_from(&rt, UPTR(frame->rsp - 8), offsetof(struct rt_frame, info)) != 0)
        return -EFAULT;
    if (!has_good_segments(&rt.context))
        return -EFAULT;
    int error = pop_fpu((u64)rt.context.uc_mcontext.fpstate, fpu_area);
    if (error != 0)
        return error;
    take_registers(frame, (struct sigcontext_64 *)&rt.context.uc_mcontext);
    memcpy(mask, &rt.context.uc_sigmask, sizeof(*mask));
    *stack = rt.context.uc_stack;
    return 0;
}

bool signal_frame_registers(u64 pc, u64 stack, u64 *registers)
{
    /* mov $15, %rax; syscall, and the shorter form with %eax */
    static const u8 restorer[] = {0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05};
    static const u8 short_restorer[] = {0xb8, 15, 0, 0, 0, 0x0f, 0x05};
    struct sigcontext_64 context;
    u8 code[sizeof(restorer)];
    struct trap_frame frame;
    u64 at = stack - sizeof(u64) + offsetof(struct rt_frame, context.uc_mcontext);
    if (usercopy_from(code, UPTR(pc), sizeof(code)) != 0 ||
        (memcmp(code, restorer, sizeof(restorer)) != 0 &&
         memcmp(code, short_restorer, sizeof(short_restorer)) != 0) ||
        usercopy_from(&context, UPTR(at), sizeof(context)) != 0)
        return false;
    take_registers(&frame, &context);
    frame_registers(&frame, registers);
    return true;
}
