/* SPDX-License-Identifier: MIT */
/*
 * Makes every system call that the kernel has, with arguments that show how the trace prints them:
 * good ones, flags that nobody knows, pointers to nowhere, lengths beyond all. The word on the command
 * line says which part. What comes back does not matter here: tests/diff/test_trace.py compares the
 * lines of strace with those of `--trace`.
 *
 * Linked to fixed addresses, and every buffer is static, so that most addresses are the same, too.
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <linux/ioprio.h>
#include <linux/membarrier.h>
#include <linux/openat2.h>
#include <poll.h>
#include <linux/sched.h>
#define sched_param linux_sched_param /* the C library has it, too */
#include <linux/sched/types.h>
#undef sched_param
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#define CALL(name, ...) syscall(SYS_##name, ##__VA_ARGS__)
#define NOWHERE         ((void *)0xdead000)
#define MOMENT_US       100000 /* a signal after that finds a call that waits, also on a busy machine */

static char buffer[70000];
static char text[] = "0123456789012345678901234567890123456789\n";

/* ---- Files -------------------------------------------------------------------------------------*/

static void open_files(void)
{
    static struct open_how how = {
        .flags = O_RDWR | O_CREAT, .mode = 0640, .resolve = RESOLVE_BENEATH};
    static struct open_how strange = {.flags = 1UL << 40, .resolve = 1UL << 30 | RESOLVE_IN_ROOT};
    static char long_name[5000];

    memset(long_name, 'n', sizeof(long_name) - 1);
    CALL(open, "made", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 04755);
    CALL(open, "nowhere", O_WRONLY | O_APPEND | O_NONBLOCK | O_DIRECTORY, 0);
    CALL(open, long_name, O_RDONLY);
    CALL(open, long_name + 900, O_RDONLY);
    CALL(open, NULL, 3 | 1u << 31);
    CALL(open, NOWHERE, O_PATH | O_NOFOLLOW);
    CALL(open, ".", O_TMPFILE | O_RDWR, 0600);
    CALL(open,
         "line\nbreak\t\"quoted\"\\ \1\33\377"
         "7",
         O_SYNC | O_DSYNC | O_DIRECT | O_NOATIME | O_NOCTTY);
    CALL(creat, "made2", 0644);
    CALL(openat, AT_FDCWD, "made", O_RDONLY);
    CALL(openat, 77, "made", O_RDONLY | O_EXCL | O_ASYNC);
    CALL(openat2, AT_FDCWD, "made3", &how, sizeof(how));
    CALL(openat2, -1, "made3", &strange, sizeof(strange));
    CALL(openat2, AT_FDCWD, "made3", &how, 3);
    CALL(openat2, AT_FDCWD, "made3", NOWHERE, sizeof(how));
    CALL(access, "made", R_OK | W_OK);
    CALL(access, "made", 010);
    CALL(faccessat, AT_FDCWD, "made", F_OK);
    CALL(faccessat2, AT_FDCWD, "made", X_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW);
    CALL(faccessat2, AT_FDCWD, "made", R_OK, 1 << 30);
    CALL(close_range, 20, ~0U, 0);
    CALL(close_range, 20, 30, CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC | 64);
    CALL(close, 99);
    CALL(close, -1);
}

