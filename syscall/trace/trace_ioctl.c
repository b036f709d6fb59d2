/* SPDX-License-Identifier: MIT */
/*
 * ioctl requests and what hangs on them: terminals, files, and the requests that every descriptor
 * takes. The tables of names are as in names/names.h.
 */
#include <asm/ioctl.h>
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/kd.h>
#include <linux/vt.h>

#include "kernel/lib/string.h"
#include "syscall/trace/trace_internal.h"

_Static_assert(sizeof(struct termios) == 36, "struct termios of TCGETS");
_Static_assert(sizeof(struct termios2) == 44, "struct termios2 of TCGETS2");
_Static_assert(sizeof(struct winsize) == 8, "struct winsize of TIOCGWINSZ");

/* --- Names --- */

/* It does not know what a list of N(...) is. */
/* clang-format off */

#define IOCTLS(N) \
    N(TCGETS) N(TCSETS) N(TCSETSW) N(TCSETSF) N(TCGETA) N(TCSETA) N(TCSETAW) N(TCSETAF) N(TCSBRK) \
    N(TCSBRKP) N(TCXONC) N(TCFLSH) N(TCGETS2) N(TCSETS2) N(TCSETSW2) N(TCSETSF2) N(TIOCEXCL) \
    N(TIOCNXCL) N(TIOCGEXCL) N(TIOCSCTTY) N(TIOCNOTTY) N(TIOCGPGRP) N(TIOCSPGRP) N(TIOCGSID) \
    N(TIOCOUTQ) N(TIOCSTI) N(TIOCGWINSZ) N(TIOCSWINSZ) N(TIOCMGET) N(TIOCMSET) N(TIOCMBIS) \
    N(TIOCMBIC) N(TIOCGSOFTCAR) N(TIOCSSOFTCAR) N(TIOCGETD) N(TIOCSETD) N(TIOCCONS) N(TIOCPKT) \
    N(TIOCGPTN) N(TIOCSPTLCK) N(TIOCGPTPEER) N(TIOCSBRK) N(TIOCCBRK) N(TIOCVHANGUP) N(TIOCGSERIAL) \
    N(TIOCSSERIAL) N(TIOCLINUX) N(FIONREAD) N(FIONBIO) N(FIOASYNC) N(FIONCLEX) N(FIOCLEX) \
    N(FIOQSIZE) N(FIBMAP) N(FIGETBSZ) N(FIFREEZE) N(FITHAW) N(FICLONE) N(FICLONERANGE) \
    N(FS_IOC_GETFLAGS) N(FS_IOC_SETFLAGS) N(FS_IOC_GETVERSION) N(FS_IOC_FIEMAP) \
    N(FS_IOC_FSGETXATTR) N(FS_IOC_FSSETXATTR) N(BLKGETSIZE) N(BLKGETSIZE64) N(BLKSSZGET) \
    N(BLKFLSBUF) N(KDGKBTYPE) N(KDGETMODE) N(KDSETMODE) N(KDGKBMODE) N(KDSKBMODE) N(KDGKBENT) \
    N(KDGKBMETA) N(KDGETLED) N(KDSETLED) N(KDMKTONE) N(KIOCSOUND) N(VT_OPENQRY) N(VT_GETMODE) \
    N(VT_SETMODE) N(VT_GETSTATE) N(VT_RELDISP) N(VT_ACTIVATE) N(VT_WAITACTIVE) N(VT_DISALLOCATE)
NAMES_HERE(requests, "", IOCTLS);

#define TERMIOS_CONTROL(N) \
    N(CSTOPB) N(CREAD) N(PARENB) N(PARODD) N(HUPCL) N(CLOCAL) N(CMSPAR) N(CRTSCTS)
NAMES_HERE(termios_control, "", TERMIOS_CONTROL);

#define TERMIOS_INPUT(N) \
    N(IGNBRK) N(BRKINT) N(IGNPAR) N(PARMRK) N(INPCK) N(ISTRIP) N(INLCR) N(IGNCR) N(ICRNL) N(IUCLC) \
    N(IXON) N(IXANY) N(IXOFF) N(IMAXBEL) N(IUTF8)
NAMES_HERE(termios_input, "", TERMIOS_INPUT);

#define TERMIOS_LOCAL(N) \
    N(ISIG) N(ICANON) N(XCASE) N(ECHO) N(ECHOE) N(ECHOK) N(ECHONL) N(NOFLSH) N(TOSTOP) N(IEXTEN) \
    N(ECHOCTL) N(ECHOPRT) N(ECHOKE) N(FLUSHO) N(PENDIN) N(EXTPROC)
