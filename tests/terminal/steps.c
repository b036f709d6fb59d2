/* SPDX-License-Identifier: MIT */
/*
 * What a terminal does, step by step. Somebody sits at it and types what a step asks for: "type HEX." means
 * these bytes, "size ROWSxCOLUMNS." that the window changes. All that is seen there, echo included, is the
 * same on a pseudo terminal of Linux and here; tests/boot/test_terminal.py types and compares.
 *
 * Each step starts from the same settings, says what it types and what it read. Where it matters that
 * bytes have come, they are not typed but put in by TIOCSTI, or the step waits until FIONREAD shows them.
 */
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int ioctl(int fd, unsigned long request, ...);
char *ttyname(int fd);

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static struct termios2 base;
static volatile int signals[65];

/* ---- Saying and asking ------------------------------------------------------------------------*/

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char text[20000];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    (void)!write(1, text, length);
}

static void ask_to_type(const char *bytes, size_t count)
{
    char hex[20000];

    for (size_t i = 0; i < count; i++)
        sprintf(hex + 2 * i, "%02x", (unsigned char)bytes[i]);
    say("type %s.\n", hex);
}

#define TYPE(text) ask_to_type(text, sizeof(text) - 1)

/* Put in as if typed, and received when this returns. */
static void put_in(const char *text)
{
    for (; *text; text++)
        if (ioctl(0, TIOCSTI, text) != 0)
            say("TIOCSTI: %d\n", errno);
}

static int input_count(void)
{
    int count = -1;

    ioctl(0, FIONREAD, &count);
    return count;
}

static void await(int count)
{
    while (input_count() < count)
        usleep(1000);
}

static void read_some(size_t size)
{
    static char bytes[10000];
    char hex[200] = "";
    long got = read(0, bytes, size);

    for (long i = 0; i < got && i < 40; i++)
        sprintf(hex + 2 * i, "%02x", (unsigned char)bytes[i]);
    if (got < 0)
        say("[error %d]\n", errno);
    else
        say("[%ld: %s]\n", got, hex);
}

/* ---- Settings ---------------------------------------------------------------------------------*/

struct flags {
    unsigned set, clear;
};

static void settings_make(struct termios2 *new, struct flags input, struct flags output,
                          struct flags local)
{
    *new = base;
    new->c_iflag = (base.c_iflag | input.set) & ~input.clear;
    new->c_oflag = (base.c_oflag | output.set) & ~output.clear;
    new->c_lflag = (base.c_lflag | local.set) & ~local.clear;
}

static void apply(const struct termios2 *settings)
{
    if (ioctl(0, TCSETS2, settings) != 0)
        say("TCSETS2: %d\n", errno);
}

static void local(unsigned set, unsigned clear)
{
    struct termios2 new;

    settings_make(&new, (struct flags){0, 0}, (struct flags){0, 0}, (struct flags){set, clear});
    apply(&new);
}

static void input(unsigned set, unsigned clear)
{
    struct termios2 new;

    settings_make(&new, (struct flags){set, clear}, (struct flags){0, 0}, (struct flags){0, 0});
    apply(&new);
}

static void output(unsigned set, unsigned clear)
{
    struct termios2 new;

    settings_make(&new, (struct flags){0, 0}, (struct flags){set, clear}, (struct flags){0, 0});
    apply(&new);
}

/* No lines, no echo; input flags beside the base's. */
static void raw(int least, int tenths, unsigned set, unsigned clear)
{
    struct termios2 new;

    settings_make(&new, (struct flags){set, clear}, (struct flags){0, 0},
                  (struct flags){0, ICANON | ECHO});
    new.c_cc[VMIN] = least;
    new.c_cc[VTIME] = tenths;
    apply(&new);
}

static void character(int which, char value)
{
    struct termios2 new = base;

    new.c_cc[which] = value;
    apply(&new);
}

