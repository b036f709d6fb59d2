/* SPDX-License-Identifier: MIT */
/*
 * Walking up the program's stack, and writing what was found.
 *
 * Whatever a step yields may be wrong, so each must go upwards on the stack, to code, and their number
 * is bounded. A signal's frame is the exception to the first: a handler may run on another stack.
 */
#include "kernel/proc/crash/backtrace.h"

#include <asm/mman.h>

#include "arch/signal_frame.h"
#include "arch/usercopy.h"
#include "kernel/lib/string.h"

#define STEPS_MAX         100000 /* of a recursion that filled its stack */
#define SIGNAL_FRAMES_MAX 16
#define NAME_MAX_SHOWN    96
#define LAST_LINES        8 /* of the outermost frames when there are too many */

/* How a frame was found. From BY_TABLE on RIP stands behind a call; else it was interrupted. */
enum how { BY_REGISTERS, BY_SIGNAL, BY_TABLE, BY_FRAME_POINTER, BY_STACK_TOP };

struct frame {
    u64 pc;
    vaddr_t address; /* where that is in the file; counts when there is one */
    struct code_file *file;
    u32 number, repeated;
    enum how how;   /* it was found */
    bool known;     /* `address` counts */
    bool is_signal; /* the code that takes a handler's frame back */
};

/* One at a time, and too large for a stack. */
static struct walk {
    struct code_files *files;
    struct unwind_registers registers;
    struct frame frames[BACKTRACE_LINES];
    u32 count, number, left_out, signal_frames;
    enum how how;
} walk;

static bool read_word(u64 address, u64 *out)
{
    return usercopy_from(out, UPTR(address), sizeof(*out)) == 0;
}

static bool is_code(u64 pc, struct code_place *place)
{
    return code_files_find(walk.files, pc, CODE_AT, place) && (place->prot & PROT_EXEC);
}

static bool is_behind_call(enum how how)
{
    return how >= BY_TABLE;
}

/* The call is what counts: behind it another function may begin. */
static u64 place_of(u64 pc)
{
    return pc - is_behind_call(walk.how);
}

static void add_frame(u64 pc, const struct code_place *place)
{
    struct frame *last = walk.count ? &walk.frames[walk.count - 1] : NULL;
    u32 number = walk.number++;
    if (last && last->pc == pc && last->how == walk.how) {
        last->repeated++;
        return;
    }
    if (walk.count == BACKTRACE_LINES) {
        struct frame *keep = &walk.frames[BACKTRACE_LINES - LAST_LINES];
        memmove(keep, keep + 1, (LAST_LINES - 1) * sizeof(*keep));
        walk.count--;
        walk.left_out++;
    }
    struct frame *frame = &walk.frames[walk.count++];
    *frame = (struct frame){.pc = pc, .file = place->file, .number = number, .how = walk.how};
    frame->known = place->file && place->file->image.source &&
                   debug_image_address(&place->file->image, place->offset, &frame->address);
}

/* ---- Steps ------------------------------------------------------------------------------------*/

static bool by_signal(void)
{
    struct unwind_registers *registers = &walk.registers;
    if (walk.signal_frames == SIGNAL_FRAMES_MAX || walk.how == BY_REGISTERS ||
        !signal_frame_registers(registers->value[UNWIND_RIP], registers->value[UNWIND_RSP],
                                registers->value))
        return false;
    walk.signal_frames++;
    walk.frames[walk.count - 1].is_signal = true;
    registers->known = (1u << UNWIND_REGISTERS) - 1;
    walk.how = BY_SIGNAL;
    return true;
}

/* False: no table, or it cannot be followed. True with an unknown RIP: there is no caller. */
static bool by_table(const struct code_place *place, u64 stack)
{
    vaddr_t address;
    if (!place->file || !place->file->image.source ||
        !debug_image_address(&place->file->image, place->offset, &address))
        return false;
    struct unwind_registers next = walk.registers;
    if (unwind_step(&place->file->image, address, read_word, &next) != 0 ||
        next.value[UNWIND_RSP] <= stack)
        return false;
    walk.registers = next;
    walk.how = BY_TABLE;
    return true;
}

