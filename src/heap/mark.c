/* Reachability in two rounds: see mark.h.
**
** Round one starts at the roots and does not enter heapy: not its modules, not
** its functions, not what bears its metatables, not the frames it runs in. Round
** two starts there; what it finds and round one did not is heapy's own.
**
** A shape's own edges (metatable, keys) are followed once for each shape.
** Ephemerons: the pairs of all tables with weak keys are listed by key; a value
** is marked when the later of its table and its key is (linear, where lgc.c
** iterates to a fixed point). */
#include "mark.h"

#include "base/sort.h"
#include "edge.h"

#include <stdlib.h>
#include <string.h>

#define QUEUE 16

typedef struct Pair {
  uint32_t key, table, value;
} Pair;

/* Of a shape. A plain one whose own edges are followed has FOLLOWED alone. */
enum {
  FOLLOWED = 1, /* what all its objects refer to was marked */
  SINGLY = 2,   /* edges must be taken one by one: threads, tables with weak entries */
  OWN = 4,      /* all its objects are heapy's */
  PLACE = 8     /* that of the registry or of package.loaded */
};

typedef struct Mark {
  hp_Graph *g;
  uint64_t *marked;  /* by the round at hand, and rounds before */
  uint8_t *shapes;   /* per shape: what there is to be done with its objects, as below */
  uint64_t *anchors; /* what is heapy's by itself: not entered in round one */
  uint64_t *keys;    /* objects that are the key of some pair */
  uint64_t *met;     /* anchors that round one came across */
  uint64_t *strings;
  HP_VEC(uint32_t) todo;
  HP_VEC(Pair) pairs; /* by key */
  int entering;       /* 0: anchors are not entered */
  int returning;      /* 1: weak references hold */
  uint32_t places[2]; /* the registry, package.loaded */
  int level, own_level; /* the frame at hand, and whether it is heapy's */
} Mark;

/* Marks 'id' unless it is. The caller has seen to the room in todo. */
static inline void push(Mark *m, uint32_t id) {
  if (hp_bit_get(m->marked, id)) return;
  if (!m->entering && hp_bit_get(m->anchors, id)) {
    hp_bit_set(m->met, id);
    return;
  }
  hp_bit_set(m->marked, id);
  if (hp_bit_get(m->strings, id)) return; /* leads nowhere, and is no pair's key */
  m->todo.at[m->todo.n++] = id;
}

/* ---- ephemerons ----------------------------------------------------------- */

static int by_key(const void *x, const void *y) {
  uint32_t a = ((const Pair *)x)->key, b = ((const Pair *)y)->key;
  return (a > b) - (a < b);
}

static int list_pairs_of(Mark *m, uint32_t id) {
  hp_EdgeIter it;
  hp_edges_begin(&it, m->g, id);
  while (hp_edges_next(&it)) {
    Pair *p;
    if (it.strength != HP_EPHEMERON) continue;
    if (hp_vec_reserve(&m->pairs, 1) != HP_OK) return HP_ENOMEM;
    p = &m->pairs.at[m->pairs.n++];
    p->key = it.key;
    p->table = id;
    p->value = it.to;
    hp_bit_set(m->keys, it.key);
  }
  return HP_OK;
}

static int has_ephemerons(const hp_Graph *g) {
  size_t i;
  for (i = 0; i < g->shapes.shapes.n; i++)
    if (g->shapes.shapes.at[i].weak == HP_WEAK_KEYS) return 1;
  return 0;
}

static int list_pairs(Mark *m) {
  const hp_Graph *g = m->g;
  uint32_t id;
  int rc = HP_OK;
  if (!has_ephemerons(g)) return HP_OK;
  for (id = 0; id < g->n && rc == HP_OK; id++)
    if (hp_graph_type(g, id) == HP_TABLE && hp_graph_shape(g, id)->weak == HP_WEAK_KEYS)
      rc = list_pairs_of(m, id);
  if (rc == HP_OK && m->pairs.n > 1)
    qsort(m->pairs.at, m->pairs.n, sizeof *m->pairs.at, by_key);
  return rc;
}

/* A key was reached: so are its values in tables already reached. */
static int reach_key(Mark *m, uint32_t key) {
  size_t i = hp_vec_find(&m->pairs, key);
  for (; i < m->pairs.n && m->pairs.at[i].key == key; i++) {
    if (hp_vec_reserve(&m->todo, 1) != HP_OK) return HP_ENOMEM;
    if (hp_bit_get(m->marked, m->pairs.at[i].table)) push(m, m->pairs.at[i].value);
  }
  return HP_OK;
}

