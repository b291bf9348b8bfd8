/* A throw-away Lua state, made by the very library that runs the live one.
**
** What must be tried out before a layout is believed is tried here: the live
** state's heap and collector see nothing of it. Its allocator takes from mem.h
** and keeps account, which is the second opinion on every size. */
#ifndef HP_SCRATCH_H
#define HP_SCRATCH_H

#include <lua.h>
#include <stddef.h>

typedef struct hp_Scratch {
  lua_State *L;
  int refused;       /* 1: memory ran out at least once */
  size_t live;       /* bytes its blocks hold now, as they were asked for */
  const char *block; /* its first: global_State and main thread (struct LG) */
  size_t block_size;
  const char *thread; /* the last asked for as a thread */
  size_t thread_size;
} hp_Scratch;

/* HP_OK or HP_ENOMEM. The collector of the new state is as Lua makes it. */
int hp_scratch_open(hp_Scratch *s);
void hp_scratch_close(hp_Scratch *s);

/* Calls fn(L) in the scratch state, with 'data' as its only argument (a light
** userdata); errors end there. HP_OK, HP_ENOMEM if memory ran out, or HP_EVM for any other error.
 */
int hp_scratch_call(hp_Scratch *s, lua_CFunction fn, void *data);

#endif
