# SPDX-License-Identifier: MIT
"""The root file systems that tools/galette makes: ELF files, the search for libraries, folders and
archives, and the archive that the machine gets."""

import io
import os
import random
import resource
import stat
import subprocess
import tarfile

import pytest

import machines
import tiny_elf
from galette_cli import archive, elf, ldcache, libraries, options, packing, program, roots
from galette_cli.errors import ToolError
from galette_cli.tree import Host, Node, Tree

PYTHON = "/usr/bin/python3"
HOST_PROGRAMS = [path for path in ("/usr/bin/python3", "/usr/bin/perl", "/usr/bin/openssl",
                                   "/usr/bin/sqlite3", "/bin/bash", "/usr/bin/git", "/usr/bin/gdb",
                                   "/usr/bin/qemu-system-x86_64") if os.path.exists(path)]


def _tool(*words, **kwargs):
    return subprocess.run([machines.TOOL, *words], capture_output=True, text=True, check=False,
                          timeout=60, **kwargs)


def _packed(tmp_path, *words):
    """What `tools/galette pack WORDS` writes, as a tree."""
    target = tmp_path / "packed.cpio"
    done = _tool("pack", "-o", str(target), *words)
    assert done.returncode == 0, done.stderr
    tree = Tree()
    roots.add_root(tree, str(target), roots.Omissions())
    return tree


def _written(tree):
    """The archive of a tree, read back."""
    file = io.BytesIO()
    file.fileno = None  # contents of files would need one
    archive.write_tree(tree, file)
    return file.getvalue()


# ---- ELF files ---------------------------------------------------------------------------------


def test_elf_of_a_static_program():
    headers = elf.read(Node.of_bytes(tiny_elf.exit_with(0)))
    assert (headers.interp, headers.needed, headers.rpath) == (None, [], None)