/* ---- edges ---------------------------------------------------------------- */

static int is_own_function(const Mark *m, uint32_t id) {
  if (id == HP_NONE || hp_graph_type(m->g, id) == HP_STRING) return 0;
  return hp_bit_get(m->anchors, id) || (m->shapes[m->g->node[id].aux] & OWN) != 0;
}

/* A frame that heapy runs in: its function is heapy's, or it is a C function's
** right above such a frame. Slots come newest frame first. */
static int is_own_frame(const Mark *m, const hp_Item *item, const hp_Item *end) {
  for (; item < end && hp_item_kind(*item) == HP_I_SLOT; item++) {
    const hp_Slot *s = &m->g->slots.at[item->arg];
    if (is_own_function(m, s->function)) return 1;
    if (!s->native) return 0;
  }
  return 0;
}

/* Notes in round one which slots are of frames of heapy's own; asks once for each
** frame. From then on the edges from them hold nothing (edge.c). */
static void note_slot(Mark *m, const hp_EdgeIter *it) {
  hp_Slot *slot;
  if (m->entering || it->kind != HP_I_SLOT) return;
  slot = &m->g->slots.at[it->arg];
  if (slot->level != m->level) {
    m->level = slot->level;
    m->own_level = is_own_frame(m, it->item - 1, it->end);
  }
  slot->own = (uint8_t)m->own_level;
}

static int holds(const Mark *m, const hp_EdgeIter *it) {
  if (m->returning) return 1;
  if (it->kind == HP_I_SLOT) return m->entering || !m->g->slots.at[it->arg].own;
  if (it->strength == HP_EPHEMERON) return (int)hp_bit_get(m->marked, it->key);
  return it->strength != HP_WEAK;
}

static int follow_one_by_one(Mark *m, uint32_t id) {
  hp_EdgeIter it;
  m->level = -1;
  hp_edges_begin(&it, m->g, id);
  while (hp_edges_next(&it)) {
    note_slot(m, &it);
    if (!holds(m, &it)) continue;
    if (hp_vec_reserve(&m->todo, 1) != HP_OK) return HP_ENOMEM;
    push(m, it.to);
  }
  return HP_OK;
}

/* The edges that all objects of a shape share. */
static int follow_shape(Mark *m, const hp_Shape *s) {
  const hp_Item *item = m->g->shapes.items.at + s->item, *end = item + s->nitems;
  if (hp_vec_reserve(&m->todo, s->nitems + 1) != HP_OK) return HP_ENOMEM;
  if (s->common != HP_NONE) push(m, s->common);
  if (!s->keys) return HP_OK;
  for (; item < end; item++)
    if (hp_item_has_key(*item)) push(m, item->arg);
  return HP_OK;
}

/* The registry, package.loaded: an entry that is heapy's has a key that is, too. */
static int follow_place(Mark *m, uint32_t id) {
  hp_EdgeIter it;
  uint32_t key = HP_NONE;
  size_t most = m->g->node[id + 1].edge - m->g->node[id].edge + hp_graph_shape(m->g, id)->nitems;
  hp_edges_begin(&it, m->g, id);
  if (hp_vec_reserve(&m->todo, most + 1) != HP_OK) return HP_ENOMEM; /* and the metatable */
  while (hp_edges_next(&it)) {
    int own = it.kind != HP_I_KEY && it.key == key && hp_bit_get(m->anchors, it.to);
    if (key != HP_NONE && own) hp_bit_set(m->met, key);
    if (key != HP_NONE && !own) push(m, key);
    key = it.kind == HP_I_KEY ? it.to : HP_NONE;
    if (it.kind != HP_I_KEY) push(m, it.to);
  }
  if (key != HP_NONE) push(m, key);
  return HP_OK;
}

static int is_place(const Mark *m, uint32_t id) {
  return !m->entering && (id == m->places[0] || id == m->places[1]);
}

/* It was marked before it was looked at, and is heapy's. */
static int turn_back(Mark *m, uint32_t id) {
  hp_bit_clear(m->marked, id);
  hp_bit_set(m->anchors, id);
  hp_bit_set(m->met, id);
  return HP_OK;
}

