/* SPDX-License-Identifier: MIT */
/*
 * Nothing is lost: after many rounds of making, using and ending something, as much memory is free
 * as before. On a large machine, which is shared with others whose memory comes and goes, only that
 * the calls work is checked.
 */
#include "tests/abi/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define ROUNDS    307 /* no multiple of what is kept in batches */
#define RW        (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define LARGE     (2UL << 20)
#define SLACK     256       /* KiB that may be gone: what is kept for the next time */
#define SHARED    (2 << 20) /* KiB: a machine with more is not ours alone */

static char bytes[16 * PAGE];

static long meminfo_kib(const char *label)
{
    static char text[8192];
    int file = (int)call(__NR_openat, AT_FDCWD, "/proc/meminfo", O_RDONLY);
    long size = call(__NR_read, file, text, sizeof(text) - 1);
    call(__NR_close, file);
    text[size > 0 ? size : 0] = '\0';
    const char *line = strstr(text, label);
    return line ? strtol(line + strlen(label), NULL, 10) : -1;
}

static char *map(size_t size, int protection, int flags, int file)
{
    return (char *)call(__NR_mmap, 0, size, protection, flags, file, 0);
}

static bool unmap(char *address, size_t size)
{
    return call(__NR_munmap, address, size) == 0;
}

static int create(const char *name)
{
    return (int)call(__NR_openat, AT_FDCWD, name, O_RDWR | O_CREAT | O_TRUNC, 0600);
}

static bool anonymous(void)
{
    char *pages = map(64 * PAGE, RW, ANONYMOUS, -1);
    memset(pages, 1, 64 * PAGE);
    return unmap(pages + 10 * PAGE, PAGE) && unmap(pages, 64 * PAGE);
}

static bool closed_and_opened(void)
{
    char *pages = map(64 * PAGE, RW, ANONYMOUS, -1);
    bool good = true;
    for (size_t i = 0; i < 64; i += 3) {
        pages[i * PAGE] = 1;
        good &= call(__NR_mprotect, pages + i * PAGE, PAGE, PROT_NONE) == 0;
    }
    good &= call(__NR_mprotect, pages, 64 * PAGE, PROT_READ) == 0;
    return good && unmap(pages, 64 * PAGE);
}

static bool moved(void)
{
    char *pages = map(32 * PAGE, RW, ANONYMOUS, -1);
    memset(pages, 1, 32 * PAGE);
    char *other = (char *)call(__NR_mremap, pages, 32 * PAGE, 96 * PAGE, MREMAP_MAYMOVE);
    memset(other, 2, 96 * PAGE);
    char *third =
        (char *)call(__NR_mremap, other + 16 * PAGE, 16 * PAGE, 20 * PAGE, MREMAP_MAYMOVE);
    return call(__NR_madvise, other, 16 * PAGE, MADV_DONTNEED) == 0 && unmap(other, 96 * PAGE) &&
           unmap(third, 20 * PAGE);
}

static bool large(void)
{
    char *memory = map(4 * LARGE, RW, ANONYMOUS, -1);
    char *aligned = (char *)(((uintptr_t)memory + LARGE - 1) & ~(LARGE - 1));
    aligned[0] = aligned[LARGE] = aligned[2 * LARGE] = 1;
    return call(__NR_madvise, aligned + PAGE, PAGE, MADV_DONTNEED) == 0 &&
           call(__NR_mprotect, aligned + LARGE + 5 * PAGE, PAGE, PROT_NONE) == 0 &&
           unmap(memory, 4 * LARGE);
}

static bool large_moved(void)
{
    char *memory = map(3 * LARGE, RW, ANONYMOUS, -1);
    memory[0] = memory[LARGE] = memory[2 * LARGE] = 1;
    char *other = (char *)call(__NR_mremap, memory, 3 * LARGE, 5 * LARGE, MREMAP_MAYMOVE);
    return other[LARGE] == 1 && unmap(other, LARGE / 2) && unmap(other, 5 * LARGE);
}

static bool broken(void)
{
    long start = call(__NR_brk, 0);
    call(__NR_brk, start + 32 * (long)PAGE);
    memset((char *)start, 1, 32 * PAGE);
    return call(__NR_brk, start) == start;
}

static bool locked(void)
{
    char *pages = map(32 * PAGE, RW, ANONYMOUS, -1);
    return call(__NR_mlock, pages + PAGE, 7 * PAGE) == 0 && unmap(pages, 32 * PAGE);
}

