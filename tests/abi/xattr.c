/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes on tmpfs: set, get, list and remove, by path, by link and by descriptor.
 * Nothing is said of user.* on ordinary files, which tmpfs has had since Linux 6.6 only.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#define FOLDER "/dev/shm/abi-xattr"
#define FILE   FOLDER "/file"
#define LINK   FOLDER "/link"
#define FIFO   FOLDER "/fifo"

static char buffer[XATTR_SIZE_MAX + 4096];
static char long_name[400];
static int file;

static long set(const char *name, const char *value, int flags)
{
    return call(__NR_setxattr, FILE, name, value, strlen(value), flags);
}

/* The value of `name`, ended by a NUL. */
static const char *get(const char *name)
{
    long size = call(__NR_getxattr, FILE, name, buffer, sizeof(buffer) - 1);

    if (size < 0)
        return "(none)";
    buffer[size] = '\0';
    return buffer;
}

/* Is `name` in the list of `size` bytes in the buffer? */
static bool listed(long size, const char *name)
{
    for (long at = 0; at < size; at += strlen(buffer + at) + 1)
        if (strcmp(buffer + at, name) == 0)
            return true;
    return false;
}

static void test_names(void)
{
    struct call_case cases[] = {
        {"no name", __NR_setxattr, {(long)FILE, (long)"", (long)"x", 1, 0}, -ERANGE},
        {"a name from nowhere", __NR_setxattr, {(long)FILE, 0, (long)"x", 1, 0}, -EFAULT},
        {"a name of 256", __NR_setxattr, {(long)FILE, (long)long_name, (long)"x", 1, 0}, -ERANGE},
        {"get by it", __NR_getxattr, {(long)FILE, (long)long_name, (long)buffer, 9}, -ERANGE},
        {"remove by it", __NR_removexattr, {(long)FILE, (long)long_name}, -ERANGE},
        {"get without a name", __NR_getxattr, {(long)FILE, (long)"", (long)buffer, 9}, -ERANGE},
        {"remove without a name", __NR_removexattr, {(long)FILE, (long)""}, -ERANGE},
        {"no namespace", __NR_setxattr, {(long)FILE, (long)"name", (long)"x", 1, 0}, -EOPNOTSUPP},
        {"one nobody knows",
         __NR_setxattr,
         {(long)FILE, (long)"my.x", (long)"x", 1, 0},
         -EOPNOTSUPP},
        {"get from it", __NR_getxattr, {(long)FILE, (long)"my.x", (long)buffer, 9}, -EOPNOTSUPP},
        {"remove from it", __NR_removexattr, {(long)FILE, (long)"my.x"}, -EOPNOTSUPP},
        {"the namespace alone",
         __NR_setxattr,
         {(long)FILE, (long)"trusted.", (long)"x", 1, 0},
         -EINVAL},
        {"get it", __NR_getxattr, {(long)FILE, (long)"trusted.", (long)buffer, 9}, -EINVAL},
        {"remove it", __NR_removexattr, {(long)FILE, (long)"trusted."}, -EINVAL},
        {"a namespace without its dot",
         __NR_setxattr,
         {(long)FILE, (long)"trusted", 0, 0, 0},
         -EOPNOTSUPP},
    };

    CHECK_CALLS(cases);
    long_name[255] = '\0';
    check_result("a name of 255", set(long_name, "long", 0), 0);
    check("it is there", strcmp(get(long_name), "long") == 0);
    check_result("remove it", call(__NR_removexattr, FILE, long_name), 0);
}

static void test_flags(void)
{
    check_result("replace what is not there", set("trusted.a", "1", XATTR_REPLACE), -ENODATA);
    check_result("both flags, not there", set("trusted.a", "1", XATTR_CREATE | XATTR_REPLACE),
                 -ENODATA);
    check_result("create", set("trusted.a", "1", XATTR_CREATE), 0);
    check_result("create what is there", set("trusted.a", "2", XATTR_CREATE), -EEXIST);
    check_result("both flags, there", set("trusted.a", "2", XATTR_CREATE | XATTR_REPLACE), -EEXIST);
    check("it is as it was", strcmp(get("trusted.a"), "1") == 0);
    check_result("replace", set("trusted.a", "longer", XATTR_REPLACE), 0);
    check("it is another", strcmp(get("trusted.a"), "longer") == 0);
    check_result("either", set("trusted.a", "3", 0), 0);
    check("it is the third", strcmp(get("trusted.a"), "3") == 0);
    check_result("a flag that is none", set("trusted.a", "4", 4), -EINVAL);
}

