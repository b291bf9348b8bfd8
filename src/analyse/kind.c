/* Assigning kinds: see kind.h. */
#include "kind.h"

#include "heap/edge.h"

#include <string.h>

/* What the objects of a shape are. */
typedef struct ShapeKind {
  uint16_t kind;     /* of the objects themselves */
  uint16_t owned;    /* of the plain tables their fields hold; only if 'instance' */
  uint8_t instance;  /* they are instances of a class */
  uint8_t plain;     /* they are plain tables */
} ShapeKind;

typedef struct Kinding {
  hp_Graph *g;
  hp_Kinds *k;
  ShapeKind *shapes;
  uint64_t *special; /* objects that have their kind already */
  uint64_t *tables;  /* all there are */
  uint64_t *held;    /* those that an instance refers to */
  uint64_t *shared;  /* that more than one does */
  uint64_t *owned;   /* that one has in a field; their kind is set to what that makes it */
} Kinding;

const char *hp_type_name(hp_Type t) {
  static const char *const names[] = {"string", "table",  "function", "C function",
                                      "userdata", "thread", "upvalue",  "prototype"};
  return names[t];
}

void hp_kinds_free(hp_Kinds *k) {
  if (k == NULL) return;
  hp_names_free(&k->names);
  hp_classes_free(&k->classes);
  hp_delete(k, 1);
}

size_t hp_kinds_bytes(const hp_Kinds *k) {
  return k == NULL ? 0
                   : sizeof *k + hp_names_bytes(&k->names) + hp_names_bytes(&k->classes.names) +
                         hp_vec_bytes(&k->classes.at);
}

static int kind_named(Kinding *w, const char *name, uint16_t *kind) {
  uint32_t number;
  int rc;
  if (hp_names_count(&w->k->names) >= HP_KINDS_MAX) name = "(more kinds)";
  rc = hp_names_intern(&w->k->names, name, &number);
  if (rc == HP_OK) *kind = (uint16_t)number;
  return rc;
}

static int kind_prefixed(Kinding *w, const char *prefix, const char *name, uint16_t *kind) {
  hp_Name text;
  hp_name_set(&text, prefix);
  hp_name_add(&text, name);
  return kind_named(w, text.s, kind);
}

/* ---- shapes --------------------------------------------------------------- */

static int kind_of_type(Kinding *w, ShapeKind *s, hp_Type type) {
  s->plain = type == HP_TABLE;
  return kind_named(w, type == HP_TABLE ? "table (no owner)" : hp_type_name(type), &s->kind);
}

static int kind_of_shape(Kinding *w, ShapeKind *s, const hp_Shape *shape) {
  const hp_Classes *c = &w->k->classes;
  uint32_t name = HP_NONE;
  const char *text;
  int rc;
  if (hp_shape_metatable(shape) != HP_NONE) name = hp_class_instance_name(c, shape->common);
  if (name == HP_NONE) return kind_of_type(w, s, (hp_Type)shape->type);
  text = hp_names_get(&c->names, name);
  s->instance = 1;
  rc = kind_named(w, text, &s->kind);
  return rc == HP_OK ? kind_prefixed(w, "table of ", text, &s->owned) : rc;
}

static int kind_shapes(Kinding *w) {
  const hp_Shapes *shapes = (const hp_Shapes *)&w->g->shapes.shapes;
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < shapes->n && rc == HP_OK; i++)
    rc = kind_of_shape(w, &w->shapes[i], &shapes->at[i]);
  return rc;
}

/* ---- tables that are something by themselves ------------------------------ */

static int set_special(Kinding *w, uint32_t id, const char *prefix, const char *name) {
  if (id == HP_NONE || hp_bit_get(w->special, id)) return HP_OK;
  hp_bit_set(w->special, id);
  return kind_prefixed(w, prefix, name, &w->g->kind[id]);
}

static int name_module(Kinding *w, uint32_t id, uint32_t key) {
  size_t n;
  int whole;
  const char *s = hp_graph_text(w->g, key, &n, &whole);
  hp_Name name;
  hp_name_set(&name, "");
  hp_name_addn(&name, s, n);
  return set_special(w, id, "module ", name.s);
}

static int is_shorter(const hp_Graph *g, uint32_t a, uint32_t b) {
  return b == HP_NONE || hp_graph_length(g, a) < hp_graph_length(g, b);
}

/* A module loaded under several names has the shortest. */
static int kind_modules(Kinding *w) {
  const hp_Graph *g = w->g;
  hp_EdgeIter it, again;
  int rc = HP_OK;
  if (w->k->classes.loaded == HP_NONE) return HP_OK;
  hp_edges_begin(&it, g, w->k->classes.loaded);
  while (hp_edges_next(&it) && rc == HP_OK) {
    uint32_t best = HP_NONE;
    if (it.kind != HP_I_NAME || hp_graph_type(g, it.to) != HP_TABLE) continue;
    if (hp_bit_get(w->special, it.to)) continue;
    hp_edges_begin(&again, g, w->k->classes.loaded);
    while (hp_edges_next(&again))
      if (again.kind == HP_I_NAME && again.to == it.to && is_shorter(g, again.key, best))
        best = again.key;
    rc = name_module(w, it.to, best);
  }
  return rc;
}

