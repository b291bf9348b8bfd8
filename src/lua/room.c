/* What memory is left: see room.h. */
#include "room.h"

#include "base/mem.h"
#include "tracker.h"

#define SMALL ((size_t)64 << 10)

size_t hp_room_held(lua_State *L) {
  size_t kilobytes = (size_t)lua_gc(L, LUA_GCCOUNT, 0);
  return (kilobytes << 10) + (size_t)lua_gc(L, LUA_GCCOUNTB, 0) + hp_mem_held();
}

/* The host's allocator is asked, without the VM: that would collect, and raise. */
static int is_left(lua_State *L, size_t n) {
  void *ud, *p;
  lua_Alloc f = hp_tracker_host(L, &ud);
  p = f(ud, NULL, 0, n);
  if (p == NULL) return 0;
  (void)f(ud, p, n, 0);
  return 1;
}

int hp_room_is_short(lua_State *L, size_t before) {
  size_t now = hp_room_held(L);
  return now > before && now - before >= SMALL && !is_left(L, (now - before) / 2);
}
