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
  void *q = w->f(w->ud, p, old, size);
  w->calls++; /* behind the call, so that it is none of the last thing done */
  return q;
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

/* ---- a buffer that is freed with the allocator it was made with ------------ */

typedef struct Buffer {
  lua_Alloc f;
  void *ud, *at;
  size_t n;
} Buffer;

static int free_buffer(lua_State *L) {
  Buffer *b = lua_touserdata(L, 1);
  if (b->at != NULL) (void)b->f(b->ud, b->at, b->n, 0);
  b->at = NULL;
  return 0;
}

int truth_buffer(lua_State *L) {
  Buffer *b = lua_newuserdatauv(L, sizeof *b, 0);
  b->at = NULL;
  lua_newtable(L);
  lua_pushcfunction(L, free_buffer);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  return 1;
}

int truth_fill(lua_State *L) {
  Buffer *b = lua_touserdata(L, 1);
  b->n = (size_t)luaL_checkinteger(L, 2);
  b->f = lua_getallocf(L, &b->ud);
  b->at = b->f(b->ud, NULL, 0, b->n);
  return 0;
}
