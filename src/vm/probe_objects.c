/* The proof's second part: objects made one at a time in the scratch state, and
** every field the walk reads planted through the API and found in its place. */
#include "probe_parts.h"

hp_Before hp_probe_before(hp_Probe *p) {
  hp_Before b;
  const char *g = hp_probe_look(p);
  b.head = hp_g_allgc(g);
  b.total = hp_g_total(g);
  b.live = p->scratch.live;
  return b;
}

const char *hp_probe_born(hp_Probe *p, hp_Before b, int tag, size_t bytes) {
  char copy[HP_PROBE_OBJECT];
  const char *g = hp_probe_look(p);
  const char *o = hp_g_allgc(g);
  int white = hp_u8(g, p->vm.layout->G_currentwhite);
  hp_probe_object(p, o, copy);
  hp_probe_must(p, o != b.head && hp_next(copy) == b.head);
  hp_probe_must(p, hp_tag(copy) == tag);
  hp_probe_must(p, (hp_marked(copy) & (HP_WHITES | HP_FINALIZED)) == white);
  hp_probe_must(p, hp_probe_size(p, o) == bytes);
  hp_probe_must(p, hp_g_total(g) - b.total == (int64_t)bytes);
  hp_probe_must(p, p->scratch.live - b.live == bytes);
  return o;
}

/* The value at index i of L's stack, as it stands in memory. */
static void read_value(hp_Probe *p, lua_State *L, int i, char value[HP_VALUE_SIZE]) {
  const char *slot;
  char thread[HP_PROBE_OBJECT];
  hp_probe_object(p, (const char *)L, thread);
  i = lua_gettop(L) + 1 - lua_absindex(L, i); /* slots below the top */
  slot = (const char *)((uintptr_t)hp_thread_top(&p->vm, thread) - HP_VALUE_SIZE * (size_t)i);
  hp_probe_read(p, slot, value, HP_VALUE_SIZE);
}

static void holds_integer(hp_Probe *p, const char *value, lua_Integer n) {
  hp_probe_must(p, hp_value_tag(value) == HP_TINTEGER && (lua_Integer)hp_u64(value, 0) == n);
}

static void holds_object(hp_Probe *p, const char *value, int tag, const char *o) {
  hp_probe_must(p, hp_value_tag(value) == (tag | HP_COLLECTABLE) && hp_value_object(value) == o);
}

/* ---- values on the stack -------------------------------------------------- */

static int nothing(lua_State *L) {
  (void)L;
  return 0;
}

/* Every tag a value can have that is no object. */
static void plain_values(hp_Probe *p) {
  static const uint8_t tags[] = {HP_TNIL,   HP_TFALSE,         HP_TTRUE,         HP_TINTEGER,
                                 HP_TFLOAT, HP_TLIGHTUSERDATA, HP_TLIGHTFUNCTION};
  char value[HP_VALUE_SIZE];
  int i, first = lua_gettop(p->L) + 1;
  lua_pushnil(p->L);
  lua_pushboolean(p->L, 0);
  lua_pushboolean(p->L, 1);
  lua_pushinteger(p->L, 3);
  lua_pushnumber(p->L, 0.5);
  lua_pushlightuserdata(p->L, p);
  lua_pushcfunction(p->L, nothing);
  for (i = 0; i < (int)sizeof tags; i++) {
    read_value(p, p->L, first + i, value);
    hp_probe_must(p, hp_value_tag(value) == tags[i]);
  }
  hp_probe_must(p, hp_ptr(value, 0) == (const char *)(uintptr_t)nothing);
  lua_settop(p->L, first - 1);
}

/* ---- strings -------------------------------------------------------------- */

#define BUCKET_MAX 64 /* strings in one bucket of a state that has a hundred */

