/* Poisson sampling by bytes: each byte that objects are made of is hit with the same
** chance, whatever came before it, so an object of n bytes is taken with the chance
** 1 - e^(-n/interval). What is taken counts for 1/chance objects: then sums are right
** on average, and sum((1 - p) / p^2) over those taken is their variance, unbiased too
** (Horvitz and Thompson). */
#include "track.h"

#include <math.h>

/* xorshift64*; u in (0, 1]. Rounded up: at least the next byte. */
int64_t hp_sample_next(hp_Track *t) {
  uint64_t x = t->random;
  double u, n;
  x ^= x >> 12;
  x ^= x << 25;
  x ^= x >> 27;
  t->random = x;
  u = (double)((x * 0x2545F4914F6CDD1Du >> 11) + 1) / 9007199254740992.0;
  n = ceil(-log(u) * (double)t->interval);
  return n < 0x1p62 ? (int64_t)n : (int64_t)1 << 62;
}

double hp_sample_chance(const hp_Track *t, size_t n) {
  return t->interval == 0 ? 1 : -expm1(-(double)n / (double)t->interval);
}