static void tree(void)
{
    CALL(mkdir, "folder", 01777);
    CALL(mkdirat, AT_FDCWD, "folder/inner", 0);
    CALL(link, "made", "folder/linked");
    CALL(linkat, AT_FDCWD, "made", AT_FDCWD, "folder/linked2", AT_SYMLINK_FOLLOW | 2);
    CALL(symlink, "a target that is longer than thirty-two bytes are", "folder/soft");
    CALL(symlinkat, "there", AT_FDCWD, "folder/soft2");
    CALL(symlink, NULL, "folder/soft3");
    CALL(readlink, "folder/soft", buffer, 4096);
    CALL(readlink, "folder/soft", buffer, 3);
    CALL(readlink, "folder", buffer, 3);
    CALL(readlinkat, AT_FDCWD, "folder/soft2", buffer, 4096);
    CALL(readlinkat, AT_FDCWD, "folder/soft2", NOWHERE, 4096);
    CALL(rename, "folder/soft", "folder/softer");
    CALL(renameat, AT_FDCWD, "folder/softer", AT_FDCWD, "folder/soft");
    CALL(renameat2, AT_FDCWD, "folder/soft", AT_FDCWD, "folder/soft2", RENAME_EXCHANGE);
    CALL(renameat2, AT_FDCWD, "folder/soft", AT_FDCWD, "folder/soft2", RENAME_NOREPLACE | 64);
    CALL(mknod, "folder/pipe", S_IFIFO | 0644, 0);
    CALL(mknod, "folder/device", S_IFCHR | 0600, 0x103);
    CALL(mknodat, AT_FDCWD, "folder/plain", S_IFREG | S_ISUID | 0444, 0);
    CALL(mknodat, AT_FDCWD, "folder/odd", 0170000, 7);
    CALL(chmod, "made", 06700);
    CALL(fchmod, 3, 0644);
    CALL(fchmodat, AT_FDCWD, "made", 0600);
    CALL(chown, "made", 0, -1);
    CALL(fchown, 3, -1, 0);
    CALL(lchown, "folder/soft", 5, 6);
    CALL(fchownat, AT_FDCWD, "folder/soft", -1, -1, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
    CALL(truncate, "made", 100);
    CALL(truncate, "made", -1);
    CALL(ftruncate, 3, 1L << 40);
    CALL(ftruncate, 3, 10);
    CALL(umask, 0777);
    CALL(umask, 022);
    CALL(getcwd, buffer, 4096);
    CALL(getcwd, buffer, 2);
    CALL(getcwd, NOWHERE, 4096);
    CALL(chdir, "folder");
    CALL(chdir, "nowhere");
    int here = CALL(open, ".", O_RDONLY | O_DIRECTORY);
    CALL(getdents64, here, buffer, 4096);
    CALL(getdents64, here, buffer, 4096);
    CALL(lseek, here, 0, SEEK_SET);
    CALL(getdents64, here, buffer, 10);
    CALL(getdents64, here, NOWHERE, 4096);
    CALL(getdents64, 0, buffer, 4096);
    CALL(getdents, here, buffer, 4096);
    CALL(getdents, 99, buffer, 4096);
    CALL(fchdir, here);
    CALL(chdir, "..");
    CALL(close, here);
    CALL(unlink, "folder/plain");
    CALL(unlinkat, AT_FDCWD, "folder/inner", AT_REMOVEDIR);
    CALL(unlinkat, AT_FDCWD, "folder/inner", AT_REMOVEDIR | 1);
    CALL(rmdir, "folder");
    CALL(chroot, "/nowhere");
}

static void status(void)
{
    static struct stat found;
    static struct statx more;
    static struct statfs system;

    CALL(stat, "made", &found);
    CALL(stat, "folder", &found);
    CALL(stat, "/dev/null", &found);
    CALL(stat, "nowhere", &found);
    CALL(stat, "made", NOWHERE);
    CALL(lstat, "folder/soft", &found);
    CALL(fstat, 3, &found);
    CALL(newfstatat, AT_FDCWD, "folder/device", &found, AT_NO_AUTOMOUNT | AT_SYMLINK_NOFOLLOW);
    CALL(newfstatat, 3, "", &found, AT_EMPTY_PATH);
    CALL(newfstatat, 3, "", NULL, 0);
    CALL(statx, AT_FDCWD, "made", AT_STATX_SYNC_AS_STAT, STATX_BASIC_STATS, &more);
    CALL(statx, AT_FDCWD, "made", AT_STATX_DONT_SYNC | AT_SYMLINK_NOFOLLOW, STATX_ALL, &more);
    CALL(statx, AT_FDCWD, "/dev/null", AT_STATX_FORCE_SYNC | AT_NO_AUTOMOUNT,
         STATX_TYPE | STATX_MODE, &more);
    CALL(statx, AT_FDCWD, "nowhere", AT_EMPTY_PATH, STATX_SIZE | 1u << 30, &more);
    CALL(statx, AT_FDCWD, "made", AT_STATX_SYNC_TYPE, 0, NOWHERE);
    CALL(statfs, "/proc", &system);
    CALL(statfs, "nowhere", &system);
    CALL(fstatfs, 99, &system);
    CALL(fstatfs, 3, NOWHERE);
}

static void file_times(void)
{
    static struct timespec both[] = {{1000000000, 5}, {1700000000, 999999999}};
    static struct timespec special[] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
    static struct timespec now[] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    static struct timespec odd[] = {{-1, -1}, {1, 2000000000}};
    static struct timeval old[] = {{1000000000, 5}, {1700000000, 999999}};
    static struct timeval wrong[] = {{-1000000000, 5}, {1700000000, 9999999}};
    static struct utimbuf seconds = {1000000000, 1700000000};

    CALL(utime, "made", &seconds);
    CALL(utime, "made", NULL);
    CALL(utime, "made", NOWHERE);
    CALL(utimes, "made", old);
    CALL(utimes, "made", wrong);
    CALL(utimes, "made", NULL);
    CALL(futimesat, AT_FDCWD, "made", old);
    CALL(futimesat, AT_FDCWD, "made", NOWHERE);
    CALL(utimensat, AT_FDCWD, "made", both, AT_SYMLINK_NOFOLLOW);
    CALL(utimensat, AT_FDCWD, "made", special, 0);
    CALL(utimensat, AT_FDCWD, "made", now, 0);
    CALL(utimensat, AT_FDCWD, "made", odd, 0);
    CALL(utimensat, 3, NULL, NULL, 0);
    CALL(utimensat, AT_FDCWD, "made", NOWHERE, 1 << 20);
}

static void attributes(void)
{
    CALL(setxattr, "made", "security.one", text, 5, XATTR_CREATE);
    CALL(setxattr, "made", "security.one", text, sizeof(text), 0);
    CALL(lsetxattr, "made", "bad", NULL, 0, XATTR_REPLACE | 8);
    CALL(fsetxattr, 3, "security.two", NOWHERE, 5, 0);
    CALL(getxattr, "made", "security.one", buffer, 100);
    CALL(getxattr, "made", "security.one", buffer, 0);
    CALL(getxattr, "made", "security.one", NULL, 0);
    CALL(lgetxattr, "made", "security.none", buffer, 100);
    CALL(fgetxattr, 3, "security.one", buffer, 2);
    CALL(listxattr, "made", buffer, 100);
    CALL(listxattr, "made", NULL, 0);
    CALL(llistxattr, "made", buffer, 1);
    CALL(flistxattr, 3, buffer, 100);
    CALL(flistxattr, 3, buffer, 0);
    CALL(removexattr, "made", "security.one");
    CALL(lremovexattr, "made", "security.a_name_with_more_than_thirty_two_bytes");
    CALL(fremovexattr, 3, NULL);
}

static void input_and_output(void)
{
    static struct iovec vectors[40] = {{text, 3}, {text, sizeof(text)}, {NOWHERE, 3}, {NULL, 0}};
    static struct iovec inputs[] = {{buffer, 4}, {buffer + 100, 100}, {buffer + 200, 300}};
    static loff_t from = 5, to = 7;
    int file = CALL(open, "made", O_RDWR | O_TRUNC);

    CALL(write, file, text, sizeof(text) - 1);
    CALL(write, file, text, 32);
    CALL(write, file, text, 0);
    CALL(write, file,
         "\0\1\2\3"
         "4\a\b\t\n\v\f\r\33 \177\200\377\"\\'\0"
         "1",
         22);
    CALL(write, file, NOWHERE, 10);
    CALL(write, file, buffer, sizeof(buffer));
    CALL(write, 99, NULL, -1L);
    CALL(pwrite64, file, "abc", 3, 1000);
    CALL(pwrite64, file, "abc", 3, -1L);
    CALL(lseek, file, 0, SEEK_SET);
    CALL(lseek, file, 10, SEEK_CUR);
    CALL(lseek, file, -10, SEEK_END);
    CALL(lseek, file, 0, SEEK_DATA);
    CALL(lseek, file, 0, SEEK_HOLE);
    CALL(lseek, file, -1L, 9);
    CALL(read, file, buffer, 20);
    CALL(pread64, file, buffer, sizeof(text), 0);
    CALL(pread64, file, buffer, 4, 1 << 30);
    CALL(read, file, NOWHERE, 4);
    CALL(read, 99, buffer, 4);
    CALL(writev, file, vectors, 2);
    CALL(writev, file, vectors, 4);
    CALL(writev, file, vectors, 1);
    CALL(writev, file, vectors + 4, 36);
    CALL(writev, file, NOWHERE, 2);
    CALL(writev, file, NULL, 0);
    CALL(writev, file, vectors, 5000);
    CALL(lseek, file, 0, SEEK_SET);
    CALL(readv, file, inputs, 3);
    CALL(readv, 99, inputs, 3);
    CALL(readv, file, inputs, -1L);
    CALL(preadv, file, inputs, 2, 3L, 0L);
    CALL(preadv2, file, inputs, 2, 3L, 0L, RWF_HIPRI | RWF_NOWAIT | 1 << 20);
    CALL(preadv2, file, inputs, 1, -1L, -1L, 0);
    CALL(pwritev, file, vectors, 1, 3L, 0L);
    CALL(pwritev2, file, vectors, 1, 3L, 0L, RWF_DSYNC | RWF_SYNC | RWF_APPEND);
    CALL(fsync, file);
    CALL(fdatasync, file);
    CALL(sync);
    CALL(syncfs, file);
    CALL(sync_file_range, file, 0L, 100L, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE);
    CALL(sync_file_range, file, 0L, 100L, 64);
    CALL(readahead, file, 0L, 4096);
    CALL(fadvise64, file, 0L, 0L, POSIX_FADV_WILLNEED);
    CALL(fadvise64, 1, 4096L, 8192L, 33);
    CALL(fallocate, file, 0, 0L, 4096L);
    CALL(fallocate, file, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 0L, 4096L);
    CALL(fallocate, file, 1 << 20, 0L, 4096L);
    int other = CALL(open, "made2", O_RDWR | O_CREAT | O_TRUNC, 0644);
    CALL(sendfile, other, file, NULL, 10);
    CALL(sendfile, other, file, &from, 10);
    CALL(sendfile, other, file, NOWHERE, 10);
    CALL(copy_file_range, file, &from, other, &to, 20, 0);
    CALL(copy_file_range, file, NULL, other, NULL, 20, 5);
    CALL(flock, file, LOCK_EX | LOCK_NB);
    CALL(flock, file, LOCK_UN);
    CALL(flock, file, 64);
    CALL(dup, file);
    CALL(dup2, file, 20);
    CALL(dup2, 99, 20);
    CALL(dup3, file, 21, O_CLOEXEC);
    CALL(dup3, file, 21, O_CLOEXEC | O_APPEND);
    CALL(memfd_create, "a memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    CALL(memfd_create, NULL, 0x4000);
}

static void controls(void)
{
    static struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 10};
    static struct flock odd = {.l_type = 9, .l_whence = 9};
    int file = CALL(open, "made", O_RDWR), memory = CALL(memfd_create, "m", MFD_ALLOW_SEALING);
    static int pipes[2];

    CALL(pipe2, pipes, O_CLOEXEC);
    CALL(fcntl, file, F_GETFD);
    CALL(fcntl, file, F_SETFD, FD_CLOEXEC);
    CALL(fcntl, file, F_SETFD, 6);
    CALL(fcntl, file, F_GETFD);
    CALL(fcntl, file, F_GETFL);
    CALL(fcntl, file, F_SETFL, O_NONBLOCK | O_APPEND);
    CALL(fcntl, file, F_SETFL, 0);
    CALL(fcntl, file, F_DUPFD, 30);
    CALL(fcntl, file, F_DUPFD_CLOEXEC, 30);
    CALL(fcntl, file, F_SETLK, &lock);
    CALL(fcntl, file, F_SETLKW, &lock);
    CALL(fcntl, file, F_GETLK, &lock);
    lock.l_pid = 0;
    CALL(fcntl, file, F_OFD_SETLK, &lock);
    CALL(fcntl, file, F_OFD_GETLK, &lock);
    CALL(fcntl, file, F_OFD_SETLKW, &lock);
    CALL(fcntl, file, F_SETLK, &odd);
    CALL(fcntl, file, F_SETLK, NOWHERE);
    CALL(fcntl, file, F_GETOWN);
    CALL(fcntl, file, F_GETSIG);
    CALL(fcntl, file, F_SETSIG, SIGUSR1);
    CALL(fcntl, file, F_SETSIG, 0);
    CALL(fcntl, pipes[0], F_GETPIPE_SZ);
    CALL(fcntl, pipes[0], F_SETPIPE_SZ, 8192);
    CALL(fcntl, memory, F_GET_SEALS);
    CALL(fcntl, memory, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK);
    CALL(fcntl, memory, F_GET_SEALS);
    CALL(fcntl, memory, F_ADD_SEALS, 1 << 20);
    CALL(fcntl, file, 999, 5);
    CALL(fcntl, 99, F_GETFL);
    CALL(ioctl, file, FIONREAD, buffer);
    CALL(ioctl, pipes[0], FIONREAD, buffer);
    CALL(ioctl, file, FIOCLEX);
    CALL(ioctl, file, FIONCLEX);
    buffer[0] = 1, buffer[1] = buffer[2] = buffer[3] = 0;
    CALL(ioctl, file, FIONBIO, buffer);
    CALL(ioctl, file, TCGETS, buffer);
    CALL(ioctl, file, TIOCGWINSZ, buffer);
    CALL(ioctl, file, 0xc0104599, buffer);
    CALL(ioctl, 99, 0x5499, 5);
}

static void files(void)
{
    open_files();
    tree();
    status();
    file_times();
    attributes();
    input_and_output();
    controls();
}

/* ---- Memory ------------------------------------------------------------------------------------*/

static void memory(void)
{
    char *fixed = (char *)0x10000000;

    CALL(mmap, fixed, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
         0);
    CALL(mmap, fixed, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    CALL(mmap, NULL, 0, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CALL(mmap, fixed, 4096, PROT_EXEC | PROT_GROWSDOWN, MAP_SHARED | MAP_POPULATE, 99, 8192);
    CALL(mmap, NULL, 4096, 1 << 20, MAP_SHARED_VALIDATE | 1 << 30, -1, 1);
    CALL(mmap, NULL, 4096, 0, 0, -1, 0);
    CALL(mprotect, fixed, 4096, PROT_READ);
    CALL(mprotect, fixed, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
    CALL(mprotect, fixed + 1, 4096, PROT_NONE);
    fixed[4096 * 2] = 1;
    CALL(mincore, fixed, 16384, buffer);
    CALL(mincore, fixed, 65536, buffer);
    CALL(mincore, 0x20000000, 16384, buffer);
    CALL(mincore, fixed, 16384, NOWHERE);
    CALL(madvise, fixed, 4096, MADV_DONTNEED);
    CALL(madvise, fixed, 4096, MADV_FREE);
    CALL(madvise, fixed, 4096, 99);
    CALL(mremap, fixed, 65536, 32768, 0, 0);
    CALL(mremap, fixed, 32768, 65536, MREMAP_MAYMOVE | MREMAP_FIXED, 0x30000000);
    CALL(mremap, fixed, 32768, 65536, 64, 0x30000000);
    CALL(msync, 0x30000000, 4096, MS_SYNC | MS_INVALIDATE);
    CALL(msync, 0x30000000, 4096, MS_ASYNC | 64);
    CALL(mlock, 0x30000000, 4096);
    CALL(mlock2, 0x30000000, 4096, 1);
    CALL(mlock2, 0x30000000, 4096, 6);
    CALL(munlock, 0x30000000, 4096);
    CALL(mlockall, MCL_FUTURE | MCL_ONFAULT | 64);
    CALL(munlockall);
    CALL(munmap, 0x30000000, 65536);
    CALL(munmap, 1, 65536);
    CALL(remap_file_pages, 0x30000000, 4096, 0, 1, MAP_NONBLOCK);
    CALL(brk, 1);
    CALL(membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
    CALL(membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
    CALL(membarrier, 1 << 25, 8, 1);
}

/* ---- Signals -----------------------------------------------------------------------------------*/

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)info, (void)context;
}

static void handle(int signal, int flags)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | flags};
    sigaddset(&action.sa_mask, SIGUSR2);
    sigaction(signal, &action, NULL);
}

static void send_signals(void)
{
    static siginfo_t info = {.si_code = SI_QUEUE};
    int self = CALL(getpid);

    info.si_signo = SIGRTMIN;
    info.si_pid = self;
    info.si_value.sival_int = 77;
    CALL(kill, self, SIGUSR1);
    CALL(tkill, self, SIGUSR1);
    CALL(tgkill, self, self, SIGUSR1);
    CALL(kill, self, 0);
    CALL(kill, self, 99);
    CALL(kill, self, SIGWINCH);
    CALL(kill, self, SIGCONT);
    CALL(rt_sigqueueinfo, self, SIGRTMIN, &info);
    CALL(rt_tgsigqueueinfo, self, self, SIGRTMIN + 1, &info);
    CALL(rt_sigqueueinfo, self, SIGRTMIN, NOWHERE);
}

static void masks(void)
{
    static uint64_t set = 1 << (SIGUSR1 - 1) | 1UL << 33, all = ~0UL, old;
    int self = CALL(getpid);

    CALL(rt_sigprocmask, SIG_BLOCK, &set, &old, 8);
    CALL(rt_sigprocmask, SIG_SETMASK, &all, &old, 8);
    CALL(rt_sigprocmask, SIG_SETMASK, &set, NULL, 8);
    CALL(rt_sigprocmask, 7, &set, NULL, 8);
    CALL(rt_sigprocmask, SIG_UNBLOCK, NULL, NOWHERE, 8);
    CALL(rt_sigprocmask, SIG_UNBLOCK, &set, &old, 16);
    CALL(kill, self, SIGUSR1);
    CALL(rt_sigpending, &old, 8);
    CALL(rt_sigpending, &old, 4);
    CALL(rt_sigpending, NOWHERE, 8);
}

static void wait_for_signals(void)
{
    static uint64_t set = 1 << (SIGUSR1 - 1), none, usr2 = 1 << (SIGUSR2 - 1);
    static siginfo_t info;
    static struct timespec moment = {0, 1000}, wrong = {0, -1};

    CALL(rt_sigtimedwait, &set, &info, NULL, 8);
    CALL(rt_sigtimedwait, &set, &info, &moment, 8);
    CALL(rt_sigtimedwait, &set, NULL, &wrong, 8);
    CALL(signalfd, -1, &set, 8);
    CALL(signalfd4, -1, &set, 8, SFD_CLOEXEC | SFD_NONBLOCK);
    CALL(signalfd4, 99, &set, 4, 1);
    CALL(rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
    CALL(alarm, 1);
    CALL(alarm, 0);
    struct itimerval soon = {{0, 0}, {0, MOMENT_US}};
    CALL(setitimer, ITIMER_REAL, &soon, NULL);
    CALL(pause);
    CALL(setitimer, ITIMER_REAL, &soon, NULL);
    CALL(rt_sigsuspend, &usr2, 8);
    CALL(setitimer, ITIMER_REAL, &soon, NULL);
    CALL(nanosleep, &(struct timespec){3, 0}, &(struct timespec){0, 0});
    int pipes[2];
    CALL(pipe, pipes);
    CALL(setitimer, ITIMER_REAL, &soon, NULL);
    CALL(read, pipes[0], buffer, 10);
    CALL(setitimer, ITIMER_REAL, &soon, NULL);
    CALL(poll, &(struct pollfd){pipes[0], POLLIN, 0}, 1, 3000);
}

/* A signal that is ignored ends a sleep under a tracer, and the sleep goes on. */
static void ignored_signals(void)
{
    struct itimerval soon = {{0, 0}, {0, MOMENT_US}};
    int self = CALL(getpid);

    signal(SIGALRM, SIG_IGN);
    CALL(setitimer, ITIMER_REAL, &soon, NULL);
    CALL(nanosleep, &(struct timespec){0, 2000L * MOMENT_US}, NULL);
    CALL(setitimer, ITIMER_REAL, &soon, NULL);
    CALL(poll, NULL, 0, 2 * MOMENT_US / 1000);
    CALL(setitimer, ITIMER_REAL, &soon, NULL);
    CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, &(struct timespec){0, 2000L * MOMENT_US}, NULL);
    handle(SIGALRM, SA_RESTART);
    int pipes[2];
    CALL(pipe, pipes);
    CALL(write, pipes[1], "x", 1);
    CALL(rt_sigprocmask, SIG_BLOCK, &(uint64_t){1 << (SIGALRM - 1)}, NULL, 8);
    CALL(kill, self, SIGALRM);
    CALL(rt_sigprocmask, SIG_UNBLOCK, &(uint64_t){1 << (SIGALRM - 1)}, NULL, 8);
}

/* Stopped, and continued by a timer. */
static void stop(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGCONT};
    struct itimerspec soon = {{0, 0}, {0, 3000L * MOMENT_US}};
    static int id;

    CALL(timer_create, CLOCK_MONOTONIC, &event, &id);
    CALL(timer_settime, id, 0, &soon, NULL);
    int self = CALL(getpid);
    CALL(kill, self, SIGSTOP);
    CALL(timer_delete, id);
}

static void faults(void)
{
    volatile char *bad = NOWHERE;
    int self = CALL(getpid);
    struct sigaction once = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | (int)SA_RESETHAND};

    sigaction(SIGTRAP, &once, NULL);
    __asm__ volatile("int3");
    CALL(kill, self, SIGWINCH);
    *bad = 1;
}

