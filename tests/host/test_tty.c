/* SPDX-License-Identifier: MIT */
/*
 * The terminal, on a device that records what it is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/host/fake_kernel.h"

#include "kernel/dev/tty.c"
#include "kernel/dev/tty_edit.c"
#include "kernel/dev/tty_host.c"
#include "kernel/dev/tty_input.c"
#include "kernel/dev/tty_output.c"
#include "kernel/dev/tty_session.c"

/* ---- The device -------------------------------------------------------------------------------*/

static struct tty tty;
static u8 output[20000];
static size_t output_length;
static size_t room; /* what the device still takes */
static bool throttled;
static u32 receive_calls; /* times it was told to fetch its input */
static int signals[8];
static u32 signal_count;
static u64 now_ns;

u64 time_now_ns(void)
{
    return now_ns;
}

static size_t device_write(void *device, const u8 *bytes, size_t count)
{
    (void)device;
    count = MIN(count, room);
    memcpy(output + output_length, bytes, count);
    output_length += count;
    room -= count;
    return count;
}

static size_t device_room(void *device)
{
    (void)device;
    return room;
}

static bool device_writable(void *device)
{
    (void)device;
    return room >= 8;
}

static size_t pending;

static size_t device_pending(void *device)
{
    (void)device;
    return pending;
}

static void device_drain(void *device)
{
    (void)device;
    room = 1000;
}

static void device_throttle(void *device, bool stop)
{
    (void)device;
    assert_true(tty.lock.held);
    throttled = stop;
}

static void device_receive(void *device)
{
    (void)device;
    assert_int_equal(fake_locks_held, 0);
    receive_calls++;
}

static u32 shows;

static void device_show(void *device)
{
    (void)device;
    assert_int_equal(fake_locks_held, 0);
    shows++;
}

static u32 discards;

static void device_discard(void *device)
{
    (void)device;
    assert_true(tty.lock.held);
    discards++;
}

static const struct tty_ops ops = {
    .write = device_write,
    .write_room = device_room,
    .writable = device_writable,
    .write_pending = device_pending,
    .drain = device_drain,
    .throttle = device_throttle,
    .receive = device_receive,
    .discard = device_discard,
    .show = device_show,
};

static void raise(int signal)
{
    assert_int_equal(fake_locks_held, 0);
    signals[signal_count++] = signal;
}

static void start(bool raw)
{
    memset(&tty, 0, sizeof(tty));
    tty_init(&tty, &ops, NULL, raw);
    tty.signal = raise;
    tty.session = tty.foreground = 1;
    output_length = receive_calls = signal_count = 0;
    room = sizeof(output);
    pending = 0;
    throttled = false;
    fake_sleep = NULL;
    now_ns = 1000;
}

static void type(const char *text)
{
    tty_receive(&tty, (const u8 *)text, strlen(text));
}

static void type_bytes(const char *bytes, size_t count)
{
    tty_receive(&tty, (const u8 *)bytes, count);
}

/* A read that may not wait gives exactly this. */
static void reads(const char *expected, size_t count)
{
    char buffer[9000];
    s64 got = tty_read(&tty, buffer, count, O_NONBLOCK);
    assert_int_equal(got, strlen(expected));
    assert_memory_equal(buffer, expected, strlen(expected));
}

static void reads_error(int error)
{
    char buffer[8];
    assert_int_equal(tty_read(&tty, buffer, sizeof(buffer), O_NONBLOCK), error);
}

static void echoes(const char *expected)
{
    assert_int_equal(output_length, strlen(expected));
    assert_memory_equal(output, expected, output_length);
    output_length = 0;
}

/* ---- Cooked -----------------------------------------------------------------------------------*/

static void gives_lines(void **state)
{
    (void)state;
    start(false);
    type("on");
    reads_error(-EAGAIN);
    assert_int_equal(tty_poll(&tty), POLLOUT | POLLWRNORM);
    type("e\rtwo\nthr");
    assert_int_equal(tty_input_count(&tty), 8);
    assert_true(tty_poll(&tty) & POLLIN);
    reads("one\n", 100);
    reads("tw", 2);
    reads("o\n", 100);
    reads_error(-EAGAIN);
    echoes("one\ntwo\nthr");
}

static void edits_the_line(void **state)
{
    (void)state;
    start(false);
    type("ab\177c\n");
    reads("ac\n", 100);
    echoes("ab\b \bc\n");
    type("\177\177x\177\177y\n"); /* never beyond the start of the line */
    reads("y\n", 100);
    echoes("x\b \by\n");
    type("one two\025x\n");
    reads("x\n", 100);
    output_length = 0;
    type("one two  \027three\n");
    reads("one three\n", 100);
    output_length = 0;
    type("a\001\177\n"); /* shown as ^A: two columns */
    reads("a\n", 100);
    echoes("a^A\b \b\b \b\n");
    type("a\026\177\026\003\n"); /* taken literally */
    reads("a\177\003\n", 100);
    assert_int_equal(signal_count, 0);
}

