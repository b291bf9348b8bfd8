/* heapy.core: the C core as a Lua module. Its functions are for lua/heapy alone;
** every word that a user reads is written there. */
#include "base/mem.h"
#include "remote.h"
#include "set.h"
#include "tracker.h"

/* core.check() -> true | nil, why this VM cannot be read */
static int core_check(lua_State *L) {
  const hp_State *s = hp_state_of(L);
  if (!s->proven) return hp_state_fail(L, s, HP_EVM);
  lua_pushboolean(L, 1);
  return 1;
}

/* core.layout() -> name of the proven layout | nil, why not */
static int core_layout(lua_State *L) {
  const hp_State *s = hp_state_of(L);
  if (!s->proven) return hp_state_fail(L, s, HP_EVM);
  lua_pushstring(L, s->vm.layout->name);
  return 1;
}

/* core.memory() -> bytes held outside the Lua heap, most so far */
static int core_memory(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)hp_mem_held());
  lua_pushinteger(L, (lua_Integer)hp_mem_peak());
  return 2;
}

/* core.resetpeak() */
static int core_resetpeak(lua_State *L) {
  (void)L;
  hp_mem_resetpeak();
  return 0;
}

/* core.own(v): v, a table or function, is heapy's own */
static int core_own(lua_State *L) {
  int type = lua_type(L, 1);
  luaL_argexpected(L, type == LUA_TTABLE || type == LUA_TFUNCTION, 1, "table or function");
  lua_settop(L, 1);
  hp_state_own(L);
  return 0;
}

#if defined(HP_TESTING)
/* core.fail(n): the n-th request for memory fails, and all after it; -n: the n-th
** alone; 0: none */
static int core_fail(lua_State *L) {
  hp_mem_fail((long)luaL_checkinteger(L, 1));
  return 0;
}
#endif

static const luaL_Reg functions[] = {
    {"check", core_check},         {"layout", core_layout},
    {"memory", core_memory},       {"resetpeak", core_resetpeak},
    {"own", core_own},
#if defined(HP_TESTING)
    {"fail", core_fail},
#endif
    {NULL, NULL},
};

static int make_box(lua_State *L) {
  luaL_Buffer buffer;
  (void)luaL_buffinitsize(L, &buffer, LUAL_BUFFERSIZE + 1);
  luaL_pushresultsize(&buffer, 0);
  return 0;
}

/* Strings longer than a buffer are put together in a box, whose metatable the library makes and
** registers with the first: now, so that it is there before the first snapshot. Where memory ends
** in between, it would stay as it is, and no box could be made any more (lauxlib.c, newbox). */
static void open_boxes(lua_State *L) {
  lua_pushcfunction(L, make_box);
  if (lua_pcall(L, 0, 0, 0) == LUA_OK) return;
  lua_pushnil(L);
  lua_setfield(L, LUA_REGISTRYINDEX, "_UBOX*");
  (void)lua_error(L);
}

__attribute__((visibility("default"))) int luaopen_heapy_core(lua_State *L);

int luaopen_heapy_core(lua_State *L) {
  luaL_checkversion(L);
  open_boxes(L);
  hp_state_open(L);
  hp_set_open(L);
  hp_tracker_open(L);
  hp_remote_open(L);
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
  luaL_setfuncs(L, hp_set_functions, 0);
  luaL_setfuncs(L, hp_partition_functions, 0);
  luaL_setfuncs(L, hp_value_functions, 0);
  luaL_setfuncs(L, hp_tracker_functions, 0);
  luaL_setfuncs(L, hp_remote_functions, 0);
  luaL_getmetatable(L, HP_SET);
  lua_setfield(L, -2, "Set");
  luaL_getmetatable(L, HP_PARTITION);
  lua_setfield(L, -2, "Partition");
  lua_pushcfunction(L, core_own);
  lua_pushvalue(L, -2);
  lua_call(L, 1, 0);
  return 1;
}