@pytest.mark.parametrize("path", HOST_PROGRAMS)
def test_elf_says_what_readelf_says(path):
    done = subprocess.run(["readelf", "-ld", path], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    headers = elf.read(Host.find(path))
    assert headers.needed == [line.split("[")[1].rstrip("]") for line in lines if "(NEEDED)" in line]
    interp = [line.split(": ")[1].rstrip("]") for line in lines if "program interpreter" in line]
    assert [headers.interp] == interp


def test_damaged_elf_files_are_no_elf_files():
    """Cut short at any place, or with wild bytes in the headers: an answer, never an exception."""
    whole = Host.find(PYTHON).data(4096)
    for size in range(0, len(whole), 61):
        elf.read(Node.of_bytes(whole[:size]))
    generator = random.Random(3)
    library = Host.find("/lib/x86_64-linux-gnu/libm.so.6").data(1 << 20)
    for _ in range(500):
        damaged = bytearray(library)
        for _ in range(8):
            damaged[generator.randrange(1024)] = generator.randrange(256)
        elf.read(Node.of_bytes(bytes(damaged)))
    assert elf.read(Node.of_bytes(b"\x7fELF")) is None
    assert elf.read(Node.of_bytes(b"\x7fELF\x01" + whole[5:])) is None  # 32 bits


# ---- Libraries ---------------------------------------------------------------------------------


def _loaded_by_linux(path, **environment):
    """The files that the loader itself maps, without links, and without the program and the vDSO."""
    done = subprocess.run([path], capture_output=True, text=True, check=False,
                          env={"LD_TRACE_LOADED_OBJECTS": "1", **environment})
    paths = [word for line in done.stdout.splitlines() for word in line.split() if word[0] == "/"]
    return {os.path.realpath(path) for path in paths}


def _closure(path, library_path=""):
    headers = elf.read(Host.find(path))
    found = libraries.Search([Host], library_path).closure(str(path), headers)
    return {os.path.realpath(name) for name, _ in found}


@pytest.mark.parametrize("path", HOST_PROGRAMS)
def test_libraries_are_those_of_the_loader(path):
    expected = _loaded_by_linux(path)
    assert expected and _closure(path) == expected


def _compile(target, source, *words, compiler="gcc"):
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([compiler, "-x", "c", "-", "-x", "none", "-o", str(target), *words], check=True,
                   input=source, text=True)
    return str(target)


@pytest.fixture(name="application")
def fixture_application(tmp_path):
    """bin/* with lib/libbar.so, which needs lib/libfoo.so.1: by RUNPATH, by RPATH, by neither."""
    foo = _compile(tmp_path / "lib/libfoo.so.1", "int foo(void) { return 7; }", "-shared", "-fPIC",
                   "-Wl,-soname,libfoo.so.1")
    bar = _compile(tmp_path / "lib/libbar.so", "int foo(void); int bar(void) { return foo(); }",
                   "-shared", "-fPIC", foo, "-Wl,-soname,libbar.so")
    main = "int bar(void); int main(void) { return bar(); }"
    common = [bar, "-Wl,-rpath-link," + str(tmp_path / "lib")]
    origin = "-Wl,-rpath,$ORIGIN/../lib"
    _compile(tmp_path / "bin/runpath", main, *common, origin, "-Wl,--enable-new-dtags")
    _compile(tmp_path / "bin/rpath", main, *common, origin, "-Wl,--disable-new-dtags")
    _compile(tmp_path / "bin/plain", main, *common)
    (tmp_path / "link").symlink_to("bin/rpath")
    return tmp_path


@pytest.mark.parametrize("name", ("bin/runpath", "bin/rpath", "bin/plain", "link"))
@pytest.mark.parametrize("with_variable", (False, True))
def test_search_paths_as_the_loader_takes_them(application, name, with_variable):
    """RPATH is inherited, RUNPATH is not; $ORIGIN is where the program is, behind links."""
    path = str(application / name)
    library_path = str(application / "lib") if with_variable else ""
    assert _closure(path, library_path) == _loaded_by_linux(path, LD_LIBRARY_PATH=library_path)


def test_library_path_goes_along(application):
    """A machine whose libraries were found by LD_LIBRARY_PATH has to be told of it."""
    path = str(application / "bin/plain")
    environment = {**os.environ, "LD_LIBRARY_PATH": str(application / "lib")}
    done = _tool("run", "--dry-run", "--kernel", path, path, env=environment)
    assert f"LD_LIBRARY_PATH={application}/lib" in done.stdout
    assert "LD_LIBRARY_PATH" not in _tool("run", "--dry-run", "--kernel", path, PYTHON, env=environment).stdout


@pytest.mark.skipif(not os.path.exists("/usr/bin/musl-gcc"), reason="needs musl-tools")
def test_libraries_for_musl(tmp_path):
    """musl's loader is the C library, whatever name a program asks for it by."""
    foo = _compile(tmp_path / "lib/libfoo.so", "int foo(void) { return 7; }", "-shared", "-fPIC",
                   "-Wl,-soname,libfoo.so", compiler="musl-gcc")
    main = _compile(tmp_path / "main", "int foo(void); int main(void) { return foo(); }", foo,
                    "-Wl,-rpath,$ORIGIN/lib", compiler="musl-gcc")
    loader = os.path.realpath("/lib/ld-musl-x86_64.so.1")
    assert _closure(main) == {loader, os.path.realpath(foo)}


def test_cache_of_the_host():
    cache = "/etc/ld.so.cache"
    if not os.path.exists(cache):
        pytest.skip("no ld.so.cache")
    done = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True)
    told = {}
    for line in done.stdout.splitlines():
        if "(libc6,x86-64)" in line:
            told.setdefault(line.split()[0], []).append(line.split()[-1])
    with open(cache, "rb") as file:
        data = file.read()
    assert ldcache.parse(data) == told
    for size in range(0, 400, 7):
        ldcache.parse(data[:size])


