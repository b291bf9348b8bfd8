/* Takes the graph of a VM as it stands. */
#ifndef HP_BUILD_H
#define HP_BUILD_H

#include "graph.h"
#include "moment.h"
#include "vm/layout.h"

typedef struct hp_BuildInput {
  const hp_Vm *vm;
  uint32_t serial;           /* of this moment */
  const char *own;           /* heapy's table of what is its own, or NULL */
  const hp_Moment *moments;  /* those still of interest, newest first */
  size_t nmoments;
  struct hp_Track *track;    /* that has seen all, or NULL */
  uint8_t *garbage;          /* per moment: set to 1 if nothing refers to its 'finobj' any more */
} hp_BuildInput;

/* Fills *g, which must be zeroed; on failure it is as hp_graph_free leaves it.
** Allocates nothing in the VM, writes nothing, runs nothing. HP_EVM: a list of
** the VM holds what cannot be an object. */
int hp_build(const hp_BuildInput *in, hp_Graph *g);

#endif
