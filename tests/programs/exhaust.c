/* SPDX-License-Identifier: MIT */
/* Takes all memory there is, in the way that its argument names, and says how it ended. `large` takes
 * little: it says what a policy for large pages does. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE  4096UL
#define LARGE (2UL << 20)
#define MUCH  (1UL << 30)

static char bytes[16 * PAGE];

/* More address space than memory. */
static char *reserve(int flags)
{
    return mmap(NULL, MUCH, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static void touch(char *memory, size_t step)
{
    for (size_t at = 7 * PAGE; at < MUCH; at += step)
        memory[at] = 1;
}

static bool touched(const char *memory, size_t step)
{
    for (size_t at = 7 * PAGE; at < MUCH; at += step) {
        if (memory[at] != 1)
            return false;
    }
    return true;
}

/* Write until it fails; KiB. */
static long fill(int file)
{
    long size = 0, written;

    while ((written = write(file, bytes, sizeof(bytes))) > 0)
        size += written;
    return size / 1024;
}

static void pipes(void)
{
    int ends[2];

    while (pipe2(ends, O_NONBLOCK) == 0)
        (void)!write(ends[1], bytes, sizeof(bytes));
}

/* The first line of a file that begins with `label`. */
static void print_line(const char *name, const char *label)
{
    char line[200];
    FILE *file = fopen(name, "r");

    while (file && fgets(line, sizeof(line), file)) {
        if (strncmp(line, label, strlen(label)) == 0)
            fputs(line, stdout);
    }
}

/* What /sys/kernel/mm/transparent_hugepage/enabled does. */
static void large_pages(const char *policy)
{
    static const char name[] = "/sys/kernel/mm/transparent_hugepage/enabled";
    int file = open(name, O_WRONLY);

    if (write(file, policy, strlen(policy)) < 0)
        printf("%s\n", strerror(errno));
    print_line(name, "");
    for (int advised = 0; advised < 2; advised++) {
        char *memory =
            mmap(NULL, 4 * LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (advised)
            madvise(memory, 4 * LARGE, MADV_HUGEPAGE);
        memory[2 * LARGE] = 1;
        print_line("/proc/self/smaps_rollup", "AnonHugePages:");
    }
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "";

    if (strcmp(way, "at-once") == 0) {
        void *memory = mmap(NULL, MUCH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        printf("%s\n", memory == MAP_FAILED ? strerror(errno) : "granted");
    } else if (strcmp(way, "touch") == 0) {
        touch(reserve(MAP_PRIVATE), PAGE);
    } else if (strcmp(way, "shared") == 0) {
        touch(reserve(MAP_SHARED), PAGE);
    } else if (strcmp(way, "read") == 0) {
        printf("%zd\n", read(open("/dev/zero", O_RDONLY), reserve(MAP_PRIVATE), MUCH));
    } else if (strcmp(way, "pipes") == 0) {
        pipes();
    } else if (strcmp(way, "files") == 0) {
        long size = fill(open("/tmp/full", O_RDWR | O_CREAT, 0600));
        printf("%s, %s\n", size > 1024 ? "some" : "nothing", strerror(errno));
    } else if (strcmp(way, "large") == 0) {
        large_pages(argc > 2 ? argv[2] : "");
    } else if (strcmp(way, "sparse") == 0) {
        char *memory = reserve(MAP_PRIVATE);
        touch(memory, LARGE);
        long size = fill(open("/tmp/full", O_RDWR | O_CREAT, 0600));
        printf("%s, %s\n", size > 1024 ? "some" : "nothing", strerror(errno));
        printf("%s\n", touched(memory, LARGE) ? "all there" : "lost");
    }
    return 0;
}
