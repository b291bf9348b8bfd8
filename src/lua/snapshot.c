/* Snapshots as userdata: begun, taken, closed. */
#include "heap/build.h"
#include "parts.h"
#include "tracker.h"
#include "vm/push.h"

#include <string.h>

static void add_part(hp_Snapshot *snapshot, hp_Part *part) {
  part->next = snapshot->parts;
  part->link = &snapshot->parts;
  if (part->next != NULL) part->next->link = &part->next;
  snapshot->parts = part;
}

static void remove_part(hp_Part *part) {
  if (part->link == NULL) return;
  *part->link = part->next;
  if (part->next != NULL) part->next->link = part->link;
  part->link = NULL;
}

void hp_snapshot_close(hp_Snapshot *snapshot) {
  hp_Part *part = snapshot->parts, *next;
  for (; part != NULL; part = next) {
    next = part->next;
    part->link = NULL;
    part->drop(part);
  }
  snapshot->parts = NULL;
  snapshot->open = 0;
  hp_graph_free(&snapshot->graph);
  hp_state_end(snapshot->state, &snapshot->held);
}

/* The Lua program dropped it, but its finalizer has not run yet. */
static void discard(hp_Held *held) { hp_snapshot_close((hp_Snapshot *)held); }

static int close_snapshot(lua_State *L) {
  hp_snapshot_close(luaL_checkudata(L, 1, HP_SNAPSHOT));
  return 0;
}

hp_Snapshot *hp_push_snapshot_new(lua_State *L, hp_State *s) {
  hp_Track *t = s->track;
  hp_Snapshot *snapshot = hp_state_begin(L, s, sizeof *snapshot, HP_SNAPSHOT);
  snapshot->state = s;
  snapshot->track = t != NULL && t->on && t->called ? t : NULL;
  snapshot->held.discard = discard;
  return snapshot;
}

static size_t count_moments(const hp_State *s) {
  size_t n = 0;
  const hp_Held *h;
  for (h = s->newest; h != NULL; h = h->older) n++;
  return n;
}

/* The moments before this one whose marks are where they belong. */
static size_t list_moments(const hp_State *s, const hp_Held *now, hp_Moment *moments,
                           hp_Held **holders) {
  const char *finalizing = hp_g_tobefnz(s->vm.g);
  hp_Held *h;
  size_t n = 0;
  for (h = s->newest; h != NULL; h = h->older) {
    if (h == now || hp_moment_listed(finalizing, h->moment.finobj)) continue;
    holders[n] = h;
    moments[n++] = h->moment;
  }
  return n;
}

static void discard_garbage(hp_Held **holders, const uint8_t *garbage, size_t n) {
  size_t i;
  for (i = 0; i < n; i++)
    if (garbage[i] && holders[i]->discard != NULL) holders[i]->discard(holders[i]);
}

static int take(hp_Snapshot *snapshot, const char *own, hp_Moment *moments, hp_Held **holders,
                uint8_t *garbage) {
  hp_BuildInput in;
  int rc;
  in.vm = &snapshot->state->vm;
  in.serial = snapshot->held.moment.serial;
  in.own = own;
  in.moments = moments;
  in.nmoments = list_moments(snapshot->state, &snapshot->held, moments, holders);
  in.garbage = garbage;
  in.track = snapshot->track;
  rc = hp_build(&in, &snapshot->graph);
  if (rc != HP_OK) return rc;
  snapshot->open = 1;
  discard_garbage(holders, garbage, in.nmoments);
  return HP_OK;
}

int hp_snapshot_take(lua_State *L, hp_Snapshot *snapshot) {
  size_t n = count_moments(snapshot->state);
  hp_Moment *moments = hp_new(hp_Moment, n);
  hp_Held **holders = hp_new(hp_Held *, n);
  uint8_t *garbage = hp_new(uint8_t, n);
  int rc = HP_ENOMEM;
  if (moments != NULL && holders != NULL && garbage != NULL) {
    const char *own;
    hp_state_push_own(L); /* allocates nothing */
    own = hp_vm_top(&snapshot->state->vm, L);
    lua_pop(L, 1);
    rc = take(snapshot, own, moments, holders, garbage);
  }
  hp_delete(moments, n);
  hp_delete(holders, n);
  hp_delete(garbage, n);
  return rc;
}

/* ---- reference points ----------------------------------------------------- */

typedef struct Reference {
  hp_Held held;
  hp_State *state;
} Reference;

static int end_reference(lua_State *L) {
  Reference *r = luaL_checkudata(L, 1, HP_MOMENT);
  if (r->state != NULL) hp_state_end(r->state, &r->held);
  return 0;
}

/* core.mark() */
int hp_core_mark(lua_State *L) {
  hp_State *s = hp_state_of(L);
  Reference *r;
  if (!s->proven) return hp_state_fail(L, s, HP_EVM);
  r = hp_state_begin(L, s, sizeof *r, HP_MOMENT);
  r->state = s;
  return 1;
}

