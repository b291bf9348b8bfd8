/* The same objects in another snapshot of the same VM. */
#ifndef HP_MATCH_H
#define HP_MATCH_H

#include "graph.h"
#include "idset.h"

/* Those objects of graph 'to' that are members of 'in', a set of graph 'from'.
** An address says the same object unless the newer graph knows that the object
** there was born after the older one was taken (moment.h). *uncertain counts the
** objects for which that is not sure: those with finalizers, whose list order
** tells when they got them, and all if the older moment left no mark. */
int hp_match(const hp_Graph *from, const hp_IdSet *in, const hp_Graph *to, hp_IdSet *out,
             uint32_t *uncertain);

#endif
