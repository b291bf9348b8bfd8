/* Which objects of a snapshot are still there, now. */
#ifndef HP_LIVE_H
#define HP_LIVE_H

#include "graph.h"
#include "idset.h"
#include "moment.h"
#include "track/track.h"

/* Marks in 'alive' (bits of all ids, zero before) the members of 'set' that the
** VM still has and that are certainly the same: on a list behind the mark of the
** snapshot's moment, or born before it as the tracker (or NULL) knows; and not found
** dead. Follows the VM's lists once; between this and the use of what it found
** nothing may run or allocate in the VM. */
void hp_live(const hp_Vm *vm, const hp_Graph *g, const hp_Moment *m, hp_Track *track,
             const hp_IdSet *set, uint64_t *alive);

/* Is any of the live objects whose ids are in 'bits' younger than the moment, or may
** it be? Goes through the VM's lists as far as the moment's marks. */
int hp_any_younger(const hp_Vm *vm, const hp_Graph *g, const hp_Moment *m, const uint64_t *bits);

#endif
