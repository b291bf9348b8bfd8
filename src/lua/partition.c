/* Functions of the core on partitions. Rows count from 0. */
#include "analyse/partition.h"

#include "parts.h"

/* The set's bytes are known with its rows, except by id. */
static void note_size(hp_Set *set, const hp_Partition *p) {
  if (p->rows != NULL && p->nrows > 0) set->size = (int64_t)p->rows[p->nrows - 1].cumulative;
}

/* core.partition(set, by) -> partition */
static int core_partition(lua_State *L) {
  hp_Set *set = hp_check_set(L, 1);
  hp_By by = (hp_By)luaL_checkoption(L, 2, NULL, hp_by_names);
  hp_SetPartition *p = hp_push_partition(L, 1);
  int rc;
  (void)hp_check_set(L, 1);
  rc = hp_partition(&set->snapshot->graph, &set->ids, by, &p->partition);
  if (rc != HP_OK) return hp_state_fail(L, set->snapshot->state, rc);
  note_size(set, &p->partition);
  return 1;
}

/* core.nrows(partition) -> integer */
static int core_nrows(lua_State *L) {
  lua_pushinteger(L, hp_check_partition(L, 1)->partition.nrows);
  return 1;
}

static uint32_t check_row(lua_State *L, const hp_SetPartition *p, int arg) {
  lua_Integer i = luaL_checkinteger(L, arg);
  if (i < 0 || i >= (lua_Integer)p->partition.nrows)
    luaL_argerror(L, arg, lua_pushfstring(L, "no row %I; there are %I", (LUAI_UACINT)i,
                                          (LUAI_UACINT)p->partition.nrows));
  return (uint32_t)i;
}

/* core.row(partition, i) -> name, count, size, cumulative size */
static int core_row(lua_State *L) {
  hp_SetPartition *p = hp_check_partition(L, 1);
  uint32_t i = check_row(L, p, 2);
  const char *name;
  hp_Name room;
  hp_Row row;
  int rc = hp_partition_row(&p->partition, i, &row, &name, &room);
  if (rc != HP_OK) return hp_state_fail(L, p->set->snapshot->state, rc);
  lua_pushstring(L, name);
  lua_pushinteger(L, row.count);
  lua_pushinteger(L, (lua_Integer)row.size);
  lua_pushinteger(L, (lua_Integer)row.cumulative);
  return 4;
}

/* core.rowset(partition, i [, j]) -> set: the members of rows i to j */
static int core_rowset(lua_State *L) {
  hp_SetPartition *p = hp_check_partition(L, 1);
  uint32_t i = check_row(L, p, 2), j = lua_isnoneornil(L, 3) ? i : check_row(L, p, 3);
  hp_Set *out;
  (void)lua_getiuservalue(L, 1, 1); /* its set */
  hp_push_snapshot(L, -1);
  out = hp_push_set(L, -1);
  (void)hp_check_partition(L, 1);
  out->approximate = p->set->approximate;
  return hp_answer_set(L, out, hp_partition_rows(&p->partition, &p->set->ids, i, j, &out->ids));
}

const luaL_Reg hp_partition_functions[] = {
    {"partition", core_partition},
    {"nrows", core_nrows},
    {"row", core_row},
    {"rowset", core_rowset},
    {NULL, NULL},
};
