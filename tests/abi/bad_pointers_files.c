/* SPDX-License-Identifier: MIT */
/* Bad pointers (hostile/pointers.c) for the calls that take names or move bytes. */
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "tests/abi/check.h"
#include "tests/abi/hostile/pointers.h"

/* Descriptors that main() makes: the tables below are constant. */
#define FILE_FD      50 /* of a regular file with some bytes */
#define OTHER_FD     51
#define DIRECTORY_FD 52
#define PIPE_OUT     53 /* with bytes in it */
#define PIPE_IN      54
#define WATCHES_FD   55

static char buffer[4096];
static char folder[] = "/tmp/galette-pointers-XXXXXX";
static char file[] = "f", missing[] = "m", name[] = "user.n";
static struct open_how how;

#define B ((long)buffer)
#define F ((long)file)
#define M ((long)missing)
#define N ((long)name)

static const struct pointer_case names[] = {
    {"open", __NR_open, {0, O_RDONLY}, 0, 0},
    {"creat", __NR_creat, {0, 0600}, 0, 0},
    {"openat", __NR_openat, {AT_FDCWD, 0, O_RDONLY}, 1, 0},
    {"openat2", __NR_openat2, {AT_FDCWD, 0, (long)&how, sizeof(how)}, 1, 0},
    {"openat2 how", __NR_openat2, {AT_FDCWD, F, 0, sizeof(how)}, 2, 0},
    {"stat path", __NR_stat, {0, B}, 0, 0},
    {"stat", __NR_stat, {F, 0}, 1, IS_WRITTEN},
    {"lstat path", __NR_lstat, {0, B}, 0, 0},
    {"lstat", __NR_lstat, {F, 0}, 1, IS_WRITTEN},
    {"statx path", __NR_statx, {AT_FDCWD, 0, 0, STATX_ALL, B}, 1, MAY_BE_NULL},
    {"statx", __NR_statx, {AT_FDCWD, F, 0, STATX_ALL, 0}, 4, IS_WRITTEN},
    {"newfstatat path", __NR_newfstatat, {DIRECTORY_FD, 0, B, 0}, 1, 0},
    {"statfs path", __NR_statfs, {0, B}, 0, 0},
    {"statfs", __NR_statfs, {F, 0}, 1, IS_WRITTEN},
    {"fstatfs", __NR_fstatfs, {FILE_FD, 0}, 1, IS_WRITTEN},
    {"access", __NR_access, {0, R_OK}, 0, 0},
    {"faccessat", __NR_faccessat, {DIRECTORY_FD, 0, R_OK}, 1, 0},
    {"faccessat2", __NR_faccessat2, {DIRECTORY_FD, 0, R_OK, 0}, 1, 0},
    {"truncate", __NR_truncate, {0, 1}, 0, 0},
    {"chdir", __NR_chdir, {0}, 0, 0},
    {"chroot", __NR_chroot, {0}, 0, 0},
    {"getcwd", __NR_getcwd, {0, 200}, 0, IS_WRITTEN},
    {"mkdir", __NR_mkdir, {0, 0700}, 0, 0},
    {"mkdirat", __NR_mkdirat, {DIRECTORY_FD, 0, 0700}, 1, 0},
    {"mknod", __NR_mknod, {0, S_IFREG | 0600, 0}, 0, 0},
    {"mknodat", __NR_mknodat, {DIRECTORY_FD, 0, S_IFIFO | 0600, 0}, 1, 0},
    {"rmdir", __NR_rmdir, {0}, 0, 0},
    {"unlink", __NR_unlink, {0}, 0, 0},
    {"unlinkat", __NR_unlinkat, {DIRECTORY_FD, 0, 0}, 1, 0},
    {"rename", __NR_rename, {0, M}, 0, 0},
    {"rename to", __NR_rename, {F, 0}, 1, 0},
    {"renameat", __NR_renameat, {DIRECTORY_FD, 0, DIRECTORY_FD, M}, 1, 0},
    {"renameat to", __NR_renameat, {DIRECTORY_FD, F, DIRECTORY_FD, 0}, 3, 0},
    {"renameat2", __NR_renameat2, {DIRECTORY_FD, 0, DIRECTORY_FD, M, 1}, 1, 0},
    {"renameat2 to", __NR_renameat2, {DIRECTORY_FD, F, DIRECTORY_FD, 0, 1}, 3, 0},
    {"link", __NR_link, {0, M}, 0, 0},
    {"link to", __NR_link, {F, 0}, 1, 0},
    {"linkat", __NR_linkat, {DIRECTORY_FD, 0, DIRECTORY_FD, M, 0}, 1, 0},
    {"linkat to", __NR_linkat, {DIRECTORY_FD, F, DIRECTORY_FD, 0, 0}, 3, 0},
    {"symlink", __NR_symlink, {0, M}, 0, 0},
    {"symlink to", __NR_symlink, {F, 0}, 1, 0},
    {"symlinkat", __NR_symlinkat, {0, DIRECTORY_FD, M}, 0, 0},
    {"symlinkat to", __NR_symlinkat, {F, DIRECTORY_FD, 0}, 2, 0},
    {"chmod", __NR_chmod, {0, 0600}, 0, 0},
    {"fchmodat", __NR_fchmodat, {DIRECTORY_FD, 0, 0600}, 1, 0},
    {"chown", __NR_chown, {0, -1, -1}, 0, 0},
    {"lchown", __NR_lchown, {0, -1, -1}, 0, 0},
    {"fchownat", __NR_fchownat, {DIRECTORY_FD, 0, -1, -1, 0}, 1, 0},
    {"utime path", __NR_utime, {0, B}, 0, 0},
    {"utime", __NR_utime, {F, 0}, 1, MAY_BE_NULL},
    {"utimes path", __NR_utimes, {0, B}, 0, 0},
    {"utimes", __NR_utimes, {F, 0}, 1, MAY_BE_NULL},
    {"futimesat path", __NR_futimesat, {DIRECTORY_FD, 0, B}, 1, MAY_BE_NULL},
    {"futimesat", __NR_futimesat, {DIRECTORY_FD, F, 0}, 2, MAY_BE_NULL},
    {"utimensat path", __NR_utimensat, {DIRECTORY_FD, 0, B, 0}, 1, MAY_BE_NULL},
    {"utimensat", __NR_utimensat, {DIRECTORY_FD, F, 0, 0}, 2, MAY_BE_NULL},
    {"inotify_add_watch", __NR_inotify_add_watch, {WATCHES_FD, 0, 1}, 1, 0},
    {"memfd_create", __NR_memfd_create, {0, 0}, 0, 0},
};

