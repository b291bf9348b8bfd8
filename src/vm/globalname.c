/* Functions by the modules that have them: see code.h. Mirrors lauxlib.c (pushglobalfuncname). */
#include "code.h"

#include <stdio.h>

#define NODES_MAX 16384 /* that are looked at: a search is short, however much the host has */

/* A table's fields whose keys are short strings, and how many nodes may yet be looked at. */
typedef struct Fields {
  const char *table;
  size_t at, left;
} Fields;

static Fields fields_of(const char *table, size_t left) {
  Fields f = {table, 0, left};
  return f;
}

/* The node of the next one that has a value, or NULL. */
static const char *next_field(Fields *f) {
  size_t n = hp_table_has_nodes(f->table) ? hp_table_node_count(f->table) : 0;
  while (f->at < n && f->left > 0) {
    const char *node = hp_table_nodes(f->table) + HP_NODE_SIZE * f->at++;
    f->left--;
    if ((hp_node_key_tag(node) & 0x3F) == HP_TSHORTSTRING && !hp_is_nil(hp_node_value_tag(node)))
      return node;
  }
  return NULL;
}

static const char *key_of(const char *node) {
  return hp_string_bytes((const char *)(uintptr_t)hp_node_key_bits(node));
}

/* The table that the value of a field or another value is, or NULL. */
static const char *table_of(const char *value) {
  int is_table = hp_value_tag(value) == (HP_TTABLE | HP_COLLECTABLE);
  return is_table ? hp_value_object(value) : NULL;
}

static const char *modules(const hp_Vm *vm, size_t *left) {
  const char *registry = table_of(hp_g_registry(vm->g)), *node, *found = NULL;
  Fields f;
  if (registry == NULL) return NULL;
  f = fields_of(registry, *left);
  while (found == NULL && (node = next_field(&f)) != NULL)
    if (strcmp(key_of(node), "_LOADED") == 0) found = table_of(node);
  *left = f.left;
  return found;
}

/* The key of a module's function that is the value, or NULL. */
static const char *key_in(const char *module, const char *value, size_t *left) {
  const char *node, *found = NULL;
  Fields f = fields_of(module, *left);
  while (found == NULL && (node = next_field(&f)) != NULL)
    if (hp_node_value_tag(node) == hp_value_tag(value) &&
        hp_node_value_object(node) == hp_value_object(value))
      found = key_of(node);
  *left = f.left;
  return found;
}

/* Whether it is named; the globals, which are a module too, come in a turn of their own. */
static int name_in(const char *loaded, int globals, const char *value, size_t *left, char *out,
                   size_t size) {
  Fields f = fields_of(loaded, *left);
  const char *node, *module, *key = NULL;
  while (key == NULL && (node = next_field(&f)) != NULL) {
    if ((strcmp(key_of(node), "_G") == 0) != globals) continue;
    module = table_of(node);
    if (module != NULL) key = key_in(module, value, &f.left);
  }
  *left = f.left;
  if (key == NULL) return 0;
  if (globals)
    (void)snprintf(out, size, "function '%.80s'", key);
  else
    (void)snprintf(out, size, "function '%.40s.%.80s'", key_of(node), key);
  return 1;
}

int hp_global_name(const hp_Vm *vm, const char *value, char *out, size_t size) {
  size_t left = NODES_MAX;
  const char *loaded = modules(vm, &left);
  if (loaded == NULL) return 0;
  return name_in(loaded, 1, value, &left, out, size) || name_in(loaded, 0, value, &left, out, size);
}
