/* Immutable sets of object ids.
**
** Dense sets are bit arrays, sparse ones sorted arrays of ids; which, follows
** from the numbers alone (the smaller wins), so that equal sets look alike. */
#ifndef HP_IDSET_H
#define HP_IDSET_H

#include "base/bits.h"
#include "base/vec.h"

typedef struct hp_IdSet {
  uint32_t n;        /* ids in it */
  uint32_t universe; /* ids are below this */
  uint64_t *bits;    /* owned; or NULL: */
  uint32_t *ids;     /* owned, ascending */
} hp_IdSet;

typedef enum hp_SetOp { HP_OR, HP_AND, HP_MINUS, HP_XOR } hp_SetOp;

void hp_idset_free(hp_IdSet *s);

/* From a bit array of hp_words(universe) words, which stays the caller's. */
int hp_idset_from_bits(hp_IdSet *s, const uint64_t *bits, uint32_t universe);

/* From n ascending ids, no two the same. */
int hp_idset_from_ids(hp_IdSet *s, const uint32_t *ids, uint32_t n, uint32_t universe);

int hp_idset_has(const hp_IdSet *s, uint32_t id);

/* The set as a new bit array of hp_words(universe) words, or NULL. */
uint64_t *hp_idset_to_bits(const hp_IdSet *s);

/* out = a op b; both of one universe. */
int hp_idset_combine(hp_IdSet *out, const hp_IdSet *a, const hp_IdSet *b, hp_SetOp op);

int hp_idset_equal(const hp_IdSet *a, const hp_IdSet *b);
int hp_idset_subset(const hp_IdSet *a, const hp_IdSet *b);

/* Walks through a set in ascending order:
**   hp_IdIter it; uint32_t id;
**   for (hp_ids_begin(&it, s); hp_ids_next(&it, &id);) ... */
typedef struct hp_IdIter {
  const hp_IdSet *set;
  size_t at;     /* next word, or next of ids */
  uint64_t bits; /* what is left of the word before */
} hp_IdIter;

static inline void hp_ids_begin(hp_IdIter *it, const hp_IdSet *s) {
  it->set = s;
  it->at = 0;
  it->bits = 0;
}

static inline int hp_ids_next(hp_IdIter *it, uint32_t *id) {
  const hp_IdSet *s = it->set;
  if (s->bits == NULL) {
    if (it->at >= s->n) return 0;
    *id = s->ids[it->at++];
    return 1;
  }
  while (it->bits == 0) {
    if (it->at >= hp_words(s->universe)) return 0;
    it->bits = s->bits[it->at++];
  }
  *id = (uint32_t)((it->at - 1) * 64 + hp_lowest(it->bits));
  it->bits &= it->bits - 1;
  return 1;
}

/* The same a word of bits at a time: those in which there are ids. */
static inline int hp_ids_next_word(hp_IdIter *it, size_t *w, uint64_t *bits) {
  const hp_IdSet *s = it->set;
  if (s->bits == NULL) {
    if (it->at >= s->n) return 0;
    *w = s->ids[it->at] / 64;
    for (*bits = 0; it->at < s->n && s->ids[it->at] / 64 == *w; it->at++)
      *bits |= (uint64_t)1 << (s->ids[it->at] & 63);
    return 1;
  }
  for (; it->at < hp_words(s->universe); it->at++) {
    if (s->bits[it->at] == 0) continue;
    *w = it->at;
    *bits = s->bits[it->at++];
    return 1;
  }
  return 0;
}

/* The k-th id (0-based; k < n). */
uint32_t hp_idset_at(const hp_IdSet *s, uint32_t k);

#endif
