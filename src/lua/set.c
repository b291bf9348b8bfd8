/* Functions of the core on snapshots and sets. */
#include "set.h"

#include "heap/edge.h"
#include "heap/match.h"
#include "heap/origin.h"
#include "heap/reverse.h"
#include "parts.h"

#include <string.h>

/* core.heap(collect) -> set | nil, message */
static int core_heap(lua_State *L) {
  hp_State *s = hp_state_of(L);
  hp_Snapshot *snapshot;
  hp_Set *set;
  int rc;
  if (!s->proven) return hp_state_fail(L, s, HP_EVM);
  if (lua_toboolean(L, 1)) (void)lua_gc(L, LUA_GCCOLLECT);
  set = hp_push_set_new(L);
  snapshot = hp_push_snapshot_new(L, s);
  hp_set_join(L, -2, -1);
  lua_pop(L, 1);
  rc = hp_snapshot_take(L, snapshot);
  if (rc == HP_OK)
    rc = hp_idset_from_bits(&set->ids, snapshot->graph.reachable, snapshot->graph.n);
  if (rc != HP_OK) hp_snapshot_close(snapshot);
  return hp_answer_set(L, set, rc);
}

/* core.unreachable(set) -> set */
static int core_unreachable(lua_State *L) {
  hp_Set *set = hp_check_set(L, 1), *out = hp_push_beside(L, 1);
  const hp_Graph *g = &set->snapshot->graph;
  size_t i, words = hp_words(g->n);
  uint64_t *bits;
  int rc = HP_ENOMEM;
  bits = hp_new(uint64_t, words);
  if (bits != NULL) {
    for (i = 0; i < words; i++) bits[i] = ~(g->reachable[i] | g->own[i]);
    if (g->n % 64 != 0) bits[words - 1] &= ((uint64_t)1 << (g->n % 64)) - 1;
    rc = hp_idset_from_bits(&out->ids, bits, g->n);
  }
  hp_delete(bits, words);
  return hp_answer_set(L, out, rc);
}

/* Of the set what was born since a moment, which 'older' is the graph of, or NULL. */
static int born_since(const hp_Set *set, const hp_Born *since, const hp_Graph *older, hp_Set *out) {
  const hp_Graph *g = &set->snapshot->graph;
  hp_IdSet born = {0, 0, NULL, NULL};
  int rc = hp_idset_from_bits(&born, since->bits, g->n);
  if (rc == HP_OK) rc = hp_idset_combine(&out->ids, &set->ids, &born, HP_AND);
  hp_idset_free(&born);
  if (rc != HP_OK) return rc;
  out->approximate = set->approximate || hp_born_doubts(g, since, &out->ids, older) > 0;
  return HP_OK;
}

/* core.since(set, mark) -> set */
static int core_since(lua_State *L) {
  uint32_t serial = hp_check_mark(L, 2);
  hp_Set *set = hp_check_set(L, 1), *out = hp_push_beside(L, 1);
  const hp_Born *since = hp_born_since(&set->snapshot->graph, serial);
  if (since == NULL) return luaL_argerror(L, 2, "the mark is not older than the snapshot");
  return hp_answer_set(L, out, born_since(set, since, NULL, out));
}

/* core.bornafter(set, other) -> set: the members born after other's snapshot was taken |
** nil, where that is not known: it is younger, of another VM, or closed when set's was taken */
static int core_bornafter(lua_State *L) {
  hp_Set *set = hp_check_set(L, 1), *other = hp_check_set(L, 2), *out;
  const hp_Graph *g, *older;
  const hp_Born *since;
  lua_settop(L, 2);
  out = hp_push_beside(L, 1);
  (void)hp_check_set(L, 2);
  g = &set->snapshot->graph;
  older = &other->snapshot->graph;
  since = hp_born_since(g, older->serial);
  if (since == NULL || g->vm != older->vm) return 0;
  return hp_answer_set(L, out, born_since(set, since, older, out));
}

/* core.count(set) -> integer */
static int core_count(lua_State *L) {
  lua_pushinteger(L, hp_check_set(L, 1)->ids.n);
  return 1;
}

