/* The rules of naming but those by variables: see naming.h. */
#include "naming.h"

#include "heap/edge.h"
#include "source.h"

#include <string.h>

/* ---- names in general ----------------------------------------------------- */

/* Whatever the class was called before. */
static int set_name(hp_Naming *w, hp_Class *c, int rule, const char *name) {
  c->rule = (uint8_t)rule;
  c->weight = 0;
  return hp_names_intern(&w->classes->names, name, &c->name);
}

void hp_naming_text(const hp_Graph *g, uint32_t string, hp_Name *out) {
  size_t n;
  int whole;
  const char *s = hp_graph_text(g, string, &n, &whole);
  hp_name_addn(out, s, n);
}

static int is_better(const hp_Naming *w, const hp_Class *c, const char *name, int rule,
                     uint32_t weight) {
  const char *now;
  size_t a = strlen(name), b;
  if (c->name == HP_NONE || rule != c->rule) return c->name == HP_NONE || rule < c->rule;
  if (weight != c->weight) return weight > c->weight;
  now = hp_names_get(&w->classes->names, c->name);
  b = strlen(now);
  return a < b || (a == b && strcmp(name, now) < 0);
}

static int offer_to(hp_Naming *w, hp_Class *c, const char *name, int rule, uint32_t weight) {
  int rc;
  if (*name == '\0' || !is_better(w, c, name, rule, weight)) return HP_OK;
  rc = set_name(w, c, rule, name);
  c->weight = weight;
  return rc;
}

int hp_naming_offer(hp_Naming *w, uint32_t id, const char *name, int rule, uint32_t weight) {
  hp_Class *c = hp_class_of(w->classes, id);
  return c == NULL ? HP_OK : offer_to(w, c, name, rule, weight);
}

static int is_alive(const hp_Graph *g, uint32_t id) {
  return (int)hp_bit_get(g->reachable, id);
}

int hp_naming_may_tell(const hp_Graph *g, uint32_t from, uint32_t of) {
  return is_alive(g, from) || !is_alive(g, of);
}

/* ---- fields that hold a name ---------------------------------------------- */

static uint32_t string_field(const hp_Graph *g, uint32_t table, hp_Known field) {
  uint32_t s = hp_graph_field(g, table, field);
  if (s == HP_NONE || hp_graph_type(g, s) != HP_STRING) return HP_NONE;
  return hp_graph_length(g, s) > 0 ? s : HP_NONE; /* no name is not a name */
}

static int name_by_string(hp_Naming *w, hp_Class *c, int rule, uint32_t string) {
  hp_Name name;
  hp_name_set(&name, "");
  hp_naming_text(w->g, string, &name);
  return set_name(w, c, rule, name.s);
}

/* Is it the name of the parent? Penlight's classes and classic's have copies of its fields. */
static int is_inherited(const hp_Graph *g, uint32_t id, hp_Known field, uint32_t name) {
  static const hp_Known parents[] = {HP_K_BASE, HP_K_SUPER};
  size_t i;
  for (i = 0; i < sizeof parents / sizeof *parents; i++) {
    uint32_t parent = hp_graph_field(g, id, parents[i]);
    if (parent == HP_NONE || parent == id || hp_graph_type(g, parent) != HP_TABLE) continue;
    if (hp_graph_field(g, parent, field) == name) return 1;
  }
  return 0;
}

/* A name of its own that it has in that field, or HP_NONE. */
static uint32_t own_name(const hp_Graph *g, uint32_t id, hp_Known field) {
  uint32_t name = string_field(g, id, field);
  return name == HP_NONE || is_inherited(g, id, field, name) ? HP_NONE : name;
}

/* Penlight: a class is its own _class and has its _name. 30log: a class has
** __subclasses and mixins beside its name. */
static uint32_t library_name(const hp_Graph *g, uint32_t id) {
  if (hp_graph_field(g, id, HP_K_CLASS) == id) return own_name(g, id, HP_K_CLASSNAME);
  if (hp_graph_field(g, id, HP_K_SUBCLASSES) != HP_NONE &&
      hp_graph_field(g, id, HP_K_MIXINS) != HP_NONE)
    return string_field(g, id, HP_K_NAME);
  return HP_NONE;
}

