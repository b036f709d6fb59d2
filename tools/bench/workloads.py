# SPDX-License-Identifier: MIT
"""The whole programs that bench.py measures: Debian's own, with the files they work on.

A workload has a command that leaves its result in a file, which is what is measured, and one that
sends the result to standard output, by which it is checked. Its root file system is packed once, as
one archive that both kernels take.
"""

import gzip
import hashlib
import os
import random
import shutil
import subprocess
from importlib.util import cache_from_source

GALETTE = "tools/galette"
PYTHON = os.path.basename(os.path.realpath("/usr/bin/python3"))
ROWS = 100_000
LINES = 200_000
FILES = 5_000
TEXT_SIZE = 16 << 20
QUERY = """\
create table rows(id integer primary key, name text, value integer);
begin;
with recursive n(i) as (select 1 union all select i + 1 from n where i < {rows})
    insert into rows select i, 'name ' || i, i * 7919 % 1000 from n;
commit;
create index by_value on rows(value);
select count(*), sum(value), sum(length(name)) from rows;
select value, count(*) from rows where value between 10 and 12 group by value;
select name from rows where id = {rows} / 2;
"""


class Workload:
    """One program with its files.

    command       the words that are measured
    show          the words whose standard output `right` judges (None: the command's own)
    make          writes the files into a folder that becomes /data
    packages      Debian packages whose files go along
    right         whether an output is what it should be
    """

    def __init__(self, name, title, command, make=None, show=None, right=None, packages=()):
        self.name, self.title, self.command, self.packages = name, title, command, packages
        self.make, self.show, self.right = make, show or command, right

    def archive(self, build):
        """The path of the packed root file system, made if it is not there yet."""
        path = f"{build}/{self.name}.root"
        if os.path.exists(path):
            return path
        folder = f"{build}/{self.name}.files"
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(f"{folder}/data")
        if self.make:
            self.make(f"{folder}/data")
        program = self.command[0]
        options = ["--root", folder]
        for file in [program, *package_files(self.packages)]:
            options += ["--with", file]
        subprocess.run([GALETTE, "pack", "-o", path + ".new", *options, program], check=True,
                       stdout=subprocess.DEVNULL)
        os.rename(path + ".new", path)
        return path


def package_files(packages):
    """What Debian packages have installed below /usr/lib, with Python's compiled files."""
    if not packages:
        return
    listed = subprocess.run(["dpkg", "-L", *packages], check=True, capture_output=True, text=True)
    for path in sorted(set(listed.stdout.split("\n"))):
        if not path.startswith("/usr/lib/") or not os.path.isfile(path):
            continue
        yield path
        if path.endswith(".py") and os.path.exists(compiled := cache_from_source(path)):
            yield compiled


# ---- Files that come out the same every time ----------------------------------------------------


def _words(seed):
    """An endless row of words, some far more frequent than others, as in a language."""
    generator = random.Random(seed)
    letters = "etaoinshrdlu"
    words = ["".join(generator.choices(letters, k=generator.randint(2, 9))) for _ in range(5000)]
    weights = [1 / (rank + 10) for rank in range(len(words))]
    while True:
        yield from generator.choices(words, weights, k=10_000)


def _text(size):
    words, pieces, length = _words(1), [], 0
    while length < size:
        line = " ".join(next(words) for _ in range(12)) + "\n"
        pieces.append(line)
        length += len(line)
    return "".join(pieces).encode()[:size]


def make_text(folder):
    with open(f"{folder}/text", "wb") as file:
        file.write(_text(TEXT_SIZE))


def _lines():
    words = _words(2)
    return [f"{next(words)} {next(words)} {number}" for number in range(LINES)]


def make_lines(folder):
    with open(f"{folder}/lines", "w", encoding="ascii") as file:
        file.write("\n".join(_lines()) + "\n")


def _file_contents(number):
    return hashlib.sha256(b"%d" % number).digest() * (1 + number % 60)


def make_files(folder):
    for number in range(FILES):
        path = f"{folder}/{number // 100:02}/file-{number}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(_file_contents(number))


def make_query(folder):
    with open(f"{folder}/query.sql", "w", encoding="ascii") as file:
        file.write(QUERY.format(rows=ROWS))


# ---- What the outputs should be -----------------------------------------------------------------


def right_rows(output):
    values = [number * 7919 % 1000 for number in range(1, ROWS + 1)]
    names = sum(len(f"name {number}") for number in range(1, ROWS + 1))
    expected = [f"{ROWS}|{sum(values)}|{names}"]
    expected += [f"{value}|{values.count(value)}" for value in (10, 11, 12)]
    return output.decode().split("\n") == [*expected, f"name {ROWS // 2}", ""]


def right_text(output):
    return gzip.decompress(output) == _text(TEXT_SIZE)


def right_lines(output):
    return output.decode().split("\n") == [*sorted(_lines()), ""]


def right_files(output):
    """tar writes to no terminal, but it can read its archive again and compare."""
    expected = [f"{verb}./{number // 100:02}/file-{number}" for number in range(FILES)
                for verb in ("", "Verify ")]
    lines = output.decode().split("\n")
    return sorted(line for line in lines if line and not line.endswith("/")) == sorted(expected)


WORKLOADS = [
    Workload("python", "python3 -c pass", ["/usr/bin/python3", "-c", "pass"],
             show=["/usr/bin/python3", "-c", "import sys; print(sys.version_info[0] * 7)"],
             right=lambda output: output == b"21\n",
             packages=[f"{PYTHON}-minimal", f"lib{PYTHON}-minimal"]),
    Workload("sqlite", f"sqlite3, {ROWS:,} rows in a file",
             ["/usr/bin/sqlite3", "/tmp/rows.db", ".read /data/query.sql"], make_query,
             right=right_rows),
    Workload("gzip", "gzip of 16 MiB", ["/usr/bin/gzip", "-k", "/data/text"], make_text,
             ["/usr/bin/gzip", "-c", "/data/text"], right_text),
    Workload("sort", f"sort of {LINES:,} lines",
             ["/usr/bin/sort", "-o", "/tmp/sorted", "/data/lines"], make_lines,
             ["/usr/bin/sort", "/data/lines"], right_lines),
    Workload("tar", f"tar of {FILES:,} files",
             ["/usr/bin/tar", "-c", "-f", "/tmp/all.tar", "-C", "/data", "."], make_files,
             ["/usr/bin/tar", "-c", "-v", "-W", "-f", "/tmp/all.tar", "-C", "/data", "."], right_files),
]

# What divides its work among two threads.
PARALLEL = [
    Workload("xz", "xz -T2 of 16 MiB",
             ["/usr/bin/xz", "-1", "-T2", "--block-size=1MiB", "-k", "-f", "/data/text"], make_text),
    Workload("zstd", "zstd -T2 of 16 MiB",
             ["/usr/bin/zstd", "-q", "-9", "-T2", "-B1048576", "-f", "/data/text"], make_text),
    Workload("pigz", "pigz -p 2 of 16 MiB", ["/usr/bin/pigz", "-p", "2", "-k", "-f", "/data/text"],
             make_text),
]