static void signals(void)
{
    static stack_t stack = {.ss_sp = buffer, .ss_size = 65536}, old, off = {.ss_flags = SS_DISABLE};

    handle(SIGUSR1, SA_RESTART | SA_ONSTACK);
    handle(SIGALRM, SA_NODEFER);
    handle(SIGRTMIN, 0);
    handle(SIGRTMIN + 1, SA_NOCLDSTOP | SA_NOCLDWAIT);
    CALL(rt_sigaction, SIGKILL, NULL, NOWHERE, 8);
    CALL(rt_sigaction, 99, NULL, NULL, 8);
    CALL(rt_sigaction, SIGUSR1, NOWHERE, NULL, 8);
    CALL(rt_sigaction, SIGUSR1, NULL, buffer, 4);
    CALL(sigaltstack, &stack, NULL);
    CALL(sigaltstack, NULL, &old);
    CALL(sigaltstack, &off, &old);
    CALL(sigaltstack, NOWHERE, NULL);
    send_signals();
    masks();
    wait_for_signals();
    ignored_signals();
    stop();
    faults();
}

/* ---- Time --------------------------------------------------------------------------------------*/

static void timers(void)
{
    static struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    static struct sigevent none = {.sigev_notify = SIGEV_NONE};
    static struct sigevent odd = {.sigev_notify = 77, .sigev_signo = 99};
    static struct itimerspec once = {{0, 0}, {0, 1000L * MOMENT_US}}, wrong = {{0, -1}, {0, 0}},
                             old;
    static struct itimerspec zero;
    static int id;

    event.sigev_value.sival_int = 5;
    CALL(timer_create, CLOCK_MONOTONIC, &event, &id);
    CALL(timer_create, CLOCK_REALTIME, &none, &id);
    CALL(timer_create, CLOCK_REALTIME, NULL, &id);
    CALL(timer_create, 99, &event, &id);
    CALL(timer_create, CLOCK_REALTIME, &odd, &id);
    CALL(timer_create, CLOCK_REALTIME, NOWHERE, &id);
    CALL(timer_settime, 0, 0, &once, NULL);
    CALL(nanosleep, &(struct timespec){2, 0}, NULL);
    CALL(timer_settime, 0, TIMER_ABSTIME, &zero, &old);
    CALL(timer_settime, 0, 0, &wrong, &old);
    CALL(timer_settime, 77, 4, NOWHERE, &old);
    CALL(timer_gettime, 0, &old);
    CALL(timer_gettime, 0, NOWHERE);
    CALL(timer_getoverrun, 0);
    CALL(timer_delete, 0);
    CALL(timer_delete, 99);
}

