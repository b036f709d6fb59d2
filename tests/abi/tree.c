/* SPDX-License-Identifier: MIT */
/*
 * The tree of names as it changes: renaming, files without a name, what is open and removed, reading
 * a directory that changes, another root.
 */
#include "tests/abi/check.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define ROOT "/dev/shm/galette-tree"

static struct stat status;
static char buffer[8192];

static long make(const char *name)
{
    long fd = call(__NR_open, name, O_CREAT | O_EXCL | O_RDWR, 0644);
    if (fd >= 0)
        call(__NR_write, fd, name, strlen(name));
    return fd < 0 ? fd : call(__NR_close, fd);
}

static long links(const char *name)
{
    long error = call(__NR_newfstatat, AT_FDCWD, name, &status, AT_SYMLINK_NOFOLLOW);
    return error < 0 ? error : (long)status.st_nlink;
}

static unsigned long number(const char *name)
{
    return links(name) < 0 ? 0 : status.st_ino;
}

static long rename_as(const char *from, const char *to, unsigned flags)
{
    return call(__NR_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

/* The first bytes of a file are its first name. */
static bool holds(const char *name, const char *first)
{
    long fd = call(__NR_open, name, O_RDONLY);
    long got = call(__NR_read, fd, buffer, sizeof(buffer));
    call(__NR_close, fd);
    return got == (long)strlen(first) && memcmp(buffer, first, (size_t)got) == 0;
}

static void test_rename(void)
{
    check_result("a", call(__NR_mkdir, "a", 0755), 0);
    check_result("a/in", call(__NR_mkdir, "a/in", 0755), 0);
    check_result("b", call(__NR_mkdir, "b", 0755), 0);
    check_result("f", make("f"), 0);
    check_result("g", make("g"), 0);
    check_result("a link", call(__NR_symlink, "f", "l"), 0);
    check_result("a second name", call(__NR_link, "f", "f2"), 0);
    check_result("to itself", rename_as("f", "f", 0), 0);
    check_result("to its second name", rename_as("f", "f2", 0), 0);
    check_result("both are there", links("f"), 2);
    check_result("NOREPLACE", rename_as("f", "g", RENAME_NOREPLACE), -EEXIST);
    check_result("NOREPLACE to itself", rename_as("f", "f", RENAME_NOREPLACE), -EEXIST);
    check_result("NOREPLACE to a new name", rename_as("f2", "f3", RENAME_NOREPLACE), 0);
    check_result("over a file", rename_as("f3", "g", 0), 0);
    check("it is the file", holds("g", "f"));
    check_result("with its links", links("g"), 2);
    check_result("nothing", rename_as("nothing", "x", 0), -ENOENT);
    check_result("a file over a directory", rename_as("f", "a", 0), -EISDIR);
    check_result("a directory over a file", rename_as("a", "f", 0), -ENOTDIR);
    check_result("a directory over a full one", rename_as("b", "a", 0), -ENOTEMPTY);
    check_result("a directory into itself", rename_as("a", "a/in/x", 0), -EINVAL);
    check_result("over what it is in", rename_as("a/in", "a", 0), -ENOTEMPTY);
    check_result("a dot", rename_as("a/.", "x", 0), -EBUSY);
    check_result("two dots", rename_as("a/in/..", "x", 0), -EBUSY);
    check_result("to a dot", rename_as("b", "a/.", 0), -EBUSY);
    check_result("a file with a slash", rename_as("f/", "x", 0), -ENOTDIR);
    check_result("a file to a slash", rename_as("f", "x/", 0), -ENOTDIR);
    check_result("a directory with slashes", rename_as("b/", "b2/", 0), 0);
    check_result("a link is not followed", rename_as("l", "l2", 0), 0);
    check_result("to another file system", rename_as("f", "/proc/x", 0), -EXDEV);
    check_result("a mount", rename_as("/dev/shm", "/dev/shn", 0), -EBUSY);
    check_result("bad flags", rename_as("f", "x", 0x80), -EINVAL);
    check_result("NOREPLACE and EXCHANGE", rename_as("f", "g", 3), -EINVAL);
    check_result("EXCHANGE with nothing", rename_as("f", "nothing", RENAME_EXCHANGE), -ENOENT);
    check_result("EXCHANGE with what is in it", rename_as("a", "a/in", RENAME_EXCHANGE), -EINVAL);
    check_result("EXCHANGE with what it is in", rename_as("a/in", "a", RENAME_EXCHANGE), -EINVAL);
    check_result("a long way", rename_as("f", "a/in/a-name-that-is-longer-than-most-names", 0), 0);
    check("it is there", holds("a/in/a-name-that-is-longer-than-most-names", "f"));
    check_result("and back", rename_as("a/in/a-name-that-is-longer-than-most-names", "f", 0), 0);
}

static void test_exchange(void)
{
    unsigned long in = number("a/in"), file = number("f");
    long size_a, size_root;
    links("a");
    size_a = status.st_size;
    links(".");
    size_root = status.st_size;
    check_result("links before", links("."), 4);
    check_result("a directory and a file", rename_as("a/in", "f", RENAME_EXCHANGE), 0);
    check("they are exchanged", number("f") == in && number("a/in") == file);
    check_result("one directory less", links("a"), 2);
    check("it keeps its size", status.st_size == size_a);
    check_result("one more", links("."), 5);
    check("it keeps its size", status.st_size == size_root);
    check("the directory knows its parent", links("f/..") == 5);
    check_result("back", rename_as("f", "a/in", RENAME_EXCHANGE), 0);
    check("as before", number("a/in") == in && number("f") == file);
    check_result("a file and a link", rename_as("f", "l2", RENAME_EXCHANGE), 0);
    check_result("the link leads to itself", call(__NR_open, "f", O_RDONLY), -ELOOP);
    check_result("back again", rename_as("f", "l2", RENAME_EXCHANGE), 0);
    check_result("a directory moves up", rename_as("a/in", "in", 0), 0);
    check_result("its parent has a link less", links("a"), 2);
    check_result("over an empty one", rename_as("b2", "in", 0), 0);
    check_result("which is gone", links("."), 4);
    const char *files[] = {"f", "g", "l2"}, *directories[] = {"a", "in"};
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
        check_result(files[i], call(__NR_unlink, files[i]), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(directories); i++)
        check_result(directories[i], call(__NR_rmdir, directories[i]), 0);
    check_result("empty", links("."), 2);
    check_result("two names", status.st_size, 40);
}

static void test_nameless(void)
{
    int fd = (int)call(__NR_openat, AT_FDCWD, ".", O_TMPFILE | O_RDWR, 04640);
    int lone = (int)call(__NR_openat, AT_FDCWD, ".", O_TMPFILE | O_WRONLY | O_EXCL, 0600);
    check("O_TMPFILE", fd >= 0 && lone >= 0);
    check_result("fstat", call(__NR_fstat, fd, &status), 0);
    check("no links", status.st_nlink == 0 && status.st_mode == (S_IFREG | 04640));
    check_result("no name", links("."), 2);
    check_result("two names", status.st_size, 40);
    check_result("write", call(__NR_write, fd, "nameless", 8), 8);
    snprintf(buffer, sizeof(buffer), "/proc/self/fd/%d", lone);
    check_result("O_EXCL", call(__NR_linkat, AT_FDCWD, buffer, AT_FDCWD, "n", AT_SYMLINK_FOLLOW),
                 -ENOENT);
    check_result("nor so", call(__NR_linkat, lone, "", AT_FDCWD, "n", AT_EMPTY_PATH), -ENOENT);
    snprintf(buffer, sizeof(buffer), "/proc/self/fd/%d", fd);
    check_result("the link in /proc itself", call(__NR_linkat, AT_FDCWD, buffer, AT_FDCWD, "n", 0),
                 -EXDEV);
    check_result("a name", call(__NR_linkat, AT_FDCWD, buffer, AT_FDCWD, "n", AT_SYMLINK_FOLLOW),
                 0);
    check_result("one link", links("n"), 1);
    check("its bytes", holds("n", "nameless"));
    check_result("two", call(__NR_linkat, fd, "", AT_FDCWD, "n2", AT_EMPTY_PATH), 0);
    check_result("a name that exists", call(__NR_linkat, fd, "", AT_FDCWD, "n2", AT_EMPTY_PATH),
                 -EEXIST);
    check_result("none", call(__NR_unlink, "n2") + call(__NR_unlink, "n"), 0);
    check_result("never again", call(__NR_linkat, fd, "", AT_FDCWD, "n", AT_EMPTY_PATH), -ENOENT);
    const struct call_case cases[] = {
        {"for reading", __NR_openat, {AT_FDCWD, (long)".", O_TMPFILE, 0600}, -EINVAL},
        {"and O_CREAT",
         __NR_openat,
         {AT_FDCWD, (long)".", O_TMPFILE | O_CREAT | O_RDWR, 0600},
         -EINVAL},
        {"in nothing", __NR_openat, {AT_FDCWD, (long)"nothing", O_TMPFILE | O_RDWR, 0600}, -ENOENT},
        {"in a file",
         __NR_openat,
         {AT_FDCWD, (long)"/proc/version", O_TMPFILE | O_RDWR, 0600},
         -ENOTDIR},
        {"in /proc", __NR_openat, {AT_FDCWD, (long)"/proc", O_TMPFILE | O_RDWR, 0600}, -EOPNOTSUPP},
        {"close", __NR_close, {fd}, 0},
        {"close", __NR_close, {lone}, 0},
    };
    CHECK_CALLS(cases);
}

static void test_open_and_removed(void)
{
    check_result("a file", make("open"), 0);
    int fd = (int)call(__NR_open, "open", O_RDWR);
    char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    check("open and mapped", fd >= 0 && page != MAP_FAILED);
    check_result("removed", call(__NR_unlink, "open"), 0);
    check_result("another of that name", make("open"), 0);
    check_result("no links", call(__NR_fstat, fd, &status), 0);
    check("none", status.st_nlink == 0);
    check_result("write", call(__NR_pwrite64, fd, "OPEN and removed", 16, 0), 16);
    check("the mapping sees it", memcmp(page, "OPEN and", 8) == 0);
    check("the new one does not", holds("open", "open"));
    snprintf(buffer, sizeof(buffer), "/proc/self/fd/%d", fd);
    check_result("its name", call(__NR_readlink, buffer, buffer + 4096, 4096),
                 (long)sizeof(ROOT "/open (deleted)") - 1);
    check("says so",
          memcmp(buffer + 4096, ROOT "/open (deleted)", sizeof(ROOT "/open (deleted)") - 1) == 0);
    int again = (int)call(__NR_open, buffer, O_RDONLY);
    check_result("opened by /proc", call(__NR_read, again, buffer, 100), 16);
    call(__NR_close, again);
    call(__NR_close, fd);
    check("the mapping stays", memcmp(page, "OPEN and", 8) == 0);
    munmap(page, PAGE);
    check_result("over an open one", make("other"), 0);
    fd = (int)call(__NR_open, "open", O_RDONLY);
    check_result("rename", call(__NR_rename, "other", "open"), 0);
    check_result("the old bytes", call(__NR_read, fd, buffer, 100), 4);
    call(__NR_close, fd);
    check_result("open", call(__NR_unlink, "open"), 0);
}

/* Reads entries until the buffer is full; counts those whose name starts with `first`. */
static long read_names(int fd, char first, long *count)
{
    long got = call(__NR_getdents64, fd, buffer, 200);
    for (long at = 0; at < got;) {
        struct dirent64 *entry = (struct dirent64 *)(buffer + at);
        *count += entry->d_name[0] == first;
        at += entry->d_reclen;
    }
    return got;
}

static void test_reading(void)
{
    char name[20];
    long old = 0, new = 0, got;
    int fd = (int)call(__NR_open, ".", O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "old%d", i);
        make(name);
    }
    /* Names that were there and are not touched come exactly once, whatever else happens. */
    for (int i = 0; (got = read_names(fd, 'o', &old)) > 0; i++) {
        snprintf(name, sizeof(name), "new%d", i);
        make(name);
        if (i >= 3) {
            snprintf(name, sizeof(name), "new%d", i - 3);
            call(__NR_unlink, name);
        }
    }
    check_result("the end", got, 0);
    check_result("each once", old, 100);
    check_result("still the end", call(__NR_getdents64, fd, buffer, 200), 0);
    check_result("again", call(__NR_lseek, fd, 0, SEEK_SET), 0);
    old = 0;
    while (read_names(fd, 'o', &old) > 0) {
    }
    check_result("as many", old, 100);
    call(__NR_lseek, fd, 0, SEEK_SET);
    call(__NR_getdents64, fd, buffer, 200);
    struct dirent64 *entry = (struct dirent64 *)buffer;
    check("a dot", strcmp(entry->d_name, ".") == 0 && entry->d_type == DT_DIR);
    entry = (struct dirent64 *)(buffer + entry->d_reclen);
    check("two dots", strcmp(entry->d_name, "..") == 0 && entry->d_type == DT_DIR);
    long place = entry->d_off;
    entry = (struct dirent64 *)((char *)entry + entry->d_reclen);
    strcpy(name, entry->d_name);
    check("a file", entry->d_type == DT_REG && entry->d_ino == number(name));
    check_result("seekdir", call(__NR_lseek, fd, place, SEEK_SET), place);
    call(__NR_getdents64, fd, buffer, 200);
    check("goes on there", strcmp(((struct dirent64 *)buffer)->d_name, name) == 0);
    check_result("too little room", call(__NR_getdents64, fd, buffer, 20), -EINVAL);
    check_result("no room", call(__NR_getdents64, fd, buffer, 0), -EINVAL);
    check_result("a bad buffer", call(__NR_getdents64, fd, 8, 100), -EFAULT);
    check_result("a file", call(__NR_getdents64, 1, buffer, 100), -ENOTDIR);
    check_result("read", call(__NR_read, fd, buffer, 100), -EISDIR);
    check_result("write", call(__NR_write, fd, buffer, 100), -EBADF);
    check_result("a negative place", call(__NR_lseek, fd, -1, SEEK_SET), -EINVAL);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), i < 100 ? "old%d" : "new%d", i % 100);
        call(__NR_unlink, name);
        new += links(name) == -ENOENT;
    }
    check_result("all gone", new, 200);
    check_result("a directory", call(__NR_mkdir, "gone", 0755), 0);
    int gone = (int)call(__NR_open, "gone", O_RDONLY);
    check_result("removed", call(__NR_rmdir, "gone"), 0);
    check_result("has no entries", call(__NR_getdents64, gone, buffer, 100), -ENOENT);
    check_result("nothing is made there", call(__NR_openat, gone, "x", O_CREAT, 0600), -ENOENT);
    check_result("nor moved there",
                 call(__NR_renameat, AT_FDCWD, "/dev/shm/galette-tree/x", gone, "x"), -ENOENT);
    call(__NR_close, gone);
    call(__NR_close, fd);
}