NAMES_HERE(termios_local, "", TERMIOS_LOCAL);

#define TERMIOS_OUTPUT(N) N(OPOST) N(OLCUC) N(ONLCR) N(OCRNL) N(ONOCR) N(ONLRET) N(OFILL) N(OFDEL)
NAMES_HERE(termios_output, "", TERMIOS_OUTPUT);

#define TERMIOS_SPEEDS(N) \
    N(B0) N(B50) N(B75) N(B110) N(B134) N(B150) N(B200) N(B300) N(B600) N(B1200) N(B1800) N(B2400) \
    N(B4800) N(B9600) N(B19200) N(B38400) N(B57600) N(B115200) N(B230400) N(B460800) N(B500000) \
    N(B576000) N(B921600) N(B1000000) N(B1152000) N(B1500000) N(B2000000) N(B2500000) N(B3000000) \
    N(B3500000) N(B4000000)
NAMES_HERE(termios_speeds, "B???", TERMIOS_SPEEDS);

#define FLUSHES(N) N(TCIFLUSH) N(TCOFLUSH) N(TCIOFLUSH)
NAMES_HERE(flushes, "TC???", FLUSHES);

#define FLOWS(N) N(TCOOFF) N(TCOON) N(TCIOFF) N(TCION)
NAMES_HERE(flows, "TC???", FLOWS);

#define MODEM_LINES(N) \
    N(TIOCM_LE) N(TIOCM_DTR) N(TIOCM_RTS) N(TIOCM_ST) N(TIOCM_SR) N(TIOCM_CTS) N(TIOCM_CAR) N(TIOCM_RNG) \
    N(TIOCM_DSR) N(TIOCM_OUT1) N(TIOCM_OUT2) N(TIOCM_LOOP)
NAMES_HERE(modem_lines, "TIOCM_???", MODEM_LINES);
/* clang-format on */

/* Requests that a driver of another device has under the same number: strace cannot know which one is
 * meant, and names both. */
static const struct {
    u32 request;
    const char *name;
} namesakes[] = {
    {TCSETS, "SNDCTL_TMR_START"},
    {TCSETSW, "SNDCTL_TMR_STOP"},
    {TCSETSF, "SNDCTL_TMR_CONTINUE"},
    {FICLONE, "BTRFS_IOC_CLONE"},
    {FICLONERANGE, "BTRFS_IOC_CLONE_RANGE"},
    {VT_GETSTATE, "VBG_IOCTL_VMMDEV_REQUEST_BIG"},
};

void line_ioctl(struct trace_line *line, u64 value)
{
    static const char *const directions[] = {"_IOC_NONE", "_IOC_WRITE", "_IOC_READ",
                                             "_IOC_READ|_IOC_WRITE"};
    u32 request = (u32)value;
    const char *name = trace_name(request, &requests);

    for (size_t i = 0; i < ARRAY_SIZE(namesakes); i++) {
        if (namesakes[i].request == request)
            line_format(line, "%s or ", namesakes[i].name);
    }
    if (name)
        line_text(line, name);
    else
        line_format(line, "_IOC(%s, %#x, %#x, %#x)", directions[_IOC_DIR(request)],
                    _IOC_TYPE(request), _IOC_NR(request), _IOC_SIZE(request));
}

/* --- Settings of a terminal --- */

/* The delays of the output, every one with its name even if it is none. */
static void line_delays(struct trace_line *line, u32 output)
{
    static const char *const tabs[] = {"TAB0", "TAB1", "TAB2", "XTABS"};

    line_format(line, "NL%d|CR%d|%s|BS%d|VT%d|FF%d|", !!(output & NLDLY), (output & CRDLY) >> 9,
                tabs[(output & TABDLY) >> 11], !!(output & BSDLY), !!(output & VTDLY),
                !!(output & FFDLY));
}

/* Unlike other flags: none is printed as nothing. */
static void line_some_flags(struct trace_line *line, u32 flags, const struct trace_names *names)
{
    if (flags)
        line_flags(line, flags, names);
}

/* The speed, also that of the input where it has one of its own, and the size of a character. */
static void line_speeds(struct trace_line *line, u32 control)
{
    u32 input_speed = control >> IBSHIFT & CBAUD;

    line_name(line, control & CBAUD, &termios_speeds);
    if (input_speed) {
        line_text(line, "|");
        line_name(line, input_speed, &termios_speeds);
        line_text(line, "<<IBSHIFT");
    }
    line_format(line, "|CS%d|", 5 + ((control & CSIZE) >> 4));
}