static void base_make(void)
{
    static const unsigned char characters[NCCS] = {
        [VINTR] = 3,     [VQUIT] = 28,   [VERASE] = 127, [VKILL] = 21, [VEOF] = 4,
        [VMIN] = 1,      [VSTART] = 17,  [VSTOP] = 19,   [VSUSP] = 26, [VREPRINT] = 18,
        [VDISCARD] = 15, [VWERASE] = 23, [VLNEXT] = 22,
    };

    ioctl(0, TCGETS2, &base);
    base.c_iflag = ICRNL | IXON;
    base.c_oflag = OPOST | ONLCR;
    base.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
    memcpy(base.c_cc, characters, sizeof(characters));
}

/* ---- Signals ----------------------------------------------------------------------------------*/

static void on_signal(int number)
{
    signals[number]++;
}

static void handle(int number, int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};

    signals[number] = 0;
    sigaction(number, &action, NULL);
}

/* ---- Lines ------------------------------------------------------------------------------------*/

static void type_line(const char *what, const char *bytes, size_t count)
{
    say("%s\n", what);
    ask_to_type(bytes, count);
    read_some(9000);
}

#define LINE(what, text) type_line(what, text, sizeof(text) - 1)

static void step_editing(void)
{
    LINE("a line", "hello\n");
    LINE("carriage return", "hello\r");
    LINE("erase", "helxx\x7f\x7flo\n");
    LINE("erase at the start", "\x7f\x7f\x7f"
                               "a\n");
    LINE("kill", "garbage\x15line\n");
    LINE("kill at the start", "\x15line\n");
    LINE("erase a word", "one two  \x17three\n");
    LINE("erase words", "one two three\x17\x17\x17\x17\x17"
                        "four\n");
    LINE("erase a path", "usr/share-more_1,2\x17\n");
    LINE("erase a word with letters of UTF-8", "one zw\xc3\xb6lf\x17\n");
    LINE("reprint", "abc\x12"
                    "def\n");
    LINE("literal next", "a\x16\x03"
                         "b\x16\x04\x16\x16\n");
    LINE("literal newline", "a\x16\nb\n");
    LINE("literal return", "a\x16\rb\n");
    LINE("control characters", "a\x01\x02\x1b[A\x7f\x7f\x7f\x7f\x7f"
                               "b\n");
    LINE("discard is no character of ours", "a\x0f"
                                            "b\n");
    LINE("tab", "a\tb\n");
    LINE("erase a tab", "a\tb\x7f\x7f"
                        "c\n");
    LINE("erase tabs", "ab\tcdefghijk\t\t\x7f\x7f\x7fl\n");
    LINE("erase tab behind controls", "a\x01\x02\t\x7f"
                                      "b\n");
    LINE("kill with tabs", "\tab\tc\x15"
                           "d\n");
    LINE("NUL", "a\0b\n");
    LINE("bytes above 127", "\xe4\xf6\xfc\x7f\n");
}

static void step_utf8(void)
{
    input(IUTF8, 0);
    LINE("erase a letter of two bytes", "a\xc3\xb6\x7f"
                                        "b\n");
    LINE("and one of three", "\xe2\x82\xac\x7f\xe2\x82\xac\n");
    LINE("words", "zw\xc3\xb6lf \xc3\xa4\x17\x17\n");
    LINE("kill", "a\xc3\xb6\x15\n");
    LINE("tab behind them", "\xc3\xb6\xc3\xb6\t\x7f\n");
}

static void step_echo(void)
{
    local(0, ECHO);
    LINE("no echo", "secret\n");
    local(ECHONL, ECHO);
    LINE("but newlines", "secret\n");
    local(0, ECHOCTL);
    LINE("control characters as they are", "a\x01\x07\x7f\n");
    local(0, ECHOE);
    LINE("erased by name", "abc\x7f\x7f\x15xy\n");
    local(0, ECHOKE);
    LINE("killed by name", "abc\x15xy\n");
    local(0, ECHOKE | ECHOK);
    LINE("and without a newline", "abc\x15xy\n");
    local(ECHOPRT, 0);
    LINE("erased in print", "abc\x7f\x7fxy\x7f\n");
    LINE("erased words in print", "abc def\x17xy\n");
    local(0, IEXTEN);
    LINE("nothing extended", "a b\x17\x12\x16\n");
}

