/* SPDX-License-Identifier: MIT */
/* Devices, names, directories and pipes. Files lie in /one/two, three components deep. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "micro.h"

#define FOLDER  "/one/two"
#define FILE_3  FOLDER "/three"
#define CROWD   "/crowd"
#define ENTRIES 1000

static char buffer[64 * KIB] __attribute__((aligned(4096)));
static int zero, null, crowd, ends[2];
static struct stat status;

MEASURE(read_zero, call(__NR_read, zero, (long)buffer, PAGE, 0))
MEASURE(write_null, call(__NR_write, null, (long)buffer, 1, 0))
MEASURE(open_close,
        call(__NR_close, call(__NR_openat, AT_FDCWD, (long)FILE_3, O_RDONLY, 0), 0, 0, 0))
MEASURE(stat, call(__NR_newfstatat, AT_FDCWD, (long)FILE_3, (long)&status, 0))

static void pipe_cycle(long size)
{
    call(__NR_write, ends[1], (long)buffer, size, 0);
    call(__NR_read, ends[0], (long)buffer, size, 0);
}

MEASURE(pipe_1, pipe_cycle(1))
MEASURE(pipe_64k, pipe_cycle(64 * KIB))

static void list_all(void)
{
    call(__NR_lseek, crowd, 0, SEEK_SET, 0);
    while (call(__NR_getdents64, crowd, (long)buffer, 32 * KIB, 0) > 0)
        ;
}

MEASURE(getdents, list_all())

static void file_cycle(void)
{
    long file = call(__NR_openat, AT_FDCWD, (long)FOLDER "/new", O_CREAT | O_EXCL | O_WRONLY, 0600);

    call(__NR_write, file, (long)buffer, PAGE, 0);
    call(__NR_close, file, 0, 0, 0);
    call(__NR_unlink, (long)FOLDER "/new", 0, 0, 0);
}

MEASURE(create_unlink, file_cycle())

static void crowd_make(void)
{
    char name[32];

    must(mkdir(CROWD, 0700) == 0, "mkdir " CROWD);
    for (int i = 0; i < ENTRIES; i++) {
        snprintf(name, sizeof(name), CROWD "/entry-%d", i);
        int file = open(name, O_CREAT | O_WRONLY, 0600);
        must(file >= 0, name);
        close(file);
    }
    crowd = open(CROWD, O_RDONLY | O_DIRECTORY);
    must(crowd >= 0, "open " CROWD);
}

/* A kernel that has no /dev yet (Linux, as it starts its init) gets the two devices. */
static int device_open(const char *path, unsigned minor)
{
    if (access(path, F_OK) != 0) {
        mkdir("/dev", 0755);
        must(mknod(path, S_IFCHR | 0666, makedev(1, minor)) == 0, path);
    }
    return open(path, O_RDWR);
}

void prepare_files(void)
{
    zero = device_open("/dev/zero", 5);
    null = device_open("/dev/null", 3);
    must(zero >= 0 && null >= 0, "devices");
    must(mkdir("/one", 0755) == 0 && mkdir(FOLDER, 0755) == 0, "mkdir " FOLDER);
    int file = open(FILE_3, O_CREAT | O_WRONLY, 0644);
    must(file >= 0 && write(file, buffer, 100) == 100, FILE_3);
    close(file);
    crowd_make();
    must(pipe(ends) == 0, "pipe");
}

const struct operation file_operations[] = {
    {"read_zero_4k", measure_read_zero, 1000},
    {"write_null", measure_write_null, 5000},
    {"open_close", measure_open_close, 1000},
    {"stat", measure_stat, 1000},
    {"pipe_1", measure_pipe_1, 2000},
    {"pipe_64k", measure_pipe_64k, 50},
    {"getdents_1000", measure_getdents, 5},
    {"create_write_unlink", measure_create_unlink, 300},
    {NULL, NULL, 0},
};