static void erases_whole_characters(void **state)
{
    (void)state;
    start(false);
    tty.termios.c_iflag |= IUTF8;
    type("a\xe2\x82\xac\177b\n");
    reads("ab\n", 100);
    echoes("a\xe2\x82\xac\b \bb\n");
}

static void ends_the_file(void **state)
{
    (void)state;
    start(false);
    type("part\004");
    assert_int_equal(tty_input_count(&tty), 4);
    reads("part", 100);
    reads_error(-EAGAIN);
    type("\004\004x\n");
    reads_error(0);
    reads_error(0); /* each is one end of file, and not for good */
    reads("x\n", 100);
    type("abcd\004");
    reads("ab", 2);
    reads("cd", 2); /* with its end */
    reads_error(-EAGAIN);
    echoes("partx\nabcd");
}

static void raises_signals(void **state)
{
    (void)state;
    start(false);
    type("lost\003kept\n");
    assert_int_equal(signal_count, 1);
    assert_int_equal(signals[0], SIGINT);
    reads("kept\n", 100);
    echoes("lost^Ckept\n");
    type("\034\032");
    assert_int_equal(signals[1], SIGQUIT);
    assert_int_equal(signals[2], SIGTSTP);
    tty.termios.c_lflag |= NOFLSH;
    type("a\003b\n");
    reads("ab\n", 100);
    tty.termios.c_lflag &= ~(tcflag_t)ISIG;
    type("\003\n");
    reads("\003\n", 100);
    assert_int_equal(signal_count, 4);
}

static void bounds_the_line(void **state)
{
    (void)state;
    static char line[TTY_LINE_MAX + 100], expected[TTY_LINE_MAX + 1];
    start(false);
    memset(line, 'x', sizeof(line));
    memset(expected, 'x', TTY_LINE_MAX - 1);
    expected[TTY_LINE_MAX - 1] = '\n';
    type_bytes(line, sizeof(line));
    assert_true(tty_receive_room(&tty) >= TTY_RECEIVE_MIN); /* to see the end of the line */
    type("\n");
    reads(expected, 9000);
    assert_int_equal(tty.lost, 101);
}

static void breaks_as_linux(void **state)
{
    (void)state;
    start(false);
    tty_receive_break(&tty);
    type("\n");
    char buffer[4];
    assert_int_equal(tty_read(&tty, buffer, 4, O_NONBLOCK), 2);
    assert_memory_equal(buffer, "\0\n", 2);
    tty.termios.c_iflag |= BRKINT;
    tty_receive_break(&tty);
    assert_int_equal(signals[0], SIGINT);
    tty.termios.c_iflag |= IGNBRK;
    tty_receive_break(&tty);
    assert_int_equal(signal_count, 1);
}

static void holds_output(void **state)
{
    (void)state;
    start(false);
    type("\023");
    assert_int_equal(tty_write(&tty, "x", 1, O_NONBLOCK), -EAGAIN);
    assert_int_equal(tty_poll(&tty), 0);
    u32 wakes = tty.output_wait.wakes;
    type("ab"); /* is echoed when output goes on, before what waits to be written */
    echoes("");
    type("\021");
    assert_int_equal(tty.output_wait.wakes, wakes + 1);
    assert_int_equal(tty_write(&tty, "x", 1, O_NONBLOCK), 1);
    echoes("abx");
    tty_flow(&tty, TCOOFF);
    for (int i = 0; i < 1000; i++)
        type("cde\021"); /* which does not undo it; more than is kept for later */
    echoes("");
    tty_flow(&tty, TCOON);
    assert_int_equal(output_length, TTY_ECHO_SIZE);
    output_length = 0;
}

/* ---- Raw --------------------------------------------------------------------------------------*/

static void passes_bytes(void **state)
{
    (void)state;
    static const char bytes[] = "\r\n\003\004\177\0\377\023z";
    char buffer[20];
    start(true);
    type_bytes(bytes, 9);
    assert_int_equal(tty_read(&tty, buffer, 4, 0), 4);
    assert_int_equal(tty_read(&tty, buffer + 4, 16, 0), 5);
    assert_memory_equal(buffer, bytes, 9);
    assert_int_equal(output_length + signal_count, 0);
    reads_error(-EAGAIN);
}

