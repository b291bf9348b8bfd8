/* Referrers and referents: see reverse.h. */
#include "reverse.h"

#include "base/sort.h"
#include "edge.h"
#include "idset.h"

/* ---- neighbours of a set -------------------------------------------------- */

HP_PART const uint32_t *shapes_of(const hp_Reverse *r, uint32_t id, const uint32_t **last) {
  if (!hp_bit_get(r->shared.bits, id)) return *last = r->shapes.at;
  return hp_bucket(&r->shapes, hp_ranked_at(&r->shared, id), last);
}

static uint32_t count(const hp_Buckets *b, uint32_t key) {
  return b->first[key + 1] - b->first[key];
}

static void mark_list(const uint32_t *at, const uint32_t *end, uint64_t *bits) {
  for (; at < end; at++) hp_bit_set(bits, *at);
}

/* Lists of neighbours lie together: of ids from 'id' on, as many as 'run' has low bits in a row.
** How many these are. */
static unsigned mark_run(const hp_Buckets *b, uint32_t id, uint64_t run, uint64_t *bits) {
  unsigned n = ~run == 0 ? 64 : hp_lowest(~run);
  mark_list(b->at + b->first[id], b->at + b->first[id + n], bits);
  return n;
}

static void mark_holders(const hp_Reverse *r, const uint64_t *in, size_t words, uint64_t *bits) {
  size_t w;
  for (w = 0; w < words; w++) {
    uint64_t left = in[w];
    while (left != 0) {
      unsigned at = hp_lowest(left);
      unsigned n = mark_run(&r->objects, (uint32_t)w * 64 + at, left >> at, bits);
      left = at + n < 64 ? left >> (at + n) << (at + n) : 0;
    }
  }
}

HP_PART void mark_members(const hp_Reverse *r, uint32_t id, uint64_t *bits, uint64_t *shapes) {
  const uint32_t *last, *shape = shapes_of(r, id, &last);
  for (; shape < last; shape++) {
    const uint32_t *end, *at = hp_bucket(&r->members, *shape, &end);
    if (hp_bit_get(shapes, *shape)) continue;
    hp_bit_set(shapes, *shape);
    mark_list(at, end, bits);
  }
}

/* Of what shapes refer to. */
HP_HOT static void mark_all_members(const hp_Reverse *r, const uint64_t *in, size_t words,
                                    uint64_t *bits, uint64_t *shapes) {
  size_t w;
  for (w = 0; w < words; w++) {
    uint64_t left = in[w] & r->shared.bits[w];
    for (; left != 0; left = hp_without_lowest(left))
      mark_members(r, (uint32_t)w * 64 + hp_lowest(left), bits, shapes);
  }
}

static int referrers_dense(const hp_Graph *g, const hp_IdSet *in, hp_IdSet *out) {
  size_t words = hp_words(g->n), nshapes = hp_words(g->shapes.shapes.n);
  uint64_t *bits = hp_new(uint64_t, words), *shapes = hp_new(uint64_t, nshapes);
  uint64_t *of = hp_idset_to_bits(in);
  int rc = HP_ENOMEM;
  if (bits != NULL && shapes != NULL && of != NULL) {
    mark_holders(g->reverse, of, words, bits);
    mark_all_members(g->reverse, of, words, bits, shapes);
    rc = hp_idset_from_bits(out, bits, g->n);
  }
  hp_delete(bits, words);
  hp_delete(shapes, nshapes);
  hp_delete(of, words);
  return rc;
}

/* ---- few referrers: in time that depends on them, not on the heap ---------- */

/* How many references there are to members of 'in', up to a limit. */
static size_t references_to(const hp_Reverse *r, const hp_IdSet *in, size_t limit) {
  hp_IdIter it;
  size_t n = 0;
  uint32_t id;
  for (hp_ids_begin(&it, in); n < limit && hp_ids_next(&it, &id);) {
    const uint32_t *last, *shape = shapes_of(r, id, &last);
    n += count(&r->objects, id);
    for (; n < limit && shape < last; shape++) n += 1 + count(&r->members, *shape);
  }
  return n;
}

static uint32_t *copy_list(const hp_Buckets *b, uint32_t key, uint32_t *out) {
  const uint32_t *last, *at = hp_bucket(b, key, &last);
  while (at < last) *out++ = *at++;
  return out;
}

static uint32_t *list_referrers(const hp_Reverse *r, uint32_t id, uint32_t *out) {
  const uint32_t *last, *shape = shapes_of(r, id, &last);
  out = copy_list(&r->objects, id, out);
  for (; shape < last; shape++) out = copy_list(&r->members, *shape, out);
  return out;
}

#define FEW 64 /* so many need no memory of their own */

static int referrers_sparse(const hp_Graph *g, const hp_IdSet *in, size_t room, hp_IdSet *out) {
  uint32_t few[FEW], *ids = room <= FEW ? few : hp_new(uint32_t, room), *last = ids, id;
  hp_IdIter it;
  int rc;
  if (ids == NULL) return HP_ENOMEM;
  for (hp_ids_begin(&it, in); hp_ids_next(&it, &id);) last = list_referrers(g->reverse, id, last);
  rc = hp_idset_from_ids(out, ids, hp_sort_unique(ids, (uint32_t)(last - ids)), g->n);
  if (ids != few) hp_delete(ids, room);
  return rc;
}

int hp_referrers(hp_Graph *g, const hp_IdSet *in, hp_IdSet *out) {
  size_t limit = g->n / 64, n;
  int rc = g->reverse != NULL ? HP_OK : hp_reverse_build(g);
  if (rc != HP_OK) return rc;
  n = in->bits == NULL ? references_to(g->reverse, in, limit) : limit;
  return n < limit ? referrers_sparse(g, in, n, out) : referrers_dense(g, in, out);
}

int hp_referrers_or_all(hp_Graph *g, const hp_IdSet *in, hp_IdSet *out, int *whole) {
  *whole = in->n >= g->n / 4;
  return *whole ? HP_OK : hp_referrers(g, in, out);
}

/* What heapy alone holds is not shown, even where the program refers to it. */
int hp_referents(const hp_Graph *g, const hp_IdSet *in, hp_IdSet *out) {
  uint64_t *bits = hp_new(uint64_t, hp_words(g->n));
  hp_IdIter it;
  hp_EdgeIter e;
  uint32_t id;
  int rc;
  if (bits == NULL) return HP_ENOMEM;
  for (hp_ids_begin(&it, in); hp_ids_next(&it, &id);) {
    hp_edges_begin(&e, g, id);
    while (hp_edges_next(&e))
      if (hp_edge_holds(&e) && !hp_bit_get(g->own, e.to)) hp_bit_set(bits, e.to);
  }
  rc = hp_idset_from_bits(out, bits, g->n);
  hp_delete(bits, hp_words(g->n));
  return rc;
}
