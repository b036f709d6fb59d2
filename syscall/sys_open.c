/* SPDX-License-Identifier: MIT */
/* Opening, closing, duplicating descriptors, and the flags they carry. */
#include <asm/errno.h>
#include <asm/ioctls.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>

#include "arch/usercopy.h"
#include "fs/open.h"
#include "kernel/lib/string.h"
#include "syscall/descriptor.h"
#include "syscall/names.h"
#include "syscall/table.h"

#define STATUS_FLAGS (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | FASYNC)

static long open_name(int dirfd, uptr user, struct open_how_kernel *how)
{
    struct name *name;
    struct path start;
    struct file *file;
    how->flags |= O_LARGEFILE;
    how->mode &= ~process_current()->umask;
    long error = name_get(user, &name);
    if (error != 0)
        return error;
    error = name->text[0] == '\0' ? -ENOENT : names_start(dirfd, name->text, &start);
    if (error == 0) {
        error = file_open(names_context(), &start, name->text, how, &file);
        path_put(&start);
    }
    name_free(name);
    return error != 0 ? error : descriptor_new(file, how->flags & O_CLOEXEC);
}

long sys_openat(int dirfd, uptr path, int flags, unsigned mode)
{
    struct open_how_kernel how = {.flags = flags, .mode = flags & O_CREAT ? mode & 07777 : 0};
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

long sys_openat2(int dirfd, uptr path, uptr how_user, size_t size)
{
    struct open_how how;
    u8 beyond[64];
    if (size < sizeof(how))
        return -EINVAL;
    if (size > PAGE_SIZE)
        return -E2BIG;
    if (usercopy_from(&how, how_user, sizeof(how)) != 0)
        return -EFAULT;
    for (size_t at = sizeof(how); at < size; at += sizeof(beyond)) {
        size_t piece = MIN(size - at, sizeof(beyond));
        if (usercopy_from(beyond, UPTR_ADD(how_user, at), piece) != 0)
            return -EFAULT;
        if (!mem_is_zero(beyond, piece))
            return -E2BIG; /* a newer program asks for what we do not know */
    }
    if ((how.resolve & ~0x3fUL) || (how.flags >> 32) || (how.mode & ~07777UL) ||
        (how.mode != 0 && !(how.flags & (O_CREAT | __O_TMPFILE))))
        return -EINVAL;
    if ((how.resolve & RESOLVE_BENEATH) && (how.resolve & RESOLVE_IN_ROOT))
        return -EINVAL;
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
    for (u32 fd = first; fd <= last && fd < files->capacity; fd++) {
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

static long set_status_flags(struct file *file, u64 wanted)
{
    file->flags = (file->flags & ~STATUS_FLAGS) | (wanted & STATUS_FLAGS);
    return 0;
}

static long fcntl_file(struct file *file, unsigned command, u64 argument)
{
    switch (command) {
    case F_GETFL:
        return file->flags;
    case F_SETFL:
        return set_status_flags(file, argument);
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
        if (argument >= descriptor_limit())
            return -EINVAL;
        return duplicate(fd, argument, command == F_DUPFD_CLOEXEC);
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

/* Requests that every file understands (man 2 ioctl); the rest goes to the file. */
long ioctl_generic(struct file *file, int fd, unsigned request, u64 argument)
{
    int value;
    switch (request) {
    case FIOCLEX:
    case FIONCLEX:
        return fdtable_set_close_on_exec(&process_current()->files, fd, request == FIOCLEX);
    case FIONBIO:
        if (usercopy_from(&value, UPTR(argument), sizeof(value)) != 0)
            return -EFAULT;
        return set_status_flags(file,
                                value ? file->flags | O_NONBLOCK : file->flags & ~(u32)O_NONBLOCK);
    default:
        return file->ops->ioctl ? file->ops->ioctl(file, request, argument) : -ENOTTY;
    }
}
