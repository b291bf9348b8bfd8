/* Reverse edges: see reverse.h. */
#include "reverse.h"

#include "base/sort.h"
#include "edge.h"
#include "idset.h"

#include <string.h>

void hp_reverse_free(hp_Reverse *r) {
  if (r == NULL) return;
  hp_delete(r->first, (size_t)r->n + 1);
  hp_delete(r->from, r->nfrom);
  hp_delete(r->shape_first, (size_t)r->n + 1);
  hp_delete(r->shape_from, r->nshape_from);
  hp_delete(r->member_first, (size_t)r->nshapes + 1);
  hp_delete(r->member, r->nmember);
  hp_delete(r, 1);
}

size_t hp_reverse_bytes(const hp_Reverse *r) {
  size_t words;
  if (r == NULL) return 0;
  words = 2 * ((size_t)r->n + 1) + r->nshapes + 1 + r->nfrom + r->nshape_from + r->nmember;
  return sizeof *r + words * sizeof(uint32_t);
}

#define AHEAD 24 /* edges; objects are gone through downwards */

/* ---- which objects and shapes refer to anything --------------------------- */

static int refers(const hp_Graph *g, uint32_t id) {
  return hp_bit_get(g->reachable, id) && hp_graph_type(g, id) != HP_STRING;
}

static int has_own_edges(const hp_Shape *s) { return s->keys || s->common != HP_NONE; }

/* One step of building: what to do with the reference from -> to. */
typedef void (*Step)(hp_Reverse *r, uint32_t from, uint32_t to);

static void count_edge(hp_Reverse *r, uint32_t from, uint32_t to) {
  (void)from;
  r->first[to]++;
}

static void fill_edge(hp_Reverse *r, uint32_t from, uint32_t to) { r->from[--r->first[to]] = from; }

static void count_shape_edge(hp_Reverse *r, uint32_t from, uint32_t to) {
  (void)from;
  r->shape_first[to]++;
}

static void fill_shape_edge(hp_Reverse *r, uint32_t from, uint32_t to) {
  r->shape_from[--r->shape_first[to]] = from;
}

static void each_holding_edge(const hp_Graph *g, hp_Reverse *r, uint32_t id, Step step) {
  hp_EdgeIter it;
  hp_edges_begin(&it, g, id);
  while (hp_edges_next(&it))
    if (hp_edge_holds(&it)) step(r, id, it.to);
}

/* References of a shape: of all its objects, or of none. */
static void each_shape_edge(const hp_Graph *g, hp_Reverse *r, uint32_t shape, Step step) {
  const hp_Shape *s = &g->shapes.shapes.at[shape];
  const hp_Item *item = g->shapes.items.at + s->item, *end = item + s->nitems;
  if (s->weak) return;
  if (s->common != HP_NONE) step(r, shape, s->common);
  for (; item < end && s->keys; item++)
    if (hp_item_has_key(*item)) step(r, shape, item->arg);
}

/* The object's own references, in descending order of ids so that filling from
** the back leaves every list ascending. */
static inline void each_edge(const hp_Graph *g, hp_Reverse *r, int fill) {
  uint32_t id;
  for (id = g->n; id-- > 0;) {
    const uint32_t *to = g->to.at + g->node[id].edge, *end = g->to.at + g->node[id + 1].edge;
    if (!refers(g, id)) continue;
    if (!hp_graph_is_plain(g, id)) {
      each_holding_edge(g, r, id, fill ? fill_edge : count_edge);
      continue;
    }
    for (; to < end; to++) {
      if (to - g->to.at >= AHEAD) __builtin_prefetch(&r->first[to[-AHEAD]]);
      if (fill)
        r->from[--r->first[*to]] = id;
      else
        r->first[*to]++;
    }
  }
}

/* Counts become the end of each list; filling turns ends into beginnings. */
static int sums(uint32_t *first, size_t n, size_t *total) {
  size_t i;
  uint64_t sum = 0;
  for (i = 0; i < n; i++) {
    sum += first[i];
    first[i] = (uint32_t)sum;
  }
  first[n] = (uint32_t)sum;
  *total = (size_t)sum;
  return sum < UINT32_MAX ? HP_OK : HP_ELIMIT;
}

static int build_edges(const hp_Graph *g, hp_Reverse *r) {
  size_t total;
  int rc;
  r->first = hp_new(uint32_t, (size_t)r->n + 1);
  if (r->first == NULL) return HP_ENOMEM;
  each_edge(g, r, 0);
  if ((rc = sums(r->first, r->n, &total)) != HP_OK) return rc;
  if ((r->from = hp_new(uint32_t, total)) == NULL) return HP_ENOMEM;
  r->nfrom = total;
  each_edge(g, r, 1);
  return HP_OK;
}