/* All but the plain case; *done is set where nothing is left to follow. */
static int follow_specially(Mark *m, uint32_t id, int *done) {
  uint32_t shape = m->g->node[id].aux;
  uint8_t *flags = &m->shapes[shape];
  *done = 1;
  if (!m->entering && (*flags & OWN)) return turn_back(m, id);
  if ((*flags & PLACE) && is_place(m, id)) return follow_place(m, id);
  if (*flags & SINGLY) return follow_one_by_one(m, id);
  *done = 0;
  if (*flags & FOLLOWED) return HP_OK;
  *flags |= FOLLOWED;
  return follow_shape(m, &m->g->shapes.shapes.at[shape]);
}

/* Object id, no string. */
static int follow(Mark *m, uint32_t id) {
  const hp_Graph *g = m->g;
  const uint32_t *to = g->to.at + g->node[id].edge, *end = g->to.at + g->node[id + 1].edge;
  int rc, done;
  if (m->pairs.n > 0 && hp_bit_get(m->keys, id) && (rc = reach_key(m, id)) != HP_OK) return rc;
  if (m->shapes[g->node[id].aux] != FOLLOWED) {
    rc = follow_specially(m, id, &done);
    if (rc != HP_OK || done) return rc;
  }
  if (hp_vec_reserve(&m->todo, (size_t)(end - to)) != HP_OK) return HP_ENOMEM;
  for (; to < end; to++) push(m, *to);
  return HP_OK;
}

/* Takes objects from 'todo' by way of a short queue, in which they wait for what
** was asked of memory: first where their references are, then the references. */
static int drain(Mark *m) {
  const hp_Graph *g = m->g;
  uint32_t queue[QUEUE] = {0}, first = 0, n = 0;
  int rc = HP_OK;
  while (rc == HP_OK && (m->todo.n > 0 || n > 0)) {
    while (n < QUEUE && m->todo.n > 0) {
      uint32_t id = m->todo.at[--m->todo.n];
      __builtin_prefetch(&g->node[id]);
      queue[(first + n++) % QUEUE] = id;
    }
    if (n > QUEUE / 2)
      __builtin_prefetch(&g->to.at[g->node[queue[(first + QUEUE / 2) % QUEUE]].edge]);
    rc = follow(m, queue[first]);
    first = (first + 1) % QUEUE;
    n--;
  }
  return rc;
}

/* ---- what is heapy's ------------------------------------------------------ */

/* Prototypes that come from a source of heapy's, by the closures it declared. */
static void anchor_sources(Mark *m, const uint64_t *sources) {
  const hp_Graph *g = m->g;
  size_t i;
  for (i = 0; i < g->protos.n; i++) {
    uint32_t id = g->protos.at[i].id, source = hp_graph_in_run(g, id, HP_I_SOURCE, 1);
    if (source != HP_NONE && hp_bit_get(sources, source)) hp_bit_set(m->anchors, id);
  }
}

static void note_source(Mark *m, uint32_t function, uint64_t *sources) {
  const hp_Graph *g = m->g;
  uint32_t proto = hp_graph_proto_of(g, function);
  uint32_t source = proto == HP_NONE ? HP_NONE : hp_graph_in_run(g, proto, HP_I_SOURCE, 1);
  if (source != HP_NONE) hp_bit_set(sources, source);
}

/* What heapy declared, the functions in it, and their sources. */
static void anchor_declared(Mark *m, uint32_t own, uint64_t *sources) {
  hp_EdgeIter all, in;
  hp_bit_set(m->anchors, own);
  hp_edges_begin(&all, m->g, own);
  while (hp_edges_next(&all)) {
    if (all.kind != HP_I_ARRAY && all.kind != HP_I_INTEGER) continue;
    hp_bit_set(m->anchors, all.to);
    note_source(m, all.to, sources);
    hp_edges_begin(&in, m->g, all.to);
    while (hp_edges_next(&in)) note_source(m, in.to, sources);
  }
}

/* Shapes of objects with one of heapy's metatables or prototypes. */
static void anchor_shapes(Mark *m) {
  const hp_Graph *g = m->g;
  size_t i;
  for (i = 0; i < g->shapes.shapes.n; i++) {
    uint32_t common = g->shapes.shapes.at[i].common;
    if (common != HP_NONE && hp_bit_get(m->anchors, common)) m->shapes[i] |= OWN;
  }
}

