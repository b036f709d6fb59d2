/* SPDX-License-Identifier: MIT */
/*
 * DWARF expressions (DWARF 5, 2.5): a small stack machine. Linkers describe the procedure linkage table
 * by one, C libraries the frame of a signal. Without jumps, which none of them uses, so that it ends
 * where its bytes end.
 */
#include "loader/unwind_internal.h"

#define STACK_MAX 16

struct stack {
    u64 value[STACK_MAX];
    u32 depth;
    bool bad;
};

/* DWARF 5, 7.7.1. */
enum {
    OP_DEREF = 0x06,
    OP_CONST1U = 0x08, /* to OP_CONST8S: unsigned and signed by turns */
    OP_CONST8S = 0x0f,
    OP_CONSTU = 0x10,
    OP_CONSTS = 0x11,
    OP_DUP = 0x12,
    OP_DROP = 0x13,
    OP_SWAP = 0x16,
    OP_AND = 0x1a,
    OP_MINUS = 0x1c,
    OP_MUL = 0x1e,
    OP_OR = 0x21,
    OP_PLUS = 0x22,
    OP_PLUS_UCONST = 0x23,
    OP_SHL = 0x24,
    OP_SHR = 0x25,
    OP_SHRA = 0x26,
    OP_EQ = 0x29,
    OP_GE = 0x2a,
    OP_GT = 0x2b,
    OP_LE = 0x2c,
    OP_LT = 0x2d,
    OP_NE = 0x2e,
    OP_LIT0 = 0x30,
    OP_BREG0 = 0x70,
    OP_BREG31 = 0x8f,
    OP_NOP = 0x96,
};

static void push(struct stack *stack, u64 value)
{
    if (stack->depth == STACK_MAX)
        stack->bad = true;
    else
        stack->value[stack->depth++] = value;
}

static u64 pop(struct stack *stack)
{
    if (stack->depth == 0) {
        stack->bad = true;
        return 0;
    }
    return stack->value[--stack->depth];
}

static void push_register(struct stack *stack, const struct unwind_registers *registers, u32 number,
                          s64 offset)
{
    if (number >= UNWIND_REGISTERS || !(registers->known >> number & 1))
        stack->bad = true;
    else
        push(stack, registers->value[number] + (u64)offset);
}

static u64 compute(struct stack *stack, u32 code, u64 left, u64 right)
{
    s64 a = (s64)left, b = (s64)right;
    switch (code) {
    case OP_AND:
        return left & right;
    case OP_OR:
        return left | right;
    case OP_PLUS:
        return left + right;
    case OP_MINUS:
        return left - right;
    case OP_MUL:
        return left * right;
    case OP_SHL:
        return right < 64 ? left << right : 0;
    case OP_SHR:
        return right < 64 ? left >> right : 0;
    case OP_SHRA:
        return (u64)(a >> MIN(right, 63));
    case OP_EQ:
        return a == b;
    case OP_GE:
        return a >= b;
    case OP_GT:
        return a > b;
    case OP_LE:
        return a <= b;
    case OP_LT:
        return a < b;
    case OP_NE:
        return a != b;
    default:
        stack->bad = true;
        return 0;
    }
}

static void push_constant(struct stack *stack, struct unwind_cursor *cursor, u32 code)
{
    u32 size = 1u << ((code - OP_CONST1U) / 2);
    push(stack, code & 1 ? (u64)unwind_take_signed(cursor, size) : unwind_take(cursor, size));
}

static void run_simple(struct stack *stack, struct unwind_cursor *cursor, u32 code,
                       unwind_read read)
{
    u64 first, second;
    switch (code) {
    case OP_NOP:
        break;
    case OP_DEREF:
        if (!read(pop(stack), &first))
            stack->bad = true;
        else
            push(stack, first);
        break;
    case OP_CONSTU:
        push(stack, unwind_take_uleb(cursor));
        break;
    case OP_CONSTS:
        push(stack, (u64)unwind_take_sleb(cursor));
        break;
    case OP_PLUS_UCONST:
        first = pop(stack);
        push(stack, first + unwind_take_uleb(cursor));
        break;
    case OP_DUP:
        first = pop(stack);
        push(stack, first);
        push(stack, first);
        break;
    case OP_DROP:
        pop(stack);
        break;
    case OP_SWAP:
        second = pop(stack);
        first = pop(stack);
        push(stack, second);
        push(stack, first);
        break;
    default:
        second = pop(stack);
        first = pop(stack);
        push(stack, compute(stack, code, first, second));
    }
}

bool unwind_expression(struct unwind_cursor cursor, u64 length,
                       const struct unwind_registers *registers, const u64 *first, unwind_read read,
                       u64 *out)
{
    struct stack stack = {.depth = 0};
    cursor.end = cursor.offset + length;
    if (first)
        push(&stack, *first);
    while (cursor.offset < cursor.end && !stack.bad && !cursor.bad) {
        u32 code = unwind_take(&cursor, 1);
        if (code >= OP_CONST1U && code <= OP_CONST8S)
            push_constant(&stack, &cursor, code);
        else if (code >= OP_LIT0 && code < OP_LIT0 + 32)
            push(&stack, code - OP_LIT0);
        else if (code >= OP_BREG0 && code <= OP_BREG31)
            push_register(&stack, registers, code - OP_BREG0, unwind_take_sleb(&cursor));
        else
            run_simple(&stack, &cursor, code, read);
    }
    *out = pop(&stack);
    return !stack.bad && !cursor.bad;
}
