/* By the kinds of what refers to an object: the reverse edges are asked for each
** member; what a shape contributes is worked out once for each shape. */
#include "classify.h"

#include "base/sort.h"
#include "combo.h"
#include "heap/reverse.h"
#include "kind.h"

#include <stdlib.h>
#include <string.h>

typedef HP_VEC(uint32_t) Numbers;

/* ---- rcs ------------------------------------------------------------------ */

typedef struct Rcs {
  const hp_Graph *g;
  hp_Combos shapes;   /* combinations of kinds, of the objects of a shape */
  uint32_t *of_shape; /* per shape: such a combination + 1 */
  uint32_t *stamp;    /* per kind: the member it was last seen for, + 1 */
  size_t nkinds;
  Numbers kinds;      /* of the member at hand */
  Numbers shape;      /* kinds of the objects of the shape at hand */
} Rcs;

static int see_kind(Rcs *w, uint32_t kind, uint32_t stamp) {
  if (w->stamp[kind] == stamp) return HP_OK;
  w->stamp[kind] = stamp;
  if (hp_vec_reserve(&w->kinds, 1) != HP_OK) return HP_ENOMEM;
  w->kinds.at[w->kinds.n++] = kind;
  return HP_OK;
}

static int kinds_of_shape(Rcs *w, uint32_t shape) {
  const hp_Reverse *r = w->g->reverse;
  uint32_t i, number, end = r->member_first[shape + 1], first = r->member_first[shape];
  int rc = HP_OK;
  w->shape.n = 0;
  for (i = first; i < end && rc == HP_OK; i++) {
    uint32_t kind = w->g->kind[r->member[i]];
    if (w->shape.n > 0 && w->shape.at[w->shape.n - 1] == kind) continue;
    rc = hp_vec_reserve(&w->shape, 1);
    if (rc == HP_OK) w->shape.at[w->shape.n++] = kind;
    if (w->shape.n > 4096) w->shape.n = hp_sort_unique(w->shape.at, (uint32_t)w->shape.n);
  }
  if (rc == HP_OK) {
    w->shape.n = hp_sort_unique(w->shape.at, (uint32_t)w->shape.n);
    rc = hp_combos_intern(&w->shapes, w->shape.at, (uint32_t)w->shape.n, &number);
  }
  if (rc == HP_OK) w->of_shape[shape] = number + 1;
  return rc;
}

static int see_shape(Rcs *w, uint32_t shape, uint32_t stamp) {
  uint32_t i, n;
  const uint32_t *kinds;
  int rc = w->of_shape[shape] == 0 ? kinds_of_shape(w, shape) : HP_OK;
  if (rc != HP_OK) return rc;
  kinds = hp_combos_get(&w->shapes, w->of_shape[shape] - 1, &n);
  for (i = 0; i < n && rc == HP_OK; i++) rc = see_kind(w, kinds[i], stamp);
  return rc;
}

static int see_referrers(Rcs *w, uint32_t id, uint32_t stamp) {
  const hp_Reverse *r = w->g->reverse;
  uint32_t i;
  int rc = HP_OK;
  w->kinds.n = 0;
  for (i = r->first[id]; i < r->first[id + 1] && rc == HP_OK; i++)
    rc = see_kind(w, w->g->kind[r->from[i]], stamp);
  for (i = r->shape_first[id]; i < r->shape_first[id + 1] && rc == HP_OK; i++)
    rc = see_shape(w, r->shape_from[i], stamp);
  w->kinds.n = hp_sort_unique(w->kinds.at, (uint32_t)w->kinds.n);
  return rc;
}

static int classify_rcs(Rcs *w, const hp_IdSet *set, hp_Classified *out) {
  hp_Combos combos;
  hp_IdIter it;
  uint32_t id, i = 0;
  int rc = HP_OK;
  memset(&combos, 0, sizeof combos);
  for (hp_ids_begin(&it, set); rc == HP_OK && hp_ids_next(&it, &id); i++) {
    rc = see_referrers(w, id, i + 1);
    if (rc == HP_OK)
      rc = hp_combos_intern(&combos, w->kinds.at, (uint32_t)w->kinds.n, &out->of[i]);
  }
  if (rc == HP_OK) rc = hp_combos_name(&combos, &w->g->kinds->names, out->of, out->n, &out->names);
  hp_combos_free(&combos);
  return rc;
}

int hp_classify_rcs(hp_Graph *g, const hp_IdSet *set, hp_Classified *out) {
  Rcs w;
  int rc = hp_reverse_need(g);
  if (rc != HP_OK) return rc;
  memset(&w, 0, sizeof w);
  w.g = g;
  w.nkinds = hp_names_count(&g->kinds->names);
  w.of_shape = hp_new(uint32_t, g->shapes.shapes.n);
  w.stamp = hp_new(uint32_t, w.nkinds);
  rc = w.of_shape && w.stamp ? classify_rcs(&w, set, out) : HP_ENOMEM;
  hp_combos_free(&w.shapes);
  hp_delete(w.of_shape, g->shapes.shapes.n);
  hp_delete(w.stamp, w.nkinds);
  hp_vec_free(&w.kinds);
  hp_vec_free(&w.shape);
  return rc;
}