/* What has one of heapy's metatables or prototypes, and nothing refers to. */
static void anchor_garbage(Mark *m) {
  const hp_Graph *g = m->g;
  size_t w, words = hp_words(g->n);
  for (w = 0; w < words; w++) {
    uint64_t bits = ~m->marked[w];
    for (; bits != 0; bits &= bits - 1) {
      uint32_t id = (uint32_t)(w * 64 + hp_lowest(bits));
      if (id >= g->n) return;
      if (hp_graph_type(g, id) != HP_STRING && (m->shapes[g->node[id].aux] & OWN))
        hp_bit_set(m->anchors, id);
    }
  }
}

static int find_anchors(Mark *m, uint32_t own) {
  uint64_t *sources;
  if (own == HP_NONE) return HP_OK;
  sources = hp_new(uint64_t, hp_words(m->g->n));
  if (sources == NULL) return HP_ENOMEM;
  anchor_declared(m, own, sources);
  anchor_sources(m, sources);
  hp_delete(sources, hp_words(m->g->n));
  anchor_shapes(m);
  return HP_OK;
}

/* ---- rounds --------------------------------------------------------------- */

static void find_places(Mark *m) {
  const hp_Graph *g = m->g;
  size_t i;
  m->places[0] = m->places[1] = HP_NONE;
  for (i = 0; i < g->roots.n; i++)
    if (g->roots.at[i].kind == HP_R_REGISTRY) m->places[0] = g->roots.at[i].id;
  if (m->places[0] != HP_NONE) m->places[1] = hp_graph_field(g, m->places[0], HP_K_LOADED);
  for (i = 0; i < 2; i++)
    if (m->places[i] != HP_NONE && hp_graph_type(g, m->places[i]) != HP_STRING)
      m->shapes[g->node[m->places[i]].aux] |= PLACE;
}

static int mark_program(Mark *m) {
  const hp_Graph *g = m->g;
  size_t i;
  find_places(m);
  if (hp_vec_reserve(&m->todo, g->roots.n) != HP_OK) return HP_ENOMEM;
  for (i = 0; i < g->roots.n; i++) push(m, g->roots.at[i].id);
  return drain(m);
}

/* The frames that round one left out: whatever they hold was met. */
static int follow_frames(Mark *m) {
  const hp_Graph *g = m->g;
  uint32_t id;
  int rc = HP_OK;
  for (id = 0; id < g->n && rc == HP_OK; id++)
    if (hp_graph_type(g, id) == HP_THREAD && hp_bit_get(m->marked, id))
      rc = follow_one_by_one(m, id);
  return rc == HP_OK ? drain(m) : rc;
}

static int mark_all_of(Mark *m, const uint64_t *which) {
  size_t w, words = hp_words(m->g->n);
  int rc = HP_OK;
  for (w = 0; w < words && rc == HP_OK; w++) {
    uint64_t bits = which[w];
    for (; bits != 0 && rc == HP_OK; bits &= bits - 1) {
      if (hp_vec_reserve(&m->todo, 1) != HP_OK) return HP_ENOMEM;
      push(m, (uint32_t)(w * 64 + hp_lowest(bits)));
      rc = drain(m);
    }
  }
  return rc;
}

/* What round one did not enter may be what a shape's objects share. */
static void forget_followed(Mark *m) {
  size_t i;
  for (i = 0; i < m->g->shapes.shapes.n; i++) m->shapes[i] &= (uint8_t)~FOLLOWED;
}

static int mark_own(Mark *m, uint64_t *live) {
  size_t words = hp_words(m->g->n);
  int rc;
  m->entering = 1;
  forget_followed(m);
  rc = follow_frames(m);
  if (rc == HP_OK) rc = mark_all_of(m, m->met);
  memcpy(live, m->marked, words * sizeof *live);
  anchor_garbage(m);
  return rc == HP_OK ? mark_all_of(m, m->anchors) : rc;
}

static int rounds(Mark *m, uint32_t own, uint64_t *live) {
  hp_Graph *g = m->g;
  size_t i, words = hp_words(g->n);
  int rc = find_anchors(m, own);
  if (rc == HP_OK) rc = list_pairs(m);
  if (rc == HP_OK) rc = mark_program(m);
  if (rc != HP_OK) return rc;
  memcpy(g->reachable, m->marked, words * sizeof *m->marked);
  rc = mark_own(m, live);
  if (rc != HP_OK) return rc;
  for (i = 0; i < words; i++) g->own[i] = m->marked[i] & ~g->reachable[i];
  return HP_OK;
}