def test_cache_that_glibc_reads(tmp_path):
    names = ["libz.so.1", "libfoo.so.10", "libfoo.so.9", "libfoo.so", "libA-1.so.2", "liba10b.so"]
    wanted = {name: f"/opt/{name}" for name in names}
    (tmp_path / "cache").write_bytes(ldcache.build(wanted))
    assert ldcache.parse((tmp_path / "cache").read_bytes()) == {n: [p] for n, p in wanted.items()}
    done = subprocess.run(["/sbin/ldconfig", "-p", "-C", str(tmp_path / "cache")], check=True,
                          capture_output=True, text=True)
    listed = [line.split()[0] for line in done.stdout.splitlines()[1:] if "=>" in line]
    assert listed == ["libz.so.1", "libfoo.so.10", "libfoo.so.9", "libfoo.so", "liba10b.so",
                      "libA-1.so.2"]


def test_configuration_of_a_root():
    """ld.so.conf with includes, comments and a circle."""
    tree = Tree()
    tree.put("/etc/ld.so.conf", Node.of_bytes(b"include ld.so.conf.d/*.conf\n/first # why\n"))
    tree.put("/etc/ld.so.conf.d/b.conf", Node.of_bytes(b"/b\nhwcap 1 x\ninclude /etc/ld.so.conf"))
    tree.put("/etc/ld.so.conf.d/a.conf", Node.of_bytes(b"/a,/aa\nrelative"))
    tree.put("/etc/ld.so.conf.d/c.txt", Node.of_bytes(b"/c"))
    folders = libraries.conf_folders(tree)
    assert folders[:3] == ["/a", "/aa", "/b"] and "/first" in folders and "/c" not in folders


# ---- Trees -------------------------------------------------------------------------------------


def _link(target):
    return Node(stat.S_IFLNK | 0o777, link=target)


def test_names_land_where_links_lead():
    tree = Tree()
    tree.put("lib", _link("usr/lib"))
    tree.put("/lib/x/a", Node.of_bytes(b"a"))
    tree.put("/usr/lib64", _link("/lib/../lib"))
    assert tree.real("/usr/lib64/x/a") == "/usr/lib/x/a"
    assert [path for path, _ in tree.entries()] == ["lib", "usr", "usr/lib", "usr/lib/x",
                                                    "usr/lib/x/a", "usr/lib64"]


def test_directory_over_a_link_keeps_the_link():
    tree = Tree()
    tree.put("/usr/lib/a", Node.of_bytes(b"a"))
    tree.put("/lib", _link("usr/lib"))
    tree.put("/lib", Node(stat.S_IFDIR | 0o700))
    assert tree.find_link("/lib").link and tree.find("/lib/a").data() == b"a"
    assert stat.S_IMODE(tree.find("/usr/lib").mode) == 0o700


def test_later_names_win():
    tree = Tree()
    tree.put("/a/b", Node.of_bytes(b"1"))
    tree.put("/a", Node.of_bytes(b"2"))
    assert tree.find("/a").data() == b"2"
    tree.put("/a/b/c", Node.of_bytes(b"3"))
    assert tree.find("/a/b/c").data() == b"3"
    with pytest.raises(ValueError):
        tree.put("/a/../b", Node.of_bytes(b""))


def test_circles_of_links_lead_nowhere():
    tree = Tree()
    tree.put("/a", _link("b"))
    tree.put("/b", _link("/a"))
    assert tree.find("/a") is None and tree.find("/a/x") is None
    tree.put("/a/x", Node.of_bytes(b"x"))
    assert tree.find("/a/x").data() == b"x"


# ---- Folders and archives ----------------------------------------------------------------------


def _content(tree):
    """Everything that matters about a tree."""
    seen, result = {}, {}
    for path, node in tree.entries():
        same = seen.setdefault(node.identity, path) if node.identity is not None else path
        data = node.data() if stat.S_ISREG(node.mode) else node.link
        result[path] = (node.mode, node.uid, node.gid, node.mtime, node.rdev, data, same)
    return result


