/* SPDX-License-Identifier: MIT */
/* What /proc/self/task tells of threads, and their names. */
#include "tests/abi/check.h"
#include "tests/abi/threads/threads.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define COUNT 5

static volatile int over, spin;

static long sleeper(void *argument)
{
    (void)argument;
    while (!over)
        milliseconds_sleep(2);
    return 0;
}

static long spinner(void *argument)
{
    (void)argument;
    while (!over)
        spin++;
    return 0;
}

static bool name_is(int tid, const char *name)
{
    char text[64], expected[64], status[64], stat[64], wanted[64];

    thread_file_read(tid, "comm", text, sizeof(text));
    snprintf(expected, sizeof(expected), "%s\n", name);
    thread_file_read(tid, "stat", stat, sizeof(stat));
    snprintf(wanted, sizeof(wanted), "%d (%s) ", tid, name);
    return strcmp(text, expected) == 0 && thread_status(tid, "Name:", status, sizeof(status)) &&
           strcmp(status, name) == 0 && strncmp(stat, wanted, strlen(wanted)) == 0;
}

/* ---- Names ------------------------------------------------------------------------------------*/

static long name_itself(void *name)
{
    char got[16];

    call(__NR_prctl, PR_SET_NAME, name);
    call(__NR_prctl, PR_GET_NAME, got);
    bool right = strncmp(got, name, 15) == 0;
    while (!over)
        milliseconds_sleep(2);
    return right;
}

static long name_write(int tid, const char *name)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/self/task/%d/comm", tid);
    long file = call(__NR_openat, AT_FDCWD, path, O_WRONLY);
    long result = call(__NR_write, file, name, strlen(name));
    call(__NR_close, file);
    return result;
}

static void test_names(void)
{
    struct thread threads[2];
    int pid = (int)call(__NR_getpid);

    over = 0;
    call(__NR_prctl, PR_SET_NAME, "maker");
    thread_begin(&threads[0], sleeper, NULL);
    thread_begin(&threads[1], name_itself, "a long name for a thread");
    thread_wait_asleep(threads[0].own_tid);
    thread_wait_asleep(threads[1].own_tid);
    check("a thread is called as its maker", name_is(threads[0].own_tid, "maker"));
    check("or as it calls itself, in 15 letters", name_is(threads[1].own_tid, "a long name for"));
    check("which is nobody else's name", name_is(pid, "maker"));
    check_result("a name is written", name_write(threads[0].own_tid, "written"), 7);
    check("and read", name_is(threads[0].own_tid, "written"));
    check_result("with parentheses", name_write(threads[0].own_tid, ") S ("), 5);
    check("and read", name_is(threads[0].own_tid, ") S ("));
    over = 1;
    thread_join(&threads[0]);
    check_result("it knows its name", thread_join(&threads[1]), 1);
}

static void *pthread_sleeper(void *argument)
{
    char name[16];

    pthread_getname_np(pthread_self(), name, sizeof(name));
    sleeper(argument);
    return NULL;
}

static void test_pthread_names(void)
{
    pthread_t thread;
    char name[16] = "";

    over = 0;
    pthread_create(&thread, NULL, pthread_sleeper, NULL);
    check_result("pthread_setname_np of another", pthread_setname_np(thread, "worker"), 0);
    check_result("pthread_getname_np of another", pthread_getname_np(thread, name, sizeof(name)),
                 0);
    check("it is", strcmp(name, "worker") == 0);
    check_result("a name that is too long", pthread_setname_np(thread, "0123456789abcdef"), ERANGE);
    over = 1;
    pthread_join(thread, NULL);
}

/* ---- Lists ------------------------------------------------------------------------------------*/

/* The numbers in /proc/self/task, in order. */
static int tasks_list(int *tids, int max)
{
    DIR *folder = opendir("/proc/self/task");
    struct dirent *entry;
    int count = 0;

    while ((entry = readdir(folder)))
        if (entry->d_name[0] != '.' && count < max)
            tids[count++] = atoi(entry->d_name);
    closedir(folder);
    return count;
}

static void test_list(void)
{
    struct thread threads[COUNT];
    int tids[20], count;
    bool good = true;

    thread_wait_count(1);
    count = tasks_list(tids, 20);
    check("alone", count == 1 && tids[0] == call(__NR_getpid) && thread_count() == 1);
    over = 0;
    for (int i = 0; i < COUNT; i++)
        thread_begin(&threads[i], sleeper, NULL);
    count = tasks_list(tids, 20);
    check_result("all threads stand in the list", count, COUNT + 1);
    for (int i = 0; i < COUNT; i++)
        good &= tids[i + 1] == threads[i].own_tid && tids[i] < tids[i + 1];
    check("by number", good);
    check_result("Threads:", thread_count(), COUNT + 1);
    over = 1;
    for (int i = 0; i < COUNT; i++)
        thread_join(&threads[i]);
    thread_wait_count(1);
    check_result("those that have ended do not", tasks_list(tids, 20), 1);
    check_result("nor can they be found", thread_state(threads[0].own_tid), 0);
}

