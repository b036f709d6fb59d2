# SPDX-License-Identifier: MIT
"""Which libraries a dynamic program will ask its loader for, by the loader's own rules.

The search goes through one place after another: the root file system being made, then the host. A
place answers find(path) with a Node, real(path) and names(path) (tree.Tree and tree.Host).
Nothing is run: the answer is the same for a program of another distribution.

Sources: glibc's elf/dl-load.c (ld.so(8)); musl's ldso/dynlink.c.
"""

from . import elf, ldcache

GLIBC = "libc.so.6"
UNWINDER = "libgcc_s.so.1"  # loaded by glibc when it unwinds a stack: misc/unwind-link.c
TERMINFO = "libtinfo.so."
MUSL_PREFIX = "ld-musl-"
# What a loader looks through at the end, whatever distribution built it. A directory of another
# distribution does no harm here: packing.py writes a cache that names what was found.
DEFAULT_FOLDERS = ("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64",
                   "/lib", "/usr/lib")
MUSL_FOLDERS = ("/lib", "/usr/local/lib", "/usr/lib")
# "libc.", "libm." and so on are musl's loader itself.
MUSL_OWN = ("c.", "pthread.", "rt.", "m.", "dl.", "util.", "xnet.")
CONF_DEPTH = 8  # of include lines


# How a library was found.
BY_PATH, BY_ENVIRONMENT, BY_CONFIGURATION = range(3)


class Loaded:
    """One file of a running program: path, elf, which of them asked for it, and how it was found."""

    def __init__(self, path, headers, asker, how=BY_PATH):
        self.path, self.elf, self.asker, self.how = path, headers, asker, how
        self.origin = path.rpartition("/")[0] or "/"


def is_musl(interp):
    """Whether a loader is musl's."""
    return interp.rpartition("/")[2].startswith(MUSL_PREFIX)


def _folder_list(text, separators=":"):
    """The folders in a list; an empty element would be the current folder, and is left out."""
    for separator in separators[1:]:
        text = text.replace(separator, separators[0])
    return [folder for folder in text.split(separators[0]) if folder.startswith("/")]


def _expand(text, origin):
    """$ORIGIN, $LIB and $PLATFORM, with and without braces. $LIB depends on who built the loader,
    so one name can become two."""
    texts = [text]
    for name, values in (("ORIGIN", (origin,)), ("PLATFORM", ("x86_64",)),
                         ("LIB", ("lib/x86_64-linux-gnu", "lib64"))):
        for form in (f"${{{name}}}", f"${name}"):
            texts = [t.replace(form, value) for t in texts
                     for value in (values if form in t else values[:1])]
    return texts


def _expanded_folders(text, origin):
    return [folder for entry in text.split(":") if entry for folder in _expand(entry, origin)
            if folder.startswith("/")]


# ---- What a place has in /etc ------------------------------------------------------------------


def _text_of(place, path):
    node = place.find(path)
    return node.data() if node is not None and node.children is None else None


def conf_folders(place, path="/etc/ld.so.conf", depth=0):
    """The directories of an ld.so.conf with the files it includes."""
    import fnmatch

    folders = []
    text = _text_of(place, path) or b""
    for line in text.decode("utf-8", "surrogateescape").splitlines():
        words = line.partition("#")[0].replace(",", " ").replace(":", " ").split()
        if not words or words[0] == "hwcap":
            continue
        if words[0] != "include":
            folders += [word.partition("=")[0] for word in words]
            continue
        for pattern in words[1:] if depth < CONF_DEPTH else ():
            pattern = pattern if pattern.startswith("/") else f"{path.rpartition('/')[0]}/{pattern}"
            folder, _, name = pattern.rpartition("/")
            for found in fnmatch.filter(place.names(folder), name):
                folders += conf_folders(place, f"{folder}/{found}", depth + 1)
    return [folder for folder in folders if folder.startswith("/")]


class _Place:
    """A place with what its loader's configuration says, read when it is first needed."""

    def __init__(self, place):
        self.place, self._cache, self._conf, self._musl = place, None, None, None
        self._seen = {}

    def elf_at(self, path):
        """The Elf of a library at `path`, or None."""
        if path not in self._seen:
            node = self.place.find(path)
            usable = node is not None and node.children is None and node.size
            self._seen[path] = elf.read(node) if usable else None
        return self._seen[path]

    def configured(self, name):
        """Paths of a library by ld.so.cache, or by ld.so.conf where there is no cache."""
        if self._cache is None:
            data = _text_of(self.place, "/etc/ld.so.cache")
            self._cache = ldcache.parse(data) if data else {}
            self._conf = [] if data else conf_folders(self.place)
        return self._cache.get(name, []) + [f"{folder}/{name}" for folder in self._conf]

    def musl_folders(self):
        """The loader's own list, /etc/ld-musl-x86_64.path."""
        if self._musl is None:
            text = _text_of(self.place, "/etc/ld-musl-x86_64.path")
            self._musl = list(MUSL_FOLDERS)
            if text is not None:
                self._musl = _folder_list(text.decode("utf-8", "surrogateescape"), ":\n")
        return self._musl


