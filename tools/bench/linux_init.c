/* SPDX-License-Identifier: MIT */
/*
 * The first process of the Linux guest: mounts what programs expect, runs the program that its own
 * arguments name, says when that began and ended, and turns the machine off. So a program's whole
 * run can be timed on Linux from power-on to power-off, as it can on Galette.
 *
 * Prints `linux_init START END STATUS`, the times in ticks of the TSC: instructions since power-on
 * under QEMU's `-icount shift=0,sleep=off`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <x86intrin.h>

static void mount_at(const char *kind, const char *place)
{
    mkdir(place, 0755);
    if (mount(kind, place, kind, 0, NULL) != 0)
        perror(place);
}

int main(int count, char **arguments)
{
    unsigned long long start;
    int status = 127;

    mount_at("proc", "/proc");
    mount_at("sysfs", "/sys");
    mount_at("devtmpfs", "/dev");
    mkdir("/tmp", 01777);
    setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
    start = __rdtsc();
    if (count > 1) {
        pid_t child = vfork();
        if (child == 0) {
            execv(arguments[1], arguments + 1);
            _exit(127);
        }
        waitpid(child, &status, 0);
        status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    printf("\nlinux_init %llu %llu %d\n", start, __rdtsc(), status);
    fflush(stdout);
    tcdrain(STDOUT_FILENO);
    reboot(RB_POWER_OFF);
    return 1;
}
