/* Who refers to an object: the graph's edges turned round.
**
** Built on first need, in counting order: how many, prefix sums, fill. A
** reference that belongs to a shape (a key, the metatable) is kept once, from
** the shape; the objects of each shape are listed beside. Few objects are keys or
** metatables: lists are for these alone. Only objects of the program count as
** referrers, and only references that hold: weak ones do not. */
#ifndef HP_REVERSE_H
#define HP_REVERSE_H

#include "base/ranked.h"
#include "graph.h"
#include "idset.h"

/* For each key below n, a list: at[first[key]] .. at[first[key + 1]], ascending. ('first' is
** n + 2 long.) */
typedef struct hp_Buckets {
  size_t n, total;
  uint32_t *first, *at;
} hp_Buckets;

/* The list of a key, and where it ends. */
static inline const uint32_t *hp_bucket(const hp_Buckets *b, uint32_t key, const uint32_t **end) {
  *end = b->at + b->first[key + 1];
  return b->at + b->first[key];
}

typedef struct hp_Reverse {
  hp_Buckets objects; /* by id: the objects that refer to it */
  hp_Ranked shared;   /* the ids that shapes refer to, */
  hp_Buckets shapes;  /* and by rank in there: which */
  hp_Buckets members; /* by shape: its objects, where it refers to something */
} hp_Reverse;

/* Builds g->reverse, which is not there. On failure it still is not. */
int hp_reverse_build(hp_Graph *g);
void hp_reverse_free(hp_Arena *a, hp_Reverse *r);
/* Besides what is in the arena. r may be NULL. */
size_t hp_reverse_bytes(const hp_Reverse *r);

/* Marks in 'out' (bits of all ids) every object that refers to a member of 'in'. */
int hp_referrers(hp_Graph *g, const hp_IdSet *in, hp_IdSet *out);

/* For one who goes forwards through all referrers of a set: the referrers; or, where the set is a
** large part of the heap, *whole = 1 and nothing: it is left to him to go through all that may
** refer to anything (hp_holders), for which the reverse edges are not needed. */
int hp_referrers_or_all(hp_Graph *g, const hp_IdSet *in, hp_IdSet *out, int *whole);

/* Word w of the bits of all objects: those of the program that may refer to anything. */
static inline uint64_t hp_holders(const hp_Graph *g, size_t w) {
  return g->reachable[w] & ~hp_graph_where(g, w, HP_INFO_TYPE, HP_STRING);
}

/* Walks through what hp_referrers_or_all found, a word of bits at a time:
**   hp_HolderIter it; size_t w; uint64_t bits;
**   for (hp_holders_begin(&it, g, whole ? NULL : &referrers); hp_holders_next(&it, &w, &bits);) ... */
typedef struct hp_HolderIter {
  const hp_Graph *g;
  hp_IdIter ids; /* of no set: all that may refer to anything */
} hp_HolderIter;

static inline void hp_holders_begin(hp_HolderIter *it, const hp_Graph *g, const hp_IdSet *some) {
  it->g = g;
  hp_ids_begin(&it->ids, some);
}

static inline int hp_holders_next(hp_HolderIter *it, size_t *w, uint64_t *bits) {
  if (it->ids.set != NULL) return hp_ids_next_word(&it->ids, w, bits);
  if (it->ids.at >= hp_words(it->g->n)) return 0;
  *w = it->ids.at++;
  *bits = hp_holders(it->g, *w);
  return 1;
}

/* Marks in 'out' the objects that members of 'in' refer to. */
int hp_referents(const hp_Graph *g, const hp_IdSet *in, hp_IdSet *out);

#endif