static void hangs_up(void **state)
{
    (void)state;
    start(true);
    type("rest");
    tty_receive_break(&tty);
    assert_true(tty_poll(&tty) & POLLIN);
    reads("re", 2);
    reads("st", 100);
    reads_error(0);
    char buffer[4];
    assert_int_equal(tty_read(&tty, buffer, 4, 0), 0); /* nobody sleeps */
    type("late");
    reads("late", 100);
    reads_error(0);
    /* The same with a program that has switched editing on: the last line has no end. */
    start(true);
    tty.termios.c_lflag |= ICANON;
    type("one\ntwo");
    tty_receive_break(&tty);
    reads("one\n", 100);
    reads("two", 100);
    reads_error(0);
}

static void throttles(void **state)
{
    (void)state;
    static char block[64];
    char buffer[TTY_BUFFER_SIZE];
    u32 sent = 0, got = 0;
    start(true);
    while (tty_receive_room(&tty) > 0) {
        for (size_t i = 0; i < sizeof(block); i++)
            block[i] = (char)(sent++ % 251);
        type_bytes(block, sizeof(block));
    }
    assert_true(throttled);
    assert_int_equal(tty.lost, 0);
    assert_in_range(sent, TTY_BUFFER_SIZE - TTY_RECEIVE_MIN, TTY_BUFFER_SIZE);
    while (got < sent) {
        s64 step = tty_read(&tty, buffer, 100, 0);
        for (s64 i = 0; i < step; i++)
            assert_int_equal((u8)buffer[i], got++ % 251);
        assert_int_equal(throttled, TTY_BUFFER_SIZE - (sent - got) < TTY_BUFFER_SIZE / 2);
    }
    assert_int_equal(receive_calls, 1);
}

static const char *typed_while_asleep;

static int type_while_asleep(u64 deadline)
{
    assert_int_equal(deadline, WAIT_FOREVER);
    if (!typed_while_asleep)
        return -EINTR;
    type(typed_while_asleep);
    typed_while_asleep = NULL;
    return 0;
}

static void waits_for_input(void **state)
{
    (void)state;
    char buffer[20];
    start(true);
    fake_sleep = type_while_asleep;
    typed_while_asleep = "abc";
    assert_int_equal(tty_read(&tty, buffer, 20, 0), 3);
    assert_int_equal(tty_read(&tty, buffer, 20, 0), -EINTR);
    start(true);
    fake_sleep = type_while_asleep;
    tty.termios.c_cc[VMIN] = 3;
    type("ab");
    typed_while_asleep = "cd";
    assert_int_equal(tty_poll(&tty) & POLLIN, 0);
    assert_int_equal(tty_read(&tty, buffer, 20, 0), 4);
    type("ab");
    assert_int_equal(tty_read(&tty, buffer, 2, 0), 2); /* no more than asked for */
    type("a");
    assert_int_equal(tty_read(&tty, buffer, 2, O_NONBLOCK), 1);
    tty.termios.c_cc[VMIN] = 0;
    assert_int_equal(tty_read(&tty, buffer, 2, 0), 0);
}

static u64 deadlines[4];
static u32 sleeps;

static int one_byte_then_silence(u64 deadline)
{
    deadlines[sleeps++] = deadline;
    if (sleeps > 2)
        return -ETIMEDOUT;
    type("x");
    return 0;
}

static void times_out(void **state)
{
    (void)state;
    char buffer[20];
    start(true);
    fake_sleep = one_byte_then_silence;
    tty.termios.c_cc[VMIN] = 5;
    tty.termios.c_cc[VTIME] = 2;
    sleeps = 0;
    assert_int_equal(tty_read(&tty, buffer, 20, 0), 2);
    assert_int_equal(deadlines[0], WAIT_FOREVER);
    assert_int_equal(deadlines[1], now_ns + 200000000);
    assert_int_equal(sleeps, 3);
    tty.termios.c_cc[VMIN] = 0;
    assert_int_equal(tty_read(&tty, buffer, 20, 0), 0);
    assert_int_equal(deadlines[3], now_ns + 200000000);
    sleeps = 1;
    assert_int_equal(tty_read(&tty, buffer, 20, 0), 1);
}

/* ---- Output and settings ----------------------------------------------------------------------*/

static int make_room(u64 deadline)
{
    (void)deadline;
    room = 10;
    tty_output_ready(&tty);
    return 0;
}

