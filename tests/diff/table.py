# SPDX-License-Identifier: MIT
"""Reads the tables of command lines.

A table is text. Lines with `#` first are comments. A line that begins with a blank continues the one
before it: the blank becomes a newline, so that a script in quotes can have several lines. Words are split
as a POSIX shell does it, but nothing is expanded.

    @add PATH                 a file or folder of the host (with its libraries) for this table's root;
                              may be a pattern
    @put NEW FILE             the same for a file of this checkout, under the name NEW
    @link NEW TARGET          a symbolic link there
    @drop PATH                something in an added folder that no command needs
    @env K=V                  a variable for all commands
    @cpus 1 2 4               how many processors the machines have; the commands take them by turns
    @memory 2G                and how much memory (1G)
    @only full                a table for the complete test, because its packages are large
    MARKS COMMAND WORDS [< FILE]

COMMAND is looked for in PATH of the root; FILE, in the root's /work, is standard input (otherwise it is
empty). /work is also the directory the command runs in. Marks:

    sorted                    the lines of the output may come in any order
    numbers                   numbers may be others, as those of a measurement are
    expected-failure(WHY)     does not work yet; the test fails as soon as it does
"""

import os
import re
import shlex

HERE = os.path.dirname(os.path.realpath(__file__))
TABLES = os.path.join(HERE, "tables")
MARK = re.compile(r"(sorted|numbers|expected-failure\(([^)]*)\))\s+")
NUMBER = re.compile(rb"0x[0-9a-f]+|[0-9]+(\.[0-9]+)?")

STDIN = re.compile(r"\s<\s+([\w./-]+)$")


class Command:
    """One line: words, stdin (a name or None), sorted, numbers, expected_failure (a reason or None)."""

    def __init__(self, text, line):
        self.text, self.line = text, line
        self.sorted, self.numbers, self.expected_failure, rest = False, False, None, text
        while match := MARK.match(rest):
            if match.group(1) == "sorted":
                self.sorted = True
            elif match.group(1) == "numbers":
                self.numbers = True
            else:
                self.expected_failure = match.group(2)
            rest = rest[match.end() :]
        self.stdin = None
        if match := STDIN.search(rest):
            self.stdin, rest = match.group(1), rest[: match.start()]
        self.words = shlex.split(rest)

    def judge(self, output):
        """The output in the form in which it is compared."""
        if self.numbers:
            output = NUMBER.sub(b"N", output).replace(b" ", b"")  # they stand in columns
        return sorted(output.split(b"\n")) if self.sorted else output


class Table:
    """One file of tables/: what its root holds, and its commands."""

    def __init__(self, path):
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.adds, self.puts, self.links, self.drops = [], [], [], []
        self.environment, self.commands = [], []
        self.cpus, self.memory, self.only_full = ["1"], "1G", False
        with open(path, encoding="utf-8") as file:
            for number, text in _logical_lines(file):
                self._take(text, number)

    def _take(self, text, number):
        words = text.split(None, 1)
        if words[0] == "@add":
            self.adds += words[1].split()
        elif words[0] == "@put":
            self.puts.append(tuple(words[1].split()))
        elif words[0] == "@link":
            self.links.append(tuple(words[1].split()))
        elif words[0] == "@drop":
            self.drops += words[1].split()
        elif words[0] == "@env":
            self.environment += shlex.split(words[1])
        elif words[0] == "@cpus":
            self.cpus = words[1].split()
        elif words[0] == "@memory":
            self.memory = words[1]
        elif words[0] == "@only":
            self.only_full = True
        else:
            try:
                self.commands.append(Command(text, number))
            except ValueError as error:
                raise ValueError(f"{self.name}:{number}: {error}") from None


    def machines(self, index, full):
        """The (ring, processors) that the command of a number runs with: all, or one by turns."""
        if full:
            return [(ring, count) for count in self.cpus for ring in ("3", "0")]
        return [("3" if index // len(self.cpus) % 2 == 0 else "0", self.cpus[index % len(self.cpus)])]


def _logical_lines(file):
    """(number, text) with continued lines joined."""
    start, text = 0, ""
    for number, line in enumerate(file, 1):
        line = line.rstrip("\n")
        if text and line[:1] in (" ", "\t"):
            text += "\n" + line[1:]
            continue
        if text:
            yield start, text
        start, text = number, "" if line.startswith("#") else line.strip()
    if text:
        yield start, text


def all_tables():
    """Every table, by name."""
    return [Table(os.path.join(TABLES, name)) for name in sorted(os.listdir(TABLES))
            if name.endswith(".txt")]
