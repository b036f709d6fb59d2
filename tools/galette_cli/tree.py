# SPDX-License-Identifier: MIT
"""A file system being put together: names and metadata in memory, contents where they lie.

A Node is one file, directory, link or device. The contents of a regular file are a file of the
host, a part of one (an archive's member) or bytes, read only when somebody asks. Paths are
absolute text; a byte that is no UTF-8 is a surrogate, as in os.fsdecode.

Links are followed as a kernel does it, inside of the tree: every name that is added lands in the
directory its parents lead to, so that the archive made from the tree has real names only.
"""

import contextlib
import os
import stat

LINKS_MAX = 40
DIRECTORY = stat.S_IFDIR | 0o755


class Node:
    """mode, uid, gid, mtime, rdev: as in struct stat.  identity: equal for hard links, else None.
    size: bytes of a regular file.  link: a symbolic link's target.  children: a directory's."""

    __slots__ = ("mode", "uid", "gid", "mtime", "rdev", "identity", "size", "link", "children",
                 "_source", "_offset")

    def __init__(self, mode, uid=0, gid=0, mtime=0, link=None):
        self.mode, self.uid, self.gid, self.mtime, self.link = mode, uid, gid, mtime, link
        self.rdev, self.identity, self.size, self._source, self._offset = 0, None, 0, b"", 0
        self.children = {} if stat.S_ISDIR(mode) else None

    @classmethod
    def of_host(cls, path, status):
        """The host's file, with the result of lstat or stat."""
        link = os.readlink(path) if stat.S_ISLNK(status.st_mode) else None
        node = cls(status.st_mode, status.st_uid, status.st_gid, int(status.st_mtime), link)
        if stat.S_ISREG(status.st_mode):
            node.set_contents(path, 0, status.st_size)
        if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
            node.rdev = status.st_rdev
        if status.st_nlink > 1 and node.children is None:
            node.identity = (status.st_dev, status.st_ino)
        return node

    @classmethod
    def of_bytes(cls, data, mode=0o644):
        """A regular file made here."""
        node = cls(stat.S_IFREG | mode)
        node.set_contents(data, 0, len(data))
        return node

    def set_contents(self, source, offset, size):
        """`source`: bytes, a path of the host or an open descriptor."""
        self._source, self._offset, self.size = source, offset, size

    def share_contents(self, other):
        """A hard link to `other`, which gets an identity if it has none."""
        if other.identity is None:
            other.identity = ("link", id(other))
        self.identity = other.identity
        self.set_contents(other._source, other._offset, other.size)

    def contents(self):
        """Bytes, or (descriptor, offset, True if the caller has to close it)."""
        if isinstance(self._source, bytes):
            return self._source
        if isinstance(self._source, int):
            return self._source, self._offset, False
        return os.open(self._source, os.O_RDONLY | os.O_CLOEXEC), self._offset, True

    @contextlib.contextmanager
    def reader(self):
        """read_at(offset, size) within the file."""
        contents = self.contents() if stat.S_ISREG(self.mode) else b""
        if isinstance(contents, bytes):
            yield lambda offset, size: contents[offset : offset + size]
            return
        descriptor, start, close = contents

        def read_at(offset, size):
            size = min(size, self.size - offset)
            return os.pread(descriptor, size, start + offset) if size > 0 else b""

        try:
            yield read_at
        finally:
            if close:
                os.close(descriptor)

    def data(self, most=1 << 20):
        """The first `most` bytes."""
        with self.reader() as read_at:
            return read_at(0, most)


def components(path):
    """The names in a path, without empty ones and `.`; `..` stays."""
    return [name for name in path.split("/") if name not in ("", ".")]


