/* Where and when the objects of a graph were made, if the VM was tracked as it was
** taken: a copy, in the order of ids, that the program may outlive. */
#ifndef HP_ORIGIN_H
#define HP_ORIGIN_H

#include "graph.h"
#include "track/track.h"

typedef struct hp_Origin {
  hp_Sites *sites; /* shared with the tracker */
  uint32_t *site;  /* per object. Owned, g->n long */
  uint32_t *birth; /* per object: births before it, but for a scale that they share. Owned;
                      0: before tracking, or not recorded */
  uint32_t n;
} hp_Origin;

/* Sets g->origin. */
int hp_origin_take(hp_Graph *g, hp_Track *track);
void hp_origin_free(hp_Origin *o);
size_t hp_origin_bytes(const hp_Origin *o);

#endif
