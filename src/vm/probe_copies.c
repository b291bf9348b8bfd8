/* Which Lua is this? Its release, and whether the functions heapy calls belong
** to the copy of Lua that runs the live state. Two copies in one process (a host
** with its own, and a module that brought liblua) may share a layout and still
** disagree: an empty table, for one, points into the image that made it. */
#include "probe_parts.h"

#include <dlfcn.h>

#define OBJECTS_SEEN 256 /* of the live state's newest */
#define GLOBALS_SEEN 256 /* slots of its table of globals */

/* Present in builds of Lua that export all of lapi.c's names. */
extern const char lua_ident[] __attribute__((weak));

/* The start of the loaded file that holds this address; NULL if none does. */
static const void *image_of(uintptr_t at) {
  Dl_info info;
  return dladdr((const void *)at, &info) != 0 ? info.dli_fbase : NULL;
}

static const void *library(void) { return image_of((uintptr_t)lua_gettop); }

void hp_probe_release(char release[HP_PROBE_RELEASE]) {
  const char *ident = lua_ident;
  int n = 0;
  release[0] = '\0';
  if (ident == NULL || image_of((uintptr_t)ident) != library()) return;
  ident = strstr(ident, "Lua 5.");
  if (ident == NULL) return;
  for (ident += 4; n < HP_PROBE_RELEASE - 1 && *ident > ' '; n++) release[n] = *ident++;
  release[n] = '\0';
}

/* How many of the newest objects are tables without a hash part; each must have
** the library's own dummy node. */
static int empty_tables(hp_Probe *p) {
  char copy[HP_PROBE_OBJECT];
  const char *o = hp_g_allgc(hp_probe_look(p));
  int n, met = 0;
  for (n = 0; p->ok && o != NULL && n < OBJECTS_SEEN; n++, o = hp_next(copy)) {
    hp_probe_object(p, o, copy);
    if (hp_tag(copy) != HP_TTABLE || hp_table_has_nodes(copy)) continue;
    hp_probe_must(p, hp_table_nodes(copy) == p->dummynode);
    met++;
  }
  return met;
}

static int is_standard(hp_Probe *p, const char *o) {
  static const char *const names[] = {"next", "rawequal", "rawlen", "select", "type"};
  char bytes[16] = "", copy[HP_PROBE_OBJECT];
  size_t i, n;
  hp_probe_object(p, o, copy);
  n = hp_string_len(copy);
  if (n >= sizeof bytes) return 0;
  hp_probe_read(p, hp_probe_at(o, HP_STRING_HEADER), bytes, n);
  for (i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(bytes, names[i]) == 0) return 1;
  return 0;
}

/* Copies the table of globals, which is element 2 of the registry. */
static void globals(hp_Probe *p, char table[HP_PROBE_OBJECT]) {
  char registry[HP_PROBE_OBJECT], value[HP_VALUE_SIZE] = "";
  hp_probe_object(p, hp_value_object(hp_g_registry(p->global)), registry);
  if (hp_table_array_size(&p->vm, registry) >= LUA_RIDX_GLOBALS)
    hp_probe_read(p, hp_probe_at(hp_table_array(registry), HP_VALUE_SIZE), value, sizeof value);
  memset(table, 0, HP_PROBE_OBJECT);
  if (hp_value_tag(value) == (HP_TTABLE | HP_COLLECTABLE))
    hp_probe_object(p, hp_value_object(value), table);
}

/* Hosts replace some functions of the base library with their own; that all of
** those looked for live elsewhere has one reason only. */
static void base_library(hp_Probe *p) {
  char table[HP_PROBE_OBJECT], node[HP_NODE_SIZE];
  size_t i, found = 0, ours = 0;
  globals(p, table);
  if (!hp_table_has_nodes(table)) return;
  for (i = 0; p->ok && i < hp_table_node_count(table) && i < GLOBALS_SEEN; i++) {
    hp_probe_read(p, hp_probe_at(hp_table_nodes(table), HP_NODE_SIZE * i), node, sizeof node);
    if (hp_node_value_tag(node) != HP_TLIGHTFUNCTION) continue;
    if (hp_node_key_tag(node) != (HP_TSHORTSTRING | HP_COLLECTABLE)) continue;
    if (!is_standard(p, (const char *)(uintptr_t)hp_node_key_bits(node))) continue;
    found++;
    ours += image_of((uintptr_t)hp_node_value_object(node)) == library();
  }
  hp_probe_must(p, found == 0 || ours > 0);
}

void hp_probe_copies(hp_Probe *p) {
  if (empty_tables(p) == 0) base_library(p);
}
