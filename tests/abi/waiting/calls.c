/* SPDX-License-Identifier: MIT */
/* The calls; calls.h has the idea. */
#include "tests/abi/waiting/calls.h"

#include "tests/abi/check.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FULL       65536 /* bytes that a pipe takes */
#define SET_SIZE   8     /* of the kernel's sigset_t */
#define FIFO       "waiting.fifo"
#define LOCKED     "waiting.locked"
#define FOLDER     "waiting.folder"
#define FOLDER_NEW FOLDER "/new"

#define FOLDER_TEMPLATE "/tmp/waiting.XXXXXX"
static char folder[] = FOLDER_TEMPLATE;
static int empty[2], full[2], event_read, event_write, timer_fd, signal_fd, notify_fd, epoll_fd;
static int lock_holder, lock_seeker, source;
static uint32_t word;
static char bytes[2 * FULL];
static struct timespec second = {1, 0};

/* ---- What brings what is waited for -----------------------------------------------------------*/

static void fill(void)
{
    fcntl(full[1], F_SETFL, O_NONBLOCK);
    while (write(full[1], bytes, 4096) > 0)
        ;
    fcntl(full[1], F_SETFL, 0);
}

static void drain(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    while (read(fd, bytes, sizeof(bytes)) > 0)
        ;
    fcntl(fd, F_SETFL, flags);
}

static void give_byte(void)
{
    (void)!write(empty[1], "x", 1);
}

static void make_room(void)
{
    drain(full[0]);
}

static void give_byte_and_room(void)
{
    make_room();
    give_byte();
}

static void raise_event(void)
{
    eventfd_write(event_read, 1);
}

static void lower_event(void)
{
    eventfd_t value;
    eventfd_read(event_write, &value);
}

static void arm_timer(void)
{
    struct itimerspec soon = {{0, 0}, {0, 1}};
    timerfd_settime(timer_fd, 0, &soon, NULL);
}

static void send_user(void)
{
    kill(getpid(), SIGUSR1);
}

static void make_file(void)
{
    close(open(FOLDER_NEW, O_CREAT | O_WRONLY, 0600));
}

static void change_word(void)
{
    word = 1;
}

static void unlock(void)
{
    struct flock none = {.l_type = F_UNLCK};

    flock(lock_holder, LOCK_UN);
    fcntl(lock_holder, F_OFD_SETLK, &none);
    fcntl(lock_holder, F_SETLK, &none);
}

static int other_end = -1;

static void open_other_end(void)
{
    other_end = open(FIFO, O_RDWR | O_NONBLOCK);
}

/* ---- Calls ------------------------------------------------------------------------------------*/

static long do_read(void)
{
    return call(__NR_read, empty[0], bytes, 1);
}

static long do_readv(void)
{
    struct iovec vector = {bytes, 1};
    return call(__NR_readv, empty[0], &vector, 1);
}

static long do_write(void)
{
    return call(__NR_write, full[1], bytes, 4096);
}

static long do_writev(void)
{
    struct iovec vector = {bytes, 4096};
    return call(__NR_writev, full[1], &vector, 1);
}

/* Some of it goes in, which is the result whatever the handler wants. */
static long do_long_write(void)
{
    make_room();
    return call(__NR_write, full[1], bytes, FULL + 4096);
}

static long do_event_read(void)
{
    return call(__NR_read, event_read, bytes, 8);
}

static long do_event_write(void)
{
    uint64_t one = 1;
    return call(__NR_write, event_write, &one, 8);
}

static long do_timer_read(void)
{
    return call(__NR_read, timer_fd, bytes, 8);
}

static long do_signal_read(void)
{
    return call(__NR_read, signal_fd, bytes, sizeof(struct signalfd_siginfo));
}

static long do_notify_read(void)
{
    return call(__NR_read, notify_fd, bytes, 4096) > 0 ? 1 : -EINTR;
}

static struct pollfd polled(void)
{
    return (struct pollfd){empty[0], POLLIN, 0};
}

static long do_poll(void)
{
    struct pollfd wanted = polled();
    return call(__NR_poll, &wanted, 1, -1);
}

static long do_ppoll(void)
{
    struct pollfd wanted = polled();
    return call(__NR_ppoll, &wanted, 1, NULL, NULL, 0);
}

static long do_select(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(empty[0], &set);
    return call(__NR_select, empty[0] + 1, &set, NULL, NULL, NULL);
}

static long do_pselect(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(empty[0], &set);
    return call(__NR_pselect6, empty[0] + 1, &set, NULL, NULL, NULL, NULL);
}

static long do_epoll(void)
{
    struct epoll_event event;
    return call(__NR_epoll_wait, epoll_fd, &event, 1, -1);
}

