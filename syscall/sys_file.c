/* SPDX-License-Identifier: MIT */
/*
 * Calls on descriptors and on names. There is no file system yet: the names that exist are those of
 * the program itself, and every other one answers ENOENT.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/stat.h>
#include <linux/uio.h>

#include "arch/usercopy.h"
#include "kernel/lib/string.h"
#include "kernel/proc/process.h"
#include "mm/heap.h"
#include "syscall/table.h"

/* No single transfer is longer, as on Linux (MAX_RW_COUNT). */
#define TRANSFER_MAX 0x7ffff000UL
#define VECTORS_MAX  1024 /* UIO_MAXIOV */

#define STATUS_FLAGS (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | FASYNC)

static struct file *file_of(int fd)
{
    return fdtable_get(&process_current()->files, fd);
}

static u64 open_files_limit(void)
{
    return process_current()->limits[RLIMIT_NOFILE].rlim_cur;
}

static long file_read(struct file *file, uptr buffer, size_t count)
{
    if (!user_range_ok(buffer, count))
        return -EFAULT;
    long result =
        file->ops->read ? file->ops->read(file, buffer, MIN(count, TRANSFER_MAX)) : -EINVAL;
    return result == -EINTR ? -ERESTARTSYS : result;
}

static long file_write(struct file *file, uptr buffer, size_t count)
{
    if (!user_range_ok(buffer, count))
        return -EFAULT;
    long result =
        file->ops->write ? file->ops->write(file, buffer, MIN(count, TRANSFER_MAX)) : -EINVAL;
    return result == -EINTR ? -ERESTARTSYS : result;
}

typedef long (*transfer)(struct file *file, uptr buffer, size_t count);

static long transfer_one(int fd, uptr buffer, size_t count, transfer move)
{
    struct file *file = file_of(fd);
    if (!file)
        return -EBADF;
    long result = move(file, buffer, count);
    file_put(file);
    return result;
}

long sys_read(int fd, uptr buffer, size_t count)
{
    return transfer_one(fd, buffer, count, file_read);
}

long sys_write(int fd, uptr buffer, size_t count)
{
    return transfer_one(fd, buffer, count, file_write);
}

/* Copy in and check the vectors. They are the caller's to free. */
static long vectors_get(uptr user, size_t count, struct iovec **out)
{
    if (count > VECTORS_MAX)
        return -EINVAL;
    struct iovec *vectors = kmalloc(MAX(count, 1UL) * sizeof(*vectors));
    if (!vectors)
        return -ENOMEM;
    long error = usercopy_from(vectors, user, count * sizeof(*vectors)) ? -EFAULT : 0;
    for (size_t i = 0; i < count && error == 0; i++)
        if ((s64)vectors[i].iov_len < 0)
            error = -EINVAL;
    for (size_t i = 0; i < count && error == 0; i++)
        if (!user_range_ok(UPTR(vectors[i].iov_base), vectors[i].iov_len))
            error = -EFAULT;
    if (error != 0)
        kfree(vectors);
    *out = vectors;
    return error;
}

static long transfer_vectors(struct file *file, const struct iovec *vectors, size_t count,
                             transfer move)
{
    long done = 0;
    for (size_t i = 0; i < count; i++) {
        if (vectors[i].iov_len == 0)
            continue;
        size_t length = MIN(vectors[i].iov_len, TRANSFER_MAX - (u64)done);
        long result = move(file, UPTR(vectors[i].iov_base), length);
        if (result < 0)
            return done ? done : result;
        done += result;
        if ((size_t)result < vectors[i].iov_len)
            break;
    }
    return done;
}

static long transfer_many(int fd, uptr user, size_t count, transfer move)
{
    struct file *file = file_of(fd);
    if (!file)
        return -EBADF;
    struct iovec *vectors;
    long result = vectors_get(user, count, &vectors);
    if (result == 0) {
        result = transfer_vectors(file, vectors, count, move);
        kfree(vectors);
    }
    file_put(file);
    return result;
}

long sys_readv(int fd, uptr vectors, size_t count)
{
    return transfer_many(fd, vectors, count, file_read);
}

long sys_writev(int fd, uptr vectors, size_t count)
{
    return transfer_many(fd, vectors, count, file_write);
}

/* The console has no position. */
static long no_position(int fd)
{
    struct file *file = file_of(fd);
    if (!file)
        return -EBADF;
    file_put(file);
    return -ESPIPE;
}

