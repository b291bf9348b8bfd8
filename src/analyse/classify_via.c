/* By the labels of the edges through which objects are referred to.
**
** Goes forwards through the referrers, each once, so that a table with a million
** entries is read once and not once for each member. What a shape refers to, and
** the labels of its items, are worked out once for each shape; only threads and
** tables with weak entries are taken edge by edge. */
#include "classify.h"

#include "base/sort.h"
#include "combo.h"
#include "heap/edge.h"
#include "heap/reverse.h"
#include "label.h"

#include <string.h>

#define INDEXES 12 /* labels of array items that are remembered: [1] .. [11..] */

typedef struct LabelSlot {
  uint64_t number; /* hp_label_number */
  uint32_t name;   /* in names, + 1 */
} LabelSlot;

typedef struct Via {
  hp_Graph *g;
  const hp_IdSet *set;
  uint64_t *members; /* the set as bits */
  uint32_t *rank;    /* per 64 ids: members before them */
  hp_Names names;    /* of labels */
  LabelSlot *slots;
  size_t nslots, used;
  uint32_t *items;            /* per item of a shape: label + 1 of the entries under it */
  uint32_t indexes[INDEXES];  /* label + 1 */
  uint32_t key;               /* label + 1 of all keys */
  uint64_t *shapes;           /* whose own edges were seen */
  uint32_t *next;   /* per member: where its next label goes */
  uint32_t *labels; /* of all members; a member has room for all references to it */
  size_t nlabels;
} Via;

/* ---- labels --------------------------------------------------------------- */

static size_t slot_of(const LabelSlot *slots, size_t n, uint64_t number) {
  size_t at = (size_t)(number * 0x9E3779B97F4A7C15u >> 20) & (n - 1);
  while (slots[at].name != 0 && slots[at].number != number) at = (at + 1) & (n - 1);
  return at;
}

static int grow_labels(Via *w) {
  size_t n = w->nslots > 0 ? w->nslots * 2 : 256, i;
  LabelSlot *slots = hp_new(LabelSlot, n);
  if (slots == NULL) return HP_ENOMEM;
  for (i = 0; i < w->nslots; i++)
    if (w->slots[i].name != 0) slots[slot_of(slots, n, w->slots[i].number)] = w->slots[i];
  hp_delete(w->slots, w->nslots);
  w->slots = slots;
  w->nslots = n;
  return HP_OK;
}

static int label_of(Via *w, uint32_t from, const hp_EdgeIter *e, uint32_t *label) {
  uint64_t number = hp_label_number(w->g, from, e);
  LabelSlot *slot;
  hp_Name name;
  int rc;
  if (w->used * 2 >= w->nslots && (rc = grow_labels(w)) != HP_OK) return rc;
  slot = &w->slots[slot_of(w->slots, w->nslots, number)];
  if (slot->name == 0) {
    hp_label_text(w->g, from, e, &name);
    if ((rc = hp_names_intern(&w->names, name.s, label)) != HP_OK) return rc;
    slot->number = number;
    slot->name = *label + 1;
    w->used++;
  }
  *label = slot->name - 1;
  return HP_OK;
}

/* ---- members and what refers to them -------------------------------------- */

/* How many members are below id. */
static uint32_t ordinal(const Via *w, uint32_t id) {
  uint64_t below = w->members[id >> 6] & (((uint64_t)1 << (id & 63)) - 1);
  return w->rank[id >> 6] + hp_popcount(below);
}

static inline int see_label(Via *w, uint32_t member, uint32_t label) {
  w->labels[w->next[ordinal(w, member)]++] = label;
  return HP_OK;
}

/* The most labels a member can have: one for each reference, and for being a root. */
static uint32_t room_for(const Via *w, uint32_t id) {
  const hp_Reverse *r = w->g->reverse;
  return r->first[id + 1] - r->first[id] + r->shape_first[id + 1] - r->shape_first[id] + 1;
}

