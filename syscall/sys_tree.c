/* SPDX-License-Identifier: MIT */
/* Making, removing, renaming and listing names; the working directory and the root. */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/fs.h>

#include "arch/usercopy.h"
#include "fs/change.h"
#include "fs/notify.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"
#include "syscall/descriptor.h"
#include "syscall/names.h"
#include "syscall/table.h"

static long create(int dirfd, uptr path, u32 mode, u64 device)
{
    struct names_parent parent;
    long error = names_walk_parent(dirfd, path, &parent);
    if (error != 0)
        return error;
    mode = (mode & S_IFMT) |
           (mode & 07777 & ~__atomic_load_n(&process_current()->umask, __ATOMIC_RELAXED));
    error = fs_create(&parent.path, &parent.last, mode, device, NULL);
    names_parent_end(&parent);
    return error;
}

long sys_mkdirat(int dirfd, uptr path, unsigned mode)
{
    return create(dirfd, path, S_IFDIR | (mode & 01777), 0);
}

long sys_mkdir(uptr path, unsigned mode)
{
    return sys_mkdirat(AT_FDCWD, path, mode);
}

long sys_mknodat(int dirfd, uptr path, unsigned mode, u64 device)
{
    switch (mode & S_IFMT) {
    case 0:
        mode |= S_IFREG; /* fallthrough */
    case S_IFREG:
    case S_IFIFO:
    case S_IFSOCK:
        return create(dirfd, path, mode, 0);
    case S_IFCHR:
    case S_IFBLK:
        return create(dirfd, path, mode, device);
    default:
        return (mode & S_IFMT) == S_IFDIR ? -EPERM : -EINVAL;
    }
}

long sys_mknod(uptr path, unsigned mode, u64 device)
{
    return sys_mknodat(AT_FDCWD, path, mode, device);
}

long sys_symlinkat(uptr target, int dirfd, uptr path)
{
    struct name *text;
    struct names_parent parent;
    long error = name_get(target, &text);
    if (error != 0)
        return error;
    error = text->text[0] == '\0' ? -ENOENT : names_walk_parent(dirfd, path, &parent);
    if (error == 0) {
        error = fs_symlink(&parent.path, &parent.last, text->text);
        names_parent_end(&parent);
    }
    name_free(text);
    return error;
}

long sys_symlink(uptr target, uptr path)
{
    return sys_symlinkat(target, AT_FDCWD, path);
}

long sys_linkat(int old_dirfd, uptr old, int dirfd, uptr path, int flags)
{
    struct path from;
    struct names_parent parent;
    if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    u32 walk =
        (flags & AT_SYMLINK_FOLLOW ? WALK_FOLLOW : 0) | (flags & AT_EMPTY_PATH ? WALK_EMPTY_OK : 0);
    long error = names_walk(old_dirfd, old, walk, &from);
    if (error != 0)
        return error;
    error = names_walk_parent(dirfd, path, &parent);
    if (error == 0) {
        error = fs_link(&from, &parent.path, &parent.last);
        names_parent_end(&parent);
    }
    path_put(&from);
    return error;
}

long sys_link(uptr old, uptr path)
{
    return sys_linkat(AT_FDCWD, old, AT_FDCWD, path, 0);
}

long sys_unlinkat(int dirfd, uptr path, int flags)
{
    struct names_parent parent;
    if (flags & ~AT_REMOVEDIR)
        return -EINVAL;
    long error = names_walk_parent(dirfd, path, &parent);
    if (error != 0)
        return error;
    error = fs_unlink(&parent.path, &parent.last, flags & AT_REMOVEDIR);
    names_parent_end(&parent);
    return error;
}

long sys_unlink(uptr path)
{
    return sys_unlinkat(AT_FDCWD, path, 0);
}

long sys_rmdir(uptr path)
{
    return sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

long sys_renameat2(int old_dirfd, uptr old, int dirfd, uptr path, unsigned flags)
{
    struct names_parent from, to;
    if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) ||
        flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
        return -EINVAL;
    long error = names_walk_parent(old_dirfd, old, &from);
    if (error != 0)
        return error;
    error = names_walk_parent(dirfd, path, &to);
    if (error == 0) {
        error = fs_rename(&from.path, &from.last, &to.path, &to.last, flags);
        names_parent_end(&to);
    }
    names_parent_end(&from);
    return error;
}

long sys_renameat(int old_dirfd, uptr old, int dirfd, uptr path)
{
    return sys_renameat2(old_dirfd, old, dirfd, path, 0);
}

long sys_rename(uptr old, uptr path)
{
    return sys_renameat2(AT_FDCWD, old, AT_FDCWD, path, 0);
}

/* ---- Listing ----------------------------------------------------------------------------------*/

/* <linux/dirent.h> has only the kernel's name for it; the layout is getdents64(2)'s. */
struct dirent64 {
    u64 inode;
    s64 next_offset;
    u16 length;
    u8 type;
    char name[];
} PACKED;

struct listing {
    struct dir_context context;
    uptr buffer;
    size_t size, done;
    long error;
};

