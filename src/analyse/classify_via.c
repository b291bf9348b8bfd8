/* By the labels of the edges through which objects are referred to: each referrer
** adds the label to what the edge leads to.
**
** Goes forwards through the referrers, each once, so that a table with a million
** entries is read once and not once for each member. Objects of one shape have the same
** labels in the same order: they are worked out for the first and kept for the others.
** Only threads, tables with weak entries, and upvalues whose name is to be found are taken edge by
** edge. */
#include "mixed.h"

#include "heap/reverse.h"
#include "label.h"

#include <string.h>

#define INDEXES 12    /* labels of array items that are remembered: [1] .. [11..] */
#define KEPT 64       /* references of an object whose shape's labels are kept, at the most */

#define is_dictionary(shape) ((shape)->nitems > HP_SHAPE_SHARED)

typedef struct Via {
  hp_Graph *g;
  hp_Mixed *mixed;
  uint32_t members;              /* of the set */
  int whole;                     /* all that refers to anything is gone through */
  uint32_t *shapes;              /* per shape: where its labels are in: + 1; 0: not known */
  HP_VEC(uint32_t) labels;       /* of the references of an object, in order */
  uint64_t *named;               /* if whole: upvalues whose value has its label */
  uint64_t *repeated;            /* keys that several dictionaries or labels have, or that are long */
  HP_VEC(uint32_t) dictionaries; /* objects put off */
  hp_Group held;                 /* what upvalues hold, */
  uint32_t held_to[HP_GROUP * HP_GROUP_FEW]; /* held.to */
  uint32_t indexes[INDEXES];     /* labels + 1, 0: not known yet; of array items, */
  uint32_t objects[HP_NTYPES];   /* by type of the key, of what is under an object, */
  uint32_t fixed[HP_I_KINDS];    /* and by kind of edge */
} Via;

/* ---- one edge ------------------------------------------------------------- */

static int add(Via *w, uint32_t object, uint32_t label) {
  return hp_mixed_add(w->mixed, object, label);
}

/* Where the label is remembered, if it is one of a few; else a place that stays 0. */
static inline uint32_t *memo_of(Via *w, const hp_EdgeIter *e) {
  switch (e->kind) {
    case HP_I_ARRAY: return &w->indexes[e->arg < INDEXES ? e->arg : INDEXES - 1];
    case HP_I_OBJECT: return &w->objects[hp_graph_type(w->g, e->key)];
    default: return &w->fixed[e->kind];
  }
}

static int is_one_of_few(hp_ItemKind kind) {
  return kind == HP_I_ARRAY || kind == HP_I_OBJECT || hp_label_is_fixed(kind);
}

static inline int label_of(Via *w, uint32_t from, const hp_EdgeIter *e, uint32_t *label) {
  uint32_t *memo = memo_of(w, e);
  int rc;
  if (*memo != 0) {
    *label = *memo - 1;
    return HP_OK;
  }
  if (e->kind == HP_I_NAME) hp_bit_set(w->repeated, e->key);
  rc = hp_labels_of(&w->mixed->labels, from, e, label);
  if (rc == HP_OK && is_one_of_few(e->kind)) *memo = *label + 1;
  return rc;
}

static int see(Via *w, uint32_t from, const hp_EdgeIter *e) {
  uint32_t label;
  int rc;
  if (w->mixed->combo[e->to] == HP_COMBO_NONE) return HP_OK;
  rc = label_of(w, from, e, &label);
  return rc == HP_OK ? add(w, e->to, label) : rc;
}

HP_APART int see_one_by_one(Via *w, uint32_t from) {
  hp_EdgeIter it;
  int rc = HP_OK;
  hp_edges_begin(&it, w->g, from);
  while (rc == HP_OK && hp_edges_next(&it)) {
    hp_edges_fetch(&it, w->mixed->combo);
    if (hp_edge_holds(&it)) rc = see(w, from, &it);
  }
  return rc;
}

/* ---- upvalues ------------------------------------------------------------- */