@pytest.fixture(name="folder")
def fixture_folder(tmp_path):
    """A folder with everything an ordinary user can make."""
    root = tmp_path / "folder"
    (root / "bin").mkdir(parents=True)
    (root / "empty").mkdir(mode=0o1750)
    (root / "bin/tool").write_bytes(bytes(range(256)) * 600)
    (root / "bin/tool").chmod(0o4755)
    (root / "bin/same").hardlink_to(root / "bin/tool")
    (root / "nothing").write_bytes(b"")
    (root / ("n" * 200)).write_bytes(b"long name")
    (root / "deep" / ("d" * 120) / ("e" * 120)).mkdir(parents=True)
    (root / "deep" / ("d" * 120) / ("e" * 120) / "f").write_bytes(b"long path")
    (root / "link").symlink_to("bin/tool")
    (root / "far").symlink_to("/nowhere/" + "x" * 150)
    os.mkfifo(root / "fifo")
    with open(os.fsencode(root) + b"/\xffbytes", "wb") as file:
        file.write(b"not UTF-8")
    for path in (root / "bin/tool", root / "nothing", root / "bin"):
        os.utime(path, (1_700_000_000, 1_600_000_000))
    return root


def _of_root(path):
    tree = Tree()
    roots.add_root(tree, str(path), roots.Omissions())
    return tree


def _tar(folder, target, mode, form):
    with tarfile.open(target, mode, format=form) as made:
        for name in sorted(os.listdir(folder)):
            made.add(folder / name, name)


@pytest.mark.parametrize("mode,form", (
    ("w", tarfile.GNU_FORMAT), ("w", tarfile.PAX_FORMAT), ("w:gz", tarfile.PAX_FORMAT),
    ("w:bz2", tarfile.GNU_FORMAT), ("w:xz", tarfile.PAX_FORMAT),
))  # fmt: skip
def test_tar_is_what_the_folder_was(folder, tmp_path, mode, form):
    _tar(folder, tmp_path / "root.tar", mode, form)
    assert _content(_of_root(tmp_path / "root.tar")) == _content(_of_root(folder))


def test_archive_is_what_the_folder_was(folder, tmp_path):
    """Written, read back, and compressed."""
    target = tmp_path / "root.cpio"
    with open(target, "wb", buffering=0) as file:
        archive.write_tree(_of_root(folder), file)
    assert _content(_of_root(target)) == _content(_of_root(folder))
    subprocess.run(["gzip", "-k", str(target)], check=True)
    assert _content(_of_root(f"{target}.gz")) == _content(_of_root(folder))


@pytest.mark.skipif(subprocess.run(["which", "cpio"], capture_output=True, check=False).returncode != 0,
                    reason="needs cpio")
def test_cpio_reads_and_is_read(folder, tmp_path):
    """GNU cpio's archives, with hard links whose data stand with the last name."""
    names = subprocess.run(["find", ".", "-print0"], cwd=folder, capture_output=True, check=True).stdout
    with open(tmp_path / "gnu.cpio", "wb") as file:
        subprocess.run(["cpio", "-0", "--quiet", "-o", "-H", "newc"], cwd=folder, input=names,
                       stdout=file, check=True)
    assert _content(_of_root(tmp_path / "gnu.cpio")) == _content(_of_root(folder))
    with open(tmp_path / "own.cpio", "wb", buffering=0) as file:
        archive.write_tree(_of_root(folder), file)
    (tmp_path / "out").mkdir()
    with open(tmp_path / "own.cpio", "rb") as file:
        subprocess.run(["cpio", "--quiet", "-idm"], cwd=tmp_path / "out", stdin=file, check=True,
                       capture_output=True)
    ours, theirs = (_content(_of_root(path)) for path in (folder, tmp_path / "out"))
    assert {path: entry[5] for path, entry in ours.items()} \
        == {path: entry[5] for path, entry in theirs.items()}


def test_devices_in_archives(tmp_path):
    with tarfile.open(tmp_path / "root.tar", "w") as made:
        entry = tarfile.TarInfo("dev/null")
        entry.type, entry.devmajor, entry.devminor, entry.mode = tarfile.CHRTYPE, 1, 3, 0o666
        made.addfile(entry)
    tree = _of_root(tmp_path / "root.tar")
    again = tmp_path / "root.cpio"
    again.write_bytes(_written(tree))
    node = _of_root(again).find("/dev/null")
    assert (node.mode, node.rdev) == (stat.S_IFCHR | 0o666, os.makedev(1, 3))


