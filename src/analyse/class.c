/* Finding and naming classes: see class.h. */
#include "class.h"

#include "base/sort.h"
#include "heap/edge.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

/* The rules, in finer steps: the tens are those of class.h. */
enum {
  BY_STRING = 10,
  BY_LIBRARY = 20,
  BY_MODULE = 30,
  BY_HOME_FIELD = 31, /* a field of the module that the class is written in */
  BY_FIELD = 32,      /* of another */
  BY_GLOBAL = 40,
  BY_OWN_UPVALUE = 50, /* of a function of the class */
  BY_UPVALUE = 51,
  BY_LOCAL = 52,
  BY_METHOD = 60,
  BY_ADDRESS = 70
};

typedef struct Naming {
  hp_Classes *classes;
  const hp_Graph *g;
} Naming;

void hp_classes_free(hp_Classes *classes) {
  hp_vec_free(&classes->at);
  hp_names_free(&classes->names);
}

/* ---- which tables --------------------------------------------------------- */

hp_Class *hp_class_of(const hp_Classes *classes, uint32_t id) {
  size_t i = hp_vec_find(&classes->at, id);
  return i < classes->at.n && classes->at.at[i].id == id ? &classes->at.at[i] : NULL;
}

static int by_id(const void *x, const void *y) {
  uint32_t a = ((const hp_Class *)x)->id, b = ((const hp_Class *)y)->id;
  return (a > b) - (a < b);
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
  for (i = 1; i < c->at.n; i++) {
    if (c->at.at[i].id == c->at.at[n].id)
      c->at.at[n].meta |= c->at.at[i].meta;
    else
      c->at.at[++n] = c->at.at[i];
  }
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

/* Has the metatable anything of a class: __index, __name, a function? The globals
** as __index make an environment. Light C functions are no objects; a metatable
** with those alone has __index as a rule. */
static int makes_class(const hp_Classes *c, const hp_Graph *g, uint32_t id) {
  hp_EdgeIter it;
  hp_edges_begin(&it, g, id);
  while (hp_edges_next(&it)) {
    if (it.kind != HP_I_NAME || it.to == c->globals) continue;
    if (is_function(g, it.to) || it.key == g->known[HP_K_INDEX__] ||
        it.key == g->known[HP_K_NAME__])
      return 1;
  }
  return 0;
}

/* An object that another stands for: it has a class, and nothing of one. */
static int is_target(const hp_Classes *c, const hp_Graph *g, uint32_t id) {
  uint32_t mt = hp_shape_metatable(hp_graph_shape(g, id));
  return mt != HP_NONE && makes_class(c, g, mt) && !makes_class(c, g, id);
}

static uint32_t string_field(const hp_Graph *g, uint32_t table, hp_Known field) {
  uint32_t s = hp_graph_field(g, table, field);
  if (s == HP_NONE || hp_graph_type(g, s) != HP_STRING) return HP_NONE;
  return hp_graph_length(g, s) > 0 ? s : HP_NONE; /* no name is not a name */
}

/* middleclass: a class keeps what its instances have as metatable under
** __instanceDict (__classDict before version 3), beside its name. HP_NONE: none. */
static uint32_t middleclass_dict(const hp_Graph *g, uint32_t id) {
  uint32_t dict = hp_graph_field(g, id, HP_K_INSTANCEDICT);
  if (dict == HP_NONE) dict = hp_graph_field(g, id, HP_K_CLASSDICT);
  if (dict == HP_NONE || hp_graph_type(g, dict) != HP_TABLE) return HP_NONE;
  return string_field(g, id, HP_K_NAME) != HP_NONE ? dict : HP_NONE;
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
  return hp_graph_field(g, id, HP_K_INDEX__) == id || middleclass_dict(g, id) != HP_NONE;
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

static int add_indexes(hp_Classes *c, const hp_Graph *g) {
  size_t i, n = c->at.n;
  for (i = 0; i < n; i++) {
    uint32_t index = hp_graph_field(g, c->at.at[i].id, HP_K_INDEX__);
    if (index != HP_NONE && hp_graph_type(g, index) != HP_TABLE) index = HP_NONE;
    if (index == c->globals) index = HP_NONE; /* an environment, no class */
    c->at.at[i].index = index;
    c->at.at[i].plain = (uint8_t)(c->at.at[i].meta && !makes_class(c, g, c->at.at[i].id));
    if (index == HP_NONE || is_target(c, g, index)) continue;
    if (add_class(c, index, 0) != HP_OK) return HP_ENOMEM;
  }
  /* The first n carry what was just found: they must win over their twins. */
  for (i = n; i < c->at.n; i++) {
    hp_Classes known = *c;
    hp_Class *twin;
    known.at.n = n;
    twin = hp_class_of(&known, c->at.at[i].id);
    if (twin != NULL) c->at.at[i] = *twin;
  }
  unite(c);
  return HP_OK;
}

/* ---- naming --------------------------------------------------------------- */

static int set_name(Naming *w, hp_Class *c, int rule, const char *name) {
  c->rule = (uint8_t)rule;
  return hp_names_intern(&w->classes->names, name, &c->name);
}

static void add_text(const hp_Graph *g, uint32_t string, hp_Name *out) {
  size_t n;
  int whole;
  const char *s = hp_graph_text(g, string, &n, &whole);
  hp_name_addn(out, s, n);
}

static int name_by_string(Naming *w, hp_Class *c, int rule, uint32_t string) {
  hp_Name name;
  hp_name_set(&name, "");
  add_text(w->g, string, &name);
  return set_name(w, c, rule, name.s);
}

/* Penlight: a class is its own _class and has its _name. 30log: a class has
** __subclasses and mixins beside its name. */
static uint32_t library_name(const hp_Graph *g, uint32_t id) {
  if (hp_graph_field(g, id, HP_K_CLASS) == id) return string_field(g, id, HP_K_CLASSNAME);
  if (hp_graph_field(g, id, HP_K_SUBCLASSES) != HP_NONE &&
      hp_graph_field(g, id, HP_K_MIXINS) != HP_NONE)
    return string_field(g, id, HP_K_NAME);
  return HP_NONE;
}

static int name_by_fields(Naming *w) {
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < w->classes->at.n && rc == HP_OK; i++) {
    hp_Class *c = &w->classes->at.at[i];
    uint32_t s = string_field(w->g, c->id, HP_K_NAME__);
    int rule = BY_STRING;
    if (s == HP_NONE) {
      s = library_name(w->g, c->id);
      rule = BY_LIBRARY;
    }
    if (s != HP_NONE) rc = name_by_string(w, c, rule, s);
  }
  return rc;
}

static int name_middleclass(Naming *w, hp_Class *c, hp_Class *dict) {
  uint32_t name = string_field(w->g, c->id, HP_K_NAME);
  int rc = HP_OK;
  if (dict != NULL && dict->name == HP_NONE) rc = name_by_string(w, dict, BY_LIBRARY, name);
  if (c->name == HP_NONE && rc == HP_OK) rc = name_by_string(w, c, BY_LIBRARY, name);
  return rc;
}

static int name_by_middleclass(Naming *w) {
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < w->classes->at.n && rc == HP_OK; i++) {
    hp_Class *c = &w->classes->at.at[i];
    uint32_t dict = middleclass_dict(w->g, c->id);
    if (dict != HP_NONE) rc = name_middleclass(w, c, hp_class_of(w->classes, dict));
  }
  return rc;
}

