/* Another library's wrapper around the allocator: see wrapper.h. */
#include "wrapper.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

typedef struct Wrapper {
  lua_Alloc f;
  void *ud;
  struct Wrapper *before;
  lua_Integer calls;
} Wrapper;

static Wrapper *wrapper; /* of one state at a time: for specs */

static void *count_call(void *ud, void *p, size_t old, size_t size) {
  Wrapper *w = ud;
  w->calls++;
  return w->f(w->ud, p, old, size);
}

int truth_wrap(lua_State *L) {
  Wrapper *w = calloc(1, sizeof *w);
  if (w == NULL) return luaL_error(L, "no memory for a wrapper");
  w->f = lua_getallocf(L, &w->ud);
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

int truth_wrapped(lua_State *L) {
  lua_pushinteger(L, wrapper == NULL ? 0 : wrapper->calls);
  return 1;
}

typedef struct Allocator {
  lua_Alloc f;
  void *ud;
} Allocator;

int truth_allocator(lua_State *L) {
  Allocator a;
  a.f = lua_getallocf(L, &a.ud);
  (void)lua_pushlstring(L, (const char *)&a, sizeof a);
  return 1;
}

int truth_install(lua_State *L) {
  Allocator a;
  luaL_argcheck(L, lua_rawlen(L, 1) == sizeof a, 1, "no allocator");
  memcpy(&a, luaL_checkstring(L, 1), sizeof a);
  lua_setallocf(L, a.f, a.ud);
  return 0;
}