static bool shared(void)
{
    char *pages = map(32 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
    memset(pages, 1, 32 * PAGE);
    return call(__NR_madvise, pages, PAGE, MADV_REMOVE) == 0 && unmap(pages, 16 * PAGE) &&
           unmap(pages + 16 * PAGE, 16 * PAGE);
}

static bool memory_file(void)
{
    int file = (int)call(__NR_memfd_create, "galette", 0);
    bool good = call(__NR_write, file, bytes, sizeof(bytes)) == sizeof(bytes);
    char *view = map(16 * PAGE, RW, MAP_SHARED, file);
    view[5] = 1;
    good &= call(__NR_ftruncate, file, PAGE) == 0;
    return call(__NR_close, file) == 0 && good && unmap(view, 16 * PAGE);
}

static bool nameless_file(void)
{
    int file = create("/tmp/galette-lost");
    bool good = call(__NR_write, file, bytes, sizeof(bytes)) == sizeof(bytes);
    char *private = map(16 * PAGE, RW, MAP_PRIVATE, file);
    private[0] = private[PAGE] = 1;
    good &= call(__NR_unlink, "/tmp/galette-lost") == 0 && call(__NR_close, file) == 0;
    return good && unmap(private, 16 * PAGE);
}

static bool replaced_mapping(void)
{
    int file = create("/tmp/galette-lost");
    bool good = call(__NR_write, file, bytes, sizeof(bytes)) == sizeof(bytes);
    char *view = map(16 * PAGE, RW, MAP_SHARED, file);
    view[0] = 1;
    call(__NR_unlink, "/tmp/galette-lost");
    call(__NR_close, file);
    good &= call(__NR_mmap, view, 16 * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0) == (long)view;
    return good && unmap(view, 16 * PAGE);
}

static bool names(void)
{
    bool good = call(__NR_mkdir, "/tmp/galette-lost", 0700) == 0;
    good &= call(__NR_close, create("/tmp/galette-lost/a")) == 0;
    good &= call(__NR_symlink, "a", "/tmp/galette-lost/b") == 0;
    good &= call(__NR_link, "/tmp/galette-lost/a", "/tmp/galette-lost/c") == 0;
    good &= call(__NR_rename, "/tmp/galette-lost/c", "/tmp/galette-lost/d") == 0;
    good &= call(__NR_unlink, "/tmp/galette-lost/a") == 0;
    good &= call(__NR_unlink, "/tmp/galette-lost/b") == 0;
    good &= call(__NR_unlink, "/tmp/galette-lost/d") == 0;
    return good && call(__NR_rmdir, "/tmp/galette-lost") == 0;
}

static bool pipes(void)
{
    int ends[2];
    bool good = call(__NR_pipe2, ends, O_NONBLOCK) == 0;
    good &= call(__NR_write, ends[1], bytes, sizeof(bytes)) > 0;
    good &= call(__NR_read, ends[0], bytes, 100) == 100;
    return good && call(__NR_close, ends[0]) == 0 && call(__NR_close, ends[1]) == 0;
}

static bool watchers(void)
{
    int epoll = (int)call(__NR_epoll_create1, 0), event = (int)call(__NR_eventfd2, 1, 0);
    int notify = (int)call(__NR_inotify_init1, 0);
    struct epoll_event interest = {.events = EPOLLIN}, got;
    bool good = call(__NR_epoll_ctl, epoll, EPOLL_CTL_ADD, event, &interest) == 0;
    good &= call(__NR_epoll_wait, epoll, &got, 1, 0) == 1;
    good &= call(__NR_inotify_add_watch, notify, "/tmp", IN_CREATE) >= 0;
    good &= call(__NR_close, create("/tmp/galette-lost")) == 0;
    good &= call(__NR_unlink, "/tmp/galette-lost") == 0;
    return call(__NR_close, event) == 0 && call(__NR_close, epoll) == 0 &&
           call(__NR_close, notify) == 0 && good;
}

static bool file_locks(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_len = 10};
    int file = create("/tmp/galette-lost");
    bool good = call(__NR_fcntl, file, F_SETLK, &lock) == 0;
    lock.l_start = 100;
    good &= call(__NR_fcntl, file, F_SETLK, &lock) == 0;
    return call(__NR_close, file) == 0 && call(__NR_unlink, "/tmp/galette-lost") == 0 && good;
}

static const struct {
    const char *name;
    bool (*round)(void);
} kinds[] = {
    {"anonymous memory", anonymous},
    {"memory closed and opened", closed_and_opened},
    {"memory moved", moved},
    {"large memory cut", large},
    {"large memory moved", large_moved},
    {"the break", broken},
    {"locked memory", locked},
    {"shared memory", shared},
    {"memfd", memory_file},
    {"files without a name", nameless_file},
    {"a mapping over a mapping", replaced_mapping},
    {"names", names},
    {"pipes", pipes},
    {"epoll, eventfd, inotify", watchers},
    {"record locks", file_locks},
};

int main(void)
{
    bool ours = meminfo_kib("MemTotal:") < SHARED;

    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        bool good = kinds[i].round(); /* what is kept from the first time is no loss */
        long before = meminfo_kib("MemFree:");
        for (int round = 0; round < ROUNDS; round++)
            good &= kinds[i].round();
        long lost = before - meminfo_kib("MemFree:");
        check(kinds[i].name, good);
        check_result("leaves nothing behind", ours && lost > SLACK ? lost : 0, 0);
    }
    return check_finish();
}
