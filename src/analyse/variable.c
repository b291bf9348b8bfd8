/* Naming classes by the variables that hold them: see naming.h.
**
** A variable gives its name if it is there as long as the class: an upvalue of the
** class's own functions, or in the chunk that wrote the class another function's upvalue
** or a local of the main chunk itself. What makes many classes has one variable for all of
** them in turn ('cls'), which only counts where there is no other, and nothing that tells
** them apart. Not what a loop or a parameter of anybody holds at the moment: a class would
** change its name from one snapshot to the next. Only of a class without functions, of which
** nobody knows who wrote it, any may. */
#include "naming.h"

#include "base/sort.h"
#include "heap/edge.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

/* What is known of a prototype. Where the names of its upvalues are: it may have thousands
** of constants before them, and thousands of closures. */
typedef struct Code {
  uint32_t item;  /* the first such item of its shape + 1; 0: not looked for yet */
  uint32_t to;    /* where that item's edges are */
  uint32_t first; /* a closure of it that a class has, + 1; or 0 */
  int several;    /* classes have other closures of it too */
  uint32_t class; /* the last class that has one, + 1; or 0 */
  int common;     /* more than one class has one */
  uint32_t outer; /* what it is written in, as its place in g->protos + 1; or 0 */
} Code;

/* A class's function has this table for its globals. */
typedef struct Environment {
  uint32_t table, class;
} Environment;

typedef struct Variables {
  hp_Naming *w;
  const hp_Graph *g;
  uint64_t *open; /* the classes that a variable may name */
  Code *codes;    /* per prototype, in the order of g->protos */
  HP_VEC(Environment) environments;
} Variables;

/* ---- upvalues ------------------------------------------------------------- */

static void find_names(const hp_Graph *g, uint32_t proto, Code *at) {
  const hp_Shape *s = hp_graph_shape(g, proto);
  uint32_t i, to = g->node[proto].edge;
  for (i = 0; i < s->nitems; i++) {
    hp_Item item = g->shapes.items.at[s->item + i];
    if (hp_item_kind(item) == HP_I_UPVALNAME) break;
    to += hp_item_count(item);
  }
  at->item = i + 1;
  at->to = to;
}

/* The code of a prototype, or of none (HP_NONE): NULL. */
static Code *code_of_proto(const Variables *v, uint32_t proto) {
  const hp_ProtoInfo *info = proto == HP_NONE ? NULL : hp_graph_proto(v->g, proto);
  return info == NULL ? NULL : &v->codes[info - v->g->protos.at];
}

static Code *code_of(const Variables *v, uint32_t function) {
  return code_of_proto(v, hp_source_proto(v->g, function));
}

/* The names of a code's upvalues, run by run. */
typedef struct NameIter {
  const hp_Item *item, *end; /* next item */
  const uint32_t *next;      /* its names */
  const uint32_t *names;     /* of upvalues first + 1 .. first + n: strings */
  uint32_t first, n;
} NameIter;

static void begin_names(NameIter *it, const Variables *v, Code *at) {
  uint32_t proto = v->g->protos.at[at - v->codes].id;
  const hp_Shape *s = hp_graph_shape(v->g, proto);
  if (at->item == 0) find_names(v->g, proto, at);
  it->item = v->g->shapes.items.at + s->item + at->item - 1;
  it->end = v->g->shapes.items.at + s->item + s->nitems;
  it->next = v->g->to.at + at->to;
}

static int next_names(NameIter *it) {
  if (it->item == it->end || hp_item_kind(*it->item) != HP_I_UPVALNAME) return 0;
  it->first = it->item->arg;
  it->n = hp_item_count(*it->item++);
  it->names = it->next;
  it->next += it->n;
  return 1;
}

/* The name (a string) of a function's upvalue 'index', from 1; or HP_NONE. */
static uint32_t upvalue_name(const Variables *v, uint32_t function, uint32_t index) {
  Code *at = code_of(v, function);
  NameIter it;
  if (at == NULL) return HP_NONE;
  for (begin_names(&it, v, at); next_names(&it);)
    if (it.first < index && index <= it.first + it.n) return it.names[index - it.first - 1];
  return HP_NONE;
}

