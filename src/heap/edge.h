/* The edges of one object, one by one, in the walk's order.
**
**   hp_EdgeIter it;
**   hp_edges_begin(&it, g, id);
**   while (hp_edges_next(&it)) ... it.to, it.item, it.index, it.strength ...
*/
#ifndef HP_EDGE_H
#define HP_EDGE_H

#include "graph.h"

typedef enum hp_Strength {
  HP_STRONG,
  HP_WEAK,
  HP_EPHEMERON /* strong while the entry's key (it.key) lives */
} hp_Strength;

typedef struct hp_EdgeIter {
  const hp_Graph *g;
  const hp_Shape *shape;
  const hp_Item *item, *end; /* next item */
  uint32_t next, left;       /* next entry of 'to', and how many of this run are left */
  /* the edge: */
  hp_ItemKind kind; /* its label; HP_I_KEY and HP_I_METATABLE too */
  uint32_t arg;     /* for a run: the index; for an entry, and its key: the item's arg */
  uint32_t key;     /* for the value of an entry: the key's id, or HP_NONE */
  uint32_t to;
  hp_ItemKind entry; /* for HP_I_KEY: the item's kind */
  hp_Strength strength;
  uint8_t stage;
} hp_EdgeIter;

void hp_edges_begin(hp_EdgeIter *it, const hp_Graph *g, uint32_t id);
int hp_edges_next(hp_EdgeIter *it);

/* Fetches ahead what the edges a little further on lead to: its info, and its place in 'at'. (It is
** HP_PART as gcc leaves out calls of what it sees to do nothing but fetch.) */
HP_PART void hp_edges_fetch(const hp_EdgeIter *it, const uint32_t *at) {
  const hp_Graph *g = it->g;
  if (it->key != HP_NONE) return; /* done with the entry's key */
  if (it->end - it->item > HP_AHEAD && hp_item_has_key(it->item[HP_AHEAD])) {
    uint32_t key = it->item[HP_AHEAD].arg;
    __builtin_prefetch(&g->info[key]);
    __builtin_prefetch(&at[key], 1);
  }
  if (g->to.n - it->next > HP_AHEAD) {
    uint32_t to = g->to.at[it->next + HP_AHEAD];
    __builtin_prefetch(&g->info[to]);
    __builtin_prefetch(&at[to], 1);
  }
}

/* The entries of a table under names (short strings) that hold objects; none of what
** is no table. Runs are passed over at a stride, so an array costs nothing. */
typedef struct hp_FieldIter {
  const hp_Graph *g;
  const hp_Item *item, *end; /* next item */
  uint32_t next;             /* next entry of 'to' */
  uint32_t key, to;          /* the field: ids */
} hp_FieldIter;

void hp_fields_begin(hp_FieldIter *it, const hp_Graph *g, uint32_t id);
int hp_fields_next(hp_FieldIter *it);

/* Once reachability is known: does the edge hold what it refers to? */
static inline int hp_edge_holds(const hp_EdgeIter *it) {
  if (it->strength == HP_EPHEMERON) return (int)hp_bit_get(it->g->reachable, it->key);
  return it->strength == HP_STRONG;
}

#endif