static void timer_files(void)
{
    static struct itimerspec soon = {{0, 500}, {0, 1000}}, old, zero;
    int file = CALL(timerfd_create, CLOCK_MONOTONIC, TFD_CLOEXEC);

    CALL(timerfd_create, CLOCK_REALTIME, TFD_NONBLOCK | 1);
    CALL(timerfd_settime, file, 0, &soon, NULL);
    CALL(timerfd_settime, file, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET | 8, &soon, &old);
    CALL(timerfd_settime, file, TFD_TIMER_ABSTIME, &zero, NULL);
    CALL(timerfd_gettime, file, &old);
    CALL(timerfd_gettime, 99, &old);
}

static void intervals(void)
{
    static struct itimerval value = {{0, 0}, {0, 0}}, wrong = {{0, 2000000}, {1, 1}}, old;

    CALL(getitimer, ITIMER_REAL, &old);
    CALL(getitimer, ITIMER_VIRTUAL, &old);
    CALL(getitimer, 9, &old);
    CALL(setitimer, ITIMER_PROF, &value, &old);
    CALL(setitimer, ITIMER_REAL, &wrong, &old);
    CALL(setitimer, ITIMER_REAL, NOWHERE, &old);
}

static void clocks(void)
{
    static struct timespec now, wrong = {-1, 5}, little = {0, 1000}, bad = {0, 1000000000};
    static struct timeval day;
    static struct timezone zone;
    static struct timex state, set = {.modes = ADJ_OFFSET | ADJ_TICK};
    static struct tms ticks;
    static struct rusage use;
    static time_t seconds;

    CALL(clock_gettime, CLOCK_REALTIME, &now);
    CALL(clock_gettime, CLOCK_MONOTONIC, &now);
    CALL(clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &now);
    CALL(clock_gettime, 99, &now);
    CALL(clock_gettime, -6, &now);
    CALL(clock_gettime, CLOCK_BOOTTIME, NOWHERE);
    CALL(clock_getres, CLOCK_MONOTONIC_RAW, &now);
    CALL(clock_getres, CLOCK_REALTIME, NULL);
    CALL(clock_settime, CLOCK_REALTIME, &wrong);
    CALL(clock_settime, CLOCK_MONOTONIC, &wrong);
    CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, &little, NULL);
    CALL(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &little, &now);
    CALL(clock_nanosleep, CLOCK_REALTIME, 6, &bad, &now);
    CALL(nanosleep, &little, NULL);
    CALL(nanosleep, &bad, NULL);
    CALL(nanosleep, NOWHERE, NULL);
    CALL(gettimeofday, &day, &zone);
    CALL(gettimeofday, &day, NULL);
    CALL(gettimeofday, NOWHERE, NULL);
    CALL(settimeofday, NOWHERE, NULL);
    day = (struct timeval){1000000000, 5000000};
    CALL(settimeofday, &day, NULL);
    CALL(time, NULL);
    CALL(time, &seconds);
    CALL(time, NOWHERE);
    CALL(times, &ticks);
    CALL(times, NULL);
    CALL(times, NOWHERE);
    CALL(getrusage, RUSAGE_SELF, &use);
    CALL(getrusage, RUSAGE_CHILDREN, &use);
    CALL(getrusage, 99, &use);
    CALL(adjtimex, &state);
    CALL(clock_adjtime, CLOCK_REALTIME, &state);
    CALL(clock_adjtime, 99, &set);
    CALL(adjtimex, NOWHERE);
}

