/* SPDX-License-Identifier: MIT */
/* What a file is: the stat family, links, access; and changing its mode, owner and times. */
#include <asm/errno.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <linux/time_types.h>

#include "arch/usercopy.h"
#include "fs/notify.h"
#include "fs/pipe/pipe.h"
#include "kernel/core/time.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"
#include "syscall/descriptor.h"
#include "syscall/names.h"
#include "syscall/table.h"

/* utimensat(2); the kernel's headers do not export them (include/linux/stat.h). */
#define UTIME_NOW  ((1L << 30) - 1)
#define UTIME_OMIT ((1L << 30) - 2)

/* f_flags of statfs (Linux include/linux/statfs.h, not exported): all mounts here are alike. */
#define ST_VALID    0x0020
#define ST_RELATIME 0x1000

/* Times are kept in nanoseconds: from 1678 to 2262. */
#define TIME_SECONDS_MAX (INT64_MAX / (s64)NS_PER_SECOND - 1)

#define STAT_FLAGS (AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH)

static long put_stat(uptr out, const struct stat *status)
{
    return usercopy_to(out, status, sizeof(*status)) ? -EFAULT : 0;
}

/* What statx tells beyond stat. */
struct more_status {
    bool has_birth;
    s64 birth; /* nanoseconds since 1970 */
    int mount; /* 0: none */
    bool is_mount_root;
};

static void fill_more(const struct inode *inode, const struct path *place, struct more_status *more)
{
    *more = (struct more_status){0};
    if (inode) {
        more->has_birth = inode->sb->magic == TMPFS_MAGIC;
        more->birth = inode->btime;
    }
    if (place->mount) {
        more->mount = place->mount->id;
        more->is_mount_root = place->dentry == place->mount->root;
    }
}

static void file_stat(struct file *file, struct stat *out)
{
    if (file->ops->stat) {
        memset(out, 0, sizeof(*out));
        file->ops->stat(file, out);
    } else {
        inode_stat(file->inode, out);
    }
}

/* `more` may be NULL. */
static long stat_descriptor(int fd, struct stat *out, struct more_status *more)
{
    struct file *file = descriptor_get_any(fd);
    if (!file)
        return -EBADF;
    file_stat(file, out);
    if (more)
        fill_more(file->inode, &(struct path){file->mount, file->dentry}, more);
    file_put(file);
    return 0;
}

static u32 walk_flags(int at_flags)
{
    return (at_flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) |
           (at_flags & AT_EMPTY_PATH ? WALK_EMPTY_OK : 0);
}

/* With AT_EMPTY_PATH and an empty name the descriptor itself is meant, even one without a name. */
static long is_descriptor_itself(int dirfd, uptr path, int flags, bool *out)
{
    char first;
    *out = false;
    if (!(flags & AT_EMPTY_PATH) || dirfd == AT_FDCWD)
        return 0;
    if (usercopy_from(&first, path, 1) != 0)
        return -EFAULT;
    *out = first == '\0';
    return 0;
}

static long stat_name(int dirfd, uptr path, int flags, struct stat *out, struct more_status *more)
{
    bool itself;
    struct path place;
    long error = is_descriptor_itself(dirfd, path, flags, &itself);
    if (error == 0 && itself)
        return stat_descriptor(dirfd, out, more);
    if (error == 0)
        error = names_walk(dirfd, path, walk_flags(flags), &place);
    if (error != 0)
        return error;
    inode_stat(place.dentry->inode, out);
    if (more)
        fill_more(place.dentry->inode, &place, more);
    path_put(&place);
    return 0;
}

long sys_newfstatat(int dirfd, uptr path, uptr status, int flags)
{
    struct stat out;
    if (flags & ~STAT_FLAGS)
        return -EINVAL;
    long error = stat_name(dirfd, path, flags, &out, NULL);
    return error != 0 ? error : put_stat(status, &out);
}

long sys_stat(uptr path, uptr status)
{
    return sys_newfstatat(AT_FDCWD, path, status, 0);
}

