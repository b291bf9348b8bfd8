/* By the labels of the edges through which objects are referred to: each referrer
** adds the label to what the edge leads to.
**
** Goes forwards through the referrers, each once, so that a table with a million
** entries is read once and not once for each member. What a shape refers to, and
** the labels of its items, are worked out once for each shape; only threads and
** tables with weak entries are taken edge by edge. */
#include "mixed.h"

#include "heap/reverse.h"
#include "label.h"

#include <string.h>

#define INDEXES 12    /* labels of array items that are remembered: [1] .. [11..] */
#define DICTIONARY 48 /* items of a shape that is surely one table's alone */
#define AHEAD 16      /* references */

#define is_dictionary(shape) ((shape)->nitems > DICTIONARY)

typedef struct Via {
  hp_Graph *g;
  hp_Mixed *mixed;
  int whole;                     /* all that refers to anything is gone through */
  uint64_t *seen;                /* shapes whose own edges were seen */
  uint64_t *named;               /* if whole: upvalues whose value has its label */
  uint64_t *repeated;            /* keys that are in several items, or are no short ones */
  uint32_t *items;               /* per item of a shape: label of the entries under it, + 1;
                                    of a run of upvalues: where they are in: */
  HP_VEC(uint32_t) upvalues;     /* labels, + 1, of the upvalues of such runs */
  HP_VEC(uint32_t) dictionaries; /* objects put off */
  uint32_t indexes[INDEXES];     /* label + 1 */
  uint32_t key;                  /* label + 1 of all keys */
} Via;

/* ---- one edge ------------------------------------------------------------- */

/* All labels that there are may be members of combinations. */
static int admit_labels(Via *w) {
  return hp_combos_members(&w->mixed->combos, hp_labels_count(&w->mixed->labels));
}

static int label_of(Via *w, uint32_t from, const hp_EdgeIter *e, uint32_t *label) {
  int rc = hp_labels_of(&w->mixed->labels, from, e, label);
  return rc == HP_OK ? admit_labels(w) : rc;
}

/* 'memo' (label + 1, 0 for not known yet; or NULL): where the label is remembered. */
static inline int see(Via *w, uint32_t from, const hp_EdgeIter *e, uint32_t *memo) {
  uint32_t label;
  int rc;
  if (w->mixed->combo[e->to] == HP_COMBO_NONE) return HP_OK;
  if (memo != NULL && *memo != 0) return hp_mixed_add(w->mixed, e->to, *memo - 1);
  if ((rc = label_of(w, from, e, &label)) != HP_OK) return rc;
  if (memo != NULL) *memo = label + 1;
  return hp_mixed_add(w->mixed, e->to, label);
}

/* The value of an entry of a dictionary, whose key is in no other table: nothing need be looked
** for. */
static int see_only(Via *w, uint32_t key, uint32_t to) {
  uint32_t *combo = &w->mixed->combo[to], label;
  int rc;
  if (*combo == HP_COMBO_NONE) return HP_OK;
  rc = hp_labels_new_key(&w->mixed->labels, key, &label);
  if (rc == HP_OK) rc = admit_labels(w);
  return rc == HP_OK ? hp_combos_add_only(&w->mixed->combos, combo, to, label) : rc;
}

static int see_one_by_one(Via *w, uint32_t from) {
  hp_EdgeIter it;
  int rc = HP_OK;
  hp_edges_begin(&it, w->g, from);
  while (rc == HP_OK && hp_edges_next(&it))
    if (hp_edge_holds(&it)) rc = see(w, from, &it, it.kind == HP_I_KEY ? &w->key : NULL);
  return rc;
}

/* The edges that all objects of a shape share, through one of them. */
static int see_shape(Via *w, uint32_t from) {
  hp_EdgeIter it;
  int rc = HP_OK;
  uint32_t shape = w->g->node[from].aux;
  if (hp_bit_get(w->seen, shape)) return HP_OK;
  hp_bit_set(w->seen, shape);
  hp_edges_begin(&it, w->g, from);
  while (rc == HP_OK && hp_edges_next(&it)) {
    if (it.kind == HP_I_KEY)
      rc = see(w, from, &it, &w->key);
    else if (it.kind == HP_I_METATABLE || it.kind == HP_I_PROTO)
      rc = see(w, from, &it, NULL);
  }
  return rc;
}

/* ---- upvalues ------------------------------------------------------------- */

/* Labels of a run of upvalues: named by the prototype, which the shape has. */
static int memo_of_upvalues(Via *w, size_t item, uint32_t n, uint32_t **memo) {
  if (w->items[item] == 0) {
    if (hp_vec_reserve(&w->upvalues, n) != HP_OK) return HP_ENOMEM;
    memset(w->upvalues.at + w->upvalues.n, 0, n * sizeof *w->upvalues.at);
    w->items[item] = (uint32_t)w->upvalues.n + 1;
    w->upvalues.n += n;
  }
  *memo = w->upvalues.at + w->items[item] - 1;
  return HP_OK;
}