static void test_values(void)
{
    struct call_case cases[] = {
        {"a value from nowhere", __NR_setxattr, {(long)FILE, (long)"trusted.v", 0, 1, 0}, -EFAULT},
        {"an empty value from nowhere",
         __NR_setxattr,
         {(long)FILE, (long)"trusted.empty", 0, 0, 0},
         0},
        {"its size", __NR_getxattr, {(long)FILE, (long)"trusted.empty", 0, 0}, 0},
        {"read it", __NR_getxattr, {(long)FILE, (long)"trusted.empty", (long)buffer, 9}, 0},
        {"more than 64 KiB",
         __NR_setxattr,
         {(long)FILE, (long)"trusted.v", (long)buffer, XATTR_SIZE_MAX + 1, 0},
         -E2BIG},
        {"a negative size",
         __NR_setxattr,
         {(long)FILE, (long)"trusted.v", (long)buffer, -1, 0},
         -E2BIG},
        {"64 KiB",
         __NR_setxattr,
         {(long)FILE, (long)"trusted.v", (long)buffer, XATTR_SIZE_MAX, 0},
         0},
        {"read them",
         __NR_getxattr,
         {(long)FILE, (long)"trusted.v", (long)buffer, sizeof(buffer)},
         XATTR_SIZE_MAX},
        {"read less than there is",
         __NR_getxattr,
         {(long)FILE, (long)"trusted.v", (long)buffer, XATTR_SIZE_MAX - 1},
         -ERANGE},
        {"read with a negative size",
         __NR_getxattr,
         {(long)FILE, (long)"trusted.v", (long)buffer, -1},
         XATTR_SIZE_MAX},
        {"ask for the size alone",
         __NR_getxattr,
         {(long)FILE, (long)"trusted.v", 0, 0},
         XATTR_SIZE_MAX},
        {"read to nowhere",
         __NR_getxattr,
         {(long)FILE, (long)"trusted.v", 0, sizeof(buffer)},
         -EFAULT},
        {"read what is not there",
         __NR_getxattr,
         {(long)FILE, (long)"trusted.x", (long)buffer, 9},
         -ENODATA},
        {"remove it", __NR_removexattr, {(long)FILE, (long)"trusted.v"}, 0},
        {"remove it again", __NR_removexattr, {(long)FILE, (long)"trusted.v"}, -ENODATA},
        {"remove the empty one", __NR_removexattr, {(long)FILE, (long)"trusted.empty"}, 0},
    };

    CHECK_CALLS(cases);
}

/* The kernel reads this one itself, and takes it only in its form. */
static void test_capability(void)
{
    struct vfs_cap_data data = {.magic_etc = VFS_CAP_REVISION_2};

    check_result("no capabilities", set("security.capability", "nonsense", 0), -EINVAL);
    check_result("too few bytes", call(__NR_setxattr, FILE, "security.capability", &data, 3, 0),
                 -EINVAL);
    check_result("capabilities",
                 call(__NR_setxattr, FILE, "security.capability", &data, sizeof(data), 0), 0);
    check_result("remove them", call(__NR_removexattr, FILE, "security.capability"), 0);
}

static void test_list(void)
{
    set("trusted.a", "1", 0);
    set("security.b", "2", 0);
    long size = call(__NR_listxattr, FILE, buffer, sizeof(buffer));
    check("both are listed", listed(size, "trusted.a") && listed(size, "security.b"));
    check_result("ask for the size alone", call(__NR_listxattr, FILE, NULL, 0), size);
    check_result("too little room", call(__NR_listxattr, FILE, buffer, size - 1), -ERANGE);
    check_result("just enough", call(__NR_listxattr, FILE, buffer, size), size);
    check_result("to nowhere", call(__NR_listxattr, FILE, NULL, size), -EFAULT);
    check_result("by descriptor", call(__NR_flistxattr, file, buffer, size), size);
    check_result("by the link", call(__NR_listxattr, LINK, buffer, size), size);
    long own = call(__NR_llistxattr, LINK, buffer, sizeof(buffer));
    check("of the link itself", own >= 0 && !listed(own, "trusted.a"));
}

