/* SPDX-License-Identifier: MIT */
/*
 * The instructions of an entry (DWARF 5, 6.4.2): they say, address by address, where the function
 * keeps its caller's registers. Run up to the address in question, they leave one row of rules.
 */
#include "loader/unwind.h"

#include <asm/errno.h>

#include "loader/unwind_internal.h"

#define REMEMBERED_MAX 4          /* compilers need one */
#define RUN_MAX        (1u << 16) /* instructions of one entry */

enum rule_kind {
    RULE_SAME, /* the register still has it: also what nobody says anything about */
    RULE_UNDEFINED,
    RULE_OFFSET,     /* in memory, at the frame's address plus `value` */
    RULE_VAL_OFFSET, /* that address itself */
    RULE_REGISTER,
    RULE_EXPRESSION, /* in memory, at the address that an expression gives */
    RULE_VAL_EXPRESSION,
};

struct rule {
    enum rule_kind kind;
    u32 length; /* of an expression, */
    s64 value;  /* which begins here in the file; or an offset; or a register */
};

/* The frame's address (CFA): a register plus an offset, or an expression. */
struct row {
    struct rule frame; /* RULE_REGISTER, with the number in `length`; or RULE_VAL_EXPRESSION */
    struct rule registers[UNWIND_REGISTERS];
};

struct machine {
    const struct unwind_entry *entry;
    vaddr_t location;
    struct row row, initial, remembered[REMEMBERED_MAX];
    u32 depth;
    bool bad;
};

/* DWARF 5, 7.24. */
enum {
    CFA_ADVANCE = 1, /* in the upper two bits of the byte */
    CFA_OFFSET = 2,
    CFA_RESTORE = 3,

    CFA_NOP = 0x00,
    CFA_SET_LOC = 0x01,
    CFA_ADVANCE1 = 0x02,
    CFA_ADVANCE2 = 0x03,
    CFA_ADVANCE4 = 0x04,
    CFA_OFFSET_EXTENDED = 0x05,
    CFA_RESTORE_EXTENDED = 0x06,
    CFA_UNDEFINED = 0x07,
    CFA_SAME_VALUE = 0x08,
    CFA_REGISTER = 0x09,
    CFA_REMEMBER = 0x0a,
    CFA_RESTORE_STATE = 0x0b,
    CFA_DEF_CFA = 0x0c,
    CFA_DEF_CFA_REGISTER = 0x0d,
    CFA_DEF_CFA_OFFSET = 0x0e,
    CFA_DEF_CFA_EXPRESSION = 0x0f,
    CFA_EXPRESSION = 0x10,
    CFA_OFFSET_EXTENDED_SF = 0x11,
    CFA_DEF_CFA_SF = 0x12,
    CFA_DEF_CFA_OFFSET_SF = 0x13,
    CFA_VAL_OFFSET = 0x14,
    CFA_VAL_OFFSET_SF = 0x15,
    CFA_VAL_EXPRESSION = 0x16,
    CFA_GNU_ARGS_SIZE = 0x2e, /* LSB 5.0, 10.4.2 */
};

/* Registers that we do not follow (vectors, x87) have rules, too, that nobody reads. */
static void set_rule(struct machine *machine, u64 number, enum rule_kind kind, s64 value)
{
    if (number < UNWIND_REGISTERS)
        machine->row.registers[number] = (struct rule){.kind = kind, .value = value};
}

static void restore_rule(struct machine *machine, u64 number)
{
    if (number < UNWIND_REGISTERS)
        machine->row.registers[number] = machine->initial.registers[number];
}

static void set_frame(struct machine *machine, u64 number, s64 offset)
{
    machine->bad |= number >= UNWIND_REGISTERS;
    machine->row.frame = (struct rule){RULE_REGISTER, (u32)number, offset};
}

static struct rule take_expression(struct unwind_cursor *cursor, enum rule_kind kind)
{
    u64 length = unwind_take_uleb(cursor);
    struct rule rule = {kind, (u32)length, (s64)cursor->offset};
    unwind_skip(cursor, length);
    return rule;
}

static void remember(struct machine *machine)
{
    if (machine->depth == REMEMBERED_MAX)
        machine->bad = true;
    else
        machine->remembered[machine->depth++] = machine->row;
}