uint32_t hp_check_mark(lua_State *L, int arg) {
  return ((Reference *)luaL_checkudata(L, arg, HP_MOMENT))->held.moment.serial;
}

/* ---- metatables ----------------------------------------------------------- */

static void drop_set(hp_Part *part) {
  hp_Set *set = (hp_Set *)part;
  hp_idset_free(&set->ids);
}

static void drop_partition(hp_Part *part) {
  hp_partition_free(&((hp_SetPartition *)part)->partition);
}

static void end_part(hp_Part *part) {
  if (part->drop == NULL) return; /* its making was cut short */
  remove_part(part);
  part->drop(part);
}

/* From then on the set answers as one whose snapshot is closed. */
static int end_set(lua_State *L) {
  hp_Set *set = luaL_checkudata(L, 1, HP_SET);
  end_part(&set->part);
  set->snapshot = NULL;
  return 0;
}

static int end_partition(lua_State *L) {
  hp_SetPartition *p = luaL_checkudata(L, 1, HP_PARTITION);
  end_part(&p->part);
  p->snapshot = NULL;
  return 0;
}

void hp_set_close(lua_State *L, int set) {
  hp_Snapshot *snapshot = ((hp_Set *)luaL_checkudata(L, set, HP_SET))->snapshot;
  lua_Integer i, n;
  if (snapshot != NULL && snapshot->open) hp_snapshot_close(snapshot);
  if (lua_getiuservalue(L, set, 1) == LUA_TTABLE) {
    for (i = 1, n = (lua_Integer)lua_rawlen(L, -1); i <= n; i++) {
      (void)lua_rawgeti(L, -1, i);
      hp_set_close(L, lua_gettop(L));
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 1);
}

/* A set's __close ends its snapshot, as set:close() does. */
static int close_set(lua_State *L) {
  hp_set_close(L, 1);
  return 0;
}

void hp_set_open(lua_State *L) {
  hp_state_metatable(L, HP_SNAPSHOT, close_snapshot, NULL);
  hp_state_metatable(L, HP_SET, end_set, close_set);
  hp_state_metatable(L, HP_PARTITION, end_partition, NULL);
  hp_state_metatable(L, HP_MOMENT, end_reference, NULL);
}

/* ---- sets and partitions -------------------------------------------------- */

hp_Set *hp_push_set_new(lua_State *L) {
  hp_Set *set = lua_newuserdatauv(L, sizeof *set, 2);
  memset(set, 0, sizeof *set);
  luaL_setmetatable(L, HP_SET);
  return set;
}

void hp_set_join(lua_State *L, int index, int snapshot) {
  hp_Set *set = lua_touserdata(L, index);
  index = lua_absindex(L, index);
  lua_pushvalue(L, snapshot);
  set->snapshot = lua_touserdata(L, -1);
  lua_setiuservalue(L, index, 1);
  set->part.drop = drop_set;
  set->size = -1;
  add_part(set->snapshot, &set->part);
}

hp_Set *hp_push_set(lua_State *L, int snapshot) {
  hp_Set *set;
  snapshot = lua_absindex(L, snapshot);
  set = hp_push_set_new(L);
  hp_set_join(L, -1, snapshot);
  return set;
}

hp_SetPartition *hp_push_partition(lua_State *L, int set) {
  hp_SetPartition *p;
  set = lua_absindex(L, set);
  p = lua_newuserdatauv(L, sizeof *p, 1);
  memset(p, 0, sizeof *p);
  luaL_setmetatable(L, HP_PARTITION);
  lua_pushvalue(L, set);
  lua_setiuservalue(L, -2, 1);
  p->set = lua_touserdata(L, set);
  p->snapshot = p->set->snapshot;
  p->part.drop = drop_partition;
  add_part(p->snapshot, &p->part);
  return p;
}

void hp_push_snapshot(lua_State *L, int set) { (void)lua_getiuservalue(L, set, 1); }

/* Closed sets are found out by the callers of the core, who say where; this one was closed
** in the middle of a call, by a function or a finalizer of the program. */
static void check_open(lua_State *L, const hp_Snapshot *snapshot) {
  if (snapshot != NULL && snapshot->open) return;
  lua_pushliteral(L, "heapy: this set is closed");
  (void)lua_error(L);
}

hp_Set *hp_check_set(lua_State *L, int arg) {
  hp_Set *set = luaL_checkudata(L, arg, HP_SET);
  check_open(L, set->snapshot);
  return set;
}

hp_SetPartition *hp_check_partition(lua_State *L, int arg) {
  hp_SetPartition *p = luaL_checkudata(L, arg, HP_PARTITION);
  check_open(L, p->snapshot);
  check_open(L, p->set->snapshot);
  return p;
}

hp_Set *hp_push_beside(lua_State *L, int arg) {
  hp_Set *out;
  hp_push_snapshot(L, arg);
  out = hp_push_set(L, -1);
  (void)hp_check_set(L, arg);
  return out;
}

int hp_answer_set(lua_State *L, const hp_Set *set, int rc) {
  return rc == HP_OK ? 1 : hp_state_fail(L, set->snapshot->state, rc);
}