static void test_ways(void)
{
    struct call_case cases[] = {
        {"set by the link", __NR_setxattr, {(long)LINK, (long)"trusted.w", (long)"1", 1, 0}, 0},
        {"get by descriptor", __NR_fgetxattr, {file, (long)"trusted.w", (long)buffer, 9}, 1},
        {"the link has none",
         __NR_lgetxattr,
         {(long)LINK, (long)"trusted.w", (long)buffer, 9},
         -ENODATA},
        {"set on the link", __NR_lsetxattr, {(long)LINK, (long)"trusted.w", (long)"22", 2, 0}, 0},
        {"get from the link", __NR_lgetxattr, {(long)LINK, (long)"trusted.w", (long)buffer, 9}, 2},
        {"the file has its own", __NR_lgetxattr, {(long)FILE, (long)"trusted.w", 0, 0}, 1},
        {"remove from the link", __NR_lremovexattr, {(long)LINK, (long)"trusted.w"}, 0},
        {"set by descriptor", __NR_fsetxattr, {file, (long)"trusted.w", (long)"333", 3, 0}, 0},
        {"get by the link", __NR_getxattr, {(long)LINK, (long)"trusted.w", 0, 0}, 3},
        {"remove by descriptor", __NR_fremovexattr, {file, (long)"trusted.w"}, 0},
        {"remove by the link", __NR_removexattr, {(long)LINK, (long)"trusted.w"}, -ENODATA},
        {"a directory has them, too",
         __NR_setxattr,
         {(long)FOLDER, (long)"trusted.d", (long)"x", 1, 0},
         0},
        {"so has a fifo", __NR_setxattr, {(long)FIFO, (long)"trusted.f", (long)"x", 1, 0}, 0},
        {"but not for users", __NR_setxattr, {(long)FIFO, (long)"user.f", (long)"x", 1, 0}, -EPERM},
        {"nor is there one",
         __NR_getxattr,
         {(long)FIFO, (long)"user.f", (long)buffer, 9},
         -ENODATA},
        {"nor can it be removed", __NR_removexattr, {(long)FIFO, (long)"user.f"}, -EPERM},
        {"nor on a link", __NR_lsetxattr, {(long)LINK, (long)"user.f", (long)"x", 1, 0}, -EPERM},
        {"a path that is none",
         __NR_getxattr,
         {(long)FOLDER "/none", (long)"trusted.a", 0, 0},
         -ENOENT},
        {"a path from nowhere", __NR_listxattr, {0, 0, 0}, -EFAULT},
        {"a descriptor that is not open", __NR_fgetxattr, {99, (long)"trusted.a", 0, 0}, -EBADF},
        {"list of it", __NR_flistxattr, {99, 0, 0}, -EBADF},
    };

    CHECK_CALLS(cases);
}

static void test_other_files(void)
{
    int pipe[2];
    int path_only = (int)call(__NR_openat, AT_FDCWD, FILE, O_PATH);

    call(__NR_pipe2, pipe, 0);
    struct call_case cases[] = {
        {"a path alone", __NR_fgetxattr, {path_only, (long)"trusted.a", 0, 0}, -EBADF},
        {"a pipe has none",
         __NR_fsetxattr,
         {pipe[0], (long)"trusted.a", (long)"x", 1, 0},
         -EOPNOTSUPP},
        {"of no kind", __NR_fgetxattr, {pipe[0], (long)"trusted.a", 0, 0}, -EOPNOTSUPP},
        {"for users least", __NR_fsetxattr, {pipe[0], (long)"user.a", (long)"x", 1, 0}, -EPERM},
        {"nothing to list", __NR_flistxattr, {pipe[0], (long)buffer, sizeof(buffer)}, 0},
    };
    CHECK_CALLS(cases);
    call(__NR_close, path_only);
    call(__NR_close, pipe[0]);
    call(__NR_close, pipe[1]);
}

/* More names than listxattr can return: it says so, whatever room there is. */
static void test_too_many(void)
{
    char name[256] = "trusted.";
    bool good = true;

    memset(name + 8, 'n', 247);
    for (int i = 0; i < 300; i++) {
        snprintf(name + 252, 4, "%03d", i);
        good &= call(__NR_setxattr, FILE, name, "", 0, 0) == 0;
    }
    check("300 long names", good);
    check_result("they are too many to list", call(__NR_listxattr, FILE, buffer, sizeof(buffer)),
                 -E2BIG);
    check_result("for little room that is the reason", call(__NR_listxattr, FILE, buffer, 1000),
                 -ERANGE);
    check("their size can be asked for", call(__NR_listxattr, FILE, NULL, 0) > 300 * 256);
    for (int i = 0; i < 300; i++) {
        snprintf(name + 252, 4, "%03d", i);
        good &= call(__NR_removexattr, FILE, name) == 0;
    }
    check("all removed", good);
}

int main(void)
{
    for (int fd = 3; fd < 100; fd++)
        call(__NR_close, fd);
    memset(long_name, 'l', sizeof(long_name) - 1);
    memcpy(long_name, "trusted.", 8);
    call(__NR_mkdir, FOLDER, 0700);
    file = (int)call(__NR_openat, AT_FDCWD, FILE, O_RDWR | O_CREAT | O_TRUNC, 0600);
    call(__NR_symlink, "file", LINK);
    call(__NR_mknod, FIFO, 0010600, 0);
    check("a file for it", file == 3);
    test_names();
    test_flags();
    test_values();
    test_capability();
    test_list();
    test_ways();
    test_other_files();
    test_too_many();
    call(__NR_unlink, FIFO);
    call(__NR_unlink, LINK);
    call(__NR_unlink, FILE);
    check_result("all is gone", call(__NR_rmdir, FOLDER), 0);
    return check_finish();
}
