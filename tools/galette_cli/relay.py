# SPDX-License-Identifier: MIT
"""Carries bytes between the host and the machine while it runs.

What the program writes on its two consoles comes out of the host's standard output and error byte
for byte; the kernel's log joins standard error. Standard input reaches the program in one of
two ways:

    cooked   input and output are terminals. The host's terminal is switched to raw, the guest's
             own line discipline echoes and edits, and Ctrl-C is a byte that the program's kernel
             turns into SIGINT. Ctrl-] three times within a second ends the machine.
    raw      everything else: the bytes go through unchanged, and the end of the file is a BREAK on
             the serial line.

QEMU makes the BREAK: in front of the serial port sits its multiplexer, for which Ctrl-A is an
escape. Ctrl-A b is a BREAK, Ctrl-A Ctrl-A one Ctrl-A.

Input is held back until the kernel says that its console is ready, by the first byte on the
status channel; a UART loses what arrives while it is being set up. The last byte there is the
exit status.

QEMU is started before anything else is imported, so that Python and QEMU load side by side.
"""

import os
import sys

from .errors import STATUS_TIMEOUT, STATUS_TOOL

MUX_ESCAPE = b"\x01"  # Ctrl-A
MUX_BREAK = MUX_ESCAPE + b"b"
HOST_MARK = b"\xff"  # in front of what is not typed; twice, it is
ESCAPE, ESCAPE_TIMES, ESCAPE_SECONDS = 0x1D, 3, 1.0  # Ctrl-]
CONSOLE_READY = b"S"  # first byte on the status channel
STATUS_ESCAPED = 130
STATUS_PIPE = 141  # as the shell shows SIGPIPE
BUFFER = 65536
IUTF8 = 0o40000  # <asm/termbits.h>; Python's termios lacks it before 3.14


class Interrupted(Exception):
    """A signal asked the tool itself to end."""

    def __init__(self, number):
        super().__init__(number)
        self.number = number


def wants_cooked():
    """Whether a person sits at both ends, and this process may talk to the terminal."""
    if not (os.isatty(0) and os.isatty(1)):
        return False
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def outputs_are_one():
    """Whether the host's standard output and error are the same file, as after `2>&1`: then the program's
    are, too, or what it writes to both would come out in another order."""
    try:
        return os.path.sameopenfile(1, 2)
    except OSError:
        return False


def terminal_size():
    """The host's terminal as ROWSxCOLUMNS, or "" if it does not say."""
    try:
        columns, rows = os.get_terminal_size(0)
    except OSError:
        return ""
    return f"{rows}x{columns}" if rows > 0 and columns > 0 else ""


def terminal_is_utf8():
    """Whether the host's terminal takes a character of several bytes back as one."""
    import termios

    try:
        return bool(termios.tcgetattr(0)[0] & IUTF8)
    except termios.error:
        return False


def terminal_words(cooked):
    """What the kernel has to be told about standard input and output."""
    if not cooked:
        return ["tty=raw"]
    size, kind = terminal_size(), os.environ.get("TERM", "")
    words = [f"winsize={size}"] if size else []
    words += [f"TERM={kind}"] if kind.replace("-", "").replace("+", "").isalnum() else []
    return ["tty=utf8" if terminal_is_utf8() else "tty=cooked", *words]


def escape_mux(data):
    """Bytes in the form in which QEMU's multiplexer passes them on."""
    return data.replace(MUX_ESCAPE, MUX_ESCAPE * 2)


def _keep_standard_descriptors():
    """A closed 0, 1 or 2 would otherwise be handed out again as one end of a pipe."""
    while True:
        descriptor = os.open("/dev/null", os.O_RDWR)
        if descriptor > 2:
            os.close(descriptor)
            return