long sys_lstat(uptr path, uptr status)
{
    return sys_newfstatat(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}

long sys_fstat(int fd, uptr status)
{
    struct stat out;
    long error = stat_descriptor(fd, &out, NULL);
    return error != 0 ? error : put_stat(status, &out);
}

static u32 major_of(u64 device)
{
    return (device >> 8 & 0xfff) | (u32)(device >> 32 & ~0xfffUL);
}

static u32 minor_of(u64 device)
{
    return (device & 0xff) | (u32)(device >> 12 & ~0xffUL);
}

static void fill_statx(struct statx *out, const struct stat *from)
{
    *out = (struct statx){
        .stx_mask = STATX_BASIC_STATS,
        .stx_blksize = from->st_blksize,
        .stx_nlink = from->st_nlink,
        .stx_uid = from->st_uid,
        .stx_gid = from->st_gid,
        .stx_mode = from->st_mode,
        .stx_ino = from->st_ino,
        .stx_size = from->st_size,
        .stx_blocks = from->st_blocks,
        .stx_atime = {from->st_atime, from->st_atime_nsec, 0},
        .stx_mtime = {from->st_mtime, from->st_mtime_nsec, 0},
        .stx_ctime = {from->st_ctime, from->st_ctime_nsec, 0},
        .stx_rdev_major = major_of(from->st_rdev),
        .stx_rdev_minor = minor_of(from->st_rdev),
        .stx_dev_major = major_of(from->st_dev),
        .stx_dev_minor = minor_of(from->st_dev),
    };
}

static void fill_statx_more(struct statx *out, const struct more_status *more, u32 mask)
{
    const s64 second = NS_PER_SECOND;
    out->stx_attributes_mask = STATX_ATTR_MOUNT_ROOT;
    if (more->has_birth && (mask & STATX_BTIME)) { /* as Linux: the rest comes unasked */
        out->stx_mask |= STATX_BTIME;
        out->stx_btime.tv_sec = more->birth / second;
        out->stx_btime.tv_nsec = more->birth % second;
    }
    if (more->mount != 0) {
        out->stx_mask |= STATX_MNT_ID;
        out->stx_mnt_id = more->mount;
        out->stx_attributes = more->is_mount_root ? STATX_ATTR_MOUNT_ROOT : 0;
    }
}

long sys_statx(int dirfd, uptr path, int flags, unsigned mask, uptr buffer)
{
    struct stat status;
    struct more_status more;
    struct statx out;
    if ((flags & ~(STAT_FLAGS | AT_STATX_SYNC_TYPE)) || (mask & STATX__RESERVED) ||
        (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
        return -EINVAL;
    long error = stat_name(dirfd, path, flags & STAT_FLAGS, &status, &more);
    if (error != 0)
        return error;
    fill_statx(&out, &status);
    fill_statx_more(&out, &more, mask);
    return usercopy_to(buffer, &out, sizeof(out)) ? -EFAULT : 0;
}

/* ---- File systems -----------------------------------------------------------------------------*/

static long put_statfs(const struct superblock *sb, uptr buffer)
{
    struct statfs out = {.f_type = sb->magic,
                         .f_bsize = PAGE_SIZE,
                         .f_frsize = PAGE_SIZE,
                         .f_namelen = NAME_LENGTH_MAX,
                         .f_fsid = {{(int)sb->device, 0}},
                         .f_flags = ST_VALID | (sb->root ? ST_RELATIME : 0)};
    if (sb->statfs)
        sb->statfs((struct superblock *)sb, &out);
    return usercopy_to(buffer, &out, sizeof(out)) ? -EFAULT : 0;
}

long sys_statfs(uptr path, uptr buffer)
{
    struct path place;
    long error = names_walk(AT_FDCWD, path, WALK_FOLLOW, &place);
    if (error != 0)
        return error;
    error = put_statfs(place.mount->sb, buffer);
    path_put(&place);
    return error;
}

long sys_fstatfs(int fd, uptr buffer)
{
    static const struct superblock nameless = {.magic = ANON_INODE_FS_MAGIC};
    static const struct superblock pipes = {.magic = PIPEFS_MAGIC};
    struct file *file = descriptor_get_any(fd);
    if (!file)
        return -EBADF;
    const struct superblock *sb = file->mount     ? file->mount->sb
                                  : file->inode   ? file->inode->sb
                                  : pipe_of(file) ? &pipes
                                                  : &nameless;
    long error = put_statfs(sb, buffer);
    file_put(file);
    return error;
}

/* ---- Links and access -------------------------------------------------------------------------*/

static long read_link(struct inode *inode, uptr buffer, int size)
{
    if (!inode_is(inode, S_IFLNK))
        return -EINVAL;
    char *text = kmalloc(PATH_MAX);
    if (!text)
        return -ENOMEM;
    long length = inode->ops->readlink(inode, text, PATH_MAX);
    if (length > 0) {
        length = MIN(length, (long)size);
        if (usercopy_to(buffer, text, length) != 0)
            length = -EFAULT;
    }
    kfree(text);
    return length;
}

long sys_readlinkat(int dirfd, uptr path, uptr buffer, int size)
{
    struct path place;
    if (size <= 0)
        return -EINVAL;
    long result = names_walk(dirfd, path, dirfd == AT_FDCWD ? 0 : WALK_EMPTY_OK, &place);
    if (result != 0)
        return result;
    result = read_link(place.dentry->inode, buffer, size);
    path_put(&place);
    char first = 1;
    if (result == -EINVAL && usercopy_from(&first, path, 1) == 0 && first == '\0')
        result = -ENOENT; /* an empty name stands for a link only */
    return result;
}

long sys_readlink(uptr path, uptr buffer, int size)
{
    return sys_readlinkat(AT_FDCWD, path, buffer, size);
}

/* Root may do all but run what nobody may run (man 7 capabilities, CAP_DAC_OVERRIDE). */
static long check_access(const struct inode *inode, int mode)
{
    bool runnable = inode_is(inode, S_IFDIR) || (inode->mode & 0111);
    return (mode & 1) && !runnable ? -EACCES : 0;
}

/* What has no inode cannot be run either. */
static long descriptor_access(int fd, int mode)
{
    struct file *file = descriptor_get_any(fd);
    if (!file)
        return -EBADF;
    long error = file->inode ? check_access(file->inode, mode) : mode & 1 ? -EACCES : 0;
    file_put(file);
    return error;
}

long sys_faccessat2(int dirfd, uptr path, int mode, int flags)
{
    struct path place;
    if ((mode & ~7) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
        return -EINVAL;
    bool itself;
    long error = is_descriptor_itself(dirfd, path, flags, &itself);
    if (error == 0 && itself)
        return descriptor_access(dirfd, mode);
    if (error == 0)
        error = names_walk(dirfd, path, walk_flags(flags & ~AT_EACCESS), &place);
    if (error != 0)
        return error;
    error = check_access(place.dentry->inode, mode);
    path_put(&place);
    return error;
}

long sys_faccessat(int dirfd, uptr path, int mode)
{
    return sys_faccessat2(dirfd, path, mode, 0);
}

long sys_access(uptr path, int mode)
{
    return sys_faccessat(AT_FDCWD, path, mode);
}

/* ---- Changing what an inode says of itself ----------------------------------------------------*/

struct change {
    enum { CHANGE_MODE, CHANGE_OWNER, CHANGE_TIMES } kind;
    u32 mode;
    u32 uid, gid; /* ~0: as it is */
    bool set_atime, set_mtime;
    s64 atime, mtime;
};

/* One of the times alone was read or written time; everything else is an attribute. */
static u32 event_of(const struct change *change)
{
    if (change->kind != CHANGE_TIMES || (change->set_atime && change->set_mtime))
        return IN_ATTRIB;
    return change->set_atime ? IN_ACCESS : IN_MODIFY;
}

static void apply(struct inode *inode, const struct change *change)
{
    mutex_lock(&inode->lock);
    if (change->kind == CHANGE_MODE)
        inode->mode = (inode->mode & S_IFMT) | (change->mode & 07777);
    if (change->kind == CHANGE_OWNER) {
        inode->uid = change->uid == ~0u ? inode->uid : change->uid;
        inode->gid = change->gid == ~0u ? inode->gid : change->gid;
        if (inode_is(inode, S_IFREG) && (inode->mode & 0111))
            inode->mode &= ~(u32)(S_ISUID | (inode->mode & 010 ? S_ISGID : 0));
    }
    if (change->kind == CHANGE_TIMES) {
        inode->atime = change->set_atime ? change->atime : inode->atime;
        inode->mtime = change->set_mtime ? change->mtime : inode->mtime;
    }
    inode_touch_meta(inode);
    mutex_unlock(&inode->lock);
}

static long apply_to_descriptor(int fd, const struct change *change, bool path_ok)
{
    struct file *file = path_ok ? descriptor_get_any(fd) : descriptor_get(fd);
    if (!file)
        return -EBADF;
    if (file->inode)
        apply(file->inode, change);
    if (file->dentry)
        notify_dentry(file->dentry, event_of(change));
    file_put(file);
    return 0;
}

static long apply_to_name(int dirfd, uptr path, int flags, const struct change *change)
{
    bool itself;
    struct path place;
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    long error = is_descriptor_itself(dirfd, path, flags, &itself);
    if (error == 0 && itself)
        return apply_to_descriptor(dirfd, change, true);
    if (error == 0)
        error = names_walk(dirfd, path, walk_flags(flags), &place);
    if (error != 0)
        return error;
    if (change->kind == CHANGE_MODE && inode_is(place.dentry->inode, S_IFLNK))
        error = -EOPNOTSUPP;
    else
        apply(place.dentry->inode, change);
    if (error == 0)
        notify_dentry(place.dentry, event_of(change));
    path_put(&place);
    return error;
}

long sys_fchmodat(int dirfd, uptr path, unsigned mode)
{
    return apply_to_name(dirfd, path, 0, &(struct change){.kind = CHANGE_MODE, .mode = mode});
}

long sys_chmod(uptr path, unsigned mode)
{
    return sys_fchmodat(AT_FDCWD, path, mode);
}

long sys_fchmod(int fd, unsigned mode)
{
    return apply_to_descriptor(fd, &(struct change){.kind = CHANGE_MODE, .mode = mode}, false);
}

long sys_fchownat(int dirfd, uptr path, unsigned uid, unsigned gid, int flags)
{
    return apply_to_name(dirfd, path, flags,
                         &(struct change){.kind = CHANGE_OWNER, .uid = uid, .gid = gid});
}

long sys_chown(uptr path, unsigned uid, unsigned gid)
{
    return sys_fchownat(AT_FDCWD, path, uid, gid, 0);
}

long sys_lchown(uptr path, unsigned uid, unsigned gid)
{
    return sys_fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(int fd, unsigned uid, unsigned gid)
{
    return apply_to_descriptor(fd, &(struct change){.kind = CHANGE_OWNER, .uid = uid, .gid = gid},
                               false);
}

static long decode_time(const struct __kernel_timespec *time, u64 now, bool *set, s64 *out)
{
    *set = time->tv_nsec != UTIME_OMIT;
    *out = now;
    if (time->tv_nsec == UTIME_OMIT || time->tv_nsec == UTIME_NOW)
        return 0;
    if (time->tv_nsec < 0 || (u64)time->tv_nsec >= NS_PER_SECOND)
        return -EINVAL;
    s64 seconds = MAX(MIN(time->tv_sec, TIME_SECONDS_MAX), -TIME_SECONDS_MAX);
    *out = seconds * (s64)NS_PER_SECOND + time->tv_nsec;
    return 0;
}

static long set_times(int dirfd, uptr path, const struct __kernel_timespec *times, int flags)
{
    u64 now = time_real_ns();
    struct change change = {
        .kind = CHANGE_TIMES, .set_atime = true, .set_mtime = true, .atime = now, .mtime = now};
    if (times) {
        long error = decode_time(&times[0], now, &change.set_atime, &change.atime);
        if (error == 0)
            error = decode_time(&times[1], now, &change.set_mtime, &change.mtime);
        if (error != 0)
            return error;
        if (!change.set_atime && !change.set_mtime)
            return 0;
    }
    if (path.addr == 0 && dirfd != AT_FDCWD)
        return flags ? -EINVAL : apply_to_descriptor(dirfd, &change, false);
    return apply_to_name(dirfd, path, flags, &change);
}

long sys_utimensat(int dirfd, uptr path, uptr times, int flags)
{
    struct __kernel_timespec both[2];
    if (times.addr != 0 && usercopy_from(both, times, sizeof(both)) != 0)
        return -EFAULT;
    return set_times(dirfd, path, times.addr ? both : NULL, flags);
}

/* The older calls with microseconds or seconds. */
long sys_futimesat(int dirfd, uptr path, uptr times)
{
    struct timeval old[2];
    if (times.addr == 0)
        return set_times(dirfd, path, NULL, 0);
    if (usercopy_from(old, times, sizeof(old)) != 0)
        return -EFAULT;
    struct __kernel_timespec both[2];
    for (int i = 0; i < 2; i++) {
        if (old[i].tv_usec < 0 || old[i].tv_usec >= 1000000)
            return -EINVAL;
        both[i] = (struct __kernel_timespec){old[i].tv_sec, old[i].tv_usec * 1000};
    }
    return set_times(dirfd, path, both, 0);
}

long sys_utimes(uptr path, uptr times)
{
    return sys_futimesat(AT_FDCWD, path, times);
}

long sys_utime(uptr path, uptr times)
{
    s64 old[2];
    if (times.addr == 0)
        return set_times(AT_FDCWD, path, NULL, 0);
    if (usercopy_from(old, times, sizeof(old)) != 0)
        return -EFAULT;
    struct __kernel_timespec both[2] = {{old[0], 0}, {old[1], 0}};
    return set_times(AT_FDCWD, path, both, 0);
}

long sys_umask(unsigned mask)
{
    return __atomic_exchange_n(&process_current()->umask, mask & 0777, __ATOMIC_RELAXED);
}
