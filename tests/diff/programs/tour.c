/* SPDX-License-Identifier: MIT */
/* A bit of everything from a C library, for each way of linking: files, time, numbers, sorting,
 * memory, signals, thread-local data. Prints the same wherever it runs. */
#include <dirent.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static _Thread_local int thread_local_number = 42;
static volatile sig_atomic_t caught;
static sigjmp_buf back;

static void on_signal(int signal)
{
    caught = signal;
}

static void on_fault(int signal)
{
    siglongjmp(back, signal);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void show_directory(const char *path)
{
    char *names[64];
    size_t count = 0;
    DIR *dir = opendir(path);
    if (!dir) {
        printf("%s: %s\n", path, strerror(errno));
        return;
    }
    for (struct dirent *entry; count < 64 && (entry = readdir(dir));)
        names[count++] = strdup(entry->d_name);
    closedir(dir);
    qsort(names, count, sizeof(names[0]), by_name);
    for (size_t i = 0; i < count; i++) {
        printf("%s ", names[i]);
        free(names[i]);
    }
    putchar('\n');
}

static void show_files(void)
{
    struct stat status;
    char line[100] = "";
    FILE *file = fopen("tour.out", "w+");
    fprintf(file, "%d %.3f %s\n", 17, 2.5, "text");
    rewind(file);
    fgets(line, sizeof(line), file);
    fclose(file);
    stat("tour.out", &status);
    printf("%s%ld %o\n", line, (long)status.st_size, status.st_mode);
    rename("tour.out", "tour.new");
    printf("%d %d\n", access("tour.out", F_OK), unlink("tour.new"));
}

static void show_memory(void)
{
    size_t size = 3 << 20;
    char *block = malloc(size), *page;
    memset(block, 'x', size);
    block = realloc(block, 2 * size);
    printf("%d %c\n", block[size - 1] == 'x', *block);
    free(block);
    page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    signal(SIGSEGV, on_fault);
    int fault = sigsetjmp(back, 1);
    if (fault == 0)
        *(volatile char *)page = 1;
    printf("fault %d, page %d\n", fault, page[0]);
    signal(SIGSEGV, SIG_DFL);
}

int main(int argc, char **argv)
{
    time_t moment = 86400 * 366;
    printf("%d arguments, last %s, thread-local %d\n", argc - 1, argv[argc - 1],
           ++thread_local_number);
    printf("%.12f %.12f %a\n", sqrt(argc + 1.0), sin(argc), 1.0 / (argc + 2));
    printf("%s", asctime(gmtime(&moment)));
    setlocale(LC_ALL, "");
    show_directory("tree");
    show_directory("nowhere");
    show_files();
    show_memory();
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    printf("caught %d\n", caught);
    fflush(stdout);
    return argc > 1 ? atoi(argv[1]) : 0;
}
