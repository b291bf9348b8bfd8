/* Functions of the core between sets and the values of the program. */
#include "analyse/kind.h"
#include "analyse/source.h"
#include "heap/live.h"
#include "heap/origin.h"
#include "parts.h"
#include "vm/push.h"

#define NOT_THERE "the object was not there when the snapshot was taken"

/* The object of the value at index 'arg', or NULL. */
static const char *object_at(lua_State *L, const hp_Vm *vm, int arg) {
  const char *o;
  lua_pushvalue(L, arg);
  o = hp_vm_top(vm, L);
  lua_pop(L, 1);
  return o;
}

static int not_there(lua_State *L, int arg, const char *what) {
  lua_pushnil(L);
  lua_pushinteger(L, arg - 1);
  lua_pushstring(L, what);
  return 3;
}

static int no_object(lua_State *L, int arg) {
  const char *type = lua_iscfunction(L, arg) ? "C function without upvalues" : luaL_typename(L, arg);
  return not_there(L, arg, lua_pushfstring(L, "a %s is no object of the heap", type));
}

/* Fills bits with the ids of the values from index 2 to 'last' as far as their
** addresses are known; the index of the first that is not, or 0. */
static int find_values(lua_State *L, const hp_Snapshot *snapshot, int last, uint64_t *bits) {
  int arg;
  for (arg = 2; arg <= last; arg++) {
    const char *o = object_at(L, &snapshot->state->vm, arg);
    uint32_t id = hp_addrs_id(&snapshot->graph.addrs, o);
    if (id == HP_NONE) return arg;
    hp_bit_set(bits, id);
  }
  return 0;
}

/* Was the object waiting for its finalizer when the snapshot was taken? */
static int was_pending(const hp_Graph *g, uint32_t id) {
  size_t i;
  for (i = 0; i < g->roots.n; i++)
    if (g->roots.at[i].id == id && g->roots.at[i].kind == HP_R_FINALIZING) return 1;
  return 0;
}

/* Why object o, at the address of one of the snapshot's, cannot be said to be that
** one; NULL if it is. */
static const char *doubt(const hp_Snapshot *snapshot, const char *o) {
  const hp_Vm *vm = &snapshot->state->vm;
  const hp_Graph *g = &snapshot->graph;
  uint32_t id = hp_addrs_id(&g->addrs, o);
  hp_Age age = hp_origin_age_now(snapshot->state->track, &snapshot->held.moment, o);
  if (age == HP_YOUNGER) return NOT_THERE;
  if (age == HP_UNCERTAIN) age = hp_moment_age(vm, &snapshot->held.moment, o);
  if (age == HP_OLDER) return NULL;
  if (age == HP_YOUNGER && !(g->info[id] & HP_INFO_FINAL)) return NOT_THERE;
  if (was_pending(g, id) && hp_moment_listed(hp_g_tobefnz(vm->g), o)) return NULL;
  return "the object is not certain to be what the snapshot saw: it got a finalizer or was "
         "finalized since";
}

/* Which of the values is not certainly of the snapshot, and why; or 0. */
static int find_doubtful(lua_State *L, const hp_Snapshot *snapshot, int last, const char **why) {
  int arg;
  for (arg = 2; arg <= last; arg++)
    if ((*why = doubt(snapshot, object_at(L, &snapshot->state->vm, arg))) != NULL) return arg;
  return 0;
}

static int find_all(lua_State *L, hp_Set *out, int last) {
  const hp_Snapshot *snapshot = out->snapshot;
  size_t words = hp_words(snapshot->graph.n);
  uint64_t *bits = hp_new(uint64_t, words);
  const char *why = NOT_THERE;
  int missing, rc;
  if (bits == NULL) return hp_state_fail(L, snapshot->state, HP_ENOMEM);
  missing = find_values(L, snapshot, last, bits);
  if (missing == 0 && hp_any_younger(&snapshot->state->vm, &snapshot->graph,
                                     &snapshot->held.moment, bits))
    missing = find_doubtful(L, snapshot, last, &why);
  rc = missing == 0 ? hp_idset_from_bits(&out->ids, bits, snapshot->graph.n) : HP_OK;
  hp_delete(bits, words);
  if (missing != 0) return not_there(L, missing, why);
  return hp_answer_set(L, out, rc);
}