/* What an upvalue holds is called as the upvalue is, by the first function that has it. */
static int see_held(Via *w, uint32_t upvalue, uint32_t label) {
  const hp_Graph *g = w->g;
  if (hp_graph_type(g, upvalue) != HP_UPVALUE || hp_bit_get(w->named, upvalue)) return HP_OK;
  hp_bit_set(w->named, upvalue);
  if (g->node[upvalue].edge == g->node[upvalue + 1].edge) return HP_OK;
  return add(w, g->to.at[g->node[upvalue].edge], label);
}

/* If whole: upvalues that no function has. */
static int see_unnamed(Via *w) {
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < hp_words(w->g->n) && rc == HP_OK; i++) {
    uint64_t left = w->g->reachable[i] & hp_graph_where(w->g, i, HP_INFO_TYPE, HP_UPVALUE);
    for (left &= ~w->named[i]; left != 0 && rc == HP_OK; left = hp_without_lowest(left))
      rc = see_one_by_one(w, (uint32_t)(i * HP_GROUP) + hp_lowest(left));
  }
  return rc;
}

/* ---- the first object of a shape ------------------------------------------- */

/* Has no other dictionary this key, and no label, and is no other object it? */
static int is_only(const Via *w, uint32_t key) { return !hp_bit_get(w->repeated, key); }

/* Room for all entries of a dictionary and some more, so that it is not made bigger and bigger. */
static int reserve_entries(Via *w, uint32_t n) {
  size_t room = (size_t)(n < w->members ? n : w->members) * 9 / 8 + 64;
  int rc = hp_vec_reserve(&w->mixed->labels.what, room);
  return rc == HP_OK ? hp_vec_reserve(&w->mixed->combos.at, room) : rc;
}

/* After it w->fixed[HP_I_KEY] is known. */
static int name_keys(Via *w, uint32_t from, hp_EdgeIter *e) {
  uint32_t label;
  e->kind = HP_I_KEY;
  e->key = HP_NONE;
  return label_of(w, from, e, &label);
}

/* An entry of a dictionary with such a key: nothing need be looked for. */
static int see_only(Via *w, uint32_t key, uint32_t to) {
  uint32_t *combo = &w->mixed->combo[to], label;
  int rc = add(w, key, w->fixed[HP_I_KEY] - 1);
  if (rc != HP_OK || *combo == HP_COMBO_NONE) return rc;
  rc = hp_labels_new_key(&w->mixed->labels, key, &label);
  return rc == HP_OK ? hp_combos_add_only(&w->mixed->combos, combo, to, label) : rc;
}

/* What its objects have in common, besides keys. */
static int see_common(Via *w, uint32_t from, hp_EdgeIter *e) {
  if (e->shape->common == HP_NONE) return HP_OK;
  e->kind = e->shape->type == HP_FUNCTION ? HP_I_PROTO : HP_I_METATABLE;
  e->to = e->shape->common;
  return see(w, from, e);
}

static int see_key(Via *w, uint32_t from, hp_EdgeIter *e, hp_Item entry) {
  e->entry = hp_item_kind(entry);
  e->kind = HP_I_KEY;
  e->key = HP_NONE;
  e->arg = e->to = entry.arg;
  return see(w, from, e);
}

/* One of an object's own references; its label is kept, where there is room for that, and else not
** asked for without need. */
static inline int see_value(Via *w, uint32_t from, hp_EdgeIter *e, int keep) {
  uint32_t label;
  int rc;
  if (!keep && !w->whole && w->mixed->combo[e->to] == HP_COMBO_NONE) return HP_OK;
  rc = label_of(w, from, e, &label);
  if (rc == HP_OK) rc = add(w, e->to, label);
  if (rc == HP_OK && keep) w->labels.at[w->labels.n++] = label;
  if (rc == HP_OK && w->whole && e->kind == HP_I_UPVALUE) rc = see_held(w, e->to, label);
  return rc;
}

/* Have all further items of the array the last of the labels that are remembered? */
static int is_far(const Via *w, const hp_EdgeIter *e) {
  return e->kind == HP_I_ARRAY && e->arg >= INDEXES && w->indexes[INDEXES - 1] != 0;
}

