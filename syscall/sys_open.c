/* SPDX-License-Identifier: MIT */
/* Opening, closing, duplicating descriptors, and the flags they carry. */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>

#include "arch/usercopy.h"
#include "fs/open.h"
#include "kernel/lib/string.h"
#include "syscall/decode.h"
#include "syscall/descriptor.h"
#include "syscall/names.h"
#include "syscall/table.h"

#define STATUS_FLAGS (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | FASYNC)

#define FLAGS_KNOWN                                                                            \
    (O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | STATUS_FLAGS | O_SYNC | O_LARGEFILE | \
     O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_PATH | __O_TMPFILE)
#define FLAGS_OF_PATH (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* What cannot go together (Linux fs/open.c: build_open_flags). */
static long check_how(struct open_how_kernel *how)
{
    u32 flags = how->flags;
    if ((flags & O_CREAT) && (flags & O_DIRECTORY))
        return -EINVAL;
    if ((flags & __O_TMPFILE) && (!(flags & O_DIRECTORY) || (flags & O_ACCMODE) == O_RDONLY))
        return -EINVAL;
    if (flags & __O_SYNC)
        how->flags |= O_DSYNC;
    if (!(flags & O_PATH))
        how->flags |= O_LARGEFILE;
    return 0;
}

static long open_name(int dirfd, uptr user, struct open_how_kernel *how)
{
    struct name *name;
    struct path_context start;
    struct file *file;
    how->mode &= ~__atomic_load_n(&process_current()->umask, __ATOMIC_RELAXED);
    long error = check_how(how);
    if (error == 0)
        error = name_get(user, &name);
    if (error != 0)
        return error;
    /* With its root there, even an absolute name starts at the descriptor. */
    bool in_root = how->walk & WALK_RESOLVE(RESOLVE_IN_ROOT);
    error =
        name->text[0] == '\0' ? -ENOENT : names_start(dirfd, in_root ? "." : name->text, &start);
    if (error == 0) {
        error = file_open(&start, &start.cwd, name->text, how, &file);
        place_put(&start);
    }
    name_free(name);
    if (error == -EINTR) /* a FIFO without its other end */
        error = -ERESTARTSYS;
    return error != 0 ? error : descriptor_new(file, how->flags & O_CLOEXEC);
}

long sys_openat(int dirfd, uptr path, int flags, unsigned mode)
{
    struct open_how_kernel how = {.flags = flags & FLAGS_KNOWN, .mode = mode & 07777};
    if (flags & O_PATH) /* beats everything else */
        how.flags &= FLAGS_OF_PATH;
    return open_name(dirfd, path, &how);
}

long sys_open(uptr path, int flags, unsigned mode)
{
    return sys_openat(AT_FDCWD, path, flags, mode);
}

