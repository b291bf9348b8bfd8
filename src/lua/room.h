/* Whether a command has left the program enough memory to go on. */
#ifndef HP_ROOM_H
#define HP_ROOM_H

#include <lua.h>
#include <stddef.h>

/* Bytes that the state holds, and heapy. */
size_t hp_room_held(lua_State *L);

/* 1, if since 'before' was held so much was added that less than half as much more is to be
** had. What is small is not asked for. Outside of finalizers. */
int hp_room_is_short(lua_State *L, size_t before);

#endif