/* ---- modules and globals -------------------------------------------------- */

/* The source of a table's first function: where its code is written. */
static uint32_t home_of(const hp_Graph *g, uint32_t table) {
  hp_EdgeIter it;
  hp_edges_begin(&it, g, table);
  while (hp_edges_next(&it))
    if (it.kind == HP_I_NAME && hp_graph_type(g, it.to) == HP_FUNCTION)
      return hp_source_of(g, it.to);
  return HP_NONE;
}

/* Of several names by one rule: the shorter, then the first in the alphabet. */
static int is_better(const Naming *w, const hp_Class *c, const char *name, int rule) {
  const char *now;
  size_t a = strlen(name), b;
  if (c->name == HP_NONE || rule < c->rule) return 1;
  if (rule > c->rule) return 0;
  now = hp_names_get(&w->classes->names, c->name);
  b = strlen(now);
  return a < b || (a == b && strcmp(name, now) < 0);
}

static int offer(Naming *w, uint32_t id, const char *name, int rule) {
  hp_Class *c = hp_class_of(w->classes, id);
  if (c == NULL || !is_better(w, c, name, rule)) return HP_OK;
  return set_name(w, c, rule, name);
}

static int offer_fields(Naming *w, uint32_t module, const hp_Name *prefix) {
  const hp_Graph *g = w->g;
  uint32_t home = home_of(g, module);
  hp_EdgeIter it;
  int rc = HP_OK;
  hp_edges_begin(&it, g, module);
  while (hp_edges_next(&it) && rc == HP_OK) {
    hp_Name name = *prefix;
    if (it.kind != HP_I_NAME || hp_class_of(w->classes, it.to) == NULL) continue;
    add_text(g, it.key, &name);
    if (prefix->n == 0)
      rc = offer(w, it.to, name.s, BY_GLOBAL);
    else
      rc = offer(w, it.to, name.s,
                 home != HP_NONE && home_of(g, it.to) == home ? BY_HOME_FIELD : BY_FIELD);
  }
  return rc;
}

