/* Both ways of base/bytes.h as a Lua module, for their spec:
**
**   bytes.plain(s, mask, value)    hp_bytes_where of a string of 64 bytes
**   bytes.vector(s, mask, value)   likewise, where the compiler has vectors
*/
#include <lauxlib.h>
#include <lua.h>

#undef HP_TESTING
#define HP_TESTING
#define hp_bytes_where plain_where
#include "base/bytes.h"
#undef hp_bytes_where
#undef HP_BYTES_H
#undef HP_TESTING

#if defined(__SSE2__)
#define hp_bytes_where vector_where
#include "base/bytes.h"
#endif

typedef uint64_t (*Where)(const uint8_t *p, uint8_t mask, uint8_t value);

static int where(lua_State *L, Where way) {
  size_t n;
  const char *s = luaL_checklstring(L, 1, &n);
  luaL_argcheck(L, n == 64, 1, "64 bytes expected");
  lua_pushinteger(L, (lua_Integer)way((const uint8_t *)s, (uint8_t)luaL_checkinteger(L, 2),
                                      (uint8_t)luaL_checkinteger(L, 3)));
  return 1;
}

static int plain(lua_State *L) { return where(L, plain_where); }

#if defined(__SSE2__)
static int vector(lua_State *L) { return where(L, vector_where); }
#endif

__attribute__((visibility("default"))) int luaopen_heapy_bytes(lua_State *L);

int luaopen_heapy_bytes(lua_State *L) {
  static const luaL_Reg functions[] = {{"plain", plain},
#if defined(__SSE2__)
                                       {"vector", vector},
#endif
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
