/* Bit arithmetic and plain bit arrays. */
#ifndef HP_BITS_H
#define HP_BITS_H

#include <stddef.h>
#include <stdint.h>

#define hp_words(n) (((size_t)(n) + 63) / 64)
#define hp_bit_get(bits, i) (((bits)[(i) >> 6] >> ((i)&63)) & 1)
#define hp_bit_set(bits, i) ((void)((bits)[(i) >> 6] |= (uint64_t)1 << ((i)&63)))
#define hp_bit_clear(bits, i) ((void)((bits)[(i) >> 6] &= ~((uint64_t)1 << ((i)&63))))

#define hp_popcount(x) ((uint32_t)__builtin_popcountll(x))
#define hp_lowest(x) ((uint32_t)__builtin_ctzll(x))
#define hp_highest(x) (63 - (uint32_t)__builtin_clzll(x))
#define hp_without_lowest(x) ((x) & ((x)-1))
#define hp_without_highest(x) ((x) ^ (uint64_t)1 << hp_highest(x))

/* Not 0, if one of the four parts of x is this number. */
static inline uint64_t hp_quarter(uint64_t x, uint16_t number) {
  const uint64_t each = 0x0001000100010001u;
  x ^= number * each;
  return (x - each) & ~x & each << 15;
}

#define HP_AHEAD 16 /* of many things, how far on to fetch what is looked at at random */

/* A loop that counts bits is built twice, with and without the CPU's own
** instruction, where the compiler and the C library can choose at load time. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define HP_HOT __attribute__((target_clones("popcnt", "default")))
#else
#define HP_HOT
#endif

/* Part of a loop so built: it must be in both versions of it. Or what is to be built anew for each
** of its constant arguments. */
#define HP_PART static inline __attribute__((always_inline))

/* What is seldom done: apart, so that what is done often need save no registers for it. */
#define HP_APART static __attribute__((noinline))

#endif