static int name_by_modules(Naming *w) {
  const hp_Graph *g = w->g;
  hp_EdgeIter it;
  hp_Name name;
  int rc = HP_OK;
  if (w->classes->loaded == HP_NONE) return HP_OK;
  hp_edges_begin(&it, g, w->classes->loaded);
  while (hp_edges_next(&it) && rc == HP_OK) {
    if (it.kind != HP_I_NAME || it.to == w->classes->globals) continue;
    if (hp_graph_type(g, it.to) != HP_TABLE || hp_bit_get(g->own, it.to)) continue;
    hp_name_set(&name, "");
    add_text(g, it.key, &name);
    rc = offer(w, it.to, name.s, BY_MODULE);
    hp_name_add(&name, ".");
    if (rc == HP_OK) rc = offer_fields(w, it.to, &name);
  }
  return rc;
}

static int name_by_globals(Naming *w) {
  hp_Name none;
  hp_name_set(&none, "");
  return w->classes->globals == HP_NONE ? HP_OK : offer_fields(w, w->classes->globals, &none);
}

/* ---- upvalues and locals -------------------------------------------------- */

static int offer_variable(Naming *w, uint32_t id, uint32_t source, uint32_t name, int rule) {
  hp_Name text;
  hp_name_set(&text, "");
  hp_source_basename(w->g, source, &text);
  hp_name_add(&text, ":");
  add_text(w->g, name, &text);
  return offer(w, id, text.s, rule);
}

static uint32_t run_edge(const hp_Graph *g, uint32_t id, hp_ItemKind kind, uint32_t index) {
  hp_EdgeIter it;
  hp_edges_begin(&it, g, id);
  while (hp_edges_next(&it))
    if (it.kind == kind && it.arg == index) return it.to;
  return HP_NONE;
}

/* The upvalues of one function: those that hold a class name it. */
static int offer_upvalues(Naming *w, uint32_t function, uint32_t only, int rule) {
  const hp_Graph *g = w->g;
  uint32_t proto = hp_graph_first(g, function, HP_I_PROTO);
  hp_EdgeIter it;
  int rc = HP_OK;
  if (proto == HP_NONE) return HP_OK;
  hp_edges_begin(&it, g, function);
  while (hp_edges_next(&it) && rc == HP_OK) {
    uint32_t value, name;
    hp_Class *c;
    if (it.kind != HP_I_UPVALUE || g->node[it.to].edge == g->node[it.to + 1].edge) continue;
    value = g->to.at[g->node[it.to].edge]; /* an upvalue has one edge at the most */
    if (only != HP_NONE && value != only) continue;
    c = hp_class_of(w->classes, value);
    if (c == NULL || (c->name != HP_NONE && c->rule < BY_OWN_UPVALUE)) continue;
    name = run_edge(g, proto, HP_I_UPVALNAME, it.arg);
    if (name != HP_NONE) rc = offer_variable(w, value, hp_source_of(g, function), name, rule);
  }
  return rc;
}

static int name_by_own_functions(Naming *w) {
  const hp_Graph *g = w->g;
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < w->classes->at.n && rc == HP_OK; i++) {
    uint32_t id = w->classes->at.at[i].id;
    hp_EdgeIter it;
    if (w->classes->at.at[i].name != HP_NONE) continue;
    hp_edges_begin(&it, g, id);
    while (hp_edges_next(&it) && rc == HP_OK)
      if (it.kind == HP_I_NAME && hp_graph_type(g, it.to) == HP_FUNCTION)
        rc = offer_upvalues(w, it.to, id, BY_OWN_UPVALUE);
  }
  return rc;
}

static int any_unnamed(const hp_Classes *c) {
  size_t i;
  for (i = 0; i < c->at.n; i++)
    if (c->at.at[i].name == HP_NONE && !c->at.at[i].plain) return 1;
  return 0;
}

