/* SPDX-License-Identifier: BSD-2-Clause */
/* The four functions that a compiler calls by itself, for programs without a C library. No code of
 * ours calls them (core/span.h has pawl_copy and pawl_zero). */
#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int value, size_t n);
int memcmp(const void *a, const void *b, size_t n);

/* Eight bytes a step, for initrds of many megabytes. */
void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
        size_t words = n / 8, rest = n % 8;
        void *d = dst;

        __asm__ volatile("rep movsq" : "+D"(d), "+S"(src), "+c"(words) : : "memory");
        __asm__ volatile("rep movsb" : "+D"(d), "+S"(src), "+c"(rest) : : "memory");
        return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
        unsigned char *d = dst;
        const unsigned char *s = src;

        /* words overlap in a copy to just before */
        if (d >= s + n || d + 8 <= s)
                return memcpy(dst, src, n);
        for (size_t i = 0; d < s && i < n; i++)
                ((volatile unsigned char *)d)[i] = s[i];
        while (d > s && n > 0) {
                n--;
                ((volatile unsigned char *)d)[n] = s[n];
        }
        return dst;
}

void *memset(void *dst, int value, size_t n)
{
        void *d = dst;

        __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(value) : "memory");
        return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
        const volatile unsigned char *x = a, *y = b;

        for (size_t i = 0; i < n; i++)
                if (x[i] != y[i])
                        return x[i] < y[i] ? -1 : 1;
        return 0;
}
