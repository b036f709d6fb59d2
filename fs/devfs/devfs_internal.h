/* SPDX-License-Identifier: MIT */
/* Between the files of devfs: device numbers (Linux Documentation/admin-guide/devices.txt). */
#ifndef FS_DEVFS_DEVFS_INTERNAL_H
#define FS_DEVFS_DEVFS_INTERNAL_H

#include <linux/major.h>

#include "fs/devfs/devfs.h"
#include "fs/procfs/node.h"

/* As in st_rdev, for major and minor numbers below 256. */
#define DEVICE(major, minor) ((major) << 8 | (minor))

#define DEVICE_NULL    DEVICE(MEM_MAJOR, 3)
#define DEVICE_ZERO    DEVICE(MEM_MAJOR, 5)
#define DEVICE_FULL    DEVICE(MEM_MAJOR, 7)
#define DEVICE_RANDOM  DEVICE(MEM_MAJOR, 8)
#define DEVICE_URANDOM DEVICE(MEM_MAJOR, 9)
#define DEVICE_SCREEN  DEVICE(TTY_MAJOR, 0)  /* tty0 and tty1 */
#define DEVICE_TTYS    DEVICE(TTY_MAJOR, 64) /* ttyS0; the others follow */
#define DEVICE_TTY     DEVICE(TTYAUX_MAJOR, 0)
#define DEVICE_CONSOLE DEVICE(TTYAUX_MAJOR, 1)

/* The lines that have a tty: ttyS#, and those of the screen: tty#. */
extern const struct node_family tty_family, screen_family;

int memory_devices_register(void) MUST_CHECK;
int tty_devices_register(void) MUST_CHECK;

#endif
