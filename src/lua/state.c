/* The record of a Lua state: see state.h. */
#include "state.h"

#include "base/error.h"
#include "tracker.h"
#include "vm/push.h"

#include <string.h>

static const char record_key = 'r', own_key = 'o'; /* their addresses are the keys */

/* The record's finalizer: it is one of the last, as the state is closed. What is
** taken from then on is never finalized; so nothing can be, and what was is freed. */
static int end_state(lua_State *L) {
  hp_State *s = lua_touserdata(L, 1);
  hp_Held *held;
  while ((held = s->newest) != NULL) {
    if (held->discard != NULL) held->discard(held);
    hp_state_end(s, held);
  }
  hp_tracker_close(L, s);
  s->proven = 0;
  strcpy(s->why, "this Lua state is being closed");
  return 0;
}

static void new_record(lua_State *L) {
  hp_State *s = lua_newuserdatauv(L, sizeof *s, 0);
  int rc;
  memset(s, 0, sizeof *s);
  rc = hp_vm_prove(L, &s->vm, s->why);
  if (rc == HP_ENOMEM) (void)hp_state_fail(L, s, rc);
  s->proven = rc == HP_OK;
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, end_state);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
}

/* The record is entered last: where it is, all is. It is the first of what is
** heapy's own. */
void hp_state_open(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &record_key) != LUA_TUSERDATA) {
    new_record(L);
    lua_newtable(L);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &own_key);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &record_key);
    hp_tracker_adopt(L, hp_state_of(L));
  }
  lua_pop(L, 1);
}

hp_State *hp_state_of(lua_State *L) {
  hp_State *s;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &record_key);
  s = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return s;
}

void hp_state_push_own(lua_State *L) { lua_rawgetp(L, LUA_REGISTRYINDEX, &own_key); }

void hp_state_own(lua_State *L) {
  hp_state_push_own(L);
  lua_pushvalue(L, -2);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_pop(L, 1);
}

static void set_event(lua_State *L, const char *event, lua_CFunction f) {
  if (f == NULL) return;
  lua_pushcfunction(L, f);
  lua_setfield(L, -2, event);
}

void hp_state_metatable(lua_State *L, const char *name, lua_CFunction gc, lua_CFunction close) {
  luaL_newmetatable(L, name);
  set_event(L, "__gc", gc);
  set_event(L, "__close", close);
  hp_state_own(L);
  lua_pop(L, 1);
}

/* A finalizer that runs meanwhile may begin a moment of its own, with younger
** marks: then ours are made once more. */
static hp_Held *push_marks(lua_State *L, hp_State *s, size_t size) {
  int top = lua_gettop(L);
  hp_Held *held;
  uint32_t serial;
  do {
    serial = s->serial;
    lua_settop(L, top);
    held = lua_newuserdatauv(L, size, 2);
    memset(held, 0, size);
    (void)lua_newuserdatauv(L, 0, 0);
  } while (s->serial != serial);
  return held;
}

/* The tracker saw the marks being made; or somebody has taken its place meanwhile. */
static void note_births(hp_Moment *m, hp_Track *t) {
  if (t == NULL || !t->on) return;
  if (!t->called) {
    hp_track_renew(t);
    return;
  }
  m->session = t->session;
  m->births = t->births;
}

void *hp_state_begin(lua_State *L, hp_State *s, size_t size, const char *metatable) {
  hp_Held *held;
  if (s->track != NULL) s->track->called = 0;
  held = push_marks(L, s, size);
  note_births(&held->moment, s->track);
  lua_pushvalue(L, -2);
  luaL_setmetatable(L, metatable);
  lua_pop(L, 1);
  lua_pushvalue(L, -1);
  held->moment.allgc = hp_vm_top(&s->vm, L);
  lua_setiuservalue(L, -3, 2);
  lua_pop(L, 1);
  held->moment.finobj = hp_vm_top(&s->vm, L);
  held->moment.serial = ++s->serial;
  held->older = s->newest;
  held->newer = NULL;
  if (s->newest != NULL) s->newest->newer = held;
  s->newest = held;
  held->listed = 1;
  return held;
}

void hp_state_end(hp_State *s, hp_Held *held) {
  if (!held->listed) return;
  if (held->newer != NULL)
    held->newer->older = held->older;
  else
    s->newest = held->older;
  if (held->older != NULL) held->older->newer = held->newer;
  held->listed = 0;
}

int hp_state_fail(lua_State *L, const hp_State *s, int rc) {
  lua_pushnil(L);
  switch (rc) {
    case HP_ENOMEM: lua_pushliteral(L, "not enough memory"); return lua_error(L);
    case HP_ELIMIT:
      lua_pushliteral(L, "the heap is larger than a snapshot can hold (4294967294 objects or references)");
      break;
    default:
      lua_pushstring(L, s->proven ? "a list of the VM's objects does not look as it must; nothing was taken"
                                  : s->why);
      break;
  }
  return 2;
}
