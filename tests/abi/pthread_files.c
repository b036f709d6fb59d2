/* SPDX-License-Identifier: MIT */
/*
 * What threads share besides memory, changed and used by all at once: the working directory, names, directories that
 * move and go, descriptors, and an epoll that two wait for. Nothing is to be seen but that every answer is one of those
 * that make sense, and that it ends.
 */
#include "tests/abi/check.h"
#include "tests/abi/threads/workers.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define CROWD  4
#define ROUNDS 300

static struct worker workers[CROWD];
static char home[] = "/tmp/pthread_files.XXXXXX";

/* The bodies at once; how many answers made no sense. */
static long run(long (*const bodies[])(struct worker *self), int count)
{
    long wrong = 0;

    for (int i = 0; i < count; i++)
        worker_start(&workers[i], bodies[i], i);
    for (int i = 0; i < count; i++)
        wrong += worker_end(&workers[i]);
    return wrong;
}

/* ---- The working directory ---- */

static long move_about(struct worker *self)
{
    char name[64];
    long wrong = 0;

    for (int i = 0; i < ROUNDS; i++) {
        /* A directory that nobody else stands in, and that goes while others may be walking from it. */
        snprintf(name, sizeof(name), "%s/here%d", home, (int)self->argument);
        wrong += mkdir(name, 0700) != 0;
        wrong += chdir(name) != 0;
        wrong += chdir(home) != 0;
        wrong += rmdir(name) != 0;
    }
    return wrong;
}

static long look_about(struct worker *self)
{
    char name[4096];
    struct stat status;
    long wrong = 0;

    (void)self;
    for (int i = 0; i < ROUNDS; i++) {
        if (!getcwd(name, sizeof(name)))
            wrong += errno != ENOENT;
        else
            wrong += strncmp(name, home, strlen(home)) != 0;
        if (stat("../..", &status) != 0)
            wrong += errno != ENOENT;
        wrong += readlink("/proc/self/cwd", name, sizeof(name)) <= 0;
    }
    return wrong;
}

/* ---- Names ---- */

/* Up and down between a directory and one that lies in it, while another thread removes that one. */
static long rename_up_and_down(struct worker *self)
{
    long wrong = 0;

    (void)self;
    for (int i = 0; i < 4 * ROUNDS; i++) {
        if (rename("outer/file", "outer/inner/file") != 0)
            wrong += errno != ENOENT;
        if (rename("outer/inner/file", "outer/file") != 0)
            wrong += errno != ENOENT;
    }
    return wrong;
}

static long remove_and_make(struct worker *self)
{
    long wrong = 0;

    (void)self;
    for (int i = 0; i < 4 * ROUNDS; i++) {
        if (rmdir("outer/inner") != 0)
            wrong += errno != ENOTEMPTY && errno != ENOENT;
        if (mkdir("outer/inner", 0700) != 0)
            wrong += errno != EEXIST;
    }
    return wrong;
}

static long swap_parents(struct worker *self)
{
    long wrong = 0;

    (void)self;
    for (int i = 0; i < ROUNDS; i++) {
        wrong += rename("left/moved", "right/moved") != 0;
        wrong += rename("right/moved", "left/moved") != 0;
    }
    return wrong;
}

static long walk_up(struct worker *self)
{
    struct stat status;
    int moved = open("left/moved", O_RDONLY | O_DIRECTORY);
    char link[64], name[4096];
    long wrong = 0;

    (void)self;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", moved);
    for (int i = 0; i < ROUNDS && moved >= 0; i++) {
        wrong += fstatat(moved, "..", &status, 0) != 0;
        wrong += fstatat(moved, "../../outer/..", &status, 0) != 0;
        wrong += readlink(link, name, sizeof(name)) <= 0;
    }
    close(moved);
    return wrong;
}

static void check_names(void)
{
    long (*const nested[])(struct worker *) = {rename_up_and_down, remove_and_make,
                                               rename_up_and_down, remove_and_make};
    long (*const moving[])(struct worker *) = {swap_parents, walk_up, walk_up};

    mkdir("outer", 0700), mkdir("outer/inner", 0700);
    mkdir("left", 0700), mkdir("right", 0700), mkdir("left/moved", 0700);
    close(open("outer/file", O_CREAT | O_WRONLY, 0600));
    check_result("names between a directory and one in it", run(nested, 4), 0);
    check_result("upwards from a directory that moves", run(moving, 3), 0);
    unlink("outer/file"), unlink("outer/inner/file");
    rmdir("outer/inner"), rmdir("outer"), rmdir("left/moved"), rmdir("left"), rmdir("right");
}

