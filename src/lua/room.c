/* What memory is left: see room.h. */
#include "room.h"

#include "base/mem.h"
#include "tracker.h"

#define SMALL ((size_t)64 << 10)
#define PARTS ((size_t)1 << 10)

hp_Room hp_room_held(lua_State *L) {
  size_t kilobytes = (size_t)lua_gc(L, LUA_GCCOUNT, 0);
  hp_Room held = {(kilobytes << 10) + (size_t)lua_gc(L, LUA_GCCOUNTB, 0), hp_mem_held()};
  return held;
}

typedef struct Part {
  struct Part *next;
} Part;

/* Takes so many parts, each of which holds the next, and gives them back: all, or as many as
** there are. The host's allocator is asked, without the VM: that would collect, and raise. */
static int takes(lua_State *L, size_t parts, size_t size) {
  void *ud;
  lua_Alloc f = hp_tracker_host(L, &ud);
  Part *first = NULL, *part;
  while (parts > 0 && (part = f(ud, NULL, 0, size)) != NULL) {
    part->next = first;
    first = part;
    parts--;
  }
  while ((part = first) != NULL) {
    first = part->next;
    (void)f(ud, part, size, 0);
  }
  return parts == 0;
}

/* In one block, or in gaps between others. */
static int state_has(lua_State *L, size_t n) {
  return takes(L, 1, n) || takes(L, PARTS, n / PARTS);
}

static int own_has(size_t n) {
  void *p = hp_mem_new(n);
  hp_mem_free(p, n);
  return p != NULL;
}

static size_t half_of_more(size_t before, size_t now) {
  return now > before && now - before >= SMALL ? (now - before) / 2 : 0;
}

int hp_room_is_short(lua_State *L, const hp_Room *before) {
  hp_Room now = hp_room_held(L);
  size_t state = half_of_more(before->state, now.state), own = half_of_more(before->own, now.own);
  return (state > 0 && !state_has(L, state)) || (own > 0 && !own_has(own));
}
