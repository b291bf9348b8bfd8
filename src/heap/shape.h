/* Shapes: what many objects have in common, stored once.
**
** Most tables of a program are records: the same keys, in the same places, with
** the same metatable. A shape holds all that: the metatable, the keys, which
** values are objects, and how the collector treats the entries (weak or not).
** What an object itself keeps is its shape's number and the ids its values
** refer to. The edges to keys and metatable are the shape's, and so are the
** labels; they cost an object nothing. (The idea is that of "maps" or "hidden
** classes" in Self and V8, here found from outside.)
**
** While the graph is built a shape is known by the raw words it was read from;
** the ids of its keys are looked up once per shape. */
#ifndef HP_SHAPE_H
#define HP_SHAPE_H

#include "addr.h"
#include "label.h"

#define HP_WEAK_VALUES 1 /* a table's __mode */
#define HP_WEAK_KEYS 2

#define HP_SHAPE_SHARED 48 /* items; a shape with more is one object's alone */

typedef struct hp_Shape {
  uint32_t item;      /* its first item */
  uint32_t nitems;
  uint32_t common;    /* the object all of them refer to: the metatable; a Lua function's
                         prototype; or HP_NONE */
  uint8_t weak;
  uint8_t type;       /* hp_Type */
  uint8_t keys;       /* 1: some item has a key that is an object */
} hp_Shape;

typedef HP_VEC(hp_Shape) hp_Shapes;
typedef HP_VEC(hp_Item) hp_Items;
typedef HP_VEC(uint64_t) hp_Constants; /* bits of keys that fit no item */

typedef struct hp_ShapeSet {
  hp_Shapes shapes;
  hp_Items items;
  hp_Constants constants;
} hp_ShapeSet;

/* An item before its key has an id: 'bits' is the key as the VM holds it. */
typedef struct hp_RawItem {
  uint64_t bits;
  uint64_t what; /* as in hp_Item; wide, so that there is no hole to compare */
} hp_RawItem;

typedef struct hp_ShapeSlot {
  uint32_t hash;
  uint32_t shape; /* number + 1; 0: free */
} hp_ShapeSlot;

#define HP_RECENT 256

/* The interning table, needed only while building. */
typedef struct hp_ShapeMaker {
  hp_ShapeSet *set;
  const hp_Addrs *addrs;
  HP_VEC(hp_RawItem) raw;     /* items as they were read, of shapes that may be found again */
  HP_VEC(uint32_t) raw_first; /* per shape: where its items start there */
  uint32_t recent[HP_RECENT]; /* shapes lately found (number + 1), by what is quick to see */
  hp_ShapeSlot *slots;
  size_t nslots, used;
} hp_ShapeMaker;

void hp_shapes_free(hp_ShapeSet *s);
int hp_shapes_shrink(hp_ShapeSet *s);
size_t hp_shapes_bytes(const hp_ShapeSet *s);

void hp_shapemaker_free(hp_ShapeMaker *m);

/* The number of the shape with these items. 'head' tells it from others with
** the same items: its type, weakness and metatable are taken from there. */
int hp_shape_intern(hp_ShapeMaker *m, const hp_Shape *head, const hp_RawItem *items, uint32_t n,
                    uint32_t *shape);

#endif
