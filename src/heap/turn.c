/* The reverse edges are built: see reverse.h.
**
** Counted, summed up, filled: that reads every reference twice, and goes to a place that chance
** has chosen each time. All else is kept out of both loops: references are counted as they stand
** in the store, and those that do not count taken back; they are filled in by groups (group.h). */
#include "reverse.h"

#include "edge.h"
#include "group.h"

typedef struct Turn {
  const hp_Graph *g;
  hp_Arena *arena;
  hp_Reverse *r;
} Turn;

/* ---- lists ------------------------------------------------------------------ */

static int begin_lists(hp_Arena *a, hp_Buckets *b, size_t n) {
  b->n = n;
  b->first = hp_new_in(a, uint32_t, n + 2);
  return b->first != NULL ? HP_OK : HP_ENOMEM;
}

static void free_lists(hp_Arena *a, hp_Buckets *b) {
  hp_delete_in(a, b->first, b->n + 2);
  hp_delete_in(a, b->at, b->total);
}

/* Counted two places further on, summed up, and filled in from one place further on: that is moved
** up to the list's end, which is where the next one begins. */
static inline void put(hp_Buckets *b, uint32_t key, uint32_t value, int fill) {
  if (fill)
    b->at[b->first[key + 1]++] = value;
  else
    b->first[key + 2]++;
}

static int sum_up(hp_Arena *a, hp_Buckets *b) {
  uint64_t sum = 0;
  size_t i;
  for (i = 2; i < b->n + 2; i++) {
    sum += b->first[i];
    b->first[i] = (uint32_t)sum;
  }
  if (sum >= UINT32_MAX) return HP_ELIMIT;
  b->at = hp_raw_in(a, uint32_t, sum);
  if (b->at == NULL) return HP_ENOMEM;
  b->total = (size_t)sum;
  return HP_OK;
}

/* ---- of objects: counted ---------------------------------------------------- */

/* Adds to the counts of all that an object refers to. */
static void add_to_each(const Turn *t, uint32_t id, uint32_t more) {
  const uint32_t *to = t->g->to.at + t->g->node[id].edge, *end = to + hp_references(t->g, id);
  for (; to < end; to++) t->r->objects.first[*to + 2] += more;
}

static void each_holding(const Turn *t, uint32_t id, int fill) {
  hp_EdgeIter it;
  hp_edges_begin(&it, t->g, id);
  while (hp_edges_next(&it))
    if (hp_edge_holds(&it)) put(&t->r->objects, it.to, id, fill);
}

static void count_all(const Turn *t) {
  const uint32_t *to = t->g->to.at, *end = to + t->g->to.n;
  uint32_t *count = t->r->objects.first + 2;
  for (; to < end; to++) count[*to]++;
}

static void count_objects(const Turn *t) {
  const hp_Graph *g = t->g;
  size_t w;
  count_all(t);
  for (w = 0; w < hp_words(g->n); w++) {
    uint64_t plain = g->reachable[w] & ~hp_graph_flagged(g, w, HP_INFO_ODD);
    uint64_t left = hp_graph_objects(g, w) & ~plain;
    for (; left != 0; left = hp_without_lowest(left)) {
      uint32_t id = (uint32_t)w * HP_GROUP + hp_lowest(left);
      add_to_each(t, id, (uint32_t)-1);
      if (hp_bit_get(g->reachable, id)) each_holding(t, id, 0);
    }
  }
}

/* ---- and filled in ------------------------------------------------------------ */

static void fill_group(const Turn *t, const hp_Group *group) {
  hp_Buckets b = t->r->objects; /* a copy: what is written cannot be its pointers */
  uint32_t i;
  for (i = 0; i < group->n; i++) put(&b, group->to[i], group->number[i], 1);
}

static void fill_object(const Turn *t, uint32_t id) {
  const uint32_t *to = t->g->to.at + t->g->node[id].edge, *end = to + hp_references(t->g, id);
  if (hp_graph_is_plain(t->g, id))
    for (; to < end; to++) put(&t->r->objects, *to, id, 1);
  else
    each_holding(t, id, 1);
}

static int number_of(const void *graph, uint32_t id, uint32_t *at) {
  hp_group_repeat(id, at);
  return hp_graph_is_plain(graph, id);
}

