/* The same objects in another snapshot of the same VM. */
#ifndef HP_MATCH_H
#define HP_MATCH_H

#include "graph.h"
#include "idset.h"

/* Those objects of graph 'to' that are members of 'in', a set of graph 'from'.
** An address says the same object unless the newer graph knows that the object
** there was born after the older one was taken (moment.h). *uncertain counts the
** objects for which that is not sure: those with finalizers, whose list order
** tells when they got them, and all if the older moment left no mark; but not what
** was tracked from the one to the other. */
int hp_match(const hp_Graph *from, const hp_IdSet *in, const hp_Graph *to, hp_IdSet *out,
             uint32_t *uncertain);

/* What graph g knows of a moment, by its serial; NULL: nothing. */
const hp_Born *hp_born_since(const hp_Graph *g, uint32_t serial);

/* How many members of 'born', a set of g, may be older than the moment: they have
** finalizers, and no birth tells. 'older' is the graph of that moment, which has
** none but the old; or NULL. */
uint32_t hp_born_doubts(const hp_Graph *g, const hp_Born *since, const hp_IdSet *born,
                        const hp_Graph *older);

#endif