static int has_upvalue(const Variables *v, Code *at, uint32_t name) {
  NameIter it;
  uint32_t i;
  for (begin_names(&it, v, at); next_names(&it);)
    for (i = 0; i < it.n; i++)
      if (it.names[i] == name) return 1;
  return 0;
}

/* A function's upvalues that hold a table. */
typedef struct UpvalueIter {
  hp_EdgeIter edges;
  uint32_t index, value;
} UpvalueIter;

static void begin_upvalues(UpvalueIter *it, const hp_Graph *g, uint32_t function) {
  it->index = it->value = HP_NONE;
  hp_edges_begin(&it->edges, g, function);
}

static int next_upvalue(UpvalueIter *it) {
  const hp_Graph *g = it->edges.g;
  while (hp_edges_next(&it->edges)) {
    uint32_t at = it->edges.to;
    if (it->edges.kind != HP_I_UPVALUE || g->node[at].edge == g->node[at + 1].edge) continue;
    it->index = it->edges.arg;
    it->value = g->to.at[g->node[at].edge]; /* an upvalue has one edge at the most */
    if (hp_graph_type(g, it->value) == HP_TABLE) return 1;
  }
  return 0;
}

static int offer_variable(const Variables *v, uint32_t id, uint32_t source, uint32_t name, int rule,
                          uint32_t weight) {
  hp_Name text;
  hp_name_set(&text, "");
  hp_source_basename(v->g, source, &text);
  hp_name_add(&text, ":");
  hp_naming_text(v->g, name, &text);
  return hp_naming_offer(v->w, id, text.s, rule, weight);
}

/* ---- whose variable it is ------------------------------------------------- */

/* All that is written in it. By items: it may have thousands of constants before that. */
static void find_inner(const Variables *v, uint32_t place) {
  const hp_Graph *g = v->g;
  uint32_t proto = g->protos.at[place].id, to = g->node[proto].edge, i, k;
  const hp_Shape *s;
  if (g->info[proto] & HP_INFO_DEAD) return;
  s = hp_graph_shape(g, proto);
  for (i = 0; i < s->nitems; i++) {
    hp_Item item = g->shapes.items.at[s->item + i];
    uint32_t n = hp_item_kind(item) == HP_I_P ? hp_item_count(item) : 0;
    for (k = 0; k < n; k++) {
      Code *inner = code_of_proto(v, g->to.at[to + k]);
      if (inner != NULL) inner->outer = place + 1;
    }
    to += hp_item_count(item);
  }
}

static int is_of_several(const Variables *v, uint32_t function) {
  const Code *code = code_of(v, function);
  return code != NULL && code->several;
}

/* Does the function's upvalue begin anew with each call of what the function is written in? That
** is no main chunk, which runs once, and does not have it from further out. */
static int is_of_a_call(const Variables *v, uint32_t function, uint32_t name) {
  const Code *code = code_of(v, function);
  uint32_t outer = code != NULL ? code->outer : 0;
  if (outer == 0 || v->g->protos.at[outer - 1].line == 0) return 0;
  return !has_upvalue(v, &v->codes[outer - 1], name);
}

/* A parent's function that is in its children's tables too is one closure, and names the parent;
** what makes classes gives each of them a closure of its own. */
static void find_several(const Variables *v, uint32_t class) {
  hp_FieldIter field;
  hp_fields_begin(&field, v->g, class);
  while (hp_fields_next(&field)) {
    Code *code = hp_graph_type(v->g, field.to) == HP_FUNCTION ? code_of(v, field.to) : NULL;
    if (code == NULL) continue;
    if (code->first != 0 && code->first != field.to + 1) code->several = 1;
    if (code->class != 0 && code->class != class + 1) code->common = 1;
    code->first = field.to + 1;
    code->class = class + 1;
  }
}

