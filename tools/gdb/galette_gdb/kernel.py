# SPDX-License-Identifier: MIT
"""The kernel's structures, read while the machine stands still.

It may stand anywhere: in the middle of a change, before there is a program, after something has written
over a list. So every walk has a bound and sees no node twice, and what cannot be read is an Unreadable,
which the commands print in place of what they wanted to show.
"""

import struct

import gdb

LIST_MAX = 100000
NAME_MAX = 4096
DEPTH_MAX = 256
TREE_MAX = 200000

PAGE = 4096
DIRECT_MAP = 0xFFFF800000000000  # arch/mmu.h: DIRECT_MAP_BASE
KERNEL_HALF = 1 << 63
PTE_PRESENT, PTE_LARGE, PTE_ADDRESS = 1, 1 << 7, 0x000FFFFFFFFFF000  # arch/x86_64/pte.h
KSTACK_SIZE = 4 * PAGE  # mm/kmap.h


class Unreadable(gdb.error):
    """A structure that is not there, or makes no sense."""


def number(value):
    """A gdb.Value as a number without a sign."""
    return int(value) & (1 << 64) - 1


def signed(value, bits=32):
    """The low bits of a number, with their sign."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


def read(address, size):
    """Bytes of the kernel's memory, or of what the stopped processor has mapped."""
    try:
        return bytes(gdb.selected_inferior().read_memory(address, size))
    except gdb.MemoryError as error:
        raise Unreadable(f"cannot read {address:#x}") from error


def words(address, count):
    """64-bit words of memory."""
    return struct.unpack(f"<{count}Q", read(address, 8 * count))


def pointer(address, kind):
    """A pointer to a structure of that name."""
    return gdb.Value(address).cast(gdb.lookup_type(f"struct {kind}").pointer())


def has_field(value, name):
    """Whether a structure has such a member."""
    return any(field.name == name for field in value.type.strip_typedefs().fields())


def member(value, name):
    """A member that is a structure, or a pointer to one."""
    inner = value[name]
    if inner.type.strip_typedefs().code != gdb.TYPE_CODE_PTR:
        return inner
    if not inner:
        raise Unreadable(f"{name} is NULL")
    return inner.dereference()


def string(value, limit=NAME_MAX):
    """A C string of the kernel's, as text; what is no text is made visible."""
    address = number(value.cast(gdb.lookup_type("long"))) if value.type.code == gdb.TYPE_CODE_PTR \
        else number(value.address.cast(gdb.lookup_type("long")))
    data = b""
    while b"\0" not in data and len(data) < limit:
        data += read(address + len(data), min(PAGE - (address + len(data)) % PAGE, limit - len(data)))
    return visible(data.partition(b"\0")[0])


def visible(data):
    """Bytes that a program chose, so that a terminal shows them and does not obey."""
    text = data.decode(errors="backslashreplace")
    return "".join(c if c.isprintable() else f"\\{ord(c):03o}" for c in text)


# ---- Lists and trees -----------------------------------------------------------------------------