static int make_room(Via *w) {
  uint64_t sum = 0;
  hp_IdIter it;
  uint32_t id, i = 0;
  w->next = hp_new(uint32_t, w->set->n);
  if (w->next == NULL) return HP_ENOMEM;
  for (hp_ids_begin(&it, w->set); hp_ids_next(&it, &id); i++) {
    w->next[i] = (uint32_t)sum;
    sum += room_for(w, id);
  }
  if (sum >= UINT32_MAX) return HP_ELIMIT;
  w->nlabels = (size_t)sum;
  w->labels = hp_new(uint32_t, w->nlabels);
  return w->labels == NULL ? HP_ENOMEM : HP_OK;
}

static int see_edge(Via *w, uint32_t from, const hp_EdgeIter *e) {
  uint32_t label;
  int rc;
  if (!hp_bit_get(w->members, e->to) || !hp_edge_holds(e)) return HP_OK;
  if (e->kind == HP_I_KEY && w->key != 0) return see_label(w, e->to, w->key - 1);
  rc = label_of(w, from, e, &label);
  if (rc != HP_OK) return rc;
  if (e->kind == HP_I_KEY) w->key = label + 1;
  return see_label(w, e->to, label);
}

static int see_one_by_one(Via *w, uint32_t from) {
  hp_EdgeIter it;
  int rc = HP_OK;
  hp_edges_begin(&it, w->g, from);
  while (rc == HP_OK && hp_edges_next(&it)) rc = see_edge(w, from, &it);
  return rc;
}

/* The edges that all objects of a shape share, through one of them. */
static int see_shape(Via *w, uint32_t from) {
  hp_EdgeIter it;
  int rc = HP_OK;
  uint32_t shape = w->g->node[from].aux;
  if (hp_bit_get(w->shapes, shape)) return HP_OK;
  hp_bit_set(w->shapes, shape);
  hp_edges_begin(&it, w->g, from);
  while (rc == HP_OK && hp_edges_next(&it))
    if (it.kind == HP_I_KEY || it.kind == HP_I_METATABLE || it.kind == HP_I_PROTO)
      rc = see_edge(w, from, &it);
  return rc;
}

/* Where the label of an edge is remembered, if it depends on the shape alone. */
static uint32_t *memo_of(Via *w, hp_ItemKind kind, size_t item, uint32_t index) {
  switch (kind) {
    case HP_I_ARRAY: return &w->indexes[index < INDEXES ? index : INDEXES - 1];
    case HP_I_UPVALUE: /* named by the prototype, which the shape has, and the index */
    case HP_I_VALUE:
    case HP_I_SLOT: return NULL;
    default: return &w->items[item];
  }
}

static int see_value(Via *w, uint32_t from, size_t item, const hp_EdgeIter *e) {
  uint32_t *memo = memo_of(w, e->kind, item, e->arg), label;
  int rc;
  if (memo != NULL && *memo != 0) return see_label(w, e->to, *memo - 1);
  rc = label_of(w, from, e, &label);
  if (rc != HP_OK) return rc;
  if (memo != NULL) *memo = label + 1;
  return see_label(w, e->to, label);
}

/* The references that are the object's own. */
static int see_values(Via *w, uint32_t from) {
  const hp_Graph *g = w->g;
  const hp_Shape *s = hp_graph_shape(g, from);
  const uint32_t *to = g->to.at + g->node[from].edge;
  size_t item, end = (size_t)s->item + s->nitems;
  hp_EdgeIter e;
  int rc = HP_OK;
  e.g = g;
  e.shape = s;
  e.strength = HP_STRONG;
  for (item = s->item; item < end; item++) {
    const hp_Item *at = &g->shapes.items.at[item];
    uint32_t n = hp_item_count(*at), i;
    e.kind = hp_item_kind(*at);
    e.key = hp_item_has_key(*at) ? at->arg : HP_NONE;
    for (i = 0; i < n && rc == HP_OK; i++, to++) {
      if (!hp_bit_get(w->members, *to)) continue;
      e.arg = hp_item_is_run(e.kind) ? at->arg + i + 1 : at->arg;
      e.to = *to;
      rc = see_value(w, from, item, &e);
    }
  }
  return rc;
}