/* The rule by which a variable of that chunk names the class; 0: it does not. Who wrote
** its __index wrote the class. */
static int rule_of(const Variables *v, uint32_t id, uint32_t source, int rule, int any) {
  const hp_Classes *classes = v->w->classes;
  const hp_Class *c = hp_class_of(classes, id), *index;
  if (c == NULL || (c->name != HP_NONE && c->rule < rule)) return 0;
  index = c->index == HP_NONE ? NULL : hp_class_of(classes, c->index);
  if (hp_writers_by(&classes->writers, id, source) != NULL) return rule;
  if (index != NULL && hp_writers_by(&classes->writers, index->id, source) != NULL) return rule;
  return c->written || (index != NULL && index->written) ? 0 : any;
}

static int offer_upvalues(const Variables *v, uint32_t function) {
  UpvalueIter it;
  int rc = HP_OK;
  begin_upvalues(&it, v->g, function);
  while (next_upvalue(&it) && rc == HP_OK) {
    uint32_t source, name;
    int rule;
    if (!hp_bit_get(v->open, it.value) || is_of_several(v, function)) continue;
    source = hp_source_of(v->g, function);
    rule = rule_of(v, it.value, source, HP_RULE_UPVALUE, HP_RULE_ANY_UPVALUE);
    if (rule == 0 || (name = upvalue_name(v, function, it.index)) == HP_NONE) continue;
    if (is_of_a_call(v, function, name)) rule = HP_RULE_OWN_SHARED;
    rc = offer_variable(v, it.value, source, name, rule, 0);
  }
  return rc;
}

/* The locals of main chunks that run. Of several the first: that was there before the others
** came. */
static int offer_locals(const Variables *v, uint32_t thread) {
  hp_EdgeIter it;
  uint32_t weight = UINT32_MAX, level = UINT32_MAX;
  int rc = HP_OK;
  hp_edges_begin(&it, v->g, thread);
  while (hp_edges_next(&it) && rc == HP_OK) {
    const hp_Slot *s;
    uint32_t source;
    int rule;
    if (it.kind != HP_I_SLOT) continue;
    s = &v->g->slots.at[it.arg];
    weight = s->level == level ? weight - 1 : UINT32_MAX;
    level = s->level;
    if (!hp_bit_get(v->open, it.to)) continue;
    if (!s->lasts || s->name == HP_NONE || s->function == HP_NONE) continue;
    source = hp_source_of(v->g, s->function);
    rule = rule_of(v, it.to, source, HP_RULE_LOCAL, HP_RULE_ANY_LOCAL);
    if (rule != 0) rc = offer_variable(v, it.to, source, s->name, rule, weight);
  }
  return rc;
}

/* How much a function tells of the class that has it, which the maker's like have made: 0 where it
** was written with the maker. */
static int rank_of(const Variables *v, uint32_t function, uint32_t maker) {
  const Code *a = code_of(v, function), *b = code_of(v, maker);
  int elsewhere = hp_source_of(v->g, function) != hp_source_of(v->g, maker);
  if (a == NULL || b == NULL || (!elsewhere && a->outer == b->outer)) return 0;
  return 1 + 2 * elsewhere + !a->common;
}

static uint32_t line_of(const Variables *v, uint32_t function) {
  return v->g->protos.at[code_of(v, function) - v->codes].line;
}

static int is_earlier(const Variables *v, uint32_t function, uint32_t than) {
  uint32_t a = hp_source_of(v->g, function), b = hp_source_of(v->g, than);
  return a != b ? hp_source_order(v->g, a, b) < 0 : line_of(v, function) < line_of(v, than);
}

/* The first of those functions of a class that tell most, or HP_NONE. */
static uint32_t own_method(const Variables *v, uint32_t id, uint32_t maker) {
  uint32_t first = HP_NONE;
  int most = 1;
  hp_FieldIter field;
  hp_fields_begin(&field, v->g, id);
  while (hp_fields_next(&field)) {
    int rank = hp_graph_type(v->g, field.to) == HP_FUNCTION ? rank_of(v, field.to, maker) : 0;
    if (rank < most) continue;
    if (rank == most && first != HP_NONE && !is_earlier(v, field.to, first)) continue;
    most = rank;
    first = field.to;
  }
  return first;
}

