/* Reachability, as the collector decides it. */
#ifndef HP_MARK_H
#define HP_MARK_H

#include "graph.h"

/* Finds what the program reaches from the roots (g->reachable), what only heapy
** reaches (g->own), and the sums in g->totals. 'own' is the id of heapy's table
** of its own modules and metatables, or HP_NONE. Weak references hold nothing;
** an ephemeron's value is held while its key is. 'live' (bits of all objects, zero)
** receives what the collector would find reachable, heapy's included. */
int hp_mark(hp_Graph *g, uint32_t own, uint64_t *live);

/* Adds to 'live', as hp_mark gave it, what the program may have again before the
** collector takes it: what its finalizers will be given, what its weak tables hold. */
int hp_mark_returning(hp_Graph *g, uint64_t *live);

#endif