static int see_referrer(Via *w, uint32_t from) {
  int rc;
  if (!hp_graph_is_plain(w->g, from)) return see_one_by_one(w, from);
  rc = see_shape(w, from);
  return rc == HP_OK ? see_values(w, from) : rc;
}

static int see_all(Via *w) {
  hp_IdSet referrers = {0, 0, NULL, NULL};
  hp_IdIter it;
  uint32_t id;
  int rc = hp_referrers(w->g, w->set, &referrers);
  if (rc == HP_OK) rc = make_room(w);
  for (hp_ids_begin(&it, &referrers); rc == HP_OK && hp_ids_next(&it, &id);)
    rc = see_referrer(w, id);
  hp_idset_free(&referrers);
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

static int see_roots(Via *w) {
  const hp_Graph *g = w->g;
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < g->roots.n && rc == HP_OK; i++) {
    hp_Name name;
    uint32_t label;
    if (!hp_bit_get(w->members, g->roots.at[i].id)) continue;
    if (i > 0 && seen_before(g, i)) continue;
    hp_root_text(&g->roots.at[i], &name);
    rc = hp_names_intern(&w->names, name.s, &label);
    if (rc == HP_OK) rc = see_label(w, g->roots.at[i].id, label);
  }
  return rc;
}

/* ---- from what was seen to classes ---------------------------------------- */

static int combine(Via *w, hp_Classified *out) {
  hp_Combos combos;
  hp_IdIter it;
  uint32_t id, i = 0, first = 0;
  int rc = HP_OK;
  memset(&combos, 0, sizeof combos);
  for (hp_ids_begin(&it, w->set); rc == HP_OK && hp_ids_next(&it, &id); i++) {
    uint32_t n = hp_sort_unique(w->labels + first, w->next[i] - first);
    rc = hp_combos_intern(&combos, w->labels + first, n, &out->of[i]);
    first += room_for(w, id);
  }
  if (rc == HP_OK) rc = hp_combos_name(&combos, &w->names, out->of, out->n, &out->names);
  hp_combos_free(&combos);
  return rc;
}

static void rank_members(Via *w, size_t words) {
  uint32_t n = 0;
  size_t i;
  for (i = 0; i < words; i++) {
    w->rank[i] = n;
    n += hp_popcount(w->members[i]);
  }
}

static int classify(Via *w, size_t words, hp_Classified *out) {
  int rc;
  rank_members(w, words);
  rc = see_all(w);
  if (rc == HP_OK) rc = see_roots(w);
  return rc == HP_OK ? combine(w, out) : rc;
}

int hp_classify_via(hp_Graph *g, const hp_IdSet *set, hp_Classified *out) {
  size_t words = hp_words(g->n), nitems = g->shapes.items.n;
  size_t nshapes = hp_words(g->shapes.shapes.n);
  Via w;
  int rc = HP_ENOMEM;
  memset(&w, 0, sizeof w);
  w.g = g;
  w.set = set;
  w.members = hp_idset_to_bits(set);
  w.rank = hp_new(uint32_t, words);
  w.items = hp_new(uint32_t, nitems);
  w.shapes = hp_new(uint64_t, nshapes);
  if (w.members && w.rank && w.items && w.shapes) rc = classify(&w, words, out);
  hp_delete(w.members, words);
  hp_delete(w.rank, words);
  hp_delete(w.items, nitems);
  hp_delete(w.shapes, nshapes);
  hp_delete(w.slots, w.nslots);
  hp_names_free(&w.names);
  hp_delete(w.next, set->n);
  hp_delete(w.labels, w.nlabels);
  return rc;
}
