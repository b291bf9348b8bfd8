/* The binding of the remote monitor. */
#ifndef HP_LUA_REMOTE_H
#define HP_LUA_REMOTE_H

#include <lauxlib.h>

extern const luaL_Reg hp_remote_functions[];

/* Metatables; once, when the library is opened. */
void hp_remote_open(lua_State *L);

#endif
