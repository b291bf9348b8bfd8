/* Objects 64 at a time: a number is written down for each reference that they have, and then the
** references are gone through as they stand in the store, with no look at whose they are. Who has
** how many, and of which type he is, no processor can foretell; a guess that was wrong takes
** longer than some references. */
#ifndef HP_GROUP_H
#define HP_GROUP_H

#include "graph.h"

#define HP_GROUP 64    /* objects of one word of a bit array */
#define HP_GROUP_FEW 8 /* references; an object with more is not worth it */

typedef struct hp_Group {
  const uint32_t *to; /* some references in a row, */
  uint32_t n;         /* how many, */
  uint32_t number[HP_GROUP * HP_GROUP_FEW]; /* and of each a number */
} hp_Group;

/* Writes HP_GROUP_FEW numbers, of which an object's references get the first. 0: it is to be left
** out, and what was written does not count. */
typedef int (*hp_GroupNumber)(const void *from, uint32_t id, uint32_t *at);

static inline uint32_t hp_references(const hp_Graph *g, uint32_t id) {
  return g->node[id + 1].edge - g->node[id].edge;
}

static inline void hp_group_repeat(uint32_t number, uint32_t *at) {
  unsigned i;
  for (i = 0; i < HP_GROUP_FEW; i++) at[i] = number;
}

/* Takes objects of word 'w', the lowest first, up to one that is left out or has more than a few
** references, or whose references are not right behind those before. 0, if that is the first. */
HP_PART int hp_group_take(const hp_Graph *g, size_t w, uint64_t *objects, hp_GroupNumber number,
                          const void *from, hp_Group *out) {
  const hp_Node *node = g->node + w * HP_GROUP;
  uint64_t left = *objects;
  uint32_t first = left != 0 ? node[hp_lowest(left)].edge : 0, at = first;
  int any;
  for (; left != 0; left = hp_without_lowest(left)) {
    uint32_t bit = hp_lowest(left), n = node[bit + 1].edge - node[bit].edge;
    if (n > HP_GROUP_FEW || node[bit].edge != at) break;
    if (!number(from, (uint32_t)(w * HP_GROUP) + bit, out->number + (at - first))) break;
    at += n; /* numbers too many are written over */
  }
  any = left != *objects;
  *objects = left;
  out->to = g->to.at + first;
  out->n = at - first;
  return any;
}

#endif