/* What an emit operation answers for an entry in the program's layout. */
static int put_entry(struct dir_context *context, const u8 *bytes, size_t size)
{
    struct listing *listing = container_of(context, struct listing, context);
    int error = listing->done + size > listing->size ? -EINVAL : 0;
    if (error == 0 && usercopy_to(UPTR_ADD(listing->buffer, listing->done), bytes, size) != 0)
        error = -EFAULT;
    if (error != 0) {
        listing->error = listing->done ? 0 : error;
        return -1;
    }
    listing->done += size;
    return 0;
}

static int emit_entry(struct dir_context *context, const char *name, size_t length, u64 inode,
                      u8 type, u64 next_offset)
{
    union {
        struct dirent64 head;
        u8 bytes[sizeof(struct dirent64) + NAME_LENGTH_MAX + 8 + 8];
    } entry;
    size_t size = ALIGN_UP(offsetof(struct dirent64, name) + length + 1, 8);
    memset(entry.bytes + size - 8, 0, 8); /* the name's end and what pads it */
    entry.head.inode = inode;
    entry.head.next_offset = next_offset;
    entry.head.length = size;
    entry.head.type = type;
    memcpy(entry.head.name, name, length);
    return put_entry(context, entry.bytes, size);
}

/* The older layout: the type is the last byte (man 2 getdents; the headers do not have it). */
struct dirent_old {
    u64 inode;
    u64 next_offset;
    u16 length;
    char name[];
} PACKED;

static int emit_old_entry(struct dir_context *context, const char *name, size_t length, u64 inode,
                          u8 type, u64 next_offset)
{
    union {
        struct dirent_old head;
        u8 bytes[sizeof(struct dirent_old) + NAME_LENGTH_MAX + 8 + 8];
    } entry;
    size_t size = ALIGN_UP(offsetof(struct dirent_old, name) + length + 2, 8);
    memset(entry.bytes + size - 8, 0, 8);
    entry.head = (struct dirent_old){inode, next_offset, size};
    memcpy(entry.head.name, name, length);
    entry.bytes[size - 1] = type;
    return put_entry(context, entry.bytes, size);
}

static long list(int fd, struct listing listing)
{
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    long error = -ENOTDIR;
    if (file->ops->readdir) {
        mutex_lock(&file->position_lock);
        bool gone = file->dentry != file->mount->root && !file->dentry->hashed;
        error = gone ? -ENOENT : file->ops->readdir(file, &listing.context, &file->position);
        mutex_unlock(&file->position_lock);
        if (!gone)
            notify_file(file, IN_ACCESS);
    }
    file_put(file);
    if (error < 0)
        return error;
    return listing.error != 0 ? listing.error : (long)listing.done;
}

long sys_getdents64(int fd, uptr buffer, unsigned size)
{
    return list(fd, (struct listing){{emit_entry}, buffer, size, 0, 0});
}

long sys_getdents(int fd, uptr buffer, unsigned size)
{
    return list(fd, (struct listing){{emit_old_entry}, buffer, size, 0, 0});
}

/* ---- Where the process stands -----------------------------------------------------------------*/

static long change_place(uptr path, void (*set)(struct process_place *, const struct path *))
{
    struct path place;
    long error = names_walk(AT_FDCWD, path, WALK_FOLLOW | WALK_DIRECTORY, &place);
    if (error == 0)
        set(&process_current()->place, &place);
    return error;
}

long sys_chdir(uptr path)
{
    return change_place(path, place_set_cwd);
}

long sys_chroot(uptr path)
{
    return change_place(path, place_set_root);
}

long sys_fchdir(int fd)
{
    struct file *file = descriptor_get_any(fd);
    if (!file)
        return -EBADF;
    long error = -ENOTDIR;
    if (file->dentry && inode_is(file->inode, S_IFDIR)) {
        struct path place = {file->mount, file->dentry};
        path_get(&place);
        place_set_cwd(&process_current()->place, &place);
        error = 0;
    }
    file_put(file);
    return error;
}

/* As Linux marks names that do not begin at the root; NULL: no room. */
static char *prepend_unreachable(const char *buffer, char *name)
{
    static const char mark[] = "(unreachable)";
    size_t length = sizeof(mark) - 1;
    if (!name || (size_t)(name - buffer) < length)
        return NULL;
    return memcpy(name - length, mark, length);
}

static long get_name(const struct path_context *place, uptr buffer, size_t size)
{
    if (place->cwd.dentry != place->cwd.mount->root && !place->cwd.dentry->hashed)
        return -ENOENT;
    char *text = kmalloc(PATH_MAX);
    if (!text)
        return -ENOMEM;
    char *name = path_name(&place->cwd, &place->root, text, PATH_MAX);
    if (!path_is_below(&place->cwd, &place->root))
        name = prepend_unreachable(text, name);
    long length = name ? (long)(text + PATH_MAX - name) : -ENAMETOOLONG;
    if (length > 0 && (size_t)length > size)
        length = -ERANGE;
    if (length > 0 && usercopy_to(buffer, name, length) != 0)
        length = -EFAULT;
    kfree(text);
    return length;
}

long sys_getcwd(uptr buffer, size_t size)
{
    struct path_context place;
    place_get(&process_current()->place, &place);
    long length = get_name(&place, buffer, size);
    place_put(&place);
    return length;
}
