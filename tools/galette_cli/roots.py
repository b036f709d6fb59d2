# SPDX-License-Identifier: MIT
"""What --root and --with name, read into a tree: folders of the host, cpio and tar archives.

An archive's contents stay in its file; a compressed one is unpacked into a file without a name
first, so that memory holds names only, however big the root is.
"""

import os
import stat
import sys

from .errors import STATUS_NOT_FOUND, ToolError
from .tree import Node

COPY_SIZE = 1 << 20
CPIO_HEADER = 110  # bytes
CPIO_MAGICS = (b"070701", b"070702")
COMPRESSIONS = ((b"\x1f\x8b", "gzip"), (b"BZh", "bz2"), (b"\xfd7zXZ\0", "lzma"))
REFUSED = ((b"\x28\xb5\x2f\xfd", "zstd"), (b"\x04\x22\x4d\x18", "lz4"), (b"\x02\x21\x4c\x18", "lz4"))


def unnamed_file():
    """A new file that vanishes with its last descriptor. Returns the descriptor."""
    folder = os.environ.get("TMPDIR", "/tmp")
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError:  # a file system that has no such files
        import tempfile

        descriptor, path = tempfile.mkstemp(prefix="galette-")
        os.unlink(path)
        return descriptor


class Omissions:
    """What could not be taken along, said in one line at the end."""

    def __init__(self):
        self.count, self.first = 0, None

    def note(self, path, why):
        """One file or folder."""
        self.count += 1
        self.first = self.first or f"{path} ({why})"

    def report(self):
        """Prints the line."""
        if self.count:
            more = f" and {self.count - 1} more" if self.count > 1 else ""
            print(f"galette: left out: {self.first}{more}", file=sys.stderr)


def add_root(tree, path, omissions):
    """Adds what one --root names. Raises ToolError."""
    if os.path.isdir(path):
        add_folder(tree, path, "/", omissions)
    elif os.path.exists(path):
        add_archive(tree, path)
    else:
        raise ToolError(f"--root: no folder or archive {path}", STATUS_NOT_FOUND)


# ---- Folders -----------------------------------------------------------------------------------


def add_folder(tree, folder, place, omissions):
    """The host's folder and everything in it, as `place`. Stays on one file system: what is
    mounted inside (a root's /proc, say) becomes an empty directory."""
    status = os.stat(folder)
    tree.put(place, Node.of_host(folder, status))
    pending = [(folder, place.rstrip("/"))]
    while pending:
        here, there = pending.pop()
        for name, path, node, device in _list(here, omissions):
            tree.put(f"{there}/{name}", node)
            if node.children is None:
                continue
            if device == status.st_dev:
                pending.append((path, f"{there}/{name}"))
            elif os.listdir(path):
                omissions.note(path, "another file system")


def _list(folder, omissions):
    """(name, path, Node, device) of what is in a folder."""
    try:
        with os.scandir(folder) as found:
            entries = list(found)
    except PermissionError:
        omissions.note(folder, "not readable")
        return
    for entry in entries:
        try:
            status = entry.stat(follow_symlinks=False)
            node = Node.of_host(entry.path, status)
        except FileNotFoundError:  # gone meanwhile
            continue
        if stat.S_ISREG(status.st_mode) and not os.access(entry.path, os.R_OK):
            omissions.note(entry.path, "not readable")
        elif not stat.S_ISSOCK(status.st_mode):
            yield entry.name, entry.path, node, status.st_dev


def add_host_path(tree, path, omissions):
    """A file or folder of the host at its own path, with the links that lead to it. What the tree
    has already stays, except that a folder's files are added."""
    for link in _links_to(path):
        if tree.find_link(link) is None:
            tree.put(link, Node.of_host(link, os.lstat(link)))
    real = os.path.realpath(path)
    status = os.stat(real)
    if stat.S_ISDIR(status.st_mode):
        add_folder(tree, real, real, omissions)
    elif stat.S_ISREG(status.st_mode) or stat.S_ISCHR(status.st_mode):
        tree.put_missing(real, Node.of_host(real, status))
    else:
        raise ToolError(f"{path} is no file or folder")
    if tree.find(path) is None:  # the tree has other links than the host
        tree.put(path, Node.of_host(real, status))