@pytest.mark.parametrize("name", ("../escape", "a/../../escape", ".."))
def test_names_that_lead_out_are_refused(tmp_path, name):
    with tarfile.open(tmp_path / "root.tar", "w") as made:
        made.addfile(tarfile.TarInfo(name))
    with pytest.raises(ToolError):
        _of_root(tmp_path / "root.tar")


@pytest.mark.parametrize("data", (b"", b"nonsense", b"070701" + b"0" * 50, b"070701" + b"x" * 104,
                                  b"070701" + b"F" * 104, b"\x1f\x8bnonsense", b"BZhnonsense",
                                  b"\xfd7zXZ\0nonsense", b"\x28\xb5\x2f\xfd", bytes(1024)))
def test_what_is_no_archive_is_one_line(tmp_path, data):
    (tmp_path / "root").write_bytes(data)
    done = _tool("run", "--root", str(tmp_path / "root"), "/bin/sh")
    assert done.returncode in (125, 127) and done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_several_roots_lie_on_top_of_each_other(folder, tmp_path):
    second = tmp_path / "second"
    (second / "bin").mkdir(parents=True)
    (second / "bin/tool").write_bytes(b"newer")
    tree = Tree()
    for root in (folder, second):
        roots.add_root(tree, str(root), roots.Omissions())
    assert tree.find("/bin/tool").data() == b"newer"
    assert tree.find("/bin/same").size == 256 * 600


# ---- The whole ---------------------------------------------------------------------------------


def test_dynamic_program_brings_what_it_needs(tmp_path):
    tree = _packed(tmp_path, PYTHON)
    for path in (PYTHON, "/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/libc.so.6"):
        assert tree.find(path) is not None, path
    assert tree.find_link("/init").link == PYTHON
    assert tree.real(PYTHON) == os.path.realpath(PYTHON)


def test_what_no_root_is_without(tmp_path):
    (tmp_path / "root/etc").mkdir(parents=True)
    (tmp_path / "root/etc/hosts").write_text("own\n")
    tree = _packed(tmp_path, "--root", str(tmp_path / "root"))
    assert tree.find("/etc/hosts").data() == b"own\n"
    for name in ("passwd", "group", "nsswitch.conf", "resolv.conf"):
        assert tree.find(f"/etc/{name}").size > 0
    modes = {path: stat.S_IMODE(tree.find(path).mode) for path in
             ("/tmp", "/var/tmp", "/dev/shm", "/root", "/proc", "/sys", "/dev")}
    assert [modes[path] for path in ("/tmp", "/var/tmp", "/dev/shm", "/root")] == [0o1777] * 3 + [0o700]
    zone = tmp_path / "zone"
    zone.write_bytes(tree.find("/etc/localtime").data())
    assert tree.find("/usr/share/zoneinfo/UTC").data() == zone.read_bytes()
    done = subprocess.run(["date", "-d", "@0", "+%Z %H"], env={"TZ": f":{zone}"}, capture_output=True,
                          text=True, check=True)
    assert done.stdout == "UTC 00\n"


@pytest.mark.parametrize("line,wanted", (
    ("#!/usr/bin/python3", ["/usr/bin/python3"]),
    ("#! /usr/bin/env python3", ["/usr/bin/env", "/usr/bin/python3"]),
    ("#!/usr/bin/env -S A=1 perl -w", ["/usr/bin/env"]),
    ("#!/usr/bin/perl -w", ["/usr/bin/perl"]),
))
def test_scripts_bring_their_interpreter(tmp_path, line, wanted):
    script = tmp_path / "script"
    script.write_text(line + "\n")
    script.chmod(0o755)
    tree = _packed(tmp_path, str(script))
    assert tree.find(str(script)).data() == line.encode() + b"\n"
    for path in [*wanted, "/lib/x86_64-linux-gnu/libc.so.6"]:
        assert tree.find(path) is not None, path