/* The same, found once for all that were written where the maker was: a class may have many. */
typedef struct Own {
  uint32_t source, outer; /* of the maker; HP_NONE: nothing was found yet */
  uint32_t method;
} Own;

static uint32_t known_method(const Variables *v, uint32_t id, uint32_t maker, Own *own) {
  uint32_t source = hp_source_of(v->g, maker), outer = code_of(v, maker)->outer;
  if (own->source == source && own->outer == outer) return own->method;
  own->source = source;
  own->outer = outer;
  return own->method = own_method(v, id, maker);
}

/* What the variable of a function that makes classes, which the maker has, says of one of them:
** where the class's own functions are, if it has some; what all of them are called, if not. */
static int offer_made(const Variables *v, uint32_t id, uint32_t maker, uint32_t name, Own *own) {
  uint32_t method = known_method(v, id, maker, own);
  hp_Name text;
  if (method == HP_NONE)
    return offer_variable(v, id, hp_source_of(v->g, maker), name, HP_RULE_OWN_SHARED, 0);
  hp_naming_place(v->g, method, &text);
  return hp_naming_offer(v->w, id, text.s, HP_RULE_OWN_SHARED, 1);
}

/* What the class's own functions call it. */
static int offer_own_upvalues(const Variables *v, uint32_t id) {
  uint32_t home = hp_writers_home(&v->w->classes->writers, v->g, id);
  Own own = {HP_NONE, HP_NONE, HP_NONE};
  hp_FieldIter field;
  int rc = HP_OK;
  hp_fields_begin(&field, v->g, id);
  while (hp_fields_next(&field) && rc == HP_OK) {
    UpvalueIter it;
    uint32_t source;
    if (hp_graph_type(v->g, field.to) != HP_FUNCTION) continue;
    source = hp_source_of(v->g, field.to);
    begin_upvalues(&it, v->g, field.to);
    while (next_upvalue(&it) && rc == HP_OK) {
      uint32_t name = it.value == id ? upvalue_name(v, field.to, it.index) : HP_NONE;
      if (name == HP_NONE) continue;
      if (is_of_several(v, field.to))
        rc = offer_made(v, id, field.to, name, &own);
      else if (source == home && !is_of_a_call(v, field.to, name))
        rc = offer_variable(v, id, source, name, HP_RULE_OWN_UPVALUE, 0);
      else
        rc = offer_variable(v, id, source, name, HP_RULE_OWN_SHARED, 2);
    }
  }
  return rc;
}

/* ---- all classes ---------------------------------------------------------- */

/* Is there a class without a name that shows? */
static int any_open(const hp_Classes *c) {
  size_t i;
  for (i = 0; i < c->at.n; i++)
    if (c->at.at[i].name == HP_NONE && !c->at.at[i].plain) return 1;
  return 0;
}

static void find_open(const Variables *v) {
  const hp_Classes *c = v->w->classes;
  size_t i;
  for (i = 0; i < c->at.n; i++)
    if (c->at.at[i].name == HP_NONE) hp_bit_set(v->open, c->at.at[i].id);
}

static int offer_all(Variables *v) {
  const hp_Classes *c = v->w->classes;
  const hp_Graph *g = v->g;
  size_t i;
  uint32_t id;
  int rc = HP_OK;
  for (i = 0; i < g->protos.n; i++) find_inner(v, (uint32_t)i);
  for (i = 0; i < c->at.n; i++) find_several(v, c->at.at[i].id);
  for (i = 0; i < c->at.n && rc == HP_OK; i++)
    if (hp_bit_get(v->open, c->at.at[i].id)) rc = offer_own_upvalues(v, c->at.at[i].id);
  for (id = 0; id < g->n && rc == HP_OK; id++) {
    if (!hp_bit_get(g->reachable, id)) continue;
    if (hp_graph_type(g, id) == HP_FUNCTION)
      rc = offer_upvalues(v, id);
    else if (hp_graph_type(g, id) == HP_THREAD)
      rc = offer_locals(v, id);
  }
  return rc;
}

