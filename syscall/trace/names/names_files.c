/* SPDX-License-Identifier: MIT */
/* Names of numbers for the trace, by names.h: files, directories, what is known of them, and locks. */
#include "syscall/trace/names/names.h"

#include <asm/fcntl.h>
#include <linux/close_range.h>
#include <linux/fadvise.h>
#include <linux/falloc.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/openat2.h>

/* <linux/stat.h> leaves S_IFMT and its like to the C library where it sees one, and sparse makes it
 * see one. */
#undef __GLIBC__
#include <linux/stat.h>
#include <linux/xattr.h>

#include "kernel/abi/event_files.h"

/* access(2)'s modes are in no kernel header: POSIX <unistd.h>. */
#define F_OK 0
#define X_OK 1
#define W_OK 2
#define R_OK 4

/* Linux's include/linux/statfs.h: statfs(2). */
#define ST_RDONLY      0x0001
#define ST_NOSUID      0x0002
#define ST_NODEV       0x0004
#define ST_NOEXEC      0x0008
#define ST_SYNCHRONOUS 0x0010
#define ST_VALID       0x0020
#define ST_MANDLOCK    0x0040
#define ST_NOATIME     0x0400
#define ST_NODIRATIME  0x0800
#define ST_RELATIME    0x1000
#define ST_NOSYMFOLLOW 0x2000

/* To sparse, flags of preadv2 are a type of their own. */
#define __kernel_rwf_t int

/* It does not know what a list of N(...) is. */
/* clang-format off */

#define ACCESS_MODES(N) N(F_OK) N(R_OK) N(W_OK) N(X_OK)
NAMES(trace_access_modes, "?_OK", ACCESS_MODES);

#define AT_FLAGS(N) \
    N(AT_SYMLINK_NOFOLLOW) N(AT_REMOVEDIR) N(AT_SYMLINK_FOLLOW) N(AT_NO_AUTOMOUNT) \
    N(AT_EMPTY_PATH) N(AT_RECURSIVE)
NAMES(trace_at_flags, "AT_???", AT_FLAGS);

#define CLOSE_RANGE_FLAGS(N) N(CLOSE_RANGE_UNSHARE) N(CLOSE_RANGE_CLOEXEC)
NAMES(trace_close_range_flags, "CLOSE_RANGE_???", CLOSE_RANGE_FLAGS);

#define FACCESS_FLAGS(N) \
    N(AT_SYMLINK_NOFOLLOW) N(AT_EACCESS) N(AT_SYMLINK_FOLLOW) N(AT_NO_AUTOMOUNT) N(AT_EMPTY_PATH)
NAMES(trace_faccess_flags, "AT_???", FACCESS_FLAGS);

#define FADVICE(N) \
    N(POSIX_FADV_NORMAL) N(POSIX_FADV_RANDOM) N(POSIX_FADV_SEQUENTIAL) N(POSIX_FADV_WILLNEED) \
    N(POSIX_FADV_DONTNEED) N(POSIX_FADV_NOREUSE)
NAMES(trace_fadvice, "POSIX_FADV_???", FADVICE);

#define FALLOCATE_FLAGS(N) \
    N(FALLOC_FL_KEEP_SIZE) N(FALLOC_FL_PUNCH_HOLE) N(FALLOC_FL_NO_HIDE_STALE) \
    N(FALLOC_FL_COLLAPSE_RANGE) N(FALLOC_FL_ZERO_RANGE) N(FALLOC_FL_INSERT_RANGE) \
    N(FALLOC_FL_UNSHARE_RANGE)
NAMES(trace_fallocate_flags, "FALLOC_FL_???", FALLOCATE_FLAGS);

#define FCNTL_COMMANDS(N) \
    N(F_DUPFD) N(F_GETFD) N(F_SETFD) N(F_GETFL) N(F_SETFL) N(F_GETLK) N(F_SETLK) N(F_SETLKW) \
    N(F_SETOWN) N(F_GETOWN) N(F_SETSIG) N(F_GETSIG) N(F_SETOWN_EX) N(F_GETOWN_EX) N(F_OFD_GETLK) \
    N(F_OFD_SETLK) N(F_OFD_SETLKW) N(F_SETLEASE) N(F_GETLEASE) N(F_NOTIFY) N(F_DUPFD_CLOEXEC) \
    N(F_SETPIPE_SZ) N(F_GETPIPE_SZ) N(F_ADD_SEALS) N(F_GET_SEALS)