/* The string stands in the bucket that its hash names. */
static void interned(hp_Probe *p, const char *o) {
  char copy[HP_PROBE_OBJECT];
  const char *g = hp_probe_look(p);
  uint32_t mask = hp_g_string_table_size(g) - 1;
  const char *at = NULL;
  int n;
  hp_probe_object(p, o, copy);
  hp_probe_read(p, hp_probe_at(hp_g_string_table(g), 8 * (size_t)(hp_u32(copy, 12) & mask)), &at,
                sizeof at);
  for (n = 0; p->ok && at != NULL && at != o && n < BUCKET_MAX; n++) {
    hp_probe_object(p, at, copy);
    at = hp_ptr(copy, 16);
  }
  hp_probe_must(p, at == o);
}

static void short_string(hp_Probe *p) {
  static const char text[] = "hp short string";
  hp_Before b = hp_probe_before(p);
  const char *o;
  uint32_t used = hp_g_string_table_used(p->global);
  lua_pushlstring(p->L, text, sizeof text - 1);
  o = hp_probe_born(p, b, HP_TSHORTSTRING, HP_STRING_HEADER + sizeof text);
  hp_probe_must(p, lua_tostring(p->L, -1) == hp_string_bytes(o));
  hp_probe_must(p, hp_g_string_table_used(p->global) == used + 1);
  hp_probe_text(p, o, text);
  interned(p, o);
}

static void long_string(hp_Probe *p) {
  char text[301];
  char copy[HP_PROBE_OBJECT];
  hp_Before b = hp_probe_before(p);
  const char *o;
  memset(text, 'l', sizeof text);
  lua_pushlstring(p->L, text, sizeof text);
  o = hp_probe_born(p, b, HP_TLONGSTRING, HP_STRING_HEADER + sizeof text + 1);
  hp_probe_object(p, o, copy);
  hp_probe_must(p, lua_tostring(p->L, -1) == hp_string_bytes(o));
  hp_probe_must(p, hp_string_len(copy) == sizeof text);
}

/* Enough strings for the table of strings to grow, unless the build starts with
** more than the usual 128 buckets. */
static void many_strings(hp_Probe *p) {
  char text[] = "hp many 000";
  uint32_t before = hp_g_string_table_size(hp_probe_look(p));
  int i;
  for (i = 0; i < 128; i++) {
    text[9] = (char)('0' + i / 12);
    text[10] = (char)('0' + i % 12);
    lua_pushlstring(p->L, text, sizeof text - 1);
    lua_pop(p->L, 1);
  }
  hp_probe_must(p, before > 128 || hp_g_string_table_size(hp_probe_look(p)) > before);
}

/* The metatable of all strings is where 'mt' has it. */
static void type_metatable(hp_Probe *p) {
  const char *meta;
  hp_Vm seen = p->vm;
  lua_createtable(p->L, 0, 0);
  meta = (const char *)lua_topointer(p->L, -1);
  lua_setmetatable(p->L, -2);
  seen.g = hp_probe_look(p);
  hp_probe_must(p, hp_g_metatable(&seen, LUA_TSTRING) == meta);
  lua_pushnil(p->L);
  lua_setmetatable(p->L, -2);
  seen.g = hp_probe_look(p);
  hp_probe_must(p, hp_g_metatable(&seen, LUA_TSTRING) == NULL);
}

void hp_probe_strings(hp_Probe *p) {
  plain_values(p);
  short_string(p);
  type_metatable(p);
  long_string(p);
  many_strings(p);
}

/* ---- tables --------------------------------------------------------------- */

/* Two tables without a hash part share one node, which belongs to no table. */
static void empty_tables(hp_Probe *p) {
  char one[HP_PROBE_OBJECT], two[HP_PROBE_OBJECT];
  hp_Before b = hp_probe_before(p);
  lua_createtable(p->L, 0, 0);
  hp_probe_object(p, hp_probe_born(p, b, HP_TTABLE, HP_TABLE_SIZE), one);
  b = hp_probe_before(p);
  lua_createtable(p->L, 3, 0); /* no power of two: its size must not be taken for a hint */
  hp_probe_object(p, hp_probe_born(p, b, HP_TTABLE, HP_TABLE_SIZE + 3 * HP_VALUE_SIZE), two);
  hp_probe_must(p, !hp_table_has_nodes(one) && !hp_table_has_nodes(two));
  hp_probe_must(p, hp_table_nodes(one) == hp_table_nodes(two));
  hp_probe_must(p, hp_table_nodes(one) != NULL && hp_table_array_size(&p->vm, one) == 0);
  p->dummynode = hp_table_nodes(one);
}

