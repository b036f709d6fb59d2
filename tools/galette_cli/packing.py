# SPDX-License-Identifier: MIT
"""From PROGRAM to what the machine gets: a static program alone, or a root file system.

The root file system is --root's folders and archives one over the other, then what --with names,
the program (the root's if it has one of that name, else the host's), the interpreters of a script,
the loader and the libraries, and last what no root is without (defaults.py). Libraries are looked
for in the root first. What a root lacks is taken from the host: all of it if the root has no loader
for the program, if the program itself is the host's, or if --libs is given; otherwise a root that
has its own loader is taken as complete.

A dynamic program of the host also brings the folders that are its own (own_folders.py) with the files
that links in them lead to, glibc's converters of character sets if it or a library uses iconv(3), the
locale C.UTF-8 if one of them uses setlocale(3), the library that unwinds stacks if one of them ends
threads, and the descriptions of terminals if it is linked with terminfo. Whatever else a program opens
has to be named with --with.
"""

import os
import stat

from . import elf, libraries, own_folders, program, roots
from .errors import STATUS_NOT_FOUND, ToolError
from .tree import DIRECTORY, Host, Node, Tree

LINK = stat.S_IFLNK | 0o777
SCRIPT_DEPTH = 5  # scripts interpreted by scripts; Linux: BINPRM in fs/exec.c
SCRIPT_LINE_MAX = 256  # bytes
OWN_FOLDER_MAX = 256 << 20  # bytes of files; more than that is said and left out
UTF8_LOCALE = "/usr/lib/locale/C.utf8"  # Debian's, which no package but libc-bin has to be there for
GUEST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def find(opts):
    """The Program for run, iso, efi and debug. Raises ToolError."""
    if not (opts.root or opts.with_ or opts.workdir):
        plain = program.find(opts.program, opts.init)
        if not plain.elf or not _needs_files(plain.path, opts):
            return plain
    build = _Build(opts)
    path = build.place_program(opts.program)
    init = _place_init(build, opts.init, path)
    if opts.workdir:
        build.make_workdir(opts.workdir)
    build.finish()
    name = os.path.basename(path)
    if getattr(opts, "dry_run", False):
        target = os.path.join(program.BUILD, "dry-run.cpio")
        file = _create(target)
    else:  # for this process and QEMU; nothing is left behind, however they end
        file = os.fdopen(roots.unnamed_file(), "wb", buffering=0)
        os.set_inheritable(file.fileno(), True)
        target = f"/proc/self/fd/{file.fileno()}"
    build.write(file)
    return program.Program(target, init, False, name, file, build.environment)


def pack(opts, output):
    """Writes the archive of `tools/galette pack`, where /init is the program."""
    build = _Build(opts)
    if opts.program and not opts.root:
        plain = program.find(opts.program)
        if plain.elf and not _needs_files(plain.path, opts):  # needs no place of its own
            build.tree.put("/init", Host.find(plain.path))
            opts.program = None
    if opts.program:
        path = build.place_program(opts.program)
        if path != "/init":
            build.tree.put("/init", Node(LINK, link=path))
    build.finish()
    with _create(output) as file:
        build.write(file)


def _create(path):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    return open(path, "wb", buffering=0)


def _place_init(build, init, path):
    """--init: another name for the program, unless something has that name already."""
    if init and build.tree.find(init) is None:
        build.tree.put(init, Node(LINK, link=path))
    if '"' in (init or path):
        raise ToolError("a path with a double quote cannot be passed to the kernel; use --init")
    return init or path


def script_words(start):
    """The words of a `#!` line: the interpreter and perhaps one argument. None: no script."""
    if not start.startswith(b"#!"):
        return None
    line = start[2:SCRIPT_LINE_MAX].partition(b"\n")[0]
    return os.fsdecode(line.strip(b" \t")).split(None, 1) or None


def _needs_files(path, opts):
    """Whether a file needs others to run: a dynamic program or a script."""
    if opts.no_libs:
        return False
    node = Host.find(path)
    if script_words(node.data(SCRIPT_LINE_MAX)):
        return True
    headers = elf.read(node)
    return headers is not None and headers.interp is not None