/* core.iso(set, v, ...) -> the set of these values, in set's snapshot | nil, the
** number of the first value that cannot be in it, reason */
static int core_iso(lua_State *L) {
  hp_Set *set = hp_check_set(L, 1);
  int last = lua_gettop(L), arg;
  hp_Set *out;
  luaL_checkstack(L, 8, NULL);
  for (arg = 2; arg <= last; arg++)
    if (object_at(L, &set->snapshot->state->vm, arg) == NULL) return no_object(L, arg);
  out = hp_push_beside(L, 1);
  return find_all(L, out, last);
}

/* The k-th member; one after the other costs no more than a step each. */
static uint32_t member_at(hp_Set *set, uint32_t k) {
  uint32_t id = 0;
  if (k != set->next || k == 0) {
    if (k != 0) return hp_idset_at(&set->ids, k);
    hp_ids_begin(&set->cursor, &set->ids);
  }
  (void)hp_ids_next(&set->cursor, &id);
  set->next = k + 1;
  return id;
}

/* core.at(set, k) -> the k-th member (from 0) as a set */
static int core_at(lua_State *L) {
  hp_Set *set = hp_check_set(L, 1), *out;
  lua_Integer k = luaL_checkinteger(L, 2);
  uint32_t id;
  luaL_argcheck(L, k >= 0 && k < (lua_Integer)set->ids.n, 2, "no such member");
  out = hp_push_beside(L, 1);
  out->approximate = set->approximate;
  id = member_at(set, (uint32_t)k);
  return hp_answer_set(L, out, hp_idset_from_ids(&out->ids, &id, 1, set->ids.universe));
}

/* What is known of one object: copied, before anything is pushed (see set.h). */
typedef struct Description {
  const char *type;
  hp_Name kind;
  lua_Integer size, address;
  int is_string, is_code;
  char text[HP_NAME_KEEP]; /* of a string */
  size_t n, length;
  hp_Name source; /* of code */
  lua_Integer line;
} Description;

static void describe_string(const hp_Graph *g, uint32_t id, Description *d) {
  int whole;
  const char *s = hp_graph_text(g, id, &d->n, &whole);
  if (d->n > sizeof d->text) d->n = sizeof d->text;
  memcpy(d->text, s, d->n);
  d->length = hp_graph_length(g, id);
}

static void describe_code(const hp_Graph *g, uint32_t id, Description *d) {
  uint32_t proto = hp_source_proto(g, id);
  const hp_ProtoInfo *info = proto == HP_NONE ? NULL : hp_graph_proto(g, proto);
  d->is_code = info != NULL;
  if (info == NULL) return;
  hp_name_set(&d->source, "");
  hp_source_name(g, hp_source_of(g, id), &d->source);
  d->line = info->line;
}

static void describe(const hp_Graph *g, uint32_t id, Description *d) {
  d->type = hp_type_name(hp_graph_type(g, id));
  hp_name_set(&d->kind, hp_names_get(&g->kinds->names, g->kind[id]));
  d->size = (lua_Integer)hp_graph_size(g, id);
  d->address = (lua_Integer)(uintptr_t)hp_addrs_at(&g->addrs, id);
  d->is_string = hp_graph_type(g, id) == HP_STRING;
  if (d->is_string) describe_string(g, id, d);
  describe_code(g, id, d);
}

static void set_integer(lua_State *L, const char *field, lua_Integer n) {
  lua_pushinteger(L, n);
  lua_setfield(L, -2, field);
}

static void set_string(lua_State *L, const char *field, const char *s, size_t n) {
  lua_pushlstring(L, s, n);
  lua_setfield(L, -2, field);
}