NAMES(trace_fcntl_commands, "F_???", FCNTL_COMMANDS);

#define FD_FLAGS(N) N(FD_CLOEXEC)
NAMES(trace_fd_flags, "FD_???", FD_FLAGS);

#define FILE_TYPES(N) N(S_IFREG) N(S_IFDIR) N(S_IFCHR) N(S_IFBLK) N(S_IFIFO) N(S_IFLNK) N(S_IFSOCK)
NAMES(trace_file_types, "S_IF???", FILE_TYPES);

#define FLOCK_OPERATIONS(N) \
    N(LOCK_SH) N(LOCK_EX) N(LOCK_NB) N(LOCK_UN) N(LOCK_MAND) N(LOCK_RW) N(LOCK_READ) N(LOCK_WRITE)
NAMES(trace_flock_operations, "LOCK_???", FLOCK_OPERATIONS);

#define LOCK_TYPES(N) N(F_RDLCK) N(F_WRLCK) N(F_UNLCK) N(F_EXLCK) N(F_SHLCK)
NAMES(trace_lock_types, "F_???", LOCK_TYPES);

#define MODE_BITS(N) N(S_ISUID) N(S_ISGID) N(S_ISVTX)
NAMES(trace_mode_bits, "", MODE_BITS);

#define MOUNT_FLAGS(N) \
    N(ST_VALID) N(ST_RDONLY) N(ST_NOSUID) N(ST_NODEV) N(ST_NOEXEC) N(ST_SYNCHRONOUS) \
    N(ST_MANDLOCK) N(ST_NOATIME) N(ST_NODIRATIME) N(ST_RELATIME) N(ST_NOSYMFOLLOW)
NAMES(trace_mount_flags, "ST_???", MOUNT_FLAGS);

#define NOTIFY_EVENTS(N) \
    N(DN_ACCESS) N(DN_MODIFY) N(DN_CREATE) N(DN_DELETE) N(DN_RENAME) N(DN_ATTRIB) N(DN_MULTISHOT)
NAMES(trace_notify_events, "DN_???", NOTIFY_EVENTS);

#define OPEN_FLAGS(N) \
    N(O_CREAT) N(O_EXCL) N(O_NOCTTY) N(O_TRUNC) N(O_APPEND) N(O_NONBLOCK) N(O_SYNC) N(O_DSYNC) \
    N(O_DIRECT) N(O_LARGEFILE) N(O_NOFOLLOW) N(O_NOATIME) N(O_CLOEXEC) N(O_PATH) N(O_TMPFILE) \
    N(O_DIRECTORY) N(FASYNC)
NAMES(trace_open_flags, "O_???", OPEN_FLAGS);

#define OPEN_MODES(N) N(O_RDONLY) N(O_WRONLY) N(O_RDWR) N(O_ACCMODE)
NAMES(trace_open_modes, "O_???", OPEN_MODES);

#define OWNERS(N) N(F_OWNER_TID) N(F_OWNER_PID) N(F_OWNER_PGRP)
NAMES(trace_owners, "F_OWNER_???", OWNERS);

#define RENAME_FLAGS(N) N(RENAME_NOREPLACE) N(RENAME_EXCHANGE) N(RENAME_WHITEOUT)
NAMES(trace_rename_flags, "RENAME_??", RENAME_FLAGS);

#define RESOLVE_FLAGS(N) \
    N(RESOLVE_NO_XDEV) N(RESOLVE_NO_MAGICLINKS) N(RESOLVE_NO_SYMLINKS) N(RESOLVE_BENEATH) \
    N(RESOLVE_IN_ROOT) N(RESOLVE_CACHED)
