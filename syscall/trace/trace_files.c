/* SPDX-License-Identifier: MIT */
/*
 * What calls on files take and return, as strace prints it, abbreviated as it does by default: the
 * fields that tell calls apart, then "...".
 *
 * A function line_X prints what a call reads; line_X_result, and the structures that are only ever
 * written, what it writes: the address alone if the call failed. Layouts come from the kernel headers.
 */
#include "syscall/trace/trace_internal.h"

#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/uio.h>

/* <linux/stat.h> leaves S_IFMT and its like to the C library where it sees one, and sparse makes it
 * see one. */
#undef __GLIBC__
#include <linux/stat.h>

#include "arch/usercopy.h"

/* What programs and the kernel have to agree on, as glibc and musl declare it. */
_Static_assert(sizeof(struct stat) == 144, "struct stat");
_Static_assert(sizeof(struct statfs) == 120, "struct statfs");
_Static_assert(sizeof(struct statx) == 256, "struct statx");
_Static_assert(sizeof(struct iovec) == 16, "struct iovec");

/* --- What a file is --- */

/* An st_mode: type, special bits, permissions in octal. */
static void line_mode(struct trace_line *line, u32 mode)
{
    const char *type = trace_name(mode & S_IFMT, &trace_file_types);

    if (!type) {
        line_format(line, "%#03o", mode);
        return;
    }
    line_text(line, type);
    line_more_flags(line, mode & ~(S_IFMT | 0777u), &trace_mode_bits);
    line_format(line, "|%#03o", mode & 0777);
}

/* Device numbers are spread over the word as in Linux's <linux/kdev_t.h>, new_encode_dev. */
static void line_device(struct trace_line *line, u64 device)
{
    line_format(line, "makedev(%#lx, %#lx)", device >> 8 & 0xfff,
                (device & 0xff) | (device >> 12 & 0xfff00));
}

void line_stat(struct trace_line *line, u64 value)
{
    struct stat status;

    if (!line_user_result(line, &status, value, sizeof(status)))
        return;
    line_text(line, "{st_mode=");
    line_mode(line, status.st_mode);
    if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
        line_text(line, ", st_rdev=");
        line_device(line, status.st_rdev);
    } else {
        line_format(line, ", st_size=%ld", status.st_size);
    }
    line_text(line, ", ...}");
}

/* Flags of statx: how to ask the file system is one of three, with a name for none. */
void line_statx_flags(struct trace_line *line, u64 value)
{
    u64 sync = value & AT_STATX_SYNC_TYPE;

    if (sync == 0)
        line_text(line, "AT_STATX_SYNC_AS_STAT");
    else
        line_flags(line, sync, &trace_statx_flags);
    line_more_flags(line, value & ~(u64)AT_STATX_SYNC_TYPE, &trace_at_flags);
}

void line_statx(struct trace_line *line, u64 value)
{
    struct statx status;

    if (!line_user_result(line, &status, value, sizeof(status)))
        return;
    line_text(line, "{stx_mask=");
    line_flags(line, status.stx_mask, &trace_statx_masks);
    line_text(line, ", stx_attributes=");
    line_flags(line, status.stx_attributes, &trace_stat_attributes);
    line_text(line, ", stx_mode=");
    line_mode(line, status.stx_mode);
    line_format(line, ", stx_size=%llu, ...}", status.stx_size);
}

void line_statfs(struct trace_line *line, u64 value)
{
    struct statfs system;

    if (!line_user_result(line, &system, value, sizeof(system)))
        return;
    const char *type = trace_name((u32)system.f_type, &trace_statfs_types);
    line_text(line, "{f_type=");
    if (type)
        line_text(line, type);
    else
        line_format(line, "%#lx", system.f_type);
    line_format(line, ", f_bsize=%lu, f_blocks=%lu, f_bfree=%lu", (u64)system.f_bsize,
                (u64)system.f_blocks, (u64)system.f_bfree);
    line_format(line, ", f_bavail=%lu, f_files=%lu, f_ffree=%lu", (u64)system.f_bavail,
                (u64)system.f_files, (u64)system.f_ffree);
    line_format(line, ", f_fsid={val=[%#x, %#x]}", (u32)system.f_fsid.val[0],
                (u32)system.f_fsid.val[1]);
    line_format(line, ", f_namelen=%lu, f_frsize=%lu, f_flags=", (u64)system.f_namelen,
                (u64)system.f_frsize);
    line_flags(line, (u64)system.f_flags, &trace_mount_flags);
    line_text(line, "}");
}

/* mknod's mode: a type of 0 stands for a regular file, and is left as it is. */
void line_node_mode(struct trace_line *line, u64 value)
{
    line_mode(line, (u32)value);
}

void line_node_device(struct trace_line *line, u64 value)
{
    u32 mode = (u32)line->args[line->index - 1];

    if (S_ISCHR(mode) || S_ISBLK(mode))
        line_device(line, value);
}