static void times_and_timers(void)
{
    handle(SIGUSR1, 0);
    clocks();
    intervals();
    timers();
    timer_files();
}

/* ---- Waiting for files -------------------------------------------------------------------------*/

static void select_and_poll(int in, int out)
{
    static fd_set reads, writes, errors;
    static struct timeval moment = {0, 1000};
    static struct timespec little = {0, 1000};
    static uint64_t mask = 1 << (SIGINT - 1);
    static struct {
        void *set;
        size_t size;
    } sized = {&mask, 8};
    static struct pollfd polls[40];

    FD_SET(in, &reads), FD_SET(0, &errors), FD_SET(out, &writes);
    CALL(select, out + 1, &reads, &writes, &errors, &moment);
    FD_ZERO(&writes);
    FD_SET(in, &reads);
    moment.tv_usec = 1000;
    CALL(select, out + 1, &reads, &writes, NULL, &moment);
    CALL(select, 0, NULL, NULL, NULL, &moment);
    CALL(select, -1, &reads, NULL, NULL, &moment);
    CALL(select, 10, NOWHERE, NULL, NULL, NULL);
    FD_SET(63, &reads), FD_SET(out, &reads);
    CALL(select, 64, &reads, NULL, NULL, NULL);
    FD_ZERO(&reads);
    FD_SET(out, &reads), FD_SET(out, &writes);
    CALL(pselect6, out + 1, &reads, &writes, NULL, &little, &sized);
    CALL(pselect6, 0, NULL, NULL, NULL, &little, NULL);
    CALL(pselect6, 0, NULL, NULL, NULL, NOWHERE, NOWHERE);
    for (int i = 0; i < 40; i++)
        polls[i] = (struct pollfd){-1, POLLIN, 0};
    polls[0] = (struct pollfd){in, POLLIN | POLLPRI | POLLRDHUP, 0};
    polls[1] = (struct pollfd){out, POLLOUT, 0};
    polls[2] = (struct pollfd){99, POLLOUT | 0x800, 0};
    CALL(poll, polls, 3, 0);
    CALL(poll, polls, 1, 0);
    CALL(poll, polls, 40, 0);
    CALL(poll, NULL, 0, 1);
    CALL(poll, NOWHERE, 1, 0);
    CALL(ppoll, polls, 2, &little, &mask, 8);
    CALL(ppoll, polls, 1, &little, NULL, 8);
    CALL(ppoll, polls, 1, NULL, &mask, 3);
}

