/* By the kinds of what refers to an object: each referrer adds its kind to all that
** it refers to; what a shape refers to gets a kind once for the shape, or seldom again: each shape
** knows the kinds that came last. */
#include "mixed.h"

#include "heap/reverse.h"
#include "kind.h"

#include <string.h>

typedef struct Rcs {
  const hp_Graph *g;
  hp_Mixed *mixed;
  uint64_t *shapes; /* per shape: four kinds that its references got, each + 1, the last lowest */
  hp_Group group;   /* the objects at hand */
} Rcs;

_Static_assert(HP_KINDS_MAX < UINT16_MAX, "a kind + 1 has room in a quarter");

/* What all objects of a shape refer to. */
static int see_shape(Rcs *w, uint32_t shape, uint32_t kind) {
  const hp_Shape *s = &w->g->shapes.shapes.at[shape];
  const hp_Item *item = w->g->shapes.items.at + s->item, *end = item + s->nitems;
  int rc = HP_OK;
  if (hp_quarter(w->shapes[shape], (uint16_t)(kind + 1))) return HP_OK;
  w->shapes[shape] = w->shapes[shape] << 16 | (kind + 1);
  if (s->common != HP_NONE) rc = hp_mixed_add(w->mixed, s->common, kind);
  for (; item < end && s->keys && rc == HP_OK; item++)
    if (hp_item_has_key(*item)) rc = hp_mixed_add(w->mixed, item->arg, kind);
  return rc;
}

static int see_values(Rcs *w, uint32_t from) {
  const hp_Graph *g = w->g;
  const uint32_t *to = g->to.at + g->node[from].edge;
  return hp_mixed_add_all(w->mixed, to, hp_references(g, from), g->kind[from]);
}

static int see_one_by_one(Rcs *w, uint32_t from) {
  uint32_t kind = w->g->kind[from];
  hp_EdgeIter it;
  int rc = HP_OK;
  hp_edges_begin(&it, w->g, from);
  while (rc == HP_OK && hp_edges_next(&it)) {
    hp_edges_fetch(&it, w->mixed->combo);
    if (hp_edge_holds(&it)) rc = hp_mixed_add(w->mixed, it.to, kind);
  }
  return rc;
}

HP_APART int see_referrer(Rcs *w, uint32_t from) {
  const hp_Graph *g = w->g;
  int rc;
  if (!hp_graph_is_plain(g, from)) return see_one_by_one(w, from);
  rc = see_shape(w, g->node[from].aux, g->kind[from]);
  return rc == HP_OK ? see_values(w, from) : rc;
}

/* ---- all referrers ---------------------------------------------------------- */

/* Its kind, where what its shape refers to has got that. (Which of the two holds is nothing to be
** foretold, so both are looked at.) */
static int number_of(const void *rcs, uint32_t id, uint32_t *at) {
  const Rcs *w = rcs;
  uint32_t kind = w->g->kind[id];
  uint64_t given = hp_quarter(w->shapes[w->g->node[id].aux], (uint16_t)(kind + 1));
  uint64_t alone = (w->g->info[id] & (HP_INFO_ODD | HP_INFO_SHARES)) == 0;
  hp_group_repeat(kind, at);
  return (given | alone) != 0;
}

static int see_word(Rcs *w, size_t word, uint64_t left) {
  int rc = HP_OK;
  while (left != 0 && rc == HP_OK) {
    if (hp_group_take(w->g, word, &left, number_of, w, &w->group)) {
      rc = hp_mixed_add_group(w->mixed, &w->group);
    } else {
      rc = see_referrer(w, (uint32_t)(word * HP_GROUP) + hp_lowest(left));
      left = hp_without_lowest(left);
    }
  }
  return rc;
}

/* 'referrers': NULL for all there are. */
static int see_referrers(Rcs *w, const hp_IdSet *referrers) {
  hp_HolderIter it;
  uint64_t bits;
  size_t i;
  int rc = HP_OK;
  for (hp_holders_begin(&it, w->g, referrers); rc == HP_OK && hp_holders_next(&it, &i, &bits);)
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
  w.shapes = hp_new(uint64_t, nshapes);
  if (rc == HP_OK && (w.mixed == NULL || w.shapes == NULL)) rc = HP_ENOMEM;
  if (rc == HP_OK) rc = see_referrers(&w, whole ? NULL : &referrers);
  if (rc == HP_OK) rc = hp_mixed_finish(w.mixed, set, out);
  if (rc != HP_OK) hp_mixed_free(w.mixed);
  hp_delete(w.shapes, nshapes);
  hp_idset_free(&referrers);
  return rc;
}