static void line_modes(struct trace_line *line, u32 input, u32 output, u32 control, u32 local)
{
    const u32 delays = NLDLY | CRDLY | TABDLY | BSDLY | VTDLY | FFDLY;

    line_text(line, "{c_iflag=");
    line_some_flags(line, input, &termios_input);
    line_text(line, ", c_oflag=");
    line_delays(line, output);
    line_some_flags(line, output & ~delays, &termios_output);
    line_text(line, ", c_cflag=");
    line_speeds(line, control);
    line_some_flags(line, control & ~(CBAUD | CSIZE | CIBAUD), &termios_control);
    line_text(line, ", c_lflag=");
    line_some_flags(line, local, &termios_local);
    line_text(line, ", ...}");
}

/* The first fields of the later form, struct termios2, are the same. */
static void line_termios(struct trace_line *line, u64 value)
{
    struct termios modes;

    if (line_user_fetch(line, &modes, value, sizeof(modes)))
        line_modes(line, modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag);
}

/* The old form, of System V. */
static void line_termio(struct trace_line *line, u64 value)
{
    struct termio modes;

    if (line_user_fetch(line, &modes, value, sizeof(modes)))
        line_modes(line, modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag);
}

/* --- Other arguments --- */

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

static void line_modem(struct trace_line *line, u64 value)
{
    u32 lines;

    if (!line_user_fetch(line, &lines, value, sizeof(lines)))
        return;
    line_text(line, "[");
    line_flags(line, lines, &modem_lines);
    line_text(line, "]");
}

/* The character that TIOCSTI types. */
static void line_typed(struct trace_line *line, u64 value)
{
    char character;

    if (line_user_fetch(line, &character, value, sizeof(character)))
        line_quote(line, &character, 1, false);
}

static void line_ioctl_out(struct trace_line *line, u64 value, trace_printer print)
{
    if (RESULT_IS_ERROR(line->result))
        line_address(line, value);
    else
        print(line, value);
}

/* --- What a request has for an argument --- */

static bool line_terminal_argument(struct trace_line *line, u32 request, u64 value)
{
    switch (request) {
    case TCGETS:
    case TCGETS2:
        line_ioctl_out(line, value, line_termios);
        break;
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2:
        line_termios(line, value);
        break;
    case TCGETA:
        line_ioctl_out(line, value, line_termio);
        break;
    case TCSETA:
    case TCSETAW:
    case TCSETAF:
        line_termio(line, value);
        break;
    case TIOCGWINSZ:
        line_ioctl_out(line, value, line_window);
        break;
    case TIOCSWINSZ:
        line_window(line, value);
        break;
    case TIOCMGET:
        line_ioctl_out(line, value, line_modem);
        break;
    case TIOCMSET:
    case TIOCMBIS:
    case TIOCMBIC:
        line_modem(line, value);
        break;
    case TIOCSTI:
        line_typed(line, value);
        break;
    case TCFLSH:
        line_name(line, (u32)value, &flushes);
        break;
    case TCXONC:
        line_name(line, (u32)value, &flows);
        break;
    default:
        return false;
    }
    return true;
}

void line_ioctl_argument(struct trace_line *line, u64 value)
{
    u32 request = (u32)line->args[line->index - 1];

    if (line_terminal_argument(line, request, value))
        return;
    switch (request) {
    case FIONREAD:
    case TIOCOUTQ:
    case TIOCGPGRP:
    case TIOCGSID:
    case TIOCGPTN:
    case TIOCGETD:
    case TIOCGEXCL:
    case TIOCGSOFTCAR:
        line_ioctl_out(line, value, line_number);
        break;
    case FIONBIO:
    case FIOASYNC:
    case TIOCSPGRP:
    case TIOCSPTLCK:
    case TIOCSETD:
    case TIOCPKT:
    case TIOCSSOFTCAR:
        line_number(line, value);
        break;
    case TCSBRK:
    case TCSBRKP:
    case TIOCSCTTY:
    case FICLONE:
        line_int(line, value);
        break;
    case FIOCLEX:
    case FIONCLEX:
    case TIOCNOTTY:
    case TIOCEXCL:
    case TIOCNXCL:
    case TIOCCONS:
    case TIOCSBRK:
    case TIOCCBRK:
    case TIOCVHANGUP:
        break;
    default:
        line_hex(line, value);
    }
}
