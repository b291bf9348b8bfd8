/* A throw-away state: see scratch.h. */
#include "scratch.h"

#include "base/error.h"
#include "base/mem.h"

#include <string.h>

/* For a new block Lua gives the type of the object in the place of its old size. */
static void *fresh(hp_Scratch *s, int type, size_t n) {
  char *p = (char *)hp_mem_new(n);
  if (p == NULL) {
    s->refused = 1;
    return NULL;
  }
  s->live += n;
  if (s->block == NULL) {
    s->block = p;
    s->block_size = n;
  }
  if (type == LUA_TTHREAD) {
    s->thread = p;
    s->thread_size = n;
  }
  return p;
}

static void *allocate(void *ud, void *p, size_t old, size_t n) {
  hp_Scratch *s = (hp_Scratch *)ud;
  void *q = NULL;
  if (p == NULL) return n > 0 ? fresh(s, (int)old, n) : NULL;
  if (n > 0) {
    q = hp_mem_resize(p, old, n);
    if (q == NULL) {
      s->refused = 1;
      return NULL;
    }
    s->live += n;
  } else {
    hp_mem_free(p, old);
  }
  s->live -= old;
  return q;
}

int hp_scratch_open(hp_Scratch *s) {
  memset(s, 0, sizeof *s);
  s->L = lua_newstate(allocate, s);
  return s->L != NULL ? HP_OK : HP_ENOMEM;
}

void hp_scratch_close(hp_Scratch *s) {
  if (s->L != NULL) lua_close(s->L);
  s->L = NULL;
}

int hp_scratch_call(hp_Scratch *s, lua_CFunction fn, void *data) {
  int status;
  lua_settop(s->L, 0);
  lua_pushcfunction(s->L, fn); /* no upvalue, so nothing here can raise */
  lua_pushlightuserdata(s->L, data);
  status = lua_pcall(s->L, 1, 0, 0);
  if (s->refused) return HP_ENOMEM;
  return status == LUA_OK ? HP_OK : HP_EVM;
}
