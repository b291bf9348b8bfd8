/* The graph: an immutable copy of everything a snapshot saw.
**
** Flat arrays with 32-bit ids, no pointers into the VM. An object's id is its
** rank by address. Per object:
**   node.edge  4 B   first of its entries in 'to'; the next object's is the end
**   node.aux   4 B   its shape; for a string, where its text starts in 'texts'
**   size       2 B   bytes; 0xFFFF: see 'large'
**   kind       2 B   number of its kind (analyse/kind.h)
**   info       1 B   type (hp_Type) and flags
** and 'to', 4 B for every reference that is not its shape's. A string's text is
** its first HP_TEXT_KEEP bytes; names that serve as labels are kept whole.
**
** What may be asked: edges in the walk's order with labels (edge.h), referrers
** (reverse.h), reachable or garbage or heapy's own (bit arrays). */
#ifndef HP_GRAPH_H
#define HP_GRAPH_H

#include "base/arena.h"
#include "base/bytes.h"
#include "shape.h"

typedef enum hp_Type {
  HP_STRING,
  HP_TABLE,
  HP_FUNCTION,
  HP_CFUNCTION,
  HP_USERDATA,
  HP_THREAD,
  HP_UPVALUE,
  HP_PROTO,
  HP_NTYPES
} hp_Type;

#define HP_INFO_TYPE 0x0F
#define HP_INFO_DEAD 0x10  /* found dead by the collector, not yet swept: no edges */
#define HP_INFO_FINAL 0x20 /* has a finalizer to run */
#define HP_INFO_ODD 0x40   /* its edges must be taken one by one (edge.h): some may not hold */
#define HP_INFO_SHARES 0x80 /* its shape refers to something, and that holds */

typedef struct hp_Node {
  uint32_t edge;
  uint32_t aux;
} hp_Node;

#define HP_SIZE_LARGE 0xFFFF
#define HP_TEXT_KEEP 40 /* every short string is kept whole */
#define HP_NAME_KEEP 512 /* of a string that serves as a name */
#define HP_SOURCE_KEEP 4096 /* of the name of a chunk: what tells a path from others is its end */

typedef struct hp_Large {
  uint32_t id;
  uint64_t size;
} hp_Large;

/* A string that serves as a name, longer than HP_TEXT_KEEP. */
typedef struct hp_LongText {
  uint32_t id;
  uint32_t at; /* in texts */
  uint32_t n;  /* bytes kept */
} hp_LongText;

typedef struct hp_ProtoInfo {
  uint32_t id;
  uint32_t line, lastline;
} hp_ProtoInfo;

typedef enum hp_RootKind {
  HP_R_REGISTRY,
  HP_R_MAINTHREAD,
  HP_R_METATABLE, /* of a basic type: arg is the Lua type */
  HP_R_FINALIZING, /* its finalizer is about to run */
  HP_R_FIXED      /* a string the VM itself needs */
} hp_RootKind;

typedef struct hp_Root {
  uint32_t id;
  uint16_t kind, arg;
} hp_Root;

/* The byte equation of the moment the snapshot was taken. */
typedef struct hp_Totals {
  int64_t reachable, unreachable, heapy, vm, count;
} hp_Totals;

/* Which objects came into being after an earlier moment. */
typedef struct hp_Born {
  uint32_t serial; /* of that moment */
  int dated;       /* it was in the session of tracking in which the graph was taken, */
  uint64_t births; /* after so many births */
  uint64_t *bits;  /* owned */
} hp_Born;

/* Names that the analysis asks for again and again: short strings, so that there
** is one object of each at the most. */
typedef enum hp_Known {
  HP_K_NAME__,       /* __name */
  HP_K_INDEX__,      /* __index */
  HP_K_LOADED,       /* _LOADED */
  HP_K_CLASS,        /* _class: Penlight */
  HP_K_CLASSNAME,    /* _name: Penlight */
  HP_K_SUBCLASSES,   /* __subclasses: 30log */
  HP_K_MIXINS,       /* mixins: 30log */
  HP_K_INSTANCEDICT, /* __instanceDict: middleclass */
  HP_K_CLASSDICT,    /* __classDict: middleclass before 3 */
  HP_K_NAME,         /* name */
  HP_K_BASE,         /* _base: Penlight */
  HP_K_SUPER,        /* super: classic, middleclass, 30log */
  HP_NKNOWN
} hp_Known;

/* Which of them a string is, or HP_NKNOWN. */
hp_Known hp_known_name(const char *s, size_t n);

struct hp_Reverse;
struct hp_Kinds;
struct hp_Origin;

