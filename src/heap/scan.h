/* Reads one object of the VM into the graph: its size, shape, edges and text.
** Every kind of edge the collector follows is described once, in scan.c and
** (for threads) stack.c. */
#ifndef HP_SCAN_H
#define HP_SCAN_H

#include "graph.h"
#include "vm/object.h"

#define HP_METACACHE 64

/* What is known of a metatable. */
typedef struct hp_MetaSeen {
  const char *at;
  uint32_t id;
  uint8_t weak;
} hp_MetaSeen;

typedef struct hp_Scan {
  const hp_Vm *vm;
  hp_Graph *g;
  hp_ShapeMaker maker;
  HP_VEC(hp_RawItem) items; /* of the object at hand */
  uint8_t dead; /* the mark of objects found dead */
  hp_MetaSeen seen[HP_METACACHE];
  const hp_AddrPage *page; /* where an address was last found */
} hp_Scan;

void hp_scan_begin(hp_Scan *s, const hp_Vm *vm, hp_Graph *g);
void hp_scan_end(hp_Scan *s);

/* Object 'id' at o. To be called once for each id, in order. */
int hp_scan_object(hp_Scan *s, uint32_t id, const char *o);

/* Asks the processor for what hp_scan_object(o) will read beyond o itself. */
void hp_scan_prefetch(const char *o);

/* ---- for the scanners of single types ------------------------------------- */

/* The edge to object o, under the run 'kind' at position 'index' (0-based). An
** object on none of the VM's lists is no edge. There must be room in g->to. */
int hp_scan_run(hp_Scan *s, hp_ItemKind kind, uint32_t index, const char *o);

int hp_scan_thread(hp_Scan *s, const char *o);

#endif