static int build_shape_edges(const hp_Graph *g, hp_Reverse *r) {
  size_t total;
  uint32_t s;
  int rc;
  r->shape_first = hp_new(uint32_t, (size_t)r->n + 1);
  if (r->shape_first == NULL) return HP_ENOMEM;
  for (s = r->nshapes; s-- > 0;) each_shape_edge(g, r, s, count_shape_edge);
  if ((rc = sums(r->shape_first, r->n, &total)) != HP_OK) return rc;
  if ((r->shape_from = hp_new(uint32_t, total)) == NULL) return HP_ENOMEM;
  r->nshape_from = total;
  for (s = r->nshapes; s-- > 0;) each_shape_edge(g, r, s, fill_shape_edge);
  return HP_OK;
}

static int is_member(const hp_Graph *g, uint32_t id) {
  const hp_Shape *s;
  if (!refers(g, id)) return 0;
  s = hp_graph_shape(g, id);
  return has_own_edges(s) && !s->weak;
}

static int build_members(const hp_Graph *g, hp_Reverse *r) {
  size_t total;
  uint32_t id;
  int rc;
  r->member_first = hp_new(uint32_t, (size_t)r->nshapes + 1);
  if (r->member_first == NULL) return HP_ENOMEM;
  for (id = 0; id < r->n; id++)
    if (is_member(g, id)) r->member_first[g->node[id].aux]++;
  if ((rc = sums(r->member_first, r->nshapes, &total)) != HP_OK) return rc;
  if ((r->member = hp_new(uint32_t, total)) == NULL) return HP_ENOMEM;
  r->nmember = total;
  for (id = r->n; id-- > 0;)
    if (is_member(g, id)) r->member[--r->member_first[g->node[id].aux]] = id;
  return HP_OK;
}

/* Builds g->reverse unless it is there. */
static int need_reverse(hp_Graph *g) {
  hp_Reverse *r;
  int rc;
  if (g->reverse != NULL) return HP_OK;
  if ((r = hp_new(hp_Reverse, 1)) == NULL) return HP_ENOMEM;
  r->n = g->n;
  r->nshapes = (uint32_t)g->shapes.shapes.n;
  rc = build_edges(g, r);
  if (rc == HP_OK) rc = build_shape_edges(g, r);
  if (rc == HP_OK) rc = build_members(g, r);
  if (rc == HP_OK)
    g->reverse = r;
  else
    hp_reverse_free(r);
  return rc;
}

/* ---- neighbours of a set -------------------------------------------------- */

static void mark_shape(const hp_Reverse *r, uint32_t shape, uint64_t *bits) {
  uint32_t i;
  for (i = r->member_first[shape]; i < r->member_first[shape + 1]; i++)
    hp_bit_set(bits, r->member[i]);
}

static void mark_referrers(const hp_Reverse *r, uint32_t id, uint64_t *bits, uint64_t *shapes) {
  uint32_t i;
  for (i = r->first[id]; i < r->first[id + 1]; i++) hp_bit_set(bits, r->from[i]);
  for (i = r->shape_first[id]; i < r->shape_first[id + 1]; i++) {
    uint32_t shape = r->shape_from[i];
    if (hp_bit_get(shapes, shape)) continue;
    hp_bit_set(shapes, shape);
    mark_shape(r, shape, bits);
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
  uint32_t id, i;
  for (hp_ids_begin(&it, in); n < limit && hp_ids_next(&it, &id);) {
    n += r->first[id + 1] - r->first[id];
    for (i = r->shape_first[id]; n < limit && i < r->shape_first[id + 1]; i++)
      n += 1 + r->member_first[r->shape_from[i] + 1] - r->member_first[r->shape_from[i]];
  }
  return n;
}

static uint32_t *list_referrers(const hp_Reverse *r, uint32_t id, uint32_t *at) {
  uint32_t i, k;
  for (i = r->first[id]; i < r->first[id + 1]; i++) *at++ = r->from[i];
  for (i = r->shape_first[id]; i < r->shape_first[id + 1]; i++) {
    uint32_t shape = r->shape_from[i];
    for (k = r->member_first[shape]; k < r->member_first[shape + 1]; k++) *at++ = r->member[k];
  }
  return at;
}

static int referrers_sparse(const hp_Graph *g, const hp_IdSet *in, size_t room, hp_IdSet *out) {
  uint32_t *list = hp_new(uint32_t, room), *end = list, id;
  hp_IdIter it;
  int rc;
  if (list == NULL) return HP_ENOMEM;
  for (hp_ids_begin(&it, in); hp_ids_next(&it, &id);) end = list_referrers(g->reverse, id, end);
  rc = hp_idset_from_ids(out, list, hp_sort_unique(list, (uint32_t)(end - list)), g->n);
  hp_delete(list, room);
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