static int see_run(Via *w, uint32_t from, hp_EdgeIter *e, const uint32_t *to, uint32_t n,
                   int keep) {
  const uint32_t *end = to + n;
  int rc = HP_OK;
  for (; to < end && rc == HP_OK; to++) {
    if (!keep && is_far(w, e))
      return hp_mixed_add_all(w->mixed, to, (uint32_t)(end - to), w->indexes[INDEXES - 1] - 1);
    if (hp_item_is_run(e->kind)) e->arg++;
    e->to = *to;
    rc = see_value(w, from, e, keep);
  }
  return rc;
}

static int see_item(Via *w, uint32_t from, hp_EdgeIter *e, hp_Item item, const uint32_t *to,
                    int keep) {
  uint32_t n = hp_item_count(item);
  int keyed = hp_item_has_key(item);
  int rc = keyed ? see_key(w, from, e, item) : HP_OK;
  if (rc != HP_OK || n == 0) return rc;
  e->kind = hp_item_kind(item);
  e->key = keyed ? item.arg : HP_NONE;
  e->arg = item.arg;
  return see_run(w, from, e, to, n, keep);
}

static int see_items(Via *w, uint32_t from, hp_EdgeIter *e, int keep) {
  const hp_Item *item = w->g->shapes.items.at + e->shape->item, *end = item + e->shape->nitems;
  const uint32_t *to = w->g->to.at + w->g->node[from].edge;
  int rc = HP_OK;
  for (; item < end && rc == HP_OK; to += hp_item_count(*item++))
    rc = see_item(w, from, e, *item, to, keep);
  return rc;
}

static int see_entries(Via *w, uint32_t from, hp_EdgeIter *e) {
  const hp_Item *item = w->g->shapes.items.at + e->shape->item, *end = item + e->shape->nitems;
  const uint32_t *to = w->g->to.at + w->g->node[from].edge, *last = w->g->to.at + w->g->to.n;
  const uint32_t *combo = w->mixed->combo;
  int rc = reserve_entries(w, e->shape->nitems);
  if (rc == HP_OK) rc = name_keys(w, from, e);
  for (; item < end && rc == HP_OK; to += hp_item_count(*item++)) {
    if (end - item > HP_AHEAD && hp_item_has_key(item[HP_AHEAD]))
      __builtin_prefetch(&combo[item[HP_AHEAD].arg], 1);
    if (last - to > HP_AHEAD) __builtin_prefetch(&combo[to[HP_AHEAD]], 1);
    if (hp_item_kind(*item) == HP_I_NAME && hp_item_count(*item) > 0 && is_only(w, item->arg))
      rc = see_only(w, item->arg, *to);
    else
      rc = see_item(w, from, e, *item, to, 0);
  }
  return rc;
}

/* Likewise every one of a shape with too many references. */
HP_APART int see_first(Via *w, uint32_t from) {
  const hp_Graph *g = w->g;
  size_t first = w->labels.n, n = hp_references(g, from);
  hp_EdgeIter e;
  int rc, keep;
  memset(&e, 0, sizeof e);
  e.g = g;
  e.shape = hp_graph_shape(g, from);
  e.key = HP_NONE;
  e.strength = HP_STRONG;
  keep = n <= KEPT && !is_dictionary(e.shape);
  if (keep && hp_vec_reserve(&w->labels, n + HP_GROUP_FEW) != HP_OK) return HP_ENOMEM;
  rc = see_common(w, from, &e);
  if (rc == HP_OK)
    rc = is_dictionary(e.shape) ? see_entries(w, from, &e) : see_items(w, from, &e, keep);
  if (rc == HP_OK && keep) w->shapes[g->node[from].aux] = (uint32_t)first + 1;
  return rc;
}

/* ---- the others ------------------------------------------------------------- */

static int see_others(Via *w, uint32_t from, const uint32_t *label) {
  const hp_Graph *g = w->g;
  const uint32_t *to = g->to.at + g->node[from].edge, *end = g->to.at + g->node[from + 1].edge;
  const uint32_t *last = g->to.at + g->to.n;
  int rc = HP_OK;
  for (; to < end && rc == HP_OK; to++, label++) {
    if (last - to > HP_AHEAD) __builtin_prefetch(&w->mixed->combo[to[HP_AHEAD]], 1);
    rc = add(w, *to, *label);
  }
  return rc;
}

