/* SPDX-License-Identifier: MIT */
/*
 * ioctl requests and what hangs on them: terminals, and the requests that every descriptor takes.
 */
#include "syscall/trace_internal.h"

#include <asm/ioctl.h>
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <asm/termios.h>

_Static_assert(sizeof(struct termios) == 36, "struct termios of TCGETS");
_Static_assert(sizeof(struct winsize) == 8, "struct winsize of TIOCGWINSZ");

void line_ioctl(struct trace_line *line, u64 value)
{
    static const char *const directions[] = {"_IOC_NONE", "_IOC_WRITE", "_IOC_READ",
                                             "_IOC_READ|_IOC_WRITE"};
    u32 request = (u32)value;

    const char *name = trace_name(request, &trace_ioctls);

    if (name)
        line_text(line, name);
    else
        line_format(line, "_IOC(%s, %#x, %#x, %#x)", directions[_IOC_DIR(request)],
                    _IOC_TYPE(request), _IOC_NR(request), _IOC_SIZE(request));
}

/* The delays of the output, every one with its name even if it is none. */
static void line_delays(struct trace_line *line, u32 output)
{
    line_format(line, "NL%d|CR%d|TAB%d|BS%d|VT%d|FF%d", !!(output & NLDLY), (output & CRDLY) >> 9,
                (output & TABDLY) >> 11, !!(output & BSDLY), !!(output & VTDLY),
                !!(output & FFDLY));
}

static void line_modes(struct trace_line *line, const struct termios *modes)
{
    const u32 delays = NLDLY | CRDLY | TABDLY | BSDLY | VTDLY | FFDLY;

    line_text(line, "{c_iflag=");
    line_flags(line, modes->c_iflag, &trace_termios_input);
    line_text(line, ", c_oflag=");
    line_delays(line, modes->c_oflag);
    line_more_flags(line, modes->c_oflag & ~delays, &trace_termios_output);
    line_text(line, ", c_cflag=");
    line_name(line, modes->c_cflag & CBAUD, &trace_termios_speeds);
    line_format(line, "|CS%d", 5 + ((modes->c_cflag & CSIZE) >> 4));
    line_more_flags(line, modes->c_cflag & ~(CBAUD | CSIZE | CIBAUD), &trace_termios_control);
    line_text(line, ", c_lflag=");
    line_flags(line, modes->c_lflag, &trace_termios_local);
    line_text(line, ", ...}");
}

static void line_termios(struct trace_line *line, u64 value)
{
    struct termios modes;

    if (line_user_fetch(line, &modes, value, sizeof(modes)))
        line_modes(line, &modes);
}

static void line_window(struct trace_line *line, u64 value)
{
    struct winsize size;

    if (line_user_fetch(line, &size, value, sizeof(size)))
        line_format(line, "{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}", size.ws_row,
                    size.ws_col, size.ws_xpixel, size.ws_ypixel);
}

static void line_number(struct trace_line *line, u64 value)
{
    int number;

    if (line_user_fetch(line, &number, value, sizeof(number)))
        line_format(line, "[%d]", number);
}

static void line_result(struct trace_line *line, u64 value, trace_printer print)
{
    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        print(line, value);
}

void line_ioctl_argument(struct trace_line *line, u64 value)
{
    switch ((u32)line->args[line->index - 1]) {
    case TCGETS:
        line_result(line, value, line_termios);
        break;
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        line_termios(line, value);
        break;
    case TIOCGWINSZ:
        line_result(line, value, line_window);
        break;
    case TIOCSWINSZ:
        line_window(line, value);
        break;
    case FIONREAD:
    case TIOCOUTQ:
    case TIOCGPGRP:
    case TIOCGSID:
    case TIOCGPTN:
    case TIOCGETD:
        line_result(line, value, line_number);
        break;
    case FIONBIO:
    case FIOASYNC:
    case TIOCSPGRP:
    case TIOCSPTLCK:
    case TIOCSETD:
        line_number(line, value);
        break;
    case TCSBRK:
    case TCSBRKP:
    case TIOCSCTTY:
        line_format(line, "%d", (int)value);
        break;
    case FIOCLEX:
    case FIONCLEX:
    case TIOCNOTTY:
    case TIOCEXCL:
    case TIOCNXCL:
        break;
    default:
        line_format(line, "%#lx", value);
    }
}
