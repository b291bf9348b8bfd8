/* What another library might do with a state's allocator: functions of Lua for the specs. */
#ifndef TRUTH_WRAPPER_H
#define TRUTH_WRAPPER_H

#include <lua.h>

/* wrap() puts a wrapper that counts its calls around the allocator, unwrap() takes the last
** one out, wrapped() tells its calls. */
int truth_wrap(lua_State *L);
int truth_unwrap(lua_State *L);
int truth_wrapped(lua_State *L);

/* allocator() -> the allocator as a string, which install(string) sets again. */
int truth_allocator(lua_State *L);
int truth_install(lua_State *L);

#endif
