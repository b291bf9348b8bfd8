/* Which of 64 bytes are what is looked for, as a word of bits, the first byte's lowest.
**
** With the vector instructions that every x86-64 has, or without: so are testing and asan built, so
** that both ways are tested. */
#ifndef HP_BYTES_H
#define HP_BYTES_H

#include <stdint.h>

#if defined(__SSE2__) && !defined(HP_TESTING)

#include <emmintrin.h>

/* Those whose bits in 'mask' are 'value'. */
static inline uint64_t hp_bytes_where(const uint8_t *p, uint8_t mask, uint8_t value) {
  __m128i masks = _mm_set1_epi8((char)mask), values = _mm_set1_epi8((char)value);
  uint64_t found = 0;
  unsigned i;
  for (i = 0; i < 64; i += 16) {
    __m128i bytes = _mm_and_si128(_mm_loadu_si128((const __m128i *)(const void *)(p + i)), masks);
    found |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, values)) << i;
  }
  return found;
}

#else

#define HP_EACH_BYTE ((uint64_t)0x0101010101010101u)

static inline uint64_t hp_bytes_eight(const uint8_t *p) {
  return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
         (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

/* In the lowest bit of each byte: is it zero? */
static inline uint64_t hp_bytes_zero(uint64_t x) {
  const uint64_t low = 0x7F * HP_EACH_BYTE;
  return (~(((x & low) + low) | x) >> 7) & HP_EACH_BYTE;
}

/* The lowest bit of each byte, brought together by a product. */
static inline uint64_t hp_bytes_lowest(uint64_t x) { return x * 0x0102040810204080u >> 56; }

static inline uint64_t hp_bytes_where(const uint8_t *p, uint8_t mask, uint8_t value) {
  uint64_t found = 0;
  unsigned i;
  for (i = 0; i < 64; i += 8) {
    uint64_t bytes = hp_bytes_eight(p + i) & mask * HP_EACH_BYTE;
    found |= hp_bytes_lowest(hp_bytes_zero(bytes ^ value * HP_EACH_BYTE)) << i;
  }
  return found;
}

#endif

#endif