static void restore_state(struct machine *machine)
{
    if (machine->depth == 0)
        machine->bad = true;
    else
        machine->row = machine->remembered[--machine->depth];
}

static s64 factored(const struct machine *machine, u64 value)
{
    return (s64)(value * (u64)machine->entry->data_align);
}

static void advance(struct machine *machine, u64 delta)
{
    machine->location += delta * machine->entry->code_align;
}

/* Instructions that say where the frame is. False: it is none of them. */
static bool run_frame(struct machine *machine, struct unwind_cursor *cursor, u32 code)
{
    struct rule *frame = &machine->row.frame;
    u64 number;
    switch (code) {
    case CFA_DEF_CFA:
        number = unwind_take_uleb(cursor);
        set_frame(machine, number, (s64)unwind_take_uleb(cursor));
        return true;
    case CFA_DEF_CFA_SF:
        number = unwind_take_uleb(cursor);
        set_frame(machine, number, factored(machine, (u64)unwind_take_sleb(cursor)));
        return true;
    case CFA_DEF_CFA_REGISTER:
        set_frame(machine, unwind_take_uleb(cursor), frame->value);
        return true;
    case CFA_DEF_CFA_OFFSET:
        frame->value = (s64)unwind_take_uleb(cursor);
        return true;
    case CFA_DEF_CFA_OFFSET_SF:
        frame->value = factored(machine, (u64)unwind_take_sleb(cursor));
        return true;
    case CFA_DEF_CFA_EXPRESSION:
        *frame = take_expression(cursor, RULE_VAL_EXPRESSION);
        return true;
    default:
        return false;
    }
}

/* Those about one register, whose number comes first. */
static void run_register(struct machine *machine, struct unwind_cursor *cursor, u32 code)
{
    u64 number = unwind_take_uleb(cursor);
    struct rule rule;
    switch (code) {
    case CFA_OFFSET_EXTENDED:
    case CFA_VAL_OFFSET:
        set_rule(machine, number, code == CFA_VAL_OFFSET ? RULE_VAL_OFFSET : RULE_OFFSET,
                 factored(machine, unwind_take_uleb(cursor)));
        break;
    case CFA_OFFSET_EXTENDED_SF:
    case CFA_VAL_OFFSET_SF:
        set_rule(machine, number, code == CFA_VAL_OFFSET_SF ? RULE_VAL_OFFSET : RULE_OFFSET,
                 factored(machine, (u64)unwind_take_sleb(cursor)));
        break;
    case CFA_RESTORE_EXTENDED:
        restore_rule(machine, number);
        break;
    case CFA_UNDEFINED:
    case CFA_SAME_VALUE:
        set_rule(machine, number, code == CFA_UNDEFINED ? RULE_UNDEFINED : RULE_SAME, 0);
        break;
    case CFA_REGISTER:
        set_rule(machine, number, RULE_REGISTER, (s64)unwind_take_uleb(cursor));
        break;
    case CFA_EXPRESSION:
    case CFA_VAL_EXPRESSION:
        rule =
            take_expression(cursor, code == CFA_EXPRESSION ? RULE_EXPRESSION : RULE_VAL_EXPRESSION);
        if (number < UNWIND_REGISTERS)
            machine->row.registers[number] = rule;
        break;
    default:
        machine->bad = true;
    }
}

static void run_other(struct machine *machine, struct unwind_cursor *cursor, u32 code)
{
    switch (code) {
    case CFA_NOP:
        break;
    case CFA_SET_LOC:
        machine->location = unwind_take_encoded(cursor, machine->entry->encoding, 0);
        break;
    case CFA_ADVANCE1:
    case CFA_ADVANCE2:
    case CFA_ADVANCE4:
        advance(machine, unwind_take(cursor, 1u << (code - CFA_ADVANCE1)));
        break;
    case CFA_REMEMBER:
        remember(machine);
        break;
    case CFA_RESTORE_STATE:
        restore_state(machine);
        break;
    case CFA_GNU_ARGS_SIZE:
        unwind_take_uleb(cursor);
        break;
    default:
        if (!run_frame(machine, cursor, code))
            run_register(machine, cursor, code);
    }
}

