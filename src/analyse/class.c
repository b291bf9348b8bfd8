/* Finding classes: see class.h. */
#include "class.h"

#include "base/sort.h"
#include "heap/edge.h"
#include "naming.h"

#include <stdlib.h>
#include <string.h>

void hp_classes_free(hp_Classes *classes) {
  hp_vec_free(&classes->at);
  hp_names_free(&classes->names);
  hp_modules_free(&classes->modules);
  hp_writers_free(&classes->writers);
}

size_t hp_classes_bytes(const hp_Classes *classes) {
  return hp_vec_bytes(&classes->at) + hp_names_bytes(&classes->names) +
         hp_modules_bytes(&classes->modules) + hp_vec_bytes(&classes->writers.at);
}

/* ---- which tables --------------------------------------------------------- */

hp_Class *hp_class_of(const hp_Classes *classes, uint32_t id) {
  size_t i = hp_vec_find(&classes->at, id);
  return i < classes->at.n && classes->at.at[i].id == id ? &classes->at.at[i] : NULL;
}

/* What is known of one first: it wins over its twins. */
static int by_id(const void *x, const void *y) {
  const hp_Class *a = x, *b = y;
  if (a->id != b->id) return a->id < b->id ? -1 : 1;
  return (int)b->meta - (int)a->meta;
}

static int add_class(hp_Classes *c, uint32_t id, int meta) {
  hp_Class *new;
  if (hp_vec_reserve(&c->at, 1) != HP_OK) return HP_ENOMEM;
  new = &c->at.at[c->at.n++];
  memset(new, 0, sizeof *new);
  new->id = id;
  new->index = new->name = HP_NONE;
  new->meta = (uint8_t)meta;
  return HP_OK;
}

/* Sorts, and makes one of those that are there more than once. */
static void unite(hp_Classes *c) {
  size_t i, n = 0;
  if (c->at.n == 0) return;
  qsort(c->at.at, c->at.n, sizeof *c->at.at, by_id);
  for (i = 1; i < c->at.n; i++)
    if (c->at.at[i].id != c->at.at[n].id) c->at.at[++n] = c->at.at[i];
  c->at.n = n + 1;
}

static int add_metatables(hp_Classes *c, const hp_Graph *g) {
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < g->shapes.shapes.n && rc == HP_OK; i++)
    if (hp_shape_metatable(&g->shapes.shapes.at[i]) != HP_NONE)
      rc = add_class(c, g->shapes.shapes.at[i].common, 1);
  for (i = 0; i < g->roots.n && rc == HP_OK; i++)
    if (g->roots.at[i].kind == HP_R_METATABLE) rc = add_class(c, g->roots.at[i].id, 1);
  return rc;
}

static int is_function(const hp_Graph *g, uint32_t id) {
  hp_Type t = hp_graph_type(g, id);
  return t == HP_FUNCTION || t == HP_CFUNCTION;
}

/* Has the table anything of a class: __index, __name, a function? The globals
** as __index make an environment. Light C functions are no objects; a metatable
** with those alone has __index as a rule. */
static int makes_class(const hp_Classes *c, const hp_Graph *g, uint32_t id) {
  hp_FieldIter it;
  hp_fields_begin(&it, g, id);
  while (hp_fields_next(&it)) {
    if (it.to == c->globals) continue;
    if (is_function(g, it.to) || it.key == g->known[HP_K_INDEX__] ||
        it.key == g->known[HP_K_NAME__])
      return 1;
  }
  return 0;
}

/* ---- classes that nothing is an instance of ------------------------------- */

static int is_key_of_class(const hp_Graph *g, uint32_t key) {
  return key == g->known[HP_K_INDEX__] || key == g->known[HP_K_INSTANCEDICT] ||
         key == g->known[HP_K_CLASSDICT];
}

static int may_be_classes(const hp_Graph *g, const hp_Shape *s) {
  const hp_Item *item = g->shapes.items.at + s->item, *end = item + s->nitems;
  for (; item < end && s->type == HP_TABLE; item++)
    if (hp_item_kind(*item) == HP_I_NAME && is_key_of_class(g, item->arg)) return 1;
  return 0;
}

/* Its own __index, or what middleclass makes: those are no metatables themselves. */
static int is_class(const hp_Graph *g, uint32_t id) {
  return hp_graph_field(g, id, HP_K_INDEX__) == id || hp_naming_middleclass(g, id) != HP_NONE;
}

static int add_members(hp_Classes *c, const hp_Graph *g, const uint64_t *shapes) {
  uint32_t id;
  int rc = HP_OK;
  for (id = 0; id < g->n && rc == HP_OK; id++)
    if (hp_graph_type(g, id) == HP_TABLE && hp_bit_get(shapes, g->node[id].aux) && is_class(g, id))
      rc = add_class(c, id, 0);
  return rc;
}

static int add_unused(hp_Classes *c, const hp_Graph *g) {
  size_t i, n = g->shapes.shapes.n;
  uint64_t *shapes = hp_new(uint64_t, hp_words(n));
  int rc = shapes == NULL ? HP_ENOMEM : HP_OK;
  for (i = 0; i < n && rc == HP_OK; i++)
    if (may_be_classes(g, &g->shapes.shapes.at[i])) hp_bit_set(shapes, i);
  if (rc == HP_OK) rc = add_members(c, g, shapes);
  hp_delete(shapes, hp_words(n));
  return rc;
}

/* ---- what they index ------------------------------------------------------ */

