/* The userdata of the core: snapshots, sets of their objects, partitions. */
#ifndef HP_SET_H
#define HP_SET_H

#include "analyse/partition.h"
#include "heap/graph.h"
#include "heap/idset.h"
#include "state.h"

#define HP_SNAPSHOT "heapy.Snapshot"
#define HP_SET "heapy.Set"
#define HP_PARTITION "heapy.Partition"
#define HP_MOMENT "heapy.Moment"

/* A part of a snapshot: freed with it. */
typedef struct hp_Part {
  struct hp_Part *next, **link; /* link: what points to this one */
  void (*drop)(struct hp_Part *);
} hp_Part;

typedef struct hp_Snapshot {
  hp_Held held;
  hp_State *state;
  struct hp_Track *track; /* that sees what the VM asks for, as it is taken; or NULL */
  hp_Graph graph;
  hp_Part *parts;
  int open;
} hp_Snapshot;

/* A set is of one snapshot; or, where no snapshot has all its members, it is the
** union of such sets, its parts: then it has no snapshot, and user value 1 is the
** array of its parts. What can be asked of such a union is in lua/heapy/parts.lua. */
typedef struct hp_Set {
  hp_Part part;
  hp_Snapshot *snapshot; /* kept by user value 1 */
  hp_IdSet ids;
  hp_IdIter cursor; /* where the last core.at left off: */
  uint32_t next;    /* the member it comes to */
  int64_t size;     /* bytes, once asked for; -1 before */
  int approximate;
} hp_Set;

typedef struct hp_SetPartition {
  hp_Part part;
  hp_Snapshot *snapshot; /* kept by user value 1: the set, which keeps the snapshot */
  hp_Set *set;
  hp_Partition partition;
} hp_SetPartition;

/* The arguments: errors name them, and a snapshot that is closed.
**
** Whatever is allocated in the Lua state may run a finalizer of the program's, and
** that may close the snapshot. So a function allocates what it needs first, and
** checks its sets again before it reads them. */
hp_Set *hp_check_set(lua_State *L, int arg);
hp_SetPartition *hp_check_partition(lua_State *L, int arg);

/* Pushes a new, empty set of the snapshot at stack index 'snapshot'. */
hp_Set *hp_push_set(lua_State *L, int snapshot);

/* The same in two steps: a set of no snapshot; and its joining one, which
** allocates nothing. */
hp_Set *hp_push_set_new(lua_State *L);
void hp_set_join(lua_State *L, int index, int snapshot);

/* Pushes a new set of the snapshot that the set at argument 'arg' is of, and makes
** sure that it is open still. */
hp_Set *hp_push_beside(lua_State *L, int arg);

/* Pushes the snapshot of the set at index 'set'. */
void hp_push_snapshot(lua_State *L, int set);

/* For functions that made a set on top of the stack: answers it, or fails. */
int hp_answer_set(lua_State *L, const hp_Set *set, int rc);

/* Pushes a new snapshot, its moment begun, its graph not yet taken: to be done
** before anything is allocated in the VM (hp_state_begin). */
hp_Snapshot *hp_push_snapshot_new(lua_State *L, hp_State *s);

/* Takes its graph; nothing of the VM's may be allocated between this and the
** moment the caller wants to know of. */
int hp_snapshot_take(lua_State *L, hp_Snapshot *snapshot);
void hp_snapshot_close(hp_Snapshot *snapshot);

/* Closes the snapshot of the set at index 'set', or those of its parts. */
void hp_set_close(lua_State *L, int set);

/* Metatables of the above, each with __gc, __close and __name. */
void hp_set_open(lua_State *L);

/* Functions of the module, by file. */
extern const luaL_Reg hp_set_functions[];       /* set.c */
extern const luaL_Reg hp_partition_functions[]; /* partition.c */
extern const luaL_Reg hp_value_functions[];     /* value.c */

#endif