/* core.size(set) -> bytes */
static int core_size(lua_State *L) {
  hp_Set *set = hp_check_set(L, 1);
  hp_IdIter it;
  uint32_t id;
  if (set->size < 0) {
    set->size = 0;
    for (hp_ids_begin(&it, &set->ids); hp_ids_next(&it, &id);)
      set->size += (int64_t)hp_graph_size(&set->snapshot->graph, id);
  }
  lua_pushinteger(L, (lua_Integer)set->size);
  return 1;
}

/* core.approximate(set) -> boolean */
static int core_approximate(lua_State *L) {
  lua_pushboolean(L, hp_check_set(L, 1)->approximate);
  return 1;
}

/* core.sampled(set) -> was but a sample of objects tracked as its snapshot was taken? */
static int core_sampled(lua_State *L) {
  const hp_Origin *o = hp_check_set(L, 1)->snapshot->graph.origin;
  lua_pushboolean(L, o != NULL && o->sampled);
  return 1;
}

/* core.referrers(set) -> set */
static int core_referrers(lua_State *L) {
  hp_Set *set = hp_check_set(L, 1), *out = hp_push_beside(L, 1);
  return hp_answer_set(L, out, hp_referrers(&set->snapshot->graph, &set->ids, &out->ids));
}

/* core.referents(set) -> set */
static int core_referents(lua_State *L) {
  hp_Set *set = hp_check_set(L, 1), *out = hp_push_beside(L, 1);
  return hp_answer_set(L, out, hp_referents(&set->snapshot->graph, &set->ids, &out->ids));
}

/* ---- algebra -------------------------------------------------------------- */

/* The members of set b that snapshot a has too; b's own set if they are of one. */
static int in_snapshot(lua_State *L, const hp_Set *a, const hp_Set *b, hp_IdSet *room,
                       const hp_IdSet **out, uint32_t *uncertain) {
  *uncertain = 0;
  *out = &b->ids;
  if (a->snapshot == b->snapshot) return HP_OK;
  if (a->snapshot->graph.vm != b->snapshot->graph.vm)
    return luaL_argerror(L, lua_gettop(L), "it is a set of another VM");
  *out = room;
  return hp_match(&b->snapshot->graph, &b->ids, &a->snapshot->graph, room, uncertain);
}

static hp_SetOp check_op(lua_State *L, int arg) {
  static const char *const names[] = {"|", "&", "-", "~", NULL};
  static const hp_SetOp ops[] = {HP_OR, HP_AND, HP_MINUS, HP_XOR};
  return ops[luaL_checkoption(L, arg, NULL, names)];
}

/* core.combine(op, a, b) -> set: in a's snapshot; nil where that does not have all
** members of it: for "|" and "~" and a b of another snapshot. */
static int core_combine(lua_State *L) {
  hp_SetOp op = check_op(L, 1);
  hp_Set *a = hp_check_set(L, 2), *b = hp_check_set(L, 3), *out;
  hp_IdSet room = {0, 0, NULL, NULL};
  const hp_IdSet *other;
  uint32_t uncertain;
  int rc, lacking;
  lua_settop(L, 3);
  out = hp_push_beside(L, 2);
  (void)hp_check_set(L, 3);
  lua_pushvalue(L, 3);
  rc = in_snapshot(L, a, b, &room, &other, &uncertain);
  lua_pop(L, 1);
  lacking = rc == HP_OK && other->n < b->ids.n && (op == HP_OR || op == HP_XOR);
  if (rc == HP_OK && !lacking) rc = hp_idset_combine(&out->ids, &a->ids, other, op);
  out->approximate = a->approximate || b->approximate || uncertain > 0;
  hp_idset_free(&room);
  if (lacking) {
    lua_pushnil(L);
    return 1;
  }
  return hp_answer_set(L, out, rc);
}

