# SPDX-License-Identifier: MIT
"""`galette WORD`: the program as the kernel keeps it."""

import gdb

from . import decode, frames, kernel

VMA_SHARED = 1  # mm/aspace.h
ARGUMENTS_SHOWN = 4096
FILES_MAX = 1 << 20
THREADS_SHOWN = 200
NAME_COLUMN = 73  # kernel/proc/procfs/procfs_maps.c


class Show(gdb.Command):
    """One of the commands: prints lines, and what cannot be read as a line, too."""

    word = None

    def __init__(self):
        super().__init__(f"galette {self.word}", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        """Prints."""
        del from_tty
        try:
            for line in self.lines(argument.strip()):
                print(line)
        except (gdb.MemoryError, kernel.Unreadable) as error:
            print(f"galette {self.word}: {error}")

    def lines(self, argument):
        """The lines of text."""
        raise NotImplementedError


def _range(layout, name):
    start, end = kernel.number(layout[name]), kernel.number(layout[name + "_end"])
    return start, max(0, min(end - start, ARGUMENTS_SHOWN))


class Status(Show):
    """The program: name, process, arguments, directory, memory. galette status"""

    word = "status"

    def lines(self, argument):
        program = kernel.process()
        yield f"program    {kernel.string(program['path'])}"
        yield f"process    {int(program['pid'])}, ring {int(program['ring'])}, {len(kernel.threads())} thread(s)"
        yield f"arguments  {self._arguments(program)}"
        try:
            place = kernel.member(program, "place")["at"]["cwd"]
            yield f"directory  {kernel.path_name(place['mount'], place['dentry'])}"
        except gdb.error as error:
            yield f"directory  {error}"
        space = kernel.member(program, "space")
        yield (f"memory     {int(space['mapped_bytes']) >> 10} KiB in {int(space['vma_count'])} mappings, "
               f"{int(space['resident_pages']) * 4} KiB of them present")
        yield (f"placed     image + {kernel.number(program['image_bias']):#x}, break "
               f"{kernel.number(space['brk_start']):#x}-{kernel.number(space['brk_end']):#x}")

    @staticmethod
    def _arguments(program):
        start, size = _range(program["layout"], "arguments")
        if not size:
            return "not there yet"
        try:
            words = kernel.read_program(start, size).rstrip(b"\0").split(b"\0")
        except gdb.error as error:
            return str(error)
        return " ".join(decode.quoted(word, limit=ARGUMENTS_SHOWN) for word in words)


class Mappings(Show):
    """The program's mappings, as /proc/self/maps has them. galette mappings [ADDRESS]"""

    word = "mappings"

    def lines(self, argument):
        program = kernel.process()
        space = kernel.member(program, "space")
        wanted = kernel.number(gdb.parse_and_eval(argument)) if argument else None
        names = self._names(program)
        for vma in kernel.tree_items(space["vmas"], "vma", "node"):
            start, end = kernel.number(vma["start"]), kernel.number(vma["end"])
            if wanted is None or start <= wanted < end:
                yield self._line(program, space, vma, names)

    @staticmethod
    def _names(program):
        """{address of an object: (device, inode, name)} of the files that are mapped."""
        mapped, names = kernel.member(program, "mapped"), {}
        for i in range(min(int(mapped["count"]), FILES_MAX)):
            entry = mapped["entries"][i]
            try:
                inode = entry["path"]["dentry"]["inode"]
                found = (kernel.number(inode["sb"]["device"]), int(inode["number"]),
                         kernel.path_name(entry["path"]["mount"], entry["path"]["dentry"]))
            except gdb.error as error:
                found = 0, 0, f"({error})"
            names[kernel.number(entry["object"])] = found
        return names

    @staticmethod
    def _line(program, space, vma, names):
        start, end, prot, item, offset = (kernel.number(vma[name]) for name in (
            "start", "end", "prot", "object", "offset"))
        letters = "".join(letter if prot & bit else "-" for bit, letter in ((1, "r"), (2, "w"), (4, "x")))
        letters += "s" if kernel.number(vma["flags"]) & VMA_SHARED else "p"
        device, inode, name = names.get(item, (1, 0, "/dev/zero (deleted)"))
        stack = kernel.number(program["layout"]["stack_start"])
        if not item:
            heap = start < kernel.number(space["brk_end"]) and end > kernel.number(space["brk_start"])
            device, offset, name = 0, 0, "[heap]" if heap else "[stack]" if start <= stack <= end else ""
        elif item == kernel.number(gdb.parse_and_eval("(unsigned long)&vdso_object")):
            device, offset, name = 0, 0, "[vdso]" if offset else "[vvar]"
        major, minor = device >> 8 & 0xFFF, device & 0xFF | device >> 12 & 0xFFF00
        line = f"{start:08x}-{end:08x} {letters} {offset:08x} {major:02x}:{minor:02x} {inode} "
        return line.ljust(NAME_COLUMN) + name if name else line


class Files(Show):
    """The open files: descriptor, flags, position, what it is. galette files"""

    word = "files"

    def lines(self, argument):
        table = kernel.member(kernel.process(), "files")
        yield "  fd    position  flags                     file"
        for fd, file, closes in self._entries(table):
            try:
                flags = decode.open_flags(kernel.number(file["flags"]) & 0xFFFFFFFF)
                flags += "|O_CLOEXEC" if closes else ""
                position, name = int(file["position"]), kernel.file_name(file)
            except gdb.error as error:
                flags, position, name = "?", "?", str(error)
            yield f"{fd:>4} {position:>11}  {flags:24}  {name}"

    @staticmethod
    def _entries(table):
        capacity = min(int(table["capacity"]), FILES_MAX)
        size = gdb.lookup_type("struct fd_chunk")["files"].type.range()[1] + 1
        for at in range(capacity // size):
            chunk = table["chunks"][at]
            for i in range(size if kernel.number(chunk) else 0):
                if kernel.number(chunk["files"][i]):
                    yield at * size + i, chunk["files"][i].dereference(), bool(chunk["close_on_exec"][i])


def _set(bits):
    return " ".join(decode.signal_name(n + 1).removeprefix("SIG") for n in range(64) if bits >> n & 1) or "none"


class Signals(Show):
    """Signals that wait, are blocked, are handled or ignored. galette signals"""

    word = "signals"

    def lines(self, argument):
        signals = kernel.member(kernel.process(), "signals")
        yield f"for the process  wait: {_set(kernel.number(signals['pending']['set']))}"
        for thread in kernel.threads():
            state = thread.task["signals"]
            yield (f"thread {thread.tid:<9} wait: {_set(kernel.number(state['pending']['set']))};  "
                   f"blocked: {_set(kernel.number(state['blocked']))}")
        ignored = 0
        for n in range(64):
            action = signals["action"][n]
            handler = kernel.number(action["handler"])
            ignored |= (handler == 1) << n
            if handler > 1:
                symbol = gdb.execute(f"info symbol {handler:#x}", to_string=True).partition(" in ")[0]
                yield (f"{decode.signal_name(n + 1):9} handler {handler:#x}"
                       + (f" {symbol}" if "No symbol" not in symbol else "")
                       + f", flags {kernel.number(action['flags']):#x}, blocks {_set(kernel.number(action['mask']))}")
        yield f"ignored          {_set(ignored)}"


def _where(thread):
    try:
        in_call, place = frames.look(thread)
        return f"{decode.call_of_frame(thread.frame)} in {place}" if in_call else place
    except gdb.error as error:
        return f"({error})"


def _thread_line(thread, looks=True):
    line = f"{thread.tid:>6}  {thread.name:16} {thread.state:12} {_where(thread) if looks else ''}"
    return line.rstrip()


class Threads(Show):
    """The program's threads, what they do, and how they came there. galette threads [brief]

    Of more than 200 the first are looked at more closely, and the others listed.
    """

    word = "threads"

    def lines(self, argument):
        for count, thread in enumerate(kernel.threads()):
            yield _thread_line(thread, count < THREADS_SHOWN)
            if argument != "brief" and count < THREADS_SHOWN:
                yield from _backtrace_lines(thread)


def _backtrace_lines(thread, words=""):
    try:
        return ["        " + line for line in frames.backtrace(thread, words).splitlines()]
    except gdb.error as error:
        return [f"        {error}"]


class Backtrace(Show):
    """The backtrace of one of the program's threads: galette bt TID|all [WORDS FOR backtrace]"""

    word = "bt"

    def lines(self, argument):
        tid, _, words = argument.partition(" ")
        found = [thread for thread in kernel.threads() if tid == "all" or str(thread.tid) == tid]
        if not found:
            yield f"no thread {tid}" if tid else "galette bt TID|all"
        for thread in found:
            yield _thread_line(thread)
            yield from _backtrace_lines(thread, words)


class PageTables(Show):
    """What the program's page tables say of an address: galette page-tables ADDRESS"""

    word = "page-tables"

    def lines(self, argument):
        address = kernel.number(gdb.parse_and_eval(argument or "$rip"))
        for level, place, entry in kernel.page_table_entries(address):
            bits = {0: "present", 1: "writable", 2: "user", 5: "accessed", 6: "dirty", 7: "large", 9: "lent",
                    10: "hidden", 63: "no execute"}
            names = [name for bit, name in bits.items() if entry >> bit & 1 and not (bit == 7 and level == 1)]
            yield f"level {level}  {place:#x}: {entry:#018x}  {', '.join(names) or 'empty'}"


class Overview(gdb.Command):
    """The program as the kernel keeps it: status, mappings, files, signals, threads and their backtraces.

    galette status|mappings|files|signals|threads|bt|page-tables shows one of them,
    galette break|tbreak NAME stops at a system call. `info galette` shows most of it at once.
    """

    def __init__(self):
        super().__init__("galette", gdb.COMMAND_STATUS, gdb.COMPLETE_NONE, True)


class InfoGalette(gdb.Command):
    """The program as the kernel keeps it, all at once."""

    def __init__(self):
        super().__init__("info galette", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        """One part after the other."""
        for word in ("status", "threads", "signals", "files", "mappings"):
            print(f"---- {word}")
            gdb.execute(f"galette {word}", from_tty)


class InfoThreads(gdb.Command):
    """The processors, which are threads to GDB, and the program's threads (galette bt TID shows one).

    Takes the place of GDB's own `info threads`, which sees processors alone.
    """

    def __init__(self):
        super().__init__("info threads", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        """Two short tables."""
        del argument, from_tty
        selected = gdb.selected_thread()
        print("  Id  Processor")
        for thread in sorted(gdb.selected_inferior().threads(), key=lambda each: each.num):
            mark = "*" if selected and thread.num == selected.num else " "
            print(f"{mark} {thread.num:<3} {thread.details or thread.name or thread.ptid}")
        print("   TID  Name             State        Where")
        gdb.execute("galette threads brief")


def set_up():
    """Makes the commands."""
    Overview()
    for command in (Status, Mappings, Files, Signals, Threads, Backtrace, PageTables, InfoGalette, InfoThreads):
        command()