NAMES(trace_resolve_flags, "RESOLVE_???", RESOLVE_FLAGS);

#define RWF_FLAGS(N) N(RWF_HIPRI) N(RWF_DSYNC) N(RWF_SYNC) N(RWF_NOWAIT) N(RWF_APPEND)
NAMES(trace_rwf_flags, "RWF_???", RWF_FLAGS);

#define SPLICE_FLAGS(N) N(SPLICE_F_MOVE) N(SPLICE_F_NONBLOCK) N(SPLICE_F_MORE) N(SPLICE_F_GIFT)
NAMES(trace_splice_flags, "SPLICE_F_???", SPLICE_FLAGS);

#define STAT_ATTRIBUTES(N) \
    N(STATX_ATTR_COMPRESSED) N(STATX_ATTR_IMMUTABLE) N(STATX_ATTR_APPEND) N(STATX_ATTR_NODUMP) \
    N(STATX_ATTR_ENCRYPTED) N(STATX_ATTR_AUTOMOUNT) N(STATX_ATTR_MOUNT_ROOT) N(STATX_ATTR_VERITY) \
    N(STATX_ATTR_DAX)
NAMES(trace_stat_attributes, "STATX_ATTR_???", STAT_ATTRIBUTES);

#define STATFS_TYPES(N) \
    N(ANON_INODE_FS_MAGIC) N(BPF_FS_MAGIC) N(BTRFS_SUPER_MAGIC) N(CGROUP_SUPER_MAGIC) \
    N(CGROUP2_SUPER_MAGIC) N(DEBUGFS_MAGIC) N(DEVPTS_SUPER_MAGIC) N(EXT2_SUPER_MAGIC) \
    N(FUSE_SUPER_MAGIC) N(HUGETLBFS_MAGIC) N(ISOFS_SUPER_MAGIC) N(MSDOS_SUPER_MAGIC) \
    N(NFS_SUPER_MAGIC) N(NSFS_MAGIC) N(OVERLAYFS_SUPER_MAGIC) N(PIPEFS_MAGIC) N(PROC_SUPER_MAGIC) \
    N(RAMFS_MAGIC) N(SECURITYFS_MAGIC) N(SOCKFS_MAGIC) N(SQUASHFS_MAGIC) N(SYSFS_MAGIC) \
    N(TMPFS_MAGIC) N(TRACEFS_MAGIC) N(V9FS_MAGIC) N(XFS_SUPER_MAGIC)
NAMES(trace_statfs_types, "", STATFS_TYPES);

#define STATX_FLAGS(N) N(AT_STATX_FORCE_SYNC) N(AT_STATX_DONT_SYNC)
NAMES(trace_statx_flags, "", STATX_FLAGS);

#define STATX_MASKS(N) \
    N(STATX_ALL) N(STATX_BASIC_STATS) N(STATX_TYPE) N(STATX_MODE) N(STATX_NLINK) N(STATX_UID) \
    N(STATX_GID) N(STATX_ATIME) N(STATX_MTIME) N(STATX_CTIME) N(STATX_INO) N(STATX_SIZE) \
    N(STATX_BLOCKS) N(STATX_BTIME) N(STATX_MNT_ID) N(STATX_DIOALIGN)
NAMES(trace_statx_masks, "STATX_???", STATX_MASKS);

#define SYNC_RANGE_FLAGS(N) \
    N(SYNC_FILE_RANGE_WAIT_BEFORE) N(SYNC_FILE_RANGE_WRITE) N(SYNC_FILE_RANGE_WAIT_AFTER)
NAMES(trace_sync_range_flags, "SYNC_FILE_RANGE_???", SYNC_RANGE_FLAGS);

#define WHENCE(N) N(SEEK_SET) N(SEEK_CUR) N(SEEK_END) N(SEEK_DATA) N(SEEK_HOLE)
NAMES(trace_whence, "SEEK_???", WHENCE);

#define XATTR_FLAGS(N) N(XATTR_CREATE) N(XATTR_REPLACE)
NAMES(trace_xattr_flags, "XATTR_???", XATTR_FLAGS);