static void event_files(int in, int out)
{
    static struct epoll_event event = {.events = EPOLLIN | EPOLLET | EPOLLONESHOT | EPOLLRDHUP};
    static struct epoll_event writable = {.events = EPOLLOUT | EPOLLEXCLUSIVE,
                                          .data.u64 = 1UL << 40 | 7};
    static struct epoll_event got[10];
    static uint64_t mask;
    static struct timespec little = {0, 1000};
    int events = CALL(epoll_create1, EPOLL_CLOEXEC);

    event.data.u64 = 0x123456789;
    CALL(epoll_create, 5);
    CALL(epoll_create, 0);
    CALL(epoll_create1, 1);
    CALL(epoll_ctl, events, EPOLL_CTL_ADD, in, &event);
    CALL(epoll_ctl, events, EPOLL_CTL_ADD, out, &writable);
    CALL(epoll_ctl, events, EPOLL_CTL_MOD, in, &event);
    CALL(epoll_ctl, events, EPOLL_CTL_DEL, 99, NULL);
    CALL(epoll_ctl, events, 9, in, NOWHERE);
    CALL(epoll_wait, events, got, 10, 0);
    CALL(epoll_wait, events, got, 0, 0);
    CALL(epoll_pwait, events, got, 10, 0, &mask, 8);
    CALL(epoll_pwait2, events, got, 10, &little, NULL, 8);
    CALL(epoll_wait, 99, got, 10, 0);
    CALL(epoll_pwait, 99, got, 10, 0, &mask, 8);
    CALL(epoll_pwait2, 99, got, 10, &little, &mask, 8);
    CALL(eventfd, 5);
    CALL(eventfd2, 5, EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK);
    CALL(eventfd2, 5, 64);
    int watch = CALL(inotify_init1, IN_NONBLOCK);
    CALL(inotify_init);
    CALL(inotify_init1, 3);
    CALL(inotify_add_watch, watch, ".", IN_CREATE | IN_ONLYDIR | IN_DELETE);
    CALL(inotify_add_watch, watch, "nowhere", IN_ALL_EVENTS | IN_ONESHOT);
    CALL(inotify_rm_watch, watch, 1);
    CALL(inotify_rm_watch, watch, 99);
}

static void pipes_and_splices(int in, int out)
{
    static struct iovec vectors[] = {{text, 5}, {text, 3}};
    static loff_t from = 0;
    static int more[2];
    int ends[2];
    int file = CALL(open, "made", O_RDWR | O_CREAT, 0644);

    CALL(write, file, text, 40);
    CALL(pipe2, more, O_NONBLOCK);
    CALL(pipe2, more, O_DIRECT | O_EXCL | 1 << 25);
    CALL(pipe, NOWHERE);
    CALL(socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends);
    CALL(sendto, ends[0], text, 5, MSG_NOSIGNAL | MSG_MORE, NULL, 0);
    CALL(recvfrom, ends[1], text, 20, MSG_DONTWAIT, NULL, NULL);
    CALL(recvfrom, ends[1], text, 20, 0, NULL, NULL);
    CALL(shutdown, ends[1], SHUT_RDWR);
    CALL(shutdown, 99, 7);
    CALL(socketpair, 99, SOCK_SEQPACKET, 0, ends);
    CALL(splice, file, &from, out, NULL, 10, SPLICE_F_MOVE | SPLICE_F_MORE);
    CALL(splice, file, NOWHERE, out, NULL, 10, 0);
    CALL(tee, in, more[1], 5, SPLICE_F_NONBLOCK);
    CALL(tee, in, 99, 5, 64);
    CALL(vmsplice, out, vectors, 2, SPLICE_F_GIFT);
    CALL(vmsplice, out, NOWHERE, 2, 0);
}

static void events(void)
{
    static int pipes[2];

    CALL(pipe, pipes);
    select_and_poll(pipes[0], pipes[1]);
    event_files(pipes[0], pipes[1]);
    pipes_and_splices(pipes[0], pipes[1]);
}

/* ---- The process -------------------------------------------------------------------------------*/

static void identity(void)
{
    static struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0},
                                           old = {0x19980330, 0};
    static struct __user_cap_data_struct data[2];
    static unsigned ids[3], many[40];

    CALL(getpid), CALL(gettid), CALL(getppid), CALL(getuid), CALL(geteuid), CALL(getgid),
        CALL(getegid);
    CALL(getpgrp), CALL(getpgid, 0), CALL(getsid, 0), CALL(getpgid, -5), CALL(setpgid, 0, -1);
    CALL(getresuid, ids, ids + 1, ids + 2);
    CALL(getresgid, ids, NOWHERE, ids + 2);
    CALL(setuid, 0), CALL(setgid, 0), CALL(setreuid, -1, 0), CALL(setregid, -1, -1);
    CALL(setresuid, 0, -1, 0), CALL(setresgid, -1, 0, 0), CALL(setfsuid, -1), CALL(setfsgid, 0);
    CALL(getgroups, 0, NULL);
    CALL(getgroups, 40, many);
    CALL(getgroups, -1, many);
    CALL(setgroups, 2, ids);
    CALL(setgroups, 0, NULL);
    CALL(setgroups, 2, NOWHERE);
    CALL(setgroups, 70000, ids);
    CALL(capget, &header, data);
    CALL(capget, &header, NULL);
    CALL(capget, &old, data);
    CALL(capget, NOWHERE, data);
    data[0].effective = 1 << CAP_CHOWN | 1 << CAP_KILL, data[0].permitted = ~0u,
    data[1].permitted = ~0u;
    CALL(capset, &header, NOWHERE);
    CALL(umask, 0), CALL(umask, 022);
}