/* ---- environments --------------------------------------------------------- */

static int is_environment(const Variables *v, uint32_t function, const UpvalueIter *it) {
  uint32_t name;
  size_t n;
  int whole;
  if (it->value == v->w->classes->globals) return 0;
  name = upvalue_name(v, function, it->index);
  return name != HP_NONE && hp_graph_length(v->g, name) == 4 &&
         memcmp(hp_graph_text(v->g, name, &n, &whole), "_ENV", 4) == 0;
}

/* The tables that functions of this class have instead of the globals. */
static int find_environments(Variables *v, uint32_t class) {
  hp_FieldIter field;
  hp_fields_begin(&field, v->g, class);
  while (hp_fields_next(&field)) {
    UpvalueIter it;
    if (hp_graph_type(v->g, field.to) != HP_FUNCTION) continue;
    begin_upvalues(&it, v->g, field.to);
    while (next_upvalue(&it)) {
      if (!is_environment(v, field.to, &it)) continue;
      if (hp_vec_reserve(&v->environments, 1) != HP_OK) return HP_ENOMEM;
      v->environments.at[v->environments.n].table = it.value;
      v->environments.at[v->environments.n++].class = class;
    }
  }
  return HP_OK;
}

static int by_table(const void *x, const void *y) {
  const Environment *a = x, *b = y;
  if (a->table != b->table) return a->table < b->table ? -1 : 1;
  return (a->class > b->class) - (a->class < b->class);
}

/* What the environment's fields call the classes whose functions it has. */
static int offer_fields(const Variables *v, uint32_t table) {
  hp_FieldIter it;
  int rc = HP_OK;
  hp_fields_begin(&it, v->g, table);
  while (hp_fields_next(&it) && rc == HP_OK) {
    Environment asked = {table, it.to};
    hp_Name name;
    if (!hp_bit_get(v->open, it.to)) continue;
    if (bsearch(&asked, v->environments.at, v->environments.n, sizeof asked, by_table) == NULL)
      continue;
    hp_name_set(&name, "");
    hp_naming_text(v->g, it.key, &name);
    rc = hp_naming_offer(v->w, it.to, name.s, HP_RULE_ENVIRONMENT, 0);
  }
  return rc;
}

static int offer_environments(Variables *v) {
  const hp_Classes *c = v->w->classes;
  size_t i;
  int rc = HP_OK;
  for (i = 0; i < c->at.n && rc == HP_OK; i++)
    if (hp_bit_get(v->open, c->at.at[i].id)) rc = find_environments(v, c->at.at[i].id);
  if (v->environments.n > 1)
    qsort(v->environments.at, v->environments.n, sizeof *v->environments.at, by_table);
  for (i = 0; i < v->environments.n && rc == HP_OK; i++)
    if (i == 0 || v->environments.at[i].table != v->environments.at[i - 1].table)
      rc = offer_fields(v, v->environments.at[i].table);
  return rc;
}

/* ---- both ----------------------------------------------------------------- */

static int with_variables(hp_Naming *w, int (*name)(Variables *v)) {
  size_t words = hp_words(w->g->n), nprotos = w->g->protos.n;
  Variables v = {w, w->g, NULL, NULL, {NULL, 0, 0}};
  int rc = HP_ENOMEM;
  if (!any_open(w->classes)) return HP_OK;
  v.open = hp_new(uint64_t, words);
  v.codes = hp_new(Code, nprotos);
  if (v.open != NULL && v.codes != NULL) {
    find_open(&v);
    rc = name(&v);
  }
  hp_delete(v.open, words);
  hp_delete(v.codes, nprotos);
  hp_vec_free(&v.environments);
  return rc;
}

int hp_naming_by_environments(hp_Naming *w) { return with_variables(w, offer_environments); }
int hp_naming_by_variables(hp_Naming *w) { return with_variables(w, offer_all); }
