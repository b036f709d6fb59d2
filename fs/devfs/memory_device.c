/* SPDX-License-Identifier: MIT */
/*
 * /dev/null, zero, full, random and urandom (man 4 null, full, random).
 *
 * None of them has a state. A long transfer ends early when a signal comes.
 */
#include <asm/errno.h>
#include <linux/fs.h>
#include <linux/random.h>
#include <linux/stat.h>

#include "arch/usercopy.h"
#include "fs/devfs/devfs_internal.h"
#include "fs/open.h"
#include "kernel/core/random.h"
#include "kernel/core/sched.h"
#include "kernel/lib/string.h"

#define WRITE_PIECE  256
#define CLEAR_PIECE  (1UL << 20) /* between looks for signals */
#define ENTROPY_BITS 256         /* Linux from 5.18 on: all there is, always */

/* Positions mean nothing here, but setting one is no error. */
static s64 seek_nowhere(struct file *file, s64 offset, unsigned whence)
{
    (void)offset;
    (void)whence;
    file->position = 0;
    return 0;
}

/* ---- null -------------------------------------------------------------------------------------*/

static long null_read(struct file *file, uptr buffer, size_t size, u64 *position)
{
    (void)file, (void)buffer, (void)size, (void)position;
    return 0;
}

static long null_read_kernel(struct file *file, void *buffer, size_t size, u64 *position)
{
    (void)file, (void)buffer, (void)size, (void)position;
    return 0;
}

static long null_write(struct file *file, uptr buffer, size_t size, u64 *position)
{
    (void)file, (void)buffer, (void)position;
    return size;
}

static long null_write_kernel(struct file *file, const void *buffer, size_t size, u64 *position)
{
    (void)file, (void)buffer, (void)position;
    return size;
}

static const struct file_ops null_ops = {
    .read = null_read,
    .write = null_write,
    .read_kernel = null_read_kernel,
    .write_kernel = null_write_kernel,
    .seek = seek_nowhere,
};

/* ---- zero and full ----------------------------------------------------------------------------*/

static long zero_read(struct file *file, uptr buffer, size_t size, u64 *position)
{
    (void)file, (void)position;
    size_t done = 0;
    do {
        size_t piece = MIN(size - done, CLEAR_PIECE);
        size_t left = usercopy_zero(UPTR_ADD(buffer, done), piece);
        done += piece - left;
        if (left != 0)
            return done ? (long)done : -EFAULT;
    } while (done < size && !thread_interrupted());
    return done;
}

static long zero_read_kernel(struct file *file, void *buffer, size_t size, u64 *position)
{
    (void)file, (void)position;
    memset(buffer, 0, size);
    return size;
}

/* Anonymous memory: mm makes it, private or shared. */
static int zero_map(struct file *file, u32 prot, u32 *vma_flags, struct vm_object **out)
{
    (void)file, (void)prot, (void)vma_flags;
    *out = NULL;
    return 0;
}

static long full_write(struct file *file, uptr buffer, size_t size, u64 *position)
{
    (void)file, (void)buffer, (void)size, (void)position;
    return -ENOSPC;
}

static long full_write_kernel(struct file *file, const void *buffer, size_t size, u64 *position)
{
    (void)file, (void)buffer, (void)size, (void)position;
    return -ENOSPC;
}

static const struct file_ops zero_ops = {
    .read = zero_read,
    .write = null_write,
    .read_kernel = zero_read_kernel,
    .write_kernel = null_write_kernel,
    .seek = seek_nowhere,
    .map = zero_map,
};

static const struct file_ops full_ops = {
    .read = zero_read,
    .write = full_write,
    .read_kernel = zero_read_kernel,
    .write_kernel = full_write_kernel,
    .seek = seek_nowhere,
};

/* ---- random -----------------------------------------------------------------------------------*/

static long random_read(struct file *file, uptr buffer, size_t size, u64 *position)
{
    (void)file, (void)position;
    return random_bytes_user(buffer, size);
}

static long random_read_kernel(struct file *file, void *buffer, size_t size, u64 *position)
{
    (void)file, (void)position;
    random_bytes(buffer, size);
    return size;
}

/* What the program offers as entropy is not needed, and no harm done: the generator is seeded. It
 * must be readable all the same. */
static long random_write(struct file *file, uptr buffer, size_t size, u64 *position)
{
    (void)file, (void)position;
    u8 bytes[WRITE_PIECE];
    size_t done = 0;
    while (done < size && (done % PAGE_SIZE != 0 || done == 0 || !thread_interrupted())) {
        size_t piece = MIN(size - done, sizeof(bytes));
        size_t left = usercopy_from(bytes, UPTR_ADD(buffer, done), piece);
        done += piece - left;
        if (left != 0)
            return done ? (long)done : -EFAULT;
    }
    return done;
}

static long random_ioctl(struct file *file, u32 request, u64 argument)
{
    (void)file;
    int bits = ENTROPY_BITS;
    if (request != RNDGETENTCNT)
        return -EINVAL;
    return usercopy_to(UPTR(argument), &bits, sizeof(bits)) ? -EFAULT : 0;
}

static const struct file_ops random_ops = {
    .read = random_read,
    .write = random_write,
    .read_kernel = random_read_kernel,
    .write_kernel = null_write_kernel,
    .ioctl = random_ioctl,
    .seek = seek_nowhere,
};

int memory_devices_register(void)
{
    int error = device_register(S_IFCHR, DEVICE_NULL, &null_ops);
    if (error == 0)
        error = device_register(S_IFCHR, DEVICE_ZERO, &zero_ops);
    if (error == 0)
        error = device_register(S_IFCHR, DEVICE_FULL, &full_ops);
    if (error == 0)
        error = device_register(S_IFCHR, DEVICE_RANDOM, &random_ops);
    if (error == 0)
        error = device_register(S_IFCHR, DEVICE_URANDOM, &random_ops);
    return error;
}