static int see_upvalues(Via *w, uint32_t from, const uint32_t *label) {
  const hp_Graph *g = w->g;
  const uint32_t *to = g->to.at + g->node[from].edge, *end = g->to.at + g->node[from + 1].edge;
  int rc = HP_OK;
  for (; to < end && rc == HP_OK; to++, label++) rc = see_held(w, *to, *label);
  return rc;
}

/* ---- all referrers -------------------------------------------------------- */

static int put_off(Via *w, uint32_t dictionary) {
  if (hp_vec_reserve(&w->dictionaries, 1) != HP_OK) return HP_ENOMEM;
  w->dictionaries.at[w->dictionaries.n++] = dictionary;
  return HP_OK;
}

#define UPVALUE 1 /* in 'shapes': what upvalues have, if whole */

/* If whole, upvalues add nothing until it is known which of them no function has. */
static int label_upvalues(Via *w) {
  if (hp_vec_reserve(&w->labels, HP_GROUP_FEW) != HP_OK) return HP_ENOMEM;
  hp_group_repeat(HP_COMBO_NOTHING, w->labels.at);
  w->labels.n = HP_GROUP_FEW;
  return HP_OK;
}

/* Of a shape whose labels are not kept, or not yet. */
HP_APART int see_unknown(Via *w, uint32_t from) {
  const hp_Shape *s = hp_graph_shape(w->g, from);
  if (s->type == HP_UPVALUE && w->whole) {
    w->shapes[w->g->node[from].aux] = UPVALUE;
    return HP_OK;
  }
  if (s->type == HP_UPVALUE || !hp_graph_is_plain(w->g, from)) return see_one_by_one(w, from);
  return is_dictionary(s) ? put_off(w, from) : see_first(w, from);
}

static inline int see_referrer(Via *w, uint32_t from) {
  uint32_t at = w->shapes[w->g->node[from].aux];
  const uint32_t *labels;
  int rc;
  if (at == 0) return see_unknown(w, from);
  labels = w->labels.at + at - 1;
  rc = see_others(w, from, labels);
  if (rc == HP_OK && w->whole && hp_graph_type(w->g, from) == HP_FUNCTION)
    rc = see_upvalues(w, from, labels);
  return rc;
}

/* The labels that are kept of an object's shape. */
static int number_of(const void *via, uint32_t id, uint32_t *at) {
  const Via *w = via;
  uint32_t labels = w->shapes[w->g->node[id].aux];
  if (labels != 0) memcpy(at, w->labels.at + labels - 1, HP_GROUP_FEW * sizeof *at);
  return labels != 0;
}

/* See_held, but what is to be added is written down first: whether an upvalue holds an object, and
** has its name, is nothing to be foretold. */
static void list_held(Via *w, uint32_t function, const uint32_t *label) {
  const hp_Graph *g = w->g;
  const uint32_t *upvalue = g->to.at + g->node[function].edge;
  uint32_t n = w->held.n, left = hp_references(g, function);
  for (; left > 0; left--, upvalue++, label++) {
    uint32_t holds = hp_references(g, *upvalue) & ~(uint32_t)hp_bit_get(w->named, *upvalue);
    hp_bit_set(w->named, *upvalue);
    w->held_to[n] = g->to.at[g->node[*upvalue].edge & (0 - holds)];
    w->held.number[n] = *label;
    n += holds;
  }
  w->held.n = n;
}

static int see_upvalues_of(Via *w, size_t word, uint64_t functions) {
  if (functions == 0) return HP_OK;
  w->held.n = 0;
  for (; functions != 0; functions = hp_without_lowest(functions)) {
    uint32_t from = (uint32_t)(word * HP_GROUP) + hp_lowest(functions);
    list_held(w, from, w->labels.at + w->shapes[w->g->node[from].aux] - 1);
  }
  return hp_mixed_add_group(w->mixed, &w->held);
}