def test_modules_bring_their_libraries(tmp_path):
    """--with a folder: the files in it, and the libraries of those that are ELF files."""
    folder = tmp_path / "modules"
    folder.mkdir()
    _compile(folder / "module.so", "int zlibVersion(void); int f(void) { return zlibVersion(); }",
             "-shared", "-fPIC", "/lib/x86_64-linux-gnu/libz.so.1")
    hello = machines.program_path("hello")
    tree = _packed(tmp_path, "--with", str(folder), hello)
    assert tree.find(f"{folder}/module.so") and tree.find("/lib/x86_64-linux-gnu/libz.so.1")
    tree = _packed(tmp_path, "--no-libs", "--with", str(folder), hello)
    assert tree.find(f"{folder}/module.so") and not tree.find("/lib/x86_64-linux-gnu/libz.so.1")


def _parse(*words):
    return options.parse("run", [*words])


def test_static_program_stays_alone():
    found = packing.find(_parse(machines.program_path("hello")))
    assert found.elf and found.path == machines.program_path("hello") and found.init == "/hello"
    assert packing.find(_parse("--no-libs", PYTHON)).elf
    assert not packing.find(_parse("-w", "/data", machines.program_path("hello"))).elf


def test_program_of_a_root_is_found(tmp_path):
    (tmp_path / "root/usr/bin").mkdir(parents=True)
    os.link(machines.program_path("hello"), tmp_path / "root/usr/bin/tool")
    root = str(tmp_path / "root")
    for words in (["/usr/bin/tool"], ["tool"], ["-w", "/usr", "bin/tool"]):
        assert packing.find(_parse("--root", root, *words)).init == "/usr/bin/tool"
    for words in (["/bin/tool"], ["nothing"], []):
        with pytest.raises(ToolError) as error:
            packing.find(_parse("--root", root, *words))
        assert error.value.status == 127


def test_root_with_a_loader_is_complete(tmp_path):
    """Nothing of the host is mixed in, unless asked for."""
    root = tmp_path / "root"
    (root / "lib64").mkdir(parents=True)
    (root / "lib64/ld-linux-x86-64.so.2").write_bytes(tiny_elf.exit_with(0))
    (root / "python").write_bytes(Host.find(PYTHON).data(1 << 30))
    assert not _packed(tmp_path, "--root", str(root), "/python").find("/lib/x86_64-linux-gnu")
    tree = _packed(tmp_path, "--root", str(root), "--libs", "/python")
    assert tree.find("/lib/x86_64-linux-gnu/libm.so.6")
    assert tree.find("/lib64/ld-linux-x86-64.so.2").size < 1000
    (root / "lib64/ld-linux-x86-64.so.2").unlink()
    assert _packed(tmp_path, "--root", str(root), "/python").find("/lib/x86_64-linux-gnu/libm.so.6")


def test_commands_are_found(tmp_path):
    """A name without a slash may be a command of the host; its path is the one in PATH."""
    (tmp_path / "some-command").write_bytes(tiny_elf.exit_with(0))
    (tmp_path / "some-command").chmod(0o755)
    old = os.environ["PATH"]
    try:
        os.environ["PATH"] = f"{tmp_path}:{old}"
        assert program.find("some-command").path == str(tmp_path / "some-command")
    finally:
        os.environ["PATH"] = old


def test_nothing_is_left_behind(tmp_path):
    """The archive of a run has no name, so that no kill can leave it on the disk."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    opts = _parse(PYTHON)
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = environment["TMPDIR"]
    try:
        found = packing.find(opts)
        assert os.path.getsize(found.path) > 1 << 20 and os.listdir(tmp_path) == []
    finally:
        if before is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before


def test_big_files_do_not_pass_through_memory(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    with open(root / "big", "wb") as file:
        file.truncate(300 << 20)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert _tool("pack", "-o", str(tmp_path / "o"), "--root", str(root)).returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert os.path.getsize(tmp_path / "o") > 300 << 20
    assert after < max(before + 1, 100 << 10)  # KiB


def test_program_of_the_host_beside_a_root(tmp_path):
    """What the root does not have is the host's, with its libraries; what it has is not replaced."""
    root = tmp_path / "root"
    (root / "data").mkdir(parents=True)
    host = _compile(tmp_path / "bin/tool", "int main(void) { return 0; }")
    tree = _packed(tmp_path, "--root", str(root), str(host))
    assert tree.find(str(host)) and tree.find("/data") and tree.find("/lib64/ld-linux-x86-64.so.2")
    own = root / str(host)[1:]
    own.parent.mkdir(parents=True)
    own.write_bytes(b"own")
    assert _packed(tmp_path, "--root", str(root), str(host)).find(str(host)).data() == b"own"