static void writes_all(void **state)
{
    (void)state;
    start(false);
    room = 3;
    fake_sleep = make_room;
    assert_int_equal(tty_write(&tty, "twenty-five bytes of text", 25, 0), 25);
    echoes("twenty-five bytes of text");
    room = 3;
    assert_int_equal(tty_write(&tty, "12345", 5, O_NONBLOCK), 3);
    assert_int_equal(tty_write(&tty, "12345", 5, O_NONBLOCK), -EAGAIN);
}

static void maps_newlines_if_asked(void **state)
{
    (void)state;
    start(false);
    tty.termios.c_oflag |= ONLCR;
    fake_sleep = make_room;
    assert_int_equal(tty_write(&tty, "a\nb\n", 4, 0), 4);
    echoes("a\r\nb\r\n");
    room = 2; /* no room for both bytes of a line's end after another byte */
    assert_int_equal(tty_write(&tty, "a\n", 2, O_NONBLOCK), 1);
    echoes("a");
    type("x\r");
    echoes("x"); /* the echo is dropped rather than cut */
    static char lines[3000];
    memset(lines, '\n', sizeof(lines));
    assert_int_equal(tty_write(&tty, lines, sizeof(lines), 0), sizeof(lines));
    assert_int_equal(output_length, 6000);
    for (size_t i = 0; i < output_length; i += 2)
        assert_memory_equal(output + i, "\r\n", 2);
}

static void writes(const char *text, const char *expected)
{
    assert_int_equal(tty_write(&tty, text, strlen(text), 0), strlen(text));
    echoes(expected);
}

static void processes_output(void **state)
{
    (void)state;
    start(false);
    tty.termios.c_oflag = OPOST | XTABS;
    writes("a\tb\t\n", "a       b       \n");
    tty.termios.c_oflag = OPOST | ONLCR | XTABS;
    writes("\n12345678\tx\b\t", "\r\n12345678        x\b        ");
    tty.termios.c_iflag |= IUTF8; /* two bytes, one column */
    writes("\n\xc3\xbc\t", "\r\n\xc3\xbc       ");
    tty.termios.c_oflag = OPOST | ONOCR | OLCUC;
    writes("\rab\r\rc", "\rAB\rC");
    tty.termios.c_oflag = OPOST | OCRNL;
    writes("a\r", "a\n");
    tty.termios.c_oflag = ONLCR | OLCUC; /* without OPOST nothing happens */
    writes("a\n", "a\n");
}

static void shows_the_line_again(void **state)
{
    (void)state;
    start(false);
    type("done\nabc\x12");
    echoes("done\nabc^R\nabc");
    type("d\n");
    reads("done\n", 100);
    reads("abcd\n", 100);
}

static void hears_of_a_new_size(void **state)
{
    (void)state;
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    start(false);
    tty_listen_to_host(&tty, &size);
    type("ab\xff"
         "30x100\ncd\n");
    assert_int_equal(signal_count, 1);
    assert_int_equal(signals[0], SIGWINCH);
    tty_get_winsize(&tty, &size);
    assert_int_equal(size.ws_row, 30);
    assert_int_equal(size.ws_col, 100);
    reads("abcd\n", 100);
    type("\xff"
         "30x100\n\xff"
         "0x100\n\xffgarbage of some length that no size has\n\xff\n");
    type("\xff"
         "99999x1\n\xff"
         "12x\n\xff"
         "12x13y\n");
    assert_int_equal(signal_count, 1); /* the same size, and none */
    type("\xff\xff!\n");
    reads("\xff!\n", 100);
    start(false); /* where no host speaks, it is a byte like others */
    type("\xff"
         "30x100\n");
    reads("\xff"
          "30x100\n",
          100);
}

static void flow_by_request(void **state)
{
    (void)state;
    start(false);
    assert_int_equal(tty_flow(&tty, TCOOFF), 0);
    assert_int_equal(tty_write(&tty, "a", 1, O_NONBLOCK), -EAGAIN);
    assert_int_equal(tty_flow(&tty, TCOON), 0);
    writes("a", "a");
    assert_int_equal(tty_flow(&tty, TCIOFF), 0);
    assert_int_equal(tty_flow(&tty, TCION), 0);
    echoes("\x13\x11");
    assert_int_equal(tty_flow(&tty, 4), -EINVAL);
}

static void knows_speeds(void **state)
{
    (void)state;
    struct termios2 settings;
    start(false);
    tty_get_termios(&tty, &settings);
    assert_int_equal(settings.c_ospeed, 115200);
    settings.c_cflag = (settings.c_cflag & ~(tcflag_t)CBAUD) | B9600;
    assert_int_equal(tty_set_termios(&tty, &settings, TCSANOW), 0);
    tty_get_termios(&tty, &settings);
    assert_int_equal(settings.c_ospeed, 9600);
    assert_int_equal(settings.c_ispeed, 9600);
    settings.c_cflag = (settings.c_cflag & ~(tcflag_t)CBAUD) | BOTHER;
    settings.c_ospeed = 12345;
    assert_int_equal(tty_set_termios(&tty, &settings, TCSANOW), 0);
    tty_get_termios(&tty, &settings);
    assert_int_equal(settings.c_ospeed, 12345);
}