/* core.describe(set) -> what is known of the one object in it */
static int core_describe(lua_State *L) {
  const hp_Set *set = hp_check_set(L, 1);
  Description d;
  luaL_argcheck(L, set->ids.n == 1, 1, "not a set of one object");
  describe(&set->snapshot->graph, hp_idset_at(&set->ids, 0), &d);
  lua_createtable(L, 0, 8);
  set_string(L, "type", d.type, strlen(d.type));
  set_string(L, "kind", d.kind.s, d.kind.n);
  set_integer(L, "size", d.size);
  set_integer(L, "address", d.address);
  if (d.is_string) {
    set_string(L, "text", d.text, d.n);
    set_integer(L, "length", (lua_Integer)d.length);
  }
  if (d.is_code) {
    set_string(L, "source", d.source.s, d.source.n);
    set_integer(L, "line", d.line);
  }
  return 1;
}

/* core.frame(set, k) -> frame k (from 0) of where the one object was made | nil */
static int core_frame(lua_State *L) {
  const hp_Set *set = hp_check_set(L, 1);
  const hp_Origin *o = set->snapshot->graph.origin;
  lua_Integer k = luaL_checkinteger(L, 2);
  uint32_t site;
  hp_Name name;
  luaL_argcheck(L, set->ids.n == 1, 1, "not a set of one object");
  if (o == NULL) return 0;
  site = hp_sites_called(o->sites, o->site[hp_idset_at(&set->ids, 0)]);
  if (k < 0 || k >= (lua_Integer)hp_sites_depth(o->sites, site)) return 0;
  hp_name_set(&name, hp_sites_text(o->sites, hp_sites_at(o->sites, site, k)));
  lua_pushlstring(L, name.s, name.n);
  return 1;
}

/* ---- live values ---------------------------------------------------------- */

static int is_value(const hp_Graph *g, uint32_t id) {
  hp_Type t = hp_graph_type(g, id);
  return t != HP_PROTO && t != HP_UPVALUE;
}

/* Fills the table on top of the stack, which has room; nothing is allocated. */
static lua_Integer push_alive(lua_State *L, const hp_Set *set, const uint64_t *alive) {
  const hp_Graph *g = &set->snapshot->graph;
  lua_Integer n = 0;
  hp_IdIter it;
  uint32_t id;
  for (hp_ids_begin(&it, &set->ids); hp_ids_next(&it, &id);) {
    if (!hp_bit_get(alive, id) || !is_value(g, id)) continue;
    hp_vm_push(&set->snapshot->state->vm, L, hp_addrs_at(&g->addrs, id));
    lua_rawseti(L, -2, ++n);
  }
  return n;
}

static int all_hidden(const hp_Set *set) {
  hp_IdIter it;
  uint32_t id;
  for (hp_ids_begin(&it, &set->ids); hp_ids_next(&it, &id);)
    if (is_value(&set->snapshot->graph, id)) return 0;
  return 1;
}

static int no_value(lua_State *L, const hp_Set *set) {
  lua_pushnil(L);
  if (all_hidden(set))
    lua_pushliteral(L, "prototypes and upvalues are no values that Lua code can have");
  else
    lua_pushliteral(L, "freed since the snapshot, or not certain to be what the snapshot saw");
  return 2;
}

/* core.live(set) -> array of values, how many | nil, reason */
static int core_live(lua_State *L) {
  hp_Set *set = hp_check_set(L, 1);
  hp_Snapshot *snapshot = set->snapshot;
  size_t words;
  uint64_t *alive;
  lua_Integer n;
  luaL_checkstack(L, 4, NULL);
  lua_createtable(L, set->ids.n < INT32_MAX ? (int)set->ids.n : INT32_MAX, 0);
  (void)hp_check_set(L, 1);
  words = hp_words(snapshot->graph.n);
  alive = hp_new(uint64_t, words);
  if (alive == NULL) return hp_state_fail(L, snapshot->state, HP_ENOMEM);
  hp_live(&snapshot->state->vm, &snapshot->graph, &snapshot->held.moment, snapshot->state->track,
          &set->ids, alive);
  n = push_alive(L, set, alive);
  hp_delete(alive, words);
  if (n == 0 && set->ids.n > 0) return no_value(L, set);
  lua_pushinteger(L, n);
  return 2;
}

const luaL_Reg hp_value_functions[] = {
    {"iso", core_iso}, {"at", core_at}, {"describe", core_describe}, {"frame", core_frame},
    {"live", core_live},
    {NULL, NULL},
};