/* What an upvalue holds is called as the upvalue is, by the first function that has it. */
static int see_held(Via *w, uint32_t function, const hp_EdgeIter *e, uint32_t *memo) {
  const hp_Graph *g = w->g;
  hp_EdgeIter held = *e;
  if (!w->whole || hp_graph_type(g, e->to) != HP_UPVALUE || hp_bit_get(w->named, e->to))
    return HP_OK;
  hp_bit_set(w->named, e->to);
  if (g->node[e->to].edge == g->node[e->to + 1].edge) return HP_OK;
  held.to = g->to.at[g->node[e->to].edge];
  return see(w, function, &held, memo);
}

/* Upvalues that no function has. */
static int see_unnamed(Via *w, const hp_IdSet *referrers) {
  hp_IdIter it;
  uint32_t id;
  int rc = HP_OK;
  for (hp_ids_begin(&it, referrers); rc == HP_OK && hp_ids_next(&it, &id);)
    if (hp_graph_type(w->g, id) == HP_UPVALUE && !hp_bit_get(w->named, id))
      rc = see_one_by_one(w, id);
  return rc;
}

/* ---- the references that are an object's own ------------------------------- */

static int see_array(Via *w, uint32_t from, hp_EdgeIter *e, const uint32_t *to, uint32_t n) {
  const uint32_t *end = to + n, *last = w->g->to.at + w->g->to.n;
  int rc = HP_OK;
  for (; to < end && rc == HP_OK; to++) {
    if (last - to > AHEAD) __builtin_prefetch(&w->mixed->combo[to[AHEAD]], 1);
    e->arg++;
    e->to = *to;
    rc = see(w, from, e, &w->indexes[e->arg < INDEXES ? e->arg : INDEXES - 1]);
  }
  return rc;
}

static int see_upvalues(Via *w, uint32_t from, size_t item, hp_EdgeIter *e, const uint32_t *to,
                        uint32_t n) {
  uint32_t *memo, i;
  int rc = memo_of_upvalues(w, item, n, &memo);
  for (i = 0; i < n && rc == HP_OK; i++) {
    e->arg++;
    e->to = to[i];
    rc = see(w, from, e, &memo[i]);
    if (rc == HP_OK) rc = see_held(w, from, e, &memo[i]);
  }
  return rc;
}

/* A run of other things, all with one label; or one entry. */
static int see_alike(Via *w, uint32_t from, size_t item, hp_EdgeIter *e, const uint32_t *to,
                     uint32_t n) {
  uint32_t *memo = e->kind == HP_I_VALUE ? NULL : &w->items[item], i;
  int rc = HP_OK;
  for (i = 0; i < n && rc == HP_OK; i++) {
    if (hp_item_is_run(e->kind)) e->arg++;
    e->to = to[i];
    rc = see(w, from, e, memo);
  }
  return rc;
}

static int see_values(Via *w, uint32_t from) {
  const hp_Graph *g = w->g;
  const hp_Shape *s = hp_graph_shape(g, from);
  const uint32_t *to = g->to.at + g->node[from].edge, *last = g->to.at + g->to.n;
  size_t item, end = (size_t)s->item + s->nitems;
  hp_EdgeIter e;
  int rc = HP_OK;
  e.g = g;
  e.shape = s;
  e.strength = HP_STRONG;
  for (item = s->item; item < end && rc == HP_OK; item++) {
    const hp_Item *at = &g->shapes.items.at[item];
    uint32_t n = hp_item_count(*at);
    if (n == 0) continue;
    e.kind = hp_item_kind(*at);
    e.key = hp_item_has_key(*at) ? at->arg : HP_NONE;
    e.arg = at->arg;
    if (last - to > AHEAD) __builtin_prefetch(&w->mixed->combo[to[AHEAD]], 1);
    if (e.kind == HP_I_NAME && is_dictionary(s) && !hp_bit_get(w->repeated, e.key))
      rc = see_only(w, e.key, *to);
    else if (e.kind == HP_I_ARRAY)
      rc = see_array(w, from, &e, to, n);
    else if (e.kind == HP_I_UPVALUE)
      rc = see_upvalues(w, from, item, &e, to, n);
    else
      rc = see_alike(w, from, item, &e, to, n);
    to += n;
  }
  return rc;
}

/* ---- all referrers -------------------------------------------------------- */

static int see_referrer(Via *w, uint32_t from) {
  int rc;
  if (!hp_graph_is_plain(w->g, from)) return see_one_by_one(w, from);
  rc = see_shape(w, from);
  return rc == HP_OK ? see_values(w, from) : rc;
}