static void limits(void)
{
    static struct rlimit limit, wrong = {20, 10}, size = {100 * 1024, RLIM_INFINITY};
    static struct sched_param parameter = {0}, high = {5};
    static struct sched_attr batch = {.size = SCHED_ATTR_SIZE_VER0,
                                      .sched_policy = SCHED_BATCH,
                                      .sched_nice = 3},
                             kept = {.size = SCHED_ATTR_SIZE_VER1,
                                     .sched_flags =
                                         SCHED_FLAG_KEEP_POLICY | SCHED_FLAG_KEEP_PARAMS};
    static struct {
        struct sched_attr known;
        int unknown;
    } long_one = {
        .known = {.size = sizeof(long_one), .sched_policy = SCHED_RR, .sched_priority = 9},
        .unknown = 1};
    static unsigned long cpus[16] = {1};
    static struct timespec slice;
    static unsigned node;

    CALL(getrlimit, RLIMIT_STACK, &limit);
    CALL(getrlimit, 99, &limit);
    CALL(setrlimit, RLIMIT_NOFILE, &wrong);
    CALL(setrlimit, RLIMIT_CORE, &size);
    CALL(setrlimit, RLIMIT_CPU, NOWHERE);
    CALL(prlimit64, 0, RLIMIT_CORE, NULL, &limit);
    CALL(prlimit64, 0, RLIMIT_CORE, &wrong, NULL);
    CALL(sched_yield);
    CALL(sched_getscheduler, 0);
    CALL(sched_setscheduler, 0, SCHED_OTHER, &parameter);
    CALL(sched_setscheduler, 0, SCHED_BATCH | SCHED_RESET_ON_FORK, &high);
    CALL(sched_setscheduler, 0, 77, NOWHERE);
    CALL(sched_setparam, 0, &parameter);
    CALL(sched_setattr, 0, &batch, 0);
    CALL(sched_setattr, 0, &kept, 0);
    CALL(sched_setattr, 0, &long_one, 0);
    CALL(sched_setattr, 0, &long_one.known.sched_policy, 7);
    CALL(sched_setattr, 0, NOWHERE, 0);
    CALL(sched_getattr, 0, NOWHERE, sizeof(batch), 0);
    CALL(sched_getattr, 0, &batch, 10, 0);
    CALL(sched_getparam, 0, &parameter);
    CALL(sched_getparam, 0, NOWHERE);
    CALL(sched_get_priority_max, SCHED_FIFO);
    CALL(sched_get_priority_min, SCHED_RR);
    CALL(sched_get_priority_min, 99);
    CALL(sched_rr_get_interval, -1, &slice);
    CALL(sched_setaffinity, 0, 128, cpus);
    CALL(sched_setaffinity, 0, 3, cpus);
    CALL(sched_setaffinity, 0, 8, NOWHERE);
    CALL(sched_getaffinity, 0, 1, cpus);
    CALL(getpriority, PRIO_PROCESS, 0);
    CALL(getpriority, 9, 0);
    CALL(setpriority, PRIO_PROCESS, 0, 0);
    CALL(setpriority, PRIO_USER, -1, 100);
    CALL(ioprio_get, 1, 0);
    CALL(ioprio_set, 1, 0, 2 << 13 | 5);
    CALL(ioprio_get, 1, 0);
    CALL(ioprio_set, 9, 0, 7 << 13);
    CALL(getcpu, NOWHERE, &node, NULL);
}

