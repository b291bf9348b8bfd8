/* Where and when the objects of a graph were made, if the VM was tracked as it was
** taken: a copy, in the order of ids, that the program may outlive. */
#ifndef HP_ORIGIN_H
#define HP_ORIGIN_H

#include "graph.h"
#include "moment.h"
#include "track/track.h"

typedef struct hp_Origin {
  hp_Sites *sites; /* shared with the tracker */
  uint32_t *site;  /* per object. Owned, g->n long */
  uint32_t *birth; /* per object: births before it, but for a scale that they share. Owned;
                      0: before tracking, or not recorded */
  uint32_t n;
  unsigned lost; /* bits that births have lost at their lower end */
  int sampled;   /* a sample has records, not every object */
} hp_Origin;

/* Sets g->origin. */
int hp_origin_take(hp_Graph *g, hp_Track *track);

/* Was object o, as it is now, there at a moment of this session, going by its birth?
** Uncertain: it has no record, births have lost the bits that would tell, or the moment is
** of another session. */
hp_Age hp_origin_age_now(hp_Track *track, const hp_Moment *m, const char *o);

/* Corrects g->born, the i-th of which is of moments[i], by the births of objects. */
void hp_origin_date(hp_Graph *g, const hp_Track *track, const hp_Moment *moments);

/* Does a birth tell whether the object is among the born? */
int hp_born_is_sure(const hp_Graph *g, const hp_Born *born, uint32_t id);
void hp_origin_free(hp_Origin *o);
size_t hp_origin_bytes(const hp_Origin *o);

#endif