static void step_ends(void)
{
    LINE("end of file", "abc\x04");
    LINE("at once", "\x04");
    LINE("a line and one that is none", "abc\n");
    character(VEOL, ';');
    LINE("another end", "ab;");
    character(VEOL2, ',');
    LINE("and another", "ab,");
    say("lines wait in order\n");
    put_in("one\ntwo\x04three\n\x04");
    say("%d\n", input_count());
    read_some(100);
    read_some(2);
    read_some(100);
    read_some(100);
    read_some(100);
    say("a read that ends before the line does\n");
    put_in("abcd\n");
    read_some(3);
    read_some(100);
    say("a read that ends with the line\n");
    put_in("abc\x04"
           "d\n");
    read_some(3);
    read_some(100);
}

static void step_input_flags(void)
{
    input(0, ICRNL);
    LINE("return stays", "a\rb\n");
    input(IGNCR, 0);
    LINE("return is dropped", "a\rb\n");
    input(INLCR, ICRNL);
    say("newline is return\n");
    ask_to_type("a\nb\x04", 4);
    read_some(100);
    input(ISTRIP, 0);
    LINE("seven bits", "\xe1\xe2\n");
    input(IUCLC, 0);
    LINE("small letters", "ABC\n");
    raw(3, 0, PARMRK, 0);
    say("marked bytes\n");
    TYPE("a\xff");
    read_some(100);
    raw(2, 0, ISTRIP | PARMRK, 0);
    say("not if stripped\n");
    TYPE("a\xff");
    read_some(100);
    raw(4, 0, INLCR, ICRNL);
    say("raw, newline is return\n");
    TYPE("a\r\nb");
    read_some(100);
    raw(4, 0, 0, 0);
    say("raw, return is newline\n");
    TYPE("a\r\nb");
    read_some(100);
}

/* 5000 characters: 4095 and the newline stay. */
static void step_long_line(void)
{
    static char line[5001];

    memset(line, 'a', 5000);
    line[5000] = '\n';
    local(0, ECHO);
    type_line("a long line", line, sizeof(line));
    memset(line, 'b', 4095);
    line[4095] = '\n';
    type_line("the longest that fits", line, 4096);
}

/* Until the other side has seen all: Linux forgets what it has not when a signal flushes. */
static void wait_for_output(void)
{
    usleep(100000);
}

/* ---- Signals, flow ----------------------------------------------------------------------------*/

/* With NOFLSH, so that Linux forgets no output. */
static void step_signals(void)
{
    handle(SIGINT, SA_RESTART);
    handle(SIGQUIT, SA_RESTART);
    handle(SIGTSTP, SA_RESTART);
    local(NOFLSH, 0);
    LINE("signals", "abc\x03"
                    "de\x1c"
                    "fg\x1ahi\n");
    say("%d %d %d\n", signals[SIGINT], signals[SIGQUIT], signals[SIGTSTP]);
    local(NOFLSH, ISIG);
    LINE("no signals", "a\x03\x1c\x1a\n");
    local(NOFLSH, 0);
    handle(SIGINT, 0);
    LINE("a read is interrupted", "abc\x03");
    put_in("d\n");
    read_some(100);
    signal(SIGINT, SIG_IGN);
    LINE("ignored", "abc\x03"
                    "d\n");
    signal(SIGTSTP, SIG_DFL);
    LINE("nobody could go on after a stop", "abc\x1a"
                                            "d\n");
    struct termios2 new = base;
    new.c_lflag |= NOFLSH;
    new.c_cc[VINTR] = 'q';
    apply(&new);
    handle(SIGINT, SA_RESTART);
    LINE("another character", "abqc\x03\n");
    say("%d\n", signals[SIGINT]);
    new.c_cc[VINTR] = 0;
    apply(&new);
    LINE("none", "a\x03\n");
}

