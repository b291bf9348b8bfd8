/* Objects 64 at a time: whose their references are is written down first, and then these are gone
** through as they stand in the store. Who has how many, and of which type he is, no processor can
** foretell; a guess that was wrong takes longer than some references. */
#ifndef HP_GROUP_H
#define HP_GROUP_H

#include "graph.h"

#define HP_GROUP 64    /* objects of one word of a bit array */
#define HP_GROUP_FEW 8 /* references; an object with more is not worth it */
#define HP_GROUP_ROOM ((HP_GROUP + 1) * HP_GROUP_FEW)

typedef struct hp_Group {
  const uint32_t *to; /* some references in a row, */
  uint32_t n;         /* how many, */
  const uint32_t *owner; /* and whose */
  uint32_t room[HP_GROUP_ROOM];
} hp_Group;

static inline uint32_t hp_references(const hp_Graph *g, uint32_t id) {
  return g->node[id + 1].edge - g->node[id].edge;
}

/* Takes bits from the top of *objects, which are those of word 'w', up to one that is odd or has
** more than a few references, or whose references are not right before those of the last one.
** 0, if that is the first. */
static inline int hp_group_take(const hp_Graph *g, size_t w, uint64_t *objects, uint64_t odd,
                                 hp_Group *out) {
  const hp_Node *node = g->node + w * HP_GROUP;
  uint64_t left = *objects;
  int any;
  uint32_t *owner = out->room + HP_GROUP_ROOM, k;
  uint32_t at = left != 0 ? node[hp_highest(left) + 1].edge : 0;
  for (; left != 0; left = hp_without_highest(left)) {
    uint32_t bit = hp_highest(left), edge = node[bit].edge;
    if (at - edge > HP_GROUP_FEW || node[bit + 1].edge != at || (odd >> bit & 1)) break;
    for (k = 1; k <= HP_GROUP_FEW; k++) owner[-(int)k] = (uint32_t)w * HP_GROUP + bit;
    owner -= at - edge; /* those too many are written over */
    at = edge;
  }
  any = left != *objects;
  *objects = left;
  out->n = (uint32_t)(out->room + HP_GROUP_ROOM - owner);
  out->owner = owner;
  out->to = g->to.at + at;
  return any;
}

/* Asks for what is needed of the two words before this one. */
static inline void hp_group_ask(const hp_Graph *g, size_t w) {
  const uint32_t *to;
  unsigned i;
  if (w < 2) return;
  for (i = 0; i < HP_GROUP; i += 8) __builtin_prefetch(&g->node[(w - 2) * HP_GROUP + i]);
  to = g->to.at + g->node[(w - 1) * HP_GROUP].edge;
  for (i = 0; i < 2 * HP_GROUP; i += 16) __builtin_prefetch(to + i);
}

#endif
