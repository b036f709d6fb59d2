/* SPDX-License-Identifier: MIT */
/*
 * Terminals: the line between a serial device and the programs that read and write it.
 *
 * A `struct tty` holds what Linux's n_tty holds: the termios, the input that was received and not
 * yet read, line editing, echo, the signals of the keyboard. Below it is a device with a table of
 * operations (struct tty_ops, filled by a driver); above it the file layer, which copies to and
 * from the program: only kernel buffers come here.
 *
 * Input flows by tty_receive, called by the driver, mostly from its interrupt. When the buffer
 * is nearly full, the device is throttled, and told to go on when a reader has made room: a file
 * piped into the machine loses no byte. Output goes through unbuffered: the device has the buffer.
 *
 * Locks: tty->lock, then the device's own. The signal hook runs with no tty lock held but perhaps
 * with interrupts off; it may not call back into the tty.
 */
#ifndef KERNEL_DEV_TTY_H
#define KERNEL_DEV_TTY_H

#include <asm/termbits.h>
#include <asm/termios.h>

#include "kernel/core/spinlock.h"
#include "kernel/core/wait.h"
#include "kernel/lib/types.h"

#define TTY_BUFFER_SIZE 8192 /* a power of two */
#define TTY_ECHO_SIZE   256  /* of what is typed while output is held, as much is echoed later */
#define TTY_LINE_MAX    4096 /* longest line that editing holds, its end included, as in Linux */

/* What a device does for its tty. None of these sleeps. */
struct tty_ops {
    /* Take as many of `count` bytes as there is room for; returns how many. */
    size_t (*write)(void *device, const u8 *bytes, size_t count);
    /* Bytes that write() would take now, at the least. */
    size_t (*write_room)(void *device);
    /* True when a writer that waited for room should go on: with some hysteresis. */
    bool (*writable)(void *device);
    /* Bytes taken and not yet sent. If there are any, tty_output_ready is called when there are none. */
    size_t (*write_pending)(void *device);
    /* Send all, by polling; returns when the last bit is out. */
    void (*drain)(void *device);
    /* Stop (true) or go on fetching input. Called under tty->lock. */
    void (*throttle)(void *device, bool stop);
    /* Fetch input that came while throttled. Not called under tty->lock. */
    void (*receive)(void *device);
    /* Forget the bytes that write() took and that have not left. Called under tty->lock. NULL: there are
     * none. */
    void (*discard)(void *device);
    /* The control lines of a modem (TIOCM_*): all as they are; and ours of `mask`, to be as in `lines`.
     * Both NULL: the device has none. */
    u32 (*get_modem)(void *device);
    void (*set_modem)(void *device, u32 mask, u32 lines);
    /* Bytes were written: make them seen. Called with no lock, in any context. NULL: write() has
     * done so. */
    void (*show)(void *device);
};

/* What the host says about its terminal (kernel/dev/tty_host.c). */
#define TTY_HOST_MARK 0xff

enum tty_host_state {
    TTY_HOST_SILENT,    /* the host says nothing: all bytes are typed */
    TTY_HOST_LISTENS,   /* until a mark comes */
    TTY_HOST_MARKED,    /* which has just come */
    TTY_HOST_IN_MESSAGE /* up to the next newline */
};

struct tty_host {
    u8 state; /* enum tty_host_state */
    u8 length;
    char message[16];
};

struct tty {
    const struct tty_ops *ops;
    void *device;
    void (*signal)(int signal); /* raises SIGINT and its kin; NULL until somebody installs it */
    int foreground, session;    /* process group and session that it controls; 0: none */
    bool is_stream;             /* no terminal but a pipe: a BREAK ends the input for good */
    bool exclusive; /* TIOCEXCL; atomic. Who may administer the system opens it all the same */

    struct wait_queue input_wait;
    struct wait_queue output_wait;

    /* lock guards all that follows */
    struct spinlock lock;
    struct termios2 termios;
    struct winsize winsize;
    u32 column;        /* of the cursor, as far as OPOST knows it */
    u32 line_column;   /* where the line being edited begins */
    bool hung_up;      /* no more input will come */
    bool throttled;    /* the device was told to stop */
    bool stopped;      /* output is held by VSTOP */
    bool held;         /* and by TCOOFF, which no VSTART undoes */
    bool in_print;     /* erased characters are being printed (ECHOPRT) */
    bool literal_next; /* VLNEXT was typed */
    u32 lost;          /* bytes dropped because a line was too long */
    u32 echo_length;   /* of held_echo */
    u8 held_echo[TTY_ECHO_SIZE];
    struct tty_host host;

    /* Free-running indices: tail <= line <= head. */
    u32 tail; /* next byte to read */
    u32 line; /* start of the line being edited: what lies before is complete (ICANON only) */
    u32 head; /* next byte to be received */
    u8 buffer[TTY_BUFFER_SIZE];
    /* A bit for each byte of buffer: a line ends here. A NUL that ends a line is an end of file,
     * and is not itself read. */
    u64 ends[TTY_BUFFER_SIZE / 64];
};

