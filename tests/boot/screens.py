# SPDX-License-Identifier: MIT
"""A machine with a screen and a keyboard: QEMU's screen dumps, read as text, and keys pressed through QMP.

A dump of a graphics mode is cut into cells of 8 by 16 pixels, and each is looked up in the font that the
kernel was built with: what is compared are the pixels. A VGA's text mode is read from its memory.
"""

import json
import os
import re
import socket
import subprocess
import time

import machines
from galette_cli import machine, options

FONT = os.path.join(machines.ROOT, "build", "font.asm")
WIDTH, HEIGHT = 8, 16
COLOURS = ("000000", "aa0000", "00aa00", "aa5500", "0000aa", "aa00aa", "00aaaa", "aaaaaa",
           "555555", "ff5555", "55ff55", "ffff55", "5555ff", "ff55ff", "55ffff", "ffffff")
PALETTE = {bytes.fromhex(colour): number for number, colour in enumerate(COLOURS)}
VGA_TO_TERMINAL = (0, 4, 2, 6, 1, 5, 3, 7)
NAMES = {" ": "spc", "\n": "ret", "\t": "tab", "-": "minus", "=": "equal", "[": "bracket_left",
         "]": "bracket_right", ";": "semicolon", "'": "apostrophe", "`": "grave_accent",
         "\\": "backslash", ",": "comma", ".": "dot", "/": "slash", "\033": "esc"}
SHIFTED = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./"))


def _font():
    """pixels of a glyph (a number of 128 bits) -> the characters that look like it, the lowest first"""
    with open(FONT, encoding="ascii") as file:
        text = file.read()
    glyphs = [int.from_bytes(bytes(map(int, line[3:].split(","))), "big")
              for line in text.split("font_glyphs:")[1].split("\n") if line]
    characters = {}
    runs = text.split("font_runs:")[1].split("font_runs_end:")[0]
    for first, count, glyph in re.findall(r"dw (\d+),(\d+),(\d+)", runs):
        for i in range(int(count)):
            characters.setdefault(glyphs[int(glyph) + i], chr(int(first) + i))
    return characters


class Refused(Exception):
    """QEMU could not do what it was asked for."""


class NotText(Exception):
    """The screen shows something that this console has not drawn: the boot loader's picture."""


def _colour(pixel):
    if pixel not in PALETTE:
        raise NotText
    return PALETTE[pixel]


class Cell:
    """What is in one place: a character, and its colours as SGR counts them."""

    def __init__(self, text, foreground, background, underlined=False):
        self.text, self.colours, self.underlined = text, (foreground, background), underlined


class Picture:
    """A screen at one moment: rows of cells."""

    def __init__(self, rows):
        self.rows = rows
        self.lines = ["".join(cell.text for cell in row).rstrip() for row in rows]

    def text(self):
        """All of it, without the empty rows at its end."""
        return "\n".join(self.lines).rstrip()

    def find(self, pattern):
        """The cells of the first place in a line that the regular expression describes."""
        for row, line in zip(self.rows, self.lines):
            found = re.search(pattern, line)
            if found:
                return row[found.start() : found.end()]
        raise AssertionError(f"no {pattern!r} on the screen:\n{self.text()}")


class _Decoder:
    """From pixels to cells. The same cell comes again and again: what was found out is kept."""

    def __init__(self):
        self.font, self.known = _font(), {}

    def _decode(self, pixels):
        """`pixels`: 128 colours of 3 bytes."""
        points = [pixels[i : i + 3] for i in range(0, len(pixels), 3)]
        colours = sorted(set(points), key=points.count)
        if len(colours) == 1:
            return Cell(" ", _colour(colours[0]), _colour(colours[0]))
        if len(colours) > 2:
            raise NotText
        for underline in (0, 0xFF << WIDTH):  # the last row but one
            for foreground, background in (colours, colours[::-1]):
                bits = int("".join("1" if p == foreground else "0" for p in points), 2)
                for glyph, text in self.font.items() if underline else ((bits, self.font.get(bits)),):
                    if text and glyph | underline == bits:
                        return Cell(text, _colour(foreground), _colour(background), bool(underline))
        return Cell("\0", 0, 0)

    def picture(self, ppm):
        """A dump's cells."""
        _, width, height, _, _ = ppm.split(None, 4)
        width, height = int(width), int(height)
        data = memoryview(ppm)[-width * height * 3 :]
        rows = []
        for top in range(0, height - HEIGHT + 1, HEIGHT):
            lines = [data[y * width * 3 : (y + 1) * width * 3] for y in range(top, top + HEIGHT)]
            row = []
            for left in range(0, width * 3 - WIDTH * 3 + 1, WIDTH * 3):
                pixels = b"".join(line[left : left + WIDTH * 3] for line in lines)
                if pixels not in self.known:
                    self.known[pixels] = self._decode(pixels)
                row.append(self.known[pixels])
            rows.append(row)
        return Picture(rows)