static const struct pointer_case attributes[] = {
    {"setxattr path", __NR_setxattr, {0, N, B, 4, 0}, 0, 0},
    {"setxattr name", __NR_setxattr, {F, 0, B, 4, 0}, 1, 0},
    {"setxattr", __NR_setxattr, {F, N, 0, 4, 0}, 2, 0},
    {"lsetxattr path", __NR_lsetxattr, {0, N, B, 4, 0}, 0, 0},
    {"lsetxattr name", __NR_lsetxattr, {F, 0, B, 4, 0}, 1, 0},
    {"lsetxattr", __NR_lsetxattr, {F, N, 0, 4, 0}, 2, 0},
    {"fsetxattr name", __NR_fsetxattr, {FILE_FD, 0, B, 4, 0}, 1, 0},
    {"fsetxattr", __NR_fsetxattr, {FILE_FD, N, 0, 4, 0}, 2, 0},
    {"getxattr path", __NR_getxattr, {0, N, B, 4}, 0, 0},
    {"getxattr name", __NR_getxattr, {F, 0, B, 4}, 1, 0},
    {"lgetxattr path", __NR_lgetxattr, {0, N, B, 4}, 0, 0},
    {"lgetxattr name", __NR_lgetxattr, {F, 0, B, 4}, 1, 0},
    {"fgetxattr name", __NR_fgetxattr, {FILE_FD, 0, B, 4}, 1, 0},
    {"listxattr path", __NR_listxattr, {0, B, 100}, 0, 0},
    {"llistxattr path", __NR_llistxattr, {0, B, 100}, 0, 0},
    {"removexattr path", __NR_removexattr, {0, N}, 0, 0},
    {"removexattr name", __NR_removexattr, {F, 0}, 1, 0},
    {"lremovexattr path", __NR_lremovexattr, {0, N}, 0, 0},
    {"lremovexattr name", __NR_lremovexattr, {F, 0}, 1, 0},
    {"fremovexattr name", __NR_fremovexattr, {FILE_FD, 0}, 1, 0},
};