/* The globals as __index make an environment, no class. */
static uint32_t index_of(const hp_Classes *c, const hp_Graph *g, uint32_t id) {
  uint32_t index = hp_graph_field(g, id, HP_K_INDEX__);
  if (index == HP_NONE || index == c->globals || hp_graph_type(g, index) != HP_TABLE)
    return HP_NONE;
  return index;
}

/* An object that another stands for: it has a class, and nothing of one. */
static int is_target(const hp_Classes *c, const hp_Graph *g, uint32_t id) {
  uint32_t mt = hp_shape_metatable(hp_graph_shape(g, id));
  const hp_Class *class = mt == HP_NONE ? NULL : hp_class_of(c, mt);
  return class != NULL && !class->plain && !makes_class(c, g, id);
}

static void look_at(hp_Classes *c, const hp_Graph *g) {
  size_t i;
  for (i = 0; i < c->at.n; i++) {
    hp_Class *class = &c->at.at[i];
    class->index = index_of(c, g, class->id);
    class->plain = (uint8_t)(class->meta && !makes_class(c, g, class->id));
  }
}

/* Each once: many metatables may have one index, and that be large. */
static int add_each_index(hp_Classes *c, const hp_Graph *g, uint32_t *ids) {
  uint32_t i, n = 0;
  int rc = HP_OK;
  for (i = 0; i < c->at.n; i++)
    if (c->at.at[i].index != HP_NONE && hp_naming_may_tell(g, c->at.at[i].id, c->at.at[i].index))
      ids[n++] = c->at.at[i].index;
  n = hp_sort_unique(ids, n);
  /* The classes are searched while new ones come behind them: those are no metatables. */
  for (i = 0; i < n; i++)
    if (hp_class_of(c, ids[i]) != NULL || is_target(c, g, ids[i])) ids[i] = HP_NONE;
  for (i = 0; i < n && rc == HP_OK; i++)
    if (ids[i] != HP_NONE) rc = add_class(c, ids[i], 0);
  return rc;
}

static int add_indexes(hp_Classes *c, const hp_Graph *g) {
  size_t n = c->at.n;
  uint32_t *ids = hp_new(uint32_t, n);
  int rc = ids == NULL ? HP_ENOMEM : HP_OK;
  if (rc == HP_OK) {
    look_at(c, g);
    rc = add_each_index(c, g, ids);
  }
  hp_delete(ids, n);
  unite(c);
  return rc;
}

/* ---- all together --------------------------------------------------------- */

static void find_places(hp_Classes *c, const hp_Graph *g) {
  size_t i;
  c->registry = c->globals = c->loaded = HP_NONE;
  for (i = 0; i < g->roots.n; i++)
    if (g->roots.at[i].kind == HP_R_REGISTRY) c->registry = g->roots.at[i].id;
  if (c->registry == HP_NONE) return;
  c->globals = hp_graph_index(g, c->registry, 2); /* LUA_RIDX_GLOBALS */
  c->loaded = hp_graph_field(g, c->registry, HP_K_LOADED);
  if (c->loaded != HP_NONE && hp_graph_type(g, c->loaded) != HP_TABLE) c->loaded = HP_NONE;
  if (c->globals != HP_NONE && hp_graph_type(g, c->globals) != HP_TABLE) c->globals = HP_NONE;
}

static int find_writers(hp_Classes *c, const hp_Graph *g) {
  size_t i, n = c->at.n;
  uint32_t *ids = hp_new(uint32_t, n);
  int rc = ids == NULL ? HP_ENOMEM : HP_OK;
  for (i = 0; i < n && rc == HP_OK; i++) ids[i] = c->at.at[i].id;
  if (rc == HP_OK) rc = hp_writers_find(&c->writers, g, ids, n);
  hp_delete(ids, n);
  for (i = 0; i < c->writers.at.n && rc == HP_OK; i++)
    if (c->writers.at.at[i].own > 0) hp_class_of(c, c->writers.at.at[i].table)->written = 1;
  return rc;
}

static int name_all(hp_Classes *classes, const hp_Graph *g) {
  hp_Naming w = {classes, g};
  int rc = hp_naming_by_fields(&w);
  if (rc == HP_OK) rc = hp_naming_by_modules(&w);
  if (rc == HP_OK) rc = hp_naming_by_globals(&w);
  if (rc == HP_OK) rc = hp_naming_by_environments(&w);
  if (rc == HP_OK) hp_naming_by_twins(&w);
  if (rc == HP_OK) rc = hp_naming_by_variables(&w);
  if (rc == HP_OK) hp_naming_by_twins(&w);
  return rc == HP_OK ? hp_naming_the_rest(&w) : rc;
}

int hp_classes_find(hp_Classes *classes, const hp_Graph *g) {
  int rc;
  find_places(classes, g);
  rc = add_metatables(classes, g);
  if (rc == HP_OK) rc = add_unused(classes, g);
  unite(classes);
  if (rc == HP_OK) rc = add_indexes(classes, g);
  if (rc == HP_OK) rc = find_writers(classes, g);
  if (rc == HP_OK)
    rc = hp_modules_find(&classes->modules, g, classes->loaded, classes->globals);
  return rc == HP_OK ? name_all(classes, g) : rc;
}

uint32_t hp_class_instance_name(const hp_Classes *classes, uint32_t id) {
  const hp_Class *c = hp_class_of(classes, id), *index;
  if (c == NULL || c->plain) return HP_NONE;
  index = c->index == HP_NONE ? NULL : hp_class_of(classes, c->index);
  return index != NULL && index->rule / 10 < c->rule / 10 ? index->name : c->name;
}
