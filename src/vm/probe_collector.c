/* The proof's last part in the scratch state: what the collector alone writes. */
#include "probe_parts.h"

#define PAUSED 8 /* gcstate between two cycles */

static uint8_t state_of(hp_Probe *p, size_t at) { return hp_u8(hp_probe_look(p), at); }

/* Stopping turns the byte over: to 0 where it says "running" (until 5.4.3), from
** 0 where it says "stopped". Leaves the collector stopped. */
void hp_probe_stop(hp_Probe *p) {
  const size_t at = p->vm.layout->G_gcstp;
  uint8_t running = state_of(p, at);
  uint8_t stopped;
  lua_gc(p->L, LUA_GCSTOP);
  stopped = state_of(p, at);
  hp_probe_must(p, running <= 1 && stopped <= 1 && running != stopped);
}

/* ---- finalizers ----------------------------------------------------------- */

/* __gc of both: while the first runs, the other is the one to be finalized. */
static int finalizer(lua_State *L) {
  hp_Probe *p = (hp_Probe *)lua_touserdata(L, lua_upvalueindex(1));
  const char *o = (const char *)lua_touserdata(L, 1) - hp_userdata_header(0);
  const char *other = p->finalizable[p->finalizable[0] == o ? 1 : 0];
  const char *waiting = hp_g_tobefnz(hp_probe_look(p));
  hp_probe_must(p, o == p->finalizable[0] || o == p->finalizable[1]);
  hp_probe_must(p, waiting == (p->finalized == 0 ? other : NULL));
  p->finalized++;
  return 0;
}

/* A userdata under the finalizer, off the list of all and on that of finobj. */
static const char *finalizable(hp_Probe *p, int metatable) {
  char copy[HP_PROBE_OBJECT];
  hp_Before b = hp_probe_before(p);
  const char *o, *was = hp_g_finobj(p->global);
  lua_newuserdatauv(p->L, 8, 0);
  o = hp_probe_born(p, b, HP_TUSERDATA, hp_userdata_header(0) + 8);
  lua_pushvalue(p->L, metatable);
  lua_setmetatable(p->L, -2);
  lua_pop(p->L, 1);
  hp_probe_object(p, o, copy);
  hp_probe_look(p);
  hp_probe_must(p, hp_g_allgc(p->global) == b.head && hp_g_finobj(p->global) == o);
  hp_probe_must(p, hp_next(copy) == was && (hp_marked(copy) & HP_FINALIZED));
  return o;
}

static void finalizers(hp_Probe *p) {
  lua_createtable(p->L, 0, 1);
  lua_pushlightuserdata(p->L, p);
  lua_pushcclosure(p->L, finalizer, 1);
  lua_setfield(p->L, -2, "__gc");
  p->finalizable[0] = finalizable(p, lua_gettop(p->L));
  p->finalizable[1] = finalizable(p, lua_gettop(p->L));
  lua_pop(p->L, 1);
}

/* ---- dead keys ------------------------------------------------------------ */

/* Leaves on top a table whose only node had a table for its key, and lost its
** value; gives where the node is. */
static const char *table_with_a_hole(hp_Probe *p) {
  char table[HP_PROBE_OBJECT];
  lua_createtable(p->L, 0, 1);
  lua_createtable(p->L, 0, 0);
  lua_pushvalue(p->L, -1);
  lua_pushinteger(p->L, 1);
  lua_rawset(p->L, -4);
  lua_pushnil(p->L);
  lua_rawset(p->L, -3);
  hp_probe_object(p, (const char *)lua_topointer(p->L, -1), table);
  hp_probe_must(p, hp_table_node_count(table) == 1);
  return hp_table_nodes(table);
}

static void dead_key(hp_Probe *p, const char *at) {
  char node[HP_NODE_SIZE];
  hp_probe_read(p, at, node, sizeof node);
  hp_probe_must(p, hp_is_nil(hp_node_value_tag(node)));
  hp_probe_must(p, hp_node_key_tag(node) == p->vm.layout->deadkey_tag);
}

/* ---- cycles --------------------------------------------------------------- */

/* A full collection: ends paused, and colours what lives with the other white. */
static void full_cycle(hp_Probe *p) {
  const hp_Layout *row = p->vm.layout;
  uint8_t white = state_of(p, row->G_currentwhite);
  lua_gc(p->L, LUA_GCCOLLECT);
  hp_probe_must(p, state_of(p, row->G_currentwhite) == (white ^ HP_WHITES));
  hp_probe_must(p, state_of(p, row->G_gcstate) == PAUSED);
}

/* The smallest step there is begins a cycle and does not end it. */
static void begun_cycle(hp_Probe *p) {
  lua_gc(p->L, LUA_GCINC, 0, 1, 1);
  lua_gc(p->L, LUA_GCSTEP, 0);
  hp_probe_must(p, state_of(p, p->vm.layout->G_gcstate) < PAUSED);
  lua_gc(p->L, LUA_GCCOLLECT);
  hp_probe_must(p, state_of(p, p->vm.layout->G_gcstate) == PAUSED);
}

static void modes(hp_Probe *p) {
  const size_t at = p->vm.layout->G_gckind;
  hp_probe_must(p, state_of(p, at) == 0);
  lua_gc(p->L, LUA_GCGEN, 0, 0);
  hp_probe_must(p, state_of(p, at) == 1);
  lua_gc(p->L, LUA_GCINC, 0, 0, 0);
  hp_probe_must(p, state_of(p, at) == 0);
}

void hp_probe_collector(hp_Probe *p) {
  const char *node;
  finalizers(p);
  node = table_with_a_hole(p);
  full_cycle(p);
  hp_probe_must(p, p->finalized == 2);
  dead_key(p, node);
  begun_cycle(p);
  modes(p);
}
