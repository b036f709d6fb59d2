/* SPDX-License-Identifier: MIT */
/*
 * The calls that take a directory and a name: their flags, empty names, descriptors that are none;
 * and what they change or tell: modes, owners, times, access, statx, statfs.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/vfs.h>

#define ROOT   "/dev/shm/galette-at-family"
#define BAD_AT 0x40000000

static struct stat status;
static struct statx extended;
static char buffer[4096];
static int dir, file;

static long mode_of(const char *name)
{
    long error = call(__NR_newfstatat, dir, name, &status, AT_SYMLINK_NOFOLLOW);
    return error < 0 ? error : (long)status.st_mode;
}

static void make_tree(void)
{
    call(__NR_umask, 022);
    mkdir(ROOT, 0755);
    dir = (int)call(__NR_openat, AT_FDCWD, ROOT, O_RDONLY | O_DIRECTORY);
    file = (int)call(__NR_openat, dir, "file", O_CREAT | O_RDWR, 0644);
    check("a directory and a file", dir >= 0 && file >= 0);
    check_result("a link", call(__NR_symlinkat, "file", dir, "link"), 0);
    check_result("a link to nothing", call(__NR_symlinkat, "nothing", dir, "broken"), 0);
    check_result("a directory", call(__NR_mkdirat, dir, "sub", 0777), 0);
}

static void test_descriptors(void)
{
    const struct call_case cases[] = {
        {"mkdirat: no descriptor", __NR_mkdirat, {-1, (long)"x", 0755}, -EBADF},
        {"mkdirat: a file", __NR_mkdirat, {file, (long)"x", 0755}, -ENOTDIR},
        {"mkdirat: an empty name", __NR_mkdirat, {dir, (long)"", 0755}, -ENOENT},
        {"mkdirat: an absolute name needs none", __NR_mkdirat, {-1, (long)ROOT "/abs", 0755}, 0},
        {"unlinkat", __NR_unlinkat, {-1, (long)ROOT "/abs", AT_REMOVEDIR}, 0},
        {"unlinkat: a bad flag", __NR_unlinkat, {dir, (long)"file", AT_EMPTY_PATH}, -EINVAL},
        {"unlinkat: an empty name", __NR_unlinkat, {file, (long)"", 0}, -ENOENT},
        {"openat: an empty name", __NR_openat, {dir, (long)"", O_RDONLY}, -ENOENT},
        {"openat: no descriptor", __NR_openat, {99, (long)"x", O_RDONLY}, -EBADF},
        {"newfstatat: a bad flag",
         __NR_newfstatat,
         {dir, (long)"file", (long)&status, BAD_AT},
         -EINVAL},
        {"newfstatat: an empty name", __NR_newfstatat, {file, (long)"", (long)&status, 0}, -ENOENT},
        {"newfstatat: AT_EMPTY_PATH",
         __NR_newfstatat,
         {file, (long)"", (long)&status, AT_EMPTY_PATH},
         0},
        {"newfstatat: the current directory",
         __NR_newfstatat,
         {AT_FDCWD, (long)"", (long)&status, AT_EMPTY_PATH},
         0},
        {"newfstatat: AT_EMPTY_PATH and a name",
         __NR_newfstatat,
         {dir, (long)"file", (long)&status, AT_EMPTY_PATH},
         0},
        {"newfstatat: AT_EMPTY_PATH, a file and a name",
         __NR_newfstatat,
         {file, (long)"x", (long)&status, AT_EMPTY_PATH},
         -ENOTDIR},
        {"newfstatat: AT_NO_AUTOMOUNT",
         __NR_newfstatat,
         {dir, (long)"link", (long)&status, AT_NO_AUTOMOUNT},
         0},
        {"newfstatat: AT_SYMLINK_FOLLOW",
         __NR_newfstatat,
         {dir, (long)"link", (long)&status, AT_SYMLINK_FOLLOW},
         -EINVAL},
        {"linkat: a bad flag",
         __NR_linkat,
         {dir, (long)"file", dir, (long)"l", AT_SYMLINK_NOFOLLOW},
         -EINVAL},
        {"linkat: a directory", __NR_linkat, {dir, (long)"sub", dir, (long)"l", 0}, -EPERM},
        {"linkat: over a name", __NR_linkat, {dir, (long)"file", dir, (long)"link", 0}, -EEXIST},
        {"linkat: nothing", __NR_linkat, {dir, (long)"nothing", dir, (long)"l", 0}, -ENOENT},
        {"linkat: another file system",
         __NR_linkat,
         {AT_FDCWD, (long)"/proc/version", dir, (long)"l", 0},
         -EXDEV},
        {"linkat: the link itself", __NR_linkat, {dir, (long)"link", dir, (long)"l", 0}, 0},
        {"linkat: what it leads to",
         __NR_linkat,
         {dir, (long)"link", dir, (long)"f", AT_SYMLINK_FOLLOW},
         0},
        {"linkat: a descriptor", __NR_linkat, {file, (long)"", dir, (long)"g", AT_EMPTY_PATH}, 0},
        {"linkat: an empty name", __NR_linkat, {file, (long)"", dir, (long)"h", 0}, -ENOENT},
        {"linkat: a directory's descriptor",
         __NR_linkat,
         {dir, (long)"", dir, (long)"h", AT_EMPTY_PATH},
         -EPERM},
        {"symlinkat: no descriptor", __NR_symlinkat, {(long)"x", -1, (long)"y"}, -EBADF},
        {"readlinkat", __NR_readlinkat, {dir, (long)"link", (long)buffer, 100}, 4},
        {"readlinkat: no buffer", __NR_readlinkat, {dir, (long)"link", 0, 100}, -EFAULT},
        {"readlinkat: a negative size",
         __NR_readlinkat,
         {dir, (long)"link", (long)buffer, -1},
         -EINVAL},
        {"renameat2: no descriptor", __NR_renameat2, {-1, (long)"a", dir, (long)"b", 0}, -EBADF},
        {"mknodat: a directory", __NR_mknodat, {dir, (long)"d", S_IFDIR | 0755, 0}, -EPERM},
        {"mknodat: a link", __NR_mknodat, {dir, (long)"d", S_IFLNK | 0755, 0}, -EINVAL},
        {"mknodat: no type is a file", __NR_mknodat, {dir, (long)"d", 0666, 0}, 0},
        {"mknodat: a socket", __NR_mknodat, {dir, (long)"s", S_IFSOCK | 0666, 0}, 0},
        {"openat: a socket", __NR_openat, {dir, (long)"s", O_RDWR}, -ENXIO},
        {"unlinkat: that socket", __NR_unlinkat, {dir, (long)"s", 0}, 0},
    };
    CHECK_CALLS(cases);
    check_result("four names", mode_of("g"), S_IFREG | 0644);
    check_result("are four links", (long)status.st_nlink, 3);
    check_result("umask counts", mode_of("d"), S_IFREG | 0644);
    const char *names[] = {"l", "f", "g", "d"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        check_result(names[i], call(__NR_unlinkat, dir, names[i], 0), 0);
}

static void test_modes(void)
{
    const struct call_case cases[] = {
        {"fchmodat", __NR_fchmodat, {dir, (long)"file", 04751}, 0},
        {"fchmodat: nothing", __NR_fchmodat, {dir, (long)"nothing", 0}, -ENOENT},
        {"fchmodat: a broken link", __NR_fchmodat, {dir, (long)"broken", 0}, -ENOENT},
        {"fchmodat: an empty name", __NR_fchmodat, {file, (long)"", 0644}, -ENOENT},
        {"fchmod: type bits are passed over", __NR_fchmod, {file, S_IFDIR | 06755}, 0},
        {"fchmod: no descriptor", __NR_fchmod, {-1, 0}, -EBADF},
        {"fchownat: a bad flag", __NR_fchownat, {dir, (long)"file", 0, 0, BAD_AT}, -EINVAL},
        {"fchownat: the link", __NR_fchownat, {dir, (long)"broken", 7, 8, AT_SYMLINK_NOFOLLOW}, 0},
        {"fchownat: through the link", __NR_fchownat, {dir, (long)"broken", 7, 8, 0}, -ENOENT},
        {"fchownat: a descriptor", __NR_fchownat, {file, (long)"", -1, -1, AT_EMPTY_PATH}, 0},
    };
    CHECK_CALLS(cases);
    check_result("nobody new takes them as well", mode_of("file"), S_IFREG | 0755);
    check_result("again", call(__NR_fchmod, file, 06755), 0);
    check_result("an owner", call(__NR_fchownat, dir, "file", 5, -1, 0), 0);
    check_result("takes the set-id bits", mode_of("file"), S_IFREG | 0755);
    check_result("the owner", status.st_uid, 5);
    check_result("not the group", status.st_gid, 0);
    check_result("a group that may not run it", call(__NR_fchmod, file, 06745), 0);
    check_result("is lost", call(__NR_fchown, file, -1, 6), 0);
    check_result("keeps its bit", mode_of("file"), S_IFREG | 02745);
    check_result("the group", status.st_gid, 6);
    check_result("the link's own", mode_of("broken"), S_IFLNK | 0777);
    check_result("its group", status.st_gid, 8);
    check_result("a directory keeps them", call(__NR_fchmodat, dir, "sub", 07777), 0);
    check_result("when it is given away", call(__NR_fchownat, dir, "sub", 3, 4, 0), 0);
    check_result("all", mode_of("sub"), S_IFDIR | 07777);
    check_result("a directory in it", call(__NR_mkdirat, dir, "sub/in", 0700), 0);
    check_result("has its bit", mode_of("sub/in"), S_IFDIR | 02700);
    check_result("and group", status.st_gid, 4);
    check_result("not its owner", status.st_uid, 0);
    check_result("a file in it", call(__NR_mknodat, dir, "sub/in/x", S_IFREG | 02755, 0), 0);
    check_result("has its group", mode_of("sub/in/x") < 0 ? -1 : (long)status.st_gid, 4);
    check_result("x", call(__NR_unlinkat, dir, "sub/in/x", 0), 0);
    check_result("in", call(__NR_unlinkat, dir, "sub/in", AT_REMOVEDIR), 0);
    check_result("umask", call(__NR_umask, 0177777), 022);
    check_result("umask has nine bits", call(__NR_umask, 0), 0777);
    check_result("mkdir's sticky bit", call(__NR_mkdirat, dir, "t", 07777), 0);
    check_result("only that", mode_of("t"), S_IFDIR | 01777);
    check_result("t", call(__NR_unlinkat, dir, "t", AT_REMOVEDIR), 0);
    check_result("all bits of a file", call(__NR_mknodat, dir, "t", S_IFREG | 07777, 0), 0);
    check_result("t has them", mode_of("t"), S_IFREG | 07777);
    check_result("t", call(__NR_unlinkat, dir, "t", 0), 0);
    call(__NR_umask, 022);
    check_result("set-id again", call(__NR_fchmod, file, 06777), 0);
    check_result("written to", call(__NR_write, file, "x", 1), 1);
    check_result("by root, who may keep them", mode_of("file"), S_IFREG | 06777);
    call(__NR_fchmod, file, 0644);
}

static void test_access(void)
{
    const struct call_case cases[] = {
        {"faccessat2: there", __NR_faccessat2, {dir, (long)"file", 0, 0}, 0},
        {"faccessat2: read and write", __NR_faccessat2, {dir, (long)"file", 6, AT_EACCESS}, 0},
        {"faccessat2: run", __NR_faccessat2, {dir, (long)"file", 1, 0}, -EACCES},
        {"faccessat2: a directory", __NR_faccessat2, {dir, (long)"sub", 7, 0}, 0},
        {"faccessat2: a bad mode", __NR_faccessat2, {dir, (long)"file", 8, 0}, -EINVAL},
        {"faccessat2: a bad flag", __NR_faccessat2, {dir, (long)"file", 0, BAD_AT}, -EINVAL},
        {"faccessat2: a broken link", __NR_faccessat2, {dir, (long)"broken", 0, 0}, -ENOENT},
        {"faccessat2: the link itself",
         __NR_faccessat2,
         {dir, (long)"broken", 0, AT_SYMLINK_NOFOLLOW},
         0},
        {"faccessat2: a descriptor", __NR_faccessat2, {file, (long)"", 4, AT_EMPTY_PATH}, 0},
        {"faccessat2: an empty name", __NR_faccessat2, {file, (long)"", 4, 0}, -ENOENT},
        {"faccessat", __NR_faccessat, {dir, (long)"file", 4}, 0},
        {"access", __NR_access, {(long)ROOT "/file/", 4}, -ENOTDIR},
    };
    CHECK_CALLS(cases);
}

static long seconds(long seconds_a, long ns_a, long seconds_m, long ns_m)
{
    struct timespec times[2] = {{seconds_a, ns_a}, {seconds_m, ns_m}};
    long error = call(__NR_utimensat, dir, "file", times, 0);
    return error != 0 ? error : mode_of("file") < 0;
}

static bool times_are(long seconds_a, long ns_a, long seconds_m, long ns_m)
{
    return status.st_atim.tv_sec == seconds_a && status.st_atim.tv_nsec == ns_a &&
           status.st_mtim.tv_sec == seconds_m && status.st_mtim.tv_nsec == ns_m;
}

static void test_times(void)
{
    struct timespec some[2] = {{11, 0}, {12, 0}};
    struct timeval old[2] = {{21, 5}, {22, 999999}}, bad_old[2] = {{21, 1000000}, {0, 0}};
    long very_old[2] = {31, 32};
    check_result("utimensat", seconds(1, 999999999, 2, 3), 0);
    check("both times", times_are(1, 999999999, 2, 3));
    check_result("one of them", seconds(7, UTIME_OMIT, 4, 5), 0);
    check("the other stays", times_are(1, 999999999, 4, 5));
    check_result("none of them", seconds(7, UTIME_OMIT, 7, UTIME_OMIT), 0);
    check("both stay", times_are(1, 999999999, 4, 5));
    check_result("now", seconds(7, UTIME_NOW, 8, 0), 0);
    check("it is later", status.st_atim.tv_sec > 1000000000 && status.st_mtim.tv_sec == 8);
    check_result("too many nanoseconds", seconds(1, 1000000000, 2, 0), -EINVAL);
    check_result("negative nanoseconds", seconds(1, -1, 2, 0), -EINVAL);
    check_result("before 1970", seconds(-100, 5, -1, 0), 0);
    check("it is so", times_are(-100, 5, -1, 0));
    check_result("far in the future", seconds(1L << 33, 5, 1, 0), 0);
    check("it is so", times_are(1L << 33, 5, 1, 0));
    const struct call_case cases[] = {
        {"utimensat: a bad flag", __NR_utimensat, {dir, (long)"file", (long)some, BAD_AT}, -EINVAL},
        {"utimensat: a descriptor", __NR_utimensat, {file, 0, (long)some, 0}, 0},
        {"utimensat: a descriptor with a flag",
         __NR_utimensat,
         {file, 0, (long)some, AT_SYMLINK_NOFOLLOW},
         -EINVAL},
        {"utimensat: AT_EMPTY_PATH",
         __NR_utimensat,
         {file, (long)"", (long)some, AT_EMPTY_PATH},
         0},
        {"utimensat: an empty name", __NR_utimensat, {file, (long)"", (long)some, 0}, -ENOENT},
        {"utimensat: no name", __NR_utimensat, {AT_FDCWD, 0, (long)some, 0}, -EFAULT},
        {"utimensat: no descriptor", __NR_utimensat, {-1, 0, (long)some, 0}, -EBADF},
        {"utimensat: the link",
         __NR_utimensat,
         {dir, (long)"broken", (long)some, AT_SYMLINK_NOFOLLOW},
         0},
        {"utimensat: through the link",
         __NR_utimensat,
         {dir, (long)"broken", (long)some, 0},
         -ENOENT},
        {"utimensat: bad times", __NR_utimensat, {dir, (long)"file", 8, 0}, -EFAULT},
        {"futimesat", __NR_futimesat, {dir, (long)"file", (long)old}, 0},
        {"futimesat: bad times", __NR_futimesat, {dir, (long)"file", (long)bad_old}, -EINVAL},
        {"futimesat: a descriptor", __NR_futimesat, {file, 0, (long)old}, 0},
    };
    CHECK_CALLS(cases);
    mode_of("file");
    check("microseconds", times_are(21, 5000, 22, 999999000));
    check_result("utime", call(__NR_utime, ROOT "/file", very_old), 0);
    mode_of("file");
    check("seconds", times_are(31, 0, 32, 0));
    check_result("utimes: now", call(__NR_utimes, ROOT "/file", 0), 0);
    mode_of("file");
    check("it is later", status.st_mtim.tv_sec > 1000000000);
}

static void test_statx(void)
{
    const struct call_case cases[] = {
        {"statx", __NR_statx, {dir, (long)"file", 0, STATX_BASIC_STATS, (long)&extended}, 0},
        {"statx: a bad flag", __NR_statx, {dir, (long)"file", BAD_AT, 0, (long)&extended}, -EINVAL},
        {"statx: the reserved bit",
         __NR_statx,
         {dir, (long)"file", 0, STATX__RESERVED, (long)&extended},
         -EINVAL},
        {"statx: both ways to synchronise",
         __NR_statx,
         {dir, (long)"file", 0x6000, 0, (long)&extended},
         -EINVAL},
        {"statx: AT_STATX_FORCE_SYNC",
         __NR_statx,
         {dir, (long)"file", 0x2000, 0, (long)&extended},
         0},
        {"statx: no buffer", __NR_statx, {dir, (long)"file", 0, 0, 8}, -EFAULT},
        {"statx: an empty name", __NR_statx, {file, (long)"", 0, 0, (long)&extended}, -ENOENT},
        {"statx: a descriptor", __NR_statx, {file, (long)"", AT_EMPTY_PATH, 0, (long)&extended}, 0},
        {"statx: the link",
         __NR_statx,
         {dir, (long)"broken", AT_SYMLINK_NOFOLLOW, STATX_ALL, (long)&extended},
         0},
    };
    CHECK_CALLS(cases);
    check("it is a link", (extended.stx_mode & S_IFMT) == S_IFLNK && extended.stx_size == 7);
    check_result("statx of all",
                 call(__NR_statx, dir, "file", 0, STATX_BASIC_STATS | STATX_BTIME, &extended), 0);
    mode_of("file");
    check("the basic ones", (extended.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
    check("as stat has them", extended.stx_ino == status.st_ino && extended.stx_size == 1 &&
                                  extended.stx_nlink == 1 && extended.stx_uid == 5 &&
                                  extended.stx_mode == status.st_mode &&
                                  extended.stx_mtime.tv_sec == status.st_mtim.tv_sec);
    check("when it was born",
          (extended.stx_mask & STATX_BTIME) && extended.stx_btime.tv_sec > 1000000000);
    check("the device",
          ((unsigned long)extended.stx_dev_major << 8 | extended.stx_dev_minor) == status.st_dev);
}

static void test_statfs(void)
{
    struct statfs info;
    check_result("statfs", call(__NR_statfs, ROOT "/link", &info), 0);
    check("a tmpfs", info.f_type == 0x01021994 && info.f_bsize == 4096 && info.f_namelen == 255);
    check("with room", info.f_bfree > 0 && info.f_bfree <= info.f_blocks && info.f_ffree > 0);
    check("relatime and not read-only", (info.f_flags & 0x1021) == 0x1020);
    check_result("fstatfs", call(__NR_fstatfs, file, &info), 0);
    check("the same", info.f_type == 0x01021994);
    check_result("statfs of a broken link", call(__NR_statfs, ROOT "/broken", &info), -ENOENT);
    check_result("statfs of /proc", call(__NR_statfs, "/proc/self/stat", &info), 0);
    check("a procfs", info.f_type == 0x9fa0);
    check_result("statfs: no buffer", call(__NR_statfs, ROOT, 8), -EFAULT);
    check_result("fstatfs: no descriptor", call(__NR_fstatfs, 99, &info), -EBADF);
    int ends[2];
    check_result("a pipe", call(__NR_pipe, ends), 0);
    check_result("fstatfs of it", call(__NR_fstatfs, ends[0], &info), 0);
    check("a pipefs", info.f_type == 0x50495045);
}

int main(void)
{
    make_tree();
    test_descriptors();
    test_modes();
    test_access();
    test_times();
    test_statx();
    test_statfs();
    const char *names[] = {"file", "link", "broken"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        call(__NR_unlinkat, dir, names[i], 0);
    call(__NR_unlinkat, dir, "sub", AT_REMOVEDIR);
    check_result("all gone", call(__NR_rmdir, ROOT), 0);
    return check_finish();
}
