/* Who refers to an object: the graph's edges turned round.
**
** Built on first need, in counting order: how many, prefix sums, fill. A
** reference that belongs to a shape (a key, the metatable) is kept once, from
** the shape; the objects of each shape are listed beside. Only objects of the
** program count as referrers, and only references that hold: weak ones do not. */
#ifndef HP_REVERSE_H
#define HP_REVERSE_H

#include "graph.h"

typedef struct hp_Reverse {
  uint32_t n, nshapes;
  uint32_t *first; /* n + 1: referrers of id are from[first[id]] .. from[first[id + 1]] */
  uint32_t *from;
  size_t nfrom;
  uint32_t *shape_first; /* n + 1: shapes that refer to id, in shape_from */
  uint32_t *shape_from;
  size_t nshape_from;
  uint32_t *member_first; /* nshapes + 1: objects of a shape that refers to something */
  uint32_t *member;
  size_t nmember;
} hp_Reverse;

void hp_reverse_free(hp_Reverse *r);
size_t hp_reverse_bytes(const hp_Reverse *r);

/* Marks in 'out' (bits of all ids) every object that refers to a member of 'in'. */
struct hp_IdSet;
int hp_referrers(hp_Graph *g, const struct hp_IdSet *in, struct hp_IdSet *out);

/* For one who goes forwards through all referrers of a set: *whole = 0 and the referrers; or,
** where the set is a large part of the heap, *whole = 1 and all that may refer to anything,
** for which the reverse edges are not needed. */
int hp_referrers_or_all(hp_Graph *g, const struct hp_IdSet *in, struct hp_IdSet *out, int *whole);

/* Likewise the objects that members of 'in' refer to. */
int hp_referents(const hp_Graph *g, const struct hp_IdSet *in, struct hp_IdSet *out);

#endif
