/* SPDX-License-Identifier: MIT */
/*
 * Constants and layouts of eventfd, epoll, memfd and splice.
 *
 * The kernel's headers have most of them; what only newer ones have, or only the C library's, stands
 * here with its source.
 */
#ifndef KERNEL_ABI_EVENT_FILES_H
#define KERNEL_ABI_EVENT_FILES_H

#include <linux/types.h>

/* To sparse, bits of poll are a type of their own, which the header's own constants fail. */
#define __poll_t __u32

#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/memfd.h>

_Static_assert(sizeof(struct epoll_event) == 12, "packed on x86-64: linux/eventpoll.h");

/* <linux/eventfd.h>, since Linux 6.7; before, eventfd(2). */
#define EFD_SEMAPHORE 1
#define EFD_CLOEXEC   O_CLOEXEC
#define EFD_NONBLOCK  O_NONBLOCK

/* <linux/memfd.h> and <linux/fcntl.h> since Linux 6.3. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008u /* not executable, and sealed so */
#define MFD_EXEC        0x0010u
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020 /* prevent chmod from changing the x bits */
#endif

/* In no kernel header: splice(2). */
#define SPLICE_F_MOVE     1
#define SPLICE_F_NONBLOCK 2
#define SPLICE_F_MORE     4
#define SPLICE_F_GIFT     8

#endif
