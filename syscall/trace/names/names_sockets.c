/* SPDX-License-Identifier: MIT */
/* Names of numbers for the trace, by names.h: sockets. */
#include "syscall/trace/names/names.h"

#include "kernel/abi/sockets.h"

/* It does not know what a list of N(...) is. */
/* clang-format off */

#define MESSAGE_FLAGS(N) \
    N(MSG_OOB) N(MSG_PEEK) N(MSG_DONTROUTE) N(MSG_TRUNC) N(MSG_DONTWAIT) N(MSG_EOR) N(MSG_WAITALL) \
    N(MSG_NOSIGNAL) N(MSG_MORE)
NAMES(trace_message_flags, "MSG_???", MESSAGE_FLAGS);

#define SHUTDOWN(N) N(SHUT_RD) N(SHUT_WR) N(SHUT_RDWR)
NAMES(trace_shutdown, "SHUT_???", SHUTDOWN);

#define SOCKET_FAMILIES(N) \
    N(AF_UNSPEC) N(AF_UNIX) N(AF_INET) N(AF_INET6) N(AF_NETLINK) N(AF_PACKET) N(AF_VSOCK)
NAMES(trace_socket_families, "AF_???", SOCKET_FAMILIES);

/* Each with all bits of the types that are less: the first that fits is the type. */
#define SOCKET_TYPES(N) \
    N(SOCK_PACKET) N(SOCK_DCCP) N(SOCK_SEQPACKET) N(SOCK_RDM) N(SOCK_RAW) N(SOCK_DGRAM) N(SOCK_STREAM) \
    N(SOCK_CLOEXEC) N(SOCK_NONBLOCK)
NAMES(trace_socket_types, "SOCK_???", SOCKET_TYPES);