long sys_lseek(int fd, s64 offset, unsigned whence)
{
    (void)offset;
    long error = no_position(fd);
    return error != -EBADF && whence > SEEK_MAX ? -EINVAL : error;
}

long sys_pread64(int fd, uptr buffer, size_t count, s64 offset)
{
    (void)buffer;
    (void)count;
    return offset < 0 ? -EINVAL : no_position(fd);
}

long sys_pwrite64(int fd, uptr buffer, size_t count, s64 offset)
{
    (void)buffer;
    (void)count;
    return offset < 0 ? -EINVAL : no_position(fd);
}

long sys_close(int fd)
{
    return fdtable_close(&process_current()->files, fd);
}

long sys_ioctl(int fd, unsigned request, u64 argument)
{
    struct file *file = file_of(fd);
    if (!file)
        return -EBADF;
    long result = file->ops->ioctl ? file->ops->ioctl(file, request, argument) : -ENOTTY;
    file_put(file);
    return result;
}

static long stat_put(uptr out, const struct stat *status)
{
    return usercopy_to(out, status, sizeof(*status)) ? -EFAULT : 0;
}

static long stat_file(int fd, uptr out)
{
    struct file *file = file_of(fd);
    if (!file)
        return -EBADF;
    struct stat status;
    memset(&status, 0, sizeof(status));
    file->ops->stat(file, &status);
    file_put(file);
    return stat_put(out, &status);
}

long sys_fstat(int fd, uptr status)
{
    return stat_file(fd, status);
}

/* ---- Names ------------------------------------------------------------------------------------*/

struct name {
    char text[PATH_MAX];
};

/* Copy in a name; the caller frees it. */
static long name_get(uptr user, struct name **out)
{
    struct name *name = kmalloc(sizeof(*name));
    if (!name)
        return -ENOMEM;
    long length = usercopy_string(name->text, user, sizeof(name->text));
    if (length < 0) {
        kfree(name);
        return length;
    }
    *out = name;
    return 0;
}

enum place { PLACE_NOWHERE, PLACE_PROGRAM, PLACE_PROGRAM_LINK, PLACE_ROOT };

static enum place look_up(const char *path)
{
    if (strcmp(path, "/") == 0 || strcmp(path, ".") == 0)
        return PLACE_ROOT;
    if (strcmp(path, "/proc/self/exe") == 0)
        return PLACE_PROGRAM_LINK;
    return strcmp(path, process_current()->path) == 0 ? PLACE_PROGRAM : PLACE_NOWHERE;
}

/* What a relative name begins at has to be open, and be a directory: none of ours is. */
static long check_start(int dirfd, const char *path)
{
    if (path[0] == '\0')
        return -ENOENT;
    if (path[0] == '/' || dirfd == AT_FDCWD)
        return 0;
    struct file *file = file_of(dirfd);
    if (!file)
        return -EBADF;
    file_put(file);
    return -ENOTDIR;
}

static long place_of(int dirfd, uptr path, enum place *place)
{
    struct name *name;
    long error = name_get(path, &name);
    if (error != 0)
        return error;
    error = check_start(dirfd, name->text);
    *place = look_up(name->text);
    kfree(name);
    return error == 0 && *place == PLACE_NOWHERE ? -ENOENT : error;
}

static void stat_place(enum place place, bool follow, struct stat *status)
{
    memset(status, 0, sizeof(*status));
    status->st_nlink = 1;
    status->st_blksize = PAGE_SIZE;
    status->st_ino = place + 1;
    status->st_mode = place == PLACE_ROOT                      ? S_IFDIR | 0755
                      : place == PLACE_PROGRAM_LINK && !follow ? S_IFLNK | 0777
                                                               : S_IFREG | 0755;
}

static long stat_put_place(enum place place, bool follow, uptr out)
{
    struct stat status;
    stat_place(place, follow, &status);
    return stat_put(out, &status);
}

static long stat_name(int dirfd, uptr path, uptr out, bool follow)
{
    enum place place;
    long error = place_of(dirfd, path, &place);
    return error != 0 ? error : stat_put_place(place, follow, out);
}

long sys_stat(uptr path, uptr status)
{
    return stat_name(AT_FDCWD, path, status, true);
}

long sys_lstat(uptr path, uptr status)
{
    return stat_name(AT_FDCWD, path, status, false);
}