static int see_word(Via *w, size_t word, uint64_t left) {
  uint64_t functions = w->whole ? hp_graph_where(w->g, word, HP_INFO_TYPE, HP_FUNCTION) : 0;
  int rc = HP_OK;
  hp_Group group;
  while (left != 0 && rc == HP_OK) {
    uint64_t before = left;
    if (hp_group_take(w->g, word, &left, number_of, w, &group)) {
      rc = hp_mixed_add_group(w->mixed, &group);
      if (rc == HP_OK) rc = see_upvalues_of(w, word, (before ^ left) & functions);
    } else {
      rc = see_referrer(w, (uint32_t)(word * HP_GROUP) + hp_lowest(left));
      left = hp_without_lowest(left);
    }
  }
  return rc;
}

/* Dictionaries come last: their labels are there once each, and what has one already
** would be alone with everything that is still to come. */
static int see_referrers(Via *w, const hp_IdSet *referrers) {
  hp_HolderIter it;
  uint64_t bits;
  size_t i;
  int rc = HP_OK;
  hp_holders_begin(&it, w->g, w->whole ? NULL : referrers);
  while (rc == HP_OK && hp_holders_next(&it, &i, &bits)) rc = see_word(w, i, bits);
  for (i = 0; i < w->dictionaries.n && rc == HP_OK; i++)
    rc = see_first(w, w->dictionaries.at[i]);
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
  return rc == HP_OK ? add(w, root->id, label) : rc;
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
  if (rc == HP_OK && w->whole) rc = see_unnamed(w);
  return rc == HP_OK ? see_roots(w) : rc;
}

static void find_repeated_of(const Via *w, const hp_Shape *s, uint64_t *found) {
  const hp_Item *item = w->g->shapes.items.at + s->item, *end = item + s->nitems;
  for (; item < end; item++) {
    if (hp_item_kind(*item) != HP_I_NAME) continue;
    if (hp_bit_get(found, item->arg)) hp_bit_set(w->repeated, item->arg);
    hp_bit_set(found, item->arg);
  }
}

/* Most keys of large dictionaries are in no other. (A key of what is no dictionary, or of a weak
** one, is found when its label is asked for, which is before that.) */
static int find_repeated(const Via *w) {
  const hp_Graph *g = w->g;
  const hp_Shape *s = g->shapes.shapes.at, *end = s + g->shapes.shapes.n;
  uint64_t *found = hp_new(uint64_t, hp_words(g->n));
  size_t i;
  if (found == NULL) return HP_ENOMEM;
  for (; s < end; s++)
    if (is_dictionary(s) && !hp_shape_is_odd(s)) find_repeated_of(w, s, found);
  for (i = 0; i < g->longtexts.n; i++) hp_bit_set(w->repeated, g->longtexts.at[i].id);
  for (i = HP_LABEL_KEYS; i < g->n; i++) hp_bit_set(w->repeated, i);
  hp_delete(found, hp_words(g->n));
  return HP_OK;
}

static int classify(Via *w, const hp_IdSet *set, hp_Classified *out) {
  hp_IdSet referrers = {0, 0, NULL, NULL};
  int rc = hp_referrers_or_all(w->g, set, &referrers, &w->whole);
  if (rc == HP_OK) rc = find_repeated(w);
  if (rc == HP_OK && w->whole) rc = label_upvalues(w);
  if (rc == HP_OK) rc = see_all(w, &referrers);
  hp_idset_free(&referrers);
  return rc == HP_OK ? hp_mixed_finish(w->mixed, set, out) : rc;
}

int hp_classify_via(hp_Graph *g, const hp_IdSet *set, hp_Classified *out) {
  size_t nshapes = g->shapes.shapes.n, words = hp_words(g->n);
  Via w;
  int rc = HP_ENOMEM;
  memset(&w, 0, sizeof w);
  w.g = g;
  w.held.to = w.held_to;
  w.members = set->n;
  w.mixed = hp_mixed_new(g, set, NULL);
  w.shapes = hp_new(uint32_t, nshapes);
  w.named = hp_new(uint64_t, words);
  w.repeated = hp_new(uint64_t, words);
  if (w.mixed && w.shapes && w.named && w.repeated) rc = classify(&w, set, out);
  if (rc != HP_OK) hp_mixed_free(w.mixed);
  hp_delete(w.shapes, nshapes);
  hp_delete(w.named, words);
  hp_delete(w.repeated, words);
  hp_vec_free(&w.labels);
  hp_vec_free(&w.dictionaries);
  return rc;
}