/* ---- Sessions (tty_session.c) -----------------------------------------------------------------*/

/* The first program begins a session, of this number, which the terminal controls unless it is a stream. */
void tty_session_begin(struct tty *tty, int leader);

/* The terminal that controls the program's session, which is the only one so far; NULL: none. */
struct tty *tty_controlling(void);

/* TIOCSCTTY, and opening without O_NOCTTY: 0, or -EPERM, when another one does. */
int tty_session_take(struct tty *tty);

/* TIOCNOTTY: the session gives its terminal up, and is told so by SIGHUP and SIGCONT as if that hung up. 0 or
 * -ENOTTY. */
int tty_session_leave(struct tty *tty) MUST_CHECK;

/* ---- Setting up -------------------------------------------------------------------------------*/

/* Set up a tty on a device. `raw`: no editing, no echo, no signals, and a BREAK is the end of file;
 * otherwise Linux's defaults, except that a newline goes out as it is (no ONLCR). */
void tty_init(struct tty *tty, const struct tty_ops *ops, void *device, bool raw);

/* "ROWSxCOLUMNS" as a size; false when it is none. */
bool tty_parse_winsize(const char *text, struct winsize *out);

/* The terminal on the other side has this size, and its host tells when that changes. */
void tty_listen_to_host(struct tty *tty, const struct winsize *size);

/* The terminal is a screen of this machine's, of this size: UTF-8, and a newline goes out as
 * CR LF. */
void tty_set_screen(struct tty *tty, const struct winsize *size);

/* ---- For the device ---------------------------------------------------------------------------*/

/* How many bytes tty_receive can take: 0 or at least TTY_RECEIVE_MIN. At 0 the device has been
 * throttled on the spot, and will hear when to go on. */
#define TTY_RECEIVE_MIN 128
size_t tty_receive_room(struct tty *tty);

/* Received bytes, in order. The device sees to it that calls do not overlap. */
void tty_receive(struct tty *tty, const u8 *bytes, size_t count);

/* A BREAK condition, after the bytes that came before it. */
void tty_receive_break(struct tty *tty);

/* The device's `writable` has become true, or what was pending is sent. */
void tty_output_ready(struct tty *tty);

/* ---- For the file layer -----------------------------------------------------------------------*/

/*
 * Read at most `count` bytes. `flags` are the file's: only O_NONBLOCK matters. Returns the number
 * of bytes, 0 at the end of file, -EAGAIN (O_NONBLOCK and nothing there) or -EINTR.
 */
s64 tty_read(struct tty *tty, void *buffer, size_t count, int flags) MUST_CHECK;

/* Write `count` bytes; waits for room unless O_NONBLOCK. Returns the number of bytes written, which
 * is less than count only with O_NONBLOCK or after a signal, or -EAGAIN or -EINTR. */
s64 tty_write(struct tty *tty, const void *buffer, size_t count, int flags) MUST_CHECK;

/* POLLIN and POLLOUT, as they stand. Whoever waits sleeps on input_wait and output_wait. */
u32 tty_poll(struct tty *tty);

/* No more input will come: a BREAK has ended it. */
bool tty_input_ended(const struct tty *tty);

/* Wait by polling until every byte written has left the machine. Works with interrupts off. */
void tty_drain(struct tty *tty);

/* tcdrain: sleep until every byte written has left. 0 or -EINTR. */
int tty_wait_until_sent(struct tty *tty) MUST_CHECK;

/* TCGETS; TCSETS, TCSETSW, TCSETSF: 0, or -EINTR and nothing is set; with `when` TCSANOW, TCSADRAIN, TCSAFLUSH. */
void tty_get_termios(struct tty *tty, struct termios2 *out);
int tty_set_termios(struct tty *tty, const struct termios2 *termios, int when) MUST_CHECK;

/* TCXONC: TCOOFF and TCOON hold output and let it go on, TCIOFF and TCION send VSTOP and VSTART. 0 or
 * -EINVAL. */
int tty_flow(struct tty *tty, u64 action);

/* TIOCGWINSZ and TIOCSWINSZ; a change raises SIGWINCH. */
void tty_get_winsize(struct tty *tty, struct winsize *out);
void tty_set_winsize(struct tty *tty, const struct winsize *winsize);

/* FIONREAD: bytes that a read could return now. TIOCOUTQ: bytes written and not yet sent. */
size_t tty_input_count(struct tty *tty);
size_t tty_output_count(struct tty *tty);

/* TCFLSH: forget the input (TCIFLUSH), the output that has not left (TCOFLUSH), or both (TCIOFLUSH). */
void tty_flush(struct tty *tty, int queue);

#endif
