/* Assigning kinds: see kind.h. */
#include "kind.h"

#include <string.h>

/* What the objects of a shape are. */
typedef struct ShapeKind {
  uint16_t kind;     /* of the objects themselves */
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
  uint64_t *owned;   /* that one has in a field; until the end their kind is the instance's */
  uint16_t *tables_of; /* per kind: that of the tables of its instances, or 0 */
  size_t nkinds;
  uint16_t *instances; /* per name of a class: the kind of its instances, or 0 while not known; */
  uint16_t *classes;   /* that of the class itself */
  uint32_t most; /* kinds that there may be, at this step */
} Kinding;

const char *hp_type_name(hp_Type t) {
  static const char *const names[] = {"string", "table",  "function", "C function",
                                      "userdata", "thread", "upvalue",  "prototype"};
  return names[t];
}

void hp_kinds_free(hp_Kinds *k) {
  if (k == NULL) return;
  hp_names_free(&k->names);
  hp_vec_free(&k->at);
  hp_classes_free(&k->classes);
  hp_delete(k, 1);
}

size_t hp_kinds_bytes(const hp_Kinds *k) {
  return k == NULL ? 0
                   : sizeof *k + hp_names_bytes(&k->names) + hp_vec_bytes(&k->at) +
                         hp_classes_bytes(&k->classes);
}

/* ---- numbers -------------------------------------------------------------- */

static int is_full(const Kinding *w, const char *name) {
  return hp_names_count(&w->k->names) >= w->most &&
         hp_names_find(&w->k->names, name) == UINT32_MAX;
}

static int kind_named(Kinding *w, const char *name, hp_KindOf what, uint32_t of, uint16_t *kind) {
  hp_Kinds *k = w->k;
  uint32_t number;
  int rc;
  if (is_full(w, name)) {
    name = "(more kinds)";
    what = HP_KIND_TYPE;
  }
  if (hp_vec_reserve(&k->at, 1) != HP_OK) return HP_ENOMEM;
  if ((rc = hp_names_intern(&k->names, name, &number)) != HP_OK) return rc;
  if (number == k->at.n) {
    k->at.at[k->at.n].what = what;
    k->at.at[k->at.n++].of = of;
  }
  *kind = (uint16_t)number;
  return HP_OK;
}

static int kind_prefixed(Kinding *w, const char *prefix, const char *name, hp_KindOf what,
                         uint32_t of, uint16_t *kind) {
  hp_Name text;
  hp_name_set(&text, prefix);
  hp_name_add(&text, name);
  return kind_named(w, text.s, what, of, kind);
}

static const char *kind_of_type(int type) {
  return type == HP_TABLE ? "table (no owner)" : hp_type_name((hp_Type)type);
}

/* So that a type's number is its kind's. */
static int name_types(Kinding *w) {
  uint16_t kind;
  int type, rc = HP_OK;
  for (type = 0; type < HP_NTYPES && rc == HP_OK; type++)
    rc = kind_named(w, kind_of_type(type), HP_KIND_TYPE, 0, &kind);
  return rc;
}

/* ---- tables that are something by themselves ------------------------------ */

static int set_special(Kinding *w, uint32_t id, const char *prefix, const char *name,
                       hp_KindOf what, uint32_t of) {
  if (id == HP_NONE || hp_bit_get(w->special, id)) return HP_OK;
  hp_bit_set(w->special, id);
  return kind_prefixed(w, prefix, name, what, of, &w->g->kind[id]);
}

static int kind_modules(Kinding *w) {
  const hp_Modules *m = &w->k->classes.modules;
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < m->at.n && rc == HP_OK; i++) {
    hp_Name name;
    if (hp_graph_type(w->g, m->at.at[i].id) != HP_TABLE) continue;
    hp_name_set(&name, "");
    hp_module_name(w->g, m->at.at[i].key, &name);
    rc = set_special(w, m->at.at[i].id, "module ", name.s, HP_KIND_MODULE, m->at.at[i].key);
  }
  return rc;
}

/* Garbage may have classes without number: they must not take the numbers of what is
** alive. An instance holds its metatable, so where that is garbage all are. */
static int is_alive(const Kinding *w, uint32_t id) {
  return id == HP_NONE || hp_bit_get(w->g->reachable, id);
}