static void step_signals_flush(void)
{
    handle(SIGINT, 0);
    local(0, ECHO);
    wait_for_output();
    put_in("abc\ndef\x03");
    say("a signal flushes: %d, %d\n", input_count(), signals[SIGINT]);
    put_in("ghi\n");
    read_some(100);
    raw(1, 0, 0, 0);
    wait_for_output();
    put_in("abc\x03"
           "d");
    say("without lines, too: %d, %d\n", input_count(), signals[SIGINT]);
    read_some(100);
}

static void write_now(const char *text)
{
    fcntl(1, F_SETFL, O_RDWR | O_NONBLOCK);
    long done = write(1, text, strlen(text));
    int error = errno;
    fcntl(1, F_SETFL, O_RDWR);
    ioctl(0, TCXONC, 1 /* TCOON */);
    put_in("\x11");
    if (done < 0)
        say("[would wait: %d]\n", error == EAGAIN);
    else
        say("[%ld written]\n", done);
}

static void step_flow(void)
{
    LINE("stop and start", "ab\x13\x11"
                           "cd\n");
    local(0, ECHO);
    say("stopped\n");
    put_in("\x13");
    write_now("lost");
    say("started by a character\n");
    put_in("\x13\x11");
    write_now("written");
    say("any character is no start\n");
    put_in("\x13x");
    write_now("lost");
    struct termios2 new;
    settings_make(&new, (struct flags){IXANY, 0}, (struct flags){0, 0}, (struct flags){0, ECHO});
    apply(&new);
    say("unless so set\n");
    put_in("\x13x");
    write_now("written");
    put_in("\n");
    read_some(100);
    input(0, IXON);
    LINE("they are bytes without IXON", "a\x13\x11\n");
    local(0, ECHO);
    say("stopped by a call, which no character undoes\n");
    ioctl(0, TCXONC, 0 /* TCOOFF */);
    put_in("\x11");
    write_now("lost");
    say("a signal starts\n");
    handle(SIGINT, 0);
    wait_for_output();
    put_in("\x13\x03");
    write_now("written");
    say("a signal interrupts who waits for the start\n");
    handle(SIGALRM, 0);
    put_in("\x13");
    struct itimerval soon = {{0, 0}, {0, 50000}};
    setitimer(ITIMER_REAL, &soon, NULL);
    long done = write(1, "lost", 4);
    int error = errno;
    put_in("\x11");
    say("[%ld, %d]\n", done, error);
    say("TCXONC: %d", ioctl(0, TCXONC, 4));
    say(" %d\n", errno);
}

/* ---- Raw --------------------------------------------------------------------------------------*/

