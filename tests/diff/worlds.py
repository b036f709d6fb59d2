# SPDX-License-Identifier: MIT
"""One root file system, twice: unpacked for a chroot on Linux, and as an archive for the machine.

Both come from the same tree (galette_cli/tree.py): the programs that a table names with their
libraries, the defaults of tools/galette, and /work with the files of tests/diff/work and some that
are made here. The chroot lies on a tmpfs, because that is what the machine has: sizes of directories
and of holes are those of the file system. It is mounted for this process and its children alone
(own_namespace), so that nothing is left behind, however the tests end.

The commands of a table change /work and /tmp and nothing else; both are made anew for every command.
"""

import bz2
import ctypes
import glob
import gzip
import io
import lzma
import os
import random
import shutil
import stat
import subprocess
import tarfile
import tempfile
import zipfile

import machines
from galette_cli import archive, options, packing
from galette_cli.tree import DIRECTORY, Host, Node
from table import HERE

WORK = os.path.join(HERE, "work")
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
TIME = 1_577_934_245  # 2020-01-02 03:04:05 UTC: every file in /work
DEVICES = (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9))
SECONDS = 100
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000  # <linux/sched.h>, <linux/mount.h>
MNT_DETACH = 2  # <sys/mount.h>
LIBC = ctypes.CDLL(None, use_errno=True)


def _mount(source, place, kind, flags=0):
    if LIBC.mount(source, os.fsencode(place), kind, flags, None) != 0:
        raise OSError(ctypes.get_errno(), f"mount {place}")


def own_namespace():
    """From here on this process sees mounts of its own. Returns a folder on a tmpfs of its own.
    Raises OSError where that is not allowed (not root, or a container without mounts)."""
    if LIBC.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    _mount(b"none", "/", None, MS_REC | MS_PRIVATE)
    folder = tempfile.mkdtemp(prefix="galette-diff-")
    try:
        _mount(b"tmpfs", folder, b"tmpfs")
    except OSError:
        os.rmdir(folder)
        raise
    return folder


def leave(folder):
    """Takes the tmpfs of own_namespace away."""
    LIBC.umount2(os.fsencode(folder), MNT_DETACH)
    os.rmdir(folder)


# ---- The files in /work ------------------------------------------------------------------------


def _tar_of(files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.PAX_FORMAT) as made:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(content), TIME, 0o640
            made.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("box/link")
        link.type, link.linkname, link.mtime = tarfile.SYMTYPE, "one.txt", TIME
        made.addfile(link)
    return data.getvalue()


def _zip_of(files):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(zipfile.ZipInfo(name, (2020, 1, 2, 3, 4, 4)), content)
    return data.getvalue()


def _cpio_of(files):
    data = io.BytesIO()
    writer = archive.Writer(data)
    for name, content in files.items():
        writer.entry(name.encode(), stat.S_IFREG | 0o640, content, mtime=TIME)
    writer.finish()
    return data.getvalue()


def _made_files():
    """Files that are better made than kept: name and contents."""
    generator = random.Random(1)
    noise = generator.randbytes(70_000)
    with open(os.path.join(WORK, "text.txt"), "rb") as file:
        text = file.read() * 20
    box = {"box/one.txt": b"one\n", "box/two.bin": noise[:5000], "box/deep/three.txt": text}
    lines = b"".join(b"%d %s\n" % (generator.randrange(1000), noise[i : i + 8].hex().encode())
                     for i in range(2000))
    zstd = subprocess.run(["zstd", "-q", "-c"], input=text, capture_output=True, check=True).stdout
    return {
        "noise.bin": noise, "lines.txt": lines, "empty": b"", "long.txt": text,
        "text.gz": gzip.compress(text, mtime=TIME), "text.bz2": bz2.compress(text),
        "text.xz": lzma.compress(text), "text.lzma": lzma.compress(text, lzma.FORMAT_ALONE),
        "text.zst": zstd, "box.tar": _tar_of(box),
        "box.zip": _zip_of(box), "damaged.gz": gzip.compress(text, mtime=TIME)[:-20],
        "wide.txt": "Füße, naïve, 日本語, 😀\n".encode() * 3,
        "cpio.newc": _cpio_of(box), "nulls.bin": b"one\0two\0three\0", "crlf.txt": b"a\r\nb\r\n",
    }  # fmt: skip


def _put(tree, path, node):
    node.mtime = TIME
    return tree.put(path, node)


def _add_work(tree):
    _put(tree, "/work", Node(DIRECTORY))
    for folder, folders, files in os.walk(WORK):
        place = os.path.join("/work", os.path.relpath(folder, WORK))
        for name in folders:
            _put(tree, os.path.normpath(f"{place}/{name}"), Node(DIRECTORY))
        for name in files:
            with open(os.path.join(folder, name), "rb") as file:
                mode = 0o755 if os.access(file.name, os.X_OK) else 0o644
                _put(tree, os.path.normpath(f"{place}/{name}"), Node.of_bytes(file.read(), mode))
    for name, data in _made_files().items():
        _put(tree, f"/work/{name}", Node.of_bytes(data))
    tree.find("/work/noise.bin").mode = stat.S_IFREG | 0o400
    for name, target in (("link.txt", "text.txt"), ("dangling", "nowhere"), ("up", "tree/.."),
                         ("circle", "circle")):
        _put(tree, f"/work/{name}", Node(stat.S_IFLNK | 0o777, link=target))
    hard = Node(stat.S_IFREG | 0o644)
    hard.share_contents(tree.find("/work/text.txt"))
    _put(tree, "/work/hard.txt", hard)


