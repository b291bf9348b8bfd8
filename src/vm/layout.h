/* Where a release of Lua keeps what the walk reads.
**
** Lua 5.4 has four layouts on 64-bit machines (5.4.0, 5.4.1, 5.4.2, 5.4.3 and
** later). They differ in lua_State and global_State, which are described by the
** rows below, and in a few meanings; every other object is the same in all of
** them and stands as constants in object.h. No row is used before probe.c has
** proven it on a scratch state. */
#ifndef HP_LAYOUT_H
#define HP_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

typedef struct hp_Layout {
  const char *name; /* "5.4.3-5.4.9" */

  /* lua_State: byte offsets */
  uint16_t L_size, L_status, L_nci, L_top, L_g, L_ci, L_stack_last, L_stack, L_openupval;
  uint16_t L_base_ci, L_hook, L_hookmask;
  uint16_t L_stacksize; /* 0: no such field, the size follows from stack_last */

  /* global_State: byte offsets; the fields that never moved are in object.h */
  uint16_t G_currentwhite, G_gcstate, G_gckind, G_gcstp;
  uint16_t G_mainthread, G_memerrmsg, G_tmname, G_mt;

  /* meanings */
  uint8_t realsize_in_marked; /* 1: the "alimit is not the size" bit is in 'marked', not in 'flags' */
  uint8_t deadkey_tag;        /* what key_tt says of a dead key */
  uint8_t ci_hooked;          /* bits of a call's status: a hook runs on top of it; */
  uint8_t ci_tail;            /* it was a tail call; */
  uint8_t ci_final;           /* the collector called a finalizer on top of it */
} hp_Layout;

/* All rows, oldest release first. */
extern const hp_Layout hp_layouts[];
extern const int hp_layouts_n;

/* A VM whose layout is proven: what every reader of its objects is given. */
typedef struct hp_Vm {
  const hp_Layout *layout;
  const char *g;       /* its global_State */
  const char *main;    /* its main lua_State */
  size_t block;        /* bytes of the block that holds both (struct LG) */
  size_t thread_extra; /* bytes in front of every lua_State (LUA_EXTRASPACE) */
} hp_Vm;

#endif
