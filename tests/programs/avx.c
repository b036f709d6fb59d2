/* SPDX-License-Identifier: MIT */
/*
 * Fills all vector registers (AVX where the processor and the kernel offer it, else SSE) and looks
 * whether they survive system calls, a sleep, and a while of whatever interrupts come by. Does some
 * arithmetic too. Says on standard error which of the two it used.
 */
#include <cpuid.h>
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#define REGISTERS 16
#define WIDTH     32

static uint8_t before[REGISTERS][WIDTH] __attribute__((aligned(32)));
static uint8_t after[REGISTERS][WIDTH] __attribute__((aligned(32)));

/* SDM 1, 14.3: OSXSAVE and AVX from CPUID, then XCR0 must enable both states. */
static int avx_usable(void)
{
    unsigned a, b, c, d, low, high;

    __cpuid(1, a, b, c, d);
    if ((c & (1u << 27)) == 0 || (c & (1u << 28)) == 0)
        return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & 6) == 6;
}

/* clang-format off */
#define EACH(op) op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) \
    op(8) op(9) op(10) op(11) op(12) op(13) op(14) op(15)
#define AVX_LOAD(n)  "vmovdqa " #n "*32(%[from]), %%ymm" #n "\n\t"
#define AVX_STORE(n) "vmovdqa %%ymm" #n ", " #n "*32(%[to])\n\t"
#define SSE_LOAD(n)  "movdqa " #n "*32(%[from]), %%xmm" #n "\n\t"
#define SSE_STORE(n) "movdqa %%xmm" #n ", " #n "*32(%[to])\n\t"
#define CALL_AND_SPIN \
    "syscall\n\t" "1: pause\n\t" "dec %%rdx\n\t" "jnz 1b\n\t" "mov %[again], %%eax\n\t" "syscall\n\t"
#define BODY(load, store, clobber)                                                                 \
    __asm__ volatile(EACH(load) CALL_AND_SPIN EACH(store) clobber                                  \
                     : "+a"(number), "+d"(spins)                                                   \
                     : [from] "r"(before), [to] "r"(after), [again] "i"(SYS_sched_yield),          \
                       "D"(&pause_time), "S"(0)                                                    \
                     : "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",     \
                       "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",         \
                       "xmm14", "xmm15")
/* clang-format on */

static int registers_survive(int avx, long number, long spins)
{
    struct timespec pause_time = {.tv_sec = 0, .tv_nsec = 1000000};
    size_t width = avx ? WIDTH : 16;

    memset(after, 0, sizeof(after));
    if (avx)
        BODY(AVX_LOAD, AVX_STORE, "vzeroupper");
    else
        BODY(SSE_LOAD, SSE_STORE, "");
    for (int i = 0; i < REGISTERS; i++) {
        if (memcmp(before[i], after[i], width) != 0)
            return 0;
    }
    return 1;
}

__attribute__((target("avx"))) static float avx_sum(void)
{
    __m256 numbers = _mm256_set_ps(1, 2, 3, 4, 5, 6, 7, 8);
    float out[8];

    _mm256_storeu_ps(out, _mm256_mul_ps(numbers, numbers));
    return out[0] + out[1] + out[2] + out[3] + out[4] + out[5] + out[6] + out[7];
}

int main(void)
{
    int avx = avx_usable();
    volatile int eight = 8;
    float sum = 0;

    for (int i = 0; i < REGISTERS * WIDTH; i++)
        ((uint8_t *)before)[i] = (uint8_t)(i * 37 + 11);
    for (int i = 1; i <= eight; i++)
        sum += (float)(i * i);
    int good = sum == 204 && (!avx || avx_sum() == 204);
    for (int round = 0; round < 5; round++) {
        good &= registers_survive(avx, SYS_getppid, 10000);
        good &= registers_survive(avx, SYS_nanosleep, 3000000);
    }
    fprintf(stderr, "avx: %s used\n", avx ? "AVX" : "SSE");
    printf("vector registers %s\n", good ? "right" : "wrong");
    return !good;
}