static int name_by_own_fields(hp_Naming *w) {
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < w->classes->at.n && rc == HP_OK; i++) {
    hp_Class *c = &w->classes->at.at[i];
    uint32_t s = own_name(w->g, c->id, HP_K_NAME__);
    int rule = HP_RULE_STRING;
    if (s == HP_NONE) {
      s = library_name(w->g, c->id);
      rule = HP_RULE_LIBRARY;
    }
    if (s != HP_NONE) rc = name_by_string(w, c, rule, s);
  }
  return rc;
}

uint32_t hp_naming_middleclass(const hp_Graph *g, uint32_t id) {
  uint32_t dict = hp_graph_field(g, id, HP_K_INSTANCEDICT);
  if (dict == HP_NONE) dict = hp_graph_field(g, id, HP_K_CLASSDICT);
  if (dict == HP_NONE || hp_graph_type(g, dict) != HP_TABLE) return HP_NONE;
  return string_field(g, id, HP_K_NAME) != HP_NONE ? dict : HP_NONE;
}

static int name_middleclass(hp_Naming *w, hp_Class *c, hp_Class *dict) {
  uint32_t name = string_field(w->g, c->id, HP_K_NAME);
  int rc = HP_OK;
  if (dict != NULL && dict->name == HP_NONE) rc = name_by_string(w, dict, HP_RULE_LIBRARY, name);
  if (c->name == HP_NONE && rc == HP_OK) rc = name_by_string(w, c, HP_RULE_LIBRARY, name);
  return rc;
}

int hp_naming_by_fields(hp_Naming *w) {
  size_t i;
  int rc = name_by_own_fields(w);
  for (i = 0; i < w->classes->at.n && rc == HP_OK; i++) {
    hp_Class *c = &w->classes->at.at[i];
    uint32_t dict = hp_naming_middleclass(w->g, c->id);
    if (dict != HP_NONE && hp_naming_may_tell(w->g, c->id, dict))
      rc = name_middleclass(w, c, hp_class_of(w->classes, dict));
  }
  return rc;
}

/* ---- modules and globals -------------------------------------------------- */

/* How many functions of the class the module wrote. */
static uint32_t written_by(const hp_Naming *w, uint32_t class, uint32_t key) {
  const hp_Classes *c = w->classes;
  size_t i, n;
  const hp_Writer *at = hp_writers_of(&c->writers, class, &n);
  uint32_t sum = 0;
  for (i = 0; i < n; i++)
    if (hp_modules_of(&c->modules, w->g, at[i].source) == key) sum += at[i].functions;
  return sum;
}

static int offer_fields(hp_Naming *w, const hp_Module *module, const hp_Name *prefix) {
  hp_FieldIter it;
  int rc = HP_OK;
  hp_fields_begin(&it, w->g, module->id);
  while (hp_fields_next(&it) && rc == HP_OK) {
    hp_Class *c = hp_class_of(w->classes, it.to);
    hp_Name name;
    if (c == NULL || (c->name != HP_NONE && c->rule < HP_RULE_FIELD)) continue;
    name = *prefix;
    hp_naming_text(w->g, it.key, &name);
    rc = offer_to(w, c, name.s, HP_RULE_FIELD, written_by(w, it.to, module->key));
  }
  return rc;
}

int hp_naming_by_modules(hp_Naming *w) {
  const hp_Modules *modules = &w->classes->modules;
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < modules->at.n && rc == HP_OK; i++) {
    const hp_Module *m = &modules->at.at[i];
    hp_Name name;
    if (hp_graph_type(w->g, m->id) != HP_TABLE || hp_bit_get(w->g->own, m->id)) continue;
    hp_name_set(&name, "");
    hp_module_name(w->g, m->key, &name);
    rc = hp_naming_offer(w, m->id, name.s, HP_RULE_MODULE, 0);
    hp_name_add(&name, ".");
    if (rc == HP_OK) rc = offer_fields(w, m, &name);
  }
  return rc;
}

int hp_naming_by_globals(hp_Naming *w) {
  hp_FieldIter it;
  int rc = HP_OK;
  if (w->classes->globals == HP_NONE) return HP_OK;
  hp_fields_begin(&it, w->g, w->classes->globals);
  while (hp_fields_next(&it) && rc == HP_OK) {
    hp_Name name;
    if (hp_graph_type(w->g, it.to) != HP_TABLE) continue;
    hp_name_set(&name, "");
    hp_naming_text(w->g, it.key, &name);
    rc = hp_naming_offer(w, it.to, name.s, HP_RULE_GLOBAL, 0);
  }
  return rc;
}