static long do_epoll_mask(void)
{
    struct epoll_event event;
    return call(__NR_epoll_pwait, epoll_fd, &event, 1, -1, NULL, 0);
}

static long do_epoll_mask2(void)
{
    struct epoll_event event;
    return call(__NR_epoll_pwait2, epoll_fd, &event, 1, NULL, NULL, 0);
}

long waiting_nanosleep(void)
{
    return call(__NR_nanosleep, &second, NULL);
}

static long do_clock_nanosleep(void)
{
    return call(__NR_clock_nanosleep, CLOCK_MONOTONIC, 0, &second, NULL);
}

static long do_sleep_until(void)
{
    struct timespec then;
    clock_gettime(CLOCK_REALTIME, &then);
    then.tv_sec++;
    return call(__NR_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &then, NULL);
}

static long do_futex(void)
{
    return call(__NR_futex, &word, FUTEX_WAIT, 0, NULL);
}

long waiting_futex_timed(void)
{
    return call(__NR_futex, &word, FUTEX_WAIT, 0, &second);
}

static long do_futex_until(void)
{
    struct timespec then;
    clock_gettime(CLOCK_MONOTONIC, &then);
    then.tv_sec++;
    return call(__NR_futex, &word, FUTEX_WAIT_BITSET, 0, &then, NULL, FUTEX_BITSET_MATCH_ANY);
}

static long do_suspend(void)
{
    uint64_t mask = 1UL << (SIGUSR1 - 1);
    return call(__NR_rt_sigsuspend, &mask, SET_SIZE);
}

static long do_pause(void)
{
    return call(__NR_pause);
}

static long do_signal_wait(void)
{
    uint64_t mask = 1UL << (SIGUSR1 - 1);
    return call(__NR_rt_sigtimedwait, &mask, NULL, NULL, SET_SIZE);
}

static long do_flock(void)
{
    flock(lock_holder, LOCK_EX);
    long result = call(__NR_flock, lock_seeker, LOCK_EX);
    flock(lock_seeker, LOCK_UN);
    return result;
}

/* A lock of the process stands against one of an open file. */
static long lock_wait(int holder_command, int command)
{
    struct flock lock = {.l_type = F_WRLCK}, none = {.l_type = F_UNLCK};
    fcntl(lock_holder, holder_command, &lock);
    long result = call(__NR_fcntl, lock_seeker, command, &lock);
    fcntl(lock_seeker, F_SETLK, &none);
    fcntl(lock_seeker, F_OFD_SETLK, &none);
    return result;
}

static long do_record_lock(void)
{
    return lock_wait(F_OFD_SETLK, F_SETLKW);
}

static long do_file_lock(void)
{
    return lock_wait(F_OFD_SETLK, F_OFD_SETLKW);
}

static void close_other_end(void)
{
    if (other_end >= 0)
        close(other_end);
    other_end = -1;
}

static long open_end(int flags)
{
    long fd = call(__NR_open, FIFO, flags);

    if (fd >= 0)
        close((int)fd);
    return fd < 0 ? fd : 1;
}

static long do_open_read(void)
{
    return open_end(O_RDONLY);
}

static long do_open_write(void)
{
    return open_end(O_WRONLY);
}

static long do_sendfile(void)
{
    return call(__NR_sendfile, full[1], source, NULL, 4096);
}

static long do_splice_in(void)
{
    return call(__NR_splice, empty[0], NULL, full[1], NULL, 1, 0);
}

static long do_splice_out(void)
{
    return call(__NR_splice, source, NULL, full[1], NULL, 4096, 0);
}

static long do_tee(void)
{
    return call(__NR_tee, empty[0], full[1], 1, 0);
}

static long do_vmsplice(void)
{
    struct iovec vector = {bytes, 4096};
    return call(__NR_vmsplice, full[1], &vector, 1, 0);
}