static int offer_slots(Naming *w, uint32_t thread) {
  const hp_Graph *g = w->g;
  hp_EdgeIter it;
  int rc = HP_OK;
  hp_edges_begin(&it, g, thread);
  while (hp_edges_next(&it) && rc == HP_OK) {
    const hp_Slot *s;
    if (it.kind != HP_I_SLOT) continue;
    s = &g->slots.at[it.arg];
    if (s->name == HP_NONE || s->function == HP_NONE) continue;
    if (hp_class_of(w->classes, it.to) == NULL) continue;
    rc = offer_variable(w, it.to, hp_source_of(g, s->function), s->name, BY_LOCAL);
  }
  return rc;
}

static int name_by_variables(Naming *w) {
  const hp_Graph *g = w->g;
  uint32_t id;
  int rc = name_by_own_functions(w);
  if (!any_unnamed(w->classes)) return rc;
  for (id = 0; id < g->n && rc == HP_OK; id++) {
    if (!hp_bit_get(g->reachable, id)) continue;
    if (hp_graph_type(g, id) == HP_FUNCTION)
      rc = offer_upvalues(w, id, HP_NONE, BY_UPVALUE);
    else if (hp_graph_type(g, id) == HP_THREAD)
      rc = offer_slots(w, id);
  }
  return rc;
}

/* ---- metatables and what they index --------------------------------------- */

static void take_name(hp_Class *c, const hp_Class *from) {
  if (c->name != HP_NONE || from->name == HP_NONE) return;
  c->name = from->name;
  c->rule = from->rule;
}

/* A metatable without a name and its __index are one class: the one has the
** other's name. */
static void name_by_twins(Naming *w) {
  size_t i;
  for (i = 0; i < w->classes->at.n; i++) {
    hp_Class *c = &w->classes->at.at[i];
    hp_Class *index = c->index == HP_NONE ? NULL : hp_class_of(w->classes, c->index);
    if (index == NULL) continue;
    take_name(c, index);
    take_name(index, c);
  }
}

/* ---- the last resorts ----------------------------------------------------- */

/* The method written first. */
static uint32_t first_method(const hp_Graph *g, uint32_t id) {
  uint32_t best = HP_NONE, line = UINT32_MAX;
  hp_EdgeIter it;
  hp_edges_begin(&it, g, id);
  while (hp_edges_next(&it)) {
    const hp_ProtoInfo *p;
    uint32_t proto;
    if (it.kind != HP_I_NAME || hp_graph_type(g, it.to) != HP_FUNCTION) continue;
    proto = hp_source_proto(g, it.to);
    p = proto == HP_NONE ? NULL : hp_graph_proto(g, proto);
    if (p == NULL || p->line >= line) continue;
    line = p->line;
    best = it.to;
  }
  return best;
}

static int name_the_rest(Naming *w) {
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < w->classes->at.n && rc == HP_OK; i++) {
    hp_Class *c = &w->classes->at.at[i];
    uint32_t method;
    hp_Name name;
    if (c->name != HP_NONE) continue;
    method = first_method(w->g, c->id);
    hp_name_set(&name, method != HP_NONE ? "(class at " : "(class ");
    if (method != HP_NONE)
      hp_source_place(w->g, method, 1, &name);
    else
      hp_name_addf(&name, "%p", (const void *)hp_addrs_at(&w->g->addrs, c->id));
    hp_name_add(&name, ")");
    rc = set_name(w, c, method != HP_NONE ? BY_METHOD : BY_ADDRESS, name.s);
  }
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

int hp_classes_find(hp_Classes *classes, const hp_Graph *g) {
  Naming w = {classes, g};
  int rc;
  find_places(classes, g);
  rc = add_metatables(classes, g);
  if (rc == HP_OK) rc = add_unused(classes, g);
  unite(classes);
  if (rc == HP_OK) rc = add_indexes(classes, g);
  if (rc == HP_OK) rc = name_by_fields(&w);
  if (rc == HP_OK) rc = name_by_middleclass(&w);
  if (rc == HP_OK) rc = name_by_modules(&w);
  if (rc == HP_OK) rc = name_by_globals(&w);
  if (rc == HP_OK) name_by_twins(&w);
  if (rc == HP_OK) rc = name_by_variables(&w);
  if (rc == HP_OK) name_by_twins(&w);
  return rc == HP_OK ? name_the_rest(&w) : rc;
}

uint32_t hp_class_instance_name(const hp_Classes *classes, uint32_t id) {
  const hp_Class *c = hp_class_of(classes, id), *index;
  if (c == NULL || c->plain) return HP_NONE;
  index = c->index == HP_NONE ? NULL : hp_class_of(classes, c->index);
  return index != NULL && index->rule / 10 < c->rule / 10 ? index->name : c->name;
}