/* Until the instructions end or lead beyond `pc`. */
static void run(struct machine *machine, struct unwind_cursor *cursor, vaddr_t pc)
{
    for (u32 i = 0; cursor->offset < cursor->end && machine->location <= pc; i++) {
        u32 code = unwind_take(cursor, 1), operand = code & 0x3f;
        switch (code >> 6) {
        case CFA_ADVANCE:
            advance(machine, operand);
            break;
        case CFA_OFFSET:
            set_rule(machine, operand, RULE_OFFSET, factored(machine, unwind_take_uleb(cursor)));
            break;
        case CFA_RESTORE:
            restore_rule(machine, operand);
            break;
        default:
            run_other(machine, cursor, code);
        }
        machine->bad |= cursor->bad || i == RUN_MAX;
        if (machine->bad)
            return;
    }
}

/* ---- Applying a row ---------------------------------------------------------------------------*/

struct step {
    const struct unwind_entry *entry;
    const struct unwind_registers *from;
    unwind_read read;
    u64 frame;
};

static bool expression(const struct step *step, const struct rule *rule, const u64 *first, u64 *out)
{
    struct unwind_cursor cursor = step->entry->own; /* any place in the same file */
    cursor.offset = (u64)rule->value;
    cursor.end = cursor.offset + rule->length;
    return unwind_expression(cursor, rule->length, step->from, first, step->read, out);
}

static bool register_value(const struct unwind_registers *registers, u64 number, u64 *out)
{
    if (number >= UNWIND_REGISTERS || !(registers->known >> number & 1))
        return false;
    *out = registers->value[number];
    return true;
}

static bool find_frame(struct step *step, const struct rule *rule)
{
    if (rule->kind == RULE_VAL_EXPRESSION)
        return expression(step, rule, NULL, &step->frame);
    bool ok = rule->kind == RULE_REGISTER && register_value(step->from, rule->length, &step->frame);
    step->frame += (u64)rule->value;
    return ok;
}

/* The caller's value by a rule; *known says whether it has one. False: it cannot be read. */
static bool apply(const struct step *step, const struct rule *rule, u32 number, u64 *out,
                  bool *known)
{
    u64 address;
    *known = true;
    switch (rule->kind) {
    case RULE_OFFSET:
        return step->read(step->frame + (u64)rule->value, out);
    case RULE_VAL_OFFSET:
        *out = step->frame + (u64)rule->value;
        return true;
    case RULE_EXPRESSION:
        return expression(step, rule, &step->frame, &address) && step->read(address, out);
    case RULE_VAL_EXPRESSION:
        return expression(step, rule, &step->frame, out);
    case RULE_REGISTER:
        *known = register_value(step->from, (u64)rule->value, out);
        return true;
    default:
        *known = rule->kind == RULE_SAME && register_value(step->from, number, out);
        return true;
    }
}

static bool apply_row(struct step *step, const struct row *row, struct unwind_registers *to)
{
    if (!find_frame(step, &row->frame))
        return false;
    to->known = 0;
    for (u32 i = 0; i < UNWIND_REGISTERS; i++) {
        struct rule rule = row->registers[i];
        bool known;
        if (i == UNWIND_RIP)
            rule = row->registers[step->entry->return_register];
        if (i == UNWIND_RSP && rule.kind == RULE_SAME)
            rule = (struct rule){.kind = RULE_VAL_OFFSET};
        if (!apply(step, &rule, i, &to->value[i], &known))
            return false;
        to->known |= (u32)known << i;
    }
    return true;
}

int unwind_step(const struct debug_image *image, vaddr_t pc, unwind_read read,
                struct unwind_registers *registers)
{
    struct unwind_entry entry;
    int error = unwind_find_entry(image, pc, &entry);
    if (error != 0)
        return error;
    struct machine machine = {.entry = &entry, .location = entry.start};
    struct unwind_registers caller;
    run(&machine, &entry.common, pc);
    machine.initial = machine.row;
    run(&machine, &entry.own, pc);
    struct step step = {&entry, registers, read, 0};
    if (machine.bad || !apply_row(&step, &machine.row, &caller))
        return -EINVAL;
    *registers = caller;
    return 0;
}