static int64_t sum_of(const hp_Graph *g, size_t word, uint64_t bits) {
  int64_t sum = 0;
  for (; bits != 0; bits &= bits - 1)
    sum += (int64_t)hp_graph_size(g, (uint32_t)(word * 64 + hp_lowest(bits)));
  return sum;
}

/* The total stands in 'reachable' until here. */
static void sum_sizes(hp_Graph *g) {
  size_t w, words = hp_words(g->n);
  for (w = 0; w < words; w++) {
    uint64_t all = w + 1 < words || g->n % 64 == 0 ? ~(uint64_t)0 : ((uint64_t)1 << g->n % 64) - 1;
    g->totals.heapy += sum_of(g, w, g->own[w]);
    g->totals.unreachable += sum_of(g, w, all & ~(g->reachable[w] | g->own[w]));
  }
  g->totals.reachable -= g->totals.heapy + g->totals.unreachable;
}

static uint8_t *new_shapes(const hp_Graph *g) {
  size_t i, n = g->shapes.shapes.n;
  uint8_t *flags = hp_new(uint8_t, n);
  for (i = 0; i < n && flags != NULL; i++)
    if (hp_shape_is_odd(&g->shapes.shapes.at[i])) flags[i] = SINGLY;
  return flags;
}

/* What any marking needs; false for want of memory. */
static int begin(Mark *m, hp_Graph *g) {
  memset(m, 0, sizeof *m);
  m->g = g;
  m->marked = hp_new(uint64_t, hp_words(g->n));
  m->strings = hp_new(uint64_t, hp_words(g->n));
  m->shapes = new_shapes(g);
  if (m->strings != NULL) hp_graph_of_type(g, HP_STRING, m->strings);
  return m->marked && m->strings && m->shapes;
}

static void finish(Mark *m) {
  size_t words = hp_words(m->g->n);
  hp_delete(m->marked, words);
  hp_delete(m->anchors, words);
  hp_delete(m->keys, words);
  hp_delete(m->met, words);
  hp_delete(m->strings, words);
  hp_delete(m->shapes, m->g->shapes.shapes.n);
  hp_vec_free(&m->todo);
  hp_vec_free(&m->pairs);
}

int hp_mark(hp_Graph *g, uint32_t own, uint64_t *live) {
  size_t words = hp_words(g->n);
  Mark m;
  int rc = HP_ENOMEM, begun = begin(&m, g);
  m.anchors = hp_new(uint64_t, words);
  m.keys = hp_new(uint64_t, words);
  m.met = hp_new(uint64_t, words);
  if (begun && m.anchors && m.keys && m.met) rc = rounds(&m, own, live);
  if (rc == HP_OK) sum_sizes(g);
  finish(&m);
  return rc;
}

/* ---- what may come back --------------------------------------------------- */

static int begins_return(const hp_Graph *g, const uint64_t *live, uint32_t id) {
  if (!hp_bit_get(live, id)) return (g->info[id] & HP_INFO_FINAL) && !hp_bit_get(g->own, id);
  return hp_graph_type(g, id) == HP_TABLE && hp_graph_shape(g, id)->weak;
}

static int mark_returning(Mark *m, const uint64_t *live) {
  const hp_Graph *g = m->g;
  uint32_t id;
  int rc = HP_OK;
  memcpy(m->marked, live, hp_words(g->n) * sizeof *live);
  for (id = 0; id < g->n && rc == HP_OK; id++) {
    if (!begins_return(g, live, id)) continue;
    hp_bit_set(m->marked, id);
    if (hp_graph_type(g, id) != HP_STRING) rc = follow(m, id);
    if (rc == HP_OK) rc = drain(m);
  }
  return rc;
}

int hp_mark_returning(hp_Graph *g, uint64_t *live) {
  Mark m;
  int rc = HP_ENOMEM, begun = begin(&m, g);
  m.entering = m.returning = 1;
  if (begun) rc = mark_returning(&m, live);
  if (rc == HP_OK) memcpy(live, m.marked, hp_words(g->n) * sizeof *live);
  finish(&m);
  return rc;
}
