/* SPDX-License-Identifier: MIT */
/* Names of numbers for the trace, by names.h: what a program waits for. */
#include "syscall/trace/names/names.h"

#include <asm/poll.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>

#include "kernel/abi/event_files.h"

/* It does not know what a list of N(...) is. */
/* clang-format off */

#define EPOLL_EVENTS(N) \
    N(EPOLLIN) N(EPOLLPRI) N(EPOLLOUT) N(EPOLLRDNORM) N(EPOLLRDBAND) N(EPOLLWRNORM) N(EPOLLWRBAND) \
    N(EPOLLMSG) N(EPOLLERR) N(EPOLLHUP) N(EPOLLRDHUP) N(EPOLLEXCLUSIVE) N(EPOLLWAKEUP) \
    N(EPOLLONESHOT) N(EPOLLET)
NAMES(trace_epoll_events, "EPOLL???", EPOLL_EVENTS);

#define EPOLL_FLAGS(N) N(EPOLL_CLOEXEC)
NAMES(trace_epoll_flags, "EPOLL_???", EPOLL_FLAGS);

#define EPOLL_OPS(N) N(EPOLL_CTL_ADD) N(EPOLL_CTL_DEL) N(EPOLL_CTL_MOD)
NAMES(trace_epoll_ops, "EPOLL_CTL_???", EPOLL_OPS);

#define EVENTFD_FLAGS(N) N(EFD_SEMAPHORE) N(EFD_CLOEXEC) N(EFD_NONBLOCK)
NAMES(trace_eventfd_flags, "EFD_???", EVENTFD_FLAGS);

#define INOTIFY_EVENTS(N) \
    N(IN_ACCESS) N(IN_MODIFY) N(IN_ATTRIB) N(IN_CLOSE_WRITE) N(IN_CLOSE_NOWRITE) N(IN_OPEN) \
    N(IN_MOVED_FROM) N(IN_MOVED_TO) N(IN_CREATE) N(IN_DELETE) N(IN_DELETE_SELF) N(IN_MOVE_SELF) \
    N(IN_UNMOUNT) N(IN_Q_OVERFLOW) N(IN_IGNORED) N(IN_ONLYDIR) N(IN_DONT_FOLLOW) N(IN_EXCL_UNLINK) \
    N(IN_MASK_CREATE) N(IN_MASK_ADD) N(IN_ISDIR) N(IN_ONESHOT)
NAMES(trace_inotify_events, "IN_???", INOTIFY_EVENTS);

#define INOTIFY_FLAGS(N) N(IN_NONBLOCK) N(IN_CLOEXEC)
NAMES(trace_inotify_flags, "IN_???", INOTIFY_FLAGS);

#define POLL_EVENTS(N) \
    N(POLLIN) N(POLLPRI) N(POLLOUT) N(POLLERR) N(POLLHUP) N(POLLNVAL) N(POLLRDNORM) N(POLLRDBAND) \
    N(POLLWRNORM) N(POLLWRBAND) N(POLLMSG) N(POLLREMOVE) N(POLLRDHUP) N(POLL_BUSY_LOOP)
NAMES(trace_poll_events, "POLL???", POLL_EVENTS);