/* Fills 5 of 8 array slots and asks for the length: from then on 'alimit' says
** 5, and one bit says that this is a hint only. */
static void array_part(hp_Probe *p) {
  char copy[HP_PROBE_OBJECT];
  char value[HP_VALUE_SIZE];
  hp_Before b = hp_probe_before(p);
  const char *o;
  int i;
  lua_createtable(p->L, 8, 0);
  o = hp_probe_born(p, b, HP_TTABLE, HP_TABLE_SIZE + 8 * HP_VALUE_SIZE);
  for (i = 1; i <= 5; i++) {
    lua_pushinteger(p->L, 100 + i);
    lua_rawseti(p->L, -2, i);
  }
  hp_probe_must(p, lua_rawlen(p->L, -1) == 5);
  hp_probe_object(p, o, copy);
  hp_probe_must(p, hp_u32(copy, 12) == 5 && hp_table_array_size(&p->vm, copy) == 8);
  hp_probe_must(p, hp_probe_size(p, o) == HP_TABLE_SIZE + 8 * HP_VALUE_SIZE);
  for (i = 0; i < 8; i++) {
    hp_probe_read(p, hp_probe_at(hp_table_array(copy), HP_VALUE_SIZE * (size_t)i), value,
                  sizeof value);
    if (i < 5)
      holds_integer(p, value, 101 + i);
    else
      hp_probe_must(p, hp_is_nil(hp_value_tag(value)));
  }
}

/* A node as the walk reads it holds this integer under this key. */
static int node_is(const char *node, int key_tag, uint64_t key, lua_Integer n) {
  return hp_node_key_tag(node) == key_tag && hp_node_key_bits(node) == key &&
         hp_node_value_tag(node) == HP_TINTEGER &&
         (lua_Integer)(uintptr_t)hp_node_value_object(node) == n;
}

static int find_node(hp_Probe *p, const char *table, int key_tag, uint64_t key, lua_Integer n) {
  char node[HP_NODE_SIZE];
  size_t i;
  for (i = 0; p->ok && i < hp_table_node_count(table) && i < 8; i++) {
    hp_probe_read(p, hp_probe_at(hp_table_nodes(table), HP_NODE_SIZE * i), node, sizeof node);
    if (node_is(node, key_tag, key, n)) return 1;
  }
  return 0;
}

/* With the table on top: a string, an integer and a table for keys. */
static void hash_part(hp_Probe *p) {
  char copy[HP_PROBE_OBJECT];
  const char *string, *key;
  hp_Before b = hp_probe_before(p);
  const char *o;
  lua_createtable(p->L, 0, 5);
  o = hp_probe_born(p, b, HP_TTABLE, HP_TABLE_SIZE + 8 * HP_NODE_SIZE);
  string = lua_pushstring(p->L, "hp key") - HP_STRING_HEADER;
  lua_pushinteger(p->L, 201);
  lua_rawset(p->L, -3);
  lua_pushinteger(p->L, 202);
  lua_rawseti(p->L, -2, 1 << 20);
  lua_createtable(p->L, 0, 0);
  key = (const char *)lua_topointer(p->L, -1);
  lua_pushinteger(p->L, 203);
  lua_rawset(p->L, -3);
  hp_probe_object(p, o, copy);
  hp_probe_must(p, hp_table_has_nodes(copy) && hp_table_node_count(copy) == 8);
  hp_probe_must(p, find_node(p, copy, HP_TSHORTSTRING | HP_COLLECTABLE, (uintptr_t)string, 201));
  hp_probe_must(p, find_node(p, copy, HP_TINTEGER, 1 << 20, 202));
  hp_probe_must(p, find_node(p, copy, HP_TTABLE | HP_COLLECTABLE, (uintptr_t)key, 203));
}

