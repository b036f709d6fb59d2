/* SPDX-License-Identifier: MIT */
/*
 * Pairs of sockets (man 2 socketpair), which programs send to themselves with: event loops that wake
 * themselves, runtimes that close a descriptor others wait for. They have no names: an address is
 * the family alone.
 */
#include <asm/errno.h>

#include "arch/usercopy.h"
#include "fs/pipe/socketpair.h"
#include "kernel/abi/sockets.h"
#include "syscall/descriptor.h"
#include "syscall/table.h"

#define MESSAGE_MAX 0x7ffff000UL /* MAX_RW_COUNT of Linux */

/* [net/socket.c: __sock_create; net/unix/af_unix.c: unix_create] */
static long check_kind(int family, int type, int protocol)
{
    if (family < 0 || family >= AF_MAX)
        return -EAFNOSUPPORT;
    if (type > SOCK_PACKET)
        return -EINVAL;
    if (family != AF_UNIX)
        return -EAFNOSUPPORT;
    if (protocol != 0 && protocol != AF_UNIX)
        return -EPROTONOSUPPORT;
    return type == SOCK_STREAM ? 0 : -ESOCKTNOSUPPORT;
}

long sys_socketpair(int family, int type, int protocol, uptr fds)
{
    struct file *ends[2];
    int flags = type & ~SOCK_TYPE_MASK;
    if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
        return -EINVAL;
    long error = check_kind(family, type & SOCK_TYPE_MASK, protocol);
    if (error == 0)
        error = socketpair_create(ends, flags);
    return error != 0 ? error : descriptor_new_pair(ends, flags & SOCK_CLOEXEC, fds);
}

/* The socket behind `fd` with a reference: 0, -EBADF or -ENOTSOCK. */
static long get_socket(int fd, struct file **out)
{
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    *out = file;
    if (socketpair_is_end(file))
        return 0;
    file_put(file);
    return -ENOTSOCK;
}

static u32 blocking(const struct file *file, unsigned flags)
{
    return flags & MSG_DONTWAIT ? O_NONBLOCK : file->flags & O_NONBLOCK;
}

long sys_sendto(int fd, uptr buffer, size_t count, unsigned flags, uptr address, int address_size)
{
    struct file *file;
    if (!user_range_ok(buffer, count))
        return -EFAULT;
    long result = get_socket(fd, &file);
    if (result != 0)
        return result;
    if (flags & MSG_OOB)
        result = -EOPNOTSUPP;
    else if (address.addr != 0 && address_size != 0)
        result = -EISCONN;
    else
        result = socketpair_send(file, buffer, MIN(count, MESSAGE_MAX), blocking(file, flags));
    file_put(file);
    if (result == -EPIPE && !(flags & MSG_NOSIGNAL))
        signal_send_for_call(SIGPIPE);
    return result == -EINTR ? -ERESTARTSYS : result;
}

/* Until all is there (MSG_WAITALL), or the first piece. */
static long receive(struct file *file, uptr buffer, size_t count, unsigned flags)
{
    size_t done = 0;
    long result;
    do {
        result =
            socketpair_receive(file, UPTR(buffer.addr + done), count - done, blocking(file, flags));
        done += result > 0 ? result : 0;
    } while (result > 0 && done < count && (flags & MSG_WAITALL));
    return done != 0 ? (long)done : result;
}

long sys_recvfrom(int fd, uptr buffer, size_t count, unsigned flags, uptr address,
                  uptr address_size)
{
    const int no_name = 0;
    struct file *file;
    if (!user_range_ok(buffer, count))
        return -EFAULT;
    long result = get_socket(fd, &file);
    if (result != 0)
        return result;
    if (flags & (MSG_OOB | MSG_PEEK))
        result = -EOPNOTSUPP;
    else
        result = receive(file, buffer, MIN(count, MESSAGE_MAX), flags);
    file_put(file);
    if (result >= 0 && address.addr != 0 && usercopy_to(address_size, &no_name, sizeof(no_name)))
        return -EFAULT;
    return result == -EINTR ? -ERESTARTSYS : result;
}

long sys_shutdown(int fd, int how)
{
    struct file *file;
    long error = get_socket(fd, &file);
    if (error != 0)
        return error;
    if (how < SHUT_RD || how > SHUT_RDWR)
        error = -EINVAL;
    else
        socketpair_shut(file, how != SHUT_WR, how != SHUT_RD);
    file_put(file);
    return error;
}

static long tell_name(int fd, uptr address, uptr address_size)
{
    const u16 family = AF_UNIX;
    struct file *file;
    int room, size = sizeof(family);
    long error = get_socket(fd, &file);
    if (error != 0)
        return error;
    file_put(file);
    if (usercopy_from(&room, address_size, sizeof(room)) != 0)
        return -EFAULT;
    if (room < 0)
        return -EINVAL;
    if (usercopy_to(address, &family, MIN(room, size)) != 0 ||
        usercopy_to(address_size, &size, sizeof(size)) != 0)
        return -EFAULT;
    return 0;
}

long sys_getsockname(int fd, uptr address, uptr address_size)
{
    return tell_name(fd, address, address_size);
}

long sys_getpeername(int fd, uptr address, uptr address_size)
{
    return tell_name(fd, address, address_size);
}
