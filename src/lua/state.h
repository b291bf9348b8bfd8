/* What heapy knows of one Lua state: its proven layout and its living moments.
**
** Kept in a userdata in the state's registry: several states of a process know
** nothing of each other. */
#ifndef HP_STATE_H
#define HP_STATE_H

#include "heap/moment.h"
#include "vm/probe.h"

#include <lauxlib.h>
#include <lua.h>

/* A moment that something holds on to: a snapshot, a reference point. It is at the
** beginning of its holder's userdata, which is the mark in 'finobj'. */
typedef struct hp_Held {
  hp_Moment moment;
  struct hp_Held *older, *newer;
  void (*discard)(struct hp_Held *); /* frees what the holder has; it is garbage. May be NULL */
  int listed;
} hp_Held;

typedef struct hp_State {
  hp_Vm vm;
  int proven;
  char why[HP_WHY_SIZE];
  hp_Held *newest;
  uint32_t serial;
  struct hp_Track *track; /* owned; NULL until the first hp.track */
} hp_State;

/* Makes the state's record: once, when the library is opened. */
void hp_state_open(lua_State *L);

hp_State *hp_state_of(lua_State *L);

/* Pushes heapy's table of its own modules, functions and metatables. */
void hp_state_push_own(lua_State *L);

/* Adds the value on top to that table; it stays on top. */
void hp_state_own(lua_State *L);

/* Makes a metatable of heapy's own; gc and close may be NULL. */
void hp_state_metatable(lua_State *L, const char *name, lua_CFunction gc, lua_CFunction close);

/* Begins a moment: pushes its holder, a userdata of that size, zeroed, with that
** metatable (which has a finalizer) and two user values, the second of which is the
** mark in 'allgc'. May raise for want of memory, the moment not begun. What is to
** be of this very moment must be taken before anything else is allocated. */
void *hp_state_begin(lua_State *L, hp_State *s, size_t size, const char *metatable);
void hp_state_end(hp_State *s, hp_Held *held);

/* Raises for HP_ENOMEM as Lua does; for another failure pushes nil and one
** sentence, and answers 2. */
int hp_state_fail(lua_State *L, const hp_State *s, int rc);

#endif