static void options(void)
{
    static unsigned long word;

    CALL(prctl, PR_SET_NAME, "a name that is too long", 1, 2, 3);
    CALL(prctl, PR_GET_NAME, buffer);
    CALL(prctl, PR_SET_NAME, NOWHERE);
    CALL(prctl, PR_SET_PDEATHSIG, SIGTERM);
    CALL(prctl, PR_GET_PDEATHSIG, buffer);
    CALL(prctl, PR_SET_PDEATHSIG, 0);
    CALL(prctl, PR_GET_DUMPABLE);
    CALL(prctl, PR_SET_DUMPABLE, 1);
    CALL(prctl, PR_SET_DUMPABLE, 9);
    CALL(prctl, PR_GET_KEEPCAPS);
    CALL(prctl, PR_SET_KEEPCAPS, 0);
    CALL(prctl, PR_GET_TIMERSLACK);
    CALL(prctl, PR_SET_TIMERSLACK, 50000);
    CALL(prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
    CALL(prctl, PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0);
    CALL(prctl, PR_GET_CHILD_SUBREAPER, buffer);
    CALL(prctl, PR_SET_CHILD_SUBREAPER, 0);
    CALL(prctl, PR_CAPBSET_READ, CAP_CHOWN);
    CALL(prctl, PR_CAPBSET_READ, 99);
    CALL(prctl, PR_GET_TID_ADDRESS, &word);
    CALL(prctl, PR_GET_SECCOMP);
    CALL(prctl, PR_GET_SECUREBITS);
    CALL(prctl, PR_SET_THP_DISABLE, 0, 0, 0, 0);
    CALL(prctl, PR_GET_THP_DISABLE, 0, 0, 0, 0);
    CALL(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0);
    CALL(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    CALL(prctl, PR_GET_TSC, buffer);
    CALL(prctl, 9999, 1, 2, 3, 4);
    CALL(arch_prctl, ARCH_GET_FS, &word);
    CALL(arch_prctl, ARCH_GET_GS, NOWHERE);
    CALL(arch_prctl, 0x9999, 5);
    CALL(personality, 0xffffffff);
    CALL(personality, PER_LINUX | ADDR_NO_RANDOMIZE);
    CALL(personality, 0);
}

static void process(void)
{
    static struct utsname name;
    static struct sysinfo info;
    static uint32_t word = 5, second;
    static struct futex_waitv waiters[] = {{4, 0, FUTEX_32 | FUTEX_PRIVATE_FLAG, 0}, {1, 5, 64, 7}};
    static struct timespec little = {0, 1000};
    static void *head;
    static size_t size;

    identity();
    limits();
    options();
    CALL(uname, &name);
    CALL(uname, NOWHERE);
    CALL(sysinfo, &info);
    CALL(sysinfo, NOWHERE);
    CALL(getrandom, buffer, 10, GRND_NONBLOCK | GRND_RANDOM);
    CALL(getrandom, buffer, 0, 64);
    CALL(getrandom, NOWHERE, 8, 0);
    CALL(futex, &word, FUTEX_WAIT, 4, NULL);
    CALL(futex, &word, FUTEX_WAIT_PRIVATE, 5, &little);
    CALL(futex, &word, FUTEX_WAKE, 1);
    CALL(futex, &word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 5, &little, NULL, -1);
    CALL(futex, &word, FUTEX_WAKE_BITSET_PRIVATE, 5, NULL, NULL, 3);
    CALL(futex, &word, FUTEX_WAKE, 1, NOWHERE);
    CALL(futex, &word, 77, 1, 2, &second, 3);
    CALL(futex, &word, FUTEX_REQUEUE, 1, 2, &second, 3);
    CALL(futex, &word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, &second, 3);
    CALL(futex, &word, FUTEX_WAKE_OP, 1, 1, &second, FUTEX_OP(FUTEX_OP_OR, 5, FUTEX_OP_CMP_GT, 1));
    second = 0;
    CALL(futex, &second, FUTEX_TRYLOCK_PI, 1, NULL);
    CALL(futex, &second, FUTEX_UNLOCK_PI);
    waiters[0].uaddr = (uint64_t)&word;
    CALL(futex_waitv, waiters, 2, 0, &little, CLOCK_MONOTONIC);
    CALL(futex_waitv, waiters, 1, 7, NULL, 99);
    CALL(futex_waitv, NOWHERE, 1, 0, NULL, 0);
    CALL(futex_waitv, waiters, 0, 0, NOWHERE, CLOCK_REALTIME);
    CALL(set_tid_address, NOWHERE);
    CALL(set_robust_list, &head, 24);
    CALL(set_robust_list, &head, 5);
    CALL(get_robust_list, 0, &head, &size);
    CALL(rseq, NOWHERE, 3, 4, 5);
    CALL(exit_group, 3);
}

/* ---- A terminal at standard input --------------------------------------------------------------*/

static void terminal(void)
{
    static struct termios modes;
    static struct winsize size = {.ws_row = 30, .ws_col = 100};
    static int number = 1, zero;

    CALL(ioctl, 0, TCGETS, &modes);
    modes.c_iflag = IGNBRK | IXANY | IUTF8 | 1u << 30;
    modes.c_oflag = OPOST | TABDLY | CRDLY | FFDLY | OLCUC;
    modes.c_cflag = B9600 | CS7 | PARENB | CREAD;
    modes.c_lflag = ECHO | 1u << 30;
    CALL(ioctl, 0, TCSETS, &modes);
    CALL(ioctl, 0, TCSETSW, &modes);
    CALL(ioctl, 0, TCSETSF, NOWHERE);
    CALL(ioctl, 0, TCGETS, NOWHERE);
    CALL(ioctl, 0, 0x802c542a /* TCGETS2 */, buffer);
    CALL(ioctl, 0, 0x402c542b /* TCSETS2 */, buffer);
    CALL(ioctl, 0, TCGETA, buffer);
    CALL(ioctl, 0, TCSETAW, buffer);
    CALL(ioctl, 0, TIOCSWINSZ, &size);
    CALL(ioctl, 0, TIOCGWINSZ, &size);
    CALL(ioctl, 0, TIOCGPGRP, &number);
    CALL(ioctl, 0, TIOCSPGRP, &number);
    CALL(ioctl, 0, TIOCGSID, &number);
    CALL(ioctl, 0, TCFLSH, TCIFLUSH);
    CALL(ioctl, 0, TCFLSH, 99);
    CALL(ioctl, 0, TCSBRK, 1);
    CALL(ioctl, 0, TCSBRKP, 0);
    CALL(ioctl, 0, TCXONC, TCOON);
    CALL(ioctl, 0, FIONREAD, &number);
    CALL(ioctl, 0, TIOCOUTQ, &number);
    CALL(ioctl, 0, TIOCEXCL);
    CALL(ioctl, 0, 0x80045440 /* TIOCGEXCL */, &number);
    CALL(ioctl, 0, TIOCNXCL);
    CALL(ioctl, 0, TIOCGETD, &number);
    CALL(ioctl, 0, TIOCSETD, &zero);
    CALL(ioctl, 0, TIOCSCTTY, 0);
    CALL(ioctl, 0, FIONBIO, &zero);
    CALL(ioctl, 0, FIOASYNC, &zero);
    CALL(ioctl, 0, TIOCMGET, &number);
    CALL(ioctl, 0, TIOCSTI, "a");
    CALL(ioctl, 0, TIOCGSOFTCAR, &number);
    CALL(ioctl, 0, TIOCSSOFTCAR, &zero);
    CALL(ioctl, 0, TIOCSBRK);
    CALL(ioctl, 0, TIOCCBRK);
    CALL(ioctl, 0, TIOCPKT, &zero);
    CALL(ioctl, 0, TIOCCONS);
    CALL(ioctl, 0, 0x80045430 /* TIOCGPTN */, &number);
    CALL(ioctl, 0, 0x40045431 /* TIOCSPTLCK */, &zero);
    CALL(ioctl, 0, 0x5441 /* TIOCGPTPEER */, O_RDWR);
    CALL(ioctl, 0, 0x4b33 /* KDGKBTYPE */, &number);
    CALL(ioctl, 0, 0x4b3b /* KDGETMODE */, &number);
    CALL(ioctl, 0, 0x4b44 /* KDGKBMODE */, &number);
    CALL(ioctl, 0, 0x5601 /* VT_GETMODE */, buffer);
    CALL(ioctl, 0, 0x5603 /* VT_GETSTATE */, buffer);
    CALL(ioctl, 0, 0x541d, 0);
    CALL(ioctl, 0, FIOQSIZE, buffer);
    CALL(ioctl, 0, 0xc020660b /* FS_IOC_FIEMAP */, NOWHERE);
    CALL(ioctl, 0, 0x80086601 /* FS_IOC_GETFLAGS */, NOWHERE);
    CALL(ioctl, 0, 0x40049409 /* FICLONE */, 5);
    CALL(ioctl, 0, TIOCNOTTY);
}

int main(int argc, char **argv)
{
    const char *part = argc > 1 ? argv[1] : "";

    if (strcmp(part, "files") == 0)
        files();
    else if (strcmp(part, "memory") == 0)
        memory();
    else if (strcmp(part, "signals") == 0)
        signals();
    else if (strcmp(part, "time") == 0)
        times_and_timers();
    else if (strcmp(part, "events") == 0)
        events();
    else if (strcmp(part, "terminal") == 0)
        terminal();
    else
        process();
    return 0;
}
