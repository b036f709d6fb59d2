/* SPDX-License-Identifier: MIT */
/*
 * The first process of the Linux guest: mounts what programs expect, runs the program that its own
 * arguments name, says when that began and ended, and turns the machine off. So a program's whole
 * run can be timed on Linux from power-on to power-off, as it can on Galette.
 *
 * Prints `linux_init START END NS STATUS`: when the program began and ended, in ticks of the TSC
 * (instructions since power-on under QEMU's `-icount shift=0,sleep=off`), and the time between.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

static void mount_at(const char *kind, const char *place)
{
    mkdir(place, 0755);
    if (mount(kind, place, kind, 0, NULL) != 0)
        perror(place);
}

static unsigned long long now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long long)now.tv_sec * 1000000000 + (unsigned long long)now.tv_nsec;
}

int main(int count, char **arguments)
{
    unsigned long long start, start_ns, end;
    int status = 127;

    mount_at("proc", "/proc");
    mount_at("sysfs", "/sys");
    mount_at("devtmpfs", "/dev");
    mkdir("/tmp", 01777);
    setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
    start_ns = now_ns();
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
    end = __rdtsc();
    printf("\nlinux_init %llu %llu %llu %d\n", start, end, now_ns() - start_ns, status);
    fflush(stdout);
    tcdrain(STDOUT_FILENO);
    reboot(RB_POWER_OFF);
    return 1;
}
