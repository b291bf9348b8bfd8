/* The tracker of a Lua state, and its functions for lua/heapy. */
#ifndef HP_TRACKER_H
#define HP_TRACKER_H

#include "state.h"
#include "track/track.h"

/* The state was made with a tracker (hp_track_await): it is the state's from now on. */
void hp_tracker_adopt(lua_State *L, hp_State *s);

/* The state is being closed: tracking ends, and its allocator is the host's again, or
** ours hands on to it until the VM's own block is gone. */
void hp_tracker_close(lua_State *L, hp_State *s);

/* The state's allocator, without our wrapper, if that is the outermost. */
lua_Alloc hp_tracker_host(lua_State *L, void **ud);

/* Makes the metatables of what its functions give. */
void hp_tracker_open(lua_State *L);

extern const luaL_Reg hp_tracker_functions[];

#endif
