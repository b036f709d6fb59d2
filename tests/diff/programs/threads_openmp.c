/* SPDX-License-Identifier: MIT */
/* OpenMP's library: teams, loops handed out in pieces, tasks, locks, nested teams. */
#include <omp.h>
#include <stdio.h>

static long fibonacci(int n)
{
    long one, two;
    if (n < 12)
        return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
#pragma omp task shared(one)
    one = fibonacci(n - 1);
#pragma omp task shared(two)
    two = fibonacci(n - 2);
#pragma omp taskwait
    return one + two;
}

static void show_loops(void)
{
    static double matrix[120][120];
    double sum = 0;
    for (int turn = 0; turn < 10; turn++)
#pragma omp parallel for schedule(dynamic, 3) num_threads(6)
        for (int i = 0; i < 120; i++)
            for (int j = 0; j < 120; j++)
                matrix[i][j] += i * j;
#pragma omp parallel for reduction(+ : sum) collapse(2)
    for (int i = 0; i < 120; i++)
        for (int j = 0; j < 120; j++)
            sum += matrix[i][j];
    printf("loops %.0f\n", sum);
}

static void show_teams(void)
{
    int count = 0, order = 0, inner = 0;
    omp_lock_t lock;
    omp_init_lock(&lock);
    omp_set_max_active_levels(2);
#pragma omp parallel num_threads(5)
    {
        omp_set_lock(&lock);
        count++;
        omp_unset_lock(&lock);
#pragma omp barrier
#pragma omp parallel num_threads(3)
#pragma omp atomic
        inner++;
#pragma omp for ordered schedule(static, 1)
        for (int i = 0; i < 20; i++)
#pragma omp ordered
            order = order * 3 % 1000 + i;
    }
    printf("teams %d %d %d\n", count, inner, order);
}

int main(void)
{
    long result;
    show_loops();
    show_teams();
#pragma omp parallel num_threads(4)
#pragma omp single
    result = fibonacci(22);
    printf("tasks %ld\n", result);
}
