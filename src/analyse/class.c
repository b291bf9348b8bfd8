/* Finding classes: see class.h. */
#include "class.h"

#include "heap/edge.h"
#include "naming.h"

#include <string.h>

void hp_classes_free(hp_Classes *classes) {
  hp_vec_free(&classes->at);
  hp_ranked_free(&classes->members);
  hp_names_free(&classes->names);
  hp_modules_free(&classes->modules);
  hp_writers_free(&classes->writers);
}

size_t hp_classes_bytes(const hp_Classes *classes) {
  return hp_vec_bytes(&classes->at) + hp_names_bytes(&classes->names) +
         hp_ranked_bytes(&classes->members) + hp_modules_bytes(&classes->modules) +
         hp_vec_bytes(&classes->writers.at);
}

/* ---- which tables --------------------------------------------------------- */

hp_Class *hp_class_of(const hp_Classes *classes, uint32_t id) {
  if (id >= classes->members.n || !hp_bit_get(classes->members.bits, id)) return NULL;
  return &classes->at.at[hp_ranked_at(&classes->members, id)];
}

static hp_Class new_class(uint32_t id) {
  hp_Class new;
  memset(&new, 0, sizeof new);
  new.id = id;
  new.index = new.name = HP_NONE;
  return new;
}

/* From the last to the first, so that what is there moves to where nothing is any more. */
static void spread(hp_Classes *c, size_t had) {
  size_t word = hp_words(c->members.n), to = c->at.n, from = had;
  while (word-- > 0) {
    uint64_t bits = c->members.bits[word];
    for (; bits != 0; bits = hp_without_highest(bits)) {
      uint32_t id = (uint32_t)(word * 64 + hp_highest(bits));
      int is_there = from > 0 && c->at.at[from - 1].id == id;
      c->at.at[--to] = is_there ? c->at.at[--from] : new_class(id);
    }
  }
}

/* Makes a class for each member that has none yet. */
static int list_members(hp_Classes *c) {
  size_t had = c->at.n, n = hp_ranked_count(&c->members);
  if (hp_vec_reserve(&c->at, n - had) != HP_OK) return HP_ENOMEM;
  c->at.n = n;
  spread(c, had);
  return HP_OK;
}

typedef void See(hp_Classes *c, uint32_t id);

static void become_member(hp_Classes *c, uint32_t id) { hp_bit_set(c->members.bits, id); }
static void become_metatable(hp_Classes *c, uint32_t id) { hp_class_of(c, id)->meta = 1; }

static void each_metatable(hp_Classes *c, const hp_Graph *g, See *see) {
  size_t i;
  for (i = 0; i < g->shapes.shapes.n; i++)
    if (hp_shape_metatable(&g->shapes.shapes.at[i]) != HP_NONE)
      see(c, g->shapes.shapes.at[i].common);
  for (i = 0; i < g->roots.n; i++)
    if (g->roots.at[i].kind == HP_R_METATABLE) see(c, g->roots.at[i].id);
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

static void add_members(hp_Classes *c, const hp_Graph *g, const uint64_t *shapes) {
  uint32_t id;
  for (id = 0; id < g->n; id++)
    if (hp_graph_type(g, id) == HP_TABLE && hp_bit_get(shapes, g->node[id].aux) && is_class(g, id))
      hp_bit_set(c->members.bits, id);
}

static int add_unused(hp_Classes *c, const hp_Graph *g) {
  size_t i, n = g->shapes.shapes.n;
  uint64_t *shapes = hp_new(uint64_t, hp_words(n));
  if (shapes == NULL) return HP_ENOMEM;
  for (i = 0; i < n; i++)
    if (may_be_classes(g, &g->shapes.shapes.at[i])) hp_bit_set(shapes, i);
  add_members(c, g, shapes);
  hp_delete(shapes, hp_words(n));
  return HP_OK;
}

/* luaL_newmetatable: the registry has it under the __name that it has itself. */
static void add_registered(hp_Classes *c, const hp_Graph *g) {
  hp_FieldIter it;
  if (c->registry == HP_NONE) return;
  hp_fields_begin(&it, g, c->registry);
  while (hp_fields_next(&it))
    if (hp_graph_type(g, it.to) == HP_TABLE && hp_graph_field(g, it.to, HP_K_NAME__) == it.key)
      become_member(c, it.to);
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

/* Each once: many metatables may have one index, and that be large. What was found before has
** its class; what an object stands for gets none. */
static void find_indexes(const hp_Classes *c, const hp_Graph *g, uint64_t *asked, uint64_t *found) {
  size_t i;
  for (i = 0; i < c->at.n; i++) {
    uint32_t index = c->at.at[i].index;
    if (index == HP_NONE || !hp_naming_may_tell(g, c->at.at[i].id, index)) continue;
    if (hp_bit_get(asked, index) || hp_class_of(c, index) != NULL) continue;
    hp_bit_set(asked, index);
    if (!is_target(c, g, index)) hp_bit_set(found, index);
  }
}

static int add_indexes(hp_Classes *c, const hp_Graph *g) {
  size_t i, n = hp_words(c->members.n);
  uint64_t *asked = hp_new(uint64_t, n), *found = hp_new(uint64_t, n);
  int rc = asked && found ? HP_OK : HP_ENOMEM;
  if (rc == HP_OK) {
    look_at(c, g);
    find_indexes(c, g, asked, found);
    for (i = 0; i < n; i++) c->members.bits[i] |= found[i];
    rc = list_members(c);
  }
  hp_delete(asked, n);
  hp_delete(found, n);
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

static int find_all(hp_Classes *c, const hp_Graph *g) {
  int rc = hp_ranked_make(&c->members, g->n);
  if (rc != HP_OK) return rc;
  each_metatable(c, g, become_member);
  add_registered(c, g);
  rc = add_unused(c, g);
  if (rc == HP_OK) rc = list_members(c);
  if (rc != HP_OK) return rc;
  each_metatable(c, g, become_metatable);
  return add_indexes(c, g);
}

int hp_classes_find(hp_Classes *classes, const hp_Graph *g) {
  int rc;
  find_places(classes, g);
  rc = find_all(classes, g);
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
