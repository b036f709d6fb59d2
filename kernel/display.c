/* SPDX-License-Identifier: MIT */
/* The screen and the keyboard; see display.h. */
#include "kernel/display.h"

#include "arch/cpu.h"
#include "drivers/display/font.h"
#include "drivers/display/framebuffer.h"
#include "drivers/i8042.h"
#include "drivers/display/vga_text.h"
#include "kernel/core/log.h"
#include "kernel/core/panic.h"
#include "kernel/core/time.h"
#include "kernel/dev/screen.h"
#include "kernel/lib/string.h"

#define WAIT_NS (60 * NS_PER_SECOND)
#define WAIT_TICKS \
    150000000000UL /* of the TSC, about as long: when no other clock can be trusted */

/* Between two looks at the keyboard controller. Whoever emulates it cannot do anything else while it
 * is asked without a pause. */
#define PAUSES 10000

static struct framebuffer framebuffer;
static struct vga_text vga;
static struct screen screen;
static struct tty tty;
static bool has_keyboard;

static bool start_framebuffer(const struct boot_framebuffer *told)
{
    return framebuffer_start(&framebuffer, told) &&
           screen_init(&screen, framebuffer.rows, framebuffer.columns, &framebuffer_screen_ops,
                       &framebuffer) == 0;
}

static bool start_text_mode(const struct boot_framebuffer *told)
{
    return vga_text_start(&vga, told) &&
           screen_init(&screen, vga.rows, vga.columns, &vga_text_screen_ops, &vga) == 0;
}

static bool start_screen(const struct boot_framebuffer *told, const struct boot_info *boot)
{
    const char *mistake =
        told->text_mode ? vga_text_mistake(told, boot) : framebuffer_mistake(told, boot);
    if (!mistake && !(told->text_mode ? start_text_mode(told) : start_framebuffer(told)))
        mistake = "not enough memory";
    if (mistake)
        log_print(LOG_WARNING, "screen: %ux%u at 0x%lx is not used: %s", told->width, told->height,
                  told->base, mistake);
    return !mistake;
}

/* QEMU's own loader tells of no screen, but there may be one, as the BIOS has left it. */
static bool find_screen(const struct boot_info *boot)
{
    struct boot_framebuffer found = boot->framebuffer;
    if (found.base == 0 && (boot->door != BOOT_DOOR_PVH || !vga_text_probe(&found)))
        return false;
    return start_screen(&found, boot);
}

static struct winsize window_size(void)
{
    bool graphics = framebuffer.pixels != NULL;
    return (struct winsize){
        .ws_row = screen.vt.rows,
        .ws_col = screen.vt.columns,
        .ws_xpixel = graphics ? screen.vt.columns * FONT_WIDTH : 0,
        .ws_ypixel = graphics ? screen.vt.rows * FONT_HEIGHT : 0,
    };
}

struct tty *display_init(const struct boot_info *boot, const struct acpi_facts *acpi)
{
    if (!find_screen(boot))
        return NULL;
    struct winsize size = window_size();
    tty_init(&tty, &screen_tty_ops, &screen, false);
    tty_set_screen(&tty, &size);
    screen_set_tty(&screen, &tty);
    has_keyboard = !acpi->no_keyboard && i8042_start(&screen);
    log_print(LOG_INFO, "screen: %ux%u characters, %s keyboard", size.ws_col, size.ws_row,
              has_keyboard ? "with a" : "no");
    return &tty;
}

void display_write_now(const char *text, size_t length)
{
    if (screen.ops)
        screen_write_now(&screen, text, length);
}

void display_write_polled(const char *text, size_t length)
{
    if (screen.ops)
        screen_write_polled(&screen, text, length);
}

static bool is_over(u64 ticks, u64 ns)
{
    return panic_in_progress() ? cpu_read_tsc() - ticks > WAIT_TICKS : time_now_ns() - ns > WAIT_NS;
}

static void wait_for_key(void)
{
    u64 ticks = cpu_read_tsc(), ns = panic_in_progress() ? 0 : time_now_ns();
    while (!is_over(ticks, ns) && !(has_keyboard && i8042_key_pressed()))
        for (u32 i = 0; i < PAUSES; i++)
            cpu_relax();
}

void display_hold(const char *text, size_t length)
{
    u64 flags = irq_save();
    if (has_keyboard)
        (void)i8042_key_pressed(); /* what was typed before the person could read this */
    if (panic_in_progress())
        display_write_polled(text, length);
    else
        display_write_now(text, length);
    wait_for_key();
    irq_restore(flags);
}
