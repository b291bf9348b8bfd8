/* Labels of edges: see label.h. */
#include "label.h"

#include "heap/reverse.h"
#include "kind.h"
#include "vm/object.h"

#include <string.h>

#define INDEX_EXACT 10 /* array indexes above this share one label */

/* ---- which string names it ------------------------------------------------ */

static uint32_t upvalue_name(const hp_Graph *g, uint32_t function, uint32_t index) {
  uint32_t proto = hp_graph_proto_of(g, function);
  return proto == HP_NONE ? HP_NONE : hp_graph_in_run(g, proto, HP_I_UPVALNAME, index);
}

/* Where an upvalue has its name: a function that has it, and its index there. */
typedef struct Place {
  uint32_t function; /* or HP_NONE */
  uint32_t index;
} Place;

static Place place_of_upvalue(const hp_Graph *g, uint32_t upvalue) {
  Place place = {HP_NONE, 0};
  const uint32_t *from = NULL, *end = NULL;
  if (g->reverse != NULL) from = hp_bucket(&g->reverse->objects, upvalue, &end);
  for (; from < end; from++) {
    uint32_t at = g->node[*from].edge;
    if (hp_graph_type(g, *from) != HP_FUNCTION) continue;
    while (g->to.at[at] != upvalue) at++; /* a function's own edges are its upvalues */
    place.function = *from;
    place.index = at - g->node[*from].edge + 1;
    return place;
  }
  return place;
}

static uint32_t name_of_upvalue(const hp_Graph *g, uint32_t upvalue) {
  Place place = place_of_upvalue(g, upvalue);
  return place.function == HP_NONE ? HP_NONE : upvalue_name(g, place.function, place.index);
}

/* What stands for the name of a function's upvalue: its prototype and the index. */
static uint64_t upvalue_number(const hp_Graph *g, uint32_t function, uint32_t index) {
  uint32_t proto = hp_graph_shape(g, function)->common;
  return (uint64_t)1 << 63 | (uint64_t)(index & 0xFF) << 32 | proto;
}

static uint32_t name_of(const hp_Graph *g, uint32_t from, const hp_EdgeIter *e) {
  switch (e->kind) {
    case HP_I_NAME: return e->key;
    case HP_I_UPVALUE: return upvalue_name(g, from, e->arg);
    case HP_I_VALUE: return name_of_upvalue(g, from);
    case HP_I_SLOT: return g->slots.at[e->arg].name;
    default: return HP_NONE;
  }
}

/* ---- text ----------------------------------------------------------------- */

static int is_reserved(const char *s, size_t n) {
  static const char words[] = " and break do else elseif end false for function goto if in local "
                              "nil not or repeat return then true until while ";
  const char *at = words;
  for (; (at = strchr(at, ' ')) != NULL && at[1] != '\0'; at++)
    if (strncmp(at + 1, s, n) == 0 && at[1 + n] == ' ') return 1;
  return 0;
}

/* In the C locale, whatever the program's is: the VM's own way. */
static int is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int is_identifier(const char *s, size_t n) {
  size_t i;
  if (n == 0 || !is_letter(s[0])) return 0;
  for (i = 0; i < n; i++)
    if (!is_letter(s[i]) && !(s[i] >= '0' && s[i] <= '9')) return 0;
  return !is_reserved(s, n);
}

static void add_quoted(const char *s, size_t n, hp_Name *out) {
  size_t i;
  for (i = 0; i < n; i++) {
    unsigned char c = (unsigned char)s[i];
    if (c == '"' || c == '\\')
      hp_name_addf(out, "\\%c", c);
    else if (c < 32 || c == 127)
      hp_name_addf(out, "\\%03u", c);
    else
      hp_name_addn(out, s + i, 1);
  }
}

void hp_label_field(const hp_Graph *g, uint32_t key, hp_Name *out) {
  size_t n;
  int whole;
  const char *s = hp_graph_text(g, key, &n, &whole);
  if (whole && is_identifier(s, n)) {
    hp_name_set(out, ".");
    hp_name_addn(out, s, n);
    return;
  }
  hp_name_set(out, "[\"");
  add_quoted(s, n, out);
  hp_name_add(out, whole ? "\"]" : "...\"]");
}

static void set_named(const hp_Graph *g, const char *prefix, uint32_t name, hp_Name *out) {
  size_t n;
  int whole;
  const char *s;
  hp_name_set(out, prefix);
  if (name == HP_NONE) return;
  s = hp_graph_text(g, name, &n, &whole);
  hp_name_add(out, " ");
  if (n == 0)
    hp_name_add(out, "(no name)"); /* the environment upvalue of a stripped function, say */
  else
    hp_name_addn(out, s, n);
}

static void set_index(int64_t i, hp_Name *out) {
  hp_name_set(out, "");
  if (i > INDEX_EXACT)
    hp_name_addf(out, "[%d..]", INDEX_EXACT + 1);
  else
    hp_name_addf(out, "[%lld]", (long long)i);
}

