/* Reverse edges: see reverse.h. */
#include "reverse.h"

#include "base/sort.h"
#include "edge.h"
#include "idset.h"

#include <string.h>

/* ---- buckets: counted, summed up, filled ------------------------------------ */

static int begin(hp_Buckets *b, size_t n) {
  b->n = n;
  b->first = hp_new(uint32_t, n + 1);
  return b->first != NULL ? HP_OK : HP_ENOMEM;
}

static void end(hp_Buckets *b) {
  hp_delete(b->first, b->n + 1);
  hp_delete(b->at, b->total);
}

static size_t words(const hp_Buckets *b) { return b->n + 1 + b->total; }

/* Counts become the end of each list; filling turns ends into beginnings. */
static int sum_up(hp_Buckets *b) {
  uint64_t sum = 0;
  size_t i;
  for (i = 0; i < b->n; i++) {
    sum += b->first[i];
    b->first[i] = (uint32_t)sum;
  }
  b->first[b->n] = (uint32_t)sum;
  if (sum >= UINT32_MAX) return HP_ELIMIT;
  b->at = hp_new(uint32_t, sum);
  if (b->at == NULL) return HP_ENOMEM;
  b->total = (size_t)sum;
  return HP_OK;
}

/* Values must come in descending order, so that filling from the back leaves each list
** ascending. */
static inline void put(hp_Buckets *b, uint32_t key, uint32_t value, int fill) {
  if (fill)
    b->at[--b->first[key]] = value;
  else
    b->first[key]++;
}

/* ---- what refers to what ---------------------------------------------------- */

#define AHEAD 24 /* edges; objects are gone through downwards */

static int has_own_edges(const hp_Shape *s) {
  return !s->weak && (s->keys || s->common != HP_NONE);
}

/* One step of building: what to do with a shape's reference to an object. */
typedef void (*Step)(hp_Reverse *r, uint32_t shape, uint32_t to);

static void mark_shared(hp_Reverse *r, uint32_t shape, uint32_t to) {
  (void)shape;
  hp_bit_set(r->shared.bits, to);
}

static void count_shape(hp_Reverse *r, uint32_t shape, uint32_t to) {
  put(&r->shapes, hp_ranked_at(&r->shared, to), shape, 0);
}

static void fill_shape(hp_Reverse *r, uint32_t shape, uint32_t to) {
  put(&r->shapes, hp_ranked_at(&r->shared, to), shape, 1);
}

/* References of shapes, which are those of all their objects. */
static void each_shape_edge(const hp_Graph *g, hp_Reverse *r, Step step) {
  uint32_t shape;
  for (shape = (uint32_t)g->shapes.shapes.n; shape-- > 0;) {
    const hp_Shape *s = &g->shapes.shapes.at[shape];
    const hp_Item *item = g->shapes.items.at + s->item, *last = item + s->nitems;
    if (!has_own_edges(s)) continue;
    if (s->common != HP_NONE) step(r, shape, s->common);
    for (; item < last && s->keys; item++)
      if (hp_item_has_key(*item)) step(r, shape, item->arg);
  }
}

static void each_holding_edge(const hp_Graph *g, hp_Reverse *r, uint32_t id, int fill) {
  hp_EdgeIter it;
  hp_edges_begin(&it, g, id);
  while (hp_edges_next(&it))
    if (hp_edge_holds(&it)) put(&r->objects, it.to, id, fill);
}

static inline void each_plain_edge(const hp_Graph *g, hp_Reverse *r, uint32_t id, int fill) {
  const uint32_t *to = g->to.at + g->node[id].edge, *last = g->to.at + g->node[id + 1].edge;
  hp_Buckets b = r->objects; /* a copy: what is written cannot be its pointers */
  for (; to < last; to++) {
    if (to - g->to.at >= AHEAD) __builtin_prefetch(&b.first[to[-AHEAD]]);
    put(&b, *to, id, fill);
  }
}

/* Where an object's edges are not taken one by one, those it has with others of its shape are
** the shape's. */
HP_PART void each_edge(const hp_Graph *g, hp_Reverse *r, int fill) {
  uint32_t id;
  for (id = g->n; id-- > 0;) {
    if (!hp_bit_get(g->reachable, id) || hp_graph_type(g, id) == HP_STRING) continue;
    if (has_own_edges(hp_graph_shape(g, id))) put(&r->members, g->node[id].aux, id, fill);
    if (hp_graph_is_plain(g, id))
      each_plain_edge(g, r, id, fill);
    else
      each_holding_edge(g, r, id, fill);
  }
}

void hp_reverse_free(hp_Reverse *r) {
  if (r == NULL) return;
  end(&r->objects);
  hp_ranked_free(&r->shared);
  end(&r->shapes);
  end(&r->members);
  hp_delete(r, 1);
}

size_t hp_reverse_bytes(const hp_Reverse *r) {
  if (r == NULL) return 0;
  return sizeof *r + hp_ranked_bytes(&r->shared) +
         (words(&r->objects) + words(&r->shapes) + words(&r->members)) * sizeof(uint32_t);
}

