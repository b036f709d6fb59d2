# SPDX-License-Identifier: MIT
"""What every root file system has: the directories and the files in /etc that libraries ask for.

Only added where a root has none of its own; a link that leads nowhere counts as none.
"""

import stat
import struct

from .tree import Node

DIRECTORIES = (
    ("/dev", 0o755), ("/dev/shm", 0o1777), ("/etc", 0o755), ("/proc", 0o555), ("/root", 0o700),
    ("/sys", 0o555), ("/tmp", 0o1777), ("/var", 0o755), ("/var/tmp", 0o1777),
)  # fmt: skip

FILES = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n"
                   "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "/etc/group": "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n",
    "/etc/hosts": "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n",
    # No program is asked over a socket, and nothing beyond these files and DNS.
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"
                          "networks: files\nprotocols: files\nservices: files\n",
    # The address of QEMU's own name server.
    "/etc/resolv.conf": "nameserver 10.0.2.3\n",
}


def utc_zone():
    """/etc/localtime for UTC, in the format of tzfile(5), version 2 (RFC 8536)."""
    header = struct.pack(">4sc15x6I", b"TZif", b"2", 0, 0, 0, 0, 1, 4)
    one_type = struct.pack(">iBB", 0, 0, 0) + b"UTC\0"
    return (header + one_type) * 2 + b"\nUTC0\n"


def add(tree):
    """Adds what the tree lacks."""
    for path, mode in DIRECTORIES:
        if tree.find(path) is None:
            tree.put(path, Node(stat.S_IFDIR | mode))
    for path, text in FILES.items():
        if tree.find(path) is None:
            tree.put(path, Node.of_bytes(text.encode()))
    for path in ("/etc/localtime", "/usr/share/zoneinfo/UTC"):
        if tree.find(path) is None:
            tree.put(path, Node.of_bytes(utc_zone()))
