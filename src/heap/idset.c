/* Sets of ids: see idset.h. */
#include "idset.h"

#include "base/sort.h"

#include <string.h>

void hp_idset_free(hp_IdSet *s) {
  hp_delete(s->bits, hp_words(s->universe));
  hp_delete(s->ids, s->n);
  s->bits = NULL;
  s->ids = NULL;
  s->n = 0;
}

static int is_sparse(size_t n, size_t universe) { return n * 32 < universe || n == 0; }

HP_HOT static size_t count_bits(const uint64_t *bits, size_t words) {
  size_t n = 0, w;
  for (w = 0; w < words; w++) n += hp_popcount(bits[w]);
  return n;
}

static void list_bits(const uint64_t *bits, size_t words, uint32_t *ids) {
  size_t w, n = 0;
  for (w = 0; w < words; w++) {
    uint64_t left = bits[w];
    for (; left != 0; left &= left - 1) ids[n++] = (uint32_t)(w * 64 + hp_lowest(left));
  }
}

int hp_idset_from_bits(hp_IdSet *s, const uint64_t *bits, uint32_t universe) {
  size_t words = hp_words(universe), n = count_bits(bits, words);
  hp_IdSet new = {(uint32_t)n, universe, NULL, NULL};
  if (is_sparse(n, universe)) {
    new.ids = hp_new(uint32_t, n);
    if (new.ids == NULL) return HP_ENOMEM;
    list_bits(bits, words, new.ids);
  } else {
    new.bits = hp_new(uint64_t, words);
    if (new.bits == NULL) return HP_ENOMEM;
    memcpy(new.bits, bits, words * sizeof *bits);
  }
  *s = new;
  return HP_OK;
}

int hp_idset_from_ids(hp_IdSet *s, const uint32_t *ids, uint32_t n, uint32_t universe) {
  hp_IdSet new = {n, universe, NULL, NULL};
  uint32_t i;
  if (is_sparse(n, universe)) {
    new.ids = hp_new(uint32_t, n);
    if (new.ids == NULL) return HP_ENOMEM;
    if (n > 0) memcpy(new.ids, ids, n * sizeof *ids);
  } else {
    new.bits = hp_new(uint64_t, hp_words(universe));
    if (new.bits == NULL) return HP_ENOMEM;
    for (i = 0; i < n; i++) hp_bit_set(new.bits, ids[i]);
  }
  *s = new;
  return HP_OK;
}

int hp_idset_has(const hp_IdSet *s, uint32_t id) {
  size_t i;
  if (id >= s->universe) return 0;
  if (s->bits != NULL) return (int)hp_bit_get(s->bits, id);
  i = hp_lower_bound(s->ids, s->n, sizeof *s->ids, id);
  return i < s->n && s->ids[i] == id;
}

uint64_t *hp_idset_to_bits(const hp_IdSet *s) {
  uint64_t *bits = hp_new(uint64_t, hp_words(s->universe));
  uint32_t i;
  if (bits == NULL) return NULL;
  if (s->bits != NULL)
    memcpy(bits, s->bits, hp_words(s->universe) * sizeof *bits);
  else
    for (i = 0; i < s->n; i++) hp_bit_set(bits, s->ids[i]);
  return bits;
}

static void combine_bits(uint64_t *a, const uint64_t *b, size_t words, hp_SetOp op) {
  size_t w;
  for (w = 0; w < words; w++) switch (op) {
      case HP_OR: a[w] |= b[w]; break;
      case HP_AND: a[w] &= b[w]; break;
      case HP_MINUS: a[w] &= ~b[w]; break;
      case HP_XOR: a[w] ^= b[w]; break;
    }
}

static int combine_dense(hp_IdSet *out, const hp_IdSet *a, const hp_IdSet *b, hp_SetOp op) {
  size_t words = hp_words(a->universe);
  uint64_t *x = hp_idset_to_bits(a), *y = hp_idset_to_bits(b);
  int rc = HP_ENOMEM;
  if (x != NULL && y != NULL) {
    combine_bits(x, y, words, op);
    rc = hp_idset_from_bits(out, x, a->universe);
  }
  hp_delete(x, words);
  hp_delete(y, words);
  return rc;
}

/* Does an id that is in a, in b, or in both belong to the result? */
static int belongs(hp_SetOp op, int in_a, int in_b) {
  switch (op) {
    case HP_OR: return 1;
    case HP_AND: return in_a && in_b;
    case HP_MINUS: return in_a && !in_b;
    default: return in_a != in_b;
  }
}

static int combine_sparse(hp_IdSet *out, const hp_IdSet *a, const hp_IdSet *b, hp_SetOp op) {
  size_t cap = (size_t)a->n + b->n;
  uint32_t *ids = hp_new(uint32_t, cap), n = 0, i = 0, j = 0;
  int rc;
  if (ids == NULL) return HP_ENOMEM;
  while (i < a->n || j < b->n) {
    uint32_t x = i < a->n ? a->ids[i] : UINT32_MAX, y = j < b->n ? b->ids[j] : UINT32_MAX;
    uint32_t id = x < y ? x : y;
    if (belongs(op, x == id, y == id)) ids[n++] = id;
    i += x == id;
    j += y == id;
  }
  rc = hp_idset_from_ids(out, ids, n, a->universe);
  hp_delete(ids, cap);
  return rc;
}

int hp_idset_combine(hp_IdSet *out, const hp_IdSet *a, const hp_IdSet *b, hp_SetOp op) {
  if (a->bits == NULL && b->bits == NULL) return combine_sparse(out, a, b, op);
  return combine_dense(out, a, b, op);
}

int hp_idset_subset(const hp_IdSet *a, const hp_IdSet *b) {
  hp_IdIter it;
  uint32_t id;
  if (a->n > b->n) return 0;
  for (hp_ids_begin(&it, a); hp_ids_next(&it, &id);)
    if (!hp_idset_has(b, id)) return 0;
  return 1;
}

int hp_idset_equal(const hp_IdSet *a, const hp_IdSet *b) {
  return a->n == b->n && hp_idset_subset(a, b);
}

uint32_t hp_idset_at(const hp_IdSet *s, uint32_t k) {
  size_t w;
  if (s->bits == NULL) return s->ids[k];
  for (w = 0;; w++) {
    uint64_t bits = s->bits[w];
    uint32_t here = hp_popcount(bits);
    if (k >= here) {
      k -= here;
      continue;
    }
    for (; k > 0; k--) bits &= bits - 1;
    return (uint32_t)(w * 64 + hp_lowest(bits));
  }
}
