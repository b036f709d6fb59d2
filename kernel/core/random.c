/* SPDX-License-Identifier: MIT */
/*
 * The generator: blocks of ChaCha20 output; the first half of every block replaces the key, so
 * that what was given out cannot be computed from what is in memory later (fast key erasure).
 *
 * Seeds: RDSEED or RDRAND where there is one; the time stamps of boot and of each call always. On
 * a processor without a generator the seed is only as good as the jitter of those time stamps.
 */
#include "kernel/core/random.h"

#include <asm/errno.h>

#include "arch/cpu.h"
#include "arch/usercopy.h"
#include "kernel/core/sched.h"
#include "kernel/core/spinlock.h"
#include "kernel/lib/chacha.h"
#include "kernel/lib/string.h"

#define KEY_WORDS     8
#define BLOCK_BYTES   64
#define OUTPUT_BYTES  (BLOCK_BYTES - KEY_WORDS * 4)
#define JITTER_ROUNDS 16
#define PIECE_BYTES   256 /* on its way to the program */

static struct spinlock lock = SPINLOCK_INIT(LOCK_RANDOM); /* guards key, stock, left */
static u32 key[KEY_WORDS];
static u8 stock[OUTPUT_BYTES];
static size_t left; /* unused bytes at the end of stock */

static void refill_locked(void)
{
    u8 block[BLOCK_BYTES];
    chacha20_block(key, cpu_read_tsc(), 0, block);
    memcpy(key, block, sizeof(key));
    memcpy(stock, block + sizeof(key), sizeof(stock));
    left = sizeof(stock);
}

/* Fold time stamps, taken one after the other, into one number: their distances vary a little. */
static u64 jitter(void)
{
    u64 sum = 0;
    for (int i = 0; i < JITTER_ROUNDS; i++) {
        sum = (sum << 7 | sum >> 57) ^ cpu_read_tsc();
        __asm__ volatile("" : : : "memory");
    }
    return sum;
}

void random_init(u64 boot_entropy)
{
    u64 *words = (u64 *)key;
    for (int i = 0; i < KEY_WORDS / 2; i++) {
        u64 word = 0;
        if (!cpu_random64(&word))
            word = jitter();
        words[i] ^= word ^ boot_entropy;
        boot_entropy = boot_entropy * 6364136223846793005UL + 1442695040888963407UL;
    }
}

void random_bytes(void *out, size_t length)
{
    u8 *bytes = out;
    while (length != 0) {
        u64 flags = spin_lock_irqsave(&lock);
        if (left == 0)
            refill_locked();
        size_t count = MIN(left, length);
        u8 *from = stock + sizeof(stock) - left;
        memcpy(bytes, from, count);
        memset(from, 0, count);
        left -= count;
        spin_unlock_irqrestore(&lock, flags);
        bytes += count;
        length -= count;
    }
}

u64 random_u64(void)
{
    u64 value;
    random_bytes(&value, sizeof(value));
    return value;
}

/* Looks for signals as often as Linux does: nobody has to expect less than a page. */
long random_bytes_user(uptr out, size_t length)
{
    u8 piece[PIECE_BYTES];
    size_t done = 0;
    while (done < length) {
        size_t want = MIN(length - done, sizeof(piece));
        random_bytes(piece, want);
        size_t missed = usercopy_to(UPTR_ADD(out, done), piece, want);
        done += want - missed;
        if (missed != 0)
            return done ? (long)done : -EFAULT;
        if (done % PAGE_SIZE == 0 && thread_interrupted())
            break;
    }
    return done;
}