static void table_metatable(hp_Probe *p) {
  char copy[HP_PROBE_OBJECT];
  const char *o = (const char *)lua_topointer(p->L, -1);
  hp_probe_object(p, o, copy);
  hp_probe_must(p, hp_table_metatable(copy) == NULL);
  lua_createtable(p->L, 0, 0);
  lua_pushvalue(p->L, -1);
  lua_setmetatable(p->L, -3);
  hp_probe_object(p, o, copy);
  hp_probe_must(p, hp_table_metatable(copy) == (const char *)lua_topointer(p->L, -1));
}

void hp_probe_tables(hp_Probe *p) {
  empty_tables(p);
  array_part(p);
  hash_part(p);
  table_metatable(p);
}

/* ---- userdata ------------------------------------------------------------- */

static const char *new_userdata(hp_Probe *p, size_t len, int nuv) {
  hp_Before b = hp_probe_before(p);
  size_t head = hp_userdata_header(nuv);
  const char *block = (const char *)lua_newuserdatauv(p->L, len, nuv);
  const char *o = hp_probe_born(p, b, HP_TUSERDATA, head + len);
  hp_probe_must(p, block == o + head);
  return o;
}

void hp_probe_userdata(hp_Probe *p) {
  char copy[HP_PROBE_OBJECT];
  char value[HP_VALUE_SIZE];
  const char *o;
  int i;
  new_userdata(p, 24, 0);
  o = new_userdata(p, 40, 3);
  for (i = 1; i <= 3; i++) {
    lua_pushinteger(p->L, 300 + i);
    lua_setiuservalue(p->L, -2, i);
  }
  lua_createtable(p->L, 0, 0);
  lua_pushvalue(p->L, -1);
  lua_setmetatable(p->L, -3);
  hp_probe_object(p, o, copy);
  hp_probe_must(p, hp_userdata_nuv(copy) == 3 && hp_userdata_len(copy) == 40);
  hp_probe_must(p, hp_userdata_metatable(copy) == (const char *)lua_topointer(p->L, -1));
  for (i = 0; i < 3; i++) {
    hp_probe_read(p, hp_userdata_uv(o, i), value, sizeof value);
    holds_integer(p, value, 301 + i);
  }
}

/* ---- C closures ----------------------------------------------------------- */

void hp_probe_cclosures(hp_Probe *p) {
  char copy[HP_PROBE_OBJECT];
  char value[HP_VALUE_SIZE];
  hp_Before b;
  const char *o, *string;
  lua_pushinteger(p->L, 401);
  string = lua_pushstring(p->L, "hp upvalue") - HP_STRING_HEADER;
  b = hp_probe_before(p);
  lua_pushcclosure(p->L, nothing, 2);
  o = hp_probe_born(p, b, HP_TCCLOSURE, 32 + 2 * HP_VALUE_SIZE);
  hp_probe_object(p, o, copy);
  hp_probe_must(p, hp_closure_nup(copy) == 2 && o == (const char *)lua_topointer(p->L, -1));
  hp_probe_must(p, hp_cclosure_f(copy) == (const char *)(uintptr_t)nothing);
  hp_probe_must(p, hp_cclosure_value(o, 1) == (const char *)lua_upvalueid(p->L, -1, 2));
  hp_probe_read(p, hp_cclosure_value(o, 0), value, sizeof value);
  holds_integer(p, value, 401);
  hp_probe_read(p, hp_cclosure_value(o, 1), value, sizeof value);
  holds_object(p, value, HP_TSHORTSTRING, string);
  read_value(p, p->L, -1, value);
  holds_object(p, value, HP_TCCLOSURE, o);
}