# ---- The root ----------------------------------------------------------------------------------


def _make_tree(table):
    paths = [path for pattern in table.adds for path in glob.glob(pattern) or [pattern]]
    opts = options.parse("pack", [word for path in paths for word in ("--with", path)])
    build = packing._Build(opts)
    for new, path in table.puts:
        build.tree.put(new, Host.find(os.path.join(machines.ROOT, path)))
        build._complete(new, 0)
    for new, target in table.links:
        build.tree.put(new, Node(stat.S_IFLNK | 0o777, link=target))
    for path in (path for pattern in table.drops for path in glob.glob(pattern)):
        parent, _, name = path.rpartition("/")
        build.tree.find(parent).children.pop(name, None)
    build.finish()
    _add_work(build.tree)
    return build.tree


def _unpack(node, path, seen):
    """One node of a tree at `path` of the host, its times last."""
    kind = stat.S_IFMT(node.mode)
    if node.identity is not None and node.identity in seen:
        os.link(seen[node.identity], path)
        return
    seen.setdefault(node.identity, path)
    if kind == stat.S_IFDIR:
        os.mkdir(path)
        for name in sorted(node.children):
            _unpack(node.children[name], os.path.join(path, name), seen)
    elif kind == stat.S_IFLNK:
        os.symlink(node.link, path)
    elif kind == stat.S_IFREG:
        with open(path, "wb") as file:
            file.write(node.data(1 << 40))
    os.chown(path, node.uid, node.gid, follow_symlinks=False)
    if kind != stat.S_IFLNK:
        os.chmod(path, stat.S_IMODE(node.mode))
    os.utime(path, (node.mtime, node.mtime), follow_symlinks=False)


class World:
    """The root of one table: `archive`, and a folder for chroot, below `place`."""

    def __init__(self, table, place):
        self.table, self.tree = table, _make_tree(table)
        self.folder = tempfile.mkdtemp(dir=place)
        self.archive = os.path.join(self.folder, "root.cpio")
        with open(self.archive, "wb", buffering=0) as file:
            archive.write_tree(self.tree, file)
        self.root = os.path.join(self.folder, "root")
        _unpack(self.tree.root, self.root, {})
        self._make_devices()

    def _make_devices(self):
        for name, minor in DEVICES:
            path = os.path.join(self.root, "dev", name)
            os.mknod(path, stat.S_IFCHR, os.makedev(1, minor))
            os.chmod(path, 0o666)
        os.symlink("/proc/self/fd", os.path.join(self.root, "dev", "fd"))
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            os.symlink(f"/proc/self/fd/{number}", os.path.join(self.root, "dev", name))
        proc = os.path.join(self.root, "proc")
        _mount(b"proc", proc, b"proc")

    def close(self):
        """Removes everything."""
        LIBC.umount2(os.fsencode(os.path.join(self.root, "proc")), MNT_DETACH)
        shutil.rmtree(self.folder)

    def renew(self):
        """/work and /tmp as they were at first."""
        for name in ("work", "tmp"):
            path = os.path.join(self.root, name)
            shutil.rmtree(path)
            _unpack(self.tree.find(f"/{name}"), path, {})
        os.utime(self.root, (0, 0))

    def find(self, command):
        """The path of a command's program in the root."""
        name = command.words[0]
        if "/" in name:
            return name
        for folder in PATH.split(":"):
            if self.tree.find(f"{folder}/{name}"):
                return f"{folder}/{name}"
        raise FileNotFoundError(f"{name} is not in the root of {self.table.name}")

    def stdin(self, command):
        """What a command reads."""
        return self.tree.find(f"/work/{command.stdin}").data() if command.stdin else b""

    def _variables(self):
        return [f"PATH={PATH}", *self.table.environment]

    def environment(self):
        """The variables that a program has, here and there."""
        return {"HOME": "/", "TERM": "linux", **dict(pair.split("=", 1) for pair in self._variables())}

    # ---- Here and there -------------------------------------------------------------------------

    def run_on_linux(self, command):
        """Runs a command in the chroot, between pipes. Returns (status, output)."""
        self.renew()
        process = subprocess.Popen(
            [self.find(command), *command.words[1:]], env=self.environment(), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=self._enter)  # fmt: skip
        output, _ = finish(process, self.stdin(command))
        status = process.returncode
        return (status if status >= 0 else 128 - status), output

    def _enter(self):
        """In the child: the root, the directory."""
        os.chroot(self.root)
        os.chdir("/work")
        os.umask(0o022)

    def run_here(self, command, ring, cpus="1", remember=None, options=()):
        """Boots a machine with the same root and the same command."""
        words = ["-b", "microvm", "-m", self.table.memory, "-c", cpus, "-r", ring, "--init", self.find(command),
                 "--append", "cwd=/work", *options]
        for pair in self._variables():
            words += ["-e", pair]
        return machines.run(self.archive, *command.words[1:], options=words, seconds=SECONDS,
                            stdin=self.stdin(command), remember=remember)


def finish(process, data):
    """Feeds standard input, waits for the end. Returns what was written to standard output and error."""
    try:
        return process.communicate(data, timeout=SECONDS)
    finally:
        process.kill()
        process.wait()
