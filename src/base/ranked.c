/* Sets with ranks: see ranked.h. */
#include "ranked.h"

#include "error.h"
#include "mem.h"

int hp_ranked_make(hp_Ranked *r, uint32_t n) {
  r->n = n;
  r->bits = hp_new(uint64_t, hp_words(n));
  r->before = hp_new(uint32_t, hp_words(r->n));
  return r->bits != NULL && r->before != NULL ? HP_OK : HP_ENOMEM;
}

void hp_ranked_free(hp_Ranked *r) {
  hp_delete(r->bits, hp_words(r->n));
  hp_delete(r->before, hp_words(r->n));
}

size_t hp_ranked_bytes(const hp_Ranked *r) {
  return hp_words(r->n) * sizeof *r->bits + hp_words(r->n) * sizeof *r->before;
}

uint32_t hp_ranked_count(hp_Ranked *r) {
  uint32_t n = 0;
  size_t i;
  for (i = 0; i < hp_words(r->n); i++) {
    r->before[i] = n;
    n += hp_popcount(r->bits[i]);
  }
  return n;
}
