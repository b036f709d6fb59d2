# SPDX-License-Identifier: MIT
"""cpio archives ("newc") whose files lie on page boundaries, so that the kernel maps them as they
are instead of copying.

The format has no alignment of its own beyond 4 bytes. A name may end in more than one NUL
(Linux's initramfs and every cpio stop at the first), so a padded name moves the data behind it to
the next page. Linux skips an entry whose name takes more than 4096 bytes; where the padding would
need that, extra entries for the directory "." go in front.
"""

import os
import stat

PAGE = 4096
HEADER = 110  # bytes: magic and 13 fields of 8 hexadecimal digits
NAME_MAX = 4096  # bytes, the final NUL included


def _header(ino, mode, size, name_size, nlink=1):
    fields = (ino, mode, 0, 0, nlink, 0, size, 0, 0, 0, 0, name_size, 0)
    return b"070701" + b"".join(b"%08X" % field for field in fields)


def _aligned(offset, unit):
    return (offset + unit - 1) // unit * unit


class Writer:
    """Writes entries to a file opened for writing in binary mode."""

    def __init__(self, file):
        self.file, self.offset, self.ino = file, 0, 0

    def _write(self, data):
        self.file.write(data)
        self.offset += len(data)

    def _pad(self, unit):
        self._write(bytes(_aligned(self.offset, unit) - self.offset))

    def entry(self, name, mode, data=b"", page_aligned=False):
        """Appends one entry. `name` and `data` are bytes."""
        name_size = len(name) + 1
        if page_aligned:
            name_size = self._padded_name_size(name_size)
        self.ino += 1
        self._write(_header(self.ino, mode, len(data), name_size))
        self._write(name + bytes(name_size - len(name)))
        self._pad(4)
        self._write(data)
        self._pad(4)

    def _padded_name_size(self, name_size):
        """The size of a name that puts the data on a page; inserts "." until it is allowed."""
        while True:
            end = _aligned(self.offset + HEADER + name_size, PAGE)
            if end - self.offset - HEADER <= NAME_MAX:
                return end - self.offset - HEADER
            self.entry(b".", stat.S_IFDIR | 0o755)

    def finish(self):
        """Writes the trailer."""
        self.entry(b"TRAILER!!!", 0)
        self._pad(512)


def _add_path(writer, path, name):
    """One file, directory or symbolic link of the host under `name`."""
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        writer.entry(name, status.st_mode, os.fsencode(os.readlink(path)))
    elif stat.S_ISDIR(status.st_mode):
        writer.entry(name, status.st_mode)
    elif stat.S_ISREG(status.st_mode):
        with open(path, "rb") as file:
            writer.entry(name, status.st_mode, file.read(), page_aligned=True)


def add_tree(writer, root):
    """Everything below `root`, parents first, in an order that does not depend on the host."""
    for folder, folders, files in os.walk(root):
        folders.sort()
        for entry in sorted(files + folders):
            path = os.path.join(folder, entry)
            _add_path(writer, path, os.fsencode(os.path.relpath(path, root)))


def pack(output, root=None, init=None):
    """Writes an archive of the tree `root`, and of the file `init` as /init."""
    with open(output, "wb") as file:
        writer = Writer(file)
        if root:
            add_tree(writer, root)
        if init:
            with open(init, "rb") as source:
                writer.entry(b"init", stat.S_IFREG | 0o755, source.read(), page_aligned=True)
        writer.finish()