static int put_off(Via *w, uint32_t id) {
  if (hp_vec_reserve(&w->dictionaries, 1) != HP_OK) return HP_ENOMEM;
  w->dictionaries.at[w->dictionaries.n++] = id;
  return HP_OK;
}

/* Dictionaries come last: their labels are there once each, and what has one already
** would be alone with everything that is still to come. */
static int see_referrers(Via *w, const hp_IdSet *referrers) {
  hp_IdIter it;
  uint32_t id;
  size_t i;
  int rc = HP_OK;
  for (hp_ids_begin(&it, referrers); rc == HP_OK && hp_ids_next(&it, &id);) {
    if (w->whole && hp_graph_type(w->g, id) == HP_UPVALUE) continue;
    rc = is_dictionary(hp_graph_shape(w->g, id)) ? put_off(w, id) : see_referrer(w, id);
  }
  for (i = 0; i < w->dictionaries.n && rc == HP_OK; i++)
    rc = see_referrer(w, w->dictionaries.at[i]);
  return rc;
}

/* An object is a root for one reason at a time, in what it is called. */
static int seen_before(const hp_Graph *g, size_t i) {
  size_t k;
  if (g->roots.at[i].kind == HP_R_FIXED || g->roots.at[i].kind == HP_R_FINALIZING) return 0;
  for (k = 0; k < i; k++)
    if (g->roots.at[k].id == g->roots.at[i].id) return 1;
  return 0;
}

static int see_root(Via *w, const hp_Root *root) {
  uint32_t label;
  hp_Name name;
  int rc;
  hp_root_text(root, &name);
  rc = hp_labels_named(&w->mixed->labels, name.s, &label);
  if (rc == HP_OK) rc = admit_labels(w);
  return rc == HP_OK ? hp_mixed_add(w->mixed, root->id, label) : rc;
}

static int see_roots(Via *w) {
  const hp_Graph *g = w->g;
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < g->roots.n && rc == HP_OK; i++)
    if (w->mixed->combo[g->roots.at[i].id] != HP_COMBO_NONE && !seen_before(g, i))
      rc = see_root(w, &g->roots.at[i]);
  return rc;
}

static int see_all(Via *w, const hp_IdSet *referrers) {
  int rc = see_referrers(w, referrers);
  if (rc == HP_OK && w->whole) rc = see_unnamed(w, referrers);
  return rc == HP_OK ? see_roots(w) : rc;
}

/* Most keys of large dictionaries are in no other. */
static int find_repeated(Via *w) {
  const hp_Graph *g = w->g;
  uint64_t *found = hp_new(uint64_t, hp_words(g->n));
  const hp_Item *item = g->shapes.items.at, *end = item + g->shapes.items.n;
  if (found == NULL) return HP_ENOMEM;
  for (; item < end; item++) {
    if (hp_item_kind(*item) != HP_I_NAME) continue;
    if (hp_bit_get(found, item->arg) || !hp_labels_is_short_key(g, item->arg))
      hp_bit_set(w->repeated, item->arg);
    hp_bit_set(found, item->arg);
  }
  hp_delete(found, hp_words(g->n));
  return HP_OK;
}

static int classify(Via *w, const hp_IdSet *set, hp_Classified *out) {
  hp_IdSet referrers = {0, 0, NULL, NULL};
  int rc = hp_referrers_or_all(w->g, set, &referrers, &w->whole);
  if (rc == HP_OK) rc = find_repeated(w);
  if (rc == HP_OK) rc = see_all(w, &referrers);
  hp_idset_free(&referrers);
  return rc == HP_OK ? hp_mixed_finish(w->mixed, set, out) : rc;
}

int hp_classify_via(hp_Graph *g, const hp_IdSet *set, hp_Classified *out) {
  size_t nitems = g->shapes.items.n, nshapes = hp_words(g->shapes.shapes.n), words = hp_words(g->n);
  Via w;
  int rc = HP_ENOMEM;
  memset(&w, 0, sizeof w);
  w.g = g;
  w.mixed = hp_mixed_new(g, set, NULL);
  w.items = hp_new(uint32_t, nitems);
  w.seen = hp_new(uint64_t, nshapes);
  w.named = hp_new(uint64_t, words);
  w.repeated = hp_new(uint64_t, words);
  if (w.mixed && w.items && w.seen && w.named && w.repeated) rc = classify(&w, set, out);
  if (rc != HP_OK) hp_mixed_free(w.mixed);
  hp_delete(w.items, nitems);
  hp_delete(w.seen, nshapes);
  hp_delete(w.named, words);
  hp_delete(w.repeated, words);
  hp_vec_free(&w.upvalues);
  hp_vec_free(&w.dictionaries);
  return rc;
}