def test_memory_has_room_for_the_initrd(tmp_path):
    from galette_cli import machine

    small, large = tmp_path / "small", tmp_path / "large"
    for path, size in ((small, 1 << 20), (large, 300 << 20)):
        with open(path, "wb") as file:
            file.truncate(size)
    words = {}
    for name, initrd, memory in (("small", small, None), ("large", large, None), ("own", large, "1G")):
        opts = _parse("--", "x")
        opts.memory, opts.cpu, opts.cpus, opts.qemu = memory, "max", 1, []
        command = machine.command(machine.DOORS["microvm"], opts, "tcg", [],
                                  machine.Channels.for_people(), str(initrd))
        words[name] = command[command.index("-m") + 1]
    assert words["small"] == "256M" and int(words["large"][:-1]) > 600 and words["own"] == "1G"


def test_interpreters_bring_their_modules(tmp_path):
    """The folders that are named like the program: no list of interpreters anywhere."""
    prefix = tmp_path / "usr"
    program_file = _compile(prefix / "bin/tool-1.2", "int main(void) { return 0; }")
    (prefix / "bin/tool").symlink_to("tool-1.2")
    for name in ("lib/tool-1.2/module", "share/tool/module", "lib/other/module"):
        (prefix / name).parent.mkdir(parents=True, exist_ok=True)
        (prefix / name).write_bytes(b"text")
    (prefix / "share/tool5.1").mkdir()
    (prefix / "share/toolbox").mkdir()
    (prefix / "libexec/tool").mkdir(parents=True)
    with open(prefix / "libexec/tool/huge", "wb") as file:
        file.truncate(packing.OWN_FOLDER_MAX + 1)
    done = _tool("pack", "-o", str(tmp_path / "o"), str(prefix / "bin/tool"))
    assert done.returncode == 0 and done.stderr.count("\n") == 1 and "libexec/tool" in done.stderr
    tree = _of_root(tmp_path / "o")
    assert tree.find(f"{prefix}/lib/tool-1.2/module") and tree.find(f"{prefix}/share/tool/module")
    assert tree.find(f"{prefix}/share/tool5.1") and not tree.find(f"{prefix}/share/toolbox")
    assert not tree.find(f"{prefix}/lib/other") and not tree.find(f"{prefix}/libexec/tool")
    tree = _packed(tmp_path, "--no-libs", program_file)
    assert not tree.find(f"{prefix}/lib") and not tree.find("/lib64")


def test_modules_of_interpreters_bring_their_libraries(tmp_path):
    """Beside a root, too, as long as the loader is not the root's."""
    prefix, root = tmp_path / "usr", tmp_path / "root"
    program_file = _compile(prefix / "bin/tool", "int main(void) { return 0; }")
    (prefix / "lib/tool").mkdir(parents=True)
    _compile(prefix / "lib/tool/module.so", "int zlibVersion(void); int f(void) { return zlibVersion(); }",
             "-shared", "-fPIC", "/lib/x86_64-linux-gnu/libz.so.1")
    (root / "data").mkdir(parents=True)
    for words in ([], ["--root", str(root)]):
        assert _packed(tmp_path, *words, program_file).find("/lib/x86_64-linux-gnu/libz.so.1"), words