# ---- The search --------------------------------------------------------------------------------


class Search:
    """Finds libraries for one loader after another; remembers nothing but what files contain."""

    def __init__(self, places, library_path=""):
        """`library_path`: the value of LD_LIBRARY_PATH."""
        self.places = [_Place(place) for place in places]
        self.library_folders = _folder_list(library_path, ":;")

    def real(self, path):
        """The path without links, in the first place that has it."""
        for place in self.places:
            found = place.place.real(path)
            if found:
                return found
        return path

    def closure(self, path, headers, interp=None):
        """[(path, how)] of the loader and of all libraries that the ELF file at `path` leads to.
        `interp`: the loader, if the file names none itself (a library's). What is nowhere is left
        out: the loader will say so."""
        interp = headers.interp or interp
        # The loader takes the program's own place from /proc/self/exe: without links.
        main = Loaded(self.real(path) if headers.interp else path, headers, None)
        names, found, queue = set(), [], [main]
        if headers.interp:
            loader = self.elf_at(interp)
            found.append((interp, BY_PATH))
            names |= {interp, loader.soname if loader else interp}
        musl = bool(interp) and is_musl(interp)
        for asker in queue:  # grows: breadth first, as the loaders do it
            for name in asker.elf.needed:
                if name in names or musl and _is_musl_itself(name, interp):
                    continue
                names.add(name)
                library = self._find(name, asker, main, musl)
                if library is None or any(library.path == path for path, _ in found):
                    continue
                soname = library.elf.soname or name
                if soname != name and soname in names:  # there already under its own name
                    continue
                names.add(soname)
                found.append((library.path, library.how))
                queue.append(library)
        return found

    def elf_at(self, path):
        """The Elf at `path` of the first place that has one, or None."""
        for place in self.places:
            headers = place.elf_at(path)
            if headers:
                return headers
        return None

    def _find(self, name, asker, main, musl):
        candidates = _musl_candidates if musl else _glibc_candidates
        for place in self.places:
            for path, how in candidates(self, place, name, asker, main):
                headers = place.elf_at(path)
                if headers is not None:
                    return Loaded(path, headers, asker, how)
        return None


def _chain(asker):
    while asker is not None:
        yield asker
        asker = asker.asker


def _glibc_candidates(search, place, name, asker, main):
    """(path, how) in glibc's order."""
    if "/" in name:
        yield from ((path, BY_PATH) for path in _expand(name, asker.origin))
        return
    if asker.elf.runpath is None:
        chain = list(_chain(asker))
        for loaded in chain if main in chain else [*chain, main]:
            if loaded.elf.rpath is not None and loaded.elf.runpath is None:
                for folder in _expanded_folders(loaded.elf.rpath, loaded.origin):
                    yield f"{folder}/{name}", BY_PATH
    for folder in search.library_folders:
        yield f"{folder}/{name}", BY_ENVIRONMENT
    if asker.elf.runpath is not None:
        for folder in _expanded_folders(asker.elf.runpath, asker.origin):
            yield f"{folder}/{name}", BY_PATH
    defaults = () if asker.elf.nodeflib else DEFAULT_FOLDERS
    for path in place.configured(name):
        if not asker.elf.nodeflib or path.rpartition("/")[0] not in DEFAULT_FOLDERS:
            yield path, BY_CONFIGURATION
    for folder in defaults:
        yield f"{folder}/{name}", BY_CONFIGURATION


def _is_musl_itself(name, interp):
    own = name.startswith("lib") and name[3:].startswith(MUSL_OWN)
    return own or name == interp.rpartition("/")[2]


def _musl_candidates(search, place, name, asker, _main):
    """(path, how) in musl's order: RUNPATH and RPATH are the same there, and are inherited."""
    if "/" in name:
        yield name, BY_PATH
        return
    for folder in search.library_folders:
        yield f"{folder}/{name}", BY_ENVIRONMENT
    for loaded in _chain(asker):
        rpath = loaded.elf.runpath if loaded.elf.runpath is not None else loaded.elf.rpath
        if rpath is not None:
            for folder in _expanded_folders(rpath, loaded.origin):
                yield f"{folder}/{name}", BY_PATH
    for folder in place.musl_folders():
        yield f"{folder}/{name}", BY_CONFIGURATION