class _Build:
    """A root file system in the making."""

    def __init__(self, opts):
        self.tree, self.opts, self.environment = Tree(), opts, []
        self.workdir = getattr(opts, "workdir", None) or "/"
        self.omissions = roots.Omissions()
        for root in opts.root:
            roots.add_root(self.tree, root, self.omissions)
        self.given = getattr(opts, "env", ())
        given = dict(pair.partition("=")[::2] for pair in self.given)
        self.library_path = given.get("LD_LIBRARY_PATH", os.environ.get("LD_LIBRARY_PATH", ""))
        self.search_path = given.get("PATH")
        places = [self.tree, Host] if opts.root else [Host]
        self.search = libraries.Search(places, self.library_path)
        self.cached = {}  # library's name: path, for ld.so.cache
        self.done = set()
        self.hosted = set()  # programs of the host, which bring their own folders
        self.brought = set()  # loaders that no --root had
        for path in opts.with_:
            self._add_with(path)

    # ---- What is asked for ----------------------------------------------------------------------

    def _add_with(self, path):
        path = os.path.abspath(path)
        if not os.path.exists(path):
            raise ToolError(f"--with: no {path}", STATUS_NOT_FOUND)
        roots.add_host_path(self.tree, path, self.omissions)
        if self.opts.no_libs:
            return
        real = self.tree.real(path)
        if self.tree.find(path).children is None:
            self._complete(real, 0)
            return
        for name, node in _files_below(self.tree.find(path), real.rstrip("/")):
            self._complete_library(name, node)

    def place_program(self, text):
        """Puts the program into the tree, unless a --root has it. Returns its path there."""
        path = self._find_in_root(text) if self.opts.root else None
        if path is None:
            path = self._take_from_host(text)
        if not self.opts.no_libs:
            self._complete(path, 0)
        return path

    def _take_from_host(self, text):
        host = program.find(text)
        if not host.elf:
            raise ToolError(f"{text} is an archive: give it with --root")
        path = os.path.abspath(host.path)
        roots.add_host_path(self.tree, path, self.omissions)
        self.hosted.add(path)
        return path

    def _find_in_root(self, text):
        """The program's path in the root; None if the root does not have it."""
        if text is None:
            if self.tree.find("/init") is None:
                raise ToolError("which program? The root has no /init", STATUS_NOT_FOUND)
            return "/init"
        if "/" in text:
            path = os.path.normpath(os.path.join("/", self.workdir, text))
            return path if self.tree.find(path) else None
        return self._find_command(text, [self.tree])

    def _find_command(self, name, places):
        """Where a command is, by the PATH that the machine will have."""
        for place in places:
            for folder in (self.search_path or GUEST_PATH).split(":"):
                node = place.find(f"{folder}/{name}") if folder.startswith("/") else None
                if node is not None and stat.S_ISREG(node.mode) and node.mode & 0o111:
                    return f"{folder}/{name}"
        return None

    def make_workdir(self, path):
        """--workdir: made if it is missing, as docker does it."""
        if self.tree.find(path) is None:
            self.tree.put(path, Node(DIRECTORY))

    # ---- What that needs ------------------------------------------------------------------------

    def _complete(self, path, depth):
        """Adds what the program at `path` of the tree needs."""
        node = self.tree.find(path)
        if path in self.done or node is None or node.children is not None:
            return
        self.done.add(path)
        words = script_words(node.data(SCRIPT_LINE_MAX))
        if words and depth < SCRIPT_DEPTH:
            self._complete_script(words, depth)
            return
        headers = elf.read(node)
        if headers is None:
            return
        if headers.interp:
            self._add_libraries(path, headers, headers.interp)
            if path in self.hosted:
                self._add_own_folders(path)
        elif headers.needed:
            self._complete_library(path, node)

    def _complete_script(self, words, depth):
        """The interpreter, and a command among its arguments: that is how env(1) is used."""
        commands = [words[0]]
        for word in words[1].split() if len(words) > 1 else ():
            if not word.startswith("-") and "=" not in word:
                found = word if "/" in word else self._find_command(word, [self.tree, Host])
                commands += [found] if found else []
                if found != word and self.search_path is None:
                    self._tell(f"PATH={GUEST_PATH}")
                break
        for command in commands:
            if self._may_take(command):
                roots.add_host_path(self.tree, command, self.omissions)
                self.hosted.add(command)
            self._complete(command, depth + 1)

    def _may_take(self, path):
        """Whether the host's file belongs into the tree: only what a --root does not have."""
        return path.startswith("/") and self.tree.find(path) is None and os.path.isfile(path)

    def _add_own_folders(self, path):
        for folder in own_folders.of_program(path):
            parts = own_folders.parts(folder) if roots.is_larger(folder, OWN_FOLDER_MAX) else []
            for part in parts or [folder]:
                if roots.is_larger(part, OWN_FOLDER_MAX):
                    self.omissions.note(part, f"more than {OWN_FOLDER_MAX >> 20} MiB; --with adds it")
                else:
                    self._add_with(part)
                    self._add_link_targets(part)

    def _add_link_targets(self, folder):
        """Files outside of a folder that links in it lead to: a program's settings in /etc."""
        node = self.tree.find(folder)
        for path in _links_below(node, self.tree.real(folder)) if node else ():
            if self.tree.find(path) is None and os.path.isfile(path):
                roots.add_host_path(self.tree, path, self.omissions)

    def _add_data(self, folder):
        """What a library reads or loads at run time."""
        if self.tree.find(folder) is None and os.path.isdir(folder):
            roots.add_host_path(self.tree, folder, self.omissions)

    def _add_library_of(self, library, name):
        """A library beside another one, which loads it at run time."""
        path = f"{os.path.dirname(library)}/{name}"
        if self._may_take(path):
            roots.add_host_path(self.tree, path, self.omissions)
            self.cached.setdefault(name, path)

    def _tell(self, variable):
        """Puts a variable into the program's environment that its files were found by."""
        if variable not in self.environment and not any(
                variable.partition("=")[0] == pair.partition("=")[0] for pair in self.given):
            self.environment.append(variable)

    def _complete_library(self, path, node):
        """A library that a program will load by itself, with the libraries it names."""
        headers = elf.read(node)
        if headers is not None and (headers.needed or headers.interp):
            self._add_libraries(path, headers, headers.interp or _usual_loader(self.tree))

    def _add_libraries(self, path, headers, interp):
        if interp and self.tree.find(interp) is None:
            self.brought.add(interp)
        root_has_loader = self.opts.root and interp and interp not in self.brought
        if root_has_loader and not self.opts.libs and path not in self.hosted:
            return
        closure = self.search.closure(path, headers, interp)
        users = [headers, *(self.search.elf_at(found) for found, _ in closure
                            if os.path.basename(found) != libraries.GLIBC)]
        for found, how in closure:
            if how == libraries.BY_ENVIRONMENT:
                self._tell(f"LD_LIBRARY_PATH={self.library_path}")
            if self._may_take(found):
                roots.add_host_path(self.tree, found, self.omissions)
                if how == libraries.BY_CONFIGURATION and not libraries.is_musl(interp):
                    self.cached.setdefault(os.path.basename(found), found)
            name = os.path.basename(found)
            if name == libraries.GLIBC:
                self._add_what_glibc_loads(found, users)
            elif name.startswith(libraries.TERMINFO):
                self._add_data("/lib/terminfo")

    def _add_what_glibc_loads(self, glibc, users):
        """What it opens at run time, by the functions that programs use of it."""
        if any(user.converts for user in users):
            self._add_data(f"{os.path.dirname(glibc)}/gconv")
        if any(user.localizes for user in users):
            self._add_data(UTF8_LOCALE)
        if any(user.unwinds for user in users):
            self._add_library_of(glibc, libraries.UNWINDER)

    # ---- The end --------------------------------------------------------------------------------

    def finish(self):
        """Adds what no root is without."""
        from . import defaults, ldcache

        defaults.add(self.tree)
        if self.cached:
            self.tree.put_missing("/etc/ld.so.cache", Node.of_bytes(ldcache.build(self.cached)))
        self.omissions.report()

    def write(self, file):
        """Writes the archive."""
        from . import archive

        try:
            archive.write_tree(self.tree, file)
        except FileNotFoundError as error:
            raise ToolError(f"{error.filename} went away while it was packed") from None


def _usual_loader(tree):
    """The loader that programs in the tree will be run by; glibc's, unless only musl's is there."""
    musl = next((f"/lib/{name}" for name in tree.names("/lib")
                 if name.startswith(libraries.MUSL_PREFIX)), None)
    glibc = "/lib64/ld-linux-x86-64.so.2"
    return musl if musl and tree.find(glibc) is None else glibc


def _links_below(node, path):
    """The paths of all symbolic links below a directory."""
    links = []
    for name, child in node.children.items():
        if child.children is not None:
            links += _links_below(child, f"{path}/{name}")
        elif stat.S_ISLNK(child.mode):
            links.append(f"{path}/{name}")
    return links


def _files_below(node, path):
    """(path, node) of every regular file below a directory that begins like an ELF file."""
    for name, child in node.children.items():
        if child.children is not None:
            yield from _files_below(child, f"{path}/{name}")
        elif stat.S_ISREG(child.mode) and child.size >= elf.HEADER.size \
                and child.data(4) == elf.IDENT[:4]:
            yield f"{path}/{name}", child
