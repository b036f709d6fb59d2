/* SPDX-License-Identifier: MIT */
/*
 * The parser of the kernel's command line; the rules are in cmdline.h.
 *
 * Words are cut out in place, first by Linux's rule (quotes are taken away only around a whole word
 * or a whole value), behind ` -- ` by a shell-like one. Each own parameter is one line of a table
 * and one small function.
 */
#include <asm/errno.h>

#include "kernel/core/cmdline.h"
#include "kernel/lib/string.h"

struct parser {
    struct cmdline *out;
    const char *mistake; /* the first one, NULL when there was none */
    int error;           /* of that mistake */
};

static void note_mistake(struct parser *parser, int error, const char *phrase)
{
    if (parser->mistake != NULL)
        return;
    parser->mistake = phrase;
    parser->error = error;
}

static bool is_blank(char character)
{
    return character == ' ' || (character >= '\t' && character <= '\r');
}

static char *skip_blanks(char *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

/* Linux takes `-` and `_` for the same in the names of parameters; `right` has only `_`. */
static bool same_name(const char *left, const char *right)
{
    for (;; left++, right++) {
        char a = *left == '-' ? '_' : *left;
        if (a != *right)
            return false;
        if (a == '\0')
            return true;
    }
}

/* The index of `value` in a list that ends with NULL, -1 when it is not there or is NULL. */
static int index_of(const char *value, const char *const *list)
{
    for (int i = 0; value != NULL && list[i] != NULL; i++) {
        if (strcmp(value, list[i]) == 0)
            return i;
    }
    return -1;
}

/* --- our own parameters ---------------------------------------------------------------------- */

static void set_init(struct parser *parser, const char *value)
{
    if (value == NULL || *value == '\0') {
        note_mistake(parser, -EINVAL, "init= needs a path");
        return;
    }
    parser->out->init = value;
    /* As in Linux: loaders that put words of their own before everything else must not matter. */
    parser->out->argument_count = 0;
}

static void set_ring(struct parser *parser, const char *value)
{
    static const char *const rings[] = {"0", "3", NULL};
    int index = index_of(value, rings);

    if (index < 0)
        note_mistake(parser, -EINVAL, "ring= must be 0 or 3");
    else
        parser->out->ring = index == 0 ? 0 : 3;
}

static void set_trace(struct parser *parser, const char *value)
{
    parser->out->trace = true;
    parser->out->trace_filter = value;
}

static void set_trace_times(struct parser *parser, const char *value)
{
    parser->out->trace_times = value;
}

static void set_trace_strings(struct parser *parser, const char *value)
{
    parser->out->trace_strings = value;
}

static void set_level(struct parser *parser, int level)
{
    parser->out->loglevel = level;
    parser->out->quiet = level <= CMDLINE_LOGLEVEL_QUIET;
}

static void set_quiet(struct parser *parser, const char *value)
{
    (void)value;
    set_level(parser, CMDLINE_LOGLEVEL_QUIET);
}

static void set_debug(struct parser *parser, const char *value)
{
    (void)value;
    set_level(parser, CMDLINE_LOGLEVEL_DEBUG);
}

static void set_loglevel(struct parser *parser, const char *value)
{
    int level = 0;

    for (const char *at = value; at != NULL && *at != '\0' && level <= 15; at++)
        level = *at >= '0' && *at <= '9' ? level * 10 + (*at - '0') : 16;
    if (value == NULL || *value == '\0' || level > 15)
        note_mistake(parser, -EINVAL, "loglevel= must be a number from 0 to 15");
    else
        set_level(parser, level);
}

static void set_nokaslr(struct parser *parser, const char *value)
{
    (void)value;
    parser->out->nokaslr = true;
}

static void set_tty(struct parser *parser, const char *value)
{
    static const char *const modes[] = {"cooked", "raw", "utf8", NULL};
    int index = index_of(value, modes);

    if (index < 0) {
        note_mistake(parser, -EINVAL, "tty= must be raw, cooked or utf8");
        return;
    }
    parser->out->tty_raw = index == 1;
    parser->out->tty_utf8 = index == 2;
}

/* The number of a serial port, or -1. Speed and parity may follow, as Linux allows: `ttyS1,9600n8`;
 * the port keeps the speed it has. */
static int serial_port(const char *value)
{
    if (!value || strncmp(value, "ttyS", 4) != 0 || value[4] < '0' || value[4] > '3')
        return -1;
    return value[5] == '\0' || value[5] == ',' ? value[4] - '0' : -1;
}

static void set_stderr(struct parser *parser, const char *value)
{
    int port = serial_port(value);

    if (port < 0)
        note_mistake(parser, -EINVAL, "stderr= must be ttyS0 to ttyS3");
    else
        parser->out->stderr_port = port;
}

static bool is_screen(const char *value)
{
    return value && (strcmp(value, "tty0") == 0 || strcmp(value, "tty1") == 0);
}

/* Each word names one more console, and the last is the program's. Of other kinds (hvc0) there is
 * none here. */
static void set_console(struct parser *parser, const char *value)
{
    struct cmdline *out = parser->out;
    int port = serial_port(value);

    if (port >= 0)
        out->console_port = port;
    else if (!is_screen(value))
        return;
    out->last_console = port >= 0 ? CMDLINE_CONSOLE_SERIAL : CMDLINE_CONSOLE_SCREEN;
    out->consoles |= out->last_console;
}

static void set_hold(struct parser *parser, const char *value)
{
    static const char *const words[] = {"yes", "no", NULL};
    int index = index_of(value, words);

    if (index < 0)
        note_mistake(parser, -EINVAL, "hold= must be yes or no");
    else
        parser->out->no_hold = index == 1;
}

static void set_winsize(struct parser *parser, const char *value)
{
    parser->out->winsize = value;
}

static void set_cwd(struct parser *parser, const char *value)
{
    parser->out->cwd = value;
}

static void set_debugwait(struct parser *parser, const char *value)
{
    (void)value;
    parser->out->debugwait = true;
}

static void set_boottime(struct parser *parser, const char *value)
{
    (void)value;
    parser->out->boottime = true;
}

static void set_crash(struct parser *parser, const char *value)
{
    static const char *const forms[] = {"block", "line", NULL};
    int index = index_of(value, forms);

    if (index < 0)
        note_mistake(parser, -EINVAL, "crash= must be block or line");
    else
        parser->out->crash_line = index == 1;
}

static bool is_crashtest(const char *value)
{
    static const char *const kinds[] = {"panic", "null", "stack", NULL};
#ifdef DEBUG_KERNEL
    return true; /* it knows more: kernel/crashtest_locks.c */
#endif
    return index_of(value, kinds) >= 0;
}

static void set_crashtest(struct parser *parser, const char *value)
{
    if (!is_crashtest(value))
        note_mistake(parser, -EINVAL, "crashtest= must be panic, null or stack");
    else
        parser->out->crashtest = value;
}

static void ignore(struct parser *parser, const char *value)
{
    (void)parser;
    (void)value;
}

static const struct parameter {
    const char *name;
    void (*set)(struct parser *parser, const char *value); /* value is NULL without a `=` */
} parameters[] = {
    {"init", set_init},
    {"rdinit", set_init},
    {"ring", set_ring},
    {"trace", set_trace},
    {"trace_times", set_trace_times},
    {"trace_strings", set_trace_strings},
    {"quiet", set_quiet},
    {"debug", set_debug},
    {"loglevel", set_loglevel},
    {"nokaslr", set_nokaslr},
    {"tty", set_tty},
    {"stderr", set_stderr},
    {"console", set_console},
    {"winsize", set_winsize},
    {"cwd", set_cwd},
    {"debugwait", set_debugwait},
    {"boottime", set_boottime},
    {"crash", set_crash},
    {"crashtest", set_crashtest},
    {"hold", set_hold},
    /* What Linux itself would consume and virtual machines are usually started with. */
    {"acpi", ignore},
    {"clocksource", ignore},
    {"earlycon", ignore},
    {"earlyprintk", ignore},
    {"ip", ignore},
    {"maxcpus", ignore},
    {"mem", ignore},
    {"mitigations", ignore},
    {"no_timer_check", ignore},
    {"noapic", ignore},
    {"nolapic", ignore},
    {"nomodeset", ignore},
    {"nomodules", ignore},
    {"noreplace_smp", ignore},
    {"nosmp", ignore},
    {"nr_cpus", ignore},
    {"panic", ignore},
    {"pci", ignore},
    {"reboot", ignore},
    {"ro", ignore},
    {"root", ignore},
    {"rootdelay", ignore},
    {"rootflags", ignore},
    {"rootfstype", ignore},
    {"rootwait", ignore},
    {"rw", ignore},
    {"tsc", ignore},
    {"vga", ignore},
};

/* --- what is the program's ------------------------------------------------------------------- */

static void add_argument(struct parser *parser, const char *word)
{
    struct cmdline *out = parser->out;

    if (out->argument_count == CMDLINE_ARGUMENTS_MAX)
        note_mistake(parser, -E2BIG, "more than 256 arguments for the program");
    else
        out->arguments[out->argument_count++] = word;
}

/* `variable` is "K=V" and `name_length` the length of K; an earlier K gives its place. */
static void add_variable(struct parser *parser, const char *variable, size_t name_length)
{
    struct cmdline *out = parser->out;

    for (size_t i = 0; i < out->environment_count; i++) {
        if (strncmp(out->environment[i], variable, name_length + 1) == 0) {
            out->environment[i] = variable;
            return;
        }
    }
    if (out->environment_count == CMDLINE_ENVIRONMENT_MAX)
        note_mistake(parser, -E2BIG, "more than 64 environment variables");
    else
        out->environment[out->environment_count++] = variable;
}

/* --- words ----------------------------------------------------------------------------------- */

struct word {
    char *name;
    char *value; /* NULL without a `=`; else the `=` has become a NUL */
};

/*
 * Cuts the next word off, as Linux's next_arg does, and returns what follows. `"K=V W"`, `K="V W"`
 * and `"K W"` lose their quotes; quotes anywhere else only keep blanks together, and stay.
 */
static char *cut_word(char *at, struct word *word)
{
    bool quoted = *at == '"';
    bool inside = quoted;
    char *equals = NULL;
    char *end;

    at += quoted;
    for (end = at; *end != '\0' && (inside || !is_blank(*end)); end++) {
        if (*end == '=' && equals == NULL && end != at)
            equals = end;
        if (*end == '"')
            inside = !inside;
    }
    *word = (struct word){.name = at, .value = equals == NULL ? NULL : equals + 1};
    if (equals != NULL)
        *equals = '\0';
    if (word->value != NULL && *word->value == '"') {
        word->value++;
        quoted = true;
    }
    at = *end == '\0' ? end : end + 1;
    *end = '\0';
    if (quoted && end > word->name && end[-1] == '"')
        end[-1] = '\0';
    return skip_blanks(at);
}

/* Makes "K=V" whole again; an opening quote that stood between is overwritten. */
static void join_word(struct word *word)
{
    size_t name_length = strlen(word->name);

    word->name[name_length] = '=';
    memmove(word->name + name_length + 1, word->value, strlen(word->value) + 1);
}

static void take_word(struct parser *parser, struct word *word)
{
    for (size_t i = 0; i < ARRAY_SIZE(parameters); i++) {
        if (word->name[0] == parameters[i].name[0] && same_name(word->name, parameters[i].name)) {
            parameters[i].set(parser, word->value);
            return;
        }
    }
    if (strchr(word->name, '.') != NULL)
        return; /* a parameter of a module */
    if (word->value == NULL) {
        add_argument(parser, word->name);
    } else {
        size_t name_length = strlen(word->name);
        join_word(word);
        add_variable(parser, word->name, name_length);
    }
}

/* Behind ` -- `: cuts the argument at `at` off, unquoted in place, and returns what follows. */
static char *cut_argument(struct parser *parser, char *at)
{
    bool inside = false;
    char *to = at;

    for (; *at != '\0' && (inside || !is_blank(*at)); at++) {
        if (*at == '"') {
            inside = !inside;
            continue;
        }
        if (*at == '\\' && *++at == '\0') {
            note_mistake(parser, -EINVAL, "a backslash ends the command line");
            break;
        }
        *to++ = *at;
    }
    if (inside)
        note_mistake(parser, -EINVAL, "an argument's quote is not closed");
    if (*at != '\0')
        at++;
    *to = '\0';
    return skip_blanks(at);
}

static void parse_words(struct parser *parser, char *at)
{
    for (at = skip_blanks(at); *at != '\0';) {
        struct word word;
        at = cut_word(at, &word);
        if (word.value == NULL && strcmp(word.name, "--") == 0)
            break;
        take_word(parser, &word);
    }
    while (*at != '\0') {
        char *argument = at;
        at = cut_argument(parser, at);
        add_argument(parser, argument);
    }
}

int cmdline_parse(char *line, struct cmdline *out, const char **why)
{
    struct parser parser = {.out = out};

    memset(out, 0, offsetof(struct cmdline, environment));
    out->ring = 3;
    out->stderr_port = -1;
    set_level(&parser, CMDLINE_LOGLEVEL_QUIET);
    add_variable(&parser, "HOME=/", strlen("HOME"));
    add_variable(&parser, "TERM=linux", strlen("TERM"));
    parse_words(&parser, line);
    if (parser.mistake != NULL)
        *why = parser.mistake;
    return parser.error;
}