/* core.join(parts) -> the union of sets of different snapshots, which have no
** object in common; the array stays with it */
static int core_join(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  (void)hp_push_set_new(L);
  lua_pushvalue(L, 1);
  (void)lua_setiuservalue(L, -2, 1);
  return 1;
}

/* core.parts(set) -> the array that it was joined from; nil: it is of one snapshot */
static int core_parts(lua_State *L) {
  (void)luaL_checkudata(L, 1, HP_SET);
  if (lua_getiuservalue(L, 1, 1) != LUA_TTABLE) lua_pushnil(L);
  return 1;
}

static int compare(const hp_IdSet *a, const hp_IdSet *b, uint32_t b_all, int op) {
  switch (op) {
    case 0: return a->n == b_all && hp_idset_equal(a, b);
    case 1: return hp_idset_subset(a, b);
    default: return a->n < b_all && hp_idset_subset(a, b);
  }
}

/* core.compare(op, a, b) -> boolean */
static int core_compare(lua_State *L) {
  static const char *const names[] = {"==", "<=", "<", NULL};
  int op = luaL_checkoption(L, 1, NULL, names), result, rc;
  hp_Set *a = hp_check_set(L, 2), *b = hp_check_set(L, 3);
  hp_IdSet room = {0, 0, NULL, NULL};
  const hp_IdSet *other;
  uint32_t uncertain;
  lua_settop(L, 3);
  rc = in_snapshot(L, a, b, &room, &other, &uncertain);
  if (rc != HP_OK) return hp_state_fail(L, a->snapshot->state, rc);
  result = compare(&a->ids, other, b->ids.n, op);
  hp_idset_free(&room);
  lua_pushboolean(L, result);
  return 1;
}

/* ---- snapshot ------------------------------------------------------------- */

static void set_field(lua_State *L, const char *name, int64_t n) {
  lua_pushinteger(L, (lua_Integer)n);
  lua_setfield(L, -2, name);
}

/* core.accounting(set) -> table of bytes */
static int core_accounting(lua_State *L) {
  hp_Totals totals = hp_check_set(L, 1)->snapshot->graph.totals;
  const hp_Totals *t = &totals; /* a copy: see set.h */
  lua_createtable(L, 0, 7);
  set_field(L, "reachable", t->reachable);
  set_field(L, "unreachable", t->unreachable);
  set_field(L, "heapy", t->heapy);
  set_field(L, "vm", t->vm);
  set_field(L, "count", t->count);
  set_field(L, "difference", t->count - t->reachable - t->unreachable - t->heapy - t->vm);
  return 1;
}

/* core.close(set) */
static int core_close(lua_State *L) {
  hp_set_close(L, 1);
  return 0;
}

/* core.closed(set) -> boolean */
static int core_closed(lua_State *L) {
  const hp_Set *set = luaL_checkudata(L, 1, HP_SET);
  lua_pushboolean(L, set->snapshot == NULL || !set->snapshot->open);
  return 1;
}

/* core.bytes(set) -> bytes its snapshot holds outside the Lua heap */
static int core_bytes(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)hp_graph_bytes(&hp_check_set(L, 1)->snapshot->graph));
  return 1;
}

/* core.state(set) -> the set's private table */
static int core_state(lua_State *L) {
  (void)luaL_checkudata(L, 1, HP_SET);
  if (lua_getiuservalue(L, 1, 2) == LUA_TTABLE) return 1;
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, 1, 2);
  return 1;
}

const luaL_Reg hp_set_functions[] = {
    {"heap", core_heap},
    {"unreachable", core_unreachable},
    {"mark", hp_core_mark},
    {"since", core_since},
    {"bornafter", core_bornafter},
    {"count", core_count},
    {"size", core_size},
    {"approximate", core_approximate},
    {"sampled", core_sampled},
    {"referrers", core_referrers},
    {"referents", core_referents},
    {"combine", core_combine},
    {"compare", core_compare},
    {"join", core_join},
    {"parts", core_parts},
    {"accounting", core_accounting},
    {"close", core_close},
    {"closed", core_closed},
    {"bytes", core_bytes},
    {"state", core_state},
    {NULL, NULL},
};
