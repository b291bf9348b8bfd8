/* By the kinds of what refers to an object: each referrer adds its kind to all that
** it refers to; what a shape refers to gets a kind once for the shape. */
#include "mixed.h"

#include "heap/reverse.h"
#include "kind.h"

#include <string.h>

#define AHEAD 16 /* references */

typedef struct Rcs {
  const hp_Graph *g;
  hp_Mixed *mixed;
  uint32_t *shapes; /* per shape: the kind that its references got last, + 1 */
  hp_Group group;   /* the objects at hand */
} Rcs;

/* What all objects of a shape refer to: mostly they are of one kind. */
static int see_shape(Rcs *w, uint32_t shape, uint32_t kind) {
  const hp_Shape *s = &w->g->shapes.shapes.at[shape];
  const hp_Item *item = w->g->shapes.items.at + s->item, *end = item + s->nitems;
  int rc = HP_OK;
  if (w->shapes[shape] == kind + 1) return HP_OK;
  w->shapes[shape] = kind + 1;
  if (s->common != HP_NONE) rc = hp_mixed_add(w->mixed, s->common, kind);
  for (; item < end && s->keys && rc == HP_OK; item++)
    if (hp_item_has_key(*item)) rc = hp_mixed_add(w->mixed, item->arg, kind);
  return rc;
}

static int see_values(Rcs *w, uint32_t from) {
  const hp_Graph *g = w->g;
  uint32_t kind = g->kind[from];
  const uint32_t *to = g->to.at + g->node[from].edge, *end = g->to.at + g->node[from + 1].edge;
  const uint32_t *last = g->to.at + g->to.n;
  int rc = HP_OK;
  for (; to < end && rc == HP_OK; to++) {
    if (last - to > AHEAD) __builtin_prefetch(&w->mixed->combo[to[AHEAD]], 1);
    rc = hp_mixed_add(w->mixed, *to, kind);
  }
  return rc;
}

static int see_one_by_one(Rcs *w, uint32_t from) {
  uint32_t kind = w->g->kind[from];
  hp_EdgeIter it;
  int rc = HP_OK;
  hp_edges_begin(&it, w->g, from);
  while (rc == HP_OK && hp_edges_next(&it))
    if (hp_edge_holds(&it)) rc = hp_mixed_add(w->mixed, it.to, kind);
  return rc;
}

/* ---- all referrers ---------------------------------------------------------- */

/* What the shapes of these objects refer to. */
static int see_shapes(Rcs *w, uint32_t from, uint64_t members) {
  const hp_Graph *g = w->g;
  int rc = HP_OK;
  for (; members != 0 && rc == HP_OK; members = hp_without_lowest(members)) {
    uint32_t id = from + hp_lowest(members), shape = g->node[id].aux;
    if (w->shapes[shape] != g->kind[id] + 1u) rc = see_shape(w, shape, g->kind[id]);
  }
  return rc;
}

static int number_of(const void *kinds, uint32_t id, uint32_t *at) {
  hp_group_repeat(((const uint16_t *)kinds)[id], at);
  return 1;
}

static int see_word(Rcs *w, size_t word, uint64_t objects) {
  const hp_Graph *g = w->g;
  uint64_t odd = objects & hp_graph_flagged(g, word, HP_INFO_ODD), left = objects ^ odd;
  uint32_t from = (uint32_t)(word * HP_GROUP);
  int rc = see_shapes(w, from, left & hp_graph_flagged(g, word, HP_INFO_SHARES));
  while (left != 0 && rc == HP_OK) {
    if (hp_group_take(g, word, &left, number_of, g->kind, &w->group)) {
      rc = hp_mixed_add_group(w->mixed, &w->group);
    } else {
      rc = see_values(w, from + hp_lowest(left));
      left = hp_without_lowest(left);
    }
  }
  for (; odd != 0 && rc == HP_OK; odd = hp_without_lowest(odd))
    rc = see_one_by_one(w, from + hp_lowest(odd));
  return rc;
}

static int see_whole(Rcs *w) {
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < hp_words(w->g->n) && rc == HP_OK; i++) rc = see_word(w, i, hp_holders(w->g, i));
  return rc;
}

static int see_part(Rcs *w, const hp_IdSet *referrers) {
  hp_IdIter it;
  uint64_t bits;
  size_t i;
  int rc = HP_OK;
  for (hp_ids_begin(&it, referrers); rc == HP_OK && hp_ids_next_word(&it, &i, &bits);)
    rc = see_word(w, i, bits);
  return rc;
}

int hp_classify_rcs(hp_Graph *g, const hp_IdSet *set, hp_Classified *out) {
  size_t nshapes = g->shapes.shapes.n;
  hp_IdSet referrers = {0, 0, NULL, NULL};
  Rcs w;
  int whole, rc = hp_referrers_or_all(g, set, &referrers, &whole);
  memset(&w, 0, sizeof w);
  w.g = g;
  w.mixed = hp_mixed_new(g, set, &g->kinds->names);
  w.shapes = hp_new(uint32_t, nshapes);
  if (rc == HP_OK && (w.mixed == NULL || w.shapes == NULL)) rc = HP_ENOMEM;
  if (rc == HP_OK) rc = whole ? see_whole(&w) : see_part(&w, &referrers);
  if (rc == HP_OK) rc = hp_mixed_finish(w.mixed, set, out);
  if (rc != HP_OK) hp_mixed_free(w.mixed);
  hp_delete(w.shapes, nshapes);
  hp_idset_free(&referrers);
  return rc;
}