static int build_objects(const hp_Graph *g, hp_Reverse *r) {
  int rc = begin(&r->objects, g->n);
  if (rc == HP_OK) rc = begin(&r->members, g->shapes.shapes.n);
  if (rc != HP_OK) return rc;
  each_edge(g, r, 0);
  rc = sum_up(&r->objects);
  if (rc == HP_OK) rc = sum_up(&r->members);
  if (rc == HP_OK) each_edge(g, r, 1);
  return rc;
}

static int build_shapes(const hp_Graph *g, hp_Reverse *r) {
  int rc = hp_ranked_make(&r->shared, g->n);
  if (rc != HP_OK) return rc;
  each_shape_edge(g, r, mark_shared);
  if ((rc = begin(&r->shapes, hp_ranked_count(&r->shared))) != HP_OK) return rc;
  each_shape_edge(g, r, count_shape);
  if ((rc = sum_up(&r->shapes)) != HP_OK) return rc;
  each_shape_edge(g, r, fill_shape);
  return HP_OK;
}

/* Builds g->reverse unless it is there. */
static int need_reverse(hp_Graph *g) {
  hp_Reverse *r;
  int rc;
  if (g->reverse != NULL) return HP_OK;
  if ((r = hp_new(hp_Reverse, 1)) == NULL) return HP_ENOMEM;
  rc = build_objects(g, r);
  if (rc == HP_OK) rc = build_shapes(g, r);
  if (rc == HP_OK)
    g->reverse = r;
  else
    hp_reverse_free(r);
  return rc;
}

/* ---- neighbours of a set -------------------------------------------------- */

static const uint32_t *shapes_of(const hp_Reverse *r, uint32_t id, const uint32_t **last) {
  if (!hp_bit_get(r->shared.bits, id)) return *last = NULL;
  return hp_bucket(&r->shapes, hp_ranked_at(&r->shared, id), last);
}

static uint32_t count(const hp_Buckets *b, uint32_t key) {
  return b->first[key + 1] - b->first[key];
}

static void mark_all(const hp_Buckets *b, uint32_t key, uint64_t *bits) {
  const uint32_t *last, *at = hp_bucket(b, key, &last);
  for (; at < last; at++) hp_bit_set(bits, *at);
}

static void mark_referrers(const hp_Reverse *r, uint32_t id, uint64_t *bits, uint64_t *shapes) {
  const uint32_t *last, *shape = shapes_of(r, id, &last);
  mark_all(&r->objects, id, bits);
  for (; shape < last; shape++) {
    if (hp_bit_get(shapes, *shape)) continue;
    hp_bit_set(shapes, *shape);
    mark_all(&r->members, *shape, bits);
  }
}

static int referrers_dense(const hp_Graph *g, const hp_IdSet *in, hp_IdSet *out) {
  size_t words = hp_words(g->n), nshapes = hp_words(g->shapes.shapes.n);
  uint64_t *bits = hp_new(uint64_t, words), *shapes = hp_new(uint64_t, nshapes);
  hp_IdIter it;
  uint32_t id;
  int rc = HP_ENOMEM;
  if (bits != NULL && shapes != NULL) {
    for (hp_ids_begin(&it, in); hp_ids_next(&it, &id);)
      mark_referrers(g->reverse, id, bits, shapes);
    rc = hp_idset_from_bits(out, bits, g->n);
  }
  hp_delete(bits, words);
  hp_delete(shapes, nshapes);
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

static int referrers_sparse(const hp_Graph *g, const hp_IdSet *in, size_t room, hp_IdSet *out) {
  uint32_t *ids = hp_new(uint32_t, room), *last = ids, id;
  hp_IdIter it;
  int rc;
  if (ids == NULL) return HP_ENOMEM;
  for (hp_ids_begin(&it, in); hp_ids_next(&it, &id);) last = list_referrers(g->reverse, id, last);
  rc = hp_idset_from_ids(out, ids, hp_sort_unique(ids, (uint32_t)(last - ids)), g->n);
  hp_delete(ids, room);
  return rc;
}

int hp_referrers(hp_Graph *g, const hp_IdSet *in, hp_IdSet *out) {
  size_t limit = g->n / 64, n;
  int rc = need_reverse(g);
  if (rc != HP_OK) return rc;
  n = in->bits == NULL ? references_to(g->reverse, in, limit) : limit;
  return n < limit ? referrers_sparse(g, in, n, out) : referrers_dense(g, in, out);
}

int hp_referrers_or_all(hp_Graph *g, const hp_IdSet *in, hp_IdSet *out, int *whole) {
  size_t words = hp_words(g->n), i;
  uint64_t *bits;
  int rc;
  *whole = in->n >= g->n / 4;
  if (!*whole) return hp_referrers(g, in, out);
  if ((bits = hp_new(uint64_t, words)) == NULL) return HP_ENOMEM;
  hp_graph_of_type(g, HP_STRING, bits);
  for (i = 0; i < words; i++) bits[i] = g->reachable[i] & ~bits[i];
  rc = hp_idset_from_bits(out, bits, g->n);
  hp_delete(bits, words);
  return rc;
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