def container(address, kind, field):
    """The structure whose member is at `address`: container_of."""
    kind = gdb.lookup_type(f"struct {kind}")
    offset = next(f.bitpos // 8 for f in kind.fields() if f.name == field)
    return gdb.Value(address - offset).cast(kind.pointer()).dereference()


def list_items(head, kind, field):
    """What hangs on a struct list_head."""
    start = number(head.address)
    at, seen = number(head["next"]), set()
    while at != start:
        if at in seen or len(seen) >= LIST_MAX or at < KERNEL_HALF:
            raise Unreadable(f"a list is spoiled at {at:#x}")
        seen.add(at)
        yield container(at, kind, field)
        at = words(at, 1)[0]


def tree_items(root, kind, field):
    """The structures in a struct rb_root, in order."""
    node = gdb.lookup_type("struct rb_node")
    left, right = (next(f.bitpos // 8 for f in node.fields() if f.name == side)
                   for side in ("left", "right"))
    at, stack, seen = number(root["node"]), [], set()
    while at or stack:
        while at:
            if at in seen or len(seen) >= TREE_MAX or at < KERNEL_HALF:
                raise Unreadable(f"a tree is spoiled at {at:#x}")
            seen.add(at)
            stack.append(at)
            at = words(at + left, 1)[0]
        at = stack.pop()
        yield container(at, kind, field)
        at = words(at + right, 1)[0]


def radix_items(tree):
    """The items of a struct radix as addresses, by index."""
    def below(address, level):
        if not address:
            return
        if level == 0:
            yield address
            return
        if address < KERNEL_HALF:
            raise Unreadable(f"a tree is spoiled at {address:#x}")
        slots = pointer(address, "radix_node")["slots"]
        for slot in words(number(slots.address), slots.type.range()[1] + 1):
            yield from below(slot, level - 1)

    height = number(tree["height"])
    if height > 11:
        raise Unreadable("a tree is spoiled")
    for count, item in enumerate(below(number(tree["root"]), height)):
        if count >= TREE_MAX:
            raise Unreadable("a tree has no end")
        yield item


# ---- Processors, process, threads ----------------------------------------------------------------


def processors():
    """(index, struct percpu) of those that have started."""
    percpus = gdb.parse_and_eval("percpus")
    for index in range(percpus.type.range()[1] + 1):
        cpu = percpus[index]
        if number(cpu["current"]):
            yield index, cpu


def process():
    """The program's struct process."""
    try:
        found = gdb.lookup_static_symbol("first_process")
        value = found.value() if found else 0
        if not number(value):
            value = next((cpu["current"]["process"] for _, cpu in processors()
                          if number(cpu["current"]["process"])), 0)
    except gdb.MemoryError:  # in front of the kernel's page tables
        value = 0
    if not number(value):
        raise Unreadable("there is no program yet")
    return value.dereference()


class Thread:
    """A thread of the program: its struct task and struct thread."""

    def __init__(self, task, running):
        self.task, self.thread = task, task["thread"].dereference()
        self.tid = int(self.thread["tid"])
        self.cpu = running.get(number(task["thread"]))  # it runs there; None: it does not

    @property
    def name(self):
        """As prctl(PR_SET_NAME) left it, or the program's."""
        return string(self.task["name"], 16)

    @property
    def state(self):
        """In a word."""
        if self.cpu is not None:
            return f"runs on {self.cpu}"
        state = number(self.thread["state"])
        for field in gdb.lookup_type("enum thread_state").fields():
            if field.enumval == state:
                return {"THREAD_BLOCKED": "sleeps", "THREAD_RUNNING": "is being switched"}.get(
                    field.name, field.name.removeprefix("THREAD_").lower())
        return f"state {state}?"

    @property
    def frame(self):
        """The struct trap_frame at the top of its kernel stack."""
        return self.thread["arch"]["frame"].dereference()

    def saved_registers(self):
        """Of one that does not run: as if the processor were about to go on with it, in the middle of
        context_switch_stacks. The others are on its stack, as .debug_frame says."""
        top, at = number(self.thread["stack_top"]), number(self.thread["arch"]["stack_pointer"])
        if not top - KSTACK_SIZE <= at <= top - 56:
            raise Unreadable(f"its saved stack pointer {at:#x} is not on its stack")
        return {"rip": number(gdb.parse_and_eval("(long)&'context_switch_stacks.switched'")), "rsp": at}


def threads():
    """All threads of the program, by number."""
    program = process()
    running = {number(cpu["current"]): index for index, cpu in processors()}
    if has_field(program, "tasks"):
        tasks = [pointer(item, "task").dereference() for item in radix_items(program["tasks"])]
    else:
        tasks = [program["leader"].dereference()] if number(program["leader"]) else []
    return [Thread(task, running) for task in tasks if number(task["thread"])]


# ---- The program's memory ------------------------------------------------------------------------


def page_table_entries(address, root=None):
    """(level, address of the entry, entry) from the root down to where it ends."""
    table = root if root is not None else number(member(process(), "space")["mmu"]["root"])
    for level in (4, 3, 2, 1):
        place = DIRECT_MAP + (table & PTE_ADDRESS) + (address >> 12 + 9 * (level - 1) & 511) * 8
        entry = words(place, 1)[0]
        yield level, place, entry
        if not entry & PTE_PRESENT or (level in (2, 3) and entry & PTE_LARGE):
            return
        table = entry


def read_program(address, size):
    """Bytes of the program's memory by its own page tables, whatever the stopped processor shows."""
    data = b""
    while len(data) < size:
        at = address + len(data)
        level, _, entry = list(page_table_entries(at))[-1]
        span = 1 << 12 + 9 * (level - 1)
        if not entry & PTE_PRESENT or at >> 47:
            raise Unreadable(f"{at:#x} is not in memory")
        inside = at % span
        piece = min(size - len(data), span - inside, PAGE - at % PAGE)
        data += read(DIRECT_MAP + (entry & PTE_ADDRESS & ~(span - 1)) + inside, piece)
    return data


def program_string(address, limit=NAME_MAX):
    """A C string of the program's: its bytes."""
    data = b""
    while b"\0" not in data and len(data) < limit:
        at = address + len(data)
        data += read_program(at, min(PAGE - at % PAGE, limit - len(data)))
    return data.partition(b"\0")[0]


# ---- Names of files ------------------------------------------------------------------------------


def path_name(mount, dentry):
    """The absolute name of a place in the tree of files."""
    parts = []
    deleted = not dentry["hashed"] and dentry != mount["root"]
    for _ in range(DEPTH_MAX):
        if dentry == mount["root"]:
            if mount == mount["parent"] or not number(mount["parent"]):
                return "/" + "/".join(reversed(parts)) + (" (deleted)" if deleted else "")
            mount, dentry = mount["parent"], mount["mountpoint"]
        else:
            parts.append(string(dentry["name"], 256))
            dentry = dentry["parent"]
    raise Unreadable("a name has no end")


def file_name(file):
    """What /proc/self/fd would show for a struct file."""
    if number(file["dentry"]) and number(file["mount"]):
        return path_name(file["mount"], file["dentry"])
    kind = string(file["kind"]) if number(file["kind"]) else "anon_inode:[file]"
    return kind if "[" in kind or kind.startswith("/") or not number(file["inode"]) \
        else f"{kind}:[{int(file['inode']['number'])}]"
