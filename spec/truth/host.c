/* A program that embeds Lua as programs do: it links the library, which is another
** build than the interpreter's, and runs a script. host SCRIPT [ARGUMENTS] */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>

int main(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  int i, status;
  if (L == NULL || argc < 2) return 2;
  luaL_openlibs(L);
  status = luaL_loadfile(L, argv[1]);
  for (i = 2; status == LUA_OK && i < argc; i++) lua_pushstring(L, argv[i]);
  if (status == LUA_OK) status = lua_pcall(L, argc - 2, 0, 0);
  if (status != LUA_OK) fprintf(stderr, "%s\n", lua_tostring(L, -1));
  lua_close(L);
  return status == LUA_OK ? 0 : 1;
}