static bool by_frame_pointer(u64 stack)
{
    struct unwind_registers *registers = &walk.registers;
    u64 frame = registers->value[UNWIND_RBP], above, pc;
    struct code_place place;
    if (!(registers->known >> UNWIND_RBP & 1) || frame < stack || frame % 8 != 0 ||
        !read_word(frame, &above) || !read_word(frame + 8, &pc) || !is_code(pc - 1, &place))
        return false;
    registers->value[UNWIND_RBP] = above;
    registers->value[UNWIND_RSP] = frame + 16;
    registers->value[UNWIND_RIP] = pc;
    walk.how = BY_FRAME_POINTER;
    return true;
}

/* A jump into nowhere was a call as a rule, and so was what led to code that nobody describes: it left its
 * return address on the stack. */
static bool by_stack_top(u64 stack)
{
    struct code_place place;
    u64 pc;
    if (!read_word(stack, &pc) || !is_code(pc - 1, &place))
        return false;
    walk.registers.value[UNWIND_RSP] = stack + 8;
    walk.registers.value[UNWIND_RIP] = pc;
    walk.how = BY_STACK_TOP;
    return true;
}

/* From a frame to its caller's registers; false at the end. */
static bool step(u64 pc)
{
    struct code_place place = {0};
    u64 stack = walk.registers.value[UNWIND_RSP];
    bool code = is_code(place_of(pc), &place), first = walk.number == 0;
    if (!code && !first)
        return false;
    add_frame(pc, &place);
    bool found = code && (by_signal() || by_table(&place, stack) || by_frame_pointer(stack));
    return (found || (first && by_stack_top(stack))) && (walk.registers.known >> UNWIND_RIP & 1);
}

/* ---- Text -------------------------------------------------------------------------------------*/

void backtrace_add_name(struct text_builder *text, const char *name)
{
    /* All control characters; the second half begins in UTF-8 with the last one here. */
    static const char special[] = "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24\25\26\27"
                                  "\30\31\32\33\34\35\36\37\177\302";
    text_add_escaped(text, name, special);
}

static void print_function(struct text_builder *text, const struct frame *frame)
{
    char name[NAME_MAX_SHOWN];
    struct debug_symbol symbol;
    const struct debug_image *image = &frame->file->image;
    if (!debug_image_function(image, frame->address, &symbol))
        return;
    debug_image_name(image, &symbol, name, sizeof(name));
    text_add_string(text, " ");
    backtrace_add_name(text, name);
    if (strlen(name) == sizeof(name) - 1)
        text_add_string(text, "...");
    text_print(text, "+0x%lx", frame->address + is_behind_call(frame->how) - symbol.start);
}

static void print_file(struct text_builder *text, const struct frame *frame)
{
    const char *name = code_file_name(walk.files, frame->file);
    const char *slash = strrchr(name, '/');
    text_add_string(text, " (");
    backtrace_add_name(text, slash ? slash + 1 : "[vdso]");
    text_print(text, "+0x%lx)", frame->address + is_behind_call(frame->how));
}

static void print_frame(struct text_builder *text, const struct frame *frame)
{
    text_print(text, "  #%-2u %016lx", frame->number, frame->pc);
    if (frame->is_signal)
        text_add_string(text, " <signal handler called>");
    else if (frame->known)
        print_function(text, frame);
    if (frame->known)
        print_file(text, frame);
    if (frame->how == BY_FRAME_POINTER)
        text_add_string(text, " by frame pointer");
    if (frame->how == BY_STACK_TOP)
        text_add_string(text, " by the top of the stack");
    if (frame->repeated)
        text_print(text, ", %u more of it", frame->repeated);
    text_add_string(text, "\n");
}

void backtrace_print(struct text_builder *text, struct code_files *files,
                     const struct unwind_registers *registers)
{
    walk.files = files;
    walk.registers = *registers;
    walk.count = walk.number = walk.left_out = walk.signal_frames = 0;
    walk.how = BY_REGISTERS;
    bool goes_on = true;
    while (goes_on && walk.number < STEPS_MAX)
        goes_on = step(walk.registers.value[UNWIND_RIP]);
    for (u32 i = 0; i < walk.count; i++) {
        if (walk.left_out && i == BACKTRACE_LINES - LAST_LINES)
            text_print(text, "  ... %u lines left out\n", walk.left_out);
        print_frame(text, &walk.frames[i]);
    }
    if (goes_on)
        text_add_string(text, "  ... and so on\n");
}
