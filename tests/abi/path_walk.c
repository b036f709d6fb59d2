/* SPDX-License-Identifier: MIT */
/*
 * From a name to a file: slashes, dots, links and how many of them, long names, what openat's flags
 * say about the last component, O_PATH, and openat2's ways to resolve.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ROOT "/dev/shm/galette-path-walk"

static struct stat status;
static char buffer[8192];

/* A descriptor that is closed at once: 0 or -errno. */
static long opens(const char *name, int flags)
{
    long fd = call(__NR_openat, AT_FDCWD, name, flags, 0600);
    if (fd < 0)
        return fd;
    call(__NR_close, fd);
    return 0;
}

static long kind(const char *name)
{
    long error = call(__NR_newfstatat, AT_FDCWD, name, &status, AT_SYMLINK_NOFOLLOW);
    return error < 0 ? error : (long)(status.st_mode & S_IFMT);
}

static void make_tree(void)
{
    mkdir(ROOT, 0755);
    check_result("chdir", call(__NR_chdir, ROOT), 0);
    const struct call_case cases[] = {
        {"a directory", __NR_mkdir, {(long)"dir", 0755}, 0},
        {"one in it", __NR_mkdir, {(long)"dir/sub", 0755}, 0},
        {"a file", __NR_mknod, {(long)"dir/file", S_IFREG | 0644}, 0},
        {"a link to the directory", __NR_symlink, {(long)"dir", (long)"to-dir"}, 0},
        {"a link to the file", __NR_symlink, {(long)"dir/file", (long)"to-file"}, 0},
        {"a link to nothing", __NR_symlink, {(long)"nowhere", (long)"to-nothing"}, 0},
        {"a link to itself", __NR_symlink, {(long)"to-itself", (long)"to-itself"}, 0},
        {"a link that ends in a slash", __NR_symlink, {(long)"dir/", (long)"to-dir-slash"}, 0},
        {"a link to a file with a slash",
         __NR_symlink,
         {(long)"dir/file/", (long)"to-file-slash"},
         0},
        {"a link to the root", __NR_symlink, {(long)"/", (long)"to-root"}, 0},
        {"a link upwards", __NR_symlink, {(long)"../..", (long)"dir/sub/up"}, 0},
        {"a link to a new file", __NR_symlink, {(long)"dir/new", (long)"to-new"}, 0},
        {"an empty link", __NR_symlink, {(long)"", (long)"to-empty"}, -ENOENT},
        {"a link over a name", __NR_symlink, {(long)"x", (long)"dir"}, -EEXIST},
        {"a link over a link", __NR_symlink, {(long)"x", (long)"to-nothing"}, -EEXIST},
    };
    CHECK_CALLS(cases);
}