const struct waiting waiting_calls[] = {
    {"read of a pipe", do_read, give_byte, -EINTR, 1, false},
    {"readv of a pipe", do_readv, give_byte, -EINTR, 1, false},
    {"write to a full pipe", do_write, make_room, -EINTR, 4096, false},
    {"writev to a full pipe", do_writev, make_room, -EINTR, 4096, false},
    {"a write that was begun", do_long_write, NULL, FULL, FULL, true},
    {"read of an eventfd", do_event_read, raise_event, -EINTR, 8, false},
    {"write to a full eventfd", do_event_write, lower_event, -EINTR, 8, false},
    {"read of a timerfd", do_timer_read, arm_timer, -EINTR, 8, false},
    {"read of a signalfd", do_signal_read, send_user, -EINTR, 128, false},
    {"read of inotify", do_notify_read, make_file, -EINTR, 1, false},
    {"poll", do_poll, give_byte, -EINTR, -EINTR, false},
    {"ppoll", do_ppoll, give_byte, -EINTR, -EINTR, false},
    {"select", do_select, give_byte, -EINTR, -EINTR, false},
    {"pselect6", do_pselect, give_byte, -EINTR, -EINTR, false},
    {"epoll_wait", do_epoll, give_byte, -EINTR, -EINTR, true},
    {"epoll_pwait", do_epoll_mask, give_byte, -EINTR, -EINTR, true},
    {"epoll_pwait2", do_epoll_mask2, give_byte, -EINTR, -EINTR, true},
    {"nanosleep", waiting_nanosleep, NULL, -EINTR, -EINTR, false},
    {"clock_nanosleep", do_clock_nanosleep, NULL, -EINTR, -EINTR, false},
    {"clock_nanosleep until a time", do_sleep_until, NULL, -EINTR, -EINTR, false},
    {"futex", do_futex, change_word, -EINTR, -EAGAIN, false},
    {"futex with a timeout", waiting_futex_timed, change_word, -EINTR, -EINTR, false},
    {"futex until a time", do_futex_until, change_word, -EINTR, -EINTR, false},
    {"rt_sigsuspend", do_suspend, NULL, -EINTR, -EINTR, false},
    {"pause", do_pause, NULL, -EINTR, -EINTR, false},
    {"rt_sigtimedwait", do_signal_wait, send_user, -EINTR, -EINTR, true},
    {"flock", do_flock, unlock, -EINTR, 0, false},
    {"F_SETLKW", do_record_lock, unlock, -EINTR, 0, false},
    {"F_OFD_SETLKW", do_file_lock, unlock, -EINTR, 0, false},
    {"open of a FIFO to read", do_open_read, open_other_end, -EINTR, 1, false},
    {"open of a FIFO to write", do_open_write, open_other_end, -EINTR, 1, false},
    {"sendfile to a full pipe", do_sendfile, make_room, -EINTR, 4096, false},
    {"splice from an empty pipe", do_splice_in, give_byte_and_room, -EINTR, 1, false},
    {"splice to a full pipe", do_splice_out, make_room, -EINTR, 4096, false},
    {"tee of an empty pipe", do_tee, give_byte_and_room, -EINTR, 1, false},
    {"vmsplice to a full pipe", do_vmsplice, make_room, -EINTR, 4096, false},
};

const size_t waiting_count = ARRAY_LENGTH(waiting_calls);

void waiting_reset(void)
{
    struct itimerspec never = {{0, 0}, {0, 0}};

    word = 0;
    drain(empty[0]);
    fill();
    drain(event_read);
    lower_event();
    eventfd_write(event_write, UINT64_MAX - 1);
    timerfd_settime(timer_fd, 0, &never, NULL);
    unlink(FOLDER_NEW);
    drain(notify_fd);
    lseek(source, 0, SEEK_SET);
    close_other_end();
    unlock();
}

bool waiting_begin(void)
{
    uint64_t user = 1UL << (SIGUSR1 - 1);
    struct epoll_event event = {.events = EPOLLIN};

    mkdir("/tmp", 01777);
    strcpy(folder, FOLDER_TEMPLATE);
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return false;
    call(__NR_rt_sigprocmask, SIG_BLOCK, &user, NULL, SET_SIZE);
    (void)!pipe(empty);
    (void)!pipe(full);
    event_read = eventfd(0, 0);
    event_write = eventfd(0, EFD_NONBLOCK);
    eventfd_write(event_write, UINT64_MAX - 1);
    fcntl(event_write, F_SETFL, 0);
    timer_fd = timerfd_create(CLOCK_MONOTONIC, 0);
    signal_fd = signalfd(-1, &(sigset_t){{user}}, 0);
    mkdir(FOLDER, 0700);
    notify_fd = inotify_init();
    inotify_add_watch(notify_fd, FOLDER, IN_CREATE);
    epoll_fd = epoll_create1(0);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, empty[0], &event);
    source = open(LOCKED, O_CREAT | O_RDWR, 0600);
    (void)!write(source, bytes, sizeof(bytes));
    lock_holder = open(LOCKED, O_RDWR);
    lock_seeker = open(LOCKED, O_RDWR);
    mkfifo(FIFO, 0600);
    return true;
}

void waiting_end(void)
{
    unlink(LOCKED);
    unlink(FIFO);
    unlink(FOLDER_NEW);
    rmdir(FOLDER);
    rmdir(folder);
}
