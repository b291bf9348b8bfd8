/* Another library's wrapper around a state's allocator: a part of truth.c. */
#ifndef TRUTH_WRAPPER_H
#define TRUTH_WRAPPER_H

#include <lua.h>

/* For Lua: see truth.c. */
int truth_wrap(lua_State *L);
int truth_unwrap(lua_State *L);
int truth_wrapped(lua_State *L);
int truth_buffer(lua_State *L);
int truth_fill(lua_State *L);

/* Frees those that stayed to the end of a state, once it is closed: it asks them for nothing
** any more. */
void truth_free_wrappers(const lua_State *main);

#endif
