/* SPDX-License-Identifier: MIT */
/*
 * Drives the keyboard controller; see i8042.h. It has one byte of room in each direction, so
 * commands are given when the status says that the last one was taken. Lights are set in two steps,
 * the second when the keyboard has acknowledged the first.
 *
 * The handler runs on one processor with interrupts off, and start-up comes before it: no lock. At
 * the machine's end another processor may read beside it: of a key it does not matter who notes it.
 */
#include "drivers/i8042.h"

#include <asm/signal.h>

#include "arch/cpu.h"
#include "arch/irq.h"
#include "arch/x86_64/io.h"
#include "drivers/keyboard.h"
#include "kernel/core/log.h"

#define DATA    0x60
#define STATUS  0x64 /* on reading */
#define COMMAND 0x64 /* on writing */

#define STATUS_OUTPUT_FULL (1u << 0) /* a byte for us */
#define STATUS_INPUT_FULL  (1u << 1) /* our byte was not yet taken */
#define STATUS_AUXILIARY   (1u << 5) /* the byte is a mouse's */
#define STATUS_ABSENT      0xff

#define COMMAND_READ_CONFIG  0x20
#define COMMAND_WRITE_CONFIG 0x60
#define CONFIG_INTERRUPT     (1u << 0)
#define CONFIG_AUX_INTERRUPT (1u << 1)
#define CONFIG_DISABLE       (1u << 4)
#define CONFIG_AUX_DISABLE   (1u << 5)
#define CONFIG_TRANSLATE     (1u << 6) /* to scan code set 1 */

#define KEYBOARD_SET_LIGHTS  0xed
#define KEYBOARD_ENABLE      0xf4
#define KEYBOARD_ACKNOWLEDGE 0xfa
#define KEYBOARD_RESEND      0xfe
#define LIGHT_NUM_LOCK       (1u << 1)
#define LIGHT_CAPS_LOCK      (1u << 2)

#define KEYBOARD_IRQ 1

/* Reads of the status, about a microsecond each: the controller answers within a few, and within
 * some thousand where the firmware only pretends that there is one. */
#define POLLS_MAX 20000
#define BYTES_MAX 64 /* that one interrupt takes: a bound for a controller that never stops */

enum step { STEP_NONE, STEP_ENABLE, STEP_LIGHTS };

static struct {
    struct screen *screen;
    struct keyboard keyboard;
    u8 step;      /* enum step: what the keyboard has yet to acknowledge */
    bool ending;  /* atomic: i8042_key_pressed was called */
    bool pressed; /* atomic: and a key since */
} i8042;

static bool wait_for(u8 bit, bool set)
{
    for (u32 polls = 0; polls < POLLS_MAX; polls++) {
        u8 status = inb(STATUS);
        if (status == STATUS_ABSENT)
            return false;
        if (((status & bit) != 0) == set)
            return true;
        cpu_relax();
    }
    return false;
}

static bool send(u16 port, u8 byte)
{
    bool ready = wait_for(STATUS_INPUT_FULL, false);
    if (ready)
        outb(port, byte);
    return ready;
}

static bool read_config(u8 *config)
{
    bool there = send(COMMAND, COMMAND_READ_CONFIG) && wait_for(STATUS_OUTPUT_FULL, true);
    if (there)
        *config = inb(DATA);
    return there;
}

/* A mouse is switched off: its bytes would stop the keyboard's. */
static bool configure(void)
{
    u8 config;
    for (u32 i = 0; i < BYTES_MAX && (inb(STATUS) & STATUS_OUTPUT_FULL); i++)
        inb(DATA); /* typed before anybody was there */
    if (!read_config(&config))
        return false;
    config |= CONFIG_INTERRUPT | CONFIG_TRANSLATE | CONFIG_AUX_DISABLE;
    config &= ~(CONFIG_DISABLE | CONFIG_AUX_INTERRUPT);
    return send(COMMAND, COMMAND_WRITE_CONFIG) && send(DATA, config);
}

/* ---- Lights -----------------------------------------------------------------------------------*/

static u8 lights(void)
{
    return (i8042.keyboard.caps_lock ? LIGHT_CAPS_LOCK : 0) |
           (i8042.keyboard.num_lock ? LIGHT_NUM_LOCK : 0);
}

/* The first of the two bytes; `lights` follow. */
static void begin_lights(void)
{
    i8042.step = send(DATA, KEYBOARD_SET_LIGHTS) ? STEP_LIGHTS : STEP_NONE;
}

static void acknowledged(void)
{
    u8 step = i8042.step;
    i8042.step = STEP_NONE;
    if (step == STEP_ENABLE)
        begin_lights(); /* the firmware may have left one on */
    else if (step == STEP_LIGHTS)
        send(DATA, lights());
}

/* ---- Keys -------------------------------------------------------------------------------------*/

/* Linux would restart the machine; here the program's end is the machine's. */
static void kill_program(void)
{
    const struct tty *tty = i8042.screen->tty;
    i8042.keyboard.end_wanted = false;
    if (tty->signal)
        tty->signal(SIGKILL);
}

static void take(u8 code)
{
    const struct vt *vt = &i8042.screen->vt; /* its modes are read as they are */
    struct keyboard_modes modes = {vt->application_cursor, vt->application_keypad, vt->newline};
    u8 bytes[KEYBOARD_BYTES_MAX], before = lights();
    size_t count = keyboard_take(&i8042.keyboard, code, modes, bytes);
    if (count > 0 && tty_receive_room(i8042.screen->tty) >= count)
        tty_receive(i8042.screen->tty, bytes, count);
    if (lights() != before)
        begin_lights();
    if (i8042.keyboard.end_wanted)
        kill_program();
}

static void take_keyboard_byte(u8 byte)
{
    if (__atomic_load_n(&i8042.ending, __ATOMIC_RELAXED)) {
        if (byte < 0x80) /* not a release, not an answer */
            __atomic_store_n(&i8042.pressed, true, __ATOMIC_RELAXED);
    } else if (byte == KEYBOARD_ACKNOWLEDGE) {
        acknowledged();
    } else if (byte != KEYBOARD_RESEND) {
        take(byte);
    }
}

static void service(void *device)
{
    (void)device;
    for (u32 i = 0; i < BYTES_MAX; i++) {
        u8 status = inb(STATUS);
        if (!(status & STATUS_OUTPUT_FULL) || status == STATUS_ABSENT)
            return;
        u8 byte = inb(DATA);
        if (!(status & STATUS_AUXILIARY))
            take_keyboard_byte(byte);
    }
}

bool i8042_start(struct screen *screen)
{
    if (inb(STATUS) == STATUS_ABSENT || !configure())
        return false;
    i8042.screen = screen;
    if (irq_register_isa(KEYBOARD_IRQ, service, NULL) != 0) {
        log_print(LOG_WARNING, "no interrupt for the keyboard");
        return false;
    }
    i8042.step = STEP_ENABLE;
    return send(DATA, KEYBOARD_ENABLE);
}

bool i8042_key_pressed(void)
{
    __atomic_store_n(&i8042.ending, true, __ATOMIC_RELAXED);
    service(NULL);
    return __atomic_exchange_n(&i8042.pressed, false, __ATOMIC_RELAXED);
}
