/* A set of numbers below n that knows how many of its members are below each: a bit, and half
** a bit, for every number.
**
** Use: make it, set bits, count once, then ask for ranks. Where more bits are set, count again. */
#ifndef HP_RANKED_H
#define HP_RANKED_H

#include "bits.h"

typedef struct hp_Ranked {
  uint32_t n;
  uint64_t *bits;   /* owned */
  uint32_t *before; /* per word of them: members before it. Owned */
} hp_Ranked;

/* HP_ENOMEM: what there is of it is to be freed. */
int hp_ranked_make(hp_Ranked *r, uint32_t n);
void hp_ranked_free(hp_Ranked *r);
size_t hp_ranked_bytes(const hp_Ranked *r);

/* How many members there are. */
uint32_t hp_ranked_count(hp_Ranked *r);

/* How many members are below i, which is below n. */
static inline uint32_t hp_ranked_at(const hp_Ranked *r, uint32_t i) {
  return r->before[i / 64] + hp_popcount(r->bits[i / 64] & (((uint64_t)1 << (i & 63)) - 1));
}

#endif