static void changes_modes(void **state)
{
    (void)state;
    struct termios2 settings;
    start(false);
    type("half");
    tty_get_termios(&tty, &settings);
    settings.c_lflag &= ~(tcflag_t)ICANON;
    u32 wakes = tty.input_wait.wakes;
    assert_int_equal(tty_set_termios(&tty, &settings, TCSANOW), 0);
    assert_int_equal(tty.input_wait.wakes, wakes + 1);
    reads("ha", 2);
    settings.c_lflag |= ICANON;
    assert_int_equal(tty_set_termios(&tty, &settings, TCSANOW), 0);
    reads("lf", 100);
    type("line\n");
    assert_int_equal(tty_set_termios(&tty, &settings, TCSAFLUSH), 0);
    reads_error(-EAGAIN);
    type("more\n");
    discards = 0;
    tty_flush(&tty, TCOFLUSH);
    reads("more\n", 100);
    tty_flush(&tty, TCIFLUSH);
    assert_int_equal(discards, 1);
    tty_flush(&tty, TCIOFLUSH);
    assert_int_equal(discards, 2);
}

static int all_is_sent(u64 deadline)
{
    assert_true(deadline == WAIT_FOREVER);
    pending = 0;
    tty_output_ready(&tty);
    return 0;
}

static int a_signal_comes(u64 deadline)
{
    (void)deadline;
    return -EINTR;
}

static void waits_until_all_is_sent(void **state)
{
    (void)state;
    struct termios2 settings;
    start(false);
    tty_get_termios(&tty, &settings);
    settings.c_lflag &= ~(tcflag_t)ECHO;
    pending = 7;
    assert_int_equal(tty_output_count(&tty), 7);
    fake_sleep = a_signal_comes;
    assert_int_equal(tty_set_termios(&tty, &settings, TCSADRAIN), -EINTR);
    assert_true(tty.termios.c_lflag & ECHO); /* nothing is set then */
    assert_int_equal(tty_wait_until_sent(&tty), -EINTR);
    fake_sleep = all_is_sent;
    assert_int_equal(tty_set_termios(&tty, &settings, TCSADRAIN), 0);
    assert_false(tty.termios.c_lflag & ECHO);
    assert_int_equal(pending, 0);
}

static void knows_its_size(void **state)
{
    (void)state;
    struct winsize size;
    start(false);
    tty_get_winsize(&tty, &size);
    assert_int_equal(size.ws_row, 0);
    size.ws_row = 24;
    tty_set_winsize(&tty, &size);
    tty_set_winsize(&tty, &size);
    assert_int_equal(signal_count, 1);
    assert_int_equal(signals[0], SIGWINCH);
    pending = 7;
    assert_int_equal(tty_output_count(&tty), 7);
}

/* The device is told when bytes are to be seen, echo among them. */
static void shows_what_was_written(void **state)
{
    (void)state;
    start(false);
    shows = 0;
    assert_int_equal(tty_write(&tty, "abc", 3, 0), 3);
    assert_int_equal(shows, 1);
    type("x");
    assert_int_equal(shows, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_what_was_written),
        cmocka_unit_test(gives_lines),
        cmocka_unit_test(edits_the_line),
        cmocka_unit_test(erases_whole_characters),
        cmocka_unit_test(ends_the_file),
        cmocka_unit_test(raises_signals),
        cmocka_unit_test(bounds_the_line),
        cmocka_unit_test(breaks_as_linux),
        cmocka_unit_test(holds_output),
        cmocka_unit_test(passes_bytes),
        cmocka_unit_test(hangs_up),
        cmocka_unit_test(throttles),
        cmocka_unit_test(waits_for_input),
        cmocka_unit_test(times_out),
        cmocka_unit_test(writes_all),
        cmocka_unit_test(maps_newlines_if_asked),
        cmocka_unit_test(processes_output),
        cmocka_unit_test(shows_the_line_again),
        cmocka_unit_test(hears_of_a_new_size),
        cmocka_unit_test(flow_by_request),
        cmocka_unit_test(knows_speeds),
        cmocka_unit_test(changes_modes),
        cmocka_unit_test(waits_until_all_is_sent),
        cmocka_unit_test(knows_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
