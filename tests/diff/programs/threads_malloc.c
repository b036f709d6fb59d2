/* SPDX-License-Identifier: MIT */
/* Eight threads that allocate, resize and free, also what others allocated; whatever malloc there is. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 8
#define SLOTS   128
#define TURNS   6000

static _Atomic(unsigned char *) shared[SLOTS];

static unsigned next(unsigned *state)
{
    *state = *state * 1103515245 + 12345;
    return *state >> 16;
}

static unsigned char *fresh(unsigned *state, size_t size)
{
    unsigned char *block = next(state) % 3 ? malloc(size) : calloc(1, size);
    if (!block)
        abort();
    memset(block, size & 255, size);
    return block;
}

static void *work(void *number)
{
    unsigned state = (unsigned)(uintptr_t)number;
    unsigned long sum = 0;
    unsigned char *own[SLOTS] = {0};
    for (int turn = 0; turn < TURNS; turn++) {
        size_t size = (next(&state) & 0x7ff) + (turn % 300 == 0 ? 300000 : 1);
        unsigned slot = next(&state) % SLOTS;
        sum += size;
        free(atomic_exchange(&shared[slot], own[slot])); /* most likely another's */
        own[slot] = fresh(&state, size);
        if (turn % 7 == 0) {
            own[slot] = realloc(own[slot], size * 2);
            if (own[slot][size - 1] != (size & 255))
                abort();
        }
    }
    for (int i = 0; i < SLOTS; i++)
        free(own[i]);
    return (void *)sum;
}

int main(void)
{
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)(i + 1));
    for (int i = 0; i < THREADS; i++) {
        void *sum;
        pthread_join(threads[i], &sum);
        printf("%lu\n", (unsigned long)sum);
    }
    for (int i = 0; i < SLOTS; i++)
        free(shared[i]);
}
