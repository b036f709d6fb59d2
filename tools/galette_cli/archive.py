# SPDX-License-Identifier: MIT
"""cpio archives ("newc") whose files lie on page boundaries, so that the kernel maps them as they
are instead of copying.

The format has no alignment of its own beyond 4 bytes. A name may end in more than one NUL
(Linux's initramfs and every cpio stop at the first), so a padded name moves the data behind it to
the next page. Linux skips an entry whose name takes more than 4096 bytes; where the padding would
need that, extra entries for the directory "." go in front.

The contents of files go from descriptor to descriptor and never through this process's memory.
"""

import os
import stat

from .errors import ToolError

PAGE = 4096
HEADER = 110  # bytes: magic and 13 fields of 8 hexadecimal digits
NAME_MAX = 4096  # bytes, the final NUL included
SIZE_MAX = 0xFFFFFFFF  # what a field holds
BUFFER = 1 << 18  # bytes gathered before they are written
SMALL = 1 << 16  # a file up to this size is read into the buffer


def _aligned(offset, unit):
    return (offset + unit - 1) // unit * unit


class Writer:
    """Writes entries to a file opened for writing in binary mode, without a buffer."""

    def __init__(self, file):
        self.file, self.offset, self.ino = file, 0, 0
        self._buffer = bytearray()

    def _write(self, data):
        self._buffer += data
        self.offset += len(data)
        if len(self._buffer) >= BUFFER:
            self._flush()

    def _flush(self):
        view = memoryview(self._buffer)
        while view:  # a file without a buffer may take less
            view = view[self.file.write(view) :]
        self._buffer = bytearray()

    def _pad(self, unit):
        self._write(bytes(_aligned(self.offset, unit) - self.offset))

    def _begin(self, name, mode, size, page_aligned, ino=None, uid=0, gid=0, nlink=1, mtime=0,
               rdev=0):
        """The header, and the name padded so that the data can follow."""
        name_size = len(name) + 1
        if page_aligned:
            name_size = self._padded_name_size(name_size)
        if size > SIZE_MAX:
            raise ToolError(f"{os.fsdecode(name)} is larger than an archive can hold (4 GiB)")
        if ino is None:
            self.ino += 1
            ino = self.ino
        fields = (ino, mode, uid, gid, nlink, min(max(mtime, 0), SIZE_MAX), size, 0, 0,
                  os.major(rdev), os.minor(rdev), name_size, 0)
        self._write(b"070701" + b"%08X" * 13 % fields + name + bytes(name_size - len(name)))
        self._pad(4)

    def entry(self, name, mode, data=b"", page_aligned=False, **metadata):
        """Appends one entry. `name` and `data` are bytes."""
        self._begin(name, mode, len(data), page_aligned, **metadata)
        self._write(data)
        self._pad(4)

    def file_entry(self, name, mode, source, size, **metadata):
        """Appends a regular file: `source` is (descriptor, offset). A file that has become shorter
        meanwhile is filled up with zeros."""
        self._begin(name, mode, size, size > 0, **metadata)
        descriptor, offset = source
        if size <= SMALL:
            data = os.pread(descriptor, size, offset)
            self._write(data + bytes(size - len(data)))
        else:
            self._flush()
            self._copy(descriptor, offset, size)
            self.offset += size
        self._pad(4)

    def _copy(self, descriptor, offset, size):
        end = offset + size
        while offset < end:
            moved = os.sendfile(self.file.fileno(), descriptor, offset, min(end - offset, 1 << 30))
            if moved == 0:
                os.ftruncate(self.file.fileno(), os.lseek(self.file.fileno(), 0, os.SEEK_CUR)
                             + end - offset)
                os.lseek(self.file.fileno(), 0, os.SEEK_END)
                return
            offset += moved

    def _padded_name_size(self, name_size):
        """The size of a name that puts the data on a page; inserts "." until it is allowed."""
        while True:
            end = _aligned(self.offset + HEADER + name_size, PAGE)
            if end - self.offset - HEADER <= NAME_MAX:
                return end - self.offset - HEADER
            self.entry(b".", stat.S_IFDIR | 0o755)

    def finish(self):
        """Writes the trailer."""
        self.entry(b"TRAILER!!!", 0, ino=0)
        self._pad(512)
        self._flush()


class _Links:
    """Numbers for hard links: the first name of a file carries its data."""

    def __init__(self, tree):
        self.counts, self.numbers = {}, {}
        for _, node in tree.entries():
            if node.identity is not None:
                self.counts[node.identity] = self.counts.get(node.identity, 0) + 1

    def is_first(self, node):
        """Whether no other name of the file has been written."""
        return node.identity not in self.numbers

    def metadata(self, node, writer):
        """ino and nlink of a node."""
        if self.counts.get(node.identity, 1) == 1:
            return {"nlink": 2 if node.children is not None else 1}
        if node.identity not in self.numbers:
            writer.ino += 1
            self.numbers[node.identity] = writer.ino
        return {"nlink": self.counts[node.identity], "ino": self.numbers[node.identity]}


def _write_node(writer, name, node, links):
    has_data = stat.S_ISREG(node.mode) and links.is_first(node)
    metadata = {"uid": node.uid, "gid": node.gid, "mtime": node.mtime, "rdev": node.rdev,
                **links.metadata(node, writer)}
    if not has_data:
        data = os.fsencode(node.link) if node.link is not None else b""
        writer.entry(name, node.mode, data, **metadata)
        return
    contents = node.contents()
    if isinstance(contents, bytes):
        writer.entry(name, node.mode, contents, page_aligned=bool(contents), **metadata)
        return
    descriptor, offset, close = contents
    try:
        writer.file_entry(name, node.mode, (descriptor, offset), node.size, **metadata)
    finally:
        if close:
            os.close(descriptor)


def write_tree(tree, file):
    """Writes everything in a tree (tree.py) to a file opened for writing in binary mode, without a buffer."""
    writer, links = Writer(file), _Links(tree)
    root = tree.root
    writer.entry(b".", root.mode, uid=root.uid, gid=root.gid, mtime=root.mtime, nlink=2)
    for path, node in tree.entries():
        _write_node(writer, os.fsencode(path), node, links)
    writer.finish()