static long passed_ms(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

static void read_timed(size_t size, long least, const char *what)
{
    struct timespec start;

    clock_gettime(CLOCK_MONOTONIC, &start);
    read_some(size);
    say("%s: %s\n", what, passed_ms(&start) >= least ? "yes" : "no");
}

static void step_raw(void)
{
    struct pollfd ready = {0, POLLIN, 0};

    raw(0, 0, 0, 0);
    say("VMIN 0, VTIME 0: nothing\n");
    read_some(100);
    TYPE("abc");
    await(3);
    read_some(2);
    read_some(100);
    read_some(100);
    raw(3, 0, 0, 0);
    say("VMIN 3\n");
    TYPE("abc");
    read_some(100);
    say("less than that is read at once if it is all that is wanted\n");
    TYPE("ab");
    read_some(2);
    raw(5, 3, 0, 0);
    say("VMIN 5, VTIME 3: the first byte starts the clock\n");
    TYPE("ab");
    read_timed(100, 290, "0.3 s");
    raw(0, 3, 0, 0);
    say("VMIN 0, VTIME 3: in vain\n");
    read_timed(100, 290, "0.3 s");
    TYPE("x");
    read_some(100);
    raw(2, 0, 0, 0);
    say("poll, with one of two bytes\n");
    put_in("a");
    say("%d\n", poll(&ready, 1, 0));
    put_in("b");
    say("%d\n", poll(&ready, 1, 0));
    read_some(100);
    raw(2, 1, 0, 0);
    put_in("a");
    say("with a clock\n%d\n", poll(&ready, 1, 0));
    read_some(100);
    say("not waiting\n");
    raw(1, 0, 0, 0);
    fcntl(0, F_SETFL, O_RDWR | O_NONBLOCK);
    read_some(100);
    put_in("a");
    read_some(100);
    local(0, ECHO);
    put_in("ab");
    read_some(100);
    say("%d %d\n", poll(&ready, 1, 0), input_count());
    put_in("\n");
    say("%d %d\n", poll(&ready, 1, 0), input_count());
    read_some(100);
    fcntl(0, F_SETFL, O_RDWR);
    raw(255, 0, 0, 0);
    fcntl(0, F_SETFL, O_RDWR | O_NONBLOCK);
    put_in("abc");
    say("not waiting, with VMIN 255\n");
    read_some(100);
    fcntl(0, F_SETFL, O_RDWR);
}

static void step_change_of_mode(void)
{
    say("from lines to none\n");
    put_in("abc");
    raw(1, 0, 0, 0);
    say("%d\n", input_count());
    read_some(100);
    say("and back\n");
    put_in("abc");
    local(0, 0);
    say("%d\n", input_count());
    read_some(100);
    put_in("abc");
    raw(1, 0, 0, 0);
    local(0, 0);
    say("and forth: %d\n", input_count());
    put_in("d\n");
    read_some(100);
    read_some(100);
}

static void step_flushing(void)
{
    local(0, ECHO);
    put_in("abc\ndef");
    say("TCFLSH: %d", ioctl(0, TCFLSH, 0 /* TCIFLUSH */));
    say(" %d\n", input_count());
    put_in("g\n");
    read_some(100);
    put_in("abc\n");
    wait_for_output();
    say("output alone: %d", ioctl(0, TCFLSH, 1 /* TCOFLUSH */));
    say(" %d\n", input_count());
    wait_for_output();
    say("both: %d", ioctl(0, TCFLSH, 2 /* TCIOFLUSH */));
    say(" %d\n", input_count());
    say("none: %d", ioctl(0, TCFLSH, 3));
    say(" %d\n", errno);
    put_in("abc\n");
    ioctl(0, TCSETSW2, &base);
    say("TCSETSW keeps: %d\n", input_count());
    ioctl(0, TCSETSF2, &base);
    say("TCSETSF does not: %d\n", input_count());
    say("TCSBRK: %d %d", ioctl(0, TCSBRK, 1), ioctl(0, TCSBRKP, 0));
    int pending = -1;
    say(" %d %d\n", ioctl(0, TIOCOUTQ, &pending), pending >= 0);
}

/* ---- Output -----------------------------------------------------------------------------------*/

static void step_output(void)
{
    static const char text[] = "one\ttwo\r\nthree\b\bX\n\ty\xc3\xb6z\t|\n\r\rfour\n";

    output(0, ONLCR);
    say("newlines as they are\n\r%s\r", text);
    output(0, OPOST);
    say("all as it is\n\r%s\r", text);
    output(OCRNL, 0);
    say("returns are newlines\n%s", text);
    output(ONOCR, 0);
    say("no return at the start\n%s", text);
    output(ONLRET, ONLCR);
    say("newline returns\n%s\r", text);
    output(OLCUC, 0);
    say("large letters\n%s", text);
    output(XTABS, 0);
    say("no tabs\n%s", text);
    input(IUTF8, 0);
    struct termios2 new;
    settings_make(&new, (struct flags){IUTF8, 0}, (struct flags){XTABS, 0}, (struct flags){0, 0});
    apply(&new);
    say("nor behind UTF-8\n%s", text);
}

/* ---- Who and what it is -----------------------------------------------------------------------*/

/* Ours go off and on, and only those that are named. */
static bool modem_lines_work(int before)
{
    int line = TIOCM_DTR, off = 0, on = 0, set = 0;

    ioctl(0, TIOCMBIC, &line);
    ioctl(0, TIOCMGET, &off);
    ioctl(0, TIOCMBIS, &line);
    ioctl(0, TIOCMGET, &on);
    ioctl(0, TIOCMSET, &before);
    ioctl(0, TIOCMGET, &set);
    return (before & TIOCM_DTR) && (before & TIOCM_RTS) && off == (before & ~TIOCM_DTR) &&
           on == before && set == before && ioctl(0, TIOCMSET, NULL) == -1 && errno == EFAULT;
}

static void step_settings(void)
{
    struct termios2 now, given = base;
    struct termios old;

    given.c_cflag = (base.c_cflag & ~(CBAUD | CIBAUD)) | B9600 | (B1200 << IBSHIFT);
    apply(&given);
    ioctl(0, TCGETS2, &now);
    say("speeds: %u %u\n", now.c_ispeed, now.c_ospeed);
    given.c_cflag = (base.c_cflag & ~(CBAUD | CIBAUD)) | BOTHER;
    given.c_ospeed = 12345;
    apply(&given);
    ioctl(0, TCGETS2, &now);
    say("any speed: %u %u\n", now.c_ispeed, now.c_ospeed);
    say("TCGETS: %d", ioctl(0, TCGETS, &old));
    say(" %d\n", old.c_lflag == base.c_lflag && old.c_iflag == base.c_iflag &&
                     memcmp(old.c_cc, base.c_cc, NCCS) == 0);
    old.c_lflag |= NOFLSH;
    ioctl(0, TCSETS, &old);
    ioctl(0, TCGETS2, &now);
    say("TCSETS: %d %u\n", (now.c_lflag & NOFLSH) != 0, now.c_ospeed);
    ioctl(0, TCSETSW, &old);
    ioctl(0, TCSETSF, &old);
    apply(&base);
    struct termio oldest;
    say("TCGETA: %d", ioctl(0, TCGETA, &oldest));
    say(" %d\n",
        oldest.c_lflag == (base.c_lflag & 0xffff) && oldest.c_cc[VKILL] == base.c_cc[VKILL]);
    oldest.c_lflag |= NOFLSH;
    oldest.c_cc[VKILL] = 'k';
    say("TCSETA: %d", ioctl(0, TCSETA, &oldest));
    ioctl(0, TCGETS2, &now);
    say(" %d %d %d\n", (now.c_lflag & NOFLSH) != 0, (now.c_lflag & IEXTEN) != 0, now.c_cc[VKILL]);
    say("TCSETAW, TCSETAF: %d %d\n", ioctl(0, TCSETAW, &oldest), ioctl(0, TCSETAF, &oldest));
    apply(&base);
    say("discipline: %d", ioctl(0, TIOCGETD, &old.c_iflag));
    say(" %u\n", old.c_iflag);
    say("from nowhere: %d %d", ioctl(0, TCGETS, NULL), ioctl(0, TCSETS2, NULL));
    say(" %d %d\n", ioctl(0, TIOCGWINSZ, NULL), errno);
    int lines = 0, number = -1;
    say("TIOCEXCL: %d", ioctl(0, TIOCEXCL));
    ioctl(0, TIOCGEXCL, &number);
    say(" %d", number);
    say(" %d", ioctl(0, TIOCNXCL));
    ioctl(0, TIOCGEXCL, &number);
    say(" %d\n", number);
    if (ioctl(0, TIOCMGET, &lines) != 0) /* a pseudo terminal has none */
        say("a modem's lines: %d\n", errno == ENOTTY && ioctl(0, TIOCMBIC, &lines) == -1);
    else
        say("a modem's lines: %d\n", modem_lines_work(lines));
    say("no such request: %d", ioctl(0, 0x5499));
    say(" %d\n", errno);
}

static void say_size(void)
{
    struct winsize size = {0};

    ioctl(0, TIOCGWINSZ, &size);
    say("%d rows, %d columns\n", size.ws_row, size.ws_col);
}

static void step_size(void)
{
    struct winsize size = {50, 132, 0, 0};
    sigset_t blocked, before;

    say_size();
    handle(SIGWINCH, 0);
    ioctl(0, TIOCSWINSZ, &size);
    say_size();
    say("SIGWINCH: %d\n", signals[SIGWINCH]);
    ioctl(0, TIOCSWINSZ, &size);
    say("only when it changes: %d\n", signals[SIGWINCH]);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGWINCH);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    say("size 30x100.\n");
    while (signals[SIGWINCH] < 2)
        sigsuspend(&before);
    sigprocmask(SIG_SETMASK, &before, NULL);
    say_size();
    handle(SIGWINCH, 0);
    say("size 24x80.\n");
    while (signals[SIGWINCH] < 1)
        read_some(100); /* interrupted */
    say_size();
}