/* ---- metatables and what they index --------------------------------------- */

/* What was named in this step passes nothing on, so that it does not matter which
** class comes first. */
static void take_name(hp_Naming *w, hp_Class *c, const hp_Class *from, uint8_t step) {
  if (from->name == HP_NONE || from->fresh || !hp_naming_may_tell(w->g, from->id, c->id)) return;
  if (c->name != HP_NONE && c->fresh != step) return;
  if (!is_better(w, c, hp_names_get(&w->classes->names, from->name), from->rule, from->weight))
    return;
  c->name = from->name;
  c->rule = from->rule;
  c->weight = from->weight;
  c->fresh = step;
}

static hp_Class *index_of(const hp_Naming *w, const hp_Class *c) {
  return c->index == HP_NONE ? NULL : hp_class_of(w->classes, c->index);
}

/* A metatable without a name and its __index are one class: the one has the
** other's name. */
void hp_naming_by_twins(hp_Naming *w) {
  hp_Class *at = w->classes->at.at, *index;
  size_t i, n = w->classes->at.n;
  for (i = 0; i < n; i++)
    if ((index = index_of(w, &at[i])) != NULL) take_name(w, &at[i], index, 1);
  for (i = 0; i < n; i++)
    if ((index = index_of(w, &at[i])) != NULL) take_name(w, index, &at[i], 2);
  for (i = 0; i < n; i++) at[i].fresh = 0;
}

void hp_naming_place(const hp_Graph *g, uint32_t method, hp_Name *out) {
  hp_name_set(out, "(class at ");
  hp_source_place(g, method, 1, out);
  hp_name_add(out, ")");
}

/* ---- the last resorts ----------------------------------------------------- */

/* The method written first, in the chunk that wrote most of the class. */
static uint32_t first_method(const hp_Naming *w, uint32_t id) {
  const hp_Graph *g = w->g;
  uint32_t home = hp_writers_home(&w->classes->writers, g, id);
  uint32_t best = HP_NONE, line = UINT32_MAX;
  hp_FieldIter it;
  hp_fields_begin(&it, g, id);
  while (hp_fields_next(&it)) {
    const hp_ProtoInfo *p;
    uint32_t proto;
    if (hp_graph_type(g, it.to) != HP_FUNCTION || hp_source_of(g, it.to) != home) continue;
    proto = hp_source_proto(g, it.to);
    p = proto == HP_NONE ? NULL : hp_graph_proto(g, proto);
    if (p == NULL || p->line >= line) continue;
    line = p->line;
    best = it.to;
  }
  return best;
}

/* left: how many have none, of garbage and of what is alive. */
static int name_by_methods(hp_Naming *w, size_t *left) {
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < w->classes->at.n && rc == HP_OK; i++) {
    hp_Class *c = &w->classes->at.at[i];
    uint32_t method;
    hp_Name name;
    if (c->name != HP_NONE) continue;
    method = first_method(w, c->id);
    left[is_alive(w->g, c->id)] += method == HP_NONE && !c->plain;
    if (method == HP_NONE) continue;
    hp_naming_place(w->g, method, &name);
    rc = set_name(w, c, HP_RULE_METHOD, name.s);
  }
  return rc;
}

/* Where each of thousands of proxies has a metatable to itself, each would be a kind.
** Then none of them is: were it those beyond a thousand, a new one would now and then
** change places with an old. */
int hp_naming_the_rest(hp_Naming *w) {
  size_t i, left[2] = {0, 0};
  int rc = name_by_methods(w, left);
  for (i = 0; i < w->classes->at.n && rc == HP_OK; i++) {
    hp_Class *c = &w->classes->at.at[i];
    hp_Name name;
    if (c->name != HP_NONE) continue;
    hp_name_set(&name, "(more classes)");
    if (left[is_alive(w->g, c->id)] <= HP_CLASSES_MAX && !c->plain) {
      hp_name_set(&name, "(class ");
      hp_name_addf(&name, "%p)", (const void *)hp_addrs_at(&w->g->addrs, c->id));
    }
    rc = set_name(w, c, HP_RULE_ADDRESS, name.s);
  }
  return rc;
}