def _links_to(path):
    """Every symbolic link on the way of an absolute path, by its real name."""
    rest, here, links = [n for n in path.split("/") if n][::-1], "", []
    while rest and len(links) <= 40:
        name = rest.pop()
        if name in (".", ".."):
            here = here.rpartition("/")[0] if name == ".." else here
            continue
        full = f"{here}/{name}"
        if not os.path.islink(full):
            here = full
            continue
        links.append(full)
        target = os.readlink(full)
        rest += [n for n in target.split("/") if n][::-1]
        here = "" if target.startswith("/") else here
    return links


def is_larger(folder, limit):
    """Whether the files in a folder are more than `limit` bytes."""
    total, pending = 0, [folder]
    while pending:
        for _, path, node, _ in _list(pending.pop(), Omissions()):
            total += node.size
            if node.children is not None:
                pending.append(path)
            if total > limit:
                return True
    return False


# ---- Archives ----------------------------------------------------------------------------------


def add_archive(tree, path):
    """A cpio or tar archive, compressed or not. Raises ToolError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # stays open: nodes point into it
    start = os.pread(descriptor, 512, 0)
    try:
        module = next((name for magic, name in COMPRESSIONS if start.startswith(magic)), None)
        if module:
            descriptor = _unpack(descriptor, module)
            start = os.pread(descriptor, 512, 0)
        if start[:6] in CPIO_MAGICS:
            _add_cpio(tree, descriptor)
        elif _looks_like_tar(start):
            _add_tar(tree, descriptor)
        else:
            refused = next((name for magic, name in REFUSED if start.startswith(magic)), None)
            raise ValueError(f"compressed by {refused}; unpack it first" if refused
                             else "not a folder, a cpio (newc) or a tar archive")
    except (ValueError, EOFError, OverflowError) as error:
        raise ToolError(f"{path}: {error}") from None


def _unpack(descriptor, module):
    """The contents of a compressed file in a file without a name."""
    import importlib
    import zlib

    compression = importlib.import_module(module)
    target = unnamed_file()
    try:
        with compression.open(os.fdopen(os.dup(descriptor), "rb")) as source:
            while data := source.read(COPY_SIZE):
                os.write(target, data)
    except (OSError, EOFError, zlib.error, getattr(compression, "LZMAError", zlib.error)) as error:
        raise ValueError(f"cannot be unpacked: {error}") from None
    return target


def _looks_like_tar(start):
    """ustar and GNU have a magic; the oldest form has only its checksum."""
    if len(start) < 512:
        return False
    try:
        told = int(start[148:156].strip(b" \0") or b"0", 8)
    except ValueError:
        return False
    return told == sum(start[:148]) + 8 * 32 + sum(start[156:])


def _name(data):
    """A member's name as a path of the tree."""
    path = os.fsdecode(data)
    if ".." in path.split("/"):
        raise ValueError(f"{path!r} has .. in it")
    return path


def _aligned(offset):
    return (offset + 3) // 4 * 4


def _cpio_members(descriptor):
    """(fields, name, offset of the data, number of the archive) of each entry; archives may follow
    one another, with zeros between them."""
    size, offset, archive = os.fstat(descriptor).st_size, 0, 0
    while offset < size:
        header = os.pread(descriptor, CPIO_HEADER, offset)
        if header[:1] == b"\0":
            offset = _after_zeros(descriptor, offset, size)
            continue
        if header[:6] not in CPIO_MAGICS or len(header) < CPIO_HEADER:
            raise ValueError(f"not a cpio archive at byte {offset}")
        fields = [int(header[6 + 8 * i : 14 + 8 * i], 16) for i in range(13)]
        name = os.pread(descriptor, fields[11], offset + CPIO_HEADER).partition(b"\0")[0]
        data = _aligned(offset + CPIO_HEADER + fields[11])
        offset = _aligned(data + fields[6])
        if data + fields[6] > size:
            raise ValueError("cut short")
        if name == b"TRAILER!!!":
            archive += 1
        else:
            yield fields, name, data, archive