static int kind_classes(Kinding *w) {
  const hp_Classes *c = &w->k->classes;
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < c->at.n && rc == HP_OK; i++)
    if (!c->at.at[i].plain && c->at.at[i].name != HP_NONE)
      rc = set_special(w, c->at.at[i].id, "class ", hp_names_get(&c->names, c->at.at[i].name));
  return rc;
}

static int kind_specials(Kinding *w) {
  const hp_Classes *c = &w->k->classes;
  int rc = set_special(w, c->registry, "registry", "");
  if (rc == HP_OK) rc = set_special(w, c->globals, "globals", "");
  if (rc == HP_OK) rc = kind_modules(w);
  return rc == HP_OK ? kind_classes(w) : rc;
}

/* ---- owners --------------------------------------------------------------- */

static int is_field(hp_Item item) {
  return hp_item_kind(item) == HP_I_NAME || hp_item_kind(item) == HP_I_USERVALUE;
}

typedef void See(Kinding *w, uint32_t id, hp_Item item, uint16_t kind);

static void see_shared(Kinding *w, uint32_t id, hp_Item item, uint16_t kind) {
  (void)item;
  (void)kind;
  if (hp_bit_get(w->held, id)) hp_bit_set(w->shared, id);
}

static void see_held(Kinding *w, uint32_t id, hp_Item item, uint16_t kind) {
  hp_bit_set(w->held, id);
  if (!is_field(item) || hp_bit_get(w->special, id)) return;
  hp_bit_set(w->owned, id);
  w->g->kind[id] = kind;
}

/* Every table that the instance refers to. */
static inline void each_table(Kinding *w, uint32_t id, See *see) {
  const hp_Graph *g = w->g;
  const hp_Shape *s = hp_graph_shape(g, id);
  const hp_Item *item = g->shapes.items.at + s->item, *end = item + s->nitems;
  const uint32_t *to = g->to.at + g->node[id].edge;
  uint16_t kind = w->shapes[g->node[id].aux].owned;
  for (; item < end; item++) {
    uint32_t i, n = hp_item_count(*item);
    for (i = 0; i < n; i++)
      if (hp_bit_get(w->tables, to[i])) see(w, to[i], *item, kind);
    to += n;
  }
}

/* What other instances refer to is shared; only then is what this one refers to
** noted, so that two fields of one instance may hold the same table. What it holds
** in a field is its own; what it holds otherwise is only held. */
static void own_fields(Kinding *w, uint32_t id) {
  if (hp_graph_shape(w->g, id)->weak & HP_WEAK_VALUES) return;
  each_table(w, id, see_shared);
  each_table(w, id, see_held);
}

static void find_owners(Kinding *w) {
  const hp_Graph *g = w->g;
  uint32_t id;
  for (id = 0; id < g->n; id++)
    if (hp_graph_type(g, id) != HP_STRING && hp_bit_get(g->reachable, id) &&
        w->shapes[g->node[id].aux].instance)
      own_fields(w, id);
}

/* ---- every object --------------------------------------------------------- */

/* A plain table that one instance owns has its kind already. Tables that others refer
** to as well, and what is no plain table, are what they are by themselves. */
static inline void kind_object(Kinding *w, uint32_t id, uint16_t string) {
  hp_Graph *g = w->g;
  const ShapeKind *s;
  if (hp_graph_type(g, id) == HP_STRING) {
    g->kind[id] = string;
    return;
  }
  s = &w->shapes[g->node[id].aux];
  if (!s->plain || !hp_bit_get(w->owned, id) || hp_bit_get(w->shared, id)) g->kind[id] = s->kind;
}

static int kind_objects(Kinding *w) {
  hp_Graph *g = w->g;
  uint16_t string;
  uint32_t id;
  int rc = kind_named(w, hp_type_name(HP_STRING), &string);
  if (rc != HP_OK) return rc;
  hp_graph_of_type(g, HP_TABLE, w->tables);
  find_owners(w);
  for (id = 0; id < g->n; id++)
    if (!hp_bit_get(w->special, id)) kind_object(w, id, string);
  return HP_OK;
}

static int kind_all(Kinding *w) {
  int rc = hp_classes_find(&w->k->classes, w->g);
  if (rc == HP_OK) rc = kind_shapes(w);
  if (rc == HP_OK) rc = kind_specials(w);
  if (rc != HP_OK) return rc;
  return kind_objects(w);
}

int hp_kinds_new(hp_Graph *g) {
  size_t nshapes = g->shapes.shapes.n, words = hp_words(g->n);
  Kinding w;
  int rc = HP_ENOMEM;
  memset(&w, 0, sizeof w);
  w.g = g;
  w.k = g->kinds = hp_new(hp_Kinds, 1);
  w.shapes = hp_new(ShapeKind, nshapes);
  w.special = hp_new(uint64_t, words);
  w.tables = hp_new(uint64_t, words);
  w.held = hp_new(uint64_t, words);
  w.shared = hp_new(uint64_t, words);
  w.owned = hp_new(uint64_t, words);
  if (w.k && w.shapes && w.special && w.tables && w.held && w.shared && w.owned)
    rc = kind_all(&w);
  hp_delete(w.shapes, nshapes);
  hp_delete(w.special, words);
  hp_delete(w.tables, words);
  hp_delete(w.held, words);
  hp_delete(w.shared, words);
  hp_delete(w.owned, words);
  return rc;
}