static void say_errno(const char *what, int result)
{
    say("%s: %d", what, result);
    say(result < 0 ? " %d\n" : "\n", errno);
}

static void step_ownership(void)
{
    int number = -1, other = 0x3fffffff, negative = -1;
    struct stat by_fd, by_name;

    say_errno("TIOCGPGRP", ioctl(0, TIOCGPGRP, &number));
    say("it is ours: %d\n", number == getpgrp());
    say_errno("TIOCSPGRP", ioctl(0, TIOCSPGRP, &number));
    say_errno("of nobody", ioctl(0, TIOCSPGRP, &other));
    say_errno("of a negative number", ioctl(0, TIOCSPGRP, &negative));
    say_errno("TIOCGSID", ioctl(0, TIOCGSID, &number));
    say("it is ours: %d\n", number == getsid(0));
    say_errno("TIOCSCTTY", ioctl(0, TIOCSCTTY, 0));
    say("isatty: %d %d %d\n", isatty(0), isatty(1), isatty(2));
    const char *name = ttyname(0);
    say("ttyname: %d\n", name != NULL && stat(name, &by_name) == 0 && fstat(0, &by_fd) == 0 &&
                             by_name.st_rdev == by_fd.st_rdev && S_ISCHR(by_name.st_mode));
    int tty = open("/dev/tty", O_RDWR);
    say("/dev/tty: %d %d\n", tty >= 0, isatty(tty));
    ioctl(tty, TIOCGPGRP, &number);
    say("it is the same: %d\n", number == getpgrp());
    say("by it: %ld\n", (long)write(tty, "written\n", 8));
    close(tty);
}