static void set_float(uint64_t bits, hp_Name *out) {
  double d;
  memcpy(&d, &bits, sizeof d);
  hp_name_set(out, "");
  hp_name_addf(out, "[%.14g]", d);
}

static void set_object(const hp_Graph *g, uint32_t key, hp_Name *out) {
  hp_name_set(out, "[");
  hp_name_add(out, hp_type_name(hp_graph_type(g, key)));
  hp_name_add(out, "]");
}

static void set_slot(const hp_Graph *g, const hp_Slot *s, hp_Name *out) {
  switch ((hp_SlotKind)s->kind) {
    case HP_S_LOCAL: set_named(g, "local", s->name, out); break;
    case HP_S_VARARG: hp_name_set(out, "vararg"); break;
    case HP_S_TEMP: hp_name_set(out, "temporary"); break;
    case HP_S_C: hp_name_set(out, "value of a C function"); break;
    case HP_S_FUNCTION: hp_name_set(out, "running function"); break;
  }
}

/* What all edges of the kind are called, or NULL. */
static const char *fixed_text(hp_ItemKind kind) {
  switch (kind) {
    case HP_I_DEADKEY: return "[dead key]";
    case HP_I_LIGHT: return "[light value]";
    case HP_I_PROTO: return "prototype";
    case HP_I_USERVALUE: return "user value";
    case HP_I_K: return "constant";
    case HP_I_P: return "inner prototype";
    case HP_I_SOURCE: return "source";
    case HP_I_UPVALNAME: return "upvalue name";
    case HP_I_LOCVARNAME: return "local name";
    case HP_I_OPENUPVALUE: return "open upvalue";
    case HP_I_KEY: return "[key]";
    case HP_I_METATABLE: return "metatable";
    default: return NULL;
  }
}

int hp_label_is_fixed(hp_ItemKind kind) { return fixed_text(kind) != NULL; }

void hp_label_text(const hp_Graph *g, uint32_t from, const hp_EdgeIter *e, hp_Name *out) {
  const char *fixed = fixed_text(e->kind);
  uint32_t name = name_of(g, from, e);
  if (fixed != NULL) {
    hp_name_set(out, fixed);
    return;
  }
  switch (e->kind) {
    case HP_I_ARRAY: set_index((int64_t)e->arg, out); break;
    case HP_I_INTEGER: set_index((int32_t)e->arg, out); break;
    case HP_I_WIDEINT: set_index((int64_t)g->shapes.constants.at[e->arg], out); break;
    case HP_I_FLOAT: set_float(g->shapes.constants.at[e->arg], out); break;
    case HP_I_BOOLEAN: hp_name_set(out, e->arg ? "[true]" : "[false]"); break;
    case HP_I_NAME: hp_label_field(g, name, out); break;
    case HP_I_OBJECT: set_object(g, e->key, out); break;
    case HP_I_SLOT: set_slot(g, &g->slots.at[e->arg], out); break;
    case HP_I_UPVALUE: set_named(g, "upvalue", name, out); break;
    case HP_I_VALUE: set_named(g, "upvalue", name, out); break;
    default: break;
  }
}

uint64_t hp_label_number(const hp_Graph *g, uint32_t from, const hp_EdgeIter *e) {
  uint64_t arg = 0;
  Place place;
  switch (e->kind) {
    case HP_I_UPVALUE:
      if (hp_graph_type(g, from) == HP_FUNCTION) return upvalue_number(g, from, e->arg);
      break;
    case HP_I_VALUE:
      place = place_of_upvalue(g, from);
      if (place.function != HP_NONE) return upvalue_number(g, place.function, place.index);
      break;
    case HP_I_ARRAY: arg = e->arg > INDEX_EXACT ? INDEX_EXACT + 1 : e->arg; break;
    case HP_I_INTEGER:
    case HP_I_WIDEINT:
    case HP_I_FLOAT:
    case HP_I_BOOLEAN: arg = e->arg; break;
    case HP_I_OBJECT: arg = hp_graph_type(g, e->key); break;
    case HP_I_SLOT: arg = e->arg; break;
    case HP_I_NAME: arg = e->key; break;
    default: break;
  }
  return (uint64_t)e->kind << 32 | arg;
}

void hp_root_text(const hp_Root *r, hp_Name *out) {
  static const char *const types[] = {"nil",      "boolean", "light userdata", "number", "string",
                                      "table",    "function", "userdata",      "thread"};
  switch ((hp_RootKind)r->kind) {
    case HP_R_REGISTRY: hp_name_set(out, "registry"); break;
    case HP_R_MAINTHREAD: hp_name_set(out, "main thread"); break;
    case HP_R_FINALIZING: hp_name_set(out, "about to be finalized"); break;
    case HP_R_FIXED: hp_name_set(out, "fixed by the VM"); break;
    case HP_R_METATABLE:
      hp_name_set(out, "metatable of ");
      hp_name_add(out, types[r->arg]);
      break;
  }
}
