/* SPDX-License-Identifier: MIT */
/* Futexes: waiting at a word, and waking those who wait. */
#include <asm/errno.h>
#include <linux/futex.h>

#include "kernel/proc/futex/futex_internal.h"

long futex_wait(struct futex_word word, u32 expected, u32 bits, struct futex_until until)
{
    struct futex_sleeper sleeper;
    struct futex_key key;
    if (bits == 0)
        return -EINVAL;
    long error = futex_find_key(word, false, &key);
    if (error != 0)
        return error;
    futex_sleeper_init(&sleeper, &key, bits);
    error = futex_enter_if(&sleeper, word.address, expected);
    if (error != 0)
        return error;
    long result = futex_sleep(&sleeper, 1, until);
    return futex_leave(&sleeper) ? 0 : result;
}

/* Pick `count` of those that share a bit. How many; -EINVAL: one waits for a lock, which only its owner
 * can give. */
static long pick(struct futex_bucket *bucket, const struct futex_key *key, int count, u32 bits,
                 struct wake_list *picked)
{
    struct futex_sleeper *sleeper, *following;
    long done = 0;
    list_for_each_entry_safe(sleeper, following, &bucket->sleepers, link)
    {
        if (!futex_same(&sleeper->key, key))
            continue;
        if (sleeper->lock || sleeper->target)
            return -EINVAL;
        if (!(sleeper->bits & bits))
            continue;
        futex_pick(sleeper, picked);
        if (++done >= count)
            break;
    }
    return done;
}

long futex_wake(struct futex_word word, int count, u32 bits)
{
    struct wake_list picked = WAKE_LIST_INIT;
    struct futex_key key;
    if (bits == 0)
        return -EINVAL;
    long error = futex_find_key(word, false, &key);
    if (error != 0)
        return error;
    struct futex_bucket *bucket = futex_bucket_of(&key);
    u64 flags = futex_lock_bucket(bucket);
    long result = pick(bucket, &key, count, bits, &picked);
    spin_unlock_irqrestore(&bucket->lock, flags);
    wake_list_run(&picked);
    return result;
}

/* ---- FUTEX_WAKE_OP ----------------------------------------------------------------------------*/

/* The fields of `operation` (<linux/futex.h>, FUTEX_OP). */
struct wake_op {
    u32 op, compare;
    u32 operand;
    s32 compared;
};

static s32 signed12(u32 value)
{
    return (s32)(value << 20) >> 20;
}

static struct wake_op decode(u32 operation)
{
    struct wake_op decoded = {
        .op = operation >> 28 & 7,
        .compare = operation >> 24 & 15,
        .operand = (u32)signed12(operation >> 12),
        .compared = signed12(operation),
    };
    if (operation >> 28 & FUTEX_OP_OPARG_SHIFT)
        decoded.operand = 1u << (decoded.operand & 31);
    return decoded;
}

static u32 apply(const struct wake_op *op, u32 value)
{
    switch (op->op) {
    case FUTEX_OP_SET:
        return op->operand;
    case FUTEX_OP_ADD:
        return value + op->operand;
    case FUTEX_OP_OR:
        return value | op->operand;
    case FUTEX_OP_ANDN:
        return value & ~op->operand;
    default:
        return value ^ op->operand;
    }
}

/* Does the old value compare as wished? -ENOSYS: there is no such comparison. */
static int compare(const struct wake_op *op, s32 value)
{
    switch (op->compare) {
    case FUTEX_OP_CMP_EQ:
        return value == op->compared;
    case FUTEX_OP_CMP_NE:
        return value != op->compared;
    case FUTEX_OP_CMP_LT:
        return value < op->compared;
    case FUTEX_OP_CMP_LE:
        return value <= op->compared;
    case FUTEX_OP_CMP_GT:
        return value > op->compared;
    case FUTEX_OP_CMP_GE:
        return value >= op->compared;
    default:
        return -ENOSYS;
    }
}

/* Change the word in one step. What compare() says of the old value, or -ENOSYS, -EFAULT. */
static int change(uptr word, const struct wake_op *op)
{
    u32 value, found;
    if (op->op > FUTEX_OP_XOR)
        return -ENOSYS;
    if (user_word_read(word, &value) != 0 ||
        user_word_exchange(word, value, apply(op, value), &found) != 0)
        return -EFAULT;
    while (found != value) {
        value = found;
        if (user_word_exchange(word, value, apply(op, value), &found) != 0)
            return -EFAULT;
    }
    return compare(op, (s32)value);
}

long futex_wake_op(struct futex_word word, struct futex_word word2, int count, int count2,
                   u32 operation)
{
    struct wake_list picked = WAKE_LIST_INIT;
    struct futex_key keys[2];
    struct wake_op op = decode(operation);
    long result;
    do {
        result = futex_find_key(word, false, &keys[0]);
        if (result == 0)
            result = futex_find_key(word2, true, &keys[1]);
        if (result != 0)
            return result;
        struct futex_bucket *first = futex_bucket_of(&keys[0]), *second = futex_bucket_of(&keys[1]);
        u64 flags = futex_lock_two(first, second);
        int compares = change(word2.address, &op);
        result = compares;
        if (compares >= 0)
            result = pick(first, &keys[0], count, FUTEX_BITSET_MATCH_ANY, &picked);
        if (compares > 0 && result >= 0) {
            long more = pick(second, &keys[1], count2, FUTEX_BITSET_MATCH_ANY, &picked);
            result = more < 0 ? more : result + more;
        }
        futex_unlock_two(first, second, flags);
        wake_list_run(&picked);
    } while (result == -EFAULT && user_word_bring(word2.address, true) == 0);
    return result;
}