/* Names are put together once: there may be a class for each object. */
static int kind_class(Kinding *w, uint32_t id, uint32_t name) {
  uint16_t *kind = &w->classes[name];
  int rc = HP_OK;
  if (hp_bit_get(w->special, id)) return HP_OK;
  if (*kind == 0)
    rc = kind_prefixed(w, "class ", hp_names_get(&w->k->classes.names, name), HP_KIND_CLASS, name,
                       kind);
  hp_bit_set(w->special, id);
  w->g->kind[id] = *kind;
  return rc;
}

static int kind_classes(Kinding *w, int alive) {
  const hp_Classes *c = &w->k->classes;
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < c->at.n && rc == HP_OK; i++) {
    uint32_t name = c->at.at[i].name;
    if (c->at.at[i].plain || name == HP_NONE || is_alive(w, c->at.at[i].id) != alive) continue;
    rc = kind_class(w, c->at.at[i].id, name);
  }
  return rc;
}

static int kind_places(Kinding *w) {
  const hp_Classes *c = &w->k->classes;
  int rc = set_special(w, c->registry, "registry", "", HP_KIND_TYPE, 0);
  if (rc == HP_OK) rc = set_special(w, c->globals, "globals", "", HP_KIND_TYPE, 0);
  return rc == HP_OK ? kind_modules(w) : rc;
}

/* ---- shapes --------------------------------------------------------------- */

