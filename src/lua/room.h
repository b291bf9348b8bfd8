/* Whether a command has left the program enough memory to go on. */
#ifndef HP_ROOM_H
#define HP_ROOM_H

#include <lua.h>
#include <stddef.h>

/* Bytes: of the state, which are the host's allocator's, and of heapy, which are not. */
typedef struct hp_Room {
  size_t state, own;
} hp_Room;

/* What is held now. Outside of finalizers, as the next. */
hp_Room hp_room_held(lua_State *L);

/* 1, if since 'before' was held so much was added to either that less than half as much more
** is to be had. What is small is not asked for. */
int hp_room_is_short(lua_State *L, const hp_Room *before);

#endif