class Relay:
    """One run of a machine."""

    def __init__(self, cooked, timeout=None):
        self.cooked, self.timeout = cooked, timeout
        self.status = bytearray()
        self.complaints = bytearray()  # what QEMU itself says
        self.pending = bytearray()  # input on its way to the machine
        self.input_open, self.input_ready = True, False
        self.escapes = []
        self.pid = None
        self.speaks = cooked and terminal_size() != ""  # the kernel was told the size
        self.ended_by = None  # a signal
        _keep_standard_descriptors()
        self.to_machine = os.pipe()
        self.outputs = {name: os.pipe() for name in ("console", "error", "log", "status", "qemu")}

    def descriptor(self, name):
        """The end of a channel that QEMU writes to."""
        return self.outputs[name][1]

    def start(self, command):
        """Starts QEMU, which dies with this process however it ends."""
        inherited = [self.descriptor(name) for name in ("error", "log", "status")]
        for descriptor in inherited:
            os.set_inheritable(descriptor, True)
        words = ["setpriv", "--pdeathsig", "KILL", "--", *command]
        actions = [
            (os.POSIX_SPAWN_DUP2, self.to_machine[0], 0),
            (os.POSIX_SPAWN_DUP2, self.descriptor("console"), 1),
            (os.POSIX_SPAWN_DUP2, self.descriptor("qemu"), 2),
        ]
        # A group of its own: Ctrl-C at a terminal is for this process to handle.
        self.pid = os.posix_spawnp(words[0], words, os.environ, file_actions=actions, setpgroup=0)
        os.close(self.to_machine[0])
        for _, descriptor in self.outputs.values():
            os.close(descriptor)

    def run(self):
        """Carries bytes until the machine has ended. Returns the exit status."""
        import signal
        import time

        ending_signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)

        def interrupted(number, _frame):
            self.ended_by = number
            raise Interrupted(number)

        self._watch_signals(signal)
        for number in ending_signals:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, interrupted)
        self.clock = time.monotonic
        if self.speaks:
            signal.signal(signal.SIGWINCH, lambda *_: None)
        self.deadline = self.clock() + self.timeout if self.timeout else None
        saved, ended = None, None
        try:
            saved = self._raw_terminal(not self.speaks) if self.cooked else None
            ended = self._carry()
        except Interrupted as seen:
            ended = 128 + seen.number
        finally:
            for number in ending_signals:
                signal.signal(number, signal.SIG_IGN)
            self._reap(signal.SIGKILL if ended is not None else None)
            if saved is not None:
                self._restore_terminal(saved)
        return self._exit_status() if ended is None else ended

    # ---- The loop -------------------------------------------------------------------------------

    def _carry(self):
        """Returns None when the machine has ended by itself, or the status of why we end it."""
        import select

        poller = select.poll()
        sinks = {
            self.outputs["console"][0]: self._host_writer(1),
            self.outputs["error"][0]: self._host_writer(2),
            self.outputs["log"][0]: self._host_writer(2, self.speaks and os.isatty(2)),
            self.outputs["status"][0]: self._take_status,
            self.outputs["qemu"][0]: self.complaints.extend,
        }
        for descriptor in [*sinks, self.signals[0]]:
            poller.register(descriptor, select.POLLIN)
        os.set_blocking(self.to_machine[1], False)
        while sinks:
            if self.ended_by is not None:
                raise Interrupted(self.ended_by)
            self._watch_input(poller, select)
            wait = None
            if self.deadline is not None:
                wait = max(0, int((self.deadline - self.clock()) * 1000) + 1)
            events = poller.poll(wait)
            if not events and self.deadline is not None and self.clock() >= self.deadline:
                _say(f"no end after {self.timeout:g} s")
                return STATUS_TIMEOUT
            for descriptor, _ in events:
                if descriptor in sinks:
                    try:
                        if not self._drain(descriptor, sinks[descriptor]):
                            poller.unregister(descriptor)
                            del sinks[descriptor]
                    except BrokenPipeError:
                        return STATUS_PIPE
                elif descriptor == 0:
                    if self._take_input():
                        return STATUS_ESCAPED
                elif descriptor == self.signals[0]:
                    self._take_signals()
                else:
                    self._feed()
        return None

    def _watch_input(self, poller, select):
        """Listens to standard input unless much of it still waits to go into the machine."""
        if self.input_open and self.input_ready and len(self.pending) < BUFFER:
            poller.register(0, select.POLLIN)
        else:
            _unregister(poller, 0)
        if self.pending:
            poller.register(self.to_machine[1], select.POLLOUT)
        else:
            _unregister(poller, self.to_machine[1])

    @staticmethod
    def _drain(descriptor, sink):
        """Passes on what one channel holds; False at its end."""
        data = os.read(descriptor, BUFFER)
        if data:
            sink(data)
        return bool(data)

    @staticmethod
    def _host_writer(descriptor, maps_newlines=False):
        def write(data):
            view = memoryview(data.replace(b"\n", b"\r\n") if maps_newlines else data)
            while view:
                try:
                    view = view[os.write(descriptor, view) :]
                except BlockingIOError:  # somebody else made it non-blocking
                    import select

                    select.select([], [descriptor], [])

        return write

    def _take_status(self, data):
        self.status += data
        self.input_ready = True

    def _take_input(self):
        """Reads standard input once. True if the person has asked for the end of the machine."""
        try:
            data = os.read(0, 4096)
        except BlockingIOError:
            return False
        except OSError:  # the terminal has gone, or descriptor 0 cannot be read
            data = b""
        if not data:
            self.input_open = False
        if self.speaks:
            data = data.replace(HOST_MARK, HOST_MARK * 2)
        self.pending += escape_mux(data)
        if self.cooked:
            return self._escaped(data)
        if not data:
            self.pending += MUX_BREAK
        return False

    def _escaped(self, data):
        for byte in data:
            now = self.clock()
            self.escapes = [t for t in self.escapes if now - t < ESCAPE_SECONDS]
            self.escapes = self.escapes + [now] if byte == ESCAPE else []
        return len(self.escapes) >= ESCAPE_TIMES

    def _feed(self):
        try:
            del self.pending[: os.write(self.to_machine[1], self.pending)]
        except BlockingIOError:
            pass
        except BrokenPipeError:  # the machine has just ended
            self.pending.clear()
            self.input_open = False

    # ---- Signals --------------------------------------------------------------------------------

    def _watch_signals(self, signal):
        """From here on a signal is also a byte in a pipe, which the loop reads: the exception of its handler
        is lost if it comes where Python ignores them, as in the callback of a weak reference."""
        self.signals = os.pipe()
        for descriptor in self.signals:
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self.signals[1], warn_on_full_buffer=False)

    def _take_signals(self):
        """The terminal may have another size now: a message to the kernel among the bytes that are typed
        (kernel/dev/tty_host.c)."""
        os.read(self.signals[0], BUFFER)
        size = terminal_size() if self.speaks and self.input_ready else ""
        if size:
            self.pending += HOST_MARK + size.encode() + b"\n"

    # ---- The terminal ---------------------------------------------------------------------------

    @staticmethod
    def _raw_terminal(maps_newlines):
        """No echo, no editing, no signals. Newlines become two characters on one side only."""
        import termios

        saved = termios.tcgetattr(0)
        raw = termios.tcgetattr(0)
        raw[0] &= ~(termios.IXON | termios.ICRNL | termios.INLCR | termios.IGNCR | termios.ISTRIP
                    | termios.BRKINT | termios.INPCK)
        if not maps_newlines:
            raw[1] &= ~termios.OPOST
        raw[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
        raw[6][termios.VMIN], raw[6][termios.VTIME] = 1, 0
        termios.tcsetattr(0, termios.TCSADRAIN, raw)
        return saved

    @staticmethod
    def _restore_terminal(saved):
        import termios

        try:
            termios.tcsetattr(0, termios.TCSADRAIN, saved)
        except termios.error:
            pass

    # ---- The end --------------------------------------------------------------------------------

    def _reap(self, kill_signal):
        """Waits for QEMU, which has closed its channels unless it has to be killed first."""
        if kill_signal is not None:
            os.kill(self.pid, kill_signal)
        os.waitpid(self.pid, 0)

    def _exit_status(self):
        """The last byte of the status channel, unless it only said that the console was ready."""
        if self.status and self.status != CONSOLE_READY:
            return self.status[-1]
        sys.stderr.write(self.complaints.decode(errors="replace"))
        _say("the machine stopped without an exit status")
        return STATUS_TOOL


def _unregister(poller, descriptor):
    try:
        poller.unregister(descriptor)
    except KeyError:
        pass


def _say(text):
    sys.stderr.write(f"galette: {text}\n")