static void test_places(void)
{
    const struct call_case cases[] = {
        {"chdir to nothing", __NR_chdir, {(long)"nothing"}, -ENOENT},
        {"chdir to a file", __NR_chdir, {(long)"/proc/version"}, -ENOTDIR},
        {"fchdir to a file", __NR_fchdir, {1}, -ENOTDIR},
        {"fchdir to nothing", __NR_fchdir, {99}, -EBADF},
        {"getcwd", __NR_getcwd, {(long)buffer, 100}, sizeof(ROOT)},
        {"getcwd with too little room", __NR_getcwd, {(long)buffer, sizeof(ROOT) - 1}, -ERANGE},
        {"getcwd into nothing", __NR_getcwd, {8, 100}, -EFAULT},
        {"chroot to nothing", __NR_chroot, {(long)"nothing"}, -ENOENT},
        {"chroot to a file", __NR_chroot, {(long)"/proc/version"}, -ENOTDIR},
        {"mkdir", __NR_mkdir, {(long)"inner", 0755}, 0},
        {"mkdir", __NR_mkdir, {(long)"inner/deep", 0755}, 0},
        {"a link from the root", __NR_symlink, {(long)"/deep", (long)"inner/to-deep"}, 0},
        {"chdir", __NR_chdir, {(long)"inner/deep"}, 0},
        {"chroot above us", __NR_chroot, {(long)".."}, 0},
        {"getcwd", __NR_getcwd, {(long)buffer, 100}, 6},
        {"a link from the new root", __NR_chdir, {(long)"/to-deep"}, 0},
        {"above the root is the root", __NR_chdir, {(long)"/../../.."}, 0},
        {"getcwd", __NR_getcwd, {(long)buffer, 100}, 2},
        {"the old root cannot be found", __NR_chdir, {(long)"/dev/shm"}, -ENOENT},
    };
    int root = (int)call(__NR_open, "/", O_PATH);
    CHECK_CALLS(cases);
    check_result("but it is still open", call(__NR_fchdir, root), 0);
    check_result("getcwd outside of the root", call(__NR_getcwd, buffer, 100), 15);
    check("says so", strcmp(buffer, "(unreachable)/") == 0);
    check_result("back", call(__NR_chroot, "."), 0);
    check_result("as before", call(__NR_chdir, ROOT), 0);
    call(__NR_close, root);
    check_result("unlink", call(__NR_unlink, "inner/to-deep"), 0);
    check_result("rmdir", call(__NR_rmdir, "inner/deep") + call(__NR_rmdir, "inner"), 0);
}

int main(void)
{
    mkdir(ROOT, 0755);
    check_result("chdir", call(__NR_chdir, ROOT), 0);
    test_rename();
    test_exchange();
    test_nameless();
    test_open_and_removed();
    test_reading();
    test_places();
    check_result("the end", call(__NR_rmdir, ROOT), 0);
    return check_finish();
}