/* A session that gives its terminal up is told so like one whose terminal hung up. */
static void step_giving_up(void)
{
    int number = -1;

    handle(SIGHUP, 0);
    handle(SIGCONT, 0);
    say_errno("TIOCNOTTY", ioctl(0, TIOCNOTTY));
    say("SIGHUP %d, SIGCONT %d\n", signals[SIGHUP], signals[SIGCONT]);
    say_errno("TIOCGPGRP", ioctl(0, TIOCGPGRP, &number));
    say_errno("TIOCGSID", ioctl(0, TIOCGSID, &number));
    say_errno("/dev/tty", open("/dev/tty", O_RDWR));
    say_errno("TIOCNOTTY", ioctl(0, TIOCNOTTY));
    handle(SIGINT, 0);
    local(NOFLSH, 0);
    LINE("signals go to nobody", "a\x03"
                                 "b\n");
    say("%d\n", signals[SIGINT]);
    say_errno("TIOCSCTTY", ioctl(0, TIOCSCTTY, 0));
    say_errno("TIOCGPGRP", ioctl(0, TIOCGPGRP, &number));
    say("it is ours: %d\n", number == getpgrp());
    handle(SIGINT, SA_RESTART);
    LINE("they come again", "a\x03"
                            "b\n");
    say("%d\n", signals[SIGINT]);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } steps[] = {
        {"editing", step_editing},
        {"utf8", step_utf8},
        {"echo", step_echo},
        {"ends", step_ends},
        {"input flags", step_input_flags},
        {"long line", step_long_line},
        {"signals", step_signals},
        {"signals flush", step_signals_flush},
        {"flow", step_flow},
        {"raw", step_raw},
        {"change of mode", step_change_of_mode},
        {"flushing", step_flushing},
        {"output", step_output},
        {"settings", step_settings},
        {"size", step_size},
        {"ownership", step_ownership},
        {"giving up", step_giving_up},
    };

    base_make();
    for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
        apply(&base);
        say("\n== %s\n", steps[i].name);
        steps[i].run();
        apply(&base);
    }
    say("== done\n");
    return 0;
}
