/* Objects 64 at a time, and the references that they have, as a list that is gone through with no
** look at whose they are. Who has how many, and of which type he is, no processor can foretell; a
** guess that was wrong takes longer than some references. */
#ifndef HP_GROUP_H
#define HP_GROUP_H

#include "graph.h"

#include <string.h>

#define HP_GROUP 64    /* objects of one word of a bit array */
#define HP_GROUP_FEW 8 /* references, written at once; of an object with more they are taken one by
                          one */

typedef struct hp_Group {
  uint32_t n;
  uint32_t to[(HP_GROUP + 1) * HP_GROUP_FEW];
  uint32_t owner[(HP_GROUP + 1) * HP_GROUP_FEW];
} hp_Group;

static inline uint32_t hp_references(const hp_Graph *g, uint32_t id) {
  return g->node[id + 1].edge - g->node[id].edge;
}

/* Takes bits from the top of *objects, which are those of word 'w', up to one that is odd or has
** more than a few references, and lists the references of these objects in the order taken. */
static inline void hp_group_take(const hp_Graph *g, size_t w, uint64_t *objects, uint64_t odd,
                                 hp_Group *out) {
  uint64_t left = *objects;
  uint32_t n = 0, k;
  while (left != 0) {
    uint32_t bit = hp_highest(left), id = (uint32_t)w * HP_GROUP + bit, more = hp_references(g, id);
    uint32_t *owner = out->owner + n;
    if (more > HP_GROUP_FEW || (odd >> bit & 1)) break;
    memcpy(out->to + n, g->to.at + g->node[id].edge, HP_GROUP_FEW * sizeof *out->to);
    for (k = 0; k < HP_GROUP_FEW; k++) owner[k] = id;
    n += more; /* those too many are written over */
    left ^= (uint64_t)1 << bit;
  }
  *objects = left;
  out->n = n;
}

#endif
