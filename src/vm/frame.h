/* Frames of a thread, and what their stack slots are. */
#ifndef HP_FRAME_H
#define HP_FRAME_H

#include "object.h"

/* The closure running in frame ci, or NULL (a light C function, or none). */
const char *hp_frame_function(const char *ci);

/* Its prototype if it runs a Lua function, else NULL. */
const char *hp_frame_proto(const char *ci);

/* The C function it runs, else NULL. */
const char *hp_frame_c_function(const char *ci);

/* Number of the instruction a Lua frame is at (0 before its first). */
uint32_t hp_frame_pc(const char *ci, const char *proto);

/* Extra arguments of a vararg frame: they lie just below its function. */
uint32_t hp_frame_extra(const char *ci, const char *proto);

/* The source line of an instruction (as luaG_getfuncline), or -1 if stripped. */
int hp_proto_line_at(const char *proto, uint32_t pc);

/* The n-th (0-based) local variable in scope at pc: its name (a string object),
** or NULL. It lives in the n-th slot above the function. */
const char *hp_proto_local(const char *proto, uint32_t pc, uint32_t n);

/* Is that a variable that stays in scope to the function's end, as those of its
** outermost block do? */
int hp_proto_local_lasts(const char *proto, uint32_t pc, uint32_t n);

#endif