class Machine:
    """One QEMU with a screen. `medium` is what it boots, as for machines.run_qemu; `wired`: with the channels
    that tools/galette uses, else with a serial line alone, as a person starts it."""

    decoder = None

    def __init__(self, folder, medium, door="pvh", wired=True, cpus=1):
        self.folder = folder
        paths = {name: folder / name for name in ("console", "error", "log", "status")}
        opts = options.parse("run", ["--screen", "-b", door, "-c", str(cpus), "none"])
        channels = machine.Channels(*(f"file,path={path}" for path in paths.values()))
        words = machine.command(machine.DOORS[door], opts, "tcg", medium, channels)
        # QEMU ends by what a power button does, not in the middle of a command of ours.
        at = max(i for i, word in enumerate(words) if word.startswith("isa-debug-exit")) - 1
        words = words[:at] + words[at + 2 :]
        if not wired:
            words = self._plain(words, folder / "console")
        self.process = subprocess.Popen(
            [*words, "-S", "-display", "none", "-qmp", f"unix:{folder}/qmp,server=on,wait=off"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._connect()

    @staticmethod
    def _plain(words, console):
        at = words.index("-chardev")
        end = max(i for i, word in enumerate(words) if word.startswith("isa-debugcon")) + 1
        return [*words[:at], *words[end:], "-serial", f"file:{console}"]

    def _connect(self):
        self.socket = socket.socket(socket.AF_UNIX)
        for _ in range(100):
            try:
                self.socket.connect(str(self.folder / "qmp"))
                break
            except OSError:
                time.sleep(0.1)
        self.socket.settimeout(machines.SECONDS)
        self.stream = self.socket.makefile("rw", encoding="utf-8")
        self.stream.readline()
        self.command("qmp_capabilities")
        self.command("cont")  # a machine that ends at once would not have answered

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for channel in (self.process.stderr, self.stream, self.socket):
            try:
                channel.close()
            except OSError:  # what it still held for a machine that has gone
                pass

    def command(self, name, **arguments):
        """One QMP command; its answer."""
        self.stream.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.stream.flush()
        while True:
            answer = json.loads(self.stream.readline())
            if "error" in answer:
                raise Refused(f"{name}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    # ---- Looking --------------------------------------------------------------------------------

    def picture(self):
        """What the screen shows as pixels now."""
        if Machine.decoder is None:
            Machine.decoder = _Decoder()
        path = self.folder / "screen.ppm"
        self.command("screendump", filename=str(path))
        return Machine.decoder.picture(path.read_bytes())

    def vga(self, rows=25, columns=80):
        """What a VGA's text mode shows."""
        path = self.folder / "screen.vga"
        self.command("pmemsave", val=0xB8000, size=rows * columns * 2, filename=str(path))
        data = path.read_bytes()

        def cell(at):
            text = bytes(data[at : at + 1]).decode("cp437")
            attribute = data[at + 1]
            return Cell(text, VGA_TO_TERMINAL[attribute & 7] | attribute & 8,
                        VGA_TO_TERMINAL[attribute >> 4 & 7])

        return Picture([[cell((y * columns + x) * 2) for x in range(columns)] for y in range(rows)])

    def wait(self, pattern, seconds=machines.SECONDS, vga=False):
        """The picture in which the regular expression is first found."""
        end = time.monotonic() + seconds
        picture = None
        while time.monotonic() < end:
            assert self.process.poll() is None, "the machine has ended"
            try:
                picture = self.vga() if vga else self.picture()
            except NotText:
                picture = None
            if picture and re.search(pattern, picture.text(), re.M):
                return picture
            time.sleep(0.1)
        shown = picture.text() if picture else "something else"
        raise AssertionError(f"{pattern!r} is not on the screen:\n{shown}")

    # ---- Typing ---------------------------------------------------------------------------------

    @staticmethod
    def _events(names, down):
        return [{"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": name}}}
                for name in names]

    def key(self, *names):
        """Keys pressed together, by QEMU's names for them."""
        self.command("input-send-event", events=self._events(names, True))
        self.command("input-send-event", events=self._events(names[::-1], False))
        time.sleep(0.02)  # the keyboard keeps 16 codes

    def last_key(self, *names):
        """Keys that end the machine. Nothing is said to QEMU from then on: a command while it shuts down would
        have it wait for ever."""
        self.stream.write(json.dumps({"execute": "input-send-event",
                                      "arguments": {"events": self._events(names, True)}}) + "\n")
        self.stream.flush()

    def type(self, text):
        """Characters as a person types them on a US keyboard."""
        for character in text:
            plain = SHIFTED.get(character, character.lower())
            name = NAMES.get(plain, plain)
            shift = character in SHIFTED or character.isupper()
            self.key(*(["shift"] if shift else []), name)

    # ---- The end --------------------------------------------------------------------------------

    def end(self, seconds=machines.SECONDS):
        """Waits for the machine's end; the program's status."""
        self.process.wait(seconds)
        status = (self.folder / "status").read_bytes()
        return status[-1] if len(status) > 1 else None