/* Files that are made when they are looked for: all threads at once, the first time. */
static long look_into_proc(struct worker *self)
{
    char name[300], text[4096];
    long wrong = 0;

    (void)self;
    for (int i = 0; i < ROUNDS / 10; i++) {
        DIR *folder = opendir("/proc/self/task/self/../../fd");
        snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", i % 3);
        int fd = open(name, O_RDONLY);
        wrong += fd < 0 || read(fd, text, sizeof(text)) <= 0;
        if (fd >= 0)
            close(fd);
        if (folder)
            closedir(folder);
    }
    return wrong;
}

/* ---- Descriptors ---- */

static int shared_fd = -1;

static long open_and_close(struct worker *self)
{
    long wrong = 0;

    (void)self;
    for (int i = 0; i < ROUNDS; i++) {
        int fd = open("/dev/zero", O_RDONLY);
        wrong += fd < 0 || dup2(fd, shared_fd) != shared_fd;
        close(fd);
    }
    return wrong;
}

static long read_what_is_there(struct worker *self)
{
    char byte;
    long wrong = 0;

    (void)self;
    for (int i = 0; i < ROUNDS; i++)
        wrong += read(shared_fd, &byte, 1) != 1;
    return wrong;
}

/* ---- An epoll ---- */

#define COUNTERS 8

static int epoll_fd, counters[COUNTERS];
static long reported;

/* One at a time, so that there is always something left for the other one. */
static long take_events(struct worker *self)
{
    struct epoll_event event;
    uint64_t count;
    long wrong = 0;

    (void)self;
    while (epoll_wait(epoll_fd, &event, 1, -1) == 1) {
        if (event.data.fd < 0)
            break;
        if (read(event.data.fd, &count, sizeof(count)) == sizeof(count))
            __atomic_add_fetch(&reported, count, __ATOMIC_RELAXED);
        else
            wrong += errno != EAGAIN; /* another thread was told of the next one, and took both */
    }
    return wrong;
}

static long give_events(struct worker *self)
{
    uint64_t one = 1;
    long wrong = 0;

    (void)self;
    for (int i = 0; i < ROUNDS; i++)
        for (int k = 0; k < COUNTERS; k++)
            wrong += write(counters[k], &one, sizeof(one)) != sizeof(one);
    while (__atomic_load_n(&reported, __ATOMIC_RELAXED) < ROUNDS * COUNTERS)
        usleep(1000);
    /* All are told of the end. */
    int end = eventfd(1, 0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = -1};
    wrong += epoll_ctl(epoll_fd, EPOLL_CTL_ADD, end, &event) != 0;
    return wrong;
}

static void check_epoll(void)
{
    long (*const bodies[])(struct worker *) = {take_events, take_events, take_events, give_events};

    epoll_fd = epoll_create1(0);
    for (int i = 0; i < COUNTERS; i++) {
        struct epoll_event event = {.events = EPOLLIN | EPOLLET};
        counters[i] = event.data.fd = eventfd(0, EFD_NONBLOCK);
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, counters[i], &event);
    }
    check_result("an epoll that several wait for", run(bodies, 4), 0);
    check_result("all events were reported", reported, ROUNDS * COUNTERS);
}

int main(void)
{
    long (*const places[])(struct worker *) = {move_about, look_about, move_about, look_about};
    long (*const proc[])(struct worker *) = {look_into_proc, look_into_proc, look_into_proc};
    long (*const files[])(struct worker *) = {open_and_close, read_what_is_there,
                                              read_what_is_there};

    if (!mkdtemp(home) || chdir(home) != 0)
        return 1;
    check_result("the working directory", run(places, 4), 0);
    if (chdir(home) != 0)
        return 1;
    check_names();
    check_result("the same files of procfs", run(proc, 3), 0);
    shared_fd = open("/dev/zero", O_RDONLY);
    check_result("a descriptor that is replaced", run(files, 3), 0);
    check_epoll();
    if (chdir("/") == 0)
        rmdir(home);
    return check_finish();
}