def test_program_below_lib_brings_the_folder_around_it(tmp_path):
    """/usr/bin/NAME that leads to /usr/lib/WORD/bin/NAME."""
    prefix = tmp_path / "usr"
    _compile(prefix / "lib/word/bin/x86/tool", "int main(void) { return 0; }")
    (prefix / "lib/word/home").mkdir()
    (prefix / "bin").mkdir()
    (prefix / "bin/tool").symlink_to("../lib/word/bin/x86/tool")
    tree = _packed(tmp_path, str(prefix / "bin/tool"))
    assert tree.find(f"{prefix}/lib/word/home")
    tree = _packed(tmp_path, str(prefix / "lib/word/bin/x86/tool"))
    assert not tree.find(f"{prefix}/lib/word/home")


def test_one_of_several_versions_brings_its_own_folder(tmp_path):
    """/usr/lib/WORDS/WORD/bin/NAME, without its neighbours, but with the files that links lead to."""
    prefix = tmp_path / "usr"
    _compile(prefix / "lib/words/two/bin/tool", "int main(void) { return 0; }")
    for name in ("lib/words/one/lib/file", "lib/words/two/lib/file", "settings"):
        (prefix / name).parent.mkdir(parents=True, exist_ok=True)
        (prefix / name).write_bytes(b"text")
    (prefix / "lib/words/two/lib/link").symlink_to("../../../../settings")
    (prefix / "bin").mkdir()
    (prefix / "bin/tool").symlink_to("../lib/words/two/bin/tool")
    tree = _packed(tmp_path, str(prefix / "bin/tool"))
    assert tree.find(f"{prefix}/lib/words/two/lib/file") and not tree.find(f"{prefix}/lib/words/one")
    assert tree.find(f"{prefix}/lib/words/two/lib/link").data() == b"text"
    (prefix / "lib/words/two/extra").mkdir()
    with open(prefix / "lib/words/two/extra/huge", "wb") as file:
        file.truncate(packing.OWN_FOLDER_MAX + 1)
    tree = _packed(tmp_path, str(prefix / "bin/tool"))
    assert tree.find(f"{prefix}/lib/words/two/lib/file") and not tree.find(f"{prefix}/lib/words/two/extra")


@pytest.mark.parametrize("ends", [False, True])
def test_library_that_unwinds_goes_along(tmp_path, ends):
    """glibc loads it when a thread ends by pthread_exit."""
    body = "pthread_exit(0)" if ends else "0"
    path = _compile(tmp_path / "tool", f"#include <pthread.h>\nint main(void) {{ {body}; }}")
    assert bool(_packed(tmp_path, path).find("/lib/x86_64-linux-gnu/libgcc_s.so.1")) == ends


@pytest.mark.parametrize("converts", [False, True])
def test_converters_of_character_sets_go_along(tmp_path, converts):
    """If the program asks for one, and not otherwise."""
    body = 'iconv_open("UTF-8", "UTF-16") != (iconv_t)-1' if converts else "1"
    path = _compile(tmp_path / "tool", f"#include <iconv.h>\nint main(void) {{ return !({body}); }}")
    tree = _packed(tmp_path, path)
    folder = os.path.dirname(os.path.realpath("/lib/x86_64-linux-gnu/libc.so.6")) + "/gconv"
    assert bool(tree.find(folder)) == converts


@pytest.mark.parametrize("localizes", [False, True])
def test_the_utf8_locale_goes_along(tmp_path, localizes):
    """If the program asks for one, and not otherwise."""
    body = 'setlocale(LC_ALL, "") != 0' if localizes else "1"
    path = _compile(tmp_path / "tool", f"#include <locale.h>\nint main(void) {{ return !({body}); }}")
    assert bool(_packed(tmp_path, path).find("/usr/lib/locale/C.utf8/LC_CTYPE")) == localizes


def test_descriptions_of_terminals_go_along(tmp_path):
    """If something is linked with what reads them."""
    path = _compile(tmp_path / "tool", "int main(void) { return 0; }", "-Wl,--no-as-needed",
                    "-l:libtinfo.so.6")
    assert _packed(tmp_path, path).find("/lib/terminfo/l/linux")
    path = _compile(tmp_path / "plain", "int main(void) { return 0; }")
    assert not _packed(tmp_path, path).find("/lib/terminfo")