/* --- What is asked of it --- */

void line_lock(struct trace_line *line, u64 value)
{
    struct flock lock;
    u32 command = (u32)line->args[1];
    bool asked = command == F_GETLK || command == F_OFD_GETLK;

    if (!line_user_fetch(line, &lock, value, sizeof(lock)))
        return;
    line_text(line, "{l_type=");
    line_name(line, (u16)lock.l_type, &trace_lock_types);
    line_text(line, ", l_whence=");
    line_name(line, (u16)lock.l_whence, &trace_whence);
    line_format(line, ", l_start=%ld, l_len=%ld", lock.l_start, lock.l_len);
    if (asked)
        line_format(line, ", l_pid=%d", lock.l_pid);
    line_text(line, "}");
}

void line_open_how(struct trace_line *line, u64 value)
{
    struct open_how how;

    /* A shorter one is refused unread; what a longer one has is unknown. */
    if (line->args[line->index + 1] < sizeof(how)) {
        line_address(line, value);
        return;
    }
    if (!line_user_fetch(line, &how, value, sizeof(how)))
        return;
    line_text(line, "{flags=");
    line_open_flags(line, how.flags);
    if ((how.flags & O_CREAT) || (how.flags & O_TMPFILE) == O_TMPFILE || how.mode != 0)
        line_format(line, ", mode=%#03llo", how.mode);
    line_text(line, ", resolve=");
    line_flags(line, how.resolve, &trace_resolve_flags);
    line_text(line, "}");
}

/* The number of the entries that were read; their names are not shown. */
void line_directory(struct trace_line *line, u64 value)
{
    /* Both forms have it there: struct linux_dirent and linux_dirent64 (getdents(2)). */
    const u64 length_at = 16;
    u64 count = 0;
    u16 length;

    line_address(line, value);
    if (RESULT_IS_ERROR(line->result))
        return;
    for (u64 at = 0; at < (u64)line->result; at += length, count++) {
        if (usercopy_from(&length, UPTR(value + at + length_at), sizeof(length)) != 0 ||
            length == 0)
            break;
    }
    line_format(line, " /* %lu entries */", count);
}

/* --- Vectors and positions --- */

/* One of an array of vectors, of which `shown` bytes are looked at; filled: or else there is nothing. */
static void line_vector(struct trace_line *line, const struct iovec *vector, u64 shown, bool filled)
{
    line_text(line, "{iov_base=");
    if (filled)
        line_user_bytes(line, (u64)vector->iov_base, shown, false);
    else
        line_address(line, (u64)vector->iov_base);
    line_format(line, ", iov_len=%lu}", vector->iov_len);
}

/* Vectors with `left` bytes in all, UINT64_MAX: as many as they say. What follows is not shown. */
static void line_vectors(struct trace_line *line, u64 value, u64 count, u64 left, bool filled)
{
    struct iovec vector;

    if (value == 0 || !line_array_fits(value, count, sizeof(vector)) ||
        (count && usercopy_from(&vector, UPTR(value), sizeof(vector)) != 0)) {
        line_address(line, value);
        return;
    }
    line_text(line, "[");
    for (u64 i = 0; i < count && !line->cut; i++) {
        u64 at = value + i * sizeof(vector);
        line_text(line, i ? ", " : "");
        if (i == trace_string_limit) {
            line_text(line, "...");
            break;
        }
        if (usercopy_from(&vector, UPTR(at), sizeof(vector)) != 0) {
            line_format(line, "... /* %#lx */", at);
            break;
        }
        u64 shown = MIN(left, vector.iov_len);
        line_vector(line, &vector, shown, filled);
        left -= left == UINT64_MAX ? 0 : shown;
    }
    line_text(line, "]");
}

void line_iovecs(struct trace_line *line, u64 value)
{
    line_vectors(line, value, line->args[line->index + 1], UINT64_MAX, true);
}

void line_iovecs_result(struct trace_line *line, u64 value)
{
    bool filled = !RESULT_IS_ERROR(line->result);

    line_vectors(line, value, line->args[line->index + 1], filled ? (u64)line->result : 0, filled);
}

void line_offset_pointer(struct trace_line *line, u64 value)
{
    s64 offset;

    bool moves = syscall_argument_kind(line->info, line->index) == ARG_OFFSET_MOVED;

    if (line_user_fetch(line, &offset, value, sizeof(offset)))
        line_format(line, moves ? "[%lu]" : "[%ld]", offset);
}

/* Where it stands after the call. */
void line_offset_moved(struct trace_line *line, u64 value)
{
    s64 offset;

    if (line->result > 0 && value != 0 && usercopy_from(&offset, UPTR(value), sizeof(offset)) == 0)
        line_format(line, " => [%lu]", offset);
}