static const struct pointer_case bytes[] = {
    {"pread64", __NR_pread64, {FILE_FD, 0, 8, 0}, 1, IS_WRITTEN | NO_STRADDLE},
    {"pwrite64", __NR_pwrite64, {FILE_FD, 0, 8, 0}, 1, NO_STRADDLE},
    {"readv", __NR_readv, {FILE_FD, 0, 1}, 1, 0},
    {"preadv", __NR_preadv, {FILE_FD, 0, 1, 0, 0}, 1, 0},
    {"pwritev", __NR_pwritev, {FILE_FD, 0, 1, 0, 0}, 1, 0},
    {"preadv2", __NR_preadv2, {FILE_FD, 0, 1, 0, 0, 0}, 1, 0},
    {"pwritev2", __NR_pwritev2, {FILE_FD, 0, 1, 0, 0, 0}, 1, 0},
    {"read of a pipe", __NR_read, {PIPE_OUT, 0, 8}, 1, IS_WRITTEN | NO_STRADDLE},
    {"write to a pipe", __NR_write, {PIPE_IN, 0, 8}, 1, 0},
    {"vmsplice", __NR_vmsplice, {PIPE_IN, 0, 1, 0}, 1, 0},
    {"getdents64", __NR_getdents64, {DIRECTORY_FD, 0, 4096}, 1, IS_WRITTEN},
    {"sendfile", __NR_sendfile, {PIPE_IN, FILE_FD, 0, 4}, 2, MAY_BE_NULL | IS_WRITTEN},
    {"splice from", __NR_splice, {FILE_FD, 0, PIPE_IN, 0, 4, 0}, 1, MAY_BE_NULL | IS_WRITTEN},
    {"splice to", __NR_splice, {PIPE_OUT, 0, FILE_FD, 0, 4, 0}, 3, MAY_BE_NULL},
    {"copy_file_range from", __NR_copy_file_range, {FILE_FD, 0, OTHER_FD, 0, 4, 0}, 1, MAY_BE_NULL},
    {"copy_file_range to", __NR_copy_file_range, {FILE_FD, 0, OTHER_FD, 0, 4, 0}, 3, MAY_BE_NULL},
    {"F_GETLK", __NR_fcntl, {FILE_FD, F_GETLK, 0}, 2, 0},
    {"F_SETLK", __NR_fcntl, {FILE_FD, F_SETLK, 0}, 2, 0},
    {"F_OFD_SETLK", __NR_fcntl, {FILE_FD, F_OFD_SETLK, 0}, 2, 0},
    {"F_GETOWN_EX", __NR_fcntl, {FILE_FD, F_GETOWN_EX, 0}, 2, IS_WRITTEN},
    {"F_SETOWN_EX", __NR_fcntl, {FILE_FD, F_SETOWN_EX, 0}, 2, 0},
    {"FIONREAD of a pipe", __NR_ioctl, {PIPE_OUT, FIONREAD, 0}, 2, IS_WRITTEN},
    {"FIONBIO", __NR_ioctl, {PIPE_OUT, FIONBIO, 0}, 2, 0},
};

static void make_files(void)
{
    int ends[2];

    check("a folder for the test", mkdtemp(folder) && call(__NR_chdir, folder) == 0);
    call(__NR_dup2, call(__NR_open, file, O_CREAT | O_RDWR, 0600), FILE_FD);
    call(__NR_dup2, call(__NR_open, "o", O_CREAT | O_RDWR, 0600), OTHER_FD);
    call(__NR_dup2, call(__NR_open, ".", O_RDONLY | O_DIRECTORY), DIRECTORY_FD);
    call(__NR_pipe2, ends, 0);
    call(__NR_dup2, ends[0], PIPE_OUT);
    call(__NR_dup2, ends[1], PIPE_IN);
    call(__NR_dup2, call(__NR_inotify_init1, 0), WATCHES_FD);
    call(__NR_write, FILE_FD, "some bytes, and more", 20);
    call(__NR_lseek, FILE_FD, 0, SEEK_SET);
    call(__NR_write, PIPE_IN, "some bytes, and more", 20);
}

int main(void)
{
    make_files();
    pointers_check(names, ARRAY_LENGTH(names));
    pointers_check(attributes, ARRAY_LENGTH(attributes));
    pointers_check(bytes, ARRAY_LENGTH(bytes));
    call(__NR_unlink, file);
    call(__NR_unlink, "o");
    check_result("nothing else was made", call(__NR_rmdir, folder), 0);
    return check_finish();
}
