/* Wrappers around allocators: see wrapper.h. */
#include "wrapper.h"

#include <lauxlib.h>
#include <stdlib.h>

typedef struct Wrapper {
  lua_Alloc f;
  void *ud;
  const lua_State *main; /* of the state that has it */
  struct Wrapper *before;
  lua_Integer calls;
} Wrapper;

static Wrapper *wrapper; /* of one state at a time: for specs */

static const lua_State *main_of(lua_State *L) {
  const lua_State *main;
  lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  main = lua_tothread(L, -1);
  lua_pop(L, 1);
  return main;
}

static void *count_call(void *ud, void *p, size_t old, size_t size) {
  Wrapper *w = ud;
  w->calls++;
  return w->f(w->ud, p, old, size);
}

int truth_wrap(lua_State *L) {
  Wrapper *w = calloc(1, sizeof *w);
  if (w == NULL) return luaL_error(L, "no memory for a wrapper");
  w->f = lua_getallocf(L, &w->ud);
  w->main = main_of(L);
  w->before = wrapper;
  wrapper = w;
  lua_setallocf(L, count_call, w);
  return 0;
}

int truth_unwrap(lua_State *L) {
  Wrapper *w = wrapper;
  if (w == NULL) return luaL_error(L, "there is no wrapper");
  lua_setallocf(L, w->f, w->ud);
  wrapper = w->before;
  free(w);
  return 0;
}

void truth_free_wrappers(const lua_State *main) {
  Wrapper **at = &wrapper;
  while (*at != NULL) {
    Wrapper *w = *at;
    if (w->main != main) {
      at = &w->before;
    } else {
      *at = w->before;
      free(w);
    }
  }
}

int truth_wrapped(lua_State *L) {
  lua_pushinteger(L, wrapper == NULL ? 0 : wrapper->calls);
  return 1;
}