static void check_line(int tid, const char *label, const char *expected)
{
    char value[64] = "", name[64];

    thread_status(tid, label, value, sizeof(value));
    snprintf(name, sizeof(name), "status of a thread, %s", label + 1);
    if (!check(name, strcmp(value, expected) == 0))
        fprintf(stderr, "%s, not %s\n", value, expected);
}

static void test_status(void)
{
    struct thread sleeping, spinning;
    char own[16], process[16];

    over = 0;
    thread_begin(&sleeping, sleeper, NULL);
    thread_begin(&spinning, spinner, NULL);
    thread_wait_asleep(sleeping.own_tid);
    snprintf(own, sizeof(own), "%d", sleeping.own_tid);
    snprintf(process, sizeof(process), "%d", (int)call(__NR_getpid));
    check_line(sleeping.own_tid, "\nTgid:", process);
    check_line(sleeping.own_tid, "\nPid:", own);
    check_line(sleeping.own_tid, "\nThreads:", "3");
    check_line(spinning.own_tid, "\nState:", "R (running)");
    check_result("a thread that runs", thread_state(spinning.own_tid), 'R');
    over = 1;
    thread_join(&sleeping);
    thread_join(&spinning);
}

/* What leads to the thread itself. */
static long find_itself(void *argument)
{
    char link[64] = "", expected[64];

    (void)argument;
    call(__NR_readlink, "/proc/thread-self", link, sizeof(link) - 1);
    snprintf(expected, sizeof(expected), "%d/task/%d", (int)call(__NR_getpid),
             (int)call(__NR_gettid));
    return strcmp(link, expected) == 0;
}

static void test_self(void)
{
    struct thread thread;

    thread_begin(&thread, find_itself, NULL);
    check_result("/proc/thread-self", thread_join(&thread), 1);
}

static void test_numbers(void)
{
    struct thread thread;
    int last = 0;
    bool rising = true;

    for (int i = 0; i < 200; i++) {
        thread_begin(&thread, find_itself, NULL);
        thread_join(&thread);
        rising &= thread.own_tid > last;
        last = thread.own_tid;
    }
    check("a number is not given again at once", rising);
}

static long number_after(const char *text, const char *label)
{
    const char *at = strstr(text, label);

    return at ? strtol(at + strlen(label), NULL, 10) : -1;
}

static bool is_listed(const char *directory, int number)
{
    DIR *dir = opendir(directory);
    const struct dirent *entry;
    bool found = false;

    while (dir && (entry = readdir(dir)) != NULL)
        found |= atoi(entry->d_name) == number;
    if (dir)
        closedir(dir);
    return found;
}

/* A thread that is not the first has a directory like a process, which is not listed. */
static void test_own_directory(int tid)
{
    static char text[4096];
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/status", tid);
    file_read(path, text, sizeof(text));
    check_result("/proc/TID: whose it is", number_after(text, "Tgid:"), call(__NR_getpid));
    check_result("which one it is", number_after(text, "\nPid:"), tid);
    snprintf(path, sizeof(path), "/proc/%d/task", tid);
    check("it has all threads of the process", is_listed(path, (int)call(__NR_getpid)));
    check("it is not listed", !is_listed("/proc", tid));
    check("but where threads are", is_listed("/proc/self/task", tid));
}

/* What the system tells of threads: of all there are, so that others than ours may count, too. */
static void test_system(void)
{
    static char text[1 << 16];
    struct thread awake, asleep[2];
    int running = 0, all = 0, last = 0;
    char state[64];

    over = 0;
    thread_begin(&awake, spinner, NULL);
    for (int i = 0; i < 2; i++) {
        thread_begin(&asleep[i], sleeper, NULL);
        thread_wait_asleep(asleep[i].own_tid);
    }
    file_read("/proc/loadavg", text, sizeof(text));
    sscanf(text, "%*s %*s %*s %d/%d %d", &running, &all, &last);
    check("/proc/loadavg: how many run, how many there are, the last number",
          running >= 2 && all >= 4 && last >= 4);
    file_read("/proc/stat", text, sizeof(text));
    check("/proc/stat: those that run", number_after(text, "procs_running ") >= 2);
    check("and that there were", number_after(text, "processes ") >= 4);
    check("a state", thread_status(awake.own_tid, "State:", state, sizeof(state)) &&
                         strcmp(state, "R (running)") == 0);
    test_own_directory(awake.own_tid);
    over = 1;
    thread_join(&awake);
    for (int i = 0; i < 2; i++)
        thread_join(&asleep[i]);
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    test_names();
    test_pthread_names();
    test_list();
    test_status();
    test_self();
    test_numbers();
    test_system();
    return check_finish();
}