def _after_zeros(descriptor, offset, size):
    while offset < size:
        data = os.pread(descriptor, 65536, offset)
        rest = data.lstrip(b"\0")
        if rest:
            return offset + len(data) - len(rest)
        offset += len(data)
    return size


def _add_cpio(tree, descriptor):
    """The newc format: fields are ino mode uid gid nlink mtime size devmajor devminor rdevmajor
    rdevminor namesize checksum. The data of hard links stand with any one of them."""
    links = {}
    for fields, name, offset, archive in _cpio_members(descriptor):
        ino, mode, uid, gid, nlink, mtime, size = fields[:7]
        kind = stat.S_IFMT(mode)
        link = os.fsdecode(os.pread(descriptor, size, offset)) if kind == stat.S_IFLNK else None
        node = Node(mode, uid, gid, mtime, link)
        if kind in (stat.S_IFCHR, stat.S_IFBLK):
            node.rdev = os.makedev(fields[9], fields[10])
        if kind == stat.S_IFREG:
            node.set_contents(descriptor, offset, size)
            if nlink > 1:
                identity = (archive, fields[7], fields[8], ino)
                links.setdefault(identity, []).append(node)
        if kind != stat.S_IFSOCK:
            tree.put(_name(name), node)
    for group in links.values():
        first = max(group, key=lambda node: node.size)
        for node in group:
            if node is not first:
                node.share_contents(first)


def _add_tar(tree, descriptor):
    """ustar, pax, GNU: what Python's tarfile reads."""
    import tarfile

    try:
        os.lseek(descriptor, 0, os.SEEK_SET)  # a duplicate shares it
        with (os.fdopen(os.dup(descriptor), "rb") as file,
              tarfile.open(fileobj=file, mode="r:", encoding=sys.getfilesystemencoding(),
                           errors="surrogateescape") as archive):
            for member in archive:
                _add_tar_member(tree, descriptor, archive, member)
    except tarfile.TarError as error:
        raise ValueError(error) from None


TAR_KINDS = {b"2": stat.S_IFLNK, b"3": stat.S_IFCHR, b"4": stat.S_IFBLK, b"5": stat.S_IFDIR,
             b"6": stat.S_IFIFO}


def _add_tar_member(tree, descriptor, archive, member):
    path = _name(os.fsencode(member.name))
    if member.islnk():
        other = tree.find_link(_name(os.fsencode(member.linkname)))
        if other is None or other.children is not None:
            raise ValueError(f"{path!r} is a hard link to nothing")
        tree.put(path, _same_file(other))
        return
    kind = stat.S_IFREG if member.isreg() else TAR_KINDS.get(member.type)
    if kind is None:
        raise ValueError(f"{path!r} has the unknown type {member.type!r}")
    node = Node(kind | member.mode & 0o7777, member.uid, member.gid, max(0, int(member.mtime)),
                member.linkname if kind == stat.S_IFLNK else None)
    if member.sparse is not None:
        node.set_contents(_unsparse(archive.extractfile(member)), 0, member.size)
    elif kind == stat.S_IFREG:
        node.set_contents(descriptor, member.offset_data, member.size)
    elif kind in (stat.S_IFCHR, stat.S_IFBLK):
        node.rdev = os.makedev(member.devmajor, member.devminor)
    tree.put(path, node)


def _same_file(other):
    """Another name for a file that is in the tree already."""
    node = Node(other.mode, other.uid, other.gid, other.mtime, other.link)
    node.rdev = other.rdev
    node.share_contents(other)
    return node


def _unsparse(source):
    """A sparse member written out."""
    target = unnamed_file()
    while data := source.read(COPY_SIZE):
        os.write(target, data)
    return target