/* In order, so that every list is ascending. */
static void fill_objects(const Turn *t) {
  hp_Group group;
  size_t w;
  for (w = 0; w < hp_words(t->g->n); w++) {
    uint64_t left = hp_holders(t->g, w);
    while (left != 0) {
      if (hp_group_take(t->g, w, &left, number_of, t->g, &group)) {
        fill_group(t, &group);
      } else {
        fill_object(t, (uint32_t)w * HP_GROUP + hp_lowest(left));
        left = hp_without_lowest(left);
      }
    }
  }
}

/* Where an object's edges are not taken one by one, those it has with others of its shape are
** the shape's. */
static void each_member(const Turn *t, int fill) {
  size_t w;
  for (w = 0; w < hp_words(t->g->n); w++) {
    uint64_t left = t->g->reachable[w] & hp_graph_flagged(t->g, w, HP_INFO_SHARES);
    for (; left != 0; left = hp_without_lowest(left)) {
      uint32_t id = (uint32_t)w * HP_GROUP + hp_lowest(left);
      put(&t->r->members, t->g->node[id].aux, id, fill);
    }
  }
}

static int turn_objects(const Turn *t) {
  hp_Reverse *r = t->r;
  int rc = begin_lists(t->arena, &r->objects, t->g->n);
  if (rc == HP_OK) rc = begin_lists(t->arena, &r->members, t->g->shapes.shapes.n);
  if (rc != HP_OK) return rc;
  count_objects(t);
  each_member(t, 0);
  rc = sum_up(t->arena, &r->objects);
  if (rc == HP_OK) rc = sum_up(t->arena, &r->members);
  if (rc != HP_OK) return rc;
  fill_objects(t);
  each_member(t, 1);
  return HP_OK;
}

/* ---- of shapes -------------------------------------------------------------- */

/* One step of building: what to do with a shape's reference to an object. */
typedef void (*Step)(hp_Reverse *r, uint32_t shape, uint32_t to);

HP_PART void mark_shared(hp_Reverse *r, uint32_t shape, uint32_t to) {
  (void)shape;
  hp_bit_set(r->shared.bits, to);
}

HP_PART void count_shape(hp_Reverse *r, uint32_t shape, uint32_t to) {
  put(&r->shapes, hp_ranked_at(&r->shared, to), shape, 0);
}

HP_PART void fill_shape(hp_Reverse *r, uint32_t shape, uint32_t to) {
  put(&r->shapes, hp_ranked_at(&r->shared, to), shape, 1);
}

HP_PART void each_shape_edge(const hp_Graph *g, hp_Reverse *r, Step step) {
  uint32_t shape;
  for (shape = 0; shape < g->shapes.shapes.n; shape++) {
    const hp_Shape *s = &g->shapes.shapes.at[shape];
    const hp_Item *item = g->shapes.items.at + s->item, *last = item + s->nitems;
    if (!hp_shape_shares(s)) continue;
    if (s->common != HP_NONE) step(r, shape, s->common);
    for (; item < last && s->keys; item++)
      if (hp_item_has_key(*item)) step(r, shape, item->arg);
  }
}

HP_HOT static int turn_shapes(const Turn *t) {
  const hp_Graph *g = t->g;
  hp_Reverse *r = t->r;
  int rc = hp_ranked_make(&r->shared, g->n);
  if (rc != HP_OK) return rc;
  each_shape_edge(g, r, mark_shared);
  if ((rc = begin_lists(t->arena, &r->shapes, hp_ranked_count(&r->shared))) != HP_OK) return rc;
  each_shape_edge(g, r, count_shape);
  if ((rc = sum_up(t->arena, &r->shapes)) != HP_OK) return rc;
  each_shape_edge(g, r, fill_shape);
  return HP_OK;
}

/* ---- all together ----------------------------------------------------------- */

int hp_reverse_build(hp_Graph *g) {
  Turn t = {g, &g->arena, hp_new(hp_Reverse, 1)};
  int rc = t.r == NULL ? HP_ENOMEM : turn_objects(&t);
  if (rc == HP_OK) rc = turn_shapes(&t);
  if (rc == HP_OK)
    g->reverse = t.r;
  else
    hp_reverse_free(&g->arena, t.r);
  return rc;
}

void hp_reverse_free(hp_Arena *a, hp_Reverse *r) {
  if (r == NULL) return;
  free_lists(a, &r->objects);
  hp_ranked_free(&r->shared);
  free_lists(a, &r->shapes);
  free_lists(a, &r->members);
  hp_delete(r, 1);
}

size_t hp_reverse_bytes(const hp_Reverse *r) {
  return r == NULL ? 0 : sizeof *r + hp_ranked_bytes(&r->shared);
}
