/* Sets with ranks: see ranked.h. */
#include "ranked.h"

#include "error.h"
#include "mem.h"

static size_t blocks(const hp_Ranked *r) { return hp_words(r->n) / HP_RANKED_BLOCK + 1; }

int hp_ranked_make(hp_Ranked *r, uint32_t n) {
  r->n = n;
  r->bits = hp_new(uint64_t, hp_words(n));
  r->before = hp_new(uint32_t, blocks(r));
  return r->bits != NULL && r->before != NULL ? HP_OK : HP_ENOMEM;
}

void hp_ranked_free(hp_Ranked *r) {
  hp_delete(r->bits, hp_words(r->n));
  hp_delete(r->before, blocks(r));
}

size_t hp_ranked_bytes(const hp_Ranked *r) {
  return hp_words(r->n) * sizeof *r->bits + blocks(r) * sizeof *r->before;
}

uint32_t hp_ranked_count(hp_Ranked *r) {
  uint32_t n = 0;
  size_t i;
  for (i = 0; i < hp_words(r->n); i++) {
    if (i % HP_RANKED_BLOCK == 0) r->before[i / HP_RANKED_BLOCK] = n;
    n += hp_popcount(r->bits[i]);
  }
  return n;
}