static int starts_with(const char *s, const char *prefix) {
  return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Is this the name of another kind, or does it look like one? */
static int is_taken(const char *name, size_t n) {
  static const char *const taken[] = {"registry", "globals", "(more kinds)"};
  static const char *const prefixes[] = {"module ", "class ", "table of "};
  size_t i;
  for (i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
    if (starts_with(name, prefixes[i])) return 1;
  for (i = 0; i < sizeof taken / sizeof *taken; i++)
    if (strlen(taken[i]) == n && memcmp(taken[i], name, n) == 0) return 1;
  for (i = 0; i < HP_NTYPES; i++)
    if (strlen(kind_of_type((int)i)) == n && memcmp(kind_of_type((int)i), name, n) == 0) return 1;
  return 0;
}

/* Instances of a class of that name. One that is called "string (class)" itself has
** another "(class)", so that two names are never made one. */
static int kind_instances(Kinding *w, uint32_t name, uint16_t *kind) {
  static const char mark[] = " (class)";
  const char *text = hp_names_get(&w->k->classes.names, name);
  size_t n = strlen(text), m = sizeof mark - 1;
  while (n > m && memcmp(text + n - m, mark, m) == 0) n -= m;
  if (!is_taken(text, n)) return kind_named(w, text, HP_KIND_CLASS, name, kind);
  return kind_prefixed(w, text, mark, HP_KIND_CLASS, name, kind);
}

static int kind_of_shape(Kinding *w, ShapeKind *s, const hp_Shape *shape) {
  uint32_t name = HP_NONE;
  if (hp_shape_metatable(shape) != HP_NONE)
    name = hp_class_instance_name(&w->k->classes, shape->common);
  if (name != HP_NONE) {
    int rc = w->instances[name] == 0 ? kind_instances(w, name, &w->instances[name]) : HP_OK;
    s->instance = 1;
    s->kind = w->instances[name];
    return rc;
  }
  s->plain = shape->type == HP_TABLE;
  s->kind = shape->type; /* the types have the first numbers */
  return HP_OK;
}

static int kind_shapes(Kinding *w, int alive) {
  const hp_Shapes *shapes = (const hp_Shapes *)&w->g->shapes.shapes;
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < shapes->n && rc == HP_OK; i++)
    if (is_alive(w, hp_shape_metatable(&shapes->at[i])) == alive)
      rc = kind_of_shape(w, &w->shapes[i], &shapes->at[i]);
  return rc;
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
  uint16_t kind = w->shapes[g->node[id].aux].kind;
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

/* The globals, a module or a class may have a metatable as well: they are what they are. */
static void find_owners(Kinding *w) {
  const hp_Graph *g = w->g;
  uint32_t id;
  for (id = 0; id < g->n; id++)
    if (hp_graph_type(g, id) != HP_STRING && hp_bit_get(g->reachable, id) &&
        w->shapes[g->node[id].aux].instance && !hp_bit_get(w->special, id))
      own_fields(w, id);
}

/* ---- every object --------------------------------------------------------- */

/* The kind of a table that an instance of this kind owns: made when there is one. */
static int kind_owned(Kinding *w, uint16_t owner, uint16_t *kind) {
  hp_Kind k = w->k->at.at[owner];
  int rc = HP_OK;
  if (w->tables_of[owner] == 0 && k.what == HP_KIND_CLASS)
    rc = kind_prefixed(w, "table of ", hp_names_get(&w->k->classes.names, k.of), k.what, k.of,
                       &w->tables_of[owner]);
  *kind = k.what == HP_KIND_CLASS ? w->tables_of[owner] : owner; /* "(more kinds)" has its own */
  return rc;
}

/* A plain table that one instance owns has that one's kind so far. Tables that others
** refer to as well, and what is no plain table, are what they are by themselves. */
static inline int kind_object(Kinding *w, uint32_t id) {
  hp_Graph *g = w->g;
  const ShapeKind *s;
  if (hp_graph_type(g, id) == HP_STRING) {
    g->kind[id] = HP_STRING;
    return HP_OK;
  }
  s = &w->shapes[g->node[id].aux];
  if (s->plain && hp_bit_get(w->owned, id) && !hp_bit_get(w->shared, id))
    return kind_owned(w, g->kind[id], &g->kind[id]);
  g->kind[id] = s->kind;
  return HP_OK;
}

static int kind_objects(Kinding *w) {
  hp_Graph *g = w->g;
  uint32_t id;
  int rc = HP_OK;
  w->nkinds = w->k->at.n;
  w->tables_of = hp_new(uint16_t, w->nkinds);
  if (w->tables_of == NULL) return HP_ENOMEM;
  hp_graph_of_type(g, HP_TABLE, w->tables);
  find_owners(w);
  for (id = 0; id < g->n && rc == HP_OK; id++)
    if (!hp_bit_get(w->special, id)) rc = kind_object(w, id);
  hp_delete(w->tables_of, w->nkinds);
  return rc;
}

static int kind_shapes_and_classes(Kinding *w, int alive) {
  int rc = kind_shapes(w, alive);
  return rc == HP_OK ? kind_classes(w, alive) : rc;
}

/* Garbage leaves as many kinds as there may be tables of what is alive. */
static int kind_garbage(Kinding *w) {
  uint32_t n = hp_names_count(&w->k->names);
  int rc;
  w->most = HP_KINDS_MAX - (n < HP_KINDS_MAX ? n : HP_KINDS_MAX);
  rc = kind_shapes_and_classes(w, 0);
  w->most = HP_KINDS_MAX;
  return rc;
}

static int kind_by_names(Kinding *w) {
  size_t n = hp_names_count(&w->k->classes.names);
  int rc = HP_ENOMEM;
  w->instances = hp_new(uint16_t, n);
  w->classes = hp_new(uint16_t, n);
  if (w->instances && w->classes) rc = kind_shapes_and_classes(w, 1);
  if (rc == HP_OK) rc = kind_garbage(w);
  hp_delete(w->instances, n);
  hp_delete(w->classes, n);
  return rc;
}

static int kind_all(Kinding *w) {
  int rc = name_types(w);
  if (rc == HP_OK) rc = hp_classes_find(&w->k->classes, w->g);
  if (rc == HP_OK) rc = kind_places(w);
  if (rc == HP_OK) rc = kind_by_names(w);
  return rc == HP_OK ? kind_objects(w) : rc;
}

int hp_kinds_new(hp_Graph *g) {
  size_t nshapes = g->shapes.shapes.n, words = hp_words(g->n);
  Kinding w;
  int rc = HP_ENOMEM;
  memset(&w, 0, sizeof w);
  w.g = g;
  w.most = HP_KINDS_MAX;
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