class Tree:
    """The tree below /."""

    def __init__(self):
        self.root = Node(DIRECTORY)

    def _steps(self, path, make_missing=False):
        """Walks to the last component's directory, following links on the way and at the end.
        Returns the list of (name, node) that leads there, or None."""
        rest, steps, links = components(path)[::-1], [], 0
        while rest:
            name = rest.pop()
            here = steps[-1][1] if steps else self.root
            if here.children is None:
                return None
            if name == "..":
                del steps[-1:]
                continue
            node = here.children.get(name)
            if node is None:
                if not make_missing:
                    return None
                node = here.children[name] = Node(DIRECTORY)
            if node.link is None:
                steps.append((name, node))
                continue
            links += 1
            if links > LINKS_MAX:
                return None
            rest += components(node.link)[::-1]
            if node.link.startswith("/"):
                steps = []
        return steps

    def find(self, path):
        """The node that a path leads to through all links, or None."""
        steps = self._steps(path)
        return None if steps is None else steps[-1][1] if steps else self.root

    def real(self, path):
        """The path without links, or None if it leads nowhere."""
        steps = self._steps(path)
        return None if steps is None else "/" + "/".join(name for name, _ in steps)

    def find_link(self, path):
        """Like find, but a link at the end is not followed."""
        names = components(path)
        if not names:
            return self.root
        parent = self.find("/".join(names[:-1]))
        return parent.children.get(names[-1]) if parent and parent.children is not None else None

    def names(self, path):
        """The names in a directory, sorted; none if there is no such directory."""
        node = self.find(path)
        return sorted(node.children) if node and node.children is not None else []

    def make_directory(self, path):
        """The directory at `path`, made with its parents if missing; None if a file is there."""
        steps = self._steps(path, make_missing=True)
        node = steps[-1][1] if steps else self.root if steps == [] else None
        return node if node is not None and node.children is not None else None

    def put(self, path, node):
        """Adds a node, or replaces what has its name. A directory that exists already, also
        behind a link, keeps what is in it and takes the new one's owner and mode. Parents that
        are in the way as files are replaced. Returns the node that is in the tree then."""
        names = components(path)
        if ".." in names:
            raise ValueError(f"{path!r} has .. in it")
        if not names:
            return self._merge(self.root, node)
        parent = self._parent(names[:-1])
        there = parent.children.get(names[-1])
        if node.children is not None and there is not None:
            if there.link is not None:
                there = self.find("/".join(names))
            if there is not None and there.children is not None:
                return self._merge(there, node)
        parent.children[names[-1]] = node
        return node

    def _parent(self, names):
        """The directory of these names; a file or a link in a circle that is in the way goes."""
        node = self.make_directory("/".join(names))
        if node is not None:
            return node
        above = self._parent(names[:-1])
        there = above.children.get(names[-1])
        if there is None or there.children is None:
            there = above.children[names[-1]] = Node(DIRECTORY)
        return there

    @staticmethod
    def _merge(there, node):
        if node.children is not None:
            there.mode, there.uid, there.gid, there.mtime = node.mode, node.uid, node.gid, node.mtime
        return there

    def put_missing(self, path, node):
        """Adds a node unless the path leads to something already. Returns what it leads to."""
        return self.find(path) or self.put(path, node)

    def entries(self):
        """(path without a leading slash, node) of everything but /, parents first, sorted."""
        pending = [("", self.root)]
        while pending:
            path, node = pending.pop()
            if path:
                yield path, node
            if node.children:
                prefix = path + "/" if path else ""
                for name in sorted(node.children, reverse=True):
                    pending.append((prefix + name, node.children[name]))


class Host:
    """The host's own files, asked as a tree is."""

    @staticmethod
    def find(path):
        """The Node that a path leads to, or None."""
        try:
            return Node.of_host(path, os.stat(path))
        except OSError:
            return None

    @staticmethod
    def real(path):
        """The path without links, or None if it leads nowhere."""
        return os.path.realpath(path) if os.path.exists(path) else None

    @staticmethod
    def names(path):
        """The names in a directory, sorted."""
        try:
            return sorted(os.listdir(path))
        except OSError:
            return []
