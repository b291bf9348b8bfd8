/* What snapshot.c offers the other bindings beyond set.h. */
#ifndef HP_PARTS_H
#define HP_PARTS_H

#include "set.h"

int hp_core_mark(lua_State *L);

/* The serial of the moment at index 'arg'. */
uint32_t hp_check_mark(lua_State *L, int arg);

/* Pushes a new, empty partition of the set at index 'set'. */
hp_SetPartition *hp_push_partition(lua_State *L, int set);

#endif