long sys_creat(uptr path, unsigned mode)
{
    return sys_openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

#define RESOLVE_KNOWN                                                                  \
    (RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | \
     RESOLVE_IN_ROOT | RESOLVE_CACHED)

/* Unlike openat, what is unknown is refused. */
static long check_open_how(const struct open_how *how)
{
    bool creates = how->flags & (O_CREAT | __O_TMPFILE);
    if ((how->flags & ~(u64)FLAGS_KNOWN) || (how->resolve & ~(u64)RESOLVE_KNOWN))
        return -EINVAL;
    if ((how->resolve & RESOLVE_BENEATH) && (how->resolve & RESOLVE_IN_ROOT))
        return -EINVAL;
    if (creates ? (how->mode & ~07777UL) : how->mode)
        return -EINVAL;
    if ((how->flags & O_PATH) && (how->flags & ~(u64)FLAGS_OF_PATH))
        return -EINVAL;
    /* Everything is in memory, so what does not create never has to wait. */
    return (how->resolve & RESOLVE_CACHED) && (creates || (how->flags & O_TRUNC)) ? -EAGAIN : 0;
}

long sys_openat2(int dirfd, uptr path, uptr how_user, size_t size)
{
    struct open_how how;
    if (size < sizeof(how))
        return -EINVAL;
    long error = decode_versioned(how_user, size, &how, sizeof(how));
    if (error == 0)
        error = check_open_how(&how);
    if (error != 0)
        return error;
    struct open_how_kernel kernel_how = {how.flags, how.mode,
                                         WALK_RESOLVE(how.resolve & ~(u64)RESOLVE_CACHED)};
    return open_name(dirfd, path, &kernel_how);
}

long sys_close(int fd)
{
    return fdtable_close(&process_current()->files, fd);
}

long sys_close_range(unsigned first, unsigned last, unsigned flags)
{
    struct fdtable *files = &process_current()->files;
    if ((flags & ~6u) || first > last) /* CLOSE_RANGE_UNSHARE, CLOSE_RANGE_CLOEXEC */
        return -EINVAL;
    for (s64 fd = first; (fd = fdtable_next(files, fd)) >= 0 && fd <= last; fd++) {
        if (flags & 4)
            (void)!fdtable_set_close_on_exec(files, fd, true);
        else
            (void)!fdtable_close(files, fd);
    }
    return 0;
}

/* ---- Duplicates and flags ---------------------------------------------------------------------*/

static long duplicate(int fd, int lowest, bool close_on_exec)
{
    struct file *file = descriptor_get_any(fd);
    if (!file)
        return -EBADF;
    long result =
        fdtable_install(&process_current()->files, file, lowest, descriptor_limit(), close_on_exec);
    if (result < 0)
        file_put(file);
    return result;
}

static long duplicate_to(int fd, int new_fd, bool close_on_exec)
{
    if (new_fd < 0 || (u64)new_fd >= descriptor_limit())
        return -EBADF;
    struct file *file = descriptor_get_any(fd);
    if (!file)
        return -EBADF;
    long error =
        fdtable_replace(&process_current()->files, file, new_fd, descriptor_limit(), close_on_exec);
    if (error == 0)
        return new_fd;
    file_put(file);
    return error;
}

long sys_dup(int fd)
{
    return duplicate(fd, 0, false);
}

long sys_dup2(int fd, int new_fd)
{
    if (fd != new_fd)
        return duplicate_to(fd, new_fd, false);
    struct file *file = descriptor_get_any(fd);
    if (!file)
        return -EBADF;
    file_put(file);
    return fd;
}

long sys_dup3(int fd, int new_fd, int flags)
{
    if ((flags & ~O_CLOEXEC) || fd == new_fd)
        return -EINVAL;
    return duplicate_to(fd, new_fd, flags & O_CLOEXEC);
}

long descriptor_set_status(struct file *file, u64 wanted)
{
    u32 kept = STATUS_FLAGS;
    if ((wanted & O_DIRECT) && !file->ops->direct)
        return -EINVAL;
    if (file->ops->seek) /* files that are always ready tell nobody */
        kept &= ~(u32)FASYNC;
    file->flags = (file->flags & ~kept) | (wanted & kept);
    return 0;
}

static long fcntl_file(struct file *file, unsigned command, u64 argument)
{
    switch (command) {
    case F_GETFL:
        return file->flags;
    case F_SETFL:
        return descriptor_set_status(file, argument);
    default:
        return fcntl_other(file, command, argument);
    }
}

long sys_fcntl(int fd, unsigned command, u64 argument)
{
    struct fdtable *files = &process_current()->files;
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if ((u32)argument >= descriptor_limit()) /* Linux, too, takes the lower half alone */
            return -EINVAL;
        return duplicate(fd, (u32)argument, command == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return fdtable_get_close_on_exec(files, fd);
    case F_SETFD:
        return fdtable_set_close_on_exec(files, fd, argument & FD_CLOEXEC);
    default:
        break;
    }
    struct file *file = descriptor_get_any(fd);
    if (!file)
        return -EBADF;
    long result =
        (file->flags & O_PATH) && command != F_GETFL ? -EBADF : fcntl_file(file, command, argument);
    file_put(file);
    return result;
}