typedef struct hp_Graph {
  uint32_t n;    /* objects */
  const void *vm; /* which VM it is of: its global_State, never followed */
  uint32_t serial; /* of the moment it was taken (heap/moment.h) */
  hp_Addrs addrs;
  hp_Node *node; /* n + 1; owned, and these with it in one block: */
  uint16_t *size;
  uint16_t *kind;
  uint8_t *info;
  uint64_t *reachable; /* by the program */
  uint64_t *own;       /* only through heapy */
  HP_VEC(uint32_t) to;
  HP_VEC(hp_Large) large;      /* by id */
  HP_VEC(char) texts;
  HP_VEC(hp_LongText) longtexts; /* by id */
  HP_VEC(hp_Slot) slots;
  HP_VEC(hp_ProtoInfo) protos; /* by id */
  HP_VEC(hp_Root) roots;
  hp_ShapeSet shapes;
  HP_VEC(hp_Born) born;
  uint32_t known[HP_NKNOWN]; /* ids, or HP_NONE */
  hp_Totals totals;
  hp_Arena arena; /* of what is asked of it: reverse edges, partitions */
  struct hp_Reverse *reverse; /* owned; built on first need */
  struct hp_Kinds *kinds;     /* owned */
  struct hp_Origin *origin;   /* owned; NULL if the VM was not tracked (origin.h) */
} hp_Graph;

/* The arrays for n objects, zeroed. */
int hp_graph_alloc(hp_Graph *g, uint32_t n);
/* When all that lies in its arena was given back. */
void hp_graph_free(hp_Graph *g);

/* Bytes held, everything included; of answers, what is in its arena. */
size_t hp_graph_bytes(const hp_Graph *g);

static inline hp_Type hp_graph_type(const hp_Graph *g, uint32_t id) {
  return (hp_Type)(g->info[id] & HP_INFO_TYPE);
}

/* Word w of the bits of all objects: those whose info, of what is in 'mask', is 'value'. */
static inline uint64_t hp_graph_where(const hp_Graph *g, size_t w, uint8_t mask, uint8_t value) {
  const uint8_t *info = g->info + w * 64;
  size_t n = g->n - w * 64, i;
  uint64_t bits = 0;
  if (n >= 64) return hp_bytes_where(info, mask, value);
  for (i = 0; i < n; i++) bits |= (uint64_t)((info[i] & mask) == value) << i;
  return bits;
}

/* Likewise those that have a flag, and all there are. */
#define hp_graph_flagged(g, w, flag) hp_graph_where((g), (w), (flag), (flag))
#define hp_graph_objects(g, w) hp_graph_where((g), (w), 0, 0)

/* Writes the bits of all objects of a type: 'bits' has room for n. Where
** types are asked for at random this is quicker than 'info', eight times smaller. */
void hp_graph_of_type(const hp_Graph *g, hp_Type type, uint64_t *bits);

/* What HP_INFO_ODD and HP_INFO_SHARES say. */
static inline int hp_shape_is_odd(const hp_Shape *s) {
  return s->weak != 0 || s->type == HP_THREAD;
}

static inline int hp_shape_shares(const hp_Shape *s) {
  return s->weak == 0 && (s->keys || s->common != HP_NONE);
}

/* What all objects of a shape have as metatable, or HP_NONE. */
static inline uint32_t hp_shape_metatable(const hp_Shape *s) {
  return s->type == HP_FUNCTION ? HP_NONE : s->common;
}

uint64_t hp_graph_large(const hp_Graph *g, uint32_t id);

static inline uint64_t hp_graph_size(const hp_Graph *g, uint32_t id) {
  uint16_t n = g->size[id];
  return n != HP_SIZE_LARGE ? n : hp_graph_large(g, id);
}

/* The shape of an object that is no string. */
static inline const hp_Shape *hp_graph_shape(const hp_Graph *g, uint32_t id) {
  return &g->shapes.shapes.at[g->node[id].aux];
}

/* All edges are strong, and every one of them or its shape's holds what it
** refers to; else they must be taken one by one (edge.h). */
static inline int hp_graph_is_plain(const hp_Graph *g, uint32_t id) {
  return !(g->info[id] & HP_INFO_ODD);
}

/* A string's text: *n bytes of it that were kept; *whole = 0 if it went on. */
const char *hp_graph_text(const hp_Graph *g, uint32_t id, size_t *n, int *whole);

/* Which of two strings comes first, byte by byte as far as they were kept: below, at
** or above 0. */
int hp_graph_compare(const hp_Graph *g, uint32_t a, uint32_t b);

/* Is this key of a table longer than HP_TEXT_KEEP? All such have a long text. */
int hp_graph_is_long_key(const hp_Graph *g, uint32_t id);

/* Length in bytes of a string. */
size_t hp_graph_length(const hp_Graph *g, uint32_t id);

/* What 'id' (a table) holds under a well-known name, if an object; else HP_NONE. */
uint32_t hp_graph_field(const hp_Graph *g, uint32_t id, hp_Known name);

/* What a table holds in its array part at index i, if an object; else HP_NONE. */
uint32_t hp_graph_index(const hp_Graph *g, uint32_t id, uint32_t i);

/* The prototype of a Lua function; of anything else HP_NONE. */
uint32_t hp_graph_proto_of(const hp_Graph *g, uint32_t id);

/* What object 'id' refers to at an index, from 1, of its runs of that kind; or HP_NONE. A
** prototype's source (HP_I_SOURCE) is at 1. */
uint32_t hp_graph_in_run(const hp_Graph *g, uint32_t id, hp_ItemKind kind, uint32_t index);

const hp_ProtoInfo *hp_graph_proto(const hp_Graph *g, uint32_t id);

#endif