static void remove_tree(void)
{
    static const char *names[] = {"to-dir",       "to-file",       "to-nothing", "to-itself",
                                  "to-dir-slash", "to-file-slash", "to-root",    "dir/sub/up",
                                  "to-new",       "dir/new",       "dir/file"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        check_result(names[i], call(__NR_unlink, names[i]), 0);
    check_result("dir/sub", call(__NR_rmdir, "dir/sub"), 0);
    check_result("dir", call(__NR_rmdir, "dir"), 0);
    check_result("the directory we are in", call(__NR_rmdir, ROOT), 0);
    check_result("it has no name", call(__NR_getcwd, buffer, 100), -ENOENT);
    check_result("nothing can be made in it", opens("x", O_CREAT | O_RDWR), -ENOENT);
    check_result("nor found", kind("x"), -ENOENT);
    check_result("but it is there", kind("."), S_IFDIR);
    check_result("and so is its parent", call(__NR_chdir, ".."), 0);
    check_result("which is", call(__NR_getcwd, buffer, 100), 9);
    check("as it was", strcmp(buffer, "/dev/shm") == 0);
}

static void test_slashes(void)
{
    check_result("a slash behind a directory", kind("dir/"), S_IFDIR);
    check_result("many", kind("dir////"), S_IFDIR);
    check_result("in between", kind(".//dir///file"), S_IFREG);
    check_result("a slash behind a file", kind("dir/file/"), -ENOTDIR);
    check_result("a file as a directory", kind("dir/file/x"), -ENOTDIR);
    check_result("a dot behind a file", kind("dir/file/."), -ENOTDIR);
    check_result("two dots behind a file", kind("dir/file/.."), -ENOTDIR);
    check_result("a slash behind nothing", kind("nothing/"), -ENOENT);
    check_result("nothing", kind(""), -ENOENT);
    check_result("a dot", kind("."), S_IFDIR);
    check_result("dots", kind("dir/./sub/../file"), S_IFREG);
    check_result("above the root", kind("/../../dev/shm"), S_IFDIR);
    check_result("three dots are a name", kind("..."), -ENOENT);
    check_result("the link itself", kind("to-dir"), S_IFLNK);
    check_result("a slash behind a link", kind("to-dir/"), S_IFDIR);
    check_result("a slash behind a link to a file", kind("to-file/"), -ENOTDIR);
    check_result("a slash behind a link to nothing", kind("to-nothing/"), -ENOENT);
    check_result("a link's own slash", kind("to-dir-slash/file"), S_IFREG);
    check_result("a link's own slash behind a file", opens("to-file-slash", O_RDONLY), -ENOTDIR);
    check_result("the link itself", kind("to-file-slash"), S_IFLNK);
    check_result("from the root", kind("to-root/dev/shm/galette-path-walk/dir/file"), S_IFREG);
    check_result("a link upwards", kind("dir/sub/up/dir/file"), S_IFREG);
    check_result("a link and two dots", kind("to-dir/.."), S_IFDIR);
    check_result("to itself", opens("to-itself", O_RDONLY), -ELOOP);
    check_result("through itself", kind("to-itself/x"), -ELOOP);
    check_result("in the last place it is not followed", kind("to-itself"), S_IFLNK);
    check_result("mkdir with a slash", call(__NR_mkdir, "made/", 0755), 0);
    check_result("mkdir over it", call(__NR_mkdir, "made/.", 0755), -EEXIST);
    check_result("mkdir over two dots", call(__NR_mkdir, "made/..", 0755), -EEXIST);
    check_result("mkdir below a dot", call(__NR_mkdir, "not/.", 0755), -ENOENT);
    check_result("mkdir of the root", call(__NR_mkdir, "/", 0755), -EEXIST);
    check_result("mkdir over a link to nothing", call(__NR_mkdir, "to-nothing", 0755), -EEXIST);
    check_result("... with a slash", call(__NR_mkdir, "to-nothing/", 0755), -EEXIST);
    check_result("rmdir of a dot", call(__NR_rmdir, "made/."), -EINVAL);
    check_result("rmdir of two dots", call(__NR_rmdir, "made/.."), -ENOTEMPTY);
    check_result("rmdir of the root", call(__NR_rmdir, "/"), -EBUSY);
    check_result("rmdir of a mount", call(__NR_rmdir, "/dev/shm"), -EBUSY);
    check_result(
        "a mount in exchange",
        call(__NR_renameat2, AT_FDCWD, "/dev/full", AT_FDCWD, "/dev/shm", 2 /* RENAME_EXCHANGE */),
        -EBUSY);
    check_result(
        "and the other way",
        call(__NR_renameat2, AT_FDCWD, "/dev/shm", AT_FDCWD, "/dev/full", 2 /* RENAME_EXCHANGE */),
        -EBUSY);
    check_result("rmdir of a link", call(__NR_rmdir, "to-dir"), -ENOTDIR);
    check_result("... with a slash", call(__NR_rmdir, "to-dir/"), -ENOTDIR);
    check_result("rmdir of a file", call(__NR_rmdir, "dir/file"), -ENOTDIR);
    check_result("rmdir of what is not empty", call(__NR_rmdir, "dir"), -ENOTEMPTY);
    check_result("rmdir with a slash", call(__NR_rmdir, "made/"), 0);
    check_result("unlink of a directory", call(__NR_unlink, "dir"), -EISDIR);
    check_result("unlink of a dot", call(__NR_unlink, "dir/."), -EISDIR);
    check_result("unlink with a slash", call(__NR_unlink, "dir/file/"), -ENOTDIR);
    check_result("unlink of nothing with a slash", call(__NR_unlink, "nothing/"), -ENOENT);
    check_result("unlink of a link with a slash", call(__NR_unlink, "to-dir/"), -ENOTDIR);
    check_result("mknod with a slash", call(__NR_mknod, "n/", S_IFREG), -ENOENT);
    check_result("mknod over a file", call(__NR_mknod, "dir/file", S_IFREG), -EEXIST);
    check_result("mknod over a file with a slash", call(__NR_mknod, "dir/file/", S_IFREG), -EEXIST);
    check_result("symlink with a slash", call(__NR_symlink, "x", "n/"), -ENOENT);
    check_result("link with a slash", call(__NR_link, "dir/file", "n/"), -ENOENT);
    check_result("readlink", call(__NR_readlink, "to-file", buffer, 100), 8);
    check_result("readlink, cut off", call(__NR_readlink, "to-file", buffer, 3), 3);
    check_result("readlink into nothing", call(__NR_readlink, "to-file", buffer, 0), -EINVAL);
    check_result("readlink of a file", call(__NR_readlink, "dir/file", buffer, 9), -EINVAL);
    check_result("readlink with a slash", call(__NR_readlink, "to-dir/", buffer, 9), -EINVAL);
}

static void test_flags(void)
{
    check_result("O_NOFOLLOW", opens("to-file", O_RDONLY | O_NOFOLLOW), -ELOOP);
    check_result("O_NOFOLLOW in the middle", opens("to-dir/file", O_RDONLY | O_NOFOLLOW), 0);
    check_result("O_NOFOLLOW with a slash", opens("to-dir/", O_RDONLY | O_NOFOLLOW), 0);
    check_result("O_DIRECTORY", opens("to-dir", O_RDONLY | O_DIRECTORY), 0);
    check_result("O_DIRECTORY of a file", opens("dir/file", O_RDONLY | O_DIRECTORY), -ENOTDIR);
    check_result("O_DIRECTORY and O_NOFOLLOW", opens("to-dir", O_DIRECTORY | O_NOFOLLOW), -ENOTDIR);
    check_result("O_DIRECTORY and O_CREAT", opens("dir", O_DIRECTORY | O_CREAT), -EINVAL);
    check_result("a directory for writing", opens("dir", O_RDWR), -EISDIR);
    check_result("a directory and O_CREAT", opens("dir", O_CREAT), -EISDIR);
    check_result("... and O_EXCL", opens("dir", O_CREAT | O_EXCL), -EEXIST);
    check_result("a dot and O_CREAT", opens(".", O_CREAT), -EISDIR);
    check_result("a dot and O_EXCL", opens(".", O_CREAT | O_EXCL), -EEXIST);
    check_result("the root and O_CREAT", opens("/", O_CREAT | O_WRONLY), -EISDIR);
    check_result("O_TRUNC of a directory", opens("dir", O_TRUNC), -EISDIR);
    check_result("O_CREAT with a slash", opens("new/", O_CREAT | O_RDWR), -EISDIR);
    check_result("O_CREAT of a file with a slash", opens("dir/file/", O_CREAT), -EISDIR);
    check_result("O_CREAT of a directory with a slash", opens("dir/", O_CREAT), -EISDIR);
    check_result("O_CREAT below a file", opens("dir/file/x", O_CREAT), -ENOTDIR);
    check_result("O_CREAT below nothing", opens("nothing/x", O_CREAT), -ENOENT);
    check_result("O_CREAT through a link", opens("to-new", O_CREAT | O_RDWR), 0);
    check_result("made there", kind("dir/new"), S_IFREG);
    check_result("O_CREAT and O_NOFOLLOW", opens("to-file", O_CREAT | O_NOFOLLOW), -ELOOP);
    check_result("O_CREAT and O_EXCL of a link", opens("to-nothing", O_CREAT | O_EXCL), -EEXIST);
    check_result("O_CREAT of a link to itself", opens("to-itself", O_CREAT), -ELOOP);
    check_result("O_CREAT through a link with a slash", opens("to-file-slash", O_CREAT), -EISDIR);
    check_result("O_EXCL alone", opens("dir/file", O_EXCL), 0);
    check_result("both access bits", opens("dir/file", O_ACCMODE), 0);
    check_result("O_TMPFILE without O_DIRECTORY", opens("dir", 020000000 | O_RDWR), -EINVAL);
    check_result("unknown flags are passed over", opens("dir/file", 0x20000000), 0);
}

static void test_lengths(void)
{
    static char name[300], path[5000];
    memset(name, 'n', 255);
    check_result("255 bytes", call(__NR_mkdir, name, 0755), 0);
    check_result("it is there", kind(name), S_IFDIR);
    check_result("and away", call(__NR_rmdir, name), 0);
    name[255] = 'n';
    check_result("256 bytes", call(__NR_mkdir, name, 0755), -ENAMETOOLONG);
    check_result("256 bytes to be found", kind(name), -ENAMETOOLONG);
    check_result("256 bytes to be opened", opens(name, O_CREAT), -ENAMETOOLONG);
    check_result("256 bytes to be removed", call(__NR_unlink, name), -ENAMETOOLONG);
    check_result("256 bytes as a new name", call(__NR_rename, "to-dir", name), -ENAMETOOLONG);
    memcpy(path, "nothing/", 8);
    memcpy(path + 8, name, 257);
    check_result("below nothing", kind(path), -ENOENT);
    memcpy(path, "dir/file/", 9);
    memcpy(path + 9, name, 257);
    check_result("below a file", kind(path), -ENOTDIR);
    for (int i = 0; i < 2500; i++)
        memcpy(path + 2 * i, "./", 2);
    path[4095] = '\0';
    check_result("4,095 bytes", kind(path), S_IFDIR);
    path[4095] = '.';
    path[4096] = '\0';
    check_result("4,096 bytes", kind(path), -ENAMETOOLONG);
    check_result("a link of 4,096 bytes", call(__NR_symlink, path, "long"), -ENAMETOOLONG);
    path[4095] = '\0';
    check_result("a link of 4,095 bytes", call(__NR_symlink, path, "long"), 0);
    check_result("it can be read", call(__NR_readlink, "long", buffer, sizeof(buffer)), 4095);
    check_result("and followed", kind("long/dir"), S_IFDIR);
    call(__NR_unlink, "long");
}

/* Names of every length at the end of what is mapped, and so beginning at every place of a word. */
static void test_ends_of_memory(void)
{
    static char expected[100];
    char *end = page_before_hole();
    long wrong = 0;
    for (long length = 1; length < 60; length++) {
        char *name = end - length - 1;
        for (long i = 0; i < length; i++)
            name[i] = expected[i] = (char)('a' + (length + i) % 26);
        name[length] = expected[length] = '\0';
        wrong += call(__NR_symlink, name, "at-the-end") != 0;
        wrong += call(__NR_readlink, "at-the-end", buffer, 100) != length;
        wrong += memcmp(buffer, expected, (size_t)length) != 0;
        wrong += call(__NR_unlink, "at-the-end") != 0;
        name[length] = 'x';
        wrong += call(__NR_symlink, name, "at-the-end") != -EFAULT;
    }
    check_result("names that end where memory does", wrong, 0);
}

/* Links one to the next, `count` of them, the last to the file. */
static void make_chain(int count)
{
    char name[20], target[20] = "dir/file";
    for (int i = count; i > 0; i--) {
        snprintf(name, sizeof(name), "chain%d", i);
        call(__NR_symlink, target, name);
        memcpy(target, name, sizeof(name));
    }
}

static void test_chains(void)
{
    char name[20];
    make_chain(40);
    check_result("40 links", opens("chain1", O_RDONLY), 0);
    call(__NR_symlink, "chain1", "chain0");
    check_result("41 links", opens("chain0", O_RDONLY), -ELOOP);
    check_result("41 links, the first not followed", kind("chain0"), S_IFLNK);
    call(__NR_unlink, "chain40");
    call(__NR_symlink, "dir", "chain40");
    check_result("40 links and more", kind("chain1/file"), S_IFREG);
    check_result("41 links and more", kind("chain0/file"), -ELOOP);
    check_result("41 links one after the other", kind("chain1/../to-dir/file"), -ELOOP);
    call(__NR_unlink, "chain40");
    call(__NR_symlink, "dir/chained", "chain40");
    check_result("O_CREAT at the end of 40", opens("chain1", O_CREAT), 0);
    check_result("made there", call(__NR_unlink, "dir/chained"), 0);
    check_result("O_CREAT at the end of 41", opens("chain0", O_CREAT), -ELOOP);
    for (int i = 0; i <= 40; i++) {
        snprintf(name, sizeof(name), "chain%d", i);
        call(__NR_unlink, name);
    }
}

static void test_path_only(void)
{
    int fd = (int)call(__NR_openat, AT_FDCWD, "dir/file", O_PATH | O_RDWR | O_TRUNC);
    int dir = (int)call(__NR_openat, AT_FDCWD, "dir", O_PATH);
    int link = (int)call(__NR_openat, AT_FDCWD, "to-file", O_PATH | O_NOFOLLOW);
    check("O_PATH", fd >= 0 && dir >= 0 && link >= 0);
    const struct call_case cases[] = {
        {"read", __NR_read, {fd, (long)buffer, 1}, -EBADF},
        {"write", __NR_write, {fd, (long)buffer, 1}, -EBADF},
        {"lseek", __NR_lseek, {fd, 0, SEEK_SET}, -EBADF},
        {"fchmod", __NR_fchmod, {fd, 0644}, -EBADF},
        {"fchown", __NR_fchown, {fd, 0, 0}, -EBADF},
        {"fsync", __NR_fsync, {fd}, -EBADF},
        {"ioctl", __NR_ioctl, {fd, 0x5401, (long)buffer}, -EBADF},
        {"ftruncate", __NR_ftruncate, {fd, 0}, -EBADF},
        {"mmap", __NR_mmap, {0, PAGE, 1, 2, fd, 0}, -EBADF},
        {"getdents64", __NR_getdents64, {dir, (long)buffer, 1000}, -EBADF},
        {"fgetxattr", __NR_fgetxattr, {fd, (long)"user.x", (long)buffer, 10}, -EBADF},
        {"flock", __NR_flock, {fd, 2}, -EBADF},
        {"F_GETFL", __NR_fcntl, {fd, F_GETFL}, O_PATH},
        {"F_GETFL of the link", __NR_fcntl, {link, F_GETFL}, O_PATH | O_NOFOLLOW},
        {"F_SETFL", __NR_fcntl, {fd, F_SETFL, O_APPEND}, -EBADF},
        {"F_GETFD", __NR_fcntl, {fd, F_GETFD}, 0},
        {"F_GETLK", __NR_fcntl, {fd, F_GETLK, (long)buffer}, -EBADF},
        {"fstat", __NR_fstat, {fd, (long)&status}, 0},
        {"fstatfs", __NR_fstatfs, {fd, (long)buffer}, 0},
        {"fchdir to a file", __NR_fchdir, {fd}, -ENOTDIR},
        {"fchdir", __NR_fchdir, {dir}, 0},
        {"back", __NR_chdir, {(long)ROOT}, 0},
        {"fstatat with it", __NR_newfstatat, {dir, (long)"file", (long)&status, 0}, 0},
        {"a file is no directory", __NR_newfstatat, {fd, (long)"x", (long)&status, 0}, -ENOTDIR},
        {"nor for an empty name", __NR_newfstatat, {fd, (long)"", (long)&status, 0}, -ENOENT},
        {"AT_EMPTY_PATH", __NR_newfstatat, {link, (long)"", (long)&status, AT_EMPTY_PATH}, 0},
        {"readlinkat of the link", __NR_readlinkat, {link, (long)"", (long)buffer, 100}, 8},
        {"readlinkat of a file", __NR_readlinkat, {fd, (long)"", (long)buffer, 100}, -ENOENT},
        {"fchownat of the link", __NR_fchownat, {link, (long)"", 0, 0, AT_EMPTY_PATH}, 0},
        {"dup", __NR_dup3, {fd, 90, 0}, 90},
        {"close", __NR_close, {90}, 0},
        {"O_PATH with O_CREAT makes nothing",
         __NR_open,
         {(long)"none", O_PATH | O_CREAT, 0600},
         -ENOENT},
        {"the rest is passed over",
         __NR_openat,
         {dir, (long)"file", O_PATH | O_DIRECTORY},
         -ENOTDIR},
    };
    CHECK_CALLS(cases);
    check_result("it was a link", kind("to-file"), (long)(status.st_mode & S_IFMT));
    snprintf(buffer, sizeof(buffer), "/proc/self/fd/%d", fd);
    check_result("opened for good", opens(buffer, O_RDWR), 0);
    check_result("O_NOFOLLOW", opens(buffer, O_RDWR | O_NOFOLLOW), -ELOOP);
    call(__NR_close, fd);
    call(__NR_close, dir);
    call(__NR_close, link);
}

static long resolves(int dirfd, const char *name, unsigned long flags, unsigned long resolve)
{
    struct open_how how = {.flags = flags, .resolve = resolve};
    long fd = call(__NR_openat2, dirfd, name, &how, sizeof(how));
    if (fd < 0)
        return fd;
    call(__NR_close, fd);
    return 0;
}

static void test_resolve(void)
{
    int dir = (int)call(__NR_openat, AT_FDCWD, "dir", O_PATH);
    const struct {
        const char *name, *path;
        unsigned long resolve;
        long expected;
    } cases[] = {
        {"no rules", "../to-dir/file", 0, 0},
        {"beneath", "sub/../file", RESOLVE_BENEATH, 0},
        {"beneath: above", "../to-file", RESOLVE_BENEATH, -EXDEV},
        {"beneath: above and back", "../dir/file", RESOLVE_BENEATH, -EXDEV},
        {"beneath: a link above", "sub/up/to-file", RESOLVE_BENEATH, -EXDEV},
        {"beneath: from the root", "/dev", RESOLVE_BENEATH, -EXDEV},
        {"beneath: nothing", "nothing", RESOLVE_BENEATH, -ENOENT},
        {"in root: above", "../../file", RESOLVE_IN_ROOT, 0},
        {"in root: a link above", "sub/up/file", RESOLVE_IN_ROOT, 0},
        {"in root: from the root", "/file", RESOLVE_IN_ROOT, 0},
        {"in root: the outside", "/dev", RESOLVE_IN_ROOT, -ENOENT},
        {"no links: none", "sub/../file", RESOLVE_NO_SYMLINKS, 0},
        {"no links: one in the middle", "sub/up/to-file", RESOLVE_NO_SYMLINKS, -ELOOP},
        {"no links: one at the end", "../to-file", RESOLVE_NO_SYMLINKS, -ELOOP},
        {"no magic links: ordinary ones", "../to-file", RESOLVE_NO_MAGICLINKS, 0},
        {"no magic links: a magic one", "/proc/self/cwd", RESOLVE_NO_MAGICLINKS, -ELOOP},
        {"no magic links: in the middle", "/proc/self/cwd/dir", RESOLVE_NO_MAGICLINKS, -ELOOP},
        {"one mount", "../dir/file", RESOLVE_NO_XDEV, 0},
        {"one mount: out of it", "../../..", RESOLVE_NO_XDEV, -EXDEV},
        {"one mount: from the root", "/dev", RESOLVE_NO_XDEV, -EXDEV},
        {"one mount: by a magic link", "/proc/self/cwd", RESOLVE_NO_XDEV, -EXDEV},
        {"cached", "file", RESOLVE_CACHED, 0},
        {"beneath and in root", "file", RESOLVE_BENEATH | RESOLVE_IN_ROOT, -EINVAL},
        {"unknown", "file", 0x40, -EINVAL},
        {"unknown, high", "file", 1UL << 40, -EINVAL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        check_result(cases[i].name, resolves(dir, cases[i].path, O_RDONLY, cases[i].resolve),
                     cases[i].expected);
    check_result("no links: the link itself",
                 resolves(dir, "../to-file", O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS), 0);
    check_result("no magic links: it itself",
                 resolves(dir, "/proc/self/cwd", O_PATH | O_NOFOLLOW, RESOLVE_NO_MAGICLINKS), 0);
    check_result("down into a mount",
                 resolves(AT_FDCWD, "/proc/../dev/shm", O_RDONLY, RESOLVE_NO_XDEV), -EXDEV);
    check_result("cached and O_TRUNC", resolves(dir, "file", O_TRUNC, RESOLVE_CACHED), -EAGAIN);
    check_result("beneath, creating above",
                 resolves(dir, "../x", O_CREAT | O_RDWR, RESOLVE_BENEATH), -EXDEV);
    check_result("beneath, creating through a link above",
                 resolves(AT_FDCWD, "dir/sub/up/x", O_CREAT | O_RDWR, RESOLVE_NO_SYMLINKS), -ELOOP);
    check_result("O_PATH with O_RDWR", resolves(dir, "file", O_PATH | O_RDWR, 0), -EINVAL);
    check_result("unknown flags", resolves(dir, "file", 0x20000000, 0), -EINVAL);
    check_result("high flags", resolves(dir, "file", 1UL << 40, 0), -EINVAL);
    call(__NR_close, dir);
}

static void test_how(void)
{
    struct {
        struct open_how how;
        unsigned long more;
    } wide = {.how = {.flags = O_RDONLY}};
    struct open_how mode = {.flags = O_RDONLY, .mode = 0600};
    struct open_how bad_mode = {.flags = O_CREAT, .mode = 0100600};
    const struct call_case cases[] = {
        {"too small", __NR_openat2, {AT_FDCWD, (long)".", (long)&mode, 16}, -EINVAL},
        {"no size", __NR_openat2, {AT_FDCWD, (long)".", (long)&mode, 0}, -EINVAL},
        {"too large", __NR_openat2, {AT_FDCWD, (long)".", (long)&wide, 4097}, -E2BIG},
        {"a mode without a file", __NR_openat2, {AT_FDCWD, (long)".", (long)&mode, 24}, -EINVAL},
        {"no mode at all", __NR_openat2, {AT_FDCWD, (long)"x", (long)&bad_mode, 24}, -EINVAL},
        {"nowhere", __NR_openat2, {AT_FDCWD, (long)".", 8, 24}, -EFAULT},
    };
    CHECK_CALLS(cases);
    long fd = call(__NR_openat2, AT_FDCWD, ".", &wide, sizeof(wide));
    check("larger with zeros", fd >= 0);
    check_result("O_LARGEFILE by itself", call(__NR_fcntl, fd, F_GETFL), 0100000);
    call(__NR_close, fd);
    wide.more = 1;
    check_result("larger with something", call(__NR_openat2, AT_FDCWD, ".", &wide, sizeof(wide)),
                 -E2BIG);
}

int main(void)
{
    make_tree();
    test_slashes();
    test_flags();
    test_lengths();
    test_ends_of_memory();
    test_chains();
    test_path_only();
    test_resolve();
    test_how();
    remove_tree();
    return check_finish();
}
