/* What an edge is called.
**
** A shape's items say how the edges of its objects run, in the walk's order. An
** item stands for a run of edges, or for one entry of a table. */
#ifndef HP_LABEL_H
#define HP_LABEL_H

#include <stdint.h>

typedef enum hp_ItemKind {
  HP_I_ARRAY,       /* run: [arg + 1], [arg + 2] ... of a table */
  HP_I_NAME,        /* entry under a string key: arg is the key's id */
  HP_I_OBJECT,      /* entry under another object as key: arg is its id */
  HP_I_INTEGER,     /* entry under the integer arg (as int32) */
  HP_I_WIDEINT,     /* entry under an integer beyond int32: arg into constants */
  HP_I_FLOAT,       /* entry under a float: arg into constants */
  HP_I_LIGHT,       /* entry under a light userdata or C function: arg into constants */
  HP_I_BOOLEAN,     /* entry under false (arg 0) or true (arg 1) */
  HP_I_DEADKEY,     /* entry whose key the collector has taken */
  HP_I_UPVALUE,     /* run: upvalues of a closure, from arg + 1 */
  HP_I_VALUE,       /* what an upvalue holds */
  HP_I_USERVALUE,   /* run: user values, from arg + 1 */
  HP_I_K,           /* run: constants of a prototype, from arg + 1 */
  HP_I_P,           /* run: prototypes inside a prototype, from arg + 1 */
  HP_I_SOURCE,      /* a prototype's source name */
  HP_I_UPVALNAME,   /* run: names of a prototype's upvalues, from arg + 1 */
  HP_I_LOCVARNAME,  /* run: names of a prototype's locals, from arg + 1 */
  HP_I_SLOT,        /* a thread's stack slot: arg into slots */
  HP_I_OPENUPVALUE, /* run: upvalues open in a thread's stack */
  HP_I_KEY,         /* label only: the key of an entry */
  HP_I_METATABLE,   /* label only: the metatable */
  HP_I_PROTO        /* label only: a Lua function's prototype */
} hp_ItemKind;

#define HP_I_KINDS (HP_I_PROTO + 1) /* that is the last */

/* 8 bytes: kind in 5 bits, then for a run its length, for an entry whether its
** value is an edge; and one argument. */
typedef struct hp_Item {
  uint32_t what;
  uint32_t arg;
} hp_Item;

#define HP_RUN_MAX ((1u << 27) - 1)
#define hp_item(kind, count) (((uint32_t)(count) << 5) | (uint32_t)(kind))
#define hp_item_kind(i) ((hp_ItemKind)((i).what & 31))
#define hp_item_count(i) ((i).what >> 5) /* edges it stands for, keys not counted */
/* Does an item of that kind stand for several edges, one index after the other? */
#define hp_item_is_run(k) ((k) == HP_I_ARRAY || ((k) >= HP_I_UPVALUE && (k) != HP_I_SLOT))
#define hp_item_has_key(i) (hp_item_kind(i) == HP_I_NAME || hp_item_kind(i) == HP_I_OBJECT)

/* One slot of a thread's stack. */
typedef enum hp_SlotKind {
  HP_S_LOCAL,    /* a local variable in scope; name is its name */
  HP_S_VARARG,   /* an extra argument of a vararg function */
  HP_S_TEMP,     /* a value the VM holds for a Lua function */
  HP_S_C,        /* an argument or value of a C function */
  HP_S_FUNCTION  /* the function itself */
} hp_SlotKind;

typedef struct hp_Slot {
  uint32_t name;     /* id of the local's name string, or HP_NONE */
  uint32_t function; /* id of the frame's function, or HP_NONE (light C function) */
  int32_t line;      /* where the frame is, or -1 */
  uint16_t level;    /* frame number from the top, 0 = newest; saturates */
  uint8_t kind;      /* hp_SlotKind */
  uint8_t native;    /* the frame runs a C function */
  uint8_t own;       /* the frame is heapy's own: the slot holds nothing */
  uint8_t lasts;     /* a main chunk's local, in scope to the chunk's end */
} hp_Slot;

#endif