long sys_newfstatat(int dirfd, uptr path, uptr status, int flags)
{
    char first;
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
        return -EINVAL;
    if (flags & AT_EMPTY_PATH) {
        if (usercopy_from(&first, path, 1) != 0)
            return -EFAULT;
        if (first == '\0')
            return dirfd == AT_FDCWD ? stat_put_place(PLACE_ROOT, true, status)
                                     : stat_file(dirfd, status);
    }
    return stat_name(dirfd, path, status, !(flags & AT_SYMLINK_NOFOLLOW));
}

long sys_faccessat(int dirfd, uptr path, int mode)
{
    enum place place;
    return mode & ~7 ? -EINVAL : place_of(dirfd, path, &place);
}

long sys_access(uptr path, int mode)
{
    return sys_faccessat(AT_FDCWD, path, mode);
}

long sys_openat(int dirfd, uptr path, int flags, unsigned mode)
{
    enum place place;
    (void)mode;
    long error = place_of(dirfd, path, &place);
    if (error == -ENOENT && (flags & O_CREAT))
        return -EROFS;
    if (error == 0 && place == PLACE_ROOT && (flags & O_ACCMODE) != O_RDONLY)
        return -EISDIR;
    return error != 0 ? error : -EACCES; /* nothing can be read yet */
}

long sys_open(uptr path, int flags, unsigned mode)
{
    return sys_openat(AT_FDCWD, path, flags, mode);
}

long sys_readlinkat(int dirfd, uptr path, uptr buffer, int size)
{
    enum place place;
    if (size <= 0)
        return -EINVAL;
    long error = place_of(dirfd, path, &place);
    if (error != 0)
        return error;
    if (place != PLACE_PROGRAM_LINK)
        return -EINVAL;
    const char *target = process_current()->path;
    size_t length = MIN(strlen(target), (size_t)size);
    return usercopy_to(buffer, target, length) ? -EFAULT : (long)length;
}

long sys_readlink(uptr path, uptr buffer, int size)
{
    return sys_readlinkat(AT_FDCWD, path, buffer, size);
}

long sys_getcwd(uptr buffer, size_t size)
{
    static const char root[] = "/";
    if (size < sizeof(root))
        return -ERANGE;
    return usercopy_to(buffer, root, sizeof(root)) ? -EFAULT : (long)sizeof(root);
}

long sys_umask(unsigned mask)
{
    return __atomic_exchange_n(&process_current()->umask, mask & 0777, __ATOMIC_RELAXED);
}

/* ---- Duplicates and flags ---------------------------------------------------------------------*/

static long duplicate(int fd, int lowest, bool close_on_exec)
{
    struct file *file = file_of(fd);
    if (!file)
        return -EBADF;
    long result =
        fdtable_install(&process_current()->files, file, lowest, open_files_limit(), close_on_exec);
    if (result < 0)
        file_put(file);
    return result;
}

static long duplicate_to(int fd, int new_fd, bool close_on_exec)
{
    if (new_fd < 0 || (u64)new_fd >= open_files_limit())
        return -EBADF;
    struct file *file = file_of(fd);
    if (!file)
        return -EBADF;
    long error =
        fdtable_replace(&process_current()->files, file, new_fd, open_files_limit(), close_on_exec);
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
    struct file *file = file_of(fd);
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

static long fcntl_duplicate(int fd, u64 lowest, bool close_on_exec)
{
    if (lowest >= open_files_limit())
        return -EINVAL;
    return duplicate(fd, lowest, close_on_exec);
}

static long fcntl_status_flags(int fd, bool set, u64 argument)
{
    struct file *file = file_of(fd);
    if (!file)
        return -EBADF;
    long result = file->flags;
    if (set) {
        file->flags = (file->flags & ~STATUS_FLAGS) | (argument & STATUS_FLAGS);
        result = 0;
    }
    file_put(file);
    return result;
}

long sys_fcntl(int fd, unsigned command, u64 argument)
{
    struct fdtable *files = &process_current()->files;
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return fcntl_duplicate(fd, argument, command == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return fdtable_get_close_on_exec(files, fd);
    case F_SETFD:
        return fdtable_set_close_on_exec(files, fd, argument & FD_CLOEXEC);
    case F_GETFL:
    case F_SETFL:
        return fcntl_status_flags(fd, command == F_SETFL, argument);
    default:
        return fdtable_get_close_on_exec(files, fd) < 0 ? -EBADF : -EINVAL;
    }
}
